"""What a notebook may record of a registered question, and what is missing of it."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from toy_checkout import plan_text

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan, registration
from crimjust_research.evidence.estimates import Estimate, Role

ONE = Estimate("rate", "1", "?", "e", "m", "", 1.0, "u", 10, 1, "primary", altered=1.0)
QUESTION = {
    "notebook": "01_toy",
    "specifications": {"a": {"varies": "model", "says": "A"}, "f": {"varies": "inference", "says": "F"}},
    "sizes": {"signs": "Signs"},
    "checks": {"control": "Control"},
}


@pytest.fixture
def primary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> plan.Primary:
    (tmp_path / "docs").mkdir()
    (tmp_path / plan.PATH).write_text(plan_text({"toy.rate": QUESTION}))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    return plan.load().primaries[0]


def estimate(name: str, role: Role, **changed: float) -> Estimate:
    return replace(ONE, id=name, role=role, **changed)  # type: ignore[arg-type]


def whole() -> list[Estimate]:
    found = [ONE, estimate("rate.a", "sensitivity"), estimate("rate.f", "sensitivity", altered=math.nan)]
    found += [estimate(f"rate.{what}.{n}", "diagnostic") for what in ("power", "equivalence") for n in plan.SIZES]
    found += [estimate(f"rate.{what}", "diagnostic") for what in ("size.signs", "least_p", "calibrated_p")]
    return [*found, estimate("rate.without.x", "left_out")]


def test_nothing_is_missing_where_all_is_recorded(primary: plan.Primary) -> None:
    assert registration.missing(primary, whole(), [("rate", "control")]) == []


@pytest.mark.parametrize("place", range(13))
def test_each_estimate_that_is_missing_is_named(primary: plan.Primary, place: int) -> None:
    (line,) = registration.missing(primary, [e for i, e in enumerate(whole()) if i != place], [("rate", "control")])
    name = whole()[place].id
    assert (name in line) or (name == "rate.without.x" and line == "estimates of toy.rate that leave out one case")


def test_an_estimate_in_another_role_does_not_stand_for_it(primary: plan.Primary) -> None:
    other = [replace(e, role="secondary") if e.id == "rate.least_p" else e for e in whole()]
    assert registration.missing(primary, other, [("rate", "control")]) == [
        "the diagnostic estimate rate.least_p of toy.rate"
    ]


def test_a_check_of_another_question_or_of_none_does_not_stand_for_it(primary: plan.Primary) -> None:
    for of in ("", "other"):
        assert registration.missing(primary, whole(), [(of, "control")]) == ["the check control of toy.rate"]


def test_a_specification_says_how_many_rows_it_alters_but_for_inference(primary: plan.Primary) -> None:
    unsaid = [replace(e, altered=math.nan) for e in whole()]
    assert registration.missing(primary, unsaid, [("rate", "control")]) == [
        "the share of rows that rate.a alters (`altered`)"
    ]


def test_a_question_ruled_out_needs_its_estimate_and_specifications(primary: plan.Primary) -> None:
    out = primary.model_copy(update={"ruled_out": "no", "checks": {}})
    assert registration.missing(out, whole()[:3], []) == []
    assert registration.missing(out, whole()[:2], []) == ["the sensitivity estimate rate.f of toy.rate"]


def test_sensitivities_are_those_the_plan_lists_and_other_roles_are_free(primary: plan.Primary) -> None:
    for name in ("rate.b", "rate", "rate.a.b"):
        with pytest.raises(ParameterError, match=f"'{name}': .*lists no specification"):
            registration.refuse_clashes([estimate(name, "sensitivity")], {}, [primary])
    registration.refuse_clashes([estimate("rate.b", "secondary"), estimate("ratex.b", "sensitivity")], {}, [primary])
