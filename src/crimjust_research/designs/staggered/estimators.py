"""Effects of a treatment that reaches units at different times: one wrapper over diff-diff.

The only module that imports diff-diff (pinned: its interface moves). Group-time effects are diff-diff's; their
averages, standard errors and bands are this package's, from the same influence functions, because diff-diff has no
calendar average and no overall event-study average. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_draws, require_level, require_list
from crimjust_research.designs.fit import inference
from crimjust_research.designs.numerics import far_level, power_of_two
from crimjust_research.designs.staggered.aggregation import (
    GroupTimeEffects,
    StaggeredResult,
    effect_table,
    unknown_error_notes,
)
from crimjust_research.designs.staggered.panel import (
    StaggeredPanel,
    Timing,
    few_treated_notes,
    largest_group,
    least_known_error,
    staggered_panel,
    whole_periods,
    without_unclear_periods,
)
from crimjust_research.errors import ParameterError

Controls = Literal["never treated", "not yet treated"]
BasePeriod = Literal["varying", "universal"]

CELL_COLUMNS = (
    "group",
    "time",
    "event_time",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "p_value",
    "n_treated",
    "n_controls",
    "timing",
)
COLUMNS = {"outcome": "outcome", "unit": "code", "time": "time", "first_treat": "first_treated"}
NEVER = 0
"""diff-diff's code for a unit that is never treated."""
PARTS = 1024
"""Units that outcomes range over when they go to the library."""


@contextmanager
def _library_calls(notes: list[str]) -> Iterator[None]:
    """Turn what the library warns about into notes of the result, once each, and its refusals into this package's.

    Raises
    ------
    ParameterError : the library cannot fit the panel (say, a propensity that covariates predict perfectly).
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (ValueError, np.linalg.LinAlgError) as error:
            raise ParameterError(f"The estimator cannot be fitted to this panel: {_first_sentence(error)}") from error
    for item in caught:
        if not issubclass(item.category, (DeprecationWarning, FutureWarning, PendingDeprecationWarning)):
            note = _first_sentence(item.message)
            if note not in notes:
                notes.append(note)


def _first_sentence(message: object) -> str:
    return str(message).split(". ")[0].strip().rstrip(".") + "."


def _library_frame(frame: pd.DataFrame, first: int) -> pd.DataFrame:
    """Rows as diff-diff reads them: units by code, 0 for never treated, periods above zero (see `_offset`)."""
    moved = _offset(first)
    begins = frame["first_treated"] + moved
    begins = begins.where(np.isfinite(begins), NEVER).astype(np.int64)
    return frame.assign(time=frame["time"] + moved, first_treated=begins)


def _offset(first: int) -> int:
    """What is added to periods before they go to the library, for which 0 means never: nothing for calendar years."""
    return max(0, 1 - first)


def _in_library_units(checked: StaggeredPanel) -> tuple[pd.DataFrame, float]:
    """The panel's frame with outcomes that range over 512 to 1,024 units, and the unit, which effects are to be multiplied by.

    diff-diff takes unit and period effects off in rounds, until none moves an outcome by more than 1e-8 or 1e-10: that may be
    much of an outcome in small units, and less than the rounding of one that is large or lies far from zero.
    """
    outcome = checked.frame["outcome"].to_numpy()
    unit = power_of_two(float(np.ptp(outcome))) / PARTS
    return checked.frame.assign(outcome=(outcome - far_level(outcome)) / unit), unit


def group_time_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    controls: Controls = "not yet treated",
    covariates: Sequence[str] = (),
    method: Literal["dr", "reg", "ipw"] = "dr",
    base: BasePeriod = "varying",
    weights: str | None = None,
    alpha: float = 0.05,
) -> GroupTimeEffects:
    """ATT(g, t) of Callaway and Sant'Anna (2021) by group of first treatment and period.

    ATT(g, t) compares the change of group g since its last clear untreated period with that of the controls.
    Identified by parallel trends (given covariates, if any) between g and its controls and by no effect before the
    unclear periods of `timing`.

    Parameters
    ----------
    panel : unit, time, outcome, first_treated and the columns named; see `staggered_panel`.
    controls : "never treated", or also those "not yet treated" by t.
    covariates : taken at the base period; `method` says how: doubly robust, outcome regression, inverse probability.
    base : before treatment, compare with the period before ("varying") or with the last untreated one ("universal",
        which sensitivity analysis of the event study needs).
    weights : column of sampling weights, one to a unit: means, propensities and shares of groups are then weighted.

    Raises
    ------
    ParameterError : a panel that is refused, no never-treated unit where asked for, covariates that separate treated
        from control units, weights that change within a unit, or an unknown option.
    """
    require_level(alpha)
    require_list(covariates=covariates)
    if controls not in get_args(Controls) or base not in get_args(BasePeriod) or method not in ("dr", "reg", "ipw"):
        raise ParameterError(
            f"controls is {controls!r}, base {base!r}, method {method!r}; use one of {', '.join(get_args(Controls))}; "
            f"{', '.join(get_args(BasePeriod))}; dr, reg, ipw."
        )
    checked = staggered_panel(panel, timing, covariates, weights=weights)
    weight = unit_weights(checked)
    never = int(np.isinf(checked.cohort).sum())
    if controls == "never treated" and np.isfinite(checked.cohort).all():
        raise ParameterError("No unit is never treated; use controls='not yet treated'.")
    from diff_diff import CallawaySantAnna, SurveyDesign  # type: ignore[import-untyped]

    notes = list(checked.notes)
    if not checked.balanced:
        notes.append("The panel is unbalanced: each effect uses the units observed in both of its periods.")
    estimator = CallawaySantAnna(
        control_group=controls.replace(" ", "_"),
        anticipation=timing.unclear_periods,
        estimation_method=method,
        base_period=base,
        alpha=alpha,
        pscore_fallback="error",
    )
    # The fit of propensities loses its digits where a covariate lies far from zero.
    near = {name: checked.frame[name] - far_level(checked.frame[name].to_numpy()) for name in covariates}
    library_notes: list[str] = []
    with _library_calls(library_notes):
        fit = estimator.fit(
            _library_frame(checked.frame.assign(**near), checked.periods[0]),
            **COLUMNS,
            covariates=list(covariates) or None,
            survey_design=None if weights is None else SurveyDesign(weights="weight"),
        )
    if any(note.startswith("Near-separation") for note in library_notes):
        raise ParameterError(
            "The covariates tell treated from control units almost perfectly, so propensities near 0 or 1 would carry "
            "the estimate; use method='reg' or fewer covariates."
        )
    said = ("Unbalanced panel detected", "pweight weights normalized")
    notes += [note for note in library_notes if not note.startswith(said)]
    # The per-unit influence values have no public name in this version; tests hold them against R's standard errors.
    influence_of = fit._aggregation_kit.influence
    moved = _offset(checked.periods[0])
    rows, columns = [], []
    for (group, time), effect in sorted(fit.group_time_effects.items()):
        psi = np.zeros(checked.n_units)
        info = influence_of.get((group, time))
        if info is None or not np.isfinite(effect["effect"]) or not np.isfinite(effect["se"]):
            continue
        psi[info["treated_idx"]] += info["treated_inf"]
        psi[info["control_idx"]] += info["control_inf"]
        columns.append(psi)
        sizes = int(effect["n_treated"]), int(effect["n_control"])
        rows.append((int(group) - moved, int(time) - moved, float(effect["effect"]), *sizes))
    if not rows:
        raise ParameterError(
            "No group-time effect could be estimated: no group has both a base period and controls; widen the panel."
        )
    cells = pd.DataFrame(rows, columns=["group", "time", "estimate", "n_treated", "n_controls"])
    influence = np.column_stack(columns)
    n_comparison = never if controls == "never treated" else compared_units(checked)
    least_error, few = least_known_error(checked, largest_group(checked.cohort), n_comparison)
    std_error = np.sqrt(np.sum(influence**2, axis=0))
    std_error = np.where(std_error > least_error, std_error, np.nan)
    cells = cells.assign(event_time=cells["time"] - cells["group"], timing=str(timing)).assign(
        **inference(cells["estimate"].to_numpy(), std_error, alpha)
    )
    notes += few + few_treated_notes(checked.cohort)
    return GroupTimeEffects(
        "Callaway-Sant'Anna",
        cells[list(CELL_COLUMNS)],
        influence,
        checked.cohort,
        weight,
        least_error,
        timing,
        controls,
        checked.n_obs,
        alpha,
        tuple(notes),
    )


def unit_weights(panel: StaggeredPanel) -> FloatArray:
    """(n_units,) weights with mean one; ones where the panel has none.

    Raises
    ------
    ParameterError : a weight that changes within a unit.
    """
    if "weight" not in panel.frame:
        return np.ones(panel.n_units)
    by_unit = panel.frame.groupby("code")["weight"].agg(["min", "max"])
    moved = by_unit["min"] < by_unit["max"]
    if moved.any():
        raise ParameterError(
            f"The weight of unit {panel.units[int(np.argmax(moved))]} changes with time; give each unit one weight, such "
            "as that of its first period."
        )
    return np.asarray(by_unit["min"] / by_unit["min"].mean(), np.float64)


def compared_units(panel: StaggeredPanel) -> int:
    """Units that some group is compared with while they are not treated: all but those treated first."""
    return int(np.sum(panel.cohort > panel.cohort.min()))


def imputation_effects(panel: pd.DataFrame, timing: Timing, *, alpha: float = 0.05) -> StaggeredResult:
    """Imputation estimator of Borusyak, Jaravel and Spiess (2024), with leads and lags.

    Unit and period effects are fitted on untreated rows only; the effect on a treated row is its outcome less the
    fitted one. Standard errors are the authors' conservative clustered ones with the leave-one-out refinement, which
    few treated units need.

    Raises
    ------
    ParameterError : a panel that is refused.
    """
    from diff_diff import ImputationDiD

    require_level(alpha)
    checked = staggered_panel(panel, timing)
    frame, unit = _in_library_units(checked)
    clear = without_unclear_periods(replace(checked, frame=frame))
    notes = list(checked.notes)

    def fit(frame: pd.DataFrame, anticipation: int) -> Any:
        estimator = ImputationDiD(alpha=alpha, anticipation=anticipation, pretrends=True, leave_one_out=True)
        return estimator.fit(_library_frame(frame, checked.periods[0]), **COLUMNS)

    with _library_calls(notes):
        overall = fit(clear, 0)
        # Without unclear rows the leads would lose their reference period, so they come from a fit that keeps them.
        by_event = fit(frame, timing.unclear_periods) if timing.unclear_periods else overall
        events = by_event.aggregate("event_study").to_dataframe()
    events = events.loc[~events["is_reference"].astype(bool) & np.isfinite(events["se"].astype(np.float64))]
    return _library_result(
        "Borusyak-Jaravel-Spiess",
        checked,
        len(clear),
        unit * np.concatenate([[overall.overall_att], events["att"]]),
        unit * np.concatenate([[overall.overall_se], events["se"]]),
        events["event_time"].to_numpy(np.float64),
        alpha,
        "never treated and not yet treated",
        notes,
        compared_units(checked),
    )


def interaction_weighted_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    controls: Literal["never treated", "last treated"] = "never treated",
    alpha: float = 0.05,
) -> StaggeredResult:
    """Interaction-weighted event study of Sun and Abraham (2021) against units never treated, or treated last.

    One regression on unit and period effects with every group-by-event-time dummy, averaged by group size. The
    overall effect is the average over treated rows.

    Parameters
    ----------
    controls : "last treated" compares with the group treated last, in the periods before its treatment; the authors'
        choice where every unit is treated in the end. Units never treated are then left out.

    Raises
    ------
    ParameterError : a panel that is refused, no never-treated unit where asked for, or a gap in time where the
        reference period of every group should be.
    """
    from diff_diff import SunAbraham

    require_level(alpha)
    if controls not in ("never treated", "last treated"):
        raise ParameterError(f"controls is {controls!r}; use 'never treated' or 'last treated'.")
    checked = staggered_panel(panel, timing)
    if controls == "last treated":
        checked = _against_last_treated(checked, panel)
    if np.isfinite(checked.cohort).all():
        raise ParameterError(
            "No unit is never treated; use controls='last treated' to compare with the group treated last."
        )
    notes = list(checked.notes)
    frame, unit = _in_library_units(checked)
    with _library_calls(notes):
        estimator = SunAbraham(alpha=alpha, anticipation=timing.unclear_periods, df_convention="normal")
        fit = estimator.fit(_library_frame(frame, checked.periods[0]), **COLUMNS)
    at = np.asarray(fit.event_study_vcov_index, np.float64)
    events = pd.DataFrame(fit.event_study_effects).T.loc[list(fit.event_study_vcov_index)]
    estimate = np.concatenate([[fit.overall_att], events["effect"].astype(np.float64)])
    if not np.isfinite(estimate).all():
        raise ParameterError(
            f"The event study is not identified: the period {1 + timing.unclear_periods} before treatment, from which "
            "every group's effects are counted, is not observed for some group. Number the periods observed 1, 2, 3 in "
            "time and first_treated, or use group-time effects, which start from the last period observed."
        )
    return _library_result(
        "Sun-Abraham",
        checked,
        checked.n_obs,
        unit * estimate,
        unit * np.concatenate([[fit.overall_se], events["se"].astype(np.float64)]),
        at,
        alpha,
        controls,
        notes,
        int(np.isinf(checked.cohort).sum()),
        covariance=pd.DataFrame(unit**2 * fit.event_study_vcov, pd.Index(at, name="at"), pd.Index(at, name="at")),
    )


def _against_last_treated(checked: StaggeredPanel, panel: pd.DataFrame) -> StaggeredPanel:
    """The panel with the group treated last as never treated, up to the period before it may respond to treatment."""
    last = float(checked.cohort[np.isfinite(checked.cohort)].max())
    shift, unclear = checked.timing.shift, checked.timing.unclear_periods
    panel = panel.reset_index(drop=True)
    time, begins = (whole_periods(panel[column], column, panel.index) for column in ("time", "first_treated"))
    begins = begins + shift
    kept = time.isin(np.arange(checked.periods[0], last - unclear)) & (begins <= last)
    shorter = panel.loc[kept].assign(first_treated=(begins - shift).where(begins < last))
    again = staggered_panel(shorter, checked.timing)
    note = f"Compared with the group first treated in {last:g}; periods from {last - unclear:g} on are left out."
    return replace(again, notes=(*again.notes, note))


def _library_result(
    name: str,
    checked: StaggeredPanel,
    n_obs: int,
    estimate: FloatArray,
    std_error: FloatArray,
    event_times: FloatArray,
    alpha: float,
    controls: str,
    notes: list[str],
    n_comparison: int,
    covariance: pd.DataFrame | None = None,
) -> StaggeredResult:
    """An event study of diff-diff, overall effect first, in the common table."""
    exposed = checked.cohort[np.isfinite(checked.cohort)]
    last = checked.periods[-1]
    counts = [np.sum((exposed + at <= last) & (exposed + at >= checked.periods[0])) for at in event_times]
    least_error, few = least_known_error(checked, largest_group(checked.cohort), n_comparison)
    table = effect_table(
        name,
        "event",
        np.concatenate([[np.nan], event_times]),
        np.asarray(estimate, np.float64),
        np.asarray(std_error, np.float64),
        alpha,
        checked.timing,
        n_treated=[exposed.size, *counts],
        least_error=least_error,
    )
    return StaggeredResult(
        name,
        table,
        covariance if np.isfinite(least_error) else None,
        checked.timing,
        controls,
        n_obs,
        checked.n_units,
        checked.n_treated_units,
        (*notes, *few, *few_treated_notes(checked.cohort), *unknown_error_notes(table)),
    )


def synthetic_effects(
    panel: pd.DataFrame, timing: Timing, *, draws: int = 199, seed: int = 0, alpha: float = 0.05
) -> StaggeredResult:
    """Synthetic difference-in-differences (Arkhangelsky and others 2021), one group of first treatment after the other.

    Never-treated units are weighted so that they moved before treatment as the group did, and periods before treatment so
    that they resemble those after it. Identified if that keeps on after treatment. Groups are averaged by treated rows.
    The standard error of a group is the spread of as large groups of never-treated units (placebo); that of the average
    adds the groups' errors up, as if they moved together, because they share the units compared with.

    Parameters
    ----------
    draws, seed : of the placebo groups.

    Raises
    ------
    ParameterError : a panel that is refused or unbalanced, or too few never-treated units or periods before treatment.
    """
    require_level(alpha)
    require_draws(draws)
    checked = staggered_panel(panel, timing)
    if not checked.balanced:
        raise ParameterError(
            "Synthetic difference-in-differences needs every unit in every period; keep units observed throughout."
        )
    from diff_diff import SyntheticDiD

    frame, periods, notes = checked.frame, np.asarray(checked.periods), list(checked.notes)
    groups, sizes = np.unique(checked.cohort[np.isfinite(checked.cohort)], return_counts=True)
    found, rows = [], []
    for group, size in zip(groups, sizes, strict=True):
        unclear = frame["time"].between(group - timing.unclear_periods, group - 1)
        own = frame[(frame["first_treated"].isin([group, np.inf])) & ~unclear]
        own = own.assign(treated=np.isfinite(own["first_treated"]).astype(np.int64))
        after = [int(period) for period in periods[periods >= group]]
        with _library_calls(notes):
            estimator = SyntheticDiD(variance_method="placebo", n_bootstrap=draws, seed=seed, alpha=alpha)
            fit = estimator.fit(
                own, outcome="outcome", treatment="treated", unit="code", time="time", post_periods=after
            )
        found.append((float(fit.att), float(fit.se)))
        rows.append(size * len(after))
    each, errors = np.array(found).T
    weight = np.array(rows) / np.sum(rows)
    name = "Synthetic difference-in-differences"
    table = effect_table(
        name,
        "group",
        [np.nan, *groups],
        np.array([weight @ each, *each]),
        np.array([weight @ errors, *errors]),
        alpha,
        timing,
        n_treated=[int(sizes.sum()), *sizes.tolist()],
        least_error=checked.rounding,
    )
    return StaggeredResult(
        name,
        table,
        None,
        timing,
        "never treated, weighted",
        checked.n_obs,
        checked.n_units,
        checked.n_treated_units,
        (*notes, *unknown_error_notes(table)),
    )
