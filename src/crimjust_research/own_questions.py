"""What the rule of grades needs of a question of an evaluator's own: power and equivalence from how sure its estimate is.

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
    there are units or observations, whichever are fewer; than observations where all are of one unit. Its own test may rest on
    less than that: where its interval is wider than that t would have it, the error is the one that gives that interval. Its
    smallest p counts as 0: of a design that is not looked at it is not known, and a p that is below the level shows by itself
    that it can be.
    """
    of = {p.name: p for p in asked if p.own}
    answers = [e for e in made if e.id in of and e.role == "primary" and e.data_status != "simulated"]
    return tuple(line for e in answers for line in _needed(plan, of[e.id], e))


def _needed(plan: Plan, primary: Primary, found: Estimate) -> tuple[Estimate, ...]:
    from crimjust_research.designs.margins import equivalence_p, two_sided_power

    df = (min(found.n_units, found.n_obs) if found.n_units > 1 else found.n_obs) - 1
    effect, error = primary.margin.effect(found.estimate, found.null_value), std_error(primary, found, df)
    known = df > 0 and math.isfinite(effect)
    level, sizes = plan.level(primary.outcome), primary.margin.sizes
    return diagnostics(
        plan,
        primary,
        found,
        power={n: Share(two_sided_power(size, error, level, df) if known else math.nan) for n, size in sizes.items()},
        equivalence={n: equivalence_p(effect, error, size, df) if known else math.nan for n, size in sizes.items()},
        without_effect={},
        least_p=0.0,
    )


def std_error(primary: Primary, found: Estimate, df: float) -> float:
    """The standard error on the scale of the margin: that of the estimate, or of its interval by t where that is larger; infinite
    where that interval has no end on this scale."""
    from crimjust_research.designs.margins import error_of_interval

    own = _as_told(primary, found)
    if math.isnan(found.ci_level):
        return own
    low, high = (primary.margin.effect(end, found.null_value) for end in (found.ci_low, found.ci_high))
    return max(own, error_of_interval(low, high, found.ci_level, df))  # the estimate's own where no interval is told


def _as_told(primary: Primary, found: Estimate) -> float:
    """The estimate's standard error: of the logarithm for ratios, by the delta method where that is not given."""
    of_logarithm = OF_LOGARITHM in found.unit
    if primary.margin.scale == "difference":
        return math.nan if of_logarithm else found.std_error
    if of_logarithm:
        return found.std_error
    return found.std_error / found.estimate if found.estimate > 0 else math.nan
