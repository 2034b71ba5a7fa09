"""The two claims of twelve sources of precursor chemicals, against the list of the report that the document cites.

The document names neither the twelve, nor the list, nor its year; its footnote 4 cites the International Narcotics Control
Strategy Report, whose section on major countries speaks of sources of precursor chemicals as the document does. The latest before
the document is that of March 2021. No list is kept here: one is supplied by whoever has the report.
"""

from __future__ import annotations

from crimjust_research.document import Claim
from crimjust_research.questions.claims.findings import Evidence, Finding, PrecursorSources, Published, found, listed
from crimjust_research.questions.claims.params import Params
from crimjust_research.questions.claims.programme import MAJORS_YEAR
from crimjust_research.questions.claims.rule import exactly
from crimjust_research.questions.supplied import supplied
from crimjust_research.vocabulary import countries

# Of the latest report before the document.
REPORT_YEAR = 2021


def sources_of(p: Params) -> PrecursorSources | None:
    """The list that the parameter names; none if it is empty.

    Raises
    ------
    ParameterError
        If the file cannot be read, or with every fault of it by row, column and value.
    """
    if not p.precursor_sources_file:
        return None
    return PrecursorSources(*supplied("precursor_sources_file", p.precursor_sources_file, "precursor_sources"))


def proposed_sources(claim: Claim, evidence: Evidence) -> Finding:
    """How many of the proposed countries each year's list supplied has; that of the report before the document is judged."""
    return _counted(claim, evidence, _proposed(evidence), "proposed_sources")


def on_both_lists(claim: Claim, evidence: Evidence) -> Finding:
    """How many countries stand on the Majors List meant and on each year's list supplied, the proposed ones or not."""
    majors = evidence["majors_list"]
    meant = set(majors.loc[majors["fiscal_year"] == MAJORS_YEAR, "iso3"])
    return _counted(claim, evidence, meant, "on_both_lists")


def _counted(claim: Claim, evidence: Evidence, among: set[str], kind: str) -> Finding:
    """Countries of `among` on each list; of that which is judged, which of them, and which of the proposed."""
    if evidence.precursors is None:
        return found(claim)
    figures, facts = [], {}
    for report_year, rows in evidence.precursors.frame.groupby("report_year"):
        year, both = int(str(report_year)), set(rows["iso3"]) & among
        cited = evidence.precursors.cited(year)
        name = "then" if year == REPORT_YEAR else f"r{year}"
        about = {"report_year": year, "fiscal_year": MAJORS_YEAR}
        figures.append(Published(claim.key, name, kind, exactly(len(both)), "countries", cited, len(rows), facts=about))
        if year == REPORT_YEAR:
            proposed = both & _proposed(evidence)
            facts = {
                "named": [countries.short_name(iso3) for iso3 in sorted(proposed)],
                "others": [countries.short_name(iso3) for iso3 in sorted(both - proposed)],
            }
    return found(claim, *figures, **facts)


def _proposed(evidence: Evidence) -> set[str]:
    return set(listed(evidence["programme"], "proposed_country")["iso3"])
