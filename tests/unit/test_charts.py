"""The forms of chart: what they draw, what they say, and that neither depends on the machine."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import matplotlib
import numpy as np
import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from crimjust_research import charts
from crimjust_research.charts import Drawn, Figure, theme
from crimjust_research.charts.axes import across, log_ticks, names_axis
from crimjust_research.charts.theme import text_width, wrapped
from crimjust_research.errors import DataError
from figure_faults import alike_in_grey, faults, keys, local_times, split_keys, unexplained, units

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = pd.period_range("2020-01", "2021-12", freq="M")
YEARS = range(2015, 2023)
SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


def figure(drawn: Drawn, title: str = "What was seized, by month") -> Figure:
    source = "World Bank, Worldwide Governance Indicators (2024-11-05); World Justice Project, Rule of Law Index (2023)"
    return Figure("shown", title, drawn.chart, drawn.alt, "A caption.", source, drawn.data)


def monthly() -> pd.DataFrame:
    wave = np.sin(np.arange(24) / 3) + 2
    return pd.DataFrame(
        {"month": [*MONTHS, *MONTHS], "kg": [*wave, *(wave / 3)], "drug": ["heroin"] * 24 + ["cocaine"] * 24}
    )


def estimates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": ["registered", "clustered errors", "one country left out, and a name that needs two lines"] * 2,
            "question": ["investigation"] * 3 + ["adjudication"] * 3,
            "estimate": [0.1, 0.2, -0.1, 0.0, 0.3, 0.1],
            "ci_low": [-0.1, 0.1, -9.0, -0.2, 0.1, np.nan],
            "ci_high": [0.3, 0.3, 0.1, 0.2, 0.5, 0.2],
            "p_value": [0.3, 0.0001, np.nan, 0.9, 0.02, 0.5],
            "truth": [0.15, 0.15, 0.15, 0.1, 0.1, 0.1],
        }
    )


def judged() -> Drawn:
    asked = estimates().assign(
        asked=[f"Does it matter in place {place}?" for place in range(6)],
        grade=["firm", "open", "open", "open", "firm", "nothing"],
    )
    asked.loc[5, ["estimate", "ci_low", "ci_high"]] = np.nan
    return charts.judged(
        asked,
        "asked",
        group="question",
        by="grade",
        text="grade",
        looks={"firm": (theme.BLUE, "square"), "open": (theme.GREY, "circle"), "contrary": (theme.ORANGE, "cross")},
        margin=0.2,
        reach=0.5,
        within="smaller than what matters",
        sides=("less", "more"),
        beside="Grade",
        x_title="Times what matters",
    )


def around() -> pd.DataFrame:
    at = [-2, -1, 0, 1] * 3
    frame = pd.DataFrame(
        {"at": at, "estimator": np.repeat(["first", "second", "third"], 4), "estimate": np.arange(12) / 10}
    )
    return frame.assign(
        ci_low=frame["estimate"] - 0.3,
        ci_high=frame["estimate"] + 0.3,
        band_low=frame["estimate"] - 0.5,
        band_high=frame["estimate"] + 0.5,
    )


def curve() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "estimate": [0.1, 0.3, 0.2, -0.1],
            "ci_low": [0.0, 0.2, 0.1, -0.3],
            "ci_high": [0.2, 0.4, 0.3, 0.1],
            "registered": [False, False, True, False],
            "estimator": ["A", "B", "A", "B"],
            "controls": ["all", "all", "few", "few"],
            "outcome": ["one", "one", "two", "two"],
        }
    )


def steps() -> pd.DataFrame:
    share = [1.0, 0.8, 0.4, 1.0, 0.6, 0.2]
    return pd.DataFrame(
        {
            "time": [0, 1, 2] * 2,
            "share": share,
            "ci_low": [v * 0.9 for v in share],
            "ci_high": [min(v * 1.1, 1) for v in share],
            "group": ["used"] * 3 + ["not used"] * 3,
        }
    )


def nodes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "iso3": ["AAA", "BBB", "CCC", "DDD"],
            "name": ["Aland", "Bland", "A country with a long name", "Dland"],
            "region": ["South", "South", "North", "North"],
            "met": [3, 2, 1, 1],
            "longitude": [2.0, 8.0, 20.0, 30.0],
            "latitude": [2.0, 8.0, 20.0, 5.0],
        }
    )


def ties() -> pd.DataFrame:
    return pd.DataFrame(
        {"first": ["AAA", "AAA", "BBB"], "second": ["BBB", "CCC", "DDD"], "met": ["once", "often", "once"]}
    )


def arcs() -> pd.DataFrame:
    at = nodes().set_index("iso3")[["longitude", "latitude"]]
    joined = ties().join(at.add_prefix("from_"), on="first").join(at.add_prefix("to_"), on="second")
    return joined.assign(drug=["heroin", "cocaine", "heroin"], cases=[1, 20, 300])


def dated() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "who": ["Aland", "Aland", "Bland", "Bland"],
            "start": pd.to_datetime(["2019-01-01", "2020-06-01", "2019-03-01", "2021-12-31"]),
            "end": pd.to_datetime(["2020-01-01", None, "2022-01-01", None]),
            "what": ["can have joined", "joined", "can have joined", "first report"],
            "n": [1, 1, 1, 5],
        }
    )


def matrix(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"x": ["a", "b"] * 2, "y": ["c", "c", "d", "d"], "value": values})


def square() -> pd.DataFrame:
    names = [f"Country number {i}" for i in range(30)]
    return pd.DataFrame([(a, b, "once" if a < b else "often") for a in names for b in names], columns=["x", "y", "met"])


def yearly() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "year": [*YEARS] * 3,
            "part": np.repeat(["new", "old", "gone"], 8),
            "n": np.arange(24) + 1,
            "low": 1.0,
            "high": 30.0,
        }
    )


# Every form, and the options that change what it draws.
FORMS: dict[str, Callable[[], Drawn]] = {
    "lines by drug": lambda: charts.lines(monthly(), "month", "kg", by="drug", y_title="Kilograms", by_title="Drug"),
    "lines with all options": lambda: charts.lines(
        monthly().assign(mean=2.0, low=0.1, high=9.0),
        "month",
        "kg",
        panel="drug",
        bands=[("low", "high")],
        step="mean",
        spans=pd.DataFrame({"start": [MONTHS[3]], "end": [MONTHS[6]], "drug": ["heroin"]}),
        events=pd.DataFrame({"month": [MONTHS[2], MONTHS[9]], "event": ["UN", "USA"], "drug": ["heroin", "cocaine"]}),
        events_title="Control by",
        rule_at=1,
        margin=(1.0, 1.5),
        log="y",
    ),
    "lines and dots": lambda: charts.lines(
        yearly(), "year", "n", by="part", dots=["gone"], domain=(0, 30), format=".0f", x_title="End of year"
    ),
    "intervals by question": lambda: charts.intervals(
        estimates(), "row", panel="question", registered="registered", x_title="Difference, score points"
    ),
    "intervals sharing a row": lambda: charts.intervals(
        estimates(), "row", by="question", mark="truth", band=("ci_low", "ci_high"), margin=(0.0, 0.1), p=None
    ),
    "intervals alone": lambda: charts.intervals(
        estimates().head(3).assign(side=["a", "b", "a"]),
        "row",
        value=None,
        by="side",
        text="truth",
        rule_at=None,
        p=None,
    ),
    "judged": lambda: judged(),
    "points on a log axis": lambda: charts.intervals(
        estimates().assign(p=[0.5, 0.1, 0.01, 0.001, 1, 0.05]),
        "row",
        value="p",
        low=None,
        high=None,
        p=None,
        by="question",
        rule_at={"investigation": 0.05},
        log=True,
    ),
    "event study": lambda: charts.event_study(
        around(), "at", by="estimator", event=0, x_title="Editions", y_title="Points"
    ),
    "stems in a band": lambda: charts.event_study(around().head(4), "at", low=None, high=None),
    "specification curve": lambda: charts.specification_curve(
        curve(), {"estimator": "Estimator", "controls": "Controls"}, panel="outcome", y_title="Points"
    ),
    "power": lambda: charts.power(
        pd.DataFrame(
            {"size": [0, 0.1, 0.2] * 2, "power": [0.05, 0.5, 0.9, 0.04, 0.3, 0.7], "test": ["a"] * 3 + ["b"] * 3}
        ),
        "size",
        by="test",
        observed=0.15,
        x_title="Effect",
    ),
    "survival": lambda: charts.survival(
        steps(),
        "time",
        "share",
        by="group",
        reference=steps().head(3)[["time", "share"]],
        at_risk=steps()[["time", "group"]].assign(at_risk=[9, 5, 1, 8, 4, 2]),
        x_title="Years",
        by_title="Cooperation",
    ),
    "survival in panels": lambda: charts.survival(steps(), "time", "share", panel="group"),
    "heat map of classes": lambda: charts.heat_map(
        matrix([0, 1, 2, 3]).assign(level=["none", "near", "named", "none"]),
        "x",
        "y",
        "level",
        classes=["none", "near", "named"],
    ),
    "heat map of numbers": lambda: charts.heat_map(
        matrix([0.0, 0.25, 0.5, 1.0]), "x", "y", "value", by_title="Overlap"
    ),
    "heat map with signs": lambda: charts.heat_map(matrix([-0.4, -0.1, 0.05, 0.4]), "x", "y", "value"),
    "heat map below zero": lambda: charts.heat_map(matrix([-0.042, -0.04, -0.041, -0.042]), "x", "y", "value"),
    "heat map of one number": lambda: charts.heat_map(matrix([0.07] * 4), "x", "y", "value"),
    "heat map of many": lambda: charts.heat_map(square(), "x", "y", "met", classes=["once", "often"]),
    "heat map in blocks": lambda: charts.heat_map(matrix([0, 1, 2, 3]), "x", "y", "value", text="value", panel="y"),
    "map by class": lambda: charts.map(
        nodes(),
        [[SQUARE]],
        size="met",
        arcs=arcs(),
        by="met",
        classes=["once", "often"],
        by_title="Met",
        size_title="Partners",
    ),
    "map by kind": lambda: charts.map(nodes(), [[SQUARE]], arcs=arcs(), by="drug", width="cases", width_title="Cases"),
    "network": lambda: charts.network(
        nodes(),
        ties(),
        by="region",
        size="met",
        tie_by="met",
        classes=["once", "often"],
        tie_title="Met",
        by_title="Region",
    ),
    "timeline of dates": lambda: charts.timeline(
        dated(), "who", "start", x2="end", by="what", size="n", size_title="Events"
    ),
    "timeline of years": lambda: charts.timeline(yearly(), "part", "year", by="part"),
    "stacked bars": lambda: charts.bars(yearly(), "year", "n", by="part", y_title="Cases", by_title="Known"),
    "rows of bars": lambda: charts.bars(
        yearly().head(4),
        "year",
        "n",
        low="low",
        high="high",
        text="part",
        mark="n",
        horizontal=True,
        format=".0f",
        x_title="Year",
    ),
    "bars in shades": lambda: charts.bars(yearly(), "year", "n", by="part", ordered=True, domain=(0, 90)),
    "histogram": lambda: charts.bars(
        pd.DataFrame({"from": [0.0, 1.0], "to": [1.0, 2.0], "n": [3, 4]}),
        "from",
        "n",
        x2="to",
        events=pd.DataFrame({"from": [0.5, 1.5], "event": ["observed", "mirrored"]}),
    ),
    "bars of months": lambda: charts.bars(monthly(), "month", "kg", panel="drug"),
    "points": lambda: charts.points(
        yearly(), "n", "high", by="part", panel="part", rule_at=20.0, log="xy", x_title="Precursors", y_title="Drugs"
    ),
    "strips": lambda: charts.points(
        yearly().assign(measure="score"),
        "n",
        "measure",
        by="part",
        averages=pd.DataFrame({"n": [4.5], "measure": ["score"], "part": ["new"]}),
    ),
    "two forms": lambda: charts.stack(
        charts.lines(monthly(), "month", "kg", by="drug"), charts.intervals(estimates().head(3), "row", p=None)
    ),
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figure]:
    return {name: figure(draw()) for name, draw in FORMS.items()}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_no_fault(form: str, figures: dict[str, Figure]) -> None:
    shown = figures[form]
    assert faults(shown.specification, shown.svg) == []
    assert float(ElementTree.fromstring(shown.svg).get("width", "nan")) <= 412
    assert re.search(r"\d|onc", shown.alt)
    assert shown.png().startswith(b"\x89PNG")


NUDGED = ("monthly", "estimates", "around", "curve", "steps")


@pytest.mark.parametrize("form", [form for form, draw in FORMS.items() if set(NUDGED) & set(draw.__code__.co_names)])
def test_the_last_digit_of_a_number_changes_no_byte(
    form: str, figures: dict[str, Figure], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NUDGED:
        original = globals()[name]

        def nudged(original: Callable[[], pd.DataFrame] = original) -> pd.DataFrame:
            frame = original()
            return frame.assign(**{c: frame[c] * (1 + 1e-13) for c in frame.select_dtypes("float64")})

        monkeypatch.setitem(globals(), name, nudged)
    again = figure(FORMS[form]())
    assert json.dumps(again.specification) == json.dumps(figures[form].specification)


def test_bytes_depend_on_neither_time_zone_nor_hash_seed(figures: dict[str, Figure]) -> None:
    shown = ("lines with all options", "timeline of dates", "bars of months")
    code = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:3]; import test_charts as t\n"
        f"for name in {shown!r}: print(hashlib.sha256(t.figure(t.FORMS[name]()).svg.encode()).hexdigest())"
    )
    here = os.path.dirname(__file__)  # noqa: PTH120
    expected = [hashlib.sha256(figures[name].svg.encode()).hexdigest() for name in shown]
    for zone, seed in (("America/New_York", "1"), ("Asia/Tokyo", "2")):
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", code, here, os.path.dirname(here)],  # noqa: PTH120
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == expected, zone


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux can a machine's fonts be chosen")
def test_bytes_do_not_depend_on_the_fonts_of_the_machine(figures: dict[str, Figure], tmp_path: Path) -> None:
    # A machine whose own Liberation Sans has other letters: those of DejaVu Sans, which matplotlib brings.
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    for part in font["name"].names:
        part.string = {1: "Liberation Sans", 6: "LiberationSans", 16: "Liberation Sans"}.get(
            part.nameID, part.toUnicode()
        )
    (tmp_path / "fonts").mkdir()
    font.save(tmp_path / "fonts" / "other.ttf")
    settings = tmp_path / "fonts.conf"
    settings.write_text(f"<?xml version='1.0'?><fontconfig><dir>{tmp_path / 'fonts'}</dir></fontconfig>")
    shown = figures["lines with all options"]
    (tmp_path / "shown.svg").write_text(shown.svg)

    def drawn_there(code: str) -> list[str]:
        here = Path(__file__).parent
        command = [sys.executable, "-c", code, str(here), str(here.parent), str(tmp_path / "shown.svg")]
        environment = os.environ | {"FONTCONFIG_FILE": str(settings)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()

    ours = (
        "import hashlib, sys; sys.path[:0] = sys.argv[1:3]; import test_charts as t\n"
        "drawn = t.figure(t.FORMS['lines with all options']())\n"
        "for made in (drawn.svg.encode(), drawn.png()): print(hashlib.sha256(made).hexdigest())"
    )
    by_itself = (
        "import hashlib, sys, vl_convert\n"
        "print(hashlib.sha256(vl_convert.svg_to_png(open(sys.argv[3]).read(), scale=2)).hexdigest())"
    )
    here = [hashlib.sha256(made).hexdigest() for made in (shown.svg.encode(), shown.png())]
    assert drawn_there(ours) == here
    assert drawn_there(by_itself) != here[1:], "the font of this test is not taken for the machine's"


def test_the_point_of_a_month_stands_on_the_tick_of_its_month() -> None:
    one = monthly().head(24)
    shown = figure(charts.lines(one, "month", "kg"))
    drawing = ElementTree.fromstring(shown.svg)
    points = [at for group in groups(drawing, "mark-symbol role-mark") for at in places(group)]
    ticks = places(next(groups(drawing, "role-axis-tick")))
    labels = [text.text for text in next(groups(drawing, "role-axis-label"))]
    assert labels == ["Jan 2020", "Jul 2020", "Jan 2021", "Jul 2021"]
    assert len(points) == 24
    assert ticks == pytest.approx([points[place] for place in (0, 6, 12, 18)], abs=0.51)
    assert points[11] < ticks[2] - 5


def groups(drawing: ElementTree.Element, role: str):  # type: ignore[no-untyped-def]
    return (group for group in drawing.iter(f"{SVG}g") if role in group.get("class", ""))


def places(group: ElementTree.Element) -> list[float]:
    """Horizontal places of the marks of a group, in pixels."""
    return [float(re.findall(r"[-\d.]+", mark.get("transform", ""))[0]) for mark in group]


def test_the_key_of_points_shows_shapes_and_that_of_lines_dashes(figures: dict[str, Figure]) -> None:
    def looks(form: str, field: str) -> list[str]:
        ((_, symbols),) = keys(ElementTree.fromstring(figures[form].svg))
        return [symbol.get(field, "") for symbol in symbols]

    assert len(set(looks("event study", "d"))) == 3
    assert len(set(looks("lines by drug", "stroke-dasharray"))) == 2
    assert len(set(looks("stacked bars", "fill"))) == 3


def named_rows(part: dict[str, Any], name: str = "") -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Every mark of a specification, its encodings, and the name of its rows, which layers may share."""
    name = part.get("data", {}).get("name", name)
    if "mark" in part:
        yield part["mark"], part.get("encoding", {}), name
    for key in ("layer", "concat", "hconcat", "vconcat"):
        for each in part.get(key, []):
            yield from named_rows(each, name)


@pytest.mark.parametrize("form", FORMS)
def test_all_marks_of_what_a_colour_tells_apart_have_that_colour(form: str, figures: dict[str, Figure]) -> None:
    """A line between the ends of an interval, its arrows and its point are of one colour."""
    specification = figures[form].specification
    marks = list(named_rows(specification))
    colours = [encoding["color"] for _, encoding, _ in marks if "field" in encoding.get("color", {})]
    looks = {(colour["field"], *colour["scale"]["domain"]): colour["scale"]["range"] for colour in colours}
    for colour in colours:
        assert colour["scale"]["range"] == looks[colour["field"], *colour["scale"]["domain"]]
    fields = {field for field, *_ in looks}
    for mark, encoding, name in marks:
        told = fields & {column for row in specification.get("datasets", {}).get(name, []) for column in row}
        if told and mark["type"] != "text" and "color" not in mark:
            assert encoding.get("color", {}).get("field") in told, mark


def test_a_key_stands_once_for_all_panels(figures: dict[str, Figure]) -> None:
    labels = [names for names, _ in keys(ElementTree.fromstring(figures["lines with all options"].svg))]
    assert labels == [("UN", "USA")]


def test_reference_lines_look_the_same_in_all_forms(figures: dict[str, Figure]) -> None:
    looks = {
        (unit["mark"]["color"], tuple(unit["mark"]["strokeDash"]), unit["mark"]["strokeWidth"])
        for shown in figures.values()
        for unit in units(shown.specification)
        if unit["mark"]["type"] == "rule" and "strokeDash" in unit["mark"]
    }
    assert looks == {(theme.GREY, (4, 3), 1.2)}


def test_an_interval_that_leaves_the_axis_or_has_no_end_ends_in_an_arrow() -> None:
    specification = figure(charts.intervals(estimates(), "row", panel="question", domain=(-0.5, 0.5))).specification
    arrows = {}
    for unit in units(specification):
        if str(unit["mark"].get("shape", "")).startswith("triangle"):
            rows = specification["datasets"][unit["data"]["name"]]
            arrows[unit["mark"]["shape"]] = arrows.get(unit["mark"]["shape"], []) + [row["row"] for row in rows]
    long = "one country left out, and a name that needs two lines"
    assert arrows == {"triangle-left": [long, long], "triangle-right": []}


def test_a_question_judged_stands_in_words_over_its_track_and_one_without_estimate_has_words_alone() -> None:
    drawn = figure(judged())
    rows = {row["asked"]: row["_y"] for row in _rows_with(drawn.specification, "asked")}
    middles = {row["_y"] for row in _rows_with(drawn.specification, "estimate")}
    assert len(rows) == 6
    assert set(rows.values()) - middles == {rows["Does it matter in place 5?"]}
    assert {row["_y"] for row in _rows_with(drawn.specification, "_low")} == middles  # each with an interval
    for told in (
        "Does it matter in place 2? −0.10, interval from −9 to 0.10 (open)",
        "Does it matter in place 5? nothing",
    ):
        assert told in drawn.alt
    labels = [names for names, _ in keys(ElementTree.fromstring(drawn.svg))]
    assert labels == [("firm", "open")]  # no look that nothing has


def _rows_with(specification: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return [row for rows in specification["datasets"].values() for row in rows if field in row]


def test_the_axis_holds_the_usual_intervals_and_not_one_without_p() -> None:
    drawn = charts.intervals(estimates().head(3), "row")
    domains = {
        tuple(unit["encoding"]["x"]["scale"]["domain"])
        for unit in units(figure(drawn).specification)
        if unit["encoding"].get("x", {}).get("scale")
    }
    (domain,) = domains
    assert -0.2 < domain[0] < -0.1
    assert 0.3 < domain[1] < 0.4


def test_rows_without_a_value_are_told_by_their_ends_and_are_no_intervals_if_they_have_none() -> None:
    rows = [("Peru", np.nan, 2016.0, 2019.0), ("Ghana", 2017.0, 2016.0, 2018.0), ("Benin", 2018.0, np.nan, np.nan)]
    data = pd.DataFrame(rows, columns=["row", "estimate", "ci_low", "ci_high"])
    told = charts.intervals(data, "row", format="d", rule_at=None).alt
    assert told == "Estimates by row: Ghana 2017, Benin 2018; without a value Peru from 2016 to 2019."
    assert "; 1 of 1 interval leaves 0 out" in charts.intervals(data.tail(2), "row", p=None).alt


def test_each_panel_may_have_a_margin_of_its_own() -> None:
    data = estimates().iloc[[0, 4]].assign(question=["one", "two"])
    drawn = charts.intervals(data, "row", panel="question", margin={"one": (-0.05, 0.05), "two": (-0.1, 0.02)})
    shaded = _rows_with(drawn.chart.to_dict(), "high")
    assert [(row["low"], row["high"]) for row in shaded] == [(-0.05, 0.05), (-0.1, 0.02)]


@pytest.mark.parametrize(
    ("margin", "shown"), [((-0.05, 0.05), (-0.05, 0.05)), ((-50.0, 0.05), (-0.136, 0.05)), ((7.0, 9.0), None)]
)
def test_a_margin_wider_than_the_axis_is_shaded_within_it(
    margin: tuple[float, float], shown: tuple[float, float] | None
) -> None:
    # From -.1 to .5, and 6 % of that on either side.
    data = estimates().iloc[[0, 4]].assign(question="one")
    shaded = _rows_with(charts.intervals(data, "row", margin=margin).chart.to_dict(), "high")
    assert [(row["low"], row["high"]) for row in shaded] == [pytest.approx(ends) for ends in [shown] if ends]


def _places(drawn: Drawn) -> list[dict[str, Any]]:
    """What is said of an axis of places by each of its marks."""
    found = (unit["encoding"].get("x", {}) for unit in units(figure(drawn).specification))
    return [x for x in found if "domain" in x.get("scale", {})]


@pytest.mark.parametrize("kind", ["int64", "float64", "Int64"])
def test_an_event_study_has_a_place_for_every_whole_number_and_labels_zero(kind: str) -> None:
    at = [-4, -3, -2, 0, 1, 2, 3, 4, 5, 6, 7]
    one = pd.DataFrame({"at": at, "estimate": 0.1, "ci_low": 0.0, "ci_high": 0.2, "question": "one"}).astype(
        {"at": kind}
    )
    places = _places(charts.event_study(pd.concat([one, one.assign(question="two")]), "at", panel="question"))
    assert {tuple(place["scale"]["domain"]) for place in places} == {tuple(range(-4, 8))}
    assert {tuple(place["axis"]["values"]) for place in places if place.get("axis")} == {(-4, -2, 0, 2, 4, 6)}


@pytest.mark.parametrize("at", [[0.5, 1.0, 2.0, 4.0], [1, 10, 100, 1000], ["a", "c", "b", "d"]])
def test_places_far_apart_or_that_are_no_whole_numbers_stand_side_by_side(at: list[Any]) -> None:
    drawn = charts.event_study(around().head(4).assign(at=at), "at")
    assert {tuple(place["scale"]["domain"]) for place in _places(drawn)} == {tuple(at)}


def test_labels_of_a_sequence_leave_out_some_but_never_zero() -> None:
    assert names_axis(range(-5, 6), 12).to_dict()["values"] == [-4, -2, 0, 2, 4]
    assert names_axis(range(1, 8), 12).to_dict()["values"] == [1, 3, 5, 7]


def test_what_is_short_of_one_is_not_told_as_one() -> None:
    shares = pd.DataFrame({"effect": [1, 2, 3], "power": [0.5, 0.99986, 1.0]})
    assert charts.lines(shares, "effect", "power").alt == "Line chart: 0.500 at 1, 0.9999 at 2, 1 at 3."


def test_alternative_text_tells_the_numbers_drawn() -> None:
    assert charts.intervals(estimates().head(2), "row").alt == (
        "Estimates by row: registered 0.10, clustered errors 0.20; 1 of 2 intervals leaves 0 out; p from < 0.001 to 0.300."
    )
    assert charts.lines(yearly().head(3), "year", "n").alt == "Line chart: 1 at 2015, 2 at 2016, 3 at 2017."
    marked = pd.DataFrame({"year": [2016], "event": ["listed"]})
    assert charts.lines(yearly().head(3), "year", "n", events=marked).alt.endswith(
        "Vertical line marks 1 event: listed."
    )
    marked = pd.DataFrame({"year": [2015, 2016], "event": ["UN, USA", "USA"]})
    told = charts.lines(yearly().head(3), "year", "n", events=marked).alt
    assert told.endswith("Vertical lines mark 2 events: UN, USA; USA.")
    for at in (around()["at"], around()["at"].astype(float)):
        assert charts.event_study(around().assign(at=at).head(4), "at").alt == (
            "Estimates along an axis: from 0 at −2 to 0.30 at 1; "
            "the interval leaves 0 out at none; the band leaves 0 out at none."
        )
    assert charts.survival(steps().head(3), "time", "share").alt == "Step curves: half by 2, 40% at 2 (36% to 44%)."
    assert charts.specification_curve(curve(), {"estimator": "Estimator"}).alt == (
        "Specification curve: 4 specifications from −0.10 to 0.30, 3 above 0; the registered one 0.20."
    )
    unregistered = charts.specification_curve(curve().assign(registered=False), {"estimator": "Estimator"})
    assert unregistered.alt == "Specification curve: 4 specifications from −0.10 to 0.30, 3 above 0."
    assert "registered" not in json.dumps(unregistered.chart.to_dict()["vconcat"])
    assert charts.heat_map(matrix([0, 1, 2, 3]), "x", "y", "value").alt == (
        "Matrix, by column. a: from 0 (c) to 2 (d). b: from 1 (c) to 3 (d)."
    )
    assert (
        "Most ties: Aland 2, Bland 2, A country"
        in charts.network(nodes(), ties(), by="region", size="met", tie_by="met", classes=["once", "often"]).alt
    )


def test_a_frame_without_the_column_or_without_rows_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"'yaer', but its data have no such column; they have: year, part, n, low, high"
    ):
        charts.lines(yearly(), "yaer", "n")
    with pytest.raises(DataError, match="no rows"):
        charts.intervals(estimates().head(0), "row", p=None)


def test_title_and_source_are_in_the_drawing_and_the_caption_beside_it(figures: dict[str, Figure]) -> None:
    shown = figures["power"]
    drawing = ElementTree.fromstring(shown.svg)
    assert drawing.findtext(f"{SVG}title") == "What was seized, by month"
    assert drawing.findtext(f"{SVG}desc") == f"{shown.alt} Source: {shown.source}"
    texts = [text.text or "" for text in drawing.findall(f"{SVG}text")]
    assert texts[0] == shown.title
    assert " ".join(texts[1:]) == f"Source: {shown.source}"
    assert max(text_width(text) for text in texts[1:]) < theme.WIDTH
    assert shown.specification["usermeta"]["title"] == shown.title
    assert "A caption." in shown.html()


@pytest.mark.parametrize("part", ["title", "alt", "caption", "source"])
def test_a_figure_without_a_text_is_refused(part: str) -> None:
    texts = {"title": "t", "alt": "a", "caption": "b", "source": "c"} | {part: " "}
    with pytest.raises(ValueError, match=f"no {part} text"):
        Figure("named", chart=alt.Chart(), data=pd.DataFrame(), **texts)
    with pytest.raises(ValueError, match="lower-case"):
        Figure("Not A Name", "t", alt.Chart(), "a", "b", "c", pd.DataFrame())


def test_faults_are_found() -> None:
    data = alt.InlineData(values=[{"x": 1, "day": "2020-01-01", "who": "a"}, {"x": 2, "day": "2020-02-01", "who": "b"}])
    base = alt.Chart(data).mark_line().encode(x="day:T", y="x:Q", color="who:N")
    hidden = base.encode(strokeDash=alt.StrokeDash("who:N", legend=None)).to_dict()
    assert list(unexplained(hidden)) == ["strokeDash tells who apart, and nothing says how"]
    assert list(unexplained(base.encode(text="who:N", strokeDash=alt.StrokeDash("who:N", legend=None)).to_dict())) == []
    assert list(local_times(hidden)) == ["x shows day in local time"]
    coloured = alt.Color("who:N", scale=alt.Scale(range=["#0072B2", "#666666"]))
    wide = alt.Chart(data, width=900).mark_point().encode(x="x:Q", color=coloured)
    plain = Figure("plain", "t", wide, "a", "b", "c", pd.DataFrame())
    assert list(alike_in_grey(ElementTree.fromstring(plain.svg))) == ["a and b look alike in grey print"]
    twice = alt.Chart(data).mark_point().encode(x="x:Q", color="who:N", shape=alt.Shape("who:N", sort=["b", "a"]))
    split = Figure("split", "t", twice, "a", "b", "c", pd.DataFrame())
    assert list(split_keys(ElementTree.fromstring(split.svg))) == ["2 legends explain a, b, each in another way"]
    wrong = faults(plain.specification | {"usermeta": {}}, plain.svg)
    assert "the specification has no title" in wrong
    assert any("points high at 170 mm" in each for each in wrong)
    narrower = Figure("narrower", "t", wide.properties(width=700), "a", "b", "c", pd.DataFrame())
    assert any("points high at 85 mm" in each for each in faults(narrower.specification, narrower.svg))


def test_lines_of_text_fit_their_width() -> None:
    lines = wrapped("Effective number of drug families, geometric mean over countries", 150)
    assert len(lines) == 3
    assert max(map(text_width, lines)) <= 150
    assert wrapped("far uninterrupted", 40) == ["far", "uninter", "rupted"]


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([2021, 2023, 2025], [2021, 2023, 2025]),
        (range(2000, 2025), [2000, 2005, 2010, 2015, 2020]),
        ([0, 1, 9], [0, 2, 4, 6, 8]),
    ],
)
def test_ticks_stand_at_editions_and_where_values_are_close_at_round_ones(
    values: Sequence[int], ticks: list[int]
) -> None:
    axis = across(pd.DataFrame({"x": list(values)}), "x", 230, title="").to_dict()["axis"]
    assert axis["values"] == ticks


def test_log_ticks_are_round_and_few() -> None:
    assert log_ticks([0.7, 2.2], 6) == [0.7, 0.8, 1.0, 1.25, 1.5, 2.0]
    assert log_ticks([1, 1e6], 4) == [1.0, 100.0, 10_000.0, 1e6]
    assert len(log_ticks([34, 1461], 6)) in range(3, 7)
