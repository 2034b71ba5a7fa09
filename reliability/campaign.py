"""What a campaign is: cases drawn by a fixed seed, each tried alone, and what came of them."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

_MINUTE = 60.0


@dataclass(frozen=True)
class Section:
    """What came of a campaign.

    `text`: Markdown below the title. `failed`: a sentence each, which begins with the number of the case.
    """

    title: str
    text: str
    tried: int
    failed: tuple[str, ...]


@dataclass(frozen=True)
class Chosen:
    """Which cases of a campaign are tried: the first `share` of them, or the one numbered `case`."""

    share: float = 1.0
    case: int | None = None

    def of(self, cases: int) -> Sequence[int]:
        """The numbers of the cases tried, of so many in the whole campaign; at least one."""
        if self.case is None:
            return range(max(1, round(cases * self.share)))
        if not 0 <= self.case < cases:
            raise ValueError(f"there is no case {self.case}: they are numbered from 0 to {cases - 1}")
        return [self.case]


def one_by_one(cases: Sequence[int]) -> Iterator[int]:
    """The cases in their order; how many are done is told once a minute."""
    told = time.monotonic()
    for done, case in enumerate(cases):
        if time.monotonic() - told >= _MINUTE:
            print(f"  {done:,} of {len(cases):,} tried", file=sys.stderr, flush=True)
            told = time.monotonic()
        yield case


def drawn(campaign: int, case: int) -> np.random.Generator:
    """Random numbers of one case alone, so that it can be repeated without those before it."""
    return np.random.default_rng([25, campaign, case])


def told(failed: Sequence[str]) -> Iterator[str]:
    """Failures as a list in Markdown."""
    yield from (f"- {sentence}" for sentence in failed)
