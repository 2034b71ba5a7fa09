"""Size, power and coverage of Outcome 1's designs at the sample sizes at hand; writes its part of docs/VALIDATION.md.

    .venv/bin/python -m validation outcome1

Takes about two minutes on two cores. Every number is simulated from a truth that the table names; seeds are fixed.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from benchmarks.tables import rate
from crimjust_research.designs.panel.interruptions import Interruption, panel_interruptions, placebo_dates
from crimjust_research.designs.panel.poisson import checked_panel
from crimjust_research.designs.resampling.partial_correlation import (
    partial_correlation,
    percentile_test,
    resampled_partial_ranks,
)
from crimjust_research.designs.series.breaks import bai_perron
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.local_projections import local_projection
from crimjust_research.designs.series.long_run import long_run_without, procedure_p_values
from crimjust_research.designs.series.simulation import (
    simulate_var,
    toda_yamamoto_bootstrap,
    toda_yamamoto_rejection_rate,
)
from crimjust_research.designs.series.slopes import autoregressive, slope_breaks
from validation import pages

MONTHS = 75


def main_test() -> pd.DataFrame:
    """Rejections of the Toda-Yamamoto test at 5 %, the whole procedure repeated in every sample."""
    walk = np.eye(2)[None]
    truths = {
        "two independent random walks": (walk, 1),
        "two independent random walks, two lags added": (walk, 2),
        "two independent stationary series, AR 0.5": (0.5 * walk, 1),
        "the effect moves the cause, not the reverse": (np.array([[[0.5, 0.3], [0.0, 1.0]]]), 1),
        "coefficient 0.1 on the cause": (np.array([[[0.5, 0.0], [0.1, 0.9]]]), 1),
        "coefficient 0.2 on the cause": (np.array([[[0.5, 0.0], [0.2, 0.9]]]), 1),
        "coefficient 0.4 on the cause": (np.array([[[0.5, 0.0], [0.4, 0.9]]]), 1),
    }
    rows = []
    for name, (coefficients, d_max) in truths.items():
        r = toda_yamamoto_rejection_rate(
            MONTHS, coefficients, n_sim=4000, seed=1, max_lag=6, d_max=d_max, seasonal=True
        )
        rows.append((name, f"{100 * r.f:.1f} ± {100 * r.f_std_error:.1f}", f"{100 * r.chi2:.1f}"))
    return pd.DataFrame(rows, columns=["truth", "F version rejects, %", "chi-squared version rejects, %"])


def long_run() -> pd.DataFrame:
    """The long-run elasticity: rejections of none, coverage and shape of its set, claims of equivalence at the margin."""
    months = pd.period_range("2018-10", periods=MONTHS, freq="M")
    terms = deterministic_terms(months, seasonal=True).to_numpy()
    everything = np.zeros(MONTHS, dtype=bool)
    rows = []
    for own, response in ((0.5, 0.0), (0.5, 0.5), (0.9, 0.0), (0.9, 0.5), (0.97, 0.2)):
        truth = np.array([[[0.8, 0.0], [response * (1 - own), own]]])
        samples = simulate_var(MONTHS, truth, n_sim=2000, seed=6)
        p = procedure_p_values(samples, terms, max_lag=6, extra=1, cause=0, effect=1)
        found = [long_run_without(s, terms, 1, 1, 0, 1, everything)[0] for s in samples]
        sets = [ratio.fieller(0.05) for ratio in found]
        within = [ratio.equivalence_p(response) < 0.05 for ratio in found] if response else []
        rows.append(
            (
                f"{own:g}",
                f"{response:g}",
                rate(p < 0.05),
                rate([each.holds(response) for each in sets]),
                rate([bool(np.isinf(each.low)) for each in sets]),
                rate(within) if within else "",
            )
        )
    columns = ["own AR", "elasticity", "none rejected, %", "set holds the truth, %", "set without ends, %"]
    return pd.DataFrame(rows, columns=[*columns, "shown to lie within itself, %"])


def breaks_in_slope() -> pd.DataFrame:
    """Breaks in slope: found where there are none, and one of .05 a month in the 45th, with its date's interval."""
    months = pd.period_range("2018-10", periods=MONTHS, freq="M")
    bend = -0.05 * np.maximum(np.arange(MONTHS) - 45.0, 0)
    rows = []
    for own in (0.0, 0.5, 0.7, 0.9, 1.0):
        errors = 0.06 * autoregressive(MONTHS, own, 100, np.random.default_rng(7)).T
        none = [slope_breaks(pd.Series(e, months), draws=99, seasonal=True).n_breaks > 0 for e in errors]
        bent = [slope_breaks(pd.Series(e + bend, months), draws=199, max_breaks=1, seasonal=True) for e in errors]
        tables = [fit.breaks for fit in bent if fit.n_breaks]
        held = [bool(t["ci_low"][0] <= months[45] <= t["ci_high"][0]) for t in tables]
        rows.append((f"{own:g}", rate(none), rate([fit.n_breaks > 0 for fit in bent]), rate(held)))
    columns = ["AR of errors", "one found where none is, %", "a true one found, %", "its interval holds the month, %"]
    return pd.DataFrame(rows, columns=columns)


def bootstrap_test() -> pd.DataFrame:
    """Rejections of its residual bootstrap."""
    months = pd.period_range("2018-10", periods=MONTHS, freq="M")
    rows = []
    for name, coefficients in {
        "two independent random walks": np.eye(2)[None],
        "coefficient 0.4 on the cause": np.array([[[0.5, 0.0], [0.4, 0.9]]]),
    }.items():
        samples = simulate_var(MONTHS, coefficients, n_sim=400, seed=2)
        p = [
            toda_yamamoto_bootstrap(
                pd.Series(s[:, 0], months),
                pd.Series(s[:, 1], months),
                lags=2,
                d_max=1,
                draws=399,
                seed=i,
                seasonal=True,
            ).p_value
            for i, s in enumerate(samples)
        ]
        rows.append((name, rate(np.array(p) < 0.05)))
    return pd.DataFrame(rows, columns=["truth", "rejects, %"])


def responses() -> pd.DataFrame:
    """How often the 95 % intervals of local projections hold the true response, and the bands the whole path."""
    months = pd.period_range("2018-10", periods=MONTHS, freq="M")
    horizons = 12
    rows = []
    for name, own in {"stationary, AR 0.5": 0.5, "near a unit root, AR 0.95": 0.95}.items():
        coefficients = np.array([[[0.5, 0.0], [0.3, own]]])
        power, truth = np.eye(2), []
        for _ in range(horizons + 1):
            truth.append(power[1, 0])
            power = coefficients[0] @ power
        samples = simulate_var(MONTHS, coefficients, n_sim=300, seed=3)
        inside, whole = [], []
        for s in samples:
            cause, effect = (pd.Series(values, months) for values in s.T)
            t = local_projection(cause, effect, horizons=horizons, lags=2).table
            inside += list((t["ci_low"] <= truth) & (truth <= t["ci_high"]))
            whole.append(bool(((t["band_low"] <= truth) & (truth <= t["band_high"])).all()))
        rows.append((name, f"{100 * np.mean(inside):.1f}", rate(whole)))
    return pd.DataFrame(rows, columns=["truth", "interval holds the truth, %", "band holds the path, %"])


def false_breaks() -> pd.DataFrame:
    """Series without a break in which one is found."""
    rng = np.random.default_rng(4)
    rows = []
    for name, own in {"white noise": 0.0, "AR 0.5": 0.5}.items():
        noise = rng.standard_normal((200, MONTHS + 50))
        for t in range(1, noise.shape[1]):
            noise[:, t] += own * noise[:, t - 1]
        for choice, errors in (("bic", "independent"), ("sequential", "hac")):
            found = [
                bai_perron(pd.Series(s[-MONTHS:]), max_breaks=4, choice=choice, errors=errors).n_breaks > 0  # type: ignore[arg-type]
                for s in noise
            ]
            rows.append((name, choice, rate(found)))
    return pd.DataFrame(rows, columns=["truth", "number chosen by", "finds a break, %"])


def shared_shocks() -> pd.DataFrame:
    """Panels in which no control matters but all States share each half-year's shock."""
    rng = np.random.default_rng(5)
    states, halves = 50, 16
    events = [Interruption("tested", 12), Interruption("other", 7)]
    clustered, placebo = [], []
    for _ in range(150):
        shock = 0.15 * rng.standard_normal(halves)
        exposure = rng.integers(200, 3000, (states, 1)) * np.ones((1, halves))
        mean = exposure * 0.05 * np.exp(0.3 * rng.standard_normal((states, 1)) + shock)
        frame = pd.DataFrame(
            {
                "unit": np.repeat(np.arange(states), halves),
                "time": np.tile(np.arange(halves), states),
                "count": rng.poisson(mean).ravel(),
                "exposure": exposure.ravel(),
            }
        )
        panel = checked_panel(frame, unit="unit", time="time", count="count", exposure="exposure")
        table = panel_interruptions(panel, events).table.set_index("term")
        clustered.append(table.loc["level: tested", "p_value"] < 0.10)
        placebo.append(placebo_dates(panel, events, "tested").p_value < 0.10)
    rows = [("clustered by State", rate(clustered)), ("rank among placebo dates", rate(placebo))]
    return pd.DataFrame(rows, columns=["p-value", "below 0.10, %"])


def lasting_histories() -> pd.DataFrame:
    """Units of 1 to 9 rows whose x and y last, both moved by z; at the second truth y has something of x besides."""
    columns = ["x", "y", "z"]
    rows = []
    for n_units in (12, 25, 55):
        for link in (0.0, 0.5):
            rng = np.random.default_rng(6)
            unit = np.repeat(np.arange(n_units), np.resize([1, 1, 2, 3, 9], n_units))
            wild, naive, resampled = [], [], []
            for sample in range(400):
                level, noise = rng.normal(size=(n_units, 3))[unit], rng.normal(size=(unit.size, 3))
                own = np.sqrt(0.5) * (level + noise)
                x, z = own[:, 0] + own[:, 2], own[:, 2]
                frame = pd.DataFrame({"unit": unit, "x": x, "y": own[:, 1] + z + link * own[:, 0], "z": z})
                ranks = frame.assign(**frame[columns].rank())
                found = partial_correlation(ranks, "x", "y", ["z"], unit="unit", draws=399, seed=sample)
                df = unit.size - 3
                t = found.correlation * np.sqrt(df / (1 - found.correlation**2))
                draws = resampled_partial_ranks(*(frame[name] for name in columns), unit, draws=399, seed=sample)
                wild.append(found.p_value <= 0.05)
                naive.append(2 * stdtr(df, -abs(t)) <= 0.05)
                resampled.append(percentile_test(draws, 0.05)["p_value"] <= 0.05)
            rows.append((n_units, "none" if link == 0 else "0.45", rate(wild), rate(naive), rate(resampled)))
    names = ["units", "correlation given z", "wild bootstrap of scores, %", "rows independent, %", "units resampled, %"]
    return pd.DataFrame(rows, columns=names)


def main() -> None:
    parts = {
        f"Main test: Toda-Yamamoto, {MONTHS} months, month effects, lag by AIC up to 6, 5 % (4,000 samples)": main_test,
        "Its residual bootstrap, lag 2, one added (400 samples of 399 draws)": bootstrap_test,
        f"Long-run elasticity, {MONTHS} months, month effects, one lag added (2,000 samples)": long_run,
        f"Local projections, {MONTHS} months, horizons 0 to 12 (300 samples)": responses,
        f"Level shifts in {MONTHS} months that have none, at most four, level 5 % (200 samples)": false_breaks,
        f"Breaks in slope, {MONTHS} months, month effects (100 samples)": breaks_in_slope,
        "Dated controls, 50 States, 16 half-years, shocks shared by all States (150 panels)": shared_shocks,
        "Partial rank correlation of lasting histories, rejected at 5 % (400 panels of 399 draws)": lasting_histories,
    }
    pages.write(1, "size, power and coverage", parts)
