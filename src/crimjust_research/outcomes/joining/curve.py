"""One estimate for every combination of choices: the specification curve."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import get_args

import pandas as pd

from crimjust_research.outcomes.joining.comparison import TIMINGS, Specification
from crimjust_research.outcomes.joining.estimators import ESTIMATORS, GROUP_TIME
from crimjust_research.outcomes.joining.parameters import Control, Dating
from crimjust_research.outcomes.joining.question import Question

CONTROLS = {
    "not_yet_treated": "not yet or never joined",
    "never_treated": "never entered",
    "all_regions": "all regions",
}
_VALUES = ("estimate", "ci_low", "ci_high", "p_value")


def specification_curve(question: Question) -> pd.DataFrame:
    """Estimates under every combination of dating, controls and first treated edition, and of dating and estimator.

    The registered estimator comes with the interval and p of reassigned dates, the others with those of errors
    clustered by country, which few treated countries make too narrow.

    Returns
    -------
    DataFrame: outcome, estimator, dating, controls, first_treated, left_out, estimate, ci_low, ci_high, p_value,
    registered.
    """
    rows = []

    def add(estimator: str, timing: str, one: Specification) -> None:
        if estimator == GROUP_TIME:
            test = question.test(one)
            values = {key: getattr(test, key) for key in _VALUES}
        else:
            values = question.values(one, estimator)
        choices = (one.dating, CONTROLS[one.control], timing, one.without or "none")
        rows.append((question.measure.id, estimator, *choices, *(values[key] for key in _VALUES)))

    for dating, control, (timing, convention) in product(get_args(Dating), get_args(Control), TIMINGS.items()):
        add(GROUP_TIME, timing, Specification(dating, control, convention))
    chosen = question.registered
    usual = next(name for name, convention in TIMINGS.items() if convention == chosen.timing)
    for estimator, dating in product([e for e in ESTIMATORS if e != GROUP_TIME], get_args(Dating)):
        add(estimator, usual, replace(chosen, dating=dating))
    for iso3 in question.comparison(chosen).joined:
        add(GROUP_TIME, usual, replace(chosen, without=iso3))
    columns = ["outcome", "estimator", "dating", "controls", "first_treated", "left_out"]
    table = pd.DataFrame(rows, columns=[*columns, *_VALUES])
    table["registered"] = (
        (table["estimator"] == GROUP_TIME)
        & (table["dating"] == chosen.dating)
        & (table["controls"] == CONTROLS[chosen.control])
        & (table["first_treated"] == usual)
        & (table["left_out"] == "none")
    )
    return table
