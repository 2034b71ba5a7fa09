"""How UNODC assists States with UNCAC: kinds of assistance, channels, advisers, platforms, hubs, partners."""

from crimjust_research.programme.model import Fact, Posting, stated

_ADVISERS = "Q2, III, Field-based Anti-Corruption Advisers"
_PLATFORMS = "Q2, III, Regional Platforms"
_HUBS = "Q2, III, Anti-Corruption Hubs"
_EXPERTS = "Q2, III, Vienna-based Anti-corruption Experts"
_PARTNERS = "Q2, III, paragraph 3"
_NEEDS = "Q2, II, paragraph 3"

ASSISTANCE_TYPES = (
    Fact("capacity_building", "Capacity-building", "capacity-building", _NEEDS),
    Fact("legislative_assistance", "Legislative assistance", "legislative assistance", _NEEDS),
    Fact("institution_building", "Institution-building", "institution-building", _NEEDS),
    Fact("research", "Research, data-gathering and analysis", "research/data-gathering and analysis", _NEEDS),
    Fact("policy_advice", "Policy advice", "policy advice", _NEEDS),
    Fact(
        "international_cooperation",
        "International cooperation facilitated",
        "facilitation of international cooperation",
        _NEEDS,
    ),
    Fact("asset_recovery", "Asset recovery facilitated", "asset recovery", _NEEDS),
)

STRATEGY = Fact(
    key="institutional_strategy",
    label="UNODC institutional strategy, corruption and economic crime one of its thematic areas",
    wording="UNODC institutional strategy for 2021-2025, which identifies five thematic areas",
    place="Q2, III, paragraph 1",
    quantity=stated(5, "thematic areas"),
    date="2021/2025",
)

CHANNELS = (
    Fact("vienna_experts", "Experts at headquarters", "Vienna-based Anti-corruption Experts", _EXPERTS),
    Fact("field_advisers", "Advisers in field offices", "Field-based Anti-Corruption Advisers", _ADVISERS),
    Fact("regional_platforms", "Regional platforms", "Regional Platforms", _PLATFORMS),
    Fact("hubs", "Anti-corruption hubs", "Anti-Corruption Hubs", _HUBS),
)

VIENNA_TASKS = (
    Fact("knowledge_products", "Global knowledge products", "generating global knowledge products", _EXPERTS),
    Fact(
        "policy_guidance",
        "Policy guidance and support to advisers in the field",
        "providing policy guidance and support to field-based anti-corruption experts",
        _EXPERTS,
    ),
    Fact(
        "direct_assistance",
        "Direct assistance where no expert is resident",
        "direct technical assistance to countries where UNODC does not have resident experts",
        _EXPERTS,
    ),
)


def _adviser(iso3: str, country: str, covers: str | None, wording: str) -> Posting:
    serves = f", for {covers}" if covers else ""
    return Posting(iso3, "present", iso3, covers, f"Anti-corruption adviser in {country}{serves}", wording, _ADVISERS)


def _planned_adviser(key: str, region: str, wording: str) -> Posting:
    label = f"Anti-corruption adviser to be posted in 2022: {region}"
    return Posting(key, "planned", None, region, label, wording, _ADVISERS, date="2022")


ADVISERS = (
    _adviser("MEX", "Mexico", None, "such experts exist in Mexico"),
    _adviser("SEN", "Senegal", "West and Central Africa", "Senegal (covering West and Central Africa)"),
    _adviser("ZAF", "South Africa", "Southern Africa", "South Africa (covering Southern Africa)"),
    _adviser("SOM", "Somalia", None, "Somalia"),
    _adviser("UZB", "Uzbekistan", "Central Asia", "Uzbekistan (covering Central Asia)"),
    _adviser("THA", "Thailand", "South East Asia", "Thailand (covering South East Asia)"),
    _adviser("FJI", "Fiji", "the Pacific region", "Fiji (covering the Pacific region)"),
    _planned_adviser("central_america", "Central America", "will be posted in Central America"),
    _planned_adviser("eastern_africa", "Eastern Africa", "Eastern Africa"),
    _planned_adviser("south_eastern_europe", "South Eastern Europe", "South Eastern Europe"),
    _planned_adviser("gulf", "the Gulf region", "the Gulf region"),
)


def _platform(key: str, region: str, iso3: str | None = None) -> Posting:
    covers = None if iso3 else region
    return Posting(key, "present", iso3, covers, f"Regional platform: {region}", region, _PLATFORMS)


PLATFORMS = (
    _platform("mexico", "Mexico", "MEX"),
    _platform("south_america", "South America"),
    _platform("eastern_africa", "Eastern Africa"),
    _platform("southern_africa", "Southern Africa"),
    _platform("south_eastern_europe", "South Eastern Europe"),
    _platform("south_east_asia", "South East Asia"),
)

PLATFORM_TASKS = (
    Fact(
        "regional_priorities",
        "States of a region find and meet their anti-corruption priorities together",
        "identify and meet regional anti-corruption priorities",
        _PLATFORMS,
    ),
    Fact(
        "gaps_in_initiatives",
        "Gaps found in existing initiatives, so as to complement ongoing work",
        "identify gaps in existing initiatives to implement the Convention",
        _PLATFORMS,
    ),
    Fact(
        "partnerships",
        "Relationships and savings with other programmes and partners",
        "build relationships and efficiencies with other programmes and partners",
        _PLATFORMS,
    ),
)

HUBS = (
    Posting(
        key="mexico_central_south_america",
        status="present",
        iso3=None,
        covers="Mexico and Central/South America",
        label="Hub established in August 2021, alongside the Inter-American Convention against Corruption",
        wording="The hub for Mexico and Central/South America was established in August 2021",
        place=_HUBS,
        date="2021-08",
    ),
    Posting(
        key="eastern_africa",
        status="planned",
        iso3=None,
        covers="Eastern Africa",
        label="Hub planned for early 2022, alongside the African Union Convention against corruption",
        wording="will be established in Eastern Africa in early 2022",
        place=_HUBS,
        date="2022",
    ),
    Posting(
        key="south_south_east_asia",
        status="subject to resources",
        iso3=None,
        covers="South/South East Asia",
        label="Third hub, if resources allow; no date",
        wording="Subject to the availability of resources, a third hub",
        place=_HUBS,
    ),
)

HUB_TASKS = (
    Fact(
        "consolidate_assistance",
        "Consolidate and coordinate assistance under the regional platforms",
        "consolidate and coordinate the technical assistance provided under the regional platforms",
        _HUBS,
    ),
    Fact(
        "extend_support",
        "Extend support to countries without a resident expert or adviser",
        "extend and expand support to countries",
        _HUBS,
    ),
    Fact("synergies", "Work with other stakeholders", "establish synergies with other relevant stakeholders", _HUBS),
)

PARTNER_BODIES = (
    Fact("law_enforcement", "Law enforcement", "law enforcement", _PARTNERS),
    Fact("prosecutors", "Prosecutorial authorities", "prosecutorial", _PARTNERS),
    Fact("judiciary", "Judicial authorities", "judicial authorities", _PARTNERS),
    Fact("policymakers", "Policymakers", "policymakers", _PARTNERS),
    Fact("lawmakers", "Lawmakers", "lawmakers", _PARTNERS),
    Fact("anti_corruption", "Anti-corruption authorities", "anti-corruption authorities", _PARTNERS),
    Fact("audit", "Supreme audit institutions", "supreme audit institutions", _PARTNERS),
    Fact("financial_intelligence", "Financial intelligence units", "financial intelligence units", _PARTNERS),
    Fact("procurement", "Public procurement authorities", "public procurement", _PARTNERS),
    Fact("healthcare", "Healthcare authorities", "healthcare authorities", _PARTNERS),
    Fact(
        "wildlife",
        "Authorities for wildlife and natural resources",
        "conservation and management of wildlife and natural resources",
        _PARTNERS,
    ),
    Fact("sport", "Sports organisations", "sports organizations", _PARTNERS),
    Fact("private_sector", "Private sector", "the private sector", _PARTNERS),
    Fact("civil_society", "Civil society", "civil society", _PARTNERS),
)
