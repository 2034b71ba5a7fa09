"""Two networks over the same countries: events two of them took part in, and cases seized on routes between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.data.panels.routes import TWO_COUNTRIES
from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.networks.event_qap import joint_ties

# A case whose departure and destination are both known and differ.
ROUTE_KNOWN = TWO_COUNTRIES
# Classes that charts show: cases between two countries (fewest, most), and how often they met.
_CASES = {"none": (0, 0), "1 to 9": (1, 9), "10 to 99": (10, 99), "100 or more": (100, np.inf)}
_MET = ("never", "once", "twice", "three times or more")


@dataclass(frozen=True)
class Networks:
    """Two networks, and what countries share, over the same countries in the same order."""

    took_part: pd.DataFrame
    """Events (year, event) by countries: whether the country took part. Each event names two of them or more."""
    cases: pd.DataFrame
    """From departure (row) to destination (column)."""
    same_region: pd.DataFrame
    same_language: pd.DataFrame
    region: pd.Series[str]
    """By country."""

    @property
    def countries(self) -> list[str]:
        return list(self.cases.index)

    @property
    def events(self) -> list[str]:
        return list(self.took_part.index.get_level_values("event"))

    @property
    def joint_events(self) -> pd.DataFrame:
        """Symmetric: events two countries both took part in."""
        took_part = self.took_part.to_numpy(np.float64)
        met = took_part.T @ took_part
        np.fill_diagonal(met, 0)
        return pd.DataFrame(met, self.countries, self.countries)

    @property
    def ties(self) -> FloatArray:
        """(events, pairs) 1 where an event names both countries of a pair, pairs in the order of `pairs`."""
        return joint_ties(self.took_part.to_numpy(bool))

    @property
    def strata(self) -> IntArray:
        """Regions as numbers, by country."""
        return np.asarray(pd.factorize(self.region)[0], np.int64)

    @property
    def between(self) -> pd.DataFrame:
        """Cases between two countries, either way."""
        return self.cases + self.cases.T

    @property
    def log_cases(self) -> pd.DataFrame:
        """Log of one plus the cases between two countries, either way."""
        return self.between.apply(np.log1p)

    def among(self, kept: Collection[str]) -> Networks:
        """The same networks among some of the countries."""
        names = [iso3 for iso3 in self.countries if iso3 in kept]
        cases, same_region, same_language = (
            matrix.loc[names, names] for matrix in (self.cases, self.same_region, self.same_language)
        )
        return Networks(_of_two(self.took_part[names]), cases, same_region, same_language, self.region[names])

    def pairs(self) -> pd.DataFrame:
        """Every unordered pair: first, second, cases, joint_events."""
        rows, columns = np.triu_indices(len(self.countries), 1)
        names = np.array(self.countries, dtype=object)
        numbers = {"cases": self.between, "joint_events": self.joint_events}
        return pd.DataFrame(
            {"first": names[rows], "second": names[columns]}
            | {name: m.to_numpy()[rows, columns].astype(np.int64) for name, m in numbers.items()}
        )


def listed(events: pd.DataFrame, to: str) -> pd.DataFrame:
    """Events that began in the month `to` (YYYY-MM) or before, so that what is listed later moves no registered estimate."""
    return events[events["date_start"].str[: len(to)] <= to].reset_index(drop=True)


def meetings(events: pd.DataFrame, roster: Sequence[str]) -> pd.DataFrame:
    """Symmetric frame over `roster` of the events two countries both took part in."""
    took_part = pd.crosstab(events["event"], events["iso3"]).reindex(columns=list(roster), fill_value=0).to_numpy()
    met = took_part.T @ took_part
    np.fill_diagonal(met, 0)
    return pd.DataFrame(met, list(roster), list(roster))


def networks(
    events: pd.DataFrame,
    dyads: pd.DataFrame,
    routes: pd.DataFrame,
    countries: pd.DataFrame,
    years: tuple[int, int] | None = None,
) -> Networks:
    """Both networks over the countries that took part in an event and appear on a route.

    Parameters
    ----------
    events, dyads, routes, countries : the panels of States at events, of pairs by year, of routes and of countries.
    years : first and last year of the events that count, all if not given.
    """
    if years is not None:
        events = events[events["year"].between(*years)]
    known = routes[routes["ends"] == ROUTE_KNOWN]
    roster = sorted(set(events["iso3"]) & (set(known["departure"]) | set(known["destination"])))
    pairs = dyads.groupby(["iso3_a", "iso3_b"])[["same_region", "same_language"]].first()
    took_part = pd.crosstab([events["year"], events["event"]], events["iso3"]).reindex(columns=roster).astype(bool)
    return Networks(
        _of_two(took_part),
        traffic(routes, roster),
        symmetric(pairs["same_region"], roster),
        symmetric(pairs["same_language"], roster),
        countries.set_index("iso3")["region"].reindex(roster),
    )


def _of_two(took_part: pd.DataFrame) -> pd.DataFrame:
    """Events that two countries or more took part in; others tie nobody."""
    return took_part[took_part.sum(axis=1) > 1]


def traffic(routes: pd.DataFrame, roster: Sequence[str]) -> pd.DataFrame:
    """Cases from departure (row) to destination (column) among `roster`, all drugs and years together."""
    known = routes[routes["ends"] == ROUTE_KNOWN]
    return square(known.groupby(["departure", "destination"])["cases"].sum(), roster)


def symmetric(pairs: pd.Series[float], roster: Sequence[str]) -> pd.DataFrame:
    """Square frame over `roster` of values given once per unordered pair (the index); zero where there is none."""
    half = square(pairs, roster)
    return half + half.T


def square(cells: pd.Series[float], roster: Sequence[str]) -> pd.DataFrame:
    """Square frame over `roster` of values given by row and column (the index); zero where there is none."""
    every = pd.MultiIndex.from_product([roster, roster])
    values = cells.astype("float64").reindex(every, fill_value=0.0).to_numpy().reshape(len(roster), len(roster))
    return pd.DataFrame(values, index=list(roster), columns=list(roster))


def reported_by(found: Networks, routes: pd.DataFrame) -> pd.DataFrame:
    """Who reported the cases between the countries compared, most first: seizing, cases."""
    known = routes[routes["ends"] == ROUTE_KNOWN]
    within = known[known["departure"].isin(found.countries) & known["destination"].isin(found.countries)]
    reported = within.groupby("seizing")["cases"].sum().reset_index()
    return reported.sort_values(["cases", "seizing"], ascending=[False, True], ignore_index=True)


def joint_lists(events: pd.DataFrame) -> pd.DataFrame:
    """Events that name two countries or more, those that name most first: event, type, n_states, meetings_of_two."""
    sizes = events.drop_duplicates("event")[["event", "type", "n_states"]]
    joint = sizes[sizes["n_states"] > 1].sort_values(["n_states", "event"], ascending=[False, True], ignore_index=True)
    return joint.assign(meetings_of_two=joint["n_states"] * (joint["n_states"] - 1) // 2)


def meetings_by_cases(found: Networks) -> pd.DataFrame:
    """How often pairs met, by how many cases were seized between them: cases, met, pairs, share (of those with as many).

    `cases` has the number of pairs in brackets.
    """
    pairs = found.pairs()
    met = pairs["joint_events"].clip(upper=len(_MET) - 1).map(dict(enumerate(_MET)))
    parts = []
    for label, (low, high) in _CASES.items():
        inside = pairs["cases"].between(low, high)
        counts = met[inside].value_counts().reindex(list(_MET), fill_value=0)
        part = counts.rename_axis("met").reset_index(name="pairs")
        parts.append(part.assign(cases=f"{label} ({inside.sum()} pairs)", share=part["pairs"] / max(inside.sum(), 1)))
    return pd.concat(parts, ignore_index=True)[["cases", "met", "pairs", "share"]]
