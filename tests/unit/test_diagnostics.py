"""What the rule of grades needs of a test itself: what is admitted of it, and how it is told."""

import math

import numpy as np
import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share, diagnostics
from crimjust_research.evidence.estimates import Estimate

PLAN = plan.load()
PRIMARY = next(p for p in PLAN.primaries if p.id == "reviews.rule_of_law")
REGISTERED = Estimate(
    id="rule_of_law",
    outcome="3",
    question="?",
    estimand="Hazard ratio",
    method="cloglog",
    specification="",
    estimate=1.01,
    unit="ratio",
    n_obs=900,
    n_units=180,
    role="primary",
    null_value=1.0,
    p_value=0.04,
)
POWER = {"half": Share(0.1, 1000), "margin": Share(0.4, 1000), "double": Share(0.9, 1000)}
WITHIN = {"half": 0.5, "margin": 0.2, "double": 0.01}
SIZES = {
    "fitted": Simulated(np.arange(1, 2001) / 2000),
    "frailty": Simulated(np.arange(1, 2001) / 2400),  # rejects 6 % at 5 %
}


def made(**changed: object) -> dict[str, Estimate]:
    given = {"power": POWER, "equivalence": WITHIN, "without_effect": SIZES, "least_p": 0.0} | changed
    return {e.id: e for e in diagnostics(PLAN, PRIMARY, REGISTERED, **given)}  # type: ignore[arg-type]


def test_a_share_of_samples_has_its_monte_carlo_error() -> None:
    share = Share.of(np.array([True, False, False, False]))
    assert (share.value, share.samples, share.std_error) == (0.25, 4, pytest.approx(math.sqrt(0.25 * 0.75 / 4)))
    assert Share(0.3).std_error == 0.0


@pytest.mark.parametrize("value", [-0.01, 1.01, math.inf])
def test_no_probability_lies_beyond_what_there_can_be(value: float) -> None:
    with pytest.raises(ParameterError, match=r"a probability is .*; it lies between 0 and 1"):
        Share(value)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="there are none"):
        Share.of(np.array([], dtype=bool))


def test_a_ratio_s_power_is_told_against_ratios() -> None:
    found = made()
    assert found["rule_of_law.power.margin"].estimand == "Power at level 0.008333 against 1.25"
    assert found["rule_of_law.equivalence.half"].specification == "two one-sided tests within 1.12"
    assert {e.role for e in found.values()} == {"diagnostic"}
    assert found["rule_of_law.size.frailty"].specification.endswith("variance one; 2,000 simulated samples")
    assert found["rule_of_law.size.frailty"].null_value == 0.05


def test_the_calibrated_p_is_told_with_the_generator_that_decides() -> None:
    found = made()
    assert found["rule_of_law.size.frailty"].estimate == 0.06
    told = found["rule_of_law.calibrated_p"]
    assert told.p_value == (1 + 96) / 2001
    assert told.specification.startswith(
        "calibrated p: its place among p of samples without effect: The same, each State's"
    )
    assert found["rule_of_law.least_p"].estimate == 1 / 2001
    sound = made(without_effect=dict.fromkeys(SIZES, Simulated(np.ones(2000))))["rule_of_law.calibrated_p"]
    assert (sound.p_value, sound.specification) == (0.04, "calibrated p: the test's own")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"power": {"margin": Share(0.4)}}, r"power of reviews\.rule_of_law: give half, margin, double, not margin"),
        ({"equivalence": {}}, r"equivalence of reviews\.rule_of_law: give half, margin, double, not none"),
        (
            {"without_effect": {"fitted": SIZES["fitted"]}},
            r"size of reviews\.rule_of_law: give fitted, frailty, not fitted",
        ),
        ({"without_effect": SIZES | {"luck": SIZES["fitted"]}}, "not fitted, frailty, luck"),
        ({"equivalence": WITHIN | {"half": 1.5}}, "p_value is 1.5; it lies between 0 and 1"),
        ({"least_p": 2.0}, "a probability is 2; it lies between 0 and 1"),
    ],
)
def test_what_the_plan_does_not_ask_for_is_refused(changed: dict[str, object], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        made(**changed)
