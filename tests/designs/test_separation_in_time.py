"""Durations that tell nothing of a coefficient: no finite estimate is told, and no p; and what few units cannot carry."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from crimjust_research.designs.survival import separation
from crimjust_research.designs.survival.cascade import (
    STAGES,
    case_records,
    continuation_ratios,
    stage_entries,
    transitions,
)
from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.curves import cumulative_incidence, kaplan_meier
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard, person_periods
from crimjust_research.designs.survival.partial_likelihood import risk_sets
from crimjust_research.designs.survival.turnbull import duration_from_years, turnbull
from crimjust_research.errors import ParameterError

RNG = np.random.default_rng(1)
X = RNG.normal(size=60)
SPREAD = RNG.uniform(1, 4, 60)
ARM = np.repeat([1.0, 0.0], 30)


def fitted(time: Any, event: Any, **covariates: Any) -> pd.DataFrame:
    """The table of a Cox regression."""
    return cox(pd.DataFrame({"t": time, "e": event, **covariates}), "t", "e", list(covariates)).table


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        # One arm ends before the other begins to.
        (lambda: fitted(np.r_[SPREAD[:30] / 4, SPREAD[30:]], 1, x=ARM), "hazard ratio of 'x' has no finite estimate"),
        (lambda: fitted(SPREAD, 1 - ARM, x=ARM), r"none of the \d+ with the value 1 has had the event"),
        (lambda: fitted(SPREAD, 1 - ARM, x=ARM, z=X), r"hazard ratio of 'x' .* none of the"),
        # Constant among the events, and above all else.
        (lambda: fitted(SPREAD, (X > 0.5) * 1, x=np.where(X > 0.5, 2.0, X)), "only where it is largest"),
        (lambda: fitted(np.argsort(np.argsort(-X)) + 1, 1, x=X), "only where it is largest"),
        (lambda: fitted(np.argsort(np.argsort(X - SPREAD)) + 1, 1, x=X, z=SPREAD), "'x' and 'z' .* without fault"),
        (lambda: fitted(1.0, 1, x=X), "All 60 at risk have the event at the same time, 1"),
        # Differs only among those censored before the first event.
        (lambda: fitted(np.r_[np.full(30, 0.5), SPREAD[30:]], 1 - ARM, x=ARM), "constant among those at risk"),
        (lambda: fitted(SPREAD, 1, x=X, y=3 - 2 * X), "linearly dependent"),
        (lambda: fitted(SPREAD, 1, x=(np.arange(60) == 7) * 1.0), "One of 60 units makes 98%"),
        (lambda: fitted(SPREAD, (np.sort(SPREAD)[-5] < SPREAD) * 1, x=X), "There are 4 events; robust errors need 5"),
        (lambda: fitted(SPREAD, 0, x=X), "no event"),
        (lambda: fitted(SPREAD, 1), "at least one term"),
        (lambda: fitted(pd.to_timedelta(SPREAD, unit="D"), 1, x=X), r"whole days \(\.dt\.days\)"),
        (lambda: fitted(["soon"] * 60, 1, x=X), "holds 'soon'"),
    ],
)
def test_cox_tells_no_estimate_where_none_is_finite(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


def test_one_pair_out_of_order_makes_the_estimate_finite() -> None:
    order = np.arange(1.0, 41)
    assert separation.of_order(risk_sets(order, np.ones(40, int)), -order[:, None]) is not None
    order[[10, 11]] = order[[11, 10]]
    assert separation.of_order(risk_sets(order, np.ones(40, int)), -np.arange(1.0, 41)[:, None]) is None


def test_separation_is_found_as_by_comparing_all_pairs() -> None:
    """One covariate of few values: monotone where each event has the largest, or the smallest, of those at risk."""
    rng = np.random.default_rng(11)
    found = 0
    for _ in range(200):
        time, code = rng.integers(1, 6, 8).astype(float), rng.integers(0, 2, 8)
        x = rng.integers(0, 3, 8).astype(float)
        if not code.any():
            continue
        kept = time >= time[code > 0].min()
        time, code, x = time[kept], code[kept], x[kept]
        gaps = np.array([x[i] - x[j] for i in np.flatnonzero(code) for j in np.flatnonzero(time >= time[i])])
        monotone = bool(gaps.any()) and bool((gaps >= 0).all() or (gaps <= 0).all())
        assert (separation.of_order(risk_sets(time, code), x[:, None]) is not None) == monotone
        found += monotone
    assert 20 < found < 180


def test_units_censored_before_the_first_event_change_nothing() -> None:
    late = fitted(SPREAD, 1, x=X)
    early = fitted(np.r_[SPREAD, np.full(10, 0.5)], np.r_[np.ones(60), np.zeros(10)], x=np.r_[X, np.arange(10.0)])
    pd.testing.assert_frame_equal(late, early)
    assert np.isfinite(early["robust_std_error"]).all()


def test_units_of_measurement_do_not_matter() -> None:
    plain, moved = fitted(SPREAD, 1, x=X), fitted(SPREAD, 1, x=1e6 + 1e3 * X)
    assert moved.loc[0, "estimate"] == pytest.approx(plain.loc[0, "estimate"] / 1e3, rel=1e-6)
    assert moved.loc[0, "p_value"] == pytest.approx(plain.loc[0, "p_value"], rel=1e-6)


def test_ties_are_efrons() -> None:
    days = np.random.default_rng(4).integers(1, 15, 60)
    library = PHReg(days, X[:, None], np.ones(60), ties="efron").fit(disp=0)
    assert fitted(days, 1, x=X).loc[0, "estimate"] == pytest.approx(library.params[0], rel=1e-6)
    # Equal durations are ties whatever unit they are told in.
    assert fitted(days / 365.25, 1, x=X)["estimate"].tolist() == fitted(days, 1, x=X)["estimate"].tolist()


# --- Discrete time ----------------------------------------------------------------------------------------------


def periods(x: Any, happens: Callable[[int, int], bool]) -> pd.DataFrame:
    """Person-periods of units with a covariate over four periods, each ending with its event."""
    rows = []
    for unit, value in enumerate(x):
        for period in range(1, 5):
            happened = int(happens(unit, period))
            rows.append((unit, period, value, happened))
            if happened:
                break
    return pd.DataFrame(rows, columns=["u", "period", "x", "happened"])


DICE = np.random.default_rng(9).random((40, 5)) < 0.3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("baseline", ["periods", "log"])
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            lambda: periods(np.repeat([0.0, 1.0], 20), lambda u, t: u < 20 and DICE[u, t]),
            "none of the 80 with the value 1",
        ),
        (lambda: periods(X[:40] * 0 + 2, lambda u, t: DICE[u, t]), "apart from the level"),
        (lambda: periods(X[:40], lambda u, t: (u, t) == (7, 2)), "There is 1 event"),
        (lambda: periods((np.arange(40) == 3) * 1.0, lambda u, t: t == 2 if u == 3 else DICE[u, t]), "One of 40 units"),
        (lambda: periods(X[:40], lambda u, t: DICE[u, t]).assign(u=0), "holds 1 clusters|units"),
        (lambda: periods(X[:40], lambda u, t: DICE[u, t]).assign(x=np.inf), "inf"),
        (lambda: periods(X[:40], lambda *_: False), "no event"),
    ],
)
def test_discrete_hazard_tells_no_estimate_where_none_is_finite(
    rows: Callable[[], pd.DataFrame], message: str, baseline: Any
) -> None:
    with pytest.raises(ParameterError, match=message):
        discrete_hazard(rows(), "u", ["x"], baseline=baseline)


def test_a_period_in_which_all_have_the_event_says_nothing() -> None:
    rows = periods(X[:40], lambda u, t: t == 3 or DICE[u, t])
    with_it, without = discrete_hazard(rows, "u", ["x"]), discrete_hazard(rows[rows["period"] < 3], "u", ["x"])
    assert with_it.table["estimate"].tolist() == pytest.approx(without.table["estimate"].tolist())
    assert with_it.baseline.loc[2, "hazard"] == 1


@pytest.mark.parametrize("last", ["soon", np.inf, 1e12])
def test_periods_at_risk_are_numbers_within_reason(last: object) -> None:
    with pytest.raises(ParameterError):
        person_periods(pd.DataFrame({"u": [1], "last": [last], "e": [1]}), "u", "last", "e")


# --- Curves -----------------------------------------------------------------------------------------------------


def test_curves_of_tied_and_zero_durations() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at_once = kaplan_meier(np.zeros(40), np.ones(40), group=np.repeat(["a", "b"], 20))
        mixed = kaplan_meier(SPREAD, np.ones(60), group=pd.Series(["a"] * 30 + [1] * 30, dtype=object))
    assert at_once.table["survival"].tolist() == [0, 0]
    assert np.isnan(at_once.log_rank_p)
    assert mixed.summary["group"].tolist() == ["a", 1]
    third = cumulative_incidence([1, 2, 3, 4], [1, 3, 0, 3])
    assert third["cause"].unique().tolist() == [1, 3]
    # A quarter at 2, nobody at 3, and the half still open at 4.
    assert third.loc[third["cause"] == 3, "incidence"].tolist() == pytest.approx([0, 1 / 4, 1 / 4, 3 / 4])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([1, 2], [1, 1], group=["a", None]), "Row 1 has no group"),
        (lambda: kaplan_meier([1, 2], [1, 1], alpha=0), "level alpha is 0"),
        (lambda: kaplan_meier([1, 2], ["yes", "no"]), "'yes'"),
        (lambda: turnbull([1, 2], [3]), "shapes"),
        (lambda: turnbull([], []), "shapes"),
        (lambda: turnbull(["a"], ["b"]), "'a'"),
        (lambda: duration_from_years(["x"], [2002], 2005), "'x'"),
    ],
)
def test_curves_refuse_by_name(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


# --- Cases ------------------------------------------------------------------------------------------------------


def cases(n: int = 40) -> pd.DataFrame:
    """Cases seized on day 0, all investigated on day 30, half charged on day 60 and convicted on day 90."""
    frame = pd.DataFrame({"case": range(n), "seizure": 0.0, "investigation": 30.0})
    charged = np.arange(n) % 2 == 0
    frame["prosecution"] = np.where(charged, 60.0, np.nan)
    frame["conviction"] = np.where(charged, 90.0, np.nan)
    return frame.assign(closed=np.where(charged, np.nan, 45.0), supported=(np.arange(n) < 10) * 1.0)


def test_days_are_told_in_years_and_ties_stay_ties() -> None:
    records = case_records(cases(), 1000.0, per_unit=365.25)
    entries = stage_entries(records)
    assert entries.groupby("stage")["duration"].nunique().to_dict() == {
        "seizure": 1,
        "investigation": 2,
        "prosecution": 1,
    }
    assert entries.loc[entries["stage"] == "seizure", "duration"].iloc[0] == 30 / 365.25
    # In decimals of years from another origin the same 30 days differ by rounding.
    origins = np.arange(1000) / 365.25
    assert np.unique((np.arange(1000) + 30) / 365.25 - origins).size > 1


def test_all_cases_passing_is_no_certainty() -> None:
    table = transitions(case_records(cases().iloc[::2], 1000.0), maturity=100.0)
    whole = table.iloc[-1]
    # Twenty of twenty at each stage: Wilson's lower limit is 1 / (1 + z^2 / 20), three times over.
    lower = 1 / (1 + 1.959964**2 / 20)
    assert table["ci_low"].iloc[:-1].tolist() == pytest.approx([lower] * 3)
    assert (whole["probability"], whole["ci_high"]) == (1, 1)
    assert whole["ci_low"] == pytest.approx(lower ** np.sqrt(3))
    assert STAGES[-1] == whole["following"]


def test_a_stage_that_all_of_one_kind_pass_has_no_finite_odds_ratio() -> None:
    frame = cases().assign(investigation=lambda f: np.where((f["case"] < 10) | (f["case"] % 2 == 0), 30.0, np.nan))
    records = case_records(frame, 1000.0, covariates=["supported"])
    with pytest.raises(
        ParameterError, match=r"passing on from seizure with 'supported' .* all of the 10 with the value 1"
    ):
        continuation_ratios(records, 100.0)
