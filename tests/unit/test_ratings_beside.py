"""What stands beside the registered ratings: follow-ups, years a party to treaties, prison entries."""

import numpy as np
import pandas as pd
import pytest

from crimjust_research.questions.ratings import beside
from crimjust_research.questions.ratings.evaluations import Choice, Rated, part_in_programme
from crimjust_research.vocabulary import fatf


def evaluated() -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "iso3": ["A", "B", "C", "D"],
            "region": ["x", "x", "y", "x"],
            "year": [2018, 2020, 2016, 2013],
            "followups": [2, 0, 1, 0],
        }
    )
    # Seven recommendations, all rated 2 but where said.
    for name in beside.OUTCOME_OF:
        rows[f"{beside.column(name)}_first"] = pd.array([2, 2, 2, 2], "Int64")
        rows[f"{beside.column(name)}_last"] = pd.array([2, 2, 2, 2], "Int64")
    rows["r_30_first"] = pd.array([3, 3, 1, 2], "Int64")
    rows["r_30_last"] = pd.array([3, 3, 0, 2], "Int64")
    rows.loc[0, ["r_36_last", "r_37_last"]] = 3
    return rows


def compared() -> Rated:
    rows = pd.DataFrame({"iso3": ["A", "B", "C"], "region": ["x", "x", "y"], "exposure": [1.5, 0.0, 0.0]})
    return Rated(rows, Choice("documented"))


def test_recommendations_are_those_of_the_vocabulary_and_serve_one_outcome_each() -> None:
    assert set(beside.OUTCOME_OF) <= set(fatf.load().recommendations)
    assert {beside.OUTCOME_OF[name] for name in ("R.30", "R.31")} == {"2"}
    assert {beside.OUTCOME_OF[f"R.{n}"] for n in range(36, 41)} == {"3"}


def test_groups_are_by_evaluation_after_joining_and_its_regions() -> None:
    groups = part_in_programme(evaluated(), compared())
    assert groups.tolist() == ["evaluated after joining", "others of the region", "elsewhere", "others of the region"]


def test_follow_ups_count_what_could_be_raised_and_was() -> None:
    found = beside.follow_ups(evaluated(), compared()).set_index("group")
    assert found["countries"].tolist() == [1, 2, 1]
    assert found["asked"].tolist() == [1.0, 0.0, 1.0]
    # Of the joined one's seven ratings one was the highest already; two of the other six were raised.
    assert found.loc["evaluated after joining", "below"] == 6
    assert found.loc["evaluated after joining", "higher"] == pytest.approx(2 / 6)
    assert found.loc["elsewhere", "lower"] == pytest.approx(1 / 7)


def test_years_a_party_end_at_the_evaluation_and_are_missing_where_no_list_names_the_state() -> None:
    treaties = pd.DataFrame(
        {
            "iso3": ["A", "B", "D"],
            "trafficking_1988_consent": pd.array([1990, 1995, 2014], "Int64"),
            "untoc_consent": pd.array([2004, pd.NA, 2003], "Int64"),
            "uncac_consent": pd.array([2005, 2010, 2007], "Int64"),
        }
    )
    found = beside.with_treaties(evaluated(), treaties).set_index("iso3")
    assert found.loc["A", list(beside.HELD)].tolist() == [28, 14, 13]
    assert found.loc["B", "party_untoc"] == 0
    assert found.loc["D", "party_trafficking_1988"] == 0  # consented after its evaluation
    assert np.isnan(found.loc["C", list(beside.HELD)].astype(float)).all()
    shares = beside.parties(found.reset_index(), compared()).set_index("group")
    assert shares.loc["others of the region", "UNTOC"] == 0
    assert shares.loc["evaluated after joining", "UNCAC"] == 1


def test_prison_entries_are_rates_of_states_of_the_programme_or_a_phase() -> None:
    panel = pd.DataFrame(
        {
            "iso3": ["A", "A", "A", "B", "C"],
            "year": [2018, 2016, 2017, 2018, 2018],
            "population": pd.array([2_000_000, 1_000_000, 1_500_000, 500_000, 900_000], "Int64"),
            "persons_entering_trafficking": [100.0, 10.0, np.nan, 0.0, 5.0],
            "entry_tier": ["I", "I", "I", "II", None],
            "phase": pd.array([pd.NA, pd.NA, pd.NA, 2, pd.NA], "Int64"),
        }
    )
    found = beside.prison_entries(panel, {"A": "Aland", "B": "Beland"})
    assert found["country"].tolist() == ["Aland", "Beland"]
    assert found["joined"].tolist() == [True, False]
    assert found.loc[0, ["years", "first_year", "first", "last_year", "last"]].tolist() == [2, 2016, 1.0, 2018, 5.0]
    assert found.loc[1, "last"] == 0
