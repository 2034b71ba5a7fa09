"""Every registered estimate of one question, and the secondary outcomes, in the common currency."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.designs.timing.randomisation import RandomisationTest
from crimjust_research.evidence.estimates import Estimate, Role
from crimjust_research.evidence.words import number
from crimjust_research.outcomes.joining.comparison import (
    ANTICIPATED,
    SAME_YEAR,
    Comparison,
    Specification,
)
from crimjust_research.outcomes.joining.diagnostics import Diagnostics, diagnose
from crimjust_research.outcomes.joining.estimators import (
    GROUP_TIME,
    IMPUTATION,
    NEEDS_COMPLETE,
    RANDOM_TIMING,
    SUN_ABRAHAM,
    TWO_WAY,
    wild_two_way,
)
from crimjust_research.outcomes.joining.parameters import SECONDARY, Measure, Params
from crimjust_research.outcomes.joining.power import SMALLEST_EFFECT, power_curve
from crimjust_research.outcomes.joining.question import FEWER_DRAWS, Question

OUTCOME = "2"
QUESTION = (
    "Are criminal investigation and adjudication scored higher after a country joined CRIMJUST than comparable countries' "
    "scores would lead one to expect?"
)
RANDOMISATION = "dates of joining reassigned within regions"
CLUSTERED = "errors clustered by country"
WILD = "wild bootstrap over countries"


@dataclass(frozen=True)
class Findings:
    """What one question's data say under the registered specification and around it."""

    measure: Measure
    registered: Comparison
    test: RandomisationTest
    diagnostics: Diagnostics
    power: pd.DataFrame
    estimates: tuple[Estimate, ...]

    def estimate(self, name: str = "") -> Estimate:
        """The estimate of that name, the primary one if none is given."""
        wanted = f"{self.measure.id}.{name}" if name else self.measure.id
        return next(e for e in self.estimates if e.id == wanted)


def assess_question(question: Question) -> Findings:
    """The registered estimate of one question, its sensitivities, diagnostics and power.

    Raises
    ------
    ParameterError
        If the window leaves too few editions around joining.
    """
    registered = question.comparison(question.registered)
    test = question.test(question.registered, question.params.draws)
    diagnostics = diagnose(question)
    curve = power_curve(registered, question.params.seed, question.alpha)
    estimates = (
        by_randomisation(question, "", question.registered, "primary", "registered", test),
        *_varied_estimates(question),
        *_estimator_estimates(question),
        *_robust_estimates(question, diagnostics),
        *_event_estimates(question, diagnostics),
        _power_estimate(question, curve),
    )
    return Findings(question.measure, registered, test, diagnostics, curve, estimates)


def secondary_estimates(panel: pd.DataFrame, params: Params) -> list[Estimate]:
    """The registered comparison on each secondary outcome, years for editions, adjusted as a grid."""
    found = []
    for measure in SECONDARY:
        question = Question(panel, measure, params)
        years = question.comparison(question.registered).years
        test = question.test(question.registered, params.draws)
        words = f"as registered, years {years[0]} to {years[-1]}"
        found.append(by_randomisation(question, "", question.registered, "secondary", words, test))
    adjusted = multipletests([e.p_value for e in found], method="fdr_bh")[1]
    return [replace(e, p_adjusted=float(p)) for e, p in zip(found, adjusted, strict=True)]


def by_randomisation(
    question: Question,
    name: str,
    specification: Specification,
    role: Role,
    words: str,
    test: RandomisationTest | None = None,
) -> Estimate:
    """The registered estimator under a specification: p and interval by reassigned dates, error clustered by country."""
    test = test or question.test(specification)
    return _estimate(
        question,
        name,
        specification,
        role,
        f"{GROUP_TIME}, {RANDOMISATION}",
        words,
        estimate=test.estimate,
        std_error=question.values(specification, GROUP_TIME)["std_error"],
        ci_low=test.ci_low,
        ci_high=test.ci_high,
        p_value=test.p_value,
    )


def _estimate(
    question: Question, name: str, specification: Specification, role: Role, method: str, words: str, **values: Any
) -> Estimate:
    measure, panel = question.measure, question.comparison(specification).checked
    about: dict[str, Any] = {
        "id": f"{measure.id}.{name}" if name else measure.id,
        "outcome": OUTCOME,
        "question": QUESTION,
        "estimand": f"Average difference associated with having joined, countries that joined: {measure.label}",
        "method": method,
        "specification": words,
        "unit": measure.unit,
        "n_obs": panel.n_obs,
        "n_units": panel.n_units,
        "role": role,
        "ci_level": question.params.confidence_level,
    }
    return Estimate(**{**about, **values})


def _varied_estimates(question: Question) -> list[Estimate]:
    """The registered estimator under every registered departure from the registered comparison."""
    chosen = question.registered
    variants: dict[str, tuple[str, Specification]] = {
        "earliest_dating": ("earliest possible years of joining", replace(chosen, dating="earliest")),
        "latest_dating": ("latest possible years of joining", replace(chosen, dating="latest")),
        "never_treated_controls": ("never-treated controls only", replace(chosen, control="never_treated")),
        "all_regions": ("controls of all regions", replace(chosen, control="all_regions")),
        "anticipation": ("one edition of anticipation", replace(chosen, timing=ANTICIPATED)),
        "year_of_joining": ("first treated in the year of joining", replace(chosen, timing=SAME_YEAR)),
    }
    for iso3 in question.comparison(chosen).joined:
        variants[f"without_{iso3.lower()}"] = (f"without {iso3}", replace(chosen, without=iso3))
    return [by_randomisation(question, name, one, "sensitivity", words) for name, (words, one) in variants.items()]


def _estimator_estimates(question: Question) -> list[Estimate]:
    """Other estimators and other inference on the registered comparison; the plan says which are its sensitivities."""
    chosen, complete = question.registered, replace(question.registered, complete=True)
    roles: dict[str, tuple[str, Role]] = {
        GROUP_TIME: ("clustered", "secondary"),
        SUN_ABRAHAM: ("sun_abraham", "sensitivity"),
        IMPUTATION: ("borusyak_jaravel_spiess", "sensitivity"),
        RANDOM_TIMING: ("roth_santanna", "secondary"),
        TWO_WAY: ("two_way", "secondary"),
    }
    found = []
    for estimator, (name, role) in roles.items():
        one = complete if estimator in NEEDS_COMPLETE else chosen
        words = "only countries in every edition" if estimator in NEEDS_COMPLETE else "registered comparison"
        errors = "errors of random timing" if estimator == RANDOM_TIMING else CLUSTERED
        values = question.values(chosen, estimator)
        found.append(_estimate(question, name, one, role, f"{estimator}, {errors}", words, **values))
    draws = min(question.params.draws, FEWER_DRAWS)
    boot = wild_two_way(question.comparison(chosen), draws, question.params.seed, question.alpha)
    values = {key: getattr(boot, key) for key in ("estimate", "std_error", "ci_low", "ci_high", "p_value")}
    words = f"registered comparison; Webb's weights, {boot.draws} draws"
    return [
        *found,
        _estimate(question, "wild_bootstrap", chosen, "sensitivity", f"{TWO_WAY}, {WILD}", words, **values),
        by_randomisation(question, "every_edition", complete, "secondary", "only countries in every edition"),
    ]


def _robust_estimates(question: Question, diagnostics: Diagnostics) -> list[Estimate]:
    """Intervals that allow trends to part, and the breakdown values, mean over all editions since joining."""
    relative, smooth = diagnostics.relative, diagnostics.smooth
    step = relative.table[relative.table["bound"] == 1.0].iloc[0]
    straight = smooth.table[smooth.table["bound"] == 0.0].iloc[0]
    method = f"{GROUP_TIME} by edition, HonestDiD"
    about = relative.study.target.replace("event times", "editions since joining")
    apart = f"{about}; from one edition to the next trends part by at most as much as they did before joining"
    line = f"{about}; trends part along a straight line; estimate is the middle of the interval"

    def ends(row: pd.Series[Any]) -> dict[str, float]:
        return {"ci_low": float(row["ci_low"]), "ci_high": float(row["ci_high"])}

    found = [
        _estimate(
            question,
            "honest_relative",
            question.registered,
            "sensitivity",
            f"{method}, relative magnitudes",
            apart,
            estimate=float(step["estimate"]),
            **ends(step),
        ),
        _estimate(
            question,
            "honest_smooth",
            question.registered,
            "sensitivity",
            f"{method}, smoothness",
            line,
            estimate=sum(ends(straight).values()) / 2,
            **ends(straight),
        ),
    ]
    for name, sensitivity, unit in (
        ("breakdown_relative", relative, "times the largest step before joining"),
        ("breakdown_smooth", smooth, "score points per edition, change of slope"),
    ):
        found.append(
            _estimate(
                question,
                name,
                question.registered,
                "secondary",
                f"{method}, {sensitivity.restriction}",
                about,
                estimand="Least departure from parallel trends whose interval holds no difference; 0 if none is needed",
                estimate=sensitivity.breakdown,
                unit=unit,
                null_value=math.nan,
                ci_level=math.nan,
            )
        )
    return found


def _event_estimates(question: Question, diagnostics: Diagnostics) -> list[Estimate]:
    """Differences by edition before and since joining; 0 is the first treated edition."""
    found = []
    for since, row in diagnostics.event_studies[GROUP_TIME].by.to_dict("index").items():
        edition = int(float(str(since)))
        name = f"edition_{'minus_' if edition < 0 else ''}{abs(edition)}"
        words = f"{edition:+d} editions from the first treated one, against the last untreated one"
        values = {key: row[key] for key in ("estimate", "std_error", "ci_low", "ci_high", "p_value")}
        method = f"{GROUP_TIME}, {CLUSTERED}"
        found.append(_estimate(question, name, question.registered, "secondary", method, words, **values))
    return found


def _power_estimate(question: Question, curve: pd.DataFrame) -> Estimate:
    row = curve[np.isclose(curve["strength"], SMALLEST_EFFECT)].iloc[0]
    return _estimate(
        question,
        "power",
        question.registered,
        "secondary",
        "Simulation of the registered test",
        f"{row['samples']:.0f} SIMULATED panels of the countries' own residual paths with random signs; difference of "
        f"{SMALLEST_EFFECT:g} standard deviations since joining",
        estimand=f"Power of the registered test against a difference of {number(float(row['difference']), 2)} score points",
        estimate=float(row["power"]),
        std_error=float(row["std_error"]),
        unit="share of panels",
        null_value=question.alpha,
        n_obs=int(row["samples"]),
        ci_level=math.nan,
        data_status="simulated",
    )
