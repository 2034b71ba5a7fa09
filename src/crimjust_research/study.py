"""A study: what a notebook has read, estimated, checked and drawn so far, in the order of its cells.

The notebook does the analysis; the study keeps the record, refuses what the plan or the parameters' types refuse, and saves it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from crimjust_research import accepted, own_questions, parameter_faults, parameters_cell, project, shown
from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence import kinds, multiplicity, plan, registration
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share, diagnostics
from crimjust_research.evidence.estimates import Check, Estimate, Used, check_key, check_name, frame
from crimjust_research.evidence.kinds import Kind
from crimjust_research.evidence.sentences import Teller, template
from crimjust_research.results import Assessment, Saved, SavedRun, folder_read, readers, require_file_name, saved_runs
from crimjust_research.shown import Sentence, Shown, shown_number

if TYPE_CHECKING:
    import pandas as pd

    from crimjust_research.charts.drawn import Drawn
    from crimjust_research.charts.figure import Figure
    from crimjust_research.data.tables import Resource

_SHOWN = ["estimate", "std_error", "ci_low", "ci_high", "p_value", "n_obs", "n_units", "role"]


class StudyParams(BaseModel):
    """Base of the types and bounds of a notebook's parameters. It has no defaults: their values are the notebook's."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: object, about: ValidationInfo) -> object:
        """Python counts True as 1, which nobody means by it."""
        if isinstance(value, bool) and cls.model_fields[str(about.field_name)].annotation is not bool:
            raise PydanticCustomError("no_number", "True and False are no numbers")
        return value


@dataclass(frozen=True)
class Question:
    """What a package of `questions` declares: who asks, of what notebook, and by which parameters.

    `title` and `question` are formatted with the parameters. `tables` are the raw tables whose figures its charts show: their
    publishers and vintages stand in each. `figure` is the name of the one that carries the answer, empty if none does; it is
    formatted as `title` is. What its estimates are called (`estimates.yaml`) and its sentences (`answer.j2`)
    lie beside the class `params`. Where it is `exploratory` no plan says what its parameters are to be, and none departs.
    """

    name: str
    notebook: str
    outcome: Literal["1", "2", "3", "2 and 3", "all"]
    title: str
    question: str
    tables: tuple[str, ...]
    params: type[StudyParams]
    figure: str = ""
    exploratory: bool = False

    @property
    def package(self) -> str:
        return self.params.__module__.rpartition(".")[0]

    @property
    def estimates(self) -> Mapping[str, Kind]:
        """What its estimates are called, by kind."""
        return kinds.load(self.package)

    def prepare(self) -> None:
        """Read what every study of it reads, so that processes forked from this one need not."""
        _ = plan.given(), self.estimates, template(self.package)


@dataclass(frozen=True)
class Noted:
    """A check as a template sees it: `c.name.passed`, `c.name.table`, `c.name.facts`, `c.name.power`.

    Of one question, `of`, it is given to the macro `name` instead, as its argument.
    """

    passed: bool | None
    table: pd.DataFrame
    facts: Mapping[str, Any]
    name: str
    of: str
    power: float


class Study:
    """One question under one set of checked parameters. Running a cell again replaces what it recorded before."""

    def __init__(
        self, question: Question, params: StudyParams, defaults: Mapping[str, Any], namespace: Mapping[str, Any]
    ) -> None:
        """`defaults` are the notebook's own parameters: what differs from them is a departure. In its `namespace` Jupyter
        counts the cells."""
        self.question, self.params = question, params
        self._plan = plan.given()
        self._values = params.model_dump(mode="json")
        known = [p for p in self._plan.known if p.assessment == question.name]
        self.registered = tuple(p for p in known if not p.own)
        self.asked = tuple(p for p in known if p not in self._plan.unasked)
        standard = type(params)(**defaults).model_dump(mode="json")
        self.registered_values = standard | self._plan.parameters(question.notebook)
        told = parameters_cell.told(self._values)
        # Sentences and labels see what results keep.
        self._told = params.model_copy(update={n: v for n, v in told.items() if v != self._values[n]})
        self.departures = self.departs(self._values)
        self.checks: dict[str, Noted] = {}
        self.facts: dict[str, Any] = {}
        self._estimates: dict[str, Estimate] = {}
        self._grids: dict[str, str] = {}
        self._figures: dict[str, Figure] = {}
        self._says: dict[str, str] = {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._used: dict[str, Used] = {}
        self._raw: dict[str, dict[str, Resource]] = {}
        self._entered = accepted.Entered(namespace, question.notebook, type(params).model_fields)

    @classmethod
    def begin(cls, question: Question, namespace: Mapping[str, Any]) -> Study:
        """A study with the parameters a notebook assigns (`globals()`), checked.

        Raises
        ------
        ParameterError
            If one is missing, or is not what `question.params` admits: every fault, a line each.
        """
        import pandas as pd

        shown.with_form(namespace)
        declared = question.params.model_fields
        given = {name: namespace[name] for name in declared if name in namespace}
        try:
            params = question.params(**given)
        except ValidationError as error:
            raise ParameterError("\n".join(parameter_faults.in_words(error, question.params, given))) from None
        pd.set_option("display.float_format", shown_number)
        warnings.showwarning = shown.warning
        return cls(question, params, accepted.defaults(question.notebook), namespace)

    def departs(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Where these values of its parameters depart from what is registered, in words; nowhere if it is exploratory."""
        if self.question.exploratory and not self.asked:
            return ()
        return registration.departures(values, self.registered_values, self._plan.own)

    @property
    def changed(self) -> tuple[str, ...]:
        """In what the cells that were run so far are not those of the notebook as the project means it, in words."""
        return self._entered.unlike()

    # Reading ------------------------------------------------------------------------------------------------------------

    def panel(self, name: str, as_of: str = "latest") -> pd.DataFrame:
        """The panel of that name, as its figures stood at a date; that it was read goes into the record."""
        from crimjust_research.data import opening

        found, read = opening.open_panel(name, as_of)
        self._read(read, panel=as_of == "latest")
        return found

    def raw(self, name: str, vintage: str = "latest") -> pd.DataFrame:
        """The raw table of that name; that it was read goes into the record."""
        from crimjust_research.data import opening

        found, read = opening.open_raw(name, vintage)
        self._read(read)
        return found

    @property
    def used(self) -> tuple[Used, ...]:
        """All that has been read so far."""
        return tuple(self._used.values())

    def note_read(self, used: Used) -> None:
        """Note that something no catalog lists was read: an analyst's own records, the results of another run."""
        self._used[f"{used.table} {used.vintage}"] = used

    def runs(self) -> tuple[SavedRun, ...]:
        """The results of all notebooks that read none themselves, and of those that an evaluator's plan asks questions of; that
        they were read goes into the record.

        Raises
        ------
        DataError
            If there is none.
        """
        asked_of = {p.notebook for p in self._plan.primaries}
        others = readers(project.root() / "notebooks") - asked_of
        found = saved_runs(folder_read(), but={self.question.notebook, *others})
        for run in found:
            for used in run.used:
                self.note_read(used)
        return found

    def _read(self, read: Iterable[Resource], panel: bool = False) -> None:
        from crimjust_research.data.provenance import raw_behind

        for resource in read:
            self.note_read(Used(resource.table.name, resource.vintage, resource.sha256))
            behind = raw_behind(resource, catalog.raw()) if panel else (resource,)
            for release in behind:
                self._raw.setdefault(release.table.name, {})[release.vintage] = release

    # Recording ----------------------------------------------------------------------------------------------------------

    def estimate(
        self, kind: str, values: Any, *, estimand: str = "", method: str = "", unit: str = "", specification: str = ""
    ) -> pd.DataFrame:
        """Record an estimate, or one for each row of a frame, and return what was recorded.

        Parameters
        ----------
        kind : a key of the question's `estimates.yaml`, which says what it is called. Any other name is an estimate of the
            analyst's own, with role `own`: give `estimand`, `method` and `unit`.
        values : a frame, a row, a mapping or a result with the numeric fields of `Estimate` as columns, keys or attributes.

        Raises
        ------
        ParameterError
            If the kind is unknown and not described, a row lacks what its texts ask for, it is primary and the plan does
            not register it or another estimate is that already, or an analyst's own takes the id of one of the question's.
        """
        import pandas as pd

        said = {"estimand": estimand, "method": method, "unit": unit, "specification": specification}
        declared = kinds.declared(self.question.estimates, kind, said)
        rows = values.to_dict("records") if isinstance(values, pd.DataFrame) else [values]
        departs = bool(self.departures or self.changed)
        made = [self._made(kind, declared, kinds.row(row), departs=departs) for row in rows]
        registration.refuse_clashes(made, self._estimates, (*self.registered, *self.asked))
        self._keep((*made, *own_questions.needed_for(self._plan, self.asked, made)))
        if declared.grid is not None:
            self._grids |= {e.id: declared.grid for e in made}
        table = frame(made).set_index("id")[_SHOWN]
        return table.dropna(axis=1, how="all")

    def note(self, **facts: Any) -> None:
        """Keep facts for the template's sentences, where they are `f.name`."""
        self.facts |= facts

    def check(
        self,
        name: str,
        passed: bool | None,
        table: pd.DataFrame,
        *,
        of: str = "",
        power: float | Share = math.nan,
        **facts: Any,
    ) -> pd.DataFrame:
        """Record a condition the estimates rest on and return its table; its sentence is the template's macro `name`.

        `passed` is None where the check informs and cannot pass or fail. A check the plan lists for a registered question
        names it, `of`, and its macro takes it as argument. With too little `power` to fail, or with none known where the plan
        lists it, a check that would pass informs.

        Raises
        ------
        ParameterError
            If the plan lists no such check of that question.
        """
        if of and name not in (listed := self._registered(of).checks):
            raise ParameterError(f"the plan lists no check {name!r} of {of!r}; it lists: {', '.join(listed) or 'none'}")
        chance = power.value if isinstance(power, Share) else power
        needed = self._plan.thresholds.check_power
        unable = not chance >= needed if of else chance < needed
        told = None if passed is None or (passed and unable) else bool(passed)
        self.checks[f"{of}_{name}" if of else name] = Noted(told, table, facts, name, of, chance)
        self._entered.note(f"check:{check_key(check_name(name), of)}")
        return table

    def margin(self, name: str) -> plan.Margin:
        """The margin of the registered question of that name, with its `sizes` as differences from nothing."""
        return self._registered(name).margin

    def level(self, name: str) -> float:
        """The level at which the power of that registered question is told: alpha over the number registered."""
        return self._plan.level(self._registered(name).outcome)

    def evidence(
        self,
        name: str,
        *,
        power: Mapping[str, Share],
        equivalence: Mapping[str, float],
        without_effect: Mapping[str, Simulated],
        least_p: float,
        of: str = "",
    ) -> pd.DataFrame:
        """Record what the rule of grades needs of the test of a registered question; see `evidence.diagnostics`.

        Its estimate has been recorded, under the question's name or, where that follows the parameters, under `of`.

        Raises
        ------
        RunError
            If it has not.
        """
        registered = self._registered(name)
        if (own := of or name) not in self._estimates:
            raise RunError(f"no cell has recorded the estimate {own!r}; run the cells above")
        made = diagnostics(
            *(self._plan, registered, self._estimates[own]),
            power=power,
            equivalence=equivalence,
            without_effect=without_effect,
            least_p=least_p,
        )
        self._keep(made)
        table = frame(made).set_index("id")[["estimand", "specification", "estimate", "std_error", "p_value"]]
        return table.dropna(axis=1, how="all")

    def table(self, name: str, table: pd.DataFrame) -> pd.DataFrame:
        """Keep a table for the record, and return it; a name that cannot be that of its file is refused."""
        require_file_name("table", name, self._tables)
        self._tables[name] = table
        self._entered.note(f"table:{name}")
        return table

    def figure(
        self, name: str, drawn: Drawn, title: str, caption: str, *, tables: Sequence[str] = (), source: str = ""
    ) -> Shown:
        """Keep and return a chart: `title` says in a few words what is shown, `caption` how to read it.

        The template's macro `name` says what is seen; it stands under the figure. `tables` are the raw tables whose figures
        are drawn, if not those the question declares; `source` says where figures come from that no table holds.

        Raises
        ------
        RunError
            If the macro asks for a value that is not there, or a table has not been read.
        """
        from crimjust_research.charts.figure import Figure

        require_file_name("figure", name, self._figures)
        made = Figure(
            name,
            title,
            drawn.chart,
            drawn.alt,
            caption,
            source or self._source(tables or self.question.tables),
            drawn.data,
        )
        self._figures[name] = made
        self._entered.note(f"figure:{name}")
        tell = self.teller()
        # A chart an analyst adds needs no sentence; a test holds that each of the question's has one.
        self._says[name] = tell(name) if tell.has(name) else ""
        return Shown(made, self._says[name])

    def say(self, macro: str, *given: Any) -> Sentence:
        """What is seen in a fit or a table, or in what is `given`, in the words of the template's macro."""
        return Sentence(self.teller()(macro, *given))

    # What it comes to -----------------------------------------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """All estimates so far as the tidy frame that sweeps and `verify` read, adjusted within their grids."""
        return frame(self._adjusted())

    def answer(self) -> Assessment:
        """What the estimates say, in the words of the question's template.

        Raises
        ------
        RunError
            If the plan registers a question here, at these parameters, and no cell has recorded its primary estimate or
            all else that the plan lists for it.
        """
        estimates = self._adjusted()
        # Under other parameters, or in other cells, what takes its place may have another name.
        due = () if self.departures or self.changed else self.asked
        noted = [(c.of, c.name) for c in self.checks.values()]
        if missing := [line for p in due for line in registration.missing(p, estimates, noted)]:
            raise RunError(f"no cell has recorded {'; '.join(missing)}; run the cells above")
        tell = self.teller()
        checks = (
            Check(
                name=check_name(c.name),
                passed=c.passed,
                sentence=tell(c.name, *([c] if c.of else [])) if tell.has(c.name) else "",
                table=c.table,
                of=c.of,
                power=c.power,
            )
            for c in self.checks.values()
        )
        return Assessment(
            name=self.question.name,
            outcome=self.question.outcome,
            title=self._text(self.question.title),
            question=self._text(self.question.question),
            answer=tell("answer"),
            estimates=tuple(sorted(estimates, key=lambda e: e.role != "own")),
            checks=tuple(checks),
            figures=tuple(self._figures.values()),
            tables=self._tables,
            used=self.used,
            parameters=parameters_cell.told(self._values),
            departures=self.departures,
            changed=self.changed,
            says=self._says,
            cells=self._entered.cells,
            key_figure=self._text(self.question.figure),
        )

    def save(self, folder: Path | str | None = None) -> Saved:
        """Save the answer and all it stands on; see `Assessment.save`.

        Raises
        ------
        RunError
            If no cell has drawn the figure that the question names as the one that carries its answer; or as `answer` does.
        """
        made, changed = self.answer(), self._entered.unlike(ended=True)
        if made.key_figure and made.key_figure not in self._figures:
            raise RunError(
                f"no cell has drawn the figure {made.key_figure!r}, which carries the answer; run the cells above"
            )
        estimates = registration.as_changed(made.estimates, changed)
        return replace(made, changed=changed, estimates=estimates).save(folder)

    def teller(self) -> Teller:
        """The template's macros, bound to what has been recorded so far."""
        # A namespace, because a template would take `f.values` of a mapping for its method.
        facts, checks = SimpleNamespace(**self.facts), SimpleNamespace(**self.checks)
        context = {"e": {e.id: e for e in self._adjusted()}, "c": checks, "f": facts, "p": self._told}
        return Teller(self.question.package, context)

    def _registered(self, name: str) -> plan.Primary:
        found = {p.name: p for p in self.registered}
        if name not in found:
            raise ParameterError(
                f"{plan.PATH.as_posix()} registers no question {name!r} of {self.question.name!r}; it registers: "
                f"{', '.join(found) or 'none'}"
            )
        return found[name]

    def _adjusted(self) -> tuple[Estimate, ...]:
        adjusted = multiplicity.within_grids(self._estimates.values(), self._grids, self._plan)
        return registration.as_changed(adjusted, self.changed)

    def _made(self, kind: str, declared: Kind, row: Mapping[str, Any], *, departs: bool) -> Estimate:
        numbers = {name: row[name] for name in kinds.NUMBERS if name in row}
        numbers |= {name: row[column] for name, column in declared.take.items()}
        if declared.null_value is not None:
            numbers.setdefault("null_value", declared.null_value)
        if "ci_low" in numbers:
            numbers.setdefault("ci_level", self._values.get("confidence_level", math.nan))
        says = declared.texts(kind, {"p": self._told, **parameters_cell.told(self._values), **row})
        counts = {name: int(numbers.pop(name, 1)) for name in kinds.COUNTS}
        given: dict[str, Any] = {"outcome": self.question.outcome, "question": self._text(self.question.question)}
        given |= {"specification": "", **says, **counts}
        given["role"] = registration.role(
            says["id"], says.get("role", "secondary"), self.registered, self.asked, departs=departs
        )
        given |= {name: float(value) for name, value in numbers.items()}
        return Estimate(**given)

    def _keep(self, made: Iterable[Estimate]) -> None:
        for e in made:
            self._estimates[e.id] = e
            self._entered.note(e.id)

    def _text(self, text: str) -> str:
        """A declared text with the parameters in it."""
        return text.format(p=self._told, **parameters_cell.told(self._values))

    def _source(self, tables: Iterable[str]) -> str:
        """Publishers and vintages of raw tables, as the catalog has them."""
        if unread := [name for name in tables if name not in self._raw]:
            raise RunError(f"a figure names the table {unread[0]!r} as its source; read so far: {', '.join(self._raw)}")
        found = [(next(iter(self._raw[name].values())).table.sources, self._raw[name]) for name in tables]
        return "; ".join(
            f"{'; '.join(source.title for source in sources)} ({', '.join(sorted(vintages))})"
            for sources, vintages in found
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        question = self._text(self.question.question)
        return shown.registered(question, self.asked, self.departures, self.changed, self._plan.own)
