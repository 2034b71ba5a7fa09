"""NFLIS exports: layout, traps, and refusals."""

from collections.abc import Sequence
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
from crimjust_research.errors import CrimjustError, DataError
from crimjust_research.vocabulary import fentanyl, states

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


def family(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return [release for release in dea.read(paths, vintage) if release.table is dea.LAB_REPORTS_FENTANYL]


def materials(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return [release for release in dea.read(paths, vintage) if release.table is dea.PRECURSOR_REPORTS]


def read(folder: Path, rows: Rows) -> Release:
    (release,) = family([write(folder, "nflis.csv", render(rows))], None)
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
    assert (release.vintage, len(release.lacks)) == ("2026-03-03", 2)
    assert "the classes of substances analogue" in release.lacks[1]
    assert release.notes == ("105 published rows, by salt and isomer description, summed to 104 by base substance",)


def test_precursors_are_kept_as_described_with_the_control_they_fall_under(tmp_path: Path) -> None:
    ethyl = ("4978", "ETHYL 4-ANPP", "4978", "Ethyl 4-ANPP")
    amide = ("4860", "1-PROPIONYL-4-ANILINOPIPERIDINE", "4860", "1-Propionyl-4-anilinopiperidine")
    rows = [*ROWS, row("OH", HALVES[0], ethyl, 2), row("OH", HALVES[0], amide, 1)]
    (release,) = materials([write(tmp_path, "nflis.csv", render(rows))], None)
    columns = ["half_year", "state", "described", "substance", "family_class", "falls_under", "reports"]
    assert release.frame[columns].astype("object").fillna("").to_numpy().tolist() == [
        ["2024H1", "OH", ANPP[1], "4-ANPP", "precursor", "4_anpp", 5],
        ["2024H2", "XX", ANPP[1], "4-ANPP", "precursor", "4_anpp", 1],
        ["2024H1", "OH", ethyl[1], "Ethyl 4-ANPP", "manufacture", "", 2],
        ["2024H1", "OH", amide[1], amide[3], "precursor", "4_ap", 1],
    ]
    assert release.notes == ("3 base substances of 4 in the export",)


def test_an_export_of_one_substance_is_a_part_and_fills_one_table(tmp_path: Path) -> None:
    (release,) = dea.read([write(tmp_path, "nflis.csv", render([r for r in ROWS if r[8] == "1504"]))], None)
    assert "the classes of substances analogue, precursor: give the files of those too" in release.lacks


def test_an_export_without_a_state_is_a_part(tmp_path: Path) -> None:
    release = read(tmp_path, [r for r in ROWS if r[HEADER.index("STATE")] != "WY"])
    assert "the States WY: give the files of those too" in release.lacks


def test_every_precursor_falls_under_a_control() -> None:
    known = fentanyl.load()
    assert set(known.controls) == {name for name, of in known.family.items() if of == fentanyl.PRECURSOR}
    lost = known.model_copy(update={"falls_under": dict(list(known.falls_under.items())[1:])})
    with pytest.raises(DataError, match=r"fentanyl\.yaml: 4-ANPP must stand under `precursor` and in `falls_under`"):
        _ = lost.controls
    strange = known.model_copy(update={"falls_under": {**known.falls_under, "4-ANPP": "anpp"}})
    with pytest.raises(DataError, match="anpp is no substance in `controlled`"):
        _ = strange.controls


def test_a_zero_a_spreadsheet_dropped_is_no_fault(tmp_path: Path) -> None:
    alabama = next(n for n, record in enumerate(ROWS) if record[HEADER.index("STATE")] == "AL")
    assert read(tmp_path, changed(alabama, "STATE_FIPS", "1")).frame.equals(read(tmp_path, ROWS).frame)


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


def test_an_unknown_substance_is_refused_with_the_file_to_list_it_in(tmp_path: Path) -> None:
    with pytest.raises(
        CrimjustError, match=r"'New fentanyl' .*under `substances` of its class in data/vocabulary/fentanyl\.yaml"
    ):
        read(tmp_path, changed(0, "BASE_DESCRIPTION", "New fentanyl"))


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


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(family, "nflis.csv", ROWS, render, seed)
    assert_order_is_free(materials, "nflis.csv", ROWS, render, seed)


# Descriptions that only repeat an identifier beside them are not read for the family.
READ = [column for column in HEADER if column not in ("SUBSTANCE_DESCRIPTION", "DRUG_CATEGORY_CODE")]


@settings(max_examples=60)
@given(st.integers(0, len(ROWS) - 1), st.sampled_from(READ), junk)
def test_any_corrupted_cell_is_refused(number: int, column: str, value: str) -> None:
    assert_corruption_is_refused(family, "nflis.csv", ROWS, render, number, HEADER.index(column), value)


@pytest.mark.parametrize("column", sorted(set(HEADER) - set(READ)))
def test_cells_that_are_not_read_change_nothing(column: str) -> None:
    damaged = render(changed(0, column, "~"))
    assert table_bytes(family, "nflis.csv", damaged) == table_bytes(family, "nflis.csv", render(ROWS))


def test_what_is_written_is_read_back() -> None:
    assert_round_trip(family, "nflis.csv", render(ROWS))
    assert_round_trip(materials, "nflis.csv", render(ROWS))
