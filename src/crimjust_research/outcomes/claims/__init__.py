"""Do the figures in the source document hold? Every quantitative claim against figures published then and now.

The verdicts follow from one rule on intervals (`rule`); what each claim is held against stands in `findings`,
`deaths` and `reviews`. Nothing is estimated here: figures are read off published tables and compared.
"""

from __future__ import annotations

from crimjust_research import document
from crimjust_research.data import catalog
from crimjust_research.outcomes.claims import revisions, words
from crimjust_research.outcomes.claims.evidence import OUTCOME, QUESTION, read
from crimjust_research.outcomes.claims.findings import findings_on
from crimjust_research.outcomes.claims.parameters import DEATHS, Params
from crimjust_research.results import Assessment

__all__ = ["DEATHS", "Params", "assess"]


def assess(params: Params) -> Assessment:
    """A verdict on each claim of the document, and which of them a revision of the figures would change.

    Raises
    ------
    DataError
        If a table claims are held against is missing or unsound.
    """
    # Imported here because drawing is a third of the start-up, and checking parameters needs none of it.
    from crimjust_research.outcomes.claims import figures

    raw = catalog.raw()
    evidence = read(params, raw)
    found = findings_on(document.load().claims, evidence)
    tallied = words.tally(found, evidence)
    cells = revisions.revisions(raw)
    by_vintage = revisions.verdicts_by_vintage(evidence, raw)
    margins = revisions.margins(found, cells, params.measure)
    deaths_81000 = next(f for f in found if f.claim.key == "overdose_deaths_81000")
    source = evidence.releases[DEATHS].table.sources[0].title
    return Assessment(
        name="claims",
        outcome=OUTCOME,
        title="Sources and claims",
        question=QUESTION,
        answer=words.answer(found, tallied),
        estimates=(*tallied, *(reading.estimate() for finding in found for reading in finding.readings)),
        checks=words.checks(found, evidence, cells, by_vintage, margins),
        figures=(
            figures.claims(found, "the publishers named in the table of claims"),
            figures.vintages(evidence, raw, deaths_81000.claimed, f"{source}; CDC announcements; CDC WONDER"),
            figures.revisions(cells, source),
            figures.revised_places(cells, source),
        ),
        tables={
            "claims": words.table(found),
            "revisions_by_indicator": revisions.summary(cells, ["old_vintage", "new_vintage", "measure", "indicator"]),
        },
        used=(*evidence.used, *revisions.used(raw, evidence)),
        parameters=params.model_dump(),
    )
