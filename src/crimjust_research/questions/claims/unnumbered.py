"""What the document states without printing a number: lists it gives, counted, and a date read another way.

`data/document/claims.yaml` holds what carries a printed figure. These stand beside them, made of the document's other entries.
"""

from __future__ import annotations

import pandas as pd

from crimjust_research import document
from crimjust_research.document import Claim, Document, Quantity
from crimjust_research.questions.assistance import channels
from crimjust_research.questions.claims import deaths
from crimjust_research.questions.claims.findings import Evidence, Finding, Published, found
from crimjust_research.questions.claims.rule import at_least, exactly
from crimjust_research.vocabulary import countries


def claims(said: Document) -> tuple[Claim, ...]:
    """Claims made of the document's lists and of the date of its footnote 4, in its order."""
    posted = [adviser for adviser in said.advisers if adviser.status == "present"]
    regional = [platform for platform in said.platforms if platform.iso3 is None]
    (third,) = (hub for hub in said.hubs if hub.status == "subject to resources")
    (record,) = (claim for claim in said.claims if claim.key == "overdose_record_may_2020")
    return (
        Claim(
            key="presence",
            label="CRIMJUST is present in the countries it names",
            wording="existing presence in countries of strategic importance",
            place=said.presence.place,
            quantity=_counted(len(said.presence.countries), "countries"),
        ),
        record.model_copy(
            update={"key": "record_reported", "label": "The record was reported in the month in which it ended"}
        ),
        Claim(
            key="advisers_posted",
            label="Advisers are posted in the places it names",
            wording=posted[0].wording,
            place=posted[0].place,
            quantity=_counted(len(posted), "advisers"),
        ),
        Claim(
            key="regional_platforms",
            label="Regional platforms serve the regions it names beside Mexico",
            wording=regional[0].wording,
            place=regional[0].place,
            quantity=_counted(len(regional), "regional platforms"),
        ),
        Claim(
            key="third_hub",
            label="A third hub will follow if resources allow",
            wording=third.wording,
            place=third.place,
            quantity=_counted(len(said.hubs), "hubs"),
        ),
    )


def _counted(number: int, unit: str) -> Quantity:
    return Quantity(low=number, high=number, unit=unit, qualifier="stated")


def presence(claim: Claim, evidence: Evidence) -> Finding:
    """Countries of the list that had joined or stood in a public activity by the document's date: a lower bound."""
    said = document.load()
    by = str(said.document.date)
    entries, events = evidence["programme_entry"], evidence["programme_event_countries"]
    joined = entries.loc[entries["documented"].fillna(entries["latest"]) <= by, "iso3"]
    active = events.loc[events["date_start"] <= by, "iso3"]
    named = list(said.presence.countries)
    seen = [iso3 for iso3 in named if iso3 in {*joined, *active}]
    source = "; ".join(dict.fromkeys(evidence.cited[t] for t in ("programme_entry", "programme_event_countries")))
    then = Published(
        claim.key,
        "then",
        "seen",
        exactly(len(seen)),
        "countries",
        source,
        n_obs=len(named),
        implies=at_least(len(seen)),
    )
    facts = {
        "joined": sum(iso3 in set(joined) for iso3 in named),
        "unseen": [countries.short_name(iso3) for iso3 in named if iso3 not in seen],
    }
    return found(claim, then, **facts)


def regional_platforms(claim: Claim, evidence: Evidence) -> Finding:
    """Regions of the document's platforms, beside Mexico, for which UNODC dates one as created by the document's date."""
    said = document.load()
    published = evidence["uncac_platforms"].groupby("platform")["since"].first()
    meant = channels.load().postings
    regional = [platform.key for platform in said.platforms if platform.iso3 is None]
    created = [key for key in regional if published.get(meant[key], "9999") <= str(said.document.date)]
    source, unit = evidence.cited["uncac_platforms"], "regional platforms"
    count = exactly(len(created))
    return found(claim, Published(claim.key, "then", "created", count, unit, source, n_obs=len(regional)))


def record_reported(claim: Claim, evidence: Evidence) -> Finding:
    """The month claimed for the report against that of CDC's announcement."""
    first = deaths.first_announced(evidence)
    apart = pd.Period(first.announced_on, freq="M") - pd.Period(str(claim.date), freq="M")
    facts = {"date": first.announced_on, "claimed": claim.date}
    then = Published(claim.key, "then", "reported_on", exactly(apart.n), "months", first.source, facts=facts)
    return Finding(claim, exactly(0), (then,))
