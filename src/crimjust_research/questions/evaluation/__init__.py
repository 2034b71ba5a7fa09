"""The programme by its results framework: how it is thought to work, what it is judged by, and what can be said today.

Reads the estimates of the reference runs, and the figures of indicators that are published by year. Grades are those of the
registered questions; what no plan registered is described and not graded.
"""

from crimjust_research.questions.evaluation.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="evaluation",
    notebook="14_evaluation",
    outcome="all",
    title="The programme by its results framework",
    question="How is the programme thought to work, what is it judged by, and what do public figures to {year} say of that?",
    tables=("justice_quality", "programme_events"),
    params=Params,
    figure="results_framework",
    exploratory=True,
)
