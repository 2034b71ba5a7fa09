"""What CDC has revised between vintages of its provisional counts, and which verdicts a revision would change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from crimjust_research.document import Claim
from crimjust_research.questions.claims import deaths
from crimjust_research.questions.claims.findings import Evidence, Finding
from crimjust_research.questions.claims.params import DEATHS
from crimjust_research.questions.claims.rule import Bounds, exactly, position
from crimjust_research.questions.claims.steps import AGREEMENT, CHECKS
from crimjust_research.vocabulary import states

_KEY = ["jurisdiction", "month_ending", "indicator"]
# A calendar year's final figures come out about a year after it; eighteen months after it they have been counted.
MONTHS_TO_CLOSE = 18
_NOT_DEATHS = "percent_drugs_specified"
ON_DEATHS = ("overdose_deaths_81000", "overdose_record_may_2020", "synthetic_opioids_over_half")
NOT_COVERED, ANNOUNCED = "not covered", "announced at the time"
AROUND = ("2019-01", "2021-12")
INDICATORS = {
    "all_deaths": "all causes",
    "overdose_deaths": "all drugs",
    "t40_0_to_4_and_6": "opioids",
    "t40_1": "heroin",
    "t40_2": "natural (T40.2)",
    "t40_2_to_3": "T40.2, T40.3",
    "t40_2_to_4": "T40.2 to T40.4",
    "t40_3": "methadone",
    "t40_4": "synthetic opioids",
    "t40_5": "cocaine",
    "t43_6": "psychostimulants",
}
# Classes of the size of a revision, and the percentages between them.
SIZES, _EDGES = ("none", "to 1%", "to 5%", "to 10%", "over 10%"), (-math.inf, 0, 1, 5, 10, math.inf)


def revisions(vintages: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every count of deaths that two neighbouring vintages both show, revised or not.

    Returns
    -------
    DataFrame: old_vintage, new_vintage, jurisdiction, month_ending, indicator, measure, old, new (deaths),
    difference (new less old), percent (of old; missing where old is zero) and closed (whether the calendar year had
    ended eighteen months before the older vintage, so that its figures were final).
    """
    frames = {v: frame[frame["indicator"] != _NOT_DEATHS] for v, frame in vintages.items()}
    parts = []
    for old, new in pairwise(frames):
        both = frames[old].merge(frames[new], on=_KEY, suffixes=("_old", "_new"))
        for measure in deaths.MEASURES:
            columns = {f"{measure}_old": "old", f"{measure}_new": "new"}
            part = both[[*_KEY, *columns]].rename(columns=columns).dropna(subset=["old", "new"])
            closed = part["month_ending"].str[:4] <= last_closed_year(old)
            parts.append(part.assign(old_vintage=old, new_vintage=new, measure=measure, closed=closed))
    table = pd.concat(parts, ignore_index=True)
    gap = table["new"] - table["old"]
    table = table.assign(difference=gap, percent=(100 * gap / table["old"]).where(table["old"] > 0))
    first = ["old_vintage", "new_vintage", *_KEY, "measure"]
    return table[[*first, "old", "new", "difference", "percent", "closed"]]


def last_closed_year(vintage: str) -> str:
    """The last year (YYYY) whose deaths were closed by the day of a vintage (YYYY-MM-DD)."""
    return str((pd.Period(vintage[:7], freq="M") - MONTHS_TO_CLOSE + 1).year - 1)


def summary(cells: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Cells compared and revised, and how far the revised ones moved in percent, by these columns."""
    revised = cells[cells["difference"] != 0]
    grouped = revised.groupby(list(by), sort=False)["percent"]
    sizes = {
        "revised": grouped.size(),
        "lowest_percent": grouped.min(),
        "median_percent": grouped.median(),
        "highest_percent": grouped.max(),
    }
    compared = cells.groupby(list(by), sort=False).size().rename("compared")
    table = compared.to_frame().join(pd.DataFrame(sizes)).reset_index()
    return table.assign(revised=table["revised"].fillna(0).astype("int64"))


def national(cells: pd.DataFrame) -> pd.DataFrame:
    """Revisions of the national total of all drugs, by pair of vintages, measure and month (a date)."""
    rows = cells[(cells["jurisdiction"] == "US") & (cells["indicator"] == deaths.ALL_DRUGS)]
    pair = "vintage " + rows["old_vintage"] + " to " + rows["new_vintage"]
    month = pd.to_datetime(rows["month_ending"])
    return rows.assign(pair=pair, month=month)[
        ["pair", "measure", "month", "old", "new", "difference", "percent", "closed"]
    ]


def largest(cells: pd.DataFrame) -> pd.DataFrame:
    """The largest revision of reported deaths between the two oldest vintages, by place (the nation first) and indicator.

    Places that had no death in the older vintage are left out, since their revisions are no percentage.

    Returns
    -------
    DataFrame: jurisdiction, indicator (in words), compared, revised (cells), largest (percent, in size), size (its class),
        place (the jurisdiction's name).
    """
    first = cells[(cells["old_vintage"] == cells["old_vintage"].min()) & (cells["measure"] == "reported")]
    places = sorted(set(first["jurisdiction"]), key=lambda place: (place != "US", place))
    table: pd.DataFrame = (
        first.assign(
            size=first["percent"].abs(),
            moved=first["difference"] != 0,
            jurisdiction=pd.Categorical(first["jurisdiction"], places),
            indicator=pd.Categorical(first["indicator"], list(INDICATORS)),
        )
        .groupby(["jurisdiction", "indicator"], observed=True)
        .agg(compared=("size", "size"), revised=("moved", "sum"), largest=("size", "max"))
        .dropna(subset=["largest"])
        .reset_index()
    )
    return table.assign(
        jurisdiction=table["jurisdiction"].astype("str"),
        place=table["jurisdiction"].astype("str").map(states.load().names),
        indicator=table["indicator"].astype("str").map(INDICATORS),
        size=pd.cut(table["largest"], list(_EDGES), labels=list(SIZES)).astype("str"),
    )


def around(vintages: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """National twelve-month totals around May 2020 by vintage: vintage, measure, month (a date), deaths."""
    parts = []
    for vintage, frame in vintages.items():
        for measure in deaths.MEASURES:
            totals = deaths.twelve_month_totals(frame, measure, deaths.ALL_DRUGS).loc[AROUND[0] : AROUND[1]]
            part = pd.DataFrame({"month": pd.to_datetime(totals.index), "deaths": totals.to_numpy()})
            parts.append(part.assign(vintage=vintage, measure=measure))
    return pd.concat(parts, ignore_index=True)[["vintage", "measure", "month", "deaths"]]


def with_announcements(totals: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Totals of one vintage by measure, and what CDC announced at the time: series, month (a date), deaths."""
    made = deaths.announcements(evidence)[["month", "deaths"]].assign(series=ANNOUNCED)
    made["month"] = pd.to_datetime(made["month"])
    series = totals.rename(columns={"measure": "series"})[["series", "month", "deaths"]]
    return pd.concat([series, made.astype({"deaths": "float64"})], ignore_index=True)


def of_the_window(totals: pd.DataFrame, evidence: Evidence, claimed: Bounds) -> pd.DataFrame:
    """Deaths in the twelve months to May 2020: as announced, by measure and vintage, of residents.

    Returns
    -------
    DataFrame: series, measure and vintage (empty for what is of neither), low, high, deaths (their middle), inside (whether
    all of them is in line with what is claimed), beyond (by how many deaths the middle lies above that, negative below).
    """
    month = totals[totals["month"] == pd.Timestamp(deaths.WINDOW_END)].sort_values(["measure", "vintage"])
    residents, _ = deaths.residents(evidence["overdose_monthly_state"])
    counts = [
        (ANNOUNCED, "", "", exactly(deaths.first_announced(evidence).deaths)),
        *(
            (f"{measure}, vintage {vintage}", measure, vintage, exactly(float(count)))
            for measure, vintage, count in zip(month["measure"], month["vintage"], month["deaths"], strict=True)
        ),
        ("residents, State counts by month", "", "", residents),
    ]
    rows = [
        {
            "series": name,
            "measure": measure,
            "vintage": vintage,
            "low": float(count.low),
            "high": float(count.high),
            "deaths": (count.low + count.high) / 2,
            "inside": position(count, claimed) == "inside",
            "beyond": deaths.beyond((count.low + count.high) / 2, claimed),
        }
        for name, measure, vintage, count in counts
    ]
    return pd.DataFrame(rows)


def by_vintage(claims: Sequence[Claim], evidence: Evidence, vintages: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether the figure of each vintage and measure is in line with each claim that rests on these counts.

    Returns
    -------
    DataFrame: claim, vintage, measure, figure (missing where the vintage does not reach May 2020 or lacks the indicator),
    agreement (in line, not in line, undecided, not covered).
    """
    rows = []
    for claim in (claim for claim in claims if claim.key in ON_DEATHS):
        for vintage, frame in vintages.items():
            for measure in deaths.MEASURES:
                held = replace(evidence, frames={**evidence.frames, DEATHS: frame}, measure=measure)
                finding = CHECKS[claim.key](claim, held)
                now = finding.now
                figure = now.bounds.low if now else math.nan
                agreement = AGREEMENT[finding.position(now)] if now else NOT_COVERED
                rows.append((claim.label, vintage, measure, figure, agreement))
    return pd.DataFrame(rows, columns=["claim", "vintage", "measure", "figure", "agreement"])


def margins(findings: Sequence[Finding], cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """How far each figure would have to be revised to cross the claim's bounds, against the largest revision seen.

    The figure of May 2020 is moved and the others are left: a share by its numerator, a record against the total
    before. Revisions seen are those of closed years, of the United States, in the same measure and indicator.

    Returns
    -------
    DataFrame: key, claim, figure, bound (the nearest that is finite), needed_percent (of the figure, signed),
    largest_seen_percent (in size, whatever its sign), would_change.
    """
    seen = cells[(cells["jurisdiction"] == "US") & (cells["measure"] == measure) & cells["closed"]]
    largest_seen = seen["percent"].abs().groupby(seen["indicator"]).max()
    rows = []
    for finding in findings:
        if finding.claim.key not in ON_DEATHS or finding.now is None:
            continue
        figure = finding.now.bounds.low
        finite = [bound for bound in (finding.claimed.low, finding.claimed.high) if math.isfinite(bound)]
        nearest = min(finite, key=lambda bound: abs(bound - figure))
        moved = deaths.SYNTHETIC_OPIOIDS if finding.now.unit == "share" else deaths.ALL_DRUGS
        needed, most = 100 * (nearest - figure) / figure, largest_seen.get(moved, math.nan)
        rows.append((finding.claim.key, finding.claim.label, figure, nearest, needed, most))
    columns = ["key", "claim", "figure", "bound", "needed_percent", "largest_seen_percent"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(would_change=table["largest_seen_percent"] >= table["needed_percent"].abs())
