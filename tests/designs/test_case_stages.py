"""The cascade from seizure to conviction on records worked out by hand and on simulated cases of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from crimjust_research.designs.survival.cascade import (
    additional_convictions,
    case_records,
    continuation_ratios,
    maturity_profile,
    stage_entries,
    transitions,
)
from crimjust_research.designs.survival.cascade_simulation import CascadeTruth, profiles, simulate_cases
from crimjust_research.designs.survival.curves import cumulative_incidence
from crimjust_research.errors import ParameterError

TRUTH = CascadeTruth(
    intercepts=(0.4, -0.2, 0.6),
    effects={"assisted": (0.5, 0.4, 0.3), "weight": (0.2, 0.0, -0.3)},
    typical_time=(0.5, 0.8, 1.0),
    longest_time=(1.5, 2.0, 2.5),
    shares={"assisted": 0.5},
)
STAGES = ["seizure", "investigation", "prosecution", "conviction"]


def six_cases() -> pd.DataFrame:
    """Times in years; observed until 10."""
    nan = np.nan
    return pd.DataFrame(
        [
            ["a", 0.0, 1.0, 2.0, 3.0, nan],
            ["b", 1.0, 2.0, nan, nan, 4.0],
            ["c", 2.0, nan, nan, nan, 3.0],
            ["d", 3.0, 7.0, nan, nan, nan],
            ["e", 7.5, 8.0, 9.5, nan, nan],
            ["f", 9.0, nan, nan, nan, nan],
        ],
        columns=["case", *STAGES, "closed"],
    )


# --- By hand ----------------------------------------------------------------------------------------------------


def test_entries_of_each_stage() -> None:
    entries = stage_entries(case_records(six_cases(), 10))
    seizure = entries[entries["stage"] == "seizure"].set_index("case")
    assert seizure["cause"].to_dict() == {"a": 1, "b": 1, "c": 2, "d": 1, "e": 1, "f": 0}
    assert seizure["duration"].to_dict() == {"a": 1, "b": 1, "c": 1, "d": 4, "e": 0.5, "f": 1}
    investigation = entries[entries["stage"] == "investigation"].set_index("case")
    # b was closed two years in; d is pending since 7.
    assert investigation["cause"].to_dict() == {"a": 1, "b": 2, "d": 0, "e": 1}
    assert investigation["duration"].to_dict() == {"a": 1, "b": 2, "d": 3, "e": 1.5}
    assert entries[entries["stage"] == "prosecution"].set_index("case")["age"].to_dict() == {"a": 8, "e": 0.5}


def test_transitions_of_mature_cases() -> None:
    table = transitions(case_records(six_cases(), 10), maturity=2).set_index("stage")
    first = table.iloc[0]
    # f is one year old: immature. Of a to e, d took four years, so it counts as not advanced within two.
    assert first[["entered", "immature", "mature", "advanced", "closed", "pending"]].tolist() == [6, 1, 5, 3, 1, 1]
    assert first["probability"] == pytest.approx(3 / 5)
    # Wilson, z = 1.96: centre (0.6 + z^2/10) / (1 + z^2/5), half z sqrt(0.24/5 + z^2/100) / (1 + z^2/5).
    z2 = 1.959964**2
    half = np.sqrt(z2) * np.sqrt(0.24 / 5 + z2 / 100) / (1 + z2 / 5)
    assert first["ci_low"] == pytest.approx((0.6 + z2 / 10) / (1 + z2 / 5) - half, abs=1e-6)
    # Investigation: a, b, d, e all entered by 8; a and e advanced within two years. Prosecution: only a is mature.
    assert table.loc["investigation", "probability"] == pytest.approx(2 / 4)
    assert table.loc["prosecution", ["mature", "advanced"]].tolist() == [1, 1]
    whole = transitions(case_records(six_cases(), 10), maturity=2).iloc[-1]
    assert (whole["stage"], whole["following"]) == ("seizure", "conviction")
    assert whole["probability"] == pytest.approx(3 / 5 * 2 / 4 * 1)
    # Variance of the log: (1 - .6)/3 + (1 - .5)/2, and of one that passed of one Wilson's lower limit, 1 / (1 + z^2).
    variance = 0.4 / 3 + 0.5 / 2 + np.log(1 + z2) ** 2 / z2
    assert whole["ci_low"] == pytest.approx(0.3 / np.exp(np.sqrt(z2 * variance)), abs=1e-6)


def test_longer_maturity_leaves_fewer_cases() -> None:
    profile = maturity_profile(case_records(six_cases(), 10), [1, 2, 3])
    seizure = profile[(profile["stage"] == "seizure") & (profile["following"] == "investigation")]
    assert seizure["mature"].tolist() == [6, 5, 4]
    assert seizure["immature"].tolist() == [0, 1, 2]


def test_odds_ratios_of_two_by_two_tables() -> None:
    """One binary covariate: the logit's coefficient is the log of the cross-product ratio."""
    nan, rows = np.nan, []
    for group, advanced in enumerate([40, 80]):
        # Of 160 cases 40 or 80 are investigated, half of those prosecuted, half of those convicted.
        rows += [(group, nan, nan, nan, 1.0)] * (160 - advanced) + [(group, 1.0, nan, nan, 2.0)] * (advanced // 2)
        rows += [(group, 1.0, 2.0, nan, 3.0)] * (advanced // 4) + [(group, 1.0, 2.0, 3.0, nan)] * (advanced // 4)
    frame = pd.DataFrame(rows, columns=["x", *STAGES[1:], "closed"]).assign(seizure=0.0)
    model = continuation_ratios(case_records(frame.assign(case=frame.index), 5, covariates=["x"]), 2)
    table = model.table.set_index(["stage", "term"])
    assert table.loc[("seizure", "constant"), "estimate"] == pytest.approx(np.log(40 / 120))
    assert table.loc[("seizure", "x"), "odds_ratio"] == pytest.approx((80 * 120) / (80 * 40))
    assert table.loc[[("investigation", "x"), ("prosecution", "x")], "odds_ratio"].tolist() == pytest.approx([1, 1])
    # Woolf's error; with one binary covariate the robust one is the same.
    woolf = np.sqrt(1 / 40 + 1 / 120 + 1 / 80 + 1 / 80)
    assert table.loc[("seizure", "x"), "std_error"] == pytest.approx(woolf, rel=1e-6)
    effect = additional_convictions(model, "x", seed=1, draws=20_000)
    assert (effect.without, effect.with_it) == (pytest.approx(1 / 16), pytest.approx(1 / 8))
    # Delta method: the squared product times (1 - p) / (n p) over the stages, in each group.
    spread = np.sqrt((1 / 16) ** 2 * (3 / 160 + 1 / 40 + 1 / 20) + (1 / 8) ** 2 * (1 / 160 + 1 / 80 + 1 / 40))
    assert effect.ci_high - effect.ci_low == pytest.approx(2 * 1.96 * spread, rel=0.05)


# --- Known truth ------------------------------------------------------------------------------------------------


def test_truth_is_recovered_without_bias_and_with_coverage() -> None:
    names = ["assisted", "weight"]
    truth = np.column_stack([TRUTH.intercepts, *(TRUTH.effects[n] for n in names)])
    covariates = simulate_cases(TRUTH, 40_000, observed_until=10, seed=1)[names]
    gain = np.diff([TRUTH.probabilities(covariates.assign(assisted=v)).prod(axis=1).mean() for v in (0, 1)])[0]
    estimates, covered, effects, effect_covered = [], [], [], []
    for seed in range(60):
        records = case_records(simulate_cases(TRUTH, 1500, observed_until=10, seed=seed), 10, covariates=names)
        model = continuation_ratios(records, maturity=2.5)
        low, high = (np.log(model.table[c].to_numpy()).reshape(3, 3) for c in ("ci_low", "ci_high"))
        estimates.append(model.coefficients)
        covered.append((low <= truth) & (truth <= high))
        effect = additional_convictions(model, "assisted", draws=99, seed=seed)
        effects.append(effect.difference)
        effect_covered.append(effect.ci_low <= gain <= effect.ci_high)
    error = np.std(estimates, axis=0) / np.sqrt(60)
    assert np.all(np.abs(np.mean(estimates, axis=0) - truth) < 4 * error)
    # 540 intervals: binomial standard error below one point.
    assert 0.92 < np.mean(covered) < 0.98
    assert np.mean(effects) == pytest.approx(gain, abs=4 * np.std(effects) / np.sqrt(60))
    assert np.mean(effect_covered) > 0.87


def test_counting_immature_cases_would_be_biased() -> None:
    records = case_records(simulate_cases(TRUTH, 20_000, observed_until=10, seed=3), 10, covariates=["assisted"])
    truth = TRUTH.probabilities(simulate_cases(TRUTH, 20_000, observed_until=10, seed=3)[["assisted", "weight"]])
    entries = stage_entries(records).query("stage == 'seizure'")
    mature = transitions(records, 2.5).iloc[0]["probability"]
    assert mature == pytest.approx(truth[:, 0].mean(), abs=0.015)
    # Taking every case at the end of observation, pending ones as not advanced, understates the first stage.
    assert np.mean(entries["cause"] == 1) < truth[:, 0].mean() - 0.03
    # Aalen-Johansen uses the immature cases rightly and ends in the same place.
    curve = cumulative_incidence(entries["duration"], entries["cause"])
    assert curve[curve["cause"] == 1]["incidence"].iloc[-1] == pytest.approx(mature, abs=0.02)


def test_simulation_is_reproducible_and_cut_off() -> None:
    one, two = (simulate_cases(TRUTH, 500, observed_until=6, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
    assert np.nanmax(one[[*STAGES, "closed"]].to_numpy()) <= 6
    assert one["assisted"].mean() == pytest.approx(0.5, abs=0.08)
    case_records(one, 6, covariates=["assisted", "weight"])
    zero = TRUTH.probabilities(pd.DataFrame({"assisted": [0.0], "weight": [0.0]}))
    np.testing.assert_allclose(zero[0], expit([0.4, -0.2, 0.6]))


def test_means_over_profiles_are_those_of_cases_without_number() -> None:
    truth = CascadeTruth(
        intercepts=(0.4, -0.2, 0.6),
        effects={"assisted": (0.7, 0.3, 0.5), "abroad": (0.2, 0.0, -0.4)},
        typical_time=(0.5, 0.8, 1.0),
        longest_time=(1.5, 2.0, 2.5),
        shares={"assisted": 0.5, "abroad": 0.2},
        strength=(0.6, 0.6, 0.6),
        chosen={"assisted": 1.0},
    )
    covariates, strength, share = profiles(truth)
    assert share.sum() == pytest.approx(1)
    cases = simulate_cases(truth, 400_000, observed_until=10, seed=4)
    drawn, unseen = cases[["assisted", "abroad"]], cases["strength"].to_numpy()
    np.testing.assert_allclose(share @ covariates, drawn.mean(), atol=0.003)
    assert share @ (strength * covariates["assisted"]) == pytest.approx((unseen * drawn["assisted"]).mean(), abs=0.005)
    through = truth.probabilities(covariates, strength).cumprod(axis=1)
    np.testing.assert_allclose(
        share @ through, truth.probabilities(drawn, unseen).cumprod(axis=1).mean(axis=0), atol=0.002
    )
    with pytest.raises(ParameterError, match="every covariate is 0 or 1"):
        profiles(TRUTH)


# --- Refusals ---------------------------------------------------------------------------------------------------


def test_records_that_are_refused() -> None:
    cases = six_cases()
    for change, message in (
        (cases.drop(columns="closed"), "'closed' is not in the table"),
        (cases.assign(case="a"), "'a' is recorded twice"),
        (cases.assign(seizure=np.nan, investigation=np.nan), "no time for the first stage"),
        (cases.assign(investigation=np.where(cases["case"] == "a", np.nan, cases["investigation"])), "without the one"),
        (cases.assign(prosecution=np.where(cases["case"] == "a", 0.5, cases["prosecution"])), "before the one it"),
        (cases.assign(closed=np.where(cases["case"] == "b", 1.5, cases["closed"])), "closed before the last"),
        (cases.assign(closed=np.where(cases["case"] == "a", 9.0, cases["closed"])), "both conviction and a closing"),
        (cases.assign(seizure=np.where(cases["case"] == "f", 11.0, cases["seizure"])), "'f' has a time after"),
    ):
        with pytest.raises(ParameterError, match=message):
            case_records(change, 10)
    with pytest.raises(ParameterError, match="not numeric"):
        case_records(cases.assign(court="x"), 10, covariates=["court"])
    records = case_records(cases.assign(x=range(6)), 10, covariates=["x"])
    for maturity, message in ((0, "positive time"), (8.5, "No case entered prosecution")):
        with pytest.raises(ParameterError, match=message):
            transitions(records, maturity)
    with pytest.raises(ParameterError, match="needs both outcomes"):
        continuation_ratios(records, 2)


def test_models_and_truths_that_are_refused() -> None:
    records = case_records(simulate_cases(TRUTH, 800, observed_until=10, seed=2), 10, covariates=["assisted"])
    with pytest.raises(ParameterError, match="Covariate 'weight'"):
        additional_convictions(continuation_ratios(records, 2.5), "weight", seed=1)
    with pytest.raises(ParameterError, match="4 stages need 3"):
        CascadeTruth((0.1, 0.2, 0.3), {"x": (1.0,)}, (1, 1, 1), (2, 2, 2))
    with pytest.raises(ParameterError, match="below the longest"):
        CascadeTruth((0.1, 0.1, 0.1), {}, (1, 2, 1), (2, 1, 2))
    with pytest.raises(ParameterError, match="Shares must be"):
        CascadeTruth((0.1, 0.1, 0.1), {}, (1, 1, 1), (2, 2, 2), {"x": 0.5})
