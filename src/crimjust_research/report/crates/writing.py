"""Writes crates as ZIPs, whose bytes depend on their content alone."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from crimjust_research import came_with, project, written
from crimjust_research.errors import RunError
from crimjust_research.report import downloads, edition
from crimjust_research.report.crates import entities, one, preview, whole
from crimjust_research.runs import kept, notebooks, promotion, record
from crimjust_research.runs.record import Layout, Present
from crimjust_research.runs.variants import REFERENCE
from crimjust_research.sources import Sources

FOLDER = "reports/crates"
_log = logging.getLogger(__name__)


def of_runs(results: Path, name: str, output: Path | None = None) -> Iterator[Path]:
    """Write the crate of the run `name` in the folder `results`, or of all runs in it, and yield the path of each.

    They go into `output`, by default a folder in `FOLDER`, beside whatever it holds.

    Raises
    ------
    RunError
        If there is no such notebook, or a result is not as it would come out now.
    DataError
        If results cannot be read, or a file would be written through a link.
    """
    variant = kept.name_of(results)
    folder = output or project.root() / FOLDER / ("" if variant == REFERENCE else variant)
    present, described = Present(Sources()), edition.at_hand()
    with promotion.at_rest():
        for layout in _layouts(results, name):
            _require_current(layout, present)
            place = _packed(folder, f"{layout.run}.crate.zip", one.files(described, layout))
            if any(used.get("supplied") for used in record.load(layout)["tables"]):
                _log.warning(
                    "%s holds what the run found in files that somebody supplied; hand it on only if you may", place
                )
            yield place


def of_report(output: Path | None = None) -> Path:
    """Write the crate of the whole report: of all that came with this checkout, as it now is, and the report on paper.

    Raises
    ------
    DataError
        As `whole.metadata` does, or if a file would be written through a link.
    """
    root = project.root()
    own = (entities.NAME, came_with.LIST)
    names = {*came_with.names(root), *whole.PAGES} - set(own)
    held = {name: (root / name).read_bytes() for name in sorted(names) if (root / name).is_file()}
    files = {entities.NAME: whole.metadata(edition.at_hand(), held), **held}
    return _packed(output or root / FOLDER, "report.crate.zip", files)


def _layouts(results: Path, name: str) -> list[Layout]:
    """The runs of that name in a folder of results."""
    held = sorted(path.stem for path in (results / "records").glob("*.json"))
    wanted = held if name == "all" else [notebook.name for notebook in notebooks.find(name)]
    found = [Layout(results, run) for run in wanted if run in held]
    if not found:
        told = kept.name_of(results)
        whose = "the reference results hold" if told == REFERENCE else f"variant {told} holds"
        raise RunError(f"{whose} no run of {', '.join(wanted)}; there are: {', '.join(held)}")
    return found


def _require_current(layout: Layout, present: Present) -> None:
    """Refuse a result that is not as its record tells, or of which anything has moved since."""
    held = kept.kept_run(layout, present)
    if held.moved:
        name = kept.name_of(layout.folder)
        of = "" if name == REFERENCE else f", variant {name},"
        first = kept.first_to_do(layout.folder.relative_to(project.root()).as_posix(), held)
        raise RunError(
            f"{layout.run}{of} is not what its notebook would find now: {'; '.join(held.moved)}; run it again first: "
            f"{first}{kept.command(layout.folder, held)}"
        )


def _packed(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    shown = {preview.NAME: preview.page(files[entities.NAME])}
    written.among(folder, {name: downloads.zipped("", name, {**files, **shown}).content})
    return folder / name
