"""What the registered test could have found and how often it is wrong, on SIMULATED scores made from the real panel's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.timing.studentised import StudentisedTest
from crimjust_research.evidence.calibration import Simulated, calibrated_level
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.joining.reassignment import Reassignment

# Reassignments of each sample: as many as tell a calibrated level of .001, which a sixth of .05 can come to.
DRAWS = 1_999
POWER_SAMPLES, SIZE_SAMPLES = 1_000, 2_000
# Reassignments from which each sample of exchanged residuals takes its own.
POOL = 9999
# By how much the residuals of countries that joined are made larger.
SPREAD = 1.5


def unexplained(design: Reassignment, effect: float) -> FloatArray:
    """Residuals (n_units, T) of country and edition effects once a difference since joining is taken off; NaN as observed.

    They are made larger for the effects fitted, so that their mean square is the variance.
    """
    rows, columns = np.nonzero(np.isfinite(design.outcomes))
    since = treated_cells(design.cohort, design.periods)
    outcome = (design.outcomes - effect * since)[rows, columns]
    dummies = np.hstack([rows[:, None] == np.unique(rows), columns[:, None] == np.unique(columns)]).astype(np.float64)
    coefficients, _, rank, _ = np.linalg.lstsq(dummies, outcome, rcond=None)
    residuals = np.full(design.outcomes.shape, np.nan)
    residuals[rows, columns] = (outcome - dummies @ coefficients) * np.sqrt(rows.size / (rows.size - rank))
    return residuals


def signs(countries: int, samples: int, seed: int) -> FloatArray:
    """(samples, countries) a random sign each: residual paths by them keep dependence over time, spread and gaps."""
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(samples, countries))


def power(
    design: Reassignment, residuals: FloatArray, effects: Mapping[str, float], level: float, seed: int
) -> dict[str, Share]:
    """Share of signed samples, each of the differences planted since joining, in which the test rejects at the level."""
    drawn = signs(len(residuals), POWER_SAMPLES, seed)
    p = design.p_values(residuals, drawn, list(effects.values()), DRAWS, seed)
    return {name: _rejected(values, level) for name, values in zip(effects, p, strict=True)}


def without_difference(design: Reassignment, residuals: FloatArray, seed: int) -> dict[str, Simulated]:
    """p of the test in samples without a difference, by generator of the plan."""
    larger = np.where(np.isfinite(design.cohort), SPREAD, 1.0)
    drawn = signs(len(residuals), SIZE_SAMPLES, seed)
    (both,) = design.p_values(residuals, np.concatenate([drawn, drawn * larger]), [0.0], DRAWS, seed)
    signed, spread = np.split(both, 2)
    p = {"exchangeable": exchanged(design, residuals, seed), "signs": signed, "spread": spread}
    return {name: Simulated(values, design.least_p(DRAWS)) for name, values in p.items()}


def _rejected(p_values: FloatArray, level: float) -> Share:
    return Share.of(p_values <= level * (1 + 1e-9))


def exchanged(design: Reassignment, residuals: FloatArray, seed: int) -> FloatArray:
    """(samples,) p where residual paths, gaps and all, go to other countries of their region and completeness.

    Giving paths to other countries while dates stay is the same as giving dates to other countries while paths stay: the
    statistic of a sample and those of its reassignments are draws from the same reassignments of one panel.
    """
    pool = design.statistics(residuals[None], POOL, seed)[0]
    drawn = np.random.default_rng(seed).choice(pool, size=(SIZE_SAMPLES, 1 + DRAWS))
    return two_sided(drawn)


def evidence(
    design: Reassignment,
    test: StudentisedTest,
    margins: Mapping[str, float],
    level: float,
    seed: int,
    draws: int,
) -> dict[str, Any]:
    """What `Study.evidence` takes of a registered question.

    Parameters
    ----------
    margins : half the margin, the margin and double; level : at which the power of the calibrated test is told.
    """
    residuals = unexplained(design, test.estimate)
    without_effect = without_difference(design, residuals, seed)
    return {
        "power": power(design, residuals, margins, calibrated_level(level, without_effect), seed),
        "equivalence": {name: test.equivalence_p(size) for name, size in margins.items()},
        "without_effect": without_effect,
        "least_p": design.least_p(draws),
    }
