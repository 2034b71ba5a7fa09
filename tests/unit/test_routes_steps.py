"""Steps of the question of routes, by hand."""

import math
from math import comb
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data import catalog
from crimjust_research.data.panels.routes import NO_END, ONE_COUNTRY, ONE_END, TWO_COUNTRIES
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.plan import Margin
from crimjust_research.parameters_cell import registered_defaults
from crimjust_research.questions.routes import QUESTION, cases, lists, shared_routes, sharing
from crimjust_research.questions.routes.params import Params


def params(**changes: Any) -> Params:
    return Params(**(registered_defaults(QUESTION.notebook) | {"draws": 199, "sensitivity_draws": 99} | changes))


def panel(rows: list[tuple[int, str, str, str, str, int]]) -> pd.DataFrame:
    """A panel of routes by hand: year, family, seizing, departure, destination, cases."""
    frame = pd.DataFrame(rows, columns=["year", "family", "seizing", "departure", "destination", "cases"])
    known = frame[["departure", "destination"]] != "unknown"
    ends = np.where(known.all(axis=1), TWO_COUNTRIES, np.where(known.any(axis=1), ONE_END, NO_END))
    same = known.all(axis=1) & (frame["departure"] == frame["destination"])
    return frame.assign(ends=np.where(same, ONE_COUNTRY, ends), duplicates=0)


DRUGS = ("cocaine", "heroin")
SPLIT = [("BRA", "ESP"), ("BRA", "PRT"), ("PER", "ESP"), ("PER", "PRT")]


def tied(cocaine: tuple[int, ...], heroin: tuple[int, ...]) -> pd.DataFrame:
    """Cases of two drugs reported by Spain on the four routes of two departures and two destinations."""
    rows = [
        (2012, drug, "ESP", *route, n)
        for drug, counts in (("cocaine", cocaine), ("heroin", heroin))
        for route, n in zip(SPLIT, counts, strict=True)
    ]
    return panel(rows)


def test_drugs_on_the_same_routes_and_on_each_others() -> None:
    # The ends of all are alike, ten cases each: only how they are joined differs.
    for heroin, r, most in (((9, 1, 1, 9), 1.0, 1.0), ((1, 9, 9, 1), -1.0, -1.0)):
        test = sharing.registered(tied((9, 1, 1, 9), heroin), DRUGS, params())
        assert test.null.observed == pytest.approx(r)
        assert test.null.mean == pytest.approx(0, abs=0.3)
        assert (test.tables.cases, test.reporters) == (40, 1)
        assert np.sign(test.null.estimate) == most


def test_margins_are_held_within_reporting_country() -> None:
    # Each country reports one destination, so its margins fix its table; over both of them they would not.
    rows = [(2012, drug, seen, left, seen, 5) for drug in DRUGS for seen in ("ESP", "PRT") for left in ("BRA", "PER")]
    rows += [(2012, drug, seen, left, seen, 4) for drug in DRUGS for seen, left in (("ESP", "BRA"), ("PRT", "PER"))]
    between = panel(rows)
    test = sharing.registered(between, DRUGS, params())
    assert np.ptp(test.null.drawn) == pytest.approx(0)
    assert test.null.p_value == 1
    assert sharing.what_margins_fix(test)["moving_share"] == 0
    found = sharing.compared(sharing.tabled(between, DRUGS, "all reporters"), 199, 1)
    assert np.ptp(found.null.drawn) > 0.5


def test_leaving_out_is_as_if_it_had_never_been() -> None:
    routes = catalog.processed().open("routes_year")
    between = cases.between_two(cases.known_cases(routes))
    p = params(draws=99)
    drugs = cases.compared_drugs(between, p.min_cases)
    left = sharing.left_out(sharing.registered(between, drugs, p), p).set_index("name")
    assert len(left) == len(drugs) + between.loc[between["family"].isin(drugs), "seizing"].nunique()
    for name, without in (
        ("Spain", between[between["seizing"] != "ESP"]),
        ("ecstasy", between[between["family"] != "ecstasy"]),
    ):
        again = sharing.registered(without, [drug for drug in drugs if drug != name], p)
        assert left.loc[name, "observed"] == pytest.approx(again.null.observed)
        assert left.loc[name, "n_obs"] == again.tables.cases
    assert (left["ci_level"] == 0.9).all()


def test_one_drug_alone_is_refused_with_a_remedy_that_there_is() -> None:
    between = pd.DataFrame({"family": ["heroin", "heroin", "cocaine"], "cases": [30, 30, 20]})
    assert cases.compared_drugs(between, 20) == ("cocaine", "heroin")
    with pytest.raises(
        ParameterError, match=r"only heroin has at least 50 cases .* set min_cases to 20 or less, or widen"
    ):
        cases.compared_drugs(between, 50)
    with pytest.raises(ParameterError, match=r"no drug has .* two drugs are needed: widen the window"):
        cases.compared_drugs(between[between["family"] == "cocaine"], 50)


def test_the_control_does_not_hang_on_one_halving() -> None:
    routes = catalog.processed().open("routes_year")
    between = cases.between_two(cases.known_cases(routes))
    drugs = cases.compared_drugs(between, 100)
    test = sharing.registered(between, drugs, params(draws=499, sensitivity_draws=199))
    one, other = (
        sharing.halves_of_one_drug(test, params(draws=499, sensitivity_draws=199, seed=seed), 0.05) for seed in (1, 2)
    )
    assert one["splits"] == other["splits"] == 499
    # Means and shares of so many halvings: one correlation spreads by about .07.
    assert one["halves"] == pytest.approx(other["halves"], abs=4 * 0.07 * math.sqrt(2 / 499))
    assert one["power"].value == pytest.approx(other["power"].value, abs=0.2)  # critical values of 199 draws each
    for found in (one, other):
        assert found["row"]["estimate"] == pytest.approx(found["halves"] - found["expected"])
        assert (found["p_value"] < 0.05) == (found["power"].value > 0.5)
        assert found["passed"] is (True if found["power"].value >= 0.8 else None)


def test_power_is_unknown_where_no_arrangement_has_the_size() -> None:
    test = sharing.registered(tied((6, 4, 4, 6), (6, 4, 4, 6)), DRUGS, params())
    room = sharing.Room(-0.2, 0.15)
    margin = Margin(value=0.2, scale="difference", says="a", source="b")
    found = {name: share.value for name, share in sharing.power(test, room, margin, 0.05).items()}
    assert math.isnan(found["margin"])
    assert math.isnan(found["double"])
    assert 0 <= found["half"] <= 1


def test_a_route_two_drugs_share_is_ranked_by_the_smaller_residual() -> None:
    test = sharing.registered(tied((9, 1, 1, 9), (9, 1, 1, 9)), DRUGS, params())
    found = shared_routes.shared_routes(test)
    # Each end has ten cases, so five are expected on each route: nine are 4 / sqrt(5) more.
    assert found[["departure", "destination"]].to_numpy().tolist() == [["BRA", "ESP"], ["PER", "PRT"]]
    assert found["expected_first"].tolist() == pytest.approx([5, 5])
    assert found["shared"].tolist() == pytest.approx([4 / math.sqrt(5)] * 2)
    # Nine or more of ten: (C(10,9) C(10,1) + 1) / C(20,10) for either drug, and both must.
    assert (found["p_value"] < 0.02).all()
    assert (found["p_adjusted"] >= found["p_value"]).all()
    none = shared_routes.shared_routes(sharing.registered(tied((9, 1, 1, 9), (1, 9, 9, 1)), DRUGS, params()))
    assert none.empty
    outlines = catalog.raw().open("country_outlines")
    placed = shared_routes.on_the_map(found, found["p_adjusted"] < 0.05, outlines, found)
    assert placed[["from", "to", "cases", "kind"]].to_numpy().tolist() == [
        ["Brazil", "Spain", 18, shared_routes.BEYOND],
        ["Peru", "Portugal", 18, shared_routes.BEYOND],
    ]
    busiest = shared_routes.on_the_map(none, none["p_adjusted"] < 0.05, outlines, placed)
    assert busiest["kind"].unique().tolist() == [shared_routes.NONE]


def test_drugs_as_reported_are_those_of_the_raw_table() -> None:
    routes = catalog.processed().open("routes_year")
    between = cases.between_two(cases.known_cases(routes))
    found = sharing.as_reported(catalog.raw().open("seizure_routes"), between)
    assert found["cases"].sum() == between["cases"].sum()
    assert cases.drugs_with(found, 2_000, "drug") == ("Cocaine", "Heroin")


def coming_and_going() -> pd.DataFrame:
    return panel(
        [
            (2011, "cocaine", "ESP", "BRA", "ESP", 5),
            (2011, "cocaine", "COL", "COL", "unknown", 7),
            (2012, "cocaine", "ESP", "ESP", "ESP", 1),
            (2012, "cocaine", "PRT", "unknown", "unknown", 2),
        ]
    )


def test_coverage_counts_reporters_that_come_and_go() -> None:
    frame = coming_and_going()
    table = cases.coverage_by_year(frame).set_index("year")
    assert table.loc[2011, [TWO_COUNTRIES, ONE_END, "of_colombia", "one_end_colombia"]].tolist() == [5, 7, 7, 7]
    assert table.loc[2012, [ONE_COUNTRY, NO_END, "of_colombia", "no_end_colombia"]].tolist() == [1, 2, 0, 0]
    assert table["reporters"].tolist() == [2, 2]
    assert table["reporters_with_route"].tolist() == [1, 1]
    assert (table.loc[2012, "new"], table.loc[2012, "gone"]) == (1, 1)  # Portugal came, Colombia went
    assert pd.isna(table.loc[2011, "new"])
    assert cases.reporters_of_every_year(frame) == ["ESP"]
    busiest = cases.busiest_routes(cases.known_cases(frame))
    assert busiest[["departure", "destination", "cases"]].to_numpy().tolist() == [["BRA", "ESP", 5]]


def test_parts_of_the_bars_add_up_to_all_cases() -> None:
    table = cases.coverage_by_year(coming_and_going())
    parts = cases.parts_known(table)
    assert parts.groupby("year")["cases"].sum().tolist() == table["cases"].tolist() == [12, 3]
    apart = parts[parts["known"] == "Colombia: one end or none"]
    assert apart["cases"].tolist() == [7, 0]


def test_a_sign_is_explained_only_where_a_pair_has_one() -> None:
    assert sharing.key_of(pd.Series(["", "+"])) == "Correlation less what chance gives; sign: told from chance"
    assert sharing.key_of(pd.Series(["", ""])) == "Correlation less what chance gives; no pair is told from chance"


def test_shares_by_hand() -> None:
    found = cases.shares(coming_and_going()).set_index("name")
    assert found["share"].to_dict() == pytest.approx(
        {"known": 6 / 15, "domestic": 1 / 6, "largest": 1, "colombia": 7 / 15, "colombia_known": 0}
    )
    assert found.loc["known", ["n_obs", "n_units"]].tolist() == [15, 3]
    assert found.loc["domestic", ["n_obs", "n_units"]].tolist() == [6, 1]


def test_routes_without_a_place_are_left_out_not_guessed() -> None:
    frame = panel([(2011, "cocaine", "ESP", "BRA", "ESP", 5), (2011, "heroin", "FRA", "REU", "FRA", 1)])
    busiest = cases.busiest_routes(cases.known_cases(frame))
    placed = cases.placed_routes(busiest, catalog.raw().open("country_outlines"))
    assert (len(busiest), placed["from"].tolist(), placed["kind"].tolist()) == (2, ["Brazil"], ["cocaine"])
    ends = cases.ends_of(placed)
    assert ends["name"].tolist() == ["Brazil", "Spain"]
    assert ends["cases"].tolist() == [5, 5]


def test_twelve_among_the_majors_by_hand() -> None:
    of_majors = lists.chance_of_majors()
    majors = of_majors.set_index("listed")
    assert majors["further"].tolist() == [0, 1, 2, 3, 4, 5]
    # No Major but the twelve: all twelve among the seventeen. One more: twelve of thirteen, or all thirteen.
    assert majors.loc[12, "p_at_least"] == pytest.approx(comb(17, 12) / comb(22, 12))
    assert majors.loc[13, "p_at_least"] == pytest.approx((comb(17, 12) * 5 + comb(17, 13)) / comb(22, 13))
    assert majors.loc[17, "p_at_least"] == pytest.approx(1)  # five Majors are not proposed, so twelve at least must be
    assert lists.fewest_unsurprising_further(of_majors, 0.05) == 1
    assert lists.fewest_unsurprising_further(of_majors, 0.005) == 0
    states = lists.chance_of_states(params()).set_index("listed")
    assert (states.index[0], states.index[-1]) == (12, 60)
    assert states.loc[60, "expected"] == pytest.approx(17 * 60 / 195)
    at_least = sum(comb(60, k) * comb(135, 17 - k) for k in range(12, 18)) / comb(195, 17)
    assert states.loc[60, "p_at_least"] == pytest.approx(at_least)


def test_a_long_list_makes_twelve_nothing_rare() -> None:
    table = lists.chance_of_states(params(most_sources=195))
    longest = lists.longest_surprising_list(table, 0.05)
    p = table.set_index("listed")["p_at_least"]
    assert longest is not None
    assert p[longest] < 0.05 <= p[longest + 1]
    assert lists.longest_surprising_list(table, 0) is None


def test_few_lengths_are_drawn_and_the_longest_among_them() -> None:
    drawn = lists.lengths_to_draw(lists.chance_of_states(params(most_sources=40)), lists.chance_of_majors())
    assert drawn["listed"].tolist() == [12, 24, 36, 40, 12, 13, 14, 15, 16, 17]
    assert drawn["label"].iloc[[0, -1]].tolist() == ["12 of 195 States", "17 of the 22 Majors"]
