"""A country's scores: of criminal justice, of governance with intervals, and of the Global Organized Crime Index."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from crimjust_research.report.country.known import Known, Row
from crimjust_research.report.country.told import Fact, Part, signed, years
from crimjust_research.report.tables import Table

JUSTICE = ("wjp_8_1", "wjp_8_2", "wjp_8_5", "wjp_8_7")
GOVERNANCE = ("rule_of_law", "control_of_corruption")
CRIME = (
    "cocaine",
    "heroin",
    "cannabis",
    "synthetic_drugs",
    "international_cooperation",
    "law_enforcement",
    "judicial_system",
    "anti_money_laundering",
)
FIRST = 2010  # year from which scores are told year by year
_WIDE = 1.96  # standard errors either side of an estimate, for 95%
_NONE = "–"


def interval(row: Row, measure: str) -> tuple[float, float] | None:
    """The 95% interval of a governance indicator: the estimate as published and 1.96 of its standard errors either side."""
    value, error = row[measure], row[f"{measure}_std_error"]
    return None if value is None or error is None else (value - _WIDE * error, value + _WIDE * error)


@dataclass(frozen=True)
class Beside:
    """How a score stands beside others' of the same period: the median of its region and of how many it is, and its place among
    the countries of the phases, counted from the highest, empty for a country in none."""

    median: float | None
    around: int
    place: str


def beside(known: Known, iso3: str, measure: str, period: int) -> Beside:
    """The neighbours of a country's score in a year, or an edition of the Organized Crime Index."""
    scores = known.figures(measure, period)
    region = known.countries[iso3]["region"]
    around = [value for code, value in scores.items() if known.countries[code]["region"] == region]
    place = ""
    if iso3 in scores and iso3 in known.in_phases:
        phases = [scores[code] for code in known.in_phases if code in scores]
        place = f"{1 + sum(value > scores[iso3] for value in phases)} of {len(phases)}"
    return Beside(median(around) if around else None, len(around), place)


def justice(known: Known, iso3: str) -> Part:
    """Scores of the Rule of Law Index and governance indicators, by year, and how the last stand beside others'."""
    rows = known.years.get(iso3, ())
    facts = (*_of_justice(known, iso3, rows), *_of_governance(known, iso3, rows))
    measures = [m for m in (*JUSTICE, *GOVERNANCE) if _with(rows, m)]
    filled = [row for row in rows if row["year"] >= FIRST and any(row[m] is not None for m in measures)]
    by_year = Table(
        f"Scores by year{', governance with its 95% interval' if set(GOVERNANCE) & set(measures) else ''}",
        ("Year", *(_short(known, m) for m in measures)),
        tuple((str(row["year"]), *(_cell(row, m) for m in measures)) for row in filled),
    )
    read = (("country_year", ("justice_quality", "governance")),)
    return Part("Justice and governance", facts, (by_year,) if filled else (), read)


def _of_justice(known: Known, iso3: str, rows: Sequence[Row]) -> Iterator[Fact]:
    if not any(_with(rows, measure) for measure in JUSTICE):
        editions = years(known.periods(JUSTICE[0]))
        yield Fact("Rule of Law Index", f"not covered by the World Justice Project in {editions}", "not covered")
        return
    yield Fact("Rule of Law Index", "scores from 0 to 1, higher is better; no intervals are published", "")
    for measure in JUSTICE:
        yield _in_time(known, iso3, measure, _with(rows, measure))


def _of_governance(known: Known, iso3: str, rows: Sequence[Row]) -> Iterator[Fact]:
    for measure in GOVERNANCE:
        yield _in_time(known, iso3, measure, _with(rows, measure))


def _in_time(known: Known, iso3: str, measure: str, rows: Sequence[Row]) -> Fact:
    """The last score, the first, and how the last stands beside others' of the same year."""
    label = known.label("country_year", measure)
    code = f"{'WJP ' if measure in JUSTICE else ''}{_short(known, measure)}"
    if not rows:
        return Fact(label, "no figure", code=code)
    last, first = rows[-1], rows[0]
    stands = beside(known, iso3, measure, last["year"])
    middle = _NONE if stands.median is None else signed(stands.median)
    before = f"; {first['year']}: {signed(first[measure])}" if first is not last else ""
    says = (
        f"{_cell(last, measure)} in {last['year']}{before}; median of the region {middle} ({stands.around} countries)"
    )
    brief = f"{last['year']}: {_cell(last, measure)}{before}; region {middle}"
    if stands.place:
        place, _, scored = stands.place.partition(" of ")
        says += f"; place {place} of the {scored} in phases that have a score"
        brief += f"; place {stands.place}"
    return Fact(label, says, brief, code)


def _with(rows: Sequence[Row], measure: str) -> list[Row]:
    return [row for row in rows if row[measure] is not None]


def _short(known: Known, measure: str) -> str:
    label = known.label("country_year", measure)
    return label.partition(",")[0]


def _cell(row: Row, measure: str) -> str:
    if row[measure] is None:
        return _NONE
    ends = interval(row, measure) if measure in GOVERNANCE else None
    return signed(row[measure]) + (f" ({signed(ends[0])} to {signed(ends[1])})" if ends else "")


def crime(known: Known, iso3: str) -> Part:
    """Scores of the Global Organized Crime Index by edition, and how the last stands beside others'."""
    rows = known.crime.get(iso3, ())
    title, read = "Global Organized Crime Index", (("organized_crime_edition", ("organized_crime_index",)),)
    if not rows:
        editions = years(known.periods(CRIME[0]))
        return Part(title, (Fact("Scores", f"not covered in {editions}", "not covered"),), (), read)
    last = rows[-1]
    labels = {measure: known.label("organized_crime_edition", measure) for measure in CRIME}
    brief = [f"{labels[m].removesuffix(' trade').lower()} {_score(last[m])}" for m in CRIME]
    facts = (
        Fact(
            "Editions",
            f"{years(row['edition'] for row in rows)}; scores from 1 to 10, no intervals are published",
            f"{last['edition']}: {', '.join(brief)}",
        ),
        Fact("Region and place", _explained(known, iso3), ""),
    )
    is_placed = iso3 in known.in_phases
    heads = ("Score", *(str(row["edition"]) for row in rows), "Region", *(["Place"] if is_placed else []))
    told = []
    for measure, label in labels.items():
        stands = beside(known, iso3, measure, last["edition"])
        direction = known.stored["organized_crime_edition"].table.field(measure).description.rstrip(".")
        named = f"{label} ({direction.rpartition('; ')[2]})"
        scores = [_score(row[measure]) for row in (*rows, {measure: stands.median})]
        told.append((named, *scores, *([stands.place or _NONE] if is_placed else [])))
    return Part(title, facts, (Table("Scores by edition", heads, tuple(told)),), read)


def _explained(known: Known, iso3: str) -> str:
    region = known.countries[iso3]["region"]
    among = f"; place: from the highest score among the {len(known.in_phases)} countries in phases"
    return f"of the last edition: median of {region}{among if iso3 in known.in_phases else ''}"


def _score(value: float | None) -> str:
    return _NONE if value is None else f"{value:g}"
