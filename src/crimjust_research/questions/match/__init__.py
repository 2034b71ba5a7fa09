"""Outcome 3: does cooperation match trafficking?

Who meets whom in public events against who lies on whose routes, pairs that never met in public though drugs were
seized between them, and growth of meetings against diversification of drugs. Public events are a convenience sample and
a lower bound, so what is said of absent ties is about absence from it; nothing here says what brought anything about.
"""

from crimjust_research.questions.match.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="match",
    notebook="09_outcome3_match",
    outcome="3",
    title="Does cooperation match trafficking?",
    question="Does cooperation match trafficking, in who works with whom and in how fast it grows?",
    tables=("programme_events", "seizure_routes"),
    params=Params,
    figure="pairs",
)
