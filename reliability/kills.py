"""Commands that write, killed, told to end or interrupted at drawn moments: nothing is left half-written, nobody is left running.

Half of the moments are drawn from the time a command takes, half from what it writes, so that short stages that write are met.
"""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.commands import begun, prepare, undisturbed
from reliability.worlds import NotHere, Told, World, ended, fresh, processes, running, unlike

CAMPAIGN = 1
TITLE = "Commands that are killed"
# How often each is killed. "warm": its kernels are forked from a process that another command keeps.
_TIMES = {
    "run": 80,
    "run, warm": 40,
    "run with a name": 50,
    "run all": 6,
    "sweep": 50,
    "data ingest": 50,
    "data refresh": 50,
    "data panels": 40,
    "report": 40,
    "report on paper": 14,
    "figures": 20,
    "tables": 20,
    "crate": 20,
    "release": 10,
    "annual": 10,
}
_WARM = ", warm"
_SIGNALS = {"killed": signal.SIGKILL, "told to end": signal.SIGTERM, "interrupted": signal.SIGINT}
_PATIENCE = 60.0  # seconds until a command told to end counts as hanging, and its processes as left
_GLANCE = 0.001
_STOPPED = ("stopped", "interrupted")
_TRACE = "Traceback (most recent call last)"
_OURS = "crimjust_research"  # in the path of every line of this project's that a trace tells
# Somebody's own, among results.
_MINE = "reports/variants/notes of mine.txt"
# Working places, and files half-written beside their own, of whoever was killed: the next command that works there removes them.
_WORKING = (".pending", ".crimjust-", ".new-", "run-", "crimjust-")


def tried(chosen: Chosen) -> Section:
    """Kill commands at drawn moments, look at what is left, and type the same again."""
    # In the background it is ignored, and so by all that is begun there.
    cases = drawn(CAMPAIGN, 0).permutation([name for name, times in _TIMES.items() for _ in range(times)])
    failed: list[str] = []
    ends: Counter[tuple[str, bool]] = Counter()
    try:
        for case in one_by_one(chosen.of(len(cases))):
            name, way = str(cases[case]), list(_SIGNALS)[case % len(_SIGNALS)]
            met, faults = _case(case, name, way)
            ends[way, met] += 1
            failed += [f"{case} (`{name}`, {way}): {fault}" for fault in faults]
    except NotHere as reason:
        return Section(TITLE, f"Not tried: {reason}.", 0, ())
    told = [f"- {way}: {ends[way, True]:,} times; it had ended before {ends[way, False]:,} times" for way in _SIGNALS]
    text = (
        f"{len(cases)} commands ({', '.join(f'{name} {times}' for name, times in _TIMES.items())}), each in a checkout "
        "of its own and at a drawn moment: killed (`kill -9`), told to end (`kill`), or interrupted as Ctrl-C in a terminal "
        "does. Then each file is as before or as it is when nothing goes wrong, and no process of the command runs on; told to "
        "end or interrupted, it said so in a sentence, without a trace. The same command, typed again, ends as if nothing had "
        "been: the same bytes, nothing left among temporary files, somebody's own file among the results as it was.\n\n"
        + "\n".join(told)
    )
    return Section(TITLE, text, sum(ends.values()), tuple(failed))


def _case(case: int, name: str, way: str) -> tuple[bool, list[str]]:
    """Whether the command was still at work at the moment drawn, and what is wrong with what came of it."""
    command = name.removesuffix(_WARM)
    rng = drawn(CAMPAIGN, case + 1)
    share, by_time = float(rng.uniform()), bool(rng.integers(2))
    meant = undisturbed(command)
    with fresh() as world:
        world.environment()
        prepare([command], world)
        (world.folder / _MINE).parent.mkdir(exist_ok=True)
        (world.folder / _MINE).write_text("mine")
        before = world.changed()
        with _warmed(world, name.endswith(_WARM)) as others:
            passed = _passed_time(share * meant.seconds) if by_time else _written(world, share * meant.written)
            told, met = _struck(begun(command, world, ("setsid",)), _SIGNALS[way], passed)
            found = world.changed()
            whole = before == found or {**meant.changed, _MINE: before[_MINE]} == found
            faults = [_said(told, way, whole) if met else told.fault()]
            faults.append(_left(world, others))
            faults.append(unlike(found, before, meant.changed, _WORKING))
            again = ended(begun(command, world))
            if again.status:
                faults.append(f"typed again, it failed: {again.last()}")
            faults.append(_left(world, others))
        found = world.changed()
        if found.pop(_MINE, "gone") != before[_MINE]:
            faults.append(f"{_MINE} is not as it was")
        if left := sorted(
            place for place in found.keys() | meant.changed if found.get(place) != meant.changed.get(place)
        ):
            faults.append(f"typed again, not as if nothing had been: {', '.join(left[:8])}")
        if left := sorted(
            path.name for path in (world.memory / "tmp").iterdir() if not path.name.startswith("crimjust-warm-")
        ):
            faults.append(f"left among temporary files: {', '.join(left[:8])}")
    return met, [fault for fault in faults if fault]


def _struck(process: "subprocess.Popen[str]", sign: signal.Signals, passed: Callable[[], bool]) -> tuple[Told, bool]:
    """Send a signal once the moment has come; what the command said, and whether it was still at work."""
    while process.poll() is None and not passed():
        time.sleep(_GLANCE)
    met = process.poll() is None
    if met:
        # A terminal interrupts all of a group; who types `kill` ends one process.
        with suppress(ProcessLookupError):
            (os.killpg if sign == signal.SIGINT else os.kill)(process.pid, sign)
    try:
        text, _ = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return Told(-1, f"it went on for {_PATIENCE:g} s after it was to end"), met
    return Told(process.returncode, text), met


def _passed_time(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _written(world: World, bytes_: float) -> Callable[[], bool]:
    start = world.used()
    return lambda: world.used() - start > bytes_


def _said(told: Told, way: str, whole: bool) -> str:
    """What is wrong with how a command ended that was struck; empty if nothing is.

    `whole`: whether nothing is done yet, or all is: then Python itself begins, or ends, and may go without a word of ours.
    """
    if whole and _OURS not in told.text and (told.status == -_SIGNALS[way] or _TRACE in told.text):
        return ""
    if _TRACE in told.text or "a fault of crimjust's own" in told.text:
        return f"it told a trace or a fault of its own: {told.last()}"
    if way == "killed" or told.status == 0:  # what was done by then need not be stopped
        return "" if told.status in (-signal.SIGKILL, 0) else f"it ended with {told.status}: {told.last()}"
    # Python ends with the signal all the same if it came while a line that a library made up was run.
    if told.status not in (1, -signal.SIGINT) or not any(word in told.text for word in _STOPPED):
        return f"it ended with {told.status} and did not say that it was stopped: {told.last()}"
    return ""


@contextmanager
def _warmed(world: World, wanted: bool) -> Iterator[frozenset[int]]:
    """A warm process waits in the world meanwhile, if it is wanted; the processes that are there before anything else is."""
    if not wanted:
        yield frozenset()
        return
    process = world.start(["warm"], ("setsid",))
    try:
        if process.stdout is None or "ready" not in process.stdout.readline():
            raise RuntimeError("`crimjust warm` does not get ready")
        yield frozenset(processes(world))
    finally:
        process.send_signal(signal.SIGINT)
        ended(process)


def _left(world: World, others: frozenset[int]) -> str:
    left = running(world, others)
    return f"still running: {left}" if left else ""
