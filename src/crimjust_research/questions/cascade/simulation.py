"""SIMULATED cases, their defendants, and the truth they are drawn from, so that what the methods recover can be held
against it.

The values of the truth are round numbers chosen for this purpose; they were estimated from nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy.stats import beta

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import generator
from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.designs.survival.cascade_simulation import CascadeTruth, profiles, simulate_cases
from crimjust_research.questions.cascade.params import SIMULATED_YEARS

TRUTH = CascadeTruth(
    intercepts=(0.4, -0.2, 0.4),
    effects={
        "transnational_cooperation_used": (0.5, 0.6, 0.4),
        "precursor_involved": (0.2, 0.0, -0.4),
        "programme_supported": (0.4, 0.3, 0.3),
    },
    typical_time=(0.5, 0.8, 1.0),
    longest_time=(1.5, 2.0, 2.5),
    shares={"transnational_cooperation_used": 0.3, "precursor_involved": 0.2, "programme_supported": 0.5},
)
# Defendants beside the first of a case, on average, with and without support; and the chance that one of them is convicted
# where the first is.
FURTHER = {True: 2.0, False: 1.0}
ALSO_CONVICTED = 0.5
# Times to a decision do not depend on the covariates, so speed differs by none of them.
TRUE_HAZARD_RATIO = 1.0
DAYS_A_YEAR = 365.25
FIRST_DAY = pd.Timestamp("2011-01-01")
LAST_DAY = FIRST_DAY + pd.Timedelta(days=int(SIMULATED_YEARS * DAYS_A_YEAR))  # as_of of every record
_STEP = 0.005  # years; grid on which times are added up


def simulated_frame(n_cases: int, seed: int) -> pd.DataFrame:
    """SIMULATED cases in the template's columns, without those that would place a case: country, drug, weight, charges.

    Seizures fall evenly on ten years, at the end of which the records are drawn.
    """
    return as_records(simulate_cases(TRUTH, n_cases, observed_until=SIMULATED_YEARS, seed=seed))


def as_records(cases: pd.DataFrame) -> pd.DataFrame:
    """Cases of `simulate_cases` in the template's columns, in whole days."""
    days = {
        stage: FIRST_DAY + pd.to_timedelta(np.floor(cases[stage] * DAYS_A_YEAR), unit="D")
        for stage in (*STAGES, "closed")
    }
    charged, convicted, closed = (cases[c].notna() for c in ("prosecution", "conviction", "closed"))
    disposition = pd.Series(None, cases.index, dtype="object")
    disposition[convicted], disposition[closed & charged] = "convicted", "dismissed"
    disposition[closed & ~charged] = "not_prosecuted"
    return pd.DataFrame(
        {
            "case_id": [f"SIMULATED-{number:05d}" for number in cases["case"]],
            "seizure_date": days["seizure"],
            "investigation_opened": days["investigation"],
            "prosecution_started": days["prosecution"],
            "disposition_date": days["conviction"].fillna(days["closed"]),
            "disposition": disposition,
            **{name: cases[name].astype("boolean") for name in TRUTH.effects},
            "as_of": LAST_DAY,
        }
    )


def simulated_defendants(frame: pd.DataFrame, seed: int, further: Mapping[bool, float] = FURTHER) -> pd.DataFrame:
    """SIMULATED defendants of the charged ones among SIMULATED cases, in the template's columns.

    All of a case are charged with it and decided on with it. Where it ends in a conviction, the first is convicted, and
    each other with the same chance.

    Parameters
    ----------
    frame : of `simulated_frame` or `as_records`; its own random numbers are others than those of the defendants.
    further : mean number of defendants beside the first, of cases with and without support.
    """
    rng = generator(seed + 2)
    charged = frame[frame["prosecution_started"].notna()]
    number = 1 + rng.poisson(charged["programme_supported"].astype("bool").map(further))
    rows = charged.loc[charged.index.repeat(number)].reset_index(drop=True)
    place = rows.groupby("case_id").cumcount() + 1
    convicted = (place == 1) | (rng.random(len(rows)) < ALSO_CONVICTED)
    return pd.DataFrame(
        {
            "defendant_id": rows["case_id"] + "-" + place.astype("str"),
            "case_id": rows["case_id"],
            "role": np.where(place == 1, "courier", "organiser"),
            "charged": rows["prosecution_started"],
            "decided": rows["disposition_date"],
            "outcome": rows["disposition"].where((rows["disposition"] != "convicted") | convicted, "acquitted"),
            "as_of": rows["as_of"],
        }
    )


def true_defendants(maturity: float, given: Mapping[str, float] | None = None) -> dict[str, float]:
    """What the estimates of SIMULATED defendants would be without error, by their names in ids; `given` covariates.

    How many they are depends on support alone, so that in a case with lambda further ones on average the mean share of
    one is (1 - exp(-lambda)) / lambda.
    """
    covariates, (first, second, third), weight = _profiles()[0], _profiles()[1].T, _inside(given)
    further = covariates["programme_supported"].eq(1).map(FURTHER).to_numpy(np.float64)
    charged = weight * first * second
    decided = float(decided_within(maturity)[-1])
    convicted = charged * third * (1 + ALSO_CONVICTED * further)
    of_decided = float(convicted.sum() / (charged * (1 + further)).sum())
    defendant_once = decided * of_decided
    own = ALSO_CONVICTED + (1 - ALSO_CONVICTED) * -np.expm1(-further) / further
    case_once = decided * float((charged * third * own).sum() / charged.sum())
    return {
        "per_case": float((charged * (1 + further)).sum() / charged.sum()),
        "decided": decided,
        "convicted_of_decided": of_decided,
        "convicted": defendant_once,
        "convicted_case_once": case_once,
        "counting": defendant_once - case_once,
    }


def true_passing(maturity: float) -> FloatArray:
    """(3,) share of cases that pass each stage within `maturity` years of entering it, among those that enter it."""
    reached = _mean(np.asarray(np.cumprod(_profiles()[1], axis=1), np.float64))
    return np.asarray(reached / np.append(1.0, reached[:-1]) * decided_within(maturity))


def true_additional_convictions(covariate: str, maturity: float) -> float:
    """Change in the share of cases convicted, each stage passed within `maturity`, as the covariate goes from 0 to 1."""
    covariates = _profiles()[0]
    with_it, without = (
        _mean(TRUTH.probabilities(covariates.assign(**{covariate: v})).prod(axis=1)) for v in (1.0, 0.0)
    )
    return float((with_it - without) * decided_within(maturity).prod())


def true_endings(years: FloatArray, given: Mapping[str, float] | None = None) -> FloatArray:
    """(n, 3) share of cases convicted, acquitted or dismissed, and not prosecuted by each of `years` after seizure.

    `given` holds covariates at a value. Times to a decision do not depend on whether it is to advance, so each share
    is the chance of that way through the stages times the distribution of the time spent on it.
    """
    first, second, third = _profiles()[1].T
    taken = _time_through(years)
    # Ending, stages gone through, chance of ending so.
    ways = (
        (0, 3, first * second * third),
        (1, 3, first * second * (1 - third)),
        (2, 2, first * (1 - second)),
        (2, 1, 1 - first),
    )
    shares = np.zeros((len(years), 3))
    for ending, stages, chance in ways:
        shares[:, ending] += _mean(chance, given) * taken[stages - 1]
    return shares


def true_open(years: FloatArray, given: Mapping[str, float] | None = None) -> FloatArray:
    """(n,) share of cases still open at each of `years` after seizure."""
    return np.asarray(1 - true_endings(years, given).sum(axis=1))


def true_median_years() -> float:
    """Years after which half of the cases have ended."""
    grid = np.arange(0, sum(TRUTH.longest_time), _STEP)
    return float(np.interp(0.5, 1 - true_open(grid), grid))


@lru_cache
def _profiles() -> tuple[pd.DataFrame, FloatArray, FloatArray]:
    """Every combination of covariates, its stage probabilities (8, 3), and its share of cases (8,)."""
    covariates, strength, share = profiles(TRUTH)
    return covariates, TRUTH.probabilities(covariates, strength), share


def _mean(values: FloatArray, given: Mapping[str, float] | None = None) -> FloatArray:
    """Mean over combinations of covariates (first axis), weighted by their share of cases."""
    return np.asarray(np.average(values, axis=0, weights=_inside(given)))


def _inside(given: Mapping[str, float] | None) -> FloatArray:
    """(8,) share of cases of each combination of covariates, zero where one is not as `given`."""
    covariates, _, weight = _profiles()
    inside = np.ones(len(covariates), bool)
    for name, value in (given or {}).items():
        inside &= (covariates[name] == value).to_numpy()
    return np.where(inside, weight, 0.0)


def _times() -> list[tuple[float, float, float]]:
    """Shape parameters and longest time of each stage's beta-distributed time, as `simulate_cases` draws it."""
    return [
        (2.0, 2 * longest / typical - 2, longest)
        for typical, longest in zip(TRUTH.typical_time, TRUTH.longest_time, strict=True)
    ]


def decided_within(maturity: float) -> FloatArray:
    """(3,) share of cases decided at each stage within `maturity` years of entering it."""
    return np.array([beta.cdf(maturity / longest, a, b) for a, b, longest in _times()])


def _time_through(years: FloatArray) -> list[FloatArray]:
    """Distribution functions at `years` of the time through the first, the first two and all three stages."""
    mass, found = np.ones(1), []
    for count, (a, b, longest) in enumerate(_times(), start=1):
        edges = np.arange(0, longest + _STEP / 2, _STEP)
        mass = np.convolve(mass, np.diff(beta.cdf(edges / longest, a, b)))
        # A cell's mass stands at its middle, so a sum of `count` of them stands count / 2 cells above its index.
        above = (np.arange(mass.size) + count / 2 + 0.5) * _STEP
        found.append(np.interp(years, np.append(above[0] - _STEP, above), np.append(0.0, mass.cumsum()), right=1.0))
    return found
