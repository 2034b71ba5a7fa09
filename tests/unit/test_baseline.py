"""Outcome 2's baseline: latest figures, matching, differences and what is said about them."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import baseline
from crimjust_research.outcomes.baseline.differences import difference_grid
from crimjust_research.outcomes.baseline.levels import GROUPS, latest_figures
from crimjust_research.outcomes.baseline.matching import matched_difference, measurement_error, normal_inference
from crimjust_research.outcomes.baseline.parameters import MEASURES
from crimjust_research.outcomes.inputs import open_panel
from crimjust_research.results import Assessment

PARAMS = baseline.Params(draws=499)


@pytest.fixture(scope="module")
def result() -> Assessment:
    return baseline.assess(PARAMS)


@pytest.fixture(scope="module")
def levels() -> pd.DataFrame:
    return latest_figures(open_panel("country_year")[0], PARAMS)


# --- Matching ----------------------------------------------------------------------------------------------------


def countries(rows: list[tuple[str, float | None, bool, str | None]]) -> pd.DataFrame:
    """Rows of (country, value, member, stratum)."""
    frame = pd.DataFrame(rows, columns=["iso3", "value", "member", "stratum"]).set_index("iso3")
    return frame.astype({"value": "float64", "member": "bool"})


def difference(frame: pd.DataFrame, draws: int = 999):  # type: ignore[no-untyped-def]
    found = matched_difference(
        frame["value"], frame["member"], ~frame["member"], frame["stratum"], draws=draws, seed=1, alpha=0.05
    )
    assert found is not None
    return found


def test_each_member_is_compared_with_the_mean_of_its_stratum() -> None:
    found = difference(
        countries(
            [
                ("AAA", 1.0, True, "x"),
                ("AAB", 2.0, True, "x"),
                ("BBA", 4.0, False, "x"),
                ("CCA", 10.0, True, "y"),
                ("DDA", 12.0, False, "y"),
                ("DDB", 14.0, False, "y"),
                ("EEA", 99.0, True, "z"),  # nobody to compare with
                ("FFA", 50.0, False, "w"),  # nobody to be compared
                ("GGA", 7.0, True, None),  # no stratum
            ]
        )
    )
    # (1 - 4) + (2 - 4) + (10 - 13) over three members.
    assert found.estimate == pytest.approx(-8 / 3)
    assert (found.group_mean, found.comparison_mean) == (pytest.approx(13 / 3), pytest.approx(21 / 3))
    assert found.compared == ("AAA", "AAB", "CCA")
    assert found.comparisons == ("BBA", "DDA", "DDB")
    assert found.left_out == ("EEA",)
    # Weights: 1/3 each member; BBA serves two members, DDA and DDB share one.
    assert found.weights[["AAA", "BBA", "DDA"]].tolist() == pytest.approx([1 / 3, -2 / 3, -1 / 6])


def test_the_p_value_is_the_share_of_all_divisions_of_the_stratum() -> None:
    values = [0.0, 1.0, 2.0, 5.0, 7.0, 8.0]
    frame = countries([(f"AA{i}", value, i < 3, "x") for i, value in enumerate(values)])
    found = difference(frame, draws=9999)
    every = [
        np.mean([values[i] for i in chosen]) - np.mean([values[i] for i in range(6) if i not in chosen])
        for chosen in combinations(range(6), 3)
    ]
    exact = np.mean(np.abs(every) >= abs(every[0]) - 1e-12)  # 2 of 20: this division and its mirror
    assert exact == pytest.approx(0.1)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(0.1 * 0.9 / 10_000))


def test_a_planted_difference_is_found_whole_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"{stratum}{i:02d}", float(rng.normal(level, 1)), i < 10, stratum)
        for stratum, level in (("x", 0), ("y", 5), ("z", -3))
        for i in range(30)
    ]
    base = countries(rows)
    moved = base.assign(value=base["value"] - 2.0 * base["member"])
    before, after = difference(base), difference(moved)
    assert after.estimate - before.estimate == pytest.approx(-2.0)
    assert after.p_value == pytest.approx(1 / 1000)
    assert after.ci_low - before.ci_low == pytest.approx(-2.0)
    assert after.ci_low < -2.0 < after.ci_high


def test_without_any_match_there_is_no_difference() -> None:
    frame = countries([("AAA", 1.0, True, "x"), ("BBB", 2.0, False, "y")])
    member = frame["member"]
    none = matched_difference(frame["value"], member, ~member, frame["stratum"], draws=99, seed=1, alpha=0.05)
    assert none is None


def test_the_error_of_measurement_follows_the_weights() -> None:
    found = difference(countries([("AAA", 1.0, True, "x"), ("BBB", 2.0, False, "x"), ("CCC", 4.0, False, "x")]))
    errors = pd.Series({"AAA": 0.3, "BBB": 0.4, "CCC": 0.4, "DDD": 9.0})
    # Weights 1, -1/2, -1/2: .09 + .04 + .04.
    assert measurement_error(found, errors) == pytest.approx(np.sqrt(0.17))
    low, high, p = normal_inference(1.959964, 1.0, 0.05)
    assert (low, p) == (pytest.approx(0, abs=1e-6), pytest.approx(0.05, abs=1e-6))
    assert high == pytest.approx(2 * 1.959964)


# --- Levels ------------------------------------------------------------------------------------------------------


def test_the_latest_figure_of_the_window_is_taken_with_its_year(levels: pd.DataFrame) -> None:
    panel = open_panel("country_year")[0].set_index(["iso3", "year"])
    assert levels.loc["MEX", "investigation"] == panel.loc[("MEX", 2021), "wjp_8_1"]
    # Belize reported persons held last in 2020: 59 among its residents of that year.
    assert levels.loc["BLZ", "persons_held_year"] == 2020
    assert levels.loc["BLZ", "persons_held"] == pytest.approx(100_000 * 59 / panel.loc[("BLZ", 2020), "population"])


def test_groups_are_those_of_the_document(levels: pd.DataFrame) -> None:
    assert {group: int(levels[group].sum()) for group in GROUPS} == {"proposed": 17, "phases": 33, "members": 12}
    assert not levels.loc[["MEX", "BRA", "URY", "GMB"], "elsewhere"].any()
    assert levels.loc[["FRA", "GUY"], "elsewhere"].all()


def test_terciles_divide_the_countries_in_three(levels: pd.DataFrame) -> None:
    counts = levels["income"].value_counts()
    assert counts.max() - counts.min() <= 1
    by_income = levels.groupby("income")["gdp_per_head"]
    assert by_income.max()["low"] < by_income.min()["middle"]
    assert by_income.max()["middle"] < by_income.min()["high"]


# --- What is said ------------------------------------------------------------------------------------------------


def test_the_grid_is_whole_and_adjusted_together(result: Assessment) -> None:
    grid = result.frame().query("role == 'secondary' and not id.str.endswith('measurement')")
    assert len(grid) == len(GROUPS) * len(MEASURES) == 30
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 30 / np.arange(1, 31))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))
    assert not (result.frame()["role"] == "primary").any()


def test_differences_are_the_same_by_hand(result: Assessment, levels: pd.DataFrame) -> None:
    grid = difference_grid(levels, PARAMS)
    for (group, measure), found in grid.items():
        own = levels.loc[list(found.compared)]
        others = levels.loc[list(found.comparisons)].groupby("stratum")[measure].mean()
        by_hand = (own[measure] - own["stratum"].map(others)).mean()
        assert result.estimate(f"{group}.{measure}").estimate == pytest.approx(by_hand), (group, measure)


def test_the_error_of_measurement_stands_apart(result: Assessment) -> None:
    for group in GROUPS:
        for measure in ("rule_of_law", "control_of_corruption"):
            both = result.estimate(f"{group}.{measure}"), result.estimate(f"{group}.{measure}.measurement")
            assert both[0].estimate == both[1].estimate
            assert 0 < both[1].std_error < 0.2
            assert both[1].ci_high - both[1].ci_low < both[0].ci_high - both[0].ci_low


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    table = result.tables["differences"].query("group == 'proposed'").set_index("measure")
    scores = table.drop(index=["persons_held", "laundering_offences"])
    lower = int(((scores["p_adjusted"] < 0.05) & (scores["difference"] < 0)).sum())
    assert f"On {lower} of 8 scores and indicators" in text
    for measure, words in (("investigation", "on effective investigation"), ("adjudication", "on timely, effective")):
        seen = table.loc[measure, "p_adjusted"] < 0.05
        direction = "lower" if table.loc[measure, "difference"] < 0 else "higher"
        assert f"{'' if seen else 'not detectably '}{direction} {words}" in text
        assert f"adjusted p = {table.loc[measure, 'p_adjusted']:.3f}" in text
    for word in ("effect of", "impact", "because", "caused"):
        assert word not in text


def test_the_comparison_countries_are_named(result: Assessment) -> None:
    matching = next(c for c in result.checks if c.name == "Who is compared with whom")
    assert "Guyana" in matching.sentence
    assert "Brazil" not in matching.sentence


def test_coverage_counts_years_not_figures(result: Assessment) -> None:
    covered = result.tables["coverage"].set_index(["iso3", "measure"])["years"]
    assert covered["CPV", "investigation"] == 0
    assert covered["MEX", "investigation"] == 3  # no edition stands at 2018
    assert covered["MEX", "rule_of_law"] == 4
    assert len(covered) == 37 * len(MEASURES)


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert [f.name for f in result.figures] == ["coverage", "levels", "differences", "measurement"]
    for figure in result.figures:
        assert len(figure.alt) > 80
        assert len(figure.data)
        assert "nan" not in figure.alt


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = baseline.assess(PARAMS)
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.specification for f in again.figures] == [f.specification for f in result.figures]


def test_another_window_is_answered_with_its_years() -> None:
    earlier = baseline.assess(baseline.Params(start=2014, end=2016, draws=99))
    assert plain(earlier.answer).startswith("From 2014 to 2016")
    assert earlier.tables["levels"]["investigation_year"].max() == 2016


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2021, "end": 2018}, "the window is empty"),
        ({"start": 2024, "end": 2024}, "is on record from"),
        ({"start": 1990}, "greater than or equal to 2000"),
        ({"draws": 5}, "greater than or equal to 99"),
        ({"window": 4}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        baseline.Params(**changes)  # type: ignore[arg-type]
