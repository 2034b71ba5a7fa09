"""The way from a number to its source: cells of executed notebooks, rows of panels, and the raw rows behind them."""

import json
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from toy_checkout import Checkout

from crimjust_research import project
from crimjust_research.data import catalog, corrections, provenance
from crimjust_research.data.panels import behind, declared
from crimjust_research.data.tables import Resource
from crimjust_research.errors import DataError, RunError
from crimjust_research.report import origins
from crimjust_research.runs import runner

PANELS = catalog.processed().resources
MADE_OF = [(panel, table) for panel in PANELS for table in provenance.raw_tables(panel.table)]


def named(made: tuple[Resource, str]) -> str:
    return f"{made[0].table.name}-{made[1]}"


@pytest.fixture(scope="module")
def samples() -> dict[str, origins.Sample]:
    known = origins.Samples()
    return {panel.table.name: known.of(panel) for panel in PANELS}


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """Every raw table a panel is made of, at the release it is made of, corrected."""
    raw = catalog.raw()
    found = {r.table.name: r for panel in PANELS for r in provenance.raw_behind(panel, raw)}
    return {name: corrections.apply(raw.open(name, r.vintage), name, r.vintage) for name, r in found.items()}


@pytest.mark.parametrize("made", MADE_OF, ids=map(named, MADE_OF))
def test_a_sample_row_of_each_panel_leads_to_each_raw_table_by_line(
    made: tuple[Resource, str], samples: dict[str, origins.Sample]
) -> None:
    panel, table = made
    sample = samples[panel.table.name]
    (found,) = (each for each in sample.behind if each.resource.table.name == table)
    assert found.rows >= 1
    assert found.first is not None
    # No cell of these tables holds an end of a line, so that a line is a row.
    for line, resource in ((sample.row, sample.resource), (found.first, found.resource)):
        text = (project.root() / origins.place(resource)).read_text(encoding="utf-8").splitlines()
        assert len(text) == resource.rows + 1
        cells = pd.read_csv(project.root() / origins.place(resource), dtype="str", keep_default_na=False)
        assert cells.iloc[line.number - 2].to_dict() == line.cells
    # What the two rows have in common under one name is the same; what publishers call a drug is sorted by the panel.
    shared = set(found.by) & set(found.first.cells) & set(panel.table.primary_key) - {"drug"}
    assert all(found.first.cells[name] == sample.row.cells[name] for name in shared)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.table.name)
def test_without_the_raw_rows_behind_it_the_panel_has_another_row(
    panel: Resource, samples: dict[str, origins.Sample], frames: dict[str, pd.DataFrame]
) -> None:
    name, row = panel.table.name, pd.Series(samples[panel.table.name].row.cells)
    key = list(panel.table.primary_key)
    own = {each: frames[each] for each in provenance.raw_tables(panel.table)}

    def told(raw: dict[str, pd.DataFrame]) -> list[list[str]]:
        found = declared(name).make(**raw)
        return found[(found[key].astype("str") == row[key]).all(axis=1)].astype("str").fillna("").to_numpy().tolist()

    whole = told(own)
    assert len(whole) == 1
    for table, keys in behind.columns_of(name, own).items():
        rows = keys.index[(keys.astype("str") == row[list(keys)]).all(axis=1)].unique()
        with suppress(DataError):  # or the panel cannot be made without them
            assert told(own | {table: own[table].drop(rows)}) != whole, table


def test_the_row_shown_lies_in_the_window_a_run_looked_at(samples: dict[str, origins.Sample]) -> None:
    panel = catalog.processed().resource("country_year")
    assert origins.sample(panel, ("2022", "2022")).row.cells["year"] == "2022"
    monthly = catalog.processed().resource("monthly_national")
    assert origins.sample(monthly, ("2020-03", "2020")).row.cells["month"] == "2020-03"
    assert origins.sample(panel, ("1900", "1901")) == samples["country_year"]  # no row does, and one is shown
    raw = catalog.raw().resource("overdose_monthly_us")
    assert origins.sample(raw, ("2015-02", "2015-02")).row.cells["month"] == "2015-02"


def test_where_many_rows_are_behind_one_it_is_said_how_many(samples: dict[str, origins.Sample]) -> None:
    found = {b.resource.table.name: b for b in samples["monthly_national"].behind}
    month = samples["monthly_national"].row.cells["month"]
    raw = catalog.raw().open("seizures_us_border")
    drugs = ["fentanyl", "methamphetamine", "cocaine", "heroin", "cannabis", "ketamine", "ecstasy"]
    assert found["seizures_us_border"].rows == ((raw["month"] == month) & raw["drug"].isin(drugs)).sum() > 100


def test_a_correction_that_a_raw_row_bears_is_named() -> None:
    panel = catalog.processed().resource("reviews")
    bearing = catalog.processed().open("reviews").dropna(subset="correction").iloc[0]
    year = str(bearing["year"])
    sample = origins.sample(panel, (year, year))
    reviewed = sample.behind[0]
    assert reviewed.resource.table.name == "uncac_reviews"
    assert reviewed.correction == sample.row.cells["correction"]


def test_lines_are_counted_where_a_cell_holds_several() -> None:
    lines = list(origins._rows('month,count\n"2020\n01",1\n\n2020-02,2\n'))
    assert lines == [(1, ["month", "count"]), (2, ["2020\n01", "1"]), (5, ["2020-02", "2"])]


def test_a_file_that_is_not_the_one_catalogued_is_no_sample(checkout: Checkout) -> None:
    checkout.store("2024-06", (1, 2))
    (checkout.root / "data" / "raw" / "counts" / "2024-06.csv").write_text("month,count\n2020-01,3\n")
    with pytest.raises(DataError, match="is not the file that was catalogued"):
        origins.sample(catalog.raw().resource("counts"))


def test_cells_are_those_of_the_executed_notebook_by_number(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("01_toy")
    code = origins.cells(checkout.reports, "01_toy")
    number = origins.cell_of(checkout.reports, "01_toy")["total"]
    assert list(code) == [1, 2, 3, 4]
    assert 'study.estimate("total"' in code[number]


def test_results_that_count_no_cells_are_to_be_run_again(checkout: Checkout) -> None:
    checkout.notebook("01_toy")
    runner.run("01_toy")
    path = checkout.reports / "assessments" / "01_toy.json"
    saved = json.loads(path.read_text())
    path.write_text(json.dumps({name: value for name, value in saved.items() if name != "cells"}))
    with pytest.raises(DataError, match=r"01_toy\.json .*'cells' is missing; run `crimjust run 01_toy` again"):
        origins.cell_of(checkout.reports, "01_toy")
    Path(checkout.reports / "notebooks" / "01_toy.ipynb").unlink()
    with pytest.raises(RunError, match="does not exist"):
        origins.cells(checkout.reports, "01_toy")
