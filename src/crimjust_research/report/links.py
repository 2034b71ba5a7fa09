"""How the programme is thought to work, as a section of the evaluation matrix: the picture, and each link with its evidence."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from crimjust_research.framework import Edge, Framework
from crimjust_research.report import estimate_rows
from crimjust_research.report.estimate_rows import Row, marked
from crimjust_research.report.markdown import head, prose, row

# The run that draws it and answers the criteria, and the figure it draws.
RUN, FIGURE = "14_evaluation", "results_framework"

_PICTURE = "Costs, activities, outputs, pillars and steps, outcomes and ends, joined by the links of the table below"


def as_markdown(frame: Framework, estimates: Mapping[str, Row]) -> str:
    """The section; `estimates` are the rows of the results by RUN#ID."""
    return "\n".join(_lines(frame, estimates))


def _lines(frame: Framework, estimates: Mapping[str, Row]) -> Iterator[str]:
    without = sum(not edge.estimates for edge in frame.edges)
    yield '<a id="links"></a>'
    yield ""
    yield "## How the programme is thought to work"
    yield ""
    yield f"{len(frame.nodes)} boxes from costs to ends are joined by {len(frame.edges)} links. What each assumes, and what may"
    yield f"keep it from holding, is this project's reading. On {without} of the links no public data tell whether it holds. An"
    yield "indicator may yet count what lies at its end. An estimate that bears on one need not decide it; grades stand in"
    yield "the picture."
    yield ""
    drawing = f"../reports/figures/{RUN}/{FIGURE}"
    yield f"[![{_PICTURE}]({drawing}.png)]({drawing}.svg)"
    yield ""
    yield from head("Link", "What must hold", "What may keep it from holding", "What bears on it")
    labels = {node.key: node.label for node in frame.nodes}
    for _, together in groupby(frame.edges, lambda edge: (edge.assumption, edge.threat)):
        edges = tuple(together)
        sources, targets = (_named((edge.source for edge in edges), labels), _named((e.target for e in edges), labels))
        bears = "<br>".join(_bearing(edges, estimates)) or "no public data"
        yield row(f"{sources} → {targets}", prose(edges[0].assumption), prose(edges[0].threat), bears)


def _named(keys: Iterable[str], labels: Mapping[str, str]) -> str:
    return "; ".join(prose(labels[key]) for key in dict.fromkeys(keys))


def _bearing(edges: Iterable[Edge], estimates: Mapping[str, Row]) -> Iterator[str]:
    for name in dict.fromkeys(name for edge in edges for name in edge.estimates):
        of = estimates[name]
        yield f"{prose(of['estimand'])}: {marked(of)} ({estimate_rows.short(name)})"
