"""SIMULATED cases with their defendants and assets, and what is true of them.

The cascade's simulated cases, with a strength that no record holds: it moves passing, and who is supported. All numbers
here are made up for the purpose; they were estimated from nothing.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.survival.cascade import STAGES
from crimjust_research.designs.survival.cascade_simulation import CascadeTruth, profiles, simulate_cases
from crimjust_research.questions.cascade import simulation as cascade
from crimjust_research.questions.cascade.cases import COOPERATION, SUPPORT
from crimjust_research.questions.cascade.params import SIMULATED_YEARS
from crimjust_research.questions.cascade.selection import STRENGTH
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.simulation_parts import (
    AS_OF,
    by_then,
    codes,
    countries,
    days,
    days_since_first,
    noted,
)

OPENED_WITHIN = 180  # days after the seizure
MATURITY_YEARS = 2.5  # by which every SIMULATED case is decided on at every stage
# Log odds ratio of cooperation for a standard deviation of strength; correlation of strength with the logarithm of weight:
# what records hold tells something of a case's strength, and not all.
_COOPERATING, _BY_WEIGHT = 0.5, 0.5
_DRUGS = {"cocaine": 0.5, "cannabis": 0.3, "heroin": 0.1, "methamphetamine": 0.1}
_PRECURSORS_ALONE = 0.5  # of cases with precursors, those without any drug
_CHARGES = ("trafficking", "trafficking organised_crime", "trafficking money_laundering", "other")

_ROLES = {"courier": 0.5, "organiser": 0.2, "financier": 0.1, "official": 0.05, "other": 0.15}
_WOMEN = {"courier": 0.3, "organiser": 0.1, "financier": 0.2, "official": 0.1, "other": 0.2}
_HELD, _MEAN_DAYS_HELD = 0.85, {"female": 150.0, "male": 220.0}
_LEGAL_AID = 0.75

_ASSETS_A_CASE = 0.4
_KINDS_OF_ASSETS = ("cash", "account", "vehicle", "real_estate", "company", "virtual_asset", "other")
_CONFISCATED = 0.5  # chance in a case without support that ended in a conviction
_SHARE_OF_VALUE = (8.0, 2.0)  # beta distribution of the share of an asset's value that its order covers


def model(effects: Effects, selection: float) -> CascadeTruth:
    """What cases are drawn from: the cascade's truth, with strength, and `selection` the log odds ratio of support for a
    standard deviation of it."""
    return replace(
        cascade.TRUTH,
        effects={**cascade.TRUTH.effects, SUPPORT: tuple(math.log(ratio) for ratio in effects.passing)},
        strength=STRENGTH,
        chosen={SUPPORT: selection, COOPERATION: _COOPERATING},
    )


def draw_cases(effects: Effects, selection: float, count: int, seed: int, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED cases in the template's columns."""
    drawn = simulate_cases(model(effects, selection), count, observed_until=SIMULATED_YEARS, seed=seed)
    frame = cascade.as_records(drawn)
    precursors = frame["precursor_involved"].to_numpy(bool)
    alone = precursors & (rng.random(count) < _PRECURSORS_ALONE)
    noise = rng.standard_normal(count)
    size = _BY_WEIGHT * drawn["strength"].to_numpy(np.float64) + math.sqrt(1 - _BY_WEIGHT**2) * noise
    charges = np.where(precursors, "precursors", rng.choice(_CHARGES, count))
    return frame.assign(
        country=rng.choice(countries(), count),
        drug=np.where(alone, "precursors", rng.choice(list(_DRUGS), count, p=list(_DRUGS.values()))),
        kilograms=noted(rng, np.maximum(np.exp(3 + 1.5 * size).round(1), 0.1), 0.05),
        charges=pd.Series(charges).where(frame["prosecution_started"].notna()),
    )


def draw_defendants(cases: pd.DataFrame, seed: int, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED defendants of these cases in the template's columns: the cascade's, with what it leaves out."""
    frame = cascade.simulated_defendants(cases, seed)
    n = len(frame)
    role = rng.choice(list(_ROLES), n, p=list(_ROLES.values()))
    sex = np.where(rng.random(n) < pd.Series(role).map(_WOMEN).to_numpy(), "female", "male")
    until = np.fmin(days_since_first(frame["decided"]), AS_OF) - days_since_first(frame["charged"])
    mean = pd.Series(sex).map(_MEAN_DAYS_HELD).to_numpy(np.float64)
    held = np.where(rng.random(n) < _HELD, np.ceil(rng.standard_exponential(n) * mean), 0)
    return frame.assign(
        role=noted(rng, role, 0.02),
        sex=noted(rng, sex, 0.03),
        pretrial_days=np.minimum(held, until),
        legal_aid=noted(rng, rng.random(n) < _LEGAL_AID, 0.05),
    )


def draw_assets(cases: pd.DataFrame, effects: Effects, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED assets frozen in these cases in the template's columns: those of one that ends in a conviction may be
    confiscated on that day."""
    of = cases.loc[cases.index.repeat(rng.poisson(_ASSETS_A_CASE, len(cases)))].reset_index(drop=True)
    n = len(of)
    seizure, ended = days_since_first(of["seizure_date"]), days_since_first(of["disposition_date"])
    frozen = np.minimum(seizure + np.floor(rng.standard_exponential(n) * 30), np.fmin(ended, AS_OF))
    value = np.exp(rng.normal(10, 1, n)).round() + 1
    chance = _confiscated(effects)[of["programme_supported"].to_numpy(bool).astype(int)]
    confiscated = of["disposition"].eq("convicted").to_numpy(bool) & (rng.random(n) < chance)
    covered = (value * rng.beta(*_SHARE_OF_VALUE, n)).round()
    return pd.DataFrame(
        {
            "asset_id": codes("A", n),
            "case_id": of["case_id"],
            "kind": rng.choice(_KINDS_OF_ASSETS, n),
            "frozen": days(frozen),
            "value_frozen": value,
            "confiscated": days(by_then(np.where(confiscated, ended, np.nan))),
            "value_confiscated": np.where(confiscated, covered, np.nan),
            "as_of": of["as_of"],
        }
    )


def _confiscated(effects: Effects) -> FloatArray:
    """(2,) chance that an asset of a case that ended in a conviction is confiscated, without and with support."""
    odds = _CONFISCATED / (1 - _CONFISCATED) * np.array([1.0, effects.confiscated])
    return np.asarray(odds / (1 + odds))


def truth(effects: Effects, selection: float) -> dict[str, float]:
    """What is true of cases, defendants and assets, by the id of the estimate that is to recover it.

    Effects are differences that support makes to all cases, whoever is supported; the others are means over all records
    there could be.
    """
    drawn_from = model(effects, selection)
    covariates, strength, share = profiles(drawn_from)

    def come(frame: pd.DataFrame) -> FloatArray:
        """(n, 3) chance of each kind of case to come to each stage after the seizure."""
        return np.asarray(drawn_from.probabilities(frame, strength).cumprod(axis=1))

    supported, other = (share @ come(covariates.assign(**{SUPPORT: held})) for held in (1.0, 0.0))
    as_is = come(covariates)
    reached, in_time = share @ as_is, _opened_in_time()
    # All cases end within six years of ten, so those that have by the last day are one less the mean time over ten.
    ended = 1 - sum(cascade.TRUTH.typical_time) / SIMULATED_YEARS
    without, with_it = _confiscated(effects) * ended * _SHARE_OF_VALUE[0] / sum(_SHARE_OF_VALUE)
    helped = covariates[SUPPORT].to_numpy() == 1.0
    difference = float((supported - other)[0] * in_time)
    additional = float((supported - other)[2])
    stages = dict(zip(STAGES[1:], reached / np.append(1.0, reached[:-1]), strict=True))
    women = {role: _ROLES[role] * of_role for role, of_role in _WOMEN.items()}
    return {
        "cases.opened_180": float(reached[0] * in_time),
        "cases.opened_180.supported_difference": difference,
        "cases.opened_180.adjusted": difference,
        **{f"stage.pass.{following}": float(passed) for following, passed in stages.items()},
        "stage.pass.seizure_to_conviction": float(reached[2]),
        "stage.convicted.supported_difference": additional,
        "stage.convicted.adjusted": additional,
        "defendants.women": sum(women.values()),
        **{f"defendants.role.{role}": of_all for role, of_all in _ROLES.items()},
        **{f"defendants.pretrial_median.{sex}": _median_days_held(sex) for sex in _MEAN_DAYS_HELD},
        "defendants.legal_aid": _LEGAL_AID,
        "assets.confiscated_share": float((share * as_is[:, 2]) @ np.where(helped, with_it, without)),
        "assets.confiscated_share.supported_difference": float(supported[2] * with_it - other[2] * without),
    }


def supported_come_to(effects: Effects, selection: float) -> dict[str, float]:
    """Of all cases, the shares that are supported and in which by the last day an investigation was opened, or a conviction won.

    By the id of the estimate of what each has cost.
    """
    drawn_from = model(effects, selection)
    covariates, strength, share = profiles(drawn_from)
    helped = np.where(covariates[SUPPORT].to_numpy() == 1.0, share, 0.0)
    opened, _, convicted = helped @ drawn_from.probabilities(covariates, strength).cumprod(axis=1)
    # As with convictions in `truth`, those that come by the last day are all less the mean time until then.
    until = cascade.TRUTH.typical_time
    return {
        "cost.per_case_opened": float(opened * (1 - until[0] / SIMULATED_YEARS)),
        "cost.per_conviction": float(convicted * (1 - sum(until) / SIMULATED_YEARS)),
    }


def _opened_in_time() -> float:
    """Of investigations ever opened, the share opened within 180 whole days: days begin at any hour of a seizure's day."""
    within = np.linspace(OPENED_WITHIN, OPENED_WITHIN + 1, 101) / cascade.DAYS_A_YEAR
    return float(np.mean([cascade.decided_within(years)[0] for years in within]))


def _median_days_held(sex: str) -> float:
    """Median of the days that defendants of a sex are held, those who are not included.

    They are held for longer than x days where neither an exponential time, nor the time to the decision, nor that to the
    last day of the records is shorter. Charges fall evenly on the years, but for the mean time from a seizure to them.
    """
    charged_over = (SIMULATED_YEARS - sum(cascade.TRUTH.typical_time[:2])) * cascade.DAYS_A_YEAR

    def longer(held: float) -> float:
        undecided = 1 - float(cascade.decided_within(held / cascade.DAYS_A_YEAR)[-1])
        return _HELD * math.exp(-held / _MEAN_DAYS_HELD[sex]) * undecided * (1 - held / charged_over)

    return float(math.ceil(brentq(lambda held: longer(held) - 0.5, 0.0, MATURITY_YEARS * cascade.DAYS_A_YEAR)))
