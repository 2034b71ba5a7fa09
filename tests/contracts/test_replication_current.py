"""`docs/REPLICATION.md` and `codecheck.yml` say what data and results say, and name every exhibit, its cell and its files."""

import ast
import re
from pathlib import Path

import codecheck_rules
import pytest

from crimjust_research import came_with
from crimjust_research.report import html, replication
from crimjust_research.report.origins import cells
from crimjust_research.report.replication.page import Told, of

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
CONFIG = codecheck_rules.read(ROOT / replication.MANIFEST)


@pytest.fixture(scope="module")
def report() -> html.Report:
    return html.read(REPORTS)


@pytest.fixture(scope="module")
def told(report: html.Report) -> Told:
    return of(ROOT, report)


def test_both_are_current(report: html.Report) -> None:
    for name, content in replication.files(ROOT, report).items():
        assert (ROOT / name).read_bytes() == content, f"{name} is stale: run `{replication.COMMAND}`"


def test_every_file_of_an_exhibit_is_in_the_manifest_once() -> None:
    kept = [
        *(path for ending in ("svg", "csv") for path in REPORTS.glob(f"figures/[0-9]*/*.{ending}")),
        *REPORTS.glob("tables/[0-9]*/*.csv"),
        *REPORTS.glob("assessments/*.json"),
        *(REPORTS / name for name in (html.PAGE, html.SUMMARY, "estimates.csv")),
    ]
    assert sorted(CONFIG.files) == sorted(path.relative_to(ROOT).as_posix() for path in kept)


@pytest.mark.parametrize("version", codecheck_rules.VERSIONS)
def test_no_rule_is_broken_that_is_not_left_to_who_checks_or_who_submits(version: str) -> None:
    broken = codecheck_rules.broken(CONFIG, version)
    errors = {rule for rule, weight in broken.items() if weight == "error"} - codecheck_rules.AFTER_A_CHECK
    # The second version asks for every author's ORCID, and a body has none.
    assert errors == (set() if version == "1.0" else {"CC-CFG-020"})
    assert str(CONFIG.root["version"]).endswith("/1.0/")


def test_nothing_of_a_check_is_said_before_there_was_one() -> None:
    assert CONFIG.root.keys() == {"version", "manifest", "paper", "source"}


def test_each_figure_and_table_is_made_in_the_cell_it_is_said_to_be_made_in(told: Told) -> None:
    for program in told.programs:
        code = cells(REPORTS, program.section.run)
        for exhibit in program.exhibits:
            assert exhibit.cells, f"{exhibit.name} of {program.section.run}"
            # That data are SIMULATED, a notebook adds to the name.
            name = Path(exhibit.files[0]).name.partition(".")[0].removesuffix("_simulated").removeprefix("SIMULATED_")
            if name not in ("estimates", program.section.run):
                (cell,) = exhibit.cells
                assert name in code[cell], f"{exhibit.name} of {program.section.run}, In [{cell}]"


def test_every_exhibit_of_the_page_is_listed(told: Told) -> None:
    page = (REPORTS / html.PAGE).read_text(encoding="utf-8")
    on_page = set(re.findall(r"<caption>(?:Table|Check) (\d+\.\d+)\. ", page))
    listed = {exhibit.name.rpartition(" ")[2] for program in told.programs for exhibit in program.exhibits}
    assert on_page <= listed
    figures = {exhibit.name for program in told.programs for exhibit in program.exhibits if exhibit.name[0] == "F"}
    assert len(figures) == len(list(REPORTS.glob("figures/[0-9]*/*.svg")))


def test_code_that_draws_with_a_seed_of_its_own_is_named() -> None:
    """All other draws take a seed that reaches them as one, from a parameter."""
    designs = ROOT / "src" / "crimjust_research" / "designs"
    fixed = set()
    for path in sorted((ROOT / "src").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(
                ("default_rng", "generator", "SeedSequence")
            ):
                seed = ast.unparse(call).partition("(")[2]
                fixed |= set() if re.match(r"(p\.)?seed\b", seed) else {path.relative_to(designs).as_posix()}
    page = (ROOT / replication.PAGE).read_text(encoding="utf-8")
    _, _, told = page.partition("| Code | What is drawn |")
    assert fixed == set(re.findall(r"^\| `([^`]+\.py)` \|", told.partition("\n\n")[0], re.MULTILINE))


def test_every_file_of_data_is_told() -> None:
    page = (ROOT / replication.PAGE).read_text(encoding="utf-8")
    _, _, told = page.partition("## Data files")
    for name in came_with.names(ROOT):
        folder, _, file = name.rpartition("/")
        if name.startswith("data/"):
            assert f"| `{name}` |" in told or re.search(
                rf"^\| `{re.escape(folder)}/` \|.*`{re.escape(file)}`", told, re.M
            ), name


def test_versions_told_are_those_that_are_pinned(told: Told) -> None:
    pinned = set(
        re.findall(r"^([\w.-]+==[\w.]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {f"{name}=={version}" for name, version in told.software["versions"]} <= pinned
