"""Each page on each screen: it fits, asks for nothing outside, draws its charts, and serves in the dark or without script."""

import pytest
from looked_at import COMMITTED, PAGES, SUMMARIES, WHOLE_PAGES, Look
from visits import FORMS


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", PAGES)
def test_loads_without_a_complaint_or_an_outside_request(name: str, form: str, look: Look) -> None:
    visit = look(name, form)
    assert visit.page.get_by_role("main").inner_text().strip()
    assert not [address for address in visit.requests if not address.startswith("data:")]
    assert not visit.complaints


@pytest.mark.parametrize("form", ["desktop", "phone", "small phone"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_reaches_over_the_sides_folded_or_not(name: str, form: str, look: Look) -> None:
    visit, width = look(name, form), FORMS[form]["viewport"]["width"]
    visit.ask("look.openAll()")
    assert not visit.ask(f"look.overSides({width})")
    assert visit.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("form", ["desktop", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_each_chart_is_drawn_whole_and_named(name: str, form: str, look: Look) -> None:
    visit = look(name, form)
    visit.ask("look.openAll()")
    charts = visit.ask("look.charts()")
    assert charts or name not in COMMITTED
    for chart in charts:
        assert chart["width"] > 100, chart
        assert chart["height"] > 50, chart
        assert chart["marks"] > 5, chart
        assert not chart["cut"], chart
        assert len(chart["name"]) > 10, chart


@pytest.mark.parametrize("form", ["desktop", "dark", "forced colours"])
@pytest.mark.parametrize("name", PAGES)
def test_words_in_charts_stand_out(name: str, form: str, look: Look) -> None:
    assert not look(name, form).ask("look.faintWords()")


@pytest.mark.parametrize("name", PAGES)
def test_a_dark_screen_stays_dark(name: str, look: Look) -> None:
    light, dark = look(name), look(name, "dark")
    assert light.ask("look.ground()") > 0.8 > 0.2 > light.ask("look.ink()")
    assert dark.ask("look.ground()") < 0.1 < 0.5 < dark.ask("look.ink()")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_moves_for_who_asked_for_stillness(name: str, look: Look) -> None:
    assert not look(name, "reduced motion").ask("look.moving()")


@pytest.mark.parametrize("name", PAGES)
def test_without_script_everything_is_there_and_unfolds(name: str, look: Look) -> None:
    visit, scripted = look(name, "no script"), look(name)
    assert visit.ask("look.headings()") == scripted.ask("look.headings()")
    assert len(visit.ask("look.charts()")) == len(scripted.ask("look.charts()"))
    rows = "document.querySelectorAll('tbody tr').length"
    assert visit.ask(rows) == scripted.ask(rows)
    folded = visit.page.locator("main details:not([open])").first
    if folded.count():
        summary = folded.locator("summary").first.element_handle()
        assert summary
        summary.click()
        assert summary.evaluate("s => s.parentElement.open")


@pytest.mark.parametrize("name", WHOLE_PAGES)
def test_a_filter_hides_rows_and_brings_them_back(name: str, look: Look) -> None:
    visit = look(name, alone=True)
    visit.ask("look.openAll()")
    rows = "[...document.querySelectorAll('tbody tr')].filter(row => row.checkVisibility()).length"
    box, before = visit.page.get_by_role("searchbox").first, visit.ask(rows)
    box.fill("no row holds this")
    assert visit.ask(rows) < before
    box.fill("")
    assert visit.ask(rows) == before


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_folds_filters_and_offers_nothing(name: str, look: Look) -> None:
    page = look(name).page
    assert not page.locator("main details").count()
    assert not page.get_by_role("searchbox").count()
    assert not page.locator("a[download]").count()


def test_the_report_that_came_with_the_checkout_is_looked_at() -> None:
    assert "index.html" in COMMITTED
