"""How often the calibrated tests reject true nulls, in samples other than those they were calibrated on: kept in calibrated.csv.

    .venv/bin/python -m validation calibrated

Fresh: samples of the same generators by other seeds, held against those of the notebooks. Nested: in each of some samples the
generators are fitted anew, as if that sample were the data, and calibrate its own p. It is the second that a user's data go
through; with few samples in each it rejects a little less than it would with more.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr

from crimjust_research.designs.checks import generator
from crimjust_research.designs.series.long_run import chosen_lags
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.evidence.calibration import Simulated, calibrated_level, calibrated_p
from crimjust_research.questions.diversification import steps as diversification
from crimjust_research.questions.joining import power as joining
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.markets import power as markets
from crimjust_research.questions.markets.steps import terms_of
from crimjust_research.questions.match import power as match
from crimjust_research.questions.precursors import association
from crimjust_research.questions.ratings import evaluations, index
from crimjust_research.questions.reviews import power as reviews
from crimjust_research.questions.routes import sharing
from crimjust_research.runs import steps

KEPT = Path(__file__).parent / "calibrated.csv"
SEED, AT = 2_500, 0.05
OUTER, INNER, STREAM = 500, 199, 90
WAYS = ("fresh", "nested")
FloatArray = NDArray[np.float64]
# p of a test in samples without an effect, by generator.
Worlds = Mapping[str, Simulated]


class Row(NamedTuple):
    """A line of the kept table. `calibrated_on`: samples without an effect under each generator."""

    question: str
    generator: str
    way: str
    rejected: float
    samples: int
    calibrated_on: int


def fresh(question: str, known: Worlds, other: Worlds) -> Iterator[Row]:
    """The calibrated test of the notebook, in samples by another seed."""
    level, on = calibrated_level(AT, known), min(one.p_values.size for one in known.values())
    for name, samples in other.items():
        yield Row(question, name, "fresh", float(samples.rejected(level).mean()), samples.p_values.size, on)


def nested(question: str, name: str, own: Iterable[float], worlds: Iterable[Worlds]) -> Row:
    """The whole procedure anew in each sample: its own p, and those of samples made from it."""
    found = [calibrated_p(float(p), world)[0] <= AT for p, world in zip(own, worlds, strict=True)]
    return Row(question, name, "nested", float(np.mean(found)), len(found), INNER)


def of_markets() -> Iterator[Row]:
    """Dates at which slopes break are held at those found."""
    at = steps.run("01_outcome1_markets", until="power")
    logs, p, dates = at["logs"], at["p"], at["dates"]
    other, terms = p.model_copy(update={"seed": p.seed + SEED}), terms_of(logs, p)
    for direction, test in at["tests"].items():
        question = f"markets.{direction}"
        known = markets.without_link(logs, direction, test, dates, p)
        yield from fresh(question, known, markets.without_link(logs, direction, test, dates, other))
        plain, broken = (markets._unlinked(logs, direction, test, p, kinks) for kinks in ([], dates))
        rng = generator(SEED)
        for name, system, shocks in (
            ("no_link", plain, plain.gaussian(OUTER, rng)),
            ("kinked_trends", broken, broken.gaussian(OUTER, rng)),
            ("blocks", plain, plain.blocks(OUTER, rng, markets.BLOCK)),
        ):
            paths = system.paths(shocks)
            own = markets._p_values(paths, logs, direction, test, p)
            lags = chosen_lags(paths, terms, p.max_lag, "aic")
            worlds = (
                markets.without_link(
                    pd.DataFrame(path, logs.index, logs.columns),
                    direction,
                    replace(test, lags=int(lag)),
                    dates,
                    p.model_copy(update={"seed": SEED + number}),
                    INNER,
                )
                for number, (path, lag) in enumerate(zip(paths, lags, strict=True))
            )
            yield nested(question, name, own, worlds)


def of_precursors() -> Iterator[Row]:
    """Under random signs a sample has the same signs to be drawn as the data: what is fresh is nested."""
    at = steps.run("02_outcome1_precursors", until="power")
    rows, fit, p = at["rows"], at["related"], at["p"]
    other = p.model_copy(update={"seed": p.seed + SEED})

    again = {"signs": association.of_signs(fit, other.seed), "exchanged": association.of_exchanged(rows, other)}
    yield from fresh("precursors.rank_correlation", at["without_effect"], again)


def of_routes() -> Iterator[Row]:
    """Not nested: the null of each sample would be thousands of tables of its own."""
    at = steps.run("03_outcome1_routes", until="power")
    other = at["p"].model_copy(update={"seed": at["p"].seed + SEED})
    yield from fresh("routes.overlap", at["without_effect"], sharing.without_sharing(at["test"], other))


def of_joining() -> Iterator[Row]:
    at = steps.run("05_outcome2_joining", until="registered")
    p = at["p"]
    for name, compared in at["found"].items():
        question, design = f"joining.{name}", Reassignment.of(compared)
        left = joining.unexplained(design, at["tests"][name].estimate)
        known = joining.without_difference(design, left, p.seed)
        yield from fresh(question, known, joining.without_difference(design, left, p.seed + SEED))
        larger = np.where(np.isfinite(design.cohort), joining.SPREAD, 1.0)
        for way, factor in (("signs", 1.0), ("spread", larger)):
            times = joining.signs(len(left), OUTER, SEED) * factor
            (own,) = design.p_values(left, times, [0.0], joining.DRAWS, SEED)
            samples = times[:, :, None] * left
            sums = studentised_averages(
                samples, design.cohort[None], design.periods, controls=design.controls, unclear=design.unclear
            )
            yield nested(question, way, own, joined_worlds(design, samples, sums.estimate[0]))


def joined_worlds(design: Reassignment, samples: FloatArray, estimates: FloatArray) -> Iterator[Worlds]:
    """What each sample's own residuals make."""
    with mock.patch.multiple(joining, SIZE_SAMPLES=INNER, DRAWS=199, POOL=1_999):
        for number, (outcomes, estimate) in enumerate(zip(samples, estimates, strict=True)):
            one = replace(design, outcomes=outcomes)
            yield joining.without_difference(one, joining.unexplained(one, float(estimate)), SEED + number)


def of_ratings() -> Iterator[Row]:
    """Scores are nested, FATF's ratings are not: the model has no fit to some of the ratings that a sample's own model gives."""
    at = steps.run("15_ratings", until="power")
    p = at["p"]
    other = p.model_copy(update={"seed": p.seed + SEED})
    for name, data in (at["compared"] | at["changes"]).items():
        of, null = (evaluations, "fitted") if name in at["compared"] else (index, "signs")
        known = at["drawn"][name].without_effect
        again = of.simulated(data, {}, AT, other).without_effect
        yield from fresh(f"ratings.{name}", known, again)
        if of is evaluations:
            continue
        for stream, (way, spread) in enumerate({null: 1.0, "spread": of.spread(data)}.items(), STREAM):
            own = of.p_values(data, p, spread=spread, samples=OUTER, stream=stream)
            yield nested(f"ratings.{name}", way, own, changed_worlds(changed(data, spread, p.seed + stream), p))


def changed_worlds(samples: Iterable[index.Changes], p: Any) -> Iterator[Worlds]:
    """What each sample's own changes make."""
    with mock.patch.multiple("crimjust_research.questions.ratings.simulation", SIZE_SAMPLES=INNER):
        for number, sample in enumerate(samples):
            yield index.simulated(sample, {}, AT, p.model_copy(update={"seed": SEED + number})).without_effect


def changed(data: index.Changes, spread: Any, seed: int) -> Iterator[index.Changes]:
    """States with the changes whose p `index.p_values` gives, about their region's mean with a random sign each."""
    mean = data.rows.groupby("region")[data.outcome].transform("mean").to_numpy(np.float64)
    sign = np.random.default_rng(seed).choice([-1.0, 1.0], (OUTER, data.y.size))
    drawn = mean + spread * sign * (data.y - mean)
    return (replace(data, rows=data.rows.assign(**{data.outcome: y})) for y in drawn)


def of_match() -> Iterator[Row]:
    """Not nested: traffic given to other countries once more is traffic given to other countries."""
    at = steps.run("09_outcome3_match", until="registered")
    both, p = at["both"], at["p"]
    other = p.model_copy(update={"seed": p.seed + SEED})
    yield from fresh("match.qap", match.without_relation(both, p), match.without_relation(both, other))


def of_diversification() -> Iterator[Row]:
    at = steps.run("08_outcome3_diversification", until="registered")
    p = at["p"]
    known = diversification.without_trend(at["measures"], p)
    other = p.model_copy(update={"seed": p.seed + SEED})
    yield from fresh("diversification.trend", known, diversification.without_trend(at["measures"], other))
    design, y = diversification._within(at["measures"], p)

    def left_of(outcome: FloatArray) -> FloatArray:
        return np.asarray(outcome - design.x @ (design.bread @ (design.x.T @ outcome)))

    def tested(samples: FloatArray) -> FloatArray:
        estimate, error = design.fits(samples)
        return np.asarray(2 * stdtr(design.df[0], -np.abs(estimate[0] - estimate[0].mean()) / error[0]))

    rng = generator(SEED)
    for name, dealt in diversification._GENERATORS.items():
        samples = dealt(left_of(y), design.code, OUTER, rng)
        worlds = (
            {
                way: Simulated(tested(deal(left_of(sample), design.code, INNER, rng)))
                for way, deal in diversification._GENERATORS.items()
            }
            for sample in samples.T
        )
        yield nested("diversification.trend", name, tested(samples), worlds)


def of_reviews() -> Iterator[Row]:
    at = steps.run("10_reviews", until="power")
    known, p = at["known"], at["p"]

    def world(data: pd.DataFrame, samples: int, seed: int) -> Worlds:
        rng = generator(seed)
        return {
            name: Simulated(reviews.p_values(data, reviews.simulated(data, p, 0.0, samples, rng, variance), p))
            for name, variance in (("fitted", 0.0), ("frailty", reviews.FRAILTY_VARIANCE))
        }

    again = world(known, reviews.SIZE_SAMPLES, SEED)
    yield from fresh("reviews.rule_of_law", at["tested"]["without_effect"], again)
    for name, variance in (("fitted", 0.0), ("frailty", reviews.FRAILTY_VARIANCE)):
        at_risk, happened = reviews.simulated(known, p, 0.0, OUTER, generator(SEED + 1), variance)
        own = reviews.p_values(known, (at_risk, happened), p)
        worlds = (
            world(known.assign(years=years, happened=done), INNER, SEED + number)
            for number, (years, done) in enumerate(
                zip(at_risk.sum(axis=2) - 1, happened.any(axis=2).astype(np.int64), strict=True)
            )
        )
        yield nested("reviews.rule_of_law", name, own, worlds)


PARTS = (
    of_markets,
    of_precursors,
    of_routes,
    of_joining,
    of_ratings,
    of_match,
    of_diversification,
    of_reviews,
)


def kept() -> pd.DataFrame:
    """The table as it was last made."""
    return pd.read_csv(KEPT)


def main() -> None:
    """Simulate, and keep."""
    rows = [row for part in PARTS for row in part()]
    with KEPT.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([Row._fields, *rows])
