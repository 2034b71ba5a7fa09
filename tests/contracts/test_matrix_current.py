"""The evaluation matrix says what its framework and the results say."""

from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import framework
from crimjust_research.report import estimate_rows, matrix
from crimjust_research.report.framework_faults import faults

ROOT = Path(__file__).parents[2]
PAGE = ROOT / matrix.PAGE


def test_all_that_the_framework_names_is_there() -> None:
    assert faults(framework.load(), estimate_rows.read(ROOT / "reports")) == ()


def test_the_evaluation_matrix_is_current() -> None:
    assert PAGE.is_file(), f"{matrix.PAGE} is missing: run `{matrix.COMMAND}`"
    current = matrix.page(ROOT / "reports")
    assert PAGE.read_text(encoding="utf-8") == current, (
        f"{matrix.PAGE} differs from its framework or from the results: run `{matrix.COMMAND}`"
    )


def test_a_page_that_is_not_there_is_not_written(tmp_path: Path) -> None:
    assert matrix.refresh(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_stale_page_is_written_anew_with_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / matrix.PAGE).parent.mkdir()
    (tmp_path / matrix.PAGE).write_text("stale", encoding="utf-8")
    monkeypatch.setattr(matrix, "page", lambda _: "as it is")
    assert matrix.refresh(tmp_path) == (matrix.PAGE,)
    assert (tmp_path / matrix.PAGE).read_text(encoding="utf-8") == "as it is"
    assert matrix.refresh(tmp_path) == ()


def test_the_figures_by_year_are_of_the_indicators_and_baselines_read_off_them() -> None:
    figures = pd.read_csv(
        ROOT / "reports" / "tables" / "14_evaluation" / "indicators_by_year.csv", keep_default_na=False
    )
    estimates = estimate_rows.read(ROOT / "reports")
    yearly = {i.key: i for i in framework.load().indicators if i.measure and not i.not_yearly}
    assert set(figures["indicator"]) == set(yearly)
    for key, indicator in yearly.items():
        own = figures[figures["indicator"] == key]
        assert set(own["unit"]) == {indicator.unit}, key
        # What is told beside a figure is no part of it, and is called otherwise.
        assert set(own["group_by"]) - {"", "other drug"} <= set(indicator.parted_by), key
        assert indicator.baseline is not None
        told = estimates[indicator.baseline.estimate]
        whole = own[(own["group_by"] == "") & (own["year"] == indicator.baseline.year)]
        assert [float(value) for value in whole["value"]] == [float(told["estimate"])], key
        assert told["unit"] == indicator.unit, key
