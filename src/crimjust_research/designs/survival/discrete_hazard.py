"""Discrete-time proportional hazards: the event in each period at risk.

Registry: docs/methods/survival.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from crimjust_research.designs.checks import require_numbers
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class DiscreteHazard(Printed):
    """Complementary log-log regression of the event in each period at risk."""

    table: pd.DataFrame
    """term, estimate (log hazard ratio), std_error, hazard_ratio, ci_low, ci_high, p_value."""
    baseline: pd.DataFrame
    """period, at_risk, events, hazard (observed share)."""
    n_units: int
    n_events: int
    n_clusters: int


def person_periods(frame: pd.DataFrame, unit: str, last: str, event: str, first: str | None = None) -> pd.DataFrame:
    """One row per unit and period at risk: all columns, period, happened (1 in the last period of units with an event).

    Parameters
    ----------
    last, first : columns of the last and first period at risk, whole numbers; first is 1 if not given.

    Raises
    ------
    ParameterError : periods that are not whole numbers or out of order, events that are not 0 or 1, repeated units.
    """
    if frame[unit].duplicated().any():
        raise ParameterError(f"Unit {frame.loc[frame[unit].duplicated(), unit].iloc[0]!r} has two rows; keep one.")
    end = frame[last].to_numpy(np.float64)
    begin = np.ones(len(frame)) if first is None else frame[first].to_numpy(np.float64)
    if np.isnan(end).any() or np.isnan(begin).any() or np.any(end % 1) or np.any(begin % 1) or np.any(end < begin):
        raise ParameterError("First and last periods at risk must be whole numbers, the last not before the first.")
    if not frame[event].isin([0, 1]).all():
        raise ParameterError(f"Column {event!r} must be 0 or 1.")
    length = (end - begin + 1).astype(np.int64)
    rows = frame.loc[frame.index.repeat(length)].reset_index(drop=True)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
    rows["period"] = np.repeat(begin, length).astype(np.int64) + within
    rows["happened"] = ((within == np.repeat(length, length) - 1) & (rows[event] == 1)).astype(np.int64)
    return rows


def discrete_hazard(
    rows: pd.DataFrame,
    unit: str,
    covariates: Sequence[str],
    *,
    baseline: Literal["periods", "log"] = "periods",
    cluster: str | None = None,
    alpha: float = 0.05,
) -> DiscreteHazard:
    """Discrete-time proportional hazards on person-periods (Prentice and Gloeckler 1978).

    log(-log(1 - h_t)) = baseline_t + x'b is what a proportional hazard in continuous time gives when only the period
    of the event is known, so exp(b) is the hazard ratio of that underlying model. Errors are clustered by unit or
    `cluster`.

    Parameters
    ----------
    rows : from `person_periods`; covariates numeric, and free to change from period to period.
    baseline : a level for every period that has an event ("periods"; the others say nothing about b) or a straight
        line in the logarithm of the period ("log").

    Raises
    ------
    ParameterError : no event, covariates that are empty or not numeric, or a fit that does not converge.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    if not rows["happened"].any():
        raise ParameterError("There is no event; nothing can be estimated.")
    require_numbers(rows, covariates)
    shares = rows.groupby("period")["happened"].agg(at_risk="size", events="sum").reset_index()
    shares["hazard"] = shares["events"] / shares["at_risk"]
    used = rows
    if baseline == "periods":
        used = rows.loc[rows["period"].isin(shares.loc[shares["events"] > 0, "period"])]
        levels = pd.get_dummies(used["period"], prefix="period", dtype=np.float64)
    else:
        levels = pd.DataFrame({"constant": 1.0, "log period": np.log(used["period"])}, index=used.index)
    design = pd.concat([used[list(covariates)].astype(np.float64), levels], axis=1)
    groups = pd.factorize(used[cluster or unit])[0]
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", (ConvergenceWarning, PerfectSeparationWarning))
            fit = sm.GLM(used["happened"].to_numpy(np.float64), design.to_numpy(), family=family).fit(
                cov_type="cluster", cov_kwds={"groups": groups}
            )
    except (ConvergenceWarning, PerfectSeparationWarning, np.linalg.LinAlgError) as error:
        raise ParameterError(
            "The hazard model does not converge: a covariate or a period predicts the event perfectly. Merge periods, "
            "use baseline='log' or drop the covariate."
        ) from error
    table = coefficient_table(
        list(design.columns), np.asarray(fit.params), np.asarray(fit.bse), alpha, ratio="hazard_ratio"
    )
    kept = table["term"].isin(covariates) if baseline == "periods" else table["term"] != "constant"
    return DiscreteHazard(
        table.loc[kept].reset_index(drop=True),
        shares,
        int(rows[unit].nunique()),
        int(rows["happened"].sum()),
        int(groups.max()) + 1,
    )
