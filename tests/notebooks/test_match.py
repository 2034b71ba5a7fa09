"""The notebook on match, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data.opening import open_panel
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.sentences import Teller
from crimjust_research.evidence.words import plain
from crimjust_research.questions.simulated_power import SMALLEST_EFFECT
from crimjust_research.runs import steps
from crimjust_research.study import Study

NAME = "09_outcome3_match"
FEW = {"draws": 499, "growth_draws": 499}


def test_every_registered_sensitivity_and_no_other_is_there(estimates: pd.DataFrame) -> None:
    assert set(estimates.query("role == 'sensitivity'").index) == {
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
    assert (found["n_units"], found["n_obs"]) == (len(compared), len(pairs))
    assert found["specification"] == f"events of 2016 to 2019 and the {len(compared)} countries in them"


def test_meetings_that_follow_the_routes_are_found_by_the_registered_estimate(plant: Callable[..., None]) -> None:
    cases = open_panel("routes_year")[0].query("ends == 'two countries'").groupby(["departure", "destination"])["cases"]
    between = cases.sum()

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        ends = zip(panel["iso3_a"], panel["iso3_b"], strict=True)
        joint = [between.get((a, b), 0) + between.get((b, a), 0) for a, b in ends]
        return panel.assign(joint_events=np.floor(np.log1p(joint)).astype("int64"))

    plant("dyad_year", planted)
    namespace = steps.run(NAME, until="registered", **FEW)
    frame = namespace["study"].frame().set_index("id")
    assert frame.loc["qap", "estimate"] > 0.9
    assert frame.loc["qap", "p_value"] == pytest.approx(1 / 500)
    assert list(frame.index) == ["qap", "growth_ratio"]


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame, study: Study) -> None:
    # A departure (fewer draws), so these are not the registered answers.
    registered = estimates.loc[["qap", "growth_ratio"]]
    assert registered["p_adjusted"].isna().all()
    assert set(registered["role"]) == {"secondary"}
    assert {d.split(" is ")[0] for d in study.departures} == {"draws", "growth_draws"}
    # A ratio that must lie within a margin has no sign that another specification could share.
    assert registered.loc["qap", "null_value"] == 0
    assert np.isnan(registered.loc["growth_ratio", "null_value"])


def test_secondary_estimates_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates["p_adjusted"].notna()].sort_values("p_value")
    assert set(grid.index) == {
        *("same_region", "same_language", "without_largest_reporter", "reporters"),
        *("growth_pairs", "growth_kinds", "growth_by_scatter"),
    }
    raw = grid["p_value"].to_numpy() * 7 / np.arange(1, 8)
    np.testing.assert_allclose(grid["p_adjusted"], np.minimum.accumulate(raw[::-1])[::-1])


def test_equivalence_is_shown_exactly_where_the_interval_lies_in_the_margin(estimates: pd.DataFrame) -> None:
    ratios = estimates[estimates["unit"].str.startswith("ratio")]
    assert len(ratios) == 6
    np.testing.assert_allclose(ratios["ci_level"], 0.9)
    within = (ratios["ci_low"] > 0.8) & (ratios["ci_high"] < 1.25)
    assert ((ratios["p_value"] < 0.05) == within).all()


def test_the_registered_p_counts_the_relabellings_drawn(whole: dict[str, Any]) -> None:
    null = steps.run(NAME, until="registered", skip=frozenset(), **FEW)["null"]
    fit = whole["fit"]
    assert len(null) == 499
    assert fit.p_value == pytest.approx((1 + (np.abs(null) >= abs(fit.correlation)).sum()) / 500)


def test_power_is_marked_simulated_and_counts_observations(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    curve, found = whole["curve"], estimates.loc["qap.power"]
    assert found["estimate"] == curve.loc[curve["strength"] == SMALLEST_EFFECT, "power"].item()
    assert found["data_status"] == "simulated"
    assert found["null_value"] == pytest.approx(0.05)
    assert found["n_obs"] == estimates.loc["qap", "n_obs"]


def test_the_list_and_its_shares_agree(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    listed, pairs = whole["listed"], whole["on_routes"]
    assert estimates.loc["unmet_listed", "estimate"] == len(listed)
    assert listed["cases"].is_monotonic_decreasing
    unmet = pairs["joint_events"] == 0
    assert estimates.loc["unmet_pairs", "estimate"] == pytest.approx(unmet.mean())
    seen = listed["first_events"].gt(0) & listed["second_events"].gt(0)
    assert seen.sum() == unmet.sum()


def test_the_answer_says_what_the_numbers_say(study: Study, estimates: pd.DataFrame) -> None:
    text = str(study.say("answer"))
    main, ratio = estimates.loc["qap"], estimates.loc["growth_ratio"]
    assert f"p = {main['p_value']:.3f}" in text
    assert f"p = {ratio['p_value']:.3f}" in text
    others = estimates[(estimates["role"] == "sensitivity") & estimates.index.str.startswith("qap.")]
    agree = ((others["p_value"] < 0.05) & (others["estimate"] > 0)).sum()
    assert f"{agree} of 5 registered departures have the same sign and p below 0.05" in text
    assert "events of 2016 to 2019 alone give" in text
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
    assert "is the least tried that is found in 80%" in str(study.say("power"))
    monkeypatch.setitem(study.facts, "least", float("nan"))
    assert "none tried is found in 80%" in str(study.say("power"))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (True, ("have more cases seized", "is shown (adjusted")),
        (False, ("do not detectably have more or fewer cases", "is not shown, nor that they did not (adjusted")),
    ],
)
def test_verdicts_follow_the_pooled_results(study: Study, found: bool, said: tuple[str, str]) -> None:
    graded = SimpleNamespace(found=found, estimate=0.2, p_adjusted=0.03, grade="suggestive")
    pooled = {"match.qap": graded, "match.growth_ratio": graded}
    text = plain(Teller(study.question.package, {"v": pooled, "p": study.params})("verdict"))
    for part in said:
        assert part in text


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
