"""No reference result is reused once anything it is made of has moved: each input of each notebook, changed in turn."""

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from crimjust_research import project, sources
from crimjust_research.data import catalog, opening, panels, provenance
from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError
from crimjust_research.runs import notebooks, record
from crimjust_research.runs.record import Catalogs, Layout
from crimjust_research.sources import Sources

ROOT = Path(__file__).parents[2]
NAMES = tuple(notebook.name for notebook in notebooks.find())


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of this checkout's code, data, notebooks and results, which this process takes for the project."""
    root = tmp_path_factory.mktemp("copy")
    skipped = shutil.ignore_patterns("__pycache__", "variants", "sweeps", "failed", "interactive", ".pending")
    for part in ("data", "notebooks", "reports", "src"):
        shutil.copytree(ROOT / part, root / part, ignore=skipped)
    (root / "docs").mkdir()
    for file in ("requirements.lock", "docs/analysis_plan.toml"):
        shutil.copy(ROOT / file, root / file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRIMJUST_HOME", str(root))
        package = SimpleNamespace(origin=str(root / "src" / "crimjust_research" / "__init__.py"))
        patch.setattr(sources, "find_spec", lambda top: package if top == "crimjust_research" else None)
        # What the results at hand were made of may be an earlier state of the code; here they are made of this one.
        known = Sources()
        for name in NAMES:
            layout = Layout(root / "reports", name)
            kept = json.loads(layout.record.read_text(encoding="utf-8"))
            used = [{n: table[n] for n in ("table", "vintage", "sha256")} for table in kept["tables"]]
            (notebook,) = notebooks.find(name)
            record.write(record.fingerprint(notebook, known), kept["parameters"], used, layout)
        yield root


def moved(names: Collection[str] = NAMES) -> dict[str, tuple[str, ...]]:
    """What has moved, by those of the notebooks whose results are not as they would come out."""
    known, catalogs = Sources(), Catalogs()
    found = {
        notebook.name: record.moved(
            record.fingerprint(notebook, known), None, Layout(project.root() / "reports", notebook.name), catalogs
        )
        for name in names
        for notebook in notebooks.find(name)
    }
    return {name: phrases for name, phrases in found.items() if phrases}


def _inputs(root: Path) -> dict[Path, set[str]]:
    """Every file some notebook is made of, and the notebooks that are: code, tables, raw tables, plan, lock."""
    raw, processed = Catalogs().raw, Catalogs().processed
    found: dict[Path, set[str]] = {}
    for name in NAMES:
        kept = json.loads(Layout(root / "reports", name).record.read_text(encoding="utf-8"))
        files = [root / "notebooks" / f"{name}.ipynb", root / "requirements.lock", root / "docs" / "analysis_plan.toml"]
        files += [root / ("" if file.startswith("data/") else "src") / file for file in kept["code"]]
        for table in kept["tables"]:
            if (root / table["table"]).is_file():
                files.append(root / table["table"])
            else:
                at = processed if "made_of" in table else raw
                resource = at.resource(table["table"], table["vintage"])
                files.append(at.folder / resource.path)
                # What is behind a panel counts as the panel does.
                behind = provenance.raw_behind(resource, raw) if at is processed else ()
                files += [raw.folder / one.path for one in behind]
        for file in files:
            found.setdefault(file, set()).add(name)
    return found


@pytest.mark.usefixtures("copy")
def test_nothing_moved_to_begin_with() -> None:
    assert moved() == {}


def test_each_input_of_each_notebook_changed_in_turn_is_seen(copy: Path) -> None:
    inputs = _inputs(copy)
    assert len(inputs) > 250
    for file, made_of_it in _one_module_a_folder(inputs).items():
        content = file.read_bytes()
        file.write_bytes(content + b"\n")
        try:
            seen = moved(made_of_it)
        finally:
            file.write_bytes(content)
        reused = made_of_it - seen.keys()
        assert not reused, f"{file.relative_to(copy)} changed, and {reused} were reused"
    assert moved() == {}


def test_every_module_counts_by_its_content(copy: Path) -> None:
    for name in NAMES:
        kept = json.loads(Layout(copy / "reports", name).record.read_text(encoding="utf-8"))
        for file, digest in kept["code"].items():
            content = (copy / ("" if file.startswith("data/") else "src") / file).read_bytes()
            assert hashlib.sha256(content).hexdigest().startswith(digest), file
            assert len(digest) == 16


def _one_module_a_folder(inputs: dict[Path, set[str]]) -> dict[Path, set[str]]:
    """All inputs but modules, and of the modules of each folder the last: that each counts is tested by its hash."""
    modules = {file.parent: file for file in sorted(inputs) if file.suffix == ".py"}
    return {file: of for file, of in inputs.items() if file.suffix != ".py" or modules[file.parent] == file}


def test_no_panel_is_opened_over_a_raw_table_changed_by_hand(copy: Path) -> None:
    (raw,) = (one for one in Catalogs().raw.resources if one.table.name == "gdp" and one.latest)
    file = copy / "data" / "raw" / raw.path
    before = file.read_bytes()
    changed = file.stat().st_size // 2
    file.write_bytes(before[:changed] + bytes([before[changed] ^ 1]) + before[changed + 1 :])
    try:
        why = f"data/raw/{raw.path} is not the file that was catalogued"
        assert provenance.outdated(Sources())["country_year"] == why
        assert any(f"({why})" in phrase for phrases in moved().values() for phrase in phrases)
        with pytest.raises(DataError, match=f"{raw.path} is not the file that was catalogued.*; restore it from git"):
            opening.open_panel("country_year")
    finally:
        file.write_bytes(before)
    panel = Catalogs().processed.resource("country_year")
    made = copy / "data" / "processed" / panel.path
    before = made.read_bytes()
    made.write_bytes(before + b"\n")
    try:
        with pytest.raises(
            DataError, match="restore it from git or the release, or delete it, then type `crimjust data panels`"
        ):
            opening.open_panel("country_year")
    finally:
        made.write_bytes(before)


def test_newer_figures_make_a_panel_stale_and_all_that_read_it(copy: Path) -> None:
    raw, panel = Catalogs().raw, Catalogs().processed.resource("seizures_country_year")
    (table,) = provenance.made_of(panel)
    newest = raw.resource(table)
    readers = {name for name in NAMES if table in _raw_behind(copy, name)}
    assert len(readers) > 1
    listed = raw.folder / catalog.FILE
    before = listed.read_bytes()
    raw.store([Release(newest.table, "2031", raw.open(table))])
    try:
        seen = moved()
        why = f"it was made of {table} {newest.vintage}, the latest is 2031"
        assert {name for name, phrases in seen.items() if any(why in phrase for phrase in phrases)} == readers
        with pytest.raises(DataError, match=f"panel 'seizures_country_year' is not up to date: {why}; rebuild it with"):
            opening.open_panel("seizures_country_year")
        assert panels.unlike_raw()["seizures_country_year"] == why
        assert provenance.outdated(Sources())["seizures_country_year"] == why
    finally:
        listed.write_bytes(before)
        (raw.folder / table / "2031.csv").unlink()
    assert moved() == {}


def _raw_behind(root: Path, name: str) -> set[str]:
    """Raw tables behind the panels a run read."""
    kept = json.loads(Layout(root / "reports", name).record.read_text(encoding="utf-8"))
    return {raw for table in kept["tables"] for raw in table.get("made_of", ())}
