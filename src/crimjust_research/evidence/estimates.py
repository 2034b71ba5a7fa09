"""The tidy frame of estimates: the one currency of notebooks, sweeps, tables, the report and tests."""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal

from crimjust_research import spreadsheets
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import spelt
from crimjust_research.numbers import STORED_DIGITS

if TYPE_CHECKING:
    import pandas as pd

# `primary` is kept for what the plan registers, `sensitivity` of a registered question for the specifications it lists,
# `left_out` for what is found without one unit of what was sampled, `diagnostic` for what the rule of grades needs of the
# test itself (power, equivalence, size, least p). `own` marks what an analyst added to a notebook.
Role = Literal["primary", "secondary", "sensitivity", "left_out", "diagnostic", "own"]


# An id stands in tables, links and marks of sentences.
_ID = re.compile(r"\w[^\[\]|]*")


@dataclass(frozen=True)
class Estimate:
    """One estimated quantity with everything needed to judge it; what a method does not give is NaN.

    `id` names it within its assessment. `estimate`, `std_error`, `ci_low` and `ci_high` are in `unit`; the
    interval covers `ci_level`. `p_adjusted` is corrected for the family the estimate was tested in. `null_value` is
    what the estimate would be if there were nothing: 0 for differences, 1 for ratios, NaN for statistics without sign.
    `altered` is the share of the registered estimate's rows that a specification adds, drops or changes.

    Raises
    ------
    ParameterError
        If the id is none, a p-value or a share lies outside 0 to 1, or an interval ends before it begins.
    """

    id: str
    outcome: str
    question: str
    estimand: str
    method: str
    specification: str
    estimate: float
    unit: str
    n_obs: int
    n_units: int
    role: Role
    std_error: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    ci_level: float = math.nan
    p_value: float = math.nan
    p_adjusted: float = math.nan
    null_value: float = 0.0
    altered: float = math.nan
    data_status: Literal["observed", "simulated"] = "observed"

    def __post_init__(self) -> None:
        if not (_ID.fullmatch(self.id) and self.id.isprintable()):
            raise ParameterError(
                f"estimate {self.id!r}: an id begins with a letter or digit, stands on one line and holds none of [ ] |; name "
                "it otherwise"
            )
        for name in ("p_value", "p_adjusted", "altered"):
            if not (math.isnan(p := getattr(self, name)) or 0 <= p <= 1):
                raise ParameterError(f"estimate {self.id!r}: {name} is {p:g}; it lies between 0 and 1")
        if self.ci_low > self.ci_high:
            raise ParameterError(
                f"estimate {self.id!r}: its interval runs from {self.ci_low:g} down to {self.ci_high:g}"
            )


ESTIMATE_COLUMNS = tuple(f.name for f in fields(Estimate))


def frame(estimates: Iterable[Estimate]) -> "pd.DataFrame":
    """Estimates as a tidy frame: one row each, columns as `Estimate` orders its fields."""
    import pandas as pd

    return pd.DataFrame([asdict(e) for e in estimates], columns=list(ESTIMATE_COLUMNS))


@dataclass(frozen=True)
class Check:
    """A condition the estimates rest on. `passed` is None where the check informs and cannot pass or fail.

    `of` names the registered question whose check it is, empty for one of the whole assessment; `power` is the probability
    with which it would fail if there were what it looks for, NaN where nobody has computed it.
    """

    name: str
    passed: bool | None
    sentence: str
    table: "pd.DataFrame"
    of: str = ""
    power: float = math.nan

    @property
    def verdict(self) -> str:
        return {True: "passed", False: "failed", None: "for information"}[self.passed]


def check_name(name: str) -> str:
    """What the check is called whose sentence is the template's macro `name`."""
    return f"{name[:1].upper()}{name[1:].replace('_', ' ')}"


def check_key(name: str, of: str) -> str:
    """By what a check is found among those of a run."""
    return f"{name} ({of.replace('_', ' ')})" if of else name


def check_titles(checks: Iterable[tuple[str, str]]) -> list[str]:
    """What checks of one run, each a name and the registered question it is of, are called in words: by the name alone where
    no other check has it.

    Examples
    --------
    >>> check_titles([("Other cut offs", ""), ("Oversight", "investigation"), ("Oversight", "adjudication"), ("To come", "qap")])
    ['Other cut-offs', 'Oversight (investigation)', 'Oversight (adjudication)', 'To come']
    """
    checks = list(checks)
    named = Counter(name for name, _ in checks)
    return [spelt(check_key(name, of if named[name] > 1 else "")) for name, of in checks]


@dataclass(frozen=True)
class Used:
    """A table an assessment read, at the vintage it read."""

    table: str
    vintage: str
    sha256: str


def csv_bytes(table: "pd.DataFrame") -> bytes:
    """`table` as CSV, numbers with `STORED_DIGITS`, no text such that a spreadsheet would calculate it."""
    shown = spreadsheets.cells(table)
    return bytes(shown.to_csv(index=False, lineterminator="\n", float_format=f"%.{STORED_DIGITS}g").encode())
