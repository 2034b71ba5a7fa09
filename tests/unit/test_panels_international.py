"""International panels on small frames: sums by hand, what is missing kept missing, names nobody sorted refused."""

from collections.abc import Callable

import pandas as pd
import pytest

from crimjust_research.data.panels import cooperation, countries, reviews, routes, seizures
from crimjust_research.errors import DataError, VocabularyError
from crimjust_research.vocabulary import countries as country_names
from crimjust_research.vocabulary import country_groups, precursors, seized_drugs

TOTAL_ATS = next(name for name in seized_drugs.load().by_published_name if name.startswith("Total amphetamine-type"))
TOTAL_COCAINE = next(name for name in seized_drugs.load().by_published_name if name.startswith("Cocaine (total"))
ATS, COCAINE, PRECURSORS = "amphetamine-type stimulants", "cocaine", "precursors"


def seizure_lines(*rows: tuple[str, int, str, str, float | None, bool], repeated: int = 1) -> pd.DataFrame:
    """Lines of the raw table: country, year, group, drug, kilograms, whether it is a total."""
    columns = ["iso3", "year", "drug_group", "drug", "kilograms", "is_total_line"]
    frame = pd.DataFrame(rows, columns=columns).astype({"kilograms": "float64"})
    return frame.assign(drug_detail=pd.Series(None, frame.index, "str"), repeated=repeated)


def seized(frame: pd.DataFrame) -> pd.DataFrame:
    return seizures.seizures_country_year(frame).set_index(["iso3", "year", "drug"])


def test_what_a_total_has_more_than_its_parts_stays_unnamed() -> None:
    frame = seized(
        seizure_lines(
            ("AUS", 2020, ATS, "Methamphetamine", 30.0, False),
            ("AUS", 2020, ATS, "Amphetamine", 10.0, False),
            ("AUS", 2020, ATS, TOTAL_ATS, 90.0, True),
            ("AUS", 2020, ATS, TOTAL_ATS, 10.0, True),
        )
    )
    # Totals in two units, 90 + 10, less the parts, 30 + 10.
    assert frame.loc[("AUS", 2020, ATS), "kilograms"] == 60
    assert frame.loc[("AUS", 2020, ATS), "kilograms_of_totals"] == 60
    assert frame.loc[("AUS", 2020, ATS), "n_lines"] == 2
    assert frame.loc[("AUS", 2020, "methamphetamine"), "kilograms"] == 30
    assert frame["kilograms"].sum() == 100


def test_a_total_within_its_parts_adds_nothing() -> None:
    frame = seized(
        seizure_lines(
            ("ITA", 2020, ATS, "Amphetamine", 14_000.0, False),
            ("ITA", 2020, ATS, TOTAL_ATS, 1.5, True),
            ("ARG", 2021, COCAINE, "Cocaine salts", 8.0, False),
            ("ARG", 2021, COCAINE, TOTAL_COCAINE, 5.0, True),
        )
    )
    assert frame["kilograms"].to_dict() == {("ARG", 2021, "cocaine"): 8, ("ITA", 2020, "amphetamine"): 14_000}
    assert (frame["kilograms_of_totals"] == 0).all()
    # The total of cocaine is a line of cocaine; the one of stimulants says nothing of amphetamine.
    assert frame["n_lines"].tolist() == [2, 1]


def test_a_total_alone_is_the_figure_and_leaves_the_coca_plant_apart() -> None:
    frame = seized(
        seizure_lines(
            ("PER", 2019, COCAINE, TOTAL_COCAINE, 500.0, True),
            ("PER", 2019, COCAINE, "Coca leaf", 2_000.0, False),
            ("TGO", 2019, COCAINE, TOTAL_COCAINE, 0.0, True),
        )
    )
    assert frame["kilograms"].to_dict() == {
        ("PER", 2019, "coca"): 2_000,
        ("PER", 2019, "cocaine"): 500,
        ("TGO", 2019, "cocaine"): 0,
    }


def test_lines_without_a_weight_and_lines_that_stand_twice() -> None:
    frame = seized(
        seizure_lines(
            ("FRA", 2018, "opioids", "Heroin", None, False),
            ("FRA", 2018, COCAINE, "Cocaine salts", 4.0, False),
            ("FRA", 2018, COCAINE, "Coca paste", None, False),
            repeated=2,
        )
    )
    assert pd.isna(frame.loc[("FRA", 2018, "heroin"), "kilograms"])
    assert frame.loc[("FRA", 2018, "heroin"), ["n_lines", "n_unweighed"]].tolist() == [2, 2]
    # 2 x 4 kg; four lines, two of them without a weight.
    assert frame.loc[("FRA", 2018, "cocaine"), ["kilograms", "n_lines", "n_unweighed"]].tolist() == [8, 4, 2]


def test_precursors_are_chemicals_with_what_they_make() -> None:
    lines = seizure_lines(
        ("COL", 2015, PRECURSORS, "Other precursors", 5.0, False),
        ("COL", 2015, PRECURSORS, "Other precursors", 7.0, False),
        ("COL", 2015, PRECURSORS, "Potassium permanganate", 2.0, False),
        ("COL", 2015, COCAINE, "Cocaine salts", 1.0, False),
    )
    lines.loc[0, "drug_detail"] = "Toluol"
    frame = seized(lines)
    rows = frame[["family", "makes", "is_shared", "convention_table", "kilograms"]].loc[("COL", 2015)]
    assert rows.loc["toluene"].tolist() == [PRECURSORS, "cocaine", True, "II", 5]
    assert rows.loc["precursors, not specified"].tolist()[1:3] == ["unknown", False]
    assert rows.loc["potassium permanganate"].tolist() == [PRECURSORS, "cocaine", False, "I", 2]
    assert rows.loc["cocaine", ["makes", "is_shared", "convention_table"]].isna().all()
    assert frame["is_precursor"].sum() == 3


def test_a_precursor_nobody_sorted_is_refused() -> None:
    lines = seizure_lines(("COL", 2015, PRECURSORS, "Other precursors", 5.0, False)).assign(drug_detail="Tolune")
    with pytest.raises(VocabularyError, match=r"drug = 'Tolune' is not a known precursor; did .* mean 'Toluene'"):
        seizures.seizures_country_year(lines)


def test_every_precursor_the_publisher_names_is_one_chemical() -> None:
    published = [name for chemical in precursors.load().chemicals for name in chemical.published]
    assert len(published) == len(set(published))
    named = {
        name for name, family in seized_drugs.load().by_published_name.items() if family == seized_drugs.PRECURSORS
    }
    assert named <= set(precursors.load().by_published_name)
    assert not {c.name for c in precursors.load().chemicals} & set(seized_drugs.families())


PROGRAMME = pd.DataFrame(
    [
        ("proposed_country", "PAN", None),
        ("major", "PAN", None),
        ("phase_country", "PAN", "phase_1"),
        ("phase_country", "BEN", "phase_5"),
        ("claim", None, None),
    ],
    columns=["kind", "iso3", "group"],
)
ENTRY = pd.DataFrame(
    [
        ("PAN", "I", "exact", "2016-07-20", "2016-07-20", "2016-07-20"),
        ("PER", "I", "unknown", None, "2016-07-20", "2019-12-31"),
        ("BOL", "I", "by", "2018", "2017-11-01", "2018-12-31"),
    ],
    columns=["iso3", "tier", "precision", "documented", "earliest", "latest"],
)


def test_countries_carry_their_part_in_the_programme() -> None:
    frame = countries.countries(PROGRAMME, ENTRY).set_index("iso3")
    assert frame.loc["PAN", ["name", "region", "languages"]].tolist() == [
        "Panama",
        "Latin America & Caribbean",
        "Spanish",
    ]
    assert frame.loc["PAN", ["major_2021", "proposed", "phase", "entry_documented"]].tolist() == [True, True, 1, 2016]
    assert frame.loc["BEN", ["major_2021", "proposed", "phase"]].tolist() == [False, False, 5]
    assert pd.isna(frame.loc["BEN", "entry_tier"])
    # A State without a documented date keeps its bounds.
    assert pd.isna(frame.loc["PER", "entry_documented"])
    assert frame.loc["PER", ["entry_earliest", "entry_latest"]].tolist() == [2016, 2019]
    assert frame.loc["BOL", ["entry_documented", "entry_earliest", "entry_latest"]].tolist() == [2018, 2017, 2018]
    assert frame.loc["CMR", "languages"] == "English; French"
    assert not frame.loc["ESP", "is_developing"]


def test_every_inhabited_country_is_in_one_region() -> None:
    grouped = [code for codes in country_groups.load().regions.values() for code in codes]
    assert len(grouped) == len(set(grouped))
    assert set(country_names.names()) - set(grouped) == {"ATA", "ATF", "BVT", "HMD", "IOT", "SGS", "UMI"}
    assert set(country_groups.load().developed) <= set(grouped)
    assert {code for codes in country_groups.load().languages.values() for code in codes} <= set(grouped)


def test_regions_are_those_of_the_rule_of_law_index(published: Callable[[str], pd.DataFrame]) -> None:
    index = published("rule_of_law_regions/regions")
    assert len(index) == 143
    # Until 2023 the publisher wrote these names with signs, as this project does.
    names = index["region"].replace("EU, EFTA, and North America", "EU + EFTA + North America")
    expected = names.str.replace(" and ", " & ", regex=False)
    assert index["iso3"].map(country_groups.load().region).tolist() == expected.tolist()


def country_year(**tables: pd.DataFrame) -> pd.DataFrame:
    """The panel of nearly empty tables: those given, and one row of Panama elsewhere."""
    scores = dict.fromkeys(("overall", "f1_4", "f2", "f2_2", "f2_3", "f8", "f8_2", "f8_4", "f8_5", "f8_6", "f8_7"), 0.5)
    plain = {
        "population": pd.DataFrame({"iso3": ["PAN"], "year": [2020], "population": [4_000_000]}),
        "gdp": pd.DataFrame({"iso3": ["PAN"], "year": [2020], "gdp": [5e10]}),
        "justice_quality": pd.DataFrame(
            [("PAN", edition, 0.3 + 0.1 * row) for row, edition in enumerate(("2012-2013", "2017-2018", "2019"))],
            columns=["iso3", "edition", "f8_1"],
        ).assign(**scores),
        "governance": pd.DataFrame(
            [("PAN", 2020, "rl", -0.2, 0.1), ("PAN", 2020, "cc", -0.6, 0.2), ("PAN", 2020, "ge", 0.1, 0.3)],
            columns=["iso3", "year", "dimension", "estimate", "std_error"],
        ),
        "justice_records": pd.DataFrame(
            [
                ("PAN", "PAN", 2020, "persons held", "Drug trafficking", 70.0),
                ("PAN", "PAN", 2020, "persons held", "Bribery", 3.0),
                ("PAN", "PAN", 2021, "offences", "Money laundering", 9.0),
                ("GBR_S", "GBR", 2020, "offences", "Money laundering", 5.0),
            ],
            columns=["reporter", "iso3", "year", "indicator", "category", "count"],
        ),
        "coca_opium_cultivation": pd.DataFrame(
            [("BOL", "coca", 2020, 29_400.0, None), ("COL", "opium_poppy", 2018, 663.0, 18.1)],
            columns=["iso3", "crop", "year", "hectares", "opium_tonnes"],
        ),
        "seizures_country": pd.DataFrame(
            [("BOL", 2020, True), ("BOL", 2020, False), ("PAN", 2020, False), ("BOL", 2018, False)],
            columns=["iso3", "year", "is_precursor"],
        ),
        "majors_list": pd.DataFrame(
            [(2020, "BOL", True), (2020, "PAN", False), (2012, "PAN", None), (2026, "PAN", False)],
            columns=["fiscal_year", "iso3", "failed_demonstrably"],
        ),
        "programme": PROGRAMME,
        "programme_entry": ENTRY,
    }
    return countries.country_year(**(plain | tables)).set_index(["iso3", "year"])


def test_country_years_are_complete_and_what_is_missing_stays_missing() -> None:
    frame = country_year()
    # All that have a figure, are in a phase, or joined; Scotland's figure is not the United Kingdom's. The last year
    # is that of the last Majors List.
    assert frame.index.tolist() == [
        (iso3, y) for iso3 in ("BEN", "BOL", "COL", "PAN", "PER") for y in range(2000, 2027)
    ]
    row = frame.loc[("PAN", 2020)]
    assert row[["population", "gdp", "persons_held_trafficking"]].tolist() == [4_000_000, 5e10, 70]
    assert row[["rule_of_law", "rule_of_law_std_error"]].tolist() == [-0.2, 0.1]
    assert row[["control_of_corruption", "control_of_corruption_std_error"]].tolist() == [-0.6, 0.2]
    assert pd.isna(row["money_laundering_offences"])
    assert frame.loc[("PAN", 2021), "money_laundering_offences"] == 9
    assert frame.loc[("BOL", 2020), "coca_hectares"] == 29_400
    assert frame.loc[("COL", 2018), ["poppy_hectares", "opium_tonnes"]].tolist() == [663, 18.1]


def test_editions_stand_at_the_year_their_fieldwork_can_be_of() -> None:
    frame = country_year()
    dated = frame.loc["PAN", ["wjp_edition", "wjp_published", "wjp_8_1"]].dropna()
    # The edition of 2012-2013 is left out, that of 2017-2018 came out in January 2018.
    assert dated.index.tolist() == [2017, 2019]
    assert dated["wjp_edition"].tolist() == ["2017-2018", "2019"]
    assert dated["wjp_published"].tolist() == ["2018-01", "2019-02"]
    assert dated["wjp_8_1"].tolist() == pytest.approx([0.4, 0.5])


def test_an_edition_of_one_year_needs_no_declaration_and_one_of_two_years_does() -> None:
    scores = {f"f{n}": [0.5] for n in ("1_4", "2", "2_2", "2_3", "8", "8_1", "8_2", "8_4", "8_5", "8_6", "8_7")}
    plain = pd.DataFrame({"iso3": ["PAN"], "edition": ["2031"], "overall": [0.5], **scores})
    row = country_year(justice_quality=plain).loc[("PAN", 2031)]
    assert (row["wjp_edition"], row["wjp_8_1"]) == ("2031", 0.5)
    assert pd.isna(row["wjp_published"])
    with pytest.raises(DataError, match=r"edition 2031-2032 .* calendar year; add `  \"2031-2032\": {year: 2031, publ"):
        country_year(justice_quality=plain.assign(edition="2031-2032"))


def test_who_reports_and_who_is_listed_is_known_only_for_years_covered() -> None:
    frame = country_year()
    reported = frame[["seizures_reported", "precursors_reported"]]
    assert reported.loc[("BOL", 2020)].tolist() == [True, True]
    assert reported.loc[("BOL", 2018)].tolist() == [True, False]
    assert reported.loc[("PER", 2018)].tolist() == [False, False]
    assert reported.loc[("BOL", 2017)].isna().all()
    listed = frame[["majors_list", "failed_demonstrably"]]
    assert listed.loc[("BOL", 2020)].tolist() == [True, True]
    assert listed.loc[("PAN", 2020)].tolist() == [True, False]
    assert listed.loc[("PER", 2020), "majors_list"] == False  # noqa: E712
    assert pd.isna(listed.loc[("PER", 2020), "failed_demonstrably"])
    assert listed.loc[("PAN", 2012), "majors_list"] == True  # noqa: E712
    assert listed.loc[("PAN", 2015)].isna().all()


def test_a_country_in_no_region_is_refused() -> None:
    with pytest.raises(DataError, match="ATA is in no region"):
        country_year(gdp=pd.DataFrame({"iso3": ["ATA"], "year": [2020], "gdp": [1.0]}))


def test_routes_are_summed_over_means_of_transport_and_their_ends_are_told_apart() -> None:
    columns = ["year", "drug", "seizing", "departure", "destination", "cases", "duplicates", "cases_weighed"]
    frame = pd.DataFrame(
        [
            (2014, "Cocaine HCL", "ESP", "COL", "ESP", 3, 1, 2),
            (2014, "Cocaine", "ESP", "COL", "ESP", 2, 0, 2),
            (2014, "Cocaine", "BRA", "BRA", "BRA", 4, 0, 0),
            (2014, "Heroin", "BRA", "unknown", "BRA", 5, 0, 5),
            (2014, "Heroin", "BRA", "multiple", "other", 6, 0, 6),
        ],
        columns=columns,
    ).assign(kilograms=[1.5, 2.5, None, 1.0, 1.0])
    made = routes.routes_year(frame).set_index(["family", "seizing", "departure", "destination"])
    row = made.loc[("cocaine", "ESP", "COL", "ESP")]
    assert row[["ends", "cases", "duplicates", "cases_weighed", "kilograms"]].tolist() == ["two countries", 5, 1, 4, 4]
    row = made.loc[("cocaine", "BRA", "BRA", "BRA")]
    assert row["ends"] == "one country"
    assert pd.isna(row["kilograms"])
    assert made.loc[("heroin", "BRA", "unknown", "BRA"), "ends"] == "one end known"
    assert made.loc[("heroin", "BRA", "multiple", "other"), "ends"] == "no end known"
    assert made["cases"].sum() == frame["cases"].sum()


EVENTS = pd.DataFrame(
    [
        ("2017-03-06 operation", "2017-03-06", "2017-03-15", "operation", "BRA", "stated"),
        ("2017-09-11 network", "2017-09-11", "2017-09-12", "network", None, "stated"),
        ("2019-02-01 forum", "2019-02-01", "2019-02-02", "forum", "GHA", "inferred"),
        ("2020-01-01 forum", "2020-01-01", "2020-01-01", "forum", None, "stated"),
    ],
    columns=["event", "date_start", "date_end", "type", "place", "dating"],
)
TOOK_PART = pd.DataFrame(
    [
        ("2017-03-06 operation", "COL"),
        ("2017-03-06 operation", "BRA"),
        ("2017-03-06 operation", "PER"),
        ("2017-09-11 network", "BRA"),
        ("2017-09-11 network", "COL"),
        ("2019-02-01 forum", "GHA"),
    ],
    columns=["event", "iso3"],
)


def test_states_at_events() -> None:
    frame = cooperation.cooperation_events(EVENTS, TOOK_PART).set_index(["event", "iso3"])
    assert len(frame) == 6
    row = frame.loc[("2017-03-06 operation", "PER")]
    assert row[["year", "type", "place", "n_states"]].tolist() == [2017, "operation", "BRA", 3]
    assert frame.loc[("2019-02-01 forum", "GHA"), "n_states"] == 1


def test_pairs_of_states_by_year_with_their_zeros() -> None:
    frame = cooperation.dyad_year(EVENTS, TOOK_PART)
    # Four States make 4 x 3 / 2 pairs, in each of the three years 2017 to 2019.
    assert len(frame) == 6 * 3
    assert (frame["iso3_a"] < frame["iso3_b"]).all()
    counted = frame.set_index(["iso3_a", "iso3_b", "year"])["joint_events"]
    assert counted[counted > 0].to_dict() == {
        ("BRA", "COL", 2017): 2,
        ("BRA", "PER", 2017): 1,
        ("COL", "PER", 2017): 1,
    }
    alike = frame.drop_duplicates(["iso3_a", "iso3_b"]).set_index(["iso3_a", "iso3_b"])
    assert alike.loc[("COL", "PER"), ["same_region", "same_language"]].tolist() == [True, True]
    assert alike.loc[("BRA", "COL"), ["same_region", "same_language"]].tolist() == [True, False]
    assert alike.loc[("BRA", "GHA"), ["same_region", "same_language"]].tolist() == [False, False]


def test_a_state_at_an_event_nobody_dated_is_refused() -> None:
    stray = pd.DataFrame({"event": ["2030-01-01 forum"], "iso3": ["COL"]})
    with pytest.raises(DataError, match="names 2030-01-01 forum, which programme_events does not have"):
        cooperation.cooperation_events(EVENTS, stray)


def reviews_of(*rows: tuple[str, int, str, int | None]) -> pd.DataFrame:
    columns = ["iso3", "cycle", "status", "year"]
    published = pd.DataFrame(rows, columns=columns).astype({"year": "Int64"})
    published["correction"] = pd.Series(None, published.index, "str")
    governance = pd.DataFrame(
        [("PAN", 2013, "rl", -0.4, 0.1), ("PAN", 2013, "cc", -0.3, 0.2), ("PAN", 2014, "rl", 9.0, 9.0)],
        columns=["iso3", "year", "dimension", "estimate", "std_error"],
    )
    return reviews.reviews(published, governance, PROGRAMME, ENTRY).set_index(["iso3", "cycle"])


def test_second_reviews_are_counted_from_the_first_and_censored_at_the_end() -> None:
    frame = reviews_of(
        ("PAN", 1, "complete", 2013),
        ("PAN", 2, "complete", 2021),
        ("FRA", 1, "complete", 2011),
        ("FRA", 2, "in progress", None),
    )
    # 2021 - 2013, and 2021 - 2011 for the State still awaited when the listing ends.
    assert frame["years_from_first"].dropna().to_dict() == {("PAN", 2): 8, ("FRA", 2): 10}
    assert frame["is_complete"].tolist() == [True, True, True, False]
    assert frame["censoring_year"].unique().tolist() == [2021]
    row = frame.loc[("PAN", 2)]
    assert row[["rule_of_law", "control_of_corruption", "control_of_corruption_std_error"]].tolist() == [
        -0.4,
        -0.3,
        0.2,
    ]
    assert row[["first_year", "region", "proposed", "entry_documented"]].tolist() == [
        2013,
        "Latin America & Caribbean",
        True,
        2016,
    ]
    assert pd.isna(frame.loc[("FRA", 2), "rule_of_law"])


def test_reviews_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(DataError, match="PAN has a second summary older than its first"):
        reviews_of(("PAN", 1, "complete", 2013), ("PAN", 2, "complete", 2012))
    with pytest.raises(DataError, match="PAN has a summary without a year"):
        reviews_of(("PAN", 1, "complete", None), ("FRA", 1, "complete", 2012))
