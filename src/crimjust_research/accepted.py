"""Which cells of code each notebook has as the project means it, and in what those that were run are not these.

`notebooks/accepted.json` lists them; `crimjust notebooks accept` writes it.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from crimjust_research import json_files, parameters_cell, project
from crimjust_research.errors import DataError, ParameterError, printable

PATH = "notebooks/accepted.json"
VARIABLE = "CRIMJUST_NOTEBOOK"
"""Set for a kernel by whoever runs a notebook: that one's name, which may be that of a copy."""
_SHAPE = {...: {"parameters": dict, "cells": [str], "sha256": str}}
_REMEDY = "restore it from git or the release, or write it anew: crimjust notebooks accept"
_CELL = re.compile(r"(?P<sha256>[0-9a-f]{64})  (?P<begins>.*)")
_LONGEST = 60  # of a cell's first line
_NAMED = 3  # of the cells left out


@dataclass(frozen=True)
class Accepted:
    """A notebook as the project means it: the values of its parameters cell, and of each other cell of code a line, its sha256
    and how it begins."""

    parameters: Mapping[str, Any]
    cells: tuple[str, ...]

    @cached_property
    def sha256(self) -> str:
        """What stands for all of it."""
        return _sha256(json.dumps([self.parameters, self.cells]))


def listed() -> Mapping[str, Accepted]:
    """The notebooks of the list, by name.

    Raises
    ------
    DataError
        If the list is missing, broken, or not as `crimjust notebooks accept` wrote it.
    """
    path = project.root() / PATH
    return _listed(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache
def _listed(path: Path, changed: int) -> Mapping[str, Accepted]:
    del changed  # a list written again is read again
    found = {}
    entries = json_files.load(path, _SHAPE, _REMEDY)
    if not entries:
        raise DataError(f"{path} lists no notebook; {_REMEDY}")
    for name, entry in entries.items():
        found[name] = one = Accepted(entry["parameters"], tuple(entry["cells"]))
        if one.sha256 != entry["sha256"] or not all(map(_CELL.fullmatch, one.cells)):
            raise DataError(f"{path}: what it lists for {name} was changed by hand or damaged; {_REMEDY}")
    return found


def of(notebook: str) -> Accepted | None:
    """What is accepted of the notebook of that name; None if it is not one of the project's."""
    return listed().get(notebook)


def defaults(notebook: str) -> dict[str, Any]:
    """The parameters of the notebook of that name as the project means them; of one that is not the project's, its own."""
    meant = of(notebook)
    return parameters_cell.registered_defaults(notebook) if meant is None else dict(meant.parameters)


def meant(parameters: Mapping[str, Any], sources: Sequence[str]) -> Accepted:
    """What is accepted of a notebook once it is, from its parameters and the sources of its other cells of code."""
    as_listed: dict[str, Any] = json.loads(json.dumps(parameters))
    return Accepted(as_listed, tuple(f"{_sha256(_bare(source))}  {begins(source)}" for source in sources))


def as_file(notebooks: Mapping[str, Accepted]) -> bytes:
    """The list as a file: notebooks in the order of names, a line for each cell."""
    entries = {
        name: {"parameters": one.parameters, "cells": one.cells, "sha256": one.sha256}
        for name, one in sorted(notebooks.items())
    }
    return (json.dumps(entries, indent=1, ensure_ascii=False) + "\n").encode()


def not_of_the_project(notebook: str) -> str:
    """What is said of a notebook that is not in the list."""
    return f"{notebook} is not one of the project's notebooks: all its cells are its author's own"


def other_defaults(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """In what the parameters of a notebook are not what they were, a sentence each."""
    for name in dict.fromkeys([*before, *now]):
        if name not in now:
            yield f"the parameter {name} is gone"
        elif name not in before:
            yield f"the parameter {name} is new: {parameters_cell.in_words(now[name])}"
        elif before[name] != now[name]:
            yield f"{name} is {parameters_cell.in_words(now[name])}; it was {parameters_cell.in_words(before[name])}"


def unlike(
    entered: Sequence[str | None], accepted: Accepted, *, begun: int = 1, ended: bool = False
) -> tuple[str, ...]:
    """In what the cells that were run are not those accepted, in the order of cells, a sentence each; none if they are these.

    Parameters
    ----------
    entered : sources by the number of `In [n]`, None in place of what needs no comparing: 0, and cells of parameters.
    begun : the number from which the notebook's cells count. Of those before, which an earlier study in the same kernel may have
        run, only what is none of the notebook's is told.
    ended : whether no more is to come, so that what has not run is left out. Otherwise only what should have run by now is.
    """
    places = {line[:64]: place for place, line in enumerate(accepted.cells)}  # and of what stands for one of them
    runs = [(n, source, _sha256(_bare(source))) for n, source in enumerate(entered) if source is not None]
    told: dict[str, tuple[int, str]] = {}  # by what is not accepted; of what ran several times, the last
    ran: dict[int, int] = {}  # the number under which each accepted cell, or what stands for it, ran last
    at = -1
    for position, (number, source, digest) in enumerate(runs):
        place = places.get(digest)
        if number < begun:
            if place is None:
                told[digest] = number, f"ran before the study began and is none of the notebook's: `{begins(source)}`"
            continue
        if place is None:
            later = (places[after] for _, _, after in runs[position + 1 :] if after in places)
            if at + 1 < next(later, len(accepted.cells) if ended else 0) and at + 1 not in ran:
                place = places[digest] = at + 1
        if place is None or digest != accepted.cells[place][:64]:
            what = "was added" if place is None else "is not as it came"
            told[digest] = number, f"{what}: `{begins(source)}`"
        if place is not None:
            at, ran[place] = place, number
    for place, number in ran.items():
        if any(other > place and ran[other] < number for other in ran):
            as_listed = accepted.cells[place][66:]
            told[f"order {place}"] = number, f"ran after cells that follow it in the notebook: `{as_listed}`"
    due = len(accepted.cells) if ended else max(ran, default=0)
    missing = [f"`{accepted.cells[place][66:]}`" for place in range(due) if place not in ran]
    sentences = [f"cell {number} {what}" for number, what in sorted(told.values())]
    return (*sentences, *([_left_out(missing)] if missing else []))


def _left_out(missing: Sequence[str]) -> str:
    count = "a cell is left out" if len(missing) == 1 else f"{len(missing)} cells are left out"
    more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
    return f"{count}: {', '.join(missing[:_NAMED])}{more}"


def _bare(source: str) -> str:
    """A cell's source without what nobody sees: blanks at the ends of lines, blank lines before and after."""
    return "\n".join(line.rstrip() for line in source.split("\n")).strip("\n")


def begins(source: str) -> str:
    """The first line of a cell, with those after it as long as it ends where none may, cut short."""
    lines = iter([line.strip() for line in source.split("\n") if line.strip()])
    first = next(lines, "")
    while first.endswith(("(", "[", "{", ",")) and (more := next(lines, "")):
        first += more
    first = printable(first)
    return first if len(first) <= _LONGEST else f"{first[: _LONGEST - 1]}…"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class Entered:
    """What the kernel of a study was given, held against the list, and which of its cells recorded what."""

    def __init__(self, namespace: Mapping[str, Any], notebook: str, parameters: Collection[str]) -> None:
        """In the `namespace` Jupyter counts the cells; `notebook` is that of the study's question, of which a copy may run;
        `parameters` are the names a cell of parameters may assign."""
        self._namespace, self._parameters = namespace, parameters
        self._notebook = os.environ.get(VARIABLE, notebook)
        self._accepted = of(self._notebook)
        self._begun = max(self._number, 1)
        self.cells: dict[str, int] = {}
        """The number of the cell that recorded each result, by the name it goes by; of a cell that runs again, the last time."""

    @property
    def _number(self) -> int:
        """The number of the cell that runs; 0 where no cells are counted."""
        entered = self._namespace.get("In")  # IPython's list of what it was given, from place 1 on
        return len(entered) - 1 if isinstance(entered, list) else 0

    def note(self, result: str) -> None:
        """Note that the cell that runs records a result."""
        if self._number > 0:
            self.cells[result] = self._number

    def unlike(self, *, ended: bool = False) -> tuple[str, ...]:
        """In what all that was run so far is not the notebook's; see `unlike`. Where no cells are counted, nothing is."""
        if self._accepted is None:
            return (not_of_the_project(self._notebook),)
        if self._number < 1:
            return ()
        shell = self._namespace.get("get_ipython")  # which keeps what was typed; `In` has what Python was given
        typed = shell().history_manager.input_hist_raw if shell else self._namespace["In"]
        entered = [
            None if number == 0 or (number < self._begun and self._is_of_parameters(source)) else source
            for number, source in enumerate(typed)
        ]
        return unlike(entered, self._accepted, begun=self._begun, ended=ended)

    def _is_of_parameters(self, source: str) -> bool:
        """Whether a cell sets parameters and does nothing else: departures tell what it changes."""
        try:
            assigned = parameters_cell.assigned(source, "")
        except ParameterError:
            return False
        return bool(assigned) and assigned.keys() <= set(self._parameters)
