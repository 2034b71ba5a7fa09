"""The notebook on precursors, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import registration
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.precursors import QUESTION
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "02_outcome1_precursors"
QUICK = {"draws": 199}


def test_all_that_the_plan_lists_is_recorded(study: Study) -> None:
    found = study._adjusted()
    noted = [(c.of, c.name) for c in study.checks.values()]
    assert [line for q in study.registered for line in registration.missing(q, found, noted)] == []
    assert {e.id.split(".")[0] for e in found if e.role == "sensitivity"} == {"un_2022_level", "rank_correlation"}


def test_only_pairs_as_reported_are_correlated(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    """As published: 153 pairs, three without cannabis; 0.454 alone, 0.347 with cannabis, 0.336 given it."""
    rows = whole["rows"]
    assert (len(whole["pairs"]), len(rows), rows["iso3"].nunique()) == (1303, 150, 55)
    ranks = rows[["precursors", "drugs", "cannabis"]].rank().corr()
    xy, xz, yz = ranks.loc["precursors", "drugs"], ranks.loc["precursors", "cannabis"], ranks.loc["drugs", "cannabis"]
    by_formula = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
    related = estimates.loc["rank_correlation"]
    assert related["estimate"] == pytest.approx(by_formula)
    assert related["n_obs"] == 150
    assert related["estimate"] == pytest.approx(0.336, abs=0.001)
    assert related["ci_low"] == pytest.approx(0.14, abs=0.03)
    assert related["ci_high"] == pytest.approx(0.52, abs=0.03)
    assert estimates.loc["unadjusted_drugs", "estimate"] == pytest.approx(xy)
    assert estimates.loc["unadjusted_cannabis", "estimate"] == pytest.approx(xz)
    assert estimates.loc["unadjusted_drugs_as_in_version_1", "estimate"] == pytest.approx(0.1186, abs=5e-5)


def test_every_country_is_left_out_once_with_an_interval_of_90_per_cent(
    whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    without = estimates[estimates["role"] == "left_out"]
    rows = whole["rows"]
    assert set(without.index) == {f"rank_correlation.without.{iso3}" for iso3 in rows["iso3"]}
    assert (without["ci_level"] == 0.9).all()
    years = rows.groupby("iso3").size()
    assert without["n_obs"].to_dict() == {f"rank_correlation.without.{c}": 150 - n for c, n in years.items()}
    assert "Pakistan" in set(without["specification"])


def test_what_the_design_could_not_answer_is_not_answered(study: Study, estimates: pd.DataFrame) -> None:
    """The margin is found in a quarter of samples: less than one half, so that the question has no answer by this design."""
    assert estimates.loc["rank_correlation.power.margin", "estimate"] == pytest.approx(0.26, abs=0.05)
    assert estimates.loc["rank_correlation.power.double", "estimate"] > 0.9
    assert estimates.loc["rank_correlation.size.signs", "estimate"] == pytest.approx(0.05, abs=0.015)
    assert estimates.loc["rank_correlation.size.exchanged", "estimate"] < 0.075
    control = study.checks["rank_correlation_precursors_and_cannabis"]
    assert control.passed is None  # it had no power to fail
    assert control.power < 0.8


def test_the_headline_p_is_the_rank_among_dates_and_rejects_no_ratio(
    whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    level, clustered = estimates.loc["un_2022_level"], estimates.loc["un_2022_level.clustered"]
    assert level["estimate"] == clustered["estimate"]
    assert np.isnan([level["ci_low"], level["ci_high"]]).all()
    dates = whole["study"].checks["reach_of_the_placebo_test"].table
    own = dates.loc[dates["true_date"], "estimate"].abs().item()
    assert level["p_value"] == pytest.approx((dates["estimate"].abs() >= own * (1 - 1e-9)).mean())
    assert level["estimate"] == pytest.approx(dates.loc[dates["true_date"], "ratio"].item())


def test_all_models_of_the_control_and_all_half_years_after_are_told(estimates: pd.DataFrame) -> None:
    """As published: 0.844 alone, 0.861 levels only, 1.08 registered, 1.15 without the terms of May 2023."""
    for name, ratio in {
        "tested_control_alone": 0.844,
        "levels_only": 0.861,
        "clustered": 1.080,
        "without_may_2023": 1.147,
    }.items():
        assert estimates.loc[f"un_2022_level.{name}", "estimate"] == pytest.approx(ratio, abs=5e-4)
    since = estimates[estimates.index.str.startswith("since_the_control.registered.")]
    assert [name.rsplit(".", 1)[1] for name in since.index] == ["2023H1", "2023H2", "2024H1", "2024H2"]
    assert (since["role"] == "secondary").all()


def test_what_was_foretold_is_drawn_beside_what_was_observed(whole: dict[str, Any]) -> None:
    drawn = whole["shares"]
    last = drawn[drawn["time"] == "2024H2"].set_index("series")["share"]
    assert last["observed"] == pytest.approx(0.0584, abs=0.0005)
    # Where the trend before the control would have led: above what came.
    assert last["foretold"] > 1.3 * last["observed"]


def test_what_replaced_what_was_controlled_is_tabulated(whole: dict[str, Any]) -> None:
    """As published, from the last half-year before the control of November 2022 on."""
    told = {row["substance"]: row["reports"] for row in whole["study"].facts["around"]}
    assert told["N-Phenyl-4-piperidinamine"] == [14, 25, 21, 10, 3]  # 4-AP
    assert told["1-Boc-4-piperidone"] == [6, 16, 72, 10, 8]


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame) -> None:
    assert estimates.loc[["un_2022_level", "rank_correlation"], "p_adjusted"].isna().all()


def test_the_other_terms_of_the_model_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates.index.str.fullmatch(r"us_.*\.(level|slope)")]
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 4 / np.arange(1, 5))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_reports_halved_since_the_control_are_found_at_its_date(plant: Callable[..., None]) -> None:
    plain = steps.run(NAME, until="registered", **QUICK)["study"].frame().set_index("id")

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        since = panel["half_year"] >= "2023H1"
        return panel.assign(reports_4anpp=panel["reports_4anpp"].mask(since, panel["reports_4anpp"] // 2))

    plant("halfyear_state", planted)
    moved = steps.run(NAME, until="registered", **QUICK)["study"].frame().set_index("id")
    level = moved.loc["un_2022_level"]
    assert level["estimate"] / plain.loc["un_2022_level", "estimate"] == pytest.approx(0.5, abs=0.02)
    assert level["p_value"] == pytest.approx(1 / 12)
    assert moved.loc["rank_correlation", "estimate"] == plain.loc["rank_correlation", "estimate"]


def test_precursors_that_follow_the_drugs_are_found(plant: Callable[..., None]) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        copies = panel[panel["family"] == "cocaine"].assign(is_precursor=True, makes="cocaine")
        copies = copies.assign(drug="planted", family="precursors")
        return pd.concat([panel, copies], ignore_index=True)

    plant("seizures_country_year", planted)
    related = steps.run(NAME, until="registered", **QUICK)["study"].frame().set_index("id").loc["rank_correlation"]
    assert related["estimate"] > 0.5
    assert related["p_value"] == pytest.approx(1 / 200)
    assert related["ci_low"] > 0.3


def test_a_share_of_seizures_that_rises_with_effort_alone_is_no_correlation(plant: Callable[..., None]) -> None:
    """Precursors that follow cannabis and not the drugs: the plain correlation is there, the partial one is not."""

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        noise = np.exp(0.3 * np.random.default_rng(1).normal(size=len(panel)))
        copies = panel[panel["family"] == "cannabis"].assign(is_precursor=True, makes="cocaine")
        copies = copies.assign(drug="planted", family="precursors", kilograms=panel["kilograms"] * noise)
        return pd.concat([panel[~panel["is_precursor"]], copies], ignore_index=True)

    plant("seizures_country_year", planted)
    run = steps.run(NAME, until="registered", **QUICK)
    related = run["study"].frame().set_index("id").loc["rank_correlation"]
    assert run["rows"]["precursors"].corr(run["rows"]["drugs"], method="spearman") > 0.5
    assert abs(related["estimate"]) < 0.1


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    study = whole["study"]
    text = str(study.say("answer"))
    assert f"p = {estimates.loc['rank_correlation', 'p_value']:.3f}" in text
    assert "cannot tell whether" in text
    assert "p could not fall below 0.083" in text
    assert "The share was 9.6% in 2023H2, 5.8% in 2024H2." in text
    assert "adjusted" not in text
    assert len(text.split()) <= 90
    said = text + " ".join(str(study.say(c.name, *([c] if c.of else []))) for c in study.checks.values())
    for word in ("caused", "effect of", "impact", "because of", "thanks to"):
        assert word not in said


def test_sentences_follow_the_data(whole: dict[str, Any]) -> None:
    study = whole["study"]
    assert "No figures are on record for 2017." in str(study.say("who_reports"))
    assert str(study.say("who_reports")).endswith("United States none, Mexico 2013, China none.")
    kept = dict(study.facts)
    try:
        study.note(gaps=[], either=1, both=1, last_reports={"Peru": 2020})
        said = str(study.say("who_reports"))
        assert said.startswith("1 country-year reports cocaine, heroin")
        assert "No figures" not in said
        assert said.endswith("Peru 2020.")
    finally:
        study.facts = kept


@pytest.mark.parametrize("grade", ["not answerable", "suggestive"])
def test_the_verdict_says_no_more_than_the_grade(grade: str) -> None:
    why = ("the power against an effect of that size is 0.26, below 0.50",)
    related = SimpleNamespace(estimate=0.34, ci_low=0.14, ci_high=0.52, p_adjusted=1.0, grade=grade)
    related.graded = {"margin": SimpleNamespace(reasons=why)}
    control = SimpleNamespace(estimate=1.08, grade="not answerable")
    pooled = {"precursors.un_2022_level": control, "precursors.rank_correlation": related}
    params = SimpleNamespace(confidence_level=0.95)
    text = plain(Teller(QUESTION.package, {"v": pooled, "p": params, "e": {}, "c": {}, "f": {}})("verdict"))
    assert "November 2022: not answerable; the ratio to its trend is 1.08." in text
    assert f"0.34 (0.14 to 0.52; adjusted p = 1.000; {grade}" in text
    assert (why[0] in text) == (grade == "not answerable")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2024H2", "end": "2017H1"}, "the window is empty"),
        ({"start": "2022H1", "end": "2024H2"}, "a window of 6 half-years is too short: .* at least 10"),
        ({"start": "2017H3"}, "written YYYYH1 or YYYYH2"),
        ({"draws": 5}, "a whole number from 99 to 99999"),
        ({"end": "2022H2"}, "UN control of November 2022"),
        ({"start": "2030H1", "end": "2031H1"}, "on record from 2017H1 to 20[0-9]{2}H[12]; give both"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_that_begins_late_leaves_out_the_controls_before_it() -> None:
    """Two half-years must lie before a control; 2020 is then outside the window as well."""
    run = steps.run(NAME, start="2021H1", end="2025H2", **QUICK)
    assert [control.start for control in run["within"]] == ["2023H1", "2023H2"]
    ids = run["study"].frame()["id"]
    assert not ids.str.startswith("us_controls_of_may_2020").any()
    assert "un_2022_level.without_2020" in set(ids)
