"""What is kept beside the reference results: variants and sweeps by name, what made each, and whether it still stands.

Whatever else lies in their folders is named, and never touched.
"""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import json_files, project
from crimjust_research.errors import CrimjustError, DataError, ParameterError, did_you_mean
from crimjust_research.evidence.words import first_sentence, plain
from crimjust_research.runs import cell as cells_of
from crimjust_research.runs import given_plan, notebooks, record, variants
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.runs.record import Layout, Present
from crimjust_research.runs.sweep import IDENTITY
from crimjust_research.sources import Sources

if TYPE_CHECKING:
    from crimjust_research.evidence.plan import OwnPlan, Plan

_LISTED_VALUES = 8  # of a parameter that a sweep varies


@dataclass(frozen=True)
class KeptRun:
    """One notebook's results in a variant.

    `changed` are its parameters that are not those the project means, `by_hand` says in what its cells are not, `answer` is the
    first sentence it found, `moved` what is not as it was when it was computed: empty if it would come out the same.
    """

    run: str
    changed: Mapping[str, Any]
    departures: tuple[str, ...]
    by_hand: tuple[str, ...]
    answer: str
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """A variant's folder: the runs in it, what of it cannot be read, and the evaluator's plan that it was made under."""

    name: str
    runs: tuple[KeptRun, ...]
    faults: tuple[str, ...]
    own: "OwnPlan | None" = None

    def command(self, kept: KeptRun) -> str:
        """What computes the run anew, under the same name if a person gave it."""
        return _command(variants.folder(project.root() / "reports") / self.name, kept.run, kept.changed)


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder: its notebook (empty if its name tells none), the cells it keeps, those its table gathers, those
    that failed, the values of each parameter that varies, what of it cannot be read, what has moved since, and in what the
    notebook's cells were not those of the project's."""

    name: str
    notebook: str
    cells: int
    gathered: int
    failed: int
    varied: Mapping[str, str]
    fault: str
    moved: tuple[str, ...] = ()
    by_hand: str = ""


def folder_of(name: str) -> Path:
    """Where results lie: `reports` for "reference", else the variant of that name; the beginning of one name will do.

    Raises
    ------
    ParameterError
        If there is none, or several begin so; the message names those there are.
    """
    reports = project.root() / "reports"
    places = {variants.REFERENCE: reports} | {path.name: path for path in _folders(variants.folder(reports))}
    held = {known: path for known, path in places.items() if any((path / "records").glob("*.json"))}
    if name in held:
        return held[name]
    if name == variants.REFERENCE:
        raise ParameterError("there are no reference results yet; make them: crimjust run all")
    begin = [known for known in held if name and known.startswith(name)]
    if len(begin) == 1:
        return held[begin[0]]
    if begin:
        raise ParameterError(f"{len(begin)} results begin with {name!r}: {', '.join(begin)}; give more of the name")
    there = f"there are: {', '.join(held) or 'none'}. `crimjust variants` tells what each is"
    raise ParameterError(f"there is no variant {name!r}; {did_you_mean(name, held)}{there}")


def name_of(folder: Path) -> str:
    """The name a person calls results by, from the folder they lie in."""
    return variants.REFERENCE if folder == project.root() / "reports" else folder.name


def pooling(folder: Path) -> str:
    """What pools the results in a folder again: what runs them all, or what made a run of the variant.

    Raises
    ------
    DataError, RunError
        If the record of that run cannot be read, or there is no such notebook.
    """
    runs = sorted(path.stem for path in (folder / "records").glob("*.json"))
    if name_of(folder) == variants.REFERENCE or not runs:
        return "crimjust run all"
    run = runs[0]
    (notebook,) = notebooks.find(run)
    return _command(folder, run, changed_parameters(record.load(Layout(folder, run))["parameters"], notebook))


def kept_variants() -> tuple[Variant, ...]:
    """Every folder of variants, in the order of names."""
    present = Present(Sources())
    return tuple(_variant(path, present) for path in _folders(variants.folder(project.root() / "reports")))


def kept_sweeps() -> tuple[Sweep, ...]:
    """Every folder of sweeps, in the order of names."""
    names = [notebook.name for notebook in notebooks.find()]
    return tuple(_sweep(path, names) for path in _folders(project.root() / "reports" / "sweeps"))


def kept_run(layout: Layout, present: Present) -> KeptRun:
    """The results in `layout`, held against what they are made of now.

    Raises
    ------
    DataError, RunError
        If they cannot be read, or there is no such notebook.
    """
    kept, answer = record.load(layout), record.assessment(layout)
    (notebook,) = notebooks.find(layout.run)
    return KeptRun(
        layout.run,
        changed_parameters(kept["parameters"], notebook),
        tuple(answer["departures"]),
        tuple(answer["changed"]),
        first_sentence(plain(answer["answer"])),
        present.moved(notebook, layout),
    )


def command(folder: Path, kept: KeptRun) -> str:
    """What computes a run anew whose results lie in `folder`."""
    is_reference = name_of(folder) == variants.REFERENCE
    return f"crimjust run {kept.run}" if is_reference else _command(folder, kept.run, kept.changed)


def first_to_do(place: str, kept: KeptRun) -> str:
    """What to do before the command that computes a run anew whose results lie at `place`: nothing but where somebody had changed
    cells of its notebook, which may have been restored since."""
    if not kept.by_hand:
        return ""
    return f"put the cells of {place}/notebooks/{kept.run}.ipynb into notebooks/{kept.run}.ipynb, then "


def _folders(parent: Path) -> Iterator[Path]:
    return (path for path in sorted(parent.glob("*")) if path.is_dir() and not path.name.startswith("."))


def _variant(folder: Path, present: Present) -> Variant:
    try:
        laid = plan_of(folder)
    except CrimjustError as error:
        return Variant(folder.name, (), (str(error),))
    found, faults = [], []
    records = sorted((folder / "records").glob("*.json"))
    for path in records:
        try:
            found.append(kept_run(Layout(folder, path.stem), present))
        except CrimjustError as error:
            faults.append(str(error))
    return Variant(
        folder.name,
        tuple(found),
        tuple(faults) if records else ("it holds no results of a run",),
        laid.own if laid else None,
    )


def changed_parameters(values: Mapping[str, Any], notebook: Notebook) -> dict[str, Any]:
    """Parameters of a run that are not those the project means."""
    standard = json.loads(json.dumps(notebook.standard))  # as a record has them
    return {name: value for name, value in values.items() if name not in standard or value != standard[name]}


def plan_of(folder: Path) -> "Plan | None":
    """The evaluator's plan that the results in a folder were made under, laid over the registered one; None where there is none.

    Raises
    ------
    ParameterError
        If it is not the one that they were made under, or not what a plan may be.
    """
    if name_of(folder) == variants.REFERENCE:
        return None
    given_plan.require_kept(folder)
    if not (folder / record.OWN_PLAN).is_file():
        return None
    from crimjust_research.evidence import plan  # with a schema, which nothing else here needs

    return plan.of(folder)


def _command(folder: Path, run: str, changed: Mapping[str, Any]) -> str:
    """What computes a run of a variant anew, under the same plan, and the same name if a person gave it."""
    own = plan_of(folder)
    by_plan = own.parameters(run) if own else {}
    typed = {name: value for name, value in changed.items() if name not in by_plan or value != by_plan[name]}
    given = "".join(f" -p {shlex.quote(f'{name}={_typed(value)}')}" for name, value in typed.items())
    under = f" --plan {(folder / record.OWN_PLAN).relative_to(project.root()).as_posix()}" if own else ""
    unnamed = re.fullmatch(rf"{re.escape(run)}-[0-9a-f]{{8}}", folder.name)
    return f"crimjust run {run}{given}{under}{'' if unnamed and not own else f' --name {folder.name}'}"


def _typed(value: Any) -> str:
    """A parameter's value as `-p` takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _moved_cells(folder: Path, name: str) -> tuple[str, ...]:
    """What the cells of a sweep are made of that is not as it was; none where nothing says what they are made of."""
    if not name:
        return ()
    (notebook,) = notebooks.find(name)
    now = {**cells_of.identity(notebook), "notebook": notebook.sha256}
    for mark in (folder / "cells").glob(f"*/{IDENTITY}"):
        with suppress(DataError):
            return record.moved_cells(json_files.load(mark, {"versions": {...: str}}, ""), now)
    return ()


def _sweep(folder: Path, names: list[str]) -> Sweep:
    notebook = max((n for n in names if folder.name.startswith(f"{n}-")), key=len, default="")
    cells = sum(1 for _ in (folder / "cells").glob("*/*.csv"))
    table = folder / "estimates.parquet"
    if not table.is_file():
        fault = "" if cells else "it holds no results of a sweep"
        return Sweep(folder.name, notebook, cells, 0, 0, {}, fault)
    import pandas as pd

    try:
        frame = pd.read_parquet(table)
        failures = folder / "failures.csv"
        failed = len(pd.read_csv(failures)) if failures.is_file() else 0
        once = frame.drop_duplicates("cell")
        by_hand = (
            str(once["changed_by_hand"].iloc[0]) if "changed_by_hand" in once else ""
        )  # a sweep of an earlier version
    except (OSError, ValueError, KeyError) as error:
        return Sweep(folder.name, notebook, cells, 0, 0, {}, f"its tables cannot be read ({error})")
    given = once[[c for c in frame.columns if c.startswith("parameter_")]].astype("str").to_dict("list")
    values = {str(c).removeprefix("parameter_"): list(dict.fromkeys(found)) for c, found in given.items()}
    varied = {name: _listed(found) for name, found in values.items() if len(found) > 1}
    moved = _moved_cells(folder, notebook)
    return Sweep(folder.name, notebook, cells, len(once), failed, varied, "", moved, by_hand)


def _listed(found: list[str]) -> str:
    more = f" and {len(found) - _LISTED_VALUES} more" if len(found) > _LISTED_VALUES else ""
    return f"{', '.join(found[:_LISTED_VALUES])}{more}"
