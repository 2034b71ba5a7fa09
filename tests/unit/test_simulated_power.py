"""What curves of power over SIMULATED samples share."""

import math

import numpy as np
import pandas as pd
import pytest

from crimjust_research.questions.simulated_power import SAMPLES, least_found, monte_carlo_error


def test_the_least_found_is_the_least_effect_above_four_in_five() -> None:
    curve = pd.DataFrame(
        {"strength": [0.0, 0.5, 1.0], "size": [1.0, 2.0, 4.0], "power": [0.9, 0.81, 1.0]},
    )
    assert least_found(curve, "size") == 2.0  # without any effect nothing is found, however often the test rejects
    assert math.isnan(least_found(curve.head(1), "size"))


def test_the_error_is_that_of_a_share() -> None:
    assert monte_carlo_error(np.array([0.0, 0.5])) == pytest.approx([0, 0.5 / math.sqrt(SAMPLES)])
