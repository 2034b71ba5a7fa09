"""Which executed notebook a person means who names a variant."""

from pathlib import Path

from crimjust_research.errors import ParameterError
from crimjust_research.runs import kept, notebooks


def find(name: str, notebook: str | None = None) -> Path:
    """The executed notebook of the results `name`: of the notebook named, or the one there is; of several their folder.

    Raises
    ------
    ParameterError, RunError
        If there is no such variant, or no such notebook, or none of it in the variant.
    """
    folder = kept.folder_of(name) / "notebooks"
    there = sorted(folder.glob("*.ipynb"))
    if notebook is None:
        return there[0] if len(there) == 1 else folder
    held_as = notebooks.named(notebook, [each.stem for each in there])  # its own may have been moved since
    if (path := folder / f"{held_as}.ipynb") not in there:
        (meant,) = notebooks.find(notebook)
        held = ", ".join(each.stem for each in there) or "none"
        raise ParameterError(f"{name} holds no executed notebook {meant.name}; it holds: {held}")
    return path
