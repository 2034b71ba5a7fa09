"""What is counted as yes and no of each kind of record, in all, by group and by support: told once, for estimates and tables.

What tables and estimates tell of the same yes and no is left out together: one alone could give away what the other hides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crimjust_research.data.own_records.rules import HALF_A_YEAR
from crimjust_research.designs.disclosure.rounding import all_but_few
from crimjust_research.questions.cascade.cases import SUPPORT
from crimjust_research.questions.own_records import told
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import groups_of

Records = Mapping[str, pd.DataFrame]

# Kinds of which a case may have several, and the code of one that has none.
OF_CASES = {"assets": "asset_id", "cooperation_requests": "request_id"}
GRANTED = ("granted", "partly_granted")
_DAYS_A_YEAR = 365.25
# In words, the yes of each kind.
MEASURES = {
    "cases": "opened within 180 days",
    "defendants": "had legal aid",
    "cooperation_requests": "granted in whole or part",
    "assets": "confiscated, by number",
    "trainings": "women among those trained",
    "knowledge_tests": "lost by the follow-up",
    "equipment": "in use after half a year",
    "forums": "actions done",
    "joint_teams": "signed",
    "operations": "both meetings held",
}


def counts(kind: str, records: Records, p: Params) -> pd.DataFrame:
    """How many of a kind it happened to, in all, by the chosen group and by support, as far as may be told: see `told.split`."""
    frame, groups = records[kind], groups_of(kind, records, p.by)
    if kind == "trainings":
        known = frame["women"].notna() & frame["men"].notna()
        return _of_parts(frame["women"].where(known), frame["men"].where(known), groups, p)
    if kind == "forums":
        return _of_parts(frame["actions_done"], frame["actions_agreed"] - frame["actions_done"], groups, p)
    whose = holders(kind, frame)
    return told.split(happened(kind, frame), p, group=groups, supported=frame.get(SUPPORT), holder=whose)


def holders(kind: str, frame: pd.DataFrame) -> pd.Series[str] | None:
    """Whose each record of a kind is, where several may be one's: of a case, or of a person; None where each is its own."""
    if kind == "knowledge_tests":
        return frame["person_code"].astype("str")
    if kind in OF_CASES:
        return frame["case_id"].fillna(frame[OF_CASES[kind]]).astype("str")
    return None


def number(kind: str, records: Records, p: Params) -> int:
    """How many records of a kind it is told that there are: those of which it is known what a share is of, if nearly all are.

    Told beside them in round numbers, the number of all could tell of how few it is not known.
    """
    frame = records[kind]
    known = [] if kind in ("trainings", "forums", "expenditure") else [happened(kind, frame).notna()]
    if kind == "cases":
        known.append((frame["as_of"] - frame["seizure_date"]).dt.days / _DAYS_A_YEAR >= p.maturity_years)
    known += [frame[column].notna() for column in ("sex", "role", "due_diligence", "value_frozen") if column in frame]
    return all_but_few(len(frame), [int(rows.sum()) for rows in known], p.min_cell)


def persons(trainings: pd.DataFrame, p: Params) -> int:
    """How many persons it is told that were trained: those whose sex was recorded, if they are nearly all."""
    known = int((trainings["women"] + trainings["men"]).sum())
    return all_but_few(int(trainings["participants"].sum()), [known], p.min_cell)


def actions(forums: pd.DataFrame, p: Params) -> int:
    """How many actions it is told that forums agreed on: those of forums that were followed up, if they are nearly all."""
    known = int(forums["actions_agreed"].where(forums["actions_done"].notna()).sum())
    return all_but_few(int(forums["actions_agreed"].sum()), [known], p.min_cell)


def happened(kind: str, frame: pd.DataFrame) -> pd.Series[Any]:
    """Whether it happened to each record of a kind, missing where that is not known (yet)."""
    found: Mapping[str, Any] = {
        "cases": opened_in_time,
        "defendants": lambda f: f["legal_aid"],
        "cooperation_requests": granted,
        "assets": lambda f: f["confiscated"].notna(),
        "knowledge_tests": lost,
        "equipment": lambda f: f["in_use_at_6_months"],
        "joint_teams": lambda f: f["signed"].notna(),
        "operations": both_meetings,
    }
    column: pd.Series[Any] = found[kind](frame)
    return column.astype("boolean")


def opened(cases: pd.DataFrame) -> pd.Series[Any]:
    """Day an investigation was opened; charges without one count as its opening."""
    return cases["investigation_opened"].fillna(cases["prosecution_started"])


def opened_in_time(cases: pd.DataFrame) -> pd.Series[Any]:
    """Whether an investigation was opened within half a year of the seizure; missing of cases not followed for so long.

    Cases that are too recent are left out even where one was opened: of those not opened nobody knows yet.
    """
    in_time = (opened(cases) - cases["seizure_date"]).dt.days <= HALF_A_YEAR
    followed = (cases["as_of"] - cases["seizure_date"]).dt.days >= HALF_A_YEAR
    return in_time.astype("boolean").where(followed)


def granted(requests: pd.DataFrame) -> pd.Series[Any]:
    """Whether a request was granted in whole or part; missing of those that are not settled."""
    settled = requests["answered"].notna() & requests["outcome"].notna()
    return requests["outcome"].isin(GRANTED).astype("boolean").where(settled)


def lost(tests: pd.DataFrame) -> pd.Series[Any]:
    """Whether whoever was due at the follow-up was lost; missing of those who were not due by the day of as_of."""
    due = (tests["as_of"] - tests["tested"]).dt.days >= HALF_A_YEAR
    return tests["follow_up"].isna().astype("boolean").where(due)


def both_meetings(operations: pd.DataFrame) -> pd.Series[Any]:
    """Whether an operation had a meeting before and one after; missing of those that ended less than half a year before as_of."""
    ended = operations["end"].fillna(operations["start"])
    followed = (operations["as_of"] - ended).dt.days >= HALF_A_YEAR
    return (operations["pre_meeting"].notna() & operations["post_meeting"].notna()).astype("boolean").where(followed)


def _of_parts(yes: pd.Series[Any], no: pd.Series[Any], groups: pd.Series[str] | None, p: Params) -> pd.DataFrame:
    """`told.split` of records that each stand for so many of both."""
    outcome = pd.Series([True] * len(yes) + [False] * len(no))
    both = None if groups is None else pd.concat([groups] * 2, ignore_index=True)
    return told.split(outcome, p, group=both, count=pd.concat([yes, no], ignore_index=True))
