"""The audit: do the figures in the source document hold against those published then and now?

Nothing is estimated here. Published figures are read off tables and held against what the document commits to by one
rule on intervals (`rule`), from which the verdicts follow.
"""

from crimjust_research.questions.claims.params import DEATHS, Params
from crimjust_research.study import Question

QUESTION = Question(
    name="claims",
    notebook="00_sources_and_claims",
    outcome="all",
    title="Sources and claims",
    question="Do the figures in the source document hold against the figures published then and now?",
    tables=(
        DEATHS,
        "overdose_announcements",
        "overdose_annual_state",
        "majors_list",
        "programme",
        "programme_results",
        "uncac_totals",
        "uncac_platforms",
    ),
    params=Params,
    figure="claims",
)
