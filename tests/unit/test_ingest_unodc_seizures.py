"""UNODC's annual seizures: two layouts, repeated lines, totals, and refusals."""

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Rows,
    assert_corruption_is_refused,
    assert_order_is_free,
    assert_refused_unchanged,
    assert_round_trip,
    delimited,
    digest,
    junk,
    orders,
    table_bytes,
    write,
)
from workbook_files import write_workbook

from crimjust_research.data.catalog import Catalog, serialise
from crimjust_research.data.ingest import assign, ingest, unodc_seizures
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError, DataError

PORTAL_HEADER = [
    "Region", "SubRegion", "Country", "CountryCode", "Year", "DrugGroup", "Drug", "SpecificDrugName", "KgEquivalent",
    "Comment",
]  # fmt: skip
ANNEX_HEADER = [
    "Region", "SubRegion", "Country", "DrugGroup", "DrugSubGroup", "DrugName", "Reference year", "Kilograms", "msCode",
]  # fmt: skip


def portal_row(country: str, code: str, year: int, group: str, drug: str, weight: str, detail: str = "") -> list[str]:
    return ["Americas", "South America", country, code, str(year), group, drug, detail, weight, ""]


PORTAL = [
    portal_row("Peru", "PER", 2013, "Cocaine-type", "Cocaine salts", "12"),
    portal_row("Peru", "PER", 2013, "Cocaine-type", "Cocaine salts", "3"),
    portal_row("Peru", "PER", 2013, "Cocaine-type", "Cocaine salts", "3"),
    portal_row("Kosovo under UNSCR 1244", "KKK", 2014, "Opioids", "Opium", "0.5", "Raw and prepared"),
    portal_row("England", "GBR", 2014, "Precursors", "Acetic anhydride", "7"),
    [*portal_row("Finland", "FIN", 2014, "Cannabis-type", "Cannabis-type", "")[:-1], "Incomplete data"],
]
AGGREGATE = (
    "Cocaine (total of the above, including if unspecified/undistinguished, but excluding coca leaf and coca bush)"
)
ANNEX: list[list[str | float]] = [
    ["Africa", "East Africa", "Kenya", "Cocaine-type", "Cocaine", "Cocaine hydrochloride", 2021.0, 10.99, "KEN"],
    ["Africa", "East Africa", "Kenya", "Cocaine-type", "Cocaine", AGGREGATE, 2021.0, 12.0, "KEN"],
    ["Africa", "East Africa", "Kenya", "Precursors", "Precursors", "Acetone", 2022.0, 0.0, "KEN"],
    ["Africa", "East Africa", "Kenya", "Precursors", "Precursors", "Acetone", 2022.0, 0.0, "KEN"],
    ["Africa", "East Africa", "Kenya", "Precursors", "Precursors", "Acetone", 2022.0, 0.0, "KEN"],
    ["Africa", "East Africa", "Kenya", "Opioids", "Opiates", "Heroin", 2022.0, "", "KEN"],
]

PORTAL_TAKEN = "the data portal file, of which 2013 to 2014 are taken,"
ANNEX_TAKEN = "the annex, of which 2021 to 2022 are taken,"


def render(rows: Rows) -> str:
    return delimited([PORTAL_HEADER, *rows], ";")


def annex(folder: Path, rows: list[list[str | float]]) -> Path:
    return write_workbook(folder / "annex.xlsx", {"Export": [["Drug seizures, 2018-2022"], ANNEX_HEADER, *rows]})


def read_both(folder: Path) -> Release:
    (release,) = unodc_seizures.read([write(folder, "portal.csv", render(PORTAL)), annex(folder, ANNEX)], None)
    return release


def test_both_layouts_become_one_table(tmp_path: Path) -> None:
    release = read_both(tmp_path)
    frame = release.frame.sort_values(["iso3", "drug_group", "drug", "line"])
    shown = ["iso3", "year", "drug_group", "drug", "line", "kilograms", "repeated", "is_precursor", "is_total_line"]
    assert frame[shown].fillna(-1).to_numpy().tolist() == [
        ["FIN", 2014, "cannabis", "Cannabis-type", 1, -1, 1, False, True],
        ["GBR", 2014, "precursors", "Acetic anhydride", 1, 7, 1, True, False],
        ["KEN", 2021, "cocaine", AGGREGATE, 1, 12, 1, False, True],
        ["KEN", 2021, "cocaine", "Cocaine hydrochloride", 1, 10.99, 1, False, False],
        ["KEN", 2022, "opioids", "Heroin", 1, -1, 1, False, False],
        # Three lines alike are one row that stands three times; two of another weight are lines of their own.
        ["KEN", 2022, "precursors", "Acetone", 1, 0, 3, True, False],
        ["PER", 2013, "cocaine", "Cocaine salts", 1, 12, 1, False, False],
        ["PER", 2013, "cocaine", "Cocaine salts", 2, 3, 2, False, False],
        ["XKX", 2014, "opioids", "Opium", 1, 0.5, 1, False, False],
    ]
    assert frame["repeated"].sum() == len(PORTAL) + len(ANNEX)
    # The World Drug Report of 2024 covers the years to 2022.
    assert (release.vintage, release.complete) == ("2024", True)
    assert release.notes == (
        f"{PORTAL_TAKEN} holds 6 lines of 4 countries and territories",
        f"{PORTAL_TAKEN} holds 1 lines that repeat another in every column, 1 of them with a weight",
        f"{PORTAL_TAKEN} holds 1 lines without a weight",
        f"{ANNEX_TAKEN} holds 6 lines of 1 countries and territories",
        f"{ANNEX_TAKEN} holds 2 lines that repeat another in every column, 0 of them with a weight",
        f"{ANNEX_TAKEN} holds 1 lines without a weight",
        "no publication at hand holds 2015 to 2020",
    )


def test_either_publication_alone_is_a_part_of_the_table(tmp_path: Path) -> None:
    (old,) = unodc_seizures.read([write(tmp_path, "portal.csv", render(PORTAL))], None)
    (new,) = unodc_seizures.read([annex(tmp_path, ANNEX)], "2024-06-26")
    assert [(r.vintage, r.complete) for r in (old, new)] == [("2016", False), ("2024-06-26", False)]


def test_two_files_of_one_year_are_refused(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"{name}.csv", render(PORTAL)) for name in "ab"]
    with pytest.raises(DataError, match="both hold 2013 and both end with 2014; give the one that was published later"):
        unodc_seizures.read(paths, None)


def line(iso3: str, year: float, kilograms: float) -> list[str | float]:
    country = {"KEN": "Kenya", "PER": "Peru"}[iso3]
    return ["A", "B", country, "Cocaine-type", "Cocaine", "Cocaine hydrochloride", year, kilograms, iso3]


OLD = [line("KEN", 2018, 1.0), line("KEN", 2019, 2.0), line("PER", 2019, 20.0), line("PER", 2022, 3.0)]
NEW = [line("KEN", 2019, 2.5), line("PER", 2019, 20.0), line("PER", 2022, 3.0), line("KEN", 2023, 4.0)]
GAP_FILLER = [line("KEN", 2017, 0.5), line("KEN", 2018, 9.0), line("KEN", 2021, 9.0)]


def named_annex(folder: Path, name: str, rows: list[list[str | float]]) -> Path:
    return write_workbook(folder / name, {"Export": [["Drug seizures"], ANNEX_HEADER, *rows]})


def weights(frame: pd.DataFrame) -> dict[tuple[str, int], float]:
    return frame[frame["year"] > 2016].set_index(["iso3", "year"])["kilograms"].to_dict()


WHOLE = {("KEN", 2018): 1, ("KEN", 2019): 2.5, ("PER", 2019): 20, ("PER", 2022): 3, ("KEN", 2023): 4}


def test_each_year_is_taken_from_the_newest_annex_that_holds_it(tmp_path: Path) -> None:
    portal = write(tmp_path, "portal.csv", render(PORTAL))
    old, new = named_annex(tmp_path, "old.xlsx", OLD), named_annex(tmp_path, "new.xlsx", NEW)
    for paths in ([portal, old, new], [new, old, portal]):
        (release,) = unodc_seizures.read(paths, None)
        assert weights(release.frame) == WHOLE
        assert (release.vintage, release.complete) == ("2025", True)
        assert "the annex, of which 2018 are taken, holds 1 lines of 1 countries and territories" in release.notes
        assert release.notes[-1] == "no publication at hand holds 2015 to 2017, 2020 to 2021"


def test_the_newest_annex_alone_is_completed_from_what_is_stored(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path, "portal.csv", render(PORTAL)), named_annex(tmp_path, "old.xlsx", OLD)], catalog)
    ingest([named_annex(tmp_path, "new.xlsx", NEW)], catalog)
    latest = catalog.resource("seizures_country")
    assert (latest.vintage, latest.complete, latest.coverage) == ("2025", True, ("2013", "2023"))
    assert weights(catalog.open("seizures_country")) == WHOLE
    assert latest.notes[-2:] == (
        "2013 to 2014, 2018 from vintage 2024, as the files given do not hold them or an older state of them",
        "no publication at hand holds 2015 to 2017, 2020 to 2021",
    )
    # Once more it is the same, and so is the old one, whose own state is kept.
    stored = digest(tmp_path / "raw")
    ingest([named_annex(tmp_path, "new.xlsx", NEW)], catalog)
    assert {name: hash for name, hash in digest(tmp_path / "raw").items() if name.endswith(".csv")} == {
        name: hash for name, hash in stored.items() if name.endswith(".csv")
    }


def test_an_older_annex_fills_gaps_and_takes_no_newer_figure_s_place(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path, "portal.csv", render(PORTAL)), named_annex(tmp_path, "old.xlsx", OLD)], catalog)
    older = named_annex(tmp_path, "older.xlsx", GAP_FILLER)
    ingest([older], catalog)
    assert catalog.resource("seizures_country", "2023").lacks == (
        "the years of the data portal file: give the files of those too",
    )
    ingest([older], catalog, "2026-11")
    assert catalog.resource("seizures_country").vintage == "2026-11"
    assert weights(catalog.open("seizures_country")) == {
        ("KEN", 2017): 0.5, ("KEN", 2018): 1, ("KEN", 2019): 2, ("PER", 2019): 20, ("KEN", 2021): 9, ("PER", 2022): 3,
    }  # fmt: skip


def test_a_narrowed_annex_is_not_hidden_by_the_years_it_is_completed_with(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    many = [line(iso3, year, 1.0) for year in range(2018, 2023) for iso3 in ("KEN", "PER")]
    heroin: list[str | float] = ["A", "B", "Kenya", "Opioids", "Opiates", "Heroin", 2022.0, 2.0, "KEN"]
    portal = write(tmp_path, "portal.csv", render(PORTAL))
    ingest([portal, named_annex(tmp_path, "old.xlsx", [*many, heroin])], catalog)
    narrowed = {
        "2024-10": [line("PER", year, 2.0) for year in range(2019, 2024)],
        "2024-11": [line(iso3, year, 1.0) for year in range(2019, 2024) for iso3 in ("KEN", "PER")],
    }
    for vintage, rows in narrowed.items():
        ingest([named_annex(tmp_path, f"{vintage}.xlsx", rows)], catalog, vintage)
    assert catalog.resource("seizures_country").vintage == "2024"
    of_peru, without_heroin = (catalog.resource("seizures_country", vintage).lacks for vintage in narrowed)
    assert of_peru[0].startswith("most countries, with 1 a year against 2 of vintage 2024: download the whole table")
    assert without_heroin == (
        "the drug groups opioids of vintage 2024: download the whole table, without a region or drug chosen",
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [("Kilograms", "Kilogram equivalent"), ("Reference year", "Year"), ("DrugName", "Drug name"), ("msCode", "ISO3")],
)
def test_an_annex_may_name_its_columns_as_declared(tmp_path: Path, old: str, new: str) -> None:
    (plain,) = unodc_seizures.read([annex(tmp_path, ANNEX)], None)
    columns = [new if column == old else column for column in ANNEX_HEADER]
    below = [["Source: Responses to the annual report questionnaire"], ["", "", "Data as of March"]]
    rows: list[list[str | float]] = [["Table 7.1"], ["Seizures"], [], columns, *ANNEX, [], *below]
    path = write_workbook(tmp_path / "other.xlsx", {"Notes": [["About"]], "7.1": rows})
    assert assign([path]) == {"unodc_seizures": (path,)}
    (release,) = unodc_seizures.read([path], None)
    assert release.frame.equals(plain.frame)


def test_an_annex_without_codes_is_read_by_its_names_and_one_without_weights_is_refused(tmp_path: Path) -> None:
    (plain,) = unodc_seizures.read([annex(tmp_path, ANNEX)], None)
    named = write_workbook(tmp_path / "named.xlsx", {"7.1": [ANNEX_HEADER[:-1], *(row[:-1] for row in ANNEX)]})
    (release,) = unodc_seizures.read([named], None)
    assert release.frame.equals(plain.frame)
    tonnes = ["Tonnes" if column == "Kilograms" else column for column in ANNEX_HEADER]
    other = write_workbook(tmp_path / "tonnes.xlsx", {"7.1": [tonnes, *ANNEX]})
    with pytest.raises(
        DataError, match=r"has 0 columns of Kilograms, .* add its name to 'Kilograms' of `annex_columns`"
    ):
        unodc_seizures.read([other], None)


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        (
            "DrugName",
            "Nitazenes: all",
            r"add `- 'Nitazenes: all'` under its family of `families` in data/vocabulary/sei",
        ),
        ("DrugGroup", "Nitazenes", r"add `Nitazenes: GROUP` to `groups` in data/vocabulary/seized_drugs\.yaml"),
        (
            "DrugSubGroup",
            "Nitazenes",
            r"add `- Nitazenes` under 'cocaine' of `subgroups` in data/vocabulary/seized_drugs",
        ),
    ],
)
def test_a_new_name_is_refused_with_the_line_that_declares_it(
    tmp_path: Path, column: str, value: str, line: str
) -> None:
    rows = [list(row) for row in ANNEX]
    rows[0][ANNEX_HEADER.index(column)] = value
    with pytest.raises(DataError, match=line):
        unodc_seizures.read([annex(tmp_path, rows)], None)


def test_a_portal_line_that_says_it_is_a_sum_is_a_total(tmp_path: Path) -> None:
    summed = portal_row("Brazil", "BRA", 2016, "Cocaine-type", "Non-specified cocaine", "41")
    summed[-1] = "Sum of hydrochloride, crack and base paste"
    (release,) = unodc_seizures.read([write(tmp_path, "portal.csv", render([summed, *PORTAL[:2]]))], None)
    assert release.frame.loc[release.frame["is_total_line"], "iso3"].tolist() == ["BRA"]


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in PORTAL]
    copy[number][PORTAL_HEADER.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(0, "Country", "Preu"), "row 2, Country = 'Preu' is not a known country; did you mean 'Peru'"),
        (changed(0, "CountryCode", "PAN"), "row 2 gives CountryCode = 'PAN' beside Country = 'Peru', which is PER"),
        (changed(0, "Year", "213"), "row 2, Year = '213': must be a year"),
        (changed(0, "DrugGroup", "Cocaine"), "must be one of UNODC's groups"),
        (changed(0, "Drug", "Cocain salts"), "'Cocain salts' is not a known drug; .* mean 'Cocaine salts'"),
        (changed(0, "KgEquivalent", "-12"), "row 2, KgEquivalent = '-12': must be a number, zero or more"),
        ([*PORTAL[:3], PORTAL[3][:-1]], "row 5 has 9 of 10 cells"),
    ],
)
def test_faulty_lines_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        unodc_seizures.read([write(tmp_path, "portal.csv", render(rows))], None)


def test_a_file_cut_off_changes_nothing_on_disk(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    good = [write(tmp_path / "good", "portal.csv", render(PORTAL)), annex(tmp_path / "good", ANNEX)]
    assert assign(good) == {"unodc_seizures": (good[1], good[0])}
    ingest(good, catalog)
    cut = write(tmp_path / "cut", "portal.csv", render(PORTAL)[:-9])
    assert_refused_unchanged(catalog, lambda: ingest([cut, good[1]], catalog), "cut off")


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    whole = annex(tmp_path, ANNEX).read_bytes()
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"damaged\.xlsx cannot be read as a workbook"):
        unodc_seizures.read([damaged], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_lines_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(unodc_seizures.read, "portal.csv", PORTAL, render, seed)


READ = ["Country", "CountryCode", "Year", "DrugGroup", "Drug", "KgEquivalent"]


@settings(max_examples=40)
@given(st.integers(0, len(PORTAL) - 1), st.sampled_from(READ), junk)
def test_a_corrupted_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(
        unodc_seizures.read, "portal.csv", PORTAL, render, row, PORTAL_HEADER.index(column), value
    )


@settings(max_examples=20)
@given(st.integers(0, len(ANNEX) - 1), st.sampled_from(ANNEX_HEADER[2:]), junk)
def test_a_corrupted_cell_of_the_annex_is_refused(row: int, column: str, value: str) -> None:
    rows = [list(record) for record in ANNEX]
    rows[row][ANNEX_HEADER.index(column)] = value
    with tempfile.TemporaryDirectory() as folder, pytest.raises(CrimjustError, match=r"annex\.xlsx"):
        unodc_seizures.read([annex(Path(folder), rows)], None)


@pytest.mark.parametrize("column", ["Region", "SubRegion"])
def test_regions_are_not_read(column: str) -> None:
    assert table_bytes(unodc_seizures.read, "p.csv", render(changed(0, column, "?"))) == table_bytes(
        unodc_seizures.read, "p.csv", render(PORTAL)
    )


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    assert_round_trip(unodc_seizures.read, "portal.csv", render(PORTAL))
    release = read_both(tmp_path)
    assert serialise(release.frame, release.table).count(b"\n") == 10
