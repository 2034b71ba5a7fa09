"""Every figure in reports: explained, readable at 85 mm and in grey, in UTC, with title and source, the same bytes anywhere."""

import json
from pathlib import Path

import pytest

from figure_faults import faults

FIGURES = Path(__file__).parents[2] / "reports" / "figures"
RUNS = sorted(path.name for path in FIGURES.iterdir())


def faulty(run: str) -> dict[str, list[str]]:
    """Faults of each of a run's figures that has any."""
    found = {}
    for path in sorted((FIGURES / run).glob("*.vl.json")):
        svg = path.with_name(path.name.replace(".vl.json", ".svg"))
        specification = json.loads(path.read_text(encoding="utf-8"))
        found[svg.stem] = faults(specification, svg.read_text(encoding="utf-8"))
    return {name: wrong for name, wrong in found.items() if wrong}


@pytest.mark.parametrize("run", RUNS)
def test_no_figure_has_a_fault(run: str) -> None:
    assert faulty(run) == {}


def test_every_figure_lies_there_in_all_its_forms() -> None:
    drawings = {path.with_suffix("") for path in FIGURES.glob("*/*.svg")}
    assert drawings == {path.with_name(path.name.removesuffix(".vl.json")) for path in FIGURES.glob("*/*.vl.json")}
    assert drawings == {path.with_suffix("") for path in FIGURES.glob("*/*.png")}
    assert drawings == {path.with_suffix("") for path in FIGURES.glob("*/*.csv")}
    assert drawings


if __name__ == "__main__":
    for folder in RUNS:
        for name, wrong in faulty(folder).items():
            print(f"{folder}/{name}: {'; '.join(wrong)}")
