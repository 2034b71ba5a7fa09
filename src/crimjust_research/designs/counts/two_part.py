"""Amounts with many zeros: whether there is any, and how much there is when there is some.

A hurdle model (Duan, Manning, Morris and Newhouse 1983): logistic regression of any amount, least squares of the log
amount where there is one. The two parts may answer differently, and the expected amount joins them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from crimjust_research.designs.checks import (
    FEWEST_CLUSTERS,
    amounts,
    cluster_codes,
    complete_columns,
    numbers,
    require_terms,
)
from crimjust_research.designs.counts.logistic import cluster_totals, logistic_fit, standardised_design
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class TwoPart(Printed):
    """Both parts and their joint answer, errors clustered."""

    table: pd.DataFrame
    """Per part and term: part, term, estimate, std_error, ci_low, ci_high, p_value. Part "any": log odds of a
    positive amount. "amount": log amount given one. "expected": proportional change of the expected amount per unit of
    the term, averaged over rows (no intercept)."""
    smearing: float
    """Mean of the exponentiated residuals, by which exp(fitted log) is multiplied to give an expected amount."""
    n_obs: int
    n_positive: int
    n_clusters: int


def two_part(frame: pd.DataFrame, outcome: str, terms: Sequence[str], cluster: str, alpha: float = 0.05) -> TwoPart:
    """Two-part model of an amount that is zero or positive.

    log odds(y > 0) = x' a;  log y = x' b + e where y > 0. If the spread of e does not depend on x,
    d log E[y] / d x = (1 - P(y > 0)) a + b, which is averaged over the rows. If it does, the "expected" part misses
    that change; compare with `counts.ppml`, which does not need the assumption.

    Errors come from the influence of each cluster on both parts together, so their covariance counts; factor
    G / (G - 1), t on G - 1 degrees of freedom.

    Raises
    ------
    ParameterError : a missing or incomplete column, a negative amount, amounts all zero or all positive, too few
        positive ones for the terms, perfect separation, or fewer than three clusters.
    """
    require_terms(terms)
    used = complete_columns(frame, [outcome, *terms, cluster])
    y = amounts(used, outcome)
    some = y > 0
    raw = np.column_stack([np.ones(len(y)), numbers(used, terms)])
    n, k = raw.shape
    if some.all() or not some.any():
        raise ParameterError(
            f"{int(some.sum())} of {n} amounts are positive; two parts need zeros and positive amounts."
        )
    if some.sum() <= k + 1:
        raise ParameterError(f"{int(some.sum())} positive amounts are too few for {k} coefficients; use fewer terms.")
    code, n_clusters = cluster_codes(used, cluster, FEWEST_CLUSTERS)
    back, design = standardised_design(raw, terms)
    a, information = logistic_fit(some.astype(np.float64), np.ones(n), design)
    chance = expit(design @ a)
    gram = design[some].T @ design[some]
    if np.linalg.cond(gram) > 1e12:
        raise ParameterError("A term does not vary among the positive amounts; leave it out.")
    b = np.asarray(np.linalg.solve(gram, design[some].T @ np.log(y[some])), np.float64)
    residual = np.zeros(n)
    residual[some] = np.log(y[some]) - design[some] @ b
    if np.abs(residual).max() <= 1e-9 * np.abs(np.log(y[some])).max():
        raise ParameterError("The terms fit every positive amount exactly; there are no errors to judge them by.")
    influence_a = cluster_totals((design * (some - chance)[:, None]) @ np.linalg.inv(information), code, n_clusters)
    influence_b = cluster_totals((design * residual[:, None]) @ np.linalg.inv(gram), code, n_clusters)

    # From here on in the units of the raw terms.
    a, b, influence_a, influence_b = back @ a, back @ b, influence_a @ back.T, influence_b @ back.T
    absent = float(np.mean(1 - chance))
    moved = -(chance * (1 - chance)) @ raw / n
    expected = absent * a[1:] + b[1:]
    influence_expected = absent * influence_a[:, 1:] + (influence_a @ moved)[:, None] * a[1:] + influence_b[:, 1:]
    parts = []
    for part, labels, estimate, influence in (
        ("any", ["intercept", *terms], a, influence_a),
        ("amount", ["intercept", *terms], b, influence_b),
        ("expected", list(terms), expected, influence_expected),
    ):
        error = np.sqrt(np.sum(influence**2, axis=0))
        parts.append(coefficient_table(labels, estimate, error, alpha, df=n_clusters - 1).assign(part=part))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "part", table.pop("part"))
    return TwoPart(table, float(np.exp(residual[some]).mean()), n, int(some.sum()), n_clusters)
