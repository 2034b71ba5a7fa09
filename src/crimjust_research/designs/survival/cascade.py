"""From seizure to conviction: how many cases pass each stage, how long it takes, and what one more conviction costs.

A case record holds the time at which a case reached each stage, the time at which it left without reaching the next,
and nothing for what has not happened yet. Recent cases have had no time to advance, so every share is taken over
mature cases only: those that entered a stage at least `maturity` before the records were drawn. What is left out is
counted beside every number. Registry: docs/methods/survival.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import expit, ndtri

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import (
    generator,
    real_numbers,
    require_columns,
    require_draws,
    require_level,
    require_list,
    require_numbers,
)
from crimjust_research.designs.fit import Printed, coefficient_table
from crimjust_research.designs.numerics import library
from crimjust_research.designs.survival import separation
from crimjust_research.errors import ParameterError

STAGES = ("seizure", "investigation", "prosecution", "conviction")


@dataclass(frozen=True, repr=False)
class CaseRecords(Printed):
    """Checked case records."""

    frame: pd.DataFrame
    """One row per case: case, a time for each stage (missing if not reached), closed, and the covariates."""
    observed_until: float
    covariates: tuple[str, ...]
    per_unit: float
    """How many of the frame's units make one of those in which durations and maturities are given."""
    unit: str
    """What these are called in the plural; empty where nobody said."""

    def shown(self) -> pd.DataFrame:
        """The records."""
        return self.frame


def case_records(
    frame: pd.DataFrame,
    observed_until: float,
    *,
    covariates: Sequence[str] = (),
    per_unit: float = 1.0,
    unit: str = "",
) -> CaseRecords:
    """Case records once their times make sense.

    Whole days keep what happened after equally many days equal: differences of years in decimals differ by rounding, which
    would order events that are tied. With `per_unit` of 365.25 they are counted in days and told in years.

    Parameters
    ----------
    frame : one row per case with columns case, the `STAGES` and closed, as numbers in one unit (say days), missing
        where it has not happened; and the covariates, complete.
    observed_until : time at which the records were drawn, in that unit; nothing later is known.
    per_unit : how many of that unit make one of the durations and maturities that follow; unit : what these are called, such
        as "years".

    Raises
    ------
    ParameterError : columns missing, cases repeated, no time for the first stage, a stage reached without the one
        before or earlier than it, a closing before the last stage reached or after the last stage of all, times after
        `observed_until`, or covariates that are empty or not numeric.
    """
    require_list(covariates=covariates)
    if len(set(covariates)) < len(covariates):
        raise ParameterError(f"covariates are {list(covariates)}; name each once.")
    if not isinstance(observed_until, int | float | np.number) or not isinstance(per_unit, int | float | np.number):
        raise ParameterError(f"observed_until is {observed_until!r} and per_unit {per_unit!r}; give numbers.")
    if not (np.isfinite(observed_until) and 0 < per_unit < np.inf):
        raise ParameterError(
            f"observed_until is {observed_until} and per_unit {per_unit}; give a time, and a number above 0."
        )
    wanted = ["case", *STAGES, "closed", *covariates]
    require_columns(frame, wanted)
    require_numbers(frame, covariates)
    if frame.empty:
        raise ParameterError("There is no record of a case; give at least one.")
    records = frame[wanted].reset_index(drop=True)
    times = np.column_stack([real_numbers(records[stage], stage) for stage in STAGES])
    closed = real_numbers(records["closed"], "closed")
    reached = ~np.isnan(times)
    last = np.where(reached, times, -np.inf).max(axis=1)
    faults = (
        (records["case"].duplicated().to_numpy(), "is recorded twice"),
        (np.isinf(times).any(axis=1) | np.isinf(closed), "has an infinite time"),
        (~reached[:, 0], f"has no time for the first stage, {STAGES[0]}"),
        ((reached[:, 1:] & ~reached[:, :-1]).any(axis=1), "reached a stage without the one before"),
        ((np.diff(times, axis=1) < 0).any(axis=1), "reached a stage before the one it follows"),
        (closed < last, "was closed before the last stage it reached"),
        (reached[:, -1] & ~np.isnan(closed), f"has both {STAGES[-1]} and a closing"),
        (np.fmax(last, closed) > observed_until, f"has a time after the end of observation, {observed_until:g}"),
    )
    for wrong, what in faults:
        if wrong.any():
            raise ParameterError(f"Case {records['case'].iloc[int(np.argmax(wrong))]!r} {what}; mend or drop it.")
    return CaseRecords(records, float(observed_until), tuple(covariates), float(per_unit), unit)


# --- Stages -----------------------------------------------------------------------------------------------------


def stage_entries(records: CaseRecords) -> pd.DataFrame:
    """One row per case and stage it entered, the last stage aside.

    Columns: case, stage, entered, duration (to advancing, closing or the end of observation), cause (1 advanced,
    2 closed, 0 pending), age (of the entry at the end of observation), and the covariates. `duration` and `cause` are
    what the survival designs take.
    """
    parts = []
    for stage, following in pairwise(STAGES):
        inside = records.frame.loc[records.frame[stage].notna()]
        entered = inside[stage].to_numpy(np.float64)
        advanced = inside[following].to_numpy(np.float64)
        closed = np.where(np.isnan(advanced), inside["closed"].to_numpy(np.float64), np.nan)
        end = np.fmin(np.fmin(advanced, closed), records.observed_until)
        part = pd.DataFrame(
            {
                "case": inside["case"].array,
                "stage": stage,
                "entered": entered / records.per_unit,
                # The difference first: equal times stay equal.
                "duration": (end - entered) / records.per_unit,
                "cause": np.where(~np.isnan(advanced), 1, np.where(~np.isnan(closed), 2, 0)),
                "age": (records.observed_until - entered) / records.per_unit,
            }
        )
        parts.append(part.assign(**{c: inside[c].to_numpy() for c in records.covariates}))
    return pd.concat(parts, ignore_index=True)


def mature_entries(records: CaseRecords, maturity: float) -> pd.DataFrame:
    """Stage entries with mature (old enough) and advanced (within `maturity` of entry).

    Raises
    ------
    ParameterError : a maturity that is not positive, or a stage without an entry, or without a mature one.
    """
    if not isinstance(maturity, int | float | np.number) or not 0 < maturity < np.inf:
        raise ParameterError(f"The maturity is {maturity!r}; give a positive time as a number.")
    entries = stage_entries(records)
    entries["mature"] = entries["age"] >= maturity
    entries["advanced"] = (entries["cause"] == 1) & (entries["duration"] <= maturity)
    old = entries.groupby("stage")["mature"].any().reindex(list(STAGES[:-1]), fill_value=False)
    if not old.all():
        stage = old.index[int(np.argmin(old.to_numpy()))]
        longest = entries.loc[entries["stage"] == stage, "age"].max()
        if np.isnan(longest):
            raise ParameterError(
                f"No case came to {stage}, so nothing can be told of what follows, whatever the maturity; give records "
                "among which some did."
            )
        unit = f" {records.unit}".rstrip()
        raise ParameterError(
            f"No case entered {stage} at least {maturity:g}{unit} before its record ends; the longest was there for "
            f"{longest:.2g}{unit}. Shorten the maturity, or wait until cases are older."
        )
    return entries


def transitions(records: CaseRecords, maturity: float, *, alpha: float = 0.05) -> pd.DataFrame:
    """Shares of mature cases that pass each stage within `maturity`, and of the whole way, with intervals.

    Columns: stage, following, entered, immature (entered too late to count), mature, advanced, closed, pending
    (of the mature, within the window), probability, ci_low, ci_high. Intervals are Wilson's; the last row multiplies
    the stages (normal on the logarithm by `log_variances`, stages independent; missing if no case passed one of them).

    Raises
    ------
    ParameterError : see `mature_entries`.
    """
    from statsmodels.stats.proportion import proportion_confint

    require_level(alpha)
    entries = mature_entries(records, maturity)
    rows: list[dict[str, object]] = []
    for stage, following in pairwise(STAGES):
        here = entries.loc[entries["stage"] == stage]
        mature = here.loc[here["mature"]]
        n, advanced = len(mature), int(mature["advanced"].sum())
        closed = int(((mature["cause"] == 2) & (mature["duration"] <= maturity)).sum())
        low, high = proportion_confint(advanced, n, alpha, method="wilson")
        rows.append(
            {
                "stage": stage,
                "following": following,
                "entered": len(here),
                "immature": len(here) - n,
                "mature": n,
                "advanced": advanced,
                "closed": closed,
                "pending": n - advanced - closed,
                "probability": advanced / n,
                "ci_low": low,
                "ci_high": high,
            }
        )
    stages = pd.DataFrame(rows)
    whole = float(np.prod(stages["probability"].to_numpy(np.float64)))
    spread = float(np.exp(ndtri(1 - alpha / 2) * np.sqrt(log_variances(stages, alpha).sum())))
    whole_way = {
        "following": STAGES[-1],
        "advanced": advanced,
        "closed": np.nan,
        "pending": np.nan,
        "probability": whole,
        "ci_low": whole / spread,
        "ci_high": min(whole * spread, 1.0),
    }
    return pd.DataFrame([*rows, rows[0] | whole_way])


def log_variances(stages: pd.DataFrame, alpha: float) -> FloatArray:
    """(stages,) variances of the logarithms of the shares that passed, missing where none did.

    (1 - p) / advanced, which is zero where all passed, be they two or two thousand: there the logarithm is taken to reach
    Wilson's lower limit at `alpha`.

    Parameters
    ----------
    stages : columns advanced, probability and ci_low of `transitions`.
    """
    p, advanced, low = (stages[name].to_numpy(np.float64) for name in ("probability", "advanced", "ci_low"))
    some, all_passed = advanced > 0, p == 1
    variance = np.where(some, (1 - p) / np.where(some, advanced, 1.0), np.nan)
    return np.where(all_passed, (np.log(np.where(all_passed, low, 1.0)) / ndtri(1 - alpha / 2)) ** 2, variance)


def maturity_profile(records: CaseRecords, maturities: Sequence[float], *, alpha: float = 0.05) -> pd.DataFrame:
    """`transitions` at several maturities: what the choice of cut-off does to each share and to the cases left."""
    parts = [transitions(records, m, alpha=alpha).assign(maturity=m) for m in maturities]
    return pd.concat(parts, ignore_index=True)


# --- Continuation ratios ----------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class ContinuationRatios(Printed):
    """A logit of advancing for each stage, among the mature cases that entered it."""

    table: pd.DataFrame
    """stage, term, estimate (log odds ratio), std_error (robust), odds_ratio, ci_low, ci_high, p_value, mature,
    immature. The term "constant" is the log odds of a case with all covariates zero."""
    coefficients: FloatArray
    """(stages - 1, 1 + covariates)"""
    covariances: FloatArray
    """(stages - 1, 1 + covariates, 1 + covariates)"""
    maturity: float
    records: CaseRecords


def continuation_ratios(records: CaseRecords, maturity: float, *, alpha: float = 0.05) -> ContinuationRatios:
    """log odds of passing stage k within `maturity`, given that the case entered it: a_k + x'b_k, for each k.

    Stages condition on the ones before, so their likelihoods are separate and effects may differ by stage
    (Fienberg 1980). Valid if, given covariates, cases entered earlier advance like those entered later. Errors are
    robust by case.

    Raises
    ------
    ParameterError : see `mature_entries`; a stage in which every mature case, or none, advanced, or which the
        covariates predict perfectly.
    """
    import statsmodels.api as sm

    terms = list(records.covariates)
    entries = mature_entries(records, maturity)
    tables, coefficients, covariances = [], [], []
    for stage in STAGES[:-1]:
        here = entries.loc[entries["stage"] == stage]
        mature = here.loc[here["mature"]]
        y = mature["advanced"].to_numpy(np.float64)
        x = np.column_stack([np.ones(len(mature)), mature[terms].to_numpy(np.float64)])
        if y.min() == y.max() or np.linalg.matrix_rank(x) < x.shape[1]:
            raise ParameterError(
                f"Of {len(mature)} mature cases at {stage}, {int(y.sum())} advanced and the covariates have rank "
                f"{np.linalg.matrix_rank(x)} of {x.shape[1]}; a logit needs both outcomes and independent covariates."
            )
        direction = separation.of_chances(x, y == 1)
        if direction is not None:
            what = f"odds ratio of passing on from {stage} with"
            raise ParameterError(separation.without_estimate(direction, ["constant", *terms], x, y == 1, what))
        with library(f"The logit of passing on from {stage} fails; scale the covariates alike"):
            fit = sm.GLM(y, x, family=sm.families.Binomial()).fit(cov_type="HC0")
        estimate = np.asarray(fit.params)
        coefficients.append(estimate)
        covariances.append(np.asarray(fit.cov_params()))
        table = coefficient_table(["constant", *terms], estimate, np.asarray(fit.bse), alpha, ratio="odds_ratio")
        table.insert(0, "stage", stage)
        tables.append(table.assign(mature=len(mature), immature=len(here) - len(mature)))
    return ContinuationRatios(
        pd.concat(tables, ignore_index=True), np.stack(coefficients), np.stack(covariances), float(maturity), records
    )


# --- Additional convictions and their cost ----------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class AdditionalConvictions(Printed):
    """Change in the probability that a case goes the whole way when one covariate goes from 0 to 1."""

    covariate: str
    without: float
    with_it: float
    difference: float
    ci_low: float
    ci_high: float
    draws: int


def additional_convictions(
    model: ContinuationRatios, covariate: str, *, draws: int = 4000, seed: int, alpha: float = 0.05
) -> AdditionalConvictions:
    """Average over the cases of the product of stage probabilities with the covariate at 1 less at 0.

    The interval draws coefficients from their normal approximations, stages independent.

    Raises
    ------
    ParameterError : a covariate that is not in the model, or fewer than 99 draws.
    """
    terms = model.table.loc[model.table["stage"] == STAGES[0], "term"].tolist()
    require_level(alpha)
    require_draws(draws)
    if covariate not in terms[1:]:
        raise ParameterError(f"Covariate {covariate!r} is not in the model; use one of {terms[1:]}.")
    x = np.column_stack([np.ones(len(model.records.frame)), model.records.frame[terms[1:]].to_numpy(np.float64)])
    # Cases with the same covariates count once, by how many they are.
    x, count = np.unique(np.delete(x, terms.index(covariate), axis=1), axis=0, return_counts=True)
    both = [np.insert(x, terms.index(covariate), value, axis=1) for value in (0.0, 1.0)]

    def whole_way(coefficients: FloatArray) -> FloatArray:
        """(2,) mean probabilities of passing all stages, from coefficients (stages - 1, k)."""
        return np.array([count @ expit(design @ coefficients.T).prod(axis=1) / count.sum() for design in both])

    rng = generator(seed)
    drawn = np.stack(
        [
            rng.multivariate_normal(b, v, size=draws, method="cholesky")
            for b, v in zip(model.coefficients, model.covariances, strict=True)
        ],
        axis=1,
    )
    without, with_it = whole_way(model.coefficients)
    differences = np.array([np.diff(whole_way(b))[0] for b in drawn])
    low, high = np.quantile(differences, [alpha / 2, 1 - alpha / 2])
    return AdditionalConvictions(
        covariate, float(without), float(with_it), float(with_it - without), float(low), float(high), draws
    )
