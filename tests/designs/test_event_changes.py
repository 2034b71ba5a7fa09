"""Changes around events by hand, and how often they are found where there is and is not one."""

from __future__ import annotations

import numpy as np
import pytest

from crimjust_research.designs.series.event_changes import event_change, peaks
from crimjust_research.errors import ParameterError


def test_changes_by_hand() -> None:
    series = np.arange(30.0) ** 2
    events = np.zeros(30, bool)
    events[[0, 10, 20]] = True  # nothing stands before the first
    found = event_change(series, events, span=2)
    by_hand = [np.mean([(t + 1) ** 2, (t + 2) ** 2]) - np.mean([(t - 1) ** 2, (t - 2) ** 2]) for t in (10, 20)]
    assert found.estimate == pytest.approx(np.mean(by_hand))
    assert (found.n_events, found.n_turns, found.smallest_p) == (2, 30, 1 / 30)
    turned = []
    for turn in range(30):
        places = [(t + turn) % 30 for t in (0, 10, 20)]
        turned.append(np.mean([series[t + 1 : t + 3].mean() - series[t - 2 : t].mean() for t in places if 2 <= t < 28]))
    assert found.p_value == np.mean(np.abs(turned) >= abs(turned[0]) - 1e-9)
    assert found.null_edge == pytest.approx(np.quantile(np.abs(turned[1:]), 0.95))


def test_peaks_stand_out_for_their_time() -> None:
    series = np.concatenate([np.ones(20), np.full(20, 10.0)])
    series[5], series[30] = 3.0, 12.0
    assert np.flatnonzero(peaks(series, 2, window=9)).tolist() == [5, 30]


def dependent(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """73 periods with a first autocorrelation of .6, and 8 events."""
    noise = rng.normal(size=100)
    series = np.zeros(100)
    for t in range(1, 100):
        series[t] = 0.6 * series[t - 1] + noise[t]
    events = np.zeros(73, bool)
    events[rng.choice(73, 8, replace=False)] = True
    return series[27:], events


def test_size_and_power_with_dependent_series() -> None:
    rng = np.random.default_rng(1)
    plain, planted = [], []
    for _ in range(600):
        series, events = dependent(rng)
        plain.append(event_change(series, events, span=3).p_value)
        # Three standard deviations of the noise more in the three periods after each event.
        after = np.convolve(events, [0, 1, 1, 1])[:73] > 0
        planted.append(event_change(series + 3.1 * after, events, span=3).p_value)
    # Three Monte Carlo errors of 600 series are 2.7 points.
    assert np.mean(np.array(plain) <= 0.05) <= 0.05 + 0.027
    assert np.mean(np.array(planted) <= 0.05) > 0.8


@pytest.mark.parametrize(
    ("series", "events", "said"),
    [
        (np.ones(30), np.ones(29, bool), "one of each a period"),
        (np.full(30, np.nan), np.ones(30, bool), "Period 0 of the series is missing"),
        (np.ones(23), np.ones(23, bool), "at least 24 are needed"),
        (np.ones(30), np.zeros(30, bool), "no event has all periods around it"),
        (np.ones(30), np.arange(30) == 9, "no event has all periods around it"),
    ],
)
def test_what_has_no_answer_is_refused(series: np.ndarray, events: np.ndarray, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        event_change(series, events, span=2)


def test_a_window_without_a_middle_is_refused() -> None:
    with pytest.raises(ParameterError, match="odd window"):
        peaks(np.ones(30), 2, window=4)
