"""The registered plan is readable, names real notebooks and parameters, and says all that the rule of grades needs."""

import math
from pathlib import Path
from typing import Any

import pytest
from toy_checkout import plan_text

from crimjust_research import parameters_cell, project
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.rule import GRADES

PLAN = plan.load()
ABLE = [p for p in PLAN.primaries if not p.ruled_out]
TOY = {"notebook": "01_toy"}


def registered(name: str) -> plan.Primary:
    return next(p for p in PLAN.primaries if p.id == name)


def test_every_primary_question_is_in_exactly_one_family() -> None:
    families = [p.id for outcome in ("1", "2", "3") for p in PLAN.family(outcome)]
    assert sorted(families) == sorted(p.id for p in PLAN.primaries)


def test_what_version_1_registered_is_still_there_with_its_grade() -> None:
    first = {p.id: p.first_grade for p in PLAN.primaries if p.registered == 1}
    assert first == {
        "markets.seizures_to_deaths": "none found",
        "markets.deaths_to_seizures": "none found",
        "precursors.un_2022_level": "inconclusive",
        "precursors.rank_correlation": "limited",
        "routes.overlap": "strong",
        "joining.investigation": "inconclusive",
        "joining.adjudication": "inconclusive",
        "match.qap": "limited",
        "match.growth_ratio": "inconclusive",
        "diversification.trend": "limited",
        "reviews.rule_of_law": "none found",
    }
    assert {p.first_grade for p in PLAN.primaries if p.registered == 2} == {""}


def test_the_level_is_alpha_over_the_number_registered() -> None:
    assert [PLAN.level(outcome) for outcome in "123"] == pytest.approx([0.05 / 5, 0.05 / 6, 0.05 / 6])


def test_parameters_of_the_plan_are_the_defaults_of_the_notebooks() -> None:
    for primary in PLAN.primaries:
        if not (project.root() / "notebooks" / f"{primary.notebook}.ipynb").is_file():
            continue  # registered before it is written; the scorecard tells it as not estimated
        defaults = parameters_cell.registered_defaults(primary.notebook)
        assert {name: defaults[name] for name in primary.parameters} == dict(primary.parameters), primary.id


@pytest.mark.parametrize("primary", ABLE, ids=lambda p: p.id)
def test_a_question_that_can_be_answered_could_pass_every_gate(primary: plan.Primary) -> None:
    rule = PLAN.thresholds
    assert len(primary.specifications) >= rule.specifications_at_least
    assert any(v.varies != "inference" for v in primary.specifications.values())
    assert primary.checks
    assert primary.sizes


def test_margins_have_a_source_and_questions_a_doubt() -> None:
    for primary in PLAN.primaries:
        assert min(map(len, (primary.margin.source, primary.margin.says, primary.threat))) >= 10, primary.id


def test_a_question_that_is_like_another_has_all_it_does_not_say_itself() -> None:
    one, other = registered("ratings.index_law_enforcement"), registered("ratings.index_cooperation")
    assert other.specifications == one.specifications
    assert (other.checks, other.sizes, other.parameters) == (one.checks, one.sizes, one.parameters)
    assert (other.outcome, one.outcome) == ("3", "2")
    assert other.question != one.question
    # What it says itself stands in place of the other's, whole.
    backwards = registered("markets.deaths_to_seizures")
    assert set(backwards.checks) == {"residual_autocorrelation", "deaths_foretell_cannabis"}


def test_half_and_double_of_a_ratio_are_taken_on_logarithms() -> None:
    ratio = registered("reviews.rule_of_law").margin
    assert ratio.sizes == pytest.approx({n: k * math.log(1.25) for n, k in plan.SIZES.items()})
    below = registered("precursors.un_2022_level").margin
    assert below.sizes["margin"] == pytest.approx(-math.log(0.88))
    assert registered("diversification.trend").margin.sizes == pytest.approx(
        {"half": 0.01, "margin": 0.02, "double": 0.04}
    )


@pytest.mark.parametrize(
    ("scale", "estimate", "null", "effect"),
    [
        ("difference", 0.3, 0.1, 0.2),
        ("difference", -math.inf, 0.0, -math.inf),
        ("ratio", 1.25, 1.0, math.log(1.25)),
        ("ratio", 0.5, 2.0, -math.log(4)),
        ("ratio", math.inf, 1.0, math.inf),
        ("ratio", 0.0, 1.0, -math.inf),
        ("ratio", -0.2, 1.0, -math.inf),
        ("ratio", math.nan, 1.0, math.nan),
        ("difference", math.nan, 0.0, math.nan),
    ],
)
def test_an_effect_is_a_difference_from_nothing(scale: Any, estimate: float, null: float, effect: float) -> None:
    margin = plan.Margin(value=1.25, scale=scale, says="s", source="s")
    assert margin.effect(estimate, null) == pytest.approx(effect, nan_ok=True)


def test_what_no_public_data_answers_is_told_with_what_would() -> None:
    assert {u.outcome for u in PLAN.unanswered} == {"2", "3"}
    assert not {u.id for u in PLAN.unanswered} & {p.id for p in PLAN.primaries}
    assert all(u.why and u.would_answer for u in PLAN.unanswered)


def test_what_was_amended_says_why_and_since_when() -> None:
    assert PLAN.version == 2
    assert "after every estimate of version 1 had been seen" in PLAN.standing
    assert len(PLAN.amendments) >= 17
    assert "no public data" in GRADES


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> plan.Plan:
    (tmp_path / "docs").mkdir()
    (tmp_path / plan.PATH).write_text(text)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    return plan.load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not = = toml", "not valid TOML"),
        ('[outcome.1]\nfamily = ["a.b"]\n[primary]\n', "not both: .'a.b'"),
        (plan_text({"a.b": TOY}).replace('["a.b"]', '["a.b", "a.b"]'), "stands twice in the families"),
        (
            plan_text({"a.b": TOY}).replace("[rules]", '[rules]\nequivalence_errs = ["a.b", "a.c"]'),
            "under equivalence_errs stands a.c, which is not registered",
        ),
        (plan_text({"a.b": TOY, "a.c": {"like": "a.d"}}), "a.c is like 'a.d'; name a registered question"),
        (
            plan_text({"a.b": TOY, "a.c": {"like": "a.b"}, "a.d": {"like": "a.c"}}),
            "a.d is like 'a.c'; name a registered question that is told whole",
        ),
        (plan_text({"a.b": TOY | {"threat": None}}), r"primary\.a\.b\.threat is missing; add it"),
        (plan_text({"a.b": TOY | {"threats": "x"}}), r"primary\.a\.b\.threats is not known; did you mean threat"),
        (plan_text({"a.b": TOY | {"asks": "directon"}}), r"a\.b\.asks is 'directon': it should be 'direction', "),
        (plan_text({"a.b": TOY | {"expects": 0}}), r"a\.b\.expects does not fit: it should be 1 or -1"),
        (
            plan_text({"a.b": TOY | {"margin": {"value": 1, "scale": "ratio", "says": "s", "source": "s"}}}),
            r"a\.b\.margin does not fit: a ratio of 1 is no difference",
        ),
        (
            plan_text({"a.b": TOY | {"margin": {"value": -1, "scale": "difference", "says": "s", "source": "s"}}}),
            r"a\.b\.margin\.value does not fit: it should be greater than 0",
        ),
        (
            plan_text({"a.b": TOY | {"specifications": {"x": {"varies": "modle", "says": "x"}}}}),
            r"specifications\.x\.varies is 'modle': it should be 'model'",
        ),
        (plan_text({"a.b": TOY}).replace("check_power = 0.8\n", ""), r"rules\.grades\.check_power is missing"),
        (plan_text({"a.b": TOY}).replace("standing", "# standing"), "has no section `standing`; add it"),
        (plan_text({"a.b": TOY}).replace("check_power = 0.8", "check_power = 50"), r"check_power does not fit"),
        (plan_text({"a.b": TOY}).replace('"holm"', '"holmes"'), r"primary_adjustment is 'holmes': it should be 'holm'"),
        (plan_text({"a.b": TOY | {"registered": 3}}), r"registered does not fit"),
        (plan_text({"ab": TOY}), r"primary\.ab\.id is .ab.: a question is named after its assessment"),
        (plan_text({"a.b": TOY}).replace("[outcome.1]", "[outcome.9]"), r"a\.b\.outcome"),
        ("primary = 3\n", r"primary is a single value; it holds entries of its own, under \[primary\]"),
        ('outcome = "a"\n', r"outcome is a single value"),
    ],
)
def test_a_broken_plan_is_refused_by_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, monkeypatch, text)


def test_a_missing_plan_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"analysis_plan\.toml is missing"):
        plan.load()
