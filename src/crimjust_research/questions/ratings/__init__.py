"""Outcomes 2 and 3: how assessors and experts rate countries that joined the programme, beside others of their region.

Effectiveness as the Financial Action Task Force rates it, by years in the programme at each country's own evaluation; and
scores of the Global Organized Crime Index in three editions, all later than joining.
"""

from crimjust_research.questions.ratings.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="ratings",
    notebook="15_ratings",
    outcome="2 and 3",
    title="How assessors and experts rate countries of the programme",
    question=(
        "Are criminal justice and international cooperation rated higher where a country has been in CRIMJUST, and longer, "
        "than in others of its region?"
    ),
    tables=("fatf_ratings", "programme_entry"),
    params=Params,
    figure="registered",
)
