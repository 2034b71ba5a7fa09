"""Growth of laboratory reports and of overdose deaths by State and half-year, and how the two go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.resampling.wild_bootstrap import WildBootstrap, stacked_design, wild_cluster_bootstrap
from crimjust_research.questions.states.params import Params
from crimjust_research.vocabulary import states

MONTHS = 6
EARLIER, SAME, LATER = "reports_before", "reports_same", "reports_after"
WEIGHT = "deaths_before"


def half_years(panel: pd.DataFrame, deaths: pd.DataFrame) -> pd.DataFrame:
    """States and half-years with both reports and deaths on record, and the growth of both: natural logarithms.

    A half-year in which the publisher hides a month of a State, or which it has not in full, has no deaths: none is filled.

    Parameters
    ----------
    panel : halfyear_state; deaths : overdose_monthly_state.

    Returns
    -------
    Columns state, half_year, reports, fentanyl, deaths, final, and growth of deaths (growth, growth_before: the half-year
    before) and of reports (reports_before, reports_same, reports_after, fentanyl_before), and deaths_before.
    """
    own = deaths[deaths["state"] != states.NATION]
    half: pd.Series[str] = own["month"].str[:4] + np.where(own["month"].str[5:] <= "06", "H1", "H2")
    grouped = own.assign(half_year=half, final=own["status"] == "final").groupby(["state", "half_year"])
    sums = pd.DataFrame({"deaths": grouped["deaths"].sum(min_count=MONTHS), "final": grouped["final"].all()})
    counts = panel.set_index(["state", "half_year"])[["reports_family", "reports_fentanyl"]]
    counts = counts.rename(columns={"reports_family": "reports", "reports_fentanyl": "fentanyl"}).astype("float64")
    # Every State has every half-year, so that a difference is one of neighbours.
    grid = pd.MultiIndex.from_product([sorted(set(level)) for level in zip(*counts.index, strict=True)])
    table = counts.reindex(grid.set_names(["state", "half_year"])).join(sums)
    table["deaths"] = table["deaths"].astype("float64")
    held = table[["reports", "fentanyl", "deaths"]]
    logs = held.where(held > 0).apply(np.log)
    change = logs - logs.groupby("state").shift()
    by_state = change.groupby("state")
    table = table.assign(
        growth=change["deaths"],
        growth_before=by_state["deaths"].shift(),
        reports_same=change["reports"],
        reports_before=by_state["reports"].shift(),
        reports_after=by_state["reports"].shift(-1),
        fentanyl_before=by_state["fentanyl"].shift(),
        deaths_before=table.groupby("state")["deaths"].shift(),
        final=table["final"].fillna(False).astype(bool),
    )
    return table.reset_index()


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """By half-year: states with reports, with deaths, and with the growth of both that the model needs."""
    needed = table[["growth", EARLIER]].notna().all(axis=1)
    known = table[["reports", "deaths"]].notna().assign(compared=needed, half_year=table["half_year"])
    return known.groupby("half_year").sum().astype("int64").reset_index()


@dataclass(frozen=True)
class Model:
    """A regression of the growth of deaths: its terms, of which the first is told, and what departs from the main one."""

    terms: tuple[str, ...] = (EARLIER,)
    weighted: bool = True
    state_trends: bool = False
    rows: str = ""
    """A query of the table; all rows unless given."""


MAIN = "half a year after the reports"
MODELS = {
    MAIN: Model(),
    "in the same half-year": Model((SAME,)),
    "half a year before the reports (placebo)": Model((LATER,)),
    "given the same and the next half-year": Model((EARLIER, SAME, LATER)),
    "every State counts alike": Model(weighted=False),
    "a trend for each State": Model(state_trends=True),
    "given the growth of deaths before": Model((EARLIER, "growth_before")),
    "reports of fentanyl alone": Model(("fentanyl_before",)),
    "final deaths only": Model(rows="final"),
    "without 2020": Model(rows="not half_year.str.startswith('2020')"),
}


def used(table: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The rows of the table that a model needs and has."""
    rows = table.query(model.rows) if model.rows else table
    return rows.dropna(subset=["growth", WEIGHT, *model.terms])


def fitted(table: pd.DataFrame, model: Model, p: Params) -> WildBootstrap:
    """Elasticity of the growth of deaths with effects of half-years, States resampled by the wild bootstrap."""
    rows = used(table, model)
    design = stacked_design(*(rows[term] for term in model.terms), dummies=_dummies(rows, model))
    root = np.sqrt(rows[WEIGHT].to_numpy(np.float64)) if model.weighted else np.ones(len(rows))
    return wild_cluster_bootstrap(
        design * root[:, None],
        rows["growth"].to_numpy(np.float64) * root,
        rows["state"],
        1,
        draws=p.draws,
        seed=p.seed,
        alpha=1 - p.confidence_level,
    )


def models(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Every model of `MODELS`, a row each: name, slug, numbers, n_obs and n_units."""
    rows: list[dict[str, Any]] = [
        {"name": name, "slug": _slug(name), **vars(fitted(table, model, p)), **_counts(used(table, model))}
        for name, model in MODELS.items()
    ]
    return pd.DataFrame(rows)


def without_each_state(table: pd.DataFrame) -> pd.DataFrame:
    """The main model without each State: state and estimate, least squares without a test."""
    rows = used(table, Model())
    names = sorted(rows["state"].unique())
    return pd.DataFrame({"state": names, "estimate": [_estimate(rows[rows["state"] != name]) for name in names]})


def named(codes: Iterable[str]) -> list[str]:
    """Names of States by their codes, in their order."""
    known = states.load().names
    return [known[code] for code in codes]


def residual_growth(table: pd.DataFrame) -> pd.DataFrame:
    """What half-years leave of the growth of reports and of deaths half a year later, as the main model has them."""
    rows = used(table, Model())
    weight = rows[WEIGHT]
    sums = rows[[EARLIER, "growth"]].mul(weight, axis=0).groupby(rows["half_year"]).transform("sum")
    means = sums.div(weight.groupby(rows["half_year"]).transform("sum"), axis=0)
    left = rows[[EARLIER, "growth"]] - means
    return rows[["state", "half_year"]].assign(reports=left[EARLIER], deaths=left["growth"]).reset_index(drop=True)


def _estimate(rows: pd.DataFrame) -> float:
    design = stacked_design(rows[EARLIER], dummies=_dummies(rows, Model()))
    root = np.sqrt(rows[WEIGHT].to_numpy(np.float64))
    return float(np.linalg.lstsq(design * root[:, None], rows["growth"].to_numpy(np.float64) * root)[0][1])


def _dummies(rows: pd.DataFrame, model: Model) -> tuple[Any, ...]:
    # A trend of the level is an effect on growth.
    return (rows["half_year"], rows["state"]) if model.state_trends else (rows["half_year"],)


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {"n_obs": len(rows), "n_units": int(rows["state"].nunique())}


def _slug(name: str) -> str:
    words: Sequence[str] = name.replace("(", "").replace(")", "").lower().split()
    return "_".join(words)
