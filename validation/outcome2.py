"""Size, bias and coverage of Outcome 2's designs on known truth; writes its part of docs/VALIDATION.md.

    .venv/bin/python -m validation outcome2

Takes about five minutes on two cores. Every number is simulated from a truth that the table names; seeds are fixed.
"""

import warnings

import numpy as np
import pandas as pd

from benchmarks.tables import rate
from crimjust_research.designs.panel.two_way import treated_cells, two_way_test
from crimjust_research.designs.resampling.wild_bootstrap import stacked_design, wild_cluster_bootstrap
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.estimators import group_time_effects
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.staggered.sensitivity import EventStudy, relative_magnitudes, smoothness
from crimjust_research.designs.survival.cascade import additional_convictions, case_records, continuation_ratios
from crimjust_research.designs.survival.cascade_simulation import CascadeTruth, simulate_cases
from crimjust_research.designs.survival.curves import cumulative_incidence, kaplan_meier
from crimjust_research.designs.timing.phases import phase_rejection_rates
from crimjust_research.designs.timing.random_timing import random_timing_effects
from crimjust_research.designs.timing.randomisation import randomisation_test, shuffled_assignments
from crimjust_research.designs.timing.statistics import group_time_averages, two_way_coefficients
from validation import pages

TREATED = Timing("treated")
SIZES, STARTS = (7, 5, 6, 6, 4, 5), (4, 7, 10, 13, 16, 19)
TRUTH = CascadeTruth(
    intercepts=(0.4, -0.2, 0.6),
    effects={"assisted": (0.5, 0.4, 0.3), "weight": (0.2, 0.0, -0.3)},
    typical_time=(0.5, 0.8, 1.0),
    longest_time=(1.5, 2.0, 2.5),
    shares={"assisted": 0.5},
)


def autoregressive_panel(
    rng: np.random.Generator, first: np.ndarray, periods: int, memory: float, growth: float
) -> pd.DataFrame:
    """Units with a remembered past; the effect grows by `growth` a period from first treatment."""
    n = first.size
    outcomes = rng.normal(size=(n, periods))
    for t in range(1, periods):
        outcomes[:, t] += memory * outcomes[:, t - 1]
    time = np.arange(1, periods + 1)
    outcomes += rng.normal(size=(n, 1)) + growth * np.maximum(time - first[:, None] + 1, 0)
    return pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "time": np.tile(time, n),
            "outcome": outcomes.ravel(),
            "first_treated": np.repeat(np.where(np.isfinite(first), first, np.nan), periods),
        }
    )


def phases() -> pd.DataFrame:
    """Rejections of a true null when units of a phase share shocks."""
    rows = []
    for shared in (0.0, 0.1, 0.25, 0.4):
        for random_order in (True, False):
            r = phase_rejection_rates(
                SIZES, STARTS, 20, shared_variance=shared, n_sim=8000, seed=1, random_order=random_order
            )
            rates = (r.permutation, r.unit_clustered, r.phase_clustered)
            cells = [f"{100 * x:.1f} ± {100 * r.monte_carlo_error(x):.1f}" for x in rates]
            rows.append((shared, "random" if random_order else "given", *cells))
    columns = ["shared variance", "order", "720 orders, %", "clustered by unit, %", "clustered by phase, %"]
    return pd.DataFrame(rows, columns=columns)


def few_treated() -> pd.DataFrame:
    """Nine treated among 130 units, most of them alone in their group, and no effect."""
    rng = np.random.default_rng(2)
    first = np.full(130, np.inf)
    first[:9] = [4, 4, 5, 5, 5, 6, 6, 7, 8]
    periods = np.arange(1.0, 10.0)
    rejected: dict[str, list[bool]] = {}
    for seed in range(400):
        data = autoregressive_panel(rng, first, 9, 0.7, 0.0)
        outcomes = data["outcome"].to_numpy().reshape(130, 9)
        assignments = shuffled_assignments(first, 499, seed=seed)
        found = {
            "group-time average, normal": aggregate(group_time_effects(data, TREATED), "simple").overall["p_value"],
            "two-way fixed effects, clustered by unit": two_way_test(outcomes, treated_cells(first, periods)).p_value,
        }
        for name, statistic in (("group-time average", group_time_averages), ("two-way", two_way_coefficients)):
            test = randomisation_test(outcomes, assignments, periods, statistic=statistic, exact=False)
            found[f"{name}, dates shuffled 499 times"] = test.p_value
        for name, p_value in found.items():
            rejected.setdefault(name, []).append(bool(p_value <= 0.05))
    return pd.DataFrame([(n, rate(r)) for n, r in rejected.items()], columns=["test", "rejects, %"])


def random_timing() -> pd.DataFrame:
    """Efficient estimator and difference-in-differences when the order is drawn at random, 45 units."""
    rng, truth, rows = np.random.default_rng(5), 21 / 8, []
    for memory in (0.0, 0.5, 1.0):
        kept: dict[str, list[tuple[float, ...]]] = {"efficient": [], "difference-in-differences": []}
        for _ in range(600):
            data = autoregressive_panel(rng, rng.permutation(np.repeat([4.0, 6.0, np.inf], 15)), 8, memory, 1.0)
            for adjustment, found in kept.items():
                r = random_timing_effects(data, TREATED, adjustment=adjustment).overall
                found.append((r["estimate"], r["std_error"], r["ci_low"] <= truth <= r["ci_high"]))
        for adjustment, found in kept.items():
            estimate, error, covered = np.array(found, dtype=float).T
            bias = f"{estimate.mean() - truth:+.3f} ± {estimate.std() / np.sqrt(600):.3f}"
            rows.append((memory, adjustment, bias, f"{estimate.std():.3f}", f"{error.mean():.3f}", rate(covered)))
    columns = ["memory", "adjustment", "bias", "spread", "mean standard error", "interval holds the truth, %"]
    return pd.DataFrame(rows, columns=columns)


def sensitivity() -> pd.DataFrame:
    """Differences in trends as large as the restriction allows."""
    rng, rows = np.random.default_rng(6), []
    covariance = 0.01 * (0.5 * np.eye(5) + 0.5)
    straight = np.array([-3.0, -2.0, -1.0, 1.0, 2.0])
    designs = {
        "relative magnitudes, one step before as large as those after, Mbar 1": (
            relative_magnitudes,
            1.0,
            np.array([-1.0, 0.0, 0.0, 1.0, 2.0]),
        ),
        "relative magnitudes, all steps alike, Mbar 1": (relative_magnitudes, 1.0, 0.3 * straight),
        "relative magnitudes, parallel trends, Mbar 1": (relative_magnitudes, 1.0, np.zeros(5)),
        "smoothness, a curved trend at its M": (smoothness, 0.1, 0.05 * np.array([9, 4, 1, 1, 4])),
        "smoothness, a straight trend, M 0": (smoothness, 0.0, 0.3 * straight),
    }
    for name, (method, bound, trend) in designs.items():
        covered = []
        for _ in range(500):
            draw = rng.multivariate_normal(trend + np.array([0, 0, 0, 1.0, 1.0]), covariance)
            study = EventStudy(draw[:3], draw[3:], covariance, np.array([0.5, 0.5]), "", "")
            row = method(study, [bound]).table.iloc[1]
            covered.append(bool(row["ci_low"] <= 1 <= row["ci_high"]))
        rows.append((name, rate(covered)))
    return pd.DataFrame(rows, columns=["truth", "interval holds the effect, %"])


def wild() -> pd.DataFrame:
    """A treatment fixed within clusters, shocks shared by a cluster."""
    rng, rows = np.random.default_rng(13), []
    for n_clusters, n_treated in ((9, 4), (12, 3), (33, 9), (33, 1)):
        cluster = np.repeat(np.arange(n_clusters), 10)
        treated = (cluster < n_treated).astype(float)
        found = []
        for seed in range(1000):
            y = rng.normal(size=n_clusters)[cluster] + rng.normal(size=cluster.size)
            r = wild_cluster_bootstrap(stacked_design(treated), y, cluster, 1, draws=499, seed=seed)
            found.append((r.p_value <= 0.05, abs(r.t) > 1.96))
        webb, normal = np.array(found).T
        rows.append((n_clusters, n_treated, rate(webb), rate(normal)))
    return pd.DataFrame(rows, columns=["clusters", "treated", "Webb, null imposed, rejects %", "t beyond 1.96, %"])


def survival() -> pd.DataFrame:
    """Exponential times: 80 with a third censored; two causes, 150 with a quarter censored."""
    rng = np.random.default_rng(7)
    point, band, incidence = [], [], []
    for _ in range(1000):
        event, censor = rng.exponential(1, 80), rng.exponential(2, 80)
        curve = kaplan_meier(np.minimum(event, censor), (event <= censor).astype(int)).table
        middle = np.searchsorted(curve["time"], 0.7) - 1
        point.append(bool(curve["ci_low"][middle] <= np.exp(-0.7) <= curve["ci_high"][middle]))
        seen, truth = (curve["survival"] < 0.95) & (curve["at_risk"] > 5), np.exp(-curve["time"])
        band.append(bool(np.all((curve["band_low"] <= truth)[seen] & (truth <= curve["band_high"])[seen])))
        time, cause = rng.exponential(1 / 3, 150), rng.choice([1, 2], 150, p=[2 / 3, 1 / 3])
        end = rng.exponential(1, 150)
        rows = cumulative_incidence(np.minimum(time, end), np.where(time <= end, cause, 0))
        row = rows[(rows["cause"] == 1) & (rows["time"] <= 0.4)].iloc[-1]
        incidence.append(bool(row["ci_low"] <= 2 / 3 * (1 - np.exp(-1.2)) <= row["ci_high"]))
    named = {"Kaplan-Meier, interval at one time": point, "Kaplan-Meier, band": band, "cumulative incidence": incidence}
    return pd.DataFrame([(n, rate(h)) for n, h in named.items()], columns=["estimate", "holds the truth, %"])


def cascade() -> pd.DataFrame:
    """1,500 simulated cases over ten years, no stage longer than 2.5."""
    names = ["assisted", "weight"]
    truth = np.column_stack([TRUTH.intercepts, *(TRUTH.effects[n] for n in names)])
    covariates = simulate_cases(TRUTH, 200_000, observed_until=10, seed=1)[names]
    gain = np.diff([TRUTH.probabilities(covariates.assign(assisted=v)).prod(axis=1).mean() for v in (0, 1)])[0]
    rows = []
    for maturity in (2.5, 1.0):
        errors, covered, effects, inside = [], [], [], []
        for seed in range(400):
            records = case_records(simulate_cases(TRUTH, 1500, observed_until=10, seed=seed), 10, covariates=names)
            model = continuation_ratios(records, maturity)
            low, high = (np.log(model.table[c].to_numpy()).reshape(3, 3) for c in ("ci_low", "ci_high"))
            errors.append(model.coefficients - truth)
            covered += ((low <= truth) & (truth <= high)).ravel().tolist()
            effect = additional_convictions(model, "assisted", draws=400, seed=seed)
            effects.append(effect.difference - gain)
            inside.append(bool(effect.ci_low <= gain <= effect.ci_high))
        worst = f"{np.abs(np.mean(errors, axis=0)).max():.3f}"
        bias = f"{np.mean(effects):+.4f} ± {np.std(effects) / 20:.4f}"
        rows.append((maturity, worst, rate(covered), f"{gain:.4f}", bias, rate(inside)))
    columns = ["maturity", "largest bias of a log odds ratio", "intervals hold it, %"]
    return pd.DataFrame(rows, columns=[*columns, "true added conviction rate", "bias", "interval holds it, %"])


def main() -> None:
    """Write and print every table."""
    warnings.simplefilter("ignore")
    parts = {
        "Roll-out of 33 units in phases of 7, 5, 6, 6, 4, 5 over 20 periods, no effect, 5 % (8,000 panels)": phases,
        "Nine treated of 130 units over nine periods, no effect, AR 0.7, 5 % (400 panels)": few_treated,
        "Random timing, 45 units in three groups, eight periods (600 panels)": random_timing,
        "Sensitivity intervals, three periods before and two after (500 event studies)": sensitivity,
        "Wild cluster bootstrap, no effect, 5 % (1,000 samples of 499 draws)": wild,
        "Survival (1,000 samples)": survival,
        "Cascade from seizure to conviction (400 sets of 1,500 cases)": cascade,
    }
    pages.write(2, "size, bias and coverage", parts)
