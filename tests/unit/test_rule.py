"""The rule of grades by hand: every rung, every gate, and the numbers at which each turns."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from crimjust_research.evidence import plan
from crimjust_research.evidence.rule import CheckFound, Finding, LeftOut, Specification, failing_gates, graded

RULE = plan.load().thresholds
UNITS = [LeftOut(f"unit {i}", 0.3, 0.01, 0.2, 0.4) for i in range(5)]
# All that is needed for "supported" at a margin of 0.2, in an outcome of five questions.
SOUND = Finding(
    asks="direction",
    expects=1,
    margin=0.2,
    level=0.01,
    ruled_out="",
    effect=0.3,
    ci_low=0.1,
    ci_high=0.5,
    p_value=0.002,
    equivalence_p=0.8,
    power=0.9,
    least_p=0.0001,
    size=0.05,
    specifications=[Specification(f"s{i}", "model", 0.3, 0.01, 1.0, 1.0) for i in range(5)],
    left_out=UNITS,
    checks=[CheckFound("control", True, 0.8)],
    p_adjusted=0.01,
    equivalence_p_adjusted=1.0,
)


def grade(found: Finding) -> str:
    return graded(found, RULE).grade


def specifications(
    *, keep: int, significant: int, of: int, altered: float = 1.0, rows: float = 1.0, varies: str = "model"
) -> list[Specification]:
    """`of` specifications: so many keep the sign, so many of these have a small p."""
    return [
        Specification(
            f"{varies}{i}",
            varies,  # type: ignore[arg-type]
            0.2 if i < keep else -0.2,
            0.01 if i < significant else 0.3,
            altered,
            rows,
        )
        for i in range(of)
    ]


def with_specifications(*groups: Sequence[Specification]) -> tuple[str, ...]:
    return failing_gates(replace(SOUND, specifications=[s for group in groups for s in group]), RULE)


# Rungs --------------------------------------------------------------------------------------------------------------------


def test_all_that_holds_is_supported_with_its_direction() -> None:
    assert graded(SOUND, RULE).grade == "supported"
    assert (graded(SOUND, RULE).direction, graded(SOUND, RULE).of_size_that_matters) == (1, False)


@pytest.mark.parametrize(
    ("low", "high", "beyond"), [(0.2, 0.5, True), (0.199, 0.5, False), (0.2, math.inf, True), (-math.inf, 0.5, False)]
)
def test_of_a_size_that_matters_only_if_the_whole_interval_lies_beyond_the_margin(
    low: float, high: float, beyond: bool
) -> None:
    assert graded(replace(SOUND, ci_low=low, ci_high=high), RULE).of_size_that_matters is beyond
    mirrored = replace(SOUND, effect=-0.3, ci_low=-high, ci_high=-low, expects=-1, specifications=(), left_out=())
    assert graded(mirrored, RULE).of_size_that_matters is beyond
    assert graded(mirrored, RULE).direction == -1


def test_against_what_was_asked_is_contrary_and_without_direction_never() -> None:
    negative = replace(SOUND, expects=-1)
    assert grade(negative) == "contrary"
    assert graded(negative, RULE).direction == 1
    assert grade(replace(negative, checks=())) == "suggestive"
    assert grade(replace(negative, asks="association")) == "supported"


@pytest.mark.parametrize(("p", "found"), [(0.0499, "supported"), (0.05, "undecided"), (math.nan, "undecided")])
def test_the_adjusted_p_decides(p: float, found: str) -> None:
    assert grade(replace(SOUND, p_adjusted=p)) == found


def test_a_failing_gate_leaves_a_suggestion_with_direction_and_reason() -> None:
    found = graded(replace(SOUND, size=0.076), RULE)
    assert (found.grade, found.direction) == ("suggestive", 1)
    assert found.reasons == ("the test rejects 7.6% of true nulls on this panel",)


def test_undecided_says_whether_the_raw_p_is_small() -> None:
    assert graded(replace(SOUND, p_adjusted=0.06), RULE).reasons == (
        "p is below 0.05 alone, not over the questions registered with it",
    )
    assert graded(replace(SOUND, p_value=0.3, p_adjusted=1.0), RULE).reasons == (
        "neither nothing nor a size that matters can be excluded",
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ruled_out": "twelve dates"}, "twelve dates"),
        ({"least_p": 0.0101}, "the smallest p the design can give is 0.0101, above 0.01"),
        ({"least_p": math.nan}, "the smallest p the design can give is not known"),
        ({"power": 0.499}, "the power against an effect of that size is 0.50, below 0.50"),
        ({"power": 0.003}, "the power against an effect of that size is less than 0.01, below 0.50"),
        ({"power": math.nan}, "no power against an effect of that size is known"),
    ],
)
def test_a_design_that_cannot_tell_answers_nothing_whatever_the_estimate(
    changed: dict[str, float], reason: str
) -> None:
    for found in (SOUND, replace(SOUND, equivalence_p_adjusted=0.001)):
        said = graded(replace(found, **changed), RULE)  # type: ignore[arg-type]
        assert (said.grade, said.direction, said.reasons) == ("not answerable", 0, (reason,))


@pytest.mark.parametrize("changed", [{"least_p": 0.01}, {"power": 0.5}])
def test_a_design_that_just_can_tell_answers(changed: dict[str, float]) -> None:
    assert grade(replace(SOUND, **changed)) == "supported"  # type: ignore[arg-type]


# No effect of that size ---------------------------------------------------------------------------------------------------

NOTHING = replace(
    SOUND,
    effect=0.02,
    ci_low=-0.1,
    ci_high=0.14,
    p_value=0.7,
    p_adjusted=1.0,
    equivalence_p=0.001,
    equivalence_p_adjusted=0.005,
    left_out=[LeftOut(f"unit {i}", 0.02, 0.7, -0.1, 0.14) for i in range(5)],
)


def test_equivalence_is_no_effect_of_that_size_and_needs_no_check() -> None:
    assert grade(NOTHING) == "no effect of that size"
    assert graded(replace(NOTHING, checks=(), specifications=()), RULE).reasons == ()
    assert grade(replace(NOTHING, equivalence_p_adjusted=0.05)) == "undecided"


def test_equivalence_is_not_told_where_its_tests_err() -> None:
    errs = graded(replace(NOTHING, equivalence_errs=True), RULE)
    assert errs.grade == "undecided"
    assert "smaller than it is" in errs.reasons[0]
    assert grade(replace(NOTHING, equivalence_errs=True, asks="equivalence")) == "undecided"
    # What else is told of such a question is told as ever.
    assert grade(replace(SOUND, equivalence_errs=True)) == "supported"


def test_equivalence_goes_before_a_small_p_of_an_effect_too_small_to_matter() -> None:
    assert grade(replace(NOTHING, p_value=0.001, p_adjusted=0.005)) == "no effect of that size"


def test_where_equivalence_is_asked_it_supports_and_a_difference_does_not() -> None:
    assert grade(replace(NOTHING, asks="equivalence")) == "supported"
    apart = graded(replace(SOUND, asks="equivalence"), RULE)
    assert (apart.grade, apart.reasons) == ("undecided", ("neither nothing nor a size that matters can be excluded",))


def test_a_supported_equivalence_had_a_check_that_could_fail_and_a_test_of_known_size() -> None:
    same = replace(NOTHING, asks="equivalence")
    assert graded(replace(same, checks=()), RULE).reasons == ("no check had power 0.8 to fail",)
    assert grade(replace(same, size=0.3)) == "suggestive"


@pytest.mark.parametrize("effect", [0.0, math.nan])
def test_what_has_no_direction_is_not_found(effect: float) -> None:
    assert grade(replace(SOUND, effect=effect)) == "undecided"


@pytest.mark.parametrize(
    ("low", "high", "kept"),
    [(-0.199, 0.199, True), (-0.2, 0.1, False), (-0.1, 0.2, False), (-math.inf, 0.1, False), (math.nan, 0.1, False)],
)
def test_one_unit_left_out_can_lose_equivalence(low: float, high: float, kept: bool) -> None:
    without = [*NOTHING.left_out[:4], LeftOut("Colombia", 0.02, 0.7, low, high)]
    found = graded(replace(NOTHING, left_out=without), RULE)
    assert found.grade == ("no effect of that size" if kept else "undecided")
    assert found.reasons == (() if kept else ("not without Colombia",))
    # Fewer than five units inform only.
    assert grade(replace(NOTHING, left_out=without[1:])) == "no effect of that size"


def test_a_difference_may_be_found_where_equivalence_is_lost() -> None:
    lost = replace(SOUND, equivalence_p_adjusted=0.01)
    assert grade(lost) == "supported"  # with one unit left out the interval reaches 0.4


# Specifications -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "fails"),
    [
        ({"keep": 5, "significant": 5, "of": 5}, ()),
        ({"keep": 4, "significant": 4, "of": 4}, ("4 specifications count, fewer than 5",)),
        ({"keep": 5, "significant": 5, "of": 5, "altered": 0.05}, ()),
        ({"keep": 5, "significant": 5, "of": 5, "altered": 0.0499}, ("0 specifications count, fewer than 5",)),
        ({"keep": 5, "significant": 5, "of": 5, "altered": math.nan}, ("0 specifications count, fewer than 5",)),
        ({"keep": 9, "significant": 9, "of": 10}, ()),
        ({"keep": 8, "significant": 8, "of": 10}, ("8 of 10 specifications keep the sign",)),
        ({"keep": 8, "significant": 6, "of": 8}, ()),
        ({"keep": 8, "significant": 5, "of": 8}, ("5 of 8 specifications have p below 0.05 with the same sign",)),
    ],
)
def test_gate_of_specifications(given: dict[str, float], fails: tuple[str, ...]) -> None:
    assert with_specifications(specifications(**given)) == fails  # type: ignore[arg-type]


def test_three_of_four_are_significant() -> None:
    five = specifications(keep=5, significant=3, of=5, rows=0.79)  # a subset tells the sign only
    assert with_specifications(five, specifications(keep=4, significant=3, of=4, varies="inference")) == ()
    assert with_specifications(five, specifications(keep=4, significant=2, of=4, varies="inference")) == (
        "2 of 4 specifications have p below 0.05 with the same sign",
    )


def test_a_subset_of_four_fifths_counts_for_both_and_a_smaller_one_for_sign_only() -> None:
    four = specifications(keep=4, significant=4, of=4)
    weak = {"keep": 2, "significant": 0, "of": 2, "varies": "sample"}
    assert with_specifications(four, specifications(**weak, rows=0.8)) == (  # type: ignore[arg-type]
        "4 of 6 specifications have p below 0.05 with the same sign",
    )
    assert with_specifications(four, specifications(**weak, rows=0.79)) == ()  # type: ignore[arg-type]
    against = specifications(keep=0, significant=0, of=1, varies="sample", rows=0.1)
    assert with_specifications(four, against) == ("4 of 5 specifications keep the sign",)


def test_a_variant_of_inference_counts_for_significance_whatever_its_statistic() -> None:
    four = specifications(keep=4, significant=4, of=4)
    f = Specification("f", "inference", math.nan, 0.01, 0.0, 1.0)
    assert with_specifications(four, [f]) == ()
    assert with_specifications(four[:3], [f]) == ("4 specifications count, fewer than 5",)
    assert with_specifications(four[:3], [replace(f, id=str(i), p_value=0.05) for i in range(2)]) == (
        "3 of 5 specifications have p below 0.05 with the same sign",
    )


def test_variants_of_inference_alone_tell_no_sign() -> None:
    assert with_specifications(specifications(keep=5, significant=5, of=5, varies="inference")) == (
        "0 of 0 specifications keep the sign",
    )


def test_small_subsets_alone_tell_no_significance() -> None:
    assert with_specifications(specifications(keep=5, significant=5, of=5, rows=0.5)) == (
        "0 of 0 specifications have p below 0.05 with the same sign",
    )


def test_a_specification_without_a_number_stands_against() -> None:
    failed = Specification("x", "model", math.nan, math.nan, 1.0, 1.0)
    assert with_specifications(specifications(keep=5, significant=5, of=5), [failed]) == (
        "5 of 6 specifications keep the sign",
    )


def test_significance_the_other_way_confirms_nothing() -> None:
    other = [Specification("other", "model", -0.3, 0.001, 1.0, 1.0)]
    same = specifications(keep=10, significant=7, of=10)
    # 10 of 11 keep the sign; 7 of 11 are significant with it.
    assert with_specifications(same, other) == ("7 of 11 specifications have p below 0.05 with the same sign",)


# Units left out -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "p", "held"),
    [
        (0.15, 0.01, False),
        (0.149, 0.01, True),
        (-0.3, 0.01, True),
        (0.3, 0.0999, False),
        (0.3, 0.10, True),
        (0.3, math.nan, True),
        (math.nan, 0.01, True),
    ],
)
def test_gate_of_units_left_out(effect: float, p: float, held: bool) -> None:
    left_out = [*UNITS[:4], LeftOut("one meeting", effect, p, 0.0, 1.0)]
    reasons = ("it rests on one meeting",) if held else ()
    assert failing_gates(replace(SOUND, left_out=left_out), RULE) == reasons
    assert failing_gates(replace(SOUND, left_out=left_out[1:]), RULE) == ()  # four units inform only


# Checks and size ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checks", "fails"),
    [
        ([CheckFound("a", True, 0.8)], ""),
        ([CheckFound("a", True, 0.79)], "no check had power 0.8 to fail"),
        ([CheckFound("a", True, math.nan)], "no check had power 0.8 to fail"),
        ([CheckFound("a", None, 0.9)], "no check had power 0.8 to fail"),
        ([], "no check had power 0.8 to fail"),
        ([CheckFound("a", True, 0.9), CheckFound("b", False, 0.2)], "failed: b"),
        ([CheckFound("a", True, 0.9), CheckFound("b", None, 0.2)], ""),
    ],
)
def test_gate_of_checks(checks: list[CheckFound], fails: str) -> None:
    assert failing_gates(replace(SOUND, checks=checks), RULE) == ((fails,) if fails else ())


@pytest.mark.parametrize(("size", "holds"), [(0.075, True), (0.0751, False), (0.0, True), (math.nan, False)])
def test_gate_of_the_size_of_the_test(size: float, holds: bool) -> None:
    assert (not failing_gates(replace(SOUND, size=size), RULE)) is holds


def test_every_failing_gate_is_told() -> None:
    assert len(failing_gates(replace(SOUND, size=0.2, checks=(), specifications=()), RULE)) == 3
