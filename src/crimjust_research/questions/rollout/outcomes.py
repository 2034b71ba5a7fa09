"""What a roll-out could be judged by: public scores and counts, and case records that nobody keeps yet, as ranges.

A margin is the plan's where it registers one. What is assumed of case records is an assumption in view: no figure of theirs is
public, so each has a range and an argument, and results are told for its favourable and its unfavourable end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from crimjust_research.evidence import plan


@dataclass(frozen=True)
class Margin:
    """The least effect that matters, in the unit of the outcome (logs for ratios), and where it comes from."""

    value: float
    source: str
    registered: bool = False


@dataclass(frozen=True)
class Measured:
    """A column of a panel by country and period. `log`: its logarithm is analysed, zeros left out."""

    name: str
    title: str
    panel: str
    column: str
    period: str
    unit: str
    months: int
    margin: Margin
    log: bool = False

    @property
    def short(self) -> str:
        """What it is called where there is room for a word."""
        return (
            self.column.removeprefix("wjp_").replace("_", ".")
            if "wjp" in self.column
            else self.title.split(" ")[0].lower()
        )


@dataclass(frozen=True)
class Range:
    """An assumption: what is favourable to finding an effect, what is not, and why within these."""

    favourable: float
    unfavourable: float
    argument: str


@dataclass(frozen=True)
class Records:
    """An outcome of case records, quarter by quarter, of which only ranges can be stated.

    `per_quarter`: cases in a country and quarter; `spread`: standard deviation of one case.
    """

    name: str
    title: str
    unit: str
    margin: Margin
    per_quarter: Range
    spread: Range
    months: int = 3

    @property
    def short(self) -> str:
        """What it is called where there is room for a word."""
        return self.title.split(" ")[0].lower()

    @property
    def ranges(self) -> Mapping[str, Range]:
        """Every assumption, by what it is of."""
        return {
            "cases in a country and quarter": self.per_quarter,
            f"standard deviation of one case ({self.unit})": self.spread,
            "intracluster correlation": ICC,
            "autocorrelation from quarter to quarter": DECAY,
        }


Outcome = Measured | Records

ICC = Range(
    0.02,
    0.15,
    "Argument: cases of one country share its courts and laws; trials in health care report .01 to .05 for outcomes of "
    "persons and more for practices of services, so .15 is kept as the bad end",
)
DECAY = Range(
    0.9,
    0.6,
    "Argument: a country's practice lasts for years; a fifth to two thirds of what is shared passes within a year "
    "(.9 and .6 to the fourth power are .66 and .13)",
)
_SHARE_SPREAD = "the root of p (1 - p)"
REQUESTS = Records(
    "requests_answered",
    "Requests answered in time",
    "share of requests",
    Margin(0.10, "Argument: one request in ten more is what a central authority would notice in a year's list"),
    Range(
        40,
        8,
        "Argument: central authorities of mid-sized States count their drug requests in tens to low hundreds a year",
    ),
    Range(0.40, 0.50, f"Arithmetic: {_SHARE_SPREAD} for shares from .2 or .8 (.40) to one half (.50)"),
)
TIME = Records(
    "time_to_answer",
    "Time to answer",
    "log days",
    Margin(-math.log(0.8), "The convention for equivalence of ratios, 0.8 (European Medicines Agency): a fifth sooner"),
    Range(30, 6, "Argument: three in four of the requests sent are answered at all"),
    Range(
        0.8,
        1.2,
        "Argument: the slowest sixth takes five to eleven times as long as the fastest (exp of two deviations)",
    ),
)
CONVICTIONS = Records(
    "convictions_per_seizure",
    "Convictions per seizure",
    "share of seizures",
    Margin(0.05, "Argument: one seizure in twenty more; a court of some size would see it within a year"),
    Range(60, 10, "Argument: seizures large enough for an investigation, in tens to low hundreds a year"),
    Range(0.22, 0.46, f"Arithmetic: {_SHARE_SPREAD} for shares from .05 (.22) to .3 (.46)"),
)
RECORDS = (REQUESTS, TIME, CONVICTIONS)


def measured(registered: plan.Plan) -> tuple[Measured, ...]:
    """Public outcomes, with margins as the plan has them."""
    of = {primary.id: primary.margin for primary in registered.known}

    def margin(question: str, borrowed: bool = False) -> Margin:
        own = of[question]
        return Margin(own.sizes["margin"], own.source, not borrowed)

    scores = (
        ("wjp_8_1", "Investigation (WJP 8.1)", margin("joining.investigation")),
        ("wjp_8_2", "Adjudication (WJP 8.2)", margin("joining.adjudication")),
        ("wjp_8_5", "No corruption (WJP 8.5)", margin("joining.investigation", borrowed=True)),
    )
    index = (
        ("law_enforcement", "Law enforcement (Index)", "ratings.index_law_enforcement"),
        ("judicial_system", "Judiciary (Index)", "ratings.index_judiciary"),
        ("international_cooperation", "Cooperation (Index)", "ratings.index_cooperation"),
    )
    entries = Measured(
        "prison_entries",
        "Prison entries",
        "country_year",
        "persons_entering_trafficking",
        "year",
        "log persons",
        12,
        Margin(
            math.log(1.25), "The convention for equivalence of ratios, 1.25 (European Medicines Agency): a quarter more"
        ),
        log=True,
    )
    return (
        *(Measured(c, t, "country_year", c, "year", "points from 0 to 1", 12, m) for c, t, m in scores),
        entries,
        *(
            Measured(c, t, "organized_crime_edition", c, "edition", "points from 1 to 10", 24, margin(q))
            for c, t, q in index
        ),
    )
