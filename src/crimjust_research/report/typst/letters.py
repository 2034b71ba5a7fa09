"""The signs that no letters at hand for a PDF have."""

import logging
from collections.abc import Iterable

from crimjust_research.charts.printed import fonts
from crimjust_research.report.typst.literals import string

# Up to here, and all of Latin, Arimo has every sign that is printed.
_KNOWN = 0x24F
_log = logging.getLogger(__name__)


def by_number(texts: Iterable[str]) -> dict[int, str]:
    """What no letter is at hand for among the signs of texts, each with its number to be shown instead, for `str.translate`."""
    signs = sorted({sign for text in texts for sign in text if ord(sign) > _KNOWN and sign.isprintable()})
    lacking = list(_lacking(signs))
    if lacking:
        _log.warning("no letters for %s in the PDF, which shows their numbers", " ".join(lacking))
    return {ord(sign): sign.encode("unicode_escape").decode() for sign in lacking}


def _lacking(signs: list[str]) -> list[str]:
    """Those that cannot be set: all if one alone cannot, else those of either half."""
    if not signs or _are_set(signs):
        return []
    if len(signs) == 1:
        return signs
    half = len(signs) // 2
    return [*_lacking(signs[:half]), *_lacking(signs[half:])]


def _are_set(signs: Iterable[str]) -> bool:
    import typst

    told = "\n".join(f"#{string(sign)}" for sign in signs)
    source = f'#set document(title: "signs", date: none)\n#set text(font: "Arimo")\n{told}'
    try:
        typst.Compiler(source.encode(), font_paths=fonts()).compile(pdf_standards=["ua-1"])
    except typst.TypstError:
        return False
    return True
