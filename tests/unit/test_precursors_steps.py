"""Steps of the question of precursors, by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from crimjust_research.questions.precursors import association, chain, controls, substitution


def seizures(rows: list[tuple[str, int, str, str, str | None, float]]) -> pd.DataFrame:
    columns = ["iso3", "year", "drug", "family", "makes", "kilograms"]
    panel = pd.DataFrame(rows, columns=columns)
    return panel.assign(is_precursor=panel["family"] == "precursors")


def test_country_years_keep_what_was_not_reported_apart_from_none() -> None:
    panel = seizures(
        [
            ("AAA", 2020, "acetone", "precursors", "cocaine", 5.0),
            ("AAA", 2020, "cocaine", "cocaine", None, 7.0),
            ("BBB", 2020, "cocaine", "cocaine", None, 9.0),
            ("CCC", 2020, "cannabis", "cannabis", None, 11.0),
        ]
    )
    table = chain.country_years(panel).set_index("iso3")
    assert list(table.index) == ["AAA", "BBB"]  # CCC seized nothing that precursors make
    assert table.loc["AAA", ["precursors", "drugs"]].tolist() == [5.0, 7.0]
    assert np.isnan(table.loc["BBB", "precursors"])
    assert table["cannabis"].isna().all()
    assert chain.country_years(panel, ("heroin",)).empty


def test_years_published_since_the_question_was_registered_enter_no_estimate() -> None:
    years = list(range(2016, 2024))
    panel = seizures([("COL", year, "cocaine", "cocaine", None, year - 2000.0) for year in years])
    assert chain.country_years(panel)["year"].tolist() == [2016, *range(2018, 2023)]
    crops = pd.DataFrame({"iso3": "COL", "crop": "coca", "year": years, "hectares": range(8)})
    coca = chain.coca_chain(panel, crops)
    assert coca.loc[coca["cocaine_kg"].isna(), "year"].tolist() == [2017, 2023]
    assert chain.reporters(panel)["year"].tolist() == years


def test_years_without_a_figure_are_counted_as_none_between_those_with_one() -> None:
    panel = seizures(
        [
            ("AAA", 2018, "cocaine", "cocaine", None, 1.0),
            ("AAA", 2018, "acetone", "precursors", "cocaine", 1.0),
            ("BBB", 2018, "heroin", "heroin", None, 1.0),
            ("AAA", 2020, "cocaine", "cocaine", None, 1.0),
        ]
    )
    table = chain.reporters(panel)
    assert table.to_dict("list") == {"year": [2018, 2019, 2020], "drugs": [2, 0, 1], "precursors": [1, 0, 0]}
    assert chain.last_reports(panel, ["AAA", "BBB"]) == {"AAA": 2018, "BBB": None}


def country_years(rows: list[tuple[str, int, float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["iso3", "year", "precursors", "drugs", "cannabis"])


def test_only_country_years_that_report_all_three_are_compared() -> None:
    pairs = country_years(
        [
            ("AAA", 2020, 1.0, 2.0, 3.0),
            ("AAA", 2021, np.nan, 5.0, 1.0),
            ("BBB", 2020, 2.0, 3.0, np.nan),
            ("CCC", 2020, 3.0, 4.0, 2.0),
        ]
    )
    assert association.reported(pairs)["iso3"].tolist() == ["AAA", "CCC"]
    table = association.unadjusted(pairs).set_index("name")
    assert table["n_obs"].tolist() == [2, 2, 4]
    assert table.loc["drugs", "correlation"] == pytest.approx(1)
    # Precursors 1, 0, 2, 3 with drugs 2, 5, 3, 4: one discordant row turns the sign.
    assert table.loc["drugs_as_in_version_1", "correlation"] == pytest.approx(1 - 6 * (1 + 9 + 1 + 1) / (4 * 15))


def test_what_a_sample_alters_is_counted_in_registered_rows() -> None:
    rows = country_years([("AAA", 2012 + i, 1.0 + i, 2.0, 3.0) for i in range(10)])
    assert association.altered(rows, rows) == 0
    assert association.altered(rows, rows.iloc[:6]) == pytest.approx(0.4)
    assert association.altered(rows, rows.assign(drugs=rows["drugs"].where(rows["year"] > 2012, 9.0))) == pytest.approx(
        0.1
    )


def test_a_country_alone_in_its_number_of_years_loses_its_first_ones() -> None:
    sizes = {"AAA": 5, "BBB": 2, "CCC": 2, "DDD": 1, "EEE": 1}
    rows = country_years([(iso3, 2012 + i, 1.0, 1.0, 1.0) for iso3, n in sizes.items() for i in range(n)])
    kept = association.with_company(rows)
    assert kept.groupby("iso3").size().to_dict() == {"AAA": 2, "BBB": 2, "CCC": 2, "DDD": 1, "EEE": 1}
    assert kept.loc[kept["iso3"] == "AAA", "year"].tolist() == [2015, 2016]


def test_histories_go_whole_and_in_order_to_other_countries() -> None:
    unit = pd.Series(list("AABBCCDE"))
    dealt = association.dealt(unit, 200, seed=1)
    own = unit.to_numpy()
    assert (own[dealt] != own).all()  # never one's own
    assert (np.sort(dealt, axis=1) == np.arange(8)).all()  # every row once
    assert (dealt[:, [1, 3, 5]] == dealt[:, [0, 2, 4]] + 1).all()  # whole, in order of time
    assert {tuple(row) for row in dealt[:, [0, 2, 4]].tolist()} == {(2, 4, 0), (4, 0, 2)}
    assert (dealt[:, [6, 7]] == [7, 6]).all()


def related_rows(link: float) -> pd.DataFrame:
    """Thirty countries of one to five years; what they seize of all three rises with their effort."""
    rng = np.random.default_rng(2)
    iso3 = np.repeat([f"A{i:02d}" for i in range(30)], np.resize([1, 2, 3, 4, 5], 30))
    effort, own = rng.normal(size=(2, iso3.size))
    seized = np.exp(effort + np.array([own, link * own + rng.normal(size=iso3.size), rng.normal(size=iso3.size)]))
    year = pd.Series(iso3).groupby(iso3).cumcount() + 2012
    return pd.DataFrame({"iso3": iso3, "year": year, **dict(zip(association.SEIZED, seized, strict=True))})


PARAMS = SimpleNamespace(draws=999, seed=1, confidence_level=0.95)


def test_power_grows_with_the_correlation_and_is_the_level_without_any() -> None:
    rows = related_rows(0.0)
    fit = association.related(association.ranked(rows), PARAMS, 0.95)  # type: ignore[arg-type]
    shares = association.power(fit, {"none": 0.0, "some": 0.2, "much": 0.5}, 0.05, seed=3)
    # Three Monte Carlo errors of 2,000 samples are 1.5 points.
    assert shares["none"].value == pytest.approx(0.05, abs=0.015)
    assert shares["none"].value < shares["some"].value < shares["much"].value
    assert shares["much"].value > 0.9


def test_true_nulls_are_rejected_no_more_often_than_the_level_says() -> None:
    rows = related_rows(1.0)
    fit = association.related(association.ranked(rows), PARAMS, 0.95)  # type: ignore[arg-type]
    assert fit.p_value < 0.01
    # Random signs of the scores are what the test assumes.
    assert association.of_signs(fit, seed=4).rejected(0.05).mean() == pytest.approx(0.05, abs=0.012)
    # Histories of other countries: what was planted between precursors and drugs is gone.
    assert association.of_exchanged(rows, PARAMS).rejected(0.05).mean() < 0.15  # type: ignore[arg-type]


def test_the_coca_chain_has_only_growers_and_marks_what_is_missing() -> None:
    crops = pd.DataFrame(
        [("COL", "coca", 2019, 10.0), ("COL", "coca", 2021, 30.0), ("AFG", "opium_poppy", 2019, 5.0)],
        columns=["iso3", "crop", "year", "hectares"],
    )
    panel = seizures(
        [
            ("COL", 2019, "cocaine", "cocaine", None, 1.0),
            ("COL", 2021, "cocaine", "cocaine", None, 4.0),
            ("COL", 2021, "potassium permanganate", "precursors", "cocaine", 2.0),
            ("AFG", 2019, "cocaine", "cocaine", None, 9.0),
        ]
    )
    table = chain.coca_chain(panel, crops)
    assert table["iso3"].unique().tolist() == ["COL"]
    assert table["permanganate_kg"].isna().tolist() == [True, False]
    (row,) = chain.coca_correlations(table).to_dict("records")
    assert (row["name"], row["first"], row["last"], row["n_obs"]) == ("col", 2019, 2021, 2)
    assert row["correlation"] == pytest.approx(1)
    series = chain.coca_series(table)
    cocaine = series[series["series"] == "Cocaine seized, kg"]
    assert cocaine["year"].tolist() == [2019, 2020, 2021]
    assert cocaine["value"].isna().tolist() == [False, True, False]  # a line must break at 2020


def reports(halves: list[str], states: tuple[str, ...] = ("AA", "BB", "CC")) -> pd.DataFrame:
    rows = [(state, half, 1000, 100) for state in states for half in halves]
    return pd.DataFrame(rows, columns=["state", "half_year", "reports_family", "reports_4anpp"])


HALVES = [f"{year}H{half}" for year in range(2017, 2025) for half in (1, 2)]


def test_a_state_without_reports_is_left_out_not_counted_as_zero() -> None:
    panel = reports(HALVES, ("AA", "BB"))
    panel.loc[panel["state"] == "BB", "reports_family"] = np.nan
    found = controls.reports_window(panel, "2017H2", "2018H2")
    assert set(found["state"]) == {"AA"}
    assert found["second_half"].tolist() == [1, 0, 1]


def test_controls_need_two_half_years_before_them() -> None:
    starts = [control.start for control in controls.controls_within(reports(HALVES))]
    assert starts == ["2020H2", "2023H1", "2023H2"]
    assert [c.start for c in controls.controls_within(reports(HALVES[6:]))] == ["2023H1", "2023H2"]  # from 2020H1
    assert [c.start for c in controls.controls_within(reports(HALVES[:13]))] == ["2020H2", "2023H1"]  # to 2023H1


def test_terms_are_named_after_their_event() -> None:
    panel = controls.reports_window(reports(HALVES), HALVES[0], HALVES[-1])
    rng = np.random.default_rng(1)
    panel["reports_4anpp"] = rng.poisson(100 * np.where(panel["half_year"] >= "2023H1", 0.5, 1.0))
    model = controls.segmented(panel, controls.controls_within(panel), 0.05)
    level = controls.tested_level(model)
    assert level["slug"].tolist() == ["un_control_of_november_2022"]
    assert level["rate_ratio"].item() == pytest.approx(0.5, abs=0.12)
    # The next control follows within one half-year, so the tested one has no slope of its own.
    assert controls.terms(model)["term"].tolist() == ["level"] * 3 + ["slope"] * 2
    assert model.slopes_not_identified == ("UN control of November 2022",)


def test_dated_controls_are_the_targeted_ones_of_the_window() -> None:
    table = pd.DataFrame(
        [
            ("2017-06", "USA", "targeted"),
            ("2017-07", "USA", "targeted"),
            ("2018-06", "UN", "targeted"),
            ("2018-07", "UN", "targeted"),
            ("2018-01", "CHN", "broad"),
        ],
        columns=["month", "jurisdiction", "kind"],
    ).assign(rule="any")
    found = controls.dated(table, "2017H2", "2018H1")
    assert found[["month", "event"]].to_numpy().tolist() == [["2018-06", "UN"], ["2017-07", "United States"]]


def test_the_tested_rule_is_not_hidden_by_another_of_the_same_month() -> None:
    rules = [("2022-11", "UN", controls.TESTED_RULE), ("2022-11", "USA", "other"), ("2023-05", "USA", "third")]
    table = pd.DataFrame(rules, columns=["month", "jurisdiction", "rule"]).assign(kind="targeted")
    found = controls.dated(table, "2022H1", "2023H1").drop_duplicates(["day", "event"])
    assert found["event"].tolist() == ["UN (tested), United States", "United States"]


def planted_reports(halved_since: str) -> pd.DataFrame:
    """Reports whose share grows by a twentieth a half-year, and is halved from one on."""
    panel = controls.reports_window(reports(HALVES, tuple("ABCDEFGH")), HALVES[0], HALVES[-1])
    rng = np.random.default_rng(5)
    growth = 1.05 ** panel["half_year"].map(HALVES.index)
    rate = 50 * growth * np.where(panel["half_year"] >= halved_since, 0.5, 1.0)
    counts = rng.poisson(rate)
    return panel.assign(reports_4anpp=counts, reports_4anpp_substituted=counts)


def test_every_half_year_is_held_against_what_those_before_foretell() -> None:
    table = controls.since_the_control(planted_reports("2023H1"), 0.05)
    assert table["model"].nunique() == 5
    own = table[table["model"] == controls.REGISTERED]
    assert own["time"].tolist() == HALVES[12:]
    assert own["rate_ratio"].between(0.35, 0.7).all()
    assert own["registered_low"].notna().all()
    assert table.loc[table["model"] != controls.REGISTERED, "registered_low"].isna().all()
    alone = table[table["model"] == "trend alone"]
    np.testing.assert_allclose(alone["rate_ratio"], 0.5, atol=0.1)


def test_specifications_say_how_many_rows_they_alter() -> None:
    panel = planted_reports("2023H1")
    panel.loc[panel["half_year"] == "2018H1", "reports_4anpp_substituted"] += 5
    panel = panel[~((panel["state"] == "A") & (panel["half_year"] == "2017H1"))]
    p = SimpleNamespace(start=HALVES[0], end=HALVES[-1], confidence_level=0.95)
    table = controls.specifications(panel, p).set_index("name")  # type: ignore[arg-type]
    n = len(panel)
    assert n == 8 * 16 - 1
    shares = {"clustered": 0, "to_2025h1": 0, "states_in_every_half_year": 15 / n, "with_substituted_forms": 8 / n}
    shares |= {"without_2020": 16 / n} | dict.fromkeys(["tested_control_alone", "levels_only", "without_may_2023"], 1)
    for name, share in shares.items():
        assert table.loc[name, "altered"] == pytest.approx(share)
    assert table.loc["without_2020", "n_obs"] == n - 16
    assert table.loc["tested_control_alone", "rate_ratio"] == pytest.approx(0.5, abs=0.1)


def test_a_window_after_2020_is_altered_nowhere_by_leaving_it_out() -> None:
    panel = planted_reports("2023H1")
    panel = panel[panel["half_year"] >= "2020H2"].reset_index(drop=True)
    panel.loc[panel["half_year"] == "2020H2", "half_year"] = "2025H1"
    p = SimpleNamespace(start="2021H1", end="2025H1", confidence_level=0.95)
    table = controls.specifications(panel, p).set_index("name")  # type: ignore[arg-type]
    assert table.loc["without_2020", "altered"] == 0
    assert table.loc["without_2020", "n_obs"] == len(panel)


def lab_reports(series: dict[str, tuple[str | None, list[int]]], halves: list[str]) -> pd.DataFrame:
    """Reports of two places, all but the last report of a half-year in the first."""
    rows = [
        (half, state, name, under, count)
        for name, (under, counts) in series.items()
        for half, total in zip(halves, counts, strict=True)
        for state, count in (("AA", max(total - 1, 0)), ("PR", min(total, 1)))
        if count
    ]
    return pd.DataFrame(rows, columns=["half_year", "state", "substance", "falls_under", "reports"])


RULES = pd.DataFrame(
    [
        ("2017-10", "UN", "first", "4_anpp", "targeted"),
        ("2020-05", "USA", "earlier", "4_ap", "targeted"),
        ("2022-11", "UN", controls.TESTED_RULE, "1_boc_4_ap 4_ap", "targeted"),
        ("2023-05", "USA", "later", "1_boc_4_piperidone 4_piperidone", "targeted"),
        ("2023-05", "MEX", "broad", "1_boc_4_piperidone", "broad"),
    ],
    columns=["month", "jurisdiction", "rule", "substances", "kind"],
)
SERIES = {
    "4-AP": ("4_ap", [2, 14, 25, 21]),
    "1-Boc-4-piperidone": ("1_boc_4_piperidone", [3, 6, 16, 72]),
    "Rare": ("4_ap", [0, 1, 2, 1]),
    "4-ANPP": ("4_anpp", [900, 950, 999, 980]),
    "Risen": (None, [0, 70, 212, 236]),
    "Fallen": (None, [300, 300, 100, 90]),
}


def test_what_was_controlled_and_what_replaced_it() -> None:
    halves = ["2022H1", "2022H2", "2023H1", "2023H2"]
    table = substitution.by_half_year(lab_reports(SERIES, halves), "2022H1", "2023H2")
    wide = substitution.wide(table).set_index("substance")
    assert wide.loc["4-AP", halves].tolist() == [2, 14, 25, 21]  # both places
    assert wide.loc["Rare", "2022H1"] == 0
    assert wide.index[-2:].tolist() == ["Fallen", "Risen"]  # under no control
    assert set(substitution.often_reported(table)["substance"]) == {"4-AP", "1-Boc-4-piperidone", "Risen"}
    told = substitution.around_the_tested_control(table, RULES)
    assert [(row["substance"], row["why"], row["reports"]) for row in told] == [
        ("4-AP", "named by it", [14, 25, 21]),
        ("1-Boc-4-piperidone", "named by a later control", [6, 16, 72]),
        ("Risen", "named by none", [70, 212, 236]),
    ]
    events = substitution.controls_of(substitution.often_reported(table), RULES)
    assert events[["substance", "event"]].to_numpy().tolist() == [
        ["4-AP", "UN"],
        ["1-Boc-4-piperidone", "United States"],
    ]


def test_who_reports_other_precursors_alone_is_counted() -> None:
    rows = [
        *(("COL", 2019, "acetone", "precursors", "cocaine", 5.0), ("COL", 2019, "cocaine", "cocaine", None, 7.0)),
        *(("PER", 2019, "not specified", "precursors", None, 9.0), ("PER", 2019, "cocaine", "cocaine", None, 7.0)),
        *(("BOL", 2019, "cocaine", "cocaine", None, 7.0), ("BOL", 2018, "not specified", "precursors", None, 1.0)),
    ]
    panel = seizures(rows)
    assert chain.without_precursors(panel, chain.country_years(panel)) == {"in_all": 2, "others": 1}


def test_majors_that_never_reported_a_precursor_are_named() -> None:
    panel = seizures(
        [("COL", 2020, "acetone", "precursors", "cocaine", 5.0), ("PER", 2020, "cocaine", "cocaine", None, 7.0)]
    )
    lists = [("COL", 2025, True), ("PER", 2025, True), ("BOL", 2024, True), ("BOL", 2025, False)]
    country_year = pd.DataFrame(lists, columns=["iso3", "year", "majors_list"])
    found = chain.majors_without_precursors(panel, country_year)
    assert found == {"year": 2025, "listed": 2, "without": ["Peru"]}


def test_the_largest_grower_is_told_by_its_first_and_last_figures() -> None:
    rows = [("COL", 2019, 10.0, np.nan, 1.0), ("COL", 2020, 30.0, 2.0, 4.0), ("PER", 2020, 20.0, np.nan, 9.0)]
    table = pd.DataFrame(rows, columns=["iso3", "year", "hectares", "permanganate_kg", "cocaine_kg"])
    found = chain.of_the_largest_grower(table)
    assert (found["grower"], found["permanganate_years"]) == ("Colombia", 1)
    assert found["ends"]["hectares"] == [{"year": 2019, "hectares": 10.0}, {"year": 2020, "hectares": 30.0}]  # type: ignore[index]
