"""A chart to move in JupyterLab: power against effect by design, with sliders for what lasts and how long the rest does.

It is for looking, and stands on no page: JupyterLab alone draws it, from what the cell holds, without any outside address.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.designs.rollout import nuisance
from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.questions.rollout import compare
from crimjust_research.questions.rollout.compare import Covered, Parts
from crimjust_research.questions.rollout.outcomes import Measured
from crimjust_research.questions.rollout.params import Params
from crimjust_research.questions.rollout.plans import DESIGNS, by_period, phase_means

MIME = "application/vnd.vegalite.v5+json"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""Of the version that JupyterLab draws; no marks are used that a later one has alone."""
DECAYS = tuple(round(0.1 * k, 1) for k in range(10))
EFFECTS = tuple(round(0.1 * k, 1) for k in range(21))
SHOWN = ("order", "halves", "two", "four", "six", "beside")
"""Designs drawn, no more than there are colours: the others lie between, or last longer."""
_DIGITS = 4


@dataclass(frozen=True)
class Movable:
    """A chart with sliders; `says` is what is told where none can be drawn."""

    specification: dict[str, Any]
    says: str

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.specification, "text/plain": self.says}


def rows(outcome: Measured, own: Covered, n_phases: int, p: Params) -> pd.DataFrame:
    """Power by design, autocorrelation and effect in standard deviations of what does not last.

    Returns
    -------
    DataFrame: design, decay, effect, power.
    """
    assert own.nuisance is not None
    out = []
    for design in (one for one in DESIGNS if one.name in SHOWN):
        laid = compare.lay(design, outcome, own, n_phases)
        n_periods, path = laid.layout.n_periods, by_period(p.path, outcome.months)
        for decay in DECAYS:
            alone = np.zeros((n_periods, n_periods))
            parts = Parts(nuisance.correlation(np.arange(float(n_periods)), 0.0, decay), alone, own.nuisance.shared)
            if laid.whole_phases:
                whole, countries = phase_means(laid)
                found = precision(whole, parts.of_means(countries), path=path)
            else:
                found = precision(laid.layout, parts.within_phase(), path=path, strata=laid.block)
            power = np.concatenate([found.power(effect, alpha=p.alpha) for effect in EFFECTS])
            out.append(
                pd.DataFrame({"design": design.title, "decay": decay, "effect": EFFECTS, "power": power.round(_DIGITS)})
            )
    return pd.concat(out, ignore_index=True)


def movable(table: pd.DataFrame, decay: float) -> Movable:
    """The chart of `rows`, the sliders standing at the autocorrelation `decay` and at half a standard deviation."""
    at = min(DECAYS, key=lambda known: abs(known - decay))
    lasts = alt.param(
        name="autocorrelation",
        value=at,
        bind=alt.binding_range(min=0, max=DECAYS[-1], step=0.1, name="autocorrelation "),
    )
    size = alt.param(name="size", value=0.5, bind=alt.binding_range(min=0, max=EFFECTS[-1], step=0.1, name="effect "))
    base = alt.Chart(table).transform_filter("abs(datum.decay - autocorrelation) < 0.01")
    colour = alt.Color("design:N", sort=None, title=None, scale=alt.Scale(range=list(theme.PALETTE)))
    lines = base.mark_line().encode(
        x=alt.X("effect:Q", title="Effect, standard deviations of what does not last"),
        y=alt.Y("power:Q", title="Power", scale=alt.Scale(domain=[0, 1])),
        color=colour,
        strokeDash=alt.StrokeDash("design:N", sort=None, legend=None),
    )
    marks = base.transform_filter("abs(datum.effect - size) < 0.01").mark_point(filled=True, size=50)
    marks = marks.encode(x="effect:Q", y="power:Q", color=colour, tooltip=["design:N", "power:Q"])
    chart = alt.layer(lines, marks).add_params(lasts, size).properties(width=theme.WIDTH - 160, height=260)
    made = json.loads(json.dumps(chart.to_dict()))
    made["$schema"] = SCHEMA
    ((_, values),) = made["datasets"].items()
    made["datasets"] = {"power": values}
    _rename(made)
    return Movable(
        made,
        "Power against effect by design, with sliders for autocorrelation and effect: open this notebook in JupyterLab.",
    )


def _rename(part: Any) -> None:
    """Data sets are named by what they hold, not by a hash of it."""
    if isinstance(part, dict):
        if set(part.get("data", {})) == {"name"}:
            part["data"] = {"name": "power"}
        for held in part.values():
            _rename(held)
    elif isinstance(part, list):
        for held in part:
            _rename(held)
