"""Assistance as it was given, by records worked out by hand."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_assistance_steps import params

from crimjust_research import document
from crimjust_research.errors import ParameterError
from crimjust_research.questions.assistance import delivered

SAID = document.load()
COLUMNS = ("assistance_id", "iso3", "basis", "need", "channel", "partners", "asked", "arrived", "on_site", "as_of")
PIECES = (
    ("A-1", "PAN", "review_need", "asset_recovery", "hub", "prosecutors judiciary", "2021-01-01", "2021-01-11", "true"),
    ("A-2", "PAN", "request", "capacity_building", "adviser", "prosecutors", "2021-01-01", "2021-01-31", "false"),
    ("A-3", "COL", "neither", "research", "headquarters", "", "2021-01-01", "2021-01-03", ""),
    ("A-4", "COL", "review_need", "capacity_building", "adviser", "audit", "2021-01-01", "", ""),
)


def written(folder: Path, pieces: tuple[tuple[str, ...], ...] = PIECES) -> str:
    path = folder / "assistance.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        rows.writerows([*piece, "2021-02-10"] for piece in pieces)
    return str(path)


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    return delivered.delivered_of(params(assistance_file=written(tmp_path))).frame


def test_a_piece_that_has_not_come_counts_until_the_day_to_which_it_is_known(frame: pd.DataFrame) -> None:
    assert frame["days"].tolist() == [10, 30, 2, 40]


def test_without_a_file_there_are_no_pieces() -> None:
    nothing = delivered.delivered_of(params())
    assert not nothing
    assert tuple(nothing.frame.columns) == COLUMNS
    assert delivered.shares(nothing.frame, params()).empty
    assert delivered.waits(nothing.frame, params()).empty


def test_a_faulty_file_is_refused_by_row_and_value(tmp_path: Path) -> None:
    wrong = (*PIECES, ("A-5", "PAN", "wish", "research", "hub", "", "2021-01-01", "2020-12-31", "true"))
    with pytest.raises(
        ParameterError, match=r"assistance_file (.|\n)*row 6, basis = 'wish'(.|\n)*must not be before asked"
    ):
        delivered.delivered_of(params(assistance_file=written(tmp_path, wrong)))


def test_shares_of_pieces(frame: pd.DataFrame) -> None:
    found = delivered.shares(frame, params()).set_index("name")
    assert found["estimate"].to_dict() == {"driven": 3 / 4, "review_need": 2 / 4, "arrived": 3 / 4, "on_site": 1 / 2}
    assert found["n_obs"].to_dict() == {"driven": 4, "review_need": 4, "arrived": 4, "on_site": 2}
    # Both pieces that say where they were given are Panama's: one State has no spread between States.
    assert found["n_units"].to_dict() == {"driven": 2, "review_need": 2, "arrived": 2, "on_site": 1}
    assert np.isnan(found.loc["on_site", "ci_low"])
    assert found.loc["driven", "ci_low"] < 3 / 4 < found.loc["driven", "ci_high"]


def test_days_until_half_have_come(frame: pd.DataFrame) -> None:
    found = delivered.waits(frame, params()).set_index("name")
    # Asked for were three: one came after 10 days, one after 30, one not by day 40. The curve falls to 2/3 and to 1/3.
    assert found.loc["all", ["estimate", "n_obs", "n_units"]].tolist() == [30, 3, 2]
    # Of the advisers' two one came after 30 days, when half had; nobody asked for headquarters' piece.
    assert found["estimate"].to_dict() == {"all": 30, "adviser": 30, "hub": 10}


def test_where_no_piece_has_come_there_are_no_days(frame: pd.DataFrame) -> None:
    none = delivered.waits(frame.assign(arrived=pd.NaT), params())
    assert none.empty
    assert list(none) == ["name", "words", "estimate", "ci_low", "ci_high", "n_obs", "n_units"]


def test_partners_are_counted_by_what_came(frame: pd.DataFrame) -> None:
    found = delivered.by_partner(frame, SAID).set_index("name")
    assert len(found) == 14
    assert found.loc["prosecutors", ["pieces", "states"]].tolist() == [2, 1]
    assert found.loc["judiciary", ["pieces", "states"]].tolist() == [1, 1]
    assert found.loc["audit", ["pieces", "states"]].tolist() == [0, 0]  # not yet given


def test_needs_met_are_those_of_the_state_and_type(frame: pd.DataFrame) -> None:
    needs = pd.DataFrame(
        [
            ("PAN", "asset_recovery"),
            ("PAN", "asset_recovery"),
            ("PAN", "capacity_building"),
            ("COL", "capacity_building"),
            ("COL", "none"),
        ],
        columns=["iso3", "need"],
    )
    found = delivered.needs_met(needs, frame, SAID, params()).set_index("name")
    assert found[["needed", "met"]].T.to_dict("list") == {
        "all": [3, 2],
        "capacity_building": [2, 1],
        "asset_recovery": [1, 1],
    }
    assert found.loc["all", "estimate"] == pytest.approx(2 / 3)
    assert found.loc["asset_recovery", ["estimate", "n_units"]].tolist() == [1, 1]
