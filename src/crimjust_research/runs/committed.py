"""How the numbers just computed stand beside those that came with this checkout."""

import csv
import io
import math
from collections.abc import Mapping

from crimjust_research import __version__, came_with, project
from crimjust_research.numbers import number
from crimjust_research.runs.promotion import POOLED

TOLERANCE = 1e-6
_NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "n_units")
_SHOWN = 3
Row = Mapping[str, str]


def comparison() -> str:
    """In a sentence or two, how many of the estimates that were committed, or released, came out the same, and which did not.

    Numbers of the pooled table count as the same if they differ by no more than `TOLERANCE` of the larger. Where no table
    came with this checkout it says so.
    """
    root, place = project.root(), f"reports/{POOLED}"
    if (before := came_with.committed(root, place)) is not None:
        commit = (project.git(root, "rev-parse", "--short", "HEAD") or b"").decode().strip()
        came = f"committed in {commit}"
    elif (before := came_with.released(root, place)) is not None:
        came = f"released in {__version__}"
    else:
        return (
            "No commit or release is at hand to compare the estimates with; `crimjust verify` compares with what a later run "
            "finds."
        )
    return sentence(_rows(before), _rows((root / place).read_bytes()), came)


def sentence(before: Mapping[tuple[str, str], Row], now: Mapping[tuple[str, str], Row], came: str) -> str:
    """The comparison of two pooled tables, rows by run and id; `came` tells of the first where it comes from."""
    moved = [found for key in before if (found := _moved(key, before[key], now.get(key)))]
    same = len(before) - len(moved)
    text = f"{same} of {len(before)} estimates came out as {came}"
    if not moved:
        text += f": no number differs by more than {TOLERANCE:g} of itself."
    else:
        more = f"; and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else ""
        text += f"; not the same: {'; '.join(moved[:_SHOWN])}{more}."
    new = [f"{run} {name}" for run, name in now if (run, name) not in before]
    if new:
        more = f" and {len(new) - _SHOWN} more" if len(new) > _SHOWN else ""
        text += f" New: {', '.join(new[:_SHOWN])}{more}."
    return text


def _moved(key: tuple[str, str], before: Row, now: Row | None) -> str:
    """The first number of an estimate that is not as it was, in words; empty if all are."""
    name = " ".join(key)
    if now is None:
        return f"{name} (gone)"
    changed = [column for column in _NUMBERS if not _same(before.get(column, ""), now.get(column, ""))]
    if not changed:
        return ""
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    return f"{name} ({changed[0]} {_short(now.get(changed[0]))}, was {_short(before.get(changed[0]))}{more})"


def _short(text: str | None) -> str:
    if not text:
        return "missing"
    return number(float(text), 4)


def _same(before: str, now: str) -> bool:
    if not before or not now:
        return before == now
    return math.isclose(float(before), float(now), rel_tol=TOLERANCE)


def _rows(content: bytes) -> dict[tuple[str, str], Row]:
    return {(row["run"], row["id"]): row for row in csv.DictReader(io.StringIO(content.decode("utf-8")))}
