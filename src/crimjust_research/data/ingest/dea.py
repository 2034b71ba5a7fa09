"""US Drug Enforcement Administration: the fentanyl family in reports of forensic laboratories, by State and half-year.

One export fills two tables: the whole family by base substance, and its precursors and by-products as described.

Source: NFLIS-Drug Public Data Query System, https://www.nflis.deadiversion.usdoj.gov/publicDQSinfo.xhtml, which asks
for registration; each row of an export carries the day the query was run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import fentanyl, states
from crimjust_research.vocabulary.publishers_names import translated

if TYPE_CHECKING:
    import pandas as pd

_UNKNOWN = "XX"
# Classes of the family that are materials of manufacture.
_MATERIALS = (fentanyl.PRECURSOR, fentanyl.MANUFACTURE)
_STATES, _FENTANYL = states.load(), fentanyl.load()
_CONTROLS = _FENTANYL.controls
_PLACES = {code: code for code in (*_STATES.states, *_STATES.territories, _UNKNOWN)}
_HALVES = {"SA1 (JAN - JUN)": "H1", "SA2 (JUL - DEC)": "H2"}
# What the query must have asked for, that counts be of all laboratories and of drug reports.
_ASKED = {
    "LABTYPE": "Local/Municipal,State,Federal,Private",
    "RPTAGGR": "DrugReport",
    "DRUG_CATEGORY_DESCRIPTION": "Fentanyl and Fentanyl-related",
}
_COLUMNS = (
    *_ASKED,
    *("YYYY", "PERIOD", "DRUG_REPORTS", "QUERY_RUN_DATE", "SUBSTANCE_ID", "SUBSTANCE_DESCRIPTION", "BASE_ID"),
    *("BASE_DESCRIPTION", "STATE", "STATE_LONG_NAME", "STATE_FIPS"),
)
# An export that starts later is a part of the table.
_FIRST_HALF = "2017H1"
# Every half-year on record has reports of fentanyl from 49 or more of the 51; an export cut short soon has fewer.
_FEWEST_STATES = 45

_HALF_YEAR = Field(
    "half_year",
    "string",
    "Half-year of submission: H1 is January to June, H2 July to December.",
    constraints={"required": True, "pattern": "20[0-9]{2}H[12]"},
)
_STATE = Field(
    "state",
    "string",
    f"USPS code of the State, DC or territory; {_UNKNOWN} where the publisher does not know it.",
    constraints={"required": True, "enum": sorted(_PLACES)},
)
_SOURCES = (
    Source(
        "US Drug Enforcement Administration, NFLIS-Drug Public Data Query System",
        "https://www.nflis.deadiversion.usdoj.gov/publicDQSinfo.xhtml",
    ),
)
# Laboratories correct what they reported.
_TAKEN_BACK = 0.05
_RHYTHM = Rhythm(
    "half-yearly",
    "a half-year's first, incomplete figures about three months after it",
    "the query of March 2026, which ends with the second half of 2025",
    months=6,
    lag=3,
)
_IMPURITY = (
    "4-ANPP in a sample is an impurity of finished fentanyl as well as a precursor, and laboratories have changed "
    "which by-products they report: it marks synthesis, not the trade in precursors."
)
_LATE = "The last half-years are incomplete: laboratories report for a year and more after evidence comes in."
_ENFORCEMENT = "Reports follow what police seize and what laboratories test for."

LAB_REPORTS_FENTANYL = Table(
    name="lab_reports_fentanyl",
    title="Fentanyl, its analogues and precursors in forensic laboratory reports, by State and half-year",
    description="One row is a half-year, a State and a substance of the fentanyl family: how many times forensic "
    "laboratories reported it in drug evidence submitted in that half-year. No row means no report.",
    fields=(
        _HALF_YEAR,
        _STATE,
        Field(
            "substance",
            "string",
            "Base substance, whatever its salt, as the publisher names it.",
            constraints={"required": True, "enum": sorted(_FENTANYL.family)},
        ),
        Field(
            "family_class",
            "string",
            "; ".join(f"{name}: {of.meaning}" for name, of in _FENTANYL.classes.items())
            + ". Assigned by this project from structure and control lists.",
            constraints={"required": True, "enum": list(_FENTANYL.classes)},
        ),
        Field("reports", "integer", "Times the substance was reported.", "reports", {"required": True, "minimum": 1}),
    ),
    primary_key=("half_year", "state", "substance"),
    licences=(licences.US_GOVERNMENT,),
    sources=_SOURCES,
    time="half_year",
    caveats=(
        _IMPURITY,
        _LATE,
        "One item of evidence can hold several substances, and counts once for each.",
        "Salts and isomer descriptions of one base substance are published apart and summed here.",
        _ENFORCEMENT,
    ),
    rhythm=_RHYTHM,
    may_lose=_TAKEN_BACK,
)

PRECURSOR_REPORTS = Table(
    name="precursor_reports",
    title="Fentanyl precursors and by-products in forensic laboratory reports, as described, by State and half-year",
    description="One row is a half-year, a State and a precursor or by-product of the fentanyl family, by salt and "
    "isomer as the publisher describes it: how many times forensic laboratories reported it. The export holds no zeros: "
    "where there is no row none was reported, whether because none was there or because nobody looked for it.",
    fields=(
        _HALF_YEAR,
        _STATE,
        Field("substance_id", "string", "The publisher's number of the description.", constraints={"required": True}),
        Field("described", "string", "Description, with salt and isomer.", constraints={"required": True}),
        Field(
            "substance",
            "string",
            "Base substance, as in `lab_reports_fentanyl`.",
            constraints={"required": True, "enum": sorted(n for n, of in _FENTANYL.family.items() if of in _MATERIALS)},
        ),
        Field(
            "family_class",
            "string",
            "; ".join(f"{name}: {_FENTANYL.classes[name].meaning}" for name in _MATERIALS) + ".",
            constraints={"required": True, "enum": list(_MATERIALS)},
        ),
        Field(
            "falls_under",
            "string",
            "Name in `precursor_controls` of the substance whose controls reach it; empty for what is under none.",
            constraints={"enum": sorted(set(_CONTROLS.values()))},
        ),
        Field("reports", "integer", "Times it was reported.", "reports", {"required": True, "minimum": 1}),
    ),
    primary_key=("half_year", "state", "substance_id"),
    licences=(licences.US_GOVERNMENT,),
    sources=_SOURCES,
    time="half_year",
    caveats=(
        "Counts are small but for 4-ANPP: a few States and laboratories make up most of a substance's reports.",
        _IMPURITY,
        _LATE,
        "A name laboratories did not know is not reported under it: first reports can follow a first control.",
        "No laboratory has reported NPP, 4-piperidone or 1-boc-4-AP by name: of 1-boc-4-AP there is only a fluorinated "
        "form.",
        _ENFORCEMENT,
    ),
    rhythm=_RHYTHM,
    may_lose=_TAKEN_BACK,
    held_against="`lab_reports_fentanyl`, from the same export: sums by base substance are equal",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """A release of the family and one of its precursors from one export; their vintage is the day the query was run.

    Raises
    ------
    DataError
        If there are several files, or one is cut off, answers another query, holds an unknown State or substance or
        a bad figure, or lacks half-years or States.
    """
    if len(paths) > 1:
        raise DataError(
            f"{', '.join(str(path) for path in paths)}: each NFLIS export is the whole table as of its day; "
            "ingest them one by one"
        )
    path = paths[0]
    text = records(path, _COLUMNS)
    for column, value in _ASKED.items():
        refuse(path, text[column][text[column] != value], f"must be {value!r}; query all laboratories and export again")
    refuse(path, text["YYYY"][~text["YYYY"].str.fullmatch(r"20[0-9][0-9]")], "must be a year")
    queried = text["QUERY_RUN_DATE"].str.extract(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) ")[0]
    refuse(
        path,
        text["QUERY_RUN_DATE"][queried.isna() | (queried != queried.iloc[0])],
        "must be the day of the query, and the same in every row; export again",
    )
    published = _published(path, text)
    keys = ["half_year", "state", "substance_id"]
    refuse(path, text["SUBSTANCE_ID"][published.duplicated(keys)], "is given twice for its State and half-year")
    by = ["half_year", "state", "substance", "family_class"]
    frame = published.groupby(by)["reports"].sum().to_frame().reset_index()
    _check_coverage(path, frame)
    note = (
        f"{len(published):,} published rows, by salt and isomer description, summed to {len(frame):,} by base substance"
    )
    materials = published[published["family_class"].isin(_MATERIALS)].reset_index(drop=True)
    lacks = (
        *parts.before(str(frame["half_year"].min()), _FIRST_HALF),
        *parts.missing(set(frame["state"]), set(_STATES.states), "States"),
        *parts.missing(
            set(frame["family_class"]), {"fentanyl", "analogue", fentanyl.PRECURSOR}, "classes of substances"
        ),
    )
    ran = vintage or str(queried.iloc[0])
    family = Release(LAB_REPORTS_FENTANYL, ran, frame, lacks, (note,))
    if materials.empty:
        return [family]
    of = f"{materials['substance'].nunique()} base substances of {len(frame['substance'].unique())} in the export"
    return [
        family,
        Release(PRECURSOR_REPORTS, ran, materials[[f.name for f in PRECURSOR_REPORTS.fields]], lacks, (of,)),
    ]


def _published(path: Path, text: "pd.DataFrame") -> "pd.DataFrame":
    """The export's rows in this project's names, one per salt or isomer description of a substance."""
    import pandas as pd

    place = translate(path, text["STATE"], _PLACES, "State")
    names = place.map(_STATES.names).fillna("Unknown")
    refuse(path, text["STATE_LONG_NAME"][text["STATE_LONG_NAME"] != names], "is not the name of the row's State")
    fips = place.map(_STATES.fips).fillna("")
    # Spreadsheets drop the zero such a code begins with.
    given = text["STATE_FIPS"].where(text["STATE_FIPS"] == "", text["STATE_FIPS"].str.zfill(2))
    refuse(path, text["STATE_FIPS"][given != fips], "is not the FIPS code of the row's State")
    reports = numbers(path, text["DRUG_REPORTS"], whole=True)
    refuse(path, text["DRUG_REPORTS"][reports < 1], "must be one report or more; mend the cell or export again")
    remedy = f"under `substances` of its class in {fentanyl.FILE}"
    known = {name: name for name in _FENTANYL.family}
    substance = translated(text["BASE_DESCRIPTION"], known, str(path), "substance", remedy)
    for column in ("SUBSTANCE_ID", "BASE_ID"):
        refuse(path, text[column][~text[column].str.fullmatch(r"[0-9]+")], "must be a number; export again")
    first = substance.groupby(text["BASE_ID"]).transform("first")
    refuse(path, text["BASE_ID"][substance != first], "belongs to another substance in an earlier row; export again")
    return pd.DataFrame(
        {
            "half_year": text["YYYY"] + _halves(path, text["PERIOD"]),
            "state": place,
            "substance_id": text["SUBSTANCE_ID"],
            "described": text["SUBSTANCE_DESCRIPTION"],
            "substance": substance,
            "family_class": substance.map(_FENTANYL.family),
            "falls_under": substance.map(dict(_CONTROLS)).astype("str"),
            "reports": reports.astype("int64"),
        }
    )


def _halves(path: Path, periods: "pd.Series[str]") -> "pd.Series[str]":
    refuse(
        path,
        periods[~periods.isin(list(_HALVES))],
        f"must be {' or '.join(_HALVES)}; query half-years, and export again",
    )
    return periods.map(_HALVES)


def _check_coverage(path: Path, frame: "pd.DataFrame") -> None:
    again = "the file was cut off or filtered; export the whole query again"
    reporting = frame[(frame["family_class"] == "fentanyl") & frame["state"].isin(list(_STATES.states))]
    by_half = reporting.groupby("half_year")["state"].nunique()
    first, last = str(frame["half_year"].min()), str(frame["half_year"].max())
    expected = [f"{y}{h}" for y in range(int(first[:4]), int(last[:4]) + 1) for h in _HALVES.values()]
    for half in expected:
        if first <= half <= last and by_half.get(half, 0) < _FEWEST_STATES:
            raise DataError(
                f"{path}: {half} has reports of fentanyl from {by_half.get(half, 0)} States, where every half-year "
                f"has them from nearly all 51: {again}"
            )


READERS = (
    Reader(
        name="dea_nflis",
        table=LAB_REPORTS_FENTANYL,
        columns=frozenset(_COLUMNS) - {"SUBSTANCE_DESCRIPTION", "STATE_LONG_NAME", "STATE_FIPS"},
        read=read,
        manual="Register for the Public DQS at https://www.nflis.deadiversion.usdoj.gov/publicDQSinfo.xhtml; query all "
        "laboratory types, drug reports, the drug category Fentanyl and Fentanyl-related, every State and half-year "
        "from 2017; export as CSV.",
        also=(PRECURSOR_REPORTS,),
    ),
)
