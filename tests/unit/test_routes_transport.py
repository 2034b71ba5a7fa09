"""By which means seizures travelled, by hand."""

import math

import pandas as pd
import pytest

from crimjust_research.questions.routes import transport

HELD = [
    # year, drug, seizing, transport, cases
    (2012, "Cocaine", "ESP", "mail", 2),
    (2012, "Heroin", "ESP", "commercial air", 2),
    (2013, "Cocaine", "ESP", "private road", 4),
    (2013, "Cocaine", "ESP", "unknown", 2),
    (2013, "Cocaine", "CHL", "land", 1),
    (2014, "Cocaine", "CHL", "commercial sea", 3),
    (2014, "Cocaine", "COL", "unknown", 5),
    (2014, "Ephedrine", "COL", "mail", 9),  # a chemical
    (2016, "Cocaine", "CHL", "mail", 9),  # after the window
]


def held(*more: tuple[int, str, str, str, int]) -> pd.DataFrame:
    raw = pd.DataFrame([*HELD, *more], columns=["year", "drug", "seizing", "transport", "cases"])
    return transport.in_window(raw, 2012, 2014)


def test_cases_by_means_the_commonest_first() -> None:
    table = transport.by_means(held())
    assert table.to_numpy().tolist() == [
        ["unknown", 7, 2],
        ["private road", 4, 1],
        ["commercial sea", 3, 1],
        ["commercial air", 2, 1],
        ["mail", 2, 1],
        ["land", 1, 1],
    ]


def test_shares_of_what_is_known() -> None:
    found = transport.shares(held(), 0.05).set_index("name")
    # 12 of 19 cases have a means; 2 + 2 of Spain's 8 and 3 of Chile's 4 went with a carrier, 2 of the 12 by post. Without
    # Spain, which reports most, one country is left; no case is of the fentanyl family.
    assert found["estimate"].to_dict() == pytest.approx({"known": 12 / 19, "carriers": 7 / 12, "post": 2 / 12})
    assert found["n_obs"].to_dict() == {"known": 19, "carriers": 12, "post": 12}
    assert found["n_units"].to_dict() == {"known": 3, "carriers": 2, "post": 2}
    # Jackknife by country: 3/4 without Spain, 4/8 without Chile, both from 7/12.
    assert found.loc["carriers", "std_error"] == pytest.approx(math.sqrt(((1 / 6) ** 2 + (1 / 12) ** 2) / 2))
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["ci_high"] >= found["estimate"]).all()


def test_the_country_that_reports_most_is_left_out_beside() -> None:
    found = transport.shares(held((2012, "Heroin", "PRT", "rail", 1)), 0.05).set_index("name")
    assert found.loc["carriers_without_largest", "estimate"] == pytest.approx(
        4 / 5
    )  # Chile's 3 of 4, Portugal's 1 of 1


def test_fentanyls_in_the_post_are_counted_apart() -> None:
    rows = held((2013, "Fentanyl", "CAN", "mail", 3), (2013, "Carfentanil", "ESP", "other", 1))
    found = transport.shares(rows, 0.05).set_index("name")
    assert found.loc["post_of_fentanyls", ["estimate", "n_obs", "n_units"]].tolist() == [0.75, 4, 2]


def test_a_window_without_any_known_means_has_no_shares_of_them() -> None:
    rows = held()
    unknown = rows[rows["transport"] == "unknown"]
    found = transport.shares(unknown, 0.05).set_index("name")
    assert found["estimate"].to_dict() == {"known": 0}
