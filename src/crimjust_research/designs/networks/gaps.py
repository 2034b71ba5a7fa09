"""What a network does not show: ties of events nobody saw, and pairs who have cause to meet and do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import real_numbers, require_whole
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class DensityBounds(Printed):
    """What the density of a network can be when some of its events were not seen."""

    capture_share: float
    """Observed events over all events."""
    observed: float
    """Lower bound: every tie seen exists."""
    extrapolated: float
    """If the observed events are a random sample of all events."""
    upper: float
    """Upper bound: each unseen event ties as many new pairs as the largest event could."""
    ties: int
    extrapolated_ties: float
    upper_ties: int
    possible_ties: int


def density_bounds(
    joint_events: FloatArray | IntArray, observed_events: int, total_events: int, largest_event: int
) -> DensityBounds:
    """Bounds on the density of the network of all events, when only some of them were observed.

    The lower bound takes the ties seen and no other. The upper bound lets each unseen event tie choose(s, 2) pairs
    that nothing else ties, s the largest size an event can have. Neither assumes how events came to be seen.
    In between, `extrapolated` assumes that the observed events are a simple random sample, without replacement, of
    all events, and adds Chao and Lin's (2012) lower bound for the pairs that only unseen events tie:
    Q1² / (2 Q2 k / (k - 1) + Q1 q / (1 - q)), with Q1 and Q2 the pairs tied by exactly one and two of the k observed
    events and q = k / N; it is cut at the upper bound. Events that reach the public are seldom a random sample, so
    this is a reading under an assumption and not an estimate of what is hidden.

    Parameters
    ----------
    joint_events : (n, n) symmetric, observed events each pair shares.
    observed_events : events whose participants are known, k; total_events : N, from the organiser's own count.
    largest_event : nodes of the roster that the largest event can bring together.

    Raises
    ------
    ParameterError : counts out of order, or a matrix that is not a symmetric count within `observed_events`.
    """
    require_whole(0, observed_events=observed_events, total_events=total_events, largest_event=largest_event)
    joint_events = real_numbers(joint_events, "joint events")
    n = joint_events.shape[0] if joint_events.ndim else 0
    if joint_events.shape != (n, n) or n < 2 or not np.array_equal(joint_events, joint_events.T):
        raise ParameterError("The joint events must be a symmetric square matrix of at least two nodes.")
    if not 2 <= observed_events <= total_events or not 2 <= largest_event <= n:
        raise ParameterError(
            f"{observed_events} observed of {total_events} events with at most {largest_event} of {n} nodes does not "
            "fit: at least 2 events observed, no more than in all, and an event of 2 nodes up to all of them."
        )
    pairs = joint_events[np.triu_indices(n, 1)]
    if pairs.min() < 0 or np.any(pairs != np.round(pairs)):
        wrong = pairs[(pairs < 0) | (pairs != np.round(pairs))][0]
        raise ParameterError(f"A pair shares {wrong:g} events; give whole numbers of 0 or more.")
    if pairs.max() > observed_events:
        raise ParameterError(
            f"A pair shares {pairs.max():g} events but only {observed_events} were observed; correct one of the two."
        )
    possible, ties = pairs.size, int(np.sum(pairs > 0))
    once, twice = int(np.sum(pairs == 1)), int(np.sum(pairs == 2))
    unseen_events = total_events - observed_events
    upper = min(possible, ties + unseen_events * (largest_event * (largest_event - 1) // 2))
    unseen_ties = 0.0
    if unseen_events and once:
        captured = observed_events / total_events
        unseen_ties = once**2 / (2 * twice * observed_events / (observed_events - 1) + once * captured / (1 - captured))
    extrapolated = min(float(upper), ties + unseen_ties)
    return DensityBounds(
        capture_share=observed_events / total_events,
        observed=ties / possible,
        extrapolated=extrapolated / possible,
        upper=upper / possible,
        ties=ties,
        extrapolated_ties=extrapolated,
        upper_ties=upper,
        possible_ties=possible,
    )


def unmet_pairs(traffic: pd.DataFrame, cooperation: pd.DataFrame) -> pd.DataFrame:
    """Pairs with traffic between them and no cooperation, the most traffic first.

    Columns: rank (equal traffic shares the better rank), first, second, traffic (both directions), first_to_second,
    second_to_first, share_of_traffic (of all traffic between distinct nodes), cumulative_share, partners_first,
    partners_second (nodes each cooperates with), shared_partners (tuple of nodes that cooperate with both).

    Parameters
    ----------
    traffic : square, from row to column, not negative; the diagonal is ignored.
    cooperation : square over the same nodes in any order; a pair cooperates if either cell is above zero.

    Raises
    ------
    ParameterError : frames that are not square over the same nodes, or missing or negative cells.
    """
    given = (("traffic", traffic), ("cooperation", cooperation))
    if any(not isinstance(frame, pd.DataFrame) or frame.empty for _, frame in given):
        raise ParameterError(
            "Traffic and cooperation must be frames with the nodes as index and columns, and some nodes."
        )
    nodes = list(traffic.index)
    for name, frame in given:
        if any(not pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
            raise ParameterError(f"The {name} matrix holds something that is not a number; code its cells.")
        if list(frame.index) != list(frame.columns) or set(frame.index) != set(nodes) or len(frame) != len(set(nodes)):
            raise ParameterError(f"The {name} matrix must have the same, unrepeated nodes as index and columns.")
    flow = traffic.to_numpy(np.float64, copy=True)
    works = cooperation.loc[nodes, nodes].to_numpy(np.float64)
    if not (np.isfinite(flow).all() and np.isfinite(works).all()) or flow.min() < 0 or works.min() < 0:
        raise ParameterError(
            "Traffic and cooperation must be complete and not negative; fill or drop what is missing knowingly."
        )
    np.fill_diagonal(flow, 0.0)
    partner = (works + works.T) > 0
    np.fill_diagonal(partner, False)
    first, second = np.triu_indices(len(nodes), 1)
    between = flow[first, second] + flow[second, first]
    total = between.sum()
    unmet = np.flatnonzero((between > 0) & ~partner[first, second])
    unmet = unmet[np.argsort(-between[unmet], kind="stable")]
    first, second, between = first[unmet], second[unmet], between[unmet]
    shared = [
        tuple(nodes[k] for k in np.flatnonzero(partner[i] & partner[j])) for i, j in zip(first, second, strict=True)
    ]
    degree = partner.sum(axis=1)
    return pd.DataFrame(
        {
            "rank": pd.Series(-between).rank(method="min").astype(np.int64),
            "first": [nodes[i] for i in first],
            "second": [nodes[j] for j in second],
            "traffic": between,
            "first_to_second": flow[first, second],
            "second_to_first": flow[second, first],
            "share_of_traffic": between / total if total > 0 else between,
            "cumulative_share": np.cumsum(between) / total if total > 0 else between,
            "partners_first": degree[first],
            "partners_second": degree[second],
            "shared_partners": pd.Series(shared, dtype=object),
        }
    )
