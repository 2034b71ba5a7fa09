"""Do drugs share routes beyond their own ends? The registered test, what it could find, and its specifications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.composition.random_tables import Tables, random_tables, tables_of, tables_of_pairs
from crimjust_research.designs.composition.refitted_sharing import margins_of, sharing_of_halves, sharing_refitted
from crimjust_research.designs.composition.residual_sharing import (
    Residual,
    batches,
    cells_of,
    counted,
    holding,
    mean_over_pairs,
    number_of_draws,
    observed,
    sharing,
    sharing_without,
)
from crimjust_research.designs.composition.sharing_room import extreme_tables
from crimjust_research.designs.resampling.drawn_null import DrawnNull
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.calibration import Simulated
from crimjust_research.evidence.diagnostics import Share
from crimjust_research.evidence.plan import Margin, Primary
from crimjust_research.questions.routes.cases import drugs_with, reporters_of_every_year
from crimjust_research.questions.routes.params import Params
from crimjust_research.vocabulary import countries, seized_drugs
from crimjust_research.vocabulary.seized_drugs import PRECURSORS

Within = Literal["reporter", "reporter and year", "all reporters"]

LEFT_OUT_LEVEL = 0.9  # of the intervals from which the rule of grades reads equivalence
NULLS_RESAMPLED = 3  # draws of the null whose mean each resample of reporters is set against
SPLITS = 1_000  # no more than draws of the registered test, as are the next
DRAWN_LEFT_OUT = 12
SIZE_DRAWS = 2_000
FEWEST_PRECURSORS = 10  # cases


@dataclass(frozen=True)
class Shared:
    """Correlations of residuals by pair of drugs in the tables as they are, (pairs, 1), and as drawn, (pairs, draws)."""

    tables: Tables
    found: FloatArray
    drawn: FloatArray

    @cached_property
    def null(self) -> DrawnNull:
        """Of the mean over pairs of drugs."""
        return DrawnNull(*mean_over_pairs(self.found, self.drawn))

    @property
    def reporters(self) -> int:
        return len({table.stratum for table in self.tables.each})

    def row(self, level: float) -> dict[str, Any]:
        """The distance of the mean correlation from its mean under the null as a row of estimates."""
        null = self.null
        low, high = null.interval(level)
        return {
            "estimate": null.estimate,
            "std_error": null.std_error,
            "ci_low": low,
            "ci_high": high,
            "ci_level": level,
            "p_value": null.p_value,
            "observed": null.observed,
            "null_mean": null.mean,
            "drugs": len({table.group for table in self.tables.each}),
            "n_obs": self.tables.cases,
            "n_units": self.reporters,
        }


def tabled(between: pd.DataFrame, drugs: Sequence[str], within: Within = "reporter", drug: str = "family") -> Tables:
    """Cases of the drugs as tables of departures by destinations, of each drug within reporter, reporter and year, or all."""
    rows = between[between[drug].isin(drugs)]
    strata: dict[Within, Any] = {
        "reporter": rows["seizing"],
        "reporter and year": rows["seizing"] + " " + rows["year"].astype("str"),
        "all reporters": "all",
    }
    return tables_of(
        pd.DataFrame(
            {
                "stratum": strata[within],
                "group": rows[drug],
                "departure": rows["departure"],
                "destination": rows["destination"],
                "cases": rows["cases"],
            }
        )
    )


def compared(tables: Tables, draws: int, seed: int, **how: Any) -> Shared:
    """The tables against as many draws of themselves with margins held; `how` as `sharing` takes it."""
    drawn = random_tables(tables, draws, seed)
    return Shared(tables, sharing(tables, observed(tables), **how), sharing(tables, drawn, **how))


@dataclass(frozen=True)
class Registered(Shared):
    """The registered test, with the draws themselves: each reporter can be taken out of them."""

    tables_drawn: tuple[IntArray, ...]


def registered(between: pd.DataFrame, drugs: Sequence[str], p: Params) -> Registered:
    """The registered test: every reporter's and drug's margins held."""
    tables = tabled(between, drugs)
    drawn = random_tables(tables, p.draws, p.seed)
    return Registered(tables, sharing(tables, observed(tables)), sharing(tables, drawn), drawn)


def what_margins_fix(test: Registered) -> dict[str, float]:
    """How much can change in a draw: of cases those in tables that are not fixed, of drugs' shared routes those that vary."""
    cells = cells_of(*test.tables.margins())
    some = counted(test.tables, [one[..., : min(200, one.shape[-1])] for one in test.tables_drawn], cells)
    return {
        "cases": test.tables.cases,
        "free_share": sum(table.cases for table in test.tables.each if table.free) / test.tables.cases,
        "routes": len(cells),
        "moving_share": float((np.ptp(some, axis=1) > 0).mean()),
    }


def pairs(test: Registered) -> pd.DataFrame:
    """Every pair of drugs, a row each: name, first, second, routes both can use, cases, and the numbers of an estimate."""
    cells = cells_of(*test.tables.margins())
    routes = np.diff([*cells.start, cells.left.size])
    cases = np.zeros(len(test.tables.groups), dtype=np.int64)
    for table in test.tables.each:
        cases[table.group] += table.cases
    rows = []
    for (first, second), common, found, drawn in zip(cells.pairs, routes, test.found, test.drawn, strict=True):
        if np.isnan(found[0]):
            continue
        null = DrawnNull(float(found[0]), np.nan_to_num(drawn))
        names = test.tables.groups[first], test.tables.groups[second]
        rows.append(
            {
                "name": ".".join(_slug(name) for name in names),
                "first": names[0],
                "second": names[1],
                "routes": common,
                "observed": null.observed,
                "null_mean": null.mean,
                "estimate": null.estimate,
                "p_value": null.p_value,
                "n_obs": cases[first] + cases[second],
                "n_units": test.reporters,
            }
        )
    return pd.DataFrame(rows)


# --- What the test could find -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Room:
    """The least and the most that the mean correlation, less its mean under the null, can be with the margins held."""

    least: float
    most: float

    def holds(self, size: float) -> bool:
        """Whether sharing of that size can be."""
        return size <= self.most


def room(test: Registered) -> Room:
    """The room that the registered statistic has, its margins held."""
    least, most = (extreme_tables(test.tables, sign)[0] - test.null.mean for sign in (-1, 1))
    return Room(least, most)


def room_rows(room: Room, test: Registered, level: float) -> pd.DataFrame:
    """The ends of the room and the power against the most, a row each: name, words, estimate and its unit."""
    words = "that any arrangement of the cases with the margins held has, less its mean under the null"
    rows = [
        ("least", f"Least sharing {words}", room.least, "correlation"),
        ("most", f"Most sharing {words}", room.most, "correlation"),
        (
            "power",
            f"Power at level {level:.4g} against that most",
            power_at(test, room.most, level).value,
            "probability",
        ),
    ]
    table = pd.DataFrame(rows, columns=["name", "words", "estimate", "scale"])
    return table.assign(n_obs=test.tables.cases, n_units=test.reporters)


def power_at(test: Registered, size: float, level: float) -> Share:
    """Power of the registered test at that level, SIMULATED: draws of the null that share so much more."""
    return Share.of(test.null.p_values(test.null.drawn + size) <= level)


def power(test: Registered, room: Room, margin: Margin, level: float) -> dict[str, Share]:
    """Power against each size of the margin; unknown (NaN) where no arrangement with the margins held has that size."""
    return {
        name: power_at(test, size, level) if room.holds(size) else Share(math.nan)
        for name, size in margin.sizes.items()
    }


def without_sharing(test: Registered, p: Params) -> dict[str, Simulated]:
    """p of the registered test in tables drawn as the null has them, and in tables whose cases come in pairs."""
    samples = {
        "random_tables": random_tables(test.tables, min(SIZE_DRAWS, p.draws), p.seed + 1),
        "cases_in_pairs": tables_of_pairs(test.tables, min(SIZE_DRAWS, p.draws), p.seed + 2),
    }
    return {
        name: Simulated(
            test.null.p_values(mean_over_pairs(test.found, sharing(test.tables, drawn))[1]), test.null.least_p
        )
        for name, drawn in samples.items()
    }


def halves_of_one_drug(test: Registered, p: Params, alpha: float) -> dict[str, Any]:
    """Positive control: the cases of the commonest drug halved at random, a thousand times, and compared as two drugs are.

    Under the null the drug's tables are drawn with its margins held, each halved once. Each halving of the cases as they are
    has a p of its own; told are the mean correlation, the median p, and the power: the share of halvings that are told from
    chance. So nothing hangs on one halving. The control passes with that power, and with less it informs.
    """
    cases = np.zeros(len(test.tables.groups))
    for table in test.tables.each:
        cases[table.group] += table.cases
    drug = int(np.argmax(cases))
    whole = [number for number, table in enumerate(test.tables.each) if table.group == drug]
    one = Tables(
        test.tables.strata, ("all",), test.tables.places, tuple(test.tables.each[n].in_group(0) for n in whole)
    )
    twice = (np.repeat(ends, 2, axis=0) for ends in one.margins())
    every = cells_of(*twice, alone=True).of_group(0)
    cells = every.some(np.flatnonzero(holding(one, every)))
    rng = np.random.default_rng(p.seed + 3)
    drawn = [test.tables_drawn[number] for number in whole]
    parts = (counted(one, drawn, cells, *part) for part in batches(number_of_draws(drawn), every))
    null = np.concatenate([sharing_of_halves(part, cells, rng) for part in parts])
    as_they_are = counted(one, observed(one), cells)
    used = np.flatnonzero(as_they_are)
    found = sharing_of_halves(np.repeat(as_they_are[used], min(SPLITS, p.draws), axis=1), cells.some(used), rng)
    typical = DrawnNull(float(found.mean()), null)
    p_values = typical.p_values(found)
    power = Share.of((p_values < alpha) & (found > typical.mean))
    p_value = float(np.median(p_values))
    return {
        "drug": test.tables.groups[drug],
        "cases": one.cases,
        "splits": len(found),
        "halves": typical.observed,
        "expected": typical.mean,
        "p_value": p_value,
        "row": {
            "drug": test.tables.groups[drug],
            "estimate": typical.estimate,
            "std_error": typical.std_error,
            "p_value": p_value,
            "n_obs": one.cases,
            "n_units": len(whole),
        },
        "passed": True if power.value >= plan.given().thresholds.check_power else None,
        "power": power,
    }


# --- Specifications and units left out --------------------------------------------------------------------------


def specifications(
    test: Registered, routes: pd.DataFrame, between: pd.DataFrame, as_reported: pd.DataFrame, p: Params
) -> pd.DataFrame:
    """What the plan lists, a row each: key, words, altered and the numbers of an estimate.

    Parameters
    ----------
    between : cases between two countries by family of drugs; as_reported : the same by drug as reported.
    """
    drugs = test.tables.groups
    again = [one[..., : p.sensitivity_draws] for one in test.tables_drawn]

    def otherwise(**how: Any) -> Shared:
        return Shared(
            test.tables, sharing(test.tables, observed(test.tables), **how), sharing(test.tables, again, **how)
        )

    steady = between[between["seizing"].isin(reporters_of_every_year(routes))]
    of_drugs = between[between["family"].isin(drugs)]
    by_route = of_drugs.groupby(["departure", "destination"])["cases"].sum()
    busiest = pd.Series(list(zip(between["departure"], between["destination"], strict=True))) == by_route.idxmax()
    finer = drugs_with(as_reported, p.min_cases, "drug")
    deviance: Residual = "deviance"
    found: dict[str, Shared | None] = {
        "covariance": otherwise(covariance=True),
        "deviance_residuals": otherwise(kind=deviance),
        "unordered": otherwise(unordered=True),
        "presence": presence(test, again),
        "finer_drugs": _tested(as_reported, finer, p, drug="drug"),
        "every_year": _tested(steady, drugs, p),
        "without_largest_route": _tested(between[~busiest.to_numpy()], drugs, p),
        "null_by_year": _tested(between, drugs, p, within="reporter and year"),
        "null_of_drugs": _tested(between, drugs, p, within="all reporters"),
    }
    rows = [
        {"key": key, "altered": _altered(key, one, test)} | (one.row(p.confidence_level) if one else _none(test))
        for key, one in found.items()
    ]
    return pd.DataFrame([*rows, {"key": "reporters_resampled", "altered": 0.0} | reporters_resampled(test, p)])


def _tested(between: pd.DataFrame, drugs: Sequence[str], p: Params, **how: Any) -> Shared | None:
    """None where the cases left are of fewer than two drugs, or of two that could use no three routes both."""
    try:
        found = compared(tabled(between, drugs, **how), p.sensitivity_draws, p.seed)
        return found if np.isfinite(found.found).any() else None
    except ParameterError:
        return None


def _altered(key: str, one: Shared | None, test: Registered) -> float:
    """Share of the registered rows: all where the outcome is another, those left out of a subset, none where the null is."""
    if key in ("covariance", "deviance_residuals", "unordered", "presence"):
        return 1.0
    return 1.0 if one is None else abs(1 - one.tables.cases / test.tables.cases)


def _none(test: Shared) -> dict[str, Any]:
    return {"estimate": math.nan, "p_value": math.nan, "n_obs": test.tables.cases, "n_units": test.reporters}


def presence(test: Registered, drawn: Sequence[IntArray]) -> Shared:
    """Routes used or not for cases on them: the model is fitted anew to each draw, whose presences have other margins."""
    every = cells_of(*test.tables.margins(), alone=True)
    has = holding(test.tables, every)
    counted_in, paired = every.some(np.flatnonzero(has)), every.with_cases(has)[0]

    def of(tables: Sequence[IntArray]) -> FloatArray:
        found: list[FloatArray] = []
        for part in batches(number_of_draws(tables), paired):
            used, of_pairs = (
                np.minimum(counted(test.tables, tables, cells, *part), 1.0) for cells in (counted_in, paired)
            )
            found += sharing_refitted([of_pairs], paired, *margins_of(used, counted_in))
        return np.concatenate(found, axis=1)

    return Shared(test.tables, of(observed(test.tables)), of(drawn))


def reporters_resampled(test: Registered, p: Params) -> dict[str, Any]:
    """Percentile interval of the estimate with reporters drawn with replacement, and twice the smaller tail at zero as p.

    Each resample is set against the mean of three draws of the null of the same reporters.
    """
    tables = test.tables
    every = cells_of(*tables.margins())
    cells = every.with_cases(holding(tables, every))[0]
    reporters = sorted({table.stratum for table in tables.each})
    rng = np.random.default_rng(p.seed)
    times = rng.multinomial(len(reporters), np.full(len(reporters), 1 / len(reporters)), size=p.sensitivity_draws)
    own = [tables.only(number) for number in reporters]
    leaving, arriving = (
        np.tensordot(times, ends, axes=1) for ends in map(np.array, zip(*(one.margins() for one in own), strict=True))
    )

    drawn = [observed(tables)]
    for number in range(NULLS_RESAMPLED):
        drawn.append(tuple(one[..., min(number, one.shape[-1] - 1)][..., None] for one in test.tables_drawn))
    by_reporter = [
        np.column_stack(
            [
                counted(one, [c for t, c in zip(tables.each, each, strict=True) if t.stratum == number], cells)[:, 0]
                for number, one in zip(reporters, own, strict=True)
            ]
        )
        for each in drawn
    ]
    found: list[list[FloatArray]] = []
    for begin, end in batches(p.sensitivity_draws, cells):
        counts = (each @ times[begin:end].T.astype(np.float64) for each in by_reporter)
        shared = sharing_refitted(counts, cells, leaving[begin:end], arriving[begin:end])
        found.append([_mean_of_known(one) for one in shared])
    as_they_are, *of_null = np.concatenate(found, axis=1)
    resampled = as_they_are - np.mean(of_null, axis=0)
    low, high = np.quantile(resampled, [(1 - p.confidence_level) / 2, (1 + p.confidence_level) / 2])
    tails = [(1 + np.sum(side)) / (1 + resampled.size) for side in (resampled <= 0, resampled >= 0)]
    return {
        "estimate": test.null.estimate,
        "std_error": resampled.std(ddof=1),
        "ci_low": low,
        "ci_high": high,
        "ci_level": p.confidence_level,
        "p_value": min(1.0, 2 * min(tails)),
        "n_obs": tables.cases,
        "n_units": len(reporters),
    }


def _mean_of_known(shared: FloatArray) -> FloatArray:
    """(draws,) mean over the pairs (pairs, draws) that can be correlated; a resample without any shares nothing."""
    known = np.isfinite(shared)
    return np.asarray(np.where(known, shared, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def left_out(test: Registered, p: Params) -> pd.DataFrame:
    """Every reporter and every drug left out in turn, a row each: name, kind, unit and the numbers of an estimate."""
    pairs = cells_of(*test.tables.margins()).pairs
    rows = []
    for number, drug in enumerate(test.tables.groups):
        kept = ~(pairs == number).any(axis=1)
        tables = test.tables.without_group(number)
        rows.append({"name": drug, "kind": "drug"} | _left(Shared(tables, test.found[kept], test.drawn[kept])))
    numbers = sorted({table.stratum for table in test.tables.each})
    drawn = [one[..., : p.sensitivity_draws] for one in test.tables_drawn]
    for number, shared in zip(numbers, sharing_without(test.tables, drawn, numbers), strict=True):
        one = Shared(test.tables.without(number), *shared)
        reporter = countries.short_name(test.tables.strata[number])
        rows.append({"name": reporter, "kind": "reporting country"} | _left(one))
    table = pd.DataFrame(rows)
    return table.assign(unit=table["name"].map(_slug))


def _left(one: Shared) -> dict[str, Any]:
    return one.row(LEFT_OUT_LEVEL) if np.isfinite(one.found).any() else _none(one)


def drawn_rows(test: Registered, specified: pd.DataFrame, left: pd.DataFrame, room: Room, level: float) -> pd.DataFrame:
    """What a chart shows, a row each: words, panel, the numbers of an estimate, and for the registered one the room.

    Specifications on another scale, or with a null over all reporters, and reporters that move the estimate least, are not.
    """
    columns = ["words", "estimate", "ci_low", "ci_high", "p_value"]
    registered = pd.DataFrame([test.row(level) | {"words": "This estimate"}])
    same_scale = specified[~specified["key"].isin(["covariance", "null_of_drugs"])]
    far = (left["estimate"] - test.null.estimate).abs().sort_values(ascending=False, kind="stable").index
    chosen = left.loc[sorted(far[:DRAWN_LEFT_OUT])].rename(columns={"name": "words"})
    parts = {"Specifications": pd.concat([registered, same_scale]), "Without one drug or country": chosen}
    shown = pd.concat([part[columns].assign(panel=name) for name, part in parts.items()], ignore_index=True)
    only = shown["words"] == "This estimate"
    return shown.assign(least=np.where(only, room.least, np.nan), most=np.where(only, room.most, np.nan))


def precursors(between: pd.DataFrame, drugs: Sequence[str], p: Params) -> dict[str, Any] | None:
    """Precursors against all the drugs together, as a row; None where they are fewer than ten cases or have no routes."""
    if between.loc[between["family"] == PRECURSORS, "cases"].sum() < FEWEST_PRECURSORS:
        return None
    rows = between[between["family"].isin([PRECURSORS, *drugs])]
    grouped = rows.assign(family=rows["family"].where(rows["family"] == PRECURSORS, "drugs"))
    one = _tested(grouped, (PRECURSORS, "drugs"), p)
    return one.row(p.confidence_level) if one else None


def key_of(signs: pd.Series[str]) -> str:
    """What the colours and the signs of pairs stand for: no sign is explained where no pair has one."""
    told = "sign: told from chance" if signs.ne("").any() else "no pair is told from chance"
    return f"Correlation less what chance gives; {told}"


def plan_of(name: str) -> Primary:
    """The registered question of that name."""
    return next(primary for primary in plan.given().known if primary.id == f"routes.{name}")


def as_reported(raw: pd.DataFrame, between: pd.DataFrame) -> pd.DataFrame:
    """Cases between two countries in the window of `between` by drug as reported: year, seizing, departure, destination."""
    key = ["year", "drug", "seizing", "departure", "destination"]
    known = raw[raw["year"].between(between["year"].min(), between["year"].max())]
    known = known[known["departure"].str.fullmatch("[A-Z]{3}") & known["destination"].str.fullmatch("[A-Z]{3}")]
    known = known[known["departure"] != known["destination"]]
    families = seized_drugs.families_of(known["drug"], "raw table 'seizure_routes'")
    return known.assign(family=families).groupby([*key, "family"])["cases"].sum().reset_index()


def _slug(name: str) -> str:
    return name.lower().replace(" ", "_").replace("-", "_")
