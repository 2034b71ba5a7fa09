"""The form of a study's parameters: checked as they are edited, and written into the notebook's parameters cell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from crimjust_research import parameters_cell, project
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence import plan
from crimjust_research.forms import writing
from crimjust_research.forms.cell import cells_with
from crimjust_research.forms.fields import Field, as_text, wrong
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook

if TYPE_CHECKING:
    from crimjust_research.study import Question, Study

# A parameters cell has what is asked first, and from this parameter on how it is computed.
_COMPUTED = "confidence_level"
_FEW = 6  # fields that need no headings
_STYLE = Path(__file__).with_name("form.css")
_AS_WIDE = {"width": "auto"}  # as what it says
_COPY = (
    "const t = this.previousElementSibling; t.select(); "
    "navigator.clipboard ? navigator.clipboard.writeText(t.value) : document.execCommand('copy'); "
    "this.textContent = 'Copied';"
)


class Form:
    """Every parameter of a study's notebook as a field, what a run with what is filled in would be, and the way into the
    notebook. `whole` is the widget to be shown."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._notebook = _opened(study.question)
        registered = study.registered_values
        self._has_plan = not study.question.exploratory or bool(study.asked)
        called = "notebook’s" if not self._has_plan else "plan’s" if plan.given().own else "registered"
        schemas = parameters.model(self._notebook).model_json_schema()["properties"]
        self.fields = {
            about.name: Field(
                about, schemas[about.name], f"{called} value: {parameters_cell.in_words(registered[about.name])}"
            )
            for about in parameters.described(self._notebook)
        }
        self.values: Mapping[str, Any] = {}
        """What was filled in when it was last found in order, as JSON has it."""
        self.says, self.told, self._page = widgets.HTML(), widgets.HTML(), widgets.Output()
        self.write = _button("Write into the parameters cell", "primary")
        self.run = _button("Write, and run all cells", "primary")
        self.back = _button(f"Back to the {called} values")
        self.opened = widgets.ToggleButton(description="Change the parameters", layout=_AS_WIDE)
        self.fill(study.params.model_dump(mode="json"))
        for field in self.fields.values():
            field.on_change(self.check)
        self.write.on_click(lambda _: self._write(run=False))
        self.run.on_click(lambda _: self._write(run=True))
        self.back.on_click(lambda _: self.fill(registered))
        self.check()
        self.whole = self._laid_out()

    def fill(self, values: Mapping[str, Any]) -> None:
        """Fill all fields in."""
        for name, field in self.fields.items():
            field.fill(values[name])

    def check(self) -> None:
        """Check what is filled in as `crimjust run -p` would, and say what a run would be."""
        faults: list[str] = []
        try:
            (resolved,) = parameters.resolve([self._notebook], {name: f.value for name, f in self.fields.items()})
            self.values = resolved.values
        except ParameterError as error:
            faults = [line.removeprefix(f"{self._notebook.place}: ") for line in str(error).split("\n")]
        self.write.disabled = self.run.disabled = bool(faults)
        for name, field in self.fields.items():
            own = [line for line in faults if line.startswith(f"parameter {name} = ")]
            faults = [line for line in faults if line not in own]
            field.tell(own)
        self.told.value = ""
        self.says.value = _refused(faults) if self.write.disabled else self._described()

    @property
    def command(self) -> str:
        """What would do in a terminal what a run with the values does."""
        registered = self._study.registered_values
        changed = {name: value for name, value in self.values.items() if value != registered[name]}
        given = [part for n, v in changed.items() for part in ("-p", f"{n}={'[]' if v == [] else as_text(v)}")]
        if own := os.environ.get(plan.VARIABLE):
            given += ["--plan", str(_from_checkout(Path(own)))]
        return shlex.join(["crimjust", "run", self._notebook.name, *given])

    def _described(self) -> str:
        """Where a run with the values would depart from the plan, and the command for it."""
        if departures := self._study.departs(self.values):
            listed = "".join(f"<li>{escape(each)}</li>" for each in departures)
            says = f"<p><strong>A run with these values departs from the plan:</strong></p><ul>{listed}</ul>"
        elif self._has_plan:
            says = "<p>These are the values of the plan: nothing departs from it.</p>"
        else:
            says = "<p>No plan says what the parameters of this notebook are to be: nothing departs.</p>"
        return f"{says}<p>The same in a terminal: <code>{escape(self.command)}</code></p>"

    def _write(self, *, run: bool) -> None:
        """Put the values into the notebook that is open, or show what to put there where it cannot be reached."""
        values, place = self.values, self._notebook.place
        cells = reversed(self._notebook.cells)  # the first that carries a tag holds
        own = {tag: notebooks.source(cell) for cell in cells for tag in notebooks.tags(cell)}
        self.told.value = _to_paste(cells_with(own, values, place)[parameters_cell.TAG])
        writing.into_notebook(
            self._page, lambda sources: cells_with(sources, values, place), partial(self._written, run), run=run
        )

    def _written(self, run: bool, fault: str) -> None:
        """Say what has become of the notebook's cells."""
        then = "All cells run with it." if run else "Run all cells to see what follows."
        self.told.value = (
            wrong([fault])
            if fault
            else (
                f"<p>Written into the parameters cell; Ctrl+Z in it takes it back. {then} What a notebook that is run here finds "
                f"goes to <code>reports/interactive/{self._study.question.name}</code>, never to the reference results.</p>"
            )
        )

    def _laid_out(self) -> widgets.VBox:
        """A button that opens the form, and the form below it."""
        names, fields = list(self.fields), list(self.fields.values())
        first = names.index(_COMPUTED) if _COMPUTED in names else len(names)
        groups = {
            "What is asked": [field for field in fields[:first] if not field.is_path],
            "Files of yours": [field for field in fields if field.is_path],
            "How it is computed": [field for field in fields[first:] if not field.is_path],
        }
        parts: list[widgets.Widget] = []
        for title, grouped in (groups if len(fields) > _FEW else {"": fields}).items():
            if grouped:
                parts += [widgets.HTML(f"<h4>{title}</h4>")] if title else []
                parts += [widgets.GridBox([field.whole for field in grouped]).add_class("crimjust-fields")]
        buttons = widgets.HBox([self.write, self.run, self.back]).add_class("crimjust-buttons")
        body = widgets.VBox([*parts, self.says, buttons, self.told, self._page]).add_class("crimjust-body")
        style = widgets.HTML(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")

        def show(_: object) -> None:
            body.layout.display = None if self.opened.value else "none"

        self.opened.observe(show, names="value")
        show(None)
        return widgets.VBox([self.opened, body, style]).add_class("crimjust-form")


def _opened(question: Question) -> Notebook:
    """The notebook that is open: an analyst's own, which Jupyter names to its kernel, or the question's."""
    (usual,) = notebooks.find(question.notebook)
    with suppress(RunError):
        (own,) = notebooks.find(Path(os.environ.get("JPY_SESSION_NAME", "")).stem)
        return own if own.params == usual.params else usual
    return usual


def _from_checkout(path: Path) -> Path:
    """A path as it is from the checkout's folder, in full outside it."""
    root = project.root()
    return path.relative_to(root) if path.is_relative_to(root) else path


def _button(does: str, style: str = "") -> widgets.Button:
    return widgets.Button(description=does, button_style=style, layout=_AS_WIDE)


def _refused(faults: Sequence[str]) -> str:
    """What is wrong with several values together, and what follows of any fault."""
    return f"{wrong(faults)}<p>Nothing can be written until all values are in order.</p>"


def _to_paste(source: str) -> str:
    """The source of the cell, with a button that copies it; it comes into sight if nothing takes its place within a second."""
    return (
        '<div class="crimjust-paste"><p>This editor does not let the form reach the notebook. Put this in place of all that '
        f'stands in the parameters cell:</p><textarea readonly rows="{len(source.splitlines())}">{escape(source)}</textarea>'
        f'<button class="jupyter-button" onclick="{escape(_COPY)}">Copy</button></div>'
    )
