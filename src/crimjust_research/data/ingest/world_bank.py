"""World Bank: population and gross domestic product (World Development Indicators), and the governance indicators.

An indicator comes from the API as an archive with one column per year below a preamble, from DataBank with one column
per year above a footer, or long, one row per country and year; each as text or as a workbook. Which indicator it is is
what the file says: a file that does not say is read only if a person does. The governance indicators come wide, long,
or one sheet per dimension, depending on the year's release.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import Reader, licences, workbooks
from crimjust_research.data.ingest.files import header, numbers, records, refuse, text
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError, VocabularyError
from crimjust_research.vocabulary import countries, world_bank_groups

if TYPE_CHECKING:
    import pandas as pd

_NAME, _CODE = "Country Name", "Country Code"
_BARE = (_NAME, _CODE, "Year", "Value")
_API = ("Data Source", "World Development Indicators")
_INDICATOR_CODES, _INDICATOR_NAMES = ("Indicator Code", "Series Code"), ("Indicator Name", "Series Name")
_YEARS = ("Year", "Time")
_KNOWN_COLUMNS = (_NAME, _CODE, *_INDICATOR_CODES, *_INDICATOR_NAMES, *_YEARS, "Value")
_YEAR_COLUMN = re.compile(r"([0-9]{4})( \[YR\1\])?")
# With time down the rows, DataBank puts each indicator in a column, its code in brackets.
_INDICATOR_COLUMN = re.compile(r".+ \[([A-Z0-9.]+)\]")
# The lines at the foot of DataBank's exports.
_FOOTER = ("Data from database:", "Last Updated:")
_SHOWN = 5
_FEW = 0.01
_MISSING = ("", "..", "#N/A")
_POPULATION, _GDP = "SP.POP.TOTL", "NY.GDP.MKTP.CD"
_CODES_OF_NAMES = {"Population, total": _POPULATION, "GDP (current US$)": _GDP}
# What no figure of an indicator lies outside of, from the smallest State of 1960 to the world: a person's word for what
# a file holds is held against it.
_PLAUSIBLE = {_POPULATION: (1e3, 1e11), _GDP: (1e6, 1e15)}

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


def read_indicators(paths: Sequence[Path], vintage: str | None, told: str | None = None) -> Sequence[Release]:
    """A release of `population`, of `gdp` or of both, from whichever of the two the files hold.

    `told` is the code of the indicator of files that name none, where a person has said it.

    Raises
    ------
    DataError
        If a file is cut off, holds another indicator or does not say which, or holds an unknown country or a bad figure.
    """
    import pandas as pd

    parts: dict[str, list[tuple[pd.DataFrame, str, str]]] = {}
    for path in paths:
        published, updated = _indicators(path, told)
        for code, values in published.groupby("indicator"):
            frame, note = _countries_only(path, values)
            parts.setdefault(str(code), []).append((frame, updated, note))
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


def _indicators(path: Path, told: str | None) -> tuple["pd.DataFrame", str]:
    """Figures as text (indicator, Country Code, Country Name, Year, Value) by row, and the day the file says it is of."""
    above, published, below = _table(path)
    if any(str(column).endswith("]") for column in published) and not below:
        raise DataError(f"{path} does not end with the line {_FOOTER[0]!r}, as exports of DataBank do: export it again")
    updated = _updated([*above, *below])
    long = _long(path, published)
    if "indicator" in long:
        long = long[~long["Value"].isin(_MISSING)]
    else:
        if told is None:
            raise DataError(
                f"{path} does not say which indicator its figures are; download the archive of {_POPULATION} or {_GDP} "
                "from https://data.worldbank.org, which does, or say it with --as population or --as gdp"
            )
        _require_plausible(path, long["Value"], told)
        long = long.assign(indicator=told)
    indicators = sorted(set(long["indicator"]))
    if others := [code for code in indicators if code not in _PLAUSIBLE]:
        more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
        raise DataError(
            f"{path} holds the indicator {', '.join(others[:_SHOWN])}{more}; download {_POPULATION} or {_GDP}, and no other"
        )
    if not len(long):
        raise DataError(f"{path} holds no figure; download it again")
    if _POPULATION in indicators:
        numbers(path, long["Value"][long["indicator"] == _POPULATION], whole=True)
    return long, updated


def _table(path: Path) -> tuple[list[list[str]], "pd.DataFrame", list[list[str]]]:
    """The rows above the header, the records below it by row of the file, and the rows of the footer.

    Raises
    ------
    DataError
        If there is no header, a column stands in it twice, or a record has cells beyond it or ends before it.
    """
    import pandas as pd

    if path.suffix.lower() == workbooks.SUFFIX:
        sheets = [list(enumerate(rows, start=1)) for _, rows in workbooks.sheets(path)]
    else:
        content = text(path)
        sheets = [list(foreign.rows(path, content, foreign.delimiter(content)))]
        # Exports of DataBank end with the last line of their footer.
        if not content.endswith(("\n", "\r")) and not content.splitlines()[-1].lstrip('"').startswith(_FOOTER):
            raise DataError(
                f"{path}: the last line is not ended, so its last figure may have been cut off; download the file again, "
                "or end the line if the figure is whole"
            )
    for rows in sheets:
        at = next(
            (n for n, (_, row) in enumerate(rows[: workbooks.HEADER_WITHIN]) if {_NAME, _CODE} <= set(_spelt(row))),
            None,
        )
        if at is not None:
            break
    else:
        raise DataError(f"{path} has no row with the columns {_NAME} and {_CODE} near its start; download it again")
    columns = _spelt(rows[at][1])
    width = max(n for n, name in enumerate(columns) if name) + 1
    if twice := {name for name in columns[:width] if columns[:width].count(name) > 1}:
        raise DataError(f"{path} has the column {sorted(twice)[0]!r} more than once; download it again")
    below = [(number, [cell.strip() for cell in row]) for number, row in rows[at + 1 :]]
    filled = [(number, row) for number, row in below if any(row)]
    ends = next((n for n, (_, row) in enumerate(filled) if row[0].startswith(_FOOTER)), len(filled))
    for number, row in filled[:ends]:
        if len(row) < width or any(row[width:]):
            raise DataError(
                f"{path} row {number} has {len(row)} of {width} cells, the last {row[-1]!r}: the file was cut off or "
                "edited; download it again"
            )
    records = filled[:ends]
    frame = pd.DataFrame([row[:width] for _, row in records], columns=columns[:width], dtype="str")
    above = [row for _, row in rows[:at] if row]
    return above, frame.set_axis(pd.Index([number for number, _ in records], name="row")), [r for _, r in filled[ends:]]


def _spelt(row: Sequence[str]) -> list[str]:
    """Cells of a header, those that differ from the publisher's by case and space alone as the publisher writes them."""
    known = {foreign.plain(column): column for column in _KNOWN_COLUMNS}
    return [known.get(foreign.plain(cell), cell.strip()) for cell in row]


def _long(path: Path, published: "pd.DataFrame") -> "pd.DataFrame":
    """One row a figure; with the indicator's code if the file gives code or name. Rows are labelled as in the file."""
    import pandas as pd

    columns = [str(column) for column in published]
    code = next((column for column in _INDICATOR_CODES if column in columns), None)
    name = next((column for column in _INDICATOR_NAMES if column in columns), None)
    if code is not None:
        published = published.assign(indicator=published[code])
    elif name is not None:
        named = published[name].map(_CODES_OF_NAMES)
        published = published.assign(indicator=named.fillna(published[name]))
    kept = [_CODE, _NAME, *(["indicator"] if "indicator" in published else [])]
    if years := {column: found[1] for column in columns if (found := _YEAR_COLUMN.fullmatch(column))}:
        wide = published[[*kept, *years]].rename(columns=years)
        others = {"indicator", _CODE, _NAME, *_INDICATOR_CODES, *_INDICATOR_NAMES}
        if strange := [column for column in columns if column not in years and column not in others]:
            raise DataError(f"{path} has the column {strange[0]!r} among its years; download it again")
        if twice := sorted(year for year, next_year in pairwise(sorted(years.values())) if year == next_year):
            raise DataError(f"{path} has the year {twice[0]} more than once; download it again")
        return wide.melt(kept, var_name="Year", value_name="Value", ignore_index=False)
    year = next((column for column in _YEARS if column in columns), None)
    if year is not None:
        published = published.rename(columns={year: "Year"})
        if "Value" in columns:
            return published[[*kept, "Year", "Value"]]
        if indicators := {column: found[1] for column in columns if (found := _INDICATOR_COLUMN.fullmatch(column))}:
            parts = [
                published[[*kept, "Year"]].assign(indicator=which, Value=published[column])
                for column, which in indicators.items()
            ]
            return pd.concat(parts)
    raise DataError(
        f"{path} has neither columns of years nor the columns Year and Value; take the archive from "
        "https://data.worldbank.org, or an export of DataBank"
    )


def _updated(around: Sequence[Sequence[str]]) -> str:
    """The day the rows above or below a table say it was last updated, as YYYY-MM-DD; empty if they say none."""
    said = " ".join(cell for row in around for cell in row)
    if found := re.search(r"Last Updated Date ([0-9]{4}-[0-9]{2}-[0-9]{2})", said):
        return found[1]
    # DataBank writes month, day, year.
    if found := re.search(r"Last Updated: ?([0-9]{2})/([0-9]{2})/([0-9]{4})", said):
        return f"{found[3]}-{found[1]}-{found[2]}"
    return ""


def _require_plausible(path: Path, published: "pd.Series[str]", told: str) -> None:
    """Refuse a file of which more than one figure in a hundred is none there is of the indicator a person says it is.

    Single ones are: the product of Georgia before 1990 is published as some ten thousand dollars.
    """
    least, most = _PLAUSIBLE[told]
    values = numbers(path, published)
    strange = (values < least) | (values > most)
    if strange.mean() > _FEW:
        must = f"is no figure of {told}, which lies between {least:,.0f} and {most:,.0f}: the file holds something else"
        refuse(path, published[strange], must)


def _countries_only(path: Path, published: "pd.DataFrame") -> tuple["pd.DataFrame", str]:
    import pandas as pd

    known = world_bank_groups.load().groups
    is_group = published[_CODE].isin(list(known))
    is_named_country = countries.is_known(published[_NAME])
    refuse(path, published[_CODE][is_group & is_named_country], "is a group's code beside a country's name")
    is_code = published[_CODE].isin([*countries.names(), *countries.load().publishers_codes])
    strange = published[~is_group & ~is_named_country & ~is_code]
    if len(strange):
        row, code, name = strange.index[0], strange[_CODE].iloc[0], strange[_NAME].iloc[0]
        raise VocabularyError(
            f"{path}: row {row}, {_CODE} = {code!r}, {_NAME} = {name!r} is neither a known country nor a group of them; "
            f"mend the cell, or add the line `  {code}: {name}` to `groups` in {world_bank_groups.FILE} if it is a group, "
            f"or the name to `spellings` in {countries.FILE} if it is a country"
        )
    kept = published[~is_group]
    refuse(path, kept["Year"][~kept["Year"].str.fullmatch(r"(19|20)[0-9][0-9]")], "must be a year of four digits")
    frame = pd.DataFrame(
        {
            "iso3": countries.agreed_codes(kept[_CODE], kept[_NAME], str(path)),
            "year": kept["Year"].astype("int64"),
            "value": numbers(path, kept["Value"]),
        }
    )
    groups = published.loc[is_group, _CODE]
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
    without = [name for code, name in DIMENSIONS.items() if code not in set(frame["dimension"])]
    lacking = [f"no figures of {', '.join(without)}"] if without else []
    return [Release(GOVERNANCE, vintage or str(frame["year"].max()), frame, notes=(*notes, *lacking))]


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
        return records(path, _SHEETS)[list(_SHEETS)].set_axis(["code", *names], axis=1)
    coded = ["code"] if foreign.has(present, ["code"]) else []
    if foreign.has(present, _TIDY):
        return records(path, (*coded, *_TIDY))[[*coded, *_TIDY]].set_axis([*coded, *names], axis=1)
    parts_of = {dimension: [f"{dimension}_{part}" for part in _WIDE_PARTS] for dimension in DIMENSIONS}
    published = records(path, (*_WIDE, *(column for columns in parts_of.values() for column in columns)))
    parts = [
        published[[*_WIDE, *columns]]
        .set_axis(["code", "name", "year", "estimate", "std_error", "n_sources"], axis=1)
        .assign(dimension=dimension)
        for dimension, columns in parts_of.items()
        if set(columns) <= set(published)
    ]
    return pd.concat(parts)


def _by_year(path: Path) -> "pd.DataFrame":
    """Sheets named after their dimension, with a row of years above the row of columns."""
    import pandas as pd

    parts = []
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
            parts.append(frame.assign(year=years[place], dimension=_SHEET_NAMES[sheet]))
    return pd.concat(parts)


def _api(code: str) -> str:
    return f"https://api.worldbank.org/v2/en/indicator/{code}?downloadformat=csv"


_MANUAL = (
    "At https://data.worldbank.org/indicator/{code} choose Download, CSV, and ingest the archive as it is; an export of "
    "DataBank (https://databank.worldbank.org) is read too."
)


def _indicator_readers(name: str, table: Table, code: str) -> tuple[Reader, Reader]:
    """The reader of files that name their indicator, and that of files a person must name it for.

    Files of both indicators have one header and go to the first reader; the function they share tells them apart.
    """
    manual = _MANUAL.format(code=code)
    named = Reader(
        name=f"world_bank_{name}",
        table=table,
        columns=frozenset(_API),
        read=read_indicators,
        address=_api(code),
        manual=manual,
        other_columns=(
            *(frozenset({_NAME, _CODE, column}) for column in (*_INDICATOR_CODES, *_INDICATOR_NAMES)),
            frozenset({_NAME, _CODE, "Time", "Time Code"}),
        ),
    )
    bare = Reader(
        name=f"world_bank_{name}_bare",
        table=table,
        columns=frozenset(_BARE),
        read=partial(read_indicators, told=code),
        manual=manual,
        by_name=True,
    )
    return named, bare


READERS = (
    *_indicator_readers("population", POPULATION, _POPULATION),
    *_indicator_readers("gdp", GDP, _GDP),
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
