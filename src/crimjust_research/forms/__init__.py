"""A form of a notebook's parameters, in JupyterLab: an extension of IPython that shows each study with one.

`crimjust lab` has it loaded; elsewhere `%load_ext crimjust_research.forms` does. No study depends on it, and nothing of it is
in what a run saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from crimjust_research.study import Study


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show every study that a cell ends with as before, and its form below."""
    assert shell.display_formatter is not None
    shell.display_formatter.ipython_display_formatter.for_type_by_name("crimjust_research.study", "Study", _show)


def _show(study: Study) -> None:
    from IPython.display import display

    from crimjust_research.forms.form import Form

    for shown, raw in ((study._repr_mimebundle_(), True), (Form(study).whole, False)):
        display(shown, raw=raw)  # type: ignore[no-untyped-call]
