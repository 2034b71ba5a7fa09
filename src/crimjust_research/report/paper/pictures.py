"""The figures of the report on paper, each laid out for the width of the text where that makes it no taller."""

import json
from functools import lru_cache

from crimjust_research.charts import drawing
from crimjust_research.charts.printed import across
from crimjust_research.charts.widened import WIDE
from crimjust_research.report.elements import Picture
from crimjust_research.report.html import Report
from crimjust_research.report.paper import told
from crimjust_research.report.section import DrawnFigure

_NARROW, _TEXT = 100, 170  # millimetres: of a drawing for a column, somewhat enlarged, and of the text
_BROAD = 600  # pixels from which on a drawing is laid out for the width of a page
_DOTS = 300 / 25.4  # of a PNG, to the millimetre


def pictures(report: Report, *, dots: bool = True) -> dict[str, Picture]:
    """The figures by name, each as SVG and, if `dots`, as PNG of 300 dots an inch at the width it is set."""
    return {figure.anchor: _picture(figure, dots) for figure in told.drawn(report)}


def width(figure: DrawnFigure) -> int:
    """Millimetres that a figure is wide on paper."""
    return _laid_out(figure.anchor, figure.drawing, figure.specification)[1]


def _picture(figure: DrawnFigure, dots: bool) -> Picture:
    svg, millimetres = _laid_out(figure.anchor, figure.drawing, figure.specification)
    scale = millimetres * _DOTS / drawing.size(svg)[0]
    return Picture(bytes(drawing.converter().svg_to_png(svg, scale=scale)) if dots else b"", figure.alt, svg)


@lru_cache(maxsize=256)  # a page asks for the width, and its pictures for the drawing
def _laid_out(name: str, drawn: str, specification: bytes) -> tuple[str, int]:
    """The drawing and its width in millimetres: laid out anew for the width of the text where it is no taller so, and as it is
    elsewhere."""
    if drawing.size(drawn)[0] > _BROAD:
        return drawn, _TEXT
    chart = json.loads(specification)
    wide = drawing.svg(across(chart, name), name, WIDE)
    if drawing.size(wide)[0] <= _BROAD or _down(wide, _TEXT) > _down(drawn, _NARROW):
        return drawn, _NARROW
    return wide, _TEXT


def _down(svg: str, across: int) -> float:
    """Millimetres that a drawing is high, if it is so many wide."""
    width, height = drawing.size(svg)
    return height / width * across
