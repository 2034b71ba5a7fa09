"""Two of everything at once in one checkout: both end as one after the other would, or one is refused in a sentence.

The second begins at a drawn moment of the first. Whichever was refused is then typed again, as the sentence says.
"""

import threading
from collections import Counter

from reliability.campaign import Chosen, Section, drawn, one_by_one
from reliability.commands import begun, prepare, undisturbed
from reliability.worlds import NotHere, Told, World, ended, fresh

CAMPAIGN = 8
TITLE = "Two of everything at once"
_PAIRS = (
    ("run", "run"),
    ("run", "run all"),
    ("run", "run another"),
    ("run", "run with a name"),
    ("run with a name", "run with a name"),
    ("run", "report"),
    ("run", "verify"),
    ("run", "data panels"),
    ("run", "data ingest"),
    ("run", "crate"),
    ("run", "release"),
    ("run", "figures"),
    ("run", "annual"),
    ("run", "notebooks accept as it is"),
    ("sweep", "sweep"),
    ("sweep", "sweep of another grid"),
    ("sweep", "run"),
    ("data ingest", "data ingest"),
    ("data ingest", "data refresh"),
    ("data refresh", "report"),
    ("data panels", "data panels"),
    ("report", "report"),
    ("report", "report on paper"),
    ("report", "numbers"),
    ("figures", "figures"),
    ("figures", "tables"),
    ("tables", "numbers"),
    ("crate", "crate"),
    ("crate", "crate of all"),
    ("annual", "annual"),
    ("notebooks accept", "notebooks accept"),
)


def tried(chosen: Chosen) -> Section:
    """Try each pair in a drawn order, the second beginning at a drawn moment of the first."""
    rng = drawn(CAMPAIGN, 0)
    cases = [rng.permutation(pair) for pair in rng.permutation(_PAIRS)]
    failed: list[str] = []
    ends: Counter[int] = Counter()
    count = 0
    try:
        for case in one_by_one(chosen.of(len(cases))):
            first, second = map(str, cases[case])
            refused, faults = _case(case, first, second)
            ends[refused] += 1
            count += 1
            failed += [f"{case} (`{first}`, then `{second}`): {fault}" for fault in faults]
    except NotHere as reason:
        return Section(TITLE, f"Not tried: {reason}.", 0, ())
    text = (
        f"{len(_PAIRS)} pairs of commands in one checkout, the order drawn; the second begins at a drawn moment "
        "of the first. A command waits for the other, or is refused in a sentence with what to do, and is typed again then. In "
        "the end each file is as after one command followed by the other.\n\n"
        f"- both ended at once: {ends[0]:,}\n- one was refused, and ended when typed again: {ends[1]:,}\n"
        f"- both were refused, and ended when typed again: {ends[2]:,}"
    )
    return Section(TITLE, text, count, tuple(failed))


def _case(case: int, first: str, second: str) -> tuple[int, list[str]]:
    """How many of the two were refused, and what is wrong with what came of them."""
    names = tuple(dict.fromkeys((first, second)))
    one_by_one = [undisturbed(*each) for each in (names, names[::-1])]
    share = float(drawn(CAMPAIGN, case + 1).uniform())
    with fresh() as world:
        prepare(names, world)
        told = _at_once(world, first, second, share * undisturbed(first).seconds)
        faults = [f"`{name}`: {each.fault()}" for name, each in told if each.fault()]
        refused = [(name, each) for name, each in told if each.status]
        for name, each in refused:
            again = ended(begun(name, world))
            if again.status and (again.fault() or not any(name in each.refused for each in one_by_one)):
                faults.append(f"`{name}` was refused ({each.last()}), then failed though it was alone: {again.last()}")
        found = world.changed()
    if found not in [each.changed for each in one_by_one]:
        meant = min((each.changed for each in one_by_one), key=lambda order: len(order.items() ^ found.items()))
        unlike = sorted(place for place in found.keys() | meant.keys() if found.get(place) != meant.get(place))
        faults.append(f"not as one after the other: {', '.join(unlike[:8])}")
    return len(refused), faults


def _at_once(world: World, first: str, second: str, seconds: float) -> list[tuple[str, Told]]:
    """Both commands begun, the second so many seconds after the first, and how each ended."""
    process = begun(first, world)
    heard: dict[int, Told] = {}
    hearing = threading.Thread(target=lambda: heard.setdefault(0, ended(process)))
    hearing.start()
    hearing.join(seconds)
    heard[1] = ended(begun(second, world))
    hearing.join()
    return [(first, heard[0]), (second, heard[1])]
