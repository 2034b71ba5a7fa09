"""Which routes two drugs share more than their ends imply, and whether the reporters' own ends imply it after all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from crimjust_research.designs.composition.residual_sharing import (
    cells_of,
    counted,
    number_of_draws,
    observed,
    quasi_independence,
    residuals,
)
from crimjust_research.questions.routes.cases import placed_routes
from crimjust_research.questions.routes.sharing import Registered

FEWEST_CASES = 5  # of each drug on a route: below it a residual is large wherever little is expected
BEYOND, WITHIN = "told from chance within reporters", "not told from chance within reporters"
NONE = "busiest routes; none is shared"


def shared_routes(test: Registered) -> pd.DataFrame:
    """Routes on which two drugs both have more cases than their departures and destinations imply, a row for route and pair.

    Columns departure, destination, first, second; of each drug cases, expected (by the model of its ends over all reporters),
    within (the mean of the draws with reporters' ends held) and residual; `shared`, the smaller residual, by which rows are in
    order; p_value, the share of draws in which both have as many cases; and p_adjusted over all rows (Benjamini and Hochberg).
    """
    leaving, arriving = test.tables.margins()
    cells = cells_of(leaving, arriving)
    means = cells.means(*quasi_independence(leaving, arriving))
    cases = counted(test.tables, observed(test.tables), cells)
    residual = residuals(cases.copy(), means[:, None])[:, 0]
    cases = cases[:, 0]
    high = (residual > 0) & (cases >= FEWEST_CASES)
    both = np.flatnonzero(high[cells.left] & high[cells.right])
    left, right = cells.left[both], cells.right[both]
    used, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    drawn = counted(test.tables, test.tables_drawn, cells.some(used))
    one, other = drawn[place[: both.size]], drawn[place[both.size :]]
    as_many = ((one >= cases[left, None]) & (other >= cases[right, None])).sum(axis=1)
    names, places = np.array(test.tables.groups), np.array(test.tables.places)
    table = pd.DataFrame(
        {
            "departure": places[cells.departure[left]],
            "destination": places[cells.destination[left]],
            "first": names[cells.group[left]],
            "second": names[cells.group[right]],
            "cases_first": cases[left].astype(np.int64),
            "cases_second": cases[right].astype(np.int64),
            "expected_first": means[left],
            "expected_second": means[right],
            "within_first": one.mean(axis=1),
            "within_second": other.mean(axis=1),
            "residual_first": residual[left],
            "residual_second": residual[right],
            "shared": np.minimum(residual[left], residual[right]),
            "p_value": (1 + as_many) / (1 + number_of_draws(test.tables_drawn)),
        }
    )
    table["p_adjusted"] = false_discovery_control(table["p_value"]) if len(table) else table["p_value"]
    order = ["shared", "departure", "destination", "first", "second"]
    return table.sort_values(order, ascending=[False, True, True, True, True], kind="stable", ignore_index=True)


def on_the_map(
    shared: pd.DataFrame, told: pd.Series[bool], outlines: pd.DataFrame, instead: pd.DataFrame
) -> pd.DataFrame:
    """Each route once, with the points of its ends, its cases of the drugs that share it, and the kind it is drawn as.

    Where no two drugs share a route, the routes of `instead`, which have their points.

    Parameters
    ----------
    told : of each row of `shared`, whether it is told from chance with reporters' ends held.
    """
    if shared.empty:
        return instead.assign(kind=NONE)
    rows = shared.assign(told=told)
    key = ["departure", "destination"]
    long = pd.concat(
        [
            rows[[*key, "told", name, f"cases_{name}"]].set_axis([*key, "told", "commonest_drug", "cases"], axis=1)
            for name in ("first", "second")
        ]
    )
    by_drug = long.groupby([*key, "commonest_drug"]).agg(cases=("cases", "first"), told=("told", "any")).reset_index()
    routes = (
        by_drug.sort_values("cases", ascending=False, kind="stable")
        .groupby(key)
        .agg(cases=("cases", "sum"), told=("told", "any"), commonest_drug=("commonest_drug", "first"))
    )
    placed = placed_routes(routes.sort_values("cases", ascending=False, kind="stable").reset_index(), outlines)
    return placed.assign(kind=placed["told"].map({True: BEYOND, False: WITHIN}))
