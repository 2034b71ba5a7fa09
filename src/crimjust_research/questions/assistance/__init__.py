"""Question 2 as asked: how UNODC assists States with the Convention against Corruption, whom it reaches, and with what.

Advisers, platforms and hubs by State and date; summaries coded by challenge and need; and time to the second review summary by
dated presence, as an association with its power. Presence was not drawn by lot.
"""

from crimjust_research.questions.assistance.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="assistance",
    notebook="13_assistance",
    outcome="all",
    title="Assistance with the Convention against Corruption",
    question=(
        "Whom do UNODC's advisers, platforms and hubs reach, what do they answer, and do States they reach complete their "
        "second review sooner than others of their region?"
    ),
    tables=("uncac_reviews", "uncac_platforms"),
    params=Params,
    figure="presence",
    exploratory=True,
)
