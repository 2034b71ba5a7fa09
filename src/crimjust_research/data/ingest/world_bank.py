"""World Bank: population and gross domestic product (World Development Indicators), and the governance indicators.

An indicator comes long (one row per country and year) or, from the API, as an archive with one column per year below
a preamble. The governance indicators come wide, long, or one sheet per dimension, depending on the year's release.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import Reader, licences, workbooks
from crimjust_research.data.ingest.files import cells, numbers, records, refuse, text
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

# Codes of the World Bank's groups of countries, and of the Channel Islands, which it counts as one.
_GROUPS = (
    *("AFE", "AFW", "ARB", "CEB", "CHI", "CSS", "EAP", "EAR", "EAS", "ECA", "ECS", "EMU", "EUU", "FCS", "HIC", "HPC"),
    *("IBD", "IBT", "IDA", "IDB", "IDX", "LAC", "LCN", "LDC", "LIC", "LMC", "LMY", "LTE", "MEA", "MIC", "MNA", "NAC"),
    *("OED", "OSS", "PRE", "PSS", "PST", "SAS", "SSA", "SSF", "SST", "TEA", "TEC", "TLA", "TMN", "TSA", "TSS", "UMC"),
    "WLD",
)
_LONG = ("Country Name", "Country Code", "Year", "Value")
_API = ("Data Source", "World Development Indicators")
_POPULATION, _GDP = "SP.POP.TOTL", "NY.GDP.MKTP.CD"
# No country or group of countries has as many people; the world's product had passed it long before 1960.
_MORE_THAN_PEOPLE = 1e11

DIMENSIONS = {
    "cc": "control of corruption",
    "ge": "government effectiveness",
    "pv": "political stability",
    "rl": "rule of law",
    "rq": "regulatory quality",
    "va": "voice and accountability",
}
_WIDE_DIMENSIONS = ("cc", "ge", "rl", "rq", "va")
_WIDE = ("iso3", "country", "year", *(f"{d}_{part}" for d in _WIDE_DIMENSIONS for part in ("est", "se", "nsrc")))
_TIDY = ("code", "countryname", "year", "indicator", "estimate", "stddev", "nsource")
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


def _indicator(name: str, title: str, value: Field, code: str, caveats: tuple[str, ...], held_against: str) -> Table:
    return Table(
        name=name,
        title=title,
        description=f"One row is a country and a year (World Development Indicator {code}).",
        fields=(
            Field("iso3", "string", "Country or territory.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
            Field("year", "year", "Year.", constraints={"required": True}),
            value,
        ),
        primary_key=("iso3", "year"),
        licences=(licences.WORLD_BANK,),
        sources=(
            Source(f"World Bank, World Development Indicators, {code}", f"https://data.worldbank.org/indicator/{code}"),
        ),
        time="year",
        caveats=(*caveats, "Groups of countries and the Channel Islands are left out."),
        rhythm=Rhythm(
            "yearly",
            "the year before, in July; revised several times a year",
            "the publisher's releases",
            months=12,
            lag=7,
        ),
        held_against=held_against,
    )


POPULATION = _indicator(
    "population",
    "Population by country and year",
    Field("population", "integer", "Residents at mid-year.", "persons", {"required": True, "minimum": 1}),
    _POPULATION,
    (),
    "the Census Bureau's population of the United States in `overdose_annual_state`, 2018, 2020 and 2022: within 1 %",
)
GDP = _indicator(
    "gdp",
    "Gross domestic product by country and year",
    Field(
        "gdp", "number", "Gross domestic product in current prices.", "current US$", {"required": True, "minimum": 0}
    ),
    _GDP,
    ("Current dollars mix growth with inflation and exchange rates.",),
    "none at hand",
)

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
        "The vintage to 2022 lacks political stability: its file holds the other five dimensions.",
        "The Netherlands Antilles end in 2010 and are kept under their old code.",
    ),
    rhythm=Rhythm(
        "yearly",
        "the year before, in the autumn or at the end of the year",
        "the publisher's releases; in November 2026 the newest year was 2024",
        months=12,
        lag=12,
    ),
)


def read_indicators(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """A release of `population`, of `gdp` or of both, from whichever of the two the files hold.

    Both come in one layout. The API's archive names its indicator; a long file does not and is told by its
    figures, which for people are whole and far below the product of the large economies.

    Raises
    ------
    DataError
        If a file is cut off, holds another indicator, or holds an unknown country or a bad figure.
    """
    import pandas as pd

    parts: dict[str, list[tuple[pd.DataFrame, str, str]]] = {}
    for path in paths:
        code, values, updated = _indicator_file(path)
        frame, note = _countries_only(path, values)
        parts.setdefault(code, []).append((frame, updated, note))
    releases = []
    for table, code, column in ((POPULATION, _POPULATION, "population"), (GDP, _GDP, "gdp")):
        if code in parts:
            frames, updates, notes = zip(*parts[code], strict=True)
            frame = pd.concat(frames, ignore_index=True).rename(columns={"value": column})
            if table is POPULATION:
                frame[column] = frame[column].astype("int64")
            released = max(updates) or str(frame["year"].max())
            releases.append(Release(table, vintage or released, frame, notes=notes))
    return releases


def _indicator_file(path: Path) -> tuple[str, "pd.DataFrame", str]:
    """Indicator code, figures as text (code, name, year, value), and the day of the release if the file says."""
    content = text(path)
    if not content.startswith(tuple(f"{quote}{_API[0]}" for quote in ('"', ""))):
        # Long files come without an end to their last line, which says nothing about their being whole.
        frame = cells(path, content, foreign.delimiter(content))
        values = numbers(path, frame["Value"])
        are_people = values.max() < _MORE_THAN_PEOPLE and bool((values % 1 == 0).all())
        return (_POPULATION if are_people else _GDP), frame, ""
    preamble, header, _ = content.partition('"Country Name"')
    if not content.endswith("\n") or not header:
        raise DataError(f"{path} was cut off; download it again")
    table = content[len(preamble) :]
    wide = cells(path, table, foreign.delimiter(table))
    wide.index += preamble.count("\n")
    found = sorted(set(wide["Indicator Code"]) - {""})
    if len(found) != 1 or found[0] not in (_POPULATION, _GDP):
        raise DataError(f"{path} holds the indicators {', '.join(found)}; download {_POPULATION} or {_GDP}, one a file")
    updated = re.search(r'"Last Updated Date","([0-9]{4}-[0-9][0-9]-[0-9][0-9])"', preamble)
    years = [column for column in wide.columns.astype("str") if re.fullmatch(r"[0-9]{4}", column)]
    long = wide.melt(_LONG[:2], years, "Year", "Value", ignore_index=False)
    return found[0], long[long["Value"] != ""], updated[1] if updated else ""


def _countries_only(path: Path, published: "pd.DataFrame") -> tuple["pd.DataFrame", str]:
    import pandas as pd

    is_group = published["Country Code"].isin(_GROUPS)
    kept = published[~is_group]
    refuse(path, kept["Year"][~kept["Year"].str.fullmatch(r"(19|20)[0-9][0-9]")], "must be a year of four digits")
    frame = pd.DataFrame(
        {
            "iso3": countries.agreed_codes(kept["Country Code"], kept["Country Name"], str(path)),
            "year": kept["Year"].astype("int64"),
            "value": numbers(path, kept["Value"]),
        }
    )
    groups = published.loc[is_group, "Country Code"]
    return frame, f"{len(groups):,} rows of {groups.nunique()} groups of countries left out"


def read_governance(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last year in them.

    Raises
    ------
    DataError
        If a file is cut off, a country or dimension is unknown, or an estimate lacks its standard error or sources.
    """
    import pandas as pd

    parts, notes = zip(*(_governance_file(path) for path in paths), strict=True)
    frame = pd.concat(parts, ignore_index=True)
    return [Release(GOVERNANCE, vintage or str(frame["year"].max()), frame, notes=notes)]


def _governance_file(path: Path) -> tuple["pd.DataFrame", str]:
    import pandas as pd

    published = _governance_records(path)
    absent = published[["estimate", "std_error", "n_sources"]].isin(_MISSING)
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
            "iso3": countries.agreed_codes(kept["code"], kept["name"], str(path)),
            "year": kept["year"].astype("int64"),
            "dimension": kept["dimension"],
            "estimate": size.where(~negative, -size),
            "std_error": numbers(path, kept["std_error"]),
            "n_sources": numbers(path, kept["n_sources"], whole=True).astype("int64"),
        }
    )
    return frame, f"{int(absent.all(axis=1).sum()):,} country-years without an estimate of a dimension left out"


def _governance_records(path: Path) -> "pd.DataFrame":
    """The publisher's rows as text, one per country, year and dimension, whichever the layout."""
    import pandas as pd

    names = ["code", "name", "year", "dimension", "estimate", "std_error", "n_sources"]
    if path.suffix.lower() == workbooks.SUFFIX:
        present = set(workbooks.header_cells(path))
        layout = _SHEETS if set(_SHEETS) <= present else _TIDY
        return workbooks.workbook_records(path, layout).set_axis(names, axis=1)
    wide = records(path)
    if set(_TIDY) <= set(wide):
        return wide[list(_TIDY)].set_axis(names, axis=1)
    parts = [
        wide[["iso3", "country", "year", f"{d}_est", f"{d}_se", f"{d}_nsrc"]]
        .set_axis(["code", "name", "year", "estimate", "std_error", "n_sources"], axis=1)
        .assign(dimension=d)
        for d in _WIDE_DIMENSIONS
    ]
    return pd.concat(parts)


def _api(code: str) -> str:
    return f"https://api.worldbank.org/v2/en/indicator/{code}?downloadformat=csv"


READERS = (
    Reader(
        name="world_bank_population",
        table=POPULATION,
        columns=frozenset(_LONG),
        read=read_indicators,
        address=_api(_POPULATION),
        other_columns=(frozenset(_API),),
    ),
    # Files of both indicators have one header and go to the first reader; the function they share tells them apart.
    Reader(
        name="world_bank_gdp",
        table=GDP,
        columns=frozenset(_LONG),
        read=read_indicators,
        address=_api(_GDP),
        other_columns=(frozenset(_API),),
    ),
    Reader(
        name="world_bank_governance",
        table=GOVERNANCE,
        columns=frozenset(_WIDE),
        read=read_governance,
        address="https://www.worldbank.org/content/dam/sites/govindicators/doc/wgidataset_with_sourcedata-2025.xlsx",
        manual="At https://www.worldbank.org/en/publication/worldwide-governance-indicators choose the full dataset as "
        "a workbook; each year's release has an address of its own.",
        other_columns=(frozenset(_TIDY), frozenset(_SHEETS)),
    ),
)
