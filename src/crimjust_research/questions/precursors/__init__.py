"""Outcome 1: are the markets for drugs and for their precursors bound to each other?

Two registered questions: what became of 4-ANPP in laboratory reports when its precursors were controlled, and whether
countries that seize precursors seize the drugs made with them. Association throughout: controls reached all States at
once, and seizures measure services as well as markets.
"""

from crimjust_research.questions.precursors.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="precursors",
    notebook="02_outcome1_precursors",
    outcome="1",
    title="Precursor controls and precursor seizures",
    question="Are the markets for fentanyl and for its precursors bound to each other?",
    tables=("lab_reports_fentanyl",),
    params=Params,
    figure="share",
)
