"""Steps of the notebook on assistance: who is reached and from when, what coders found, summaries by dated presence; by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.questions.assistance import answered, coded, power, presence, simulation, summaries
from crimjust_research.questions.assistance.params import Params
from crimjust_research.questions.assistance.presence import ADVISER, ANY, HUB, NAMED, NONE, PLANNED, PLATFORM, REGION

SAID = document.load()


def params(**changes: Any) -> Params:
    standard = {
        "regions": "members",
        "dating": "published",
        "summaries_file": "",
        "simulate_coding": False,
        "assistance_file": "",
        "confidence_level": 0.95,
        "draws": 199,
        "samples": 400,
        "seed": 1,
    }
    return Params(**(standard | changes))


P = params()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return presence.postings(SAID, catalog.raw().open("uncac_platforms"))


# Presence


def test_a_state_is_reached_from_the_first_date_that_its_region_has_by_the_reading_asked_for(
    table: pd.DataFrame,
) -> None:
    """Zambia: by UNODC in the platform of Southern Africa (October 2019), by M49 in Eastern Africa (February 2017)."""
    members, m49 = presence.reached(table, PLATFORM, P), presence.reached(table, PLATFORM, params(regions="m49"))
    assert (members["ZMB"], m49["ZMB"]) == (2019, 2017)
    # By M49 Venezuela is in South America; UNODC does not name it.
    assert "VEN" not in members
    assert m49["VEN"] == 2019
    assert (members["KEN"], members["THA"], members["MEX"], members["ALB"]) == (2017, 2017, 2019, 2021)
    # Of platforms after the document only what UNODC says is known: of West Africa six States, Ghana none of them.
    assert (members["DOM"], m49["DOM"], members["KAZ"]) == (2023, 2023, 2023)
    assert (members["TCD"], members["CIV"], m49["NER"]) == (2022, 2022, 2022)
    assert "GHA" not in members


def test_advisers_are_dated_by_the_document_and_planned_ones_reach_nobody(table: pd.DataFrame) -> None:
    advisers = table[table["channel"] == ADVISER]
    assert set(advisers.loc[advisers["status"] == "present", "dated"]) == {"by then"}
    assert set(advisers.loc[advisers["status"] == "present", "since"]) == {"2021-12-12"}
    found = presence.reached(table, ADVISER, P)
    assert set(found) == {2021}
    assert {"MEX", "SOM", "SEN", "ZAF", "FJI", "UZB", "KAZ", "GHA", "COD"} <= set(found.index)
    # Central America, Eastern Africa, South Eastern Europe and the Gulf were planned.
    assert {"PAN", "KEN", "SRB", "ARE"}.isdisjoint(found.index)
    assert presence.reached(table, ANY, P)["KAZ"] == 2021


def test_dating_asked_for_takes_the_documents_presence_alone(table: pd.DataFrame) -> None:
    for dating, year in (("document", 2021), ("ever", 0)):
        found = presence.reached(table, PLATFORM, params(dating=dating))
        assert set(found) == {year}
        assert "DOM" not in found


def test_a_state_stands_once_under_a_posting_and_where_readings_differ_it_is_said(table: pd.DataFrame) -> None:
    assert not table.duplicated(["iso3", "channel", "posting"]).any()
    assert table.loc[(table["posting"] == "SEN") & (table["iso3"] == "SEN"), "how"].tolist() == [NAMED]
    decided = presence.decided_by_reading(table).set_index(["posting", "reading"])["states"]
    assert decided["southern_africa", presence.M49] == "Lesotho, Eswatini"
    assert "Zambia" in decided["southern_africa", presence.MEMBERS]
    assert decided["south_america", presence.M49] == "Guyana, Suriname, Venezuela"
    assert set(decided.index.get_level_values("posting")) == {"southern_africa", "south_america", "eastern_africa"}


def test_the_nearest_way_counts_and_shares_are_of_the_33(table: pd.DataFrame) -> None:
    states = presence.of_phase_states(table, SAID, P)
    assert len(states) == 33 * 3
    how = states.set_index(["iso3", "channel"])["how"]
    assert (how["COL", PLATFORM], how["COL", HUB], how["COL", ADVISER]) == (REGION, REGION, NONE)
    assert (how["PAN", ADVISER], how["PAN", PLATFORM], how["PAN", HUB]) == (PLANNED, NONE, REGION)
    if "MEX" in how.index.get_level_values("iso3"):
        assert how["MEX", ADVISER] == NAMED
    shares = presence.shares(states).set_index("name")
    assert (shares["n_obs"] == 33).all()
    reached = states[states["how"].isin([NAMED, REGION])]
    assert shares.loc[ADVISER, "reached"] == (reached["channel"] == ADVISER).sum()
    assert shares.loc[ANY, "reached"] == reached[reached["channel"] != HUB]["iso3"].nunique()
    phases = presence.by_phase(states)
    assert phases["states"].tolist() == [7, 5, 6, 6, 4, 5]
    assert phases[ADVISER].sum() == shares.loc[ADVISER, "reached"]


# Second summaries


def second(*rows: tuple[str, str, int, int, int], censored: int = 2019) -> pd.DataFrame:
    """States as (iso3, area, from_year, last year, happened), the listing ending in `censored`."""
    frame = pd.DataFrame(rows, columns=["iso3", "area", "from_year", "last", "happened"])
    possible = censored - frame["from_year"]
    years = frame.pop("last") - frame["from_year"]
    return frame.assign(years=years, censoring_year=censored, years_possible=possible)


SMALL = second(
    ("AAA", "X", 2016, 2017, 1),
    ("BBB", "X", 2016, 2018, 1),
    ("CCC", "X", 2017, 2019, 0),
    ("DDD", "Y", 2016, 2019, 0),
    ("EEE", "Y", 2016, 2018, 1),
)


def awaited(frame: pd.DataFrame, **reached: int) -> summaries.Awaited:
    return summaries.Awaited(frame.assign(reached=frame["iso3"].map(reached).astype("float64")), PLATFORM)


def test_who_is_at_risk_who_publishes_and_who_is_reached_year_by_year() -> None:
    data = awaited(SMALL, BBB=2018, DDD=2016)
    at_risk, happened, exposed = data.history
    assert data.years.tolist() == [2016, 2017, 2018, 2019]
    assert at_risk.astype(int).tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    assert np.argwhere(happened).tolist() == [[0, 1], [1, 2], [4, 2]]
    assert exposed.astype(int).tolist() == [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]
    rows = data.state_years
    assert len(rows) == at_risk.sum()
    assert rows.loc[rows["reached"] == 1, ["iso3", "calendar"]].to_numpy().tolist() == [
        ["BBB", 2018],
        *(["DDD", year] for year in (2016, 2017, 2018, 2019)),
    ]


def test_presence_counts_from_so_many_years_after_its_first() -> None:
    data = replace(awaited(SMALL, BBB=2017, DDD=2016), lag=2)
    exposed = data.history[2]
    assert exposed.astype(int).tolist() == [[0] * 4, [0, 0, 0, 1], [0] * 4, [0, 0, 1, 1], [0] * 4]
    rows = data.state_years
    assert rows.loc[rows["reached"] == 1, ["iso3", "calendar"]].to_numpy().tolist() == [["DDD", 2018], ["DDD", 2019]]


def test_areas_tell_what_they_have_to_compare() -> None:
    """X compares in 2018 alone, two at risk of which one reached; Y in 2016 to 2018, two at risk each."""
    table = summaries.by_area(awaited(SMALL, BBB=2018, DDD=2016)).set_index("area")
    assert table.loc["X"].tolist() == [3, 1, 2, 1, 2]
    assert table.loc["Y"].tolist() == [2, 1, 1, 0, 6]


def test_the_one_step_ratio_is_that_of_events_over_those_expected() -> None:
    """Expected 1/2 in X in 2018 and 1/2 in Y in 2018, one observed: a ratio of 1. Half the shuffles or more are as far."""
    found = summaries.shuffled(awaited(SMALL, BBB=2018, DDD=2016), P)
    assert (found["observed"], found["expected"], found["estimate"]) == (1, 1, 1)
    assert found["p_value"] == 1
    assert (found["n_obs"], found["n_units"]) == (15, 5)
    nothing = summaries.shuffled(awaited(SMALL, DDD=2016, EEE=2016), P)
    assert np.isnan(nothing["estimate"])
    assert np.isnan(nothing["p_value"])


def test_what_cannot_be_estimated_says_why() -> None:
    found = summaries.hazard_ratio(awaited(SMALL, BBB=2018, DDD=2016), P)
    assert np.isnan(found["estimate"])
    assert found["missing"]


def many(ratio: float, seed: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """SIMULATED: 300 States of three areas, half reached from 2018 on, a yearly hazard of 0.1 times the ratio from then."""
    rng = np.random.default_rng(seed)
    rows, reached = [], {}
    for n in range(300):
        iso3, year = f"S{n:03d}", 2015
        if n % 2:
            reached[iso3] = 2018
        while year < 2025 and rng.uniform() > -np.expm1(-0.1 * (ratio if n % 2 and year >= 2018 else 1)):
            year += 1
        rows.append((iso3, "XYZ"[n % 3], 2015, year, int(year < 2025)))
    return second(*rows, censored=2025), reached


def test_a_planted_hazard_ratio_is_found_by_both_and_none_where_there_is_none() -> None:
    frame, reached = many(2.5, 4)
    data = awaited(frame, **reached)
    found, beside = summaries.hazard_ratio(data, P), summaries.shuffled(data, P)
    assert found["ci_low"] < 2.5 < found["ci_high"]
    assert found["p_value"] < 0.001
    assert beside["p_value"] == pytest.approx(1 / 200)
    assert beside["estimate"] == pytest.approx(found["estimate"], rel=0.2)
    # Nineteen intervals in twenty hold a ratio of one that is there.
    samples = [many(1.0, seed) for seed in range(20)]
    none = [summaries.hazard_ratio(awaited(frame, **reached), P) for frame, reached in samples]
    assert sum(found["ci_low"] < 1 < found["ci_high"] for found in none) >= 17
    assert np.mean([np.log(found["estimate"]) for found in none]) == pytest.approx(0, abs=0.12)


def test_the_area_that_moves_the_ratio_most_is_named() -> None:
    """From 2 to 0.5 is as far as to 8, on the scale of logarithms; to 4 is nearer."""
    found = pd.DataFrame({"key": [ANY], "estimate": [2.0]})
    names = ["without.x", "without.y", "year_after", "without.z"]
    variants = pd.DataFrame({"key": ANY, "name": names, "estimate": [4.0, 0.4, 99.0, np.nan]})
    heaviest = summaries.heaviest(found, variants, ANY)
    assert heaviest is not None
    assert heaviest["name"] == "without.y"
    assert summaries.heaviest(found, variants.iloc[2:], ANY) is None


def test_power_is_the_level_where_nothing_is_planted_and_grows_with_the_ratio() -> None:
    frame, reached = many(1.0, 6)
    found = power.power(awaited(frame, **reached), P).set_index("name")["estimate"]
    assert found["size"] == pytest.approx(0.05, abs=0.035)
    assert found["size"] < found["power_1_5"] < found["power_2"]
    assert found["power_2"] > 0.8


def test_states_still_awaited_in_a_year_and_their_completion_since(table: pd.DataFrame) -> None:
    """Four awaited at the end of 2021 in one area, of which Thailand and Peru are reached; Chile has a summary by then."""
    frame = second(
        ("THA", "X", 2015, 2023, 1),
        ("PER", "X", 2015, 2024, 1),
        ("JPN", "X", 2015, 2025, 0),
        ("VEN", "X", 2015, 2025, 0),
        ("CHL", "X", 2015, 2021, 1),
        ("FRA", "X", 2022, 2024, 1),
        censored=2025,
    )
    rows = summaries.still_awaited(frame, table, ANY, 2021, P)
    assert dict(zip(rows["iso3"], rows["under"], strict=True)) == {"THA": 1, "PER": 1, "JPN": 0, "VEN": 0}
    shares = summaries.completed(rows, P).set_index("group")
    assert shares.loc[summaries.REACHED, ["summaries", "n_obs", "estimate"]].tolist() == [2, 2, 1.0]
    assert shares.loc[summaries.OTHERS, "estimate"] == 0
    # Wilson: 2 of 2 has z²/(2 + z²) above zero at its lower end.
    assert shares.loc[summaries.REACHED, "ci_low"] == pytest.approx(2 / (2 + 1.959964**2), rel=1e-5)
    odds = summaries.odds_of_completion(rows, P)
    # Both summaries with both reached of four: 1 of 6 arrangements, and the opposite is as unlikely.
    assert odds["p_value"] == pytest.approx(1 / 3)
    assert (odds["estimate"], odds["strata"], odds["n_obs"]) == (np.inf, 1, 4)
    assert "nothing is compared" in summaries.odds_of_completion(rows[rows["under"] == 1], P)["missing"]


# Challenges and readings


@pytest.fixture(scope="module")
def met() -> pd.DataFrame:
    return answered.by_challenge(catalog.raw().open("uncac_challenges"))


def test_what_is_answered_is_counted_by_the_readings(met: pd.DataFrame) -> None:
    """Counted by hand in reviews/reading.yaml and channels.yaml: procurement is the one priority that no activity stands near."""
    shares = answered.shares(met).set_index("name")["met"]
    assert shares.to_dict() == {"pillar": 12, "platform": 7, "either": 13, "law": 9}
    assert met.set_index("challenge").loc["procurement", ["pillar", "platform"]].tolist() == ["none", "names it"]


def records(*rows: tuple[str, int, str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["iso3", "cycle", "coder", "chapter", "challenge", "need"])


CODED = records(
    ("PAN", 1, "C-1", "IV", "extradition", "legislative_assistance"),
    ("PAN", 1, "C-1", "IV", "extradition", "capacity_building"),
    ("PAN", 1, "C-1", "IV", "dual_criminality", "none"),
    ("PAN", 1, "C-2", "IV", "extradition", "legislative_assistance"),
    ("PER", 1, "C-1", "IV", "none", "none"),
    ("PER", 1, "C-2", "IV", "mutual_legal_assistance", "none"),
    ("PER", 2, "C-1", "V", "proactive_freezing", "asset_recovery"),
)


def test_a_chapter_read_tells_what_was_not_found_and_one_not_read_tells_nothing() -> None:
    table = coded.readings(CODED, SAID)
    # Chapter IV has seven challenges, V five: four readings of IV and one of V.
    assert len(table) == 4 * 7 + 5
    assert table["found"].sum() == 5
    assert set(table["chapter"]) == {"IV", "V"}
    both = coded.agreed(table, "challenge").set_index(["iso3", "challenge"])
    assert both.loc[("PAN", "extradition")].tolist()[-2:] == [1, 1]
    assert both.loc[("PAN", "dual_criminality"), ["agreed", "either"]].tolist() == [0, 1]
    assert both.loc[("PER", "mutual_legal_assistance"), ["agreed", "either"]].tolist() == [0, 1]
    assert both.loc[("PER", "proactive_freezing"), ["agreed", "either"]].tolist() == [1, 1]


def test_shares_are_of_the_phase_states_whose_chapter_was_coded_with_exact_limits_among_them() -> None:
    both = coded.agreed(coded.readings(CODED, SAID), "challenge")
    table = coded.shares(both, "challenge", SAID, P).set_index("name")
    assert table.loc["extradition", ["met", "either", "n_obs"]].tolist() == [1, 1, 2]
    assert table.loc["proactive_freezing", "n_obs"] == 1
    # One of two of 33: were it one of 33, it would be seen with probability 2/33 > 0.025; were it all but one, likewise.
    assert table.loc["extradition", ["ci_low", "ci_high", "population"]].tolist() == [1 / 33, 32 / 33, 33]
    assert "procurement" not in table.index
    needs = coded.agreed(coded.needs_read(CODED, SAID), "need")
    found = coded.shares(needs, "need", SAID, P).set_index("name")
    assert len(found) == 7
    assert found.loc["legislative_assistance", ["met", "either", "n_obs"]].tolist() == [1, 1, 2]
    assert found.loc["capacity_building", ["met", "either"]].tolist() == [0, 1]


def test_five_cells_that_coders_read_are_enough_for_kappa_and_four_are_not() -> None:
    index = pd.MultiIndex.from_product([list("ABCDE"), [1]], names=["iso3", "cycle"])
    found = {"C-1": [1, 0, 1, 0, 0], "C-2": [1, 0, 1, 0, 1]}
    cells = pd.DataFrame(found, index=index).replace({1: "found", 0: "absent"})
    assert len(coded._kappas("a", "a", "x", cells, P)) == 1
    assert coded._kappas("a", "a", "x", cells.iloc[:4], P) == []


def test_kappa_of_two_coders_by_hand() -> None:
    """Fourteen cells: both find one, C-1 alone one, C-2 alone one, neither eleven. Observed 12/14, by chance 2 x 2 + 12 x 12
    over 14 x 14 = 148/196: kappa (168 - 148) / (196 - 148) = 5/12."""
    table = coded.readings(CODED, SAID)
    (row,) = coded.agreement(table, coded.CHALLENGES, ["iso3", "cycle", "chapter", "challenge"], P).to_dict("records")
    assert row["name"] == "C-1.C-2"
    assert row["estimate"] == pytest.approx(5 / 12)
    assert (row["n_obs"], row["n_units"], row["observed"]) == (14, 2, pytest.approx(12 / 14))
    # Without Peru: both one, C-1 one, neither five: 6/7 and (2 x 1 + 5 x 6)/49 make (42 - 32)/(49 - 32) = 10/17. Without Panama
    # C-1 found nothing: 0. Squared error: half of (10/17 - 5/12)² and (5/12)²; Student's t on one degree reaches 12.706.
    error = np.sqrt(((10 / 17 - 5 / 12) ** 2 + (5 / 12) ** 2) / 2)
    assert 5 / 12 - 12.706 * error < -1
    assert (row["ci_low"], row["ci_high"]) == (-1, 1)
    half = P.model_copy(update={"confidence_level": 0.5})
    (row,) = coded.agreement(table, coded.CHALLENGES, ["iso3", "cycle", "chapter", "challenge"], half).to_dict(
        "records"
    )
    # Half of a t of one degree lies within one error.
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(5 / 12 - error), pytest.approx(5 / 12 + error))
    apart = coded.disagreements(table)
    assert apart[["iso3", "challenge", "found_by", "not_by"]].to_numpy().tolist() == [
        ["PAN", "dual_criminality", "C-1", "C-2"],
        ["PER", "mutual_legal_assistance", "C-2", "C-1"],
    ]
    alone = coded.agreement(table[table["coder"] == "C-1"], coded.CHALLENGES, ["iso3", "challenge"], P)
    assert alone.empty
    assert "readers" in alone


def test_relevance_takes_what_coders_agree_on_and_platforms_only_where_they_reach(
    met: pd.DataFrame, table: pd.DataFrame
) -> None:
    """Extradition is a priority of platforms: one reaches Peru, none Panama (of the document)."""
    one = records(
        *(("PAN", 1, "C-1", "IV", key, "none") for key in ("extradition", "dual_criminality")),
        ("PER", 1, "C-1", "IV", "extradition", "none"),
        ("PER", 2, "C-1", "II", "procurement", "none"),
    )
    both = coded.agreed(coded.readings(one, SAID), "challenge")
    found = coded.relevance(both, met, presence.of_phase_states(table, SAID, P))
    cells = found.set_index(["iso3", "challenge"])
    assert cells.loc[("PAN", "extradition"), ["pillar", "platform", "law", "neither"]].tolist() == [1, 0, 0, 0]
    assert cells.loc[("PAN", "dual_criminality"), ["pillar", "platform", "law", "neither"]].tolist() == [0, 0, 1, 1]
    assert cells.loc[("PER", "procurement"), ["pillar", "platform", "neither"]].tolist() == [0, 1, 0]
    states = coded.by_state(found).set_index("iso3")
    assert states.loc["PAN", ["found", "pillar", "share"]].tolist() == [2, 1, 0.5]
    phases = coded.by_phase(found, both, SAID, P).set_index("name")
    assert phases.loc["all", ["estimate", "n_obs", "n_units"]].tolist() == [0.5, 4, 2]
    assert np.isnan(phases.loc["phase_3", "ci_low"])
    # Not every challenge was looked for in all States, so another State may be otherwise; if it had been, this is a count.
    assert phases.loc["all", "ci_low"] < 0.5 < phases.loc["all", "ci_high"]
    read = pd.DataFrame([(iso3, c.key) for iso3 in SAID.phase_frame()["iso3"] for c in SAID.challenges])
    counted = coded.by_phase(found, read.set_axis(["iso3", "challenge"], axis=1), SAID, P).set_index("name")
    assert counted.loc["all", ["estimate", "n_obs", "n_units"]].tolist() == [0.5, 4, 2]
    assert counted[["std_error", "ci_low", "ci_high"]].isna().all(axis=None)


def test_simulated_coding_has_the_truth_it_was_drawn_from() -> None:
    frame = simulation.summaries(SAID, 20211212)
    assert coded.coded_of(params(simulate_coding=True), SAID).source.startswith("SIMULATED")
    both = coded.agreed(coded.readings(frame, SAID), "challenge")
    assert len(both) == 33 * 23
    # Both coders find what is there, or imagine what is not.
    agreed = simulation.PREVALENCE * (1 - simulation.MISSED) ** 2
    agreed += (1 - simulation.PREVALENCE) * simulation.IMAGINED**2
    assert agreed == pytest.approx(0.45 * 0.81 + 0.55 * 0.0025)
    assert both["agreed"].mean() == pytest.approx(agreed, abs=3 * np.sqrt(agreed * (1 - agreed) / len(both)))


def test_without_a_file_there_is_nothing_and_the_form_says_what_it_takes() -> None:
    nothing = coded.coded_of(P, SAID)
    assert not nothing
    assert nothing.used == ()
    assert coded.form()["column"].tolist() == ["iso3", "cycle", "coder", "chapter", "challenge", "need"]
    # Of four, two are coded and none but one has it: one to three of four.
    assert coded.precision(4, P) == (0.25, 0.75)
    low, high = coded.precision(33, P)
    assert 8 / 33 < low < 0.5 < high < 25 / 33


def test_of_all_phase_states_a_share_is_a_count_and_others_are_left_out() -> None:
    phases = SAID.phase_frame()["iso3"]
    rows = [(iso3, 1, "C-1", "IV", "extradition" if k < 11 else "none", "none") for k, iso3 in enumerate(phases)]
    both = coded.agreed(
        coded.readings(records(*rows, ("FRA", 1, "C-1", "IV", "extradition", "none")), SAID), "challenge"
    )
    share = coded.shares(both, "challenge", SAID, P).set_index("name").loc["extradition"]
    assert share[["met", "n_obs", "estimate"]].tolist() == [11, 33, 11 / 33]
    assert share[["ci_low", "ci_high"]].isna().all()
    ends = coded.drawn(coded.shares(both, "challenge", SAID, P)).set_index("name").loc["extradition"]
    assert ends[["ci_low", "ci_high"]].tolist() == [11 / 33] * 2
    alone = both[both["iso3"] == "FRA"]
    assert coded.shares(alone, "challenge", SAID, P).empty


def test_states_of_one_posting_have_their_presence_together(table: pd.DataFrame) -> None:
    """Kenya has a platform alone, Senegal an adviser; Angola, in Middle Africa, shares that one, and had a platform before."""
    first = presence.through(table, ANY, P)
    assert set(first.index) == set(presence.reached(table, ANY, P).index)
    assert first["SEN"] == "adviser SEN"
    assert first["BEN"] == first["TGO"] == "adviser SEN"
    assert first["KEN"] == first["TZA"] == "platform eastern_africa"
    assert presence.through(table, ADVISER, P)["AGO"] == "adviser SEN"
    assert first["AGO"] == "platform southern_africa"
