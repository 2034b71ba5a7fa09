"""Outcome 3's assessment of the cooperation network in public."""

import math
import re

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import cooperation
from crimjust_research.outcomes.cooperation import completeness, maps, persistence, structure
from crimjust_research.outcomes.cooperation.parameters import cooperation_network
from crimjust_research.results import Assessment

FAST = {"draws": 199}


@pytest.fixture(scope="module")
def result() -> Assessment:
    return cooperation.assess(cooperation.Params(**FAST))


# Six countries, three of the South, over five years.
LISTS = {
    "2016-03-01 training": "AAA BBB",
    "2017-03-01 forum": "AAA BBB XXX",
    "2018-03-01 forum": "CCC YYY",
    "2019-03-01 training": "AAA BBB",
    "2019-09-01 training": "AAA BBB",
    "2020-03-01 forum": "ZZZ",
}


def event_panel(lists: dict[str, str] = LISTS) -> pd.DataFrame:
    rows = [
        (event, iso3, int(event[:4]), "AAA" if "forum" in event else None)
        for event, names in lists.items()
        for iso3 in names.split()
    ]
    return pd.DataFrame(rows, columns=["event", "iso3", "year", "place"])


def country_panel() -> pd.DataFrame:
    codes = ["AAA", "BBB", "CCC", "DDD", "XXX", "YYY", "ZZZ"]
    return pd.DataFrame(
        {
            "iso3": codes,
            "name": [f"Land {code[0]}" for code in codes],
            "region": "Somewhere",
            "is_developing": [code < "E" for code in codes],
            "proposed": [code in ("AAA", "DDD") for code in codes],
            "phase": pd.array([1, 1, 2, 2, pd.NA, pd.NA, pd.NA], dtype="Int64"),
        }
    )


def described() -> structure.Structure:
    return structure.assess_structure(event_panel(), country_panel(), cooperation.Params(end=2020, **FAST))


# --- Structure --------------------------------------------------------------------------------------------------


def test_density_reach_and_groups_of_six_countries() -> None:
    found = described()
    by_id = {e.id: e for e in found.estimates}
    # Met: AAA-BBB, AAA-XXX, BBB-XXX, CCC-YYY of 6 x 5 / 2 = 15 pairs; nobody reaches anybody further.
    assert by_id["density"].estimate == pytest.approx(4 / 15)
    assert by_id["reach"].estimate == by_id["two_step_reach"].estimate == pytest.approx(4 / 15)
    # South-South: AAA-BBB of the four; of all 15 pairs the three among AAA, BBB, CCC.
    assert by_id["south_south"].estimate == pytest.approx(1 / 4)
    assert by_id["south_south"].null_value == pytest.approx(3 / 15)
    assert by_id["south_south_mixing"].estimate == pytest.approx((1 / 4) / (3 / 15))
    # Proposed: AAA was named, DDD was not. Phases: AAA, BBB, CCC of four; AAA-BBB of six pairs.
    assert by_id["seen_proposed"].estimate == pytest.approx(1 / 2)
    assert by_id["seen_phases"].estimate == pytest.approx(3 / 4)
    assert by_id["density_phases"].estimate == pytest.approx(1 / 6)
    assert by_id["density_proposed"].estimate == 0


def test_years_tell_new_ties_from_those_seen_before() -> None:
    years = described().years.set_index("period")
    assert years["ties"].tolist() == [1, 3, 1, 1, 0]
    assert years.loc[2017, ["new", "resumed", "continued"]].tolist() == [2, 0, 1]
    assert years.loc[2019, ["new", "resumed", "continued"]].tolist() == [0, 1, 0]
    assert years["events"].tolist() == [1, 1, 1, 2, 1]
    assert years["single"].tolist() == [0, 0, 0, 0, 1]


def test_visits_have_a_direction_that_meetings_lack() -> None:
    lists = {"2017-01-01 forum": "BBB CCC", "2018-01-01 forum": "BBB"}
    events = event_panel(lists)
    events["place"] = ["AAA", "AAA", "CCC"]
    events.loc[3] = ["2019-01-01 forum", "CCC", 2019, "BBB"]
    found = structure.assess_structure(events, country_panel(), cooperation.Params(end=2020, **FAST))
    # BBB and CCC visit AAA, BBB visits CCC, CCC visits BBB: two of four ties are returned.
    assert next(e for e in found.estimates if e.id == "visits_returned").estimate == pytest.approx(0.5)


def test_growth_is_left_out_where_a_year_has_no_meeting() -> None:
    ids = {e.id for e in described().estimates}
    assert "growth_events" in ids
    assert "growth_pairs" not in ids  # nobody met in 2020


def test_growth_of_pairs_is_a_log_linear_trend() -> None:
    # 1, 2, 4 and 8 pairs with distinct members in four years.
    lists = {f"{2016 + y}-01-{k + 1:02d} forum": f"A{k:02d} B{k:02d}" for y in range(4) for k in range(2**y)}
    events = event_panel(lists)
    countries = pd.DataFrame(
        {
            "iso3": sorted(set(events["iso3"])),
            "region": "Somewhere",
            "is_developing": True,
            "proposed": False,
            "phase": pd.array([pd.NA] * 16, dtype="Int64"),
        }
    ).assign(name=lambda f: f["iso3"])
    countries.loc[0, ["proposed", "phase"]] = [True, 1]
    countries.loc[1, ["proposed", "phase"]] = [True, 1]
    params = cooperation.Params(end=2019, tolerance=0, **FAST)
    network = structure.assess_structure(events, countries, params)
    found = {e.id: e for e in network.estimates}
    assert found["growth_pairs"].estimate == pytest.approx(2)
    assert found["growth_countries"].estimate == pytest.approx(2)


# --- Persistence ------------------------------------------------------------------------------------------------


def dyads_of(events: pd.DataFrame) -> pd.DataFrame:
    names = sorted(set(events["iso3"]))
    rows = [(a, b, False, a == "AAA") for a in names for b in names if a < b]
    return pd.DataFrame(rows, columns=["iso3_a", "iso3_b", "same_region", "same_language"])


def test_spells_know_the_event_they_began_with() -> None:
    events = event_panel()
    params = cooperation.Params(end=2020, **FAST)
    network = cooperation_network(events, params)
    spells = persistence.spells_of_ties(network, events, dyads_of(events), country_panel(), 1)
    # With one year unseen allowed AAA-BBB runs from 2016 to 2019, which is the last year whose end could be seen.
    tie = spells[(spells["first"] == "AAA") & (spells["second"] == "BBB")].iloc[0]
    assert (len(spells[spells["first"] == "AAA"]), tie["start"], tie["duration"], tie["ended"]) == (2, 2016, 4, False)
    assert (tie["began"], tie["both_south"], tie["same_language"], tie["met_more_than_once"]) == (
        "2016-03-01 training",
        1.0,
        1.0,
        0.0,
    )
    without = persistence.spells_of_ties(network, events, dyads_of(events), country_panel(), 0)
    last = without[(without["first"] == "AAA") & (without["start"] == 2019)].iloc[0]
    assert (last["began"], last["meetings"]) == ("2019-03-01 training", 2)


def test_resampled_survival_is_kaplan_meiers_with_wider_intervals_when_events_begin_many_ties() -> None:
    rng = np.random.default_rng(5)
    began = np.repeat([f"event {k}" for k in range(8)], 25)
    # Ties that one event began all last equally long.
    duration = np.repeat(rng.integers(1, 5, 8), 25)
    spells = pd.DataFrame({"began": began, "duration": duration, "ended": True})
    curve = kaplan_meier(duration, np.ones(200)).table
    found = persistence.resampled_survival(spells, curve["time"].to_numpy(), cooperation.Params(**FAST))
    np.testing.assert_allclose(found["survival"], curve["survival"], atol=1e-12)
    inner = curve["survival"].between(0.05, 0.95).to_numpy()
    assert inner.any()
    widths = (found["ci_high"] - found["ci_low"])[inner]
    assert (widths > 1.5 * (curve["ci_high"] - curve["ci_low"])[inner]).all()


def test_the_survival_reported_is_that_of_the_spells(result: Assessment) -> None:
    spells = result.tables["spells"]
    at_risk = len(spells)
    ended_first = ((spells["duration"] == 1) & spells["ended"]).sum()
    assert result.estimate("lasting_1").estimate == pytest.approx(1 - ended_first / at_risk)
    assert set(result.tables["end_of_ties"]["term"]) >= set(persistence.COVARIATES)


# --- Completeness -----------------------------------------------------------------------------------------------


def record() -> pd.DataFrame:
    activities = pd.DataFrame(
        {
            "event": ["2016-05-01 training", "2017-07-14 training", "2019-02-01 case forum", "2019-03-01 case forum"],
            "date_start": ["2016-05-01", "2017-07-14", "2019-02-01", "2019-03-01"],
            "type": ["training", "training", "case forum", "case forum"],
        }
    )
    took_part = pd.DataFrame({"event": ["2019-02-01 case forum"] * 2, "iso3": ["BOL", "BEL"]})
    return completeness.public_record(activities, took_part)


def published(**changes: object) -> pd.DataFrame:
    rows = {
        "capacity_building_activities_cumulative": (">35", "over", 35.0),
        "bolivia_activities_cumulative": (">30", "over", 30.0),
        "bolivia_case_forums_showcased": ("3", "exact", 3.0),
        "investigative_case_forums": ("4", "exact", 4.0),
    }
    frame = pd.DataFrame([(metric, *row) for metric, row in rows.items()])
    return frame.set_axis(["metric", "stated", "qualifier", "value_low"], axis=1).assign(**changes)


def test_totals_are_held_against_the_activities_the_record_stands_for() -> None:
    table = completeness.totals_table(record(), published()).set_index("metric")
    # "More than 35" is 36 or more; two entries to August 2017, one of which stands for four activities.
    row = table.loc[completeness.PROGRAMME]
    assert (row["at_least"], row["entries"], row["public"]) == (36, 2, 5)
    assert row["share_at_most"] == pytest.approx(5 / 36)
    assert table["public"].tolist() == [5, 1, 1, 2]
    assert table["at_least"].tolist() == [36, 31, 3, 4]


def test_a_total_that_is_gone_is_named() -> None:
    with pytest.raises(DataError, match="programme_results has no row bolivia_case_forums_showcased"):
        completeness.totals_table(record(), published().drop(index=2))


def test_the_less_is_public_the_wider_the_bounds() -> None:
    joint = pd.DataFrame(0, index=list("abcdefgh"), columns=list("abcdefgh"))
    joint.loc["a", "b"] = joint.loc["b", "a"] = joint.loc["a", "c"] = joint.loc["c", "a"] = 1
    totals = completeness.totals_table(record(), published())
    table = completeness.bounds_table(joint, 3, 2, totals)
    # 3 / (5 / 36) = 21.6 and 3 / (1 / 31) = 93 events; 19 unseen ones tie at most 19 pairs more, 90 all 28.
    assert table["events"].tolist() == [22, 93]
    assert table["observed"].tolist() == pytest.approx([2 / 28] * 2)
    assert table["upper"].tolist() == pytest.approx([21 / 28, 1])


def test_the_record_is_as_incomplete_as_unodc_says(result: Assessment) -> None:
    totals = result.tables["totals"].set_index("metric")
    assert totals.loc[completeness.PROGRAMME, ["stated", "at_least", "entries"]].tolist() == [">35", 36, 7]
    assert totals.loc[completeness.BOLIVIA, "at_least"] == 31
    check = next(c for c in result.checks if c.name == "Incomplete record")
    assert check.passed is False


# --- The whole --------------------------------------------------------------------------------------------------


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    assert f"({result.estimate('density').estimate:.0%}) met at least once" in text
    south = result.estimate("south_south")
    inside = south.ci_low <= south.null_value <= south.ci_high
    assert ("are South-South, not detectably" in text) == inside
    assert ("no detectable growth or decline" in text) == (result.estimate("growth_pairs").p_value >= 0.05)
    upper = result.estimate("density_upper").estimate
    assert f"from {result.estimate('density').estimate:.0%} to {upper:.0%}" in text
    assert "lower bounds" in text
    for word in ("cause", "effect of", "impact", "because"):
        assert word not in text


def test_nothing_here_is_primary_and_no_parameter_departs(result: Assessment) -> None:
    assert set(result.frame()["role"]) == {"secondary"}
    assert result.departures == ()


def test_every_chart_has_words_and_its_own_numbers(result: Assessment) -> None:
    assert [f.name for f in result.figures] == [
        *("growth", "map", "network", "matrix", "groups", "persistence", "completeness")
    ]
    assert all(len(f.alt) > 80 and len(f.data) for f in result.figures)
    assert len(result.figure("matrix").data) == round(result.estimate("density").estimate * 630)


def test_the_map_leaves_out_who_has_no_place_on_it_and_says_so() -> None:
    square = "MULTIPOLYGON (((0 0, 0 10, 10 10, 10 0, 0 0)))"
    codes = ["AAA", "BBB", "XXX", "CCC", "YYY"]
    outlines = pd.DataFrame(
        {
            "unit": codes,
            "iso3": codes,
            "longitude": [0.0, 1.0, 60.0, 90.0, 100.0],
            "latitude": [0.0, 0.0, 10.0, 20.0, -20.0],
            "outline": [square, None, None, None, None],
        }
    )
    figure = maps.tie_map(described(), outlines, "source")
    # AAA and BBB met four times, the other pairs once; ZZZ has no place.
    assert figure.data.to_numpy().tolist() == [["AAA", "BBB", 4]]
    assert "1 countries have no place on the map" in figure.alt
    assert "at least 2 public events, of 4 that ever did" in figure.alt
    # AAA and BBB lie a degree apart: the name of one stands above, the other's below.
    drawn = figure.svg
    assert len(re.findall(r">Land A</text>", drawn)) == len(re.findall(r">Land B</text>", drawn)) == 2
    assert "clip-path" not in drawn


def test_repeating_the_assessment_repeats_every_digit(result: Assessment) -> None:
    again = cooperation.assess(cooperation.Params(**FAST))
    pd.testing.assert_frame_equal(again.frame(), result.frame(), check_exact=True)
    assert [f.svg for f in again.figures] == [f.svg for f in result.figures]


def test_tolerance_lets_ties_last_longer(result: Assessment) -> None:
    strict = cooperation.assess(cooperation.Params(tolerance=0, **FAST))
    assert strict.estimate("lasting_1").estimate < result.estimate("lasting_1").estimate
    assert strict.estimate("density").estimate == result.estimate("density").estimate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2022, "end": 2018}, "too short to see whether ties last"),
        ({"start": 2020, "end": 2023}, "at least 5 years"),
        ({"start": 2015}, "greater than or equal to 2016"),
        ({"tolerance": 4}, "less than or equal to 3"),
        ({"draws": 5}, "greater than or equal to 99"),
        ({"tolerence": 1}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        cooperation.Params(**changes)  # type: ignore[arg-type]


def test_a_window_without_an_event_is_refused() -> None:
    later = event_panel({"2023-01-01 forum": "AAA BBB"})
    with pytest.raises(ParameterError, match="no event"):
        cooperation_network(later, cooperation.Params(end=2021))


def test_shares_are_shares(result: Assessment) -> None:
    shares = [e for e in result.estimates if e.unit.startswith("share")]
    assert len(shares) > 10
    assert all(0 <= e.estimate <= 1 and not math.isnan(e.estimate) for e in shares)
