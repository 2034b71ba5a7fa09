"""What CDC has revised between vintages of its provisional counts, and which verdicts a revision would change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from crimjust_research import document
from crimjust_research.data.catalog import Catalog
from crimjust_research.evidence.estimates import Used
from crimjust_research.outcomes.claims import deaths
from crimjust_research.outcomes.claims.evidence import AGREEMENT, Evidence, Finding
from crimjust_research.outcomes.claims.parameters import DEATHS

_KEY = ["jurisdiction", "month_ending", "indicator"]
# A calendar year's final figures come out about a year after it; eighteen months after it they have been counted.
_MONTHS_TO_CLOSE = 18
_NOT_DEATHS = "percent_drugs_specified"
_CHECKS = {
    "overdose_deaths_81000": deaths.deaths_81000,
    "overdose_record_may_2020": deaths.record,
    "synthetic_opioids_over_half": deaths.synthetic_opioids,
}
NOT_COVERED = "not covered"


def revisions(raw: Catalog) -> pd.DataFrame:
    """Every count of deaths that two neighbouring vintages both show, revised or not.

    Returns
    -------
    DataFrame: old_vintage, new_vintage, jurisdiction, month_ending, indicator, measure, old, new (deaths),
    difference (new less old), percent (of old; missing where old is zero) and closed (whether the calendar year had
    ended eighteen months before the older vintage, so that its figures were final).
    """
    vintages = [release.vintage for release in raw.tables()[DEATHS]]
    frames = {v: raw.open(DEATHS, v).loc[lambda f: f["indicator"] != _NOT_DEATHS] for v in vintages}
    parts = []
    for old, new in pairwise(vintages):
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
    return str((pd.Period(vintage[:7], freq="M") - _MONTHS_TO_CLOSE + 1).year - 1)


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


def verdicts_by_vintage(evidence: Evidence, raw: Catalog) -> pd.DataFrame:
    """Whether the figure of each vintage and measure is in line with each claim that rests on these counts.

    Returns
    -------
    DataFrame: claim, in_the_document, vintage, measure, figure (missing where the vintage does not reach May 2020 or
    lacks the indicator), agreement (in line, not in line, undecided, not covered).
    """
    claims = {claim.key: claim for claim in document.load().claims}
    rows = []
    for release in raw.tables()[DEATHS]:
        frames = {**evidence.frames, DEATHS: raw.open(DEATHS, release.vintage)}
        for measure in deaths.MEASURES:
            held = replace(evidence, frames=frames, releases={**evidence.releases, DEATHS: release}, measure=measure)
            for key, check in _CHECKS.items():
                finding = check(claims[key], held)
                now = finding.now
                rows.append(
                    {
                        "claim": finding.claim.label,
                        "in_the_document": finding.put,
                        "vintage": release.vintage,
                        "measure": measure,
                        "figure": now.bounds.low if now else math.nan,
                        "agreement": AGREEMENT[finding.position(now)] if now else NOT_COVERED,
                    }
                )
    return pd.DataFrame(rows).sort_values(["claim", "vintage", "measure"], kind="stable", ignore_index=True)


def margins(findings: Sequence[Finding], cells: pd.DataFrame, measure: str) -> pd.DataFrame:
    """How far each figure would have to be revised to cross the claim's bounds, against the largest revision seen.

    The figure of May 2020 is moved and the others are left: a share by its numerator, a record against the total
    before. Revisions seen are those of closed years, of the United States, in the same measure and indicator.

    Returns
    -------
    DataFrame: claim, figure, bound (the nearest that is finite), needed_percent (of the figure, signed),
    largest_seen_percent (in size, whatever its sign), would_change.
    """
    national = cells[(cells["jurisdiction"] == "US") & (cells["measure"] == measure) & cells["closed"]]
    rows = []
    for finding in findings:
        if finding.claim.key not in _CHECKS or finding.now is None:
            continue
        figure = finding.now.bounds.low
        finite = [bound for bound in (finding.claimed.low, finding.claimed.high) if math.isfinite(bound)]
        nearest = min(finite, key=lambda bound: abs(bound - figure))
        needed = 100 * (nearest - figure) / figure
        moved = deaths.SYNTHETIC_OPIOIDS if finding.now.unit == "share" else deaths.ALL_DRUGS
        seen = float(national.loc[national["indicator"] == moved, "percent"].abs().max())
        rows.append(
            {
                "claim": finding.claim.label,
                "figure": figure,
                "bound": nearest,
                "needed_percent": needed,
                "largest_seen_percent": seen,
                "would_change": seen >= abs(needed),
            }
        )
    columns = ["claim", "figure", "bound", "needed_percent", "largest_seen_percent", "would_change"]
    return pd.DataFrame(rows, columns=columns)


def used(raw: Catalog, evidence: Evidence) -> tuple[Used, ...]:
    """The vintages compared, beyond the one the claims are held against."""
    judged = evidence.releases[DEATHS].vintage
    return tuple(Used(DEATHS, r.vintage, r.sha256) for r in raw.tables()[DEATHS] if r.vintage != judged)
