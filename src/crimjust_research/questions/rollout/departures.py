"""What each departure from the recommended design costs in power: refusals, delays, spillover, missing reports, no lot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from crimjust_research.designs.rollout.layout import Layout
from crimjust_research.errors import ParameterError
from crimjust_research.numbers import p_text
from crimjust_research.questions.rollout.compare import Covered, Found, found, lay, without_lot
from crimjust_research.questions.rollout.outcomes import Outcome
from crimjust_research.questions.rollout.params import Params
from crimjust_research.questions.rollout.plans import DESIGNS, Design, Laid

GROWS = (1 / 3, 2 / 3, 1.0)
"""The effect by year, where it grows and the test takes it to come at once."""
DIFFER = 0.5
"""Standard deviation of effects between countries, as a share of their mean."""
MASKS = 20
"""Draws of which reports are missing."""


class Departure(NamedTuple):
    """What happens, what is assumed without it, and what becomes of the design."""

    name: str
    title: str
    assumes: str
    found: Found
    share: float
    """Of the effect that is left between those compared."""
    least_p: float
    """Of the exact test; 1 where nothing is drawn and there is none."""


def departures(design: Design, outcome: Outcome, covered: Covered, n_phases: int, p: Params) -> Iterator[Departure]:
    """The recommended design as it is planned, then with each departure from it."""
    laid = lay(design, outcome, covered, n_phases)
    least = laid.assignments.least_p

    def planned(**more: object) -> Found:
        return found(laid, outcome, covered, p, **more)  # type: ignore[arg-type]

    yield Departure("none", "As planned", "", planned(), 1.0, least)
    countries = int(np.isfinite(laid.layout.starts).sum())
    refused = min(p.refusals / countries, 1.0)
    yield Departure("refusals", f"{p.refusals} countries refuse", "all drawn take part", planned(), 1 - refused, least)
    late = replace(design, starts=tuple(start + p.delay_months * (start > 0) for start in design.begins(n_phases)))
    yield Departure(
        "delay",
        f"Later starts slip by {p.delay_months} months",
        "starts are kept",
        found(_within(late, laid, outcome, covered, n_phases), outcome, covered, p),
        1.0,
        least,
    )
    yield Departure(
        "spillover",
        f"{p.spillover:.0%} of the effect spills over",
        "untreated countries have none of it",
        planned(),
        1 - p.spillover,
        least,
    )
    masks = list(_missing(laid, p))
    yield Departure(
        "dropout",
        f"{p.dropout:.0%} of reports are missing at random",
        "all report in every period",
        planned(layouts=masks),
        1.0,
        least,
    )
    yield Departure(
        "differ",
        "Effects differ between countries",
        "each country has the same effect",
        planned(differ=DIFFER * p.margins * outcome.margin.value),
        1.0,
        least,
    )
    yield Departure(
        "grows",
        "The effect grows for three years",
        "it comes by the path the test takes",
        planned(true_path=GROWS),
        1.0,
        least,
    )
    expecting = p.model_copy(update={"effect_path": ",".join(map(str, GROWS))})
    yield Departure(
        "grows_as_expected",
        "It grows, and the test expects that",
        "the path is known beforehand",
        found(laid, outcome, covered, expecting),
        1.0,
        least,
    )
    drawn = lay(without_lot(design), outcome, covered, n_phases)
    yield Departure(
        "phases",
        "Whole phases are drawn",
        "countries are drawn",
        found(drawn, outcome, covered, p),
        1.0,
        drawn.assignments.least_p,
    )
    halves = next(one for one in DESIGNS if one.name == "halves")
    try:
        against = lay(halves, outcome, covered, n_phases)
    except ParameterError:  # all whom the outcome covers are on one side
        pass
    else:
        yield Departure(
            "halves",
            "Half of the phases against the others",
            "countries are drawn, for as many starts",
            found(against, outcome, covered, p),
            1.0,
            against.assignments.least_p,
        )
    given = lay(replace(without_lot(design), dealt="given"), outcome, covered, n_phases)
    yield Departure(
        "no_lot",
        "Whole phases in a given order",
        "a lot decides who starts when",
        found(given, outcome, covered, p),
        1.0,
        given.assignments.least_p,
    )


def _within(late: Design, laid: Laid, outcome: Outcome, covered: Covered, n_phases: int) -> Laid:
    """The late starts over the planned periods: who would start after the end never does.

    Raises
    ------
    ParameterError
        If so none but the first start within them.
    """
    moved = lay(replace(late, years=max(late.years, 1 + max(late.starts) // 12)), outcome, covered, n_phases)
    starts = np.where(moved.layout.starts < laid.layout.n_periods, moved.layout.starts, np.inf)
    return replace(laid, layout=Layout(starts, laid.layout.n_periods, laid.layout.cells))


def _missing(laid: Laid, p: Params) -> Iterator[Layout]:
    """The layout with reports after the first start missing at random."""
    rng = np.random.default_rng(p.seed)
    for _ in range(MASKS if p.dropout else 1):
        lost = rng.random(laid.layout.cells.shape) < p.dropout
        lost[:, : laid.before] = False
        yield Layout(laid.layout.starts, laid.layout.n_periods, laid.layout.cells & ~lost)


def table(design: Design, covered: Mapping[Outcome, Covered], n_phases: int, p: Params) -> pd.DataFrame:
    """Power of the design and of every departure from it, a row for each and each outcome.

    Returns
    -------
    DataFrame: outcome_title, name, departure, assumes, power_low, power_high, price (the most power that is lost), least_p,
        exact_test. Powers are those of the closed form; where the exact test never rejects, it finds nothing whatever they say.
    """
    rows = []
    for outcome, own in covered.items():
        effect = p.margins * outcome.margin.value
        try:
            each = list(departures(design, outcome, own, n_phases, p))
        except ParameterError:  # an outcome of so few countries or periods that a departure leaves nothing to compare
            continue
        powers = [one.found.power(effect * one.share, p) for one in each]
        whole = powers[0]
        for one, power in zip(each, powers, strict=True):
            rows.append(
                {
                    "outcome": outcome.name,
                    "outcome_title": outcome.title,
                    "name": one.name,
                    "departure": one.title,
                    "assumes": one.assumes,
                    "power_low": power[0],
                    "power_high": power[1],
                    "price": max(whole[0] - power[0], whole[1] - power[1]),
                    "least_p": one.least_p,
                    "exact_test": "none" if one.name == "no_lot" else told_of(one.least_p, p),
                    "countries": one.found.laid.layout.n_units,
                }
            )
    return pd.DataFrame(rows)


def told_of(least_p: float, p: Params) -> str:
    """Whether an exact test with so small a least p can find anything."""
    return "can reject" if least_p <= p.alpha else "never rejects"


def rows(prices: pd.DataFrame, outcomes: Sequence[str]) -> pd.DataFrame:
    """Power under each departure at the worse end, as rows for estimates, of the outcomes named and where it is known."""
    own = prices[prices["outcome"].isin(list(outcomes)) & (prices["name"] != "none")].dropna(subset=["power_low"])
    least = own["least_p"].map(p_text)
    return own.assign(estimate=own["power_low"], n_obs=own["countries"], n_units=own["countries"], least_p_told=least)
