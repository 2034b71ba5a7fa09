"""CDC Vital Statistics Rapid Release: drug overdose deaths in the twelve months to each month, by jurisdiction.

Source: https://data.cdc.gov/d/xkb8-kh2a (VSRR Provisional Drug Overdose Death Counts). Each monthly release replaces
the one before it, so the date of release is the vintage; CDC writes it nowhere in the file.
"""

import re
from calendar import month_abbr, month_name
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.foreign import plain
from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import states, vsrr

if TYPE_CHECKING:
    import pandas as pd

# As the month's name, its first letters, or its number.
_MONTHS = {
    spelling: f"{number:02}"
    for number in range(1, 13)
    for spelling in (month_name[number], month_abbr[number], str(number), f"{number:02}")
}
_PLACES = states.load()
_INDICATORS = vsrr.load()
# Every release but the first few holds these; territories have been added since.
_JURISDICTIONS = (states.NATION, *_PLACES.states, states.NEW_YORK_CITY)
_FIRST_MONTH = "2015-01"
_PERIOD = "12 month-ending"
_FLAGS = ("incomplete", "low_quality", "suppressed")
_FILE_DATE = re.compile(r"(20[0-9][0-9])-?(0[1-9]|1[0-2])(?:-?(0[1-9]|[12][0-9]|3[01]))?(?![0-9])")
# Every release gives these for every jurisdiction; the drug-specific ones only where enough certificates name drugs.
_EVERYWHERE = ("all_deaths", "overdose_deaths")
_NEEDED = ("State", "Year", "Month", "Indicator", "Data Value")
_OPTIONAL = (
    "Period",
    "State Name",
    "Predicted Value",
    "Percent Complete",
    "Percent Pending Investigation",
    "Footnote",
)
_UNNAMED = (
    "has no column named State, or none named Indicator, so it does not say of which jurisdiction and indicator its "
    "figures are; at https://data.cdc.gov/d/xkb8-kh2a export both, under these names"
)
_WHOLE_FILE = "give CDC's whole file instead"
_SHOWN = 8

# Each first indicator counts some of the deaths of the second.
_PARTS = (
    ("overdose_deaths", "all_deaths"),
    ("t40_0_to_4_and_6", "overdose_deaths"),
    ("t40_5", "overdose_deaths"),
    ("t43_6", "overdose_deaths"),
    ("t40_1", "t40_0_to_4_and_6"),
    ("t40_2_to_4", "t40_0_to_4_and_6"),
    ("t40_2_to_3", "t40_2_to_4"),
    ("t40_4", "t40_2_to_4"),
    ("t40_2", "t40_2_to_3"),
    ("t40_3", "t40_2_to_3"),
)

OVERDOSE_12MONTH = Table(
    name="overdose_12month",
    title="Provisional drug overdose deaths in the United States in the twelve months to each month",
    description="One row is a jurisdiction, the last month of a twelve-month period, and an indicator: the figure "
    "reported, and the one CDC predicts for when all deaths will have been investigated.",
    fields=(
        Field(
            "jurisdiction",
            "string",
            "USPS code of a State, DC or territory; YC is New York City, which NY leaves out; US is the 50 States and DC.",
            constraints={"required": True, "enum": sorted(_PLACES.names)},
        ),
        Field("month_ending", "yearmonth", "Last month of the twelve counted.", constraints={"required": True}),
        Field(
            "indicator",
            "string",
            "Deaths of all causes, deaths by drug overdose, the percentage of them whose certificates name a drug, "
            "and overdose deaths by ICD-10 codes among the causes: "
            + "; ".join(f"{v}: {k}" for k, v in _INDICATORS.indicators.items())
            + ".",
            constraints={"required": True, "enum": list(_INDICATORS.names)},
        ),
        Field(
            "reported",
            "number",
            "Figure reported; empty where it was not shown, for the reason in flags.",
            "deaths, or percent for percent_drugs_specified",
            {"minimum": 0},
        ),
        Field(
            "predicted",
            "number",
            "Figure adjusted by CDC for deaths still under investigation; empty where there is none.",
            "deaths",
            {"minimum": 0},
        ),
        Field(
            "percent_complete",
            "number",
            "Share of deaths whose records CDC has; 99.5 and above_99_5 among the flags where published as 99.5+, 99 and "
            "above_99 where as 99+.",
            "percent",
            {"minimum": 0, "maximum": 100},
        ),
        Field(
            "percent_pending",
            "number",
            "Share of deaths whose cause is still under investigation.",
            "percent",
            {"minimum": 0, "maximum": 100},
        ),
        Field(
            "flags",
            "string",
            "CDC's footnotes as codes parted by spaces: incomplete (underreported), low_quality (not shown), "
            "suppressed (below ten, not shown), above_99_5 and above_99 (see percent_complete); empty where there is none.",
            constraints={
                "pattern": "(incomplete|low_quality|suppressed|above_[0-9_]+)( (low_quality|suppressed|above_[0-9_]+))*"
            },
        ),
    ),
    primary_key=("jurisdiction", "indicator", "month_ending"),
    licences=(licences.US_GOVERNMENT,),
    sources=(
        Source(
            "CDC, National Center for Health Statistics, VSRR Provisional Drug Overdose Death Counts",
            "https://data.cdc.gov/d/xkb8-kh2a",
        ),
    ),
    time="month_ending",
    caveats=(
        "Periods overlap: eleven of twelve months are shared with the next row. Tests from month to month find "
        "serial correlation that this layout made.",
        "Deaths are counted where they occurred, not where the person lived.",
        "US includes every State, DC and New York City, and no territory; NY leaves out New York City (YC).",
        "A fifth or more of the drug-specific figures of States are not shown.",
        "Predicted figures of closed years change from one vintage to the next; reported ones do not.",
        "Deaths that name several drugs are counted in each indicator: indicators must not be added up.",
    ),
    rhythm=Rhythm(
        "monthly",
        "each month, four to six months after the twelve it counts",
        "the releases at hand; in November 2026 the newest month was April",
        months=1,
        lag=6,
    ),
    held_against="CDC WONDER's final deaths of residents, of 2018, 2020 and 2022 and by synthetic opioids: up to 1.5 "
    "% fewer, as deaths of others are not among them; the release of 2019-07: figures reported of closed years are "
    "equal",
    # A State's rows by drug go where too few of its certificates name one.
    may_lose=0.05,
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release per file, named after the date in the file's name unless the user gives the vintage.

    A file of some jurisdictions, indicators or months is a part of the table, which says what it lacks.

    Raises
    ------
    DataError
        If a file is cut off, holds an unknown name, a column that may choose rows or a bad figure, or its vintage is
        not known.
    """
    return [_release(path, _vintage(path, paths, vintage), _read_file(path)) for path in paths]


def _vintage(path: Path, paths: Sequence[Path], named: str | None) -> str:
    if named:
        if len(paths) > 1:
            raise DataError(
                f"one vintage, {named}, was named for {len(paths)} files ({', '.join(str(p) for p in paths)}); "
                "ingest them one by one"
            )
        return named
    found = list(_FILE_DATE.finditer(path.name))
    if not found:
        raise DataError(
            f"{path}: the file does not say when it was released, and its name holds no date; "
            "name it with --vintage YYYY-MM-DD, the day it was downloaded"
        )
    return "-".join(part for part in found[-1].groups() if part)


def _release(path: Path, vintage: str, frame: "pd.DataFrame") -> Release:
    last = str(frame["month_ending"].max())
    if vintage[:7] <= last:
        raise DataError(
            f"{path}: vintage {vintage} is not after {last}, the last month in the file; name the right one"
        )
    notes = [f"{int(frame['reported'].isna().sum())} of {len(frame)} reported figures not shown by the publisher"]
    if beside := sorted(set(frame["jurisdiction"]) - set(_JURISDICTIONS)):
        named = ", ".join(f"{code} ({_PLACES.names[code]})" for code in beside)
        notes.append(f"{named}: published beside the States, and not counted in US")
    return Release(OVERDOSE_12MONTH, vintage, frame, _lacks(frame), tuple(notes))


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, (*_NEEDED, *_OPTIONAL))
    _check_columns(path, text)
    refuse(path, text["Year"][~text["Year"].str.fullmatch(r"20[0-9][0-9]")], "must be a year")
    jurisdiction = translate(
        path,
        text["State"],
        {code: code for code in _PLACES.names},
        "jurisdiction",
        add=f'add it under `territories` in {states.FILE}, as `VALUE: {{name: its name, fips: "its FIPS code"}}`',
    )
    if "Period" in text:
        refuse(path, text["Period"][text["Period"] != _PERIOD], f"must be {_PERIOD!r}; other periods are another table")
    if "State Name" in text:
        # In some early releases it is the code again.
        named = (text["State Name"] == jurisdiction) | (text["State Name"] == jurisdiction.map(_PLACES.names))
        refuse(
            path, text["State Name"][~named], "is not the name of the row's state; mend the cell or download it again"
        )
    nothing = pd.Series("", text.index, "str")
    complete, pending = (text.get(f"Percent {name}", nothing) for name in ("Complete", "Pending Investigation"))
    frame = pd.DataFrame(
        {
            "jurisdiction": jurisdiction,
            "month_ending": text["Year"] + "-" + translate(path, text["Month"], _MONTHS, "month"),
            "indicator": _indicators(path, text["Indicator"]),
            "reported": numbers(path, text["Data Value"], blank=("",)),
            "predicted": numbers(path, text.get("Predicted Value", nothing), blank=("",)),
            "percent_complete": numbers(path, complete.str.removesuffix("+"), blank=("",)),
            "percent_pending": numbers(path, pending, blank=("",)),
            "flags": _flags(path, complete, text.get("Footnote", nothing)),
        }
    )
    whole = frame["indicator"] != "percent_drugs_specified"
    for name, column in (("reported", "Data Value"), ("predicted", "Predicted Value")):
        if column in text:
            refuse(path, text[column][whole & (frame[name] % 1 > 0)], "must be a whole number of deaths")
    refuse(path, text["Data Value"][~whole & (frame["reported"] > 100)], "must be a percentage")
    if "Footnote" in text:
        _check_shown(path, text["Data Value"], frame)
    _check_identities(path, frame)
    return frame


def _check_columns(path: Path, text: "pd.DataFrame") -> None:
    """Refuse a column that may choose rows, as one of CDC's other data sets has: it must be read, or known not to."""
    # CDC's server puts a colon before the names of its own columns.
    known = {*map(plain, (*_NEEDED, *_OPTIONAL)), *map(plain, _INDICATORS.columns_not_read)}
    others = [name for name in map(str, text.columns) if plain(name) not in known and not name.startswith(":")]
    if others:
        raise DataError(
            f"{path} has the column(s) {', '.join(others)}, which CDC's file has not and which may choose rows; export "
            f"it without them, or add the names under `columns_not_read` in {vsrr.FILE} if they choose none"
        )


def _indicators(path: Path, column: "pd.Series[str]") -> "pd.Series[str]":
    spelt = {name: _INDICATORS.by_spelling.get(vsrr.spelt_alike(name)) for name in map(str, column.unique())}
    known = {**_INDICATORS.indicators, **{name: indicator for name, indicator in spelt.items() if indicator}}
    return translate(
        path, column, known, "indicator", add=f'add it under `indicators` in {vsrr.FILE}, as `"VALUE": a_name_for_it`'
    )


def _flags(path: Path, complete: "pd.Series[str]", notes: "pd.Series[str]") -> "pd.Series[str]":
    """Codes of the footnotes, in one order; missing where there is none."""
    codes = {note: _codes(note) for note in map(str, notes.unique())}
    refuse(
        path,
        notes[notes.map(codes).isna()],
        f"is not made of the footnotes known, {'; '.join(_INDICATORS.footnotes)}; mend the cell, or add the new one "
        f"under `footnotes` in {vsrr.FILE}, with what it says of its figure",
    )
    above = complete.str.endswith("+")
    refuse(path, complete[above & (complete.str.len() == 1)], "must be a number, or a number and +")
    level = " above_" + complete.str.removesuffix("+").str.replace(".", "_", regex=False)
    flags = (notes.map(codes) + level.where(above, "")).str.strip()
    return flags.mask(flags == "")


def _codes(note: str) -> str | None:
    """Codes of a footnote's sentences, parted by spaces; None if there is more in it than sentences known."""
    left = " ".join(note.replace("*", " ").split()).casefold()
    found = set()
    for sentence, code in sorted(_INDICATORS.footnotes.items(), key=lambda item: len(item[0]), reverse=True):
        if sentence.casefold() in left:
            left = left.replace(sentence.casefold(), "")
            found.add(code)
    return None if left.strip(" .") else " ".join(flag for flag in _FLAGS if flag in found)


def _check_shown(path: Path, figures: "pd.Series[str]", frame: "pd.DataFrame") -> None:
    """A figure is blank where a footnote says why, and nowhere else; releases before 2020 leave such rows out."""
    hidden = frame["flags"].fillna("").str.contains("low_quality|suppressed")
    refuse(path, figures[frame["reported"].isna() & ~hidden], "is blank and no footnote says why")
    refuse(path, figures[frame["reported"].notna() & hidden], "is shown, though its footnote says it is not")


def _lacks(frame: "pd.DataFrame") -> tuple[str, ...]:
    """What a release lacks of the jurisdictions, indicators and months that whole ones hold."""
    import pandas as pd

    places, indicators = set(frame["jurisdiction"]), set(frame["indicator"])
    every = [name for name in _INDICATORS.names if name not in _INDICATORS.not_in_every_release]
    first, last = _FIRST_MONTH, str(frame["month_ending"].max())
    months = set(pd.period_range(first, last, freq="M").astype("str"))
    found: dict[tuple[str, str], set[str]] = {}
    for (jurisdiction, indicator), held in frame.groupby(["jurisdiction", "indicator"])["month_ending"]:
        found[str(jurisdiction), str(indicator)] = set(held)
    # Other series may begin later, or not be there: drugs are named on too few certificates, or on enough of them since.
    needed = [
        (place, name)
        for place in _JURISDICTIONS
        for name in (every if place == states.NATION else _EVERYWHERE)
        if place in places and name in indicators
    ]
    short = [f"{place} {name}" for place, name in needed if months - found.get((place, name), set())]
    short += [
        f"{place} {name}"
        for (place, name), held in found.items()
        if (place, name) not in needed and len(held) < len(pd.period_range(min(held), last, freq="M"))
    ]
    return (
        *_absent(_JURISDICTIONS, places, "jurisdiction"),
        *_absent(every, indicators, "indicator"),
        *((f"some or all of the months {first} to {last} of {_few(short)}: {_WHOLE_FILE}",) if short else ()),
    )


def _absent(needed: Sequence[str], found: set[str], what: str) -> tuple[str, ...]:
    """The sentence on what is absent of `needed`, if anything is, in the shorter of the two ways to say it."""
    absent, there = [name for name in needed if name not in found], [name for name in needed if name in found]
    if not absent:
        return ()
    said = f"the {what}(s) {_few(absent)}"
    if len(absent) > len(there):
        said = f"every {what} but {_few(there)}" if there else f"every {what} of a whole release"
    return (f"{said}: {_WHOLE_FILE}",)


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _check_identities(path: Path, frame: "pd.DataFrame") -> None:
    """Refuse figures that break what holds in every release: parts within wholes, jurisdictions adding up to US."""
    by_indicator = _wide(frame, ["jurisdiction", "month_ending"], "indicator")
    for part, whole in _PARTS:
        if part in by_indicator and whole in by_indicator:
            above = by_indicator.index[by_indicator[part] > by_indicator[whole]]
            if len(above):
                jurisdiction, month = above[0]
                raise DataError(
                    f"{path}: {jurisdiction} {month} reports {by_indicator[part][above[0]]:,.0f} for {part}, more than "
                    f"the {by_indicator[whole][above[0]]:,.0f} for {whole} it is a part of; download the file again"
                )
    for indicator in _EVERYWHERE:
        if indicator in by_indicator:
            one = frame[frame["indicator"] == indicator]
            _check_sum(path, indicator, _wide(one, "month_ending", "jurisdiction"))


def _wide(frame: "pd.DataFrame", rows: str | list[str], columns: str) -> "pd.DataFrame":
    """The figures reported, one column for each value of `columns`."""
    return frame.pivot_table(index=rows, columns=columns, values="reported", aggfunc="first")


def _check_sum(path: Path, indicator: str, by_place: "pd.DataFrame") -> None:
    """The States, DC and New York City add up to US, in the months in which all of them are shown.

    US has not counted territories so far: should it come to, it does so in every month.
    """
    parts = [place for place in _JURISDICTIONS if place != states.NATION]
    if not {states.NATION, *parts} <= set(by_place):
        return
    territories = [place for place in by_place if place in _PLACES.territories]
    nation, summed = by_place[states.NATION], by_place[parts].sum(axis=1, skipna=False)
    apart, apart_with = ((total - nation).dropna() for total in (summed, summed + by_place[territories].sum(axis=1)))
    if (apart != 0).any() and (not territories or (apart_with != 0).any()):
        month = apart.index[apart != 0][0]
        raise DataError(
            f"{path}: in {month} the jurisdictions report {summed[month]:,.0f} for {indicator} in all, and US "
            f"{nation[month]:,.0f}, where every release agrees; a cell was edited or damaged: download it again"
        )


_ADDRESS = "https://data.cdc.gov/api/views/xkb8-kh2a/rows.csv?accessType=DOWNLOAD"

READERS = (
    Reader(
        name="cdc_vsrr",
        table=OVERDOSE_12MONTH,
        columns=frozenset(_NEEDED),
        read=read,
        address=_ADDRESS,
        refuses=((frozenset({"Year", "Month", "Data Value"}), _UNNAMED),),
    ),
)
