"""Whose plan results were made under: the same words on pages, on paper, in files and in a terminal."""

from collections.abc import Iterator

from crimjust_research.evidence.plan import OwnPlan, Plan
from crimjust_research.results import DEPARTS

_HASH = 12  # signs of a hash that tell two plans apart


def departs(own: OwnPlan | None) -> str:
    """What stands above the parameters of a run that are not those of the plan it was made under."""
    return f"This run has other parameters than {own.named}, has:" if own else DEPARTS


def ended(text: str) -> str:
    """A text of somebody's as a sentence: with a full stop, unless it ends otherwise."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def laid_over(plan: Plan) -> str:
    """What the plan is beside the registered one, and what had been seen when it was written, in sentences."""
    assert plan.own, "the registered plan is laid over none"
    return (
        f"It is laid over version {plan.version} of the registered analysis plan, whose answers are those of the reference "
        f"results. What had been seen when it was written: {ended(plan.own.standing)}"
    )


def lines(plan: Plan) -> Iterator[str]:
    """All that is to be said of an evaluator's own plan, a line each; nothing of the registered one."""
    if plan.own:
        yield f"Made under {plan.own.named} (sha256 {plan.own.sha256[:_HASH]}…)."
        yield laid_over(plan)
        yield (
            "What differs from the registered plan:"
            if plan.own.changes
            else "Nothing differs from the registered plan."
        )
        yield from (f"- {change}" for change in plan.own.changes)
