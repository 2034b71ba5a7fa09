"""The sentences that say where the programme's countries start, and the checks they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crimjust_research.evidence.estimates import Check, Estimate
from crimjust_research.evidence.words import number, p_text, refer
from crimjust_research.outcomes.baseline.differences import Grid
from crimjust_research.outcomes.baseline.levels import GROUPS
from crimjust_research.outcomes.baseline.parameters import GOVERNANCE, MEASURES, RECORDS, SCORES, Params

LEAD = "proposed"
"""The group the answer speaks of."""
_SMALL = 1_000_000


def answer(params: Params, matched: pd.DataFrame, estimates: Sequence[Estimate]) -> str:
    """Where the proposed countries stand on investigation and adjudication, and how the rest of the grid falls."""
    by_id = {e.id: e for e in estimates}
    level = 1 - params.confidence_level
    own = matched[(matched["group"] == LEAD) & matched["measure"].isin([m.id for m in (*SCORES, *GOVERNANCE)])]
    lower = own[(own["p_adjusted"] < level) & (own["difference"] < 0)]
    clauses = " and ".join(
        _clause(by_id[f"{LEAD}.{name}"], words, level)
        for name, words in (
            ("investigation", "effective investigation"),
            ("adjudication", "timely, effective adjudication"),
        )
    )
    anywhere = [by_id[f"{LEAD}.{name}.any_region"] for name in own["measure"]]
    still = sum(e.estimate < 0 and e.p_value < level for e in anywhere)
    held = by_id.get(f"{LEAD}.persons_held")
    records = (
        ""
        if held is None
        else f" Persons held for drug trafficking can be compared for {held.n_units} of the {GROUPS[LEAD]} only, so records "
        "say little."
    )
    return (
        f"From {params.start} to {params.end}, the {GROUPS[LEAD]} were scored {clauses} than matched countries of their region "
        f"and income. On {len(lower)} of {len(own)} scores and indicators they stand lower with adjusted p below "
        f"{number(level, 2)}; against countries of the same income anywhere, on {still} with unadjusted p below it.{records} "
        "This is where the programme's countries start and whom it was proposed for; it says nothing about what the "
        "programme does."
    )


def _clause(e: Estimate, words: str, level: float) -> str:
    numbers = (
        f"{number(e.estimate, 2)} points, {number(e.ci_low, 2)} to {number(e.ci_high, 2)}, adjusted p = "
        f"{p_text(e.p_adjusted)}"
    ).replace("= <", "<")
    direction = "lower" if e.estimate < 0 else "higher"
    seen = direction if e.p_adjusted < level else f"not detectably {direction}"
    return f"{seen} on {words} ({refer(numbers, e.id)})"


def checks(
    params: Params,
    levels: pd.DataFrame,
    residents: pd.Series[float],
    grid: Grid,
    matched: pd.DataFrame,
    shares: pd.DataFrame,
    names: Mapping[str, str],
) -> tuple[Check, ...]:
    """How the matching came out, who does not report, and how much is measurement."""
    return (
        _matching(levels, residents, grid, names),
        _left_out(grid, names),
        _reporting(levels, shares),
        _error(grid, levels),
        _grid(params, matched),
    )


def _matching(levels: pd.DataFrame, residents: pd.Series[float], grid: Grid, names: Mapping[str, str]) -> Check:
    strata = levels.loc[levels["stratum"].notna()]
    counts = strata.groupby("stratum")[[*GROUPS, "elsewhere"]].sum().reset_index()
    counts = counts[counts[list(GROUPS)].sum(axis=1) > 0].reset_index(drop=True)
    lead = grid[LEAD, "investigation"]
    small = [code for code in lead.comparisons if residents.get(code, np.nan) < _SMALL]
    listed = ", ".join(names[code] for code in lead.comparisons)
    return Check(
        "Who is compared with whom",
        None,
        "Countries are matched on region (World Justice Project) and on tercile of gross domestic product per resident over "
        "all countries; comparison countries are in none of the groups and took part in none of CRIMJUST's activities on "
        f"record. On investigation the {GROUPS[LEAD]} have {len(lead.comparisons)} comparison countries ({listed}), "
        f"{len(small)} of them with fewer than a million residents: few others of the region and income are left, which is "
        "why differences are also taken against countries of the same income anywhere.",
        counts,
    )


def _left_out(grid: Grid, names: Mapping[str, str]) -> Check:
    rows = [
        {"group": group, "measure": name, "compared": len(one.compared), "left_out": "; ".join(one.left_out)}
        for (group, name), one in grid.items()
    ]
    table = pd.DataFrame(rows)
    lost = sorted({code for one in grid.values() for code in one.left_out})
    return Check(
        "Countries without a match",
        None,
        (
            "With a figure but without a comparison country that has one, for at least one measure: "
            f"{', '.join(names[code] for code in lost)}."
            if lost
            else "Every country with a figure has a comparison country."
        ),
        table,
    )


def _reporting(levels: pd.DataFrame, shares: pd.DataFrame) -> Check:
    sentences = []
    for measure in RECORDS:
        reports = levels[measure.id].notna()
        means = levels["rule_of_law"].groupby(reports).mean()
        row = shares[(shares["measure"] == measure.id) & (shares["group"] == LEAD)].iloc[0]
        sentences.append(
            f"{measure.label}: {row['with_figure']} of the {GROUPS[LEAD]} report; over all countries, reporters' mean rule of "
            f"law is {number(means[True], 2)}, that of the others {number(means[False], 2)}."
        )
    return Check(
        "Who reports",
        None,
        "Records are not missing at random. "
        + " ".join(sentences)
        + " More persons or offences on record is more recorded "
        "activity, not more crime.",
        shares,
    )


def _error(grid: Grid, levels: pd.DataFrame) -> Check:
    rows = []
    for measure in GOVERNANCE:
        own = levels.loc[list(grid[LEAD, measure.id].compared)]
        error = own[f"{measure.id}_std_error"]
        between = float(own[measure.id].var())
        rows.append((measure.id, float((error**2).mean()), between, float((error**2).mean()) / between))
    table = pd.DataFrame(rows, columns=["measure", "variance_of_measurement", "variance_between", "share"])
    share = " and ".join(f"{r['share']:.0%} for {r['measure'].replace('_', ' ')}" for r in table.to_dict("records"))
    return Check(
        "Error of measurement",
        None,
        f"Of the variance between the {GROUPS[LEAD]}, the indicators' own error of measurement makes up {share}. The "
        "permutation compares figures as published, errors included, so they are not added a second time; the estimates "
        "named `measurement` take the countries as given and carry this error alone. Scores of the Rule of Law Index are "
        "published without standard errors.",
        table,
    )


def _grid(params: Params, matched: pd.DataFrame) -> Check:
    level = 1 - params.confidence_level
    counts = matched.assign(raw=matched["p_value"] < level, adjusted=matched["p_adjusted"] < level)
    table = counts.groupby("group", sort=False).agg(
        differences=("difference", "size"), raw=("raw", "sum"), adjusted=("adjusted", "sum")
    )
    return Check(
        "Many differences",
        None,
        f"Of {len(matched)} differences, {int(counts['raw'].sum())} have p below {number(level, 2)} and "
        f"{int(counts['adjusted'].sum())} after Benjamini and Hochberg's adjustment over all of them. Groups overlap and "
        f"measures go together: {len(MEASURES)} measures are not as many independent findings.",
        table.reset_index(),
    )
