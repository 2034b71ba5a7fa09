"""Every indicator of the results framework that is published by year: which function reads its figures of which tables.

What another notebook estimates is not computed here again; its indicator names that estimate as its baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crimjust_research.designs.fit import inference
from crimjust_research.evidence.multiplicity import adjusted
from crimjust_research.framework import Indicator
from crimjust_research.questions.evaluation import counted, scores
from crimjust_research.questions.evaluation.rows import FIGURES
from crimjust_research.questions.evaluation.whole_years import last_whole_year

PANELS = (
    *("country_year", "country_evaluations", "organized_crime_edition", "countries", "reviews"),
    *("cooperation_events", "dyad_year", "monthly_national", "halfyear_state", "halfyear_state_precursors"),
    "seizures_country_year",
)
RAW = (
    *("programme_events", "governance", "justice_records", "precursor_controls", "overdose_monthly_state"),
    "coca_opium_cultivation",
)
COLUMNS = (
    *("indicator", "year", "group_by", "group", "value", "ci_low", "ci_high", "n_obs", "n_units", "unit"),
    *("note", "change", "change_low", "change_high", "change_holds"),
)
_CONTROLLED_LAW = ("r_36_first", "r_37_first", "r_38_first", "r_39_first", "r_40_first")
_SEIZED = "seized_kg_"
_FENTANYL = f"{_SEIZED}fentanyl"


@dataclass(frozen=True)
class Read:
    """The tables that have been opened, by name; the year changes are told from; the level of intervals."""

    tables: Mapping[str, pd.DataFrame]
    base: int
    level: float

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    @property
    def phases(self) -> dict[str, int]:
        """The phase of each State of the phases, by ISO code."""
        own = self["countries"].dropna(subset=["phase"])
        return dict(zip(own["iso3"], own["phase"].astype(int), strict=True))


Figures = Callable[[Read], pd.DataFrame]


def _score(panel: str, column: str, time: str = "year") -> Figures:
    def read(of: Read) -> pd.DataFrame:
        named = of[panel][["iso3", time, column]].dropna().set_axis(["iso3", "year", "value"], axis=1)
        return scores.same_states(named, of.phases, of.base, of.level)

    return read


def _rated(*columns: str) -> Figures:
    """Of several columns their mean, where all are rated."""

    def read(of: Read) -> pd.DataFrame:
        panel = of["country_evaluations"]
        levels = pd.DataFrame(
            {
                "iso3": panel["iso3"],
                "month": panel["evaluated"],
                "value": panel[list(columns)].mean(axis=1, skipna=False),
            }
        )
        return scores.evaluated(levels, of.phases, last_whole_year(panel["last_report"].max()), of.level)

    return read


def _rate(column: str) -> Figures:
    def read(of: Read) -> pd.DataFrame:
        named = of["country_year"][["iso3", "year", column, "population"]]
        return scores.rates(named.rename(columns={column: "value"}), of.phases)

    return read


def _corruption_offences(of: Read) -> pd.DataFrame:
    records = of["justice_records"]
    own = records[(records["indicator"] == "offences") & (records["category"] == "Corruption")]
    # The parts of a country that report for themselves, such as Scotland, are no country of the phases.
    counts = own[own["reporter"] == own["iso3"]][["iso3", "year", "count"]].rename(columns={"count": "value"})
    residents = of["country_year"][["iso3", "year", "population"]]
    return scores.rates(counts.merge(residents, on=["iso3", "year"], how="left"), of.phases)


def _stability(of: Read) -> pd.DataFrame:
    named = of["governance"].query("dimension == 'pv'")[["iso3", "year", "estimate"]]
    return scores.same_states(named.rename(columns={"estimate": "value"}), of.phases, of.base, of.level)


def _gdp_per_head(of: Read) -> pd.DataFrame:
    panel = of["country_year"]
    return scores.median(panel[["iso3", "year"]].assign(value=panel["gdp"] / panel["population"]), of.phases)


def _seized_at_border(of: Read) -> pd.DataFrame:
    months = of["monthly_national"]
    columns = [name for name in map(str, months) if name.startswith(_SEIZED) and name != _FENTANYL]
    return counted.monthly(months, _FENTANYL, {name: name.removeprefix(_SEIZED) for name in columns})


def _coca(of: Read) -> pd.DataFrame:
    named = of["coca_opium_cultivation"].query("crop == 'coca'")[["iso3", "year", "hectares"]]
    return counted.total(named.rename(columns={"hectares": "value"}))


def _controls(of: Read) -> pd.DataFrame:
    dated = of["precursor_controls"]
    return counted.controls(dated, last_whole_year(dated["month"].max()))


FIGURES_OF: Mapping[str, Figures] = {
    **{
        f"wjp_{number}": _score("country_year", f"wjp_{number}")
        for number in ("1_4", "2_2", "2_3", "8_1", "8_2", "8_4", "8_5", "8_6", "8_7")
    },
    "rule_of_law": _score("country_year", "rule_of_law"),
    "control_of_corruption": _score("country_year", "control_of_corruption"),
    "political_stability": _stability,
    "gdp_per_head": _gdp_per_head,
    "index_law_enforcement": _score("organized_crime_edition", "law_enforcement", "edition"),
    "index_judiciary": _score("organized_crime_edition", "judicial_system", "edition"),
    "index_cooperation": _score("organized_crime_edition", "international_cooperation", "edition"),
    "cocaine_market": _score("organized_crime_edition", "cocaine", "edition"),
    "synthetic_market": _score("organized_crime_edition", "synthetic_drugs", "edition"),
    "fatf_prosecution": _rated("io_7"),
    "fatf_confiscation": _rated("io_8"),
    "fatf_cooperation": _rated("io_2"),
    "law_enforcement_powers": _rated("r_30_first", "r_31_first"),
    "cooperation_law": _rated(*_CONTROLLED_LAW),
    "persons_held": _rate("persons_held_trafficking"),
    "persons_entering_prison": _rate("persons_entering_trafficking"),
    "laundering_offences": _rate("money_laundering_offences"),
    "corruption_offences": _corruption_offences,
    "countries_joined": lambda of: counted.joined(of["countries"]),
    "case_forums": lambda of: counted.events(of["programme_events"], "case forum"),
    "network_meetings": lambda of: counted.events(of["programme_events"], "network"),
    "operations_held": lambda of: counted.events(of["programme_events"], "operation"),
    "integrity_events": lambda of: counted.events(of["programme_events"], "integrity"),
    "states_at_forums": lambda of: counted.states_at(of["cooperation_events"], "case forum", of.phases),
    "states_at_networks": lambda of: counted.states_at(of["cooperation_events"], "network", of.phases),
    "states_at_events": lambda of: counted.states_at(of["cooperation_events"], None, of.phases),
    "pairs_meeting": lambda of: counted.pairs(of["dyad_year"]),
    "persons_trained": lambda of: counted.persons(of["programme_events"]),
    "women_trained": lambda of: counted.women(of["programme_events"], of.level),
    "reviews_completed": lambda of: counted.reviews(of["reviews"], of.phases),
    "precursor_controls": _controls,
    "fentanyl_seized_border": _seized_at_border,
    "reports_4anpp": lambda of: counted.share_of_reports(of["halfyear_state"], "reports_4anpp", "reports_family"),
    "reports_other_precursors": lambda of: counted.reports(of["halfyear_state_precursors"], "4_anpp"),
    "precursors_with_drugs": lambda of: counted.precursors_with_drugs(of["seizures_country_year"]),
    "precursors_seized": lambda of: counted.precursors_seized(of["seizures_country_year"], of.phases),
    "coca_hectares": _coca,
    "deaths_synthetic_opioids": lambda of: counted.monthly(of["monthly_national"], "deaths_t40_4"),
    "deaths_by_state": lambda of: counted.deaths_by_state(of["overdose_monthly_state"]),
}


def figures(
    indicators: tuple[Indicator, ...], tables: Mapping[str, pd.DataFrame], level: float, last: int
) -> pd.DataFrame:
    """The figures of all indicators that are published by year, to the year `last`, in the framework's order.

    Parameters
    ----------
    tables : `PANELS` and `RAW`, by name.

    Returns
    -------
    DataFrame with `COLUMNS`: the whole has group_by and group empty; change is since the indicator's baseline, of the same
    States, where there is an interval for it. change_holds says of a change of the whole whether it leaves out none if the
    last change of each indicator by then are taken together. What has no interval was counted in full.
    """
    found = []
    for indicator in indicators:
        if indicator.key in FIGURES_OF and indicator.baseline is not None:
            rows = FIGURES_OF[indicator.key](Read(tables, indicator.baseline.year, level))
            found.append(rows.assign(indicator=indicator.key, unit=indicator.unit))
    whole = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=[*FIGURES, "indicator", "unit"])
    told = whole[whole["year"] <= last].reset_index(drop=True)
    return told.assign(change_holds=_held(told, level))[list(COLUMNS)]


def _held(table: pd.DataFrame, level: float) -> pd.Series[bool]:
    """Of each change of a whole, whether it holds beside the last changes by its year; missing of all else."""
    own = table[(table["group_by"] == "") & table["change_low"].notna()]
    names = {"change": "estimate", "change_low": "ci_low", "change_high": "ci_high"}
    held = pd.Series(pd.NA, index=table.index, dtype="boolean")
    for year in own["year"].unique():
        by_then = own[own["year"] <= year].groupby("indicator", sort=False).tail(1)
        tested = _tested(by_then[["year", "n_units", *names]].rename(columns=names), level)
        of_year = tested.loc[tested["year"] == year, "holds"]
        held[of_year.index] = of_year
    return held


def ends(table: pd.DataFrame, indicators: tuple[Indicator, ...], level: float) -> dict[str, pd.DataFrame]:
    """Of the whole of each indicator: its figure in the baseline's year, its latest, and the change between the two.

    Returns
    -------
    Frames `baseline`, `latest` and `change`, a row an indicator, and `years`, a row for each of its years: indicator, label,
    definition, year, estimate, ci_low, ci_high, ci_level (`level`, missing where there is no interval), n_obs, n_units, unit,
    note, base (the baseline's year). Where that year has no figure, the baseline is the last before it, as its `year` tells.
    `change` has those that have an interval, with std_error, p_value and whether each holds if all are taken together.
    """
    said = {each.key: each for each in indicators}
    whole = table[table["group_by"] == ""].assign(
        label=lambda rows: [said[key].label for key in rows["indicator"]],
        definition=lambda rows: [said[key].definition for key in rows["indicator"]],
        base=lambda rows: [said[key].base or 0 for key in rows["indicator"]],
    )
    then = whole[whole["year"] <= whole["base"]].groupby("indicator", sort=False).tail(1)
    latest = whole.groupby("indicator", sort=False).tail(1)
    about = ["indicator", "label", "definition", "year", "n_obs", "n_units", "unit", "note", "base"]
    at, moved = ("value", "ci_low", "ci_high"), ("change", "change_low", "change_high")
    told = ("estimate", "ci_low", "ci_high")
    found = {
        name: rows[[*about, *fields]].rename(columns=dict(zip(fields, told, strict=True))).reset_index(drop=True)
        for name, rows, fields in (
            ("baseline", then, at),
            ("latest", latest, at),
            ("years", whole, at),
            ("change", latest[latest["change_low"].notna()], moved),
        )
    }
    told_of = {
        name: rows.assign(ci_level=rows["ci_low"].where(rows["ci_low"].isna(), level)) for name, rows in found.items()
    }
    return told_of | {"change": _tested(told_of["change"], level)}


def _tested(change: pd.DataFrame, level: float) -> pd.DataFrame:
    """Changes with the error that their intervals, Student's over countries, are of, with p, and whether each holds beside the
    others: by the method of Benjamini and Hochberg, as `study.estimate` adjusts p of a grid."""
    df = change["n_units"].to_numpy(np.float64) - 1
    error = (change["ci_high"] - change["ci_low"]).to_numpy(np.float64) / (2 * stdtrit(df, (1 + level) / 2))
    found = inference(change["estimate"].to_numpy(np.float64), error, 1 - level, df)
    holds = np.array(adjusted(found["p_value"], "fdr_bh")) < 1 - level
    return change.assign(std_error=error, p_value=found["p_value"], holds=holds)
