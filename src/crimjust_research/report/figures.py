"""Figures an author takes away: which are meant, and each drawn as files for a width in print."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research import __version__, json_files, project, written
from crimjust_research.errors import ParameterError, did_you_mean
from crimjust_research.evidence import plan
from crimjust_research.report.anchors import number_of
from crimjust_research.runs import jobs, kept, notebooks, promotion, record
from crimjust_research.runs.record import Layout, Present
from crimjust_research.runs.variants import REFERENCE
from crimjust_research.sources import Sources

if TYPE_CHECKING:
    from crimjust_research.charts.printed import Printed

FOLDER = "reports/export/figures"
_SPECIFICATION = {"usermeta": {"title": str, "caption": str, "source": str}, "description": str}
_NUMBER = re.compile(r"0*(\d+)\.0*(\d+)")


@dataclass(frozen=True)
class KeptFigure:
    """A figure of a run: its name, its place among the run's from 1, what the run departs in from what is registered, and whose
    plan it was made under, in words, empty where that is the registered one."""

    run: str
    name: str
    place: int
    departures: tuple[str, ...]
    under: str = ""

    @property
    def called(self) -> str:
        return f"{self.run}/{self.name}"

    @property
    def number(self) -> str:
        """Its number on the page; empty where its run has none."""
        return f"{int(number_of(self.run))}.{self.place}" if number_of(self.run) else ""

    def is_called(self, name: str) -> bool:
        """Whether a person means it: all of a notebook by that one's name or number, or it by RUN/NAME, NAME or its number."""
        runs = (self.run, *{number_of(self.run), number_of(self.run).lstrip("0")} - {""})
        number = _NUMBER.fullmatch(name)
        if number and self.number:
            return self.number == f"{int(number[1])}.{int(number[2])}"
        return name in (*runs, f"{self.run}.ipynb", self.name, *(f"{run}/{self.name}" for run in runs))

    def made(self, variant: str) -> str:
        """A sentence on what made it: in a variant that one, with what of the run is not as registered."""
        label = f"Figure {self.number}" if self.number else f"Figure {self.name}"
        of = f"notebook {self.run}" if variant == REFERENCE else f"variant {variant} of notebook {self.run}"
        departs = f"; made under {self.under}" if self.under else ""
        departs += f"; not the registered answer: {'; '.join(self.departures)}" if self.departures else ""
        return f"{label} of crimjust-research {__version__}, {of}{departs}."


def take(
    results: Path, name: str, forms: Sequence[str], millimetres: int, *, in_grey: bool = False, out: Path | None = None
) -> Iterator[Path | str]:
    """Write the figures of that name in the folder `results`, or all, as files of these forms for a width in print.

    They go into `out`, by default a folder in `FOLDER`, beside whatever it holds. Yields the path of each file once it is
    written and, where several figures are meant, in a sentence why one is left out.

    Raises
    ------
    ParameterError
        If no figure is called so, or several are that were not meant; or none that is can be drawn so.
    RunError
        If results are not as they would come out now, with the command that mends it.
    DataError
        If results cannot be read, or a file would be written through a link.
    """
    from crimjust_research.charts import printed

    variant = kept.name_of(results)
    folder = out or project.root() / FOLDER / ("" if variant == REFERENCE else variant)
    told_apart = "" if variant == REFERENCE else f"-{variant}"
    look = f"{millimetres}mm{'-grey' if in_grey else ''}{told_apart}"
    with promotion.at_rest():
        found = _meant(name, _kept(results), variant)
        _require_current(results, {one.run for one in found})
        left_out = 0
        for one in found:
            try:
                specification, made = _specification(results, one), one.made(variant)
                drawn = printed.printed(specification, one.name, millimetres, made=made, in_grey=in_grey)
                files, lacking = _files(drawn, forms, f"{one.run}-{one.name}-{look}")
            except ParameterError as error:
                if len(found) == 1:
                    raise
                yield f"left out: {error}"
                left_out += 1
                continue
            written.among(folder, files)
            yield from (folder / file for file in files)
            yield from (f"left out: {told}" for told in lacking)
            yield from drawn.too_high()
        if left_out == len(found):
            raise ParameterError(f"none of the {left_out} figures could be written so; why is told above")


def _files(drawn: "Printed", forms: Sequence[str], called: str) -> tuple[dict[str, bytes], list[str]]:
    """The figure as files of these forms, and why it cannot be one of some; if of all, the reason is raised."""
    from crimjust_research.charts import printed

    files, lacking = {}, []
    for form in forms:
        try:
            files[f"{called}.{form}"] = printed.FORMS[form](drawn)
        except ParameterError as error:
            lacking.append(str(error))
    if not files:
        raise ParameterError("; ".join(lacking))
    return files, lacking


def _kept(results: Path) -> list[KeptFigure]:
    """Every figure in a folder of results, in the order of the page."""
    runs = sorted(path.stem for path in (results / "assessments").glob("*.json"))
    saved = {run: record.assessment(Layout(results, run)) for run in runs}
    own = plan.of(results).own
    under = own.named if own else ""
    return [
        KeptFigure(run, figure["name"], place, (*told["departures"], *told["changed"]), under)
        for run, told in saved.items()
        for place, figure in enumerate(told["figures"], start=1)
    ]


def _meant(name: str, known: Sequence[KeptFigure], variant: str) -> list[KeptFigure]:
    found = [one for one in known if name == "all" or one.is_called(name)]
    if not found:
        names = [*dict.fromkeys(one.run for one in known), *(one.called for one in known), *(one.name for one in known)]
        raise ParameterError(
            f"{variant}: there is no notebook or figure {name!r}; {did_you_mean(name, names)}name a notebook, a figure as "
            "NOTEBOOK/FIGURE, or its number on the page, such as 08.1"
        )
    if len(found) > 1 and all(one.name == name for one in found):
        ways = "; ".join(f"crimjust figures {one.called}" for one in found)
        raise ParameterError(f"{len(found)} figures are called {name!r}; say which: {ways}")
    return found


def _require_current(results: Path, runs: set[str]) -> None:
    others = {notebook.name for notebook in notebooks.find("all")} | {
        path.stem for part in ("assessments", "records") for path in (results / part).glob("*.json")
    }
    jobs.require_current(results, Present(Sources()), others - runs)


def _specification(results: Path, one: KeptFigure) -> dict[str, object]:
    path = results / "figures" / one.run / f"{one.name}.vl.json"
    specification: dict[str, object] = json_files.load(path, _SPECIFICATION, Layout(results, one.run).anew)
    return specification
