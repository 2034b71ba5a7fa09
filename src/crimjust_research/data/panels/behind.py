"""Which rows of raw tables stand behind a row of a panel: found by what both have in common, without making the panel anew.

A raw table's rows are found by the columns of the panel's key that it has, unless declared otherwise here: where its columns
are named otherwise, hold what the panel derives, or the panel leaves some of its rows aside. No result is computed from
this, so that no result depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crimjust_research.data.ingest.fatf import EVALUATION
from crimjust_research.data.panels.assembly import declared
from crimjust_research.data.panels.countries import GOVERNANCE, RECORDS
from crimjust_research.data.panels.evaluations import RECOMMENDATIONS
from crimjust_research.data.panels.precursor_reports import JURISDICTIONS, TARGETED, UNCONTROLLED
from crimjust_research.data.panels.seizures import named
from crimjust_research.data.panels.united_states import BORDER_DRUGS
from crimjust_research.vocabulary import fatf, seized_drugs

if TYPE_CHECKING:
    import pandas as pd

    Frames = Mapping[str, pd.DataFrame]

# Of the rows of `programme`, those that panels read of a country.
_OF_COUNTRIES = ("major", "phase_country", "proposed_country")
_COUNTRIES = (
    "countries",
    "country_evaluations",
    "country_treaties",
    "country_year",
    "organized_crime_edition",
    "reviews",
)


def columns_of(panel: str, frames: Frames) -> dict[str, pd.DataFrame]:
    """What the rows of each raw table a panel is made of are found by.

    Parameters
    ----------
    panel : its name.
    frames : the raw tables it is made of, with their declared corrections made.

    Returns
    -------
    For each table a frame whose columns are columns of the panel and whose index is that of the table. A row that stands
    behind several rows of the panel occurs as often, one that the panel leaves aside not at all.
    """
    key = declared(panel).table.primary_key
    return {
        table: _FOUND_BY[panel, table](frames)
        if (panel, table) in _FOUND_BY
        else frame[[column for column in key if column in frame]]
        for table, frame in frames.items()
    }


def _programme(raw: Frames) -> pd.DataFrame:
    rows = raw["programme"]
    return rows.loc[rows["kind"].isin(_OF_COUNTRIES), ["iso3"]]


def _editions(raw: Frames) -> pd.DataFrame:
    return raw["justice_quality"][["iso3", "edition"]].rename(columns={"edition": "wjp_edition"})


def _governance(raw: Frames) -> pd.DataFrame:
    rows = raw["governance"]
    return rows.loc[rows["dimension"].isin(list(GOVERNANCE)), ["iso3", "year"]]


def _governance_at_first(raw: Frames) -> pd.DataFrame:
    return _governance(raw).rename(columns={"year": "first_year"})


def _justice_records(raw: Frames) -> pd.DataFrame:
    rows = raw["justice_records"]
    is_read = rows.set_index(["indicator", "category"]).index.isin(list(RECORDS))
    return rows.loc[is_read & (rows["reporter"] == rows["iso3"]), ["iso3", "year"]]


def _majors(raw: Frames) -> pd.DataFrame:
    return raw["majors_list"][["iso3", "fiscal_year"]].rename(columns={"fiscal_year": "year"})


def _ratings(raw: Frames) -> pd.DataFrame:
    """Each rating at the evaluation it belongs to: its own, or the one that it follows up."""
    rows = raw["fatf_ratings"]
    measures = fatf.load()
    rated = rows[rows["measure"].isin([*measures.outcomes, *RECOMMENDATIONS])]
    is_evaluation = rated["report"] == measures.reports[EVALUATION]
    ordered = rated.assign(is_evaluation=is_evaluation).sort_values(["iso3", "month", "is_evaluation"], kind="stable")
    evaluated = ordered["month"].where(ordered["is_evaluation"]).groupby(ordered["iso3"]).ffill()
    return ordered[["iso3"]].assign(evaluated=evaluated).sort_index()


def _met(raw: Frames) -> pd.DataFrame:
    """Pairs of States at an event, by year, with the rows of both: columns `a` and `b`."""
    took_part = raw["programme_event_countries"][["event", "iso3"]]
    events = raw["programme_events"].set_index("event")["date_start"].str[:4].astype("int64").rename("year")
    each = took_part.join(events, on="event").rename_axis("row").reset_index()
    return each.merge(each, on=["event", "year"], suffixes=("_a", "_b")).query("iso3_a < iso3_b")


def _pairs_of_states(raw: Frames) -> pd.DataFrame:
    import pandas as pd

    met = _met(raw)
    both = [met.set_index(row)[["iso3_a", "iso3_b", "year"]] for row in ("row_a", "row_b")]
    return pd.concat(both).sort_index(kind="stable")


def _pairs_of_events(raw: Frames) -> pd.DataFrame:
    events = raw["programme_events"]
    place = dict(zip(events["event"], events.index, strict=True))
    met = _met(raw)
    return met.set_index(met["event"].map(place))[["iso3_a", "iso3_b", "year"]].sort_index(kind="stable")


def _routes(raw: Frames) -> pd.DataFrame:
    rows = raw["seizure_routes"]
    family = seized_drugs.families_of(rows["drug"], "raw table 'seizure_routes'")
    return rows[["year", "seizing", "departure", "destination"]].assign(family=family)


def _seizures(raw: Frames) -> pd.DataFrame:
    return named(raw["seizures_country"])[["iso3", "year", "drug"]]


def _border(raw: Frames) -> pd.DataFrame:
    rows = raw["seizures_us_border"]
    return rows.loc[rows["drug"].isin(BORDER_DRUGS), ["month"]]


def _precursor_reports(raw: Frames) -> pd.DataFrame:
    rows = raw["precursor_reports"]
    return rows[["half_year", "state"]].assign(precursor=rows["falls_under"].fillna(UNCONTROLLED))


def _precursor_controls(raw: Frames) -> pd.DataFrame:
    rows = raw["precursor_controls"]
    aimed = rows[(rows["kind"] == TARGETED) & rows["jurisdiction"].isin(list(JURISDICTIONS))]
    return aimed.assign(precursor=aimed["substances"].str.split()).explode("precursor")[["precursor"]]


_FOUND_BY: Mapping[tuple[str, str], Callable[[Frames], pd.DataFrame]] = {
    **{(panel, "programme"): _programme for panel in _COUNTRIES},
    ("country_evaluations", "fatf_ratings"): _ratings,
    ("country_year", "justice_quality"): _editions,
    ("country_year", "governance"): _governance,
    ("country_year", "justice_records"): _justice_records,
    ("country_year", "majors_list"): _majors,
    ("dyad_year", "programme_events"): _pairs_of_events,
    ("dyad_year", "programme_event_countries"): _pairs_of_states,
    ("halfyear_state_precursors", "precursor_reports"): _precursor_reports,
    ("halfyear_state_precursors", "precursor_controls"): _precursor_controls,
    ("monthly_national", "seizures_us_border"): _border,
    ("reviews", "governance"): _governance_at_first,
    ("routes_year", "seizure_routes"): _routes,
    ("seizures_country_year", "seizures_country"): _seizures,
}
