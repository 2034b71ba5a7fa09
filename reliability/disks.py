"""Disks that are full or may only be read, at every stage of every command that writes.

A command is refused in a sentence that says what to do, or ends as ever; what it leaves is the files of before or those it leaves
undisturbed, each whole; and once there is room it ends as if nothing had been.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.commands import COMMANDS, begun, prepare, undisturbed
from reliability.worlds import PLENTY, NotHere, World, ended, fresh, read_only, unlike

CAMPAIGN = 7
TITLE = "Disks that are full, or may only be read"
_FULL = ("full in the first half of what it writes", "full in the second half of what it writes")
_READ_ONLY, _FORBIDDEN = "on a disk that may only be read", "without permission to write"
_WAYS = (*_FULL, _READ_ONLY, _FORBIDDEN)
_PLACES = {
    "the checkout": lambda world: world.folder,
    "data": lambda world: world.folder / "data",
    "reports": lambda world: world.folder / "reports",
    "its notes": lambda world: world.folder / ".computed",
    "temporary files": lambda world: world.memory / "tmp",
    "home": lambda world: world.memory / "home",
}
# As root with none of root's privileges, so that permissions count.
_WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")


def tried(chosen: Chosen) -> Section:
    """Try the commands on disks that fail them."""
    cases = drawn(CAMPAIGN, 0).permutation([(name, way) for name in COMMANDS for way in _WAYS])
    failed, ends, count = [], Counter(), 0
    try:
        for case in one_by_one(chosen.of(len(cases))):
            name, way = map(str, cases[case])
            finished, faults = _case(case, name, way)
            kind = "full" if way in _FULL else "may not be written"
            ends[kind, finished] += 1
            count += 1
            failed += [f"{case} (`{name}`, {way}): {fault}" for fault in faults]
    except NotHere as reason:
        return Section(TITLE, f"Not tried: {reason}.", 0, ())
    told = [
        f"- {kind}: refused {ends[kind, False]:,} times, ended as ever {ends[kind, True]:,} times"
        for kind in ("full", "may not be written")
    ]
    text = (
        f"{len(COMMANDS)} commands that write ({', '.join(COMMANDS)}), each in a checkout on a disk of its own that is full once "
        "a drawn share of what the command writes is written, or of which a drawn place (all of it, `data`, `reports`, what the "
        "checkout notes, temporary files, home) is on a disk that may only be read, or may not be written to. A command may end "
        "as ever, or is refused in a sentence with what to do. Either way each file is as before or as it is when nothing goes "
        "wrong; and once there is room, or permission, the same command leaves the same bytes as if nothing had been.\n\n"
        + "\n".join(told)
    )
    return Section(TITLE, text, count, tuple(failed))


def _case(case: int, name: str, way: str) -> tuple[bool, list[str]]:
    """Whether the command ended as ever, and what is wrong with what came of it."""
    rng = drawn(CAMPAIGN, case + 1)
    meant = undisturbed(name)
    start: tuple[str, ...] = ()
    with fresh() as world:
        world.environment()
        prepare([name], world)
        before = world.changed()
        if way in _FULL:
            share = (_FULL.index(way) + float(rng.uniform())) / len(_FULL)
            disturbed = _full(world, int(share * meant.written))
        else:
            place = _PLACES[str(rng.choice(list(_PLACES)))](world)
            place.mkdir(parents=True, exist_ok=True)
            start = _WITHOUT_PRIVILEGES if way == _FORBIDDEN else ()
            disturbed = _forbidden(place) if way == _FORBIDDEN else read_only(place)
        with disturbed:
            told = ended(begun(name, world, start))
            faults = [fault for fault in (told.fault(), unlike(world.changed(), before, meant.changed)) if fault]
        if told.status:
            again = ended(begun(name, world, start))
            if again.status:
                return False, [*faults, f"then it failed though nothing is wrong: {again.last()}"]
        if left := _different(world.changed(), meant.changed):
            faults.append(f"in the end, not as if nothing had been: {left} (it said: {told.last()})")
    return not told.status, faults


@contextmanager
def _full(world: World, left: int) -> Iterator[None]:
    """So many bytes are left on the disk meanwhile."""
    world.resize(max(world.used() + left, 4096))
    try:
        yield
    finally:
        world.resize(PLENTY)


@contextmanager
def _forbidden(place: Path) -> Iterator[None]:
    """A folder and all below it may not be written to meanwhile."""
    folders = [here for here, _, _ in os.walk(place)]
    for folder in folders:
        Path(folder).chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            Path(folder).chmod(0o755)


def _different(now: dict[str, str], meant: dict[str, str]) -> str:
    wrong = sorted(place for place in now.keys() | meant.keys() if now.get(place) != meant.get(place))
    return ", ".join(wrong[:8])
