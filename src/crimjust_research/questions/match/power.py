"""What the registered test of association could have found, in networks like the observed ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE
from crimjust_research.designs.networks.qap import cells_of, relabelled_cells
from crimjust_research.questions.match.networks import Networks
from crimjust_research.questions.match.params import Params
from crimjust_research.questions.simulated_power import SAMPLES, SMALLEST_EFFECT, monte_carlo_error

# Enough to tell p below 0.05 from above in each sample; the registered number is for the observed networks.
PERMUTATIONS = 999
# Standard deviations of what traffic leaves unexplained of joint events, per standard deviation of log cases.
STRENGTHS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, SMALLEST_EFFECT)


def power_curve(found: Networks, p: Params) -> pd.DataFrame:
    """Share of SIMULATED networks in which the registered test rejects, by strength of the relation.

    Joint events are regressed on log cases; what is left is relabelled at random, which keeps that some countries go
    to many events, and log cases are added back with the given strength. Every sample is tested against the same
    relabellings of log cases, so that one matrix product tests all of them.

    Returns
    -------
    DataFrame: strength, correlation (that strength amounts to), power, std_error (Monte Carlo), samples, permutations,
    n_obs (pairs), n_units (countries).
    """
    cells = cells_of(len(found.countries))
    events, cases = (m.to_numpy() for m in (found.joint_events, found.log_cases))
    z = (cases - cells.of(cases).mean()) / cells.of(cases).std()
    y, x = cells.of(events), cells.of(z)
    slope = float(x @ (y - y.mean())) / x.size
    residual = events - y.mean() - slope * z
    spread = float((y - y.mean() - slope * x).std())
    noise = np.concatenate(list(relabelled_cells(residual, cells, SAMPLES, p.seed + 1)))
    relabelled = np.concatenate(list(relabelled_cells(z, cells, PERMUTATIONS, p.seed)))
    rows = []
    for strength in STRENGTHS:
        sample = noise + strength * spread * x
        sample = sample - sample.mean(axis=1, keepdims=True)
        scale = np.sqrt((sample**2).sum(axis=1) * x.size)
        observed = np.abs(sample @ x) / scale
        null = np.abs(sample @ relabelled.T) / scale[:, None]
        p_values = (1 + (null >= observed[:, None] - TIE).sum(axis=1)) / (1 + PERMUTATIONS)
        power = (p_values < 1 - p.confidence_level).mean()
        rows.append((strength, strength / np.sqrt(1 + strength**2), power, monte_carlo_error(power)))
    table = pd.DataFrame(rows, columns=["strength", "correlation", "power", "std_error"])
    return table.assign(samples=SAMPLES, permutations=PERMUTATIONS, n_obs=x.size, n_units=len(found.countries))
