"""Colours as grey print shows them, in a specification and in a drawing alike."""

import re
from collections.abc import Mapping
from typing import Any

from crimjust_research.charts.theme import lightness

_HEX = re.compile(r"#[0-9a-fA-F]{6}(?![0-9a-fA-F])|#[0-9a-fA-F]{3}(?![0-9a-fA-F])")
_RGB = re.compile(r"rgb\((\d+), ?(\d+), ?(\d+)\)")
_PAINT = re.compile(r'(?<= )(?:fill|stroke|stop-color)="([^"]*)"')
_WITHOUT = re.compile(r"none|transparent|white|black|gr[ae]y|url\(.*|")
_DATA = ("data", "datasets", "usermeta", "description")


def of(part: Any) -> Any:
    """A specification whose colours are greys as light as they are; its data and words stay."""
    if isinstance(part, str):
        return _grey(part) if _HEX.fullmatch(part) else part
    if isinstance(part, Mapping):
        return {name: value if name in _DATA else of(value) for name, value in part.items()}
    return [of(each) for each in part] if isinstance(part, list) else part


def drawing(svg: str) -> str:
    """SVG markup whose paints are greys as light as they are.

    Raises
    ------
    ValueError
        Naming a colour that is told by a word, which stands for no number here.
    """

    def painted(match: re.Match[str]) -> str:
        told = match[1]
        numbers = _RGB.fullmatch(told)
        code = "#" + "".join(f"{int(n):02x}" for n in numbers.groups()) if numbers else told
        if _HEX.fullmatch(code):
            return match[0].replace(told, _grey(code))
        if not _WITHOUT.fullmatch(told):
            raise ValueError(f"the colour {told!r} is not told in numbers; write it as #rrggbb")
        return match[0]

    return _PAINT.sub(painted, svg)


def _grey(code: str) -> str:
    """A grey as light as the colour of that code, #rgb or #rrggbb."""
    whole = code if len(code) == 7 else "#" + "".join(2 * digit for digit in code[1:])
    return "#" + 3 * f"{round(255 * lightness(whole)):02x}"
