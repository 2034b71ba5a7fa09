"""Equations of notebooks as MathML: all of them are read, and nothing that is written in one becomes markup."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from crimjust_research.report import equations

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def cells(*texts: str) -> list[dict[str, Any]]:
    """Text cells above one that is tagged as the registered estimate, and one below."""
    text = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
    return [*text, {"cell_type": "code", "metadata": {"tags": ["registered"]}, "source": "x"}, text[0]]


def drawn(made: str) -> str:
    """What is drawn of equations, without the words for who cannot see them."""
    return re.sub(r' alttext="[^"]*"', "", made)


def test_an_equation_stands_with_what_introduces_and_explains_it() -> None:
    text = "## Head\n\nNot this.\n\nWith $x$ `code` and *all*,\n\n$$y = x.$$\n\nIn words: it\nis.\n\nNor this."
    introduced, displayed, explained = equations.of_model(cells(text, "Without any."))
    assert introduced.startswith(
        '<p class="lead">With <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"'
    )
    assert introduced.endswith("<code>code</code> and <em>all</em>,</p>")
    assert displayed.startswith(
        '<div class="equation"><math xmlns="http://www.w3.org/1998/Math/MathML" display="block"'
    )
    assert explained == "<p>In words: it is.</p>"


def test_a_sentence_that_leads_to_what_does_not_stand_here_is_left_out() -> None:
    told = equations.of_model(
        cells("Of $n$ cases. By year:", "$x$ by year:\n\nNot this.", "Of $n$ cases:\n\n$$n = 1$$")
    )
    assert [re.sub("<math.*?</math>", "n", one) for one in told] == [
        "<p>Of n cases.</p>",
        '<p class="lead">Of n cases:</p>',
        '<div class="equation">n</div>',
    ]


@pytest.mark.parametrize("tex", [r"\frac{a}{b}", 'x < 1 \\text{ & "so"}', "a\n  b"])
def test_who_cannot_see_an_equation_is_told_its_tex(tex: str) -> None:
    made = ElementTree.fromstring(equations.mathml(tex))
    assert made.attrib["alttext"] == " ".join(tex.split())


def test_a_notebook_without_a_registered_estimate_has_none() -> None:
    assert equations.of_model(cells("$x$")[:1]) == ()
    assert equations.of_model([]) == ()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_equation_of_the_notebooks_is_read(path: Path) -> None:
    told = equations.of_model(json.loads(path.read_text())["cells"])
    assert told
    shown = drawn("".join(told))
    assert "<math" in shown
    assert "$" not in shown
    assert "\\" not in shown
    assert " style=" not in shown


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;}",
        r"\style{background:url(//x)}{a}",
        r"\href{javascript:alert(1)}{x}",
        r"\class{a}{b} \color{red}{x}",
        "<b>" * 9,
        "W" * 400,
    ],
)
def test_what_is_written_in_an_equation_becomes_no_markup(tex: str) -> None:
    made = drawn(equations.mathml(tex))
    assert made.startswith("<math ")
    assert not [sign for sign in ("<script", "<b>", "href", " style=", " class=", "color=") if sign in made]


@pytest.mark.parametrize("tex", [r"\frac{", r"\begin{matrix}", "x^", "}"])
def test_what_cannot_be_read_is_shown_as_it_is_written_or_drawn(tex: str) -> None:
    made = equations.mathml(f"{tex}<i>")
    assert made.startswith(("<math ", "<code>"))
    assert "<i>" not in made
