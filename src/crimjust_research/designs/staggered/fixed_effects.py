"""Regressions with unit and period effects: the two-way coefficient, and Poisson pseudo-likelihood for counts.

The only module of the staggered designs that imports pyfixest. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.aggregation import StaggeredResult, effect_table
from crimjust_research.designs.staggered.panel import StaggeredPanel, Timing, staggered_panel, without_unclear_periods
from crimjust_research.errors import ParameterError

TOLERANCE = 1e-12
"""Of the iterations that absorb fixed effects and fit Poisson: at the library's own, digits depend on the hash seed."""


def two_way_effect(panel: pd.DataFrame, timing: Timing, *, alpha: float = 0.05) -> StaggeredResult:
    """Coefficient of "treated" in least squares with unit and period effects, for comparison with the others.

    With staggered entry it weights comparisons that are no effect (see `two_way_decomposition`). Standard error
    clustered by unit (CR1), p-value and interval normal.

    Raises
    ------
    ParameterError : a panel that is refused.
    """
    checked = staggered_panel(panel, timing)
    return _fit(checked, _regression_rows(checked), "ols", ["treated"], np.ones((1, 1)), [np.nan], None, alpha)


def poisson_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    exposure: str | None = None,
    by: Literal["treated", "event"] = "treated",
    alpha: float = 0.05,
) -> StaggeredResult:
    """Log rate ratios of counts by Poisson pseudo-maximum likelihood with unit and period effects.

    by="treated" gives the one coefficient of being treated. by="event" fits a coefficient for every group and event
    time (Wooldridge 2023) and averages them by group size, so effects may differ by group and grow with time.
    Consistent if the mean is right, whatever the distribution; standard errors cluster by unit.
    Identified by parallel trends in the log mean. exp(estimate) is a rate ratio.

    Parameters
    ----------
    exposure : column of positive exposures; its log enters with coefficient one.

    Raises
    ------
    ParameterError : a panel that is refused, negative outcomes, or an exposure that is not positive.
    """
    checked = staggered_panel(panel, timing, [exposure] if exposure else [])
    rows = _regression_rows(checked)
    if (rows["outcome"] < 0).any():
        raise ParameterError(f"An outcome is {rows['outcome'].min():g}; counts are not negative.")
    offset = None
    if exposure is not None:
        if (rows[exposure] <= 0).any():
            raise ParameterError(f"Exposure {exposure!r} is {rows[exposure].min():g}; it must be positive.")
        offset = "log_exposure"
        rows = rows.assign(log_exposure=np.log(rows[exposure].astype(np.float64)))
    if by == "treated":
        return _fit(checked, rows, "poisson", ["treated"], np.ones((1, 1)), [np.nan], offset, alpha)
    rows, names, combine, labels = _event_dummies(rows)
    return _fit(checked, rows, "poisson", names, combine, labels, offset, alpha)


def _regression_rows(checked: StaggeredPanel) -> pd.DataFrame:
    """Clear rows with the indicator `treated`."""
    rows = without_unclear_periods(checked)
    return rows.assign(treated=(rows["time"] >= rows["first_treated"]).astype(np.float64))


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
    offset: str | None,
    alpha: float,
) -> StaggeredResult:
    """Fit with pyfixest and combine the coefficients of `names` by the rows of `combine`."""
    import pyfixest

    formula = f"outcome ~ {' + '.join(names)} | code + time"
    notes = list(checked.notes)
    options: dict[str, Any] = {"vcov": {"CRV1": "code"}, "copy_data": False, "fixef_tol": TOLERANCE}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if family == "ols":
            fit = pyfixest.feols(formula, rows, **options)
        else:
            fit = pyfixest.fepois(formula, rows, offset=offset, separation_check=["fe"], iwls_tol=TOLERANCE, **options)
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
    aggregation = "event" if len(labels) > 1 else "simple"
    table = effect_table(name, aggregation, labels, estimate, np.sqrt(np.diag(joint)), alpha, checked.timing)
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
        tuple(notes),
    )
