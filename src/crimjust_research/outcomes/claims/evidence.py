"""What claims are held against: published tables with their vintages, figures read off them, and findings."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from crimjust_research.data import catalog
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Resource
from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Estimate, Used
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.claims.parameters import DEATHS, Measure, Params
from crimjust_research.outcomes.claims.rule import (
    Bounds,
    Position,
    Verdict,
    as_bounds,
    claimed,
    exactly,
    position,
    verdict,
)

OUTCOME = "all"
QUESTION = "Do the figures in the source document hold against the figures published then and now?"
AGREEMENT: Mapping[Position, str] = {"inside": "in line", "outside": "not in line", "undecided": "undecided"}
TABLES = (
    DEATHS,
    "overdose_monthly_us",
    "overdose_monthly_state",
    "overdose_annual_state",
    "majors_list",
    "programme",
    "programme_entry",
    "programme_events",
    "programme_results",
    "uncac_reviews",
    "uncac_totals",
)


@dataclass(frozen=True)
class Evidence:
    """The tables claims are checked against, the release of each, and the measure of deaths judged on."""

    frames: Mapping[str, pd.DataFrame]
    releases: Mapping[str, Resource]
    measure: Measure

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.frames[table]

    def cite(self, table: str) -> str:
        """Publisher and vintage of a table, in a few words."""
        release = self.releases[table]
        return f"{release.table.sources[0].title}, vintage {release.vintage}"

    @property
    def used(self) -> tuple[Used, ...]:
        return tuple(Used(name, r.vintage, r.sha256) for name, r in self.releases.items())


def read(params: Params, raw: Catalog | None = None) -> Evidence:
    """Every table the claims need, deaths at the vintage asked for.

    Raises
    ------
    DataError
        If a table is missing or unsound.
    """
    raw = raw or catalog.raw()
    releases = {name: raw.resource(name, params.vintage if name == DEATHS else "latest") for name in TABLES}
    frames = {name: raw.open(name, release.vintage) for name, release in releases.items()}
    return Evidence(frames, releases, params.measure)


@dataclass(frozen=True)
class Reading:
    """A published figure that bears on a claim.

    `bounds` are the figure as published, in `unit`; `implies` what it says about the claim's own date where that is
    something else (a count that only grows, stated earlier, is a lower bound later). `shown` replaces the figure in
    words where a number would not do, as for dates.
    """

    id: str
    what: str
    bounds: Bounds
    unit: str
    source: str
    n_obs: int = 1
    implies: Bounds | None = None
    shown: str = ""

    @property
    def judged(self) -> Bounds:
        return self.implies or self.bounds

    @property
    def text(self) -> str:
        return self.shown or bounds_text(self.bounds, self.unit)

    def estimate(self) -> Estimate:
        """The figure as an estimate; one known between bounds has them for its interval, and no point."""
        exact = self.bounds.exact
        return Estimate(
            id=self.id,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=self.what[:1].upper() + self.what[1:],
            method="published figure",
            specification=self.source,
            estimate=self.bounds.low if exact else math.nan,
            unit=self.unit,
            n_obs=self.n_obs,
            n_units=1,
            role="secondary",
            ci_low=math.nan if exact else self.bounds.low,
            ci_high=math.nan if exact else self.bounds.high,
            null_value=math.nan,
        )


@dataclass(frozen=True)
class Finding:
    """What was found about one claim.

    `then` is the figure of the document's own time, `now` today's; the verdict rests on them. `beside` are figures
    shown and not judged on: other measures, other dates. `claimed` are the values the document commits to and `put`
    its words for them. `remark` is a sentence on the reading of the figures, `needed` what would settle the claim.
    """

    claim: Claim
    claimed: Bounds
    put: str
    then: Reading | None = None
    now: Reading | None = None
    beside: tuple[Reading, ...] = ()
    remark: str = ""
    needed: str = ""

    @property
    def judged_on(self) -> tuple[Reading, ...]:
        return tuple(reading for reading in (self.then, self.now) if reading)

    @property
    def readings(self) -> tuple[Reading, ...]:
        return self.judged_on + self.beside

    @property
    def verdict(self) -> Verdict:
        return verdict((reading.judged for reading in self.judged_on), self.claimed)

    def position(self, reading: Reading) -> Position:
        return position(reading.judged, self.claimed)


Check = Callable[[Claim, Evidence], Finding]


def value_text(value: float, unit: str) -> str:
    """A figure for reading: shares in percent, counts whole with thousands separated."""
    if unit == "share":
        return f"{100 * value:.1f}%"
    return f"{value:,.0f}".replace("-", "−") if float(value).is_integer() else number(value)


def bounds_text(bounds: Bounds, unit: str) -> str:
    """Bounds in words, without the unit."""
    low, high = value_text(bounds.low, unit) if math.isfinite(bounds.low) else "", ""
    if bounds.exact:
        return low
    if math.isfinite(bounds.high):
        high = value_text(bounds.high, unit)
    if low and high:
        return f"{low} to {high}"
    if low:
        return f"over {low}" if bounds.low_excluded else f"at least {low}"
    return f"under {high}" if bounds.high_excluded else f"at most {high}"


def put(claim: Claim) -> str:
    """The figure or date as the document commits to it, in words."""
    quantity = claim.quantity
    if quantity is None:
        return (claim.date or "").replace("/", " to ")
    bounds = as_bounds(quantity.low, quantity.high, low_excluded=quantity.qualifier == "over")
    if quantity.unit == "USD":
        return f"{bounds.low / 1e6:,.0f} to {bounds.high / 1e6:,.0f} million US dollars"
    if quantity.qualifier == "about":
        return f"about {(bounds.low + bounds.high) / 2:,.0f} ({bounds_text(bounds, quantity.unit)}) {quantity.unit}"
    return f"{bounds_text(bounds, quantity.unit)} {quantity.unit}"


def claimed_by(claim: Claim) -> Bounds:
    if claim.quantity is not None:
        return claimed(claim.quantity)
    assert claim.date is not None
    first, last = claim.date.split("/")[0], claim.date.split("/")[-1]
    return as_bounds(int(first[:4]), int(last[:4]))


def dated(claim: Claim, date: str, what: str, source: str, n_obs: int, remark: str) -> Finding:
    """A year claimed against a date documented: years apart, none if the claim holds."""
    assert claim.date is not None
    apart = int(date[:4]) - int(claim.date)
    return Finding(
        claim,
        exactly(0),
        claim.date,
        then=Reading(
            f"{claim.key}.then",
            f"calendar years between {claim.date} and the {what}",
            exactly(apart),
            "years",
            source,
            n_obs=n_obs,
            shown=f"{what}: {day(date)}",
        ),
        remark=remark,
    )


def number_in(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise DataError(f"{text!r} holds no number as in {pattern!r}; ingest the totals with their scope in words")
    return float(found[1])


def day(date: str) -> str:
    """A date as text, as precise as it is known: 20 July 2016, or 2010."""
    if len(date) == 4:
        return date
    moment = pd.Timestamp(date)
    return f"{moment.day} {moment.month_name()} {moment.year}"
