"""A question of an evaluator's own: what is computed from its estimate's standard error, and the grade that can come of it."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_checkout import plan_text

from crimjust_research.evidence import findings, multiplicity, own_plan, plan, registration
from crimjust_research.evidence.estimates import Estimate, frame
from crimjust_research.evidence.words import OF_LOGARITHM
from crimjust_research.own_questions import needed_for, std_error

RUN = "01_toy"
HEAD = 'whose = "W"\ndated = "2027-03-01"\nstanding = "S"\n'
OWN = """[question."toy.{name}"]
estimate = "01_toy#{id}"
outcome = "1"
question = "Is it?"
asked = "Is it?"
whether = "whether it is"
asks = "{asks}"
expects = 1
margin = {{ value = {margin}, scale = "{scale}", says = "s", source = "s" }}
threat = "t"
would_answer = "w"
"""
# Thirty-four units of standard deviation 1: the standard error of their mean.
ONE = Estimate(
    id="mean",
    outcome="1",
    question="?",
    estimand="e",
    method="m",
    specification="",
    estimate=0.1,
    unit="points",
    n_obs=68,
    n_units=34,
    role="primary",
    std_error=1 / math.sqrt(34),
    ci_low=-0.2489,
    ci_high=0.4489,
    ci_level=0.95,
    p_value=0.564,
)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> plan.Plan:
    """A plan of one question that its design rules out, so that a question besides it is graded at alpha over two."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / f"{RUN}.ipynb").write_text("{}")
    (tmp_path / plan.PATH).write_text(plan_text({"toy.never": {"notebook": RUN, "ruled_out": "no"}}))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    return plan.load()


def under(registered: plan.Plan, family: str = "", **said: Any) -> plan.Plan:
    told = {"name": "own", "id": "mean", "asks": "direction", "margin": 0.5, "scale": "difference"} | said
    return own_plan.laid_over(registered, (HEAD + family + OWN.format(**told)).encode(), "mine.toml")


ALONE = '[outcome.1]\nfamily = ["toy.own"]\n'


def by_id(asked: plan.Plan, made: Estimate) -> dict[str, Estimate]:
    return {e.id: e for e in needed_for(asked, asked.primaries, [made])}


def test_power_and_equivalence_are_those_of_student_s_t(registered: plan.Plan) -> None:
    """A published answer: 34 units find half a standard deviation at 5 % with a power of .808 (Faul and others 2007, G*Power)."""
    found = by_id(under(registered, ALONE), ONE)
    assert set(found) == {f"mean.{w}.{s}" for w in ("power", "equivalence") for s in plan.SIZES} | {"mean.least_p"}
    assert found["mean.power.margin"].estimate == pytest.approx(0.8078, abs=5e-5)
    # By hand: t = (0.1 - 0.5) * sqrt(34) = -2.332 at 33 degrees of freedom.
    assert found["mean.equivalence.margin"].p_value == pytest.approx(0.012964, abs=5e-7)
    assert {e.role for e in found.values()} == {"diagnostic"}
    # Among two, the level is alpha over two and the power less.
    among_two = by_id(under(registered), ONE)
    assert among_two["mean.power.margin"].null_value == 0.025
    assert among_two["mean.power.margin"].estimate < 0.73


def test_one_series_is_as_many_units_as_it_has_observations(registered: plan.Plan) -> None:
    asked = under(registered, ALONE)
    series = by_id(asked, replace(ONE, n_units=1, n_obs=34))
    assert series["mean.power.margin"].estimate == by_id(asked, ONE)["mean.power.margin"].estimate
    single = by_id(asked, replace(ONE, n_units=1, n_obs=1))
    assert math.isnan(single["mean.power.margin"].estimate)
    assert math.isnan(single["mean.equivalence.margin"].p_value)


@pytest.mark.parametrize(
    ("scale", "unit", "estimate", "error"),
    [
        ("difference", "points", 2.0, 0.2),
        ("difference", f"ratio {OF_LOGARITHM}", 2.0, math.nan),
        ("ratio", f"ratio {OF_LOGARITHM}", 2.0, 0.2),
        ("ratio", "odds ratio", 2.0, 0.1),
        ("ratio", "odds ratio", -2.0, math.nan),
    ],
)
def test_the_standard_error_is_on_the_scale_of_the_margin(
    registered: plan.Plan, scale: str, unit: str, estimate: float, error: float
) -> None:
    (asked,) = [p for p in under(registered, scale=scale, margin=1.5).primaries if p.own]
    made = replace(ONE, unit=unit, estimate=estimate, std_error=0.2, null_value=1.0, ci_level=math.nan)
    assert std_error(asked, made, 33) == pytest.approx(error, nan_ok=True)


def test_power_is_not_above_what_the_recorded_interval_bears_out(registered: plan.Plan) -> None:
    """An interval by relabelling or resampling may be wider than t on the units has it; the test is then no surer than that."""
    wide = replace(ONE, std_error=0.077, n_units=16, estimate=-0.08, ci_low=-0.64, ci_high=0.48)
    (asked,) = [p for p in under(registered, ALONE).primaries if p.own]
    # By hand: half of 1.12 over 2.1314, the quantile of t at 15 degrees of freedom.
    assert std_error(asked, wide, 15) == pytest.approx(0.26273, abs=1e-5)
    within = under(registered, ALONE, margin=0.2)
    both, error_alone = by_id(within, wide), by_id(within, replace(wide, ci_low=math.nan, ci_high=math.nan))
    assert error_alone["mean.power.margin"].estimate > 0.6
    assert both["mean.power.margin"].estimate < 0.2
    assert both["mean.equivalence.margin"].p_value > 0.3 > error_alone["mean.equivalence.margin"].p_value
    # On the scale of logarithms an interval down to a ratio of 0 has no end, and the power is not known.
    ratio = replace(wide, unit=f"ratio {OF_LOGARITHM}", estimate=1.2, null_value=1.0, ci_low=0.0, ci_high=2.3)
    unknown = by_id(under(registered, ALONE, scale="ratio", margin=1.5), ratio)
    assert math.isnan(unknown["mean.power.double"].estimate)


def test_a_trend_of_few_years_is_no_surer_for_the_many_units_behind_each(registered: plan.Plan) -> None:
    asked = under(registered, ALONE)
    years = by_id(asked, replace(ONE, n_obs=5, n_units=30, ci_level=math.nan))
    few = by_id(asked, replace(ONE, n_obs=5, n_units=5, ci_level=math.nan))
    assert years["mean.power.margin"].estimate == few["mean.power.margin"].estimate


def test_what_is_not_primary_or_is_simulated_is_not_tested(registered: plan.Plan) -> None:
    asked = under(registered)
    assert by_id(asked, replace(ONE, role="secondary")) == {}
    assert by_id(asked, replace(ONE, data_status="simulated")) == {}
    assert by_id(asked, replace(ONE, id="other")) == {}


def test_an_estimate_asked_about_is_primary_unless_the_run_departs(registered: plan.Plan) -> None:
    asked = under(registered)
    known = [p for p in asked.known if not p.own]

    def role(name: str, wanted: str, *, departs: bool = False) -> str:
        return registration.role(name, wanted, known, asked.primaries, departs=departs)

    assert role("mean", "sensitivity") == "primary"
    assert role("mean", "sensitivity", departs=True) == "sensitivity"
    assert role("mean.more", "secondary") == "secondary"
    assert role("never", "primary") == "primary"
    # One that is registered and left out answers nothing that is asked.
    alone = under(registered, ALONE)
    assert registration.role("never", "primary", known, alone.primaries, departs=False) == "secondary"


def graded(asked: plan.Plan, made: Estimate) -> findings.Answered:
    rows = frame([made, *needed_for(asked, asked.primaries, [made])]).assign(run=RUN)
    (found,) = findings.answered(asked, rows, {RUN: []})
    pooled = multiplicity.pooled_p_values(
        list(rows[["run", "id", "role"]].itertuples(index=False, name=None)),
        rows["p_value"].tolist(),
        rows["estimate"].tolist(),
        asked,
    )
    assert pooled == {0: found.p_adjusted}  # the table of all estimates tells the same p
    return found


CLEAR = replace(ONE, estimate=0.6, p_value=0.001, ci_low=0.51, ci_high=0.69)


def test_nothing_but_the_estimate_is_looked_at_so_it_is_suggestive_at_most(registered: plan.Plan) -> None:
    found = graded(under(registered, ALONE), CLEAR)
    assert (found.grade, found.finding.p_adjusted) == ("suggestive", 0.001)
    assert found.graded["margin"].reasons == (
        "other specifications, single units left out, checks that could fail and the size of its test were not looked at",
    )
    assert found.graded["margin"].of_size_that_matters
    # An interval of another level tells the rule nothing.
    assert not graded(under(registered, ALONE), replace(CLEAR, ci_level=0.9)).graded["margin"].of_size_that_matters


def test_it_joins_its_family(registered: plan.Plan) -> None:
    precise = replace(CLEAR, std_error=0.1)
    assert graded(under(registered), precise).p_adjusted == pytest.approx(0.002)
    assert graded(under(registered, ALONE), precise).p_adjusted == pytest.approx(0.001)


def test_within_the_margin_is_no_answer_where_units_may_carry_it(registered: plan.Plan) -> None:
    found = graded(under(registered, ALONE), ONE)
    assert found.finding.equivalence_p_adjusted < 0.05
    assert found.grade == "undecided"
    assert found.graded["margin"].reasons == ("what is found without single units was not looked at",)


def test_without_power_or_of_simulated_data_it_is_not_answerable(registered: plan.Plan) -> None:
    weak = graded(under(registered, ALONE, margin=0.2), CLEAR)
    assert weak.grade == "not answerable"
    assert weak.p_adjusted == 1
    simulated = graded(under(registered, ALONE), replace(CLEAR, data_status="simulated"))
    assert simulated.graded["margin"].reasons == ("its data are SIMULATED, and evidence of nothing",)
    assert (simulated.grade, simulated.p_adjusted) == ("not answerable", 1)


def test_all_that_is_due_of_it_is_its_estimate(registered: plan.Plan) -> None:
    (asked,) = [p for p in under(registered).primaries if p.own]
    assert registration.missing(asked, [ONE], []) == []
    assert registration.missing(asked, [], []) == [
        "the primary estimate mean of toy.own, which the plan asks about (its parameters may be why: then change them, or leave "
        "the question out)"
    ]
