"""What an audit consists of: the tables claims are held against, published figures that bear on a claim, findings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crimjust_research.data import catalog
from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.claims.params import DEATHS, Measure
from crimjust_research.questions.claims.rule import Bounds, Position, Verdict, claimed, exactly, position, verdict

if TYPE_CHECKING:
    import pandas as pd

ANNOUNCED = "overdose_announcements"
TABLES = (
    DEATHS,
    ANNOUNCED,
    "overdose_monthly_us",
    "overdose_monthly_state",
    "overdose_annual_state",
    "majors_list",
    "programme",
    "programme_entry",
    "programme_events",
    "programme_event_countries",
    "programme_results",
    "uncac_reviews",
    "uncac_totals",
    "uncac_platforms",
)


@dataclass(frozen=True)
class PrecursorSources:
    """A list of major sources of precursor chemicals, by year of the report, and how it is cited."""

    frame: pd.DataFrame
    """iso3, report_year, listed (how many the year's list names: all of them are here), page."""
    used: Used

    def cited(self, report_year: int) -> str:
        """The report, as whoever supplied the list has it, how long the list is, and the file."""
        pages = sorted(set(self.frame.loc[self.frame["report_year"] == report_year, "page"]))
        where = f"page {pages[0]}" if len(pages) == 1 else f"pages {', '.join(map(str, pages))}"
        length = int((self.frame["report_year"] == report_year).sum())
        return f"US Department of State, INCSR {report_year}, volume I, {where}, all {length} listed, as in {self.used.table}"


@dataclass(frozen=True)
class Evidence:
    """The tables claims are held against, how each is cited, and the measure of deaths that is judged on."""

    frames: Mapping[str, pd.DataFrame]
    cited: Mapping[str, str]
    measure: Measure
    precursors: PrecursorSources | None = None
    """The list of sources of precursor chemicals that a person supplied."""

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.frames[table]


def citation(table: str, vintage: str = "latest") -> str:
    """Publisher and vintage of a stored table, in a few words."""
    release = catalog.raw().resource(table, vintage)
    return f"{release.table.sources[0].title}, vintage {release.vintage}"


@dataclass(frozen=True)
class Published:
    """A published figure that bears on a claim.

    `name` is `then` for the figure of the document's own time and `now` for today's, on which the verdict rests; any
    other is shown beside them: another measure, another date. `kind` says what it is called (`estimates.yaml`), and
    `facts` holds what that and the sentences name. `bounds` are the figure as published, in `unit`; `implies` is what it
    says of the claim's own date where that is something else: a count that only grows is a lower bound later.
    """

    claim: str
    name: str
    kind: str
    bounds: Bounds
    unit: str
    source: str
    n_obs: int = 1
    implies: Bounds | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.claim}.{self.name}"

    @property
    def judged(self) -> Bounds:
        return self.implies or self.bounds

    def row(self) -> dict[str, Any]:
        """The figure as a row to record; one known between bounds has them for its interval, and no point."""
        known = {"claim": self.claim, "name": self.name, "unit": self.unit, "source": self.source, "n_obs": self.n_obs}
        if self.bounds.exact:
            return {**self.facts, **known, "estimate": self.bounds.low}
        ends = {"ci_low": self.bounds.low, "ci_high": self.bounds.high}
        return {**self.facts, **known, **ends, "estimate": math.nan}


@dataclass(frozen=True)
class Finding:
    """What was found about one claim: the values it commits to, the published figures, and facts its sentences name."""

    claim: Claim
    claimed: Bounds
    figures: tuple[Published, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    misprinted: bool = False
    """Whether the figure printed contradicts what the claim says of itself, so that its substance is not checked by it."""

    @cached_property
    def then(self) -> Published | None:
        return next((figure for figure in self.figures if figure.name == "then"), None)

    @cached_property
    def now(self) -> Published | None:
        return next((figure for figure in self.figures if figure.name == "now"), None)

    @property
    def judged_on(self) -> tuple[Published, ...]:
        return tuple(figure for figure in (self.then, self.now) if figure)

    @property
    def beside(self) -> tuple[Published, ...]:
        return tuple(figure for figure in self.figures if figure.name not in ("then", "now"))

    @property
    def verdict(self) -> Verdict:
        if self.misprinted:
            return "misprint, substance not checked"
        return verdict((figure.judged for figure in self.judged_on), self.claimed)

    def position(self, figure: Published) -> Position:
        return position(figure.judged, self.claimed)


def found(claim: Claim, *figures: Published, **facts: Any) -> Finding:
    """The finding on a claim that commits to its own figure or years."""
    return Finding(claim, claimed(claim), figures, facts)


def dated(claim: Claim, kind: str, date: str, source: str, n_obs: int, **facts: Any) -> Finding:
    """A year claimed against a date documented: calendar years apart, none if the claim holds."""
    apart = exactly(int(date[:4]) - int(str(claim.date)))
    about = {"date": date, "claimed": claim.date}
    then = Published(claim.key, "then", kind, apart, "years", source, n_obs, facts=about)
    return Finding(claim, exactly(0), (then,), facts)


def listed(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """What the document names of a kind, as the table `programme` holds it."""
    return table[table["kind"] == kind]


def number_in(text: str, pattern: str) -> int:
    """The whole number that a table's scope in words gives, such as the year in "since 2010"."""
    given = re.search(pattern, text)
    if given is None:
        raise DataError(f"{text!r} holds no number as in {pattern!r}; ingest the totals with their scope in words")
    return int(given[1])
