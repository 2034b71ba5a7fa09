"""Do countries that meet in public events lie on the same routes? Joint events against traffic, pair by pair."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.networks.qap import (
    QapCorrelation,
    QapRegression,
    cells_of,
    qap_correlation,
    qap_regression,
    relabelled_cells,
)
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.match.parameters import Params

OUTCOME = "3"
QUESTION = "Does cooperation match trafficking, in who works with whom and in how fast it grows?"
# What the panel of routes calls a case whose departure and destination are both known and differ.
ROUTE_KNOWN = "two countries"
# One country reports three quarters of the cases that connect the countries compared here.
LARGEST_REPORTER = "ESP"
_PRIMARY = "qap"
_EARLY = (2016, 2019)


@dataclass(frozen=True)
class Networks:
    """Two networks, and what countries share, over the same countries in the same order."""

    joint_events: pd.DataFrame
    """Symmetric: events two countries both took part in."""
    cases: pd.DataFrame
    """From departure (row) to destination (column)."""
    same_region: pd.DataFrame
    same_language: pd.DataFrame

    @property
    def countries(self) -> list[str]:
        return list(self.joint_events.index)

    @property
    def log_cases(self) -> pd.DataFrame:
        """Log of one plus the cases between two countries, either way."""
        return self.between.apply(np.log1p)

    @property
    def between(self) -> pd.DataFrame:
        """Cases between two countries, either way."""
        return self.cases + self.cases.T

    def among(self, kept: Collection[str]) -> Networks:
        """The same networks among some of the countries."""
        names = [iso3 for iso3 in self.countries if iso3 in kept]
        return Networks(
            *(m.loc[names, names] for m in (self.joint_events, self.cases, self.same_region, self.same_language))
        )


@dataclass(frozen=True)
class Association:
    """The registered correlation, what it would be among relabelled countries, and every estimate around it."""

    networks: Networks
    correlation: QapCorrelation
    null: FloatArray
    regression: QapRegression
    estimates: tuple[Estimate, ...]


def on_routes(routes: pd.DataFrame) -> set[str]:
    """Countries that some route between two countries leaves or ends in."""
    known = routes[routes["ends"] == ROUTE_KNOWN]
    return set(known["departure"]) | set(known["destination"])


def traffic(routes: pd.DataFrame, countries: Sequence[str]) -> pd.DataFrame:
    """Cases from departure (row) to destination (column) among `countries`, all drugs and years together."""
    known = routes[routes["ends"] == ROUTE_KNOWN]
    return square(known.groupby(["departure", "destination"])["cases"].sum(), countries)


def networks(
    events: pd.DataFrame, dyads: pd.DataFrame, routes: pd.DataFrame, years: tuple[int, int] | None = None
) -> Networks:
    """Both networks over the countries that took part in an event and appear on a route.

    Parameters
    ----------
    events, dyads, routes : the panels of States at events, of pairs by year, and of routes.
    years : first and last year of the events that count, all if not given.
    """
    if years is not None:
        events, dyads = (frame[frame["year"].between(*years)] for frame in (events, dyads))
    roster = sorted(set(events["iso3"]) & on_routes(routes))
    pairs = dyads.groupby(["iso3_a", "iso3_b"]).agg(
        joint_events=("joint_events", "sum"),
        same_region=("same_region", "first"),
        same_language=("same_language", "first"),
    )
    return Networks(
        symmetric(pairs["joint_events"], roster),
        traffic(routes, roster),
        symmetric(pairs["same_region"], roster),
        symmetric(pairs["same_language"], roster),
    )


def symmetric(pairs: pd.Series[float], roster: Sequence[str]) -> pd.DataFrame:
    """Square frame over `roster` of values given once per unordered pair (the index); zero where there is none."""
    half = square(pairs, roster)
    return half + half.T


def square(cells: pd.Series[float], roster: Sequence[str]) -> pd.DataFrame:
    """Square frame over `roster` of values given by row and column (the index); zero where there is none."""
    every = pd.MultiIndex.from_product([roster, roster])
    values = cells.astype("float64").reindex(every, fill_value=0.0).to_numpy().reshape(len(roster), len(roster))
    return pd.DataFrame(values, index=list(roster), columns=list(roster))


def assess_association(events: pd.DataFrame, dyads: pd.DataFrame, routes: pd.DataFrame, params: Params) -> Association:
    """The registered correlation, its registered departures, and what stands beside it.

    Raises
    ------
    ParameterError
        If too few countries remain to be relabelled, or one network is the same in every pair.
    """
    found = networks(events, dyads, routes)
    early = networks(events, dyads, routes, _EARLY)
    registered = _correlation(found.joint_events, found.log_cases, params)
    regression = qap_regression(
        found.joint_events,
        {
            "log cases": found.log_cases,
            "same region": found.same_region,
            "same language": found.same_language,
        },
        permutations=params.draws,
        seed=params.seed,
        alpha=1 - params.confidence_level,
    )
    without_colombia = found.among(set(found.countries) - {"COL"})
    primary = replace(
        _estimate(registered, params, _PRIMARY, f"{len(found.countries)} countries, all events and routes"),
        role="primary",
    )
    estimates = [
        primary,
        _estimate(
            _correlation(_ranks(found.joint_events), _ranks(found.between), params),
            params,
            f"{_PRIMARY}.spearman",
            "ranks of pairs (Spearman)",
        ),
        _estimate(
            _correlation((found.joint_events > 0).astype("float64"), found.log_cases, params),
            params,
            f"{_PRIMARY}.ties",
            "ever met, yes or no",
        ),
        _estimate(
            _correlation(without_colombia.joint_events, without_colombia.log_cases, params),
            params,
            f"{_PRIMARY}.without_colombia",
            "without Colombia",
        ),
        _estimate(
            _correlation(early.joint_events, early.log_cases, params),
            params,
            f"{_PRIMARY}.events_2016_2019",
            f"events of {_EARLY[0]} to {_EARLY[1]} and the {len(early.countries)} countries in them",
        ),
        *_regression_estimates(regression, params),
        *_secondary_estimates(found, routes, params),
    ]
    return Association(found, registered, _null(found, params), regression, tuple(estimates))


def _correlation(x: pd.DataFrame, y: pd.DataFrame, params: Params) -> QapCorrelation:
    return qap_correlation(x, y, permutations=params.draws, seed=params.seed, alpha=1 - params.confidence_level)


def _null(found: Networks, params: Params) -> FloatArray:
    """Correlations of the relabelled networks, the draws that the registered p-value counts."""
    cells = cells_of(len(found.countries), directed=False)
    first, second = (cells.of(m.to_numpy()) for m in (found.joint_events, found.log_cases))
    z = (first - first.mean()) / (first.std() * first.size * second.std())
    batches = relabelled_cells(found.log_cases.to_numpy(), cells, params.draws, params.seed)
    return np.concatenate([z @ batch.T for batch in batches])


def _ranks(matrix: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the pairs, ties shared, as a symmetric frame."""
    rows, columns = np.triu_indices(len(matrix), 1)
    ranks = np.zeros(matrix.shape)
    ranks[rows, columns] = rankdata(matrix.to_numpy()[rows, columns])
    return pd.DataFrame(ranks + ranks.T, index=matrix.index, columns=matrix.columns)


def _estimate(found: QapCorrelation, params: Params, identifier: str, specification: str) -> Estimate:
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand="Correlation, over pairs of countries, of joint public events with log cases seized on routes between "
        "them",
        method=f"Quadratic assignment procedure, {found.permutations:,} permutations; interval by leaving out countries",
        specification=specification,
        estimate=found.correlation,
        std_error=found.std_error,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        ci_level=params.confidence_level,
        p_value=found.p_value,
        unit="correlation",
        n_obs=found.n_cells,
        n_units=found.n_nodes,
        role="sensitivity",
    )


def _regression_estimates(fit: QapRegression, params: Params) -> list[Estimate]:
    """Traffic beside what countries share: the registered sensitivity, and the other terms for themselves."""
    names = {
        "log cases": (f"{_PRIMARY}.semipartial", "joint public events per log unit of cases between two countries"),
        "same region": ("same_region", "joint public events, countries of one region less others"),
        "same language": ("same_language", "joint public events, countries that share a language less others"),
    }
    rows = fit.table.set_index("term").to_dict("index")
    return [
        Estimate(
            id=identifier,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=f"Difference in {what}, the other two held",
            method=f"Regression of networks, double semi-partialling, {fit.permutations:,} permutations",
            specification="log cases, same region and same language together",
            estimate=rows[term]["estimate"],
            std_error=rows[term]["std_error"],
            ci_low=rows[term]["ci_low"],
            ci_high=rows[term]["ci_high"],
            ci_level=params.confidence_level,
            p_value=rows[term]["p_value"],
            unit="events",
            n_obs=fit.n_cells,
            n_units=fit.n_nodes,
            role="sensitivity" if identifier.startswith(_PRIMARY) else "secondary",
        )
        for term, (identifier, what) in names.items()
    ]


def _secondary_estimates(found: Networks, routes: pd.DataFrame, params: Params) -> list[Estimate]:
    """Not registered: without the largest reporter, and among countries that report routes themselves."""
    reporters = set(routes.loc[routes["ends"] == ROUTE_KNOWN, "seizing"])
    variants = {
        "without_largest_reporter": (
            found.among(set(found.countries) - {LARGEST_REPORTER}),
            "without Spain, which reports most of these cases",
        ),
        "reporters": (found.among(reporters), "countries that report routes themselves"),
    }
    return [
        replace(
            _estimate(_correlation(own.joint_events, own.log_cases, params), params, identifier, specification),
            role="secondary",
        )
        for identifier, (own, specification) in variants.items()
    ]
