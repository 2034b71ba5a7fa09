"""Each page without a mouse: the skip link first, every control in its turn, and always in sight where one is."""

import pytest
from looked_at import PAGES, WHOLE_PAGES, Look

FIRST = 40  # stops that are reached by pressing Tab; all others by their place in the document


@pytest.mark.parametrize("name", PAGES)
def test_the_first_stop_skips_to_the_content(name: str, look: Look) -> None:
    page = look(name, alone=True).page
    page.keyboard.press("Tab")
    link = page.locator(":focus")
    box = link.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert (link.get_attribute("href") or "").startswith("#")
    page.keyboard.press("Enter")
    inside = "document.activeElement.closest('main') !== null"
    if not page.evaluate(inside):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)


@pytest.mark.parametrize("name", PAGES)
def test_tab_stops_at_everything_in_the_order_of_the_page(name: str, look: Look) -> None:
    visit = look(name, alone=True)
    assert not visit.ask("look.passedBy()")
    stops = min(FIRST, visit.ask("look.stops()"))
    reached = []
    for _ in range(stops):
        visit.page.keyboard.press("Tab")
        reached.append(visit.ask("look.focused()"))
    assert reached == list(range(stops))


@pytest.mark.parametrize("form", ["desktop", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_the_place_of_the_keyboard_is_seen(name: str, form: str, look: Look) -> None:
    visit = look(name, form, alone=True)
    visit.ask("look.openAll()")
    visit.page.keyboard.press("Tab")
    assert not visit.ask("look.unmarked()")


@pytest.mark.parametrize("key", ["Enter", "Space"])
@pytest.mark.parametrize("name", WHOLE_PAGES)
def test_details_unfold_and_fold_by_key(name: str, key: str, look: Look) -> None:
    page = look(name, alone=True).page
    details = page.locator("main details:not([open])").first
    summary = details.locator("summary").first.element_handle()
    assert summary
    opened = []
    summary.focus()
    for _ in range(2):
        page.keyboard.press(key)
        opened.append(summary.evaluate("s => s.parentElement.open"))
    assert opened == [True, False]
