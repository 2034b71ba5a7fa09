"""What a call of `crimjust run` has to do: a job for each notebook, where its results go, and why it must be run."""

import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import accepted, computed, parameters_cell, project
from crimjust_research.data import provenance
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.runs import given_plan, notebooks, parameters, record, variants
from crimjust_research.runs.given_plan import Given
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.parameters import Parameters
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources

_FORCED = "asked for by --force"
_READS_MOVED = "the results it reads are computed anew"


@dataclass(frozen=True, eq=False)
class Job:
    """One notebook to be run with checked parameters, why, and where its results go.

    A run of the cells and with the parameters that the project means is the reference run and goes to `reports`; any other is a
    variant with a folder of its own, and never touches the reference. `layout` is None for a variant that is named after what
    it reads, until it has been read. With no reason why, its results are as they would come out. `changed` says in what its
    cells are not those the project means; `own` is the evaluator's plan it runs under, a variant always.
    """

    notebook: Notebook
    parameters: Parameters
    made_of: Mapping[str, Any]
    reports: Path
    layout: Layout | None
    why: tuple[str, ...]
    changed: tuple[str, ...] = ()
    own: Given | None = None

    @property
    def id(self) -> str:
        return f"{self.notebook.name}-{self.parameters.digest}"

    @property
    def label(self) -> str:
        """How messages name the run: by its notebook and the parameters that are not the notebook's own."""
        changed = (f"{name}={_shown(value)}" for name, value in self.parameters.changed.items())
        return ", ".join([self.notebook.name, *changed])

    @property
    def is_reference(self) -> bool:
        return self.layout is not None and self.layout.folder == self.reports

    @property
    def pending(self) -> Path:
        """Where results wait to be promoted: beside their place, so that they only need to be renamed."""
        return (self.reports if self.is_reference else variants.folder(self.reports)) / ".pending"

    @property
    def failed(self) -> Path:
        return self.reports / "failed" / self.id


class Plan:
    """The notebooks asked for, and which of their results are as they would come out."""

    def __init__(self, found: Sequence[Notebook], sources: Sources, own: Given | None = None) -> None:
        """`own` is the evaluator's plan that they are to run under, if not under the registered one."""
        self.reports = project.root() / "reports"
        self.present = Present(sources)
        self.found = found
        self.own = own

    def settled(self) -> list[Notebook]:
        """Notebooks whose reference run is current; none that reads results unless all others are known to be."""
        current = [n for n in self.found if not self._why(n, None, Layout(self.reports, n.name))]
        known = {n.name for n in current}
        if all(n.name in known for n in notebooks.find("all") if not n.reads_results):
            return current
        return [n for n in current if not n.reads_results]

    def jobs(
        self, wanted: Sequence[Notebook], given: Mapping[str, Any], variant: str | None, force: bool = False
    ) -> list[Job]:
        """A job for each notebook, its parameters checked.

        Raises
        ------
        ParameterError
            With every fault of every notebook.
        """
        resolved = parameters.resolve(wanted, given, self.own.parameters(wanted) if self.own else {})
        jobs, faults = [], []
        for notebook, values in zip(wanted, resolved, strict=True):
            changed = notebook.changed(values.injected)
            try:
                layout, why = self._place(notebook, values, variant, force, changed)
            except ParameterError as error:
                faults.append(str(error))
                continue
            why = why or ((_FORCED,) if force else ())
            made_of = {**self.present.made_of(notebook), **({"own_plan": self.own.sha256} if self.own else {})}
            jobs.append(Job(notebook, values, made_of, self.reports, layout, why, changed, self.own))
        if faults:
            raise ParameterError("\n".join(dict.fromkeys(faults)))
        return jobs

    def again(self, job: Job) -> Job:
        """A job that reads the results of others, with its reasons found anew.

        Raises
        ------
        RunError
            If any of these results are not what their notebooks would find now.
        """
        self.present.forget_tables()
        read = job.layout.folder if job.own and job.layout else self.reports
        ranks = {notebook.name: self.rank(notebook) for notebook in notebooks.find("all")}
        before = [name for name, rank in ranks.items() if rank < self.rank(job.notebook)]
        if job.own and not any(Layout(read, name).record.is_file() for name in before):
            raise RunError(
                f"{read.name} holds none that were made under this plan; run them into it first: crimjust run all --plan "
                f"{job.own.name} --name {read.name}"
            )
        require_current(read, self.present, but=ranks.keys() - set(before))
        if job.layout is None or _FORCED in job.why:
            return job
        why = self._why(job.notebook, job.parameters.values, job.layout)
        return replace(job, why=why)

    def rank(self, notebook: Notebook) -> int:
        """When a notebook is run; see `given_plan.rank`."""
        return given_plan.rank(notebook, self.own.plan if self.own else None)

    def _place(
        self, notebook: Notebook, values: Parameters, variant: str | None, force: bool, changed: Sequence[str]
    ) -> tuple[Layout | None, tuple[str, ...]]:
        """Where a run's results lie, if that is known yet, and why it must be run."""
        if variant is not None:
            given_plan.require_place(variants.place(self.reports, variant), self.own)
            layout = variants.named(self.reports, variant, notebook.name, values.values)
            if not force:
                variants.require_same_files(layout, values.changed)
                variants.require_same_cells(layout, notebook, changed)
            return layout, self._why(notebook, values.values, layout)
        if not values.changed and not changed:
            layout = Layout(self.reports, notebook.name)
            return layout, self._why(notebook, values.values, layout)
        why: tuple[str, ...] = ("there are no results yet",)
        for layout in variants.of(self.reports, notebook.name):
            kept = record.read(layout)
            if kept is not None and kept["parameters"] == parameters_cell.told(values.values):
                why = self._why(notebook, values.values, layout)
                if not why:
                    return layout, why
        return None, why

    def _why(self, notebook: Notebook, values: Mapping[str, Any] | None, layout: Layout) -> tuple[str, ...]:
        moved = self.present.moved(notebook, layout, values)
        return moved or (() if record.is_computed_here(layout) else (record.NOT_COMPUTED_HERE,))


def length(notebook: Notebook) -> tuple[float, int]:
    """How long a run of a notebook takes, as far as is known: the seconds of its last one in this checkout, or else more than
    any, and the more the more of its cells simulate power. The longest is best started first."""
    power = sum("power" in notebooks.tags(cell) for cell in notebook.cells)
    try:
        return float(computed.marked(_seconds(notebook))), power
    except ValueError:  # there was none, or nobody can read it
        return math.inf, power


def note_length(notebook: Notebook, seconds: float) -> None:
    """Note how long the notebook's reference run took."""
    computed.mark(_seconds(notebook), f"{seconds:.1f}")


def _seconds(notebook: Notebook) -> str:
    return f"{notebook.name}-seconds"


def due(
    name: str = "all",
    given: Mapping[str, Any] | None = None,
    *,
    variant: str | None = None,
    own: Given | None = None,
    force: bool = False,
) -> tuple[str, ...]:
    """What `runner.run` would do, a line each, and why; nothing is done.

    Raises
    ------
    ParameterError
        With every fault of every notebook.
    RunError
        If there is no such notebook.
    """
    found, sources = notebooks.find(name), Sources()
    lines = [f"panel {panel}: would be built: {why}" for panel, why in provenance.outdated(sources).items()]
    runs = 0
    plan = Plan(found, sources, own)
    jobs = plan.jobs(found, given or {}, own.variant if own and variant is None else variant, force)
    for job in sorted(jobs, key=lambda job: plan.rank(job.notebook)):
        told = any(phrase.startswith(record.READ_RESULTS_CHANGED) for phrase in job.why)
        why = [*job.why, *([_READS_MOVED] if job.notebook.reads_results and runs and not told else [])]
        runs += bool(why) and not job.notebook.reads_results
        lines.append(f"{job.label}: {'would run: ' + '; '.join(why) if why else 'up to date'}")
        lines += [f"  changed by hand, so that it is a variant: {changed}" for changed in job.changed]
    return (*lines, *left_out(name))


def require_current(folder: Path, present: Present, but: Collection[str] = ()) -> None:
    """Refuse the results in `folder`, those of the runs `but` aside, if any are not those their records tell of, or anything
    has moved since.

    Raises
    ------
    RunError
        Naming each run, what moved, and the command that computes it anew.
    """
    faults = []
    there = {notebook.name: notebook for notebook in notebooks.in_folder()}
    left = {path.stem for part in ("assessments", "records") for path in (folder / part).glob("*.json")}
    is_reference = folder == project.root() / "reports"
    # Of the reference every notebook of the project is due, of a variant those that were run, which may be anybody's.
    known = {name: there[name] for name in there if not is_reference or accepted.of(name)}
    for run in sorted((left | known.keys() if is_reference else left).difference(but)):
        if run not in known:
            faults.append(f"  {run}: {_unknown(run, folder, there)}")
            continue
        moved = present.moved(known[run], Layout(folder, run))
        faults += [f"  {run}: {'; '.join([*moved, *by_hand(known[run])])}"] if moved else []
    if faults:
        again = "crimjust run all" if is_reference else "crimjust variants shows the commands"
        told = f"results are not what their notebooks would find now; run these again first ({again}):"
        raise RunError("\n".join([told, *faults]))


def _unknown(run: str, folder: Path, there: Collection[str]) -> str:
    """What to do about results in `folder` of a notebook that is not due there."""
    if run in there:
        return f"{accepted.PATH} does not list it; restore that file from git or the release"
    place = folder.relative_to(project.root()).as_posix()
    return f"notebooks/{run}.ipynb is not there; put it back, or take the files of {run} out of {place}/"


def by_hand(notebook: Notebook) -> tuple[str, ...]:
    """What somebody changed in a notebook, and what may become of that, in a phrase; none if nobody did."""
    if not (differs := notebook.differs):
        return ()
    return (
        f"{notebook.place} was changed by hand ({'; '.join(differs)}): restore it from git or the release, or, if that is how "
        f"the project is to have it, crimjust notebooks accept {notebook.name}",
    )


def left_out(name: str) -> tuple[str, ...]:
    """The notebooks that a run of `name` does not run though they lie beside the project's, a line each."""
    others = notebooks.others() if name == "all" else ()
    return tuple(
        f"{other}: not run, since it is none of the project's notebooks; alone: crimjust run {other}"
        for other in others
    )


def _shown(value: Any) -> str:
    """A parameter's value as a label has it: of a file its name alone."""
    text = PurePath(value).name if isinstance(value, str) and os.sep in value else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
