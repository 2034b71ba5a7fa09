"""The project's own files once something has harmed them: each fault is told by file and place, and nothing is filled up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crimjust_research import csv_files, json_files, yaml_files
from crimjust_research.data.catalog import parse
from crimjust_research.data.tables import Field, Licence, Source, Table
from crimjust_research.errors import CrimjustError, DataError, ParameterError, in_a_sentence
from crimjust_research.evidence import own_plan_file, plan
from crimjust_research.report import tables
from crimjust_research.runs import grid, verify

TABLE = Table(
    "seizures",
    "Seizures",
    "Made-up figures.",
    (Field("place", "string", "Where"), Field("year", "year", "When"), Field("weight", "number", "How much")),
    ("place", "year"),
    (Licence("CC0-1.0", "Public domain", "https://creativecommons.org/publicdomain/zero/1.0/"),),
    (Source("Made up", "https://example.org"),),
)
SOUND = b'place,year,weight\n"a, b",2020,1.5\nNan,2021,\nc,2022,2\n'


def test_a_sound_table_is_read_as_it_is() -> None:
    assert parse(SOUND, TABLE, "t.csv").fillna(-1).to_numpy().tolist() == [
        ["a, b", 2020, 1.5],
        ["Nan", 2021, -1],
        ["c", 2022, 2],
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        (b"c,2022,2", b"c,2022", "t.csv row 4 has 2 cells and the header 3"),  # pandas would leave the weight empty
        (b'"a, b",2020,1.5', b'9,"a, b",2020,1.5', "row 2 has 4 cells"),  # and take the first column for an index
        (b"c,2022,2", b"c,2022,2,3", "row 4 has 4 cells"),
        (b"c,2022,2", b'c,"2022,2', "a quotation mark that is not closed"),
        (b"c,2022", b"c\0,2022", "row 4 holds a null byte"),
        (b"c,2022", b"\xff,2022", "no text in UTF-8"),
        (b"place,year,weight", b"place,year,year", "names 'year' twice"),
        (b"2022,2", b"2022,nan", "row 4, weight = 'nan': must be of type number"),
        (b"2022,2", b"2022,1e999", "weight = '1e999'"),
        (b"2022,2", b"inf,2", "year = 'inf': must be of type year"),
        (b"2022,2", b"1e300,2", "year = '1e300'"),
        (b"2022,2", b"99999999999999999999,2", "year = '99999999999999999999'"),
    ],
)
def test_a_harmed_table_is_refused_by_row(was: bytes, becomes: bytes, told: str) -> None:
    assert was in SOUND
    with pytest.raises(DataError, match=r"t\.csv") as caught:
        parse(SOUND.replace(was, becomes), TABLE, "t.csv")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"id,p\na,1,2\n", "t.csv row 2 has 3 cells and the header 2; again"),
        (b"id,p\na\n", "row 2 has 1 cells"),
        (b"id\na\n", "lacks the column 'p'"),
        (b"id,p,p\na,1,2\n", "has the column 'p' twice"),
        (b"id,p\n\xff,1\n", "cannot be read as a table"),
        (b'id,p\n"a,1\n', "cannot be read as a table"),
        (b"\n", "is empty"),
    ],
)
def test_a_harmed_table_of_results_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        csv_files.load(path, ("id", "p"), "again")
    assert told in str(caught.value)


def test_a_table_of_results_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"t\.csv is missing; again"):
        csv_files.load(tmp_path / "t.csv", (), "again")
    with pytest.raises(DataError, match="cannot be read"):
        csv_files.load(tmp_path, (), "again")


# Nine lines that come to 400 million entries.
REPEATED = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: " + b"[" * 100_000, "nested too deeply"),  # of which the parser's own stack would end the process
        (b"a: " + b"[" * 80 + b"]" * 80, "nested too deeply"),
        (b"a: &a [*a]", "stands within itself"),
        (REPEATED, "repeats itself"),
        (b"{}", "holds no sections"),
    ],
)
def test_yaml_without_end_or_beginning_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(DataError, match=told):
        yaml_files.parsed("words.yaml", content)


@pytest.mark.parametrize(
    "content", [b'{"p": NaN}', b'{"p": -Infinity}', b'{"p": 1' + b"0" * 400 + b"}", b'{"p": -1E+999999999}']
)
def test_json_holds_no_number_that_is_none(content: bytes) -> None:
    with pytest.raises(DataError, match=r"x\.json is not valid JSON"):
        json_files.parsed(content, "x.json", dict, "again")


def test_a_wrong_type_is_told_where_several_may_stand() -> None:
    shape = {"table": [{...: (str, bool, int, float, type(None))}]}
    with pytest.raises(DataError, match="'p' is a list, where a text or true or false or a number or null should be"):
        json_files.parsed(b'{"table": [{"p": []}]}', "x.json", shape, "again")


@pytest.mark.parametrize("read", [grid.read, plan._load, lambda path: own_plan_file.read(path.read_bytes(), path.name)])
@pytest.mark.parametrize("value", [b"[" * 9000, b"9" * 5000])
def test_toml_without_end_is_refused(read: Callable[[Path], object], value: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"a = " + value)
    with pytest.raises((DataError, ParameterError), match=r"x\.toml is (not valid TOML|nested too deeply)"):
        read(path)


@pytest.mark.parametrize(
    "said", ["[outcome]\n1 = []", "[outcome.1]\nfamily = 3", "[rules]\ngrades = 1", "[primary]\nx = 2"]
)
def test_a_plan_of_other_kinds_is_refused(said: str, tmp_path: Path) -> None:
    (path := tmp_path / "x.toml").write_text(said)
    with pytest.raises(DataError, match=r"x\.toml: (an entry is of another kind|.* is a single value|.* not both)"):
        plan._load(path)


def test_a_range_without_end_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "x.toml").write_text("[grid]\na = { from = nan, to = 3 }")
    with pytest.raises(ParameterError, match="nan and inf have none"):
        grid.read(path)


def test_a_number_longer_than_any_is_shown_as_it_stands() -> None:
    table = tables.from_csv("T", b"n\n" + b"9" * 400 + b"\n")
    assert "9" * 400 in tables.html(table)


def test_a_plan_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "x.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(CrimjustError, match=r"x\.toml is not valid TOML"):
        plan._load(path)


def test_a_folder_where_a_file_should_be_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        tmp_path.read_bytes()
    said, status = in_a_sentence(caught.value)
    assert said.startswith(f"{tmp_path}: Is a directory; put in its place what belongs there")
    assert status == 1


def test_rows_of_another_length_are_compared() -> None:
    rows = verify._rows("id,p\na,1,2\nb\n")
    assert rows == {"a": {"id": "a", "p": 1.0, "more cells than the header": ["2"]}, "b": {"id": "b", "p": ""}}
