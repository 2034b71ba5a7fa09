"""Steps of the question of diversification, by hand."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions import seizure_years
from crimjust_research.questions.diversification import QUESTION, diversity, kinds, steps
from crimjust_research.questions.diversification.params import Params

P = Params(start=2012, end=2022, order=1, fewest_kinds=3, confidence_level=0.95, draws=50, seed=1)
YEARS = [*range(2012, 2017), *range(2018, 2023)]


def panel(rows: list[tuple[str, int, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms"])
    return frame.assign(is_precursor=frame["family"] == "precursors")


def rising(countries: int, by: float = 0.03) -> pd.DataFrame:
    """Countries in which the share of a second kind rises evenly; a third keeps them eligible."""
    rng = np.random.default_rng(2)
    rows = []
    for country in range(countries):
        for year in YEARS:
            share = 0.02 + by * (year - 2012) + rng.uniform(0, 0.01)
            name = f"C{country:02d}"
            rows += [(name, year, "a", 1 - share), (name, year, "b", share), (name, year, "c", 0.001)]
    return panel(rows)


# Diversity --------------------------------------------------------------------------------------------------------------


def test_compositions_keep_countries_with_enough_kinds() -> None:
    rows = [("AAA", 2012, "cocaine", 1.0), ("AAA", 2012, "heroin", 1.0), ("AAA", 2013, "cannabis", 2.0)]
    rows += [("BBB", 2012, "cocaine", 5.0), ("BBB", 2013, "heroin", 5.0)]
    table = diversity.compositions(panel(rows), 2012, 2013, 3)
    assert set(table.index.get_level_values("iso3")) == {"AAA"}
    assert len(diversity.compositions(panel(rows), 2012, 2013, 2)) == 4
    without = diversity.compositions(
        panel([*rows, ("AAA", 2013, "precursors", 9.0)]), 2012, 2013, 3, with_precursors=False
    )
    assert "precursors" not in without.columns


def test_effective_numbers_by_hand() -> None:
    rows = [("AAA", 2012, "a", 1.0), ("AAA", 2012, "b", 1.0), ("AAA", 2013, "c", 2.0)]
    # Three kinds of weights 8, 1, 1: order 1 is exp(-(.8 ln .8 + .2 ln .1)), order 2 is 1 / (.64 + .01 + .01).
    rows += [("AAA", 2014, "a", 8.0), ("AAA", 2014, "b", 1.0), ("AAA", 2014, "c", 1.0)]
    found = diversity.log_diversity(diversity.compositions(panel(rows), 2012, 2014, 3)).set_index("year")
    # Two equal kinds count two in every order; one kind counts one.
    assert [found.loc[2012, f"hill_{q}"] for q in (0, 1, 2)] == pytest.approx([2, 2, 2])
    assert found.loc[2013, "log_1"] == pytest.approx(0)
    assert found.loc[2014, "hill_1"] == pytest.approx(math.exp(-(0.8 * math.log(0.8) + 0.2 * math.log(0.1))))
    assert found.loc[2014, "hill_2"] == pytest.approx(1 / 0.66)


def test_two_years_are_no_trend() -> None:
    rows = [("AAA", year, kind, 1.0) for year in (2016, 2018) for kind in "abc"]
    with pytest.raises(ParameterError, match="the window has seizures of 2016, 2018 alone; a trend needs 3 years"):
        steps.measured(panel(rows), P)


def test_publications_and_the_years_of_each() -> None:
    raw = pd.DataFrame({"publication": ["new", "old", "old", "new"], "year": [2018, 2012, 2016, 2022]})
    published = diversity.publications(raw)
    assert published.to_dict("list") == {"publication": ["old", "new"], "first": [2012, 2018], "last": [2016, 2022]}
    years = pd.DataFrame({"year": [2016, 2018, 2013]})
    assert diversity.by_publication(years, published).tolist() == ["old", "new", "old"]


def test_yearly_means_leave_years_without_figures_empty() -> None:
    measures = pd.DataFrame({"iso3": ["A", "B"] * 2, "year": [2016, 2016, 2018, 2018]})
    measures = measures.assign(**{f"log_{q}": np.log([2.0, 8.0, 3.0, 3.0]) for q in (0, 1, 2)})
    means = diversity.yearly_means(measures, 0.05).query("order == 1").set_index("year")
    assert means.loc[2016, "effective_number"] == pytest.approx(4)  # geometric
    assert means.loc[2016, "low"] == pytest.approx(4 * math.exp(-1.959964 * math.log(2)), rel=1e-6)
    assert math.isnan(means.loc[2017, "effective_number"])


def test_a_countrys_own_slope() -> None:
    years = [2012, 2013, 2014, 2016]
    lines = {"AAA": [0.0, 0.1, 0.2, 0.4], "BBB": [1.0, 1.0, 1.0, 1.0], "CCC": [0.0, 5.0]}
    rows = [(c, y, v) for c, values in lines.items() for y, v in zip(years, values, strict=False)]
    slopes = diversity.country_slopes(pd.DataFrame(rows, columns=["iso3", "year", "log_1"]), "log_1")
    assert slopes.set_index("iso3")["slope"].to_dict() == pytest.approx({"AAA": 0.1, "BBB": 0.0})  # CCC has two years


# Kinds and cases --------------------------------------------------------------------------------------------------------


def test_a_new_kind_needs_two_reports_without_it() -> None:
    rows = [("AAA", year, "a", 1.0) for year in (2012, 2013, 2014, 2015)] + [("AAA", 2014, "b", 1.0)]
    rows += [("BBB", year, "a", 1.0) for year in (2012, 2013)] + [("BBB", 2013, "b", 1.0)]
    rates = kinds.entry_rates(panel(rows), P).set_index("period")
    assert rates.loc[2014, "entries"] == 1  # AAA's two reports before lack it
    assert rates.loc[2013, "entries"] == 0  # BBB has one report before only


def test_grams_are_recorded_from_the_year_in_which_most_weights_are_fractions() -> None:
    rows = [("AAA", 2016, "a", 1.0), ("AAA", 2016, "b", 2.5), ("AAA", 2016, "c", 4.0)]
    rows += [("AAA", 2020, "a", 0.25), ("AAA", 2020, "b", 1.5), ("AAA", 2020, "c", 3.0)]
    assert kinds.grams_from(panel(rows)) == 2020
    assert kinds.grams_from(panel(rows[:3])) is None


def test_the_rate_of_the_year_of_grams_stands_against_the_highest_other() -> None:
    rates = pd.DataFrame({"period": [2018, 2019, 2020, 2021], "entry_rate": [np.nan, 0.4, 1.4, 0.5]})
    assert kinds.around_grams(rates, 2020) == (1.4, 0.5)
    assert all(math.isnan(rate) for year in (2018, 1999, None) for rate in kinds.around_grams(rates, year))


def test_the_heaviest_reporter_is_left_out_of_the_cases() -> None:
    rows = [("COL", 2014, "Cocaine", 900), ("ESP", 2014, "Cocaine", 60), ("ESP", 2014, "Heroin", 40)]
    rows += [("ESP", 2015, "Cocaine", 30), ("ESP", 2015, "Heroin", 30)]
    routes = pd.DataFrame(rows, columns=["seizing", "year", "drug", "cases"])
    assert kinds.heaviest_reporter(routes) == ("COL", 900 / 1060)
    found = kinds.cases_at_equal_coverage(routes, P).query("order == 2").set_index("year")
    assert found["cases"].to_dict() == {2014: 100, 2015: 60}
    assert found.loc[2014, "estimate"] < found.loc[2015, "estimate"]


# Trends -----------------------------------------------------------------------------------------------------------------


def test_a_planted_trend_is_recovered_and_its_power_high() -> None:
    measures = steps.measured(rising(40), P)
    fit = steps.trend(measures, "log_1", P)
    row = steps.as_row(fit, "registered")
    assert row["estimate"] == pytest.approx(np.polyfit(measures["year"], measures["log_1"], 1)[0], rel=0.02)
    assert row["p_value"] < 1e-6
    found = steps.power(fit, measures, P)
    assert found["power"] > 0.99
    assert found["years"] == 10
    assert found["n_obs"] == len(measures)


def test_power_is_the_level_where_the_effect_is_nothing_beside_the_error() -> None:
    measures = steps.measured(rising(40), P)
    fit = steps.trend(measures, "log_1", P)
    vague = type(fit)(fit.table.assign(std_error=1e6), fit.n_obs, fit.n_units, fit.dropped)
    assert steps.power(vague, measures, P)["power"] == pytest.approx(0.05, abs=1e-4)


def test_specifications_follow_the_order_and_the_years_of_each_publication() -> None:
    seizures = rising(5)
    chosen = P.model_copy(update={"order": 2, "start": 2014})
    measures = steps.measured(seizures, chosen)
    publication = measures["year"].map(lambda year: "old" if year < 2017 else "new")
    table = steps.specifications(seizures, measures, publication, ["C00", "C01"], chosen).set_index("slug")
    assert {"order_0", "order_1", "2014_to_2016_alone", "2018_to_2022_alone"} <= set(table.index)
    assert "order_2" not in table.index
    assert "proposed_countries_only" not in table.index  # two countries are too few
    assert table.loc["2014_to_2016_alone", "of"] == "; order 2"
    assert table.loc["order_0", "of"] == ""
    assert table.loc["concentration_reversed", "unit"] == "index points a year"
    # An equal share moves from the heaviest kind to others: more diverse, less concentrated.
    assert (table["estimate"].drop("order_0") > 0).all()


def test_without_a_drug_its_weight_is_gone() -> None:
    """All that rises is the share of b: without it nothing changes but the few grams of c."""
    seizures = pd.concat([rising(6), panel([("C00", 2012, "d", 0.002), ("C01", 2012, "d", 0.002)])])
    assert steps.heaviest_drug(seizures, P) == "a"
    chosen = P.model_copy(update={"fewest_kinds": 2})
    row = steps.without(seizures, "b", chosen)
    assert (row["slug"], row["words"]) == ("b", "without b")
    whole = steps.as_row(steps.trend(steps.measured(seizures, chosen), "log_1", chosen), "all")
    assert abs(row["estimate"]) < 0.05 * whole["estimate"]


def test_a_planted_extra_trend_and_step_are_recovered() -> None:
    slow, fast = rising(4, 0.01), rising(4, 0.03)
    seizures = pd.concat([slow, fast.assign(iso3=fast["iso3"].str.replace("C", "D"))])
    measures = steps.measured(seizures, P)
    groups = {"proposed": {"D00", "D01", "D02", "D03"}, "phase": {"XXX"}}
    (row,) = steps.extra_trends(measures, groups, P).to_dict("records")  # no phase country reports
    assert (row["group"], row["p_value"] < 0.001, row["estimate"] > 0) == ("proposed", True, True)

    noise = np.random.default_rng(5).normal(0, 0.01, len(measures))
    stepped = measures.assign(log_1=noise + 0.2 * (measures["year"] > 2016))
    publication = measures["year"].map(lambda year: "old" if year < 2017 else "new")
    (step,) = steps.publication_step(stepped, publication, P).to_dict("records")
    assert step["estimate"] == pytest.approx(0.2, abs=0.02)
    assert step["words"] == "step from 2016 to 2018 beside a linear trend"
    alone = stepped[stepped["year"] > 2016]
    assert steps.publication_step(alone, publication[alone.index], P).empty


def test_agreement_counts_signs_and_small_p() -> None:
    others = pd.DataFrame({"estimate": [0.2, 0.1, -0.3], "p_value": [0.01, 0.4, 0.001]})
    assert steps.agreement(0.5, others, 0.05) == {"others": 3, "same": 2, "confirm": 1}
    assert steps.agreement(-0.5, others, 0.05) == {"others": 3, "same": 1, "confirm": 1}


# Sentences --------------------------------------------------------------------------------------------------------------


def said(macro: str, estimates: Any = (), verdicts: Any = (), p: Params = P, **facts: Any) -> str:
    context = {"p": p, "e": dict(estimates), "v": dict(verdicts), "f": SimpleNamespace(**facts), "c": SimpleNamespace()}
    return plain(Teller(QUESTION.package, context)(macro))


def estimate(name: str, value: float, low: float, high: float, p_value: float = 0.3) -> Estimate:
    return Estimate(
        name, "3", "?", "?", "?", "", value, "log points", 10, 5, "secondary",
        ci_low=low, ci_high=high, ci_level=0.95, p_value=p_value, p_adjusted=0.4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], "5 countries, 2 to 4 a year."),
        ([2017], "5 countries, 2 to 4 a year. 2017 is in neither of UNODC's publications and was not filled."),
        ([2017, 2020], "2017 and 2020 are in neither of UNODC's publications and were not filled."),
    ],
)
def test_years_without_figures_are_named(gaps: list[int], expected: str) -> None:
    text = said("who_reports", countries=5, fewest=2, most=4, gaps=gaps, left_out_years=[])
    assert text.endswith(expected)


def test_a_year_published_since_the_question_was_registered_is_left_out_and_named() -> None:
    rows = [("AAA", year, "a", 1.0) for year in range(2011, 2025)]
    kept = seizure_years.without_gap(panel(rows))
    assert sorted(set(range(2011, 2025)) - set(kept["year"])) == [2017]
    assert seizure_years.registered(panel(rows))["year"].tolist() == [*range(2012, 2017), *range(2018, 2023)]
    assert seizure_years.left_out(panel(rows)) == [2011, 2017, 2023, 2024]
    text = said("who_reports", countries=5, fewest=2, most=4, gaps=[], left_out_years=[2017])
    assert text == "5 countries, 2 to 4 a year. 2017, published since the question was registered, is left out."


def test_a_step_that_may_be_the_whole_trend_is_said_to_be() -> None:
    years = [2012, 2022]
    trend = estimate("trend", 0.008, 0.0, 0.01)
    wide = {"trend": trend, "publication_step": estimate("publication_step", 0.02, -0.04, 0.09)}
    assert said("step", wide, years=years).endswith("(0.080), so the step may be the whole of it.")
    below = {"trend": trend, "publication_step": estimate("publication_step", -0.09, -0.16, -0.01, 0.0001)}
    text = said("step", below, years=years)
    assert "0.090 log points below the first (95% interval −0.16 to −0.010, p < 0.001)" in text
    assert "whole" not in text
    assert (
        said("step", {"trend": trend}, years=years) == "The window holds one publication alone, so no step can be told."
    )


def test_a_group_that_falls_behind_changes_less() -> None:
    text = said("groups", {"extra_trend_phase": estimate("extra_trend_phase", -0.03, -0.05, -0.01)}, groups=["phase"])
    assert text.startswith(
        "Phase countries change by 3.0 % a year less than all others (95% interval −5.0 to −1.0, p = 0.300;"
    )


@pytest.mark.parametrize(
    ("found", "value", "expected"),
    [
        (True, 0.1, "what is seized has become more diverse by weight (adjusted p < 0.001; limited)"),
        (True, -0.1, "what is seized has become less diverse by weight"),
        (False, 0.1, "No linear change of the diversity of what is seized is detected within countries"),
    ],
)
def test_the_verdict_follows_what_was_found(found: bool, value: float, expected: str) -> None:
    graded = SimpleNamespace(found=found, estimate=value, p_adjusted=0.0004, grade="limited")
    assert expected in said("verdict", verdicts={"diversification.trend": graded})
