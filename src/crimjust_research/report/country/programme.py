"""A country's part in the programme: the lists it is on, how it came to CRIMJUST, and the public events it was at."""

from collections import Counter
from collections.abc import Iterator, Mapping

from crimjust_research.data.ingest.other_programmes import BY, INFERRED
from crimjust_research.numbers import plural
from crimjust_research.report.country.known import Known, Row
from crimjust_research.report.country.told import MANY, Fact, Part, of_all, span, years
from crimjust_research.report.tables import Table

_NAMED = "Named as present"


def lists(known: Known, iso3: str) -> Part:
    """The Majors List by year, the proposal of 2021, and the entry into the programme."""
    return Part(
        "Lists and entry",
        (*_majors(known, iso3), *_proposal(known, iso3), *_entry(known, iso3)),
        (),
        (("countries", ("programme", "programme_entry")), ("country_year", ("majors_list",)), ("programme_entry", ())),
    )


def _majors(known: Known, iso3: str) -> Iterator[Fact]:
    rows = known.years.get(iso3, ())
    on = [row["year"] for row in rows if row["majors_list"]]
    failed = [row["year"] for row in rows if row["failed_demonstrably"]]
    read = f"lists read: {years(known.majors_read)}"
    says = f"fiscal years {years(on)}" if on else "on none"
    yield Fact("Majors List", f"{says} ({read})", says)
    if failed:
        yield Fact("Found to have failed demonstrably", f"fiscal years {years(failed)}")


def _proposal(known: Known, iso3: str) -> Iterator[Fact]:
    row, doc = known.countries[iso3], known.document
    of = f"{'' if row['proposed'] else 'not '}one of the {len(doc.proposed_iso3)} countries"
    yield Fact("Proposal of 2021", f"{of} it was proposed for", of)
    phase = next((phase for phase in doc.phases if iso3 in phase.countries), None)
    if phase:
        about = f"{phase.language}-speaking countries, {phase.region}"
        yield Fact("Phase", f"phase {phase.number} of {len(doc.phases)}: {about}", f"{phase.number}: {about}")
    else:
        yield Fact("Phase", f"in none of its {len(doc.phases)} phases")
    if iso3 in doc.presence.countries:
        said = f"named as one of {len(doc.presence.countries)} countries where there is a presence"
        yield Fact("Presence", f"{said} ({doc.presence.place})", "yes", _NAMED)
    else:
        yield Fact(
            "Presence",
            f"not among the {len(doc.presence.countries)} countries named ({doc.presence.place})",
            "no",
            _NAMED,
        )


def _entry(known: Known, iso3: str) -> Iterator[Fact]:
    rows = known.entry.get(iso3, ())
    if not rows:
        yield Fact("Entry into CRIMJUST", "no public page names it as joining")
    for row in rows:
        between = f"between {row['earliest']} and {row['latest']}"
        if row["precision"] == "exact":
            when = f"joined on {row['documented']}"
        elif row["precision"] == "by":
            when = f"documented by {row['documented']}, joined {between}"
        else:
            when = f"no date is documented; joined {between}"
        yield Fact("Entry into CRIMJUST", f"tier {row['tier']}: {when} ({row['basis']})", f"tier {row['tier']}: {when}")


def others_at_work(known: Known, iso3: str) -> Part:
    """Other programmes against drug trafficking and organised crime that public pages tell of, by their years."""
    rows = known.programmes.get(iso3, ())
    named = {word: known.programme_names.programmes[word] for word in dict.fromkeys(row["programme"] for row in rows)}
    told = known.programme_sources.get(iso3, ())
    precision = {(row["programme"], row["first_year"]): row["precision"] for row in told}
    when = {word: ", ".join(_years_of(row, precision) for row in rows if row["programme"] == word) for word in named}
    read = (("other_programmes", ()),)
    if not rows:
        says = "none that public pages tell of; it may have had some all the same"
        return Part("Other programmes", (Fact("On record", says, "none told"),), (), read)
    table = Table(
        "Years known from public pages: “by” one, it may have begun before; without an end, it may be at work or have ended",
        ("Programme", "Years"),
        tuple((one.name, when[word]) for word, one in named.items()),
    )
    brief = "; ".join(f"{one.short} {when[word]}" for word, one in named.items())
    publishers = tuple(dict.fromkeys(row["publisher"] for row in told))
    return Part(
        "Other programmes", (Fact("On record", plural(len(named), "programme"), brief),), (table,), read, publishers
    )


def _years_of(row: Row, precision: Mapping[tuple[str, int], str]) -> str:
    """From when to when; where the first year is of a text that found it at work, "by" it."""
    known_as = precision.get((row["programme"], row["first_year"]))
    if known_as == BY:
        return f"by {row['first_year']}" + (f", to {row['last_year']}" if row["last_year"] else "")
    told = span(row["first_year"], row["last_year"]) if row["last_year"] else f"from {row['first_year']}"
    return f"{told} (inferred)" if known_as == INFERRED else told


def events(known: Known, iso3: str) -> Part:
    """Public events it was at by year and kind, the last of them, those it hosted and the persons trained there."""
    seen = sorted(known.seen.get(iso3, ()), key=lambda row: (row["date_start"], row["event"]))
    hosted = [row for row in known.events if row["place"] == iso3]
    facts = [*_took_part(known, seen), *_hosted(hosted)]
    last = Table(
        "The last events it was at",
        ("First day", "Kind", "Held in", "States", "Date"),
        tuple(
            (
                row["date_start"],
                row["type"],
                known.name(row["place"]) if row["place"] else "online or not stated",
                row["n_states"],
                row["dating"],
            )
            for row in reversed(seen[-MANY:])
        ),
    )
    read = (("cooperation_events", ("programme_event_countries",)), ("programme_events", ()))
    return Part("Public events of CRIMJUST", tuple(facts), (last,) if seen else (), read)


def _took_part(known: Known, seen: list[Row]) -> Iterator[Fact]:
    if not seen:
        yield Fact("Took part in", f"none of {len(known.events)} public events names it", "no public event")
        return
    kinds = ", ".join(f"{kind} {count}" for kind, count in Counter(row["type"] for row in seen).most_common())
    by_year = ", ".join(f"{year}: {count}" for year, count in sorted(Counter(row["year"] for row in seen).items()))
    how_many = plural(len(seen), "event")
    last = seen[-1]
    where = f" in {known.name(last['place'])}" if last["place"] else ""
    yield Fact("Took part in", f"{how_many} of {len(known.events)}", f"{how_many} ({by_year})")
    yield Fact("By kind", kinds)
    yield Fact("By year", by_year, "")
    yield Fact("The last", f"{last['date_start']}, {last['type']}{where}")


def _hosted(hosted: list[Row]) -> Iterator[Fact]:
    if not hosted:
        yield Fact("Held there", "no event")
        return
    days = [f"{row['date_start']} ({row['type']})" for row in hosted]
    yield Fact("Held there", f"{plural(len(hosted), 'event')}: {of_all(days)}", plural(len(hosted), "event"))
    told = [row for row in hosted if row["participants"] is not None]
    if not told:
        yield Fact("Persons at them", "no count is published")
        return
    of = f"at {len(told)} of {plural(len(hosted), 'event')}"
    says = f"{sum(row['participants'] for row in told):,} {of}"
    split = [row for row in told if row["women"] is not None]
    if split:
        women, persons = (sum(row[name] for row in split) for name in ("women", "participants"))
        says += f"; {women} women of {persons} {f'at {len(split)} of them' if len(split) < len(told) else 'there'}"
    else:
        says += "; how many were women is not published"
    yield Fact("Persons at them", says)
