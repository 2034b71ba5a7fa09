"""When executive summaries came out: shares by year and by region, and years until the second one could and did."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from crimjust_research.designs.survival.curves import SurvivalCurves, kaplan_meier
from crimjust_research.designs.survival.turnbull import IntervalSurvival, duration_from_years, turnbull
from crimjust_research.errors import DataError

ALL = "All States"
# Two regions under one name: the few States of South Asia allow no hazard of their own.
_AREAS = {"East Asia & Pacific": "Asia & Pacific", "South Asia": "Asia & Pacific"}
_REVIEWED = ("reviews_completed_executive_summaries", "first_cycle_states_in_study", "implementation_gaps")
FIRST_READ, SECOND_READ, STATED = "first cycle, States read", "second cycle, States read", "first cycle, UNODC's totals"
_HALF = 0.5
# The second cycle was opened by resolution 6/1 of the Conference of the States Parties, which met from 2 to 6 November 2015
# (CAC/COSP/2015/10).
OPENED = 2015


def second_cycle(panel: pd.DataFrame) -> pd.DataFrame:
    """One row a State: the panel's columns and area, everyone (the same for all), happened (0 or 1), from_year (the later of
    the first summary and the opening of the cycle), years (from there to the second summary or the end of the listing),
    years_possible (to the end of the listing), joined (year, or missing).

    Raises
    ------
    DataError
        If a second summary is older than the cycle.
    """
    rows = panel[panel["cycle"] == 2].reset_index(drop=True)
    if len(early := rows[rows["year"] < OPENED]):
        states = ", ".join(early["iso3"])
        raise DataError(
            f"the second summary of {states} is dated before {OPENED}, when the cycle opened; mend the year"
        )
    rows = rows.assign(
        area=rows["region"].replace(_AREAS),
        everyone=ALL,
        happened=rows["is_complete"].astype("int64"),
        joined=rows["entry_documented"].fillna(rows["entry_latest"]).astype("float64"),
    )
    return counted_from(rows, rows["first_year"].clip(lower=OPENED))


def counted_from(second: pd.DataFrame, from_year: pd.Series[int]) -> pd.DataFrame:
    """Rows of `second_cycle` with years counted from other years, one for each State."""
    ends = second["year"].fillna(second["censoring_year"]).astype("int64")
    return second.assign(
        from_year=from_year, years=ends - from_year, years_possible=second["censoring_year"] - from_year
    )


def with_income(second: pd.DataFrame, country_years: pd.DataFrame) -> pd.DataFrame:
    """Rows of `second_cycle` with log_income: the log of GDP per head in the year of the first summary, or missing."""
    income = np.log(country_years["gdp"].astype("float64") / country_years["population"].astype("float64"))
    of_year = pd.DataFrame({"iso3": country_years["iso3"], "first_year": country_years["year"], "log_income": income})
    return second.merge(of_year, on=["iso3", "first_year"], how="left", validate="1:1")


def merged_areas(second: pd.DataFrame) -> pd.DataFrame:
    """Regions that stand with another under one name: region, area, states, second_summaries; the smaller first."""
    merged = second[second["region"] != second["area"]].groupby(["region", "area"])["happened"]
    table = merged.agg(states="size", second_summaries="sum").reset_index()
    return table.sort_values(["states", "region"], ignore_index=True)


def by_year(panel: pd.DataFrame) -> pd.DataFrame:
    """Share of the States read that had a summary by the end of each year: cycle, year, summaries, states, share."""
    years = np.arange(panel["first_year"].min(), panel["censoring_year"].max() + 1)
    rows = []
    for cycle, part in panel.groupby("cycle"):
        done = np.sort(part.loc[part["is_complete"], "year"].to_numpy(np.int64))
        summaries, states = np.searchsorted(done, years, side="right"), len(part)
        found = {"cycle": cycle, "year": years, "summaries": summaries, "states": states, "share": summaries / states}
        rows.append(pd.DataFrame(found))
    return pd.concat(rows, ignore_index=True)


def by_region(second: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Share of each region's States read that have a second summary: region, states, second_summaries, share, ci_low,
    ci_high (Wilson)."""
    table = second.groupby("region")["happened"].agg(states="size", second_summaries="sum").reset_index()
    low, high = proportion_confint(table["second_summaries"], table["states"], alpha, method="wilson")
    return table.assign(share=table["second_summaries"] / table["states"], ci_low=low, ci_high=high)


def published_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """Shares of States parties with a first-cycle review that UNODC's own totals give: as_of, reviewed, parties, share,
    document.

    Parties are those the same document names or, where it names none, those of the nearest date that has a total.
    """
    parties = totals[totals["metric"] == "states_parties"]
    days = pd.to_datetime(parties["as_of"])
    rows = []
    for row in totals[totals["metric"].isin(_REVIEWED)].to_dict("records"):
        nearest = float(parties["value_low"].iloc[int((days - pd.Timestamp(row["as_of"])).abs().argmin())])
        # The scope gives either all parties or, for a total of gaps, those reviewed.
        all_parties = re.fullmatch(r"(\d+) States parties", str(row["scope"]))
        reviewed = with_review(row["scope"]) or row["value_low"]
        of = float(all_parties[1]) if all_parties else nearest
        rows.append((row["as_of"], reviewed, of, reviewed / of, row["document"]))
    return pd.DataFrame(rows, columns=["as_of", "reviewed", "parties", "share", "document"])


def with_review(scope: object) -> float | None:
    """States with a completed review, where the scope of a total names them."""
    named = re.match(r"(\d+) States parties with completed reviews", str(scope))
    return float(named[1]) if named else None


def beside_published(shares: pd.DataFrame, years: pd.DataFrame) -> pd.DataFrame:
    """`published_totals` with share_of_states_read: of the States read, those with a first summary by that year's end."""
    first = years[years["cycle"] == 1].set_index("year")["share"]
    return shares.assign(share_of_states_read=[float(first.get(int(day[:4]), np.nan)) for day in shares["as_of"]])


def shares_over_time(years: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of `by_year` and of `published_totals` on one axis: series, year (a whole one is its end), share."""
    lines = years.assign(series=years["cycle"].map({1: FIRST_READ, 2: SECOND_READ}))
    day = pd.to_datetime(shares["as_of"])
    ends = day.dt.year + (day.dt.day_of_year - 365) / 365
    points = pd.DataFrame({"series": STATED, "year": ends, "share": shares["share"]})
    return pd.concat([lines[["series", "year", "share"]], points], ignore_index=True)


def waits(second: pd.DataFrame, by: str, alpha: float) -> SurvivalCurves:
    """Kaplan-Meier curves of the years without a second summary, by a column; groups without one are left out.

    Raises
    ------
    DataError
        If no group has a second summary.
    """
    used = second[second.groupby(by)["happened"].transform("any")]
    if used.empty:
        raise DataError("no State read has a second summary, so there is no wait to describe; read more pages")
    return kaplan_meier(used["years"], used["happened"], group=used[by], alpha=alpha)


def within(curve: SurvivalCurves, times: Sequence[int]) -> pd.DataFrame:
    """Shares with a second summary by each time, of a curve of one group: time, estimate, ci_low, ci_high, n_obs."""
    read = curve.at(times)
    shares = {"estimate": 1 - read["survival"], "ci_low": 1 - read["ci_high"], "ci_high": 1 - read["ci_low"]}
    return pd.DataFrame({"time": read["time"], **shares, "n_obs": int(curve.summary["n"].iloc[0])})


def from_start_to_end(curves: SurvivalCurves, second: pd.DataFrame, by: str) -> pd.DataFrame:
    """Curves from time 0 to the longest wait of their group: group, time, at_risk, events, survival, ci_low, ci_high."""
    columns = ["group", "time", "at_risk", "events", "survival", "ci_low", "ci_high"]
    parts = []
    for group, curve in curves.table.groupby("group", sort=False):
        years = second.loc[second[by] == group, "years"]
        start = {"time": 0.0, "survival": 1.0, "ci_low": 1.0, "ci_high": 1.0}
        end = {**curve.iloc[-1][["survival", "ci_low", "ci_high"]], "time": float(years.max())}
        ends = pd.DataFrame([start, end]).assign(group=group, events=0)
        ends = ends[~ends["time"].isin(curve["time"])]
        ends["at_risk"] = [int((years >= time).sum()) for time in ends["time"]]
        parts.append(pd.concat([curve[columns], ends[columns]]).sort_values("time", kind="stable"))
    return pd.concat(parts, ignore_index=True)


def still_awaited(second: pd.DataFrame, by: str, times: Sequence[int]) -> pd.DataFrame:
    """How many States are without a second summary, and still listed, at each time: group, time, at_risk."""
    rows = [(g, t, int((years >= t).sum())) for g, years in second.groupby(by)["years"] for t in times]
    return pd.DataFrame(rows, columns=["group", "time", "at_risk"])


def by_size(frame: pd.DataFrame, curves: SurvivalCurves) -> pd.DataFrame:
    """Rows of a frame by group, those of the largest groups first, with panel: the group's name, and how many of how many
    have a second summary; groups without a curve are left out."""
    parts: list[pd.DataFrame] = []
    for row in curves.summary.sort_values("n", ascending=False, kind="stable").to_dict("records"):
        own = frame[frame["group"] == row["group"]]
        parts.append(own.assign(panel=f"{row['group']} ({row['events']} of {row['n']})"))
    return pd.concat(parts, ignore_index=True)


def years_only(second: pd.DataFrame) -> IntervalSurvival:
    """Turnbull's estimate of the wait, a span of n years standing for any from n - 1 to n + 1.

    The opening of the cycle is dated to the year as first summaries are, though its month is known.
    """
    # The listing ends within its last year, so the year before is the last one seen in full.
    last = int(second["censoring_year"].iloc[0]) - 1
    return turnbull(*duration_from_years(second["from_year"], second["year"].astype("float64"), last))


def beside_kaplan_meier(known_to_the_year: IntervalSurvival, curve: SurvivalCurves, last: int) -> pd.DataFrame:
    """Shares without a second summary after 1 to `last` years: years, turnbull (the least it allows), kaplan_meier."""
    times = list(range(1, last + 1))
    least = known_to_the_year.bounds(times)["low"]
    return pd.DataFrame({"years": times, "turnbull": least, "kaplan_meier": curve.at(times)["survival"].to_numpy()})


def median_between(known_to_the_year: IntervalSurvival) -> tuple[float, float]:
    """Years between which the median wait lies; not numbers where half is not reached."""
    half = known_to_the_year.table[known_to_the_year.table["survival"] <= _HALF]
    return (float(half["left"].iloc[0]), float(half["right"].iloc[0])) if len(half) else (np.nan, np.nan)
