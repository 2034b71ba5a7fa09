"""Hostile text in parameters and in a programme's own records: refused by name, or it never was text."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.data.own_records import checking
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.runs import notebooks, parameters

HOSTILE = (
    "<script>alert(1)</script>1",
    '"><img src=x onerror=alert(1)>',
    "[[1|evil]]",
    "{{ 7*7 }}{p.seed}",
    "$x$1",
    "`1`",
    "[1](javascript:alert(1))",
    "\u202e1",
    "1\u200b",
    "👩🏽\u200d⚖️1",
    "e\u0301" * 10 + "1",
    "١",  # a digit of another script
    "\x1b[2J1",
    "1" * 400,
    "W" * 400 + "1",
    "=1+1",
    "+1+1",
    "-1+1",
    "@1",
    "1\t=1",
    "1\n=1",
)
TEMPLATES = Path(__file__).parents[2] / "data" / "templates"
DEFAULTS = [(notebook.name, name) for notebook in notebooks.find("all") for name in notebook.defaults]


@pytest.mark.parametrize(("run", "name"), DEFAULTS)
def test_a_parameter_takes_no_hostile_text(run: str, name: str) -> None:
    (notebook,) = notebooks.find(run)
    for text in HOSTILE:
        with pytest.raises(ParameterError) as refused:
            parameters.resolve([notebook], {name: text})
        assert f"{name} = " in str(refused.value)
        assert len(str(refused.value)) < 1500


def test_a_parameter_of_a_hostile_name_is_refused() -> None:
    with pytest.raises(ParameterError) as refused:
        parameters.resolve(notebooks.find("08_outcome3_diversification"), dict.fromkeys(HOSTILE, 1))
    for text in HOSTILE:
        assert f"there is no parameter {text!r}; " in str(refused.value)


def records(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


@pytest.fixture(params=kinds())
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def header(kind: str) -> list[str]:
    return (TEMPLATES / f"{kind}.csv").read_text(encoding="utf-8").strip().split(",")


def test_no_cell_of_a_record_takes_hostile_text(kind: str, header: list[str], tmp_path: Path) -> None:
    path = records(tmp_path / "own.csv", header, [[text] * len(header) for text in HOSTILE])
    found = own_records.check(path, kind)
    # A number is one in any script; a code, a word or a day is none.
    numbers = {f.name for f in kinds()[kind].table.fields if f.type in ("number", "integer")}
    plain = records(tmp_path / "plain.csv", header, [["1"] * len(header)])
    faulty = set(own_records.check(plain, kind)["column"])
    # What is not seen is no part of a cell.
    expected_of = {"١": set(header) - numbers, "\u202e1": faulty, "1\u200b": faulty}
    for row, text in enumerate(HOSTILE, start=2):
        expected = expected_of.get(text, set(header))
        assert expected <= set(found.loc[found["row"] == row, "column"]), text
    told = CliRunner().invoke(crimjust, ["data", "check", str(path), "--as", kind])
    assert isinstance(told.exception, DataError)
    assert f"{kind} row 2, {header[0]} = {HOSTILE[0]!r}: " in str(told.exception)


def test_a_column_of_a_hostile_name_is_named(kind: str, header: list[str], tmp_path: Path) -> None:
    names = [text.strip() for text in HOSTILE]
    path = records(tmp_path / "own.csv", [*header, *names], [["1"] * (len(header) + len(names))])
    told = checking.report(path, own_records.check(path, kind))
    for name in (name if len(name) <= 200 else f"{name[:200]}…" for name in names):
        assert f"{kind} row 1, {name} = {name!r}: is no column of {kind}; delete the column" in told


def test_a_zero_byte_makes_a_file_no_text(tmp_path: Path) -> None:
    for header, cell in ((["country", "year", "value\0"], "1"), (["country", "year", "value"], "1\0")):
        with pytest.raises(DataError, match="holds a zero byte"):
            own_records.read(records(tmp_path / "own.csv", header, [["PAN", "2020", cell]]), "outcomes")
