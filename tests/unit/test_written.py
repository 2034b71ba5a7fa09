"""Files that are written again: what somebody made of one is set aside, everything else goes as it came."""

import subprocess
from pathlib import Path

import pytest
from toy_checkout import Checkout

from crimjust_research import written
from crimjust_research.data.own_records import templates
from crimjust_research.errors import DataError
from crimjust_research.report import codebook
from crimjust_research.runs import notebook_text, promotion

TEXT = "# params: toy.params:Params\n# %% [markdown]\n# Title\n"


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def git(folder: Path, *command: str) -> None:
    known = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", "-C", str(folder), *known, *command], check=True, capture_output=True)


def test_results_take_the_place_of_those_before_and_of_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "out"
    written.into(folder, "test", {"a.csv": b"1", "b/c.csv": b"1", "d.csv": b"1"})
    (folder / "mine.txt").write_text("mine")
    (folder / "d.csv").write_text("mine")
    written.into(folder, "test", {"a.csv": b"2"})
    (folder / written.MARK).unlink()
    (aside,) = (folder / written.ASIDE).iterdir()
    assert texts(folder) == {"a.csv": "2", "mine.txt": "mine", f"{written.ASIDE}/{aside.name}/d.csv": "mine"}
    assert str(aside) in caplog.text
    with pytest.raises(DataError, match="holds files that no test left there"):
        written.into(folder, "test", {"a.csv": b"3"})
    assert (folder / "a.csv").read_text() == "2"


def test_a_file_of_a_checkout_goes_only_if_it_was_written_so_or_git_has_it(tmp_path: Path) -> None:
    place, aside = tmp_path / "docs" / "page.md", tmp_path / "reports" / written.ASIDE
    assert written.checkout(tmp_path, {"docs/page.md": b"1"}) == ("docs/page.md",)
    assert written.checkout(tmp_path, {"docs/page.md": b"1"}) == ()
    written.checkout(tmp_path, {"docs/page.md": b"2"})
    assert not aside.exists()  # as it was written
    place.write_text("mine")
    written.checkout(tmp_path, {"docs/page.md": b"3"})
    assert list(texts(aside).values()) == ["mine"]
    git(tmp_path, "init")
    place.write_text("committed")
    git(tmp_path, "add", "docs/page.md")
    git(tmp_path, "commit", "-m", "One")
    written.checkout(tmp_path, {"docs/page.md": b"4"})
    place.write_text("mine, uncommitted")
    written.checkout(tmp_path, {"docs/page.md": b"5"})
    assert sorted(texts(aside).values()) == ["mine", "mine, uncommitted"]
    assert place.read_text() == "5"


def test_a_template_somebody_filled_in_is_kept(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.delenv("CRIMJUST_HOME")  # the schemas are those of this project
        fresh = {f"{codebook.TEMPLATES}/{name}": content for name, content in templates().items()}
    monkeypatch.setattr(codebook, "contents", lambda *_: fresh)
    codebook.write(checkout.root, None, None, ())  # type: ignore[arg-type]
    filled = checkout.root / codebook.TEMPLATES / "cases.csv"
    filled.write_text(filled.read_text() + "C1,2020-01-01\n")
    records = filled.read_text()
    assert codebook.write(checkout.root, None, None, ()) == (f"{codebook.TEMPLATES}/cases.csv",)  # type: ignore[arg-type]
    assert list(texts(checkout.reports / written.ASIDE).values()) == [records]
    assert "data/templates/cases.csv" in caplog.text
    assert filled.read_bytes() == fresh[f"{codebook.TEMPLATES}/cases.csv"]


def test_a_notebook_edited_since_it_was_written_is_kept(checkout: Checkout, tmp_path: Path) -> None:
    text = tmp_path / "50_mine.py"
    text.write_text(TEXT)
    place = notebook_text.write(text)
    text.write_text(TEXT + "# %%\n1\n")
    assert notebook_text.write(text) == place
    assert not (checkout.reports / written.ASIDE).exists()
    edited = place.read_text().replace("Title", "An hour's work")
    place.write_text(edited)
    notebook_text.write(text)
    assert list(texts(checkout.reports / written.ASIDE).values()) == [edited]
    assert "An hour's work" not in place.read_text()


def test_what_somebody_made_of_a_failed_run_is_kept(checkout: Checkout, tmp_path: Path) -> None:
    executed = tmp_path / "executed.ipynb"
    executed.write_text("as it failed")
    failed = checkout.reports / "failed" / "01_toy-12345678"
    promotion.keep_failed(failed, executed, tmp_path / "none", "an error")
    (failed / "notebook.ipynb").write_text("mended by hand")
    promotion.forget_failed(failed)
    assert not failed.exists()
    assert list(texts(checkout.reports / written.ASIDE).values()) == ["mended by hand"]
    (failed / "own").mkdir(parents=True)
    (failed / "own" / "notes.txt").write_text("never a run's")
    promotion.forget_failed(failed)
    assert (failed / "own" / "notes.txt").is_file()


def test_a_pooled_table_somebody_changed_is_kept(checkout: Checkout) -> None:
    own = checkout.reports / "tables" / "01_toy" / "estimates.csv"
    own.parent.mkdir(parents=True)
    own.write_text("id,role,p_value,p_adjusted\ntotal,own,,\n")
    promotion.pool(checkout.reports)
    table = checkout.reports / promotion.POOLED
    table.write_text("noted by hand")
    promotion.pool(checkout.reports)
    assert list(texts(checkout.reports / written.ASIDE).values()) == ["noted by hand"]
    assert table.read_text().startswith("run,id")
