"""What is wrong with a figure as its files show it: marks without explanation, small text, words that are cut or lie on
others, local time, unstable names."""

import math
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple
from xml.etree import ElementTree

from crimjust_research.charts.theme import WIDTH, text_width

MILLIMETRES, POINTS = 85, 7
LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "strokeWidth", "size", "opacity")
OFFSETS = ("xOffset", "yOffset")
_SVG = "{http://www.w3.org/2000/svg}"
_LIGHTNESS = 0.09  # fills of a key differ by at least this share of black to white


def faults(specification: dict[str, Any], svg: str) -> list[str]:
    """Every fault of a figure, in words."""
    drawing = ElementTree.fromstring(svg)
    return [
        *unexplained(specification),
        *local_times(specification),
        *unstable(specification),
        *untold(specification, drawing),
        *split_keys(drawing),
        *alike_in_grey(drawing),
        *small_text(drawing),
        *misplaced(drawing),
        *(
            f"the id {found} is another in the next process"
            for found in re.findall(r'id="((?:clip|gradient_)\d+)"', svg)
        ),
    ]


def units(part: Any) -> Iterator[dict[str, Any]]:
    """Every chart of a specification that has a mark of its own."""
    if isinstance(part, dict):
        if "mark" in part:
            yield part
        for key in ("layer", "concat", "hconcat", "vconcat"):
            for each in part.get(key, []):
                yield from units(each)
        if "spec" in part:
            yield from units(part["spec"])


def fields_of(channel: dict[str, Any]) -> set[str]:
    """Fields that a channel depends on, in conditions too."""
    found = {channel["field"]} if "field" in channel else set()
    conditions = channel.get("condition", [])
    for condition in conditions if isinstance(conditions, list) else [conditions]:
        test = condition.get("test", "")
        found |= {test["field"]} if isinstance(test, dict) else set(re.findall(r"datum\.(\w+)", test))
        found |= {condition["field"]} if "field" in condition else set()
    return found


def unexplained(specification: dict[str, Any]) -> Iterator[str]:
    """Fields told apart by a channel that neither a legend nor a label explains."""
    own = list(units(specification))
    legends, labelled = set(), set()
    for unit in own:
        for name, channel in unit.get("encoding", {}).items():
            if not isinstance(channel, dict):
                continue
            if name in LEGENDS and "field" in channel and channel.get("legend", {}) is not None:
                legends.add((name, channel["field"]))
            axis = channel.get("axis", {})
            if name in ("x", "y") and axis is not None and axis.get("labels", True):
                labelled |= fields_of(channel)
            if name == "text":
                labelled |= fields_of(channel)
    with_legend = {field for _, field in legends}
    for unit in own:
        for name, channel in unit.get("encoding", {}).items():
            if name in OFFSETS or (name in LEGENDS and "field" not in channel):
                missing = fields_of(channel) - with_legend - labelled
            elif name in LEGENDS and (name, channel["field"]) not in legends:
                missing = {channel["field"]} - labelled
            else:
                continue
            for field in sorted(missing):
                yield f"{name} tells {field} apart, and nothing says how"


def local_times(specification: dict[str, Any]) -> Iterator[str]:
    """Dates on a scale of local time, or rounded in it."""
    for unit in units(specification):
        for name in ("x", "y"):
            channel = unit.get("encoding", {}).get(name, {})
            if channel.get("type") == "temporal" and (channel.get("scale") or {}).get("type") != "utc":
                yield f"{name} shows {channel.get('field')} in local time"
            if not str(channel.get("timeUnit", "utc")).startswith("utc"):
                yield f"{name} rounds {channel.get('field')} in local time"


def unstable(specification: dict[str, Any]) -> Iterator[str]:
    """Names that are hashes of numbers, and numbers whose last digits differ between machines."""
    for name, rows in specification.get("datasets", {}).items():
        if not re.fullmatch(r"rows_\d+", name):
            yield f"the data set {name} is named by a hash"
        long = [v for row in rows for v in row.values() if isinstance(v, float) and v != float(f"{v:.7g}")]
        if long:
            yield f"the data set {name} holds {long[0]!r}, more than seven digits"


def untold(specification: dict[str, Any], drawing: ElementTree.Element) -> Iterator[str]:
    """Title, source, caption or alternative text that a file does not hold."""
    about = specification.get("usermeta", {})
    for part in ("title", "caption", "source"):
        if not str(about.get(part, "")).strip():
            yield f"the specification has no {part}"
    if not str(specification.get("description", "")).strip():
        yield "the specification has no alternative text"
    for part in ("title", "desc"):
        if not (drawing.findtext(f"{_SVG}{part}") or "").strip():
            yield f"the drawing has no {part} for readers that cannot see it"
    written = " ".join(text.text or "" for text in drawing.findall(f"{_SVG}text"))
    for part in ("title", "source"):
        if about.get(part) and " ".join(str(about[part]).split()) not in written:
            yield f"the drawing does not show its {part}"


def keys(drawing: ElementTree.Element) -> Iterator[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """Labels of each legend, and the looks of its symbols."""
    for legend in drawing.iter(f"{_SVG}g"):
        if "role-legend-entry" not in legend.get("class", ""):
            continue
        labels, symbols = [], []
        for group in legend.iter(f"{_SVG}g"):
            if "role-legend-symbol" in group.get("class", ""):
                symbols += [dict(symbol.attrib) for symbol in group]
            if "role-legend-label" in group.get("class", ""):
                labels += [text.text or "" for text in group]
        yield tuple(labels), symbols


def split_keys(drawing: ElementTree.Element) -> Iterator[str]:
    """Legends that explain the same values twice, each in another way."""
    looks: dict[tuple[str, ...], set[str]] = {}
    for labels, symbols in keys(drawing):
        told = [{k: v for k, v in symbol.items() if k != "transform"} for symbol in symbols]
        in_order = sorted(zip(labels, map(str, told), strict=False))
        looks.setdefault(tuple(sorted(labels)), set()).add(str(in_order))
    for labels, ways in looks.items():
        if len(ways) > 1:
            yield f"{len(ways)} legends explain {', '.join(labels)}, each in another way"


def alike_in_grey(drawing: ElementTree.Element) -> Iterator[str]:
    """Entries of a legend that are the same in form, and as light as each other."""
    for labels, symbols in keys(drawing):
        told = [(tuple(s.get(k, "") for k in ("d", "stroke-dasharray", "stroke-width")), lightness(s)) for s in symbols]
        for (one, a), (other, b) in combinations(zip(labels, told, strict=False), 2):
            if a[0] == b[0] and abs(a[1] - b[1]) < _LIGHTNESS:
                yield f"{one} and {other} look alike in grey print"


def lightness(symbol: dict[str, str]) -> float:
    """Lightness in grey print of a symbol's colour, 0 black to 1 white; -1 without one."""
    colour = symbol.get("fill", "")
    if colour in ("", "none", "transparent"):
        colour = symbol.get("stroke", "")
    digits = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", colour.lower())
    numbers = re.fullmatch(r"rgb\((\d+), ?(\d+), ?(\d+)\)", colour)
    if digits:
        red, green, blue = (int(part, 16) for part in digits.groups())
    elif numbers:
        red, green, blue = (int(part) for part in numbers.groups())
    else:
        return -1.0
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def small_text(drawing: ElementTree.Element) -> Iterator[str]:
    """Text less than seven points high in a drawing 85 mm wide, or 170 mm if it is drawn twice as wide as others."""
    sizes = {
        float(text.get("font-size", "0").removesuffix("px")): "".join(text.itertext())
        for text in drawing.iter(f"{_SVG}text")
    }
    width = float(drawing.get("width", "0"))
    across = 2 * MILLIMETRES if width >= 2 * WIDTH else MILLIMETRES
    for size, text in sorted(sizes.items())[:1]:
        points = size / width * across / 25.4 * 72
        if points < POINTS:
            yield f"{text!r} is {points:.1f} points high at {across} mm"


class Words(NamedTuple):
    """A line of text as drawn: its ends from the left and the top, in pixels, and whether it runs level or upright."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    straight: bool


_STEP = re.compile(r"(translate|rotate)\(([^)]*)\)")
_BOLD, _ABOVE, _BELOW = 1.06, 0.72, 0.2  # how much wider bold letters are; shares of its height above and below a line
_OVER, _EDGE = 1.5, 3  # pixels that lines may lie on each other, and that letters may leave a picture


def misplaced(drawing: ElementTree.Element) -> Iterator[str]:
    """Words that leave the picture, and level or upright ones that lie on others; the same twice in one place is its halo."""
    width, height = float(drawing.get("width", "0")), float(drawing.get("height", "0"))
    found = list(words(drawing))
    for one in found:
        if min(one.left, one.top, width - one.right, height - one.bottom) < -_EDGE:
            yield f"{one.text!r} is cut at an edge"
    for one, other in combinations([each for each in found if each.straight], 2):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        if min(across, down) > _OVER and one != other:
            yield f"{one.text!r} and {other.text!r} lie on each other"


def words(element: ElementTree.Element, at: tuple[float, float, float] = (0, 0, 0)) -> Iterator[Words]:
    """Every line of text that is seen below an element that stands at so many pixels and degrees."""
    for child in element:
        place = _moved(at, child)
        if child.tag != f"{_SVG}text":
            yield from words(child, place)
        elif child.get("opacity") != "0":
            yield from _lines_of(child, place)


def _moved(at: tuple[float, float, float], element: ElementTree.Element) -> tuple[float, float, float]:
    x, y, turned = at
    steps = [("translate", element.get("x", "0") + "," + element.get("y", "0"))] if element.tag == f"{_SVG}svg" else []
    for kind, told in [*steps, *_STEP.findall(element.get("transform", ""))]:
        numbers = [float(part) for part in re.split("[ ,]+", told)]
        if kind == "rotate":
            turned += numbers[0]
        else:
            right, down = _turned(numbers[0], numbers[1], turned)
            x, y = x + right, y + down
    return x, y, turned


def _turned(right: float, down: float, degrees: float) -> tuple[float, float]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return right * cos - down * sin, right * sin + down * cos


def _lines_of(text: ElementTree.Element, at: tuple[float, float, float]) -> Iterator[Words]:
    x, y, degrees = at[0] + float(text.get("x", "0")), at[1] + float(text.get("y", "0")), at[2]
    high = float(text.get("font-size", "0").removesuffix("px"))
    wide = high * (_BOLD if text.get("font-weight") == "bold" else 1)
    down = 0.0
    for part in text if len(text) else [text]:
        down += float(part.get("dy", "0"))
        if not (line := part.text or "").strip():
            continue
        long = text_width(line, wide)
        start = {"end": -long, "middle": -long / 2}.get(text.get("text-anchor", ""), 0.0)
        corners = [
            _turned(across, level, degrees)
            for across in (start, start + long)
            for level in (down - _ABOVE * high, down + _BELOW * high)
        ]
        lefts, tops = zip(*corners, strict=True)
        yield Words(line, x + min(lefts), y + min(tops), x + max(lefts), y + max(tops), degrees % 90 == 0)
