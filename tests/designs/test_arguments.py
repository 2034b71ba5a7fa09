"""Arguments that are no number, no list or beyond all range: refused in words by every design, and no p-value of zero."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.checks import generator, require_level, require_terms, require_whole
from crimjust_research.designs.composition.diversity import diversity_indices
from crimjust_research.designs.composition.overlap import chance_overlap
from crimjust_research.designs.composition.turnover import category_spells
from crimjust_research.designs.counts.beta_binomial import simulate_beta_binomial
from crimjust_research.designs.counts.ppml import ppml
from crimjust_research.designs.counts.regressions import negative_binomial, population_averaged
from crimjust_research.designs.counts.standardised import standardised_difference
from crimjust_research.designs.fit import LEAST_P, above_zero, coefficient_table
from crimjust_research.designs.networks.gaps import density_bounds
from crimjust_research.designs.networks.ties import joint_event_network
from crimjust_research.designs.panel.poisson import checked_panel
from crimjust_research.designs.panel.two_way import CoefficientTest, two_way_test
from crimjust_research.designs.resampling.partial_correlation import resampled_partial_ranks
from crimjust_research.designs.resampling.permutation import percentiles
from crimjust_research.designs.rollout.operating import fading
from crimjust_research.designs.rollout.permutation import least_p
from crimjust_research.designs.series.growth import equivalent_growth_factors
from crimjust_research.designs.series.interrupted import interrupted_series
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.designs.series.simulation import simulate_var
from crimjust_research.designs.staggered.aggregation import StaggeredResult, aggregate
from crimjust_research.designs.staggered.estimators import (
    group_time_effects,
    imputation_effects,
    interaction_weighted_effects,
)
from crimjust_research.designs.staggered.panel import Timing, staggered_panel
from crimjust_research.designs.staggered.sensitivity import event_study, relative_magnitudes, smoothness
from crimjust_research.designs.survival.cascade import STAGES, case_records, mature_entries
from crimjust_research.designs.survival.curves import cumulative_incidence
from crimjust_research.designs.survival.discrete_hazard import person_periods
from crimjust_research.designs.timing.given_covariate import studentised_test_given
from crimjust_research.designs.timing.influence import influences
from crimjust_research.designs.timing.phases import phase_assignments, phase_rejection_rates
from crimjust_research.designs.timing.randomisation import randomisation_test, shuffled_assignments
from crimjust_research.errors import ParameterError

TREATED = Timing("treated")
RNG = np.random.default_rng(1)
UNIT, TIME = np.repeat(np.arange(18), 8), np.tile(np.arange(2001, 2009), 18)
FIRST = np.array([2008.0, 2004.0, 2006.0])[UNIT % 3]
NOISE = RNG.normal(size=18)[UNIT] + 0.3 * RNG.normal(size=144)
PANEL = pd.DataFrame({"unit": UNIT, "time": TIME, "outcome": NOISE + (TIME >= FIRST), "first_treated": FIRST})
COUNTS = pd.DataFrame({"unit": UNIT, "time": TIME, "x": RNG.normal(size=144), "y": RNG.poisson(5, 144), "e": 1.0})
CASE = pd.DataFrame([{"case": "a", **dict.fromkeys(STAGES, np.nan), STAGES[0]: 1.0, "closed": np.nan, "x": 1.0}])
REPORTS = pd.DataFrame({"unit": ["a", "a"], "period": [2001, 2002]})
OUTCOMES = PANEL["outcome"].to_numpy().reshape(18, 8)
STARTS = np.array([np.inf, 2004.0, 2006.0])[np.arange(18) % 3]


def test_last_treated_controls_do_not_depend_on_how_the_panel_is_written() -> None:
    """By hand: the difference in differences of each group against the one treated last, in periods before that."""

    def overall(panel: pd.DataFrame) -> float:
        return float(interaction_weighted_effects(panel, TREATED, controls="last treated").overall["estimate"])

    rows = pd.DataFrame(OUTCOMES, columns=np.arange(2001, 2009)).groupby(np.arange(18) % 3).mean()
    effects = [
        rows.loc[group, t] - rows.loc[group, start - 1] - (rows.loc[0, t] - rows.loc[0, start - 1])
        for group, start in ((1, 2004), (2, 2006))
        for t in range(start, 2008)
    ]
    assert overall(PANEL) == pytest.approx(np.mean(effects), abs=1e-12)
    for written in (PANEL.assign(time=PANEL["time"].astype(str)), PANEL.set_axis([0] * 144, axis=0)):
        assert overall(written) == pytest.approx(np.mean(effects), abs=1e-12)


def test_person_periods_take_any_index() -> None:
    frame = pd.DataFrame({"unit": ["a", "b"], "last": [2, 3], "event": [1, 0]})
    expected = person_periods(frame, "unit", "last", "event")
    assert expected["happened"].tolist() == [0, 1, 0, 0, 0]
    pd.testing.assert_frame_equal(person_periods(frame.set_axis([7, 7], axis=0), "unit", "last", "event"), expected)


def test_terms_that_exact_periods_alone_inform_have_no_error() -> None:
    """Amounts of zero until the law: the trend before it is known without residual, what the law did is not."""
    amounts = pd.Series(np.zeros(60), index=pd.period_range("2010-01", periods=60, freq="M"))
    amounts.iloc[30:] = 5 + np.random.default_rng(2).normal(size=30)
    law = [Interruption("law", amounts.index[30])]
    table = interrupted_series(amounts, law, family="linear").table.set_index("term")
    assert table.loc["trend", ["std_error", "p_value"]].isna().all()
    assert 0 < table.loc["level: law", "p_value"] < 0.001 < table.loc["level: law", "std_error"]
    beside = pd.Series(np.random.default_rng(3).normal(size=60), index=amounts.index)
    compared = interrupted_series(amounts, law, family="linear", control=beside).table
    assert compared.loc[compared["comparison"] == "difference", "std_error"].gt(0.001).all()


def test_no_p_value_is_zero() -> None:
    assert above_zero(0.0) == LEAST_P
    assert np.isnan(above_zero(np.nan))
    dispersed = COUNTS.assign(y=COUNTS["y"] * 10.0**6)
    assert negative_binomial(dispersed, "y", ["x"]).dispersion_p >= LEAST_P
    assert CoefficientTest(np.array(1.0), np.array(1e-200), 50).p_value == LEAST_P


def test_outcomes_without_variation_have_p_one_and_no_interval() -> None:
    found = randomisation_test(
        np.ones((18, 8)), shuffled_assignments(STARTS, 99, 1), np.arange(2001, 2009), exact=False
    )
    assert found.p_value == 1
    assert np.isnan([found.ci_low, found.ci_high]).all()


def test_text_that_reads_as_amounts_is_added_as_amounts() -> None:
    frame = pd.DataFrame({"cocaine": [1.0, 2.0], "heroin": ["3", "4"]})
    assert diversity_indices(frame)["total"].tolist() == [4, 6]


def test_clusters_of_a_two_way_test_may_have_any_label() -> None:
    treated = (TIME >= FIRST).reshape(18, 8).astype(float)
    numbered, named = np.arange(18) // 2, np.array([f"c{c}" for c in np.arange(18) // 2])
    assert two_way_test(OUTCOMES, treated, numbered).std_error == two_way_test(OUTCOMES, treated, named).std_error


def study(outcome: Any) -> StaggeredResult:
    return aggregate(group_time_effects(PANEL.assign(outcome=outcome), TREATED, base="universal"), "event")


ANY: Any = None
WORD: Any = "0.05"
REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: require_level(WORD), "alpha is '0.05'"),
    (lambda: require_level(ANY), "alpha is None"),
    (lambda: require_whole(1, lags=ANY), "lags is None"),
    (lambda: require_terms(WORD), "terms is '0.05'; give a list"),
    (lambda: generator(-1), "seed is -1"),
    (lambda: generator(ANY), "seed is None"),
    (lambda: imputation_effects(PANEL, TREATED, alpha=WORD), "alpha is '0.05'"),
    (lambda: group_time_effects(PANEL, TREATED, alpha=2), "alpha is 2"),
    (lambda: interaction_weighted_effects(PANEL, TREATED, alpha=ANY), "alpha is None"),
    (
        lambda: staggered_panel(PANEL.assign(outcome=pd.Timestamp("2020-01-01")), TREATED),
        "'outcome' is of type datetime64",
    ),
    (lambda: event_study(study((TIME >= FIRST) * 1.0)), "no known standard error"),
    (lambda: relative_magnitudes(event_study(study(NOISE)), [np.inf]), "Bounds are .inf."),
    (lambda: smoothness(event_study(study(NOISE)), [ANY]), "Bounds are .None."),
    (lambda: ppml(COUNTS, "y", ["x"], ANY, "unit"), "effects is None"),
    (lambda: ppml(pd.concat([COUNTS, COUNTS[["x"]]], axis=1), "y", ["x"], ["unit"], "unit"), "'x' is 2 times"),
    (lambda: population_averaged(COUNTS, "y", ["x"], ANY), "Column None is not in the table"),
    (
        lambda: coefficient_table(["x"], np.array([1e9]), np.array([1.0]), 0.05, ratio="ratio"),
        "measure it in larger units",
    ),
    (lambda: cumulative_incidence([1, 2], [1, 10**15]), "use 0, 1, 2"),
    (lambda: case_records(CASE, 5.0, covariates=["x", "x"]), "name each once"),
    (lambda: case_records(CASE, WORD), "observed_until is '0.05'"),
    (lambda: mature_entries(case_records(CASE, 5.0), ANY), "maturity is None"),
    (
        lambda: checked_panel(
            COUNTS.assign(time=["n/a", *TIME[1:]]), unit="unit", time="time", count="y", exposure="e"
        ),
        "'time' holds int64, str",
    ),
    (lambda: chance_overlap(WORD, 2, 1, [3]), "population is '0.05'"),
    (lambda: smoothness(event_study(study(NOISE * 1e-60)), [0.1]), "units in which they are nearer one"),
    (
        lambda: population_averaged(COUNTS.assign(e=[1e60, *[1.0] * 143]), "y", ["x"], "unit", exposure="e"),
        "far beyond",
    ),
    (lambda: equivalent_growth_factors((0.1, WORD), (0.1, 0.1), margin=(0.9, 1.1), df=9), "give two numbers"),
    (
        lambda: category_spells(REPORTS.assign(category="x", period=["2001", "2002"]), REPORTS),
        "'period' is .* write it alike",
    ),
    (lambda: density_bounds(np.array([["0", "x"], ["x", "0"]]), 2, 3, 2), "joint events holds"),  # type: ignore[arg-type]
    (
        lambda: joint_event_network(
            pd.DataFrame({"event": [1], "period": [2010], "participants": [["a", "b"]]}),
            ["a", "b"],
            (2010,),  # type: ignore[arg-type]
        ),
        "window is .2010,.",
    ),
    (lambda: equivalent_growth_factors((0.1, 0.1), (0.1, 0.1), margin=(0.9, np.inf), df=9), "margin is"),
    (lambda: equivalent_growth_factors((0.1, 0.1), (0.1, 0.1), margin=(0.9, 1.1), df=0.5), "df is 0.5"),
    (lambda: simulate_var(1, np.zeros((0, 2, 2)), n_sim=1, seed=1), "shape"),
    (lambda: simulate_beta_binomial([1.5], [3], 0.1, np.random.default_rng(1)), "between 0 and 1"),
    (lambda: phase_assignments([0, np.inf], [1, 2]), "Phases must be numbered"),
    (lambda: phase_rejection_rates([2, 2], [2, 3], 5, shared_variance=0.1, n_sim=ANY, seed=1), "n_sim is None"),
    (lambda: two_way_test(OUTCOMES, OUTCOMES[:3]), "units by periods, alike"),
    (lambda: standardised_difference(PANEL.iloc[:0], "outcome", "unit", ["time"]), "table is empty"),
    (lambda: resampled_partial_ranks([], [], [], [], draws=99, seed=1), "no row to draw"),
    (lambda: resampled_partial_ranks(["a"], [1.0], [1.0], ["u"], draws=99, seed=1), "variable holds 'a'"),
    (lambda: fading(np.ones((4, 3))), "do not vary about unit and period means"),
    (lambda: studentised_test_given(OUTCOMES[:3], OUTCOMES, STARTS[None], np.arange(2001, 2009)), "units by periods"),
    (
        lambda: studentised_test_given(
            np.where(OUTCOMES > 0, np.inf, OUTCOMES), OUTCOMES, STARTS[None], np.arange(2001, 2009)
        ),
        "infinite",
    ),
    (lambda: studentised_test_given(OUTCOMES, OUTCOMES[0], STARTS[None], np.arange(2001, 2009)), "wherever an outcome"),
    (lambda: two_way_test(OUTCOMES * 1e200, OUTCOMES), "give them in other units"),
    (lambda: shuffled_assignments([np.nan, 2.0], 99, 1), "infinite if it is never treated"),
    (lambda: randomisation_test(OUTCOMES * 1e200, STARTS[None], np.arange(2001, 2009), exact=True), "other units"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_what_no_design_can_take_is_refused_in_words(call: Callable[[], object], message: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        with pytest.raises(ParameterError, match=message):
            call()


def test_what_has_no_error_or_no_comparison_is_missing_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert np.isnan(two_way_test(np.zeros((18, 8)), STARTS[:, None] <= np.arange(2001, 2009)).p_value)
        assert np.isnan(percentiles(np.zeros(0), 0.05)).all()
        # Of one unit against one there is no error, whichever is treated: the two statistics are infinite, and tie.
        assert least_p(np.array([[1.0, np.inf], [np.inf, 1.0]]), np.ones((2, 3), bool), None) == 1
        # The second assignment treats whoever is seen in one period alone.
        outcomes = np.where(np.arange(4)[:, None] < 2, OUTCOMES[:4, :3], np.nan)
        outcomes[2:, 2] = 1.0
        assignments = np.array([[1.0, np.inf, np.inf, np.inf], [np.inf, np.inf, 1.0, 2.0]])
        average = influences(outcomes[None], assignments, np.arange(3.0))[0]
        assert np.isfinite(average).tolist() == [[True], [False]]
