"""`crimjust explain`: one result by any of its names, and what cannot be explained is refused with the remedy."""

import ctypes
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner
from toy_checkout import CELLS, Checkout

from crimjust_research import project
from crimjust_research.cli import crimjust
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.runs import runner

MORE = 'study.estimate("mine", {"estimate": 1.5, "n_obs": 3}, estimand="Mean", method="mean", unit="cases")'


def call(*arguments: str) -> str:
    result = CliRunner().invoke(crimjust, ["explain", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of a hundred characters, whatever the one is in which the tests run."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def home(checkout: Checkout) -> Checkout:
    """Two notebooks that were run: both have the estimate `total`, the first one more."""
    checkout.notebook("01_toy", (*CELLS[:2], MORE, CELLS[2]))
    checkout.notebook("02_toy", CELLS)
    runner.run("all")
    return checkout


def test_an_estimate_is_told_with_its_cell_and_the_row_it_came_from(home: Checkout) -> None:
    told = call("toy.total")
    assert told.startswith("toy.total, of 01_toy\n  Outcome 1. How many?\n  Estimand: total\n  Method: sum\n")
    assert (
        "  Estimate: 36 cases; no interval; no p; adjusted p 1.000\n  From 3 observations of 1 unit; its role is primary\n"
        in told
    )
    assert "  All its digits: line 3 of reports/tables/01_toy/estimates.csv\n" in told
    assert "  As registered in docs/analysis_plan.toml as toy.total, with the registered parameters\n" in told
    assert "\nRecorded by cell 3 of reports/notebooks/01_toy.ipynb, In [3]:\n" in told
    assert '    study.estimate("total", {"estimate": total, "n_obs": 3})\n' in told
    assert "gave it" not in told  # all its names are the cell's own, or the beginning's
    assert "  Parameters that are not the notebook's own: none\n" in told
    assert "  Since it was computed: nothing it was made of has moved\n" in told
    assert "  To run it again: crimjust run 01_toy --force\n" in told
    assert "  To run it aside and compare: crimjust verify 01_toy\n" in told
    assert "  raw table counts 2024: data/raw/counts/2024.csv, 3 rows\n" in told
    assert "    line 2: month 2020-01, count 5\n" in told
    assert "  counts, released 2024: Counts by month\n    Written for this test: tests/unit/toy_checkout.py\n" in told
    assert "Terms: Public domain (CC0-1.0), https://creativecommons.org/publicdomain/zero/1.0/\n" in told
    sha256 = json.loads((home.reports / "assessments" / "01_toy.json").read_text())["used"][0]["sha256"]
    assert f"    sha256 {sha256}\n" in told
    assert call("toy.total") == told
    assert str(home.root) not in told


def test_it_is_told_with_the_cells_it_rests_on_and_what_these_read(home: Checkout) -> None:
    cells = ("aside = 3", "rows = [1, 2]", MORE.replace("1.5", "sum(rows)"))
    home.notebook("03_toy", (*CELLS[:2], *cells, CELLS[2]))
    runner.run("03_toy")
    told = call("03_toy", "mine")
    assert (
        "What that cell takes, these gave it, from the first to the last:\n  In [5]:\n    rows = [1, 2]\n\nThe run"
        in told
    )
    assert "What these cells may read; of each a row, as an example\n  raw table counts 2024" in told


@pytest.mark.usefixtures("home")
def test_a_name_is_found_however_a_person_gives_it() -> None:
    registered = call("toy.total")
    for words in (("01_toy", "total"), ("01", "total"), ("01_toy.ipynb", "toy.total")):
        assert call(*words) == registered
    assert call("mine").startswith("toy.mine, of 01_toy\n")
    assert "  Not registered in docs/analysis_plan.toml\n" in call("toy.mine")
    assert call("02_toy", "total").startswith("toy.total, of 02_toy\n")


UNKNOWN = {
    ("total",): r"2 results are called 'total'; say which: 01_toy total; 02_toy total",
    ("toy.totl",): "no estimate, figure or question 'toy.totl'; did you mean 'toy.total'",
    ("01_toy", "min"): "reference, 01_toy: there is no estimate, figure or question 'min'; did you mean 'mine'",
    ("03_toy", "total"): "reference holds no run '03_toy'; did you mean '02_toy'.*there are: 01_toy, 02_toy",
    ("01.1",): "no estimate, figure or question '01.1'",
    ("mine", "--variant", "gone"): "there is no variant 'gone'",
}


@pytest.mark.usefixtures("home")
def test_what_is_not_there_or_not_one_is_refused() -> None:
    for words, says in UNKNOWN.items():
        with pytest.raises(ParameterError, match=says):
            call(*words)


@pytest.mark.usefixtures("checkout")
def test_more_than_a_run_and_a_name_is_typed_wrong() -> None:
    result = CliRunner().invoke(crimjust, ["explain", "01_toy", "total", "more"])
    assert (result.exit_code, "name one result" in result.output) == (2, True)


@pytest.mark.usefixtures("home")
def test_a_variant_tells_where_it_departs_and_how_it_is_made_again() -> None:
    runner.run("01_toy", {"factor": 3}, variant="threefold")
    told = " ".join(call("01_toy", "total", "--variant", "threefold").split())
    assert (
        "Not as registered: factor is 3; registered is 2 (registered in docs/analysis_plan.toml as toy.total)" in told
    )
    assert "Estimate: 54 cases" in told
    # The parameters of a variant stand in a cell of their own.
    assert "Recorded by cell 4 of reports/variants/threefold/notebooks/01_toy.ipynb" in told
    assert "not the notebook's own: factor = 3 " in told
    assert "To run it again: crimjust run 01_toy -p factor=3 --name threefold --force" in told
    assert "To compare it with the reference: crimjust compare reference threefold" in told


def test_what_no_reference_result_is_of_is_not_to_be_compared_with_one(home: Checkout) -> None:
    home.notebook("02_own", accept=False)
    runner.run("02_own", variant="own")
    told = " ".join(call("total", "--variant", "own").split())
    assert "crimjust run 02_own --name own --force" in told
    assert "crimjust compare" not in told


def test_what_has_moved_since_is_told_and_other_data_are_refused(home: Checkout) -> None:
    notebook = home.root / "notebooks" / "01_toy.ipynb"
    notebook.write_text(notebook.read_text().replace("# Title", "# Another title"))
    assert "  Since it was computed: the notebook changed\n" in call("mine")
    path = home.reports / "assessments" / "01_toy.json"
    saved = json.loads(path.read_text())
    saved["used"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(saved))
    with pytest.raises(DataError, match=r"01_toy\.json was made from counts 2024 .*; run `crimjust run 01_toy` again"):
        call("mine")


def test_results_that_do_not_say_their_cell_are_to_be_run_again(home: Checkout) -> None:
    path = home.reports / "assessments" / "01_toy.json"
    saved = json.loads(path.read_text())
    faults = {
        r"01_toy\.json .*'cells' is missing; run `crimjust run 01_toy` again": None,
        r"'cells', 'mine' is a text, where a number should be; run": {"mine": "3"},
        r"no cell that recorded 'mine'; run `crimjust run 01_toy` again": {"total": 3},
        r"ipynb has no cell that recorded 'mine'; run `crimjust run 01_toy` again": {"mine": 99},
    }
    for says, cells in faults.items():
        left = {name: value for name, value in saved.items() if name != "cells"}
        path.write_text(json.dumps(left | ({} if cells is None else {"cells": cells})))
        with pytest.raises(DataError, match=says):
            call("mine")


def test_a_missing_or_broken_table_is_named(home: Checkout) -> None:
    table = home.reports / "tables" / "01_toy" / "estimates.csv"
    table.write_text("estimate\n1\n")
    with pytest.raises(DataError, match=r"estimates\.csv is no table of estimates .*; run `crimjust run 01_toy` again"):
        call("mine")
    table.unlink()
    with pytest.raises(DataError, match=r"estimates\.csv is missing; run `crimjust run 01_toy` again"):
        call("mine")


def test_text_from_elsewhere_commands_no_terminal_and_fits_the_lines(checkout: Checkout) -> None:
    hostile = "\\x1b[31m<b>\\u202e" + "word " * 80
    cell = f'study.estimate("a b", {{"estimate": 1.0}}, estimand="{hostile}", method="m", unit="kg")  # {"long " * 30}'
    checkout.notebook("01_toy", (*CELLS[:2], cell, CELLS[2]))
    runner.run("01_toy")
    told = call("a b")
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "Estimand: \\x1b[31m<b>\\u202eword word" in told
    assert max(map(len, told.splitlines())) <= 100


def put_down_rights_of_root() -> None:
    """Take from this thread what root has over others: that permissions of files are none to it."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # the third version of the call, about this thread
    held = (ctypes.c_uint32 * 6)()  # effective, permitted and inheritable capabilities, then as many of higher numbers
    system = ctypes.CDLL(None)
    assert system.capget(header, held) == 0
    for kind in range(2):
        held[kind] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert system.capset(header, held) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux can root put down its right to write anywhere")
def test_a_checkout_that_cannot_be_written_to_is_explained_all_the_same(home: Checkout) -> None:
    told = call("mine")
    for path in (home.root, *home.root.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with ThreadPoolExecutor(1, initializer=put_down_rights_of_root) as anybody:
            with pytest.raises(PermissionError):
                anybody.submit((home.root / "written").touch).result()
            assert anybody.submit(call, "mine").result() == told
    finally:
        for path in (home.root, *home.root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)


def test_nothing_is_written(home: Checkout) -> None:
    before = home.files()
    call("mine")
    assert home.files() == before


# --- Of this project ------------------------------------------------------------------------------------------------

# Of each notebook a result, what records it, and what its way to the publisher goes by.
FACTS = {
    "00_sources_and_claims claims": (
        "figure",
        "VSRR Provisional Drug Overdose Death Counts",
        "data/raw/overdose_12month",
    ),
    "markets.seizures_to_deaths": ("estimate", "CDC WONDER", "data/raw/seizures_us_border"),
    "precursors.un_2022_level": ("estimate", "NFLIS-Drug", "data/raw/lab_reports_fentanyl"),
    "routes.overlap": ("estimate", "UNODC data portal, individual drug seizures", "data/raw/seizure_routes"),
    "04.1": ("figure", "World Justice Project", "data/raw/justice_quality"),
    "joining.investigation": ("estimate", "World Justice Project", "data/raw/justice_quality"),
    "06.1": ("figure", "SIMULATED", "No table: its data are simulated"),
    "07_outcome3_cooperation growth": ("figure", "news of the programme", "data/raw/programme_event_countries"),
    "diversification.trend": ("estimate", "UNODC data portal, drug seizures", "data/raw/seizures_country"),
    "match.growth_ratio": ("estimate", "UNODC data portal, individual drug seizures", "data/raw/seizure_routes"),
    "reviews.rule_of_law": ("estimate", "UNCAC review mechanism", "data/raw/uncac_reviews"),
    "12_rollout_design timeline": ("figure", "The source document", "data/raw/programme_entry"),
    "assistance.second_summary.any": ("estimate", "UNCAC review mechanism", "data/raw/uncac_reviews"),
    "14_evaluation wjp_8_7.change": ("estimate", "World Justice Project", "data/raw/justice_quality"),
    "ratings.fatf_prosecution": ("estimate", "Financial Action Task Force", "data/raw/fatf_ratings"),
    "16.1": ("figure", "CDC WONDER, Provisional Mortality", "data/raw/overdose_monthly_state"),
    "90_scorecard joining.investigation": ("estimate", "05_outcome2_joining", "data/raw/programme_results"),
}


@pytest.mark.parametrize("asked", FACTS)
def test_a_result_of_each_notebook_leads_to_its_publisher(asked: str) -> None:
    kind, publisher, file = FACTS[asked]
    told = call(*asked.split())
    run = told.split("\n", 1)[0].rpartition(", of ")[2]
    code = told.partition("\nRecorded by cell ")[2].partition("\nThe run\n")[0]
    assert f"study.{kind}(" in code
    assert f" of reports/notebooks/{run}.ipynb, In [" in code
    for said in (publisher, file, f"crimjust verify {run}", "Parameters that are not the notebook's own: none"):
        assert said in " ".join(told.split()), said
    if kind == "estimate":
        assert "; p " in told or "no p" in told
    assert [line for line in told.splitlines() if len(line) > 100 and " " in line.strip()] == []


def test_each_notebook_has_a_result_that_is_explained() -> None:
    runs = {path.stem for path in (project.root() / "reports" / "assessments").glob("*.json")}
    # Own records are SIMULATED in the reference results: nobody publishes them.
    assert len(FACTS) == len(runs - {"11_own_records"})


def test_a_figure_of_an_indicator_is_told_by_what_it_is_measured_in_alone() -> None:
    told = " ".join(call("14", "wjp_8_7.change").split())
    assert "Measured in country_year.wjp_8_7, as data/document/results_framework.yaml declares panel country" in told
    read, _, publishers = told.partition("What these cells may read")[2].partition("Who published it")
    assert "from justice_quality 2" in read
    assert "from gdp" not in read
    assert "World Justice Project" in publishers
    assert "World Bank" not in publishers
    assert "rows: is_precursor" in call("14", "precursors_seized.latest")


def test_a_registered_question_is_told_with_its_grade_and_margin() -> None:
    told = " ".join(call("joining.investigation").split())
    assert "adjusted p 1.000 (counts as 1: not answerable) Calibrated p, of which the adjusted is made: 0.3" in told
    assert "(counts as 1" not in " ".join(call("diversification.trend").split())
    for said in ("Grade: not answerable", "Margin, the smallest size that would matter: 0.03", "Reason to doubt: Few"):
        assert said in told
    assert "As registered in docs/analysis_plan.toml as joining.investigation" in told


def test_a_question_without_public_data_is_told_as_one() -> None:
    told = call("cascade.from_seizure_to_conviction")
    assert told.startswith(
        "cascade.from_seizure_to_conviction: a question of Outcome 2 that no public data can answer\n"
    )
    assert "What would answer it: Case records" in told


def test_every_estimate_and_figure_of_the_reference_is_found() -> None:
    from crimjust_research.report import asked, origins

    reports = project.root() / "reports"
    for path in sorted((reports / "assessments").glob("*.json")):
        figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
        wanted = [*list(origins.estimates(reports, path.stem))[:5], *(f"figure:{f['name']}" for f in figures)]
        for name in wanted:
            found = asked.find(reports, [path.stem, name])
            assert isinstance(found, asked.Asked)
            assert (found.run, found.name) == (path.stem, name.removeprefix("figure:"))
