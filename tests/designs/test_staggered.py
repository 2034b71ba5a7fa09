"""Staggered designs against R's did 2.5, Goodman-Bacon's identity, hand arithmetic and simulated truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.linear_model import WLS

from crimjust_research.designs.staggered.aggregation import StaggeredResult, aggregate
from crimjust_research.designs.staggered.estimators import (
    group_time_effects,
    imputation_effects,
    interaction_weighted_effects,
    synthetic_effects,
)
from crimjust_research.designs.staggered.fixed_effects import two_way_decomposition, two_way_effect
from crimjust_research.designs.staggered.panel import Timing, staggered_panel
from crimjust_research.designs.timing.random_timing import adjusted_estimates, cohort_moments, random_timing_effects
from crimjust_research.errors import ParameterError

TREATED = Timing("treated")

SCENARIOS = {
    "never treated": {"controls": "never treated"},
    "not yet treated": {"controls": "not yet treated"},
    "regression on population": {"controls": "never treated", "covariates": ["lpop"], "method": "reg"},
    "inverse probability": {"controls": "never treated", "method": "ipw"},
}


@pytest.fixture(scope="module")
def mpdta(published: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Log teenage employment by county and year; R's package did calls these data mpdta."""
    counties = published("county_employment/counties").rename(columns={"county": "unit"})
    long = counties.melt(["unit", "first_treated", "population"], var_name="time", value_name="employed")
    long = long.assign(time=long["time"].astype(int), outcome=np.log(long["employed"]))
    return long.assign(lpop=np.log(long["population"] / 1000)).sort_values(["unit", "time"], ignore_index=True)


def small_panel() -> pd.DataFrame:
    """Four units over four periods: a and b treated from 3, c from 4, d never."""
    paths = {"a": [1, 2, 6, 7], "b": [3, 3, 6, 9], "c": [2, 4, 5, 9], "d": [0, 1, 2, 4]}
    first = {"a": 3, "b": 3, "c": 4, "d": None}
    return pd.DataFrame(
        [
            {"unit": unit, "time": t, "outcome": value, "first_treated": first[unit]}
            for unit, path in paths.items()
            for t, value in enumerate(path, start=1)
        ]
    )


def simulated(rng: np.random.Generator, order: np.ndarray, periods: int = 8, memory: float = 1.0) -> pd.DataFrame:
    """Units whose outcome remembers a share of its past (one: a random walk); the effect grows by one a period."""
    n = order.size
    untreated = rng.normal(size=(n, periods))
    for t in range(1, periods):
        untreated[:, t] += memory * untreated[:, t - 1]
    untreated += rng.normal(size=(n, 1))
    time = np.arange(1, periods + 1)
    effect = np.maximum(time - order[:, None] + 1, 0.0)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(time, n),
            "outcome": (untreated + effect).ravel(),
            "first_treated": np.repeat(np.where(np.isfinite(order), order, np.nan), periods),
        }
    )


# --- Group-time effects -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_group_time_effects_are_those_of_r(
    mpdta: pd.DataFrame, published: Callable[[str], pd.DataFrame], scenario: str
) -> None:
    effects = group_time_effects(mpdta, TREATED, **SCENARIOS[scenario])
    cells, averages = (
        published(table).set_index("scenario").loc[scenario]
        for table in ("county_employment/cells", "county_employment/averages")
    )
    both = cells.merge(effects.cells, on=["group", "time"], suffixes=("_of_r", ""))
    assert len(both) == len(cells) == len(effects.cells) == 12
    np.testing.assert_allclose(both["estimate"], both["estimate_of_r"], atol=1e-12)
    np.testing.assert_allclose(both["std_error"], both["std_error_of_r"], atol=1e-12)

    for by, name in {"simple": "simple", "group": "group", "event": "dynamic", "calendar": "calendar"}.items():
        result = aggregate(effects, by)
        rows = averages[averages["by"] == name]
        each = rows[rows["at"].notna()]
        for column in ("estimate", "std_error"):
            assert result.overall[column] == pytest.approx(rows.loc[rows["at"].isna(), column].item(), abs=1e-12)
            if by != "simple":
                np.testing.assert_allclose(result.by[column], each[column], atol=1e-12)


def test_published_averages(mpdta: pd.DataFrame) -> None:
    effects = group_time_effects(mpdta, TREATED, controls="never treated")
    overall = {by: aggregate(effects, by).overall for by in ("simple", "event", "group", "calendar")}
    assert overall["simple"]["estimate"] == pytest.approx(-0.03995, abs=5e-6)
    assert overall["simple"]["std_error"] == pytest.approx(0.01203, abs=5e-6)
    assert overall["event"]["estimate"] == pytest.approx(-0.0772, abs=5e-5)
    assert overall["group"]["estimate"] == pytest.approx(-0.0310, abs=5e-5)
    assert overall["calendar"]["estimate"] == pytest.approx(-0.0417, abs=5e-5)


def test_expansions_of_medicaid_in_2014(published: Callable[[str], pd.DataFrame]) -> None:
    cover = published("medicaid/cover").rename(columns={"state": "unit"})
    panel = cover.melt(["unit", "first_treated"], var_name="time", value_name="outcome").astype({"time": int})
    effects = group_time_effects(panel, TREATED, controls="never treated", base="universal")
    ours = aggregate(effects, "event").by
    theirs = published("medicaid/event_study")
    # One group and a balanced panel: two-way fixed effects by year give the same coefficients.
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], atol=1e-6)
    # Their errors count 43 clusters and 15 coefficients in 344 rows.
    factor = np.sqrt(43 / 42 * 343 / 329)
    variance = np.diag(theirs.drop(columns=["year", "estimate"]))
    np.testing.assert_allclose(ours["std_error"] * factor, np.sqrt(variance), atol=1e-6)


def test_hand_computed_effects() -> None:
    effects = group_time_effects(small_panel(), TREATED).cells.set_index(["group", "time"])["estimate"]
    # Group 3 (a, b) at 3 against c and d: mean(6-2, 6-3) - mean(5-4, 2-1) = 3.5 - 1.
    assert effects[3, 3] == pytest.approx(2.5)
    # Group 3 at 4 against d only, c being treated: mean(7-2, 9-3) - (4-1) = 5.5 - 3.
    assert effects[3, 4] == pytest.approx(2.5)
    # Group 4 (c) at 4 against d: (9-5) - (4-2).
    assert effects[4, 4] == pytest.approx(2.0)
    # Simple: group 3 weighs two units in two cells, group 4 one unit in one: (2*2.5 + 2*2.5 + 1*2) / 5.
    assert aggregate(group_time_effects(small_panel(), TREATED), "simple").overall["estimate"] == pytest.approx(2.4)


def test_timing_convention_moves_the_base_and_the_controls() -> None:
    later = group_time_effects(small_panel(), Timing("untreated"))
    # First treated in 4 (a, b); c enters only after the panel ends. Base 3: mean(7-6, 9-6) - mean(9-5, 4-2) = 2 - 3.
    assert later.cells.set_index(["group", "time"])["estimate"][4, 4] == pytest.approx(-1.0)
    left_out = group_time_effects(small_panel(), Timing("excluded"))
    # Same first treated period, but 3 is neither: base 2, and c, partly exposed in 4, is no control.
    # mean(7-2, 9-3) - (4-1) = 2.5.
    assert left_out.cells.set_index(["group", "time"])["estimate"][4, 4] == pytest.approx(2.5)
    for effects in (later, left_out):
        assert effects.cells["timing"].unique().tolist() == [str(effects.timing)]
        assert aggregate(effects, "event").table["timing"].unique().tolist() == [str(effects.timing)]
    assert "left out" in str(left_out.timing)
    assert "anticipation of 2" in str(Timing("treated", 2))


def test_effect_and_its_influence_by_hand(mpdta: pd.DataFrame) -> None:
    effects = group_time_effects(mpdta, TREATED, controls="never treated")
    wide = mpdta.pivot_table(index="unit", columns="time", values="outcome")
    first = mpdta.groupby("unit")["first_treated"].first()
    change, treated, control = wide[2005] - wide[2003], first == 2004, first.isna()
    cell = effects.cells.query("group == 2004 and time == 2005").iloc[0]
    assert cell["estimate"] == pytest.approx(change[treated].mean() - change[control].mean(), abs=1e-12)
    # Each unit moves its group's mean by its distance from it, over the group's size.
    by_hand = np.sqrt(sum(change[who].var(ddof=0) / who.sum() for who in (treated, control)))
    assert cell["std_error"] == pytest.approx(by_hand, abs=1e-12)


def test_bands_cover_all_event_times_together(mpdta: pd.DataFrame) -> None:
    effects = group_time_effects(mpdta, TREATED, controls="never treated")
    result = aggregate(effects, "event", draws=4999, seed=1)
    assert aggregate(effects, "event", draws=4999, seed=1).table.equals(result.table)
    critical = ((result.by["band_high"] - result.by["estimate"]) / result.by["std_error"]).unique()[0]
    # The law of the largest |t| of seven correlated normals, drawn another way; pointwise it would be 1.96.
    draws = np.random.default_rng(2).multivariate_normal(np.zeros(7), result.covariance, size=40000)
    largest = np.abs(draws / np.sqrt(np.diag(result.covariance))).max(axis=1)
    assert critical == pytest.approx(np.quantile(largest, 0.95), abs=0.05)
    assert np.isnan(result.overall["band_low"])
    with pytest.raises(ParameterError, match="too few"):
        aggregate(effects, "event", draws=50)


def test_effects_of_simulated_truth_are_recovered() -> None:
    rng = np.random.default_rng(3)
    order = np.repeat([4.0, 6.0, np.inf], 40)
    cover, estimates = [], []
    for _ in range(60):
        table = aggregate(group_time_effects(simulated(rng, order), TREATED), "event").by
        truth = table.index.to_numpy() + 1.0
        after = truth > 0
        cover.append((table["ci_low"] <= truth)[after] & (truth <= table["ci_high"])[after])
        estimates.append(table["estimate"][after] - truth[after])
    assert np.abs(np.mean(estimates, axis=0)).max() < 0.12
    assert 0.90 < np.mean(cover) < 0.99


# --- The other estimators ---------------------------------------------------------------------------------------


def test_imputation(mpdta: pd.DataFrame) -> None:
    result = imputation_effects(mpdta, TREATED)
    assert result.overall["estimate"] == pytest.approx(-0.0477099183, abs=1e-9)
    small = imputation_effects(small_panel(), TREATED)
    # Fit unit and period dummies on untreated rows by brute force and average what is left of the treated ones.
    rows = small_panel()
    clear = rows[~(rows["time"] >= rows["first_treated"])]
    design = pd.get_dummies(clear[["unit", "time"]].astype(str), dtype=float)
    fitted = np.linalg.lstsq(design.to_numpy(), clear["outcome"].to_numpy(float), rcond=None)[0]
    treated = rows[rows["time"] >= rows["first_treated"]]
    needed = pd.get_dummies(treated[["unit", "time"]].astype(str), dtype=float).reindex(
        columns=design.columns, fill_value=0.0
    )
    by_hand = np.mean(treated["outcome"].to_numpy(float) - needed.to_numpy() @ fitted)
    assert small.overall["estimate"] == pytest.approx(by_hand, abs=1e-9)
    assert any("fewer than 5 treated" in note for note in small.notes)


def unbalanced(rng: np.random.Generator) -> pd.DataFrame:
    """Thirty units over a dozen years, two in five rows of which are missing, so that effects settle slowly."""
    order = np.repeat([5.0, 8.0, np.inf], [6, 6, 18])
    panel = simulated(rng, order, periods=12, memory=0.0)
    return panel[rng.random(len(panel)) < 0.6].reset_index(drop=True)


@pytest.mark.parametrize("estimator", [imputation_effects, interaction_weighted_effects])
def test_estimates_do_not_depend_on_the_unit_of_outcomes(estimator: Callable[..., StaggeredResult]) -> None:
    panel = unbalanced(np.random.default_rng(3))
    plain = estimator(panel, TREATED).table
    for unit, level, within in [
        (1e-40, 0, 1e-11),
        (1e-9, 0, 1e-11),
        (1e-3, 0, 1e-11),
        (1e12, 0, 1e-11),
        (1, 1e6, 1e-8),
    ]:
        result = estimator(panel.assign(outcome=unit * panel["outcome"] + level), TREATED)
        for column in ("estimate", "std_error"):
            np.testing.assert_allclose(result.table[column] / unit, plain[column], rtol=within, atol=within)
        assert not any("converge" in note for note in result.notes)
        if result.covariance is not None:
            np.testing.assert_allclose(np.diag(result.covariance) ** 0.5, result.by["std_error"], rtol=1e-9)


def test_imputation_is_exact_least_squares_in_any_unit() -> None:
    panel = unbalanced(np.random.default_rng(4))
    treated = (panel["time"] >= panel["first_treated"]).to_numpy()
    dummies = pd.get_dummies(panel[["unit", "time"]].astype(str), dtype=float).to_numpy()
    for unit in (1.0, 1e-7, 1e-12):
        outcome = unit * panel["outcome"].to_numpy()
        fitted = dummies @ np.linalg.lstsq(dummies[~treated], outcome[~treated], rcond=None)[0]
        found = imputation_effects(panel.assign(outcome=outcome), TREATED).overall["estimate"]
        assert found == pytest.approx(np.mean((outcome - fitted)[treated]), rel=1e-11, abs=0)


def test_a_covariate_far_from_zero_is_as_good_as_a_near_one(mpdta: pd.DataFrame) -> None:
    for method in ("dr", "ipw", "reg"):
        near, far = (
            group_time_effects(panel, TREATED, covariates=["lpop"], method=method).cells
            for panel in (mpdta, mpdta.assign(lpop=mpdta["lpop"] + 1e6))
        )
        np.testing.assert_allclose(far["estimate"], near["estimate"], rtol=1e-6)
        np.testing.assert_allclose(far["std_error"], near["std_error"], rtol=1e-6)


def test_imputation_leaves_unclear_periods_out(mpdta: pd.DataFrame) -> None:
    plain, left_out = (imputation_effects(mpdta, Timing(entry)) for entry in ("treated", "excluded"))
    # The effect one period after entry is the same number under both; only its label moves.
    assert left_out.by.loc[0, "estimate"] == pytest.approx(plain.by.loc[1, "estimate"], abs=1e-10)
    weights = {1: 60, 2: 20, 3: 20}
    later = sum(plain.by.loc[e, "estimate"] * n for e, n in weights.items()) / 100
    assert left_out.overall["estimate"] == pytest.approx(later, abs=1e-10)


def test_sun_abraham_equals_group_time_averages_without_covariates(mpdta: pd.DataFrame) -> None:
    result = interaction_weighted_effects(mpdta, TREATED)
    effects = aggregate(group_time_effects(mpdta, TREATED, controls="never treated"), "event").by
    np.testing.assert_allclose(
        result.by.loc[0:, "estimate"], [-0.0199318168, -0.0509573671, -0.1372587389, -0.1008113631], atol=1e-9
    )
    np.testing.assert_allclose(result.by.loc[0:, "estimate"], effects.loc[0:, "estimate"], atol=1e-9)
    assert result.covariance is not None
    np.testing.assert_allclose(np.sqrt(np.diag(result.covariance)), result.by["std_error"], rtol=1e-9)


def test_two_way_decomposition_adds_up(mpdta: pd.DataFrame) -> None:
    result = two_way_decomposition(mpdta, TREATED)
    assert result.two_way == pytest.approx(-0.036549, abs=1e-6)
    assert result.comparisons["weight"].sum() == pytest.approx(1, abs=1e-12)
    assert result.comparisons.eval("weight * estimate").sum() == pytest.approx(result.two_way, abs=1e-12)
    assert result.by_kind.eval("weight * estimate").sum() == pytest.approx(result.two_way, abs=1e-12)
    assert two_way_effect(mpdta, TREATED).overall["estimate"] == pytest.approx(result.two_way, abs=1e-10)


def test_weights_are_those_of_weighted_regressions_and_means(mpdta: pd.DataFrame) -> None:
    rng = np.random.default_rng(4)
    rows = mpdta[mpdta["unit"].isin(mpdta["unit"].unique()[:60])].sample(frac=0.9, random_state=1)
    rows = rows.assign(w=rng.uniform(0.5, 2, len(rows)), treated=(rows["time"] >= rows["first_treated"]) * 1.0)
    dummies = pd.get_dummies(rows[["unit", "time"]].astype(str), dtype=float, drop_first=True)
    design = np.column_stack([rows["treated"], np.ones(len(rows)), dummies])
    fit = WLS(rows["outcome"], design, weights=rows["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": rows["unit"].to_numpy()}
    )
    ours = two_way_effect(rows, TREATED, weights="w").overall
    assert ours["estimate"] == pytest.approx(fit.params.iloc[0], abs=1e-10)
    # Theirs counts the units among the coefficients, ours leaves out those nested in clusters and units seen once.
    n, k = design.shape
    assert ours["std_error"] == pytest.approx(fit.bse.iloc[0] * np.sqrt((n - k) / (n - 6)), rel=1e-8)

    effects = group_time_effects(mpdta, TREATED, controls="never treated", weights="lpop")
    wide = mpdta.pivot_table(index="unit", columns="time", values="outcome")
    by_unit = mpdta.groupby("unit")[["first_treated", "lpop"]].first()
    change, weight, parts = wide[2005] - wide[2003], by_unit["lpop"], []
    for who in (by_unit["first_treated"] == 2004, by_unit["first_treated"].isna()):
        mean = np.average(change[who], weights=weight[who])
        parts.append((mean, np.sum((weight[who] / weight[who].sum() * (change[who] - mean)) ** 2)))
    cell = effects.cells.query("group == 2004 and time == 2005").iloc[0]
    assert cell["estimate"] == pytest.approx(parts[0][0] - parts[1][0], abs=1e-12)
    assert cell["std_error"] == pytest.approx(np.sqrt(parts[0][1] + parts[1][1]), abs=1e-12)

    # A unit of weight two is two units: in the cells and in the shares of groups.
    doubled = mpdta.assign(w=1.0 + (mpdta["unit"] % 2))
    copies = pd.concat([mpdta, mpdta[doubled["w"] == 2].assign(unit=lambda f: f["unit"] + 1_000_000)])
    for by in ("simple", "event", "group", "calendar"):
        one = aggregate(group_time_effects(doubled, TREATED, weights="w"), by).table
        other = aggregate(group_time_effects(copies, TREATED), by).table
        np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-12)
    with pytest.raises(ParameterError, match="changes with time"):
        group_time_effects(rows, TREATED, weights="w")
    with pytest.raises(ParameterError, match="above zero"):
        two_way_effect(rows.assign(w=0.0), TREATED, weights="w")


def test_last_treated_group_can_be_compared_with(mpdta: pd.DataFrame) -> None:
    all_treated = mpdta[mpdta["first_treated"].notna()]
    result = interaction_weighted_effects(all_treated, TREATED, controls="last treated")
    shorter = all_treated[all_treated["time"] < 2007]
    shorter = shorter.assign(first_treated=shorter["first_treated"].where(shorter["first_treated"] < 2007))
    effects = aggregate(group_time_effects(shorter, TREATED, controls="never treated"), "event").by
    np.testing.assert_allclose(result.by.loc[0:, "estimate"], effects.loc[0:, "estimate"], atol=1e-9)
    assert any("group first treated in 2007; periods from 2007 on are left out" in note for note in result.notes)
    with pytest.raises(ParameterError, match="controls='last treated'"):
        interaction_weighted_effects(all_treated, TREATED)
    # Units never treated are left out, not compared with.
    assert interaction_weighted_effects(mpdta, TREATED, controls="last treated").overall.equals(result.overall)


def test_always_treated_units_are_a_group_of_their_own() -> None:
    """Goodman-Bacon's divorce laws have such States: they are compared with and never change."""
    rng = np.random.default_rng(9)
    first = np.repeat([1990, 2003, 2005, np.inf], [3, 5, 4, 6])
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(18), 6),
            "time": np.tile(np.arange(2001, 2007), 18),
            "outcome": rng.normal(size=108),
        }
    ).assign(first_treated=np.repeat(first, 6))
    found = two_way_decomposition(panel, TREATED, keep_always_treated=True)
    dummies = pd.get_dummies(panel[["unit", "time"]].astype(str), dtype=float)
    treated = (panel["time"] >= panel["first_treated"]).astype(float)
    regression = np.linalg.lstsq(np.column_stack([treated, dummies]), panel["outcome"], rcond=None)[0][0]
    assert found.two_way == pytest.approx(regression, abs=1e-12)
    assert two_way_effect(panel, TREATED, keep_always_treated=True).overall["estimate"] == pytest.approx(regression)
    assert found.comparisons["weight"].sum() == pytest.approx(1)
    always = found.comparisons[found.comparisons["kind"] == "treated against always treated"]
    assert always["control"].tolist() == [-np.inf, -np.inf]
    assert always["n_control"].tolist() == [3, 3]
    # One comparison by hand: those of 2003 before and after, against those always treated.
    means = panel.assign(after=panel["time"] >= 2003).groupby(["first_treated", "after"])["outcome"].mean()
    by_hand = means[2003, True] - means[2003, False] - means[1990, True] + means[1990, False]
    assert always["estimate"].iloc[0] == pytest.approx(by_hand)
    left_out = two_way_decomposition(panel, TREATED)
    assert any("3 unit(s) have no untreated period" in note for note in left_out.notes)
    assert not left_out.by_kind["kind"].str.contains("always").any()


def test_california_smoking(published: Callable[[str], pd.DataFrame]) -> None:
    packs = published("california_smoking/packs").rename(columns={"state": "unit"})
    data = packs.melt("unit", var_name="time", value_name="outcome").astype({"time": int})
    data["first_treated"] = np.where(data["unit"] == "California", 1989, np.nan)
    # Arkhangelsky et al. (2021), Table 1, difference in differences.
    for estimate in (imputation_effects, two_way_effect):
        assert estimate(data, TREATED).overall["estimate"] == pytest.approx(-27.34911, abs=1e-4)
    assert two_way_decomposition(data, TREATED).two_way == pytest.approx(-27.34911, abs=1e-4)
    assert any("1 of 1 groups" in note for note in group_time_effects(data, TREATED).notes)


def test_synthetic_differences(published: Callable[[str], pd.DataFrame]) -> None:
    packs = published("california_smoking/packs").rename(columns={"state": "unit"})
    data = packs.melt("unit", var_name="time", value_name="outcome").astype({"time": int})
    data["first_treated"] = np.where(data["unit"] == "California", 1989, np.nan)
    result = synthetic_effects(data, TREATED, draws=199, seed=1)
    # Arkhangelsky et al. (2021), Table 1: -15.6 (8.4). Each of the 38 other States in turn as placebo gives an error of 9.4.
    assert result.overall["estimate"] == pytest.approx(-15.604, abs=5e-3)
    assert result.overall["std_error"] == pytest.approx(9.4, abs=1.5)
    with pytest.raises(ParameterError, match="every unit in every period"):
        synthetic_effects(data.drop(index=5), TREATED)


def test_synthetic_differences_of_two_groups_are_averaged_by_treated_rows() -> None:
    rng = np.random.default_rng(3)
    first = np.repeat([4.0, 6.0, np.nan], [2, 3, 12])
    base = rng.normal(size=17)[:, None] + rng.normal(size=8)
    times = np.arange(1, 9)
    # Effects of 1 and 2: five treated periods of two units, three of three.
    effect = np.where(times >= first[:, None], np.where(first == 4, 1.0, 2.0)[:, None], 0.0)
    panel = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(17), 8),
            "time": np.tile(times, 17),
            "outcome": (base + effect + 1e-6 * rng.normal(size=(17, 8))).ravel(),
            "first_treated": np.repeat(first, 8),
        }
    )
    result = synthetic_effects(panel, TREATED, draws=99, seed=1)
    assert result.by["estimate"].tolist() == pytest.approx([1, 2], abs=1e-4)
    assert result.overall["estimate"] == pytest.approx((10 * 1 + 9 * 2) / 19, abs=1e-4)
    errors = result.by["std_error"]
    assert result.overall["std_error"] == pytest.approx((10 * errors.loc[4] + 9 * errors.loc[6]) / 19)


# --- Random timing ----------------------------------------------------------------------------------------------


def test_efficient_estimator_by_hand() -> None:
    """Two groups, two periods: the estimator is a regression-adjusted difference of means."""
    paths = {1: (1, 4), 2: (2, 6), 3: (3, 5), 4: (0, 1), 5: (2, 2), 6: (4, 6)}
    first = {1: 2, 2: 2, 3: 2}
    panel = pd.DataFrame(
        [
            {"unit": unit, "time": t, "outcome": value, "first_treated": first.get(unit)}
            for unit, path in paths.items()
            for t, value in enumerate(path, start=1)
        ]
    )
    # Group means: treated (2, 5), never (2, 3). Difference after: 2; before: 0, so the adjustment changes nothing.
    # Var before: treated 1, never 4. Cov before-after: treated cov((1,2,3),(4,6,5)) = 0.5, never
    # cov((0,2,4),(1,2,6)) = 5. beta = (0.5/3 + 5/3) / (1/3 + 4/3) = 1.1.
    # Var after: treated 1, never 7. Neyman variance: (1 + 7)/3 + 1.21 * 5/3 - 2 * 1.1 * 5.5/3 = 0.65.
    result = random_timing_effects(panel, TREATED).overall
    assert result["estimate"] == pytest.approx(2.0)
    assert result["std_error_conservative"] ** 2 == pytest.approx(0.65)
    # Effects explained by the past: slope 0.5/1 - 5/4 = -0.75, times the mean past variance 2.5, over 6 units.
    assert result["std_error"] ** 2 == pytest.approx(0.65 - 0.75**2 * 2.5 / 6)
    shifted = panel.assign(outcome=panel["outcome"] + np.where((panel["unit"] <= 3) & (panel["time"] == 1), 1.0, 0.0))
    # Treated start one higher: the difference of 1 before is taken off 1.1 times; plainly once; or not at all.
    for adjustment, expected in {"efficient": 0.9, "difference-in-differences": 1.0, "none": 2.0}.items():
        estimate = random_timing_effects(shifted, TREATED, adjustment=adjustment).overall["estimate"]
        assert estimate == pytest.approx(expected)


@pytest.mark.parametrize("by", ["simple", "group", "event", "calendar"])
def test_random_timing_with_unit_coefficient_is_callaway_santanna(mpdta: pd.DataFrame, by: str) -> None:
    theirs = aggregate(group_time_effects(mpdta, TREATED), by).table.set_index("at")
    ours = random_timing_effects(mpdta, TREATED, by=by, adjustment="difference-in-differences").table.set_index("at")
    both = ours.join(theirs, how="inner", suffixes=("", "_cs"))
    assert len(both) == len(ours)
    np.testing.assert_allclose(both["estimate"], both["estimate_cs"], atol=1e-12)


def test_random_timing_is_unbiased_covers_and_is_more_precise() -> None:
    rng = np.random.default_rng(5)
    # Equal masses at 4, 6 and never; cells of (4: 4..8) and (6: 6..8): mean effect (1+2+3+4+5 + 1+2+3) / 8.
    truth = 21 / 8
    found, did = [], []
    for _ in range(150):
        order = rng.permutation(np.repeat([4.0, 6.0, np.inf], 15))
        panel = simulated(rng, order, memory=0.5)
        row = random_timing_effects(panel, TREATED).overall
        found.append((row["estimate"], row["std_error"], row["ci_low"] <= truth <= row["ci_high"]))
        moments = cohort_moments(panel["outcome"].to_numpy().reshape(45, 8), order, np.arange(1.0, 9.0))
        did.append(adjusted_estimates(moments, "simple", "difference-in-differences", 0)[1][0])
    efficient = np.array(found, dtype=float)
    spread = efficient[:, 0].std()
    assert abs(efficient[:, 0].mean() - truth) < 3 * spread / np.sqrt(150)
    # The standard error tells the truth about the spread, and coverage is nominal within three binomial errors.
    assert efficient[:, 1].mean() == pytest.approx(spread, rel=0.2)
    assert 0.89 < efficient[:, 2].mean() <= 1.0
    # Where the past tells less than one for one, subtracting all of it wastes precision.
    assert spread < 0.9 * np.std(did)


# --- Refusals ---------------------------------------------------------------------------------------------------


def test_panels_that_are_refused() -> None:
    panel = small_panel()
    for change, message in (
        (panel.drop(columns="outcome"), "'outcome' is not in the table"),
        (pd.concat([panel, panel.iloc[:1]]), "more than one row for 1"),
        (panel.assign(first_treated=panel["first_treated"].mask(panel.index == 0, 2)), "varies within unit 'a'"),
        (panel.assign(time=panel["time"] + 0.5), "whole numbers"),
        (panel.assign(first_treated=np.nan), "No unit is treated"),
        (panel.assign(first_treated=3), "same period"),
        (panel.assign(outcome=np.nan), "No row"),
        (panel.assign(unit=panel["unit"].mask(panel.index == 2)), "'unit' is empty in row 2"),
    ):
        with pytest.raises(ParameterError, match=message):
            staggered_panel(change, TREATED)
    with pytest.raises(ParameterError, match="entry period is 'half'"):
        Timing("half")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="Anticipation is -1"):
        Timing("treated", -1)
    with pytest.raises(ParameterError, match="No unit is never treated"):
        group_time_effects(panel[panel["unit"] != "d"], TREATED, controls="never treated")
    separated = panel.assign(x=panel["unit"].isin(["a", "b"]).astype(float))
    with pytest.raises(ParameterError, match="almost perfectly"):
        group_time_effects(separated, TREATED, covariates=["x"], method="ipw")
    with pytest.raises(ParameterError, match="cannot be fitted to this panel: Fewer observations"):
        group_time_effects(separated, TREATED, covariates=["x"], method="dr")
    with pytest.raises(ParameterError, match="every unit in every period"):
        two_way_decomposition(panel.iloc[1:], TREATED)
    with pytest.raises(ParameterError, match="at least two units"):
        cohort_moments(np.zeros((3, 2)), np.array([2.0, 3.0, np.inf]), np.array([1.0, 2.0]))


def test_what_is_set_aside_is_counted() -> None:
    panel = small_panel()
    panel.loc[panel["unit"] == "b", "first_treated"] = 1
    panel.loc[0, "outcome"] = np.nan
    checked = staggered_panel(panel, TREATED)
    assert checked.units == ("a", "c", "d")
    assert not checked.balanced
    assert any("1 of 16 unit-periods" in note for note in checked.notes)
    assert any("1 unit(s) have no untreated period" in note and "(b)" in note for note in checked.notes)
    assert np.isnan(checked.outcomes()[0, 0])
    assert any("unbalanced" in note for note in group_time_effects(panel, TREATED).notes)
    late = staggered_panel(small_panel(), Timing("untreated"))
    assert any("after the panel ends" in note for note in late.notes)
    assert np.isinf(late.cohort[2])
