"""Pages of results whose every text is hostile: shown as text, and nothing runs, whether the page's policy holds or not."""

from pathlib import Path

import pytest
from hostile_results import FLAG, RUNS, TEXTS
from looked_at import HOSTILE_PAGES, REPORTS, Look
from playwright.sync_api import Browser
from test_landing import decoded
from visits import DESKTOP, begin

RAN = f"window.{FLAG}"
RAW = f'<script>{RUNS}</script><img src="data:," onerror="{RUNS}"><svg onload="{RUNS}"></svg>'


@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_nothing_runs(name: str, bypass: bool, look: Look) -> None:
    visit = look(name, bypass_csp=bypass)
    visit.ask("look.openAll()")
    visit.page.wait_for_timeout(100)
    assert visit.ask(RAN) is None
    assert not visit.requests
    assert not visit.complaints


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_every_text_is_shown_as_it_is(name: str, look: Look) -> None:
    visit = look(name)
    visit.ask("look.openAll()")
    shown = " ".join(visit.page.locator("body").inner_text().split())
    assert not [text for text in TEXTS if " ".join(text.replace("`", "").split()) not in shown]


@pytest.mark.parametrize("name", HOSTILE_PAGES)
def test_hostile_text_makes_no_element(name: str, look: Look) -> None:
    page = look(name).page
    assert not page.locator("iframe, img[src=x], [onerror], [onload], u").count()
    assert not page.locator("a[href*='javascript:' i]").count()


def test_documents_to_be_saved_run_nothing(look: Look, browser: Browser, tmp_path: Path) -> None:
    for link in look(HOSTILE_PAGES[0]).ask("look.links()"):
        if not link["href"].startswith(("data:text/html", "data:image/svg")):
            continue
        saved = tmp_path / link["download"]
        saved.write_bytes(decoded(link["href"])[1])
        page = browser.new_page()
        page.goto(saved.as_uri())
        assert page.evaluate(RAN) is None, saved.name
        page.close()


@pytest.mark.parametrize("bypass", [False, True], ids=["policy", "no policy"])
@pytest.mark.parametrize("name", sorted(path.name for path in REPORTS.glob("*.html")))
def test_markup_that_slipped_through_would_be_stopped_by_the_policy_alone(
    name: str, bypass: bool, browser: Browser, tmp_path: Path
) -> None:
    text = (REPORTS / name).read_text(encoding="utf-8")
    slipped = tmp_path / name
    slipped.write_text(text.replace("</main>", f"{RAW}</main>"), encoding="utf-8")
    visit = begin(browser, slipped, DESKTOP | {"bypass_csp": bypass})
    visit.page.wait_for_timeout(100)
    assert visit.ask(RAN) == (1 if bypass else None)
    visit.page.context.close()
