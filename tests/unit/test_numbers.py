"""Numbers as they are told."""

import pytest

from crimjust_research import numbers


@pytest.mark.parametrize("value", [0.445, 0.075, 0.005, 0.125, 0.995])
def test_a_share_and_its_percentage_have_the_same_digits(value: float) -> None:
    assert numbers.percent(value) == f"{round(100 * float(f'{value:.2f}'))}%"


def test_a_share_that_is_not_known_is_none_of_a_hundred() -> None:
    assert numbers.percent(float("nan")) == "nan%"


@pytest.mark.parametrize(
    ("value", "text"),
    [(13.0, "13"), (-5.0, "−5"), (81230.0, "81,230"), (-0.0, "0"), (1.0, "1"), (0.05, "0.0500"), (12.5, "12.5")],
)
def test_what_is_whole_is_told_whole_and_what_is_measured_to_its_digits(value: float, text: str) -> None:
    assert numbers.number(value) == text


def test_a_power_is_never_told_as_none() -> None:
    assert [numbers.chance(value) for value in (0.0, 0.003, 0.01, 0.34)] == [
        "less than 1%",
        "less than 1%",
        "1%",
        "34%",
    ]
    assert numbers.chance(0.0003, 1) == "less than 0.1%"


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 countries"), (1, "1 country"), (2, "2 countries"), (1500, "1,500 countries")]
)
def test_plural(count: int, text: str) -> None:
    assert numbers.plural(count, "country", "countries") == text
