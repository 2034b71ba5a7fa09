"""Figures the international panels must come out with, out of the committed raw tables."""

import pandas as pd
import pytest

from crimjust_research.data import catalog, corrections
from crimjust_research.data.panels import PANELS
from crimjust_research.data.panels.declaration import Panel

RAW, PROCESSED = catalog.raw(), catalog.processed()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.table.name)
def test_rows_of_the_raw_tables_may_stand_in_any_order(panel: Panel) -> None:
    """The same bytes, whatever order sums are taken in."""
    frames = {}
    for table in panel.inputs:
        resource = RAW.resource(table)
        shuffled = RAW.open(table).sample(frac=1, random_state=20211212, ignore_index=True)
        frames[table] = corrections.apply(shuffled, table, resource.vintage)
    made = catalog.serialise(panel.make(**frames), panel.table)
    stored = PROCESSED.folder / PROCESSED.resource(panel.table.name).path
    assert made == stored.read_bytes()


@pytest.fixture(scope="module")
def seized() -> pd.DataFrame:
    return PROCESSED.open("seizures_country_year")


@pytest.mark.parametrize(("year", "tonnes"), [(2020, 1_424), (2021, 2_026)])
def test_cocaine_of_the_world_is_what_the_world_drug_reports_say(seized: pd.DataFrame, year: int, tonnes: int) -> None:
    """World Drug Reports 2022 and 2023: quantities seized, not adjusted for purity. Later reports revise a little."""
    found = seized.loc[(seized["drug"] == "cocaine") & (seized["year"] == year), "kilograms"].sum() / 1000
    assert found == pytest.approx(tonnes, rel=0.01)


def test_larger_of_total_and_parts_of_every_group(seized: pd.DataFrame) -> None:
    """The panel weighs what its groups do, the larger of total and parts each; 1,178 t of totals become 1,091 t."""
    assert seized["kilograms"].sum() == pytest.approx(232_175_369.4, abs=0.1)
    assert seized["kilograms_of_totals"].sum() == pytest.approx(1_090_664.3, abs=0.1)


def test_who_reports_and_who_reports_precursors(seized: pd.DataFrame) -> None:
    reporters = seized.groupby("year")["iso3"].nunique()
    assert list(reporters.index) == [2012, 2013, 2014, 2015, 2016, 2018, 2019, 2020, 2021, 2022]
    assert reporters.tolist() == [140, 139, 141, 131, 128, 127, 130, 128, 132, 129]
    precursors = seized[seized["is_precursor"]]
    assert precursors.groupby("year")["iso3"].nunique().tolist() == [21, 22, 21, 21, 14, 12, 22, 22, 19, 24]
    assert not set(precursors["iso3"]) & {"USA", "CHN"}
    assert precursors.loc[precursors["iso3"] == "MEX", "year"].max() == 2013


def test_colombia_seized_its_precursors_from_2020_on(seized: pd.DataFrame) -> None:
    chemicals = ["potassium permanganate", "acetone", "sulphuric acid"]
    rows = seized[(seized["iso3"] == "COL") & seized["drug"].isin(chemicals)]
    assert rows["year"].min() == 2020
    assert (rows["makes"] == "cocaine").all()


@pytest.fixture(scope="module")
def countries() -> pd.DataFrame:
    return PROCESSED.open("countries")


def test_lists_of_the_source_document(countries: pd.DataFrame) -> None:
    assert countries["proposed"].sum() == 17
    assert countries["major_2021"].sum() == 22
    assert countries["phase"].value_counts().sort_index().tolist() == [7, 5, 6, 6, 4, 5]
    # Mexico is proposed and in no phase.
    assert countries.loc[countries["proposed"] & countries["phase"].isna(), "iso3"].tolist() == ["MEX"]


def test_twenty_five_states_with_entry_dates_six_of_them_exact(countries: pd.DataFrame) -> None:
    entered = countries.dropna(subset="entry_tier")
    assert entered["entry_precision"].value_counts().to_dict() == {"by": 17, "exact": 6, "unknown": 2}
    assert (entered["entry_earliest"] <= entered["entry_latest"]).all()
    known = entered.dropna(subset="entry_documented")
    assert known["entry_documented"].between(known["entry_earliest"], known["entry_latest"]).all()


@pytest.fixture(scope="module")
def country_year() -> pd.DataFrame:
    return PROCESSED.open("country_year")


def test_countries_in_each_edition_of_the_rule_of_law_index(country_year: pd.DataFrame) -> None:
    scored = country_year.dropna(subset="wjp_edition").groupby("year")["iso3"].nunique()
    assert scored.to_dict() == {
        2014: 99, 2015: 102, 2016: 113, 2017: 113, 2019: 126, 2020: 128, 2021: 139, 2022: 140, 2023: 142,
        2024: 142, 2025: 143,
    }  # fmt: skip
    assert not {"CPV", "GNB"} & set(country_year.dropna(subset="wjp_8_1")["iso3"])


def test_first_partners_with_a_documented_date_and_scores(country_year: pd.DataFrame) -> None:
    """Nine treated countries of the joining design."""
    scored = country_year.dropna(subset=["wjp_8_1", "entry_documented"])
    first = set(scored.loc[scored["entry_tier"] == "I", "iso3"])
    assert first == {"ARG", "BOL", "BRA", "COL", "DOM", "ECU", "GHA", "NGA", "PAN"}


def test_reported_figures_of_justice(country_year: pd.DataFrame) -> None:
    """State-years of whole States; the raw table has 427 and 527 with those of parts of States."""
    held, laundering = country_year["persons_held_trafficking"], country_year["money_laundering_offences"]
    assert held.notna().sum() == 410
    assert laundering.notna().sum() == 519
    assert country_year.loc[laundering.notna(), "iso3"].nunique() == 86


def test_majors_of_every_year_read(country_year: pd.DataFrame) -> None:
    listed = country_year.groupby("year")["majors_list"].sum(min_count=1).dropna()
    assert listed.to_dict() == {
        2005: 22, 2007: 20, 2009: 20, 2011: 20, 2012: 22, 2013: 22, 2014: 22, 2017: 22, 2018: 22, 2019: 22, 2020: 22,
        2021: 22, 2022: 22, 2023: 22, 2024: 23, 2025: 23, 2026: 23,
    }  # fmt: skip


def test_coca_of_the_three_countries(country_year: pd.DataFrame) -> None:
    coca = country_year.pivot_table(index="year", columns="iso3", values="coca_hectares")[
        ["BOL", "COL", "PER"]
    ].dropna()
    assert list(coca.index) == list(range(2010, 2025))
    assert coca.loc[2022, "COL"] == 230_000


@pytest.fixture(scope="module")
def routes() -> pd.DataFrame:
    return PROCESSED.open("routes_year")


def test_cases_by_how_much_of_the_route_is_known(routes: pd.DataFrame) -> None:
    """311,038 records, 44,229 of them repeats."""
    assert routes[["cases", "duplicates"]].sum().tolist() == [266_809, 44_229]
    assert routes.groupby("ends")["cases"].sum().to_dict() == {
        "no end known": 90_764,
        "one country": 8_008,
        "one end known": 156_242,
        "two countries": 11_795,
    }


def test_colombia_is_most_cases_and_no_route_between_countries(routes: pd.DataFrame) -> None:
    colombia = routes[routes["seizing"] == "COL"]
    assert colombia["cases"].sum() / routes["cases"].sum() == pytest.approx(0.594, abs=0.001)
    assert set(colombia["ends"]) == {"one end known", "no end known"}


def test_the_case_of_four_thousand_tonnes_is_corrected(routes: pd.DataFrame) -> None:
    amphetamine = routes[(routes["family"] == "amphetamine") & (routes["seizing"] == "THA") & (routes["year"] == 2013)]
    assert amphetamine["kilograms"].sum() < 1_000


def test_states_and_pairs_at_public_events() -> None:
    events, pairs = PROCESSED.open("cooperation_events"), PROCESSED.open("dyad_year")
    assert (events["event"].nunique(), events["iso3"].nunique(), len(events)) == (43, 36, 167)
    # 36 x 35 / 2 pairs in each year from 2016 to 2024.
    assert len(pairs) == 630 * 9
    met = pairs[pairs["joint_events"] > 0].groupby("year").size()
    assert met.to_dict() == {2017: 200, 2018: 13, 2019: 42, 2020: 16, 2021: 51, 2022: 36, 2023: 38}
    # An event of n States makes n (n - 1) / 2 pairs.
    sizes = events.groupby("event").size()
    assert pairs["joint_events"].sum() == (sizes * (sizes - 1) // 2).sum()


def test_reviews_of_eighty_states() -> None:
    frame = PROCESSED.open("reviews").set_index(["iso3", "cycle"])
    second = frame.xs(2, level="cycle")
    assert (len(second), second["is_complete"].sum()) == (80, 57)
    assert frame["censoring_year"].unique().tolist() == [2025]
    # China's first summary is dated by a correction; Germany's two are of one year, 2020.
    assert frame.loc[("CHN", 1), ["year", "correction"]].tolist() == [2017, "uncac-china-cycle-1"]
    assert second.loc["DEU", "years_from_first"] == 0
    assert second["rule_of_law"].notna().all()
    # Japan's first summary is of 2023, whose indicators were published after the question was registered.
    assert second.index[second["first_year"] > 2022].tolist() == ["JPN"]
