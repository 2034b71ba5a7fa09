"""What a publisher changed: worked out by hand on small tables, and CDC's revisions as they were."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from crimjust_research.cli import crimjust
from crimjust_research.data import catalog as catalogs
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.data.vintage_difference import Difference, difference
from crimjust_research.errors import DataError
from crimjust_research.report import revisions, vintages

DEATHS = Table(
    name="deaths",
    title="Deaths by place and month",
    description="One row is a place and a month.",
    fields=(
        Field("place", "string", "Place.", constraints={"required": True}),
        Field("month", "yearmonth", "Month.", constraints={"required": True}),
        Field("reported", "number", "Deaths.", "deaths"),
        Field("share", "number", "Share.", "percent"),
        Field("flag", "string", "Remark."),
    ),
    primary_key=("place", "month"),
    licences=(Licence("made-up", "Made up for this test", "https://example.org/licence"),),
    sources=(Source("Nobody's office", "https://example.org"),),
    time="month",
)
OLD = pd.DataFrame(
    [
        ["A", "2019-11", 100.0, 10.0, None],
        ["A", "2019-12", 200.0, 0.1234567891, "low"],
        ["A", "2020-01", None, 20.0, "low"],
        ["B", "2019-11", 0.0, 30.0, None],
        ["B", "2019-12", 40.0, 30.0, None],
        ["C", "2019-11", 7.0, None, None],
    ],
    columns=[f.name for f in DEATHS.fields],
)
NEW = pd.DataFrame(
    [
        ["A", "2019-11", 110.0, 10.0, None],
        ["A", "2019-12", 190.0, 0.1234568, "high"],
        ["A", "2020-01", 50.0, None, None],
        ["B", "2019-11", 5.0, 30.0, None],
        ["B", "2019-12", 40.0, 30.0, None],
        ["B", "2020-01", 9.0, 3.0, None],
    ],
    columns=[f.name for f in DEATHS.fields],
)


def stored(folder: Path, *releases: Release) -> Catalog:
    catalog = Catalog(folder)
    catalog.store(releases)
    return catalog


@pytest.fixture
def changed(tmp_path: Path) -> Difference:
    catalog = stored(tmp_path, Release(DEATHS, "2020-02", OLD), Release(DEATHS, "2020-03", NEW))
    return difference(catalog, "deaths", "2020-02", "latest")


def cells(found: Difference) -> set[tuple[object, ...]]:
    return {
        tuple(None if pd.isna(value) else value for value in row)
        for row in found.cells.drop(columns="period").itertuples(index=False)
    }


def test_every_cell_that_differs_is_listed_with_its_size(changed: Difference) -> None:
    assert cells(changed) == {
        # 110 - 100 = 10, a tenth of 100.
        ("revised", "A", "2019-11", "reported", 100.0, 110.0, 10.0, 10.0),
        # 190 - 200 = -10, a twentieth of 200.
        ("revised", "A", "2019-12", "reported", 200.0, 190.0, -10.0, -5.0),
        # Nothing can be said in percent of zero.
        ("revised", "B", "2019-11", "reported", 0.0, 5.0, 5.0, None),
        # A figure where there was none, and none where there was one.
        ("added", "A", "2020-01", "reported", None, 50.0, None, None),
        ("removed", "A", "2020-01", "share", 20.0, None, None, None),
        # Text has no size.
        ("revised", "A", "2019-12", "flag", "low", "high", None, None),
        ("removed", "A", "2020-01", "flag", "low", None, None, None),
        # Rows that stand in one vintage only: each figure in them.
        ("added", "B", "2020-01", "reported", None, 9.0, None, None),
        ("added", "B", "2020-01", "share", None, 3.0, None, None),
        ("removed", "C", "2019-11", "reported", 7.0, None, None, None),
    }
    assert (changed.rows_in_both, changed.rows_added, changed.rows_removed) == (5, 1, 1)


def test_columns_and_years_are_summed_up(changed: Difference) -> None:
    by_column = changed.by_column.set_index("column")
    # Filled in both: reported in A 2019-11, A 2019-12, B 2019-11, B 2019-12; share in the same four; flag in A 2019-12.
    assert by_column["compared"].to_dict() == {"reported": 4, "share": 4, "flag": 1}
    assert by_column[["added", "removed", "revised"]].to_numpy().tolist() == [[2, 1, 3], [1, 1, 0], [0, 1, 1]]
    # Percentages of reported: 10 and -5, so the median is 2.5 and the tenth percentile -5 + 0.1 * 15 = -3.5.
    assert by_column.loc["reported", "percent_lowest":].tolist() == [-5.0, -3.5, 2.5, 8.5, 10.0]
    assert by_column.loc["share", "percent_lowest":].isna().all()
    years = changed.by_year.set_index(["column", "year"])
    assert years.loc[("reported", "2019"), ["compared", "revised"]].tolist() == [4, 3]
    assert years.loc[("reported", "2020"), ["compared", "added"]].tolist() == [0, 2]
    assert changed.largest["percent"].tolist() == [10.0, -5.0]


def test_a_fraction_printed_with_fewer_digits_is_not_revised_and_a_large_count_off_by_one_is(tmp_path: Path) -> None:
    old = OLD.head(1).assign(share=0.1234567891, reported=2_854_838.0)
    for share, revised in ((0.1234568, False), (0.123457, False), (0.123458, True)):
        new = old.assign(share=share, reported=2_854_839.0)
        catalog = stored(tmp_path / str(share), Release(DEATHS, "2020", old), Release(DEATHS, "2021", new))
        columns = set(difference(catalog, "deaths", "2020", "2021").cells["column"])
        assert columns == {"reported", *(["share"] if revised else [])}


def test_equal_vintages_do_not_differ(tmp_path: Path) -> None:
    catalog = stored(tmp_path, Release(DEATHS, "2020", OLD), Release(DEATHS, "2021", OLD))
    found = difference(catalog, "deaths", "2020", "2021")
    assert len(found.cells) == 0
    assert found.by_column["compared"].tolist() == [5, 5, 2]
    assert "Of 12 cells filled in both, 0 were revised; 0 cells were added and 0 removed." in vintages.as_text(found)
    assert "<svg" in vintages.figure(found).svg


def test_reversed_vintages_show_the_changes_reversed(tmp_path: Path, changed: Difference) -> None:
    back = difference(Catalog(tmp_path), "deaths", "2020-03", "2020-02")
    swapped = {"added": "removed", "removed": "added", "revised": "revised"}
    there = {(c, p, m, name, old, new) for c, p, m, name, old, new, *_ in cells(changed)}
    assert {(swapped[c], p, m, name, new, old) for c, p, m, name, old, new, *_ in cells(back)} == there


@pytest.mark.parametrize("partial", ["old", "new"])
def test_what_a_part_of_a_table_leaves_out_is_not_counted(tmp_path: Path, partial: str) -> None:
    part = NEW[NEW["place"] == "A"].assign(share=None, flag=None).astype({"share": "float64", "flag": "str"})
    whole = Release(DEATHS, "2020-02", OLD)
    fragment = Release(DEATHS, "2020-03", part, lacks=("all but A",))
    catalog = stored(tmp_path, whole, fragment)
    order = ("2020-02", "2020-03") if partial == "new" else ("2020-03", "2020-02")
    found = difference(catalog, "deaths", *order)
    assert set(found.cells["column"]) == {"reported"}
    assert set(found.cells["place"]) == {"A"}
    assert (found.rows_added, found.rows_removed, found.rows_in_both) == (0, 0, 3)
    assert "Vintage 2020-03 is a part of the table: it lacks all but A" in vintages.as_text(found)


def test_a_column_of_one_vintage_only_is_added_whole(tmp_path: Path) -> None:
    slim = replace(DEATHS, fields=tuple(f for f in DEATHS.fields if f.name != "share"))
    catalog = stored(tmp_path, Release(slim, "2020", OLD.drop(columns="share")), Release(DEATHS, "2021", OLD))
    found = difference(catalog, "deaths", "2020", "2021")
    assert set(found.cells["column"]) == {"share"}
    assert set(found.cells["change"]) == {"added"}
    assert len(found.cells) == OLD["share"].notna().sum()


def test_a_table_without_time_is_charted_by_column(tmp_path: Path) -> None:
    timeless = replace(DEATHS, time=None)
    catalog = stored(tmp_path, Release(timeless, "2020-02", OLD), Release(timeless, "2020-03", NEW))
    found = difference(catalog, "deaths", "2020-02", "2020-03")
    assert len(found.by_year) == 0
    assert "by year" not in vintages.as_text(found)
    drawn = vintages.figure(found)
    assert set(drawn.data["column"]) == {"reported", "share", "flag"}
    assert "reported" in drawn.svg


def test_time_outside_the_key_still_orders_the_changes(tmp_path: Path) -> None:
    by_place = replace(DEATHS, primary_key=("place",))
    old, new = OLD.drop_duplicates("place"), NEW.drop_duplicates("place", keep="last")
    catalog = stored(tmp_path, Release(by_place, "2020-02", old), Release(by_place, "2020-03", new))
    found = difference(catalog, "deaths", "2020-02", "2020-03")
    moved = found.cells.set_index(["place", "column"])
    assert moved.loc[("A", "month"), ["old", "new", "period"]].tolist() == ["2019-11", "2020-01", "2020-01"]
    assert moved.loc[("C", "reported"), "period"] == "2019-11"


def test_a_figure_printed_with_more_decimals_is_not_revised(tmp_path: Path) -> None:
    months = [f"2019-{month:02d}" for month in range(1, 5)]
    printed = pd.DataFrame({"place": "A", "month": months, "reported": [1.0, 2.0, 3.0, 4.0], "flag": None})
    old = printed.assign(share=[0.31054, 0.018, 0.5, 0.25])
    # Two of the same figures with more decimals, one that was revised in the last of the old ones, one left alone.
    new = printed.assign(share=[0.3105444165, 0.01799570219, 0.50001, 0.25], reported=[1.4, 2.0, 3.0, 4.0])
    catalog = stored(tmp_path, Release(DEATHS, "2020-02", old), Release(DEATHS, "2020-03", new))
    found = difference(catalog, "deaths", "2020-02", "2020-03")
    revised = found.cells[["month", "column"]].to_numpy().tolist()
    # Whole numbers that become fractions are other figures.
    assert revised == [["2019-01", "reported"], ["2019-03", "share"]]


def test_a_column_of_years_stands_beside_the_years_of_the_figures() -> None:
    """The Rule of Law Index: keyed by edition, its year a column that is compared."""
    assert "by year" in vintages.as_text(difference(catalogs.raw(), "justice_quality", "2023", "2025"))


@pytest.mark.parametrize(
    ("value", "said"),
    [(-0.004, "0.00 %"), (0.0, "0.00 %"), (3282.67, "+3,282.67 %"), (-9.114, "−9.11 %"), (0.006, "+0.01 %")],
)
def test_a_percentage_has_a_sign_only_if_something_is_left_of_it(value: float, said: str) -> None:
    assert vintages.percent(value) == said


def test_the_figure_says_what_it_shows(changed: Difference) -> None:
    figure = vintages.figure(changed)
    assert "5 rows stand in both vintages; 1 were added and 1 removed." in figure.alt
    assert "reported: 3 of 4 revised, from −5.00 % to +10.00 %, +2.50 % at the median." in figure.alt
    assert figure.source == "Nobody's office; vintages 2020-02 and 2020-03"
    assert figure.title == "deaths: changes from vintage 2020-02 to 2020-03"
    assert figure.svg == vintages.figure(changed).svg
    # The one column with revisions in percent has a panel; the two axes are named.
    shown = ("Cells revised, added and removed", "Revisions in percent of the old figure", ">reported<", ">added<")
    assert all(words in figure.svg for words in shown)
    assert ">share<" not in figure.svg


def test_the_text_shows_columns_years_and_the_largest(changed: Difference) -> None:
    lines = vintages.as_text(changed).splitlines()
    assert lines[0] == "deaths: 2020-02 against 2020-03"
    assert any(line.split() == ["2019", "3", "of", "4", "0", "of", "4", "1", "of", "1"] for line in lines)
    assert any(line.split() == ["A", "2019-11", "reported", "100", "110", "10", "+10.00"] for line in lines)


def test_saving_writes_tables_and_chart(changed: Difference, tmp_path: Path) -> None:
    vintages.save(changed, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        ".crimjust",
        "by_column.csv",
        "by_year.csv",
        "cells.csv",
        "revisions.csv",
        "revisions.png",
        "revisions.svg",
        "revisions.vl.json",
    ]
    again = pd.read_csv(tmp_path / "out" / "cells.csv", keep_default_na=False)
    assert len(again) == len(changed.cells)


def test_the_same_vintage_twice_another_key_and_unknown_names_are_refused(tmp_path: Path) -> None:
    other = replace(DEATHS, primary_key=("place", "month", "reported"))
    whole = OLD.dropna(subset="reported")
    catalog = stored(tmp_path, Release(DEATHS, "2020", OLD), Release(other, "2021", whole))
    with pytest.raises(DataError, match="are the same vintage, 2021; name two"):
        difference(catalog, "deaths", "2021", "latest")
    with pytest.raises(DataError, match=r"place\+month in vintage 2020 and place\+month\+reported in 2021"):
        difference(catalog, "deaths", "2020", "2021")
    with pytest.raises(DataError, match=r"no table 'death' in .*; did you mean 'deaths'"):
        difference(catalog, "death", "2020", "2021")
    with pytest.raises(DataError, match="no vintage '2019'"):
        difference(catalog, "deaths", "2019", "2021")


def test_cdc_moves_its_predictions_for_closed_years_and_leaves_the_reported_figures() -> None:
    found = difference(catalogs.raw(), "overdose_12month", "2019-07", "2025-01-08")
    years = found.by_year.set_index(["column", "year"])
    closed = [("2015", 3479, 2174, 2625), ("2016", 3503, 2273, 2644), ("2017", 3538, 2329, 2679)]
    for year, reported, moved, predicted in closed:
        assert years.loc[("reported", year), ["compared", "revised"]].tolist() == [reported, 0]
        assert years.loc[("predicted", year), ["compared", "revised"]].tolist() == [predicted, moved]
    # The files of 2018 were not closed in July 2019.
    assert years.loc[("reported", "2018"), "revised"] == 1899
    nation = found.cells.set_index(["jurisdiction", "indicator", "month_ending", "column"])
    moved = nation.loc[("US", "overdose_deaths", "2015-01", "predicted")]
    assert (moved["old"], moved["new"], moved["difference"]) == (48549, 48126, -423)


def test_a_later_vintage_of_the_nation_alone_is_compared_with_the_nation_alone() -> None:
    found = difference(catalogs.raw(), "overdose_12month", "2025-01-08", "2025-09")
    assert (found.rows_in_both, found.rows_added, found.rows_removed) == (115, 9, 0)
    years = found.by_year.set_index(["column", "year"])["revised"]
    # 2023 was closed between the two; every prediction moved, of whatever year.
    assert [int(years["reported", str(year)]) for year in range(2015, 2025)] == [0] * 8 + [12, 7]
    assert [int(years["predicted", str(year)]) for year in range(2015, 2025)] == [12] * 9 + [7]


def test_the_command_shows_the_difference_and_writes_it_where_it_is_asked_to(
    changed: Difference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crimjust_research.data.catalog.raw", lambda: Catalog(tmp_path))
    shown = CliRunner().invoke(crimjust, ["data", "diff", "deaths", "2020-02"])
    assert shown.output == vintages.as_text(changed) + "\n"
    folder = tmp_path / "out"
    saved = CliRunner().invoke(crimjust, ["data", "diff", "deaths", "2020-02", "2020-03", "--output", str(folder)])
    assert saved.exit_code == 0
    assert (folder / "revisions.svg").read_text() == vintages.figure(changed).svg


def test_the_page_holds_each_release_against_the_whole_one_before_it(tmp_path: Path) -> None:
    part = Release(DEATHS, "2020-03", OLD[OLD["place"] == "B"], lacks=("all but B",))
    catalog = stored(tmp_path, Release(DEATHS, "2020-02", OLD), part, Release(DEATHS, "2020-04", NEW))
    page = revisions.page(catalog, "some command")
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## `deaths`: 2020-02 to 2020-03", "## `deaths`: 2020-02 to 2020-04"]
    # 110 is ten per cent above 100, the largest revision; what is revised from nothing has no percentage.
    assert "`reported` of A, 2019-11, from 100 to 110 (+10.00 %)" in page
    assert "| `reported` | 4 | 3 | 2 | 1 | −5.00 % | +2.50 % | +10.00 % |" in page


def test_the_page_of_tables_with_one_release_each_has_no_section(tmp_path: Path) -> None:
    assert "## " not in revisions.page(stored(tmp_path, Release(DEATHS, "2020-02", OLD)), "some command")
