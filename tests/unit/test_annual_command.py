"""`crimjust annual`: what is refused before anything runs, and what the notebook on own records is asked."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from toy_checkout import Checkout

import annual_results
from crimjust_research import framework, project
from crimjust_research.cli import crimjust
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.report import annual
from crimjust_research.report.annual import own
from crimjust_research.runs import runner


def test_a_baseline_year_needs_records() -> None:
    done = CliRunner().invoke(crimjust, ["annual", "--year", "2024", "--baseline-year", "2021"])
    assert done.exit_code == 2
    assert "--baseline-year is of own records: give them with --records FOLDER" in done.output


@pytest.mark.parametrize("year", ["24", "1066", "twenty", ""])
def test_a_year_is_a_year(year: str) -> None:
    assert CliRunner().invoke(crimjust, ["annual", "--year", year]).exit_code == 2


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
    assert page == tmp_path / "reports" / "annual" / "2019-rehearsal" / "annual.html"
    assert page.read_text(encoding="utf-8").count("<h1>SIMULATED Report for 2019</h1>") == 1
    assert page.with_name("annual.docx").read_bytes().startswith(b"PK")
