"""Advisers, platforms and hubs by State: what the document says, what UNODC publishes, and where a reading decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crimjust_research.document import Document, Posting
from crimjust_research.errors import DataError
from crimjust_research.questions.assistance import channels
from crimjust_research.questions.assistance.params import Params
from crimjust_research.vocabulary import countries, country_groups

ADVISER, PLATFORM, HUB, ANY = "adviser", "platform", "hub", "any"
CHANNELS = (ADVISER, PLATFORM, HUB)
# Advisers and platforms have been at work long enough for a summary to follow; the one hub was four months old.
STUDIED = (ANY, ADVISER, PLATFORM)
# Which reading of a region has a State in it.
EITHER, MEMBERS, M49 = "either reading", "UNODC's members alone", "M49 alone"
NAMED, REGION, PLANNED, NONE = "posted in the State", "serves its region", "planned", "none"
HOW = (NONE, PLANNED, REGION, NAMED)
_PRESENT = "present"
_DOCUMENT, _PUBLISHER = "the document", "UNODC"
_FROM_THE_START = 0  # a year before any


@dataclass(frozen=True)
class Platform:
    """A regional platform as UNODC publishes it, and the document's platforms that it is."""

    label: str
    since: str
    states: frozenset[str]
    address: str
    postings: tuple[str, ...]


def platforms(table: pd.DataFrame, said: Document) -> dict[str, Platform]:
    """UNODC's platforms by key, of the table `uncac_platforms`.

    Raises
    ------
    DataError
        If the reading of the document's platforms names one that the document or the table has not.
    """
    read = channels.load().postings
    known = {posting.key for posting in said.platforms}
    if unknown := sorted((read.keys() - known) | (known - read.keys()) | (set(read.values()) - set(table["platform"]))):
        raise DataError(
            f"{channels.FILE}, the source document and uncac_platforms differ in {', '.join(unknown)}; mend `postings`"
        )
    return {
        str(key): Platform(
            rows["label"].iloc[0],
            rows["since"].iloc[0],
            frozenset(rows["iso3"]),
            rows["source_address"].iloc[0],
            tuple(posting for posting, platform in read.items() if platform == key),
        )
        for key, rows in table.groupby("platform", sort=False)
    }


def postings(said: Document, table: pd.DataFrame) -> pd.DataFrame:
    """Every State that an adviser, platform or hub reaches or is to reach, a row each.

    Parameters
    ----------
    table : `uncac_platforms`.

    Returns
    -------
    DataFrame: iso3, country, channel, posting (key), status, told_by, how (posted in the State, or serves its region), region (in
    the document's words), reading (which readings of the region have the State), since (as precise as the text, empty if
    planned without date), dated (published, stated in the document, by the document's date: an upper bound, or planned) and
    address (of what UNODC publishes).

    Raises what `platforms` does.
    """
    found = platforms(table, said)
    by_posting = {key: platform for platform in found.values() for key in platform.postings}
    of_channels = ((ADVISER, said.advisers), (PLATFORM, said.platforms), (HUB, said.hubs))
    rows = [
        {"channel": channel, "posting": each.key, "status": each.status, "told_by": _DOCUMENT} | row
        for channel, several in of_channels
        for each in several
        for row in _states(each, said, by_posting.get(each.key) if channel == PLATFORM else None)
    ]
    later = {key: platform for key, platform in found.items() if not platform.postings}
    rows += [
        {"channel": PLATFORM, "posting": key, "status": _PRESENT, "told_by": _PUBLISHER, "iso3": iso3}
        | _of(REGION, EITHER, platform.label, platform.since, "published", platform.address)
        for key, platform in later.items()
        for iso3 in sorted(platform.states)
    ]
    made = pd.DataFrame(rows)
    made.insert(0, "country", made["iso3"].map(countries.short_name))
    made.insert(0, "iso3", made.pop("iso3"))
    return made


def _states(posting: Posting, said: Document, platform: Platform | None) -> Iterator[dict[str, Any]]:
    """The States of one posting, each once: where it is posted, then those of the region it serves."""
    since, dated, address = _since(posting, said, platform)
    if posting.iso3:
        yield {"iso3": posting.iso3} | _of(NAMED, EITHER, posting.covers or "", since, dated, address)
    if not posting.covers:
        return
    region = set(country_groups.load().served(posting.covers))
    members = set(platform.states) if platform else region
    if platform and len(platform.postings) > 1:
        # The document parts what UNODC publishes as one: the other's State is its own posting.
        members -= {each.iso3 for each in said.platforms if each.key in platform.postings}
    for iso3 in sorted((region | members) - {posting.iso3}):
        reading = EITHER if iso3 in region & members else MEMBERS if iso3 in members else M49
        yield {"iso3": iso3} | _of(REGION, reading, posting.covers, since, dated, address)


def _since(posting: Posting, said: Document, platform: Platform | None) -> tuple[str, str, str]:
    if posting.status != _PRESENT:
        return posting.date or "", "planned", ""
    if platform:
        return platform.since, "published", platform.address
    if posting.date:
        return posting.date, "stated", ""
    return str(said.document.date), "by then", ""


def _of(how: str, reading: str, region: str, since: str, dated: str, address: str) -> dict[str, str]:
    return {"how": how, "region": region, "reading": reading, "since": since, "dated": dated, "address": address}


def counted(table: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Rows of `postings` that the reading of regions asked for has in it."""
    return table[table["reading"] != (M49 if p.regions == "members" else MEMBERS)]


def reached(table: pd.DataFrame, channel: str, p: Params) -> pd.Series[Any]:
    """First year in which a State is reached through a channel, or through adviser or platform (`any`), by iso3.

    Only what is present counts. Dates follow `p.dating`: as published, stated or by the document's date; all in the year of the
    document; or from the start on. The last two take the document's presence alone.
    """
    rows = _present(table, channel, p)
    years: pd.Series[Any] = rows.groupby("iso3")["year"].min()
    return years


def through(table: pd.DataFrame, channel: str, p: Params) -> pd.Series[Any]:
    """The posting that reaches a State first, as `reached` counts, by iso3; States of one posting have it together."""
    rows = _present(table, channel, p).sort_values(["year", "channel", "posting"], kind="stable")
    names = rows["channel"] + " " + rows["posting"]
    return names.groupby(rows["iso3"]).first()


def _present(table: pd.DataFrame, channel: str, p: Params) -> pd.DataFrame:
    """Rows of `postings` that are there, with year, the first that counts."""
    of = [ADVISER, PLATFORM] if channel == ANY else [channel]
    rows = counted(table, p)
    rows = rows[rows["channel"].isin(of) & (rows["status"] == _PRESENT)]
    if p.dating != "published":
        rows = rows[rows["told_by"] == _DOCUMENT]
    years = rows["since"].str[:4].astype("int64")
    if p.dating == "ever":
        years = years * 0 + _FROM_THE_START
    elif p.dating == "document":
        years = years * 0 + int(table.loc[table["dated"] == "by then", "since"].iloc[0][:4])
    return rows.assign(year=years)


def by_the_document(table: pd.DataFrame, channel: str, p: Params) -> set[str]:
    """States that a channel reaches by the document, whatever the dating asked for."""
    return set(reached(table, channel, p.model_copy(update={"dating": "document"})).index)


def of_phase_states(table: pd.DataFrame, said: Document, p: Params) -> pd.DataFrame:
    """How each channel reaches each State of the phases by the document: iso3, country, phase, panel, channel, how.

    The nearest way counts: posted in the State, serving its region, planned, none.
    """
    rows = counted(table, p)
    rows = rows[rows["told_by"] == _DOCUMENT]
    rows = rows.assign(how=rows["how"].where(rows["status"] == _PRESENT, PLANNED))
    nearest = rows.assign(rank=rows["how"].map(HOW.index)).groupby(["iso3", "channel"])["rank"].max()
    phases = said.phase_frame()
    found = [
        (row.iso3, row.country, row.phase, f"Phase {row.phase}", channel, HOW[nearest.get((row.iso3, channel), 0)])
        for row in phases.itertuples()
        for channel in CHANNELS
    ]
    return pd.DataFrame(found, columns=["iso3", "country", "phase", "panel", "channel", "how"])


def shares(states: pd.DataFrame) -> pd.DataFrame:
    """Share of the phase States that each channel reaches, and of those that adviser or platform does: a count, not a sample.

    Returns
    -------
    DataFrame: name (channel), words, estimate, n_obs, reached, named (in which it is posted).
    """
    wide = states.pivot_table(index="iso3", columns="channel", values="how", aggfunc="first")
    here = wide.isin([NAMED, REGION])
    here[ANY] = here[ADVISER] | here[PLATFORM]
    words = {ANY: "an adviser or a platform", ADVISER: "an adviser", PLATFORM: "a platform", HUB: "a hub"}
    rows = [
        (name, words[name], float(here[name].mean()), len(here), int(here[name].sum()))
        for name in (ANY, ADVISER, PLATFORM, HUB)
    ]
    table = pd.DataFrame(rows, columns=["name", "words", "estimate", "n_obs", "reached"])
    named = [
        int((wide == NAMED).any(axis=1).sum() if name == ANY else (wide[name] == NAMED).sum()) for name in table["name"]
    ]
    return table.assign(named=named)


def by_phase(states: pd.DataFrame) -> pd.DataFrame:
    """States of each phase that each channel reaches: phase, states, adviser, platform, hub, none (of these three)."""
    here = states.assign(here=states["how"].isin([NAMED, REGION]))
    wide = here.pivot_table(index=["phase", "iso3"], columns="channel", values="here", aggfunc="any")
    table = wide.groupby("phase")[list(CHANNELS)].sum()
    return table.assign(
        states=wide.groupby("phase").size(), none=(~wide.any(axis=1)).groupby("phase").sum()
    ).reset_index()[["phase", "states", *CHANNELS, "none"]]


def decided_by_reading(table: pd.DataFrame) -> pd.DataFrame:
    """States that one reading of a region has and the other has not: posting, region, reading, states (their names)."""
    rows = table[table["reading"] != EITHER]
    named = rows.groupby(["posting", "region", "reading"], sort=False)["country"].agg(", ".join)
    return named.rename("states").reset_index()
