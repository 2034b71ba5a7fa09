"""Variants and sweeps listed for a person to read: what each is, what it found, and whether it still stands."""

from collections.abc import Iterable, Iterator

from crimjust_research.report.terminal import whole, wrapped
from crimjust_research.runs.kept import KeptRun, Sweep, Variant, first_to_do

_NONE = (
    "There are no variants and no sweeps. A run with other parameters than the notebook's own, or with a name, makes a "
    "variant: {command}"
)
_COMMAND = "crimjust run 08_outcome3_diversification -p end=2018 --name to-2018"


def as_text(variants: Iterable[Variant], sweeps: Iterable[Sweep], width: int) -> str:
    """Every variant and sweep as plain text in lines of at most `width` characters, longer words alone excepted."""
    blocks = [*map(_of_variant, variants), *map(_of_sweep, sweeps)]
    if not blocks:
        return "\n".join(wrapped(0, _NONE.format(command=whole(_COMMAND)), width))
    return "\n\n".join("\n".join(line for one in block for line in wrapped(*one, width)) for block in blocks)


def _of_variant(variant: Variant) -> Iterator[tuple[int, str]]:
    yield 0, f"{variant.name} (reports/variants/{variant.name}/)"
    if variant.own:
        yield 2, f"made under {variant.own.named}, which differs from the registered one:"
        yield from ((4, change) for change in variant.own.changes or ("in nothing",))
    for kept in variant.runs:
        yield from _of_run(variant, kept)
    for fault in variant.faults:
        yield 2, f"left alone: {fault}"


def _of_run(variant: Variant, kept: KeptRun) -> Iterator[tuple[int, str]]:
    yield 2, kept.run
    changed = ", ".join(f"{name}={value}" for name, value in kept.changed.items())
    yield 4, f"parameters: {changed or 'those of the notebook'}"
    for departure in kept.departures:
        yield 4, f"departs from the plan{' of ' + variant.own.whose if variant.own else ''}: {departure}"
    for changed in kept.by_hand:
        yield 4, f"changed by hand: {changed}"
    yield 4, f"answer: {kept.answer}"
    if kept.moved:
        yield 4, f"moved since: {'; '.join(kept.moved)}"
        first = first_to_do(f"reports/variants/{variant.name}", kept)
        yield 4, f"to compute it anew: {first}{whole(variant.command(kept))}"
    else:
        yield 4, "as it would come out now"


def _of_sweep(sweep: Sweep) -> Iterator[tuple[int, str]]:
    yield 0, f"{sweep.name} (a sweep, reports/sweeps/{sweep.name}/)"
    if sweep.fault:
        yield 2, f"left alone: {sweep.fault}"
        return
    yield 2, sweep.notebook or "of a notebook its name does not tell"
    if sweep.gathered:
        failed = f", {sweep.failed} failed" if sweep.failed else ""
        yield 4, f"cells: {sweep.gathered} done{failed}"
        for name, values in sweep.varied.items():
            yield 4, f"{name}: {values}"
        if sweep.by_hand:
            yield 4, f"changed by hand: {sweep.by_hand}"
        if sweep.moved:
            yield 4, f"not as it would come out now: {'; '.join(sweep.moved)}; the same command computes it anew"
        else:
            yield 4, "as it would come out now"
    else:
        yield 4, f"cells: {sweep.cells} kept, not yet gathered; the same command goes on from there"
