"""Time of Outcome 3's permutation tests beside the loops one would write first, in one run on one machine.

    .venv/bin/python benchmarks/outcome3_speed.py

The target is QAP with 10,000 permutations on 60 nodes in under two seconds. Loops too slow to run in full are timed on
fewer permutations and scaled; the table says how many were run. Both sides are checked to find the same correlation.
"""

from collections.abc import Callable
from time import perf_counter

import networkx as nx
import numpy as np
import pandas as pd

from crimjust_research.designs.composition.overlap import overlap_matrix, overlap_test
from crimjust_research.designs.networks.qap import qap_correlation, qap_regression

NODES, PERMUTATIONS = 60, 10_000
CASES, DRAWS = 20_000, 4_999


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """Best wall time of a few runs."""
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def networks() -> list[np.ndarray]:
    """Three symmetric weighted networks of 60 nodes."""
    matrices = np.random.default_rng(1).normal(size=(3, NODES, NODES))
    symmetric = matrices + np.swapaxes(matrices, 1, 2)
    symmetric[:, np.arange(NODES), np.arange(NODES)] = 0
    return list(symmetric)


def qap_by_networkx(x: np.ndarray, y: np.ndarray, permutations: int) -> np.ndarray:
    """Relabel a graph, read its matrix back, correlate."""
    rng, graph, upper = np.random.default_rng(1), nx.from_numpy_array(y), np.triu_indices(NODES, 1)
    found = []
    for _ in range(permutations):
        relabelled = nx.relabel_nodes(graph, dict(enumerate(rng.permutation(NODES).tolist())))
        matrix = nx.to_numpy_array(relabelled, nodelist=range(NODES))
        found.append(np.corrcoef(x[upper], matrix[upper])[0, 1])
    return np.array(found)


def qap_by_numpy(x: np.ndarray, y: np.ndarray, permutations: int) -> np.ndarray:
    """Permute rows and columns, correlate, one permutation at a time."""
    rng, upper = np.random.default_rng(1), np.triu_indices(NODES, 1)
    found = []
    for _ in range(permutations):
        order = rng.permutation(NODES)
        found.append(np.corrcoef(x[upper], y[np.ix_(order, order)][upper])[0, 1])
    return np.array(found)


def mrqap_by_numpy(y: np.ndarray, x: np.ndarray, z: np.ndarray, permutations: int) -> np.ndarray:
    """Double semi-partialling of x with a least-squares fit per permutation."""
    rng, upper = np.random.default_rng(1), np.triu_indices(NODES, 1)
    others = np.column_stack([np.ones(upper[0].size), z[upper]])
    residual = np.zeros((NODES, NODES))
    residual[upper] = x[upper] - others @ np.linalg.lstsq(others, x[upper])[0]
    residual = residual + residual.T
    found = []
    for _ in range(permutations):
        order = rng.permutation(NODES)
        design = np.column_stack([residual[np.ix_(order, order)][upper], others])
        coefficients, rss, *_ = np.linalg.lstsq(design, y[upper])
        variance = rss[0] / (len(design) - 3) * np.linalg.inv(design.T @ design)[0, 0]
        found.append(coefficients[0] / np.sqrt(variance))
    return np.array(found)


def cases() -> pd.DataFrame:
    """20,000 cases of six groups over 400 categories in 120 strata, as counts."""
    rng = np.random.default_rng(2)
    stratum = rng.choice(120, CASES, p=rng.dirichlet(np.full(120, 0.5)))
    home = rng.dirichlet(np.full(400, 0.05), size=120).cumsum(axis=1)
    category = (home[stratum] < rng.uniform(size=CASES)[:, None]).sum(axis=1)
    group = rng.choice(6, CASES, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    frame = pd.DataFrame({"stratum": stratum, "group": group, "category": category})
    return frame.groupby(["stratum", "group", "category"]).size().rename("cases").reset_index()


def overlap_by_pandas(counts: pd.DataFrame, draws: int) -> np.ndarray:
    """Shuffle labels within strata of a case-level frame and tabulate, one draw at a time."""
    rng = np.random.default_rng(1)
    single = counts.loc[counts.index.repeat(counts["cases"]), ["stratum", "group", "category"]]
    found = []
    for _ in range(draws):
        shuffled = single.groupby("stratum")["group"].transform(lambda labels: rng.permutation(labels.to_numpy()))
        table = pd.crosstab(shuffled, single["category"])
        found.append(overlap_matrix(table.to_numpy(), "morisita_horn")[np.triu_indices(6, 1)].mean())
    return np.array(found)


def main() -> None:
    """Print times and ratios."""
    x, y, z = networks()
    counts = cases()
    upper = np.triu_indices(NODES, 1)
    observed = qap_correlation(x, y, permutations=PERMUTATIONS, seed=1).correlation
    assert np.isclose(observed, np.corrcoef(x[upper], y[upper])[0, 1])
    measured = [
        (
            f"QAP correlation, {PERMUTATIONS:,} permutations, {NODES} nodes",
            PERMUTATIONS,
            seconds(lambda: qap_correlation(x, y, permutations=PERMUTATIONS, seed=1), 3),
            [
                ("networkx relabelling", 300, lambda: qap_by_networkx(x, y, 300)),
                ("numpy loop", PERMUTATIONS, lambda: qap_by_numpy(x, y, PERMUTATIONS)),
            ],
        ),
        (
            f"MRQAP, two regressors, {PERMUTATIONS:,} permutations each, {NODES} nodes",
            2 * PERMUTATIONS,
            seconds(lambda: qap_regression(y, {"x": x, "z": z}, permutations=PERMUTATIONS, seed=1), 3),
            [("numpy loop", 2_000, lambda: mrqap_by_numpy(y, x, z, 2_000))],
        ),
        (
            f"Overlap, {DRAWS:,} draws over {CASES:,} cases in 120 strata",
            DRAWS,
            seconds(lambda: overlap_test(counts, draws=DRAWS, seed=1)),
            [("pandas loop", 50, lambda: overlap_by_pandas(counts, 50))],
        ),
    ]
    for name, full, ours, loops in measured:
        print(f"{name}: {ours:.3f} s")
        for label, ran, work in loops:
            scaled = seconds(work) * full / ran
            extent = "in full" if ran == full else f"scaled from {ran:,}"
            print(f"    {label}: {scaled:.1f} s ({extent}), {scaled / ours:.0f} times as long")


if __name__ == "__main__":
    main()
