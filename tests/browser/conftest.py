"""The pages the report consists of, and a browser to see them with. Screenshots go to the folder CRIMJUST_SCREENSHOTS names.

Each file of tests has a browser of its own: while it runs, no other test of the same process could run an event loop.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_results
import pytest
from looked_at import COMMITTED, HOSTILE_PAGES, REPORTS, Look
from playwright.sync_api import Browser, sync_playwright
from visits import FORMS, Visit, begin

from crimjust_research import report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOTS = os.environ.get("CRIMJUST_SCREENSHOTS")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Continuous integration says so by CI: there nothing is skipped, and a browser that is missing fails each test.
    missing = pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no chromium, chromium-browser or google-chrome is installed",
    )
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker("browser")
            item.add_marker(missing)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no chromium, chromium-browser or google-chrome is installed"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


@pytest.fixture(scope="session")
def hostile_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages made of hostile results: the report with its summary, and a variant's."""
    results = tmp_path_factory.mktemp("results")
    hostile_results.publish(results)
    whole = report.build(results, output=tmp_path_factory.mktemp("report"))
    variant = report.build(results, output=tmp_path_factory.mktemp("variant"), variant="hostile")
    return dict(zip(HOSTILE_PAGES, (whole, whole.with_name("summary.html"), variant), strict=True))


@pytest.fixture(scope="module")
def look(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Look]:
    """Opens a page in a form; tests of a file share what is open, so they leave it as they found it.

    With `alone` it is opened anew for one test, which may do with it what it likes.
    """
    opened: dict[tuple[str, str], Visit] = {}

    def address(name: str) -> Path:
        return REPORTS / name if name in COMMITTED else request.getfixturevalue("hostile_pages")[name]

    def visit(name: str, form: str = "desktop", *, alone: bool = False, **options: Any) -> Visit:
        if alone or options:
            return begin(browser, address(name), FORMS[form] | options)
        if (name, form) not in opened:
            opened[name, form] = begin(browser, address(name), FORMS[form])
            if SCREENSHOTS:
                opened[name, form].photograph(Path(SCREENSHOTS), f"{Path(name).stem}-{form}".replace(" ", "-"))
        return opened[name, form]

    yield visit
    for left in browser.contexts:
        left.close()
