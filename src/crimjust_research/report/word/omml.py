"""Equations as Word's own: Office MathML from the MathML of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from docx.oxml.ns import qn

from crimjust_research.report.elements import Element
from crimjust_research.report.word.nodes import Node, node

_NARY = frozenset("∑∏∐∫∬∭∮⋃⋂⋁⋀⨁⨂")
_OPENING, _CLOSING = frozenset("([{⟨⌊⌈"), frozenset(")]}⟩⌋⌉")
# What ends the terms that a sum runs over.
_ENDS = frozenset("=≠<>≤≥≈≡∼∝∈⊆⊂∣+−-/,;:.")
# What stands over a letter, as Word knows it; what spans several is a bar or a brace.
_ACCENTS = {"^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303", "¯": "\u0305", "‾": "\u0305", "→": "\u20d7"}
_ACCENTS |= {"˙": "\u0307", "¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306", "´": "\u0301", "`": "\u0300"}
_BARS, _BRACES = frozenset("―_̲"), frozenset("⏞⏟⎴⎵")
_SCRIPTS = {"double-struck": "double-struck", "script": "script", "fraktur": "fraktur", "sans-serif": "sans-serif"}
_SCRIPTS |= {"monospace": "monospace"}
_STYLES = {"normal": "p", "italic": "i", "bold": "b", "bold-italic": "bi"}
_TRANSPARENT = ("math", "mrow", "mstyle", "mpadded")
_SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover")
_EM = re.compile(r"([0-9.]+)em")
_SPACES = ((1.0, "\u2003"), (0.5, "\u2002"), (0.25, "\u2005"), (0.1, "\u2009"))


def equation(math: Element) -> Node:
    """A `math` of a page as an equation that stands among words, or by itself within `displayed`.

    Raises
    ------
    ValueError
        If it holds an element that this does not know.
    """
    made = node("m:oMath", None, _side_by_side(_parts(math)))
    if math.attributes.get("display") != "block":
        for limits in made.iter(qn("m:limLoc")):
            limits.set(qn("m:val"), "subSup")  # beside the sign, so that lines keep their height
    return made


def displayed(math: Element) -> Node:
    """The same, for a paragraph of its own."""
    return node("m:oMathPara", None, [equation(math)])


def _parts(element: Element) -> list[Element]:
    return [child for child in element.children if isinstance(child, Element)]


def _side_by_side(parts: Sequence[Element]) -> list[Node]:
    found: list[Node] = []
    parts = _bracketed(parts)
    place = 0
    while place < len(parts):
        part, following = parts[place], parts[place + 1 :]
        place += 1
        if _sign(part) in _NARY:
            terms = _terms(following)
            found.append(_nary(part, following[:terms]))
            place += terms
        elif _is_function(part) and following and following[0].name not in ("mo", "mspace", "mtext"):
            found.append(node("m:func", None, (_held("m:fName", [part]), _held("m:e", following[:1]))))
            place += 1
        else:
            found.extend(_one(part))
    return found


def _bracketed(parts: Sequence[Element]) -> list[Element]:
    """Parts in which an index or a power of a closing bracket is one of all that the brackets hold."""
    found: list[Element] = []
    for part in parts:
        base = _parts(part)[0] if part.name in ("msub", "msup", "msubsup") else part
        place = _opened(found) if base is not part and _sign(base) in _CLOSING else None
        if place is None:
            found.append(part)
            continue
        whole, scripted = Element("mrow", {}), Element(part.name, part.attributes)
        whole.children = [*found[place:], base]
        scripted.children = [whole, *_parts(part)[1:]]
        found[place:] = [scripted]
    return found


def _opened(parts: Sequence[Element]) -> int | None:
    """Where the bracket stands that is open at the end, if one is."""
    depth = 1
    for place in range(len(parts) - 1, -1, -1):
        sign = _text(parts[place]) if parts[place].name == "mo" else ""
        depth += (sign in _CLOSING) - (sign in _OPENING)
        if depth == 0:
            return place
    return None


def _sign(element: Element) -> str:
    """The sign of an operator, under or beside whatever limits it has; empty for anything else."""
    if element.name in _SCRIPTED and (parts := _parts(element)):
        return _sign(parts[0])
    return _text(element) if element.name == "mo" else ""


def _is_function(element: Element) -> bool:
    """Whether it is the name of a function: letters, more than one, with or without limits."""
    if element.name in _SCRIPTED and (parts := _parts(element)):
        return _is_function(parts[0])
    return element.name in ("mi", "mo") and len(text := _text(element)) > 1 and text.isalpha()


def _terms(following: Sequence[Element]) -> int:
    """How many elements a sum runs over: as far as a sign that is no part of a product, outside brackets."""
    depth = 0
    for place, part in enumerate(following):
        sign = _text(part) if part.name == "mo" else ""
        depth += (sign in _OPENING) - (sign in _CLOSING)
        ends = depth == 0 and sign in _ENDS and (place > 0 or sign not in "+−-")
        if depth < 0 or part.name == "mspace" or ends:
            return place
    return len(following)


def _one(element: Element) -> list[Node]:
    """One element of an equation.

    Raises
    ------
    ValueError
        If this does not know it.
    """
    if element.name in _TRANSPARENT:
        return [_fenced(parts)] if (parts := _parts(element)) and _is_fence(parts[0]) else _side_by_side(parts)
    if element.name not in _FORMS:
        raise ValueError(f"an equation for Word has no form for <{element.name}>")
    return list(_FORMS[element.name](element))


def _is_fence(element: Element) -> bool:
    return element.name == "mo" and element.attributes.get("fence") == "true"


def _fenced(parts: Sequence[Element]) -> Node:
    """What stands between brackets that grow with it; either may be wanting."""
    closed = len(parts) > 1 and _is_fence(parts[-1])
    signs = (("begChr", _text(parts[0])), ("endChr", _text(parts[-1]) if closed else ""))
    properties = node("m:dPr", None, [node(f"m:{name}", {"m:val": sign}) for name, sign in signs])
    return node("m:d", None, (properties, _held("m:e", parts[1 : -1 if closed else None])))


def _held(name: str, parts: Sequence[Element]) -> Node:
    """An argument of a form; one that is empty holds a sign of no width, where Word would draw a box to fill in."""
    return node(name, None, _side_by_side(parts) or [_letters("\u200b")])


def _letters(text: str, *properties: Node) -> Node:
    font = node("w:rFonts", {"w:ascii": "Cambria Math", "w:hAnsi": "Cambria Math"})
    words = node("m:t", {"xml:space": "preserve"})
    words.text = text
    form = [node("m:rPr", None, properties)] if properties else []
    return node("m:r", None, [*form, node("w:rPr", None, [font]), words])


def _text(element: Element) -> str:
    return "".join(child for child in element.children if isinstance(child, str))


def _identifier(element: Element) -> Iterator[Node]:
    """Letters: one is slanted, a name of several upright, unless they say otherwise."""
    text, variant = _text(element), element.attributes.get("mathvariant", "")
    if not text.strip("\u2061\u2062\u2063"):
        return  # signs that are heard and not seen
    if variant in _SCRIPTS:
        yield _letters(text, node("m:scr", {"m:val": _SCRIPTS[variant]}), node("m:sty", {"m:val": "p"}))
    elif variant or (len(text) > 1 and text.isalpha()):
        yield _letters(text, node("m:sty", {"m:val": _STYLES.get(variant, "p")}))
    else:
        yield _letters(text)


def _words(element: Element) -> Iterator[Node]:
    if text := _text(element):
        yield _letters(text.replace("\u00a0", " "), node("m:nor"))


def _space(element: Element) -> Iterator[Node]:
    """Room between signs, in spaces of fixed width."""
    width = _EM.fullmatch(element.attributes.get("width", ""))
    left, spaces = float(width[1]) if width else 0.0, ""
    for each, sign in _SPACES:
        count = int(left / each + 1e-9)
        spaces, left = spaces + sign * count, left - each * count
    if spaces:
        yield _letters(spaces, node("m:nor"))


def _nary(element: Element, terms: Sequence[Element]) -> Node:
    """A sum or product over terms, with its limits."""
    below, above = _limits(element)
    sides = element.name in ("msub", "msup", "msubsup")
    properties = [
        node("m:chr", {"m:val": _sign(element)}),
        node("m:limLoc", {"m:val": "subSup" if sides else "undOvr"}),
    ]
    properties += [
        node(f"m:{name}Hide", {"m:val": "1"}) for name, parts in (("sub", below), ("sup", above)) if not parts
    ]
    limits = [node(name, None, _side_by_side(parts)) for name, parts in (("m:sub", below), ("m:sup", above))]
    return node("m:nary", None, [node("m:naryPr", None, properties), *limits, _held("m:e", terms)])


def _limits(element: Element) -> tuple[list[Element], list[Element]]:
    """What stands below and above an operator."""
    parts = _parts(element)
    if element.name in ("msub", "munder"):
        return parts[1:2], []
    if element.name in ("msup", "mover"):
        return [], parts[1:2]
    return parts[1:2], parts[2:3]


def _scripts(element: Element) -> Iterator[Node]:
    base, *others = _parts(element)
    form = {"msub": "m:sSub", "msup": "m:sSup", "msubsup": "m:sSubSup"}[element.name]
    names = {"msub": ("m:sub",), "msup": ("m:sup",), "msubsup": ("m:sub", "m:sup")}[element.name]
    held = [_script(name, part) for name, part in zip(names, others, strict=True)]
    yield node(form, None, [_held("m:e", [base]), *held])


def _script(name: str, part: Element) -> Node:
    """An index or a power; one that is a sign alone stands as a word, since as a sign it would ask for what it joins."""
    signs = _parts(part) if part.name == "mrow" else [part]
    if len(signs) == 1 and signs[0].name == "mo":
        return node(name, None, [_letters(_text(signs[0]), node("m:nor"))])
    return _held(name, [part])


def _over(element: Element) -> Iterator[Node]:
    base, above = _parts(element)
    sign = _text(above) if above.name == "mo" else ""
    wide = len(_parts(base)) > 1
    if sign in _ACCENTS and not (wide and _ACCENTS[sign] == "\u0305"):
        properties = node("m:accPr", None, [node("m:chr", {"m:val": _ACCENTS[sign]})])
        yield node("m:acc", None, (properties, _held("m:e", [base])))
    elif sign in _BARS or sign in _ACCENTS:
        yield _bar("top", base)
    elif sign in _BRACES:
        yield _brace(sign, "top", base)
    else:
        yield _limit("m:limUpp", [base], above)


def _under(element: Element) -> Iterator[Node]:
    base, below = _parts(element)
    sign = _text(below) if below.name == "mo" else ""
    if sign in _BARS or sign in ("¯", "‾"):
        yield _bar("bot", base)
    elif sign in _BRACES:
        yield _brace(sign, "bot", base)
    else:
        yield _limit("m:limLow", [base], below)


def _under_and_over(element: Element) -> Iterator[Node]:
    base, below, above = _parts(element)
    inner = _limit("m:limLow", [base], below)
    yield node("m:limUpp", None, (node("m:e", None, [inner]), _held("m:lim", [above])))


def _bar(place: str, base: Element) -> Node:
    properties = node("m:barPr", None, [node("m:pos", {"m:val": place})])
    return node("m:bar", None, (properties, _held("m:e", [base])))


def _brace(sign: str, place: str, base: Element) -> Node:
    settled = [node("m:chr", {"m:val": sign}), node("m:pos", {"m:val": place})]
    settled += [node("m:vertJc", {"m:val": "bot" if place == "top" else "top"})]
    return node("m:groupChr", None, (node("m:groupChrPr", None, settled), _held("m:e", [base])))


def _limit(form: str, base: Sequence[Element], limit: Element) -> Node:
    return node(form, None, (_held("m:e", base), _held("m:lim", [limit])))


def _fraction(element: Element) -> Iterator[Node]:
    above, below = _parts(element)
    bare = element.attributes.get("linethickness", "") in ("0", "0px", "0em")
    properties = [node("m:fPr", None, [node("m:type", {"m:val": "noBar"})])] if bare else []
    yield node("m:f", None, [*properties, _held("m:num", [above]), _held("m:den", [below])])


def _root(element: Element) -> Iterator[Node]:
    if element.name == "msqrt":
        degree = node("m:radPr", None, [node("m:degHide", {"m:val": "1"})])
        yield node("m:rad", None, (degree, node("m:deg"), _held("m:e", _parts(element))))
    else:
        base, index = _parts(element)
        yield node("m:rad", None, (_held("m:deg", [index]), _held("m:e", [base])))


def _table(element: Element) -> Iterator[Node]:
    rows = [[_held("m:e", _parts(cell)) for cell in _parts(row)] for row in _parts(element)]
    if rows:
        count = node("m:mc", None, [node("m:mcPr", None, [node("m:count", {"m:val": str(max(map(len, rows)))})])])
        properties = node("m:mPr", None, [node("m:mcs", None, [count])])
        yield node("m:m", None, [properties, *(node("m:mr", None, cells) for cells in rows)])


def _unseen(element: Element) -> Iterator[Node]:
    properties = node("m:phantPr", None, [node("m:show", {"m:val": "0"})])
    yield node("m:phant", None, (properties, _held("m:e", _parts(element))))


def _enclosed(element: Element) -> Iterator[Node]:
    yield node("m:borderBox", None, [_held("m:e", _parts(element))])


_FORMS: dict[str, Callable[[Element], Iterator[Node]]] = {
    **dict.fromkeys(("mi", "mn", "mo"), _identifier),
    **{"mtext": _words, "mspace": _space, "mphantom": _unseen, "menclose": _enclosed},
    **dict.fromkeys(("msub", "msup", "msubsup"), _scripts),
    **{"mover": _over, "munder": _under, "munderover": _under_and_over},
    **{"mfrac": _fraction, "msqrt": _root, "mroot": _root, "mtable": _table},
}
