"""Citing: data by their publishers, code, results by what they were made of, and the literature of the methods.

`collected` gathers references for the verb that writes them; `references` groups them for a page.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from crimjust_research.data import age, catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.data.tables import Resource
from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.evidence.plan import Unanswered
from crimjust_research.report import asked
from crimjust_research.report.citations import bibtex, csl, methods, runs, software, tables
from crimjust_research.report.citations.reference import Group, Reference

__all__ = ["FORMATS", "METHODS", "Group", "Reference", "collected", "files", "references"]

METHODS = "methods"
# How the file of a format ends, and what writes it.
FORMATS = {"bibtex": ("bib", bibtex.text), "csl": ("json", csl.text)}


def collected(results: Path, words: Sequence[str] = ()) -> tuple[Reference, ...]:
    """What to cite for what `words` name: a run, an estimate or a figure of one, a table, or "methods"; without words all
    results in the folder `results`.

    With results come the data behind them, by key, the code and the results themselves; with all of them the source document,
    too. A table is its publisher's, and a panel that of all it is made of.

    Raises
    ------
    ParameterError
        If nothing is called so; the message has the nearest name.
    DataError, RunError
        If results cannot be read, or stand on other data than there are.
    """
    if [*words] == [METHODS]:
        return tuple(work.reference for work in methods.load())
    tables_there = {name for stored in (catalog.raw(), catalog.processed()) for name in stored.tables()}
    if len(words) == 1 and words[0] in tables_there:
        return _of_data(_of_table(words[0]))
    there = runs.names(results)
    named = [_run(results, words, there, tables_there)] if words else there
    about = () if words else software.works()
    code = software.reference(software.commit())
    return (*_of_data(runs.behind(results, named)), *about, code, runs.reference(results, named))


def files(
    cited: Iterable[Reference], forms: Sequence[str], words: Sequence[str], variant: str = ""
) -> dict[str, bytes]:
    """References as files of these forms, each named after the words that were asked for, so that none is taken for another."""
    works = tuple(cited)
    called = "-".join(filter(None, ("crimjust-references", *words, variant))).replace("/", "-")
    return {f"{called}.{ending}": text(works).encode() for ending, text in map(FORMATS.__getitem__, forms)}


def references(read: Iterable[Resource], named_in: str | None = None) -> tuple[Group, ...]:
    """What a report refers to, each work once under its heading: the source document, the figures of each publisher, the
    literature of the methods, this repository. `read` are the tables behind it, of which panels have nothing of their own; of the
    literature all stands there, or what the text `named_in` names.

    Raises
    ------
    DataError
        If `CITATION.cff` or the list of the literature does not fit.
    """
    raw = catalog.raw().tables()
    by_publisher: dict[str, list[Reference]] = {}
    for reference in _of_data(release for release in read if release.table.name in raw):
        by_publisher.setdefault(str(reference.authors[0]), []).append(reference)
    works = [work for work in methods.load() if named_in is None or work.is_named(named_in)]
    groups = (
        Group("The source document", software.works()),
        *(Group(f"Figures: {publisher}", tuple(found)) for publisher, found in sorted(by_publisher.items())),
        Group("Methods and single documents", tuple(work.reference for work in works)),
        Group("This repository", (software.reference(),)),
    )
    return tuple(group for group in groups if group.references)


def _of_data(releases: Iterable[Resource]) -> tuple[Reference, ...]:
    """Releases of raw tables by key, each once."""
    found = {reference.key: reference for reference in map(tables.of, releases)}
    return tuple(found[key] for key in sorted(found))


def _of_table(name: str) -> Iterator[Resource]:
    """The releases that a table is: its own newest, or those a panel is made of."""
    raw, processed = catalog.raw(), catalog.processed()
    if name in raw.tables():
        yield age.newest(raw.tables()[name])
    else:
        yield from raw_behind(processed.resource(name), raw)


def _run(results: Path, words: Sequence[str], there: Sequence[str], others: Iterable[str]) -> str:
    """The run that words mean: its own name or number, or what it recorded. `others` could have been meant, too."""
    name = words[-1]
    if len(words) == 1 and (same := [run for run in there if name in (run, f"{run}.ipynb", run.partition("_")[0])]):
        return same[0]
    try:
        found = asked.find(results, words)
    except ParameterError as error:
        hint = did_you_mean(name, [*there, *others, METHODS]).strip()
        raise ParameterError(f"{error}. {hint[:1].upper()}{hint[1:]}" if hint else str(error)) from None
    if isinstance(found, Unanswered):
        raise ParameterError(f"no public data can answer {found.id}, so that there is nothing to cite for it")
    return found.run
