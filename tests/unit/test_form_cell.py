"""A parameters cell with other values in it: it has exactly these, and all else as it was."""

import io
import tokenize
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crimjust_research import parameters_cell
from crimjust_research.errors import ParameterError
from crimjust_research.forms.cell import cell_with, cells_with, literal
from crimjust_research.runs import notebooks

NAMES = st.sampled_from(["start", "end", "drug", "order", "trend", "exclude", "año"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.one_of(
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    TEXTS,
    st.lists(TEXTS | st.integers(0, 9), max_size=4),
)
COMMENTS = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Zl", "Zp", "Cc"]), max_size=15)
NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def cells(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A cell as a person may leave it: comments, blank lines, brackets, names assigned twice; and what it assigns."""
    assigned: dict[str, Any] = {}
    lines = []
    for name, value in draw(st.lists(st.tuples(NAMES, VALUES), max_size=6)):
        code = draw(st.sampled_from([repr, literal]))(value)
        written = draw(
            st.sampled_from(
                [
                    f"{name} = {code}",
                    f"{name}={code};",
                    f"{name}: object = ({code})",
                    f"{name} = (\n    {code}  # within\n)",
                    f"{name} = [\n    {code[1:-1]}\n]" if isinstance(value, list) and value else f"{name} = ({code})",
                ]
            )
        )
        assigned[name] = value
        if lines and "\n" not in written and draw(st.booleans()) and lines[-1].endswith(";") and "#" not in lines[-1]:
            lines[-1] += f" {written}"  # two on a line
            continue
        lines += [written + draw(st.just("") | COMMENTS.map("  # {}".format))]
        lines += draw(st.just([]) | st.just([""]) | COMMENTS.map(lambda said: [f"# {said}"]))
    ends = draw(NEWLINES)
    return "\n".join(lines).replace("\n", ends) + draw(st.sampled_from(["", ends])), assigned


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source, newline=None).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


def same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Equal in kind as well: Python takes 1 for 1.0 and for True."""
    return repr(dict(sorted(found.items()))) == repr(dict(sorted(wanted.items())))


@given(cells(), st.dictionaries(NAMES, VALUES, max_size=5))
def test_it_assigns_exactly_the_values_and_keeps_every_comment(
    cell: tuple[str, dict[str, Any]], values: dict[str, Any]
) -> None:
    source, assigned = cell
    written = cell_with(source, values, "n")
    assert same(parameters_cell.assigned(written, "n"), assigned | values)
    assert comments(written) == comments(source)
    assert cell_with(written, values, "n") == written


@given(cells())
def test_a_cell_that_has_the_values_is_left_as_it_is(cell: tuple[str, dict[str, Any]]) -> None:
    source, assigned = cell
    once = [name for name in assigned if source.count(name) == 1]
    assert cell_with(source, {name: assigned[name] for name in once}, "n") == source


@pytest.mark.parametrize("notebook", notebooks.find(), ids=lambda each: each.name)
def test_of_a_notebooks_cell_the_lines_of_changed_values_alone_change(notebook: notebooks.Notebook) -> None:
    (source,) = [notebooks.source(c) for c in notebook.cells if parameters_cell.TAG in notebooks.tags(c)]
    assert cell_with(source, notebook.defaults, notebook.place) == source
    for name in notebook.defaults:
        written = cell_with(source, {name: "another"}, notebook.place)
        lines = list(zip(source.splitlines(), written.splitlines(), strict=True))
        changed = [(before, after) for before, after in lines if before != after]
        assert [after.count('"another"') for _, after in changed] == [1], name
        assert comments(written) == comments(source)


def test_values_that_python_takes_for_equal_are_told_apart() -> None:
    assert cell_with("trend = 1; order = 1.0", {"trend": True, "order": 1}, "n") == "trend = True; order = 1"


def test_texts_stand_between_double_quotes_where_they_can() -> None:
    assert cell_with("drug = 'heroin'", {"drug": "cocaine"}, "n") == 'drug = "cocaine"'
    assert literal('say "so"') == "'say \"so\"'"
    assert literal(("COL", "PAN")) == '["COL", "PAN"]'


@pytest.mark.parametrize("source", ["start = ", "start = end", "%load x", "print(1)"])
def test_a_cell_that_is_no_list_of_values_is_refused_in_words(source: str) -> None:
    with pytest.raises(ParameterError, match="notebooks/mine"):
        cell_with(source, {"start": 1}, "notebooks/mine")


def test_what_a_run_put_in_is_rewritten_and_the_notebooks_own_left() -> None:
    own, put_in = "start = 2012\nend = 2022  # last", "# Parameters\nend = 2018\n"
    values = {"start": 2014, "end": 2018}
    tags = parameters_cell.TAG, notebooks.INJECTED_TAG
    written = cells_with(dict(zip(tags, (own, put_in), strict=True)), values, "n")
    assert written == {notebooks.INJECTED_TAG: "# Parameters\nend = 2018\nstart = 2014"}
    assert cells_with({tags[0]: own}, values, "n") == {tags[0]: "start = 2014\nend = 2018  # last"}
    with pytest.raises(ParameterError, match="no code cell carries the tag"):
        cells_with({}, values, "n")
