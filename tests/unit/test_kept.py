"""Variants and sweeps: found by name, listed with what made them, and compared without a word too much."""

import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from toy_checkout import ROOT, Checkout

from crimjust_research import locks
from crimjust_research.cli import crimjust
from crimjust_research.data.catalog import Catalog
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.evidence.estimates import Estimate, csv_bytes, frame
from crimjust_research.report import comparisons, listing
from crimjust_research.runs import kept, promotion, runner
from crimjust_research.runs.comparison import MOVED, ONLY_A, ONLY_B, SAME, compare
from crimjust_research.runs.record import Layout
from figure_faults import faults

RUN = "01_toy"
OWN = {"factor": 2, "drug": "cocaine"}


def call(*arguments: str) -> str:
    return CliRunner().invoke(crimjust, arguments, catch_exceptions=False, env={"COLUMNS": "100"}).output


def estimate(name: str, value: float = 1.0, half: float = math.nan, **others: Any) -> Estimate:
    known = Estimate(name, "1", "How many?", f"the {name}", "sum", "all", value, "cases", 3, 1, "secondary")
    interval = {"std_error": half / 2, "ci_low": value - half, "ci_high": value + half, "ci_level": 0.95}
    return replace(known, **({} if math.isnan(half) else interval) | others)


def keep(
    folder: Path,
    estimates: Sequence[Estimate],
    parameters: Mapping[str, Any] = OWN,
    checks: Mapping[str, bool | None] = {},
    used: Mapping[str, str] = {},
    run: str = RUN,
) -> None:
    """What a run leaves, as far as listings and comparisons read it."""
    layout = Layout(folder, run)
    answer = {
        **dict.fromkeys(("name", "title"), "Toy"),
        "outcome": "1",
        "question": "How many?",
        "answer": f"There were [[{len(estimates)}|total]]. None was lost.",
        "departures": [f"{n} is {v}; registered is {OWN[n]}" for n, v in parameters.items() if OWN[n] != v],
        "changed": [],
        "checks": [
            {"name": n, "of": "", "passed": v, "power": None, "sentence": "", "table": []} for n, v in checks.items()
        ],
        "figures": [
            {**dict.fromkeys(("name", "title", "alt", "caption", "says"), ""), "source": "Bureau of Counts (2024)"}
        ],
        "used": [{"table": n, "vintage": v, "sha256": v} for n, v in used.items()],
        "parameters": dict(parameters),
        "tables": [],
        "cells": {},
        "key_figure": "",
    }
    made_of = {"notebook": "0", "code": {"a.py": "0"}, "lock": "0", "plan": "0", "versions": {"numpy": "2"}}
    known = {"run": run, "parameters": dict(parameters), **made_of, "tables": [], "outputs": {}}
    for path, content in (
        (folder / "assessments" / f"{run}.json", json.dumps(answer).encode()),
        (folder / "tables" / run / "estimates.csv", csv_bytes(frame(estimates))),
        (layout.record, json.dumps(known).encode()),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def home(checkout: Checkout) -> Checkout:
    checkout.notebook(RUN)
    return checkout


def variant(home: Checkout, name: str) -> Path:
    return home.reports / "variants" / name


# --- By name -------------------------------------------------------------------------------------------------------


def test_results_are_found_by_name_or_the_beginning_of_one(home: Checkout) -> None:
    for folder in (home.reports, variant(home, "to-2018"), variant(home, "to-2018-heroin"), variant(home, "wide")):
        keep(folder, [estimate("total")])
    assert kept.folder_of("reference") == kept.folder_of("ref") == home.reports
    assert kept.folder_of("to-2018") == variant(home, "to-2018")  # whole, though another begins so
    assert kept.folder_of("to-2018-") == variant(home, "to-2018-heroin")
    with pytest.raises(ParameterError, match="2 results begin with 'to': to-2018, to-2018-heroin; give more"):
        kept.folder_of("to")
    with pytest.raises(ParameterError, match=r"there is no variant 'wild'; did you mean 'wide'\? there are: reference"):
        kept.folder_of("wild")
    with pytest.raises(ParameterError, match="there is no variant ''"):
        kept.folder_of("")


@pytest.mark.usefixtures("home")
def test_without_reference_results_their_command_is_named() -> None:
    with pytest.raises(ParameterError, match="no reference results yet; make them: crimjust run all"):
        kept.folder_of("reference")


# --- Listed --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_with_nothing_kept_the_command_that_makes_a_variant_is_told() -> None:
    text = call("variants")
    assert text.startswith("There are no variants and no sweeps.")
    assert "crimjust run 08_outcome3_diversification -p end=2018 --name to-2018\n" in text


def test_a_variant_stands_until_something_it_is_made_of_moves(home: Checkout) -> None:
    (layout,) = runner.run(RUN, {"factor": "3", "months": "2020-01"}, variant="thrice").done
    assert call("variants").splitlines() == [
        "thrice (reports/variants/thrice/)",
        "  01_toy",
        "    parameters: factor=3, months=['2020-01']",
        "    departs from the plan: factor is 3; registered is 2",
        "    departs from the plan: months is ['2020-01']; registered is ['2020-01', '2020-02']",
        "    answer: There were 54.",
        "    as it would come out now",
    ]
    home.module("helper").write_text(home.module("helper").read_text() + "\n")
    (found,) = kept.kept_variants()
    assert found.runs[0].moved == ("code changed (toy/helper.py)",)
    lines = listing.as_text([found], [], 60).splitlines()
    assert "    moved since: code changed (toy/helper.py)" in lines
    # The command is whole, however long, and computes the same again.
    (command,) = (line.strip() for line in lines if "crimjust run" in line)
    assert command == "crimjust run 01_toy -p factor=3 -p 'months=[\"2020-01\"]' --name thrice"
    assert runner.run(RUN, {"factor": "3", "months": '["2020-01"]'}, variant="thrice").done == (layout,)


def test_a_variant_nobody_named_is_made_anew_without_a_name(home: Checkout) -> None:
    keep(variant(home, f"{RUN}-0123abcd"), [estimate("total")], {"factor": 3, "drug": "cocaine"})
    (found,) = kept.kept_variants()
    assert found.command(found.runs[0]) == "crimjust run 01_toy -p factor=3"


def test_what_no_run_left_is_named_and_left_alone(home: Checkout) -> None:
    keep(variant(home, "broken"), [estimate("total")])
    (variant(home, "broken") / "assessments" / f"{RUN}.json").write_text("{}")
    keep(variant(home, "gone"), [estimate("total")], run="77_gone")
    keep(variant(home, "torn"), [estimate("total")])
    Layout(variant(home, "torn"), RUN).record.write_text("{")
    (variant(home, "foreign") / "photographs").mkdir(parents=True)
    (home.reports / "sweeps" / "foreign").mkdir(parents=True)
    (home.reports / "sweeps" / f"{RUN}-bad").mkdir()
    (home.reports / "sweeps" / f"{RUN}-bad" / "estimates.parquet").write_text("no table")
    before = home.files()
    text = call("variants")
    assert home.files() == before
    told = " ".join(text.split()).replace(f"{home.reports}/variants/", "")
    assert [words.split("; ")[0].split(" in /")[0][:60].strip() for words in told.split("left alone: ")[1:]] == [
        "broken/assessments/01_toy.json is not as this project writes",
        "it holds no results of a run gone (reports/variants/gone/)",
        "no notebook '77_gone'",
        "torn/records/01_toy.json is not valid JSON (Expecting proper",
        "its tables cannot be read (Could not open Parquet input sour",
        "it holds no results of a sweep",
    ]


def test_a_sweep_is_listed_with_its_cells_and_what_varied(home: Checkout) -> None:
    folder = home.reports / "sweeps" / f"{RUN}-grid"
    (folder / "cells" / "aa").mkdir(parents=True)
    (folder / "cells" / "aa" / "1.csv").write_text("id\n")
    assert [line.strip() for line in call("variants").splitlines()] == [
        "01_toy-grid (a sweep, reports/sweeps/01_toy-grid/)",
        "01_toy",
        "cells: 1 kept, not yet gathered; the same command goes on from there",
    ]
    rows = [(f"c{n}", "total", n, "cocaine") for n in range(11)] + [("c1", "other", 1, "cocaine")]
    columns = ["cell", "id", "parameter_factor", "parameter_drug"]
    pd.DataFrame(rows, columns=columns).to_parquet(folder / "estimates.parquet")
    (folder / "failures.csv").write_text("cell\nc11\n")
    assert [line.strip() for line in call("variants").splitlines()[1:]] == [
        "01_toy",
        "cells: 11 done, 1 failed",
        "factor: 0, 1, 2, 3, 4, 5, 6, 7 and 3 more",
        "as it would come out now",
    ]


# --- Compared ------------------------------------------------------------------------------------------------------

LOGARITHMIC = "rate ratio (standard error of its logarithm)"
A = (
    estimate("small", 10, 4),
    estimate("large", 10, 4),
    estimate("equal", 10, 4),
    estimate("first", 5, 2, role="primary"),
    estimate("ratio", 2, unit=LOGARITHMIC, std_error=0.5, ci_low=1, ci_high=4),
    estimate("statistic", 3.0, unit="F(2, 60)", p_value=0.2),
    estimate("only_here", 1),
)
B = (
    estimate("small", 11, 4),
    estimate("large", 4, 6),
    estimate("equal", 10 + 1e-9, 4),
    estimate("first", 5.5, 2),
    estimate("ratio", 4, unit=LOGARITHMIC, std_error=0.5, ci_low=2, ci_high=8),
    estimate("statistic", 9.0, unit="F(3, 60)", p_value=0.01, estimand="another statistic"),
    estimate("only_there", 1),
)


@pytest.fixture
def both(home: Checkout) -> Checkout:
    """Reference results and a variant that differ in every way a comparison tells of."""
    verdicts = {"window": True, "trend": False, "size": None, "old": None}
    keep(home.reports, A, checks=verdicts, used={"counts": "2024", "rates": "2020"})
    verdicts = {"window": False, "trend": False, "size": None, "new": True}
    keep(variant(home, "more"), B, {"factor": 3, "drug": "cocaine"}, verdicts, used={"counts": "2025", "rates": "2020"})
    return home


@pytest.mark.usefixtures("both")
def test_what_moved_is_counted_in_standard_errors_of_a() -> None:
    (run,) = compare("reference", "more").runs
    told = run.estimates.set_index("id")
    assert told["status"].to_dict() == {
        **dict.fromkeys(["first", "large", "ratio", "small", "statistic"], MOVED),
        "equal": SAME,
        "only_here": ONLY_A,
        "only_there": ONLY_B,
    }
    # The primary one first, then by size: 0.5 of 1; -6 of 2; log(2) of 0.5; 1 of 2; none where units differ.
    moved = told[told["status"] == MOVED]
    assert moved["difference_in_se"].to_dict() == pytest.approx(
        {"first": 0.5, "large": -3.0, "ratio": math.log(2) / 0.5, "small": 0.5, "statistic": math.nan}, nan_ok=True
    )
    assert list(moved.index) == ["first", "large", "ratio", "small", "statistic"]
    assert math.isnan(moved.loc["statistic", "difference"])
    assert (run.parameters[0].name, run.parameters[0].a, run.parameters[0].b) == ("factor", "2", "3")
    assert [(p.name, p.a, p.b) for p in run.figures_read] == [("counts", "2024", "2025")]


def test_a_comparison_is_told_in_words_and_kept_in_files(both: Checkout) -> None:
    text = call("compare", "reference", "more")
    for line in (
        "A is reference, B is more.",
        "parameter factor: 2 in A, 3 in B",
        "figures read counts: 2024 in A, 2025 in B",
        "check Window: passed in A, failed in B",
        "Only A has the check Old.",
        "Only B has the check New.",
        "6 estimates stand in both: 5 moved, 1 is equal. 1 only in A: only_here. 1 only in B: only_there.",
        "first (primary in A, secondary in B; cases)",
        "statistic (secondary; F(2, 60) in A, F(3, 60) in B; the estimand is another in B)",
        "  A           5                  3 to 7      n/a",
        "  B        5.50            3.50 to 7.50      n/a      +0.500       +0.50",
        "  B           9                     n/a    0.010         n/a         n/a",
    ):
        assert line in text.splitlines()
    assert not re.search(r"\b(cause[sd]?|effect|impact|because|led to|due to)\b", text, re.IGNORECASE)
    folder = both.reports / "comparisons" / "reference--more"
    assert {path.name for path in folder.iterdir()} - {".crimjust"} == {
        "estimates.csv",
        *(f"01_toy.{kind}" for kind in ("svg", "png", "vl.json", "csv")),
    }
    rows = pd.read_csv(folder / "estimates.csv")
    assert len(rows) == 8
    assert set(rows["a"]) == {"reference"}
    drawn = pd.read_csv(folder / "01_toy.csv").set_index(["id", "side"])
    # B less A in half widths of A's interval, on logarithms for the ratio; what has no interval is not drawn.
    assert drawn["position"].xs("b", level="side").to_dict() == pytest.approx(
        {"first": 0.25, "large": -1.5, "ratio": math.log(2) / (math.log(4) / 2), "small": 0.25}
    )
    assert drawn.loc[("large", "b"), ["low", "high"]].tolist() == [-3.0, 0.0]
    svg = (folder / "01_toy.svg").read_text()
    assert "Source: Bureau of Counts (2024)" in svg
    assert "large −1.50" in svg  # the description
    assert "SIMULATED" not in svg


@pytest.mark.usefixtures("both")
def test_a_chart_of_a_comparison_has_no_fault() -> None:
    found = compare("reference", "more")
    drawn = comparisons.figure_of(found.runs[0], found.a, found.b)
    assert drawn is not None
    assert faults(drawn.specification, drawn.svg) == []


@pytest.mark.parametrize(
    ("command", "reads"),
    [
        (("compare", "reference", "more"), "crimjust_research.runs.comparison.compare"),
        (("report",), "crimjust_research.runs.jobs.require_current"),
        (("report",), "crimjust_research.report.html.read"),
    ],
)
@pytest.mark.usefixtures("both")
def test_no_run_moves_results_while_several_are_read(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], reads: str
) -> None:
    class ReachedError(Exception):
        pass

    def reading(*_: object, **__: object) -> None:
        with pytest.raises(DataError, match="held"), locks.locked(promotion.lock(), busy="held"):
            pass
        raise ReachedError

    for passed in ("runs.jobs.require_current", "runs.promotion.require_pooled"):
        monkeypatch.setattr(f"crimjust_research.{passed}", lambda *_: None)
    monkeypatch.setattr(reads, reading)
    with pytest.raises(ReachedError):
        call(*command)
    with locks.locked(promotion.lock(), busy="held"):
        pass


def test_a_long_table_is_cut_and_simulated_rows_say_so(home: Checkout) -> None:
    simulated = [estimate(f"e{n:02}", 1, 1, data_status="simulated") for n in range(30)]
    keep(home.reports, simulated)
    keep(variant(home, "more"), [replace(e, estimate=2.0, ci_high=3.0) for e in simulated])
    found = compare("reference", "more")
    text = comparisons.as_text(found, 80)
    assert text.count("; SIMULATED)") == 15
    assert "15 more rows, of smaller moves, are in estimates.csv." in text
    drawn = comparisons.figure_of(found.runs[0], found.a, found.b)
    assert drawn is not None
    assert drawn.title.startswith("SIMULATED: ")
    assert drawn.data["id"].nunique() == 12
    assert "18 more" in drawn.caption


def test_a_chart_says_of_which_side_alone_the_data_are_made_up(home: Checkout) -> None:
    observed = [estimate("first", 1, 1), estimate("second", 1, 1)]
    keep(home.reports, [replace(e, data_status="simulated") for e in observed])
    keep(variant(home, "own"), [replace(e, estimate=2.0, ci_high=3.0) for e in observed])
    found = compare("reference", "own")
    drawn = comparisons.figure_of(found.runs[0], found.a, found.b)
    assert drawn is not None
    assert not drawn.title.startswith("SIMULATED")
    assert "A: reference, SIMULATED" in drawn.svg
    assert "B: own, SIMULATED" not in drawn.svg


def test_equal_results_are_said_to_be_equal(home: Checkout, tmp_path: Path) -> None:
    keep(home.reports, A)
    keep(variant(home, "same"), A)
    text = call("compare", "same", "reference", "--output", str(tmp_path / "out"))
    assert "Parameters and figures read are the same." in text
    assert "All 7 estimates in both are equal." in text
    assert "there is nothing to draw" in text
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"estimates.csv", ".crimjust"}
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"below cannot be written to .*; name another with --output FOLDER"):
        comparisons.save(compare("same", "reference"), tmp_path / "file" / "below")


def test_grades_are_compared_question_by_question(home: Checkout) -> None:
    for folder, grades in (
        (home.reports, {"a.moved": "undecided", "a.same": "suggestive", "a.left": "supported"}),
        (variant(home, "own"), {"a.moved": "supported", "a.same": "suggestive", "a.own": "not answerable"}),
    ):
        keep(folder, A)
        rows = "".join(f"{name},{grade}\n" for name, grade in grades.items())
        (folder / "tables" / "01_toy" / "scorecard.csv").write_text(f"id,grade\n{rows}")
    text = comparisons.as_text(compare("reference", "own"), 120)
    assert "question a.moved: undecided in A, supported in B\n" in text
    assert "Only A has the question a.left.\nOnly B has the question a.own.\n" in text
    assert "a.same" not in text


def test_results_that_share_nothing_are_not_compared(home: Checkout) -> None:
    home.notebook("02_toy")
    keep(home.reports, A)
    keep(variant(home, "other"), A, run="02_toy")
    with pytest.raises(ParameterError, match=r"share no notebook, .* reference holds 01_toy; other holds 02_toy"):
        compare("reference", "other")
    keep(home.reports, A, run="02_toy")
    with pytest.raises(ParameterError, match="share no results of 01_toy"):
        compare("reference", "other", "01_toy")
    assert [run.run for run in compare("reference", "other").runs] == ["02_toy"]
    with pytest.raises(ParameterError, match="A and B are both other"):
        compare("other", "oth")


# --- The page of a variant -----------------------------------------------------------------------------------------


def test_a_variants_page_lies_in_its_folder_and_is_refused_once_something_moved(home: Checkout) -> None:
    runner.run(RUN, {}, variant="named")
    runner.run(RUN)
    # The registered family is the reference's: a variant has its own p alone, even under the registered parameters.
    pooled = [pd.read_csv(folder / "estimates.csv") for folder in (home.reports, variant(home, "named"))]
    assert [frame.loc[0, "role"] for frame in pooled] == ["primary", "primary"]
    assert [frame["p_adjusted"].notna().item() for frame in pooled] == [True, False]

    shutil.copytree(ROOT / "data" / "document", home.root / "data" / "document")
    (home.root / "data" / "processed").mkdir()
    Catalog(home.root / "data" / "processed").store([])
    page = home.reports / "variants" / "named" / "index.html"
    assert call("report", "--variant", "nam").strip() == str(page)
    text = page.read_text()
    assert ": variant named, not the registered answer</title>" in text
    assert (page.parent / "notebooks" / f"{RUN}.ipynb").is_file()
    assert f"<code>reports/variants/named/notebooks/{RUN}.ipynb</code>" in text
    before = page.read_bytes()
    home.module("helper").write_text(home.module("helper").read_text() + "\n")
    with pytest.raises(RunError, match="01_toy: code changed"):
        call("report", "--variant", "named")
    assert page.read_bytes() == before
