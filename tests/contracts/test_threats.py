"""What the page of threats says is held is held by tests that exist, and that test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "THREATS.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_a_test_that_holds_a_threat_off_exists(name: str) -> None:
    assert "\ndef test_" in (ROOT / name).read_text(encoding="utf-8")


def test_every_way_in_has_what_holds_it_and_its_tests() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| from")]
    assert len(rows) >= 10
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4
        assert all(cells)
        assert cells[3].startswith("`tests/")
