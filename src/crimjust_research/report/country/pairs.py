"""A country beside others: whom it met at public events, routes recorded, pairs that did not meet, estimates on it alone."""

from collections import Counter
from collections.abc import Iterator, Sequence

from crimjust_research.evidence.words import unit_told
from crimjust_research.numbers import number, plural
from crimjust_research.report.country.known import PAIRS, Known, Row
from crimjust_research.report.country.told import MANY, Fact, Part, of_all, span, weight, years
from crimjust_research.report.tables import Table

_BETWEEN = "two countries"


def others(known: Known, iso3: str) -> Part:
    """Joint events, routes of single seizures, the pairs of notebook 09 that did not meet, and estimates on it alone."""
    ends = _other_ends(known, iso3)
    unmet = [row for row in known.unmet or () if iso3 in (row["first"], row["second"])]
    alone = known.alone.get(known.name(iso3), ())
    read_off = {row["run"] for row in alone} | ({PAIRS} if known.unmet is not None else set())
    facts = (
        *_met(known, iso3),
        *_routes(known, iso3, ends),
        *_unmet(known, iso3, unmet),
        *_estimates(known, alone),
        *known.not_current(read_off),
    )
    table = Table(
        "Pairs with routes and no joint event, by their rank in notebook 09",
        ("Rank", "With", "Cases", "Kilograms", "Mostly", "Years"),
        tuple(
            (
                int(row["rank"]),
                row["second_name"] if row["first"] == iso3 else row["first_name"],
                int(row["cases"]),
                weight(float(row["kilograms"]) if row["kilograms"] else None),
                row["main_drug"],
                span(row["first_year"], row["last_year"]),
            )
            for row in unmet[:MANY]
        ),
    )
    read = (("dyad_year", ("programme_event_countries",)), ("routes_year", ("seizure_routes",)))
    return Part("Beside other countries", facts, (table,) if unmet else (), read)


def _met(known: Known, iso3: str) -> Iterator[Fact]:
    met = known.met.get(iso3)
    if not met:
        yield Fact("Joint events", "none with any State, in public")
        return
    most = [f"{known.name(code)} {count}" for code, count in sorted(met.items(), key=lambda one: (-one[1], one[0]))]
    yield Fact(
        "Joint events",
        f"with {plural(len(met), 'State')}: {of_all(most)}",
        f"with {plural(len(met), 'State')}: {of_all(most[:3])}",
    )


def _other_ends(known: Known, iso3: str) -> Counter[str]:
    """Cases on routes between the country and each other one, whoever seized."""
    found = Counter[str]()
    for row in known.routes.get(iso3, ()):
        if row["ends"] == _BETWEEN and iso3 in (row["departure"], row["destination"]):
            found[row["destination"] if row["departure"] == iso3 else row["departure"]] += row["cases"]
    return found


def _routes(known: Known, iso3: str, ends: Counter[str]) -> Iterator[Fact]:
    covers = known.stored["routes_year"].coverage
    recorded = span(*covers) if covers else "all years"
    own = [row for row in known.routes.get(iso3, ()) if row["seizing"] == iso3]
    seized = sum(row["cases"] for row in own)
    reported = f"{seized:,} in {years({row['year'] for row in own})}" if own else f"none, {recorded}"
    yield Fact("Seizures it reported singly", reported)
    if not ends:
        yield Fact("Routes between it and others", f"none recorded, {recorded}")
        return
    most = [f"{known.name(code)} {count:,}" for code, count in sorted(ends.items(), key=lambda one: (-one[1], one[0]))]
    total = f"{plural(ends.total(), 'case')} with {plural(len(ends), 'country', 'countries')}"
    yield Fact("Routes between it and others", f"{total}, {recorded}: {of_all(most)}", f"{total}: {of_all(most[:3])}")


def _unmet(known: Known, iso3: str, unmet: list[Row]) -> Iterator[Fact]:
    name = "Routes but no joint event"
    if known.unmet is None:
        yield Fact(name, f"the results of notebook 09 are missing; run `crimjust run {PAIRS}`")
    elif not unmet:
        yield Fact(name, "no pair of it among those of notebook 09")
    else:
        with_ = [
            f"{row['second_name'] if row['first'] == iso3 else row['first_name']} ({int(row['cases']):,})"
            for row in unmet
        ]
        yield Fact(
            name,
            f"{plural(len(unmet), 'pair')} of notebook 09, by cases: {of_all(with_)}",
            f"{len(unmet)}: {of_all(with_[:3])}",
        )


def _estimates(known: Known, own: Sequence[Row]) -> Iterator[Fact]:
    """Saved estimates that are of this country alone."""
    if known.estimates is None:
        yield Fact("Estimates on it alone", "the results are missing; run `crimjust run all`")
        return
    if not own:
        yield Fact("Estimates on it alone", "none among the reference results", "")
    for row in own:
        ends = [number(float(row[end])) for end in ("ci_low", "ci_high") if row[end]]
        within = f" ({ends[0]} to {ends[1]})" if len(ends) == 2 else ""
        told = f"{number(float(row['estimate']))} {unit_told(row['unit'])}{within}"
        found = f"[{row['run'][:2]} {row['id']}]"
        says = f"{row['estimand']}, {row['specification']}: {told} {found}"
        yield Fact("Estimate on it alone", says, f"{row['estimand']}: {told}")
