"""What axe-core finds against WCAG 2.1, levels A and AA, everything unfolded. Words of charts: `test_seen.py`."""

from importlib.resources import files

import pytest
from looked_at import PAGES, Look

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
    "resultTypes": ["violations"],
    "elementRef": False,
    "preload": False,  # there is nothing outside the page
}
RUN = """options => axe.run(document, options).then(({passes, violations}) => [
    passes.length,
    violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`)),
])"""


@pytest.mark.parametrize("form", ["desktop", "phone", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(name: str, form: str, look: Look) -> None:
    page = look(name, form).page
    page.evaluate("look.openAll(); look.thin()")
    page.evaluate(AXE)
    ran, found = page.evaluate(RUN, OPTIONS)
    assert ran > 10
    assert not found


def test_axe_would_find_a_picture_without_a_name(look: Look) -> None:
    page = look(PAGES[-1], alone=True).page
    page.evaluate("document.querySelector('main').innerHTML = '<svg role=\"img\"></svg>'")
    page.evaluate(AXE)
    assert page.evaluate("axe.run().then(r => r.violations.map(v => v.id))").count("svg-img-alt") == 1
