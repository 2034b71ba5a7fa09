"""The exact common odds ratio of several tables, against published answers and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

from crimjust_research.designs.composition.diversity import log_choose
from crimjust_research.designs.counts.exact_strata import common_odds
from crimjust_research.errors import ParameterError
from validation.references import RABBITS


def units(*tables: tuple[int, int, int, int]) -> pd.DataFrame:
    """A row a unit from tables of had and exposed, had and not, not had and exposed, neither."""
    rows = [
        (stratum, had, under)
        for stratum, table in enumerate(tables)
        for count, (had, under) in zip(table, ((1, 1), (1, 0), (0, 1), (0, 0)), strict=True)
        for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["stratum", "had", "under"])


def test_rabbits_and_penicillin() -> None:
    """R 4, mantelhaen.test(Rabbits, exact = TRUE): S = 16, p 0.03994, odds ratio 10.36102, from 1.077401 to 529.837399.

    R solves for the lower limit and for one over the upper to 1.2e-4."""
    found = common_odds(units(*RABBITS), "had", "under", "stratum")
    assert found.p_value == pytest.approx(0.03994, abs=5e-6)
    assert found.odds_ratio == pytest.approx(10.36102, abs=5e-5)
    assert found.ci_low == pytest.approx(1.077401, abs=1.2e-4)
    assert 1 / found.ci_high == pytest.approx(1 / 529.837399, abs=1.2e-4)
    # 16 of all five doses; those at which nobody or everybody was cured say nothing: 3 + 6 + 5.
    assert (found.observed, found.n_strata, found.n_obs) == (14, 3, 36)


@settings(max_examples=40)
@given(st.tuples(*[st.integers(1, 9)] * 4))
def test_of_one_table_it_is_fishers(table: tuple[int, int, int, int]) -> None:
    a, b, c, d = table
    found = common_odds(units(table), "had", "under", "stratum")
    of_one = odds_ratio([[a, b], [c, d]], kind="conditional")
    assert found.p_value == pytest.approx(fisher_exact([[a, b], [c, d]]).pvalue)
    assert found.odds_ratio == pytest.approx(of_one.statistic, rel=1e-5)
    low, high = of_one.confidence_interval(0.95)
    assert (found.ci_low, found.ci_high) == (pytest.approx(low, rel=1e-4), pytest.approx(high, rel=1e-4))


def test_two_tables_by_hand() -> None:
    """One of two with the outcome, one of two exposed, in both strata: totals 0, 1, 2 have 1/4, 1/2, 1/4."""
    found = common_odds(units((1, 0, 0, 1), (1, 0, 0, 1)), "had", "under", "stratum")
    assert (found.observed, found.expected, found.n_strata) == (2, 1.0, 2)
    assert found.p_value == pytest.approx(0.5)
    assert found.least_p == pytest.approx(0.5)
    assert found.odds_ratio == np.inf
    # r²/(1 + r)² = 0.025 at the lower limit.
    root = np.sqrt(0.025)
    assert found.ci_low == pytest.approx(root / (1 - root))
    assert found.ci_high == np.inf
    none = common_odds(units((0, 1, 1, 0), (0, 1, 1, 0)), "had", "under", "stratum")
    assert (none.odds_ratio, none.ci_low) == (0.0, 0.0)
    assert none.ci_high == pytest.approx((1 - root) / root)


def test_chances_below_any_number_leave_a_ratio_and_a_p_above_zero() -> None:
    """1,400 units of whom all but two are exposed and have the outcome, or neither: under the null less likely than 1e-400."""
    found = common_odds(units((699, 1, 1, 699)), "had", "under", "stratum")
    totals = np.arange(701)
    weight = 2 * log_choose(700, totals) + totals * np.log(found.odds_ratio)
    chance = np.exp(weight - weight.max())
    assert chance @ totals / chance.sum() == pytest.approx(699)
    assert found.ci_low < found.odds_ratio < found.ci_high
    assert 0 < found.least_p <= found.p_value < 1e-300


def test_the_size_is_at_most_the_level() -> None:
    rng = np.random.default_rng(4)
    stratum = np.repeat(np.arange(4), 8)
    under = np.tile([1, 1, 1, 0, 0, 0, 0, 0], 4)
    rejected = [
        common_odds(pd.DataFrame({"s": stratum, "u": under, "y": drawn}), "y", "u", "s").p_value < 0.05
        for drawn in (rng.uniform(size=(400, 32)) < 0.4).astype(int)
    ]
    assert np.mean(rejected) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (units((2, 0, 3, 0), (0, 0, 2, 2)), "nothing is compared"),
        (units((1, 1, 1, 1)).assign(had=2), "must be 0 or 1"),
        (units((1, 1, 1, 1)).assign(under=[1, 0, 1, np.nan]), "misses 1 of 4"),
    ],
)
def test_what_says_nothing_is_refused(frame: pd.DataFrame, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        common_odds(frame, "had", "under", "stratum")
