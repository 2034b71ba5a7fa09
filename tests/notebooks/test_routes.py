"""The notebook on routes, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan, registration
from crimjust_research.evidence.sentences import Teller
from crimjust_research.questions.routes import QUESTION, lists
from crimjust_research.runs import steps
from crimjust_research.vocabulary import seized_drugs

NAME = "03_outcome1_routes"
FEW = {"draws": 199, "sensitivity_draws": 99}


def test_the_question_is_the_registered_one() -> None:
    (registered,) = (p for p in plan.load().primaries if p.id == "routes.overlap")
    assert registered.question == QUESTION.question


def test_everything_the_plan_lists_is_there(estimates: pd.DataFrame, whole: dict[str, Any]) -> None:
    (registered,) = (p for p in plan.load().primaries if p.id == "routes.overlap")
    noted = [(c.of, c.name) for c in whole["study"].checks.values()]
    rows = estimates.assign(role=estimates["role"].where(estimates.index != "overlap", "primary")).reset_index()
    kept = [SimpleNamespace(**row) for row in rows.to_dict("records")]
    assert registration.missing(registered, kept, noted) == []
    specified = estimates.query("role == 'sensitivity'")
    assert [i.removeprefix("overlap.") for i in specified.index] == list(registered.specifications)
    assert specified["altered"].notna().all()
    left = estimates.query("role == 'left_out'")
    assert len(left) == len(whole["drugs"]) + estimates.loc["overlap", "n_units"]
    assert (left["ci_level"] == 0.9).all()


def test_means_of_transport_follow_from_the_raw_table(estimates: pd.DataFrame) -> None:
    raw = catalog.raw().open("seizure_routes")
    drugs = raw[seized_drugs.families_of(raw["drug"], "raw") != "precursors"].groupby("transport")["cases"].sum()
    known = drugs.drop(["unknown", "none"])
    carriers = known[["commercial air", "commercial road", "commercial sea", "mail", "rail"]].sum()
    assert estimates.loc["transport.known", "estimate"] == pytest.approx(known.sum() / drugs.sum())
    assert estimates.loc["transport.carriers", "estimate"] == pytest.approx(carriers / known.sum())
    assert estimates.loc["transport.post", "estimate"] == pytest.approx(known["mail"] / known.sum())
    assert estimates.loc["transport.carriers", "ci_low"] < 0.3  # few countries report most: the interval says so


def test_the_statistic_follows_from_the_raw_table(estimates: pd.DataFrame, whole: dict[str, Any]) -> None:
    # By another way: the raw table, statsmodels' Poisson regression for each drug, numpy's correlations.
    raw = catalog.raw().open("seizure_routes")
    raw["family"] = seized_drugs.families_of(raw["drug"], "raw")
    known = raw[raw["departure"].str.fullmatch("[A-Z]{3}") & raw["destination"].str.fullmatch("[A-Z]{3}")]
    known = known[known["departure"] != known["destination"]]
    many = known.groupby("family")["cases"].sum().drop(["precursors", "other"])
    fitted = {}
    for drug in ("hallucinogens", "opium", "synthetic cannabinoids"):
        assert many[drug] >= 100
        own = known[known["family"] == drug].pivot_table(
            index="departure", columns="destination", values="cases", aggfunc="sum", fill_value=0
        )
        rows = own.reset_index().melt("departure", value_name="y")
        rows = rows[rows["departure"] != rows["destination"]]
        fit = smf.poisson("y ~ C(departure) + C(destination)", rows).fit(disp=0, method="newton", maxiter=200)
        means = fit.predict(rows)
        fitted[drug] = pd.Series(
            ((rows["y"] - means) / np.sqrt(means)).to_numpy(), index=[rows["departure"], rows["destination"]]
        )
    pairs = whole["pairs"].set_index(["first", "second"])["observed"]
    for first, second in combinations(fitted, 2):
        both = pd.concat([fitted[first], fitted[second]], axis=1, join="inner")
        assert pairs[first, second] == pytest.approx(both.corr().iloc[0, 1], abs=1e-5)
    assert estimates.loc["overlap", "n_obs"] == many[many >= 100].sum() == 11_531
    assert whole["test"].null.observed == pytest.approx(pairs.mean())


def test_drugs_share_no_more_than_their_ends_give(estimates: pd.DataFrame, whole: dict[str, Any]) -> None:
    found = estimates.loc["overlap"]
    assert whole["test"].null.observed == pytest.approx(0.2178, abs=0.00005)
    # Four standard deviations of a mean of 199 draws that spread by .0062.
    assert found["estimate"] == pytest.approx(0.0045, abs=4 * 0.0062 / np.sqrt(199))
    assert found["p_value"] > 0.2
    assert found["ci_low"] < 0 < found["ci_high"] < 0.03


def test_the_margin_is_beyond_what_margins_leave_room_for(estimates: pd.DataFrame) -> None:
    assert estimates.loc["room.most", "estimate"] == pytest.approx(0.047, abs=0.003)
    assert estimates.loc["room.least", "estimate"] == pytest.approx(-0.083, abs=0.003)
    powers = estimates.loc[[f"overlap.power.{size}" for size in ("half", "margin", "double")], "estimate"]
    assert powers.isna().all()  # so that "within the margin" is no finding
    assert (estimates.loc[["overlap.equivalence.half", "overlap.equivalence.margin"], "p_value"] == 1 / 200).all()


def test_within_reporters_and_over_all_of_them_differ(estimates: pd.DataFrame) -> None:
    free = estimates.loc["overlap.null_of_drugs"]
    assert free["estimate"] == pytest.approx(0.22, abs=0.01)
    assert free["p_value"] == 2 / 200  # beyond every one of 99 draws
    others = estimates.query("role == 'sensitivity'").drop("overlap.null_of_drugs")
    assert (others["p_value"] > 0.05).all()


def test_size_holds_for_single_cases_and_not_for_cases_in_pairs(estimates: pd.DataFrame) -> None:
    single, pairs = (
        estimates.loc[f"overlap.size.{generator}", "estimate"] for generator in ("random_tables", "cases_in_pairs")
    )
    assert single < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 199) + 0.01
    assert 0.15 < pairs < 0.45
    # What counts is p among cases in pairs, where the test rejects too often.
    assert estimates.loc["overlap.calibrated_p", "p_value"] > estimates.loc["overlap", "p_value"]


def test_halves_of_one_drug_are_seen_to_share(whole: dict[str, Any]) -> None:
    check = whole["study"].checks["overlap_halves_of_one_drug"]
    assert check.facts["halves"] > check.facts["expected"] > 0.3
    assert 0.3 < check.power < 0.8  # too little for a pass to count
    assert check.passed is None


def test_what_version_1_registered_is_the_geography_of_production(estimates: pd.DataFrame) -> None:
    first = estimates.filter(like="version_1.", axis=0)
    gap = first["estimate"] - first["null_value"]
    # As recomputed in the findings on version 1: the gap of -.083 goes where departures are held.
    assert first.loc["version_1.overlap", ["estimate", "n_obs"]].tolist() == [pytest.approx(0.5065, abs=5e-5), 19_341]
    assert gap["version_1.overlap"] == pytest.approx(-0.083, abs=0.003)
    assert gap["version_1.departure_held"] == pytest.approx(-0.008, abs=0.002)
    assert gap["version_1.across_borders"] == pytest.approx(-0.139, abs=0.004)
    assert gap["version_1.across_borders_departure_held"] == pytest.approx(-0.007, abs=0.002)
    at_home = first.loc["version_1.without_largest_home"]
    assert (19_341 - at_home["n_obs"], round(at_home["estimate"], 3)) == (6_788, 0.079)
    assert first.loc["version_1.ends_held", ["estimate", "null_value"]].tolist() == pytest.approx(
        [0.077, 0.077], abs=5e-4
    )
    assert (first["role"] == "secondary").all()


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame) -> None:
    assert np.isnan(estimates.loc["overlap", "p_adjusted"])
    assert estimates.loc["overlap", "role"] == "secondary"  # fewer draws depart from the plan


def test_colombia_reports_no_route(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    assert estimates.loc["coverage.colombia_known", "estimate"] == 0
    assert "overlap.without.colombia" not in estimates.index  # what alters no row is no specification
    table = whole["coverage"]
    share = table["of_colombia"].sum() / table["cases"].sum()
    assert share == pytest.approx(estimates.loc["coverage.colombia", "estimate"])


def test_coverage_adds_up_to_the_published_totals(whole: dict[str, Any]) -> None:
    table = whole["coverage"]
    assert table["cases"].sum() + table["repeated_records"].sum() == 311_038
    assert table["repeated_records"].sum() == 44_229
    assert "20,622 name something at both ends" in str(whole["study"].say("both_ends_known"))


@pytest.mark.parametrize("shared", [True, False])
def test_planted_routes_are_found(shared: bool, plant: Callable[..., None]) -> None:
    """Two drugs with the same ends: joined alike in each reporting country, or each the other's way."""

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        one = panel[panel["ends"] == "two countries"].iloc[0]
        routes = [("BRA", "ESP", 9), ("BRA", "PRT", 1), ("PER", "ESP", 1), ("PER", "PRT", 9)]
        other = [(departure, destination, 10 - n) for departure, destination, n in routes]
        rows = [
            one.to_dict()
            | {"family": drug, "seizing": seen, "departure": a, "destination": b, "cases": 3 * n, "year": 2012}
            for drug, way in (("cocaine", routes), ("heroin", routes if shared else other))
            for seen in ("FRA", "GBR", "NLD", "DEU", "BEL")
            for a, b, n in way
        ]
        return pd.DataFrame(rows)

    plant("routes_year", planted)
    found = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id").loc["overlap"]
    assert found["estimate"] == pytest.approx(1.0 if shared else -1.0, abs=0.2)


def test_most_shared_routes_are_what_reporters_ends_give(whole: dict[str, Any]) -> None:
    shared = whole["shared"].set_index(["departure", "destination", "first", "second"])
    assert len(shared) == 38
    # Most is expected already where each reporter's ends are held: all of Pakistan to Saudi Arabia is.
    assert shared.loc[("PAK", "SAU", "amphetamine", "methamphetamine"), "p_value"] == 1
    assert shared.loc[("ESP", "FRA", "cocaine", "heroin"), "p_value"] < 0.02
    assert (shared["p_value"] < 0.05).sum() < len(shared) / 4
    assert shared["shared"].is_monotonic_decreasing


def test_pairs_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates.index.str.startswith("pair.")]
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_majors_matrix_says_what_was_not_read(whole: dict[str, Any]) -> None:
    matrix = whole["matrix"]
    cell = matrix.set_index(["iso3", "fiscal_year"])["listing"]
    assert len(matrix) == 17 * 22
    assert set(matrix.loc[matrix["listing"] == lists.NOT_READ, "fiscal_year"]) == {2006, 2008, 2010, 2015, 2016}
    assert (cell["BLZ", 2005], cell["BLZ", 2013]) == (lists.NOT_LISTED, lists.LISTED)
    assert cell["PAK", 2017] == lists.IMPLIED
    counts = whole["counts"].set_index("fiscal_year")["proposed_countries_listed"]
    assert (counts[2005], counts[2011], counts[2021]) == (12, 15, 17)
    assert pd.isna(counts[2006])


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any]) -> None:
    study = whole["study"]
    text = str(study.say("answer"))
    assert text.startswith(
        "In 11,531 seizures between two countries, 2011 to 2016, residuals of drugs by route correlate 0.00"
    )
    assert "The margin, 0.20, could not have shown: those ends leave room for 0.04" in text
    assert "The records do not show whether routes converge." in text
    assert "shows no choice if 1 other Major is a source too (p = 0.067)." in text
    assert "adjusted" not in text
    assert len(text.split()) <= 90
    said = text + " ".join(str(study.say(c.name, *([c] if c.of else []))) for c in study.checks.values())
    for word in ("caused", "effect of", "impact", "because", "leads to", "due to", "significant"):
        assert word not in said


def test_where_too_few_cases_are_known_the_sentences_say_so() -> None:
    run = steps.run(NAME, start=2016, end=2016, min_cases=40, confidence_level=0.95, **FEW)
    study = run["study"]
    assert "seizures between two countries, 2016, residuals" in str(study.say("answer"))
    assert "precursors" not in set(study.frame()["id"])
    assert "too few to be compared" in str(study.say("precursors"))


@pytest.mark.parametrize(
    ("grade", "estimate", "says"),
    [
        ("not answerable", 0.004, "Reporting countries' own departures and destinations leave too little free"),
        ("no effect of that size", 0.004, "Drugs share routes no more or less than by 0.20 beyond"),
        ("suggestive", 0.03, "Drugs share routes more than"),
        ("contrary", -0.03, "Drugs share routes less than"),
        ("undecided", 0.01, "Whether drugs share routes beyond their own departures and destinations"),
    ],
)
def test_the_verdict_says_no_more_than_was_found(grade: str, estimate: float, says: str) -> None:
    ends = {"ci_low": estimate - 0.01, "ci_high": estimate + 0.01}
    x = SimpleNamespace(estimate=estimate, p_adjusted=0.002, grade=grade, finding=SimpleNamespace(margin=0.2), **ends)
    params = SimpleNamespace(confidence_level=0.95)
    teller = Teller(QUESTION.package, {"v": {"routes.overlap": x}, "p": params, "e": {}, "c": {}, "f": {}})
    assert teller("verdict").startswith(says)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2017, "end": 2020}, "on record from 2011 to 2016; give both"),
        ({"start": 2016, "end": 2011}, "the window is empty"),
        ({"min_cases": 0}, "a whole number from 1 to 1000000"),
        ({"states": 10}, "there are 22 Majors alone"),
        ({"most_sources": 11}, "the 12 sources the document counts"),
        ({"most_sources": 196}, "to the 195 States"),
        ({"draws": 10}, "a whole number from 99 to 99999"),
        ({"confidence_level": 95}, "a number above 0.5 and at most 0.999"),
        ({"drawz": 99}, "did you mean 'draws'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_threshold_that_leaves_one_drug_is_refused_in_words() -> None:
    with pytest.raises(steps.CellError, match="set min_cases to 2176 or less, or widen the window"):
        steps.run(NAME, until="registered", min_cases=9_000)
