"""Work timed beside its plain form or another package, and how it grows, as the tables of docs/PERFORMANCE.md show them.

Seconds are those of a processor, which a busy machine stretches less than those of the clock; ratios come from one run, in which
both sides take turns.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import process_time

import numpy as np
import pandas as pd

from benchmarks.tables import markdown

# What the system counts memory in: kilobytes, but for macOS, which counts bytes.
_MEGABYTE = 2**20 if sys.platform == "darwin" else 2**10


@dataclass(frozen=True)
class Comparison:
    """Seconds of this package's form and of the other on the same input.

    `agreement` says how far apart the two results lie, `bound` what this package's seconds go to.
    """

    task: str
    ours: float
    other: str
    theirs: float
    agreement: str
    bound: str


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """The least seconds of some runs."""
    times = []
    for _ in range(repeats):
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """The least seconds of both, run in turn so that a busy machine slows both."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(repeats)]
    one, other = zip(*pairs, strict=True)
    return min(one), min(other)


def comparisons(rows: Iterable[Comparison]) -> str:
    """The comparisons as a Markdown table."""
    return markdown(
        pd.DataFrame(
            {
                "task": row.task,
                "here, s": _three_digits(row.ours),
                "beside": row.other,
                "that, s": _three_digits(row.theirs),
                "times as long": _three_digits(row.theirs / row.ours),
                "results": row.agreement,
                "what bounds it": row.bound,
            }
            for row in rows
        )
    )


def growth(label: str, sizes: Mapping[str, Callable[[], object]]) -> str:
    """A Markdown table of what work takes as its input grows: seconds, times the smallest, and the most memory held.

    Each size runs in a process of its own, forked from this one, whose own memory is in what it holds.
    """
    taken = {size: alone(work) for size, work in sizes.items()}
    least = next(iter(taken.values()))[0]
    rows = [
        {
            label: size,
            "s": _three_digits(time),
            "times the first": _three_digits(time / least),
            "MB at most": f"{memory:,.0f}",
        }
        for size, (time, memory) in taken.items()
    ]
    return markdown(pd.DataFrame(rows))


def alone(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds and megabytes held at most by the work in a forked process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            found = seconds(work), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE
            os.write(writing, json.dumps(found).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read()
    if os.waitpid(child, 0)[1]:
        sys.exit("a measured size failed")
    time, memory = json.loads(told)
    return time, memory


def apart(one: np.ndarray, other: np.ndarray, what: str = "results") -> str:
    """How far results lie apart; those that are missing must be missing in both."""
    assert (np.isnan(one) == np.isnan(other)).all()
    return f"{what} differ by {np.nanmax(np.abs(one - other), initial=0):.0e}"


def section(title: str, text: str, *parts: str) -> str:
    """A section of the page."""
    return "\n\n".join([f"## {title}", text, *parts])


def _three_digits(value: float) -> str:
    """Three digits that count, never in powers of ten."""
    return f"{float(f'{value:.3g}'):,.10g}"
