"""The United States' Majors List: countries determined to be major illicit drug producers or transit countries.

Source: the yearly Presidential Determination under section 706 of the Foreign Relations Authorization Act (22 U.S.C.
2291j-1), in the Federal Register. The lists were read from each determination and compiled by hand; the years without
one are missing from the file, not from the series.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries, majors_not_read

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ("fiscal_year", "country", "failed_demonstrably", "document", "source_url", "reading_note")
_FAILED = {"0": False, "1": True}
# A list changes by a country or three from one year to the next, of some twenty.
_LEAST_KEPT = 0.75
_FULL = "full list read"
_CITED_COPY = re.compile(r" from https?://\S+")

MAJORS_LIST = Table(
    name="majors_list",
    title="Majors List of the United States, by fiscal year",
    description="One row is a country on the list of a US fiscal year, with whether it was found to have failed "
    "demonstrably in its obligations.",
    fields=(
        Field(
            "fiscal_year",
            "year",
            "US fiscal year the determination is for; it is made in the September before.",
            constraints={"required": True},
        ),
        Field("iso3", "string", "Country on the list.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field(
            "failed_demonstrably",
            "boolean",
            "Whether it was determined to have failed demonstrably; empty where that was not read.",
        ),
        Field(
            "is_read",
            "boolean",
            "Whether the country's name was read in the year's list; if not, it is implied by the note.",
            constraints={"required": True},
        ),
        Field("document", "string", "Determination, and where it is published.", constraints={"required": True}),
        Field("reading_note", "string", "How much of the year's list was read.", constraints={"required": True}),
    ),
    primary_key=("fiscal_year", "iso3"),
    licences=(licences.US_GOVERNMENT,),
    sources=(
        Source(
            "Federal Register, Presidential Determinations on Major Drug Transit or Illicit Drug Producing Countries",
            "https://www.federalregister.gov/presidential-documents/determinations",
            "https://www.govinfo.gov/app/collection/fr",
        ),
    ),
    time="fiscal_year",
    caveats=(
        "Not every fiscal year's list was read: the notes of each vintage say which were not.",
        "Being on the list says geography and trade make a country a source or transit route, not that it fails.",
        "From 2024 the definition takes in major sources of precursors (Public Law 117-263).",
        "Some lists were read in news reports: `document` and `reading_note` say which.",
    ),
    rhythm=Rhythm(
        "yearly",
        "by 15 September, for the fiscal year that begins in October",
        "the dates of the determinations",
        months=12,
        lag=-12,
    ),
    held_against="the list of fiscal year 2021 in the source document: the same 22 countries, the same two that "
    "failed demonstrably",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last fiscal year in them.

    Raises
    ------
    DataError
        If a file is cut off, a year, country or mark is not an accepted one, or the rows of a year disagree on its
        document.
    """
    import pandas as pd

    frame = pd.concat([_read_file(path) for path in paths], ignore_index=len(paths) > 1)
    years = frame["fiscal_year"]
    holes = sorted(set(range(years.min(), years.max() + 1)) - set(years))
    notes = (f"{years.nunique()} fiscal years; none for {', '.join(map(str, holes)) or 'no year between'}",)
    lacks = parts.cut(frame, "fiscal_year", "iso3", "most countries", _LEAST_KEPT)
    return [Release(MAJORS_LIST, vintage or str(years.max()), frame, lacks, notes)]


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _COLUMNS)
    years, failed = text["fiscal_year"], text["failed_demonstrably"]
    refuse(path, years[~years.str.fullmatch(r"20[0-9][0-9]")], "must be a fiscal year of four digits")
    refuse(path, failed[~failed.isin([*_FAILED, ""])], "must be 1, 0 or empty")
    for column in ("document", "reading_note"):
        differs = text.groupby("fiscal_year")[column].transform("nunique") > 1
        refuse(path, text[column][differs], "must be the same in every row of its fiscal year")
        refuse(path, text[column][text[column] == ""], "must not be empty")
    frame = pd.DataFrame(
        {
            "fiscal_year": years.astype("int64"),
            "iso3": countries.iso3_of(text["country"], str(path)),
            "failed_demonstrably": failed.map(_FAILED).astype("boolean"),
            "document": text["document"],
            "reading_note": text["reading_note"].str.replace(_CITED_COPY, " from a secondary source", regex=True),
        }
    )
    partial = set(frame["fiscal_year"][~frame["reading_note"].str.startswith(_FULL)])
    declared = majors_not_read.load().not_read
    refuse(
        path,
        text["reading_note"][frame["fiscal_year"].isin(partial - set(declared))],
        "says the list was read in part; say which of its countries were not read, as the line `  YEAR: [CODE, CODE]` of "
        f"`not_read` in {majors_not_read.FILE}",
    )
    not_read = pd.MultiIndex.from_tuples([(year, iso3) for year, codes in declared.items() for iso3 in codes])
    frame["is_read"] = ~pd.MultiIndex.from_frame(frame[["fiscal_year", "iso3"]]).isin(not_read)
    return frame[[field.name for field in MAJORS_LIST.fields]]


READERS = (
    Reader(
        name="us_majors_list",
        table=MAJORS_LIST,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Each September, add the countries of the new determination "
        "(https://www.federalregister.gov/presidential-documents/determinations), one row each.",
    ),
)
