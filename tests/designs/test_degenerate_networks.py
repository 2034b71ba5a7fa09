"""Networks, compositions and draws of which nothing is certain: constant, tied, alone, all of one kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.composition.diversity import (
    common_coverage,
    coverage_at,
    diversity_at,
    diversity_indices,
    hill_number,
    standardised_diversity,
)
from crimjust_research.designs.composition.overlap import overlap_matrix, overlap_test
from crimjust_research.designs.composition.turnover import entry_and_exit_rates
from crimjust_research.designs.networks.gaps import density_bounds, unmet_pairs
from crimjust_research.designs.networks.qap import qap_correlation, qap_regression
from crimjust_research.designs.networks.ties import describe_network, directed_network, joint_event_network
from crimjust_research.designs.resampling.multiple_imputation import pooled
from crimjust_research.designs.resampling.partial_correlation import partial_correlation
from crimjust_research.designs.resampling.permutation import permutation_p, smallest_p
from crimjust_research.designs.resampling.wild_bootstrap import wild_cluster_bootstrap
from crimjust_research.designs.resampling.wild_scores import WildScores, signs
from crimjust_research.errors import ParameterError


def symmetric(n: int, seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).normal(size=(n, n))
    return values + values.T


A, B = symmetric(10, 1), symmetric(10, 2)
ONE_TIE = np.zeros((10, 10))
ONE_TIE[0, 1] = ONE_TIE[1, 0] = 1
NAMES = list("abcdefghij")
COUNTS = pd.DataFrame([[10, 5, 1, 1], [3, 3, 3, 0]])
EVENTS = pd.DataFrame({"event": ["1"], "period": [2001], "participants": [["a"]]})
PANEL = pd.DataFrame([(u, t) for u in range(12) for t in range(6)], columns=["u", "t"])
PANEL = PANEL.assign(x=np.random.default_rng(3).normal(size=72), y=np.random.default_rng(4).normal(size=72))
CASES = pd.DataFrame(
    {
        "stratum": 1,
        "cluster": list("aabbccddeeff"),
        "group": ["x", "y"] * 6,
        "category": list("ppqqrrssppqq"),
        "cases": 2,
    }
)
LINE = np.column_stack([np.ones(60), np.random.default_rng(5).normal(size=60)])
ERRORS = np.random.default_rng(6).normal(size=60)


def partial(frame: pd.DataFrame, **options: float) -> object:
    return partial_correlation(frame, "x", "y", ["t"], unit="u", **{"draws": 199, "seed": 1, **options})  # type: ignore[arg-type]


def labelled(matrix: np.ndarray, names: list[str]) -> pd.DataFrame:
    return pd.DataFrame(matrix, names, names)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qap_correlation(A, 1e6 + 1e-10 * B, permutations=99, seed=1), "'y' is the same in every cell"),
        (lambda: qap_correlation(A[:4, :4], B[:4, :4], permutations=99, seed=1), "4 nodes are too few"),
        (lambda: qap_correlation(A * 1e200, B, permutations=99, seed=1), "other units"),
        (lambda: qap_correlation(A * 1e-200, B, permutations=99, seed=1), "other units"),
        (lambda: qap_correlation(np.full((10, 10), "a"), B, permutations=99, seed=1), "not a number"),
        (lambda: qap_correlation(labelled(A, ["a", *NAMES[:9]]), B, permutations=99, seed=1), "names a node twice"),
        (lambda: qap_correlation(A, B, permutations=99.5, seed=1), "99.5; give a whole number"),  # type: ignore[arg-type]
        (lambda: qap_regression(2 * A + 1, {"a": A}, permutations=99, seed=1), "reproduce y exactly"),
        (lambda: density_bounds(np.full((3, 3), 1.5), 5, 9, 2), "1.5 events; give whole numbers"),
        (lambda: unmet_pairs(labelled(A, NAMES).iloc[:0, :0], labelled(A, NAMES)), "some nodes"),
        (lambda: unmet_pairs(labelled(A.astype(str), NAMES), labelled(A, NAMES)), "not a number"),
        (lambda: joint_event_network(EVENTS.assign(participants=[[]]), []), "roster is empty"),
        (
            lambda: directed_network(
                pd.DataFrame({"sender": ["a"], "receiver": ["b"], "period": [1.5], "weight": [1]}), ["a", "b"]
            ),
            "periods of the ties are float64",
        ),
        (lambda: hill_number([1, 2], np.nan), "order of a Hill number is nan"),
        (lambda: diversity_indices(pd.DataFrame({"a": ["1", "2"]})), "read them as numbers"),
        (lambda: diversity_indices(pd.DataFrame(index=[0])), "at least one category"),
        (lambda: coverage_at([[1, 0]], 1), "one case, which tells nothing"),
        (lambda: coverage_at(COUNTS, np.inf), "finite"),
        (lambda: standardised_diversity(COUNTS * 10**9, coverage=0.9, draws=50, seed=1), "cases, not weights"),
        (lambda: standardised_diversity(COUNTS * 1.5, coverage=0.9, draws=50, seed=1), "weights are not draws"),
        (lambda: standardised_diversity(COUNTS.iloc[:0], coverage=0.9, draws=50, seed=1), "no unit"),
        (lambda: standardised_diversity(COUNTS, coverage=1, draws=50, seed=1), "coverage is 1"),
        (lambda: common_coverage(COUNTS * 0), "no case at all"),
        (lambda: overlap_test(CASES.assign(cases=10**9), draws=99, seed=1), "cases, not weights"),
        (lambda: overlap_matrix([1, 2], "cosine"), "groups by categories"),
        (
            lambda: entry_and_exit_rates(
                pd.DataFrame({"unit": ["a"], "period": ["2001"], "category": ["p"]}),
                pd.DataFrame({"unit": ["a"], "period": ["2001"]}),
            ),
            "give numbers, such as years",
        ),
        (lambda: partial(PANEL.assign(x=PANEL["t"] * 2.0)), "'x' is the same in every row, or t explain it wholly"),
        (lambda: partial(PANEL.assign(x=1.0)), "'x' is the same in every row"),
        (lambda: partial(PANEL[PANEL["u"] < 4]), "holds 4 clusters"),
        (lambda: partial(PANEL.assign(x=np.inf)), "is inf in row 0"),
        (lambda: partial(PANEL, draws=98), "98 draws are too few"),
        (lambda: signs(1, 99, 1), "at least two clusters"),
        (lambda: wild_cluster_bootstrap(LINE, ERRORS, [None] * 60, 1, draws=99), "no cluster"),
        (lambda: wild_cluster_bootstrap(LINE, ERRORS, np.arange(60) % 6, 1, draws=98), "98 draws are too few"),
        (lambda: wild_cluster_bootstrap(LINE[:, 1], ERRORS, np.arange(60) % 6, 1, draws=99), "one row per observation"),
        (lambda: wild_cluster_bootstrap(LINE, ["a"] * 60, np.arange(60) % 6, 1, draws=99), "not a number"),
        (lambda: pooled(np.array([1.0, 1.0]), np.array([0.0, 0.0])), "not above zero"),
        (lambda: pooled(np.array([1.0, np.nan]), np.array([0.1, 0.1])), "missing"),
        (lambda: permutation_p(np.array([1.0, np.nan]), 1.0), "1 of 3 statistics"),
        (lambda: permutation_p(np.array([1.0]), np.nan), "there is no p"),
    ],
)
def test_what_has_no_answer_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


def test_the_smallest_p_counts_arrangements_that_cannot_be_told_apart() -> None:
    # Of 45 places for one tie one is the observed one, whatever the number of draws.
    result = qap_correlation(ONE_TIE, ONE_TIE, permutations=8_999, seed=1)
    assert result.p_value == result.smallest_p == pytest.approx(1 / 45, abs=0.006)
    assert "smallest p" in repr(result)
    many = qap_correlation(A, B, permutations=999, seed=1)
    assert many.smallest_p == 1 / 1000
    assert "smallest p" not in repr(many)
    assert smallest_p(np.array([1.0, -1.0, 0.5]), 0.2) == 2 / 4
    assert permutation_p(np.zeros(99), 5.0).p_value == 1 / 100


def test_equal_networks_have_a_correlation_of_one_and_no_interval() -> None:
    for sign in (1, -1):
        result = qap_correlation(A, sign * 3 * A, permutations=999, seed=1)
        assert result.correlation == pytest.approx(sign)
        assert np.isnan([result.std_error, result.ci_low, result.ci_high]).all()
        assert result.p_value == 1 / 1000


def test_offset_and_scale_of_a_regressor_do_not_matter() -> None:
    plain = qap_regression(B, {"a": A}, permutations=199, seed=1).table.iloc[1]
    moved = qap_regression(B, {"a": 1e6 + 1e-2 * A}, permutations=199, seed=1).table.iloc[1]
    assert moved["estimate"] == pytest.approx(plain["estimate"] * 1e2, rel=1e-3)
    assert moved[["t", "p_value"]].tolist() == pytest.approx(plain[["t", "p_value"]].tolist(), rel=1e-3)


def test_a_roster_of_one_has_no_density() -> None:
    with_nobody = describe_network(joint_event_network(EVENTS, ["a"])).iloc[0]
    assert with_nobody[["density", "reach", "two_step_reach"]].isna().all()
    assert with_nobody["ties"] == 0


def test_cases_of_one_kind_have_one_kind_and_no_error() -> None:
    alike = standardised_diversity(pd.DataFrame({"a": [5, 9], "b": [0, 4]}), coverage=0.9, draws=50, seed=1)
    first = alike[alike["index"] == 0]
    assert first["estimate"].tolist() == [1, 1, 1]
    assert first[["std_error", "ci_low", "ci_high"]].isna().to_numpy().all()
    assert (alike.loc[alike["index"] == 1, "std_error"] > 0).all()


def test_singletons_alone_cover_little() -> None:
    # n = f1 = 4, f2 = 0: A = 3 x 3 / (3 x 3 + 2), coverage 1 - A.
    assert coverage_at([[1, 1, 1, 1]], 4) == pytest.approx([2 / 11])
    # One more case: 4 + f0 (1 - (1 - 4 / (4 f0 + 4))), f0 = 3/4 x 4 x 3 / 2.
    assert diversity_at([[1, 1, 1, 1]], 0, 5) == pytest.approx([4 + 4.5 * 4 / 22])


def test_a_variable_correlated_with_itself_has_no_interval() -> None:
    same = partial_correlation(PANEL.assign(y=PANEL["x"]), "x", "y", ["t"], unit="u", draws=199, seed=1)
    assert same.correlation == pytest.approx(1)
    assert np.isnan([same.ci_low, same.ci_high]).all()
    assert same.p_value == 1 / 200


def test_what_only_one_unit_tells_has_p_one() -> None:
    """All scores but one unit's are zero: a sign of it shows nothing."""
    one = WildScores(np.array([5.0, 0, 0, 0, 0, 0]), np.array([9.0, 0, 0, 0, 0, 0]), signs(6, 199, 1))
    assert one.p_value() == 1
    assert np.isnan(one.interval(0.05)).all()
