"""What README says was found: the picture of all questions and a sentence for each outcome, from the reference results.

`crimjust report` writes each between two marks, the picture at the top, where text stands beside it; all else in README is
written by hand.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from crimjust_research import document, json_files, written
from crimjust_research.errors import RunError, printable
from crimjust_research.evidence.words import plain
from crimjust_research.numbers import per_cent_signs
from crimjust_research.report import opening
from crimjust_research.report.markdown import prose
from crimjust_research.report.opening import Opening
from crimjust_research.results import ASSESSMENT

PAGE, COMMAND = "README.md", "crimjust report"
BEGIN, END = f"<!-- From here on written by `{COMMAND}`; edits are lost. -->", "<!-- To here. -->"
_PLACE = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
FIGURE = "questions"
_WIDTH = 320  # of the picture, in pixels: it ends where a first screen does
_PARTS = ("picture", "sentences")
_FOUND = 1  # of an outcome's sentences: what was asked, what was found, what that means


def write(root: Path) -> tuple[str, ...]:
    """Write what was found into README of the checkout at `root`; its place if that has changed.

    Where there is no README with a place for each part, or no results that tell of all outcomes, nothing is written.

    Raises
    ------
    RunError, DataError
        As `found` does.
    """
    path = root / PAGE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    told = found(root / "reports") if len(_PLACE.findall(text)) == len(_PARTS) else None
    return written.checkout(root, {PAGE: page(text, told).encode()}) if told else ()


def page(text: str, told: tuple[str, ...]) -> str:
    """README's `text` with the parts of what was found between its pairs of marks."""
    parts = iter(told)
    return _PLACE.sub(lambda _: f"{BEGIN}\n{next(parts)}\n{END}", text)


def found(results: Path) -> tuple[str, ...] | None:
    """What was found, as Markdown: each of `_PARTS`, from the results in `reports/`; None if no run there reads all others.

    Raises
    ------
    RunError, DataError
        If that run's tables or its assessment cannot be read, or it drew no picture of all questions.
    """
    opened = opening.read(results)
    return (_picture(results, opened), "\n".join(_sentences(opened))) if opened else None


def _sentences(opened: Opening) -> Iterator[str]:
    titles = {str(outcome.number): outcome.label.lower() for outcome in document.load().outcomes}
    for outcome, sentences in opened.outcomes.items():
        found_of_it = per_cent_signs(plain(sentences[_FOUND]))
        yield f"- **Questions on Outcome {outcome}, {prose(titles[outcome])}.** {prose(found_of_it)}"


def _picture(results: Path, opened: Opening) -> str:
    """The figure of all questions, to stand beside the text; its address is that from README, beside the results' folder."""
    path, again = results / "assessments" / f"{opened.run}.json", f"run `crimjust run {opened.run}` again"
    figures: list[Mapping[str, str]] = json_files.load(path, ASSESSMENT, again)["figures"]
    if not any(figure["name"] == FIGURE for figure in figures):
        raise RunError(f"{path} tells of no figure {FIGURE!r}; {again}")
    drawing = f"{results.name}/figures/{opened.run}/{FIGURE}"
    # A reader's machine may lack the fonts of the SVG, and within a page whatever is then too wide is cut.
    image = f'<img align="right" width="{_WIDTH}" src="{drawing}.png" alt="{escape(printable(_in_words(opened)))}">'
    return f'<a href="{drawing}.svg">{image}</a>'


def _in_words(opened: Opening) -> str:
    """The picture for who cannot see it, in short; each question's numbers stand in words on the page."""
    grades = ", ".join(f"{count} {grade}" for grade, count in sorted(opened.grades.items(), key=lambda item: -item[1]))
    return (
        f"{opened.registered} registered questions by Outcome, each with its estimate and interval held against the size that "
        f"matters: {grades}. {opened.unanswered} more have no public data."
    )
