"""Numbers as words: rounding, p-values, intervals, and marks that tie a number in a sentence to its estimate."""

import math
import re
from html import escape

REFERENCE = re.compile(r"\[\[([^|\]]+)\|([^\]]+)\]\]")


def refer(text: str, estimate_id: str) -> str:
    """`text`, marked as read off the estimate of that id, so that a page can link the number to it."""
    return f"[[{text}|{estimate_id}]]"


def plain(marked: str) -> str:
    """A marked sentence as plain text."""
    return REFERENCE.sub(r"\1", marked)


def linked(marked: str, href: str = "#estimate-{id}") -> str:
    """A marked sentence as HTML, each number a link to its estimate."""
    return REFERENCE.sub(lambda m: f'<a href="{escape(href.format(id=m[2]))}">{m[1]}</a>', escape(marked, quote=False))


def number(value: float, digits: int = 3) -> str:
    """`value` to that many significant digits, thousands separated, never in exponent form below 10^15."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}".replace("-", "−")


def p_text(value: float) -> str:
    """A p-value as papers print it: three decimals, and never as zero."""
    if math.isnan(value):
        return "n/a"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
