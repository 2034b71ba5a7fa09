"""The registered analysis plan: what is primary, with which parameters and margin, and by which rule evidence is graded.

`docs/analysis_plan.toml` is the plan; this module reads it.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from crimjust_research import project
from crimjust_research.errors import DataError

PATH = Path("docs") / "analysis_plan.toml"

# Sizes, as multiples of the margin, at which power and equivalence are told and grades are given.
SIZES: Mapping[str, float] = {"half": 0.5, "margin": 1.0, "double": 2.0}


@dataclass(frozen=True)
class Margin:
    """The smallest size that would matter to someone who must decide, and where it comes from.

    `value` is in the unit of the estimate: a difference from nothing, or, on scale "ratio", a ratio.
    """

    value: float
    scale: Literal["difference", "ratio"]
    says: str
    source: str

    @property
    def sizes(self) -> dict[str, float]:
        """Half the margin, the margin and double, as positive differences from nothing: logs for ratios."""
        size = abs(math.log(self.value)) if self.scale == "ratio" else self.value
        return {name: multiple * size for name, multiple in SIZES.items()}

    def effect(self, estimate: float, null_value: float) -> float:
        """An estimate, or an end of its interval, as a difference from nothing: in logs for ratios."""
        if self.scale == "difference":
            return estimate - null_value
        return math.log(estimate / null_value) if estimate > 0 else -math.inf


@dataclass(frozen=True)
class Variation:
    """A specification the plan lists: what it varies, and what it is in words."""

    varies: Literal["model", "sample", "inference"]
    says: str


@dataclass(frozen=True)
class Primary:
    """One registered question with its estimand, method, margin and the parameters it is estimated at."""

    id: str
    outcome: str
    registered: int
    """The version of the plan that registered it."""
    first_grade: str
    """The grade version 1 gave it; empty where it gave none."""
    asks: Literal["direction", "association", "equivalence"]
    question: str
    estimand: str
    notebook: str
    method: str
    null: str
    unit: str
    sampled: str
    """What is left out one by one."""
    parameters: Mapping[str, Any]
    margin: Margin
    specifications: Mapping[str, Variation]
    threat: str
    """The strongest reason to doubt whatever comes out."""
    would_answer: str
    expects: Literal[1, -1] = 1
    """The sign asked for, where a direction is."""
    ruled_out: str = ""
    """Why the design cannot answer, where that is known without an estimate."""
    sizes: Mapping[str, str] = field(default_factory=dict)
    """Generators under which the size of the test is simulated, in words."""
    checks: Mapping[str, str] = field(default_factory=dict)
    """Checks and negative controls of this question, in words."""

    @property
    def assessment(self) -> str:
        """Name of the assessment that estimates it: the part of the id before the dot."""
        return self.id.split(".")[0]

    @property
    def name(self) -> str:
        """Its name within its assessment: the id of its primary estimate."""
        return self.id.split(".", 1)[1]

    def estimates(self, estimate_id: str) -> bool:
        """Whether an estimate of that id, in its assessment, belongs to this question."""
        return estimate_id == self.name or estimate_id.startswith(f"{self.name}.")


@dataclass(frozen=True)
class Unanswered:
    """A question an outcome asks that no public data can answer."""

    id: str
    outcome: str
    question: str
    why: str
    would_answer: str


@dataclass(frozen=True)
class Thresholds:
    """The numbers of the rule of grades."""

    alpha: float
    answerable_power: float
    check_power: float
    specifications_at_least: int
    altered_rows_at_least: float
    subset_rows_at_least: float
    same_sign_at_least: float
    significant_at_least: float
    left_out_size_at_least: float
    left_out_p_below: float
    left_out_units_at_least: int
    size_capped_above: float


@dataclass(frozen=True)
class Amendment:
    """What a version of the plan changed, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Plan:
    """The plan as read, and the hash that run records carry."""

    sha256: str
    version: int
    dated: str
    standing: str
    """What had been seen when this version was written."""
    amendments: tuple[Amendment, ...]
    rules: Mapping[str, Any]
    thresholds: Thresholds
    primaries: tuple[Primary, ...]
    unanswered: tuple[Unanswered, ...]

    def family(self, outcome: str) -> tuple[Primary, ...]:
        """Primary questions of one outcome: the family that is adjusted together."""
        return tuple(p for p in self.primaries if p.outcome == outcome)

    def level(self, outcome: str) -> float:
        """The level a question of this outcome must be able to reach: alpha over the number registered."""
        return self.thresholds.alpha / len(self.family(outcome))


def load() -> Plan:
    """The plan of this checkout.

    Raises
    ------
    DataError
        If the file is missing or not TOML, a question lacks an entry, or a family and its questions disagree.
    """
    return _load(project.root() / PATH)


@lru_cache
def _load(path: Path) -> Plan:
    try:
        content = path.read_bytes()
        plan = tomllib.loads(content.decode())
    except FileNotFoundError:
        raise DataError(f"{path} is missing; restore it from git") from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path} is not valid TOML ({error}); restore it from git") from error
    outcome_of = {name: outcome for outcome, entry in plan["outcome"].items() for name in entry["family"]}
    if set(outcome_of) != set(plan["primary"]):
        raise DataError(
            f"{path}: in a family or registered, not both: {sorted(set(outcome_of) ^ set(plan['primary']))}"
        )
    try:
        rules = plan["rules"]
        return Plan(
            sha256=hashlib.sha256(content).hexdigest(),
            version=plan["version"],
            dated=plan["dated"],
            standing=plan["standing"],
            amendments=tuple(Amendment(**entry) for entry in plan.get("amendment", ())),
            rules={name: rule for name, rule in rules.items() if name != "grades"},
            thresholds=Thresholds(alpha=rules["alpha"], **rules["grades"]),
            primaries=tuple(_primary(name, plan["primary"], outcome_of[name]) for name in plan["primary"]),
            unanswered=tuple(Unanswered(**entry) for entry in plan.get("unanswered", ())),
        )
    except (TypeError, KeyError) as error:
        raise DataError(f"{path}: {error}; every question needs the same entries as the others") from error


def _primary(name: str, entries: Mapping[str, Mapping[str, Any]], outcome: str) -> Primary:
    """A question with what it does not say taken from the one it is like."""
    own = dict(entries[name])
    said = {**entries[own.pop("like")], **own} if "like" in own else own
    margin = Margin(**said.pop("margin"))
    variations = {key: Variation(**entry) for key, entry in said.pop("specifications").items()}
    return Primary(id=name, outcome=outcome, margin=margin, specifications=variations, **said)
