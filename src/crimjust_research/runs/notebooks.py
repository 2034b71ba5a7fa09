"""Notebooks as files: found, read and written the same way every time. Plain JSON, so nothing heavy is imported.

An assessment's notebook is `notebooks/NN_name.ipynb`, stripped of output. Its first code cell is tagged
`parameters`; `metadata.crimjust.params` names the class that checks them, as `module:Class`.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from html import escape
from itertools import count
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from crimjust_research import accepted, json_files, parameters_cell, project, results
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.sources import imports

INJECTED_TAG = "injected-parameters"
# Tags with which a cell would not be what a whole run takes it for, and what to do.
_UNFIT = {
    INJECTED_TAG: "which a run leaves in what it wrote: move its values to the cell of parameters, and delete it",
    "skip-execution": "with which Jupyter leaves it out: remove the tag, or the cell",
    "raises-exception": "with which Jupyter goes on though it fails: remove the tag",
}
# What a notebook keeps of its metadata when stripped; the rest names the machine or the editor.
_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_LANGUAGE = {"name": "python"}
_FORMAT, _MINOR = 4, 5
_KINDS = ("code", "markdown", "raw")
_SHAPE = {"cells": [{"cell_type": str, "metadata": dict, "source": (str, list)}], "metadata": dict}
_REMEDY = "restore it from git or the release"
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # of a cell, by the format
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


@dataclass(frozen=True)
class Notebook:
    """A notebook as it lies on disk."""

    path: Path
    content: Mapping[str, Any]
    sha256: str

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def place(self) -> str:
        """The path as messages show it."""
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = self.content["cells"]
        return cells

    @property
    def reads_results(self) -> bool:
        """Whether it reads the results of other notebooks (`metadata.crimjust.reads` is "results") and so runs last."""
        return results.reads_results(self.content)

    def _said(self, name: str) -> Any:
        """What its metadata say of it to this project under a name; None if nothing."""
        said = self.content["metadata"].get("crimjust")
        return said.get(name) if isinstance(said, dict) else None

    @cached_property
    def params(self) -> str:
        """The class that checks its parameters, as `module:Class`.

        Raises
        ------
        ParameterError
            If the notebook's metadata name none.
        """
        named = self._said("params")
        if not isinstance(named, str) or named.count(":") != 1:
            raise ParameterError(
                f"{self.place}: its metadata name no parameter class; set "
                'metadata.crimjust.params to "module:Class", such as "crimjust_research.questions.markets.params:Params"'
            )
        return named

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Names and values assigned in the cell tagged `parameters`.

        Raises
        ------
        ParameterError
            If no such cell exists, or it holds anything but plain assignments of literal values.
        """
        return parameters_cell.defaults(self.content, self.place)

    @cached_property
    def standard(self) -> dict[str, Any]:
        """Its parameters as the project means them: the defaults accepted, whatever its cell assigns now. Of a notebook that is
        not the project's, what its cell assigns.

        Raises
        ------
        ParameterError, DataError
            As `defaults`, and if the list of what is accepted cannot be read.
        """
        meant = accepted.of(self.name)
        return self.defaults if meant is None else dict(meant.parameters)

    def entered(self, injected: Mapping[str, Any] = {}) -> list[str | None]:
        """What a kernel is given in a whole run with the parameters `injected`, by the number of `In [n]`; None in place of cells
        of parameters, and of 0."""
        found: list[str | None] = [None]
        own = parameters_cell.of(self.content)
        for cell in self.cells:
            if cell["cell_type"] == "code" and source(cell).strip():
                found.append(None if cell is own or INJECTED_TAG in tags(cell) else source(cell))
                found += [None] if cell is own and injected else []
        return found

    def code(self) -> list[str]:
        """The sources of its cells of code, those of parameters aside."""
        return [each for each in self.entered() if each is not None]

    def changed(self, injected: Mapping[str, Any] = {}) -> tuple[str, ...]:
        """In what its cells are not as the project means them, a sentence each, as a run with the parameters `injected` counts
        them; none if they are. What its cell of parameters assigns is no part of it.

        Raises
        ------
        DataError
            If the list of what is accepted cannot be read.
        """
        meant = accepted.of(self.name)
        if meant is None:
            return (accepted.not_of_the_project(self.name),)
        return accepted.unlike(self.entered(injected), meant, ended=True)

    @property
    def unfit(self) -> tuple[str, ...]:
        """Which of its cells carry a tag with which they cannot be run as they stand, a sentence each."""
        found = (
            (cell, tag) for cell in self.cells if cell["cell_type"] == "code" for tag in _UNFIT if tag in tags(cell)
        )
        return tuple(
            f"the cell `{accepted.begins(source(cell))}` carries the tag {tag}, {_UNFIT[tag]}" for cell, tag in found
        )

    def require_fit(self) -> None:
        """Refuse a notebook that cannot be run as it stands.

        Raises
        ------
        ParameterError
            With what `unfit` says.
        """
        if self.unfit:
            raise ParameterError("\n".join(f"{self.place}: {told}" for told in self.unfit))

    @property
    def differs(self) -> tuple[str, ...]:
        """In what its cells and what its cell of parameters assigns are not as the project means them, a sentence each."""
        as_listed = json.loads(json.dumps(self.defaults))
        return (*self.unfit, *self.changed(), *accepted.other_defaults(self.standard, as_listed))

    def imported(self) -> frozenset[str]:
        """Every module its code cells import, by dotted name."""
        code = "\n".join(source(c) for c in self.cells if c["cell_type"] == "code")
        return imports(code)


def read(path: Path) -> Notebook:
    """The notebook at `path`.

    Raises
    ------
    RunError
        If the file is missing or is not a notebook.
    """
    try:
        raw = path.read_bytes()
        content = json_files.parsed(raw, "it", dict, _REMEDY)
        _require_format(path, content)  # first: others have their cells elsewhere
        json_files.require(content, "it", _SHAPE, _REMEDY)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist") from None
    except DataError as error:
        raise RunError(f"{path} is not a notebook: {error}") from None
    if not all(isinstance(line, str) for cell in content["cells"] for line in cell["source"]):
        raise RunError(f"{path} is not a notebook: a cell's source is no text; {_REMEDY}")
    for number, cell in enumerate(content["cells"], start=1):
        if (kind := cell["cell_type"]) not in _KINDS:
            raise RunError(
                f"{path}: cell {number} is of the kind {kind!r}, which no notebook of format {_FORMAT} has; make it one of "
                f"{', '.join(_KINDS)}, or {_REMEDY}"
            )
    return Notebook(path, content, hashlib.sha256(raw).hexdigest())


def _require_format(path: Path, content: Mapping[str, Any]) -> None:
    if (found := content.get("nbformat", _FORMAT)) != _FORMAT:
        raise RunError(f"{path} is in notebook format {found!r}; save it as version {_FORMAT}, or {_REMEDY}")


def find(name: str = "all") -> tuple[Notebook, ...]:
    """The assessments' notebooks in order of name: all of the project's, or any one by its name, or the number it begins with.

    Raises
    ------
    RunError
        If there is none, or none of that name; the message suggests the near one.
    DataError
        If all are asked for, and the list of what is accepted, which says which these are, cannot be read.
    """
    return tuple(each for each in in_folder(name) if name != "all" or each.name in accepted.listed())


def others() -> tuple[str, ...]:
    """Names of the notebooks that lie beside the project's, in their order."""
    return tuple(each.name for each in in_folder() if each.name not in accepted.listed())


def in_folder(name: str = "all") -> tuple[Notebook, ...]:
    """The notebooks that lie where the project's are, whosever they are, as `find` finds them.

    Raises
    ------
    RunError
        As `find`.
    """
    folder = project.root() / "notebooks"
    paths = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not paths:
        raise RunError(f"{folder} holds no notebook; restore it with `git checkout -- notebooks` or from the release")
    if name == "all":
        return tuple(read(path) for path in paths.values())
    if (stem := named(name, paths)) not in paths:
        near = _near(stem, tuple(paths))
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise RunError(f"no notebook {name!r} in {folder}; {hint}there are: {', '.join(paths)}")
    return (read(paths[stem]),)


def named(name: str, known: Iterable[str]) -> str:
    """Which of the notebooks `known` a person means by its name, its path, or the number it begins with; the name itself if
    none."""
    path = Path(name)
    its_own = len(path.parts) > 1 and path.parent.resolve() == (project.root() / "notebooks").resolve()
    stem = (path.name if its_own else name).removesuffix(".ipynb")
    numbered = [each for each in known if stem.isdecimal() and _number(each) == stem.zfill(2)]
    return numbered[0] if len(numbered) == 1 else stem


def _near(name: str, known: Sequence[str]) -> list[str]:
    """Which of the notebooks a person may mean by a name that none has: those it begins, those of its number, the most alike."""
    begun = [each for each in known if name and each.startswith(name)]
    number = _number(name)
    numbered = [each for each in known if number.isdecimal() and _number(each) == number.zfill(2)]
    return begun or numbered or get_close_matches(name, known, n=1)


def _number(name: str) -> str:
    return name.partition("_")[0]


def source(cell: Mapping[str, Any]) -> str:
    """A cell's source as one string."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def tags(cell: Mapping[str, Any]) -> list[str]:
    return parameters_cell.tags(cell)


def dump(content: Mapping[str, Any]) -> bytes:
    """A notebook as bytes, in the layout Jupyter itself writes."""
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def stripped(content: Mapping[str, Any]) -> dict[str, Any]:
    """A notebook without outputs, execution counts, and whatever names a machine or an editor."""
    # Any Jupyter has the kernel `python3`; what it calls it on screen is its own affair.
    kernelspec = content["metadata"].get("kernelspec", {})
    if not isinstance(kernelspec, dict) or kernelspec.get("name") != _KERNELSPEC["name"]:
        kernelspec = _KERNELSPEC
    kept = {"crimjust": content["metadata"]["crimjust"]} if "crimjust" in content["metadata"] else {}
    cells = []
    for cell, own in zip(content["cells"], _ids(content["cells"]), strict=True):
        bare = {
            "cell_type": cell["cell_type"],
            "id": own,
            "metadata": {"tags": tags(cell)} if tags(cell) else {},
            "source": source(cell).splitlines(keepends=True),
        }
        if cell.get("attachments"):  # pictures that somebody pasted
            bare["attachments"] = cell["attachments"]
        if cell["cell_type"] == "code":
            bare |= {"execution_count": None, "outputs": []}
        cells.append(bare)
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernelspec, "language_info": _LANGUAGE, **kept},
        "nbformat": _FORMAT,
        "nbformat_minor": _MINOR,
    }


def _ids(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    """An id for each cell, no two alike and the same every time: its own, or one by its place where it has none, none that the
    format allows, or one that an editor copied with another cell."""
    own = [cell.get("id") for cell in cells]
    kept = [each if _is_id(each) and each not in own[:at] else "" for at, each in enumerate(own)]
    found: list[str] = []
    for number, each in enumerate(kept, start=1):
        free = (name for place in count(number) if (name := f"cell-{place}") not in (*kept, *found))
        found.append(each or next(free))
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def strip(name: str = "all") -> tuple[Path, ...]:
    """Strip notebooks in place; returns the paths of those that changed."""
    changed = []
    for notebook in in_folder(name):
        content = dump(stripped(notebook.content))
        if content != notebook.path.read_bytes():
            project.write_atomically(notebook.path, content)
            changed.append(notebook.path)
    return tuple(changed)


def is_stripped(notebook: Notebook) -> bool:
    """Whether `strip` would leave the notebook as it is."""
    return dump(stripped(notebook.content)) == notebook.path.read_bytes()


def normalised(executed: Mapping[str, Any], of: Notebook, changed: Mapping[str, Any] = {}) -> dict[str, Any]:
    """An executed notebook with everything that tells one run from the next taken out, ready to be committed.

    Times, durations, paths, versions and random cell ids go; sources, outputs and execution counts stay. The cell that sets
    the `changed` parameters is written anew, as results tell them: of files outside the checkout without their folders.
    """
    base = stripped(of.content)
    planned, own, of_parameters = iter(base["cells"]), of.defaults, parameters_cell.of(base)
    cells = []
    for cell in executed["cells"]:
        if INJECTED_TAG in tags(cell):
            bare = {
                "cell_type": "code",
                "id": INJECTED_TAG,
                "metadata": {"tags": [INJECTED_TAG]},
                "source": assignments(parameters_cell.told(changed)).splitlines(keepends=True),
            }
        else:
            bare = next(planned)
            if bare is of_parameters and own != (told := parameters_cell.told(own)):
                bare = bare | {"source": assignments(told).splitlines(keepends=True)}
        if bare["cell_type"] == "code":
            bare = bare | {"execution_count": cell["execution_count"], "outputs": cell["outputs"]}
        cells.append(bare)
    return base | {"cells": cells}


def assignments(values: Mapping[str, Any]) -> str:
    """The source of the cell that sets these parameters."""
    return "".join(["# Parameters\n", *(f"{name} = {value!r}\n" for name, value in values.items())])


def injected(executed: Notebook) -> dict[str, Any]:
    """The parameters that were put into an executed notebook in place of its own; none if it ran with those.

    Raises
    ------
    ParameterError
        If the cell that sets them holds anything but plain assignments of literal values.
    """
    cells = (source(cell) for cell in executed.cells if INJECTED_TAG in tags(cell))
    return parameters_cell.assigned("\n".join(cells), executed.place)


def without_folders(text: str, changed: Mapping[str, Any]) -> str:
    """Text in which files outside the checkout that `changed` parameters name stand by their name alone, however they and
    their folders are spelled in it."""
    for path, name in parameters_cell.spelled(changed).items():
        for whole, said in ((str(path), name), (f"{path.parent}{os.sep}", ""), (str(path.parent), "_")):
            if whole.strip(f".{os.sep}"):
                for spelled, instead in sorted(_spellings(whole, said).items(), key=lambda pair: -len(pair[0])):
                    text = text.replace(spelled, instead)
    return text


def own_folders(changed: Mapping[str, Any]) -> list[Path]:
    """Folders of files outside the checkout that `changed` parameters name."""
    return [path.parent for path in parameters_cell.spelled(changed)]


def shown_folders(text: str, folders: Iterable[Path]) -> list[str]:
    """Those of the folders that a text shows, however they are spelled in it."""
    named = sorted({f"{folder}{os.sep}" for folder in folders if str(folder).strip(f".{os.sep}")})
    return [folder for folder in named if any(spelled in text for spelled in _spellings(folder))]


def _spellings(path: str, said: str = "") -> dict[str, str]:
    """How a path may be written in what a notebook shows, as it is, in Python, in JSON, in HTML, in an address, or as one of
    these in another; and `said` written likewise."""
    writers: tuple[Callable[[str], str], ...] = (
        lambda text: repr(text)[1:-1],
        lambda text: ascii(text)[1:-1],
        lambda text: text.encode("unicode_escape").decode().replace('"', r"\"").replace("'", r"\'"),
        lambda text: text.encode("unicode_escape").decode().replace('"', r"\""),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: escape(text, quote=False),
        lambda text: escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;"),
        escape,
        quote,
    )
    found = dict.fromkeys((path, normalize("NFC", path), normalize("NFD", path)), said)
    for _ in range(2):
        found |= {write(text): write(instead) for text, instead in found.items() for write in writers}
    return found


def is_executed(content: Mapping[str, Any]) -> bool:
    """Whether every code cell that holds code ran, in order, and none ended in an error."""
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code" and source(cell).strip()]
    counts = [cell["execution_count"] for cell in cells]
    failed = any(output["output_type"] == "error" for cell in cells for output in cell["outputs"])
    return bool(cells) and counts == list(range(1, len(cells) + 1)) and not failed


def unstable_outputs(content: Mapping[str, Any], changed: Mapping[str, Any] = {}) -> list[str]:
    """Outputs that would differ on another machine or in the next run, one sentence each.

    Found are folders of this machine (checkout, home, environment, temporary files, those of files among the `changed`
    parameters), however they are spelled, and memory addresses.
    """
    places = (project.root(), Path.home(), Path(sys.prefix), Path(tempfile.gettempdir()))
    local = (*places, *own_folders(changed))
    faults = []
    for number, cell in enumerate(content["cells"], start=1):
        text = "\n".join(_texts(cell.get("outputs", [])))
        found = shown_folders(text, local) + _ADDRESS.findall(text)[:1]
        faults += [f"cell {number} shows {what!r}, which is not the same on every machine" for what in found]
    return faults


def _texts(value: Any) -> list[str]:
    """Every text inside nested JSON; a list of strings is one text, as Jupyter splits long ones by line."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        if all(isinstance(part, str) for part in value):
            return ["".join(value)]
        return [text for part in value for text in _texts(part)]
    return []
