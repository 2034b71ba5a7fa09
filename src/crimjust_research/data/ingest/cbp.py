"""US Customs and Border Protection: drugs seized at the nation's borders, by month.

Source: https://www.cbp.gov/newsroom/stats/drug-seizure-statistics (nationwide file of the "Drug Seizure Statistics"
data set). Each file covers about four fiscal years, the last one still running.
"""

from calendar import month_abbr
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs

if TYPE_CHECKING:
    import pandas as pd

_RUNNING = " (FYTD)"
_COMPONENTS = {"Office of Field Operations": "field_operations", "U.S. Border Patrol": "border_patrol"}
_REGIONS = {
    "Coastal/Interior": "coastal_interior",
    "Northern Border": "northern_border",
    "Southwest Border": "southwest_border",
}
_LAND = {"Land Only": "land_only", "Other": "other"}
# Offices of each component in each region: every office lies in one region.
_OFFICES = {
    (
        "field_operations",
        "coastal_interior",
        "FIELD OFFICE",
    ): "Atlanta; Baltimore; Chicago; Houston; Los Angeles; Miami; "
    "New Orleans; New York; Preclearance; San Francisco; San Juan; Tampa",
    ("field_operations", "northern_border", "FIELD OFFICE"): "Boston; Buffalo; Detroit; Portland; Seattle",
    ("field_operations", "southwest_border", "FIELD OFFICE"): "El Paso; Laredo; San Diego; Tucson",
    ("border_patrol", "coastal_interior", "SECTOR"): "Miami; New Orleans; Ramey",
    (
        "border_patrol",
        "northern_border",
        "SECTOR",
    ): "Blaine; Buffalo; Detroit; Grand Forks; Havre; Houlton; Spokane; Swanton",
    (
        "border_patrol",
        "southwest_border",
        "SECTOR",
    ): "Big Bend; Del Rio; El Centro; El Paso; Laredo; Rio Grande Valley; San Diego; Tucson; Yuma",
}
_PLACES = {
    f"{office.upper()} {kind}": (component, region)
    for (component, region, kind), offices in _OFFICES.items()
    for office in offices.split("; ")
}
# CBP splits the years over several files: a release without the first of them is a part of the table.
_FIRST_MONTH = "2018-10"
# Two files that overlap agree on closed years to rounding; a figure revised by more than this is a finding, and the
# reader leaves the choice between them to a person.
_TOLERANCE_POUNDS, _TOLERANCE_SHARE = 1.0, 0.005
# Every month on record has between 150 and 235 rows: half the median month is far below any of them.
_FEWEST_ROWS_SHARE = 0.5

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
            constraints={"required": True, "enum": sorted(drugs.load().cbp.values())},
        ),
        Field(
            "component",
            "string",
            "Ports of entry (field operations) or the land between them (border patrol).",
            constraints={"required": True, "enum": sorted(_COMPONENTS.values())},
        ),
        Field(
            "region",
            "string",
            "Border region of the field office or sector.",
            constraints={"required": True, "enum": sorted(_REGIONS.values())},
        ),
        Field(
            "land_filter",
            "string",
            "Whether the events were at land borders only.",
            constraints={"required": True, "enum": sorted(_LAND.values())},
        ),
        Field(
            "office",
            "string",
            "Field office or sector, as published.",
            constraints={"required": True, "enum": sorted(_PLACES)},
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

    Raises
    ------
    DataError
        If a file is cut off, holds an unknown name or a bad figure, lacks months or rows its years should have, or
        two files disagree on a closed fiscal year.
    """
    import pandas as pd

    files = sorted(
        ((path, _read_file(path)) for path in paths), key=lambda item: (item[1]["month"].max(), item[0].name)
    )
    merged = files[0][1]
    for (older, _), (newer, frame) in pairwise(files):
        _check_closed_years(older, merged, newer, frame)
        merged = pd.concat([merged[~merged["fiscal_year"].isin(frame["fiscal_year"])], frame])
    _check_months(merged, paths[0] if len(paths) == 1 else Path(paths[0].parent))
    zero = int((merged["pounds"] == 0).sum())
    notes = [f"{zero} of {len(merged)} rows have events and a weight of zero"]
    lacks = parts.before(str(merged["month"].min()), _FIRST_MONTH)
    frame = merged[[field.name for field in SEIZURES_US_BORDER.fields]]
    named = vintage or str(frame["month"].max())
    return [Release(SEIZURES_US_BORDER, named, frame, lacks, tuple(notes))]


def _read_file(path: Path) -> "pd.DataFrame":
    """The columns of the table, and `closed`: whether the publisher calls the row's fiscal year finished."""
    import pandas as pd

    text = records(path)
    years = text["FY"].str.removesuffix(_RUNNING)
    refuse(
        path,
        text["FY"][~years.str.fullmatch(r"20[0-9][0-9]")],
        f'must be a fiscal year such as 2024 or "2026{_RUNNING}"',
    )
    numbered = {name.upper(): number for number, name in enumerate(month_abbr) if name}
    months = translate(path, text["Month (abbv)"], {name: str(n) for name, n in numbered.items()}, "month").astype(int)
    fiscal = years.astype(int)
    calendar = fiscal - (months >= 10)
    if text["Component"].str.startswith("Air and Marine").any():
        raise DataError(
            f"{path}: holds Air and Marine Operations, which are published apart and may overlap with the other "
            "components; take their rows out, or download the nationwide file without them"
        )
    office = translate(path, text["Area of Responsibility"], {name: name for name in _PLACES}, "field office or sector")
    component = translate(path, text["Component"], _COMPONENTS, "component")
    region = translate(path, text["Region"], _REGIONS, "border region")
    for column, found, part in (("Component", component, 0), ("Region", region, 1)):
        expected = office.map({name: place[part] for name, place in _PLACES.items()})
        refuse(path, text[column][found != expected], "is not where the row's office lies; download the file again")
    events = numbers(path, text["Count of Event"], whole=True)
    refuse(path, text["Count of Event"][events < 1], "must be one event or more; mend the cell or download it again")
    return pd.DataFrame(
        {
            "month": calendar.astype("str") + "-" + months.astype("str").str.zfill(2),
            "drug": translate(path, text["Drug Type"], drugs.load().cbp, "drug"),
            "component": component,
            "region": region,
            "land_filter": translate(path, text["Land Filter"], _LAND, "land filter"),
            "office": office,
            "fiscal_year": fiscal,
            "events": events.astype("int64"),
            "pounds": numbers(path, text["Sum Qty (lbs)"]),
            "closed": ~text["FY"].str.endswith(_RUNNING),
        }
    )


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


def _check_months(frame: "pd.DataFrame", path: Path) -> None:
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
        problem = f"there is no row for {', '.join(missing)}, between {first} and {last}"
    elif len(short):
        problem = f"fiscal year {short[0]} is closed but has {closed['months'][short[0]]} of 12 months"
    elif not first.endswith("-10"):
        problem = f"the first month is {first}, not the October a fiscal year starts with"
    elif len(thin):
        problem = f"{thin.index[0]} has {thin.iloc[0]} rows where a month usually has {rows.median():.0f}"
    else:
        return
    raise DataError(f"{path}: {problem}: the file was cut off or filtered; download the whole nationwide file again")


READERS = (
    Reader(
        name="cbp_nationwide_drugs",
        table=SEIZURES_US_BORDER,
        columns=frozenset(
            {
                "FY",
                "Month (abbv)",
                "Component",
                "Region",
                "Land Filter",
                "Area of Responsibility",
                "Drug Type",
                "Count of Event",
                "Sum Qty (lbs)",
            }
        ),
        read=read,
        address="https://www.cbp.gov/newsroom/stats/drug-seizure-statistics",
        manual="Open the address, choose the nationwide drug seizures file (CSV) under Data Downloads, and ingest it "
        "together with the older file that holds the fiscal years before it.",
    ),
)
