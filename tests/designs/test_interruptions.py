"""Interrupted time series against published answers, statsmodels and panels of known truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from crimjust_research.designs.panel.interruptions import (
    InterruptedPanel,
    panel_interruptions,
    placebo_dates,
    rates_against_trend,
)
from crimjust_research.designs.panel.poisson import Panel, checked_panel
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.errors import ParameterError


def checked(frame: pd.DataFrame, controls: Sequence[str] = ()) -> Panel:
    return checked_panel(frame, unit="unit", time="time", count="count", exposure="exposure", controls=controls)


@pytest.fixture(scope="module")
def sicily(published: Callable[[str], pd.DataFrame]) -> tuple[pd.DataFrame, pd.Series]:
    """Coronary admissions in Sicily 2002-2006, and answers by model; smoking was banned in January 2005."""
    frame = published("sicily/monthly")
    index = pd.PeriodIndex.from_fields(year=frame["year"], month=frame["month"], freq="M")
    return frame.set_index(index), published("sicily/answers").set_index(["model", "quantity"])["value"]


def test_sicily(sicily: tuple[pd.DataFrame, pd.Series]) -> None:
    """Two units with the very counts of Sicily have Sicily's rate ratios, published with and without a season."""
    frame, answers = sicily
    months = np.arange(1, len(frame) + 1)
    waves = {f"{wave.__name__}_{k}": wave(2 * np.pi * k * months / 12) for wave in (np.sin, np.cos) for k in (1, 2)}
    one = frame.reset_index(drop=True).assign(time=months, **waves)
    twice = pd.concat([one.assign(unit="a"), one.assign(unit="b")])
    columns = {"unit": "unit", "time": "time", "count": "admissions", "exposure": "standard_population"}
    ban = int(months[frame.index == pd.Period("2005-01", "M")][0])

    def fitted(slope: bool, controls: list[str]) -> InterruptedPanel:
        panel = checked_panel(twice, **columns, controls=controls)
        return panel_interruptions(panel, [Interruption("ban", ban, slope=slope)])

    plain, seasonal, sloping = fitted(False, []), fitted(False, list(waves)), fitted(True, list(waves))
    for model, fit in (("poisson", plain), ("seasonal", seasonal)):
        table = fit.table.set_index("term")
        assert table.loc["level: ban", "rate_ratio"] == pytest.approx(answers[model, "rate_ratio"], abs=1e-5)
    assert round(plain.table.set_index("term").loc["level: ban", "rate_ratio"], 3) == 0.894
    trend = seasonal.table.set_index("term").loc["trend", "estimate"]
    assert np.exp(12 * trend) == pytest.approx(answers["seasonal", "trend_year"], abs=1e-5)
    table = sloping.table.set_index("term")["estimate"]
    assert table["slope: ban"] == pytest.approx(answers["level and slope", "slope"], abs=1e-5)
    # The paper counts 1 in the first month of the ban, this module 0: its level is ours less one month of slope.
    level = table["level: ban"] - table["slope: ban"]
    assert level == pytest.approx(answers["level and slope", "level"], abs=1e-5)
    path = sloping.path.set_index("time")
    ratio = path["fitted"] / path["without_events"]
    assert (ratio[: ban - 1] == 1).all()
    assert ratio[ban + 1] == pytest.approx(np.exp(table["level: ban"] + table["slope: ban"]))


# --- Panel ------------------------------------------------------------------------------------------------------

EVENTS = [Interruption("first", 8), Interruption("second", 13), Interruption("third", 14)]


def make_panel(
    seed: int, *, n_units: int = 45, n_times: int = 18, level: float = 0.0, shared: float = 0.0
) -> pd.DataFrame:
    """Counts with unit effects, a trend, a season and a level shift at period 13; unbalanced and overdispersed."""
    rng = np.random.default_rng(seed)
    unit, time = np.divmod(np.arange(n_units * n_times), n_times)
    exposure = rng.integers(50, 3000, size=unit.size).astype(float)
    common = shared * rng.normal(size=n_times)
    log_rate = -2 + rng.normal(size=n_units)[unit] * 0.7 + 0.03 * time + 0.2 * (time % 2) + level * (time >= 13)
    noise = rng.gamma(4, 1 / 4, size=unit.size)
    frame = pd.DataFrame(
        {
            "unit": [f"U{u:02d}" for u in unit],
            "time": time,
            "count": rng.poisson(exposure * np.exp(log_rate + common[time]) * noise),
            "exposure": exposure,
            "second_half": (time % 2).astype(float),
        }
    )
    return frame.drop(frame.sample(30, random_state=seed).index)


def test_panel_is_a_dummy_variable_glm_clustered_by_unit() -> None:
    frame = make_panel(1, level=-0.4)
    result = panel_interruptions(checked(frame, ["second_half"]), EVENTS)
    terms = {
        "trend": frame["time"],
        "level: first": frame["time"] >= 8,
        "level: second": frame["time"] >= 13,
        "level: third": frame["time"] >= 14,
        "slope: first": (frame["time"] - 8).clip(lower=0),
        "slope: third": (frame["time"] - 14).clip(lower=0),
        "second_half": frame["second_half"],
    }
    design = pd.concat([pd.DataFrame(terms, dtype=float), pd.get_dummies(frame["unit"], dtype=float)], axis=1)
    clusters = pd.factorize(frame["unit"])[0]
    fit = GLM(frame["count"], design, family=Poisson(), offset=np.log(frame["exposure"])).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}, tol=1e-12
    )
    table = result.table.set_index("term")
    assert set(table.index) == set(terms)
    n, k, groups = len(frame), len(terms), 45
    correction = np.sqrt(groups / (groups - 1) * (n - 1) / (n - k))
    for term in terms:
        assert table.loc[term, "estimate"] == pytest.approx(fit.params[term], rel=1e-6, abs=1e-9)
        assert table.loc[term, "std_error"] == pytest.approx(fit.bse[term] * correction, rel=1e-5)
    row = table.loc["level: second"]
    half = t.ppf(0.975, 44) * row["std_error"]
    assert np.log([row["ci_low"], row["ci_high"]]) == pytest.approx([row["estimate"] - half, row["estimate"] + half])
    assert result.dispersion == pytest.approx(fit.pearson_chi2 / fit.df_resid, rel=1e-6)
    assert (result.n_obs, result.n_units, result.n_periods) == (780, 45, 18)
    # An event followed at once by another has one period of its own, which is no slope.
    assert result.slopes_not_identified == ("second",)
    totals = frame.groupby("time")[["count", "exposure"]].sum()
    assert result.path["observed"].tolist() == pytest.approx((totals["count"] / totals["exposure"]).tolist())
    last = result.path.iloc[-1]
    shift = table.loc[["level: first", "level: second", "level: third"], "estimate"].sum() + (
        9 * table.loc["slope: first", "estimate"] + 3 * table.loc["slope: third", "estimate"]
    )
    assert last["fitted"] / last["without_events"] == pytest.approx(np.exp(shift))


def test_panel_recovers_a_planted_level_and_covers_it() -> None:
    event = [Interruption("law", 13)]
    rows = [
        panel_interruptions(checked(make_panel(seed, level=-0.5), ["second_half"]), event)
        .table.set_index("term")
        .loc["level: law"]
        for seed in range(120)
    ]
    estimates = np.array([row["estimate"] for row in rows])
    assert estimates.mean() == pytest.approx(-0.5, abs=4 * estimates.std() / np.sqrt(120))
    assert np.mean([row["ci_low"] <= np.exp(-0.5) <= row["ci_high"] for row in rows]) > 0.89


def test_rates_against_trend_are_terms_of_a_dummy_variable_regression() -> None:
    frame = make_panel(3, level=-0.5).sort_values(["unit", "time"], ignore_index=True)
    table = rates_against_trend(checked(frame), 13, [Interruption("earlier", 6)])
    design = pd.get_dummies(frame["unit"], dtype=float)
    design["trend"] = frame["time"]
    design["level"] = (frame["time"] >= 6) * 1.0
    design["slope"] = (frame["time"] - 6).clip(lower=0)
    later = sorted(frame.loc[frame["time"] >= 13, "time"].unique())
    own = pd.DataFrame({f"in {time}": (frame["time"] == time) * 1.0 for time in later})
    fit = GLM(frame["count"], design.join(own), Poisson(), exposure=frame["exposure"]).fit()
    np.testing.assert_allclose(table["estimate"], fit.params[own.columns], rtol=1e-6)
    # What is foretold is the fit without those terms, all units together.
    without = fit.predict(design.join(own * 0), exposure=frame["exposure"]).groupby(frame["time"]).sum().loc[later]
    sums = frame.groupby("time")[["count", "exposure"]].sum().loc[later]
    np.testing.assert_allclose(table["observed"], sums["count"] / sums["exposure"])
    np.testing.assert_allclose(table["foretold"], without / sums["exposure"], rtol=1e-6)
    np.testing.assert_allclose(table["foretold_low"], table["observed"] / table["ci_high"])


def test_intervals_against_trend_cover_what_was_planted() -> None:
    rows = [
        rates_against_trend(checked(make_panel(seed, level=-0.5), ["second_half"]), 13).iloc[2] for seed in range(120)
    ]
    assert np.mean([row["ci_low"] <= np.exp(-0.5) <= row["ci_high"] for row in rows]) > 0.89


def test_placebo_ranks_the_planted_date_first() -> None:
    frame = make_panel(5, level=-0.8)
    event = [Interruption("law", 13)]
    test = placebo_dates(checked(frame, ["second_half"]), event, "law")
    # Periods 2 to 17 are open to a single event: sixteen dates, the true one the most extreme.
    assert len(test.table) == 16
    assert test.p_value == test.smallest_p == 1 / 16
    fitted = panel_interruptions(checked(frame, ["second_half"]), event).table.set_index("term")
    assert test.estimate == pytest.approx(fitted.loc["level: law", "estimate"])
    assert test.table.loc[test.table["true_date"], "start"].tolist() == [13]


def test_placebo_holds_its_level_when_all_units_share_shocks() -> None:
    # Common shocks and no event: clustered errors reject a true null most of the time, the ranks do not.
    event = [Interruption("law", 9, slope=False)]
    clustered, ranked = [], []
    for seed in range(60):
        frame = make_panel(seed, n_units=20, shared=0.5)
        panel = checked(frame)
        table = panel_interruptions(panel, event).table.set_index("term")
        clustered.append(table.loc["level: law", "p_value"] < 0.1)
        ranked.append(placebo_dates(panel, event, "law").p_value < 0.1)
    assert np.mean(clustered) > 0.4
    assert np.mean(ranked) < 0.2


def test_placebo_dates_leave_out_those_of_other_events() -> None:
    frame = make_panel(5, n_times=12).query("time < 12")
    events = [Interruption("one", 4), Interruption("two", 8)]
    alone = placebo_dates(checked(frame), events, "two")
    assert 4 not in alone.table["start"].tolist()
    # Ten periods have two before them, one of which is the other event's.
    assert len(alone.table) + alone.skipped == 9
    assert alone.table["true_date"].sum() == 1


@settings(max_examples=15)
@given(scale=st.floats(1e-4, 1e4), shuffle=st.integers(0, 1000))
def test_panel_does_not_depend_on_units_of_exposure_or_row_order(scale: float, shuffle: int) -> None:
    frame = make_panel(2, n_units=12)
    moved = frame.assign(exposure=frame["exposure"] * scale).sample(frac=1, random_state=shuffle)
    plain = panel_interruptions(checked(frame), EVENTS).table
    other = panel_interruptions(checked(moved), EVENTS).table
    for column in ("estimate", "std_error"):
        assert other[column].to_numpy() == pytest.approx(plain[column].to_numpy(), rel=1e-6, abs=1e-9)


def test_panel_refusals_and_silent_units() -> None:
    frame = make_panel(6, n_units=10)
    silent = frame.assign(count=frame["count"].mask(frame["unit"] == "U03", 0))
    result = panel_interruptions(checked(silent), EVENTS)
    assert (result.units_without_counts, result.n_units) == (("U03",), 9)
    cases = [
        (frame.drop(columns="exposure"), "'exposure' is not in the table"),
        (frame.assign(count=frame["count"].mask(frame["time"] == 3)), "'count' misses"),
        (pd.concat([frame, frame.iloc[[0]]]), "has more than one row for"),
        (frame.assign(exposure=frame["exposure"].mask(frame["time"] == 3, 0.0)), "exposure 0; counts may"),
        (frame.drop_duplicates("time").assign(unit="only"), "at least two units"),
        (frame[frame["time"] != 5], "6 follows 4"),
    ]
    for bad, message in cases:
        with pytest.raises(ParameterError, match=message):
            panel_interruptions(checked(bad), EVENTS)
    with pytest.raises(ParameterError, match="starts at 99, which is not in the data"):
        panel_interruptions(checked(frame), [Interruption("x", 99)])
    with pytest.raises(ParameterError, match="cannot tell its 7 terms apart"):
        panel_interruptions(checked(frame.assign(copy=frame["time"] * 2.0), ["copy"]), EVENTS)
    with pytest.raises(ParameterError, match=r"name one of \['first', 'second', 'third'\]"):
        placebo_dates(checked(frame), EVENTS, "fourth")
    with pytest.raises(ParameterError, match="No period before 0"):
        rates_against_trend(checked(frame), 0)
    with pytest.raises(ParameterError, match="'second' is not before"):
        rates_against_trend(checked(frame), EVENTS[1].start, EVENTS[:2])
    with pytest.raises(ParameterError, match="cannot tell trend, events and controls apart"):
        rates_against_trend(checked(frame.assign(copy=frame["time"] * 2.0), ["copy"]), EVENTS[1].start)


def test_units_that_move_alike_have_no_error() -> None:
    """Two units with the same counts, or a panel without noise: the clustered scores vanish, which is no certainty."""
    counts = np.random.default_rng(2).poisson(20, 18)
    one = pd.DataFrame({"unit": "U00", "time": np.arange(18), "count": counts, "exposure": 100.0})
    twice = pd.concat([one, one.assign(unit="U01")])
    table = panel_interruptions(checked(twice), [Interruption("x", 9)]).table
    assert table[["std_error", "ci_low", "p_value"]].isna().to_numpy().all()
    assert table["estimate"].notna().all()
