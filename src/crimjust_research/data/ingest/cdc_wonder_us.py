"""CDC WONDER: monthly overdose deaths in the United States by drug class.

Source: https://wonder.cdc.gov/mcd-icd10.html, one export per drug class; and tables of the final T40.4 counts of
later years, which say of each month whether it was read as published or worked out from other months.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts, wonder_query
from crimjust_research.data.ingest.files import header, numbers, records, refuse
from crimjust_research.data.ingest.wonder_export import (
    MULTIPLE_CAUSE,
    Export,
    calendar_months,
    check_continuous,
    read_export,
    statuses,
)
from crimjust_research.data.tables import Field, Release, Rhythm, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs, wonder

if TYPE_CHECKING:
    import pandas as pd

# Months are on record from here; a release that begins later, or lacks one of the classes every release has, is a part.
_FIRST_MONTH = "2010-01"
_CLASSES = drugs.load().monthly_classes
_BY_MONTH = ("Notes", "Year", "Year Code", "Month", "Month Code", "Deaths")
_FINAL_COUNTS = ("month", "deaths", "source_flag")

OVERDOSE_MONTHLY_US = Table(
    name="overdose_monthly_us",
    title="Drug overdose deaths in the United States by month and drug class",
    description="One row is a calendar month and an ICD-10 drug class: deaths of residents by drug overdose "
    "(underlying cause X40-X44, X60-X64, X85, Y10-Y14) that name the class among the causes.",
    fields=(
        Field("month", "yearmonth", "Calendar month of death.", constraints={"required": True}),
        Field(
            "icd10",
            "string",
            "Drug class among the multiple causes: "
            + "; ".join(f"{code} {drugs.load().icd10[code]}" for code in _CLASSES)
            + ".",
            constraints={"required": True, "enum": list(drugs.load().icd10)},
        ),
        Field("deaths", "integer", "Deaths in the month.", "deaths", {"required": True, "minimum": 0}),
        Field(
            "derivation",
            "string",
            "How the figure was worked out from the publisher's other figures; empty where it was read as published.",
        ),
    ),
    primary_key=("icd10", "month"),
    licences=(licences.CDC_WONDER,),
    sources=(MULTIPLE_CAUSE,),
    time="month",
    caveats=(
        "A death that names several classes is counted in each: classes must not be added up.",
        "Counts of T40.4 to 2016 are from the files as of 2018, later ones from the final files of each year.",
        "About 900 deaths in North Carolina in 2023 were coded after the final file had closed.",
    ),
    rhythm=Rhythm(
        "yearly",
        "final figures of a year about a year after it, in December or January",
        "CDC WONDER, final files of Multiple Cause of Death",
        months=12,
        lag=13,
    ),
    held_against="the twelve months to December in `overdose_12month`, of 2018, 2020 and 2022 and by synthetic "
    "opioids, where deaths occurred: up to 1.5 % more; the totals of T40.4 that CDC states for 2017 to 2024: equal",
)


def read_monthly_us(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files: exports by year and month, one per drug class, and tables of final T40.4 counts.

    Raises
    ------
    DataError
        If a file is cut off, its query counts other deaths, its months do not add up to its totals or are not those it
        asks for, months are missing or provisional, two files hold the same month, a drug class is not in the
        vocabulary, or a table of final counts has not the totals of any.
    """
    import pandas as pd

    frames, notes = [], []
    for path in sorted(paths, key=lambda p: p.name):
        if "source_flag" in header(path):
            part, note = _final_counts(path)
        else:
            part, note = _class_export(read_export(path, _BY_MONTH))
        frames.append(part)
        notes.append(note)
    frame = pd.concat(frames, ignore_index=True)
    covered = frame.groupby("icd10")["month"].agg(["min", "max"])
    for code, group in frame.groupby("icd10"):
        check_continuous(str(code), group["month"], paths)
    lacks = (
        *parts.missing(set(covered.index), set(_CLASSES), "drug classes"),
        *parts.before(str(covered["min"].max()), _FIRST_MONTH),
    )
    return [
        Release(OVERDOSE_MONTHLY_US, vintage or str(frame["month"].max()), frame, lacks, tuple(dict.fromkeys(notes)))
    ]


def _class_export(export: Export) -> tuple["pd.DataFrame", str]:
    import pandas as pd

    path, rows, totals = export.path, export.rows, export.totals
    wonder_query.require(export, OVERDOSE_MONTHLY_US.name)
    icd10 = wonder_query.drug_class(export)
    deaths = numbers(path, rows["Deaths"], whole=True)
    months = calendar_months(path, rows["Month Code"], rows["Month"])
    refuse(path, rows["Year Code"][rows["Year Code"] != months.str[:4]], "must be the year of its month; export again")
    refuse(
        path,
        rows["Month"][statuses(path, rows["Month"]) != "final"],
        f"is not final, and {OVERDOSE_MONTHLY_US.name!r} holds final counts; query the years before it alone",
    )
    wonder_query.require_periods(export, months, final=months)
    stated = numbers(path, totals["Deaths"], whole=True)
    by_year = deaths.groupby(months.str[:4]).sum()
    for row, year, total in zip(totals.index, totals["Year Code"], stated, strict=True):
        counted = by_year.get(year, 0) if year else deaths.sum()
        if counted != total:
            raise DataError(
                f"{path}: row {row}, the months of {year or 'all years'} add up to {counted:,.0f}, the Total row says "
                f"{total:,.0f}: rows are missing or were edited; export the query again"
            )
    if not (totals["Year Code"] == "").any():
        raise DataError(f"{path}: there is no Total row over all years; export again with Show Totals on")
    frame = pd.DataFrame({"month": months, "icd10": icd10, "deaths": deaths.astype("int64")})
    return frame.assign(derivation=pd.Series(pd.NA, frame.index, "str")), f"{icd10}: queried {export.query_date}"


def _final_counts(path: Path) -> tuple["pd.DataFrame", str]:
    import pandas as pd

    rows = records(path, _FINAL_COUNTS)
    if others := sorted(set(map(str, rows.columns)) - set(_FINAL_COUNTS)):
        raise DataError(
            f"{path}: the column(s) {', '.join(others)} may choose deaths, and a table of final months has none but "
            f"{', '.join(_FINAL_COUNTS)}; leave them out if they choose none"
        )
    refuse(path, rows["month"][~rows["month"].str.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])")], "must be a month, YYYY-MM")
    read = rows["source_flag"] == "read"
    derived = rows["source_flag"].str.startswith("derived:")
    refuse(path, rows["source_flag"][~read & ~derived], "must be 'read', or 'derived:' and how")
    deaths = numbers(path, rows["deaths"], whole=True).astype("int64")
    icd10 = _class_of_totals(path, rows["month"].str[:4], deaths)
    frame = pd.DataFrame(
        {
            "month": rows["month"],
            "icd10": icd10,
            "deaths": deaths,
            "derivation": rows["source_flag"].str.removeprefix("derived:").str.strip().mask(read),
        }
    )
    return frame, f"{icd10}: {int(derived.sum())} of {len(frame)} final months derived from figures of other months"


def _class_of_totals(path: Path, years: "pd.Series[str]", deaths: "pd.Series[int]") -> str:
    """The drug class whose final totals the months of each year add up to: the table does not say of which it is."""
    known = wonder.load().final_deaths
    counted = {str(year): int(total) for year, total in deaths.groupby(years).sum().items()}
    faults = []
    for icd10, totals in known.items():
        apart = next((year for year, total in counted.items() if totals.get(year) != total), None)
        if apart is None:
            return icd10
        of = f"{totals[apart]:,} of {icd10}" if apart in totals else f"no final total of {icd10}"
        faults.append(f"its months of {apart} add up to {counted[apart]:,}, and {wonder.FILE} has {of}")
    raise DataError(
        f"{path} does not say of which drug class it is, and it is known by its totals: {'; '.join(faults)}. Mend the "
        "file, export the class from WONDER, or add the year CDC has closed there under `final_deaths`, as `YEAR: DEATHS`"
    )


READERS = (
    Reader(
        name="cdc_wonder_us_month",
        table=OVERDOSE_MONTHLY_US,
        columns=frozenset(_BY_MONTH),
        read=read_monthly_us,
        manual="At https://wonder.cdc.gov/mcd-icd10.html group by Year and Month; choose the underlying causes "
        "X40-X44, X60-X64, X85 and Y10-Y14 and one multiple cause, as T40.4; narrow nothing else; show totals; export. "
        f"Ingest the exports of {', '.join(_CLASSES)} together.",
        other_columns=(frozenset(_FINAL_COUNTS),),
    ),
)
