"""The country lists: Majors of fiscal year 2021, proposed countries, precursor sources, existing presence."""

from collections.abc import Mapping
from types import MappingProxyType

from crimjust_research.programme.model import Fact, Mention, stated

MAJORS_DETERMINATION = (
    "Presidential Determination of September 2020 on the Majors List for fiscal year 2021, "
    "as reproduced in CRS report R46695"
)
"""The document counts 22 Majors and names 17 of them; the determination it cites names them all."""

# Short names of country_converter 1.3.2, so that this registry and every other table print one name a country.
COUNTRY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "AFG": "Afghanistan",
        "AGO": "Angola",
        "ARG": "Argentina",
        "BEN": "Benin",
        "BHS": "Bahamas",
        "BLZ": "Belize",
        "BOL": "Bolivia",
        "BRA": "Brazil",
        "BRB": "Barbados",
        "CHL": "Chile",
        "CIV": "Côte d'Ivoire",
        "COL": "Colombia",
        "CPV": "Cabo Verde",
        "CRI": "Costa Rica",
        "DOM": "Dominican Republic",
        "ECU": "Ecuador",
        "FJI": "Fiji",
        "GHA": "Ghana",
        "GNB": "Guinea-Bissau",
        "GTM": "Guatemala",
        "HND": "Honduras",
        "HTI": "Haiti",
        "IND": "India",
        "JAM": "Jamaica",
        "KEN": "Kenya",
        "LAO": "Laos",
        "MEX": "Mexico",
        "MMR": "Myanmar",
        "MOZ": "Mozambique",
        "NGA": "Nigeria",
        "NIC": "Nicaragua",
        "PAK": "Pakistan",
        "PAN": "Panama",
        "PER": "Peru",
        "SEN": "Senegal",
        "SLV": "El Salvador",
        "SOM": "Somalia",
        "TGO": "Togo",
        "THA": "Thailand",
        "TTO": "Trinidad and Tobago",
        "TZA": "Tanzania",
        "UZB": "Uzbekistan",
        "VEN": "Venezuela",
        "ZAF": "South Africa",
    }
)

# Spellings in the document or the determination that differ from the short name above.
DIFFERING_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "Burma": "MMR",
        "Cabe Verde": "CPV",
        "Cote d’Ivoire": "CIV",
        "Guinea Bissau": "GNB",
        "The Bahamas": "BHS",
    }
)

_ISO3_BY_SPELLING = {name: iso3 for iso3, name in COUNTRY_NAMES.items()} | dict(DIFFERING_SPELLINGS)


def mentions(spellings: tuple[str, ...], place: str) -> tuple[Mention, ...]:
    """Countries in the order and spelling of a list in the text; KeyError for a spelling nobody declared."""
    return tuple(Mention(_ISO3_BY_SPELLING[spelling], spelling, place) for spelling in spellings)


MAJORS = mentions(
    (
        "Afghanistan",
        "Belize",
        "Bolivia",
        "Burma",
        "Colombia",
        "Costa Rica",
        "Dominican Republic",
        "Ecuador",
        "El Salvador",
        "Guatemala",
        "Haiti",
        "Honduras",
        "India",
        "Jamaica",
        "Laos",
        "Mexico",
        "Nicaragua",
        "Pakistan",
        "Panama",
        "Peru",
        "The Bahamas",
        "Venezuela",
    ),
    MAJORS_DETERMINATION,
)

PROPOSED_IN_ANSWER = mentions(
    (
        "Bahamas",
        "Bolivia",
        "Belize",
        "Colombia",
        "Costa Rica",
        "Dominican Republic",
        "Ecuador",
        "El Salvador",
        "Guatemala",
        "Honduras",
        "India",
        "Jamaica",
        "Mexico",
        "Nicaragua",
        "Pakistan",
        "Panama",
        "Peru",
    ),
    "Q1, bullet 2",
)

PROPOSED_IN_ANNEX = mentions(
    (
        "Bolivia",
        "Belize",
        "Colombia",
        "Costa Rica",
        "Dominican Republic",
        "Ecuador",
        "El Salvador",
        "Guatemala",
        "Honduras",
        "India",
        "Mexico",
        "Pakistan",
        "Peru",
        "Bahamas",
        "Jamaica",
        "Nicaragua",
        "Panama",
    ),
    "Q1, Annex 1, Scope, bullet 2",
)

PRESENCE = mentions(
    (
        "Bolivia",
        "Colombia",
        "Costa Rica",
        "Dominican Republic",
        "Ecuador",
        "El Salvador",
        "Mexico",
        "India",
        "Peru",
        "Panama",
    ),
    "Q1, Annex 1, Rationale, bullet 2",
)

PRECURSOR_SOURCES = Fact(
    key="precursor_sources",
    label="Proposed countries also identified as major sources of precursor chemicals; the document names none",
    wording="(12) twelve of which have also been identified as “major sources of precursor chemicals",
    place="Q1, Annex 1, Scope, bullet 2",
    quantity=stated(12, "countries"),
)


def majors_iso3() -> tuple[str, ...]:
    """The 22 Majors of fiscal year 2021, in the determination's alphabetical order."""
    return tuple(country.iso3 for country in MAJORS)


def proposed_iso3() -> tuple[str, ...]:
    """The 17 countries the intervention is proposed for, in the order of the answer (the annex reorders them)."""
    return tuple(country.iso3 for country in PROPOSED_IN_ANSWER)
