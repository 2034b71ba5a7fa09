"""World Bank: indicators in two layouts, governance in three, groups of countries, and refusals."""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publisher_files import (
    Read,
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

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import assign, ingest, world_bank, world_bank_governance
from crimjust_research.data.tables import Release
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
WIDE = [
    "iso3",
    "country",
    "year",
    *(f"{d}_{part}" for d in ("cc", "ge", "rl", "rq", "va") for part in ("est", "se", "nsrc")),
]
GOVERNED = [
    ["AND", "Andorra", "2020", *("1.2", "0.2", "3.00000") * 5],
    ["WBG", "West Bank and Gaza", "2020", *("-0.5", "0.25", "7") * 4, *("", "", "")],
    ["ZAR", "Congo, Dem. Rep.", "2022", *("-1.75", "0.1", "9") * 5],
]


def render(rows: Rows) -> str:
    return delimited([LONG, *rows])


def render_named(rows: Rows, code: str = "NY.GDP.MKTP.CD") -> str:
    """The same with a column that says what the figures are of."""
    return delimited([[*LONG, "Indicator Code"], *([*row, code] for row in rows)])


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


def read_bare_population(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return world_bank.read_indicators(paths, vintage, told="SP.POP.TOTL")


def read_bare_product(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    return world_bank.read_indicators(paths, vintage, told="NY.GDP.MKTP.CD")


def test_a_file_that_does_not_name_its_indicator_is_read_only_if_a_person_does(tmp_path: Path) -> None:
    people, product = write(tmp_path, "a.csv", render(PEOPLE)), write(tmp_path, "b.csv", render(PRODUCT))
    for path in (people, product):
        assert assign([path]) == {"": (path,)}
        with pytest.raises(DataError, match="does not say what its figures are of; if you know, say it with --as pop"):
            ingest([path], Catalog(tmp_path / "raw"))
    assert assign([people], "population") == {"world_bank_population_bare": (people,)}
    (population,) = read_bare_population([people], None)
    assert population.table.name == "population"
    assert population.frame.to_numpy().tolist() == [
        ["ABW", 2000, 90588],
        ["BHS", 2001, 328000],
        ["XKX", 2001, 1701154],
    ]
    assert population.notes == ("2 rows of 2 groups of countries left out",)
    assert assign([product], "gdp") == {"world_bank_gdp_bare": (product,)}
    (gdp,) = read_bare_product([product], None)
    assert gdp.frame.to_numpy().tolist() == [["ABW", 2000, 1873452513.96648], ["PAN", 2000, 12304115000]]
    assert (population.vintage, gdp.vintage) == ("2001", "2000")


def test_a_last_line_without_an_end_is_whole_if_its_figure_goes_on_from_the_year_before(tmp_path: Path) -> None:
    rows = [["Zimbabwe", "ZWE", "2022", "27366627153.095413"], ["Zimbabwe", "ZWE", "2023", "26538273498.84614"]]
    whole = render(rows).removesuffix("\n")
    (release,) = read_bare_product([write(tmp_path, "a.csv", whole)], None)
    assert release.frame["gdp"].tolist() == [27366627153.095413, 26538273498.84614]
    for cut in (whole[:-7], whole.removesuffix("98.84614"), "\n".join(whole.splitlines()[:2])):
        with pytest.raises(DataError, match="the last line is not ended, so its last figure may have been cut off"):
            read_bare_product([write(tmp_path, "a.csv", cut)], None)


def test_a_table_named_for_files_is_one_there_is_and_the_one_they_say(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    ingest([write(tmp_path, "a.csv", render(PEOPLE))], catalog, table="population")
    assert catalog.resource("population").rows == 3
    archive = api_archive(tmp_path, "NY.GDP.MKTP.CD", [["Panama", "PAN", "12304115000", ""]])
    with pytest.raises(DataError, match=r"api\.zip says it is of gdp, not of population; leave out --as"):
        ingest([archive], catalog, table="population")
    with pytest.raises(DataError, match="no raw table 'populaton'; did you mean 'population'"):
        ingest([archive], catalog, table="populaton")


SHARES = [["Albania", "ALB", "2019", "30.1"], ["Albania", "ALB", "2020", "29"], ["Brazil", "BRA", "2019", "53"]]


@pytest.mark.parametrize(("read", "rows"), [
    (read_bare_product, SHARES), (read_bare_population, SHARES[1:]),
    (read_bare_product, PEOPLE[:1]), (read_bare_population, PRODUCT[1:]),
])  # fmt: skip
def test_figures_that_cannot_be_what_a_person_says_are_refused(tmp_path: Path, read: Read, rows: Rows) -> None:
    with pytest.raises(
        DataError, match=r"a\.csv: row .*, Value = .* is no figure of .*: the file holds something else"
    ):
        read([write(tmp_path, "a.csv", render(rows))], None)


def test_people_are_whole(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2, Value = '90588\.5': must be a whole number"):
        read_bare_population(
            [write(tmp_path, "a.csv", render([["Aruba", "ABW", "2000", "90588.5"], *PEOPLE[1:]]))], None
        )


def as_saved_again(folder: Path) -> Path:
    """The API's file as a spreadsheet saves it: semicolons, a mark at its start, rows of one length, empty columns."""
    rows = [
        ["Data Source", "World Development Indicators", *[""] * 6],
        [""] * 8,
        ["Last Updated Date", "2025-07-01", *[""] * 6],
        [""] * 8,
        ["Country Name", "Country Code", "Indicator Name", "Indicator Code", "2000", "2001", "", ""],
        ["Panama", "PAN", "Population, total", "SP.POP.TOTL", "3001731", "", "", ""],
        ["World", "WLD", "Population, total", "SP.POP.TOTL", "6162268462", "", "", ""],
        ["Peru", "PER", "Population, total", "SP.POP.TOTL", "26654439", "27000000", "", ""],
    ]
    return write(folder, "saved.csv", "\ufeff" + delimited(rows, ";").replace("\n", "\r\n"))


def as_workbook(folder: Path) -> Path:
    """The API's workbook, or the archive opened in a spreadsheet and saved as one."""
    data: list[list[str | float]] = [
        ["Data Source", "World Development Indicators"],
        ["Last Updated Date", "2025-07-01 00:00:00"],
        [],
        ["Country Name", "Country Code", "Indicator Name", "Indicator Code", "2000", "2001"],
        ["Panama", "PAN", "Population, total", "SP.POP.TOTL", 3001731.0, ""],
        ["Peru", "PER", "Population, total", "SP.POP.TOTL", 26654439.0, 27000000.0],
    ]
    metadata: list[list[str | float]] = [["Country Code", "Region", "TableName"], ["PAN", "Latin America", "Panama"]]
    return write_workbook(folder / "api.xlsx", {"Data": data, "Metadata - Countries": metadata})


DATABANK_FOOT = [[""] * 6, ["Data from database: World Development Indicators", *[""] * 5],
                 ["Last Updated: 07/01/2025", *[""] * 5]]  # fmt: skip


def as_databank_export(folder: Path) -> Path:
    rows = [
        ["Country Name", "Country Code", "Series Name", "Series Code", "2000 [YR2000]", "2001 [YR2001]"],
        ["Panama", "PAN", "Population, total", "SP.POP.TOTL", "3001731", ".."],
        ["Peru", "PER", "Population, total", "SP.POP.TOTL", "26654439", "27000000"],
        *DATABANK_FOOT,
    ]
    return write(folder, "databank.csv", delimited(rows))


def as_databank_export_by_time(folder: Path) -> Path:
    rows = [
        ["Time", "Time Code", "Country Name", "Country Code", "Population, total [SP.POP.TOTL]"],
        ["2000", "YR2000", "Panama", "PAN", "3001731"],
        ["2001", "YR2001", "Panama", "PAN", ".."],
        ["2000", "YR2000", "Peru", "PER", "26654439"],
        ["2001", "YR2001", "Peru", "PER", "27000000"],
        *[row[:5] for row in DATABANK_FOOT],
    ]
    return write(folder, "by_time.csv", delimited(rows))


@pytest.mark.parametrize(
    "make",
    [as_saved_again, as_workbook, as_databank_export, as_databank_export_by_time],
    ids=lambda make: make.__name__,
)
def test_every_layout_that_names_its_indicator_is_read(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    assert assign([path]) == {"world_bank_population": (path,)}
    (release,) = world_bank.read_indicators([path], None)
    assert (release.table.name, release.vintage) == ("population", "2025-07-01")
    assert release.frame.sort_values(["iso3", "year"]).to_numpy().tolist() == [
        ["PAN", 2000, 3001731],
        ["PER", 2000, 26654439],
        ["PER", 2001, 27000000],
    ]


@pytest.mark.parametrize("column", ["Indicator Code", "Series Code", "Indicator Name", "Series Name"])
def test_a_long_file_may_name_its_indicator_in_a_column(tmp_path: Path, column: str) -> None:
    named = {"Code": ("SP.POP.TOTL", "NY.GDP.MKTP.CD"), "Name": ("Population, total", "GDP (current US$)")}
    people, product = named[column.rpartition(" ")[2]]
    rows = [[*row, people] for row in PEOPLE] + [[*row, product] for row in PRODUCT]
    path = write(tmp_path, "long.csv", delimited([[*LONG, column], *rows]))
    assert assign([path]) == {"world_bank_population": (path,)}
    releases = world_bank.read_indicators([path], None)
    assert [(release.table.name, len(release.frame)) for release in releases] == [("population", 3), ("gdp", 2)]
    other = write(tmp_path, "gini.csv", delimited([[*LONG, column], *([*row, "Gini index"] for row in SHARES)]))
    with pytest.raises(DataError, match="holds the indicator Gini index; download SP"):
        world_bank.read_indicators([other], None)


def test_two_exports_of_databank_in_one_file_are_refused(tmp_path: Path) -> None:
    export = as_databank_export(tmp_path).read_text(encoding="utf-8")
    both = write(tmp_path, "both.csv", export + export.replace("SP.POP.TOTL", "NY.GDP.MKTP.CD"))
    with pytest.raises(DataError, match=r"both\.csv row 7 is the header of a second table; give each export as a file"):
        world_bank.read_indicators([both], None)


def test_a_row_that_stands_twice_is_told_by_its_row_and_year(tmp_path: Path) -> None:
    rows = as_databank_export(tmp_path).read_text(encoding="utf-8").splitlines(keepends=True)
    path = write(tmp_path, "twice.csv", "".join([*rows[:3], rows[2], *rows[3:]]))
    with pytest.raises(DataError, match=r"row 3 \(2000\), iso3\+year = 'PER . 2000': stands more than once; keep one"):
        ingest([path], Catalog(tmp_path / "raw"), vintage="2026")


def test_an_export_of_databank_without_its_foot_was_cut_off(tmp_path: Path) -> None:
    whole = as_databank_export(tmp_path).read_text(encoding="utf-8")
    cut = write(tmp_path, "cut.csv", whole.partition("Data from")[0])
    with pytest.raises(DataError, match=r"cut\.csv does not end with the line 'Data from database:'"):
        world_bank.read_indicators([cut], None)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("2001 [YR2001]", "2000 [YR2000]", "has the column '2000 .YR2000.' more than once"),
        ("2001 [YR2001]", "20x1", "has the column '20x1' among its years"),
        ("27000000", "27000000,5", r"row 3 has 7 of 6 cells"),
        ("3001731", "three", r"row 2 \(2000\), Value = 'three': must be a number"),
        ("Peru,PER", "Pangaea,PGA", r"row 3 .* is neither a known country nor a group of them; mend the cell, or add the line "
                            r"`  PGA: Pangaea` to `groups` in data/vocabulary/world_bank_groups\.yaml"),
        ("PER", "WLD", r"row 3 .*, Country Code = 'WLD': is a group's code beside a country's name"),
        ("PER", "PAN", "gives Country Code = 'PAN' beside Country Name = 'Peru', which is PER"),
        ("SP.POP.TOTL,26", "SP.POP.TOT,26", r"holds the indicator SP\.POP\.TOT; download"),
        ("SP.POP.TOTL,26", ",26", r"row 3 .*, indicator = '': must name the indicator"),
    ],
)  # fmt: skip
def test_a_fault_of_a_wide_file_is_named(tmp_path: Path, old: str, new: str, match: str) -> None:
    whole = as_databank_export(tmp_path).read_text(encoding="utf-8")
    assert old in whole
    with pytest.raises(DataError, match=match):
        world_bank.read_indicators([write(tmp_path, "bad.csv", whole.replace(old, new, 1))], None)


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
    with pytest.raises(DataError, match=r"holds the indicator SP\.DYN\.TFRT\.IN; download SP\.POP\.TOTL or"):
        world_bank.read_indicators([api_archive(tmp_path, "SP.DYN.TFRT.IN", [["Peru", "PER", "2.1", "2.0"]])], None)


def test_a_row_is_a_country_a_year_and_a_dimension(tmp_path: Path) -> None:
    path = write(tmp_path, "wgi.csv", render_wide(GOVERNED))
    assert assign([path]) == {"world_bank_governance": (path,)}
    (release,) = world_bank_governance.read_governance([path], None)
    frame = release.frame.set_index(["iso3", "dimension"])
    assert len(frame) == 14
    assert frame.loc[("COD", "rl")].tolist() == [2022, -1.75, 0.1, 9]
    assert ("PSE", "va") not in frame.index
    assert release.vintage == "2022"
    assert release.notes == (
        "1 country-years without an estimate of a dimension left out",
        "no figures of political stability",
    )


def test_two_releases_at_once_are_told_apart_from_one_in_two_files(tmp_path: Path) -> None:
    old = write(tmp_path, "wgi-2022.csv", render_wide(GOVERNED))
    new = write(tmp_path, "wgi-2023.csv", render_wide([*GOVERNED, ["AND", "Andorra", "2023", *GOVERNED[0][3:]]]))
    with pytest.raises(
        DataError,
        match=r"wgi-2022\.csv, .*wgi-2023\.csv hold 14 rows of governance more than once, as iso3 AND, year 2020, "
        "dimension cc; releases of different days are given one by one",
    ):
        ingest([old, new], Catalog(tmp_path / "raw"))


def test_a_last_year_that_lacks_a_dimension_or_most_countries_was_cut(tmp_path: Path) -> None:
    rows = [["Andorra", "AND"], ["Panama", "PAN"]]
    tidy = [
        [name, code, year, dimension, "1.2", "0.2", "3"]
        for year in ("2023", "2024")
        for dimension in ("cc", "rl", "va")
        for name, code in rows
    ]
    header = ["countryname", "code", "year", "indicator", "estimate", "stddev", "nsource"]

    def lacks(kept: int) -> tuple[str, ...]:
        path = write(tmp_path, "wgi.csv", delimited([header, *tidy[:kept]]))
        return world_bank_governance.read_governance([path], None)[0].lacks

    assert lacks(12) == lacks(6) == ()
    assert lacks(9) == (
        "countries of rule of law of 2024, with 1 where 2023 has 2: look whether the file was cut off",
        "voice and accountability in 2024: give the file that holds it",
    )


@pytest.mark.parametrize("layout", ["tidy", "without codes", "sheets", "by year"])
def test_the_publishers_later_layouts_hold_the_same(tmp_path: Path, layout: str) -> None:
    figures = {"cc": ("1.2", "0.2", "3"), "pv": ("-0.4", "0.3", "5")}
    if layout == "tidy":
        header = ["codeindyr", "code", "countryname", "year", "indicator", "estimate", "stddev", "nsource", "pctrank"]
        rows = [[f"AND{d}2020", "AND", "Andorra", "2020", d, *f, "90"] for d, f in figures.items()]
        rows += [["ANDrl2020", "AND", "Andorra", "2020", "rl", "..", "..", "..", ".."]]
        path = write_workbook(tmp_path / "wgi.xlsx", {"Sheet1": [header, *rows]})
    elif layout == "without codes":
        header = ["countryname", "year", "indicator", "estimate", "stddev", "nsource", "pctrank"]
        rows = [["Andorra", 2020.0, d, *map(float, f), 90.0] for d, f in figures.items()]
        rows += [["Andorra", 2020.0, "rl", "..", "..", "..", ".."]]
        path = write_workbook(tmp_path / "wgi.xlsx", {"Sheet1": [header, *rows]})
    elif layout == "by year":
        parts = ["Estimate", "StdErr", "NumSrc", "Rank", "Lower", "Upper"]
        sheets = {
            {"cc": "ControlofCorruption", "pv": "Political StabilityNoViolence"}[d]: [
                ["Worldwide Governance Indicators"],
                [],
                ["", "", *[1996.0] * 6, *[2020.0] * 6],
                ["Country/Territory", "Code", *parts, *parts],
                ["Andorra", "ADO", *["#N/A"] * 6, *map(float, f), 90.0, 80.0, 95.0],
            ]
            for d, f in figures.items()
        }
        path = write_workbook(tmp_path / "wgi.xlsx", {"Introduction": [["About"]], **sheets})
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
    (release,) = world_bank_governance.read_governance([path], None)
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
        world_bank_governance.read_governance([write(tmp_path, "wgi.csv", render_wide(rows))], None)


@pytest.mark.parametrize(
    ("row", "match"),
    [
        (["Aruba", "ABX", "2000", "90588"], "row 2, Country Code = 'ABX' is not a known country; did you mean"),
        (
            ["Arubo", "ABW", "2000", "90588"],
            "row 2, Country Name = 'Arubo' is not a known country; did you mean 'Aruba'",
        ),
        (["Aruba", "ABW", "00", "90588"], "row 2, Year = '00'"),
        (["Aruba", "ABW", "2000", ""], "row 2, Value = ''"),
    ],
)
def test_faulty_rows_are_refused(tmp_path: Path, row: list[str], match: str) -> None:
    with pytest.raises(DataError, match=match.removesuffix("; did you mean")):
        read_bare_population([write(tmp_path, "a.csv", render([row, *PEOPLE[1:]]))], None)


@settings(max_examples=10)
@given(orders)
def test_any_order_of_rows_gives_the_same_table(seed: int) -> None:
    assert_order_is_free(read_bare_population, "a.csv", PEOPLE, render, seed)
    assert_order_is_free(world_bank_governance.read_governance, "wgi.csv", GOVERNED, render_wide, seed)


@settings(max_examples=30)
@given(st.integers(0, len(PEOPLE) - 1), st.integers(1, 3), junk)
def test_a_corrupted_cell_is_refused(row: int, column: int, value: str) -> None:
    if row < 3 or column == 1 or column == 3:
        assert_corruption_is_refused(read_bare_population, "a.csv", PEOPLE, render, row, column, value)
    else:
        # Years of groups are not read: the rows are left out by their codes.
        damaged = [list(record) for record in PEOPLE]
        damaged[row][column] = value
        assert table_bytes(read_bare_population, "a.csv", render(damaged)) == table_bytes(
            read_bare_population, "a.csv", render(PEOPLE)
        )


@settings(max_examples=40)
@given(st.integers(0, len(GOVERNED) - 1), st.integers(0, len(WIDE) - 1), junk)
def test_a_corrupted_estimate_is_refused(row: int, column: int, value: str) -> None:
    assert_corruption_is_refused(
        world_bank_governance.read_governance, "wgi.csv", GOVERNED, render_wide, row, column, value
    )


def test_what_is_written_reads_back() -> None:
    assert_round_trip(read_bare_population, "a.csv", render(PEOPLE))
    assert_round_trip(world_bank_governance.read_governance, "wgi.csv", render_wide(GOVERNED))
