"""The report as one self-contained HTML page, and its opening as another of two sheets.

Nothing is loaded from outside and nothing lies beside: a page survives being mailed. Its policy admits the style sheet and the
script it came with, by their hashes, and nothing else. Equal results come to equal bytes.
"""

import re
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from crimjust_research import __version__, document, project, written
from crimjust_research.errors import RunError
from crimjust_research.evidence import plan as plans
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.words import FIGURE, REFERENCE, plain, sentences
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report import contents, data_behind, equations, markup, opening, tables, targets, whose
from crimjust_research.report.anchors import anchor, cell_named
from crimjust_research.report.country import chapter
from crimjust_research.report.country.chapter import Chapter
from crimjust_research.report.data_behind import Stored
from crimjust_research.report.downloads import Download, zipped
from crimjust_research.report.opening import Opening
from crimjust_research.report.origins import Line
from crimjust_research.report.section import Section
from crimjust_research.report.tables import Table
from crimjust_research.results import CHANGED

if TYPE_CHECKING:
    import jinja2

PAGE, SUMMARY = "index.html", "summary.html"
PDF, WORD = "report.pdf", "report.docx"
FILES = (PAGE, SUMMARY, PDF, WORD)  # all forms of a report
_AIRY = 8  # columns that paper has room for in letters of the usual size
_MOST = 12  # rows, and columns, of a table behind a fold that is printed
_SHOWN_CELLS = 16  # of a row that stands as an example


@dataclass(frozen=True)
class Report:
    """All that a page tells. `behind` are the tables behind all sections, `pool` is the table of all estimates; a variant, by
    its name, has no opening unless it was made under a `plan` of an evaluator's own, whose `targets` stand on it, too, and tells
    of no countries."""

    sections: tuple[Section, ...]
    behind: Mapping[tuple[str, str, str], Stored]
    opening: Opening | None
    pool: Download
    variant: str = ""
    countries: Chapter | None = None
    plan: Plan = field(default_factory=plans.load)
    targets: Table | None = None

    @property
    def heading(self) -> str:
        """What the page is called. A variant of one assessment by what that asks; where the plan registers a question in it, by
        its own name too, and what it is not."""
        if not self.variant:
            return "CRIMJUST: what published figures say of its outcomes"
        about = self.sections[0].title if len(self.sections) == 1 else "CRIMJUST research"
        if self.plan.own:
            return f"{about}: variant {self.variant}, by the plan of {self.plan.own.whose}"
        registered = any(section.registered for section in self.sections)
        if registered:
            return f"{about}: variant {self.variant}, not the registered answer"
        return about if len(self.sections) == 1 else f"{about}: variant {self.variant}"

    @property
    def of_own_records(self) -> bool:
        """Whether all of it rests on what a person supplied alone."""
        return all(section.chapters for section in self.sections)

    @property
    def first(self) -> Section | None:
        """The section of the run that saved the opening; its key figure is the picture of all questions."""
        return next((s for s in self.sections if self.opening and s.run == self.opening.run), None)


def build(results: Path, output: Path | None = None, variant: str = "") -> Path:
    """Write `index.html`, and `summary.html` if the results have an opening, and return the path of the first.

    They are made from the results in a folder, `variant` being its name if it is one, and stand beside them or in `output`.

    Raises
    ------
    RunError, DataError
        As `contents.read` and `opening.read` do, earlier pages being left as they are; or if a page cannot be written.
    """
    return write(read(results, variant), results, output)


def write(report: Report, results: Path, output: Path | None = None) -> Path:
    """The same of a report that was read already.

    Raises
    ------
    RunError, DataError
        As `put` does.
    """
    return put({name: text.encode() for name, text in pages_of(report).items()}, results, output)[0]


def put(files: Mapping[str, bytes], results: Path, output: Path | None) -> tuple[Path, ...]:
    """Write files of the report beside the results or into a folder, and return their paths. Other forms of the report that
    were written there stay.

    Raises
    ------
    DataError
        If the folder holds anything but a report.
    RunError
        If a file cannot be written.
    """
    folder = output or results
    try:
        if folder.resolve() == results.resolve():
            root = project.root()
            place = results.relative_to(root).as_posix()
            written.checkout(root, {f"{place}/{name}": content for name, content in files.items()}, below=results)
        else:
            written.into(folder, "report", files, stays=FILES)
    except OSError as error:
        raise RunError(
            f"the report cannot be written into {folder} ({error.strerror}); name a folder where it can: "
            "crimjust report --output FOLDER"
        ) from None
    return tuple(folder / name for name in files)


def read(results: Path, variant: str = "") -> Report:
    """What the results in a folder come to; see `contents.read` and `opening.read`."""
    opens, planned = opening.of(results, variant), plans.of(results)
    sections = contents.read(results, variant, opens.cited if opens else {})
    pool = zipped(
        "All estimates (CSV)", "estimates.zip", {"estimates.csv": (results / contents.ESTIMATES).read_bytes()}
    )
    countries = chapter.read(results) if opens and not variant else None
    own = planned.own
    aimed = targets.read(results, own.targets, own.whose) if own else None
    return Report(sections, data_behind.stored(sections), opens, pool, variant, countries, planned, aimed)


def pages_of(report: Report) -> dict[str, str]:
    """The pages by the names of their files: the whole, and its opening alone if there is one."""
    environment = _environment()
    if report.opening is None:
        return {PAGE: _rendered(environment, "page.html", report, None)}
    summary = _rendered(environment, "summary.html", report, None)
    label = "Summary" if report.plan.own else "Two-page summary"  # what differs in a plan may be long
    carried = Download(label, SUMMARY, "text/html", summary.encode())
    return {PAGE: _rendered(environment, "page.html", report, carried), SUMMARY: summary}


def _rendered(environment: "jinja2.Environment", template: str, report: Report, summary: Download | None) -> str:
    is_whole = template == "page.html"
    styles = ["style.css", *(["whose.css"] if report.plan.own else [])]
    return _page(
        environment,
        template,
        "".join(map(markup.within, styles)) + (tables.STYLE if is_whole else ""),
        markup.within("page.js") if is_whole else "",
        report=report,
        **by_plan(report),
        behind=report.behind,
        summary=summary,
        variant=report.variant,
        beside=f"reports/variants/{report.variant}" if report.variant else "reports",
    )


def by_plan(report: Report) -> dict[str, Any]:
    """What templates call the plan that a report was made under: whole, an evaluator's `own` if it is one, and what departs."""
    return {"plan": report.plan, "own": report.plan.own, "departs": whose.departs(report.plan.own)}


def rendered(template: str, styles: Sequence[str], **told: Any) -> str:
    """A page of its own from one of the templates, in the house style, with style sheets that stand beside it and no script."""
    return _page(_environment(), template, "".join(map(markup.within, styles)), "", **told)


def _page(environment: "jinja2.Environment", template: str, style: str, script: str, **told: Any) -> str:
    """A template under the policy that admits its style sheet, and its script if it has one, alone."""
    return environment.get_template(template).render(
        version=__version__,
        style=Markup(style),
        script=Markup(script),
        policy=markup.policy(style, script),
        **told,
    )


def _environment() -> "jinja2.Environment":
    environment = markup.environment()
    environment.globals |= {
        "anchor": anchor,
        "cell_named": cell_named,
        "by_hand": CHANGED,
        "key": data_behind.key,
        "notes": tables.notes,
        "outcome": _outcome,
        "outcomes": document.load().outcomes,
        "paper": _paper,
        "table": tables.html,
    }
    environment.filters |= {
        "addressed": markup.addressed,
        "ended": whose.ended,
        "first_rows": tables.first_rows,
        "inline": equations.inline,
        "laid_over": whose.laid_over,
        "linked": _linked,
        "plain": plain,
        "sentences": sentences,
        "cells": _cells,
        "rows": _rows,
        "size": _size,
        "words": tables.words,
    }
    return environment


def _linked(marked: str, run: str = "") -> Markup:
    """A marked sentence as HTML whose numbers link to the rows of their estimates, or to the figures they were read off: of
    `run`, or of that which a mark names."""

    def link(mark: re.Match[str]) -> str:
        text, of, name = mark.groups()
        kind = "figure" if name.startswith(FIGURE) else "estimate"
        place = anchor(kind, unescape(of or run), unescape(name.removeprefix(FIGURE)))
        return f'<a href="#{place}">{text}</a>'

    return Markup(REFERENCE.sub(link, str(escape(per_cent_signs(marked)))))


def _size(download: Download) -> str:
    return f"{max(len(download.content) / 1000, 1):,.0f} kB"


def _paper(table: Table) -> str:
    """How a folded table is printed: "" as it is, "dense" in smaller letters, "unprinted" by its name alone."""
    if len(table.rows) > _MOST or len(table.columns) > _MOST:
        return "unprinted"
    return "dense" if len(table.columns) > _AIRY else ""


def _cells(line: Line) -> str:
    """A row of a file, column by column, without its empty cells, as far as a person reads it."""
    filled = [f"{column}: {cell}" for column, cell in line.cells.items() if cell]
    more = f"; and {len(filled) - _SHOWN_CELLS} more" if len(filled) > _SHOWN_CELLS else ""
    return "; ".join(filled[:_SHOWN_CELLS]) + more


def _rows(rows: Sized) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows):,} rows"


def _outcome(text: str) -> str:
    """An outcome with the title it has in `data/document`; `text` is its number, or those of several, or "all"."""
    if text == "all":
        return "All outcomes"
    if " and " in text:
        return f"Outcomes {text}"
    titles = {str(o.number): o.label for o in document.load().outcomes}
    return f"Outcome {text}: {titles[text]}" if text in titles else text
