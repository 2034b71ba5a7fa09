"""What the source document says, read from `data/document`: who, where, when, at what cost, and what it claims.

The document is UNODC's "Responses to Questions for the Record from Senator Sheldon Whitehouse" (U.S. Senate Caucus on
International Narcotics Control, 12 December 2021). The files hold one section or several each; `Document` declares
every section and field, and `load` refuses whatever departs from it. In every entry `label` is this project's wording,
`wording` the phrase by which the entry is found in the text, and `place` where that text stands, as
"Q1, Annex 1, Scope, bullet 2": numbered items are called what the document calls them (pillar, phase, outcome), other
numbers count bullets and paragraphs from 1 under their heading. Contradictions are kept as notes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, ValidationInfo, field_validator, model_validator

from crimjust_research import yaml_files
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.yaml_files import Distinct, Entry, Text, distinct, matching

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "data/document"
# What this project lays beside the document's own statements: read by `framework`.
_OF_THE_FRAMEWORK = ("results_framework.yaml", "coverage.yaml")
# Sections of plain facts, in the document's order, and what a fact of each is called.
FACTS: Mapping[str, str] = {
    "document": "document",
    "questions": "question",
    "aims": "aim",
    "precursor_sources": "precursor_sources",
    "premises": "premise",
    "interests": "interest",
    "experience": "experience",
    "conditions": "condition",
    "duration": "duration",
    "operation_azure": "operation_azure",
    "review_mechanism": "review_mechanism",
    "chapters": "chapter",
    "review_findings": "review_finding",
    "assistance_types": "assistance_type",
    "delivery": "delivery",
    "strategy": "strategy",
    "channels": "channel",
    "vienna_tasks": "vienna_task",
    "platform_tasks": "platform_task",
    "hub_tasks": "hub_task",
    "partner_bodies": "partner_body",
    "references": "reference",
    "claims": "claim",
}

# --- The schema: what an entry holds ----------------------------------------------------------------------------------


def _declared(code: str, info: ValidationInfo) -> str:
    """A country's code, if the section `countries` of the same files names it."""
    declared = (info.context or {}).get("countries")
    if declared is not None and code not in declared:
        # Three letters are near many codes; only a transposition says which was meant.
        near = [known for known in declared if sorted(known) == sorted(code)]
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"the section `countries` has no such code; {hint}Declare it there or mend it")
    return code


ItemName = Annotated[
    str, matching(r"\w+/\w+", "an item of the document is named by its section and key, as claims/phases_6")
]
Key = Annotated[str, matching(r"\w+", "a key is one word of letters, digits and underscores, as hub_early_2022")]
Iso3 = Annotated[str, matching("[A-Z]{3}", "a country is its ISO 3166 alpha-3 code, as PAN"), AfterValidator(_declared)]
Date = Annotated[
    str,
    matching(
        r"\d{4}(-\d{2}){0,2}(/\d{4}(-\d{2})?)?",
        "a date is ISO 8601 and as precise as the text, as 2021, 2021-08, 2021-08-31 or 2021/2025",
    ),
]


class Quantity(Entry):
    """A figure as the document commits to it: bounds, a unit and how firmly it is put.

    `stated` is a bare figure (low equals high), `about` a rounded one (half a rounding unit either side), `at least`
    and `over` give a lower bound (`over` excludes it), `range` two published ends. An upper bound it does not give is
    None.
    """

    low: float
    high: float | None = None
    unit: Text
    qualifier: Literal["stated", "about", "at least", "over", "range"]

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        if self.high is None and self.qualifier not in ("at least", "over"):
            raise ValueError(f"a quantity that is {self.qualifier!r} has an upper bound too; give `high`")
        if self.high is not None and self.low > self.high:
            raise ValueError(f"the lower bound {self.low:g} is above the upper bound {self.high:g}; exchange them")
        if self.qualifier == "stated" and self.low != self.high:
            raise ValueError(
                f"a stated figure is one figure, not {self.low:g} to {self.high:g}; mend it or the qualifier"
            )
        return self


class Statement(Entry):
    """Something the document says, in its words and in this project's."""

    label: Text
    wording: Text
    place: Text


class Fact(Statement):
    """One statement, under a key of its own; `date` is as precise as the text."""

    key: Key
    quantity: Quantity | None = None
    date: Date | None = None


class Cost(Fact):
    """What a component costs; the key is the component's."""

    quantity: Quantity


class Claim(Fact):
    """A checkable claim; `quantity`, `date` or both say what is to be checked.

    `restates` are entries of other sections that say no more than the claim does: they are no items of their own.
    """

    restates: tuple[ItemName, ...] = ()

    @model_validator(mode="after")
    def _can_be_checked(self) -> Self:
        if self.quantity is None and self.date is None:
            raise ValueError("a claim without quantity and date cannot be checked; give one, or make it a fact")
        return self


class Note(Entry):
    """A contradiction, gap or ambiguity in the document, recorded rather than resolved."""

    key: Key
    label: Text
    places: tuple[Text, ...]


class CountryList(Entry):
    """Countries in the order and spelling of a list in the text: ISO 3166 alpha-3 code to spelling."""

    place: Text
    countries: Mapping[Iso3, Text]


class Phase(CountryList):
    """A cluster of countries in Component 2; `language` is the one its heading names."""

    number: int
    language: Text
    region: Text
    wording: Text


class WorkStream(Statement):
    """A pillar of Component 1 or a step of Component 2; `summary` is its shorter form in the answer."""

    number: int
    summary: Statement
    activities: tuple[Fact, ...]


class Component(Statement):
    """A component of the proposed intervention; `summary` is its shorter form in the answer, before the annex."""

    number: int
    summary: Statement
    stream: Literal["pillar", "step"]
    streams: Annotated[tuple[WorkStream, ...], Distinct]


class Outcome(Statement):
    """An intended outcome; its wording is the document's sentence in full."""

    number: int


class Challenge(Statement):
    """A challenge most often met in UNCAC reviews, under the Convention's chapter that the document gives."""

    key: Key
    chapter: Literal["II", "III", "IV", "V"]


class Posting(Statement):
    """A field adviser, regional platform or hub.

    `iso3` is None where the document names only a region; `covers` is the region served as the document puts it,
    None where only the country itself is named.
    """

    key: Key
    status: Literal["present", "planned", "subject to resources"]
    iso3: Iso3 | None = None
    covers: Text | None = None
    date: Date | None = None


def _distinct_activities(components: tuple[Component, ...]) -> tuple[Component, ...]:
    distinct([activity for component in components for stream in component.streams for activity in stream.activities])
    return components


Facts = Annotated[tuple[Fact, ...], Distinct]
Postings = Annotated[tuple[Posting, ...], Distinct]


class Item(NamedTuple):
    """One thing the document says: its section and key in `data/document`, what it is, and where the text has it."""

    section: str
    key: str
    kind: str
    label: str
    place: str

    @property
    def name(self) -> str:
        return f"{self.section}/{self.key}"


def _entries(section: object) -> tuple[Any, ...]:
    """The entries of a section; one where the section is an entry itself."""
    return section if isinstance(section, tuple) else (section,)


class Document(Entry):
    """Every section of `data/document`, in the document's order."""

    document: Fact
    questions: Facts
    aims: Facts
    other_sources: tuple[Text, ...]

    countries: Mapping[Iso3, Text]
    majors: CountryList
    proposed_in_answer: CountryList
    proposed_in_annex: CountryList
    presence: CountryList
    precursor_sources: Fact

    premises: Facts
    interests: Facts
    experience: Facts
    conditions: Facts
    operation_azure: Facts

    components: Annotated[tuple[Component, ...], Distinct, AfterValidator(_distinct_activities)]
    costs: Annotated[tuple[Cost, ...], Distinct]
    duration: Fact
    phases: Annotated[tuple[Phase, ...], Distinct]
    outcomes: Annotated[tuple[Outcome, ...], Distinct]

    review_mechanism: Facts
    review_findings: Facts
    chapters: Facts
    challenges: Annotated[tuple[Challenge, ...], Distinct]

    assistance_types: Facts
    delivery: Facts
    strategy: Fact
    channels: Facts
    vienna_tasks: Facts
    advisers: Postings
    platforms: Postings
    platform_tasks: Facts
    hubs: Postings
    hub_tasks: Facts
    partner_bodies: Facts

    references: Facts
    claims: Annotated[tuple[Claim, ...], Distinct]
    notes: Annotated[tuple[Note, ...], Distinct]

    @field_validator("claims")
    @classmethod
    def _restated_are_there(cls, claims: tuple[Claim, ...], info: ValidationInfo) -> tuple[Claim, ...]:
        sections = {name: _entries(section) for name, section in info.data.items()}
        known = {f"{name}/{e.key}" for name, entries in sections.items() for e in entries if hasattr(e, "key")}
        # A section that is faulty itself is not among them, and told of elsewhere.
        faulty = cls.model_fields.keys() - sections.keys()
        for claim in claims:
            for name in claim.restates:
                if name not in known and name.partition("/")[0] not in faulty:
                    hint = did_you_mean(name, known)
                    raise ValueError(f"{claim.key} restates {name!r}; {hint}there is no such entry")
        return claims

    @property
    def majors_iso3(self) -> tuple[str, ...]:
        """The 22 Majors of fiscal year 2021, in the determination's alphabetical order."""
        return tuple(self.majors.countries)

    @property
    def proposed_iso3(self) -> tuple[str, ...]:
        """The 17 countries the intervention is proposed for, in the order of the answer (the annex reorders them)."""
        return tuple(self.proposed_in_answer.countries)

    @property
    def pillars(self) -> tuple[WorkStream, ...]:
        """Of Component 1."""
        return self.components[0].streams

    @property
    def steps(self) -> tuple[WorkStream, ...]:
        """Of Component 2."""
        return self.components[1].streams

    def facts(self, section: str) -> tuple[Fact, ...]:
        """The facts of a section of `FACTS`; one where the section is a fact itself."""
        return tuple(_entries(getattr(self, section)))

    def items(self) -> tuple[Item, ...]:
        """Everything the document says, once: 211 items in the order of its sections.

        A list of countries is one item. Left out are entries that a claim states already, shorter forms in the answer of
        what the annex says in full, what does not come from the document itself, and this project's notes on it.
        """
        restated = {name for claim in self.claims for name in claim.restates}
        return tuple(item for item in self._all() if item.name not in restated and item.place not in self.other_sources)

    def _all(self) -> Iterator[Item]:
        """Every entry that could be an item."""

        def item(section: str, key: str, kind: str, entry: Statement) -> Item:
            return Item(section, key, kind, entry.label, entry.place)

        for section, kind in FACTS.items():
            yield from (item(section, fact.key, kind, fact) for fact in self.facts(section))
        proposed = f"{self.proposed_in_answer.place}; {self.proposed_in_annex.place}"
        yield Item("lists", "proposed", "list", f"The {len(self.proposed_iso3)} proposed countries, named", proposed)
        present = f"The {len(self.presence.countries)} countries in which CRIMJUST is present, named"
        yield Item("lists", "presence", "list", present, self.presence.place)
        for phase in self.phases:
            label = f"Phase {phase.number}: {phase.language}-speaking, {phase.region}"
            yield Item("phases", f"phase_{phase.number}", "phase", label, phase.place)
        for component in self.components:
            yield item("components", f"component_{component.number}", "component", component)
            for stream in component.streams:
                yield item(f"{component.stream}s", f"{component.stream}_{stream.number}", component.stream, stream)
                yield from (item("activities", a.key, "activity", a) for a in stream.activities)
        yield from (item("costs", cost.key, "cost", cost) for cost in self.costs)
        yield from (item("outcomes", f"outcome_{o.number}", "outcome", o) for o in self.outcomes)
        yield from (item("challenges", c.key, "challenge", c) for c in self.challenges)
        postings = {"advisers": self.advisers, "platforms": self.platforms, "hubs": self.hubs}
        for section, posted in postings.items():
            yield from (item(section, posting.key, section.removesuffix("s"), posting) for posting in posted)

    def total_cost(self) -> Quantity:
        """Cost of both components over four years in USD; the document gives no total, so the ranges are summed."""
        return sum_of_ranges(cost.quantity for cost in self.costs)

    def phase_frame(self) -> "pd.DataFrame":
        """One row per phase country (33), in the document's order.

        Columns: phase (int), language, region, iso3, country (short name), proposed (bool, one of the 17), major
        (bool, one of the 22).
        """
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "phase": phase.number,
                    "language": phase.language,
                    "region": phase.region,
                    "iso3": iso3,
                    "country": self.countries[iso3],
                    "proposed": iso3 in self.proposed_iso3,
                    "major": iso3 in self.majors_iso3,
                }
                for phase in self.phases
                for iso3 in phase.countries
            ]
        )


def sum_of_ranges(quantities: Iterable[Quantity]) -> Quantity:
    """Sum of ranges: the lower bounds add up to the lower bound, the upper to the upper.

    Raises DataError for no quantities, different units or an open bound, none of which has a sum.
    """
    terms = tuple(quantities)
    units = sorted({term.unit for term in terms})
    if len(units) != 1:
        raise DataError(f"Ranges add up in one unit; these have {', '.join(units) or 'none'}.")
    highs = [term.high for term in terms if term.high is not None]
    if len(highs) < len(terms):
        raise DataError(f"Ranges in {units[0]} add up only if each has both bounds; give the upper one.")
    return Quantity(low=sum(term.low for term in terms), high=sum(highs), unit=units[0], qualifier="range")


def load() -> Document:
    """The document as `data/document/*.yaml` of this checkout have it; files are parsed again only if they changed.

    Raises
    ------
    DataError
        Naming file, entry and value of every departure from the schema, and what to do about it.
    """
    return yaml_files.load(Document, f"{FOLDER}/*.yaml", but=_OF_THE_FRAMEWORK)
