"""Outcome 3's assessment of diversification."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import diversification
from crimjust_research.outcomes.diversification.kinds import entry_rates
from crimjust_research.outcomes.diversification.parameters import compositions, log_diversity
from crimjust_research.outcomes.diversification.trend import trend_estimates
from crimjust_research.results import Assessment


@pytest.fixture(scope="module")
def result() -> Assessment:
    return diversification.assess(diversification.Params())


def panel(rows: list[tuple[str, int, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms"])
    return frame.assign(is_precursor=frame["family"] == "precursors")


def test_compositions_keep_countries_with_enough_kinds() -> None:
    rows = [("AAA", 2012, "cocaine", 1.0), ("AAA", 2012, "heroin", 1.0), ("AAA", 2013, "cannabis", 2.0)]
    rows += [("BBB", 2012, "cocaine", 5.0), ("BBB", 2013, "heroin", 5.0)]
    table = compositions(panel(rows), diversification.Params.model_construct(start=2012, end=2013, fewest_kinds=3))
    assert set(table.index.get_level_values("iso3")) == {"AAA"}
    measures = log_diversity(table).set_index("year")
    # Two equal kinds count two in every order; one kind counts one.
    assert [measures.loc[2012, f"hill_{q}"] for q in (0, 1, 2)] == pytest.approx([2, 2, 2])
    assert measures.loc[2013, "log_1"] == pytest.approx(0)
    # Three kinds of weights 8, 1, 1: order 1 is exp(-(.8 ln .8 + .2 ln .1)), order 2 is 1 / (.64 + .01 + .01).
    rows = [("AAA", 2012, "a", 8.0), ("AAA", 2012, "b", 1.0), ("AAA", 2012, "c", 1.0)]
    three = log_diversity(
        compositions(panel(rows), diversification.Params.model_construct(start=2012, end=2012, fewest_kinds=3))
    )
    assert three["hill_1"].iloc[0] == pytest.approx(math.exp(-(0.8 * math.log(0.8) + 0.2 * math.log(0.1))))
    assert three["hill_2"].iloc[0] == pytest.approx(1 / 0.66)


def test_a_planted_trend_is_recovered() -> None:
    rng = np.random.default_rng(2)
    rows = []
    for country in range(40):
        for year in [*range(2012, 2017), *range(2018, 2023)]:
            # Two kinds whose shares move so that log order-1 diversity grows; the third keeps the country eligible.
            share = 0.02 + 0.03 * (year - 2012) + rng.uniform(0, 0.01)
            name = f"C{country:02d}"
            rows += [(name, year, "a", 1 - share), (name, year, "b", share), (name, year, "c", 0.001)]
    params = diversification.Params()
    found = {e.id: e for e in trend_estimates(panel(rows), params)}
    measures = log_diversity(compositions(panel(rows), params))
    by_hand = np.polyfit(measures["year"], measures["log_1"], 1)[0]
    assert found["trend"].estimate == pytest.approx(by_hand, rel=0.02)
    assert found["trend"].p_value < 1e-6
    assert found["trend.power"].estimate > 0.99


def test_a_new_kind_needs_two_reports_without_it() -> None:
    rows = [("AAA", year, "a", 1.0) for year in (2012, 2013, 2014, 2015)] + [("AAA", 2014, "b", 1.0)]
    rows += [("BBB", year, "a", 1.0) for year in (2012, 2013)] + [("BBB", 2013, "b", 1.0)]
    rates = entry_rates(panel(rows), diversification.Params()).set_index("period")
    assert rates.loc[2014, "entries"] == 1  # AAA's two reports before lack it
    assert rates.loc[2013, "entries"] == 0  # BBB has one report before only


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    trend, text = result.estimate("trend"), plain(result.answer)
    assert ("not detectably" in text.split("(")[0]) == (trend.p_value >= 0.05)
    assert f"p = {trend.p_value:.3f}" in text
    confirming = [
        e for e in result.estimates if e.role == "sensitivity" and e.estimate * trend.estimate > 0 and e.p_value < 0.05
    ]
    assert f"{len(confirming)} of " in text


def test_every_registered_sensitivity_is_there(result: Assessment) -> None:
    ids = {e.id for e in result.estimates if e.role == "sensitivity"}
    for slug in ("order_0", "order_2", "shannon_entropy", "concentration_reversed", "2012_to_2016_alone", "2018_to_2022_alone",
                 "reporters_of_every_year", "without_precursors", "proposed_countries_only"):  # fmt: skip
        assert f"trend.{slug}" in ids


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = diversification.assess(diversification.Params())
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2020, "end": 2015}, "the window is empty"),
        ({"start": 2017, "end": 2018}, "a trend needs three"),
        ({"order": 3}, "0, 1 or 2"),
        ({"start": 1999}, "greater than or equal to 2012"),
        ({"kinds": 3}, "Extra inputs"),
    ],
)
def test_bad_parameters_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        diversification.Params(**changes)  # type: ignore[arg-type]
