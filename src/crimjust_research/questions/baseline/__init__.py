"""Outcome 2: where do the countries of the programme start?

Scores and records of criminal justice in the latest years before the programme proposed in December 2021, beside those
of comparable countries. Description only: countries were chosen for the programme, so differences say who was chosen.
"""

from crimjust_research.questions.baseline.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="baseline",
    notebook="04_outcome2_baseline",
    outcome="2",
    title="Where the programme's countries start",
    question=(
        "How did criminal justice in the countries of the programme proposed in 2021 stand from {start} to {end}, beside "
        "comparable countries?"
    ),
    tables=("justice_quality", "governance", "justice_records"),
    params=Params,
    figure="differences",
)
