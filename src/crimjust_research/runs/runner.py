"""`crimjust run`: every notebook asked for, checked before the first kernel starts, promoted when it is done."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import accepted, locks, parameters_cell, project
from crimjust_research.data import provenance
from crimjust_research.errors import CrimjustError, RunError, in_a_sentence, refused_by_system
from crimjust_research.evidence import plan_names
from crimjust_research.evidence.words import first_sentence, plain
from crimjust_research.results import RESULTS_VARIABLE
from crimjust_research.runs import committed, given_plan, notebooks, promotion, record, variants
from crimjust_research.runs.environment import kernel_environment, kernels_at_once
from crimjust_research.runs.given_plan import Given
from crimjust_research.runs.jobs import Job, Plan, left_out, length, note_length
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.progress import Progress
from crimjust_research.runs.record import Layout
from crimjust_research.sources import Sources

if TYPE_CHECKING:
    from crimjust_research.runs.execute import Session

CELL_TIMEOUT = 600.0
# Libraries that not every notebook needs, and that take long to import.
_STATISTICS = frozenset({"scipy", "statsmodels"})


@dataclass(frozen=True)
class Done:
    """A run that has been done: where its results lie, what it found, and the seconds it took."""

    layout: Layout
    assessment: Mapping[str, Any]
    seconds: float


class Interrupted(Exception):
    """Somebody stopped the runs; `done` are those that had ended by then, and are kept."""

    def __init__(self, done: tuple[Done, ...]) -> None:
        super().__init__()
        self.done = done


@dataclass(frozen=True)
class Summary:
    """Where the results of the runs done lie, and of those left as they were."""

    done: tuple[Layout, ...]
    unchanged: tuple[Layout, ...]


def run(
    name: str = "all",
    given: Mapping[str, Any] | None = None,
    *,
    variant: str | None = None,
    own: Given | None = None,
    force: bool = False,
    timeout: float | None = CELL_TIMEOUT,
    workers: int | None = None,
) -> Summary:
    """Run the notebook `name`, or all, with the parameters `given` in place of its own.

    Panels that are not up to date are built first, as far as they can be. A run of which nothing has moved since this
    checkout computed it is skipped, unless `force`; why any other is run is said. A failed run does not stop the others. With
    `variant` results are kept under that name; so they are under an evaluator's `own` plan, by default under the plan's.
    `timeout` is in seconds for each cell; `workers` run at once, by default one more than there are processors.

    Raises
    ------
    ParameterError
        With every fault of every notebook, before any kernel starts.
    RunError
        If there is no such notebook, the results cannot be written, or a run failed: an account of each.
    """
    found, given = notebooks.find(name), given or {}
    reports = project.root() / "reports"
    sources = Sources()
    done: list[Layout] = []
    unchanged: list[Layout] = []
    failures: list[str] = []
    stopped = False
    # Without parameters to check, hashes suffice to tell what need not run; else imports may start at once.
    variant = own.variant if own and variant is None else variant
    sure = bool(given or force or variant)
    libraries = _warm_up(found, sources) if sure else ""
    with Progress() as progress:
        for line in provenance.bring_up_to_date(sources):
            progress.say(line)
        plan = Plan(found, sources, own)
        settled = [] if sure else plan.settled()
        due = [notebook for notebook in found if notebook not in settled]
        if due:
            libraries = libraries or _warm_up(due, sources)
            record.require_locked()
        jobs = plan.jobs(due, given, variant, force)
        for line in left_out(name):
            progress.say(line)
        for notebook in settled:
            progress.say(f"{notebook.name}: unchanged")
            unchanged.append(Layout(reports, notebook.name))
        for rank in sorted({plan.rank(job.notebook) for job in jobs}):
            batch = [job for job in jobs if plan.rank(job.notebook) == rank]
            if rank:  # only now is it known whether what they read came out otherwise
                try:
                    batch = [plan.again(job) for job in batch]
                except RunError as error:
                    names = " and ".join(job.label for job in batch)
                    failures.append(f"{names}: not run, since it reads the results of others\n  {error}")
                    break
            for job in batch:
                if not job.why and job.layout:
                    progress.say(f"{job.label}: unchanged, in {_place(job.layout)}")
                    unchanged.append(job.layout)
            try:
                ended, failed = perform(
                    [job for job in batch if job.why], libraries, progress, timeout=timeout, workers=workers
                )
            except Interrupted as interrupted:
                ended, failed, stopped = interrupted.done, (), True
            failures += failed
            done += [one.layout for one in ended]
            for one in ended:
                _tell(one, progress, whole=len(found) == 1)
            if stopped:
                break
        for folder in {layout.folder for layout in (*done, *unchanged)}:
            if done or not promotion.is_pooled(folder):
                try:
                    promotion.pool(folder)
                except RunError as error:
                    failures.append(str(error))
        if not failures and not stopped:
            _conclude(name, done, unchanged, reports, progress)
    if stopped:
        kept = f" ({', '.join(layout.run for layout in done)})" if done else ""
        raise RunError(
            f"stopped: {len(done)} of {len(jobs)} run{'s' if len(jobs) != 1 else ''} had ended and "
            f"{'is' if len(done) == 1 else 'are'} kept{kept}; all else is as it was. The same command goes on from there"
        )
    if failures:
        count = f"{len(failures)} of {len(found)} run{'s' if len(found) > 1 else ''} failed"
        raise RunError("\n\n".join([f"{count}:", *failures]))
    return Summary(tuple(done), tuple(unchanged))


def _tell(one: Done, progress: Progress, *, whole: bool) -> None:
    """Say where a run's results lie, where it departs from the plan, and what it found: all of it, or its beginning."""
    progress.say(f"{one.layout.run}: results in {_place(one.layout)}")
    for departure in one.assessment["departures"]:
        progress.say(f"  departs from the plan: {departure}")
    for changed in one.assessment["changed"]:
        progress.say(f"  changed by hand: {changed}")
    answer = plain(one.assessment["answer"])
    progress.say(f"  {answer if whole else first_sentence(answer)}")


def _place(layout: Layout) -> str:
    return f"{layout.folder.relative_to(project.root()).as_posix()}/"


def _conclude(
    name: str, done: Sequence[Layout], unchanged: Sequence[Layout], reports: Path, progress: Progress
) -> None:
    """One line at the end: how the reference numbers stand beside the committed ones, or against what none was run."""
    if name == "all" and any(layout.folder == reports for layout in (*done, *unchanged)):
        progress.say(committed.comparison())
    if not done:
        progress.say(
            f"Nothing was run: {'each' if len(unchanged) > 1 else 'it'} was computed in this checkout, and since then code, "
            "notebook, parameters, plan, lock, packages, raw tables, panels and the results themselves have not moved."
        )


def perform(
    jobs: Sequence[Job], libraries: str, progress: Progress, *, timeout: float | None, workers: int | None
) -> tuple[tuple[Done, ...], tuple[str, ...]]:
    """Run the jobs, several at once, in kernels forked from a process that has `libraries`; returns those done, in order,
    and an account of each failure.

    Raises
    ------
    DataError
        If a link leads from where results are to lie to elsewhere.
    Interrupted
        If the process is interrupted or told to end; its kernels are ended first.
    """
    if not jobs:
        return (), ()
    from crimjust_research.runs.execute import Session

    for place in {job.pending for job in jobs}:
        promotion.require_writable(place)
    for job in jobs:
        if job.layout:
            promotion.require_own_place(job.layout)
    for job in jobs:
        progress.say(f"{job.label}: to be run: {'; '.join(job.why)}")
        for changed in job.changed:
            progress.say(f"  changed by hand: {changed}")
        if job.changed:
            progress.say("  so its results are a variant, and replace nothing of the reference")
    sessions = {job: Session(progress.cell_of(job.label)) for job in jobs}
    done: dict[Job, Done] = {}
    failures = []
    stopped = False
    with ThreadPoolExecutor(max_workers=workers or kernels_at_once()) as pool:
        # None is left to run alone at the end.
        started = sorted(jobs, key=lambda job: length(job.notebook), reverse=True)
        pending = {pool.submit(_run, job, libraries, sessions[job], timeout): job for job in started}
        try:
            for future in as_completed(pending):
                job = pending[future]
                try:
                    done[job] = future.result()
                except CrimjustError as error:
                    failures.append(str(error))
                    progress.end(job.label, f"{job.label}: failed")
                else:
                    progress.end(job.label, f"{job.label}: done in {done[job].seconds:.1f} s")
        except KeyboardInterrupt:
            stopped = True
            pool.shutdown(wait=False, cancel_futures=True)
            for session in sessions.values():
                session.stop()
    for place in {job.pending for job in jobs}:
        with suppress(OSError):  # another command's runs may be waiting there
            place.rmdir()
    if stopped:  # some may have ended since the last that was told of
        ends = {job: future for future, job in pending.items() if future.done() and not future.cancelled()}
        done |= {job: future.result() for job, future in ends.items() if future.exception() is None}
    ended = tuple(done[job] for job in jobs if job in done)
    if stopped:
        raise Interrupted(ended)
    return ended, tuple(sorted(failures))


def _warm_up(found: Sequence[Notebook], sources: Sources) -> str:
    """Let the process that kernels are forked from import while this one checks parameters; returns what it imports of the
    libraries of statistics: what the notebooks, and all they reach, name of these."""
    from crimjust_research.runs import warm_process

    root = project.root()
    modules = {module for notebook in found for module in record.modules(notebook)}
    libraries = " ".join(sources.libraries(modules, _STATISTICS))
    if warm_process.can_fork():
        warm_process.zygote(kernel_environment(root, root, root) | {warm_process.IMPORTS_VARIABLE: libraries})
    return libraries


def _run(job: Job, libraries: str, session: "Session", timeout: float | None) -> Done:
    """Run one job in its staging folder and promote it.

    Raises
    ------
    RunError
        With the whole account of a failure: run, notebook, cell, line, error, and where its remains lie.
    """
    from crimjust_research.runs.execute import execute
    from crimjust_research.runs.warm_kernel import KERNEL
    from crimjust_research.runs.warm_process import IMPORTS_VARIABLE

    started = time.monotonic()
    with locks.folder_in(job.pending) as staging:
        output, executed = staging / "output", staging / "executed.ipynb"
        staged = Layout(staging / "new", job.notebook.name)
        try:
            output.mkdir()
            execute(
                job.notebook,
                executed,
                cwd=job.notebook.path.parent,
                parameters=job.parameters.injected,
                environment=kernel_environment(output, project.root(), staging / "ipython")
                | _of_own_plan(job, staging)
                | {IMPORTS_VARIABLE: libraries, accepted.VARIABLE: job.notebook.name},
                kernel=KERNEL,
                timeout=timeout,
                session=session,
            )
            assessment = promotion.arrange(output, executed, job.notebook, staged, job.parameters.injected)
            _require_as_meant(job, assessment)
            record.write(job.made_of, job.parameters.values, assessment["used"], staged)
            layout = job.layout or _named_after_content(job, assessment)
            if job.own:
                given_plan.keep(layout.folder, job.own)
            promotion.promote(staged, layout)
            record.mark(layout)
            if job.is_reference:
                note_length(job.notebook, time.monotonic() - started)
        except (CrimjustError, OSError) as error:
            if session.stopped:
                raise RunError(f"{job.label}: stopped") from None
            raise RunError(_account(job, error, executed, output)) from error
    promotion.forget_failed(job.failed)
    return Done(layout, assessment, time.monotonic() - started)


def _require_as_meant(job: Job, assessment: Mapping[str, Any]) -> None:
    """Refuse what a run found under other parameters than those it was given, or does not say of the cells that were changed in
    it; and for the reference, whatever is not as the project means it, though it was not seen before the run.

    Raises
    ------
    RunError
        Naming the parameters, or what departs.
    """
    meant = parameters_cell.told(job.parameters.values)
    if others := [name for name, value in assessment["parameters"].items() if meant.get(name) != value]:
        raise RunError(
            f"a cell other than that of parameters sets {' and '.join(others)}; assign it there, where it is checked and told"
        )
    if job.changed and not assessment["changed"]:
        raise RunError(
            f"what it saved does not say that somebody changed its cells ({'; '.join(job.changed)}); let study.save() stand in "
            "the last cell, and leave what that saved as it is"
        )
    unlike = (*assessment["departures"], *assessment["changed"])
    if job.is_reference and unlike:
        raise RunError(
            f"it is not as the project means it ({'; '.join(unlike)}), so it does not replace the reference; keep it as a "
            f"variant: crimjust run {job.notebook.name} --name NAME"
        )


def _of_own_plan(job: Job, staging: Path) -> dict[str, str]:
    """What a kernel is told that runs under an evaluator's plan: where that is, and whose results it reads if it reads any."""
    if job.own is None or job.layout is None:
        return {}
    place = staging / record.OWN_PLAN
    place.write_bytes(job.own.content)
    return {plan_names.VARIABLE: str(place), RESULTS_VARIABLE: str(job.layout.folder)}


def _named_after_content(job: Job, assessment: Mapping[str, Any]) -> Layout:
    run = job.notebook.name
    cells = job.notebook.code() if job.changed else ()
    name = variants.content_name(run, job.parameters.values, assessment["used"], cells)
    return Layout(variants.folder(job.reports) / name, run)


def _account(job: Job, error: CrimjustError | OSError, executed: Path, output: Path) -> str:
    """Everything a person needs to find the failure; what the run left is kept where the account says."""
    from crimjust_research.runs.execute import CellFailure

    lines = [job.label, f"  notebook  {job.notebook.place}"]
    detail = str(error)
    if isinstance(error, CellFailure):
        lines += [
            f"  cell      {error.cell} of {error.cells}",
            f"  line      {error.line}",
            f"  error     {_indented(error.reason)}",
        ]
        detail = error.detail
    else:
        lines += [f"  error     {_indented(in_a_sentence(error)[0])}"]
    # What it made of files that somebody supplied may hold what is in them, and so may the error: nothing of that remains.
    if parameters_cell.supplied(job.parameters.changed):
        where = [line for line in lines if not line.startswith(("  line", "  error"))]
        detail = "\n".join(
            [*where, "  of files that were supplied nothing is kept here; run it again to see the error"]
        )
        executed, output = executed.with_name("none"), output.with_name("none")
    try:
        promotion.keep_failed(job.failed, executed, output, notebooks.without_folders(detail, job.parameters.changed))
        lines += [f"  kept in   {job.failed.relative_to(job.reports.parent).as_posix()}"]
    except OSError as reason:
        lines += [f"  kept in   nothing could be kept: {refused_by_system(reason)}"]
    return "\n".join(lines)


def _indented(told: str) -> str:
    """What is told in several lines, those after the first below it."""
    return told.replace("\n", "\n    ")
