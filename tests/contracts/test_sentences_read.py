"""Sentences of the reference results read without a gap: no missing number, no blank before a mark, no two blanks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crimjust_research import project
from crimjust_research.evidence.words import plain
from reliability.parameter_sets import GAP

ASSESSMENTS = sorted((project.root() / "reports" / "assessments").glob("*.json"))
SAID = {"answer", "sentence", "says", "title", "caption", "source", "estimand", "method", "specification"}


def sentences(found: object, name: str = "") -> Iterator[str]:
    if isinstance(found, dict):
        for key, value in found.items():
            yield from sentences(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from sentences(value, name)
    elif isinstance(found, str) and name in SAID:
        yield plain(found)


@pytest.mark.parametrize("path", ASSESSMENTS, ids=lambda path: path.stem)
def test_no_sentence_has_a_gap(path: Path) -> None:
    every = list(sentences(json.loads(path.read_text(encoding="utf-8"))))
    assert len(every) > 5
    assert not [each for each in every if GAP.search(each)]


@pytest.mark.parametrize("text", ["It fell , and rose.", "It is nan.", "It is  so.", "Between () and 1.", "In 2024 ."])
def test_a_gap_is_seen(text: str) -> None:
    assert GAP.search(text)
