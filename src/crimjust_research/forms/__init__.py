"""A form of a notebook's parameters, in JupyterLab: an extension of IPython that shows each study with one.

`crimjust lab` has it loaded; elsewhere `%load_ext crimjust_research.forms` does. No study depends on it, and nothing of it is
in what a run saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crimjust_research.errors import CrimjustError, printable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from crimjust_research.study import Study


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Show every study that a cell ends with as before, and its form below; and of what is refused the sentence that says why."""
    assert shell.display_formatter is not None
    shell.set_custom_exc((CrimjustError,), _tell)  # type: ignore[no-untyped-call]
    shell.display_formatter.ipython_display_formatter.for_type_by_name("crimjust_research.study", "Study", _show)


def _tell(shell: InteractiveShell, kind: type[CrimjustError], error: CrimjustError, *_: Any, **__: Any) -> list[str]:
    """A refusal of this project's own, in its words: the way through the code would tell a person nothing."""
    told = [printable(f"{kind.__name__}: {error}")]
    shell._showtraceback(kind, error, told)
    return told


def _show(study: Study) -> None:
    from IPython.display import display

    from crimjust_research.forms.form import Form

    for shown, raw in ((study._repr_mimebundle_(), True), (Form(study).whole, False)):
        display(shown, raw=raw)  # type: ignore[no-untyped-call]
