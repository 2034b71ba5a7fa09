"""Steps of the question of markets, by hand."""

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.ratios import FiellerSet
from crimjust_research.designs.series.causality import toda_yamamoto
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.markets import QUESTION, power, series, specifications, steps
from crimjust_research.questions.markets.params import DEATHS, Params

MONTHS = pd.period_range("2015-01", periods=96, freq="M", name="month")
P = Params(
    drug="fentanyl",
    measure="kilograms",
    start="2018-10",
    end="2024-12",
    max_lag=6,
    horizons=12,
    correlation_lags=6,
    trend=False,
    confidence_level=0.95,
    draws=99,
    seed=1,
    vintage="latest",
)


@pytest.mark.parametrize(
    ("given", "months"),
    [
        # 8 lags, 16 coefficients, 13 months and trend, 10 left, and a year left out.
        ({}, 8 + 16 + 13 + 10 + 12),
        # 7 lags with theirs, and 25 months for the last of 24 ahead.
        ({"max_lag": 6, "horizons": 24, "correlation_lags": 1}, 7 + 14 + 13 + 10 + 1 + 24),
        # 2 lags of a unit root, 12 of each whitening, 24 of correlation, 10 left of each.
        ({"max_lag": 1, "horizons": 1, "correlation_lags": 24}, 2 + 24 + 24 + 20),
    ],
)
def test_the_fewest_months_are_counted_by_hand(given: dict[str, int], months: int) -> None:
    assert P.model_copy(update=given).fewest_months == months


def both(seizures: list[float], deaths: list[float]) -> pd.DataFrame:
    index = pd.period_range("2020-01", periods=len(deaths), freq="M")
    return pd.DataFrame({"seizures": seizures, "deaths": deaths}, index=index)


def test_a_month_without_seizures_is_named() -> None:
    found = both([1.0, 0.0, 2.0], [5.0, 6.0, 7.0])
    with pytest.raises(ParameterError, match=r"no heroin was seized .* in 2020-02"):
        series.log_series(found, "heroin")
    assert series.log_series(found.drop(found.index[1]), "heroin").loc["2020-03", "seizures"] == math.log(2)


def test_a_gap_inside_the_window_is_named_not_filled() -> None:
    found = both([1.0, np.nan, 2.0, 3.0], [5.0, 6.0, 7.0, 8.0])
    with pytest.raises(ParameterError, match="without a figure lie inside the window: 2020-02"):
        series.complete_window(found, "2020-01", "2020-04")
    assert len(series.complete_window(found, "2020-03", "2020-12")) == 2
    with pytest.raises(ParameterError, match="both are published from 2020-01 to 2020-04"):
        series.complete_window(found, "2021-01", "2021-04")
    with pytest.raises(ParameterError, match="share no month"):
        series.complete_window(both([np.nan, 1.0], [1.0, np.nan]), "2020-01", "2020-02")


def test_the_measure_chooses_the_column() -> None:
    panel = pd.DataFrame(
        {"month": ["2020-01"], "seized_kg_fentanyl": [3.0], "seizure_events_fentanyl": [8.0], "deaths_t40_4": [5.0]}
    )
    for measure, value in {"kilograms": 3.0, "events": 8.0}.items():
        chosen = P.model_copy(update={"measure": measure})
        assert series.monthly_series(panel, chosen).loc["2020-01"].tolist() == [value, 5.0]


def test_a_drug_is_set_against_its_own_deaths_or_refused() -> None:
    """Deaths that involve synthetic opioids say nothing of the market of heroin."""
    panel = pd.DataFrame(
        {"month": ["2020-01"], "seized_kg_heroin": [3.0], "deaths_t40_1": [7.0], "deaths_t40_4": [5.0]}
    )
    heroin = P.model_copy(update={"drug": "heroin"})
    assert series.monthly_series(panel, heroin).loc["2020-01"].tolist() == [3.0, 7.0]
    assert series.label("deaths", heroin) == "deaths (T40.1)"
    assert heroin.killed_by == "heroin"
    given = P.model_dump()
    with pytest.raises(
        ValueError, match=r"seizures are on record from 2018-10 and deaths that involve heroin .* to 2016-12"
    ):
        Params(**given | {"drug": "heroin"})
    with pytest.raises(ValueError, match="no table has the deaths that involve it"):
        Params(**given | {"drug": "methamphetamine"})
    assert "methamphetamine" not in DEATHS


def test_the_deaths_of_each_drug_are_dated() -> None:
    panel = pd.DataFrame(
        {
            "month": ["2016-12", "2018-10", "2018-11"],
            **{
                f"seized_kg_{drug}": [np.nan, 1.0, 2.0] for drug in ("fentanyl", "methamphetamine", "cocaine", "heroin")
            },
            "deaths_t40_1": [5.0, np.nan, np.nan],
            "deaths_t40_4": [4.0, 6.0, np.nan],
            "deaths_t40_5": [np.nan, np.nan, np.nan],
        }
    )
    own = series.own_deaths(panel, P).set_index("drug")
    assert own.loc["fentanyl"].tolist() == ["2016-12", "2018-10", 1, True]
    assert own.loc["heroin"].tolist() == ["2016-12", "2016-12", 0, False]
    assert own.loc["methamphetamine", ["first", "last", "usable"]].tolist() == ["", "", False]


def test_the_course_of_a_series() -> None:
    found = series.course(both([2.0, 9.0, 4.0], [1.0, 1.0, 1.0])["seizures"])
    assert (found["first"], found["highest"], found["last"]) == (2.0, 9.0, 4.0)
    assert (found["first_month"], found["highest_month"], found["last_month"]) == ("2020-01", "2020-02", "2020-03")


def test_a_planted_break_in_slope_is_dated_and_sized_by_year() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, MONTHS.size)
    since = np.maximum(np.arange(MONTHS.size) - 48.0, 0)
    logs = pd.DataFrame({"heroin": noise - 0.05 * since, "deaths": noise}, index=MONTHS)
    found = series.trend_breaks(logs, P)
    (row,) = series.break_table(found, P).to_dict("records")
    assert (row["series"], row["label"], row["nth"]) == ("heroin", "heroin seized (kilograms)", 1)
    assert abs((row["at"] - MONTHS[48]).n) <= 1
    assert row["from_month"] <= MONTHS[48] <= row["to_month"]
    assert row["change"] == pytest.approx(12 * -0.05, abs=0.03)
    assert row["after"] - row["before"] == pytest.approx(row["change"])
    drawn = series.broken_trends(logs, found).set_index(["series", "line", "month"])["log"]
    assert drawn["heroin", "trend", MONTHS[90]] - drawn["heroin", "trend", MONTHS[80]] == pytest.approx(-0.5, abs=0.05)
    assert drawn["heroin", "published", MONTHS[90]] == logs["heroin"].iloc[90]
    assert specifications.break_dates(found, logs) == [list(MONTHS).index(row["at"])]
    assert series.break_table({"deaths": found["deaths"]}, P).empty


def test_a_mean_change_that_shifts_is_dated() -> None:
    walk = (np.random.default_rng(4).normal(0, 0.05, MONTHS.size) - 0.1 * (np.arange(MONTHS.size) > 48)).cumsum()
    (row,) = series.shifts_of_change(pd.DataFrame({"deaths": walk}, index=MONTHS), P).to_dict("records")
    assert abs((row["at"] - MONTHS[48]).n) <= 2
    assert row["change"] == pytest.approx(-1.2, abs=0.2)


def test_cause_and_effect_follow_direction_drug_and_measure() -> None:
    chosen = P.model_copy(update={"drug": "cocaine", "measure": "events"})
    forward, backward = (steps.named(direction, chosen) for direction in steps.DIRECTIONS)
    assert (forward["cause"], forward["effect"]) == ("cocaine seized (events)", "deaths (T40.5)")
    assert backward["label"] == "From deaths (T40.5) to cocaine seized (events)"
    assert steps.named("seizures_to_deaths", chosen, "cannabis")["cause"] == "cannabis seized (events)"
    logs = both([1.0, 2.0], [3.0, 4.0])
    assert [s.name for s in steps.pair(logs, "deaths_to_seizures")] == ["deaths", "seizures"]


def test_sets_in_words() -> None:
    assert steps.in_words(FiellerSet(-0.52, 12.6)) == "−0.52 to 13"
    assert steps.in_words(FiellerSet(-math.inf, math.inf)) == "every elasticity"
    assert (
        steps.in_words(FiellerSet(-math.inf, math.inf, (0.26, 0.4))) == "every elasticity but those from 0.26 to 0.40"
    )


# What the test says -----------------------------------------------------------------------------------------------------


@pytest.fixture
def unlike() -> pd.DataFrame:
    """Independent series: seizures persistent with large innovations, deaths without memory and with small ones."""
    rng = np.random.default_rng(8)
    seizures = np.zeros(MONTHS.size)
    for t in range(1, MONTHS.size):
        seizures[t] = 0.8 * seizures[t - 1] + rng.normal(0, 2.0)
    return pd.DataFrame({"seizures": seizures, "deaths": rng.normal(0, 0.1, MONTHS.size)}, index=MONTHS)


def both_tests(logs: pd.DataFrame) -> dict[str, Any]:
    return {d: toda_yamamoto(*steps.pair(logs, d), max_lag=6, d_max=1, seasonal=True) for d in steps.DIRECTIONS}


def test_the_long_run_row_inverts_its_test(unlike: pd.DataFrame) -> None:
    tests = both_tests(unlike)
    for row in steps.registered_rows(tests, P).to_dict("records"):
        test = tests[row["direction"]]
        assert row["estimate"] == pytest.approx(row["sum"] / row["own"])
        assert row["sum"] == pytest.approx(test.coefficients["estimate"].sum())
        assert test.long_run.fieller(0.05).holds(0.0) == (row["p_value"] >= 0.05)


def test_each_year_is_left_out_as_outcome_and_none_that_has_no_outcome(unlike: pd.DataFrame) -> None:
    tests = both_tests(unlike)
    without = steps.without_years(unlike, tests, P)
    for direction, rows in without.groupby("direction"):
        test = tests[str(direction)]
        assert rows["year"].tolist() == list(range(2015, 2023))
        assert (rows["ci_level"] == 0.9).all()
        assert (test.n_obs - rows["n_obs"]).tolist() == [12 - test.lags - 1, *[12] * 7]


def test_a_specification_says_how_many_months_it_alters(unlike: pd.DataFrame) -> None:
    test = both_tests(unlike)["seizures_to_deaths"]
    shorter = both_tests(unlike.iloc[:60])["seizures_to_deaths"]
    assert specifications.altered("with_linear_trend", test, test) == 1
    assert specifications.altered("lag_by_bic", test, test) == 0
    assert specifications.altered("to_december_2022", shorter, test) == 1 - shorter.n_obs / test.n_obs


def test_what_cannot_be_computed_is_a_row_that_says_why(unlike: pd.DataFrame) -> None:
    def too_short() -> Any:
        return both_tests(unlike.iloc[:20])

    rows = specifications._rows("to_december_2022", "to December 2022", P, too_short, both_tests(unlike))
    assert [row["direction"] for row in rows] == list(steps.DIRECTIONS)
    assert all(math.isnan(row["estimate"]) and row["n_obs"] == 0 for row in rows)
    assert "20 observations are too few" in rows[0]["settings"]


def test_the_fall_is_between_the_half_year_of_most_deaths_and_the_last() -> None:
    months = pd.period_range("2022-07", "2023-08", freq="M", name="month")
    deaths = pd.Series([5.0] * 6 + [6.0] * 4 + [10.0, 4.0] + [3.0, 1.0], months)
    chosen = pd.DataFrame({"seizures": 2.0 * deaths, "deaths": deaths})
    halves = pd.DataFrame(
        {
            "half_year": ["2022H2", "2022H2", "2023H1", "2023H1", "2023H2"],
            "reports_4anpp": [1, None, 3, 1, 1],
            "reports_family": [10, None, 10, 30, 50],
        }
    )
    share = series.precursor_share(halves)
    assert share.to_dict() == {"2022H2": 0.1, "2023H1": 0.1, "2023H2": 0.02}
    table = series.fall(chosen, share)
    assert table.loc["deaths"].tolist() == [38 / 6, 2.0, "2023H1", "2023H2"]
    assert table.loc["share", ["peak", "last"]].tolist() == [0.1, 0.02]
    assert list(series.fall(chosen, None).index) == ["deaths", "seizures"]
    drawn = series.on_one_axis(chosen, share, P).set_index(["series", "month"])["index"]
    assert drawn["Deaths (T40.4)", pd.Period("2023-08")] == pytest.approx(100 / (38 / 6))
    assert drawn[series.PRECURSOR, pd.Period("2023-10")] == pytest.approx(20.0)
    assert series.on_one_axis(chosen, None, P)["series"].nunique() == 2


# Power ------------------------------------------------------------------------------------------------------------------


def test_power_grows_with_the_elasticity_from_the_size_of_the_test(unlike: pd.DataFrame) -> None:
    tests = both_tests(unlike)
    for direction, worth in {"seizures_to_deaths": 0.005, "deaths_to_seizures": 25.0}.items():
        found = power.power(
            unlike, direction, tests[direction], {"none": 1e-9, "half": worth, "double": 4 * worth}, 0.05, P, 400
        )
        assert found["none"].value < 0.11
        assert found["none"].value < found["half"].value < found["double"].value
        assert found["double"].value > 0.9
        assert {share.samples for share in found.values()} == {400}


def test_size_is_told_under_each_generator_and_near_the_level(unlike: pd.DataFrame) -> None:
    tests = both_tests(unlike)
    found = power.without_link(unlike, "seizures_to_deaths", tests["seizures_to_deaths"], [40, 70], P, samples=400)
    assert list(found) == ["no_link", "kinked_trends", "blocks"]
    # Four Monte Carlo errors of 400 samples around 5 %.
    assert found["no_link"].rejected(0.05).mean() == pytest.approx(0.05, abs=0.045)


def test_kinks_enter_what_is_simulated_and_not_what_is_tested(unlike: pd.DataFrame) -> None:
    """A slope that breaks steeply in both series looks like a link to a test that knows of none."""
    bent = unlike + 1.5 * np.maximum(np.arange(MONTHS.size) - 60.0, 0)[:, None] * [1.0, 0.1]
    tests = both_tests(bent)
    system = power._unlinked(bent, "seizures_to_deaths", tests["seizures_to_deaths"], P, [60])
    assert system.terms.shape[1] == 12 + 2
    assert power._unlinked(bent, "seizures_to_deaths", tests["seizures_to_deaths"], P).terms.shape[1] == 12
    assert (system.coefficients[[0], 1] == 0).all()
    quiet = system.paths(np.zeros((1, *system.residuals.shape)))[0]
    assert quiet[-1, 1] - quiet[60, 1] > 4


def test_a_short_lag_that_takes_it_up_leaves_no_autocorrelation_to_find(unlike: pd.DataFrame) -> None:
    test = both_tests(unlike)["seizures_to_deaths"]
    assert 0.02 < power.autocorrelation_power(unlike, test, P, 400).value < 0.5


# Sentences --------------------------------------------------------------------------------------------------------------


def said(macro: str, p: Params = P, estimates: Any = (), verdicts: Any = (), **facts: Any) -> str:
    context = {"p": p, "e": dict(estimates), "v": dict(verdicts), "f": SimpleNamespace(**facts), "c": SimpleNamespace()}
    return Teller(QUESTION.package, context)(macro)


def test_one_month_is_no_months() -> None:
    text = said("window", months=1, asked=3, first_month="2020-01", last_month="2020-01")
    assert text == "1 of the 3 months asked for has both series, 2020-01; none was filled."


def test_breaks_are_told_by_series() -> None:
    row = {"at": "2023-08", "from_month": "2023-02", "to_month": "2023-10", "before": 0.05, "after": -0.51}
    text = said("breaks", breaks={"fentanyl": [], "deaths": [row]})
    assert text == "Fentanyl: no break; deaths: 2023-08 (2023-02 to 2023-10), from 5 to −51 log per cent a year."


@pytest.mark.parametrize(
    ("wandering", "expected"),
    [
        ([], "Beside one shift of level a unit root is rejected for every series at 0.05."),
        (
            ["deaths"],
            "a unit root is not rejected for deaths at 0.05: such a series may wander, and a break in its slope",
        ),
    ],
)
def test_series_that_wander_are_named(wandering: list[str], expected: str) -> None:
    assert expected in said("wandering", wandering=wandering)


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        ([], "None lies outside"),
        (["−2"], "Lag −2 alone lies outside"),
        (["−2", "+1"], "Lags −2 and +1 lie outside"),
    ],
)
def test_lags_outside_the_range_of_chance_are_named(outside: list[str], expected: str) -> None:
    text = said("lead_lag", largest={"correlation": -0.2, "lag": -2.0}, outside=outside, smallest_holm=0.0004)
    assert text.startswith(f"The largest in size is −0.20 at lag −2. {expected}")
    assert text.endswith("the smallest has p < 0.001.")


@pytest.mark.parametrize(
    ("fits", "expected"),
    [
        (
            "every elasticity",
            "seized: undecided (no elasticity is excluded; one of 0.20 would be found in 1.2% of simulated samples).",
        ),
        (
            "every elasticity but those from 0.1 to 0.3",
            "seized: undecided (only elasticities from 0.1 to 0.3 are excluded; one of 0.20 would be found in 1.2% of",
        ),
        (
            "−2.5 to 3.2",
            "seized: undecided (1.4, interval −2.5 to 3.2; one of 0.20 would be found in 1.2% of simulated samples).",
        ),
    ],
)
def test_the_verdict_tells_the_grade_and_what_is_excluded(fits: str, expected: str) -> None:
    found = SimpleNamespace(
        grade="undecided",
        estimate=1.4,
        specification=f"lag 2; not rejected: {fits}",
        primary=SimpleNamespace(margin=SimpleNamespace(value=0.2)),
        finding=SimpleNamespace(power=0.012),
    )
    marked = said("verdict", verdicts={f"markets.{direction}": found for direction in steps.DIRECTIONS})
    assert "[[1.2%|seizures_to_deaths.power.margin]]" in marked
    text = plain(marked)
    assert f"Long-run elasticity of deaths that involve synthetic opioids to the weight of fentanyl {expected}" in text
    assert "foretell" not in text.replace("foretells", "")


@pytest.mark.parametrize(("passed", "adds"), [(None, ", so this informs only."), (True, "samples.")])
def test_a_check_without_power_is_said_to_inform_only(passed: bool | None, adds: str) -> None:
    check = SimpleNamespace(passed=passed, power=0.08, facts=SimpleNamespace(lags=2, white=True))
    text = Teller(QUESTION.package, {"p": P, "e": {}, "f": SimpleNamespace(), "c": SimpleNamespace()})(
        "residual_autocorrelation", check
    )
    assert text.endswith(adds)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (4000.0, "fell from 6,000 in May 2022 to 4,000 in May 2023"),
        (6000.0, "were most in the last month, 6,000 in May 2023"),
    ],
)
def test_deaths_that_are_most_in_the_last_month_neither_fell_nor_rose(last: float, expected: str) -> None:
    month = "2022-05" if last < 6000 else "2023-05"
    course = {"highest": 6000.0, "highest_month": month, "last": last, "last_month": "2023-05"}
    assert plain(said("highest_and_last", deaths=course)).strip() == expected


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (["heroin", "opium"], "So none of them can be set against its own deaths"),
        (["opium"], "opium cannot be set against its own deaths; none"),
        ([], "Each can be set against its own deaths; none"),
    ],
)
def test_drugs_without_deaths_of_their_own_are_told_as_such(apart: list[str], expected: str) -> None:
    drugs = [{"drug": name, "first": "2018-01", "last": "2024-12", "shared": 3} for name in ("heroin", "opium")]
    text = said("own_deaths", own_deaths=drugs, apart=apart)
    assert expected in text
    assert text.endswith("none was set against others.")
