"""The Global Organized Crime Index: a sheet per edition, averages beside their parts, and refusals."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import Rows, junk, orders
from workbook_files import Cell, write_workbook

from crimjust_research.data.catalog import serialise
from crimjust_research.data.ingest import assign, gi_toc
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError, DataError
from crimjust_research.vocabulary import organized_crime

MARKETS = ["Heroin trade", "Cocaine trade", "Cannabis trade", "Synthetic drug trade"]
RESILIENCE = ["International cooperation", "Judicial system and detention", "Law enforcement", "Anti-money laundering"]
HEADER = ["Continent", "Region", "Country", "Criminal markets avg,", "Flora crimes", *MARKETS, "Resilience avg."]
HEADER += [*RESILIENCE, "Prevention"]
Sheet = list[list[Cell]]


def state(name: str, markets: list[float], resilience: list[float]) -> list[Cell]:
    means = [round(sum(part) / len(part), 2) for part in (markets, resilience)]
    return ["Africa", "Central Africa", name, means[0], *markets, means[1], *resilience]


ANGOLA = state("Angola", [7.5, 2.5, 7, 4.5, 2.5], [5, 3, 4, 4.5, 4])
CONGO = state("Congo, Dem. Rep.", [8, 2, 3.5, 6, 2.5], [4, 2, 2.5, 2, 2])
CHAD = state("Chad", [1.5, 2, 4.5, 6, 7.5], [4.5, 2, 2.5, 2, 1.5])
ROWS: Sheet = [ANGOLA, CONGO, CHAD]
COVER: Sheet = [["", "GLOBAL ORGANIZED CRIME INDEX"], ["", "Country scores"]]


def workbook(folder: Path, sheets: dict[str, Sheet]) -> Path:
    return write_workbook(folder / "index.xlsx", {"2025_Global_OC_Index": COVER, **sheets})


def read(folder: Path, sheets: dict[str, Sheet]) -> Release:
    (release,) = gi_toc.read([workbook(folder, sheets)], None)
    return release


def changed(number: int, column: str, value: Cell) -> Sheet:
    copy = [list(record) for record in ROWS]
    copy[number][HEADER.index(column)] = value
    return copy


def test_an_edition_is_its_sheets_year(tmp_path: Path) -> None:
    sheets = {"2023_dataset": [HEADER, *ROWS], "2021_dataset": [[n.replace("avg,", "") for n in HEADER], ANGOLA]}
    path = workbook(tmp_path, sheets)
    assert assign([path]) == {"organized_crime_index": (path,)}
    (release,) = gi_toc.read([path], None)
    assert release.vintage == "2023"
    columns = ["iso3", "edition", "heroin", "synthetic_drugs", "judicial_system", "law_enforcement"]
    assert release.frame.sort_values(["edition", "iso3"])[columns].to_numpy().tolist() == [
        ["AGO", 2021, 2.5, 2.5, 3, 4],
        ["AGO", 2023, 2.5, 2.5, 3, 4],
        ["COD", 2023, 2, 2.5, 2, 2.5],
        ["TCD", 2023, 2, 7.5, 2, 2.5],
    ]
    assert release.notes == ("1 States in the edition of 2021", "3 States in the edition of 2023")


def test_fewer_states_or_editions_make_a_part(tmp_path: Path) -> None:
    release = read(tmp_path, {"2025_dataset": [HEADER, *ROWS]})
    n = organized_crime.load().states
    assert release.lacks == (
        "the editions 2021, 2023: give the files of those too",
        f"{n - 3} of the {n} States of the edition of 2025: give its sheet whole",
    )


def test_an_edition_to_come_is_read_without_a_change(tmp_path: Path) -> None:
    header = [*HEADER, "Rank", "Remarks"]
    release = read(tmp_path, {"2027_dataset": [header, *([*row, "1", "none"] for row in ROWS)]})
    assert (release.vintage, len(release.frame)) == ("2027", 3)


@pytest.mark.parametrize(
    ("sheets", "match"),
    [
        ({"dataset": [HEADER, *ROWS]}, "the sheet 'dataset' does not say which edition it is of"),
        ({"2025": [HEADER, *ROWS], "2025 (2)": [HEADER, ANGOLA]}, "AGO is scored twice in the edition of 2025"),
        ({"2025": [[n.replace("Heroin", "Opiate") for n in HEADER], *ROWS]}, r"0 columns Heroin trade; .*crime\.yaml"),
        ({"2025": [HEADER, *changed(0, "Country", "Central Africa")]}, "'Central Africa' is a region, not a country"),
        ({"2025": [HEADER, *changed(0, "Heroin trade", 2.7)]}, r"Heroin trade = '2\.7': must be a score from 1 to 10"),
        ({"2025": [HEADER, *changed(0, "Heroin trade", 11.0)]}, "must be a score from 1 to 10"),
        ({"2025": [HEADER, *changed(0, "Heroin trade", 9.5)]}, "is not the mean of the scores beside it"),
        ({"2025": [HEADER, *changed(0, "Heroin trade", "")]}, "must be a number"),
    ],
)
def test_faulty_workbooks_are_refused(tmp_path: Path, sheets: dict[str, Sheet], match: str) -> None:
    with pytest.raises(CrimjustError, match=match):
        read(tmp_path, sheets)


def test_a_sheet_saved_as_text_does_not_say_its_edition(tmp_path: Path) -> None:
    rows: Rows = [[str(cell) for cell in row] for row in [HEADER, *ROWS]]
    path = tmp_path / "2025_dataset.csv"
    path.write_text("\n".join('"' + '","'.join(row) + '"' for row in rows) + "\n", encoding="utf-8")
    assert assign([path]) == {"organized_crime_index": (path,)}
    with pytest.raises(DataError, match="a file without sheets does not say which edition"):
        gi_toc.read([path], None)


def test_averages_of_columns_that_were_left_out_are_not_held_against_the_rest(tmp_path: Path) -> None:
    kept = [n for n, name in enumerate(HEADER) if name != "Flora crimes"]
    release = read(tmp_path, {"2025": [[row[n] for n in kept] for row in [HEADER, *ROWS]]})
    assert release.frame["heroin"].tolist() == [2.5, 2, 2]


@settings(max_examples=10)
@given(seed=orders)
def test_any_order_of_rows_gives_the_same_table(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    import random

    shuffled = list(ROWS)
    random.Random(seed).shuffle(shuffled)
    folder = tmp_path_factory.mktemp("index")
    once, again = (read(folder, {"2025": [HEADER, *rows]}) for rows in (ROWS, shuffled))
    assert serialise(once.frame, once.table) == serialise(again.frame, again.table)


READ = [name for name in HEADER if name not in ("Continent", "Region", "Flora crimes", "Prevention")]


@settings(max_examples=40)
@given(number=st.integers(0, len(ROWS) - 1), column=st.sampled_from(READ), value=junk)
def test_any_corrupted_cell_is_refused(
    tmp_path_factory: pytest.TempPathFactory, number: int, column: str, value: str
) -> None:
    with pytest.raises(CrimjustError, match=r"index\.xlsx"):
        read(tmp_path_factory.mktemp("index"), {"2025": [HEADER, *changed(number, column, value)]})
