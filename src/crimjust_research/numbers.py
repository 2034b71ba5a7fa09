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
    """`value` to that many significant digits, thousands separated, never in exponent form below 10^15; a whole one as such.

    What is counted has no decimals, and what is measured hardly ever comes out whole to `STORED_DIGITS`: so the value itself
    tells.

    Examples
    --------
    >>> number(1234.567)
    '1,235'
    >>> number(-0.00456, digits=2)
    '−0.0046'
    >>> number(13.0)
    '13'
    """
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    decimals = 0 if value == int(value) else max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value + 0:,.{decimals}f}".replace("-", "−")  # adding nothing takes the sign off a zero


def count(value: float) -> str:
    """A whole number, thousands separated."""
    return f"{value:,.0f}".replace("-", "−")


def plural(number_of: float, one: str, many: str = "") -> str:
    """A count with its noun; `many` is `one` and an s unless given.

    Examples
    --------
    >>> plural(1, "country", "countries"), plural(1200, "case")
    ('1 country', '1,200 cases')
    """
    return f"{count(number_of)} {one if number_of == 1 else many or f'{one}s'}"


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


def chance(value: float, digits: int = 0) -> str:
    """The probability of something that may happen as a percentage, which is never none; in words where it is not known.

    Examples
    --------
    >>> chance(0.34)
    '34%'
    >>> chance(0.003)
    'less than 1%'
    >>> chance(math.nan)
    'an unknown share'
    """
    if math.isnan(value):
        return "an unknown share"
    least = 10.0 ** -(digits + 2)
    return f"less than {percent(least, digits)}" if value < least else percent(value, digits)


def per_cent_signs(text: str) -> str:
    """A text in which the sign of per cent stands at its number, as in "25%", however whoever wrote it likes it.

    Examples
    --------
    >>> per_cent_signs("12 % of 30")
    '12% of 30'
    """
    return _APART.sub("%", text)
