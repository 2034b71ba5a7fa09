"""Countries by their ISO 3166 alpha-3 codes, and the names and codes publishers use for them.

Names are matched by the patterns of country_converter (Stadler 2017, doi:10.21105/joss.00332), after a declared list
of the spellings its patterns miss or take for two countries. A name that fits none, or more than one, is refused.
"""

import logging
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crimjust_research import yaml_files
from crimjust_research.errors import VocabularyError
from crimjust_research.yaml_files import Entry, Text

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/vocabulary/countries.yaml"
_NO_COUNTRY = "none"


class PublishersCountries(Entry):
    """Names of territories without a code in ISO 3166-1; codes by spellings and codes of publishers' own."""

    without_iso_code: Mapping[Text, Text]
    spellings: Mapping[Text, Text]
    publishers_codes: Mapping[Text, Text]


def load() -> PublishersCountries:
    """The names and codes as `data/vocabulary/countries.yaml` has them."""
    return yaml_files.load(PublishersCountries, FILE)


@cache
def names() -> Mapping[str, str]:
    """Short display name of every accepted country, by ISO code, in order of the codes."""
    data = _converter().data
    short = dict(zip(data["ISO3"], data["name_short"], strict=True)) | dict(load().without_iso_code)
    return MappingProxyType(dict(sorted(short.items())))


def short_name(iso3: str) -> str:
    """Short display name of a country.

    Raises
    ------
    VocabularyError
        If the code is not accepted.
    """
    try:
        return names()[iso3]
    except KeyError:
        raise VocabularyError(
            f"{iso3!r} is not an ISO 3166 alpha-3 country code; {_hint(iso3, names())}codes are three capitals, as PAN"
        ) from None


def iso3_of(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    """ISO codes of a column of publishers' country names; `where` names the file in an error.

    Raises
    ------
    VocabularyError
        Naming file, row, column and value of the first name that fits no country or several, and the nearest one.
    """
    codes = _codes_by_name(tuple(sorted(published.unique())))
    return _translated(published, codes, {**load().spellings, **{name: code for code, name in names().items()}}, where)


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
        raise VocabularyError(
            f"{where}: row {row}, {published.name} = {value!r} is not a known country; {_hint(str(value), known)}"
            f"mend the cell, or declare the spelling in {FILE} ({unknown.nunique()} unknown in all)"
        )
    return published.map(codes).astype("str")


def _hint(value: str, known: Mapping[str, str]) -> str:
    from difflib import get_close_matches

    # Three letters are near many codes; only a transposition says which was meant.
    if len(value) == 3 and value.isupper():
        near = [name for name in known if sorted(name) == sorted(value)]
    else:
        near = get_close_matches(value, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}? " if near else ""


@cache
def _codes_by_name(published: tuple[str, ...]) -> Mapping[str, str]:
    """Codes of those names that belong to exactly one country. One call of the converter for all of them."""
    declared = {name: code for name, code in load().spellings.items() if name in published}
    others = [name for name in published if name not in declared]
    if not others:
        return declared
    found = _converter().convert(others, src="regex", to="ISO3", not_found=_NO_COUNTRY, enforce_list=True)
    single = {name: codes[0] for name, codes in zip(others, found, strict=True) if len(codes) == 1}
    return declared | {name: code for name, code in single.items() if code != _NO_COUNTRY}


@cache
def _converter() -> Any:
    import country_converter as coco
    import pandas as pd

    # Its own reader leaves gaps as missing values under pandas 3, and its patterns cannot be compiled from those.
    data = pd.read_csv(coco.country_converter.COUNTRY_DATA_FILE, sep="\t", dtype="str", keep_default_na=False)
    data["obsolete"] = data["obsolete"].replace("", None)
    # It logs each name it does not find; here such a name is an error that says more.
    logging.getLogger(coco.country_converter.__name__).setLevel(logging.CRITICAL)
    return coco.CountryConverter(country_data=data)
