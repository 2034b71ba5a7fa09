"""SIMULATED equipment, forums, joint teams, operations and expenditure, and what is true of them. All numbers are made up."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from crimjust_research import document
from crimjust_research.data.own_records.rules import HALF_A_YEAR
from crimjust_research.questions.cascade.params import SIMULATED_YEARS
from crimjust_research.questions.cascade.simulation import FIRST_DAY
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.simulation_parts import (
    AS_OF,
    another,
    by_then,
    choices,
    codes,
    countries,
    days,
    days_since_first,
    noted,
    numbers_of,
    together,
    waiting,
)

_CASES_AN_ITEM = 20
_IN_USE, _NOBODY_LOOKED = 0.8, 0.15
_DUE_DILIGENCE, _NOT_NOTED = 0.7, 0.1
_OF_TRAININGS = 0.3

_CASES_A_FORUM = 40
_FURTHER_ACTIONS = 4.0
_DONE = 0.5  # chance without an effect
_NOT_FOLLOWED_UP = 0.1

_CASES_A_TEAM = 40
_MEAN_DAYS_TO_SIGN = 90.0
_TEAM_DAYS = (180, 720)

_CASES_AN_OPERATION = 40
_MET_BEFORE, _MET_AFTER = 0.8, 0.6

_BUDGET = (11.0, 0.8)  # mean and standard deviation of its logarithm
_LEAST_SPENT = 0.6  # share of a budget; on average half of the rest is spent too


def draw_equipment(cases: int, trainings: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED deliveries in the template's columns, as many as go with so many cases."""
    n = math.ceil(cases / _CASES_AN_ITEM)
    delivered = rng.integers(0, AS_OF + 1, n)
    units = 1 + rng.poisson(3, n)
    looked = pd.Series(AS_OF - delivered >= HALF_A_YEAR) & (rng.random(n) >= _NOBODY_LOOKED)
    return pd.DataFrame(
        {
            "equipment_id": codes("E", n),
            "country": rng.choice(countries(), n),
            "agency": rng.choice(choices("equipment", "agency"), n),
            "item": rng.choice(choices("equipment", "item"), n),
            "units": units,
            "value": (units * np.exp(rng.normal(8, 1, n))).round(),
            "delivered": days(delivered),
            "due_diligence": noted(rng, rng.random(n) < _DUE_DILIGENCE, _NOT_NOTED),
            "training_id": noted(rng, rng.choice(trainings["training_id"].unique(), n), 1 - _OF_TRAININGS),
            "in_use_at_6_months": pd.Series(rng.random(n) < _IN_USE).where(looked),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def draw_forums(cases: pd.DataFrame, effects: Effects, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED forums in the template's columns, each after the seizures of two supported cases that it discusses."""
    supported = cases[cases["programme_supported"].astype("bool")]
    n = math.ceil(len(cases) / _CASES_A_FORUM)
    place = np.sort(rng.integers(0, len(supported) - 1, n))
    first, second = supported.iloc[place], supported.iloc[place + 1]
    agreed = 1 + rng.poisson(_FURTHER_ACTIONS, n)
    host, guest = first["country"], _another_country(first, rng)
    return pd.DataFrame(
        {
            "forum_id": codes("F", n),
            "held": days(np.minimum(days_since_first(second["seizure_date"]) + rng.integers(14, 75, n), AS_OF)),
            "host": host.to_numpy(),
            "countries": together(host, second["country"], guest),
            "case_ids": together(first["case_id"], second["case_id"]),
            "actions_agreed": agreed,
            "actions_done": noted(rng, rng.binomial(agreed, _chance_done(effects)), _NOT_FOLLOWED_UP),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def draw_teams(cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED joint teams in the template's columns, each on one case."""
    of = _some(cases, _CASES_A_TEAM, rng)
    n = len(of)
    proposed = np.minimum(days_since_first(of["seizure_date"]) + rng.integers(0, 60, n), AS_OF)
    signed = by_then(proposed + waiting(rng, _MEAN_DAYS_TO_SIGN, n))
    return pd.DataFrame(
        {
            "team_id": codes("J", n),
            "countries": together(of["country"], _another_country(of, rng)),
            "proposed": days(proposed),
            "signed": days(signed),
            "ended": days(by_then(signed + rng.integers(*_TEAM_DAYS, n))),
            "case_ids": of["case_id"].to_numpy(),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def draw_operations(cases: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED operations in the template's columns, each with a case that began with it."""
    of = _some(cases[cases["seizure_date"] <= FIRST_DAY + pd.Timedelta(days=AS_OF - 90)], _CASES_AN_OPERATION, rng)
    n = len(of)
    seizure = days_since_first(of["seizure_date"])
    start, end = seizure - rng.integers(0, 4, n), seizure + rng.integers(0, 10, n)
    return pd.DataFrame(
        {
            "operation_id": codes("O", n),
            "countries": together(of["country"], _another_country(of, rng)),
            "pre_meeting": days(np.where(rng.random(n) < _MET_BEFORE, start - rng.integers(7, 60, n), np.nan)),
            "start": days(start),
            "end": days(end),
            "post_meeting": days(np.where(rng.random(n) < _MET_AFTER, end + rng.integers(7, 60, n), np.nan)),
            "seizures": 1 + rng.poisson(3, n),
            "case_ids": of["case_id"].to_numpy(),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def draw_expenditure(rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED expenditure in the template's columns: all pillars and steps, the countries proposed, every year."""
    found = document.load()
    streams = [f"{part.stream}_{stream.number}" for part in found.components for stream in part.streams]
    years = range(FIRST_DAY.year, FIRST_DAY.year + int(SIMULATED_YEARS))
    cells = pd.MultiIndex.from_product([streams, found.proposed_iso3, years], names=["activity", "country", "year"])
    n = len(cells)
    budget = np.exp(rng.normal(*_BUDGET, n)).round()
    spent = (budget * (_LEAST_SPENT + (1 - _LEAST_SPENT) * rng.beta(2, 2, n))).round()
    return cells.to_frame(index=False).assign(budget=budget, spent=spent)


def truth(effects: Effects) -> dict[str, float]:
    """What is true of all these, by the id of the estimate that is to recover it."""
    return {
        "equipment.in_use": _IN_USE,
        "equipment.due_diligence": _DUE_DILIGENCE,
        "equipment.training": _OF_TRAININGS,
        "forums.actions_done": _chance_done(effects),
        "teams.signed_median": float(math.ceil(_MEAN_DAYS_TO_SIGN * math.log(2))),
        "operations.both_meetings": _MET_BEFORE * _MET_AFTER,
        "expenditure.spent_of_budget": _LEAST_SPENT + (1 - _LEAST_SPENT) / 2,
    }


def _chance_done(effects: Effects) -> float:
    return float(expit(logit(_DONE) + math.log(effects.done)))


def _some(cases: pd.DataFrame, each: int, rng: np.random.Generator) -> pd.DataFrame:
    """One case in `each`, in the order they have."""
    return cases.iloc[np.sort(rng.choice(len(cases), math.ceil(len(cases) / each), replace=False))]


def _another_country(cases: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """For each case another country than its own."""
    names = countries()
    return [names[number] for number in another(rng, numbers_of(cases["country"]))]
