"""What SIMULATED samples of the real countries show of a registered test, and how many draws each kind of use takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crimjust_research.designs.arrays import BoolArray
from crimjust_research.evidence.diagnostics import Share

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


def as_rows(found: Mapping[str, Any], **about: Any) -> dict[str, Any]:
    """The numbers of a test as a row for an estimate, without what is recorded apart."""
    return {name: value for name, value in found.items() if name not in ("equivalence", "statistic")} | about
