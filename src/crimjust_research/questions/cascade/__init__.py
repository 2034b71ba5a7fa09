"""Outcome 2: what becomes of a seizure, from investigation to prosecution to conviction.

On a programme's own case records where a file is named, else on SIMULATED cases of known truth, marked as such in every
estimate, figure and table. What goes with passing a stage is association: the records hold no comparison by design.
"""

from crimjust_research.questions.cascade.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="cascade",
    notebook="06_outcome2_cascade",
    outcome="2",
    title="What becomes of {p.cases}, from seizure to conviction",
    question=("How many seizures lead to an investigation, a prosecution and a conviction, and after how long?"),
    tables=(),
    params=Params,
    figure="cascade{p.mark}",
)
