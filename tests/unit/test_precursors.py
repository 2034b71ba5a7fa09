"""Outcome 1's assessment of precursor controls and precursor seizures."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from crimjust_research.errors import ParameterError
from crimjust_research.evidence.words import plain
from crimjust_research.outcomes import precursors
from crimjust_research.outcomes.precursors import chain, controls
from crimjust_research.outcomes.precursors.parameters import reports_window
from crimjust_research.results import Assessment


@pytest.fixture(scope="module")
def result() -> Assessment:
    return precursors.assess(precursors.Params(draws=199))


def test_the_two_primary_questions_are_adjusted_together(result: Assessment) -> None:
    primary = result.frame().query("role == 'primary'")
    assert list(primary["id"]) == ["un_2022_level", "rank_correlation"]
    p = sorted(primary["p_value"])
    assert sorted(primary["p_adjusted"]) == pytest.approx([min(2 * p[0], 1), min(max(p[1], 2 * p[0]), 1)])


def test_every_registered_sensitivity_is_there(result: Assessment) -> None:
    ids = set(result.frame().query("role == 'sensitivity'")["id"])
    assert {
        "un_2022_level.to_2025h1",
        "un_2022_level.states_in_every_half_year",
        "un_2022_level.with_substituted_forms",
        "un_2022_level.tested_control_alone",
        "un_2022_level.without_2020",
        "rank_correlation.both_reported",
        "rank_correlation.cocaine",
        "rank_correlation.2012_2016",
        "rank_correlation.within_country",
    } <= ids


def test_the_headline_p_is_the_rank_among_dates_not_the_clustered_one(result: Assessment) -> None:
    level, clustered = result.estimate("un_2022_level"), result.estimate("un_2022_level.clustered")
    assert level.estimate == clustered.estimate
    dates = pd.DataFrame(next(c for c in result.checks if c.name == "Reach of the placebo test").table)
    own = dates.loc[dates["true_date"], "estimate"].abs().iloc[0]
    assert level.p_value == pytest.approx((dates["estimate"].abs() >= own * (1 - 1e-9)).mean())
    assert level.estimate == pytest.approx(np.exp(dates.loc[dates["true_date"], "estimate"].iloc[0]))


def test_the_answer_says_what_the_numbers_say(result: Assessment) -> None:
    text = plain(result.answer)
    assert ("was no rarer" in text) == (result.estimate("un_2022_level").estimate >= 1)
    assert ("are not detectably seized more" in text) == (result.estimate("rank_correlation").p_adjusted >= 0.05)
    for word in ("cause", "effect of", "impact", "because"):
        assert word not in text


def test_country_years_keep_what_was_not_reported_apart_from_none() -> None:
    panel = pd.DataFrame(
        {
            "iso3": ["AAA", "AAA", "BBB", "CCC"],
            "year": [2020, 2020, 2020, 2020],
            "family": ["precursors", "cocaine", "cocaine", "cannabis"],
            "is_precursor": [True, False, False, False],
            "makes": ["cocaine", None, None, None],
            "kilograms": [5.0, 7.0, 9.0, 11.0],
        }
    )
    table = chain.country_years(panel).set_index("iso3")
    assert list(table.index) == ["AAA", "BBB"]  # CCC seized nothing that precursors make
    assert table.loc["AAA", ["precursors", "drugs"]].tolist() == [5.0, 7.0]
    assert np.isnan(table.loc["BBB", "precursors"])
    assert table.loc["BBB", "precursors_or_none"] == 0.0


def test_a_planted_level_change_is_found_at_its_date() -> None:
    rng = np.random.default_rng(1)
    halves = [f"{year}H{half}" for year in range(2017, 2025) for half in (1, 2)]
    rows = [
        (state, half, 1000, rng.poisson(100 * (0.5 if half >= "2023H1" else 1.0)))
        for state in ("AA", "BB", "CC", "DD", "EE", "FF")
        for half in halves
    ]
    panel = pd.DataFrame(rows, columns=["state", "half_year", "reports_family", "reports_4anpp"])
    panel["reports_4anpp_substituted"] = panel["reports_4anpp"]
    found = controls.assess_controls(panel, precursors.Params())
    level = found.estimates[0]
    assert level.estimate == pytest.approx(0.5, abs=0.12)
    assert level.p_value == pytest.approx(found.placebo.smallest_p)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": "2024H2", "end": "2017H1"}, "the window is empty"),
        ({"start": "2022H1", "end": "2024H2"}, "at least 10"),
        ({"start": "2017H3"}, "pattern"),
        ({"draws": 5}, "greater than or equal to 99"),
        ({"end": "2022H2"}, "UN control of November 2022"),
    ],
)
def test_bad_parameters_are_refused_before_anything_runs(changes: dict[str, object], message: str) -> None:
    with pytest.raises((ValidationError, ParameterError), match=message):
        precursors.Params(**changes)  # type: ignore[arg-type]


def test_a_state_without_reports_is_left_out_not_counted_as_zero() -> None:
    panel = pd.DataFrame(
        {
            "state": ["AA"] * 10 + ["BB"],
            "half_year": [f"{y}H{h}" for y in range(2017, 2022) for h in (1, 2)] + ["2017H1"],
            "reports_family": [10.0] * 10 + [np.nan],
            "reports_4anpp": [1.0] * 10 + [np.nan],
        }
    )
    assert set(reports_window(panel, "2017H1", "2021H2")["state"]) == {"AA"}
