"""Steps of the question of the cooperation network: density, growth, persistence and completeness, by hand."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.designs.networks.ties import (
    TieNetwork,
    cumulated,
    joint_event_network,
    pooled,
    ties_between_groups,
)
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.questions import outlines
from crimjust_research.questions.cooperation import by_event, network, persistence, record, steps
from crimjust_research.questions.cooperation.params import Params


def params(**changes: float) -> Params:
    usual = {"start": 2016, "end": 2020, "tolerance": 1, "confidence_level": 0.95, "draws": 199, "seed": 20211212}
    return Params(**usual | changes)  # type: ignore[arg-type]


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
            "region": ["Here" if code < "E" else "There" for code in codes],
            "is_developing": [code < "E" for code in codes],
            "proposed": [code in ("AAA", "DDD") for code in codes],
            "phase": pd.array([1, 1, 2, 2, pd.NA, pd.NA, pd.NA], dtype="Int64"),
        }
    )


def met() -> TieNetwork:
    return network.meetings_network(event_panel(), params())


def together() -> pd.DataFrame:
    return network.last_period(ties_between_groups(cumulated(met()), network.south_or_north(country_panel())))


def others() -> pd.DataFrame:
    return by_event.with_other_events(event_panel(), country_panel(), params())


# --- The network ------------------------------------------------------------------------------------------------


def test_density_and_reach_of_six_countries() -> None:
    # Met: AAA-BBB, AAA-XXX, BBB-XXX, CCC-YYY of 6 x 5 / 2 = 15 pairs; nobody reaches anybody further.
    found = steps.whole(met(), others()).set_index("measure")
    assert found["estimate"].tolist() == pytest.approx([4 / 15] * 3)
    assert found["n_obs"].tolist() == [15] * 3


def test_south_south_is_counted_among_pairs_and_its_interval_draws_events() -> None:
    share, mixing = steps.south_south(together(), others())
    # South-South: AAA-BBB of the four; of all 15 pairs the three among AAA, BBB, CCC.
    assert share["estimate"] == pytest.approx(1 / 4)
    assert share["null_value"] == pytest.approx(3 / 15)
    assert mixing["estimate"] == pytest.approx((1 / 4) / (3 / 15))
    assert mixing["ci_low"] == pytest.approx(share["ci_low"] / (3 / 15))
    # A draw with both forums at which two countries met has the four pairs; one with neither has AAA-BBB alone.
    assert (share["ci_low"], share["ci_high"]) == (1 / 4, 1)
    assert (share["n_obs"], share["n_units"]) == (4, 6)


def test_each_measure_without_one_event_or_with_one_twice() -> None:
    events = event_panel()
    without_forum = np.array([[1.0, 0, 1, 1, 1, 1]])
    found = by_event.measures(
        events, country_panel(), np.vstack([np.ones((1, 6)), without_forum, 2 * without_forum]), params()
    )
    # Without the forum of 2017 AAA-BBB and CCC-YYY are left of 15 pairs, both within one step; AAA-BBB is South-South.
    for name in ("density", "reach", "two_step_reach"):
        assert found[name].tolist() == pytest.approx([4 / 15, 2 / 15, 2 / 15])
    assert found["south_south"].tolist() == pytest.approx([1 / 4, 1 / 2, 1 / 2])
    # To AAA, where forums are held, went BBB and XXX in 2017, CCC and YYY in 2018, ZZZ in 2020: none is returned.
    assert found["returned"].tolist() == [0, 0, 0]
    # Nobody met in 2020, and without the forum nobody in 2017.
    assert found["growth_pairs"].isna().all()
    # Proposed are AAA, named in every sample, and DDD in none; of the phases AAA, BBB and CCC of four, and AAA-BBB of six pairs.
    assert found["seen_proposed"].tolist() == [1 / 2] * 3
    assert found["seen_phases"].tolist() == [3 / 4] * 3
    assert found["density_phases"].tolist() == pytest.approx([1 / 6] * 3)
    # Events of 2016 to 2020: 1, 1, 1, 2, 1; without the forum 2017 has none.
    slope = np.log([1, 1, 1, 2, 1]) @ [-2, -1, 0, 1, 2] / 10
    assert found["growth_events"].iloc[0] == pytest.approx(slope)
    assert found["growth_events"].iloc[1:].isna().all()
    table = others()
    assert table.loc["density", ["least", "most"]].tolist() == pytest.approx([2 / 15, 4 / 15])
    assert table.loc["density", "without_least"] == "2017-03-01 forum"
    assert table.loc["reach", ["ci_low", "ci_high"]].between(0, 1).all()


def test_a_chain_that_hangs_on_one_event_breaks_without_it() -> None:
    lists = {"2016-01-01 training": "AAA BBB", "2017-01-01 training": "BBB CCC", "2018-01-01 training": "CCC XXX"}
    found = by_event.measures(
        event_panel(lists),
        country_panel(),
        np.vstack([np.ones(3), [1, 0, 1]]),
        params(),
    )
    # A chain of four: three pairs tied, five within two steps, all six joined. Without the middle two pairs apart.
    assert found["reach"].tolist() == pytest.approx([1, 2 / 6])
    assert found["two_step_reach"].tolist() == pytest.approx([5 / 6, 2 / 6])


def test_draws_of_distinct_pairs_are_moved_to_lie_about_what_was_counted() -> None:
    names = ["AAA", "BBB", "CCC", "DDD", "XXX", "YYY", "ZZZ"]
    pairs = [(a, b) for a in names for b in names if a < b]
    lists = {f"{2016 + k % 5}-01-{k + 1:02d} training": " ".join(pair) for k, pair in enumerate(pairs)}
    events, known = event_panel(lists), country_panel()
    row = by_event.with_other_events(events, known, params()).loc["density"]
    # Every pair meets once: all are tied, and each event left out takes one of the 21.
    assert (row["estimate"], row["least"], row["most"]) == pytest.approx((1, 20 / 21, 20 / 21))
    drawn = by_event.measures(events, known, by_event.drawn_events(21, 199, 20211212), params())["density"]
    # Of 21 events drawn from 21 about 1 - 1 / e differ.
    assert drawn.mean() == pytest.approx(1 - (20 / 21) ** 21, abs=0.03)
    assert row["std_error"] == pytest.approx(drawn.std())
    assert row["ci_low"] < 1
    assert row["ci_high"] == 1


def test_growth_is_the_slope_of_yearly_points_over_events() -> None:
    # 1, 2, 4 and 8 pairs with distinct members in four years.
    lists = {f"{2016 + y}-01-{k + 1:02d} forum": f"A{k:02d} B{k:02d}" for y in range(4) for k in range(2**y)}
    window, p = event_panel(lists), params(end=2019, tolerance=0)
    names = sorted(set(window["iso3"]))
    known = pd.DataFrame({"iso3": names, "is_developing": True, "proposed": [n < "A02" for n in names]})
    known["phase"] = known["proposed"].map({True: 1, False: pd.NA})
    years = network.years_table(network.meetings_network(window, p), network.event_lists(window))
    others = by_event.with_other_events(window, known, p)
    found = steps.growth(years, others).set_index("name")
    assert found["estimate"].tolist() == pytest.approx([2, 2, 2])
    assert found.loc["pairs", ["first", "last", "n_obs", "n_units"]].tolist() == [2016, 2019, 4, 15]
    # Without one of the eight events of 2019: pairs 1, 2, 4, 7, slope over steps -1.5, -.5, .5, 1.5.
    slope = np.log([1, 2, 4, 7]) @ [-1.5, -0.5, 0.5, 1.5] / 5
    assert found.loc["pairs", "least"] == pytest.approx(np.exp(slope))
    # Without the one event of 2016 that year has none.
    assert found["undefined"].tolist() == [1, 1, 1]
    # One draw after the other, among those that leave no year empty.
    period = np.array([int(event[:4]) for event in network.event_lists(window)["event"]])
    slopes = []
    for counts in by_event.drawn_events(15, p.draws, p.seed):
        yearly = [counts[period == year].sum() for year in range(2016, 2020)]
        if min(yearly) > 0:
            slopes.append(np.log(yearly) @ [-1.5, -0.5, 0.5, 1.5] / 5)
    assert found.loc["events", "std_error"] == pytest.approx(np.std(slopes, ddof=1))
    assert found.loc["events", "ci_low"] == pytest.approx(np.exp(np.quantile(slopes, 0.025)))


def test_how_much_of_the_proposal_is_in_the_record() -> None:
    seen, met_of_them = (rows.set_index("group") for rows in steps.of_proposal(country_panel(), others()))
    # Proposed: AAA was named, DDD was not. Phases: AAA, BBB, CCC of four; AAA-BBB of six pairs.
    assert seen["estimate"].tolist() == pytest.approx([1 / 2, 3 / 4])
    assert met_of_them["estimate"].tolist() == pytest.approx([0, 1 / 6])
    assert seen["label"].tolist() == ["2 proposed countries", "4 countries of the 2 phases"]
    assert (seen["n_obs"].tolist(), met_of_them["n_obs"].tolist()) == ([2, 4], [1, 6])
    # No draw makes proposed countries meet: what cannot vary has no error.
    assert np.isnan(met_of_them.loc["proposed", "std_error"])


def test_countries_of_the_proposal_that_no_event_names_are_in_the_table() -> None:
    table = network.country_table(event_panel(), country_panel(), pooled(met())).set_index("iso3")
    assert table.index[0] == "AAA"
    assert table.loc["AAA", ["events", "partners", "meetings", "first_year", "last_year"]].tolist() == [
        *(4, 2, 5),
        *(2016, 2019),
    ]
    assert table.loc["DDD", "events"] == 0
    assert pd.isna(table.loc["DDD", "first_year"])


def test_years_tell_new_ties_from_those_seen_before() -> None:
    years = network.years_table(met(), network.event_lists(event_panel())).set_index("period")
    assert years["ties"].tolist() == [1, 3, 1, 1, 0]
    assert years.loc[2017, ["new", "resumed", "continued"]].tolist() == [2, 0, 1]
    assert years.loc[2019, ["new", "resumed", "continued"]].tolist() == [0, 1, 0]
    assert years["events"].tolist() == [1, 1, 1, 2, 1]
    assert years["single"].tolist() == [0, 0, 0, 0, 1]


def test_visits_have_a_direction_that_meetings_lack() -> None:
    events = event_panel({"2017-01-01 forum": "BBB CCC", "2018-01-01 forum": "BBB"})
    events["place"] = ["AAA", "AAA", "CCC"]
    events.loc[3] = ["2019-01-01 forum", "CCC", 2019, "BBB"]
    # BBB and CCC visit AAA, BBB visits CCC, CCC visits BBB: two of four ties are returned.
    found = steps.returned(network.visits_network(events), others())
    assert (found["estimate"], found["n_obs"], found["n_units"]) == (0.5, 4, 3)


def test_growth_is_left_out_where_a_year_has_no_meeting() -> None:
    years = network.years_table(met(), network.event_lists(event_panel()))
    assert steps.growth(years, others())["name"].tolist() == ["events"]  # nobody met in 2020


def test_a_window_without_an_event_is_refused() -> None:
    later = event_panel({"2023-01-01 forum": "AAA BBB"})
    with pytest.raises(ParameterError, match="no event"):
        network.meetings_network(network.in_window(later, params()), params())


# --- What charts show -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "shown"),
    [(1, "once"), (2, "twice"), (3, "3 or 4 times"), (4, "3 or 4 times"), (5, "5 times or more")],
)
def test_how_often_a_pair_met_has_a_class(events: int, shown: str) -> None:
    assert network.meeting_class(pd.Series([events])).tolist() == [shown]


def test_pairs_and_cells_of_the_charts() -> None:
    joint = pooled(met())
    order = network.by_region(network.country_table(event_panel(), country_panel(), joint))
    assert order["iso3"].tolist() == ["AAA", "BBB", "CCC", "XXX", "YYY", "ZZZ"]
    pairs = network.pairs_that_met(joint)
    assert pairs[["first", "second", "events"]].to_numpy().tolist() == [
        ["AAA", "XXX", 1],
        ["BBB", "XXX", 1],
        ["CCC", "YYY", 1],
        ["AAA", "BBB", 4],
    ]
    assert len(network.pairs_that_met(joint, fewest=2)) == 1
    assert network.named(pairs.tail(1), order)[["first", "second"]].to_numpy().tolist() == [["Land A", "Land B"]]
    cells = network.every_pair(joint, order).set_index(["name", "other"])["met"]
    assert cells["Land A", "Land B"] == cells["Land B", "Land A"] == "3 or 4 times"
    assert cells["Land A", "Land Z"] == "never"
    assert pd.isna(cells["Land A", "Land A"])


def test_shares_of_groups_add_up_and_leave_empty_years_out() -> None:
    groups = ties_between_groups(met(), network.south_or_north(country_panel()))
    shares = network.shares_of_groups(groups, together())
    assert list(dict.fromkeys(shares["column"])) == [
        *("2016 (1)", "2017 (3)", "2018 (1)", "2019 (1)"),
        *("all years (4)", "all pairs (15)"),
    ]
    assert list(dict.fromkeys(shares["pairs_of"])) == ["South-South", "North-South", "North-North"]
    assert shares.groupby("column")["share"].sum().tolist() == pytest.approx([1] * 6)
    # In 2017 one pair of the South met, and two of both sides.
    assert shares.loc[shares["column"] == "2017 (3)", "ties"].tolist() == [1, 2, 0]


def test_outlines_are_drawn_the_largest_first() -> None:
    table = pd.DataFrame(
        {
            "unit": ["AAA", "BBB", "ATA", "CCC"],
            "iso3": ["AAA", None, "ATA", "CCC"],
            "longitude": [1.0, 2.0, 3.0, 4.0],
            "latitude": [5.0, 6.0, 7.0, 8.0],
            "outline": [
                "MULTIPOLYGON (((0 0, 0 1.26, 1 1, 0 0)))",
                "MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)), ((5 5, 5 6, 6 6, 5 5)))",
                "MULTIPOLYGON (((0 0, 0 1, 1 1, 0 0)))",
                None,
            ],
        }
    )
    drawn = outlines.rings_of_countries(table)
    assert [len(rings) for rings in drawn] == [2, 1]
    assert drawn[1] == [[[0, 0], [0, 1.3], [1, 1], [0, 0]]]
    assert outlines.points(table).index.tolist() == ["AAA", "ATA", "CCC"]


# --- Persistence ------------------------------------------------------------------------------------------------


def dyads_of(events: pd.DataFrame) -> pd.DataFrame:
    names = sorted(set(events["iso3"]))
    rows = [(a, b, False, a == "AAA") for a in names for b in names if a < b]
    return pd.DataFrame(rows, columns=["iso3_a", "iso3_b", "same_region", "same_language"])


def spells(tolerance: int) -> pd.DataFrame:
    events = event_panel()
    return persistence.spells_of_ties(met(), events, dyads_of(events), country_panel(), tolerance)


def test_spells_know_the_event_they_began_with() -> None:
    # With one year unseen allowed AAA-BBB runs from 2016 to 2019, which is the last year whose end could be seen.
    found = spells(tolerance=1)
    tie = found[(found["first"] == "AAA") & (found["second"] == "BBB")].iloc[0]
    assert (len(found[found["first"] == "AAA"]), tie["start"], tie["duration"], tie["ended"]) == (2, 2016, 4, False)
    assert (tie["began"], tie["both_south"], tie["same_language"], tie["met_more_than_once"]) == (
        "2016-03-01 training",
        1.0,
        1.0,
        0.0,
    )
    without = spells(tolerance=0)
    last = without[(without["first"] == "AAA") & (without["start"] == 2019)].iloc[0]
    assert (last["began"], last["meetings"]) == ("2019-03-01 training", 2)


def test_resampled_survival_is_kaplan_meiers_with_wider_intervals_when_events_begin_many_ties() -> None:
    rng = np.random.default_rng(5)
    began = np.repeat([f"event {k}" for k in range(8)], 25)
    # Ties that one event began all last equally long.
    duration = np.repeat(rng.integers(1, 5, 8), 25)
    tied = pd.DataFrame({"began": began, "duration": duration, "ended": True})
    curve = kaplan_meier(duration, np.ones(200)).table
    found = persistence.resampled_survival(tied, curve["time"].to_numpy(), params())
    np.testing.assert_allclose(found["survival"], curve["survival"], atol=1e-12)
    inner = curve["survival"].between(0.05, 0.95).to_numpy()
    assert inner.any()
    widths = (found["ci_high"] - found["ci_low"])[inner]
    assert (widths > 1.5 * (curve["ci_high"] - curve["ci_low"])[inner]).all()
    assert (found.loc[0, "n_obs"], found.loc[0, "n_units"]) == (200, 8)
    one = persistence.lasting(tied, params()).iloc[0]
    assert one[["ci_low", "ci_high"]].tolist() == found.loc[0, ["ci_low", "ci_high"]].tolist()
    shares = {event: (tied.loc[tied["began"] != event, "duration"] > 1).mean() for event in set(began)}
    assert (one["least"], one["most"]) == pytest.approx((min(shares.values()), max(shares.values())))
    assert shares[one["without_least"]] == pytest.approx(one["least"])


def test_hazard_ratios_without_each_event_are_those_of_fits_without_its_ties() -> None:
    rng = np.random.default_rng(8)
    n = 160
    ties = pd.DataFrame({name: rng.integers(0, 2, n).astype(float) for name in persistence.COVARIATES})
    ties["began"] = [f"event {k % 10}" for k in range(n)]
    ties["duration"], ties["ended"] = rng.integers(1, 5, n), rng.random(n) < 0.7
    p = params()
    hazard, _ = persistence.end_of_ties(ties, p)
    assert hazard is not None
    found = persistence.hazard_ratios(hazard, ties, p).set_index("term")
    whole = hazard.table.set_index("term")
    fits = {e: persistence.end_of_ties(ties[ties["began"] != e], p)[0] for e in sorted(set(ties["began"]))}
    without = {e: fit.table.set_index("term")["hazard_ratio"] for e, fit in fits.items() if fit}
    assert len(without) == 10
    for term in persistence.COVARIATES:
        assert found.loc[term, "estimate"] == pytest.approx(whole.loc[term, "hazard_ratio"])
        ratios = pd.Series({event: table[term] for event, table in without.items()})
        assert found.loc[term, ["least", "most"]].tolist() == pytest.approx([ratios.min(), ratios.max()], rel=1e-5)
        assert found.loc[term, "event"] == np.log(ratios / whole.loc[term, "hazard_ratio"]).abs().idxmax()
    assert (found["n_obs"] == n).all()
    assert (found["n_units"] == 10).all()


@pytest.mark.parametrize(("tolerance", "unseen"), [(0, "1 year"), (1, "2 years")])
def test_the_first_years_are_recorded_in_words(tolerance: int, unseen: str) -> None:
    tied = pd.DataFrame({"began": ["a", "b", "b"], "duration": [1, 2, 3], "ended": True})
    rows = persistence.lasting(tied, params(tolerance=tolerance))
    assert rows["years"].tolist() == ["year", "years"]
    assert set(rows["unseen"]) == {unseen}


# --- Completeness -----------------------------------------------------------------------------------------------


def public() -> pd.DataFrame:
    activities = pd.DataFrame(
        {
            "event": ["2016-05-01 training", "2017-07-14 training", "2019-02-01 case forum", "2019-03-01 case forum"],
            "date_start": ["2016-05-01", "2017-07-14", "2019-02-01", "2019-03-01"],
            "type": ["training", "training", "case forum", "case forum"],
            "note": ["a workshop", "four activities July-August", None, "of two activities the second"],
        }
    )
    took_part = pd.DataFrame({"event": ["2019-02-01 case forum"] * 2, "iso3": ["BOL", "BEL"]})
    return record.public_record(activities, took_part)


def published(**changes: object) -> pd.DataFrame:
    rows = {
        "capacity_building_activities_cumulative": (">35", "over", 35.0, "2017-08"),
        "bolivia_activities_cumulative": (">30", "over", 30.0, "2021-05"),
        "bolivia_case_forums_showcased": ("3", "exact", 3.0, "2021-05"),
        "investigative_case_forums": ("4", "exact", 4.0, "2019"),
    }
    frame = pd.DataFrame([(metric, *row) for metric, row in rows.items()])
    return frame.set_axis(["metric", "stated", "qualifier", "value_low", "period"], axis=1).assign(**changes)


def test_an_entry_that_stands_for_several_activities_says_so_in_its_note() -> None:
    assert public()["stands_for"].tolist() == [1, 4, 1, 1]
    assert public()["states"].tolist() == ["", "", "BOL BEL", ""]


def test_totals_are_held_against_the_activities_the_record_stands_for() -> None:
    table = record.totals_table(public(), published()).set_index("metric")
    # "More than 35" is 36 or more; two entries to August 2017, one of which stands for four activities.
    row = table.loc[record.PROGRAMME.metric]
    assert (row["at_least"], row["entries"], row["public"]) == (36, 2, 5)
    assert row["share_at_most"] == pytest.approx(5 / 36)
    assert table["public"].tolist() == [5, 1, 1, 2]
    assert table["at_least"].tolist() == [36, 31, 3, 4]
    assert record.held(table).tolist() == ["5 of 36 or more", "1 of 31 or more", "1 of 3", "2 of 4"]


def test_what_a_total_is_called_follows_the_month_it_was_given_for() -> None:
    table = record.totals_table(public(), published(period=["2017-06", "2021-05", "2021-05", "2019"]))
    assert table["total"].tolist() == [
        "Activities to June 2017",
        "Activities with Bolivia, 2018 to May 2021",
        "Case forums with Bolivia to May 2021",
        "Case forums of 2019",
    ]
    # The training of July 2017 no longer counts.
    assert table.loc[0, "entries"] == 1


def test_a_total_that_is_gone_is_named() -> None:
    with pytest.raises(DataError, match="programme_results has no row bolivia_case_forums_showcased"):
        record.totals_table(public(), published().drop(index=2))


def test_the_less_is_public_the_wider_the_bounds() -> None:
    # Of eight countries two pairs met: three events, of two countries at most.
    lists = pd.DataFrame({"event": ["1", "2", "3"], "period": 2016, "participants": [["a", "b"], ["a", "c"], ["d"]]})
    sizes = lists["participants"].map(len)
    table = record.bounds_table(
        joint_event_network(lists, list("abcdefgh")), sizes, record.totals_table(public(), published())
    )
    # 3 / (5 / 36) = 21.6 and 3 / (1 / 31) = 93 events; 19 unseen ones tie at most 19 pairs more, 90 all 28.
    assert table["events"].tolist() == [22, 93]
    assert table["observed"].tolist() == pytest.approx([2 / 28] * 2)
    assert table["upper"].tolist() == pytest.approx([21 / 28, 1])
    window = lists.explode("participants").rename(columns={"participants": "iso3"})
    network_of = joint_event_network(lists, list("abcdefgh"))
    row = record.extrapolated_without_one(window, network_of, table).iloc[0]
    # Without event 1 or 2 one pair is left, of 2 events of 22: q = 1 / 11, and 1 / (0 + 1 x .1) = 10 unseen of 28.
    assert row["estimate"] == table.loc[0, "extrapolated"]
    assert (row["least"], row["without_least"]) == (pytest.approx(11 / 28), "1")
    assert record.implied(table)[0] == "22 events: share public as to August 2017"


# --- Parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2022, "end": 2018}, "the window is empty"),
        ({"start": 2020, "end": 2023}, "need at least 5"),
        ({"start": 2015}, "on record from 2016 to 2024; give start no earlier than 2016"),
        ({"tolerance": 4}, "less than or equal to 3"),
        ({"draws": 5}, "greater than or equal to 99"),
        ({"tolerence": 1}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        params(**changes)
