"""What SIMULATED samples of the real countries show of a registered test, and how many draws each kind of use takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.evidence import calibration
from crimjust_research.evidence.diagnostics import Share

FEWER_DRAWS = 999  # of specifications, and where each country is left out
SIMULATION_DRAWS = 1_999  # of each simulated sample: a calibrated level of .001 is still told
SIZE_SAMPLES, POWER_SAMPLES = 2000, 1000


@dataclass(frozen=True)
class Simulated:
    """p of the test in samples without effect, by generator, and how often its calibrated form finds effects, by their size."""

    without_effect: Mapping[str, calibration.Simulated]
    power: Mapping[str, Share]


def simulated(
    p_values: Callable[..., FloatArray],
    null: str,
    spread: FloatArray,
    sizes: Mapping[str, float],
    level: float,
) -> Simulated:
    """What a registered test gives without an effect, and how often, calibrated on that, it rejects with one at `level`.

    Parameters
    ----------
    p_values : of the test in samples; takes effect, spread, samples and stream (of random numbers).
    null : the generator of samples without effect; `spread`, the other, multiplies what is unexplained, country by country.
    sizes : effects by name, on the scale of the margin.
    """
    least_p = 1 / (1 + SIMULATION_DRAWS)
    without_effect = {
        null: calibration.Simulated(p_values(samples=SIZE_SAMPLES, stream=1), least_p),
        "spread": calibration.Simulated(p_values(spread=spread, samples=SIZE_SAMPLES, stream=2), least_p),
    }
    at = calibration.calibrated_level(level, without_effect)
    return Simulated(
        without_effect,
        {n: Share.of(p_values(effect=size, stream=s) <= at) for s, (n, size) in enumerate(sizes.items(), 3)},
    )


def as_rows(found: Mapping[str, Any], **about: Any) -> dict[str, Any]:
    """The numbers of a test as a row for an estimate, without what is recorded apart."""
    return {name: value for name, value in found.items() if name not in ("equivalence", "statistic")} | about
