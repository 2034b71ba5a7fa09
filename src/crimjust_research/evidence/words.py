"""Numbers as words: rounding, p-values, intervals, and marks that tie a number in a sentence to its estimate."""

import math
import re
from html import escape, unescape
from typing import TYPE_CHECKING

from crimjust_research.numbers import number, p_text

if TYPE_CHECKING:
    from crimjust_research.evidence.estimates import Estimate

__all__ = [
    "FIGURE",
    "OF_LOGARITHM",
    "REFERENCE",
    "first_sentence",
    "interval_text",
    "linked",
    "number",
    "p_text",
    "plain",
    "refer",
    "sentences",
    "spelt",
    "unit_told",
]

# A mark: text, the run of the estimate if it is of another one than the sentence, its id; or in its place FIGURE and the name
# of the figure in which what is no estimate, a count or the range of several, is shown.
REFERENCE = re.compile(r"\[\[([^|\]]+)\|(?:([^|\]]+)\|)?([^|\]]+)\]\]")
FIGURE = "figure:"
# How what names of columns, checks and files abbreviate, or cannot write, is spelt.
_SPELT = {
    "4 anpp": "4-ANPP",
    "adf": "ADF",
    "aic": "AIC",
    "bic": "BIC",
    "ci": "CI",
    "colombia": "Colombia",
    "cut offs": "cut-offs",
    "df": "degrees of freedom",
    "fatf": "FATF",
    "follow ups": "follow-ups",
    "gdp": "GDP",
    "half year": "half-year",
    "half years": "half-years",
    "hhi": "Herfindahl index",
    "iso3": "ISO code",
    "iv": "IV",
    "kaplan meier": "Kaplan-Meier",
    "kpss": "KPSS",
    "n obs": "observations",
    "n units": "units",
    "std dev": "standard deviation",
    "std error": "standard error",
    "sup f": "sup-F",
    "twelve month": "twelve-month",
    "which states": "which States",
}
_ABBREVIATED = re.compile(rf"\b({'|'.join(sorted(_SPELT, key=len, reverse=True))})\b", re.IGNORECASE)
OF_LOGARITHM = "(standard error of its logarithm)"
"""How the unit of a ratio says on which scale its standard error stands."""
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z])")


def refer(text: str, estimate_id: str, run: str = "") -> str:
    """`text`, marked as read off the estimate of that id, so that a page can link the number to it.

    `run` is named where the estimate is of another run than the sentence.
    """
    return f"[[{text}|{run}|{estimate_id}]]" if run else f"[[{text}|{estimate_id}]]"


def plain(marked: str) -> str:
    """A marked sentence as plain text.

    Examples
    --------
    >>> plain("The share is [[0.19 (0.1 to 0.3)|09_outcome3_match|qap]].")
    'The share is 0.19 (0.1 to 0.3).'
    """
    return REFERENCE.sub(r"\1", marked)


def unit_told(unit: str) -> str:
    """A unit without what it says of standard errors, where these are not told.

    Examples
    --------
    >>> unit_told("rate ratio (standard error of its logarithm)")
    'rate ratio'
    """
    return unit.removesuffix(OF_LOGARITHM).rstrip()


def spelt(name: str) -> str:
    """A name as code has it in words, beginning with a capital letter.

    Examples
    --------
    >>> spelt("other_cut_offs")
    'Other cut-offs'
    """
    words = _ABBREVIATED.sub(lambda found: _SPELT[found[1].lower()], name.replace("_", " "))
    return words[:1].upper() + words[1:]


def first_sentence(text: str) -> str:
    """The beginning of a plain text, as far as its first sentence goes."""
    return sentences(text)[0]


def sentences(text: str) -> list[str]:
    """A plain text, sentence by sentence.

    Examples
    --------
    >>> sentences("One was found. Two were not.")
    ['One was found.', 'Two were not.']
    """
    return _SENTENCE_END.split(text)


def linked(marked: str, href: str = "#estimate-{id}") -> str:
    """A marked sentence as HTML, each number a link to its estimate: at `href`, or that of the run it names.

    One that was read off a figure is no link: figures have no places but on the page.
    """

    def link(mark: re.Match[str]) -> str:
        text, run, estimate_id = mark.groups()
        if estimate_id.startswith(FIGURE):
            return text
        place = f"#estimate-{run}-{estimate_id}" if run else href.format(id=estimate_id)
        return f'<a href="{escape(unescape(place))}">{text}</a>'

    return REFERENCE.sub(link, escape(marked, quote=False))


def interval_text(estimate: "Estimate", digits: int = 3) -> str:
    """The interval of an estimate as text, or n/a where its method gives none."""
    if math.isnan(estimate.ci_low) and math.isnan(estimate.ci_high):
        return "n/a"
    return f"{number(estimate.ci_low, digits)} to {number(estimate.ci_high, digits)}"
