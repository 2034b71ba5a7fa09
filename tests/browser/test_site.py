"""The site as a browser shows it, opened as files and from a server: whole, quiet, searchable, and asking no other machine."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from playwright.sync_api import Browser, Page
from test_axe import AXE, OPTIONS, RUN
from visits import FORMS, begin

ROOT = Path(__file__).parents[2]
NOTEBOOK = "reports/notebooks/05_outcome2_joining.html"
PAGES = (
    *("index.html", "results.html", NOTEBOOK, "docs/guides/author.html", "docs/METHODS.html"),
    *("docs/analysis_plan.html", "docs/DATA.html", "api/composition.html"),
)
# Complete in themselves, and tested as such elsewhere.
REPORT = ("reports/index.html", "reports/summary.html")
_TAG_TO_ELSEWHERE = re.compile(r"<(?!a\b)\w+ [^>]*?(?:href|src|data)=\"(?:https?:)?//[^>]*>")
_STYLE_FROM_ELSEWHERE = re.compile(r"(?:url\(|@import )[\"']?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site built once; every warning ends the build."""
    folder = tmp_path_factory.mktemp("pages") / "site"
    done = subprocess.run(
        [sys.executable, ROOT / "docs/site/build.py", folder], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def pages(site: Path) -> list[Path]:
    return [path for path in sorted(site.rglob("*.html")) if path.relative_to(site).as_posix() not in REPORT]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_nobody_complains_of_nothing_and_fits(name: str, site: Path, browser: Browser) -> None:
    """Nothing of it is wider than a phone, and in the dark as by day axe finds no violation."""
    visit = begin(browser, site / name, FORMS["phone"])
    page = visit.page
    assert not [asked for asked in visit.requests if not asked.startswith((site.as_uri(), "data:"))]
    assert page.evaluate("document.documentElement.scrollWidth") <= FORMS["phone"]["viewport"]["width"]
    page.set_viewport_size(FORMS["desktop"]["viewport"])
    page.evaluate("look.thin()")
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.evaluate("Promise.all(document.getAnimations().map(moving => moving.finished))")  # colours fade over
        ran, found = page.evaluate(RUN, OPTIONS)
        assert ran > 10
        assert not found, theme
    assert not [said for said in visit.complaints if not said.startswith("log:")]
    page.context.close()


def test_a_notebook_shows_its_figures_tables_and_equations(site: Path, browser: Browser) -> None:
    page = begin(browser, site / NOTEBOOK, FORMS["desktop"]).page
    figures = page.evaluate(
        "[...document.querySelectorAll('main figure img')].map(i => [i.naturalWidth, i.width, i.alt.length])"
    )
    assert len(figures) > 3
    assert all(drawn > 300 and shown > 300 and alt > 20 for drawn, shown, alt in figures)
    equations = page.evaluate("[...document.querySelectorAll('main math')].map(m => m.getBoundingClientRect().height)")
    assert len(equations) > 3
    assert all(height > 5 for height in equations)
    assert page.locator("main table.dataframe").count() > 5
    page.context.close()


def searched(page: Page, site: str) -> list[str]:
    """Titles of what a search for a word finds."""
    page.goto(f"{site}/search.html?q=diversification")
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("!document.querySelector('#search-progress')?.textContent.includes('…')")
    return page.locator("#search-results li a").all_inner_texts()


@pytest.mark.parametrize("served", [False, True], ids=["files", "server"])
def test_the_search_finds_and_complains_of_nothing(served: bool, site: Path, address: str, browser: Browser) -> None:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    found = searched(page, address if served else site.as_uri())
    assert "Diversification of what is seized" in found
    assert not complaints
    page.close()


def test_every_link_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in pages(site)}
    places = {path: set(re.findall(r"\bid=\"([^\"]+)\"", text)) for path, text in texts.items()}
    wrong = []
    for path, text in texts.items():
        for link in set(re.findall(r"<a [^>]*?href=\"([^\"]+)\"", text)):
            file, place = urldefrag(unescape(link))
            if re.match("[a-z]+:", file):
                continue
            there = (path.parent / unquote(file)).resolve() if file else path
            if not there.is_file() or (place and there in places and unquote(place) not in places[there]):
                wrong.append(f"{path.relative_to(site)}: {link}")
    assert len(texts) > 60
    assert not wrong


def test_nothing_comes_from_elsewhere_or_tells_of_this_machine(site: Path) -> None:
    for path in (*pages(site), *site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert not _STYLE_FROM_ELSEWHERE.search(text), path
        assert str(ROOT) not in text, path
        assert str(Path(sys.prefix)) not in text, path
        assert "TypeAliasForwardRef" not in text, path  # how Sphinx holds a name, not what it is
        if path.suffix == ".html":
            assert not (found := _TAG_TO_ELSEWHERE.search(text)), (path, found)


def test_what_no_site_left_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    done = subprocess.run(
        [sys.executable, ROOT / "docs/site/build.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "name a new folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
