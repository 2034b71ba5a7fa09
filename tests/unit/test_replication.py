"""What data editors ask, told of any results: exhibits with cells and files, hostile words, and files that are missing."""

from pathlib import Path

import pytest
import yaml
from reported import FIRST, HOSTILE, SECOND

from crimjust_research.errors import DataError
from crimjust_research.report import html, replication
from crimjust_research.report.html import Report
from crimjust_research.report.replication import exhibits, page
from crimjust_research.report.replication.exhibits import Exhibit, ranges

MEASURED = """# Performance

2 processors (x86_64), Python 3.11.7; one thread.

<!-- side_by_side.py --each -->
## Before

Not this.

<!-- replication.py -->
## What a replication needs

Little.

| command | s |
|---|---|
| `crimjust run all --force` | 169.43 (113.59) |

<!-- rollout_speed.py -->
## After
"""


@pytest.fixture
def home(reports: Path) -> Path:
    root = reports.parent
    (root / "docs" / "PERFORMANCE.md").write_text(MEASURED, encoding="utf-8")
    (root / "pyproject.toml").write_text('[project]\nclassifiers = ["Programming Language :: Python :: 3.12"]\n')
    (root / "requirements.lock").write_text("pandas==3.1.0 \\\n    --hash=sha256:00\nnumpy==2.4.0 ; marker\n")
    (root / "data" / "vocabulary").mkdir()
    (root / "data" / "vocabulary" / "drugs.yaml").touch()
    return root


@pytest.fixture
def report(home: Path) -> Report:
    return html.read(home / "reports")


def test_numbers_that_follow_each_other_are_told_as_a_range() -> None:
    assert ranges([]) == ""
    assert ranges([2]) == "2"
    assert ranges([1, 2, 5, 6, 7, 9]) == "1, 2, 5 to 7, 9"


def test_every_exhibit_has_its_number_on_the_page_and_on_paper_its_cells_and_its_files(
    home: Path, report: Report
) -> None:
    program = exhibits.of(report.sections[0], home / "reports", {f"figure-{FIRST}-lead_lag": 4})
    told = {one.name: one for one in program.exhibits}
    assert list(told) == [
        *("Figure 1.1", "Figure 1.2", "Table 1.1", "Table 1.2", "Table 1.3", "Table 1.4", "Table 1.5", "Table 1.6"),
        *("Check 1.1", "Check 1.2", "Check 1.3"),
    ]
    lies = f"reports/figures/{FIRST}/lead_lag"
    files = tuple(f"{lies}.{form}" for form in ("svg", "csv", "png", "vl.json"))
    assert told["Figure 1.2"] == Exhibit("Figure 1.2", "Seizures. Seizures by month.", (3,), files, "Figure 4")
    assert told["Figure 1.1"].on_paper == ""
    estimates = (f"reports/tables/{FIRST}/estimates.csv",)
    assert told["Table 1.1"] == Exhibit("Table 1.1", "Estimates", (2,), estimates)
    assert told["Table 1.6"] == Exhibit("Table 1.6", "Lag choice", (1,), (f"reports/tables/{FIRST}/lag_choice.csv",))
    assert told["Check 1.3"].title == "Residuals (failed)"
    assert told["Check 1.1"].files == (f"reports/assessments/{FIRST}.json",)


def test_what_is_simulated_is_flagged(home: Path, report: Report) -> None:
    program = exhibits.of(report.sections[1], home / "reports", {})
    assert {one.title[:11] for one in program.exhibits} == {"SIMULATED: "}


def test_hostile_words_stay_in_their_cells_of_tables_and_in_their_values(home: Path, report: Report) -> None:
    made = replication.files(home, report)
    text = made[replication.PAGE].decode()
    assert "<script>" not in text
    rows = [line for line in text.splitlines() if line.startswith("| Figure 2.1 |")]
    assert len(rows) == 1
    assert rows[0].replace(r"\|", "").count(" | ") == 4
    config = yaml.safe_load(made[replication.MANIFEST])
    (drawn,) = [one["comment"] for one in config["manifest"] if one["file"] == f"reports/figures/{SECOND}/series.svg"]
    assert " ".join(HOSTILE.split()) in " ".join(drawn.split())


def test_it_tells_versions_needs_and_files(home: Path, report: Report) -> None:
    text = replication.files(home, report)[replication.PAGE].decode()
    assert "Little.\n\n| command | s |\n|---|---|\n| `crimjust run all --force` | 169.43 (113.59) |\n\n" in text
    assert "took 2.8 minutes where it was\n[measured]" in text
    assert "Measured on a machine with 2 processors (x86_64), Python 3.11.7; one thread." in text
    assert "Not this" not in text
    assert "| pandas | 3.1.0 |" in text
    assert "pins 2 packages" in text
    assert "- Python 3.12;" in text
    assert "| `data/vocabulary/` | `drugs.yaml` |" in text
    assert "| `data/raw/deaths/2024-12.csv` | 2 |" in text


def test_every_file_of_data_is_told(home: Path, report: Report) -> None:
    (home / "data" / "raw" / "deaths" / "withdrawn").mkdir()
    (home / "data" / "raw" / "deaths" / "withdrawn" / "2023.csv").touch()
    text = replication.files(home, report)[replication.PAGE].decode()
    assert "| `data/raw/` | `datapackage.json` |" in text
    assert "| `data/processed/` | `datapackage.json` |" in text
    assert "| `data/raw/deaths/withdrawn/` | `2023.csv` |" in text


def test_estimates_of_simulated_records_are_counted_as_such(home: Path, report: Report) -> None:
    simulated = sum(e.data_status == "simulated" for section in report.sections for e in section.estimates)
    assert simulated
    text = replication.files(home, report)[replication.PAGE].decode()
    assert f"behind {simulated} of the estimates: they are of SIMULATED records" in text


def test_equal_results_come_to_equal_bytes(home: Path, report: Report) -> None:
    assert replication.files(home, report) == replication.files(home, html.read(home / "reports"))


def test_only_files_that_are_there_and_stale_are_written(home: Path, report: Report) -> None:
    assert replication.refresh(home, report) == ()
    assert not (home / replication.MANIFEST).exists()
    (home / replication.MANIFEST).touch()
    assert replication.refresh(home, report) == (replication.MANIFEST,)
    (home / replication.PAGE).touch()
    assert replication.refresh(home, report) == (replication.PAGE,)
    assert replication.refresh(home, report) == ()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (page.NEEDS, "# Performance\n", "does not say what a replication needs; measure it"),
        ("pyproject.toml", "[tool]\n", "cannot be read"),
        ("pyproject.toml", "[project", "cannot be read"),
    ],
)
def test_what_cannot_be_told_is_named(home: Path, report: Report, name: str, content: str, told: str) -> None:
    (home / name).write_text(content)
    with pytest.raises(DataError, match=f"{name}.*{told}"):
        replication.files(home, report)
