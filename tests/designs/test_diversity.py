"""Diversity, coverage, turnover of categories and trends within units: by hand, published, brute force, simulated."""

from __future__ import annotations

import warnings
from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from crimjust_research.designs.composition.diversity import (
    common_coverage,
    coverage_at,
    diversity_at,
    diversity_indices,
    hill_number,
    size_for_coverage,
    standardised_diversity,
)
from crimjust_research.designs.composition.turnover import category_spells, entry_and_exit_rates
from crimjust_research.designs.panel.unit_effects import unit_effects_regression, within_units, without_each_unit
from crimjust_research.designs.resampling.unit_blocks import exchanged, signed
from crimjust_research.errors import ParameterError

# Spiders in girdled and logged hemlock plots (Ellison et al. 2010; Sackett et al. 2011), the published worked example
# of coverage-based rarefaction (Chao et al. 2014; Hsieh, Ma and Chao 2016).
GIRDLED = [46, 22, 17, 15, 15, 9, 8, 6, 6, 4] + [2] * 4 + [1] * 12
LOGGED = [88, 22, 16, 15, 13, 10, 8, 8, 7, 7, 7, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2] + [1] * 14

SMALL = np.array([5, 3, 2, 1, 1, 0])


# --- Plug-in measures by hand -----------------------------------------------------------------------------------


def test_six_units_by_hand() -> None:
    units = pd.DataFrame(
        [[10, 10, 0, 0], [40, 0, 0, 0], [1, 1, 1, 1], [2, 1, 1, 0], [0, 0, 0, 0], [6, 3, 1, 0]],
        index=list("ABCDEF"),
        columns=["cocaine", "heroin", "opium", "other"],
    )
    table = diversity_indices(units)
    # A: two equal halves. B: all one. C: four equal quarters. D: 1/2, 1/4, 1/4. E: nothing. F: 0.6, 0.3, 0.1.
    log2 = np.log(2)
    f_entropy = -(0.6 * np.log(0.6) + 0.3 * np.log(0.3) + 0.1 * np.log(0.1))
    missing = np.nan
    assert table["total"].tolist() == [20, 40, 4, 4, 0, 10]
    assert table["hill_0"].tolist() == pytest.approx([2, 1, 4, 3, missing, 3], nan_ok=True)
    # D: 0.5 * log 2 + 2 * 0.25 * log 4 = 1.5 log 2.
    shannon = [log2, 0, 2 * log2, 1.5 * log2, missing, f_entropy]
    assert table["shannon"].tolist() == pytest.approx(shannon, nan_ok=True)
    assert table["hill_1"].tolist() == pytest.approx([2, 1, 4, 2**1.5, missing, np.exp(f_entropy)], nan_ok=True)
    # Sums of squares: 1/2, 1, 1/4, 1/4 + 2/16 = 3/8, -, 0.36 + 0.09 + 0.01 = 0.46.
    assert table["hhi"].tolist() == pytest.approx([0.5, 1, 0.25, 0.375, missing, 0.46], nan_ok=True)
    assert table["simpson"].tolist() == pytest.approx([0.5, 0, 0.75, 0.625, missing, 0.54], nan_ok=True)
    assert table["hill_2"].tolist() == pytest.approx([2, 1, 4, 8 / 3, missing, 1 / 0.46], nan_ok=True)


@settings(max_examples=50)
@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=8), st.floats(0.1, 1000))
def test_hill_numbers_fall_with_order_and_ignore_scale(amounts: list[float], factor: float) -> None:
    orders = [0, 0.5, 1, 2, 5]
    profile = [float(hill_number(amounts, q)) for q in orders]
    assert all(high >= low - 1e-9 for high, low in pairwise(profile))
    assert profile[0] == pytest.approx(len(amounts))
    assert [float(hill_number(np.multiply(amounts, factor), q)) for q in orders] == pytest.approx(profile)
    # Replication: two copies of the composition without categories in common count twice as many kinds.
    assert [float(hill_number(amounts * 2, q)) for q in orders] == pytest.approx(2 * np.array(profile))


# --- Coverage and rarefaction -----------------------------------------------------------------------------------


def test_coverage_by_hand() -> None:
    # n = 12, f1 = 2, f2 = 1: f0 = 11/12 * 4/2 = 11/6; A = 12 * 11/6 / (22 + 2) = 22/24; C = 1 - 2/12 * 22/24.
    assert float(coverage_at(SMALL, 12)) == pytest.approx(1 - 2 / 12 * 22 / 24)
    # One case more shrinks what is missed by A once more.
    assert float(coverage_at(SMALL, 13)) == pytest.approx(1 - 2 / 12 * (22 / 24) ** 2)
    # A single case covers the share of its own category: sum X (X - 1) / (n (n - 1)) = (20 + 6 + 2) / 132.
    assert float(coverage_at(SMALL, 1)) == pytest.approx(28 / 132)
    # No doubletons: f0 = 11/12 * 2 * 1 / 2; one singleton alone counts as fully covered; none, too.
    without = float(coverage_at([10, 1, 1], 12))
    assert without == pytest.approx(1 - 2 / 12 * 11 / (11 + 2))
    assert float(coverage_at([11, 1], 12)) == float(coverage_at([6, 6], 12)) == 1


def test_published_spiders() -> None:
    # The authors report coverages of 92.89 % and 94.46 % and these asymptotic diversities.
    assert float(coverage_at(GIRDLED, 168)) == pytest.approx(0.9289, abs=5e-5)
    assert float(coverage_at(LOGGED, 252)) == pytest.approx(0.9446, abs=5e-5)
    published = {0: (43.892857, 61.402778), 1: (13.826253, 16.337069), 2: (8.174825, 6.920350)}
    everything = 1e12  # cases: a sample without end
    for order, (girdled, logged) in published.items():
        assert float(diversity_at(GIRDLED, order, everything)) == pytest.approx(girdled, abs=1e-6)
        assert float(diversity_at(LOGGED, order, everything)) == pytest.approx(logged, abs=1e-6)
    observed = {0: (26.0, 37.0), 1: (12.059650, 14.421002), 2: (7.84, 6.761499)}
    for order, (girdled, logged) in observed.items():
        assert float(diversity_at(GIRDLED, order, 168)) == pytest.approx(girdled, abs=1e-6)
        assert float(diversity_at(LOGGED, order, 252)) == pytest.approx(logged, abs=1e-6)


@pytest.mark.parametrize("size", [1, 2, 5, 9, 11])
def test_rarefaction_is_the_expectation_over_all_subsamples(size: int) -> None:
    # From the definition: K_i of category i in a sample without replacement is hypergeometric.
    expected = [
        sum(
            comb(x, k) * comb(12 - x, size - k) / comb(12, size) * term(k)
            for x in SMALL.tolist()
            for k in range(1, size + 1)
        )
        for term in (lambda _: 1, lambda k: -(k / size) * np.log(k / size), lambda k: (k / size) ** 2)
    ]
    found = [float(diversity_at(SMALL, order, size)) for order in (0, 1, 2)]
    assert found == pytest.approx([expected[0], np.exp(expected[1]), 1 / expected[2]])


def test_extrapolation_by_hand() -> None:
    # f0 = 11/6, A = 11/12: six more cases find f0 (1 - A^6) more categories.
    assert float(diversity_at(SMALL, 0, 18)) == pytest.approx(5 + 11 / 6 * (1 - (11 / 12) ** 6))
    # q = 2: 1/18 + 17/18 * sum X (X - 1) / (n (n - 1)).
    assert float(diversity_at(SMALL, 2, 18)) == pytest.approx(1 / (1 / 18 + 17 / 18 * 28 / 132))
    # The asymptotic entropy by its own series: sum X/n (1/X + ... + 1/(n-1)) + f1/n sum over r >= n of A^(r-n+1)/r.
    known = sum(x / 12 * sum(1 / r for r in range(x, 12)) for x in SMALL if x)
    tail = 2 / 12 * sum((11 / 12) ** (r - 11) / r for r in range(12, 800))
    assert float(diversity_at(SMALL, 1, 1e12)) == pytest.approx(np.exp(known + tail))
    observed = np.log(float(hill_number(SMALL, 1)))
    assert float(diversity_at(SMALL, 1, 18)) == pytest.approx(np.exp(12 / 18 * observed + 6 / 18 * (known + tail)))


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=3, max_size=10).filter(lambda x: sum(x) >= 5), st.floats(0.3, 0.95))
def test_size_and_coverage_invert_each_other(counts: list[int], target: float) -> None:
    size = float(size_for_coverage(counts, target))
    reached = float(coverage_at(counts, size))
    first, full = float(coverage_at(counts, 1)), float(coverage_at(counts, sum(counts)))
    assert reached >= target - 1e-9
    if first < target < full or size > sum(counts):
        assert reached == pytest.approx(target, abs=1e-9)
    curve = coverage_at(counts, np.arange(1, 2 * sum(counts)))
    assert np.all(np.diff(curve) >= -1e-12)
    richness = diversity_at(counts, 0, np.arange(1, 2 * sum(counts)))
    assert np.all(np.diff(richness) >= -1e-9)


def test_units_are_compared_at_one_coverage() -> None:
    counts = pd.DataFrame([GIRDLED + [0] * 11, LOGGED], index=pd.Index(["girdled", "logged"], name="plot"))
    target = common_coverage(counts)
    assert target == pytest.approx(float(coverage_at(GIRDLED, 336)))
    table = standardised_diversity(counts, coverage=0.9289, draws=60, seed=3).set_index(["plot", "order"])
    assert table.loc[("logged", 0), "method"] == "rarefied"
    assert table.loc["logged", "size"].between(174, 176).all()
    assert table.loc[("girdled", 0), "estimate"] == pytest.approx(26, abs=0.02)
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()
    assert not table["beyond_double"].any()
    again = standardised_diversity(counts, coverage=0.9289, draws=60, seed=3).set_index(["plot", "order"])
    pd.testing.assert_frame_equal(table, again)


def test_coverage_standardisation_undoes_unequal_sampling() -> None:
    # One assemblage sampled with 60 and with 600 cases: raw richness differs widely, at equal coverage it does not.
    share = np.random.default_rng(5).dirichlet(np.full(30, 0.6))
    rng = np.random.default_rng(6)
    small, large = rng.multinomial(60, share, size=150), rng.multinomial(600, share, size=150)
    raw = (large > 0).sum(axis=1).mean() - (small > 0).sum(axis=1).mean()
    sizes = size_for_coverage(small, 0.9), size_for_coverage(large, 0.9)
    level = diversity_at(large, 0, sizes[1]).mean() - diversity_at(small, 0, sizes[0]).mean()
    assert raw > 5
    assert abs(level) < raw / 5


def test_bad_amounts_are_refused() -> None:
    with pytest.raises(ParameterError, match="-1"):
        hill_number([3, -1], 1)
    with pytest.raises(ParameterError, match="weights are not draws"):
        coverage_at([2.5, 1], 1)
    with pytest.raises(ParameterError, match="no case"):
        size_for_coverage([0, 0], 0.5)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        size_for_coverage([3, 1], 1.0)
    with pytest.raises(ParameterError, match="smallest is 1"):
        diversity_at([3, 1], 0, 0)
    with pytest.raises(ParameterError, match="0, 1 and 2"):
        diversity_at([3, 1], 3, 2)
    with pytest.raises(ParameterError, match="whole number of 50 or more"):
        standardised_diversity(pd.DataFrame([[3, 1]]), coverage=0.5, draws=10, seed=1)


# --- Entry and exit ---------------------------------------------------------------------------------------------


@pytest.fixture
def reported() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A reports 2012, 2014, 2016 and 2018; B 2016 and 2018. Nobody reports 2017."""
    reports = pd.DataFrame({"unit": list("AAAABB"), "period": [2012, 2014, 2016, 2018, 2016, 2018]})
    rows = [
        ("A", 2012, "cocaine"),
        ("A", 2014, "cocaine"),
        ("A", 2016, "fentanyl"),
        ("A", 2018, "fentanyl"),
        ("A", 2014, "opium"),
        ("A", 2018, "heroin"),
        ("B", 2016, "cocaine"),
        ("B", 2018, "cocaine"),
    ]
    return pd.DataFrame(rows, columns=["unit", "period", "category"]), reports


def test_spells_of_categories_by_hand(reported: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    spells = category_spells(*reported).set_index(["unit", "category"])
    # Fentanyl entered A after 2014 and by 2016 and is still there; cocaine was there from the start and left after
    # 2014, by 2016; opium came and went around 2014; heroin appears in the last report.
    dates = ["absent_before", "first_seen", "last_seen", "absent_after"]
    assert spells.loc[("A", "fentanyl"), dates].tolist()[:3] == [2014, 2016, 2018]
    assert np.isnan(spells.loc[("A", "fentanyl"), "absent_after"])
    assert spells.loc[("A", "opium"), dates].tolist() == [2012, 2014, 2014, 2016]
    assert spells.loc[("A", "cocaine"), dates].tolist()[1:] == [2012, 2014, 2016]
    assert spells["left_censored"].to_dict() == {
        ("A", "cocaine"): True,
        ("A", "fentanyl"): False,
        ("A", "heroin"): False,
        ("A", "opium"): False,
        ("B", "cocaine"): True,
    }
    assert spells.index[spells["right_censored"]].tolist() == [("A", "fentanyl"), ("A", "heroin"), ("B", "cocaine")]
    # A longer absence asked for: opium, seen in A's second report, may be older.
    strict = category_spells(*reported, settle=2).set_index(["unit", "category"])
    assert strict.loc[("A", "opium"), "left_censored"]
    assert not strict.loc[("A", "fentanyl"), "left_censored"]
    assert strict.loc[("A", "fentanyl"), "right_censored"]


def test_rates_count_the_years_between_reports(reported: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    rates = entry_and_exit_rates(*reported).set_index("period")
    # 2016: A's fentanyl, two years after its report of 2014. 2018: A and B exposed two years each, heroin entered.
    assert rates["entry_units"].tolist() == [0, 1, 1, 2]
    assert rates["entry_exposure"].tolist() == [0, 2, 2, 4]
    assert rates["entries"].tolist() == [0, 1, 1, 1]
    assert rates["entry_rate"].tolist() == pytest.approx([np.nan, 0.5, 0.5, 0.25], nan_ok=True)
    # Cocaine and opium were gone from A by 2016; in 2018 nothing left.
    assert rates["exits"].tolist() == [0, 0, 2, 0]
    assert rates["exit_rate"].tolist() == pytest.approx([np.nan, 0, 1, 0], nan_ok=True)
    assert rates["reporting"].tolist() == [1, 1, 2, 2]


def test_bad_reports_are_refused(reported: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    presence, reports = reported
    with pytest.raises(ParameterError, match="no report"):
        category_spells(presence, reports[reports["period"] != 2014])
    with pytest.raises(ParameterError, match="two reports for 2012"):
        category_spells(presence, pd.concat([reports, reports.iloc[:1]]))
    with pytest.raises(ParameterError, match="twice in 2012"):
        category_spells(pd.concat([presence, presence.iloc[:1]]), reports)
    with pytest.raises(ParameterError, match="settle"):
        category_spells(presence, reports, settle=0)


# --- Trends within units ----------------------------------------------------------------------------------------


def panel(seed: int, n_units: int = 9, effect: float = 0.3) -> pd.DataFrame:
    """An unbalanced panel with correlated errors and a second term that only some units have."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(n_units):
        drift, level = rng.normal(0, 0.1), rng.normal()
        for year in range(2012, 2012 + int(rng.integers(3, 9))):
            x = rng.normal()
            rows.append((f"u{unit}", year, x, level + (effect + drift) * (year - 2012) + rng.normal(), unit < 4))
    frame = pd.DataFrame(rows, columns=["unit", "year", "x", "y", "member"])
    return frame.assign(member_year=frame["member"] * (frame["year"] - 2012.0))


def test_clustered_errors_agree_with_pyfixest() -> None:
    frame = panel(1)
    ours = unit_effects_regression(frame, "y", ["year", "x"], "unit").table.set_index("term")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyfixest's own calls to pandas are on their way out
        import pyfixest

        theirs = pyfixest.feols("y ~ year + x | unit", frame, vcov={"CRV1": "unit"}).tidy()
    assert ours["estimate"].tolist() == pytest.approx(theirs["Estimate"].tolist())
    assert ours["std_error_cr1"].tolist() == pytest.approx(theirs["Std. Error"].tolist())


def test_cr2_and_its_degrees_of_freedom_by_definition() -> None:
    frame = panel(2)
    terms = ["year", "x", "member_year"]
    result = unit_effects_regression(frame, "y", terms, "unit")
    # With every dummy written out: A_g is the pseudo-inverse root of (I - H)_gg, e = (I - H) y.
    dummies = pd.get_dummies(frame["unit"], dtype=float).to_numpy()
    design = np.column_stack([frame[terms].astype(float) - frame[terms].mean(), dummies])
    bread = np.linalg.inv(design.T @ design)
    annihilator = np.eye(len(frame)) - design @ bread @ design.T
    residual = annihilator @ frame["y"].to_numpy()
    members = [np.flatnonzero(frame["unit"] == unit) for unit in sorted(frame["unit"].unique())]

    def root(block: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh(block)
        inverse = np.where(values > 1e-9, 1 / np.sqrt(values.clip(1e-9)), 0)
        return vectors * inverse @ vectors.T

    weights = [root(annihilator[np.ix_(g, g)]) @ design[g] @ bread for g in members]
    for column, row in enumerate(result.table.to_dict("records")):
        pulls = np.array([w[:, column] @ residual[g] for w, g in zip(weights, members, strict=True)])
        assert row["std_error"] == pytest.approx(np.sqrt(np.sum(pulls**2)))
        vectors = np.array([annihilator[:, g] @ w[:, column] for w, g in zip(weights, members, strict=True)])
        form = vectors @ vectors.T
        assert row["df"] == pytest.approx(np.trace(form) ** 2 / np.sum(form**2))
        assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["estimate"] / row["std_error"]), row["df"]))


def test_weights_are_those_of_weighted_least_squares_with_cr2_of_what_is_scaled() -> None:
    frame = panel(5)
    frame["w"] = 1 / frame.groupby("unit")["y"].transform("size")
    found = unit_effects_regression(frame, "y", ["year", "x"], "unit", weights="w").table
    root = np.sqrt(frame["w"].to_numpy())[:, None]
    dummies = pd.get_dummies(frame["unit"], dtype=float).to_numpy()
    design = root * np.column_stack([frame["year"] - 2015.0, frame["x"], dummies])
    y = root[:, 0] * frame["y"].to_numpy()
    assert found["estimate"].tolist() == pytest.approx(np.linalg.lstsq(design, y)[0][:2].tolist())
    bread = np.linalg.inv(design.T @ design)
    annihilator = np.eye(len(frame)) - design @ bread @ design.T
    pulls = []
    for unit in frame["unit"].unique():
        g = np.flatnonzero(frame["unit"] == unit)
        values, vectors = np.linalg.eigh(annihilator[np.ix_(g, g)])
        inverse = np.where(values > 1e-9, 1 / np.sqrt(values.clip(1e-9)), 0)
        pulls.append(bread[:2] @ design[g].T @ (vectors * inverse) @ vectors.T @ (annihilator @ y)[g])
    assert found["std_error"].tolist() == pytest.approx(np.sqrt(np.square(pulls).sum(axis=0)).tolist())
    with pytest.raises(ParameterError, match="differ within a unit"):
        unit_effects_regression(frame.assign(w=frame["x"] ** 2 + 1), "y", ["year"], "unit", weights="w")
    with pytest.raises(ParameterError, match="weights are above zero"):
        unit_effects_regression(frame.assign(w=0.0), "y", ["year"], "unit", weights="w")


def test_many_outcomes_at_once_are_one_after_the_other() -> None:
    frame = panel(6).sample(frac=1, random_state=1)  # rows in any order
    frame = pd.concat([frame, frame.head(1).assign(unit="seen once")])
    design = within_units(frame, ["year", "x"], "unit")
    outcomes = np.random.default_rng(2).normal(size=(len(frame), 3))
    estimate, error = design.fits(outcomes[design.kept])
    for column in range(3):
        one = unit_effects_regression(frame.assign(y=outcomes[:, column]), "y", ["year", "x"], "unit").table
        assert estimate[:, column].tolist() == pytest.approx(one["estimate"].tolist())
        assert error[:, column].tolist() == pytest.approx(one["std_error"].tolist())


def test_without_each_unit_is_every_unit_dropped_in_its_turn() -> None:
    frame = panel(7, n_units=12).sample(frac=1, random_state=1)
    frame = pd.concat([frame, frame.head(1).assign(unit="seen once")])
    terms = ["year", "x", "member_year"]
    found = without_each_unit(frame, "y", terms, "unit", 0.1)
    assert list(found["unit"].unique()) == sorted(set(frame["unit"]) - {"seen once"})
    for unit, rows in found.groupby("unit"):
        alone = unit_effects_regression(frame[frame["unit"] != unit], "y", terms, "unit", 0.1)
        assert rows["n_obs"].unique().tolist() == [alone.n_obs]
        assert rows["n_units"].unique().tolist() == [alone.n_units]
        for column in alone.table:
            expected = alone.table[column].tolist()
            assert rows[column].tolist() == (expected if column == "term" else pytest.approx(expected, rel=1e-9))


def test_a_unit_without_which_nothing_can_be_fitted_has_no_row() -> None:
    frame = panel(8)
    # Of two units alone, so that without either it varies in one.
    rare = frame.assign(x=frame["x"].where(frame["unit"].isin(["u2", "u3"]), 0.0))
    assert set(without_each_unit(rare, "y", ["year", "x"], "unit")["unit"]) == set(frame["unit"]) - {"u2", "u3"}
    with pytest.raises(ParameterError, match="within one unit only"):
        unit_effects_regression(rare[rare["unit"] != "u2"], "y", ["year", "x"], "unit")
    # The two terms differ in one unit alone.
    twins = frame.assign(twin=frame["x"] + (frame["unit"] == "u4") * frame["year"])
    assert set(without_each_unit(twins, "y", ["x", "twin"], "unit")["unit"]) == set(frame["unit"]) - {"u4"}
    exact = frame.assign(y=frame["year"] + (frame["unit"] == "u4") * frame["x"])
    assert set(without_each_unit(exact, "y", ["year"], "unit")["unit"]) == set(frame["unit"]) - {"u4"}
    few = frame[frame["unit"].isin(["u0", "u1", "u2"])]
    assert without_each_unit(few, "y", ["year"], "unit").empty


def test_samples_of_whole_units_keep_what_hangs_together() -> None:
    code = np.array([0, 1, 0, 2, 1, 3, 2, 3, 3])
    residuals = np.array([1.0, 10.0, 2.0, 100.0, 20.0, 7.0, 200.0, 8.0, 9.0])
    rng = np.random.default_rng(1)
    signs = signed(residuals, code, 50, rng) / residuals[:, None]
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert all((signs[code == unit] == signs[code == unit][:1]).all() for unit in range(4))
    given = exchanged(residuals, code, 400, rng)
    pairs = {tuple(given[code == 0, draw]) for draw in range(400)}
    assert pairs == {(1.0, 2.0), (10.0, 20.0), (100.0, 200.0)}  # of any unit of two rows, in their order
    assert (given[code == 3] == np.array([[7.0], [8.0], [9.0]])).all()  # alone with three


def test_few_units_keep_the_size_of_the_test() -> None:
    # Units drift on their own, the common trend is nil, six units: the test should reject 5 % of samples.
    p = [
        unit_effects_regression(panel(seed, n_units=6, effect=0.0), "y", ["year"], "unit").table["p_value"][0]
        for seed in range(300)
    ]
    assert np.mean(np.array(p) < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_bad_panels_are_refused() -> None:
    frame = panel(4)
    once = pd.DataFrame({"unit": ["alone"], "year": [2012], "x": [0.0], "y": [1.0], "member_year": [0.0]})
    assert unit_effects_regression(pd.concat([frame, once]), "y", ["year"], "unit").dropped == 1
    for change, terms, said in (
        ({}, ["absent"], "'absent' is not in the table"),
        ({"fixed": 1.0}, ["fixed"], "does not vary"),
        ({"twice": 2 * frame["x"]}, ["x", "twice"], "linearly dependent"),
        ({"x": frame["x"].where(frame["x"] < 1)}, ["x"], "misses"),
        ({"unit": "same"}, ["x"], "at least three"),
        ({}, [], "at least one term"),
    ):
        with pytest.raises(ParameterError, match=said):
            unit_effects_regression(frame.assign(**change), "y", terms, "unit")
