"""An evaluator's own plan as runs are given it, and as their results keep it. How it is read and checked: `given_plan_faults`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import project
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence.sentences import initial
from crimjust_research.runs import record
from crimjust_research.runs.record import OWN_PLAN, Layout

if TYPE_CHECKING:  # with a schema, which runs under the registered plan do not need
    from crimjust_research.evidence.plan import Plan
    from crimjust_research.runs.notebooks import Notebook

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Given:
    """A plan that somebody gave: what its file holds, what it comes to over the registered plan, and its file's name."""

    content: bytes
    plan: Plan
    name: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def variant(self) -> str:
        """The name of a variant under it that nobody named: its file's name and eight digits that stand for its content."""
        stem = _UNFIT.sub("-", Path(self.name).stem).strip("-._")[:60]
        return f"{stem or 'plan'}-{self.sha256[:8]}"

    def parameters(self, found: Sequence[Notebook]) -> dict[str, dict[str, Any]]:
        """What it says of the parameters of notebooks, by their names."""
        return {notebook.name: self.plan.parameters(notebook.name) for notebook in found}

    def rank(self, notebook: Notebook) -> int:
        """When a notebook is run: what others read first; of those that read them, first those it asks questions of."""
        return rank(notebook, self.plan)


def rank(notebook: Notebook, asked: Plan | None = None) -> int:
    """See `Given.rank`; without a plan none that reads results is read itself."""
    if not notebook.reads_results:
        return 0
    return 1 if asked and any(p.notebook == notebook.name for p in asked.primaries) else 2


def require_place(folder: Path, given: Given | None) -> None:
    """Refuse to put results into the `folder` of a variant that was made under another plan, or under none.

    Raises
    ------
    ParameterError
        Naming the variant, and what to do.
    """
    kept, name = folder / OWN_PLAN, folder.name
    if given and not kept.is_file() and given.sha256 in _made_under(folder):
        return  # its plan was lost, and is kept anew
    require_kept(folder)
    if kept.is_file():
        if given is None:
            raise ParameterError(
                f"--name {name!r}: that variant is made under a plan of its own; run into it with --plan "
                f"{kept.relative_to(project.root()).as_posix()}, or give another name"
            )
        if kept.read_bytes() != given.content:
            raise ParameterError(
                f"--name {name!r}: that variant is made under another plan, and is kept; give another name"
            )
    elif given and any((folder / "records").glob("*.json")):
        raise ParameterError(f"--name {name!r}: that variant is made under the registered plan; give another name")


def require_kept(folder: Path) -> None:
    """Refuse results of a variant beside which the plan does not lie that they were made under.

    Raises
    ------
    ParameterError
        Naming the variant, and what to do.
    """
    made, kept = _made_under(folder), record.hash_if_there(folder / OWN_PLAN)
    if kept == (made[0] if made else kept):
        return
    if made[0] is None:
        told = f"made under the registered plan, and a {OWN_PLAN} was put into its folder since; take that away"
    else:
        what = "is not in its folder any more" if kept is None else f"is not what {OWN_PLAN} in its folder holds now"
        told = f"made under a plan that {what}; put {OWN_PLAN} back as it was (sha256 {made[0][:12]}…)"
    raise ParameterError(f"variant {folder.name!r} was {told}")


def _made_under(folder: Path) -> list[str | None]:
    """Of each result in the folder of a variant, the hash of the evaluator's plan that it was made under; None without one."""
    runs = (path.stem for path in sorted((folder / "records").glob("*.json")))
    made = (record.read(Layout(folder, run)) for run in runs)
    return [each.get("own_plan") for each in made if each is not None]


def keep(folder: Path, given: Given) -> None:
    """Keep the plan beside the results that are made under it; once written it stays as it is.

    Raises
    ------
    RunError
        If another is kept there by now.
    """
    place = folder / OWN_PLAN
    if not place.is_file():
        project.write_atomically(place, given.content)
    elif place.read_bytes() != given.content:
        raise RunError(f"{folder.name}: another plan is kept there by now; give another --name")


def differing(laid: Plan) -> Iterator[str]:
    """Whose plan it is, and what differs from the registered one, a line each."""
    assert laid.own is not None, "a plan that was given"
    yield f"{initial(laid.own.named)}, laid over the registered one."
    yield f"Seen when it was written: {laid.own.standing}"
    if not laid.own.changes:
        yield "Nothing in it differs from the registered plan."
    yield from (f"- {change}" for change in laid.own.changes)
