"""Outcome 3's assessment of whether cooperation matches trafficking."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import spearmanr

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import match
from crimjust_research.outcomes.match import association, gaps, growth, power
from crimjust_research.results import Assessment

FAST = {"draws": 499, "growth_draws": 499}


@pytest.fixture(scope="module")
def result() -> Assessment:
    return match.assess(match.Params(**FAST))


# --- Constructed panels -----------------------------------------------------------------------------------------

EVENTS = {"2018-01-01 training": "AAA BBB CCC", "2019-01-01 training": "AAA BBB", "2020-05-05 forum": "DDD EEE FFF"}
CASES = {("AAA", "BBB"): 8, ("BBB", "AAA"): 1, ("AAA", "DDD"): 3, ("CCC", "ZZZ"): 50, ("EEE", "FFF"): 1}
LANGUAGES = {
    "AAA": "English; French",
    "BBB": "English",
    "CCC": None,
    "DDD": "French",
    "EEE": "English",
    "FFF": "French",
}


def event_panel(lists: dict[str, str]) -> pd.DataFrame:
    rows = [(event, iso3, int(event[:4]), event.split()[1]) for event, names in lists.items() for iso3 in names.split()]
    frame = pd.DataFrame(rows, columns=["event", "iso3", "year", "type"])
    return frame.assign(n_states=frame.groupby("event")["iso3"].transform("size"))


def dyad_panel(events: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for first, second in combinations(sorted(set(events["iso3"])), 2):
        for year in range(events["year"].min(), events["year"].max() + 1):
            lists = events[events["year"] == year].groupby("event")["iso3"].agg(set)
            joint = sum({first, second} <= names for names in lists)
            rows.append((first, second, year, joint, first < "D" and second < "D", "B" in first + second))
    return pd.DataFrame(rows, columns=["iso3_a", "iso3_b", "year", "joint_events", "same_region", "same_language"])


def route_panel(cases: dict[tuple[str, str], int]) -> pd.DataFrame:
    rows = [(2012, "cocaine", start, start, end, "two countries", n, float(n)) for (start, end), n in cases.items()]
    rows.append((2012, "cocaine", "AAA", "AAA", "unknown", "one end known", 99, 99.0))
    columns = ["year", "family", "seizing", "departure", "destination", "ends", "cases", "kilograms"]
    return pd.DataFrame(rows, columns=columns)


def country_panel() -> pd.DataFrame:
    codes = [*LANGUAGES, "GGG"]
    return pd.DataFrame(
        {
            "iso3": codes,
            "name": [f"Land {code[0]}" for code in codes],
            "languages": [*LANGUAGES.values(), "English"],
            "proposed": [code == "GGG" for code in codes],
            "phase": pd.array([pd.NA] * 6 + [4], dtype="Int64"),
        }
    )


# --- The registered questions -----------------------------------------------------------------------------------


def test_the_defaults_are_the_registered_parameters() -> None:
    assert plan.load().departures("match", match.Params().model_dump()) == ()
    assert plan.load().departures("match", match.Params(**FAST).model_dump()) == (
        "draws is 499; the plan registers 9999",
        "growth_draws is 499; the plan registers 4999",
    )


def test_the_two_primary_questions_are_adjusted_together(result: Assessment) -> None:
    primary = result.frame().query("role == 'primary'")
    assert list(primary["id"]) == ["qap", "growth_ratio"]
    p = sorted(primary["p_value"])
    assert sorted(primary["p_adjusted"]) == pytest.approx([min(2 * p[0], 1), min(max(p[1], 2 * p[0]), 1)])
    # A ratio that must lie within a margin has no sign that another specification could share.
    assert primary["null_value"].iloc[0] == 0
    assert math.isnan(primary["null_value"].iloc[1])


def test_every_registered_sensitivity_and_no_other_is_there(result: Assessment) -> None:
    assert set(result.frame().query("role == 'sensitivity'")["id"]) == {
        "qap.spearman",
        "qap.ties",
        "qap.without_colombia",
        "qap.events_2016_2019",
        "qap.semipartial",
        "growth_ratio.countries",
        "growth_ratio.order_0",
        "growth_ratio.order_2",
        "growth_ratio.reporters_every_year",
    }


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    main, ratio = result.estimate("qap"), result.estimate("growth_ratio")
    assert ("do not detectably have" in text) == (main.p_adjusted >= 0.05)
    assert ("is not shown (ratio" in text) == (ratio.p_adjusted >= 0.05)
    confirming = [
        e
        for e in result.estimates
        if e.role == "sensitivity" and e.id.startswith("qap") and e.p_value < 0.05 and e.estimate > 0
    ]
    assert f"{len(confirming)} of 5 other specifications confirm" in text
    assert "convenience sample and a lower bound" in text
    for word in ("cause", "effect of", "impact", "because", "leads to"):
        assert word not in text


def test_equivalence_is_shown_exactly_where_the_interval_lies_in_the_margin(result: Assessment) -> None:
    for e in result.estimates:
        if e.id.startswith("growth_ratio") and not e.id.endswith("power"):
            assert e.ci_level == pytest.approx(0.9)
            assert (e.p_value < 0.05) == (e.ci_low > 0.8 and e.ci_high < 1.25)


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = match.assess(match.Params(**FAST))
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert [f.name for f in result.figures] == [
        *("pairs", "null", "specifications", "power", "unmet", "growth", "equivalence")
    ]
    assert all(len(f.alt) > 80 and len(f.data) for f in result.figures)
    assert "SIMULATED" in result.figure("power").caption


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2021}, "too short: a growth rate needs at least 4 years"),
        ({"start": 2017}, "greater than or equal to 2018"),
        ({"margin_low": 1.1}, "less than 1"),
        ({"margin_high": 0.9}, "greater than 1"),
        ({"draws": 10}, "greater than or equal to 99"),
        ({"permutations": 99}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        match.Params(**changes)  # type: ignore[arg-type]


# --- Association ------------------------------------------------------------------------------------------------


def test_networks_hold_joint_events_and_cases_of_countries_in_both() -> None:
    events = event_panel(EVENTS)
    found = association.networks(events, dyad_panel(events), route_panel(CASES))
    # All six took part and stand on a route; ZZZ stands on one and took part in nothing.
    assert found.countries == ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
    assert found.joint_events.loc["AAA", "BBB"] == found.joint_events.loc["BBB", "AAA"] == 2
    assert found.joint_events.loc["AAA", "DDD"] == 0
    # 8 cases one way and 1 the other: log(1 + 9). The case with an unknown end is on no route.
    assert found.log_cases.loc["BBB", "AAA"] == pytest.approx(math.log(10))
    assert found.cases.loc["AAA"].tolist() == [0, 8, 0, 3, 0, 0]
    early = association.networks(events, dyad_panel(events), route_panel(CASES), (2018, 2019))
    assert early.countries == ["AAA", "BBB", "CCC"]


def test_cooperation_that_follows_traffic_is_found_and_its_rank_correlation_is_spearmans() -> None:
    names = [a * 3 for a in "ABCDEFGHIJ"]
    rng = np.random.default_rng(3)
    cases = {pair: int(n) for pair, n in zip(combinations(names, 2), rng.integers(0, 60, 45), strict=True)}
    # Every pair meets once for every twenty cases between them, and the countries all take part in something.
    lists = {
        f"2018-01-{k:02d} training{i}": " ".join(pair)
        for i, (pair, n) in enumerate(cases.items())
        for k in range(1, 1 + n // 20)
    } | {f"2020-01-01 forum{name}": name for name in names}
    events = event_panel(lists)
    dyads = dyad_panel(events)
    dyads["same_region"] = rng.integers(0, 2, 45).repeat(3).astype(bool)
    routes = route_panel(cases)
    found = association.assess_association(events, dyads, routes, match.Params(**FAST))
    by_id = {e.id: e for e in found.estimates}
    assert by_id["qap"].p_value == pytest.approx(1 / 500)
    assert by_id["qap.semipartial"].p_value == pytest.approx(1 / 500)
    between = [cases[pair] for pair in combinations(names, 2)]
    expected = spearmanr([n // 20 for n in between], between).statistic
    assert by_id["qap.spearman"].estimate == pytest.approx(expected)
    assert (np.abs(found.null) >= found.correlation.correlation).sum() == 0


def test_the_registered_p_counts_the_drawn_relabellings(result: Assessment) -> None:
    main = result.estimate("qap")
    bars = result.figure("null").data
    assert bars["relabellings"].sum() == 499
    beyond = bars.loc[(bars["from"] > abs(main.estimate)) | (bars["to"] < -abs(main.estimate)), "relabellings"].sum()
    assert (1 + beyond) / 500 <= main.p_value + 1e-12


def test_power_starts_at_the_level_of_the_test_and_grows(result: Assessment) -> None:
    curve = result.tables["power_simulated"]
    # Four Monte Carlo errors of 500 samples around 5 %: 0.05 +- 4 sqrt(.05 .95 / 500).
    assert curve["power"].iloc[0] == pytest.approx(0.05, abs=0.04)
    assert curve["power"].is_monotonic_increasing
    assert (
        result.estimate("qap.power").estimate == curve.loc[curve["strength"] == power.SMALLEST_EFFECT, "power"].item()
    )
    # Half a standard deviation of what is unexplained: 0.5 / sqrt(1 + 0.25).
    assert curve["correlation"].iloc[-1] == pytest.approx(0.5 / math.sqrt(1.25))


# --- Growth -----------------------------------------------------------------------------------------------------


def paired_events(years: range, sizes: dict[int, int]) -> pd.DataFrame:
    return event_panel(
        {f"{year}-01-01 training{k}": f"P{k:02d} Q{k:02d}" for year in years for k in range(sizes[year])}
    )


def seizure_panel(countries: int, years: range) -> pd.DataFrame:
    """Two kinds of equal weight and a trace of a third in most years, on the whole the same every year."""
    rows = [
        (f"C{c:02d}", year, kind, weight, False)
        for c in range(countries)
        for year in years
        for kind, weight in (("a", 10.0 + c * (1 + (c + year) % 3)), ("b", 10.0), ("c", 1e-9 * ((c + year) % 7 > 0)))
    ]
    return pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms", "is_precursor"])


def test_pairs_that_double_every_year_have_a_growth_factor_of_two() -> None:
    events = paired_events(range(2018, 2022), {2018: 3, 2019: 6, 2020: 12, 2021: 24})
    params = match.Params(end=2021, growth_draws=499)
    pairs, countries, redrawn = growth.meeting_growth(events, params)
    assert pairs.points.tolist() == [3, 6, 12, 24]
    assert countries.points.tolist() == [6, 12, 24, 48]
    assert math.exp(pairs.rate) == pytest.approx(2)
    assert 0 <= redrawn < 0.1
    assert pairs.std_error > 0
    assert pairs.n_units == 45


def test_a_pair_counts_once_a_year_however_often_it_meets() -> None:
    lists = {f"{year}-0{k}-01 forum": "AAA BBB CCC" for year in range(2018, 2022) for k in (1, 2, 3)}
    pairs, _, _ = growth.meeting_growth(event_panel(lists), match.Params(end=2021, growth_draws=99))
    assert pairs.points.tolist() == [3, 3, 3, 3]


def test_kinds_of_drugs_are_averaged_over_the_countries_that_report() -> None:
    rows = [
        ("AAA", year, kind, weight, False)
        for year in range(2018, 2023)
        for kind, weight in (("a", 5.0), ("b", 5.0), ("c", 5.0))
    ]
    rows += [("BBB", 2018, kind, weight, False) for kind, weight in (("a", 9.0), ("b", 9.0), ("c", 0.0), ("d", 1e-12))]
    panel = pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms", "is_precursor"])
    found = growth.kinds_growth(panel, match.Params(growth_draws=99))
    # Three kinds of one weight count three; in 2018 a second country with two counts with it: (3 + 2) / 2.
    assert found.points.tolist() == pytest.approx([2.5, 3, 3, 3, 3])
    every = growth.kinds_growth(panel, match.Params(growth_draws=99), every_year=True)
    assert every.points.tolist() == pytest.approx([3] * 5)
    assert every.n_units == 1


def test_growth_that_is_alike_is_shown_to_be_alike_when_there_are_events_enough() -> None:
    years = range(2018, 2023)
    events = paired_events(years, dict(zip(years, (60, 62, 58, 61, 60), strict=True)))
    found = growth.assess_growth(events, seizure_panel(30, years), match.Params(growth_draws=499))
    main = found.estimates[0]
    assert main.role == "primary"
    assert main.estimate == pytest.approx(1, abs=0.02)
    assert main.p_value < 0.05
    assert next(e for e in found.estimates if e.id == "growth_ratio.power").estimate > 0.9


def test_a_year_without_a_meeting_is_named() -> None:
    events = paired_events(range(2018, 2022), {2018: 3, 2019: 3, 2020: 0, 2021: 3})
    with pytest.raises(ParameterError, match="no two countries are named at one public event in 2020"):
        growth.meeting_growth(events, match.Params(end=2021, growth_draws=99))


def test_too_few_events_to_resample_are_refused() -> None:
    # Four events in four years: a draw keeps all of them with probability 4! / 4^4 = 0.09.
    events = paired_events(range(2018, 2022), dict.fromkeys(range(2018, 2022), 1))
    with pytest.raises(ParameterError, match="most draws of the 4 events"):
        growth.meeting_growth(events, match.Params(end=2021, growth_draws=99))


# --- Pairs that never met in public -----------------------------------------------------------------------------


def test_unmet_pairs_are_ranked_with_who_could_introduce_them() -> None:
    lists = {**EVENTS, "2021-01-01 forum": "AAA CCC", "2021-02-01 forum": "CCC DDD", "2021-03-01 forum": "BBB DDD"}
    events = event_panel(lists)
    cases = {("AAA", "DDD"): 3, ("DDD", "AAA"): 4, ("AAA", "BBB"): 80, ("GGG", "AAA"): 9, ("BBB", "EEE"): 1}
    table = gaps.unmet_list(dyad_panel(events), events, route_panel(cases), country_panel())
    # AAA and BBB met; GGG never took part in anything but is proposed.
    assert table[["first", "second", "cases"]].to_numpy().tolist() == [
        ["AAA", "GGG", 9],
        ["AAA", "DDD", 7],
        ["BBB", "EEE", 1],
    ]
    assert table["rank"].tolist() == [1, 2, 3]
    second = table.set_index("rank").loc[2]
    assert (second["first_to_second"], second["second_to_first"], second["main_drug"]) == (3, 4, "cocaine")
    assert second["languages"] == "French"
    # CCC met AAA twice and DDD once, BBB met AAA twice and DDD once: both can introduce them, in order of their codes.
    assert second["introduced_by"] == "Land B; Land C"
    assert second["introducers"] == 2
    first = table.set_index("rank").loc[1]
    assert (first["introduced_by"], first["introducers"], first["second_phase"], first["second_events"]) == (
        "",
        0,
        4,
        0,
    )
    # 9 of the 97 cases between countries on the list's roster: 9 + 7 + 80 + 1.
    assert first["share_of_cases"] == pytest.approx(9 / 97)


def test_the_list_and_its_shares_agree(result: Assessment) -> None:
    listed = result.tables["unmet_pairs"]
    assert result.estimate("unmet_listed").estimate == len(listed)
    assert listed["cases"].is_monotonic_decreasing
    pairs = result.tables["pairs_on_routes"]
    unmet = pairs["joint_events"] == 0
    assert result.estimate("unmet_cases").estimate == pytest.approx(
        pairs.loc[unmet, "cases"].sum() / pairs["cases"].sum()
    )
    assert result.estimate("unmet_pairs").estimate == pytest.approx(unmet.mean())
    seen = listed["first_events"].gt(0) & listed["second_events"].gt(0)
    assert seen.sum() == unmet.sum()
