"""Words in which officers keep their own records, in the programme's four languages, by what they mean.

`data/vocabulary/record_words.yaml` has them; countries and drugs are known by the names of their own vocabularies too.
Nothing is guessed: a word that is in no list means nothing.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from unicodedata import combining, normalize

from crimjust_research import yaml_files
from crimjust_research.vocabulary import countries, seized_drugs
from crimjust_research.yaml_files import Entry, Text, by_member

FILE = "data/vocabulary/record_words.yaml"
# Those of the programme's countries: English, Spanish, French, Portuguese.
LANGUAGES = ("en", "es", "fr", "pt")
# What a country's name may hold: a question mark or a sign of another kind is a doubt, and no part of it.
_NAME = re.compile(r"[\w\s.,'’()&-]+")
# Articles and prepositions, which only some write in the name of a column.
_UNHEARD = frozenset("of the de del la las el los du des d l le les da do das dos".split())  # noqa: SIM905


class RecordWords(Entry):
    """Words by the truth value, the choice, the country or the unit they mean; and those that say that nothing is known.

    `pending` are those that say of a day that it has not come. `units` gives by the unit of a column how many of it each is.
    `multiples` are those of a heading by which its numbers are thousands or millions.
    """

    booleans: Mapping[Text, tuple[Text, ...]]
    choices: Mapping[Text, tuple[Text, ...]]
    countries: Mapping[Text, tuple[Text, ...]]
    unknown: tuple[Text, ...]
    pending: tuple[Text, ...]
    units: Mapping[Text, Mapping[Text, tuple[Text, ...]]]
    multiples: tuple[Text, ...]


def load() -> RecordWords:
    """The words as the file has them."""
    return yaml_files.load(RecordWords, FILE)


def plain(text: str) -> str:
    """A value without what makes no difference in it: case, accents, underscores, hyphens, and how much space there is."""
    marked = normalize("NFKD", text.casefold().replace("’", "'"))
    return " ".join(re.sub(r"[\s_-]+", " ", "".join(c for c in marked if not combining(c))).split())


def heading(name: str) -> str:
    """The words of a column's name, without case, accents, signs, articles and prepositions."""
    return " ".join(word for word in re.findall(r"[^\W_]+", plain(name)) if word not in _UNHEARD)


def by_heading(names: Mapping[str, Iterable[str]], file: str) -> dict[str, str]:
    """The column of each heading, by what columns are called beside their own names.

    Raises
    ------
    DataError
        If a heading is that of two columns; `file` is where they stand.
    """
    return by_member({name: dict.fromkeys(map(heading, (name, *also))) for name, also in names.items()}, file)


@cache
def booleans() -> Mapping[str, str]:
    """true or false, by the words that mean it."""
    return MappingProxyType(_by_word(load().booleans))


@cache
def unknown() -> frozenset[str]:
    """Words that say that nothing is known."""
    return frozenset(map(plain, load().unknown))


@cache
def pending() -> frozenset[str]:
    """Words that say of a day that it has not come."""
    return frozenset(map(plain, load().pending))


@cache
def units(unit: str) -> Mapping[str, Decimal]:
    """How many of a unit each word beside a number stands for; no word for a unit that is not listed."""
    of_unit = load().units.get(unit, {})
    words = _by_word(of_unit, themselves=False)
    return MappingProxyType({word: Decimal(factor) for word, factor in words.items()})


@cache
def multiples() -> frozenset[str]:
    """Words of a heading by which its numbers are thousands or millions."""
    return frozenset(map(plain, load().multiples))


@cache
def choices(accepted: tuple[str, ...]) -> Mapping[str, str]:
    """Those of `accepted` by the words that mean them; families of drugs by UNODC's names of their members too.

    An activity below a pillar or step is known without it, if only one of that name is accepted.

    Raises
    ------
    DataError
        If a word means two of them.
    """
    said = load().choices
    found = _by_word({choice: said.get(choice, ()) for choice in accepted})
    below = [choice.partition("/")[2] for choice in accepted]
    alone = {plain(name): choice for name, choice in zip(below, accepted, strict=True) if below.count(name) == 1}
    drugs = seized_drugs.load().by_published_name if accepted == seized_drugs.families() else {}
    published = {plain(name): family for name, family in drugs.items()}
    return MappingProxyType(published | {word: choice for word, choice in alone.items() if word} | found)


def country(written: str) -> str | None:
    """The ISO 3166 alpha-3 code of a country by its name in one of four languages or its alpha-2 or alpha-3 code."""
    if not _NAME.fullmatch(written):
        return None
    code = _two_letters().get(written.upper()) or _abbreviated().get(_letters(written))
    return code or countries.likely_code(written)


@cache
def _two_letters() -> Mapping[str, str]:
    from babel.core import get_global

    aliases = get_global("territory_aliases")
    known = ((code, aliases.get(code, ())) for code in countries.names())
    return MappingProxyType({to[0]: code for code, to in known if len(to) == 1 and len(to[0]) == len("PA")})


@cache
def _abbreviated() -> Mapping[str, str]:
    said = load().countries
    return MappingProxyType({_letters(name): code for code, names in said.items() for name in names})


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", plain(name))


def _by_word(meanings: Mapping[str, Iterable[str]], themselves: bool = True) -> dict[str, str]:
    """The value of each word, plain; of each value's own name too, if they mean `themselves`."""
    own = {value: (value,) if themselves else () for value in meanings}
    return by_member(
        {value: dict.fromkeys(map(plain, (*own[value], *words))) for value, words in meanings.items()}, FILE
    )
