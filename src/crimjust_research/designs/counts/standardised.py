"""Difference between two groups in the share with an outcome, standardised over what else is recorded of them.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from crimjust_research.designs.checks import cluster_codes, complete_columns, numbers, require_level
from crimjust_research.designs.counts.logistic import cluster_totals, logistic_fit, standardised_design
from crimjust_research.designs.fit import inference
from crimjust_research.errors import ParameterError


def standardised_difference(
    frame: pd.DataFrame,
    outcome: str,
    group: str,
    covariates: Sequence[str],
    *,
    cluster: str | None = None,
    alpha: float = 0.05,
) -> dict[str, float]:
    """Mean over all rows of the chance of the outcome were they of the group less were they not, from a logit.

    The logit has the group and the covariates. The error is from each row's influence on the difference, through the
    coefficients (the delta method) and through the mix of covariates, added up within clusters; normal interval. It says how
    like rows of both groups differ, and not what the group did: what is not among the covariates is not adjusted for.

    Parameters
    ----------
    frame : one row a unit, complete; `outcome` and `group` 0 and 1, `covariates` numbers.

    Returns
    -------
    estimate, std_error, ci_low, ci_high, p_value, n_obs, n_units (rows and clusters).

    Raises
    ------
    ParameterError : columns that are absent or incomplete; no row; an outcome or a group other than 0 and 1; a term that is
        constant, depends on others or separates the outcome perfectly.
    """
    require_level(alpha)
    used = complete_columns(frame, [outcome, group, *covariates, *([cluster] if cluster else [])])
    if used.empty:
        raise ParameterError(f"No row has an outcome {outcome!r}; the table is empty.")
    happened, held = numbers(used, [outcome, group]).T
    for name, values in ((outcome, happened), (group, held)):
        if not np.isin(values, (0.0, 1.0)).all():
            raise ParameterError(f"{name!r} holds other values than 0 and 1; code it so.")
    n = len(used)
    design = np.column_stack([np.ones(n), held, numbers(used, list(covariates))])
    back, scaled = standardised_design(design, [group, *covariates])
    fitted, information = logistic_fit(happened, np.ones(n), scaled)
    coefficients = back @ fitted
    inverse = back @ np.linalg.inv(information) @ back.T
    with_it, without = (np.column_stack([design[:, :1], np.full(n, value), design[:, 2:]]) for value in (1.0, 0.0))
    chances = [expit(rows @ coefficients) for rows in (with_it, without)]
    each = chances[0] - chances[1]
    slopes = [
        (rows * (chance * (1 - chance))[:, None]).mean(axis=0)
        for rows, chance in zip((with_it, without), chances, strict=True)
    ]
    score = design * (happened - expit(design @ coefficients))[:, None]
    influence = (each - each.mean()) / n + score @ inverse @ (slopes[0] - slopes[1])
    code, clusters = cluster_codes(used, cluster, 2) if cluster else (np.arange(n), n)
    error = np.sqrt((cluster_totals(influence[:, None], code, clusters) ** 2).sum())
    found = inference(np.array([each.mean()]), np.array([error]), alpha)
    return {name: float(values[0]) for name, values in found.items()} | {"n_obs": n, "n_units": clusters}
