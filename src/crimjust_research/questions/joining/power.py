"""What the registered test could have found, on panels simulated from what the model leaves unexplained."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import TIE, FloatArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.questions.joining.comparison import Comparison
from crimjust_research.questions.joining.estimators import reassignments, statistic
from crimjust_research.questions.simulated_power import SAMPLES, SURE, monte_carlo_error

DRAWS = 499
STRENGTHS = tuple(np.arange(0, 2.01, 0.25).tolist())


def unexplained(found: Comparison) -> tuple[FloatArray, float]:
    """Residuals (n_units, T), missing where not observed, and their standard deviation.

    Of country and edition effects and one effect for each group in each edition since it joined, so that no
    difference since joining counts as unexplained. Scaled so that their mean square is the variance.
    """
    frame = found.checked.frame
    since = frame["time"] >= frame["first_treated"]
    cell = (frame["first_treated"].astype("str") + " " + frame["time"].astype("str")).where(since, "none")
    levels = [pd.get_dummies(frame["code"]), pd.get_dummies(frame["time"]), pd.get_dummies(cell).drop(columns="none")]
    design = np.hstack([part.to_numpy(np.float64) for part in levels])
    outcome = frame["outcome"].to_numpy(np.float64)
    coefficients, _, rank, _ = np.linalg.lstsq(design, outcome, rcond=None)
    residuals = outcome - design @ coefficients
    spread = float(np.sqrt(residuals @ residuals / (residuals.size - rank)))
    table = np.full((found.checked.n_units, len(found.checked.periods)), np.nan)
    table[frame["code"], np.searchsorted(found.periods, frame["time"])] = residuals
    return table * spread / np.sqrt(np.mean(residuals**2)), spread


def power_curve(found: Comparison, seed: int, alpha: float) -> pd.DataFrame:
    """Share of simulated panels in which the registered test rejects, by size of a difference planted since joining.

    A simulated panel keeps every country's residual path and gives it a random sign, so that its dependence over time,
    its spread and its gaps stay as observed; the planted difference is the same for all countries that joined.

    Returns
    -------
    DataFrame: strength (in standard deviations of what is unexplained), difference (in units of the outcome), power,
    std_error (Monte Carlo), samples.
    """
    residuals, spread = unexplained(found)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(SAMPLES, len(residuals), 1))
    assignments = reassignments(found, DRAWS, seed)
    planted = np.where(np.isfinite(residuals), treated_cells(assignments[0], found.periods), np.nan)
    values = statistic(found)(np.concatenate([signs * residuals, planted[None]]), assignments, found.periods)
    values = values[np.isfinite(values).all(axis=1)]
    chance, response = values[:, :-1], values[:, -1:]
    rows = []
    for strength in STRENGTHS:
        size = np.abs(chance + strength * spread * response)
        rejected = np.mean((size >= size[0] * (1 - TIE)).mean(axis=0) <= alpha)
        rows.append((strength, strength * spread, rejected, monte_carlo_error(rejected), SAMPLES))
    return pd.DataFrame(rows, columns=["strength", "difference", "power", "std_error", "samples"])


def smallest_found(curve: pd.DataFrame) -> float:
    """Least difference found in four of five panels, in units of the outcome; missing if none on the curve is."""
    sure = np.flatnonzero(curve["power"] >= SURE)
    if sure.size == 0:
        return float("nan")
    upper = curve.iloc[: sure[0] + 1]
    return float(np.interp(SURE, upper["power"].cummax(), upper["difference"]))
