"""Every figure in reports: explained, readable at 85 mm, at 170 mm and in grey, in UTC, with title and source, the same bytes
anywhere."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from crimjust_research.charts import drawing, printed
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


def kept(run: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and specification of each figure of a run."""
    paths = sorted((FIGURES / run).glob("*.vl.json"))
    return [(path.name.removesuffix(".vl.json"), json.loads(path.read_text(encoding="utf-8"))) for path in paths]


def across(svg: str) -> float:
    """Pixels that a chart is wide between its title and its source."""
    chart = ElementTree.fromstring(svg).find("{http://www.w3.org/2000/svg}svg")
    assert chart is not None
    return float(chart.attrib["width"])


@pytest.mark.parametrize("run", RUNS)
def test_no_figure_has_a_fault(run: str) -> None:
    assert faulty(run) == {}


@pytest.mark.parametrize("run", RUNS)
def test_a_figure_is_drawn_again_from_its_specification_as_it_was(run: str) -> None:
    for name, specification in kept(run):
        saved = (FIGURES / run / f"{name}.svg").read_bytes()
        assert drawing.svg(specification, name).encode() == saved, name


@pytest.mark.parametrize("run", RUNS)
def test_no_figure_has_a_fault_across_a_page_in_grey(run: str) -> None:
    """What is laid out there lies as it does in colour."""
    for name, specification in kept(run):
        wide = printed.printed(specification, name, 170, made="A test.", in_grey=True)
        assert faults(dict(wide.specification), wide.drawn) == [], name
        before = across((FIGURES / run / f"{name}.svg").read_text(encoding="utf-8"))
        assert before > 800 or across(wide.drawn) >= before + 360, name  # 400, less what was left of a column's labels
        paints = set(re.findall(r'(?:fill|stroke)="#([^"]*)"', wide.drawn))
        assert {paint for paint in paints if len(set(re.findall("..", paint))) > 1} == set(), name


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
