"""The results framework of the proposed programme, read from `data/document/results_framework.yaml`.

The document gives activities, outcomes and ends, but no indicator, baseline or target, and does not say how one leads to
the other. Here that is written down by this project: nodes from costs to ends, edges with what each assumes and what
threatens it, indicators, and the criteria an evaluation answers. Estimates are named as RUN#ID; whether they exist and
what they are graded is not known here.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, ValidationInfo, field_validator, model_validator

from crimjust_research import yaml_files
from crimjust_research.document import ItemName, Key
from crimjust_research.yaml_files import Distinct, Entry, Text, matching

FILE = "data/document/results_framework.yaml"

EstimateName = Annotated[
    str,
    matching(
        r"\d{2}_\w+#[\w.+-]+",
        "an estimate is named by its run and its id, as 05_outcome2_joining#investigation",
    ),
]
# From what is paid for to what it is all for. A stream is a pillar of Component 1 or a step of Component 2.
Level = Literal["cost", "activity", "output", "stream", "outcome", "end"]
# An outcome would move if what it serves were reached; context is what it is read against, and moves for other reasons
# too; an output counts what was done or taken, and a cost what was spent, and neither is an outcome.
IndicatorLevel = Literal["outcome", "context", "output", "cost"]
# The level of indicator that every node of a level needs at least one of.
_SERVED_BY: Mapping[Level, IndicatorLevel] = {
    "cost": "cost",
    "activity": "output",
    "output": "output",
    "stream": "outcome",
    "outcome": "outcome",
    "end": "outcome",
}
# How far figures of a unit reach; those of other units are counts and amounts, and at least none.
_REACH: Mapping[str, tuple[float, float]] = {
    "share": (0, 1),
    "score, 0 to 1": (0, 1),
    "level, 0 to 3": (0, 3),
    "score, 1 to 10": (1, 10),
    "score, about -2.5 to 2.5": (-5, 5),
}
Parted = Literal["sex", "agency", "country", "phase", "drug", "role", "kind", "partner"]
CRITERIA: Mapping[str, str] = {
    "relevance": "Relevance",
    "coherence": "Coherence",
    "effectiveness": "Effectiveness",
    "efficiency": "Efficiency",
    "impact": "Impact",
    "sustainability": "Sustainability",
    "human_rights": "Human rights",
    "gender": "Gender",
    "no_one_behind": "Leaving no one behind",
}


class Node(Entry):
    """A box of the framework. `short` is what the picture says, `items` the entries of the document it stands for."""

    key: Key
    level: Level
    label: Text
    short: Annotated[Text, Field(max_length=60)]
    items: tuple[ItemName, ...]


class Edge(Entry):
    """How one node leads to another: what must hold for it, what may keep it from doing so, and the estimates that bear on it.

    Without estimates no public data tell whether it holds, though indicators may count what lies at either end.
    """

    source: Key
    target: Key
    assumption: Text
    threat: Text
    estimates: tuple[EstimateName, ...] = ()


class Column(Entry):
    """A column of the templates for a programme's own records; `rows` says in words which rows, empty where all."""

    table: Text
    column: Text
    rows: str = ""


class Measure(Column):
    """A column of a table in `data/raw` or `data/processed`; `raw` is the raw table it comes from, where a panel has several."""

    place: Literal["raw", "processed"]
    raw: str = ""


class Baseline(Entry):
    """The year progress is measured from, and the estimate that holds its value; the value itself is written nowhere else."""

    year: Annotated[int, Field(ge=1990, le=2100)]
    estimate: EstimateName


class Indicator(Entry):
    """What a node is judged by.

    `measure` is where it is published, None where nothing public measures it; `record` is then, or as well, the column of a
    programme's own records that would. `estimates` are those that analyse it; `method` says in words how, empty where
    nothing does. `better` is the direction in which what it serves would move it, None where it has none: outputs and
    context are no better for being more. `accumulates` says that a year's figure is of all units by its end, those of the
    baseline among them, so that the two are not told apart.
    `not_yearly` says why it has no figure for each year, where it is published.
    """

    key: Key
    serves: Key
    level: IndicatorLevel
    label: Text
    definition: Text
    unit: Text
    better: Literal["higher", "lower"] | None = None
    accumulates: bool = False
    parted_by: tuple[Parted, ...] = ()
    measure: Measure | None = None
    record: Column | None = None
    method: str = ""
    estimates: tuple[EstimateName, ...] = ()
    baseline: Baseline | None = None
    frequency: Text
    collector: Text
    limitation: Text
    not_yearly: str = ""

    @model_validator(mode="after")
    def _analysed_is_told(self) -> Self:
        if bool(self.method) != bool(self.estimates):
            raise ValueError(
                "a method needs the estimates it ends in, and estimates their method: give both or neither"
            )
        return self

    @property
    def base(self) -> int | None:
        """The year of its baseline."""
        return self.baseline.year if self.baseline else None

    @property
    def reach(self) -> tuple[float, float]:
        """The least and the most that figures of its unit can be."""
        return _REACH.get(self.unit, (0, math.inf))


class Criterion(Entry):
    """A question of an evaluation, how it is judged, and what would have to be collected to judge it better.

    `estimates` are those the answer is read from, empty where no public data bear on it; the sentence itself is the
    evaluation notebook's. `missing` says what is not on record, `templates` are the kinds of own record that would hold it,
    `sampling` how to draw and how many.
    """

    key: Key
    criterion: Literal[
        "relevance",
        "coherence",
        "effectiveness",
        "efficiency",
        "impact",
        "sustainability",
        "human_rights",
        "gender",
        "no_one_behind",
    ]
    question: Text
    rule: Text
    estimates: tuple[EstimateName, ...] = ()
    missing: Text
    templates: tuple[Text, ...] = ()
    sampling: Text


class Framework(Entry):
    """Nodes, edges, indicators and criteria, in the order in which they are told."""

    nodes: Annotated[tuple[Node, ...], Distinct]
    edges: tuple[Edge, ...]
    indicators: Annotated[tuple[Indicator, ...], Distinct]
    criteria: Annotated[tuple[Criterion, ...], Distinct]

    @field_validator("edges")
    @classmethod
    def _lead_forward(cls, edges: tuple[Edge, ...], info: ValidationInfo) -> tuple[Edge, ...]:
        if "nodes" not in info.data:
            return edges  # what is wrong with nodes is told of them
        levels = {node.key: get_args(Level).index(node.level) for node in info.data["nodes"]}
        seen = set()
        for source, target in ((edge.source, edge.target) for edge in edges):
            named = f"the edge from {source} to {target}"
            if unknown := [end for end in (source, target) if end not in levels]:
                raise ValueError(f"{named}: there is no node {unknown[0]!r}")
            if levels[source] >= levels[target]:
                raise ValueError(f"{named} does not lead from a level to a later one")
            if (source, target) in seen:
                raise ValueError(f"{named} stands twice; keep one")
            seen.add((source, target))
        joined = {end for ends in seen for end in ends}
        if alone := [key for key in levels if key not in joined]:
            raise ValueError(f"no edge leads to or from the node {alone[0]!r}")
        return edges

    @field_validator("indicators")
    @classmethod
    def _of_nodes(cls, indicators: tuple[Indicator, ...], info: ValidationInfo) -> tuple[Indicator, ...]:
        if "nodes" not in info.data:
            return indicators
        known = {node.key for node in info.data["nodes"]}
        for indicator in indicators:
            if indicator.serves not in known:
                raise ValueError(f"{indicator.key} serves {indicator.serves!r}, which is no node")
            if indicator.key in known:
                raise ValueError(f"{indicator.key!r} is a node too; name the indicator otherwise")
        served = {(indicator.serves, indicator.level) for indicator in indicators}
        for node in info.data["nodes"]:
            if (node.key, wanted := _SERVED_BY[node.level]) not in served:
                raise ValueError(f"the node {node.key!r} has no indicator of the level {wanted!r}")
        return indicators


def load() -> Framework:
    """The framework as its file has it.

    Raises
    ------
    DataError
        Naming entry and value of every departure from the schema.
    """
    return yaml_files.load(Framework, FILE)
