"""The PDF: whole for who sees it and who hears it, the same wherever it is made, and made of nothing that is fetched."""

import io
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from markupsafe import escape
from pypdf.generic import DictionaryObject

from crimjust_research.charts import printed
from crimjust_research.errors import RunError
from crimjust_research.report import equations, typst
from crimjust_research.report.elements import Picture

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200" viewBox="0 0 400 200">'
    '<path d="M0 0L400 200" stroke="black"/>'
    '<text x="20" y="40" font-size="12px" font-family="Liberation Sans, Arimo, sans-serif">Drawn words</text></svg>'
)
PICTURES = {name: Picture(b"", f"What {name} shows", SVG) for name in ("one", "two", "three")}
ROWS = "".join(f'<tr id="row-{n}"><th scope="row">Country {n}</th><td>{n / 7:.3f}</td></tr>' for n in range(120))
PAGE = f"""<main><h1>What figures say</h1><p class="subtitle">Of outcomes</p><p class="byline">Version 2</p>
<aside class="notice"><p><strong>SIMULATED.</strong> Made up.</p></aside>
<section class="sheet"><h2>Contents</h2><nav class="contents"></nav></section>
<section class="sheet"><h2 id="first">First part</h2><h3>A question</h3><p class="question">Is it so?</p>
<p class="answer">It is <a href="#row-110">0.14</a>, by
<a href="https://data.example/x">the publisher</a> and <a href="#gone">gone</a>.</p>
<figure data-figure="one" data-width="105"><figcaption>One by itself.</figcaption></figure>
<div class="drawn"><figure data-figure="two"><figcaption>Left.</figcaption></figure>
<figure data-figure="three"><figcaption>Right.</figcaption></figure></div>
<h4>Smaller</h4><p>With {equations.mathml("x_t")} inline,</p>
<div class="equation">{equations.mathml(chr(92) + "frac{a}{b}", True)}</div>
<ol class="notes"><li>Method one</li><li>Method two</li></ol><dl><dt>Term</dt><dd>What it is</dd></dl></section>
<section class="sheet annex"><h2>Annex A</h2>
<table class="n2"><caption>All countries</caption><thead><tr><th scope="col">Country</th><th scope="col">Share</th></tr></thead>
<tbody>{ROWS}</tbody></table></section></main>"""
# What differs from one machine to the next, and must not show.
PROGRAM = """
import sys
from pathlib import Path
from test_typst import PAGE, PICTURES
from crimjust_research.report import typst
Path(sys.argv[1]).write_bytes(typst.document(PAGE, PICTURES, "SIMULATED"))
"""


@pytest.fixture(scope="module")
def made() -> bytes:
    return typst.document(PAGE, PICTURES, "SIMULATED")


@pytest.fixture(scope="module")
def read(made: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(made))


@pytest.fixture(scope="module")
def sheets(read: pypdf.PdfReader) -> list[str]:
    return [sheet.extract_text() for sheet in read.pages]


def parts(of: Any) -> Iterator[DictionaryObject]:
    """Elements of structure within one, in the order they are heard in."""
    held = of.get_object()
    if isinstance(held, list):
        for one in held:
            yield from parts(one)
    elif isinstance(held, dict):
        if "/S" in held:
            yield held  # type: ignore[misc]
        if "/K" in held:
            yield from parts(held["/K"])


@pytest.fixture(scope="module")
def told(read: pypdf.PdfReader) -> list[DictionaryObject]:
    return list(parts(read.trailer["/Root"]["/StructTreeRoot"]))


def kinds(told: list[DictionaryObject], kind: str) -> list[DictionaryObject]:
    return [part for part in told if part["/S"] == kind]


def test_it_says_that_it_is_made_for_everybody(read: pypdf.PdfReader) -> None:
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert read.metadata
    assert (read.metadata.title, read.metadata.author) == ("What figures say", "contributors of crimjust-research")
    described = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in described
    assert "<rdf:li>en-GB</rdf:li>" in described


def test_headings_tables_lists_and_links_are_told_as_such(told: list[DictionaryObject]) -> None:
    found = [part["/S"] for part in told if part["/S"] in ("/Title", "/H1", "/H2", "/H3")]
    assert found == ["/Title", "/H1", "/H1", "/H2", "/H3", "/H1"]
    assert len(kinds(told, "/Table")) == len(kinds(told, "/THead")) == 1
    assert len(kinds(told, "/TH")) == 2
    assert len(kinds(told, "/TR")) == 121
    assert len(kinds(told, "/TOC")) >= 1
    assert len(kinds(told, "/LI")) == 3
    assert {"/Caption", "/Link", "/Strong"} <= {part["/S"] for part in told}


def test_every_figure_and_equation_has_words(told: list[DictionaryObject]) -> None:
    assert [part["/Alt"] for part in kinds(told, "/Figure")] == ["What one shows", "What two shows", "What three shows"]
    assert [part["/Alt"] for part in kinds(told, "/Formula")] == ["x_t", r"\frac{a}{b}"]


def test_drawings_stay_drawings_and_letters_come_with_it(read: pypdf.PdfReader, sheets: list[str]) -> None:
    assert [image.name for sheet in read.pages for image in sheet.images] == []
    assert "Drawn words" in "".join(sheets)
    fonts = {name: font for sheet in read.pages for name, font in fonts_of(sheet["/Resources"])}
    assert any("Arimo" in name for name in fonts)
    assert all(embedded(font) for font in fonts.values())


def fonts_of(resources: Any) -> Iterator[tuple[str, Any]]:
    held = resources.get_object()
    for font in held.get("/Font", {}).values():
        yield font.get_object()["/BaseFont"], font.get_object()
    for form in held.get("/XObject", {}).values():
        if "/Resources" in form.get_object():
            yield from fonts_of(form.get_object()["/Resources"])


def embedded(font: Any) -> bool:
    if font["/Subtype"] == "/Type3":
        return True
    described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
    return bool({"/FontFile2", "/FontFile3"} & described.keys())


def test_sheets_are_numbered_and_say_at_their_head_what_runs(sheets: list[str]) -> None:
    assert len(sheets) > 4
    for number, sheet in enumerate(sheets, 1):
        assert f"{number} of {len(sheets)}" in sheet
        assert sheet.count("SIMULATED") == (2 if number == 1 else 1)


def test_without_a_running_head_the_title_stands_there_but_on_the_first_sheet() -> None:
    page = '<main><h1>What figures say</h1><section class="sheet"><p>More</p></section></main>'
    first, second = pypdf.PdfReader(io.BytesIO(typst.document(page, {}, ""))).pages
    assert first.extract_text().count("What figures say") == second.extract_text().count("What figures say") == 1


def test_figures_and_tables_are_numbered_through_and_contents_name_sheets(sheets: list[str]) -> None:
    text = " ".join(" ".join(sheets).split())
    assert [f"Figure {n}. {words}" in text for n, words in enumerate(("One by itself.", "Left.", "Right."), 1)] == [
        True
    ] * 3
    assert "Table 1. All countries" in text
    assert re.search(r"First part[ .]*3 *A question[ .]*3 *Annex A[ .]*4", " ".join(sheets[1].split()))


def test_a_long_table_repeats_its_head_and_leaves_no_row_out(sheets: list[str]) -> None:
    annex = sheets[3:]
    assert len(annex) > 1
    assert all("Country Share" in " ".join(sheet.split()) for sheet in annex)
    assert re.findall(r"Country (\d+)", " ".join(annex)) == [str(n) for n in range(120)]


def test_a_table_that_goes_on_says_so_and_has_some_rows_on_every_sheet() -> None:
    def table(n: int) -> str:
        rows = "".join(f"<tr><th>Row {n}.{row}</th><td>1<br>2<br>3</td></tr>" for row in range(8))
        head = "<thead><tr><th>Of</th><th>n</th></tr></thead>"
        return f"<p>{'Some words. ' * (31 * n)}</p><table><caption>No {n}</caption>{head}{rows}</table>"

    page = f"<main><h1>A</h1><h2>All</h2>{''.join(map(table, range(1, 25)))}</main>"
    sheets = [sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(typst.document(page, {}, ""))).pages]
    places = [
        {number: re.findall(rf"Row {n}\.(\d)", sheet) for number, sheet in enumerate(sheets) if f"Row {n}." in sheet}
        for n in range(1, 25)
    ]
    assert [list(itertools.chain(*on.values())) for on in places] == [list("01234567")] * 24
    assert min(len(rows) for on in places for rows in on.values()) >= 2
    parted = {n: list(on)[1:] for n, on in enumerate(places, 1) if len(on) > 1}
    assert len(parted) > 3
    continued = {
        number: re.findall(r"Table (\d+), continued", " ".join(sheet.split())) for number, sheet in enumerate(sheets)
    }
    assert {number: found for number, found in continued.items() if found} == {
        number: [str(n)] for n, numbers in parted.items() for number in numbers
    }


def test_a_figure_that_belongs_here_stays_below_what_leads_to_it() -> None:
    figure = '<p class="lead">Leads {0}</p><figure class="here" data-figure="one"><figcaption>Shows {0}.</figcaption></figure>'
    body = "".join(f"{figure.format(n)}<p>{'Goes on. ' * (60 + 40 * n)}</p>" for n in range(12))
    made = typst.document(f"<main><h1>A</h1><section><h2>All</h2>{body}</section></main>", PICTURES, "")
    for sheet in pypdf.PdfReader(io.BytesIO(made)).pages:
        told = re.findall(r"Leads (\d+)|Shows (\d+)", sheet.extract_text())
        assert [a for a, _ in told if a] == [b for _, b in told if b]


def test_no_heading_is_the_last_on_its_sheet_and_figures_stay_in_their_part() -> None:
    tall = Picture(b"", "A tall one", SVG.replace('height="200"', 'height="500"'))
    part = (
        '<section><h3>Part {0}</h3><p class="question">Question {0}?</p><p class="answer">{1}</p><p class="lead">Lead {0}</p>'
        '<ul><li>{1}</li></ul><figure data-figure="tall"><figcaption>Of part {0}.</figcaption></figure><p>{1}</p></section>'
    )
    body = "".join(part.format(n, "Some words of it. " * (5 + 11 * n % 40)) for n in range(1, 13))
    read = pypdf.PdfReader(
        io.BytesIO(typst.document(f"<main><h1>A</h1><h2>All</h2>{body}</main>", {"tall": tall}, "Running"))
    )
    lines = [[line for line in sheet.extract_text().splitlines() if line.strip()] for sheet in read.pages]
    last = [[line for line in sheet if " of " not in line or "Some" in line][-1] for sheet in lines]
    assert len(last) > 8
    assert not [line for line in last if re.match("Part|Question|Lead", line)]
    on = {
        found: number
        for number, sheet in enumerate(lines)
        for line in sheet
        for found in re.findall(r"(?:Part|Of part) \d+", line)
    }
    order = [on[words] for n in range(1, 13) for words in (f"Part {n}", f"Of part {n}")]
    assert order == sorted(order)


def test_links_lead_within_and_without_and_places_that_are_not_there_are_words(
    read: pypdf.PdfReader, sheets: list[str]
) -> None:
    notes = [note.get_object() for sheet in read.pages for note in sheet.get("/Annots", [])]
    assert [note["/A"]["/URI"] for note in notes if "/URI" in note.get("/A", {})] == ["https://data.example/x"]
    within = [
        note["/Dest"] if "/Dest" in note else note["/A"]["/D"] for note in notes if "/URI" not in note.get("/A", {})
    ]
    led_to = [read.get_page_number(place.get_object()[0].get_object()) for place in within]
    # Four lines of contents, of which two lead to the third sheet, and the row.
    row = next(number for number, sheet in enumerate(sheets) if "Country 110" in sheet)
    assert led_to == [1, 2, 2, 3, row]
    assert "and gone." in " ".join(" ".join(sheets).split())


def test_parts_can_be_gone_to(read: pypdf.PdfReader) -> None:
    def titles(outline: Any) -> list[Any]:
        return [titles(one) if isinstance(one, list) else one.title for one in outline]

    assert titles(read.outline) == ["Contents", "First part", ["A question", ["Smaller"]], "Annex A"]


def test_equal_pages_come_to_equal_bytes_wherever_they_are_made(made: bytes, tmp_path: Path) -> None:
    elsewhere = {
        "TZ": "Pacific/Auckland",
        "PYTHONHASHSEED": "7",
        "LC_ALL": "C",
        "HOME": str(tmp_path),
        "SOURCE_DATE_EPOCH": "1",
    }
    there = tmp_path / "there.pdf"
    command = [sys.executable, "-c", PROGRAM, str(there)]
    subprocess.run(
        command, env={**os.environ, **elsewhere, "PYTHONPATH": str(Path(__file__).parent)}, check=True, cwd=tmp_path
    )
    assert there.read_bytes() == made
    assert not re.search(rb"CreationDate|ModDate", made)


def test_nothing_is_loaded_that_a_page_names_and_none_of_the_machine_s_letters_is_taken() -> None:
    page = '<main><h1>A</h1><p>#import "@preview/cetz:0.3.4": * #image("/etc/passwd") #read("paper.typ")</p></main>'
    read = pypdf.PdfReader(io.BytesIO(typst.document(page, {}, "")))
    assert '#import "@preview/cetz:0.3.4": * #image("/etc/passwd") #read("paper.typ")' in " ".join(
        read.pages[0].extract_text().split()
    )
    paths = {font.path for font in printed.fonts().fonts() if font.path}
    assert {Path(path).name for path in paths} == {"Arimo[wght].ttf", "Arimo-Italic[wght].ttf"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (r"#set $x$ @ref <label> [b] \\ \u{41} `raw` *b* _i_ = h - l + e / t // c /* d */ ~", None),
        ("“quotes” ‘so’ \"and\" 'thus' -- ---", None),
        ("ﬁeld Łódź Çankırı Αθήνα Київ ≤ ≥ − ± × ∑ ∈", "field Łódź Çankırı Αθήνα Київ ≤ ≥ − ± × ∑ ∈"),
        ("records \u202e\u0000of\u200b 2024", r"records \u202e\x00of\u200b 2024"),
        ("folder 中文 and 😀", r"folder \u4e2d\u6587 and \U0001f600"),
    ],
)
def test_whatever_is_written_is_shown_as_it_is_or_by_its_number(
    words: str, shown: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    page = f"<main><h1>A</h1><p>{escape(words)}</p><p><code>{escape(words)}</code></p></main>"
    text = pypdf.PdfReader(io.BytesIO(typst.document(page, {}, ""))).pages[0].extract_text()
    plain = "".join(text.replace("ﬁ", "fi").split())
    assert plain.count("".join((shown or words).split())) == 2
    lacking = [record.getMessage() for record in caplog.records]
    assert lacking == (["no letters for 中 文 😀 in the PDF, which shows their numbers"] if "中" in words else [])


def test_words_from_right_to_left_are_set() -> None:
    page = "<main><h1>A</h1><p>שלום and سلام and 5 of 6</p></main>"
    text = pypdf.PdfReader(io.BytesIO(typst.document(page, {}, ""))).pages[0].extract_text()
    assert "שלום" in text or "םולש" in text
    assert r"\u" not in text


def test_a_sign_a_drawing_has_no_letters_for_is_shown_by_its_number() -> None:
    picture = Picture(b"", "中", SVG.replace("Drawn words", "Drawn 中"))
    page = '<main><h1>A</h1><figure data-figure="one"><figcaption>B</figcaption></figure></main>'
    read = pypdf.PdfReader(io.BytesIO(typst.document(page, {"one": picture}, "")))
    assert r"Drawn \u4e2d" in read.pages[0].extract_text()


def test_what_typst_refuses_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError, match=r"^the PDF cannot be set \(.*\); the document for Word says the same$"):
        typst.document(PAGE, PICTURES | {"one": Picture(b"", "x", SVG.replace("svg", "drawing"))}, "")
    monkeypatch.setattr(typst, "fonts", no_fonts)
    with pytest.raises(RunError, match=r"^the PDF would not be as it should \(unknown font family: arimo"):
        typst.document("<main><h1>A</h1></main>", {}, "")


def no_fonts() -> Any:
    import typst as library

    return library.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[])


def test_every_equation_of_the_notebooks_is_set_and_told() -> None:
    paragraphs: list[str] = []
    for path in NOTEBOOKS:
        cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "markdown"]
        for found in re.finditer(
            r"\$\$(.+?)\$\$|\$([^$]+)\$", "\n\n".join("".join(cell["source"]) for cell in cells), re.DOTALL
        ):
            paragraphs.append(f"<p>{equations.mathml(found[1] or found[2], display=bool(found[1]))}</p>")
    assert len(paragraphs) > 150
    assert not [paragraph for paragraph in paragraphs if "<math" not in paragraph]
    read = pypdf.PdfReader(io.BytesIO(typst.document(f"<main><h1>A</h1>{''.join(paragraphs)}</main>", {}, "")))
    formulas = kinds(list(parts(read.trailer["/Root"]["/StructTreeRoot"])), "/Formula")
    assert len(formulas) == len(paragraphs)
    assert all(formula["/Alt"] for formula in formulas)
