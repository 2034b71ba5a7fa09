"""Latest figures by country, the groups of programme countries, and the strata in which they are compared."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from crimjust_research.outcomes.baseline.parameters import MEASURES, Params

# The tier of `programme_entry` whose States joined; the others entered through single activities or projects.
MEMBER_TIER = "I"
GROUPS: Mapping[str, str] = {
    "proposed": "17 proposed countries",
    "phases": "33 phase countries",
    "members": "12 members",
}
TERCILES = ("low", "middle", "high")


def latest_figures(panel: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One row a country: groups, stratum, and for each measure the latest figure of the window with its year.

    Returns
    -------
    DataFrame indexed by iso3: name-free columns region, proposed, phases, members, elsewhere (in none of them and never
    entered), gdp_per_head (US$, latest of the window), income (tercile over all countries with one), stratum, and for
    each measure <id>, <id>_year and, where published, <id>_std_error. Counts are per 100,000 residents of their year.
    """
    window = panel[panel["year"].between(params.start, params.end)].sort_values(["iso3", "year"])
    rows = window.groupby("iso3")[["region", "proposed", "phase", "entry_tier"]].first()
    table = pd.DataFrame(
        {
            "region": rows["region"],
            "proposed": rows["proposed"],
            "phases": rows["phase"].notna(),
            "members": rows["entry_tier"] == MEMBER_TIER,
        }
    )
    table["elsewhere"] = ~(table["proposed"] | table["phases"] | rows["entry_tier"].notna())
    residents = window["population"].astype("float64")
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


def coverage(panel: pd.DataFrame, levels: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Years of the window with a figure, by country of any group and measure: iso3, measure, years, latest."""
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
    programme = levels.index[~levels["elsewhere"]]
    return table[table["iso3"].isin(programme)].reset_index(drop=True)


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
