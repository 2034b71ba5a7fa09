"""The second review summary by dated presence: who was awaited when, reached or not, and how much sooner it came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from crimjust_research.designs.arrays import BoolArray
from crimjust_research.designs.counts.exact_strata import common_odds
from crimjust_research.designs.resampling.permutation import permutation_p, smallest_p
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard
from crimjust_research.designs.survival.exposure import exposed_events
from crimjust_research.errors import ParameterError
from crimjust_research.questions.assistance import presence
from crimjust_research.questions.assistance.params import Params
from crimjust_research.questions.reviews.hazard import state_years

WORDS = {presence.ANY: "adviser or platform", presence.ADVISER: "adviser", presence.PLATFORM: "platform"}
REACHED, OTHERS = "reached", "not reached"
BY_POSTING = "clustered_by_posting"
# Shuffles held at once: a State and a year each.
_BATCH = 500


@dataclass(frozen=True)
class Awaited:
    """States awaited year by year, those reached through one channel from some year on."""

    rows: pd.DataFrame
    """A row a State: `completion.second_cycle` and reached (first year, or missing)."""
    channel: str
    lag: int = 0
    """Years after the first of presence from which it counts."""

    @property
    def years(self) -> Any:
        """Calendar years from the first at risk to the end of the listing."""
        return np.arange(self.rows["from_year"].min(), self.rows["censoring_year"].max() + 1)

    @property
    def ends(self) -> pd.Series[int]:
        """Year of the second summary, or of the end of the listing."""
        return self.rows["from_year"] + self.rows["years"]

    @property
    def history(self) -> tuple[BoolArray, BoolArray, BoolArray]:
        """Who is at risk, who publishes, and who is reached, in each calendar year: (States, years) each."""
        begin, end = self.rows["from_year"].to_numpy()[:, None], self.ends.to_numpy()[:, None]
        at_risk = (begin <= self.years) & (self.years <= end)
        happened = (self.rows["happened"] == 1).to_numpy()[:, None] & (self.years == end)
        return at_risk, happened, self.years >= (self.rows["reached"].to_numpy(np.float64) + self.lag)[:, None]

    @property
    def state_years(self) -> pd.DataFrame:
        """A row a State and year at risk, period being the calendar year, reached 0 or 1, and an indicator for each area."""
        rows = state_years(self.rows.rename(columns={"reached": "first_reached"}))
        by_then = (rows["calendar"] >= rows["first_reached"] + self.lag).astype("float64")
        areas = pd.get_dummies(rows["area"], prefix="area", dtype="float64").iloc[:, 1:]
        return rows.assign(reached=by_then, since=rows["period"], period=rows["calendar"]).join(areas)


def awaited(second: pd.DataFrame, table: pd.DataFrame, channel: str, p: Params) -> Awaited:
    """States of `completion.second_cycle`, and from when a channel reaches each by `presence.postings`."""
    first = presence.reached(table, channel, p)
    return Awaited(second.assign(reached=second["iso3"].map(first).astype("float64")), channel)


def by_area(data: Awaited) -> pd.DataFrame:
    """What each area has to compare: area, states, reached (awaited in some year while reached), summaries, after (of them
    while reached), compared (State-years in years in which some of the area were reached and some not)."""
    at_risk, happened, exposed = data.history
    rows = []
    for area, own in data.rows.groupby("area").indices.items():
        risk, event, under = at_risk[own], happened[own], exposed[own]
        n, m = risk.sum(axis=0), (risk & under).sum(axis=0)
        both = (m > 0) & (m < n)
        counts = ((risk & under).any(axis=1).sum(), event.sum(), (event & under).sum(), n[both].sum())
        rows.append((area, len(own), *map(int, counts)))
    return pd.DataFrame(rows, columns=["area", "states", "reached", "summaries", "after", "compared"])


def hazard_ratio(
    data: Awaited, p: Params, *, areas: bool = True, since: bool = False, cluster: str = "iso3"
) -> dict[str, Any]:
    """The hazard ratio of a second summary in years reached, as the numbers of an estimate and why it is missing, if it is.

    A level for each calendar year and, with `areas`, each area; with `since` for each year since the State came to be at risk
    instead of calendar years. Errors are clustered by `cluster`, a column of its rows.
    """
    rows = data.state_years
    counts = {"n_obs": len(rows), "n_units": rows["iso3"].nunique()}
    terms = ["reached", *(str(c) for c in rows if str(c).startswith("area_") and areas)]
    if since:
        rows = rows.assign(period=rows["since"])
    try:
        table = discrete_hazard(rows, "iso3", terms, cluster=cluster, alpha=p.alpha).table
    except ParameterError as refused:
        return (
            dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value"), np.nan)
            | counts
            | {"missing": str(refused)}
        )
    (found,) = table[table["term"] == "reached"].to_dict("records")
    numbers = {"estimate": found["hazard_ratio"], "std_error": found["hazard_ratio"] * found["std_error"]}
    return numbers | {name: found[name] for name in ("ci_low", "ci_high", "p_value")} | counts | {"missing": ""}


def shuffled(data: Awaited, p: Params) -> dict[str, Any]:
    """The one-step hazard ratio within areas and calendar years, p by dealing dates of presence out again within areas.

    p is the rank of the standardised difference among all shuffles; smallest_p is the least that any arrangement could have had.
    """
    at_risk, happened, exposed = data.history
    order = shuffled_within(data.rows["area"], p.draws, p.seed)
    parts = [
        exposed_events(at_risk[None], happened[None], exposed[order[start : start + _BATCH]], data.rows["area"])
        for start in range(0, len(order), _BATCH)
    ]
    z = np.concatenate([part.z for part in parts])
    own = exposed_events(at_risk[None], happened[None], exposed[None], data.rows["area"])
    row: dict[Any, Any] = own.ratios(p.alpha).iloc[0].to_dict()
    nothing = np.isnan(row["estimate"])
    counts = {"n_obs": int(at_risk.sum()), "n_units": len(at_risk)}
    p_value = np.nan if nothing else permutation_p(z[1:], float(z[0])).p_value
    return row | counts | {"p_value": p_value, "smallest_p": np.nan if nothing else smallest_p(z[1:], float(z[0]))}


def specifications(second: pd.DataFrame, table: pd.DataFrame, channel: str, p: Params) -> pd.DataFrame:
    """The hazard ratio under other choices, a row each: name, words, the numbers of an estimate, missing."""
    own = awaited(second, table, channel, p)
    other_regions = "m49" if p.regions == "members" else "members"
    datings = {
        "published": "dates as published",
        "document": "all presence dated 2021",
        "ever": "reached from the start on",
    }
    regions = {"members": "members as UNODC names them", "m49": "regions by M49 throughout"}
    rows = [
        {"name": f"dated_{dating}", "words": words}
        | hazard_ratio(awaited(second, table, channel, _with(p, dating=dating)), p)
        for dating, words in datings.items()
        if dating != p.dating
    ]
    rows += [
        {"name": "no_regions", "words": "areas left out"} | hazard_ratio(own, p, areas=False),
        {"name": f"regions_{other_regions}", "words": regions[other_regions]}
        | hazard_ratio(awaited(second, table, channel, _with(p, regions=other_regions)), p),
        {"name": "year_after", "words": "from the year after presence began"} | hazard_ratio(replace(own, lag=1), p),
        {"name": "years_at_risk", "words": "a level for each year at risk, not for calendar years"}
        | hazard_ratio(own, p, since=True),
        {"name": BY_POSTING, "words": "errors clustered by what reached a State first; by State where nothing did"}
        | hazard_ratio(_by_posting(own, table, p), p, cluster="through"),
    ]
    compared = by_area(own)
    rows += [
        {"name": f"without.{_in_a_word(area)}", "words": f"without {area}"} | hazard_ratio(_without(own, area), p)
        for area in compared.loc[compared["compared"] > 0, "area"]
    ]
    return pd.DataFrame(rows)


def _by_posting(data: Awaited, table: pd.DataFrame, p: Params) -> Awaited:
    """With the posting that reached each State first: a platform brings its States together, so that they are not independent."""
    first = presence.through(table, data.channel, p)
    states = data.rows["iso3"]
    return replace(data, rows=data.rows.assign(through=states.map(first).fillna(states)))


def _without(data: Awaited, area: str) -> Awaited:
    return replace(data, rows=data.rows[data.rows["area"] != area].reset_index(drop=True))


def _in_a_word(area: str) -> str:
    """An area as part of an id."""
    return "_".join(re.findall("[a-z]+", area.lower()))


def _with(p: Params, **changes: str) -> Params:
    return p.model_copy(update=changes)


def still_awaited(second: pd.DataFrame, table: pd.DataFrame, channel: str, year: int, p: Params) -> pd.DataFrame:
    """States without a second summary at the end of a year, and whether a channel reached them by then.

    Returns
    -------
    DataFrame: rows of `completion.second_cycle` with under (0 or 1) and group (reached, or not reached).
    """
    there = presence.by_the_document(table, channel, p)
    at_risk = (second["from_year"] <= year) & (second["from_year"] + second["years"] > year)
    rows = second.loc[at_risk.to_numpy(bool)].reset_index(drop=True)
    under = rows["iso3"].isin(there).astype("int64")
    return rows.assign(under=under, group=under.map({1: REACHED, 0: OTHERS}))


def completed(rows: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Share of the States of `still_awaited` that have a second summary since: group, estimate, ci_low, ci_high (Wilson),
    summaries, n_obs."""
    counts = rows.groupby("group")["happened"].agg(summaries="sum", n_obs="size").reindex([REACHED, OTHERS])
    table: pd.DataFrame = counts.dropna().astype("int64").reset_index()
    low, high = proportion_confint(table["summaries"], table["n_obs"], p.alpha, method="wilson")
    return table.assign(estimate=table["summaries"] / table["n_obs"], ci_low=low, ci_high=high)


def odds_of_completion(rows: pd.DataFrame, p: Params) -> dict[str, Any]:
    """The odds of a second summary since, reached against others of the same area: the exact conditional ratio and test."""
    try:
        found = common_odds(rows, "happened", "under", "area", alpha=p.alpha)
    except ParameterError as refused:
        missing = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "least_p"), np.nan)
        return missing | {"n_obs": len(rows), "n_units": len(rows), "strata": 0, "missing": str(refused)}
    numbers = {"estimate": found.odds_ratio, "ci_low": found.ci_low, "ci_high": found.ci_high, "p_value": found.p_value}
    counts = {"n_obs": found.n_obs, "n_units": found.n_obs, "strata": found.n_strata}
    return numbers | counts | {"least_p": found.least_p, "missing": ""}


# Of all channels, as a notebook records them -----------------------------------------------------------------------------


def studied(second: pd.DataFrame, table: pd.DataFrame, p: Params) -> dict[str, Awaited]:
    """The States awaited, by each channel that is studied: adviser or platform, adviser, platform."""
    return {channel: awaited(second, table, channel, p) for channel in presence.STUDIED}


def ratios(data: Mapping[str, Awaited], p: Params) -> pd.DataFrame:
    """`hazard_ratio` of each channel: key, channel (in words), the numbers of an estimate, says (what is to be known of it)."""
    rows = []
    for key, own in data.items():
        found = hazard_ratio(own, p)
        at_risk, happened, exposed = own.history
        years, events = int((at_risk & exposed).sum()), int((happened & exposed).sum())
        told = f"{events} summaries in {years} State-years reached"
        says = (
            f"{told}; not estimated: {found['missing'][0].lower()}{found['missing'][1:]}" if found["missing"] else told
        )
        rows.append({"key": key, "channel": WORDS[key]} | found | {"says": says})
    return pd.DataFrame(rows)


def shuffles(data: Mapping[str, Awaited], p: Params) -> pd.DataFrame:
    """`shuffled` of each channel: key, channel, the numbers of an estimate, observed, expected, smallest_p."""
    return pd.DataFrame([{"key": key, "channel": WORDS[key]} | shuffled(own, p) for key, own in data.items()])


def choices(second: pd.DataFrame, table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """`specifications` of each channel, with key and channel."""
    parts = [
        specifications(second, table, channel, p).assign(key=channel, channel=WORDS[channel])
        for channel in presence.STUDIED
    ]
    return pd.concat(parts, ignore_index=True)


def heaviest(found: pd.DataFrame, variants: pd.DataFrame, channel: str) -> dict[str, Any] | None:
    """The area without which the ratio of a channel is farthest from that of all, a row of `choices`; None if none has one."""
    main = float(found.loc[found["key"] == channel, "estimate"].iloc[0])
    own = variants[(variants["key"] == channel) & variants["name"].str.startswith("without.")].dropna(
        subset=["estimate"]
    )
    if np.isnan(main) or own.empty:
        return None
    moved = np.log(own["estimate"] / main).abs()
    return {str(name): value for name, value in own.loc[moved.idxmax()].items()}


def since(second: pd.DataFrame, table: pd.DataFrame, year: int, p: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`completed` and `odds_of_completion` of each channel since the end of a year: with key, part, channel and year."""
    shares: list[pd.DataFrame] = []
    odds: list[dict[str, Any]] = []
    for channel in presence.STUDIED:
        about: dict[str, Any] = {"key": channel, "channel": WORDS[channel], "year": year}
        rows = still_awaited(second, table, channel, year, p)
        part = completed(rows, p)
        shares.append(part.assign(**about, part=part["group"].map({REACHED: "reached", OTHERS: "others"})))
        odds.append(about | odds_of_completion(rows, p))
    return pd.concat(shares, ignore_index=True), pd.DataFrame(odds)


def by_presence(second: pd.DataFrame, table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """States with group: whether the document says that an adviser or a platform reaches them, at whatever date."""
    there = presence.by_the_document(table, presence.ANY, p)
    return second.assign(group=second["iso3"].isin(there).map({True: REACHED, False: OTHERS}))
