"""Gravity regressions of counts and amounts by Poisson pseudo-maximum likelihood, with absorbed effects."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.checks import amounts, complete_columns
from crimjust_research.designs.fit import Printed, coefficient_table
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
    """Rows that cannot inform the fit: effects whose outcomes are all zero."""


def ppml(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float = 0.05,
) -> FixedEffectsFit:
    """Poisson pseudo-maximum likelihood with absorbed effects (Santos Silva and Tenreyro 2006), by pyfixest.

    E[y | x] = exp(x' b + effects). Consistent if that mean is right, whatever the distribution of y; zeros belong in
    it, and a log-linear regression without them is biased when the spread of y depends on x.

    Parameters
    ----------
    frame : one row per pair (and period); outcome of zero or more.
    effects : columns, or tuples of columns whose combinations each get an effect, such as ("exporter", "year").
    cluster : column within which errors may depend on each other, such as the pair.

    Raises
    ------
    ParameterError : a missing or incomplete column, a negative outcome, or terms that the effects absorb.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pyfixest import fepois
        from pyfixest.errors import NonConvergenceError

    absorbed = [effect if isinstance(effect, tuple) else (effect,) for effect in effects]
    if not terms or not absorbed:
        raise ParameterError("Name at least one term and one absorbed effect.")
    used = complete_columns(frame, [outcome, *terms, cluster, *(name for effect in absorbed for name in effect)])
    y = amounts(used, outcome)
    if np.ptp(y) == 0:
        raise ParameterError(f"Outcome {outcome!r} does not vary over the {len(used)} rows.")
    # Plain column names for the library's formula, so that any name is allowed in the frame.
    plain = pd.DataFrame({"y": y, "g": pd.factorize(used[cluster])[0]})
    for number, term in enumerate(terms):
        plain[f"x{number}"] = used[term].to_numpy(np.float64)
    for number, effect in enumerate(absorbed):
        plain[f"f{number}"] = used.groupby(list(effect)).ngroup().to_numpy()
    right = " + ".join(f"x{number}" for number in range(len(terms)))
    formula = f"y ~ {right} | {' + '.join(f'f{number}' for number in range(len(absorbed)))}"
    with warnings.catch_warnings():
        # The library's own calls to pandas are on their way out; what it drops is counted in the result instead.
        warnings.simplefilter("ignore")
        try:
            fit = fepois(formula, plain, vcov={"CRV1": "g"}, fixef_tol=TOLERANCE, iwls_tol=TOLERANCE)
        except NonConvergenceError as failure:
            raise ParameterError(f"The Poisson fit of {outcome!r} does not converge; use fewer effects.") from failure
        except ValueError as refusal:
            if "collinear" not in str(refusal):
                raise
            raise ParameterError(f"None of {list(terms)} varies once the effects are absorbed.") from refusal
    tidy = fit.tidy().reindex([f"x{number}" for number in range(len(terms))])
    if tidy["Estimate"].isna().any():
        absent = terms[int(np.argmax(tidy["Estimate"].isna()))]
        raise ParameterError(f"Term {absent!r} does not vary once the effects are absorbed; leave it out.")
    clusters = int(fit._G[0])
    table = coefficient_table(terms, tidy["Estimate"].to_numpy(), tidy["Std. Error"].to_numpy(), alpha, df=clusters - 1)
    return FixedEffectsFit(table, int(fit._N), clusters, len(frame) - int(fit._N))
