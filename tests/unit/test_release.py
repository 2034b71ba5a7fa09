"""The archive of a release: what is in it, what it says of itself, and what no release is made of."""

import gzip
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest
from click.testing import CliRunner
from toy_checkout import COUNTS, ROOT, Checkout, commit, needs_git

from crimjust_research import __version__, came_with, written
from crimjust_research.cli import crimjust
from crimjust_research.data import provenance
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Release, Source
from crimjust_research.errors import RunError
from crimjust_research.report import edition, release
from crimjust_research.report.crates import entities, whole

pytestmark = needs_git

DAY = "2031-02-03"
CHANGES = f"# Changelog\n\n## Unreleased\n\n## {__version__} – {DAY}\n\n- All of it.\n"
PAPER = {"reports/report.pdf": b"%PDF-1.7\n\xff"}
RUN, MADE_UP = "01_toy", "02_made_up"
FOLDER = f"crimjust-research-{__version__}"
VALUES = {"drug": "heroin", "factor": 2, "rate": 0.5, "months": ["2020-01", "2020-02"], "floor": None, "trend": False}
ASSESSED = {"departures": [], "figures": [{"name": "level", "title": "Level", "alt": "One line."}]}


def make(root: Path) -> Checkout:
    """A toy checkout with results and all that a release is told by, committed."""
    made = Checkout.make(root)
    panel = replace(COUNTS, sources=(Source("Toy Office, counts", "https://example.org/counts"), *COUNTS.sources))
    raw = Catalog(root / "data" / "raw")
    doubled = raw.open("counts").assign(count=lambda rows: rows["count"] * 2)
    behind = (provenance.note(raw.resource("counts")),)
    Catalog(root / "data" / "processed").store([Release(panel, "2024", doubled, notes=behind)])
    made.notebook(RUN)
    made.notebook(MADE_UP)
    status = {RUN: ("observed", "simulated"), MADE_UP: ("simulated", "observed")}
    results: dict[str, str] = {"estimates.csv": "run,id,role,data_status\n"}
    for run, (first, last) in status.items():
        results[f"assessments/{run}.json"] = json.dumps(ASSESSED | {"title": run, "question": f"How many in {run}?"})
        results[f"tables/{run}/estimates.csv"] = f"id,role,data_status\na,secondary,{first}\nb,diagnostic,{last}\n"
        results[f"figures/{run}/level.svg"] = "<svg/>\n"
        made_by = [name for name in results if run in name]
        used = [{"table": "counts", "sha256": raw.resource("counts").sha256}] * (run == RUN)
        results[f"records/{run}.json"] = json.dumps(
            {"parameters": VALUES, "versions": {"python": "3.11", "numpy": "2.4.6"}, "tables": used}
            | {"outputs": dict.fromkeys(made_by, "")}
        )
    for name, text in results.items():
        (made.reports / name).parent.mkdir(parents=True, exist_ok=True)
        (made.reports / name).write_text(text)
    for name, text in {
        "CHANGELOG.md": CHANGES,
        "CITATION.cff": cited((ROOT / "CITATION.cff").read_text(encoding="utf-8"), __version__, DAY),
        "Makefile": "report:\n",
        "docs/à côté.md": "Beside.\n",
        "postBuild": "#!/bin/sh\n",
        ".gitignore": "build/\n.computed/\nreports/report.*\ndata/*/.lock\n__pycache__/\n",
    }.items():
        (root / name).write_text(text, encoding="utf-8")
    (root / "postBuild").chmod(0o755)
    shutil.copy(ROOT / "pyproject.toml", root)
    commit(root, ".")
    (made.reports / "variants").mkdir()
    (root / "build").mkdir()
    (root / "build" / "old.tar.gz").write_text("ignored by git")
    return made


def cited(text: str, version: str, day: str) -> str:
    """A citation file that tells of another version and day."""
    text = re.sub("^(version|date-released): .*\n", "", text, flags=re.MULTILINE)
    return f"{text}version: {version}\ndate-released: {day}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = make(tmp_path_factory.mktemp("release"))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(made.library))
        yield made.root


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(home))


@pytest.fixture(scope="module")
def archive(home: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRIMJUST_HOME", str(home))
        yield release.build(edition.of_checkout(), PAPER)


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("elsewhere, là")
    with tarfile.open(archive) as members:
        members.extractall(folder, filter="data")
    return folder / FOLDER


@pytest.fixture
def copy(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the checkout that a test may change."""
    shutil.copytree(home, tmp_path / "copy", symlinks=True)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path / "copy"))
    return tmp_path / "copy"


def held(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def tracked(root: Path) -> set[str]:
    told = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    return set(filter(None, told.split("\0")))


# --- What is in it ----------------------------------------------------------------------------------------------------


def test_it_holds_what_git_keeps_and_what_the_release_adds_and_nothing_else(home: Path, unpacked: Path) -> None:
    added = {*PAPER, entities.NAME, came_with.LIST}
    assert "docs/à côté.md" in tracked(home)
    assert held(unpacked) == tracked(home) | added
    for name in tracked(home):
        assert (unpacked / name).read_bytes() == (home / name).read_bytes(), name
    assert (unpacked / "reports" / "report.pdf").read_bytes() == PAPER["reports/report.pdf"]


def test_members_carry_order_modes_and_the_day_and_nothing_of_who_packed_them(archive: Path) -> None:
    with tarfile.open(archive) as packed:
        members = packed.getmembers()
    assert [member.name for member in members] == sorted(member.name for member in members)
    assert {member.name for member in members if member.mode != 0o644} == {f"{FOLDER}/postBuild"}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert {member.mtime for member in members} == {1_927_843_200}  # 2031-02-03 at midnight, by UTC


def test_every_file_has_its_hash(unpacked: Path) -> None:
    lines = [line.split("  ", 1) for line in (unpacked / came_with.LIST).read_text(encoding="utf-8").splitlines()]
    assert {name for _, name in lines} == held(unpacked) - {came_with.LIST}
    for sha256, name in lines:
        assert hashlib.sha256((unpacked / name).read_bytes()).hexdigest() == sha256, name


def test_equal_commits_come_to_equal_bytes_wherever_and_whenever(
    home: Path, archive: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 2e9)
    for path in copy.rglob("*"):
        if ".git" not in path.parts and path.is_file():
            path.chmod(0o600 | (path.stat().st_mode & 0o100))  # what git does not keep of a file
            path.touch()
    assert release.build(edition.of_checkout(), PAPER).read_bytes() == archive.read_bytes()
    assert gzip.decompress(archive.read_bytes())[:100].rstrip(b"\0") == f"{FOLDER}/.gitignore".encode()
    assert archive == home / "build" / "release" / f"{FOLDER}.tar.gz"


def test_an_archive_that_stood_there_and_was_not_made_here_is_set_aside(copy: Path) -> None:
    place = copy / release.FOLDER / f"{FOLDER}.tar.gz"
    place.write_bytes(b"somebody's")
    assert release.build(edition.of_checkout(), {}) == place
    (aside,) = (copy / "reports" / written.ASIDE).rglob("*.tar.gz")
    assert aside.read_bytes() == b"somebody's"


def test_the_verb_has_the_report_written_and_packs_what_is_for_paper(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def report(variant: str | None, chosen: tuple[str, ...], output: Path | None) -> None:
        assert (variant, output) == (None, None)
        for form in set(chosen) - {"html"}:
            (copy / "reports" / f"report.{form}").write_text(f"as {form}")

    monkeypatch.setattr("crimjust_research.cli.release.report", report)
    told = CliRunner().invoke(crimjust, ["release"], catch_exceptions=False)
    place = copy / release.FOLDER / f"{FOLDER}.tar.gz"
    sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
    assert re.fullmatch(rf"{re.escape(str(place))}: 0\.\d MB, sha256 {sha256}\n", told.output)
    with tarfile.open(place) as members:
        packed = {name: members.extractfile(f"{FOLDER}/reports/report.{name}") for name in ("pdf", "docx")}
        assert {name: stream.read() for name, stream in packed.items() if stream} == {
            "pdf": b"as pdf",
            "docx": b"as docx",
        }


# --- What it says of itself -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def described(unpacked: Path) -> dict[str, dict[str, Any]]:
    """Entities of the crate by what they are known by."""
    found = json.loads((unpacked / entities.NAME).read_text(encoding="utf-8"))
    assert found["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    known = {entity["@id"]: entity for entity in found["@graph"]}
    assert len(known) == len(found["@graph"]), "two entities are known by one name"
    return known


def referred(value: object) -> Iterator[str]:
    """Every entity that a value refers to."""
    if isinstance(value, dict) and set(value) == {"@id"}:
        yield value["@id"]
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from referred(each)


def _lone(value: object) -> bool:
    return isinstance(value, list) and len(value) == 1


def test_the_crate_is_one_flat_list_in_which_every_reference_leads_somewhere(
    described: dict[str, dict[str, Any]],
) -> None:
    descriptor, root = described[entities.NAME], described["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert {"@id": "https://w3id.org/ro/crate/1.1"} in descriptor["conformsTo"]
    assert root["@type"] == "Dataset"
    assert root["datePublished"] == DAY
    assert {"name", "description", "license", "author", "mainEntity", "citation", "hasPart"} <= root.keys()
    assert all("@type" in entity for entity in described.values())
    assert not [value for entity in described.values() for value in entity.values() if value == [] or _lone(value)]
    assert set(referred(list(described.values()))) - described.keys() == {"https://w3id.org/ro/crate/1.1"}
    assert described[root["author"]["@id"]] == {
        "@id": "#contributors",
        "@type": "Organization",
        "name": "contributors of crimjust-research",
    }
    reached = set(referred(list(described.values()))) | {entities.NAME}
    assert reached >= described.keys()
    assert "https://example.org/counts" in referred(root["citation"])
    assert "ComputationalWorkflow" in described[root["mainEntity"]["@id"]]["@type"]


def test_the_crate_lists_every_file_as_it_is(unpacked: Path, described: dict[str, dict[str, Any]]) -> None:
    files = {name: entity for name, entity in described.items() if "File" in entity["@type"]}
    assert set(referred(described["./"]["hasPart"])) == files.keys()
    assert {unquote(name) for name in files} == held(unpacked) - {entities.NAME}
    for name, entity in files.items():
        content = (unpacked / unquote(name)).read_bytes()
        assert entity["encodingFormat"]
        if name != came_with.LIST:  # which lists the crate
            assert entity["sha256"] == hashlib.sha256(content).hexdigest()
            assert entity["contentSize"] == str(len(content))


def test_a_table_has_its_terms_and_a_run_what_it_read_and_made(described: dict[str, dict[str, Any]]) -> None:
    table = described["data/processed/counts/2024.csv"]
    assert table["name"] == "Counts by month, 2024"
    assert table["temporalCoverage"] == "2020-01/2020-03"
    assert table["isBasedOn"] == [{"@id": "https://example.org/counts"}, {"@id": "data/raw/counts/2024.csv"}]
    (terms,) = referred(table["license"])
    assert described[terms]["name"] == "Public domain"
    (whole,) = referred(described["./"]["license"])
    assert set(referred(described[whole]["hasPart"])) == {terms, "https://spdx.org/licenses/MIT"}
    assert described[f"notebooks/{RUN}.ipynb"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    run = described[f"#run-{RUN}"]
    assert (run["@type"], run["description"]) == ("CreateAction", f"How many in {RUN}?")
    assert run["instrument"] == {"@id": f"notebooks/{RUN}.ipynb"}
    values = {f"#{RUN}/{name}" for name in VALUES}
    made_of = {"data/raw/counts/2024.csv", "docs/analysis_plan.toml", "requirements.lock"}
    assert set(referred(run["object"])) == made_of | values
    made = ("assessments/{}.json", "figures/{}/level.svg", "records/{}.json", "tables/{}/estimates.csv")
    assert set(referred(run["result"])) == {f"reports/{name.format(RUN)}" for name in made}
    assert described[f"#run-{MADE_UP}"]["description"] == f"On SIMULATED records: How many in {MADE_UP}?"
    assert described[f"reports/figures/{MADE_UP}/level.svg"]["description"] == "One line."
    assert described[f"reports/tables/{MADE_UP}/estimates.csv"]["name"] == f"SIMULATED: {MADE_UP}: estimates"


def test_a_parameter_is_told_with_what_it_means_its_default_and_its_value(described: dict[str, dict[str, Any]]) -> None:
    tool = described[f"notebooks/{RUN}.ipynb"]
    slots = {place: described[place] for place in referred(tool["input"])}
    assert [slot["name"] for slot in slots.values()] == list(VALUES)
    kinds = {slot["name"]: slot["additionalType"] for slot in slots.values()}
    assert kinds == {
        "drug": "Text",
        "factor": "Integer",
        "rate": "Float",
        "months": "Text",
        "floor": "Text",
        "trend": "Boolean",
    }
    for place, slot in slots.items():
        value = described[f"#{RUN}/{slot['name']}"]
        assert value["exampleOfWork"] == {"@id": place}
        assert value.get("value") == VALUES[slot["name"]]
    assert slots[f"notebooks/{RUN}.ipynb#drug"]["defaultValue"] == "cocaine"
    assert slots[f"notebooks/{RUN}.ipynb#factor"]["description"].startswith("multiplier (")
    assert described[f"#{RUN}/floor"]["description"] == "not set"


def test_the_workflow_has_its_steps_from_the_tables_as_published_to_the_page(
    described: dict[str, dict[str, Any]],
) -> None:
    workflow = described["Makefile"]
    assert {"ComputationalWorkflow", "HowTo"} <= set(workflow["@type"])
    engine = next(entity for entity in described.values() if entity["@type"] == "OrganizeAction")
    ran = {}
    for control in map(described.__getitem__, referred(engine["object"])):
        (step,), (action,) = (list(referred(control[name])) for name in ("instrument", "object"))
        (tool,) = referred(described[step]["workExample"])
        assert list(referred(described[action]["instrument"])) == [tool]
        ran[action] = described[step]["position"]
    assert ran == {
        "#make-panels": 1,
        f"#run-{RUN}": 2,
        f"#run-{MADE_UP}": 2,
        "#pool-estimates": 3,
        "#build-page": 4,
    }
    assert set(referred(workflow["step"])) == {f"#step-{name.removeprefix('#')}" for name in ran}
    assert set(referred(workflow["hasPart"])) == {next(referred(described[action]["instrument"])) for action in ran}
    assert set(referred(described["#make-panels"]["object"])) == {"data/raw/counts/2024.csv"}
    assert set(referred(described["#make-panels"]["result"])) == {"data/processed/counts/2024.csv"}
    assert set(referred(described["#pool-estimates"]["result"])) == {"reports/estimates.csv"}
    assert "reports/estimates.csv" in set(referred(described["#build-page"]["object"]))
    (whole,) = referred(engine["result"])
    assert set(referred(described[whole]["result"])) >= {
        name for action in ran for name in referred(described[action].get("result", []))
    }
    assert set(referred(described["./"]["mentions"])) == {
        name for name, entity in described.items() if str(entity["@type"]).endswith("Action")
    }


def test_what_nobody_recorded_is_not_told(described: dict[str, dict[str, Any]], copy: Path) -> None:
    text = json.dumps(list(described.values()))
    assert not [name for name in ("startTime", "endTime", "Person", str(copy)) if name in text]
    assert described[f"#run-{RUN}"]["agent"] == {"@id": "#contributors"}  # who made the commit had it run
    (copy / "docs" / "analysis_plan.toml").write_text("changed")
    at_hand = edition.at_hand()
    assert (at_hand.commit, at_hand.date, at_hand.version) == ("", DAY, __version__)
    held = {name: (copy / name).read_bytes() for name in tracked(copy)}
    found = {entity["@id"]: entity for entity in json.loads(whole.metadata(at_hand, held))["@graph"]}
    assert "agent" not in found[f"#run-{RUN}"]
    assert "identifier" not in found["./"]


# --- What no release is made of ---------------------------------------------------------------------------------------


def test_what_is_not_committed_is_named(copy: Path) -> None:
    (copy / "Makefile").write_text("changed:\n")
    (copy / "notes.txt").write_text("never added")
    released = edition.Edition("p", "1", DAY, "", "", "", "", (), ())
    for make_one in (edition.of_checkout, lambda: release.build(released, {})):
        with pytest.raises(RunError, match=r"not as the last one has them: Makefile, notes\.txt; commit them"):
            make_one()
    assert not list((copy / release.FOLDER).glob("p-*"))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("CHANGELOG.md", "## Unreleased\n", "## Unreleased\n\n- More.\n", "holds lines under Unreleased"),
        ("CHANGELOG.md", f" – {DAY}", "", f"no heading of {__version__} with its day: write `## {__version__} – YYYY"),
        ("CHANGELOG.md", DAY, "2031-02-30", f"no heading of {__version__} with its day"),
        ("CHANGELOG.md", DAY, "2031-02-04", f"CITATION.cff says date-released {DAY}, CHANGELOG.md has 2031-02-04"),
        ("CHANGELOG.md", f"– {DAY}", "- 2031-02-04", "CHANGELOG.md has 2031-02-04"),
        ("CITATION.cff", f"\ndate-released: {DAY}", "", f"CITATION.cff has no date-released, CHANGELOG.md has {DAY}"),
        ("CITATION.cff", f"\nversion: {__version__}", "\nversion: 9", "CITATION.cff says version 9, pyproject.toml"),
        (
            "pyproject.toml",
            f'version = "{__version__}"',
            'version = "9"',
            f"9, and what is installed says {__version__}",
        ),
    ],
)
def test_a_version_or_day_that_is_told_otherwise_is_refused(
    copy: Path, name: str, old: str, new: str, said: str
) -> None:
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    commit(copy, name)
    with pytest.raises(RunError, match=re.escape(said)):
        edition.of_checkout()


def test_a_number_is_given_out_once(copy: Path) -> None:
    subprocess.run(["git", "-C", copy, "tag", f"v{__version__}"], check=True)
    assert edition.of_checkout().version == __version__
    (copy / "Makefile").write_text("report: all\n")
    commit(copy, "Makefile")
    with pytest.raises(RunError, match=rf"the tag v{re.escape(__version__)} is of another commit"):
        edition.of_checkout()


def test_all_that_is_told_otherwise_is_named_at_once(copy: Path) -> None:
    (copy / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- More.\n", encoding="utf-8")
    commit(copy, "CHANGELOG.md")
    with pytest.raises(RunError) as refused:
        edition.of_checkout()
    assert len(str(refused.value).splitlines()) == 3


def test_an_unpacked_release_makes_none(unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    again = tmp_path / "outer" / "unpacked"
    shutil.copytree(unpacked, again)
    monkeypatch.setenv("CRIMJUST_HOME", str(again))
    with pytest.raises(RunError, match=r"git knows none of .* type the same in a clone"):
        edition.of_checkout()
    (tmp_path / "outer" / "other.txt").write_text("another project's")
    commit(tmp_path / "outer", "other.txt")  # it may lie within another repository
    with pytest.raises(RunError, match="git knows none of"):
        edition.of_checkout()


def test_a_commit_of_an_unpacked_release_makes_one_with_lists_of_its_own(
    unpacked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tmp_path / "again"
    shutil.copytree(unpacked, again)
    (again / "docs" / "new.md").write_text("New.\n")
    commit(again, ".")
    monkeypatch.setenv("CRIMJUST_HOME", str(again))
    with tarfile.open(fileobj=io.BytesIO(release.build(edition.of_checkout(), PAPER).read_bytes())) as members:
        names = [member.name for member in members]
        listed = members.extractfile(f"{FOLDER}/{came_with.LIST}")
        assert listed is not None
        text = listed.read().decode()
    assert len(names) == len(set(names)) == len(text.splitlines()) + 1
    assert "docs/new.md" in text
    assert came_with.LIST not in text


def test_a_link_is_refused(copy: Path) -> None:
    (copy / "docs" / "link.md").symlink_to("other.md")
    commit(copy, "docs")
    with pytest.raises(RunError, match=r"docs/link\.md is a link"):
        release.build(edition.of_checkout(), {})
