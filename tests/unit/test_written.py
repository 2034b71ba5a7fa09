"""Files that are written again: what somebody made of one is set aside, everything else goes as it came."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_checkout import CAME, Checkout

from crimjust_research import project, written
from crimjust_research.data.own_records import templates
from crimjust_research.errors import DataError
from crimjust_research.report import codebook
from crimjust_research.runs import notebook_text, promotion

TEXT = "# params: toy.params:Params\n# %% [markdown]\n# Title\n"


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


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


def test_files_come_among_others_which_stay_as_they_are(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "paper.tex").write_text("mine")
    (tmp_path / "b.csv").write_text("mine")
    written.among(tmp_path, {"a.csv": b"1"})
    written.among(tmp_path, {"c.csv": b"1"})
    written.among(tmp_path, {"a.csv": b"2"})
    assert not (tmp_path / written.ASIDE).exists()
    (tmp_path / "c.csv").write_text("mended")
    written.among(tmp_path, {"a.csv": b"3", "b.csv": b"1", "c.csv": b"2"})
    (aside,) = (tmp_path / written.ASIDE).iterdir()
    assert texts(aside) == {"b.csv": "mine", "c.csv": "mended"}
    assert str(aside) in caplog.text
    there = {path.name: path.read_text() for path in tmp_path.glob("*.*") if not path.name.startswith(".")}
    assert there == {"paper.tex": "mine", "a.csv": "3", "b.csv": "1", "c.csv": "2"}


def test_what_was_written_before_a_disk_was_full_is_known_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = project.write_atomically

    def no_room_for_b(path: Path, content: bytes) -> None:
        if path.name == "b.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(project, "write_atomically", no_room_for_b)
    with pytest.raises(OSError, match="No space left"):
        written.among(tmp_path, {"a.csv": b"1", "b.csv": b"1"})
    monkeypatch.undo()
    written.among(tmp_path, {"a.csv": b"2", "b.csv": b"2"})
    assert not (tmp_path / written.ASIDE).exists()


@CAME
def test_a_file_of_a_checkout_goes_only_if_it_was_written_so_or_came_so(
    tmp_path: Path, came: Callable[..., None]
) -> None:
    place, aside = tmp_path / "docs" / "page.md", tmp_path / "reports" / written.ASIDE
    assert written.checkout(tmp_path, {"docs/page.md": b"1"}) == ("docs/page.md",)
    assert written.checkout(tmp_path, {"docs/page.md": b"1"}) == ()
    written.checkout(tmp_path, {"docs/page.md": b"2"})
    assert not aside.exists()  # as it was written
    place.write_text("mine")
    written.checkout(tmp_path, {"docs/page.md": b"3"})
    assert list(texts(aside).values()) == ["mine"]
    place.write_text("as it came")
    came(tmp_path, "docs/page.md")
    written.checkout(tmp_path, {"docs/page.md": b"4"})
    place.write_text("mine since")
    written.checkout(tmp_path, {"docs/page.md": b"5"})
    assert sorted(texts(aside).values()) == ["mine", "mine since"]
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
    own.write_text("id,role,estimate,p_value,p_adjusted\ntotal,own,,,\n")
    promotion.pool(checkout.reports)
    table = checkout.reports / promotion.POOLED
    table.write_text("noted by hand")
    promotion.pool(checkout.reports)
    assert list(texts(checkout.reports / written.ASIDE).values()) == ["noted by hand"]
    assert table.read_text().startswith("run,id")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_new_file_has_the_permissions_the_mask_gives_and_one_replaced_keeps_its_own(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        project.write_atomically(tmp_path / "new", b"1")
        os.umask(0o002)
        project.write_atomically(tmp_path / "shared", b"1")
        project.write_atomically(tmp_path / "new", b"2")
    finally:
        os.umask(before)
    assert (mode(tmp_path / "new"), mode(tmp_path / "shared")) == (0o600, 0o664)
    assert sorted(texts(tmp_path).items()) == [("new", "2"), ("shared", "1")]


@pytest.mark.parametrize("name", ["../out.txt", "/out.txt", "a/../../out.txt", "..", ".", "", "a\0b"])
def test_a_name_that_leads_out_of_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="names no file below"):
        project.below(tmp_path, name)


@pytest.mark.parametrize("same", [True, False])
def test_a_list_of_files_says_nothing_of_those_outside_its_folder(tmp_path: Path, same: bool) -> None:
    folder, outside = tmp_path / "out", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    victims = [tmp_path / "victim.txt", outside / "victim.txt"]
    for victim in victims:
        victim.write_text("precious")
    digest = sha256(b"precious") if same else "0" * 64
    entries = ["../victim.txt", str(victims[1]), "sub/../../victim.txt", "..", ".", "a\0b"]
    (folder / written.MARK).write_text("\n".join(["test", *(f"{digest}  {entry}" for entry in entries), "junk", ""]))
    written.into(folder, "test", {"a.csv": b"1"})
    assert [victim.read_text() for victim in victims] == ["precious", "precious"]
    assert {path.name for path in folder.iterdir()} == {"a.csv", written.MARK}


def test_nothing_is_written_or_removed_through_a_link(tmp_path: Path) -> None:
    named, folder, outside = tmp_path / "named", tmp_path / "out", tmp_path / "outside"
    named.symlink_to(folder)  # the folder a person names may be a link
    folder.mkdir()
    written.into(named, "test", {"a.csv": b"1", "figures/b.csv": b"1", "figures/old.csv": b"1"})
    (folder / "figures").rename(outside)
    (folder / "figures").symlink_to(outside)
    (outside / "mine.txt").write_text("mine")
    for files in ({"figures/b.csv": b"2"}, {"a.csv": b"2"}):
        with pytest.raises(DataError, match=r"figures is a link, and nothing is written through one; put a folder in"):
            written.into(named, "test", files)
    assert texts(outside) == {"b.csv": "1", "old.csv": "1", "mine.txt": "mine"}
    assert (folder / "a.csv").read_text() == "1"


def test_a_link_or_a_folder_in_the_place_of_a_file_is_set_aside_as_it_is(tmp_path: Path) -> None:
    folder, outside = tmp_path / "out", tmp_path / "outside.csv"
    written.into(folder, "test", {"a.csv": b"1", "b.csv": b"1", "c.csv": b"1"})
    for name in ("a.csv", "b.csv", "c.csv"):
        (folder / name).unlink()
    outside.write_text("1")
    (folder / "a.csv").symlink_to(outside)
    (folder / "b.csv").symlink_to("nowhere")
    (folder / "c.csv").mkdir()
    (folder / "c.csv" / "mine.txt").write_text("mine")
    written.into(folder, "test", {"a.csv": b"2", "c.csv": b"2"})
    (aside,) = (folder / written.ASIDE).iterdir()
    assert ((aside / "a.csv").readlink(), (aside / "b.csv").readlink()) == (outside, Path("nowhere"))
    assert (aside / "c.csv" / "mine.txt").read_text() == "mine"
    assert outside.read_text() == "1"
    assert [(folder / name).read_text() for name in ("a.csv", "c.csv")] == ["2", "2"]


def test_a_mark_that_is_a_link_or_no_text_claims_nothing(tmp_path: Path) -> None:
    for content in (b"\xff\xfe", None):
        folder = tmp_path / str(content is None)
        folder.mkdir()
        if content is None:
            (tmp_path / "mark").write_text("test\n")
            (folder / written.MARK).symlink_to(tmp_path / "mark")
        else:
            (folder / written.MARK).write_bytes(content)
        with pytest.raises(DataError, match="holds files that no test left there"):
            written.into(folder, "test", {"a.csv": b"1"})


def test_what_is_set_aside_takes_the_place_of_nothing(tmp_path: Path) -> None:
    base, aside = tmp_path / "base", tmp_path / "aside"
    for text in ("same", "same", "other"):
        (base / "sub").mkdir(parents=True, exist_ok=True)
        (base / "sub" / "mine.txt").write_text(text)
        (base / "a").write_text(text[:1])
        (base / "b").write_text(text[1:])
        written.set_aside(["sub/mine.txt", "a", "b"], base, aside)
    assert sorted(texts(aside).values()) == sorted(["same", "same", "other", "s", "s", "o", "ame", "ame", "ther"])


def test_what_cannot_be_set_aside_stays_and_what_was_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on another file system, where nothing can be renamed to, and which is full."""
    base, aside = tmp_path / "base", tmp_path / "aside"
    base.mkdir()
    for name in ("a.txt", "b.txt"):
        (base / name).write_text(name)

    def elsewhere(*_: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    def full(source: Path, target: Path, **_: object) -> None:
        if source.name == "b.txt":
            raise OSError(errno.ENOSPC, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    monkeypatch.setattr(os, "rename", elsewhere)
    with monkeypatch.context() as patch:
        patch.setattr(written.shutil, "copy2", full)
        patch.setattr(written.shutil.move, "__defaults__", (full,))
        with pytest.raises(OSError, match="No space left"):
            written.set_aside(["a.txt", "b.txt"], base, aside)
    assert (list(texts(aside).values()), texts(base)) == (["a.txt"], {"b.txt": "b.txt"})
    assert "a.txt" in caplog.text
    written.set_aside(["b.txt"], base, aside)
    assert (sorted(texts(aside).values()), texts(base)) == (["a.txt", "b.txt"], {})


def test_a_checkout_is_not_written_through_a_link(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "page.md").write_text("mine")
    root.mkdir()
    (root / "docs").symlink_to(outside)
    with pytest.raises(DataError, match="docs is a link, and nothing is written through one"):
        written.checkout(root, {"docs/page.md": b"1"})
    assert texts(outside) == {"page.md": "mine"}
    written.checkout(root, {"docs/page.md": b"1"}, below=root / "docs")
    assert texts(outside) == {"page.md": "1"}
    assert list(texts(root / "reports" / written.ASIDE).values()) == ["mine"]


def test_a_failed_run_writes_over_nothing_of_somebody_else_s(checkout: Checkout, tmp_path: Path) -> None:
    failed = checkout.reports / "failed" / "01_toy-12345678"
    failed.mkdir(parents=True)
    (failed / "error.txt").write_text("mine")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine, too")

    def fails() -> None:
        output = tmp_path / "output"
        (output / "figures" / "none").mkdir(parents=True)
        (output / "b\udcff.txt").write_text("saved")
        promotion.keep_failed(failed, tmp_path / "none", output, "an error")

    fails()
    (failed / "output" / "link").symlink_to(outside)
    (failed / "output" / "broken").symlink_to("nowhere")
    promotion.forget_failed(failed)
    assert not failed.exists()
    aside = checkout.reports / written.ASIDE
    assert list(texts(aside).values()) == ["mine"]
    assert {path.name for path in aside.rglob("*") if path.is_symlink()} == {"link", "broken"}
    failed.symlink_to(outside)
    fails()
    promotion.forget_failed(failed)
    assert texts(outside) == {"mine.txt": "mine, too"}
