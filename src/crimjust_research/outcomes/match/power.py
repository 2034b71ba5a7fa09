"""What the registered test of association could have found, in networks like the observed ones."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE
from crimjust_research.designs.networks.qap import cells_of, relabelled_cells
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.match.association import OUTCOME, QUESTION, Networks
from crimjust_research.outcomes.match.parameters import Params

SAMPLES = 500
# Enough to tell p below 0.05 from above in each sample; the registered number is for the observed networks.
PERMUTATIONS = 999
# The plan's smallest effect of interest, in the units of `STRENGTHS`.
SMALLEST_EFFECT = 0.5
# Standard deviations of what traffic leaves unexplained of joint events, per standard deviation of log cases.
STRENGTHS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)


def power_curve(networks: Networks, params: Params) -> pd.DataFrame:
    """Share of SIMULATED networks in which the registered test rejects, by strength of the relation.

    Joint events are regressed on log cases; what is left is relabelled at random, which keeps that some countries go
    to many events, and log cases are added back with the given strength. Every sample is tested against the same
    relabellings of log cases, so that one matrix product tests all of them.

    Returns
    -------
    DataFrame: strength, correlation (that strength amounts to), power, std_error (Monte Carlo), samples.
    """
    cells = cells_of(len(networks.countries), directed=False)
    events, cases = (m.to_numpy() for m in (networks.joint_events, networks.log_cases))
    z = (cases - cells.of(cases).mean()) / cells.of(cases).std()
    y, x = cells.of(events), cells.of(z)
    slope = float(x @ (y - y.mean())) / x.size
    residual = events - y.mean() - slope * z
    spread = float((y - y.mean() - slope * x).std())
    noise = np.concatenate(list(relabelled_cells(residual, cells, SAMPLES, params.seed + 1)))
    relabelled = np.concatenate(list(relabelled_cells(z, cells, PERMUTATIONS, params.seed)))
    rows = []
    for strength in STRENGTHS:
        sample = noise + strength * spread * x
        sample = sample - sample.mean(axis=1, keepdims=True)
        scale = np.sqrt((sample**2).sum(axis=1) * x.size)
        observed = np.abs(sample @ x) / scale
        null = np.abs(sample @ relabelled.T) / scale[:, None]
        p = (1 + (null >= observed[:, None] - TIE).sum(axis=1)) / (1 + PERMUTATIONS)
        power = float((p < 1 - params.confidence_level).mean())
        error = float(np.sqrt(power * (1 - power) / SAMPLES))
        rows.append((strength, strength / np.sqrt(1 + strength**2), power, error, SAMPLES))
    return pd.DataFrame(rows, columns=["strength", "correlation", "power", "std_error", "samples"])


def power_estimate(curve: pd.DataFrame, networks: Networks, params: Params) -> Estimate:
    """Power of the registered test of association against the smallest effect of interest."""
    row = curve[curve["strength"] == SMALLEST_EFFECT].to_dict("records")[0]
    return Estimate(
        id="qap.power",
        outcome=OUTCOME,
        question=QUESTION,
        estimand=f"Power of the registered test against a correlation of {number(row['correlation'], 2)}",
        method=f"Simulation, {PERMUTATIONS} permutations a sample",
        specification=f"{row['samples']} SIMULATED networks of the same countries; effect of {SMALLEST_EFFECT:g} standard "
        "deviations of what is unexplained",
        estimate=row["power"],
        std_error=row["std_error"],
        unit="share of samples",
        n_obs=row["samples"],
        n_units=len(networks.countries),
        role="secondary",
        null_value=1 - params.confidence_level,
        data_status="simulated",
    )
