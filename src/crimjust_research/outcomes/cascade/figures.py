"""Charts of Outcome 2's assessment of cases from seizure to conviction; SIMULATED cases are marked in every one."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from crimjust_research.charts.figure import BLUE, GREY, ORANGE, SKY, VERMILION, WIDTH, Figure
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.cascade import simulation
from crimjust_research.outcomes.cascade.cases import COVARIATES, Cases, durations
from crimjust_research.outcomes.cascade.findings import (
    COOPERATION,
    ENDING_NAMES,
    GROUPS,
    HORIZONS,
    SUPPORT,
    WHOLE_WAY,
    Findings,
    cost_range,
)
from crimjust_research.outcomes.cascade.parameters import Params

_STATUSES = {"passed on": BLUE, "ended there": ORANGE, "pending": VERMILION, "too recent": "#d0d0d0"}
_ENDINGS = {name: name.replace("_", " ") for name in ENDING_NAMES.values()}
_ENDING_COLOURS = (BLUE, VERMILION, GREY)
_STAGES = ["seizure", "investigation", "prosecution", "conviction"]
_LABELS = {
    **{f"pass.{second}": f"{first} to {second}" for first, second in pairwise(_STAGES)},
    f"pass.{WHOLE_WAY}": "seizure to conviction",
    f"additional.{SUPPORT}": "convicted, supported less others",
    **{f"open.{years}y": f"open after {years} years" if years > 1 else "open after one year" for years in HORIZONS},
    **{f"ended.{name}.{HORIZONS[-1]}y": f"{words} by then" for name, words in _ENDINGS.items()},
    **{f"odds.{s}.{c}": f"to {s}: {words}" for s in _STAGES[1:] for c, words in COVARIATES.items()},
    **{f"hazard.{c}": f"end once charged: {words}" for c, words in COVARIATES.items()},
    "median_years": "half have ended",
}
_CASE_COUNTS = (100, 10_000)  # over which the cost is drawn


def _figure(
    topic: str, title: str, chart: Any, description: str, caption: str, data: pd.DataFrame, cases: Cases
) -> Figure:
    """A figure whose name, title, description and caption all say so if its cases are simulated."""
    if not cases.simulated:
        return Figure(topic, chart.properties(title=title), description, caption, cases.source, data)
    return Figure(
        f"{topic}_simulated",
        chart.properties(title=f"SIMULATED: {title[:1].lower()}{title[1:]}"),
        f"SIMULATED cases. {description}",
        f"SIMULATED cases of known truth, no real ones. {caption}",
        cases.source,
        data,
    )


def cascade(found: Findings, params: Params, cases: Cases) -> Figure:
    """Share of seizures that come as far as each stage."""
    steps = found.transitions.iloc[:-1]
    data = found.reached.assign(
        step=["", *(f"{p:.0%} of those before" for p in steps["probability"])],
        n=[steps["mature"].iloc[0], *steps["advanced"]],
    )
    base = alt.Chart(data).encode(
        y=alt.Y("stage:N", title=None, sort=_STAGES, axis=alt.Axis(ticks=False, domain=False))
    )
    scale = alt.Scale(domain=[0, 1])
    bars = base.mark_bar(color=SKY, size=34).encode(
        x=alt.X("share:Q", title="Share of seizures that come this far", scale=scale, axis=alt.Axis(format="%"))
    )
    uncertain = data[data["stage"] != "seizure"]
    spans = (
        alt.Chart(uncertain)
        .mark_rule(color="#222222", strokeWidth=2)
        .encode(x="ci_low:Q", x2="ci_high:Q", y=alt.Y("stage:N", sort=_STAGES))
    )
    shares = base.mark_text(align="left", dx=6, baseline="middle", fontSize=12).encode(
        x=alt.value(6), text=alt.Text("share:Q", format=".0%")
    )
    steps_text = (
        alt.Chart(uncertain)
        .mark_text(align="left", dx=10, fontSize=12)
        .encode(x="ci_high:Q", y=alt.Y("stage:N", sort=_STAGES), text="step:N")
    )
    layers = [bars, spans, shares, steps_text]
    note = ""
    if cases.simulated:
        data["true"] = [1.0, *np.cumprod(simulation.true_passing(params.maturity_years))]
        marks = alt.Chart(data[data["stage"] != "seizure"]).mark_point(
            shape="diamond", filled=True, size=90, color=VERMILION, opacity=1
        )
        layers.append(marks.encode(x="true:Q", y=alt.Y("stage:N", sort=_STAGES)))
        note = " Diamonds: the true shares."
    return _figure(
        "cascade",
        "From seizure to conviction",
        alt.layer(*layers).properties(width=WIDTH - 110, height=220),
        "Share of seizures that come to "
        + ", ".join(f"{row['stage']}: {row['share']:.0%}" for row in data.to_dict("records")[1:])
        + ".",
        f"Mature cases only: each stage is given {params.maturity_years:g} years; lines are {params.confidence_level:.0%} "
        f"intervals.{note}",
        data,
        cases,
    )


def cohorts(found: Findings, params: Params, cases: Cases) -> Figure:
    """What has become of the cases that entered each stage, by year, and which years are too recent to count."""
    data = found.cohorts
    order = list(_STATUSES)
    data = data.assign(rank=data["status"].map({s: i for i, s in enumerate(order)}))
    years = list(range(int(data["year"].min()), int(data["year"].max()) + 1))
    panels = [
        alt.Chart(data[data["stage"] == stage])
        .mark_bar()
        .encode(
            x=alt.X(
                "year:O",
                title=None,
                axis=alt.Axis(labelAngle=0, values=years[:: math.ceil(len(years) / 4)]),
                scale=alt.Scale(domain=years),
            ),
            y=alt.Y("cases:Q", title="Cases" if place == 0 else None, axis=alt.Axis(format=",d", tickMinStep=1)),
            color=alt.Color(
                "status:N", title=None, sort=order, scale=alt.Scale(domain=order, range=list(_STATUSES.values()))
            ),
            order="rank:Q",
        )
        .properties(
            width=170,
            height=170,
            title=alt.TitleParams(f"{stage}s, by year they began", fontSize=12, fontWeight="normal"),
        )
        for place, stage in enumerate(_STAGES[:-1])
    ]
    recent = data[data["status"] == "too recent"].groupby("stage")["cases"].sum()
    return _figure(
        "cohorts",
        "Which cohorts are mature",
        alt.hconcat(*panels).resolve_scale(y="shared"),
        "Cases by stage and year they entered it. Too recent to count: "
        + ", ".join(f"{recent.get(stage, 0)} at {stage}" for stage in _STAGES[:-1])
        + ".",
        f"A case counts once it has been at a stage for {params.maturity_years:g} years, the cut-off; grey bars are left out "
        "of every share, because their cases have not had the time to pass. Pending: mature, and neither passed on nor "
        "ended within the cut-off.",
        data.drop(columns="rank"),
        cases,
    )


def odds(found: Findings, params: Params, cases: Cases) -> Figure | None:
    """Odds ratios of passing each stage, by covariate; None without logits."""
    if found.logits is None:
        return None
    following = dict(pairwise(_STAGES))
    table = found.logits.table
    data = table[table["term"] != "constant"].assign(
        covariate=lambda t: t["term"].map(COVARIATES), step=lambda t: "to " + t["stage"].map(following)
    )[["covariate", "step", "term", "stage", "odds_ratio", "ci_low", "ci_high", "p_value"]]
    steps = [f"to {stage}" for stage in _STAGES[1:]]
    if cases.simulated:
        place = {stage: k for k, stage in enumerate(_STAGES[:-1])}
        effects = simulation.TRUTH.effects
        data["true"] = [np.exp(effects[t][place[s]]) for t, s in zip(data["term"], data["stage"], strict=True)]
    low, high = min(0.5, float(data["ci_low"].min()) * 0.95), max(2.0, float(data["ci_high"].max()) * 1.05)
    base = alt.Chart().encode(y=alt.Y("step:N", title=None, sort=steps))
    title = "Odds ratio of passing (log scale)"
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    axis = alt.Axis(values=[0.1, 0.25, 0.5, 1, 2, 4, 10], format="~g")
    layers = [
        alt.Chart().mark_rule(color=GREY, strokeDash=[4, 3]).encode(x=alt.datum(1.0, type="quantitative")),
        base.mark_rule(strokeWidth=2, color=BLUE).encode(
            x=alt.X("ci_low:Q", scale=scale, title=title, axis=axis), x2="ci_high:Q"
        ),
        base.mark_point(filled=True, size=60, color=BLUE, opacity=1).encode(x="odds_ratio:Q"),
    ]
    if cases.simulated:
        layers.append(
            base.mark_point(shape="diamond", filled=True, size=60, color=VERMILION, opacity=1).encode(x="true:Q")
        )
    chart = (
        alt.layer(*layers, data=data.drop(columns=["term", "stage"]))
        .properties(width=WIDTH - 230, height=72)
        .facet(
            row=alt.Row(
                "covariate:N",
                title=None,
                sort=list(COVARIATES.values()),
                header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=220),
            )
        )
    )
    clear = data[(data["ci_low"] > 1) | (data["ci_high"] < 1)]
    return _figure(
        "odds_ratios",
        "What goes with passing a stage",
        chart,
        "Odds ratios of passing each stage: "
        + "; ".join(
            f"{row['covariate']} {row['step']}: {row['odds_ratio']:.2f} ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
            for row in data.to_dict("records")
        )
        + ".",
        f"Continuation-ratio logits with {params.confidence_level:.0%} intervals; {len(clear)} of {len(data)} lie wholly to one "
        "side of one. These are associations: cases that cooperate or are supported may differ in other ways."
        + (" Diamonds: the true ratios." if cases.simulated else ""),
        data.drop(columns="stage"),
        cases,
    )


def time_to_end(found: Findings, params: Params, cases: Cases) -> Figure:
    """Share of cases still open by time since seizure, by use of cooperation where cases of both kinds have ended."""
    by = found.curves_by_cooperation
    curves = by or found.curves
    columns = ["group", "time", "survival", "ci_low", "ci_high"]
    starts = pd.DataFrame(
        [(g, 0.0, 1.0, 1.0, 1.0) for g in curves.summary["group"]],
        columns=columns,
    )
    # A curve goes on, level, for as long as a case of its group is followed.
    label = cases.frame[COOPERATION].map(GROUPS) if by else pd.Series("all", cases.frame.index)
    followed = durations(cases.frame)["years"].groupby(label).max()
    ends = curves.table.groupby("group").tail(1).assign(time=lambda t: t["group"].map(followed))
    whole = pd.concat([starts, curves.table, ends], ignore_index=True)[columns]
    data = _thinned(whole.sort_values(["group", "time"], kind="stable", ignore_index=True))
    groups = list(GROUPS.values()) if by else ["all"]
    colour = alt.Color(
        "group:N",
        title="Cooperation with another country" if by else None,
        scale=alt.Scale(domain=groups, range=[BLUE, ORANGE][: len(groups)]),
        legend=alt.Legend(symbolOpacity=1) if by else None,
    )
    base = alt.Chart(data)
    x = _years_axis(float(data["time"].max()))
    layers = [
        base.mark_area(opacity=0.2, interpolate="step-after").encode(
            x=x,
            y=alt.Y("ci_low:Q", title="Share of cases still open", axis=alt.Axis(format="%")),
            y2="ci_high:Q",
            color=colour,
        ),
        base.mark_line(interpolate="step-after").encode(x=x, y="survival:Q", color=colour),
    ]
    note = ""
    if cases.simulated:
        grid = np.linspace(0, float(data["time"].max()), 60)
        kinds: dict[str, dict[str, float] | None] = (
            {label: {COOPERATION: float(used)} for used, label in GROUPS.items()} if by else {"all": None}
        )
        true = pd.concat(
            [
                pd.DataFrame({"group": g, "time": grid, "true": simulation.true_open(grid, given)})
                for g, given in kinds.items()
            ]
        )
        layers.append(
            alt.Chart(true)
            .mark_line(strokeDash=[5, 3], strokeWidth=1.5, color="#222222")
            .encode(x=x, y="true:Q", detail="group:N")
        )
        note = " Dashed: the true curves."
    medians = ", ".join(f"{row['group']} {number(row['median'], 2)} years" for row in curves.summary.to_dict("records"))
    return _figure(
        "time_to_end",
        "How long cases stay open",
        alt.layer(*layers).properties(width=WIDTH - 70, height=240),
        f"Share of cases still open by years since seizure, Kaplan-Meier. Median: {medians}.",
        f"Kaplan-Meier with {params.confidence_level:.0%} intervals; open cases are censored on the day their record was last "
        f"up to date. Cases that go further take longer, so length is no measure of merit.{note}",
        data,
        cases,
    )


def incidence(found: Findings, params: Params, cases: Cases) -> Figure:
    """Share of cases ended in each way by time since seizure, the other ways competing."""
    columns = ["ending", "time", "incidence", "ci_low", "ci_high"]
    present = list(dict.fromkeys(found.incidence["ending"]))
    starts = pd.DataFrame([(e, 0.0, 0.0, 0.0, 0.0) for e in present], columns=columns)
    data = pd.concat([starts, found.incidence[columns]], ignore_index=True).rename(columns={"ending": "group"})
    data = _thinned(data).rename(columns={"group": "ending"}).assign(ending=lambda t: t["ending"].map(_ENDINGS))
    kinds = [_ENDINGS[e] for e in present]
    colours = [colour for name, colour in zip(_ENDINGS, _ENDING_COLOURS, strict=True) if name in present]
    colour = alt.Color(
        "ending:N",
        title=None,
        sort=kinds,
        scale=alt.Scale(domain=kinds, range=colours),
        legend=alt.Legend(symbolOpacity=1),
    )
    x = _years_axis(float(data["time"].max()))
    base = alt.Chart(data)
    layers = [
        base.mark_area(opacity=0.2, interpolate="step-after").encode(
            x=x,
            y=alt.Y("ci_low:Q", title="Share of all cases", axis=alt.Axis(format="%")),
            y2="ci_high:Q",
            color=colour,
        ),
        base.mark_line(interpolate="step-after").encode(x=x, y="incidence:Q", color=colour),
    ]
    note = ""
    if cases.simulated:
        grid = np.linspace(0, float(data["time"].max()), 60)
        shares = simulation.true_endings(grid)
        true = pd.concat(
            [pd.DataFrame({"ending": e, "time": grid, "true": shares[:, k]}) for k, e in enumerate(_ENDINGS.values())]
        )
        layers.append(
            alt.Chart(true)
            .mark_line(strokeDash=[5, 3], strokeWidth=1.5, color="#222222")
            .encode(x=x, y="true:Q", detail="ending:N")
        )
        note = " Dashed: the true curves."
    last = data.groupby("ending", sort=False)["incidence"].last()
    return _figure(
        "incidence",
        "How cases end",
        alt.layer(*layers).properties(width=WIDTH - 70, height=240),
        f"Cumulative share of cases by ending; after {data['time'].max():.1f} years "
        + ", ".join(f"{share:.0%} {ending}" for ending, share in last.items())
        + ".",
        "Aalen-Johansen cumulative incidence of the competing endings, with "
        f"{params.confidence_level:.0%} intervals; the shares and that of open cases add up to one.{note}",
        data,
        cases,
    )


def cost(found: Findings, params: Params, cases: Cases) -> Figure | None:
    """Cost per additional conviction by the number of supported cases; None where no more convictions are estimated."""
    effect = found.additional
    if effect is None or effect.difference <= 0:
        return None
    low, high = cost_range()
    counts = np.unique(
        np.geomspace(
            min(_CASE_COUNTS[0], params.supported_cases), max(_CASE_COUNTS[1], params.supported_cases), 25
        ).round()
    )
    data = pd.DataFrame(
        {
            "supported_cases": counts,
            "estimate_at_low_cost": low / (counts * effect.difference),
            "estimate_at_high_cost": high / (counts * effect.difference),
            "least": low / (counts * effect.ci_high),
            "most": high / (counts * effect.ci_low) if effect.ci_low > 0 else np.nan,
        }
    )
    bounded = effect.ci_low > 0
    top = "most" if bounded else "estimate_at_high_cost"
    x = alt.X(
        "supported_cases:Q",
        title="Cases supported in four years, an assumption (log scale)",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(values=[100, 300, 1000, 3000, 10_000], format=",d"),
    )
    scale = alt.Scale(type="log", nice=False)
    axis = alt.Axis(format="$~s", values=[m * 10**k for k in range(2, 10) for m in (1, 3)])
    base = alt.Chart(data)
    title = "Cost per additional conviction (log scale)"
    layers = [
        base.mark_area(opacity=0.2, color=BLUE).encode(
            x=x, y=alt.Y("least:Q", title=title, scale=scale, axis=axis), y2=f"{top}:Q"
        ),
        base.mark_area(opacity=0.55, color=BLUE).encode(
            x=x, y=alt.Y("estimate_at_low_cost:Q", scale=scale), y2="estimate_at_high_cost:Q"
        ),
        alt.Chart(pd.DataFrame({"chosen": [params.supported_cases]}))
        .mark_rule(color=VERMILION, strokeDash=[4, 3])
        .encode(x="chosen:Q"),
    ]
    note = ""
    if cases.simulated:
        gain = simulation.true_additional_convictions(effect.covariate, params.maturity_years)
        data["true_at_middle_cost"] = (low + high) / 2 / (counts * gain)
        layers.append(
            base.mark_line(color="#222222", strokeDash=[5, 3], strokeWidth=1.5).encode(x=x, y="true_at_middle_cost:Q")
        )
        note = " Black: the true value at the middle of the cost range."
    at = params.supported_cases * effect.difference
    return _figure(
        "cost",
        "What one more conviction would cost",
        alt.layer(*layers).properties(width=WIDTH - 80, height=260),
        f"Cost per additional conviction by number of supported cases; at {params.supported_cases:,} cases "
        f"{number(low / at, 2)} to {number(high / at, 2)} US dollars.",
        f"Dark: the document's {low / 1e6:g} to {high / 1e6:g} million US dollars for four years over the estimated additional "
        f"convictions; light: with their {params.confidence_level:.0%} interval"
        + ("" if bounded else ", which reaches none, so the cost has no upper bound")
        + ". Assumed: the whole cost is spent on supported cases (broken line: "
        f"{params.supported_cases:,}), and without support these would have gone as like cases did, which records cannot "
        f"show.{note}",
        data,
        cases,
    )


def recovered(table: pd.DataFrame, params: Params, cases: Cases) -> Figure:
    """Recovered and true values of SIMULATED cases side by side."""
    data = table.assign(label=[_LABELS[identifier] for identifier in table["id"]])
    shares = data[data["unit"] == "probability"]
    scales = {
        "probability": (
            "Share",
            alt.Scale(domain=[0, float(shares["ci_high"].max()) + 0.02], nice=False),
            alt.Axis(format="%", tickCount=8),
        ),
        "odds ratio": (
            "Odds or hazard ratio (log scale)",
            alt.Scale(type="log", nice=False, padding=6),
            alt.Axis(values=[0.25, 0.5, 1, 2, 4], format="~g"),
        ),
    }
    data["panel"] = data["unit"].replace({"hazard ratio": "odds ratio"})
    panels = []
    for name, (title, scale, axis) in scales.items():
        rows = data[data["panel"] == name]
        base = alt.Chart(rows).encode(
            y=alt.Y("label:N", title=None, sort=list(rows["label"]), axis=alt.Axis(labelLimit=300))
        )
        panels.append(
            alt.layer(
                base.mark_rule(strokeWidth=2, color=BLUE).encode(
                    x=alt.X("ci_low:Q", title=title, scale=scale, axis=axis), x2="ci_high:Q"
                ),
                base.mark_point(filled=True, size=55, color=BLUE, opacity=1).encode(x="recovered:Q"),
                base.mark_point(shape="diamond", filled=True, size=40, color=VERMILION, opacity=1).encode(x="true:Q"),
            ).properties(width=WIDTH - 320, height=22 * len(rows))
        )
    return _figure(
        "recovered",
        "Recovered and true values",
        alt.vconcat(*panels),
        f"{table['held'].sum()} of {len(table)} intervals hold the true value. "
        + "; ".join(f"{row['id']}: {row['recovered']:.2f}, true {row['true']:.2f}" for row in table.to_dict("records"))
        + ".",
        f"Points with {params.confidence_level:.0%} intervals: recovered from the cases. Diamonds: the values the cases were "
        f"drawn from. {table['held'].sum()} of {len(table)} intervals hold theirs; the median time to an end is in the table.",
        data.drop(columns=["estimand", "panel"]),
        cases,
    )


def _years_axis(longest: float) -> alt.X:
    return alt.X(
        "time:Q",
        title="Years since the seizure",
        scale=alt.Scale(domain=[0, longest], nice=False),
        axis=alt.Axis(tickCount=6, format="~g"),
    )


def _thinned(curves: pd.DataFrame) -> pd.DataFrame:
    """Curves at no more than 150 of their steps per group: what a picture of this width can show."""
    place = curves.groupby("group", sort=False).cumcount()
    size = curves.groupby("group", sort=False)["time"].transform("size")
    step = np.ceil(size / 150).astype("int64")
    kept: pd.DataFrame = curves[(place % step == 0) | (place == size - 1)].reset_index(drop=True)
    return kept
