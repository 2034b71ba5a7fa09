"""Regressions with unit and period effects: the two-way coefficient, and Poisson pseudo-likelihood for counts.

The only module of the staggered designs that imports pyfixest. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.aggregation import StaggeredResult, normal_inference
from crimjust_research.designs.staggered.panel import StaggeredPanel, Timing, staggered_panel, without_unclear_periods
from crimjust_research.errors import ParameterError


def two_way_effect(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    alpha: float = 0.05,
) -> StaggeredResult:
    """Coefficient of "treated" in least squares with unit and period effects, for comparison with the others.

    With staggered entry it weights comparisons that are no effect (see `two_way_decomposition`). Standard error
    clustered by unit or `cluster` (CR1), p-value and interval normal.

    Raises
    ------
    ParameterError : a panel that is refused.
    """
    checked, rows = _regression_rows(panel, timing, covariates, cluster)
    return _fit(checked, rows, "ols", ["treated"], np.ones((1, 1)), [np.nan], covariates, cluster, None, alpha)


def poisson_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    exposure: str | None = None,
    covariates: Sequence[str] = (),
    cluster: str | None = None,
    by: Literal["treated", "event"] = "treated",
    alpha: float = 0.05,
) -> StaggeredResult:
    """Log rate ratios of counts by Poisson pseudo-maximum likelihood with unit and period effects.

    by="treated" gives the one coefficient of being treated. by="event" fits a coefficient for every group and event
    time (Wooldridge 2023) and averages them by group size, so effects may differ by group and grow with time.
    Consistent if the mean is right, whatever the distribution; standard errors cluster by unit or `cluster`.
    Identified by parallel trends in the log mean. exp(estimate) is a rate ratio.

    Parameters
    ----------
    exposure : column of positive exposures; its log enters with coefficient one.

    Raises
    ------
    ParameterError : a panel that is refused, negative outcomes, or an exposure that is not positive.
    """
    extra = [*covariates, *([exposure] if exposure else [])]
    checked, rows = _regression_rows(panel, timing, extra, cluster)
    if (rows["outcome"] < 0).any():
        raise ParameterError(f"An outcome is {rows['outcome'].min():g}; counts are not negative.")
    if exposure is not None:
        if (rows[exposure] <= 0).any():
            raise ParameterError(f"Exposure {exposure!r} is {rows[exposure].min():g}; it must be positive.")
        rows = rows.assign(log_exposure=np.log(rows[exposure].astype(np.float64)))
    if by == "treated":
        names, combine, labels = ["treated"], np.ones((1, 1)), [np.nan]
    else:
        rows, names, combine, labels = _event_dummies(rows)
    offset = "log_exposure" if exposure else None
    return _fit(checked, rows, "poisson", names, combine, labels, covariates, cluster, offset, alpha)


def _regression_rows(
    panel: pd.DataFrame, timing: Timing, covariates: Sequence[str], cluster: str | None
) -> tuple[StaggeredPanel, pd.DataFrame]:
    """Clear rows with the indicator `treated`."""
    checked = staggered_panel(panel, timing, covariates=covariates, cluster=cluster)
    rows = without_unclear_periods(checked)
    return checked, rows.assign(treated=(rows["time"] >= rows["first_treated"]).astype(np.float64))


def _event_dummies(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str], FloatArray, list[float]]:
    """A dummy for every group and event time from 0 on, and the averages of their coefficients by treated rows."""
    treated = rows["treated"] == 1
    cells = rows.loc[treated, ["first_treated", "time"]].value_counts().sort_index()
    group = cells.index.get_level_values(0).to_numpy(np.float64)
    since = cells.index.get_level_values(1).to_numpy(np.float64) - group
    names = [f"cell_{g:.0f}_{e:.0f}" for g, e in zip(group, since, strict=True)]
    dummies = {
        name: ((rows["first_treated"] == g) & (rows["time"] == g + e)).astype(np.float64)
        for name, g, e in zip(names, group, since, strict=True)
    }
    size = cells.to_numpy(np.float64)
    labels = np.unique(since)
    combine = np.stack([size / size.sum(), *((since == e) * size / size[since == e].sum() for e in labels)])
    return rows.assign(**dummies), names, combine, [np.nan, *labels.tolist()]


def _fit(
    checked: StaggeredPanel,
    rows: pd.DataFrame,
    family: Literal["ols", "poisson"],
    names: list[str],
    combine: FloatArray,
    labels: list[float],
    covariates: Sequence[str],
    cluster: str | None,
    offset: str | None,
    alpha: float,
) -> StaggeredResult:
    """Fit with pyfixest and combine the coefficients of `names` by the rows of `combine`."""
    import pyfixest

    formula = f"outcome ~ {' + '.join([*names, *covariates])} | code + time"
    notes = list(checked.notes)
    options: dict[str, Any] = {"vcov": {"CRV1": cluster or "code"}, "copy_data": False}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if family == "ols":
            fit = pyfixest.feols(formula, rows, **options)
        else:
            fit = pyfixest.fepois(formula, rows, offset=offset, separation_check=["fe"], **options)
    notes += [str(item.message).strip() for item in caught if issubclass(item.category, UserWarning)]
    coefficients = fit.coef()
    lost = [name for name in names if name not in coefficients.index]
    if lost:
        raise ParameterError(f"The effect of {', '.join(lost)} is not identified: no comparison is left for it.")
    position = [list(coefficients.index).index(name) for name in names]
    covariance = np.asarray(fit._vcov)[np.ix_(position, position)]
    estimate = combine @ coefficients.to_numpy()[position]
    joint = combine @ covariance @ combine.T
    used = int(fit._N)
    if used < len(rows):
        notes.append(f"{len(rows) - used} rows carry no information (units or periods without any count).")
    name = "Two-way fixed effects" if family == "ols" else "Poisson fixed effects"
    table = pd.DataFrame(
        {
            "estimator": name,
            "aggregation": "event" if len(labels) > 1 else "simple",
            "at": labels,
            **normal_inference(estimate, np.sqrt(np.diag(joint)), alpha),
            "band_low": np.nan,
            "band_high": np.nan,
            "n_treated": np.nan,
            "timing": str(checked.timing),
        }
    )
    at = pd.Index(labels[1:], name="at")
    return StaggeredResult(
        name,
        table,
        pd.DataFrame(joint[1:, 1:], at, at) if len(at) else None,
        checked.timing,
        "all untreated rows" if len(names) > 1 else "all other rows, already treated ones among them",
        used,
        checked.n_units,
        checked.n_treated_units,
        int(rows[cluster or "code"].nunique()),
        tuple(notes),
    )
