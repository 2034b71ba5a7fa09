"""Events among units that come to be exposed, by hand, against statsmodels' stratified log-rank test, and on known truth."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import survdiff

from crimjust_research.designs.survival.exposure import exposed_events, yearly_rates
from crimjust_research.errors import ParameterError


def history(time: np.ndarray, event: np.ndarray, periods: int) -> tuple[np.ndarray, np.ndarray]:
    """Who is at risk and who has the event: (1, U, T) each, from times 1 to T."""
    period = np.arange(1, periods + 1)
    at_risk = period <= time[:, None]
    return at_risk[None], (at_risk & (period == time[:, None]) & (event[:, None] == 1))[None]


def test_two_strata_by_hand() -> None:
    """Stratum 1: units 0 to 2, of which 0 is exposed from the second period on; one event in each period, units 1 and 0.
    Expected: 1 x 0/3, then 1 x 1/2. Stratum 2: units 3 and 4, 3 exposed throughout, 4 has the event at once: 1 x 1/2."""
    at_risk, happened = history(np.array([2, 1, 2, 2, 1]), np.array([1, 1, 0, 0, 1]), 2)
    exposed = np.array([[False, True], [False, False], [False, False], [True, True], [False, False]])[None]
    found = exposed_events(at_risk, happened, exposed, ["a", "a", "a", "b", "b"])
    assert found.observed == [1]
    assert found.expected == [1.0]
    # 1 x 1/2 x 1/2 x 1/1 in the second period of the first stratum, and the same in the first of the second.
    assert found.variance == [0.5]
    (row,) = found.ratios(0.05).to_dict("records")
    assert row["estimate"] == 1
    assert row["p_value"] == 1
    assert row["ci_high"] == pytest.approx(np.exp(1.959964 * np.sqrt(2)))


def test_of_an_exposure_from_the_start_it_is_the_stratified_log_rank_test() -> None:
    rng = np.random.default_rng(3)
    stratum, group = rng.integers(0, 3, 120), rng.integers(0, 2, 120)
    time, event = rng.integers(1, 9, 120), rng.integers(0, 2, 120)
    chi2, _ = survdiff(time, event, group, strata=stratum)
    at_risk, happened = history(time, event, 8)
    found = exposed_events(at_risk, happened, (group == 1)[None, :, None], stratum)
    assert found.z[0] ** 2 == pytest.approx(chi2, rel=1e-10)


def test_where_all_or_none_are_exposed_nothing_is_said() -> None:
    at_risk, happened = history(np.array([1, 2, 2, 1]), np.array([1, 1, 1, 1]), 2)
    found = exposed_events(at_risk, happened, np.array([True, True, False, False])[None, :, None], [1, 1, 2, 2])
    assert found.variance == [0]
    assert found.z == [0]
    assert np.isnan(found.ratios(0.05)["estimate"][0])
    assert np.isnan(found.ratios(0.05)["p_value"][0])


def test_rates_of_strata_are_those_of_all_times_their_own_share() -> None:
    """Two of four have the event in period 1, one of two in period 2; stratum a has two events, 1.5 were expected."""
    at_risk, happened = history(np.array([1, 2, 1, 2]), np.array([1, 1, 1, 0]), 2)
    rates = yearly_rates(at_risk[0], happened[0], ["a", "a", "b", "b"])
    assert rates[0] == pytest.approx([2 / 1.5 * np.log(2), 2 / 1.5 * np.log(2)])
    assert rates[2] == pytest.approx([1 / 1.5 * np.log(2), 1 / 1.5 * np.log(2)])


def test_a_planted_ratio_is_found_and_none_is_not() -> None:
    """Rates of 0.05 a period, exposure from the sixth of ten periods on for half of 200 units, a thousand data sets each."""
    rng = np.random.default_rng(11)
    exposed = np.zeros((200, 10), bool)
    exposed[::2, 5:] = True
    stratum = np.arange(200) % 5
    for ratio, low, high in ((1.0, 0.035, 0.065), (2.0, 0.5, 0.8)):
        rate = 0.05 * np.where(exposed, ratio, 1.0)
        drawn = rng.uniform(size=(1000, 200, 10)) < -np.expm1(-rate)
        at_risk = np.cumsum(drawn, axis=2) - drawn == 0
        found = exposed_events(at_risk, drawn & at_risk, exposed[None], stratum)
        assert low < np.mean(np.abs(found.z) > 1.959964) < high
        assert np.exp(np.mean(np.log(found.ratios(0.05)["estimate"]))) == pytest.approx(ratio, rel=0.1)


def test_faults_are_refused() -> None:
    at_risk, happened = history(np.array([1, 2]), np.array([1, 1]), 2)
    with pytest.raises(ParameterError, match="3 strata for arrays"):
        exposed_events(at_risk, happened, at_risk, [1, 2, 3])
    with pytest.raises(ParameterError, match="not at risk"):
        exposed_events(happened & False, happened, at_risk, [1, 1])
