"""What is compared in a validation, and its verdict."""

import math
from dataclasses import dataclass

from crimjust_research.numbers import number


@dataclass(frozen=True)
class Compared:
    """A number of ours beside another's: a published one, one by hand, one by another program.

    `of` is what is validated: an estimator as docs/methods names it, or a question of the plan. `tolerance` is how far apart the
    two may lie, as a difference: half a unit of the last digit printed, or what rounding and draws of both can make.
    """

    of: str
    quantity: str
    ours: float
    answer: float
    tolerance: float
    source: str

    @property
    def difference(self) -> float:
        """Ours less the answer; 0 where both are the same infinity."""
        return 0.0 if self.ours == self.answer else self.ours - self.answer

    @property
    def agrees(self) -> bool:
        """Whether they lie no further apart than they may."""
        return not math.isnan(self.difference) and abs(self.difference) <= self.tolerance


def text(value: float) -> str:
    """A number as tables of the validation print it: six digits, small ones as powers of ten."""
    if math.isinf(value):
        return "none" if value > 0 else "−none"
    return f"{value:.1e}".replace("-", "−") if value and abs(value) < 1e-3 else number(value, 6)
