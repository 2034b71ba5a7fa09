"""What README says was found: a sentence for each outcome and the picture of all questions, from the reference results.

`crimjust report` writes it between two marks; all else in README is written by hand.
"""

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from crimjust_research import document, json_files, written
from crimjust_research.errors import RunError, printable
from crimjust_research.evidence.words import plain
from crimjust_research.report import opening
from crimjust_research.report.markdown import prose
from crimjust_research.report.opening import Opening
from crimjust_research.results import ASSESSMENT

PAGE, COMMAND = "README.md", "crimjust report"
BEGIN, END = f"<!-- From here on written by `{COMMAND}`; edits are lost. -->", "<!-- To here. -->"
FIGURE = "questions"
_WIDTH = 400  # of the picture, in pixels: the text beside it is about as wide
_FOUND = 1  # of an outcome's sentences: what was asked, what was found, what that means


def write(root: Path) -> tuple[str, ...]:
    """Write what was found into README of the checkout at `root`; its place if that has changed.

    Where there is no README with both marks, or no results that tell of all outcomes, nothing is written.

    Raises
    ------
    RunError, DataError
        As `found` does.
    """
    path = root / PAGE
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    told = found(root / "reports") if BEGIN in text and END in text else None
    return written.checkout(root, {PAGE: page(text, told).encode()}) if told else ()


def page(text: str, told: str) -> str:
    """README's `text` with what was found between the marks."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{told}\n{END}{rest.partition(END)[2]}"


def found(results: Path) -> str | None:
    """What was found, as Markdown, from the results in `reports/`; None if no run there reads all others.

    Raises
    ------
    RunError, DataError
        If that run's tables or its assessment cannot be read, or it drew no picture of all questions.
    """
    opened = opening.read(results)
    return "\n".join([_picture(results, opened.run), "", *_sentences(opened)]) if opened else None


def _sentences(opened: Opening) -> Iterator[str]:
    titles = {str(outcome.number): outcome.label.lower() for outcome in document.load().outcomes}
    for outcome, sentences in opened.outcomes.items():
        yield f"- **Questions on Outcome {outcome}, {prose(titles[outcome])}.** {prose(plain(sentences[_FOUND]))}"


def _picture(results: Path, run: str) -> str:
    """The figure of all questions, to stand beside the text; its address is that from README, beside the results' folder."""
    path, again = results / "assessments" / f"{run}.json", f"run `crimjust run {run}` again"
    figures: list[Mapping[str, str]] = json_files.load(path, ASSESSMENT, again)["figures"]
    alt = next((figure["alt"] for figure in figures if figure["name"] == FIGURE), None)
    if alt is None:
        raise RunError(f"{path} tells of no figure {FIGURE!r}; {again}")
    drawing = f"{results.name}/figures/{run}/{FIGURE}"
    # A reader's machine may lack the fonts of the SVG, and within a page whatever is then too wide is cut.
    image = f'<img align="right" width="{_WIDTH}" src="{drawing}.png" alt="{escape(printable(alt))}">'
    return f'<a href="{drawing}.svg">{image}</a>'
