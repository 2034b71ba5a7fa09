"""NFLIS exports: layout, traps, and refusals."""

from pathlib import Path

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
from crimjust_research.data.ingest import assign, dea, ingest
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import states

HEADER = [
    "LABTYPE", "RPTAGGR", "YYYY", "PERIOD", "DRUG_REPORTS", "QUERY_RUN_DATE", "SUBSTANCE_ID", "SUBSTANCE_DESCRIPTION",
    "BASE_ID", "BASE_DESCRIPTION", "DRUG_CATEGORY_CODE", "DRUG_CATEGORY_DESCRIPTION", "STATE", "STATE_LONG_NAME",
    "STATE_FIPS",
]  # fmt: skip
FENTANYL, SALT = ("1504", "FENTANYL", "1504", "Fentanyl"), ("2408", "FENTANYL SALT UNDETERMINED", "1504", "Fentanyl")
ANPP = ("1021", "4-ANILINO-1-PHENETHYLPIPERIDINE", "1021", "4-ANPP")


def row(state: str, period: str, substance: tuple[str, str, str, str], reports: int) -> list[str]:
    known = states.load()
    name, fips = known.names.get(state, "Unknown"), known.fips.get(state, "")
    return [
        "Local/Municipal,State,Federal,Private", "DrugReport  ", "2024", period, str(reports), "2026-03-03 13:26:55",
        *substance, "33", "Fentanyl and Fentanyl-related", state, name, fips,
    ]  # fmt: skip


HALVES = ["SA1 (JAN - JUN)", "SA2 (JUL - DEC)"]
ROWS = [row(state, half, FENTANYL, 3) for half in HALVES for state in states.load().states] + [
    row("OH", HALVES[0], SALT, 2),
    row("OH", HALVES[0], ANPP, 5),
    row("XX", HALVES[1], ANPP, 1),
]


def render(rows: Rows) -> str:
    return delimited([HEADER, *rows])


def read(folder: Path, rows: Rows) -> Release:
    (release,) = dea.read([write(folder, "nflis.csv", render(rows))], None)
    return release


def changed(number: int, column: str, value: str) -> Rows:
    copy = [list(record) for record in ROWS]
    copy[number][HEADER.index(column)] = value
    return copy


def test_salts_are_summed_by_base_substance_and_classed(tmp_path: Path) -> None:
    release = read(tmp_path, ROWS)
    ohio = release.frame[(release.frame["state"] == "OH") & (release.frame["half_year"] == "2024H1")]
    # Three reports of fentanyl and two of a salt of it, and five of 4-ANPP.
    assert ohio[["substance", "family_class", "reports"]].to_numpy().tolist() == [
        ["4-ANPP", "precursor", 5],
        ["Fentanyl", "fentanyl", 5],
    ]
    assert (release.vintage, release.complete) == ("2026-03-03", False)
    assert release.notes == ("105 published rows, by salt and isomer description, summed to 104 by base substance",)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (ROWS[:60], "2024H2 has reports of fentanyl from 9 States"),
        (changed(0, "BASE_DESCRIPTION", "Fentanil"), r"row 2, BASE_DESCRIPTION = 'Fentanil' .*mean 'Fentanyl'"),
        (changed(0, "BASE_ID", "1021"), "belongs to another substance"),
        (changed(0, "STATE", "ZZ"), "row 2, STATE = 'ZZ' is not a known State"),
        (changed(0, "STATE", "AK"), "is not the name of the row's State"),
        (changed(0, "DRUG_REPORTS", "-3"), "row 2, DRUG_REPORTS = '-3': must be a number"),
        (changed(0, "DRUG_REPORTS", "0"), "must be one report or more"),
        (changed(0, "LABTYPE", "State"), "query all laboratories and export again"),
        (changed(0, "QUERY_RUN_DATE", "2025-01-01 00:00:00"), "must be the day of the query"),
        ([*ROWS, ROWS[0]], "is given twice for its State and half-year"),
    ],
)
def test_faulty_exports_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        read(tmp_path, rows)


def test_several_exports_at_once_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", render(ROWS))
    with pytest.raises(DataError, match="ingest them one by one"):
        dea.read([path, path], None)


def test_a_truncated_export_changes_nothing_on_disk(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    good = write(tmp_path / "good", "nflis.csv", render(ROWS))
    assert assign([good]) == {"dea_nflis": (good,)}
    ingest([good], catalog)
    cut = write(tmp_path / "cut", "nflis.csv", render(ROWS)[:-25])
    assert_refused_unchanged(catalog, lambda: ingest([cut], catalog), "cut off")


@settings(max_examples=10, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(dea.read, "nflis.csv", ROWS, render, seed)


# Descriptions that only repeat an identifier beside them are not read.
READ = [column for column in HEADER if column not in ("SUBSTANCE_DESCRIPTION", "DRUG_CATEGORY_CODE")]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from(READ), junk)
def test_any_corrupted_cell_is_refused(number: int, column: str, value: str) -> None:
    assert_corruption_is_refused(dea.read, "nflis.csv", ROWS, render, number, HEADER.index(column), value)


@pytest.mark.parametrize("column", sorted(set(HEADER) - set(READ)))
def test_cells_that_are_not_read_change_nothing(column: str) -> None:
    damaged = render(changed(0, column, "~"))
    assert table_bytes(dea.read, "nflis.csv", damaged) == table_bytes(dea.read, "nflis.csv", render(ROWS))


def test_what_is_written_is_read_back() -> None:
    assert_round_trip(dea.read, "nflis.csv", render(ROWS))
