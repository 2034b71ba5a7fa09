"""Outcome 1: do border seizures and overdose deaths foretell each other?

Monthly series, both directions. All of it is about prediction: seizures measure what a service looked for and found as
well as what was trafficked, and nothing was assigned.
"""

from crimjust_research.questions.markets.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="markets",
    notebook="01_outcome1_markets",
    outcome="1",
    title="Border seizures of {drug} and overdose deaths",
    question=(
        "Do border seizures of {drug} (measured in {measure}) and overdose deaths that involve {p.killed_by} in the "
        "United States foretell each other?"
    ),
    tables=("seizures_us_border", "overdose_monthly_us"),
    params=Params,
    figure="responses",
)
