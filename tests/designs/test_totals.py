"""Shares, ratios of totals in clusters, cost of one, and standardised differences: by hand, published, and in simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import ttest_rel

from crimjust_research.designs.counts.clustered_shares import clustered_shares, differences
from crimjust_research.designs.counts.standardised import standardised_difference
from crimjust_research.designs.counts.totals import ratio_of_totals, spent_for_each, wilson_shares
from crimjust_research.designs.resampling.cluster_bootstrap import median_of_clusters
from crimjust_research.designs.survival.cox import cox
from crimjust_research.errors import ParameterError

# --- Shares ------------------------------------------------------------------------------------------------------------


def test_shares_and_their_difference_as_published() -> None:
    """Newcombe (1998), Statistics in Medicine 17: 81 of 263 is 0.2553 to 0.3662; 56 of 70 less 48 of 80, 0.0524 to 0.3339."""
    one = wilson_shares(81, 263).iloc[0]
    assert (one["ci_low"], one["ci_high"]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    apart = differences(wilson_shares(56, 70), wilson_shares(48, 80)).iloc[0]
    assert (apart["estimate"], apart["ci_low"], apart["ci_high"]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(("had", "of"), [(0, 7), (7, 7)])
def test_none_and_all_lie_within_their_interval_and_have_no_error(had: int, of: int) -> None:
    row = wilson_shares(had, of).iloc[0]
    assert row["ci_low"] <= row["estimate"] <= row["ci_high"]
    assert row["ci_high"] - row["ci_low"] > 0.3
    assert math.isnan(row["std_error"])


@pytest.mark.parametrize(("had", "of"), [(3, 2), (0, 0), (-1, 4)])
def test_shares_of_nothing_are_refused(had: int, of: int) -> None:
    with pytest.raises(ParameterError):
        wilson_shares(had, of)


# --- Ratios of totals --------------------------------------------------------------------------------------------------


def test_a_ratio_and_its_jackknife_by_hand() -> None:
    """Of 1 + 2 + 3 over 4 + 4 + 4 the ratios without each are 5/8, 4/8 and 3/8 around 1/2: error sqrt(2/3 * 2/64)."""
    frame = pd.DataFrame({"part": [1.0, 2.0, 1.0, 2.0], "whole": [4.0, 4.0, 2.0, 2.0], "case": ["a", "b", "c", "c"]})
    found = ratio_of_totals(frame, "part", "whole", "case")
    assert found["estimate"] == 0.5
    assert found["std_error"] == pytest.approx(math.sqrt(2 / 3 * 2 / 64))
    assert (found["n_obs"], found["n_units"]) == (4, 3)
    # Student's t on two degrees of freedom.
    assert found["ci_high"] - 0.5 == pytest.approx(4.302653 * found["std_error"], rel=1e-6)


def test_the_mean_of_pairs_of_one_each_is_the_paired_t() -> None:
    rng = np.random.default_rng(1)
    before = rng.normal(50, 10, 30)
    after = before + rng.normal(5, 8, 30)
    frame = pd.DataFrame({"gain": after - before, "one": 1.0, "person": range(30)})
    found = ratio_of_totals(frame, "gain", "one", "person")
    low, high = ttest_rel(after, before).confidence_interval()
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((low, high))


def test_a_bounded_ratio_keeps_within_its_bounds_and_an_unbounded_one_need_not() -> None:
    frame = pd.DataFrame({"part": [0.0, 0.0, 0.0, 9.0], "whole": [10.0, 10.0, 10.0, 10.0], "case": list("abcd")})
    assert ratio_of_totals(frame, "part", "whole", "case")["ci_low"] < 0
    bounded = ratio_of_totals(frame, "part", "whole", "case", bounded=True)
    assert 0 < bounded["ci_low"] < 9 / 40 < bounded["ci_high"] < 1


@pytest.mark.parametrize(
    ("part", "whole", "cluster"),
    [([1.0, 2.0], [4.0, 4.0], ["a", "a"]), ([1.0, 1.0], [4.0, 4.0], ["a", "b"]), ([1.0, 0.0], [4.0, 0.0], ["a", "b"])],
    ids=["one cluster", "clusters alike", "all in one"],
)
def test_where_the_jackknife_cannot_hold_there_is_no_interval(
    part: list[float], whole: list[float], cluster: list[str]
) -> None:
    found = ratio_of_totals(pd.DataFrame({"part": part, "whole": whole, "case": cluster}), "part", "whole", "case")
    assert found["estimate"] == sum(part) / sum(whole)
    assert math.isnan(found["ci_low"])


def test_the_clustered_interval_of_a_ratio_covers_and_one_of_single_rows_does_not() -> None:
    rng = np.random.default_rng(2)
    held = {"forum": 0, "row": 0}
    draws = 400
    for _ in range(draws):
        own = rng.beta(2, 2, 30)
        forum = np.repeat(np.arange(30), 8)
        frame = pd.DataFrame(
            {"done": (rng.random(240) < own[forum]) * 1.0, "one": 1.0, "forum": forum, "row": range(240)}
        )
        for cluster in held:
            found = ratio_of_totals(frame, "done", "one", cluster, bounded=True)
            held[cluster] += found["ci_low"] <= 0.5 <= found["ci_high"]
    assert held["forum"] / draws > 0.92
    assert held["row"] / draws < 0.85


def test_a_share_of_members_is_that_of_clustered_shares() -> None:
    frame = pd.DataFrame({"had": [1, 0, 1, 1, 0, 0, 1], "case": list("aabbbcc")}).assign(one=1.0)
    found = ratio_of_totals(frame, "had", "one", "case")
    other = clustered_shares(frame, "had", "case").loc["member"]
    assert (found["estimate"], found["std_error"]) == pytest.approx((other["estimate"], other["std_error"]))


# --- Medians -----------------------------------------------------------------------------------------------------------


def test_a_median_of_clusters_by_hand() -> None:
    """Of 1, 2, 3, 4 two do not exceed 2. Drawn clusters give 1, 3 or 4 where one is drawn thrice, and what lies between."""
    frame = pd.DataFrame({"days": [1.0, 3.0, 2.0, 4.0], "case": ["a", "b", "a", "c"]})
    found = median_of_clusters(frame, "days", "case", draws=999, seed=1)
    assert (found["estimate"], found["n_obs"], found["n_units"]) == (2, 4, 3)
    assert (found["ci_low"], found["ci_high"]) == (1, 4)
    alone = median_of_clusters(frame.assign(case="a"), "days", "case", draws=999, seed=1)
    assert math.isnan(alone["ci_low"])


def test_the_interval_of_a_clustered_median_covers_and_one_of_single_rows_does_not() -> None:
    rng = np.random.default_rng(8)
    held = {"case": 0, "row": 0}
    draws = 200
    for draw in range(draws):
        case = np.repeat(np.arange(40), 6)
        frame = pd.DataFrame(
            {"days": rng.normal(size=40)[case] + rng.normal(size=240), "case": case, "row": range(240)}
        )
        for cluster in held:
            found = median_of_clusters(frame, "days", cluster, draws=199, seed=draw)
            held[cluster] += found["ci_low"] <= 0 <= found["ci_high"]
    assert held["case"] / draws > 0.9
    assert held["row"] / draws < 0.85


# --- What one cost -----------------------------------------------------------------------------------------------------


def test_cost_of_one_has_the_exact_interval_of_the_count() -> None:
    """Garwood (1936): of 10 counted, 4.795 to 18.391 are expected."""
    found = spent_for_each(1000.0, 10)
    assert found["estimate"] == 100
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((1000 / 18.391, 1000 / 4.795), rel=1e-3)
    assert math.isnan(spent_for_each(1000.0, 0)["estimate"])
    with pytest.raises(ParameterError):
        spent_for_each(-1.0, 3)


# --- Standardised differences ------------------------------------------------------------------------------------------


def test_without_covariates_it_is_the_difference_of_shares() -> None:
    frame = pd.DataFrame({"opened": [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32, "held": [1] * 70 + [0] * 80})
    found = standardised_difference(frame, "opened", "held", [])
    assert found["estimate"] == pytest.approx(0.2)
    error = math.sqrt(0.8 * 0.2 / 70 + 0.6 * 0.4 / 80)
    assert found["std_error"] == pytest.approx(error * math.sqrt(150 / 149))


def confounded(n: int, rng: np.random.Generator) -> pd.DataFrame:
    x = rng.normal(size=n)
    held = rng.random(n) < expit(x)
    opened = rng.random(n) < expit(-0.3 + 0.6 * held + 1.2 * x)
    return pd.DataFrame({"opened": opened * 1, "held": held * 1, "x": x})


def test_it_covers_the_truth_that_the_crude_difference_misses() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=1_000_000)
    truth = float((expit(0.3 + 1.2 * x) - expit(-0.3 + 1.2 * x)).mean())
    draws, held, crude = 300, 0, 0
    for _ in range(draws):
        frame = confounded(400, rng)
        found = standardised_difference(frame, "opened", "held", ["x"])
        held += found["ci_low"] <= truth <= found["ci_high"]
        counts = frame.groupby("held")["opened"].agg(["sum", "size"])
        apart = differences(*(wilson_shares(*counts.loc[side]) for side in (1, 0))).iloc[0]
        crude += apart["ci_low"] <= truth <= apart["ci_high"]
    assert 0.92 <= held / draws <= 0.98
    assert crude / draws < 0.2


def test_its_error_is_the_delta_methods_where_the_mix_of_covariates_is_taken_as_known() -> None:
    """statsmodels' average discrete effect leaves out what the mix of covariates adds, which is little here."""
    from statsmodels.discrete.discrete_model import Logit

    frame = confounded(4000, np.random.default_rng(4))
    fit = Logit(frame["opened"], frame[["held", "x"]].assign(one=1.0)).fit(disp=0)
    margins = fit.get_margeff(dummy=True)
    found = standardised_difference(frame, "opened", "held", ["x"])
    assert found["estimate"] == pytest.approx(margins.margeff[0], rel=1e-6)
    assert found["std_error"] == pytest.approx(margins.margeff_se[0], rel=0.05)


def test_rows_entered_twice_in_a_cluster_add_no_certainty() -> None:
    frame = confounded(300, np.random.default_rng(5)).assign(case=range(300))
    once = standardised_difference(frame, "opened", "held", ["x"], cluster="case")
    twice = standardised_difference(pd.concat([frame, frame]), "opened", "held", ["x"], cluster="case")
    assert twice["std_error"] == pytest.approx(once["std_error"])
    assert (twice["n_obs"], twice["n_units"]) == (600, 300)


@pytest.mark.parametrize("column", ["opened", "held"])
def test_codes_other_than_0_and_1_are_refused(column: str) -> None:
    frame = confounded(50, np.random.default_rng(6))
    frame.loc[0, column] = 2
    with pytest.raises(ParameterError, match=column):
        standardised_difference(frame, "opened", "held", ["x"])


# --- Cox regression, clustered ------------------------------------------------------------------------------------------


def test_clustered_errors_of_cox_are_those_of_the_sums_of_score_residuals() -> None:
    """Held against statsmodels, which clusters by `groups`, without ties."""
    from statsmodels.duration.hazard_regression import PHReg

    rng = np.random.default_rng(7)
    case = np.repeat(np.arange(60), 3)
    x = (rng.random(60) < 0.5)[case] * 1.0
    time = rng.exponential(np.exp(-0.5 * x - 0.8 * rng.normal(size=60)[case]))
    frame = pd.DataFrame({"time": time, "event": (time < 2) * 1, "x": x, "case": case})
    frame["time"] = frame["time"].clip(upper=2.0)
    found = cox(frame, "time", "event", ["x"], cluster="case").table.iloc[0]
    other = PHReg(frame["time"], frame[["x"]], status=frame["event"]).fit(groups=frame["case"])
    assert found["estimate"] == pytest.approx(other.params[0], rel=1e-5)
    assert found["robust_std_error"] == pytest.approx(other.bse[0], rel=1e-3)
    alone = cox(frame, "time", "event", ["x"]).table.iloc[0]
    assert found["robust_std_error"] > 1.1 * alone["robust_std_error"]
    own = cox(frame.assign(row=range(180)), "time", "event", ["x"], cluster="row").table.iloc[0]
    assert own["robust_std_error"] == pytest.approx(alone["robust_std_error"])
