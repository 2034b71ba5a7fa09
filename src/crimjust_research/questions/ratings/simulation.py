"""What SIMULATED samples of the real countries show of a registered test, and how many draws each kind of use takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from crimjust_research.designs.arrays import BoolArray, FloatArray
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.questions.ratings.params import Params

FEWER_DRAWS = 999  # of specifications, and where each country is left out
SIMULATION_DRAWS = 499  # of each simulated sample: the level of .05 / 6 is reached at .008
SIZE_SAMPLES, POWER_SAMPLES = 2000, 1000


@dataclass(frozen=True)
class Simulated:
    """Which samples the test rejected: without effect by generator, and with effects by their size."""

    size: Mapping[str, BoolArray]
    power: Mapping[str, BoolArray]

    def shares(self) -> dict[str, dict[str, Share]]:
        """`size` and `power` as the rule of grades takes them."""
        both = {"size": self.size, "power": self.power}
        return {what: {name: Share.of(found) for name, found in of.items()} for what, of in both.items()}


def simulated(
    rejected: Callable[..., BoolArray],
    null: str,
    spread: FloatArray,
    sizes: Mapping[str, float],
    level: float,
    p: Params,
) -> Simulated:
    """How often a registered test rejects without an effect, at 1 - confidence level, and with one, at `level`.

    Parameters
    ----------
    rejected : which samples the test rejects at a level; takes effect, spread, samples and stream (of random numbers).
    null : the generator of samples without effect; `spread`, the other, multiplies what is unexplained, country by country.
    sizes : effects by name, on the scale of the margin.
    """
    alpha = 1 - p.confidence_level
    return Simulated(
        size={
            null: rejected(alpha, samples=SIZE_SAMPLES, stream=1),
            "spread": rejected(alpha, spread=spread, samples=SIZE_SAMPLES, stream=2),
        },
        power={name: rejected(level, effect=size, stream=n) for n, (name, size) in enumerate(sizes.items(), 3)},
    )


def as_rows(found: Mapping[str, Any], **about: Any) -> dict[str, Any]:
    """The numbers of a test as a row for an estimate, without what is recorded apart."""
    return {name: value for name, value in found.items() if name not in ("equivalence", "statistic")} | about
