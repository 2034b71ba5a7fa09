"""Every link of a document within the repository leads to a file, and to a heading that it has."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "tests").rglob("*.md")))
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(<?([^()\s>]+)>?\)|\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
ANCHOR = re.compile(r'<a id="([^"]+)">')


def links(page: Path) -> list[str]:
    """Addresses a document links to that name no other machine."""
    found = LINK.finditer(CODE.sub("", page.read_text(encoding="utf-8")))
    return [target for link in found if not re.match("[a-z]+:", target := link[1] or link[2])]


@cache
def anchors(page: Path) -> set[str]:
    """What can stand after # in a link to a document: its headings as hosts of repositories name them, and its own."""
    text = page.read_text(encoding="utf-8")
    found: Counter[str] = Counter()
    named = set()
    for heading in HEADING.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        named.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return {*named, *ANCHOR.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{target}: there is no such file"
        assert there.is_relative_to(ROOT), f"{target}: that lies outside the repository"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is no such heading"


def test_the_list_of_documents_names_each_once() -> None:
    index = ROOT / "docs" / "README.md"
    named = sorted((index.parent / target).resolve().relative_to(ROOT).as_posix() for target in links(index))
    documents = [path for path in (ROOT / "docs").rglob("*.*") if path.suffix in {".md", ".toml", ".yaml"}]
    others = [ROOT / name for name in ("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "SECURITY.md")]
    assert named == sorted(path.relative_to(ROOT).as_posix() for path in (*documents, *others) if path != index)
