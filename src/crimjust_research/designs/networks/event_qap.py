"""Does who meets at events follow another network? Relabelled nodes, and errors that leave out one event at a time.

Ties of one event come together, so the event is what was sampled: the correlation is divided by its jackknife error over
events, and that ratio is ranked among those of the other network with its nodes relabelled within strata.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from crimjust_research.designs.arrays import TIE, BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import generator, require_level
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.networks.qap import cells_of, jackknife_error
from crimjust_research.designs.resampling import inversion
from crimjust_research.designs.resampling.permutation import p_beyond_zero, percentiles
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.errors import ParameterError

FEWEST_EVENTS = 3
_BATCH = 20  # relabellings of all events held at once


@dataclass(frozen=True, repr=False)
class EventQap(Printed):
    """Correlation of joint events with another network, and its ratio to its error among relabelled ones."""

    correlation: float
    std_error: float
    """Jackknife over events."""
    p_value: float
    """Two-sided: share of labellings, the observed one among them, whose ratio lies as far from zero."""
    p_equal_tails: float
    """Twice the share on the nearer side: another reading of two-sided where ratios lie unevenly about zero."""
    null: FloatArray
    """(permutations,) ratios of relabelled networks."""
    without: FloatArray
    """(events,) correlations without each event in turn, whose scatter is the error."""
    n_events: int
    n_cells: int
    permutations: int

    def interval(self, level: float) -> tuple[float, float]:
        """The correlations from which the observed one is not as far, in errors, as all but 1 - `level` of labellings.

        Raises
        ------
        ParameterError : a level outside (0, 1).
        """
        require_level(1 - level)
        most = min(math.floor((1 - level) * (1 + self.null.size) + TIE), self.null.size) - 1
        if most < 0:
            return -math.inf, math.inf
        reach = float(np.sort(np.abs(self.null))[-1 - most]) * self.std_error
        return self.correlation - reach, self.correlation + reach

    def equivalence_p(self, size: float) -> float:
        """The larger p of two one-sided tests that the correlation lies within plus and minus `size`.

        Raises
        ------
        ParameterError : a size that is not above zero.
        """

        def statistics(correlations: FloatArray) -> FloatArray:
            ratio = (self.correlation - correlations) / self.std_error
            return np.column_stack([ratio, np.tile(self.null, (ratio.size, 1))])

        return inversion.equivalence_p(statistics, size)


def joint_ties(took_part: BoolArray) -> FloatArray:
    """(events, cells) 1 where both nodes of a cell above the diagonal took part, else 0, from (events, nodes)."""
    cells = cells_of(took_part.shape[1])
    return (took_part[:, cells.rows] & took_part[:, cells.columns]).astype(np.float64)


def without_each_event(ties: FloatArray) -> FloatArray:
    """(1 + events, cells) joint events of all, then without each event in turn."""
    total = ties.sum(axis=0)
    return np.vstack([total, total - ties])


def relabelled(matrix: FloatArray, order: IntArray) -> FloatArray:
    """(cells, labellings) of a symmetric matrix, its nodes named anew by each row of `order`."""
    n = len(matrix)
    cells = cells_of(n)
    found = np.empty((len(order), cells.rows.size))
    for start in range(0, len(order), _BATCH):
        part = order[start : start + _BATCH]
        place = (part * n).take(cells.rows, axis=1) + part.take(cells.columns, axis=1)
        found[start : start + _BATCH] = matrix.ravel().take(place)
    return found.T


def free_of(values: FloatArray, controls: FloatArray | None = None) -> FloatArray:
    """Columns (cells, m) less their mean and what the controls (cells, k) explain of them.

    Raises
    ------
    ParameterError : controls that depend on each other or are constant.
    """
    basis = _basis(len(values), controls)
    return np.asarray(values - basis @ (basis.T @ values))


def event_qap(replicates: FloatArray, traffic: FloatArray, controls: FloatArray | None = None) -> EventQap:
    """Correlation of joint events with traffic, given the controls, tested by relabelling and studentised over events.

    Null: given the controls, who meets whom has nothing to do with the labels of the other network within their strata. With
    controls give relabellings of what they leave of the traffic (double semi-partialling).

    Parameters
    ----------
    replicates : (1 + events, cells) of all events, then without each, as `without_each_event` gives them; or what is made of
        each, such as ranks.
    traffic : (cells, 1 + permutations), the observed labelling first, as `relabelled` gives them.
    controls : (cells, k), the same whichever event is left out.

    Raises
    ------
    ParameterError : fewer than three events, joint events or traffic that the controls explain, with or without an event, or
        a correlation that no event changes.
    """
    n_events = len(replicates) - 1
    if n_events < FEWEST_EVENTS:
        raise ParameterError(f"{n_events} events are too few to leave one out; at least {FEWEST_EVENTS} are needed.")
    first = _unit_length(free_of(replicates.T, controls), replicates.T, "joint events, without some event,")
    correlations = first.T @ traffic / _free_length(traffic, controls)
    errors = jackknife_error(correlations[1:])
    if not errors[0] > TIE:
        raise ParameterError("The correlation is the same whichever event is left out; it has no error over events.")
    return _ranked(correlations[:, 0], float(errors[0]), _ratio(correlations[0], errors), len(traffic))


def each_event_left_out(ties: FloatArray, traffic: FloatArray) -> Iterator[EventQap]:
    """`event_qap` without each event in turn; one product of ties (events, cells) with the traffic serves them all.

    Raises
    ------
    ParameterError : as of `event_qap`.
    """
    unit = _unit_length(free_of(traffic), traffic, "traffic")
    products = free_of(ties.T).T @ unit
    ratios = studentised(ties, 1 - np.eye(len(ties)), products.T[:, :, None])
    for place, own in enumerate(ratios.T):
        fit = event_qap(without_each_event(np.delete(ties, place, axis=0)), traffic[:, :1])
        yield _ranked(np.append(fit.correlation, fit.without), fit.std_error, own, len(traffic))


def _ranked(correlations: FloatArray, error: float, ratios: FloatArray, n_cells: int) -> EventQap:
    """The correlation with all events, then those without each, its error, and its ratio first among those of all labellings."""
    sides = [float(inversion.one_sided(ratios[None], sign)[0]) for sign in (-1, 1)]
    return EventQap(
        correlation=float(correlations[0]),
        std_error=error,
        p_value=float(inversion.two_sided(ratios[None])[0]),
        p_equal_tails=min(1.0, 2 * min(sides)),
        null=ratios[1:],
        without=correlations[1:],
        n_events=correlations.size - 1,
        n_cells=n_cells,
        permutations=ratios.size - 1,
    )


def event_contributions(ties: FloatArray, regressors: FloatArray) -> FloatArray:
    """(events, k) what each event adds to the coefficients of joint events regressed on the regressors and a constant.

    Joint events are sums over events and coefficients are linear in them, so those of any sample of events are its counts times
    these, and those without an event are the whole less its own.

    Parameters
    ----------
    ties : (events, cells); regressors : (cells, k).

    Raises
    ------
    ParameterError : regressors that depend on each other or are constant.
    """
    _basis(len(regressors), regressors)
    design = np.column_stack([np.ones(len(regressors)), regressors])
    return np.asarray((np.linalg.pinv(design) @ ties.T).T[:, 1:])


def drawn_events(n_events: int, samples: int, seed: int) -> FloatArray:
    """(samples, events) how often each event is among as many drawn with replacement."""
    draws = generator(seed).multinomial(n_events, np.full(n_events, 1 / n_events), size=samples)
    return draws.astype(np.float64)


def correlations_of_drawn(ties: FloatArray, traffic: FloatArray, counts: FloatArray) -> FloatArray:
    """(samples,) correlation of the joint events of each sample with the traffic (cells,)."""
    whole, traffic = (counts @ ties).T, traffic[:, None]
    joint = _unit_length(free_of(whole), whole, "joint events of a sample")
    return np.asarray(joint.T @ _unit_length(free_of(traffic), traffic, "traffic")[:, 0])


def event_bootstrap(
    ties: FloatArray, traffic: FloatArray, draws: int, seed: int, alpha: float
) -> tuple[float, float, float]:
    """Percentile interval of the correlation over events drawn with replacement, and twice the share beyond zero as p.

    Raises
    ------
    ParameterError : a level outside (0, 1), or a sample whose joint events are the same in every cell.
    """
    require_level(alpha)
    found = correlations_of_drawn(ties, traffic, drawn_events(len(ties), draws, seed))
    low, high = percentiles(found, alpha)
    return low, high, p_beyond_zero(found)


def simulated_p_values(
    ties: FloatArray, matrix: FloatArray, strata: IntArray, counts: FloatArray, draws: int, seed: int
) -> FloatArray:
    """(samples,) p of `event_qap` in SIMULATED samples without any relation: traffic relabelled within strata.

    Parameters
    ----------
    ties : (events, cells); matrix : (n, n) traffic; strata : (n,).
    counts : (samples, events) how often each event is in a sample.
    draws : relabellings that each sample is ranked among, the same for all.
    """
    order = shuffled_within(strata, draws + len(counts), seed)[1:]
    # Relabelled cells are the same cells in other places: their mean and length are those of the matrix.
    unit = matrix - cells_of(len(matrix)).of(matrix).mean()
    unit /= _free_length(cells_of(len(matrix)).of(matrix)[:, None], None)
    products = free_of(ties.T).T @ relabelled(unit, order)
    observed = studentised(ties, counts, products[None, :, draws:])
    null = products.T[:draws, :, None]
    alike, own = np.unique(counts, axis=0, return_inverse=True)
    batches = (null[start : start + 10 * _BATCH] for start in range(0, draws, 10 * _BATCH))
    return _p_values(observed[0], (studentised(ties, alike, batch)[:, own] for batch in batches))


def simulated_power(
    ties: FloatArray,
    matrix: FloatArray,
    strata: IntArray,
    counts: FloatArray,
    sizes: Iterable[float],
    draws: int,
    seed: int,
    controls: FloatArray | None = None,
) -> list[FloatArray]:
    """For each size p-values (samples,) of `event_qap` in SIMULATED samples whose mean correlation is of that size; missing for a
    size that no traffic reaches, as the events of samples differ from those all traffic is made of.

    Traffic is a multiple of the joint events of all events, plus the traffic on record relabelled within strata. The events of
    a sample are as `counts` says, so that the correlation varies with the events that are drawn.

    Parameters
    ----------
    As of `simulated_p_values`; with controls `matrix` is what they leave of the traffic.
    """
    noise = shuffled_within(strata, len(counts), seed)[1:]
    drawn = relabelled(matrix, noise)
    base = _unit_length(free_of(drawn, controls), drawn, "traffic")
    freed = free_of(ties.T, controls).T
    shared = _unit_length(freed.sum(axis=0)[:, None], ties.sum(axis=0)[:, None], "joint events")
    joint = _unit_length((counts @ freed).T, (counts @ ties).T, "joint events of a sample")
    kept = float((joint.T @ shared).mean())
    strengths = [size / kept for size in sizes]
    reached = [place for place, strength in enumerate(strengths) if strength < 1]
    parts = [_parts(shared, base, strengths[place]) for place in reached]
    observed = [studentised(freed, counts, (freed @ (shared * one + base * other))[None])[0] for one, other in parts]
    # Samples of the same events have the same weights.
    samples = _Samples.of(freed, counts[:1] if (counts == counts[0]).all() else counts)
    null: list[list[FloatArray]] = [[] for _ in parts]
    order = shuffled_within(strata, draws, seed + 1)[1:]
    for start in range(0, draws, _BATCH):
        batch = order[start : start + _BATCH]
        with_shared, with_base = (relabelled_products(ties, batch, one, controls) for one in (shared, base))
        of_shared, of_base = samples.sums(with_shared), samples.sums(with_base)
        of_both = samples.squared_sum(with_shared * with_base)
        for place, (one, other) in enumerate(parts):
            # Controls shorten relabelled traffic; that divides a correlation and its error alike.
            total, weighted, squared = (one * a + other * b for a, b in zip(of_shared[:3], of_base[:3], strict=True))
            squares = one**2 * of_shared[3] + 2 * one * other * of_both + other**2 * of_base[3]
            null[place].append(samples.ratios(total, weighted, squared, squares))
    found = dict(zip(reached, map(_p_values, observed, null), strict=True))
    return [found.get(place, np.full(len(counts), np.nan)) for place in range(len(strengths))]


def relabelled_products(
    ties: FloatArray, order: IntArray, traffic: FloatArray, controls: FloatArray | None = None
) -> FloatArray:
    """(labellings, events, m) products of ties, freed of the controls and then relabelled, with centred traffic (cells, m).

    Few ties are not zero, so only those are added up; what the controls explain of them is taken off. Of single precision.

    Parameters
    ----------
    ties : (events, cells); order : (labellings, n) as `relabelled` takes it.
    """
    n = order.shape[1]
    cells = cells_of(n)
    number = np.zeros((n, n), dtype=np.int64)
    number[cells.rows, cells.columns] = number[cells.columns, cells.rows] = np.arange(cells.rows.size)
    event, cell = np.nonzero(ties)
    goes_to = np.argsort(order, axis=1, kind="stable")
    moved = number[goes_to[:, cells.rows[cell]], goes_to[:, cells.columns[cell]]]
    begin = np.searchsorted(event, np.arange(len(ties)))
    starts = np.append(np.arange(len(order))[:, None] * event.size + begin, moved.size)
    weights = np.tile(ties[event, cell].astype(np.float32), len(order))
    shape = len(order) * len(ties), cells.rows.size
    single = traffic.astype(np.float32)
    products = csr_array((weights, moved.ravel(), starts), shape=shape) @ single
    found = products.reshape(len(order), len(ties), -1).astype(np.float64)
    if controls is not None:
        basis = _basis(len(controls), controls)[:, 1:]
        for column, explained in zip(basis.T, (ties @ basis).T, strict=True):
            matrix = np.zeros((n, n))
            matrix[cells.rows, cells.columns] = matrix[cells.columns, cells.rows] = column
            with_control = relabelled(matrix, order).T.astype(np.float32) @ single
            found -= explained[:, None] * with_control[:, None]
    return found


def studentised(ties: FloatArray, counts: FloatArray, products: FloatArray) -> FloatArray:
    """(labellings, samples) ratios of correlations to their jackknife errors over the events of each sample.

    Parameters
    ----------
    ties : (events, cells); counts : (samples, events) how often each event is in the sample.
    products : (labellings, events, samples or 1) of centred ties with traffic that is centred and of unit length.
    """
    samples = _Samples.of(ties, counts)
    return samples.ratios(*samples.sums(products))


@dataclass(frozen=True)
class _Samples:
    """Samples of events, and the weights of each event in sums from which correlations and their errors follow.

    Sums over events are linear in what each contributes, so no network is built: leaving out a copy of event e takes its
    product with the traffic off the sum, and its ties off the length.
    """

    counts: FloatArray
    """(samples, events)"""
    weight: FloatArray
    """Counts over the lengths of joint events without a copy of each event."""
    squared: FloatArray
    """Counts over the squares of these lengths."""
    length: FloatArray
    """(samples,) of joint events."""

    @classmethod
    def of(cls, ties: FloatArray, counts: FloatArray) -> _Samples:
        centred = ties - ties.mean(axis=1, keepdims=True)
        gram = centred @ centred.T
        joint = counts @ gram
        square = np.sum(joint * counts, axis=1)
        without = square[:, None] - 2 * joint + np.diag(gram)
        least = TIE * float(np.max(np.vecdot(ties, ties)))
        if min(float(square.min()), float(without[counts > 0].min())) <= least:
            raise ParameterError(
                "Without some event the joint events are the same in every cell; draw from more events."
            )
        weight, squared = (
            np.divide(counts, by, out=np.zeros_like(counts), where=counts > 0) for by in (np.sqrt(without), without)
        )
        return cls(counts, weight, squared, np.sqrt(square))

    def sums(self, products: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """(labellings, samples) sums over events of products as `ratios` takes them."""
        total, weighted, squared = (_added(by, products) for by in (self.counts, self.weight, self.squared))
        return total, weighted, squared, self.squared_sum(products**2)

    def squared_sum(self, values: FloatArray) -> FloatArray:
        return _added(self.squared, values)

    def ratios(self, total: FloatArray, weighted: FloatArray, squared: FloatArray, squares: FloatArray) -> FloatArray:
        """Correlations over their jackknife errors.

        Parameters
        ----------
        total, weighted, squared : sums of products by `counts`, `weight` and `squared`; squares : of squared products by
            `squared`.
        """
        n = self.counts.sum(axis=1)
        first = total * self.weight.sum(axis=1) - weighted
        second = total**2 * self.squared.sum(axis=1) - 2 * total * squared + squares
        variance = (n - 1) / n * np.maximum(second - first**2 / n, 0)
        return _ratio(total / self.length, np.sqrt(variance))


def _added(weights: FloatArray, values: FloatArray) -> FloatArray:
    """(labellings, samples) sums over events of values (labellings, events, samples or 1), weighted (samples or 1, events)."""
    if values.shape[2] == 1:
        return np.asarray(values[:, :, 0] @ weights.T)
    if len(weights) == 1:
        return np.asarray(np.einsum("e,des->ds", weights[0], values))
    return np.asarray(np.einsum("se,des->ds", weights, values))


def _ratio(correlation: FloatArray, error: FloatArray) -> FloatArray:
    """Zero where there is no correlation, infinite where a correlation has no error."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = correlation / error
    return np.asarray(np.where(np.abs(correlation) <= TIE, 0.0, ratio))


def _p_values(observed: FloatArray, null: Iterable[FloatArray]) -> FloatArray:
    """Two-sided p (samples,) of each sample's ratio among its own (draws, samples), in batches."""
    least = np.abs(observed) - TIE * np.maximum(1.0, np.abs(observed))
    counts = [(np.sum(np.abs(batch) >= least, axis=0), len(batch)) for batch in null]
    return np.asarray((1 + sum(as_far for as_far, _ in counts)) / (1 + sum(draws for _, draws in counts)))


def _parts(shared: FloatArray, base: FloatArray, strength: float) -> tuple[FloatArray, FloatArray]:
    """How much of the shared network and of each base (samples,) makes traffic of unit length."""
    rest = math.sqrt(1 - strength**2)
    length = np.sqrt(1 + 2 * strength * rest * (base.T @ shared)[:, 0])
    return strength / length, rest / length


def _basis(n: int, controls: FloatArray | None) -> FloatArray:
    design = np.ones((n, 1)) if controls is None else np.column_stack([np.ones(n), controls])
    basis, triangle = np.linalg.qr(design)
    scale = np.linalg.norm(design, axis=0)
    if (np.abs(np.diag(triangle)) <= TIE * scale).any():
        raise ParameterError("The controls depend on each other or are constant; leave one out.")
    return np.asarray(basis)


def _unit_length(columns: FloatArray, whole: FloatArray, what: str) -> FloatArray:
    """Columns over their length, which is more than rounding of what they were, `whole`, before they were freed."""
    length = np.linalg.norm(columns, axis=0)
    if not (length > TIE * np.linalg.norm(whole, axis=0)).all():
        raise ParameterError(f"The {what} is the same in every cell, or as the controls have it; there is no relation.")
    return np.asarray(columns / length)


def _free_length(columns: FloatArray, controls: FloatArray | None) -> FloatArray:
    """Lengths of columns freed of their mean and the controls."""
    square = np.einsum("ca,ca->a", columns, columns)
    basis = _basis(len(columns), controls)
    left = square - np.sum((basis.T @ columns) ** 2, axis=0)
    if not (left > TIE * square).all():
        raise ParameterError("The traffic is the same in every cell, or as the controls have it; there is no relation.")
    return np.asarray(np.sqrt(left))
