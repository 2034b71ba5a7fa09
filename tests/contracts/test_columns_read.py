"""Every column of every panel is read by something, or its description says that nothing here reads it."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from crimjust_research.data.panels import PANELS
from crimjust_research.data.panels.declaration import UNREAD
from crimjust_research.data.panels.united_states import BORDER_DRUGS
from crimjust_research.questions.markets.params import DRUGS, Measure, seized
from crimjust_research.questions.markets.series import CONTROL
from crimjust_research.questions.ratings import beside
from crimjust_research.vocabulary import treaties

ROOT = Path(__file__).parents[2]
CODE = ROOT / "src" / "crimjust_research"
# Columns whose names are put together where they are read.
MADE_UP = {
    "monthly_national": {
        *(seized(drug, measure) for drug in (*DRUGS, CONTROL) for measure in get_args(Measure)),
        *(f"seized_kg_{drug}" for drug in BORDER_DRUGS),  # a year's total of each: questions/evaluation/yearly.py
    },
    "country_evaluations": {f"{beside.column(name)}_last" for name in beside.OUTCOME_OF},
    "country_treaties": {f"{name}_consent" for name in treaties.load().by_name},  # report/country/assessed.py
}


def sources() -> Iterator[str]:
    """The code of each question with its notebook's, and each module of the report."""
    for folder in sorted((CODE / "questions").iterdir()):
        code = "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
        for name in re.findall(r'\bnotebook="(\w+)"', code):
            cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))["cells"]
            code += "\n" + "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        yield code
    yield from (path.read_text("utf-8") for path in sorted((CODE / "report").rglob("*.py")))


def names(code: str) -> Iterator[str]:
    """What the code names: words in its texts, attributes, arguments."""
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Constant(value=str(text)):
                yield from re.findall(r"\w+", text)
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name


@pytest.fixture(scope="module")
def read() -> dict[str, set[str]]:
    """By panel, what the code that opens it names."""
    found = {panel.table.name: set(MADE_UP.get(panel.table.name, ())) for panel in PANELS}
    for code in sources():
        named = set(names(code))
        for panel in found.keys() & named:
            found[panel] |= named
    framework = (ROOT / "data" / "document" / "results_framework.yaml").read_text("utf-8")
    for panel, column in re.findall(r"\btable: (\w+),\s+column: (\w+)", framework):
        found.get(panel, set()).add(column)
    return found


def test_a_column_is_read_or_says_that_it_is_not(read: dict[str, set[str]]) -> None:
    # A column that several panels have, as when a State joined, need be read in one of them alone.
    anywhere = {field.name for panel in PANELS for field in panel.table.fields if field.name in read[panel.table.name]}
    silent, wrong = [], []
    for panel in PANELS:
        for field in panel.table.fields:
            is_read, says_not = field.name in anywhere, field.description.endswith(UNREAD)
            if is_read == says_not:
                (wrong if is_read else silent).append(f"{panel.table.name}.{field.name}")
    assert not silent, f"nothing reads {', '.join(silent)}: drop them, or end their descriptions with UNREAD"
    assert not wrong, f"{', '.join(wrong)} are read: their descriptions need not say that they are not"


def test_a_name_is_found_in_a_text_as_an_attribute_and_as_an_argument() -> None:
    found = set(names("""frame[["year", "drug"]].query("kilograms > 0").assign(weight=frame.total)  # events"""))
    assert found == {"year", "drug", "query", "kilograms", "0", "assign", "weight", "total"}
