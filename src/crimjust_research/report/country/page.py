"""A country as one self-contained page that prints on two sheets."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from crimjust_research.report import drawings, html
from crimjust_research.report.country import drawn
from crimjust_research.report.country.known import Known
from crimjust_research.report.country.told import Country

_TEMPLATE = "country.html"
_BETWEEN = re.compile(r"(?<=\d) (to|of) (?=[−\d])")


@dataclass(frozen=True)
class Picture:
    """A chart as markup for a page, with the words of its figure."""

    title: str
    alt: str
    caption: str
    svg: str


def of(known: Known, country: Country) -> str:
    """The page of a country: nothing is loaded from outside, and the same figures come to the same bytes."""
    pictures = [
        Picture(
            figure.title,
            figure.alt,
            figure.caption,
            drawings.inline(drawings.lightened(figure.svg.encode()), figure.name),
        )
        for figure in drawn.figures(known, country.iso3)
    ]
    return html.rendered(
        _TEMPLATE, ("style.css", "country.css"), country=country, known=known, pictures=pictures, unbroken=_unbroken
    )


def _unbroken(shown: Markup) -> Markup:
    """A table in which no line ends within two numbers and the word between them."""
    return Markup(_BETWEEN.sub("\u00a0\\1\u00a0", shown))
