"""A folder of SIMULATED records of all eleven kinds, linked to each other, and what is true of them.

Nothing here stands in for real records: whoever shows these numbers marks them SIMULATED. Registry:
docs/methods/survival.md, "A folder of simulated records".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import pandas as pd

from crimjust_research.data.own_records.schemas import kind_named
from crimjust_research.designs.checks import generator, require_whole
from crimjust_research.errors import ParameterError
from crimjust_research.questions.own_records import (
    simulation_activities,
    simulation_cases,
    simulation_requests,
    simulation_trainings,
)
from crimjust_research.questions.own_records.effects import Effects

FEWEST_CASES = 200  # with which there are records of every kind
STRONGEST_SELECTION = 3.0  # up to which the truth is exact to a millionth


@dataclass(frozen=True)
class Simulated:
    """SIMULATED records of each kind, as `own_records.read_folder` would give them, and what is true of them."""

    records: dict[str, pd.DataFrame]
    truth: dict[str, float]
    """By the id of the estimate that is to recover it: effects on all cases, requests or assets, and means; of costs, which take
    the spending as known, what was spent over how many there were to expect."""


def simulated_folder(effects: Effects, seed: int, cases: int = 2000, selection: float = 1.0) -> Simulated:
    """Records of all eleven kinds, drawn with these effects of support.

    Parameters
    ----------
    effects : what support does.
    seed : of all draws.
    cases : how many cases; the other kinds have their share.
    selection : log odds ratio of support for a standard deviation of a case's strength, which no record holds. At 0 support
        is drawn by lot.

    Raises
    ------
    ParameterError : fewer than 200 cases, a seed below zero, a selection beyond 3.
    """
    require_whole(FEWEST_CASES, cases=cases)
    if not abs(selection) <= STRONGEST_SELECTION:
        most = STRONGEST_SELECTION
        raise ParameterError(
            f"The selection is {selection:g}; give a number from -{most:g} to {most:g}: 0 is support by lot, 1 strong selection."
        )
    for_cases, for_defendants, for_assets, for_requests, for_trainings, for_activities = generator(seed).spawn(6)
    case_frame = simulation_cases.draw_cases(effects, selection, cases, seed, for_cases)
    trainings, tests = simulation_trainings.draw_trainings(cases, effects, for_trainings)
    drawn = {
        "cases": case_frame,
        "defendants": simulation_cases.draw_defendants(case_frame, seed, for_defendants),
        "cooperation_requests": simulation_requests.draw_requests(case_frame, effects, selection, for_requests),
        "trainings": trainings,
        "knowledge_tests": tests,
        "equipment": simulation_activities.draw_equipment(cases, trainings, for_activities),
        "forums": simulation_activities.draw_forums(case_frame, effects, for_activities),
        "joint_teams": simulation_activities.draw_teams(case_frame, for_activities),
        "operations": simulation_activities.draw_operations(case_frame, for_activities),
        "assets": simulation_cases.draw_assets(case_frame, effects, for_assets),
        "expenditure": simulation_activities.draw_expenditure(for_activities),
    }
    spent = float(drawn["expenditure"]["spent"].sum())
    costs = {kind: spent / (cases * share) for kind, share in _come_to(effects, selection)}
    records = {kind: _typed(frame, kind) for kind, frame in drawn.items()}
    return Simulated(records, dict(_truth(effects, selection)) | costs)


@lru_cache
def _come_to(effects: Effects, selection: float) -> tuple[tuple[str, float], ...]:
    return tuple(simulation_cases.supported_come_to(effects, selection).items())


@lru_cache
def _truth(effects: Effects, selection: float) -> tuple[tuple[str, float], ...]:
    """What is true, whatever is drawn."""
    return tuple(
        (
            simulation_cases.truth(effects, selection)
            | simulation_requests.truth(effects, selection)
            | simulation_trainings.truth(effects)
            | simulation_activities.truth(effects)
        ).items()
    )


def _typed(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The template's columns in its order, each in the type that is read from a file."""
    fields = kind_named(kind).table.fields
    types = {f.name: "datetime64[us]" if f.type == "date" else replace(f, constraints={}).dtype for f in fields}
    return frame[list(types)].reset_index(drop=True).astype(types)
