"""Time of Outcome 2's designs beside the packages one would otherwise use, as a section of docs/PERFORMANCE.md.

    OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.outcome2_speed

What both compute is compared first. Where a peer is known to be wrong (diff-diff's relative-magnitudes interval) the line says
so and only the time is compared.
"""

import warnings
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import pyfixest
from diff_diff import CallawaySantAnna, compute_honest_did
from scipy.optimize import linprog

from benchmarks.beside import Comparison, apart, comparisons, growth, in_turn, seconds, section
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling.wild_bootstrap import stacked_design, wild_cluster_bootstrap
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.staggered.sensitivity import EventStudy, event_study, relative_magnitudes, smoothness
from crimjust_research.designs.timing.phases import phase_assignments, phase_rejection_rates
from crimjust_research.designs.timing.randomisation import randomisation_test

TREATED = Timing("treated")
BOUNDS = (0.5, 1.0, 1.5, 2.0)
SIZES, STARTS, PERIODS = (7, 5, 6, 6, 4, 5), (4, 7, 10, 13, 16, 19), np.arange(1.0, 21.0)
UNITS, GROWN = 1_250, (1, 4, 16)
# Draws that a plain form is timed on; its seconds are scaled to as many as this package drew.
PROGRAMMES, REFITS = 20, 199


def panel(units: int, periods: int) -> pd.DataFrame:
    """Random walks with growing effects in four groups and a never-treated one."""
    rng = np.random.default_rng(1)
    first = rng.choice([4.0, 5.0, 7.0, 8.0, np.inf], size=units)
    time = np.arange(1, periods + 1)
    outcomes = rng.normal(size=(units, periods)).cumsum(axis=1) + np.maximum(time - first[:, None] + 1, 0)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(time, units),
            "outcome": outcomes.ravel(),
            "first_treated": np.repeat(np.where(np.isfinite(first), first, np.nan), periods),
        }
    )


def event_effects(data: pd.DataFrame) -> pd.DataFrame:
    """Effects by time since treatment, with simultaneous bands."""
    return aggregate(group_time_effects(data, TREATED), "event", draws=999, seed=1).by


def group_time(data: pd.DataFrame) -> Comparison:
    library_data = data.assign(first_treated=data["first_treated"].fillna(0).astype(int))

    def peer() -> pd.DataFrame:
        fit = CallawaySantAnna(control_group="not_yet_treated", n_bootstrap=999, seed=1).fit(
            library_data, outcome="outcome", unit="unit", time="time", first_treat="first_treated"
        )
        return fit.aggregate("event_study").to_dataframe()

    theirs, mine = peer().set_index("event_time"), event_effects(data)
    width = np.abs(mine["band_high"] - theirs["cband_upper"].reindex(mine.index)).max()
    here, there = in_turn(lambda: event_effects(data), peer)
    return Comparison(
        f"group-time effects, 999 draws, {len(data):,} rows",
        here,
        "diff-diff",
        there,
        f"{apart(mine['estimate'].to_numpy(), theirs['att'].reindex(mine.index).to_numpy(), 'effects')}, bands by {width:.3f}",
        "sorting the panel",
    )


def phase_orders() -> Comparison:
    rng = np.random.default_rng(2)
    phase = np.repeat(np.arange(6), SIZES)
    outcomes = rng.normal(size=(33, 20)).cumsum(axis=1)
    frame = pd.DataFrame(
        {"unit": np.repeat(np.arange(33), 20), "time": np.tile(PERIODS, 33), "outcome": outcomes.ravel()}
    )

    def ours() -> np.ndarray:
        return randomisation_test(outcomes, phase_assignments(phase, STARTS), PERIODS, exact=True).null

    def peer() -> np.ndarray:
        cells = treated_cells(phase_assignments(phase, STARTS), PERIODS)
        return np.array(
            [
                pyfixest.feols("outcome ~ d | unit + time", frame.assign(d=d.ravel()), vcov="iid").coef()["d"]
                for d in cells
            ]
        )

    here, found = seconds(ours, 5), []
    there = seconds(lambda: found.append(peer()))
    return Comparison(
        "exact test over 720 phase orders, 33 by 20",
        here,
        "pyfixest, a fit an order",
        there,
        apart(ours(), found[0], "coefficients"),
        "one matrix product",
    )


def size_simulation() -> str:
    """What the size study of the roll-out takes, and what it finds."""
    found = []
    taken = seconds(
        lambda: found.append(phase_rejection_rates(SIZES, STARTS, 20, shared_variance=0.25, n_sim=16_000, seed=1))
    )
    rates = found[0]
    return (
        f"16,000 panels, each with 720 orders and two fits, take {taken:.1f} s; nothing in them is treated, and at 5 % the exact "
        f"test rejects {rates.permutation:.3f} of them (± {rates.monte_carlo_error(rates.permutation):.3f}), errors "
        f"clustered by unit {rates.unit_clustered:.3f}, by phase {rates.phase_clustered:.3f}."
    )


def honest(data: pd.DataFrame) -> Iterator[Comparison]:
    library_data = data.assign(first_treated=data["first_treated"].fillna(0).astype(int))
    theirs = (
        CallawaySantAnna(control_group="not_yet_treated", base_period="universal")
        .fit(library_data, outcome="outcome", unit="unit", time="time", first_treat="first_treated")
        .aggregate("event_study")
    )
    study = event_study(aggregate(group_time_effects(data, TREATED, base="universal"), "event"))

    def peer(method: str) -> np.ndarray:
        found = [compute_honest_did(theirs, method=method, M=m) for m in BOUNDS]
        return np.array([(f.ci_lb, f.ci_ub) for f in found])

    def ours(method: Callable[..., object]) -> np.ndarray:
        return method(study, BOUNDS).table[["ci_low", "ci_high"]].to_numpy()[1:]

    task = "HonestDiD, {}, four bounds and breakdown"
    magnitudes = task.format("relative magnitudes")
    here, there = in_turn(lambda: ours(relative_magnitudes), lambda: peer("relative_magnitude"))
    bound = "critical values, from draws"
    yield Comparison(magnitudes, here, "diff-diff, four bounds", there, "its interval is wrong; time alone", bound)
    scaled = f"time alone, scaled from {PROGRAMMES} draws of 1,000 a set"
    yield Comparison(magnitudes, here, "its linear programmes by HiGHS", programmes(study), scaled, bound)
    here, there = in_turn(lambda: ours(smoothness), lambda: peer("smoothness"))
    close = apart(ours(smoothness), peer("smoothness"), "intervals")
    yield Comparison(task.format("smoothness"), here, "diff-diff, four bounds", there, close, "a convex search a bound")


def programmes(study: EventStudy) -> float:
    """Seconds HiGHS would need for the critical values of the hybrid test as published: one programme a draw."""
    after = study.after.size
    steps = np.diff(np.vstack([np.zeros(after), np.eye(after)]), axis=0)
    rows = np.vstack([steps, -steps])
    draws = np.random.default_rng(1).normal(size=(PROGRAMMES, len(rows)))
    cost, left = np.r_[1.0, np.zeros(after - 1)], -np.column_stack([np.ones(len(rows)), rows[:, 1:]])

    def solve() -> None:
        for draw in draws:
            linprog(cost, A_ub=left, b_ub=-draw, bounds=(None, None), method="highs")

    return seconds(solve) / PROGRAMMES * 1000 * 2 * study.before.size * len(BOUNDS)


def wild() -> Comparison:
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(33), 20)
    design = stacked_design(rng.normal(size=660), dummies=(np.tile(np.arange(20), 33),))
    response = rng.normal(size=660) + rng.normal(size=33)[cluster]

    def peer() -> None:
        """The same bootstrap with one refit a draw."""
        inverse = np.linalg.inv(design.T @ design)
        others = np.delete(design, 1, axis=1)
        fitted = others @ np.linalg.lstsq(others, response)[0]
        webb = [-1.2247, -1, -0.7071, 0.7071, 1, 1.2247]
        for w in np.random.default_rng(1).choice(webb, size=(REFITS, 33)):
            y = fitted + (response - fitted) * w[cluster]
            scores = np.add.reduceat(design * (y - design @ (inverse @ (design.T @ y)))[:, None], np.arange(0, 660, 20))
            np.sqrt((inverse @ (scores.T @ scores) @ inverse)[1, 1])

    here, there = in_turn(lambda: wild_cluster_bootstrap(design, response, cluster, 1, draws=9999, seed=1), peer)
    scaled = f"scaled from {REFITS} draws, without an interval"
    task = "wild cluster bootstrap, 9,999 draws and interval"
    return Comparison(task, here, "numpy, a refit a draw", there / REFITS * 9999, scaled, "drawing weights")


def main() -> None:
    """Print the section."""
    warnings.simplefilter("ignore")
    rows = [group_time(panel(4 * UNITS, 10)), phase_orders(), *honest(panel(300, 10)), wild()]
    grown = {f"{times * UNITS * 10:,}": partial(event_effects, panel(times * UNITS, 10)) for times in GROWN}
    print(
        section(
            "Designs of Outcome 2",
            "Beside the packages one would otherwise use, on SIMULATED panels.",
            comparisons(rows),
            size_simulation(),
            "Group-time effects with 999 draws, as rows grow:",
            growth("rows", grown),
        )
    )


if __name__ == "__main__":
    main()
