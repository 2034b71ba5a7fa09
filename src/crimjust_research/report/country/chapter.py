"""The chapter of the report that tells of countries: those of the proposal, each in short."""

from dataclasses import dataclass
from pathlib import Path

from crimjust_research.data.tables import Resource
from crimjust_research.report.country import assembly, known
from crimjust_research.report.country.assessed import OUTCOMES, RECOMMENDATIONS
from crimjust_research.report.country.told import Country, years


@dataclass(frozen=True)
class Chapter:
    """The countries by name; the raw tables and panels they were read from; what is the same for all: fiscal years of the
    Majors List that were read, years that tables of seizures cover, and how many countries are in phases. `measures` are what
    codes of ratings stand for."""

    countries: tuple[Country, ...]
    read: tuple[Resource, ...]
    majors: str
    covered: str
    in_phases: int
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
    names = dict.fromkeys(name for part in told[0].parts for panel, behind in part.read for name in (panel, *behind))
    return Chapter(
        countries=told,
        read=tuple(opened.stored[name] for name in names),
        majors=years(opened.majors_read),
        covered=years(opened.covered),
        in_phases=len(opened.in_phases),
        measures={code: opened.fatf.measures[code] for code in (*OUTCOMES, *RECOMMENDATIONS)},
    )
