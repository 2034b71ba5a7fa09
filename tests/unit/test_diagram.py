"""Diagrams in columns: where boxes stand, that lines cross no box, and that every word can be read at 170 mm."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pandas as pd
import pytest

from crimjust_research import charts
from crimjust_research.charts.diagram import WHOLE, _paths, _planned
from crimjust_research.charts.layers import layers, middles
from crimjust_research.charts.theme import text_width
from crimjust_research.errors import DataError
from figure_faults import faults

_SVG = "{http://www.w3.org/2000/svg}"
LOOKS = {"firm": "#0072B2", "weak": "#767676"}


def nodes() -> pd.DataFrame:
    rows = [("a", "What is paid for", "Costs")]
    rows += [(f"b{n}", f"An activity of that number, {n}", "Activities") for n in range(8)]
    rows += [("c0", "First output", "Outputs"), ("c1", "Second output, in more words than one line holds", "Outputs")]
    rows += [("d", "The end", "Ends")]
    return pd.DataFrame(rows, columns=["key", "text", "level"])


def edges() -> pd.DataFrame:
    rows = [("a", f"b{n}", "weak") for n in range(8)]
    rows += [(f"b{n}", f"c{(n + 1) % 2}", "firm" if n == 3 else "weak") for n in range(8)]
    rows += [("c0", "d", "firm"), ("c1", "d", "weak"), ("a", "d", "weak"), ("b7", "d", "weak")]
    return pd.DataFrame(rows, columns=["source", "target", "evidence"])


def test_two_boxes_change_places_where_their_lines_would_cross() -> None:
    found = layers([["a", "b"], ["x", "y"]], [("a", "y"), ("b", "x")])
    assert found.crossings == 0
    assert [name for name, _ in found.columns[1]] == ["y", "x"]


def test_crossings_that_no_order_avoids_are_counted() -> None:
    # K(2,3), drawn in two columns, has one crossing at least.
    found = layers([["a", "b"], ["x", "y", "z"]], [(s, t) for s in "ab" for t in "xyz"])
    assert found.crossings == 3
    # Of K(3,3) every order has the same nine.
    assert layers([list("abc"), list("xyz")], [(s, t) for s in "abc" for t in "xyz"]).crossings == 9


def test_a_line_that_passes_a_column_has_a_place_of_its_own_there() -> None:
    found = layers([["a"], ["b"], ["c"]], [("a", "b"), ("a", "c")])
    assert len(found.columns[1]) == 2
    passing = next(vertex for vertex in found.columns[1] if vertex[1] >= 0)
    assert found.chains[1] == (("a", -1), passing, ("c", -1))
    assert passing[1] == 1


def test_boxes_stand_beside_what_they_are_tied_to() -> None:
    found = layers([["a", "b"], ["x"]], [("b", "x")])
    middle, whole = middles(found, {("a", -1): 10.0, ("b", -1): 10.0, ("x", -1): 10.0}, 4.0)
    assert whole == 24
    assert middle == {("a", -1): 5, ("b", -1): 19, ("x", -1): 19}


def test_two_that_would_stand_at_one_place_share_it_by_least_squares() -> None:
    found = layers([["a", "b", "c"], ["x", "y"]], [("b", "x"), ("b", "y")])
    height = {vertex: 10.0 for column in found.columns for vertex in column}
    middle, _ = middles(found, height, 4.0)
    # b stands at 19; x and y would both, and are 14 apart: 12 and 26 are the nearest that are.
    assert (middle["x", -1], middle["y", -1]) == pytest.approx((12, 26))


@pytest.mark.parametrize(
    ("line", "words"),
    [(("a", "nowhere"), "there is no box 'nowhere'"), (("x", "a"), "does not run to a later column")],
)
def test_a_line_that_leads_nowhere_or_back_is_refused_by_name(line: tuple[str, str], words: str) -> None:
    with pytest.raises(DataError, match=words):
        layers([["a"], ["x"]], [line])


def test_no_line_runs_through_a_box_and_no_box_lies_on_another() -> None:
    frame = nodes()
    ends = edges()
    plan = _planned(frame, list(dict.fromkeys(frame["level"])), list(zip(ends["source"], ends["target"], strict=True)))
    boxes = {}
    for (key, number), column in plan.column_of.items():
        if number < 0:
            half = plan.high[key, -1] / 2
            left, middle = plan.left[column], plan.middle[key, -1]
            boxes[key] = (left, left + plan.wide[column], middle - half, middle + half)
    for own in plan.found.columns:
        tops = [boxes[key] for key, number in own if number < 0]
        assert all(upper[3] < lower[2] for upper, lower in pairwise(tops))
        assert all(top >= 0 and foot <= plan.height + 1e-9 for _, _, top, foot in tops)
    for x, y in _paths(plan)[["_x", "_y"]].itertuples(index=False):
        assert not any(left < x < right and top < y < foot for left, right, top, foot in boxes.values())
    assert max(right for _, right, _, _ in boxes.values()) == WHOLE


def test_every_word_stands_in_its_box_and_can_be_read_at_170_mm() -> None:
    drawn = charts.diagram(nodes(), edges(), by="evidence", looks=LOOKS, by_title="What bears on it")
    figure = charts.Figure("chain", "How it leads from one to the other", drawn.chart, drawn.alt, "c", "s", drawn.data)
    assert faults(figure.specification, figure.svg) == []
    drawing = ElementTree.fromstring(figure.svg)
    width, height = float(drawing.attrib["width"]), float(drawing.attrib["height"])
    assert height / width * 170 <= 240
    sizes = [float(t.get("font-size", "0").removesuffix("px")) for t in drawing.iter(f"{_SVG}text")]
    assert min(sizes) / width * 170 / 25.4 * 72 >= 7
    frame = nodes()
    plan = _planned(frame, list(dict.fromkeys(frame["level"])), [])
    for key, lines in plan.words.items():
        assert " ".join(lines) == frame.set_index("key").loc[key, "text"]
        assert all(text_width(line) <= plan.wide[plan.column_of[key, -1]] - 10 for line in lines)


def test_what_is_drawn_is_told_in_words_and_numbers() -> None:
    drawn = charts.diagram(nodes(), edges(), by="evidence", looks=LOOKS)
    assert "Costs: What is paid for." in drawn.alt
    assert drawn.alt.endswith("20 lines between them: 2 firm, 18 weak.")
    assert list(drawn.data.columns) == ["source", "target", "evidence"]
    assert drawn.data.iloc[0].tolist() == ["What is paid for", "An activity of that number, 0", "weak"]
    assert not re.search(r"\bb0\b", drawn.alt)
