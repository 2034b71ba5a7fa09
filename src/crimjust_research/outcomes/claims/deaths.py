"""Footnote 4 of the document: overdose deaths in the United States in the twelve months to May 2020."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from crimjust_research.document import Claim
from crimjust_research.outcomes.claims.evidence import Evidence, Finding, Reading
from crimjust_research.outcomes.claims.parameters import DEATHS, Measure
from crimjust_research.outcomes.claims.rule import Bounds, as_bounds, claimed, exactly

WINDOW_END = "2020-05"
WINDOW = tuple(pd.period_range(end=WINDOW_END, periods=12, freq="M").astype("str"))
ALL_DRUGS, SYNTHETIC_OPIOIDS = "overdose_deaths", "t40_4"
MEASURES: tuple[Measure, Measure] = ("predicted", "reported")
# A suppressed count of a State and month is one to nine deaths; CDC WONDER, suppression of sub-national counts.
_SUPPRESSED = (1, 9)
_SPRING = ("03", "04", "05")


@dataclass(frozen=True)
class Announcement:
    """A figure of CDC's own announcements, made before any vintage at hand was published; no table holds it."""

    month: str
    deaths: int
    date: str
    source: str


ANNOUNCED = (
    Announcement("2020-05", 81_230, "2020-12-17", "CDC, Health Alert Network advisory 438, 17 December 2020"),
    Announcement("2021-04", 100_306, "2021-11-17", "CDC, National Center for Health Statistics, 17 November 2021"),
)


def announced(month: str) -> Announcement:
    return next(a for a in ANNOUNCED if a.month == month)


def twelve_month_totals(deaths: pd.DataFrame, measure: Measure, indicator: str) -> pd.Series[float]:
    """Deaths of the United States in the twelve months to each month (index: YYYY-MM), where published."""
    rows = deaths.loc[(deaths["jurisdiction"] == "US") & (deaths["indicator"] == indicator)]
    return rows.set_index("month_ending")[measure].sort_index().dropna()


def deaths_81000(claim: Claim, evidence: Evidence) -> Finding:
    first = announced(WINDOW_END)
    assert claim.quantity is not None
    return Finding(
        claim,
        claimed(claim.quantity),
        "about 81,000 deaths (80,500 to 81,500)",
        then=Reading(
            f"{claim.key}.then",
            "deaths by overdose in the twelve months to May 2020, as first announced",
            exactly(first.deaths),
            "deaths",
            first.source,
        ),
        now=_total(evidence, evidence.measure, f"{claim.key}.now"),
        beside=tuple(
            reading
            for reading in (
                *(_total(evidence, m, f"{claim.key}.{m}") for m in MEASURES if m != evidence.measure),
                _residents(evidence, f"{claim.key}.residents"),
            )
            if reading
        ),
        remark="the document does not say whether it rounds deaths as reported or as predicted for when all have been "
        "investigated; CDC announced the latter",
    )


def record(claim: Claim, evidence: Evidence) -> Finding:
    """The total of the window against the highest before it, of periods since 2015 and calendar years before."""
    totals = twelve_month_totals(evidence[DEATHS], evidence.measure, ALL_DRUGS)
    years = evidence["overdose_annual_state"].groupby("year")["deaths"].sum().loc[:2014].astype("float64")
    now = None
    remark = "the vintage does not reach May 2020"
    if WINDOW_END in totals:
        before = totals[totals.index < WINDOW_END]
        highest = max(before.max(), years.max())
        now = Reading(
            f"{claim.key}.now",
            "deaths in the twelve months to May 2020, relative to the highest total before",
            exactly(totals[WINDOW_END] / highest),
            "times the highest before",
            f"{evidence.cite(DEATHS)}, {evidence.measure}; {evidence.cite('overdose_annual_state')}",
            n_obs=len(before) + len(years),
            shown=f"{totals[WINDOW_END]:,.0f}, against {highest:,.0f} at most before",
        )
        later = announced("2021-04")
        as_high = int((before >= totals[WINDOW_END]).sum() + (years >= totals[WINDOW_END]).sum())
        remark = (
            f"{as_high or 'none'} of {len(before)} twelve-month periods that ended from {before.index[0]} on and "
            f"{len(years)} calendar years {years.index[0]} to {years.index[-1]} were as high, and by the time of the document "
            f"CDC had announced {later.deaths:,} for the twelve months to April 2021"
        )
    return Finding(claim, Bounds(1, float("inf"), low_excluded=True), "higher than any before", now=now, remark=remark)


def synthetic_opioids(claim: Claim, evidence: Evidence) -> Finding:
    assert claim.quantity is not None
    beside = [_share(evidence, m, f"{claim.key}.{m}") for m in MEASURES if m != evidence.measure]
    now = _share(evidence, evidence.measure, f"{claim.key}.now")
    return Finding(
        claim,
        claimed(claim.quantity),
        "over 50%",
        now=now,
        beside=tuple(r for r in (*beside, _residents_share(evidence, f"{claim.key}.residents")) if r),
        remark="a death that names several drugs counts for each of them, so the share is of deaths that involve "
        "synthetic opioids (T40.4), not of deaths they alone brought about"
        if now
        else "the vintage has no count of deaths from synthetic opioids for May 2020",
    )


def spring_months(claim: Claim, evidence: Evidence) -> Finding:
    """The months as printed, 2021, against the window they are said to belong to; rises are counted for both years."""
    assert claim.date is not None
    first, last = claim.date.split("/")
    printed = pd.period_range(start=first, end=last, freq="M").astype("str")
    within = [month for month in printed if month in WINDOW]
    rises = [_rises(evidence, year, f"{claim.key}.rises_{year}") for year in (2020, 2021)]
    rose = " and ".join(f"in {r.text} months of {r.id[-4:]}" for r in rises if r)
    return Finding(
        claim,
        exactly(len(printed)),
        "March to May 2021",
        then=Reading(
            f"{claim.key}.then",
            f"months from {printed[0]} to {printed[-1]} that lie within the twelve months to {WINDOW_END}",
            exactly(len(within)),
            "months",
            "the calendar",
            n_obs=len(printed),
            shown=f"{len(within)} of {len(printed)} months within the period",
        ),
        beside=tuple(r for r in rises if r),
        remark="; ".join(
            [
                *(["the months lie outside the period, so that 2020 is probably meant"] if not within else []),
                *([f"there were more deaths than in the same month of the year before {rose}"] if rose else []),
                "no table here counts COVID-19 cases",
            ]
        ),
    )


def _total(evidence: Evidence, measure: Measure, key: str) -> Reading | None:
    totals = twelve_month_totals(evidence[DEATHS], measure, ALL_DRUGS)
    if WINDOW_END not in totals:
        return None
    return Reading(
        key,
        f"deaths by overdose in the twelve months to May 2020, {measure}",
        exactly(totals[WINDOW_END]),
        "deaths",
        f"{evidence.cite(DEATHS)}, {measure}",
    )


def _share(evidence: Evidence, measure: Measure, key: str) -> Reading | None:
    part = twelve_month_totals(evidence[DEATHS], measure, SYNTHETIC_OPIOIDS)
    whole = twelve_month_totals(evidence[DEATHS], measure, ALL_DRUGS)
    if WINDOW_END not in part or WINDOW_END not in whole:
        return None
    return Reading(
        key,
        f"share of overdose deaths in the twelve months to May 2020 that involve synthetic opioids, {measure}",
        exactly(part[WINDOW_END] / whole[WINDOW_END]),
        "share",
        f"{evidence.cite(DEATHS)}, {measure}",
        n_obs=2,
        shown=f"{part[WINDOW_END] / whole[WINDOW_END]:.1%} ({part[WINDOW_END]:,.0f} of {whole[WINDOW_END]:,.0f})",
    )


def residents(monthly_state: pd.DataFrame) -> tuple[Bounds, int]:
    """Deaths of residents in the window, between bounds for cells not shown, and the number of cells."""
    cells = monthly_state[monthly_state["month"].isin(WINDOW) & (monthly_state["state"] != "US")]
    seen, hidden = float(cells["deaths"].sum()), int(cells["suppressed"].sum())
    least, most = (seen + hidden * count for count in _SUPPRESSED)
    return as_bounds(least, most), len(cells)


def _residents(evidence: Evidence, key: str) -> Reading:
    bounds, cells = residents(evidence["overdose_monthly_state"])
    return Reading(
        key,
        "deaths of residents by overdose in the twelve months to May 2020, from State counts by month",
        bounds,
        "deaths",
        evidence.cite("overdose_monthly_state"),
        n_obs=cells,
    )


def _residents_share(evidence: Evidence, key: str) -> Reading:
    """T40.4 deaths by month over all overdose deaths by month, both of residents; the latter between bounds."""
    monthly = evidence["overdose_monthly_us"]
    part = monthly.loc[(monthly["icd10"] == "T40.4") & monthly["month"].isin(WINDOW), "deaths"]
    whole, cells = residents(evidence["overdose_monthly_state"])
    return Reading(
        key,
        "share of residents' overdose deaths in the twelve months to May 2020 that involve synthetic opioids",
        as_bounds(part.sum() / whole.high, part.sum() / whole.low),
        "share",
        f"{evidence.cite('overdose_monthly_us')}; {evidence.cite('overdose_monthly_state')}",
        n_obs=len(part) + cells,
    )


def _rises(evidence: Evidence, year: int, key: str) -> Reading | None:
    """A twelve-month total that exceeds the month before's has gained more than the same month of last year."""
    totals = twelve_month_totals(evidence[DEATHS], evidence.measure, ALL_DRUGS)
    if not {f"{year}-02", *(f"{year}-{m}" for m in _SPRING)} <= set(totals.index):
        return None
    rose = totals.loc[f"{year}-02" : f"{year}-05"].diff().dropna() > 0
    return Reading(
        key,
        f"months from March to May {year} with more deaths than in the same month of the year before",
        exactly(int(rose.sum())),
        "months",
        f"{evidence.cite(DEATHS)}, {evidence.measure}",
        n_obs=len(rose),
        shown=f"{rose.sum()} of {len(rose)}",
    )
