"""The notebook on match, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data.opening import open_panel
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan, registration
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.match import gaps
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "09_outcome3_match"
FEW = {"draws": 499, "growth_draws": 499}


def test_all_that_the_plan_wants_is_recorded(study: Study) -> None:
    frame = study.frame()
    for primary in (p for p in plan.load().primaries if p.assessment == "match"):
        own = frame[frame["id"].map(primary.estimates) & (frame["role"] == "sensitivity")].set_index("id")
        assert set(own.index) == {f"{primary.name}.{name}" for name in primary.specifications}
        assert own[["estimate", "altered", "p_value"]].notna().all(axis=None)
    noted = [(c.of, c.name) for c in study.checks.values()]
    missing = [line for p in study.registered for line in registration.missing(p, study._adjusted(), noted)]
    # With fewer draws than registered the two take another role; nothing else is missing.
    assert missing == [
        "the primary estimate qap of match.qap",
        "the primary estimate growth_ratio of match.growth_ratio",
    ]


def test_early_events_are_those_of_2016_to_2019(estimates: pd.DataFrame) -> None:
    """Read off the panels by hand, without the steps."""
    events, dyads, routes = (open_panel(name)[0] for name in ("cooperation_events", "dyad_year", "routes_year"))
    known = routes[routes["ends"] == "two countries"]
    named = set(events.loc[events["year"].isin([2016, 2017, 2018, 2019]), "iso3"])
    compared = sorted(named & (set(known["departure"]) | set(known["destination"])))
    early = dyads[dyads["year"].isin([2016, 2017, 2018, 2019])].groupby(["iso3_a", "iso3_b"])["joint_events"].sum()
    cases = known.groupby(["departure", "destination"])["cases"].sum()
    pairs = [(a, b) for a in compared for b in compared if a < b]
    met = [early[pair] for pair in pairs]
    logs = [np.log1p(cases.get((a, b), 0) + cases.get((b, a), 0)) for a, b in pairs]
    found = estimates.loc["qap.events_2016_2019"]
    assert found["estimate"] == pytest.approx(np.corrcoef(met, logs)[0, 1])
    assert (found["n_units"], found["n_obs"]) == (14, len(pairs))
    assert found["specification"] == f"events of 2016 to 2019 and the {len(compared)} countries in them"


def test_meetings_that_follow_the_routes_are_found_by_the_registered_estimate(plant: Callable[..., None]) -> None:
    """Each two countries meet once for every log unit of cases between them, beside the events on record."""
    known = open_panel("routes_year")[0].query("ends == 'two countries'")
    first, second = (known[["departure", "destination"]].agg(side, axis=1) for side in ("min", "max"))
    between = known.groupby([first, second])["cases"].sum()

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        named = set(panel["iso3"])
        new = [
            {"event": f"planted {number} {n}", "iso3": iso3, "year": 2018, "date_start": "2018-01-01", "n_states": 2}
            for number, ((a, b), cases) in enumerate(between.items())
            if {a, b} <= named
            for n in range(int(4 * np.log1p(cases)))
            for iso3 in (a, b)
        ]
        return pd.concat([panel, pd.DataFrame(new)], ignore_index=True)

    plant("cooperation_events", planted)
    namespace = steps.run(NAME, until="registered", **FEW)
    frame = namespace["study"].frame().set_index("id")
    assert frame.loc["qap", "estimate"] > 0.9
    assert frame.loc["qap", "p_value"] == pytest.approx(1 / 500)
    assert list(frame.index) == ["qap", "growth_ratio"]


def test_one_meeting_of_2017_carries_much_of_the_correlation(estimates: pd.DataFrame) -> None:
    """Read off the panels by hand, without the steps; the figures are those found when version 2 was registered."""
    events, routes = (open_panel(name)[0] for name in ("cooperation_events", "routes_year"))
    known = routes[routes["ends"] == "two countries"]
    compared = sorted(set(events["iso3"]) & (set(known["departure"]) | set(known["destination"])))
    cases = known.groupby(["departure", "destination"])["cases"].sum()
    pairs = [(a, b) for a in compared for b in compared if a < b]
    logs = [np.log1p(cases.get((a, b), 0) + cases.get((b, a), 0)) for a, b in pairs]

    def by_hand(lists: pd.Series) -> float:
        return float(np.corrcoef([sum({a, b} <= named for named in lists) for a, b in pairs], logs)[0, 1])

    lists = events.groupby("event")["iso3"].agg(set)
    assert estimates.loc["qap", "estimate"] == pytest.approx(by_hand(lists))
    assert by_hand(lists) == pytest.approx(0.1945, abs=5e-5)
    left_out = estimates[estimates["role"] == "left_out"]
    assert len(left_out) == 30
    for event, known_value in {"2017-09-11 network": 0.118, "2017-11-20 forum": 0.142}.items():
        row = left_out.loc[f"qap.without.{event.replace(' ', '_')}"]
        assert row["estimate"] == pytest.approx(by_hand(lists.drop(event)))
        assert row["estimate"] == pytest.approx(known_value, abs=5e-4)
        assert row["ci_level"] == pytest.approx(0.9)
        assert row["specification"] == event


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame, study: Study) -> None:
    # A departure (fewer draws), so these are not the registered answers.
    registered = estimates.loc[["qap", "growth_ratio"]]
    assert registered["p_adjusted"].isna().all()
    assert set(registered["role"]) == {"secondary"}
    assert {d.split(" is ")[0] for d in study.departures} == {"draws", "growth_draws"}
    assert registered["null_value"].tolist() == [0, 1]


def test_secondary_estimates_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates["p_adjusted"].notna()].sort_values("p_value")
    assert set(grid.index) == {
        *("without_largest_reporter", "reporters"),
        *("regression_log_cases", "regression_same_region", "regression_same_language"),
        *("growth_pairs", "growth_kinds", "growth_by_scatter"),
    }
    raw = grid["p_value"].to_numpy() * 8 / np.arange(1, 9)
    np.testing.assert_allclose(grid["p_adjusted"], np.minimum.accumulate(raw[::-1])[::-1])


def test_equivalence_is_shown_exactly_where_the_interval_lies_in_the_margin(estimates: pd.DataFrame) -> None:
    ratios = estimates[estimates["unit"].str.startswith("ratio")]
    assert len(ratios) == 6
    np.testing.assert_allclose(ratios["ci_level"], 0.9)
    within = (ratios["ci_low"] > 0.8) & (ratios["ci_high"] < 1.25)
    assert ((ratios["p_value"] < 0.05) == within).all()


def test_the_registered_p_counts_the_relabellings_drawn(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    fit = whole["fit"]
    assert len(fit.null) == 499
    ratio = fit.correlation / fit.std_error
    assert estimates.loc["qap", "p_value"] == pytest.approx((1 + (np.abs(fit.null) >= abs(ratio)).sum()) / 500)


def test_power_and_size_are_of_the_registered_question(estimates: pd.DataFrame) -> None:
    powers = [estimates.loc[f"qap.power.{size}", "estimate"] for size in ("half", "margin", "double")]
    assert powers == sorted(powers)
    # Six questions are registered for the outcome.
    assert estimates.loc["qap.power.margin", "null_value"] == pytest.approx(0.05 / 6)
    for generator in ("relabelled", "events_drawn"):
        size = estimates.loc[f"qap.size.{generator}"]
        assert size["estimate"] <= 0.05 + 2 * size["std_error"]
    # Of the calibrated test, which is no less than the 499 relabellings of this run give.
    assert 1 / 500 <= estimates.loc["qap.least_p", "estimate"] < 0.005
    assert estimates.loc["qap.calibrated_p", "p_value"] >= estimates.loc["qap", "p_value"]
    assert not estimates.index.isin(["qap.power", "growth_ratio.power"]).any()


def test_the_placebo_informs_where_it_could_not_have_failed(study: Study) -> None:
    check = study.checks["qap_events_to_come"]
    assert check.power < 0.8
    assert check.passed is None
    assert "so this tells little" in str(study.say("events_to_come", check))


def test_the_list_and_its_shares_agree(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    listed, pairs = whole["listed"], whole["on_routes"]
    assert estimates.loc["unmet_listed", "estimate"] == len(listed)
    assert listed["cases"].is_monotonic_decreasing
    unmet = pairs["joint_events"] == 0
    assert estimates.loc["unmet_pairs", "estimate"] == pytest.approx(unmet.mean())
    seen = listed["first_events"].gt(0) & listed["second_events"].gt(0)
    assert seen.sum() == unmet.sum()


def test_every_number_over_events_is_told_without_the_event_that_moves_it_most(
    whole: dict[str, Any], study: Study, estimates: pd.DataFrame
) -> None:
    moved = whole["moved"].set_index("words")
    left_out = estimates[estimates["role"] == "left_out"]["estimate"]
    assert moved.loc["correlation", "farthest"] == pytest.approx(left_out.min())
    assert moved.loc["ratio of growth, pairs over drugs", "estimate"] == estimates.loc["growth_ratio", "estimate"]
    row = moved.loc["pairs listed"]
    again = gaps.unmet_list(
        whole["events"][whole["events"]["event"] != row["event"]], whole["routes"], whole["known_of"]
    )
    # A country of the list that took part in that event alone is no longer on it.
    assert len(again) <= row["farthest"] == 129
    for name in ("unmet_pairs", "unmet_cases"):
        found = estimates.loc[name]
        assert 0 <= found["ci_low"] <= found["estimate"] <= found["ci_high"] <= 1
    assert str(study.say("other_events")).startswith("One event moves")
    said = str(study.say("region_and_language"))
    assert "over events drawn and p = " in said
    assert "with countries relabelled" in said


def test_the_list_says_what_it_cannot_show(study: Study) -> None:
    said = str(study.say("list_is_incomplete"))
    assert said.startswith(
        "Cases are of 2011 to 2016. In 96% of all cases seized a route's two ends are not both named;"
    )
    assert "so a pair that is listed may well have met" in said


def test_events_listed_since_move_nothing(plant: Callable[..., None], estimates: pd.DataFrame) -> None:
    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        everybody = panel.drop_duplicates("iso3").assign(event="2024-06-01 planted", date_start="2024-06-01", year=2024)
        return pd.concat([panel, everybody], ignore_index=True)

    plant("cooperation_events", planted)
    again = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id")
    for name in ("qap", "growth_ratio"):
        assert again.loc[name, "estimate"] == estimates.loc[name, "estimate"]


def test_the_answer_says_what_the_numbers_say(study: Study, estimates: pd.DataFrame) -> None:
    text = str(study.say("answer"))
    main, ratio = estimates.loc["qap"], estimates.loc["growth_ratio"]
    for number in (main, ratio, estimates.loc["qap.without.2017-09-11_network"]):
        assert f"p = {number['p_value']:.3f}" in text
    assert "without one meeting of 2017 it is 0.12" in text
    assert "5 years cannot tell" in text
    assert len(text.split()) <= 90
    for word in ("adjusted", "detect", "cause", "effect of", "impact", "because", "leads to", "has grown"):
        assert word not in text


def test_sentences_hold_at_the_edges(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "First of 102 listed: United Kingdom and Pakistan, 330 cases." in str(study.say("unmet"))
    monkeypatch.setitem(study.facts, "top", [])
    assert str(study.say("unmet")).startswith("Every pair with cases between them met in a public event.")
    for inside, said in {0: "None of the 5 intervals (90%) lies", 1: "One of", 2: "2 of the 5"}.items():
        monkeypatch.setitem(study.facts, "inside", inside)
        assert str(study.say("equivalence")).startswith(said)
    assert "Spain alone reports" in str(study.say("who_sees_the_routes"))
    assert "must be below 0.095; it is 0.24" in str(study.say("ruled_out"))


@pytest.mark.parametrize(
    ("grade", "said"),
    [
        ("supported", "Pairs that met more often in public have more cases seized between them (correlation 0.20"),
        ("undecided", "have more cases seized between them is undecided (correlation 0.20"),
        ("no effect of that size", "goes with cases seized between them by less than 0.20 (correlation 0.20"),
    ],
)
def test_verdicts_follow_the_pooled_results(study: Study, grade: str, said: str) -> None:
    finding = SimpleNamespace(margin=0.2)
    routes = SimpleNamespace(estimate=0.2, ci_low=0.1, ci_high=0.3, p_adjusted=0.03, grade=grade, finding=finding)
    asked = {p.name: p for p in study.registered}
    pooled = {
        "match.qap": routes,
        "match.growth_ratio": SimpleNamespace(grade="not answerable", primary=asked["growth_ratio"]),
        "diversification.trend": SimpleNamespace(grade="undecided"),
    }
    text = plain(Teller(study.question.package, {"v": pooled, "p": study.params})("verdict"))
    assert said in text
    assert "diversified is not answerable: the programme's whole register" in text
    # Whether they diversified at all is as the question that asks it was graded.
    assert "The grade of whether drugs diversified is itself “undecided”" in text


def test_a_run_that_departs_follows_its_parameters() -> None:
    changed = {"end": 2021, "margin_low": 0.7, "margin_high": 1.4, **FEW}
    study: Study = steps.run(NAME, until="registered", **changed)["study"]
    row = study.frame().set_index("id").loc["growth_ratio"]
    assert row["method"].endswith("p of a ratio outside 0.7 to 1.4")
    assert row["n_obs"] == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2020}, "too short: growth rates need at least 4"),
        ({"margin_low": 1.2}, "a number above 0 and below 1"),
        ({"permutations": 99}, "there is no parameter 'permutations'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_window_over_a_year_without_reports_is_refused_in_words() -> None:
    with pytest.raises(ParameterError, match=r"are on record from 2018 to 20[0-9]{2}; give start no earlier than 2018"):
        steps.run(NAME, until="registered", start=2017, **FEW)
