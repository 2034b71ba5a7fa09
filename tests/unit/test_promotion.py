"""From the staging folder to its place: what a run left is replaced, what is somebody's stays or is set aside."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from toy_checkout import CAME, Checkout

from crimjust_research import locks, project, written
from crimjust_research.errors import DataError
from crimjust_research.runs import promotion, runner
from crimjust_research.runs.record import Layout


def fill(layout: Layout, text: str) -> None:
    """Results that each hold `text`, and their record."""
    page, answer, figures, tables = layout.results
    for file in (page, answer, figures / "f.svg", tables / "t.csv"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    made_of = {"parameters": {}, "code": {}, "versions": {}, "tables": [], "outputs": layout.hashes(), "text": text}
    project.write_atomically(layout.record, json.dumps(made_of).encode())


def staged_and_place(checkout: Checkout) -> tuple[Layout, Layout]:
    """New results that wait to be promoted, and the place where old ones lie."""
    staged, place = Layout(checkout.root / "staging" / "new", "a"), Layout(checkout.reports, "a")
    fill(staged, "new")
    fill(place, "old")
    return staged, place


def found(folder: Path) -> set[str]:
    """The text of every file below a folder, and what its links say."""
    paths = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()] if folder.exists() else []
    return {str(path.readlink()) if path.is_symlink() else path.read_text() for path in paths}


def text(place: Layout) -> str:
    return str(json.loads(place.record.read_text())["text"])


def test_a_failure_to_promote_puts_the_former_results_back(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    staged, place = staged_and_place(checkout)
    before = place.hashes()
    rename = Path.rename

    def full_disk(self: Path, target: Path) -> Path:
        if "new" in self.parts and self.parts[-2:] == ("tables", "a"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full_disk)
    with pytest.raises(OSError, match="No space left"):
        promotion.promote(staged, place)
    assert place.hashes() == before
    assert text(place) == "old"
    monkeypatch.undo()
    monkeypatch.setenv("CRIMJUST_HOME", str(checkout.root))
    promotion.promote(staged, place)
    assert text(place) == "new"
    assert (place.folder / "tables" / "a" / "t.csv").read_text() == "new"
    assert not (place.folder / written.ASIDE).exists()


@pytest.mark.parametrize("room", [True, False], ids=["room", "full disk"])
def test_folders_of_a_container_s_image_are_replaced_though_the_system_renames_none(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, room: bool
) -> None:
    staged, place = staged_and_place(checkout)
    before, rename, copy = place.hashes(), Path.rename, shutil.copytree
    of_the_image = {path.stat().st_ino for path in place.results if path.is_dir()}

    def renamed(self: Path, target: Path) -> Path:
        if self.stat().st_ino in of_the_image:
            raise OSError(errno.EXDEV, "Invalid cross-device link", str(self))
        return rename(self, target)

    def copied(source: Path, target: Path, **options: object) -> Path:
        copy(source, target, **options)
        if not room and source.parent.name == "tables":
            raise OSError(errno.ENOSPC, "No space left on device")
        return target

    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(shutil, "copytree", copied)
    with nullcontext() if room else pytest.raises(OSError, match="No space left"):
        promotion.promote(staged, place)
    assert text(place) == ("new" if room else "old")
    assert room or place.hashes() == before
    assert {file.read_text() for folder in place.results[2:] for file in folder.iterdir()} == {text(place)}


def test_whatever_is_not_of_the_run_is_set_aside_and_links_are_not_followed(checkout: Checkout, tmp_path: Path) -> None:
    staged, place = staged_and_place(checkout)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs.txt").write_text("outside")
    figures = place.results[2]
    (figures / "f.svg").write_text("mended")
    (figures / "sub").mkdir()
    (figures / "sub" / "mine.txt").write_text("mine")
    (figures / "empty").mkdir()
    (figures / "linked").symlink_to(outside)
    (figures / "broken").symlink_to("nowhere")
    (figures / "file").symlink_to(outside / "theirs.txt")
    promotion.promote(staged, place)
    (aside,) = (place.folder / written.ASIDE).iterdir()
    kept = {path.relative_to(aside).as_posix() for path in aside.rglob("*")}
    assert kept == {"figures", "figures/a"} | {
        f"figures/a/{name}" for name in ("f.svg", "sub", "sub/mine.txt", "empty", "linked", "broken", "file")
    }
    assert found(aside) == {"mended", "mine", str(outside), "nowhere", str(outside / "theirs.txt")}
    assert found(outside) == {"outside"}
    assert sorted(path.name for path in figures.iterdir()) == ["f.svg"]


@CAME
def test_what_came_with_the_checkout_is_written_over_though_no_run_left_it(
    checkout: Checkout, came: Callable[..., None]
) -> None:
    staged, place = staged_and_place(checkout)
    page, answer, figures, _ = place.results
    for file in (page, answer, place.record):
        file.write_text("came")
    came(checkout.root, "reports")
    (figures / "f.svg").write_text("mine")
    promotion.promote(staged, place)
    assert text(place) == "new"
    assert found(place.folder / written.ASIDE) == {"mine"}


@pytest.mark.parametrize("mine", ["not a record", '{"note": "mine"}', None])
def test_a_record_that_is_none_is_set_aside_with_the_results_nothing_vouches_for(
    checkout: Checkout, mine: str | None
) -> None:
    staged, place = staged_and_place(checkout)
    place.record.unlink()
    if mine is None:
        place.record.mkdir()
        (place.record / "note.txt").write_text("mine")
    else:
        place.record.write_text(mine)
    promotion.promote(staged, place)
    assert text(place) == "new"
    assert found(place.folder / written.ASIDE) == {"old", mine or "mine"}


def test_a_note_in_a_record_is_kept(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    (done,) = runner.run("01_toy").done
    runner.run("01_toy", force=True)
    assert not (checkout.reports / written.ASIDE).exists()
    noted = done.record.read_text().replace("{", '{"my note": "important",', 1)
    done.record.write_text(noted)
    runner.run("01_toy", force=True)
    assert found(checkout.reports / written.ASIDE) == {noted}
    assert "my note" not in done.record.read_text()


def test_what_cannot_be_set_aside_stays_where_it_is_and_nothing_is_promoted(checkout: Checkout) -> None:
    staged, place = staged_and_place(checkout)
    mine = place.results[2] / "mine.txt"
    mine.write_text("mine")
    (place.folder / written.ASIDE).write_text("in the way")
    with locks.folder_in(checkout.root / "pending") as staging:
        shutil.move(staged.folder, staging / "new")
        with pytest.raises(OSError, match="set-aside"):
            promotion.promote(Layout(staging / "new", "a"), place)
    assert mine.read_text() == "mine"
    assert text(place) == "old"


@pytest.mark.parametrize("at", ["before", "first", "last"])
def test_a_process_killed_while_it_promotes_loses_nothing_of_somebody(checkout: Checkout, at: str) -> None:
    _, place = staged_and_place(checkout)
    (place.results[2] / "mine.txt").write_text("mine")
    dies = {
        "before": "written.set_aside = die",
        "first": "real = written.set_aside\nwritten.set_aside = lambda *a: (real(*a), die())",
        "last": "real = Path.rename\nPath.rename = lambda self, to: die() if self.suffix == '.json' and"
        " 'records' in self.parts and 'new' in self.parts else real(self, to)",
    }[at]
    script = f"""
import os, shutil, sys
from pathlib import Path
from crimjust_research import locks, written
from crimjust_research.runs import promotion
from crimjust_research.runs.record import Layout
def die(*_): os.kill(os.getpid(), 9)
root = Path(os.environ["CRIMJUST_HOME"])
with locks.folder_in(root / "pending") as staging:
    shutil.move(root / "staging" / "new", staging / "new")
    {dies.replace(chr(10), chr(10) + "    ")}
    promotion.promote(Layout(staging / "new", "a"), Layout(root / "reports", "a"))
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    with locks.folder_in(checkout.root / "pending") as staging:
        assert list((checkout.root / "pending").iterdir()) == [staging]  # whatever the killed one left is removed
    assert [path.read_text() for path in checkout.reports.rglob("mine.txt")] == ["mine"]
    assert place.record.exists() == (at != "last")


@pytest.mark.parametrize("linked", ["figures", "figures/a", "tables/a", "notebooks", "records"])
def test_results_are_not_put_where_a_link_leads_elsewhere(checkout: Checkout, tmp_path: Path, linked: str) -> None:
    staged, place = staged_and_place(checkout)
    outside = tmp_path / "outside"
    (place.folder / linked).rename(outside)
    (place.folder / linked).symlink_to(outside)
    (outside / "mine.txt").write_text("mine")
    before = found(outside)
    with pytest.raises(DataError, match=f"{linked} is a link, and nothing is written through one; put a folder"):
        promotion.promote(staged, place)
    assert found(outside) == before
    assert (place.folder / linked).is_symlink()


def test_a_link_among_results_is_refused_before_a_kernel_starts(checkout: Checkout, tmp_path: Path) -> None:
    checkout.notebook("01_toy", ["1 / 0"])
    checkout.reports.mkdir()
    (checkout.reports / "figures").symlink_to(tmp_path)
    with pytest.raises(DataError, match="figures is a link"):
        runner.run("01_toy")
    assert not (checkout.reports / "failed").exists()
