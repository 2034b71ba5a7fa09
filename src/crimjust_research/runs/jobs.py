"""What a call of `crimjust run` has to do: a job for each notebook, where its results go, and why it must be run."""

import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from crimjust_research import computed, parameters_cell, project
from crimjust_research.data import provenance
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.runs import notebooks, parameters, record, variants
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.parameters import Parameters
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources

_FORCED = "asked for by --force"
_READS_MOVED = "the results it reads are computed anew"


@dataclass(frozen=True, eq=False)
class Job:
    """One notebook to be run with checked parameters, why, and where its results go.

    A run with the notebook's own parameters is the reference run and goes to `reports`; any other is a variant
    with a folder of its own, and never touches the reference. `layout` is None for a variant that is named after what it
    reads, until it has been read. With no reason why, its results are as they would come out.
    """

    notebook: Notebook
    parameters: Parameters
    made_of: Mapping[str, Any]
    reports: Path
    layout: Layout | None
    why: tuple[str, ...]

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

    def __init__(self, found: Sequence[Notebook], sources: Sources) -> None:
        self.reports = project.root() / "reports"
        self.present = Present(sources)
        self.found = found

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
        resolved = parameters.resolve(wanted, given)
        jobs, faults = [], []
        for notebook, values in zip(wanted, resolved, strict=True):
            try:
                layout, why = self._place(notebook, values, variant, force)
            except ParameterError as error:
                faults.append(str(error))
                continue
            why = why or ((_FORCED,) if force else ())
            jobs.append(Job(notebook, values, self.present.made_of(notebook), self.reports, layout, why))
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
        require_current(self.reports, self.present, but=[n.name for n in notebooks.find("all") if n.reads_results])
        if job.layout is None or _FORCED in job.why:
            return job
        why = self._why(job.notebook, job.parameters.values, job.layout)
        return replace(job, why=why)

    def _place(
        self, notebook: Notebook, values: Parameters, variant: str | None, force: bool
    ) -> tuple[Layout | None, tuple[str, ...]]:
        """Where a run's results lie, if that is known yet, and why it must be run."""
        if variant is not None:
            layout = variants.named(self.reports, variant, notebook.name, values.values)
            if not force:
                variants.require_same_files(layout, values.changed)
            return layout, self._why(notebook, values.values, layout)
        if not values.changed:
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
    name: str = "all", given: Mapping[str, Any] | None = None, *, variant: str | None = None, force: bool = False
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
    jobs = Plan(found, sources).jobs(found, given or {}, variant, force)
    for job in sorted(jobs, key=lambda job: job.notebook.reads_results):
        told = any(phrase.startswith(record.READ_RESULTS_CHANGED) for phrase in job.why)
        why = [*job.why, *([_READS_MOVED] if job.notebook.reads_results and runs and not told else [])]
        runs += bool(why) and not job.notebook.reads_results
        lines.append(f"{job.label}: {'would run: ' + '; '.join(why) if why else 'up to date'}")
    return tuple(lines)


def require_current(folder: Path, present: Present, but: Collection[str] = ()) -> None:
    """Refuse the results in `folder`, those of the runs `but` aside, if any are not those their records tell of, or anything
    has moved since.

    Raises
    ------
    RunError
        Naming each run, what moved, and the command that computes it anew.
    """
    faults = []
    known = {notebook.name: notebook for notebook in notebooks.find("all")}
    left = {path.stem for part in ("assessments", "records") for path in (folder / part).glob("*.json")}
    # Of the reference every notebook is due, of a variant those that were run.
    for run in sorted((left | known.keys() if folder == project.root() / "reports" else left).difference(but)):
        if run not in known:
            faults.append(f"  {run}: there is no such notebook; remove its files from {folder}")
            continue
        moved = present.moved(known[run], Layout(folder, run))
        faults += [f"  {run}: {'; '.join(moved)}"] if moved else []
    if faults:
        again = "crimjust run all" if folder == project.root() / "reports" else "crimjust variants shows the commands"
        told = f"results are not what their notebooks would find now; run these again first ({again}):"
        raise RunError("\n".join([told, *faults]))


def _shown(value: Any) -> str:
    """A parameter's value as a label has it: of a file its name alone."""
    text = PurePath(value).name if isinstance(value, str) and os.sep in value else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
