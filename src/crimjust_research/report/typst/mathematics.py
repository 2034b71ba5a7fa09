"""Equations as typst sets them, of the MathML a page holds: each sign is a symbol, so that its spacing is that of its kind."""

from __future__ import annotations

from collections.abc import Callable

from crimjust_research.errors import RunError
from crimjust_research.report.elements import Element
from crimjust_research.report.typst.literals import string

# Lines that MathML puts over what is below as wide as that is.
_OVERLINES = ("―", "‾", "_")
# What stands above or below the whole of what it is written at, however the equation is set.
_BRACES = {"⏞": "overbrace", "⏟": "underbrace", "⎴": "overbracket", "⎵": "underbracket"}


def equation(element: Element) -> str:
    """An equation as a call; what it says to who cannot see it is its TeX.

    Raises
    ------
    ValueError
        If the equation says nothing to who cannot see it.
    RunError
        If a part of it has no form here.
    """
    alt = " ".join(element.attributes.get("alttext", "").split())
    if not alt:
        raise ValueError(f"an equation says nothing to who cannot see it: {element.text()}")
    block = "true" if element.attributes.get("display") == "block" else "false"
    try:
        return f"math.equation(block: {block}, alt: {string(alt)}, {_row(element)})"
    except ValueError as error:
        raise RunError(f"the equation {alt} cannot be set in a PDF: {error}; write it in other signs") from error


def _parts(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _set(element: Element) -> str:
    """An element as an expression."""
    if element.name not in _FORMS:
        raise ValueError(f"there is no form for <{element.name}>")
    return _FORMS[element.name](element)


def _row(element: Element) -> str:
    """What stands in a row as content."""
    return f"[{''.join(f'#{_set(part)}' for part in _parts(element))}]"


def _fenced(element: Element) -> str:
    """A row; one that begins with a fence is as high as what it holds."""
    parts = _parts(element)
    fenced = bool(parts) and parts[0].attributes.get("fence") == "true"
    return f"math.lr({_row(element)})" if fenced else _row(element)


def _letter(element: Element) -> str:
    """A variable; of several letters, the name of a function."""
    text = element.text()
    if len(text) > 1:
        return f"math.op({string(text)})"
    upright = element.attributes.get("mathvariant") == "normal"
    return f"math.upright({_sign(text)})" if upright else _sign(text)


def _operator(element: Element) -> str:
    text = element.text()
    if len(text) > 1:
        return f"math.op(limits: true, {string(text)})"
    size = element.attributes.get("minsize")
    return f"math.lr(size: {_length(size)}, {_sign(text)})" if size and text else _sign(text)


def _sign(text: str) -> str:
    return f"symbol({string(text)})" if text else "[]"


def _text(element: Element) -> str:
    # Spaces within words are meant, those that do not break above all.
    return string("".join(child for child in element.children if isinstance(child, str)))


def _space(element: Element) -> str:
    width = element.attributes.get("width")
    return f"h({_length(width)})" if width else "linebreak()"


def _length(told: str) -> str:
    """A length in em.

    Raises
    ------
    ValueError
        If it is given in anything else.
    """
    if not told.endswith("em"):
        raise ValueError(f"there is no form for the length {told!r}")
    return f"{float(told.removesuffix('em'))}em"


def _fraction(element: Element) -> str:
    above, below = _of(element, 2)
    if element.attributes.get("linethickness") == "0":
        return f"math.mat(delim: none, ({_set(above)},), ({_set(below)},))"
    return f"math.frac({_set(above)}, {_set(below)})"


def _attached(*places: str, limits: bool = False) -> Callable[[Element], str]:
    """What is written at the corners of its first part, or above and below it."""

    def attach(element: Element) -> str:
        base, *others = _of(element, 1 + len(places))
        # Signs such as a sum know themselves where their limits stand.
        held = f"math.limits({_set(base)})" if limits and base.name != "mo" else _set(base)
        told = "".join(f", {place}: {_set(other)}" for place, other in zip(places, others, strict=True))
        return f"math.attach({held}{told})"

    return attach


_below, _above = _attached("b", limits=True), _attached("t", limits=True)


def _over(element: Element) -> str:
    base, mark = _of(element, 2)
    sign = mark.text()
    if sign in _OVERLINES:
        return f"math.overline({_set(base)})"
    if sign in _BRACES:
        return f"math.{_BRACES[sign]}({_set(base)})"
    if mark.name == "mo" and len(sign) == 1:
        return f"math.accent({_set(base)}, {string(sign)})"
    return _above(element)


def _under(element: Element) -> str:
    base, mark = _of(element, 2)
    sign = mark.text()
    if sign in _OVERLINES:
        return f"math.underline({_set(base)})"
    return f"math.{_BRACES[sign]}({_set(base)})" if sign in _BRACES else _below(element)


def _of(element: Element, count: int) -> list[Element]:
    parts = _parts(element)
    if len(parts) != count:
        raise ValueError(f"<{element.name}> has {len(parts)} parts, not {count}")
    return parts


def _root(element: Element) -> str:
    radicand, index = _of(element, 2)
    return f"math.root({_set(index)}, {_set(radicand)})"


def _matrix(element: Element) -> str:
    rows = "".join(f", ({''.join(f'{_row(cell)}, ' for cell in row.all('mtd'))})" for row in element.all("mtr"))
    return f"math.mat(delim: none, align: left{rows})"


_FORMS: dict[str, Callable[[Element], str]] = {
    "mrow": _fenced,
    "mstyle": _fenced,
    "mpadded": _row,
    "mi": _letter,
    "mn": _text,
    "mo": _operator,
    "mtext": _text,
    "mspace": _space,
    "mphantom": lambda element: f"hide({_row(element)})",
    "msub": _attached("b"),
    "msup": _attached("t"),
    "msubsup": _attached("b", "t"),
    "mover": _over,
    "munder": _under,
    "munderover": _attached("b", "t", limits=True),
    "mfrac": _fraction,
    "msqrt": lambda element: f"math.sqrt({_row(element)})",
    "mroot": _root,
    "mtable": _matrix,
}
