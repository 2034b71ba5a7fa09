"""Steps of the question of diversification, by hand."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crimjust_research import project
from crimjust_research.data import catalog, panels
from crimjust_research.data.tables import Release
from crimjust_research.designs.composition.diversity import diversity_at, size_for_coverage
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.calibration import calibrated_level
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions import seizure_years
from crimjust_research.questions.diversification import QUESTION, diversity, kinds, steps
from crimjust_research.questions.diversification.params import Params
from crimjust_research.runs import steps as run_steps

P = Params(start=2012, end=2022, order=1, fewest_kinds=3, confidence_level=0.95, draws=50, seed=1)
YEARS = [*range(2012, 2017), *range(2018, 2023)]
PUBLISHED = pd.DataFrame({"publication": ["old", "new"], "first": [2012, 2018], "last": [2016, 2022]})


def panel(rows: list[tuple[str, int, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms"])
    return frame.assign(is_precursor=frame["family"] == "precursors")


def rising(countries: int, by: float = 0.03) -> pd.DataFrame:
    """Countries in which the share of a second kind rises evenly; a third keeps them eligible."""
    rng = np.random.default_rng(2)
    rows = []
    for country in range(countries):
        for year in YEARS:
            share = 0.02 + by * (year - 2012) + rng.uniform(0, 0.01)
            name = f"C{country:02d}"
            rows += [(name, year, "a", 1 - share), (name, year, "b", share), (name, year, "c", 0.001)]
    return panel(rows)


# Diversity --------------------------------------------------------------------------------------------------------------


def test_compositions_keep_countries_with_enough_kinds() -> None:
    rows = [("AAA", 2012, "cocaine", 1.0), ("AAA", 2012, "heroin", 1.0), ("AAA", 2013, "cannabis", 2.0)]
    rows += [("BBB", 2012, "cocaine", 5.0), ("BBB", 2013, "heroin", 5.0)]
    table = diversity.compositions(panel(rows), 2012, 2013, 3)
    assert set(table.index.get_level_values("iso3")) == {"AAA"}
    assert len(diversity.compositions(panel(rows), 2012, 2013, 2)) == 4


def test_effective_numbers_by_hand() -> None:
    rows = [("AAA", 2012, "a", 1.0), ("AAA", 2012, "b", 1.0), ("AAA", 2013, "c", 2.0)]
    # Three kinds of weights 8, 1, 1: order 1 is exp(-(.8 ln .8 + .2 ln .1)), order 2 is 1 / (.64 + .01 + .01).
    rows += [("AAA", 2014, "a", 8.0), ("AAA", 2014, "b", 1.0), ("AAA", 2014, "c", 1.0)]
    found = diversity.log_diversity(diversity.compositions(panel(rows), 2012, 2014, 3)).set_index("year")
    # Two equal kinds count two in every order; one kind counts one.
    assert [found.loc[2012, f"hill_{q}"] for q in (0, 1, 2)] == pytest.approx([2, 2, 2])
    assert found.loc[2013, "log_1"] == pytest.approx(0)
    assert found.loc[2014, "hill_1"] == pytest.approx(math.exp(-(0.8 * math.log(0.8) + 0.2 * math.log(0.1))))
    assert found.loc[2014, "hill_2"] == pytest.approx(1 / 0.66)


def test_two_years_are_no_trend() -> None:
    rows = [("AAA", year, kind, 1.0) for year in (2016, 2018) for kind in "abc"]
    with pytest.raises(ParameterError, match="the window has seizures of 2016, 2018 alone; a trend needs 3 years"):
        steps.measured(panel(rows), PUBLISHED, P)


def test_publications_and_the_years_of_each() -> None:
    raw = pd.DataFrame({"publication": ["new", "old", "old", "new"], "year": [2018, 2012, 2016, 2022]})
    published = diversity.publications(raw)
    assert published.to_dict("list") == {"publication": ["old", "new"], "first": [2012, 2018], "last": [2016, 2022]}
    years = pd.DataFrame({"year": [2016, 2018, 2013]})
    assert diversity.by_publication(years, published).tolist() == ["old", "new", "old"]
    assert diversity.in_later_publication(years, published).tolist() == [0, 1, 0]
    # Where the window begins with the second publication, that is the first it reaches.
    assert diversity.in_later_publication(years[years["year"] > 2016], published).tolist() == [0]


def test_yearly_means_leave_years_without_figures_empty() -> None:
    measures = pd.DataFrame({"iso3": ["A", "B"] * 2, "year": [2016, 2016, 2018, 2018]})
    measures = measures.assign(**{f"log_{q}": np.log([2.0, 8.0, 3.0, 3.0]) for q in (0, 1, 2)})
    means = diversity.yearly_means(measures, 0.05).query("order == 1").set_index("year")
    assert means.loc[2016, "effective_number"] == pytest.approx(4)  # geometric
    assert means.loc[2016, "low"] == pytest.approx(4 * math.exp(-1.959964 * math.log(2)), rel=1e-6)
    assert math.isnan(means.loc[2017, "effective_number"])


def test_a_countrys_own_slope() -> None:
    years = [2012, 2013, 2014, 2016]
    lines = {"AAA": [0.0, 0.1, 0.2, 0.4], "BBB": [1.0, 1.0, 1.0, 1.0], "CCC": [0.0, 5.0]}
    rows = [(c, y, v) for c, values in lines.items() for y, v in zip(years, values, strict=False)]
    slopes = diversity.country_slopes(pd.DataFrame(rows, columns=["iso3", "year", "log_1"]), "log_1")
    assert slopes.set_index("iso3")["slope"].to_dict() == pytest.approx({"AAA": 0.1, "BBB": 0.0})  # CCC has two years


# Kinds and cases --------------------------------------------------------------------------------------------------------


def test_a_new_kind_needs_two_reports_without_it() -> None:
    rows = [("AAA", year, "a", 1.0) for year in (2012, 2013, 2014, 2015)] + [("AAA", 2014, "b", 1.0)]
    rows += [("BBB", year, "a", 1.0) for year in (2012, 2013)] + [("BBB", 2013, "b", 1.0)]
    rates = kinds.entry_rates(panel(rows), P).set_index("period")
    assert rates.loc[2014, "entries"] == 1  # AAA's two reports before lack it
    assert rates.loc[2013, "entries"] == 0  # BBB has one report before only


def test_grams_are_recorded_from_the_year_in_which_most_weights_are_fractions() -> None:
    rows = [("AAA", 2016, "a", 1.0), ("AAA", 2016, "b", 2.5), ("AAA", 2016, "c", 4.0)]
    rows += [("AAA", 2020, "a", 0.25), ("AAA", 2020, "b", 1.5), ("AAA", 2020, "c", 3.0)]
    assert kinds.grams_from(panel(rows)) == 2020
    assert kinds.grams_from(panel(rows[:3])) is None


def test_the_rate_of_the_year_of_grams_stands_against_the_highest_other() -> None:
    rates = pd.DataFrame({"period": [2018, 2019, 2020, 2021], "entry_rate": [np.nan, 0.4, 1.4, 0.5]})
    assert kinds.around_grams(rates, 2020) == (1.4, 0.5)
    assert all(math.isnan(rate) for year in (2018, 1999, None) for rate in kinds.around_grams(rates, year))


def test_cases_within_countries_are_brought_to_one_coverage() -> None:
    rows = [("AAA", year, drug, 40) for year in (2012, 2013, 2014) for drug in ("Cocaine", "Heroin")]
    rows += [
        ("BBB", 2012, "Cocaine", 1),
        *(("CCC", 2012, drug, 1) for drug in ("Cocaine", "Heroin", "Opium", "Methamphetamine")),
        ("AAA", 2011, "Heroin", 9),
    ]
    routes = pd.DataFrame(rows, columns=["seizing", "year", "drug", "cases"])
    found = kinds.cases_within_countries(routes, P)
    # One case has no coverage; four of four kinds would take more than eight; 2011 lies before the window.
    assert found[["iso3", "year", "cases"]].to_records(index=False).tolist() == [
        ("AAA", y, 80) for y in (2012, 2013, 2014)
    ]
    # Two equal kinds, seen in a sample of the few cases that cover nine tenths: between one and two.
    size = size_for_coverage([40, 40], 0.9)
    assert np.exp(found["log_number"]).tolist() == pytest.approx([diversity_at([40, 40], 1, size).item()] * 3)
    assert kinds.cases_within_countries(routes, P.model_copy(update={"start": 2018})).empty
    assert kinds.trend_among_cases(found, P) is None  # one country is too few


def test_cases_contradict_only_where_they_clearly_move_against_weights() -> None:
    rng = np.random.default_rng(4)
    rows = pd.DataFrame([(f"C{c}", y) for c in range(30) for y in range(2012, 2017)], columns=["iso3", "year"])
    falling = rows.assign(log_number=-0.05 * (rows["year"] - 2014) + rng.normal(0, 0.05, len(rows)))
    among = kinds.trend_among_cases(falling, P)
    assert kinds.as_contrary(among, 0.004, 0.02)["passed"] is False
    assert kinds.as_contrary(among, -0.004, 0.02)["passed"] is True
    assert kinds.as_contrary(among, 0.004, 0.02)["power"] > 0.99
    vague = rows.assign(log_number=-0.05 * (rows["year"] - 2014) + rng.normal(0, 3, len(rows)))
    unclear = kinds.as_contrary(kinds.trend_among_cases(vague, P), 0.004, 0.02)
    assert unclear["passed"]
    assert unclear["power"] < 0.2


def test_the_heaviest_reporter_is_left_out_of_the_cases() -> None:
    rows = [("COL", 2014, "Cocaine", 900), ("ESP", 2014, "Cocaine", 60), ("ESP", 2014, "Heroin", 40)]
    rows += [("ESP", 2015, "Cocaine", 30), ("ESP", 2015, "Heroin", 30)]
    routes = pd.DataFrame(rows, columns=["seizing", "year", "drug", "cases"])
    assert kinds.heaviest_reporter(routes) == ("COL", 900 / 1060)
    found = kinds.cases_at_equal_coverage(routes, P).query("order == 2").set_index("year")
    assert found["cases"].to_dict() == {2014: 100, 2015: 60}
    assert found.loc[2014, "estimate"] < found.loc[2015, "estimate"]


# Trends -----------------------------------------------------------------------------------------------------------------


def stepped(step: float, trend: float = 0.0, n: int = 40) -> pd.DataFrame:
    """Countries whose log number of order 1 rises by `trend` a year and by `step` between the publications."""
    rng = np.random.default_rng(5)
    rows = pd.DataFrame([(f"C{c:02d}", year) for c in range(n) for year in YEARS], columns=["iso3", "year"])
    rows["later"] = (rows["year"] > 2016).astype("float64")
    drift = rng.normal(0, 0.01, n)[rows["iso3"].str[1:].astype("int64")]
    own = rows["year"] - 2017
    return rows.assign(log_1=trend * own + drift * own + step * rows["later"] + rng.normal(0, 0.2, len(rows)))


def test_a_step_between_publications_is_no_trend() -> None:
    fit = steps.trend(stepped(0.5), P)
    assert steps.as_row(fit, "registered")["p_value"] > 0.05
    assert fit.table.set_index("term").loc["later", "estimate"] == pytest.approx(0.5, abs=0.1)
    # Without the term it would be taken for one.
    assert steps.unit_effects_regression(stepped(0.5), "log_1", ["year"], "iso3").table["p_value"].iloc[0] < 1e-6
    # A window within one publication has no step to tell.
    assert steps.terms(stepped(0.5).query("later == 1")) == ["year"]
    assert steps.as_row(steps.trend(stepped(0.5, 0.1), P), "registered")["p_value"] < 1e-6


def test_power_of_the_closed_form_is_that_of_simulated_panels() -> None:
    measures = stepped(0.1)
    fit = steps.trend(measures, P)
    found = steps.of_the_test(fit, measures, {"half": 0.01, "margin": 0.02}, 0.05, P)
    at = calibrated_level(0.05, found["without_effect"])
    assert 0.03 < at <= 0.05
    design, y = steps._within(measures, P)
    residuals = y - design.x @ (design.bread @ (design.x.T @ y))
    samples = steps.signed(residuals, design.code, 4000, np.random.default_rng(1))
    estimate, error = design.fits(samples)
    for name, size in (("half", 0.01), ("margin", 0.02)):
        p = 2 * stats.t.sf(np.abs(estimate[0] + size) / error[0], design.df[0])
        assert found["power"][name].value == pytest.approx(np.mean(p < at), abs=0.035)
        assert found["power"][name].samples == 0
    row = fit.table.iloc[0]
    ends = row["estimate"] + np.array([-1, 1]) * stats.t.ppf(0.95, row["df"]) * row["std_error"]
    assert (found["equivalence"]["margin"] < 0.05) == bool(np.abs(ends).max() < 0.02)


def test_the_test_keeps_its_size_under_both_generators() -> None:
    found = steps.without_trend(stepped(0.3, n=60), P)
    assert list(found) == ["signs", "exchanged"]
    for simulated in found.values():
        assert simulated.p_values.size == steps.SAMPLES
        assert simulated.rejected(0.05).mean() == pytest.approx(0.05, abs=0.02)


def specified(seizures: pd.DataFrame, chosen: Params = P, proposed: tuple[str, ...] = ()) -> pd.DataFrame:
    measures = steps.measured(seizures, PUBLISHED, chosen)
    return steps.specifications(seizures, PUBLISHED, measures, proposed, chosen).set_index("name")


def test_specifications_are_those_of_the_plan() -> None:
    (primary,) = [p for p in plan.load().primaries if p.id == "diversification.trend"]
    assert set(specified(rising(6), proposed=("C00", "C01", "C02")).index) == set(primary.specifications)


def test_specifications_say_how_many_rows_they_alter() -> None:
    seizures = pd.concat([rising(6), panel([("C00", 2012, "precursors", 5.0)])])
    table = specified(seizures, proposed=("C00", "C01", "C02"))
    assert table.loc["without_step", "altered"] == table.loc["order_2", "altered"] == 1
    assert table.loc["without_precursors", "altered"] == pytest.approx(1 / 60)  # the one country-year that has any
    assert table.loc["first_publication", "altered"] == table.loc["second_publication", "altered"] == 0.5
    assert table.loc["proposed_countries_only", "altered"] == 0.5
    assert table.loc["proposed_countries_only", "n_obs"] == 30
    assert table.loc["reporters_of_every_year", "altered"] == 0
    assert table.loc["wild_bootstrap", "altered"] == 0
    # An equal share moves from the heaviest kind to others: more diverse.
    assert (table.loc[["without_step", "order_2", "each_country_once", "first_publication"], "estimate"] > 0).all()
    assert table.loc["wild_bootstrap", "estimate"] == pytest.approx(
        steps.trend(steps.measured(seizures, PUBLISHED, P), P).table["estimate"].iloc[0]
    )


def test_what_cannot_be_estimated_is_told_and_not_left_out() -> None:
    table = specified(rising(5), P.model_copy(update={"start": 2018}), proposed=("C00", "C01"))
    # Within one publication there is no other; without a no country has three kinds left.
    for name in ("second_publication", "proposed_countries_only", "without_heaviest"):
        assert math.isnan(table.loc[name, "estimate"])
        assert table.loc[name, "why"].startswith("; not estimated: ")
    assert table.loc["first_publication", "altered"] == 0
    assert table.loc["first_publication", "why"] == ""


def test_rows_added_dropped_and_changed_are_altered() -> None:
    measures = pd.DataFrame({"iso3": ["A"] * 4, "year": [1, 2, 3, 4], "log_1": [0.1, 0.2, 0.3, 0.4]})
    other = pd.DataFrame({"iso3": ["A"] * 4, "year": [2, 3, 4, 5], "log_1": [0.2, 0.9, 0.4, 0.5]})
    assert steps.altered(measures, measures, "log_1") == 0
    assert steps.altered(measures, other, "log_1") == 3 / 4  # 1 is dropped, 3 changed, 5 added
    assert steps.altered(measures, other.assign(iso3="B"), "log_1") == 1


def test_without_a_drug_its_weight_is_gone() -> None:
    """All that rises is the share of b: without it nothing changes but the few grams of c."""
    seizures = pd.concat([rising(6), panel([("C00", 2012, "d", 0.002), ("C01", 2012, "d", 0.002)])])
    codes = dict(zip(sorted(seizures["iso3"].unique()), ["ALB", "ARG", "BRA", "PER", "KEN", "JPN"], strict=True))
    seizures["iso3"] = seizures["iso3"].map(codes)
    assert steps.heaviest_drug(seizures, P) == "a"
    chosen = P.model_copy(update={"fewest_kinds": 2})
    measures = steps.measured(seizures, PUBLISHED, chosen)
    without = steps.left_out(seizures, PUBLISHED, measures, chosen).set_index("slug")
    assert set(without.index) == {*codes.values(), "a", "b", "c", "d"}
    whole = steps.as_row(steps.trend(measures, chosen), "all")
    assert abs(without.loc["b", "estimate"]) < 0.05 * whole["estimate"]
    alone = steps.trend(measures[measures["iso3"] != "PER"], chosen, alpha=0.1).table.iloc[0]
    columns = ["estimate", "ci_low", "ci_high"]
    assert without.loc["PER", columns].tolist() == pytest.approx(alone[columns].tolist(), rel=1e-9)
    assert (without["ci_level"] == 0.9).all()
    ends = steps.ends(without.reset_index())
    assert ends["low_unit"] == without.loc[without["estimate"].idxmin(), "words"]
    assert ends["reach"] == without[["ci_low", "ci_high"]].abs().to_numpy().max()
    untold = pd.DataFrame(
        [{"estimate": float("nan"), "ci_low": float("nan"), "ci_high": float("nan"), "words": "none"}]
    )
    assert steps.ends(pd.concat([without, untold]))["reach"] == ends["reach"]


def test_a_planted_extra_trend_is_recovered() -> None:
    slow, fast = rising(4, 0.01), rising(4, 0.03)
    seizures = pd.concat([slow, fast.assign(iso3=fast["iso3"].str.replace("C", "D"))])
    measures = steps.measured(seizures, PUBLISHED, P)
    groups = {"proposed": {"D00", "D01", "D02", "D03"}, "phase": {"XXX"}}
    (row,) = steps.extra_trends(measures, groups, P).to_dict("records")  # no phase country reports
    assert (row["group"], row["p_value"] < 0.001, row["estimate"] > 0) == ("proposed", True, True)


# A newer annex ----------------------------------------------------------------------------------------------------------

RAW = "seizures_country"


@pytest.fixture
def newer_annex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout beside this one, whose raw table has a release more: the figures of 2022 once more as those of 2023."""
    home, published = project.root(), catalog.raw()
    for path in [p for p in home.iterdir() if p.name != "data"]:
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    for path in [*(home / "data").iterdir(), *(home / "data" / "raw").iterdir()]:
        if path.name not in ("raw", "processed", RAW, catalog.FILE):
            (tmp_path / path.relative_to(home)).symlink_to(path)
    shutil.copytree(home / "data" / "raw" / RAW, tmp_path / "data" / "raw" / RAW)
    shutil.copy(home / "data" / "raw" / catalog.FILE, tmp_path / "data" / "raw")
    shutil.copytree(home / "data" / "processed", tmp_path / "data" / "processed")
    figures = published.open(RAW)
    later = pd.concat([figures, figures[figures["year"] == 2022].assign(year=2023)], ignore_index=True)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    catalog.raw().store([Release(published.resource(RAW).table, "2030-01", later)])
    panels.build(["seizures_country_year"])


@pytest.mark.usefixtures("newer_annex")
def test_a_newer_annex_moves_the_years_that_may_be_asked_for_and_not_the_registered_ones() -> None:
    skip = {"answer", "power", "figure"}
    wider = run_steps.run(QUESTION.notebook, until="registered", end=2023)
    assert wider["years"][-1] == 2023
    assert [d.split(" is ")[0] for d in wider["study"].departures] == ["end"]
    assert set(wider["study"].frame()["role"]) == {"secondary"}
    with pytest.raises(ParameterError, match="seizures are on record from 2012 to 2023; give end no later than 2023"):
        run_steps.run(QUESTION.notebook, until="registered", end=2024)
    registered = run_steps.run(QUESTION.notebook, skip=skip)
    assert registered["years"][-1] == 2022
    assert registered["study"].departures == ()
    assert "With the years published since, 2012 to 2023, the change is" in str(registered["study"].say("newest"))


# Sentences --------------------------------------------------------------------------------------------------------------


def said(macro: str, estimates: Any = (), verdicts: Any = (), p: Params = P, **facts: Any) -> str:
    context = {"p": p, "e": dict(estimates), "v": dict(verdicts), "f": SimpleNamespace(**facts), "c": SimpleNamespace()}
    return plain(Teller(QUESTION.package, context)(macro))


def estimate(name: str, value: float, low: float, high: float, p_value: float = 0.3) -> Estimate:
    return Estimate(
        name, "3", "?", "?", "?", "", value, "log points", 10, 5, "secondary",
        ci_low=low, ci_high=high, ci_level=0.95, p_value=p_value, p_adjusted=0.4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], "5 countries, 2 to 4 a year."),
        ([2017], "5 countries, 2 to 4 a year. 2017 is in neither of UNODC's publications and was not filled."),
        ([2017, 2020], "2017 and 2020 are in neither of UNODC's publications and were not filled."),
    ],
)
def test_years_without_figures_are_named(gaps: list[int], expected: str) -> None:
    text = said("who_reports", countries=5, fewest=2, most=4, gaps=gaps, left_out_years=[])
    assert text.endswith(expected)


def test_a_year_published_since_the_question_was_registered_is_left_out_and_named() -> None:
    rows = [("AAA", year, "a", 1.0) for year in range(2011, 2025)]
    kept = seizure_years.without_gap(panel(rows))
    assert sorted(set(range(2011, 2025)) - set(kept["year"])) == [2017]
    assert seizure_years.registered(panel(rows))["year"].tolist() == [*range(2012, 2017), *range(2018, 2023)]
    assert seizure_years.left_out(panel(rows)) == [2011, 2017, 2023, 2024]
    text = said("who_reports", countries=5, fewest=2, most=4, gaps=[], left_out_years=[2017])
    assert text == "5 countries, 2 to 4 a year. 2017, published since the question was registered, is left out."


def test_the_step_is_told_with_its_direction_or_not_at_all() -> None:
    below = {"publication_step": estimate("publication_step", -0.09, -0.16, -0.01, 0.0001)}
    text = said("step", below)
    assert "0.090 log points below the first (95% interval −0.16 to −0.010, p < 0.001)" in text
    assert said("step") == "The window holds one publication alone, so there is no step."


def test_an_interval_of_nearly_everything_is_not_told_as_one_of_all() -> None:
    wide = replace(estimate("publication_step", 0.09, -0.16, 0.3), ci_level=0.999)
    assert "(99.9% interval −0.16 to 0.30" in said("step", {"publication_step": wide})


def test_a_group_that_falls_behind_changes_less() -> None:
    text = said("groups", {"extra_trend_phase": estimate("extra_trend_phase", -0.03, -0.05, -0.01)}, groups=["phase"])
    assert text.startswith(
        "Phase countries change by 3.0% a year less than all others (95% interval −4.9 to −1.00, p = 0.300;"
    )


@pytest.mark.parametrize(
    ("grade", "value", "expected"),
    [
        (
            "no effect of that size",
            0.004,
            "By weight, what is seized changed in diversity by less than 2.0% a year within countries (0.40% a year, ",
        ),
        (
            "suggestive",
            0.1,
            "has become more diverse by weight (11% a year, interval −1.00 to 3.0; adjusted p < 0.001; sug",
        ),
        ("contrary", -0.1, "has become less diverse by weight"),
        ("undecided", 0.1, "Whether what is seized has become more diverse within countries is undecided"),
        ("not answerable", 0.1, "is not answerable (11% a year"),
    ],
)
def test_the_verdict_claims_no_more_than_the_grade(grade: str, value: float, expected: str) -> None:
    numbers = {"estimate": value, "ci_low": -0.01, "ci_high": 0.03, "p_adjusted": 0.0004}
    graded = SimpleNamespace(grade=grade, finding=SimpleNamespace(margin=0.02), **numbers)
    assert expected in said("verdict", verdicts={"diversification.trend": graded})


@pytest.mark.parametrize(
    ("low", "high", "p_value", "expected"),
    [
        (-0.01, 0.01, 0.001, "is excluded"),
        (-0.01, 0.05, 0.6, "is not excluded"),
        (0.046, 0.075, 0.99, "is exceeded by the whole interval"),
        (-0.075, -0.046, 0.99, "is exceeded by the whole interval"),
    ],
)
def test_the_margin_is_told_by_where_the_interval_lies(low: float, high: float, p_value: float, expected: str) -> None:
    middle = (low + high) / 2
    rows = [estimate("trend", middle, low, high), estimate("trend.equivalence.margin", middle, low, high, p_value)]
    assert expected in said("within_margin", {row.id: row for row in rows}, margin=0.02)


def test_a_count_of_kinds_is_told_with_the_recording_of_grams() -> None:
    rows = ("trend", "trend.without_heaviest", "trend.without_step", "trend.equivalence.margin")
    found = {name: estimate(name, 0.061, 0.046, 0.075, 0.99) for name in rows}
    facts = {"years": [2012, 2022], "published": 1, "heaviest": "cannabis", "grams_from": 2022, "margin": 0.02}
    chosen = P.model_copy(update={"order": 0})
    assert "grams from 2022, which raises the count" in said("answer", found, p=chosen, **facts)
    assert "grams from" not in said("answer", found, **facts)
