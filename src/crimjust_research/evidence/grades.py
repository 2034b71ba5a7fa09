"""What the registered questions come to: pooled estimates, adjusted by outcome and graded by the plan's rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from crimjust_research.evidence import multiplicity
from crimjust_research.evidence.plan import Plan, Primary

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Graded:
    """One registered question with what was found, how sure, and how much it depends on choices."""

    primary: Primary
    method: str
    estimate: float
    null_value: float
    """What the estimate would be if there were nothing; NaN for a statistic without sign."""
    unit: str
    ci_low: float
    ci_high: float
    ci_level: float
    p_value: float
    p_adjusted: float
    """Over the registered family of the outcome."""
    n_obs: int
    n_units: int
    specifications: int
    agree: float
    """Share of sensitivity specifications on the same side of nothing; for statistics without sign, of those confirming."""
    confirm: float
    """Share of them that are on the same side with p below the plan's level."""
    failed_checks: tuple[str, ...]
    power: float
    grade: str

    found: bool
    """Whether p, adjusted over the family, is below the level of the scorecard, whatever interval the estimate carries."""

    def row(self) -> dict[str, Any]:
        """As a row of the scorecard."""
        own = {k: v for k, v in asdict(self).items() if k not in ("primary", "failed_checks", "ci_level", "found")}
        p = self.primary
        about = {"id": p.id, "outcome": p.outcome, "question": p.question, "estimand": p.estimand}
        return (
            about | own | {"failed_checks": "; ".join(self.failed_checks), "threat": p.threat, "notebook": p.notebook}
        )


def graded(
    plan: Plan, estimates: pd.DataFrame, failed_checks: Mapping[str, Sequence[str]], level: float
) -> tuple[Graded, ...]:
    """Every registered question that has been estimated, in the plan's order.

    Parameters
    ----------
    estimates : estimates of all reference runs, columns of `Estimate` and `run`.
    failed_checks : names of the checks that failed, by run.
    level : p below it counts as confirming, and adjusted p as found.

    Raises
    ------
    DataError
        If a run estimates a registered question more than once.
    """
    estimates = estimates.reset_index(drop=True)
    rows = list(estimates[["run", "id", "role"]].itertuples(index=False, name=None))
    places = multiplicity.primary_rows(rows, plan)
    p_adjusted = multiplicity.pooled_p_values(rows, estimates["p_value"].tolist(), plan)
    return tuple(
        _graded(plan, primary, estimates, place, p_adjusted[place], failed_checks.get(primary.notebook, ()), level)
        for primary in plan.primaries
        if (place := places.get(primary.id)) is not None
    )


def _graded(
    plan: Plan,
    primary: Primary,
    estimates: pd.DataFrame,
    place: int,
    p_adjusted: float,
    failed: Sequence[str],
    level: float,
) -> Graded:
    main: Any = estimates.iloc[place]
    own = estimates[(estimates["run"] == primary.notebook) & estimates["id"].map(primary.estimates)]
    others = own[own["role"] == "sensitivity"]
    agree, confirm = agreement(main["estimate"], main["null_value"], others, level)
    powers = own.loc[own["id"].str.endswith(".power"), "estimate"]
    power = float(powers.iloc[0]) if len(powers) else math.nan
    grade = plan.grade(
        raw_p=main["p_value"],
        adjusted_p=p_adjusted,
        agree=agree,
        confirm=confirm,
        failed_checks=len(failed),
        power=None if math.isnan(power) else power,
    )
    numbers = ("estimate", "null_value", "ci_low", "ci_high", "ci_level", "p_value")
    return Graded(
        primary,
        method=main["method"],
        unit=main["unit"],
        n_obs=int(main["n_obs"]),
        n_units=int(main["n_units"]),
        specifications=len(others),
        agree=agree,
        confirm=confirm,
        failed_checks=tuple(failed),
        power=power,
        p_adjusted=p_adjusted,
        found=p_adjusted < level,
        grade=grade,
        **{name: float(main[name]) for name in numbers},
    )


def agreement(estimate: float, null_value: float, others: pd.DataFrame, level: float) -> tuple[float, float]:
    """Shares of specifications that agree with, and that confirm, an estimate; both zero where there is none.

    Without a sign (null value NaN) agreeing means confirming: p below `level`.
    """
    if not len(others):
        return 0.0, 0.0
    confirming = others["p_value"] < level
    if math.isnan(null_value):
        return float(confirming.mean()), float(confirming.mean())
    same_side = (others["estimate"] - others["null_value"]) * (estimate - null_value) > 0
    return float(same_side.mean()), float((same_side & confirming).mean())
