"""Time of the designs of a roll-out beside their plain forms, as a section of docs/PERFORMANCE.md.

    OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.rollout_speed

The plain form of the closed one stands here: every unit and period a row, the covariance of all rows inverted, one layout after
the other, as R's swPwr does. So does that of permutation: a panel at a time, its effect put in, all orders of its phases tried.
What both compute is compared first.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from benchmarks.beside import Comparison, apart, comparisons, growth, in_turn, section
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.designs.rollout.covariance import autoregressive, random_effects
from crimjust_research.designs.rollout.layout import Layout, effect_cells, exposure, in_order
from crimjust_research.designs.rollout.permutation import (
    Reassignments,
    reassignments,
    rejection_rates,
    simulated_panels,
)
from crimjust_research.designs.timing.randomisation import randomisation_test

COUNTS, PERIODS, LAYOUTS, GROWN = (5, 6, 6, 6, 5, 5), (9, 16), 1_000, (1, 4, 16)
# Layouts that the plain form is timed on; its seconds are scaled to as many as this package took.
TIMED = 100
HORIZON = 3
PANELS, FEW_PANELS, DESIGNS, EFFECTS = 1_000, 20, (1, 10, 100), (0, 0.5, 1)


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


def orders(number: int) -> list[tuple[Layout, Reassignments]]:
    """Six phases that exchange their starts as wholes, and all orders in which they could have started."""
    phase = np.repeat(np.arange(len(COUNTS)), COUNTS)
    rng = np.random.default_rng(2)
    found = []
    for _ in range(number):
        n_periods = int(rng.integers(PERIODS[0], PERIODS[1] + 1))
        starts = rng.choice(np.arange(1.0, n_periods), len(COUNTS), replace=False)[phase]
        found.append((Layout(starts, n_periods), reassignments(starts, phase=phase)))
    return found


def by_permutation(each: Sequence[tuple[Layout, Reassignments]], panels: int) -> FloatArray:
    """(designs, effects) how often the exact test rejects, of panels simulated for each design."""
    rates = []
    for layout, reassigned in each:
        outcomes = simulated_panels(memory(layout), layout.n_units, panels, 3)
        rates.append(rejection_rates(outcomes, reassigned, EFFECTS, seed=4).rates)
    return np.array(rates)


def panel_by_panel(each: Sequence[tuple[Layout, Reassignments]], panels: int) -> FloatArray:
    """The same, each panel tested by itself."""
    rates = []
    for layout, reassigned in each:
        outcomes = simulated_panels(memory(layout), layout.n_units, panels, 3)
        drawn = np.random.default_rng(4).integers(len(reassigned.starts), size=panels)
        p = np.empty((len(EFFECTS), panels))
        for place, (panel, own) in enumerate(zip(outcomes, drawn, strict=True)):
            others = np.roll(reassigned.starts, -own, axis=0)
            for row, effect in enumerate(EFFECTS):
                tested = panel + effect * effect_cells(others[0], layout.n_periods)
                p[row, place] = randomisation_test(
                    tested, others, np.arange(float(layout.n_periods)), exact=True
                ).p_value
        rates.append((p <= 0.05).mean(axis=1))
    return np.array(rates)


def permutation() -> Comparison:
    """Size and power of one design's exact test."""
    one = orders(1)
    same = apart(by_permutation(one, FEW_PANELS), panel_by_panel(one, FEW_PANELS), "rates")
    here, there = in_turn(partial(by_permutation, one, PANELS), partial(panel_by_panel, one, FEW_PANELS), 2)
    task = f"size and power of all orders of six phases, {len(EFFECTS)} effects, {PANELS:,} panels"
    return Comparison(
        task, here, "a test a panel", there * PANELS / FEW_PANELS, same, "one product of orders and panels"
    )


def main() -> None:
    """Print the section."""
    designs = {f"{number}": partial(by_permutation, orders(number), PANELS) for number in DESIGNS}
    grown = {f"{LAYOUTS * times:,}": partial(precision, layouts(LAYOUTS * times), memory) for times in GROWN}
    print(
        section(
            "Designs of a roll-out",
            f"33 units in six phases over {PERIODS[0]} to {PERIODS[1]} periods.",
            comparisons([*closed_form(), permutation()]),
            "Errors of one effect in closed form, as layouts grow:",
            growth("layouts", grown),
            f"Size and power by permutation, {PANELS:,} SIMULATED panels each, as designs grow:",
            growth("designs", designs),
        )
    )


if __name__ == "__main__":
    main()
