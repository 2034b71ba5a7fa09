"""Dated precursor controls as interruptions of the share of 4-ANPP among fentanyl-family laboratory reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.designs.panel.interruptions import (
    InterruptedPanel,
    Interruption,
    PlaceboTest,
    event_time_rates,
    panel_interruptions,
    placebo_dates,
)
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.precursors.parameters import TESTED, TESTED_START, Params, reports_window

OUTCOME = "1"
QUESTION = "Are the markets for fentanyl and for its precursors bound to each other?"
# The registered controls, each with the first half-year that lies wholly under it.
CONTROLS = (
    Interruption("US controls of May 2020", "2020H2"),
    Interruption(TESTED, TESTED_START),
    Interruption("US and Mexican controls of May 2023", "2023H2"),
)
_COLUMNS = {"unit": "state", "time": "half_year", "count": "reports_4anpp", "exposure": "reports_family"}
_PRIMARY = "un_2022_level"


@dataclass(frozen=True)
class ControlResults:
    """The registered model, its placebo test, free half-year effects, and each sensitivity's estimate of the level."""

    model: InterruptedPanel
    placebo: PlaceboTest
    event_time: pd.DataFrame
    estimates: tuple[Estimate, ...]


def in_window(params: Params, controls: Sequence[Interruption] = CONTROLS) -> list[Interruption]:
    """Controls that leave two half-years before and at least one after within the window of `params`."""
    return [c for c in controls if params.start < c.start <= params.end]


def assess_controls(panel: pd.DataFrame, params: Params) -> ControlResults:
    """Fit the registered model and its sensitivity specifications."""
    frame = reports_window(panel, params.start, params.end)
    alpha = 1 - params.confidence_level
    events = in_window(params)
    model = panel_interruptions(frame, events, controls=["second_half"], alpha=alpha, **_COLUMNS)
    placebo = placebo_dates(
        frame, events, TESTED, controls=["second_half"], vary="tested", draws=params.draws, seed=params.seed, **_COLUMNS
    )
    tested = next(e for e in events if e.name == TESTED)
    event_time = event_time_rates(frame, tested.start, alpha=alpha, **_COLUMNS)
    return ControlResults(
        model,
        placebo,
        event_time,
        (*_model_estimates(model, placebo, params), *_sensitivity_estimates(panel, events, params)),
    )


def _estimate(
    model: InterruptedPanel, event: str, params: Params, identifier: str, specification: str, term: str = "level"
) -> Estimate:
    row = model.table.set_index("term").to_dict("index")[f"{term}: {event}"]
    what = {
        "level": f"Ratio of the 4-ANPP report rate in the first half-year after the {event} to what its trend foretold",
        "slope": f"Ratio by which the half-yearly growth of the 4-ANPP report rate changed after the {event}",
    }[term]
    return Estimate(
        id=identifier,
        outcome=OUTCOME,
        question=QUESTION,
        estimand=what,
        method="Segmented Poisson regression, State effects",
        specification=specification,
        estimate=row["rate_ratio"],
        std_error=row["std_error"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_level=params.confidence_level,
        p_value=row["p_value"],
        unit="rate ratio (standard error of its logarithm)",
        null_value=1.0,
        n_obs=model.n_obs,
        n_units=model.n_units,
        role="secondary",
    )


def _model_estimates(model: InterruptedPanel, placebo: PlaceboTest, params: Params) -> list[Estimate]:
    """The primary level with its placebo p, the same with clustered errors, and every other term of the model."""
    clustered = _estimate(model, TESTED, params, f"{_PRIMARY}.clustered", "registered model, errors clustered by State")
    primary = replace(
        clustered,
        id=_PRIMARY,
        specification=f"registered model; p is the rank among {len(placebo.table)} possible dates, its least value "
        f"{placebo.smallest_p:.3f}; interval from errors clustered by State",
        p_value=placebo.p_value,
        role="primary",
    )
    others = []
    for term in model.table["term"]:
        kind, _, event = term.partition(": ")
        if event and term != f"level: {TESTED}":
            slug = f"{event.lower().replace(' ', '_')}.{kind}"
            others.append(_estimate(model, event, params, slug, "registered model, errors clustered by State", kind))
    adjusted = multipletests([e.p_value for e in others], method="fdr_bh")[1]
    return [
        primary,
        replace(clustered, role="sensitivity"),
        *(replace(e, p_adjusted=float(p)) for e, p in zip(others, adjusted, strict=True)),
    ]


def _sensitivity_estimates(panel: pd.DataFrame, events: list[Interruption], params: Params) -> list[Estimate]:
    """The level of the tested control under each registered departure; the reason is in the specification."""
    frame = reports_window(panel, params.start, params.end)
    halves = frame["half_year"].nunique()
    always = frame.groupby("state")["half_year"].transform("nunique") == halves
    tested = next(e for e in events if e.name == TESTED)
    # A period with an indicator of its own weighs nothing: the same as leaving it out, with time running on.
    of_2020 = {f"in_{half}": (frame["half_year"] == half).astype("float64") for half in ("2020H1", "2020H2")}
    substituted = frame.assign(reports_4anpp=frame["reports_4anpp_substituted"])
    variants: dict[str, tuple[pd.DataFrame, list[Interruption], list[str]]] = {
        "to_2025h1": (reports_window(panel, params.start, "2025H1"), events, []),
        "states_in_every_half_year": (frame[always], events, []),
        "with_substituted_forms": (substituted, events, []),
        "tested_control_alone": (frame, [tested], []),
        "without_2020": (frame.assign(**of_2020), events, list(of_2020)),
        "levels_only": (frame, [replace(e, slope=False) for e in events], []),
    }
    found = []
    for name, (data, controls, indicators) in variants.items():
        model = panel_interruptions(
            data, controls, controls=["second_half", *indicators], alpha=1 - params.confidence_level, **_COLUMNS
        )
        estimate = _estimate(model, TESTED, params, f"{_PRIMARY}.{name}", name.replace("_", " "))
        found.append(replace(estimate, role="sensitivity"))
    return found
