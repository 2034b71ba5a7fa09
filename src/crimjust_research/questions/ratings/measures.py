"""What is rated and scored, in words, and the control on which joining should leave no trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crimjust_research.evidence.plan import Primary

LEVELS = ("low", "moderate", "substantial", "high")
"""Of effectiveness, from the lowest, which is 0."""


@dataclass(frozen=True)
class Measure:
    """A column of a panel: the registered question it answers (empty for a control), and what it is called."""

    name: str
    column: str
    label: str
    title: str


PROSECUTION = Measure(
    "fatf_prosecution",
    "io_7",
    "laundering investigated and prosecuted (FATF's immediate outcome 7)",
    "Prosecution (IO.7)",
)
CONFISCATION = Measure(
    "fatf_confiscation", "io_8", "proceeds confiscated (FATF's immediate outcome 8)", "Confiscation (IO.8)"
)
COOPERATION = Measure(
    "fatf_cooperation", "io_2", "international cooperation (FATF's immediate outcome 2)", "Cooperation (IO.2)"
)
PREVENTION = Measure(
    "", "io_4", "preventive measures of banks and professions (FATF's immediate outcome 4)", "Prevention (IO.4)"
)
EFFECTIVENESS = (PROSECUTION, CONFISCATION, COOPERATION)

LAW_ENFORCEMENT = Measure("index_law_enforcement", "law_enforcement", "law enforcement", "Law enforcement")
JUDICIARY = Measure(
    "index_judiciary", "judicial_system", "the judicial system and detention", "Judicial system and detention"
)
ABROAD = Measure(
    "index_cooperation", "international_cooperation", "international cooperation", "International cooperation"
)
CANNABIS = Measure("", "cannabis", "the market for cannabis", "Cannabis market")
SCORES = (LAW_ENFORCEMENT, JUDICIARY, ABROAD)


def about(measure: Measure, registered: Sequence[Primary]) -> dict[str, str]:
    """What an estimate of a measure is about: name, measured, outcome and asked, as the plan has the last two.

    A control is of the outcome of most of what it is a control of.
    """
    found = {primary.name: primary for primary in registered}
    if measure.name in found:
        primary = found[measure.name]
        said = {"name": primary.name, "outcome": primary.outcome, "asked": primary.question}
    else:
        said = {
            "name": f"control.{measure.column}",
            "outcome": "2",
            "asked": f"Does {measure.label}, which the programme does not address, go with joining?",
        }
    return {**said, "measured": measure.label}


def described(registered: Sequence[Primary]) -> dict[str, dict[str, str]]:
    """`about` of every measure that is asked of, by the name of its question."""
    return {m.name: about(m, registered) for m in (*EFFECTIVENESS, *SCORES)}
