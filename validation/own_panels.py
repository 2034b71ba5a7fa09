"""SIMULATED samples of every registered estimate on the very panel it is made of, and which of their intervals hold the truth.

Samples without an effect, and with one as large as the margin, are drawn as the notebooks draw them for size and power; each is
estimated as the registered estimate is. An interval holds what the test does not reject, so that a truth is looked for by
testing it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from crimjust_research.designs.checks import generator
from crimjust_research.designs.composition.random_tables import random_tables, tables_of_pairs
from crimjust_research.designs.composition.residual_sharing import mean_over_pairs, sharing
from crimjust_research.designs.counts.rating_scores import drawn_ratings, fit_ratings, score_statistics
from crimjust_research.designs.networks.event_qap import drawn_events, free_of, relabelled, studentised
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.resampling.partial_correlation import residuals, standardised
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.designs.resampling.unit_blocks import exchanged, signed
from crimjust_research.designs.resampling.wild_scores import by_cluster
from crimjust_research.designs.resampling.wild_scores import p_values as p_values_of
from crimjust_research.designs.series.long_run import System, chosen_lags, lags_alone, long_run_ratio
from crimjust_research.designs.survival.many_hazards import many_hazard_fits
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.evidence import plan
from crimjust_research.questions.diversification import steps as diversification
from crimjust_research.questions.joining import power as joining
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.markets import steps as markets
from crimjust_research.questions.ratings import index
from crimjust_research.questions.reviews import power as reviews
from crimjust_research.runs import steps

COLUMNS = ("question", "generator", "truth", "samples", "bias", "bias_error", "spread", "held", "inward")
SAMPLES, SEED, LEVEL = 4_000, 25, 0.95


@dataclass(frozen=True)
class Found:
    """Estimates (samples,) of one truth under one generator, on the scale of the margin, and p of that truth in each sample."""

    question: str
    generator: str
    truth: float
    estimates: NDArray[np.float64]
    p_values: NDArray[np.float64]
    middle: Literal["mean", "median", "taken off"] = "mean"
    """Whose bias is told: a ratio whose denominator comes near zero, and an odds ratio of groups that may be rated alike
    throughout, have no mean; and where the mean of the draws themselves is taken off there is no bias to tell."""

    def row(self) -> tuple[Any, ...]:
        """The columns of `COLUMNS`; without a mean, the median's bias and the spread of the middle half."""
        size = self.estimates.size
        if self.middle == "median":
            low, middle, high = np.quantile(self.estimates, [0.25, 0.5, 0.75])
            spread = float(high - low) / (2 * float(ndtri(0.75)))
            bias, error = float(middle - self.truth), spread * math.sqrt(math.pi / 2 / size)
        else:
            spread = float(self.estimates.std(ddof=1))
            bias, error = float(self.estimates.mean() - self.truth), spread / math.sqrt(size)
        if self.middle == "taken off":
            bias = error = math.nan
        # The interval of the two one-sided tests leaves twice as much out; below a truth that is the margin they reject.
        inward = (self.p_values <= 2 * (1 - LEVEL)) & (self.estimates < self.truth)
        held = float((self.p_values > 1 - LEVEL).mean())
        told = float(inward.mean()) if self.truth else math.nan
        return (self.question, self.generator, self.truth, size, bias, error, spread, held, told)


@cache
def notebook(name: str) -> dict[str, Any]:
    """What a notebook leaves behind up to its registered estimate."""
    return steps.run(name, until="registered")


def truths(question: str) -> tuple[float, float]:
    """No effect, and one as large as the margin."""
    (primary,) = (each for each in plan.load().primaries if each.id == question)
    return 0.0, primary.margin.sizes["margin"]


def of_markets() -> Iterator[Found]:
    """The long-run elasticity and Fieller's set; its distribution has no mean."""
    at = notebook("01_outcome1_markets")
    logs, p = at["logs"], at["p"]
    terms = markets.terms_of(logs, p)
    for direction, test in at["tests"].items():
        ends = markets.ends(logs, direction)
        system = System.fitted(logs.to_numpy(), terms, test.lags, **ends)
        shocks = system.gaussian(SAMPLES, generator(SEED))
        for truth in truths(f"markets.{direction}"):
            samples = system.linked(**ends, response=truth).paths(shocks)
            lag = chosen_lags(samples, terms, p.max_lag, "aic")
            estimates, p_values = np.empty(SAMPLES), np.empty(SAMPLES)
            for chosen in np.unique(lag):
                of = lag == chosen
                ratio = long_run_ratio(lags_alone(samples[of], int(chosen) + test.d_max, terms), int(chosen), **ends)
                estimates[of], p_values[of] = ratio.estimate, ratio.p_value(truth)
            generated = "linked" if truth else "no_link"
            yield Found(f"markets.{direction}", generated, truth, estimates, p_values, "median")


def of_precursors() -> Iterator[Found]:
    """The partial rank correlation, scores of countries with random signs."""
    at = notebook("02_outcome1_precursors")
    fit = at["related"]
    sign = generator(SEED).choice([-1.0, 1.0], size=(SAMPLES, fit.n_units)) @ fit.unit.T
    noise = standardised(residuals(sign * fit.residual, fit.given))
    for truth in truths("precursors.rank_correlation"):
        y = standardised(truth * fit.x_left + np.sqrt(1 - truth**2) * noise)
        scores = by_cluster(y * fit.x_left, fit.unit)
        p_values = p_values_of(scores - truth * fit.test.squares, fit.test.squares, fit.test.signs)
        yield Found(
            "precursors.rank_correlation", "signs", truth, scores.sum(axis=1) / fit.test.squares.sum(), p_values
        )


def of_routes() -> Iterator[Found]:
    """The mean correlation of residuals less its mean under the null, in tables other than those the null's mean is made of."""
    test = notebook("03_outcome1_routes")["test"]
    for name, dealt in (("random_tables", random_tables), ("cases_in_pairs", tables_of_pairs)):
        shared = sharing(test.tables, dealt(test.tables, SAMPLES, SEED))
        (_, found) = mean_over_pairs(test.found, shared)
        yield Found("routes.overlap", name, 0.0, found - test.null.mean, test.null.p_values(found))


def of_joining() -> Iterator[Found]:
    """The average effect on the treated, residual paths with random signs: at any effect as at none, for both are linear."""
    at = notebook("05_outcome2_joining")
    for name, compared in at["found"].items():
        design = Reassignment.of(compared)
        paths = joining.unexplained(design, at["tests"][name].estimate)
        drawn = joining.signs(len(paths), SAMPLES, SEED)
        (p_values,) = design.p_values(paths, drawn, [0.0], joining.DRAWS, SEED)
        sums = studentised_averages(
            drawn[:, :, None] * paths,
            design.cohort[None],
            design.periods,
            controls=design.controls,
            unclear=design.unclear,
        )
        for truth in truths(f"joining.{name}"):
            yield Found(f"joining.{name}", "signs", truth, truth + sums.estimate[0], p_values)


def of_ratings() -> Iterator[Found]:
    """Log odds ratios, ratings drawn from the fitted model; what a shuffle finds once the truth is taken out before."""
    at = notebook("15_ratings")
    p = at["p"]
    for name, data in at["compared"].items():
        exposure = data.exposure(data.shuffles(999, SEED))
        inner, whole = data.categories - 1, np.column_stack([data.design, exposure[0]])
        for truth in truths(f"ratings.{name}"):
            predictor = data.design @ data.unexposed[inner:] + truth * exposure[0]
            rating = drawn_ratings(data.unexposed[:inner], predictor, SAMPLES, SEED)
            fits = fit_ratings(rating, whole, categories=data.categories)
            offset = np.tile(truth * exposure[0], (SAMPLES, 1))
            statistic = score_statistics(
                rating, data.design, exposure, categories=data.categories, offset=offset, start=data.unexposed
            )
            yield Found(f"ratings.{name}", "fitted", truth, fits.coefficients[:, -1], two_sided(statistic), "median")
    for name, data in at["changes"].items():
        mean = data.rows.groupby("region")[data.outcome].transform("mean").to_numpy(np.float64)
        sign = generator(SEED).choice([-1.0, 1.0], (SAMPLES, data.y.size))
        drawn = mean + sign * (data.y - mean)
        found = index.dealt_out(data, data.shuffles(p.draws, SEED)).coefficients(drawn)
        for truth in truths(f"ratings.{name}"):
            # A difference that is added moves estimate and interval by itself.
            estimates = truth + found.estimate.reshape(SAMPLES, -1)[:, 0]
            yield Found(f"ratings.{name}", "signs", truth, estimates, two_sided(found.statistic))


def of_diversification() -> Iterator[Found]:
    """The yearly trend, residuals of countries with random signs or dealt out to others."""
    at = notebook("08_outcome3_diversification")
    design, y = diversification._within(at["measures"], at["p"])
    left = y - design.x @ (design.bread @ (design.x.T @ y))
    for name, dealt in (("signs", signed), ("exchanged", exchanged)):
        estimate, error = design.fits(dealt(left, design.code, SAMPLES, generator(SEED)))
        # Dealing itself gives a trend, the same in all samples: the plan takes it off.
        centred = estimate[0] - (estimate[0].mean() if name == "exchanged" else 0.0)
        p_values = 2 * stdtr(design.df[0], -np.abs(centred) / error[0])
        for truth in truths("diversification.trend"):
            middle = "taken off" if name == "exchanged" else "mean"
            yield Found("diversification.trend", name, truth, truth + centred, p_values, middle)


def of_reviews() -> Iterator[Found]:
    """The log hazard ratio, second summaries drawn from the fitted yearly hazards."""
    at = notebook("10_reviews")
    known, p = at["known"], at["p"]
    x = known[p.covariate].to_numpy(np.float64)
    for truth in truths("reviews.rule_of_law"):
        drawn = reviews.simulated(known, p, truth, SAMPLES, generator(SEED))
        fits = many_hazard_fits(x[None], *drawn)
        p_values = 2 * ndtr(-np.abs(fits.log_hazard_ratio - truth) / fits.std_error)
        yield Found("reviews.rule_of_law", "fitted", truth, fits.log_hazard_ratio, p_values)


def of_match() -> Iterator[Found]:
    """The correlation of joint events with traffic, events drawn with replacement; the reach of the interval is that of its own
    relabellings."""
    at = notebook("09_outcome3_match")
    found = at["both"]
    ties, matrix = free_of(found.ties.T).T, found.log_cases.to_numpy()
    counts = drawn_events(len(ties), SAMPLES, SEED)
    base = unit_length(free_of(relabelled(matrix, shuffled_within(found.strata, SAMPLES, SEED)[1:])))
    shared = unit_length(ties.sum(axis=0)[:, None])
    joint = unit_length((counts @ ties).T)
    kept = float((joint.T @ shared).mean())
    orders = shuffled_within(found.strata, 199, SEED + 1)[1:]
    for truth in truths("match.qap"):
        strength = truth / kept
        traffic = unit_length(strength * shared + math.sqrt(1 - strength**2) * base)
        estimates = np.einsum("cs,cs->s", joint, traffic)
        ratio = studentised(ties, counts, (ties @ traffic)[None])[0]
        error = estimates / ratio
        away, p_values = np.abs(estimates - truth) / np.abs(error), np.empty(SAMPLES)
        for sample in range(SAMPLES):
            square = np.zeros_like(matrix)
            square[np.triu_indices(len(matrix), 1)] = traffic[:, sample]
            others = unit_length(free_of(relabelled(square + square.T, orders)))
            null = np.abs(studentised(ties, counts[[sample]], (ties @ others).T[..., None])[:, 0])
            p_values[sample] = (1 + np.sum(null >= away[sample])) / (1 + null.size)
        yield Found("match.qap", "events_drawn", truth, estimates, p_values)


def unit_length(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns over their lengths."""
    return np.asarray(columns / np.linalg.norm(columns, axis=0))


PARTS = (of_markets, of_precursors, of_routes, of_joining, of_ratings, of_match, of_diversification, of_reviews)
