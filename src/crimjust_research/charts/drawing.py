"""A specification drawn: SVG markup between its title and its source, the same on every machine."""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

from crimjust_research.charts import theme
from crimjust_research.charts.theme import LINE_HEIGHT
from crimjust_research.errors import printable

_NO_FONTS = Path(__file__).with_name("no_fonts.conf")


def svg(specification: Mapping[str, Any], name: str, least: float = theme.WIDTH) -> str:
    """A chart as SVG markup with title and source, at least so many pixels wide, without any outside address.

    `specification` is Vega-Lite as `Figure.specification` makes it, its words in `description` and `usermeta`. Ids within the
    markup begin with `name`.
    """
    drawn: str = converter().vegalite_to_svg(specification)
    drawn = drawn.replace(f'font-family="{theme.FONT}"', f'font-family="{theme.FONT_STACK}"')
    drawn = printable(_between_title_and_source(_ids_by_order(drawn, name), specification, least))
    return drawn.replace("<svg ", '<svg style="max-width:100%;height:auto;overflow:visible" ', 1)


@cache
def converter() -> ModuleType:
    """vl-convert with the fonts it carries alone: a machine's own Liberation Sans would take the place of these.

    It looks for a machine's fonts once, when it is first asked for any, and on Linux where fontconfig's settings say; for
    that moment they say that there are none. Elsewhere no setting keeps it from the system's folders.
    """
    import vl_convert

    own = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(_NO_FONTS)
    try:
        vl_convert.register_font_directory(str(_NO_FONTS.parent))
    finally:
        del os.environ["FONTCONFIG_FILE"]
        if own is not None:
            os.environ["FONTCONFIG_FILE"] = own
    return vl_convert


def size(drawing: str) -> tuple[float, float]:
    """Width and height of SVG markup in pixels."""
    root = ElementTree.fromstring(drawing).attrib
    return float(root["width"]), float(root["height"])


def _ids_by_order(drawn: str, name: str) -> str:
    """Ids of clips and gradients, which are numbered by the process that draws, under the figure's name."""
    found = list(dict.fromkeys(re.findall(r'id="((?:clip|gradient_)\d+)"', drawn)))
    for place, old in enumerate(found):
        drawn = re.sub(rf'(?<=[#"]){old}(?=[")])', f"{name}-{place}", drawn)
    return drawn


def _between_title_and_source(chart: str, specification: Mapping[str, Any], least: float) -> str:
    about = specification["usermeta"]
    width, height = size(chart)
    whole = max(width, float(least))
    title = theme.wrapped(about["title"], (whole - 8) / 1.08, theme.TITLE)  # bold letters are wider
    source = theme.wrapped(f"Source: {about['source']}", whole - 8)
    top = LINE_HEIGHT * len(title) + 12
    bottom = top + height + 6
    total = bottom + LINE_HEIGHT * len(source) + 6
    around = f'width="{whole:g}" height="{total:g}"'
    style = f'font-family="{theme.FONT_STACK}"'
    described = f"{specification['description']} Source: {about['source']}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" role="img" {around} '
        f'viewBox="0 0 {whole:g} {total:g}"><title>{escape(about["title"])}</title>'
        f"<desc>{escape(described)}</desc>"
        f'<rect {around} fill="white"/>'
        + "".join(_lines(title, 4, f'{style} font-size="{theme.TITLE}px" font-weight="bold" fill="{theme.BLACK}"'))
        + chart.replace("<svg ", f'<svg x="0" y="{top:g}" overflow="visible" ', 1)
        + "".join(_lines(source, bottom, f'{style} font-size="{theme.TEXT}px" fill="#555555"'))
        + "</svg>"
    )


def _lines(lines: list[str], top: float, style: str) -> Iterator[str]:
    for place, line in enumerate(lines):
        yield f'<text x="2" y="{top + LINE_HEIGHT * place + 11:g}" {style}>{escape(line)}</text>'
