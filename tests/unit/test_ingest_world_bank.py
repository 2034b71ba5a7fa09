"""World Bank: indicators in two layouts, governance in three, groups of countries, and refusals."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Rows,
    assert_corruption_is_refused,
    assert_order_is_free,
    assert_round_trip,
    delimited,
    junk,
    orders,
    table_bytes,
    write,
)
from workbook_files import write_workbook

from crimjust_research.data.ingest import assign, world_bank
from crimjust_research.errors import DataError

LONG = ["Country Name", "Country Code", "Year", "Value"]
PEOPLE = [
    ["Aruba", "ABW", "2000", "90588"],
    ["Bahamas, The", "BHS", "2001", "328000"],
    ["Kosovo", "XKX", "2001", "1701154"],
    ["World", "WLD", "2001", "6226339538"],
    ["Channel Islands", "CHI", "2001", "145306"],
]
PRODUCT = [
    ["Aruba", "ABW", "2000", "1873452513.96648"],
    ["Panama", "PAN", "2000", "12304115000"],
    ["World", "WLD", "2000", "34000000000000.5"],
]
WIDE = list(world_bank._WIDE)
GOVERNED = [
    ["AND", "Andorra", "2020", *("1.2", "0.2", "3.00000") * 5],
    ["WBG", "West Bank and Gaza", "2020", *("-0.5", "0.25", "7") * 4, *("", "", "")],
    ["ZAR", "Congo, Dem. Rep.", "2022", *("-1.75", "0.1", "9") * 5],
]


def render(rows: Rows) -> str:
    return delimited([LONG, *rows])


def render_wide(rows: Rows) -> str:
    return delimited([WIDE, *rows])


def api_archive(folder: Path, code: str, rows: Rows) -> Path:
    """The archive the API serves: a preamble, one column per year, a comma at the end, metadata beside it."""
    years = ["2000", "2001"]
    header = ["Country Name", "Country Code", "Indicator Name", "Indicator Code", *years, ""]
    lines = [
        '"Data Source","World Development Indicators",',
        "",
        '"Last Updated Date","2025-07-01",',
        "",
        *(",".join(f'"{cell}"' for cell in [*row[:2], "An indicator", code, *row[2:]]) + "," for row in rows),
    ]
    lines.insert(4, ",".join(f'"{cell}"' for cell in header[:-1]) + ",")
    path = folder / "api.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"Metadata_Indicator_API_{code}.csv", '"INDICATOR_CODE"\n')
        archive.writestr(f"API_{code}.csv", "\ufeff" + "\r\n".join(lines) + "\r\n")
        archive.writestr(f"Metadata_Country_API_{code}.csv", '"Country Code"\n')
    return path


def test_two_indicators_of_one_layout_are_told_apart(tmp_path: Path) -> None:
    paths = [write(tmp_path, "a.csv", render(PEOPLE)), write(tmp_path, "b.csv", render(PRODUCT))]
    assert assign(paths) == {"world_bank_population": tuple(paths)}
    population, gdp = world_bank.read_indicators(paths, None)
    assert population.table.name, gdp.table.name == ("population", "gdp")
    assert population.frame.to_numpy().tolist() == [
        ["ABW", 2000, 90588],
        ["BHS", 2001, 328000],
        ["XKX", 2001, 1701154],
    ]
    assert gdp.frame.to_numpy().tolist() == [["ABW", 2000, 1873452513.96648], ["PAN", 2000, 12304115000]]
    assert (population.vintage, gdp.vintage) == ("2001", "2000")
    assert population.notes == ("2 rows of 2 groups of countries left out",)


def test_an_indicator_of_small_countries_only_is_known_by_its_fractions(tmp_path: Path) -> None:
    (release,) = world_bank.read_indicators([write(tmp_path, "b.csv", render(PRODUCT[:1]))], None)
    assert release.table.name == "gdp"


def test_the_api_archive_names_its_indicator_and_its_day(tmp_path: Path) -> None:
    rows = [["Panama", "PAN", "12304115000", ""], ["Arab World", "ARB", "1", "2"], ["Peru", "PER", "5", "6"]]
    path = api_archive(tmp_path, "NY.GDP.MKTP.CD", rows)
    assert assign([path]) == {"world_bank_population": (path,)}
    (release,) = world_bank.read_indicators([path], None)
    assert (release.table.name, release.vintage) == ("gdp", "2025-07-01")
    # Panama has no figure for 2001, and the Arab World is no country.
    frame = release.frame.sort_values(["iso3", "year"])
    assert frame.to_numpy().tolist() == [["PAN", 2000, 12304115000], ["PER", 2000, 5], ["PER", 2001, 6]]


def test_an_archive_of_another_indicator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds the indicators SP\.DYN\.TFRT\.IN; download SP\.POP\.TOTL or"):
        world_bank.read_indicators([api_archive(tmp_path, "SP.DYN.TFRT.IN", [["Peru", "PER", "2.1", "2.0"]])], None)


def test_a_row_is_a_country_a_year_and_a_dimension(tmp_path: Path) -> None:
    path = write(tmp_path, "wgi.csv", render_wide(GOVERNED))
    assert assign([path]) == {"world_bank_governance": (path,)}
    (release,) = world_bank.read_governance([path], None)
    frame = release.frame.set_index(["iso3", "dimension"])
    assert len(frame) == 14
    assert frame.loc[("COD", "rl")].tolist() == [2022, -1.75, 0.1, 9]
    assert ("PSE", "va") not in frame.index
    assert release.vintage == "2022"
    assert release.notes == ("1 country-years without an estimate of a dimension left out",)


@pytest.mark.parametrize("layout", ["tidy", "sheets"])
def test_the_publishers_later_layouts_hold_the_same(tmp_path: Path, layout: str) -> None:
    figures = {"cc": ("1.2", "0.2", "3"), "pv": ("-0.4", "0.3", "5")}
    if layout == "tidy":
        header = ["codeindyr", "code", "countryname", "year", "indicator", "estimate", "stddev", "nsource", "pctrank"]
        rows = [[f"AND{d}2020", "AND", "Andorra", "2020", d, *f, "90"] for d, f in figures.items()]
        rows += [["ANDrl2020", "AND", "Andorra", "2020", "rl", "..", "..", "..", ".."]]
        path = write_workbook(tmp_path / "wgi.xlsx", {"Sheet1": [header, *rows]})
    else:
        header = [
            "ID variable", "Economy (name)", "Economy (code)", "Region", "Year", "Governance dimension",
            "Number of sources", "Governance estimate (approx. -2.5 to +2.5)", "Standard error (estimate)",
        ]  # fmt: skip
        sheets = {
            d: [header, [f"AND{d}2020", "Andorra", "AND", "Europe", 2020.0, d, float(n), float(e), float(s)]]
            for d, (e, s, n) in figures.items()
        }
        path = write_workbook(tmp_path / "wgi.xlsx", {"Introduction": [["About"]], **sheets})
    assert assign([path]) == {"world_bank_governance": (path,)}
    (release,) = world_bank.read_governance([path], None)
    assert release.frame.sort_values("dimension").to_numpy().tolist() == [
        ["AND", 2020, "cc", 1.2, 0.2, 3],
        ["AND", 2020, "pv", -0.4, 0.3, 5],
    ]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([["AND", "Andorra", "2020", "1.2", "", "3", *GOVERNED[0][6:]]], "an estimate without its standard error"),
        ([["AND", "Andorra", "2020", "1.2", "-0.2", "3", *GOVERNED[0][6:]]], "std_error = '-0.2'"),
        ([["AND", "Andorra", "2020", "1.2", "0.2", "3.5", *GOVERNED[0][6:]]], "must be a whole number"),
        ([["AND", "Angola", *GOVERNED[0][2:]]], "gives code = 'AND' beside name = 'Angola', which is AGO"),
    ],
)
def test_faulty_estimates_are_refused(tmp_path: Path, rows: Rows, match: str) -> None:
    with pytest.raises(DataError, match=match):
        world_bank.read_governance([write(tmp_path, "wgi.csv", render_wide(rows))], None)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (["Aruba", "ABX", "2000", "1"], "row 2, Country Code = 'ABX' is not a known country; did you mean"),
        (["Arubo", "ABW", "2000", "1"], "row 2, Country Name = 'Arubo' is not a known country; did you mean 'Aruba'"),
        (["Aruba", "ABW", "00", "1"], "row 2, Year = '00'"),
        (["Aruba", "ABW", "2000", ""], "row 2, Value = ''"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, row: list[str], match: str) -> None:
    with pytest.raises(DataError, match=match.removesuffix("; did you mean")):
        world_bank.read_indicators([write(tmp_path, "a.csv", render([row]))], None)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(world_bank.read_indicators, "a.csv", PEOPLE, render, seed)
    assert_order_is_free(world_bank.read_governance, "wgi.csv", GOVERNED, render_wide, seed)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.integers(0, len(PEOPLE) - 1), st.integers(1, 3), junk)
def test_a_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    if row < 3 or column == 1 or column == 3:
        assert_corruption_is_refused(world_bank.read_indicators, "a.csv", PEOPLE, render, row, column, value)
    else:
        # Names and years of groups are not read: the rows are left out by their codes.
        damaged = [list(record) for record in PEOPLE]
        damaged[row][column] = value
        assert table_bytes(world_bank.read_indicators, "a.csv", render(damaged)) == table_bytes(
            world_bank.read_indicators, "a.csv", render(PEOPLE)
        )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, len(GOVERNED) - 1), st.integers(0, len(WIDE) - 1), junk)
def test_a_corrupted_estimate_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(world_bank.read_governance, "wgi.csv", GOVERNED, render_wide, row, column, value)


def test_what_is_written_reads_back() -> None:
    assert_round_trip(world_bank.read_indicators, "a.csv", render(PEOPLE))
    assert_round_trip(world_bank.read_governance, "wgi.csv", render_wide(GOVERNED))
