"""What is wrong with a figure as its files show it: marks without explanation, small text, local time, unstable names."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

from crimjust_research.charts.theme import WIDTH

MILLIMETRES, POINTS = 85, 7
LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "strokeWidth", "size", "opacity")
OFFSETS = ("xOffset", "yOffset")
_SVG = "{http://www.w3.org/2000/svg}"
_LIGHTNESS = 0.09  # fills of a key differ by at least this share of black to white


def faults(specification: dict[str, Any], svg: str) -> list[str]:
    """Every fault of a figure, in words."""
    drawing = ElementTree.fromstring(svg)
    return [
        *unexplained(specification),
        *local_times(specification),
        *unstable(specification),
        *untold(specification, drawing),
        *split_keys(drawing),
        *alike_in_grey(drawing),
        *small_text(drawing),
        *(
            f"the id {found} is another in the next process"
            for found in re.findall(r'id="((?:clip|gradient_)\d+)"', svg)
        ),
    ]


def units(part: Any) -> Iterator[dict[str, Any]]:
    """Every chart of a specification that has a mark of its own."""
    if isinstance(part, dict):
        if "mark" in part:
            yield part
        for key in ("layer", "concat", "hconcat", "vconcat"):
            for each in part.get(key, []):
                yield from units(each)
        if "spec" in part:
            yield from units(part["spec"])


def fields_of(channel: dict[str, Any]) -> set[str]:
    """Fields that a channel depends on, in conditions too."""
    found = {channel["field"]} if "field" in channel else set()
    conditions = channel.get("condition", [])
    for condition in conditions if isinstance(conditions, list) else [conditions]:
        test = condition.get("test", "")
        found |= {test["field"]} if isinstance(test, dict) else set(re.findall(r"datum\.(\w+)", test))
        found |= {condition["field"]} if "field" in condition else set()
    return found


def unexplained(specification: dict[str, Any]) -> Iterator[str]:
    """Fields told apart by a channel that neither a legend nor a label explains."""
    own = list(units(specification))
    legends, labelled = set(), set()
    for unit in own:
        for name, channel in unit.get("encoding", {}).items():
            if not isinstance(channel, dict):
                continue
            if name in LEGENDS and "field" in channel and channel.get("legend", {}) is not None:
                legends.add((name, channel["field"]))
            axis = channel.get("axis", {})
            if name in ("x", "y") and axis is not None and axis.get("labels", True):
                labelled |= fields_of(channel)
            if name == "text":
                labelled |= fields_of(channel)
    with_legend = {field for _, field in legends}
    for unit in own:
        for name, channel in unit.get("encoding", {}).items():
            if name in OFFSETS or (name in LEGENDS and "field" not in channel):
                missing = fields_of(channel) - with_legend - labelled
            elif name in LEGENDS and (name, channel["field"]) not in legends:
                missing = {channel["field"]} - labelled
            else:
                continue
            for field in sorted(missing):
                yield f"{name} tells {field} apart, and nothing says how"


def local_times(specification: dict[str, Any]) -> Iterator[str]:
    """Dates on a scale of local time, or rounded in it."""
    for unit in units(specification):
        for name in ("x", "y"):
            channel = unit.get("encoding", {}).get(name, {})
            if channel.get("type") == "temporal" and (channel.get("scale") or {}).get("type") != "utc":
                yield f"{name} shows {channel.get('field')} in local time"
            if not str(channel.get("timeUnit", "utc")).startswith("utc"):
                yield f"{name} rounds {channel.get('field')} in local time"


def unstable(specification: dict[str, Any]) -> Iterator[str]:
    """Names that are hashes of numbers, and numbers whose last digits differ between machines."""
    for name, rows in specification.get("datasets", {}).items():
        if not re.fullmatch(r"rows_\d+", name):
            yield f"the data set {name} is named by a hash"
        long = [v for row in rows for v in row.values() if isinstance(v, float) and v != float(f"{v:.7g}")]
        if long:
            yield f"the data set {name} holds {long[0]!r}, more than seven digits"


def untold(specification: dict[str, Any], drawing: ElementTree.Element) -> Iterator[str]:
    """Title, source, caption or alternative text that a file does not hold."""
    about = specification.get("usermeta", {})
    for part in ("title", "caption", "source"):
        if not str(about.get(part, "")).strip():
            yield f"the specification has no {part}"
    if not str(specification.get("description", "")).strip():
        yield "the specification has no alternative text"
    for part in ("title", "desc"):
        if not (drawing.findtext(f"{_SVG}{part}") or "").strip():
            yield f"the drawing has no {part} for readers that cannot see it"
    written = " ".join(text.text or "" for text in drawing.findall(f"{_SVG}text"))
    for part in ("title", "source"):
        if about.get(part) and " ".join(str(about[part]).split()) not in written:
            yield f"the drawing does not show its {part}"


def keys(drawing: ElementTree.Element) -> Iterator[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """Labels of each legend, and the looks of its symbols."""
    for legend in drawing.iter(f"{_SVG}g"):
        if "role-legend-entry" not in legend.get("class", ""):
            continue
        labels, symbols = [], []
        for group in legend.iter(f"{_SVG}g"):
            if "role-legend-symbol" in group.get("class", ""):
                symbols += [dict(symbol.attrib) for symbol in group]
            if "role-legend-label" in group.get("class", ""):
                labels += [text.text or "" for text in group]
        yield tuple(labels), symbols


def split_keys(drawing: ElementTree.Element) -> Iterator[str]:
    """Legends that explain the same values twice, each in another way."""
    looks: dict[tuple[str, ...], set[str]] = {}
    for labels, symbols in keys(drawing):
        told = [{k: v for k, v in symbol.items() if k != "transform"} for symbol in symbols]
        in_order = sorted(zip(labels, map(str, told), strict=False))
        looks.setdefault(tuple(sorted(labels)), set()).add(str(in_order))
    for labels, ways in looks.items():
        if len(ways) > 1:
            yield f"{len(ways)} legends explain {', '.join(labels)}, each in another way"


def alike_in_grey(drawing: ElementTree.Element) -> Iterator[str]:
    """Entries of a legend that are the same in form, and as light as each other."""
    for labels, symbols in keys(drawing):
        told = [(tuple(s.get(k, "") for k in ("d", "stroke-dasharray", "stroke-width")), lightness(s)) for s in symbols]
        for (one, a), (other, b) in combinations(zip(labels, told, strict=False), 2):
            if a[0] == b[0] and abs(a[1] - b[1]) < _LIGHTNESS:
                yield f"{one} and {other} look alike in grey print"


def lightness(symbol: dict[str, str]) -> float:
    """Lightness in grey print of a symbol's colour, 0 black to 1 white; -1 without one."""
    colour = symbol.get("fill", "")
    if colour in ("", "none", "transparent"):
        colour = symbol.get("stroke", "")
    digits = re.fullmatch(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", colour.lower())
    numbers = re.fullmatch(r"rgb\((\d+), ?(\d+), ?(\d+)\)", colour)
    if digits:
        red, green, blue = (int(part, 16) for part in digits.groups())
    elif numbers:
        red, green, blue = (int(part) for part in numbers.groups())
    else:
        return -1.0
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def small_text(drawing: ElementTree.Element) -> Iterator[str]:
    """Text less than seven points high in a drawing 85 mm wide, or 170 mm if it is drawn twice as wide as others."""
    sizes = {
        float(text.get("font-size", "0").removesuffix("px")): "".join(text.itertext())
        for text in drawing.iter(f"{_SVG}text")
    }
    width = float(drawing.get("width", "0"))
    across = 2 * MILLIMETRES if width >= 2 * WIDTH else MILLIMETRES
    for size, text in sorted(sizes.items())[:1]:
        points = size / width * across / 25.4 * 72
        if points < POINTS:
            yield f"{text!r} is {points:.1f} points high at {across} mm"
