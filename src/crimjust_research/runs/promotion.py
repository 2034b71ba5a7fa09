"""From a run's staging folder to its place: the whole set of a run's results at once, or nothing of it."""

import csv
import errno
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from crimjust_research import came_with, computed, csv_files, locks, project, written
from crimjust_research.errors import RunError
from crimjust_research.numbers import STORED_DIGITS
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout

POOLED = "estimates.csv"
_FAILED = "failed run"


def arrange(
    output: Path, executed: Path, notebook: Notebook, layout: Layout, changed: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """Put what a kernel saved in `output` and the executed notebook where `layout` has them.

    Of files outside the checkout that `changed` parameters name, results keep the name alone.

    Returns
    -------
    The saved assessment, as its file has it.

    Raises
    ------
    RunError
        If the notebook saved nothing, left early, or shows what would differ on another machine, or a folder of such a file.
    """
    content = notebooks.normalised(json.loads(executed.read_text(encoding="utf-8")), notebook, changed)
    if not notebooks.is_executed(content):
        raise RunError("it stopped before its last cell; remove whatever exits it")
    try:
        assessment = json.loads((output / "assessment.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError("it ended without saving its result; its last code cell must call study.save()") from None
    unstable = notebooks.unstable_outputs(content, changed) + _shown_folders(output, changed)
    if unstable:
        raise RunError("; ".join(unstable) + "; show values, not objects or paths")
    page, answer, figures, tables = layout.results
    for folder in (page.parent, answer.parent, figures, tables):
        folder.mkdir(parents=True, exist_ok=True)
    project.write_atomically(page, notebooks.dump(content))
    for name, place in (("assessment.json", answer), (POOLED, tables / POOLED)):
        shutil.move(output / name, place)
    for saved, place in ((output / "figures", figures), (output / "tables", tables)):
        for file in sorted(saved.glob("*")):
            shutil.move(file, place / file.name)
    return dict(assessment)


def _shown_folders(output: Path, changed: Mapping[str, Any]) -> list[str]:
    """Which of the files saved show a folder of a file that parameters name, one sentence each."""
    folders = notebooks.own_folders(changed)
    saved = (path for path in sorted(output.rglob("*")) if folders and path.is_file() and path.suffix != ".png")
    return [
        f"{path.name}, which it saved, shows {folder!r}, which is not the same on every machine"
        for path in saved
        for folder in notebooks.shown_folders(path.read_text(encoding="utf-8", errors="replace"), folders)
    ]


def promote(staged: Layout, place: Layout) -> None:
    """Move the staged results to their place, where they replace what a former run of that name left.

    Of what lies there only what is as its record has it is given up; whatever else there is, is somebody's work and set
    aside first, which is told. The record goes last: a process killed in between leaves results that are not those of their
    record, so the run counts as changed. An error puts the former results back.

    Raises
    ------
    DataError
        As `require_own_place`.
    OSError
        If something cannot be set aside or moved.
    """
    moved: list[tuple[Path, Path]] = []
    former = staged.folder.with_name("former")
    with locks.locked(lock()):
        require_own_place(place)
        written.set_aside(_not_of_the_run(place), place.folder, place.folder / written.ASIDE, f"{place.run}-")
        try:
            for new, old in zip((*staged.results, staged.record), (*place.results, place.record), strict=True):
                for source, target in ((old, former / old.relative_to(place.folder)), (new, old)):
                    if source.exists():
                        target.parent.mkdir(parents=True, exist_ok=True)
                        _move(source, target)
                        moved.append((source, target))
        except BaseException:
            for source, target in reversed(moved):
                _move(target, source)
            raise


def _move(source: Path, target: Path) -> None:
    """Rename a file or folder. A folder that came with a container's image the system may not rename: it is copied whole, then
    removed; where that fails nothing of the copy stays."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV or not source.is_dir():
            raise
        try:
            shutil.copytree(source, target, symlinks=True)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        shutil.rmtree(source)


def require_own_place(place: Layout) -> None:
    """Refuse to put a run's results where a link leads elsewhere. Their folder itself may be a link.

    Raises
    ------
    DataError
        Naming the link, and what to do.
    """
    page, answer, *folders = place.results
    for path in (page, answer, place.record, *(folder / POOLED for folder in folders)):
        project.below(place.folder, path.relative_to(place.folder).as_posix())


def _not_of_the_run(place: Layout) -> list[str]:
    """What lies among the results in `place`, by path below its folder, and is neither as the run left it nor as it came with
    the checkout: the record itself, if it is no record or not the one this checkout wrote, and else what is not as the record
    has it."""
    kept = record.read(place)
    files: list[str] = []
    for result in place.results:
        name = result.relative_to(place.folder).as_posix()
        is_folder = result.is_dir() and not result.is_symlink()
        files += [f"{name}/{each}" for each in written.entries(result)] if is_folder else [name]
    theirs = written.unlike(place.folder, files, kept["outputs"] if kept else {})
    if place.record.is_symlink() or kept is None or record.is_rewritten(place):
        theirs += written.unlike(place.folder, [place.record.relative_to(place.folder).as_posix()], {})
    folder = place.folder.relative_to(project.root()).as_posix()
    came = came_with.as_they_came(project.root(), (f"{folder}/{name}" for name in theirs))
    return [name for name in theirs if f"{folder}/{name}" not in came]


def lock() -> Path:
    """The lock of whoever changes results in this checkout."""
    return project.root() / computed.FOLDER / "results.lock"


@contextmanager
def at_rest() -> Iterator[None]:
    """No run changes results meanwhile; whoever reads several of them reads those of one moment.

    Where nothing can be written, no run does anyway.
    """
    with locks.locked(lock()) if os.access(project.root(), os.W_OK) else nullcontext():
        yield


def pool(folder: Path) -> None:
    """Write `estimates.csv` of all runs under `folder`, where there are any; see `pooled`."""
    with locks.locked(lock()):
        content, target = pooled(folder), folder / POOLED
        if content and (not target.is_file() or target.read_bytes() != content):
            root = project.root()
            place = target.relative_to(root).as_posix()
            came_with.keep(root, place)
            written.checkout(root, {place: content}, below=folder)
        if content:
            computed.mark(*_pooled_mark(folder))


def is_pooled(folder: Path) -> bool:
    """Whether `estimates.csv` is as this checkout wrote it, of the runs' tables and the plan as they are now."""
    return (folder / POOLED).is_file() and computed.is_marked(*_pooled_mark(folder))


def require_pooled(folder: Path, command: str) -> None:
    """Refuse an `estimates.csv` that is not what the runs' tables come to; `command` pools them again.

    Raises
    ------
    RunError
        If it is not.
    """
    target = folder / POOLED
    if not is_pooled(folder) and (not target.is_file() or target.read_bytes() != pooled(folder)):
        raise RunError(f"{target} is not what the runs' tables come to; pool them again: {command}")


def _pooled_mark(folder: Path) -> tuple[str, str]:
    """The name of the pooled table among what this checkout computed, and what stands for it and all it was made of."""
    place = folder.relative_to(project.root()).as_posix().replace("/", "-")
    files = [*sorted((folder / "tables").glob(f"*/{POOLED}")), project.root() / record.PLAN, folder / POOLED]
    files += [own for own in (folder / record.OWN_PLAN,) if own.is_file()]
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.parent.name}\0{record.file_hash(file)}\n".encode())
    return f"{place}-{POOLED}", content.hexdigest()


def pooled(folder: Path) -> bytes:
    """The estimates of all runs under `folder` as CSV: the run, then the estimate as the run's own table has it.

    A primary estimate's `p_adjusted`, which no run alone can know, is that over the family of its outcome: the registered one, or
    that of the evaluator's plan that a variant was made under. In any other variant, which may hold a part of the family and
    answers none of its questions, it stays empty.

    Raises
    ------
    RunError
        If a run's table is not as its record has it, or its columns are others than those of the runs before it.
    ParameterError
        If the evaluator's plan in the folder is not what a plan may be.
    """
    header: list[str] = []
    rows: list[list[str]] = []
    for table in sorted((folder / "tables").glob(f"*/{POOLED}")):
        run, content = table.parent.name, table.read_bytes()
        kept = record.read(Layout(folder, run))
        if kept and kept["outputs"].get(f"tables/{run}/{POOLED}") != hashlib.sha256(content).hexdigest():
            raise RunError(f"{table} is not as its run left it; run it again: crimjust run {run} --force")
        told = csv_files.parsed(content, str(table), ("id", "role"), f"run it again: crimjust run {run} --force")
        for own in told:
            header = header or list(own)
            if header != list(own):
                raise RunError(f"{table} has other columns than the runs before it; run all again with --force")
            rows.append([run, *own.values()])
    if not rows:
        return b""
    column = {name: place for place, name in enumerate(["run", *header])}
    if folder == project.root() / "reports" or (folder / record.OWN_PLAN).is_file():
        from crimjust_research.evidence import multiplicity, plan  # with a schema, which only pooling needs

        keys = [(row[0], row[column["id"]], row[column["role"]]) for row in rows]
        raw, values = ([float(row[column[name]] or "nan") for row in rows] for name in ("p_value", "estimate"))
        for place, p in multiplicity.pooled_p_values(keys, raw, values, plan.of(folder)).items():
            rows[place][column["p_adjusted"]] = f"{p:.{STORED_DIGITS}g}"
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(column), *rows])
    return text.getvalue().encode()


def keep_failed(folder: Path, executed: Path, output: Path, detail: str) -> None:
    """Keep what a failed run had come to in `folder`: its notebook, what it saved, and the whole error."""
    forget_failed(folder)
    if os.path.lexists(folder):  # no failed run left it
        written.set_aside([folder.name], folder.parent, _aside(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "error.txt").write_text(detail + "\n", encoding="utf-8")
    for source, target in ((executed, folder / "notebook.ipynb"), (output, folder / "output")):
        with suppress(FileNotFoundError):
            shutil.move(source, target)  # failed runs may be kept on another file system than the one they ran on
    written.seal(folder, _FAILED)


def forget_failed(folder: Path) -> None:
    """Remove what `keep_failed` kept there; what somebody has made of it since is set aside."""
    written.remove(folder, _FAILED, _aside(folder))


def _aside(failed: Path) -> Path:
    """Where what somebody made of a failed run is set aside: beside all that failed."""
    return failed.parents[1] / written.ASIDE


def require_writable(folder: Path) -> None:
    """Make `folder` and see that a file can be written there.

    Raises
    ------
    RunError
        If not, with the system's reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RunError(
            f"{folder} cannot be written to ({error.strerror}); free it or mend its permissions, then run again"
        ) from None
