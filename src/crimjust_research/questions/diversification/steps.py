"""Steps of the notebook on diversification: the registered trend, its specifications, units left out, and its test."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.margins import equivalence_p, two_sided_power
from crimjust_research.designs.panel.unit_effects import (
    UnitEffects,
    WithinUnits,
    unit_effects_regression,
    within_units,
    without_each_unit,
)
from crimjust_research.designs.resampling.unit_blocks import exchanged, signed
from crimjust_research.designs.resampling.wild_bootstrap import wild_cluster_bootstrap
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.calibration import Simulated, calibrated_level
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.diversification.diversity import (
    compositions,
    in_later_publication,
    log_diversity,
    of_several_kinds,
)
from crimjust_research.questions.diversification.params import Params
from crimjust_research.vocabulary import countries

KEY = ["iso3", "year"]
PRECURSORS = "precursors"  # one family of drugs
OTHER_ORDERS = (0, 2)  # that the plan lists beside its own
FEWEST_OF_A_GROUP = 2  # how much the trends of its countries differ is not known from one
# Of the test: SIMULATED samples without a trend, draws of the wild bootstrap.
SAMPLES, WILD_DRAWS = 10_000, 9_999
# Level of the intervals of what is left out: the rule of grades reads equivalence from 90 % intervals.
LEFT_OUT_ALPHA = 0.10
_GENERATORS = {"signs": signed, "exchanged": exchanged}


def measured(panel: pd.DataFrame, published: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Diversity by country-year under the parameters, with `later`: 1 in years of any but the window's first publication.

    Raises
    ------
    ParameterError
        If fewer than three years have figures.
    """
    return _measures(compositions(panel, p.start, p.end, p.fewest_kinds), published)


def _measures(table: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    measures = log_diversity(table)
    return measures.assign(later=in_later_publication(measures, published))


def outcome(p: Params) -> str:
    """The column whose trend was asked for."""
    return f"log_{p.order}"


def terms(measures: pd.DataFrame) -> list[str]:
    """Terms of the registered trend: a line over the years and, if the window holds two publications, a step."""
    return ["year", "later"] if {0, 1} <= set(measures["later"]) else ["year"]


def trend(measures: pd.DataFrame, p: Params, *others: str, alpha: float | None = None) -> UnitEffects:
    """The registered model of the outcome asked for, other terms beside those of it."""
    level = 1 - p.confidence_level if alpha is None else alpha
    return unit_effects_regression(measures, outcome(p), [*terms(measures), *others], "iso3", level)


def as_row(fit: UnitEffects, words: str, term: str = "year", **more: Any) -> dict[str, Any]:
    """A term of a fit as a row for an estimate."""
    numbers = {str(name): value for name, value in fit.table.set_index("term").loc[term].items()}
    return {"words": words, **numbers, "n_obs": fit.n_obs, "n_units": fit.n_units, **more}


def altered(measures: pd.DataFrame, rows: pd.DataFrame, column: str) -> float:
    """Share of the country-years of `measures` that `rows` adds, drops or gives another value in a column; at most 1."""
    before, after = (frame.set_index(KEY)[column] for frame in (measures, rows))
    both = pd.concat([before, after], axis=1, keys=["before", "after"])
    same = np.isclose(both["before"], both["after"], rtol=0, atol=1e-12)
    return min(1.0, float((~same).sum() / len(measures)))


def specifications(
    panel: pd.DataFrame,
    published: pd.DataFrame,
    measures: pd.DataFrame,
    proposed: Collection[str],
    p: Params,
) -> pd.DataFrame:
    """The trend under every registered specification, a row each: name, words, the fields of an estimate, why.

    One that cannot be estimated has no numbers, and `why` says what is missing.
    """
    own, level = outcome(p), 1 - p.confidence_level
    heaviest = heaviest_drug(panel, p)
    always = measures.groupby("iso3")["year"].transform("nunique") == measures["year"].nunique()
    kilograms = compositions(panel, p.start, p.end, fewest_kinds=0)
    lighter = _measured_without(kilograms, heaviest, published, measures, p)
    drugs_only = _measured_without(kilograms, PRECURSORS, published, measures, p)
    once = measures.assign(weight=1 / measures.groupby("iso3")["year"].transform("size"))
    everything = 1.0  # another outcome or model touches every row
    chosen: dict[str, tuple[pd.DataFrame, dict[str, Any], float]] = {
        "without_step": (measures, {"terms": ["year"]}, everything),
        **{f"order_{q}": (measures, {"outcome": f"log_{q}"}, everything) for q in OTHER_ORDERS if q != p.order},
        "without_heaviest": (lighter, {}, altered(measures, lighter, own)),
        "without_precursors": (drugs_only, {}, altered(measures, drugs_only, own)),
        "each_country_once": (once, {"weights": "weight"}, everything),
        "reporters_of_every_year": (measures[always], {}, float((~always).mean())),
        "first_publication": (measures[measures["later"] == 0], {}, float((measures["later"] == 1).mean())),
        "second_publication": (measures[measures["later"] == 1], {}, float((measures["later"] == 0).mean())),
        "proposed_countries_only": (
            kept := measures[measures["iso3"].isin(proposed)],
            {},
            1 - len(kept) / len(measures),
        ),
    }
    found = []
    for name, (rows, options, share) in chosen.items():
        model = {"outcome": own, "terms": terms(rows), **options}
        found.append(_fitted(rows, name.replace("_", " "), level, model) | {"name": name, "altered": share})
    return pd.DataFrame([*found, wild_bootstrap(measures, p)])


def _fitted(rows: pd.DataFrame, words: str, alpha: float, model: Mapping[str, Any]) -> dict[str, Any]:
    """The trend of a model in some rows, as a row; without numbers, and `why`, if it cannot be estimated."""
    try:
        fit = unit_effects_regression(rows, unit="iso3", alpha=alpha, **model)
    except ParameterError as error:
        missing = dict.fromkeys(("estimate", "std_error", "ci_low", "ci_high", "p_value"), np.nan)
        counts = {"n_obs": len(rows), "n_units": rows["iso3"].nunique()}
        return {"words": words, **missing, **counts, "why": f"; not estimated: {error}"}
    return as_row(fit, words, why="")


def _measured_without(
    kilograms: pd.DataFrame, family: str, published: pd.DataFrame, measures: pd.DataFrame, p: Params
) -> pd.DataFrame:
    """Diversity without one family of drugs; no row where too few years have others.

    `kilograms` are the `compositions` of all countries that report any.
    """
    others = kilograms.drop(columns=family, errors="ignore")
    try:
        return _measures(of_several_kinds(others, p.fewest_kinds), published)
    except ParameterError:
        return measures.iloc[:0]


def wild_bootstrap(measures: pd.DataFrame, p: Params) -> dict[str, Any]:
    """The registered trend tested by the wild bootstrap over countries, as a row."""
    design, y = _within(measures, p)
    found = wild_cluster_bootstrap(
        design.x, y, design.code, 0, draws=WILD_DRAWS, seed=p.seed, alpha=1 - p.confidence_level
    )
    numbers = {name: getattr(found, name) / design.length[0] for name in ("estimate", "std_error", "ci_low", "ci_high")}
    counts = {"n_obs": len(y), "n_units": design.n_units}
    says = {"name": "wild_bootstrap", "words": "wild bootstrap", "altered": 0.0, "why": ""}
    return {**says, **numbers, "p_value": found.p_value, **counts}


def heaviest_drug(panel: pd.DataFrame, p: Params) -> str:
    """The family of drugs, precursors apart, of which most kilograms were seized in the window."""
    window = panel[panel["year"].between(p.start, p.end) & ~panel["is_precursor"]]
    return str(window.groupby("family")["kilograms"].sum().idxmax())


def left_out(panel: pd.DataFrame, published: pd.DataFrame, measures: pd.DataFrame, p: Params) -> pd.DataFrame:
    """The registered trend without each country, and without each family of drugs: unit, slug, kind, the fields of an
    estimate with 90 % intervals."""
    model = {"outcome": outcome(p), "terms": terms(measures)}
    fitted = without_each_unit(measures, outcome(p), terms(measures), "iso3", LEFT_OUT_ALPHA)
    known = fitted[fitted["term"] == "year"].drop(columns="term").set_index("unit").to_dict("index")
    seen = measures.groupby("iso3")["year"].nunique()
    rows = []
    for iso3 in seen.index[seen > 1]:
        words = countries.short_name(iso3)
        row = (
            {"words": words, **known[iso3], "why": ""}
            if iso3 in known
            else _fitted(measures[measures["iso3"] != iso3], words, LEFT_OUT_ALPHA, model)
        )
        rows.append(row | {"slug": iso3, "kind": "country"})
    kilograms = compositions(panel, p.start, p.end, fewest_kinds=0)
    for family in map(str, kilograms):
        others = _measured_without(kilograms, family, published, measures, p)
        row = _fitted(others, family, LEFT_OUT_ALPHA, model)
        rows.append(row | {"slug": family.replace(" ", "_"), "kind": "drug"})
    return pd.DataFrame(rows).assign(ci_level=1 - LEFT_OUT_ALPHA)


def to_the_newest(panel: pd.DataFrame, published: pd.DataFrame, p: Params) -> dict[str, Any] | None:
    """The registered trend over all years on record from the first of the window, as a row; None if it holds the last."""
    newest = int(panel["year"].max())
    if newest <= p.end:
        return None
    wider = p.model_copy(update={"end": newest})
    return as_row(trend(measured(panel, published, wider), wider), f"{p.start} to {newest}")


def ends(rows: pd.DataFrame) -> dict[str, Any]:
    """The least and the largest estimate of some units left out, of which unit, and how far their intervals reach.

    Units without which there is no estimate are passed over.
    """
    ordered = rows.dropna(subset=["estimate"]).sort_values("estimate", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    return {
        "low": low["estimate"],
        "low_unit": low["words"],
        "high": high["estimate"],
        "high_unit": high["words"],
        "reach": ordered[["ci_low", "ci_high"]].abs().to_numpy().max(),
    }


def extra_trends(measures: pd.DataFrame, groups: Mapping[str, Collection[str]], p: Params) -> pd.DataFrame:
    """How much more a group of countries changes a year than all others, a row for each group in which at least two report.

    Raises
    ------
    ParameterError
        If they do in none.
    """
    rows = [
        as_row(
            trend(measures.assign(extra=measures["year"] * measures["iso3"].isin(members)), p, "extra"),
            f"{group} countries against all others",
            "extra",
            group=group,
        )
        for group, members in groups.items()
        if _reporting(measures, members) >= FEWEST_OF_A_GROUP
    ]
    if not rows:
        raise ParameterError(
            f"fewer than {FEWEST_OF_A_GROUP} of the {' or '.join(groups)} countries reported {p.fewest_kinds} kinds of drug "
            f"from {p.start} to {p.end}; lower fewest_kinds or widen the window"
        )
    return pd.DataFrame(rows)


def _reporting(measures: pd.DataFrame, members: Collection[str]) -> int:
    """How many of some countries have figures of more than one year, as a trend of theirs takes."""
    years = measures.groupby("iso3")["year"].nunique()
    return int((years[years.index.isin(list(members))] > 1).sum())


def of_the_test(
    fit: UnitEffects, measures: pd.DataFrame, sizes: Mapping[str, float], level: float, p: Params
) -> dict[str, Any]:
    """Power, equivalence, p without an effect and least p of the registered test, as `Study.evidence` takes them.

    Parameters
    ----------
    sizes : log points a year, by name; level : of the calibrated test, at which its power is told.
    """
    row = fit.table.set_index("term").to_dict("index")["year"]
    error, df = row["std_error"], row["df"]
    without_effect = without_trend(measures, p)
    at = calibrated_level(level, without_effect)
    return {
        "power": {name: Share(two_sided_power(size, error, at, df)) for name, size in sizes.items()},
        "equivalence": {name: equivalence_p(row["estimate"], error, size, df) for name, size in sizes.items()},
        "without_effect": without_effect,
        "least_p": 0.0,  # t has no least p
    }


def without_trend(measures: pd.DataFrame, p: Params) -> dict[str, Simulated]:
    """By generator, p of the registered test in SIMULATED panels without a trend.

    A panel is the residuals of the registered fit, dealt out by country. What coefficient the dealing itself leads to on
    average is taken off, so that there is none to be found.
    """
    design, y = _within(measures, p)
    residuals = y - design.x @ (design.bread @ (design.x.T @ y))
    rng = np.random.default_rng(p.seed)
    found = {}
    for name, dealt in _GENERATORS.items():
        estimate, error = design.fits(dealt(residuals, design.code, SAMPLES, rng))
        t = (estimate[0] - estimate[0].mean()) / error[0]
        found[name] = Simulated(2 * stdtr(design.df[0], -np.abs(t)))
    return found


def _within(measures: pd.DataFrame, p: Params) -> tuple[WithinUnits, FloatArray]:
    """The registered design, rows of a country in the order of years, and the outcome within countries (n,)."""
    ordered = measures.sort_values(KEY, kind="stable", ignore_index=True)
    design = within_units(ordered, terms(ordered), "iso3")
    return design, design.within(ordered[[outcome(p)]].to_numpy(np.float64)[design.kept])[:, 0]
