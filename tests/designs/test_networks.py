"""Networks from events, their gaps, relabelling tests and growth: answers by hand, published and by other code."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.weightstats import DescrStatsW

from crimjust_research.designs.networks.gaps import density_bounds, unmet_pairs
from crimjust_research.designs.networks.qap import qap_correlation, qap_regression
from crimjust_research.designs.networks.ties import (
    TieNetwork,
    cumulated,
    describe_network,
    directed_network,
    dyad_spells,
    event_sizes,
    joint_event_network,
    pooled,
    tie_turnover,
    ties_between_groups,
)
from crimjust_research.designs.series.growth import equivalent_growth_factors, log_growth
from crimjust_research.errors import ParameterError
from validation.references import florentine

SIX = ["A", "B", "C", "D", "E", "F"]
SOUTH = dict.fromkeys("ABC", "South") | dict.fromkeys("DEF", "North")


@pytest.fixture
def events() -> pd.DataFrame:
    """Seven events that name someone, one that names nobody; nothing at all in 2022."""
    rows = [
        ("e1", 2019, ["A", "B", "C"]),
        ("e2", 2019, ["A", "B"]),
        ("e3", 2020, ["D", "E"]),
        ("e4", 2020, []),
        ("e5", 2020, ["A"]),
        ("e6", 2021, ["A", "B"]),
        ("e7", 2021, ["C", "D"]),
        ("e8", 2023, ["A", "B"]),
    ]
    return pd.DataFrame(rows, columns=["event", "period", "participants"])


@pytest.fixture
def network(events: pd.DataFrame) -> TieNetwork:
    return joint_event_network(events, SIX)


# --- Six countries by hand --------------------------------------------------------------------------------------


def test_joint_events_become_weights(network: TieNetwork, events: pd.DataFrame) -> None:
    assert network.periods == (2019, 2020, 2021, 2022, 2023)
    total = pooled(network)
    # A and B meet in e1, e2, e6 and e8; every other tied pair once.
    assert total.loc["A", "B"] == total.loc["B", "A"] == 4
    assert [total.loc[pair] for pair in (("A", "C"), ("B", "C"), ("C", "D"), ("D", "E"))] == [1, 1, 1, 1]
    assert total.to_numpy().sum() == 2 * 8
    sizes = event_sizes(events, SIX).set_index("period")
    assert sizes.loc[2020].to_dict() == {
        "events": 3,
        "single": 1,
        "joint": 1,
        "participations": 3,
        "largest": 2,
    }


def test_description_of_six_countries(network: TieNetwork) -> None:
    table = describe_network(network).set_index("period")
    # 15 possible pairs, 30 ordered ones. 2019: AB, AC, BC. 2021: AB and CD, two components of two.
    assert table["ties"].tolist() == [3, 1, 2, 0, 1]
    assert table["weight"].tolist() == [4, 1, 2, 0, 1]
    assert table["density"].tolist() == pytest.approx([3 / 15, 1 / 15, 2 / 15, 0, 1 / 15])
    assert table["active_nodes"].tolist() == [3, 2, 4, 0, 2]
    assert table["density_active"].tolist() == pytest.approx([1, 1, 2 / 6, np.nan, 1], nan_ok=True)
    assert table["reach"].tolist() == pytest.approx([6 / 30, 2 / 30, 4 / 30, 0, 2 / 30])
    assert table["largest_component"].tolist() == [3, 2, 2, 0, 2]
    assert table["mean_degree"].tolist() == pytest.approx([1, 2 / 6, 4 / 6, 0, 2 / 6])
    # Added up: AB, AC, BC, CD, DE. Five nodes hang together: 20 of 30 ordered pairs; within two steps A and B
    # reach 3 each, C and D 4 each, E 2: 16 of 30.
    last = describe_network(cumulated(network)).iloc[-1]
    assert (last["ties"], last["largest_component"]) == (5, 5)
    assert (last["reach"], last["two_step_reach"]) == pytest.approx((20 / 30, 16 / 30))


def test_share_within_the_south(network: TieNetwork) -> None:
    table = ties_between_groups(network, SOUTH).set_index(["period", "first_group", "second_group"])
    south = table.xs(("South", "South"), level=("first_group", "second_group"))
    # 2019: 3 of 3 ties within the South, which holds 3 of the 15 possible pairs: mixing ratio 1 / (3/15) = 5.
    assert south.loc[2019, ["ties", "possible_ties", "share_of_ties", "mixing_ratio"]].tolist() == [3, 3, 1, 5]
    # 2021: AB within, CD between: a half each; 9 of 15 pairs run between.
    assert south.loc[2021, "share_of_ties"] == 0.5
    between = table.loc[(2021, "North", "South")]
    assert (between["ties"], between["possible_ties"]) == (1, 9)
    assert between["mixing_ratio"] == pytest.approx(0.5 / (9 / 15))
    assert np.isnan(south.loc[2022, "share_of_ties"])
    assert table.groupby("period")["possible_ties"].sum().eq(15).all()


def test_turnover_of_ties(network: TieNetwork) -> None:
    table = tie_turnover(network)
    assert table["new"].tolist() == [3, 1, 1, 0, 0]
    assert table["resumed"].tolist() == [0, 0, 1, 0, 1]  # AB in 2021 and again in 2023
    assert table["continued"].tolist() == [0, 0, 0, 0, 0]
    assert table["dropped"].tolist() == [0, 3, 1, 2, 0]
    assert table["ever"].tolist() == [3, 4, 5, 5, 5]
    assert table["growth"].tolist() == pytest.approx([np.nan, 1 / 3, 2, 0, np.nan], nan_ok=True)


def test_spells_end_when_a_dyad_is_not_seen(network: TieNetwork) -> None:
    spells = dyad_spells(network)
    pair = spells[(spells["first"] == "A") & (spells["second"] == "B")]
    # Seen 2019, 2021, 2023: three spells of one year, the last one still open when observation stops.
    assert pair["start"].tolist() == pair["last_seen"].tolist() == [2019, 2021, 2023]
    assert pair["ended"].tolist() == [True, True, False]
    assert pair["joint"].tolist() == [2, 1, 1]
    assert pair["left_truncated"].tolist() == [True, False, False]
    assert len(spells) == 7
    assert spells["ended"].sum() == 6


def test_spells_bridge_a_year_unseen_and_are_censored_by_the_calendar(network: TieNetwork) -> None:
    spells = dyad_spells(network, tolerance=1).set_index(["first", "second"])
    # With one year of grace the last status that can be known is that of 2022. AB runs 2019 to 2023 without a gap of
    # two, so it is alive in 2022: four years, censored. CD, last seen in 2021 and not in 2022 or 2023, ended.
    assert spells.loc[("A", "B"), ["start", "last_seen", "duration", "ended"]].tolist() == [2019, 2023, 4, False]
    assert spells.loc[("C", "D"), ["duration", "ended"]].tolist() == [1, True]
    assert len(spells) == 5
    # A dyad first seen after the cutoff has no follow-up.
    late = pd.DataFrame({"event": [1, 2], "period": [2019, 2023], "participants": [["A", "B"], ["E", "F"]]})
    assert dyad_spells(joint_event_network(late, SIX), tolerance=1)["first"].tolist() == ["A"]


def test_reciprocity_of_directed_ties() -> None:
    ties = pd.DataFrame({"sender": ["A", "B", "A", "A"], "receiver": ["B", "A", "C", "C"], "period": 1, "weight": 1})
    table = describe_network(directed_network(ties, ["A", "B", "C"])).iloc[0]
    # AB and BA answer each other, AC does not: 2 of 3. A reaches B and C, so does B; C reaches nobody: 4 of 6.
    assert (table["ties"], table["weight"]) == (3, 4)
    assert table["reciprocity"] == pytest.approx(2 / 3)
    assert table["reach"] == pytest.approx(4 / 6)
    spells = dyad_spells(directed_network(ties, ["A", "B", "C"]))
    assert sorted(zip(spells["first"], spells["second"], strict=True)) == [("A", "B"), ("A", "C"), ("B", "A")]


def test_density_bounds_by_hand(network: TieNetwork) -> None:
    # Five pairs seen: AB four times, the others once each (Q1 = 4, Q2 = 0), in 7 events with a list, of 14.
    bounds = density_bounds(network.weights.sum(axis=0), 7, 14, largest_event=2)
    assert (bounds.capture_share, bounds.observed) == pytest.approx((0.5, 5 / 15))
    # Each of 7 unseen events may tie one new pair: 12 of 15. Chao and Lin: 16 / (0 + 4 * 0.5 / 0.5) = 4 more: 9.
    assert (bounds.upper_ties, bounds.upper) == pytest.approx((12, 12 / 15))
    assert (bounds.extrapolated_ties, bounds.extrapolated) == pytest.approx((9, 9 / 15))
    assert density_bounds(network.weights.sum(axis=0), 7, 14, largest_event=3).upper == 1
    complete = density_bounds(network.weights.sum(axis=0), 7, 7, largest_event=3)
    assert complete.observed == complete.extrapolated == complete.upper


def test_extrapolation_moves_towards_the_truth_when_events_are_sampled_at_random() -> None:
    rng = np.random.default_rng(4)
    appeal = rng.dirichlet(np.full(20, 0.5))
    took_part = np.zeros((120, 20), dtype=np.int64)
    for event in took_part:
        event[rng.choice(20, 4, replace=False, p=appeal)] = 1
    everything = took_part.T @ took_part
    np.fill_diagonal(everything, 0)
    truth = np.mean(everything[np.triu_indices(20, 1)] > 0)
    found = []
    for _ in range(200):
        seen = took_part[rng.choice(120, 40, replace=False)]
        joint = seen.T @ seen
        np.fill_diagonal(joint, 0)
        bounds = density_bounds(joint, 40, 120, largest_event=4)
        assert bounds.observed <= truth <= bounds.upper
        found.append((bounds.observed, bounds.extrapolated))
    observed, extrapolated = np.mean(found, axis=0)
    assert abs(extrapolated - truth) < abs(observed - truth) / 3


def test_unmet_pairs_are_ranked_by_traffic() -> None:
    names = ["A", "B", "C", "D"]
    traffic = pd.DataFrame([[9, 5, 0, 1], [2, 0, 3, 0], [3, 0, 0, 0], [0, 0, 0, 0]], names, names)
    cooperation = pd.DataFrame([[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]], names, names)
    ranked = unmet_pairs(traffic, cooperation.loc[::-1, ::-1])
    # Traffic between distinct nodes: AB 7, AC 3, AD 1, BC 3, 14 in all. AB and BC cooperate; AC and AD do not.
    assert ranked[["first", "second"]].to_numpy().tolist() == [["A", "C"], ["A", "D"]]
    assert ranked["share_of_traffic"].tolist() == pytest.approx([3 / 14, 1 / 14])
    assert ranked["cumulative_share"].tolist() == pytest.approx([3 / 14, 4 / 14])
    assert ranked.loc[0, ["first_to_second", "second_to_first"]].tolist() == [0, 3]
    assert ranked["shared_partners"].tolist() == [("B",), ()]
    assert ranked[["partners_first", "partners_second"]].to_numpy().tolist() == [[1, 1], [1, 0]]
    assert traffic.loc["A", "A"] == 9  # the caller's frame is left as it was


# --- Against other code -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("directed", [True, False])
def test_description_agrees_with_networkx(directed: bool) -> None:
    rng = np.random.default_rng(8)
    weights = rng.poisson(0.08, size=(4, 25, 25))
    if not directed:
        weights = np.triu(weights)
        weights = weights + np.swapaxes(weights, 1, 2)
    weights[:, np.arange(25), np.arange(25)] = 0
    table = describe_network(TieNetwork(tuple(map(str, range(25))), (1, 2, 3, 4), weights, directed))
    for row, matrix in zip(table.to_dict("records"), weights, strict=True):
        graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph if directed else nx.Graph)
        lengths = dict(nx.all_pairs_shortest_path_length(graph))
        away = [length for targets in lengths.values() for length in targets.values() if length > 0]
        assert row["density"] == pytest.approx(nx.density(graph))
        assert row["ties"] == graph.number_of_edges()
        assert row["reach"] == pytest.approx(len(away) / 600)
        assert row["two_step_reach"] == pytest.approx(sum(length <= 2 for length in away) / 600)
        assert row["largest_component"] == max(map(len, nx.connected_components(graph.to_undirected())))
        if directed:
            assert row["reciprocity"] == pytest.approx(nx.overall_reciprocity(graph))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 5), st.sets(st.sampled_from(SIX), max_size=4)), min_size=1, max_size=15))
def test_spells_and_turnover_account_for_every_tie(rows: list[tuple[int, set[str]]]) -> None:
    events = pd.DataFrame(
        {"event": range(len(rows)), "period": [p for p, _ in rows], "participants": [sorted(s) for _, s in rows]}
    )
    network = joint_event_network(events, SIX, window=(0, 5))
    turnover, spells = tie_turnover(network), dyad_spells(network)
    assert (turnover["new"] + turnover["resumed"] + turnover["continued"] == turnover["ties"]).all()
    assert turnover["new"].sum() == turnover["ever"].iloc[-1]
    assert spells["duration"].sum() == turnover["ties"].sum()
    assert spells["joint"].sum() == network.weights.sum() // 2
    assert (~spells["ended"]).sum() == turnover["ties"].iloc[-1]
    assert spells["ended"].sum() == turnover["dropped"].sum()


# --- QAP --------------------------------------------------------------------------------------------------------


def test_florentine_families(published: Callable[[str], pd.DataFrame]) -> None:
    answers, matrices = published("florentine/answers").set_index("quantity")["value"], florentine()
    result = qap_correlation(*matrices.values(), permutations=9_999, seed=1)
    assert result.correlation == pytest.approx(answers["correlation"], abs=1e-6)
    # The sna package gives 0.0008 at 5,000 relabellings.
    assert result.p_value < 0.005
    assert (result.n_nodes, result.n_cells) == (16, 120)
    for kind, matrix in matrices.items():
        network = TieNetwork(tuple(matrix), (1450,), matrix.to_numpy()[None], directed=False)
        assert describe_network(network)["density"][0] == pytest.approx(answers[f"density of {kind}"], abs=1e-6)


def random_networks(n: int, count: int, seed: int) -> list[np.ndarray]:
    matrices = np.random.default_rng(seed).normal(size=(count, n, n))
    return list(matrices + np.swapaxes(matrices, 1, 2))


def test_qap_p_value_is_that_of_all_relabellings() -> None:
    x, y = random_networks(6, 2, 3)
    off = np.triu_indices(6, 1)
    every = np.array([np.corrcoef(x[off], y[np.ix_(p, p)][off])[0, 1] for p in permutations(range(6))])
    result = qap_correlation(x, y, permutations=20_000, seed=2)
    assert result.correlation == pytest.approx(every[0])
    # Monte Carlo error of a share at 20,000 draws is at most 0.0035; four of them.
    assert result.p_value == pytest.approx(np.mean(np.abs(every) >= abs(every[0])), abs=0.015)
    assert result.p_greater == pytest.approx(np.mean(every >= every[0]), abs=0.015)
    assert result.p_less == pytest.approx(np.mean(every <= every[0]), abs=0.015)
    assert result.null_mean == pytest.approx(every.mean(), abs=0.015)


def test_double_semipartialling_is_a_regression_on_each_relabelled_residual() -> None:
    y, x, z = random_networks(8, 3, 5)
    y = y + 0.5 * x
    off = np.triu_indices(8, 1)
    result = qap_regression(y, {"x": x, "z": z}, permutations=300, seed=6)
    full = OLS(y[off], np.column_stack([np.ones(28), x[off], z[off]])).fit()
    assert result.table["estimate"].to_numpy() == pytest.approx(full.params)
    assert result.table["t"].to_numpy() == pytest.approx(full.tvalues)
    assert result.r_squared == pytest.approx(full.rsquared)
    # Once more the slow way for x, with the same relabellings.
    others = np.column_stack([np.ones(28), z[off]])
    residual = np.zeros((8, 8))
    residual[off] = residual.T[off] = OLS(x[off], others).fit().resid
    orders = np.random.default_rng(6).permuted(np.tile(np.arange(8), (300, 1)), axis=1)
    t = [OLS(y[off], np.column_stack([residual[np.ix_(o, o)][off], others])).fit().tvalues[0] for o in orders]
    assert result.table["p_value"][1] == (1 + np.sum(np.abs(t) >= abs(full.tvalues[1]))) / 301
    assert np.isnan(result.table["p_value"][0])


def test_node_jackknife_is_that_of_leaving_each_node_out() -> None:
    x, y = random_networks(9, 2, 7)
    y = y + x
    kept = [np.delete(np.arange(9), node) for node in range(9)]
    upper = np.triu_indices(8, 1)
    pairs = [(x[np.ix_(k, k)][upper], y[np.ix_(k, k)][upper]) for k in kept]
    correlations = np.array([np.corrcoef(a, b)[0, 1] for a, b in pairs])
    slopes = np.array([OLS(b, np.column_stack([np.ones(a.size), a])).fit().params for a, b in pairs])

    def error(replicates: np.ndarray) -> np.ndarray:
        return np.sqrt(8 / 9 * np.sum((replicates - replicates.mean(axis=0)) ** 2, axis=0))

    assert qap_correlation(x, y, permutations=99, seed=1).std_error == pytest.approx(error(correlations))
    table = qap_regression(y, {"x": x}, permutations=99, seed=1).table
    assert table["std_error"].to_numpy() == pytest.approx(error(slopes))


def test_relabelling_keeps_its_size_when_nodes_differ() -> None:
    # Node effects in every matrix: ordinary t tests reject a true null in 30 % of samples and more.
    rng = np.random.default_rng(11)
    rejections = np.zeros(2)
    for sample in range(200):
        effect = rng.normal(size=(3, 16))
        x, y, z = effect[:, :, None] + effect[:, None, :] + random_networks(16, 3, 1000 + sample)
        table = qap_regression(y + 0.5 * z, {"x": x + 0.6 * z, "z": z}, permutations=199, seed=sample).table
        rejections += table["p_value"][1] < 0.05, abs(table["t"][1]) > 1.98
    size, naive = rejections / 200
    assert size < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
    assert naive > 0.2


def test_a_network_held_up_by_one_node_has_no_interval() -> None:
    star = np.zeros((6, 6))
    star[0, 1:] = star[1:, 0] = 1
    other = random_networks(6, 1, 2)[0]
    result = qap_correlation(star, other, permutations=99, seed=1)
    assert np.isnan([result.std_error, result.ci_low, result.ci_high]).all()
    assert np.isfinite(result.p_value)


# --- Growth -----------------------------------------------------------------------------------------------------


def test_growth_rate_is_a_log_linear_regression() -> None:
    values = pd.Series([3.0, 5, 4, 8, 9, 15], index=range(2016, 2022))
    fit = OLS(np.log(values), np.column_stack([np.ones(6), np.arange(6)])).fit()
    growth = log_growth(values)
    assert (growth.rate, growth.std_error) == pytest.approx((fit.params.iloc[1], fit.bse.iloc[1]))
    residual = fit.resid.to_numpy()
    assert growth.residual_autocorrelation == pytest.approx(residual[1:] @ residual[:-1] / (residual @ residual))
    # Doubling every year leaves no residual: the rate is log 2, and of its error nothing is known.
    exact = log_growth(pd.Series([1.0, 2, 4, 8]))
    assert exact.rate == pytest.approx(np.log(2), abs=1e-12)
    assert np.isnan(exact.std_error)


def test_equivalence_of_growth_factors_agrees_with_statsmodels() -> None:
    # For one sample of log ratios the test is the ordinary two one-sided t tests.
    sample = np.random.default_rng(2).normal(0.02, 0.1, size=40)
    low, high = np.log(0.9), np.log(1.1)
    theirs = DescrStatsW(sample).ttost_mean(low, high)
    error = sample.std(ddof=1) / np.sqrt(40)
    tiny = 1e-9
    ours = equivalent_growth_factors((sample.mean(), error), (0.0, tiny), margin=(0.9, 1.1), df=39)
    assert ours.p_value == pytest.approx(theirs[0], rel=1e-6)
    assert (ours.p_above_low, ours.p_below_high) == pytest.approx((theirs[1][1], theirs[2][1]), rel=1e-6)


@settings(max_examples=60)
@given(st.floats(-0.3, 0.3), st.floats(0.01, 0.2), st.floats(0.05, 0.3), st.floats(0.001, 0.02))
def test_both_tests_reject_exactly_where_the_interval_is_inside(
    a: float, error_a: float, b: float, error_b: float
) -> None:
    margin = (0.7, 1.4)
    result = equivalent_growth_factors((a, error_a), (b, error_b), margin=margin, df=12, alpha=0.05)
    assert (result.p_value < 0.05) == (margin[0] < result.ci_low and result.ci_high < margin[1])


# --- Refusals ---------------------------------------------------------------------------------------------------


def test_bad_events_are_refused(events: pd.DataFrame) -> None:
    for change, said in (
        ({"event": ["e1"] * 8}, "more than once"),
        ({"period": [2019.5] * 8}, "whole numbers"),
        ({"participants": [["A", "A"]] * 8}, "twice"),
        ({"participants": [["A", "X"]] * 8}, "'X'"),
    ):
        with pytest.raises(ParameterError, match=said):
            joint_event_network(events.assign(**change), SIX)
    with pytest.raises(ParameterError, match="is not in the table"):
        joint_event_network(events.drop(columns="period"), SIX)
    with pytest.raises(ParameterError, match="window"):
        joint_event_network(events, SIX, window=(2020, 2023))
    with pytest.raises(ParameterError, match="no event"):
        joint_event_network(events.iloc[:0], SIX)
    with pytest.raises(ParameterError, match="'F' has no group"):
        ties_between_groups(joint_event_network(events, SIX), dict.fromkeys("ABCDE", "x"))
    with pytest.raises(ParameterError, match="tolerance"):
        dyad_spells(joint_event_network(events, SIX), tolerance=5)


def test_bad_ties_and_counts_are_refused(network: TieNetwork) -> None:
    ties = pd.DataFrame({"sender": ["A"], "receiver": ["B"], "period": [1], "weight": [1]})
    for column, value, said in (("receiver", "A", "to itself"), ("sender", "X", "'X'"), ("weight", 0, "at least 1")):
        with pytest.raises(ParameterError, match=said):
            directed_network(ties.assign(**{column: value}), SIX)
    joint = network.weights.sum(axis=0)
    for arguments, said in (((7, 6, 3), "does not fit"), ((3, 9, 3), "only 3"), ((7, 9, 7), "does not fit")):
        with pytest.raises(ParameterError, match=said):
            density_bounds(joint, *arguments)
    frame = pooled(network)
    with pytest.raises(ParameterError, match="same, unrepeated nodes"):
        unmet_pairs(frame, frame.iloc[:3, :3])
    with pytest.raises(ParameterError, match="not negative"):
        unmet_pairs(-frame, frame)


def test_bad_matrices_are_refused() -> None:
    x, y = random_networks(6, 2, 1)
    hole = y.copy()
    hole[1, 2] = np.nan
    labelled = pd.DataFrame(x, SIX, SIX)
    for first, second, said in (
        (x, y[:5, :5], "5 nodes"),
        (x, hole, r"\(1, 2\)"),
        (x, np.triu(y), "not symmetric"),
        (x, np.ones((6, 6)), "same in every cell"),
        (labelled, labelled.iloc[::-1, ::-1], "another order"),
        (x[:3, :3], y[:3, :3], "too few"),
    ):
        with pytest.raises(ParameterError, match=said):
            qap_correlation(first, second, permutations=99, seed=1)
    with pytest.raises(ParameterError, match="too few for a p-value"):
        qap_correlation(x, y, permutations=10, seed=1)
    with pytest.raises(ParameterError, match="alpha"):
        qap_correlation(x, y, permutations=99, seed=1, alpha=1.5)
    with pytest.raises(ParameterError, match="linearly dependent"):
        qap_regression(y, {"x": x, "twice": 2 * x}, permutations=99, seed=1)


def test_bad_growth_is_refused() -> None:
    with pytest.raises(ParameterError, match="above zero"):
        log_growth(pd.Series([1.0, 0, 2, 3]))
    with pytest.raises(ParameterError, match="below and above 1"):
        equivalent_growth_factors((0, 1), (0, 1), margin=(1.1, 1.2), df=5)
    with pytest.raises(ParameterError, match="positive errors"):
        equivalent_growth_factors((0, 1), (0, 0), margin=(0.8, 1.2), df=5)
