"""Outcome 1's assessment of routes: what is compared, words and numbers, and the twelve of seventeen."""

import math
import re
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.data.panels.routes import NO_END, ONE_COUNTRY, ONE_END, TWO_COUNTRIES
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import routes
from crimjust_research.outcomes.routes import convergence, coverage, lists, maps
from crimjust_research.results import Assessment
from crimjust_research.vocabulary import seized_drugs

FAST = {"draws": 199, "sensitivity_draws": 99}
REGISTERED_SENSITIVITY = [
    "overlap.cosine",
    "overlap.jaccard",
    "overlap.without_colombia",
    "overlap.every_year",
    *(f"overlap.year_{year}" for year in range(2011, 2017)),
]


def params(**changes: object) -> routes.Params:
    return routes.Params(**{**FAST, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def result() -> Assessment:
    return routes.assess(params())


def panel(rows: list[tuple[int, str, str, str, str, int]]) -> pd.DataFrame:
    """A panel of routes by hand: year, family, seizing, departure, destination, cases."""
    frame = pd.DataFrame(rows, columns=["year", "family", "seizing", "departure", "destination", "cases"])
    known = frame[["departure", "destination"]] != "unknown"
    ends = np.where(known.all(axis=1), TWO_COUNTRIES, np.where(known.any(axis=1), ONE_END, NO_END))
    same = known.all(axis=1) & (frame["departure"] == frame["destination"])
    return frame.assign(ends=np.where(same, ONE_COUNTRY, ends), duplicates=0)


# --- The registered comparison ----------------------------------------------------------------------------------


def test_the_defaults_are_those_registered() -> None:
    registered = next(p for p in plan.load().primaries if p.id == "routes.overlap")
    assert dict(registered.parameters) == {"seed": 20211212, "draws": 4999}
    assert registered.question == convergence.QUESTION
    assert plan.load().departures("routes", routes.Params().model_dump()) == ()


def test_the_primary_estimate_is_the_registered_one(result: Assessment) -> None:
    primary = result.frame().query("role == 'primary'")
    assert list(primary["id"]) == [routes.PRIMARY]
    assert list(result.frame().query("role == 'sensitivity'")["id"]) == REGISTERED_SENSITIVITY
    assert primary["p_adjusted"].tolist() == primary["p_value"].tolist()  # alone in its family here
    assert result.departures == ("draws is 199; the plan registers 4999",)


def test_the_overlap_follows_from_the_raw_table(result: Assessment) -> None:
    # By another way: the raw table, no panel, and the formula pair by pair.
    raw = catalog.raw().open("seizure_routes")
    raw["family"] = seized_drugs.families_of(raw["drug"], "raw")
    known = raw[raw["departure"].str.fullmatch("[A-Z]{3}") & raw["destination"].str.fullmatch("[A-Z]{3}")]
    counts = known.pivot_table(
        index="family", columns=["departure", "destination"], values="cases", aggfunc="sum", fill_value=0
    )
    counts = counts[(counts.sum(axis=1) >= 100) & ~counts.index.isin(["precursors", "other"])]
    shares = counts.div(counts.sum(axis=1), axis=0)
    overlaps = [
        2 * (shares.loc[a] * shares.loc[b]).sum() / ((shares.loc[a] ** 2).sum() + (shares.loc[b] ** 2).sum())
        for a, b in combinations(shares.index, 2)
    ]
    estimate = result.estimate(routes.PRIMARY)
    assert estimate.estimate == pytest.approx(np.mean(overlaps))
    assert (len(shares), estimate.n_obs) == (13, counts.to_numpy().sum())


def test_drugs_share_routes_less_than_permuted_labels_would(result: Assessment) -> None:
    estimate = result.estimate(routes.PRIMARY)
    assert estimate.estimate == pytest.approx(0.506, abs=0.0005)
    # Four standard deviations of the null mean at 199 draws: the band of 0.019 is four of one draw's; 0.019 / sqrt(199).
    assert estimate.null_value == pytest.approx(0.590, abs=0.0015)
    assert estimate.p_value == 2 / 200  # below every one of 199 draws, both tails
    sensitivity = result.frame().set_index("id").loc[REGISTERED_SENSITIVITY]
    assert (sensitivity["estimate"] < sensitivity["null_value"]).all()


def test_colombia_reports_no_route_so_leaving_it_out_changes_nothing(result: Assessment) -> None:
    assert result.estimate("coverage.colombia_known").estimate == 0
    without = result.estimate("overlap.without_colombia")
    assert (without.estimate, without.n_obs) == (
        result.estimate(routes.PRIMARY).estimate,
        result.estimate(routes.PRIMARY).n_obs,
    )
    table = result.tables["coverage_by_year"]
    assert table["of_colombia"].sum() / table["cases"].sum() == result.estimate("coverage.colombia").estimate


def same_routes() -> pd.DataFrame:
    return panel(
        [(2012, drug, "ESP", "BRA", "ESP", 20) for drug in ("cocaine", "heroin")]
        + [(2012, drug, "ESP", "PER", "ESP", 20) for drug in ("cocaine", "heroin")]
    )


def own_routes() -> pd.DataFrame:
    return panel([(2012, "cocaine", "ESP", "BRA", "ESP", 40), (2012, "heroin", "ESP", "TUR", "ESP", 40)])


def test_drugs_on_the_same_routes_and_on_their_own() -> None:
    for frame, overlap in ((same_routes(), 1.0), (own_routes(), 0.0)):
        known = routes.known_cases(frame)
        found = convergence.registered(known, ("cocaine", "heroin"), params())
        assert found.test.mean["observed"] == pytest.approx(overlap)
    # Own routes: any of 199 draws shares more, so p is 2 (1 + 0) / (1 + 199). Labels at random halve both routes.
    assert found.test.mean["p_value"] == 0.01
    assert found.test.mean["null_mean"] == pytest.approx(0.975, abs=0.03)


def test_labels_move_within_reporting_country_and_year_only() -> None:
    # Each drug in a country or year of its own: nothing can move, and the null is the observation.
    apart = panel([(2012, "cocaine", "ESP", "BRA", "ESP", 40), (2012, "heroin", "GBR", "TUR", "GBR", 40)])
    years = panel([(2012, "cocaine", "ESP", "BRA", "ESP", 40), (2013, "heroin", "ESP", "TUR", "ESP", 40)])
    for frame in (apart, years):
        found = convergence.registered(routes.known_cases(frame), ("cocaine", "heroin"), params())
        assert found.test.informative_cases == 0
        assert found.test.mean["null_low"] == found.test.mean["null_high"] == 0
        assert found.test.mean["p_value"] == 1


def test_a_drug_with_few_cases_in_a_part_is_left_out_of_it() -> None:
    frame = panel([(2012, "cocaine", "ESP", "BRA", "ESP", 40), (2012, "heroin", "ESP", "TUR", "ESP", 9)])
    drugs = ("cocaine", "heroin")
    assert convergence.specification(routes.known_cases(frame), drugs, params(), key="k", label="l") is None
    kept = convergence.specification(routes.known_cases(frame), drugs, params(min_cases=9), key="k", label="l")
    assert kept is not None
    assert kept.drugs == 2


# --- What is known, and by whom ---------------------------------------------------------------------------------


def test_coverage_adds_up_to_the_published_totals(result: Assessment) -> None:
    table = result.tables["coverage_by_year"]
    assert table["cases"].sum() + table["repeated_records"].sum() == 311_038
    assert table["repeated_records"].sum() == 44_229
    assert (table[[TWO_COUNTRIES, ONE_COUNTRY, ONE_END, NO_END]].sum(axis=1) == table["cases"]).all()
    assert "20,622 name something at both ends" in next(
        c.sentence for c in result.checks if c.name == "Both ends known"
    )


def test_coverage_counts_reporters_that_come_and_go() -> None:
    frame = panel(
        [
            (2011, "cocaine", "ESP", "BRA", "ESP", 5),
            (2011, "cocaine", "COL", "COL", "unknown", 7),
            (2012, "cocaine", "ESP", "ESP", "ESP", 1),
            (2012, "cocaine", "PRT", "unknown", "unknown", 2),
        ]
    )
    table = coverage.coverage_by_year(frame).set_index("year")
    assert table.loc[2011, [TWO_COUNTRIES, ONE_END, "of_colombia", "one_end_colombia"]].tolist() == [5, 7, 7, 7]
    assert table.loc[2012, [ONE_COUNTRY, NO_END, "of_colombia", "no_end_colombia"]].tolist() == [1, 2, 0, 0]
    assert table["reporters"].tolist() == [2, 2]
    assert table["reporters_with_route"].tolist() == [1, 1]
    assert (table.loc[2012, "new"], table.loc[2012, "gone"]) == (1, 1)  # Portugal came, Colombia went
    assert pd.isna(table.loc[2011, "new"])
    assert convergence.reporters_of_every_year(frame) == ["ESP"]
    busiest = coverage.busiest_routes(routes.known_cases(frame))
    assert busiest[["departure", "destination", "cases"]].to_numpy().tolist() == [["BRA", "ESP", 5]]


def test_the_map_needs_nothing_from_outside(result: Assessment) -> None:
    figure = result.figure("map")
    assert "http" not in str(figure.specification["layer"])
    assert "http" not in str(figure.specification.get("datasets", ""))
    assert len(str(figure.specification)) < 200_000
    assert figure.data["cases"].is_monotonic_decreasing
    assert len(figure.data) == maps.SHOWN
    assert "busiest_routes" in figure.alt


def test_places_without_a_point_are_counted_not_guessed() -> None:
    busiest = coverage.busiest_routes(
        routes.known_cases(panel([(2011, "cocaine", "ESP", "BRA", "ESP", 5), (2011, "heroin", "FRA", "REU", "FRA", 1)]))
    )
    placed, missing = maps.placed_routes(busiest, catalog.raw().open(routes.OUTLINES_TABLE))
    assert (placed["from"].tolist(), missing) == (["Brazil"], 1)
    assert maps.rings("MULTIPOLYGON (((0 0, 0 5.25, 5 5, 0 0)), ((9 9, 9 10, 10 9, 9 9)))") == [
        [[0, 0], [0, 5.25], [5, 5], [0, 0]],
        [[9, 9], [9, 10], [10, 9], [9, 9]],
    ]


# --- Twelve of seventeen ----------------------------------------------------------------------------------------


def test_twelve_among_the_majors_by_hand() -> None:
    chance = lists.chance_of_twelve(params())
    majors = chance.of_majors.set_index("listed")
    assert majors["further"].tolist() == [0, 1, 2, 3, 4, 5]
    # No Major but the twelve: all twelve among the seventeen. One more: twelve of thirteen, or all thirteen.
    assert majors.loc[12, "p_at_least"] == pytest.approx(comb(17, 12) / comb(22, 12))
    assert majors.loc[13, "p_at_least"] == pytest.approx((comb(17, 12) * 5 + comb(17, 13)) / comb(22, 13))
    assert majors.loc[17, "p_at_least"] == pytest.approx(1)  # five Majors are not proposed, so twelve at least must be
    assert lists.fewest_unsurprising_further(chance.of_majors, 0.05) == 1
    assert lists.fewest_unsurprising_further(chance.of_majors, 0.005) == 0
    states = chance.of_states.set_index("listed")
    assert (states.index[0], states.index[-1]) == (12, 60)
    assert states.loc[60, "expected"] == pytest.approx(17 * 60 / 195)
    at_least = sum(comb(60, k) * comb(135, 17 - k) for k in range(12, 18)) / comb(195, 17)
    assert states.loc[60, "p_at_least"] == pytest.approx(at_least)


def test_a_long_list_makes_twelve_nothing_rare() -> None:
    chance = lists.chance_of_twelve(params(most_sources=195))
    longest = lists.longest_surprising_list(chance.of_states, 0.05)
    p = chance.of_states.set_index("listed")["p_at_least"]
    assert longest is not None
    assert p[longest] < 0.05 <= p[longest + 1]
    assert lists.longest_surprising_list(chance.of_states, 0) is None


def test_the_majors_matrix_says_what_was_not_read(result: Assessment) -> None:
    matrix = result.tables["majors_list_proposed"]
    cell = matrix.set_index(["iso3", "fiscal_year"])["listing"]
    assert len(matrix) == 17 * 22
    assert set(matrix.loc[matrix["listing"] == lists.NOT_READ, "fiscal_year"]) == {2006, 2008, 2010, 2015, 2016}
    assert (cell["BLZ", 2005], cell["BLZ", 2013]) == (lists.NOT_LISTED, lists.LISTED)
    assert cell["PAK", 2017] == lists.IMPLIED
    counts = lists.listing_counts(matrix).set_index("fiscal_year")["proposed_countries_listed"]
    assert (counts[2005], counts[2011], counts[2021]) == (12, 15, 17)
    assert pd.isna(counts[2006])
    assert set(matrix["iso3"]) == set(document.load().proposed_iso3)


# --- The whole --------------------------------------------------------------------------------------------------


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    estimate = result.estimate(routes.PRIMARY)
    direction = "less" if estimate.estimate < estimate.null_value else "more"
    assert estimate.p_adjusted < 0.05
    assert f"13 drugs share routes {direction} than" in text
    assert f"mean overlap {estimate.estimate:.3f}, against {estimate.null_value:.3f}" in text
    assert f"only {result.estimate('coverage.known').estimate:.1%} of the 266,809 cases" in text
    assert f"chance would put {result.estimate('twelve.states.60').null_value:.1f} of them" in text
    assert "as soon as 1 of the other 5 is a source too" in text
    assert "strongest reason to doubt" in text
    for word in ("cause", "effect", "impact", "because", "leads to", "due to", "significant"):
        assert word not in text
        assert all(word not in plain(check.sentence) for check in result.checks)
    referred = set(re.findall(r"\|([^\]]+)\]\]", result.answer))
    assert {
        routes.PRIMARY,
        "across_borders",
        "precursors_with_drugs",
        "coverage.largest",
        "twelve.majors.12",
    } <= referred


def test_an_honest_null_is_said_as_one() -> None:
    # A level at which nothing is found, so that the words must change with the numbers.
    sparse = routes.assess(params(start=2016, end=2016, min_cases=40, confidence_level=0.999))
    estimate = sparse.estimate(routes.PRIMARY)
    assert estimate.p_adjusted >= 0.001
    assert "do not detectably share routes more or less" in plain(sparse.answer)
    assert any("overlap" in departure or "draws" in departure for departure in sparse.departures)


def test_what_was_not_registered_is_explored_beside_it(result: Assessment) -> None:
    table = result.tables["specifications"].set_index("key")
    drugs = table.loc[[routes.PRIMARY, "rarer_drugs", "common_drugs"], "drugs"]
    assert drugs["common_drugs"] < drugs[routes.PRIMARY] < drugs["rarer_drugs"]
    assert (table["excess"] < 0).all()
    # Russia, the largest reporter, has most of the cases that leave and end in one country.
    assert table.loc["without_largest", "specification"].endswith("Russia")
    assert table.loc["across_borders", "cases"] < table.loc[routes.PRIMARY, "cases"]
    explored = result.frame().set_index("id").loc[["rarer_drugs", "across_borders", "precursors_with_drugs"]]
    assert (explored["role"] == "secondary").all()
    assert (explored["p_adjusted"] >= explored["p_value"]).all()


def test_pairs_are_adjusted_as_a_grid(result: Assessment) -> None:
    grid = result.frame()[lambda f: f["id"].str.startswith("pair.")]
    assert len(grid) == 13 * 12 // 2
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))
    assert grid["estimate"].mean() == pytest.approx(result.estimate(routes.PRIMARY).estimate)


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    names = ["coverage", "map", "pairs", "time_path", "specifications", "chance", "majors"]
    assert [f.name for f in result.figures] == names
    for figure in result.figures:
        assert len(figure.alt) > 80
        assert "nan" not in figure.alt.lower().split()
        assert len(figure.data)
        assert "http" not in figure.svg.replace("http://www.w3.org/", "")


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = routes.assess(params())
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


def test_the_interval_holds_the_estimate_and_is_missing_below_five_reporters(result: Assessment) -> None:
    estimate = result.estimate(routes.PRIMARY)
    assert 0 <= estimate.ci_low < estimate.estimate < estimate.ci_high <= 1
    few = routes.known_cases(same_routes())
    assert all(math.isnan(limit) for limit in convergence.interval(few, ("cocaine", "heroin"), params()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2017, "end": 2020}, "records run from 2011 to 2016"),
        ({"start": 2016, "end": 2011}, "the window is empty"),
        ({"min_cases": 9_000}, "set min_cases to 3751 or less"),
        ({"min_cases": 0}, "greater than or equal to 1"),
        ({"states": 10}, "greater than or equal to 22"),
        ({"most_sources": 11}, "the 12 sources the document counts"),
        ({"most_sources": 196}, "to the 195 States"),
        ({"draws": 10}, "greater than or equal to 99"),
        ({"confidence_level": 95}, "less than or equal to 0.999"),
        ({"drawz": 99}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        params(**changes)


def test_the_tables_used_are_named_with_their_hashes(result: Assessment) -> None:
    stored = [
        catalog.processed().resource(routes.PANEL),
        catalog.raw().resource("majors_list"),
        catalog.raw().resource("country_outlines"),
    ]
    assert [(u.vintage, u.sha256) for u in result.used] == [(s.vintage, s.sha256) for s in stored]
