"""What the report on paper tells, and in which order: parts, the questions of each, what was registered, tables."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from crimjust_research.evidence.plan import OwnPlan
from crimjust_research.evidence.published import FIRST_GRADES
from crimjust_research.evidence.words import plain, sentences
from crimjust_research.report import links, tables
from crimjust_research.report.anchors import anchor
from crimjust_research.report.html import Report
from crimjust_research.report.section import DrawnFigure, ReportedCheck, Section
from crimjust_research.report.tables import Table, Text

# Assessments with a part of their own: what an evaluation asks, and how a roll-out could be studied.
EVALUATION, ROLLOUT = links.RUN, "12_rollout_design"
# Beside its key figure, the one of each assessment that says most of how far its answer holds.
FURTHER: Mapping[str, str] = {
    "00_sources_and_claims": "revisions",
    "01_outcome1_markets": "specifications",
    "02_outcome1_precursors": "chain",
    "03_outcome1_routes": "map",
    "04_outcome2_baseline": "measurement",
    "05_outcome2_joining": "honest",
    "06_outcome2_cascade": "cohorts_simulated",
    "07_outcome3_cooperation": "growth",
    "08_outcome3_diversification": "specifications",
    "09_outcome3_match": "specifications",
    "10_reviews": "specifications",
    "11_own_records": "waits_simulated",
    "12_rollout_design": "timeline",
    "13_assistance": "curves",
    "15_ratings": "waves",
    "16_states_reports_and_deaths": "models",
}
_MOST_ROWS, _MOST_COLUMNS = 12, 8  # of a table that paper takes whole
_ORDER = ("failed", "passed", "for information")
_HASH = 12  # signs of a hash that tell two files apart
# Parameters of what is SIMULATED alone.
_OF_DRAWS = ("simulated_cases", "effect", "selection")
# How wide columns of estimates are beside each other, by the word their heading begins with.
_WIDTHS = {"Estimand": 12, "Estimate": 4, "Interval": 5, "p": 2, "Adjusted p": 3, "n": 3}
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Part:
    """Assessments of one outcome, or of several, in the order of their numbers."""

    outcome: str
    sections: tuple[Section, ...]

    @property
    def anchor(self) -> str:
        return anchor("part", self.outcome)


@dataclass(frozen=True)
class Judged:
    """A registered question in short, its grade with what stands behind it, the reason to doubt, and what would answer it."""

    asked: str
    place: str
    grade: Text
    doubt: Text


def parts(report: Report) -> tuple[Part, ...]:
    """What is told outcome by outcome: one outcome alone before several, and what is of all last."""
    told = sorted(
        (one for one in report.sections if one.run not in (EVALUATION, ROLLOUT)),
        key=lambda one: (one.outcome == "all", len(one.outcome), one.outcome),
    )
    return tuple(Part(outcome, tuple(own)) for outcome, own in groupby(told, lambda one: one.outcome))


def section_of(report: Report, run: str) -> Section | None:
    """The assessment of a run, if the report holds it."""
    return next((one for one in report.sections if one.run == run), None)


def judged(report: Report, run: str) -> tuple[Judged, ...]:
    """The questions of the plan of a run as the scorecard has them; none in a variant that is graded by nobody."""
    if report.opening is None:
        return ()
    rows = {row[1].place: row for row in _scored(report) if isinstance(row[1], Text)}
    return tuple(
        Judged(asked, place, row[3], row[4])
        for estimate, asked in report.opening.asked.get(run, {}).items()
        if (row := rows[place := anchor("estimate", run, estimate)])
    )


def alike(questions: Iterable[Judged]) -> list[list[Judged]]:
    """Questions with those of the same grade, the same reason to doubt and the same that would answer them."""
    found: dict[tuple[str, str, str], list[Judged]] = {}
    for one in questions:
        found.setdefault((one.grade.text, one.doubt.text, one.doubt.note), []).append(one)
    return list(found.values())


def doubts(report: Report) -> dict[str, list[str]]:
    """The plan's questions by the strongest reason to doubt them: in short, of a variant without grades in the plan's words."""
    found: dict[str, list[str]] = {}
    for section in report.sections:
        for one in judged(report, section.run):
            found.setdefault(one.doubt.text, []).append(one.asked)
        for primary in report.plan.primaries if report.variant and not report.opening else ():
            if primary.notebook == section.run:
                found.setdefault(primary.threat, []).append(primary.question)
    return found


def bounded(report: Report) -> list[Section]:
    """The assessments that answer no question of the plan, of which their notebooks say how far they reach: not those of what
    somebody supplied, whose notebooks tell of SIMULATED records there, nor that of all questions."""
    registering = {primary.notebook for primary in report.plan.primaries}
    return [
        one
        for one in report.sections
        if one.bounds and one.run not in registering and not one.supplied and one is not report.first
    ]


def unanswered(report: Report) -> tuple[tuple[Text, Text], ...]:
    """The questions that no public data can answer: each, and why with what would answer it."""
    return tuple((row[0], row[4]) for row in _scored(report) if not row[1].place)


def _scored(report: Report) -> Iterator[tuple[Any, ...]]:
    if report.opening:
        for table in report.opening.scorecard:
            yield from table.rows


def checks(section: Section) -> list[ReportedCheck]:
    """The checks of a section, those that failed first, without those that are told as answers to criteria."""
    told = {row["marked"] for _, rows in criteria(section) for row in rows}
    return sorted(
        (check for check in section.checks if check.sentence not in told), key=lambda check: _ORDER.index(check.verdict)
    )


def unsaid(figure: DrawnFigure, section: Section) -> str:
    """What a figure says, without the sentences that the answer or a check says on the same sheets."""
    elsewhere = {one for text in (section.answer, *(c.sentence for c in checks(section))) for one in sentences(text)}
    return " ".join(one for one in sentences(figure.says) if one not in elsewhere)


def estimates(section: Section, report: Report) -> Table | None:
    """Primary estimates and those that sentences cite, primary ones first, without links to the notebook's cells."""
    if not section.estimate_tables:
        return None
    places = set(section.estimate_tables[0].ids)
    shown = [one for one in section.estimates if anchor("estimate", section.run, one.id) in places]
    shown.sort(key=lambda one: one.role != "primary")
    of = section.number or section.title
    caption = f"{'SIMULATED: ' if section.simulated else ''}Estimates of {of} that its answer rests on"
    table = tables.of_estimates(caption, shown, section.run, {}, in_short=True)
    kind = "of the plan" if report.plan.own else "primary" if report.variant else "registered"
    rows = (
        (_noted(row[0], kind), *row[1:]) if one.role == "primary" else row
        for one, row in zip(shown, table.rows, strict=True)
    )
    return replace(table, rows=tuple(rows))


def adjusted(table: Table, section: Section, own: OwnPlan | None) -> str:
    """For what the adjusted p of a table of estimates are adjusted; empty if it has none."""
    places = set(table.ids)
    told = [one for one in section.estimates if anchor("estimate", section.run, one.id) in places]
    kinds = {one.role == "primary" for one in told if not math.isnan(one.p_adjusted)}
    by = {
        True: f"of estimates of the plan by Holm’s method over all that {own.named}, asks for the outcome"
        if own
        else "of registered estimates by Holm’s method over all registered for the outcome",
        False: "of others by Benjamini and Hochberg’s over their kind, or by the largest statistic along a path",
    }
    return f"Adjusted p: {'; '.join(by[kind] for kind in sorted(kinds, reverse=True))}." if kinds else ""


def parameters(section: Section) -> list[tuple[Any, ...]]:
    """The parameters of a run; where it read what somebody supplied, without those of what is SIMULATED."""
    return [row for row in section.parameters.rows if not (section.supplied and row[0] in _OF_DRAWS)]


def counted(things: Iterable[Any], one: str, several: str) -> str:
    """How many there are, and the words for one or for several."""
    number = sum(1 for _ in things)
    return f"{number:,} {one if number == 1 else several}"


def first_grades(report: Report) -> Mapping[str, str]:
    """The grades of the plan's first version with their meanings, if what has changed is told in them."""
    changes = report.opening.changes if report.opening else ()
    return FIRST_GRADES if any(change.was.endswith(tuple(FIRST_GRADES)) for change in changes) else {}


def without_cells(table: Table) -> Table:
    """A table of estimates without the column that leads to the notebook's cells, which are not on paper."""
    if "Cell" not in table.columns:
        return table
    place = table.columns.index("Cell")
    rows = tuple((*row[:place], *row[place + 1 :]) for row in table.rows)
    return replace(table, columns=(*table.columns[:place], *table.columns[place + 1 :]), rows=rows)


def _noted(cell: tables.Value, kind: str) -> tables.Value:
    if not isinstance(cell, Text):
        return cell
    return replace(cell, note="; ".join(filter(None, (kind, cell.note))))


def widths(table: Table) -> list[int]:
    """How wide the columns of a table of estimates are beside each other; those of another one are alike."""
    return [_WIDTHS.get(name.partition(",")[0], 3) for name in table.columns]


def is_whole(table: Table) -> bool:
    """Whether paper takes all of a table."""
    return len(table.rows) <= _MOST_ROWS and len(table.columns) <= _MOST_COLUMNS


def criteria(section: Section) -> list[tuple[str, list[Record]]]:
    """The questions of an evaluation, by criterion, as the section's run has saved them; `marked` is the answer with its numbers
    marked, as the check of that question tells it."""
    kept = next((one.table for one in section.further if one.table.columns[:2] == ("criterion", "key")), None)
    if kept is None:
        return []
    marked = {plain(check.sentence): check.sentence for check in section.checks}
    rows: list[Record] = [dict(zip(kept.columns, row, strict=True)) for row in kept.rows]
    told = [{**row, "marked": marked.get(str(row["answer"]), row["answer"])} for row in rows]
    return [(name, list(own)) for name, own in groupby(told, lambda row: row["criterion"])]


def further(report: Report) -> list[tuple[Section, tuple[DrawnFigure, ...]]]:
    """Figures of the annex, by section: of the reference results one of each, of a variant all."""
    found = []
    for section in report.sections:
        if section.chapters:
            continue
        named = anchor("figure", section.run, FURTHER.get(section.run, ""))
        shown = section.figures if report.variant else tuple(one for one in section.figures if one.anchor == named)
        if shown:
            found.append((section, shown))
    return found


def drawn(report: Report) -> Iterator[DrawnFigure]:
    """Every figure that stands on paper, once."""
    for section in report.sections:
        if section.figure:
            yield section.figure
        for chapter in section.chapters:
            yield from chapter.figures
    for _, shown in further(report):
        yield from shown


def newest(report: Report) -> str:
    """The last time that published figures behind the report tell of; empty if it rests on none."""
    covered = (one.resource.coverage for one in report.behind.values() if not one.made_of)
    return max((time[1] for time in covered if time), default="")


def data(report: Report) -> Iterator[Table]:
    """The tables behind the report: panels, then raw ones."""
    for folder, caption in (("processed", "Panels that notebooks read"), ("raw", "Tables as published")):
        rows = []
        for one in report.behind.values():
            if one.folder == folder:
                resource = one.resource
                covers = " to ".join(resource.coverage) if resource.coverage else ""
                made = ", ".join(f"{raw.table.name} {raw.vintage}" for raw in one.made_of)
                rows.append(
                    (
                        Text(
                            resource.table.title,
                            "; ".join(filter(None, (resource.table.name, made and f"made of {made}"))),
                        ),
                        resource.vintage,
                        covers,
                        f"{resource.rows:,}",
                        f"`{resource.sha256[:_HASH]}`",
                        ", ".join(section.number or section.title for section in one.sections),
                    )
                )
        if rows:
            yield Table(caption, ("Table", "Release", "Covers", "Rows", "sha256 begins", "Read for"), tuple(rows))


def versions(report: Report) -> list[str]:
    """What the runs computed with, each once."""
    return sorted({version for section in report.sections for version in section.versions})


def by_name(report: Report) -> dict[str, Any]:
    """All of this as the template calls it."""
    return {
        "adjusted": adjusted,
        "alike": alike,
        "bounded": bounded,
        "checks": checks,
        "counted": counted,
        "criteria": criteria,
        "data_tables": list(data(report)),
        "doubts": doubts(report),
        "estimates": estimates,
        "evaluation": section_of(report, EVALUATION),
        "first_grades": first_grades(report),
        "further": further(report),
        "is_whole": is_whole,
        "judged": judged,
        "newest": newest(report),
        "parameters": parameters,
        "parts": parts(report),
        "rollout": section_of(report, ROLLOUT),
        "simulated": [section for section in report.sections if section.simulated],
        "unanswered": unanswered(report),
        "unsaid": unsaid,
        "versions": versions(report),
        "widths": widths,
        "without_cells": without_cells,
    }
