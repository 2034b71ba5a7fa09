"""Outcome 3: reviews under the UN Convention against Corruption, how soon they are done and what they find.

Time from the first to the second executive summary, gaps and needs per review, challenges against the programme's
activities, the reviews of international cooperation beside public events, and gaps by article.
"""

from crimjust_research.questions.reviews.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="reviews",
    notebook="10_reviews",
    outcome="3",
    title="Reviews under the Convention against Corruption",
    question=(
        "Do States with a stronger {p.indicator} complete their second-cycle review of the anti-corruption convention sooner?"
    ),
    tables=("uncac_reviews",),
    params=Params,
    figure="kaplan_meier",
)
