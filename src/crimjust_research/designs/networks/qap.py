"""Does one network follow another? Correlation and regression of square matrices, tested by relabelling nodes.

Cells that share a node are not independent, so p-values come from permuting rows and columns together (the
quadratic assignment procedure), and standard errors from leaving out one node at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from crimjust_research.designs.arrays import TIE, FloatArray, IntArray
from crimjust_research.designs.batches import batch_sizes
from crimjust_research.designs.checks import LARGEST, generator, real_numbers, require_draws, require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import NO_VARIATION, is_symmetric
from crimjust_research.designs.resampling.permutation import (
    PermutationP,
    permutation_p,
    smallest_p,
    unless_of_one_draw,
)
from crimjust_research.errors import ParameterError

FEWEST_NODES = 5
BATCH_CELLS = 100_000  # cells permuted at once, few enough to stay in the cache of the processor


@dataclass(frozen=True, repr=False)
class QapCorrelation(Printed):
    """Correlation of the cells of two networks, and where it lies among relabelled ones."""

    correlation: float
    std_error: float
    """Jackknife over nodes; missing, as is the interval, where one node holds all the difference between cells, or where
    the networks are the same but for scale."""
    ci_low: float
    ci_high: float
    """By Fisher's transformation with that standard error."""
    p_value: float
    """Two-sided: (1 + relabellings whose correlation is at least as far from zero) / (1 + permutations)."""
    p_greater: float
    p_less: float
    null_mean: float
    null_low: float
    null_high: float
    """Central 95 % of the relabelled correlations."""
    n_nodes: int
    n_cells: int
    permutations: int
    smallest_p: float
    """Least two-sided p that any relabelling of these networks could have had; shown where it is more than one draw's."""

    def facts(self) -> Mapping[str, object]:
        """Without `smallest_p` where the draws alone bound it."""
        return unless_of_one_draw(super().facts(), self.permutations)


@dataclass(frozen=True, repr=False)
class QapRegression(Printed):
    """Least-squares regression of one network on others, tested by double semi-partialling."""

    table: pd.DataFrame
    """Per term, intercept first: term, estimate, std_error, ci_low, ci_high, t, p_value, p_greater, p_less.
    t is the ordinary least-squares ratio that is relabelled; the p-values of the intercept are missing."""
    r_squared: float
    n_nodes: int
    n_cells: int
    permutations: int


@dataclass(frozen=True)
class Cells:
    """The cells of a symmetric n by n matrix that count: those above the diagonal."""

    n: int
    rows: IntArray
    columns: IntArray

    def of(self, matrix: FloatArray) -> FloatArray:
        """The cells of one matrix as a vector."""
        return np.asarray(matrix[self.rows, self.columns])


def cells_of(n: int) -> Cells:
    """The cells above the diagonal."""
    rows, columns = np.triu_indices(n, 1)
    return Cells(n, rows.astype(np.int64), columns.astype(np.int64))


def square_matrices(matrices: Mapping[str, ArrayLike]) -> dict[str, FloatArray]:
    """The matrices as floats, once they are known to be symmetric, alike in size and labels, complete, not constant.

    Frames must carry the same labels on rows and columns, in the same order in every matrix.

    Raises
    ------
    ParameterError : naming the matrix and, where there is one, the cell at fault.
    """
    labels: list[object] | None = None
    checked: dict[str, FloatArray] = {}
    size = 0
    for name, matrix in matrices.items():
        values = real_numbers(matrix, f"matrix {name!r}").copy()
        if values.ndim != 2 or values.shape[0] != values.shape[1]:
            raise ParameterError(f"Matrix {name!r} has shape {values.shape}; give a square one.")
        if isinstance(matrix, pd.DataFrame):
            own = list(matrix.index)
            if own != list(matrix.columns) or (labels is not None and own != labels):
                raise ParameterError(f"Matrix {name!r} has other nodes, or another order of them; reindex it.")
            if len(set(own)) != len(own):
                raise ParameterError(f"Matrix {name!r} names a node twice; name each once.")
            labels = own
        size = size or values.shape[0]
        if values.shape[0] != size:
            raise ParameterError(
                f"Matrix {name!r} has {values.shape[0]} nodes and the first matrix {size}; give all the same nodes."
            )
        if size < FEWEST_NODES:
            raise ParameterError(f"{size} nodes are too few to relabel; at least {FEWEST_NODES} are needed.")
        np.fill_diagonal(values, 0.0)
        if not np.isfinite(values).all():
            row, column = (int(at) for at in np.argwhere(~np.isfinite(values))[0])
            pair = (row, column) if labels is None else (labels[row], labels[column])
            raise ParameterError(f"Matrix {name!r} has no number for {pair}; drop the node or fill the cell knowingly.")
        if not is_symmetric(values):
            raise ParameterError(f"Matrix {name!r} is not symmetric; ties here have no direction, symmetrise it.")
        held = cells_of(size).of(values)
        largest = float(np.abs(held).max())
        if largest > LARGEST or 0 < largest < 1 / LARGEST:
            raise ParameterError(f"Matrix {name!r} holds numbers of the size {largest:g}; give it in other units.")
        if np.ptp(held) <= NO_VARIATION * largest:
            raise ParameterError(f"Matrix {name!r} is the same in every cell; there is nothing to compare.")
        checked[name] = values
    return checked


def relabelled_cells(matrix: FloatArray, cells: Cells, permutations: int, seed: int) -> Iterator[FloatArray]:
    """Batches (b, cells) of the matrix with its nodes relabelled at random, `permutations` rows in all."""
    rng = generator(seed)
    nodes = np.arange(cells.n, dtype=np.intp)
    flat = matrix.ravel()
    for b in batch_sizes(permutations, cells.rows.size, BATCH_CELLS):
        order = rng.permuted(np.tile(nodes, (b, 1)), axis=1)
        yield flat[order[:, cells.rows] * cells.n + order[:, cells.columns]]


def without_each_node(products: FloatArray, cells: Cells) -> FloatArray:
    """Sums of cell products (cells, m) over the cells that remain when each node in turn is left out: (nodes, m)."""
    touched = np.zeros((cells.n, products.shape[1]))
    np.add.at(touched, cells.rows, products)
    np.add.at(touched, cells.columns, products)
    return np.asarray(products.sum(axis=0) - touched)


def jackknife_error(replicates: FloatArray) -> FloatArray:
    """Standard errors (k,) from the statistics (nodes, k) found when each node in turn is left out."""
    n = len(replicates)
    return np.asarray(np.sqrt((n - 1) / n * np.sum((replicates - replicates.mean(axis=0)) ** 2, axis=0)))


def correlation_without_each_node(first: FloatArray, second: FloatArray, cells: Cells) -> FloatArray:
    """Correlations (nodes, 1) of standardised cells; missing where the remaining cells are all alike."""
    products = np.column_stack([np.ones(first.size), first, second, first**2, second**2, first * second])
    n, x, y, xx, yy, xy = without_each_node(products, cells).T
    spread = (n * xx - x**2) * (n * yy - y**2)
    correlation = np.full((cells.n, 1), np.nan)
    kept = spread > TIE * n**4
    correlation[kept, 0] = (n * xy - x * y)[kept] / np.sqrt(spread[kept])
    return correlation


def coefficients_without_each_node(design: FloatArray, response: FloatArray, cells: Cells) -> FloatArray:
    """Least-squares coefficients (nodes, k); missing throughout if leaving out a node makes regressors dependent."""
    k = design.shape[1]
    products = np.column_stack(
        [(design[:, :, None] * design[:, None, :]).reshape(-1, k * k), design * response[:, None]]
    )
    sums = without_each_node(products, cells)
    gram, moment = sums[:, : k * k].reshape(-1, k, k), sums[:, k * k :]
    length = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
    if length.min() == 0:
        return np.full((cells.n, k), np.nan)
    scaled = gram / length[:, :, None] / length[:, None, :]
    if np.linalg.cond(scaled).max() > 1e12:
        return np.full((cells.n, k), np.nan)
    return np.asarray(np.linalg.solve(scaled, (moment / length)[..., None])[..., 0] / length)


def qap_correlation(
    x: ArrayLike, y: ArrayLike, *, permutations: int = 9_999, seed: int, alpha: float = 0.05
) -> QapCorrelation:
    """Product-moment correlation of the cells of two networks, tested by relabelling the nodes of `y`.

    Null: the labels of the two networks were matched at random. The interval is for the correlation itself, from a
    jackknife over nodes, Fisher's transformation and t on n_nodes - 1 degrees of freedom.

    Parameters
    ----------
    x, y : (n, n), symmetric, over the same nodes in the same order; the diagonal is ignored.

    Raises
    ------
    ParameterError : matrices refused by `square_matrices`, or fewer than 99 permutations.
    """
    require_level(alpha)
    require_draws(permutations)
    matrices = square_matrices({"x": x, "y": y})
    n = len(matrices["x"])
    cells = cells_of(n)
    first, second = cells.of(matrices["x"]), cells.of(matrices["y"])
    z = (first - first.mean()) / (first.std() * first.size)
    scale = second.std()
    observed = float(z @ second / scale)
    # Relabelling moves cells about but changes neither their mean nor their spread, so one product is enough.
    null = np.concatenate([z @ batch.T for batch in relabelled_cells(matrices["y"], cells, permutations, seed)]) / scale
    z_second = (second - second.mean()) / scale
    error = float(jackknife_error(correlation_without_each_node(z * first.size, z_second, cells))[0])
    low = high = np.nan
    if abs(observed) >= 1 - TIE:
        error = np.nan
    else:
        reach = stdtrit(n - 1, 1 - alpha / 2) * error / (1 - observed**2)
        low, high = (float(np.tanh(np.arctanh(observed) + side * reach)) for side in (-1, 1))
    null_low, null_high = np.quantile(null, [0.025, 0.975])
    return QapCorrelation(
        correlation=observed,
        std_error=error,
        ci_low=low,
        ci_high=high,
        **permutation_p(null, observed)._asdict(),
        null_mean=float(null.mean()),
        null_low=float(null_low),
        null_high=float(null_high),
        n_nodes=n,
        n_cells=first.size,
        permutations=permutations,
        smallest_p=smallest_p(null, observed),
    )


def qap_regression(
    y: ArrayLike,
    x: Mapping[str, ArrayLike],
    *,
    permutations: int = 9_999,
    seed: int,
    alpha: float = 0.05,
) -> QapRegression:
    """Regression of a network on several others by least squares over cells, with MRQAP p-values.

    Double semi-partialling (Dekker, Krackhardt and Snijders 2007): each regressor is reduced to its residual on the
    others, that residual is relabelled, and the t ratio it takes beside the other regressors is compared with the
    observed one. This keeps its size when regressors are correlated with each other, which plain relabelling of
    `y` does not. Every regressor is relabelled by the same permutations.

    Intervals use a jackknife over nodes and t on n_nodes - 1 degrees of freedom. They and the p-values answer
    different questions and can disagree: the interval asks what other nodes would have shown, the p-value whether
    labels matter at all among these.

    Parameters
    ----------
    y : (n, n), symmetric; x : name to (n, n), over the same nodes in the same order; diagonals are ignored.

    Raises
    ------
    ParameterError : matrices refused by `square_matrices`, no regressor, regressors that are linearly dependent, or
        fewer than 99 permutations.
    """
    require_level(alpha)
    require_draws(permutations)
    if not x:
        raise ParameterError("There is no matrix to regress on; name at least one.")
    matrices = square_matrices({"y": y, **x})
    n = len(matrices["y"])
    cells = cells_of(n)
    response = cells.of(matrices["y"])
    design = np.column_stack([np.ones(response.size)] + [cells.of(matrices[name]) for name in x])
    k = design.shape[1]
    middle, spread = design[:, 1:].mean(axis=0), design[:, 1:].std(axis=0)
    # Regressors of one centre and scale, whatever their units are, keep every digit; `uncentred` undoes it.
    design[:, 1:] = (design[:, 1:] - middle) / spread
    uncentred = np.diag(np.append(1.0, 1 / spread))
    uncentred[0, 1:] = -middle / spread
    if np.linalg.cond(design) > 1e8 or response.size <= k:
        raise ParameterError("The matrices to regress on are linearly dependent; leave one out.")
    inverse_gram = np.linalg.inv(design.T @ design)
    coefficients = inverse_gram @ (design.T @ response)
    residual_df = response.size - k
    rss = float(np.sum((response - design @ coefficients) ** 2))
    if rss <= TIE**2 * float(response @ response):
        raise ParameterError("The matrices to regress on reproduce y exactly; without noise there is nothing to test.")
    covariance = uncentred @ inverse_gram @ uncentred.T * rss / residual_df
    error = jackknife_error(coefficients_without_each_node(design, response, cells) @ uncentred.T)
    coefficients = uncentred @ coefficients
    t = coefficients / np.sqrt(np.diag(covariance))
    reach = stdtrit(n - 1, 1 - alpha / 2) * error
    p_values = np.full((k, 3), np.nan)
    for column in range(1, k):
        others = np.delete(design, column, axis=1)
        basis = np.linalg.qr(others)[0]
        partial = design[:, column] - basis @ (basis.T @ design[:, column])
        null = semipartial_t(partial, response, basis, cells, residual_df, permutations, seed)
        p_values[column] = permutation_p(null, float(t[column]))
    table = pd.DataFrame(
        {
            "term": ["intercept", *x],
            "estimate": coefficients,
            "std_error": error,
            "ci_low": coefficients - reach,
            "ci_high": coefficients + reach,
            "t": t,
            **dict(zip(PermutationP._fields, p_values.T, strict=True)),
        }
    )
    total = float(np.sum((response - response.mean()) ** 2))
    return QapRegression(table, 1 - rss / total, n, response.size, permutations)


def semipartial_t(
    partial: FloatArray,
    response: FloatArray,
    basis: FloatArray,
    cells: Cells,
    residual_df: int,
    permutations: int,
    seed: int,
) -> FloatArray:
    """t ratios that the relabelled residual of one regressor takes beside the others.

    By Frisch, Waugh and Lovell each needs three numbers only: the relabelled residual's products with the other
    regressors (an orthonormal `basis`) and with `response` cleared of them, and its own length, which relabelling
    does not change.
    """
    matrix = np.zeros((cells.n, cells.n))
    matrix[cells.rows, cells.columns] = matrix[cells.columns, cells.rows] = partial
    cleared = response - basis @ (basis.T @ response)
    products = np.concatenate(
        [batch @ np.column_stack([cleared, basis]) for batch in relabelled_cells(matrix, cells, permutations, seed)]
    )
    length = partial @ partial - np.sum(products[:, 1:] ** 2, axis=1)
    slope = products[:, 0] / length
    rss = cleared @ cleared - slope * products[:, 0]
    return np.asarray(slope / np.sqrt(rss / residual_df / length))
