"""Steps of the question of match: the two networks, their correlation, growth and the pairs that never met, by hand."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import stats
from scipy.stats import spearmanr

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.questions.match import association, gaps, growth, networks, power
from crimjust_research.questions.match.params import Params


def params(**changes: float | str) -> Params:
    usual: dict[str, float | str] = {"listed_to": "2024-04"}
    usual |= {"start": 2018, "end": 2022, "margin_low": 0.8, "margin_high": 1.25, "confidence_level": 0.95}
    usual |= {"draws": 499, "growth_draws": 499, "seed": 20211212}
    return Params(**usual | changes)  # type: ignore[arg-type]


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
            "region": ["South" if code < "D" else "North" for code in codes],
            "proposed": [code == "GGG" for code in codes],
            "phase": pd.array([pd.NA] * 6 + [4], dtype="Int64"),
            "entry_documented": pd.array([2016, *[pd.NA] * 6], dtype="Int64"),
        }
    )


# --- The two networks -------------------------------------------------------------------------------------------


def test_networks_hold_joint_events_and_cases_of_countries_in_both() -> None:
    events = event_panel(EVENTS)
    found = networks.networks(events, dyad_panel(events), route_panel(CASES), country_panel())
    # All six took part and stand on a route; ZZZ stands on one and took part in nothing.
    assert found.countries == ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"]
    assert found.joint_events.loc["AAA", "BBB"] == found.joint_events.loc["BBB", "AAA"] == 2
    assert found.joint_events.loc["AAA", "DDD"] == 0
    # 8 cases one way and 1 the other: log(1 + 9). The case with an unknown end is on no route.
    assert found.log_cases.loc["BBB", "AAA"] == pytest.approx(math.log(10))
    assert found.cases.loc["AAA"].tolist() == [0, 8, 0, 3, 0, 0]
    early = networks.networks(events, dyad_panel(events), route_panel(CASES), country_panel(), (2018, 2019))
    assert early.countries == ["AAA", "BBB", "CCC"]
    some = found.among({"FFF", "BBB", "AAA"})
    # Of the first event AAA and BBB are left, of the forum FFF alone, which ties nobody.
    assert some.countries == ["AAA", "BBB", "FFF"]
    assert some.took_part.index.get_level_values("event").tolist() == ["2018-01-01 training", "2019-01-01 training"]
    assert some.ties.tolist() == [[1, 0, 0], [1, 0, 0]]
    assert found.strata.tolist() == [0, 0, 0, 1, 1, 1]


def test_pairs_their_meetings_and_who_reports_their_cases() -> None:
    events = event_panel(EVENTS)
    found = networks.networks(events, dyad_panel(events), route_panel(CASES), country_panel())
    pairs = found.pairs()
    assert len(pairs) == 15
    assert pairs.iloc[0].tolist() == ["AAA", "BBB", 9, 2]
    assert gaps.pairs_on_routes(found).to_numpy().tolist() == [
        ["AAA", "BBB", 9, 2],
        ["AAA", "DDD", 3, 0],
        ["EEE", "FFF", 1, 1],
    ]
    unmet = gaps.shares_unmet(found, params())
    assert unmet["estimate"].to_dict() == pytest.approx({"pairs": 1 / 3, "cases": 3 / 13})
    assert unmet.loc["pairs", ["n_obs", "n_units"]].tolist() == [3, 6]
    # Without the forum EEE-FFF has not met either; AAA-BBB met twice.
    assert unmet.loc["pairs", ["farthest", "event", "least"]].tolist() == [2 / 3, "2020-05-05 forum", 1 / 3]
    assert unmet.loc["cases", "farthest"] == pytest.approx(4 / 13)
    look = networks.meetings_by_cases(found).set_index(["cases", "met"])
    # AAA-BBB met twice, EEE-FFF once, AAA-DDD never; of the other twelve AAA-CCC, BBB-CCC, DDD-EEE, DDD-FFF met once.
    assert look.loc["1 to 9 (3 pairs)", "pairs"].tolist() == [1, 1, 1, 0]
    assert look.loc["none (12 pairs)", "share"].tolist() == pytest.approx([8 / 12, 4 / 12, 0, 0])
    assert look.loc["100 or more (0 pairs)", "share"].tolist() == [0, 0, 0, 0]
    # CCC reports 50 cases, but bound for a country that is not compared.
    assert networks.reported_by(found, route_panel(CASES)).to_numpy().tolist() == [["AAA", 11], ["BBB", 1], ["EEE", 1]]


def test_lists_of_two_or_more_make_pairs() -> None:
    large = networks.joint_lists(event_panel(EVENTS | {"2021-01-01 forum": "AAA"}))
    assert large["n_states"].tolist() == [3, 3, 2]
    assert large["meetings_of_two"].tolist() == [3, 3, 1]


# --- Association ------------------------------------------------------------------------------------------------

NAMES = [a * 3 for a in "ABCDEFGHIJKLMN"]


def known(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"iso3": names, "region": ["South" if n % 2 else "North" for n in range(len(names))]})


def constructed(follows: bool, seed: int = 3) -> networks.Networks:
    """Fourteen countries in two regions, forty events of two to four of them; cases follow how often pairs meet, or nothing."""
    rng = np.random.default_rng(seed)
    lists = {
        f"{2016 + n % 8}-01-{1 + n // 8:02d} training": " ".join(rng.choice(NAMES, rng.integers(2, 5), replace=False))
        for n in range(40)
    }
    events = event_panel(lists | {f"2020-01-01 forum{name}": name for name in NAMES})
    dyads = dyad_panel(events)
    dyads["same_region"] = dyads["iso3_a"].map(NAMES.index) % 2 == dyads["iso3_b"].map(NAMES.index) % 2
    met = dyads.groupby(["iso3_a", "iso3_b"])["joint_events"].sum()
    noise = rng.integers(0, 3, len(met))
    cases = {pair: int(9 * n * follows + z) for (pair, n), z in zip(met.items(), noise, strict=True)}
    return networks.networks(events, dyads, route_panel(cases), known(NAMES))


def test_cooperation_that_follows_traffic_is_found_and_what_does_not_is_not() -> None:
    found = constructed(follows=True)
    fit = association.correlation(found, params())
    pairs = found.pairs()
    assert fit.correlation == pytest.approx(np.corrcoef(pairs["joint_events"], np.log1p(pairs["cases"]))[0, 1])
    assert fit.correlation > 0.7
    assert fit.p_value == pytest.approx(1 / 500)
    assert (fit.n_events, fit.n_cells) == (40, 91)
    assert association.correlation(constructed(follows=False), params()).p_value > 0.05
    row = association.row(fit, 0.9, words="all")
    assert (row["ci_low"], row["ci_high"]) == fit.interval(0.9)
    assert (row["n_obs"], row["n_units"], row["ci_level"]) == (91, 40, 0.9)
    bins = association.histogram(fit.null, fit.correlation / fit.std_error)
    assert bins["relabellings"].sum() == 499
    assert bins["high"].iloc[-1] == pytest.approx(fit.correlation / fit.std_error)


def test_countries_change_places_within_their_region_only() -> None:
    """Cases between regions stay cases between regions."""
    found = constructed(follows=True)
    drawn = association.traffic(found, params())
    same = np.array([NAMES.index(a) % 2 == NAMES.index(b) % 2 for a, b in combinations(NAMES, 2)])
    assert (np.sort(drawn[same], axis=0) == np.sort(drawn[same, :1], axis=0)).all()
    assert (drawn[:, 1:] != drawn[:, :1]).any(axis=0).all()


def test_specifications_are_those_of_the_plan_each_with_what_it_alters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "LEFT_OUT", "AAA")
    monkeypatch.setattr(association.countries, "short_name", str.lower)
    found = constructed(follows=True)
    p, pairs = params(), found.pairs()
    early = found.among(NAMES[:10])
    registered, drawn = association.correlation(found, p), association.traffic(found, p)
    rows = association.specifications(found, early, drawn, registered, p).set_index("name")
    met, cases = pairs["joint_events"], np.log1p(pairs["cases"])
    assert rows.loc["spearman", "estimate"] == pytest.approx(spearmanr(met, cases).statistic)
    assert rows.loc["ties", "estimate"] == pytest.approx(np.corrcoef(met > 0, cases)[0, 1])
    assert rows.loc["ties", "altered"] == pytest.approx((met > 1).mean())
    weight = found.ties / found.ties.sum(axis=1, keepdims=True)
    assert rows.loc["each_event_once", "estimate"] == pytest.approx(np.corrcoef(weight.sum(axis=0), cases)[0, 1])
    assert rows.loc["each_event_once", "altered"] == pytest.approx((np.abs(weight.sum(axis=0) - met) > 1e-12).mean())
    shared = np.column_stack(
        [np.ones(91)]
        + [[m.loc[a, b] for a, b in combinations(NAMES, 2)] for m in (found.same_region, found.same_language)]
    )
    left = [v - shared @ np.linalg.lstsq(shared, v, rcond=None)[0] for v in (met.to_numpy(float), cases.to_numpy())]
    assert rows.loc["semipartial", "estimate"] == pytest.approx(np.corrcoef(*left)[0, 1])
    (without,) = rows.index[rows.index.str.startswith("without_")]
    assert (rows.loc[without, "n_obs"], rows.loc[without, "altered"]) == (78, pytest.approx(13 / 91))
    # Ten of the fourteen countries have 45 of the 91 pairs.
    assert (rows.loc["events_2016_2019", "n_obs"], rows.loc["events_2016_2019", "altered"]) == (
        45,
        pytest.approx(46 / 91),
    )
    assert (rows.loc["cross_border", "estimate"], rows.loc["cross_border", "altered"]) == (registered.correlation, 0)
    tests = association.other_tests(found, p).set_index("name")
    assert set(tests["estimate"].round(12)) == {round(registered.correlation, 12)}
    assert (tests["altered"] == 0).all()


def test_terms_of_the_regression_are_least_squares_with_the_others_held() -> None:
    found = constructed(follows=True)
    rows = association.terms(association.regression(found, params()), found, params()).set_index("name")
    pairs = found.pairs()
    shared = [[m.loc[a, b] for a, b in combinations(NAMES, 2)] for m in (found.same_region, found.same_language)]
    design = np.column_stack([np.ones(91), np.log1p(pairs["cases"]), *shared])
    expected = np.linalg.lstsq(design, pairs["joint_events"].to_numpy(float), rcond=None)[0][1:]
    assert rows["estimate"].tolist() == pytest.approx(expected.tolist())
    assert rows.loc["log_cases", "p_relabelled"] == pytest.approx(1 / 500)
    assert rows["n_obs"].tolist() == [91] * 3
    assert rows["n_units"].tolist() == [40] * 3

    def fitted(ties: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(design, ties.sum(axis=0), rcond=None)[0][1:]

    # Each event left out, and each draw, one after the other.
    left = np.array([fitted(np.delete(found.ties, e, axis=0)) for e in range(40)])
    np.testing.assert_allclose(rows["least"], left.min(axis=0))
    np.testing.assert_allclose(rows["most"], left.max(axis=0))
    far = np.abs(left - expected).argmax(axis=0)
    assert rows["event"].tolist() == [found.events[place] for place in far]
    draws = [
        fitted(np.repeat(found.ties, counts.astype(int), axis=0))
        for counts in association.drawn_events(40, 499, 20211212)
    ]
    np.testing.assert_allclose(rows["std_error"], np.std(draws, axis=0, ddof=1))
    np.testing.assert_allclose(rows["ci_high"], np.quantile(draws, 0.975, axis=0))
    beyond = np.minimum((np.array(draws) <= 0).sum(axis=0), (np.array(draws) >= 0).sum(axis=0))
    np.testing.assert_allclose(rows["p_value"], np.minimum(1, 2 * (1 + beyond) / 500))


def test_each_event_is_left_out_over_the_same_countries() -> None:
    found = constructed(follows=True)
    rows = association.each_left_out(found, association.traffic(found, params()), 0.05)
    moved = association.left_out(registered := association.correlation(found, params()), found.events)
    assert (moved["least"], moved["without_least"]) == (pytest.approx(rows["estimate"].iloc[0]), rows["words"].iloc[0])
    assert moved["most"] == pytest.approx(rows["estimate"].iloc[-1])
    assert moved["errors"] == pytest.approx(
        np.abs(rows["estimate"] - registered.correlation).max() / registered.std_error
    )
    assert len(rows) == 40
    assert rows["estimate"].is_monotonic_increasing
    assert set(rows["ci_level"]) == {0.9}
    first = rows.iloc[0]
    (place,) = np.flatnonzero(found.took_part.index.get_level_values("event") == first["words"])
    pairs = found.pairs()
    left = pairs["joint_events"] - found.ties[place]
    assert first["estimate"] == pytest.approx(np.corrcoef(left, np.log1p(pairs["cases"]))[0, 1])
    assert first["name"] == first["words"].replace(" ", "_")
    assert (first["n_obs"], first["n_units"], first["named"]) == (91, 39, found.took_part.iloc[place].sum())


def test_events_to_come_are_held_against_what_the_earlier_ones_leave() -> None:
    found = constructed(follows=True)
    fit = association.events_to_come(found, params())
    year = np.array([int(event[:4]) for event in found.took_part.index.get_level_values("event")])
    earlier, later = (found.ties[chosen].sum(axis=0) for chosen in (year < 2020, year >= 2020))
    cases = np.log1p(found.pairs()["cases"].to_numpy())
    r = np.corrcoef([later, cases, earlier])
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / math.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert fit.correlation == pytest.approx(expected)
    assert fit.n_events == (year >= 2020).sum()


def test_early_events_are_those_of_the_registered_years() -> None:
    """The plan says which years; that the step keeps to them is counted by hand below."""
    (registered,) = (p for p in plan.load().primaries if p.id == "match.qap")
    says = registered.specifications["events_2016_2019"].says
    assert says == "Events of {} to {} only".format(*association.EARLY)
    assert f"events of {association.TO_COME} and later" in registered.checks["events_to_come"]
    # A meeting of five countries in each year from 2015 to 2020: pairs AAA-BBB of the odd years, AAA-CCC of the even.
    names = ["AAA", "BBB", "CCC", "DDD", "EEE"]
    lists = {f"{year}-01-01 forum": "AAA BBB" if year % 2 else "AAA CCC" for year in range(2015, 2021)}
    lists |= {"2016-06-01 training": "DDD", "2019-06-01 training": "EEE"}
    lists |= {"2020-06-01 training": "BBB DDD", "2015-06-01 training": "CCC EEE"}
    events = event_panel(lists)
    cases = {pair: n for n, pair in enumerate(combinations(names, 2))}
    early = association.early_networks(events, dyad_panel(events), route_panel(cases), known(names))
    # Of 2016 to 2019: AAA met BBB in 2017 and 2019, CCC in 2016 and 2018; BBB-DDD and CCC-EEE met before or after.
    assert early.pairs()["joint_events"].tolist() == [2, 2, 0, 0, 0, 0, 0, 0, 0, 0]
    assert early.countries == names


def test_what_could_be_found_grows_with_it_and_nothing_is_found_too_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "SAMPLES", 400)
    monkeypatch.setattr(power, "_PLACEBO_SAMPLES", 400)
    monkeypatch.setattr(power, "POWER_DRAWS", 299)
    monkeypatch.setattr(power, "SIZE_DRAWS", 999)
    found, p = constructed(follows=False), params()
    effects = {"half": 0.1, "margin": 0.3, "double": 0.6}
    drawn, held = power.power(found, p, effects, 0.05), power.power_as_held(found, p, effects, 0.05)
    for shares in (drawn, held):
        assert 0.05 < shares["half"].value < shares["margin"].value < shares["double"].value
        assert shares["double"].value > 0.9
    # Four Monte Carlo errors of 400 samples about 5 %: 4 sqrt(.05 .95 / 400).
    for simulated in power.without_relation(found, p).values():
        assert simulated.rejected(0.05).mean() == pytest.approx(0.05, abs=0.044)
        assert (simulated.p_values.size, simulated.p_values.min() >= simulated.least_p) == (400, True)
    assert power.placebo_power(found, p, 0.6, 0.05).value > power.placebo_power(found, p, 0.1, 0.05).value + 0.3
    table = power.table(drawn, held, effects)
    assert table["correlation"].tolist() == [0.1, 0.3, 0.6]
    assert table["events_as_held"].tolist() == [share.value for share in held.values()]


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
    found = growth.meeting_growth(events, params(end=2021))
    assert found.pairs.points.tolist() == [3, 6, 12, 24]
    assert found.countries.points.tolist() == [6, 12, 24, 48]
    assert growth.factor_row(found.pairs, params())["estimate"] == pytest.approx(2)
    assert 0 <= found.redrawn < 0.1
    assert found.pairs.std_error > 0
    assert found.pairs.n_units == 45


def test_growth_without_each_event_is_that_of_a_record_without_it() -> None:
    events = paired_events(range(2018, 2022), {2018: 1, 2019: 6, 2020: 12, 2021: 24})
    p = params(end=2021, growth_draws=99)
    whole, kinds = growth.meeting_growth(events, p), growth.kinds_growth(seizure_panel(9, range(2018, 2022)), p)
    assert len(whole.pairs.without) == 43
    for event, slope in whole.pairs.without.items():
        kept = events[events["event"] != event]
        if event.startswith("2018"):
            assert math.isnan(slope)  # that year has no other
        else:
            assert slope == pytest.approx(growth.meeting_growth(kept, p).pairs.rate)
    table = growth.without_one_event(whole, kinds, p).set_index("words")
    pairs, ratio = table.loc["growth of pairs a year"], table.loc["ratio of growth, pairs over drugs"]
    steps = np.array([-1.5, -0.5, 0.5, 1.5]) / 5
    assert (pairs["estimate"], pairs["undefined"]) == (pytest.approx(math.exp(np.log([1, 6, 12, 24]) @ steps)), 1)
    # One of 2019 weighs most: 1, 5, 12, 24 pairs are left.
    slope = np.log([1, 5, 12, 24]) @ steps
    assert pairs["farthest"] == pytest.approx(math.exp(slope))
    assert pairs["errors"] == pytest.approx(abs(slope - whole.pairs.rate) / whole.pairs.std_error)
    assert ratio["farthest"] == pytest.approx(math.exp(slope - kinds.rate))
    assert ratio["ci_low"] == growth.ratio_row(whole.pairs, kinds, p)["ci_low"]


def test_the_error_of_a_ratio_is_that_of_both_resampled_slopes() -> None:
    points = pd.Series([1.0, 2.0, 4.0, 8.0])
    pairs = growth.Growth(points, math.log(2), np.array([0.6, 0.7, 0.8]), 9)  # standard deviation 0.1
    kinds = growth.Growth(points, math.log(2), np.array([0.4, 0.7, 1.0]), 9)  # 0.3
    for level in (0.95, 0.8):
        row = growth.ratio_row(pairs, kinds, params(end=2021, confidence_level=level))
        assert row["estimate"] == pytest.approx(1)
        assert row["std_error"] == pytest.approx(math.sqrt(0.1**2 + 0.3**2))
        # The interval is of the log ratio, on as many degrees of freedom as points less two.
        reach = stats.t.ppf(level, 2) * row["std_error"]
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((math.exp(-reach), math.exp(reach)))


def test_a_pair_counts_once_a_year_however_often_it_meets() -> None:
    lists = {f"{year}-0{k}-01 forum": "AAA BBB CCC" for year in range(2018, 2022) for k in (1, 2, 3)}
    found = growth.meeting_growth(event_panel(lists), params(end=2021, growth_draws=99))
    assert found.pairs.points.tolist() == [3, 3, 3, 3]


def test_kinds_of_drugs_are_averaged_over_the_countries_that_report() -> None:
    rows = [
        ("AAA", year, kind, weight, False)
        for year in range(2018, 2023)
        for kind, weight in (("a", 5.0), ("b", 5.0), ("c", 5.0))
    ]
    rows += [("BBB", 2018, kind, weight, False) for kind, weight in (("a", 9.0), ("b", 9.0), ("c", 0.0), ("d", 1e-12))]
    panel = pd.DataFrame(rows, columns=["iso3", "year", "family", "kilograms", "is_precursor"])
    found = growth.kinds_growth(panel, params(growth_draws=99))
    # Three kinds of one weight count three; in 2018 a second country with two counts with it: (3 + 2) / 2.
    assert found.points.tolist() == pytest.approx([2.5, 3, 3, 3, 3])
    every = growth.kinds_growth(panel, params(growth_draws=99), every_year=True)
    assert every.points.tolist() == pytest.approx([3] * 5)
    assert every.n_units == 1


def test_growth_that_is_alike_is_shown_to_be_alike_when_there_are_events_enough() -> None:
    years = range(2018, 2023)
    meetings = growth.meeting_growth(
        paired_events(years, dict(zip(years, (60, 62, 58, 61, 60), strict=True))), params()
    )
    kinds = growth.kinds_growth(seizure_panel(30, years), params())
    row = growth.ratio_row(meetings.pairs, kinds, params(), words="registered")
    assert row["estimate"] == pytest.approx(1, abs=0.02)
    assert row["p_value"] < 0.05
    assert row["ci_level"] == pytest.approx(0.9)
    assert 0.8 < row["ci_low"] < row["ci_high"] < 1.25
    # With an error as large as wanted at most, the interval of a ratio of one is the margin: log(1.25) / 2.353 is 0.0948.
    assert growth.error_wanted(meetings.pairs, params()) == pytest.approx(0.0948, abs=1e-4)
    assert row["std_error"] < 0.0948
    narrow = params(margin_low=0.999, margin_high=1.001)
    assert growth.ratio_row(meetings.pairs, kinds, narrow)["p_value"] > 0.05
    assert growth.error_wanted(meetings.pairs, narrow) < row["std_error"]
    points = growth.yearly_points(meetings, kinds)
    assert points["pairs"].tolist() == [60, 62, 58, 61, 60]
    shown = growth.multiples(points).set_index(["series", "year"])["multiple"]
    assert shown["pairs that met"].tolist() == pytest.approx([1, 62 / 60, 58 / 60, 61 / 60, 1])
    scattered = growth.by_scatter(meetings.pairs, kinds, params())
    assert scattered["estimate"] == pytest.approx(row["estimate"])
    assert scattered["std_error"] != row["std_error"]


def test_a_year_without_a_meeting_is_named() -> None:
    events = paired_events(range(2018, 2022), {2018: 3, 2019: 3, 2020: 0, 2021: 3})
    with pytest.raises(ParameterError, match="no two countries are named at one public event in 2020"):
        growth.meeting_growth(events, params(end=2021))


def test_a_year_without_a_report_of_seizures_is_named() -> None:
    with pytest.raises(ParameterError, match="no country reported seizures in 2022"):
        growth.kinds_growth(seizure_panel(5, range(2018, 2022)), params())


def test_years_of_which_no_country_reports_all_are_refused() -> None:
    late = seizure_panel(5, range(2021, 2023))
    panel = pd.concat([seizure_panel(5, range(2018, 2021)), late.assign(iso3="Z" + late["iso3"])])
    assert growth.kinds_growth(panel, params()).points.notna().all()
    with pytest.raises(ParameterError, match="no country reported seizures in every year from 2018 to 2022"):
        growth.kinds_growth(panel, params(), every_year=True)


def test_too_few_events_to_resample_are_refused() -> None:
    # Four events in four years: a draw keeps all of them with probability 4! / 4^4 = 0.09.
    events = paired_events(range(2018, 2022), dict.fromkeys(range(2018, 2022), 1))
    with pytest.raises(ParameterError, match="most draws of the 4 events"):
        growth.meeting_growth(events, params(end=2021, growth_draws=99))


# --- Pairs that never met in public -----------------------------------------------------------------------------


def test_unmet_pairs_are_ranked_with_who_could_introduce_them() -> None:
    lists = {**EVENTS, "2021-01-01 forum": "AAA CCC", "2021-02-01 forum": "CCC DDD", "2021-03-01 forum": "BBB DDD"}
    events = event_panel(lists)
    cases = {("AAA", "DDD"): 3, ("DDD", "AAA"): 4, ("AAA", "BBB"): 80, ("GGG", "AAA"): 9, ("BBB", "EEE"): 1}
    table = gaps.unmet_list(events, route_panel(cases), country_panel())
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
    assert (second["first_joined"], second["first_phase"] is pd.NA, second["second_events"]) == (2016, True, 3)
    # Each case is reported by the country it left: four of seven by DDD.
    assert second["seized_by"] == "Land D; Land A"
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
    # BBB to EEE is the direction of its only case; AAA and DDD had more cases from DDD.
    # AAA-BBB met at two events and has cases; no other event holds a pair with cases.
    row = gaps.listed_without_one(table, events, route_panel(cases), country_panel()).iloc[0]
    assert (row["estimate"], row["least"], row["most"]) == (3, 3, 3)
    once = events[events["event"] != "2019-01-01 training"]
    row = gaps.listed_without_one(table, once, route_panel(cases), country_panel()).iloc[0]
    assert (row["most"], row["without_most"]) == (4, "2018-01-01 training")
    assert gaps.in_direction(table).tolist() == ["Land G to Land A", "Land D to Land A", "Land B to Land E"]


def test_what_the_list_cannot_show_is_counted() -> None:
    events = event_panel(EVENTS)
    roster = gaps.on_list(events, country_panel())
    assert roster == ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG"]
    found = gaps.incompleteness(route_panel(CASES), roster, pd.Series([0.25, 0.9])).set_index("what")["share"].tolist()
    # 63 of 162 cases have two ends. AAA, BBB, CCC and EEE report: three of 21 pairs are among DDD, FFF and GGG.
    assert found == pytest.approx([99 / 162, 3 / 21, 0.75, 0.1])


def test_events_listed_later_are_left_out() -> None:
    days = pd.DataFrame({"event": ["a", "b", "c"], "date_start": ["2024-04-08", "2024-04-30", "2024-05-01"]})
    assert networks.listed(days, "2024-04")["event"].tolist() == ["a", "b"]


# --- Parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2021}, "too short: growth rates need at least 4"),
        ({"start": 2022, "end": 2018}, "the window is empty"),
        ({"start": 2001, "end": 2010}, "from 2018 to 2022; give both within"),
        ({"margin_low": 1.1}, "less than 1"),
        ({"margin_high": 0.9}, "greater than 1"),
        ({"margin_high": 10.5}, "less than or equal to 10"),
        ({"draws": 10}, "greater than or equal to 99"),
        ({"listed_to": "2026-01"}, "events are on record from 2016-08 to 2024-04; give a month within"),
        (
            {"listed_to": "2022-06"},
            "growth takes the events of the whole last year; give listed_to of 2022-12 or later",
        ),
        ({"permutations": 99}, "Extra inputs are not permitted"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, float | str], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        params(**changes)
