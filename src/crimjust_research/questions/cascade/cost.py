"""What the programme costs per additional conviction that goes with its support, under an assumed number of cases."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research import document
from crimjust_research.designs.survival.cascade import AdditionalConvictions, cost_per_additional_conviction
from crimjust_research.errors import DataError
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.cascade.params import Params

# Numbers of supported cases over which the cost is drawn.
_FEWEST, _MOST, _POINTS = 100, 10_000, 25
FOUND, TRUE = "estimate", "true value"


def cost_range() -> tuple[float, float]:
    """Both ends of the programme's cost in USD, as the source document gives them.

    Raises
    ------
    DataError
        If it gives no range.
    """
    total = document.load().total_cost()
    if total.low is None or total.high is None:
        raise DataError("the programme's cost has no lower or no upper bound; data/document/costs.yaml must give both")
    return total.low, total.high


def at_both_ends(more: AdditionalConvictions | None, supported: int) -> pd.DataFrame:
    """`cost_per_additional_conviction` at both ends of the cost; no rows without additional convictions to speak of."""
    if more is None:
        return pd.DataFrame(columns=["cost", "effect", "additional_convictions", "cost_per_conviction"])
    return cost_per_additional_conviction(more, supported, cost_range())


def rows(costs: pd.DataFrame) -> pd.DataFrame:
    """One row for each end of the cost: name, millions, estimate, low end, high end (at those of the effect)."""
    by_effect = costs.pivot_table("cost_per_conviction", "cost", "effect").reset_index()
    return by_effect.assign(name=["low", "high"][: len(by_effect)], millions=by_effect["cost"] / 1e6)


def estimable(more: AdditionalConvictions | None) -> bool:
    """Whether more convictions go with support, so that there is a cost of one."""
    return more is not None and more.difference > 0


def by_supported_cases(more: AdditionalConvictions, p: Params) -> pd.DataFrame:
    """Cost per additional conviction over numbers of supported cases, the one assumed among their reach.

    Returns
    -------
    DataFrame: supported_cases, series, cost (at the middle of the range); of the estimate also low_cost, high_cost (at the
    ends of the range), least, most (with the interval as well; `most` is high_cost where the interval reaches no additional
    conviction, for then nothing bounds the cost). Of SIMULATED cases the true value is a second series.
    """
    low, high = cost_range()
    ends = min(_FEWEST, p.supported_cases), max(_MOST, p.supported_cases)
    counts = np.unique(np.geomspace(*ends, _POINTS).round())
    per_dollar = 1 / (counts * more.difference)
    found = pd.DataFrame(
        {
            "supported_cases": counts,
            "series": FOUND,
            "cost": (low + high) / 2 * per_dollar,
            "low_cost": low * per_dollar,
            "high_cost": high * per_dollar,
            "least": low / (counts * more.ci_high),
            "most": high / (counts * more.ci_low) if more.ci_low > 0 else high * per_dollar,
        }
    )
    if not p.simulated:
        return found
    gain = simulation.true_additional_convictions(more.covariate, p.maturity_years)
    true = pd.DataFrame({"supported_cases": counts, "series": TRUE, "cost": (low + high) / 2 / (counts * gain)})
    return pd.concat([found, true], ignore_index=True)
