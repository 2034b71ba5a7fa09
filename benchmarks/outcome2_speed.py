"""Time of Outcome 2's designs beside the packages one would otherwise use, in one run on one machine.

    .venv/bin/python benchmarks/outcome2_speed.py

Each line times this package and its peer on the same input, alternating, and prints the best of each and their ratio.
What both compute is compared first and the largest difference printed. Where a peer is known to be wrong (diff-diff's
relative-magnitudes interval) the line says so and only the time is compared.
"""

import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd
import pyfixest
from diff_diff import CallawaySantAnna, compute_honest_did
from scipy.optimize import linprog

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


def best_seconds(ours: Callable[[], object], peer: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Best wall times of both, run in turn so that a busy machine slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for work, kept in zip((ours, peer), times, strict=True):
            start = perf_counter()
            work()
            kept.append(perf_counter() - start)
    return min(times[0]), min(times[1])


def report(task: str, peer: str, times: tuple[float, float], agreement: str) -> None:
    ours, theirs = times
    print(f"{task:<58}{ours:>9.4f} s{theirs:>10.3f} s{theirs / ours:>9.2f} x   {peer}; {agreement}", flush=True)


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


def group_time(data: pd.DataFrame) -> None:
    library_data = data.assign(first_treated=data["first_treated"].fillna(0).astype(int))

    def peer() -> pd.DataFrame:
        fit = CallawaySantAnna(control_group="not_yet_treated", n_bootstrap=999, seed=1).fit(
            library_data, outcome="outcome", unit="unit", time="time", first_treat="first_treated"
        )
        return fit.aggregate("event_study").to_dataframe()

    def ours() -> pd.DataFrame:
        return aggregate(group_time_effects(data, TREATED), "event", draws=999, seed=1).by

    theirs, mine = peer().set_index("event_time"), ours()
    gap = np.abs(mine["estimate"] - theirs["att"].reindex(mine.index)).max()
    width = np.abs(mine["band_high"] - theirs["cband_upper"].reindex(mine.index)).max()
    report(
        f"Group-time effects, 999 draws, {len(data):,} rows",
        "diff-diff CallawaySantAnna",
        best_seconds(ours, peer, 3),
        f"effects differ by {gap:.0e}, bands by {width:.3f}",
    )


def phase_orders() -> None:
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

    times = best_seconds(ours, lambda: None, 5)[0], best_seconds(peer, lambda: None, 1)[0]
    report(
        "Exact test over 720 phase orders, 33 x 20",
        "pyfixest, one fit an order",
        times,
        f"coefficients differ by {np.abs(ours() - peer()).max():.0e}",
    )


def size_simulation() -> None:
    start = perf_counter()
    rates = phase_rejection_rates(SIZES, STARTS, 20, shared_variance=0.25, n_sim=16_000, seed=1)
    seconds = perf_counter() - start
    print(
        f"{'Size study: 16,000 panels x (720 orders + 2 fits)':<58}{seconds:>9.4f} s   permutation {rates.permutation:.4f}"
        f" (+- {rates.monte_carlo_error(rates.permutation):.4f}), clustered by unit {rates.unit_clustered:.4f}, by phase "
        f"{rates.phase_clustered:.4f}",
        flush=True,
    )


def honest(data: pd.DataFrame) -> None:
    library_data = data.assign(first_treated=data["first_treated"].fillna(0).astype(int))
    theirs = (
        CallawaySantAnna(control_group="not_yet_treated", base_period="universal")
        .fit(library_data, outcome="outcome", unit="unit", time="time", first_treat="first_treated")
        .aggregate("event_study")
    )
    study = event_study(aggregate(group_time_effects(data, TREATED, base="universal"), "event"))

    def peer(method: str) -> list[tuple[float, float]]:
        found = [compute_honest_did(theirs, method=method, M=m) for m in BOUNDS]
        return [(f.ci_lb, f.ci_ub) for f in found]

    def ours(method: Callable[..., object]) -> np.ndarray:
        return method(study, BOUNDS).table[["ci_low", "ci_high"]].to_numpy()[1:]

    report(
        "HonestDiD relative magnitudes, 4 bounds and breakdown",
        "diff-diff HonestDiD, 4 bounds",
        best_seconds(lambda: ours(relative_magnitudes), lambda: peer("relative_magnitude"), 3),
        "its interval is wrong, time only",
    )
    report(
        "HonestDiD smoothness, 4 bounds and breakdown",
        "diff-diff HonestDiD, 4 bounds",
        best_seconds(lambda: ours(smoothness), lambda: peer("smoothness"), 3),
        f"intervals differ by {np.abs(ours(smoothness) - np.array(peer('smoothness'))).max():.0e}",
    )
    report(
        "HonestDiD relative magnitudes, 4 bounds and breakdown",
        "its linear programmes by HiGHS",
        (best_seconds(lambda: ours(relative_magnitudes), lambda: None, 3)[0], programmes(study)),
        "time of its least-favourable draws alone, 1,000 a set, scaled from 20",
    )


def programmes(study: EventStudy) -> float:
    """Seconds HiGHS would need for the critical values of the hybrid test as published: one programme a draw."""
    after = study.after.size
    steps = np.diff(np.vstack([np.zeros(after), np.eye(after)]), axis=0)
    rows = np.vstack([steps, -steps])
    start = perf_counter()
    for draw in np.random.default_rng(1).normal(size=(20, len(rows))):
        linprog(
            np.r_[1.0, np.zeros(after - 1)],
            A_ub=-np.column_stack([np.ones(len(rows)), rows[:, 1:]]),
            b_ub=-draw,
            bounds=(None, None),
            method="highs",
        )
    return (perf_counter() - start) / 20 * 1000 * 2 * study.before.size * len(BOUNDS)


def wild() -> None:
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(33), 20)
    design = stacked_design(rng.normal(size=660), dummies=(np.tile(np.arange(20), 33),))
    response = rng.normal(size=660) + rng.normal(size=33)[cluster]

    def peer() -> float:
        """The same bootstrap with one refit a draw, 199 draws."""
        inverse, count = np.linalg.inv(design.T @ design), 0
        others = np.delete(design, 1, axis=1)
        fitted = others @ np.linalg.lstsq(others, response)[0]
        for w in np.random.default_rng(1).choice([-1.2247, -1, -0.7071, 0.7071, 1, 1.2247], size=(199, 33)):
            y = fitted + (response - fitted) * w[cluster]
            beta = inverse @ (design.T @ y)
            scores = np.add.reduceat(design * (y - design @ beta)[:, None], np.arange(0, 660, 20))
            count += abs(beta[1]) > np.sqrt((inverse @ (scores.T @ scores) @ inverse)[1, 1])
        return count

    ours, theirs = best_seconds(
        lambda: wild_cluster_bootstrap(design, response, cluster, 1, draws=9999, seed=1), peer, 3
    )
    report(
        "Wild cluster bootstrap, 9,999 draws and interval",
        "numpy, one refit a draw",
        (ours, theirs / 199 * 9999),
        "scaled from 199 draws, without an interval",
    )


def main() -> None:
    warnings.simplefilter("ignore")
    print(f"{'task':<58}{'ours':>11}{'peer':>12}{'ratio':>11}   peer; agreement")
    data = panel(5000, 10)
    group_time(data)
    phase_orders()
    size_simulation()
    honest(panel(300, 10))
    wild()


if __name__ == "__main__":
    main()
