"""The grid of a sweep: a TOML file of lists, ranges and explicit cases, as the parameters of each cell.

[grid]                                    # every combination of these
measure = ["kilograms", "events"]
max_lag = { from = 3, to = 9, step = 3 }  # 3, 6, 9

[[case]]                                  # and these
trend = true
start = "2019-01"
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

from crimjust_research import hand_written
from crimjust_research.errors import ParameterError

# Beyond this a grid is more likely a slip of a range than a wish.
MOST_CELLS = 100_000
_KIND = ("grid", "name a file with [grid] or [[case]]")
_TOLD = 20


def read(path: Path) -> list[dict[str, Any]]:
    """The parameters each cell sets, in the order of the file; cells that set the same are one.

    Raises
    ------
    ParameterError
        With every fault of the file: not TOML, an unknown part, an empty list or range, a step in the wrong
        direction, no cell at all, or more cells than any sweep could want.
    """
    content = hand_written.toml(hand_written.content(path, *_KIND), str(path), *_KIND)
    unknown = [part for part in content if part not in {"grid", "case"}]
    faults = [f"there is no part {part!r}; use [grid] and [[case]]" for part in unknown[:_TOLD]]
    axes: dict[str, list[Any]] = {}
    grid, cases = content.get("grid", {}), content.get("case", [])
    if not isinstance(grid, dict) or not isinstance(cases, list) or not all(isinstance(c, dict) for c in cases):
        raise ParameterError(f"{path}: write the grid as [grid] and each case as [[case]]")
    for name, given in grid.items():
        try:
            axes[name] = _values(given)
        except ValueError as error:
            faults.append(f"grid.{name}: {error}")
    count = len(cases) + _size(axes)
    if count > MOST_CELLS:
        faults.append(f"it asks for {_many(count)} cells; {MOST_CELLS:,} is the most")
    if not faults and count == 0:
        faults.append("it holds no cell; add a list or a range under [grid], or a [[case]]")
    if faults:
        raise ParameterError("\n".join(f"{path}: {fault}" for fault in faults))
    cells = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())] if axes else []
    return _distinct([*cells, *cases])


def _values(given: Any) -> list[Any]:
    """What one entry of the grid stands for."""
    if isinstance(given, dict):
        return _range(given)
    values = given if isinstance(given, list) else [given]
    if not values:
        raise ValueError("the list is empty; give at least one value, or leave the parameter out")
    return values


def _range(given: Mapping[str, Any]) -> list[int | float]:
    """`from`, `to` and `step`, both ends included; in decimal arithmetic, so that 0.1 steps land where they say."""
    unknown = given.keys() - {"from", "to", "step"}
    if unknown or not {"from", "to"} <= given.keys():
        raise ValueError("a range is { from = , to = , step = }")
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in given.values()):
        raise ValueError("a range is made of numbers; list anything else")
    if any(isinstance(v, float) and not math.isfinite(v) for v in given.values()):
        raise ValueError("a range is made of numbers that have an end; nan and inf have none")
    first, last, step = (Decimal(str(given.get(part, 1))) for part in ("from", "to", "step"))
    if step == 0 or (last - first) / step < 0:
        raise ValueError(f"the range from {first} to {last} by {step} is empty")
    count = int((last - first) / step) + 1
    if count > MOST_CELLS:
        raise ValueError(f"the range holds {_many(count)} values; {MOST_CELLS:,} is the most")
    whole = all(isinstance(v, int) for v in given.values())
    return [int(first + k * step) if whole else float(first + k * step) for k in range(count)]


def _size(axes: Mapping[str, list[Any]]) -> int:
    size = 1 if axes else 0
    for values in axes.values():
        size *= len(values)
    return size


def _many(count: int) -> str:
    """A number of cells, as far as anybody reads it."""
    return f"{count:,}" if count < 10**15 else "a million billion or more"


def _distinct(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for cell in cells:
        found.setdefault(repr(sorted(cell.items())), cell)
    return list(found.values())
