"""Grades: questions found by id, adjusted within their outcome, graded by the registered rule, by hand."""

import math

import pandas as pd
import pytest

from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.estimates import ESTIMATE_COLUMNS
from crimjust_research.evidence.grades import agreement, graded

PLAN = plan.load()
MARKETS, DIVERSIFICATION = "01_outcome1_markets", "08_outcome3_diversification"


def row(run: str, name: str, role: str, estimate: float, p: float, null: float = 0.0) -> dict[str, object]:
    known = {"run": run, "id": name, "role": role, "estimate": estimate, "p_value": p, "null_value": null}
    return {**dict.fromkeys(ESTIMATE_COLUMNS, math.nan), **known, "unit": "u", "method": "m", "n_obs": 20, "n_units": 4}


def grades(
    rows: list[dict[str, object]], failed: dict[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, float]]:
    found = graded(PLAN, pd.DataFrame(rows), failed or {}, 0.05)
    return {each.primary.id: (each.grade, each.p_adjusted) for each in found}


def test_agreement_by_hand() -> None:
    others = pd.DataFrame({"estimate": [1.2, 1.1, 0.9, 1.5], "null_value": 1.0, "p_value": [0.01, 0.2, 0.01, 0.04]})
    # Above one like the estimate: three of four; of these two have p below 0.05.
    assert agreement(1.3, 1.0, others, 0.05) == (0.75, 0.5)
    # Without a sign agreeing means confirming: three of four p are below 0.05.
    assert agreement(5.0, math.nan, others.assign(null_value=math.nan), 0.05) == (0.75, 0.75)
    assert agreement(1.3, 1.0, others.iloc[:0], 0.05) == (0.0, 0.0)


def test_a_strong_a_limited_and_an_unpowered_question() -> None:
    found = grades(
        [
            row(MARKETS, "seizures_to_deaths.f", "primary", 9.0, 0.001, math.nan),
            *[row(MARKETS, f"seizures_to_deaths.s{i}", "sensitivity", 8.0, 0.01, math.nan) for i in range(9)],
            row(MARKETS, "deaths_to_seizures.f", "primary", 1.0, 0.6, math.nan),
            row(MARKETS, "deaths_to_seizures.power", "secondary", 0.4, math.nan),
            row(DIVERSIFICATION, "trend", "primary", 0.1, 0.03),
            row(DIVERSIFICATION, "trend.a", "sensitivity", -0.1, 0.9),
        ]
    )
    # Holm over the whole family, whatever has been estimated: five questions of Outcome 1, four of Outcome 3.
    assert found == {
        "markets.seizures_to_deaths": ("strong", pytest.approx(0.005)),
        "markets.deaths_to_seizures": ("inconclusive", pytest.approx(1.0)),
        "diversification.trend": ("limited", pytest.approx(0.12)),
    }


def test_power_tells_nothing_found_from_nothing_known() -> None:
    rows = [
        row(DIVERSIFICATION, "trend", "primary", 0.1, 0.5),
        row(DIVERSIFICATION, "trend.power", "secondary", 0.85, math.nan),
    ]
    assert grades(rows)["diversification.trend"][0] == "none found"
    rows[1]["estimate"] = 0.79
    assert grades(rows)["diversification.trend"][0] == "inconclusive"


def test_a_failed_check_keeps_a_grade_from_being_strong() -> None:
    rows = [row(DIVERSIFICATION, "trend", "primary", 0.1, 0.001)]
    rows += [row(DIVERSIFICATION, f"trend.{i}", "sensitivity", 0.1, 0.001) for i in range(9)]
    assert grades(rows)["diversification.trend"][0] == "strong"
    assert grades(rows, {DIVERSIFICATION: ("a check",)})["diversification.trend"][0] == "limited"
    assert grades(rows, {MARKETS: ("a check of another run",)})["diversification.trend"][0] == "strong"


def test_found_is_judged_at_the_level_of_the_test_and_not_of_the_interval() -> None:
    # An equivalence test at 0.05 carries a 90% interval.
    rows = [row(DIVERSIFICATION, "trend", "primary", 0.1, 0.0175) | {"ci_level": 0.9}]
    (each,) = graded(PLAN, pd.DataFrame(rows), {}, 0.05)
    assert (each.p_adjusted, each.found) == (pytest.approx(0.07), False)


def test_a_question_estimated_twice_is_refused() -> None:
    rows = [row(DIVERSIFICATION, "trend", "primary", 1.0, 0.5), row(DIVERSIFICATION, "trend.x", "primary", 1.0, 0.5)]
    with pytest.raises(DataError, match=r"more than one primary estimate of 'diversification\.trend'"):
        grades(rows)
