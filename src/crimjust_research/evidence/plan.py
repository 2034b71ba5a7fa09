"""The analysis plan: what is primary, with which parameters and margin, and by which rule evidence is graded.

`docs/analysis_plan.toml` is the registered plan; this module reads it, and with it what an evaluator's own plan lays over it
(`own_plan`).
"""

import hashlib
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from crimjust_research import project, yaml_files
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan_names
from crimjust_research.evidence.sentences import date_text
from crimjust_research.evidence.targets import Target
from crimjust_research.yaml_files import Entry, Text

PATH, FILE, VARIABLE = Path(plan_names.REGISTERED), plan_names.OWN, plan_names.VARIABLE


def _parted(name: str) -> str:
    if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", name):
        raise ValueError("a question is named after its assessment and itself, parted by a dot, as match.qap")
    return name


QuestionId = Annotated[str, AfterValidator(_parted)]
# TOML has numbers, so that a text in quotes or a `true` is none.
Proportion = Annotated[float, Field(gt=0, lt=1, strict=True)]
_Count = Annotated[int, Field(ge=1, strict=True)]

# Sizes, as multiples of the margin, at which power and equivalence are told and grades are given.
SIZES: Mapping[str, float] = {"half": 0.5, "margin": 1.0, "double": 2.0}
# What the estimate is named whose p is the calibrated one of a question.
CALIBRATED = "calibrated_p"


class Margin(Entry):
    """The smallest size that would matter to someone who must decide, and where it comes from.

    `value` is in the unit of the estimate: a difference from nothing, or, on scale "ratio", a ratio.
    """

    value: float = Field(gt=0, le=1e9, strict=True)
    scale: Literal["difference", "ratio"]
    says: Text
    source: Text

    @model_validator(mode="after")
    def _is_something(self) -> "Margin":
        if self.scale == "ratio" and self.value == 1:
            raise ValueError("a ratio of 1 is no difference; give another value")
        return self

    @property
    def sizes(self) -> dict[str, float]:
        """Half the margin, the margin and double, as positive differences from nothing: logs for ratios."""
        size = abs(math.log(self.value)) if self.scale == "ratio" else self.value
        return {name: multiple * size for name, multiple in SIZES.items()}

    def effect(self, estimate: float, null_value: float) -> float:
        """An estimate, or an end of its interval, as a difference from nothing: in logs for ratios."""
        if self.scale == "difference" or math.isnan(estimate):
            return estimate - null_value
        return math.log(estimate / null_value) if estimate > 0 else -math.inf


class Variation(Entry):
    """A specification the plan lists: what it varies, and what it is in words."""

    varies: Literal["model", "sample", "inference"]
    says: Text


class Primary(Entry):
    """One registered question with its estimand, method, margin and the parameters it is estimated at."""

    id: QuestionId
    outcome: Literal["1", "2", "3"]
    registered: Literal[0, 1, 2]
    """The version of the plan that registered it; 0 where an evaluator's own plan alone asks it."""
    asks: Literal["direction", "association", "equivalence"]
    question: Text
    estimand: Text
    notebook: Text
    method: Text
    null: Text
    unit: Text
    sampled: Text
    """What is left out one by one."""
    parameters: Mapping[str, Any]
    margin: Margin
    specifications: Mapping[str, Variation]
    threat: Text
    """The strongest reason to doubt whatever comes out."""
    would_answer: Text
    expects: Literal[1, -1] = 1
    """The sign asked for, where a direction is."""
    first_grade: str = ""
    """The grade version 1 gave it; empty where it gave none."""
    ruled_out: str = ""
    """Why the design cannot answer, where that is known without an estimate."""
    sizes: Mapping[str, Text] = {}
    """Generators under which the size of the test is simulated, in words."""
    checks: Mapping[str, Text] = {}
    """Checks and negative controls of this question, in words."""
    set_aside: tuple[str, ...] = ()
    """Specifications that are recorded and, in an evaluator's own plan, do not count."""
    estimate: str = ""
    """The id of the estimate that answers it, where that is not its name: of a question of an evaluator's own."""
    asked: str = ""
    whether: str = ""
    """Such a question in short, and as part of a sentence."""

    @property
    def own(self) -> bool:
        """Whether only an evaluator's own plan asks it."""
        return self.registered == 0

    @property
    def counted(self) -> dict[str, Variation]:
        """The specifications by which it is graded."""
        return {name: how for name, how in self.specifications.items() if name not in self.set_aside}

    @property
    def assessment(self) -> str:
        """Name of the assessment that estimates it: the part of the id before the dot."""
        return self.id.split(".")[0]

    @property
    def name(self) -> str:
        """Its name within its assessment: the id of its primary estimate."""
        return self.estimate or self.id.split(".", 1)[1]

    @property
    def tested(self) -> str:
        """The id of the estimate whose p is adjusted over the family: the calibrated one, where the test was simulated."""
        return f"{self.name}.{CALIBRATED}" if self.sizes and not self.ruled_out else self.name

    def estimates(self, estimate_id: str) -> bool:
        """Whether an estimate of that id, in its assessment, belongs to this question."""
        if self.own:  # others may be named after that estimate which have their own meaning
            return estimate_id == self.name or estimate_id.startswith(
                tuple(f"{self.name}.{what}" for what in ("power.", "equivalence.", "least_p"))
            )
        return estimate_id == self.name or estimate_id.startswith(f"{self.name}.")


class Unanswered(Entry):
    """A question an outcome asks that no public data can answer."""

    id: str
    outcome: Literal["1", "2", "3"]
    question: Text
    why: Text
    would_answer: Text


class Thresholds(Entry):
    """The numbers of the rule of grades."""

    alpha: Proportion
    answerable_power: Proportion
    check_power: Proportion
    specifications_at_least: _Count
    altered_rows_at_least: Proportion
    subset_rows_at_least: Proportion
    same_sign_at_least: Proportion
    significant_at_least: Proportion
    left_out_size_at_least: Proportion
    left_out_p_below: Proportion
    left_out_units_at_least: _Count
    size_capped_above: Proportion


class Rules(Entry):
    """What holds for every question."""

    alpha: Proportion
    confidence_level: Proportion
    primary_adjustment: Literal["holm"]
    exploratory_adjustment: Literal["fdr_bh"]
    missing_data: Text
    suppression: Text
    equivalence_errs: tuple[QuestionId, ...] = ()
    """Questions whose tests of equivalence, on their own panels, find too often that an effect is smaller than it is."""
    simulated_data: Text
    grades: Thresholds


class Amendment(Entry):
    """What a version of the plan changed, and why."""

    what: Text
    why: Text


@dataclass(frozen=True)
class OwnPlan:
    """Whose plan is laid over the registered one: who wrote it, when, what had been seen by then, the hash of its file, and
    what differs from the registered plan, a sentence each."""

    whose: str
    dated: str
    standing: str
    sha256: str
    changes: tuple[str, ...]
    targets: Mapping[str, Target] = field(default_factory=dict)
    """Of indicators of the results framework, by their keys."""

    @property
    def named(self) -> str:
        """The plan as a sentence names it."""
        return f"the plan of {self.whose}, dated {date_text(self.dated)}"


@dataclass(frozen=True)
class Plan:
    """The plan as read, and the hash that run records carry.

    Where an evaluator's `own` plan is laid over the registered one, `primaries` are the questions that it asks, `unasked` those
    registered that it does not; hash, version, date and amendments stay those of the registered plan.
    """

    sha256: str
    version: int
    dated: str
    standing: str
    """What had been seen when this version was written."""
    amendments: tuple[Amendment, ...]
    rules: Rules
    thresholds: Thresholds
    primaries: tuple[Primary, ...]
    unanswered: tuple[Unanswered, ...]
    unasked: tuple[Primary, ...] = ()
    own: OwnPlan | None = None

    @property
    def known(self) -> tuple[Primary, ...]:
        """All questions that notebooks record what the rule needs of, asked or not."""
        return (*self.primaries, *self.unasked)

    @property
    def targets(self) -> Mapping[str, Target]:
        """Targets of indicators, by their keys; none where no evaluator's plan sets any."""
        return self.own.targets if self.own else {}

    def parameters(self, notebook: str) -> dict[str, Any]:
        """The parameters at which a notebook's questions are asked."""
        return {name: value for p in self.known if p.notebook == notebook for name, value in p.parameters.items()}

    def family(self, outcome: str) -> tuple[Primary, ...]:
        """Primary questions of one outcome: the family that is adjusted together."""
        return tuple(p for p in self.primaries if p.outcome == outcome)

    def level(self, outcome: str) -> float:
        """The level a question of this outcome must be able to reach: alpha over the number asked."""
        return self.thresholds.alpha / max(len(self.family(outcome)), 1)


def load(own: Path | None = None) -> Plan:
    """The registered plan of this checkout, or what an evaluator's `own` plan comes to that is laid over it.

    Raises
    ------
    DataError
        If the registered plan is missing, not TOML or departs from the schema (every departure, by entry), or a family and its
        questions disagree.
    ParameterError
        If the evaluator's is, in the same way, or changes what cannot be changed.
    """
    registered = _load(project.root() / PATH)
    if own is None:
        return registered
    from crimjust_research.evidence import own_plan, own_plan_file  # which know what this module reads

    return own_plan.laid_over(registered, own_plan_file.content(own), own.name)


def of(results: Path) -> Plan:
    """The plan that results in a folder were made under."""
    path = results / FILE
    return load(path if path.is_file() and results != project.root() / "reports" else None)


def given() -> Plan:
    """The plan that this process was given: an evaluator's, or else the registered one."""
    path = os.environ.get(VARIABLE)
    return load(Path(path) if path else None)


class Family(Entry):
    """The questions of one outcome, over which p is adjusted."""

    family: tuple[Text, ...]


class _File(Entry):
    """The sections of the file, each question whole."""

    version: int
    dated: Text
    standing: Text
    amendment: tuple[Amendment, ...] = ()
    rules: Rules
    outcome: Mapping[str, Family]
    primary: Mapping[str, Primary]
    unanswered: tuple[Unanswered, ...] = ()


@lru_cache
def _load(path: Path) -> Plan:
    content = project.content(path, "restore it from git or the release")
    try:
        sections = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number without end, or nested without end
        raise DataError(f"{path} is not valid TOML ({error}); restore it from git or the release") from error
    try:
        whole = _whole(sections, path)
    except (AttributeError, TypeError, ValueError) as error:
        raise DataError(f"{path}: an entry is of another kind than it should be ({error}); restore it") from None
    read = yaml_files.held_to(_File, {**sections, **whole}, dict.fromkeys({**sections, **whole}, str(path)))
    return Plan(
        sha256=hashlib.sha256(content).hexdigest(),
        version=read.version,
        dated=read.dated,
        standing=read.standing,
        amendments=read.amendment,
        rules=read.rules,
        thresholds=read.rules.grades,
        primaries=tuple(read.primary.values()),
        unanswered=read.unanswered,
    )


def _whole(sections: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The rules and the questions of a plan, each of these with all that is said of it."""
    questions, rules = sections.get("primary", {}), sections.get("rules", {})
    tables = {"primary": questions, "rules": rules, "outcome": sections.get("outcome", {})}
    tables |= {f"primary.{name}": entry for name, entry in questions.items()} if isinstance(questions, dict) else {}
    if wrong := [name for name, table in tables.items() if not isinstance(table, dict)]:
        raise DataError(f"{path}: {wrong[0]} is a single value; it holds entries of its own, under [{wrong[0]}]")
    families = [(name, key) for key, entry in sections.get("outcome", {}).items() for name in entry.get("family", ())]
    outcome_of = dict(families)
    if set(outcome_of) != set(questions):
        raise DataError(f"{path}: in a family or registered, not both: {sorted(set(outcome_of) ^ set(questions))}")
    if len(outcome_of) < len(families):
        raise DataError(f"{path}: a question stands twice in the families; keep it in one")
    if unknown := sorted(set(map(str, rules.get("equivalence_errs", ()))) - set(questions)):
        raise DataError(f"{path}: under equivalence_errs stands {unknown[0]}, which is not registered; mend its name")
    return {
        "rules": {**rules, "grades": {**rules.get("grades", {}), "alpha": rules.get("alpha")}},
        "primary": {
            name: {**_like(name, questions, path), "id": name, "outcome": outcome_of[name]} for name in questions
        },
    }


def _like(name: str, entries: Mapping[str, Mapping[str, Any]], path: Path) -> dict[str, Any]:
    """What is said of a question; what it does not say is taken from the one it is like."""
    own = dict(entries[name])
    other = own.pop("like", None)
    if other is None:
        return own
    if other not in entries or "like" in entries[other]:
        raise DataError(f"{path}: {name} is like {other!r}; name a registered question that is told whole")
    return {**entries[other], **own}
