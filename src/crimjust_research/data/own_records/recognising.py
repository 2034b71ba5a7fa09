"""Of which kind the records in a file or on a sheet are, by what it is named and by its columns."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crimjust_research.data import limits
from crimjust_research.data.bounded_workbook import SUFFIX
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records.layout import starts_of
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.data.own_records.understanding import fit, placed
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import record_words

_FEW = 2  # columns of a kind that a table has at least, whose name alone says that it is of it


class Found(NamedTuple):
    """A table of records of a kind: its file, the sheet if it is one of several, and by what it was known."""

    kind: str
    path: Path
    sheet: str
    why: str

    def named(self) -> str:
        """The file, and the sheet, as a sentence names them."""
        return self.path.name + (f", sheet {self.sheet!r}" if self.sheet else "")


def of_file(path: Path, bounds: Limits) -> tuple[list[Found], tuple[str, ...]]:
    """The tables of records in a file, and the sheets beside them that are of no kind; no tables if it is of none.

    A file that has the very name of a kind is of it. Any other table is of a kind if it has every column that kind requires;
    of several such, of the one of which it has most columns, or if these are as many, of the one it is named after. A table
    that lacks some is of the kind it is named after.

    Raises
    ------
    DataError
        If a table is as much of one kind as of another.
    """
    exact = path.stem.lower().replace(" ", "_").replace("-", "_")
    of_name = exact if exact in kinds() else ""
    if of_name and path.suffix.lower() != SUFFIX:
        return [Found(of_name, path, "", "")], ()
    try:
        with limits.within(bounds):
            starts = starts_of(path, lambda row: max(fit(row, kind) for kind in kinds().values()))
    except DataError:
        # Whoever reads it as what it is named says what is wrong with it.
        return ([Found(of_name, path, "", "")] if of_name else []), ()
    if len(starts) <= 1:
        (rows,) = starts.values() or ([],)
        kind, why = (of_name, "") if of_name else _of_table(path.name, path.stem, rows)
        return ([Found(kind, path, "", why)] if kind else []), ()
    known = {sheet: _of_table(f"{path.name}, sheet {sheet!r},", sheet, rows) for sheet, rows in starts.items()}
    tables = [Found(kind, path, sheet, why) for sheet, (kind, why) in known.items() if kind]
    if of_name and of_name not in {table.kind for table in tables}:
        return [Found(of_name, path, "", "")], ()
    if len(tables) == 1 and tables[0].kind == of_name:
        return [tables[0]._replace(sheet="", why="")], ()
    if not tables:
        kind, why = _of_table(path.name, path.stem, max(starts.values(), key=_most))
        return ([Found(kind, path, "", why)] if kind else []), ()
    return tables, tuple(sheet for sheet, (kind, _) in known.items() if not kind)


def _of_table(named: str, name: str, rows: Sequence[Sequence[str]]) -> tuple[str, str]:
    """The kind of a table that begins with these rows, and by what it is known; none if it is of no kind."""
    has = {kind: max((_columns(row, kind) for row in rows), key=len, default=frozenset()) for kind in kinds()}
    whole = {kind: len(columns) for kind, columns in has.items() if kinds()[kind].required <= columns}
    by_name = _by_name(name)
    if whole:
        best = [kind for kind, count in whole.items() if count == max(whole.values())]
        if len(best) == 1:
            return best[0], "by its columns"
        if len(said := by_name & set(best)) == 1:
            return next(iter(said)), "by its name and columns"
        raise DataError(
            f"{named} may be {' or '.join(best)} by its columns; name it after the kind it is of, as {best[0]}.csv"
        )
    likely = [kind for kind in by_name if len(has[kind]) >= _FEW]
    return (likely[0], "by its name") if len(likely) == 1 else ("", "")


def _columns(row: Sequence[str], kind: str) -> frozenset[str]:
    return frozenset(placed(row, kinds()[kind])) & frozenset(kinds()[kind].columns)


def _by_name(name: str) -> set[str]:
    """The kinds that words in a name stand for; of a phrase and a word of it the phrase alone."""
    words = f" {record_words.heading(name)} "
    held = {(word, kind) for kind, of_kind in _words().items() for word in of_kind if f" {word} " in words}
    return {kind for word, kind in held if not any(word != other and f" {word} " in f" {other} " for other, _ in held)}


def _words() -> Mapping[str, Iterable[str]]:
    return {name: kind.called for name, kind in kinds().items()}


def _most(rows: Sequence[Sequence[str]]) -> int:
    return max(fit(row, kind) for row in rows for kind in kinds().values())
