"""The report on paper of any results: variants, records of one's own, hostile words, and the files that are written."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result
from reported import FIRST, HOSTILE, SECOND

from crimjust_research.cli import crimjust
from crimjust_research.errors import DataError, RunError
from crimjust_research.report import elements, html, markup, paper
from crimjust_research.report.elements import Element
from crimjust_research.report.paper import told
from crimjust_research.report.tables import Text


def page_of(results: Path, variant: str = "") -> str:
    return paper.page(html.read(results, variant))


def headings(main: Element) -> list[str]:
    return [one.text() for one in main.all("h2")]


def test_hostile_words_stand_as_they_are_and_run_nothing(reports: Path) -> None:
    page = page_of(reports)
    main = elements.main_of(page)
    assert "<script>alert" not in page
    assert f"02. {' '.join(HOSTILE.split())}" in [one.text() for one in main.all("h3")]
    assert "SIMULATED DATA." in [one.text()[:15] for one in main.all("aside")]
    assert "[[" not in page


def test_numbers_lead_to_the_rows_they_were_read_off_and_to_nothing_that_is_not_on_paper(reports: Path) -> None:
    page = page_of(reports)
    assert f'<a href="#estimate-{FIRST}-forward.f">F = 5.41</a>' in page
    assert f'<tr id="estimate-{FIRST}-forward.f">' in page
    assert "#cell-" not in page
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))


def test_checks_that_failed_come_first(reports: Path) -> None:
    listed = [one.text() for one in elements.main_of(page_of(reports)).all("li")]
    found = [
        next(n for n, text in enumerate(listed) if text.startswith(name))
        for name in ("Residuals", "Stability", "Window")
    ]
    assert found == sorted(found)
    assert listed[found[0]] == "Residuals, failed (power to fail 0.930): They remain (5.41)."


def test_a_figure_says_nothing_that_the_answer_or_a_check_says_on_the_same_sheet() -> None:
    check = SimpleNamespace(sentence="It holds in 3 of 4. It is [[0.2|x]].", verdict="passed")
    section: Any = SimpleNamespace(answer="More were seized. Why is not known.", checks=(check,), further=())
    figure: Any = SimpleNamespace(says="More were seized. Most lie within it. It is [[0.2|x]].")
    assert told.unsaid(figure, section) == "Most lie within it."


def test_questions_with_one_reason_to_doubt_are_told_together() -> None:
    def one(asked: str, doubt: str) -> told.Judged:
        return told.Judged(asked, asked, Text("undecided"), Text(doubt, "Would answer it: more."))

    questions = [one("a", "Few."), one("b", "Late."), one("c", "Few.")]
    assert [[each.asked for each in together] for together in told.alike(questions)] == [["a", "c"], ["b"]]


def test_what_adjusted_p_counts_is_said_where_they_stand(reports: Path) -> None:
    page = elements.main_of(page_of(reports))
    first, *_ = (one.text() for one in page.all("p") if one.text().startswith("Adjusted p:"))
    assert first == (
        "Adjusted p: of registered estimates by Holm’s method over all registered for the outcome; of others by Benjamini and "
        "Hochberg’s over their kind, or by the largest statistic along a path."
    )


def test_what_bounds_an_answer_that_was_not_registered_stands_among_limits(reports: Path) -> None:
    path = reports / "notebooks" / f"{SECOND}.ipynb"
    saved = json.loads(path.read_text())
    opening = "# Ties\n\nWho *meets*?\n\nEvents are **a sample**,\nand a bound. Methods: `docs/METHODS.md`."
    cell = {"cell_type": "markdown", "id": "opens", "metadata": {}, "source": opening}
    path.write_text(json.dumps(saved | {"cells": [cell, *saved["cells"]]}))
    terms = [" ".join(one.text().split()) for one in elements.main_of(page_of(reports)).all("dd")]
    assert "Events are a sample, and a bound." in terms


def test_registered_estimates_come_first_and_say_so(reports: Path) -> None:
    rows = [one.text() for one in elements.main_of(page_of(reports)).all("tr") if FIRST in one.attributes.get("id", "")]
    assert "registered; lag 3" in rows[0]
    assert not any("registered" in row for row in rows[1:])


def test_a_variant_says_that_it_is_one_and_where_it_departs(reports: Path) -> None:
    report = html.read(reports, "narrow")
    main = elements.main_of(paper.page(report))
    assert next(main.all("h1")).text().endswith("variant narrow, not the registered answer")
    assert paper.running(report).endswith("variant narrow, not the registered answer")
    notices = " ".join(one.text() for one in main.all("aside"))
    assert "under the parameters of the variant narrow" in notices
    assert "Window cut to 2020." in notices
    assert "Summary" not in headings(main)
    assert {"References", "Limits: what this cannot say"} <= set(headings(main))
    assert "registered; lag" not in main.text()
    assert "primary; lag 3" in main.text()
    assert "crimjust report --variant narrow --format pdf" in main.text()


def test_every_address_of_a_reference_is_a_link(reports: Path) -> None:
    told = [one for one in elements.main_of(page_of(reports)).all("li") if "http" in one.text()]
    assert told
    assert all(one.text().count("http") == sum(a.text() == a.attributes["href"] for a in one.all("a")) for one in told)
    text = "A (https://a.example/b_(c)); <B> https://b.example/x?y=1&z=2."
    assert markup.addressed(text) == (
        'A (<a href="https://a.example/b_(c)">https://a.example/b_(c)</a>); &lt;B&gt; '
        '<a href="https://b.example/x?y=1&amp;z=2">https://b.example/x?y=1&amp;z=2</a>.'
    )


def test_records_supplied_are_told_by_chapter_and_nothing_is_called_registered(supplied: Path) -> None:
    report = html.read(supplied, "mine")
    main = elements.main_of(paper.page(report))
    assert next(main.all("h1")).text() == "What own records say"
    assert "registered" not in main.text().replace("The registered estimate", "the notebook's own heading")
    assert f"mine/cases.csv: {'0' * 64}" in main.text()
    assert paper.running(report) == "SIMULATED data. What own records say"
    assert sorted(paper.pictures(report, dots=False)) == sorted(
        one.attributes["data-figure"] for one in main.all("figure")
    )


def test_pictures_have_300_dots_an_inch_at_their_width(reports: Path) -> None:
    report = html.read(reports)
    page = elements.main_of(paper.page(report))
    widths = {one.attributes["data-figure"]: int(one.attributes["data-width"]) for one in page.all("figure")}
    for name, picture in paper.pictures(report).items():
        across = int.from_bytes(picture.png[16:20], "big")
        assert across == pytest.approx(widths[name] / 25.4 * 300, abs=1)


# --- The files ------------------------------------------------------------------------------------------------------


def test_both_forms_are_written_the_same_twice(reports: Path) -> None:
    places = paper.build(reports, ("pdf", "docx"))
    first = [place.read_bytes() for place in places]
    assert [place.name for place in places] == ["report.pdf", "report.docx"]
    assert [content[:4] for content in first] == [b"%PDF", b"PK\x03\x04"]
    assert [place.read_bytes() for place in paper.build(reports, ("pdf", "docx"))] == first


def test_a_folder_elsewhere_keeps_the_other_forms_and_sets_aside_what_was_changed(
    reports: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    html.build(reports, out)
    (document,) = paper.build(reports, ("docx",), out)
    assert (out / "index.html").is_file()
    document.write_bytes(b"mine")
    html.build(reports, out)
    assert document.read_bytes() == b"mine"
    paper.build(reports, ("docx",), out)
    assert [path.read_bytes() for path in out.glob("set-aside/*/report.docx")] == [b"mine"]
    assert document.read_bytes() != b"mine"


def test_a_folder_of_something_else_is_left_alone(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_text("")
    with pytest.raises(DataError, match="holds files that no report left there"):
        paper.build(reports, ("docx",), tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written into .*file"):
        paper.build(reports, ("docx",), tmp_path / "file")


# --- The command ----------------------------------------------------------------------------------------------------


def call(*words: str) -> Result:
    return CliRunner().invoke(crimjust, ["report", *words], catch_exceptions=False)


@pytest.fixture
def forms(reports: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The forms that are asked for, one entry each time; nothing is built."""
    asked: list[tuple[str, ...]] = []

    def build(results: Path, chosen: list[str], *_: object, **__: object) -> tuple[str, ...]:
        assert results == reports
        asked.append(tuple(chosen))
        return tuple(f"report.{form}" for form in chosen)

    for passed in ("runs.jobs.require_current", "runs.promotion.require_pooled"):
        monkeypatch.setattr(f"crimjust_research.{passed}", lambda *_: None)
    monkeypatch.setattr(paper, "build", build)
    monkeypatch.setattr(html, "read", lambda *_: None)
    monkeypatch.setattr(html, "write", lambda *_: "index.html")
    (reports / "records" / f"{SECOND}.json").touch()
    return asked


def test_forms_are_named_one_by_one_or_together(forms: list[tuple[str, ...]]) -> None:
    assert call("--format", "pdf", "--format", "docx").output.split() == ["report.pdf", "report.docx"]
    assert call("--format", "PDF,docx,pdf").output.split() == ["report.pdf", "report.docx"]
    assert forms == [("pdf", "docx")] * 2
    assert call("--output", "elsewhere").output.split() == ["index.html"]
    assert len(forms) == 2


@pytest.mark.parametrize("named", ["odt", "pdf,", "pdf docx"])
def test_a_form_that_there_is_not_is_refused_by_name(named: str) -> None:
    refused = call("--format", named)
    assert refused.exit_code == 2
    assert "is none of html, pdf, docx" in refused.output
