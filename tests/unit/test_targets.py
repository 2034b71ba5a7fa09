"""Targets of a plan: what is one, and what no figure of its indicator could be held against."""

from typing import Any

import pytest
from pydantic import ValidationError

from crimjust_research import framework
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import targets
from crimjust_research.evidence.targets import Target

INDICATORS = framework.load().indicators


def target(**given: Any) -> Target:
    return Target(**({"by": 2027, "source": "Programme document"} | given))


@pytest.mark.parametrize("given", [{}, {"at_least": 0.4, "at_most": 0.5}])
def test_a_target_has_one_direction_and_it_is_declared(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="either `at_least` or `at_most` a figure"):
        target(**given)


def test_a_target_without_a_source_or_with_a_unit_of_its_own_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        Target(at_least=0.4, by=2027)  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="unit"):
        target(at_least=40, unit="per cent")


def test_its_value_direction_and_words() -> None:
    up, down = target(at_least=0.4), target(at_most=0)
    assert (up.value, up.sign, up.words) == (0.4, 1, "at least")
    assert (down.value, down.sign, down.words) == (0, -1, "at most")


@pytest.mark.parametrize(
    ("key", "given", "told"),
    [
        ("wjp_81", {"at_least": 0.4}, "is no indicator; did you mean 'wjp_8_1'? their keys stand in docs/EVALUATION_MATR"),
        ("wjp_8_1", {"at_least": 45}, "criminal investigation” is told as score, 0 to 1: give a figure from 0 to 1"),
        ("countries_joined", {"at_least": -1}, "is told as countries: give a figure of at least 0"),
        ("wjp_8_1", {"at_most": 0.4}, "of “Effective criminal investigation” higher is better: write at_least"),
        ("couriers_charged", {"at_least": 0.4}, "lower is better: write at_most"),
    ],
)  # fmt: skip
def test_what_no_figure_could_be_held_against_is_refused_by_key_value_and_remedy(
    key: str, given: dict[str, float], told: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        targets.require({key: target(**given)}, INDICATORS, "my_plan.toml")
    assert str(refused.value).startswith(f"my_plan.toml: [target.{key}] is ")
    assert told in str(refused.value)


def test_a_target_is_due_after_its_baseline() -> None:
    late = [
        one.model_copy(update={"baseline": one.baseline.model_copy(update={"year": 2024})})
        for one in INDICATORS
        if one.baseline
    ]
    with pytest.raises(ParameterError, match="due by 2024, but the baseline is of 2024: give a later year"):
        targets.require({"wjp_8_1": target(at_least=0.4, by=2024)}, late, "my_plan.toml")


def test_every_fault_is_told_and_sound_targets_pass() -> None:
    sound = {
        "wjp_8_1": target(at_least=0.4),
        "countries_joined": target(at_least=30),
        "operations_held": target(at_most=3),
        "wjp_8_7": target(at_least=1),  # the ends of what an indicator can be are figures too
        "couriers_charged": target(at_most=0),
    }
    targets.require(sound, INDICATORS, "my_plan.toml")
    with pytest.raises(ParameterError) as refused:
        targets.require(sound | {"no_such": target(at_least=1), "wjp_8_7": target(at_least=1.01)}, INDICATORS, "p.toml")
    assert len(str(refused.value).splitlines()) == 2
