"""Outcome 2: scores of criminal justice after joining CRIMJUST.

Joining was staggered, nobody drew lots for it, and most of its dates are bounds. The estimates are differences associated
with joining; they are effects only if countries that joined would otherwise have moved like the others.
"""

from crimjust_research.questions.joining.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="joining",
    notebook="05_outcome2_joining",
    outcome="2",
    title="Scores of criminal justice after joining",
    question=(
        "Are criminal investigation and adjudication scored higher after a country joined CRIMJUST than comparable "
        "countries' scores would lead one to expect?"
    ),
    tables=("justice_quality", "programme_entry"),
    params=Params,
    figure="event_study",
)
