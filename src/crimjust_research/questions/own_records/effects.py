"""What support by the programme is to do in SIMULATED records."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from crimjust_research.errors import ParameterError

_LEAST, _MOST = 0.01, 100.0  # of a ratio: beyond them nothing is left to estimate
_MOST_POINTS = 30.0


@dataclass(frozen=True)
class Effects:
    """True effects of support. A ratio of 1 and a gain of 0 points are none."""

    passing: tuple[float, float, float]
    """Odds ratios of passing from seizure to investigation, prosecution and conviction, in cases of the same strength and
    covariates."""
    answered: float
    """Hazard ratio of the answer to a request."""
    granted: float
    """Odds ratio of a request's being granted, whole or in part, once it is answered."""
    done: float
    """Odds ratio of an action's being done that was agreed on at a forum, against one chance in two."""
    gain: float
    """Points out of 100 that a training adds to what people know, before marks are cut off at 0 and 100."""
    confiscated: float
    """Odds ratio of the confiscation of an asset frozen in a case that ended in a conviction."""

    def __post_init__(self) -> None:
        *ratios, gain = (*self.passing, self.answered, self.granted, self.done, self.confiscated, self.gain)
        if len(self.passing) != 3 or not all(_LEAST <= ratio <= _MOST for ratio in ratios):
            raise ParameterError(
                f"Effects are {astuple(self)}; give three ratios for the stages, and each ratio from {_LEAST:g} to "
                f"{_MOST:g} (1 is no effect)."
            )
        if not abs(gain) <= _MOST_POINTS:
            raise ParameterError(f"The gain is {gain:g} points; give one from -{_MOST_POINTS:g} to {_MOST_POINTS:g}.")

    @classmethod
    def of(cls, effect: float) -> Effects:
        """The same ratio everywhere; a gain of 6 points where it is 1.5, of none where it is 1, of never more than 30.

        Raises
        ------
        ParameterError : a ratio of zero or less, or beyond 0.01 and 100.
        """
        if not _LEAST <= effect <= _MOST:
            raise ParameterError(
                f"The effect is {effect:g}; give a ratio from {_LEAST:g} to {_MOST:g}: 1 is no effect, 1.5 raises odds by half, "
                "0.5 halves them."
            )
        gain = _MOST_POINTS * (effect - 1) / (effect + 1)
        return cls((effect, effect, effect), effect, effect, effect, gain, effect)
