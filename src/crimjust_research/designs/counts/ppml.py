"""Gravity regressions of counts and amounts by Poisson pseudo-maximum likelihood, with absorbed effects."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import (
    FEWEST_CLUSTERS,
    amounts,
    cluster_codes,
    cluster_notes,
    clusters_behind,
    complete_columns,
    numbers,
    positive,
    require_list,
    require_residual_freedom,
)
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.designs.separation import separated_rows
from crimjust_research.errors import ParameterError

TOLERANCE = 1e-12  # of the iterations; at the library's own 1e-6 and 1e-8 the last digits depend on the hash seed


@dataclass(frozen=True, repr=False)
class FixedEffectsFit(Printed):
    """Coefficients of a regression with absorbed effects, errors clustered."""

    table: pd.DataFrame
    """Per term: term, estimate, std_error, ci_low, ci_high, p_value; t on n_clusters - 1 degrees of freedom."""
    n_obs: int
    n_clusters: int
    dropped: int
    """Rows that cannot inform the fit: effects seen once, or whose outcomes are all zero, and zeros that the terms and
    effects predict perfectly."""
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, object]:
        """Sizes and notes."""
        return {**super().facts(), "notes": " ".join(self.notes)}


def ppml(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float = 0.05,
    *,
    exposure: str | None = None,
) -> FixedEffectsFit:
    """Poisson pseudo-maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006), by pyfixest.

    E[y | x] = exposure exp(x' b + effects). Consistent if that mean is right, whatever the distribution of y; zeros
    belong in it, and a log-linear regression without them is biased when the spread of y depends on x.

    Parameters
    ----------
    frame : one row per pair (and period); outcome of zero or more.
    effects : columns, or tuples of columns whose combinations each get an effect, such as ("exporter", "year").
    cluster : column within which errors may depend on each other, such as the pair.
    exposure : column of amounts above zero that the mean is proportional to, such as population or time at risk.

    A term that differs in one cluster only has an estimate but no known error (see `clusters_behind`).

    Raises
    ------
    ParameterError : a missing or incomplete column, a negative or infinite outcome, terms that the effects absorb or
        that have no finite estimate because they predict zeros perfectly, as many coefficients and effects as rows, or
        fewer than three clusters.
    """
    require_list(terms=terms, effects=effects)
    absorbed = [effect if isinstance(effect, tuple) else (effect,) for effect in effects]
    if not terms or not absorbed:
        raise ParameterError("Name at least one term and one absorbed effect.")
    used = complete_columns(frame, [outcome, *terms, cluster, *(name for effect in absorbed for name in effect)])
    y, x = amounts(used, outcome), numbers(used, terms)
    if np.ptp(y) == 0:
        raise ParameterError(f"Outcome {outcome!r} does not vary over the {len(used)} rows; give one that does.")
    spread = x.std(axis=0)
    flat = spread <= 1e-12 * np.abs(x).max(axis=0)
    if flat.any():
        raise ParameterError(f"Term {terms[int(np.argmax(flat))]!r} does not vary; leave it out.")
    codes: list[IntArray] = [
        np.asarray(used.groupby(list(effect), observed=True).ngroup(), np.int64) for effect in absorbed
    ]
    offset = np.log(positive(frame, exposure)) if exposure is not None else np.zeros(len(y))
    kept, separated = informative_rows(y, x / spread, codes)
    if not kept.any():
        raise ParameterError(
            "No row informs the fit: each effect is seen once or has outcomes of zero only; use fewer effects."
        )
    require_residual_freedom(int(kept.sum()), len(terms), effects_in_use(codes, kept))
    group, n_clusters = cluster_codes(used[kept], cluster, FEWEST_CLUSTERS)
    # Plain column names for the library's formula, so that any name is allowed in the frame; outcomes and terms near one.
    plain = pd.DataFrame({"y": y[kept] / y[kept].mean(), "g": group, "offset": offset[kept]})
    for number in range(len(terms)):
        plain[f"x{number}"] = x[kept, number] / spread[number]
    for number, code in enumerate(codes):
        plain[f"f{number}"] = code[kept]
    estimate, std_error, n_obs = fitted_by_library(plain, outcome, terms, len(codes), exposure is not None, separated)
    behind = clusters_behind(x[kept], group)
    std_error = np.where(behind > 1, std_error, np.nan)
    table = coefficient_table(terms, estimate / spread, std_error / spread, alpha, df=n_clusters - 1)
    return FixedEffectsFit(
        table, n_obs, n_clusters, len(frame) - n_obs, tuple(cluster_notes(terms, behind, n_clusters))
    )


def informative_rows(y: FloatArray, x: FloatArray, codes: list[IntArray]) -> tuple[BoolArray, int]:
    """Rows (n,) that a Poisson regression with absorbed effects can learn from, and how many zeros it predicts perfectly.

    Left out until nothing changes: effects seen once, effects whose outcomes are all zero, and separated zeros.
    """
    from scipy.sparse import csr_array, hstack

    kept, separated = np.ones(y.size, dtype=bool), 0
    while True:
        before = int(kept.sum())
        for code in codes:
            length = int(code.max()) + 1
            seen = np.bincount(code[kept], minlength=length)
            total = np.bincount(code[kept], y[kept], minlength=length)
            kept &= (seen > 1)[code] & (total > 0)[code]
        if int(kept.sum()) < before:
            continue
        if not kept.any():
            return kept, separated
        rows = np.flatnonzero(kept)
        dummies = [csr_array((np.ones(rows.size), (np.arange(rows.size), code[rows]))) for code in codes]
        design = hstack([csr_array(x[rows]), *dummies])
        found = separated_rows(design, np.where(y[rows] == 0, -1, 0))
        if not found.any():
            return kept, separated
        separated += int(found.sum())
        kept[rows[found]] = False


def effects_in_use(codes: list[IntArray], kept: BoolArray) -> int:
    """Number of independent effects in the rows kept; exact only where a bound on it comes near the number of rows."""
    levels = [np.unique(code[kept], return_inverse=True) for code in codes]
    bound = sum(names.size for names, _ in levels) - (len(codes) - 1)
    if bound < kept.sum() // 2 or bound > 2000:
        return bound
    dummies = np.hstack([(code[:, None] == np.arange(names.size)).astype(np.float64) for names, code in levels])
    return int(np.linalg.matrix_rank(dummies.T @ dummies, hermitian=True))


def fitted_by_library(
    plain: pd.DataFrame, outcome: str, terms: Sequence[str], n_effects: int, offset: bool, separated: int
) -> tuple[FloatArray, FloatArray, int]:
    """Estimates, clustered errors and rows of pyfixest's fit to rows that have been checked.

    Raises
    ------
    ParameterError : terms that do not vary once effects are absorbed, or a fit that does not converge.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pyfixest import fepois
        from pyfixest.errors import NonConvergenceError

    lost = (
        f" in rows other than the {separated} zeros that it or the effects predict perfectly, so it has no finite "
        "estimate"
        if separated
        else " once the effects are absorbed"
    )
    right = " + ".join(f"x{number}" for number in range(len(terms)))
    formula = f"y ~ {right} | {' + '.join(f'f{number}' for number in range(n_effects))}"
    with warnings.catch_warnings():
        # The library's own calls to pandas are on their way out; what it drops is counted in the result instead.
        warnings.simplefilter("ignore")
        try:
            fit = fepois(
                formula,
                plain,
                vcov={"CRV1": "g"},
                fixef_tol=TOLERANCE,
                iwls_tol=TOLERANCE,
                iwls_maxiter=100,
                offset="offset" if offset else None,
            )
        except NonConvergenceError as failure:
            raise ParameterError(f"The Poisson fit of {outcome!r} does not converge; use fewer effects.") from failure
        except ValueError as refusal:
            if "collinear" in str(refusal):
                raise ParameterError(f"None of {list(terms)} varies{lost}; leave them out.") from refusal
            raise ParameterError(
                f"The Poisson fit of {outcome!r} fails ({refusal}); look for outcomes far beyond the others."
            ) from refusal
    tidy = fit.tidy().reindex([f"x{number}" for number in range(len(terms))])
    estimate, std_error = tidy["Estimate"].to_numpy(np.float64), tidy["Std. Error"].to_numpy(np.float64)
    if np.isnan(estimate).any():
        raise ParameterError(f"Term {terms[int(np.argmax(np.isnan(estimate)))]!r} does not vary{lost}; leave it out.")
    y, fitted = plain["y"].to_numpy(), np.asarray(fit.predict(type="response"), np.float64)
    if np.abs(y - fitted).max() <= 1e-8 * y.max():
        raise ParameterError("The terms and effects fit every row exactly; there are no errors to judge them by.")
    return estimate, std_error, int(fit._N)
