"""What a country reported of drugs: seizures by family, precursors, crops, and persons in prison for trafficking."""

from collections.abc import Iterator, Mapping, Sequence

from crimjust_research.data.ingest.unodc_seizures import ANNEX, PORTAL
from crimjust_research.numbers import plural
from crimjust_research.report.country.known import Known, Row
from crimjust_research.report.country.told import Fact, Part, listed, of_all, span, weight, years
from crimjust_research.report.tables import Table

PRECURSORS = "precursors"
_PUBLICATIONS = {PORTAL: "UNODC's data portal", ANNEX: "statistical annexes of UNODC's World Drug Report"}
_RECORDS = {
    "persons_held_trafficking": "In prison for drug trafficking",
    "persons_entering_trafficking": "Entering prison for drug trafficking",
    "money_laundering_offences": "Money-laundering offences on record",
}
_CROPS = {"coca_hectares": "Coca, hectares", "poppy_hectares": "Opium poppy, hectares", "opium_tonnes": "Opium, tonnes"}
Weights = Mapping[str, Mapping[int, float | None]]


def seizures(known: Known, iso3: str) -> Part:
    """Seizures of drugs by family and year, and of precursors by chemical and year."""
    rows = known.seizures.get(iso3, ())
    drugs = weights([row for row in rows if not row["is_precursor"]], "family")
    chemicals = weights([row for row in rows if row["is_precursor"]], "drug")
    reported = [row["year"] for row in known.years.get(iso3, ()) if row["seizures_reported"]]
    tables: list[Table] = []
    if drugs:
        tables += _by_publication(known, "Drugs seized by family, in kilograms", "Family", drugs, reported)
    if chemicals:
        tables += _by_publication(known, "Precursors seized, in kilograms", "Chemical", chemicals, _filled(chemicals))
    facts = (*_reporting(known, reported), *_heaviest(drugs), *_chemicals(chemicals, reported))
    acts = known.controls.get(iso3, ())
    read = (("seizures_country_year", ("seizures_country",)), *((("precursor_controls", ()),) if acts else ()))
    return Part("Seizures", (*facts, *_controls(acts)), tuple(tables), read)


def weights(rows: Sequence[Row], by: str) -> Weights:
    """Kilograms by family or chemical and year, the heaviest over all years first; None where nothing was weighed."""
    found: dict[str, dict[int, float | None]] = {}
    for row in rows:
        own = found.setdefault(row[by], {})
        before, more = own.get(row["year"]), row["kilograms"]
        own[row["year"]] = more if before is None else before + (more or 0)
    order = sorted(found, key=lambda name: (-sum(value or 0 for value in found[name].values()), name))
    return {name: found[name] for name in order}


def _filled(told: Weights) -> list[int]:
    return sorted({year for own in told.values() for year in own})


def _by_publication(known: Known, caption: str, head: str, told: Weights, columns: Sequence[int]) -> Iterator[Table]:
    """A table of the years of each publication: they name drugs differently, and are not one series."""
    for publication, source in _PUBLICATIONS.items():
        years_of = [year for year in columns if known.published_in.get(year) == publication]
        rows = tuple(
            (name, *(weight(own[year]) if year in own else "–" for year in years_of))
            for name, own in told.items()
            if any(year in own for year in years_of)
        )
        if rows:
            about = f"{caption}, by {source}; a dash where it reported none"
            yield Table(f"{about}; other publications are not one series with it", (head, *map(str, years_of)), rows)


def series(known: Known) -> str:
    """Which years are of which publication, in a sentence."""
    told = [
        years(year for year, publication in known.published_in.items() if publication == name)
        for name in _PUBLICATIONS
        if name in known.published_in.values()
    ]
    return f"{listed(told)} are of {len(told)} publications and not one series." if len(told) > 1 else ""


def _reporting(known: Known, reported: Sequence[int]) -> Iterator[Fact]:
    silent = [year for year in known.covered if year not in reported]
    between = [year for year in range(min(known.covered), max(known.covered)) if year not in known.covered]
    gap = f"; UNODC's tables at hand have no {years(between)}" if between else ""
    if not reported:
        yield Fact("Reported", f"nothing in {years(silent)}{gap}", f"nothing in {years(silent)}")
        return
    nothing = f"; nothing reported in {years(silent)}" if silent else ""
    yield Fact("Reported", f"{years(reported)}{nothing}{gap}", f"{years(reported)}{nothing}")


def _heaviest(drugs: Weights) -> Iterator[Fact]:
    if drugs:
        last = _filled(drugs)[-1]
        weighed = [(own[last] or 0, name) for name, own in drugs.items() if own.get(last) is not None]
        told = [f"{name} {weight(value)}" for value, name in sorted(weighed, key=lambda one: (-one[0], one[1]))]
        yield Fact(f"Heaviest in {last}, kg", of_all(told, " families") if told else "no weight is published")


def _chemicals(chemicals: Weights, reported: Sequence[int]) -> Iterator[Fact]:
    if not chemicals:
        yield Fact("Precursors", "none reported in those years" if reported else "none reported")
        return
    by_year = [
        f"{year}: " + ", ".join(f"{name} {weight(own[year])}" for name, own in chemicals.items() if year in own)
        for year in _filled(chemicals)
    ]
    total = f"{plural(len(chemicals), 'chemical')} in {years(_filled(chemicals))}"
    yield Fact("Precursors", total, f"{total}; last, kg: {by_year[-1].partition(': ')[2]}")


def _controls(acts: Sequence[Row]) -> Iterator[Fact]:
    """Acts of its own on precursors of fentanyl, by the month in which they came into force, were published or voted."""
    in_order = sorted(acts, key=lambda act: (act["month"], act["substances"]))
    told = [f"{act['month']}: {_substances(act)} ({act['status'].replace('_', ' ')})" for act in in_order]
    if told:
        brief = f"{plural(len(told), 'act')}, {span(in_order[0]['month'], in_order[-1]['month'])}"
        yield Fact("Controls on fentanyl precursors", "; ".join(told), brief)


def _substances(act: Row) -> str:
    return str(act["substances"]).replace(" ", ", ").replace("_", "-")


def crops_and_prison(known: Known, iso3: str) -> Part:
    """Crops under cultivation, persons in prison for trafficking, and money-laundering offences, by year."""
    rows = known.years.get(iso3, ())
    facts = [
        Fact(name, series, brief) for column, name in _RECORDS.items() for series, brief in [_series(rows, column)]
    ]
    grown = [column for column in _CROPS if any(row[column] is not None for row in rows)]
    if grown:
        facts += [Fact(_CROPS[column], *_series(rows, column)) for column in grown]
    else:
        facts.append(Fact("Coca and opium poppy", "no figure; not among the countries surveyed", "not surveyed"))
    read = (("country_year", ("justice_records", "coca_opium_cultivation")),)
    return Part("Prison, offences, crops", tuple(facts), (), read)


def _series(rows: Sequence[Row], column: str) -> tuple[str, str]:
    """All figures of a column by year, and the last of them beside the first."""
    told = [(row["year"], f"{row[column]:,.0f}") for row in rows if row[column] is not None]
    if not told:
        return "no figure", "no figure"
    first, last = told[0], told[-1]
    brief = f"{last[0]}: {last[1]}" + (f" ({first[0]}: {first[1]})" if first != last else "")
    return ", ".join(f"{year}: {value}" for year, value in told), brief
