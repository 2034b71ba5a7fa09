"""Networks of who works with whom, built from dated events with lists of participants.

Two who take part in one event are tied once in its period; the weight of a tie is the number of events they share.
Networks of directed ties (requests sent, visits paid) share the same class and the same descriptions.
Reference for the measures: Wasserman and Faust (1994), Social Network Analysis, chapters 4, 5 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.checks import complete_columns, require_columns, require_list
from crimjust_research.designs.fit import Printed
from crimjust_research.errors import ParameterError


@dataclass(frozen=True, repr=False)
class TieNetwork(Printed):
    """Ties among a fixed roster of nodes, one matrix per period."""

    nodes: tuple[str, ...]
    periods: tuple[int, ...]
    """Consecutive integers; a period in which nothing was seen keeps an empty matrix."""
    weights: IntArray
    """(periods, nodes, nodes), zero diagonal. Undirected: events shared; directed: ties from row to column."""
    directed: bool

    def shown(self) -> pd.DataFrame:
        """Its description, period by period."""
        return describe_network(self)


# --- Building ---------------------------------------------------------------------------------------------------


def roster(nodes: Sequence[str]) -> dict[str, int]:
    """The place of every node.

    Raises
    ------
    ParameterError : a node that is listed twice, or no list.
    """
    require_list(nodes=nodes)
    position = {node: number for number, node in enumerate(nodes)}
    if len(position) != len(nodes):
        raise ParameterError("The roster lists a node twice; name each node once.")
    return position


def participation(events: pd.DataFrame, nodes: Sequence[str]) -> BoolArray:
    """Who took part in what: (events, nodes), True where the node is in the event's list.

    Parameters
    ----------
    events : columns event (unique), period (integer), participants (a list of node names, possibly empty).

    Raises
    ------
    ParameterError : a column is missing, an event repeats, a period is not whole, a participant repeats within an
        event or is not among `nodes`.
    """
    require_columns(events, ["event", "period", "participants"])
    repeated = events["event"][events["event"].duplicated()]
    if not repeated.empty:
        raise ParameterError(f"Event {repeated.iloc[0]!r} appears more than once; give one row per event.")
    if not pd.api.types.is_integer_dtype(events["period"].dtype):
        raise ParameterError(
            f"The periods of the events are {events['period'].dtype}; give whole numbers such as years, none missing."
        )
    position = roster(nodes)
    listed = events[["event", "participants"]].explode("participants").dropna()
    unknown = listed[~listed["participants"].isin(position)]
    if not unknown.empty:
        event, name = unknown.iloc[0]
        raise ParameterError(f"Event {event!r} lists {name!r}, which is not among the {len(nodes)} nodes; add it.")
    twice = listed[listed.duplicated()]
    if not twice.empty:
        event, name = twice.iloc[0]
        raise ParameterError(f"Event {event!r} lists {name!r} twice; list each participant once.")
    took_part = np.zeros((len(events), len(nodes)), dtype=bool)
    row = pd.Index(events["event"]).get_indexer(listed["event"])
    took_part[row, listed["participants"].map(position).to_numpy(np.int64)] = True
    return took_part


def joint_event_network(
    events: pd.DataFrame, nodes: Sequence[str], window: tuple[int, int] | None = None
) -> TieNetwork:
    """Undirected network of joint participation, one matrix per period of the window (both ends included).

    Parameters
    ----------
    events : as for `participation`; an event with fewer than two participants ties nobody.
    nodes : the roster that densities refer to, chosen without looking at who took part.
    window : first and last period observed; those of the first and last event if not given.

    Raises
    ------
    ParameterError : as for `participation`, no event at all, or an event outside the window.
    """
    took_part = participation(events, nodes)
    periods = window_periods(events["period"], window)
    if not nodes:
        raise ParameterError("The roster is empty; name the nodes that could take part.")
    of_period = events["period"].to_numpy()
    weights = np.zeros((len(periods), len(nodes), len(nodes)), dtype=np.int64)
    for number, period in enumerate(periods):
        present = took_part[of_period == period].astype(np.int64)
        weights[number] = present.T @ present
    weights[:, np.arange(len(nodes)), np.arange(len(nodes))] = 0
    return TieNetwork(tuple(nodes), periods, weights, directed=False)


def directed_network(ties: pd.DataFrame, nodes: Sequence[str]) -> TieNetwork:
    """Network of directed ties from a frame with columns sender, receiver, period and weight.

    Rows of one sender, receiver and period are added up; a tie to oneself is refused.

    Raises
    ------
    ParameterError : a column is missing, a name is not among `nodes`, or a weight is not a positive whole number.
    """
    complete_columns(ties, ["sender", "receiver", "period", "weight"])
    roster(nodes)
    index = pd.Index(nodes)
    sender, receiver = (index.get_indexer(pd.Index(ties[column])) for column in ("sender", "receiver"))
    for column, positions in (("sender", sender), ("receiver", receiver)):
        if np.any(positions < 0):
            name = ties[column].iloc[int(np.argmax(positions < 0))]
            raise ParameterError(f"The {column} {name!r} is not among the {len(nodes)} nodes; add it.")
    if np.any(sender == receiver):
        name = ties["sender"].iloc[int(np.argmax(sender == receiver))]
        raise ParameterError(f"{name!r} has a tie to itself; leave such rows out.")
    if not pd.api.types.is_integer_dtype(ties["weight"].dtype) or (ties["weight"] <= 0).any():
        raise ParameterError("The weight of every tie must be a whole number of at least 1.")
    if not pd.api.types.is_integer_dtype(ties["period"].dtype):
        raise ParameterError(f"The periods of the ties are {ties['period'].dtype}; give whole numbers such as years.")
    periods = window_periods(ties["period"], None)
    weights = np.zeros((len(periods), len(nodes), len(nodes)), dtype=np.int64)
    np.add.at(weights, (ties["period"].to_numpy() - periods[0], sender, receiver), ties["weight"].to_numpy())
    return TieNetwork(tuple(nodes), periods, weights, directed=True)


def window_periods(observed: pd.Series[int], window: tuple[int, int] | None) -> tuple[int, ...]:
    """Every period of the window, or from the first to the last observed.

    Raises
    ------
    ParameterError : nothing was observed, the window is empty, or something lies outside it.
    """
    if observed.empty:
        raise ParameterError("There is no event to build a network from; widen the selection.")
    if window is not None and (len(window) != 2 or not all(isinstance(end, int | np.integer) for end in window)):
        raise ParameterError(f"window is {window!r}; give its first and last period as whole numbers.")
    first, last = (int(observed.min()), int(observed.max())) if window is None else window
    if first > last or observed.min() < first or observed.max() > last:
        raise ParameterError(
            f"The window {first} to {last} does not hold all periods from {observed.min()} to {observed.max()}; widen "
            "it or select events first."
        )
    return tuple(range(first, last + 1))


def cumulated(network: TieNetwork) -> TieNetwork:
    """The network in which every tie lasts from the period it was first seen: weights added up over time."""
    return replace(network, weights=network.weights.cumsum(axis=0))


def pooled(network: TieNetwork) -> pd.DataFrame:
    """Weights of all periods together as one square frame, nodes as index and columns."""
    return pd.DataFrame(network.weights.sum(axis=0), index=network.nodes, columns=network.nodes)


# --- Describing -------------------------------------------------------------------------------------------------


def event_sizes(events: pd.DataFrame, nodes: Sequence[str]) -> pd.DataFrame:
    """Per period with an event: events, single, joint, participations, largest.

    `single` events name one node; only `joint` ones tie anyone.

    Raises
    ------
    ParameterError : as for `participation`.
    """
    size = pd.Series(participation(events, nodes).sum(axis=1), index=events.index)
    table = pd.DataFrame(
        {
            "period": events["period"],
            "single": size == 1,
            "joint": size > 1,
            "participations": size,
            "largest": size,
        }
    )
    counted = table.groupby("period").agg(
        events=("period", "size"),
        single=("single", "sum"),
        joint=("joint", "sum"),
        participations=("participations", "sum"),
        largest=("largest", "max"),
    )
    return counted.reset_index()


def reachable(adjacency: BoolArray) -> BoolArray:
    """Pairs (..., n, n) joined by a path along the direction of the ties, by repeated squaring; diagonal False."""
    n = adjacency.shape[-1]
    path = adjacency | np.eye(n, dtype=bool)
    for _ in range(max(1, int(np.ceil(np.log2(max(n - 1, 1)))))):
        path = (path.astype(np.float32) @ path.astype(np.float32)) > 0
    return path & ~np.eye(n, dtype=bool)


def describe_network(network: TieNetwork) -> pd.DataFrame:
    """Per period: active_nodes, ties, weight, density, density_active, mean_degree, reach, two_step_reach,
    largest_component and, where ties are directed, reciprocity.

    Density is ties over possible ties of the roster (`density_active`: of the nodes with a tie). Reach is the share
    of ordered pairs of distinct nodes joined by a path of any length, two_step_reach by at most two steps.
    largest_component counts nodes, direction ignored. mean_degree is ties per node of the roster; a directed tie
    counts at its sender. Reciprocity is the share of directed ties that are returned. Shares of nothing are missing.
    """
    n = len(network.nodes)
    adjacency = network.weights > 0
    either = adjacency | np.swapaxes(adjacency, 1, 2)
    cells = adjacency.sum(axis=(1, 2))
    possible = np.full(len(network.periods), n * (n - 1))
    per_tie = 1 if network.directed else 2
    active = either.any(axis=2).sum(axis=1)
    path = reachable(adjacency)
    two_steps = ((adjacency.astype(np.float32) @ adjacency.astype(np.float32)) > 0) | adjacency
    two_steps &= ~np.eye(n, dtype=bool)
    component = reachable(either).sum(axis=2).max(axis=1) + 1
    table = pd.DataFrame(
        {
            "period": network.periods,
            "active_nodes": active,
            "ties": cells // per_tie,
            "weight": network.weights.sum(axis=(1, 2)) // per_tie,
            "density": share(cells, possible),
            "density_active": share(cells, active * (active - 1)),
            "mean_degree": cells / n,
            "reach": share(path.sum(axis=(1, 2)), possible),
            "two_step_reach": share(two_steps.sum(axis=(1, 2)), possible),
            "largest_component": np.where(active > 0, component, 0),
        }
    )
    if network.directed:
        returned = (adjacency & np.swapaxes(adjacency, 1, 2)).sum(axis=(1, 2))
        table["reciprocity"] = share(returned, cells)
    return table


def share(part: IntArray, whole: IntArray) -> FloatArray:
    """part / whole, missing where whole is zero."""
    quotient = np.full(np.shape(whole), np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient


def ties_between_groups(network: TieNetwork, groups: Mapping[str, str]) -> pd.DataFrame:
    """Per period and pair of groups: ties, possible_ties, density, share_of_ties, share_of_weight, mixing_ratio.

    Undirected pairs of groups are named once, in alphabetical order; directed ones from the sender's group to the
    receiver's. mixing_ratio is the share of ties over the share of possible ties: 1 if ties ignored the groups.

    Raises
    ------
    ParameterError : a node without a group.
    """
    ungrouped = [node for node in network.nodes if pd.isna(groups.get(node))]
    if ungrouped:
        raise ParameterError(f"Node {ungrouped[0]!r} has no group; give every node one ({len(ungrouped)} have none).")
    labels = sorted({groups[node] for node in network.nodes})
    member = np.array([[groups[node] == label for node in network.nodes] for label in labels], dtype=np.int64)
    off_diagonal = 1 - np.eye(len(network.nodes), dtype=np.int64)
    possible = member @ off_diagonal @ member.T
    ties = member @ (network.weights > 0).astype(np.int64) @ member.T
    weight = member @ network.weights @ member.T
    if not network.directed:
        # Within a group every pair stands in two cells; between groups the two cells are in two blocks.
        halve = np.where(np.eye(len(labels), dtype=bool), 2, 1)
        possible, ties, weight = possible // halve, ties // halve, weight // halve
    first, second = np.indices(possible.shape).reshape(2, -1)
    kept = np.ones(first.size, dtype=bool) if network.directed else first <= second
    first, second = first[kept], second[kept]
    rows = []
    for number, period in enumerate(network.periods):
        in_block, block_weight = ties[number][first, second], weight[number][first, second]
        of_all = share(in_block, np.full(in_block.size, in_block.sum()))
        in_all = np.full(in_block.size, possible[first, second].sum())
        possible_share = share(possible[first, second], in_all)
        rows.append(
            pd.DataFrame(
                {
                    "period": period,
                    "first_group": [labels[i] for i in first],
                    "second_group": [labels[i] for i in second],
                    "ties": in_block,
                    "possible_ties": possible[first, second],
                    "density": share(in_block, possible[first, second]),
                    "share_of_ties": of_all,
                    "share_of_weight": share(block_weight, np.full(in_block.size, block_weight.sum())),
                    "mixing_ratio": np.divide(
                        of_all, possible_share, out=np.full(of_all.size, np.nan), where=possible_share > 0
                    ),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def tie_turnover(network: TieNetwork) -> pd.DataFrame:
    """Growth by period: ties, new, resumed, continued, dropped, ever, growth.

    A tie of a period is new (never seen before), continued (seen in the period before) or resumed (seen earlier
    still). dropped were tied in the period before and are not now; ever counts ties seen so far; growth is ties
    over those of the period before, missing at the start and after an empty period.
    """
    per_tie = 1 if network.directed else 2
    now = network.weights > 0
    before = np.zeros_like(now)
    before[1:] = now[:-1]
    ever = np.logical_or.accumulate(now, axis=0)
    seen = np.zeros_like(now)
    seen[1:] = ever[:-1]

    def count(cells: BoolArray) -> IntArray:
        return np.asarray(cells.sum(axis=(1, 2)) // per_tie, np.int64)

    ties = count(now)
    return pd.DataFrame(
        {
            "period": network.periods,
            "ties": ties,
            "new": count(now & ~seen),
            "resumed": count(now & seen & ~before),
            "continued": count(now & before),
            "dropped": count(before & ~now),
            "ever": count(ever),
            "growth": np.concatenate([[np.nan], share(ties[1:], ties[:-1])]),
        }
    )


# --- Persistence ------------------------------------------------------------------------------------------------


def dyad_spells(network: TieNetwork, tolerance: int = 0) -> pd.DataFrame:
    """Spells of being tied, one row per dyad and spell, ready for survival analysis.

    A spell runs over periods in which the dyad is seen; up to `tolerance` periods unseen in a row do not end it.
    Whether a spell ended is known only up to `cutoff`, the last period less the tolerance: a spell seen at or
    after the cutoff is censored there, so that censoring depends on the calendar and not on the spell. A spell that
    starts after the cutoff says nothing about persistence and is left out.

    Columns: first, second (sender, receiver if directed), spell (1, 2, ... within the dyad), start, last_seen,
    duration (periods alive, from 1), ended (False: censored at the cutoff), left_truncated (seen in the first
    period, so it may be older), joint (weight over the spell up to last_seen).

    Raises
    ------
    ParameterError : a tolerance that is negative or leaves no period to observe.
    """
    n_periods = len(network.periods)
    if not 0 <= tolerance < n_periods:
        raise ParameterError(f"The tolerance is {tolerance}; give 0 to {n_periods - 1} for {n_periods} periods.")
    weights = network.weights if network.directed else np.triu(network.weights)
    first, second, at = np.nonzero(np.moveaxis(weights, 0, 2))
    seen = pd.DataFrame({"first": first, "second": second, "at": at, "joint": weights[at, first, second]})
    gap = seen.groupby(["first", "second"])["at"].diff()
    seen["spell"] = (gap.isna() | (gap > tolerance + 1)).groupby([seen["first"], seen["second"]]).cumsum()
    spells = (
        seen.groupby(["first", "second", "spell"])
        .agg(start=("at", "min"), last_seen=("at", "max"), joint=("joint", "sum"))
        .reset_index()
    )
    cutoff = n_periods - 1 - tolerance
    spells = spells[spells["start"] <= cutoff].reset_index(drop=True)
    ended = spells["last_seen"] < cutoff
    origin, names = network.periods[0], np.array(network.nodes, dtype=object)
    return pd.DataFrame(
        {
            "first": names[spells["first"].to_numpy()],
            "second": names[spells["second"].to_numpy()],
            "spell": spells["spell"].astype(np.int64),
            "start": spells["start"] + origin,
            "last_seen": spells["last_seen"] + origin,
            "duration": spells["last_seen"].clip(upper=cutoff) - spells["start"] + 1,
            "ended": ended,
            "left_truncated": spells["start"] == 0,
            "joint": spells["joint"],
        }
    )
