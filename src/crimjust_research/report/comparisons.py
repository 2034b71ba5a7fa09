"""Two sets of results beside each other, told to people: as text, and as a chart with all rows behind it."""

import math
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from crimjust_research import project, written
from crimjust_research.errors import RunError
from crimjust_research.evidence.estimates import csv_bytes
from crimjust_research.evidence.words import number, p_text
from crimjust_research.results import figure_files
from crimjust_research.runs.comparison import (
    MOVED,
    NONE,
    ONLY_A,
    ONLY_B,
    REGISTERED,
    SAME,
    Compared,
    Comparison,
    Pair,
    scaled,
)

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.charts import Figure

ESTIMATES = "estimates.csv"
_ROWS = 15  # of a table on a screen
_DRAWN = 12  # estimates in a chart
_FARTHEST = 4.4  # half-widths of A's interval that the axis of a chart reaches on either side
_NAMED = 8
Row = Mapping[Hashable, Any]


def as_text(found: Comparison, width: int) -> str:
    """The comparison as plain text, `width` characters wide: what differs in the making, then estimate by estimate."""
    head = [f"A is {found.a}, B is {found.b}.", *_plans(found.plans)]
    told = [fill(line, width, subsequent_indent="  ", break_on_hyphens=False) for line in head]
    return "\n\n".join(["\n".join(told), *(_section(run, width) for run in found.runs)])


def save(found: Comparison, folder: Path | None = None) -> str:
    """Write estimates.csv, every row of every notebook, and the charts as SVG, PNG, Vega-Lite and CSV.

    They go to `folder`, by default `reports/comparisons/A--B`. Returns where they lie, in a sentence.

    Raises
    ------
    RunError
        If the folder cannot be written to.
    """
    import pandas as pd

    target = folder or project.root() / "reports" / "comparisons" / f"{found.a}--{found.b}"
    head = {"a": found.a, "b": found.b}
    rows = [run.estimates.assign(**head, run=run.run)[[*head, "run", *run.estimates]] for run in found.runs]
    files = {ESTIMATES: csv_bytes(pd.concat(rows, ignore_index=True))}
    drawn = [figure for run in found.runs if (figure := figure_of(run, found.a, found.b))]
    for figure in drawn:
        files |= figure_files(figure)
    try:
        written.into(target, "comparison", files)
    except OSError as error:
        raise RunError(f"{target} cannot be written to ({error.strerror}); name another with --output FOLDER") from None
    charts = f", and {len(drawn)} chart{'s' if len(drawn) > 1 else ''}" if drawn else "; there is nothing to draw"
    return f"All rows are in {target / ESTIMATES}{charts}."


def _plans(plans: Pair) -> Iterator[str]:
    """Whose plan each was made under, if either was made under another than the registered one."""
    for side, mine, other in (("A", plans.a, plans.b), ("B", plans.b, plans.a)):
        if REGISTERED not in (mine, other) or mine != other:
            yield f"{side} was made under {'the registered plan' if mine == REGISTERED else mine}."
    if plans.a != plans.b:
        yield "What is primary, and what p is adjusted over, may differ between the two."


def _section(run: Compared, width: int) -> str:
    moved = run.rows(MOVED)
    parts = [fill(line, width, subsequent_indent="  ", break_on_hyphens=False) for line in _setting(run)]
    if len(moved):
        parts += ["", _table(moved.head(_ROWS), width)]
    if len(moved) > _ROWS:
        parts.append(f"{len(moved) - _ROWS} more rows, of smaller moves, are in {ESTIMATES}.")
    return "\n".join([run.run, *parts])


def _setting(run: Compared) -> Iterator[str]:
    """What was not the same in the making, which estimates stand in both, and checks, a line each."""
    for kind, pairs in (("parameter", run.parameters), ("figures read", run.figures_read)):
        yield from (f"{kind} {pair.name}: {pair.a} in A, {pair.b} in B" for pair in pairs)
    if not run.parameters and not run.figures_read:
        yield "Parameters and figures read are the same."
    if run.made_with:
        yield f"Also not the same: {', '.join(run.made_with)}."
    for side, changed in (("A", run.by_hand.a), ("B", run.by_hand.b)):
        if changed:
            yield f"{side} has cells changed by hand: {changed}."
    for side, moved in (("A", run.stale.a), ("B", run.stale.b)):
        if moved:
            yield f"{side} is not as it would come out now: {moved}."
    yield from _judged("question", "grade", run.grades, run.grades_in_both)
    yield from _judged("check", "verdict", run.checks, run.checks_in_both)
    yield _counts(run)
    if any(_is_simulated(row) for row in run.rows(MOVED).to_dict("records")):
        yield "SIMULATED DATA: rows so marked show how the method behaves, not what was observed."


def _judged(what: str, verdict: str, pairs: Sequence[Pair], in_both: int) -> Iterator[str]:
    """Of `pairs`, which are not the same in A and B, those in both by their verdicts, and what one of the two lacks."""
    changed = [pair for pair in pairs if NONE not in (pair.a, pair.b)]
    for pair in changed:
        yield f"{what} {pair.name}: {pair.a} in A, {pair.b} in B"
    if in_both and not changed:
        yield f"Every {what} in both has the same {verdict} ({in_both})."
    for side, names in _only(pairs):
        yield f"Only {side} has the {what}{'s' if len(names) > 1 else ''} {', '.join(names)}."


def _only(pairs: Sequence[Pair]) -> Iterator[tuple[str, list[str]]]:
    for side, names in (
        ("A", [p.name for p in pairs if p.b == NONE]),
        ("B", [p.name for p in pairs if p.a == NONE]),
    ):
        if names:
            yield side, names


def _counts(run: Compared) -> str:
    moved, same = len(run.rows(MOVED)), len(run.rows(SAME))
    both = moved + same
    if not both:
        text = "No estimate stands in both."
    elif not moved:
        text = f"All {both} estimates in both are equal." if both > 1 else "The one estimate in both is equal."
    else:
        text = f"{both} estimates stand in both: {moved} moved, {same} {'is' if same == 1 else 'are'} equal."
    for status in (ONLY_A, ONLY_B):
        names = list(run.rows(status)["id"])
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            text += f" {len(names)} {status}: {', '.join(names[:_NAMED])}{more}."
    return text


def _table(rows: "pd.DataFrame", width: int) -> str:
    """Three lines for each estimate: its id with role and unit; A; and B with what it is less A."""
    lines = []
    for row in rows.to_dict("records"):
        lines.append(fill(f"{row['id']} ({'; '.join(_notes(row))})", width, subsequent_indent="    "))
        lines += [_line("A", *_numbers(row, "a")), _line("B", *_numbers(row, "b"), *_moves(row))]
    return "\n".join([_line("", "estimate", "interval", "p", "B less A", "in SE of A"), *lines])


def _line(side: str, estimate: str, interval: str, p: str, difference: str = "", in_se: str = "") -> str:
    return f"{side:>3} {estimate:>11} {interval:>23} {p:>8} {difference:>11} {in_se:>11}".rstrip()


def _notes(row: Row) -> Iterator[str]:
    for name in ("role", "unit"):
        a, b = row[f"{name}_a"], row[f"{name}_b"]
        yield a if a == b else f"{a} in A, {b} in B"
    if row["estimand_a"] != row["estimand_b"]:
        yield "the estimand is another in B"
    if _is_simulated(row):
        a, b = row["data_status_a"], row["data_status_b"]
        yield "SIMULATED" if a == b else f"SIMULATED in {'A' if a == 'simulated' else 'B'} alone"


def _numbers(row: Row, side: str) -> tuple[str, str, str]:
    return number(row[f"estimate_{side}"]), _interval(row, side), p_text(row[f"p_value_{side}"])


def _moves(row: Row) -> tuple[str, str]:
    in_se = row["difference_in_se"]
    told = "n/a" if math.isnan(in_se) else f"{in_se:+.2f}".replace("-", "−")
    return _signed(row["difference"]), told.lstrip("+−") if told.endswith("0.00") else told


def _interval(row: Row, side: str) -> str:
    low, high = row[f"ci_low_{side}"], row[f"ci_high_{side}"]
    return "n/a" if math.isnan(low) and math.isnan(high) else f"{number(low)} to {number(high)}"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def _is_simulated(row: Row) -> bool:
    return "simulated" in (row["data_status_a"], row["data_status_b"])


def figure_of(run: Compared, a: str, b: str) -> "Figure | None":
    """The estimates that moved, each on a scale of its own: A's estimate at 0, half of A's interval as 1.

    Estimates of one notebook have different units, so that they share no other axis. None where no estimate that moved
    has an interval in A and one unit in both.
    """
    import pandas as pd

    from crimjust_research import charts

    data = _on_own_scales(run.rows(MOVED).head(_ROWS))
    names = list(dict.fromkeys(data["id"]))[:_DRAWN]
    data = data[data["id"].isin(names)].reset_index(drop=True)
    if data.empty:
        return None
    made_up = {side: own["data_status"].eq("simulated").all() for side, own in data.groupby("side")}
    sides = {s: f"{s.upper()}: {name}{', SIMULATED' if made_up[s] else ''}" for s, name in (("a", a), ("b", b))}
    data = data.assign(results=data["side"].map(sides), row=pd.Series(_labels(data["id"]), index=data.index))
    ends = data[["position", "low", "high"]].to_numpy(dtype="float64")
    reach = min(max(1.2, float(abs(ends[pd.notna(ends)]).max()) * 1.06), _FARTHEST)
    drawn = charts.intervals(
        data,
        "row",
        value="position",
        low="low",
        high="high",
        p="p_value",
        by="results",
        rule_at=0.0,
        domain=(-reach, reach),
        format=".1~f",
        x_title="Distance from A's estimate, in half widths of A's interval",
    )
    marked = "SIMULATED: " if all(made_up.values()) else ""
    told = [f"{own['row'].iloc[0]} {_said(own)}" for _, own in data.groupby("id", sort=False)]
    left_out = len(run.rows(MOVED)) - len(names)
    return charts.Figure(
        name=re.sub("[^a-z0-9]+", "_", run.run.lower()),
        title=f"{marked}{run.run}: {b} beside {a}",
        chart=drawn.chart,
        alt=f"Estimates that are not equal in {a} (A) and {b} (B), each on its own scale. Where B stands from A, in half "
        f"widths of A's interval: {'; '.join(told)}.",
        caption=f"Estimates of {run.run} that are not equal in {a} (A) and {b} (B). Each row has a scale of its own: A's "
        "estimate is at 0, and 1 is half the width of its interval; on logarithms where the unit is one of ratios with the "
        "standard error of a logarithm. What leaves the axis ends in an arrow."
        + (f" {left_out} more, smaller or without an interval in A, are in {ESTIMATES}." if left_out else ""),
        source="; ".join(run.sources) or f"results of {run.run}",
        data=data.drop(columns="results"),
    )


def _on_own_scales(rows: "pd.DataFrame") -> "pd.DataFrame":
    """Two rows for each estimate that can be drawn, of A and of B: estimate and interval in half widths of A's."""
    import numpy as np
    import pandas as pd

    units = rows["unit_a"]
    centre = scaled(rows["estimate_a"], units)
    half = (scaled(rows["ci_high_a"], units) - scaled(rows["ci_low_a"], units)) / 2
    drawable = (half > 0) & np.isfinite(half) & rows["difference"].notna()
    sides = [
        pd.DataFrame(
            {
                "id": rows["id"],
                "side": side,
                "position": (scaled(rows[f"estimate_{side}"], units) - centre) / half,
                "low": (scaled(rows[f"ci_low_{side}"], units) - centre) / half,
                "high": (scaled(rows[f"ci_high_{side}"], units) - centre) / half,
                **{n: rows[f"{n}_{side}"] for n in ("estimate", "ci_low", "ci_high", "unit", "p_value", "data_status")},
            }
        )[drawable]
        for side in ("a", "b")
    ]
    both: pd.DataFrame = pd.concat(sides).sort_index(kind="stable")
    return both.reset_index(drop=True)


def _labels(ids: "pd.Series[str]") -> list[str]:
    """Ids as words, which a chart can break into lines; as they are where words would make two the same."""
    words = {name: re.sub("[._]", " ", name) for name in ids}
    return [words[name] if len(set(words.values())) == len(words) else name for name in ids]


def _said(own: "pd.DataFrame") -> str:
    return _signed(float(own.loc[own["side"] == "b", "position"].iloc[0]))
