"""Figures: a chart with the words and the numbers that must travel with it, drawn the same on every machine."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

# Okabe and Ito (2008), https://jfly.uni-koeln.de/color/: told apart with any colour vision, and in grey print.
BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#56B4E9",
    "#CC79A7",
    "#222222",
)
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK)
GREY = "#767676"
# The font vl-convert carries within itself, so text is measured alike wherever a chart is drawn.
_FONT = "Liberation Sans"
_FONT_STACK = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDTH = 640

_THEME: dict[str, Any] = {
    "background": "white",
    "font": _FONT,
    "view": {"stroke": None, "continuousWidth": WIDTH, "continuousHeight": 260},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": BLACK,
        "titleColor": BLACK,
        "gridColor": "#e6e6e6",
        "domainColor": GREY,
        "tickColor": GREY,
    },
    "axisX": {"grid": False},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "orient": "top", "offset": 4},
    "header": {"labelFontSize": 12, "titleFontSize": 12, "labelColor": BLACK},
    "title": {"fontSize": 14, "anchor": "start", "fontWeight": "bold", "color": BLACK},
    "range": {"category": list(PALETTE)},
    "line": {"strokeWidth": 2},
    "rule": {"color": GREY},
}


@dataclass(frozen=True)
class Figure:
    """A chart, the text that says what it shows to those who cannot see it, its caption and its source.

    `data` holds the figures drawn, one row a mark, for whoever wants the numbers instead of the picture.

    Raises
    ------
    ValueError
        If a text is empty, or the name is not a plain lower-case file name.
    """

    name: str
    chart: "alt.Chart | alt.LayerChart | alt.FacetChart | alt.VConcatChart | alt.HConcatChart | alt.ConcatChart"
    alt: str
    caption: str
    source: str
    data: "pd.DataFrame"

    def __post_init__(self) -> None:
        for part in ("alt", "caption", "source"):
            if not getattr(self, part).strip():
                raise ValueError(f"figure {self.name!r} has no {part} text")
        if not re.fullmatch(r"[a-z0-9_]+", self.name):
            raise ValueError(f"figure name {self.name!r} must be lower-case letters, digits and underscores")

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification in the house theme, its data rounded to seven digits.

        The rounding keeps the last bits of floating-point arithmetic, which differ between machines, out of files.
        """
        chart = self.chart.to_dict()
        chart.pop("config", None)
        chart["config"] = _THEME
        chart["description"] = self.alt
        rounded: dict[str, Any] = json.loads(json.dumps(chart), parse_float=lambda text: float(f"{float(text):.7g}"))
        return rounded

    @cached_property
    def svg(self) -> str:
        """The chart as SVG markup, without any outside address."""
        import vl_convert

        drawn: str = vl_convert.vegalite_to_svg(self.specification)
        drawn = drawn.replace(f'font-family="{_FONT}"', f'font-family="{_FONT_STACK}"')
        return drawn.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)

    def png(self) -> bytes:
        """The chart as a PNG at twice its nominal size."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(self.specification, scale=2))

    def html(self) -> str:
        """The chart as an HTML figure: the SVG under its alternative text, caption and source."""
        return (
            f'<figure style="margin:1em 0"><div role="img" aria-label="{escape(self.alt)}">{self.svg}</div>'
            f"<figcaption>{escape(self.caption)} <small>Source: {escape(self.source)}</small></figcaption></figure>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/html": self.html(), "text/plain": f"{self.caption}\n{self.alt}\nSource: {self.source}"}
