"""What a number would be with other events: as many drawn with replacement, and with each left out in turn.

Pairs that meet at one event come together, so the event is what was sampled, whatever the number counts.
Registry: docs/methods/networks.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.checks import require_level
from crimjust_research.designs.resampling.permutation import percentiles

FIELDS = ("std_error", "ci_low", "ci_high")  # what draws add to an estimate
FEWEST_DRAWS = 2


def over_events(
    estimate: float,
    drawn: FloatArray,
    without: pd.Series[float],
    alpha: float,
    within: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """A number with its error and interval over events drawn, and what leaving one event out makes of it.

    Parameters
    ----------
    drawn : (draws,) the number in each draw of events; without : the number without each event, by event. Missing where the
        events that are left do not have it; a draw may be infinite, and there is no standard error then.
    within : of a number of distinct things, the least and most it can be. As many events drawn with replacement hold fewer
        distinct ones, so draws are moved to lie about the estimate, and kept within.

    Returns
    -------
    dict: estimate, std_error, ci_low, ci_high (percentiles), draws (that have the number), farthest, event (the number without
    the event that moves it most, and which), least, without_least, most, without_most, undefined (events without which there is
    no such number), errors (how many standard errors farthest lies from the estimate). What no draw varies, or no event can be
    left out of, is missing.

    Raises
    ------
    ParameterError : a level outside (0, 1).
    """
    require_level(alpha)
    over_draws = _over_draws(estimate, drawn[~np.isnan(drawn)], alpha, within)
    left_out = without_one(estimate, without)
    errors = abs(left_out["farthest"] - estimate) / over_draws["std_error"]
    return left_out | over_draws | {"errors": errors}


def without_one(estimate: float, without: pd.Series[float]) -> dict[str, Any]:
    """What leaving one event out makes of a number: the fields of `over_events` that no draw is needed for.

    Parameters
    ----------
    without : the number without each event, by event; missing where the others do not have it.
    """
    known = without[np.isfinite(without)]
    found: dict[str, Any] = {"estimate": estimate, "undefined": len(without) - len(known)}
    values = known.to_numpy()
    moved = {"farthest": -np.abs(values - estimate), "least": values, "most": -values}
    for what, event in {"farthest": "event", "least": "without_least", "most": "without_most"}.items():
        place = int(moved[what].argmin()) if values.size else -1
        found |= {what: float(values[place]), event: known.index[place]} if values.size else {what: np.nan, event: ""}
    return found


def _over_draws(
    estimate: float, known: FloatArray, alpha: float, within: tuple[float, float] | None
) -> dict[str, float | int]:
    if np.isinf(known).any():
        # Ends that some draws lie beyond without limit are not interpolated between.
        ends = {
            "ci_low": float(np.quantile(known, alpha / 2, method="lower")),
            "ci_high": float(np.quantile(known, 1 - alpha / 2, method="higher")),
        }
        return {"std_error": np.nan, "draws": known.size} | ends
    if known.size < FEWEST_DRAWS or np.ptp(known) <= TIE:
        return dict.fromkeys(FIELDS, np.nan) | {"draws": known.size}
    moved = known if within is None else np.clip(known + estimate - known.mean(), *within)
    low, high = percentiles(moved, alpha)
    return {"std_error": float(known.std(ddof=1)), "ci_low": low, "ci_high": high, "draws": known.size}
