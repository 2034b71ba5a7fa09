"""How the registered test behaves on series like the observed ones: size, power at the margin, power of its checks.

All samples are SIMULATED from systems fitted to the months of the window. The lag is chosen anew in every sample; the number of
lags added is that of the observed series.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.designs.checks import generator
from crimjust_research.designs.series.causality import TodaYamamotoTest
from crimjust_research.designs.series.long_run import System, autocorrelation_found, procedure_p_values
from crimjust_research.designs.series.simulation import BandCoverage, projection_coverage
from crimjust_research.designs.series.slopes import joined
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.markets.params import Params
from crimjust_research.questions.markets.steps import FORWARD, ends, terms_of

SIZE_SAMPLES, POWER_SAMPLES, COVERAGE_SAMPLES = 2_000, 1_000, 300
BLOCK = 12  # months of residuals drawn together
LEFT_IN_RESIDUALS = 0.3  # first autocorrelation of shocks that the test of residuals ought to find


def without_link(
    logs: pd.DataFrame, direction: str, test: TodaYamamotoTest, dates: list[int], p: Params, samples: int = SIZE_SAMPLES
) -> dict[str, Simulated]:
    """p of the registered test in samples without a link, under each generator of the plan.

    Parameters
    ----------
    dates : positions at which slopes break.
    """
    plain, broken = (_unlinked(logs, direction, test, p, kinks) for kinks in ([], dates))
    rng = generator(p.seed)
    shocks = {
        "no_link": (plain, plain.gaussian(samples, rng)),
        "kinked_trends": (broken, broken.gaussian(samples, rng)),
        "blocks": (plain, plain.blocks(samples, rng, BLOCK)),
    }
    return {
        name: Simulated(_p_values(system.paths(drawn), logs, direction, test, p))
        for name, (system, drawn) in shocks.items()
    }


def most_rejecting(without_link: Mapping[str, Mapping[str, Simulated]], alpha: float) -> dict[str, str]:
    """Under which generator the test of each direction rejects the most samples without a link, at `alpha`."""
    return {
        direction: max(samples, key=lambda name: float(samples[name].rejected(alpha).mean()))
        for direction, samples in without_link.items()
    }


def power(
    logs: pd.DataFrame,
    direction: str,
    test: TodaYamamotoTest,
    sizes: Mapping[str, float],
    level: float,
    p: Params,
    samples: int = POWER_SAMPLES,
) -> dict[str, Share]:
    """Share of samples with a long-run elasticity of each size in which the test rejects at that level.

    Not known where a cause moves the effect so much that regressions take the two for one series.
    """
    system, rng = _unlinked(logs, direction, test, p), generator(p.seed)
    drawn = system.gaussian(samples, rng)

    def rejected(worth: float) -> BoolArray:
        linked = system.linked(**ends(logs, direction), response=worth)
        return np.asarray(_p_values(linked.paths(drawn), logs, direction, test, p) <= level)

    return {name: Share.simulated(rejected, worth) for name, worth in sizes.items()}


def autocorrelation_power(logs: pd.DataFrame, test: TodaYamamotoTest, p: Params, samples: int = POWER_SAMPLES) -> Share:
    """Share of samples whose shocks have a first autocorrelation of .3 in which the test of residuals finds it."""
    system = _unlinked(logs, FORWARD, test, p)
    drawn = system.paths(system.gaussian(samples, generator(p.seed), LEFT_IN_RESIDUALS))
    return Share.of(autocorrelation_found(drawn, terms_of(logs, p), test.lags))


def coverage(logs: pd.DataFrame, direction: str, test: TodaYamamotoTest, p: Params) -> BandCoverage:
    """How often intervals and bands of local projections hold the true responses of the system fitted to both series."""
    system = System.fitted(logs.to_numpy(), terms_of(logs, p), test.lags)
    return projection_coverage(
        system,
        ends(logs, direction)["cause"],
        horizons=p.horizons,
        lags=test.lags,
        n_sim=COVERAGE_SAMPLES,
        seed=p.seed,
        alpha=1 - p.confidence_level,
    )


def _unlinked(
    logs: pd.DataFrame, direction: str, test: TodaYamamotoTest, p: Params, dates: list[int] | None = None
) -> System:
    """The fitted system with the lags of the cause left out of the effect's equation, around a trend that breaks if at all."""
    terms = terms_of(logs, p)
    if dates:
        trend = [] if p.trend else [np.arange(1.0, len(logs) + 1)]
        terms = np.column_stack([terms, *trend, joined(len(logs), np.array(dates))])
    return System.fitted(logs.to_numpy(), terms, test.lags, **ends(logs, direction))


def _p_values(samples: FloatArray, logs: pd.DataFrame, direction: str, test: TodaYamamotoTest, p: Params) -> FloatArray:
    return procedure_p_values(samples, terms_of(logs, p), max_lag=p.max_lag, extra=test.d_max, **ends(logs, direction))
