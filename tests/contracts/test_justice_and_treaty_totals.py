"""Totals of the ratings, scores, treaties, precursor reports and prison entries, counted from the files apart from readers."""

import pandas as pd
import pytest

from crimjust_research.data import catalog
from crimjust_research.vocabulary import countries, fentanyl

RAW, PROCESSED = catalog.raw(), catalog.processed()
# Totals are those of these vintages; a later one has its own.
FATF, INDEX, LISTS, NFLIS, CTS = "2026-03-23", "2025", "2015-03", "2026-03-03", "2022"


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return RAW.open("fatf_ratings", FATF)


@pytest.fixture(scope="module")
def lists() -> pd.DataFrame:
    return RAW.open("treaties", LISTS)


@pytest.fixture(scope="module")
def programme() -> set[str]:
    phases = RAW.open("programme").query("kind == 'phase_country'")["iso3"]
    entered = RAW.open("programme_entry")["iso3"]
    assert (len(phases), len(entered)) == (33, 25)
    return {*phases, *entered}


def test_ratings(ratings: pd.DataFrame) -> None:
    reports = ratings.drop_duplicates(["iso3", "month", "report"])
    assert reports["report"].value_counts().to_dict() == {
        "follow-up": 319,
        "mutual evaluation": 200,
        "follow-up assessment": 2,
    }
    assert ratings["iso3"].nunique() == 199
    assert ratings["rating"].value_counts().to_dict() == {
        "LC": 10_042, "C": 4_992, "PC": 4_769, "ME": 2_471, "LE": 2_309, "NC": 988, "SE": 887, "HE": 64, "N/A": 49,
    }  # fmt: skip
    assert (ratings["month"].min(), ratings["month"].max()) == ("2014-12", "2025-12")
    evaluated = ratings[ratings["report"] == "mutual evaluation"].groupby("measure")["rating"]
    assert evaluated.value_counts()["IO.2"].to_dict() == {"SE": 90, "ME": 62, "LE": 41, "HE": 7}
    assert evaluated.value_counts()["IO.7"].to_dict() == {"LE": 97, "ME": 89, "SE": 14}
    assert evaluated.value_counts()["R.37"].to_dict() == {"LC": 137, "PC": 31, "C": 30, "NC": 2}


def test_the_two_congos_macao_and_chinese_taipei_are_four(ratings: pd.DataFrame) -> None:
    first = ratings.groupby("iso3")["month"].min()
    found = {code: first[code] for code in ("COD", "COG", "MAC", "TWN")}
    assert found == {"COD": "2021-04", "COG": "2022-09", "MAC": "2017-12", "TWN": "2019-10"}


def test_follow_ups_change_no_outcome(ratings: pd.DataFrame) -> None:
    """Only assessments and further evaluations do: of Norway and Spain the one, of Indonesia the other."""
    outcomes = ratings[ratings["measure"].str.startswith("IO.")]
    changed = outcomes.groupby(["iso3", "measure"])["rating"].nunique()
    assert set(changed[changed > 1].index.get_level_values("iso3")) <= {"NOR", "ESP", "IDN"}
    assessed = set(ratings.loc[ratings["report"] == "follow-up assessment", "iso3"])
    assert assessed == {"NOR", "ESP"}


def test_every_state_of_the_programme_is_rated_and_scored(ratings: pd.DataFrame, programme: set[str]) -> None:
    assert not programme - set(ratings["iso3"])
    assert not programme - set(RAW.open("organized_crime_index", INDEX)["iso3"])


@pytest.mark.parametrize(
    ("edition", "sums"),
    [
        (2021, [767.0, 873.0, 984.0, 892.0, 1096.0, 948.0, 886.5, 904.0]),
        (2023, [786.5, 930.0, 1030.5, 955.5, 1133.5, 939.5, 876.5, 908.5]),
        (2025, [727.5, 944.0, 1002.5, 991.5, 1138.0, 934.5, 852.5, 907.5]),
    ],
)
def test_scores_of_an_edition(edition: int, sums: list[float]) -> None:
    frame = RAW.open("organized_crime_index", INDEX)
    scores = frame[frame["edition"] == edition].drop(columns=["iso3", "edition"])
    assert len(scores) == 193
    assert scores.sum().tolist() == sums
    assert not (scores % 0.5).to_numpy().any()


@pytest.mark.parametrize(
    ("treaty", "listed", "signed", "bound", "until"),
    [
        ("single_1961", 154, 61, 154, "2007-03"),
        ("psychotropic_1971", 184, 34, 183, "2007-03"),
        ("single_1961_amended", 185, 0, 185, "2015-02"),
        ("trafficking_1988", 188, 86, 188, "2014-06"),
        ("untoc", 184, 146, 178, "2013-10"),
        ("untoc_trafficking_in_persons", 166, 116, 158, "2013-12"),
        ("untoc_smuggling_of_migrants", 151, 111, 137, "2013-09"),
        ("untoc_firearms", 122, 51, 108, "2014-03"),
        ("uncac", 177, 139, 170, "2014-04"),
    ],
)
def test_states_in_a_list(lists: pd.DataFrame, treaty: str, listed: int, signed: int, bound: int, until: str) -> None:
    frame = lists[lists["treaty"] == treaty]
    assert (len(frame), frame["signed"].count(), frame["consent"].count()) == (listed, signed, bound)
    assert set(frame["status_of"]) == {until}
    assert frame[["signed", "consent"]].max().max()[:7] <= until


def test_no_list_is_younger_than_its_last_act(lists: pd.DataFrame) -> None:
    """Germany ratified the Convention against Corruption in November 2014, after the last act in its list."""
    germany = lists[(lists["treaty"] == "uncac") & (lists["iso3"] == "DEU")].iloc[0]
    assert (germany["signed"], germany["status_of"]) == ("2003-12-09", "2014-04")
    assert pd.isna(germany["consent"])


def test_who_was_reviewed_had_joined_before_or_after_the_lists_last_act(lists: pd.DataFrame) -> None:
    """A second source: a State is reviewed once it is a party, so three joined after the list."""
    first = RAW.open("uncac_reviews").query("cycle == 1").set_index("iso3")["year"]
    bound = (
        lists[lists["treaty"] == "uncac"].set_index("iso3")["consent"].str[:4].astype("float64").reindex(first.index)
    )
    assert sorted(bound.index[bound.isna()]) == ["DEU", "JPN", "NZL"]
    assert (bound.dropna() <= first[bound.notna()]).all()
    assert [(bound[code], first[code]) for code in ("AUS", "CHL", "FRA")] == [
        (2005, 2012),
        (2006, 2011),
        (2005, 2011),
    ]


def test_precursor_reports_are_those_of_the_family() -> None:
    """Reports of each substance are the same in both tables, cell by cell."""
    reports, family = RAW.open("precursor_reports", NFLIS), RAW.open("lab_reports_fentanyl", NFLIS)
    materials = (fentanyl.PRECURSOR, fentanyl.MANUFACTURE)
    key = ["half_year", "state", "substance"]
    summed = reports.groupby(key)["reports"].sum()
    expected = family[family["family_class"].isin(materials)].set_index(key)["reports"].sort_index()
    assert summed.sort_index().equals(expected)
    by_control = reports.groupby("falls_under")["reports"].sum().to_dict()
    assert by_control == {
        "1_boc_4_piperidone": 118,
        "4_anpp": 99_491,
        "4_ap": 101 + 27,
        "4_ap_halides": 22 + 33,
        "benzylfentanyl": 953,
        "norfentanyl": 219,
    }
    by_products = reports[reports["family_class"] == fentanyl.MANUFACTURE].groupby("substance")["reports"].sum()
    assert (by_products["Phenethyl 4-ANPP"], by_products["Ethyl 4-ANPP"]) == (5_063, 843)
    assert reports["reports"].min() == 1


def test_every_named_control_is_on_record() -> None:
    controls = {name for names in RAW.open("precursor_controls")["substances"] for name in names.split()}
    assert set(fentanyl.load().controls.values()) <= controls


def test_persons_entering_prison() -> None:
    frame = RAW.open("justice_records", CTS)
    entering = frame[(frame["indicator"] == "persons entering prison") & (frame["category"] == "Drug trafficking")]
    assert (len(entering), entering["count"].sum(), entering["iso3"].nunique()) == (150, 794_720, 46)
    assert (entering["year"].min(), entering["year"].max()) == (2016, 2021)
    panel = PROCESSED.open("country_year")["persons_entering_trafficking"]
    whole = entering[entering["reporter"] == entering["iso3"]]
    assert (panel.count(), panel.sum()) == (142, whole["count"].sum())


def test_panels_hold_every_evaluation_edition_and_state(lists: pd.DataFrame) -> None:
    evaluations = PROCESSED.open("country_evaluations")
    assert (len(evaluations), evaluations["iso3"].nunique()) == (200, 199)
    assert (evaluations["io_7"] == 2).sum() == 14
    assert evaluations["followups"].sum() == 319 + 2
    assert len(PROCESSED.open("organized_crime_edition")) == 3 * 193
    assert set(PROCESSED.open("country_treaties")["iso3"]) == set(lists["iso3"])
    assert {countries.short_name(code) for code in lists["iso3"]} >= {
        "Panama",
        "Cabo Verde",
        "DR Congo",
        "Congo Republic",
    }


def test_precursors_are_counted_against_the_family() -> None:
    panel, states = PROCESSED.open("halfyear_state_precursors"), PROCESSED.open("halfyear_state")
    assert len(panel) == len(states) * panel["precursor"].nunique()
    anpp = panel[panel["precursor"] == "4_anpp"].set_index(["half_year", "state"])
    whole = states.set_index(["half_year", "state"])
    assert anpp["reports"].equals(whole["reports_4anpp"].rename("reports"))
    assert anpp["reports_family"].equals(whole["reports_family"])
    control = panel.drop_duplicates("precursor").set_index("precursor")
    assert control.loc["4_ap", ["controlled_usa", "controlled_un", "controlled_chn"]].tolist() == [
        "2020-05", "2022-11", "2024-09",
    ]  # fmt: skip
