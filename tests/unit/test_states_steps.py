"""Steps of the question of States, by hand and with planted links."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crimjust_research.questions.states import events, growth

HALVES = [f"{year}H{half}" for year in range(2018, 2024) for half in (1, 2)]
PARAMS = SimpleNamespace(draws=499, seed=1, confidence_level=0.95)


def months_of(half: str) -> list[str]:
    return [f"{half[:4]}-{month:02d}" for month in (range(1, 7) if half.endswith("H1") else range(7, 13))]


def figures(link: float, n_states: int = 20, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reports and monthly deaths of States: growth of deaths has `link` times the growth of reports half a year before."""
    rng = np.random.default_rng(seed)
    names = [f"S{i:02d}" for i in range(n_states)]
    moves = rng.normal(0, 0.3, size=(n_states, len(HALVES)))
    reports = 20_000 * np.exp(np.cumsum(moves, axis=1))
    shared = rng.normal(0, 0.1, size=len(HALVES))
    grows = link * np.roll(moves, 1, axis=1) + shared + rng.normal(0, 0.02, size=moves.shape)
    deaths = 5_000 * np.exp(np.cumsum(grows, axis=1))
    panel = pd.DataFrame(
        [(s, h, round(reports[i, j])) for i, s in enumerate(names) for j, h in enumerate(HALVES)],
        columns=["state", "half_year", "reports_family"],
    )
    rows = [
        (month, s, round(deaths[i, j] / 6), "final")
        for i, s in enumerate(names)
        for j, h in enumerate(HALVES)
        for month in months_of(h)
    ]
    monthly = pd.DataFrame(rows, columns=["month", "state", "deaths", "status"])
    return panel.assign(reports_fentanyl=panel["reports_family"]), monthly


def test_growth_is_of_neighbouring_half_years() -> None:
    panel = pd.DataFrame({"state": "AA", "half_year": HALVES[:4], "reports_family": [10, 20, 40, 10]})
    panel = panel.assign(reports_fentanyl=panel["reports_family"])
    deaths = pd.DataFrame(
        [
            (month, "AA", 10 * 2**j, "final" if j < 3 else "provisional")
            for j in range(4)
            for month in months_of(HALVES[j])
        ],
        columns=["month", "state", "deaths", "status"],
    )
    table = growth.half_years(panel, deaths).set_index("half_year")
    assert table["deaths"].tolist() == [60, 120, 240, 480]
    assert table["growth"].tolist()[1:] == pytest.approx([np.log(2)] * 3)
    last = table.loc[HALVES[3]]
    assert last["reports_same"] == pytest.approx(-np.log(4))
    assert last["reports_before"] == pytest.approx(np.log(2))
    assert table.loc[HALVES[2], "reports_after"] == pytest.approx(-np.log(4))
    assert (last["deaths_before"], last["final"]) == (240, False)


def test_a_hidden_month_leaves_the_half_year_without_deaths_and_a_missing_half_year_is_no_neighbour() -> None:
    panel, deaths = figures(0.0, n_states=2)
    hidden = (deaths["state"] == "S00") & (deaths["month"] == "2019-02")
    deaths["deaths"] = deaths["deaths"].mask(hidden)
    panel = panel[~((panel["state"] == "S01") & (panel["half_year"] == "2020H1"))]
    nation = deaths.assign(state="US")
    table = growth.half_years(panel, pd.concat([deaths, nation])).set_index(["state", "half_year"])
    assert set(table.index.get_level_values("state")) == {"S00", "S01"}
    assert np.isnan(table.loc[("S00", "2019H1"), "deaths"])
    assert table.loc["S00", "growth"].isna().sum() == 3  # the first, the hidden and the one after it
    assert np.isnan(table.loc[("S01", "2020H2"), "reports_same"])
    coverage = growth.coverage(table.reset_index()).set_index("half_year")
    assert coverage.loc["2019H1", ["reports", "deaths"]].tolist() == [2, 1]
    assert coverage.loc["2020H1", ["reports", "deaths"]].tolist() == [1, 2]


def test_a_planted_link_is_found_at_its_time() -> None:
    models = growth.models(growth.half_years(*figures(0.2)), PARAMS).set_index("name")  # type: ignore[arg-type]
    main = models.loc[growth.MAIN]
    assert main["estimate"] == pytest.approx(0.2, abs=0.03)
    assert main["p_value"] < 0.01
    assert main["ci_low"] < 0.2 < main["ci_high"]
    for name in ("half a year before the reports (placebo)", "in the same half-year"):
        assert abs(models.loc[name, "estimate"]) < 0.06
    # Without a test, and without any one State, it is the same.
    table = growth.half_years(*figures(0.2))
    assert growth.without_each_state(table)["estimate"].between(0.17, 0.23).all()


def test_half_years_take_out_what_all_states_share() -> None:
    table = growth.half_years(*figures(0.2))
    left = growth.residual_growth(table)
    weight = growth.used(table, growth.Model())["deaths_before"].reset_index(drop=True)
    sums = left[["reports", "deaths"]].mul(weight, axis=0).groupby(left["half_year"]).sum()
    np.testing.assert_allclose(sums, 0, atol=1e-6)


def test_every_model_has_rows_and_its_own_name() -> None:
    models = growth.models(growth.half_years(*figures(0.0)), PARAMS)  # type: ignore[arg-type]
    assert models["slug"].is_unique
    rows = models.set_index("name")["n_obs"]
    assert rows["without 2020"] == rows[growth.MAIN] - 2 * 20
    assert rows["given the growth of deaths before"] == rows[growth.MAIN]


def border(large: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four and a half years of seizures in every border State, twenty times as much in some months, and of deaths."""
    months = [str(month) for month in pd.period_range("2018-10", periods=54, freq="M")]
    rng = np.random.default_rng(3)
    rows = [
        (month, "fentanyl", offices[0], 1, (20.0 if month in large else 1.0) * rng.uniform(90, 110))
        for offices in events.OFFICES.values()
        for month in months
    ]
    seized = pd.DataFrame(rows, columns=["month", "drug", "office", "events", "pounds"])
    deaths = [
        (month, state, round(1000 * np.exp(rng.normal(0, 0.02))))
        for month in months
        for state in ("CA", "AZ", "TX", "OH")
    ]
    return seized, pd.DataFrame(deaths, columns=["month", "state", "deaths"])


LARGE = ["2019-03", "2019-09", "2020-02", "2020-08", "2021-01", "2021-07", "2022-02", "2022-08"]


def test_deaths_that_rise_after_large_seizures_are_found() -> None:
    seized, deaths = border(LARGE)
    table = events.by_month(seized, deaths)
    for _, months in table.groupby("state"):
        assert months.loc[months["large"], "month"].tolist() == LARGE
    assert (events.changes(table)["p_value"] > 0.02).all()
    after = {str(pd.Period(month, "M") + ahead) for month in LARGE for ahead in (1, 2, 3)}
    risen = deaths.assign(
        deaths=deaths["deaths"] * np.where((deaths["state"] == "AZ") & deaths["month"].isin(after), 1.3, 1)
    )
    found = events.changes(events.by_month(seized, risen)).set_index("state")
    assert found.loc["AZ", "p_value"] < 0.05
    assert found.loc["AZ", "ratio"] > 1.05
    assert found.loc["CA", "p_value"] > 0.02
    assert found.loc["AZ", "name"] == "Arizona"


def test_the_share_of_each_office_is_of_all_that_is_seized() -> None:
    seized, _ = border([])
    elsewhere = seized.assign(office="CHICAGO FIELD OFFICE", pounds=1.0)
    other_drug = seized.assign(drug="cocaine", pounds=1e9)
    table = events.by_office(pd.concat([seized, elsewhere, other_drug]))
    assert table["share"].sum() == pytest.approx(1)
    assert table["total"].iloc[-1] == pytest.approx(1)
    assert table.set_index("office").loc["CHICAGO FIELD OFFICE", "share"] < 0.01
    assert table.set_index("office")["state"].isna().to_dict()["CHICAGO FIELD OFFICE"]
