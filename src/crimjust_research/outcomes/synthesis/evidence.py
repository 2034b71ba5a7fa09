"""What the registered questions came to: estimates of the reference runs, adjusted by outcome and graded by the rule."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from statsmodels.stats.multitest import multipletests

from crimjust_research.errors import DataError
from crimjust_research.evidence.estimates import Used
from crimjust_research.evidence.plan import Plan, Primary


@dataclass(frozen=True)
class Saved:
    """A reference run as saved: its notebook, its record and its estimates."""

    notebook: str
    assessment: dict[str, Any]
    estimates: pd.DataFrame
    used: Used


@dataclass(frozen=True)
class Evidence:
    """One registered question with what was found, how sure, and how much it depends on choices."""

    primary: Primary
    notebook: str
    method: str
    estimate: float
    null_value: float
    """What the estimate would be if there were nothing; NaN for a statistic without sign."""
    unit: str
    ci_low: float
    ci_high: float
    p_value: float
    p_family: float
    """Holm over the primary questions of the outcome that have been estimated."""
    n_specifications: int
    agree: float
    """Share of sensitivity specifications on the same side of nothing; for statistics without sign, of those confirming."""
    confirm: float
    """Share of them that are on the same side with p below the plan's level."""
    failed_checks: tuple[str, ...]
    power: float
    grade: str


def saved_runs(reports: Path) -> tuple[Saved, ...]:
    """Every reference run under `reports`.

    Raises
    ------
    DataError
        If there is none, or a run's estimates are missing.
    """
    found = []
    for path in sorted((reports / "assessments").glob("*.json")):
        estimates = reports / "tables" / path.stem / "estimates.csv"
        try:
            content = estimates.read_bytes()
        except FileNotFoundError:
            raise DataError(f"{estimates} is missing; run {path.stem} again") from None
        name = f"reports/tables/{path.stem}/estimates.csv"
        found.append(
            Saved(
                path.stem,
                json.loads(path.read_text(encoding="utf-8")),
                pd.read_csv(estimates, keep_default_na=True),
                Used(name, "reference run", hashlib.sha256(content).hexdigest()),
            )
        )
    if not found:
        raise DataError(f"{reports} holds no run; run the other notebooks first: crimjust run all")
    return tuple(found)


def evidence(plan: Plan, runs: Sequence[Saved], level: float) -> tuple[Evidence, ...]:
    """Registered questions that have been estimated, adjusted within their outcome and graded.

    Parameters
    ----------
    level : p below it counts as confirming, and as found.

    Raises
    ------
    DataError
        If a run estimates a registered question not exactly once.
    """
    by_name = {run.assessment["name"]: run for run in runs}
    ungraded = [
        _ungraded(primary, by_name[primary.assessment], level)
        for primary in plan.primaries
        if primary.assessment in by_name
    ]
    found = []
    for outcome in sorted({e.primary.outcome for e in ungraded}):
        family = [e for e in ungraded if e.primary.outcome == outcome]
        adjusted = multipletests([e.p_value for e in family], method="holm")[1]
        found += [replace(e, p_family=float(p)) for e, p in zip(family, adjusted, strict=True)]
    return tuple(
        replace(
            e,
            grade=plan.grade(
                raw_p=e.p_value,
                adjusted_p=e.p_family,
                agree=e.agree,
                confirm=e.confirm,
                failed_checks=len(e.failed_checks),
                power=None if math.isnan(e.power) else e.power,
            ),
        )
        for e in found
    )


def _ungraded(primary: Primary, run: Saved, level: float) -> Evidence:
    own = run.estimates[run.estimates["id"].map(primary.estimates)]
    main = own[own["role"] == "primary"]
    if len(main) != 1:
        raise DataError(f"run {run.notebook} holds {len(main)} primary estimates of {primary.id!r}; there must be one")
    row = main.to_dict("records")[0]
    others = own[own["role"] == "sensitivity"]
    agree, confirm = agreement(row["estimate"], row["null_value"], others, level)
    power = own.loc[own["id"].str.endswith(".power"), "estimate"]
    return Evidence(
        primary=primary,
        notebook=run.notebook,
        method=row["method"],
        estimate=row["estimate"],
        null_value=row["null_value"],
        unit=row["unit"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        p_value=row["p_value"],
        p_family=math.nan,
        n_specifications=len(others),
        agree=agree,
        confirm=confirm,
        failed_checks=tuple(c["name"] for c in run.assessment["checks"] if c["passed"] is False),
        power=float(power.iloc[0]) if len(power) else math.nan,
        grade="",
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


def scorecard(found: Iterable[Evidence]) -> pd.DataFrame:
    """Evidence as a table: one row a registered question."""
    return pd.DataFrame(
        [
            {
                "outcome": e.primary.outcome,
                "question": e.primary.question,
                "estimand": e.primary.estimand,
                "estimate": e.estimate,
                "null_value": e.null_value,
                "unit": e.unit,
                "ci_low": e.ci_low,
                "ci_high": e.ci_high,
                "p_value": e.p_value,
                "p_family": e.p_family,
                "specifications": e.n_specifications,
                "agree": e.agree,
                "confirm": e.confirm,
                "failed_checks": "; ".join(e.failed_checks),
                "power": e.power,
                "grade": e.grade,
                "main_threat": e.primary.threat,
                "notebook": e.notebook,
            }
            for e in found
        ]
    )
