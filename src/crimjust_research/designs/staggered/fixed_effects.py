"""The two-way fixed effects coefficient of a treatment that reaches units at different times.

The only module of the staggered designs that imports pyfixest. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from crimjust_research.designs.staggered.aggregation import StaggeredResult, effect_table
from crimjust_research.designs.staggered.panel import Timing, staggered_panel, without_unclear_periods
from crimjust_research.errors import ParameterError

TOLERANCE = 1e-12
"""Of the iterations that absorb fixed effects: at the library's own, digits depend on the hash seed."""


def two_way_effect(panel: pd.DataFrame, timing: Timing, *, alpha: float = 0.05) -> StaggeredResult:
    """Coefficient of "treated" in least squares with unit and period effects, for comparison with the others.

    With staggered entry it weights comparisons that are no effect (see `two_way_decomposition`). Standard error
    clustered by unit (CR1), p-value and interval normal.

    Raises
    ------
    ParameterError : a panel that is refused, or one that leaves no comparison.
    """
    import pyfixest

    checked = staggered_panel(panel, timing)
    rows = without_unclear_periods(checked)
    rows = rows.assign(treated=(rows["time"] >= rows["first_treated"]).astype(np.float64))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = pyfixest.feols(
            "outcome ~ treated | code + time", rows, vcov={"CRV1": "code"}, copy_data=False, fixef_tol=TOLERANCE
        )
    if "treated" not in fit.coef().index:
        raise ParameterError("The effect of treatment is not identified: no comparison is left for it.")
    name = "Two-way fixed effects"
    estimate, std_error = fit.coef().to_numpy(), np.sqrt(np.diag(fit._vcov))
    return StaggeredResult(
        name,
        effect_table(name, "simple", [np.nan], estimate, std_error, alpha, timing),
        None,
        timing,
        "all other rows, already treated ones among them",
        int(fit._N),
        checked.n_units,
        checked.n_treated_units,
        (*checked.notes, *(str(item.message).strip() for item in caught if issubclass(item.category, UserWarning))),
    )
