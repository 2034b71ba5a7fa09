"""A grid is read whole, and refused whole, with every fault."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimjust_research.errors import ParameterError
from crimjust_research.runs import grid


def read(tmp_path: Path, text: str) -> list[dict]:
    file = tmp_path / "grid.toml"
    file.write_text(text)
    return grid.read(file)


def refusal(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ParameterError) as refused:
        read(tmp_path, text)
    place = f"{tmp_path / 'grid.toml'}"
    lines = str(refused.value).splitlines()
    assert all(line.startswith(place) for line in lines)
    return [line.removeprefix(place).lstrip(": ") for line in lines]


def test_lists_and_ranges_are_combined_and_cases_added(tmp_path: Path) -> None:
    text = """
    [grid]
    drug = ["cocaine", "heroin"]
    factor = { from = 1, to = 5, step = 2 }
    [[case]]
    drug = "heroin"
    start = "2020-02"
    """
    assert read(tmp_path, text) == [
        {"drug": "cocaine", "factor": 1},
        {"drug": "cocaine", "factor": 3},
        {"drug": "cocaine", "factor": 5},
        {"drug": "heroin", "factor": 1},
        {"drug": "heroin", "factor": 3},
        {"drug": "heroin", "factor": 5},
        {"drug": "heroin", "start": "2020-02"},
    ]


def test_a_single_value_is_a_list_of_one_and_a_repeated_cell_is_one(tmp_path: Path) -> None:
    text = "[grid]\ndrug = 'heroin'\nfactor = [2, 2]\n[[case]]\nfactor = 2\ndrug = 'heroin'\n"
    assert read(tmp_path, text) == [{"drug": "heroin", "factor": 2}]


def test_a_list_as_value_is_written_as_a_list_in_a_list(tmp_path: Path) -> None:
    assert read(tmp_path, "[grid]\nmonths = [['2020-01'], ['2020-01', '2020-02']]") == [
        {"months": ["2020-01"]},
        {"months": ["2020-01", "2020-02"]},
    ]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("{ from = 1, to = 3 }", [1, 2, 3]),
        ("{ from = 3, to = 1, step = -1 }", [3, 2, 1]),
        ("{ from = 1, to = 6, step = 2 }", [1, 3, 5]),
        ("{ from = 2, to = 2 }", [2]),
        # In binary arithmetic three steps of 0.1 fall short of 0.3, and the end would be lost.
        ("{ from = 0.0, to = 0.3, step = 0.1 }", [0.0, 0.1, 0.2, 0.3]),
        ("{ from = 0.90, to = 0.99, step = 0.03 }", [0.9, 0.93, 0.96, 0.99]),
    ],
)
def test_ranges_hold_both_ends(tmp_path: Path, given: str, values: list[float]) -> None:
    assert [cell["x"] for cell in read(tmp_path, f"[grid]\nx = {given}")] == values


@given(first=st.integers(-50, 50), steps=st.integers(0, 40), step=st.integers(-9, 9).filter(bool))
def test_a_range_is_what_it_says(tmp_path_factory: pytest.TempPathFactory, first: int, steps: int, step: int) -> None:
    last = first + steps * step
    cells = read(tmp_path_factory.mktemp("grid"), f"[grid]\nx = {{ from = {first}, to = {last}, step = {step} }}")
    assert [cell["x"] for cell in cells] == [first + k * step for k in range(steps + 1)]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = """
    title = "mine"
    [grid]
    drug = []
    factor = { from = 5, to = 1 }
    rate = { from = 0.1, to = 0.9, step = 0 }
    start = { from = "2020-01", to = "2020-03" }
    end = { begin = 1, to = 3 }
    trend = { from = true, to = 3 }
    """
    assert refusal(tmp_path, text) == [
        "there is no part 'title'; use [grid] and [[case]]",
        "grid.drug: the list is empty; give at least one value, or leave the parameter out",
        "grid.factor: the range from 5 to 1 by 1 is empty",
        "grid.rate: the range from 0.1 to 0.9 by 0 is empty",
        "grid.start: a range is made of numbers; list anything else",
        "grid.end: a range is { from = , to = , step = }",
        "grid.trend: a range is made of numbers; list anything else",
    ]


@pytest.mark.parametrize("text", ["", "[grid]\n"])
def test_a_grid_without_cells_is_refused(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text) == ["it holds no cell; add a list or a range under [grid], or a [[case]]"]


def test_a_grid_no_sweep_could_want_is_refused(tmp_path: Path) -> None:
    axes = "\n".join(f"x{k} = {{ from = 1, to = 100 }}" for k in range(3))
    assert refusal(tmp_path, f"[grid]\n{axes}") == ["it asks for 1,000,000 cells; 100,000 is the most"]
    assert refusal(tmp_path, "[grid]\nx = { from = 1, to = 1000000000000 }")[0].startswith("grid.x: the range holds")
    axes = "\n".join(
        f"x{k} = [1, 2, 3, 4, 5, 6, 7, 8, 9]" for k in range(5_000)
    )  # a number of more digits than are printed
    for text in (axes, "x = { from = 0, to = 1e308 }", "x = { from = 0, to = 1, step = 1e-300 }"):
        (told,) = refusal(tmp_path, f"[grid]\n{text}")
        assert told.endswith("; 100,000 is the most")
        assert len(told) < 100
    assert len(refusal(tmp_path, "\n".join(f"k{k} = 1" for k in range(1_000)))) == 20


@pytest.mark.parametrize("text", ["[grid", "grid = 3", "case = 3", "case = [3]"])
def test_what_is_no_grid_is_refused(tmp_path: Path, text: str) -> None:
    (line,) = refusal(tmp_path, text)
    assert "is not valid TOML" in line or "write the grid as [grid]" in line


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"absent\.toml cannot be read \(No such file"):
        grid.read(tmp_path / "absent.toml")
