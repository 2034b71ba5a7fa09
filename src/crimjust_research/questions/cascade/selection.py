"""What selection into support does to a comparison of supported with other cases, shown on SIMULATED cases.

Whoever supports cases picks them, and stronger cases may be likelier picked. A case's strength is on no record, so no
comparison of records can take it out.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.designs.survival.cascade import (
    additional_convictions,
    case_records,
    continuation_ratios,
    transitions,
)
from crimjust_research.designs.survival.cascade_simulation import CascadeTruth, simulate_cases
from crimjust_research.errors import ParameterError
from crimjust_research.questions.cascade import defendants, simulation
from crimjust_research.questions.cascade.cases import SUPPORT
from crimjust_research.questions.cascade.params import SIMULATED_YEARS, Params

CASES = 20_000  # so many that what is left between an estimate and the truth is no accident
# Log odds ratio, at each stage, of a standard deviation of strength, and that of being supported: round numbers.
STRENGTH, CHOSEN = (0.6, 0.6, 0.6), 0.8
_NO_EFFECT = {**simulation.TRUTH.effects, SUPPORT: (0.0, 0.0, 0.0)}
_PICKED = replace(simulation.TRUTH, strength=STRENGTH, chosen={SUPPORT: CHOSEN})
WORLDS: dict[str, tuple[str, CascadeTruth]] = {
    "by_lot": ("support drawn by lot, and it works", simulation.TRUTH),
    "picked": ("stronger cases likelier supported, and it works", _PICKED),
    "picked_in_vain": ("stronger cases likelier supported, and it does nothing", replace(_PICKED, effects=_NO_EFFECT)),
}
WAYS = {
    "naive": "Share of mature cases convicted, supported less not",
    "adjusted": "Mean over cases of the product of stage probabilities, from logits with all that records hold",
}
DIFFERENCE = "Difference in the share convicted"


def fooled(p: Params) -> pd.DataFrame:
    """What two comparisons say of support in each world, beside what is true there; no rows beside records of real cases.

    Returns
    -------
    DataFrame: world, words, way, method, estimate, ci_low, ci_high, true, held (whether the interval holds the true value),
    n_obs, n_units.
    """
    rows = []
    for world, (words, truth) in WORLDS.items() if p.simulated else ():
        drawn = simulate_cases(truth, CASES, observed_until=SIMULATED_YEARS, seed=p.seed)
        true = _true_difference(truth, drawn, p.maturity_years)
        for way, (estimate, low, high) in {"naive": _naive(drawn, p), "adjusted": _adjusted(drawn, p)}.items():
            rows.append((world, words, way, WAYS[way], estimate, low, high, true, low <= true <= high))
    columns = ["world", "words", "way", "method", "estimate", "ci_low", "ci_high", "true", "held"]
    return pd.DataFrame(rows, columns=columns).assign(n_obs=CASES, n_units=CASES)


def fooled_defendants(p: Params) -> pd.DataFrame:
    """What a plain comparison of defendants says of support that does nothing, given to stronger cases: true is nothing.

    Returns
    -------
    DataFrame of the columns of `fooled` but method; no rows beside records of real cases, or where too few are decided on.
    """
    columns = ["world", "words", "way", "estimate", "ci_low", "ci_high", "true", "held", "n_obs", "n_units"]
    if not p.simulated:
        return pd.DataFrame(columns=columns)
    words, truth = WORLDS["picked_in_vain"]
    cases = simulation.as_records(simulate_cases(truth, CASES, observed_until=SIMULATED_YEARS, seed=p.seed))
    drawn = simulation.simulated_defendants(cases, p.seed, further=dict.fromkeys(simulation.FURTHER, 1.0))
    compared, _ = defendants.by_support(defendants.with_support(drawn, cases), p)
    rows = defendants.apart(compared).query("measure == 'convicted'")
    held = (rows["ci_low"] <= 0) & (rows["ci_high"] >= 0)
    return rows.assign(world="picked_in_vain", words=words, way="defendants", true=0.0, held=held)[columns]


def in_vain(worlds: pd.DataFrame) -> float:
    """What the adjusted comparison says of support that does nothing; NaN without rows."""
    rows = worlds.loc[(worlds["world"] == "picked_in_vain") & (worlds["way"] == "adjusted"), "estimate"]
    return float(rows.mean())


def holding(worlds: pd.DataFrame) -> dict[str, int]:
    """How many of the comparisons of cases have an interval that holds what is true, by world."""
    cases = worlds[worlds["way"].isin(list(WAYS))]
    return {str(world): int(held) for world, held in cases.groupby("world")["held"].sum().items()}


def _true_difference(truth: CascadeTruth, drawn: pd.DataFrame, maturity: float) -> float:
    """Mean over the cases drawn of the chance of a conviction within the maturities with support less without."""
    strength = drawn["strength"].to_numpy(np.float64)
    with_it, without = (
        truth.probabilities(drawn.assign(**{SUPPORT: held}), strength).prod(axis=1) for held in (1.0, 0.0)
    )
    return float((with_it - without).mean() * simulation.decided_within(maturity).prod())


def _naive(drawn: pd.DataFrame, p: Params) -> tuple[float, float, float]:
    """Difference of the products of stages of supported and other cases, normal interval; none where a stage passes none."""
    shares, variances = [], []
    for held in (1.0, 0.0):
        stages = transitions(case_records(drawn[drawn[SUPPORT] == held], SIMULATED_YEARS), p.maturity_years)
        probability, mature = (stages.iloc[:-1][name].to_numpy(np.float64) for name in ("probability", "mature"))
        shares.append(probability.prod())
        if probability.all():
            variances.append(shares[-1] ** 2 * ((1 - probability) / (probability * mature)).sum())
    difference = shares[0] - shares[1]
    if 0 in shares:
        return difference, math.nan, math.nan
    spread = ndtri(0.5 + p.confidence_level / 2) * np.sqrt(sum(variances))
    return difference, difference - spread, difference + spread


def _adjusted(drawn: pd.DataFrame, p: Params) -> tuple[float, float, float]:
    """Additional convictions from the logits of all that records hold; none within a maturity that carries no logits."""
    alpha = 1 - p.confidence_level
    records = case_records(drawn.drop(columns="strength"), SIMULATED_YEARS, covariates=list(simulation.TRUTH.effects))
    try:
        logits = continuation_ratios(records, p.maturity_years, alpha=alpha)
    except ParameterError:
        return math.nan, math.nan, math.nan
    more = additional_convictions(logits, SUPPORT, draws=p.draws, seed=p.seed, alpha=alpha)
    return more.difference, more.ci_low, more.ci_high
