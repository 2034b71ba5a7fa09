"""What the document says of its programme: against its own lists, the Majors List, and what is public of CRIMJUST."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pandas as pd

from crimjust_research import document
from crimjust_research.document import Claim
from crimjust_research.errors import DataError
from crimjust_research.questions.claims.findings import Evidence, Finding, Published, dated, found, listed, number_in
from crimjust_research.questions.claims.rule import at_least, exactly

# The list that the document calls that of 2020 was determined in September 2020, for the fiscal year after.
MAJORS_YEAR = 2021


def own_list(claim: Claim, evidence: Evidence, kind: str) -> Finding:
    """A count against the items the document itself names, rows of `kind` in the table made of it."""
    items = listed(evidence["programme"], kind)
    unit = claim.quantity.unit if claim.quantity else ""
    source = evidence.cited["programme"]
    return found(claim, Published(claim.key, "then", "listed", exactly(len(items)), unit, source, len(items)))


def majors(claim: Claim, evidence: Evidence) -> Finding:
    """The length of the list meant, and of the one before it."""
    figures = []
    for name, year in (("then", MAJORS_YEAR), (f"fy{MAJORS_YEAR - 1}", MAJORS_YEAR - 1)):
        size = len(_on_list(evidence, year))
        source, about = evidence.cited["majors_list"], {"fiscal_year": year}
        figures.append(Published(claim.key, name, "majors", exactly(size), "countries", source, size, facts=about))
    return found(claim, *figures)


def proposed_majors(claim: Claim, evidence: Evidence) -> Finding:
    """How many proposed countries stand on the list meant, and on the latest."""
    proposed = set(listed(evidence["programme"], "proposed_country")["iso3"])
    latest = int(evidence["majors_list"]["fiscal_year"].max())
    figures = []
    for name, year in (("then", MAJORS_YEAR), (f"fy{latest}", latest)):
        both = exactly(len(proposed & _on_list(evidence, year)))
        source, about = evidence.cited["majors_list"], {"fiscal_year": year}
        of = len(proposed)
        figures.append(Published(claim.key, name, "proposed_majors", both, "countries", source, of, facts=about))
    return found(claim, *figures)


def since_2016(claim: Claim, evidence: Evidence) -> Finding:
    """The year claimed against the first State whose day of joining is known; beside it the start of the first phase."""
    entries = evidence["programme_entry"]
    exact = entries[entries["precision"] == "exact"].sort_values("documented", kind="stable")
    first, source = str(exact["documented"].iloc[0]), evidence.cited["programme_entry"]
    active = str(evidence["programme_events"]["date_start"].min())
    joined = dated(claim, "first_joined", first, source, len(exact), first_activity=active, listed=len(entries))
    began = first_phase_began(evidence)
    apart, cited = exactly(int(began[:4]) - int(str(claim.date))), evidence.cited["programme_results"]
    facts = {"date": began, "claimed": claim.date}
    phase = Published(claim.key, "phase", "phase_began", apart, "years", cited, facts=facts)
    return replace(joined, figures=(*joined.figures, phase))


def first_phase_began(evidence: Evidence) -> str:
    """Month in which the programme's first phase began, as YYYY-MM.

    Raises
    ------
    DataError
        If the table does not give it as two months with their years.
    """
    stated = str(evidence["programme_results"].set_index("metric").loc["phase1_duration", "stated"])
    given = re.fullmatch(r"([A-Z][a-z]{2} \d{4}) - [A-Z][a-z]{2} \d{4}", stated)
    if given is None:
        raise DataError(f"programme_results says {stated!r} of phase1_duration; give months as in Feb 2016 - Feb 2020")
    return str(pd.Period(pd.to_datetime(given[1], format="%b %Y"), freq="M"))


def outputs(evidence: Evidence) -> dict[str, Any]:
    """What is public of Operation Azure and of activities until the document's date: outputs, not outcomes.

    azure_seizures, azure_arrests, azure_kilograms (more than) and the countries they come from; activities, how many say how
    many took part, participants of those, how many tell women from men, and women's share there.
    """
    results = evidence["programme_results"].set_index("metric")["value_low"]
    events = evidence["programme_events"]
    events = events[events["date_start"] <= str(document.load().document.date)]
    told, by_sex = events[events["participants"].notna()], events[events[["women", "men"]].notna().all(axis=1)]
    azure = listed(evidence["programme"], "operation_azure").set_index("key")["value_low"]
    return {
        "azure_seizures": results["azure1_seizures"],
        "azure_arrests": results["azure1_arrests"],
        "azure_kilograms": results["azure1_drugs"],
        "azure_countries": azure["countries_in_operation"],
        "activities": len(events),
        "told": len(told),
        "participants": int(told["participants"].sum()),
        "by_sex": len(by_sex),
        "women": by_sex["women"].sum() / by_sex[["women", "men"]].to_numpy().sum() if len(by_sex) else math.nan,
    }


def azure_launch(claim: Claim, evidence: Evidence) -> Finding:
    """The year claimed against the first public activity of Operation Azure."""
    events = evidence["programme_events"]
    azure = events[events["note"].str.contains("Operation Azure", na=False, regex=False)]
    first, source = str(azure["date_start"].min()), evidence.cited["programme_events"]
    return dated(claim, "first_activity", first, source, len(azure))


def azure_countries(claim: Claim, evidence: Evidence) -> Finding:
    """Those who took part in the operation are a lower bound of those equipped."""
    facts = listed(evidence["programme"], "operation_azure").set_index("key")["value_low"]
    took_part = float(facts["countries_in_operation"])
    stated = evidence["programme_results"].set_index("metric").loc["azure1_seizures", "scope"]
    if number_in(str(stated), r"(\d+) countries") != took_part:
        raise DataError(
            f"programme_results says {stated!r} of Operation Azure's seizures and programme {took_part:g} countries in "
            "its operation; correct one of the two"
        )
    source, implies = evidence.cited["programme_results"], at_least(took_part)
    then = Published(claim.key, "then", "took_part", exactly(took_part), "countries", source, implies=implies)
    return found(claim, then)


def _on_list(evidence: Evidence, fiscal_year: int) -> set[str]:
    majors = evidence["majors_list"]
    return set(majors.loc[majors["fiscal_year"] == fiscal_year, "iso3"])
