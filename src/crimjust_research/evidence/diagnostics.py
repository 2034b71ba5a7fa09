"""What the rule of grades needs of a registered test itself, as estimates: power, equivalence, size, calibrated p, least p."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.plan import CALIBRATED, SIZES, Plan, Primary
from crimjust_research.numbers import number

if TYPE_CHECKING:
    import numpy as np

    from crimjust_research.evidence.calibration import Simulated


@dataclass(frozen=True)
class Share:
    """A probability, and how many simulated samples it was counted in: 0 where it is computed without any."""

    value: float
    samples: int = 0
    why: str = ""
    """It is not known."""

    def __post_init__(self) -> None:
        if not (math.isnan(self.value) or 0 <= self.value <= 1):
            raise ParameterError(f"a probability is {self.value:g}; it lies between 0 and 1")

    @classmethod
    def of(cls, happened: np.ndarray) -> Share:
        """The share of samples, shape (n,) of truth values, n > 0, in which something happened."""
        if not happened.size:
            raise ParameterError("a share is counted in samples; there are none")
        return cls(float(happened.mean()), int(happened.size))

    @classmethod
    def simulated(cls, happened: Callable[[float], np.ndarray], size: float) -> Share:
        """As `of`, of SIMULATED samples with an effect of that size, which `happened` draws and tests; not known where the design
        refuses them.

        The design has taken samples without an effect before, so that what it refuses is the size, and a plan may ask for any.
        """
        try:
            return cls.of(happened(size))
        except ParameterError:
            return cls.unsimulated()

    @classmethod
    def unsimulated(cls) -> Share:
        """What is not known, as no samples with an effect of the size asked for can be simulated and tested."""
        return cls(math.nan, why="not known: no samples with an effect of that size can be simulated and tested")

    @property
    def std_error(self) -> float:
        """Monte Carlo standard error; 0 where nothing was simulated."""
        return math.sqrt(self.value * (1 - self.value) / self.samples) if self.samples else 0.0


def diagnostics(
    plan: Plan,
    primary: Primary,
    registered: Estimate,
    *,
    power: Mapping[str, Share],
    equivalence: Mapping[str, float],
    without_effect: Mapping[str, Simulated],
    least_p: float,
) -> tuple[Estimate, ...]:
    """Estimates of role `diagnostic` of one registered question.

    Parameters
    ----------
    registered : its estimate at the parameters of the run.
    power : by size (half, margin, double), of the calibrated test at alpha over the number registered for the outcome: the share
        of samples in which the test's own p is at most the `calibrated_level` of that.
    equivalence : by size, the larger p of the two one-sided tests within it.
    without_effect : by generator the plan names, p of the test in samples without effect: of these come its size, the share it
        rejects at alpha, and its calibrated p.
    least_p : the smallest p the design can give; told is what that is once calibrated.

    Raises
    ------
    ParameterError
        If sizes or generators are others than the plan's, or a probability is none.
    """
    from crimjust_research.evidence.calibration import calibrated_p

    for what, given, wanted in (
        ("power", power, SIZES),
        ("equivalence", equivalence, SIZES),
        ("size", without_effect, primary.sizes),
    ):
        if set(given) != set(wanted):
            raise ParameterError(f"{what} of {primary.id}: give {', '.join(wanted)}, not {', '.join(given) or 'none'}")
    margin, level = primary.margin, plan.level(primary.outcome)
    # A ratio's margin is told as the larger of the two ratios.
    worth = {n: math.exp(v) if margin.scale == "ratio" else v for n, v in margin.sizes.items()}
    shared: dict[str, Any] = {
        "outcome": registered.outcome,
        "question": registered.question,
        "method": registered.method,
        "n_obs": registered.n_obs,
        "n_units": registered.n_units,
        "role": "diagnostic",
        "data_status": registered.data_status,
    }

    def made(name: str, estimand: str, specification: str, share: Share, null_value: float) -> Estimate:
        return Estimate(
            id=f"{registered.id}.{name}",
            estimand=estimand,
            specification=specification,
            estimate=share.value,
            std_error=share.std_error,
            unit="probability",
            null_value=null_value,
            **shared,
        )

    def tested(name: str, specification: str, p_value: float) -> Estimate:
        """The registered estimate again, with another p."""
        return Estimate(
            id=f"{registered.id}.{name}",
            estimand=registered.estimand,
            specification=specification,
            estimate=registered.estimate,
            unit=registered.unit,
            null_value=registered.null_value,
            p_value=p_value,
            **shared,
        )

    found = [
        made(f"power.{n}", f"Power at level {level:.4g} against {number(worth[n])}", _counted(s), s, level)
        for n, s in power.items()
    ]
    found += [
        tested(f"equivalence.{n}", f"two one-sided tests within {number(worth[n])}", p) for n, p in equivalence.items()
    ]
    alpha = plan.thresholds.alpha
    size = {n: Share.of(simulated.rejected(alpha)) for n, simulated in without_effect.items()}
    found += [
        made(
            f"size.{n}",
            f"Share of samples without effect rejected at {alpha:g}",
            f"{primary.sizes[n]}; {_counted(s)}",
            s,
            alpha,
        )
        for n, s in size.items()
    ]
    if without_effect:
        p_value, worst = calibrated_p(registered.p_value, without_effect)
        among = f"its place among p of samples without effect: {primary.sizes[worst]}" if worst else "the test's own"
        found.append(tested(CALIBRATED, f"calibrated p: {among}", p_value))
    least = Share(calibrated_p(Share(least_p).value, without_effect)[0])
    found.append(made("least_p", "Smallest p the design can give", "", least, math.nan))
    return tuple(found)


def _counted(share: Share) -> str:
    return share.why or (f"{share.samples:,} simulated samples" if share.samples else "closed form")
