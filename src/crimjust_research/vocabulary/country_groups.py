"""Groups of countries: regions, languages, and the developing world, by ISO 3166 alpha-3 codes.

`REGIONS` are those of the World Justice Project's Rule of Law Index, edition of 2023; countries it does not cover stand
with the countries around them, and all of Oceania with East Asia. Uninhabited territories are in no region.

`DEVELOPED` is the list of developed regions in the United Nations' standard M49 as it stood until December 2021, when
the distinction was given up: Europe, Northern America, Australia and New Zealand, Japan, Cyprus and Israel.

`LANGUAGES` are the four languages the programme's phases are set up by, with the States that used them as an official
or working language of government in 2021. Territories are left out.
"""

from collections.abc import Mapping
from types import MappingProxyType


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _groups(members: dict[str, str]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({group: _codes(text) for group, text in members.items()})


REGIONS = _groups(
    {
        "East Asia & Pacific": """
            ASM AUS BRN CCK CHN COK CXR FJI FSM GUM HKG IDN JPN KHM KIR KOR LAO MAC MHL MMR MNG MNP MYS NCL NFK NIU
            NRU NZL PCN PHL PLW PNG PRK PYF SGP SLB THA TKL TLS TON TUV TWN VNM VUT WLF WSM
        """,
        "Eastern Europe & Central Asia": """
            ALB ARM AZE BIH BLR GEO KAZ KGZ MDA MKD MNE RUS SRB TJK TKM TUR UKR UZB XKX
        """,
        "EU + EFTA + North America": """
            ALA AND AUT BEL BGR BMU CAN CHE CYP CZE DEU DNK ESP EST FIN FRA FRO GBR GGY GIB GRC GRL HRV HUN IMN IRL
            ISL ITA JEY LIE LTU LUX LVA MCO MLT NLD NOR POL PRT ROU SJM SMR SPM SVK SVN SWE USA VAT
        """,
        "Latin America & Caribbean": """
            ABW AIA ANT ARG ATG BES BHS BLM BLZ BOL BRA BRB CHL COL CRI CUB CUW CYM DMA DOM ECU FLK GLP GRD GTM GUF
            GUY HND HTI JAM KNA LCA MAF MEX MSR MTQ NIC PAN PER PRI PRY SLV SUR SXM TCA TTO URY VCT VEN VGB VIR
        """,
        "Middle East & North Africa": """
            ARE BHR DZA EGY ESH IRN IRQ ISR JOR KWT LBN LBY MAR OMN PSE QAT SAU SYR TUN YEM
        """,
        "South Asia": "AFG BGD BTN IND LKA MDV NPL PAK",
        "Sub-Saharan Africa": """
            AGO BDI BEN BFA BWA CAF CIV CMR COD COG COM CPV DJI ERI ETH GAB GHA GIN GMB GNB GNQ KEN LBR LSO MDG MLI
            MOZ MRT MUS MWI MYT NAM NER NGA REU RWA SDN SEN SHN SLE SOM SSD STP SWZ SYC TCD TGO TZA UGA ZAF ZMB ZWE
        """,
    }
)
REGION: Mapping[str, str] = MappingProxyType({code: region for region, codes in REGIONS.items() for code in codes})

DEVELOPED = frozenset(
    _codes("""
    ALA ALB AND AUS AUT BEL BGR BIH BLR BMU CAN CCK CHE CXR CYP CZE DEU DNK ESP EST FIN FRA FRO GBR GGY GIB GRC GRL
    HRV HUN IMN IRL ISL ISR ITA JEY JPN LIE LTU LUX LVA MCO MDA MKD MLT MNE NFK NLD NOR NZL POL PRT ROU RUS SJM SMR
    SPM SRB SVK SVN SWE UKR USA VAT XKX
    """)
)

LANGUAGES = _groups(
    {
        "English": """
            ATG AUS BDI BHS BLZ BRB BWA CAN CMR DMA ETH FJI FSM GBR GHA GMB GRD GUY IND IRL JAM KEN KIR KNA LBR LCA
            LSO MHL MLT MUS MWI NAM NGA NRU NZL PAK PHL PLW PNG RWA SDN SGP SLB SLE SSD SWZ SYC TON TTO TUV TZA UGA
            USA VCT VUT WSM ZAF ZMB ZWE
        """,
        "French": """
            BDI BEL BEN BFA CAF CAN CHE CIV CMR COD COG COM DJI FRA GAB GIN GNQ HTI LUX MCO MDG MLI NER RWA SEN SYC
            TCD TGO VUT
        """,
        "Portuguese": "AGO BRA CPV GNB GNQ MOZ PRT STP TLS",
        "Spanish": """
            ARG BOL CHL COL CRI CUB DOM ECU ESP GNQ GTM HND MEX NIC PAN PER PRY SLV URY VEN
        """,
    }
)


def languages_of(iso3: str) -> tuple[str, ...]:
    """Which of the four languages are official or working languages of a State, in alphabetical order."""
    return tuple(language for language, codes in LANGUAGES.items() if iso3 in codes)
