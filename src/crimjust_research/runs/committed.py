"""How the numbers just computed stand beside those that were committed."""

import csv
import io
import math
from collections.abc import Mapping

from crimjust_research import project
from crimjust_research.numbers import number
from crimjust_research.runs.promotion import POOLED

TOLERANCE = 1e-6
_NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n_obs", "n_units")
_SHOWN = 3
Row = Mapping[str, str]


def comparison() -> str:
    """In a sentence or two, how many of the committed estimates came out the same, and which did not.

    Numbers of the pooled table count as the same if they differ by no more than `TOLERANCE` of the larger. Where
    git knows no committed table it says so.
    """
    root = project.root()
    committed = project.git(root, "show", f"HEAD:./reports/{POOLED}")
    if committed is None:
        return "There is no commit here to compare the estimates with; `crimjust verify` compares with what a later run finds."
    commit = (project.git(root, "rev-parse", "--short", "HEAD") or b"").decode().strip()
    return sentence(_rows(committed), _rows((root / "reports" / POOLED).read_bytes()), commit)


def sentence(committed: Mapping[tuple[str, str], Row], now: Mapping[tuple[str, str], Row], commit: str) -> str:
    """The comparison of two pooled tables, rows by run and id."""
    moved = [found for key in committed if (found := _moved(key, committed[key], now.get(key)))]
    same = len(committed) - len(moved)
    text = f"{same} of {len(committed)} estimates came out as committed in {commit}"
    if not moved:
        text += f": no number differs by more than {TOLERANCE:g} of itself."
    else:
        more = f"; and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else ""
        text += f"; not the same: {'; '.join(moved[:_SHOWN])}{more}."
    new = [f"{run} {name}" for run, name in now if (run, name) not in committed]
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
    value = float(text)
    return f"{value:,.0f}" if value.is_integer() else number(value, 4)


def _same(before: str, now: str) -> bool:
    if not before or not now:
        return before == now
    return math.isclose(float(before), float(now), rel_tol=TOLERANCE)


def _rows(content: bytes) -> dict[tuple[str, str], Row]:
    return {(row["run"], row["id"]): row for row in csv.DictReader(io.StringIO(content.decode("utf-8")))}
