"""Dated controls as interruptions of the share of 4-ANPP among fentanyl-family laboratory reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.panel.interruptions import (
    InterruptedPanel,
    PlaceboTest,
    event_time_rates,
    panel_interruptions,
    placebo_dates,
)
from crimjust_research.designs.panel.poisson import checked_panel
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.questions.precursors.params import TESTED, TESTED_START, Params
from crimjust_research.vocabulary import countries

# The registered controls, each with the first half-year that lies wholly under it.
CONTROLS = (
    Interruption("US controls of May 2020", "2020H2"),
    Interruption(TESTED, TESTED_START),
    Interruption("US and Mexican controls of May 2023", "2023H2"),
)
# The registered departure from the window: one half-year more, of reports that were not yet complete.
LONGER_END = "2025H1"
COLUMNS: dict[str, Any] = {"unit": "state", "time": "half_year", "count": "reports_4anpp", "exposure": "reports_family"}


def reports_window(panel: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """State half-years from `start` to `end` with any fentanyl-family report, and a second-half-year marker."""
    chosen = panel[panel["half_year"].between(start, end) & (panel["reports_family"].fillna(0) > 0)]
    second_half = chosen["half_year"].str.endswith("H2").astype("float64")
    return chosen.assign(second_half=second_half).reset_index(drop=True)


def controls_within(reports: pd.DataFrame) -> list[Interruption]:
    """The registered controls that come into force within the reports, after two half-years at least."""
    halves = sorted(reports["half_year"].unique())
    return [control for control in CONTROLS if control.start in halves[2:]]


def segmented(
    reports: pd.DataFrame, controls: Sequence[Interruption], alpha: float, indicators: Sequence[str] = ()
) -> InterruptedPanel:
    """The registered model: State effects, trend, season, and a level and a slope at each control."""
    panel = checked_panel(reports, controls=["second_half", *indicators], **COLUMNS)
    return panel_interruptions(panel, controls, alpha=alpha)


def at_other_dates(reports: pd.DataFrame, controls: Sequence[Interruption]) -> PlaceboTest:
    """The registered model with the tested control moved to every possible date: its rank is the registered p."""
    return placebo_dates(checked_panel(reports, controls=["second_half"], **COLUMNS), controls, TESTED)


def by_half_year(reports: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Rates by half-year relative to the last one before the tested control; see `event_time_rates`."""
    return event_time_rates(checked_panel(reports, **COLUMNS), TESTED_START, alpha=alpha)


def terms(model: InterruptedPanel) -> pd.DataFrame:
    """Levels and slopes of the fit, a row each: term (level or slope), event, slug, and the numbers of its table."""
    table = model.table[model.table["term"].str.contains(": ")]
    parts = table["term"].str.split(": ", expand=True)
    slug = parts[1].str.lower().str.replace(" ", "_")
    return table.assign(term=parts[0], event=parts[1], slug=slug, n_obs=model.n_obs, n_units=model.n_units)


def tested_level(model: InterruptedPanel) -> pd.DataFrame:
    """The one row of `terms` that is registered: the level of the tested control."""
    rows = terms(model)
    return rows[(rows["term"] == "level") & (rows["event"] == TESTED)]


def variants(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The level of the tested control under each registered departure, a row each: `name`, `words` and its numbers."""
    reports = reports_window(panel, p.start, p.end)
    controls = controls_within(reports)
    always = reports.groupby("state")["half_year"].transform("nunique") == reports["half_year"].nunique()
    alone = [control for control in controls if control.name == TESTED]
    levels = [replace(control, slope=False) for control in controls]
    substituted = reports.assign(reports_4anpp=reports["reports_4anpp_substituted"])
    # A period with an indicator of its own weighs nothing: the same as leaving it out, with time running on.
    halves_of_2020 = sorted(set(reports["half_year"]) & {"2020H1", "2020H2"})
    of_2020 = {f"in_{half}": (reports["half_year"] == half).astype("float64") for half in halves_of_2020}
    departures: dict[str, tuple[str, pd.DataFrame, list[Interruption], list[str]]] = {
        f"to_{LONGER_END.lower()}": (f"to {LONGER_END}", reports_window(panel, p.start, LONGER_END), controls, []),
        "states_in_every_half_year": ("States in every half-year", reports[always], controls, []),
        "with_substituted_forms": ("with substituted forms", substituted, controls, []),
        "tested_control_alone": ("tested control alone", reports, alone, []),
        "without_2020": ("without 2020", reports.assign(**of_2020), controls, list(of_2020)),
        "levels_only": ("levels only", reports, levels, []),
    }
    rows = [
        tested_level(segmented(data, events, 1 - p.confidence_level, indicators)).assign(name=name, words=words)
        for name, (words, data, events, indicators) in departures.items()
    ]
    return pd.concat(rows, ignore_index=True)


def shares(model: InterruptedPanel) -> pd.DataFrame:
    """Observed and fitted share of 4-ANPP, all States together: day (middle of the half-year), time, series, share."""
    path = model.path.rename(columns={"fitted": "segmented model"})
    long = path.melt("time", ["segmented model", "observed"], "series", "share")
    return long.assign(day=pd.to_datetime([_middle(half) for half in long["time"]]))


def dated(controls: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Controls aimed at fentanyl's precursors from a half-year to another: day (first of the month), event (who), rule."""
    half: pd.Series[str] = controls["month"].str[:4] + np.where(controls["month"].str[5:] <= "06", "H1", "H2")
    chosen = controls[half.between(first, last) & (controls["kind"] == "targeted")]
    names = countries.names()
    who = [names.get(code, code) for code in chosen["jurisdiction"]]
    return chosen.assign(day=pd.to_datetime(chosen["month"]), event=who).sort_values(
        ["event", "day"], ignore_index=True
    )


def _middle(half: str) -> str:
    return f"{half[:4]}-{'04' if half.endswith('H1') else '10'}-01"
