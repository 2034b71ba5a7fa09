"""Steps of the notebook on ratings: changes of the Organized Crime Index where countries joined, beside others of the region."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import FloatArray, IntArray
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.resampling.shuffled_treatment import ShuffledTreatment
from crimjust_research.designs.resampling.shuffles import shuffled_within, without_unit
from crimjust_research.designs.timing.studentised import Averages, as_test
from crimjust_research.questions.membership import JOINED_TIER
from crimjust_research.questions.ratings import simulation
from crimjust_research.questions.ratings.joining import entries
from crimjust_research.questions.ratings.measures import Measure
from crimjust_research.questions.ratings.params import Params
from crimjust_research.questions.ratings.simulation import (
    FEWER_DRAWS,
    POWER_SAMPLES,
    SIMULATION_DRAWS,
    Simulated,
    as_rows,
)

FIRST, MIDDLE, LAST = 2021, 2023, 2025
MILLION = 1_000_000
# The edition of 2025 is taken to stand at the beginning of its year: it scores the two before.
_STANDS_AT = 12.0 * LAST
GROUPS = ("joined", "others of the region", "elsewhere")
_CHANGES = {"change": (FIRST, LAST), "change_to": (FIRST, MIDDLE), "change_from": (MIDDLE, LAST)}


@dataclass(frozen=True)
class Changes:
    """Changes of a score, who counts as treated, and the model they are compared in."""

    rows: pd.DataFrame
    """iso3, name, region, and the columns named below."""
    outcome: str = "change"
    treatment: str = "joined"
    region_effects: bool = True
    given: str | None = None
    """A column held beside."""

    @cached_property
    def y(self) -> FloatArray:
        return self.rows[self.outcome].to_numpy(np.float64)

    @cached_property
    def treated(self) -> FloatArray:
        return self.rows[self.treatment].to_numpy(np.float64)

    @property
    def strata(self) -> NDArray[Any]:
        """(n,) region, or one for all where regions are not held."""
        return self.rows["region"].to_numpy(object) if self.region_effects else np.zeros(len(self.rows))

    @cached_property
    def controls(self) -> FloatArray:
        """(n, k): effects of region, or a constant, and what is given."""
        effects = np.equal.outer(self.strata, np.unique(self.strata))
        beside = [self.rows[self.given] - self.rows[self.given].mean()] if self.given else []
        return np.column_stack([effects, *beside]).astype(np.float64)

    def shuffles(self, draws: int, seed: int) -> IntArray:
        """Who has whose part in the programme, within strata."""
        return shuffled_within(self.strata, draws, seed)


def scored(
    editions: pd.DataFrame,
    programme_entry: pd.DataFrame,
    country_year: pd.DataFrame,
    column: str,
    p: Params,
    names: Mapping[str, str],
) -> pd.DataFrame:
    """A row for each State: its score in each edition, their changes, and its part in the programme.

    Returns
    -------
    DataFrame: iso3, name, region, first, change, change_to, change_from (points), joined (1 for tier I), any_tier (1 for any),
    years (in the programme by the last edition; 0 outside tier I, missing where the date is unknown), population.
    """
    wide = editions.pivot_table(index="iso3", columns="edition", values=column)
    rows = (
        editions.drop_duplicates("iso3")[["iso3", "region"]].sort_values("iso3", kind="stable").reset_index(drop=True)
    )
    entered = entries(programme_entry, p.dating)
    tier, when = rows["iso3"].map(entered["tier"]), rows["iso3"].map(entered["month"])
    people = country_year[country_year["year"] == FIRST].set_index("iso3")["population"].astype("float64")
    joined = tier == JOINED_TIER
    return rows.assign(
        name=rows["iso3"].map(dict(names)),
        first=rows["iso3"].map(wide[FIRST]),
        **{name: rows["iso3"].map(wide[to] - wide[begin]) for name, (begin, to) in _CHANGES.items()},
        joined=joined.astype("float64"),
        any_tier=tier.notna().astype("float64"),
        years=((_STANDS_AT - when) / 12).where(joined, 0.0),
        population=rows["iso3"].map(people),
    )


def registered(rows: pd.DataFrame) -> Changes:
    """States of tier I and others of their regions that never came to the programme in another way."""
    regions = set(rows.loc[rows["joined"] > 0, "region"])
    used = rows[rows["region"].isin(regions) & ((rows["joined"] > 0) | (rows["any_tier"] == 0))]
    return Changes(used.reset_index(drop=True))


def dealt_out(data: Changes, order: IntArray) -> ShuffledTreatment:
    """The treatment as each shuffle deals it out, beside the controls."""
    return ShuffledTreatment(data.treated[order], data.controls)


def shuffle_test(data: Changes, draws: int, p: Params, sizes: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The registered test of one comparison: difference, its HC2 error, interval and p, and with `sizes` of equivalence."""
    return _shuffle_test(data, data.shuffles(draws, p.seed), sizes, p.confidence_level)


def _shuffle_test(data: Changes, order: IntArray, sizes: Mapping[str, float] | None, level: float) -> dict[str, Any]:
    # As they are, less and plus an effect: what is found for any other effect follows from the three.
    unit = float(np.std(data.y))
    three = dealt_out(data, order).coefficients(data.y + np.array([[0.0], [-unit], [unit]]) * data.treated)
    test = as_test(Averages(three.estimate.T, three.std_error.T), unit)
    low, high = test.interval(1 - level)
    return {
        # Scores come in halves: a difference of rounding is none.
        "estimate": round(test.estimate, 12),
        "std_error": test.std_error,
        "ci_low": low,
        "ci_high": high,
        "p_value": test.p_value,
        "equivalence": {name: test.equivalence_p(size) for name, size in (sizes or {}).items()},
        "n_obs": len(data.rows),
        "n_units": len(data.rows),
        "joined": int((data.treated > 0).sum()),
    }


def shuffle_tests(
    changes: Mapping[str, Changes], sizes: Mapping[str, Mapping[str, float]], p: Params
) -> dict[str, dict[str, Any]]:
    """`shuffle_test` of every measure by name, with the registered number of draws."""
    return {name: shuffle_test(one, p.draws, p, sizes[name]) for name, one in changes.items()}


def specifications(rows: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Every specification of the plan as a row: variant, its numbers, and the share of rows it alters."""
    base = registered(rows)
    mine = base.rows
    regions = set(mine["region"])
    apart = rows[(rows["joined"] > 0) | (rows["any_tier"] == 0)].reset_index(drop=True)
    tiers = rows[rows["region"].isin(regions)].reset_index(drop=True)
    dated = mine[mine["years"].notna()].reset_index(drop=True)
    peopled = mine[mine["population"] >= MILLION].reset_index(drop=True)
    years = (mine["joined"] > 0).sum()
    change = mine.groupby("region")["change"]
    ranked = mine.assign(rank=change.rank() / (change.transform("size") + 1))
    chosen = {
        "all_regions": (Changes(apart, region_effects=False), 1.0),
        "given_first_score": (Changes(mine, given="first"), 1.0),
        "any_tier": (Changes(tiers, treatment="any_tier"), (len(tiers) - len(mine)) / len(mine)),
        "to_2023": (Changes(mine, outcome="change_to"), 1.0),
        "from_2023": (Changes(mine, outcome="change_from"), 1.0),
        "by_year_of_exposure": (Changes(dated, treatment="years"), years / len(mine)),
        "million": (Changes(peopled), 1 - len(peopled) / len(mine)),
        "ranks": (Changes(ranked, outcome="rank"), 1.0),
    }
    found = [
        as_rows(shuffle_test(data, FEWER_DRAWS, p), variant=name, altered=float(share))
        for name, (data, share) in chosen.items()
    ]
    found.append(as_rows(ordinary(base, p), variant="ordinary", altered=0.0))
    return pd.DataFrame(found)


def ordinary(data: Changes, p: Params) -> dict[str, Any]:
    """The same difference by Student's t with HC2 errors, on as many degrees of freedom as the model leaves."""
    own = dealt_out(data, np.arange(len(data.rows))[None]).coefficients(data.y[None])
    estimate, error = float(own.estimate[0, 0]), float(own.std_error[0, 0])
    freedom = len(data.rows) - data.controls.shape[1] - 1
    half = float(stdtrit(freedom, 0.5 + p.confidence_level / 2)) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "p_value": float(2 * stdtr(freedom, -abs(estimate / error))),
        "n_obs": len(data.rows),
        "n_units": len(data.rows),
        "joined": int((data.treated > 0).sum()),
    }


def left_out(data: Changes, p: Params, draws: int = FEWER_DRAWS, level: float = 0.9) -> pd.DataFrame:
    """The registered estimate without each State in turn, with its p and an interval of `level`.

    Shuffles are those of all States, the one left out taken out of each.
    """
    order = data.shuffles(draws, p.seed)
    found = []
    for unit in range(len(data.rows)):
        without = Changes(data.rows.drop(index=unit).reset_index(drop=True))
        found.append(as_rows(_shuffle_test(without, without_unit(order, unit), None, level), ci_level=level))
    rows = pd.DataFrame(found)
    return pd.concat([data.rows[["iso3", "name", "region"]], rows], axis=1)


def simulated(data: Changes, sizes: Mapping[str, float], level: float, p: Params) -> Simulated:
    """`simulation.simulated`, by changes about their region's mean with a random sign each, and with those of the joined
    larger by half."""
    return simulation.simulated(partial(p_values, data, p), "signs", spread(data), sizes, level)


def spread(data: Changes) -> FloatArray:
    """(n,) by how much changes about their region's mean are spread: half more where joined."""
    return np.asarray(1 + 0.5 * data.treated)


def p_values(
    data: Changes,
    p: Params,
    *,
    effect: float = 0.0,
    spread: FloatArray | float = 1.0,
    samples: int = POWER_SAMPLES,
    stream: int = 0,
) -> FloatArray:
    """(samples,) p of the test in SIMULATED changes: those about their region's mean, times `spread`, with a random
    sign each and an effect added to the treated."""
    order = data.shuffles(SIMULATION_DRAWS, p.seed)
    mean = data.rows.groupby("region")[data.outcome].transform("mean").to_numpy(np.float64)
    sign = np.random.default_rng(p.seed + stream).choice([-1.0, 1.0], (samples, data.y.size))
    drawn = mean + spread * sign * (data.y - mean) + effect * data.treated
    return two_sided(dealt_out(data, order).coefficients(drawn).statistic)


def waves(editions: pd.DataFrame, rows: pd.DataFrame, measures: tuple[Measure, ...]) -> pd.DataFrame:
    """Mean score by edition and group of States: joined, others of their regions, all other States."""
    regions = set(rows.loc[rows["joined"] > 0, "region"])
    joined, others, elsewhere = GROUPS
    group = np.where(rows["joined"] > 0, joined, np.where(rows["any_tier"] > 0, "", elsewhere))
    group = np.where((group == elsewhere) & rows["region"].isin(regions), others, group)
    of = pd.Series(group, rows["iso3"])
    long = editions.assign(group=editions["iso3"].map(of))
    long = long[long["group"] != ""]
    long = long.melt(["edition", "group"], [m.column for m in measures], "column", "score")
    means = long.groupby(["column", "group", "edition"], as_index=False)["score"].mean()
    titles = {m.column: m.title for m in measures}
    order = {name: place for place, name in enumerate([*titles, *GROUPS])}
    means = means.assign(measure=means["column"].map(titles))
    kept: pd.DataFrame = means.sort_values(
        ["column", "group", "edition"], key=lambda s: s.replace(order), ignore_index=True
    )
    return kept
