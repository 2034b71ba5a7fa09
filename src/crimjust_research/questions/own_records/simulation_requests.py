"""SIMULATED requests for cooperation, and what is true of them.

A request has an urgency and a merit, both standard normal and on no record. Both move who is supported; urgency moves how
soon the answer comes, merit what it is. Each does so through a normal copula, so that over all requests the time to the
answer is exponential and its outcome a chance, with exactly the chosen effects of support. All numbers are made up.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtr, ndtri

from crimjust_research.designs.arrays import FloatArray, IntArray
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
    numbers_of,
)

GRANTED = ("granted", "partly_granted")
_A_CASE = 0.6
_FIRST_SENT = 30  # days after the first day of the records
_OF_CASES = 0.7  # share of requests that belong to a case, one of the latest
_LATEST = 0.1  # of the cases that there are by then
_LEADS = 0.5  # correlation of urgency with the time to the answer, and of merit with its outcome
_MEAN_DAYS, _CHANCE_GRANTED = 150.0, 0.5  # without support
_IN_PART, _REFUSED = 0.3, 0.8  # of those granted; of the others
_NODES = 40


def draw_requests(cases: pd.DataFrame, effects: Effects, selection: float, rng: np.random.Generator) -> pd.DataFrame:
    """SIMULATED requests in the template's columns, of these cases and others."""
    n = math.ceil(_A_CASE * len(cases))
    urgency, merit = rng.standard_normal((2, n))
    supported = (rng.random(n) < _chance_supported(urgency, merit, selection)).astype(np.int64)
    quickly, kindly = (_LEADS * s + math.sqrt(1 - _LEADS**2) * rng.standard_normal(n) for s in (urgency, merit))
    sent = np.sort(rng.integers(_FIRST_SENT, AS_OF + 1, n)).astype(np.float64)
    answered = by_then(sent + np.ceil(-np.log(ndtr(quickly)) * _mean_days(effects)[supported]))
    granted = ndtr(-kindly) < _chance_granted(effects)[supported]
    aside = rng.random(n)
    outcome = np.where(
        granted,
        np.where(aside < _IN_PART, "partly_granted", "granted"),
        np.where(aside < _REFUSED, "refused", "withdrawn"),
    )
    case_id, requesting = _case_and_country(cases, sent, rng)
    names = np.array(countries())
    return pd.DataFrame(
        {
            "request_id": codes("R", n),
            "case_id": case_id,
            "requesting": names[requesting],
            "requested": names[another(rng, requesting)],
            "kind": rng.choice(choices("cooperation_requests", "kind"), n),
            "sent": days(sent),
            "answered": days(answered),
            "outcome": pd.Series(outcome).where(~np.isnan(answered)),
            "programme_supported": supported.astype(bool),
            "as_of": days(np.full(n, AS_OF)),
        }
    )


def _case_and_country(
    cases: pd.DataFrame, sent: FloatArray, rng: np.random.Generator
) -> tuple[pd.Series[str], IntArray]:
    """Case of each request, where it has one, and number of the country that asks, which is the case's.

    The case is one in which cooperation was used, of the latest on the day the request was sent.
    """
    using = cases[cases["transnational_cooperation_used"].astype("bool")]
    there_are = np.searchsorted(days_since_first(using["seizure_date"]), sent, side="right")
    latest = np.ceil(_LATEST * there_are)
    place = (there_are - 1 - np.floor(rng.random(len(sent)) * latest)).astype(np.int64)
    has = (there_are > 0) & (rng.random(len(sent)) < _OF_CASES)
    number = numbers_of(using["country"])
    country = np.where(has, number[place], rng.integers(0, len(countries()), len(sent)))
    return pd.Series(using["case_id"].to_numpy()[place]).where(has), country


def truth(effects: Effects, selection: float) -> dict[str, float]:
    """What is true of requests, by the id of the estimate that is to recover it; effects over all requests."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    urgency, merit = nodes[:, None], nodes[None, :]
    weight = np.outer(weights, weights) / weights.sum() ** 2
    with_it = _chance_supported(urgency, merit, selection)
    share = weight * np.stack([1 - with_it, with_it])  # by support, urgency and merit
    by_urgency = share.sum(axis=2)

    def still_waiting(after: FloatArray) -> FloatArray:
        """(2, nodes, n) share not answered after so many days, by support and urgency."""
        survival = np.exp(-after / _mean_days(effects)[:, None])[:, None, :]
        rest = math.sqrt(1 - _LEADS**2)
        return np.asarray(ndtr((ndtri(survival) - _LEADS * urgency) / rest))

    def waiting(after: float) -> float:
        return float((by_urgency * still_waiting(np.array([after]))[:, :, 0]).sum())

    # Followed for any of so many days alike, from the day it was sent to the last.
    followed = np.arange(0, AS_OF - _FIRST_SENT + 1, dtype=np.float64)
    in_time = 1 - still_waiting(followed).mean(axis=2)
    cut = ndtri(_chance_granted(effects))[:, None]
    granted = ndtr((cut + _LEADS * nodes) / math.sqrt(1 - _LEADS**2))
    answered = share * in_time[:, :, None]
    without, with_support = _chance_granted(effects)
    return {
        "requests.answer_median": math.ceil(brentq(lambda after: waiting(after) - 0.5, 1e-9, 1e6)),
        "requests.answer.hazard_ratio": effects.answered,
        "requests.granted": float((answered * granted[:, None, :]).sum() / answered.sum()),
        "requests.granted.supported_difference": float(with_support - without),
    }


def _chance_supported(urgency: FloatArray, merit: FloatArray, selection: float) -> FloatArray:
    """Half of all requests; log odds ratio `selection` for a standard deviation of what is urgent and has merit."""
    return np.asarray(expit(selection * (urgency + merit) / math.sqrt(2)))


def _mean_days(effects: Effects) -> FloatArray:
    """(2,) mean days to an answer, without and with support."""
    return _MEAN_DAYS / np.array([1.0, effects.answered])


def _chance_granted(effects: Effects) -> FloatArray:
    """(2,) chance that an answer grants what is asked for, without and with support."""
    return np.asarray(expit(logit(_CHANCE_GRANTED) + np.array([0.0, math.log(effects.granted)])))
