"""The registered analysis plan: what is primary, with which parameters, and by which rule evidence is graded.

`docs/analysis_plan.toml` is the plan; this module reads it.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from crimjust_research import project
from crimjust_research.errors import DataError

PATH = Path("docs") / "analysis_plan.toml"


@dataclass(frozen=True)
class Primary:
    """One registered question with its estimand, method and the parameters it is estimated at."""

    id: str
    outcome: str
    question: str
    estimand: str
    notebook: str
    method: str
    null: str
    unit: str
    parameters: Mapping[str, Any]
    sensitivity: str
    threat: str
    """The strongest reason to doubt whatever comes out."""

    @property
    def assessment(self) -> str:
        """Name of the assessment that estimates it: the part of the id before the dot."""
        return self.id.split(".")[0]

    def estimates(self, estimate_id: str) -> bool:
        """Whether an estimate of that id, in its assessment, belongs to this question."""
        name = self.id.split(".", 1)[1]
        return estimate_id == name or estimate_id.startswith(f"{name}.")


@dataclass(frozen=True)
class Grade:
    """One rung of the evidence rule; a condition that is None does not apply."""

    grade: str
    adjusted_p_below: float | None = None
    raw_p_below: float | None = None
    agree_at_least: float | None = None
    confirm_at_least: float | None = None
    failed_checks_at_most: int | None = None
    power_at_least: float | None = None


@dataclass(frozen=True)
class Plan:
    """The plan as read, and the hash that run records carry."""

    sha256: str
    rules: Mapping[str, Any]
    grades: tuple[Grade, ...]
    primaries: tuple[Primary, ...]

    def family(self, outcome: str) -> tuple[Primary, ...]:
        """Primary questions of one outcome: the family that is adjusted together."""
        return tuple(p for p in self.primaries if p.outcome == outcome)

    def grade(
        self,
        *,
        raw_p: float,
        adjusted_p: float,
        agree: float,
        confirm: float,
        failed_checks: int,
        power: float | None,
    ) -> str:
        """Evidence grade of one question by the registered rule: the first rung whose conditions all hold.

        Parameters
        ----------
        agree, confirm : shares of sensitivity specifications, 0 to 1, as the plan defines them.
        power : of the registered test against the smallest effect of interest, None if not computed.
        """
        for rung in self.grades:
            holds = (
                (rung.adjusted_p_below is None or adjusted_p < rung.adjusted_p_below)
                and (rung.raw_p_below is None or raw_p < rung.raw_p_below)
                and (rung.agree_at_least is None or agree >= rung.agree_at_least)
                and (rung.confirm_at_least is None or confirm >= rung.confirm_at_least)
                and (rung.failed_checks_at_most is None or failed_checks <= rung.failed_checks_at_most)
                and (rung.power_at_least is None or (power is not None and power >= rung.power_at_least))
            )
            if holds:
                return rung.grade
        raise DataError(f"{PATH.as_posix()}: no rung of the evidence rule applies; its last one must hold always")


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
        primaries = tuple(
            Primary(id=name, outcome=outcome_of[name], **entry) for name, entry in plan["primary"].items()
        )
        rungs = plan["rules"].pop("evidence_grade")
        return Plan(hashlib.sha256(content).hexdigest(), plan["rules"], tuple(Grade(**r) for r in rungs), primaries)
    except (TypeError, KeyError) as error:
        raise DataError(f"{path}: {error}; every question needs the same entries as the others") from error
