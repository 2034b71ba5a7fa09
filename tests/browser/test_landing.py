"""Where links lead: within the page to something seen, beside it to a file, and out of it to what can be taken away."""

import base64
import csv
import io
import json
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit
from xml.etree import ElementTree

import pytest
from looked_at import COMMITTED, PAGES, WHOLE_PAGES, Look

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}\.[a-z]{2,6}")
TYPES = {
    ".csv": "text/csv",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".html": "text/html",
    ".zip": "application/zip",
}
_NUMBER = re.compile(r"[-+]?[0-9.]+(e[-+]?[0-9]+)?|[-+]?inf", re.IGNORECASE)


def decoded(address: str) -> tuple[str, bytes]:
    """Media type and content of a data address."""
    head, _, body = address.removeprefix("data:").partition(",")
    kind, *parameters = head.split(";")
    content = unquote_to_bytes(body)
    return kind, base64.b64decode(content, validate=True) if "base64" in parameters else content


def check_content(kind: str, content: bytes) -> None:
    """Fails if the content is not what its type says."""
    assert content
    if kind == "text/csv":
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8")))
        assert len(set(header)) == len(header)
        assert {len(row) for row in rows} <= {len(header)}
        calculated = [cell for row in (header, *rows) for cell in row if cell[1:] and cell[0] in "=+-@\t\r"]
        assert not [cell for cell in calculated if not _NUMBER.fullmatch(cell)]
    elif kind == "image/svg+xml":
        svg = ElementTree.fromstring(content.decode("utf-8"))
        assert svg.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [e.tag for e in svg.iter() if e.tag.endswith("}script")]
    elif kind == "image/png":
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert content.endswith(b"IEND\xaeB`\x82")
    elif kind == "application/json":
        json.loads(content)
    elif kind == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            for member in archive.namelist():
                assert NAME.fullmatch(member), member
                check_content(TYPES[Path(member).suffix], archive.read(member))
    elif kind == "text/html":
        assert content.lower().startswith(b"<!doctype html>")
    else:
        pytest.fail(f"nobody has said what a download of the type {kind!r} should look like")


@pytest.mark.parametrize("form", ["desktop", "no script"])
@pytest.mark.parametrize("name", PAGES)
def test_links_within_the_page_lead_to_something_seen(name: str, form: str, look: Look) -> None:
    assert not look(name, form).ask("look.lost()")


@pytest.mark.parametrize("name", [name for name in COMMITTED if name == "index.html"])
@pytest.mark.parametrize("begin", [".outcomes a", ".grade a", "#scorecard td a", ".checks p a", ".says a", ".answer a"])
def test_four_clicks_lead_from_a_number_to_its_estimate_cell_table_and_publisher(
    begin: str, name: str, look: Look
) -> None:
    page = look(name, alone=True).page
    start = page.locator(f"{begin}[href^='#estimate-']").first
    start.evaluate(
        "e => { for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true; }"
    )
    link = start
    publisher = page.locator("a[href^='http']")
    for following in ("#cell-", "#data-", "#data-"):
        target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
        link.click()
        if target.locator(publisher).count():
            return  # the notebook reads the raw table itself
        link = target.locator(f"a[href^='{following}']").first
        box = link.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 1280, "in sight without scrolling aside"
    target = page.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']")
    link.click()
    assert target.get_by_text("Publisher", exact=True).is_visible()
    assert target.locator(publisher).count()


@pytest.mark.parametrize("name", PAGES)
def test_a_link_to_a_row_that_a_filter_hides_shows_it_again(name: str, look: Look) -> None:
    page = look(name, alone=True).page
    page.evaluate("look.openAll()")
    rows = "[...document.querySelectorAll('.scroll')].filter(box => box.querySelectorAll('tbody tr[id]').length > 15)"
    if name != "index.html":
        assert not page.evaluate(f"{rows}.length"), "it has a table that can be filtered, whose rows have names"
        return
    row = page.evaluate(f"{rows}[0].querySelector('tbody tr').id")
    page.evaluate(f"{rows}[0].previousElementSibling.querySelector('input').id = 'tested'")
    page.locator("#tested").fill("no row holds this")
    shown = page.locator(f"[id='{row}']")
    assert not shown.is_visible()
    page.evaluate("hash => { location.hash = hash; }", row)
    shown.wait_for(state="visible", timeout=2000)


@pytest.mark.parametrize("name", PAGES)
def test_downloads_have_a_name_and_are_what_their_type_says(name: str, look: Look) -> None:
    for link in look(name).ask("look.links()"):
        if not link["href"].startswith("data:"):
            continue
        saved = Path(link["download"] or "")
        assert NAME.fullmatch(saved.name), link["told"]
        kind, content = decoded(link["href"])
        assert kind == TYPES[saved.suffix], saved
        check_content(kind, content)


@pytest.mark.parametrize("name", WHOLE_PAGES)
def test_a_browser_saves_a_download_whole(name: str, look: Look) -> None:
    visit = look(name)
    visit.ask("look.openAll()")
    link = visit.page.locator("a[download][href^='data:']").first
    with visit.page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == link.get_attribute("download")
    assert started.value.path().read_bytes() == decoded(link.get_attribute("href") or "")[1]


@pytest.mark.parametrize("name", PAGES)
def test_links_beside_the_page_lead_to_files_and_parts_of_them(name: str, look: Look) -> None:
    visit = look(name)
    folder = Path(unquote(urlsplit(visit.page.url).path)).parent
    for link in visit.ask("look.links()"):
        parts = urlsplit(link["href"])
        if parts.scheme:
            continue
        target = (folder / unquote(parts.path)).resolve()
        assert target.is_relative_to(folder), link
        assert target.is_file(), link
        if parts.fragment:
            assert f'id="{unquote(parts.fragment)}"' in target.read_text(encoding="utf-8"), link


@pytest.mark.parametrize("name", PAGES)
def test_other_links_are_plain_addresses_of_the_web(name: str, look: Look) -> None:
    for link in look(name).ask("look.links()"):
        scheme = urlsplit(link["href"]).scheme
        assert scheme in ("", "data", "http", "https"), link["told"]
        assert scheme not in ("http", "https") or "noreferrer" in link["rel"], link["told"]
