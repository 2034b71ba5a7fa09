"""Small counts under attack: whoever reads all that is told and solves programmes over it learns none of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from crimjust_research.designs.disclosure.rules import sum_allowed
from crimjust_research.designs.disclosure.tables import suppressed, suppressed_sums, with_margins
from crimjust_research.errors import ParameterError

MIN_CELL = 5


def cases(rng: np.random.Generator, n: int, **levels: int) -> pd.DataFrame:
    """SIMULATED units whose classes are as uneven as countries and outcomes are."""
    frame = {}
    for column, k in levels.items():
        weight = 1 / np.arange(1, k + 1) ** rng.uniform(0.5, 2)
        names = [f"{column} {i:02d}" for i in range(k)]
        frame[column] = pd.Categorical(rng.choice(names, n, p=weight / weight.sum()), names)
    return pd.DataFrame(frame)


# --- The attacker -----------------------------------------------------------------------------------------------


class Attacker:
    """Knows every number told and the rule, and that there are whole numbers of units of every combination, some of them none.

    A count that is not told but is not zero is at least 1: the attacker is told so, though the rule alone does not say it.
    """

    def __init__(self, units: pd.DataFrame) -> None:
        self.columns = list(units.columns)
        self.atoms = pd.MultiIndex.from_product([units[c].cat.categories for c in self.columns]).to_frame(index=False)
        self.atoms.columns = pd.Index(self.columns)
        self.rows: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def where(self, cell: pd.Series) -> np.ndarray:
        """Which combinations make up a cell."""
        here = np.ones(len(self.atoms), bool)
        for column in set(self.columns) & set(cell.index):
            here &= (self.atoms[column] == cell[column]).to_numpy()
        return here.astype(float)

    def reads(self, table: pd.DataFrame, true: pd.DataFrame) -> None:
        for (_, cell), count in zip(table.iterrows(), true["count"], strict=True):
            hidden = bool(cell["suppressed"])
            self.rows.append(self.where(cell))
            self.low.append(float(count > 0) if hidden else float(cell["count"]))
            self.high.append(np.inf if hidden else float(cell["count"]))

    def range_of(self, target: np.ndarray) -> tuple[float, float]:
        """The least and the greatest number of units the combinations can hold together; up to 1000."""
        ends = []
        for sign in (1.0, -1.0):
            solution = milp(
                sign * target,
                integrality=np.ones(target.size),
                bounds=Bounds(0, 1000),
                constraints=LinearConstraint(csr_array(np.array(self.rows)), self.low, self.high),
            )
            ends.append(sign * solution.fun)
        return ends[0], ends[1]


def true_tables(units: pd.DataFrame, tables: Sequence[Sequence[str]]) -> list[pd.DataFrame]:
    return [
        units.groupby(list(table), observed=False).size().reset_index(name="count")
        if table
        else pd.DataFrame({"count": [len(units)]})
        for table in tables
    ]


def narrowed(units: pd.DataFrame, tables: Sequence[Sequence[str]], told: Sequence[pd.DataFrame]) -> list[bool]:
    """Of each small count, in a table or not, whether the attacker narrows it to fewer than MIN_CELL values."""
    attacker = Attacker(units)
    for table, true in zip(told, true_tables(units, tables), strict=True):
        attacker.reads(table, true)
    found = []
    for true in true_tables(units, with_margins(*units.columns)):
        for _, cell in true[(true["count"] > 0) & (true["count"] < MIN_CELL)].iterrows():
            low, high = attacker.range_of(attacker.where(cell))
            assert low <= cell["count"] <= high
            found.append(high - low < MIN_CELL)
    return found


def primary_only(units: pd.DataFrame, tables: Sequence[Sequence[str]]) -> list[pd.DataFrame]:
    return [t.assign(suppressed=(t["count"] > 0) & (t["count"] < MIN_CELL)) for t in true_tables(units, tables)]


SHAPES = {
    "country by outcome": ({"country": 6, "outcome": 4}, with_margins("country", "outcome")),
    "without margins": ({"country": 6, "outcome": 4}, [("country", "outcome")]),
    "by sex and by agency": (
        {"sex": 2, "agency": 4, "outcome": 3},
        [("sex", "outcome"), ("agency", "outcome"), ("sex",), ("agency",), ("outcome",), ()],
    ),
    "overlapping totals": ({"sex": 2, "agency": 6}, [("sex",), ("agency",), ("sex", "agency"), ()]),
    "all pairs of three": (
        {"sex": 2, "agency": 3, "phase": 3},
        [("sex", "agency"), ("agency", "phase"), ("phase", "sex")],
    ),
    "two outcomes": (
        {"agency": 3, "side": 2, "asked": 2, "granted": 3},
        [("agency", "asked"), ("side", "asked"), ("agency", "granted"), ("side", "granted"), ("asked",), ("granted",)],
    ),
    "a list": ({"country": 9}, with_margins("country")),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_can_be_narrowed(shape: str, seed: int) -> None:
    levels, tables = SHAPES[shape]
    rng = np.random.default_rng(seed)
    units = cases(rng, int(rng.integers(15, 160)), **levels)
    attributes = {"outcome"} & set(levels)
    told = suppressed(units, tables, min_cell=MIN_CELL, attributes=sorted(attributes))
    assert not any(narrowed(units, tables, list(told.tables.values())))


def test_without_secondary_suppression_the_attack_succeeds_on_most() -> None:
    levels, tables = SHAPES["country by outcome"]
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        units = cases(rng, int(rng.integers(15, 160)), **levels)
        found += narrowed(units, tables, primary_only(units, tables))
    assert np.mean(found) > 0.5


def test_a_table_as_large_as_those_of_a_programme_withstands_the_attack_on_every_tenth() -> None:
    units = cases(np.random.default_rng(1), 900, country=33, outcome=6)
    tables = with_margins("country", "outcome")
    told = suppressed(units, tables, min_cell=MIN_CELL, attributes=["outcome"])
    attacker = Attacker(units)
    for table, true in zip(told.tables.values(), true_tables(units, tables), strict=True):
        attacker.reads(table, true)
    small = [cell for true in primary_only(units, tables) for _, cell in true[true["suppressed"]].iterrows()]
    assert len(small) > 60
    for cell in small[::10]:
        low, high = attacker.range_of(attacker.where(cell))
        assert high - low >= MIN_CELL


@pytest.mark.parametrize("seed", range(8))
def test_nobody_learns_that_all_of_a_group_had_one_outcome(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = cases(rng, int(rng.integers(15, 160)), country=6, outcome=3)
    tables = with_margins("country", "outcome")
    told = suppressed(units, tables, min_cell=MIN_CELL, attributes=["outcome"])
    attacker = Attacker(units)
    for table, true in zip(told.tables.values(), true_tables(units, tables), strict=True):
        attacker.reads(table, true)
    cells = true_tables(units, tables)[0]
    sizes = cells.groupby("country", observed=False)["count"].transform("sum")
    for _, cell in cells[(cells["count"] > 0) & (sizes - cells["count"] < MIN_CELL)].iterrows():
        group = attacker.where(cell.drop("outcome"))
        low, high = attacker.range_of(group - attacker.where(cell))
        assert high - low >= MIN_CELL


# --- What is told -----------------------------------------------------------------------------------------------


def counted(cells: dict[tuple[str, str], int]) -> pd.DataFrame:
    rows = [(country, outcome, n) for (country, outcome), n in cells.items()]
    return pd.DataFrame(rows, columns=["country", "outcome", "n"])


LARGE = counted(
    {("A", "yes"): 20, ("A", "no"): 30, ("B", "yes"): 40, ("B", "no"): 10, ("B", "other"): 25, ("A", "other"): 0}
)


def test_large_counts_and_zeros_are_told() -> None:
    told = suppressed(LARGE, with_margins("country", "outcome"), min_cell=5, attributes=["outcome"], count="n")
    cells = told.tables["country", "outcome"].set_index(["country", "outcome"])
    assert cells["count"].to_dict() == LARGE.set_index(["country", "outcome"])["n"].to_dict()
    assert not cells["suppressed"].any()
    assert told.sentence == ""


def test_one_small_count_takes_others_with_it_and_is_missing_not_zero() -> None:
    small = LARGE.assign(n=[20, 30, 40, 3, 25, 15])
    told = suppressed(small, with_margins("country", "outcome"), min_cell=5, count="n")
    cells = told.tables["country", "outcome"].set_index(["country", "outcome"])
    assert cells["count"].dtype == "Int64"
    # The cheapest way round: the other country, and in both the smaller of the other outcomes.
    assert sorted(cells.index[cells["suppressed"]]) == [("A", "no"), ("A", "other"), ("B", "no"), ("B", "other")]
    assert cells["count"].isna().equals(cells["suppressed"])
    assert not any(told.tables[margin]["suppressed"].any() for margin in [("country",), ("outcome",), ()])
    assert told.sentence == ("4 of 12 cells are not told: they count fewer than 5, or would tell of others that do.")


def test_a_group_of_which_all_had_one_outcome_is_hidden_only_where_the_outcome_is_an_attribute() -> None:
    all_one = LARGE.assign(n=[20, 0, 40, 10, 25, 0])
    told = suppressed(all_one, with_margins("country", "outcome"), min_cell=5, count="n")
    assert told.sentence == ""
    hidden = suppressed(all_one, with_margins("country", "outcome"), min_cell=5, count="n", attributes=["outcome"])
    cells = hidden.tables["country", "outcome"].set_index(["country", "outcome"])
    assert cells.loc[("A", "yes"), "suppressed"]


def test_the_order_of_rows_and_tables_changes_nothing() -> None:
    units = cases(np.random.default_rng(3), 90, country=7, outcome=4).astype(str)
    tables = with_margins("country", "outcome")
    first = suppressed(units, tables, min_cell=5, attributes=["outcome"])
    turned = [tuple(reversed(table)) for table in reversed(tables)]
    again = suppressed(units.sample(frac=1, random_state=1), turned, min_cell=5, attributes=["outcome"])
    for table in tables:
        other = again.tables[tuple(reversed(table))]
        if table:
            other = other.sort_values(list(table)).reset_index(drop=True)[first.tables[table].columns]
        pd.testing.assert_frame_equal(first.tables[table], other)


def test_declared_categories_are_cells_and_keep_their_order() -> None:
    units = pd.DataFrame({"stage": pd.Categorical(["opened"] * 8, ["seized", "opened", "ended"])})
    table = suppressed(units, [("stage",)], min_cell=5).tables["stage",]
    assert list(table["stage"]) == ["seized", "opened", "ended"]
    assert list(table["count"]) == [0, 8, 0]


def test_what_is_true_of_all_is_told_of_nobody_and_what_there_is_none_of_is_nought() -> None:
    told = suppressed(pd.DataFrame({"opened": [True] * 12}), [("opened",), ()], min_cell=5, attributes=["opened"])
    assert told.tables["opened",]["opened"].tolist() == [False, True]
    assert told.tables["opened",]["suppressed"].all()
    assert told.tables[()]["count"].tolist() == [12]
    none = suppressed(pd.DataFrame({"opened": pd.Series([], dtype=bool)}), [("opened",), ()], min_cell=5)
    assert none.tables["opened",]["count"].tolist() == [0, 0]


def test_a_larger_threshold_hides_no_less() -> None:
    units = cases(np.random.default_rng(5), 300, country=6, outcome=4)
    tables = with_margins("country", "outcome")
    hidden = [
        sum(int(t["suppressed"].sum()) for t in suppressed(units, tables, min_cell=k).tables.values())
        for k in (2, 5, 10)
    ]
    assert hidden[0] < hidden[1] < hidden[2]


# --- Shares -----------------------------------------------------------------------------------------------------


def test_shares_are_of_counts_that_are_told() -> None:
    cells = {("A", "yes"): 20, ("A", "no"): 30, ("B", "yes"): 40, ("B", "no"): 10, ("C", "yes"): 30, ("C", "no"): 45}
    told = suppressed(counted(cells), with_margins("country", "outcome"), min_cell=5, attributes=["outcome"], count="n")
    shares = told.shares("outcome", "yes", by=["country"])
    assert list(shares.columns) == ["country", "n", "count", "share", "suppressed"]
    assert list(shares["share"]) == [0.4, 0.8, 0.4]
    assert told.shares("outcome", "yes")["share"].tolist() == [90 / 175]


@pytest.mark.parametrize("seed", range(10))
def test_a_share_tells_no_count_that_its_table_does_not(seed: int) -> None:
    units = cases(np.random.default_rng(seed), 80, country=5, outcome=2)
    told = suppressed(units, with_margins("country", "outcome"), min_cell=5, attributes=["outcome"])
    shares = told.shares("outcome", "outcome 00", by=["country"])
    true = pd.crosstab(units["country"], units["outcome"], dropna=False)
    for _, row in shares.iterrows():
        part, n = true.loc[row["country"], "outcome 00"], true.loc[row["country"]].sum()
        if row["suppressed"]:
            assert np.isnan(row["share"])
        else:
            assert row["share"] == pytest.approx(part / n)
            assert min(part, n - part) >= 5


def test_shares_ask_for_their_tables() -> None:
    told = suppressed(LARGE, [("country", "outcome")], min_cell=5, count="n")
    with pytest.raises(ParameterError, match="No table by country was asked for"):
        told.shares("outcome", "yes", by=["country"])
    with pytest.raises(ParameterError, match="is never 'maybe'; it is one of no, other, yes"):
        suppressed(LARGE, with_margins("country", "outcome"), min_cell=5, count="n").shares("outcome", "maybe")


# --- Sums -------------------------------------------------------------------------------------------------------


def amounts_of(rng: np.random.Generator, n: int) -> pd.DataFrame:
    units = cases(rng, n, country=5, kind=3)
    return units.assign(value=rng.lognormal(10, 2, n).round(2), case=rng.integers(0, n, n))


def test_a_large_count_of_few_holders_is_as_a_small_one() -> None:
    """Nine rows of one holder beside twenty of twenty, and ten of ten: its count takes another with it."""
    kind = ["a"] * 20 + ["b"] * 9 + ["c"] * 10
    whose = [*range(20), *[20] * 9, *range(21, 31)]
    frame = pd.DataFrame({"kind": kind, "whose": whose})
    tables: list[tuple[str, ...]] = [("kind",), ()]
    found = suppressed(frame, tables, min_cell=5, holder="whose").tables["kind",].set_index("kind")
    assert found["suppressed"].to_dict() == {"a": False, "b": True, "c": True}
    assert not suppressed(frame, tables, min_cell=5).tables["kind",]["suppressed"].any()


@pytest.mark.parametrize("seed", range(8))
def test_no_sum_tells_what_its_largest_holder_has(seed: int) -> None:
    records = amounts_of(np.random.default_rng(seed), 120)
    tables = with_margins("country", "kind")
    told = suppressed_sums(records, tables, "value", min_cell=MIN_CELL, holder="case")
    attacker = Attacker(records[["country", "kind"]])
    limits: list[tuple[float, float]] = []
    for table in told.tables.values():
        for _, cell in table.iterrows():
            attacker.rows.append(attacker.where(cell))
            limits.append((0, np.inf) if cell["suppressed"] else (cell["total"], cell["total"]))
    low, high = np.array(limits).T
    refused = 0
    for table in with_margins("country", "kind"):
        for _, cell in told.tables[table].iterrows():
            target = attacker.where(cell)
            inside = records
            for column in table:
                inside = inside[inside[column] == cell[column]]
            if sum_allowed(inside["value"], MIN_CELL, inside["case"]):
                continue
            refused += 1
            assert cell["suppressed"]
            constraints = LinearConstraint(csr_array(np.array(attacker.rows)), low - 1e-6, high + 1e-6)
            ends = [milp(s * target, bounds=Bounds(0, 1e12), constraints=constraints).fun * s for s in (1, -1)]
            held = inside.groupby("case")["value"].sum().sort_values()
            # The second largest takes its own away and must not have the largest to within a tenth.
            assert ends[1] - ends[0] > 0.99 * (0.1 * held.iloc[-1] - held.iloc[:-2].sum())
            assert ends[1] - ends[0] > 0
    assert refused


def test_sums_of_many_alike_are_told() -> None:
    records = pd.DataFrame({"country": ["A"] * 8 + ["B"] * 8, "value": [10.0] * 16})
    told = suppressed_sums(records, with_margins("country"), "value", min_cell=5)
    assert told.tables["country",]["total"].tolist() == [80.0, 80.0]
    assert told.tables[()]["total"].tolist() == [160.0]


# --- Refused ----------------------------------------------------------------------------------------------------


def test_what_cannot_be_tabulated_is_refused() -> None:
    with pytest.raises(ParameterError, match="not whole"):
        suppressed(LARGE.assign(n=2.5), [("country",)], min_cell=5, count="n")
    with pytest.raises(ParameterError, match="misses 1 of 6"):
        suppressed(LARGE.assign(country=["A", None, "A", "B", "B", "B"]), [("country",)], min_cell=5)
    with pytest.raises(ParameterError, match="min_cell is 1"):
        suppressed(LARGE, [("country",)], min_cell=1)
    with pytest.raises(ParameterError, match="'outcome' is in no table"):
        suppressed(LARGE, [("country",)], min_cell=5, attributes=["outcome"])
    with pytest.raises(ParameterError, match="'outcome' is always 'yes'; declare what else it may be as categories"):
        suppressed(LARGE.assign(outcome="yes"), [("outcome",)], min_cell=5, attributes=["outcome"])
    wide = pd.DataFrame({c: range(200) for c in "abc"})
    with pytest.raises(ParameterError, match="combinations; tell tables of fewer columns"):
        suppressed(wide, [("a", "b", "c")], min_cell=5)
