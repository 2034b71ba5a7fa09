"""Steps of the question of joining: who is compared with whom, what is estimated, by hand and against each other."""

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.opening import open_panel
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.panel.two_way import treated_cells
from crimjust_research.designs.resampling.inversion import two_sided
from crimjust_research.designs.staggered.aggregation import aggregate
from crimjust_research.designs.staggered.panel import Timing
from crimjust_research.designs.timing.given_covariate import averages_given, slopes
from crimjust_research.designs.timing.studentised import studentised_averages
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.joining import beside, own_files, power, steps, trends
from crimjust_research.questions.joining.comparison import (
    ANTICIPATED,
    NEXT_EDITION,
    SAME_YEAR,
    Comparison,
    Specification,
    altered,
    comparison,
    entry_period,
)
from crimjust_research.questions.joining.estimators import ESTIMATORS, GROUP_TIME, effects_by_group
from crimjust_research.questions.joining.measures import PRIMARY, Measure
from crimjust_research.questions.joining.params import Params
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.questions.membership import JOINED_STATES, JOINED_TIER
from crimjust_research.vocabulary import country_groups

PARAMS = Params(
    dating="documented",
    control="not_yet_treated",
    countries=(),
    control_pool=(),
    exclude=(),
    outcome_file="",
    co_programmes_file="",
    start=2014,
    end=2025,
    confidence_level=0.95,
    draws=199,
    seed=20211212,
)
OF_AMERICA = sorted(set(country_groups.load().regions["Latin America & Caribbean"]) - set(JOINED_STATES))
NINE = ["ARG", "BOL", "BRA", "COL", "DOM", "ECU", "GHA", "NGA", "PAN"]


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return open_panel("country_year")[0]


def toy_panel(rows: list[tuple[str, str, str | None, float | None, list[float | None]]]) -> pd.DataFrame:
    """Rows of (country, region, tier, year of entry, scores from 2014 on) as the country panel has them."""
    frames = [
        pd.DataFrame(
            {
                "iso3": iso3,
                "region": region,
                "year": range(2014, 2014 + len(scores)),
                "score": pd.array(scores, dtype="Float64").to_numpy("float64", na_value=np.nan),
                "entry_tier": tier,
                "entry_earliest": entered,
                "entry_documented": entered,
                "entry_latest": entered,
            }
        )
        for iso3, region, tier, entered, scores in rows
    ]
    return pd.concat(frames, ignore_index=True)


# --- Who is compared with whom -----------------------------------------------------------------------------------


def test_the_period_of_entry_follows_the_convention() -> None:
    years = np.array([2014, 2015, 2016, 2017, 2019, 2020])
    entered = pd.Series([2016.0, 2017.0, 2018.0, np.nan])
    # The period after entry is treated: 2016 is period 3, so 2017 (4) is first; 2017 and 2018 both lead to 2019 (5).
    assert entry_period(entered, years, NEXT_EDITION).tolist()[:3] == [3.0, 4.0, 4.0]
    # The period of entry is treated: 2018 has no edition, so the next one, 2019 (5), is it.
    assert entry_period(entered, years, SAME_YEAR).tolist()[:3] == [3.0, 4.0, 5.0]
    assert np.isnan(entry_period(entered, years, NEXT_EDITION).iloc[3])


def test_nine_countries_count_as_joined_and_those_without_date_are_left_out(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2025)
    assert registered.joined == NINE
    assert registered.years == (2014, 2015, 2016, 2017, *range(2019, 2026))
    assert not {"PER", "CPV", "GNB"} & set(registered.checked.units)
    assert set(registered.region) == {"Latin America & Caribbean", "Sub-Saharan Africa"}
    latest = comparison(panel, "wjp_8_1", Specification("latest"), 2014, 2025)
    assert latest.joined == sorted([*NINE, "PER"])


def test_first_treated_editions_are_those_after_the_documented_year(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2025)
    first = {
        unit: registered.years[int(start) - 1]
        for unit, start in zip(registered.checked.units, registered.checked.cohort, strict=True)
        if np.isfinite(start)
    }
    assert first == {**dict.fromkeys(NINE, 2019), "GHA": 2017, "PAN": 2017}


def test_who_entered_in_another_way_is_a_comparison_until_then(panel: pd.DataFrame) -> None:
    registered = comparison(panel, "wjp_8_1", Specification(), 2014, 2025)
    guatemala = registered.rows[registered.rows["unit"] == "GTM"]  # documented in 2021
    assert guatemala["first_treated"].isna().all()
    assert registered.years[int(guatemala["time"].max()) - 1] == 2021
    anticipated = comparison(panel, "wjp_8_1", Specification(timing=ANTICIPATED), 2014, 2025)
    earlier = anticipated.rows[anticipated.rows["unit"] == "GTM"]
    assert anticipated.years[int(earlier["time"].max()) - 1] == 2020
    never = comparison(panel, "wjp_8_1", Specification(control="never_treated"), 2014, 2025)
    assert not {"GTM", "URY", "SEN", "BEN"} & set(never.checked.units)
    everywhere = comparison(panel, "wjp_8_1", Specification(control="all_regions"), 2014, 2025)
    assert {"FRA", "JPN"} <= set(everywhere.checked.units)


def test_an_evaluator_chooses_who_joined_and_who_is_compared(panel: pd.DataFrame) -> None:
    chosen = PARAMS.model_copy(
        update={"countries": ("COL", "PAN"), "control_pool": ("MEX", "JAM", "FRA"), "exclude": ("KEN",)}
    )
    found = steps.compared(panel, PRIMARY[0], chosen)
    # Of whatever region, as they were named.
    assert set(found.checked.units) == {"COL", "PAN", "MEX", "JAM", "FRA"}
    why = steps.entry_table(panel, found).set_index("iso3")["why_not"]
    assert why[["COL", "PAN"]].tolist() == ["", ""]
    assert why["ARG"] == "left out by the parameters"
    without = steps.compared(panel, PRIMARY[0], PARAMS.model_copy(update={"exclude": ("GHA", "NGA")}))
    # Nobody who joined is left in Africa, so nobody there is compared with.
    assert set(without.region) == {"Latin America & Caribbean"}


def supplied(folder: Path, kind: str, frame: pd.DataFrame) -> own_files.Supplied:
    frame.to_csv(folder / "mine.csv", index=False)
    found = own_files.read(str(folder / "mine.csv"), kind)
    assert found is not None
    return found


def test_an_outcome_of_ones_own_is_looked_at_as_the_registered_are(panel: pd.DataFrame, tmp_path: Path) -> None:
    assert own_files.with_own(panel, own_files.read("", "outcomes")) == (panel, ())
    score = panel.loc[panel["wjp_8_1"].notna(), ["iso3", "year", "wjp_8_1"]].set_axis(
        ["country", "year", "value"], axis=1
    )
    wider, (measure,) = own_files.with_own(panel, supplied(tmp_path, "outcomes", score))
    own = steps.registered_test(steps.compared(wider, measure, PARAMS), PARAMS)
    same = steps.registered_test(steps.compared(panel, PRIMARY[0], PARAMS), PARAMS)
    assert (own.estimate, own.p_value) == (pytest.approx(same.estimate), same.p_value)
    with pytest.raises(DataError, match="must be a country's three letters"):
        supplied(tmp_path, "outcomes", score.replace({"country": {"PAN": "PNA"}}))


def test_what_goes_with_other_programmes_is_taken_off(panel: pd.DataFrame, tmp_path: Path) -> None:
    dates = [
        ("COL", "copolad", 2019, None),
        ("COL", "aircop", 2021, 2022),
        ("MEX", "aircop", 2016, None),
        ("KEN", "other", 2020, 2023),
    ]
    records = pd.DataFrame(dates, columns=["country", "programme", "first_year", "last_year"]).astype(
        {"last_year": "Int64"}
    )
    programmes = supplied(tmp_path, "co_programmes", records)
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    counts = own_files.at_work(programmes.frame, found)
    colombia = dict(zip(found.years, counts[list(found.checked.units).index("COL")], strict=True))
    assert [colombia[year] for year in (2017, 2019, 2021, 2022, 2023, 2025)] == [0, 1, 2, 2, 1, 1]
    # Scores of .02 more for each programme at work: exactly what is taken off.
    units, years = list(found.checked.units), list(found.years)
    at = {(unit, year): counts[u, t] for u, unit in enumerate(units) for t, year in enumerate(years)}
    more = [0.02 * at.get(key, 0.0) for key in zip(panel["iso3"], panel["year"], strict=True)]
    plain = own_files.given_programmes(found, counts, 199, 1)
    planted = steps.compared(panel.assign(wjp_8_1=panel["wjp_8_1"] + more), PRIMARY[0], PARAMS)
    given = own_files.given_programmes(planted, counts, 199, 1)
    assert given.slope - plain.slope == pytest.approx(0.02)
    assert given.test.estimate == pytest.approx(plain.test.estimate, abs=1e-12)
    assert given.test.p_value == plain.test.p_value
    # Mexico and Kenya; Colombia's begin once it had joined.
    assert beside.given_others(PRIMARY[0], found, programmes, PARAMS)["telling"] == 2
    for among in (np.isfinite(found.checked.cohort), [unit == "MEX" for unit in units]):
        alone = counts * np.asarray(among)[:, None]
        with pytest.raises(ParameterError, match="must begin or end, while scores are seen, in two countries or more"):
            own_files.given_programmes(found, alone, 199, 1)


def test_a_programme_of_several_rows_counts_once_in_a_year(panel: pd.DataFrame) -> None:
    dates = [
        ("MEX", "aircop", 2014, 2020),
        ("MEX", "aircop", 2019, 2021),
        ("MEX", "other", 2019, 2020),
        ("MEX", "other", 2020, 2020),
        ("USA", "aircop", 2014, 2020),
    ]
    records = pd.DataFrame(dates, columns=["country", "programme", "first_year", "last_year"])
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    counts = own_files.at_work(records, found)
    mexico = dict(zip(found.years, counts[list(found.checked.units).index("MEX")], strict=True))
    assert [mexico[year] for year in (2014, 2019, 2020, 2021, 2022)] == [1, 2, 3, 1, 0]
    assert counts.sum() == sum(mexico.values())  # the United States are not compared


def with_joining(found: Comparison, others: tuple[str, ...]) -> FloatArray:
    """(n_units, T) one programme at work since joining in whoever joined, and in some others from 2019 on."""
    counts = (found.periods >= found.checked.cohort[:, None]).astype("float64")
    counts[np.isin(found.checked.units, others)] = np.asarray(found.years) >= 2019
    return counts


def test_the_error_of_what_goes_with_programmes_is_part_of_the_test(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    design, counts = Reassignment.of(found), with_joining(found, ("MEX", "JAM", "KEN", "SEN"))
    dates = design.assignments(199, 5)
    # SIMULATED: scores without a difference and without anything that goes with programmes.
    residuals = power.unexplained(design, design.test(199, 1).estimate)
    scores = power.signs(len(residuals), 500, 7)[..., None] * residuals
    jointly = two_sided(averages_given(scores, counts, dates, design.periods).t)
    slope = slopes(scores, counts, dates[:1], design.periods).estimate[0]
    as_known = two_sided(studentised_averages(scores - slope[:, None, None] * counts, dates, design.periods).t)
    # Scores of sign-flipped residuals are rejected a little too often without programmes as well.
    plain = np.mean(two_sided(studentised_averages(scores, dates, design.periods).t) <= 0.05)
    assert np.mean(jointly <= 0.05) <= max(0.05, plain) + 3 * np.sqrt(0.05 * 0.95 / 500)
    assert np.mean(as_known <= 0.05) > 0.15


def clustered(panel: pd.DataFrame, m: Measure, **choices: Any) -> dict[str, Any]:
    """Callaway and Sant'Anna's overall effect as a row, by the library, under choices of a specification."""
    found = steps.compared(panel, m, PARAMS, **choices)
    return beside.clustered(m, found, ESTIMATORS[GROUP_TIME](found, 0.05))


def other_estimators(panel: pd.DataFrame, m: Measure, p: Params) -> list[dict[str, Any]]:
    found, complete = steps.compared(panel, m, p), steps.compared(panel, m, p, complete=True)
    return beside.other_estimators(m, found, complete, {}, p)


# --- What is estimated -------------------------------------------------------------------------------------------


def test_the_estimate_is_the_double_difference_by_hand() -> None:
    flat = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    rows = [
        ("AAA", "R", "I", 2016, [0.2, 0.2, 0.2, 0.4, 0.5, 0.6]),
        ("AAB", "R", "I", 2016, [0.3, 0.3, 0.3, 0.5, 0.6, 0.7]),
        ("BBB", "R", None, None, flat),
        ("BBC", "R", None, None, [0.5, 0.5, 0.5, 0.6, 0.6, 0.6]),
        ("CCC", "S", None, None, flat),  # another region: no comparison
    ]
    measure = replace(PRIMARY[0], column="score")
    panel = toy_panel(rows)
    # Changes since 2016: joined +.2 +.3 +.4, comparisons +.05 each year (0 and .1): mean of .15, .25, .35.
    row = steps.reassigned(measure, steps.compared(panel, measure, PARAMS), PARAMS)
    assert row["estimate"] == pytest.approx(0.25)
    # The joined move alike; the comparisons' mean change is .05 +- .05 in every year: a standard error of .05 / sqrt 2.
    assert row["std_error"] == pytest.approx(0.05 / np.sqrt(2))
    assert clustered(panel, measure)["estimate"] == pytest.approx(0.25)


@pytest.mark.parametrize("control", ["not_yet_treated", "never_treated", "all_regions"])
@pytest.mark.parametrize("timing", [NEXT_EDITION, SAME_YEAR, ANTICIPATED], ids=str)
def test_the_batched_average_is_that_of_callaway_and_santanna(
    panel: pd.DataFrame, control: str, timing: Timing
) -> None:
    choices = {"dating": "latest", "control": control, "timing": timing}
    batched = steps.reassigned(PRIMARY[0], steps.compared(panel, PRIMARY[0], PARAMS, **choices), PARAMS)
    alone = clustered(panel, PRIMARY[0], **choices)
    assert batched["estimate"] == pytest.approx(alone["estimate"], abs=1e-12)


def test_the_batched_test_has_the_error_of_callaway_and_santanna(panel: pd.DataFrame) -> None:
    batched = steps.reassigned(PRIMARY[1], steps.compared(panel, PRIMARY[1], PARAMS), PARAMS)
    assert batched["std_error"] == pytest.approx(clustered(panel, PRIMARY[1])["std_error"])


def on_simplex(a: FloatArray, b: FloatArray, ridge: float) -> FloatArray:
    """Weights of zero or more that add up to one for which a @ weights is nearest b up to a constant, and the ridge least."""
    a, b = a - a.mean(axis=0), b - b.mean()
    found = minimize(
        lambda w: np.mean((a @ w - b) ** 2) + ridge**2 * w @ w,
        np.full(a.shape[1], 1 / a.shape[1]),
        jac=lambda w: 2 * a.T @ (a @ w - b) / len(b) + 2 * ridge**2 * w,
        bounds=[(0, 1)] * a.shape[1],
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 2000},
    )
    assert found.success
    return np.asarray(found.x)


@pytest.mark.parametrize("m", PRIMARY, ids=lambda m: m.id)
def test_the_synthetic_difference_is_that_of_its_weights_computed_here(panel: pd.DataFrame, m: Measure) -> None:
    rows = {row["name"]: row for row in other_estimators(panel, m, PARAMS)}
    # Every country seen in all editions, from the panel itself: iso3 by year.
    scores = panel[panel["year"].between(2014, 2025)].pivot_table(index="iso3", columns="year", values=m.column)
    about = panel.drop_duplicates("iso3").set_index("iso3")
    alike = about["region"].isin(about.loc[NINE, "region"])
    entered = about["entry_tier"].notna()
    whole = scores.dropna()
    never = whole[alike[whole.index] & ~entered[whole.index]]
    effects, cells = [], []
    for first, joined in ((2017, ["GHA", "PAN"]), (2019, sorted(set(NINE) - {"GHA", "PAN"}))):
        before, after = [y for y in whole.columns if y < first], [y for y in whole.columns if y >= first]
        theirs, others = whole.loc[joined].mean(), never
        noise = np.std(np.diff(others[before].to_numpy(), axis=1), ddof=1)
        units = on_simplex(
            others[before].to_numpy().T, theirs[before].to_numpy(), (len(joined) * len(after)) ** 0.25 * noise
        )
        years = on_simplex(others[before].to_numpy(), others[after].mean(axis=1).to_numpy(), 1e-6 * noise)
        gap = theirs - units @ others
        effects.append(gap[after].mean() - years @ gap[before])
        cells.append(len(joined) * len(after))
    assert len(never) == 18
    assert rows["synthetic"]["estimate"] == pytest.approx(np.average(effects, weights=cells), abs=2e-4)
    # Far enough from the registered comparison to be told from it.
    assert abs(rows["synthetic"]["estimate"] - rows["clustered"]["estimate"]) > 1e-3


# --- Who could have joined when another did ----------------------------------------------------------------------


def test_dates_are_dealt_out_only_among_countries_alike_in_region_and_completeness(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    design = Reassignment.of(found)
    units = np.asarray(found.checked.units)
    could = units[np.isfinite(design.assignments(499, 1)).any(axis=0)]
    assert design.complete[np.isin(units, could)].all()
    # All eleven fully observed Latin American countries, named in the findings; 16 African ones.
    assert {"JAM", "MEX", "NIC", "VEN", *NINE} <= set(could)
    assert len(could) == 27
    # One date in seven places of eleven and another in one of the rest; two single dates among sixteen.
    assert design.least_p(4999) == pytest.approx(1 / 5000)
    assert design.least_p(99_999_999) == pytest.approx(1 / (11 * 210 * 16 * 15))


def test_who_is_compared_with_is_named_with_who_could_have_joined_first(panel: pd.DataFrame) -> None:
    pool = steps.comparisons(steps.compared(panel, PRIMARY[0], PARAMS), panel)
    assert len(pool) == 55
    assert not set(NINE) & set(pool["iso3"])
    could = pool[pool["could_have_joined"]]
    assert (could["editions"] == 11).all()
    american = could[could["region"] == "Latin America & Caribbean"]
    assert american["name"].tolist() == ["Jamaica", "Mexico", "Nicaragua", "Venezuela"]
    assert pool.set_index("iso3").loc["GTM", "entered"] == 2021


def test_each_region_by_itself_is_as_if_there_were_no_other(panel: pd.DataFrame) -> None:
    rows = beside.region_by_region(PRIMARY[0], steps.compared(panel, PRIMARY[0], PARAMS), PARAMS)
    by_name = {row["name"]: row for row in rows}
    africa = steps.compared(panel[panel["region"] == "Sub-Saharan Africa"], PRIMARY[0], PARAMS)
    alone = by_name["sub_saharan_africa"]
    assert alone["estimate"] == pytest.approx(steps.registered_test(africa, PARAMS).estimate)
    assert (alone["joined"], alone["n_units"], alone["n_obs"]) == (2, 33, africa.checked.n_obs)
    together = by_name["within_regions"]["estimate"]
    assert together == pytest.approx((7 * by_name["latin_america_caribbean"]["estimate"] + 2 * alone["estimate"]) / 9)


def test_an_earlier_date_of_bolivia_matters_only_with_the_edition_dated_later(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    rows = {row["name"]: row for row in beside.other_datings(panel, PRIMARY[0], found, PARAMS)}
    registered = steps.registered_test(found, PARAMS).estimate
    # No edition lies between 2017 and 2019 unless that of 2017-2018 is dated 2018.
    assert rows["bolivia_earliest"]["estimate"] == registered
    assert rows["bolivia_earliest_edition_2017_at_2018"]["estimate"] < 0 < registered


def test_a_country_left_out_is_as_if_it_were_not_in_the_panel(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    rows = beside.left_out(PRIMARY[0], found, PARAMS).set_index("name")
    assert set(rows.index) == set(found.checked.units)
    assert sorted(rows.index[rows["joined"]]) == NINE
    for iso3 in ("GHA", "MEX"):
        gone = steps.compared(panel[panel["iso3"] != iso3], PRIMARY[0], PARAMS)
        assert rows.loc[iso3, "estimate"] == pytest.approx(steps.registered_test(gone, PARAMS).estimate, abs=1e-12)
        assert rows.loc[iso3, "n_obs"] == gone.checked.n_obs
    assert (rows["ci_level"] == 0.9).all()


def test_what_a_specification_alters_is_counted_in_rows_of_the_registered(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    assert altered(found, found) == 0
    rows = {row["name"]: row for row in beside.variants(panel, PRIMARY[0], found, PARAMS)}
    n = found.checked.n_obs
    # To 2023: two editions fewer. 2017-2018 dated 2018: six countries that joined in 2017 count one edition sooner.
    assert rows["to_2023"]["altered"] == pytest.approx((n - rows["to_2023"]["n_obs"]) / n)
    assert rows["edition_2017_at_2018"]["altered"] == pytest.approx(6 / n)
    # Eight countries have an edition in the year they joined in; others lose the edition of their own entry.
    assert rows["year_of_joining"]["altered"] == pytest.approx((8 + n - rows["year_of_joining"]["n_obs"]) / n)
    assert rows["all_regions"]["altered"] == 1


def test_dates_moved_back_use_no_edition_since_anybody_joined(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS)
    moved = Reassignment.of(found).moved_back(2)
    assert moved is not None
    assert [found.years[int(t) - 1] for t in moved.periods] == [2014, 2015, 2016]
    assert steps.years_before(found) == "2014 to 2016"
    assert sorted(moved.cohort[np.isfinite(moved.cohort)]) == [2, 2, *[3] * 7]
    assert Reassignment.of(found).moved_back(3) is None


def test_intervals_say_nothing_from_the_first_that_holds_the_margin_both_ways() -> None:
    table = pd.DataFrame({"bound": [np.nan, 0.5, 1.0], "ci_low": [-0.01, -0.04, -0.3], "ci_high": [0.05, 0.06, 0.3]})
    assert trends.uninformative_from(SimpleNamespace(table=table), 0.03) == 0.5
    assert trends.uninformative_from(SimpleNamespace(table=table), 0.005) == 0
    assert np.isnan(trends.uninformative_from(SimpleNamespace(table=table), 0.5))


def test_two_countries_leave_nothing_to_be_told_from_chance(panel: pd.DataFrame) -> None:
    one = PARAMS.model_copy(update={"countries": ("GHA",), "control_pool": ("KEN",)})
    with pytest.raises(ParameterError, match="dealt out in 2 ways only"):
        steps.registered_test(steps.compared(panel, PRIMARY[0], one), one)
    # Among Colombia and four others alike there are five, and a fifth is the least p.
    colombia = Reassignment.of(steps.compared(panel, PRIMARY[0], PARAMS.model_copy(update={"countries": ("COL",)})))
    assert colombia.least_p(4999) == pytest.approx(1 / 5)


def test_where_one_country_joined_nothing_is_said_of_trends_that_part(panel: pd.DataFrame) -> None:
    found = steps.compared(panel, PRIMARY[0], PARAMS.model_copy(update={"countries": ("COL",)}))
    path = aggregate(effects_by_group(found, 0.05, base="universal"), "event")
    assert trends.if_trends_parted(path, 0.05) is None
    (row,) = trends.bounds(PRIMARY[0], path, None).to_dict("records")
    assert row["estimate"] == path.overall["estimate"]
    assert np.isnan(row["ci_low"])


def test_a_specification_that_cannot_be_had_is_a_row_that_says_why(panel: pd.DataFrame) -> None:
    two = PARAMS.model_copy(update={"countries": ("COL", "PAN")})
    rows = {row["name"]: row for row in other_estimators(panel, PRIMARY[0], two)}
    assert np.isnan(rows["roth_santanna"]["estimate"])
    assert "cannot be had; Random timing needs two groups" in rows["roth_santanna"]["words"]
    assert np.isfinite(rows["shuffled_in_region"]["estimate"])


# --- What could have been found ----------------------------------------------------------------------------------


def test_the_residuals_of_an_exact_panel_are_nothing(panel: pd.DataFrame) -> None:
    since = (panel["entry_tier"] == "I") & (panel["year"] > panel["entry_documented"]).fillna(False)
    exact = 0.001 * (panel["year"] - 2000) + 0.1 * since.astype("float64")
    planted = panel.assign(wjp_8_1=exact.where(panel["wjp_8_1"].notna()))
    design = Reassignment.of(comparison(planted, "wjp_8_1", Specification(), 2014, 2025))
    assert np.nanmax(np.abs(power.unexplained(design, 0.1))) < 1e-12
    assert np.nanmax(np.abs(power.unexplained(design, 0.0))) > 0.01


def test_power_grows_from_the_level_and_exchanged_residuals_are_rejected_at_it(panel: pd.DataFrame) -> None:
    design = Reassignment.of(steps.compared(panel, PRIMARY[0], PARAMS))
    residuals = power.unexplained(design, 0.01)
    effects = {str(effect): effect for effect in (0.0, 0.03, 0.06, 0.3)}
    found = [share.value for share in power.power(design, residuals, effects, 0.05, 1).values()]
    assert found == sorted(found)
    assert found[0] < 0.1
    assert found[-1] > 0.99
    # Exact where paths can be exchanged: three Monte Carlo errors.
    size = np.mean(power.exchanged(design, residuals, 1) <= 0.05)
    assert size == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / power.SIZE_SAMPLES))


def test_power_and_size_are_those_of_one_simulated_panel_after_the_other(panel: pd.DataFrame) -> None:
    """The samples written out as panels and tested one by one, against the forms in signs that stand for all of them."""
    design = Reassignment.of(steps.compared(panel, PRIMARY[0], PARAMS))
    residuals = power.unexplained(design, 0.01)
    drawn = power.signs(len(residuals), 60, 3)
    larger = np.where(np.isfinite(design.cohort), power.SPREAD, 1.0)
    planted = treated_cells(design.cohort, design.periods)
    dates = design.assignments(199, 3)
    for times, effect in ((drawn, 0.0), (drawn, 0.05), (drawn * larger, 0.0)):
        outcomes = times[..., None] * residuals + effect * planted
        panels = two_sided(studentised_averages(outcomes, dates, design.periods).t)
        np.testing.assert_allclose(design.p_values(residuals, times, [effect], 199, 3)[0], panels, atol=1e-12)


def test_a_year_without_cocaine_has_no_logarithm() -> None:
    panel = pd.DataFrame({"iso3": ["AAA", "AAA", "BBB"], "year": [2019, 2020, 2020]})
    seizures = pd.DataFrame(
        {
            "iso3": ["AAA", "AAA", "BBB"],
            "year": [2019, 2020, 2020],
            "family": ["cocaine", "cocaine", "heroin"],
            "kilograms": [np.e, 0.0, 5.0],
        }
    )
    logs = steps.with_cocaine(panel, seizures)["log_cocaine_kg"]
    assert logs.iloc[0] == pytest.approx(1.0)
    assert logs.iloc[1:].isna().all()


def test_cocaine_of_years_published_since_the_plan_was_registered_enters_no_estimate() -> None:
    years = list(range(2014, 2025))
    panel = pd.DataFrame({"iso3": "AAA", "year": years})
    seized = panel.assign(family="cocaine", kilograms=2.0)
    logs = steps.with_cocaine(panel, seized).set_index("year")["log_cocaine_kg"]
    assert logs.index[logs.isna()].tolist() == [2017, 2023, 2024]


def test_who_is_not_used_is_named_with_the_reason(panel: pd.DataFrame) -> None:
    entries = steps.entry_table(panel, steps.compared(panel, PRIMARY[0], PARAMS)).set_index("iso3")
    assert len(entries) == 12
    assert entries.loc[["CPV", "GNB"], "why_not"].tolist() == ["not in the index"] * 2
    assert entries.loc["PER", "why_not"] == "no year of joining at the documented dating"
    assert (entries.loc[NINE, "why_not"] == "").all()


def test_the_name_of_an_estimate_is_a_row_a_reader_knows() -> None:
    assert beside.shown_name("latest_dating") == "latest dating"
    assert beside.shown_name("roth_santanna") == "Roth-Sant'Anna"
    assert trends.bound_name("parallel trends", np.nan) == "parallel trends"
    assert trends.bound_name("smoothness", 0.005) == "smoothness 0.005"


# --- Countries as parameters ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [["Colombia"], "Colombia", ["col"], "COL"])
def test_a_country_is_asked_for_by_its_code_and_the_near_one_is_named(given: object) -> None:
    with pytest.raises(ValueError, match=r"ISO 3166 alpha-3.*'COL'"):
        Params.model_validate(PARAMS.model_dump() | {"countries": given})


@pytest.mark.parametrize(
    ("name", "codes", "message"),
    [
        ("countries", ["USA"], r"USA \(United States\) did not join; those that did are ARG \(Argentina\), BOL"),
        ("countries", ["COL", "GNQ"], r"GNQ \(Equatorial Guinea\) did not join; did you mean 'GNB'\?"),
        ("control_pool", ["MEX", "PER"], r"PER \(Peru\) joined; compare with countries that did not"),
        ("exclude", ["ATA"], r"ATA \(Antarctica\) is not in the panel of countries"),
        ("exclude", list(JOINED_STATES), "exclude leaves no country that joined"),
        (
            "exclude",
            ["GHA", "CPV", "GNB", "NGA", *OF_AMERICA],
            "no country of Latin America & Caribbean to compare with",
        ),
    ],
)
def test_countries_that_cannot_be_meant_are_refused_with_the_parameters(
    name: str, codes: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Params.model_validate(PARAMS.model_dump() | {name: codes})


def test_who_joined_is_who_the_table_says(panel: pd.DataFrame) -> None:
    assert set(panel.loc[panel["entry_tier"] == JOINED_TIER, "iso3"]) == set(JOINED_STATES)


def test_checking_parameters_opens_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalog, "open", lambda *_: pytest.fail("a table was opened"))
    Params.model_validate(PARAMS.model_dump() | {"countries": ["COL"], "control_pool": ["MEX"], "exclude": ["CHL"]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"countries": ("CPV",)}, r"none of CPV \(Cabo Verde\) has both a year of joining at the documented dating"),
        ({"exclude": tuple(NINE)}, "none of the countries that joined has both"),
        (
            {"countries": ("CPV",), "control_pool": ("CUB",)},
            "none of the countries that are to be compared has a figure",
        ),
        (
            {"control_pool": ("CUB",)},
            r"nobody is left to compare with: none of CUB \(Cuba\) has figures from 2014 to 2025",
        ),
        (
            {"control_pool": ("GTM",), "control": "never_treated"},
            r"none of GTM \(Guatemala\) has figures .* can be used",
        ),
    ],
)
def test_countries_without_figures_are_named_by_the_cell_that_compares(
    panel: pd.DataFrame, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.compared(panel, PRIMARY[0], PARAMS.model_copy(update=changes))


# --- Sentences ------------------------------------------------------------------------------------------------------------


def said(macro: str, *given: object, **context: Any) -> str:
    """A macro with made values, missing ones being an error."""
    values = {"p": PARAMS, "f": SimpleNamespace(), "e": {}, "c": {}, "v": {}} | context
    return plain(Teller("crimjust_research.questions.joining", values)(macro, *given))


def estimate(id: str, **numbers: float) -> Estimate:
    texts = dict.fromkeys(("outcome", "question", "estimand", "specification", "method"), "made") | {"unit": "points"}
    return Estimate(id=id, role="secondary", n_obs=1, n_units=1, **texts, **numbers)


def test_without_a_comparison_to_decompose_no_weight_is_told() -> None:
    assert said("decomposition", f=SimpleNamespace(already=math.nan)).startswith("No weight is shared")
    assert said("decomposition", f=SimpleNamespace(already=0.03)).startswith("They carry at most 3% of the weight")


# Intervals of both questions, from what size on nothing is said (missing: never); what the sentence has and has not.
SAYS_NOTHING = ", which says nothing; breakdown value 0.50."
HONEST = {
    "nothing at all": ((-0.24, 0.25), 0.25, [SAYS_NOTHING, "Uninformative from 0.25 of that size on"], ["even if"]),
    "not even if parallel": (
        (-0.24, 0.25),
        0.0,
        [SAYS_NOTHING, "Uninformative even if trends were parallel"],
        ["on, where"],
    ),
    "only falls": (
        (-0.24, 0.01),
        math.nan,
        ["−0.24 to 0.010 on a scale of 0 to 1; breakdown"],
        ["says", "Uninformative"],
    ),
    "informative": (
        (0.02, 0.06),
        math.nan,
        ["0.020 to 0.060 on a scale of 0 to 1; breakdown"],
        ["says", "Uninformative"],
    ),
    "later": ((-0.02, 0.025), 1.5, ["−0.020 to 0.025 on a scale", "Uninformative from 1.5"], ["says nothing"]),
}


@pytest.mark.parametrize("case", HONEST)
def test_what_is_said_if_trends_parted(case: str) -> None:
    (low, high), least, has, has_not = HONEST[case]
    ids = ("investigation", "adjudication")
    e = {
        f"{id}.honest_relative": estimate(f"{id}.honest_relative", estimate=0.01, ci_low=low, ci_high=high)
        for id in ids
    }
    e |= {f"{id}.breakdown_relative": estimate(f"{id}.breakdown_relative", estimate=0.5) for id in ids}
    told = said("honest", e=e, f=SimpleNamespace(margins=dict.fromkeys(ids, 0.03), nothing=dict.fromkeys(ids, least)))
    for subject in ("criminal investigation", "criminal adjudication"):
        assert f"If trends of {subject} part by at most as much" in told
    assert all(told.count(words) == 2 for words in has)
    assert not any(words in told for words in has_not)


def test_where_too_few_joined_nothing_is_said_of_trends_that_part() -> None:
    told = said("honest", f=SimpleNamespace(nothing={}))
    assert told.count("Too few countries are compared to say what the difference of") == 2


@pytest.mark.parametrize(
    ("ends", "questions", "told"),
    [
        ((-0.24, 0.25), 2, True),
        ((-0.24, 0.01), 2, False),
        ((-0.01, 0.25), 2, False),
        ((0.01, 0.02), 2, False),
        ((-0.24, 0.25), 1, False),
    ],
)
def test_the_answer_says_that_nothing_can_be_said_only_if_it_holds_both_ways(
    ends: tuple[float, float], questions: int, told: bool
) -> None:
    ids = ("investigation", "adjudication")
    e = {id: estimate(id, estimate=0.01, ci_low=-0.02, ci_high=0.04, p_value=0.5, ci_level=0.95) for id in ids}
    e |= {f"{id}.power.margin": estimate(f"{id}.power.margin", estimate=0.2) for id in ids}
    e |= {f"{id}.least_p": estimate(f"{id}.least_p", estimate=0.0002) for id in ids}
    e |= {
        f"{id}.honest_relative": estimate(f"{id}.honest_relative", estimate=0.0, ci_low=ends[0], ci_high=ends[1])
        for id in ids[:questions]
    }
    beside = pd.DataFrame({"lowest": [-0.01, -0.02], "highest": [0.02, 0.03]})
    facts = {
        "joined": 9,
        "margins": dict.fromkeys(ids, 0.03),
        "level": 0.025,
        "least": dict.fromkeys(ids, 0.0002),
        "beside": beside,
        "nothing": dict.fromkeys(ids[:questions], 0.1),
    }
    words = said("answer", e=e, f=SimpleNamespace(**facts))
    assert ("If trends parted as before joining, nothing can be said." in words) is told
    assert "Both zero and a difference that would matter, 0.030, remain possible." in words
    assert "The tests find that size in 20% and 20% of simulated samples." in words
    fewest = e | {f"{id}.least_p": estimate(f"{id}.least_p", estimate=0.2) for id in ids}
    # The design could give less: what is too large is how often the test rejects.
    words = said("answer", e=fewest, f=SimpleNamespace(**facts))
    assert "Calibrated by how often the test rejects without a difference, p comes to no less than about 0.20" in words
    words = said("answer", e=fewest, f=SimpleNamespace(**facts | {"least": dict.fromkeys(ids, 0.2)}))
    assert "With so few countries p comes to no less than about 0.20, above the 0.025 it must reach, so no" in words
    assert "simulated" not in words


@pytest.mark.parametrize(
    ("margins", "high", "told"),
    [
        (
            (0.03, 0.05),
            0.06,
            "Both zero and differences that would matter, 0.030 and 0.050, remain possible. The tests find these in 20% and 20%",
        ),
        ((0.03, 0.05), 0.04, "The tests find differences that would matter, 0.030 and 0.050, in 20% and 20%"),
        ((0.03, 0.03), 0.02, "The tests find a difference that would matter, 0.030, in 20% and 20%"),
    ],
)
def test_each_question_is_held_against_its_own_margin_and_no_size_goes_without_saying(
    margins: tuple[float, float], high: float, told: str
) -> None:
    ids = ("investigation", "adjudication")
    e = {id: estimate(id, estimate=0.01, ci_low=-0.02, ci_high=high, p_value=0.5, ci_level=0.95) for id in ids}
    e |= {f"{id}.power.margin": estimate(f"{id}.power.margin", estimate=0.2) for id in ids}
    e |= {f"{id}.least_p": estimate(f"{id}.least_p", estimate=0.0002) for id in ids}
    facts = {"joined": 9, "level": 0.025, "nothing": {}, "least": dict.fromkeys(ids, 0.0002)}
    beside = pd.DataFrame({"lowest": [-0.01, -0.02], "highest": [0.02, 0.03]})
    words = said("answer", e=e, f=SimpleNamespace(**facts, beside=beside, margins=dict(zip(ids, margins, strict=True))))
    assert told in words


def test_each_estimator_s_intervals_that_hold_zero_are_counted() -> None:
    rows = [
        ("A", -1, 0.1, 0.2),
        ("A", 0, -0.1, 0.2),
        ("A", 1, 0.0, 0.2),
        ("B", 0, -0.3, -0.1),
        ("B", 1, np.nan, np.nan),
    ]
    paths = pd.DataFrame(rows, columns=["estimator", "at", "ci_low", "ci_high"])
    holding = steps.holding_zero(paths)
    assert holding == [{"estimator": "A", "editions": 3, "holding": 2}, {"estimator": "B", "editions": 1, "holding": 0}]
    told = said("event_study", f=SimpleNamespace(holding=dict.fromkeys(("investigation", "adjudication"), holding)))
    assert "Criminal investigation: the interval holds zero in 2 of 3 editions by A, 0 of 1 editions by B." in told


def test_who_is_compared_with_is_counted_and_where_the_rest_is_named() -> None:
    facts = {
        "compared": 55,
        "complete": 18,
        "could": 2,
        "years": (2014, 2015),
        "alike": {"R": ["A", "B"]},
        "unscored": [],
    }
    told = said("who_they_are_compared_with", f=SimpleNamespace(**facts))
    assert told.startswith("55 countries, 18 of them in all 2 editions, all named in this check's table")
    assert "To 2 of them" in told
    assert "A and B (R). The other 53 are only compared with." in told
    assert "control_pool" not in told
    told = said("who_they_are_compared_with", f=SimpleNamespace(**facts | {"could": 55, "unscored": ["Cuba"]}))
    assert "The other" not in told
    assert "Named in control_pool but not compared with" in told
    assert "Cuba." in told
