"""Adjustment over registered families and explored grids, by hand."""

import math
from typing import Literal
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from crimjust_research.errors import DataError
from crimjust_research.evidence import multiplicity, plan


@pytest.fixture(scope="module")
def registered() -> plan.Plan:
    return plan.load()


def test_holm_by_hand_over_the_whole_family(registered: plan.Plan) -> None:
    # Outcome 3 registers six questions: .001 x 6, .004 x 5, .01 x 4, .02 x 3, .3 x 2, .5 x 1, each at least the one before.
    raw = {
        "match.qap": 0.02,
        "match.growth_ratio": 0.5,
        "diversification.trend": 0.01,
        "reviews.rule_of_law": 0.3,
        "ratings.fatf_cooperation": 0.004,
        "ratings.index_cooperation": 0.001,
    }
    assert multiplicity.family_p_values(raw, registered) == pytest.approx(
        {
            "ratings.index_cooperation": 0.006,
            "ratings.fatf_cooperation": 0.02,
            "diversification.trend": 0.04,
            "match.qap": 0.06,
            "reviews.rule_of_law": 0.6,
            "match.growth_ratio": 0.6,
        }
    )


def test_a_question_without_an_answer_makes_no_other_surer(registered: plan.Plan) -> None:
    alone = multiplicity.family_p_values({"match.qap": 0.008}, registered)
    assert alone == pytest.approx({"match.qap": 0.048})
    unknown = multiplicity.family_p_values({"match.qap": 0.008, "match.growth_ratio": math.nan}, registered)
    assert unknown == pytest.approx({"match.qap": 0.048, "match.growth_ratio": 1.0})


def test_families_do_not_touch_each_other(registered: plan.Plan) -> None:
    both = multiplicity.family_p_values({"match.qap": 0.001, "routes.overlap": 0.001}, registered)
    assert both == pytest.approx({"match.qap": 0.006, "routes.overlap": 0.005})


MATCH = "09_outcome3_match"
ROWS = [
    (MATCH, "qap.spearman", "sensitivity"),
    (MATCH, "qap", "primary"),
    ("05_outcome2_joining", "qap", "primary"),
    (MATCH, "qap.power.margin", "diagnostic"),
    (MATCH, "qap.least_p", "diagnostic"),
    (MATCH, "growth_ratio", "primary"),
    (MATCH, "qap.calibrated_p", "diagnostic"),
]


def test_the_primary_estimate_of_a_question_is_found_by_run_id_and_role(registered: plan.Plan) -> None:
    assert multiplicity.primary_rows(ROWS, registered) == {"match.qap": 1, "match.growth_ratio": 5}
    with pytest.raises(DataError, match=r"more than one primary estimate of 'match\.qap'"):
        multiplicity.primary_rows([ROWS[1], ROWS[1]], registered)


@pytest.mark.parametrize(
    ("power", "least_p", "p"),
    [(0.5, 0.0001, 0.006), (0.49, 0.0001, 1.0), (0.9, 0.009, 1.0), (0.9, 0.05 / 6, 0.006), (math.nan, 0.0001, 1.0)],
)
def test_a_question_that_is_not_answerable_keeps_its_place_with_p_of_one(
    registered: plan.Plan, power: float, least_p: float, p: float
) -> None:
    p_values = [0.5, 0.0001, 0.5, math.nan, math.nan, 0.0001, 0.001]
    found = multiplicity.pooled_p_values(ROWS, p_values, [0.1, 0.2, 0.3, power, least_p, 1.1, 0.2], registered)
    # What counts is the calibrated p, ten times the test's own here. The growth ratio is ruled out by its design, whatever its p.
    assert found == pytest.approx({1: p, 5: 1.0})


def test_a_question_without_calibrated_p_on_record_has_p_of_one(registered: plan.Plan) -> None:
    p_values = [0.5, 0.0001, 0.5, math.nan, math.nan, 0.0001]
    found = multiplicity.pooled_p_values(ROWS[:6], p_values, [0.1, 0.2, 0.3, 0.9, 0.0001, 1.1], registered)
    assert found == {1: 1.0, 5: 1.0}


def test_a_question_without_power_on_record_has_no_answer(registered: plan.Plan) -> None:
    assert multiplicity.pooled_p_values(ROWS[:2], [0.5, 0.001], [0.1, 0.2], registered) == {1: 1.0}


@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=40), method=st.sampled_from(["holm", "fdr_bh"]))
def test_adjusted_to_the_last_digit_as_statsmodels_does(
    p_values: list[float], method: Literal["holm", "fdr_bh"]
) -> None:
    with patch("gc.collect"):  # statsmodels calls it every time, over all that the tests before have left
        theirs = multipletests(p_values, method=method)[1]
    assert multiplicity.adjusted(p_values, method) == list(theirs)


def test_a_missing_p_stays_missing_in_a_grid() -> None:
    adjusted = multiplicity.adjusted([0.02, math.nan, 0.01], "fdr_bh")
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])
    assert multiplicity.adjusted([math.nan], "holm") != [1.0]
    assert multiplicity.adjusted([], "holm") == []
