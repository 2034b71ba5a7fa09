"""What is compared between countries: scores of criminal justice, indicators of governance, records."""

from __future__ import annotations

from dataclasses import dataclass

_SCORE, _WGI, _PER_100_000 = (
    "score points, 0 to 1",
    "points of the Worldwide Governance Indicators",
    "per 100,000 residents",
)


@dataclass(frozen=True)
class Measure:
    """Something measured by country and year; `short` is its name where there is little room."""

    id: str
    column: str
    label: str
    short: str
    unit: str
    std_error: str | None = None
    """Column of the publisher's standard error."""
    per_head: bool = False
    """Whether the column is a count to be divided by residents."""


SCORES = (
    Measure("investigation", "wjp_8_1", "Effective investigation (8.1)", "8.1", _SCORE),
    Measure("adjudication", "wjp_8_2", "Timely, effective adjudication (8.2)", "8.2", _SCORE),
    Measure("impartiality", "wjp_8_4", "Impartial (8.4)", "8.4", _SCORE),
    Measure("corruption", "wjp_8_5", "Free of corruption (8.5)", "8.5", _SCORE),
    Measure("influence", "wjp_8_6", "Free of government influence (8.6)", "8.6", _SCORE),
    Measure("due_process", "wjp_8_7", "Due process (8.7)", "8.7", _SCORE),
)
GOVERNANCE = (
    Measure("rule_of_law", "rule_of_law", "Rule of law", "Rule of law", _WGI, "rule_of_law_std_error"),
    Measure(
        "control_of_corruption",
        "control_of_corruption",
        "Control of corruption",
        "Control of corruption",
        _WGI,
        "control_of_corruption_std_error",
    ),
)
RECORDS = (
    Measure(
        "persons_held",
        "persons_held_trafficking",
        "Held for drug trafficking (UN survey)",
        "Persons held",
        _PER_100_000,
        per_head=True,
    ),
    Measure(
        "laundering_offences",
        "money_laundering_offences",
        "Money-laundering offences (UN survey)",
        "Money laundering",
        _PER_100_000,
        per_head=True,
    ),
)
MEASURES = (*SCORES, *GOVERNANCE, *RECORDS)
BY_ID = {measure.id: measure for measure in MEASURES}
