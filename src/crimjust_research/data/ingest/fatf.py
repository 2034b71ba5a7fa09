"""Financial Action Task Force: how well States keep money laundering and the financing of terrorism in check.

Source: the consolidated table of assessment ratings, a workbook that is published anew with every report, at
https://www.fatf-gafi.org/en/publications/Mutualevaluations/Assessment-ratings.html. Its table stands below a title that
names the Methodology, with a legend at the foot; rows that repeat a jurisdiction's latest state stand among the reports.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import refuse, translate
from crimjust_research.data.ingest.grids import Grid, grids
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, fatf

if TYPE_CHECKING:
    import pandas as pd

EVALUATION, ASSESSMENT = "MER", "FUAR"
_FATF = fatf.load()
# How the columns that are no ratings begin.
_BEGINNINGS = {
    "jurisdiction": "jurisdiction",
    "letters": "report type",
    "date": "report date",
    "body": "assessment bod",
}
_MEASURE = re.compile(r"(IO|R)[. ]*([0-9]{1,2})")
# What stands in the first row, and so is all that is seen of the columns of a workbook saved as text.
_TITLE = (
    "Table of ratings for assessment conducted against the 2012 FATF Recommendations, using the 2013 FATF Methodology."
)
_METHODOLOGY = re.compile(r"\b20[0-9]{2} FATF Methodology")
_UPDATED = re.compile(r"Updated (?:on )?([0-9]{1,2} [A-Z][a-z]+ 20[0-9]{2})")
_DATE = r"(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?:-(?:0[1-9]|[12][0-9]|3[01])(?: 00:00:00)?)?"
_KEY = ["iso3", "month", "report"]

FATF_RATINGS = Table(
    name="fatf_ratings",
    title="Ratings of measures against money laundering, by jurisdiction, report and measure",
    description="One row is a report on a jurisdiction and a measure: how the Financial Action Task Force (FATF) or a "
    "regional body styled after it rated it, by the Methodology of 2013.",
    fields=(
        Field("iso3", "string", "Jurisdiction.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("month", "yearmonth", "Month of the report.", constraints={"required": True}),
        Field(
            "report",
            "string",
            "Kind of report; a follow-up re-rates Recommendations, a follow-up assessment effectiveness too.",
            constraints={"required": True, "enum": list(_FATF.reports.values())},
        ),
        Field("body", "string", "Bodies that assessed, joined by slashes; empty if the file does not say."),
        Field(
            "measure",
            "string",
            "Immediate Outcome (IO) or Recommendation (R): "
            + "; ".join(f"{m} {of}" for m, of in _FATF.measures.items()),
            constraints={"required": True, "enum": list(_FATF.measures)},
        ),
        Field(
            "rating",
            "string",
            "Effectiveness of an outcome: HE high, SE substantial, ME moderate, LE low. Compliance with a Recommendation: "
            "C compliant, LC largely, PC partially, NC non-compliant, N/A where it does not apply.",
            constraints={
                "required": True,
                "enum": [*_FATF.effectiveness, *_FATF.compliance, _FATF.not_applicable[0]],
            },
        ),
    ),
    primary_key=("iso3", "month", "report", "measure"),
    licences=(licences.FATF,),
    sources=(
        Source(
            "Financial Action Task Force, consolidated assessment ratings",
            "https://www.fatf-gafi.org/en/publications/Mutualevaluations/Assessment-ratings.html",
        ),
    ),
    time="month",
    caveats=(
        "Follow-ups re-rate Recommendations only and repeat the outcomes' ratings of the evaluation; a change of an "
        "outcome between two reports of a jurisdiction comes from a follow-up assessment or another evaluation.",
        "Follow-ups are asked for by the jurisdictions they rate: those with many are not a random sample.",
        "An evaluation rates what was in place at a visit about a year before its report.",
        "Ratings are ordinal; steps between them are not of equal size, and bodies differ in how they rate.",
        "Rows that repeat a jurisdiction's latest state are left out; notes say which of them differ from its last report.",
        "A few reports are dated to the day; all are kept to the month.",
        "Evaluations of the round after, by the Methodology of 2022, are another table of the publisher's.",
    ),
    rhythm=Rhythm(
        "most months",
        "with every report published, in most months of a year",
        "the months of the reports at hand, and the table's own line `Updated`, three months after the last of them",
        months=2,
        lag=3,
    ),
    held_against="none at hand; rows of the file that repeat each jurisdiction's latest state agree with its last report",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release of one file; its vintage is the day the file was updated, if it says so.

    Raises
    ------
    DataError
        If there are several files, or one is cut off, is by another Methodology or names none, or holds an unknown
        jurisdiction, body, kind of report, date or rating.
    """
    if len(paths) > 1:
        raise DataError(
            f"{', '.join(str(path) for path in paths)}: each is the whole table as of its day; ingest them one by one"
        )
    path = paths[0]
    grid = _rated_by(path, grids(path, _is_header, "columns `Jurisdiction` and `IO1` or `R.1`"))
    reports, has_legend = _reports(path, grid)
    is_summary = reports["letters"].str.contains("+", regex=False)
    dated, summaries = reports[~is_summary], reports[is_summary]
    refuse(path, dated["jurisdiction"][dated.duplicated(_KEY)], "has two reports of one kind in that month; keep one")
    measures = [measure for measure in _FATF.measures if measure in reports]
    long = dated.melt([*_KEY, "body"], measures, "measure", "rating")
    frame = long[long["rating"] != ""].reset_index(drop=True)
    lacks = (
        *_missing_measures(measures),
        *([] if has_legend else ["the legend at the foot, so rows above it may be lost too: give the whole file"]),
        *_missing_reports(dated, summaries),
    )
    notes = (
        f"{len(dated):,} reports on {dated['iso3'].nunique()} jurisdictions",
        f"{len(summaries):,} rows that repeat a latest state left out; {_differences(dated, summaries, measures)}",
    )
    return [Release(FATF_RATINGS, vintage or _updated(grid) or str(frame["month"].max()), frame, lacks, notes)]


def _is_header(row: Sequence[str]) -> bool:
    starts = [cell.casefold() for cell in row]
    return any(cell.startswith(_BEGINNINGS["jurisdiction"]) for cell in starts) and any(map(_MEASURE.fullmatch, row))


def _rated_by(path: Path, found: Sequence[Grid]) -> Grid:
    """The one table whose title names the Methodology of this table's ratings."""
    titles = [
        sorted({said for row in grid.above for cell in row for said in _METHODOLOGY.findall(cell)}) for grid in found
    ]
    wanted = [grid for grid, said in zip(found, titles, strict=True) if said == [_FATF.methodology]]
    if len(wanted) != 1:
        said = ", ".join(sorted({title for of in titles for title in of})) or "no Methodology"
        raise DataError(
            f"{path} names {said} above its header, where this table holds ratings by the {_FATF.methodology}; download "
            "the consolidated ratings by it, and keep the rows above the header"
        )
    return wanted[0]


def _updated(grid: Grid) -> str:
    days = [day for row in grid.above for cell in row for day in _UPDATED.findall(cell)]
    return datetime.strptime(days[0], "%d %B %Y").date().isoformat() if days else ""


def _reports(path: Path, grid: Grid) -> tuple["pd.DataFrame", bool]:
    """The rows that are reports, in this project's names, and whether the legend stands below them."""
    text = grid.frame()
    columns = {name: _column(text, name) for name in _BEGINNINGS}
    if absent := [_BEGINNINGS[name] for name in ("jurisdiction", "letters", "date") if columns[name] is None]:
        raise DataError(f"{path} has no column {', '.join(absent)}; download the table whole")
    text = text.rename(columns={column: name for name, column in columns.items() if column is not None})
    numbered = {column: ".".join(m.groups()) for column in grid.header if (m := _MEASURE.fullmatch(column))}
    text = text.rename(columns=numbered)
    strange = [measure for measure in numbered.values() if measure not in _FATF.measures]
    if strange:
        section = "outcomes" if strange[0].startswith(fatf.OUTCOME) else "recommendations"
        raise DataError(f"{path} rates {strange[0]}, which {fatf.FILE} does not list; add it to `{section}` there")
    if "body" not in text:
        text["body"] = ""
    # Legend and footnotes have no date where a report has one.
    is_legend = (text["jurisdiction"] == "") & text["letters"].isin([*_FATF.reports, ""])
    is_note = (text["jurisdiction"] != "") & (text.drop(columns="jurisdiction") == "").all(axis=1)
    legend = text[is_legend & ~text["date"].str.fullmatch(_DATE)]
    kept = text.drop(legend.index)[~is_note.drop(legend.index)]
    kept = kept.assign(month=kept["date"].str.extract(f"^{_DATE}$")[0])
    refuse(path, kept["date"][kept["month"].isna()], "must be a date as 2023-05-01; mend it, or download the workbook")
    letters = kept["letters"].str.replace("(s)", "", regex=False)
    by_letters = {**_FATF.reports, **{letter: "latest" for letter in letters if _is_known_sum(letter)}}
    add = f"add it under `reports` in {fatf.FILE}, as `VALUE: what it is`"
    kept = kept.assign(
        letters=letters,
        report=translate(path, letters.rename("Report Type"), by_letters, "kind of report", add),
        iso3=countries.iso3_of(kept["jurisdiction"], str(path)),
        body=_bodies(path, kept["body"]),
    )
    # Some follow-ups leave the outcomes out altogether.
    outcomes = [measure for measure in numbered.values() if measure in _FATF.outcomes]
    without_outcomes = (kept[outcomes] == "").all(axis=1) & (kept["letters"] != EVALUATION)
    for measure in numbered.values():
        may_be_empty = without_outcomes & (measure in outcomes)
        kept[measure] = _ratings(path, kept[measure], _FATF.scale(measure), may_be_empty)
    return kept, EVALUATION in set(legend["letters"])


def _column(text: "pd.DataFrame", name: str) -> str | None:
    found = [column for column in text.columns.astype("str") if column.casefold().startswith(_BEGINNINGS[name])]
    return found[0] if found else None


def _is_known_sum(letters: str) -> bool:
    parts = letters.split("+")
    return len(parts) > 1 and set(parts) <= set(_FATF.reports)


def _bodies(path: Path, published: "pd.Series[str]") -> "pd.Series[str]":
    each = published.str.split("/").explode().str.strip().rename("Assessment body")
    known = {body: body for body in _FATF.bodies} | {"": ""}
    translate(path, each, known, "assessing body", f"add it under `bodies` in {fatf.FILE}, as `VALUE: its name`")
    return published.str.replace(r"\s*/\s*", "/", regex=True).mask(published == "")


def _ratings(
    path: Path, published: "pd.Series[str]", scale: Iterable[str], may_be_empty: "pd.Series[bool]"
) -> "pd.Series[str]":
    ratings = published.mask(published.isin(_FATF.not_applicable), _FATF.not_applicable[0])
    known = {*scale, _FATF.not_applicable[0]}
    is_strange = ~ratings.isin(known) & ~may_be_empty
    refuse(path, published[is_strange], f"must be one of {', '.join(sorted(known))}; mend the cell")
    return ratings


def _missing_measures(found: Sequence[str]) -> tuple[str, ...]:
    absent = [measure for measure in _FATF.measures if measure not in found]
    return (f"the ratings of {', '.join(absent)}: give the table with those columns",) if absent else ()


def _missing_reports(dated: "pd.DataFrame", summaries: "pd.DataFrame") -> tuple[str, ...]:
    evaluated = set(dated.loc[dated["letters"] == EVALUATION, "iso3"])
    followed = set(dated.loc[dated["letters"] != EVALUATION, "iso3"])
    repeated = set(summaries["iso3"])
    absent = sorted((followed | repeated) - evaluated), sorted(repeated - followed)
    return tuple(
        f"the {what} of {', '.join(codes)}: give the table with all its rows"
        for what, codes in zip(("evaluations", "follow-ups"), absent, strict=True)
        if codes
    )


def _differences(dated: "pd.DataFrame", summaries: "pd.DataFrame", measures: Sequence[str]) -> str:
    """In which jurisdictions the row of the latest state is not what the last report says, and of which measures."""
    last = dated.sort_values("month", kind="stable").groupby("iso3").last()
    found = []
    for _, row in summaries[summaries["iso3"].isin(last.index)].iterrows():
        report = last.loc[row["iso3"]]
        apart = [m for m in ("month", *measures) if row[m] != report[m]]
        found += [f"{row['iso3']} ({', '.join(apart)})"] if apart else []
    return f"they differ from the last report in {', '.join(sorted(found))}" if found else "they equal the last report"


READERS = (
    Reader(
        name="fatf_ratings",
        table=FATF_RATINGS,
        columns=frozenset({"IO1", "R.1"}),
        read=read,
        manual="At https://www.fatf-gafi.org/en/publications/Mutualevaluations/Assessment-ratings.html download the "
        "consolidated table of assessment ratings (2013 Methodology) as a workbook.",
        other_columns=tuple(frozenset({name}) for name in ("IO1", "IO.1", "IO 1", "R.1", "R.40", _TITLE)),
    ),
)
