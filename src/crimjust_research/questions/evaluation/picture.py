"""The results framework as a picture: its nodes by level, and on each edge what bears on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crimjust_research.charts import theme
from crimjust_research.evidence.rule import (
    CONTRARY,
    GRADES,
    NO_DATA,
    NO_EFFECT,
    NOT_ANSWERABLE,
    SUGGESTIVE,
    SUPPORTED,
    UNDECIDED,
)
from crimjust_research.framework import Framework, Level

# What an estimate says of an edge that no plan registered, so that no rule grades it.
NOT_GRADED = "measured, not graded"
LEVELS: Mapping[Level, str] = {
    "cost": "Costs",
    "activity": "Activities",
    "output": "Outputs",
    "stream": "Pillars and steps",
    "outcome": "Outcomes",
    "end": "Ends",
}
# The colour of what bears on an edge, the firmest first.
LOOKS: Mapping[str, str] = {
    SUPPORTED: theme.GREEN,
    CONTRARY: theme.VERMILION,
    SUGGESTIVE: theme.ORANGE,
    NO_EFFECT: theme.BLUE,
    UNDECIDED: theme.BLACK,
    NOT_ANSWERABLE: theme.PURPLE,
    NOT_GRADED: theme.SKY,
    NO_DATA: theme.GREY,
}


def nodes(framework: Framework) -> pd.DataFrame:
    """A row a node, in the framework's order: key, text (what is drawn), level (in words)."""
    levels = list(LEVELS)
    ordered = sorted(framework.nodes, key=lambda node: levels.index(node.level))
    return pd.DataFrame(
        [(node.key, node.short, LEVELS[node.level]) for node in ordered], columns=["key", "text", "level"]
    )


def edges(framework: Framework, grades: Mapping[str, str]) -> pd.DataFrame:
    """A row an edge: source, target (keys), leads_from, leads_to (in words), assumption, threat, estimates, evidence.

    Parameters
    ----------
    grades : grade of each registered estimate, by RUN#ID.
    """
    texts = {node.key: node.short for node in framework.nodes}
    rows = [
        (
            edge.source,
            edge.target,
            texts[edge.source],
            texts[edge.target],
            edge.assumption,
            edge.threat,
            " ".join(edge.estimates),
            together(edge.estimates, grades),
        )
        for edge in framework.edges
    ]
    columns = ["source", "target", "leads_from", "leads_to", "assumption", "threat", "estimates", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def together(estimates: Sequence[str], grades: Mapping[str, str]) -> str:
    """What several estimates come to: "contrary" if any that is graded is, else the weakest of their grades.

    So nothing is said more firmly than all that bears on it can carry, and nothing that speaks against it is hidden.
    """
    if not estimates:
        return NO_DATA
    found = [grades[name] for name in estimates if name in grades]
    return _weakest(found) if found else NOT_GRADED


def _weakest(grades: Sequence[str]) -> str:
    return CONTRARY if CONTRARY in grades else max(grades, key=GRADES.index)
