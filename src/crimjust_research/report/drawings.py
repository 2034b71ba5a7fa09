"""SVG drawings made fit to stand within a page: harmless, at home among other drawings, and light."""

import re
from collections import Counter
from functools import cache
from xml.etree import ElementTree

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)

_DECIMAL = re.compile(r"-?[0-9]*\.[0-9]+")
# Roles and labels of single marks: the figure has one description. Classes and pointers serve scripts, and a policy that
# lets only the page's own style sheet apply refuses styles.
_UNUSED = re.compile(r"role|class|style|pointer-events|(aria-|on).*")
_BROAD = 600  # pixels from which on a drawing scrolls rather than becomes too small to read
# What an element takes over from the one it stands in.
_INHERITED = (
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-miterlimit"),
    *("text-anchor", "font-size", "font-weight", "font-style"),
)


def inline(drawing: bytes, prefix: str) -> str:
    """The drawing as markup for a page: its ids begin with `prefix`, and it looks the same with fewer bytes.

    Raises
    ------
    ValueError
        If it is not SVG, or holds something that loads or runs.
    """
    try:
        svg = ElementTree.fromstring(drawing.decode("utf-8"))
    except ElementTree.ParseError as error:
        raise ValueError(f"is not an SVG drawing ({error})") from error
    fonts = [element.get("font-family") for element in svg.iter(f"{{{_SVG}}}text")]
    for element in svg.iter():
        kind = element.tag.removeprefix(f"{{{_SVG}}}")
        if kind in ("script", "image", "foreignObject", "style", "a"):
            raise ValueError(f"holds a <{kind}>, which a page cannot take")
        kept = {name: value for name, value in element.attrib.items() if not _is_unused(name)}
        if kept.get("opacity") == "1":
            del kept["opacity"]
        element.attrib.clear()
        element.attrib.update({name: _attribute(name, value, prefix) for name, value in kept.items()})
    for child in [child for child in svg if child.tag in (f"{{{_SVG}}}title", f"{{{_SVG}}}desc")]:
        svg.remove(child)  # the figure has its description
    if len(set(fonts)) == 1 and fonts[0]:
        for element in svg.iter(f"{{{_SVG}}}text"):
            del element.attrib["font-family"]
        svg.set("font-family", fonts[0])
    _gather(svg)
    if float(svg.get("width", "0")) > _BROAD:
        svg.set("class", "broad")
    return ElementTree.tostring(svg, encoding="unicode")


@cache
def _is_unused(name: str) -> bool:
    return _UNUSED.fullmatch(name) is not None


def _gather(element: ElementTree.Element) -> None:
    """Write once, on an element, what most of those within it say, where each of them says something."""
    for child in element:
        _gather(child)
    if element.tag not in (f"{{{_SVG}}}g", f"{{{_SVG}}}svg"):
        return
    for name in _INHERITED:
        if not all(name in child.attrib for child in element):
            continue
        most, times = max(
            Counter(child.attrib[name] for child in element).items(), key=lambda item: item[1], default=("", 0)
        )
        if times < 2:
            continue
        element.set(name, most)
        for child in element:
            if child.attrib[name] == most:
                del child.attrib[name]


def _attribute(name: str, value: str, prefix: str) -> str:
    if name in ("d", "x1", "x2", "y1", "y2"):  # digits beyond a tenth of a pixel are not seen in a line
        return _DECIMAL.sub(lambda m: f"{round(float(m[0]), 1) + 0.0:g}", value)
    if name == "transform":  # may scale what it holds, so what counts are the leading digits
        return _DECIMAL.sub(lambda m: f"{float(m[0]):.5g}", value)
    if name == "id":
        return f"{prefix}-{value}"
    if name in ("href", f"{{{_XLINK}}}href") and value.startswith("#"):
        return f"#{prefix}-{value[1:]}"
    return value.replace("url(#", f"url(#{prefix}-")
