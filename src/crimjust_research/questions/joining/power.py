"""What the registered test could have found and how often it is wrong, on SIMULATED scores made from the real panel's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.timing.studentised import StudentisedTest
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.joining.reassignment import Reassignment

# So many reassignments, the actual one with them, that a level of .05 is a whole number of them; a sixth of it as well.
DRAWS, STRICT_DRAWS = 199, 599
POWER_SAMPLES, SIZE_SAMPLES = 1000, 4000
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


def signed(residuals: FloatArray, samples: int, seed: int) -> FloatArray:
    """(samples, n_units, T) residual paths with a random sign each: dependence over time, spread and gaps as observed."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(samples, len(residuals), 1))
    return np.asarray(signs * residuals)


def power(design: Reassignment, residuals: FloatArray, effect: float, level: float, seed: int) -> Share:
    """Share of signed samples, a difference planted since joining, in which the test rejects at the level."""
    planted = effect * treated_cells(design.cohort, design.periods)
    draws = DRAWS if level >= 0.05 else STRICT_DRAWS
    p = design.p_values(signed(residuals, POWER_SAMPLES, seed) + planted, draws, seed)
    return Share.of(p <= level * (1 + 1e-9))


def sizes(design: Reassignment, residuals: FloatArray, level: float, seed: int) -> dict[str, Share]:
    """Share of samples without a difference in which the test rejects, by generator of the plan."""
    larger = np.where(np.isfinite(design.cohort), SPREAD, 1.0)[:, None]
    drawn = signed(residuals, SIZE_SAMPLES, seed)
    p = {
        "exchangeable": exchanged(design, residuals, seed),
        "signs": design.p_values(drawn, DRAWS, seed),
        "spread": design.p_values(drawn * larger, DRAWS, seed),
    }
    return {name: Share.of(values <= level * (1 + 1e-9)) for name, values in p.items()}


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
    alpha: float,
    seed: int,
    draws: int,
) -> dict[str, Any]:
    """What `Study.evidence` takes of a registered question.

    Parameters
    ----------
    margins : half the margin, the margin and double; level : at which power is told; alpha : at which size is.
    """
    residuals = unexplained(design, test.estimate)
    return {
        "power": {name: power(design, residuals, size, level, seed) for name, size in margins.items()},
        "equivalence": {name: test.equivalence_p(size) for name, size in margins.items()},
        "size": sizes(design, residuals, alpha, seed),
        "least_p": design.least_p(draws),
    }


def power_of_check(design: Reassignment, test: StudentisedTest, margin: float, alpha: float, seed: int) -> Share:
    """Chance that a negative control of the margin's size is told from nothing."""
    return power(design, unexplained(design, test.estimate), margin, alpha, seed)
