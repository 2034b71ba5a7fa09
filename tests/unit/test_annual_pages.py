"""A year's report as a page, a document for Word and a PDF: what they say, alike in all, and nothing above the figures."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

import annual_results
from crimjust_research import framework
from crimjust_research.data import catalog
from crimjust_research.errors import DataError
from crimjust_research.evidence.plan import OwnPlan
from crimjust_research.evidence.targets import Target
from crimjust_research.report import annual, typst, units, word
from crimjust_research.report.annual import figures, own, pages, releases
from crimjust_research.report.annual.pages import Report

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def made(
    reports: Path, year: int = 2024, *, records: bool = False, simulated: bool = True, before: bool = False
) -> Report:
    annual_results.publish(reports)
    told = figures.read(reports, framework.load(), year, alone=not records)
    years = (year, year - 4) if before else (year,)
    found = [
        own.read(annual_results.publish_own(reports / f"of_{at}", at, simulated=simulated), at)
        for at in (years if records else ())
    ]
    return annual.gather(reports, framework.load(), told, *found)


def page_of(report: Report) -> str:
    return pages.page(report, pages.figures(report.told, report.behind))


def document_of(report: Report) -> bytes:
    """The document, drawn and written anew."""
    drawn = pages.figures(report.told, report.behind)
    return word.document(pages.page(report, drawn), pages.pictures(drawn), report.running)


def words(page: str) -> str:
    """All text of the page's body that is no drawing, without space."""
    main = re.sub(r'<div class="chart".*?</div>', "", page[page.index("<main") :], flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", main)
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&#34;", '"'), ("&amp;", "&")):
        text = text.replace(name, sign)
    return "".join(text.split())


def cells(page: str, anchor: str) -> list[str]:
    """The cells of a row, as they read."""
    row = re.search(rf'<tr id="{re.escape(anchor)}">(.*?)</tr>', page, re.DOTALL)
    assert row
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row[1])]


@pytest.fixture(scope="module", autouse=True)
def compared_once() -> Iterator[None]:
    """Stored releases are the same for every report of a year, and comparing them takes longest."""
    with pytest.MonkeyPatch.context() as patch:
        compare = cache(lambda year: releases.changes(catalog.raw(), year))
        patch.setattr(
            annual, "releases", SimpleNamespace(**vars(releases) | {"changes": lambda _, year: compare(year)})
        )
        yield


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, compared_once: None) -> Report:
    del compared_once
    return made(tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory, compared_once: None) -> Report:
    del compared_once
    return made(tmp_path_factory.mktemp("rehearsed"), records=True, before=True)


def test_a_row_tells_baseline_figure_target_status_and_parts(public: Report) -> None:
    page = page_of(public)
    assert cells(page, "line-wjp_8_1") == [
        "Effective criminal investigation wjp_8_1 Score, 0 to 1. The same &lt;States&gt; as in 2021. By phase: 1: 0.50; 2: 0.36.",
        "0.410 (0.370 to 0.450) 2021",
        "0.430 (0.390 to 0.470) n 31 change +0.020 (+0.010 to +0.030)",
        "not set",
        "higher",
    ]
    assert cells(page, "line-women_trained")[1:3] == ["30% (15% to 50%) 2021", "32% (20% to 46%) n 233 in 9"]
    assert cells(page, "line-countries_joined")[1:] == ["20 countries 2021", "24 countries", "not set", "counted"]


def test_the_year_in_short_counts_and_names_what_is_told_apart(public: Report) -> None:
    page = page_of(public)
    total = len(public.framework.indicators)
    assert (
        f"4 of {total} indicators have a public figure of 2024: 2 of outcomes, 1 of outputs and 1 of context." in page
    )
    assert f"{total - 4} have none, and of these nothing is said." in page
    short = re.sub(r"<[^>]+>", "", page)
    assert "Against the baseline of 2021, 1 is higher: Effective criminal investigation (from 0.410 to 0.430)." in short
    assert "None is told apart as lower." in short
    assert "1 cannot be told apart from its baseline, which is not to say that nothing changed." in short
    assert "No target is set, so none is reached or missed." in short


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (14.3, "per 100,000", "14.3 per 100,000"),
        (0.42, "score, 0 to 1", "0.420"),
        (1.2, "level, 0 to 3", "1.20"),
        (0.4, "share of persons", "40%"),
        (37_000.0, "US dollars", "USD 37,000"),
    ],
)
def test_a_number_has_its_unit_unless_that_is_a_scale(value: float, unit: str, told: str) -> None:
    assert units.value(value, unit) == told


def test_a_change_that_comes_to_nothing_has_no_sign() -> None:
    assert pages._signed(-0.0004, 3) == "0.000"
    assert pages._signed(-0.0006, 3) == "−0.001"


def aimed(public: Report, whose: str = "the unit’s evaluators") -> Report:
    """The report held against two targets of a plan, one of an indicator without a figure of the year."""
    targets = {
        "wjp_8_1": Target(at_least=0.5, by=2026, source="Programme document, page 4"),
        "cases_prosecuted": Target(at_least=0.5, by=2024, source="An argument"),
    }
    (of,) = (i for i, line in enumerate(public.told.lines) if line.key == "wjp_8_1")
    lines = list(public.told.lines)
    lines[of] = replace(lines[of], target=targets["wjp_8_1"], aim="not due before 2026")
    own_plan = OwnPlan(whose, "2026-10-01", "Nothing had been seen", "ab" * 32, (), targets)
    return replace(
        public, told=replace(public.told, lines=tuple(lines), aims={"wjp_8_1": "not due before 2026"}), plan=own_plan
    )


def test_targets_are_told_with_whose_they_are_their_years_sources_and_what_they_come_to(public: Report) -> None:
    page = page_of(aimed(public))
    assert cells(page, "line-wjp_8_1")[3:] == ["at least 0.500 by 2026 not due before 2026", "higher"]
    told = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Targets are those of the plan of the unit’s evaluators, dated 1 October 2026." in told
    assert "What had been seen when it was written: Nothing had been seen. " in told
    assert "Of 2 targets in the plan of the unit’s evaluators: 1 not due before 2026; 1 no figure of 2024." in told
    assert "Effective criminal investigation: Programme document, page 4; " in told
    assert "(sha256 begins abababababab)" in told
    assert "--plan FILE" in told
    assert "registered" not in told.replace("no part of the registered analysis plan", "")


def test_who_owns_a_plan_cannot_write_on_the_page(public: Report) -> None:
    page = page_of(aimed(public, "<script>alert(1)</script>"))
    assert page.count("<script") == page_of(public).count("<script")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_reports_under_plans_lie_beside_each_other(public: Report) -> None:
    assert annual._named(public) == "2024"
    assert annual._named(aimed(public)) == "2024-plan-abababab"


def test_without_records_nothing_is_said_of_money_and_every_template_is_named(public: Report) -> None:
    page = page_of(public)
    assert "no records of the programme’s own were given" in page
    assert "nothing is said of what was spent against what was planned" in page
    assert "SIMULATED" not in page
    tables = {one.record.table for one in public.told.without if one.record and not one.measure}
    assert all(f"Would be held by the template {table}:" in page for table in tables)
    assert page.count("Without a figure of 2024") == 1


def test_simulated_records_are_marked_in_title_sentences_tables_and_on_every_sheet(rehearsed: Report) -> None:
    page = page_of(rehearsed)
    assert "<h1>CRIMJUST: SIMULATED report for 2024</h1>" in page
    assert '<body class="simulated">' in page
    assert "nothing of it may be quoted as a result" in page
    assert all("SIMULATED" in caption for caption in re.findall(r"<caption>(.*?)</caption>", page) if "Own" in caption)
    read = docx.Document(io.BytesIO(document_of(rehearsed)))
    assert read.sections[0].header.paragraphs[0].text == "SIMULATED records: nothing here is about anybody"


def test_observed_records_are_not_called_simulated(tmp_path: Path) -> None:
    report = made(tmp_path, records=True, simulated=False)
    assert report.running == ""
    assert "SIMULATED" not in page_of(report)


def test_own_records_tell_both_years_and_no_more_than_their_intervals_do(rehearsed: Report) -> None:
    page = page_of(rehearsed)
    opened = cells(page, "own-cases.opened_180")
    assert opened == [
        "Share of cases opened within 180 days cases.opened_180 Seizures investigated within 180 days",
        *("31% (24% to 39%)", "31% (24% to 39%) n 195", "not set", "not told apart"),
    ]
    assert cells(page, "own-requests.answer_median")[1] == "89 days (64 to 110)"
    # Without an interval two years are not held against each other.
    assert cells(page, "own-trainings.women")[1:] == ["36%", "36% n 125 in 5", "not set", "no interval"]
    assert cells(page, "own-cost.per_person")[1:3] == ["USD 37,000", "USD 37,000 n 160"]
    # What the framework knows as the figure of no indicator stands for itself.
    assert cells(page, "own-agencies.reached")[0] == "Share of agencies reached agencies.reached"
    assert cells(page, "own-agencies.reached")[-1] == "no indicator"
    assert "SIMULATED sum planned for 2024: USD 8,800,000; spent: USD 7,100,000" in page
    assert "<strong>SIMULATED records by phase.</strong> SIMULATED Cases, opened within 180 days: phase 1 29%." in page
    assert "What is not named is not told: fewer than 5" in page
    assert "none of joint teams" in page


def test_records_of_a_year_without_public_figures_are_told_alone(tmp_path: Path) -> None:
    report = made(tmp_path, 2023, records=True)
    page = page_of(report)
    assert "No indicator has a public figure of 2023." in page
    assert f"0 of {len(report.framework.indicators)} indicators have a public figure of 2023." in page
    assert "31% (24% to 39%)" in page
    assert report.behind == ()
    assert docx.Document(io.BytesIO(document_of(report))).tables


def test_records_of_which_nothing_may_be_told_have_no_table(rehearsed: Report) -> None:
    assert rehearsed.own
    page = page_of(replace(rehearsed, own=replace(rehearsed.own, found=()), before=None))
    assert "No number of SIMULATED records may be told. 14 of 36 numbers are withheld" in page
    assert 'class="own"' not in page
    assert "SIMULATED records give no indicator a figure of the year." in page


def test_records_of_money_alone_have_no_table_but_that_of_money(rehearsed: Report) -> None:
    assert rehearsed.own
    money = tuple(found for found in rehearsed.own.found if found.id.startswith(("expenditure.", "cost.")))
    page = page_of(replace(rehearsed, own=replace(rehearsed.own, found=money), before=None))
    assert "What of SIMULATED records may be told is of money, and stands below." in page
    assert page.count('class="own"') == 1


def test_every_paragraph_that_tells_of_simulated_records_says_so(rehearsed: Report, public: Report) -> None:
    """Whatever stands in the page of records and not in that of public figures alone, rules of reading aside."""
    rules = (
        "Records tell of what was recorded.",
        "Tell no other run",
        "Indicators: the rows of their keys",
        "A file of",
    )
    paragraph = re.compile(r"<(?:p|li|caption)\b[^>]*>(.*?)</(?:p|li|caption)>", re.DOTALL)
    own, alone = (paragraph.findall(page_of(of)) for of in (rehearsed, public))
    told = [re.sub(r"<[^>]+>", "", text) for text in own if text not in alone]
    told = [text for text in told if not text.startswith(rules)]
    assert len(told) >= 8
    assert [text for text in told if "SIMULATED" not in text and "record" in text] == []
    real = (
        page_of(replace(rehearsed, own=replace(rehearsed.own, simulated=False), before=None)) if rehearsed.own else ""
    )
    assert "SIMULATED" not in real
    assert "Planned for 2024: USD 8,800,000" in real
    assert "<strong>By phase.</strong> Cases, opened within 180 days: phase 1 29%." in real


def test_what_another_notebook_tells_of_is_said_to_be_given(tmp_path: Path, rehearsed: Report) -> None:
    layout = annual_results.publish_own(tmp_path, 2024, simulated=False, elsewhere=True)
    page = re.sub("<[^>]+>", "", page_of(replace(rehearsed, own=own.read(layout, 2024), before=None)))
    typed = "crimjust run 13_assistance -p assistance_file=FILE"
    assert f"Given as well, and not told of here: assistance, of which {typed} tells." in page
    assert f"Given in assistance, of which another notebook tells ({typed}):" in page
    assert "by the template assistance" not in page
    assert "2 of eleven kinds of records tell of 2024; none of joint teams." in page


def test_a_template_that_the_report_does_not_read_is_not_called_empty(rehearsed: Report) -> None:
    """Of eleven kinds three are told of; assistance is none of these."""
    page = page_of(rehearsed)
    assert "Held by the template assistance, which this report does not read:" in page
    assert "Would be held by the template joint_teams:" in page


def test_every_table_that_measures_what_is_told_is_named_with_its_vintage(public: Report) -> None:
    tables = {line.indicator.measure.table for line in public.told.lines if line.indicator.measure}
    assert {table for table, _ in public.behind} == tables
    assert all(f"<code>{table}</code> {vintage}" in page_of(public) for table, vintage in public.behind)


def test_numbers_in_sentences_lead_to_their_rows(rehearsed: Report) -> None:
    page = page_of(rehearsed)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert {"line-wjp_8_1", "own-expenditure.spent_of_budget"} <= targets
    assert targets <= set(re.findall(r' id="([^"]+)"', page))


def test_texts_of_results_are_no_markup(public: Report) -> None:
    assert "&lt;States&gt;" in page_of(public)
    assert "<States>" not in page_of(public)


@pytest.mark.parametrize("name", ["public", "rehearsed"])
def test_the_document_says_what_the_page_says(name: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(name)
    body = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(document_of(report))).read("word/document.xml"))
    told = "".join("".join(text.text or "" for text in body.iter(f"{W}t")).split())
    assert re.sub(r"(Figure|Table)\d+\.(?=[A-Z])", "", told) == words(page_of(report))


@pytest.mark.parametrize("name", ["public", "rehearsed"])
def test_the_pdf_says_what_the_page_says_on_four_sheets_at_most(name: str, request: pytest.FixtureRequest) -> None:
    report = request.getfixturevalue(name)
    drawn = pages.figures(report.told, report.behind)
    page = pages.page(report, drawn)
    told = pypdf.PdfReader(io.BytesIO(typst.document(page, pages.pictures(drawn), report.running)))
    assert len(told.pages) <= 4
    sheets = [sheet.extract_text() for sheet in told.pages]
    assert all(report.running in sheet for sheet in sheets)
    text = "".join("".join(sheets).split())
    # Heads and feet of sheets, and of tables that go on, stand between words of the page: each cell and sentence is there.
    main = re.sub(r'<div class="chart".*?</div>', "", page[page.index("<main") :], flags=re.DOTALL)
    sentences = re.findall(r"[^.]{20,60}", words(f"<main>{re.sub('</(td|th|tr|p|li|h[1-4]|caption)>', '.', main)}"))
    assert len(sentences) > 60
    assert len([sentence for sentence in sentences if sentence not in text]) <= len(sheets)


def test_the_document_has_headings_repeated_header_rows_alternative_text_and_a_language(rehearsed: Report) -> None:
    read = docx.Document(io.BytesIO(document_of(rehearsed)))
    styles = [paragraph.style.name for paragraph in read.paragraphs if paragraph.style]
    assert styles[0] == "Title"
    assert styles.count("Heading 1") == page_of(rehearsed).count("<h2>") > 5
    assert read.tables
    for table in read.tables:
        first, *others = table.rows
        assert first._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in others)
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
    drawn = read.inline_shapes
    assert len(drawn) == len(pages.figures(rehearsed.told, rehearsed.behind)) == 1
    assert "Effective criminal investigation" in drawn[0]._inline.docPr.get("descr")
    default = read.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    assert [language.get(qn("w:val")) for language in default.findall(qn("w:lang"))] == ["en-GB"]
    body = read.element.body
    marks = {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    links = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))}
    assert links
    assert links <= marks


def test_equal_reports_come_to_equal_bytes_that_tell_no_moment(public: Report) -> None:
    first, second = document_of(public), document_of(public)
    assert first == second
    assert page_of(public) == page_of(public)
    archive = zipfile.ZipFile(io.BytesIO(first))
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    properties = docx.Document(io.BytesIO(first)).core_properties
    assert properties.created == properties.modified
    assert (properties.title, properties.author) == ("CRIMJUST: report for 2024", "contributors of crimjust-research")


def test_an_element_that_has_no_form_in_word_is_refused() -> None:
    with pytest.raises(ValueError, match="no form for <video>"):
        word.document("<main><h1>A year</h1><video></video></main>", {}, "")
    with pytest.raises(ValueError, match="no main"):
        word.document("<h1>A year</h1>", {}, "")


def test_words_keep_their_spaces_and_no_more() -> None:
    page = "<main><h1>A  year</h1>\n<p>Of <strong>all</strong>, <a href='#x'>31%</a> (SIMULATED)\n were <em>so</em> .</p></main>"
    read = docx.Document(io.BytesIO(word.document(page, {}, "")))
    assert [paragraph.text for paragraph in read.paragraphs] == ["A year", "Of all, 31% (SIMULATED) were so ."]


def test_a_report_is_written_whole_and_never_over_another_folder_s_files(public: Report, tmp_path: Path) -> None:
    place = annual.write(public, tmp_path / "new")
    assert sorted(path.name for path in place.parent.glob("a*")) == ["annual.docx", "annual.html", "annual.pdf"]
    before = place.read_bytes()
    assert annual.write(public, tmp_path / "new").read_bytes() == before
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="holds files that no report of a year left there"):
        annual.write(public, full)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]
