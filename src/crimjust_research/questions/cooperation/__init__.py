"""Outcome 3: who works with whom in the programme's public events, how widely, and do ties last?

A description of the public record and of how much it leaves out. Countries are tied by being named at one event; that is
neither all cooperation nor proof of any, so what is said of absent ties is about absence from the record.
"""

from crimjust_research.questions.cooperation.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="cooperation",
    notebook="07_outcome3_cooperation",
    outcome="3",
    title="The cooperation network in public",
    question="Who works with whom in the programme's public events, how widely, and do ties last?",
    tables=("programme_events",),
    params=Params,
    figure="network",
)
