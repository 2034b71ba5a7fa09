"""A small world of four countries, three of them in phases, for tests of what is told of a country."""

from collections import Counter
from dataclasses import replace
from typing import Any

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.report.country.known import YEARLY, Known
from crimjust_research.report.country.told import Part
from crimjust_research.vocabulary import fatf, other_programmes, treaties

_NO_FIGURES = dict.fromkeys(YEARLY)


def year(of: int, **figures: Any) -> dict[str, Any]:
    return {**_NO_FIGURES, "year": of, **figures}


def country(name: str, phase: int | None, region: str = "South America") -> dict[str, Any]:
    return {
        "name": name,
        "region": region,
        "languages": "Spanish",
        "proposed": phase == 1,
        "phase": phase,
        "entry_earliest": None,
        "entry_latest": None,
    }


def event(start: str, kind: str, place: str | None, **counts: int | None) -> dict[str, Any]:
    told = {"event": f"{start} {kind}", "date_start": start, "type": kind, "place": place, "participants": None}
    return {**told, "women": None, **counts}


def seen(start: str, kind: str, place: str | None) -> dict[str, Any]:
    return {**event(start, kind, place), "year": int(start[:4]), "n_states": 2, "dating": "stated"}


def known(**parts: Any) -> Known:
    """The world with some of its parts as given; the rest of it knows nothing."""
    raw, processed = catalog.raw(), catalog.processed()
    empty: dict[str, Any] = {}
    world = Known(
        countries={
            "PAN": country("Panama", 1),
            "COL": country("Colombia", 2),
            "PER": country("Peru", 2),
            "CHL": country("Chile", None),
        },
        years={"PAN": [year(at, seizures_reported=False, majors_list=False) for at in (2016, 2018, 2019)]},
        crime=empty,
        evaluations=empty,
        treaties=empty,
        reviews=empty,
        seizures=empty,
        routes=empty,
        met=empty,
        seen=empty,
        events=[],
        entry=empty,
        programmes=empty,
        programme_sources=empty,
        controls=empty,
        published_in={2016: "data_portal", 2018: "world_drug_report_annex", 2019: "world_drug_report_annex"},
        status_of=dict.fromkeys(treaties.load().by_name, "2014-04"),
        unmet=[],
        presence=[],
        estimates=[],
        moved=(),
        document=document.load(),
        fatf=fatf.load(),
        treaty_names=treaties.load(),
        programme_names=other_programmes.load(),
        stored={r.table.name: r for of in (raw, processed) for r in of.resources if r.latest},
    )
    return replace(world, **parts)


def met(**counts: int) -> dict[str, Counter[str]]:
    return {"PAN": Counter(counts)}


def facts(part: Part) -> dict[str, str]:
    """What a part says by the names of its facts; where one stands twice, both."""
    found: dict[str, str] = {}
    for fact in part.facts:
        found[fact.name] = f"{found[fact.name]} | {fact.says}" if fact.name in found else fact.says
    return found
