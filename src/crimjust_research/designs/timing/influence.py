"""What each unit adds to an average effect on the treated, and averages of many outcomes made of a few paths.

Outcomes that are sums of the same paths, each times a number, have averages that are linear in these numbers, and squared
errors that are quadratic forms in them: what one path gives needs no second reckoning, and thousands of simulated samples
are one matrix product. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import numpy as np

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.resampling import inversion
from crimjust_research.designs.timing.statistics import Controls
from crimjust_research.designs.timing.studentised import Averages

AT_ONCE = 2_000_000
"""Products of two numbers of a sample held at once."""


def influences(
    outcomes: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """The averages of `studentised_averages` (A, S), and what each unit adds to them (A, S, n_units).

    The square root of the sum of its squares over units is the standard error: for what needs more than that sum.
    """
    observed = np.isfinite(outcomes[0])
    first_seen = np.where(observed.any(axis=1), periods[observed.argmax(axis=1)], np.inf)
    known = np.nan_to_num(outcomes)
    seen_before = first_seen < assignments - unclear
    dates = np.unique(assignments[np.isfinite(assignments)])
    members = np.stack([(assignments == date) & seen_before for date in dates])  # (H, A, n_units)
    cells = [
        (group, np.flatnonzero(periods < date - unclear)[-1], at)
        for group, date in enumerate(dates)
        if (periods < date - unclear).any()
        for at in np.flatnonzero(periods >= date)
    ]
    if not cells:
        return np.full((len(assignments), len(outcomes)), np.nan), np.full(
            (len(assignments), *outcomes.shape[:2]), np.nan
        )
    group, base, at = np.array(cells).T
    seen = (observed[:, base] & observed[:, at]).T  # (C, n_units)
    later = np.isinf(assignments)[None]
    if controls == "not yet treated":
        later = later | ((assignments - unclear > periods[at][:, None, None]) & seen_before)
    treated, control = _shares(members[group] & seen[:, None]), _shares(later & seen[:, None])  # (C, A, n_units)
    change = np.where(seen[:, None], np.moveaxis(known[:, :, at] - known[:, :, base], 2, 0), 0.0)  # (C, S, n_units)
    of_treated, of_control = (side @ change.transpose(0, 2, 1) for side in (treated, control))  # (C, A, S)
    effects = of_treated - of_control
    sizes = members.sum(axis=2).astype(np.float64)  # (H, A)
    weight = np.where(np.isfinite(effects[..., 0]), sizes[group], 0.0)
    total = weight.sum(axis=0)
    weight = weight / np.where(total > 0, total, np.nan)  # an assignment that leaves no comparison has no average
    estimate = np.sum(weight[..., None] * np.nan_to_num(effects), axis=0)
    # A unit's own changes, as often as each counts; less the mean of those it is averaged with.
    as_treated, as_control = (np.nan_to_num(weight[..., None] * side) for side in (treated, -control))
    own = _stack(as_treated + as_control, 2, 1, 0) @ _stack(change, 2, 0, 1)  # (n_units, A, S)
    # Shares of groups are estimated: each unit also moves the average through its own group's weight.
    pull = np.nan_to_num(weight[..., None] * (effects - estimate)) / np.maximum(sizes[group], 1)[..., None]
    through = np.stack([pull[group == h].sum(axis=0) for h in range(len(dates))])  # (H, A, S)
    taken = np.concatenate([-np.nan_to_num(of_treated), -np.nan_to_num(of_control), through])
    common = _stack(taken, 1, 2, 0) @ _stack(np.concatenate([as_treated, as_control, members]), 1, 0, 2)
    return estimate, own.transpose(1, 2, 0) + common


def _stack(parts: FloatArray, *axes: int) -> FloatArray:
    """Parts with their axes in another order, laid out so that stacks of matrices are multiplied fast."""
    return np.ascontiguousarray(parts.transpose(axes))


def _shares(members: BoolArray) -> FloatArray:
    """(..., n_units) the share of each unit in the mean of its assignment's members; missing where there is none."""
    count = members.sum(axis=-1, keepdims=True)
    return np.where(count > 0, members / np.maximum(count, 1), np.nan)


def p_values_of_sums(
    paths: FloatArray,
    times: FloatArray,
    planted: FloatArray,
    effects: FloatArray,
    assignments: FloatArray,
    periods: FloatArray,
    *,
    controls: Controls = "not yet treated",
    unclear: int = 0,
) -> FloatArray:
    """(E, S) two-sided p of the studentised test on each of many sums of the same paths, one more planted in them.

    Parameters
    ----------
    paths : (m, n_units, T), NaN where not observed (the same cells in all m); times : (S, m) how often each is in each sum.
    planted : (n_units, T) what is planted; effects : (E,) how often.
    """
    estimate, moved = influences(
        np.concatenate([paths, planted[None]]), assignments, periods, controls=controls, unclear=unclear
    )
    products = moved @ moved.swapaxes(1, 2)  # (A, m + 1, m + 1)
    first, second = np.triu_indices(len(paths))
    form = products[:, first, second] * np.where(first == second, 1.0, 2.0)
    average, cross = estimate[:, :-1] @ times.T, products[:, :-1, -1] @ times.T
    square = np.empty_like(average)
    step = max(1, AT_ONCE // first.size)
    for start in range(0, len(times), step):
        some = np.ascontiguousarray(times[start : start + step].T)
        square[:, start : start + step] = form @ (some[first] * some[second])
    found = []
    for effect in effects:
        squared = square + 2 * effect * cross + effect**2 * products[:, -1, -1:]
        made = Averages(average + effect * estimate[:, -1:], np.sqrt(np.maximum(squared, 0.0)))
        found.append(inversion.two_sided(made.t))
    return np.array(found)
