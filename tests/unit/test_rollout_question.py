"""The roll-out as a question: who is covered, how designs lay out, what varies, what it costs, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research import document
from crimjust_research.data.opening import open_panel
from crimjust_research.designs.rollout import nuisance
from crimjust_research.designs.rollout.closed_form import precision
from crimjust_research.designs.rollout.permutation import simulated_panels
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence import plan
from crimjust_research.questions.rollout import compare, costs, countries, outcomes, steps
from crimjust_research.questions.rollout.params import PROGRAMME_YEARS, Params
from crimjust_research.questions.rollout.plans import DESIGNS, by_period, laid_out, phase_means

GIVEN = {
    "phases_file": "",
    "years_before": 5,
    "records_before": 1,
    "effect_path": "1",
    "margins": 1.0,
    "shared": 0.25,
    "refusals": 4,
    "delay_months": 8,
    "spillover": 0.25,
    "dropout": 0.1,
    "record_cost_low": 15000.0,
    "record_cost_high": 60000.0,
    "confidence_level": 0.95,
    "draws": 199,
    "seed": 1,
}
BLOCK = np.repeat(np.arange(1, 7), 5)
BY_NAME = {design.name: design for design in DESIGNS}


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    return open_panel("countries")[0]


def test_the_facts_of_the_phases_are_those_of_the_panels(world: pd.DataFrame) -> None:
    phases = countries.in_phases("", world)
    assert len(phases) == 33
    assert [countries.joined_by(phases, year) for year in (2019, 2023)] == [12, 22]
    assert set(countries.other_majors(world, phases)["iso3"]) == {"AFG", "HTI", "LAO", "MEX", "MMR", "VEN"}
    yearly = open_panel("country_year")[0]
    score = outcomes.measured(plan.load())[0]
    seen = countries.coverage(
        {score: countries.table_of(yearly, score, phases["iso3"])},
        countries.held(yearly, phases),
        open_panel("country_evaluations")[0],
        phases,
    ).set_index("outcome")
    assert seen.loc[score.title, ["in_all", "by_phase"]].tolist() == [20, "5, 1, 6, 5, 2, 1"]
    assert seen.loc[score.title, "named"] == "Cabo Verde, Guinea-Bissau"
    assert seen.loc["Persons held", "three"] == 10
    assert seen.loc["FATF's evaluations", "in_all"] == 33


def test_the_document_costs_the_years_the_programme_has() -> None:
    written = document.load()
    assert written.duration.quantity is not None
    assert written.duration.quantity.low == PROGRAMME_YEARS
    apart = costs.of_components(BY_NAME["given"], written)
    assert [(one.low / 1e6, one.high / 1e6) for one in apart] == [(10, 14), (4, 6)]
    assert costs.total(costs.of_components(BY_NAME["long"], written)) == costs.Cost(14e6, 30e6)


@pytest.mark.parametrize("ends", [(-1.0, 2.0), (3.0, 2.0), (float("nan"), 1.0)])
def test_a_cost_that_is_none_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ParameterError, match="the lower first"):
        costs.Cost(*ends)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"record_cost_low": -1.0}, "greater than or equal to 0"),
        ({"record_cost_low": 70000.0}, "exchange them"),
        ({"effect_path": "0, 0, 0, 0, 1"}, "longer than the 4 years"),
        ({"effect_path": "soon"}, "numbers parted by commas"),
        ({"effect_path": "0, 0"}, "one above zero"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_in_words(changed: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Params(**(GIVEN | changed))


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("PAN,1\nPAN,2\nCOL,2\n", "PAN is in the phases '1' and '2'; phases share no country"),
        ("PAN,1\nCOL,1\n", "give at least two starts"),
        ("PAN,1\nCOI,2\n", "'COI' is no country"),
        ("PAN,1\nCOL,\n", "COL has no phase"),
        ("PAN,Phase 1\nCOL,2\nPER,phase  1\n", "'Phase 1' and 'phase  1' .* differ in capitals or spaces only"),
    ],
)
def test_phases_that_are_none_are_refused_in_words(rows: str, says: str, tmp_path: Path, world: pd.DataFrame) -> None:
    file = tmp_path / "phases.csv"
    file.write_text(f"iso3,phase\n{rows}")
    with pytest.raises(DataError, match=says):
        countries.in_phases(str(file), world)


def laid_in(file: Path, rows: list[str], world: pd.DataFrame) -> pd.DataFrame:
    file.write_text("\n".join(["iso3,phase", *rows]) + "\n")
    return countries.in_phases(str(file), world)


def test_the_phases_of_the_document_are_the_same_in_whatever_order_a_file_has_them(
    tmp_path: Path, world: pd.DataFrame
) -> None:
    written = countries.in_phases("", world)
    rows = [f"{row.iso3},{row.phase}" for row in written.itertuples()]
    for listed in (rows, sorted(rows), rows[::-1]):
        found = laid_in(tmp_path / "phases.csv", listed, world)
        pd.testing.assert_frame_equal(found.drop(columns="phase"), written.drop(columns="phase"))
        assert not countries.as_listed(found)


@pytest.mark.parametrize(
    ("first", "last", "begins"),
    [("2", "10", "2"), ("Phase 9", "Phase 10", "Phase 9"), ("-1", "0.5", "-1"), ("Fase 1", "wave 2", "Fase 1")],
)
def test_phases_with_numbers_start_by_number(
    first: str, last: str, begins: str, tmp_path: Path, world: pd.DataFrame
) -> None:
    rows = [f"ZAF,{last}", f"MEX,{first}", f"ALB,{last}", f"PAN,{first}"]
    for listed in (rows, rows[::-1]):
        found = laid_in(tmp_path / "phases.csv", listed, world)
        # Panama is a country of the document's phases; of the others the code decides.
        assert found["iso3"].tolist() == ["PAN", "MEX", "ALB", "ZAF"]
        assert found["block"].tolist() == [1, 1, 2, 2]
        assert found["phase"].iloc[0] == begins


@pytest.mark.parametrize("names", [("south", "north"), ("Phase 1", "1"), ("1", "rest")])
def test_phases_without_numbers_of_their_own_start_as_they_first_appear(
    names: tuple[str, str], tmp_path: Path, world: pd.DataFrame
) -> None:
    found = laid_in(tmp_path / "phases.csv", [f"MEX,{names[0]}", f"ALB,{names[1]}", f"HTI,{names[0]}"], world)
    assert found[["iso3", "block"]].to_numpy().tolist() == [["HTI", 1], ["MEX", 1], ["ALB", 2]]
    assert countries.as_listed(found)


def test_too_few_countries_with_figures_of_an_outcome_are_refused_by_file_and_outcome() -> None:
    outcome = outcomes.measured(plan.load())[0]
    table = pd.DataFrame({2019: [0.4, np.nan], 2020: [0.5, np.nan]}, index=["COL", "PAN"])
    phases = pd.DataFrame({"iso3": ["COL", "PAN"], "block": [1, 2]})
    p = Params(**GIVEN)
    with pytest.raises(DataError) as refused:
        steps.estimated({outcome: table}, phases, p)
    assert str(refused.value) == (
        f"The document: of its 2 countries 1 has figures of {outcome.title}, too few to tell what varies between countries; "
        "list more countries"
    )


def test_annual_outcomes_see_four_of_six_starts_and_an_index_two() -> None:
    everyone = np.ones(30, np.bool_)
    for months, starts, until in ((3, 6, 39), (12, 4, 36), (24, 2, 24)):
        laid = laid_out(BY_NAME["given"], BLOCK, everyone, np.ones((30, 3), np.bool_), months, 6)
        assert (laid.starts_seen, laid.compared_until) == (starts, until)
        assert laid.assignments.least_p == 1


@pytest.mark.parametrize(("n_phases", "begins"), [(2, (0, 24)), (4, (0, 12, 24, 36)), (5, (0, 9, 19, 28, 38))])
def test_each_phase_has_a_start_of_its_own_however_many_there_are(n_phases: int, begins: tuple[int, ...]) -> None:
    block = np.repeat(np.arange(1, n_phases + 1), 3)
    everyone, before = np.ones(block.size, np.bool_), np.ones((block.size, 4), np.bool_)
    for name in ("given", "order"):
        assert BY_NAME[name].begins(n_phases) == begins
        laid = laid_out(BY_NAME[name], block, everyone, before, 3, n_phases)
        assert laid.layout.starts.tolist() == [4 + months // 3 for months in begins for _ in range(3)]


def test_the_timeline_counts_whom_each_start_of_a_design_gets() -> None:
    phases = pd.DataFrame({"iso3": list("abcdefg"), "phase": list("xxxxyzz"), "block": [1, 1, 1, 1, 2, 3, 3]})
    shown = {
        name: steps.timeline(phases, BY_NAME[name]).groupby("panel", sort=False) for name in ("halves", "two", "six")
    }
    for panels in shown.values():
        own = next(iter(panels))[1]
        assert dict(zip(own["row"], own["begin"], strict=True)) == {
            "Phase x": 0,
            "Phase y": 16 / 12,
            "Phase z": 32 / 12,
        }
    dealt = {name: [*panels][1][1] for name, panels in shown.items()}
    assert dealt["halves"]["row"].tolist() == ["Group 1: 2 phases", "Group 2: 1 phase"]
    assert dealt["two"]["row"].tolist() == ["Group 1: 4 countries", "Group 2: 3 countries"]
    assert dealt["six"]["row"].tolist()[0] == "Group 1: 2 countries"
    assert dealt["two"]["begin"].tolist() == [0, 2]


def test_an_outcome_in_which_no_design_can_reject_does_not_keep_all_from_being_recommended() -> None:
    columns = ["design", "outcome", "least_p", "least_low", "least_high"]
    rows = [
        ("given", "score", 1.0, 1.0, 1.0),
        ("two", "score", 0.01, 2.0, 2.0),
        ("four", "score", 0.01, 3.0, 3.0),
        ("halves", "score", 0.1, 1.5, 1.5),
        ("long", "few", 0.04, 0.5, 0.5),
        *((name, "few", 0.25, 9.0, 9.0) for name in ("given", "two", "four", "halves")),
    ]
    table, p = pd.DataFrame(rows, columns=columns).assign(margin=1.0), Params(**GIVEN)
    assert compare.usable(table, p).to_dict() == {"two": np.log(2), "four": np.log(3)}
    assert compare.recommended(table, p) is BY_NAME["two"]
    with pytest.raises(ParameterError, match="give more countries or phases"):
        compare.recommended(table[table["outcome"] == "few"], p)


def test_three_phases_against_three_can_never_reject() -> None:
    laid = laid_out(BY_NAME["halves"], BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), 12, 6)
    assert laid.assignments.count == 20
    assert laid.assignments.least_p == pytest.approx(0.1)


def test_a_path_by_year_holds_in_periods_of_any_length() -> None:
    assert by_period((0.0, 0.5, 1.0), 3).tolist() == [0] * 4 + [0.5] * 4 + [1] * 4
    assert by_period((0.0, 0.5, 1.0), 12).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("name", ["order", "six"])
def test_closed_form_and_simulation_have_one_error(name: str) -> None:
    """The weighted statistic on simulated panels spreads as the closed form says, whole phases or countries drawn."""
    laid = laid_out(BY_NAME[name], BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), 12, 6)
    truth = nuisance.Nuisance(1.0, 0.5, 0.8, 0.2, 30, 270)
    own = compare.Covered(BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), truth)
    score = outcomes.measured(plan.load())[0]
    p = Params(**GIVEN)
    parts = compare.parts(score, own, 9, "favourable", p)
    statistic = compare.of_countries(laid, parts).statistic
    panels = simulated_panels(truth.covariance(9), 30, 4000, 3, phase=BLOCK, shared=0.2)
    spread = np.std(statistic(panels, laid.layout.starts[None], np.arange(9.0)))
    expected = compare.found(laid, score, own, p).precision[0].std_error[0]
    assert spread == pytest.approx(expected, rel=0.05)


def test_an_estimate_of_the_other_sign_finds_nothing() -> None:
    laid = laid_out(BY_NAME["six"], BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), 12, 6)
    known = precision(laid.layout, np.eye(9))
    p = Params(**GIVEN)
    for weight in (0.0, -0.4):
        found = compare.Found(laid, (known, known), (weight, weight))
        assert found.least(p) == (np.inf, np.inf)
        assert found.power(5.0, p) == pytest.approx((p.alpha, p.alpha))
    half = compare.Found(laid, (known, known), (0.5, 0.5))
    assert half.least(p)[0] == pytest.approx(2 * compare.Found(laid, (known, known)).least(p)[0])


def test_phases_with_gaps_are_told_of_country_by_country() -> None:
    """Least squares with every country's periods written out; means of phases, one count each, are too precise."""
    seen = np.ones((30, 5), np.bool_)
    seen[::3, :3] = False
    laid = laid_out(BY_NAME["order"], BLOCK, np.ones(30, np.bool_), seen, 12, 6)
    truth = nuisance.Nuisance(1.0, 0.5, 0.8, 0.2, 30, 240)
    own = compare.Covered(BLOCK, np.ones(30, np.bool_), seen, truth)
    score = outcomes.measured(plan.load())[0]
    error = compare.found(laid, score, own, Params(**GIVEN)).precision[0].std_error[0]
    rows = [(u, t) for u in range(30) for t in range(9) if laid.layout.cells[u, t]]
    cov = np.array(
        [
            [(1.0 if u == v else 0.2 * (BLOCK[u] == BLOCK[v])) * (0.5 + 0.5 * 0.8 ** abs(t - s)) for v, s in rows]
            for u, t in rows
        ]
    )
    x = np.array([[t >= laid.layout.starts[u], *np.eye(30)[u], *np.eye(9)[t][1:]] for u, t in rows], np.float64)
    expected = np.sqrt(np.linalg.inv(x.T @ np.linalg.solve(cov, x))[0, 0])
    assert error == pytest.approx(expected, rel=1e-7)
    whole, countries = phase_means(laid)
    means = compare.parts(score, own, 9, "estimated", Params(**GIVEN)).of_means(countries)
    assert precision(whole, means).std_error[0] < expected


def test_effects_that_differ_add_to_what_the_estimate_varies_by() -> None:
    """Two starts, one period before and one between, in plain matrices."""
    laid = laid_out(BY_NAME["two"], BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), 12, 6)
    truth = nuisance.Nuisance(1.0, 0.5, 0.8, 0.0, 30, 270)
    own = compare.Covered(BLOCK, np.ones(30, np.bool_), np.ones((30, 5), np.bool_), truth)
    score = outcomes.measured(plan.load())[0]
    error = compare.found(laid, score, own, Params(**GIVEN), differ=0.7).precision[0].std_error[0]
    treated = laid.layout.treated * 1.0
    inverse = [np.linalg.inv(truth.covariance(9) + 0.49 * np.outer(d, d)) for d in treated]
    block = (BLOCK[:, None] == np.unique(BLOCK)) * 1.0
    x = np.hstack([treated.reshape(-1, 1), np.kron(np.eye(30), np.ones((9, 1))), np.kron(block, np.eye(9)[:, 1:])])
    weighted = np.vstack([inverse[u] @ x[9 * u : 9 * u + 9] for u in range(30)])
    assert error == pytest.approx(np.sqrt(np.linalg.inv(x.T @ weighted)[0, 0]), rel=1e-8)
