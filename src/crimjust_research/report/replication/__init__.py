"""What data editors and code checkers ask of a replication package: `docs/REPLICATION.md`, in the order of their template, and
`codecheck.yml`, the list of all that a check has to make again.

Both are generated from the catalogs, the results with their records, the notebooks, the plan and the citations, so that they
cannot say anything else than these do.
"""

from pathlib import Path

from crimjust_research import written
from crimjust_research.report.html import Report
from crimjust_research.report.replication import manifest, page

PAGE, MANIFEST, COMMAND = "docs/REPLICATION.md", "codecheck.yml", "crimjust report"


def files(root: Path, report: Report) -> dict[str, bytes]:
    """Both files of the checkout at `root`, by their place in it, as the report of its reference results has them.

    Raises
    ------
    DataError, RunError
        If the results, `CITATION.cff`, `pyproject.toml` or the measured needs in `docs/PERFORMANCE.md` cannot be read.
    """
    told = page.of(root, report)
    return {PAGE: page.text(told).encode(), MANIFEST: manifest.text(told.programs).encode()}


def refresh(root: Path, report: Report) -> tuple[str, ...]:
    """Write anew those of the two files that are there and say something else; returns their names.

    Raises
    ------
    DataError, RunError
        As `files` does.
    """
    there = [name for name in (PAGE, MANIFEST) if (root / name).is_file()]
    return written.checkout(root, {name: files(root, report)[name] for name in there}) if there else ()
