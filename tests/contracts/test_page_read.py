"""The page of the reference results as a reader meets it: each number leads somewhere, no block is a wall of text."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from crimjust_research.report import html

REPORTS = Path(__file__).parents[2] / "reports"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
# Numbers that lead nowhere, each kind with the reason why.
DECLARED = {
    "dates": rf"(?:\d{{1,2}} )?{_MONTH} \d{{4}}|\b(?:19|20)\d\d(?:-\d\d){{0,2}}(?:H[12])?\b",
    "names": r"\b4-ANPP\b|\bOutcomes? \d(?: and \d)?|\bversion \d\b|\(\d\)",
    "levels of intervals and of tests, which the plan sets": r"\d+% intervals?|p below 0\.05|where 50% is asked for",
    "counts of questions, which the picture and the scorecard show": (
        r"\d+ (?:new )?questions?|Of the \d+|\d+ of them anew|\d+ more have|\d+ (?:is|are) graded|"
        r"\d+ “?(?:supported|contrary|suggestive|no effect of that size|undecided|not answerable|no public data)"
    ),
}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
LINK = re.compile(r'<a href="#[^"]+"[^>]*>.*?</a>', re.DOTALL)
WORDS = 90


@pytest.fixture(scope="module")
def page() -> str:
    return html.pages_of(html.read(REPORTS))[html.PAGE]


def within(page: str, pattern: str) -> list[str]:
    return re.findall(pattern, page, re.DOTALL)


def told(page: str) -> Iterator[str]:
    """What the answers, the verdicts, the opening and the changes say, as HTML; of a change what is now the case.

    What the last report said is kept in its snapshot, and why something changed is told in the words of the plan.
    """
    yield from within(page, r'<p class="answer">(.*?)</p>')
    yield from within(page, r'<div class="grade">\s*<p>(.*?)</p>')
    yield from within(within(page, r'<div class="outcomes">(.*?)<h3>What is not known')[0], r"<p>(.*?)</p>")
    yield from within(within(page, r'<div class="asked">(.*?)</div>')[0], r"<p>(.*?)</p>")
    yield from within(within(page, r'<dl class="changes">(.*?)</dl>')[0], r"<dt>(.*?)</dt>")
    yield from within(page, r'<span class="tells">Now:</span>(.*?)</dd>')


def unlinked(text: str) -> list[str]:
    """Sentences with a number that is neither a link, nor in a sentence with one, nor of a declared kind."""
    found = []
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", text):
        rest = unescape(re.sub(r"<[^>]+>", "", sentence))
        for pattern in DECLARED.values():
            rest = re.sub(pattern, "", rest)
        if NUMBER.search(rest) and not LINK.search(sentence):
            found.append(sentence)
    return found


def test_each_number_that_is_told_leads_to_its_estimate_or_stands_beside_one_that_does(page: str) -> None:
    texts = list(told(page))
    assert sum(len(LINK.findall(text)) for text in texts) > 100
    assert [sentence for text in texts for sentence in unlinked(text)] == []


@pytest.mark.parametrize(
    "text",
    ["It is 0.20.", '<a href="#estimate-a">0.1</a> is told. Nor is 12.', "Deaths fell to 3,307 in December 2024."],
)
def test_a_number_that_leads_nowhere_is_seen(text: str) -> None:
    assert len(unlinked(text)) == 1


def unfolded(page: str) -> str:
    """The page without what is folded, what scripts and styles hold, and drawings."""
    body = re.sub(r"<(script|style|svg|head)\b.*?</\1>", "", page, flags=re.DOTALL)
    while (shorter := re.sub(r"<details\b(?:(?!<details\b).)*?</details>", "", body, flags=re.DOTALL)) != body:
        body = shorter
    return body


def test_no_block_of_prose_in_sight_is_longer_than_ninety_words(page: str) -> None:
    body = unfolded(page)
    assert 'class="answer"' in body
    assert "<details" not in body
    blocks = [
        re.sub(r"<[^>]+>", "", block)
        for block in re.findall(r"<(?:p|li|dd|dt)\b[^>]*>(.*?)</(?:p|li|dd|dt)>", body, re.DOTALL)
    ]
    assert len(blocks) > 50
    assert [block for block in blocks if len(block.split()) > WORDS] == []


def test_the_sign_of_per_cent_stands_at_its_number_everywhere(page: str) -> None:
    prose = re.sub(r"<pre\b.*?</pre>|<script\b.*?</script>|<style\b.*?</style>", "", page, flags=re.DOTALL)
    assert not re.findall(r".{30}\d[ \u00a0]%.{10}", re.sub(r"<[^>]+>", " ", prose).replace("&nbsp;", " "))
    assert len(re.findall(r"\d%", prose)) > 100


def test_charts_are_named_in_few_words_and_links_to_cells_in_full(page: str) -> None:
    names = re.findall(r'class="chart" role="img" tabindex="0" aria-label="([^"]*)"', page)
    assert len(names) > 80
    assert max(len(unescape(name).split()) for name in names) <= 60
    assert not re.findall(r'<a href="#cell-[^"]*">', page)
    assert len(re.findall(r'<a href="#cell-[^"]*" aria-label="cell \d+ of notebook \d\d">', page)) > 1000
