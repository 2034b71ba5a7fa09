"""CONTRIBUTING's two walks, typed as they stand into a copy of the checkout."""

import re
from pathlib import Path

import pytest
from typed import copy_of_checkout

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<how>file|append)=(?P<path>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
# What a new source or question must not need to touch.
COPIED = ("src", "data", "docs", "notebooks", "pyproject.toml", "requirements.lock")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The copy after both walks, and all that was printed."""
    copy, printed = tmp_path_factory.mktemp("checkout"), ""
    with copy_of_checkout(copy, COPIED) as typed:
        for block in BLOCK.finditer((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
            if block["how"]:
                file = copy / block["path"]
                assert block["how"] == "append" or not file.exists(), f"{block['path']} is another file's name"
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("a" if block["how"] == "append" else "w", encoding="utf-8") as stream:
                    stream.write(block["text"])
            elif block["kind"] == "sh":
                status, told = typed(block["text"])
                assert status == 0, f"{block['text']}\n{told}"
                printed += told
    return copy, printed


def test_the_new_source_is_read_listed_and_described(walked: tuple[Path, str]) -> None:
    copy, printed = walked
    stored = (copy / "data" / "raw" / "human_development" / "2021.csv").read_text()
    assert stored == "iso3,year,hdi\nCOL,2021,0.752\nMEX,2021,0.758\nPAN,2021,0.805\nPER,2021,0.762\n"
    assert "human_development 2021: 4 rows" in printed
    assert "human_development" in (copy / "docs" / "DATA.md").read_text(encoding="utf-8")


def test_the_new_question_runs_departs_and_is_verified(walked: tuple[Path, str]) -> None:
    copy, printed = walked
    assert "17_training: 2 estimates, 0 checks, 1 figures, all as they were" in printed
    assert "start=2016\n    first year of events (whole number from 2016 to 2100)" in printed
    pooled = (copy / "reports" / "estimates.csv").read_text(encoding="utf-8")
    assert "17_training,women," in pooled
    (variant,) = (copy / "reports" / "variants").iterdir()
    assert "end is 2019; registered is 2024" in (variant / "assessments" / "17_training.json").read_text(
        encoding="utf-8"
    )
