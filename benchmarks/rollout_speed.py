"""Time of the designs of a roll-out beside their plain forms, as a section of docs/PERFORMANCE.md.

    OMP_NUM_THREADS=1 .venv/bin/python benchmarks/rollout_speed.py

The plain form of the closed one stands here: every unit and period a row, the covariance of all rows inverted, one layout after
the other, as R's swPwr does. What both compute is compared first.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from beside import Comparison, apart, comparisons, growth, in_turn, section

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.designs.rollout.covariance import autoregressive, random_effects
from crimjust_research.designs.rollout.layout import Layout, exposure, in_order

COUNTS, PERIODS, LAYOUTS, GROWN = (5, 6, 6, 6, 5, 5), (9, 16), 1_000, (1, 4, 16)
# Layouts that the plain form is timed on; its seconds are scaled to as many as this package took.
TIMED = 100
HORIZON = 3


def layouts(number: int, gaps: float = 0.0) -> list[Layout]:
    """33 units in six phases over 9 to 16 periods, starts and the order of units drawn, cells missing at random."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(number):
        n_periods = int(rng.integers(PERIODS[0], PERIODS[1] + 1))
        starts = rng.permutation(in_order(COUNTS, np.sort(rng.choice(np.arange(1, n_periods), 6, replace=False))))
        found.append(Layout(starts, n_periods, rng.random((starts.size, n_periods)) >= gaps))
    return found


def memory(layout: Layout) -> FloatArray:
    """Outcomes that remember, and are measured with noise."""
    return autoregressive(layout.n_periods, 0.7, 0.8)


def differing(layout: Layout) -> FloatArray:
    """Effects that differ between units, and with them the covariance."""
    return random_effects(layout.treated, tau=1.0, eta=0.5, rho=0.2, sigma=1.0)


def one_by_one(
    each: Sequence[Layout], covariance: Callable[[Layout], FloatArray], horizon: int | None = None
) -> FloatArray:
    """Errors by least squares on all rows of each layout, its units and periods as columns."""
    errors = []
    for layout in each:
        n, t = layout.n_units, layout.n_periods
        effect = exposure(layout)[..., None]
        if horizon is not None:
            effect = np.stack([layout.since == one for one in range(1, layout.since.max() + 1)], axis=2).astype(float)
        x = np.hstack([effect.reshape(n * t, -1), np.tile(np.eye(t), (n, 1)), np.repeat(np.eye(n), t, axis=0)[:, 1:]])
        v = np.zeros((n * t, n * t))
        for unit, one in enumerate(np.broadcast_to(covariance(layout), (n, t, t))):
            v[unit * t : (unit + 1) * t, unit * t : (unit + 1) * t] = one
        seen = layout.cells.ravel()
        x, v = x[seen], v[np.ix_(seen, seen)]
        of_effects = np.linalg.inv(x.T @ np.linalg.inv(v) @ x)[: effect.shape[2], : effect.shape[2]]
        errors.append(np.sqrt(of_effects[:horizon, :horizon].mean() if horizon else of_effects[0, 0]))
    return np.array(errors)


def closed_form() -> Iterator[Comparison]:
    """Errors of many layouts, whole and with gaps, of one effect and of an average over exposure times."""
    whole, holed = layouts(LAYOUTS), layouts(LAYOUTS, gaps=0.1)
    cases = (
        ("error of one effect", whole, memory, None),
        (f"error of the average of {HORIZON} exposure times", whole, memory, HORIZON),
        ("error, a tenth of cells missing", holed, memory, None),
        ("error, effects that differ between units", whole, differing, None),
    )
    for task, each, covariance, horizon in cases:
        few = each[:TIMED]
        same = apart(precision(few, covariance, horizon=horizon).std_error, one_by_one(few, covariance, horizon))
        here, there = in_turn(
            partial(precision, each, covariance, horizon=horizon), partial(one_by_one, few, covariance, horizon), 2
        )
        there *= LAYOUTS / TIMED
        yield Comparison(f"{task}, {LAYOUTS:,} layouts", here, "all rows, one by one", there, same, "products by unit")


def main() -> None:
    """Print the section."""
    grown = {f"{LAYOUTS * times:,}": partial(precision, layouts(LAYOUTS * times), memory) for times in GROWN}
    print(
        section(
            "Designs of a roll-out",
            f"33 units in six phases over {PERIODS[0]} to {PERIODS[1]} periods.",
            comparisons(closed_form()),
            "Errors of one effect in closed form, as layouts grow:",
            growth("layouts", grown),
        )
    )


if __name__ == "__main__":
    main()
