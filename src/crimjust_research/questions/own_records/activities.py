"""What records of trainings, tests, equipment, forums, joint teams, operations and expenditure come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crimjust_research.designs.counts.totals import spent_for_each, wilson_shares
from crimjust_research.designs.disclosure.rules import average_allowed, share_allowed
from crimjust_research.questions.cascade.cases import SUPPORT
from crimjust_research.questions.own_records import measures, told
from crimjust_research.questions.own_records.cases import measured_share, median_wait
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.told import ALL, Row, row, withheld

Records = Mapping[str, pd.DataFrame]

MOST_MARKS = 100.0
_NOT_A_PRICE = "not what a conviction costs: it paid for other things too, and some cases are not decided yet"


# --- Trainings and tests ----------------------------------------------------------------------------------------------


def trainings(records: Records, p: Params) -> list[Row]:
    """Women among those trained, and among speakers, of those whose sex was recorded; errors by training."""
    frame = records["trainings"]
    of = {"trainings.women": (frame["women"], frame["women"] + frame["men"])}
    of["trainings.women_speakers"] = (frame["women_speakers"], frame["speakers"].where(frame["women_speakers"].notna()))
    found = []
    for kind, (women, all_of_them) in of.items():
        counted = pd.DataFrame({"women": women, "all": all_of_them, "training_id": frame["training_id"]}).dropna()
        hidden = kind == "trainings.women" and told.cell(measures.counts("trainings", records, p), ALL, ALL) is None
        if hidden or not share_allowed(int(counted["women"].sum()), int(counted["all"].sum()), p.min_cell):
            found.append(withheld(kind, told.too_few(p)))
            continue
        persons = int(counted["all"].sum())
        numbers = told.ratio(kind, counted, "women", "all", "training_id", p, "trainings", bounded=True)
        found.append(numbers | ({} if numbers["withheld"] else {"n_obs": persons}))
    return found


def knowledge_tests(records: Records, p: Params) -> list[Row]:
    """Gain in marks at the end and months later, who was lost by then, and what the lost could make of it at most and least.

    Errors are clustered by training. Of those who are lost nobody knows the marks: none and all are their bounds
    (Horowitz and Manski 2000), which assume nothing of why they were lost.
    """
    frame = records["knowledge_tests"]
    gone = measures.lost(frame)
    due = frame[gone.notna() & frame["before"].notna()]
    later = {
        "tests.gain_kept": due["follow_up"],
        "tests.gain.bounds_low": due["follow_up"].fillna(0.0),
        "tests.gain.bounds_high": due["follow_up"].fillna(MOST_MARKS),
    }
    found = [_gain("tests.gain", frame, frame["after"], p)]
    found += [_gain(kind, due, marks, p) for kind, marks in later.items()]
    missing = due["follow_up"].isna()
    if missing.any() and not share_allowed(int(missing.sum()), len(due), p.min_cell):
        found = [found[0], *(withheld(kind, told.too_few(p)) for kind in later)]
    return [*found, measured_share("tests.lost", "knowledge_tests", records, "training_id", p, "trainings")]


def _gain(kind: str, frame: pd.DataFrame, marks: pd.Series[Any], p: Params) -> Row:
    gains = frame.assign(gain=marks - frame["before"], one=1.0).dropna(subset="gain")
    if not average_allowed(len(gains), p.min_cell):
        return withheld(kind, f"fewer than {p.min_cell} were tested twice")
    return told.ratio(kind, gains, "gain", "one", "training_id", p, "trainings", bounded=False)


# --- Equipment, forums, teams, operations -----------------------------------------------------------------------------


def equipment(records: Records, p: Params) -> list[Row]:
    """Deliveries in use half a year later, with due diligence before, and with a training in their use."""
    frame = records["equipment"]
    taught = frame["training_id"].notna()
    return [
        _share("equipment.in_use", measures.counts("equipment", records, p), p),
        _share("equipment.due_diligence", told.split(frame["due_diligence"], p), p),
        _share("equipment.training", told.split(taught, p), p),
    ]


def forums(records: Records, p: Params) -> list[Row]:
    """Actions done of those agreed, at forums that were followed up; errors by forum."""
    kind, frame = "forums.actions_done", records["forums"]
    followed = frame[["forum_id", "actions_agreed", "actions_done"]].dropna()
    if told.cell(measures.counts("forums", records, p), ALL, ALL) is None:
        return [withheld(kind, told.too_few(p))]
    found = told.ratio(kind, followed, "actions_done", "actions_agreed", "forum_id", p, "forums", bounded=True)
    return [found | ({} if found["withheld"] else {"n_obs": int(followed["actions_agreed"].sum())})]


def joint_teams(records: Records, p: Params) -> list[Row]:
    """Days from the proposal of a joint team to its signature."""
    frame = records["joint_teams"]
    until = frame["signed"].fillna(frame["as_of"])
    days = (until - frame["proposed"]).dt.days.astype("float64")
    return [median_wait("teams.signed_median", days, frame["signed"].notna(), p)]


def operations(records: Records, p: Params) -> list[Row]:
    """Operations with a meeting before and one after."""
    return [_share("operations.both_meetings", measures.counts("operations", records, p), p)]


# --- Money ------------------------------------------------------------------------------------------------------------


def expenditure(records: Records, p: Params) -> list[Row]:
    """Spent of what was planned; and all of it over each thing counted: arithmetic, with an interval of the count alone.

    The costs share one sum of money. Days and places of trainings are planned, so that their count has no interval.
    """
    frame = records["expenditure"]
    planned = frame.dropna(subset=["budget", "spent"])
    budget = planned["budget"].sum()
    share = {
        "estimate": planned["spent"].sum() / budget,
        "n_obs": len(planned),
        "n_units": planned["country"].nunique(),
    }
    kind = "expenditure.spent_of_budget"
    found = [
        row(kind, share, "of all that is on record: no interval")
        if budget > 0
        else withheld(kind, "no budget on record")
    ]
    if "trainings" in records:
        held = records["trainings"]
        on_them = frame["activity"].str.partition("/")[0].isin(held["topic"].str.partition("/")[0])
        spent = float(frame.loc[on_them, "spent"].sum())
        found.append(_for_each("cost.per_training_day", spent, days_of(held), p, planned=True))
        found.append(_for_each("cost.per_person", spent, int(held["participants"].sum()), p, planned=True))
    if "cases" in records:
        cases, whole = records["cases"], float(frame["spent"].sum())
        supported = cases[cases[SUPPORT].eq(True).fillna(False)]
        convicted = supported["disposition"].eq("convicted").fillna(False)
        found.append(_for_each("cost.per_case_opened", whole, int(measures.opened(supported).notna().sum()), p))
        found.append(_for_each("cost.per_conviction", whole, int(convicted.sum()), p, said=_NOT_A_PRICE))
    return found


def days_of(trainings: pd.DataFrame) -> int:
    """Days of all trainings, first and last included, each training once."""
    each = trainings.drop_duplicates("training_id")
    return int(((each["end"] - each["start"]).dt.days + 1).sum())


def _for_each(kind: str, spent: float, count: int, p: Params, *, planned: bool = False, said: str = "") -> Row:
    """All of the money over a count; without an interval where the count is planned and not drawn."""
    if count < p.min_cell or spent <= 0:
        return withheld(kind, f"fewer than {p.min_cell} to count, or nothing spent")
    found = spent_for_each(spent, count, alpha=p.alpha)
    return row(kind, told.without_interval(found) if planned else found, said)


def _share(kind: str, counts: pd.DataFrame, p: Params) -> Row:
    """Share of independent units, of counts by `told.split`."""
    counted = told.cell(counts, ALL, ALL)
    return row(kind, wilson_shares(*counted, alpha=p.alpha).iloc[0]) if counted else withheld(kind, told.too_few(p))
