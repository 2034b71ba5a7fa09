"""The figures of the report on paper."""

from crimjust_research.charts import drawing
from crimjust_research.report.elements import Picture
from crimjust_research.report.html import Report
from crimjust_research.report.paper import told

_DOTS = 300 / 25.4  # a millimetre


def pictures(report: Report) -> dict[str, Picture]:
    """The figures by name, each as SVG and as PNG of 300 dots an inch at the width it is set."""
    return {
        figure.anchor: Picture(_png(figure.drawing, told.width(figure)), figure.alt, figure.drawing)
        for figure in told.drawn(report)
    }


def _png(svg: str, millimetres: float) -> bytes:
    return bytes(drawing.converter().svg_to_png(svg, scale=millimetres * _DOTS / drawing.size(svg)[0]))
