"""Inputs in which nothing is known: each gives the right number, or is refused in words, and never a p-value of zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.counts.beta_binomial import beta_binomial
from crimjust_research.designs.counts.ordinal import cumulative_link
from crimjust_research.designs.counts.ppml import ppml
from crimjust_research.designs.counts.two_part import two_part
from crimjust_research.designs.fit import coefficient_table
from crimjust_research.designs.panel.poisson import checked_panel, unit_effects_poisson
from crimjust_research.designs.panel.two_way import two_way_test
from crimjust_research.designs.panel.unit_effects import unit_effects_regression
from crimjust_research.designs.resampling.wild_bootstrap import wild_cluster_bootstrap
from crimjust_research.designs.separation import separated_rows
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import (
    group_time_effects,
    imputation_effects,
    interaction_weighted_effects,
)
from crimjust_research.designs.staggered.fixed_effects import two_way_decomposition, two_way_effect
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.staggered.sensitivity import event_study
from crimjust_research.designs.timing.random_timing import random_timing_effects
from crimjust_research.designs.timing.randomisation import randomisation_test, shuffled_assignments
from crimjust_research.errors import ParameterError

TREATED = Timing("treated")
ESTIMATORS: dict[str, Callable[[pd.DataFrame], float]] = {
    "group-time": lambda p: aggregate(group_time_effects(p, TREATED), "event").overall["estimate"],
    "imputation": lambda p: imputation_effects(p, TREATED).overall["estimate"],
    "interaction-weighted": lambda p: interaction_weighted_effects(p, TREATED).overall["estimate"],
    "two-way": lambda p: two_way_effect(p, TREATED).overall["estimate"],
    "decomposition": lambda p: two_way_decomposition(p, TREATED).two_way,
    "random timing": lambda p: random_timing_effects(p, TREATED).overall["estimate"],
}


def staggered(n: int = 18, periods: int = 8) -> pd.DataFrame:
    """A third of the units never treated, a third from 2004, a third from 2006; an effect of one."""
    rng = np.random.default_rng(1)
    unit, time = np.repeat(np.arange(n), periods), np.tile(np.arange(2001, 2001 + periods), n)
    first = np.array([np.inf, 2004, 2006])[unit % 3]
    outcome = rng.normal(size=n)[unit] + 0.1 * time + (time >= first) + 0.3 * rng.normal(size=n * periods)
    return pd.DataFrame({"unit": unit, "time": time, "outcome": outcome, "first_treated": first})


BASE = staggered()
ALIKE = {
    "rows in any order": lambda p: p.sample(frac=1, random_state=2),
    "names": lambda p: p.assign(unit=[f"u{u:02d}" for u in p["unit"]]),
    "names and numbers": lambda p: p.assign(unit=[u if u % 2 else f"u{u:02d}" for u in p["unit"]]),
    "a category unused": lambda p: p.assign(unit=pd.Categorical(p["unit"], categories=range(-3, 40))),
    "periods as text": lambda p: p.assign(time=p["time"].astype(str)),
    "outcomes as text": lambda p: p.assign(outcome=p["outcome"].astype(str)),
    "nullable numbers": lambda p: p.assign(outcome=p["outcome"].astype("Float64"), time=p["time"].astype("Int64")),
    "periods up to zero": lambda p: p.assign(time=p["time"] - 2010, first_treated=p["first_treated"] - 2010),
    "never as a far date": lambda p: p.assign(first_treated=p["first_treated"].replace(np.inf, 9999)),
    "never as missing": lambda p: p.assign(first_treated=p["first_treated"].replace(np.inf, np.nan)),
}
REFUSED = {
    "holds dates": lambda p: p.assign(time=pd.PeriodIndex(p["time"].astype(str), freq="Y")),
    "holds dates, such as 2001-01-01": lambda p: p.assign(time=pd.to_datetime(p["time"].astype(str))),
    "'time' is 'spring' in row 3": lambda p: p.assign(time=p["time"].astype(object).where(p.index != 3, "spring")),
    "'outcome' is inf in row 3": lambda p: p.assign(outcome=p["outcome"].where(p.index != 3, np.inf)),
    "'outcome' is '2 kg' in row 3": lambda p: p.assign(outcome=p["outcome"].astype(object).where(p.index != 3, "2 kg")),
    "is 3 in every row": lambda p: p.assign(outcome=3.0),
    "measure it in units": lambda p: p.assign(outcome=p["outcome"] * 1e300),
    "varies by .*e-200": lambda p: p.assign(outcome=p["outcome"] * 1e-200),
    "'first_treated' is 0 for unit 0, .*0 says in R": lambda p: p.replace({"first_treated": {np.inf: 0}}),
    "'first_treated' is -1 for unit 0": lambda p: p.replace({"first_treated": {np.inf: -1}}),
    "Unit 0 has more than one row for 2006": lambda p: pd.concat([p, p.iloc[[5]]]),
    "Unit 3 is a number in some rows and text": lambda p: p.assign(
        unit=p["unit"].astype(object).where(p.index != 24, "3"), first_treated=p["first_treated"]
    ),
    "varies within unit 4": lambda p: p.assign(first_treated=p["first_treated"].where(p["unit"] != 4, p["time"])),
    "No row of the panel": lambda p: p.iloc[:0],
}


@pytest.fixture(scope="module")
def expected() -> dict[str, float]:
    return {name: estimator(BASE) for name, estimator in ESTIMATORS.items()}


@pytest.mark.parametrize("change", ALIKE)
def test_estimates_do_not_depend_on_how_a_panel_is_written(change: str, expected: dict[str, float]) -> None:
    for name, estimator in ESTIMATORS.items():
        assert estimator(ALIKE[change](BASE)) == pytest.approx(expected[name], abs=1e-9)


@pytest.mark.parametrize("said", REFUSED)
def test_panels_that_cannot_be_read_are_refused_in_words_by_every_estimator(said: str) -> None:
    for estimator in ESTIMATORS.values():
        with pytest.raises(ParameterError, match=said):
            estimator(REFUSED[said](BASE))


def test_one_treated_unit_has_an_estimate_and_no_p_value() -> None:
    one = BASE.assign(first_treated=BASE["first_treated"].where(BASE["unit"] == 1, np.inf))
    effects = group_time_effects(one, TREATED, base="universal")
    for result in (
        aggregate(effects, "event", draws=99),
        imputation_effects(one, TREATED),
        interaction_weighted_effects(one, TREATED),
        two_way_effect(one, TREATED),
    ):
        assert result.overall["estimate"] == pytest.approx(1, abs=0.6)
        assert result.table[["std_error", "p_value", "ci_low", "ci_high", "band_low"]].isna().all(axis=None)
        assert any("Only one unit is treated" in note and "randomisation" in note for note in result.notes)
    with pytest.raises(ParameterError, match="more than one unit treated"):
        event_study(aggregate(effects, "event"))
    alone = BASE[(BASE["unit"] < 3) | (BASE["first_treated"] < np.inf)]
    never = aggregate(group_time_effects(alone, TREATED, controls="never treated"), "simple")
    assert np.isnan(never.overall["p_value"])
    few = two_way_effect(BASE[BASE["unit"] < 12], TREATED)
    assert 0 < few.overall["p_value"] < 1
    assert any("Only 8 units change to treated" in note for note in few.notes)


def test_outcomes_that_are_fitted_exactly_have_no_p_value() -> None:
    exact = BASE.assign(outcome=5.0 * (BASE["time"] >= BASE["first_treated"]))
    for result in (
        aggregate(group_time_effects(exact, TREATED), "event", draws=99),
        imputation_effects(exact, TREATED),
        interaction_weighted_effects(exact, TREATED),
        two_way_effect(exact, TREATED),
        random_timing_effects(exact, TREATED),
    ):
        assert result.overall["estimate"] == pytest.approx(5)
        assert result.table["p_value"].isna().all()
        assert any("no known standard error" in note for note in result.notes)


def test_gaps_in_time_are_told_and_do_no_harm() -> None:
    gap = BASE[BASE["time"] != 2003]
    effects = group_time_effects(gap, TREATED, controls="never treated")
    wide = gap.pivot_table(index="unit", columns="time", values="outcome")
    change = wide[2004] - wide[2002]
    by_hand = change[change.index % 3 == 1].mean() - change[change.index % 3 == 0].mean()
    cell = effects.cells.set_index(["group", "time"]).loc[(2004, 2004)]
    assert cell["estimate"] == pytest.approx(by_hand)
    assert any("No unit is observed in 2003" in note for note in effects.notes)
    with pytest.raises(ParameterError, match="period 1 before treatment"):
        interaction_weighted_effects(gap, TREATED)


# --- Separation -------------------------------------------------------------------------------------------------


def test_separated_rows_are_those_a_combination_of_terms_predicts() -> None:
    constant = np.ones(6)
    x = np.array([0.0, 0, 0, 1, 1, 1])
    design = np.column_stack([constant, x])
    # Zeros alone where x is one, both outcomes where it is not: three rows, and none once one of them counts.
    assert separated_rows(design, np.array([-1, 0, -1, -1, -1, -1])).tolist() == [False] * 3 + [True] * 3
    assert not separated_rows(design, np.array([-1, 0, -1, -1, 0, -1])).any()
    # A threshold of x tells the outcomes apart: every row; one exception on each side: none.
    ranked = np.column_stack([constant, np.arange(6.0)])
    assert separated_rows(ranked, np.array([-1, -1, -1, 1, 1, 1])).all()
    assert not separated_rows(ranked, np.array([-1, -1, 1, -1, 1, 1])).any()
    # Two groups of zeros that only the difference of two terms sets apart.
    both = np.column_stack([constant, [1, 1, 0, 0, 2, 0], [1, 1, 0, 0, 0, 2]]).astype(float)
    assert separated_rows(both, np.array([0, 0, 0, 0, -1, 1])).tolist() == [False] * 4 + [True] * 2


def test_a_term_that_predicts_perfectly_has_no_estimate() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"unit": np.repeat(np.arange(20), 8), "time": np.tile(np.arange(8), 20)})
    frame["x"] = ((frame["unit"] < 5) & (frame["time"] >= 4)).astype(float)
    frame["y"] = np.where(frame["x"] == 1, 0, rng.poisson(3, 160))
    frame["n"], frame["one"] = frame["y"] + 3, 1.0
    frame["level"] = np.where(frame["x"] == 1, 0, 1 + rng.integers(2, size=160))
    with pytest.raises(ParameterError, match="20 zeros that it or the effects predict perfectly"):
        ppml(frame, "y", ["x"], ["unit", "time"], "unit")
    panel = checked_panel(frame, unit="unit", time="time", count="y", exposure="one", controls=["x"])
    with pytest.raises(ParameterError, match="zero perfectly"):
        unit_effects_poisson(panel, panel.controls.to_numpy())
    with pytest.raises(ParameterError, match="separates the outcome perfectly"):
        beta_binomial(frame, "y", "n", ["x"])
    with pytest.raises(ParameterError, match="separates the outcome perfectly"):
        two_part(frame, "y", ["x"], "unit")
    with pytest.raises(ParameterError, match="separate ratings perfectly"):
        cumulative_link(frame, "level", ["x"])


@pytest.mark.parametrize(
    ("rows", "effects", "said"),
    [
        ({"y": [1, 2, 3], "x": [1, 2, 4], "o": [0, 0, 0], "d": [0, 1, 2]}, ["o", "d"], "each effect is seen once"),
        ({"y": [1, 2, 3, 5], "x": [1, 2, 4, 9], "o": [0, 0, 1, 1], "d": [0, 1, 0, 1]}, ["o", "d"], "4 rows leave"),
        ({"y": [1, 2, 3, 4], "x": [1, 2, 4, 7], "o": list("abcd"), "d": list("vwxy")}, ["o"], "each effect is seen"),
        (
            {"y": [1, 0, 0, 2, 0, 0], "x": [1, 5, 2, 9, 3, 4], "o": list("aabbcc"), "d": list("vwvwvw")},
            ["o", "d"],
            "each",
        ),
        ({"y": [1, 2, 4, 8] * 3, "x": [0, 1, 2, 3] * 3, "o": np.repeat([0, 1, 2], 4), "d": [0] * 12}, ["o"], "exactly"),
        ({"y": [1, 2, 4, 7] * 2, "x": [0, 1, 5, 3] * 2, "o": np.repeat([0, 1], 4), "d": [0] * 8}, ["o"], "2 clusters"),
    ],
)
def test_what_would_end_the_interpreter_is_refused(rows: dict[str, list[int]], effects: list[str], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ppml(pd.DataFrame(rows), "y", ["x"], effects, "o")


def test_scale_exposure_and_single_clusters_in_ppml() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"y": rng.poisson(3, 80), "x": rng.normal(size=80), "g": np.arange(80) // 8, "t": np.arange(80) % 8}
    )
    frame["size"] = rng.uniform(1, 3, 80)
    plain = ppml(frame, "y", ["x"], ["g", "t"], "g").table.iloc[0]
    for scale in (1e90, 1e-90):
        scaled = ppml(frame.assign(y=frame["y"] * scale), "y", ["x"], ["g", "t"], "g").table.iloc[0]
        assert scaled.tolist()[1:] == pytest.approx(plain.tolist()[1:], rel=1e-8)
    # An exposure constant within a unit is its effect; one that varies is a term whose coefficient is one.
    fixed = ppml(frame.assign(e=1.0 + frame["g"]), "y", ["x"], ["g", "t"], "g", exposure="e").table.iloc[0]
    assert fixed.tolist()[1:] == pytest.approx(plain.tolist()[1:], rel=1e-8)
    moved = ppml(frame.assign(e=np.exp(0.7 * frame["x"])), "y", ["x"], ["g", "t"], "g", exposure="e").table.iloc[0]
    assert moved["estimate"] == pytest.approx(plain["estimate"] - 0.7, abs=1e-8)
    with pytest.raises(ParameterError, match="nearer one"):
        ppml(frame.assign(x=frame["x"] * 1e200), "y", ["x"], ["g"], "g")
    with pytest.raises(ParameterError, match="above zero"):
        ppml(frame.assign(e=0.0), "y", ["x"], ["g"], "g", exposure="e")
    lone = ppml(frame.assign(x=((frame["g"] == 0) & (frame["t"] > 3)).astype(float)), "y", ["x"], ["g", "t"], "g")
    assert np.isfinite(lone.table["estimate"].item())
    assert np.isnan(lone.table["p_value"].item())
    assert "one cluster only" in lone.notes[0]


# --- Errors of zero ---------------------------------------------------------------------------------------------


def test_no_p_value_is_zero() -> None:
    table = coefficient_table(["a", "b", "c"], np.array([1.0, 1.0, 60.0]), np.array([0.0, np.inf, 1.0]), 0.05)
    assert table["p_value"].isna().tolist() == [True, True, False]
    assert 0 < table["p_value"].iloc[2] < 1e-300
    assert table["ci_low"].isna().tolist() == [True, True, False]


def test_linear_regressions_without_errors_have_no_p_or_are_refused() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"u": np.repeat(np.arange(6), 5), "x": rng.normal(size=30)})
    exact = unit_effects_regression(frame.assign(y=2 * frame["x"] + frame["u"]), "y", ["x"], "u").table.iloc[0]
    assert exact["estimate"] == pytest.approx(2)
    assert exact[["std_error", "std_error_cr1", "ci_low", "ci_high", "p_value"]].isna().all()
    lone = frame.assign(y=rng.normal(size=30), x=frame["x"].where(frame["u"] == 2, 0.0))
    with pytest.raises(ParameterError, match="within one unit only"):
        unit_effects_regression(lone, "y", ["x"], "u")
    with pytest.raises(ParameterError, match="inf in row 3"):
        unit_effects_regression(frame.assign(y=frame["x"].where(frame.index != 3, np.inf)), "y", ["x"], "u")
    with pytest.raises(ParameterError, match="4 rows leave nothing"):
        two_way_test(np.array([[1.0, 2], [3, 5]]), np.array([[0.0, 0], [0, 1]]))
    with pytest.raises(ParameterError, match="at least two clusters"):
        two_way_test(rng.normal(size=(4, 5)), np.triu(np.ones((4, 5))), np.zeros(4, np.int64))
    design = np.column_stack([np.ones(30), frame["x"]])
    with pytest.raises(ParameterError, match="exactly"):
        wild_cluster_bootstrap(design, 3 * frame["x"], frame["u"], 1)
    with pytest.raises(ParameterError, match="infinite"):
        wild_cluster_bootstrap(design, np.full(30, np.inf), frame["u"], 1)
    assert wild_cluster_bootstrap(design, rng.normal(size=30), frame["u"], 1, draws=99).smallest_p == 0.01


def test_a_randomisation_test_without_variation_finds_nothing() -> None:
    assignments = shuffled_assignments(np.array([3.0, 4, *[np.inf] * 6]), 99, 1)
    found = randomisation_test(np.full((8, 6), 0.1), assignments, np.arange(1.0, 7), exact=False)
    assert found.p_value == 1
    with pytest.raises(ParameterError, match="infinite"):
        randomisation_test(np.full((8, 6), np.inf), assignments, np.arange(1.0, 7), exact=False)
