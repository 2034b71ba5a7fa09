"""Documents for Word: every form a page may hold is Word's own, and whatever would be lost or mended is refused."""

import io
import os
import re
import subprocess
import sys
import zipfile
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import word_files
from crimjust_research.errors import printable
from crimjust_research.report import elements, word
from crimjust_research.report.elements import Picture
from crimjust_research.report.word import body, words
from word_files import WP, M, R, W

SAMPLE = """<main>
<h1>A report</h1><p class="subtitle">Of one year</p><p class="byline">Version 1</p>
<aside class="notice"><p><strong>SIMULATED.</strong> Nothing here is about anybody.</p><ul><li>Not one</li></ul></aside>
<section class="sheet"><h2 id="contents">Contents</h2><nav class="contents"></nav></section>
<section class="sheet"><h2 id="first">First</h2>
<p>See <a href="#row-a.b">31%</a>, <a href="https://example.org/a?b=1&amp;c=2">a page</a>, <a href="#nowhere">nothing</a>.</p>
<h3>Below</h3><h4>Deeper</h4><p class="question">Is it?</p>
<p class="answer">It is&nbsp;so, at<br>last: x<sub>1</sub><sup>2</sup>.</p>
<ol><li>one</li><li><p>two</p><p>and more</p><ul><li>within<ul><li>farther</li></ul></li></ul></li></ol>
<p>Between.</p><ol><li>again one</li></ol><ol class="notes"><li>note</li></ol><ul class="dense"><li>small</li></ul>
<dl><div><dt>Term</dt><dd>What it means</dd></div></dl><dl class="dense"><dt>Term</dt><dd>In short</dd></dl>
<table class="n2 w3 dense" data-widths="3 1 2"><caption>Of <em>all</em></caption>
<thead><tr><th scope="col">Name</th><th scope="col">Count</th><th scope="col">Words</th></tr></thead>
<tbody>
<tr id="row-a.b"><th scope="row">a<br><small>small</small><br><strong>SIMULATED</strong></th>
<td>31</td><td><code>x_y</code></td></tr>
<tr><th scope="row">b</th><td></td><td>words</td></tr></tbody></table>
<p class="quiet">After the table.</p>
<div class="drawn">
<figure data-figure="one"><figcaption>The first</figcaption></figure>
<figure data-figure="two"><figcaption>Two</figcaption></figure></div>
<figure data-figure="one" data-width="60" id="alone"><figcaption>Alone</figcaption></figure><p>See <a href="#alone">it</a>.</p>
<div class="equation"><math display="block"><mi>y</mi><mo>=</mo><mi>x</mi></math></div>
<p>With <math><mi>x</mi></math>.</p></section>
</main>"""


PICTURES = {
    "one": Picture(word_files.png(40, 20), "A line that rises."),
    "two": Picture(word_files.png(10, 90), "A line that falls."),
}


@pytest.fixture(scope="module")
def sample() -> bytes:
    return word.document(SAMPLE, PICTURES, "")


@pytest.fixture(scope="module")
def read(sample: bytes) -> ElementTree.Element:
    return word_files.body(sample)


def of(inner: str) -> bytes:
    """A document of a title and what follows it."""
    return word.document(f"<main><h1>A report</h1>{inner}</main>", PICTURES, "")


def in_style(read: ElementTree.Element, *styles: str) -> list[str]:
    return [word_files.text(one) for one in read.iter(f"{W}p") if word_files.style(one) in styles]


def test_a_document_of_every_form_opens_without_being_mended(sample: bytes) -> None:
    assert word_files.faults(sample) == []
    assert docx.Document(io.BytesIO(sample)).core_properties.title == "A report"


def test_what_the_page_says_stands_in_styles_that_can_be_changed_once(read: ElementTree.Element) -> None:
    told = [(word_files.style(one), word_files.text(one)) for one in read.iter(f"{W}p")]
    assert [one for one in told if not one[0].startswith(("TOC", "Table"))] == [
        ("Title", "A report"),
        ("Subtitle", "Of one year"),
        ("Byline", "Version 1"),
        ("Notice", "SIMULATED. Nothing here is about anybody."),
        ("Notice", "Not one"),
        ("Heading1", "First"),
        ("Normal", "See 31%, a page, nothing."),
        ("Heading2", "Below"),
        ("Heading3", "Deeper"),
        ("Question", "Is it?"),
        ("Answer", "It is\xa0so, at\nlast: x12."),
        ("ListNumber", "one"),
        ("ListNumber", "two"),
        ("ListContinue", "and more"),
        ("ListBullet2", "within"),
        ("ListBullet3", "farther"),
        ("Normal", "Between."),
        ("ListNumber", "again one"),
        ("Notes", "note"),
        ("Dense", "small"),
        ("Term", "Term"),
        ("Definition", "What it means"),
        ("DenseTerm", "Term"),
        ("DenseDefinition", "In short"),
        ("Caption", "Table 1. Of all"),
        ("Quiet", "After the table."),
        ("Figure", "\u2002"),
        ("Caption", "Figure 1. The first"),
        ("Caption", "Figure 2. Two"),
        ("Figure", ""),
        ("Caption", "Figure 3. Alone"),
        ("Normal", "See it."),
        ("Equation", ""),
        ("Normal", "With ."),
    ]


def test_the_list_of_contents_is_a_field_that_is_filled_and_asks_nothing(
    sample: bytes, read: ElementTree.Element
) -> None:
    assert in_style(read, "TOCHeading") == ["Contents"]
    assert in_style(read, "TOC1", "TOC2") == ["First", "Below"]
    links = [
        link
        for one in read.iter(f"{W}p")
        if word_files.style(one).startswith("TOC")
        for link in one.iter(f"{W}hyperlink")
    ]
    headings = {
        mark.get(f"{W}name"): word_files.text(one)
        for one in read.iter(f"{W}p")
        if word_files.style(one).startswith("Heading")
        for mark in one.iter(f"{W}bookmarkStart")
    }
    assert [headings[link.get(f"{W}anchor")] for link in links] == ["First", "Below"]
    told = [one.text for one in read.iter(f"{W}instrText")]
    assert ' TOC \\o "1-2" \\h \\z \\u ' in told
    kinds = [one.get(f"{W}fldCharType") for one in read.iter(f"{W}fldChar")]
    assert [kinds.count(kind) for kind in ("begin", "separate", "end")] == [len(told)] * 3
    # Word asks whoever opens a document whose fields are marked as stale about other files.
    held = word_files.parts(sample)
    assert b"w:dirty" not in held["word/document.xml"]
    assert b"updateFields" not in held["word/settings.xml"]


def test_captions_are_counted_by_word(read: ElementTree.Element) -> None:
    told = [str(one.text).split()[1] for one in read.iter(f"{W}instrText") if "SEQ" in str(one.text)]
    assert told == ["Table", "Figure", "Figure", "Figure"]


def test_a_list_with_numbers_begins_at_one_each_time(sample: bytes, read: ElementTree.Element) -> None:
    lists = [
        (word_files.text(one), number.get(f"{W}val"))
        for one in read.iter(f"{W}p")
        if (number := one.find(f"{W}pPr/{W}numPr/{W}numId")) is not None
    ]
    numbers = dict(lists)
    assert numbers["one"] == numbers["two"]
    assert len({numbers[name] for name in ("one", "again one", "note")}) == 3
    begun = ElementTree.fromstring(word_files.parts(sample)["word/numbering.xml"])
    anew = {
        one.get(f"{W}numId")
        for one in begun.iter(f"{W}num")
        if one.find(f"{W}lvlOverride/{W}startOverride") is not None
    }
    assert {numbers[name] for name in ("one", "again one", "note")} <= anew


def test_tables_have_widths_numbers_to_the_right_and_rows_that_stay_whole(read: ElementTree.Element) -> None:
    (table,) = read.iter(f"{W}tbl")
    widths = [int(str(one.get(f"{W}w"))) for one in table.iter(f"{W}gridCol")]
    assert [round(width / widths[1]) for width in widths] == [3, 1, 2]
    assert sum(widths) == pytest.approx(170 / 25.4 * 1440, abs=3)
    right = [[one.find(f".//{W}jc") is not None for one in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
    assert right == [[False, True, False]] * 3
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in table.iter(f"{W}tr")] == [True, False, False]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in table.iter(f"{W}tr"))
    assert word_files.text(next(table.iter(f"{W}tc"))) == "Name"
    assert in_style(read, "TableSmall")[0] == "a\nsmall\nSIMULATED"


def test_no_row_of_a_table_stands_alone_on_a_sheet() -> None:
    rows = "<tr><td>x</td></tr>" * 9
    made = of(f"<table><caption>Of all</caption><thead><tr><th>Head</th></tr></thead>{rows}</table>")
    keep = [row.find(f".//{W}keepNext") is not None for row in word_files.body(made).iter(f"{W}tr")]
    assert keep == [True, True, *[False] * 6, True, False]


def test_what_leads_to_something_is_bold_only_where_it_says_so() -> None:
    made = of('<p class="lead"><strong>Head</strong></p><p class="lead">A sentence,</p><p>x</p>')
    told, bold = [], []
    for one in word_files.body(made).iter(f"{W}p"):
        if word_files.style(one) == "Lead":
            told.append(word_files.text(one))
            bold.append(one.find(f".//{W}b") is not None)
    assert (told, bold) == (["Head", "A sentence,"], [True, False])
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        styles = ElementTree.fromstring(archive.read("word/styles.xml"))
    (lead,) = (one for one in styles.iter(f"{W}style") if one.get(f"{W}styleId") == "Lead")
    assert lead.find(f"{W}pPr/{W}keepNext") is not None
    assert [one.get(f"{W}val") for one in lead.iter(f"{W}b")] == ["0"]


def test_a_table_with_much_in_its_columns_is_set_smaller() -> None:
    def styles(columns: int) -> set[str]:
        head = "".join(f"<th>{'letters' * 2}{place}</th>" for place in range(columns))
        table = f"<table><caption>Of all</caption><thead><tr>{head}</tr></thead><tr>{head}</tr></table>"
        return {word_files.style(one) for one in word_files.body(of(table)).iter(f"{W}p")} & {"TableText", "TableSmall"}

    assert (styles(3), styles(6)) == ({"TableText"}, {"TableSmall"})


def test_links_lead_within_and_out_and_to_nothing_they_are_words(sample: bytes, read: ElementTree.Element) -> None:
    held = word_files.parts(sample)
    targets = {one.get("Id"): one.get("Target") for one in ElementTree.fromstring(held["word/_rels/document.xml.rels"])}
    told = {word_files.text(one): one for one in read.iter(f"{W}hyperlink")}
    assert {"31%", "a page", "it"} <= set(told)
    assert "nothing" not in told
    assert targets[told["a page"].get(f"{R}id")] == "https://example.org/a?b=1&c=2"
    row = next(one for one in read.iter(f"{W}bookmarkStart") if one.get(f"{W}name") == told["31%"].get(f"{W}anchor"))
    first = next(cell for cell in read.iter(f"{W}tc") if row in list(cell.iter()))
    assert word_files.text(first).startswith("a\n")


def test_pictures_fit_the_sheet_and_say_what_they_show(read: ElementTree.Element) -> None:
    told = [(one.find(f"{WP}docPr"), one.find(f"{WP}extent")) for one in read.iter(f"{WP}inline")]
    sizes = [
        tuple(round(int(str(extent.get(side))) / 36000) for side in ("cx", "cy"))
        for _, extent in told
        if extent is not None
    ]
    # Two share the width; one that is tall is no taller than a sheet; one has the width its page names.
    assert sizes == [(83, 42), (25, 222), (60, 30)]
    assert [drawn.get("descr") for drawn, _ in told if drawn is not None] == [
        "A line that rises.",
        "A line that falls.",
        "A line that rises.",
    ]


def test_every_sheet_has_a_head_and_a_number_of_how_many(sample: bytes) -> None:
    held = word_files.parts(sample)
    head, foot = (
        next(content for name, content in held.items() if re.fullmatch(rf"word/{kind}[0-9]+\.xml", name))
        for kind in ("header", "footer")
    )
    assert word_files.text(ElementTree.fromstring(head)) == "A report"
    assert word_files.text(ElementTree.fromstring(foot)) == "1 of 1"
    assert [str(one.text).strip() for one in ElementTree.fromstring(foot).iter(f"{W}instrText")] == ["PAGE", "NUMPAGES"]
    running = word_files.parts(word.document("<main><h1>A</h1></main>", {}, "SIMULATED"))
    told = next(content for name, content in running.items() if re.fullmatch(r"word/header[0-9]+\.xml", name))
    assert word_files.text(ElementTree.fromstring(told)) == "SIMULATED"


def test_sheets_begin_where_the_page_says(read: ElementTree.Element) -> None:
    begun = [word_files.text(one) for one in read.iter(f"{W}p") if one.find(f"{W}pPr/{W}pageBreakBefore") is not None]
    assert begun == ["Contents", "First"]


def test_a_brief_page_is_set_smaller() -> None:
    sizes = []
    for kind in ("", ' class="brief"'):
        made = docx.Document(io.BytesIO(word.document(f"<main{kind}><h1>A</h1><p>b</p></main>", {}, "")))
        sizes.append((made.styles["Normal"].font.size.pt, round(made.sections[0].left_margin.mm)))
    assert sizes == [(10.0, 20), (8.5, 15)]


def test_a_document_tells_its_language_and_neither_an_old_word_nor_the_template_s_picture(sample: bytes) -> None:
    held = word_files.parts(sample)
    assert not [name for name in held if "thumbnail" in name]
    assert (
        b'w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"'
        in held["word/settings.xml"]
    )
    assert set(re.findall(rb'<w:lang w:val="([^"]+)"', held["word/styles.xml"])) == {b"en-GB"}


def test_equal_pages_come_to_equal_bytes_in_any_process(sample: bytes, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(SAMPLE, encoding="utf-8")
    said = (
        "import sys, pathlib; sys.path[:0] = sys.argv[2:]; import test_word\n"
        "from crimjust_research.report import word\n"
        "page = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')\n"
        "sys.stdout.buffer.write(word.document(page, test_word.PICTURES, ''))\n"
    )
    changed = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    again = subprocess.run(
        [sys.executable, "-c", said, str(tmp_path / "page.html"), *map(str, Path(__file__).parents[:2])],
        env=changed,
        capture_output=True,
        check=True,
    )
    assert again.stdout == sample


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ("<video></video>", "no form for <video>"),
        ("<p>a <video></video></p>", "no form for <video>"),
        ("<ul><p>a</p></ul>", "no form for <p>"),
        ("<p><math><maction></maction></math></p>", "no form for <maction>"),
        ('<figure data-figure="none"><figcaption>a</figcaption></figure>', "'none' has no picture"),
        ('<figure data-figure="one"></figure>', "'one' has no caption"),
        ('<div class="drawn"></div>', "holds none"),
        ("<table><thead><tr><th>a</th></tr></thead></table>", "has no caption"),
        ("<table><caption>Of all</caption><tbody><tr><td>a</td></tr></tbody></table>", "'Of all' has no header row"),
        (
            "<table><caption>Of all</caption><thead><tr><th>a</th></tr></thead><tr><td>1</td><td>2</td></tr></table>",
            "'Of all' differ in their number of cells",
        ),
        ('<p><a href="tables/a.csv">a</a></p>', "'tables/a.csv'"),
        ('<p id="a">a</p><p id="a">b</p>', "have the id 'a'"),
    ],
)
def test_what_would_be_lost_is_refused_by_name(inner: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        of(inner)


@pytest.mark.parametrize("alt", ["", " \n"])
def test_a_figure_that_says_nothing_to_who_cannot_see_it_is_refused(alt: str) -> None:
    page = '<main><h1>A</h1><figure data-figure="one"><figcaption>a</figcaption></figure></main>'
    with pytest.raises(ValueError, match="'one' has no alternative text"):
        word.document(page, {"one": Picture(word_files.png(4, 4), alt)}, "")


def test_a_page_without_a_title_is_refused() -> None:
    with pytest.raises(ValueError, match="no title"):
        word.document("<main><p>a</p></main>", {}, "")


def test_words_that_stand_between_blocks_are_kept() -> None:
    read = word_files.body(of("one <em>more</em><p>two</p>three"))
    assert in_style(read, "Normal") == ["one more", "two", "three"]


@settings(max_examples=60)
@given(st.lists(st.text(st.sampled_from("aAbB19._-é/"), min_size=1, max_size=60), min_size=1, max_size=12, unique=True))
def test_no_two_bookmarks_have_one_name(ids: list[str]) -> None:
    page = "".join(f'<p id="{one}">a <a href="#{one}">b</a></p>' for one in ids)
    names = list(body.bookmarks(elements.main_of(f"<main>{page}</main>")).values())
    assert len(names) == len(ids)
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,39}", name) for name in names)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_any_text_is_words_and_nothing_else(text: str) -> None:
    paragraph = next(elements.main_of(f"<main><p>begins {escape(text)} ends</p></main>").all("p"))
    (run,) = words.runs(paragraph, 10.0, lambda _target, _linked: None)
    told = "".join(ElementTree.fromstring(etree.tostring(run)).itertext())
    assert told == printable(re.sub("[ \t\n\r\f]+", " ", f"begins {text} ends"))


def test_signs_of_an_equation_are_not_words(read: ElementTree.Element) -> None:
    assert ["".join(str(one.text) for one in made.iter(f"{M}t")) for made in read.iter(f"{M}oMath")] == ["y=x", "x"]
