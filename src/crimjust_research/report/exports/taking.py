"""Writes what an author takes away into a folder: tables, and numbers by name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from crimjust_research import project, written
from crimjust_research.evidence import plan
from crimjust_research.report.exports import documents, numbers, taken, workbook
from crimjust_research.report.exports.taken import Taken
from crimjust_research.runs import jobs, kept, promotion
from crimjust_research.runs.record import Present
from crimjust_research.runs.variants import REFERENCE
from crimjust_research.sources import Sources

FOLDER = "reports/export"
# Forms of which each table is a file of its own, and those of which a notebook's are one.
_EACH: Mapping[str, Callable[[Taken], bytes]] = {
    "csv": lambda one: one.csv,
    "html": documents.html,
    "tex": documents.latex,
}
_TOGETHER: Mapping[str, Callable[[Sequence[Taken]], bytes]] = {"docx": documents.docx, "xlsx": workbook.workbook}
_NUMBERS = {"tex": numbers.as_tex, "json": numbers.as_json}
TABLES, NUMBERS = ("csv", "html", "docx", "tex", "xlsx"), tuple(_NUMBERS)


def tables(results: Path, name: str, forms: Sequence[str], out: Path | None = None) -> Iterator[Path]:
    """Write the tables of that name in the folder `results`, or all, as files of these forms, and yield their paths.

    They go into `out`, by default a folder in `FOLDER`, beside whatever it holds.

    Raises
    ------
    ParameterError
        If no table is called so.
    RunError, DataError
        If results are not as they would come out now or cannot be read, or a file would be written through a link.
    """
    variant, folder = _variant(results), _folder(results, "tables", out)
    with promotion.at_rest():
        known = taken.tables_of(results, variant)
        found = (
            known if name == "all" else taken.called(name, known)
        )  # a name mistyped is told before a wait for new results
        _require_current(results)
    for run, group in groupby(found, lambda one: one.run):
        members = tuple(group)
        files = {f"{one.file}.{form}": _EACH[form](one) for one in members for form in forms if form in _EACH}
        together = members[0].file if len(found) == 1 else "-".join(filter(None, (run, variant)))
        files |= {f"{together}.{form}": _TOGETHER[form](members) for form in forms if form in _TOGETHER}
        written.among(folder, files)
        yield from (folder / file for file in files)


def by_name(results: Path, forms: Sequence[str], out: Path | None = None) -> Iterator[Path]:
    """Write every estimate in the folder `results` by its name, as files of these forms, and yield their paths; see `tables`."""
    variant, folder = _variant(results), _folder(results, "numbers", out)
    with promotion.at_rest():
        _require_current(results)
        known, planned = numbers.named(results, variant), plan.of(results)
    command = f"crimjust numbers --variant {variant}" if variant else "crimjust numbers"
    called = f"crimjust-numbers-{variant}" if variant else "crimjust-numbers"
    files = {f"{called}.{form}": _NUMBERS[form](known, command, planned, variant) for form in forms}
    written.among(folder, files)
    yield from (folder / file for file in files)


def _variant(results: Path) -> str:
    """The name of a variant; empty of the reference results."""
    name = kept.name_of(results)
    return "" if name == REFERENCE else name


def _folder(results: Path, what: str, out: Path | None) -> Path:
    return out or project.root() / FOLDER / what / _variant(results)


def _require_current(results: Path) -> None:
    """Refuse results that a page is not made of; a p that is adjusted counts those of all runs."""
    jobs.require_current(results, Present(Sources()))
    promotion.require_pooled(results, kept.pooling(results))
