"""README says what the committed results say, and names every notebook and every folder there is."""

import json
import re
from pathlib import Path

from crimjust_research import came_with
from crimjust_research.report import readme

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / readme.PAGE).read_text(encoding="utf-8")


def cells(heading: str) -> list[list[str]]:
    """Cells of the rows of the table under a heading."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [row.strip("| ").split(" | ") for row in section.splitlines() if row.startswith("| `")]


def test_what_was_found_is_as_the_results_tell_it() -> None:
    told = readme.found(ROOT / "reports")
    assert told is not None
    assert readme.page(TEXT, told) == TEXT, f"what README says was found is stale: run `{readme.COMMAND}`"


def test_every_notebook_is_named_with_its_outcome() -> None:
    saved = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["outcome"]
        for path in (ROOT / "reports" / "assessments").glob("*.json")
    }
    told = {name.strip("`"): outcome for name, _, outcome in cells("What is asked")}
    assert told == saved
    assert told.keys() == {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}


def test_every_folder_is_on_the_map() -> None:
    listed = came_with.names(ROOT)
    named = [place for row in cells("A map of the house") for place in re.findall("`([^`]+)`", row[0])]
    assert all((ROOT / place).exists() for place in named)
    folders = {path.partition("/")[0] for path in listed if "/" in path and not path.startswith(".")}
    assert folders == {place.partition("/")[0] for place in named}
