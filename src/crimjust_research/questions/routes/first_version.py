"""What the first version of the plan registered, Morisita-Horn overlap against labels permuted, and why it misled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.overlap import overlap_matrix, overlap_test, placed_among
from crimjust_research.designs.composition.random_tables import random_tables
from crimjust_research.designs.composition.residual_sharing import cells_of, counted, observed
from crimjust_research.questions.routes.cases import between_two, largest_reporter
from crimjust_research.questions.routes.params import Params
from crimjust_research.questions.routes.sharing import tabled
from crimjust_research.vocabulary import countries

HELD_DRAWS = 199  # of whole tables by route, which are large


def rows(known: pd.DataFrame, drugs: Sequence[str], p: Params) -> pd.DataFrame:
    """The first version's estimate and what becomes of it, a row each: key, specification, and where it lies among its draws.

    Parameters
    ----------
    known : cases with both ends known, at home or between two countries; drugs : those it compared.
    """
    across, largest = between_two(known), largest_reporter(known)
    at_home = (known["seizing"] == largest) & (known["departure"] == largest) & (known["destination"] == largest)
    who = countries.short_name(largest)
    samples = {
        "overlap": ("as registered in version 1", known, False),
        "without_largest_home": (f"without cases at home in {who}", known[~at_home], False),
        "departure_held": ("departures held", known, True),
        "across_borders": ("between two countries", across, False),
        "across_borders_departure_held": ("between two countries, departures held", across, True),
    }
    found = []
    for key, (words, part, held) in samples.items():
        stratum = part["seizing"] + " " + part["year"].astype("str")
        cases = pd.DataFrame(
            {
                "stratum": stratum + " " + part["departure"] if held else stratum,
                "group": part["family"],
                "category": part["departure"] + " > " + part["destination"],
                "cases": part["cases"],
            }
        )[part["family"].isin(drugs)]
        test = overlap_test(cases, draws=p.sensitivity_draws, seed=p.seed)
        found.append(
            {"key": key, "specification": words, "drugs": cases["group"].nunique(), "cases": test.cases}
            | {str(name): value for name, value in test.mean.items()}
            | {"reporters": known.loc[cases.index, "seizing"].nunique()}
        )
    return pd.DataFrame([*found, _ends_held(across, drugs, p)])


def _ends_held(across: pd.DataFrame, drugs: Sequence[str], p: Params) -> dict[str, Any]:
    """The same overlap between two countries among tables with each reporter's and drug's margins held."""
    tables = tabled(across, drugs)
    cells = cells_of(*tables.margins(), alone=True)
    i, j = np.triu_indices(len(tables.groups), 1)

    def mean_overlap(drawn: Sequence[IntArray]) -> FloatArray:
        counts = counted(tables, drawn, cells)
        used = counts.any(axis=1)
        ends = cells.departure[used] * len(tables.places) + cells.destination[used]
        routes, route = np.unique(ends, return_inverse=True)
        found = []
        wide = np.zeros((len(tables.groups), routes.size))
        for of_draw in counts[used].T:
            wide[cells.group[used], route] = of_draw
            found.append(overlap_matrix(wide, "morisita_horn")[i, j].mean())
        return np.array(found)

    drawn = random_tables(tables, min(HELD_DRAWS, p.sensitivity_draws), p.seed)
    placed = placed_among(mean_overlap(observed(tables)), mean_overlap(drawn)[:, None]).iloc[0]
    words = "between two countries, both ends held"
    return {
        "key": "ends_held",
        "specification": words,
        "drugs": len(tables.groups),
        "cases": tables.cases,
        "reporters": len({table.stratum for table in tables.each}),
    } | {str(name): value for name, value in placed.items()}
