"""Shares of members in clusters: by hand, as published, against a library's clustered errors, and by simulation."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

from crimjust_research.designs.counts.clustered_shares import BETWEEN, CLUSTER, MEMBER, clustered_shares, differences
from crimjust_research.errors import ParameterError

# Four clusters of 3, 1, 2 and 2 members, of whom 1, 1, 0 and 1 had the outcome.
FOUR = pd.DataFrame({"g": list("aaabccdd"), "y": [1, 0, 0, 1, 0, 0, 1, 0]})


def test_shares_and_errors_by_hand() -> None:
    found = clustered_shares(FOUR, "y", "g")
    assert found["estimate"].tolist() == pytest.approx([3 / 8, (1 / 3 + 1 + 0 + 1 / 2) / 4, 3 / 8 - 11 / 24])
    # Without each cluster 2 of 5, 2 of 7, 3 of 6 and 2 of 6 had it; 3/4 of the squared differences from 3/8.
    without = [2 / 5, 2 / 7, 3 / 6, 2 / 6]
    of_members = math.sqrt(3 / 4 * sum((share - 3 / 8) ** 2 for share in without))
    # Shares of clusters less their mean, in 24ths: -3, 13, -11, 1; of a mean the jackknife is the usual error.
    of_clusters = math.sqrt((9 + 169 + 121 + 1) / 3) / 24 / 2
    means = [1 / 2, 5 / 18, 11 / 18, 4 / 9]
    between = math.sqrt(3 / 4 * sum((p - m + 1 / 12) ** 2 for p, m in zip(without, means, strict=True)))
    assert found["std_error"].tolist() == pytest.approx([of_members, of_clusters, between])
    assert (found["n_obs"].unique().tolist(), found["n_units"].unique().tolist()) == ([8], [4])
    half = student.ppf(0.975, 3) * between
    assert found.loc[BETWEEN, ["ci_low", "ci_high"]].tolist() == pytest.approx([-1 / 12 - half, -1 / 12 + half])


def test_the_interval_is_the_score_interval_at_the_effective_number() -> None:
    """At its ends the share is t errors of a share of that size away: p (1 - p) / n, n the effective number."""
    found = clustered_shares(FOUR, "y", "g", alpha=0.1)
    t = student.ppf(0.95, 3)
    for once, most in ((MEMBER, 8), (CLUSTER, 16 / (1 / 3 + 1 + 1 / 2 + 1 / 2))):
        p, error, low, high = found.loc[once, ["estimate", "std_error", "ci_low", "ci_high"]]
        effective = min(p * (1 - p) / error**2, most)
        for end in (low, high):
            assert abs(p - end) == pytest.approx(t * math.sqrt(end * (1 - end) / effective))


def test_errors_are_near_those_of_a_clustered_regression_on_a_constant() -> None:
    rng = np.random.default_rng(1)
    code = np.repeat(np.arange(40), 1 + rng.poisson(2, 40))
    frame = pd.DataFrame({"g": code, "y": (rng.random(code.size) < rng.random(40)[code]).astype(int)})
    found = clustered_shares(frame, "y", "g")
    size = frame.groupby("g")["y"].transform("size")
    # Of a mean of clusters the two are one; of members the jackknife is a little larger.
    for once, weights, larger in ((MEMBER, np.ones(len(frame)), 1.05), (CLUSTER, 1 / size, 1 + 1e-9)):
        fit = sm.WLS(frame["y"], np.ones(len(frame)), weights).fit(cov_type="cluster", cov_kwds={"groups": code})
        assert found.loc[once, "estimate"] == pytest.approx(fit.params.iloc[0])
        assert 1 - 1e-9 < found.loc[once, "std_error"] / fit.bse.iloc[0] < larger


def test_what_does_not_vary_is_no_certainty() -> None:
    everyone = clustered_shares(FOUR.assign(y=1), "y", "g")
    # As four of four that are independent, with Student's t: 4 / (4 + t squared).
    low = 4 / (4 + student.ppf(0.975, 3) ** 2)
    assert everyone.loc[[MEMBER, CLUSTER], "ci_low"].tolist() == pytest.approx([low, low])
    assert everyone.loc[[MEMBER, CLUSTER], "ci_high"].tolist() == [1, 1]
    assert everyone["std_error"].isna().all()
    assert math.isnan(everyone.loc[BETWEEN, "ci_low"])
    # Half of each pair: the clusters differ by nothing, and count as no more than independent members.
    pairs = pd.DataFrame({"g": np.repeat(np.arange(5), 2), "y": [0, 1] * 5})
    found = clustered_shares(pairs, "y", "g")
    t = student.ppf(0.975, 4)
    assert found.loc[MEMBER, "ci_high"] == pytest.approx(0.5 + 0.5 * t / math.sqrt(10 + t**2))


def test_the_difference_of_the_two_shares_stays_one_of_shares() -> None:
    """Two clusters leave Student's interval on one degree of freedom, which alone would reach beyond -1."""
    two = pd.DataFrame({"g": [*"aaaab"], "y": [1, 1, 1, 0, 1]})
    found = clustered_shares(two, "y", "g").loc[BETWEEN]
    assert found["estimate"] == pytest.approx(0.8 - 0.875)
    assert (found["ci_low"], found["ci_high"]) == (
        -1,
        pytest.approx(-0.075 + student.ppf(0.975, 1) * found["std_error"]),
    )


def test_difference_of_shares_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17: 56 of 70 less 48 of 80 by method 10, 0.0524 to 0.3339."""
    rows = []
    for had, n in ((56, 70), (48, 80)):
        low, high = proportion_confint(had, n, method="wilson")
        error = math.sqrt(had / n * (1 - had / n) / n)
        row = {"estimate": had / n, "std_error": error, "ci_low": low, "ci_high": high, "n_obs": n, "n_units": n}
        rows.append(pd.DataFrame([row], ["share"]))
    (found,) = differences(*rows).to_dict("records")
    assert (round(found["ci_low"], 4), round(found["ci_high"], 4)) == (0.0524, 0.3339)
    assert (found["estimate"], found["n_obs"]) == (pytest.approx(0.2), 150)
    assert found["std_error"] == pytest.approx(math.sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80))


def test_clustered_intervals_cover_and_those_of_independent_members_do_not() -> None:
    """Forty clusters whose larger ones have the outcome less often; both shares have a truth of their own."""
    sizes, chances = np.array([1, 2, 6]), np.array([0.7, 0.5, 0.3])
    truth = {MEMBER: (sizes * chances).sum() / sizes.sum(), CLUSTER: chances.mean()}
    truth[BETWEEN] = truth[MEMBER] - truth[CLUSTER]
    rng = np.random.default_rng(1)
    held = dict.fromkeys(truth, 0) | {"independent": 0}
    samples = 600
    for _ in range(samples):
        kind = rng.integers(0, 3, 40)
        code = np.repeat(np.arange(40), sizes[kind])
        # Members of a cluster share a beta variable with the mean of its kind: they are alike.
        own = rng.beta(1.5 * chances[kind], 1.5 * (1 - chances[kind]))[code]
        frame = pd.DataFrame({"g": code, "y": (rng.random(code.size) < own).astype(int)})
        found = clustered_shares(frame, "y", "g")
        for once, value in truth.items():
            held[once] += found.loc[once, "ci_low"] <= value <= found.loc[once, "ci_high"]
        low, high = proportion_confint(frame["y"].sum(), len(frame), method="wilson")
        held["independent"] += low <= truth[MEMBER] <= high
    shares = {name: count / samples for name, count in held.items()}
    assert all(0.93 < shares[once] < 0.98 for once in truth), shares
    assert shares["independent"] < 0.85, shares


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (FOUR.assign(y=[2, 0, 0, 1, 0, 0, 1, 0]), "holds 2; code it 0 and 1"),
        (FOUR.assign(g="a"), "holds 1 clusters; at least 2"),
        (FOUR.drop(columns="g"), "'g' is not in the table"),
        (FOUR.assign(g=[None, *"aabccdd"]), "'g' misses 1 of 8 values"),
    ],
)
def test_what_is_refused(frame: pd.DataFrame, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        clustered_shares(frame, "y", "g")
