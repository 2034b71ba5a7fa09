"""The page of records that a person supplied: by the chapters of its notebook, named after them, with nothing registered."""

from pathlib import Path

from reported import SECOND, Page, estimate

from crimjust_research import report
from crimjust_research.report import chapters, tables
from crimjust_research.report.chapters import Results
from crimjust_research.report.section import Chapter, ReportedCheck, ReportedTable
from crimjust_research.report.tables import Table

CELLS = [
    {"cell_type": "markdown", "source": "# What it is about"},
    {"cell_type": "code", "source": "begin()", "execution_count": 1},
    {"cell_type": "markdown", "source": "## Cases\n\nHow many?\nAnd when?\n\nBy a method of its own."},
    {"cell_type": "code", "source": "count()", "execution_count": 2},
    {"cell_type": "markdown", "source": "In passing."},
    {"cell_type": "code", "source": "time()", "execution_count": 3},
    {"cell_type": "markdown", "source": "## Answer"},
    {"cell_type": "code", "source": "answer()", "execution_count": 4},
]
ROWS = Table("Counted", ("kind", "n"), (("cases", 5),))


def tabled(title: str, members: object) -> Table:
    return tables.of_estimates(title, members, "11_mine", {}, in_short=True)  # type: ignore[arg-type]


def check(table: Table | None, cell: int | None) -> ReportedCheck:
    return ReportedCheck("c", "Supplied", "for information", "", "All.", table, cell)


def arranged(**recorded: object) -> list[Chapter]:
    nothing: dict[str, tuple[object, ...]] = dict.fromkeys(("estimates", "figures", "checks", "further"), ())
    results = Results(**(nothing | recorded))  # type: ignore[arg-type]
    return list(chapters.arranged("11_mine", CELLS, results, tabled))


def test_results_stand_in_the_chapter_that_recorded_them_under_its_first_words() -> None:
    (cases,) = arranged(estimates=[(estimate("a"), 2), (estimate("b"), 3)])
    assert (cases.title, cases.words, cases.anchor) == ("Cases", "How many?\nAnd when?", "chapter-11_mine-Cases")
    assert cases.estimates is not None
    assert cases.estimates.ids == ("estimate-11_mine-a", "estimate-11_mine-b")


def test_what_stands_in_no_chapter_comes_last_so_that_nothing_is_lost() -> None:
    found = arranged(estimates=[(estimate("early"), 1), (estimate("a"), 2), (estimate("uncounted"), None)])
    assert [chapter.title for chapter in found] == ["Cases", "Further results"]
    assert found[-1].estimates is not None
    assert found[-1].estimates.ids == ("estimate-11_mine-early", "estimate-11_mine-uncounted")


def test_a_table_that_a_check_holds_too_stands_once_and_an_empty_one_not_at_all() -> None:
    again, other, empty = (
        ReportedTable(table, 2) for table in (ROWS, Table("Others", ("n",), ((1,),)), Table("None", ("n",), ()))
    )
    (cases,) = arranged(checks=[check(ROWS, 2)], further=[again, other, empty])
    assert [one.table.caption for one in cases.further] == ["Others"]
    assert cases.checks[0].table == Table("Supplied", ROWS.columns, ROWS.rows)


def test_a_table_in_short_tells_the_specification_below_and_the_cell_last() -> None:
    table = tables.of_estimates("A", [estimate("a", p_value=float("nan"))], "run", {"a": 4}, in_short=True)
    assert table.columns == ("Estimand", "Estimate, F(3, 60)", "Interval", "Adjusted p", "n", "Cell")
    assert "<small>lag 3, 1 added, month effects</small>" in tables.html(table)


def test_a_page_of_supplied_records_is_called_after_them_and_tells_of_nothing_registered(supplied: Path) -> None:
    page = Page(report.build(supplied, variant="mine").read_text())
    words = page.text()
    assert ["".join(said for path, said in page.words if path[-1:] == (tag,)) for tag in ("h1", "title")] == [
        "What own records say"
    ] * 2
    assert "registered" not in words.partition("How to use this page")[0]
    assert "Published figures" not in words
    assert "No single record is on this page." in words
    assert page.open == []
    assert len(page.ids()) == len(set(page.ids()))
    anchors = {f"#{name}" for name in page.ids()}
    assert {a["href"] for a in page.all("a") if a["href"].startswith("#")} <= anchors


def test_a_page_of_supplied_records_names_the_files_and_what_they_are_known_by(supplied: Path) -> None:
    words = Page(report.build(supplied, variant="mine").read_text()).text()
    assert f"mine/cases.csv{'0' * 64}" in words.replace("csv ", "csv")


def test_a_variant_of_one_registered_question_is_called_after_it_and_what_it_is_not(reports: Path) -> None:
    (reports / "assessments" / f"{SECOND}.json").unlink()
    words = Page(report.build(reports, variant="narrow").read_text()).text()
    assert words.count("Seizures and deaths: variant narrow, not the registered answer") == 2
