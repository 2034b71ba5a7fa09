"""Countries by their ISO 3166 alpha-3 codes, and the names and codes publishers use for them.

A name is read word by word, whatever its case, accents, punctuation and order of words, and must be one of those that
`data/vocabulary/countries.yaml` lists or that the Unicode Consortium's Common Locale Data Repository (CLDR, as Babel
carries it) has in the programme's four languages. Nothing is guessed: any other name is refused.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary.publishers_names import in_yaml
from crimjust_research.yaml_files import Entry, Text, by_member

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/vocabulary/countries.yaml"
# Those the programme's phases are set up by: English, Spanish, French, Portuguese.
_LANGUAGES = ("en", "es", "fr", "pt")
_UNHEARD = frozenset(
    {"and", "da", "de", "del", "des", "do", "du", "el", "et", "la", "las", "le", "les", "los", "of", "the", "y"}
)
# Short forms, and what in the programme's languages is the same word as in English.
_WRITTEN_OUT = {
    "dem": "democratic",
    "democratica": "democratic",
    "democratique": "democratic",
    "fed": "federated",
    "is": "islands",
    "plur": "plurinational",
    "rep": "republic",
    "republica": "republic",
    "republique": "republic",
    "st": "saint",
}


class Countries(Entry):
    """Short names and publishers' spellings by code; codes by publishers' own codes; names that are of no one country."""

    names: Mapping[Text, Text]
    spellings: Mapping[Text, tuple[Text, ...]]
    publishers_codes: Mapping[Text, Text]
    regions: tuple[Text, ...]


def load() -> Countries:
    """The names and codes as `data/vocabulary/countries.yaml` has them."""
    return yaml_files.load(Countries, FILE)


@cache
def names() -> Mapping[str, str]:
    """Short display name of every accepted country, by ISO code, in order of the codes."""
    return MappingProxyType(dict(sorted(load().names.items())))


def short_name(iso3: str) -> str:
    """Short display name of a country.

    Raises
    ------
    VocabularyError
        If the code is not accepted.

    Examples
    --------
    >>> short_name("BOL")
    'Bolivia'
    """
    try:
        return names()[iso3]
    except KeyError:
        meant = likely_code(iso3)
        hint = f"did you mean {meant!r}? " if meant else _hint(iso3, names())
        raise VocabularyError(
            f"{iso3!r} is not an ISO 3166 alpha-3 country code; {hint}codes are three capitals, as PAN"
        ) from None


def likely_code(given: str) -> str | None:
    """The ISO code that was meant by a country's name, or by a code in small letters; None if by neither.

    Examples
    --------
    >>> likely_code("Panama")
    'PAN'
    """
    return given.upper() if given.upper() in names() else _codes_by_words().get(_words(given))


def is_known(published: "pd.Series[str]") -> "pd.Series[bool]":
    """Whether each of a column of publishers' names is that of a country."""
    accepted = _codes_by_words()
    return published.isin([name for name in published.unique() if _words(str(name)) in accepted])


def iso3_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """ISO codes of a column of publishers' country names; `where` names the file in an error.

    Raises
    ------
    VocabularyError
        Naming file, row, column and value of the first name that is no country's, and the nearest one.
    """
    accepted = _codes_by_words()
    codes = {name: accepted[words] for name in published.unique() if (words := _words(str(name))) in accepted}
    return _translated(published, codes, _listed(), where)


def checked_codes(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """A column of country codes with publishers' own codes turned into ISO codes; `where` names the file in an error.

    Raises
    ------
    VocabularyError
        Naming file, row, column and value of the first code that is no country's, and the nearest one.
    """
    accepted = {code: code for code in names()} | dict(load().publishers_codes)
    return _translated(published, accepted, accepted, where)


def agreed_codes(codes: "pd.Series[str]", published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """ISO codes of a file that gives both code and name of a country, if the two agree in every row.

    Raises
    ------
    VocabularyError
        If a code or name is not accepted, or a row's name belongs to another code.
    """
    by_code, by_name = checked_codes(codes, where), iso3_of(published, where)
    apart = (by_code != by_name).to_numpy().nonzero()[0]
    if len(apart):
        at = apart[0]
        raise VocabularyError(
            f"{where}: row {codes.index[at]} gives {codes.name} = {codes.iloc[at]!r} beside {published.name} = "
            f"{published.iloc[at]!r}, which is {by_name.iloc[at]}; mend the wrong cell ({len(apart)} such row(s))"
        )
    return by_code


def _translated(
    published: "pd.Series[str]", codes: Mapping[str, str], known: Mapping[str, str], where: str
) -> "pd.Series[str]":
    unknown = published[~published.isin(list(codes))]
    if len(unknown):
        row, value = next(unknown.items())
        if _words(str(value)) in _regions():
            why = "is a region, not a country; leave such rows out, or give the figures of its countries"
        else:
            why = f"is not a known country; {_hint(str(value), known)}{_to_add(str(value))}"
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} {why} ({unknown.nunique()} unknown in all)"
        )
    return published.map(codes).astype("str")


def _to_add(value: str) -> str:
    if value.isupper() and len(value) == len("PAN"):
        own = f"add `{value}: CODE` to `publishers_codes` in {FILE}"
        return f"mend the cell, or, if the publisher has its own code of a country, {own}"
    return f"mend the cell, or add {in_yaml(value)} under `spellings` in {FILE}, as `CODE: [its spelling]`"


def _hint(value: str, known: Mapping[str, str]) -> str:
    from difflib import get_close_matches

    # Three letters are near many codes; only a transposition says which was meant.
    if len(value) == 3 and value.isupper():
        near = [name for name in known if sorted(name) == sorted(value)]
    else:
        near = get_close_matches(value, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}? " if near else ""


def _listed() -> Mapping[str, str]:
    """Codes by the names and spellings of the file."""
    said = load()
    return by_member({code: (name, *said.spellings.get(code, ())) for code, name in said.names.items()}, FILE)


@cache
def _codes_by_words() -> Mapping[str, str]:
    """Codes by the words of every accepted name. What the file says goes before what CLDR says."""
    from babel import Locale
    from babel.core import get_global

    two_letters = {code: to[0] for code, to in get_global("territory_aliases").items() if len(to) == 1}
    accepted: dict[str, str] = {}
    for language in _LANGUAGES:
        territories = Locale(language).territories
        known = (code for code in names() if two_letters.get(code) in territories)
        accepted |= {_words(territories[two_letters[code]]): code for code in known}
    return MappingProxyType(accepted | {_words(name): code for name, code in _listed().items()})


@cache
def _regions() -> frozenset[str]:
    return frozenset(map(_words, load().regions))


def _words(name: str) -> str:
    """The words of a name in alphabetical order, without accents, articles and what only some publishers write."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    # Elided articles, as in Côte d'Ivoire, stand apart whatever divides them.
    apart = re.sub(r"\b([dl])['’` ]+", "", plain)
    words = re.findall(r"\w+", re.sub(r"['’`.]", "", apart))
    return " ".join(sorted(_WRITTEN_OUT.get(word, word) for word in words if word not in _UNHEARD))
