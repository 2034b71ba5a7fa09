"""CDC Vital Statistics Rapid Release: drug overdose deaths in the twelve months to each month, by jurisdiction.

Source: https://data.cdc.gov/d/xkb8-kh2a (VSRR Provisional Drug Overdose Death Counts). Each monthly release replaces
the one before it, so the date of release is the vintage; CDC writes it nowhere in the file.
"""

import re
from calendar import month_name
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs, states

if TYPE_CHECKING:
    import pandas as pd

_MONTHS = {name: f"{number:02}" for number, name in enumerate(month_name) if name}
_INDICATORS = drugs.load().vsrr
_PLACES = states.load()
_JURISDICTIONS = {code: code for code in (*_PLACES.states, *_PLACES.reporting)}
_PERIOD = "12 month-ending"
# CDC's footnotes are one or more of these sentences; the first says nothing of the cell it stands at.
_FOOTNOTES = {
    "Numbers may differ from published reports using final data. See Technical Notes.": "",
    "Underreported due to incomplete data.": "incomplete",
    "Data not shown due to low data quality.": "low_quality",
    "Data suppressed (<10).": "suppressed",
}
_ABOVE = "99.5+"
_FILE_DATE = re.compile(r"(20[0-9][0-9])-?(0[1-9]|1[0-2])(?:-?(0[1-9]|[12][0-9]|3[01]))?(?![0-9])")
# Every release gives these for every jurisdiction; the drug-specific ones only where enough certificates name drugs.
_EVERYWHERE = ("all_deaths", "overdose_deaths")

_US_LACKS = ("every jurisdiction but US, and every indicator but overdose deaths: give CDC's whole file instead",)

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
            "USPS code of a State or DC; YC is New York City, which NY leaves out; US is the whole country.",
            constraints={"required": True, "enum": sorted(_JURISDICTIONS)},
        ),
        Field("month_ending", "yearmonth", "Last month of the twelve counted.", constraints={"required": True}),
        Field(
            "indicator",
            "string",
            "Deaths of all causes, deaths by drug overdose, the percentage of them whose certificates name a drug, "
            "and overdose deaths by ICD-10 codes among the causes: "
            + "; ".join(f"{v}: {k}" for k, v in _INDICATORS.items())
            + ".",
            constraints={"required": True, "enum": list(_INDICATORS.values())},
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
            "Share of deaths whose records CDC has; 99.5 and above_99_5 among the flags where published as 99.5+.",
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
            "suppressed (below ten, not shown), above_99_5 (see percent_complete); empty where there is none.",
            constraints={
                "pattern": "(incomplete|low_quality|suppressed|above_99_5)( (low_quality|suppressed|above_99_5))*"
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
        "US includes every jurisdiction; NY leaves out New York City (YC).",
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
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release per file, named after the date in the file's name unless the user gives the vintage.

    Raises
    ------
    DataError
        If a file is cut off, holds an unknown name or a bad figure, lacks the US, a jurisdiction or months, or its
        vintage is not known.
    """
    return [_release(path, _vintage(path, paths, vintage), _read_file(path)) for path in paths]


def read_us(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release per file of overdose deaths in the US only, which is a part of the table and never the latest.

    Raises
    ------
    DataError
        If a file is cut off, holds a bad figure or month, lacks months, or its vintage is not known.
    """
    return [_release(path, _vintage(path, paths, vintage), _read_us_file(path), lacks=_US_LACKS) for path in paths]


def _vintage(path: Path, paths: Sequence[Path], named: str | None) -> str:
    if named:
        if len(paths) > 1:
            raise DataError(
                f"one vintage, {named}, was named for {len(paths)} files ({', '.join(str(p) for p in paths)}); "
                "ingest them one by one"
            )
        return named
    found = _FILE_DATE.search(path.name)
    if not found:
        raise DataError(
            f"{path}: the file does not say when it was released, and its name holds no date; "
            "name it with --vintage YYYY-MM-DD, the day it was downloaded"
        )
    return "-".join(part for part in found.groups() if part)


def _release(path: Path, vintage: str, frame: "pd.DataFrame", lacks: tuple[str, ...] = ()) -> Release:
    last = str(frame["month_ending"].max())
    if vintage[:7] <= last:
        raise DataError(
            f"{path}: vintage {vintage} is not after {last}, the last month in the file; name the right one"
        )
    shown = frame["reported"].notna()
    notes = (
        (f"{int((~shown).sum())} of {len(frame)} reported figures not shown by the publisher",)
        if not lacks
        else ("US, overdose deaths only",)
    )
    return Release(OVERDOSE_12MONTH, vintage, frame, lacks, notes)


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    # CDC's two ways to download the file differ in the case of its column names; errors name them as they stand.
    text = {str(name).lower().replace(" ", "_"): column for name, column in records(path).items()}
    refuse(path, text["year"][~text["year"].str.fullmatch(r"20[0-9][0-9]")], "must be a year")
    jurisdiction = translate(path, text["state"], _JURISDICTIONS, "jurisdiction")
    if "period" in text:
        refuse(path, text["period"][text["period"] != _PERIOD], f"must be {_PERIOD!r}; other periods are another table")
    if "state_name" in text:
        named = text["state_name"][text["state_name"] != jurisdiction.map(_PLACES.names)]
        refuse(path, named, "is not the name of the row's state; mend the cell or download the file again")
    frame = pd.DataFrame(
        {
            "jurisdiction": jurisdiction,
            "month_ending": text["year"] + "-" + translate(path, text["month"], _MONTHS, "month"),
            "indicator": translate(path, text["indicator"], _INDICATORS, "indicator"),
            "reported": numbers(path, text["data_value"], blank=("",)),
            "predicted": numbers(path, text["predicted_value"], blank=("",))
            if "predicted_value" in text
            else float("nan"),
            "percent_complete": numbers(path, text["percent_complete"].str.removesuffix("+")),
            "percent_pending": numbers(path, text["percent_pending_investigation"]),
            "flags": _flags(path, text),
        }
    )
    whole = frame["indicator"] != "percent_drugs_specified"
    for name, column in (("reported", "data_value"), ("predicted", "predicted_value")):
        if column in text:
            refuse(path, text[column][whole & (frame[name] % 1 > 0)], "must be a whole number of deaths")
    refuse(path, text["data_value"][~whole & (frame["reported"] > 100)], "must be a percentage")
    _check_shown(path, text, frame)
    _check_coverage(path, frame)
    _check_identities(path, frame)
    return frame


def _flags(path: Path, text: "Mapping[str, pd.Series[str]]") -> "pd.Series[str]":
    """Codes of the footnotes, in one order; missing where there is none."""
    import pandas as pd

    complete = text["percent_complete"]
    notes = text["footnote"] if "footnote" in text else pd.Series("", complete.index, "str")
    left = notes
    for sentence in _FOOTNOTES:
        left = left.str.replace(sentence, "", regex=False)
    refuse(path, notes[left.str.strip() != ""], f"is not made of the known footnotes: {' '.join(_FOOTNOTES)}")
    flags = pd.Series("", complete.index, "str")
    for sentence, code in _FOOTNOTES.items():
        flags = flags + notes.str.contains(sentence, regex=False).map({True: f" {code}" if code else "", False: ""})
    above = text["percent_complete"].str.endswith("+")
    refuse(
        path, text["percent_complete"][above & (text["percent_complete"] != _ABOVE)], f"must be a number or {_ABOVE}"
    )
    flags = (flags + above.map({True: " above_99_5", False: ""})).str.strip()
    return flags.mask(flags == "")


def _check_shown(path: Path, text: "Mapping[str, pd.Series[str]]", frame: "pd.DataFrame") -> None:
    """A figure is blank where a footnote says why, and nowhere else; releases before 2020 leave such rows out."""
    hidden = frame["flags"].fillna("").str.contains("low_quality|suppressed")
    refuse(path, text["data_value"][frame["reported"].isna() & ~hidden], "is blank and no footnote says why")
    refuse(path, text["data_value"][frame["reported"].notna() & hidden], "is shown, though its footnote says it is not")


def _check_coverage(path: Path, frame: "pd.DataFrame") -> None:
    """Refuse a file without the US, without a jurisdiction or an indicator of one, or with months missing."""
    import pandas as pd

    again = "the file was cut off or filtered; download the whole file again"
    present = frame.groupby("jurisdiction")["indicator"].agg(set)
    if states.NATION not in present.index:
        raise DataError(f"{path}: there is no row with State = 'US', which every release has; {again}")
    for jurisdiction in _JURISDICTIONS:
        needed = set(_INDICATORS.values() if jurisdiction == states.NATION else _EVERYWHERE)
        if missing := sorted(needed - present.get(jurisdiction, set())):
            raise DataError(f"{path}: {jurisdiction} has no row with the indicator {', '.join(missing)}; {again}")
    months = pd.period_range(frame["month_ending"].min(), frame["month_ending"].max(), freq="M").astype("str")
    counts = frame.groupby(["jurisdiction", "indicator"])["month_ending"].nunique().reset_index(name="months")
    short = counts[counts["months"] < len(months)]
    if len(short):
        worst = short.iloc[0]
        raise DataError(
            f"{path}: {worst['jurisdiction']} has {worst['months']} of the {len(months)} months from {months[0]} to "
            f"{months[-1]} for {worst['indicator']}, and so have {len(short) - 1} other series; {again}"
        )


def _check_identities(path: Path, frame: "pd.DataFrame") -> None:
    """Refuse figures that break what holds in every release: parts within wholes, jurisdictions adding up to US."""
    by_indicator = frame.pivot_table(
        index=["jurisdiction", "month_ending"], columns="indicator", values="reported", aggfunc="first"
    )
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
        by_place = (
            by_indicator[indicator]
            .reset_index()
            .pivot_table(index="month_ending", columns="jurisdiction", values=indicator, aggfunc="first")
        )
        nation = by_place.pop(states.NATION)
        summed = by_place.sum(axis=1, skipna=False, min_count=len(_JURISDICTIONS) - 1)
        apart = (summed - nation).loc[lambda difference: difference.notna() & (difference != 0)]
        if len(apart):
            month = apart.index[0]
            raise DataError(
                f"{path}: in {month} the jurisdictions report {summed[month]:,.0f} for {indicator} in all, and US "
                f"{nation[month]:,.0f}, where every release agrees; a cell was edited or damaged: download it again"
            )


def _read_us_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path)
    refuse(path, text["year"][~text["year"].str.fullmatch(r"20[0-9][0-9]")], "must be a year")
    refuse(path, text["month"][~text["month"].str.fullmatch(r"[1-9]|1[0-2]")], "must be a month, 1 to 12")
    frame = pd.DataFrame(
        {
            "jurisdiction": states.NATION,
            "month_ending": text["year"] + "-" + text["month"].str.zfill(2),
            "indicator": _INDICATORS["Number of Drug Overdose Deaths"],
            "reported": numbers(path, text["data_value"], whole=True),
            "predicted": numbers(path, text["predicted_value"], whole=True),
            "percent_complete": float("nan"),
            "percent_pending": float("nan"),
            "flags": pd.Series(pd.NA, text.index, "str"),
        }
    )
    months = pd.period_range(frame["month_ending"].min(), frame["month_ending"].max(), freq="M").astype("str")
    if missing := sorted(set(months) - set(frame["month_ending"])):
        raise DataError(f"{path}: there is no row for {', '.join(missing)}; download the file again")
    return frame


_ADDRESS = "https://data.cdc.gov/api/views/xkb8-kh2a/rows.csv?accessType=DOWNLOAD"
_HEADER = ("State", "Year", "Month", "Indicator", "Data Value", "Percent Complete", "Percent Pending Investigation")

READERS = (
    Reader(
        name="cdc_vsrr",
        table=OVERDOSE_12MONTH,
        columns=frozenset(_HEADER),
        read=read,
        address=_ADDRESS,
        other_columns=(frozenset(name.lower().replace(" ", "_") for name in _HEADER),),
    ),
    Reader(
        name="cdc_vsrr_us",
        table=OVERDOSE_12MONTH,
        columns=frozenset({"year", "month", "data_value", "predicted_value"}),
        read=read_us,
        manual="At https://data.cdc.gov/d/xkb8-kh2a keep State US and Indicator Number of Drug Overdose Deaths, and "
        "export the columns year, month, data_value and predicted_value.",
    ),
)
