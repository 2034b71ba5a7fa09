"""International panels on small frames: sums by hand, what is missing kept missing, names nobody sorted refused."""

import pandas as pd
import pytest

from crimjust_research.errors import VocabularyError
from crimjust_research.panels import seizures
from crimjust_research.vocabulary import precursors, seized_drugs

TOTAL_ATS = next(name for name in seized_drugs.FAMILY if name.startswith("Total amphetamine-type"))
TOTAL_COCAINE = next(name for name in seized_drugs.FAMILY if name.startswith("Cocaine (total"))
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
    published = [name for chemical in precursors.CHEMICALS for name in chemical.published]
    assert len(published) == len(set(published))
    named = {name for name, family in seized_drugs.FAMILY.items() if family == seized_drugs.PRECURSORS}
    assert named <= set(precursors.PUBLISHED)
    assert {family for families in precursors.PRODUCTS.values() for family in families} <= set(seized_drugs.FAMILIES)
    assert not set(precursors.BY_NAME) & set(seized_drugs.FAMILIES)
