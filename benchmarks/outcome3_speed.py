"""Time of Outcome 3's permutation tests beside the loops one would write first, as a section of docs/PERFORMANCE.md.

    OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.outcome3_speed

Loops too slow to run in full are timed on fewer permutations and scaled; the table says how many were run. Each side draws
permutations of its own, so their null distributions are compared.
"""

from collections.abc import Callable, Iterator
from functools import partial

import networkx as nx
import numpy as np
import pandas as pd

from benchmarks.beside import Comparison, comparisons, growth, seconds, section
from crimjust_research.designs.composition.overlap import overlap_matrix, overlap_test
from crimjust_research.designs.networks.qap import qap_correlation, qap_regression

NODES, PERMUTATIONS = 60, 10_000
CASES, DRAWS, GROWN = 20_000, 4_999, (1, 4, 16)


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


def cases(count: int) -> pd.DataFrame:
    """Cases of six groups over 400 categories in 120 strata, as counts."""
    rng = np.random.default_rng(2)
    stratum = rng.choice(120, count, p=rng.dirichlet(np.full(120, 0.5)))
    home = rng.dirichlet(np.full(400, 0.05), size=120).cumsum(axis=1)
    category = (home[stratum] < rng.uniform(size=count)[:, None]).sum(axis=1)
    group = rng.choice(6, count, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
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


def looped(loop: Callable[[int], np.ndarray], ran: int, full: int) -> tuple[float, np.ndarray, str]:
    """Seconds of a loop over all permutations, what it found in those it ran, and how many these were."""
    found: list[np.ndarray] = []
    taken = seconds(lambda: found.append(loop(ran)))
    return taken * full / ran, found[0], "" if ran == full else f"; scaled from {ran:,}"


def correlations(x: np.ndarray, y: np.ndarray) -> Iterator[Comparison]:
    """QAP beside two loops."""
    ours = qap_correlation(x, y, permutations=PERMUTATIONS, seed=1)
    here = seconds(lambda: qap_correlation(x, y, permutations=PERMUTATIONS, seed=1), 3)
    loops = {"networkx, a graph relabelled": (qap_by_networkx, 300), "numpy loop": (qap_by_numpy, PERMUTATIONS)}
    for label, (loop, ran) in loops.items():
        there, found, extent = looped(lambda n, loop=loop: loop(x, y, n), ran, PERMUTATIONS)
        low, high = np.quantile(found, [0.025, 0.975])
        nulls = f"95 % of the null {ours.null_low:.3f} to {ours.null_high:.3f}, and {low:.3f} to {high:.3f}{extent}"
        task = f"QAP correlation, {PERMUTATIONS:,} permutations, {NODES} nodes"
        yield Comparison(task, here, label, there, nulls, "gathering permuted cells")


def regression(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Comparison:
    """MRQAP of two regressors beside a loop of fits for one."""
    found = qap_regression(y, {"x": x, "z": z}, permutations=PERMUTATIONS, seed=1).table.set_index("term").loc["x"]
    here = seconds(lambda: qap_regression(y, {"x": x, "z": z}, permutations=PERMUTATIONS, seed=1), 3)
    there, null, extent = looped(lambda n: mrqap_by_numpy(y, x, z, n), 2_000, 2 * PERMUTATIONS)
    p = (1 + np.sum(np.abs(null) >= abs(found["t"]))) / (1 + len(null))
    task = f"MRQAP, two regressors, {PERMUTATIONS:,} permutations each"
    return Comparison(
        task,
        here,
        "numpy loop of fits",
        there,
        f"p {found['p_value']:.3f} and {p:.3f}{extent}",
        "products with permuted cells",
    )


def overlap() -> Comparison:
    """Overlap among shuffled cases beside a loop over frames of cases."""
    counts = cases(CASES)
    ours = overlap_test(counts, draws=DRAWS, seed=1).mean
    here = seconds(lambda: overlap_test(counts, draws=DRAWS, seed=1))
    there, null, extent = looped(lambda n: overlap_by_pandas(counts, n), 50, DRAWS)
    nulls = f"means of the null {ours['null_mean']:.4f} and {null.mean():.4f}{extent}"
    task = f"overlap, {DRAWS:,} draws over {CASES:,} cases in 120 strata"
    return Comparison(task, here, "pandas loop", there, nulls, "hypergeometric draws")


def main() -> None:
    """Print the section."""
    x, y, z = networks()
    rows = [*correlations(x, y), regression(x, y, z), overlap()]
    grown = {f"{n * CASES:,}": partial(overlap_test, cases(n * CASES), draws=DRAWS, seed=1) for n in GROWN}
    print(
        section(
            "Designs of Outcome 3",
            "Beside the loops one would write first, on SIMULATED networks and cases.",
            comparisons(rows),
            f"Overlap with {DRAWS:,} draws, as cases grow:",
            growth("cases", grown),
        )
    )


if __name__ == "__main__":
    main()
