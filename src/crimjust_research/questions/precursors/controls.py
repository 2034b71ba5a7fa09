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
    panel_interruptions,
    placebo_dates,
    rates_against_trend,
)
from crimjust_research.designs.panel.poisson import checked_panel
from crimjust_research.designs.series.interruptions import Interruption
from crimjust_research.questions.precursors.params import TESTED, TESTED_START, Params
from crimjust_research.vocabulary import countries

LAST = "US and Mexican controls of May 2023"
# The registered controls, each with the first half-year that lies wholly under it.
CONTROLS = (
    Interruption("US controls of May 2020", "2020H2"),
    Interruption(TESTED, TESTED_START),
    Interruption(LAST, "2023H2"),
)
# The registered departure from the window: one half-year more, of reports that were not yet complete.
LONGER_END = "2025H1"
REGISTERED = "registered"
TESTED_RULE = "un_2022_4ap_1boc4ap_norfentanyl"
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


def specifications(panel: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The level of the tested control as the plan's specifications have it, a row each: name, its numbers, and `altered`.

    Intervals and p are of errors clustered by State.
    """
    reports = reports_window(panel, p.start, p.end)
    controls = controls_within(reports)
    longer = reports_window(panel, p.start, max(p.end, LONGER_END))
    always = reports.groupby("state")["half_year"].transform("nunique") == reports["half_year"].nunique()
    substituted = reports.assign(reports_4anpp=reports["reports_4anpp_substituted"])
    of_2020 = _indicators(reports, sorted(set(reports["half_year"]) & {"2020H1", "2020H2"}))
    in_2020 = of_2020.any(axis=1)
    without_2020 = pd.concat([reports, of_2020], axis=1)
    alone = [control for control in controls if control.name == TESTED]
    levels = [replace(control, slope=False) for control in controls]
    but_last = [control for control in controls if control.name != LAST]
    changed = reports["reports_4anpp_substituted"] != reports["reports_4anpp"]
    departures: dict[str, tuple[pd.DataFrame, list[Interruption], list[str], float]] = {
        "clustered": (reports, controls, [], 0.0),
        f"to_{LONGER_END.lower()}": (longer, controls, [], len(longer) / len(reports) - 1),
        "states_in_every_half_year": (reports[always], controls, [], float((~always).mean())),
        "with_substituted_forms": (substituted, controls, [], float(changed.mean())),
        "tested_control_alone": (reports, alone, [], 1.0),
        # A period with an indicator of its own weighs nothing: the same as leaving it out, with time running on.
        "without_2020": (without_2020, controls, of_2020.columns.to_list(), float(in_2020.mean())),
        "levels_only": (reports, levels, [], 1.0),
        "without_may_2023": (reports, but_last, [], 1.0),
    }
    rows = [
        tested_level(segmented(data, events, 1 - p.confidence_level, indicators)).assign(name=name, altered=altered)
        for name, (data, events, indicators, altered) in departures.items()
    ]
    table = pd.concat(rows, ignore_index=True)
    table.loc[table["name"] == "without_2020", "n_obs"] -= int(in_2020.sum())
    return table


def since_the_control(reports: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Every half-year under the tested control against what the half-years before it foretell, by model, a row each.

    The models are the registered one of the half-years before and departures from it. Columns: model, slug, those of
    `rates_against_trend`, and registered_low and registered_high, the limits of the registered model alone.
    """
    before = [control for control in controls_within(reports) if control.start < TESTED_START]
    of_2020 = _indicators(reports, [half for half in sorted(set(reports["half_year"])) if half.startswith("2020")])
    data = pd.concat([reports, of_2020], axis=1)
    substituted = data.assign(reports_4anpp=data["reports_4anpp_substituted"])
    models: dict[str, tuple[pd.DataFrame, list[Interruption], list[str]]] = {
        REGISTERED: (data, before, []),
        "no slope of May 2020": (data, [replace(control, slope=False) for control in before], []),
        "trend alone": (data, [], []),
        "without 2020": (data, before, of_2020.columns.to_list()),
        "with substituted forms": (substituted, before, []),
    }
    found = []
    for name, (rows, events, others) in models.items():
        fitted = checked_panel(rows, controls=["second_half", *others], **COLUMNS)
        found.append(rates_against_trend(fitted, TESTED_START, events, alpha=alpha).assign(model=name))
    table = pd.concat(found, ignore_index=True)
    own = table["model"] == REGISTERED
    return table.assign(
        slug=table["model"].str.lower().str.replace(" ", "_"),
        registered_low=table["ci_low"].where(own),
        registered_high=table["ci_high"].where(own),
        n_obs=len(reports),
        n_units=reports["state"].nunique(),
    )


def _indicators(reports: pd.DataFrame, halves: Sequence[str]) -> pd.DataFrame:
    """A column of ones and zeros for each half-year; without any, as many rows, so that shares of them are 0."""
    return pd.DataFrame(
        {f"in_{half}": (reports["half_year"] == half).astype("float64") for half in halves}, index=reports.index
    )


def shares(model: InterruptedPanel, since: pd.DataFrame) -> pd.DataFrame:
    """Share of 4-ANPP, all States together: day (middle of the half-year), time, series, share, and the limits low and high.

    Observed, as the registered model fits it, and as the half-years before the control foretell it (`since_the_control`).
    """
    path = model.path.rename(columns={"fitted": "fitted model"})
    long = path.melt("time", ["fitted model", "observed"], "series", "share")
    names = {"foretold": "share", "foretold_low": "low", "foretold_high": "high"}
    foretold = since.loc[since["model"] == REGISTERED, ["time", *names]].rename(columns=names)
    table = pd.concat([long, foretold.assign(series="foretold")], ignore_index=True)
    return table.assign(day=pd.to_datetime([middle(half) for half in table["time"]]))


def dated(controls: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    """Controls aimed at fentanyl's precursors from a half-year to another, with day (first of the month) and event.

    The event is whose control it is, all together where several came in one month, so that no line hides another.
    """
    half: pd.Series[str] = controls["month"].str[:4] + np.where(controls["month"].str[5:] <= "06", "H1", "H2")
    chosen = controls[half.between(first, last) & (controls["kind"] == "targeted")]
    names = countries.names()
    who = chosen["jurisdiction"].map(lambda code: names.get(code, code))
    who = who.mask(chosen["rule"] == TESTED_RULE, who + " (tested)")
    event = who.groupby(chosen["month"]).transform(lambda of_month: ", ".join(sorted(set(of_month))))
    return chosen.assign(day=pd.to_datetime(chosen["month"]), event=event).sort_values(
        ["event", "day"], ignore_index=True
    )


def middle(half: str) -> str:
    """The first day of the second of its two quarters, such as "2022-04-01"."""
    return f"{half[:4]}-{'04' if half.endswith('H1') else '10'}-01"
