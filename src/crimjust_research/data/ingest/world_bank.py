"""World Bank: population and gross domestic product, of the World Development Indicators.

An indicator comes from the API as an archive with one column per year below a preamble, from DataBank with one column
per year above a footer, or long, one row per country and year; each as text or as a workbook. Which indicator it is is
what the file says: a file that does not say is read only if a person does.
"""

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import Reader, licences, workbooks
from crimjust_research.data.ingest.files import numbers, parted_by, refuse, text
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
# Times the figure of the year before, at most: people and products move by far less, a digit lost is ten.
_ALIKE = 3
# What no figure of an indicator lies outside of, from the smallest State of 1960 to the world: a person's word for what
# a file holds is held against it.
_PLAUSIBLE = {_POPULATION: (1e3, 1e11), _GDP: (1e6, 1e15)}


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
            frame = pd.concat(frames, ignore_index=len(frames) > 1).rename(columns={"value": column})
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
    refuse(path, long["indicator"][long["indicator"] == ""], "must name the indicator; mend the cell")
    indicators = sorted(set(long["indicator"]))
    if others := [code for code in indicators if code not in _PLAUSIBLE]:
        more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
        raise DataError(
            f"{path} holds the indicator {', '.join(others[:_SHOWN])}{more}; download {_POPULATION} or {_GDP}, and no other "
            "(governance indicators come as a workbook of their own)"
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
        sheets, ended = [list(enumerate(rows, start=1)) for _, rows in workbooks.sheets(path)], True
        sign = ","
    else:
        content = text(path)
        sign = foreign.delimiter(content)
        sheets = [list(foreign.rows(path, content, sign))]
        # Exports of DataBank end with the last line of their footer.
        ended = content.endswith(("\n", "\r")) or content.splitlines()[-1].lstrip('"').startswith(_FOOTER)
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
    if again := next((number for number, row in filled[ends:] if {_NAME, _CODE} <= set(_spelt(row))), None):
        raise DataError(f"{path} row {again} is the header of a second table; give each export as a file of its own")
    records = filled[:ends]
    frame = parted_by(pd.DataFrame([row[:width] for _, row in records], columns=columns[:width], dtype="str"), sign)
    above = [row for _, row in rows[:at] if row]
    frame = frame.set_axis(pd.Index([number for number, _ in records], name="row"))
    if not ended:
        _require_last_figure_whole(path, frame)
    return above, frame, [r for _, r in filled[ends:]]


def _require_last_figure_whole(path: Path, published: "pd.DataFrame") -> None:
    """Refuse a file whose last line is not ended, unless its figure is of the size of the same country's before it.

    Some long files are published without that end. A digit cut off from before the point would make the figure a tenth.
    """
    last = published.tail(2)
    if "Value" in last and len(last) == 2 and last[_CODE].iloc[0] == last[_CODE].iloc[1]:
        one, other = numbers(path, last["Value"])
        if max(one, other) <= _ALIKE * min(one, other):
            return
    raise DataError(
        f"{path}: the last line is not ended, so its last figure may have been cut off; download the file again, "
        "or end the line if the figure is whole"
    )


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
        long = wide.melt(kept, var_name="Year", value_name="Value", ignore_index=False)
        labels = [f"{row} ({year})" for row, year in zip(long.index, long["Year"], strict=True)]
        return long.set_axis(pd.Index(labels, name="row"))
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
)
