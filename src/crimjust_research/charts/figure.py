"""Figures: a chart with the words and the numbers that must travel with it, drawn the same on every machine."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crimjust_research.charts import drawing, theme
from crimjust_research.charts.theme import drawable
from crimjust_research.errors import printable

if TYPE_CHECKING:
    import pandas as pd

_DIGITS = 7
_ROOM = 24  # pixels


@dataclass(frozen=True)
class Figure:
    """A chart, its title, the text that says what it shows to those who cannot see it, its caption and source.

    `data` holds the figures drawn, one row a mark, for whoever wants the numbers instead of the picture. The title, a
    short statement of what is shown, and the source, a sentence with publisher and vintages, are part of the drawing.

    Raises
    ------
    ValueError
        If a text is empty, or the name is not a plain lower-case file name.
    """

    name: str
    title: str
    chart: Any
    alt: str
    caption: str
    source: str
    data: "pd.DataFrame"

    def __post_init__(self) -> None:
        for part in ("title", "alt", "caption", "source"):
            if not getattr(self, part).strip():
                raise ValueError(f"figure {self.name!r} has no {part} text")
        if not re.fullmatch(r"[a-z0-9_]{1,80}", self.name):
            raise ValueError(
                f"figure name {self.name!r} must be lower-case letters, digits and underscores, 80 at most"
            )

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The chart as a Vega-Lite specification in the house theme, its data rounded to seven digits.

        The rounding keeps the last bits of floating-point arithmetic, which differ between machines, out of files.
        Data sets are named by their order, not by the hash that altair takes before the rounding.
        """
        chart = self.chart.to_dict()
        chart["config"] = theme.CONFIG
        chart["description"] = self.alt
        chart["usermeta"] = {"title": self.title, "caption": self.caption, "source": self.source}
        rounded: dict[str, Any] = json.loads(json.dumps(drawable(chart)), parse_float=_rounded)
        return _named_by_order(rounded)

    @cached_property
    def svg(self) -> str:
        """The figure as SVG markup with title and source, without any outside address."""
        return drawing.svg(self.specification, self.name)

    def png(self) -> bytes:
        """The SVG as a PNG at twice its nominal size."""
        return bytes(drawing.converter().svg_to_png(self.svg, scale=2))

    def html(self) -> str:
        """The figure as HTML: the SVG as a picture under its alternative text, and its caption.

        Markup of SVG is taken out of notebooks that whoever opens them has not run, and pictures are not. A picture is cut at its
        edges, so this one has room beside the drawing for the wider letters of a machine that has none of its fonts.
        """
        alt, caption = escape(printable(self.alt)), escape(printable(self.caption))
        picture = quote(self._with_room(), safe=" ()/:;,='")
        return (
            f'<figure style="margin:1em 0"><img style="max-width:100%" alt="{alt}" '
            f'src="data:image/svg+xml,{picture}"><figcaption>{caption}</figcaption></figure>'
        )

    def _with_room(self) -> str:
        """The SVG, `_ROOM` wider on either side."""
        width, height = drawing.size(self.svg)
        wide = width + 2 * _ROOM
        return self.svg.replace(
            f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"',
            f'width="{wide:g}" height="{height:g}" viewBox="{-_ROOM} 0 {wide:g} {height:g}"',
            1,
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        plain = printable(f"{self.caption}\n{self.alt}\nSource: {self.source}")
        return {"text/html": self.html(), "text/plain": plain}


def _rounded(text: str) -> float:
    return float(f"{float(text):.{_DIGITS}g}")


def _named_by_order(chart: dict[str, Any]) -> dict[str, Any]:
    """The specification with its data sets as rows_1, rows_2 and so on; Vega has data_1 and the like of its own."""
    datasets: dict[str, Any] = chart.pop("datasets", {})
    names: dict[str, str] = {}

    def renamed(part: Any) -> Any:
        if isinstance(part, list):
            return [renamed(each) for each in part]
        if not isinstance(part, dict):
            return part
        if part.get("name") in datasets and len(part) == 1:
            return {"name": names.setdefault(part["name"], f"rows_{len(names) + 1}")}
        return {key: renamed(value) for key, value in part.items()}

    drawn: dict[str, Any] = renamed(chart)
    if names:
        drawn["datasets"] = {new: datasets[old] for old, new in names.items()}
    return drawn
