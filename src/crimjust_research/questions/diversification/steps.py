"""Steps of the notebook on diversification: trends as rows, registered and otherwise, and the power of the test."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import nct

from crimjust_research.designs.panel.unit_effects import UnitEffects, unit_effects_regression
from crimjust_research.errors import ParameterError
from crimjust_research.questions.diversification.diversity import ORDERS, compositions, log_diversity
from crimjust_research.questions.diversification.params import Params
from crimjust_research.questions.simulated_power import SMALLEST_EFFECT

FEWEST_COUNTRIES = 3  # seen in two years or more, or a trend is not estimated
LOG_NUMBER = {"measured": "the log effective number of drugs seized", "unit": "log points a year"}
CONCENTRATION = {
    "measured": "the concentration of drugs seized (Herfindahl-Hirschman index, sign reversed)",
    "unit": "index points a year",
}


def measured(panel: pd.DataFrame, p: Params, **changes: Any) -> pd.DataFrame:
    """Diversity by country-year under the parameters; see `compositions` for what may be changed.

    Raises
    ------
    ParameterError
        If fewer than three years have figures.
    """
    return log_diversity(compositions(panel, p.start, p.end, p.fewest_kinds, **changes))


def outcome(p: Params) -> str:
    """The column whose trend was asked for."""
    return f"log_{p.order}"


def trend(measures: pd.DataFrame, column: str, p: Params, *terms: str) -> UnitEffects:
    """Yearly change of a column within countries, other terms beside it."""
    return unit_effects_regression(measures, column, ["year", *terms], "iso3", 1 - p.confidence_level)


def as_row(fit: UnitEffects, words: str, term: str = "year", **more: Any) -> dict[str, Any]:
    """A term of a fit as a row for an estimate; `of` says which effective number it is about, if `words` do not."""
    numbers = {str(name): value for name, value in fit.table.set_index("term").loc[term].items()}
    counts = {"n_obs": fit.n_obs, "n_units": fit.n_units}
    return {**LOG_NUMBER, "of": "", "words": words, "slug": words.replace(" ", "_"), **numbers, **counts, **more}


def specifications(
    panel: pd.DataFrame, measures: pd.DataFrame, publication: pd.Series[str], proposed: Collection[str], p: Params
) -> pd.DataFrame:
    """The trend under every registered departure, a row each; those that leave too few countries are left out."""
    own = outcome(p)
    always = measures.groupby("iso3")["year"].transform("nunique") == measures["year"].nunique()
    alone = {f"{years.min()} to {years.max()} alone": years.index for _, years in measures["year"].groupby(publication)}
    chosen: dict[str, tuple[pd.DataFrame, str]] = {
        **{f"order {q}": (measures, f"log_{q}") for q in ORDERS if q != p.order},
        "shannon entropy": (measures, "shannon"),
        "concentration reversed": (measures.assign(less_hhi=-measures["hhi"]), "less_hhi"),
        **{words: (measures.loc[rows], own) for words, rows in alone.items()},
        "reporters of every year": (measures[always], own),
        "without precursors": (measured(panel, p, with_precursors=False), own),
        "proposed countries only": (measures[measures["iso3"].isin(proposed)], own),
    }
    return pd.DataFrame(
        as_row(
            trend(rows, column, p),
            words,
            of=f"; order {p.order}" if column == own else "",
            **(CONCENTRATION if column == "less_hhi" else {}),
        )
        for words, (rows, column) in chosen.items()
        if rows.groupby("iso3")["year"].nunique().gt(1).sum() >= FEWEST_COUNTRIES
    )


def heaviest_drug(panel: pd.DataFrame, p: Params) -> str:
    """The family of drugs, precursors apart, of which most kilograms were seized in the window."""
    window = panel[panel["year"].between(p.start, p.end) & ~panel["is_precursor"]]
    return str(window.groupby("family")["kilograms"].sum().idxmax())


def without(panel: pd.DataFrame, family: str, p: Params) -> dict[str, Any]:
    """The registered trend with one family of drugs left out, as a row."""
    fit = trend(measured(panel[panel["family"] != family], p), outcome(p), p)
    return as_row(fit, f"without {family}", of=f"; order {p.order}", slug=family.replace(" ", "_"))


def extra_trends(measures: pd.DataFrame, groups: dict[str, Collection[str]], p: Params) -> pd.DataFrame:
    """How much more a group of countries changes a year than all others, a row for each group that reports.

    Raises
    ------
    ParameterError
        If no country of any group reports.
    """
    rows = [
        as_row(
            trend(measures.assign(extra=measures["year"] * measures["iso3"].isin(members)), outcome(p), p, "extra"),
            f"{group} countries against all others",
            "extra",
            group=group,
            of=f"; order {p.order}",
        )
        for group, members in groups.items()
        if measures["iso3"].isin(members).any()
    ]
    if not rows:
        raise ParameterError(
            f"none of the {' or '.join(groups)} countries reported {p.fewest_kinds} kinds of drug from {p.start} to {p.end}; "
            "lower fewest_kinds or widen the window"
        )
    return pd.DataFrame(rows)


def publication_step(measures: pd.DataFrame, publication: pd.Series[str], p: Params) -> pd.DataFrame:
    """The step from the first to the second publication beside a linear trend; no row if the window holds one alone."""
    names = list(dict.fromkeys(publication[measures["year"].sort_values(kind="stable").index]))
    if len(names) < 2:
        return pd.DataFrame(columns=["estimate", "std_error", "ci_low", "ci_high", "p_value"])
    later = (publication != names[0]).astype("float64")
    before, after = measures.loc[later == 0, "year"].max(), measures.loc[later == 1, "year"].min()
    fit = trend(measures.assign(later=later), outcome(p), p, "later")
    return pd.DataFrame(
        [as_row(fit, f"step from {before} to {after} beside a linear trend", "later", of=f"; order {p.order}")]
    )


def power(fit: UnitEffects, measures: pd.DataFrame, p: Params) -> dict[str, Any]:
    """Power against half a residual standard deviation over the window, from the t distribution of the estimate.

    Returns
    -------
    dict: slope (log points a year), years, power, n_obs, n_units.
    """
    row = fit.table.set_index("term").to_dict("index")["year"]
    centred = measures.groupby("iso3")[[outcome(p), "year"]].transform(lambda s: s - s.mean())
    residual = centred[outcome(p)] - row["estimate"] * centred["year"]
    years = int(measures["year"].max() - measures["year"].min())
    slope = SMALLEST_EFFECT * float(residual.std()) / years
    critical = float(stdtrit(row["df"], 0.5 + p.confidence_level / 2))
    shift = slope / row["std_error"]
    found = float(nct.sf(critical, row["df"], shift) + nct.cdf(-critical, row["df"], shift))
    return {"slope": slope, "years": years, "power": found, "n_obs": fit.n_obs, "n_units": fit.n_units}


def agreement(registered: float, others: pd.DataFrame, alpha: float) -> dict[str, int]:
    """How many of other specifications lie on the same side of zero, and how many of them have p below the level."""
    same = np.sign(others["estimate"]) == np.sign(registered)
    return {"others": len(others), "same": int(same.sum()), "confirm": int((same & (others["p_value"] < alpha)).sum())}
