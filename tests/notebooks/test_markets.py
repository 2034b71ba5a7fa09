"""The notebook on markets, its own cells run in this process: what is found, planted and said."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import findings, plan
from crimjust_research.numbers import percent
from crimjust_research.questions.markets.steps import DIRECTIONS
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "01_outcome1_markets"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


@pytest.fixture(scope="module")
def latest() -> pd.DataFrame:
    """The estimates up to the registered ones, of the latest figures."""
    frame: pd.DataFrame = steps.run(NAME, until="registered")["study"].frame()
    return frame


def test_both_registered_questions_are_answered_with_raw_p(latest: pd.DataFrame) -> None:
    primary = latest.query("role == 'primary'")
    assert list(primary["id"]) == ["seizures_to_deaths", "deaths_to_seizures"]
    assert primary["p_value"].between(0, 1).all()
    assert primary["p_adjusted"].isna().all()


def test_the_series_are_the_published_figures(whole: dict[str, Any]) -> None:
    chosen = whole["chosen"]
    assert (str(chosen.index[0]), str(chosen.index[-1]), len(chosen)) == ("2018-10", "2024-12", 75)
    assert chosen.loc["2019-01":"2019-12", "deaths"].sum() == 36_359  # CDC WONDER, final, 2019
    # CBP's fiscal year 2019 runs from October 2018; 2,803.6 pounds of 0.45359237 kg each.
    assert chosen.loc["2018-10":"2019-09", "seizures"].sum() == pytest.approx(2_803.6 * 0.45359237, abs=0.05)


@pytest.mark.parametrize(
    ("moved", "by", "direction"),
    [
        ("deaths_t40_4", "seized_kg_fentanyl", "seizures_to_deaths"),
        ("seized_kg_fentanyl", "deaths_t40_4", "deaths_to_seizures"),
    ],
)
def test_a_planted_lead_is_found_in_its_own_direction_alone(
    plant: Callable[..., None], moved: str, by: str, direction: str
) -> None:
    size = {"seizures_to_deaths": 0.3, "deaths_to_seizures": 8.0}[direction]

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        a_month_before = np.log(panel[by].astype("float64")).shift(1)
        link = (a_month_before - a_month_before.mean()).fillna(0)
        # Deaths hardly return to a level, so what moves their level moves them for good: the months add up.
        link = link.cumsum() if direction == "seizures_to_deaths" else link
        return panel.assign(**{moved: panel[moved] * np.exp(size * link)})

    plant("monthly_national", planted)
    registered = steps.run(NAME, until="registered")["registered"].set_index("direction")
    assert registered.loc[direction, "p_value"] < 0.001
    assert registered["p_value"].idxmin() == direction


def test_version_one_stands_beside(estimates: pd.DataFrame) -> None:
    """F(2, 51) of .651 and .263, and the sums of lags, as the first version published them."""
    known = {"seizures_to_deaths": (0.651, 0.526, -0.010), "deaths_to_seizures": (0.263, 0.770, 0.596)}
    for direction, (f, p_value, summed) in known.items():
        row = estimates.loc[f"{direction}.f"]
        assert (row["unit"], row["role"]) == ("F(2, 51)", "sensitivity")
        assert (row["estimate"], row["p_value"]) == (pytest.approx(f, abs=5e-4), pytest.approx(p_value, abs=5e-4))
        assert estimates.loc[f"{direction}.sum", "estimate"] == pytest.approx(summed, abs=5e-4)


def test_the_elasticity_is_the_sum_over_what_the_past_of_the_effect_leaves(
    whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    registered = whole["registered"].set_index("direction")
    for direction in DIRECTIONS:
        row, told = estimates.loc[direction], registered.loc[direction]
        assert row["estimate"] == pytest.approx(told["sum"] / told["own"])
        assert row["p_value"] == pytest.approx(estimates.loc[f"{direction}.sum", "p_value"])
    # Deaths cannot be told from a series that never returns to a level, so every elasticity fits them.
    forward = estimates.loc["seizures_to_deaths"]
    assert (forward["ci_low"], forward["ci_high"]) == (-math.inf, math.inf)
    assert forward["specification"].endswith("not rejected: every elasticity")


def test_every_specification_of_the_plan_is_there_and_no_other(study: Study, estimates: pd.DataFrame) -> None:
    for primary in study.registered:
        found = estimates[(estimates["role"] == "sensitivity") & estimates.index.map(primary.estimates)]
        assert set(found.index) == {f"{primary.name}.{name}" for name in primary.specifications}
        assert found["altered"].between(0, 1).all()
        inference = [f"{primary.name}.{name}" for name, v in primary.specifications.items() if v.varies == "inference"]
        assert (found.loc[inference, "altered"] == 0).all()
        # 24 of the 75 months are after December 2022.
        assert found.loc[f"{primary.name}.to_december_2022", "altered"] == pytest.approx(24 / 71, abs=0.03)


def test_each_year_is_left_out(estimates: pd.DataFrame) -> None:
    for direction in DIRECTIONS:
        left_out = estimates.loc[[f"{direction}.without.{year}" for year in range(2019, 2025)]]
        assert (left_out["role"] == "left_out").all()
        assert (left_out["ci_level"] == 0.9).all()
        assert left_out["specification"].tolist() == [str(year) for year in range(2019, 2025)]


def test_neither_question_can_be_answered_by_this_design(study: Study, estimates: pd.DataFrame) -> None:
    checks = [
        {"name": c.name.replace("_", " ").capitalize(), "of": c.of, "passed": c.passed, "power": c.power}
        for c in study.checks.values()
    ]
    found = findings.answered(plan.load(), study.frame().assign(run=NAME), {NAME: checks})
    assert [answered.primary.name for answered in found] == list(DIRECTIONS)
    for answered in found:
        assert answered.grade == "not answerable"
        assert answered.finding.power < 0.05
        assert answered.finding.size == max(
            estimates.loc[f"{answered.primary.name}.size.{name}", "estimate"] for name in answered.primary.sizes
        )
        assert f"up to {percent(answered.finding.size, 1)}" in str(study.say("power"))
        # Checks with so little power inform only.
        assert all(check.passed is None and check.power < 0.2 for check in answered.finding.checks)


def test_power_is_marked_simulated_and_samples_are_counted(estimates: pd.DataFrame) -> None:
    for direction in DIRECTIONS:
        power = estimates.loc[[f"{direction}.power.{size}" for size in ("half", "margin", "double")]]
        assert (power["specification"] == "1,000 simulated samples").all()
        assert (power["null_value"] == 0.01).all()
        sizes = estimates.loc[[f"{direction}.size.{name}" for name in ("no_link", "kinked_trends", "blocks")]]
        assert sizes["specification"].str.endswith("2,000 simulated samples").all()


def test_the_slope_of_deaths_breaks_where_they_stop_rising_and_where_they_fall(estimates: pd.DataFrame) -> None:
    assert "after 2021-04" in estimates.loc["break.deaths_1", "estimand"]
    assert "after 2023-08" in estimates.loc["break.deaths_2", "estimand"]
    assert estimates.loc["break.deaths_2", "estimate"] < -0.4
    assert estimates.loc["shift.deaths_1", "estimate"] < -0.4  # the same fall, in monthly changes


def test_the_test_is_repeated_around_the_breaks(study: Study, estimates: pd.DataFrame) -> None:
    for direction, elasticity, p_value in (("seizures_to_deaths", -0.0417, 0.289), ("deaths_to_seizures", 7.05, 0.212)):
        around = estimates.loc[f"{direction}.slope_breaks"]
        assert around["estimate"] == pytest.approx(elasticity, rel=0.01)
        assert around["p_value"] == pytest.approx(p_value, abs=0.001)
    # A trend whose slope breaks looks like one order of integration more, so that reading is no check that passes.
    assert study.checks["order_of_integration"].passed is None
    assert "one order more" in str(study.say("order_of_integration"))


def test_the_fall_is_told_on_one_axis(study: Study) -> None:
    text = str(study.say("fall"))
    assert "most in May 2023, 6,681, and 3,307 in December 2024, 51% fewer" in text
    # NFLIS: 4-ANPP among reports of the fentanyl family, first half of 2023 and second half of 2024.
    assert "from 9.5% to 5.8%" in text
    drawn = study._figures["fall"].data
    at_peak = drawn[drawn["month"].astype(str).between("2023-01", "2023-06")].groupby("series")["index"].mean()
    assert at_peak.tolist() == pytest.approx([100.0] * 3)
    assert len(drawn) == 75 + 75 + 13


def test_bands_are_told_with_what_they_hold(whole: dict[str, Any], study: Study) -> None:
    """Nominal 95 % bands of whole paths hold the true one in fewer samples than that, in series as short as these."""
    for held in whole["coverage"].values():
        assert 0.7 < held.whole_path < 0.95
        assert f"{held.whole_path:.0%}" in study._figures["responses"].caption
        assert f"{held.whole_path:.0%}" in str(study.say("responses"))


def test_figures_before_laboratory_reports_were_published_tell_two_series() -> None:
    found = steps.run(NAME, skip={"answer", "power"}, vintage="2025-12")["study"]
    assert "4-ANPP" not in str(found.say("fall"))
    assert found._figures["fall"].data["series"].nunique() == 2


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text = str(whole["study"].say("answer"))
    assert "the lags sum to −0.0096 (95% interval −0.062 to 0.043), every long-run elasticity fits" in text
    assert "1.4 (−2.6 to 13)" in text
    for direction in DIRECTIONS:
        assert f"{estimates.loc[f'{direction}.power.margin', 'estimate']:.1%}" in text
    assert "Deaths fell from 6,681 in May 2023 to 3,307 in December 2024" in text
    assert len(text.split()) <= 90
    for word in ("adjusted", "cause", "effect of", "impact", "because", "detect"):
        assert word not in text


def test_a_run_that_departs_says_so_and_follows_its_parameters() -> None:
    changed: dict[str, Any] = {"measure": "events", "end": "2023-12", "trend": True}
    found = steps.run(NAME, skip=SKIP, horizons=2, draws=99, **changed)
    study, frame = found["study"], found["study"].frame().set_index("id")
    assert {d.split(" is ")[0] for d in study.departures} == {*changed, "draws", "horizons"}
    assert (frame["role"] != "primary").all()
    assert frame["question"].str.contains("of fentanyl (measured in events)", regex=False).all()
    assert frame.loc["seizures_to_deaths", "estimand"].endswith(
        "with respect to past fentanyl seized (events), given the past of deaths (T40.4)"
    )
    assert ", trend; not rejected" in frame.loc["seizures_to_deaths", "specification"]
    assert frame.loc["seizures_to_deaths.response_1", "specification"].startswith(
        "2 lags of both, month effects, trend;"
    )
    # What the plan does not list is no sensitivity of it.
    opposite = ["deaths_to_seizures.measured_in_kilograms", "deaths_to_seizures.without_linear_trend"]
    assert (frame.loc[opposite, "role"] == "secondary").all()
    assert "deaths_to_seizures.to_december_2023" not in frame.index  # the window ends there
    for macro in ("registered", "specifications", "series", "responses"):
        assert "the number of seizures of fentanyl" in str(study.say(macro)).lower()
    for name in ("specifications", "responses", "series"):
        assert "entanyl seized (events)" in study._figures[name].alt
    assert frame.loc["seizures_to_deaths.power.margin", "n_obs"] == frame.loc["seizures_to_deaths", "n_obs"]
    assert "cannabis seized (events)" in frame.loc["cannabis_foretells_deaths", "estimand"]
    assert "3,307" not in str(study.say("fall"))  # of December 2024, outside the window


def test_figures_can_be_taken_as_they_stood_on_a_date(latest: pd.DataFrame) -> None:
    as_of = steps.run(NAME, until="registered", vintage="2025-12")["study"]
    # What the newer release revised lies outside the window, so the numbers are the same; the raw releases are named.
    numbers = ["estimate", "p_value", "n_obs"]
    pd.testing.assert_frame_equal(as_of.frame()[numbers], latest[numbers], check_exact=True)
    assert {used.table for used in as_of._used.values()} == {"overdose_monthly_us", "seizures_us_border"}
    with pytest.raises(ParameterError, match="as they stood from 2025-12 to 2026-04; give a date within, or latest"):
        steps.run(NAME, until="registered", vintage="2019-06")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"start": "2025-01", "end": "2025-06"},
            "fentanyl seized and deaths are on record from 2018-10 to 20[0-9]{2}-[0-9]{2}; give both within",
        ),
        ({"end": "2050-01"}, "on record from 2018-10 to 2024-12; give end no later than 2024-12"),
        ({"drug": "heroin"}, r"deaths that involve heroin \(T40.1\) to 2016-12, so no month has both"),
        ({"drug": "methamphetamine"}, "no table has the deaths that involve it"),
        ({"start": "2024-12", "end": "2018-10"}, "the window is empty"),
        ({"start": "2018-13"}, "a month written YYYY-MM"),
        ({"drug": "fentanil"}, "did you mean 'fentanyl'"),
        ({"confidence_level": 95}, "a number above 0.5 and at most 0.999"),
        ({"max_lag": 0}, "a whole number from 1 to 12"),
        ({"maxlag": 3}, "did you mean 'max_lag'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_too_short_for_its_lags_says_how_long_it_must_be() -> None:
    with pytest.raises(ParameterError, match=r"a window of 24 months is too short: 6 lags .* at least 59"):
        steps.run(NAME, until="registered", start="2023-01", end="2024-12")
