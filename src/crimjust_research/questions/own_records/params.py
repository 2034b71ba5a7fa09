"""Parameters of the question of own records: types, bounds and a sentence each. The folder is read in the notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from crimjust_research import project
from crimjust_research.questions.parameters import ConfidenceLevel, Draws, Seed, SuppliedFolder, in_form
from crimjust_research.study import StudyParams

# The file that says of a folder that its records are SIMULATED, and of what.
TRUTH = "truth.json"
By = Literal["", "country", "phase", "agency", "sex", "drug"]
_MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")


def _month_or_none(value: str) -> str:
    if value and not _MONTH.fullmatch(value):
        raise ValueError("it should be a month written YYYY-MM, such as 2018-10, or empty for all months")
    return value


MonthOrAll = Annotated[str, AfterValidator(_month_or_none), in_form("a month written YYYY-MM, or empty")]


class Params(StudyParams):
    """What a person may change in the question of own records."""

    # A parameter of which a sweep sets one value alone for what another names: what one smallest count hides another tells.
    one_value: ClassVar[Mapping[str, str]] = {"min_cell": "folder"}

    folder: SuppliedFolder = Field(
        description="folder of records, a file of each kind named after it, as data/templates has them; empty: SIMULATED ones"
    )
    period_start: MonthOrAll = Field(description="first month of records told of; empty: from the first on")
    period_end: MonthOrAll = Field(description="last month of records told of; empty: to the last")
    min_cell: int = Field(ge=3, le=50, description="the smallest count of cases or persons that is told")
    by: By = Field(description="by what shares are told apart as well; empty: by nothing")
    maturity_years: float = Field(
        gt=0, le=8, description="years a case is given to pass each stage; later entries are left out"
    )
    confidence_level: ConfidenceLevel
    simulated_cases: int = Field(ge=500, le=20_000, description="how many cases are simulated, if they are")
    effect: float = Field(ge=0.2, le=5, description="true odds and hazard ratio of support in SIMULATED records")
    selection: float = Field(
        ge=0, le=3, description="log odds ratio of support, for a standard deviation of strength, in SIMULATED records"
    )
    draws: Draws = Field(description="draws for the intervals of medians and of additional convictions")
    seed: Seed

    # Found once, by the path that was given: what results keep of the parameters has the folder's name alone.
    _simulated: bool = PrivateAttr()

    def model_post_init(self, _: object) -> None:
        """Note whether the folder says that its records are SIMULATED."""
        self._simulated = not self.folder or (project.root() / self.folder / TRUTH).is_file()

    @model_validator(mode="after")
    def _period_is_one(self) -> Self:
        if self.period_start and self.period_end and self.period_start > self.period_end:
            raise ValueError(
                f"the period is empty: period_start {self.period_start} is after period_end {self.period_end}"
            )
        return self

    @property
    def simulated(self) -> bool:
        """Whether the records are SIMULATED: those drawn here, or a folder that says so of its own."""
        return self._simulated

    @property
    def data_status(self) -> str:
        return "simulated" if self.simulated else "observed"

    @property
    def made(self) -> str:
        """What stands before whatever is counted: a word where it is SIMULATED."""
        return "SIMULATED " if self.simulated else ""

    @property
    def mark(self) -> str:
        """What names of figures and tables end in."""
        return "_simulated" if self.simulated else ""

    @property
    def key_figure(self) -> str:
        """The figure that carries the answer: what is recovered of a known truth, of records drawn here; else all shares."""
        return f"overview{self.mark}" if self.folder else f"recovered{self.mark}"

    @property
    def period(self) -> str:
        """The period in words."""
        return f"{self.period_start or 'the first'} to {self.period_end or 'the last'}"

    @property
    def whole_years(self) -> bool:
        """Whether the period begins and ends with calendar years, of which expenditure is; an open end does."""
        return self.period_start[4:] in ("", "-01") and self.period_end[4:] in ("", "-12")

    @property
    def heading(self) -> str:
        """What the records are in a title: whose, and of which months."""
        whose = "the programme's own records" if self.folder and not self.simulated else f"{self.made}own records"
        first, last = (
            f"{date.fromisoformat(f'{m}-01'):%B %Y}" if m else "" for m in (self.period_start, self.period_end)
        )
        months = f"{first} to {last}" if first and last else f"from {first}" if first else f"to {last}" if last else ""
        return f"{whose} say, {months}" if months else f"{whose} say"

    @property
    def alpha(self) -> float:
        return 1 - self.confidence_level
