"""A page as typst's source: every element in its form, every word a literal, whatever signs it is made of."""

import json
import re
from html import escape

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from crimjust_research.charts import printed
from crimjust_research.errors import RunError, printable
from crimjust_research.report import elements, equations
from crimjust_research.report.elements import Element, Picture
from crimjust_research.report.typst.literals import string
from crimjust_research.report.typst.mathematics import equation
from crimjust_research.report.typst.source import source

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="200"></svg>'
PICTURES = {"chain": Picture(b"", "A line that rises", SVG), "map": Picture(b"", "A map", SVG)}
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')


def set_(body: str, kind: str = "") -> str:
    """The source of a page's body, without its head and title; space between blocks as one line."""
    main = elements.main_of(f"<main{kind}><h1>A report</h1>{body}</main>")
    told = source(main, PICTURES, "SIMULATED").partition('#title[#"A report"]')[2]
    return re.sub(r"\s*\n\s*", "\n", told).strip()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<h2>One</h2><h4>Three</h4>", '#heading(level: 1)[#"One"]\n#heading(level: 3)[#"Three"]'),
        ("<p>Of  all,\n <strong>no</strong>ne</p>", '#"Of all," #strong[#"no"]#"ne"'),
        ("<p>this<br>is <em>so</em>.</p>", '#"this"#linebreak()#"is" #emph[#"so"]#"."'),
        ("<p>H<sub>2</sub>O <small>m<sup>2</sup></small></p>", '#"H"#sub[#"2"]#"O" #small[#"m"#super[#"2"]]'),
        ('<p class="answer dense">x</p>', '#dense[#answer[#"x"]]'),
        ('<p class="of_another_page">x</p>', '#"x"'),
        ("<ul><li>a</li><li><p>b</p></li></ul>", '#list([#"a"], [\n#"b"\n])'),
        ('<ol start="3"><li>a</li></ol>', '#enum(start: 3, [#"a"])'),
        ("<dl><div><dt>a</dt><dd>b</dd><dd>c</dd></div></dl>", '#terms(terms.item([#"a"], [#"b"#linebreak()#"c"]))'),
        ('<aside class="notice"><p>x</p></aside>', '#notice[\n#"x"\n]'),
        ('<nav class="contents"></nav>', "#contents()"),
        ('<section class="sheet annex"><h2>A</h2></section>', '#pagebreak(weak: true)\n#heading(level: 1)[#"A"]'),
        ("<section><p>a</p></section>", '#held[\n#"a"\n]'),
        ("<p><code>a_b  c</code></p>", '#raw("a_b c")'),
        ("<p>5\N{NO-BREAK SPACE}kg</p>", '#"5\N{NO-BREAK SPACE}kg"'),
        ('<p><a href="https://a.example/?q=1&amp;r">x</a></p>', '#outside("https://a.example/?q=1&r")[#"x"]'),
        ('<p><a href="javascript:x">x</a></p>', '#[#"x"]'),
    ],
)  # fmt: skip
def test_an_element_is_set_in_its_form(body: str, told: str) -> None:
    assert set_(body) == told


def test_title_running_head_and_size_are_the_document_s() -> None:
    main = elements.main_of('<main class="brief"><h1>A <em>report</em></h1></main>')
    assert source(main, {}, "").splitlines()[:2] == [
        '#import "paper.typ": *',
        '#show: paper.with(title: "A report", author: "contributors of crimjust-research", running: "", brief: true)',
    ]


def test_links_lead_to_places_of_the_document_once_named_and_else_are_words() -> None:
    told = set_(
        '<h2 id="a">A</h2><p id="a">again</p><p id="quiet">x</p><p><a href="#a">to a</a> <a href="#none">to none</a></p>'
        '<table><thead><tr><th>h</th></tr></thead><tbody><tr id="row"><td>1</td></tr></tbody></table>'
        '<p><a href="#row">row</a></p>'
    )
    assert '#heading(level: 1)[#"A"]#label("a")\n#"again"\n#"x"\n' in told
    assert '#link(label("a"))[#"to a"] #[#"to none"]' in told
    assert '[#mark("row")#"1"],' in told


TABLE = (
    '<table class="n2 dense" data-widths="3 1"><caption>Counts</caption><thead><tr><th scope="col">Of</th><th scope="col">n</th>'
    '</tr></thead><tbody><tr><th scope="row">All</th><td>1,278<br><small>152 units</small></td></tr></tbody></table>'
)


def test_a_table_has_caption_head_widths_and_numbers_to_the_right() -> None:
    assert set_(TABLE) == (
        '#tabled(caption: [#"Counts"], widths: (75.00fr, 25.00fr, ), aligned: (left, right, ), dense: true, '
        'head: ([#"Of"], [#"n"], ),\n[#"All"], [#"1,278"#linebreak()#small[#"152 units"]],\n)'
    )


def test_a_row_with_a_cell_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="rows of the table 'Counts' differ in their number of cells"):
        set_(TABLE.replace('<th scope="row">All</th>', ""))


def test_figures_have_words_and_as_much_room_as_there_is() -> None:
    one = '<figure data-figure="chain" id="f" data-width="{}"><figcaption>It rises.</figcaption></figure>'
    assert set_(one.format(105) + '<p><a href="#f">x</a></p>').startswith(
        '#apart([#drawn("chain.svg", alt: "A line that rises", width: 105.00mm, caption: [#"It rises."])#label("f")])'
    )
    assert "width: 170.00mm" in set_(one.format(300))
    two = '<div class="drawn">{}<figure data-figure="map"><figcaption>B</figcaption></figure></div>'
    beside = set_(two.format(one.format(105)))
    assert beside.startswith("#beside([#drawn(")
    assert beside.count("width: 83.00mm") == 2
    assert set_(two.format(one.format(105)), ' class="brief"').count("width: 88.00mm") == 2


@pytest.mark.parametrize(
    ("picture", "fault"),
    [
        (Picture(b"", " \n", SVG), "figure 'chain' says nothing to who cannot see it"),
        (Picture(b"", "A line"), "figure 'chain' has no drawing"),
    ],
)
def test_a_figure_that_some_would_not_have_stops_the_building(picture: Picture, fault: str) -> None:
    main = elements.main_of('<main><h1>A</h1><figure data-figure="chain"></figure></main>')
    with pytest.raises(ValueError, match=fault):
        source(main, {"chain": picture}, "")
    with pytest.raises(ValueError, match="figure 'chain' has no drawing"):
        source(main, {}, "")


def test_what_has_no_form_is_named() -> None:
    with pytest.raises(ValueError, match="no form for <video>"):
        set_("<video></video>")
    with pytest.raises(ValueError, match="no title"):
        source(elements.main_of("<main><p>x</p></main>"), {}, "")


HOSTILE = st.text(st.characters(codec="utf-8"), max_size=40) | st.text('#$@<>[](){}\\"`_*=~/-+\n "', max_size=40)


@settings(max_examples=300)
@given(HOSTILE)
def test_a_literal_is_read_as_the_text_it_was_made_of(text: str) -> None:
    assert json.loads(typst.Compiler(font_paths=printed.fonts()).eval(string(text))) == printable(text)


@settings(max_examples=150)
@given(HOSTILE.filter(lambda text: text.strip(" \t\n\r\f")))
def test_no_word_is_ever_markup(text: str) -> None:
    """Literals aside, the source of a page is that of any page of its form."""
    body = (
        '<h2>{0}</h2><p>a{0}b <a href="https://a.example/{0}">{0}</a> <code>{0}</code></p><ul><li>{0}</li></ul>'
        "<table><caption>{0}</caption><tr><td>x{0}x</td></tr></table>"
    )

    def frame(word: str) -> str:
        return LITERAL.sub('""', set_(body.format(escape(word)))).replace(" ", "")

    assert frame(text) == frame("word")


def equation_of(tex: str, display: bool = True) -> Element:
    main = elements.main_of(f"<main>{equations.mathml(tex, display)}</main>")
    return next(main.all("math"))


@pytest.mark.parametrize(
    ("tex", "told"),
    [
        (r"x_t = \hat\pi", '#math.attach(symbol("x"), b: symbol("t"))#symbol("=")#math.accent(symbol("π"), "^")'),
        (r"\frac{1}{n}", '#math.frac([#"1"], [#symbol("n")])'),
        (r"\sum_{i}^{n} 2", '#math.attach(symbol("∑"), b: [#symbol("i")], t: [#symbol("n")])#"2"'),
        (r"\sqrt{E} \overline{u v}", '#math.sqrt([#[#symbol("E")]])#math.overline([#symbol("u")#symbol("v")])'),
        (r"\sqrt[3]{x}", '#math.root("3", [#symbol("x")])'),
        (r"\left( a \right)", '#math.lr([#symbol("(")#symbol("a")#symbol(")")])'),
        (r"\log \max x", '#math.op("log")#math.op(limits: true, "max")#symbol("x")'),
        (r"a\,\text{ in line}", '#symbol("a")#h(0.167em)#"\u00a0in\u00a0line"'),
        (r"x_i'", '#math.attach(symbol("x"), b: symbol("i"), t: symbol("′"))'),
        (r"\text{\#\"$[x}", '#"\\\\#\\\\\\"$[x"'),
    ],
)  # fmt: skip
def test_equations_are_set_sign_by_sign(tex: str, told: str) -> None:
    made = equation(equation_of(tex))
    assert made == f"math.equation(block: true, alt: {string(tex)}, [#[{told}]])"


def test_an_equation_within_words_is_no_block() -> None:
    assert equation(equation_of("x", display=False)).startswith('math.equation(block: false, alt: "x", ')


def test_an_equation_that_cannot_be_set_is_named() -> None:
    with pytest.raises(
        RunError, match=r"the equation \\cancel\{x\} cannot be set in a PDF: there is no form for <menclose>"
    ):
        equation(equation_of(r"\cancel{x}"))
    silent = equation_of("x + 1")
    silent.attributes = {}
    with pytest.raises(ValueError, match=r"an equation says nothing to who cannot see it: x \+ 1|x\+1"):
        equation(silent)
