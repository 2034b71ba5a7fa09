"""What is measured by country and year: the scores asked about, and the secondary outcomes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A column of the panel of countries: what it is called in a sentence and in a chart, and its unit."""

    id: str
    column: str
    label: str
    title: str
    unit: str


PRIMARY = (
    Measure(
        "investigation",
        "wjp_8_1",
        "effectiveness of criminal investigation (World Justice Project 8.1)",
        "Criminal investigation (8.1)",
        "score points, 0 to 1",
    ),
    Measure(
        "adjudication",
        "wjp_8_2",
        "timeliness and effectiveness of criminal adjudication (World Justice Project 8.2)",
        "Criminal adjudication (8.2)",
        "score points, 0 to 1",
    ),
)
# What joining does not address: a negative control of both questions.
OVERSIGHT = Measure(
    "oversight",
    "wjp_1_4",
    "sanctions for officials' misconduct (World Justice Project 1.4)",
    "Officials sanctioned for misconduct (1.4)",
    "score points, 0 to 1",
)
_GOVERNANCE = "points of the Worldwide Governance Indicators (standard normal)"
SECONDARY = (
    Measure("rule_of_law", "rule_of_law", "rule of law", "Rule of law", _GOVERNANCE),
    Measure(
        "control_of_corruption",
        "control_of_corruption",
        "control of corruption",
        "Control of corruption",
        _GOVERNANCE,
    ),
    Measure(
        "cocaine_seizures",
        "log_cocaine_kg",
        "log kilograms of cocaine seized",
        "Cocaine seized",
        "log points",
    ),
)
TITLES = {m.id: m.title for m in PRIMARY}
