"""The p of a registered test held against the p it gives where there is nothing, on the very panel it is used on.

A test that rejects too many true nulls gives small p too often. Its p is small only if it is small among the p of SIMULATED
samples without an effect as well, under every generator the plan names: the calibrated p is the largest of the test's own and,
over generators, the share of samples, the observed one among them, whose p is as small. It is never below the test's own.

Reference: Beran (1988), Journal of the American Statistical Association 83:687-697; Davison and Hinkley (1997), Bootstrap Methods
and their Application, chapter 4; Dufour (2006), Journal of Econometrics 133:443-477.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crimjust_research.errors import ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TIE = 1e-9  # of a p: shares of other numbers of draws, and sums of other order, differ by rounding


@dataclass(frozen=True)
class Simulated:
    """p (n,) that a registered test gives in each of n > 0 SIMULATED samples without an effect, and the least it can give there.

    An observed p below that least one, as of a test with more draws, counts as it: how rare it is was not simulated.
    """

    p_values: NDArray[np.float64]
    least_p: float = 0.0

    def __post_init__(self) -> None:
        if not self.p_values.size:
            raise ParameterError("a test is calibrated on simulated samples; there are none")

    def rejected(self, level: float) -> NDArray[np.bool_]:
        """(n,) in which samples p is at most `level`."""
        found: NDArray[np.bool_] = self.p_values <= level * (1 + _TIE)
        return found

    def p_value(self, own: float) -> float:
        """The share of samples, the observed one among them, whose p is as small as the test's `own`; NaN if that is."""
        if math.isnan(own):
            return own
        return (1 + int(self.rejected(max(own, self.least_p)).sum())) / (1 + self.p_values.size)

    def level(self, level: float) -> float:
        """The own p below which `p_value` is at most `level`; 0 where it is at none."""
        place = math.floor(level * (1 + self.p_values.size) + _TIE)
        if place < 1:
            return 0.0
        least = float(sorted(self.p_values.tolist())[place - 1]) if place <= self.p_values.size else math.inf
        return least * (1 - 2 * _TIE) if least > self.least_p * (1 + _TIE) else 0.0


def calibrated_p(own: float, without_effect: Mapping[str, Simulated]) -> tuple[float, str]:
    """The calibrated p of a test whose own is `own`, and the generator under which it is that; the test's own, and empty, where
    no generator gives a larger one.

    Examples
    --------
    >>> import numpy as np
    >>> twice_too_often = Simulated((np.arange(999) + 1) / 2000)
    >>> calibrated_p(0.05, {"signs": twice_too_often})
    (0.101, 'signs')
    >>> calibrated_p(0.05, {})
    (0.05, '')
    """
    found = {name: simulated.p_value(own) for name, simulated in without_effect.items()}
    worst = max(found, key=found.__getitem__, default="")
    return (found[worst], worst) if worst and found[worst] > own else (own, "")


def calibrated_level(level: float, without_effect: Mapping[str, Simulated]) -> float:
    """The level at which a test is to be held so that it rejects where the calibrated p is at most `level`.

    Examples
    --------
    >>> import numpy as np
    >>> twice_too_often = Simulated((np.arange(999) + 1) / 2000)
    >>> round(calibrated_level(0.05, {"signs": twice_too_often}), 4)
    0.025
    """
    return min([level, *(simulated.level(level) for simulated in without_effect.values())])
