"""One way to print every fit: what a notebook and a console show, and that no result shows arrays or addresses."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crimjust_research import designs
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.fit import Printed, coefficient_table, printed
from crimjust_research.designs.networks.ties import joint_event_network
from crimjust_research.designs.panel.unit_effects import symmetric_power, unit_effects_regression
from crimjust_research.designs.series.breaks import bai_perron
from crimjust_research.designs.series.causality import toda_yamamoto
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.panel import Timing, staggered_panel
from crimjust_research.designs.staggered.sensitivity import event_study, smoothness
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.designs.timing.randomisation import randomisation_test, shuffled_assignments


@dataclass(frozen=True, repr=False)
class Example(Printed):
    """A result with everything a result may hold."""

    table: pd.DataFrame
    method: str
    n_obs: int
    residual_p: float
    converged: bool
    hidden: FloatArray


def example() -> Example:
    table = coefficient_table(["x", "late_p"], np.array([-0.012346, 1234.56]), np.array([0.001, 1000.0]), 0.05)
    return Example(table, "least squares", 12_345, 0.0004, True, np.arange(300.0))


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("estimate", -0.0123456, "−0.01235"),
        ("estimate", 123456.7, "123457"),
        ("estimate", np.nan, ""),
        ("estimate", np.inf, "inf"),
        ("time", 2014.0, "2014"),
        ("n_obs", np.int64(-3), "−3"),
        ("p_value", 0.00099, "< 0.001"),
        ("p_value", 0.0012, "0.001"),
        ("residual_p", 0.5, "0.500"),
        ("share_p", "none", "none"),
        ("exact", np.True_, "yes"),
    ],
)
def test_one_format_for_numbers(name: str, value: object, text: str) -> None:
    assert printed(name, value) == text


def test_a_fit_prints_as_its_table_with_a_line_of_facts() -> None:
    shown = example()._repr_mimebundle_()
    assert shown["text/plain"] == repr(example())
    assert repr(example()).splitlines()[0] == "Example"
    assert repr(example()).splitlines()[-1] == ("method least squares; n obs 12345; residual p < 0.001; converged yes")
    for text in ("−0.01235", "< 0.001", "1235", "0.217"):
        assert text in repr(example())
    assert "<p>method least squares; n obs 12345; residual p &lt; 0.001; converged yes</p>" in shown["text/html"]
    assert shown["text/html"].count("<tr") == 3
    assert "298" not in shown["text/html"]


def test_a_result_without_a_table_lists_its_numbers() -> None:
    outcomes = np.random.default_rng(1).normal(size=(8, 6))
    dates = np.array([3, 3, 4, *[np.inf] * 5])
    test = randomisation_test(outcomes, shuffled_assignments(dates, 99, 1), np.arange(1.0, 7), exact=False)
    names = [line.split()[0] for line in repr(test).splitlines()[2:]]
    assert names == ["estimate", "p", "ci", "ci", "exact", "n", "smallest"]
    assert "<p>" not in test._repr_mimebundle_()["text/html"]


def test_coefficients_share_one_inference() -> None:
    estimate, error, df = np.array([0.4, -1.0]), np.array([0.2, 0.3]), np.array([5.0, 7.5])
    table = coefficient_table(["a", "b"], estimate, error, 0.1, df, ratio="odds_ratio")
    reach = stats.t.ppf(0.95, df) * error
    assert table["ci_low"].tolist() == pytest.approx(np.exp(estimate - reach).tolist())
    assert table["ci_high"].tolist() == pytest.approx(np.exp(estimate + reach).tolist())
    assert table["p_value"].tolist() == pytest.approx((2 * stats.t.sf(np.abs(estimate / error), df)).tolist())
    assert table["odds_ratio"].tolist() == pytest.approx(np.exp(estimate).tolist())
    normal = coefficient_table(["a", "b"], estimate, error, 0.05)
    assert normal["ci_high"].tolist() == pytest.approx((estimate + stats.norm.ppf(0.975) * error).tolist())


def results() -> list[object]:
    """One of each kind that overrides what is shown."""
    rng = np.random.default_rng(2)
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(30), 8),
            "time": np.tile(np.arange(1, 9), 30),
            "outcome": rng.normal(size=240),
            "first_treated": np.repeat([5, 6, np.nan], 80),
        }
    )
    timing = Timing("excluded")
    effects = group_time_effects(panel, timing, base="universal")
    events = aggregate(effects, "event")
    months = pd.period_range("2018-01", periods=60, freq="M")
    x, y = (pd.Series(values, months) for values in rng.normal(size=(2, 60)))
    meetings = pd.DataFrame({"event": [1, 2], "period": [2020, 2021], "participants": [["a", "b"], ["b", "c"]]})
    study = event_study(events)
    return [
        effects,
        events,
        staggered_panel(panel, timing),
        study,
        smoothness(study, [0.1]),
        toda_yamamoto(x, y, max_lag=2, d_max=0),
        bai_perron(x),
        kaplan_meier([1, 2, 3], [1, 1, 0]),
        joint_event_network(meetings, ["a", "b", "c"]),
        unit_effects_regression(panel.assign(x=rng.normal(size=240)), "outcome", ["x"], "unit"),
    ]


def test_no_result_shows_an_array_or_an_address() -> None:
    for result in results():
        for text in result._repr_mimebundle_().values():  # type: ignore[attr-defined]
            assert type(result).__name__ not in text.removeprefix(type(result).__name__)
            for mark in ("array(", " at 0x", "object>", "DataFrame", "Timing("):
                assert mark not in text
    # What rows share is said once, below.
    effects, events = results()[:2]
    assert repr(events).count("the period after entry") == 1
    assert "timing" not in repr(effects).splitlines()[1]


def test_every_result_with_a_table_prints_it() -> None:
    for module in pkgutil.walk_packages(designs.__path__, designs.__name__ + "."):
        for name, kind in vars(importlib.import_module(module.name)).items():
            held = {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
            if held & {"table", "p_value"}:
                assert issubclass(kind, Printed), f"{name} of {module.name} prints as its own source"  # type: ignore[arg-type]


def test_directions_without_any_stay_without_under_every_power() -> None:
    assert symmetric_power(np.diag([4.0, 0.0]), -0.5) == pytest.approx(np.diag([0.5, 0.0]))
