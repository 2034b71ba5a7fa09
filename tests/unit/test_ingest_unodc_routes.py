"""UNODC's individual seizures: routes, units, duplicates, unknown places, and refusals."""

import tempfile
import zipfile
from functools import cache
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
    junk,
    orders,
    table_bytes,
    write,
)

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import assign, ingest, unodc_routes
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError

HEADER = list(unodc_routes._COLUMNS)


def row(
    drug: str,
    amount: str,
    unit: str,
    producing: str = "",
    departure: str = "",
    destination: str = "",
    place: str = "Bogota",
    day: str = "2014-05-02",
    country: str = "Colombia",
    transport: str = "Land",
) -> list[str]:
    return [
        "Americas", "South America", country, "", place, day, drug, amount, unit, "Baggage", "Airport", transport,
        producing, departure, destination, "Border - inbound",
    ]  # fmt: skip


ROWS = [
    row("Cocaine", "2.5", "Kilogram", "Colombia", "Colombia", "Spain"),
    row("Cocaine", "500.0", "Gram", "Colombia", "Colombia", "Spain"),
    row("Cocaine", "500.0", "Gram", "Colombia", "Colombia", "Spain"),
    row("Cocaine", "500.0", "Gram", "Colombia", "Colombia", "Spain", place="Bogota "),
    row("Cocaine", "1.0", "Kilogram", "Unknown", "Macau, SAR of China", "Multiple Countries"),
    row("Ecstasy", "30", "Tablet", transport=""),
    row("Ecstasy", "2", "Thousand of tablets", transport="Unknown"),
    row("Ecstasy", "1", "Bottles", transport=""),
    row("GHB", "250", "Millilitre", departure="Other", day="2015-12-31"),
    row("Heroin", "", "Kilogram", country="Iraq (Kurdistan Region)"),
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows], ";")


def read(folder: Path, rows: Rows) -> Release:
    (release,) = unodc_routes.read([write(folder, "ids.csv", render(rows))], None)
    return release


def test_cases_become_routes(tmp_path: Path) -> None:
    release = read(tmp_path, ROWS)
    frame = release.frame.set_index(["drug", "seizing", "producing", "departure", "destination", "transport"])
    assert frame.drop(columns="year").fillna(-1).apply(list, axis=1).to_dict() == {
        # 2.5 kg + 500 g + 500 g at a place spelt with a space; the second record of 500 g repeats the first.
        ("Cocaine", "COL", "COL", "COL", "ESP", "land"): [3, 1, 3, 3.5, 0, -1, 0, -1],
        ("Cocaine", "COL", "unknown", "MAC", "multiple", "land"): [1, 0, 1, 1.0, 0, -1, 0, -1],
        # 30 + 2 x 1000 tablets, and a bottle that counts as a case only; no transport and "Unknown" are one.
        ("Ecstasy", "COL", "unknown", "unknown", "unknown", "unknown"): [3, 0, 0, -1, 0, -1, 2, 2030.0],
        ("GHB", "COL", "unknown", "other", "unknown", "land"): [1, 0, 0, -1, 1, 0.25, 0, -1],
        # A case without an amount has none, not zero.
        ("Heroin", "IRQ", "unknown", "unknown", "unknown", "land"): [1, 0, 0, -1, 0, -1, 0, -1],
    }
    assert release.frame["cases"].sum() + release.frame["duplicates"].sum() == len(ROWS)
    assert release.vintage == "2015-12-31"
    assert release.notes == (
        "10 records read",
        "1 records repeat another in every column and are counted as duplicates, not as cases",
        "5 records name both departure and destination, in 2 ordered pairs",
        "60.0% of the records do not name the producing country",
        "2 records have no weight, volume or count of pieces",
    )


@pytest.mark.parametrize(
    ("amount", "unit", "column", "expected"),
    [
        ("3", "Ton", "kilograms", 3000),
        ("1", "Ounce", "kilograms", 0.0283495),
        ("2", "Block (350gr)", "kilograms", 0.7),
        ("1e-05", "Kilogram", "kilograms", 0.00001),
        ("2", "Gallons (US, liquid)", "litres", 7.5708236),
        ("5", "Cc", "litres", 0.005),
        ("78.2291", "Hundred of units", "units", 7822.91),
    ],
)
def test_units_are_converted(tmp_path: Path, amount: str, unit: str, column: str, expected: float) -> None:
    assert read(tmp_path, [row("Cocaine", amount, unit)]).frame[column].tolist() == [pytest.approx(expected, rel=1e-6)]


def test_an_archive_is_read_like_the_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "ids.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ids.csv", render(ROWS))
    assert assign([path]) == {"unodc_individual_seizures": (path,)}
    (release,) = unodc_routes.read([path], None)
    assert release.frame.equals(read(tmp_path, ROWS).frame)


def test_a_file_without_the_ends_of_routes_is_refused_and_said_why(tmp_path: Path) -> None:
    kept = [n for n, column in enumerate(HEADER) if not column.endswith(("DEPARTURE_COUNTRY", "DESTINATION_COUNTRY"))]
    rows = [[record[n] for n in kept] for record in [HEADER, *ROWS]]
    path = write(tmp_path, "seizures.csv", delimited(rows, ";"))
    with pytest.raises(DataError, match="2011 to 2016 is the last public file that has them"):
        ingest([path], Catalog(tmp_path / "raw"))


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][HEADER.index(column)] = value
    return copy


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (changed(1, "COUNTRY", "Columbia"), "row 3, COUNTRY = 'Columbia' is not .* did you mean 'Colombia'"),
        (changed(1, "DEPARTURE_COUNTRY", "Nowhere"), "row 3, DEPARTURE_COUNTRY = 'Nowhere'"),
        (changed(1, "SEIZURE_DATE", "2014-02-30"), "row 3, SEIZURE_DATE = '2014-02-30': must be a day"),
        (changed(1, "DRUG_NAME", "Cocane"), "'Cocane' is not a known drug; did the publisher mean 'Cocaine'"),
        (
            changed(1, "DRUG_UNIT", "Stone"),
            r"DRUG_UNIT = 'Stone': must be a known unit; .* add it to `kilog.* in data/vocabulary/seizure_records\.yaml",
        ),
        (changed(1, "TRANSPORT", "Donkey"), "TRANSPORT = 'Donkey'"),
        (changed(1, "AMOUNT", "-500"), "AMOUNT = '-500': must be a number, zero or more"),
        ([*ROWS[:4], ROWS[4][:-1], *ROWS[5:]], "row 6 has 15 of 16 cells"),
        ([*ROWS[:4], [*ROWS[4], "~"], *ROWS[5:]], "row 6 has 17 of 16 cells"),
        ([], "holds a header and no record"),
    ],
)
def test_faulty_records_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(tmp_path, rows)


def test_a_file_cut_off_changes_nothing_on_disk(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path / "good", "ids.csv", render(ROWS))], catalog)
    cut = write(tmp_path / "cut", "ids.csv", render(ROWS)[:-4])
    assert_refused_unchanged(catalog, lambda: ingest([cut], catalog), "is not ended")


@settings(max_examples=10)
@given(orders)
def test_any_order_of_records_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(unodc_routes.read, "ids.csv", ROWS, render, seed)


@settings(max_examples=20)
@given(st.permutations([0.1, 0.2, 0.3, 1e-4, 12.7, 1e5]))
def test_weights_add_up_alike_in_any_order(weights: list[float]) -> None:
    rows = [row("Cocaine", repr(weight), "Kilogram") for weight in weights]
    # 0.1 + 0.2 + 0.3 + 0.0001 + 12.7 + 100000
    assert b",100013.3001," in table_bytes(unodc_routes.read, "ids.csv", render(rows))


READ = [
    "COUNTRY", "SEIZURE_DATE", "DRUG_NAME", "AMOUNT", "DRUG_UNIT", "TRANSPORT", "PRODUCING_COUNTRY",
    "DEPARTURE_COUNTRY", "DESTINATION_COUNTRY",
]  # fmt: skip


@settings(max_examples=40)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from(READ), junk)
def test_a_corrupted_cell_is_refused(row: int, column: str, value: str) -> None:
    assert_corruption_is_refused(unodc_routes.read, "ids.csv", ROWS, render, row, HEADER.index(column), value)


@settings(max_examples=30)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from(sorted(set(HEADER) - set(READ))), junk)
def test_other_cells_only_tell_duplicates_apart(row: int, column: str, value: str) -> None:
    intact, damaged = _intact(), _frame(changed(row, column, value))
    moved = 1 if row in (1, 2) else 0  # the two records that are alike
    assert damaged["cases"].sum() == intact["cases"].sum() + moved
    assert damaged["duplicates"].sum() == intact["duplicates"].sum() - moved
    if not moved:
        assert damaged.equals(intact)


@cache
def _intact() -> pd.DataFrame:
    return _frame(ROWS)


def _frame(rows: Rows) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        return read(Path(folder), rows).frame


def test_what_is_written_reads_back() -> None:
    assert_round_trip(unodc_routes.read, "ids.csv", render(ROWS))
