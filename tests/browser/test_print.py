"""Each page on paper: few sheets, nothing cut at an edge, black on white even from a dark screen."""

import re

import pytest
from looked_at import HOSTILE_PAGES, PAGES, Look

SHEETS = {"index.html": 39, "summary.html": 2}  # the report's body, and all of the summary
ANNEXED = 170  # the report's body with its annex: 18 notebooks, the countries and the data
_PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.mark.parametrize("name", [name for name in PAGES if name in SHEETS])
def test_prints_on_few_sheets(name: str, look: Look) -> None:
    page = look(name, alone=True).page
    page.evaluate("look.hideAnnex()")
    sheets = len(_PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True)))
    assert 0 < sheets <= SHEETS[name]


def test_the_annex_is_no_ream(look: Look) -> None:
    page = look("index.html", alone=True).page
    assert SHEETS["index.html"] < len(_PAGE.findall(page.pdf(format="A4", prefer_css_page_size=True))) <= ANNEXED


@pytest.mark.parametrize("name", [name for name in HOSTILE_PAGES if "summary" not in name])
def test_long_tables_are_named_on_paper_and_short_ones_shown(name: str, look: Look) -> None:
    page = look(name, alone=True).page
    page.emulate_media(media="print")
    page.evaluate("look.asPrinted()")
    for kind, shown in ((".unprinted", False), (":not(.unprinted)", True)):
        tables = page.locator(f".part details > .scroll{kind}")
        seen = tables.evaluate_all(
            "all => all.map(e => [e, e.parentElement.querySelector('summary')].map(x => x.checkVisibility()))"
        )
        assert seen
        assert all(pair == [shown, not shown] for pair in seen)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_at_an_edge(name: str, look: Look) -> None:
    page = look(name, alone=True).page
    page.emulate_media(media="print")
    page.evaluate("look.asPrinted()")
    for sheet in page.evaluate("look.sheets()"):
        page.set_viewport_size({"width": int(sheet["width"]), "height": int(sheet["height"])})
        assert not page.evaluate("sheet => look.offSheet(sheet)", sheet)


@pytest.mark.parametrize("name", PAGES)
def test_prints_black_on_white(name: str, look: Look) -> None:
    visit = look(name, "dark", alone=True)
    visit.page.emulate_media(media="print", color_scheme="dark")
    visit.ask("look.asPrinted()")
    assert visit.ask("look.ground()") > 0.9
    assert visit.ask("look.ink()") < 0.1
    assert not visit.ask("look.faintWords()")
