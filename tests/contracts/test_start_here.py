"""Where a person begins in JupyterLab: all of it runs, names every notebook as results have it, and leads to what there is."""

import csv
import re
import shlex
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from nbclient import NotebookClient

from crimjust_research import project
from crimjust_research.cli import crimjust
from crimjust_research.evidence.words import first_sentence, plain
from crimjust_research.lab import start
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.record import Layout

ROOT = project.root()
PLACE = ROOT / start.PLACE
STARTED = notebooks.read(PLACE)
TEXT = "\n".join(notebooks.source(cell) for cell in STARTED.cells if cell["cell_type"] == "markdown")


class _Rows(HTMLParser):
    """The cells of a table's rows as text, and where their links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_data(self, data: str) -> None:
        self.rows[-1][-1] += data


def test_it_is_stored_without_outputs() -> None:
    assert notebooks.is_stripped(STARTED)


def test_every_notebook_stands_there_with_what_its_results_say() -> None:
    told = _Rows(start.questions().html)
    found = notebooks.find()
    assert [(PLACE.parent / unquote(link)).resolve() for link in told.links] == [each.path for each in found]
    with (ROOT / "reports" / "tables" / "90_scorecard" / "scorecard.csv").open(encoding="utf-8") as stream:
        graded = Counter((row["notebook"], row["grade"]) for row in csv.DictReader(stream) if row["registered"])
    seen: Counter[tuple[str, str]] = Counter()
    for notebook, (name, outcome, asks, says, grades) in zip(found, told.rows[1:], strict=True):
        saved = record.assessment(Layout(ROOT / "reports", notebook.name))
        assert name == notebook.name
        assert (outcome, asks) == (saved["outcome"], saved["question"])
        assert says == first_sentence(plain(saved["answer"]))
        for part in filter(None, grades.split("; ")):
            count, _, grade = part.partition(" ")
            seen[name, grade] = int(count)
    assert seen == graded


def test_its_links_lead_to_what_there_is() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(links) >= 4
    assert [link for link in links if not (PLACE.parent / link).is_file()] == []


def commands() -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("line", commands())
def test_its_commands_are_ones_that_there_are(line: str) -> None:
    name, verb, *rest = shlex.split(line)
    assert name == "crimjust"
    assert not crimjust.commands[verb].make_context(verb, rest).args


def test_it_promises_buttons_that_the_form_has() -> None:
    shown = " ".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/crimjust_research/forms").glob("*.py"))
    named = [" ".join(words.split()) for words in re.findall(r"press \*([^*]+)\*", TEXT)]
    assert len(named) == 2
    assert [words for words in named if words not in shown] == []


def test_all_of_it_runs_and_shows_what_it_is_opened_with(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    ran = nbformat.read(PLACE, as_version=4)
    NotebookClient(ran, timeout=60, resources={"metadata": {"path": str(PLACE.parent)}}).execute()
    filled = notebooks.stripped(STARTED.content)
    start.fill(filled)
    for executed, opened in zip(ran.cells, filled["cells"], strict=True):
        if executed.cell_type == "code":
            (shown,), (expected,) = executed.outputs, opened["outputs"]
            assert dict(shown["data"]) == expected["data"]
