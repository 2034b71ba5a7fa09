"""Likelihoods without a maximum: coefficients that can rise or fall for ever and fit better all the while.

Where some direction of the coefficients orders every event before, or above, all it is compared with, the likelihood rises
along it for ever. The coefficient then has no finite estimate, and whatever an optimiser stops at has no standard error. Is
there such a direction? That is a linear programme (Albert and Anderson 1984 for chances; Jacobsen 1989 for Cox).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.survival.partial_likelihood import RiskSets
from crimjust_research.errors import ParameterError

FEWEST_EVENTS = 5
MOST_OF_ONE_UNIT = 1 / 3  # of the square sum of a covariate
WITHIN = 1e-6  # of a column's range: what the solver takes for nothing


def of_chances(design: FloatArray, happened: BoolArray) -> FloatArray | None:
    """Direction (k,) along which the likelihood of a regression of chances rises for ever; None if there is none.

    Parameters
    ----------
    design : (n, k), a constant in its span; happened : (n,).
    """
    from scipy.sparse import csr_array

    scaled, scale = scaled_columns(design)
    rows = distinct(np.column_stack([np.where(happened, 1.0, -1.0)[:, None] * scaled, happened]))[:, :-1]
    return rising(csr_array(rows), rows.sum(axis=0), scale)


def of_order(sets: RiskSets, x: FloatArray) -> FloatArray | None:
    """Direction (k,) along which a partial likelihood rises for ever (monotone likelihood); None if there is none.

    Along it each event befalls a unit that has the largest score of those at risk, at least once above another's. The
    largest score at an event time is a variable of its own, no less than the next one's and than that of each unit that
    leaves in between, so that the programme grows with units and not with pairs of them; units that leave together and are
    alike are one.

    Parameters
    ----------
    x : (n, k)
    """
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    scaled, scale = scaled_columns(x)
    times = sets.when.size
    every = np.column_stack([sets.last, scaled])
    units, events = distinct(every), distinct(every[sets.event])
    nested = eye_array(times - 1, times) - eye_array(times - 1, times, k=1)
    towards = vstack(
        [
            hstack([csr_array(-units[:, 1:]), _largest_at(units[:, 0], times)]),
            hstack([csr_array((times - 1, x.shape[1])), nested]),
            hstack([csr_array(events[:, 1:]), -_largest_at(events[:, 0], times)]),
        ]
    )
    # Over all events: the score of the one it befell, less that of each at risk.
    count, total = sets.at_risk(np.ones(len(x))), sets.at_risk(scaled)
    gain = count[sets.own] @ scaled[sets.event] - sets.befallen @ total
    return rising(csr_array(towards), np.concatenate([gain, np.zeros(times)]), scale)


def _largest_at(number: FloatArray, times: int) -> Any:
    """(m, times) sparse: each row picks the largest score at the event time of that number."""
    from scipy.sparse import csr_array

    return csr_array((np.ones(number.size), (np.arange(number.size), number.astype(np.int64))), (number.size, times))


def distinct(rows: FloatArray) -> FloatArray:
    """Each row that there is, once, in ascending order."""
    return np.unique(pd.DataFrame(rows).drop_duplicates().to_numpy(), axis=0)


def require_several(x: FloatArray, unit: IntArray, events: int, names: list[str]) -> None:
    """Refuse what robust errors cannot be taken from: few events, or a covariate by which a unit or two alone differ.

    The fit makes the score of a unit that a coefficient rests on nearly zero, so that errors from scores are far too small.

    Parameters
    ----------
    x : (n, k); unit : (n,) its number, 0 and up.

    Raises
    ------
    ParameterError : naming the covariate.
    """
    if events < FEWEST_EVENTS:
        raise ParameterError(
            f"There {'is 1 event' if events == 1 else f'are {events} events'}; robust errors need {FEWEST_EVENTS} at least."
        )
    square = (x - x.mean(axis=0)) ** 2
    by_unit = np.zeros((int(unit.max()) + 1, x.shape[1]))
    np.add.at(by_unit, unit, square)
    share = by_unit.max(axis=0) / np.maximum(square.sum(axis=0), np.finfo(float).tiny)
    if len(by_unit) * MOST_OF_ONE_UNIT > 1 and x.shape[1] and share.max() > MOST_OF_ONE_UNIT:
        raise ParameterError(
            f"One of {len(by_unit)} units makes {share.max():.0%} of what {names[int(np.argmax(share))]!r} varies by; robust "
            "errors are far too small where so few differ. Leave the covariate out, or group its values."
        )


def rising(towards: Any, gain: FloatArray, scale: FloatArray) -> FloatArray | None:
    """Coefficients (k,) of the direction that gains most while no row of `towards` falls; None if none gains.

    Parameters
    ----------
    towards : (m, k + extra) sparse; gain : (k + extra,); scale : (k,) of the columns that coefficients belong to.
    """
    from scipy.optimize import linprog

    k, most = scale.size, float(np.abs(gain).max())
    if most == 0:
        return None
    bounds = [(-1.0, 1.0)] * k + [(None, None)] * (gain.size - k)
    found = linprog(-gain / most, A_ub=-towards, b_ub=np.zeros(towards.shape[0]), bounds=bounds, method="highs")
    if found.x is None or found.fun is None:  # the origin is always within, so the solver gave up on scale alone
        raise ParameterError(
            "Whether the estimates are finite cannot be told; scale the covariates alike, or use fewer."
        )
    direction = np.asarray(found.x[:k])
    if np.abs(direction).max() < 0.5 or -found.fun <= WITHIN:
        return None
    return np.where(np.abs(direction) > WITHIN, direction, 0.0) / scale


def scaled_columns(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns from 0 to 1, constant ones as they are over their size, and what each was divided by."""
    least, spread = x.min(axis=0), np.ptp(x, axis=0)
    constant = spread == 0
    scale = np.where(constant, np.where(least != 0, np.abs(least), 1.0), spread)
    return (x - np.where(constant, 0.0, least)) / scale, scale


def without_estimate(direction: FloatArray, names: list[str], x: FloatArray, happened: BoolArray, what: str) -> str:
    """A sentence on which coefficients have no finite estimate, and why where it shows in one covariate.

    Parameters
    ----------
    direction : (k,); names, x : of the k covariates, (n, k); happened : (n,).
    """
    moved = [k for k in range(len(names)) if direction[k] != 0]
    listed = " and ".join(repr(names[k]) for k in moved)
    if len(moved) == 1:
        reason = reason_in(x[:, moved[0]], happened, bool(direction[moved[0]] > 0))
    else:
        reason = "together they tell without fault where the event happens"
    return (
        f"The {what} {listed} has no finite estimate yet, and so no interval and no p: {reason}. Leave "
        f"{'it' if len(moved) == 1 else 'one'} out, merge it, or wait for more events."
    )


def reason_in(column: FloatArray, happened: BoolArray, rises: bool) -> str:
    """Why the coefficient of one column (n,) rises, or falls, for ever."""
    values = np.unique(column)
    if values.size == 2:
        kinds = [happened[column == value] for value in values]
        for value, there in zip(values, kinds, strict=True):
            if not there.any():
                return f"none of the {there.size} with the value {value:g} has had the event"
        full = [there.all() for there in kinds]
        if any(full) and not all(full):
            there = kinds[full.index(True)]
            return f"all of the {there.size} with the value {values[full.index(True)]:g} have had the event"
    return f"the event befalls only where it is {'largest' if rises else 'smallest'}"
