"""What differs between two sets of results of the same notebooks: settings, estimates, verdicts of checks.

It is told in numbers. Two sets share most of their data, so a difference between them is no test of anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import csv_files
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence.estimates import check_titles
from crimjust_research.evidence.published import SCORECARD
from crimjust_research.evidence.words import OF_LOGARITHM
from crimjust_research.runs import kept, notebooks, record
from crimjust_research.runs.committed import TOLERANCE
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources

if TYPE_CHECKING:
    import pandas as pd

MOVED, SAME, ONLY_A, ONLY_B = "moved", "same", "only in A", "only in B"
NONE = "none"  # what one of two lacks
_RESULTS = "reports/"  # how what a run read of other runs begins
REGISTERED = "registered"  # the plan of what no evaluator's own was laid over
_NUMBERS = ("estimate", "std_error", "ci_low", "ci_high", "p_value")
_TEXTS = ("role", "estimand", "specification", "unit", "data_status")
_COUNTS = ("n_obs", "n_units")


@dataclass(frozen=True)
class Pair:
    """Something by its name, as A has it and as B has it."""

    name: str
    a: str
    b: str


@dataclass(frozen=True, eq=False)
class Compared:
    """One notebook's results in A beside those in B.

    `parameters`, `figures_read` (vintages of tables), `grades` (of questions, where the run gives them) and `checks` (verdicts)
    are those that differ; `made_with` names what
    else does: notebook, code, lock, plan, versions. `stale` tells of A and B what has moved since they were computed, `by_hand`
    in what their cells are not those of the project's notebook.
    `estimates` has a row for each id, columns `estimate_a`, `estimate_b` and so on; `difference` is B less A where both
    have one unit, `difference_in_se` the same in standard errors of A. Primary ones stand first, then by size of move.
    """

    run: str
    question: str
    parameters: tuple[Pair, ...]
    figures_read: tuple[Pair, ...]
    made_with: tuple[str, ...]
    stale: Pair
    by_hand: Pair
    estimates: "pd.DataFrame"
    grades: tuple[Pair, ...]
    grades_in_both: int
    checks: tuple[Pair, ...]
    checks_in_both: int
    sources: tuple[str, ...]

    def rows(self, status: str) -> "pd.DataFrame":
        return self.estimates[self.estimates["status"] == status]


@dataclass(frozen=True)
class Comparison:
    """Results A and B by name, each notebook both hold, and whose plan each was made under, in words."""

    a: str
    b: str
    runs: tuple[Compared, ...]
    plans: Pair = Pair("plan", REGISTERED, REGISTERED)


def compare(a: str, b: str, notebook: str | None = None) -> Comparison:
    """The results `a` beside the results `b`, of the notebooks both hold or of one of these.

    Raises
    ------
    ParameterError
        If either is unknown, both are the same, or they share no notebook (the one asked for).
    DataError, RunError
        If there is no such notebook, or a result cannot be read.
    """
    folders = kept.folder_of(a), kept.folder_of(b)
    a, b = (kept.name_of(folder) for folder in folders)
    if a == b:
        raise ParameterError(f"A and B are both {a}; name two")
    held = [_held(folder) for folder in folders]
    shared = sorted(held[0] & held[1])
    if notebook is not None:
        (wanted,) = notebooks.find(notebook)
        shared = [run for run in shared if run == wanted.name]
    if not shared:
        told = "; ".join(f"{name} holds {', '.join(sorted(runs))}" for name, runs in zip((a, b), held, strict=True))
        of_it = f"no results of {notebook}" if notebook else "no notebook"
        raise ParameterError(f"{a} and {b} share {of_it}, so there is nothing to compare: {told}")
    present = Present(Sources())
    plans = Pair("plan", *map(_whose_plan, folders))
    return Comparison(
        a, b, tuple(_compared(Layout(folders[0], n), Layout(folders[1], n), present) for n in shared), plans
    )


def _whose_plan(folder: Path) -> str:
    laid = kept.plan_of(folder)
    return laid.own.named if laid and laid.own else REGISTERED


def _held(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "records").glob("*.json")}


def _compared(a: Layout, b: Layout, present: Present) -> Compared:
    (notebook,) = notebooks.find(a.run)
    records, found = [record.load(layout) for layout in (a, b)], [record.assessment(layout) for layout in (a, b)]
    parameters = [dict(r["parameters"]) for r in records]
    verdicts = [_verdicts(f["checks"]) for f in found]
    grades = [_grades(layout) for layout in (a, b)]
    sources = dict.fromkeys(part for f in found for figure in f["figures"] for part in figure["source"].split("; "))
    return Compared(
        run=a.run,
        question=found[0]["question"],
        parameters=_differing(*parameters),
        figures_read=_figures_read(*(f["used"] for f in found)),
        made_with=_made_with(*records),
        stale=Pair("stale", *("; ".join(present.moved(notebook, layout)) for layout in (a, b))),
        by_hand=Pair("changed by hand", *("; ".join(each["changed"]) for each in found)),
        estimates=_estimates(a, b),
        grades=_differing(*grades),
        grades_in_both=len(grades[0].keys() & grades[1].keys()),
        checks=_differing(*verdicts),
        checks_in_both=len(verdicts[0].keys() & verdicts[1].keys()),
        sources=tuple(sources),
    )


def _grades(layout: Layout) -> dict[str, str]:
    """The grade of each question by its id, where the run gives grades."""
    path = layout.folder / "tables" / layout.run / SCORECARD
    if not path.is_file():
        return {}
    return {row["id"]: row["grade"] for row in csv_files.load(path, ("id", "grade"), layout.anew)}


def _verdicts(checks: list[Mapping[str, Any]]) -> dict[str, str]:
    """The verdict of each check of a run, by what it is called."""
    titles = check_titles((check["name"], check["of"]) for check in checks)
    return {title: _verdict(check["passed"]) for title, check in zip(titles, checks, strict=True)}


def _verdict(passed: bool | None) -> str:
    return {True: "passed", False: "failed", None: "for information"}[passed]


def _differing(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[Pair, ...]:
    """What the two do not have the same, in the order of A; what one lacks is `NONE`."""
    names = [*a, *(name for name in b if name not in a)]
    return tuple(
        Pair(name, str(a.get(name, NONE)), str(b.get(name, NONE))) for name in names if a.get(name) != b.get(name)
    )


def _figures_read(a: list[Mapping[str, str]], b: list[Mapping[str, str]]) -> tuple[Pair, ...]:
    """Tables of which the two did not read the same: their vintages, or that one vintage held other figures. What other runs
    found, which stands in the results themselves, is compared there."""
    a, b = ([used for used in side if not used["table"].startswith(_RESULTS)] for side in (a, b))
    differing = _differing(_by_table(a, "sha256"), _by_table(b, "sha256"))
    vintages = _by_table(a, "vintage"), _by_table(b, "vintage")
    pairs = (Pair(each.name, *(side.get(each.name, NONE) for side in vintages)) for each in differing)
    return tuple(Pair(p.name, p.a, f"{p.b}, other figures" if p.a == p.b else p.b) for p in pairs)


def _by_table(used: list[Mapping[str, str]], what: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for each in used:
        found.setdefault(each["table"], []).append(each[what])
    return {table: ", ".join(sorted(values)) for table, values in found.items()}


def _made_with(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[str, ...]:
    """What the two were computed with beside parameters and figures, as far as it differs."""
    versions = _differing(a.get("versions", {}), b.get("versions", {}))
    return (
        *(name for name in ("notebook", "code", "plan", "lock") if a.get(name) != b.get(name)),
        *(f"{pair.name} ({pair.a} and {pair.b})" for pair in versions),
    )


def _estimates(a: Layout, b: Layout) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    both = _own(a).merge(_own(b), on="id", how="outer", suffixes=("_a", "_b"), indicator="status")
    both["status"] = both["status"].astype("str").map({"left_only": ONLY_A, "right_only": ONLY_B, "both": MOVED})
    texts = both["unit_a"].eq(both["unit_b"]) & both["data_status_a"].eq(both["data_status_b"])
    same = np.logical_and.reduce([texts, *(_close(both[f"{n}_a"], both[f"{n}_b"]) for n in _NUMBERS)])
    both.loc[(both["status"] == MOVED) & same, "status"] = SAME
    one_unit = both["unit_a"] == both["unit_b"]
    both["difference"] = (both["estimate_b"] - both["estimate_a"]).where(one_unit)
    on_scale = scaled(both["estimate_b"], both["unit_a"]) - scaled(both["estimate_a"], both["unit_a"])
    both["difference_in_se"] = (on_scale / both["std_error_a"]).where(one_unit & (both["std_error_a"] > 0))
    order = pd.DataFrame(
        {
            "status": both["status"].map({MOVED: 0, SAME: 1, ONLY_A: 2, ONLY_B: 3}),
            "role": ~(both["role_a"].eq("primary") | both["role_b"].eq("primary")),
            "unsized": both["difference_in_se"].isna(),
            "size": -both["difference_in_se"].abs(),
            "share": -(both["difference"] / both["estimate_a"]).abs(),
        }
    )
    columns = [f"{name}_{side}" for name in (*_TEXTS, *_NUMBERS, *_COUNTS) for side in ("a", "b")]
    ordered = both.loc[order.sort_values(list(order.columns), kind="stable").index]
    return ordered[["id", "status", "difference", "difference_in_se", *columns]].reset_index(drop=True)


def scaled(values: "pd.Series[Any]", units: "pd.Series[Any]") -> "pd.Series[Any]":
    """Values on the scale their standard errors stand on: logarithms where the unit says so."""
    import numpy as np

    logarithmic = units.astype("str").str.contains(OF_LOGARITHM, regex=False) & (values > 0)
    return values.where(~logarithmic, np.log(values.where(values > 0)))


def _own(layout: Layout) -> "pd.DataFrame":
    """A run's own table of estimates. What is adjusted over an outcome stands in no run's table."""
    import pandas as pd

    path = layout.folder / "tables" / layout.run / "estimates.csv"
    try:
        return pd.read_csv(path)[["id", *_TEXTS, *_NUMBERS, *_COUNTS]].astype(dict.fromkeys(_NUMBERS, "float64"))
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path} cannot be read ({error}); {layout.anew}") from None


def _close(a: "pd.Series[Any]", b: "pd.Series[Any]") -> "pd.Series[Any]":
    """Whether numbers are the same as far as results of one computation can be, both missing included."""
    size = a.abs().combine(b.abs(), max)
    return ((a - b).abs() <= TOLERANCE * size) | (a.isna() & b.isna()) | a.eq(b)
