"""Effects of a treatment that reaches units at different times: one wrapper over diff-diff.

The only module that imports diff-diff (pinned: its interface moves). Group-time effects are diff-diff's; their
averages, standard errors and bands are this package's, from the same influence functions, because diff-diff has no
calendar average and no overall event-study average. Registry: docs/methods/staggered.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.fit import Printed, inference
from crimjust_research.designs.staggered.aggregation import (
    GroupTimeEffects,
    StaggeredResult,
    effect_table,
)
from crimjust_research.designs.staggered.panel import StaggeredPanel, Timing, staggered_panel, without_unclear_periods
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
FEW_TREATED = 5
NEVER = 0
"""diff-diff's code for a unit that is never treated."""


@dataclass(frozen=True, repr=False)
class TwoWayDecomposition(Printed):
    """Goodman-Bacon decomposition of the two-way fixed effects coefficient into two-by-two comparisons."""

    comparisons: pd.DataFrame
    """treated, control (first treated period, inf if never), kind, estimate, weight, n_treated, n_control, timing."""
    by_kind: pd.DataFrame
    """kind, weight, estimate (weighted mean within the kind)."""
    two_way: float
    """The two-way fixed effects coefficient; equal to the weighted sum of the comparisons."""
    timing: Timing
    n_obs: int
    notes: tuple[str, ...]

    def shown(self) -> pd.DataFrame:
        """Weight and mean estimate of each kind of comparison."""
        return self.by_kind


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


def _library_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows as diff-diff reads them: units by code, 0 for never treated."""
    first = frame["first_treated"]
    if (frame["time"] <= NEVER).any() or (first <= NEVER).any():
        raise ParameterError("Periods must be positive whole numbers such as calendar years; number them from 1.")
    return frame.assign(first_treated=first.where(np.isfinite(first), NEVER).astype(np.int64))


def group_time_effects(
    panel: pd.DataFrame,
    timing: Timing,
    *,
    controls: Controls = "not yet treated",
    covariates: Sequence[str] = (),
    method: Literal["dr", "reg", "ipw"] = "dr",
    base: BasePeriod = "varying",
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

    Raises
    ------
    ParameterError : a panel that is refused, no never-treated unit where asked for, covariates that separate treated
        from control units, or an unknown option.
    """
    if controls not in get_args(Controls) or base not in get_args(BasePeriod) or method not in ("dr", "reg", "ipw"):
        raise ParameterError(
            f"controls is {controls!r}, base {base!r}, method {method!r}; use one of {', '.join(get_args(Controls))}; "
            f"{', '.join(get_args(BasePeriod))}; dr, reg, ipw."
        )
    checked = staggered_panel(panel, timing, covariates)
    if controls == "never treated" and np.isfinite(checked.cohort).all():
        raise ParameterError("No unit is never treated; use controls='not yet treated'.")
    from diff_diff import CallawaySantAnna  # type: ignore[import-untyped]

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
    library_notes: list[str] = []
    with _library_calls(library_notes):
        fit = estimator.fit(_library_frame(checked.frame), **COLUMNS, covariates=list(covariates) or None)
    if any(note.startswith("Near-separation") for note in library_notes):
        raise ParameterError(
            "The covariates tell treated from control units almost perfectly, so propensities near 0 or 1 would carry "
            "the estimate; use method='reg' or fewer covariates."
        )
    notes += [note for note in library_notes if not note.startswith("Unbalanced panel detected")]
    # The per-unit influence values have no public name in this version; tests hold them against R's standard errors.
    influence_of = fit._aggregation_kit.influence
    rows, columns = [], []
    for (group, time), effect in sorted(fit.group_time_effects.items()):
        psi = np.zeros(checked.n_units)
        info = influence_of.get((group, time))
        if info is None or not np.isfinite(effect["effect"]) or not np.isfinite(effect["se"]):
            continue
        psi[info["treated_idx"]] += info["treated_inf"]
        psi[info["control_idx"]] += info["control_inf"]
        columns.append(psi)
        rows.append(
            (int(group), int(time), float(effect["effect"]), int(effect["n_treated"]), int(effect["n_control"]))
        )
    if not rows:
        raise ParameterError("No group-time effect could be estimated: no group has both a base period and controls.")
    cells = pd.DataFrame(rows, columns=["group", "time", "estimate", "n_treated", "n_controls"])
    influence = np.column_stack(columns)
    std_error = np.sqrt(np.sum(influence**2, axis=0))
    cells = cells.assign(event_time=cells["time"] - cells["group"], timing=str(timing)).assign(
        **inference(cells["estimate"].to_numpy(), std_error, alpha)
    )
    notes += _few_treated_notes(checked.cohort)
    return GroupTimeEffects(
        "Callaway-Sant'Anna",
        cells[list(CELL_COLUMNS)],
        influence,
        checked.cohort,
        timing,
        controls,
        checked.n_obs,
        alpha,
        tuple(notes),
    )


def _few_treated_notes(cohort: FloatArray) -> list[str]:
    """A warning where groups are too small for the standard errors of any of these estimators."""
    sizes = np.unique(cohort[np.isfinite(cohort)], return_counts=True)[1]
    if not (sizes < FEW_TREATED).any():
        return []
    return [
        f"{int((sizes < FEW_TREATED).sum())} of {sizes.size} groups have fewer than {FEW_TREATED} treated units; "
        "standard errors are then too small. Rely on randomisation inference."
    ]


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

    checked = staggered_panel(panel, timing)
    clear = without_unclear_periods(checked)
    notes = list(checked.notes)

    def fit(frame: pd.DataFrame, anticipation: int) -> Any:
        estimator = ImputationDiD(alpha=alpha, anticipation=anticipation, pretrends=True, leave_one_out=True)
        return estimator.fit(_library_frame(frame), **COLUMNS)

    with _library_calls(notes):
        overall = fit(clear, 0)
        # Without unclear rows the leads would lose their reference period, so they come from a fit that keeps them.
        by_event = fit(checked.frame, timing.unclear_periods) if timing.unclear_periods else overall
        events = by_event.aggregate("event_study").to_dataframe()
    events = events.loc[~events["is_reference"].astype(bool) & np.isfinite(events["se"].astype(np.float64))]
    return _library_result(
        "Borusyak-Jaravel-Spiess",
        checked,
        len(clear),
        np.concatenate([[overall.overall_att], events["att"]]),
        np.concatenate([[overall.overall_se], events["se"]]),
        events["event_time"].to_numpy(np.float64),
        alpha,
        "never treated and not yet treated",
        notes,
    )


def interaction_weighted_effects(panel: pd.DataFrame, timing: Timing, *, alpha: float = 0.05) -> StaggeredResult:
    """Interaction-weighted event study of Sun and Abraham (2021) against never-treated units.

    One regression on unit and period effects with every group-by-event-time dummy, averaged by group size. The
    overall effect is the average over treated rows.

    Raises
    ------
    ParameterError : a panel that is refused, or no never-treated unit.
    """
    from diff_diff import SunAbraham

    checked = staggered_panel(panel, timing)
    if np.isfinite(checked.cohort).all():
        raise ParameterError("No unit is never treated; this estimator compares with never-treated units.")
    notes = list(checked.notes)
    with _library_calls(notes):
        estimator = SunAbraham(alpha=alpha, anticipation=timing.unclear_periods, df_convention="normal")
        fit = estimator.fit(_library_frame(checked.frame), **COLUMNS)
    at = np.asarray(fit.event_study_vcov_index, np.float64)
    events = pd.DataFrame(fit.event_study_effects).T.loc[list(fit.event_study_vcov_index)]
    return _library_result(
        "Sun-Abraham",
        checked,
        checked.n_obs,
        np.concatenate([[fit.overall_att], events["effect"].astype(np.float64)]),
        np.concatenate([[fit.overall_se], events["se"].astype(np.float64)]),
        at,
        alpha,
        "never treated",
        notes,
        covariance=pd.DataFrame(fit.event_study_vcov, pd.Index(at, name="at"), pd.Index(at, name="at")),
    )


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
    covariance: pd.DataFrame | None = None,
) -> StaggeredResult:
    """An event study of diff-diff, overall effect first, in the common table."""
    exposed = checked.cohort[np.isfinite(checked.cohort)]
    last = checked.periods[-1]
    counts = [np.sum((exposed + at <= last) & (exposed + at >= checked.periods[0])) for at in event_times]
    table = effect_table(
        name,
        "event",
        np.concatenate([[np.nan], event_times]),
        np.asarray(estimate, np.float64),
        np.asarray(std_error, np.float64),
        alpha,
        checked.timing,
        n_treated=[exposed.size, *counts],
    )
    return StaggeredResult(
        name,
        table,
        covariance,
        checked.timing,
        controls,
        n_obs,
        checked.n_units,
        checked.n_treated_units,
        (*notes, *_few_treated_notes(checked.cohort)),
    )


def two_way_decomposition(panel: pd.DataFrame, timing: Timing) -> TwoWayDecomposition:
    """Goodman-Bacon (2021) decomposition of the two-way fixed effects coefficient, exact weights.

    Comparisons of a later group with an earlier one that is already treated carry weight in the coefficient although
    they are no estimate of an effect when effects change with time; `by_kind` shows how much.

    Raises
    ------
    ParameterError : a panel that is refused, unbalanced, or with unclear periods (the decomposition has no place for
        rows that are neither treated nor untreated).
    """
    from diff_diff import BaconDecomposition

    checked = staggered_panel(panel, timing)
    if not checked.balanced:
        raise ParameterError("The decomposition needs every unit in every period; keep units observed throughout.")
    if timing.unclear_periods:
        raise ParameterError(f"The decomposition has no place for unclear periods ({timing}); use a plain convention.")
    notes = list(checked.notes)
    with _library_calls(notes):
        fit = BaconDecomposition().fit(_library_frame(checked.frame), **COLUMNS)
    raw = fit.to_dataframe()
    kinds = {
        "treated_vs_never": "treated against never treated",
        "earlier_vs_later": "earlier against later, not yet treated",
        "later_vs_earlier": "later against earlier, already treated",
    }
    comparisons = pd.DataFrame(
        {
            "treated": raw["treated_group"].astype(np.float64),
            "control": pd.to_numeric(raw["control_group"].replace("never_treated", np.inf)).astype(np.float64),
            "kind": raw["comparison_type"].map(kinds),
            "estimate": raw["estimate"],
            "weight": raw["weight"],
            "n_treated": raw["n_treated"],
            "n_control": raw["n_control"],
            "timing": str(timing),
        }
    )
    weighted = comparisons.assign(product=comparisons["estimate"] * comparisons["weight"]).groupby("kind", sort=True)
    by_kind = weighted[["weight", "product"]].sum().reset_index()
    by_kind["estimate"] = by_kind.pop("product") / by_kind["weight"]
    return TwoWayDecomposition(comparisons, by_kind, float(fit.twfe_estimate), timing, checked.n_obs, tuple(notes))
