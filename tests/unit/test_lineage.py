"""Which cells a number rests on: by the names they give and take, whatever the order and form in which these stand."""

import pytest

from crimjust_research.report.lineage import before, opened

NOTEBOOK = {
    1: "start = 2012",
    2: "study = Study.begin(QUESTION, globals())\np = study.params",
    3: 'panel = study.panel("a")\nother = study.raw("b")',
    4: "rows = steps.measured(panel, p)",
    5: "rows = rows[rows['kilograms'] > 0]",
    6: "aside = other.head()",
    7: 'fit = steps.trend(rows, p)\nstudy.note(dropped=fit.dropped)\nstudy.estimate("registered", fit)',
    8: 'study.estimate("later", aside)',
}


def test_the_way_back_goes_through_every_cell_that_gave_a_name_and_no_other() -> None:
    assert before(NOTEBOOK, 7) == (3, 4, 5)
    assert before(NOTEBOOK, 8) == (3, 6)
    assert before(NOTEBOOK, 3) == ()


@pytest.mark.parametrize(
    ("gives", "takes"),
    [
        ("x = 1", "y = x"),
        ("x, y = 1, 2", "f(y)"),
        ("x: int = 1", "x += 1"),
        ("import x.y", "x.z()"),
        ("from m import y as x", "f'{x:.0%}'"),
        ("for x in range(3): pass", "x"),
        ("with open('f') as (x, y): pass", "x"),
        ("(x := 2)", "[x for y in z]"),
        ("def x(y): return y", "{y: x(y) for y in range(2)}"),
        ("if True:\n    x = 1", "lambda y: x"),
        ("x['column'] = 1", "x"),
        ("x.attribute[0] = 1", "x"),
        ("%time x = f()", "x"),
    ],
)
def test_a_name_is_given_and_taken_in_every_form(gives: str, takes: str) -> None:
    assert before({1: gives, 2: takes}, 2) == (1,)


@pytest.mark.parametrize(
    ("gives", "takes"),
    [
        ("[x for x in range(3)]", "x"),
        ("f = lambda x: x", "x"),
        ("def f(y):\n    x = y", "x"),
        ("x = 1", "[x for x in range(3)]"),
        ("x = 1", "lambda x: x"),
        ("x = 1", "def f(x):\n    y = x\n    return y"),
        ("x = 1", "x = 2\nf(x)"),
        ("x = 1", "f(x=2)"),
        ("x = 1", "y.x"),
    ],
)
def test_a_name_of_its_own_is_neither(gives: str, takes: str) -> None:
    assert before({1: gives, 2: takes}, 2) == ()


def test_what_is_taken_before_it_is_given_anew_is_taken_from_before() -> None:
    assert before({1: "x = 1", 2: "x = x + 1", 3: "x"}, 3) == (1, 2)
    assert before({1: "x = {}", 2: "x['a'] = 1", 3: "x = 2", 4: "x"}, 4) == (3,)


def test_tables_are_those_that_its_cells_open() -> None:
    used = {"a", "b"}
    assert opened(NOTEBOOK, (3, 4, 5, 7), used) == used
    parted = NOTEBOOK | {3: 'panel = study.panel("a")', 6: 'aside = study.raw("b")'}
    assert opened(parted, (3, 4, 5, 7), used) == {"a"}
    assert opened(parted, (6, 8), used) == {"b"}


def test_a_table_that_is_not_named_may_be_any_that_no_cell_names() -> None:
    code = {1: "x = study.panel(PANEL)", 2: 'y = study.raw("b")', 3: "z = 1"}
    assert opened(code, (1,), {"a", "b", "c"}) == {"a", "c"}
    assert opened(code, (3,), {"a", "b", "c"}) == {"a", "b", "c"}
    assert opened(code | {4: "%run elsewhere"}, (4,), {"a", "b", "c"}) == {"a", "c"}
