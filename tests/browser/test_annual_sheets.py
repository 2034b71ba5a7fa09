"""A year's report as a browser shows it: four sheets at most, however much there is to tell; whole on a phone; axe-clean."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from visits import FORMS, Visit, begin

import annual_results
from crimjust_research import framework
from crimjust_research.report import annual
from crimjust_research.report.annual import figures, own, pages

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
RUN = """options => axe.run(document, options).then(({passes, violations}) => [
    passes.length,
    violations.flatMap(v => v.nodes.slice(0, 3).map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`)),
])"""
SHEETS = 4
_SHEET = re.compile(rb"/Type\s*/Page\b")
# Public figures alone, and SIMULATED records of two years beside them.
KINDS = ("public", "rehearsed")


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a year in which every indicator that is published by year has a figure, an interval and six groups, and of twenty
    own estimates."""
    found = {}
    for kind, year in zip(KINDS, (2024, 2019), strict=True):
        folder, all_of_them = tmp_path_factory.mktemp(kind), framework.load()
        annual_results.publish_all(folder, all_of_them, year)
        told = figures.read(folder, all_of_them, year)
        years = (year, year - 3) if kind == "rehearsed" else ()
        records = [own.read(annual_results.publish_own(folder / str(at), at, more=16), at) for at in years]
        report = annual.gather(folder, all_of_them, told, *records)
        found[kind] = folder / "annual.html"
        found[kind].write_text(pages.page(report, pages.figures(told, report.behind)), encoding="utf-8")
    return found


def visit(browser: Browser, page: Path, form: str) -> Visit:
    return begin(browser, page, FORMS[form])


@pytest.mark.parametrize("kind", KINDS)
def test_prints_on_four_sheets_at_most(kind: str, reported: dict[str, Path], browser: Browser) -> None:
    page = visit(browser, reported[kind], "desktop").page
    sheets = len(_SHEET.findall(page.pdf(format="A4", prefer_css_page_size=True)))
    assert SHEETS - 1 <= sheets <= SHEETS
    page.context.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["desktop", "small phone", "dark"])
def test_is_whole_quiet_and_axe_clean(kind: str, form: str, reported: dict[str, Path], browser: Browser) -> None:
    seen = visit(browser, reported[kind], form)
    page = seen.page
    assert seen.requests == seen.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AXE)
    ran, found = page.evaluate(RUN, RULES)
    assert ran > 10
    assert not found
    page.context.close()


def test_simulated_records_are_marked_over_every_sheet(reported: dict[str, Path], browser: Browser) -> None:
    """The rule that prints the mark stands in the page's style, on the pages its body asks for; the public one has neither."""
    asked = """() => [
        getComputedStyle(document.body).page,
        [...document.styleSheets].flatMap(s => [...s.cssRules]).map(r => r.cssText).filter(t => t.includes('SIMULATED')).length,
    ]"""
    for kind, told in zip(KINDS, (["auto", 0], ["simulated", 1]), strict=True):
        page = visit(browser, reported[kind], "desktop").page
        page.emulate_media(media="print")
        assert page.evaluate(asked) == told
        page.context.close()


def test_no_word_of_a_chart_is_cut_where_another_font_is_wider(reported: dict[str, Path], browser: Browser) -> None:
    page = visit(browser, reported["public"], "desktop").page
    ends = page.locator(".chart > svg text").evaluate_all(
        """all => all.map(text => {
            text.style.fontFamily = "DejaVu Sans";
            const [drawing, part] = [text.closest(".chart > svg"), text.closest(".chart")];
            const clips = getComputedStyle(drawing).overflow === "visible" ? part : drawing;
            const right = text.getBoundingClientRect().right;
            return [text.textContent, right - drawing.getBoundingClientRect().right, right - clips.getBoundingClientRect().right];
        })"""
    )
    page.context.close()
    assert max(over for _, over, _ in ends) > 0  # or nothing was there to be cut
    assert not [text for text, _, over in ends if over > 0]
