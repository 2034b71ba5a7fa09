"""Every form of chart drawn from hostile text: its size, what is written in it, and that nothing in it is evaluated."""

import csv
import inspect
import io
import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_charts import FORMS, SVG, figure

from crimjust_research import charts, spreadsheets
from crimjust_research.charts import Drawn, Figure
from crimjust_research.charts.theme import LONGEST, WIDTH, drawable, limited, text_width, widest, wrapped
from crimjust_research.errors import DataError, printable
from crimjust_research.evidence.estimates import csv_bytes

HOSTILE = (
    "W" * 400,
    "word " * 80,
    "</text></svg><script>alert(1)</script>",
    "\"'\\ ${7*7} {{ 7*7 }} datum.value + signal(0)",
    "\u202eexe.\x1b[31m\x00\x85\ufffe\u2028",
    "[[7|evil]] $x^2$ `code` [a](javascript:1)",
    "👩🏽\u200d⚖️ e" + "\u0301" * 40,
    "שלום מרחבא 漢字" * 30,
    "=cmd|' /C calc'!A0",
    "line\nbreak\ttab\rend",
)
# The arguments of forms that hold texts of their own; every other text names a column or a format.
TITLES = ("x_title", "y_title", "by_title", "size_title", "width_title", "tie_title", "events_title", "mark_title")
TEXTS = (*TITLES, "classes", "dots", "within", "sides", "beside", "registered")
BY_NAME = ("looks", "rule_at")
TAGS = {"svg", "title", "desc", "g", "path", "rect", "line", "text", "tspan"}


class Rewritten:
    """Every text of a form's data and arguments as another one, the same each time; columns keep their names."""

    def __init__(self, hostile: tuple[str, ...], first: int) -> None:
        self.hostile, self.first = hostile, first
        self.made: dict[str, str] = {}

    def text(self, text: str) -> str:
        place = (self.first + len(self.made)) % len(self.hostile)
        return self.made.setdefault(text, f"{self.hostile[place]} {text}")

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        return [self.text(each) for each in value] if isinstance(value, list | tuple) else value

    def frame(self, data: pd.DataFrame) -> pd.DataFrame:
        texts = {
            name: column.map(self.value, na_action="ignore") for name, column in data.items() if column.dtype == "str"
        }
        return data.assign(**texts)

    def argument(self, name: str, value: Any) -> Any:
        if isinstance(value, pd.DataFrame):
            return value if {"first", "second"} <= set(value) else self.frame(value)
        if name in BY_NAME and isinstance(value, Mapping):
            return {self.text(key): each for key, each in value.items()}
        if name == "choices":
            return {key: self.text(each) for key, each in value.items()}
        return self.value(value) if name in TEXTS else value

    def form(self, form: Callable[..., Drawn]) -> Callable[..., Drawn]:
        def drawn(*given: Any, **named: Any) -> Drawn:
            bound = inspect.signature(form).bind(*given, **named)
            return form(**{name: self.argument(name, value) for name, value in bound.arguments.items()})

        return drawn


def rewritten(form: str, monkeypatch: pytest.MonkeyPatch) -> Figure:
    rewrite = Rewritten(HOSTILE, list(FORMS).index(form))
    for name in charts.__all__:
        if name not in ("Drawn", "Figure", "stack"):
            monkeypatch.setattr(charts, name, rewrite.form(getattr(charts, name)))
    return figure(FORMS[form](), title=f"{HOSTILE[0]} Title")


def lines_of(drawing: ElementTree.Element) -> list[str]:
    texts = drawing.iter(f"{SVG}text")
    return [each.text or "" for text in texts for each in (list(text.iter(f"{SVG}tspan")) or [text])]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_hostile_text_stays_a_drawing(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = rewritten(form, monkeypatch)
    drawing = ElementTree.fromstring(shown.svg)
    lines = lines_of(drawing)
    assert float(drawing.get("width", "nan")) <= 412
    assert float(drawing.get("height", "nan")) < (4000 if form == "heat map of many" else 1300)
    assert max(map(text_width, lines)) <= WIDTH
    assert {element.tag.removeprefix(SVG) for element in drawing.iter()} <= TAGS
    assert not [line for line in lines if re.search("49|undefined|NaN", line)]
    assert shown.svg == printable(shown.svg)
    assert json.dumps(shown.specification) == json.dumps(drawable(shown.specification))


def test_what_a_drawing_cuts_is_whole_in_its_data() -> None:
    data = pd.DataFrame({"who": HOSTILE, "n": range(1, len(HOSTILE) + 1)})
    shown = figure(charts.bars(data, "who", "n", horizontal=True))
    lines = lines_of(ElementTree.fromstring(shown.svg))
    assert [line for line in lines if line.startswith("WWW")] == ["W" * 15] * 7 + ["W" * 14 + "…"]
    read = list(csv.reader(io.StringIO(csv_bytes(shown.data).decode(), newline="")))
    assert [row[0] for row in read[1:]] == [spreadsheets.cell(text) for text in HOSTILE]


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\ufffe", "\u202e", "\u2028", "\x7f"])
@pytest.mark.parametrize("horizontal", [True, False])
def test_a_character_that_xml_lacks_is_drawn_by_its_number(character: str, horizontal: bool) -> None:
    """Over some of them the engine that draws ends the process."""
    data = pd.DataFrame({"who": [f"a{character}b", "other"], "n": [1, 2]})
    shown = figure(charts.bars(data, "who", "n", by="who", horizontal=horizontal), title=f"T{character}")
    number = character.encode("unicode_escape").decode()
    lines = lines_of(ElementTree.fromstring(shown.svg))
    assert lines.count(f"a{number}b") == 2
    assert f"T{number}" in lines
    for text in shown._repr_mimebundle_().values():
        assert character not in text
        assert f"a{number}b" in text


def test_names_without_letters_are_drawn_as_such() -> None:
    data = pd.DataFrame({"who": ["", "  "], "n": [1.0, 2.0]})
    for drawn in (charts.bars(data, "who", "n", horizontal=True), charts.points(data, "n", "who")):
        assert ElementTree.fromstring(figure(drawn).svg) is not None


@pytest.mark.parametrize("column", ["a.b", "a:Q", "a[0]", "a]", 'a"b', "a'b", "a\\b", "mean(a)"])
def test_a_column_that_would_be_taken_for_another_is_refused(column: str) -> None:
    """Vega-Lite would look for a part of a column, or draw nothing."""
    data = pd.DataFrame({column: ["x", "y"], "n": [1, 2]})
    with pytest.raises(DataError, match=r"rename it: data\.rename"):
        charts.bars(data, column, "n")


@pytest.mark.parametrize("column", ["=x", "$x$", "{{x}}", "a/b", "<b>", "a%b", "W" * 400, "a\nb", "é", "👩"])
def test_any_other_column_is_drawn(column: str) -> None:
    def bars(name: str) -> str:
        data = pd.DataFrame({name: ["x", "y"], "n": [1, 2]})
        return Figure("shown", "t", charts.bars(data, name, "n").chart, "a", "b", "c", data).svg

    assert bars(column) == bars("plain")


texts, names = st.text(max_size=500), st.text(max_size=9)
WIDE = 15  # pixels: no letter is wider


@given(texts, st.floats(WIDE, 400), st.integers(1, 9))
def test_lines_hold_the_text_and_fit(text: str, width: float, most: int) -> None:
    lines = wrapped(text, width)
    assert "".join(lines).replace(" ", "") == "".join(printable(text).split())
    assert all(text_width(line) <= width + 1e-6 for line in lines)
    cut = wrapped(text, width, most=most)
    assert len(cut) == min(len(lines), most)
    assert cut == lines or (cut[-1].endswith("…") and cut[:-1] == lines[: most - 1])
    assert all(text_width(line) <= max(width, 2 * WIDE) + 1e-6 for line in cut)


@given(st.lists(texts, max_size=4))
def test_single_lines_take_no_more_than_they_are_limited_to(lines: list[str]) -> None:
    assert widest(lines) == min([LONGEST, max(map(text_width, lines), default=0)])
    assert (limited(lines) == {"limit": LONGEST}) == (max(map(text_width, lines), default=0) > LONGEST)


@given(st.recursive(names, lambda part: st.lists(part) | st.dictionaries(names, part), max_leaves=6))
def test_what_is_drawable_stays_as_it_is(part: object) -> None:
    assert drawable(drawable(part)) == drawable(part)


@given(st.text(st.characters(codec="utf-8")))
def test_what_is_printable_is_valid_xml_and_commands_no_terminal(text: str) -> None:
    shown = printable(text)
    assert printable(shown) == shown
    assert (ElementTree.fromstring(f"<t>{escape(shown)}</t>").text or "") == shown
    assert not {"\x1b", "\x07", "\r", "\x9b", "\u202e", "\u2066"} & set(shown)
