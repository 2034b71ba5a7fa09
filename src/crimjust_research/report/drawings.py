"""SVG drawings made fit to stand within a page: harmless, at home among other drawings, and light."""

import re
from collections import Counter
from functools import cache
from xml.etree import ElementTree

from crimjust_research.report import outlines

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_GROUP, _PATH, _LINE, _CIRCLE, _TEXT = (f"{{{_SVG}}}{kind}" for kind in ("g", "path", "line", "circle", "text"))
_WORDS = (f"{{{_SVG}}}title", f"{{{_SVG}}}desc")
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)

_MOVED = re.compile(r"translate\(([-0-9.e]+),([-0-9.e]+)\)")
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


def lightened(drawing: bytes) -> bytes:
    """The drawing as a file of its own that looks the same with fewer bytes, its places exact to a tenth of a pixel.

    Raises
    ------
    ValueError
        If it is not SVG, or holds something that loads or runs.
    """
    try:
        svg = ElementTree.fromstring(drawing.decode("utf-8"))
    except ElementTree.ParseError as error:
        raise ValueError(f"is not an SVG drawing ({error})") from error
    fonts = {element.get("font-family") for element in svg.iter(_TEXT)}
    for element in svg.iter():
        kind = element.tag.removeprefix(f"{{{_SVG}}}")
        if kind in ("script", "image", "foreignObject", "style", "a"):
            raise ValueError(f"holds a <{kind}>, which a page cannot take")
        kept = {name: _attribute(name, value) for name, value in element.items() if not _is_unused(name)}
        if kept.get("opacity") == "1":
            del kept["opacity"]
        element.attrib.clear()
        element.attrib.update(kept)
        _place(element)
    if len(fonts) == 1 and (font := fonts.pop()):
        for element in svg.iter(_TEXT):
            del element.attrib["font-family"]
        svg.set("font-family", font)
    _prune(svg, "black", "none")
    _gather(svg)
    return _written(svg).encode()


def inline(drawing: bytes, prefix: str) -> str:
    """A lightened drawing as markup for a page, which has the words of the figure already: its ids begin with `prefix`."""
    svg = ElementTree.fromstring(drawing.decode("utf-8"))
    for child in [child for child in svg if child.tag in _WORDS]:
        svg.remove(child)
    for element in svg.iter():
        for name, value in element.items():
            if name == "id":
                element.set(name, f"{prefix}-{value}")
            elif name in ("href", f"{{{_XLINK}}}href") and value.startswith("#"):
                element.set(name, f"#{prefix}-{value[1:]}")
            elif "url(#" in value:
                element.set(name, value.replace("url(#", f"url(#{prefix}-"))
    if float(svg.get("width", "0")) > _BROAD:
        svg.set("class", "broad")
    return _written(svg)


def _written(svg: ElementTree.Element) -> str:
    # Signs of markup within words and values are written as entities, so that this ends elements alone.
    return ElementTree.tostring(svg, encoding="unicode").replace(" />", "/>")


@cache
def _is_unused(name: str) -> bool:
    return _UNUSED.fullmatch(name) is not None


def _gather(element: ElementTree.Element) -> None:
    """Write once, on an element, what most of those within it say, where each of them says something; and do without groups
    of which nothing is said."""
    for child in element:
        _gather(child)
    element[:] = [one for child in element for one in (child if child.tag == _GROUP and not child.attrib else (child,))]
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


def _place(element: ElementTree.Element) -> None:
    """Write where a mark stands into its own places, rather than as a move of what was drawn elsewhere; exact to a tenth of a
    pixel."""
    kind, moves = element.tag, element.attrib.get("transform")
    moved = _MOVED.fullmatch(moves) if moves else None
    right, down = (float(moved[1]), float(moved[2])) if moved else (0.0, 0.0)
    if kind == _GROUP:
        if moved and right == down == 0:
            del element.attrib["transform"]
        return
    if "clip-path" in element.attrib or (moves and not moved):
        return
    drawn = element.attrib.pop("d", "")
    if kind == _LINE:
        x1, y1, x2, y2 = (element.attrib.pop(name, "0") for name in ("x1", "y1", "x2", "y2"))
        element.tag, drawn = _PATH, f"M{x1},{y1}L{x2},{y2}"
    if kind == _TEXT:
        # Lines within have places of their own.
        if moved and not len(element) and not {"x", "y"} & element.attrib.keys():
            element.attrib |= {"x": _tenth(right), "y": _tenth(down)}
            del element.attrib["transform"]
    elif moved and (radius := outlines.radius(drawn)):
        element.tag = _CIRCLE
        del element.attrib["transform"]
        element.attrib |= {"cx": _tenth(right), "cy": _tenth(down), "r": radius}
    elif drawn:
        short = outlines.shortened(drawn, right, down)
        element.set("d", drawn if short is None else short)
        if moved and short is not None:
            del element.attrib["transform"]


def _prune(element: ElementTree.Element, fill: str, stroke: str) -> None:
    """Leave out what is not seen: marks that are not displayed or have neither fill nor stroke, words that say nothing, groups
    that hold nothing. One stroke after another of one look becomes one outline.

    `fill` and `stroke` are what the element takes over.
    """
    fill, stroke = element.get("fill", fill), element.get("stroke", stroke)
    kept: list[ElementTree.Element] = []
    for child in element:
        _prune(child, fill, stroke)
        filled, stroked = child.get("fill", fill) != "none", child.get("stroke", stroke) != "none"
        drawn, empty = child.tag in (_PATH, _CIRCLE), not len(child) and not child.text
        unseen = child.get("display") == "none" or (drawn and not filled and not stroked)
        if unseen or (empty and child.tag in (_TEXT, _GROUP)):
            continue
        if kept and not filled and _alike(kept[-1], child):
            kept[-1].set("d", kept[-1].attrib["d"] + child.attrib["d"])
        else:
            kept.append(child)
    if len(kept) != len(element):
        element[:] = kept


def _alike(one: ElementTree.Element, next_to_it: ElementTree.Element) -> bool:
    """Whether two outlines look the same but for their places, and are as well drawn in one stroke as in two."""
    if not one.tag == next_to_it.tag == _PATH or one.keys() != next_to_it.keys():
        return False
    # Where two faint strokes cross, they are less faint.
    faint = {"opacity", "stroke-opacity", "transform", "clip-path"}.intersection(one.keys())
    return not faint and all(value == next_to_it.get(name) for name, value in one.items() if name != "d")


def _attribute(name: str, value: str) -> str:
    if name == "transform":  # may scale what it holds, so what counts are the leading digits
        return value if _MOVED.fullmatch(value) else _DECIMAL.sub(lambda m: f"{float(m[0]):.5g}", value)
    if name == "stroke-width" and _DECIMAL.fullmatch(value):
        return f"{float(value):.3g}"
    return value


def _tenth(pixels: float) -> str:
    return f"{round(pixels, 1) + 0.0:g}"
