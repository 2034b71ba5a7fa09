"""The roll-out of the document as a design: what six phases of 33 countries could teach, and at what price.

Nothing is estimated of any programme: what varies between countries and years is estimated from public panels, or assumed
within ranges where no record is public, and power follows from that.
"""

from crimjust_research.questions.rollout.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="rollout",
    notebook="12_rollout_design",
    outcome="all",
    title="What the roll-out could find, and at what price",
    question="Which design of the proposed roll-out could find an effect that matters, in which outcome, and for how much?",
    tables=("justice_quality", "organized_crime_index", "justice_records", "programme_entry"),
    params=Params,
    figure="power",
)
