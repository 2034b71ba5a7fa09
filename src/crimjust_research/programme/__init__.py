"""The programme registry: who, where and when, as UNODC set it out in December 2021.

Every entry comes from UNODC's "Responses to Questions for the Record from Senator Sheldon Whitehouse" (U.S. Senate
Caucus on International Narcotics Control, 12 December 2021) and says where it stands there. Two things do not:
the names of the Majors, which the document only counts (`MAJORS_DETERMINATION`), and the number of countries in
Operation Azure's operation (`AZURE_RESULTS`). Contradictions are kept as `NOTES`.
"""

from crimjust_research.programme.assistance import (
    ADVISERS,
    ASSISTANCE_TYPES,
    CHANNELS,
    HUB_TASKS,
    HUBS,
    PARTNER_BODIES,
    PLATFORM_TASKS,
    PLATFORMS,
    STRATEGY,
    VIENNA_TASKS,
)
from crimjust_research.programme.claims import CLAIMS
from crimjust_research.programme.countries import (
    COUNTRY_NAMES,
    DIFFERING_SPELLINGS,
    MAJORS,
    MAJORS_DETERMINATION,
    PRECURSOR_SOURCES,
    PRESENCE,
    PROPOSED_IN_ANNEX,
    PROPOSED_IN_ANSWER,
    majors_iso3,
    proposed_iso3,
)
from crimjust_research.programme.document import (
    DOCUMENT,
    EXPERIENCE,
    INTERESTS,
    PREMISES,
    QUESTIONS,
    REFERENCES,
)
from crimjust_research.programme.intervention import (
    AZURE_RESULTS,
    COMPONENTS,
    DURATION,
    OPERATION_AZURE,
    OUTCOMES,
    PILLARS,
    STEPS,
    total_cost,
)
from crimjust_research.programme.model import (
    Challenge,
    Claim,
    Component,
    Fact,
    Mention,
    Note,
    Outcome,
    Phase,
    Posting,
    Quantity,
    WorkStream,
    sum_of_ranges,
)
from crimjust_research.programme.notes import NOTES
from crimjust_research.programme.phases import PHASES, phase_frame, phase_of
from crimjust_research.programme.table import COLUMNS, as_table, registry_frames
from crimjust_research.programme.uncac import CHALLENGES, CHAPTERS, REVIEW_FINDINGS, REVIEW_MECHANISM

__all__ = [
    "ADVISERS",
    "ASSISTANCE_TYPES",
    "AZURE_RESULTS",
    "CHALLENGES",
    "CHANNELS",
    "CHAPTERS",
    "CLAIMS",
    "COLUMNS",
    "COMPONENTS",
    "COUNTRY_NAMES",
    "DIFFERING_SPELLINGS",
    "DOCUMENT",
    "DURATION",
    "EXPERIENCE",
    "HUBS",
    "HUB_TASKS",
    "INTERESTS",
    "MAJORS",
    "MAJORS_DETERMINATION",
    "NOTES",
    "OPERATION_AZURE",
    "OUTCOMES",
    "PARTNER_BODIES",
    "PHASES",
    "PILLARS",
    "PLATFORMS",
    "PLATFORM_TASKS",
    "PRECURSOR_SOURCES",
    "PREMISES",
    "PRESENCE",
    "PROPOSED_IN_ANNEX",
    "PROPOSED_IN_ANSWER",
    "QUESTIONS",
    "REFERENCES",
    "REVIEW_FINDINGS",
    "REVIEW_MECHANISM",
    "STEPS",
    "STRATEGY",
    "VIENNA_TASKS",
    "Challenge",
    "Claim",
    "Component",
    "Fact",
    "Mention",
    "Note",
    "Outcome",
    "Phase",
    "Posting",
    "Quantity",
    "WorkStream",
    "as_table",
    "majors_iso3",
    "phase_frame",
    "phase_of",
    "proposed_iso3",
    "registry_frames",
    "sum_of_ranges",
    "total_cost",
]
