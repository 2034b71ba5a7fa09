"""Numbers with other events: against loops over the same draws, and against building each network without an event."""

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.networks.event_qap import drawn_events, event_contributions, joint_ties
from crimjust_research.designs.networks.other_events import over_events, without_one
from crimjust_research.designs.resampling.permutation import p_beyond_zero
from crimjust_research.designs.survival.discrete_hazard import discrete_hazard
from crimjust_research.designs.survival.drawn_hazards import hazards_of_drawn
from crimjust_research.errors import ParameterError


def test_a_number_over_draws_and_without_each_event_by_hand() -> None:
    drawn = np.append(np.arange(101.0), np.nan)
    without = pd.Series([40.0, 75.0, 52.0, np.nan], ["a", "b", "c", "d"])
    row = over_events(50.0, drawn, without, 0.1)
    assert (row["ci_low"], row["ci_high"], row["draws"]) == (5, 95, 101)
    assert row["std_error"] == pytest.approx(np.std(np.arange(101), ddof=1))
    assert (row["farthest"], row["event"]) == (75, "b")
    assert (row["least"], row["without_least"], row["most"], row["without_most"]) == (40, "a", 75, "b")
    assert row["undefined"] == 1
    assert row["errors"] == pytest.approx(25 / row["std_error"])


def test_draws_of_distinct_things_are_moved_and_kept_within() -> None:
    row = over_events(0.9, np.linspace(0.4, 0.8, 101), pd.Series([0.7, 0.9], ["a", "b"]), 0.1, (0, 1))
    # Their mean of 0.6 is moved to 0.9: 0.42 to 0.78 becomes 0.72 to 1.08, of which no share has more than 1.
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.72, 1))


def test_what_nothing_varies_or_nothing_is_left_of_is_missing() -> None:
    row = over_events(3.0, np.full(99, 3.0), pd.Series([np.nan, np.nan], ["a", "b"]), 0.05)
    assert np.isnan([row[name] for name in ("std_error", "ci_low", "ci_high", "farthest", "least", "most")]).all()
    assert (row["event"], row["undefined"]) == ("", 2)
    assert without_one(3.0, pd.Series([3.0, 1.0], ["a", "b"]))["event"] == "b"


def test_p_counts_draws_on_the_far_side_of_zero() -> None:
    # Three of 99 lie at or below zero: 2 (1 + 3) / (1 + 99).
    assert p_beyond_zero(np.append(np.full(96, 1.0), [-1.0, -2.0, 0.0, np.nan])) == pytest.approx(0.08)
    assert p_beyond_zero(np.array([1.0, -1.0])) == 1


def test_coefficients_of_any_sample_of_events_are_sums_of_what_each_adds() -> None:
    """Draws, and each event left out, against a regression of the network built anew."""
    rng = np.random.default_rng(3)
    ties = joint_ties(rng.random((9, 10)) < 0.4)
    regressors = rng.normal(size=(45, 2))
    counts = np.vstack([np.ones(9), 1 - np.eye(9), drawn_events(9, 20, 4)])
    design = np.column_stack([np.ones(45), regressors])
    slow = [
        np.linalg.lstsq(design, np.repeat(ties, own.astype(int), axis=0).sum(axis=0), rcond=None)[0][1:]
        for own in counts
    ]
    np.testing.assert_allclose(counts @ event_contributions(ties, regressors), slow, atol=1e-12)
    with pytest.raises(ParameterError, match="depend on each other"):
        event_contributions(ties, np.ones((45, 1)))


def ties_at_risk(seed: int = 5) -> pd.DataFrame:
    """Unit-periods of ties that twelve events began, eight each, observed for up to four years."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(96):
        near = int(rng.random() < 0.5)
        for period in range(1, 5):
            ends = int(rng.random() < 1 - np.exp(-np.exp(-1.0 + 0.5 * near - 0.3 * np.log(period))))
            rows.append((unit, unit // 8, period, near, ends))
            if ends:
                break
    return pd.DataFrame(rows, columns=["id", "event", "period", "near", "happened"])


def test_hazards_of_drawn_events_are_those_fitted_to_each_draw_alone() -> None:
    rows = ties_at_risk()
    design = np.column_stack([rows["near"], np.ones(len(rows)), np.log(rows["period"])])
    counts = np.vstack([np.ones(12), 1 - np.eye(12), drawn_events(12, 15, 6)])
    found = hazards_of_drawn(design, rows["happened"].to_numpy(bool), rows["event"].to_numpy(), counts)
    for own, estimates in zip(counts, found, strict=True):
        copies = [
            rows[rows["event"] == event].assign(id=lambda frame, c=copy: frame["id"] + 1000 * c)
            for event in range(12)
            for copy in range(int(own[event]))
        ]
        fit = discrete_hazard(pd.concat(copies), "id", ["near"], baseline="log").table["estimate"]
        assert estimates[[0, 2]] == pytest.approx(fit.to_numpy(), abs=1e-6)


def test_a_kind_that_always_or_never_ends_in_a_draw_has_no_finite_ratio_and_leaves_the_others_be() -> None:
    # Near ties of event 0 all end at once, those of event 3 never; those of event 1 are all far.
    rows = pd.DataFrame(
        [(0, 1, 1, 1)] * 5
        + [(1, 1, 0, n % 2) for n in range(6)]
        + [(2, 1, n % 2, n // 2 % 2) for n in range(8)]
        + [(3, 1, 1, 0)] * 5,
        columns=["event", "period", "near", "happened"],
    )
    design = np.column_stack([rows["near"], np.ones(len(rows))])
    counts = np.array([[1.0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 1]])
    found = hazards_of_drawn(design, rows["happened"].to_numpy(bool), rows["event"].to_numpy(), counts)
    half = np.log(np.log(2))  # of a hazard of one half
    assert found[0] == pytest.approx([np.inf, half], abs=1e-6)
    assert found[2] == pytest.approx([0, half], abs=1e-9)
    assert found[3] == pytest.approx([-np.inf, half], abs=1e-6)
    # All alike in what they are, and none that ends.
    assert np.isnan(found[[1, 4]]).all()


def test_draws_without_limit_reach_into_the_interval_and_count_on_their_side() -> None:
    drawn = np.append(np.linspace(0.1, 1.0, 94), np.full(6, -np.inf))
    row = over_events(0.5, drawn, pd.Series([0.4], ["a"]), 0.05)
    assert row["ci_low"] == -np.inf
    assert np.isfinite(row["ci_high"])
    assert np.isnan(row["std_error"])
    assert p_beyond_zero(drawn) == pytest.approx(2 * 7 / 101)
