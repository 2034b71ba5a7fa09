"""SIMULATED trainings, tests of those who took part, and what is true of them. All numbers are made up.

Whoever has the lower marks at the end is likelier lost by the follow-up, so that those who are found then have gained more
than all have.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from crimjust_research.data.own_records.rules import HALF_A_YEAR
from crimjust_research.data.own_records.schemas import topics
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.simulation_parts import AS_OF, choices, codes, countries, days

_CASES_A_TRAINING = 50
_COUNTRIES = 3
_SECOND_AGENCY = 0.5  # chance that two agencies of a country take part
_FURTHER = 6.0  # mean number of those who take part beside one, by country and agency
_WOMEN, _SPEAKERS, _WOMEN_SPEAKERS = 0.35, 1.5, 0.25
_SEX_NOT_RECORDED = 0.1  # of countries and agencies of a training

_KNOWLEDGE = (50.0, 15.0)  # mean and standard deviation of what marks measure, before the training
_ERROR = 6.0  # standard deviation of marks about it
_GAIN_DIFFERS = 8.0  # standard deviation of the gain between persons
_KEPT = 0.7  # share of the gain that is left at the follow-up
_LOST, _LOST_A_POINT = -1.0, -0.06  # log odds of being lost with 50 points at the end, and change with each point more


def draw_trainings(cases: int, effects: Effects, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SIMULATED trainings, as many as go with so many cases, and tests of all who took part, in the templates' columns."""
    rows = _rows(math.ceil(cases / _CASES_A_TRAINING), rng)
    persons = rows.loc[rows.index.repeat(1 + rng.poisson(_FURTHER, len(rows)))]
    woman = rng.random(len(persons)) < _WOMEN
    women = pd.Series(woman, persons.index).groupby(level=0).sum()
    participants = persons.groupby(level=0).size()
    recorded = rng.random(len(rows)) >= _SEX_NOT_RECORDED
    speakers = rng.poisson(_SPEAKERS, len(rows))
    trainings = rows.assign(
        participants=participants,
        women=women.where(recorded),
        men=(participants - women).where(recorded),
        speakers=speakers,
        women_speakers=pd.Series(rng.binomial(speakers, _WOMEN_SPEAKERS), rows.index).where(recorded),
    )
    sex = pd.Series(np.where(woman, "female", "male"), dtype="str").where(recorded[persons.index])
    return trainings, _tests(persons.reset_index(drop=True), sex, effects, rng)


def _rows(trainings: int, rng: np.random.Generator) -> pd.DataFrame:
    """Trainings by country and agency, without who took part."""
    names, agencies = np.array(countries()), np.array(choices("trainings", "agency"))
    start = rng.integers(0, AS_OF - 10, trainings)
    of = rng.permuted(np.tile(np.arange(len(names)), (trainings, 1)), axis=1)[:, :_COUNTRIES]
    first = rng.integers(0, len(agencies), (trainings, _COUNTRIES))
    second = (first + rng.integers(1, len(agencies), first.shape)) % len(agencies)
    every = pd.DataFrame(
        {
            "training_id": np.repeat(codes("T", trainings), 2 * _COUNTRIES),
            "start": days(np.repeat(start, 2 * _COUNTRIES)),
            "end": days(np.repeat(start + rng.integers(1, 6, trainings), 2 * _COUNTRIES)),
            "topic": np.repeat(rng.choice(topics(), trainings), 2 * _COUNTRIES),
            "host": np.repeat(names[of[:, 0]], 2 * _COUNTRIES),
            "country": names[np.repeat(of.ravel(), 2)],
            "agency": agencies[np.stack([first, second], axis=2).ravel()],
        }
    )
    takes_part = np.stack([np.ones(first.size, bool), rng.random(first.size) < _SECOND_AGENCY], axis=1).ravel()
    return every[takes_part].reset_index(drop=True)


def _tests(persons: pd.DataFrame, sex: pd.Series[str], effects: Effects, rng: np.random.Generator) -> pd.DataFrame:
    n = len(persons)
    knows = rng.normal(*_KNOWLEDGE, n)
    gain = rng.normal(effects.gain, _GAIN_DIFFERS, n)
    before, after, follow_up = (
        (_marks(knows + share * gain + rng.normal(0, _ERROR, n))).round(1) for share in (0.0, 1.0, _KEPT)
    )
    due = ((days(np.full(n, AS_OF)) - persons["end"]).dt.days >= HALF_A_YEAR).to_numpy()
    found = due & (rng.random(n) >= _chance_lost(after))
    return pd.DataFrame(
        {
            "training_id": persons["training_id"],
            "person_code": codes("P", n),
            "country": persons["country"],
            "agency": persons["agency"],
            "sex": sex,
            "tested": persons["end"],
            "before": before,
            "after": after,
            "follow_up": np.where(found, follow_up, np.nan),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def truth(effects: Effects) -> dict[str, float]:
    """What is true of trainings and of marks, by the id of the estimate that is to recover it."""
    before, after, follow_up = (_mean_and_spread(effects, share) for share in (0.0, 1.0, _KEPT))
    mean, spread = after
    at_end = _marks(mean + spread * ndtri((np.arange(20_000) + 0.5) / 20_000))
    return {
        "trainings.women": _WOMEN,
        "trainings.women_speakers": _WOMEN_SPEAKERS,
        "tests.gain": _mean_marks(*after) - _mean_marks(*before),
        "tests.gain_kept": _mean_marks(*follow_up) - _mean_marks(*before),
        "tests.lost": float(_chance_lost(at_end).mean()),
    }


def _marks(measured: FloatArray) -> FloatArray:
    return np.clip(measured, 0, 100)


def _chance_lost(after: FloatArray) -> FloatArray:
    return np.asarray(expit(_LOST + _LOST_A_POINT * (after - 50)))


def _mean_and_spread(effects: Effects, share: float) -> tuple[float, float]:
    """Mean and standard deviation of marks with that share of the gain, before they are cut off at 0 and 100."""
    mean, spread = _KNOWLEDGE
    return mean + share * effects.gain, math.sqrt(spread**2 + (share * _GAIN_DIFFERS) ** 2 + _ERROR**2)


def _mean_marks(mean: float, spread: float) -> float:
    """Mean of normal marks cut off at 0 and 100."""

    def above(cut: float) -> float:
        """Mean of what is above the cut, nothing where it is not."""
        z = (mean - cut) / spread
        return spread * (z * float(ndtr(z)) + math.exp(-z * z / 2) / math.sqrt(2 * math.pi))

    return above(0) - above(100)
