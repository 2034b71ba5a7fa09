"""Words as TeX sets them: every sign that means something to it written as itself, and those it has no letter for by name."""

import re

from crimjust_research.errors import printable
from crimjust_research.report.elements import Element

_MEANT = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': "''",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
# Signs that pdfTeX's letters lack. XeTeX and LuaTeX are told the same, whatever font they set.
_SIGNS = {
    "\u200b": "{}",
    "\ue000": r"\allowbreak{}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "−": r"\ensuremath{-}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≠": r"\ensuremath{\neq}",
    "≈": r"\ensuremath{\approx}",
    "∞": r"\ensuremath{\infty}",
    "→": r"\ensuremath{\rightarrow}",
    "←": r"\ensuremath{\leftarrow}",
    "√": r"\ensuremath{\surd}",
    "°": r"\ensuremath{^{\circ}}",
    "²": r"\ensuremath{^{2}}",
    "³": r"\ensuremath{^{3}}",
    "€": r"\texteuro{}",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "α": r"\ensuremath{\alpha}",
    "β": r"\ensuremath{\beta}",
    "γ": r"\ensuremath{\gamma}",
    "δ": r"\ensuremath{\delta}",
    "Δ": r"\ensuremath{\Delta}",
    "λ": r"\ensuremath{\lambda}",
    "μ": r"\ensuremath{\mu}",
    "µ": r"\ensuremath{\mu}",
    "π": r"\ensuremath{\pi}",
    "ρ": r"\ensuremath{\rho}",
    "σ": r"\ensuremath{\sigma}",
    "τ": r"\ensuremath{\tau}",
    "χ": r"\ensuremath{\chi}",
}
_TABLE = str.maketrans(_MEANT | _SIGNS)
_SPACE = re.compile(r"[ \t\r\n\v\f]+")
# Where long names and addresses may go on below, as `report.columns` reckons; no number is parted.
_BETWEEN = re.compile(r"(?<=[\w._/-][_/])(?=\w)|(?<=[\w._/-][.])(?=[A-Za-z])")
_DASHES = re.compile("-(?=-)")  # two in a row would be set as a longer one
# Latin letters with accents, which every TeX of today reads.
_READ = re.compile("[\x00-\u017f]*")
_FORMS = {"small": r"{\scriptsize ", "strong": r"{\scriptsize\bfseries ", "code": r"\texttt{", "em": r"\emph{"}
_BREAK = r"\newline "


def escaped(text: str) -> str:
    """A text on one line, as TeX prints it."""
    line = _DASHES.sub("-\u200b", printable(_SPACE.sub(" ", text)))
    return _BETWEEN.sub("\ue000", line).translate(_TABLE)


def of_element(element: Element) -> str:
    """The words of an element of a page, with its breaks and forms."""
    return "".join(_part(child) for child in element.children).strip()


def warned(tex: str) -> str:
    """A comment to go before TeX that holds letters which pdfTeX does not read; nothing before any other."""
    if _READ.fullmatch(tex):
        return ""
    return "% It holds letters that pdfTeX does not read: set it with XeTeX or LuaTeX, in a font that has them.\n"


def _part(child: Element | str) -> str:
    if isinstance(child, str):
        around = (" " if child[:1].isspace() else "", " " if child[-1:].isspace() and child.strip() else "")
        return escaped(child).join(around)
    if child.name == "br":
        return _BREAK
    begin = _FORMS.get(child.name, "{")
    return f"{begin}{of_element(child)}}}"
