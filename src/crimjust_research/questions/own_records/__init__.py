"""Outcomes 2 and 3 by a programme's own records: what they say, and a rehearsal on SIMULATED ones of known truth.

On the folder named, else on SIMULATED records, marked as such in every estimate, figure and table. Whoever supports cases
picks them, so that supported and other cases are compared and support is not judged by it. Nothing small is told.
"""

from crimjust_research.questions.own_records.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="own_records",
    notebook="11_own_records",
    outcome="all",
    title="What {p.heading}",
    question=(
        "What do the programme's own records say of its cases, requests, trainings, forums and money, and how do supported "
        "cases differ from others?"
    ),
    tables=(),
    params=Params,
    figure="{p.key_figure}",
    exploratory=True,
)
