"""Steps of the baseline: latest figures, matching and differences, by hand."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data import opening
from crimjust_research.questions.baseline import differences, levels
from crimjust_research.questions.baseline.levels import GROUPS, LEAD
from crimjust_research.questions.baseline.matching import matched_difference, measurement_error
from crimjust_research.questions.baseline.measures import GOVERNANCE, MEASURES
from crimjust_research.questions.baseline.params import Params

PARAMS = Params(start=2018, end=2021, confidence_level=0.95, draws=499, seed=20211212)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return opening.open_panel("country_year")[0]


@pytest.fixture(scope="module")
def figures(panel: pd.DataFrame) -> pd.DataFrame:
    return levels.latest_figures(panel, PARAMS)


@pytest.fixture(scope="module")
def grid(figures: pd.DataFrame) -> differences.Grid:
    return differences.grid(figures, PARAMS)


# --- Matching ----------------------------------------------------------------------------------------------------


def countries(rows: list[tuple[str, float | None, bool, str | None]]) -> pd.DataFrame:
    """Rows of (country, value, member, stratum)."""
    frame = pd.DataFrame(rows, columns=["iso3", "value", "member", "stratum"]).set_index("iso3")
    return frame.astype({"value": "float64", "member": "bool"})


def difference(frame: pd.DataFrame, draws: int = 999):  # type: ignore[no-untyped-def]
    found = matched_difference(
        frame["value"], frame["member"], ~frame["member"], frame["stratum"], draws=draws, seed=1, alpha=0.05
    )
    assert found is not None
    return found


def test_each_member_is_compared_with_the_mean_of_its_stratum() -> None:
    found = difference(
        countries(
            [
                ("AAA", 1.0, True, "x"),
                ("AAB", 2.0, True, "x"),
                ("BBA", 4.0, False, "x"),
                ("CCA", 10.0, True, "y"),
                ("DDA", 12.0, False, "y"),
                ("DDB", 14.0, False, "y"),
                ("EEA", 99.0, True, "z"),  # nobody to compare with
                ("FFA", 50.0, False, "w"),  # nobody to be compared
                ("GGA", 7.0, True, None),  # no stratum
            ]
        )
    )
    # (1 - 4) + (2 - 4) + (10 - 13) over three members.
    assert found.estimate == pytest.approx(-8 / 3)
    assert (found.group_mean, found.comparison_mean) == (pytest.approx(13 / 3), pytest.approx(21 / 3))
    assert found.compared == ("AAA", "AAB", "CCA")
    assert found.comparisons == ("BBA", "DDA", "DDB")
    assert found.left_out == ("EEA",)
    # Weights: 1/3 each member; BBA serves two members, DDA and DDB share one.
    assert found.weights[["AAA", "BBA", "DDA"]].tolist() == pytest.approx([1 / 3, -2 / 3, -1 / 6])


def test_the_p_value_is_the_share_of_all_divisions_of_the_stratum() -> None:
    values = [0.0, 1.0, 2.0, 5.0, 7.0, 8.0]
    frame = countries([(f"AA{i}", value, i < 3, "x") for i, value in enumerate(values)])
    found = difference(frame, draws=9999)
    every = [
        np.mean([values[i] for i in chosen]) - np.mean([values[i] for i in range(6) if i not in chosen])
        for chosen in combinations(range(6), 3)
    ]
    exact = np.mean(np.abs(every) >= abs(every[0]) - 1e-12)  # 2 of 20: this division and its mirror
    assert exact == pytest.approx(0.1)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(0.1 * 0.9 / 10_000))


def test_a_planted_difference_is_found_whole_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(2)
    rows = [
        (f"{stratum}{i:02d}", float(rng.normal(level, 1)), i < 10, stratum)
        for stratum, level in (("x", 0), ("y", 5), ("z", -3))
        for i in range(30)
    ]
    base = countries(rows)
    moved = base.assign(value=base["value"] - 2.0 * base["member"])
    before, after = difference(base), difference(moved)
    assert after.estimate - before.estimate == pytest.approx(-2.0)
    assert after.p_value == pytest.approx(1 / 1000)
    assert after.ci_low - before.ci_low == pytest.approx(-2.0)
    assert after.ci_low < -2.0 < after.ci_high


def test_without_any_match_there_is_no_difference() -> None:
    frame = countries([("AAA", 1.0, True, "x"), ("BBB", 2.0, False, "y")])
    member = frame["member"]
    none = matched_difference(frame["value"], member, ~member, frame["stratum"], draws=99, seed=1, alpha=0.05)
    assert none is None


def test_the_error_of_measurement_follows_the_weights() -> None:
    found = difference(countries([("AAA", 1.0, True, "x"), ("BBB", 2.0, False, "x"), ("CCC", 4.0, False, "x")]))
    errors = pd.Series({"AAA": 0.3, "BBB": 0.4, "CCC": 0.4, "DDD": 9.0})
    # Weights 1, -1/2, -1/2: .09 + .04 + .04.
    assert measurement_error(found, errors) == pytest.approx(np.sqrt(0.17))


# --- Levels ------------------------------------------------------------------------------------------------------


def test_the_latest_figure_of_the_window_is_taken_with_its_year(panel: pd.DataFrame, figures: pd.DataFrame) -> None:
    panel = panel.set_index(["iso3", "year"])
    assert figures.loc["MEX", "investigation"] == panel.loc[("MEX", 2021), "wjp_8_1"]
    # Belize reported persons held last in 2020: 59 among its residents of that year.
    assert figures.loc["BLZ", "persons_held_year"] == 2020
    assert figures.loc["BLZ", "persons_held"] == pytest.approx(100_000 * 59 / panel.loc[("BLZ", 2020), "population"])


def test_groups_are_those_of_the_document(figures: pd.DataFrame) -> None:
    assert levels.group_names(figures) == {
        "proposed": "17 proposed countries",
        "phases": "33 phase countries",
        "members": "12 members",
    }
    assert not figures.loc[["MEX", "BRA", "URY", "GMB"], "elsewhere"].any()
    assert figures.loc[["FRA", "GUY"], "elsewhere"].all()


def test_terciles_divide_the_countries_in_three(figures: pd.DataFrame) -> None:
    counts = figures["income"].value_counts()
    assert counts.max() - counts.min() <= 1
    by_income = figures.groupby("income")["gdp_per_head"]
    assert by_income.max()["low"] < by_income.min()["middle"]
    assert by_income.max()["middle"] < by_income.min()["high"]


def test_coverage_counts_years_not_figures_and_puts_the_proposed_countries_first(
    panel: pd.DataFrame, figures: pd.DataFrame
) -> None:
    table = levels.coverage(panel, figures, PARAMS)
    covered = table.set_index(["iso3", "measure"])["years"]
    assert covered["CPV", "investigation"] == 0
    assert covered["MEX", "investigation"] == 3  # no edition stands at 2018
    assert covered["MEX", "rule_of_law"] == 4
    assert len(covered) == 37 * len(MEASURES)
    assert table["block"].unique().tolist() == list(levels.BLOCKS)
    assert table.groupby("block")["iso3"].nunique()["Proposed countries"] == 17
    assert table.groupby("block")["country"].apply(lambda names: names.is_monotonic_increasing).all()


def test_who_reports_is_compared_with_who_does_not() -> None:
    figures = pd.DataFrame(
        {
            **{measure.id: [1.0, np.nan, np.nan] for measure in MEASURES},
            **{group: [True, True, False] for group in GROUPS},
            "elsewhere": [False, False, True],
            "rule_of_law": [0.5, -0.5, -1.5],
        },
        index=["AAA", "BBB", "CCC"],
    )
    row = levels.reporters(figures).set_index("measure").loc["persons_held"]
    assert (row["with_figure"], row["countries"], row["reporting"], row["silent"]) == (1, 2, 0.5, -1.0)


# --- Differences -------------------------------------------------------------------------------------------------


def test_differences_are_the_same_by_hand(grid: differences.Grid, figures: pd.DataFrame) -> None:
    table = differences.rows(grid, figures).set_index(["group", "measure"])
    for (group, measure), found in grid.items():
        own = figures.loc[list(found.compared)]
        others = figures.loc[list(found.comparisons)].groupby("stratum")[measure].mean()
        by_hand = (own[measure] - own["stratum"].map(others)).mean()
        row = table.loc[(group, measure)]
        assert row["estimate"] == pytest.approx(by_hand), (group, measure)
        assert row["standardised"] == pytest.approx(by_hand / figures[measure].std())
        assert row["n_obs"] == row["n_units"] + row["comparisons"] == len(found.compared) + len(found.comparisons)


def test_the_error_of_measurement_stands_apart(grid: differences.Grid, figures: pd.DataFrame) -> None:
    key = ["group", "measure"]
    whole = differences.rows(grid, figures).set_index(key)
    alone = differences.with_measurement_error(grid, figures, PARAMS).set_index(key)
    assert len(alone) == len(GROUPS) * len(GOVERNANCE)
    both = whole.loc[alone.index]
    assert both["estimate"].tolist() == alone["estimate"].tolist()
    assert alone["std_error"].between(0, 0.2).all()
    assert (alone["ci_high"] - alone["ci_low"] < both["ci_high"] - both["ci_low"]).all()


def test_countries_apart_from_the_mean_of_the_matched_are_counted() -> None:
    governed = pd.DataFrame(
        {
            "label": "Rule of law",
            "country": list("abc"),
            "ci_low": [-2.0, -0.5, 0.6],
            "ci_high": [-1.0, 0.7, 1.0],
            "matched": 0.5,
        }
    )
    assert differences.apart(governed).to_dict("records") == [
        {"label": "Rule of law", "countries": 3, "below": 1, "above": 1, "matched": 0.5}
    ]


def test_what_is_clear_is_counted_by_group() -> None:
    table = pd.DataFrame(
        {
            "group": [LEAD, LEAD, "phases"],
            "measure": ["investigation", "adjudication", "investigation"],
            "estimate": [-1.0, 1.0, -1.0],
            "ci_low": [-2.0, 0.1, -2.0],
            "ci_high": [-0.1, 2.0, 0.5],
            "p_value": [0.01, 0.04, 0.2],
            "p_adjusted": [0.03, 0.06, 0.2],
        }
    )
    assert differences.below(table, 0.05).to_dict("list") == {
        "group": [LEAD, "phases"],
        "differences": [2, 1],
        "raw": [2, 0],
        "adjusted": [1, 0],
    }
    assert differences.sides_of_zero(table) == {"of": 3, "below": 2, "apart": 2}


def test_points_and_means_are_those_of_the_difference(grid: differences.Grid, figures: pd.DataFrame) -> None:
    points, means = differences.by_country(grid, figures, MEASURES[:1])
    one = grid[LEAD, "investigation"]
    assert points["who"].value_counts().to_dict() == {
        "17 proposed countries": len(one.compared),
        "matched countries": len(one.comparisons),
    }
    assert means["value"].tolist() == [one.group_mean, one.comparison_mean]
