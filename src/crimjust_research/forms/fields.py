"""A field of the form for each parameter: what it is filled in with, what is said of it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

import ipywidgets as widgets

from crimjust_research.runs.parameters import Described


class Field:
    """One parameter: a list to choose from, a box to tick, or a line to write in, by the JSON schema of what it may be.

    Numbers are written, too: a browser's own boxes for numbers round and cut what is typed without a word.
    """

    def __init__(self, about: Described, schema: Mapping[str, Any], standard: str) -> None:
        """`standard` says what its value would be if nobody changed it."""
        self.is_path = str(schema.get("format", "")).endswith("-path")
        self._is_list = schema.get("type") == "array"
        named = {"description": about.name, "tooltip": about.sentence}
        if "enum" in schema:
            options = [(str(each) or "none", each) for each in schema["enum"]]
            self.input = widgets.Dropdown(options=options, **named)
        elif schema.get("type") == "boolean":
            self.input = widgets.Checkbox(indent=False, **named)
        else:
            self.input = widgets.Text(**named)
        # A list and a tick show what they admit.
        admitted = (about.admits,) if isinstance(self.input, widgets.Text) else ()
        said = (about.sentence, *admitted, standard)
        self._says = "".join(f"<p>{escape(each.replace('`', ''))}</p>" for each in said)
        self._below = widgets.HTML()
        self.whole = widgets.VBox([self.input, self._below]).add_class("crimjust-field")
        self.tell(())

    @property
    def value(self) -> Any:
        """What it is filled in with: as text where it was written, to be read as `crimjust run -p` reads it."""
        if self._is_list:
            return [part.strip() for part in self.input.value.split(",") if part.strip()]
        return self.input.value

    def fill(self, value: Any) -> None:
        """Fill it in with a parameter's value."""
        self.input.value = as_text(value) if isinstance(self.input, widgets.Text) else value

    def tell(self, faults: Iterable[str]) -> None:
        """Say below what is wrong with what it is filled in with, if anything is."""
        self._below.value = f"{wrong(faults)}{self._says}"

    def on_change(self, heard: Callable[[], object]) -> None:
        """Call that whenever somebody fills it in otherwise."""
        self.input.observe(lambda _: heard(), names="value")


def as_text(value: Any) -> str:
    """A parameter's value as it is written in a form and after `-p name=`."""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def wrong(faults: Iterable[str]) -> str:
    """Faults in words, a paragraph each, that are read aloud at once."""
    return "".join(f'<p class="crimjust-wrong" role="alert">{escape(fault)}</p>' for fault in faults)
