"""States, drugs and the fentanyl family: accepted names, and refusals that suggest the near one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crimjust_research import document
from crimjust_research.errors import DataError, VocabularyError
from crimjust_research.vocabulary import countries, country_groups, drugs, fentanyl, seized_drugs, states, vsrr

FILES = Path(__file__).parents[2] / "data" / "vocabulary"


def test_states_are_fifty_and_the_district() -> None:
    known = states.load()
    assert len(known.states) == 51
    # FIPS codes skip five numbers that were kept for territories: 03, 07, 14, 43, 52.
    numbers = {int(place.fips) for place in known.states.values()}
    assert set(range(1, 57)) - numbers == {3, 7, 14, 43, 52}
    assert len(known.codes) == len(known.names)


@pytest.mark.parametrize(("given", "code"), [("TX", "TX"), ("Texas", "TX"), ("New York City", "YC"), ("US", "US")])
def test_states_are_found_by_code_and_name(given: str, code: str) -> None:
    assert states.state(given) == code


@pytest.mark.parametrize(("name", "match"), [("Texass", "did you mean 'Texas'"), ("Narnia", "'Narnia' is no State")])
def test_unknown_names_are_refused_with_the_near_one(name: str, match: str) -> None:
    with pytest.raises(VocabularyError, match=match):
        states.state(name)


def test_indicators_name_the_codes_they_count() -> None:
    for published, name in vsrr.load().indicators.items():
        if name.startswith("t"):
            first = name.split("_")
            assert f"T{first[0][1:]}.{first[1]}" in published


def test_no_substance_of_the_family_stands_in_two_classes() -> None:
    known = fentanyl.load()
    assert sum(len(of.substances) for of in known.classes.values()) == len(known.family) == 124
    assert set(known.family.values()) == set(known.classes)


@pytest.mark.parametrize(
    ("substance", "name"),
    [
        ("Fentanyl", "fentanyl"),
        ("4-ANPP", "precursor"),
        ("Norfentanyl", "precursor"),
        ("Fluoro 4-ANPP", "manufacture"),
        ("Carfentanil", "analogue"),
    ],
)
def test_classes_of_well_known_substances(substance: str, name: str) -> None:
    assert fentanyl.load().family[substance] == name


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "states.yaml",
            '{name: Texas, fips: "48"}',
            "{name: Texas, fips: TX}",
            r"^data/vocabulary/states.yaml: states.TX.fips is 'TX': a FIPS code is two digits, as \"06\"$",
        ),
        (
            "states.yaml",
            "  TX: {name",
            "  UT: {name",
            r"states.yaml, line \d+: `UT` is given twice in one entry; keep one",
        ),
        (
            "seized_drugs.yaml",
            "- Crack\n",
            "- Heroin\n",
            "'Heroin' stands under 'cocaine' and 'heroin'; keep it under o",
        ),
        ("country_groups.yaml", "ASM, AUS", "ASM, Australia", "is 'Australia': a country is its ISO 3166 alpha-3 code"),
        (
            "fentanyl.yaml",
            "- Carfentanil\n",
            "- Norfentanyl\n",
            "'Norfentanyl' stands under 'analogue' and 'precursor'",
        ),
        (
            "country_groups.yaml",
            "Central Asia: {m49: [Central Asia]",
            "Central Asia: {m49: [Middle Asia]",
            "'Central Asia' names the sub-region 'Middle Asia', which `m49` does not have",
        ),
        ("drugs.yaml", "cbp:", "cpb:", "data/vocabulary/drugs.yaml has no section `cbp`; add it"),
    ],
)
def test_a_fault_in_the_files_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, message: str
) -> None:
    folder = tmp_path / "data" / "vocabulary"
    shutil.copytree(FILES, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=message):
        [
            states.load(),
            drugs.load(),
            fentanyl.load().family,
            seized_drugs.load().by_published_name,
            country_groups.load().region,
        ]


def test_importing_reads_no_file_and_needs_no_heavy_library(tmp_path: Path) -> None:
    names = ", ".join(file.stem for file in FILES.iterdir())
    code = (
        f"import sys; from crimjust_research.vocabulary import {names}; print({{'pandas', 'yaml'}} & set(sys.modules))"
    )
    # In a folder without the files, so that reading them at import would fail.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"CRIMJUST_HOME": str(tmp_path)}
    )
    assert done.stdout.strip() == "set()"


def test_every_region_the_document_serves_is_read_and_reads_as_its_publisher_counts() -> None:
    groups = country_groups.load()
    said = document.load()
    named = {posting.covers for posting in (*said.advisers, *said.platforms, *said.hubs) if posting.covers}
    assert named == set(groups.served_regions)
    # Members of M49's sub-regions without territories, as https://unstats.un.org/unsd/methodology/m49/ lists them.
    sizes = {"Central Asia": 5, "South East Asia": 11, "Southern Africa": 5, "South America": 12, "Central America": 8}
    assert {region: len(groups.served(region)) for region in sizes} == sizes
    assert groups.served("Central Asia") == ("KAZ", "KGZ", "TJK", "TKM", "UZB")
    assert {"AUS", "NZL"}.isdisjoint(groups.served("the Pacific region"))
    assert {"SEN", "CMR"} <= set(groups.served("West and Central Africa"))
    assert "MEX" in groups.served("Mexico and Central/South America")
    codes = [code for states in groups.m49.values() for code in states]
    assert len(codes) == len(set(codes))
    assert set(codes) <= set(countries.names())
    with pytest.raises(VocabularyError, match="did you mean 'Central Asia'"):
        groups.served("Centrl Asia")
