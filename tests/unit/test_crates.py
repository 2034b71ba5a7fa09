"""The crate of a run: what it holds and says, what stays out of it, and results of which none is made."""

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from toy_checkout import ROOT, Checkout, accept_all, release

from crimjust_research import came_with, project, written
from crimjust_research.cli import crimjust
from crimjust_research.report import edition
from crimjust_research.report.crates import entities, one, preview, writing
from crimjust_research.report.crates.runs import Run
from crimjust_research.runs import runner
from crimjust_research.runs.record import Layout

RUN, VARIANT = "01_toy", "three"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, kernels_library: Path) -> Iterator[Path]:
    """A checkout with a reference run and a variant; never changed by a test."""
    made = Checkout.make(tmp_path_factory.mktemp("ran"))
    for name in ("CITATION.cff", "LICENSE", "pyproject.toml"):
        shutil.copy(ROOT / name, made.root)
    (made.root / "data" / "processed").mkdir()
    (made.root / "data" / "processed" / "datapackage.json").write_text('{"resources": []}')
    made.notebook(RUN)
    accept_all(made.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(made.library))
        patch.setenv("PYTHONPATH", str(kernels_library))
        patch.setenv("CRIMJUST_HOME", str(made.root))
        runner.run(RUN)
        runner.run(RUN, {"factor": 3}, variant=VARIANT)
        yield made.root


@pytest.fixture
def home(ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that a test may change."""
    copied = shutil.copytree(ran, tmp_path / "home")
    monkeypatch.setenv("CRIMJUST_HOME", str(copied))
    return copied


@pytest.fixture
def variant(home: Path) -> Path:
    return home / "reports" / "variants" / VARIANT


def call(*words: str) -> Result:
    return CliRunner().invoke(crimjust, ["crate", *words])


def held(place: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(place.read_bytes())) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def described(files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(files[entities.NAME])["@graph"]}


def changed(folder: Path, part: str, **others: Any) -> None:
    """Have a record or an assessment say something else."""
    path = folder / part / f"{RUN}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | others))


# --- What it holds and says -------------------------------------------------------------------------------------------


def test_it_holds_all_of_a_run_and_says_what_each_file_is(home: Path) -> None:
    done = call("01")
    place = home / "reports" / "crates" / f"{RUN}.crate.zip"
    assert (done.exit_code, done.output) == (0, f"{place}\n")
    files = held(place)
    record = json.loads((home / "reports" / "records" / f"{RUN}.json").read_text())
    declared = {name for name in record["code"] if (home / name).is_file()}
    assert declared
    assert files.keys() - declared == {
        *(f"reports/{name}" for name in record["outputs"]),
        f"reports/records/{RUN}.json",
        f"notebooks/{RUN}.ipynb",
        "data/raw/counts/2024.csv",
        *("docs/analysis_plan.toml", "requirements.lock", "CITATION.cff", "LICENSE"),
        *("README.md", entities.NAME, preview.NAME),
    }
    known = described(files)
    own = {entities.NAME, preview.NAME}
    parts = {unquote(part["@id"]): known[part["@id"]] for part in known["./"]["hasPart"]}
    assert parts.keys() == files.keys() - own
    for name, part in parts.items():
        assert part["sha256"] == hashlib.sha256(files[name]).hexdigest()
        if name != "README.md":
            assert files[name] == (home / name).read_bytes()
    assert known["./"]["mainEntity"] == {"@id": f"notebooks/{RUN}.ipynb"}
    assert known["data/raw/counts/2024.csv"]["license"]["@id"] in known
    assert known["./"]["author"] == {"@id": "#contributors"}
    assert known[f"#{RUN}/factor"]["value"] == 2


@pytest.mark.usefixtures("home")
def test_equal_results_come_to_equal_bytes(tmp_path: Path) -> None:
    first, again = (tmp_path / name for name in ("a", "b"))
    for folder in (first, again):
        assert call("all", "--output", str(folder)).exit_code == 0
    name = f"{RUN}.crate.zip"
    assert (first / name).read_bytes() == (again / name).read_bytes()


def test_a_variant_says_where_it_departs_and_has_no_author(home: Path) -> None:
    assert call("01", "--variant", VARIANT).exit_code == 0
    files = held(home / "reports" / "crates" / VARIANT / f"{RUN}.crate.zip")
    known = described(files)
    assert f"reports/variants/{VARIANT}/records/{RUN}.json" in files
    assert known["./"]["name"].endswith(f"run of {RUN}, variant {VARIANT}")
    assert not {"author", "publisher"} & known["./"].keys()
    assert "agent" not in known[f"#run-{RUN}"]
    assert known[f"#{RUN}/factor"]["value"] == 3
    told = "It departs from the plan: "
    assert told in known[f"#run-{RUN}"]["description"]
    assert told in files["README.md"].decode()
    assert told in files[preview.NAME].decode()


def test_supplied_files_stay_out_and_are_named_by_hash(variant: Path) -> None:
    (variant.parents[2] / "mine").mkdir()
    (variant.parents[2] / "mine" / "cases.csv").write_text("a secret")
    mine = {"table": "mine/cases.csv", "vintage": "2024-01-31", "sha256": "c" * 64, "supplied": True}
    names = mine | {"table": "mine/all.files", "sha256": "d" * 64}
    layout = Layout(variant, RUN)
    record = json.loads(layout.record.read_text())
    changed(variant, "records", tables=[*record["tables"], mine, names])
    files = one.files(edition.at_hand(), layout)
    assert not [name for name, content in files.items() if "mine" in name or b"a secret" in content]
    known = described(files)
    left_out = [known[each["@id"]] for each in known[f"#run-{RUN}"]["object"] if "supplied" in each["@id"]]
    assert [entity["sha256"] for entity in left_out] == ["c" * 64, "d" * 64]
    assert [entity["name"] for entity in left_out] == ["mine/cases.csv", "mine/all.files"]
    assert all("no part of this crate" in entity["description"] for entity in left_out)
    assert "c" * 64 in preview.page(files[entities.NAME]).decode()


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])  # as editors of Windows write, too
def test_a_plan_of_ones_own_is_told_and_held(variant: Path, coding: str) -> None:
    plan = 'whose = "Ours"\ndated = 2027-03-01\nstanding = "Nothing"\n'
    (variant / "plan.toml").write_text(plan, encoding=coding)
    changed(variant, "records", own_plan="0" * 64)
    files = one.files(edition.at_hand(), Layout(variant, RUN))
    place = f"reports/variants/{VARIANT}/plan.toml"
    known = described(files)
    run = known[f"#run-{RUN}"]
    assert place in files
    assert known[place]["name"] == "The plan laid over the registered one, that of Ours"
    assert known["docs/analysis_plan.toml"]["name"] == "The registered analysis plan"
    assert {"@id": place} in run["object"]
    assert "It ran under a plan laid over the registered one, that of: Ours." in run["description"]


def test_cells_changed_by_hand_are_told_and_have_no_version(variant: Path) -> None:
    changed(variant, "assessments", changed=["cell 3 is not as it came: `total = 1`"])
    known = described(one.files(edition.at_hand(), Layout(variant, RUN)))
    said = known[f"#run-{RUN}"]["description"]
    assert said.endswith("Its notebook is not as the project has it: cell 3 is not as it came: `total = 1`.")
    assert "version" not in known[f"notebooks/{RUN}.ipynb"]


def test_made_up_data_are_called_so_once() -> None:
    said = {"title": "Cases", "question": "How many?", "departures": []}
    run = Run(RUN, "reports", {}, said, simulated=True)
    assert (run.heading, run.told) == ("SIMULATED: Cases", "On SIMULATED records: How many?")
    assert Run(RUN, "reports", {}, said | {"title": "SIMULATED cases"}, simulated=True).heading == "SIMULATED cases"
    assert Run(RUN, "reports", {}, said, simulated=False).heading == "Cases"


def test_the_report_of_an_unpacked_release_is_all_that_came_with_it(home: Path, tmp_path: Path) -> None:
    (home / "reports" / "estimates.csv").touch()
    (home / "Makefile").write_text("report:\n")
    (home / entities.NAME).write_text("{}")
    results = [
        f"reports/{part}" for part in ("records", "assessments", "figures", "tables", "notebooks", "estimates.csv")
    ]
    release(home, "data", "docs", "Makefile", "notebooks", "requirements.lock", entities.NAME, *results)
    listed = [line.split("  ")[1] for line in (home / came_with.LIST).read_text().splitlines()]
    files = held(writing.of_report(tmp_path / "out"))
    assert files.keys() == {*listed, preview.NAME}
    known = described(files)
    assert known["./"]["mainEntity"] == {"@id": "Makefile"}
    assert f"#run-{RUN}" in known
    assert "identifier" not in known["./"]


# --- What none is made of ---------------------------------------------------------------------------------------------


def test_results_that_have_moved_are_refused_with_what_to_type(home: Path) -> None:
    with (home / "docs" / "analysis_plan.toml").open("a") as plan:
        plan.write("# another\n")
    for words, named, command in (
        (("01",), RUN, f"crimjust run {RUN}"),
        (
            ("all", "--variant", VARIANT),
            f"{RUN}, variant {VARIANT},",
            f"crimjust run {RUN} -p factor=3 --name {VARIANT}",
        ),
    ):
        done = call(*words)
        assert str(done.exception).startswith(
            f"{named} is not what its notebook would find now: docs/analysis_plan.toml"
        )
        assert str(done.exception).endswith(f"run it again first: {command}")
    assert not (home / "reports" / "crates").exists()


def test_cells_that_were_changed_by_hand_are_to_be_put_back_first(variant: Path) -> None:
    changed(variant, "assessments", changed=["cell 3 is not as it came: `total = 1`"])
    told = str(call("01", "--variant", VARIANT).exception)
    page = f"reports/variants/{VARIANT}/notebooks/{RUN}.ipynb"
    assert f"run it again first: put the cells of {page} into notebooks/{RUN}.ipynb, then crimjust run {RUN}" in told


def test_a_crate_of_what_somebody_supplied_says_so(
    variant: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writing, "_require_current", lambda *_: None)
    assert list(writing.of_runs(variant, RUN))
    assert not caplog.messages
    record = json.loads(Layout(variant, RUN).record.read_text())
    mine = {"table": "mine/cases.csv", "vintage": "2024-01-31", "sha256": "c" * 64, "supplied": True}
    changed(variant, "records", tables=[*record["tables"], mine])
    (place,) = writing.of_runs(variant, RUN)
    assert caplog.messages == [
        f"{place} holds what the run found in files that somebody supplied; hand it on only if you may"
    ]


@pytest.mark.usefixtures("home")
def test_what_runs_says_to_type_finds_a_file_that_is_not_as_it_was(tmp_path: Path) -> None:
    typed = re.search(
        r"```python\n(import hashlib.+?)```", (ROOT / "docs" / "RUNS.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert typed
    (place,) = writing.of_runs(project.root() / "reports", RUN, tmp_path)
    with zipfile.ZipFile(place) as packed:
        packed.extractall(tmp_path / "unpacked")

    def told() -> str:
        return subprocess.check_output([sys.executable, "-c", typed[1]], cwd=tmp_path / "unpacked", text=True)

    assert told() == ""
    with (tmp_path / "unpacked" / "LICENSE").open("a") as file:
        file.write("\n")
    assert told() == "LICENSE\n"


def test_results_that_were_altered_are_refused(home: Path) -> None:
    with (home / "reports" / "tables" / RUN / "estimates.csv").open("a") as table:
        table.write("\n")
    assert "its results were altered" in str(call("01").exception)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("02_other",), "no notebook '02_other'"),
        (("01", "--variant", "four"), "there is no variant 'four'"),
        (("--variant", VARIANT), "of a variant give a notebook"),
    ],
)
def test_what_there_is_not_is_told(words: tuple[str, ...], said: str) -> None:
    done = call(*words)
    assert done.exit_code != 0
    assert said in f"{done.exception} {done.output}"


def test_a_notebook_that_was_not_run_is_told_with_those_that_were(home: Path) -> None:
    Checkout(home).notebook("02_other")
    accept_all(home)
    assert f"hold no run of 02_other; there are: {RUN}" in str(call("02").exception)


@pytest.mark.usefixtures("home")
def test_a_file_of_somebodys_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in (f"{RUN}.crate.zip", "notes.txt"):
        (tmp_path / "mine" / name).write_text("mine")
    assert call("01", "--output", str(tmp_path / "mine")).exit_code == 0
    (aside,) = (tmp_path / "mine" / written.ASIDE).rglob("*.zip")
    assert aside.read_text() == (tmp_path / "mine" / "notes.txt").read_text() == "mine"
