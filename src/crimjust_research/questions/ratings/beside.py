"""What stands beside the registered questions: compliance, treaties, prison entries and the States of the phases.

None of it was registered; estimates are secondary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.questions.membership import JOINED_TIER
from crimjust_research.questions.ratings.evaluations import (
    GROUPS,
    Choice,
    Rated,
    part_in_programme,
    rated,
    shuffle_test,
)
from crimjust_research.questions.ratings.measures import EFFECTIVENESS, LEVELS, SCORES
from crimjust_research.questions.ratings.params import Params
from crimjust_research.questions.ratings.simulation import FEWER_DRAWS, as_rows
from crimjust_research.vocabulary import fatf

# Recommendations on law enforcement serve Outcome 2, those on international cooperation Outcome 3.
OUTCOME_OF = {"R.30": "2", "R.31": "2", "R.36": "3", "R.37": "3", "R.38": "3", "R.39": "3", "R.40": "3"}
TREATIES = {"trafficking_1988": "1988 Convention", "untoc": "UNTOC", "uncac": "UNCAC"}
HELD = tuple(f"party_{treaty}" for treaty in TREATIES)
PER = 100_000


def column(recommendation: str) -> str:
    """The panel's name of a recommendation, without when it was rated."""
    return recommendation.lower().replace(".", "_")


def compliance(rows: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Odds ratio of a higher rating of compliance at the evaluation, for each year in the programme, a row a recommendation."""
    found = []
    for name, outcome in OUTCOME_OF.items():
        about = fatf.load().recommendations[name]
        data = rated(rows, f"{column(name)}_first", Choice(p.dating))
        said = {
            "name": f"compliance.{column(name)}",
            "outcome": outcome,
            "asked": f"Does the law comply better with {name}, {about}, where a country had been longer in CRIMJUST?",
            "measured": f"{about} ({name}), as evaluated",
            "title": f"{name}, {about}",
        }
        found.append(as_rows(shuffle_test(data, FEWER_DRAWS, p), shuffles=FEWER_DRAWS, **said))
    return pd.DataFrame(found)


def follow_ups(rows: pd.DataFrame, data: Rated) -> pd.DataFrame:
    """Who asked to be rated again, and what became of it, by part in the programme.

    Returns
    -------
    DataFrame: group, countries, asked (share with any follow-up), below (ratings below the highest at the evaluation, of the
    recommendations), higher and lower (shares of these that the last report has higher, of all that it has lower).
    """
    pairs = [(f"{column(name)}_first", f"{column(name)}_last") for name in OUTCOME_OF]
    first, last = (rows[list(names)].to_numpy(np.float64, na_value=np.nan) for names in zip(*pairs, strict=True))
    counted = pd.DataFrame(
        {
            "group": part_in_programme(rows, data),
            "countries": 1,
            "asked": rows["followups"] > 0,
            "ratings": np.isfinite(first).sum(axis=1),
            "below": (first < 3).sum(axis=1),
            "higher": (last > first).sum(axis=1),
            "lower": (last < first).sum(axis=1),
        }
    )
    sums = counted.groupby("group").sum().reindex(GROUPS)
    return pd.DataFrame(
        {
            "countries": sums["countries"],
            "asked": sums["asked"] / sums["countries"],
            "below": sums["below"].astype("int64"),
            "higher": sums["higher"] / sums["below"],
            "lower": sums["lower"] / sums["ratings"],
        }
    ).reset_index()


def with_treaties(rows: pd.DataFrame, treaties: pd.DataFrame) -> pd.DataFrame:
    """Rows of `evaluations.countries` with years a party to each treaty at the evaluation: `party_untoc` and the like.

    Zero where a State had not consented by March 2015, as far as the table reaches; missing where it names no such State.
    """
    known = treaties.set_index("iso3")
    years = {}
    for treaty in TREATIES:
        consent = rows["iso3"].map(known[f"{treaty}_consent"].astype("float64"))
        party = (rows["year"] - consent).clip(lower=0).fillna(0.0)
        years[f"party_{treaty}"] = party.where(rows["iso3"].isin(known.index))
    return rows.assign(**years)


def given_treaties(rows: pd.DataFrame, about: Mapping[str, Mapping[str, str]], p: Params) -> pd.DataFrame:
    """The registered odds ratios given years a party to three treaties, a row for each measure of effectiveness."""
    choice = replace(Choice(p.dating), held=(*Choice(p.dating).held, *HELD))
    found = []
    for measure in EFFECTIVENESS:
        test = shuffle_test(rated(rows, measure.column, choice), FEWER_DRAWS, p)
        found.append(as_rows(test, **about[measure.name], title=measure.title, shuffles=FEWER_DRAWS))
    return pd.DataFrame(found)


def parties(rows: pd.DataFrame, data: Rated) -> pd.DataFrame:
    """Share of the compared countries that had consented to each treaty by March 2015, by part in the programme."""
    own = rows[rows["iso3"].isin(data.rows["iso3"]) & rows[HELD[0]].notna()]
    shares = (own[list(HELD)] > 0).groupby(part_in_programme(own, data)).mean().reindex(GROUPS).rename_axis("group")
    return shares.set_axis(list(TREATIES.values()), axis=1).reset_index()


def prison_entries(country_year: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Persons who entered prison for drug trafficking per 100,000 residents, States of the programme or of a phase.

    Returns
    -------
    DataFrame: country, joined (whether of tier I), phase, years, first_year, first, last_year, last; by country.
    """
    known = country_year[country_year["persons_entering_trafficking"].notna()]
    known = known.assign(rate=PER * known["persons_entering_trafficking"] / known["population"].astype("float64"))
    mine = known[(known["entry_tier"] == JOINED_TIER) | known["phase"].notna()].sort_values("year", kind="stable")
    by = mine.groupby("iso3")
    table = pd.DataFrame(
        {
            "country": by["iso3"].first().map(dict(names)),
            "joined": by["entry_tier"].first() == JOINED_TIER,
            "phase": by["phase"].first(),
            "years": by.size(),
            "first_year": by["year"].first(),
            "first": by["rate"].first(),
            "last_year": by["year"].last(),
            "last": by["rate"].last(),
        }
    )
    return table.sort_values(["joined", "country"], ascending=[False, True]).reset_index(drop=True)


def phase_states(
    rows: pd.DataFrame, scored: Mapping[str, pd.DataFrame], country_year: pd.DataFrame, names: Mapping[str, str]
) -> pd.DataFrame:
    """Where the States of the phases stand, before anything proposed begins: ratings, scores of the last edition, treaties.

    Returns
    -------
    DataFrame: phase, country, joined (documented year, missing if not of tier I), evaluated, a column for each rating and
    each score (of 2025), parties (of three treaties, by March 2015), in the order of phases.
    """
    known = country_year.drop_duplicates("iso3").set_index("iso3")
    states = known[known["phase"].notna()].sort_values(["phase", "iso3"])
    code = states.index.to_series()
    of = rows.set_index("iso3")
    table: dict[str, Any] = {
        "phase": states["phase"],
        "country": code.map(dict(names)),
        "joined": states["entry_documented"].where(states["entry_tier"] == JOINED_TIER),
        "evaluated": code.map(of["evaluated"]),
    }
    for measure in EFFECTIVENESS:
        table[measure.title] = code.map(of[measure.column]).map(lambda n: LEVELS[int(n)], na_action="ignore")
    for measure in SCORES:
        own = scored[measure.name].set_index("iso3")
        table[measure.title] = code.map(own["first"] + own["change"])
    table["parties"] = code.map((of[list(HELD)] > 0).sum(axis=1).where(of[HELD[0]].notna()))
    return pd.DataFrame(table).reset_index(drop=True)


def rated_states(states: pd.DataFrame) -> pd.DataFrame:
    """Ratings of `phase_states` as cells of a chart: phase, country, measure, rating; those without one are left out."""
    titles = [measure.title for measure in EFFECTIVENESS]
    cells = states.melt(["phase", "country"], titles, "measure", "rating").dropna(subset="rating")
    order = {title: place for place, title in enumerate(titles)}
    cells = cells.assign(place=cells["measure"].map(order)).sort_values(["phase", "country", "place"])
    return cells.assign(phase="Phase " + cells["phase"].astype("str")).drop(columns="place")
