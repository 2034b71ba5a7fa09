"""The registry as one long table, the raw table `programme`: one row, one fact."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    MAJORS,
    PRECURSOR_SOURCES,
    PRESENCE,
    PROPOSED_IN_ANNEX,
    PROPOSED_IN_ANSWER,
)
from crimjust_research.programme.document import (
    DOCUMENT,
    EXPERIENCE,
    INTERESTS,
    PREMISES,
    QUESTIONS,
    REFERENCES,
)
from crimjust_research.programme.intervention import COMPONENTS, DURATION, OPERATION_AZURE, OUTCOMES
from crimjust_research.programme.model import Component, Fact, Mention, Posting, Quantity
from crimjust_research.programme.notes import NOTES
from crimjust_research.programme.phases import PHASES
from crimjust_research.programme.uncac import CHALLENGES, CHAPTERS, REVIEW_FINDINGS, REVIEW_MECHANISM

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "kind",
    "key",
    "iso3",
    "group",
    "label",
    "wording",
    "value_low",
    "value_high",
    "unit",
    "qualifier",
    "date",
    "place",
)

Row = dict[str, str | float | None]


def _row(
    kind: str,
    key: str,
    label: str,
    wording: str | None,
    place: str,
    *,
    iso3: str | None = None,
    group: str | None = None,
    quantity: Quantity | None = None,
    date: str | None = None,
) -> Row:
    return {
        "kind": kind,
        "key": key,
        "iso3": iso3,
        "group": group,
        "label": label,
        "wording": wording,
        "value_low": quantity.low if quantity else None,
        "value_high": quantity.high if quantity else None,
        "unit": quantity.unit if quantity else None,
        "qualifier": quantity.qualifier if quantity else None,
        "date": date,
        "place": place,
    }


def _facts(kind: str, *facts: Fact, group: str | None = None) -> Iterator[Row]:
    for fact in facts:
        yield _row(
            kind,
            fact.key,
            fact.label,
            fact.wording,
            fact.place,
            group=group,
            quantity=fact.quantity,
            date=fact.date,
        )


def _mentions(kind: str, countries: tuple[Mention, ...], group: str | None = None) -> Iterator[Row]:
    for country in countries:
        yield _row(
            kind,
            country.iso3,
            COUNTRY_NAMES[country.iso3],
            country.wording,
            country.place,
            iso3=country.iso3,
            group=group,
        )


def _proposed() -> Iterator[Row]:
    annex = {country.iso3: country.place for country in PROPOSED_IN_ANNEX}
    for row in _mentions("proposed_country", PROPOSED_IN_ANSWER):
        yield row | {"place": f"{row['place']}; {annex[str(row['iso3'])]}"}


def _phases() -> Iterator[Row]:
    for phase in PHASES:
        label = f"{phase.language}-speaking, {phase.region}"
        yield _row("phase", f"phase_{phase.number}", label, phase.wording, phase.place)
    for phase in PHASES:
        yield from _mentions("phase_country", phase.countries, group=f"phase_{phase.number}")


def _component(component: Component, stream_kind: str) -> Iterator[Row]:
    key = f"component_{component.number}"
    yield _row("component", key, component.label, component.wording, component.place)
    yield from _facts("component_summary", component.summary, group=key)
    yield from _facts("cost", component.cost, group=key)
    for stream in component.streams:
        stream_key = f"{stream_kind}_{stream.number}"
        yield _row(stream_kind, stream_key, stream.label, stream.wording, stream.place, group=key)
        yield from _facts(f"{stream_kind}_summary", stream.summary, group=stream_key)
        yield from _facts("activity", *stream.activities, group=stream_key)


def _postings(kind: str, postings: tuple[Posting, ...]) -> Iterator[Row]:
    for posting in postings:
        yield _row(
            kind,
            posting.key,
            posting.label,
            posting.wording,
            posting.place,
            iso3=posting.iso3,
            group=posting.status,
            date=posting.date,
        )


def _rows() -> Iterator[Row]:
    yield from _facts("document", DOCUMENT)
    yield from _facts("question", *QUESTIONS)
    yield from _mentions("major", MAJORS)
    yield from _proposed()
    yield from _mentions("presence", PRESENCE)
    yield from _facts("precursor_sources", PRECURSOR_SOURCES)
    yield from _facts("premise", *PREMISES)
    yield from _facts("interest", *INTERESTS)
    yield from _facts("experience", *EXPERIENCE)
    for component, stream_kind in zip(COMPONENTS, ("pillar", "step"), strict=True):
        yield from _component(component, stream_kind)
    yield from _facts("duration", DURATION)
    yield from _phases()
    for outcome in OUTCOMES:
        key = f"outcome_{outcome.number}"
        yield _row("outcome", key, outcome.title, outcome.quotation, outcome.place)
    yield from _facts("operation_azure", *OPERATION_AZURE)
    yield from _facts("review_mechanism", *REVIEW_MECHANISM)
    yield from _facts("chapter", *CHAPTERS)
    for challenge in CHALLENGES:
        yield _row(
            "challenge",
            challenge.key,
            challenge.label,
            challenge.wording,
            challenge.place,
            group=f"chapter_{challenge.chapter}",
        )
    yield from _facts("review_finding", *REVIEW_FINDINGS)
    yield from _facts("assistance_type", *ASSISTANCE_TYPES)
    yield from _facts("strategy", STRATEGY)
    yield from _facts("channel", *CHANNELS)
    yield from _facts("vienna_task", *VIENNA_TASKS)
    yield from _postings("adviser", ADVISERS)
    yield from _postings("platform", PLATFORMS)
    yield from _facts("platform_task", *PLATFORM_TASKS)
    yield from _postings("hub", HUBS)
    yield from _facts("hub_task", *HUB_TASKS)
    yield from _facts("partner_body", *PARTNER_BODIES)
    yield from _facts("reference", *REFERENCES)
    for claim in CLAIMS:
        yield _row(
            "claim",
            claim.key,
            claim.text,
            claim.wording,
            claim.place,
            quantity=claim.quantity,
            date=claim.date,
        )
    for note in NOTES:
        yield _row("note", note.key, note.text, None, note.place)


def as_table() -> "pd.DataFrame":
    """Every fact of the registry, one row each, in the document's order by kind.

    Key: (kind, key). Columns: iso3 for a country; group for what the row belongs to (phase_1, component_1,
    pillar_2, step_3, chapter_IV, or the status of a posting); label in this project's words; wording as the
    place cited has it (None for notes); value_low and value_high in `unit`, an open bound missing; qualifier
    (see Quantity); date (ISO 8601, as precise as the text); place in the document.
    """
    import pandas as pd

    table = pd.DataFrame(list(_rows()), columns=list(COLUMNS))
    values = ["value_low", "value_high"]
    texts = table.columns.difference(values, sort=False)
    return table.astype(dict.fromkeys(values, "float64") | dict.fromkeys(texts, "str"))


def registry_frames() -> "dict[str, pd.DataFrame]":
    """The long table split by kind, each frame without the columns its kind never fills."""
    return {
        str(kind): rows.dropna(axis="columns", how="all").reset_index(drop=True)
        for kind, rows in as_table().groupby("kind", sort=False)
    }
