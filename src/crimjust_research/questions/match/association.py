"""Do countries that meet in public events lie on the same routes? Joint events against traffic, pair by pair."""

from __future__ import annotations

from typing import Any

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
from crimjust_research.questions.match.networks import ROUTE_KNOWN, Networks, networks, reported_by
from crimjust_research.questions.match.params import Params
from crimjust_research.vocabulary import countries

# Registered departures: the country left out, and the first and last year of the early events.
LEFT_OUT = "COL"
EARLY = (2016, 2019)
_BINS = 50


def correlation(found: Networks, p: Params) -> QapCorrelation:
    """The registered correlation of joint events with log cases."""
    return _correlated(found.joint_events, found.log_cases, p)


def row(fit: QapCorrelation, **about: Any) -> dict[str, Any]:
    """A correlation as the row of an estimate."""
    fields = ("std_error", "ci_low", "ci_high", "p_value", "permutations")
    counts = {"n_obs": fit.n_cells, "n_units": fit.n_nodes}
    return {"estimate": fit.correlation} | {name: getattr(fit, name) for name in fields} | counts | about


def departures(
    events: pd.DataFrame, dyads: pd.DataFrame, routes: pd.DataFrame, found: Networks, p: Params
) -> pd.DataFrame:
    """The correlation under each registered departure but that of the regression; a row each, with name and words."""
    without = found.among(set(found.countries) - {LEFT_OUT})
    early = networks(events, dyads, routes, EARLY)
    years = "{}_{}".format(*EARLY), "{} to {}".format(*EARLY)
    ranks = _correlated(_ranks(found.joint_events), _ranks(found.between), p)
    ties = _correlated((found.joint_events > 0).astype("float64"), found.log_cases, p)
    rows = [
        row(ranks, name="spearman", words="ranks of pairs (Spearman)"),
        row(ties, name="ties", words="ever met, yes or no"),
        row(
            correlation(without, p),
            name=f"without_{countries.short_name(LEFT_OUT).lower()}",
            words=f"without {countries.short_name(LEFT_OUT)}",
        ),
        row(
            correlation(early, p),
            name=f"events_{years[0]}",
            words=f"events of {years[1]} and the {len(early.countries)} countries in them",
        ),
    ]
    return pd.DataFrame(rows)


def by_who_reports(found: Networks, routes: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Not registered: the correlation without the country that reports most, and among those that report; a row each."""
    largest = str(reported_by(found, routes)["seizing"].iloc[0])
    reporters = set(routes.loc[routes["ends"] == ROUTE_KNOWN, "seizing"])
    rows = [
        row(
            correlation(found.among(set(found.countries) - {largest}), p),
            name="without_largest_reporter",
            words=f"without {countries.short_name(largest)}, which reports most of these cases",
        ),
        row(
            correlation(found.among(reporters), p),
            name="reporters",
            words="countries that report routes themselves",
        ),
    ]
    return pd.DataFrame(rows)


def beside_what_they_share(found: Networks, p: Params) -> QapRegression:
    """Joint events regressed on log cases, same region and same language together, by double semi-partialling."""
    return qap_regression(
        found.joint_events,
        {"log cases": found.log_cases, "same region": found.same_region, "same language": found.same_language},
        permutations=p.draws,
        seed=p.seed,
        alpha=1 - p.confidence_level,
    )


def terms(fit: QapRegression) -> pd.DataFrame:
    """The regression's terms as rows, by name."""
    table = fit.table.set_index("term").drop(index="intercept")
    return table.assign(n_obs=fit.n_cells, n_units=fit.n_nodes, permutations=fit.permutations)


def relabelled(found: Networks, p: Params) -> FloatArray:
    """Correlations (draws,) of the relabelled networks, the draws that the registered p-value counts."""
    cells = cells_of(len(found.countries))
    first, second = (cells.of(m.to_numpy()) for m in (found.joint_events, found.log_cases))
    z = (first - first.mean()) / (first.std() * first.size * second.std())
    batches = relabelled_cells(found.log_cases.to_numpy(), cells, p.draws, p.seed)
    return np.concatenate([z @ batch.T for batch in batches])


def histogram(null: FloatArray, observed: float) -> pd.DataFrame:
    """How many relabelled correlations lie in each bin: low, high, relabellings. The bins reach to the observed one."""
    edges = np.linspace(min(null.min(), observed), max(null.max(), observed), _BINS + 1)
    counts, _ = np.histogram(null, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "relabellings": counts})


def _correlated(x: pd.DataFrame, y: pd.DataFrame, p: Params) -> QapCorrelation:
    return qap_correlation(x, y, permutations=p.draws, seed=p.seed, alpha=1 - p.confidence_level)


def _ranks(matrix: pd.DataFrame) -> pd.DataFrame:
    """Ranks of the pairs, ties shared, as a symmetric frame."""
    rows, columns = np.triu_indices(len(matrix), 1)
    ranks = np.zeros(matrix.shape)
    ranks[rows, columns] = rankdata(matrix.to_numpy()[rows, columns])
    return pd.DataFrame(ranks + ranks.T, index=matrix.index, columns=matrix.columns)
