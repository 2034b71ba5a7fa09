"""The page of the reference results: light enough to mail, each section led by its figure, simulated data told where they are."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "reports" / "index.html"


@pytest.fixture(scope="module")
def reference() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_reference_page_is_light_enough_to_mail(reference: str) -> None:
    assert len(reference.encode()) < 5_900_000


def test_simulated_data_are_announced_where_data_are_made_up_and_nowhere_else(reference: str) -> None:
    sections = re.findall(r'<section id="assessment-(\d+)_\w+"(.*?)</section>', reference, re.DOTALL)
    assert [number for number, told in sections if "SIMULATED DATA" in told] == ["06", "11"]


def test_every_section_of_the_reference_page_shows_a_figure_before_it_folds(reference: str) -> None:
    sections = re.findall(r'<section id="assessment-(\w+)"(.*?)<details class="rest">', reference, re.DOTALL)
    assert len(sections) >= 14
    assert [name for name, told in sections if "<figure" not in told and 'href="#figure-' not in told] == []
