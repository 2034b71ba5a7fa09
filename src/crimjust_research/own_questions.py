"""What the rule of grades needs of a question of an evaluator's own: power and equivalence from its estimate's standard error.

No cell simulates anything for such a question, so that its size, specifications and units stay unlooked at; `evidence.rule` says
what that leaves of a grade.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from crimjust_research.evidence.diagnostics import Share, diagnostics
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.plan import Plan, Primary
from crimjust_research.evidence.words import OF_LOGARITHM


def needed_for(plan: Plan, asked: Sequence[Primary], made: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Estimates of role `diagnostic` of those among the questions `asked` that are an evaluator's own, and that estimates `made`
    answer; none of SIMULATED data, which answer none.

    An estimate's distance from the truth over its standard error is taken for Student's t with one degree of freedom less than
    there are units, or observations where all are of one unit. Its smallest p counts as 0: of a design that is not looked at it
    is not known, and a p that is below the level shows by itself that it can be.
    """
    of = {p.name: p for p in asked if p.own}
    answers = [e for e in made if e.id in of and e.role == "primary" and e.data_status != "simulated"]
    return tuple(line for e in answers for line in _needed(plan, of[e.id], e))


def _needed(plan: Plan, primary: Primary, found: Estimate) -> tuple[Estimate, ...]:
    from crimjust_research.designs.margins import equivalence_p, two_sided_power

    effect, error = primary.margin.effect(found.estimate, found.null_value), std_error(primary, found)
    df = (found.n_units if found.n_units > 1 else found.n_obs) - 1
    known = df > 0 and math.isfinite(effect)
    level, sizes = plan.level(primary.outcome), primary.margin.sizes
    return diagnostics(
        plan,
        primary,
        found,
        power={n: Share(two_sided_power(size, error, level, df) if known else math.nan) for n, size in sizes.items()},
        equivalence={n: equivalence_p(effect, error, size, df) if known else math.nan for n, size in sizes.items()},
        size={},
        least_p=0.0,
    )


def std_error(primary: Primary, found: Estimate) -> float:
    """The standard error on the scale of the margin: of the logarithm for ratios, by the delta method where that is not given."""
    of_logarithm = OF_LOGARITHM in found.unit
    if primary.margin.scale == "difference":
        return math.nan if of_logarithm else found.std_error
    if of_logarithm:
        return found.std_error
    return found.std_error / found.estimate if found.estimate > 0 else math.nan
