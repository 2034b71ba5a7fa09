"""Figures as files for print: width, height of text, what stands inside them, and bytes that depend on nothing else."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pypdf import PdfReader

from crimjust_research import charts
from crimjust_research.charts import Figure, drawing, grey, printed
from crimjust_research.charts.widened import widened
from crimjust_research.errors import ParameterError
from figure_faults import faults, small_text

SVG = "{http://www.w3.org/2000/svg}"
POINTS = 72 / 25.4  # of a millimetre
SOURCE = "UNODC, annual seizures <2024> & others (2026-04)"
MADE = "Figure 8.1 of a test."
MONTHS = pd.period_range("2020-01", "2021-12", freq="M")


def specification(chart: Any, title: str = "What was seized, by month") -> dict[str, Any]:
    """As a run keeps it."""
    made = Figure("shown", title, chart, "Two lines that rise.", "A caption.", SOURCE, pd.DataFrame())
    kept: dict[str, Any] = json.loads(json.dumps(made.specification))
    return kept


def panels() -> dict[str, Any]:
    """Two panels beside each other with long names, a key in rows and an axis of numbers."""
    wave = np.sin(np.arange(24) / 3) + 2
    names = ("heroin and other opiates", "cocaine in any form", "amphetamine, ecstasy")
    rows = [
        pd.DataFrame({"month": MONTHS, "kg": wave / (k + 1), "drug": name, "place": place})
        for place in ("South America and all of the Caribbean", "West Africa")
        for k, name in enumerate(names)
    ]
    drawn = charts.lines(pd.concat(rows), "month", "kg", by="drug", panel="place", y_title="Kilograms", columns=2)
    return specification(drawn.chart)


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return panels()


@pytest.fixture(scope="module")
def drawn(kept: dict[str, Any]) -> dict[int, printed.Printed]:
    return {mm: printed.printed(kept, "shown", mm, made=MADE) for mm in printed.WIDTHS}


@pytest.mark.parametrize(("millimetres", "dots"), [(85, 1004), (170, 2008)])
def test_every_form_is_as_wide_as_was_asked(drawn: dict[int, printed.Printed], millimetres: int, dots: int) -> None:
    shown = drawn[millimetres]
    root = ElementTree.fromstring(shown.svg())
    assert root.get("width") == f"{millimetres}mm"
    _, _, across, down = map(float, root.attrib["viewBox"].split())
    assert float(root.attrib["height"].removesuffix("mm")) == pytest.approx(millimetres * down / across, abs=0.01)
    picture = Image.open(io.BytesIO(shown.png()))
    assert picture.width == dots
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.001)
    (page,) = PdfReader(io.BytesIO(shown.pdf())).pages
    assert float(page.mediabox.width) == pytest.approx(millimetres * POINTS, abs=0.01)
    assert float(page.mediabox.height) == pytest.approx(millimetres * POINTS * down / across, abs=0.01)
    assert json.loads(shown.json())["usermeta"]["millimetres"] == millimetres


@pytest.mark.parametrize("millimetres", [85, 170])
def test_no_text_is_less_than_seven_points_high(drawn: dict[int, printed.Printed], millimetres: int) -> None:
    root = ElementTree.fromstring(drawn[millimetres].svg())
    across = float(root.attrib["viewBox"].split()[2])
    sizes = [float(text.attrib["font-size"].removesuffix("px")) for text in root.iter(f"{SVG}text")]
    assert min(sizes) / across * millimetres * POINTS == pytest.approx(7.23, abs=0.01)
    assert faults(dict(drawn[millimetres].specification), drawn[millimetres].drawn) == []


def test_title_source_and_what_made_it_stand_inside_each_form(drawn: dict[int, printed.Printed]) -> None:
    title, told = "What was seized, by month", f"Two lines that rise. Source: {SOURCE}. {MADE}"
    svg = ElementTree.fromstring(drawn[85].svg())
    assert (svg.findtext(f"{SVG}title"), svg.findtext(f"{SVG}desc")) == (title, told)
    texts = Image.open(io.BytesIO(drawn[85].png())).info
    assert [texts[name] for name in ("Title", "Description", "Source")] == [title, told, SOURCE]
    about = PdfReader(io.BytesIO(drawn[85].pdf())).metadata
    assert about is not None
    assert (about.title, about.subject) == (title, told)
    assert "/CreationDate" not in about
    meta = json.loads(drawn[85].json())["usermeta"]
    assert (meta["title"], meta["source"], meta["made"]) == (title, SOURCE, MADE)


def test_a_pdf_embeds_its_letters_draws_in_lines_and_says_what_is_seen(drawn: dict[int, printed.Printed]) -> None:
    reader = PdfReader(io.BytesIO(drawn[85].pdf()))
    catalog: Any = reader.root_object
    page: Any = reader.pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    for font in fonts:
        (inner,) = font["/DescendantFonts"].get_object()
        assert {"/FontFile2", "/FontFile3"} & inner.get_object()["/FontDescriptor"].get_object().keys()
        assert "Arimo" in font["/BaseFont"]
    assert fonts
    assert not list(page.images)
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en-GB"
    assert "Kilograms" in page.extract_text()


def test_the_same_figure_comes_to_the_same_bytes_in_any_process(drawn: dict[int, printed.Printed]) -> None:
    code = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:]; import test_printed as t\n"
        "shown = t.printed.printed(t.panels(), 'shown', 170, made=t.MADE)\n"
        "for form in t.printed.FORMS.values(): print(hashlib.sha256(form(shown)).hexdigest())"
    )
    here = Path(__file__).parent
    elsewhere = os.environ | {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, str(here), str(here.parent)]
    done = subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [hashlib.sha256(form(drawn[170])).hexdigest() for form in printed.FORMS.values()]


def test_across_a_page_panels_widen_and_words_stay(kept: dict[str, Any], drawn: dict[int, printed.Printed]) -> None:
    wide = drawn[170].specification
    before, after = ([panel["width"] for panel in each["concat"]] for each in (kept, wide))
    assert [b - a for a, b in zip(before, after, strict=True)] == [200, 200]
    assert [panel["height"] for panel in wide["concat"]] == [panel["height"] for panel in kept["concat"]]
    assert drawing.size(drawn[170].drawn)[0] == 800
    heads = [text.text for text in ElementTree.fromstring(drawn[170].drawn).iter(f"{SVG}text")]
    assert "South America and all of the Caribbean" in heads  # on two lines in a column


def keys(chart: dict[str, Any]) -> list[dict[str, Any]]:
    """Legends of the first panel."""
    encodings = [layer["encoding"] for layer in chart["concat"][0]["layer"]]
    return [each["color"]["legend"] for each in encodings if each.get("color", {}).get("legend")]


def test_a_key_takes_the_columns_and_the_place_that_the_width_allows(kept: dict[str, Any]) -> None:
    (before,), (after,) = keys(kept), keys(widened(kept))
    assert (before["columns"], after["columns"]) == (2, 3)
    assert after["legendY"] - before["legendY"] == 21 + 15  # a row of the key, a line of a panel's name


def test_marks_at_a_number_of_pixels_stand_as_far_from_the_edges() -> None:
    rows = pd.DataFrame({"row": ["a", "b"], "estimate": [0.1, 0.2], "ci_low": [0.0, 0.1], "ci_high": [0.2, 0.3]})
    drawn = charts.intervals(rows.assign(p_value=[0.3, 0.2]), "row", x_title="Points")
    narrow = specification(drawn.chart)["concat"][0]
    (wide,) = widened(specification(drawn.chart))["concat"]

    def places(panel: dict[str, Any]) -> list[float]:
        return [layer["encoding"]["x"]["value"] for layer in panel["layer"] if "value" in layer["encoding"]["x"]]

    assert set(places(narrow)) == {narrow["width"]}
    assert places(wide) == [narrow["width"] + 400] * 2


def test_a_matrix_has_its_names_level_again_where_they_fit() -> None:
    cells = pd.DataFrame(
        [(f"amphetamines {x}", f"row {y}", x * y % 4) for x in range(6) for y in range(3)], columns=["x", "y", "value"]
    )
    kept = specification(charts.heat_map(cells, "x", "y", "value", by_title="Counted").chart)
    wide = printed.printed(kept, "shown", 170, made=MADE)
    assert "rotate(270)" in drawing.svg(kept, "shown")
    assert "rotate(270)" not in wide.drawn
    assert faults(dict(wide.specification), wide.drawn) == []
    assert drawing.size(wide.drawn)[1] < drawing.size(drawing.svg(kept, "shown"))[1]


DATA = pd.DataFrame({"x": [1, 2], "y": [3, 4], "name": ["a", "b"]})
LINE = alt.Chart(DATA).mark_line().encode(x="x:Q", y="y:Q")
NAMED = (
    alt.Chart(DATA)
    .mark_bar()
    .encode(
        x=alt.X("name:N", axis=alt.Axis(orient="top", labelAngle=-90), sort="-y"),
        y=alt.Y("y:Q", axis=alt.Axis(tickCount=alt.ExprRef("height"))),
        color=alt.Color("name:N", legend=alt.Legend(orient="none", legendX=10, legendY=-20)),
    )
)
HEAD = alt.Chart(DATA).mark_text(text=["two", "lines"], fontWeight="bold").encode(x="x:Q", y="y:Q")
LAND = alt.Chart(alt.InlineData(values=[{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}]))
OWN = {
    "one": LINE,
    "with a width": LINE.properties(width=300),
    "a step wide": NAMED.properties(width=alt.Step(20)),
    "beside": LINE | LINE,
    "below": LINE.properties(width=300) & NAMED.properties(width=250),
    "on each other": alt.layer(LINE, HEAD).properties(width=300),
    "on each other twice": alt.layer(alt.layer(LINE, NAMED), HEAD).properties(width=300, height=90),
    "repeated": LINE.properties(width=100).repeat(["x", "y"]),
    "a map": alt.layer(LAND.mark_geoshape(color="#333333")).project("mercator").properties(width=300, height=200),
}


@pytest.mark.parametrize("name", OWN)
def test_a_chart_of_an_analyst_s_own_is_drawn_across_a_page_too(name: str) -> None:
    kept = specification(OWN[name])
    wide = printed.printed(kept, "shown", 170, made=MADE)
    assert 800 <= drawing.size(wide.drawn)[0] <= 824
    assert not list(small_text(ElementTree.fromstring(wide.drawn)))
    widths = (
        re.findall(r'"width": (\d+)', json.dumps(kept)),
        re.findall(r'"width": (\d+)', json.dumps(wide.specification)),
    )
    grown = [int(new) - int(old) for old, new in zip(*widths, strict=True) if old != new]
    assert set(grown) <= {400}
    assert bool(grown) == (name in ("with a width", "below", "on each other", "on each other twice", "a map"))


def test_a_figure_of_a_page_s_width_is_refused_in_a_column_and_stays_as_it_is_across_a_page() -> None:
    nodes = pd.DataFrame({"key": list("abc"), "text": list("ABC"), "level": ["Costs", "Acts", "Ends"]})
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "kind": ["known", "known"]})
    kept = specification(charts.diagram(nodes, edges, by="kind", looks={"known": "#0072B2"}).chart)
    with pytest.raises(
        ParameterError, match=r"text of shown would be 3\.6 points high at 85 mm; take it at --width 170mm"
    ):
        printed.printed(kept, "shown", 85, made=MADE)
    whole = printed.printed(kept, "shown", 170, made=MADE)
    assert whole.specification == kept
    kept["width"] = 1200  # as of an analyst's own
    with pytest.raises(ParameterError, match="high at 170 mm; take it from the folder of its results"):
        printed.printed(kept, "shown", 170, made=MADE)


def test_letters_smaller_than_the_house_s_are_refused_with_what_to_mend() -> None:
    facets = specification(LINE.properties(width=100).facet("name:N", columns=2))  # heads of ten pixels
    for millimetres, points in ((85, "6.0"), (170, "6.0")):
        said = f"shown would be {points} points high at {millimetres} mm; have its notebook write it 12 pixels high"
        with pytest.raises(ParameterError, match=said):
            printed.printed(facets, "shown", millimetres, made=MADE)


def test_in_grey_no_colour_is_left_in_any_form(kept: dict[str, Any]) -> None:
    shown = printed.printed(kept, "shown", 85, made=MADE, in_grey=True)
    red, green, blue = Image.open(io.BytesIO(shown.png())).convert("RGB").split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()
    for text in (shown.svg().decode(), shown.json().decode()):
        codes = set(re.findall(r"#[0-9a-fA-F]{6}", text))
        assert codes
        assert {code for code in codes if len({code[1:3], code[3:5], code[5:]}) > 1} == set()
    assert shown.specification["datasets"] == kept["datasets"]
    assert "#0072B2" in json.dumps(kept)  # what it was made from is as it was
    colours = json.loads(json.dumps(kept).replace("#0072B2", "firebrick"))
    with pytest.raises(
        ParameterError, match=r"shown cannot be told in grey: the colour 'firebrick' .*; write it as #rrggbb"
    ):
        printed.printed(colours, "shown", 85, made=MADE, in_grey=True)


def test_a_grey_is_as_light_as_its_colour() -> None:
    told = {"color": "#ff0000", "range": ["#00ff00", "#00f"], "text": "#1", "data": {"values": [{"code": "#ff0000"}]}}
    assert grey.of(told) == told | {"color": "#4c4c4c", "range": ["#969696", "#1d1d1d"]}
    assert grey.drawing('<path fill="rgb(255, 0, 0)" stroke="none"/>') == '<path fill="#4c4c4c" stroke="none"/>'


def test_words_that_would_command_a_program_are_words() -> None:
    title = '#panic("x") $a$ @b </title><script>alert(1)</script> \\ "quoted" *bold*'
    shown = printed.printed(panels() | {"usermeta": {"title": title, "source": title}}, "shown", 85, made=MADE)
    reader = PdfReader(io.BytesIO(shown.pdf()))
    assert reader.metadata is not None
    assert reader.metadata.title == title
    root = ElementTree.fromstring(shown.svg())
    assert root.findtext(f"{SVG}title") == title
    assert not list(root.iter(f"{SVG}script"))
    assert Image.open(io.BytesIO(shown.png())).info["Title"] == title


def test_letters_that_no_font_at_hand_has_are_refused_in_a_sentence() -> None:
    shown = printed.printed(panels() | {"usermeta": {"title": "数据", "source": SOURCE}}, "shown", 85, made=MADE)
    with pytest.raises(ParameterError, match=r"cannot be written as PDF .*; take SVG or PNG"):
        shown.pdf()


@pytest.mark.parametrize(("axis", "columns"), [({}, 2), (None, 1)])
def test_panels_that_fill_more_than_a_sheet_stand_beside_each_other_unless_one_has_the_heads_of_all(
    axis: dict[str, str] | None, columns: int
) -> None:
    def panel(of: dict[str, str] | None) -> dict[str, object]:
        drawn = {"mark": "point", "encoding": {"x": {"field": "x", "type": "nominal", "axis": of}}}
        return {"width": 300, "height": 900, "layer": [drawn], "data": {"values": [{"x": "A"}]}}

    about = {"title": "Tall", "caption": "Tall.", "source": "Nobody"}
    kept = {"concat": [panel({}), panel(axis)], "columns": 1, "description": "Points", "usermeta": about}
    assert printed.across(kept, "tall")["columns"] == columns
    low = {**kept, "concat": [panel(axis) | {"height": 90}]}
    assert printed.across(low, "low")["columns"] == 1
