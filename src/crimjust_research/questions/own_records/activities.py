"""What records of trainings, tests, equipment, forums, joint teams, operations and expenditure come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from crimjust_research.designs.counts.totals import spent_for_each, wilson_shares
from crimjust_research.designs.disclosure.rounding import all_but_few, coarse_sum, nearest
from crimjust_research.designs.disclosure.rules import average_allowed, share_allowed, sides_allowed, sum_allowed
from crimjust_research.designs.disclosure.tables import suppressed_sums
from crimjust_research.questions.cascade.cases import SUPPORT
from crimjust_research.questions.own_records import measures, told
from crimjust_research.questions.own_records.cases import measured_share, median_wait
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.told import ALL, Row, row, withheld

Records = Mapping[str, pd.DataFrame]

MOST_MARKS = 100.0
_NOT_A_PRICE = "not what a conviction costs: it paid for other things too, and some cases are not decided yet"
_PART_OF_A_YEAR = "expenditure is by calendar year, and the period begins or ends within one: name one of whole years"
_YEARS_UNPAID = "some are of years of which no expenditure is on record: name a period of years of which it is"


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
    (Horowitz and Manski 2000), which assume nothing of why they were lost. Where the share of the lost may not be told nothing
    of the follow-up is: that there is a gain but no share would tell that nobody was lost.
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
    if not sides_allowed(missing, due["person_code"], p.min_cell):
        found = [found[0], *(withheld(kind, told.too_few(p)) for kind in later)]
    return [*found, measured_share("tests.lost", "knowledge_tests", records, "training_id", p, "trainings")]


def _gain(kind: str, frame: pd.DataFrame, marks: pd.Series[Any], p: Params) -> Row:
    gains = frame.assign(gain=marks - frame["before"], one=1.0).dropna(subset="gain")
    if not average_allowed(gains["person_code"].nunique(), p.min_cell):
        return withheld(kind, "too few were tested twice")
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

    The costs share one sum of money. Days and places of trainings are planned, so that their count has no interval. No cost is
    told of what is counted in months or years of which the money is not on record.
    """
    frame, held = records["expenditure"], records.get("trainings")
    found = [_spent_of_budget(frame.dropna(subset=["budget", "spent"]), p)]
    paid = frame.dropna(subset="spent")
    topics = set() if held is None else set(held["topic"].str.split("/").str[0])
    paid = paid.assign(taught=paid["activity"].str.split("/").str[0].isin(topics).astype("str"))
    sums = suppressed_sums(paid, [("taught",), ()], "spent", min_cell=p.min_cell).tables if len(paid) else {}
    if held is not None:
        spent, days = _total(sums, ("taught",)), days_of(held)
        of_each = {
            "cost.per_training_day": (days, days.sum()),
            "cost.per_person": (held["participants"], measures.persons(held, p)),
        }
        unpaid = _unpaid(held["start"], paid, p)
        for kind, (each, count) in of_each.items():
            told_as = int(count) if sum_allowed(each, p.min_cell, held.loc[each.index, "training_id"]) else 0
            found.append(_for_each(kind, spent, told_as, p, planned=True, unpaid=unpaid))
    if "cases" in records:
        cases, whole = records["cases"], _total(sums, ())
        supported = cases[cases[SUPPORT].eq(True).fillna(False)]
        convicted = supported["disposition"].eq("convicted").fillna(False)
        opened = int(measures.opened(supported).notna().sum())
        in_time = told.cell(measures.counts("cases", records, p), "support", told.SUPPORTED)
        of = {"cost.per_case_opened": opened, "cost.per_conviction": int(convicted.sum())}
        said, unpaid = {"cost.per_conviction": _NOT_A_PRICE}, _unpaid(supported["seizure_date"], paid, p)
        for kind, count in of.items():
            known = [in_time[0]] if in_time else []
            allowed = share_allowed(count, len(supported), p.min_cell)
            told_as = all_but_few(count, known, p.min_cell) if allowed else 0
            found.append(_for_each(kind, whole, told_as, p, said=said.get(kind, ""), unpaid=unpaid))
    return found


def _total(sums: Mapping[tuple[str, ...], pd.DataFrame], table: tuple[str, ...]) -> float:
    """What was spent in all, or on what has trainings; missing where it may not be told."""
    if table not in sums:
        return float("nan")
    rows = sums[table]
    rows = rows[rows["taught"] == "True"] if table else rows
    return float(rows["total"].iloc[0]) if len(rows) else 0.0


def _spent_of_budget(planned: pd.DataFrame, p: Params) -> Row:
    kind, budget = "expenditure.spent_of_budget", planned["budget"].sum()
    if not budget > 0:
        return withheld(kind, "no budget on record")
    if not all(sum_allowed(planned[part], p.min_cell) for part in ("spent", "budget")):
        return withheld(kind, f"fewer than {p.min_cell} rows, or one that holds nearly all")
    counts = {"n_obs": len(planned), "n_units": planned["country"].nunique()}
    return row(kind, {"estimate": planned["spent"].sum() / budget} | counts, "of all that is on record: no interval")


def days_of(trainings: pd.DataFrame) -> pd.Series[int]:
    """Days of each training, first and last included, each training once."""
    each = trainings.drop_duplicates("training_id")
    return (each["end"] - each["start"]).dt.days + 1


def _unpaid(days: pd.Series[Any], paid: pd.DataFrame, p: Params) -> str:
    """Why the money is not that of what was counted on such days; nothing where it is."""
    if not p.whole_years:
        return _PART_OF_A_YEAR
    return "" if days.dt.year.isin(set(paid["year"])).all() else _YEARS_UNPAID


def _for_each(
    kind: str, spent: float, count: int, p: Params, *, planned: bool = False, said: str = "", unpaid: str = ""
) -> Row:
    """The money over a count, both as they are told alone; without an interval where the count is planned and not drawn."""
    if unpaid:
        return withheld(kind, unpaid)
    if not average_allowed(count, p.min_cell) or not spent > 0:
        return withheld(kind, "too few to count, or nothing spent that may be told")
    told_as = int(coarse_sum(count, p.min_cell)) if planned else nearest(count, p.min_cell)
    found = spent_for_each(coarse_sum(spent, p.min_cell), told_as, alpha=p.alpha)
    return row(kind, told.without_interval(found) if planned else found, said)


def _share(kind: str, counts: pd.DataFrame, p: Params) -> Row:
    """Share of independent units, of counts by `told.split`."""
    counted = told.cell(counts, ALL, ALL)
    return row(kind, wilson_shares(*counted, alpha=p.alpha).iloc[0]) if counted else withheld(kind, told.too_few(p))
