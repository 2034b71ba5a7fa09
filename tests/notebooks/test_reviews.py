"""The notebook on reviews, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.plan import load
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.reviews import QUESTION
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "10_reviews"
# Figures are drawn because their cells note what sentences say; nothing is saved.
SKIP = {"answer"}


@pytest.fixture(scope="module")
def corruption() -> Study:
    """A run with the other indicator, without its figures."""
    found: Study = steps.run(NAME, covariate="control_of_corruption", draws=20)["study"]
    return found


def test_what_is_registered_is_estimated_with_its_sensitivities(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    assert whole["study"].departures == ()
    assert list(estimates.query("role == 'primary'").index) == ["rule_of_law"]
    assert pd.isna(estimates.loc["rule_of_law", "p_adjusted"])
    registered = next(p for p in load().primaries if p.id == "reviews.rule_of_law")
    assert set(estimates["question"]) == {registered.question}
    sensitivities = estimates.query("role == 'sensitivity'")
    assert list(sensitivities.index) == [f"rule_of_law.{name}" for name in registered.specifications]
    assert sensitivities[["estimate", "p_value", "altered"]].notna().all(axis=None)
    assert whole["study"].answer().departures == ()  # refused unless all else the plan lists is there


def test_a_state_is_at_risk_from_the_opening_and_from_the_first_summary_in_version_1(estimates: pd.DataFrame) -> None:
    main, earlier = estimates.loc["rule_of_law"], estimates.loc["rule_of_law.from_first_summary"]
    assert (main["n_units"], main["n_obs"]) == (80, 652)
    assert main["estimate"] == pytest.approx(1.023, abs=5e-4)
    assert earlier["estimate"] == pytest.approx(1.010, abs=5e-4)
    assert earlier["n_obs"] > main["n_obs"]
    assert main["null_value"] == 1
    assert (
        estimates.loc["wait.median", "estimate"] == 8
    )  # calendar years after 2015, in November of which the cycle opened


def test_every_state_is_left_out_once(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    without = estimates.query("role == 'left_out'")
    assert set(without.index) == {f"rule_of_law.without.{iso3}" for iso3 in whole["known"]["iso3"]}
    assert (without["ci_level"] == 0.9).all()
    assert without.loc["rule_of_law.without.PER", "specification"] == "Peru"
    assert (without["null_value"] == 1).all()


def test_a_planted_hazard_ratio_is_found(plant: Callable[..., None]) -> None:
    """Second summaries drawn anew, for the same States, with a hazard that grows with their own indicator."""
    planted_ratio = 2.5

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        x = panel["rule_of_law"].fillna(0.0)
        wait = 1 + np.floor(np.random.default_rng(8).exponential(1 / (0.12 * planted_ratio**x)))
        start = panel["first_year"].clip(lower=2015)
        second, done = panel["cycle"] == 2, start + wait <= panel["censoring_year"]
        ends = (start + wait).where(done, panel["censoring_year"]).astype("Int64")
        return panel.assign(
            is_complete=panel["is_complete"].where(~second, done),
            years_from_first=(ends - panel["first_year"]).where(second),
            year=panel["year"].where(~second, ends.where(done)),
        )

    plant("reviews", planted)
    found = steps.run(NAME, until="registered")["study"].frame().set_index("id").loc["rule_of_law"]
    # The standard error is the log's times the ratio.
    assert abs(np.log(found["estimate"] / planted_ratio)) < 4 * found["std_error"] / found["estimate"]
    assert found["ci_low"] > 1.3
    assert found["p_value"] < 1e-4


def test_power_at_the_margin_is_too_little_to_answer(estimates: pd.DataFrame) -> None:
    found = estimates.loc["rule_of_law.power.margin"]
    assert found["estimate"] < 0.5
    assert found["null_value"] == pytest.approx(0.05 / 6)
    assert "against 1.25" in found["estimand"]
    assert "1,000 simulated samples" in found["specification"]
    for name in ("fitted", "frailty"):
        size = estimates.loc[f"rule_of_law.size.{name}"]
        assert 0.03 < size["estimate"] < 0.075
        assert "2,000 simulated samples" in size["specification"]


def test_the_control_had_too_little_power_to_pass(whole: dict[str, Any]) -> None:
    check = whole["study"].checks["rule_of_law_order_of_first_summaries"]
    assert check.passed is None
    assert check.power < 0.8
    text = str(whole["study"].say("order_of_first_summaries", check))
    assert "drawn by lot, finds 0.951 times the hazard" in text
    assert "too little for passing to say much" in text


def test_what_was_not_registered_is_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates.loc[["governance.cox", "participation.cox", "participation.discrete"]]
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * 3 / np.arange(1, 4))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_limits_are_no_intervals_of_chance(estimates: pd.DataFrame) -> None:
    limits = estimates[estimates.index.str.startswith("totals.")]
    assert limits[["estimate", "ci_level", "p_value"]].isna().all(axis=None)
    assert limits["ci_low"].notna().all()


def test_simulated_counts_are_marked_wherever_they_show(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    rows = estimates[estimates.index.str.startswith("articles.")]
    assert set(rows["data_status"]) == {"simulated"}
    assert rows["specification"].str.startswith("SIMULATED").all()
    study = whole["study"]
    assert {"SIMULATED_article_counts", "SIMULATED_article_model"} <= set(study._tables)
    figure = study._figures["articles_simulated"]
    for text in (figure.title, figure.caption, figure.source, study._says["articles_simulated"]):
        assert "SIMULATED" in text


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    text, main = str(whole["study"].say("answer")), estimates.loc["rule_of_law"]
    assert f"Among {main['n_units']} States" in text
    assert f"{main['estimate']:.3g} (95% interval" in text
    assert f"p = {main['p_value']:.3f}" in text
    power = estimates.loc["rule_of_law.power.margin", "estimate"]
    assert f"A ratio of 1.25 would have been found with probability {power:.2f}, and is not excluded" in text
    assert "Half of the States have one after 8 years" in text
    assert "12 of the 23 challenges" in text
    assert len(text.split()) <= 90
    for word in ("adjusted", "cause", "effect of", "impact", "because", "detect"):
        assert word not in text


def test_with_the_other_indicator_ids_question_and_labels_follow_and_nothing_is_primary(
    corruption: Study, estimates: pd.DataFrame
) -> None:
    frame = corruption.frame().set_index("id")
    assert {d.split(" is ")[0] for d in corruption.departures} == {"covariate", "draws"}
    assert "primary" not in set(frame["role"])
    assert frame["question"].str.startswith("Do States with a stronger control of corruption").all()
    assert "rule_of_law" not in set(frame.index)
    own = frame.loc["control_of_corruption"]
    assert "per worldwide standard deviation of control of corruption" in own["estimand"]
    assert "diagnostic" not in set(frame["role"])  # nothing that could be graded
    # What was registered is now the other indicator, among the variants.
    other = frame.loc["control_of_corruption.rule_of_law"]
    assert other["estimate"] == pytest.approx(estimates.loc["rule_of_law", "estimate"])
    assert "per worldwide standard deviation of rule of law" in other["estimand"]
    assert frame.loc["participation.cox", "specification"].endswith("beside control of corruption")
    answer = corruption.answer()
    assert "a control of corruption one standard deviation of all countries stronger" in answer.answer
    assert "would have been found" not in answer.answer
    assert not any(check.of for check in answer.checks)
    (control,) = [check for check in answer.checks if check.name == "Order of first summaries"]
    assert "whose order was drawn by lot" in control.sentence
    assert answer.question.startswith("Do States with a stronger control of corruption")
    assert answer.departures == corruption.departures


def test_counts_with_a_chapter_without_a_gap_have_no_odds_and_the_rest_is_told(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    states = whole["panel"].drop_duplicates("iso3")
    known = states[states["rule_of_law"].notna()]["iso3"].head(20)
    path = tmp_path / "counts.csv"
    rows = [(iso3, article, 10, gaps) for iso3 in known for article, gaps in ((8, 3), (46, 0))]
    pd.DataFrame(rows, columns=["iso3", "article", "provisions", "gaps"]).to_csv(path, index=False)
    study: Study = steps.run(NAME, skip={"answer", "power"}, counts_file=str(path), draws=20)["study"]
    frame = study.frame()
    assert not frame["id"].str.startswith("articles.").any()
    assert "rule_of_law" in set(frame["id"])
    assert "articles" not in study._figures
    assert "article_counts" in study._tables
    assert str(study.say("no_article_model")) == (
        "No odds are told of the counts of counts.csv: a gap was found in no provision of chapter IV, so that the model has "
        "no finite estimate. The counts are kept as a table."
    )


def test_a_users_own_counts_take_the_place_of_simulated_ones(whole: dict[str, Any], tmp_path: Path) -> None:
    states = whole["panel"].drop_duplicates("iso3")
    known = states[states["rule_of_law"].notna()]["iso3"].head(30)
    rng = np.random.default_rng(5)
    rows = [(s, a, 10, int(rng.binomial(10, rng.beta(2, 4)))) for s in [*known, "VAT"] for a in (8, 46)]
    path = tmp_path / "counts.csv"
    pd.DataFrame(rows, columns=["iso3", "article", "provisions", "gaps"]).to_csv(path, index=False)
    study: Study = steps.run(NAME, skip={"answer", "power"}, counts_file=str(path), draws=20)["study"]
    frame = study.frame().set_index("id")
    own = frame[frame.index.str.startswith("articles.")]
    assert set(own.index) == {"articles.chapter_II", "articles.indicator", "articles.correlation"}
    assert set(own["data_status"]) == {"observed"}
    assert set(own["n_obs"]) == {60}  # the Holy See has no review
    assert own.loc["articles.indicator", "estimand"].endswith("standard deviation of rule of law")
    assert "article_counts" in study._tables
    figure = study._figures["articles"]
    assert "SIMULATED" not in figure.title + figure.caption + figure.source + study._says["articles"]
    assert "60 rows of counts.csv; 2 left out" in str(study.say("counts_supplied"))
    (used,) = [u for u in study._used.values() if u.table == "counts.csv"]
    assert used.sha256


def test_other_coders_are_told_beside_this_projects_reading(whole: dict[str, Any], tmp_path: Path) -> None:
    assert "No other coder's reading was supplied" in str(whole["study"].say("coders"))
    rng = np.random.default_rng(3)
    listed = whole["answered"]["challenge"]
    rows = [(coder, c, rng.choice(["names", "near", "none"])) for coder in ("C1", "C2") for c in listed]
    path = tmp_path / "readings.csv"
    pd.DataFrame(rows, columns=["coder", "challenge", "level"]).to_csv(path, index=False)
    study: Study = steps.run(NAME, skip={"answer", "power", "figure"}, readings_file=str(path), draws=20)["study"]
    frame = study.frame().set_index("id")
    shares = frame.loc[["challenges.coder.C1", "challenges.coder.C2"]]
    met = [sum(level != "none" for coder, _, level in rows if coder == name) for name in ("C1", "C2")]
    assert shares["estimate"].tolist() == pytest.approx([n / 23 for n in met])
    assert frame.loc["challenges.agreement.C1", "estimate"] < 0.6  # drawn at random
    assert frame.loc["challenges.agreement", "specification"] == "3 readings of 23 challenges"
    text = str(study.say("coders"))
    assert f"C1 finds an activity for {met[0]} of 23 (kappa with this project" in text
    assert "All 3 readings together agree with a kappa of" in text
    assert f"; 2 other coders find {min(met)} to {max(met)} of those read." in str(study.say("answer"))
    assert "readings.csv" in {used.table for used in study.used}


def test_a_fault_in_a_counts_file_stops_the_first_cells(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("iso3,article,provisions,gaps\nALB,8,5,6\n")
    with pytest.raises(steps.CellError, match="row 2, gaps = '6': must not be above provisions") as stopped:
        steps.run(NAME, until="registered", counts_file=str(path))
    assert isinstance(stopped.value.error, ParameterError)
    assert stopped.value.cell < 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"covariate": "gdp"}, "one of rule_of_law, control_of_corruption"),
        ({"draws": 5}, "a whole number from 20 to 9999"),
        ({"confidence_level": 1.5}, "a number above 0.5 and at most 0.999"),
        ({"seeds": 3}, "did you mean 'seed'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def told(macro: str, **facts: Any) -> str:
    """A macro of the template with facts of its own."""
    p = SimpleNamespace(covariate="rule_of_law", confidence_level=0.95, counts_file="own.csv")
    context = {"p": p, "f": SimpleNamespace(**facts), "e": {}, "c": SimpleNamespace(), "v": facts.get("v", {})}
    return Teller(QUESTION.package, context)(macro)


def test_sentences_at_edge_values() -> None:
    one = told("which_states", states=1, done=0, without=["Japan", "Peru"], spread=0.9)
    assert one.startswith("1 State whose pages were read, 0 with a second summary. Japan and Peru have no figure")
    assert "None has no figure of the indicator. Hazard" in told("which_states", states=2, done=1, without=[], spread=1)
    assert "fewer than half of the States" in told("dates_known_to_the_year", between=(float("nan"),) * 2, apart=1.0)
    assert "at most 1 point away" in told("dates_known_to_the_year", between=(9.0, 10.0), apart=1.0)
    supplied = told("counts_supplied", rows=1, counts=SimpleNamespace(left_out=0))
    assert supplied == "1 row of own.csv; none left out because the State has no figure of rule of law."


@pytest.mark.parametrize(
    ("grade", "value", "expected"),
    [
        (
            "supported",
            1.5,
            "publish their second summary sooner (hazard ratio 1.50, interval 0.800 to 1.30; adjusted p = 0.004",
        ),
        ("suggestive", 0.7, "publish their second summary later (hazard ratio 0.700"),
        ("no effect of that size", 1.0, "neither sooner nor later by a ratio of 1.25"),
        ("not answerable", 1.0, "Too few States were read to tell"),
        ("undecided", 1.0, "is undecided (hazard ratio 1, interval"),
    ],
)
def test_the_verdict_claims_no_more_than_the_grade(grade: str, value: float, expected: str) -> None:
    found = SimpleNamespace(
        grade=grade,
        estimate=value,
        ci_low=0.8,
        ci_high=1.3,
        p_adjusted=0.004,
        primary=SimpleNamespace(margin=SimpleNamespace(value=1.25)),
        finding=SimpleNamespace(power=0.14),
    )
    text = plain(told("verdict", v={"reviews.rule_of_law": found}))
    assert expected in text
    assert ("association" in text) == (grade in ("supported", "suggestive"))
