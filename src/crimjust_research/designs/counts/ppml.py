"""Gravity regressions of counts and amounts by Poisson pseudo-maximum likelihood, with absorbed effects."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crimjust_research.designs.checks import complete_columns
from crimjust_research.errors import ParameterError


@dataclass(frozen=True)
class FixedEffectsFit:
    """Coefficients of a regression with absorbed effects, errors clustered."""

    table: pd.DataFrame
    """Per term: term, estimate, std_error, t, p_value, ci_low, ci_high; t on n_clusters - 1 degrees of freedom."""
    n_obs: int
    n_clusters: int
    dropped: int
    """Rows that cannot inform the fit: effects whose outcomes are all zero (Poisson), outcomes of zero (logs)."""


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
    return absorbed_regression(frame, outcome, terms, effects, cluster, alpha, "poisson")


def log_linear(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float = 0.05,
) -> FixedEffectsFit:
    """Least squares of log outcome where it is positive, with absorbed effects: the companion `ppml` improves on.

    Parameters and errors are those of `ppml`; rows with an outcome of zero are dropped and counted.
    """
    return absorbed_regression(frame, outcome, terms, effects, cluster, alpha, "log")


def absorbed_regression(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    effects: Sequence[str | tuple[str, ...]],
    cluster: str,
    alpha: float,
    kind: Literal["poisson", "log"],
) -> FixedEffectsFit:
    """Shared fit of `ppml` and `log_linear`, under plain column names so that any name is allowed in the frame."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pyfixest import feols, fepois
        from pyfixest.errors import NonConvergenceError

    absorbed = [effect if isinstance(effect, tuple) else (effect,) for effect in effects]
    if not terms or not absorbed:
        raise ParameterError("Name at least one term and one absorbed effect.")
    used = complete_columns(frame, [outcome, *terms, cluster, *(name for effect in absorbed for name in effect)])
    y = used[outcome].to_numpy(np.float64)
    if y.min() < 0 or not np.isfinite(y).all():
        raise ParameterError(f"Outcome {outcome!r} holds {y.min():g}; it must be finite and not negative.")
    kept = used if kind == "poisson" else used[y > 0]
    if kept.empty or np.ptp(kept[outcome].to_numpy(np.float64)) == 0:
        raise ParameterError(f"Outcome {outcome!r} does not vary over the {len(kept)} rows that can be used.")
    plain = pd.DataFrame({"y": kept[outcome].to_numpy(np.float64)})
    if kind == "log":
        plain["y"] = np.log(plain["y"])
    for number, term in enumerate(terms):
        plain[f"x{number}"] = kept[term].to_numpy(np.float64)
    for number, effect in enumerate(absorbed):
        plain[f"f{number}"] = kept.groupby(list(effect)).ngroup().to_numpy()
    plain["g"] = pd.factorize(kept[cluster])[0]
    right = " + ".join(f"x{number}" for number in range(len(terms)))
    formula = f"y ~ {right} | {' + '.join(f'f{number}' for number in range(len(absorbed)))}"
    with warnings.catch_warnings():
        # The library's own calls to pandas are on their way out; what it drops is counted in the result instead.
        warnings.simplefilter("ignore")
        try:
            fit = (fepois if kind == "poisson" else feols)(formula, plain, vcov={"CRV1": "g"})
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
    estimate, error = tidy["Estimate"].to_numpy(), tidy["Std. Error"].to_numpy()
    reach = stdtrit(clusters - 1, 1 - alpha / 2) * error
    table = pd.DataFrame(
        {
            "term": list(terms),
            "estimate": estimate,
            "std_error": error,
            "t": estimate / error,
            "p_value": tidy["Pr(>|t|)"].to_numpy(),
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
        }
    )
    return FixedEffectsFit(table, int(fit._N), clusters, len(frame) - int(fit._N))
