"""World Bank: the Worldwide Governance Indicators, with their standard errors.

They come wide, long, or one sheet per dimension, depending on the year's release.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import Reader, licences, parts, workbooks
from crimjust_research.data.ingest.files import header, numbers, records, refuse, renamed
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

DIMENSIONS = {
    "cc": "control of corruption",
    "ge": "government effectiveness",
    "pv": "political stability",
    "rl": "rule of law",
    "rq": "regulatory quality",
    "va": "voice and accountability",
}
_WIDE = ("iso3", "country", "year")
_WIDE_PARTS = ("est", "se", "nsrc")
_TIDY = ("countryname", "year", "indicator", "estimate", "stddev", "nsource")
# To the release of 2022: a sheet a dimension, named after it, its years side by side above the columns of each.
_BY_YEAR = ("Country/Territory", "Code")
_BY_YEAR_PARTS = ("Estimate", "StdErr", "NumSrc")
_SHEET_NAMES = {
    "ControlofCorruption": "cc",
    "GovernmentEffectiveness": "ge",
    "Political StabilityNoViolence": "pv",
    "RuleofLaw": "rl",
    "RegulatoryQuality": "rq",
    "VoiceandAccountability": "va",
}
_SHEETS = (
    "Economy (code)",
    "Economy (name)",
    "Year",
    "Governance dimension",
    "Governance estimate (approx. -2.5 to +2.5)",
    "Standard error (estimate)",
    "Number of sources",
)
_MISSING = ("", "..", "#N/A")

GOVERNANCE = Table(
    name="governance",
    title="Worldwide Governance Indicators, with their standard errors",
    description="One row is a country, a year and a dimension of governance: the estimate, its standard error and the "
    "number of sources behind it. The unit is the standard deviation across countries, zero their mean.",
    fields=(
        Field("iso3", "string", "Country or territory.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("year", "year", "Year.", constraints={"required": True}),
        Field(
            "dimension",
            "string",
            "Dimension: " + "; ".join(f"{code} {name}" for code, name in DIMENSIONS.items()) + ".",
            constraints={"required": True, "enum": sorted(DIMENSIONS)},
        ),
        Field(
            "estimate",
            "number",
            "Estimate, higher is better governed.",
            "standard deviations",
            {"required": True, "minimum": -5, "maximum": 5},
        ),
        Field(
            "std_error",
            "number",
            "Standard error of the estimate.",
            "standard deviations",
            {"required": True, "minimum": 0, "maximum": 2},
        ),
        Field("n_sources", "integer", "Sources behind the estimate.", "sources", {"required": True, "minimum": 1}),
    ),
    primary_key=("iso3", "year", "dimension"),
    licences=(licences.WORLD_BANK,),
    sources=(
        Source(
            "World Bank, Worldwide Governance Indicators",
            "https://www.worldbank.org/en/publication/worldwide-governance-indicators",
        ),
    ),
    time="year",
    caveats=(
        "Estimates rest on perceptions; two that lie within their standard errors are not told apart.",
        "Every year is scaled anew, so a change is one of rank as much as of governance.",
        "Every two years to 2002, every year since; revised back to 1996 with each release.",
        "The Netherlands Antilles end in 2010 and are kept under their old code.",
    ),
    rhythm=Rhythm(
        "yearly",
        "the year before, in the autumn or at the end of the year",
        "the publisher's releases; in November 2026 the newest year was 2024",
        months=12,
        lag=12,
    ),
    # Since 2025 its sources are screened anew, back to 1996.
    may_lose=0.05,
)


def read_governance(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last year in them.

    Raises
    ------
    DataError
        If a file is cut off, a country or dimension is unknown, or an estimate lacks its standard error or sources.
    """
    import pandas as pd

    frames, notes = zip(*(_governance_file(path) for path in paths), strict=True)
    frame = pd.concat(frames, ignore_index=len(frames) > 1)
    without = [name for code, name in DIMENSIONS.items() if code not in set(frame["dimension"])]
    lacking = [f"no figures of {', '.join(without)}"] if without else []
    named = vintage or str(frame["year"].max())
    return [Release(GOVERNANCE, named, frame, _lacks(frame), notes=(*notes, *lacking))]


def _lacks(frame: "pd.DataFrame") -> tuple[str, ...]:
    """What the last year of a release lacks of the dimensions and countries that the year before has."""
    last = frame["year"].max()
    found = []
    for code, figures in frame.groupby("dimension"):
        if figures["year"].max() < last:
            found.append(f"{DIMENSIONS[str(code)]} in {last}: give the file that holds it")
        found += parts.cut(figures, "year", "iso3", f"countries of {DIMENSIONS[str(code)]}")
    return tuple(found)


def _governance_file(path: Path) -> tuple["pd.DataFrame", str]:
    import pandas as pd

    published = _governance_records(path)
    absent = published[["estimate", "std_error", "n_sources"]].isin(("", *_MISSING))
    uneven = absent.any(axis=1) & ~absent.all(axis=1)
    refuse(path, published["dimension"][uneven], "has an estimate without its standard error or sources; mend the row")
    kept = published[~absent.any(axis=1)]
    unknown = ~kept["dimension"].isin(list(DIMENSIONS))
    refuse(path, kept["dimension"][unknown], f"must be one of {', '.join(DIMENSIONS)}")
    refuse(path, kept["year"][~kept["year"].str.fullmatch(r"(19|20)[0-9][0-9]")], "must be a year of four digits")
    negative = kept["estimate"].str.startswith("-")
    size = numbers(path, kept["estimate"].str.removeprefix("-"))
    frame = pd.DataFrame(
        {
            "iso3": _country_codes(path, kept),
            "year": kept["year"].astype("int64"),
            "dimension": kept["dimension"],
            "estimate": size.where(~negative, -size),
            "std_error": numbers(path, kept["std_error"]),
            "n_sources": numbers(path, kept["n_sources"], whole=True).astype("int64"),
        }
    )
    return frame, f"{int(absent.all(axis=1).sum()):,} country-years without an estimate of a dimension left out"


def _country_codes(path: Path, published: "pd.DataFrame") -> "pd.Series[str]":
    """By code and name, or by name alone in releases that give no code."""
    if "code" in published:
        return countries.agreed_codes(published["code"], published["name"], str(path))
    return countries.iso3_of(published["name"], str(path))


def _governance_records(path: Path) -> "pd.DataFrame":
    """The publisher's rows as text, one per country, year and dimension, whichever the layout."""
    import pandas as pd

    names = ["name", "year", "dimension", "estimate", "std_error", "n_sources"]
    present = header(path)
    if foreign.has(present, (*_BY_YEAR, *_BY_YEAR_PARTS)):
        return _by_year(path)
    if foreign.has(present, _SHEETS):
        return renamed(records(path, _SHEETS), dict(zip(["code", *names], _SHEETS, strict=True)))
    coded = ["code"] if foreign.has(present, ["code"]) else []
    if foreign.has(present, _TIDY):
        return renamed(records(path, (*coded, *_TIDY)), dict(zip([*coded, *names], [*coded, *_TIDY], strict=True)))
    parts_of = {dimension: [f"{dimension}_{part}" for part in _WIDE_PARTS] for dimension in DIMENSIONS}
    published = records(path, (*_WIDE, *(column for columns in parts_of.values() for column in columns)))
    frames = [
        published[[*_WIDE, *columns]]
        .set_axis(["code", "name", "year", "estimate", "std_error", "n_sources"], axis=1)
        .assign(dimension=dimension)
        for dimension, columns in parts_of.items()
        if set(columns) <= set(published)
    ]
    return pd.concat(frames)


def _by_year(path: Path) -> "pd.DataFrame":
    """Sheets named after their dimension, with a row of years above the row of columns."""
    import pandas as pd

    frames = []
    for sheet, rows in workbooks.sheets(path):
        years: list[str] = []
        columns: list[str] = []
        numbered = enumerate(rows, start=1)
        for _, row in numbered:
            if set(_BY_YEAR) <= set(row):
                columns = row
                break
            years = row
        if not columns:
            continue
        if sheet not in _SHEET_NAMES:
            raise DataError(f"{path}: sheet {sheet!r} is of no known dimension; there are: {', '.join(_SHEET_NAMES)}")
        table = [(number, row) for number, row in numbered if any(row[:2])]
        index = pd.Index([f"{sheet}!{number}" for number, _ in table], name="row")
        name, code = (columns.index(column) for column in _BY_YEAR)
        for place in (at for at, column in enumerate(columns) if column == _BY_YEAR_PARTS[0]):
            wanted = [code, name, *(place + columns[place:].index(part) for part in _BY_YEAR_PARTS)]
            cells = [[row[column] for column in wanted] for _, row in table]
            named = ["code", "name", "estimate", "std_error", "n_sources"]
            frame = pd.DataFrame(cells, columns=named, dtype="str").set_axis(index)
            frames.append(frame.assign(year=years[place], dimension=_SHEET_NAMES[sheet]))
    return pd.concat(frames)


READERS = (
    Reader(
        name="world_bank_governance",
        table=GOVERNANCE,
        columns=frozenset((*_WIDE, "cc_est", "cc_se", "cc_nsrc")),
        read=read_governance,
        address="https://www.worldbank.org/content/dam/sites/govindicators/doc/wgidataset_with_sourcedata-2025.xlsx",
        manual="At https://www.worldbank.org/en/publication/worldwide-governance-indicators choose the full dataset as "
        "a workbook; each year's release has an address of its own.",
        other_columns=(frozenset(_TIDY), frozenset(_SHEETS), frozenset((*_BY_YEAR, *_BY_YEAR_PARTS))),
    ),
)
