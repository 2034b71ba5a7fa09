"""What becomes of files: the reader that takes each, why others are not read, and releases held against those stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import test_ingest_cbp as cbp_files
import test_ingest_unodc_cultivation as cultivation_files
from publisher_files import delimited, write
from workbook_files import write_workbook

from crimjust_research.data import ingest
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse, renamed
from crimjust_research.data.ingest.parts import against_stored, cut
from crimjust_research.data.ingest.vintages import require_possible
from crimjust_research.data.tables import Field, Release, Source, Table
from crimjust_research.errors import DataError

REQUIRED = {"required": True}
TABLE = Table(
    name="counts",
    title="Counts",
    description="One row is a country, a year, an edition of that year, and a line.",
    fields=(
        Field("country", "string", "Country.", constraints=REQUIRED),
        Field("edition", "string", "Edition.", constraints=REQUIRED),
        Field("year", "year", "Year.", constraints=REQUIRED),
        Field("line", "integer", "Number of the line.", constraints=REQUIRED),
        Field("count", "integer", "Count.", constraints=REQUIRED),
    ),
    primary_key=("country", "edition", "line"),
    licences=(licences.US_GOVERNMENT,),
    sources=(Source("Somebody", "https://example.org"),),
    time="year",
)
COLUMNS = ("Country", "Year", "Line", "Count of Events")


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    text = pd.concat([records(path, COLUMNS) for path in paths])
    refuse(paths[0], text["Year"][~text["Year"].str.fullmatch("[0-9]{4}")], "must be a year")
    frame = pd.DataFrame(
        {
            "country": text["Country"],
            "edition": "of " + text["Year"],
            "year": text["Year"].astype("int64"),
            "line": text["Line"].astype("int64"),
            "count": text["Count of Events"].astype("int64"),
        }
    )
    return [Release(TABLE, vintage or str(frame["year"].max()), frame)]


READER = Reader(
    "counts",
    TABLE,
    frozenset(COLUMNS),
    read,
    refuses=((frozenset({"Country", "Year", "Branch"}), "counted apart by its publisher, not to be added"),),
)


def read_code(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    del paths, vintage
    return [release(["A"], name="in_code")]


IN_CODE = Reader("in_code", replace(TABLE, name="in_code"), frozenset(), read_code)


def rows(countries: Sequence[str], years: Sequence[int] = (2020,)) -> list[list[str]]:
    return [[country, str(year), "1", "5"] for country in countries for year in years]


def content(countries: Sequence[str], years: Sequence[int] = (2020,)) -> str:
    return delimited([list(COLUMNS), *rows(countries, years)])


def release(
    countries: Sequence[str],
    years: Sequence[int] = (2020,),
    vintage: str = "2025",
    name: str = "counts",
    lines: int = 1,
) -> Release:
    frame = pd.DataFrame(
        [[c, f"of {y}", y, n + 1, 5] for c in countries for y in years for n in range(lines)],
        columns=[field.name for field in TABLE.fields],
    )
    return Release(replace(TABLE, name=name), vintage, frame)


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    monkeypatch.setattr(ingest, "readers", lambda: (READER, IN_CODE))
    return Catalog(tmp_path / "raw")


# --- What becomes of each file ----------------------------------------------------------------------------------


def test_each_file_is_told_and_what_is_held_in_code_only_when_it_is_new(tmp_path: Path, catalog: Catalog) -> None:
    path = write(tmp_path, "a.csv", content(["A", "B"]))
    first, second = (ingest.ingest([path], catalog) for _ in range(2))
    assert [(t.resource.table.name, t.files, t.is_new) for t in first.taken] == [
        ("counts", (path,), True),
        ("in_code", (), True),
    ]
    assert [(t.resource.table.name, t.files, t.is_new) for t in second.taken] == [("counts", (path,), False)]


def test_a_file_that_is_not_read_is_named_and_keeps_none_from_being_stored(tmp_path: Path, catalog: Catalog) -> None:
    folder = tmp_path / "files"
    good = write(folder, "a.csv", content(["A"]))
    other = write(folder, "b.csv", "Alpha,Beta\n1,2\n")
    known = write(folder, "c.csv", "Country,Year,Branch,Line,Count\nA,2020,x,1,2\n")
    notes = write(folder, "d.txt", "A note to oneself\n")
    readme = write(folder, "README.md", "# Files, and where they are from\n")
    found = ingest.ingest([folder], catalog)
    assert [taken.files for taken in found.taken if taken.files] == [(good,)]
    assert set(found.unread) == {other, known}
    assert found.unread[known] == "counted apart by its publisher, not to be added"
    assert set(found.no_tables) == {notes, readme}
    # A file that a person names is asked for, whatever its kind.
    assert set(ingest.ingest([good, readme], catalog).unread) == {readme}
    with pytest.raises(DataError, match=r"no file was read\n  .*c\.csv: counted apart"):
        ingest.ingest([known], catalog)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Country,Year,Line,Number of Events\nA,2020,1,5\n",
            "nearest is counts (3 of 4 columns): lacks 'Count of Events'; has 'Number of Events'",
        ),
        ("Country;Year;Line\nA;2020;1\n", "nearest is counts (3 of 4 columns): lacks 'Count of Events'"),
        ("Counts by country\n\n" + content(["A"]), "its header, that of counts, is preceded by 1 row; delete"),
        ("País,Año,Línea,Número\nA,2020,1,5\n", "columns, 'País', 'Año', 'Línea', 'Número'; if they are translated"),
        ("<!DOCTYPE html>\n<p>moved</p>\n", "holds no table"),
    ],
)
def test_an_unread_file_is_told_what_it_lacks(tmp_path: Path, catalog: Catalog, text: str, said: str) -> None:
    with pytest.raises(DataError) as caught:
        ingest.ingest([write(tmp_path, "a.csv", text)], catalog)
    assert said in str(caught.value)


def test_an_unread_workbook_is_told_what_its_likeliest_row_lacks(tmp_path: Path, catalog: Catalog) -> None:
    sheet = [["Counts, 2020"], [*COLUMNS[:3], "Counts of Event"], ["A", "2020", "1", "5"]]
    with pytest.raises(DataError, match=r"lacks 'Count of Events'; has 'Counts of Event'"):
        ingest.ingest([write_workbook(tmp_path / "a.xlsx", {"Sheet1": sheet})], catalog)
    with pytest.raises(DataError, match=r"files of the kind \.xls are not opened; save it as \.xlsx"):
        ingest.ingest([write(tmp_path, "a.xls", "x")], catalog)


def test_a_fault_is_told_with_the_column_as_it_stands_in_the_file(tmp_path: Path, catalog: Catalog) -> None:
    path = write(tmp_path, "a.csv", "country\tYEAR\tline\tcount_of_events\nA\t20\t1\t5\n")
    with pytest.raises(DataError, match=r"a\.csv: row 2, YEAR = '20': must be a year"):
        ingest.ingest([path], catalog)


def test_a_file_in_windows_1252_is_read_and_a_note_says_so(tmp_path: Path, catalog: Catalog) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content(["C\u00f4te d\u2019Ivoire"]).encode("cp1252"))
    (taken, _) = ingest.ingest([path], catalog).taken
    assert taken.resource.notes == ("a.csv was read as Windows-1252",)
    assert catalog.open("counts")["country"].tolist() == ["C\u00f4te d\u2019Ivoire"]
    # As DOS writes it.
    path.write_bytes(content(["M\u00e9xico"]).encode("cp850"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        ingest.ingest([path], catalog, vintage="2025")


def test_readers_are_told_apart_whatever_the_case_and_space_of_columns() -> None:
    headers = [
        (frozenset(map(ingest.foreign.plain, header)), reader.table.name, reader.read)
        for reader in ingest.readers()
        for header in reader.headers
        if not reader.by_name
    ]
    by_header: dict[frozenset[str], set[Callable[..., object]]] = {}
    for header, _, function in headers:
        by_header.setdefault(header, set()).add(function)
    assert {header: found for header, found in by_header.items() if len(found) > 1} == {}


# --- Against what is stored -------------------------------------------------------------------------------------

LETTERS = [chr(65 + n) for n in range(25)]
YEARS = tuple(range(1990, 2020))


@pytest.fixture
def whole(tmp_path: Path) -> Catalog:
    """25 countries in 30 years, as of 2025."""
    catalog = Catalog(tmp_path / "raw")
    catalog.store([release(LETTERS, YEARS)])
    return catalog


@pytest.mark.parametrize(
    ("later", "lacks"),
    [
        (
            release(LETTERS[:3], YEARS, "2026"),
            "22 of the 25 values of country that vintage 2025 has, D, E, F, G, H, I, J, K, L, M and 12 more: give",
        ),
        (release(LETTERS, YEARS[:-1], "2026"), "1 of the 30 values of year that vintage 2025 has, 2019: give"),
        (release(LETTERS, YEARS[4:], "2026"), "4 of the 30 values of year that vintage 2025 has, 1990 to 1993: give"),
        (
            release(LETTERS, [y for y in YEARS if y not in (2000, 2005, 2006)], "2026"),
            "3 of the 30 values of year that vintage 2025 has, 2000, 2005 to 2006: give",
        ),
    ],
)
def test_a_release_that_covers_less_is_a_part(whole: Catalog, later: Release, lacks: str) -> None:
    found = against_stored(later, whole).lacks
    assert any(sentence.startswith(lacks) for sentence in found)
    whole.store([against_stored(later, whole)])
    assert whole.resource("counts").vintage == "2025"


def test_a_release_that_lost_a_little_to_revision_is_whole_and_says_so(whole: Catalog) -> None:
    # One country of 25 is 4 %.
    found = against_stored(release(LETTERS[1:], YEARS, "2026"), whole)
    assert found.complete
    assert found.notes == ("30 of the 750 rows of vintage 2025 are no longer in it",)


@pytest.mark.parametrize("years", [(2000,), (2000, 2001)])
def test_a_release_without_a_year_between_others_is_a_part(whole: Catalog, years: tuple[int, ...]) -> None:
    later = release(LETTERS, [year for year in YEARS if year not in years], "2026")
    lacks = against_stored(later, whole).lacks
    assert any(lack.startswith(f"{len(years)} of the 30 values of year that vintage 2025 has, 2000") for lack in lacks)


def test_a_day_put_right_is_a_revision(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    catalog.store([release(["A"], YEARS)])
    moved = release(["A"], [year for year in YEARS if year != 2000], "2026")
    found = against_stored(moved, catalog)
    assert (found.complete, found.notes) == (True, ("1 of the 30 rows of vintage 2025 are no longer in it",))


def test_of_a_few_values_none_may_go(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    catalog.store([release(LETTERS[:6], YEARS)])
    assert against_stored(release(LETTERS[1:6], YEARS, "2026"), catalog).lacks[0].startswith("1 of the 6 values")


def test_two_countries_of_25_are_no_revision(whole: Catalog) -> None:
    assert against_stored(release(LETTERS[2:], YEARS, "2026"), whole).lacks[0].startswith("2 of the 25 values")


@pytest.mark.parametrize(("kept", "is_cut"), [(25, False), (23, False), (22, True), (1, True)])
def test_a_newest_period_far_smaller_than_the_one_before_was_cut(kept: int, is_cut: bool) -> None:
    frame = pd.concat([release(LETTERS, YEARS).frame, release(LETTERS[:kept], [2020]).frame])
    said = f"most countries of 2020, with {kept} where 2019 has 25: look whether the file was cut off"
    assert cut(frame, "year", "country", "most countries") == ((said,) if is_cut else ())
    assert cut(release(LETTERS, [2020]).frame, "year", "country", "most countries") == ()


AMOUNTS = {
    # In a file parted by semicolons, as a spreadsheet set to a language with a decimal comma saves it.
    ";": {
        ("1,234",): "may have a decimal mark or one between thousands",
        ("1.234",): "may have a decimal mark or one between thousands",
        ("1,234", "1.234"): "may have a decimal mark",
        ("1,234", "0.5"): [1234.0, 0.5],
        ("1,234", "1,234,567"): [1234.0, 1234567.0],
        ("1.234", "12.5"): [1.234, 12.5],
        ("1.234", "12345"): [1.234, 12345.0],
        ("0,500",): "is written as in languages with a decimal comma; give the file as it was downloaded",
        ("1,234", "12,5"): "row 3, amount = '12,5': is written as in languages with a decimal comma",
        ("1.234,5", "1.234.567"): "is written as in languages with a decimal comma",
        ("1\u00a0234",): "is written as in languages with a decimal comma",
        ("1,5", "about 3"): "must be a number, zero or more",
    },
    ",": {
        ("1,234",): [1234.0],
        ("1.234",): [1.234],
        ("0,500",): "is written as in languages with a decimal comma",
        ("8,37",): "is written as in languages with a decimal comma",
    },
}


@pytest.mark.parametrize(
    ("sign", "amounts", "expected"), [(s, a, e) for s, cases in AMOUNTS.items() for a, e in cases.items()]
)
def test_a_comma_or_point_that_may_be_either_is_never_guessed(
    tmp_path: Path, sign: str, amounts: tuple[str, ...], expected: list[float] | str
) -> None:
    path = write(tmp_path, "a.csv", delimited([["what", "amount"], *(["x", amount] for amount in amounts)], sign))
    if isinstance(expected, list):
        assert numbers(path, records(path)["amount"]).tolist() == expected
    else:
        with pytest.raises(DataError, match=expected):
            numbers(path, records(path)["amount"])


@pytest.mark.parametrize("sign", [",", ";"])
def test_of_whole_numbers_a_point_before_three_digits_is_never_a_decimal_one(tmp_path: Path, sign: str) -> None:
    path = write(tmp_path, "a.csv", delimited([["what", "amount"], ["x", "12.000"]], sign))
    with pytest.raises(DataError, match=r"'12\.000': may have a decimal mark or one between thousands"):
        numbers(path, records(path)["amount"], whole=True)
    path = write(tmp_path, "b.csv", delimited([["what", "amount"], ["x", "12,000"], ["x", "12.0"]], sign))
    assert numbers(path, records(path)["amount"], whole=True).tolist() == [12000, 12]


def test_columns_under_other_names_are_told_as_they_stand_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "COUNTRY,Overall Score\nA,x\n")
    column = renamed(records(path, ("Country",)), {"place": "Country", "score": "Overall Score"})["score"]
    with pytest.raises(DataError, match="row 2, Overall Score = 'x'"):
        numbers(path, column)


def test_a_line_without_an_end_says_how_to_end_it(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "a,b\n1,2")
    with pytest.raises(DataError, match="if that line is whole, end it in a text editor"):
        records(path)


def test_a_release_without_many_rows_here_and_there_is_a_part(whole: Catalog) -> None:
    later = release(LETTERS, YEARS, "2026")
    spread = replace(later, frame=later.frame[later.frame.index % 12 != 5])
    assert against_stored(spread, whole).lacks[0].startswith("63 of the 750 rows of vintage 2025, too many")


def test_fewer_lines_of_the_same_are_no_loss(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    catalog.store([release(LETTERS, YEARS, lines=2)])
    assert against_stored(release(LETTERS, YEARS, "2026"), catalog).complete


def test_an_older_vintage_is_held_against_a_later_one_as_far_as_it_goes(whole: Catalog) -> None:
    assert against_stored(release(LETTERS, YEARS[:10], "2001"), whole).complete
    assert against_stored(release(LETTERS, YEARS[2:10], "2001"), whole).complete
    assert not against_stored(release(LETTERS[:5], YEARS[:10], "2001"), whole).complete


def test_what_only_later_periods_hold_an_older_vintage_does_not_lack(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    newer = pd.concat([release(LETTERS[:10], YEARS[:5]).frame, release(LETTERS, YEARS[5:]).frame])
    catalog.store([replace(release(LETTERS), frame=newer)])
    assert against_stored(release(LETTERS[:10], YEARS[:5], "2001"), catalog).complete


def test_an_older_vintage_of_a_table_of_which_a_row_is_a_period_may_lack_any(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "raw")
    stored, older = (
        replace(each, table=replace(each.table, primary_key=("year",)))
        for each in (release(["A"], YEARS), release(["A"], YEARS[:1], "2001"))
    )
    catalog.store([stored])
    assert against_stored(older, catalog) == older


def test_parts_of_a_table_are_no_measure(whole: Catalog) -> None:
    whole.store([replace(release([*LETTERS, "more", "and more"], YEARS, "2026"), lacks=("something",))])
    assert against_stored(release(LETTERS, YEARS, "2027"), whole).complete


# --- Vintages ---------------------------------------------------------------------------------------------------


def of_periods(time: str, kind: str, last: str | int, vintage: str) -> Release:
    table = Table(
        "t", "T", "D", (Field(time, kind, "P."),), (time,), (licences.US_GOVERNMENT,), (Source("S", "https://x"),), time
    )
    return Release(table, vintage, pd.DataFrame({time: [last]}))


@pytest.mark.parametrize(
    ("time", "kind", "last", "too_early", "possible"),
    [
        ("month", "yearmonth", "2026-04", "2026-03", "2026-04"),
        ("month", "yearmonth", "2026-04", "2020-01", "2026"),
        ("year", "year", 2025, "2024-12-31", "2025"),
        ("day", "date", "2025-06-30", "2025-06-29", "2025-06-30"),
        ("half_year", "string", "2025H2", "2025-06", "2025-07"),
        ("half_year", "string", "2025H1", "2024-12", "2025-01"),
        # A fiscal year begins in October of the year before; its list of countries is made in September.
        ("fiscal_year", "year", 2026, "2024-12", "2025-09"),
    ],
)
def test_a_vintage_before_its_own_last_period_is_refused(
    time: str, kind: str, last: str | int, too_early: str, possible: str
) -> None:
    with pytest.raises(DataError, match="lies before the last period in it"):
        require_possible(of_periods(time, kind, last, too_early), None)
    require_possible(of_periods(time, kind, last, possible), date(2027, 1, 1))


def test_a_named_vintage_before_the_last_month_of_a_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", cbp_files.render(cbp_files.CLOSED))
    with pytest.raises(DataError, match="vintage 2020-01 of 'seizures_us_border' lies before the last period in it"):
        ingest.ingest([path], Catalog(tmp_path / "raw"), vintage="2020-01")
    crops = write(tmp_path, "b.csv", cultivation_files.render(cultivation_files.ROWS))
    with pytest.raises(DataError, match="vintage 2023 of 'coca_opium_cultivation' lies before the last period in it"):
        ingest.ingest([crops], Catalog(tmp_path / "raw"), vintage="2023")
