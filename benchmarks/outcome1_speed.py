"""Time of Outcome 1's designs beside their plain forms, and how it grows with rows, as a section of docs/PERFORMANCE.md.

    OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.outcome1_speed

The plain forms stand here: all cases of a table are shuffled, every cell
of every draw is counted and correlated, tables without a reporter are counted anew, each sample is fitted with its month
effects. What both compute is compared first. Growth is that of the registered test with reporters copied under other names.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.beside import Comparison, apart, comparisons, growth, in_turn, section
from crimjust_research.data import catalog
from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Table, Tables, drawn_exactly, random_tables
from crimjust_research.designs.composition.residual_sharing import (
    cells_of,
    correlations,
    quasi_independence,
    residuals,
    sharing,
    sharing_without,
)
from crimjust_research.designs.series.checks import deterministic_terms
from crimjust_research.designs.series.simulation import simulate_var
from crimjust_research.designs.series.vector_autoregression import lagged_design, lags_alone, noisy_least_squares
from crimjust_research.errors import ParameterError
from crimjust_research.parameters_cell import registered_defaults
from crimjust_research.questions.routes import QUESTION, cases
from crimjust_research.questions.routes.params import Params
from crimjust_research.questions.routes.sharing import registered, tabled

DRAWS, FEWER = 999, 199
GROWTH = (1, 4, 16)
MONTHS, SAMPLES, LAGS = 75, 2_000, 3


# --- Plain forms ------------------------------------------------------------------------------------------------


def shuffled_whole(table: Table, draws: int, rng: np.random.Generator) -> IntArray:
    """Draws (R, C, draws): the destinations of all cases shuffled, those that meet the diagonal thrown away.

    So that some are left, the place with most conflicts gets destinations that are not itself first.
    """
    leaving, arriving = table.leaving, table.arriving
    own = table.departure[:, None] == table.destination
    product = (own * leaving[:, None] * arriving).max(axis=1)
    order = np.argsort(-product, kind="stable")
    rows = np.repeat(order, leaving[order])
    first = int(leaving[order[0]]) if product.max() else 0
    column = int(own[order[0]].argmax()) if product.max() else -1
    columns = np.repeat(np.arange(len(arriving)), arriving)
    columns = np.concatenate([columns[columns != column], columns[columns == column]])
    elsewhere = int((columns != column).sum())
    banned = np.where(own.any(axis=1), own.argmax(axis=1), -1)[rows]
    found: list[IntArray] = []
    while sum(len(one) for one in found) < draws:
        given = np.tile(columns, (200, 1))
        given[:, :elsewhere] = rng.permuted(given[:, :elsewhere], axis=1)
        given[:, first:] = rng.permuted(given[:, first:], axis=1)
        given = given[~(given == banned).any(axis=1)]
        flat = rows * len(arriving) + given + np.arange(len(given))[:, None] * table.counts.size
        counts = np.bincount(flat.ravel(), minlength=len(given) * table.counts.size)
        found.append(counts.reshape(-1, *table.counts.shape))
    return np.moveaxis(np.concatenate(found)[:draws], 0, -1)


def sharing_in_full(tables: Tables, drawn: Sequence[IntArray], only: set[int] | None = None) -> FloatArray:
    """`sharing` with every cell counted and correlated in every draw."""
    cells = cells_of(*tables.margins(), only=only)
    counts = np.zeros((len(cells), max(one.shape[-1] for one in drawn)))
    for table, one in zip(tables.each, drawn, strict=True):
        number = cells.place[table.group][np.ix_(table.departure, table.destination)]
        counts[number[number >= 0]] += one[number >= 0]
    means = cells.means(*quasi_independence(*tables.margins()))
    return correlations(residuals(counts, means[:, None]), cells)


def without_one_by_one(tables: Tables, drawn: Sequence[IntArray], strata: Sequence[int]) -> Iterator[FloatArray]:
    """The draws of `sharing_without`, every stratum's from the tables that are left."""
    row = {tuple(pair): number for number, pair in enumerate(cells_of(*tables.margins()).pairs)}
    every = sharing_in_full(tables, drawn)
    for stratum in strata:
        without, its = tables.without(stratum), {table.group for table in tables.only(stratum).each}
        left = [one for table, one in zip(tables.each, drawn, strict=True) if table.stratum != stratum]
        found = every.copy()
        found[[bool(its & {*pair}) for pair in row]] = np.nan
        try:
            pairs = cells_of(*without.margins(), only=its).pairs
        except ParameterError:  # none of its groups has three routes in common with another any more
            pairs = np.zeros((0, 2), np.int64)
        if len(pairs):
            found[[row[tuple(pair)] for pair in pairs]] = sharing_in_full(without, left, its)
        yield found


# --- Beside each other --------------------------------------------------------------------------------------------


def same_law(tables: Tables) -> str:
    """How far means of cells in draws of either form lie apart, in their standard errors: 1 if both draw from one law."""
    z = []
    for table in tables.each:
        if table.free:
            draws = [
                how(table, DRAWS, np.random.default_rng(seed))
                for seed, how in enumerate((drawn_exactly, shuffled_whole))
            ]
            error = np.sqrt(sum(one.var(axis=-1) for one in draws) / DRAWS)
            difference = draws[0].mean(axis=-1) - draws[1].mean(axis=-1)
            z.append((difference[error > 0] / error[error > 0]).ravel())
    return f"means of cells apart by {np.sqrt(np.mean(np.concatenate(z) ** 2)):.2f} standard errors, root mean square"


def routes(between: pd.DataFrame, drugs: list[str]) -> Iterator[Comparison]:
    """The registered test's parts on its own tables."""
    tables = tabled(between, drugs)
    free = [table for table in tables.each if table.free]
    strata = sorted({table.stratum for table in tables.each})
    drawn = random_tables(tables, DRAWS, seed=1)
    few = [one[..., :FEWER] for one in drawn]
    here, there = in_turn(
        lambda: [drawn_exactly(table, DRAWS, np.random.default_rng(1)) for table in free],
        lambda: [shuffled_whole(table, DRAWS, np.random.default_rng(1)) for table in free],
        1,
    )
    yield Comparison(
        f"random tables with margins held, {DRAWS} draws",
        here,
        "all cases shuffled",
        there,
        same_law(tables),
        "the two largest tables",
    )
    here, there = in_turn(lambda: sharing(tables, drawn), lambda: sharing_in_full(tables, drawn))
    same = apart(sharing(tables, drawn), sharing_in_full(tables, drawn))
    task = f"correlations of residuals by route, {DRAWS} draws"
    yield Comparison(task, here, "every cell, every draw", there, same, "products over routes")
    ours = np.array([draws for _, draws in sharing_without(tables, few, strata)])
    same = apart(ours, np.array(list(without_one_by_one(tables, few, strata))))
    here, there = in_turn(
        lambda: list(sharing_without(tables, few, strata)), lambda: list(without_one_by_one(tables, few, strata))
    )
    task = f"the same without each of {len(strata)} reporters, {FEWER} draws"
    yield Comparison(task, here, "tables counted anew", there, same, "products over routes")


def markets() -> Comparison:
    """Fits of a stack of simulated samples with month effects."""
    terms = deterministic_terms(pd.period_range("2018-10", periods=MONTHS, freq="M"), seasonal=True).to_numpy()
    samples = simulate_var(MONTHS, np.array([[[0.8, 0.0], [0.1, 0.9]]]), n_sim=SAMPLES, seed=1)
    ours, plain = lags_alone(samples, LAGS, terms), noisy_least_squares(*lagged_design(samples, LAGS, terms))
    here, there = in_turn(
        lambda: lags_alone(samples, LAGS, terms), lambda: noisy_least_squares(*lagged_design(samples, LAGS, terms))
    )
    same = apart(ours.coefficients, plain.coefficients[:, : 2 * LAGS])
    task = f"autoregressions with month effects, {SAMPLES:,} samples"
    return Comparison(task, here, "a fit with its month effects", there, same, "cross-products")


def main() -> None:
    """Print the section."""
    p = Params(**registered_defaults(QUESTION.notebook) | {"draws": DRAWS})
    panel = catalog.processed().open("routes_year")
    between = cases.between_two(cases.known_cases(panel[panel["year"].between(p.start, p.end)]))
    drugs = cases.compared_drugs(between, p.min_cases)

    def copied(times: int) -> pd.DataFrame:
        return pd.concat([between.assign(seizing=between["seizing"] + f"{copy:02}") for copy in range(times)])

    grown = {f"{len(rows):,}": partial(registered, rows, drugs, p) for rows in map(copied, GROWTH)}
    print(
        section(
            "Designs of Outcome 1",
            "Beside their plain forms; routes on the registered tables, markets on SIMULATED series.",
            comparisons([markets(), *routes(between, drugs)]),
            f"The registered test of routes with {DRAWS} draws, as rows grow:",
            growth("rows", grown),
        )
    )


if __name__ == "__main__":
    main()
