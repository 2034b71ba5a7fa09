"""Adjustment over registered families and explored grids, by hand."""

import math

import pytest

from crimjust_research.errors import DataError
from crimjust_research.evidence import multiplicity, plan


@pytest.fixture(scope="module")
def registered() -> plan.Plan:
    return plan.load()


def test_holm_by_hand_over_the_whole_family(registered: plan.Plan) -> None:
    # Outcome 3 registers four questions: .01 x 4, .02 x 3, .04 x 2, .5 x 1, each at least the one before.
    raw = {"match.qap": 0.02, "match.growth_ratio": 0.5, "diversification.trend": 0.01, "reviews.rule_of_law": 0.04}
    assert multiplicity.family_p_values(raw, registered) == pytest.approx(
        {"diversification.trend": 0.04, "match.qap": 0.06, "reviews.rule_of_law": 0.08, "match.growth_ratio": 0.5}
    )


def test_a_question_without_an_answer_makes_no_other_surer(registered: plan.Plan) -> None:
    alone = multiplicity.family_p_values({"match.qap": 0.01}, registered)
    assert alone == pytest.approx({"match.qap": 0.04})
    unknown = multiplicity.family_p_values({"match.qap": 0.01, "match.growth_ratio": math.nan}, registered)
    assert unknown == pytest.approx({"match.qap": 0.04, "match.growth_ratio": 1.0})


def test_families_do_not_touch_each_other(registered: plan.Plan) -> None:
    both = multiplicity.family_p_values({"match.qap": 0.01, "joining.investigation": 0.01}, registered)
    assert both == pytest.approx({"match.qap": 0.04, "joining.investigation": 0.02})


def test_the_primary_estimate_of_a_question_is_found_by_run_id_and_role(registered: plan.Plan) -> None:
    rows = [
        ("09_outcome3_match", "qap.spearman", "sensitivity"),
        ("09_outcome3_match", "qap", "primary"),
        ("05_outcome2_joining", "qap", "primary"),
    ]
    assert multiplicity.primary_rows(rows, registered) == {"match.qap": 1}
    assert multiplicity.pooled_p_values(rows, [0.5, 0.01, 0.5], registered) == pytest.approx({1: 0.04})
    with pytest.raises(DataError, match=r"more than one primary estimate of 'match\.qap'"):
        multiplicity.primary_rows([rows[1], rows[1]], registered)


def test_a_missing_p_stays_missing_in_a_grid() -> None:
    adjusted = multiplicity.adjusted([0.02, math.nan, 0.01], "fdr_bh")
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])
    assert multiplicity.adjusted([math.nan], "holm") != [1.0]
    assert multiplicity.adjusted([], "holm") == []
