"""The words of the report on paper as one HTML page, which Word and PDF are set from."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from crimjust_research.report import citations, html
from crimjust_research.report.citations import Group
from crimjust_research.report.elements import main_of
from crimjust_research.report.html import Report
from crimjust_research.report.paper import told
from crimjust_research.report.paper.pictures import width
from crimjust_research.report.section import DrawnFigure

_LINK = re.compile(r'<a [^>]*?href="#([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_PLACE = re.compile(r' id="([^"]*)"')


def page(report: Report) -> str:
    """The page; equal reports come to equal ones. What its links within lead to stands on it, the rest is plain text."""
    read = [resource for section in report.sections for resource in section.read()]
    # A variant tells of few methods: of the literature it needs what its own words name.
    named_in = _rendered(report, ()) if report.variant else None
    return _at_hand(_rendered(report, citations.references(read, named_in)))


def running(report: Report) -> str:
    """What stands at the head of every sheet: of a variant, that it is one; of made-up data, that they are."""
    simulated = "SIMULATED data. " if all(section.simulated for section in report.sections) else ""
    return f"{simulated}{report.heading}"


@dataclass(frozen=True)
class Numbered:
    """How paper numbers, from 1 on and in their order: `figures` by their places on the page, `tables` by their captions."""

    figures: tuple[str, ...]
    tables: tuple[str, ...]


def numbered(report: Report) -> Numbered:
    """The figures and tables that stand on paper, in the order in which Word and PDF count them."""
    main = main_of(_rendered(report, (), lambda _: 0))
    return Numbered(
        tuple(one.attributes["data-figure"] for one in main.all("figure") if "data-figure" in one.attributes),
        tuple(caption.text() for table in main.all("table") for caption in table.all("caption")),
    )


def _rendered(report: Report, references: Sequence[Group], wide: Callable[[DrawnFigure], int] = width) -> str:
    return html.rendered(
        "paper.html",
        (),
        report=report,
        variant=report.variant,
        **html.by_plan(report),
        references=references,
        width=wide,
        **told.by_name(report),
    )


def _at_hand(text: str) -> str:
    """Links to places that do not stand on paper, such as cells of notebooks, as the words they are made of."""
    places = set(_PLACE.findall(text))
    return _LINK.sub(lambda link: link[0] if link[1] in places else link[2], text)
