"""Outcomes 1 to 3 together: what the plan's questions came to, graded by its rule.

Reads the estimates of the reference runs; estimates nothing itself. What a grade means is in the plan.
"""

from crimjust_research.questions.scorecard.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="scorecard",
    notebook="90_scorecard",
    outcome="all",
    title="Scorecard of the three outcomes",
    question="What do the plan's questions of the three outcomes come to?",
    tables=("programme_results", "programme_events"),
    params=Params,
    figure="questions",
)
