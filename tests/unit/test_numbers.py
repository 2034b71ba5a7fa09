"""Numbers as they are told."""

import pytest

from crimjust_research import numbers


@pytest.mark.parametrize("value", [0.445, 0.075, 0.005, 0.125, 0.995])
def test_a_share_and_its_percentage_have_the_same_digits(value: float) -> None:
    assert numbers.percent(value) == f"{round(100 * float(f'{value:.2f}'))}%"


def test_a_share_that_is_not_known_is_none_of_a_hundred() -> None:
    assert numbers.percent(float("nan")) == "nan%"
