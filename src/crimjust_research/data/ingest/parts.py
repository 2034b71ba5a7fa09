"""What a publisher's file lacks to be a whole release of its table, in words that say what to give with it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crimjust_research.data.catalog import FILE, Catalog
from crimjust_research.data.tables import Release, Resource, Table

if TYPE_CHECKING:
    import pandas as pd

# Publishers withdraw a figure now and then, or drop a small territory, but hardly ever: the border seizures to April 2026,
# the governance indicators to 2023 and the rule of law index of 2025 hold every key of the release before them; a table
# whose publisher does more often says so. One value of a long list may always go.
_LONG = 20
# The newest period of a file that was cut off holds some of what the one before it holds.
_LEAST_HELD = 0.9
_SHOWN = 10


def before(found: str, first: str) -> tuple[str, ...]:
    """What a release that starts with the period `found` lacks of a table whose whole releases start with `first`."""
    return (f"the periods from {first} to before {found}: give the files of those too",) if found > first else ()


def missing(found: set[str], needed: set[str], what: str) -> tuple[str, ...]:
    """What a release that holds `found` lacks of `needed`; `what` says what they are."""
    absent = sorted(needed - found)
    return (f"the {what} {', '.join(absent)}: give the files of those too",) if absent else ()


def cut(frame: "pd.DataFrame", time: str, of: str, what: str, least: float = _LEAST_HELD) -> tuple[str, ...]:
    """What a release lacks whose newest period, in column `time`, holds far fewer of `of` than the one before it.

    `what` says what those are; `least` is the share of them that the newest period of a whole release must hold.
    """
    held = frame.groupby(time)[of].nunique().sort_index()
    if len(held) < 2 or held.iloc[-1] >= least * held.iloc[-2]:
        return ()
    (before, many), (last, few) = held.tail(2).items()
    return (f"{what} of {last}, with {few:,} where {before} has {many:,}: look whether the file was cut off",)


def stored(catalog: Catalog) -> tuple[Resource, ...]:
    """The releases of a catalog, none if it is not there yet."""
    return catalog.resources if (catalog.folder / FILE).exists() else ()


def against_stored(release: Release, catalog: Catalog) -> Release:
    """The release, as a part if it covers less than the newest whole one stored that is not later than it.

    Every column of the key but a number of rows is looked at, and the rows; where they lost a few, the release is whole
    and a note says so. A later vintage may hold later periods, and what is new in them: where there is no earlier one,
    the release is held against the first later one as far as its own last period, and its own periods are not looked at.
    """
    whole = [r for r in stored(catalog) if r.table.name == release.table.name and r.complete]
    earlier = [r for r in whole if r.vintage <= release.vintage]
    if not release.complete or not whole:
        return release
    if earlier:
        known = max(earlier, key=lambda r: r.vintage)
        frame = catalog.open(known.table.name, known.vintage)
    else:
        known = min(whole, key=lambda r: r.vintage)
        time = release.table.time
        if time is None:
            return release
        frame = catalog.open(known.table.name, known.vintage)
        frame = frame[frame[time].astype("str").fillna("") <= str(release.frame[time].max())]
    return _against(release, frame, known.vintage, with_periods=bool(earlier))


def _against(release: Release, known: "pd.DataFrame", vintage: str, with_periods: bool) -> Release:
    """The release held against the rows `known` of a vintage stored."""
    table = release.table
    key = [name for name in table.primary_key if name in known and not _numbers_rows(table, name)]
    times = [name for name in (*key, table.time) if name and _is_time(known, name, table.time)]
    old, new = (frame[list(dict.fromkeys([*key, *times]))].astype("str") for frame in (known, release.frame))
    lacks = []
    for name in dict.fromkeys((*key, *times)):
        values = sorted(set(old[name].dropna()))
        absent = sorted(set(values) - set(new[name]))
        is_time = name in times
        if not absent or (is_time and not with_periods):
            continue
        # Periods at either end were left out; those between others are as much as their rows.
        at_an_end = is_time and (absent[0] == values[0] or absent[-1] == values[-1])
        gone, of = (int(old[name].isin(absent).sum()), len(old)) if is_time else (len(absent), len(values))
        if at_an_end or gone > _may_go(of, table):
            listed = spans(absent, values) if is_time else absent
            lacks.append(
                f"{len(absent):,} of the {len(values):,} values of {name} that vintage {vintage} has, "
                f"{_first(listed)}: give the file that holds those too"
            )
    if lacks:
        return replace(release, lacks=tuple(lacks))
    periods = [name for name in key if name in times]
    kept = [name for name in key if name not in periods] if not with_periods else key
    if not kept:  # a row is a period, and of those an older vintage may lack any
        return release
    there = old.merge(new[kept].drop_duplicates(), on=kept, how="left", indicator=True)["_merge"] == "both"
    lost = int((~there).sum())
    # Those of a country that is no more are looked at above.
    within_known = ~there.to_numpy()
    for name in kept:
        if name not in times:
            within_known &= old[name].isin(new[name]).to_numpy()
    within = int(within_known.sum())
    if within > _may_go(len(old), table):
        many = f"{within:,} of the {len(old):,} rows of vintage {vintage}, too many for a revision"
        return replace(release, lacks=(f"{many}: look at the file, and download the whole of it",))
    said = (f"{lost:,} of the {len(old):,} rows of vintage {vintage} are no longer in it",) if lost else ()
    return replace(release, notes=(*release.notes, *said))


def _may_go(count: int, table: Table) -> float:
    """How many of `count` values or rows of a table a revision may take out."""
    return max(table.may_lose * count, count >= _LONG)


def _numbers_rows(table: Table, name: str) -> bool:
    """Whether a column of a key tells apart rows that are otherwise alike: an integer that stands for nothing listed."""
    field = table.field(name)
    return field.type == "integer" and "enum" not in field.constraints


def _is_time(frame: "pd.DataFrame", name: str, time: str | None) -> bool:
    """Whether a column is the table's time, or the same by another name, as an edition and its year."""
    if time is None or name == time:
        return name == time
    pairs = frame[[name, time]].drop_duplicates()
    return len(pairs) > 1 and pairs[name].is_unique and pairs[time].is_unique


def spans(periods: Sequence[str], among: Sequence[str]) -> list[str]:
    """Periods as text, those that follow one another in `among` as one span."""
    place = {period: n for n, period in enumerate(among)}
    spans: list[list[str]] = []
    for period in periods:
        if spans and place[period] == place[spans[-1][-1]] + 1:
            spans[-1].append(period)
        else:
            spans.append([period])
    return [span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans]


def _first(values: Sequence[str]) -> str:
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return ", ".join(values[:_SHOWN]) + more
