"""What each design could find in each outcome: assignments, least p, power and least effect, in closed form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from crimjust_research import document
from crimjust_research.designs.arrays import BoolArray, FloatArray, IntArray
from crimjust_research.designs.rollout import covariance
from crimjust_research.designs.rollout.closed_form import Precision, expected_estimate, precision
from crimjust_research.designs.rollout.layout import Layout, exposure
from crimjust_research.designs.rollout.nuisance import Nuisance
from crimjust_research.designs.rollout.weighted import Weights, weights
from crimjust_research.errors import ParameterError
from crimjust_research.questions.rollout import costs
from crimjust_research.questions.rollout.outcomes import DECAY, ICC, Outcome, Records
from crimjust_research.questions.rollout.params import PROGRAMME_YEARS, Params
from crimjust_research.questions.rollout.plans import DESIGNS, Design, Laid, by_period, laid_out, phase_means

ENDS = ("favourable", "unfavourable")
SURE = 0.8
"""Probability with which the least effect is found."""
_SHORT = [design.name for design in DESIGNS if design.years == PROGRAMME_YEARS]


class Covered(NamedTuple):
    """The countries an outcome covers, those of the phases first."""

    block: IntArray
    """(n_units,) the phase each belongs to, or is compared with."""
    in_phase: BoolArray
    """(n_units,)"""
    seen: BoolArray
    """(n_units, before) in which periods before the first start."""
    nuisance: Nuisance | None
    """Of public outcomes; None of case records, of which ranges are assumed."""

    def of(self, design: Design) -> Covered:
        """Those a design compares: Majors of no phase stand beside in one alone."""
        kept = self.in_phase | design.compared
        return Covered(self.block[kept], self.in_phase[kept], self.seen[kept], self.nuisance)


@dataclass(frozen=True)
class Parts:
    """Covariance over periods of one country: what countries of a phase share in part, and what is the country's alone."""

    common: FloatArray
    alone: FloatArray
    shared: float

    def within_phase(self) -> FloatArray:
        """(T, T) of countries compared with others of their phase, which takes out what they share."""
        return (1 - self.shared) * self.common + self.alone

    def of_means(self, countries: IntArray) -> FloatArray:
        """(n_phases, T, T) of the means of phases."""
        return covariance.of_group_means(self.common, countries, self.shared) + covariance.of_group_means(
            self.alone, countries, 0.0
        )


def parts(outcome: Outcome, covered: Covered, n_periods: int, end: str, p: Params) -> Parts:
    """Covariance of an outcome: at one end of what its panel allows or of what is assumed; "estimated" as its panel has it."""
    if isinstance(outcome, Records):
        at = {name: getattr(one, end) for name, one in (("icc", ICC), ("decay", DECAY), ("n", outcome.per_quarter))}
        variance = getattr(outcome.spread, end) ** 2
        common = covariance.autoregressive(n_periods, at["decay"], variance=at["icc"] * variance)
        return Parts(common, np.eye(n_periods) * (1 - at["icc"]) * variance / at["n"], p.shared)
    assert covered.nuisance is not None
    own = covered.nuisance.at(end)
    return Parts(own.covariance(n_periods), np.zeros((n_periods, n_periods)), own.shared)


@dataclass(frozen=True)
class Found:
    """What a design could find in an outcome, at the better and at the worse end of what is assumed."""

    laid: Laid
    precision: tuple[Precision, ...]
    weight: tuple[float, ...] = (1.0, 1.0)
    """What the estimate is on average, as a share of the effect."""

    def power(self, effect: float, p: Params) -> tuple[float, float]:
        """Least and largest probability of finding an effect; missing where it is not identified.

        An estimate of the other sign finds nothing: the level is all that is left.
        """
        return _ends(
            _told(one.power(effect * max(w, 0.0), alpha=p.alpha), one)
            for one, w in zip(self.precision, self.weight, strict=True)
        )

    def least(self, p: Params) -> tuple[float, float]:
        """Smallest and largest effect found with probability `SURE`; infinite where the estimate has the other sign."""
        return _ends(
            _told(one.minimum_detectable(SURE, alpha=p.alpha) / w, one) if w > 0 else np.inf
            for one, w in zip(self.precision, self.weight, strict=True)
        )


def _told(values: FloatArray, one: Precision) -> float:
    """Mean over layouts, missing if the effect is not identified in one."""
    return float(np.mean(np.where(np.isfinite(one.std_error) & (one.df > 0), values, np.nan)))


def _ends(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    return min(known), max(known)


def lay(design: Design, outcome: Outcome, covered: Covered, n_phases: int) -> Laid:
    """A design over the countries an outcome covers; see `plans.laid_out`."""
    own = covered.of(design)
    return laid_out(design, own.block, own.in_phase, own.seen, outcome.months, n_phases)


def found(
    laid: Laid,
    outcome: Outcome,
    covered: Covered,
    p: Params,
    *,
    layouts: Sequence[Layout] = (),
    true_path: tuple[float, ...] = (),
    differ: float = 0.0,
) -> Found:
    """Precision of a design: countries within their phases where countries are drawn, means of phases where phases are.

    Parameters
    ----------
    layouts : in place of the design's own, of the same countries and periods.
    true_path : by year, if the effect follows another path than the one the test assumes.
    differ : standard deviation of effects between countries, where countries are drawn.
    """
    path = by_period(p.path, outcome.months)
    each, weights_ = [], []
    for end in ENDS:
        own = parts(outcome, covered, laid.layout.n_periods, end, p)
        truth = by_period(true_path, outcome.months) if true_path else path
        if laid.whole_phases:
            whole, countries = phase_means(laid)
            given, matrix, strata = [whole], own.of_means(countries), None
        else:
            given, strata = list(layouts) or [laid.layout], laid.block
            matrix = _differing(own.within_phase(), laid.layout, differ, path) if differ else own.within_phase()
        known = precision(given, matrix, path=path, strata=strata)
        if laid.whole_phases and not laid.layout.cells.all():
            # A mean is of other countries where one is missing: what it tells is found country by country.
            of_cells, at = of_countries(laid, own), exposure(laid.layout, path)
            each.append(Precision(np.array([of_cells.std_error(at)]), known.df))
            share = np.array([of_cells.expected(at, exposure(laid.layout, truth))])
        else:
            each.append(known)
            share = expected_estimate(given, matrix, truth, path=path, strata=strata) if true_path else np.ones(1)
        weights_.append(_share(share))
    return Found(laid, tuple(each), tuple(weights_))


def _differing(within: FloatArray, layout: Layout, differ: float, path: FloatArray) -> FloatArray:
    """(n_units, T, T) covariance of countries whose effects differ about their mean."""
    own = differ * exposure(layout, path)
    return np.asarray(within + own[:, :, None] * own[:, None])


def _share(expected: FloatArray) -> float:
    """Mean over layouts; where nothing is identified no weight matters, for the precision says so."""
    return float(np.mean(expected)) if np.isfinite(expected).all() else 1.0


def of_countries(laid: Laid, own: Parts) -> Weights:
    """What each country's periods tell, gaps as they are, where countries of a phase share a part of what varies."""
    return weights(own.common, own.alone, own.shared, laid.block, laid.layout.cells, by_block=not laid.whole_phases)


def cost_of(design: Design, outcome: Outcome, countries: int, p: Params, written: document.Document) -> costs.Cost:
    """Both components, and the records where the outcome needs them."""
    own = costs.total(costs.of_components(design, written))
    if not isinstance(outcome, Records):
        return own
    yearly = costs.Cost(p.record_cost_low, p.record_cost_high)
    return own + costs.of_records(countries, p.records_before + design.years, yearly)


def row(found_: Found, outcome: Outcome, p: Params, written: document.Document) -> dict[str, object]:
    """A design and an outcome as a row of the comparison; costs in millions of dollars."""
    laid, margin = found_.laid, outcome.margin.value
    power, least = found_.power(p.margins * margin, p), found_.least(p)
    drawn = laid.assignments
    cost = cost_of(laid.design, outcome, laid.layout.n_units, p, written)
    each = costs.per_margin(cost, least[0] / margin, least[1] / margin) if np.isfinite(least).all() else None
    return {
        "design": laid.design.name,
        "design_title": laid.design.title,
        "outcome": outcome.name,
        "outcome_title": outcome.title,
        "short": outcome.short,
        "countries": laid.layout.n_units,
        "starts_seen": laid.starts_seen,
        "assignments": drawn.count,
        "least_p": drawn.least_p,
        "compared_until": laid.compared_until,
        "power_low": power[0],
        "power_high": power[1],
        "least_low": least[0],
        "least_high": least[1],
        "margin": margin,
        "unit": outcome.unit,
        "cost_low": cost.low / 1e6,
        "cost_high": cost.high / 1e6,
        "per_margin_low": each.low / 1e6 if each else np.nan,
        "per_margin_high": each.high / 1e6 if each else np.nan,
    }


def compared(covered: Mapping[Outcome, Covered], n_phases: int, p: Params) -> pd.DataFrame:
    """Every design and outcome, a row each; those left out in which all who are covered start together."""
    written = document.load()
    rows = []
    for design in DESIGNS:
        for outcome, own in covered.items():
            try:
                laid = lay(design, outcome, own, n_phases)
            except ParameterError:  # the layout says why: all the countries covered start in one period
                continue
            rows.append(row(found(laid, outcome, own, p), outcome, p, written))
    return pd.DataFrame(rows)


def mean_least(table: pd.DataFrame, p: Params) -> pd.Series[float]:
    """By design the mean logarithm, over the outcomes that can tell designs apart, of the least effect in margins."""
    known = _telling(table, p).dropna(subset=["least_high"])
    size = (known["least_low"] * known["least_high"] / known["margin"] ** 2).map(np.log) / 2
    mean: pd.Series[float] = size.groupby(known["design"]).mean()
    return mean


def usable(table: pd.DataFrame, p: Params) -> pd.Series[float]:
    """`mean_least` of the designs that draw lots, whose exact test can reject in all these outcomes, and that last four years."""
    mean = mean_least(table, p)
    able = _telling(table, p).groupby("design")["least_p"].max() <= p.alpha
    return mean[mean.index.isin([name for name in _SHORT if able.get(name, False)])]


def _telling(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Rows of the outcomes in which the exact test of some design of four years can reject and most designs are identified."""
    known = table.dropna(subset=["least_low"])
    able = known[known["design"].isin(_SHORT) & (known["least_p"] <= p.alpha)]
    known = known[known["outcome"].isin(able["outcome"])]
    every: pd.Series[int] = known.groupby("outcome")["design"].transform("nunique")
    return known.loc[every == every.max()]


def recommended(table: pd.DataFrame, p: Params) -> Design:
    """The usable design of the least effects: see `usable`.

    Raises
    ------
    ParameterError
        If none is.
    """
    able = usable(table, p)
    if able.empty:
        raise ParameterError(
            "No design draws so many lots that its exact test could reject; give more countries or phases."
        )
    return next(design for design in DESIGNS if design.name == able.idxmin())


def without_lot(design: Design) -> Design:
    """The same starts, given to whole phases by lot."""
    return replace(design, dealt="phases", compared=False)
