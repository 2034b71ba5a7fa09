"""Tables of counts, or of sums, in which nothing small is told, nor can be worked out from the rest.

Registry: docs/methods/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.checks import amounts, complete_columns, printed_label, require_list, require_whole
from crimjust_research.designs.disclosure.protection import Totals, hidden_totals
from crimjust_research.designs.disclosure.rules import protection_of_sum, share_allowed, told_of, withheld
from crimjust_research.errors import ParameterError

MOST_COMBINATIONS = 20_000

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Suppressed:
    """Tables that may be told together, and how much of them is not told."""

    tables: dict[Columns, pd.DataFrame]
    """By their columns as asked for: these columns, count (Int64, missing where not told) and suppressed; tables of sums
    have total (float64) for count."""
    min_cell: int

    @property
    def sentence(self) -> str:
        """How many cells are not told, and why; empty if all are."""
        return told_of(*self.tables.values(), min_cell=self.min_cell)

    def shares(self, outcome: str, value: object, by: Sequence[str] = ()) -> pd.DataFrame:
        """Share of each group whose `outcome` is `value`, from the counts told: `by`, n, count, share and suppressed.

        Both tables must have been asked for: that of the groups, and that of the groups by outcome.

        Raises
        ------
        ParameterError : a table that was not asked for, or a value that the outcome does not have.
        """
        groups, cells = self._table(by), self._table([*by, outcome])
        chosen = cells[cells[outcome] == value].reset_index(drop=True)
        if chosen.empty:
            known = ", ".join(map(str, cells[outcome].unique()))
            raise ParameterError(f"Column {outcome!r} is never {value!r}; it is one of {known}.")
        left = groups.rename(columns={"count": "n"})[[*by, "n"]]
        right = chosen[[*by, "count"]]
        result = left.merge(right, on=list(by), how="left") if by else left.join(right)
        allowed = [
            pd.notna(n) and pd.notna(count) and share_allowed(count, n, self.min_cell)
            for n, count in zip(result["n"], result["count"], strict=True)
        ]
        parts = result[["n", "count"]].to_numpy(np.float64, na_value=np.nan)
        result["share"] = np.divide(parts[:, 1], parts[:, 0], out=np.full(len(parts), np.nan), where=parts[:, 0] > 0)
        return withheld(result, allowed, ["share"])

    def _table(self, columns: Sequence[str]) -> pd.DataFrame:
        for asked, table in self.tables.items():
            if set(asked) == set(columns):
                return table
        raise ParameterError(f"No table by {', '.join(columns) or 'nothing'} was asked for; add it to the tables.")


def with_margins(*columns: str) -> list[Columns]:
    """A table by these columns, its margins and its total: by each choice of some of them, the finest first."""
    return [choice for size in range(len(columns), -1, -1) for choice in combinations(columns, size)]


def suppressed(
    counts: pd.DataFrame,
    tables: Sequence[Sequence[str]],
    *,
    min_cell: int,
    attributes: Sequence[str] = (),
    count: str | None = None,
    holder: str | None = None,
) -> Suppressed:
    """Tables of the same units, told together, without counts below `min_cell` and what would give them away.

    All that is told of the same units belongs in one call: what two calls tell may be subtracted.
    Not told at first are counts from 1 to min_cell - 1. Zero is told, unless it says of a group that all in it, or all but
    fewer than min_cell, are of one kind of `attributes`. Further counts are left out until each of these may still, for all
    that is told, be any of more than min_cell numbers. The same holds for combinations of the columns that are in no table.
    The result does not depend on the order of rows or tables.

    Parameters
    ----------
    counts : a row is a unit, or some units of a kind; categories that are declared count, also where no row has them, as do
        false and true.
    tables : columns of each; `with_margins` names a table's margins and total, () is the total alone.
    attributes : columns that say of a person what others must not learn, such as an outcome.
    count : column of how many units a row stands for; by default one.
    holder : column of whose each row is, where several may be of one: counts of fewer than `min_cell` holders are as those of
        fewer units.

    Raises
    ------
    ParameterError : columns that are absent or have holes, counts that are not whole, an attribute of one category, or too
        many combinations.
    """
    require_whole(2, min_cell=min_cell)
    require_list(tables=tables, attributes=attributes)
    weights = amounts(counts, count) if count else np.ones(len(counts))
    complete_columns(counts, [holder] if holder else [])
    if not np.array_equal(weights, np.floor(weights)):
        raise ParameterError(f"Column {count!r} holds numbers that are not whole; give counts of units.")
    unused = sorted(set(attributes) - {*chain.from_iterable(tables)})
    if unused:
        raise ParameterError(f"Attribute {unused[0]!r} is in no table; leave it out.")
    cubes = _cubes(counts, tables, weights)
    for column, level in {
        c: level for cube in cubes for c, level in zip(cube.columns, cube.levels, strict=True)
    }.items():
        if column in attributes and len(level) == 1:
            raise ParameterError(
                f"Attribute {column!r} is always {printed_label(level[0])}; declare what else it may be as categories."
            )
    parts = []
    for cube in cubes:
        for choice in with_margins(*cube.columns):
            values = cube.values(choice)
            fewest = np.minimum(values, cube.holders(choice, counts[holder])) if holder else values
            small = np.where((values > 0) & (fewest < min_cell), float(min_cell), 0.0)
            others = _others(cube, choice, attributes, min_cell)
            parts += [_Part(cube, choice, cube.members(choice), small)]
            parts += [_Part(cube, None, others, np.full(others.shape[0], float(min_cell)))]
    return _published(cubes, tables, parts, min_cell, whole=True)


def suppressed_sums(
    records: pd.DataFrame, tables: Sequence[Sequence[str]], amount: str, *, min_cell: int, holder: str | None = None
) -> Suppressed:
    """Tables of sums of amounts, told together, without those that would tell what one holder has.

    Not told at first are sums that `sum_allowed` refuses; further ones are left out until each of these may still, for all
    that is told, lie in a range as wide as the p% rule asks (`protection_of_sum`).

    Parameters
    ----------
    records : a row is an amount; `holder` names whose it is, by default each row has its own.
    tables : as of `suppressed`.
    amount : column of finite amounts of zero or more.

    Raises
    ------
    ParameterError : columns that are absent or have holes, amounts below zero, or too many combinations.
    """
    require_whole(2, min_cell=min_cell)
    require_list(tables=tables)
    held = amounts(records, amount)
    whose = complete_columns(records, [holder])[holder].to_numpy() if holder else np.arange(len(records))
    cubes = _cubes(records, tables, held)
    parts = []
    for cube in cubes:
        for choice in with_margins(*cube.columns):
            cells = cube.members(choice)
            cell_of_row = cube.cell_of_atom(choice)[cube.atom_of_row]
            need = np.zeros(cells.shape[0])
            for cell in np.unique(cell_of_row):
                need[cell] = protection_of_sum(held[cell_of_row == cell], min_cell, whose[cell_of_row == cell])
            parts.append(_Part(cube, choice, cells, need))
    return _published(cubes, tables, parts, min_cell, whole=False)


# --- Cells ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Cube:
    """Amounts by every combination of the categories of some columns, in an order that the input's does not change."""

    columns: Columns
    levels: list[pd.Index]
    shown: list[pd.Index]
    """Levels in the order in which tables show them: as declared, else as in `levels`."""
    atom_of_row: IntArray
    atoms: FloatArray

    def axes(self, choice: Columns) -> list[int]:
        return [self.columns.index(column) for column in choice]

    def shape(self, choice: Columns) -> tuple[int, ...]:
        return tuple(len(self.levels[axis]) for axis in self.axes(choice))

    def cell_of_atom(self, choice: Columns) -> IntArray:
        """(n,) number of the cell of a table by some of the columns that each atom belongs to."""
        if not choice:
            return np.zeros(self.atoms.size, np.int64)
        places = np.indices(self.shape(self.columns)).reshape(len(self.columns), -1)
        return np.asarray(np.ravel_multi_index(tuple(places[self.axes(choice)]), self.shape(choice)), np.int64)

    def members(self, choice: Columns) -> Any:
        """(m, n) sparse matrix of 0 and 1: the atoms of each cell of a table."""
        from scipy.sparse import csr_array

        n = self.atoms.size
        cells = int(np.prod(self.shape(choice), dtype=np.int64))
        return csr_array((np.ones(n), (self.cell_of_atom(choice), np.arange(n))), shape=(cells, n))

    def values(self, choice: Columns) -> FloatArray:
        """(m,) amount of each cell of a table."""
        return np.asarray(self.members(choice) @ self.atoms, np.float64)

    def holders(self, choice: Columns, whose: pd.Series[Any]) -> IntArray:
        """(m,) how many different holders of rows each cell of a table has."""
        cell = self.cell_of_atom(choice)[self.atom_of_row]
        pairs = pd.DataFrame({"cell": cell, "whose": whose.to_numpy()}).drop_duplicates()
        return np.bincount(pairs["cell"], minlength=self.members(choice).shape[0])

    def frame(self, table: Columns, of_cells: dict[str, Any]) -> pd.DataFrame:
        """A table with its columns in the order asked for, and what is known of its cells (in the order of `members`)."""
        choice = _sorted(table)
        shown = [self.shown[axis] for axis in self.axes(table)]
        frame = pd.DataFrame(index=range(int(np.prod(self.shape(table), dtype=np.int64))))
        for column, values in zip(table, np.meshgrid(*map(np.arange, self.shape(table)), indexing="ij"), strict=True):
            frame[column] = shown[table.index(column)].take(values.ravel())
        places = [self.levels[axis].get_indexer(self.shown[axis]) for axis in self.axes(choice)]
        for name, values in of_cells.items():
            grid = np.asarray(np.asarray(values).reshape(self.shape(choice))[np.ix_(*places)])
            frame[name] = grid.transpose([choice.index(column) for column in table]).ravel()
        return frame


def _sorted(table: Iterable[str]) -> Columns:
    return tuple(sorted(table))


def _cubes(frame: pd.DataFrame, tables: Sequence[Sequence[str]], weights: FloatArray) -> list[_Cube]:
    """The cells of a few larger tables that hold those asked for and are decomposable.

    Any such tables with the same margins in common belong to some units, so that nothing is lost by leaving out all finer
    combinations; the bounds on these are no narrower than those on the margins (Dobra and Fienberg 2000).
    """
    return [_cube(frame, clique, weights) for clique in _cliques(tables)]


def _cliques(tables: Sequence[Sequence[str]]) -> list[Columns]:
    """Choices of columns that hold each table and are the cliques of a chordal graph, so decomposable.

    Columns of a table are joined. The column whose neighbours lack fewest joins among them is taken away in turn, with
    its neighbours as a clique that is then joined up.
    """
    joined: dict[str, set[str]] = {column: set() for column in chain.from_iterable(tables)}
    for table in tables:
        for column in table:
            joined[column] |= {*table} - {column}
    cliques: list[set[str]] = []
    while joined:
        lacking = {c: sum(b not in joined[a] for a, b in combinations(around, 2)) for c, around in joined.items()}
        column = min(joined, key=lambda c: (lacking[c], c))
        around = joined.pop(column)
        for other in around:
            joined[other] = (joined[other] | around) - {column, other}
        if not any({column, *around} <= clique for clique in cliques):
            cliques.append({column, *around})
    return sorted(map(_sorted, cliques)) or [()]


def _cube(frame: pd.DataFrame, columns: Columns, weights: FloatArray) -> _Cube:
    used = complete_columns(frame, columns)
    levels, shown, atom_of_row = [], [], np.zeros(len(used), np.int64)
    for column in columns:
        declared = isinstance(used[column].dtype, pd.CategoricalDtype)
        if declared:
            found = pd.Index(used[column].cat.categories)
        elif pd.api.types.is_bool_dtype(used[column]):
            found = pd.Index([False, True])
        else:
            found = pd.Index(used[column].unique())
        natural = found if pd.api.types.is_numeric_dtype(found) else found.astype(str)
        levels.append(found[np.argsort(natural, kind="stable")])
        shown.append(found if declared else levels[-1])
        atom_of_row = atom_of_row * len(found) + levels[-1].get_indexer(pd.Index(used[column]))
    size = int(np.prod([float(len(level)) for level in levels]))
    if size > MOST_COMBINATIONS:
        raise ParameterError(f"{', '.join(columns)} have {size:,} combinations; tell tables of fewer columns together.")
    atoms = np.bincount(atom_of_row, weights=weights, minlength=size).astype(np.float64)
    return _Cube(columns, levels, shown, atom_of_row, atoms)


def _others(cube: _Cube, choice: Columns, attributes: Sequence[str], min_cell: int) -> Any:
    """(k, n) of each cell that is not empty, the others of its group where they are fewer than `min_cell`."""
    from scipy.sparse import csr_array

    group = tuple(column for column in choice if column not in attributes)
    if group == choice:
        return csr_array((0, cube.atoms.size))
    cells = cube.members(choice)
    group_of_cell = np.zeros(cells.shape[0], np.int64)
    group_of_cell[cube.cell_of_atom(choice)] = cube.cell_of_atom(group)
    others = cube.members(group)[group_of_cell] - cells
    others.eliminate_zeros()
    return csr_array(others[(cells @ cube.atoms > 0) & (others @ cube.atoms < min_cell)])


@dataclass(frozen=True)
class _Part:
    """Sums over cells of a cube: those of a table by `choice`, or sums that are in no table."""

    cube: _Cube
    choice: Columns | None
    members: Any
    need: FloatArray


def _published(
    cubes: list[_Cube], tables: Sequence[Sequence[str]], parts: list[_Part], min_cell: int, *, whole: bool
) -> Suppressed:
    """The tables without what is hidden.

    Margins are dearer to hide than what they are margins of.
    A margin of several cubes is in each, and what is hidden of it is hidden in all.
    """
    from scipy.sparse import vstack

    asked = {_sorted(table) for table in tables}
    first = {choice: next(cube for cube in cubes if set(choice) <= set(cube.columns)) for choice in asked}
    rows, tellable, needs, costs = [], [], [], []
    for part in parts:
        told = np.full(len(part.need), part.choice in asked and first[part.choice] is part.cube)
        kept = told | (part.need > 0)
        coarser = 1 + len(part.cube.columns) - len(part.choice or ())
        rows.append(_in_all(part.members[kept], part.cube, cubes))
        tellable.append(told[kept])
        needs.append(part.need[kept])
        costs.append(np.full(int(kept.sum()), float(coarser)))
    members, told, need = vstack(rows).tocsr(), np.concatenate(tellable), np.concatenate(needs)
    atoms = np.concatenate([cube.atoms for cube in cubes])
    unit = 1.0 if whole else float(need.max(initial=0.0)) or 1.0
    values = members @ atoms / unit
    cost = np.concatenate(costs) * (1 + values)
    hidden = hidden_totals(Totals(members, _links(cubes), atoms / unit, told, need / unit, cost, whole))[told]
    told_in_order = [p for p in parts if p.choice in asked and first[p.choice] is p.cube]
    pieces = np.split(hidden, np.cumsum([len(part.need) for part in told_in_order])[:-1])
    of_choice = {part.choice: piece for part, piece in zip(told_in_order, pieces, strict=True)}
    frames, name = {}, "count" if whole else "total"
    for table in map(tuple, tables):
        choice = _sorted(table)
        values = first[choice].values(choice)
        of_cells = {name: values.astype(np.int64) if whole else values, "suppressed": of_choice[choice]}
        frame = first[choice].frame(table, of_cells)
        frames[table] = withheld(frame, ~frame["suppressed"], [name])
    return Suppressed(frames, min_cell)


def _in_all(members: Any, cube: _Cube, cubes: list[_Cube]) -> Any:
    """Sums over the cells of one cube as sums over the cells of all, one cube after the other."""
    from scipy.sparse import csr_array, hstack

    n = members.shape[0]
    return hstack([members if other is cube else csr_array((n, other.atoms.size)) for other in cubes]).tocsr()


def _links(cubes: list[_Cube]) -> Any:
    """The differences between margins that cubes have in common, which are 0: along a tree, which implies all others."""
    from scipy.sparse import csr_array, vstack

    links = [csr_array((0, sum(cube.atoms.size for cube in cubes)))]
    near, far = cubes[:1], cubes[1:]
    while far:
        pairs = [(one, other) for one in near for other in far]
        one, other = max(pairs, key=lambda pair: len(_common(*pair)))
        common = _common(one, other)
        links.append(_in_all(one.members(common), one, cubes) - _in_all(other.members(common), other, cubes))
        near, far = [*near, other], [cube for cube in far if cube is not other]
    return vstack(links).tocsr()


def _common(one: _Cube, other: _Cube) -> Columns:
    return tuple(column for column in one.columns if column in other.columns)
