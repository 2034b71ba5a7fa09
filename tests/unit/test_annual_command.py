"""`crimjust annual`: what is refused before anything runs, and what the notebook on own records is asked."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from toy_checkout import Checkout

import annual_results
from crimjust_research import framework, project
from crimjust_research.cli import crimjust
from crimjust_research.cli.annual import _at_home
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.questions.own_records.records import require_years
from crimjust_research.report import annual
from crimjust_research.report.annual import figures, own
from crimjust_research.runs import runner


def test_a_baseline_year_needs_records() -> None:
    done = CliRunner().invoke(crimjust, ["annual", "--year", "2024", "--baseline-year", "2021"])
    assert done.exit_code == 2
    assert "--baseline-year is of own records: give them with --records FOLDER" in done.output


@pytest.mark.parametrize("year", ["24", "1066", "twenty", ""])
def test_a_year_is_a_year(year: str) -> None:
    done = CliRunner().invoke(crimjust, ["annual", "--year", year])
    assert done.exit_code == 2
    assert "give one such as 2024, from 1990 to 2100" in done.output or not year


@pytest.mark.parametrize("before", [2024, 2025])
def test_a_baseline_is_earlier(before: int, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=f"--baseline-year {before} is not before 2024"):
        annual.make(2024, tmp_path, before)


def test_results_that_are_missing_are_named_with_the_command_that_mends_them(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    with pytest.raises(RunError, match=r"crimjust run all.*\n  01_toy: "):
        annual.make(2024)
    assert not (checkout.root / "reports" / "annual").exists()


def test_the_notebook_is_asked_for_the_months_of_the_year_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {}

    def run(name: str, given: dict[str, Any]) -> runner.Summary:
        asked.update(given, name=name)
        return runner.Summary((annual_results.publish_own(tmp_path, 2019),), ())

    monkeypatch.setattr(runner, "run", run)
    assert own.run(tmp_path / "my records", 2019).run == "11_own_records"
    assert asked == {
        **{"name": "11_own_records", "folder": str(tmp_path / "my records")},
        **{"period_start": "2019-01", "period_end": "2019-12"},
    }


def test_each_year_is_run_once_and_the_report_named_after_the_year_and_the_records(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = []
    (tmp_path / "data").symlink_to(project.root() / "data")
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    annual_results.publish_all(tmp_path / "reports", framework.load(), 2019)

    def run(folder: Path, year: int) -> Any:
        ran.append((folder.name, year))
        return annual_results.publish_own(tmp_path / f"of_{year}", year)

    monkeypatch.setattr(annual, "require_current", lambda _: None)
    monkeypatch.setattr(own, "run", run)
    page = annual.make(2019, Path("rehearsal"), 2016)
    assert ran == [("rehearsal", 2019), ("rehearsal", 2016)]
    assert page == tmp_path / "reports" / "annual" / "2019-rehearsal-of_2019" / "annual.html"
    assert page.read_text(encoding="utf-8").count("<h1>CRIMJUST: SIMULATED report for 2019</h1>") == 1
    assert page.with_name("annual.docx").read_bytes().startswith(b"PK")
    assert page.with_name("annual.pdf").read_bytes().startswith(b"%PDF")


def test_records_of_another_folder_of_the_name_have_a_report_of_their_own(tmp_path: Path) -> None:
    annual_results.publish(tmp_path)
    told = figures.read(tmp_path, framework.load(), 2024)
    names = set()
    for digits in ("1a2b3c4d", "5e6f7a8b"):
        layout = annual_results.publish_own(tmp_path / f"11_own_records-{digits}", 2024)
        report = SimpleNamespace(told=told, own=own.read(layout, 2024), plan=None)
        names.add(annual._named(report))  # type: ignore[arg-type]
    assert names == {"2024-rehearsal-1a2b3c4d", "2024-rehearsal-5e6f7a8b"}
    assert annual._named(SimpleNamespace(told=told, own=None, plan=None)) == "2024"  # type: ignore[arg-type]


PLAN = 'whose = "a unit"\ndated = "2027-03-01"\nstanding = "nothing"\n[target.{}]\nat_least = {}\nby = 2026\nsource = "s"\n'


def test_a_target_of_no_indicator_is_refused_before_results_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PLAN.format("wjp_81", 0.5))
    done = CliRunner().invoke(crimjust, ["annual", "--year", "2024", "--plan", str(tmp_path / "mine.toml")])
    assert isinstance(done.exception, ParameterError)
    assert "mine.toml: [target.wjp_81] is no indicator; did you mean 'wjp_8_1'?" in str(done.exception)


def test_figures_are_held_against_the_targets_of_the_plan_that_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").symlink_to(project.root() / "data")
    (tmp_path / "docs").symlink_to(project.root() / "docs")
    (tmp_path / "mine.toml").write_text(PLAN.format("women_trained", 0.1))
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    annual_results.publish_all(tmp_path / "reports", framework.load(), 2019)
    monkeypatch.setattr(annual, "require_current", lambda _: None)
    page = annual.make(2019, planned=tmp_path / "mine.toml", out=tmp_path / "out").read_text(encoding="utf-8")
    assert "Targets are those of the plan of a unit, dated 1 March 2027." in page
    assert "Of 1 target in the plan of a unit: 1 " in page


FORUM = "forum_id,held,host,countries,actions_agreed,as_of\nF-1,{},PER,PER;ECU,3,2021-12-31\n"
ASSISTANCE = "assistance_id,iso3,basis,need,channel,asked,as_of\nA-1,PER,{},research,hub,2021-01-01,2021-02-01\n"


def test_the_years_of_records_are_said_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "forums.csv").write_text(FORUM.format("2021-01-01"))
    with pytest.raises(ParameterError, match="holds no record of 2024 or 2020; its records are of 2021: name a year"):
        require_years(tmp_path, (2024, 2021, 2020))
    assert require_years(tmp_path, (2021,)) == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    assert _at_home(Path("~") / tmp_path.name) == tmp_path
    assert _at_home(Path("~nobody-of-that-name/x")) == Path("~nobody-of-that-name/x")


def test_a_folder_that_is_none_or_tells_of_no_year_is_named_as_it_was_typed(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"^nowhere: there is no such folder; name one"):
        require_years(Path("nowhere"), (2021,))
    (tmp_path / "assistance.csv").write_text(ASSISTANCE.format("request"))
    with pytest.raises(ParameterError, match="no record of the eleven kinds that tell of a year"):
        require_years(tmp_path, (2021,))


def test_the_command_looks_at_the_records_first(tmp_path: Path) -> None:
    (tmp_path / "forums.csv").write_text(FORUM.format("2021-01-01"))
    done = CliRunner().invoke(crimjust, ["annual", "--year", "2019", "--records", str(tmp_path)])
    assert isinstance(done.exception, ParameterError)
    assert "holds no record of 2019; its records are of 2021" in str(done.exception)


def test_faults_of_records_are_listed_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "forums.csv").write_text(FORUM.format("2021-01-01"))
    (tmp_path / "assistance.csv").write_text(ASSISTANCE.format("hearsay"))
    with pytest.raises(DataError, match=r"assistance.csv has 1 fault\(s\):\n  assistance row 2, basis = 'hearsay'"):
        require_years(tmp_path, (2021,))
