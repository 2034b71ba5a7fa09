"""US Customs and Border Protection: drugs seized at the nation's borders, by month.

Source: https://www.cbp.gov/newsroom/stats/drug-seizure-statistics (nationwide file of the "Drug Seizure Statistics"
data set). Each file covers about four fiscal years, the last one still running.
"""

from calendar import month_abbr, month_name
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.foreign import plain
from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import border, drugs

if TYPE_CHECKING:
    import pandas as pd

_RUNNING = " (FYTD)"
_NAMES = border.load()
_COLUMNS = (
    "FY",
    "Month (abbv)",
    "Component",
    "Region",
    "Land Filter",
    "Area of Responsibility",
    "Drug Type",
    "Count of Event",
    "Sum Qty (lbs)",
)
# Two files that overlap agree on closed years to rounding; a figure revised by more than this is a finding, and the
# reader leaves the choice between them to a person.
_TOLERANCE_POUNDS, _TOLERANCE_SHARE = 1.0, 0.005
# Every month on record has between 150 and 235 rows: half the median month is far below any of them.
_FEWEST_ROWS_SHARE = 0.5
# Every month on record has rows of every drug, component, region and land filter, and every year of every office; a
# year that has just begun may not yet.
_SETTLED_MONTHS = 3
# Every office with this many rows a month has had some in each of the 91 months on record.
_ROWS_OF_BUSY_OFFICES = 3
_APART = (
    "holds Air and Marine Operations, which CBP publishes apart: they may overlap with the figures of the other "
    "components, and are never to be added to them; give the nationwide file instead"
)

SEIZURES_US_BORDER = Table(
    name="seizures_us_border",
    title="Drugs seized at the borders of the United States, by month",
    description="One row is a month, drug, component of US Customs and Border Protection, border region, land filter "
    "and field office or sector: how many seizure events there were and how many pounds they held.",
    fields=(
        Field(
            "month",
            "yearmonth",
            "Calendar month of the seizures, from fiscal year and month name.",
            constraints={"required": True},
        ),
        Field(
            "drug",
            "string",
            "Drug seized; cannabis is published as marijuana.",
            constraints={"required": True, "enum": sorted(set(drugs.load().cbp.values()))},
        ),
        Field(
            "component",
            "string",
            "Ports of entry (field operations) or the land between them (border patrol).",
            constraints={"required": True, "enum": sorted(set(_NAMES.components.values()))},
        ),
        Field(
            "region",
            "string",
            "Border region of the field office or sector.",
            constraints={"required": True, "enum": sorted(set(_NAMES.regions.values()))},
        ),
        Field(
            "land_filter",
            "string",
            "Whether the events were at land borders only.",
            constraints={"required": True, "enum": sorted(set(_NAMES.land_filters.values()))},
        ),
        Field(
            "office",
            "string",
            "Field office or sector, as published.",
            constraints={"required": True, "enum": sorted(_NAMES.component_of)},
        ),
        Field(
            "fiscal_year",
            "integer",
            "US fiscal year: October of the year before to September.",
            constraints={"required": True, "minimum": 2012},
        ),
        Field("events", "integer", "Seizure events.", "events", {"required": True, "minimum": 1}),
        Field("pounds", "number", "Weight seized, as published.", "pounds", {"required": True, "minimum": 0}),
    ),
    primary_key=("month", "drug", "component", "region", "land_filter", "office"),
    licences=(licences.US_GOVERNMENT,),
    sources=(
        Source(
            "US Customs and Border Protection, Drug Seizure Statistics",
            "https://www.cbp.gov/newsroom/stats/drug-seizure-statistics",
        ),
    ),
    time="month",
    caveats=(
        "Pounds are kept as published; the panels turn them into kilograms (1 pound is 0.45359237 kg exactly).",
        "A cell with no event is not published: within the months covered, an absent cell is zero.",
        "An event with a weight of zero is one whose weight was under the publisher's rounding, or not recorded.",
        "Air and Marine Operations are published apart and may overlap with these figures; they are not included.",
        "Figures of the running fiscal year change from one monthly file to the next.",
        "Seizures measure the effort of a service as well as the trade it faces.",
    ),
    rhythm=Rhythm(
        "monthly",
        "each month in the middle of the next, later where a fiscal year begins",
        "the files at hand; in November 2026 the newest month was August",
        months=1,
        lag=2,
    ),
    held_against="the pounds of fentanyl that CBP states for each of the fiscal years 2019 to 2025: equal to a tenth "
    "of a pound",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given; where they overlap, the file with the later data gives the fiscal year.

    Files without the first fiscal years, or narrowed to some drugs or places, are a part of the table.

    Raises
    ------
    DataError
        If a file is cut off, holds an unknown name, a column that may choose rows or a bad figure, lacks months or rows
        its years should have, or two files disagree on a closed fiscal year.
    """
    import pandas as pd

    files = sorted(
        ((path, _read_file(path)) for path in paths), key=lambda item: (item[1]["month"].max(), item[0].name)
    )
    merged = files[0][1]
    for (older, _), (newer, frame) in pairwise(files):
        _check_closed_years(older, merged, newer, frame)
        merged = pd.concat([merged[~merged["fiscal_year"].isin(frame["fiscal_year"])], frame])
    _check_months(merged, [path for path, _ in files])
    zero = int((merged["pounds"] == 0).sum())
    notes = [f"{zero} of {len(merged)} rows have events and a weight of zero"]
    lacks = _lacks(merged)
    frame = merged[[field.name for field in SEIZURES_US_BORDER.fields]]
    named = vintage or str(frame["month"].max())
    return [Release(SEIZURES_US_BORDER, named, frame, lacks, tuple(notes))]


def _read_file(path: Path) -> "pd.DataFrame":
    """The columns of the table, and `closed`: whether the publisher calls the row's fiscal year finished."""
    import pandas as pd

    text = records(path, _COLUMNS)
    _check_columns(path, text)
    years = text["FY"].str.removesuffix(_RUNNING)
    refuse(
        path,
        text["FY"][~years.str.fullmatch(r"20[0-9][0-9]")],
        f'must be a fiscal year such as 2024 or "2026{_RUNNING}"',
    )
    numbered = {
        spelling: str(number)
        for number in range(1, 13)
        for spelling in (month_abbr[number].upper(), month_abbr[number], month_name[number])
    }
    months = translate(path, text["Month (abbv)"], numbered, "month").astype(int)
    fiscal = years.astype(int)
    calendar = fiscal - (months >= 10)
    if text["Component"].str.startswith(_NAMES.apart).any():
        raise DataError(f"{path} {_APART}, or take their rows out")
    office = translate(
        path,
        text["Area of Responsibility"],
        {name: name for name in _NAMES.component_of},
        "field office or sector",
        add=f"add it under its component and region of `offices` in {border.FILE}, as `- VALUE`, "
        f"and under `not_in_every_year` there",
    )
    component = _translated(path, text["Component"], _NAMES.components, "components")
    region = _translated(path, text["Region"], _NAMES.regions, "regions")
    for column, found, known in (
        ("Component", component, _NAMES.component_of),
        ("Region", region, _NAMES.region_of),
    ):
        expected = office.map(dict(known))
        refuse(
            path,
            text[column][found != expected],
            f"is not where {border.FILE} has the row's office; download the file again, or move the office there",
        )
    events = numbers(path, text["Count of Event"], whole=True)
    refuse(path, text["Count of Event"][events < 1], "must be one event or more; mend the cell or download it again")
    return pd.DataFrame(
        {
            "month": calendar.astype("str") + "-" + months.astype("str").str.zfill(2),
            "drug": _drugs(path, text["Drug Type"]),
            "component": component,
            "region": region,
            "land_filter": _translated(path, text["Land Filter"], _NAMES.land_filters, "land_filters"),
            "office": office,
            "fiscal_year": fiscal,
            "events": events.astype("int64"),
            "pounds": numbers(path, text["Sum Qty (lbs)"]),
            "closed": ~text["FY"].str.endswith(_RUNNING),
        }
    )


def _check_columns(path: Path, text: "pd.DataFrame") -> None:
    """Refuse a column that may split or choose rows: it must be read, or known not to."""
    known = {*map(plain, _COLUMNS), *map(plain, _NAMES.columns_not_read)}
    if others := [name for name in map(str, text.columns) if plain(name) not in known]:
        raise DataError(
            f"{path} has the column(s) {', '.join(others)}, which CBP's nationwide file has not and which may choose rows; "
            f"leave them out, or add the names under `columns_not_read` in {border.FILE}, if they choose none"
        )


def _translated(path: Path, column: "pd.Series[str]", names: Mapping[str, str], section: str) -> "pd.Series[str]":
    add = f"add it under `{section}` in {border.FILE}, as `VALUE: a_name_for_it`, if it may be added to the others"
    return translate(path, column, names, section.replace("_", " ").removesuffix("s"), add)


def _drugs(path: Path, column: "pd.Series[str]") -> "pd.Series[str]":
    """Drugs by this project's names; case, and the asterisks that point to a note, make no difference."""
    known = {_unmarked(name): drug for name, drug in drugs.load().cbp.items()}
    spelt = {name: known[_unmarked(name)] for name in map(str, column.unique()) if _unmarked(name) in known}
    add = (
        f"add it under `cbp` in {drugs.FILE}, as `VALUE: a_name_for_it`, and under `not_in_every_year` in {border.FILE}"
    )
    return translate(path, column, {**drugs.load().cbp, **spelt}, "drug", add)


def _unmarked(drug: str) -> str:
    return drug.rstrip("* ").casefold()


def _lacks(frame: "pd.DataFrame") -> tuple[str, ...]:
    """What a release lacks of the years, drugs, places and offices that whole ones hold."""
    first, start = int(frame["fiscal_year"].min()), _NAMES.first_fiscal_year
    lacks = []
    if first > start:
        years = f"fiscal years {start} to {first - 1}" if first - 1 > start else f"fiscal year {start}"
        lacks.append(
            f"the {years} (months {start - 1}-10 to {first - 1}-09): give CBP's nationwide file of those together with "
            "this one"
        )
    months = frame.groupby("fiscal_year")["month"].nunique()
    settled = frame[frame["fiscal_year"].isin(months.index[months >= _SETTLED_MONTHS])]
    for column, period, rows, needed in (
        ("component", "month", frame, _NAMES.components.values()),
        ("region", "month", frame, _NAMES.regions.values()),
        ("land_filter", "month", frame, _NAMES.land_filters.values()),
        ("drug", "fiscal_year", settled, drugs.load().cbp.values()),
    ):
        lacks += _narrowed(rows, column, period, set(needed))
    if not lacks[first > start :]:
        lacks += _narrowed(frame[frame["closed"]], "office", "fiscal_year", set(_NAMES.component_of))
        lacks += _cut(frame)
    return tuple(lacks)


def _cut(frame: "pd.DataFrame") -> list[str]:
    """Busy offices without a row in a month between others, or in the last one alone: the file was cut within a month.

    An office that closes has no rows for good.
    """
    rows = frame.groupby(["month", "office"]).size().reset_index(name="rows")
    months = sorted(rows["month"].unique())
    found = []
    for office, of_office in rows.groupby("office"):
        held = set(of_office["month"])
        # Once without a row in two last months, it may have closed.
        until = months[-1] if months[-2:][0] in held else max(held)
        absent = [month for month in months if min(held) < month <= until and month not in held]
        usual = of_office["rows"].sum() / (len(held) + len(absent))
        if absent and usual >= _ROWS_OF_BUSY_OFFICES and str(office) not in _NAMES.not_in_every_year:
            found.append(f"{office} in {', '.join(absent)}")
    if not found:
        return []
    return [
        f"rows of {'; '.join(found)}: give the whole nationwide file instead; if CBP closed it, add it under "
        f"`not_in_every_year` in {border.FILE}"
    ]


def _narrowed(frame: "pd.DataFrame", column: str, period: str, needed: set[str]) -> list[str]:
    """What each period must hold of a column's values and some periods do not, as a sentence, if there is such."""
    held = frame.groupby(period)[column].agg(set)
    absent = sorted(needed - set(_NAMES.not_in_every_year) - needed.intersection(*held))
    if not absent:
        return []
    there = sorted(needed - set(absent))
    named = (
        f"every {column} but {', '.join(there)}" if len(absent) > len(there) > 0 else f"{column} {', '.join(absent)}"
    )
    remedy = "give the whole nationwide file instead"
    if period == "fiscal_year":
        remedy += f"; if CBP no longer has it, add it under `not_in_every_year` in {border.FILE}"
    what = period.replace("_", " ")
    return [f"rows of {named}, in {sum(not set(absent) <= values for values in held)} {what}(s): {remedy}"]


def _check_closed_years(older: Path, old: "pd.DataFrame", newer: Path, new: "pd.DataFrame") -> None:
    import pandas as pd

    shared = set(old.loc[old["closed"], "fiscal_year"]) & set(new.loc[new["closed"], "fiscal_year"])
    keys = ["fiscal_year", "month", "drug"]
    sums = [f[f["fiscal_year"].isin(shared)].groupby(keys)["pounds"].sum() for f in (old, new)]
    both = pd.DataFrame({"before": sums[0], "after": sums[1]}).fillna(0.0).reset_index()
    apart = (both["before"] - both["after"]).abs()
    moved = both[apart > _TOLERANCE_POUNDS + _TOLERANCE_SHARE * both["before"]]
    if len(moved):
        worst = moved.iloc[int(apart[moved.index].argmax())]
        raise DataError(
            f"{older} and {newer} disagree on closed fiscal year {worst['fiscal_year']}: {worst['drug']} in "
            f"{worst['month']} is {worst['before']:,.1f} against {worst['after']:,.1f} pounds, and {len(moved) - 1} "
            "other month(s) differ; ingest them one by one, each under its own --vintage"
        )


def _check_months(frame: "pd.DataFrame", paths: Sequence[Path]) -> None:
    """Refuse holes: a month without rows, a closed year without twelve, a month with few rows or without a drug."""
    import pandas as pd

    rows = frame.groupby("month").size()
    first, last = rows.index[0], rows.index[-1]
    expected = pd.period_range(first, last, freq="M").astype("str")
    missing = sorted(set(expected) - set(rows.index))
    closed = frame.groupby("fiscal_year").agg(months=("month", "nunique"), closed=("closed", "all"))
    short = closed.index[closed["closed"] & (closed["months"] < 12)]
    thin = rows[rows < _FEWEST_ROWS_SHARE * rows.median()]
    if missing:
        problem = f"there is no row for {', '.join(parts.spans(missing, list(expected)))}, between {first} and {last}"
    elif len(short):
        problem = f"fiscal year {short[0]} is closed but has {closed['months'][short[0]]} of 12 months"
    elif not first.endswith("-10"):
        problem = f"the first month is {first}, not the October a fiscal year starts with"
    elif len(thin):
        problem = f"{thin.index[0]} has {thin.iloc[0]} rows where a month usually has {rows.median():.0f}"
    else:
        return
    years = range(int(frame["fiscal_year"].min()), int(frame["fiscal_year"].max()))
    if between := [str(year) for year in years if year not in closed.index]:
        remedy = f"give the nationwide file that holds the fiscal year(s) {', '.join(between)} together with these"
    else:
        remedy = "the file was cut off or filtered; download the whole nationwide file again"
    raise DataError(f"{foreign.named(paths)}: {problem}: {remedy}")


READERS = (
    Reader(
        name="cbp_nationwide_drugs",
        table=SEIZURES_US_BORDER,
        columns=frozenset(_COLUMNS),
        read=read,
        address="https://www.cbp.gov/newsroom/stats/drug-seizure-statistics",
        manual="Open the address, choose the nationwide drug seizures file (CSV) under Data Downloads, and ingest it "
        "together with the older file that holds the fiscal years before it.",
        refuses=((frozenset({*_COLUMNS, "Branch"} - {"Area of Responsibility"}), _APART),),
    ),
)
