"""Totals the publishers' files must come to, out of the committed raw tables."""

import re

import pandas as pd
import pytest

from crimjust_research import document
from crimjust_research.data import catalog, corrections
from crimjust_research.vocabulary import countries, seized_drugs

RAW = catalog.raw()
TABLES = (
    "coca_opium_cultivation", "gdp", "governance", "justice_quality", "justice_records", "majors_list", "population",
    "programme", "programme_entry", "programme_event_countries", "programme_events", "programme_results",
    "seizure_routes", "seizures_country", "uncac_challenges", "uncac_reviews", "uncac_totals",
)  # fmt: skip


def noted(table: str, pattern: str) -> int:
    """The one count in a table's notes that the pattern finds."""
    found = [int(m[1].replace(",", "")) for note in RAW.resource(table).notes if (m := re.search(pattern, note))]
    assert len(found) == 1
    return found[0]


def test_individual_seizures() -> None:
    assert noted("seizure_routes", r"^([\d,]+) records read") == 311_038
    assert noted("seizure_routes", r"^([\d,]+) records repeat another") == 44_229
    assert noted("seizure_routes", r"^([\d,]+) records name both departure and destination") == 20_622
    frame = RAW.open("seizure_routes")
    assert frame["cases"].sum() == 311_038 - 44_229
    assert frame["duplicates"].sum() == 44_229
    every = frame["cases"] + frame["duplicates"]
    colombia = every[frame["seizing"] == "COL"].groupby(frame["year"]).sum()
    assert (colombia[2013], colombia[2014]) == (8_635, 106_314)
    assert colombia.sum() / every.sum() == pytest.approx(0.63, abs=0.005)
    assert every[frame["producing"] == "unknown"].sum() / every.sum() == pytest.approx(0.96, abs=0.005)


def test_measures_of_routes_add_up() -> None:
    frame = RAW.open("seizure_routes")
    parts = ["cases_weighed", "cases_by_volume", "cases_by_unit"]
    assert (frame[parts].sum(axis=1) <= frame["cases"]).all()
    for cases, amount in zip(parts, ("kilograms", "litres", "units"), strict=True):
        assert ((frame[cases] == 0) == frame[amount].isna()).all()


def test_annual_seizures() -> None:
    frame = RAW.open("seizures_country")
    annex = frame[frame["publication"] == "world_drug_report_annex"]
    portal = frame[frame["publication"] == "data_portal"]
    assert annex["repeated"].sum() == 11_013
    assert (annex["repeated"] - 1).sum() == 344
    assert annex["iso3"].nunique() == 156
    assert noted("seizures_country", r"^the annex holds ([\d,]+) lines of") == 11_013
    precursors = frame[frame["is_precursor"]].groupby("publication")["repeated"].sum()
    assert precursors.to_dict() == {"data_portal": 163, "world_drug_report_annex": 259}
    assert sorted(portal["year"].unique()) == [2012, 2013, 2014, 2015, 2016]
    assert sorted(annex["year"].unique()) == [2018, 2019, 2020, 2021, 2022]
    assert not {"USA", "MEX", "CHN"} & set(annex.loc[annex["is_precursor"], "iso3"])
    colombia = annex[annex["is_precursor"] & (annex["iso3"] == "COL")]
    assert colombia["year"].min() == 2020


def test_every_seized_drug_has_a_family() -> None:
    for table in ("seizures_country", "seizure_routes"):
        frame = RAW.open(table)
        assert set(seized_drugs.families_of(frame["drug"], table)) <= set(seized_drugs.families())


def test_what_total_lines_hold() -> None:
    """The caveat on total lines: most cocaine of some countries stands in them alone."""
    frame = RAW.open("seizures_country")
    cocaine = frame[(frame["drug_subgroup"] == "Cocaine") & frame["kilograms"].notna()]
    has = cocaine.groupby(["iso3", "year"])["is_total_line"].agg(["all", "any"])
    assert (int(has["all"].sum()), int(has["any"].sum())) == (53, 60)
    alone = cocaine.set_index(["iso3", "year"]).loc[has.index[has["all"]], "kilograms"].sum()
    assert alone == pytest.approx(807_345, abs=1)


def test_majors_list() -> None:
    frame = RAW.open("majors_list")
    assert frame["fiscal_year"].nunique() == 17
    assert (frame["fiscal_year"].min(), frame["fiscal_year"].max()) == (2005, 2026)
    assert sorted(set(range(2005, 2027)) - set(frame["fiscal_year"])) == [2006, 2008, 2010, 2015, 2016]
    of_2021 = frame[frame["fiscal_year"] == 2021]
    assert set(of_2021["iso3"]) == set(document.load().majors_iso3)
    assert of_2021.loc[of_2021["failed_demonstrably"] == True, "iso3"].tolist() == ["BOL", "VEN"]  # noqa: E712


def test_cultivation() -> None:
    frame = RAW.open("coca_opium_cultivation")
    assert len(frame) == 114
    assert set(frame["iso3"]) == {"AFG", "BOL", "COL", "LAO", "MEX", "MMR", "PER"}
    assert frame.loc[frame["crop"] == "coca", "opium_tonnes"].isna().all()


def test_reviews() -> None:
    frame = RAW.open("uncac_reviews")
    assert frame["iso3"].nunique() == 80
    assert frame.groupby("cycle").size().to_dict() == {1: 80, 2: 80}
    bulgaria = corrections.apply(frame, "uncac_reviews", RAW.resource("uncac_reviews").vintage)
    bulgaria = bulgaria[(bulgaria["iso3"] == "BGR") & (bulgaria["cycle"] == 1)].iloc[0]
    assert pd.isna(bulgaria["job_number"])
    assert bulgaria["year"] == 2011


def test_challenges_by_chapter() -> None:
    frame = RAW.open("uncac_challenges")
    assert frame.groupby("chapter").size().to_dict() == {"II": 5, "III": 6, "IV": 7, "V": 5}


def test_totals_of_the_source_document() -> None:
    frame = RAW.open("uncac_totals").set_index(["as_of", "metric"])
    bounds = frame.loc["2021-12-12", ["value_low", "value_high"]]
    assert bounds.loc["implementation_gaps"].tolist() == [7_500, 8_500]
    assert bounds.loc["technical_assistance_needs", "value_low"] == 4_000
    assert pd.isna(bounds.loc["technical_assistance_needs", "value_high"])
    # The document states the same bounds.
    findings = {fact.key: fact.quantity for fact in document.load().review_findings}
    gaps = findings["implementation_gaps"]
    assert gaps is not None
    assert (gaps.low, gaps.high) == (7_500, 8_500)


def test_programme_entry() -> None:
    frame = RAW.open("programme_entry").set_index("iso3")
    assert len(frame) == 25
    assert set(frame.index[frame["precision"] == "exact"]) == {"PAN", "CPV", "GHA", "BEN", "TGO", "CIV"}
    assert set(frame.index[frame["precision"] == "unknown"]) == {"PER", "GNB"}
    assert frame.loc["BOL", ["documented", "earliest", "latest"]].tolist() == ["2018", "2017-11-01", "2018-12-31"]
    assert (frame["earliest"] <= frame["latest"]).all()


def test_programme_events() -> None:
    events, states = RAW.open("programme_events"), RAW.open("programme_event_countries")
    assert len(events) == 50
    assert set(states["event"]) <= set(events["event"])
    assert (events["date_start"].min()[:4], events["date_start"].max()[:4]) == ("2016", "2024")
    # States at events, as counted apart from the list of events: 36 of them, 167 times, Ecuador eleven.
    by_year = states["date_start"].str[:4].value_counts().sort_index()
    assert by_year.tolist() == [1, 51, 15, 20, 16, 26, 23, 14, 1]
    assert (states["iso3"].nunique(), len(states), states["iso3"].value_counts()["ECU"]) == (36, 167, 11)


def test_programme_results() -> None:
    frame = RAW.open("programme_results")
    assert len(frame) == 27
    lionfish = frame[frame["metric"].str.startswith("lionfish")]
    assert len(lionfish) == 11
    assert (lionfish["attribution"] == "INTERPOL-wide").all()
    assert not lionfish["is_creditable"].any()


@pytest.mark.parametrize(
    ("indicator", "category", "reporters", "states", "rows"),
    # Parts of the United Kingdom and of Iraq report apart: 86 and 88 reporters are 84 and 87 States.
    [("persons held", "Drug trafficking", 86, 84, 427), ("offences", "Money laundering", 88, 87, 527)],
)
def test_justice_records(indicator: str, category: str, reporters: int, states: int, rows: int) -> None:
    frame = RAW.open("justice_records")
    frame = frame[(frame["indicator"] == indicator) & (frame["category"] == category)]
    assert (frame["reporter"].nunique(), frame["iso3"].nunique(), len(frame)) == (reporters, states, rows)


def test_justice_quality() -> None:
    frame = RAW.open("justice_quality")
    assert frame["iso3"].nunique() == 143
    assert frame["edition"].nunique() == 12
    assert not {"CPV", "GNB"} & set(frame["iso3"])
    # The historical data file repeats what earlier ones had, with more digits.
    earlier = RAW.open("justice_quality", "2023").set_index(["iso3", "edition"]).drop(columns="year")
    again = frame.set_index(["iso3", "edition"]).loc[earlier.index, earlier.columns]
    assert len(earlier) == 1199
    assert (earlier - again).abs().max().max() <= 5e-6 * (1 + 1e-6)


def test_governance() -> None:
    frame = RAW.open("governance")
    assert sorted(frame["dimension"].unique()) == ["cc", "ge", "pv", "rl", "rq", "va"]
    assert (frame["year"].min(), frame["year"].max()) == (1996, 2023)
    assert (frame["std_error"] > 0).all()
    # Every figure of the release before is in it, to 2012 the same, and since revised, mostly by less than a thousandth.
    key = ["iso3", "year", "dimension"]
    both = RAW.open("governance", "2022").merge(frame, on=key, suffixes=("_before", ""))
    assert len(both) == 24_739
    revised = (both["estimate"] - both["estimate_before"]).abs()
    assert revised[both["year"] <= 2012].max() < 1e-5
    assert revised[both["year"] == 2022].median() < 0.001


def test_people_and_product_are_of_countries() -> None:
    known = set(countries.names())
    people, product = RAW.open("population"), RAW.open("gdp")
    assert set(people["iso3"]) | set(product["iso3"]) <= known
    # The World Bank's own total for 2020 is 7.86 billion: no group of countries is counted among them.
    assert people.loc[people["year"] == 2020, "population"].sum() == pytest.approx(7.86e9, rel=0.01)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_licensed_and_sourced(table: str) -> None:
    resource = RAW.resource(table)
    assert resource.latest
    assert all(licence.path.startswith("https://") for licence in resource.table.licences)
    assert all(source.path.startswith("https://") for source in resource.table.sources)


@pytest.mark.parametrize("table", TABLES)
def test_places_are_accepted_codes(table: str) -> None:
    frame = RAW.open(table)
    declared = RAW.resource(table).table.fields
    columns = [field.name for field in declared if str(field.constraints.get("pattern", "")).startswith("[A-Z]{3}")]
    accepted = set(countries.names()) | {"unknown", "other", "multiple"} | set(countries.load().publishers_codes)
    for column in columns:
        assert set(frame[column].dropna()) <= accepted
