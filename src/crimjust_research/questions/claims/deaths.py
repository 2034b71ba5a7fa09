"""Footnote 4 of the document: overdose deaths in the United States in the twelve months to May 2020."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.questions.claims.findings import ANNOUNCED, Evidence, Finding, Published, found
from crimjust_research.questions.claims.params import DEATHS, Measure
from crimjust_research.questions.claims.rule import Bounds, as_bounds, claimed, exactly

WINDOW_END = "2020-05"
WINDOW = tuple(pd.period_range(end=WINDOW_END, periods=12, freq="M").astype("str"))
ALL_DRUGS, SYNTHETIC_OPIOIDS = "overdose_deaths", "t40_4"
MEASURES: tuple[Measure, Measure] = ("predicted", "reported")
# A suppressed count of a State and month is one to nine deaths; CDC WONDER, suppression of sub-national counts.
_SUPPRESSED = (1, 9)


@dataclass(frozen=True)
class Announcement:
    """A figure of CDC's own announcements, made before any vintage at hand was published."""

    month: str
    deaths: int
    announced_on: str
    source: str


def announcements(evidence: Evidence) -> pd.DataFrame:
    """Columns month (the last of twelve), deaths, announced_on, source, from the first month to the last."""
    names = {"month_ending": "month", "document": "source"}
    made = evidence[ANNOUNCED].rename(columns=names).sort_values("month", kind="stable", ignore_index=True)
    return made[["month", "deaths", "announced_on", "source"]].astype({"deaths": "int64"})


def first_announced(evidence: Evidence) -> Announcement:
    """What was announced of the window.

    Raises
    ------
    DataError
        If nothing was.
    """
    made = next((each for each in _made(evidence) if each.month == WINDOW_END), None)
    if made is None:
        raise DataError(
            f"{ANNOUNCED} holds no announcement of the twelve months to {WINDOW_END}; add it: crimjust data ingest"
        )
    return made


def last_announced(evidence: Evidence) -> Announcement:
    """What was announced of the last months."""
    return _made(evidence)[-1]


def _made(evidence: Evidence) -> list[Announcement]:
    return [Announcement(*row) for row in announcements(evidence).itertuples(index=False, name=None)]


def twelve_month_totals(deaths: pd.DataFrame, measure: Measure, indicator: str) -> pd.Series[float]:
    """Deaths of the United States in the twelve months to each month (index: YYYY-MM), where published."""
    rows = deaths.loc[(deaths["jurisdiction"] == "US") & (deaths["indicator"] == indicator)]
    return rows.set_index("month_ending")[measure].sort_index().dropna()


def residents(monthly_state: pd.DataFrame) -> tuple[Bounds, int]:
    """Deaths of residents in the window, between bounds for cells not shown, and the number of cells."""
    cells = monthly_state[monthly_state["month"].isin(WINDOW) & (monthly_state["state"] != "US")]
    seen, hidden = float(cells["deaths"].sum()), int(cells["suppressed"].sum())
    least, most = (seen + hidden * count for count in _SUPPRESSED)
    return as_bounds(least, most), len(cells)


def deaths_81000(claim: Claim, evidence: Evidence) -> Finding:
    """Deaths as first announced, as the judged vintage has them in each measure, and of residents."""
    bounds, cells = residents(evidence["overdose_monthly_state"])
    source = evidence.cited["overdose_monthly_state"]
    first = first_announced(evidence)
    now = list(_by_measure(claim, evidence, "deaths", "deaths", _total))
    return found(
        claim,
        Published(claim.key, "then", "announced", exactly(first.deaths), "deaths", first.source),
        *now,
        Published(claim.key, "residents", "residents", bounds, "deaths", source, cells),
        beyond=beyond(now[0].bounds.low, claimed(claim)) if now else 0.0,
    )


def beyond(figure: float, claim: Bounds) -> float:
    """By how much a figure lies above what a claim allows; below it if negative; 0 within."""
    return max(figure - claim.high, 0.0) + min(figure - claim.low, 0.0)


def synthetic_opioids(claim: Claim, evidence: Evidence) -> Finding:
    """The share of T40.4 in each measure; of residents, T40.4 by month over all deaths between bounds."""
    monthly = evidence["overdose_monthly_us"]
    part = monthly.loc[(monthly["icd10"] == "T40.4") & monthly["month"].isin(WINDOW), "deaths"]
    whole, cells = residents(evidence["overdose_monthly_state"])
    bounds = as_bounds(part.sum() / whole.high, part.sum() / whole.low)
    source = f"{evidence.cited['overdose_monthly_us']}; {evidence.cited['overdose_monthly_state']}"
    return found(
        claim,
        *_by_measure(claim, evidence, "share", "share", _share),
        Published(claim.key, "residents", "residents_share", bounds, "share", source, len(part) + cells),
    )


def record(claim: Claim, evidence: Evidence) -> Finding:
    """The total of the window against the highest before it: of twelve-month periods, and of calendar years earlier."""
    above_any = Bounds(1, math.inf, low_excluded=True)
    totals = twelve_month_totals(evidence[DEATHS], evidence.measure, ALL_DRUGS)
    if WINDOW_END not in totals:
        return Finding(claim, above_any)
    before = totals[totals.index < WINDOW_END]
    by_year = evidence["overdose_annual_state"].groupby("year")["deaths"].sum().astype("float64")
    years = by_year[by_year.index < int(str(totals.index[0])[:4])]
    highest = max(before.max(), years.max())
    source = f"{evidence.cited[DEATHS]}, {evidence.measure}; {evidence.cited['overdose_annual_state']}"
    now = Published(
        claim.key,
        "now",
        "record",
        exactly(totals[WINDOW_END] / highest),
        "times the highest before",
        source,
        n_obs=len(before) + len(years),
        facts={"deaths": totals[WINDOW_END], "highest": highest},
    )
    facts = {
        "as_high": int((before >= totals[WINDOW_END]).sum() + (years >= totals[WINDOW_END]).sum()),
        "periods": len(before),
        "since": before.index[0],
        "years": [int(year) for year in years.index],
        "later": last_announced(evidence),
    }
    return Finding(claim, above_any, (now,), facts)


def spring_months(claim: Claim, evidence: Evidence) -> Finding:
    """The months as printed against the window they are said to belong to; rises are counted for both years.

    That the months lie within it does not show that deaths rose with COVID-19 cases, which no table counts.
    """
    first, last = str(claim.date).split("/")
    printed = list(pd.period_range(start=first, end=last, freq="M").astype("str"))
    within = [month for month in printed if month in WINDOW]
    years = sorted({int(WINDOW_END[:4]), int(printed[0][:4])})
    then = Published(
        claim.key,
        "then",
        "months_inside",
        exactly(len(within)),
        "months",
        "the calendar",
        n_obs=len(printed),
        implies=Bounds(-math.inf, math.inf) if within else None,
        facts={"first": first, "last": last, "meant": years[0]},
    )
    risen = [figure for year in years for figure in _risen(claim, evidence, year)]
    return Finding(claim, exactly(len(printed)), (then, *risen), misprinted=not within)


def _risen(claim: Claim, evidence: Evidence, year: int) -> Iterator[Published]:
    """A twelve-month total that exceeds the month before's has gained more than the same month of last year."""
    totals = twelve_month_totals(evidence[DEATHS], evidence.measure, ALL_DRUGS)
    months = [f"{year}-{month:02}" for month in range(2, 6)]
    if set(months) <= set(totals.index):
        rose = totals[months].diff().dropna() > 0
        source, rises = f"{evidence.cited[DEATHS]}, {evidence.measure}", exactly(int(rose.sum()))
        name, facts = f"rises_{year}", {"year": year}
        yield Published(claim.key, name, "months_risen", rises, "months", source, len(rose), facts=facts)


def _by_measure(
    claim: Claim,
    evidence: Evidence,
    kind: str,
    unit: str,
    read: Callable[[pd.DataFrame, Measure], tuple[float, int, dict[str, Any]] | None],
) -> Iterator[Published]:
    """The figure in the measure judged on, as `now`, and in the others under their names, as far as the vintage goes."""
    others = [measure for measure in MEASURES if measure != evidence.measure]
    for name, measure in (("now", evidence.measure), *zip(others, others, strict=True)):
        figure = read(evidence[DEATHS], measure)
        if figure is not None:
            value, n_obs, facts = figure
            source = f"{evidence.cited[DEATHS]}, {measure}"
            facts = {**facts, "measure": measure}
            yield Published(claim.key, name, kind, exactly(value), unit, source, n_obs, facts=facts)


def _total(deaths: pd.DataFrame, measure: Measure) -> tuple[float, int, dict[str, Any]] | None:
    totals = twelve_month_totals(deaths, measure, ALL_DRUGS)
    return (float(totals[WINDOW_END]), 1, {}) if WINDOW_END in totals else None


def _share(deaths: pd.DataFrame, measure: Measure) -> tuple[float, int, dict[str, Any]] | None:
    part, whole = (twelve_month_totals(deaths, measure, drugs) for drugs in (SYNTHETIC_OPIOIDS, ALL_DRUGS))
    if WINDOW_END not in part or WINDOW_END not in whole:
        return None
    facts = {"part": part[WINDOW_END], "whole": whole[WINDOW_END]}
    return float(part[WINDOW_END] / whole[WINDOW_END]), 2, facts
