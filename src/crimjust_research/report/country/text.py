"""A country as text for a terminal."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from crimjust_research.report.country.known import Known
from crimjust_research.report.country.told import Country, Part
from crimjust_research.report.tables import Table
from crimjust_research.report.terminal import wrapped

_NAMES = 34  # characters that names of facts have to themselves
_GAP = "  "
_LEAST = 20  # characters that names of a table's rows have at least


def as_text(known: Known, country: Country, width: int) -> str:
    """Everything told of a country, in lines of at most `width` characters."""
    head = f"{country.name} ({country.iso3})"
    lines = [head, "=" * len(head), *wrapped(0, country.about, width)]
    for part in country.parts:
        lines += ["", part.title, "-" * len(part.title), *_facts(part, width)]
        for table in part.tables:
            lines += ["", *_table(table, width)]
        lines += wrapped(0, f"Source: {known.sources(part.read, part.publishers)}.", width)
    return "\n".join(lines)


def _facts(part: Part, width: int) -> Iterator[str]:
    for fact in part.facts:
        first, *rest = wrapped(0, fact.says, width - _NAMES - 1)
        if len(fact.name) >= _NAMES:
            yield fact.name
            yield f"{'':{_NAMES}} {first}"
        else:
            yield f"{fact.name:{_NAMES}} {first}"
        yield from (f"{'':{_NAMES}} {line}" for line in rest)


def _table(table: Table, width: int) -> Iterator[str]:
    """A table in columns; one that is too wide goes on below, each block with its first column, whose long words are broken
    into lines."""
    cells = [tuple(map(str, row)) for row in (table.columns, *table.rows)]
    first, *others = (max(map(len, column)) for column in zip(*cells, strict=True))
    first = min(first, max(width - len(_GAP) - max(others), _LEAST))
    yield from wrapped(0, table.caption, width)
    for block in _blocks(others, width - first):
        for name, *row in cells:
            begins, *goes_on = wrap(name, first)
            yield begins.ljust(first) + "".join(_GAP + row[at].rjust(others[at]) for at in block)
            yield from goes_on


def _blocks(widths: Sequence[int], width: int) -> Iterator[list[int]]:
    """Which columns stand side by side within a width, by their place."""
    block: list[int] = []
    room = width
    for at, own in enumerate(widths):
        if block and own + len(_GAP) > room:
            yield block
            block, room = [], width
        block.append(at)
        room -= own + len(_GAP)
    yield block
