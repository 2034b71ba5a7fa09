"""The frame of the campaigns: which cases are tried, what is written, and how it ends."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from reliability import __main__ as frame
from reliability.campaign import Chosen, Section, drawn


def test_a_share_is_the_first_cases_and_one_case_is_that_alone() -> None:
    assert list(Chosen(0.1).of(500)) == list(range(50))
    assert list(Chosen(0.1).of(3)) == [0]
    assert list(Chosen(case=137).of(500)) == [137]
    with pytest.raises(ValueError, match="numbered from 0 to 499"):
        Chosen(case=500).of(500)


def test_a_case_draws_the_same_whatever_was_tried_before() -> None:
    first = drawn(1, 7).random()
    assert drawn(1, 7).random() == first
    assert drawn(1, 8).random() != first
    assert drawn(2, 7).random() != first


@pytest.fixture
def campaigns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Two toy campaigns, the second of which fails; the page they are written to."""
    found = {
        "sound": Section("Sound", "All is well.", 10, ()),
        "broken": Section("Broken", "Two of them.", 10, ("3: it broke", "7: it broke")),
    }
    monkeypatch.setattr(frame, "CAMPAIGNS", tuple(found))
    monkeypatch.setattr(frame, "TARGET", tmp_path / "page.md")
    modules = {f"reliability.{name}": SimpleNamespace(tried=lambda _, s=section: s) for name, section in found.items()}
    monkeypatch.setattr(frame.importlib, "import_module", modules.__getitem__)
    return tmp_path / "page.md"


def test_a_whole_campaign_stands_on_the_page_and_a_share_leaves_it_alone(campaigns: Path) -> None:
    assert frame.main(["sound", "--share", "0.1"]) == 0
    assert not campaigns.exists()
    assert frame.main(["sound"]) == 0
    told = campaigns.read_text(encoding="utf-8")
    assert "## Sound\n\nAll is well.\n\nTried: 10. Failed: 0." in told
    assert frame.main(["broken"]) == 1
    both = campaigns.read_text(encoding="utf-8")
    assert "## Sound" in both
    assert "Tried: 10. Failed: 2.\n\n- 3: it broke\n\n- 7: it broke" in both


@pytest.mark.parametrize("wrong", [["nothing"], ["sound", "--share", "0"], ["sound", "--share", "1.5"]])
def test_what_does_not_exist_is_refused(campaigns: Path, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    del campaigns
    with pytest.raises(SystemExit) as refused:
        frame.main(wrong)
    assert refused.value.code == 2
    assert "no campaign is called nothing" in (said := capsys.readouterr().err) or "above 0 and up to 1" in said
