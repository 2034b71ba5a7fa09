"""A country as all that is told of it, and which country a person means."""

from difflib import get_close_matches

from crimjust_research.errors import VocabularyError
from crimjust_research.report.country import assessed, assistance, drugs, pairs, programme, scores
from crimjust_research.report.country.known import Known
from crimjust_research.report.country.told import Country, listed
from crimjust_research.vocabulary import countries

_SHOWN = 60  # characters of what was typed that a refusal repeats
_PARTS = (
    programme.lists,
    programme.events,
    assistance.channels,
    programme.others_at_work,
    scores.justice,
    scores.crime,
    assessed.evaluations,
    assessed.reviews,
    assessed.consents,
    drugs.seizures,
    drugs.crops_and_prison,
    pairs.others,
)


def meant(given: str) -> str:
    """The ISO code of the country that a person names, by any accepted name or its code.

    Raises
    ------
    VocabularyError
        If it is no accepted name; the message has the nearest.
    """
    code = countries.likely_code(given.strip())
    if code:
        return code
    said = given.strip()
    said = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."
    near = get_close_matches(said.title(), countries.names().values(), n=3)
    remedy = "its name, or its ISO 3166 alpha-3 code, as PAN"
    hint = f"did you mean {' or '.join(map(repr, near))}? Give {remedy}" if near else f"give {remedy}"
    raise VocabularyError(f"{said!r} is no country that is known here; {hint}")


def told(known: Known, iso3: str) -> Country:
    """All that is known of a country.

    Raises
    ------
    VocabularyError
        If no panel has figures of it.
    """
    row = known.countries.get(iso3)
    if row is None:
        raise VocabularyError(f"no publisher at hand has figures of {countries.short_name(iso3)} ({iso3})")
    speaks = f"; its government works in {listed(row['languages'].split('; '))}" if row["languages"] else ""
    return Country(iso3, row["name"], f"{row['region']}{speaks}", tuple(part(known, iso3) for part in _PARTS))


def in_report(known: Known) -> tuple[Country, ...]:
    """The countries of the proposal, those of its phases and the others it was made for, by name."""
    codes = [code for code, row in known.countries.items() if row["phase"] is not None or row["proposed"]]
    return tuple(told(known, code) for code in sorted(codes, key=known.name))
