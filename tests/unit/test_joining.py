"""Outcome 2's assessment of joining: who is compared with whom, what is estimated, and what is said about it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import joining
from crimjust_research.outcomes.inputs import open_panel
from crimjust_research.outcomes.joining import power, words
from crimjust_research.outcomes.joining.comparison import (
    ANTICIPATED,
    NEXT_EDITION,
    SAME_YEAR,
    Specification,
    comparison,
    entry_period,
)
from crimjust_research.outcomes.joining.estimators import GROUP_TIME
from crimjust_research.outcomes.joining.findings import assess_question
from crimjust_research.outcomes.joining.parameters import PRIMARY
from crimjust_research.outcomes.joining.question import Question
from crimjust_research.results import Assessment

PARAMS = joining.Params(draws=199)
NINE = ["ARG", "BOL", "BRA", "COL", "DOM", "ECU", "GHA", "NGA", "PAN"]


@pytest.fixture(scope="module")
def result() -> Assessment:
    return joining.assess(PARAMS)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return open_panel("country_year")[0]


def toy_panel(rows: list[tuple[str, str, str | None, float | None, list[float | None]]]) -> pd.DataFrame:
    """Rows of (country, region, tier, year of entry, scores from 2014 on) as the country panel has them."""
    frames = [
        pd.DataFrame(
            {
                "iso3": iso3,
                "region": region,
                "year": range(2014, 2014 + len(scores)),
                "score": pd.array(scores, dtype="Float64").to_numpy("float64", na_value=np.nan),
                "entry_tier": tier,
                "entry_earliest": entered,
                "entry_documented": entered,
                "entry_latest": entered,
            }
        )
        for iso3, region, tier, entered, scores in rows
    ]
    return pd.concat(frames, ignore_index=True)


# --- Who is compared with whom -----------------------------------------------------------------------------------


def test_the_period_of_entry_follows_the_convention() -> None:
    years = np.array([2014, 2015, 2016, 2017, 2019, 2020])
    entered = pd.Series([2016.0, 2017.0, 2018.0, np.nan])
    # The period after entry is treated: 2016 is period 3, so 2017 (4) is first; 2017 and 2018 both lead to 2019 (5).
    assert entry_period(entered, years, NEXT_EDITION).tolist()[:3] == [3.0, 4.0, 4.0]
    # The period of entry is treated: 2018 has no edition, so the next one, 2019 (5), is it.
    assert entry_period(entered, years, SAME_YEAR).tolist()[:3] == [3.0, 4.0, 5.0]
    assert np.isnan(entry_period(entered, years, NEXT_EDITION).iloc[3])


def test_nine_countries_count_as_joined_and_those_without_date_are_left_out(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    assert registered.joined == NINE
    assert registered.years == (2014, 2015, 2016, 2017, 2019, 2020, 2021, 2022, 2023)
    assert not {"PER", "CPV", "GNB"} & set(registered.checked.units)
    assert set(registered.region) == {"Latin America & Caribbean", "Sub-Saharan Africa"}
    latest = comparison(panel, "wjp_8_1", Specification("latest"), 2014, 2023)
    assert latest.joined == sorted([*NINE, "PER"])


def test_first_treated_editions_are_those_after_the_documented_year(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    first = {
        unit: registered.years[int(start) - 1]
        for unit, start in zip(registered.checked.units, registered.checked.cohort, strict=True)
        if np.isfinite(start)
    }
    assert first == {**dict.fromkeys(NINE, 2019), "GHA": 2017, "PAN": 2017}


def test_who_entered_in_another_way_is_a_comparison_until_then(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2023)
    guatemala = registered.rows[registered.rows["unit"] == "GTM"]  # documented in 2021
    assert guatemala["first_treated"].isna().all()
    assert registered.years[int(guatemala["time"].max()) - 1] == 2021
    anticipated = comparison(panel, "wjp_8_1", Specification(timing=ANTICIPATED), 2014, 2023)
    earlier = anticipated.rows[anticipated.rows["unit"] == "GTM"]
    assert anticipated.years[int(earlier["time"].max()) - 1] == 2020
    never = comparison(panel, "wjp_8_1", Specification(control="never_treated"), 2014, 2023)
    assert not {"GTM", "URY", "SEN", "BEN"} & set(never.checked.units)
    everywhere = comparison(panel, "wjp_8_1", Specification(control="all_regions"), 2014, 2023)
    assert {"FRA", "JPN"} <= set(everywhere.checked.units)


# --- What is estimated -------------------------------------------------------------------------------------------


def test_the_estimate_is_the_double_difference_by_hand() -> None:
    flat = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    rows = [
        ("AAA", "R", "I", 2016, [0.2, 0.2, 0.2, 0.4, 0.5, 0.6]),
        ("AAB", "R", "I", 2016, [0.3, 0.3, 0.3, 0.5, 0.6, 0.7]),
        ("BBB", "R", None, None, flat),
        ("BBC", "R", None, None, [0.5, 0.5, 0.5, 0.6, 0.6, 0.6]),
        ("CCC", "S", None, None, flat),  # another region: no comparison
    ]
    question = Question(toy_panel(rows), replace(PRIMARY[0], column="score"), PARAMS)
    # Changes since 2016: joined +.2 +.3 +.4, comparisons +.05 each year (0 and .1): mean of .15, .25, .35.
    assert question.test(question.registered).estimate == pytest.approx(0.25)
    assert question.values(question.registered, GROUP_TIME)["estimate"] == pytest.approx(0.25)


@pytest.mark.parametrize("control", ["not_yet_treated", "never_treated", "all_regions"])
@pytest.mark.parametrize("timing", [NEXT_EDITION, SAME_YEAR, ANTICIPATED], ids=str)
def test_the_batched_average_is_that_of_callaway_and_santanna(
    panel: pd.DataFrame, control: str, timing: Timing
) -> None:
    question = Question(panel, PRIMARY[0], PARAMS)
    one = Specification("latest", control, timing)  # type: ignore[arg-type]
    assert question.test(one).estimate == pytest.approx(question.values(one, GROUP_TIME)["estimate"], abs=1e-12)


def planted(panel: pd.DataFrame, size: float) -> pd.DataFrame:
    """The panel with a difference added to 8.1 in every year after the documented year of joining."""
    since = (panel["entry_tier"] == "I") & (panel["year"] > panel["entry_documented"]).fillna(False)
    return panel.assign(wjp_8_1=panel["wjp_8_1"] + size * since.astype("float64"))


def test_a_planted_difference_moves_every_registered_estimate_by_itself(panel: pd.DataFrame) -> None:
    plain_ones = assess_question(Question(panel, PRIMARY[0], PARAMS))
    moved = assess_question(Question(planted(panel, 0.15), PRIMARY[0], PARAMS))
    for name in ("", "never_treated_controls", "all_regions", "without_gha", "sun_abraham", "borusyak_jaravel_spiess"):
        assert moved.estimate(name).estimate - plain_ones.estimate(name).estimate == pytest.approx(0.15), name
    assert moved.estimate().p_value == pytest.approx(1 / 200)
    assert moved.estimate().ci_low > 0.05
    assert moved.estimate("breakdown_relative").estimate > 0
    assert moved.diagnostics.before is not None
    assert plain_ones.diagnostics.before is not None
    assert moved.diagnostics.before.estimate == pytest.approx(plain_ones.diagnostics.before.estimate)
    # The power of a test does not depend on the difference there is.
    pd.testing.assert_frame_equal(moved.power, plain_ones.power)
    adjusted = [replace(moved.estimate(), p_adjusted=0.01)]
    text = plain(words._clause(moved, adjusted[0], PARAMS))
    assert "was scored higher after a country joined" in text
    assert "associated with joining" in words.answer(PARAMS, [moved, moved], adjusted)


def test_power_starts_near_the_level_and_grows(result: Assessment) -> None:
    for _, curve in result.tables["power_simulated"].groupby("question"):
        # Four Monte Carlo standard errors of 500 samples above 5 %.
        assert curve["power"].iloc[0] < 0.05 + 4 * np.sqrt(0.05 * 0.95 / power.SAMPLES)
        assert curve["power"].is_monotonic_increasing
        assert curve["power"].iloc[-1] > 0.8


def test_the_smallest_difference_found_is_read_off_the_curve() -> None:
    curve = pd.DataFrame({"difference": [0.0, 0.1, 0.2], "power": [0.05, 0.7, 0.9]})
    assert power.smallest_found(curve) == pytest.approx(0.15)  # .8 is half-way from .7 to .9
    assert np.isnan(power.smallest_found(curve.iloc[:2]))


def test_the_residuals_of_an_exact_panel_are_nothing(panel: pd.DataFrame) -> None:
    exact = panel.assign(wjp_8_1=panel["wjp_8_1"].where(panel["wjp_8_1"].isna(), 0.001 * (panel["year"] - 2000)))
    residuals, spread = power.unexplained(comparison(exact, "wjp_8_1", Specification(), 2014, 2023))
    assert spread == pytest.approx(0, abs=1e-12)
    assert np.isfinite(residuals).sum() == 456


# --- What is said ------------------------------------------------------------------------------------------------


def test_the_two_primary_questions_are_adjusted_together(result: Assessment) -> None:
    primary = result.frame().query("role == 'primary'")
    assert list(primary["id"]) == ["investigation", "adjudication"]
    p = sorted(primary["p_value"])
    assert sorted(primary["p_adjusted"]) == pytest.approx([min(2 * p[0], 1), min(max(p[1], 2 * p[0]), 1)])
    assert primary["ci_low"].lt(primary["estimate"]).all()
    assert primary["estimate"].lt(primary["ci_high"]).all()


def test_every_registered_sensitivity_is_there(result: Assessment) -> None:
    ids = set(result.frame().query("role == 'sensitivity'")["id"])
    names = {
        "earliest_dating",
        "latest_dating",
        "never_treated_controls",
        "all_regions",
        "sun_abraham",
        "borusyak_jaravel_spiess",
        "anticipation",
        "year_of_joining",
        "wild_bootstrap",
        "honest_relative",
        "honest_smooth",
        *(f"without_{iso3.lower()}" for iso3 in NINE),
    }
    assert ids == {f"{question}.{name}" for question in ("investigation", "adjudication") for name in names}


def test_power_is_named_as_the_plan_says_and_marked_simulated(result: Assessment) -> None:
    for question in ("investigation", "adjudication"):
        e = result.estimate(f"{question}.power")
        assert (e.data_status, e.null_value) == ("simulated", pytest.approx(0.05))
        assert "SIMULATED" in e.specification
    assert "SIMULATED" in result.figure("power").caption


def test_the_secondary_outcomes_are_adjusted_as_a_grid(result: Assessment) -> None:
    grid = result.frame().set_index("id").loc[["rule_of_law", "control_of_corruption", "cocaine_seizures"]]
    assert set(grid["role"]) == {"secondary"}
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 3 / np.arange(1, 4))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    seen = [result.estimate(q).p_adjusted < 0.05 for q in ("investigation", "adjudication")]
    assert text.count("not detectably scored higher or lower") == seen.count(False)
    assert ("neither show a difference" in text) == (not any(seen))
    for question in ("investigation", "adjudication"):
        e = result.estimate(question)
        assert f"p = {e.p_value:.3f}, adjusted p = {e.p_adjusted:.3f}" in text
    limits = next(c for c in result.checks if c.name == "What 9 countries can show")
    assert "9 countries that joined have a year of joining" in limits.sentence
    assert "2 of the years are exact" in limits.sentence
    for word in ("caused", "impact", "effect of", "thanks to", "because of"):
        assert word not in text + plain(limits.sentence)


def test_the_specification_curve_holds_each_combination_once_and_the_registered_one(result: Assessment) -> None:
    curve = result.tables["specification_curve"]
    # 3 datings x 3 pools x 3 conventions, 4 other estimators x 3 datings, 9 countries left out.
    assert curve.groupby("outcome").size().tolist() == [48, 48]
    choices = ["outcome", "estimator", "dating", "controls", "first_treated", "left_out"]
    assert not curve.duplicated(choices).any()
    registered = curve[curve["registered"]].set_index("outcome")["estimate"]
    for question in ("investigation", "adjudication"):
        assert registered[question] == result.estimate(question).estimate


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert len(result.figures) == 10
    for figure in result.figures:
        assert len(figure.alt) > 80
        assert len(figure.data)
        assert "nan" not in figure.alt.replace("unexplained", "").split()


def test_who_is_not_used_is_named_with_the_reason(result: Assessment) -> None:
    entries = result.tables["entry"].set_index("iso3")
    assert len(entries) == 12
    assert entries.loc[["CPV", "GNB"], "why_not"].tolist() == ["not in the index"] * 2
    assert entries.loc["PER", "why_not"] == "no year of joining at the documented dating"
    assert (entries.loc[NINE, "why_not"] == "").all()


def test_a_year_without_cocaine_has_no_logarithm() -> None:
    panel = pd.DataFrame({"iso3": ["AAA", "AAA", "BBB"], "year": [2019, 2020, 2020]})
    seizures = pd.DataFrame(
        {
            "iso3": ["AAA", "AAA", "BBB"],
            "year": [2019, 2020, 2020],
            "family": ["cocaine", "cocaine", "heroin"],
            "kilograms": [np.e, 0.0, 5.0],
        }
    )
    logs = joining.with_cocaine(panel, seizures)["log_cocaine_kg"]
    assert logs.iloc[0] == pytest.approx(1.0)
    assert logs.iloc[1:].isna().all()


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = joining.assess(PARAMS)
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.specification for f in again.figures] == [f.specification for f in result.figures]


def test_a_run_that_departs_says_so() -> None:
    departed = joining.assess(joining.Params(dating="latest", control="never_treated", end=2024, draws=99))
    assert {d.split(" is ")[0] for d in departed.departures} == {"dating", "control", "end", "draws"}
    # Peru, alone in its edition, joins the nine; a group of one country has no spread for the Wald test.
    assert departed.tables["entry"]["first_treated"].notna().sum() == 10
    before = next(c for c in departed.checks if c.name == "Before joining: criminal investigation")
    assert "not possible" in before.sentence


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2020, "end": 2016}, "the window is empty"),
        ({"start": 2020, "end": 2023}, "choose a window that begins before"),
        ({"start": 2014, "end": 2015}, "choose a window that begins before"),
        ({"start": 2012}, "greater than or equal to 2014"),
        ({"dating": "first"}, "'earliest', 'documented' or 'latest'"),
        ({"control": "none"}, "'not_yet_treated', 'never_treated' or 'all_regions'"),
        ({"draws": 5}, "greater than or equal to 99"),
        ({"outcome": "wjp_8_1"}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        joining.Params(**changes)  # type: ignore[arg-type]
