"""When executive summaries came out: shares by year and by region, and years from the first to the second."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.designs.survival.turnbull import duration_from_years, turnbull
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.reviews.parameters import OUTCOME, QUESTION, Params

ALL = "All States"
_READ_AT = (5, 10)
_HALF = 0.5
_REVIEWED = ("reviews_completed_executive_summaries", "first_cycle_states_in_study", "implementation_gaps")


def by_year(panel: pd.DataFrame) -> pd.DataFrame:
    """Share of the States read that had a summary by the end of each year: cycle, year, summaries, states, share."""
    years = np.arange(panel["first_year"].min(), panel["censoring_year"].max() + 1)
    rows = []
    for cycle, part in panel.groupby("cycle"):
        done = np.sort(part.loc[part["is_complete"], "year"].to_numpy(np.int64))
        count = np.searchsorted(done, years, side="right")
        rows.append(
            pd.DataFrame(
                {"cycle": cycle, "year": years, "summaries": count, "states": len(part), "share": count / len(part)}
            )
        )
    return pd.concat(rows, ignore_index=True)


def by_region(panel: pd.DataFrame, level: float) -> pd.DataFrame:
    """Share of each region's States read that have a second summary: region, states, second_summaries, share, ci_low,
    ci_high (Wilson)."""
    second = panel[panel["cycle"] == 2]
    table = second.groupby("region")["is_complete"].agg(states="size", second_summaries="sum").reset_index()
    low, high = proportion_confint(table["second_summaries"], table["states"], 1 - level, method="wilson")
    return table.assign(share=table["second_summaries"] / table["states"], ci_low=low, ci_high=high)


def published_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """Shares of States parties with a first-cycle review that UNODC's own totals give: as_of, reviewed, parties, share.

    Parties are those the same document names or, where it names none, those of the nearest date that has a total.
    """
    parties = totals[totals["metric"] == "states_parties"]
    days = pd.to_datetime(parties["as_of"])
    counts = totals[totals["metric"].isin(_REVIEWED)]
    rows = []
    for row in counts.to_dict("records"):
        nearest = float(parties["value_low"].iloc[int((days - pd.Timestamp(row["as_of"])).abs().argmin())])
        # The scope gives either all parties or, for a total of gaps, those reviewed.
        all_parties = re.fullmatch(r"(\d+) States parties", row["scope"])
        with_review = re.match(r"(\d+) States parties with completed reviews", row["scope"])
        reviewed = float(with_review[1]) if with_review else row["value_low"]
        of = float(all_parties[1]) if all_parties else nearest
        rows.append((row["as_of"], reviewed, of, reviewed / of, row["document"]))
    return pd.DataFrame(rows, columns=["as_of", "reviewed", "parties", "share", "document"])


@dataclass(frozen=True)
class Waiting:
    """Years from the first to the second summary."""

    curves: pd.DataFrame
    """Kaplan-Meier by area and for all States, from time 0 to the longest wait: group, time, at_risk, events, survival,
    ci_low, ci_high."""
    medians: pd.DataFrame
    """group, n, events, median, median_low, median_high."""
    at_risk: pd.DataFrame
    """group, time (0, 5, 10), at_risk."""
    interval: pd.DataFrame
    """All States with dates known to the year only: years, turnbull and kaplan_meier (share without a second summary)."""
    median_between: tuple[float, float]
    """Years between which the median lies when only years are known; not a number where half is not reached."""
    log_rank_p: float


def waiting(second: pd.DataFrame, params: Params) -> Waiting:
    """Kaplan-Meier curves by area and for all, and what is left of them when only years are known."""
    alpha = 1 - params.confidence_level
    years, happened = second["years"].to_numpy(), second["happened"].to_numpy()
    everyone = kaplan_meier(years, happened, group=np.full(len(second), ALL), alpha=alpha)
    with_event = second.groupby("area")["happened"].transform("any").to_numpy(bool)
    areas = kaplan_meier(
        years[with_event], happened[with_event], group=second["area"].to_numpy()[with_event], alpha=alpha
    )
    curves = pd.concat([everyone.table, areas.table], ignore_index=True)
    start = curves.groupby("group", sort=False, as_index=False).first()
    start = start.assign(time=0.0, survival=1.0, std_error=0.0, ci_low=1.0, ci_high=1.0, events=0)
    start = start[start["group"].map(curves.groupby("group")["time"].min()) > 0]
    waits = pd.concat([second[["years"]].assign(group=ALL), second[["years"]].assign(group=second["area"])])
    # Each curve goes on level until its last State was awaited.
    end = curves.groupby("group", sort=False, as_index=False).last()
    end = end.assign(time=end["group"].map(waits.groupby("group")["years"].max()).astype("float64"), events=0)
    end = end.assign(
        at_risk=[
            int((waits.loc[waits["group"] == g, "years"] >= t).sum())
            for g, t in zip(end["group"], end["time"], strict=True)
        ]
    )
    end = end[end["time"] > end["group"].map(curves.groupby("group")["time"].max())]
    columns = ["group", "time", "at_risk", "events", "survival", "ci_low", "ci_high"]
    curves = pd.concat([start, curves, end], ignore_index=True)[columns].sort_values(
        ["group", "time"], ignore_index=True
    )
    at_risk = pd.DataFrame(
        [(g, t, int((w["years"] >= t).sum())) for g, w in waits.groupby("group") for t in (0, *_READ_AT)],
        columns=["group", "time", "at_risk"],
    )
    # The listing ends within its last year, so the year before is the last one seen in full.
    left, right = duration_from_years(
        second["first_year"], second["year"].astype("float64"), int(second["censoring_year"].iloc[0]) - 1
    )
    times = np.arange(1, int(second["years_possible"].max()) + 1)
    years_only = turnbull(left, right)
    interval = pd.DataFrame(
        {
            "years": times,
            "turnbull": years_only.bounds(times)["low"],
            "kaplan_meier": everyone.at(times.tolist())["survival"].to_numpy(),
        }
    )
    half = years_only.table[years_only.table["survival"] <= _HALF]
    between = (float(half["left"].iloc[0]), float(half["right"].iloc[0])) if len(half) else (math.nan, math.nan)
    return Waiting(
        curves,
        pd.concat([everyone.summary, areas.summary], ignore_index=True),
        at_risk,
        interval,
        between,
        areas.log_rank_p,
    )


def waiting_estimates(found: Waiting, second: pd.DataFrame, params: Params) -> list[Estimate]:
    """Median wait of all States, and the share with a second summary five and ten years after the first."""

    def of_all(identifier: str, estimand: str, point: float, low: float, high: float, unit: str) -> Estimate:
        return Estimate(
            id=identifier,
            outcome=OUTCOME,
            question=QUESTION,
            estimand=estimand,
            method="Kaplan-Meier, log-log interval",
            specification="States read, censored at the end of the listing",
            estimate=point,
            ci_low=low,
            ci_high=high,
            ci_level=params.confidence_level,
            unit=unit,
            n_obs=len(second),
            n_units=len(second),
            role="secondary",
            null_value=math.nan,
        )

    middle = found.medians[found.medians["group"] == ALL].to_dict("records")[0]
    estimates = [
        of_all(
            "wait.median",
            "Median years from the first to the second executive summary",
            float(middle["median"]),
            float(middle["median_low"]),
            float(middle["median_high"]),
            "years",
        )
    ]
    curve = found.curves[found.curves["group"] == ALL]
    for time in _READ_AT:
        row = curve[curve["time"] <= time].iloc[-1]
        estimates.append(
            of_all(
                f"wait.within_{time}_years",
                f"Share of States with a second summary within {time} years of the first",
                1 - float(row["survival"]),
                1 - float(row["ci_high"]),
                1 - float(row["ci_low"]),
                "share",
            )
        )
    return estimates
