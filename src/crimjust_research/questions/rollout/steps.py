"""Steps of the notebook on the roll-out: what each outcome covers, rows for estimates, tables and charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research import document
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.rollout import nuisance
from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.designs.rollout.nuisance import Nuisance
from crimjust_research.designs.timing.statistics import two_way_coefficients
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.numbers import p_text, plural
from crimjust_research.questions.rollout import compare, costs, countries, lottery, outcomes
from crimjust_research.questions.rollout.compare import Covered
from crimjust_research.questions.rollout.outcomes import Measured, Outcome
from crimjust_research.questions.rollout.params import PROGRAMME_YEARS, Params
from crimjust_research.questions.rollout.plans import DESIGNS, Design, by_period

TRIED = ("given", "order", "halves", "two", "four", "six")
"""Designs whose exact tests are made on the real past."""
FEWEST_SEEN = 3
"""Periods in which a country must have a figure, to be counted on for more."""
EDITIONS_BEFORE = 3
"""Of an outcome that is published every two years."""
DRAWN = ("order", "halves", "two", "six", "beside")
"""Designs whose power is drawn: the others lie between."""


def estimated(tables: Mapping[Measured, pd.DataFrame], phases: pd.DataFrame, p: Params) -> dict[Measured, Nuisance]:
    """What varies in each public outcome among the countries of the phases, with both ends of what its panel allows.

    Raises
    ------
    DataError
        Naming the file of the phases and the outcome, where too few of their countries have figures of it.
    """
    block = phases["block"].to_numpy()
    out = {}
    for outcome, table in tables.items():
        values, at = table.to_numpy(), _times(table, outcome)
        n_periods = _before(outcome, p) + 12 * PROGRAMME_YEARS // outcome.months
        try:
            varies = nuisance.estimated(values, at, block)
        except ParameterError as error:
            seen, of = int(table.notna().any(axis=1).sum()), plural(len(phases), "country", "countries")
            raise DataError(
                f"{p.phases_file or 'The document'}: of its {of} {seen} {'has' if seen == 1 else 'have'} figures of "
                f"{outcome.title}, too few to tell what varies between countries; list more countries"
            ) from error
        out[outcome] = nuisance.with_ends(varies, values, at, n_periods, level=p.confidence_level)
    return out


def _before(outcome: Measured, p: Params) -> int:
    """Periods before the first start."""
    return p.years_before if outcome.months == 12 else EDITIONS_BEFORE


def _times(table: pd.DataFrame, outcome: Measured) -> FloatArray:
    """Periods of a panel, counted in its own length: years of annual scores, pairs of years of an index every two."""
    return np.asarray(table.columns.to_numpy(np.float64) * 12 / outcome.months)


def nuisance_rows(found: Mapping[Measured, Nuisance]) -> pd.DataFrame:
    """What varies, a row for each outcome; `estimate` is the autocorrelation."""
    return pd.DataFrame(
        {
            "name": outcome.name,
            "title": outcome.title,
            "estimate": one.decay,
            "icc": one.icc,
            "shared": one.shared,
            "within": one.within,
            "margin": outcome.margin.value,
            "registered": outcome.margin.registered,
            "n_obs": one.n_cells,
            "n_units": one.n_units,
        }
        for outcome, one in found.items()
    )


def assumed() -> pd.DataFrame:
    """All that is assumed of case records: outcome, assumption, favourable, unfavourable, argument."""
    rows: list[dict[str, Any]] = []
    for outcome in outcomes.RECORDS:
        least = {
            "favourable": outcome.margin.value,
            "unfavourable": outcome.margin.value,
            "argument": outcome.margin.source,
        }
        rows.append({"outcome": outcome.title, "assumption": f"margin ({outcome.unit})", **least})
        for name, one in outcome.ranges.items():
            ends = {"favourable": one.favourable, "unfavourable": one.unfavourable, "argument": one.argument}
            rows.append({"outcome": outcome.title, "assumption": name, **ends})
    return pd.DataFrame(rows)


def covered(
    panels: Mapping[str, pd.DataFrame],
    found: Mapping[Measured, Nuisance],
    phases: pd.DataFrame,
    majors: pd.DataFrame,
    p: Params,
) -> dict[Outcome, Covered]:
    """Whom each outcome covers, those of the phases first, and which of its periods before the first start were seen."""
    everyone = pd.concat([phases, majors], ignore_index=True)
    block, in_phase = everyone["block"].to_numpy(), everyone["iso3"].isin(phases["iso3"]).to_numpy()
    out: dict[Outcome, Covered] = {}
    for outcome, own in found.items():
        seen = countries.table_of(panels[outcome.panel], outcome, everyone["iso3"]).notna().to_numpy()
        kept = seen.sum(axis=1) >= FEWEST_SEEN
        out[outcome] = Covered(block[kept], in_phase[kept], seen[kept][:, -_before(outcome, p) :], own)
    for records in outcomes.RECORDS:
        seen = np.ones((len(everyone), 12 * p.records_before // records.months), np.bool_)
        out[records] = Covered(block, in_phase, seen, None)
    return out


# --- Exact tests on the real panels ---------------------------------------------------------------------------------------


def exact_rows(
    tables: Mapping[Measured, pd.DataFrame], all_covered: Mapping[Outcome, Covered], n_phases: int, p: Params
) -> pd.DataFrame:
    """Exact tests of the designs `TRIED` on the registered annual scores; `estimate` is the power at the effect put in.

    Twice: with the earlier and with the later periods of the panel in place of those to come. Where nothing is drawn there is no
    exact test, and the rates are missing.
    """
    rows = []
    for outcome in (one for one in tables if one.months == 12 and one.margin.registered):
        table = tables[outcome][tables[outcome].notna().sum(axis=1) >= FEWEST_SEEN]
        for window in lottery.WINDOWS:
            for design in (one for one in DESIGNS if one.name in TRIED):
                rows.append(_exact_row(outcome, design, table, all_covered[outcome], window, n_phases, p))
    made = pd.DataFrame(rows)
    return made.assign(least_p_told=made["least_p"].map(p_text))


def _exact_row(
    outcome: Measured, design: Design, table: pd.DataFrame, own: Covered, window: str, n_phases: int, p: Params
) -> dict[str, Any]:
    laid = compare.lay(design, outcome, own, n_phases)
    n_periods = laid.layout.n_periods
    years = table.columns[:n_periods] if window == lottery.WINDOWS[0] else table.columns[-n_periods:]
    laid, left = lottery.restricted(laid, lottery.past(table.to_numpy(), n_periods, window))
    row = {
        "design": design.name,
        "design_title": design.title,
        "outcome": outcome.name,
        "outcome_title": outcome.title,
        "window": window,
        "years": f"{years[0]} to {years[-1]}",
        "n_units": len(left),
        "n_obs": int(np.isfinite(left).sum()),
        "clustered": lottery.clustered_size(laid, left, p.alpha, p.draws, p.seed),
    }
    none = {"estimate": np.nan, "std_error": np.nan, "size": np.nan, "half": np.nan, "plain": np.nan, "least_p": 1.0}
    if design.dealt == "given":
        return row | none
    weighted = compare.of_countries(laid, compare.parts(outcome, own, n_periods, "estimated", p)).statistic
    effect, path = p.margins * outcome.margin.value, by_period(p.path, outcome.months)
    found = lottery.exact(laid, left, weighted, effect, path, p.alpha, p.draws, p.seed)
    plain = lottery.exact(laid, left, two_way_coefficients, effect, path, p.alpha, p.draws, p.seed)
    rates = {"estimate": found.whole, "std_error": found.error, "size": found.size, "half": found.half}
    return row | rates | {"plain": plain.whole, "least_p": found.least_p}


def changes(table: pd.DataFrame) -> pd.Series[float]:
    """By period the standard deviation over countries of the change from the one before."""
    moved = table.diff(axis=1).iloc[:, 1:]
    return moved.std(axis=0)


def exact_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Exact tests as a table."""
    names = {
        "outcome_title": "outcome",
        "design_title": "design",
        "estimate": "power",
        "std_error": "monte_carlo_error",
    }
    kept = [*names, "half", "plain", "size", "least_p", "clustered", "years"]
    return rows[kept].rename(
        columns={**names, "half": "power_at_half", "plain": "power_two_way", "clustered": "size_clustered"}
    )


def level_kept(tried: pd.DataFrame, p: Params) -> bool:
    """Whether no exact test rejects more often than its level and three Monte Carlo errors where nothing is there."""
    error = np.sqrt(p.alpha * (1 - p.alpha) / p.draws)
    return bool((tried["size"] <= p.alpha + 3 * error).all())


# --- Tables and charts ----------------------------------------------------------------------------------------------------


def designs(n_phases: int) -> pd.DataFrame:
    """The designs in words."""
    return pd.DataFrame(
        {"design": one.title, "what": one.says, "starts": len(one.begins(n_phases)), "years": one.years}
        for one in DESIGNS
    )


def timeline(phases: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Years in which phases are treated, in their order, and groups as a design draws them.

    Returns
    -------
    DataFrame: panel, row, begin, end, what.
    """
    given, since = DESIGNS[0], "years since the first start"
    names = phases.groupby("block")["phase"].first()
    rows = []
    for begin, name in zip(given.begins(len(names)), names, strict=True):
        rows.append({"panel": f"{given.title} ({since})", "row": f"Phase {name}", "begin": begin, "end": given.months})
    starts = design.begins(len(names))
    if design.dealt == "countries":
        dealt, who = np.arange(len(phases)) % len(starts), ("country", "countries")
    else:
        dealt, who = np.arange(len(names)) * len(starts) // len(names), ("phase", "phases")
    for place, count in zip(*np.unique(dealt, return_counts=True), strict=True):
        start, name = starts[place], f"Group {place + 1}: {plural(int(count), *who)}"
        rows.append({"panel": f"{design.title} ({since})", "row": name, "begin": start, "end": given.months})
    out = pd.DataFrame(rows)
    return out.assign(begin=out["begin"] / 12, end=out["end"] / 12)


def matrix(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Power at the worse end by design and outcome, in per cent, in the order of both; starred where no exact test rejects."""
    rows = table.dropna(subset=["power_low"])
    # A power is never certain: what rounds to 100 is shown as 99.
    power = (100 * rows["power_low"]).clip(upper=99.4)
    text = np.floor(power + 0.5).map("{:.0f}".format)
    return rows.assign(power=power, text=text.where(rows["least_p"] <= p.alpha, text + "*"))


def curves(
    names: Sequence[str], all_covered: Mapping[Outcome, Covered], n_phases: int, p: Params, most: float = 3.0
) -> pd.DataFrame:
    """Power against the effect in margins, at the worse end of what is assumed, for the designs of `DRAWN`.

    Returns
    -------
    DataFrame: outcome, design, effect (margins), power, best (at the better end).
    """
    rows = []
    for outcome in (one for one in all_covered if one.name in names):
        for design in (one for one in DESIGNS if one.name in DRAWN):
            laid = compare.lay(design, outcome, all_covered[outcome], n_phases)
            found = compare.found(laid, outcome, all_covered[outcome], p)
            for effect in np.linspace(0, most, 25):
                low, high = found.power(effect * outcome.margin.value, p)
                rows.append(
                    {"outcome": outcome.title, "design": design.title, "effect": effect, "power": low, "best": high}
                )
    return pd.DataFrame(rows)


GRID_ICC = (0.0, 0.3, 0.5, 0.7, 0.9)
GRID_DECAY = (0.0, 0.4, 0.6, 0.8, 0.9, 0.95, 0.97, 0.99)


def grid(design: Design, found: Mapping[Measured, Nuisance], own: Covered, n_phases: int, p: Params) -> pd.DataFrame:
    """Least effect of a design on annual scores, in standard deviations of them, by what lasts and how long the rest does.

    Returns
    -------
    DataFrame: lasts, autocorrelation (as texts), least, text: the outcomes whose estimates lie nearest.
    """
    annual = next(one for one in found if one.months == 12)
    laid = compare.lay(design, annual, own, n_phases)
    at = np.arange(float(laid.layout.n_periods))
    near: dict[tuple[float, float], list[str]] = {}
    for outcome, one in found.items():
        yearly = one.decay ** (12 / outcome.months)
        cell = (_nearest(GRID_ICC, one.icc), _nearest(GRID_DECAY, yearly))
        near.setdefault(cell, []).append(outcome.short)
    rows = []
    for decay in GRID_DECAY:
        for icc in GRID_ICC:
            matrix_ = nuisance.correlation(at, icc, decay)
            found_here = precision(
                laid.layout, matrix_, path=by_period(p.path, 12), strata=None if laid.whole_phases else laid.block
            )
            least = float(found_here.minimum_detectable(compare.SURE, alpha=p.alpha)[0])
            text = ", ".join(dict.fromkeys(near.get((icc, decay), [])))
            names = {"lasts": f"{icc:.0%} lasts", "autocorrelation": f"{decay:g} a year"}
            rows.append({**names, "least": least, "text": text})
    return pd.DataFrame(rows)


def _nearest(values: Sequence[float], to: float) -> float:
    return min(values, key=lambda value: abs(value - to))


def of_design(table: pd.DataFrame, design: Design) -> pd.DataFrame:
    """All that one design could find, by outcome, as a table."""
    own = table[table["design"] == design.name]
    kept = [
        "outcome_title",
        "countries",
        "compared_until",
        "power_low",
        "power_high",
        "least_low",
        "least_high",
        "margin",
        "unit",
    ]
    kept += ["cost_low", "cost_high", "per_margin_low", "per_margin_high"]
    return own[kept].rename(columns={"outcome_title": "outcome"}).reset_index(drop=True)


def ends(table: pd.DataFrame, design: Design, what: str) -> pd.DataFrame:
    """Power or least effects of a design as rows for estimates, a row for each end that differs: end is best or worst."""
    own = table[(table["design"] == design.name)].dropna(subset=["power_low", "least_low"])
    own = own.assign(n_units=own["countries"], n_obs=own["countries"])
    low, high = (own.assign(estimate=own[f"{what}_{side}"]) for side in ("low", "high"))
    worst, best = (low, high) if what == "power" else (high, low)
    apart = worst["estimate"] != best["estimate"]
    return pd.concat([worst.assign(end="worst"), best[apart].assign(end="best")], ignore_index=True)


def cost_ends(paid: pd.DataFrame) -> pd.DataFrame:
    """Costs as rows for estimates: end is least or most."""
    rows = [paid.assign(end=end, estimate=paid[side]) for end, side in (("least", "low"), ("most", "high"))]
    return pd.concat(rows, ignore_index=True).assign(n_obs=1, n_units=1)


def cost_rows(table: pd.DataFrame, design: Design, p: Params) -> pd.DataFrame:
    """What a design costs, in millions of US dollars: each component, both, the records, all; label, name, low, high."""
    written = document.load()
    names = [cost.key.replace("_", " ").capitalize() for cost in written.costs]
    parts = costs.of_components(design, written)
    records = table[(table["design"] == design.name) & table["outcome"].isin([one.name for one in outcomes.RECORDS])]
    yearly = costs.Cost(p.record_cost_low, p.record_cost_high)
    kept = costs.of_records(int(records["countries"].iloc[0]), p.records_before + design.years, yearly)
    both = costs.total(parts)
    each = {
        **dict(zip(names, parts, strict=True)),
        "Both components": both,
        "Case records": kept,
        "With case records": both + kept,
    }
    return pd.DataFrame(
        {"label": name, "name": name.lower().replace(" ", "_"), "low": cost.low / 1e6, "high": cost.high / 1e6}
        for name, cost in each.items()
    )
