"""By which advisers, platforms and hubs for the Convention against Corruption a country is reached, as notebook 13 has it."""

from collections.abc import Iterator, Sequence

from crimjust_research.report.country.known import ASSISTANCE, Known, Row
from crimjust_research.report.country.told import Fact, Part

_CHANNELS = {"adviser": "Adviser", "platform": "Platform", "hub": "Hub"}
_ALL = "Advisers, platforms, hubs"
_POSTED = "posted in the State"
_PRESENT = "present"
_BY_THEN, _PUBLISHED = "by then", "published"
_EITHER = "either reading"
_READ = (("programme", ()), ("uncac_platforms", ()))


def channels(known: Known, iso3: str) -> Part:
    """Each adviser, platform and hub that reaches the country or is to, since when and who says so; or that there is none.

    Without results of the notebook, those that the document posts in the country itself.
    """
    if known.presence is None:
        missing = f"the results of notebook 13 are missing; run `crimjust run {ASSISTANCE}`"
        facts = [Fact("For its region", missing), *_in_the_country(known, iso3)]
    else:
        rows = [row for row in known.presence if row["iso3"] == iso3]
        facts = [*_told(known, rows), *known.not_current([ASSISTANCE])]
    return Part("Help against corruption", tuple(facts), (), _READ)


def _in_the_country(known: Known, iso3: str) -> Iterator[Fact]:
    doc = known.document
    for posting in (*doc.advisers, *doc.platforms, *doc.hubs):
        if posting.iso3 == iso3:
            dated = f", {posting.date}" if posting.date else ""
            yield Fact("In the country", f"{posting.label} ({posting.status}{dated}; {posting.place})")


def _told(known: Known, rows: Sequence[Row]) -> Iterator[Fact]:
    """A fact for each row, in the notebook's order; the first has all of them in brief."""
    if not rows:
        yield Fact(_ALL, "none by the document, nor by UNODC's pages of platforms", "none told", "Reached by")
    brief = "; ".join(map(_in_brief, rows))
    for place, row in enumerate(rows):
        yield Fact(_CHANNELS[row["channel"]], _in_full(known, row), "" if place else brief, "Reached by")


def _in_full(known: Known, row: Row) -> str:
    """Which it is, for which region, since when; which reading of the region has the country, if only one; and who says so."""
    doc = known.document
    of_channel = {"adviser": doc.advisers, "platform": doc.platforms, "hub": doc.hubs}[row["channel"]]
    posting = next((one for one in of_channel if one.key == row["posting"]), None)
    who = posting.label if posting else f"Regional platform: {row['region']}"
    where = f", for {row['region']}" if row["region"] not in who else ""
    when = f", {_since(row)}" if row["status"] == _PRESENT else ""
    read = "" if row["reading"] == _EITHER else f"; a region of which it is by {row['reading']}"
    place = f"the document, {posting.place}" if posting else f"{row['told_by']}, not in the document"
    dated = "; dated by UNODC" if posting and row["dated"] == _PUBLISHED else ""
    return f"{who}{where}{when}{read} ({place}{dated})"


def _in_brief(row: Row) -> str:
    where = "" if row["how"] == _POSTED else f" for {row['region']}"
    when = _since(row) if row["status"] == _PRESENT else f"{row['status']} {row['since']}".rstrip()
    return f"{row['channel']}{where}, {when}"


def _since(row: Row) -> str:
    """From when it is there, and how well that is known: the document dates most advisers by its own day alone."""
    return f"{'there by' if row['dated'] == _BY_THEN else 'since'} {row['since']}"
