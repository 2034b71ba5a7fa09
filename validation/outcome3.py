"""Size, power and coverage of Outcome 3's designs at sizes like those at hand; writes its part of docs/VALIDATION.md.

    .venv/bin/python -m validation outcome3

Takes about two minutes on two cores. Every number is simulated from a truth that the table names; seeds are fixed.
"""

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from benchmarks.tables import rate
from crimjust_research.designs.composition.diversity import diversity_at, size_for_coverage, standardised_diversity
from crimjust_research.designs.composition.overlap import overlap_test
from crimjust_research.designs.counts.beta_binomial import beta_binomial, simulate_beta_binomial
from crimjust_research.designs.counts.two_part import two_part
from crimjust_research.designs.networks.gaps import density_bounds
from crimjust_research.designs.networks.qap import qap_correlation, qap_regression
from crimjust_research.designs.panel.unit_effects import unit_effects_regression
from crimjust_research.designs.series.growth import log_growth
from validation import pages


def symmetric(cells: np.ndarray, n: int) -> np.ndarray:
    """Square symmetric matrix from the cells above its diagonal."""
    matrix = np.zeros((n, n))
    matrix[np.triu_indices(n, 1)] = cells
    return matrix + matrix.T


def relabelling() -> pd.DataFrame:
    """MRQAP where x does nothing to y but goes with z, which does."""
    rng = np.random.default_rng(1)
    rows = []
    for effect in (0.0, 1.0):
        for n in (16, 30, 60):
            first, second = np.triu_indices(n, 1)
            p, t, inside, inside_z = [], [], [], []
            for sample in range(400):
                a, b, c = effect * rng.normal(size=(3, n))
                z = a[first] + a[second] + rng.normal(size=first.size)
                x = 0.6 * z + b[first] + b[second] + rng.normal(size=first.size)
                y = 0.5 * z + c[first] + c[second] + rng.normal(size=first.size)
                table = qap_regression(
                    symmetric(y, n), {"x": symmetric(x, n), "z": symmetric(z, n)}, permutations=199, seed=sample
                ).table
                p.append(table["p_value"][1] <= 0.05)
                t.append(abs(table["t"][1]) > stats.t.ppf(0.975, first.size - 3))
                inside.append(table["ci_low"][1] < 0 < table["ci_high"][1])
                inside_z.append(table["ci_low"][2] < 0.5 < table["ci_high"][2])
            rows.append((f"node effects of size {effect:g}", n, rate(p), rate(t), rate(inside), rate(inside_z)))
    return pd.DataFrame(
        rows,
        columns=["truth", "nodes", "MRQAP rejects, %", "t test rejects, %", "interval holds 0, %", "holds 0.5, %"],
    )


def sparse_ties() -> pd.DataFrame:
    """Correlation of two sparse binary networks, unrelated or sharing a third of their ties."""
    rng = np.random.default_rng(2)
    rows = []
    for name, shared in {"unrelated": 0.0, "a third of ties shared": 1 / 3}.items():
        for n in (16, 30):
            first, second = np.triu_indices(n, 1)
            rejected = []
            for sample in range(400):
                busy = rng.normal(-2.2, 0.7, size=(2, n))
                ties = rng.uniform(size=(2, first.size)) < expit(busy[:, first] + busy[:, second] + 2.2)
                ties[1] = np.where(rng.uniform(size=first.size) < shared, ties[0], ties[1])
                if ties.any(axis=1).all():
                    x, y = (symmetric(one, n) for one in ties.astype(float))
                    rejected.append(qap_correlation(x, y, permutations=199, seed=sample).p_value <= 0.05)
            rows.append((name, n, rate(rejected)))
    return pd.DataFrame(rows, columns=["truth", "nodes", "QAP rejects, %"])


def unseen_events() -> pd.DataFrame:
    """Density of 120 events among 40 nodes when 40 of them are seen, at random or the large ones first."""
    rng = np.random.default_rng(3)
    rows = []
    for name in ("at random", "larger events more likely seen"):
        found = []
        for _ in range(200):
            appeal = rng.dirichlet(np.full(40, 0.7))
            sizes = rng.integers(2, 9, 120)
            took_part = np.zeros((120, 40), dtype=np.int64)
            for event, size in zip(took_part, sizes, strict=True):
                event[rng.choice(40, size, replace=False, p=appeal)] = 1
            chance = sizes**2 if name.startswith("larger") else np.ones(120)
            seen = took_part[rng.choice(120, 40, replace=False, p=chance / chance.sum())]
            whole, part = (m.T @ m for m in (took_part, seen))
            np.fill_diagonal(part, 0)
            truth = np.mean(whole[np.triu_indices(40, 1)] > 0)
            bounds = density_bounds(part, 40, 120, largest_event=8)
            inside = bounds.observed <= truth <= bounds.upper
            found.append((truth, bounds.observed, bounds.extrapolated, bounds.upper, inside))
        mean = np.mean(found, axis=0)
        rows.append((name, *(f"{value:.3f}" for value in mean[:4]), f"{100 * mean[4]:.0f}"))
    return pd.DataFrame(
        rows, columns=["seen", "true density", "observed", "extrapolated", "upper bound", "bounds hold it, %"]
    )


def growth() -> pd.DataFrame:
    """Growth of a series of nine years that does not grow."""
    rng = np.random.default_rng(4)
    rows = []
    for own in (0.0, 0.3, 0.6):
        rejected = []
        for _ in range(1000):
            noise = rng.standard_normal(40)
            for t in range(1, 40):
                noise[t] += own * noise[t - 1]
            fit = log_growth(pd.Series(np.exp(0.2 * noise[-9:])))
            rejected.append(abs(fit.rate / fit.std_error) > stats.t.ppf(0.975, fit.df))
        rows.append((f"residual autocorrelation {own:g}", rate(rejected)))
    return pd.DataFrame(rows, columns=["truth", "finds growth, %"])


def equal_coverage() -> pd.DataFrame:
    """Intervals of Hill numbers at coverage 0.95 against the value an endless sample would give at that coverage."""
    rng = np.random.default_rng(5)
    share = np.sort(np.random.default_rng(6).dirichlet(np.full(25, 0.5)))[::-1]
    sizes = np.arange(1, 3000)
    covered = np.array([np.sum(share * (1 - (1 - share) ** m)) for m in sizes])
    at = int(sizes[np.argmax(covered >= 0.95)])
    many = rng.multinomial(at, share, size=20_000)
    portion = many / at
    entropy = -np.sum(np.where(portion > 0, portion * np.log(np.where(portion > 0, portion, 1)), 0), axis=1).mean()
    truth = {0: (many > 0).sum(axis=1).mean(), 1: np.exp(entropy), 2: 1 / np.sum(portion**2, axis=1).mean()}
    rows = []
    for cases in (40, 150, 600):
        sample = rng.multinomial(cases, share, size=200)
        counts = pd.DataFrame(sample, index=pd.RangeIndex(200, name="unit"))
        table = standardised_diversity(counts, coverage=0.95, draws=100, seed=7)
        size = size_for_coverage(sample, 0.95)
        for order in (0, 1, 2):
            of = table[table["order"] == order]
            raw, level = diversity_at(sample, order, cases).mean(), diversity_at(sample, order, size).mean()
            inside = (of["ci_low"] <= truth[order]) & (truth[order] <= of["ci_high"])
            rows.append((cases, order, f"{truth[order]:.2f}", f"{raw:.2f}", f"{level:.2f}", rate(inside)))
    return pd.DataFrame(
        rows, columns=["cases", "order", "truth", "mean plug-in", "mean at coverage 0.95", "interval holds it, %"]
    )


def few_units() -> pd.DataFrame:
    """A trend of zero in panels of up to nine years, in which units drift on their own."""
    rng = np.random.default_rng(8)
    rows = []
    for n_units in (6, 10, 25):
        cr2, usual, inside = [], [], []
        for _ in range(1000):
            length = rng.integers(3, 10, n_units)
            unit = np.repeat(np.arange(n_units), length)
            year = np.concatenate([np.arange(n) for n in length])
            drift = rng.normal(0, 0.15, n_units)
            frame = pd.DataFrame({"unit": unit, "year": year, "y": drift[unit] * year + rng.normal(size=unit.size)})
            row = unit_effects_regression(frame, "y", ["year"], "unit").table.iloc[0]
            cr2.append(row["p_value"] <= 0.05)
            usual.append(abs(row["estimate"] / row["std_error_cr1"]) > stats.norm.ppf(0.975))
            inside.append(row["ci_low"] < 0 < row["ci_high"])
        rows.append((n_units, rate(cr2), rate(usual), rate(inside)))
    return pd.DataFrame(
        rows, columns=["units", "CR2 rejects, %", "usual clustered z rejects, %", "interval holds 0, %"]
    )


def shared_routes() -> pd.DataFrame:
    """Three groups of cases in 40 strata with categories of their own, tied to their group to a given degree."""
    rows = []
    for pull in (0.0, 0.02, 0.05):
        rng = np.random.default_rng(9)
        rejected = []
        for sample in range(400):
            parts = []
            for stratum in range(40):
                home = rng.dirichlet(np.full(30, 0.3))
                for group in range(3):
                    chance = (1 - pull) * home + pull * np.eye(30)[5 * group]
                    drawn = rng.multinomial(rng.integers(0, 12), chance)
                    seen = np.flatnonzero(drawn)
                    parts.append(
                        pd.DataFrame(
                            {"stratum": stratum, "group": group, "category": seen, "cases": drawn[seen].astype(int)}
                        )
                    )
            result = overlap_test(pd.concat(parts), draws=199, seed=sample)
            rejected.append(result.mean["p_value"] <= 0.05)
        rows.append((f"{pull:.0%} of cases go where their group goes", rate(rejected)))
    return pd.DataFrame(rows, columns=["truth", "overlap test rejects, %"])


def shares() -> pd.DataFrame:
    """Beta-binomial regression with slope 0.8; logistic regression is what ignoring the dispersion would give."""
    rng = np.random.default_rng(10)
    rows = []
    for correlation in (0.0, 0.05, 0.15):
        for n in (30, 120):
            inside, naive, dispersion, limit = [], [], [], []
            for _ in range(400):
                x, trials = rng.normal(size=n), rng.integers(2, 25, n)
                y = simulate_beta_binomial(expit(-0.5 + 0.8 * x), trials, correlation, rng)
                fit = beta_binomial(pd.DataFrame({"y": y, "n": trials, "x": x}), "y", "n", ["x"])
                slope = fit.table.iloc[1]
                inside.append(slope["ci_low"] < 0.8 < slope["ci_high"])
                dispersion.append(fit.dispersion_p <= 0.05)
                limit.append(fit.at_binomial_limit)
                mu = expit(-0.5 + 0.8 * x)
                design = np.column_stack([np.ones(n), x])
                information = np.linalg.inv((design * (trials * mu * (1 - mu))[:, None]).T @ design)
                naive.append(abs(slope["estimate"] - 0.8) < stats.norm.ppf(0.975) * np.sqrt(information[1, 1]))
            rows.append((correlation, n, rate(inside), rate(naive), rate(dispersion), rate(limit)))
    return pd.DataFrame(
        rows,
        columns=[
            "correlation",
            "rows",
            "interval holds 0.8, %",
            "with binomial errors, %",
            "finds dispersion, %",
            "at the binomial limit, %",
        ],
    )


def amounts() -> pd.DataFrame:
    """Two-part model with slopes 0.7 (any) and 0.5 (log amount); their joint answer against its true average."""
    x = np.random.default_rng(0).normal(0, np.sqrt(2), 400_000)
    truth = np.mean(1 - expit(0.2 + 0.7 * x)) * 0.7 + 0.5
    rows = []
    for n_units in (15, 30, 100):
        rng = np.random.default_rng(12)
        inside = []
        for _ in range(400):
            unit = np.repeat(np.arange(n_units), 5)
            z = rng.normal(size=unit.size) + rng.normal(size=n_units)[unit]
            amount = np.exp(1 + 0.5 * z + rng.normal(0, 0.5, n_units)[unit] + rng.normal(size=unit.size))
            y = np.where(rng.uniform(size=unit.size) < expit(0.2 + 0.7 * z), amount, 0.0)
            joined = two_part(pd.DataFrame({"unit": unit, "x": z, "y": y}), "y", ["x"], "unit").table.iloc[-1]
            inside.append(joined["ci_low"] < truth < joined["ci_high"])
        rows.append((n_units, f"{truth:.3f}", rate(inside)))
    return pd.DataFrame(rows, columns=["units of five rows", "truth", "interval holds it, %"])


def main() -> None:
    """Write and print every table."""
    parts = {
        "MRQAP, undirected, x without effect beside z, 5 % (400 samples of 199 permutations)": relabelling,
        "QAP correlation of sparse networks, 5 % (400 samples of 199 permutations)": sparse_ties,
        "Density of a network of which a third of the events is seen (200 networks)": unseen_events,
        "Growth rate over nine years, 5 % (1,000 samples)": growth,
        "Hill numbers at equal coverage, 25 categories (200 samples, 100 bootstrap draws)": equal_coverage,
        "Trend with unit effects, 3 to 9 years a unit, 5 % (1,000 panels)": few_units,
        "Overlap with labels permuted within 40 strata, 5 % (400 samples of 199 draws)": shared_routes,
        "Beta-binomial regression, 2 to 24 trials a row (400 samples)": shares,
        "Two-part model, expected amount (400 samples)": amounts,
    }
    pages.write(3, "size, power and coverage", parts)
