"""The whole report on paper: what a page of it says, set in Word or as PDF."""

from collections.abc import Collection, Mapping
from pathlib import Path

from crimjust_research.report import html
from crimjust_research.report.elements import Picture
from crimjust_research.report.paper.page import numbered, page, running
from crimjust_research.report.paper.pictures import pictures

__all__ = ["FORMS", "build", "numbered", "page", "pictures", "running"]

FORMS = {"pdf": html.PDF, "docx": html.WORD}


def build(results: Path, forms: Collection[str], output: Path | None = None, variant: str = "") -> tuple[Path, ...]:
    """Write the report in some of `FORMS` and return the paths: beside the results, as `html.build` does, or in `output`.

    Raises
    ------
    RunError, DataError
        As `html.build` does, or if the PDF cannot be set; earlier files are left as they are.
    """
    report = html.read(results, variant)
    told, shown, head = page(report), pictures(report, dots="docx" in forms), running(report)
    return html.put({FORMS[form]: _set(form, told, shown, head) for form in forms}, results, output)


def _set(form: str, told: str, shown: Mapping[str, Picture], head: str) -> bytes:
    from crimjust_research.report import typst, word

    write = typst.document if form == "pdf" else word.document
    return write(told, shown, head)
