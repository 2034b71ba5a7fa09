"""The six phases of Component 2 and their 33 countries."""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from crimjust_research.errors import VocabularyError
from crimjust_research.programme.countries import COUNTRY_NAMES, majors_iso3, mentions, proposed_iso3
from crimjust_research.programme.model import Phase

if TYPE_CHECKING:
    import pandas as pd


def _phase(number: int, language: str, region: str, wording: str, *countries: str) -> Phase:
    place = f"Q1, Annex 1, Nature, Component 2, Phase {number}"
    return Phase(number, language, region, wording, place, mentions(countries, place))


PHASES = (
    _phase(
        1,
        "Spanish",
        "Central America and Caribbean",
        "(Spanish-speaking) Central America and Caribbean countries",
        "Costa Rica",
        "Dominican Republic",
        "El Salvador",
        "Guatemala",
        "Honduras",
        "Nicaragua",
        "Panama",
    ),
    _phase(
        2,
        "English",
        "Central America and Caribbean",
        "(English-speaking) Central America and Caribbean countries",
        "Belize",
        "Bahamas",
        "Jamaica",
        "Trinidad and Tobago",
        "Barbados",
    ),
    _phase(
        3,
        "Spanish",
        "South America",
        "(Spanish-speaking) South American Countries",
        "Bolivia",
        "Colombia",
        "Ecuador",
        "Peru",
        "Argentina",
        "Chile",
    ),
    _phase(
        4,
        "English",
        "Africa and Asia",
        "(English speaking) African/Asian countries",
        "India",
        "Pakistan",
        "Nigeria",
        "Ghana",
        "Kenya",
        "Tanzania",
    ),
    _phase(
        5,
        "French",
        "Africa",
        "(Francophone countries) African countries",
        "Benin",
        "Togo",
        "Cote d’Ivoire",
        "Senegal",
    ),
    _phase(
        6,
        "Portuguese",
        "Africa and Latin America",
        "(Lusophone countries) African/Latin American countries",
        "Brazil",
        "Cabe Verde",
        "Mozambique",
        "Guinea Bissau",
        "Angola",
    ),
)

_PHASE_BY_ISO3 = MappingProxyType({country.iso3: phase.number for phase in PHASES for country in phase.countries})


def phase_of(iso3: str) -> int | None:
    """Phase (1 to 6) a country is proposed for, None if the document puts it in no phase, as Mexico.

    Raises VocabularyError if `iso3` is not three capital letters, so that a name is not taken for "no phase".
    """
    if not re.fullmatch(r"[A-Z]{3}", iso3):
        raise VocabularyError(
            f"phase_of takes an ISO 3166 alpha-3 code such as MEX, not {iso3!r}; resolve the name first."
        )
    return _PHASE_BY_ISO3.get(iso3)


def phase_frame() -> "pd.DataFrame":
    """One row per phase country (33), in the document's order.

    Columns: phase (int), language, region, position (int, from 1 within the phase), iso3, country (short name),
    wording (as the document spells it), proposed (bool, one of the 17), major (bool, one of the 22), place.
    """
    import pandas as pd

    majors, proposed = set(majors_iso3()), set(proposed_iso3())
    return pd.DataFrame(
        [
            {
                "phase": phase.number,
                "language": phase.language,
                "region": phase.region,
                "position": position,
                "iso3": country.iso3,
                "country": COUNTRY_NAMES[country.iso3],
                "wording": country.wording,
                "proposed": country.iso3 in proposed,
                "major": country.iso3 in majors,
                "place": country.place,
            }
            for phase in PHASES
            for position, country in enumerate(phase.countries, start=1)
        ]
    )
