"""Contradictions, gaps and ambiguities in the document, recorded so that no analysis resolves them in silence."""

from crimjust_research.programme.countries import MAJORS_DETERMINATION
from crimjust_research.programme.intervention import AZURE_RESULTS
from crimjust_research.programme.model import Note

_ANSWER = "Q1, bullet 2"
_COUNTRIES = "Q1, Annex 1, Scope, bullet 2"
_PRESENCE = "Q1, Annex 1, Rationale, bullet 2"
_FOOTPRINT = "Q1, resources, bullet 1"
_PHASE = "Q1, Annex 1, Nature, Component 2, Phase {}"
_PHASES_INTRODUCED = "Q1, Annex 1, Nature, Component 2, bullet 1"
_PILLAR_3 = "Q1, Annex 1, Nature, Component 1, pillar 3"
_COST = "Q1, Annex 1, Estimates, bullet 1"
_COST_BASIS = "Q1, Annex 1, Estimates, bullet 2"
_ADVISERS = "Q2, III, Field-based Anti-Corruption Advisers"
_PLATFORMS = "Q2, III, Regional Platforms"
_HUBS = "Q2, III, Anti-Corruption Hubs"


def _places(*places: str) -> str:
    return "; ".join(places)


_ALL_PHASES = tuple(_PHASE.format(number) for number in range(1, 7))

NOTES = (
    Note(
        "mexico_in_no_phase",
        "Mexico is one of the 17 proposed countries and belongs to none of the six phases; no reason is given.",
        _places(_ANSWER, _COUNTRIES, *_ALL_PHASES),
    ),
    Note(
        "phase_countries_outside_17",
        "The phases hold 33 countries, of which 17 are outside the 17 proposed. The document announces further "
        "countries on key routes but not that they would be as many as the proposed ones.",
        _places("Q1, Component 2", _PHASES_INTRODUCED, *_ALL_PHASES),
    ),
    Note(
        "phases_without_proposed_countries",
        "Phases 5 and 6 hold none of the 17, nor any other Major, although Component 2 is described as "
        "operations of partner countries together with others.",
        _places("Q1, Component 2", _PHASE.format(5), _PHASE.format(6)),
    ),
    Note(
        "uneven_phases",
        "The phases hold 7, 5, 6, 6, 4 and 5 countries.",
        _places(*_ALL_PHASES),
    ),
    Note(
        "open_phase_lists",
        "Every phase lists countries after 'including', so 33 counts those named and may not be all; number and "
        "grouping of phases are said to be open to change.",
        _places(_PHASES_INTRODUCED, *_ALL_PHASES),
    ),
    Note(
        "phases_undated",
        "The phases have an order but neither dates nor lengths; only each component's four years are given.",
        _places(_PHASES_INTRODUCED, _COST),
    ),
    Note(
        "mixed_region_phases",
        "India and Pakistan share phase 4 with four African countries, and Brazil shares phase 6 with four "
        "African countries: these phases are held together by language, not by region or route.",
        _places(_PHASE.format(4), _PHASE.format(6)),
    ),
    Note(
        "united_states_in_no_phase",
        "The expansion is called one 'to the United States', yet the United States is neither a proposed nor a "
        "phase country: it appears as the destination to cooperate with.",
        _places("Q1, resources, question", _COUNTRIES, "Q1, Annex 1, Nature, Component 1"),
    ),
    Note(
        "azure_13_against_10",
        "Thirteen countries were to be equipped in Operation Azure; UNODC's published results count ten in the "
        "operation. The document names neither set.",
        _places("Q1, Annex 1, Rationale, bullet 5", AZURE_RESULTS),
    ),
    Note(
        "azure_scope",
        "Operation Azure is put as post and courier services in one bullet and as the postal service alone in "
        "the next; its interdictions are offered as evidence for a model meant to go beyond interdiction.",
        _places("Q1, bullet 3", "Q1, Annex 1, Rationale, bullet 5", "Q1, Annex 1, Rationale, bullet 6"),
    ),
    Note(
        "azure_equipment_wording",
        "The answer speaks of equipment to detect narcotics, the annex of field equipment to test drugs.",
        _places("Q1, Component 2", "Q1, Annex 1, Nature, Component 2, step 2, bullet 1"),
    ),
    Note(
        "precursor_sources_unnamed",
        "Twelve of the 17 are called major sources of precursor chemicals, without naming them, the list or its "
        "year. Twelve first counts within the 17 proposed, later on the two lists as a whole.",
        _places(_COUNTRIES, "Q1, Annex 1, Scope, bullet 5"),
    ),
    Note(
        "precursor_quotation_garbled",
        "The quotation that defines precursor sources repeats four words, so it cannot be as printed at source; "
        "no source is cited for it.",
        _COUNTRIES,
    ),
    Note(
        "majors_year",
        "The Majors List is cited as that of 2020 in the answer and as that for fiscal year 2021 in the annex. "
        "Both can mean the determination of September 2020; the one before it, for fiscal year 2020, names the "
        "same 22.",
        _places(_ANSWER, _COUNTRIES, "footnote 2", MAJORS_DETERMINATION),
    ),
    Note(
        "five_majors_not_proposed",
        "Afghanistan, Burma, Haiti, Laos and Venezuela are Majors and not proposed; no reason is given.",
        _places(_ANSWER, MAJORS_DETERMINATION),
    ),
    Note(
        "how_many_of_17",
        "The model could be applied in 'one or more of at least 17', 'one or more groupings of these 17' or "
        "'several or all of' 17 countries: the number that would take part is open.",
        _places(_ANSWER, _FOOTPRINT, _COUNTRIES),
    ),
    Note(
        "presence_list_open",
        "Presence is named for ten of the 17 after 'including'; for Bahamas, Belize, Guatemala, Honduras, "
        "Jamaica, Nicaragua and Pakistan nothing is said. As written the presence is CRIMJUST's; elsewhere "
        "footprint is UNODC's and engagement is both's, in 'a number of' countries that stay unnamed.",
        _places(_PRESENCE, _FOOTPRINT, _COUNTRIES),
    ),
    Note(
        "footprint_solid_yet_to_strengthen",
        "The footprint is called solid, yet a stronger one in Central America and the Caribbean is a condition "
        "for both components.",
        _places(_FOOTPRINT, _COST_BASIS),
    ),
    Note(
        "cost_scale_unstated",
        "Both costs depend on the number of groups of partner countries, but no number of groups or countries "
        "is tied to either end of the ranges, and no total is given.",
        _COST,
    ),
    Note(
        "cost_of_extra_staff_unclear",
        "Extra staff and a stronger footprint are required besides; whether the ranges include them is not said.",
        _COST_BASIS,
    ),
    Note(
        "pillar_1_named_twice",
        "Pillar 1 lists joint investigation teams and post-seizure work in both texts; anti-drug prosecution "
        "networks only in the annex.",
        _places("Q1, Component 1, pillar 1", "Q1, Annex 1, Nature, Component 1, pillar 1"),
    ),
    Note(
        "pillar_3_two_meanings",
        "Pillar 3 is about trusted working relationships in the answer and about vulnerability, accountability "
        "and transparency of institutions in the annex.",
        _places("Q1, Component 1, pillar 3", _PILLAR_3),
    ),
    Note(
        "pillar_3_without_activities",
        "Pillar 3 lists no activities, against three and seven under pillars 1 and 2.",
        _PILLAR_3,
    ),
    Note(
        "outcomes_without_indicators",
        "No outcome comes with an indicator, a baseline or a target, and none is assigned to a component.",
        _places(*(f"Q1, Annex 1, Nature, Outcome {number}" for number in (1, 2, 3))),
    ),
    Note(
        "covid_year",
        "Deaths of the 12 months to May 2020 are said to rise with COVID-19 cases in March, April and May 2021, "
        "after those 12 months had ended; 2020 is probably meant.",
        "footnote 4",
    ),
    Note(
        "challenges_unranked",
        "The challenges are called the most frequent, but neither frequencies nor an order are given.",
        "Q2, I, paragraph 2",
    ),
    Note(
        "challenges_of_uneven_grain",
        "The 23 bullets differ in grain: three of chapter IV are parts of its bullet on extradition, and its "
        "third joins joint teams with modern technology.",
        _places(*(f"Q2, I, Chapter IV, bullet {number}" for number in (3, 4, 5, 6, 7))),
    ),
    Note(
        "two_thirds_of_what",
        "Two thirds of States parties have asked for assistance; whether of all parties or of the 173 reviewed "
        "is not said.",
        _places("Q2, II, paragraph 1", "Q2, II, paragraph 2"),
    ),
    Note(
        "reviews_of_which_cycle",
        "The 173 reviews, the gaps and the needs are not told apart by review cycle, nor are they dated.",
        "Q2, II, paragraph 1",
    ),
    Note(
        "assistance_types_count",
        "The last kind of assistance reads as one (cooperation and asset recovery facilitated) or as two; it is "
        "kept as two, seven in all.",
        "Q2, II, paragraph 3",
    ),
    Note(
        "platforms_without_advisers",
        "Platforms already run for South America, Eastern Africa and South Eastern Europe, which no adviser present "
        "is said to cover; for South America none is planned either.",
        _places(_ADVISERS, _PLATFORMS),
    ),
    Note(
        "advisers_without_platforms",
        "Advisers serve West and Central Africa, Central Asia and the Pacific, where no platform is named; "
        "Somalia's adviser has no stated region.",
        _places(_ADVISERS, _PLATFORMS),
    ),
    Note(
        "hub_established_not_operational",
        "One hub is called established, but hubs as such are put as being established and effective only once "
        "fully staffed and operational.",
        _HUBS,
    ),
)
