"""What the plan admits of what a notebook records for a registered question, and what of it is not recorded yet."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from crimjust_research import parameters_cell
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Estimate, Role
from crimjust_research.evidence.plan import CALIBRATED, PATH, SIZES, OwnPlan, Primary


def departures(values: Mapping[str, Any], registered: Mapping[str, Any], own: OwnPlan | None = None) -> tuple[str, ...]:
    """Where the values of parameters, as JSON has them, differ from those of the plan in force: "end is 2018; registered is
    2022", or where that is an evaluator's `own`, "the plan has 2022"."""
    told = parameters_cell.told(values)
    by = "the plan has" if own else "registered is"
    return tuple(
        f"{name} is {parameters_cell.in_words(told[name])}; {by} {parameters_cell.in_words(registered[name])}"
        for name, value in values.items()
        if value != registered[name]
    )


def refuse_clashes(made: Sequence[Estimate], known: Mapping[str, Estimate], registered: Sequence[Primary]) -> None:
    """Refuse estimates that clash with each other, with those recorded before, or with the plan.

    Raises
    ------
    ParameterError
        If two of one call share an id, an analyst's own takes the id of one of the question's, a registered question would
        have two primary estimates, or a sensitivity of it is no specification the plan lists.
    """
    ids = [e.id for e in made]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ParameterError(f"two rows give the estimate {twice[0]!r}; let the id name what they differ in")
    for e in made:
        before = known.get(e.id)
        reserved = before is not None and before.role != "own"
        primary = next((p for p in registered if p.estimates(e.id)), None)
        if e.role == "own" and (reserved or primary is not None):
            raise ParameterError(f"{e.id!r} is an estimate of the question's; give your own another name")
        if e.role == "sensitivity" and primary is not None and not primary.own:
            name = e.id.removeprefix(primary.name).removeprefix(".")
            if name not in primary.specifications:
                raise ParameterError(
                    f"{e.id!r}: {PATH.as_posix()} lists no specification {name!r} of {primary.id}; give it another role"
                )
    primaries = {e.id for e in (*known.values(), *made) if e.role == "primary"}
    for p in registered:
        if len(several := sorted(name for name in primaries if p.estimates(name))) > 1:
            raise ParameterError(f"{p.id} has one primary estimate, not {' and '.join(several)}; give one another role")


def role(
    estimate_id: str, wanted: str, registered: Sequence[Primary], asked: Sequence[Primary], *, departs: bool
) -> Role:
    """The role an estimate gets that wants one: what a run finds that departs from the plan is not the answer it registers.

    `registered` are the assessment's registered questions, `asked` those that the plan in force asks: an evaluator's may leave
    out some, and ask others, which what else would be secondary answers.

    Raises
    ------
    ParameterError
        If there is no such role, or it would be primary and the plan does not register it.
    """
    if wanted not in (roles := get_args(Role)):
        raise ParameterError(f"estimate {estimate_id!r}: there is no role {wanted!r}; there are: {', '.join(roles)}")
    if any(p.own and p.name == estimate_id for p in asked) and not departs:
        return "primary"
    if wanted != "primary":
        return wanted  # type: ignore[return-value]
    if departs:
        return "secondary"
    if not any(p.estimates(estimate_id) for p in registered):
        raise ParameterError(
            f"estimate {estimate_id!r} is primary, but {PATH.as_posix()} registers no such question here; give it another "
            "role, or register it first"
        )
    return "primary" if any(p.estimates(estimate_id) for p in asked) else "secondary"


def as_changed(estimates: Iterable[Estimate], changed: Sequence[str]) -> tuple[Estimate, ...]:
    """Estimates of a run; where anything in it was `changed` by hand none is primary, since what is recorded after an estimate
    counts for its grade as well."""
    return tuple(replace(e, role="secondary") if changed and e.role == "primary" else e for e in estimates)


def missing(primary: Primary, estimates: Iterable[Estimate], checks: Collection[tuple[str, str]]) -> list[str]:
    """What of one question no cell has recorded, a line each, in words; empty if the rule of grades has all it needs.

    A question that its design rules out needs its estimate and its specifications only, one of an evaluator's own its estimate.

    Parameters
    ----------
    checks : the question's name (empty for a check of the whole assessment) and the check's, for each recorded.
    """
    own = {e.id: e for e in estimates if primary.estimates(e.id)}
    listed = {name: f"{primary.name}.{name}" for name in primary.specifications}
    wanted = {primary.name: "primary"} | dict.fromkeys(listed.values(), "sensitivity")
    if not (primary.ruled_out or primary.own):
        tests = [f"{what}.{size}" for what in ("power", "equivalence") for size in SIZES]
        tests += [*(f"size.{name}" for name in primary.sizes), "least_p"]
        tests += [CALIBRATED] if primary.sizes else []
        wanted |= {f"{primary.name}.{name}": "diagnostic" for name in tests}
    found = [
        f"the {role} estimate {name} of {primary.id}"
        for name, role in wanted.items()
        if name not in own or own[name].role != role
    ]
    if primary.own and found:
        found[-1] += (
            ", which the plan asks about (its parameters may be why: then change them, or leave the question out)"
        )
    if not (primary.ruled_out or primary.own):
        varied = [listed[name] for name, how in primary.specifications.items() if how.varies != "inference"]
        unsaid = [name for name in varied if name in own and math.isnan(own[name].altered)]
        found += [f"the share of rows that {name} alters (`altered`)" for name in unsaid]
        if not any(e.role == "left_out" for e in own.values()):
            found.append(f"estimates of {primary.id} that leave out one {primary.sampled}")
    return found + [
        f"the check {name} of {primary.id}" for name in primary.checks if (primary.name, name) not in checks
    ]
