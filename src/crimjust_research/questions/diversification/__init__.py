"""Outcome 3: has what is seized become more diverse, and with new kinds of drugs?

Trends within countries of the effective number of drugs by weight, entries of new kinds, and diversity of cases at equal
sample coverage. Seizures describe services as well as markets.
"""

from crimjust_research.questions.diversification.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="diversification",
    notebook="08_outcome3_diversification",
    outcome="3",
    title="Diversification of what is seized, {start} to {end}",
    question=(
        "Did what is seized become more diverse from {start} to {end} (Hill number of order {order}), and with new kinds of "
        "drugs?"
    ),
    tables=("seizures_country",),
    params=Params,
    figure="means",
)
