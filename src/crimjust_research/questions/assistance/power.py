"""What the comparison of awaited States within areas could have found: SIMULATED histories of the real States."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.designs.survival.exposure import exposed_events, yearly_rates
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.assistance.params import Params
from crimjust_research.questions.assistance.summaries import WORDS, Awaited

RATIOS = {"size": 1.0, "power_1_5": 1.5, "power_2": 2.0}
# SIMULATED samples held at once: a State and a year each.
_BATCH = 500


def power(data: Awaited, p: Params) -> pd.DataFrame:
    """How often the log-rank test within areas rejects, by the hazard ratio planted in SIMULATED histories.

    Summaries are drawn year by year from the hazards of all States in each calendar year times what each area has more or less
    of them, multiplied by the ratio in years in which a State was reached, until the listing ends.

    Returns
    -------
    DataFrame: name, ratio, estimate (share of samples), std_error, n_obs (samples).
    """
    at_risk, happened, exposed = data.history
    area = data.rows["area"].to_numpy()
    # A State is awaited from the year it came to be at risk to the end of the listing, unless it publishes before.
    possible = (data.rows["from_year"].to_numpy()[:, None] <= data.years) & (
        data.years <= data.rows["censoring_year"].to_numpy()[:, None]
    )
    rates = yearly_rates(at_risk, happened, area)
    rng, critical = np.random.default_rng(p.seed), float(ndtri(1 - p.alpha / 2))
    rows: list[dict[str, Any]] = []
    for name, ratio in RATIOS.items():
        chance = -np.expm1(-rates * np.where(exposed, ratio, 1.0))
        rejected = []
        for start in range(0, p.samples, _BATCH):
            drawn = (rng.uniform(size=(min(_BATCH, p.samples - start), *chance.shape)) < chance) & possible
            awaited = possible & (np.cumsum(drawn, axis=2) - drawn == 0)
            found = exposed_events(awaited, drawn & awaited, exposed[None], area)
            rejected.append(np.abs(found.z) > critical)
        share = Share.of(np.concatenate(rejected))
        error = float(np.sqrt(share.value * (1 - share.value) / p.samples))
        rows.append({"name": name, "ratio": ratio, "estimate": share.value, "std_error": error, "n_obs": p.samples})
    return pd.DataFrame(rows)


def of_all(data: Mapping[str, Awaited], p: Params) -> pd.DataFrame:
    """`power` for each channel: with key and channel (in words)."""
    parts = [power(own, p).assign(key=key, channel=WORDS[key]) for key, own in data.items()]
    return pd.concat(parts, ignore_index=True)
