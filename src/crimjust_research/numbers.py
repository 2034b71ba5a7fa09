"""Numbers as files hold them and as papers print them: significant digits, p-values, per cent."""

import math
import re
from decimal import Decimal

_APART = re.compile(r"(?<=\d)[ \u00a0]%")

STORED_DIGITS = 10
"""Significant digits of numbers in results: more than any figure carries, and fewer than processors differ in."""


def stored(value: float) -> float:
    """`value` to the digits in which results are stored.

    Examples
    --------
    >>> stored(1 / 3)
    0.3333333333
    """
    return float(f"{value:.{STORED_DIGITS}g}")


def number(value: float, digits: int = 3) -> str:
    """`value` to that many significant digits, thousands separated, never in exponent form below 10^15.

    Examples
    --------
    >>> number(1234.567)
    '1,235'
    >>> number(-0.00456, digits=2)
    '−0.0046'
    """
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}".replace("-", "−")


def p_text(value: float) -> str:
    """A p-value as papers print it: three decimals, and never as zero.

    Examples
    --------
    >>> p_text(0.00004)
    '< 0.001'
    >>> p_text(0.0312)
    '0.031'
    """
    if math.isnan(value):
        return "n/a"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def percent(value: float, digits: int = 0) -> str:
    """A share as a percentage: 0.25 is "25%". It is rounded as the share itself is told, so that both have the same digits.

    Examples
    --------
    >>> percent(0.256)
    '26%'
    >>> percent(-0.0044, digits=2)
    '−0.44%'
    """
    if not math.isfinite(value):
        return f"{value}%"
    return f"{Decimal(f'{value:.{digits + 2}f}').scaleb(2):.{digits}f}%".replace("-", "−")


def per_cent_signs(text: str) -> str:
    """A text in which the sign of per cent stands at its number, as in "25%", however whoever wrote it likes it.

    Examples
    --------
    >>> per_cent_signs("12 % of 30")
    '12% of 30'
    """
    return _APART.sub("%", text)
