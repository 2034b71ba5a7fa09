"""The registered plan as a page of the site: its questions, rules and amendments, to be read by people."""

from collections.abc import Iterable, Iterator

from crimjust_research import document
from crimjust_research.evidence.plan import Plan, Primary
from crimjust_research.numbers import number
from crimjust_research.report.markdown import head, prose, row

_ASKS = {"direction": "a direction", "association": "whether there is an association", "equivalence": "equivalence"}

_THRESHOLDS = {
    "alpha": "Level of the tests",
    "answerable_power": "Least power at the margin with which a question is answerable",
    "check_power": "Least power to fail with which a check counts",
    "specifications_at_least": "Fewest specifications that must count",
    "altered_rows_at_least": "Least share of the registered estimate's rows that a specification alters, to count",
    "subset_rows_at_least": "Least share of the rows that a specification uses, to count for more than its sign",
    "same_sign_at_least": "Least share of the specifications that have the estimate's sign",
    "significant_at_least": "Least share of the specifications that have that sign and a p below the level",
    "left_out_size_at_least": "Least share of the estimate that remains whichever unit is left out (in logs for ratios)",
    "left_out_p_below": "Largest p whichever unit is left out",
    "left_out_units_at_least": "Fewest units of which leaving one out binds the grade",
    "size_capped_above": "Share of true nulls rejected above which the grade is at most suggestive",
}


def page(plan: Plan) -> str:
    """The page, as Markdown for Sphinx."""
    titles = {str(outcome.number): outcome.label for outcome in document.load().outcomes}
    return "\n".join(
        [
            "# The registered analysis plan",
            "",
            f"Version {plan.version}, dated {plan.dated}. {prose(plan.standing)}",
            "",
            "This page is made from [analysis_plan.toml](analysis_plan.toml), which runs read; their records carry its hash.",
            "What the questions came to is on [the scorecard](../reports/notebooks/90_scorecard.ipynb); the rule of grades is",
            "told in [the methods](METHODS.md#grades).",
            *_at_a_glance(plan),
            *(line for outcome in titles for line in _outcome(plan, outcome, titles[outcome])),
            *_without_data(plan),
            *_rules(plan),
            *_amendments(plan),
            "",
        ]
    )


def _at_a_glance(plan: Plan) -> Iterator[str]:
    yield from ("", "## All questions", "", *head("Question", "Outcome", "Margin", "Registered in version"))
    for asked in plan.primaries:
        link = f"[{prose(asked.question)}](#{_place(asked)})"
        yield row(link, asked.outcome, f"{number(asked.margin.value)} ({asked.margin.scale})", str(asked.registered))


def _place(asked: Primary) -> str:
    return asked.id.replace(".", "-").replace("_", "-")


def _outcome(plan: Plan, outcome: str, title: str) -> Iterator[str]:
    family = plan.family(outcome)
    yield from ("", f"## Outcome {outcome}: {prose(title.lower())}", "")
    together = f"{len(family)} questions are adjusted together; each" if len(family) > 1 else "1 question is asked; it"
    yield f"{together} must be able to reach {number(plan.level(outcome), 2)}."
    for asked in family:
        yield from ("", f"({_place(asked)})=", "", f"### {prose(asked.question)}", "")
        yield from head("Registered", f"`{asked.id}`")
        yield from (row(name, told) for name, told in _told(asked) if told)
        yield from _listed(
            "Specifications", (f"{prose(s.says)} (varies the {s.varies})" for s in asked.specifications.values())
        )
        yield from _listed("Generators under which the size of the test is simulated", map(prose, asked.sizes.values()))
        yield from _listed("Checks and negative controls", map(prose, asked.checks.values()))


def _told(asked: Primary) -> Iterator[tuple[str, str]]:
    margin = asked.margin
    direction = (", above" if asked.expects > 0 else ", below") if asked.asks == "direction" else ""
    yield "Estimand", prose(asked.estimand)
    yield "Asks for", _ASKS[asked.asks] + direction
    yield "Method", prose(asked.method)
    yield "Null hypothesis", prose(asked.null)
    yield "Margin", f"{number(margin.value)} ({margin.scale}): {prose(margin.says)}"
    yield "Source of the margin", prose(margin.source)
    yield "Unit", prose(asked.unit)
    yield "What is left out one by one", prose(asked.sampled)
    yield "Parameters", ", ".join(f"`{name} = {value!r}`" for name, value in asked.parameters.items())
    yield "Ruled out by its design", prose(asked.ruled_out)
    yield "Strongest reason to doubt", prose(asked.threat)
    yield "What would answer it", prose(asked.would_answer)
    yield "Grade by version 1", prose(asked.first_grade)
    yield "Estimated in", f"[{asked.notebook}](../reports/notebooks/{asked.notebook}.ipynb)"


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    if lines := [f"- {item}" for item in items]:
        yield from ("", f"**{title}**", "", *lines)


def _without_data(plan: Plan) -> Iterator[str]:
    yield from ("", "## Questions without public data", "", *head("Question", "Outcome", "Why", "What would answer it"))
    for asked in plan.unanswered:
        yield row(prose(asked.question), asked.outcome, prose(asked.why), prose(asked.would_answer))


def _rules(plan: Plan) -> Iterator[str]:
    rules = plan.rules
    yield from ("", "## Rules for every question", "", *head("Rule", "What it says"))
    yield row("Level and confidence", f"{rules.alpha:g}; intervals hold {100 * rules.confidence_level:.3g}%")
    yield row(
        "Adjustment",
        "Holm, of calibrated p, over all questions registered for an outcome; Benjamini-Hochberg over grids that explore",
    )
    yield row("Equivalence that errs", ", ".join(f"`{name}`" for name in rules.equivalence_errs))
    yield row("Missing data", prose(rules.missing_data))
    yield row("Suppressed counts", prose(rules.suppression))
    yield row("Simulated data", prose(rules.simulated_data))
    yield from ("", "Thresholds of the grades:", "", *head("Threshold", "Value", "In the plan"))
    for name, value in plan.thresholds:
        yield row(_THRESHOLDS[name], f"{value:g}", f"`{name}`")


def _amendments(plan: Plan) -> Iterator[str]:
    yield from (
        "",
        f"## What version {plan.version} changes, and why",
        "",
        f"Dated {plan.dated}.",
        "",
        *head("What", "Why"),
    )
    yield from (row(prose(change.what), prose(change.why)) for change in plan.amendments)
