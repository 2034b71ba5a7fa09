"""The page of one country: two sheets at most, on each screen within its sides, its charts drawn, nothing against WCAG 2.1."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from test_axe import AXE, OPTIONS, RUN
from visits import FORMS, Visit, begin

from crimjust_research.report.country import assembly, known, page

REPORTS = Path(__file__).parents[2] / "reports"
# The most families of drugs, the most crops, the most events, and hardly anything.
COUNTRIES = ("AUS", "COL", "NGA", "ALA")
SCREENS = ("desktop", "phone", "small phone", "dark")
_SHEET = re.compile(rb"/Type\s*/Page\b")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("countries")
    opened = known.open_all(REPORTS)
    made = {iso3: folder / f"{iso3}.html" for iso3 in COUNTRIES}
    for iso3, path in made.items():
        path.write_text(page.of(opened, assembly.told(opened, iso3)), encoding="utf-8")
    return made


@pytest.fixture(params=[(iso3, form) for iso3 in COUNTRIES for form in SCREENS], ids="-".join)
def visit(request: pytest.FixtureRequest, pages: dict[str, Path], browser: Browser) -> Iterator[Visit]:
    iso3, form = request.param
    begun = begin(browser, pages[iso3], FORMS[form])
    yield begun
    begun.page.context.close()


def test_it_fits_each_screen_and_asks_for_nothing(visit: Visit) -> None:
    width = visit.ask("innerWidth")
    assert not visit.ask(f"look.overSides({width})")
    assert visit.ask("document.documentElement.scrollWidth") <= width
    assert not [address for address in visit.requests if not address.startswith("data:")]
    assert not visit.complaints
    for chart in visit.ask("look.charts()"):
        assert chart["width"] > 100, chart
        assert chart["marks"] > 5, chart
        assert not chart["cut"], chart
    visit.page.evaluate(AXE)
    ran, found = visit.page.evaluate(RUN, OPTIONS)
    assert ran > 10
    assert not found


@pytest.mark.parametrize("iso3", COUNTRIES)
def test_it_prints_on_two_sheets_of_which_nothing_is_cut(iso3: str, pages: dict[str, Path], browser: Browser) -> None:
    shown = begin(browser, pages[iso3], FORMS["desktop"]).page
    assert 1 <= len(_SHEET.findall(shown.pdf(format="A4", prefer_css_page_size=True))) <= 2
    shown.emulate_media(media="print")
    for sheet in shown.evaluate("look.sheets()"):
        shown.set_viewport_size({"width": int(sheet["width"]), "height": int(sheet["height"])})
        assert not shown.evaluate("sheet => look.offSheet(sheet)", sheet)
    shown.context.close()
