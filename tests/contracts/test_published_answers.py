"""tests/data/published: each set has a source and a licence, is small, and is read by a test."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PUBLISHED = TESTS / "data" / "published"
SETS = sorted(path.name for path in PUBLISHED.iterdir() if path.is_dir() and path.name != "__pycache__")


def test_each_set_is_described_with_its_source_and_licence() -> None:
    lines = (PUBLISHED / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    assert sorted(row[0].strip("`") for row in rows) == SETS
    for row in rows:
        assert len(row) == 5
        assert all(row), f"{row[0]} leaves a cell of its row empty"


@pytest.mark.parametrize("name", SETS)
def test_each_table_is_small_and_read_by_a_test(name: str) -> None:
    # What R is asked as well stands with the validation, where tests take it from.
    read = [*TESTS.rglob("test_*.py"), TESTS.parent / "validation" / "references.py"]
    tests = "".join(path.read_text(encoding="utf-8") for path in read)
    for table in (PUBLISHED / name).iterdir():
        assert table.suffix == ".csv"
        assert table.stat().st_size < 300_000
        assert f'"{name}/{table.stem}"' in tests, f"no test reads {name}/{table.stem}"
