"""The report of the reference results on paper: all that the page answers, in the same words, complete in itself."""

import html as entities
import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader

import word_files
from crimjust_research.report import elements, html, paper, typst, word
from crimjust_research.report.elements import Element, Picture
from crimjust_research.report.html import Report
from crimjust_research.report.paper import told

REPORTS = Path(__file__).parents[2] / "reports"
PARTS = ("Summary", "Contents", "Evaluation criteria", "Design", "Limits", "References", "Annex A")
SHEETS = 90


@pytest.fixture(scope="module")
def report() -> Report:
    return html.read(REPORTS)


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return paper.page(report)


@pytest.fixture(scope="module")
def main(page: str) -> Element:
    return elements.main_of(page)


@pytest.fixture(scope="module")
def words(main: Element) -> str:
    return main.text()


def of_class(main: Element, name: str) -> list[str]:
    return [one.text() for one in main.all("p") if one.attributes.get("class") == name]


def test_its_parts_follow_each_other(main: Element) -> None:
    titles = [one.text() for one in main.all("h2")]
    places = [next(place for place, title in enumerate(titles) if title.startswith(part)) for part in PARTS]
    assert places == sorted(places)
    assert sum(title.startswith("Outcome") for title in titles) >= 3


def test_every_section_answers_in_the_words_of_the_page(main: Element, report: Report) -> None:
    page = (REPORTS / "index.html").read_text(encoding="utf-8")
    answers = re.findall(r'<p class="answer">(.*?)</p>', page, re.DOTALL)
    told_there = {" ".join(entities.unescape(re.sub(r"<[^>]+>", "", answer)).split()) for answer in answers}
    assert len(told_there) == len(report.sections)
    assert told_there - set(of_class(main, "answer")) == set()
    assert {section.heading for section in report.sections} <= {one.text() for one in main.all("h3")}
    assert {section.question for section in report.sections} <= set(of_class(main, "question"))


def test_every_registered_question_stands_with_its_grade_and_the_reason_to_doubt_it(words: str, report: Report) -> None:
    assert report.opening is not None
    found = [one for section in report.sections for one in told.judged(report, section.run)]
    assert len(found) == report.opening.registered
    groups = [own for section in report.sections for own in told.alike(told.judged(report, section.run))]
    assert sorted(one.asked for own in groups for one in own) == sorted(one.asked for one in found)
    for own in groups:
        grade = f"{'Grade' if len(own) == 1 else 'Grade of each'}: {own[0].grade.text}"
        assert " ".join([*(one.asked for one in own), grade]) in words
        assert f"Reason to doubt: {own[0].doubt.text}" in words


def test_every_question_of_an_evaluation_stands_with_answer_and_grade(main: Element, report: Report) -> None:
    evaluation = told.section_of(report, told.EVALUATION)
    assert evaluation is not None
    rows = [row for _, own in told.criteria(evaluation) for row in own]
    answers = of_class(main, "answer")
    assert len(rows) >= 9
    assert [row["key"] for row in rows if f"{row['answer']} Grade: {row['grade']}." not in answers] == []


def test_no_mark_is_left_and_no_link_leads_nowhere(page: str, main: Element) -> None:
    assert "[[" not in page
    places = re.findall(r' id="([^"]*)"', page)
    assert len(places) == len(set(places))
    links = [one.attributes["href"] for one in main.all("a")]
    inner = {link[1:] for link in links if link.startswith("#")}
    assert len(inner) > 100
    assert inner <= set(places)
    assert all(link.startswith(("#", "https://", "http://")) for link in links)


def test_headings_go_down_one_level_at_a_time(main: Element) -> None:
    levels = [int(one.name[1]) for one in main.all("h1", "h2", "h3", "h4")]
    assert levels[:2] == [1, 2]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_figure_is_told_to_who_cannot_see_it(main: Element, report: Report) -> None:
    shown = [one.attributes["data-figure"] for one in main.all("figure")]
    pictures = paper.pictures(report, dots=False)
    assert sorted(shown) == sorted(pictures)
    assert all(picture.alt.strip() and picture.svg.startswith("<svg") for picture in pictures.values())
    assert {section.run for section, _ in told.further(report)} == set(told.FURTHER)


def test_made_up_data_are_said_to_be_where_they_are_told(main: Element, report: Report) -> None:
    made_up = [section for section in report.sections if section.simulated]
    notices = [one.text() for one in main.all("aside")]
    assert made_up
    assert sum(notice.startswith("SIMULATED DATA.") for notice in notices) == len(made_up)
    captions = [one.text() for one in main.all("caption")]
    assert sum(caption.startswith("SIMULATED: ") for caption in captions) == len(made_up)


def test_its_pdf_has_a_summary_of_two_sheets_and_is_not_too_long(page: str, report: Report) -> None:
    made = typst.document(page, paper.pictures(report, dots=False), paper.running(report))
    sheets = PdfReader(io.BytesIO(made)).pages
    heads = [sheet.extract_text().partition(report.heading)[2].split(maxsplit=1)[0] for sheet in sheets[1:4]]
    assert heads[0] == "Summary"
    assert heads[2] == "Contents"
    assert len(sheets) <= SHEETS


def test_its_document_for_word_says_all_of_it_and_opens_without_being_mended(
    page: str, main: Element, report: Report
) -> None:
    # What pictures show is held elsewhere; a small white one stands for each.
    names = [one.attributes["data-figure"] for one in main.all("figure")]
    pictures = {name: Picture(word_files.png(40, 30), name) for name in names}
    made = word.document(page, pictures, paper.running(report))
    assert word_files.faults(made) == []
    told = word_files.body(made)
    kinds = [word_files.style(one) for one in told.iter(f"{word_files.W}p")]
    assert kinds.count("Heading1") + kinds.count("TOCHeading") == sum(1 for _ in main.all("h2"))
    assert kinds.count("Heading2") == sum(1 for _ in main.all("h3"))
    said = "".join(word_files.text(told).split())
    assert all("".join(answer.split()) in said for answer in of_class(main, "answer"))
