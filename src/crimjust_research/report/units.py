"""Figures of indicators in their units, as people read them."""

from crimjust_research.numbers import number, percent

# Units that are shorter beside a number; scales are named once, beside the indicator.
_UNITS = {"per cent of the marks": "points", "US dollars": "USD"}
_BEFORE = ("USD",)
SCALES = ("score", "level")


def value(figure: float, unit: str) -> str:
    """A number in its unit."""
    shown = digits(figure, unit)
    named = "" if unit.startswith(("share", *SCALES)) else _UNITS.get(unit, unit)
    return f"{named} {shown}" if named in _BEFORE else f"{shown} {named}".strip()


def digits(figure: float, unit: str, places: int = 3) -> str:
    """A number that its unit is told beside; a share in per cent."""
    return percent(figure) if unit.startswith("share") else number(figure, places)
