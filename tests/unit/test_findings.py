"""What is gathered about registered questions from pooled estimates and checks, and the grades it leads to, by hand."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from toy_checkout import plan_text

from crimjust_research.errors import DataError
from crimjust_research.evidence import findings, multiplicity, plan
from crimjust_research.evidence.estimates import ESTIMATE_COLUMNS

RUN = "01_toy"
SPECIFICATIONS = {f"s{i}": {"varies": "model", "says": f"S{i}"} for i in range(4)}
SPECIFICATIONS["subset"] = {"varies": "sample", "says": "A subset"}
QUESTION = {
    "notebook": RUN,
    "margin": {"value": 2.0, "scale": "ratio", "says": "twice", "source": "a toy"},
    "specifications": SPECIFICATIONS,
    "sizes": {"signs": "A sign each", "spread": "Wider"},
    "checks": {"cannabis_market": "Negative control"},
}
LOG2 = math.log(2)


@pytest.fixture
def registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> plan.Plan:
    """A plan of three questions: two that a design can answer, one ruled out."""
    (tmp_path / "docs").mkdir()
    questions = {"toy.rate": QUESTION, "toy.other": {"like": "toy.rate"}, "toy.never": QUESTION | {"ruled_out": "no"}}
    (tmp_path / plan.PATH).write_text(plan_text(questions))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    return plan.load()


def row(name: str, role: str, estimate: float, p: float = math.nan, **more: Any) -> dict[str, Any]:
    known = {
        "run": RUN,
        "id": name,
        "role": role,
        "estimate": estimate,
        "p_value": p,
        "null_value": 1.0,
        "unit": "ratio",
    }
    return {**dict.fromkeys(ESTIMATE_COLUMNS, math.nan), **known, "n_obs": 100, "n_units": 9, "altered": 1.0} | more


def rows(
    name: str, p: float, *, power: float = 0.9, within: float = 0.9, estimate: float = 3.0
) -> list[dict[str, Any]]:
    """All that is recorded of one question whose every gate holds."""
    found = [row(name, "primary", estimate, p, ci_low=2.5, ci_high=3.6, ci_level=0.95)]
    found += [row(f"{name}.{key}", "sensitivity", 2.9, 0.01) for key in SPECIFICATIONS]
    found += [
        row(
            f"{name}.without.{i}",
            "left_out",
            3.1,
            0.01,
            ci_low=2.6,
            ci_high=3.5,
            ci_level=0.9,
            specification=f"unit {i}",
        )
        for i in range(5)
    ]
    powers = {"half": power / 3, "margin": power, "double": min(1.0, power * 2)}
    found += [row(f"{name}.power.{size}", "diagnostic", value) for size, value in powers.items()]
    found += [row(f"{name}.equivalence.{size}", "diagnostic", estimate, within) for size in powers]
    found += [row(f"{name}.size.signs", "diagnostic", 0.04), row(f"{name}.size.spread", "diagnostic", 0.06)]
    # What is adjusted is the calibrated p; the test's own is smaller.
    found.append(row(f"{name}.calibrated_p", "diagnostic", estimate, p))
    found = [r | {"p_value": p / 2} if r["id"] == name else r for r in found]
    return [*found, row(f"{name}.least_p", "diagnostic", 0.0002)]


def checks(*of: str, passed: bool | None = True, power: float | None = 0.9) -> dict[str, list[Mapping[str, Any]]]:
    return {RUN: [{"name": "Cannabis market", "of": name, "passed": passed, "power": power} for name in of]}


def found(registered: plan.Plan, records: list[dict[str, Any]], **told: Any) -> dict[str, findings.Answered]:
    estimates = pd.DataFrame(records)
    names = {name.split(".")[0] for name in estimates["id"]}
    each = findings.answered(registered, estimates, checks(*names, **told))
    return {a.primary.name: a for a in each}


def test_a_ratio_is_judged_on_logarithms_and_adjusted_over_the_whole_family(registered: plan.Plan) -> None:
    (answer,) = found(registered, rows("rate", 0.001)).values()
    finding = answer.finding
    assert (finding.effect, finding.margin, finding.ci_low) == pytest.approx((math.log(3), LOG2, math.log(2.5)))
    assert (finding.size, finding.least_p, finding.power) == (0.06, 0.0002, 0.9)
    assert finding.level == pytest.approx(0.05 / 3)
    # Three questions are registered; two of them have not been estimated.
    assert answer.p_adjusted == pytest.approx(0.003)
    graded = answer.graded["margin"]
    assert (answer.grade, graded.direction, graded.of_size_that_matters, graded.reasons) == ("supported", 1, True, ())
    assert (answer.estimate, answer.ci_high, answer.unit, answer.n_obs) == (3.0, 3.6, "ratio", 100)
    assert [(s.id, s.rows, s.altered) for s in finding.specifications][-1] == ("subset", 1.0, 1.0)
    assert finding.left_out[0].ci_high == pytest.approx(math.log(3.5))
    assert finding.left_out[0].unit == "unit 0"


def test_grades_are_told_at_half_and_at_double_with_the_power_there(registered: plan.Plan) -> None:
    (answer,) = found(registered, rows("rate", 0.001)).values()
    assert {size: g.grade for size, g in answer.graded.items()} == {
        "half": "not answerable",
        "margin": "supported",
        "double": "supported",
    }
    assert [g.of_size_that_matters for g in answer.graded.values()] == [False, True, False]


def test_a_question_that_is_not_answerable_is_one_in_both_families(registered: plan.Plan) -> None:
    both = found(registered, rows("rate", 0.01, within=0.02) + rows("other", 0.001, within=0.001, power=0.4))
    assert (both["other"].grade, both["other"].p_adjusted) == ("not answerable", 1.0)
    assert both["other"].finding.equivalence_p_adjusted == 1.0
    # The other's small p would have made the multiplier two.
    assert both["rate"].p_adjusted == pytest.approx(0.03)
    assert both["rate"].finding.equivalence_p_adjusted == pytest.approx(0.06)
    # At double the margin it is answerable, and takes part.
    assert both["other"].graded["double"].grade != "not answerable"


def test_the_pooled_p_is_that_of_the_findings(registered: plan.Plan) -> None:
    records = rows("rate", 0.01) + rows("other", 0.001, power=0.4) + [row("never", "primary", 1.0, 0.001)]
    estimates = pd.DataFrame(records)
    keys = list(estimates[["run", "id", "role"]].itertuples(index=False, name=None))
    pooled = multiplicity.pooled_p_values(keys, estimates["p_value"], estimates["estimate"], registered)
    answers = findings.answered(registered, estimates, checks("rate", "other", "never"))
    assert sorted(pooled.values()) == pytest.approx(sorted(a.p_adjusted for a in answers))
    assert len(answers) == 3


def test_a_question_ruled_out_needs_its_estimate_only(registered: plan.Plan) -> None:
    answers = found(registered, [row("never", "primary", 0.5, 0.001, ci_low=math.nan)])
    assert answers["never"].grade == "not answerable"
    assert answers["never"].graded["double"].reasons == ("no",)


def test_each_size_has_its_own_adjusted_p(registered: plan.Plan) -> None:
    (answer,) = found(registered, rows("rate", 0.001)).values()
    assert {size: f.p_adjusted for size, f in answer.findings.items()} == pytest.approx(
        {"half": 1.0, "margin": 0.003, "double": 0.003}
    )
    assert answer.finding is answer.findings["margin"]


def test_what_was_recorded_otherwise_than_the_plan_lists_is_refused(registered: plan.Plan) -> None:
    whole = rows("rate", 0.001)
    with pytest.raises(DataError, match=r"holds two estimates 'rate\.s1'; run it again"):
        found(registered, [*whole, row("rate.s1", "sensitivity", 2.9, 0.01)])
    other = [r | {"role": "secondary"} if r["id"] == "rate.s1" else r for r in whole]
    with pytest.raises(DataError, match=r"holds no sensitivity 'rate\.s1'"):
        found(registered, other)
    with pytest.raises(DataError, match=r"leaves out no .+ of toy\.rate"):
        found(registered, [r for r in whole if r["role"] != "left_out"])
    with pytest.raises(DataError, match=r"'rate' of toy\.rate: a ratio has a null value above 0, not 0"):
        found(registered, [r | {"null_value": 0.0} if r["id"] == "rate" else r for r in whole])


def test_a_missing_size_is_not_known_wherever_it_stands(registered: plan.Plan) -> None:
    for name in ("signs", "spread"):
        records = [r | {"estimate": math.nan} if r["id"] == f"rate.size.{name}" else r for r in rows("rate", 0.001)]
        (answer,) = found(registered, records).values()
        assert answer.grade == "suggestive"
        assert answer.graded["margin"].reasons == ("how often the test rejects a true null on this panel is not known",)


def test_a_subset_has_its_share_of_the_rows(registered: plan.Plan) -> None:
    records = [r | {"n_obs": 79, "p_value": 0.9} if r["id"] == "rate.subset" else r for r in rows("rate", 0.001)]
    (answer,) = found(registered, records).values()
    assert answer.finding.specifications[-1].rows == pytest.approx(0.79)
    assert answer.grade == "supported"  # it tells the sign only


def test_a_failed_check_counts_for_its_own_question_only(registered: plan.Plan) -> None:
    both = pd.DataFrame(rows("rate", 0.001) + rows("other", 0.001))
    told = {RUN: [*checks("rate", passed=False)[RUN], *checks("other")[RUN]]}
    answers = {a.primary.name: a for a in findings.answered(registered, both, told)}
    assert (answers["rate"].grade, answers["other"].grade) == ("suggestive", "supported")
    assert answers["rate"].graded["margin"].reasons == ("failed: Cannabis market",)


def test_a_check_without_power_on_record_does_not_count(registered: plan.Plan) -> None:
    (answer,) = found(registered, rows("rate", 0.001), power=None).values()
    assert answer.graded["margin"].reasons == ("no check had power 0.8 to fail",)


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ("rate.s1", r"holds no sensitivity 'rate\.s1', which the plan lists"),
        ("rate.power.half", r"holds no estimate 'rate\.power\.half'"),
        ("rate.equivalence.double", r"holds no estimate 'rate\.equivalence\.double'"),
        ("rate.size.signs", r"holds no estimate 'rate\.size\.signs'"),
        ("rate.calibrated_p", r"holds no estimate 'rate\.calibrated_p'"),
        ("rate.least_p", r"holds no estimate 'rate\.least_p'"),
    ],
)
def test_what_a_run_lacks_is_named(registered: plan.Plan, lost: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        found(registered, [r for r in rows("rate", 0.001) if r["id"] != lost])


def test_a_run_without_a_check_the_plan_lists_is_named(registered: plan.Plan) -> None:
    with pytest.raises(DataError, match=r"holds no check 'cannabis_market' of toy\.rate"):
        findings.answered(registered, pd.DataFrame(rows("rate", 0.001)), checks("other"))


@pytest.mark.parametrize(("name", "level"), [("rate", 0.9), ("rate.without.3", 0.95)])
def test_an_interval_of_another_level_than_the_rule_reads_is_refused(
    registered: plan.Plan, name: str, level: float
) -> None:
    records = [r | {"ci_level": level} if r["id"] == name else r for r in rows("rate", 0.001)]
    with pytest.raises(DataError, match=rf"estimate '{name}' has an interval of level {level}; the rule reads"):
        found(registered, records)


def test_of_a_question_of_equivalence_the_rule_reads_the_interval_of_its_two_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / plan.PATH).write_text(plan_text({"toy.rate": QUESTION | {"asks": "equivalence"}}))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    asked = rows("rate", 0.001)
    with pytest.raises(DataError, match=r"interval of level 0\.95; the rule reads 0\.9$"):
        found(plan.load(), asked)
    asked[0] |= {"ci_level": 0.9}
    assert list(found(plan.load(), asked)) == ["rate"]


def test_a_question_estimated_twice_is_refused(registered: plan.Plan) -> None:
    with pytest.raises(DataError, match=r"more than one primary estimate of 'toy\.rate'"):
        found(registered, [*rows("rate", 0.001), row("rate.again", "primary", 1.0)])


def test_questions_not_estimated_are_left_out_and_others_come_in_the_plan_s_order(registered: plan.Plan) -> None:
    assert list(found(registered, rows("other", 0.5) + rows("rate", 0.5))) == ["rate", "other"]
