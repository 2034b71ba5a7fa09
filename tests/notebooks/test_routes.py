"""The notebook on routes, its own cells run in this process: what is found, planted and said."""

from collections.abc import Callable
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data import catalog
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.evidence.sentences import Teller
from crimjust_research.questions.routes import QUESTION, lists
from crimjust_research.runs import steps
from crimjust_research.vocabulary import seized_drugs

NAME = "03_outcome1_routes"
FEW = {"draws": 199, "sensitivity_draws": 99}


def test_the_question_is_the_registered_one() -> None:
    (registered,) = (p for p in plan.load().primaries if p.id == "routes.overlap")
    assert registered.question == QUESTION.question


def test_every_registered_sensitivity_is_there(estimates: pd.DataFrame) -> None:
    assert list(estimates.query("role == 'sensitivity'").index) == [
        "overlap.cosine",
        "overlap.jaccard",
        "overlap.without_colombia",
        "overlap.every_year",
        *(f"overlap.year_{year}" for year in range(2011, 2017)),
    ]


def test_the_overlap_follows_from_the_raw_table(estimates: pd.DataFrame) -> None:
    # By another way: the raw table, no panel, and the formula pair by pair.
    raw = catalog.raw().open("seizure_routes")
    raw["family"] = seized_drugs.families_of(raw["drug"], "raw")
    known = raw[raw["departure"].str.fullmatch("[A-Z]{3}") & raw["destination"].str.fullmatch("[A-Z]{3}")]
    counts = known.pivot_table(
        index="family", columns=["departure", "destination"], values="cases", aggfunc="sum", fill_value=0
    )
    counts = counts[(counts.sum(axis=1) >= 100) & ~counts.index.isin(["precursors", "other"])]
    shares = counts.div(counts.sum(axis=1), axis=0)
    overlaps = [
        2 * (shares.loc[a] * shares.loc[b]).sum() / ((shares.loc[a] ** 2).sum() + (shares.loc[b] ** 2).sum())
        for a, b in combinations(shares.index, 2)
    ]
    assert estimates.loc["overlap", "estimate"] == pytest.approx(np.mean(overlaps))
    assert estimates.loc["overlap", "n_obs"] == counts.to_numpy().sum()
    grid = estimates[estimates.index.str.startswith("pair.")]
    assert len(grid) == len(overlaps)
    assert grid["estimate"].mean() == pytest.approx(np.mean(overlaps))


def test_drugs_share_routes_less_than_permuted_labels_would(estimates: pd.DataFrame) -> None:
    found = estimates.loc["overlap"]
    assert found["estimate"] == pytest.approx(0.506, abs=0.0005)
    # Four standard deviations of the null mean at 199 draws: the band of 0.019 is four of one draw's; 0.019 / sqrt(199).
    assert found["null_value"] == pytest.approx(0.590, abs=0.0015)
    assert found["p_value"] == 2 / 200  # below every one of 199 draws, both tails
    assert 0 <= found["ci_low"] < found["estimate"] < found["ci_high"] <= 1


def test_no_run_alone_adjusts_what_the_outcome_registers(estimates: pd.DataFrame) -> None:
    assert np.isnan(estimates.loc["overlap", "p_adjusted"])
    assert estimates.loc["overlap", "role"] == "secondary"  # fewer draws depart from the plan


def test_colombia_reports_no_route_so_leaving_it_out_changes_nothing(
    whole: dict[str, Any], estimates: pd.DataFrame
) -> None:
    assert estimates.loc["coverage.colombia_known", "estimate"] == 0
    numbers = ["estimate", "n_obs"]
    assert estimates.loc["overlap.without_colombia", numbers].tolist() == estimates.loc["overlap", numbers].tolist()
    table = whole["coverage"]
    share = table["of_colombia"].sum() / table["cases"].sum()
    assert share == pytest.approx(estimates.loc["coverage.colombia", "estimate"])


def test_coverage_adds_up_to_the_published_totals(whole: dict[str, Any]) -> None:
    table = whole["coverage"]
    assert table["cases"].sum() + table["repeated_records"].sum() == 311_038
    assert table["repeated_records"].sum() == 44_229
    assert "20,622 name something at both ends" in str(whole["study"].say("both_ends_known"))


@pytest.mark.parametrize("shared", [True, False])
def test_planted_routes_are_found(shared: bool, plant: Callable[..., None]) -> None:
    """All drugs on the routes of cocaine, or each drug from a country of its own."""

    def planted(panel: pd.DataFrame) -> pd.DataFrame:
        panel = panel[panel["ends"] == "two countries"]
        if not shared:
            families = sorted(panel["family"].unique())
            own = dict(zip(families, sorted(panel["departure"].unique()), strict=False))
            return panel.assign(departure=panel["family"].map(own), destination="ESP")
        cocaine = panel[panel["family"] == "cocaine"]
        others = [cocaine.assign(family=family) for family in ("heroin", "opium")]
        return pd.concat([cocaine, *others], ignore_index=True)

    plant("routes_year", planted)
    found = steps.run(NAME, until="registered", **FEW)["study"].frame().set_index("id").loc["overlap"]
    assert found["estimate"] == pytest.approx(1.0 if shared else 0.0)
    # Same routes are hardly more than labels at random give; own routes are far less.
    assert (found["estimate"] - found["null_value"] > 0) == shared
    assert found["p_value"] == 2 / 200


def test_what_was_not_registered_is_explored_beside_it(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    table = whole["specifications"].set_index("key")
    drugs = table.loc[["overlap", "rarer_drugs", "common_drugs"], "drugs"]
    assert drugs["common_drugs"] < drugs["overlap"] < drugs["rarer_drugs"]
    assert (table["excess"] < 0).all()
    # Russia, the largest reporter, has most of the cases that leave and end in one country.
    assert table.loc["without_largest", "specification"].endswith("Russia")
    assert table.loc["across_borders", "cases"] < table.loc["overlap", "cases"]
    explored = estimates.loc[["rarer_drugs", "across_borders", "precursors_with_drugs"]]
    assert (explored["p_adjusted"] >= explored["p_value"]).all()


def test_pairs_are_adjusted_as_a_grid(estimates: pd.DataFrame) -> None:
    grid = estimates[estimates.index.str.startswith("pair.")]
    # Benjamini-Hochberg by hand: p(i) m / i, made monotone from the largest down.
    p = np.sort(grid["p_value"])
    by_hand = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    np.testing.assert_allclose(np.sort(grid["p_adjusted"]), np.minimum(by_hand, 1))


def test_the_majors_matrix_says_what_was_not_read(whole: dict[str, Any]) -> None:
    matrix = whole["matrix"]
    cell = matrix.set_index(["iso3", "fiscal_year"])["listing"]
    assert len(matrix) == 17 * 22
    assert set(matrix.loc[matrix["listing"] == lists.NOT_READ, "fiscal_year"]) == {2006, 2008, 2010, 2015, 2016}
    assert (cell["BLZ", 2005], cell["BLZ", 2013]) == (lists.NOT_LISTED, lists.LISTED)
    assert cell["PAK", 2017] == lists.IMPLIED
    counts = whole["counts"].set_index("fiscal_year")["proposed_countries_listed"]
    assert (counts[2005], counts[2011], counts[2021]) == (12, 15, 17)
    assert pd.isna(counts[2006])


def test_the_answer_says_what_the_numbers_say(whole: dict[str, Any], estimates: pd.DataFrame) -> None:
    study = whole["study"]
    text = str(study.say("answer"))
    assert text.startswith("In the 19,341 seizures of 2011 to 2016 whose departure and destination are known")
    assert "the routes of 13 drugs overlap by 0.51, less than the 0.59" in text
    assert f"only {estimates.loc['coverage.known', 'estimate']:.1%} of cases, 40% of them reported by Russia" in text
    assert "is what chance often gives if 1 of the other 5 is a source too" in text
    assert "adjusted" not in text
    assert len(text.split()) < 140
    said = text + " ".join(str(study.say(check)) for check in study.checks)
    for word in ("caused", "effect of", "impact", "because", "leads to", "due to", "significant"):
        assert word not in said


def test_where_too_few_cases_are_known_the_sentences_say_so() -> None:
    run = steps.run(NAME, start=2016, end=2016, min_cases=40, confidence_level=0.999, **FEW)
    study = run["study"]
    text = str(study.say("answer"))
    assert text.startswith("In the 1,")
    assert "seizures of 2016 whose" in text
    assert "precursors_with_drugs" not in set(study.frame()["id"])
    assert "too few to be compared" in str(study.say("precursors"))


@pytest.mark.parametrize(
    ("found", "estimate", "says"),
    [
        (True, 0.5, "Drugs share routes less than the routes and drugs of each reporting country"),
        (True, 0.7, "Drugs share routes more than"),
        (False, 0.58, "Drugs are not detected to share routes more or less than"),
    ],
)
def test_the_verdict_says_no_more_than_was_found(found: bool, estimate: float, says: str) -> None:
    x = SimpleNamespace(found=found, estimate=estimate, null_value=0.59, p_adjusted=0.002, grade="strong")
    params = SimpleNamespace(confidence_level=0.95)
    teller = Teller(QUESTION.package, {"v": {"routes.overlap": x}, "p": params, "e": {}, "c": {}, "f": {}})
    assert teller("verdict").startswith(says)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 2017, "end": 2020}, "on record from 2011 to 2016; give both"),
        ({"start": 2016, "end": 2011}, "the window is empty"),
        ({"min_cases": 0}, "a whole number from 1 to 1000000"),
        ({"states": 10}, "there are 22 Majors alone"),
        ({"most_sources": 11}, "the 12 sources the document counts"),
        ({"most_sources": 196}, "to the 195 States"),
        ({"draws": 10}, "a whole number from 99 to 99999"),
        ({"confidence_level": 95}, "a number above 0.5 and at most 0.999"),
        ({"drawz": 99}, "did you mean 'draws'"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        steps.run(NAME, **changes)


def test_a_threshold_that_leaves_one_drug_is_refused_in_words() -> None:
    with pytest.raises(steps.CellError, match="set min_cases to 3751 or less, or widen the window"):
        steps.run(NAME, until="registered", min_cases=9_000)
