"""`crimjust run`: every notebook asked for, checked before the first kernel starts, promoted when it is done."""

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import project
from crimjust_research.errors import CrimjustError, RunError
from crimjust_research.runs import notebooks, parameters, promotion, record
from crimjust_research.runs.environment import kernel_environment, kernels_at_once
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.parameters import Parameters
from crimjust_research.runs.progress import Progress
from crimjust_research.runs.record import Layout

if TYPE_CHECKING:
    from crimjust_research.runs.execute import Session

CELL_TIMEOUT = 600.0


@dataclass(frozen=True, eq=False)
class Job:
    """One notebook to be run with checked parameters, and where its results go.

    A run with the notebook's own parameters is the reference run and goes to `reports`; any other is a variant
    with a folder of its own, and never touches the reference.
    """

    notebook: Notebook
    parameters: Parameters
    made_of: Mapping[str, Any]
    reports: Path

    @property
    def id(self) -> str:
        return f"{self.notebook.name}-{self.parameters.digest}"

    @property
    def label(self) -> str:
        """How messages name the run: the reference run by its notebook alone."""
        return self.id if self.parameters.changed else self.notebook.name

    @property
    def layout(self) -> Layout:
        folder = self.reports / "variants" / self.id if self.parameters.changed else self.reports
        return Layout(folder, self.notebook.name)

    @property
    def is_current(self) -> bool:
        return record.is_current(self.made_of, self.parameters.values, self.layout)

    @property
    def staging(self) -> Path:
        return self.reports / ".pending" / f"{self.id}-{os.getpid()}"

    @property
    def failed(self) -> Path:
        return self.reports / "failed" / self.id


@dataclass(frozen=True)
class Summary:
    """Labels of the runs done and of those left as they were."""

    done: tuple[str, ...]
    unchanged: tuple[str, ...]


def run(
    name: str = "all",
    assignments: Sequence[str] = (),
    *,
    force: bool = False,
    timeout: float | None = CELL_TIMEOUT,
    workers: int | None = None,
) -> Summary:
    """Run the notebook `name`, or all, with `assignments` (`key=value`) in place of its parameters.

    A run whose record shows that nothing it depends on has changed is skipped, unless `force`. A failed run does
    not stop the others. `timeout` is in seconds for each cell; `workers` run at once, by default one more than there
    are processors.

    Raises
    ------
    ParameterError
        With every fault of every notebook, before any kernel starts.
    RunError
        If there is no such notebook, the results cannot be written, or a run failed: an account of each.
    """
    found, given = notebooks.find(name), parameters.overrides(assignments)
    reports = project.root() / "reports"
    promotion.discard_abandoned(reports / ".pending")
    made_of = fingerprints(found)
    done: list[str] = []
    unchanged: list[str] = []
    failures: list[str] = []
    with Progress() as progress:
        # Importing what checks parameters imports the statistics, too; without parameters to check, hashes suffice.
        settled = [] if given or force else _settled(found, made_of, reports)
        if len(settled) < len(found):
            _warm_up()
        jobs = plan([notebook for notebook in found if notebook not in settled], given, made_of)
        for notebook in settled:
            _leave(notebook.name, unchanged, progress)
        for batch in _rounds(jobs):
            current = [] if force else [job for job in batch if job.is_current]
            for job in current:
                _leave(job.label, unchanged, progress)
            waiting = [job for job in batch if job not in current]
            for labels, more in zip(
                (done, failures), perform(waiting, progress, timeout=timeout, workers=workers), strict=True
            ):
                labels += more
    for folder in {job.layout.folder for job in jobs} or {reports}:
        if done or not (folder / promotion.POOLED).is_file():
            promotion.pool(folder)
    if failures:
        count = f"{len(failures)} of {len(found)} run{'s' if len(found) > 1 else ''} failed"
        raise RunError("\n\n".join([f"{count}:", *failures]))
    return Summary(tuple(done), tuple(unchanged))


def fingerprints(found: Sequence[Notebook]) -> dict[str, dict[str, Any]]:
    """What the runs of each notebook are made of, by the notebook's name."""
    sources = record.Sources()
    return {notebook.name: record.fingerprint(notebook, sources) for notebook in found}


def _rounds(jobs: Sequence[Job]) -> list[list[Job]]:
    """Jobs that read data, then those that read the results of others."""
    return [[job for job in jobs if job.notebook.reads_results is reads] for reads in (False, True)]


def _leave(label: str, unchanged: list[str], progress: Progress) -> None:
    progress.say(f"{label}: unchanged")
    unchanged.append(label)


def plan(found: Sequence[Notebook], given: Mapping[str, Any], made_of: Mapping[str, Mapping[str, Any]]) -> list[Job]:
    """A job for each notebook, parameters checked; `made_of` are their fingerprints.

    Raises
    ------
    ParameterError
        With every fault of every notebook.
    """
    resolved = parameters.resolve(found, given)
    reports = project.root() / "reports"
    return [
        Job(notebook, values, made_of[notebook.name], reports) for notebook, values in zip(found, resolved, strict=True)
    ]


def perform(
    jobs: Sequence[Job], progress: Progress, *, timeout: float | None, workers: int | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run the jobs, several at once; returns the labels of those done and an account of each failure."""
    if not jobs:
        return (), ()
    from crimjust_research.runs.execute import Session

    promotion.require_writable(jobs[0].reports / ".pending")
    sessions = {job: Session(progress.cell_of(job.label)) for job in jobs}
    done, failures = [], []
    with ThreadPoolExecutor(max_workers=workers or kernels_at_once()) as pool:
        pending = {pool.submit(_run, job, sessions[job], timeout): job for job in jobs}
        try:
            for future in as_completed(pending):
                job = pending[future]
                try:
                    seconds = future.result()
                except CrimjustError as error:
                    failures.append(str(error))
                    progress.end(job.label, f"{job.label}: failed")
                else:
                    done.append(job.label)
                    progress.end(job.label, f"{job.label}: done in {seconds:.1f} s")
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for session in sessions.values():
                session.stop()
            raise
    return tuple(sorted(done)), tuple(sorted(failures))


def _warm_up() -> None:
    """Let the process that kernels are forked from import while this one checks parameters."""
    from crimjust_research.runs import warm_kernel

    root = project.root()
    if warm_kernel.can_fork():
        warm_kernel.zygote(kernel_environment(root, root, root))


def _settled(found: Sequence[Notebook], made_of: Mapping[str, Mapping[str, Any]], reports: Path) -> list[Notebook]:
    """Notebooks whose reference run is current; none that reads results if any other is not, for these may change."""
    current = [n for n in found if record.is_current(made_of[n.name], None, Layout(reports, n.name))]
    if any(n not in current and not n.reads_results for n in found):
        return [n for n in current if not n.reads_results]
    return current


def _run(job: Job, session: "Session", timeout: float | None) -> float:
    """Run one job in its staging folder and promote it; returns the seconds it took.

    Raises
    ------
    RunError
        With the whole account of a failure: run, notebook, cell, line, error, and where its remains lie.
    """
    from crimjust_research.runs.execute import execute
    from crimjust_research.runs.warm_kernel import KERNEL

    started = time.monotonic()
    staging = job.staging
    output, executed = staging / "output", staging / "executed.ipynb"
    staged = Layout(staging / "new", job.notebook.name)
    try:
        output.mkdir(parents=True)
        execute(
            job.notebook.path,
            executed,
            cwd=job.notebook.path.parent,
            parameters=job.parameters.changed,
            environment=kernel_environment(output, project.root(), staging / "ipython"),
            kernel=KERNEL,
            timeout=timeout,
            session=session,
        )
        assessment = promotion.arrange(output, executed, job.notebook, staged)
        record.write(job.made_of, job.parameters.values, assessment["used"], staged)
        promotion.promote(staged, job.layout, staging / "old")
    except (CrimjustError, OSError) as error:
        if session.stopped:
            raise RunError(f"{job.label}: stopped") from None
        raise RunError(_account(job, error, executed, output)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    shutil.rmtree(job.failed, ignore_errors=True)
    return time.monotonic() - started


def _account(job: Job, error: CrimjustError | OSError, executed: Path, output: Path) -> str:
    """Everything a person needs to find the failure; what the run left is kept where the account says."""
    from crimjust_research.runs.execute import CellFailure

    lines = [job.label, f"  notebook  {job.notebook.place}"]
    detail = str(error)
    if isinstance(error, CellFailure):
        lines += [
            f"  cell      {error.cell} of {error.cells}",
            f"  line      {error.line}",
            f"  error     {error.reason}",
        ]
        detail = error.detail
    else:
        lines += [f"  error     {error}"]
    try:
        promotion.keep_failed(job.failed, executed, output, detail)
        lines += [f"  kept in   {job.failed.relative_to(job.reports.parent).as_posix()}"]
    except OSError as reason:
        lines += [f"  kept in   nothing could be kept: {reason}"]
    return "\n".join(lines)
