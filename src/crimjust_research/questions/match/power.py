"""What the registered test of association could have found, and how often it finds what is not there."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.networks.event_qap import drawn_events, simulated_p_values, simulated_power
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.match.association import before_and_to_come, given_earlier_events
from crimjust_research.questions.match.networks import Networks
from crimjust_research.questions.match.params import Params

SAMPLES = 2_000
# Relabellings that each sample is ranked among: enough to tell p from the level of one question in its outcome.
POWER_DRAWS = 999
SIZE_DRAWS = 4_999
_PLACEBO_SAMPLES = 1_000


def without_relation(found: Networks, p: Params) -> dict[str, Simulated]:
    """p of the registered test in SIMULATED samples without any relation, by the plan's generators."""
    ties, matrix = found.ties, found.log_cases.to_numpy()
    counts = {"relabelled": _as_held(len(ties), SAMPLES), "events_drawn": drawn_events(len(ties), SAMPLES, p.seed)}
    return {
        name: Simulated(
            simulated_p_values(ties, matrix, found.strata, events, SIZE_DRAWS, p.seed), 1 / (1 + SIZE_DRAWS)
        )
        for name, events in counts.items()
    }


def power(found: Networks, p: Params, effects: Mapping[str, float], level: float) -> dict[str, Share]:
    """Share of SIMULATED samples, their events drawn with replacement, in which the registered test rejects, by effect.

    Traffic is a multiple of the joint events plus traffic given to other countries of the same region; the multiple is such that
    the mean correlation of the samples is the effect. Not known for one that no multiple reaches, as samples differ.
    """
    return _found(found, drawn_events(len(found.ties), SAMPLES, p.seed), p, effects, level)


def power_as_held(found: Networks, p: Params, effects: Mapping[str, float], level: float) -> dict[str, Share]:
    """The same if events were as they were held: what chance would be if no other events could have been made public."""
    return _found(found, _as_held(len(found.ties), _PLACEBO_SAMPLES), p, effects, level)


def placebo_power(found: Networks, p: Params, effect: float, alpha: float) -> Share:
    """Share of SIMULATED samples in which the placebo rejects, if later events went with the routes by that much."""
    later = before_and_to_come(found)[1]
    controls, left = given_earlier_events(found)
    counts = drawn_events(len(later), _PLACEBO_SAMPLES, p.seed)
    (p_values,) = simulated_power(later, left, found.strata, counts, [effect], POWER_DRAWS, p.seed, controls)
    return _share(p_values, p_values < alpha)


def table(drawn: Mapping[str, Share], held: Mapping[str, Share], effects: Mapping[str, float]) -> pd.DataFrame:
    """Power by size: size, correlation, events drawn, std_error, events as held."""
    rows = [(name, effects[name], drawn[name].value, drawn[name].std_error, held[name].value) for name in effects]
    columns = ["size", "correlation", "events_drawn", "std_error", "events_as_held"]
    return pd.DataFrame(rows, columns=columns)


def _found(
    found: Networks, counts: FloatArray, p: Params, effects: Mapping[str, float], level: float
) -> dict[str, Share]:
    matrix = found.log_cases.to_numpy()
    p_values = simulated_power(found.ties, matrix, found.strata, counts, effects.values(), POWER_DRAWS, p.seed)
    return {name: _share(values, values <= level) for name, values in zip(effects, p_values, strict=True)}


def _share(p_values: FloatArray, rejected: BoolArray) -> Share:
    return Share.unsimulated() if np.isnan(p_values).all() else Share.of(rejected)


def _as_held(n_events: int, samples: int) -> FloatArray:
    return np.ones((samples, n_events))
