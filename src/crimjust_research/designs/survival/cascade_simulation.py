"""Simulated case records whose truth is known, to show that the cascade's estimates recover it.

Nothing here stands in for real records: whoever shows these numbers marks them SIMULATED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import generator
from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.errors import ParameterError

_NODES = 40  # of strength, at which means over it are exact to a millionth


@dataclass(frozen=True)
class CascadeTruth:
    """What generates simulated cases, stage by stage."""

    intercepts: tuple[float, ...]
    """Log odds of advancing from each stage but the last for a case with all covariates zero."""
    effects: Mapping[str, tuple[float, ...]]
    """Log odds ratio of each covariate at each stage."""
    typical_time: tuple[float, ...]
    """Mean time from entering a stage to advancing or being closed."""
    longest_time: tuple[float, ...]
    """Time by which every case is decided; a maturity at least as long leaves nothing pending."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Covariates that are 0 or 1, with the share of ones. The others are standard normal."""
    strength: tuple[float, ...] = (0.0,) * (len(STAGES) - 1)
    """Log odds ratio, at each stage, of a standard deviation of a case's strength, which no record holds."""
    chosen: Mapping[str, float] = field(default_factory=dict)
    """Covariates of `shares` that stronger cases likelier have: log odds ratio of a standard deviation of strength, the
    share being that of a case of middling strength."""

    def __post_init__(self) -> None:
        n = len(STAGES) - 1
        given = (self.intercepts, self.typical_time, self.longest_time, *self.effects.values())
        if any(len(one) != n for one in (*given, self.strength)):
            raise ParameterError(
                f"{len(STAGES)} stages need {n} intercepts, effects, strengths, typical and longest times each."
            )
        if any(not 0 < t < longest for t, longest in zip(self.typical_time, self.longest_time, strict=True)):
            raise ParameterError("Typical times must be positive and below the longest ones.")
        if set(self.shares) - set(self.effects) or any(not 0 < s < 1 for s in self.shares.values()):
            raise ParameterError("Shares must be between 0 and 1 and belong to covariates that have effects.")
        if set(self.chosen) - set(self.shares):
            raise ParameterError("Covariates chosen by strength must be among those that have shares.")

    def probabilities(self, covariates: pd.DataFrame, strength: FloatArray | float = 0.0) -> FloatArray:
        """(n, stages - 1) true probabilities of advancing, for cases of that strength, (n,) or one for all."""
        unseen = np.broadcast_to(strength, len(covariates))[:, None] * np.asarray(self.strength)
        logits = np.asarray(self.intercepts) + sum(
            (covariates[[name]].to_numpy(np.float64) * np.asarray(effect) for name, effect in self.effects.items()),
            start=unseen,
        )
        return np.asarray(expit(logits))


def simulate_cases(truth: CascadeTruth, n_cases: int, *, observed_until: float, seed: int) -> pd.DataFrame:
    """Case records in the form `case_records` takes, opened evenly from 0 to `observed_until` and cut off there.

    Times to a decision are the longest time times a beta variable with mean typical / longest, and do not depend on
    the outcome. The columns are case, the stages, closed, the covariates and strength, which an analyst does not see.
    """
    rng = generator(seed)
    strength = generator(seed + 1).standard_normal(n_cases)
    covariates = pd.DataFrame(
        {
            name: (rng.random(n_cases) < _chance(truth, name, strength)).astype(np.float64)
            if name in truth.shares
            else rng.standard_normal(n_cases)
            for name in truth.effects
        }
    )
    probability = truth.probabilities(covariates, strength)
    times = np.full((n_cases, len(STAGES)), np.nan)
    times[:, 0] = np.sort(rng.uniform(0, observed_until, n_cases))
    closed = np.full(n_cases, np.nan)
    for k, (typical, longest) in enumerate(zip(truth.typical_time, truth.longest_time, strict=True)):
        decided = times[:, k] + longest * rng.beta(2, 2 * longest / typical - 2, n_cases)
        advances = rng.random(n_cases) < probability[:, k]
        known = decided <= observed_until
        times[:, k + 1] = np.where(advances & known, decided, np.nan)
        closed = np.where(~advances & known & np.isnan(closed), decided, closed)
    frame = pd.DataFrame(times, columns=list(STAGES))
    frame.insert(0, "case", np.arange(1, n_cases + 1))
    return pd.concat([frame.assign(closed=closed), covariates.assign(strength=strength)], axis=1)


def _chance(truth: CascadeTruth, name: str, strength: FloatArray) -> FloatArray:
    """(n,) chance that each case has a covariate that is 0 or 1."""
    if name not in truth.chosen:
        return np.full(strength.shape, truth.shares[name])
    return np.asarray(expit(logit(truth.shares[name]) + truth.chosen[name] * strength))


def profiles(truth: CascadeTruth) -> tuple[pd.DataFrame, FloatArray, FloatArray]:
    """Every combination of covariates, each at every node of strength if that moves anything, and its share of cases.

    Sums over them with these shares as weights are means over all cases there could be, by Gauss-Hermite quadrature.

    Returns
    -------
    Covariates (n, as columns), strength (n,), share of cases (n,).

    Raises
    ------
    ParameterError : a covariate that is not 0 or 1.
    """
    if set(truth.effects) - set(truth.shares):
        raise ParameterError("Only cases whose every covariate is 0 or 1 come in so many combinations.")
    nodes, weights = np.zeros(1), np.ones(1)
    if any(truth.strength) or any(truth.chosen.values()):
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    combinations = pd.DataFrame(list(product((0.0, 1.0), repeat=len(truth.effects))), columns=list(truth.effects))
    covariates = pd.concat([combinations] * len(nodes), ignore_index=True)
    strength = np.repeat(nodes, len(combinations))
    chance = np.column_stack([_chance(truth, name, strength) for name in truth.effects])
    share = np.where(covariates.to_numpy() == 1.0, chance, 1 - chance).prod(axis=1)
    return covariates, strength, share * np.repeat(weights / weights.sum(), len(combinations))
