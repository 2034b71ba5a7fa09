"""The outline of a drawn path in fewer signs: places to a tenth of a pixel, each told by how far it lies from the last."""

import re
from collections.abc import Iterator

_SIGN = re.compile(r"([MLHVAZmlhvaz])|(-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[-+]?[0-9]+)?)")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "A": 7, "Z": 0}
# A whole circle as Vega draws it: two halves around the place where it stands.
_CIRCLE = re.compile(r"M([0-9.]+),0A\1,\1,0,1,1,-\1,0A\1,\1,0,1,1,\1,0")


def radius(outline: str) -> str:
    """The radius of an outline that is a circle around the origin; empty where it is none."""
    found = _CIRCLE.fullmatch(outline)
    return f"{float(found[1]):.3g}" if found else ""


def shortened(outline: str, right: float = 0.0, down: float = 0.0) -> str | None:
    """The outline moved to the right and down; None if it holds what this cannot read, such as a curve.

    No place lies further than a twentieth of a pixel from where it was, however many come before it.
    """
    if _SIGN.sub("", outline).strip(" ,"):
        return None
    written: list[str] = []
    x = y = start_x = start_y = 0.0  # where the pen is
    at_x, at_y = 0, 0  # the same as written, in tenths
    for command, numbers in _commands(outline):
        kind, relative = command.upper(), command.islower()
        if kind == "Z":
            written.append("z")
            x, y = start_x, start_y
        elif kind == "H":
            x = numbers[0] + (x if relative else 0)
        elif kind == "V":
            y = numbers[0] + (y if relative else 0)
        else:
            x, y = numbers[-2] + (x if relative else 0), numbers[-1] + (y if relative else 0)
        to_x, to_y = round((x + right) * 10), round((y + down) * 10)
        step_x, step_y = to_x - at_x, to_y - at_y
        at_x, at_y = to_x, to_y
        if kind == "M":
            start_x, start_y = x, y
            written.append(f"M{_joined(to_x, to_y)}")
        elif kind == "A":
            radii = _joined(round(numbers[0] * 10), round(numbers[1] * 10))
            written.append(f"a{radii} {numbers[2]:g} {numbers[3]:g} {numbers[4]:g} {_joined(step_x, step_y)}")
        elif kind != "Z" and (step_y == 0 or kind == "H"):
            written.append(f"h{_tenths(step_x)}")
        elif kind != "Z" and (step_x == 0 or kind == "V"):
            written.append(f"v{_tenths(step_y)}")
        elif kind == "L":
            written.append(f"l{_joined(step_x, step_y)}")
    return "".join(_without_repeats(written))


def _commands(outline: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Each command with its numbers; numbers that go on without one repeat it, as a line after a move."""
    command, numbers = "", []
    for letter, number in _SIGN.findall(outline):
        if letter:
            command = letter
            if letter in "Zz":
                yield letter, ()
            continue
        numbers.append(float(number))
        if len(numbers) == _TAKES[command.upper()]:
            yield command, tuple(numbers)
            numbers.clear()
            command = {"M": "L", "m": "l"}.get(command, command)


def _without_repeats(written: list[str]) -> Iterator[str]:
    """Steps that lead nowhere left out, and the letter of a line that goes on from a line."""
    last = ""
    for place, step in enumerate(written):
        if step in ("h0", "v0") and place > 0 and written[place - 1][0] in "hvl":
            continue
        letter = step[0]
        if letter == last == "l":
            yield step[1:] if step[1] == "-" else f" {step[1:]}"
        else:
            yield step
        last = letter


def _joined(x: int, y: int) -> str:
    second = _tenths(y)
    return _tenths(x) + (second if second.startswith("-") else f" {second}")


def _tenths(number: int) -> str:
    whole, tenth = divmod(abs(number), 10)
    sign = "-" if number < 0 else ""
    return f"{sign}{whole}" if not tenth else f"{sign}{whole or ''}.{tenth}"
