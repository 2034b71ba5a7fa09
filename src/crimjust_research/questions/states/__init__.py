"""Outcome 1: do laboratory reports and overdose deaths move together State by State?

Exploratory throughout: no version of the plan registers it. Reports follow police and laboratories as well as supply.
"""

from crimjust_research.questions.states.params import Params
from crimjust_research.study import Question

QUESTION = Question(
    name="states",
    notebook="16_states_reports_and_deaths",
    outcome="1",
    title="Laboratory reports, large seizures and deaths by State",
    question="Where fentanyl reports grew more, did overdose deaths grow more half a year later?",
    tables=("lab_reports_fentanyl", "overdose_monthly_state"),
    params=Params,
    figure="growth",
)
