"""UN-CTS: what States report to the United Nations Survey of Crime Trends and Operations of Criminal Justice Systems.

Sources: https://dataunodc.un.org/dp-prisons-persons-held and https://dataunodc.un.org/dp-crime-corruption-offences.
Each figure is published twice, as a count and as a rate per 100,000 population, on two lines.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

PERSONS_HELD, PERSONS_ENTERING, OFFENCES = "persons held", "persons entering prison", "offences"
_CATEGORIES = {
    ("Persons held", "by selected crime"): ("Bribery", "Drug possession", "Drug trafficking"),
    ("Persons entering prison", "by selected crime"): ("Bribery", "Drug possession", "Drug trafficking"),
    ("Offences", "by type of offence"): (
        "Corruption",
        "Corruption: bribery",
        "Corruption: other acts of corruption",
        "Money laundering",
        "Smuggling of migrants",
    ),
}
_COUNTS, _RATE, _ALL = "Counts", "Rate per 100,000 population", "Total"
_HEADER = (
    "Iso3_code",
    "Country",
    "Indicator",
    "Dimension",
    "Category",
    "Sex",
    "Age",
    "Year",
    "Unit of measurement",
    "VALUE",
)
_KEY = ("reporter", "year", "indicator", "category")

JUSTICE_RECORDS = Table(
    name="justice_records",
    title="Drug, corruption and money-laundering cases on record, by State and year",
    description="One row is a State, or a part of one that reports apart, a year, an indicator and a category of "
    "crime: the persons or offences on record, and the same per 100,000 population.",
    fields=(
        Field(
            "reporter",
            "string",
            "Code of the State or of the part of it that reports, as published: GBR_S is Scotland.",
            constraints={"required": True, "pattern": "[A-Z]{3}(_[A-Z_]+)?"},
        ),
        Field("iso3", "string", "State.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("year", "year", "Year of the record.", constraints={"required": True}),
        Field(
            "indicator",
            "string",
            "What is counted.",
            constraints={"required": True, "enum": [PERSONS_ENTERING, PERSONS_HELD, OFFENCES]},
        ),
        Field(
            "category",
            "string",
            "Crime.",
            constraints={"required": True, "enum": sorted({c for group in _CATEGORIES.values() for c in group})},
        ),
        Field("count", "number", "Persons or offences.", "persons or offences", {"required": True, "minimum": 0}),
        Field(
            "rate",
            "number",
            "The count per 100,000 population, as published.",
            "per 100,000 population",
            {"required": True, "minimum": 0},
        ),
        Field("provenance", "string", "Who gave the figure: CTS is the survey itself.", constraints={"required": True}),
    ),
    primary_key=_KEY,
    licences=(licences.UNODC,),
    sources=(
        Source("UNODC data portal, prisons and prisoners", "https://dataunodc.un.org/dp-prisons-persons-held"),
        Source(
            "UNODC data portal, corruption and economic crime", "https://dataunodc.un.org/dp-crime-corruption-offences"
        ),
    ),
    time="year",
    caveats=(
        "States report when they can: the years and States with a figure are few and not missing at random.",
        "Counting rules and the law behind a category differ between States; compare a State with itself.",
        "A count on record measures what the justice system did, not how much crime there was.",
        "`Corruption` may hold its two parts; categories are not to be added up.",
    ),
    rhythm=Rhythm(
        "yearly",
        "a survey each year, of which States' answers come in late",
        "the release of 2025, which ends with 2022",
        months=12,
        lag=36,
    ),
    # States take answers back.
    may_lose=0.05,
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last year in them; complete only with all indicators and crimes.

    Rows of both sexes and all ages in the categories above are kept; the publisher's workbooks hold many more.

    Raises
    ------
    DataError
        If a file is cut off, a count has no rate beside it or the other way round, or a value is not an accepted one.
    """
    import pandas as pd

    frames, notes = zip(*(_read_file(path) for path in paths), strict=True)
    frame = pd.concat(frames, ignore_index=True)
    # Each indicator without any of the crimes it is published for is a part: the portal's filters leave them out.
    needed = {f"{indicator.lower()}: {crime}" for (indicator, _), crimes in _CATEGORIES.items() for crime in crimes}
    found = set(frame["indicator"] + ": " + frame["category"])
    lacks = (
        *parts.missing(set(frame["indicator"]), {PERSONS_HELD, PERSONS_ENTERING, OFFENCES}, "indicators"),
        *parts.missing(found, {n for n in needed if n.split(":")[0] in set(frame["indicator"])}, "crimes"),
    )
    return [Release(JUSTICE_RECORDS, vintage or str(frame["year"].max()), frame, lacks, tuple(n for n in notes if n))]


def _read_file(path: Path) -> tuple["pd.DataFrame", str]:
    import pandas as pd

    text = records(path, (*_HEADER, "Source")).rename(columns=str.lower)
    text["category"] = text["category"].str.capitalize()
    # UNODC spells categories with and without capitals, and gives figures by sex and age for some.
    wanted = pd.MultiIndex.from_tuples([(*group, c) for group, names in _CATEGORIES.items() for c in names])
    kept = text[
        pd.MultiIndex.from_frame(text[["indicator", "dimension", "category"]]).isin(wanted)
        & (text["sex"] == _ALL)
        & (text["age"] == _ALL)
    ]
    if kept.empty:
        raise DataError(
            f"{path} holds no row of sex and age {_ALL} of the categories "
            f"{', '.join(wanted.get_level_values(2).unique())}; download the workbook whole"
        )
    refuse(path, kept["year"][~kept["year"].str.fullmatch(r"20[0-9][0-9]")], "must be a year of four digits")
    units = kept["unit of measurement"]
    refuse(path, units[~units.isin([_COUNTS, _RATE])], f"must be {_COUNTS!r} or {_RATE!r}")
    frame = pd.DataFrame(
        {
            "reporter": kept["iso3_code"],
            "iso3": countries.agreed_codes(kept["iso3_code"], kept["country"], str(path)),
            "year": kept["year"].astype("int64"),
            "indicator": kept["indicator"].str.lower(),
            "category": kept["category"],
            "unit": units,
            "value": numbers(path, kept["value"]),
            "provenance": kept["source"],
        }
    )
    left_out = len(text) - len(kept)
    return _paired(path, frame), f"{left_out:,} rows of other categories, sexes or ages left out" if left_out else ""


def _paired(path: Path, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Counts with the rates that belong to them, one row each."""
    key = list(_KEY)
    counts, rates = (frame[frame["unit"] == unit].drop(columns="unit") for unit in (_COUNTS, _RATE))
    for unit, rows in ((_COUNTS, counts), (_RATE, rates)):
        twice = rows[rows.duplicated(key)]
        refuse(path, twice["category"], f"{unit} stand there a second time for the same State, year and indicator")
    merged = counts.merge(rates, on=key, how="outer", suffixes=("", "_of_rate"), indicator=True, validate="1:1")
    single = merged[merged["_merge"] != "both"]
    if len(single):
        row = single.iloc[0]
        raise DataError(
            f"{path}: {row['reporter']} {row['year']}, {row['indicator']}, {row['category']} has a "
            f"{'count but no rate' if row['_merge'] == 'left_only' else 'rate but no count'}, where every figure is "
            f"published as both ({len(single)} such case(s)); a cell was edited: download the file again"
        )
    return merged.rename(columns={"value": "count", "value_of_rate": "rate"})[[f.name for f in JUSTICE_RECORDS.fields]]


_PORTAL = "https://dataunodc.un.org/sites/dataunodc.un.org/files/"

READERS = (
    Reader(
        name="unodc_cts",
        table=JUSTICE_RECORDS,
        columns=frozenset(_HEADER),
        read=read,
        address=f"{_PORTAL}data_cts_prisons_and_prisoners.xlsx {_PORTAL}data_cts_corruption_and_economic_crime.xlsx",
        manual="At https://dataunodc.un.org/ download the workbooks on prisons and prisoners and on corruption and "
        "economic crime, and ingest both together.",
    ),
)
