"""Outcome 1: do drugs travel the same routes, and does the document's "twelve of seventeen" say that they do?

Individual seizures whose departure and destination are both known. Association throughout: a seizure shows where a
service looked and what it chose to report as well as where a drug went.
"""

from crimjust_research.questions.routes.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="routes",
    notebook="03_outcome1_routes",
    outcome="1",
    title="Convergence of routes",
    question=(
        "Do different drugs share routes between countries more than each drug's own departures and destinations would "
        "give?"
    ),
    tables=("seizure_routes",),
    params=Params,
    figure="pairs",
)
