"""Equations as Word's own: all that notebooks write come through with every sign, in forms that Word knows."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from lxml import etree

import word_files
from crimjust_research.report import elements, equations
from crimjust_research.report.word import omml
from word_files import M

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
_TEX = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)


def made(mathml: str) -> ElementTree.Element:
    """An equation of a page as Word's own."""
    (math,) = elements.main_of(f"<main><p>{mathml}</p></main>").all("math")
    return ElementTree.fromstring(etree.tostring(omml.equation(math)))


def short(element: ElementTree.Element) -> str:
    """An equation by the names of its forms, letters as they are."""
    name = element.tag.removeprefix(M)
    inner = "".join(short(child) for child in element if child.tag.startswith(M))
    if name in ("t", "r", "rPr", "e", "oMath"):
        return element.text or "" if name == "t" else inner
    values = "".join(f"={value}" for value in element.attrib.values())
    return "" if name == "sty" else f"{name}{values}({inner})" if inner or not values else f"{name}{values} "


def signs(element: ElementTree.Element) -> list[str]:
    """All that is drawn, in no order: a sum's sign and brackets that grow are values of theirs."""
    told = "".join(str(one.text) for one in element.iter(f"{M}t"))
    for name in ("chr", "begChr", "endChr"):
        told += "".join(one.get(f"{M}val", "") for one in element.iter(f"{M}{name}"))
    return sorted(re.sub(r"[\s\u200b\u0302-\u0305]", "", told))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_equation_of_the_notebooks_comes_through(path: Path) -> None:
    texts = ["".join(one["source"]) for one in json.loads(path.read_text())["cells"] if one["cell_type"] == "markdown"]
    found = [(block or inline, bool(block)) for text in texts for block, inline in _TEX.findall(text)]
    assert found
    for tex, display in found:
        mathml = equations.mathml(tex, display=display)
        assert mathml.startswith("<math"), tex
        read = made(mathml)
        assert list(word_files.equation_faults(read)) == [], tex
        drawn = "".join(ElementTree.fromstring(mathml).itertext())
        # What stands over a letter is a form of Word's.
        assert signs(read) == sorted(re.sub(r"[\s^~¯―]", "", drawn)), tex


@pytest.mark.parametrize(
    ("tex", "told"),
    [
        (r"x_i^2 + y", "sSubSup(xsub(i)sup(2))+y"),
        (r"\hat\beta", "acc(accPr(chr=\u0302 )β)"),
        (r"\overline{uv}", "bar(barPr(pos=top )uv)"),
        (r"\frac{a}{b}", "f(num(a)den(b))"),
        (r"\sqrt{a}", "rad(radPr(degHide=1 )deg()a)"),
        (r"\sqrt[3]{a}", "rad(deg(3)a)"),
        (r"\log h", "func(fName(log)h)"),
        (r"\log(h)", "log(h)"),
        (r"a \quad b", "anor()\u2003b"),
        (r"\text{if } x", "nor()if x"),
        (r"(t - T)_+ + 1", "sSub((t−T)sub(nor()+))+1"),
        (r"\left[\frac{a}{b}\right]", "d(dPr(begChr=[ endChr=] )f(num(a)den(b)))"),
        (r"\sum_{i=1}^n x_i + 1", "nary(naryPr(chr=∑ limLoc=undOvr )sub(i=1)sup(n)sSub(xsub(i)))+1"),
        (r"\sum_j y_j / 2", "nary(naryPr(chr=∑ limLoc=undOvr supHide=1 )sub(j)sup()sSub(ysub(j)))/2"),
        (r"(1 - \sum a)", "(1−nary(naryPr(chr=∑ limLoc=undOvr subHide=1 supHide=1 )sub()sup()a))"),
        (r"\begin{matrix} a & b \\ c & d\end{matrix}", "m(mPr(mcs(mc(mcPr(count=2 ))))mr(ab)mr(cd))"),
        (r"\underbrace{a}_{b}", "limLow(groupChr(groupChrPr(chr=⏟ pos=bot vertJc=top )a)lim(b))"),
    ],
)
def test_forms(tex: str, told: str) -> None:
    read = made(equations.mathml(tex, display=True))
    assert list(word_files.equation_faults(read)) == []
    assert short(read) == told


def test_limits_stand_beside_a_sum_among_words() -> None:
    (place,) = made(equations.mathml(r"\sum_j y_j")).iter(f"{M}limLoc")
    assert place.get(f"{M}val") == "subSup"


def test_one_letter_is_slanted_and_a_name_upright() -> None:
    told = {
        str(one.findtext(f"{M}t")): [sty.get(f"{M}val") for sty in one.iter(f"{M}sty")]
        for one in made(equations.mathml(r"x + \operatorname{corr}(y) + \mathrm{uz}")).iter(f"{M}r")
    }
    assert (told["x"], told["corr"], told["z"]) == ([], ["p"], ["p"])


def test_an_element_that_word_has_no_form_for_is_refused() -> None:
    with pytest.raises(ValueError, match="no form for <merror>"):
        made("<math><mi>x</mi><merror><mi>y</mi></merror></math>")
