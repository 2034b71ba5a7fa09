"""`crimjust notebooks accept`: the cells and defaults that notebooks have now become those that the project means."""

from collections.abc import Iterator

from crimjust_research import accepted, project
from crimjust_research.accepted import Accepted
from crimjust_research.errors import DataError
from crimjust_research.runs import notebooks


def accept(name: str = "all") -> tuple[str, ...]:
    """Strip the notebook `name`, or all in their folder, and list what they are; returns what of it is new, a line each.

    With all, the list is written anew: what is no longer there goes from it.

    Raises
    ------
    RunError, ParameterError
        If there is no such notebook, or one has no proper cell of parameters, or cannot be run: all is then left as it was.
    DataError
        If one is to be accepted, and the list of the others cannot be read.
    """
    found = notebooks.in_folder(name)
    now = {each.name: _as_it_is(each) for each in found}
    try:
        before = accepted.listed()
    except DataError:
        if name != "all":
            raise
        before = {}
    notebooks.strip(name)
    kept = {} if name == "all" else before
    project.write_atomically(project.root() / accepted.PATH, accepted.as_file({**kept, **now}))
    gone = (f"{other}: no longer there, and so no longer accepted" for other in before if other not in {**kept, **now})
    return (*(line for each in found for line in _told(each, before.get(each.name), now[each.name])), *gone)


def _as_it_is(notebook: notebooks.Notebook) -> Accepted:
    notebook.require_fit()
    return accepted.meant(notebook.defaults, notebook.code())


def _told(notebook: notebooks.Notebook, before: Accepted | None, now: Accepted) -> Iterator[str]:
    if before is None:
        yield f"{notebook.name}: accepted as one of the project's notebooks"
    elif before.sha256 != now.sha256:
        yield f"{notebook.name}: accepted, with what is new"
        yield from (f"  {told}" for told in accepted.unlike(notebook.entered(), before, ended=True))
        yield from (f"  {told}" for told in accepted.other_defaults(before.parameters, now.parameters))
