"""The chapter of the report that tells of countries: those of the proposal, each in short."""

from dataclasses import dataclass
from pathlib import Path

from crimjust_research.data.tables import Resource
from crimjust_research.report.country import assembly, known
from crimjust_research.report.country.assessed import OUTCOMES, RECOMMENDATIONS
from crimjust_research.report.country.scores import JUSTICE
from crimjust_research.report.country.told import Country, span, years


@dataclass(frozen=True)
class Chapter:
    """The countries by name, the raw tables and panels they were read from, and what is the same for all: fiscal years of the
    Majors List that were read, years that tables of seizures cover, months as of which lists of treaties stand, how many
    countries are in phases, and what codes of scores and of ratings stand for (`scores`, `measures`)."""

    countries: tuple[Country, ...]
    read: tuple[Resource, ...]
    majors: str
    covered: str
    consents: str
    in_phases: int
    scores: tuple[str, ...]
    measures: dict[str, str]


def read(results: Path) -> Chapter | None:
    """The chapter beside the results in a folder; None in a checkout that holds other data.

    Raises
    ------
    DataError
        As `known.open_all` does.
    """
    if not known.is_at_hand():
        return None
    opened = known.open_all(results)
    told = assembly.in_report(opened)
    read_by_all = dict.fromkeys(one for country in told for part in country.parts for one in part.read)
    names = dict.fromkeys(name for panel, behind in read_by_all for name in (panel, *behind))
    return Chapter(
        countries=told,
        read=tuple(opened.stored[name] for name in names),
        majors=years(opened.majors_read),
        covered=years(opened.covered),
        consents=span(min(opened.status_of.values()), max(opened.status_of.values())),
        in_phases=len(opened.in_phases),
        scores=tuple(opened.label("country_year", measure) for measure in JUSTICE),
        measures={code: opened.fatf.measures[code] for code in (*OUTCOMES, *RECOMMENDATIONS)},
    )
