"""Latest figures by country, the groups of programme countries, and the strata in which they are compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.questions.baseline.measures import MEASURES, RECORDS
from crimjust_research.questions.baseline.params import Params
from crimjust_research.questions.membership import JOINED_TIER
from crimjust_research.vocabulary import countries

GROUPS = {"proposed": "proposed countries", "phases": "phase countries", "members": "members"}
LEAD = "proposed"
"""The group the answer speaks of."""
# Countries of the programme in blocks that do not overlap.
BLOCKS = ("Proposed countries", "Other phase countries", "Others that entered")
SMALL = 1_000_000
"""Residents below which a country is called small."""
TERCILES = ("low", "middle", "high")


def latest_figures(panel: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One row a country: groups, stratum, and for each measure the latest figure of the window with its year.

    Returns
    -------
    DataFrame indexed by iso3: region, proposed, phases, members, elsewhere (in none of them and never
    entered), residents (latest of the window), populous (elsewhere, with no fewer residents than `SMALL`), gdp_per_head
    (US$, latest of the window), income (tercile over all countries with one), stratum, and for
    each measure <id>, <id>_year and, where published, <id>_std_error. Counts are per 100,000 residents of their year.
    """
    window = panel[panel["year"].between(params.start, params.end)].sort_values(["iso3", "year"])
    rows = window.groupby("iso3")[["region", "proposed", "phase", "entry_tier"]].first()
    table = pd.DataFrame(
        {
            "region": rows["region"],
            "proposed": rows["proposed"],
            "phases": rows["phase"].notna(),
            "members": rows["entry_tier"] == JOINED_TIER,
        }
    )
    table["elsewhere"] = ~(table["proposed"] | table["phases"] | rows["entry_tier"].notna())
    residents = window["population"].astype("float64")
    table["residents"] = residents.groupby(window["iso3"]).last()
    table["populous"] = table["elsewhere"] & (table["residents"] >= SMALL)
    table["gdp_per_head"] = (window["gdp"] / residents).groupby(window["iso3"]).last()
    table["income"] = pd.qcut(table["gdp_per_head"], len(TERCILES), labels=list(TERCILES)).astype("str")
    table["income"] = table["income"].where(table["gdp_per_head"].notna())
    table["stratum"] = (table["region"] + ", " + table["income"] + " income").where(table["income"].notna())
    for measure in MEASURES:
        value = window[measure.column].astype("float64")
        if measure.per_head:
            value = 100_000 * value / residents
        known = window.assign(value=value)[value.notna()].groupby("iso3").last()
        table[measure.id] = known["value"]
        table[f"{measure.id}_year"] = known["year"].astype("Int64")
        if measure.std_error:
            table[f"{measure.id}_std_error"] = known[measure.std_error]
    return table


def group_names(levels: pd.DataFrame) -> dict[str, str]:
    """What each group is called, with its size: "17 proposed countries"."""
    return {group: f"{int(levels[group].sum())} {name}" for group, name in GROUPS.items()}


def coverage(panel: pd.DataFrame, levels: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Years of the window with a figure, by country of any group or that entered otherwise, and measure: iso3, measure,
    years, latest, country, block, short."""
    window = panel[panel["year"].between(params.start, params.end)]
    rows = []
    for measure in MEASURES:
        counted = window[window[measure.column].notna()].groupby("iso3")["year"].nunique()
        latest = levels[f"{measure.id}_year"]
        rows.append(
            pd.DataFrame(
                {
                    "iso3": levels.index,
                    "measure": measure.id,
                    "years": counted.reindex(levels.index, fill_value=0).to_numpy(),
                    "latest": latest.to_numpy(),
                }
            )
        )
    table = pd.concat(rows, ignore_index=True)
    table = table[table["iso3"].isin(levels.index[~levels["elsewhere"]])].reset_index(drop=True)
    block = pd.Series(np.select([levels["proposed"], levels["phases"]], BLOCKS[:2], BLOCKS[2]), levels.index)
    named = table.assign(
        country=table["iso3"].map(countries.short_name),
        block=table["iso3"].map(block),
        short=table["measure"].map({m.id: m.short for m in MEASURES}),
    )
    order = {name: place for place, name in enumerate(BLOCKS)}
    by = pd.DataFrame({"block": named["block"].map(order), "country": named["country"]})
    return named.loc[by.sort_values(["block", "country"], kind="stable").index].reset_index(drop=True)


def reporting_shares(levels: pd.DataFrame) -> pd.DataFrame:
    """Share of countries with a figure in the window, by measure: each group, and all countries in none."""
    rows = []
    for measure in MEASURES:
        known = levels[measure.id].notna()
        for group in (*GROUPS, "elsewhere"):
            members = levels[group]
            rows.append((measure.id, group, int(members.sum()), int((known & members).sum())))
    table = pd.DataFrame(rows, columns=["measure", "group", "countries", "with_figure"])
    return table.assign(share=table["with_figure"] / table["countries"])


def reporters(levels: pd.DataFrame) -> pd.DataFrame:
    """Who reports records: measure, label, with_figure and countries (of the leading group), and the mean rule of law over
    all countries that report (reporting) and that do not (silent)."""
    shares = reporting_shares(levels).set_index(["group", "measure"]).loc[LEAD]
    rows = []
    for measure in RECORDS:
        means = levels["rule_of_law"].groupby(levels[measure.id].notna()).mean()
        counts = shares.loc[measure.id, ["with_figure", "countries"]]
        rows.append((measure.id, measure.label, *counts, means.get(True, np.nan), means.get(False, np.nan)))
    return pd.DataFrame(rows, columns=["measure", "label", "with_figure", "countries", "reporting", "silent"])


def strata(levels: pd.DataFrame) -> pd.DataFrame:
    """Strata with a country of any group, and how many of each group and of the others they hold."""
    counts = levels[levels["stratum"].notna()].groupby("stratum")[[*GROUPS, "elsewhere"]].sum()
    return counts[counts[list(GROUPS)].any(axis=1)].reset_index()
