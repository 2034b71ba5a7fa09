"""The report of a year as a page that is whole in itself and prints on four sheets, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from crimjust_research import __version__
from crimjust_research.evidence import progress
from crimjust_research.evidence.plan import OwnPlan
from crimjust_research.evidence.sentences import initial, listed
from crimjust_research.evidence.targets import Target
from crimjust_research.framework import Framework, Indicator
from crimjust_research.numbers import count, percent, plural
from crimjust_research.report import drawings, markup, units, whose
from crimjust_research.report.annual.figures import RUN, Line, Told, Year
from crimjust_research.report.annual.own import Own, OwnLine, lines_of
from crimjust_research.report.annual.releases import Change
from crimjust_research.report.elements import Picture

if TYPE_CHECKING:
    import jinja2

    from crimjust_research.charts.figure import Figure

# Panels, in figures that stand beside each other, of indicators that have figures of so many years.
_MOST_PANELS, _FIGURES, _FEWEST_YEARS = 12, 2, 3
_LEVELS = {"outcome": "of outcomes", "output": "of outputs", "cost": "of costs", "context": "of context"}
_TITLES = {
    "outcome": "Outcomes: what would move if the programme reached what it is for",
    "output": "Outputs: what was done or taken, no better for being more",
    "cost": "Costs",
    "context": "Context: what outcomes are read against, and moves for other reasons too",
}
# What the estimates of money begin with.
_MONEY = ("cost.", "expenditure.")
# Statuses that an interval tells, where there is one.
_COMPARED = (progress.HIGHER, progress.LOWER, progress.NOT_TOLD_APART)
# What stands over each sheet that is printed.
_HEAD = '@page simulated {{ @top-center {{ content: "{}"; font: bold 8pt var(--sans); }} }}\n'


@dataclass(frozen=True)
class Report:
    """All that the report of a year tells; `before` are own records of an earlier year, `level` is of its intervals, `plan` the
    evaluator's own that targets are of."""

    framework: Framework
    told: Year
    own: Own | None
    before: Own | None
    changes: Sequence[Change]
    published: Sequence[tuple[str, str]]
    behind: Sequence[tuple[str, str]]
    level: float
    plan: OwnPlan | None = None

    @property
    def running(self) -> str:
        """What stands on every sheet; empty where no records are SIMULATED."""
        simulated = any(own and own.simulated for own in (self.own, self.before))
        return "SIMULATED records: nothing here is about anybody" if simulated else ""


def page(report: Report, figures: Sequence[Figure]) -> str:
    """The report as HTML, loading nothing from outside; equal reports come to equal bytes."""
    style = markup.within("annual.css")
    style += _HEAD.format(report.running) if report.running else ""
    told, own, before = report.told, report.own, report.before
    at = {status: [line for line in told.lines if line.status == status] for status in progress.STATUSES}
    named, untold = _groups(own) if own else ((), 0)
    targets = report.plan.targets if report.plan else {}
    rows = lines_of(own, before, report.framework, targets) if own else ()
    return (
        _environment()
        .get_template("annual.html")
        .render(
            told=told,
            own=own,
            before=before,
            framework=report.framework,
            running=report.running,
            by_level=_by_level(told.lines),
            tables=[
                (title, lines)
                for level, title in _TITLES.items()
                if (lines := [line for line in told.lines if line.indicator.level == level])
            ],
            higher=at[progress.HIGHER],
            lower=at[progress.LOWER],
            alike=[*at[progress.NOT_TOLD_APART], *at[progress.SAME]],
            compared=len([line for line in told.lines if line.status in _COMPARED and line.now.ends]),
            plan=report.plan,
            aims=_aims(told, rows, targets),
            sought=[(one.label, targets[one.key].source) for one in report.framework.indicators if one.key in targets],
            spent=own.estimate("expenditure.spent_of_budget") if own else None,
            spent_before=before.estimate("expenditure.spent_of_budget") if before else None,
            rows=[row for row in rows if not row.found.id.startswith(_MONEY)],
            costs=[row for row in rows if row.found.id.startswith(_MONEY)],
            in_records=len({row.indicator.key for row in rows if row.indicator}),
            without=_without(told.without, own, rows),
            groups=named,
            untold=untold,
            changes=report.changes,
            published=[f"{table} {vintage}" for table, vintage in report.published],
            limits=_limits(told.lines),
            behind=report.behind,
            figures=figures,
            run=RUN,
            level=percent(report.level),
            one_in=round(1 / (1 - report.level)),
            version=__version__,
            style=Markup(style),
            policy=markup.policy(style),
        )
    )


def figures(told: Year, behind: Sequence[tuple[str, str]]) -> tuple[Figure, ...]:
    """Indicators of outcomes over the years, in small panels: those that have a direction and figures of three years or more.

    `behind` are the tables that measure indicators, with their vintages.
    """
    shown = [
        line
        for line in told.lines
        if line.indicator.better and line.indicator.level == "outcome" and len(line.history) >= _FEWEST_YEARS
    ][:_MOST_PANELS]
    each = max(-(-len(shown) // _FIGURES), 1)
    starts = range(0, len(shown), each)
    return tuple(
        _figure(place, shown[start : start + each], told.year, behind) for place, start in enumerate(starts, 1)
    )


def pictures(drawn: Iterable[Figure]) -> dict[str, Picture]:
    """The figures as Word and PDF take them, by name."""
    return {figure.name: Picture(figure.png(), figure.alt, figure.svg) for figure in drawn}


def _figure(place: int, lines: Sequence[Line], year: int, behind: Sequence[tuple[str, str]]) -> Figure:
    """The figure at a place, from 1."""
    import pandas as pd

    from crimjust_research import charts

    rows = [
        {"indicator": line.indicator.label, "year": at, "value": told.value, "low": told.low, "high": told.high}
        for line in lines
        for at, told in line.history
    ]
    measures = {line.indicator.measure.table for line in lines if line.indicator.measure}
    read = [f"{table} {vintage}" for table, vintage in behind if table in measures]
    drawn = charts.lines(
        pd.DataFrame(rows), "year", "value", panel="indicator", bands=[("low", "high")], columns=2, height=44
    )
    return charts.Figure(
        name=f"indicators_{place}",
        title=f"Indicators of outcomes up to {year}{', continued' if place > 1 else ''}",
        chart=drawn.chart,
        alt=drawn.alt,
        caption="Each in its own unit; shaded: its interval, where it has one. A line that moves does not say why.",
        source=f"{RUN}, from {', '.join(read)}",
        data=drawn.data,
    )


def _aims(told: Year, rows: Iterable[OwnLine], targets: Mapping[str, Target]) -> list[str]:
    """How many targets stand how, in words."""
    stands = {row.indicator.key: row.aim for row in rows if row.indicator and row.aim}
    stands |= told.aims
    found = [stands.get(key) or progress.aim(target, None, None, told.year) for key, target in targets.items()]
    return [f"{count(found.count(aim))} {aim}" for aim in sorted(set(found), key=progress.place)]


def _by_level(lines: Iterable[Line]) -> list[str]:
    levels = [line.indicator.level for line in lines]
    return [f"{levels.count(level)} {words}" for level, words in _LEVELS.items() if level in levels]


def _without(indicators: Iterable[Indicator], own: Own | None, rows: Iterable[OwnLine]) -> list[tuple[str, list[str]]]:
    """Names of indicators without a figure, by what would hold one."""
    found: dict[str, list[str]] = {}
    told = {row.indicator.key for row in rows if row.indicator}
    for indicator in (one for one in indicators if one.key not in told):
        found.setdefault(_held_by(indicator, own), []).append(indicator.label)
    return sorted(found.items(), key=lambda item: _ORDER.get(item[0], 0))


_NONE = "No measure and no form of record"
_NOT_YEARLY = "Published once, not year by year"
_NOT_OF_YEAR = "Published, without a figure of this year"
_ORDER = {_NOT_OF_YEAR: 1, _NOT_YEARLY: 2, _NONE: 3}


def _held_by(indicator: Indicator, own: Own | None) -> str:
    if indicator.not_yearly:
        return _NOT_YEARLY
    if indicator.measure:
        return _NOT_OF_YEAR
    if indicator.record is None:
        return _NONE
    table = indicator.record.table
    if own and table in own.elsewhere:
        return f"Given in {table}, of which another notebook tells ({own.elsewhere[table]})"
    if own and table not in own.supplied and table.replace("_", " ") not in own.missing:
        return f"Held by the template {table}, which this report does not read"
    if own and table in own.supplied:
        return f"No figure told from the {own.made}records given ({table})"
    return f"Would be held by the template {table}"


def _groups(own: Own) -> tuple[list[tuple[str, list[str]]], int]:
    """Shares by group that are told, by kind and measure, and how many are not."""
    found: dict[str, list[str]] = {}
    untold = 0
    for kind, measure, group, share in own.groups:
        if math.isnan(share):
            untold += 1
        else:
            of = f"{own.made}{initial(kind.replace('_', ' '))}, {measure}"
            found.setdefault(of, []).append(f"{group} {percent(share)}")
    return list(found.items()), untold


def _limits(lines: Iterable[Line]) -> list[tuple[str, str]]:
    """What limits the indicators told of, context aside: each limit once, with the indicators it limits."""
    found: dict[str, list[str]] = {}
    for line in (line for line in lines if line.indicator.level != "context"):
        found.setdefault(line.indicator.limitation, []).append(line.indicator.label)
    return [("; ".join(labels), limit) for limit, labels in found.items()]


def _environment() -> jinja2.Environment:
    made = markup.environment()
    made.filters |= {
        "change": _change,
        "bare": lambda told: units.digits(told.value, told.unit, 2),
        "beside": _beside,
        "count": count,
        "drawing": _drawing,
        "ended": whose.ended,
        "ends": _ends,
        "figure": _shown,
        "initial": initial,
        "listed": listed,
        "plural": plural,
        "of": lambda part, whole: f"{count(part)} of {count(whole)}",
        "scale": lambda unit: unit if unit.startswith(units.SCALES) else "",
        "size": _size,
        "value": units.value,
        "without": lambda group, by: group.removeprefix(f"{by} "),
    }
    return made


def _shown(told: Told) -> str:
    return units.value(told.value, told.unit)


def _ends(told: Told) -> str:
    """The interval in brackets, before a space; nothing where there is none."""
    if told.ends is None:
        return ""
    low, high = (units.digits(end, told.unit) for end in told.ends)
    return f" ({low} to {high})"


def _change(told: Told) -> str:
    """The change since the baseline of the same units, with its interval, as far as it is known."""
    if math.isnan(told.change[1]):
        return ""
    scale, named = (100, " points") if told.unit.startswith("share") else (1, "")
    decimals = 0 if named else len(units.digits(told.value, told.unit).partition(".")[2])
    change, low, high = (_signed(scale * part, decimals) for part in told.change)
    return f"{change}{named} ({low} to {high})"


def _signed(value: float, decimals: int) -> str:
    """With its sign; what comes to nothing has none."""
    shown = f"{value:+,.{decimals}f}"
    return shown.replace("-", "−") if float(shown.replace(",", "")) else shown[1:]


def _size(told: Told) -> str:
    """How many it is of, in one piece at the end of a line."""
    known = [count(size) for size in (told.n_obs, told.n_units) if not math.isnan(size)]
    return f"n {' in '.join(dict.fromkeys(known))}".replace(" ", "\u00a0") if known else ""


def _beside(status: str) -> str:
    """A status as a narrow column has it, whose head says what it is beside."""
    return status.removesuffix(" from the baseline")


def _drawing(figure: Figure) -> Markup:
    return Markup(drawings.inline(drawings.lightened(figure.svg.encode()), figure.name))
