"""CDC WONDER: overdose deaths by State of residence, by month and by year.

Source: https://wonder.cdc.gov/mcd-icd10.html to 2020, https://wonder.cdc.gov/mcd-icd10-provisional.html since.
Sub-national counts of 1 to 9 are suppressed by the publisher: such rows are simply absent, or say so.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts, wonder_query
from crimjust_research.data.ingest.files import numbers, refuse, translate
from crimjust_research.data.ingest.wonder_export import (
    MULTIPLE_CAUSE,
    PROVISIONAL,
    Export,
    calendar_months,
    check_continuous,
    read_export,
    statuses,
)
from crimjust_research.data.tables import Field, Release, Rhythm, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import states

if TYPE_CHECKING:
    import pandas as pd

_SUPPRESSED, _UNRELIABLE, _NOT_APPLICABLE = "Suppressed", "Unreliable", "Not Applicable"
_LARGEST_SUPPRESSED = 9
# Of the 51, one to five States have no row in an ordinary month, ten in the last provisional one: many more were left
# out by whoever saved the file. So was a State with this many deaths in the months before and after.
_MOST_HIDDEN, _NEVER_SUPPRESSED, _UNSETTLED_MONTHS = 15, 25, 3
_CUT = "rows were taken out, as by a filter; export the query again"
# Exports hold one or some years: a release without the first of them is a part of its table.
_FIRST_MONTH, _FIRST_YEAR = "2018-01", 1999

_STATE = Field(
    "state",
    "string",
    "USPS code of the State of residence, or DC; US, where there is such a row, is the whole country.",
    constraints={"required": True, "enum": [*states.load().states, states.NATION]},
)
_STATUS = Field(
    "status",
    "string",
    "Whether the publisher called the period final, provisional, or provisional and not over (partial).",
    constraints={"required": True, "enum": ["final", "provisional", "partial"]},
)
_STATE_CAVEATS = (
    "Deaths are counted where the person lived, so New York includes New York City.",
    "About 900 deaths in North Carolina in 2023 were coded after the final file had closed: the true count is over "
    "4,400.",
)

OVERDOSE_MONTHLY_STATE = Table(
    name="overdose_monthly_state",
    title="Drug overdose deaths by State of residence and month",
    description="One row is a calendar month and a State: deaths by drug overdose, of all drugs (underlying cause "
    "X40-X44, X60-X64, X85, Y10-Y14).",
    fields=(
        Field("month", "yearmonth", "Calendar month of death.", constraints={"required": True}),
        _STATE,
        Field("deaths", "integer", "Deaths; empty where not shown.", "deaths", {"minimum": 0}),
        Field(
            "suppressed",
            "boolean",
            "The publisher shows no figure: there were 1 to 9 deaths, or none. Not to be filled in.",
            constraints={"required": True},
        ),
        _STATUS,
    ),
    primary_key=("month", "state"),
    licences=(licences.CDC_WONDER,),
    sources=(PROVISIONAL,),
    time="month",
    caveats=(
        *_STATE_CAVEATS,
        "US rows are the publisher's totals, of 2018 and 2019 only: they include the suppressed deaths, and the "
        "States, so they must not be added to them.",
        "Provisional months are undercounted, the last of them greatly: causes are still being investigated.",
    ),
    rhythm=Rhythm(
        "monthly",
        "provisional figures each month, up to six months after it; final ones of a year about a year after it",
        "the query of April 2025, which ends with October 2024",
        months=1,
        lag=6,
    ),
    held_against="the final years of `overdose_annual_state`, a State each in 2018, 2020 and 2022 and the nation in "
    "2018 and 2019: equal",
)


def _rate(name: str, description: str) -> Field:
    return Field(name, "number", description, "deaths per 100,000 residents", {"minimum": 0})


# Column of the export: column of the table.
_RATES = {
    "Crude Rate": "crude_rate",
    "Crude Rate Lower 95% Confidence Interval": "crude_rate_ci_low",
    "Crude Rate Upper 95% Confidence Interval": "crude_rate_ci_high",
    "Crude Rate Standard Error": "crude_rate_std_error",
    "Age Adjusted Rate": "adjusted_rate",
    "Age Adjusted Rate Lower 95% Confidence Interval": "adjusted_rate_ci_low",
    "Age Adjusted Rate Upper 95% Confidence Interval": "adjusted_rate_ci_high",
    "Age Adjusted Rate Standard Error": "adjusted_rate_std_error",
}

OVERDOSE_ANNUAL_STATE = Table(
    name="overdose_annual_state",
    title="Drug overdose deaths and death rates by State of residence and year",
    description="One row is a calendar year and a State: deaths by drug overdose, of all drugs (underlying cause "
    "X40-X44, X60-X64, X85, Y10-Y14), residents, and death rates with 95 % confidence limits.",
    fields=(
        Field("year", "year", "Calendar year of death.", constraints={"required": True}),
        _STATE,
        Field("deaths", "integer", "Deaths; empty where suppressed.", "deaths", {"minimum": 0}),
        Field("suppressed", "boolean", "Deaths are not shown, being 1 to 9.", constraints={"required": True}),
        Field("population", "integer", "Residents the rates refer to.", "persons", {"required": True, "minimum": 1}),
        _rate("crude_rate", "Deaths by population; empty where unreliable or suppressed."),
        _rate("crude_rate_ci_low", "Lower 95 % confidence limit of the crude rate."),
        _rate("crude_rate_ci_high", "Upper 95 % confidence limit of the crude rate."),
        _rate("crude_rate_std_error", "Standard error of the crude rate."),
        _rate("adjusted_rate", "Rate adjusted to the age structure of the year 2000; empty where unreliable."),
        _rate("adjusted_rate_ci_low", "Lower 95 % confidence limit of the age-adjusted rate."),
        _rate("adjusted_rate_ci_high", "Upper 95 % confidence limit of the age-adjusted rate."),
        _rate("adjusted_rate_std_error", "Standard error of the age-adjusted rate."),
        Field(
            "unreliable",
            "boolean",
            "The publisher gives no rate because it would rest on 20 deaths or fewer.",
            constraints={"required": True},
        ),
        _STATUS,
    ),
    primary_key=("year", "state"),
    licences=(licences.CDC_WONDER,),
    sources=(
        MULTIPLE_CAUSE,
        PROVISIONAL,
    ),
    time="year",
    caveats=(
        *_STATE_CAVEATS,
        "A partial year is no year: its rates set some months of deaths against a whole year's population.",
        "Populations are bridged-race estimates to 2020 and single-race estimates from 2021.",
    ),
    rhythm=Rhythm(
        "yearly",
        "final figures of a year about a year after it, in December or January; provisional ones before them",
        "CDC WONDER, final files of Multiple Cause of Death",
        months=12,
        lag=13,
    ),
    held_against="the months of `overdose_monthly_state`, a State each in 2018, 2020 and 2022 and the nation in 2018 and "
    "2019: equal; its populations against the World Bank's, 2018, 2020 and 2022: within 1 %",
)


_PLACE = ("Residence State", "Residence State Code", "State", "State Code")
_BY_MONTH = ("Notes", "Month", "Month Code", *_PLACE, "Deaths")
_BY_YEAR = ("Notes", "Year", "Year Code", *_PLACE, "Deaths", "Population", *_RATES)


def read_monthly_state(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all exports by month and State; vintage is the day of the latest query.

    States an export has no row for in a month it covers become rows without a figure, marked suppressed.

    Raises
    ------
    DataError
        If a file is cut off or filtered, its query counts other deaths, its rows contradict its totals, a State is
        unknown, or a month is missing or given twice.
    """
    import pandas as pd

    exports = [read_export(path, _BY_MONTH) for path in paths]
    frame = pd.concat([_state_months(export) for export in exports], ignore_index=True)
    nation = frame[frame["state"] == states.NATION]
    by_state = frame[frame["state"] != states.NATION]
    check_continuous("a State", by_state.drop_duplicates(["month", "path"])["month"], paths)
    _check_gaps(by_state)
    hidden = by_state["suppressed"]
    notes = [f"{int(hidden.sum())} of {len(by_state)} State-months not shown by the publisher"]
    for year, total in nation.groupby(nation["month"].str[:4])["deaths"].sum().items():
        shown = by_state.loc[by_state["month"].str[:4] == year, "deaths"].sum()
        notes.append(f"{year}: {total:,.0f} deaths in all, {shown:,.0f} in the rows shown")
    return [
        Release(
            OVERDOSE_MONTHLY_STATE,
            vintage or max(export.query_date for export in exports),
            frame.drop(columns="path"),
            parts.before(str(frame["month"].min()), _FIRST_MONTH),
            tuple(notes),
        )
    ]


def _state_months(export: Export) -> "pd.DataFrame":
    """Rows of one export, those it leaves out, and its totals as rows of the US; `path` is where they come from."""
    import pandas as pd

    path, rows, totals = export.path, export.rows, export.totals
    wonder_query.require(export, OVERDOSE_MONTHLY_STATE.name)
    # Of residents only: one query system calls the columns "State", the other "Residence State".
    rows = rows.rename(columns=lambda name: name.removeprefix("Residence "))
    shown = pd.DataFrame(
        {
            "month": calendar_months(path, rows["Month Code"], rows["Month"]),
            "state": _states(path, rows["State"], rows["State Code"]),
            "deaths": numbers(path, rows["Deaths"], blank=(_SUPPRESSED,), whole=True).astype("Int64"),
            "status": statuses(path, rows["Month"]),
        }
    )
    if len(twice := rows["Deaths"][shown.duplicated(["month", "state"])]):
        refuse(path, twice, "is the second figure of its State and month; export the query again")
    by_status = shown.groupby("month")["status"].first()
    refuse(
        path, rows["Month"][shown["status"] != shown["month"].map(by_status)], "is final in one row and not in another"
    )
    wonder_query.require_periods(export, by_status.index, final=by_status.index[by_status == "final"])
    grid = pd.MultiIndex.from_product([by_status.index, list(states.load().states)], names=["month", "state"])
    frame = shown.set_index(["month", "state"]).reindex(grid).reset_index()
    frame["status"] = frame["month"].map(by_status)
    _check_shown(export, by_status, shown)
    by_month = totals[totals["Month Code"] != ""]
    nation = pd.DataFrame(
        {
            "month": calendar_months(path, by_month["Month Code"], by_month["Month"]),
            "state": states.NATION,
            "deaths": numbers(path, by_month["Deaths"], whole=True).astype("Int64"),
        }
    )
    nation["status"] = nation["month"].map(by_status)
    if export.query.get("Show Totals") == "True" and (untold := sorted(set(by_status.index) - set(nation["month"]))):
        raise DataError(f"{path}: the query shows totals, and there is no Total row of {', '.join(untold)}: {_CUT}")
    _check_state_totals(path, frame, nation, numbers(path, totals["Deaths"][totals["Month Code"] == ""], whole=True))
    frame = pd.concat([frame, nation], ignore_index=True)
    return frame.assign(suppressed=frame["deaths"].isna(), path=str(path))


def _check_shown(export: Export, by_status: "pd.Series[str]", shown: "pd.DataFrame") -> None:
    """Refuse an export with months in which more States have no row than can have had too few deaths to be shown."""
    asked_for_all = all(export.query.get(f"Show {which}") == "True" for which in ("Zero Values", "Suppressed"))
    # The first counts of the latest months leave many States under ten.
    unsettled = by_status.index[by_status != "final"][-_UNSETTLED_MONTHS:]
    hidden = len(states.load().states) - shown.groupby("month")["state"].nunique()
    for month, absent in (hidden if asked_for_all else hidden.drop(unsettled)).items():
        if absent > (0 if asked_for_all else _MOST_HIDDEN):
            raise DataError(f"{export.path}: {absent} of the 51 States have no row in {month}: {_CUT}")


def _check_gaps(by_state: "pd.DataFrame") -> None:
    """Refuse a month in which a State is hidden that had many deaths in the months before and after."""
    ordered = by_state.astype({"deaths": "float64"}).sort_values(["state", "month"])
    deaths = ordered.groupby("state")["deaths"]
    many = (deaths.shift(1) >= _NEVER_SUPPRESSED) & (deaths.shift(-1) >= _NEVER_SUPPRESSED)
    gaps = ordered[ordered["deaths"].isna() & many]
    if len(gaps):
        gap = gaps.iloc[0]
        raise DataError(
            f"{gap['path']}: {gap['state']} has no figure in {gap['month']}, and {_NEVER_SUPPRESSED} deaths or more in "
            f"the months before and after: {_CUT}"
        )


def _check_state_totals(path: Path, frame: "pd.DataFrame", nation: "pd.DataFrame", overall: "pd.Series[float]") -> None:
    """Where totals are given, they must leave each hidden cell with nought to nine deaths, and add up themselves."""
    again = "rows are missing or were edited; export the query again"
    by_month = frame.groupby("month")["deaths"]
    shown, hidden = by_month.sum(), by_month.size() - by_month.count()
    for month, total in zip(nation["month"], nation["deaths"], strict=True):
        left = total - shown.get(month, 0)
        if not 0 <= left <= _LARGEST_SUPPRESSED * hidden.get(month, 0):
            raise DataError(
                f"{path}: the Total row of {month} says {total:,} deaths, its States add up to {shown.get(month, 0):,} "
                f"and {hidden.get(month, 0)} of them are hidden: {again}"
            )
    if len(nation) and (len(overall) != 1 or overall.iloc[0] != nation["deaths"].sum()):
        raise DataError(
            f"{path}: the monthly totals add up to {nation['deaths'].sum():,}, the Total row over all months says "
            f"{', '.join(f'{total:,.0f}' for total in overall) or 'nothing'}: {again}"
        )


def read_annual_state(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all exports by State and year with rates; vintage is the day of the latest query.

    Raises
    ------
    DataError
        If a file is cut off or filtered, its query counts other deaths, its rows contradict its totals, a State is
        unknown, or a State-year is missing or given twice.
    """
    import pandas as pd

    exports = [read_export(path, _BY_YEAR) for path in paths]
    frame = pd.concat([_state_years(export) for export in exports], ignore_index=True)
    years = frame["year"].drop_duplicates()
    for state, group in frame.groupby("state"):
        missing = sorted(set(range(years.min(), years.max() + 1)) - set(group["year"]))
        if missing or group["year"].duplicated().any():
            problem = f"lacks {', '.join(map(str, missing))}" if missing else "has a year twice"
            raise DataError(
                f"{', '.join(str(path) for path in paths)}: {state} {problem}; give exports that cover every year once"
            )
    notes = (f"{int(frame['unreliable'].sum())} of {len(frame)} State-years without a rate, resting on few deaths",)
    return [
        Release(
            OVERDOSE_ANNUAL_STATE,
            vintage or max(export.query_date for export in exports),
            frame,
            parts.before(str(years.min()), str(_FIRST_YEAR)),
            notes,
        ),
    ]


def _state_years(export: Export) -> "pd.DataFrame":
    import pandas as pd

    path = export.path
    wonder_query.require(export, OVERDOSE_ANNUAL_STATE.name)
    # Of residents only: one query system calls the columns "State", the other "Residence State".
    rows, totals = (
        f.rename(columns=lambda name: name.removeprefix("Residence ")) for f in (export.rows, export.totals)
    )
    refuse(
        path,
        rows["Year Code"][~rows["Year Code"].str.fullmatch(r"(19|20)[0-9][0-9]")],
        "must be a year; export it again",
    )
    labelled = rows["Year"].str.replace(r" \([^)]*\)$", "", regex=True)
    refuse(
        path, rows["Year"][labelled != rows["Year Code"]], "must name the year of the code beside it; export it again"
    )
    unreliable = rows["Crude Rate"] == _UNRELIABLE
    refuse(
        path,
        rows["Age Adjusted Rate"][unreliable != (rows["Age Adjusted Rate"] == _UNRELIABLE)],
        "contradicts the crude rate of its row, of which one only is unreliable; export the query again",
    )
    no_rate = (_UNRELIABLE, _SUPPRESSED, _NOT_APPLICABLE)
    frame = pd.DataFrame(
        {
            "year": rows["Year Code"].astype("int64"),
            "state": _states(path, rows["State"], rows["State Code"]),
            "deaths": numbers(path, rows["Deaths"], blank=(_SUPPRESSED,), whole=True).astype("Int64"),
            "suppressed": rows["Deaths"] == _SUPPRESSED,
            "population": numbers(path, rows["Population"], whole=True).astype("int64"),
            **{name: numbers(path, rows[column], blank=no_rate) for column, name in _RATES.items()},
            "unreliable": unreliable,
            "status": statuses(path, rows["Year"]),
        }
    )
    _check_rates(path, rows, frame)
    wonder_query.require_periods(export, rows["Year Code"], final=())
    if absent := sorted(set(states.load().states) - set(frame["state"])):
        raise DataError(f"{path}: there is no row of {', '.join(absent)}: {_CUT}")
    if set(totals["State"]) != {*rows["State"], ""}:
        raise DataError(f"{path}: there is no Total row for each State and over all; export again with Show Totals on")
    stated = numbers(path, totals["Deaths"], whole=True)
    by_state = frame.groupby("state")["deaths"].sum()
    hidden = frame.groupby("state")["suppressed"].sum() * _LARGEST_SUPPRESSED
    for row, name, total in zip(totals.index, totals["State"], stated, strict=True):
        counted, most = (
            (by_state.get(states.state(name), 0), hidden.get(states.state(name), 0))
            if name
            else (by_state.sum(), hidden.sum())
        )
        if not 0 <= total - counted <= most:
            raise DataError(
                f"{path}: row {row}, the years of {name or 'all States'} add up to {counted:,} deaths, the Total row "
                f"says {total:,.0f}: rows are missing or were edited; export the query again"
            )
    return frame


def _check_rates(path: Path, rows: "pd.DataFrame", frame: "pd.DataFrame") -> None:
    """The crude rate is deaths by population to the digits printed, and lies within its limits."""
    expected = 100_000 * frame["deaths"].astype("float64") / frame["population"]
    off = (frame["crude_rate"] / expected - 1).abs() > 1e-6
    refuse(path, rows["Crude Rate"][off], "is not the row's deaths by its population; export the query again")
    for kind, column in (("crude_rate", "Crude Rate"), ("adjusted_rate", "Age Adjusted Rate")):
        outside = (frame[kind] < frame[f"{kind}_ci_low"]) | (frame[kind] > frame[f"{kind}_ci_high"])
        refuse(path, rows[column][outside], "lies outside its confidence limits; export the query again")


def _states(path: Path, names: "pd.Series[str]", codes: "pd.Series[str]") -> "pd.Series[str]":
    listed = states.load()
    known = {place.name: code for code, place in listed.states.items()}
    found = translate(path, names, known, "State")
    refuse(path, codes[codes.str.zfill(2) != found.map(listed.fips)], "is not the FIPS code of the row's State")
    return found


READERS = (
    Reader(
        name="cdc_wonder_state_month",
        table=OVERDOSE_MONTHLY_STATE,
        columns=frozenset({"Notes", "Month", "Month Code", "Residence State", "Residence State Code", "Deaths"}),
        read=read_monthly_state,
        manual="At https://wonder.cdc.gov/mcd-icd10-provisional.html group by Month and Residence State; choose the "
        "drug poisonings (overdose) among the drug/alcohol induced causes, and one year at a time; export. Ingest the "
        "exports of all years together.",
        other_columns=(frozenset({"Notes", "Month", "Month Code", "State", "State Code", "Deaths"}),),
    ),
    Reader(
        name="cdc_wonder_state_year",
        table=OVERDOSE_ANNUAL_STATE,
        columns=frozenset({"Notes", "Residence State", "Residence State Code", "Year", "Year Code", *_RATES}),
        read=read_annual_state,
        manual="At https://wonder.cdc.gov/mcd-icd10.html (to 2020) and "
        "https://wonder.cdc.gov/mcd-icd10-provisional.html (from 2021) group by Residence State and Year; choose the "
        "drug poisonings (overdose) among the drug/alcohol induced causes; show totals, suppressed and zero values, "
        "confidence intervals and standard errors; export. Ingest the exports of all years together.",
        other_columns=(frozenset({"Notes", "State", "State Code", "Year", "Year Code", *_RATES}),),
    ),
)
