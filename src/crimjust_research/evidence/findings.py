"""What has been found about each registered question, gathered from pooled estimates and checks, and its grade."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import DataError
from crimjust_research.evidence import multiplicity, rule
from crimjust_research.evidence.estimates import check_name
from crimjust_research.evidence.plan import CALIBRATED, SIZES, Plan, Primary

if TYPE_CHECKING:
    import pandas as pd

SIMULATED = "its data are SIMULATED, and evidence of nothing"


@dataclass(frozen=True)
class Answered:
    """One registered question as estimated: what was found, and the grade at the margin, at half and at double."""

    primary: Primary
    estimate: float
    null_value: float
    estimand: str
    method: str
    specification: str
    unit: str
    ci_low: float
    ci_high: float
    ci_level: float
    p_value: float
    n_obs: int
    n_units: int
    findings: Mapping[str, rule.Finding]
    """By size: half, margin, double, p adjusted at each."""
    graded: Mapping[str, rule.Graded]

    @property
    def finding(self) -> rule.Finding:
        """What was found, held against the margin."""
        return self.findings["margin"]

    @property
    def p_adjusted(self) -> float:
        """Over the registered family of the outcome."""
        return self.finding.p_adjusted

    @property
    def grade(self) -> str:
        return self.graded["margin"].grade


def answered(
    plan: Plan, estimates: pd.DataFrame, checks: Mapping[str, Sequence[Mapping[str, Any]]]
) -> tuple[Answered, ...]:
    """Every registered question that has been estimated, in the plan's order, graded by the plan's rule.

    Parameters
    ----------
    estimates : estimates of all reference runs, columns of `Estimate` and `run`.
    checks : checks of each run: name, of, passed, power.

    Raises
    ------
    DataError
        If a run estimates a registered question more than once, holds two estimates of one id, or lacks what the plan lists.
    """
    estimates = estimates.reset_index(drop=True)
    rows = list(estimates[["run", "id", "role"]].itertuples(index=False, name=None))
    places = multiplicity.primary_rows(rows, plan)
    found = {
        primary.id: _gathered(plan, primary, estimates, place, checks.get(primary.notebook, ()))
        for primary in plan.primaries
        if (place := places.get(primary.id)) is not None
    }
    by_size = {size: graded({name: each[size] for name, each in found.items()}, plan) for size in SIZES}
    numbers = ("estimate", "null_value", "ci_low", "ci_high", "ci_level", "p_value")
    return tuple(
        Answered(
            primary=primary,
            estimand=str(estimates["estimand"].iloc[place]),
            method=str(estimates["method"].iloc[place]),
            specification=str(estimates["specification"].iloc[place]),
            unit=str(estimates["unit"].iloc[place]),
            n_obs=int(estimates["n_obs"].iloc[place]),
            n_units=int(estimates["n_units"].iloc[place]),
            findings={size: by_size[size][primary.id][0] for size in SIZES},
            graded={size: by_size[size][primary.id][1] for size in SIZES},
            **{name: float(estimates[name].iloc[place]) for name in numbers},
        )
        for primary in plan.primaries
        if (place := places.get(primary.id)) is not None
    )


def graded(found: Mapping[str, rule.Finding], plan: Plan) -> dict[str, tuple[rule.Finding, rule.Graded]]:
    """Findings (by question id) with p adjusted once over their families, and their grades.

    Estimates and equivalence are adjusted apart, and a question that is not answerable has p = 1 in both families.
    """
    able = {name: not each.not_answerable(plan.thresholds) for name, each in found.items()}
    p = multiplicity.family_p_values({n: f.p_value if able[n] else 1.0 for n, f in found.items()}, plan)
    within = multiplicity.family_p_values({n: f.equivalence_p if able[n] else 1.0 for n, f in found.items()}, plan)
    settled = {n: f.adjusted(p[n], within[n]) for n, f in found.items()}
    return {n: (f, rule.graded(f, plan.thresholds)) for n, f in settled.items()}


def _gathered(
    plan: Plan,
    primary: Primary,
    estimates: pd.DataFrame,
    place: int,
    checks: Iterable[Mapping[str, Any]],
) -> dict[str, rule.Finding]:
    """What was found about one question, by size of the margin."""
    own = estimates[(estimates["run"] == primary.notebook) & estimates["id"].map(primary.estimates)].set_index("id")
    main: Any = estimates.iloc[place]
    if not own.index.is_unique:
        twice = own.index[own.index.duplicated()][0]
        raise DataError(f"run {primary.notebook} holds two estimates {twice!r}; run it again")
    margin, alpha = primary.margin, plan.thresholds.alpha
    ruled_out = SIMULATED if main["data_status"] == "simulated" else primary.ruled_out
    level = 1 - 2 * alpha if primary.asks == "equivalence" else plan.rules.confidence_level
    is_read = math.isclose(main["ci_level"], level)
    if not (ruled_out or primary.own or is_read):
        raise DataError(
            f"estimate {main['id']!r} has an interval of level {main['ci_level']:g}; the rule reads {level:g}"
        )

    def effect(row: Any, column: str = "estimate") -> float:
        null_value = float(row["null_value"])
        if margin.scale == "ratio" and not null_value > 0:
            raise DataError(
                f"estimate {main['id']!r} of {primary.id}: a ratio has a null value above 0, not {null_value:g}"
            )
        return margin.effect(float(row[column]), null_value)

    def diagnostic(name: str, column: str = "estimate") -> float:
        if ruled_out:
            return math.nan
        if (key := f"{main['id']}.{name}") not in own.index:
            raise DataError(f"run {primary.notebook} holds no estimate {key!r}; run it again: crimjust run")
        value: Any = own.loc[key, column]
        return float(value)

    specifications = [
        rule.Specification(
            id=name,
            varies=variation.varies,
            effect=effect(row),
            p_value=float(row["p_value"]),
            altered=float(row["altered"]),
            rows=float(row["n_obs"] / main["n_obs"]),
        )
        for name, variation in primary.counted.items()
        if (row := _row(own, primary, f"{main['id']}.{name}")) is not None
    ]
    left_out = []
    for name, row in own[own["role"] == "left_out"].iterrows():
        if not math.isclose(row["ci_level"], 1 - 2 * alpha):
            raise DataError(
                f"estimate {name!r} has an interval of level {row['ci_level']:g}; the rule reads {1 - 2 * alpha:g}"
            )
        low, high = effect(row, "ci_low"), effect(row, "ci_high")
        left_out.append(rule.LeftOut(row["specification"], effect(row), float(row["p_value"]), low, high))
    if not (left_out or ruled_out or primary.own):
        raise DataError(f"run {primary.notebook} leaves out no {primary.sampled} of {primary.id}; run it again")
    mine = {check["name"]: check for check in checks if check["of"] == primary.name}
    found_checks = [_check(primary, name, mine) for name in primary.checks]
    calibrated = diagnostic(CALIBRATED, "p_value") if primary.sizes and not ruled_out else float(main["p_value"])
    sizes = [diagnostic(f"size.{name}") for name in primary.sizes]
    return {
        size: rule.Finding(
            asks=primary.asks,
            expects=primary.expects,
            margin=worth,
            level=plan.level(primary.outcome),
            ruled_out=ruled_out,
            effect=effect(main),
            # An interval of another level tells nothing to the rule.
            ci_low=effect(main, "ci_low") if is_read or ruled_out else math.nan,
            ci_high=effect(main, "ci_high") if is_read or ruled_out else math.nan,
            p_value=calibrated,
            equivalence_p=diagnostic(f"equivalence.{size}", "p_value"),
            power=diagnostic(f"power.{size}"),
            least_p=diagnostic("least_p"),
            size=max(sizes) if sizes and not any(map(math.isnan, sizes)) else math.nan,
            specifications=tuple(specifications),
            left_out=tuple(left_out),
            checks=tuple(found_checks),
            looked_further=not primary.own,
            equivalence_errs=primary.id in plan.rules.equivalence_errs,
        )
        for size, worth in margin.sizes.items()
    }


def _row(own: pd.DataFrame, primary: Primary, key: str) -> Any:
    if key in own.index and own.loc[key, "role"] == "sensitivity":
        return own.loc[key]
    if primary.ruled_out:  # what it can come to hangs on no specification
        return None
    raise DataError(f"run {primary.notebook} holds no sensitivity {key!r}, which the plan lists; run it again")


def _check(primary: Primary, name: str, mine: Mapping[str, Mapping[str, Any]]) -> rule.CheckFound:
    if (check := mine.get(check_name(name))) is None:
        raise DataError(f"run {primary.notebook} holds no check {name!r} of {primary.id}; run it again")
    return rule.CheckFound(
        check["name"], check["passed"], math.nan if check["power"] is None else float(check["power"])
    )
