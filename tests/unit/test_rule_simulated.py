"""The rule of grades over whole simulated families: what docs/validation/evidence.md says holds at fewer samples too."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from validation import evidence as simulated

ROOT = Path(__file__).parents[2]
SAMPLES = 400


@pytest.fixture(scope="module")
def shares() -> Callable[..., dict[str, float]]:
    """`shares(name, power)`: shares of the grades of all questions of a row of the page, in per cent, at fewer samples."""

    def found(name: str, power: float) -> dict[str, float]:
        (truth,) = (t for t in (*simulated.BY_POWER, *simulated.HARDER) if (t.name, t.power) == (name, power))
        given = Counter(grade for each in simulated.grades(truth, SAMPLES) for grade in each.values())
        return {grade: 100 * given[grade] / given.total() for grade in simulated.SHOWN}

    return found


def page(name: str, power: float) -> dict[str, str]:
    """The row of the page in docs/validation."""
    lines = (ROOT / "docs" / "validation" / "evidence.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    (values,) = (row for row in rows if row[:2] == [name, f"{power:g}"])
    return dict(zip(rows[0], values, strict=True))


@pytest.mark.parametrize(
    ("name", "power"),
    [("nothing", 0.8), ("the margin", 0.6), ("half the margin", 0.95), ("double the margin", 0.4)],
)
def test_the_page_tells_what_the_code_gives(shares: Callable[..., dict[str, float]], name: str, power: float) -> None:
    told = page(name, power)
    for grade, share in shares(name, power).items():
        # 400 families of five questions, their grades loosely bound: twice the error of 400 independent draws.
        error = 100 * (max(share * (100 - share), 100) / 1e4 / SAMPLES) ** 0.5
        assert float(told[grade]) == pytest.approx(share, abs=2 * error + 0.1)


def test_a_family_of_true_nulls_is_wrong_no_more_often_than_holm_allows() -> None:
    (truth,) = (t for t in simulated.BY_POWER if (t.name, t.power) == ("nothing", 0.8))
    families = simulated.grades(truth, 1000, seed=3)
    wrong = sum(bool({"supported", "contrary", "suggestive"} & set(each.values())) for each in families) / 1000
    assert 0.02 < wrong < 0.05 + 2 * (0.05 * 0.95 / 1000) ** 0.5


def test_what_one_unit_carries_or_one_model_finds_is_at_most_suggestive(
    shares: Callable[..., dict[str, float]],
) -> None:
    for name in (
        "double the margin, all of it one unit's",
        "double the margin by the registered model, nothing by others",
    ):
        found = shares(name, 0.95)
        assert found["suggestive"] > 95
        assert found["supported"] + found["contrary"] < 4


def test_a_test_that_rejects_too_often_supports_nothing_and_suggests_no_more_than_holm_allows(
    shares: Callable[..., dict[str, float]],
) -> None:
    """By the cap the one, by its calibrated p the other: its own p is below 1 % in 5.9 % of samples."""
    found = shares("nothing, the test rejects 15 % of true nulls", 0.8)
    assert (found["supported"], found["contrary"]) == (0, 0)
    assert 0 < found["suggestive"] < 1 + 200 * (0.01 * 0.99 / (5 * SAMPLES)) ** 0.5


def test_a_design_that_cannot_tell_answers_nothing(shares: Callable[..., dict[str, float]]) -> None:
    assert shares("double the margin", 0.4)["not answerable"] == 100


def test_power_is_that_of_the_generator() -> None:
    se = simulated.standard_error(0.8, 0.01)
    # By hand: the margin lies z(.995) + z(.8) = 2.5758 + 0.8416 errors from nothing.
    assert 1 / se == pytest.approx(2.5758 + 0.8416, abs=1e-3)
    assert simulated.power_at(0.0, se, 0.01) == pytest.approx(0.01)
