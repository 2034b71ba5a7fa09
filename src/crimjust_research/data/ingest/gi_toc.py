"""Global Initiative Against Transnational Organized Crime: drug markets and resilience, by State and edition.

Source: the data of the Global Organized Crime Index, https://ocindex.net/, a workbook with one sheet per edition, whose
name begins with the year. Only the scores that are used are kept.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import numbers, refuse
from crimjust_research.data.ingest.grids import Grid, grids
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, organized_crime

if TYPE_CHECKING:
    import pandas as pd

_INDEX = organized_crime.load()
_EDITION = re.compile(r"(?<![0-9])(20[0-9]{2})(?![0-9])")
# Averages stand before the columns they are of, and end where the next begins. Their spelling changes by edition.
_AVERAGES = ("criminal markets", "criminal actors", "resilience")
# Averages are rounded to hundredths, and the publisher says that some are off by one.
_ROUNDING = 0.0151
_LOWEST, _HIGHEST, _STEP = 1, 10, 0.5

ORGANIZED_CRIME_INDEX = Table(
    name="organized_crime_index",
    title="Drug markets and resilience to organised crime, by State and edition of the Global Organized Crime Index",
    description="One row is a State and an edition of the index: experts' scores of four drug markets, higher being "
    "worse, and of four parts of resilience, higher being better.",
    fields=(
        Field("iso3", "string", "State.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("edition", "year", "Year of the edition.", constraints={"required": True}),
        *(
            Field(
                name,
                "number",
                f"{published[0]}; {'higher is worse' if name in _INDEX.markets else 'higher is better'}.",
                "score from 1 to 10",
                {"required": True, "minimum": _LOWEST, "maximum": _HIGHEST},
            )
            for name, published in _INDEX.scores.items()
        ),
    ),
    primary_key=("iso3", "edition"),
    licences=(licences.ORGANIZED_CRIME_INDEX,),
    sources=(
        Source(
            "Global Initiative Against Transnational Organized Crime, Global Organized Crime Index",
            "https://ocindex.net/",
        ),
    ),
    time="edition",
    caveats=(
        "Experts' judgements in steps of one half: coarse ordinals without standard errors, three of them a State.",
        "An edition was made over the two years before it; it does not stand for its calendar year alone.",
        "The edition of 2021 scored fewer markets; those kept here are in every edition.",
        "The publisher names no licence: only the scores that are used are kept, and cited with attribution.",
    ),
    rhythm=Rhythm("two-yearly", "an edition every two years", "editions of 2021, 2023 and 2025", months=24, lag=0),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last edition in them.

    Raises
    ------
    DataError
        If a file is cut off, a sheet's name gives no year, two sheets are of one edition, a score's column is missing,
        or a State or score is not an accepted one.
    """
    import pandas as pd

    frame = pd.concat([_edition(path, grid) for path in paths for grid in _sheets(path)], ignore_index=True)
    if (again := frame.duplicated(["iso3", "edition"])).any():
        row = frame[again].iloc[0]
        raise DataError(f"{paths[0]}: {row['iso3']} is scored twice in the edition of {row['edition']}; keep one")
    states = frame.groupby("edition").size()
    earlier = {str(year) for year in _INDEX.editions if year < states.index.max()}
    lacks = (
        *parts.missing({str(year) for year in states.index}, earlier, "editions"),
        *(
            f"{_INDEX.states - n} of the {_INDEX.states} States of the edition of {year}: give its sheet whole"
            for year, n in states.items()
            if n < _INDEX.states
        ),
    )
    notes = tuple(f"{n} States in the edition of {year}" for year, n in states.items())
    return [Release(ORGANIZED_CRIME_INDEX, vintage or str(frame["edition"].max()), frame, lacks, notes)]


def _sheets(path: Path) -> list[Grid]:
    return grids(path, _is_header, f"the columns `Country` and `{next(iter(_INDEX.scores.values()))[0]}`")


def _is_header(row: Sequence[str]) -> bool:
    words = {_words(cell) for cell in row}
    return "country" in words and any(_words(name) in words for of in _INDEX.scores.values() for name in of)


def _words(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", name.casefold()))


def _edition(path: Path, grid: Grid) -> "pd.DataFrame":
    import pandas as pd

    years = _EDITION.findall(grid.sheet)
    if len(years) != 1:
        named = f"the sheet {grid.sheet!r}" if grid.sheet else "a file without sheets"
        raise DataError(
            f"{path}: {named} does not say which edition it is of; give the publisher's workbook, whose sheets are "
            "named after the year, as 2025_dataset"
        )
    text = grid.frame()
    columns = {_words(name): name for name in grid.header}
    chosen = {name: _chosen(path, grid, columns, published) for name, published in _INDEX.scores.items()}
    scores = {name: _scores(path, text[column]) for name, column in chosen.items()}
    _check_averages(path, text)
    return pd.DataFrame(
        {"iso3": countries.iso3_of(text[columns["country"]], str(path)), "edition": int(years[0]), **scores}
    )


def _chosen(path: Path, grid: Grid, columns: Mapping[str, str], published: Sequence[str]) -> str:
    found = [columns[words] for name in published if (words := _words(name)) in columns]
    if len(found) != 1:
        raise DataError(
            f"{path}: the sheet {grid.sheet!r} has {len(found)} columns {' or '.join(published)}; there must be one: if "
            f"the publisher has renamed it, add the name in {organized_crime.FILE}, else download the workbook whole"
        )
    return found[0]


def _scores(path: Path, column: "pd.Series[str]") -> "pd.Series[float]":
    scores = numbers(path, column)
    off = (scores < _LOWEST) | (scores > _HIGHEST) | (scores % _STEP > 0)
    refuse(path, column[off], "must be a score from 1 to 10 in steps of one half; mend the cell or download it again")
    return scores


def _check_averages(path: Path, text: "pd.DataFrame") -> None:
    """Refuse rows whose scores do not come to the averages printed beside them, where the sheet's others do."""
    import pandas as pd

    starts = [n for n, name in enumerate(text.columns) if _words(name).startswith(_AVERAGES)]
    for start, end in zip(starts, [*starts[1:], len(text.columns)], strict=True):
        members = text.iloc[:, start + 1 : end]
        if members.shape[1] == 0:
            continue
        means = members.apply(pd.to_numeric, errors="coerce").mean(axis=1, skipna=False)
        apart = (means - numbers(path, text.iloc[:, start])).abs() > _ROUNDING
        if apart.mean() < 0.5:  # else columns were left out, and the average is of others too
            refuse(
                path, text.iloc[:, start][apart], "is not the mean of the scores beside it; mend them or download again"
            )


READERS = (
    Reader(
        name="organized_crime_index",
        table=ORGANIZED_CRIME_INDEX,
        columns=frozenset({"Country", "Continent", "Heroin trade", "Law enforcement"}),
        read=read,
        manual="At https://ocindex.net/ download the data set of all editions, a workbook.",
        other_columns=(frozenset({"Country", "Heroin trade"}), frozenset({"Country", "Law enforcement"})),
    ),
)
