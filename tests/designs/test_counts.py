"""Counts, shares, ratings, amounts and rounded figures: published answers, other code, and samples of known truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import approx_fprime, minimize
from scipy.special import expit
from statsmodels.datasets import randhie
from statsmodels.discrete.discrete_model import Logit, NegativeBinomial
from statsmodels.genmod.families import Binomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS

from crimjust_research.designs.counts.beta_binomial import (
    beta_binomial,
    beta_binomial_hessian,
    beta_binomial_likelihood,
    simulate_beta_binomial,
)
from crimjust_research.designs.counts.bounds import Bounds
from crimjust_research.designs.counts.ordinal import cumulative_link, cumulative_link_mixed
from crimjust_research.designs.counts.ppml import ppml
from crimjust_research.designs.counts.regressions import negative_binomial, population_averaged
from crimjust_research.designs.counts.two_part import two_part
from crimjust_research.errors import ParameterError

# --- Gravity ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trade(published: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Trade between 69 countries in six years, one row a direction; both directions of a pair are one cluster."""
    flows = published("gravity/trade").melt(["year", "exporter"], var_name="importer", value_name="trade").dropna()
    pairs = published("gravity/pairs")
    pairs = pairs.assign(pair=range(len(pairs)), ln_dist=np.log(pairs["dist"]))
    back = pairs.rename(columns={"exporter": "importer", "importer": "exporter"})
    return flows.merge(pd.concat([pairs, back]), on=["exporter", "importer"], validate="many_to_one")


TERMS = ["ln_dist", "cntg", "lang", "clny"]
EFFECTS = [("exporter", "year"), ("importer", "year")]


def test_published_gravity_by_ppml(trade: pd.DataFrame, published: Callable[[str], pd.DataFrame]) -> None:
    answers = published("gravity/answers").set_index("term")
    fit = ppml(trade, "trade", TERMS, EFFECTS, "pair")
    table = fit.table.set_index("term").loc[answers.index]
    assert table["estimate"].to_numpy() == pytest.approx(answers["estimate"].to_numpy(), abs=6e-4)
    errors = answers["std_error"].dropna()
    assert len(errors) == 3
    assert table.loc[errors.index, "std_error"].to_numpy() == pytest.approx(errors.to_numpy(), abs=2e-3)
    assert (fit.n_obs, fit.dropped) == (28152, 0)


def test_ppml_counts_what_it_cannot_use() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"unit": np.repeat(range(10), 6), "x": rng.normal(size=60)})
    frame["y"] = np.where(frame["unit"] == 3, 0, rng.poisson(np.exp(0.5 * frame["x"] + 0.1 * frame["unit"])))
    fit = ppml(frame, "y", ["x"], ["unit"], "unit")
    # A unit whose outcomes are all zero has no finite effect: its six rows say nothing about x.
    assert (fit.dropped, fit.n_obs) == (6, 54)
    assert fit.n_clusters == 9
    for change, terms, said in (
        ({"y": -1.0}, ["x"], "not negative"),
        ({"y": 2.0}, ["x"], "does not vary"),
        ({"x": np.nan}, ["x"], "misses 60 of 60"),
        ({}, ["z"], "'z' is not in the table"),
        ({"x": 2.0 * frame["unit"]}, ["x"], "None of"),
        ({"fixed": 2.0 * frame["unit"]}, ["x", "fixed"], "'fixed' does not vary once"),
    ):
        with pytest.raises(ParameterError, match=said):
            ppml(frame.assign(**change), "y", terms, ["unit"], "unit")


# --- Negative binomial and generalised estimating equations -------------------------------------------------------


def test_visits_to_doctors_by_negative_binomial() -> None:
    """RAND's health insurance experiment: R's MASS (coefficients) and Stata (dispersion), as statsmodels cites them."""
    data = randhie.load_pandas().data
    fit = negative_binomial(
        data, "mdvis", ["lncoins", "idp", "lpi", "fmde", "physlm", "disea", "hlthg", "hlthf", "hlthp"]
    )
    published = [0.663556, -0.057947, -0.267788, 0.041206, -0.038138, 0.268916, 0.038164, -0.044134, 0.017252, 0.177961]
    assert fit.table["estimate"].to_numpy() == pytest.approx(published, abs=2e-6)
    assert fit.dispersion == pytest.approx(1.2929533, abs=1e-6)
    assert fit.dispersion_std_error == pytest.approx(0.0186098, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(-43383.66207653563, abs=1e-5)
    errors = [0.025035, 0.006071, 0.022613, 0.004055, 0.003445, 0.029886, 0.001424, 0.019937, 0.035842, 0.074101]
    # MASS takes the expected information, this the observed: they agree to a few per cent.
    assert fit.table["std_error"].to_numpy() == pytest.approx(errors, rel=0.03)


def counted_twice(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"unit": np.repeat(np.arange(30), 6), "x": rng.normal(size=180), "size": rng.uniform(1, 4, 180)}
    )
    mean = frame["size"] * np.exp(0.4 * frame["x"]) * rng.gamma(2, 0.5, 30)[frame["unit"]]
    return frame.assign(y=rng.poisson(mean * rng.gamma(1.5, 1 / 1.5, 180)), calm=rng.poisson(3, 180))


def test_negative_binomial_exposure_clusters_and_limit() -> None:
    frame = counted_twice(1)
    fit = negative_binomial(frame, "y", ["x"], "unit", exposure="size")
    other = NegativeBinomial(frame["y"], np.column_stack([np.ones(180), frame["x"]]), exposure=frame["size"]).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": frame["unit"]}, maxiter=500, gtol=1e-10
    )
    assert fit.table["estimate"].to_numpy() == pytest.approx(other.params[:2].to_numpy(), abs=1e-7)
    assert fit.table["std_error"].to_numpy() == pytest.approx(other.bse[:2].to_numpy() * np.sqrt(177 / 179), rel=1e-6)
    assert fit.table["rate_ratio"].to_numpy() == pytest.approx(np.exp(other.params[:2]), rel=1e-6)
    assert (fit.n_clusters, fit.dispersion) == (30, pytest.approx(other.params.iloc[2], abs=1e-7))
    calm = negative_binomial(frame.assign(y=np.tile([2, 3, 4], 60)), "y", ["x"])
    poisson = GLM(np.tile([2, 3, 4], 60), np.column_stack([np.ones(180), frame["x"]]), family=Poisson()).fit()
    assert (calm.dispersion, calm.dispersion_p) == (0, 1)
    assert calm.table["std_error"].to_numpy() == pytest.approx(np.asarray(poisson.bse), rel=1e-7)
    assert "fit is Poisson" in calm.notes[0]
    separated = frame.assign(z=(frame["unit"] < 4).astype(float), y=frame["y"].where(frame["unit"] >= 4, 0))
    for change, terms, said in (
        ({"y": frame["y"] + 0.5}, ["x"], "is .* in row 0; counts are whole numbers"),
        ({"y": -1}, ["x"], "not negative"),
        ({"y": 2}, ["x"], "does not vary"),
        ({"size": 0.0}, ["x"], "above zero"),
        ({"copy": 2 * frame["x"]}, ["x", "copy"], "linearly dependent"),
        ({"z": separated["z"], "y": separated["y"]}, ["z"], "zero perfectly"),
        ({"unit": frame["unit"] % 2}, ["x"], "2 clusters"),
    ):
        with pytest.raises(ParameterError, match=said):
            negative_binomial(frame.assign(**change), "y", terms, "unit", exposure="size")
    lone = negative_binomial(frame.assign(z=(frame["unit"] == 4).astype(float)), "y", ["x", "z"], "unit")
    assert lone.table["p_value"].isna().tolist() == [False, False, True]


def test_estimating_equations_are_those_of_r() -> None:
    """A simulated panel that comes with statsmodels, its answers from R's gee as statsmodels' own tests cite them."""
    path = resources.files("statsmodels.genmod.tests.results") / "gee_poisson_1.csv"
    with path.open() as text:
        data = pd.read_csv(text, header=None, names=["unit", "y", "a", "b", "c", "d", "e"])
    answers = {
        "independent": (
            [-0.0364450, -0.0543209, 0.0156643, 0.5762859, -0.0046566, -0.4770932],
            [0.0611309, 0.0390681, 0.0334234, 0.0366861, 0.0304759, 0.0316348],
        ),
        "exchangeable": (
            [-0.0315616, -0.0562589, 0.0178419, 0.5715128, -0.0036326, -0.4759717],
            [0.0610840, 0.0376887, 0.0325168, 0.0369786, 0.0296141, 0.0306115],
        ),
    }
    for correlation, (estimates, errors) in answers.items():
        fit = population_averaged(data, "y", list("abcde"), "unit", correlation=correlation)
        assert fit.table["estimate"].to_numpy() == pytest.approx(estimates, abs=1e-5)
        assert fit.table["std_error"].to_numpy() == pytest.approx(errors, abs=1e-6)
    few = counted_twice(2)
    robust, reduced = (population_averaged(few, "y", ["x"], "unit", errors=e) for e in ("robust", "bias-reduced"))
    assert (reduced.table["std_error"] > robust.table["std_error"]).all()
    assert "errors='bias-reduced'" in robust.notes[0]
    assert 0 < robust.correlation < 1
    with pytest.raises(ParameterError, match="'nested'"):
        population_averaged(few, "y", ["x"], "unit", correlation="nested")


# --- Beta-binomial ----------------------------------------------------------------------------------------------

# Germination of two kinds of Orobanche seed on two root extracts (Crowder 1978, table 3).
GERMINATED = [10, 23, 23, 26, 17, 5, 53, 55, 32, 46, 10, 8, 10, 8, 23, 0, 3, 22, 15, 32, 3]
SEEDS = [39, 62, 81, 51, 39, 6, 74, 72, 51, 79, 13, 16, 30, 28, 45, 4, 12, 41, 30, 51, 7]


@pytest.fixture
def crowder() -> pd.DataFrame:
    frame = pd.DataFrame({"y": GERMINATED, "n": SEEDS, "o75": [1] * 11 + [0] * 10})
    return frame.assign(cucumber=[0] * 5 + [1] * 6 + [0] * 5 + [1] * 5, both=lambda f: f["o75"] * f["cucumber"])


def test_crowders_seeds_by_another_likelihood(crowder: pd.DataFrame) -> None:
    fit = beta_binomial(crowder, "y", "n", ["o75", "cucumber", "both"])
    design = np.column_stack([np.ones(21), crowder[["o75", "cucumber", "both"]]])

    def minus_log_likelihood(p: np.ndarray) -> float:
        mu, phi = expit(design @ p[:4]), np.exp(p[4])
        return -stats.betabinom.logpmf(crowder["y"], crowder["n"], mu * phi, (1 - mu) * phi).sum()

    theirs = minimize(minus_log_likelihood, np.append(np.zeros(4), 3.0), method="BFGS", options={"gtol": 1e-6})
    assert fit.log_likelihood == pytest.approx(-theirs.fun, abs=1e-6)
    assert fit.table["estimate"].to_numpy() == pytest.approx(theirs.x[:4], abs=1e-3)
    assert fit.correlation == pytest.approx(1 / (1 + np.exp(theirs.x[4])), abs=1e-4)
    assert fit.table["std_error"].to_numpy() == pytest.approx([0.2183, 0.2737, 0.2968, 0.3780], abs=5e-4)
    binomial = GLM(crowder[["y"]].assign(no=crowder["n"] - crowder["y"]), design, family=Binomial()).fit()
    assert fit.binomial_log_likelihood == pytest.approx(binomial.llf)
    assert fit.dispersion_chi2 == pytest.approx(2 * (fit.log_likelihood - binomial.llf))
    assert fit.dispersion_p == pytest.approx(stats.chi2.sf(fit.dispersion_chi2, 1) / 2)


@settings(max_examples=25)
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-1, 6), st.integers(0, 2**31))
def test_analytic_derivatives(b0: float, b1: float, log_phi: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 20, 12).astype(float)
    y = np.floor(n * rng.uniform(size=12))
    design = np.column_stack([np.ones(12), rng.normal(size=12)])
    at = np.array([b0, b1, log_phi])
    value, score = beta_binomial_likelihood(at, y, n, design)
    mu, phi = expit(design @ at[:2]), np.exp(log_phi)
    assert value == pytest.approx(stats.betabinom.logpmf(y, n, mu * phi, (1 - mu) * phi))
    step = 1e-6
    slope = approx_fprime(at, lambda p: beta_binomial_likelihood(p, y, n, design)[0].sum(), step)
    assert score.sum(axis=0) == pytest.approx(slope, abs=1e-3, rel=1e-3)
    bend = approx_fprime(at, lambda p: beta_binomial_likelihood(p, y, n, design)[1].sum(axis=0), step)
    assert beta_binomial_hessian(at, y, n, design) == pytest.approx(bend, abs=1e-3, rel=1e-3)


def test_beta_binomial_recovers_known_truth() -> None:
    rng = np.random.default_rng(3)
    estimates, covered = [], []
    for _ in range(80):
        x, n = rng.normal(size=120), rng.integers(2, 25, 120)
        y = simulate_beta_binomial(expit(-0.5 + 0.8 * x), n, 0.15, rng)
        fit = beta_binomial(pd.DataFrame({"y": y, "n": n, "x": x}), "y", "n", ["x"])
        estimates.append([*fit.table["estimate"], fit.correlation])
        inside = (fit.table["ci_low"] < [-0.5, 0.8]) & (fit.table["ci_high"] > [-0.5, 0.8])
        covered.append([*inside, fit.correlation_ci_low < 0.15 < fit.correlation_ci_high])
    # Means within three of their own standard errors, coverage within three of 95 %.
    spread = np.std(estimates, axis=0) / np.sqrt(80)
    assert np.all(np.abs(np.mean(estimates, axis=0) - [-0.5, 0.8, 0.15]) < 3 * spread + [0, 0, 0.005])
    assert np.all(np.mean(covered, axis=0) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 80))


def test_without_overdispersion_it_is_logistic_regression() -> None:
    # Shares closer to their mean than coin tosses would be: the likelihood rises as the dispersion goes to nothing.
    x = np.linspace(-1, 1, 40)
    frame = pd.DataFrame({"x": x, "n": 50, "y": np.round(50 * expit(0.3 + x)).astype(int)})
    fit = beta_binomial(frame, "y", "n", ["x"])
    logistic = GLM(
        np.column_stack([frame["y"], 50 - frame["y"]]), np.column_stack([np.ones(40), x]), family=Binomial()
    ).fit()
    assert fit.at_binomial_limit
    assert (fit.correlation, fit.dispersion_p, fit.dispersion_chi2) == (0, 1, 0)
    assert fit.table["estimate"].to_numpy() == pytest.approx(logistic.params)
    assert fit.table["std_error"].to_numpy() == pytest.approx(logistic.bse)
    assert np.isnan(fit.correlation_ci_high)


def test_errors_by_cluster_see_rows_that_belong_together() -> None:
    rng = np.random.default_rng(7)
    state = np.repeat(np.arange(40), 8)
    x = np.repeat(rng.normal(size=40), 8)
    lift = np.repeat(rng.normal(0, 0.8, 40), 8)
    frame = pd.DataFrame({"state": state, "x": x, "n": 12})
    frame["y"] = simulate_beta_binomial(expit(0.4 * x + lift), frame["n"], 0.02, rng)
    plain = beta_binomial(frame, "y", "n", ["x"])
    clustered = beta_binomial(frame, "y", "n", ["x"], cluster="state")
    assert clustered.table["estimate"].to_numpy() == pytest.approx(plain.table["estimate"].to_numpy())
    assert clustered.table["std_error"][1] > 1.5 * plain.table["std_error"][1]
    assert clustered.n_clusters == 40


def test_clustered_errors_are_the_sandwich_with_its_factor_for_few_clusters() -> None:
    # At the binomial limit the fit is logistic regression, whose sandwich statsmodels gives without the factor.
    x = np.linspace(-1, 1, 40)
    frame = pd.DataFrame({"x": x, "n": 50, "y": np.round(50 * expit(0.3 + x)).astype(int), "state": np.arange(40) // 4})
    fit = beta_binomial(frame, "y", "n", ["x"], cluster="state")
    assert fit.at_binomial_limit
    successes, design = frame[["y"]].assign(no=50 - frame["y"]), np.column_stack([np.ones(40), x])
    plain = GLM(successes, design, family=Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": frame["state"].to_numpy(), "use_correction": False}
    )
    assert fit.table["std_error"].tolist() == pytest.approx((plain.bse * np.sqrt(10 / 9)).tolist(), rel=1e-6)


def test_bad_shares_are_refused(crowder: pd.DataFrame) -> None:
    for change, terms, said in (
        ({"y": [99] * 21}, ["o75"], "99 of 39"),
        ({"n": 1, "y": 1}, ["o75"], "single trial"),
        ({"o75": 1}, ["cucumber", "o75"], "'o75' is constant"),
        ({"perfect": (crowder["y"] > 20) * 1.0, "y": (crowder["y"] > 20) * crowder["n"]}, ["perfect"], "separates"),
        ({"o75": [np.nan] + [1.0] * 20}, ["o75"], "misses 1 of 21"),
    ):
        with pytest.raises(ParameterError, match=said):
            beta_binomial(crowder.assign(**change), "y", "n", terms)
    with pytest.raises(ParameterError, match="below 1"):
        simulate_beta_binomial([0.5], [3], 1.0, np.random.default_rng(1))


# --- Ordered ratings --------------------------------------------------------------------------------------------


@pytest.fixture
def wine(published: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    return published("wine/ratings").astype({"tempwarm": float, "contactyes": float})


def test_published_wine_ratings(wine: pd.DataFrame, published: Callable[[str], pd.DataFrame]) -> None:
    answers = published("wine/answers").set_index(["model", "term"]).loc["plain"]
    fit = cumulative_link(wine, "rating", ["tempwarm", "contactyes"])
    terms = fit.table["term"].tolist()
    for column in ("estimate", "std_error"):
        assert fit.table[column].tolist() == pytest.approx(answers.loc[terms, column].tolist(), abs=1e-3)
    thresholds = answers.loc[[f"threshold {i}" for i in range(1, 5)], "estimate"]
    assert fit.thresholds["estimate"].tolist() == pytest.approx(thresholds.tolist(), abs=1e-3)
    assert fit.log_likelihood == pytest.approx(answers.loc["log likelihood", "estimate"], abs=1e-3)
    # Christensen's summary gives the thresholds' errors as 0.517, 0.438, 0.598 and 0.731.
    assert fit.thresholds["std_error"].tolist() == pytest.approx([0.517, 0.438, 0.598, 0.731], abs=1e-3)
    assert (fit.group_variance, fit.n_obs) == (None, 72)


def test_published_wine_ratings_with_judges(wine: pd.DataFrame, published: Callable[[str], pd.DataFrame]) -> None:
    answers = published("wine/answers").set_index(["model", "term"]).loc["judges", "estimate"]
    fit = cumulative_link_mixed(wine, "rating", ["tempwarm", "contactyes"], "judge")
    table = fit.table.set_index("term")
    for term in ("tempwarm", "contactyes"):
        assert table.loc[term, "estimate"] == pytest.approx(answers[term], abs=1e-3)
    assert fit.group_variance == pytest.approx(answers["judge_var"], abs=1e-3)
    assert table["std_error"].tolist() == pytest.approx([0.595, 0.513], abs=2e-3)
    assert fit.n_groups == 9


def test_ratings_in_words_and_bad_ratings() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=300)
    level = np.digitize(0.9 * x + rng.logistic(size=300), [-1, 1])
    words = pd.Categorical.from_codes(level, ["low", "middle", "high"], ordered=True)
    frame = pd.DataFrame({"x": x, "level": level, "words": words, "group": rng.integers(0, 12, 300)})
    fit, coded = cumulative_link(frame, "words", ["x"]), cumulative_link(frame, "level", ["x"])
    assert fit.thresholds["below"].tolist() == ["low", "middle"]
    assert fit.table["estimate"][0] == pytest.approx(coded.table["estimate"][0])
    assert fit.table["ci_low"][0] < 0.9 < fit.table["ci_high"][0]
    # Groups drawn at random have next to no variance, and then both models agree.
    mixed = cumulative_link_mixed(frame, "level", ["x"], "group")
    assert mixed.group_variance < 0.1
    assert mixed.table["estimate"][0] == pytest.approx(fit.table["estimate"][0], abs=0.05)
    for outcome, terms, said in (
        ("x", ["x"], "no order"),
        ("two", ["x"], "uses 2 categories"),
        ("level", ["one"], "is constant"),
        ("level", ["copy"], "separate ratings perfectly"),
    ):
        with pytest.raises(ParameterError, match=said):
            cumulative_link(frame.assign(two=level > 0, one=1, copy=level).astype({"two": int}), outcome, terms)


def test_ratings_do_not_depend_on_the_units_of_terms() -> None:
    rng = np.random.default_rng(5)
    year, wealth, group = rng.integers(0, 11, 400), rng.lognormal(0, 0.6, 400), rng.integers(0, 20, 400)
    latent = 0.2 * year + 0.5 * wealth + rng.normal(0, 0.7, 20)[group] + rng.logistic(size=400)
    frame = pd.DataFrame({"year": year, "wealth": wealth, "group": group, "rating": np.digitize(latent, [0.5, 2, 3])})
    # The likelihood is greatest where its slope, of the model written out, is nothing.
    plain = cumulative_link(frame, "rating", ["year", "wealth"])

    def log_likelihood(parameters: np.ndarray) -> float:
        cuts = np.concatenate([[-np.inf], parameters[2:], [np.inf]])
        fitted = frame[["year", "wealth"]].to_numpy() @ parameters[:2]
        rating = frame["rating"].to_numpy()
        return float(np.log(expit(cuts[rating + 1] - fitted) - expit(cuts[rating] - fitted)).sum())

    found = np.concatenate([plain.table["estimate"], plain.thresholds["estimate"]])
    assert plain.log_likelihood == pytest.approx(log_likelihood(found), rel=1e-12)
    for step in 1e-4 * np.eye(5):
        assert abs(log_likelihood(found + step) - log_likelihood(found - step)) / 2e-4 < 1e-4
    fits = {None: plain, "group": cumulative_link_mixed(frame, "rating", ["year", "wealth"], "group")}
    for first, unit in [(2_012, 25_000.0), (0, 1e-20), (0, 1e20), (-1e6, 1e-3), (2_012, 1e60)]:
        scaled = frame.assign(year=frame["year"] + first, wealth=unit * frame["wealth"])
        for group, fit in fits.items():
            if group is None:
                again = cumulative_link(scaled, "rating", ["year", "wealth"])
            else:
                again = cumulative_link_mixed(scaled, "rating", ["year", "wealth"], group)
                assert again.group_variance == pytest.approx(fit.group_variance, rel=1e-4)
            for column in ("estimate", "std_error"):
                expected = fit.table[column] / [1.0, unit]
                assert again.table[column].tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=0)
            moved = fit.thresholds["estimate"] + first * fit.table["estimate"][0]
            assert again.thresholds["estimate"].tolist() == pytest.approx(moved.tolist(), rel=1e-4)
            if first == 0:
                errors = fit.thresholds["std_error"].tolist()
                assert again.thresholds["std_error"].tolist() == pytest.approx(errors, rel=1e-4)
            assert again.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-8)


# --- Amounts with zeros -----------------------------------------------------------------------------------------


def amounts(seed: int, n_units: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(n_units), 5)
    x = rng.normal(size=unit.size) + np.repeat(rng.normal(size=n_units), 5)
    some = rng.uniform(size=unit.size) < expit(0.2 + 0.7 * x)
    amount = np.exp(1 + 0.5 * x + np.repeat(rng.normal(0, 0.5, n_units), 5) + rng.normal(size=unit.size))
    return pd.DataFrame({"unit": unit, "x": x, "y": np.where(some, amount, 0.0)})


def test_both_parts_agree_with_statsmodels() -> None:
    frame = amounts(1)
    fit = two_part(frame, "y", ["x"], "unit")
    some = frame["y"] > 0
    design = np.column_stack([np.ones(len(frame)), frame["x"]])
    logit = Logit(some.astype(float), design).fit(disp=False)
    logs = OLS(np.log(frame["y"][some]), design[some])
    plain = logs.fit()
    clustered = logs.fit(cov_type="cluster", cov_kwds={"groups": frame["unit"][some], "use_correction": False})
    parts = fit.table.set_index(["part", "term"])
    assert parts.loc["any", "estimate"].tolist() == pytest.approx(logit.params.tolist())
    assert parts.loc["amount", "estimate"].tolist() == pytest.approx(plain.params.tolist())
    groups = fit.n_clusters
    assert parts.loc["amount", "std_error"].tolist() == pytest.approx(
        (clustered.bse * np.sqrt(groups / (groups - 1))).tolist()
    )
    assert fit.smearing == pytest.approx(np.exp(plain.resid).mean())
    # The joined answer by differences of the expected amount when every x rises by h.
    chance = logit.predict(design)
    step = 1e-5
    higher = design + np.array([0, step])
    ratio = np.log(logit.predict(higher) / chance) + plain.params.iloc[1] * step
    assert parts.loc[("expected", "x"), "estimate"] == pytest.approx(np.mean(ratio) / step, rel=1e-3)

    # Its error by the delta method, with the gradient by differences: what each unit moves of both parts.
    def joined(a: np.ndarray) -> float:
        return float(np.mean(1 - expit(design @ a)) * a[1])

    a = np.asarray(logit.params)
    gradient = [(joined(a + h) - joined(a - h)) / (2 * step) for h in step * np.eye(2)]
    weight = chance * (1 - chance)
    of_any = (design * (some - chance).to_numpy()[:, None]) @ np.linalg.inv(design.T @ (design * weight[:, None]))
    left = np.where(some, np.log(frame["y"].where(some, 1.0)) - design @ np.asarray(plain.params), 0.0)
    of_amount = (design * left[:, None]) @ np.linalg.inv(design[some].T @ design[some])
    moves = pd.Series(of_any @ gradient + of_amount[:, 1]).groupby(frame["unit"]).sum()
    error = np.sqrt((moves**2).sum() * groups / (groups - 1))
    assert parts.loc[("expected", "x"), "std_error"] == pytest.approx(error, rel=1e-6)


def test_two_part_covers_the_truth() -> None:
    # Truth averaged over the population of x: E[1 - P] * 0.7 + 0.5, x normal with variance 2.
    x = np.random.default_rng(0).normal(0, np.sqrt(2), 400_000)
    truth = np.mean(1 - expit(0.2 + 0.7 * x)) * 0.7 + 0.5
    covered = []
    for seed in range(150):
        joined = two_part(amounts(seed), "y", ["x"], "unit").table.iloc[-1]
        covered.append(joined["ci_low"] < truth < joined["ci_high"])
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 150)


def test_bad_amounts_are_refused() -> None:
    frame = amounts(2)
    for change, said in (
        ({"y": -1.0}, "not negative"),
        ({"y": 1.0}, "300 of 300"),
        ({"y": [1.0, 2.0] + [0.0] * 298}, "too few"),
        ({"unit": 1}, "at least 3"),
        ({"x": (frame["y"] > 0) * 1.0}, "separates"),
    ):
        with pytest.raises(ParameterError, match=said):
            two_part(frame.assign(**change), "y", ["x"], "unit")


# --- Rounded figures --------------------------------------------------------------------------------------------

OVER_4000 = Bounds(4000, math.inf)


def test_gaps_and_needs_per_review() -> None:
    # "Some 8,000" to the nearest thousand is 7,500 to 8,500; "over 4,000" read as below 5,000; 173 reviews exactly.
    gaps, needs, reviews = Bounds(7500, 8500), Bounds(4000, 5000), Bounds(173, 173)
    per_review = gaps / reviews
    assert (per_review.low, per_review.high) == pytest.approx((7500 / 173, 8500 / 173))
    ratio = needs / gaps
    assert (ratio.low, ratio.high) == pytest.approx((4000 / 8500, 5000 / 7500))
    assert (OVER_4000 / reviews).high == math.inf
    assert (OVER_4000 / OVER_4000).low == 0
    assert gaps - needs == Bounds(2500, 4500)


@settings(max_examples=100)
@given(st.tuples(*[st.floats(-50, 50)] * 4), st.floats(0, 1), st.floats(0, 1))
def test_no_value_within_the_limits_escapes(ends: tuple[float, ...], at: float, where: float) -> None:
    a, b = (Bounds(*sorted(pair)) for pair in (ends[:2], ends[2:]))
    x, y = a.low + at * (a.high - a.low), b.low + where * (b.high - b.low)
    for result, value in ((a - b, x - y), (a * b, x * y)):
        assert result.low - 1e-9 <= value <= result.high + 1e-9
    if b.low > 0.01:
        quotient = a / b
        assert quotient.low - 1e-9 <= x / y <= quotient.high + 1e-9


def test_impossible_bounds_are_refused() -> None:
    with pytest.raises(ParameterError, match="not in order"):
        Bounds(2, 1)
    with pytest.raises(ParameterError, match="above zero"):
        Bounds(1, 2) / Bounds(0, 1)
    with pytest.raises(ParameterError, match="cannot be subtracted"):
        Bounds(1, 2) - OVER_4000
    with pytest.raises(ParameterError, match="not negative"):
        Bounds(-1, 2) * OVER_4000
