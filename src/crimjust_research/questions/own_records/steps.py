"""Steps of the notebook on own records: estimates by kind, tables by group and of what is listed, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.disclosure.rounding import all_alike, coarse_share, coarse_sum, digits, nearest
from crimjust_research.designs.disclosure.rules import sum_allowed
from crimjust_research.designs.disclosure.tables import suppressed, suppressed_sums
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.numbers import percent
from crimjust_research.questions.cascade.cases import COOPERATION, SUPPORT
from crimjust_research.questions.own_records import activities, cases, measures, told
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import (
    DAYS,
    KINDS,
    NOT_NOTED,
    NOT_SUPPLIED,
    Own,
    groups_of,
    told_by,
)
from crimjust_research.questions.own_records.told import Row
from crimjust_research.shown import Sentence
from crimjust_research.study import Study

Records = Mapping[str, pd.DataFrame]
# Amounts, and whose each is: a sum is told of enough holders of every kind.
Summed = tuple["pd.Series[Any]", "list[pd.Series[Any]]"]

# What each kind comes to, in the order of the sections.
_ESTIMATORS: Mapping[str, tuple[Callable[[Records, Params], list[Row]], ...]] = MappingProxyType(
    {
        "cases": (cases.cases, cases.stages),
        "defendants": (cases.defendants,),
        "cooperation_requests": (cases.requests,),
        "assets": (cases.assets,),
        "trainings": (activities.trainings,),
        "knowledge_tests": (activities.knowledge_tests,),
        "equipment": (activities.equipment,),
        "forums": (activities.forums,),
        "joint_teams": (activities.joint_teams,),
        "operations": (activities.operations,),
        "expenditure": (activities.expenditure,),
    }
)
# Shares, which are told with the numbers they are of; in short words beside a chart.
_SHARES: Mapping[str, str] = MappingProxyType(
    {
        "cases.opened_180": "opened within 180 days",
        "stage.pass": "pass on to {following}",
        "stage.whole_way": "come to a conviction",
        "defendants.women": "women",
        "defendants.role": "charged as {role}",
        "defendants.legal_aid": "with a lawyer",
        "requests.granted": "granted, once settled",
        "assets.confiscated_share": "confiscated, by value",
        "trainings.women": "women among those trained",
        "trainings.women_speakers": "women among speakers",
        "tests.lost": "lost by the follow-up",
        "equipment.in_use": "in use",
        "equipment.due_diligence": "with due diligence",
        "equipment.training": "with a training",
        "forums.actions_done": "actions done",
        "operations.both_meetings": "both meetings held",
    }
)
# Comparisons of supported with other cases or requests, in words beside a chart.
COMPARED: Mapping[str, str] = MappingProxyType(
    {
        "cases.opened_180.supported_difference": "opened, as they are",
        "cases.opened_180.adjusted": "opened, adjusted",
        "stage.convicted.supported_difference": "convicted, as they are",
        "stage.convicted.adjusted": "convicted, adjusted",
        "requests.granted.supported_difference": "granted, as they are",
        "assets.confiscated_share.supported_difference": "confiscated, by value",
    }
)
# Columns whose values are counted, each alone; those that hold several values count for each.
LISTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cases": ("drug", "charges", "disposition", COOPERATION, "precursor_involved"),
        "cooperation_requests": ("kind", "requested"),
        "assets": ("kind",),
        "trainings": ("agency", "host", "topic"),
        "knowledge_tests": ("agency",),
        "equipment": ("item", "agency"),
        "forums": ("host", "countries"),
        "joint_teams": ("countries",),
        "operations": ("countries",),
    }
)
_COLUMNS = ["kind", "measure", "group", "yes", "n", "share", "ci_low", "ci_high", "suppressed"]
_FEWEST_TIMES = 5  # at which a curve is told, for it to be drawn
_DAYS_APART = 30  # of these times
_SEVERAL = ("charges", "countries", "case_ids")


def present(kind: str, records: Records) -> bool:
    """Whether there are records of a kind."""
    return kind in records and len(records[kind]) > 0


def supplied(own: Own, p: Params) -> pd.DataFrame:
    """A row for each of the eleven kinds: kind, records (to the nearest `min_cell`), first_year, last_year, file; of a kind
    that is not there `file` says so.

    How many records there are is told in round numbers, and when they are from in years, so that neither tells of one of them.
    """
    rows = []
    for kind in KINDS:
        frame = own.records.get(kind)
        if frame is None or frame.empty:
            none = "no whole year in the period" if kind == "expenditure" else "none in the period"
            gone = NOT_SUPPLIED if frame is None else none
            rows.append({"kind": kind, "records": pd.NA, "first_year": pd.NA, "last_year": pd.NA, "file": gone})
            continue
        years = _years(kind, frame) if len(frame) >= p.min_cell else pd.Series([pd.NA])
        told_as = nearest(measures.number(kind, own.records, p), p.min_cell)
        row = {"kind": kind, "records": told_as, "first_year": years.min(), "last_year": years.max()}
        rows.append(row | {"file": own.files.get(kind, "SIMULATED")})
    return pd.DataFrame(rows).astype({"records": "Int64", "first_year": "Int64", "last_year": "Int64"})


def elsewhere(own: Own) -> pd.DataFrame:
    """A row for each kind in the folder that another notebook tells of: kind, file, told_by (what to type)."""
    rows = [(kind, file, told_by(kind)) for kind, file in own.elsewhere.items()]
    return pd.DataFrame(rows, columns=["kind", "file", "told_by"])


def _years(kind: str, frame: pd.DataFrame) -> pd.Series[int]:
    day = frame[DAYS[kind]]
    years: pd.Series[int] = day if kind == "expenditure" else day.dt.year
    return years.astype("int64")


def estimates(kind: str, records: Records, p: Params) -> pd.DataFrame:
    """What the records of a kind come to, as it is told, a row each with its kind of `estimates.yaml`; no rows without records.

    Returns
    -------
    DataFrame: kind, said, withheld (why it is not told, else empty), estimate, ci_low, ci_high, n_obs, n_units, and what the
    texts of its kind ask for.
    """
    empty = pd.DataFrame(columns=["kind", "said", "withheld", *told.TOLD])
    if not present(kind, records):
        return empty
    there = len(records[kind]), measures.number(kind, records, p)
    rows = [told.coarse(found, *there, p) for estimator in _ESTIMATORS[kind] for found in estimator(records, p)]
    keys = dict.fromkeys(key for found in rows for key in found)
    return pd.DataFrame(rows).reindex(columns=[*empty, *(key for key in keys if key not in empty)])


def every_estimate(records: Records, p: Params) -> pd.DataFrame:
    """`estimates` of all kinds, one below the other, with the kind of records in `records`."""
    found = [estimates(kind, records, p).assign(records=kind) for kind in KINDS if present(kind, records)]
    return pd.concat(found, ignore_index=True)


def record(study: Study, kind: str, found: pd.DataFrame) -> pd.DataFrame | Sentence:
    """Record what the records of a kind come to and return it, and what is withheld of it; a sentence where there are none.

    Parameters
    ----------
    found : of `every_estimate`.
    """
    rows = found[found["records"] == kind]
    if rows.empty:
        return study.say("not_supplied", kind)
    tellable = rows[rows["withheld"] == ""]
    recorded = [study.estimate(str(name), _with_said(own)) for name, own in tellable.groupby("kind", sort=False)]
    withheld = rows.loc[rows["withheld"] != "", ["kind", "withheld"]].set_index("kind").rename_axis("id")
    return pd.concat([*recorded, withheld])


def _with_said(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as estimates take them: without columns that none has, and what is said of each after a semicolon."""
    return rows.dropna(axis=1, how="all").assign(said=[f"; {said}" if said else "" for said in rows["said"]])


# --- What is drawn ----------------------------------------------------------------------------------------------------


def every_share(found: pd.DataFrame) -> pd.DataFrame:
    """Shares that are told, with `label` in words, `of`, the kind of records, and `text`, the share: rows of `every_estimate`."""
    rows = found[found["kind"].isin(_SHARES) & (found["withheld"] == "")]
    labels = [_label(row) for row in rows.to_dict("records")]
    numbers = [percent(share) for share in rows["estimate"]]
    return rows.assign(label=labels, of=rows["records"].str.replace("_", " "), text=numbers)


def _label(row: Mapping[Any, Any]) -> str:
    return _SHARES[row["kind"]].format_map({str(name): value for name, value in row.items()})


def compared(found: pd.DataFrame) -> pd.DataFrame:
    """Comparisons of supported with other cases or requests that are told, with `label`: rows of `every_estimate`."""
    rows = found[found["kind"].isin(COMPARED) & (found["withheld"] == "")]
    return rows.assign(label=rows["kind"].map(COMPARED))


def in_points(rows: pd.DataFrame) -> pd.DataFrame:
    """Differences of shares in percentage points, with their intervals and true values, if they have any."""
    shares = [name for name in ("estimate", "ci_low", "ci_high", "true") if name in rows]
    return rows.assign(**{name: 100 * rows[name].astype("float64") for name in shares})


def around(rows: pd.DataFrame, none: float, *, log: bool = False) -> tuple[float, float]:
    """Ends of an axis that holds the intervals of rows, their true values if they have any, and no difference, which is `none`.

    `log`: the axis is one of logarithms.
    """
    names = [name for name in ("estimate", "ci_low", "ci_high", "true") if name in rows]
    held = np.append(rows[names].to_numpy("float64").ravel(), none)
    held = np.log(held[~np.isnan(held)]) if log else held[~np.isnan(held)]
    pad = 0.06 * (np.ptp(held) or 1.0)
    ends = np.array([held.min() - pad, held.max() + pad])
    low, high = np.exp(ends) if log else ends
    return float(low), float(high)


def gains(found: pd.DataFrame) -> pd.DataFrame:
    """Gains in marks that are told, with `label`: rows of `estimates`."""
    words = {
        "tests.gain": "at the end",
        "tests.gain_kept": "later, of those found",
        "tests.gain.bounds_low": "of all, the lost at 0",
        "tests.gain.bounds_high": "of all, the lost at 100",
    }
    rows = found[found["kind"].isin(words) & (found["withheld"] == "")]
    return rows.assign(label=rows["kind"].map(words))


def drawn_groups(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `by_group` as they are drawn: those told with an interval."""
    rows = table[table["ci_low"].notna()]
    return rows.astype({"share": "float64", "ci_low": "float64", "ci_high": "float64"})


def waits(records: Records, p: Params) -> pd.DataFrame:
    """Share of requests not answered by days since they were sent, supported and others, as far as may be told: group, time,
    survival, ci_low, ci_high; no rows where too little is.

    Told every thirty days while enough were answered and enough still wait, as `coarse_share` tells shares: days on which few
    were, or none, are not told, so that nobody can tell how few.
    """
    columns = ["group", "time", "survival", "ci_low", "ci_high"]
    if not present("cooperation_requests", records):
        return pd.DataFrame(columns=columns)
    frame = cases.waiting(records["cooperation_requests"])
    frame = frame.assign(group=told.named_support(frame[SUPPORT]), event=frame["answered_in_time"].astype("int64"))
    parts = []
    if not told.enough_or_none(int(frame[SUPPORT].isna().sum()), p):
        return pd.DataFrame(columns=columns)
    for side in (told.SUPPORTED, told.OTHER):
        own = frame[frame["group"] == side]
        if own.loc[own["answered_in_time"], "case"].nunique() < p.min_cell:
            return pd.DataFrame(columns=columns)
        times = np.arange(0, own["days"].nlargest(p.min_cell).iloc[-1], _DAYS_APART)
        if len(times) < _FEWEST_TIMES:
            return pd.DataFrame(columns=columns)
        curve = kaplan_meier(own["days"], own["event"], alpha=p.alpha).at(times.tolist())
        points = [
            (day, *coarse_share(share, low, high, len(own), p.min_cell, alpha=p.alpha))
            for day, (share, low, high) in zip(
                times.tolist(), curve[["survival", "ci_low", "ci_high"]].to_numpy(np.float64).tolist(), strict=True
            )
            if all(all_alike(count, p.min_cell, p.min_cell) for count in (share * len(own), (1 - share) * len(own)))
        ]
        parts.append(pd.DataFrame(points, columns=columns[1:]).assign(group=side)[columns])
    return pd.concat(parts, ignore_index=True) if all(len(part) for part in parts) else pd.DataFrame(columns=columns)


# --- Tables -----------------------------------------------------------------------------------------------------------


def by_group(records: Records, p: Params) -> pd.DataFrame:
    """A share of each kind told apart by the chosen column: kind, measure, group, yes, n, share, ci_low, ci_high, suppressed.

    Counts and shares are missing where they may not be told. Of expenditure the share is spent of budget, without counts.
    """
    parts = [pd.DataFrame(columns=_COLUMNS)]
    for kind in KINDS:
        groups = groups_of(kind, records, p.by)
        if groups is not None and len(groups):
            money = kind == "expenditure"
            parts.append(_spent_by(records[kind], groups, p) if money else _counted_by(kind, "group", records, p))
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def by_support(records: Records, p: Params) -> pd.DataFrame:
    """The shares of `by_group` of supported and other cases and requests."""
    kinds = [kind for kind in KINDS if present(kind, records) and SUPPORT in records[kind]]
    parts = [pd.DataFrame(columns=_COLUMNS), *(_counted_by(kind, "support", records, p) for kind in kinds)]
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def _counted_by(kind: str, by: str, records: Records, p: Params) -> pd.DataFrame:
    rows = told.shares(measures.counts(kind, records, p), p)
    return rows[rows["by"] == by].assign(kind=kind, measure=measures.MEASURES[kind])


def _spent_by(frame: pd.DataFrame, groups: pd.Series[str], p: Params) -> pd.DataFrame:
    planned = frame.assign(group=groups).dropna(subset=["budget", "spent"])
    if planned.empty:
        return pd.DataFrame(columns=_COLUMNS)
    by = [("group",), ()]
    spent, budget = (
        suppressed_sums(planned, by, amount, min_cell=p.min_cell).tables["group",].set_index("group")["total"]
        for amount in ("spent", "budget")
    )
    shares = (spent / budget.where(budget > 0)).map(lambda share: digits(share, 2))
    found = shares.reset_index(name="share")
    found = found.assign(kind="expenditure", measure="spent of budget", suppressed=found["share"].isna())
    return found.reindex(columns=[*found, "yes", "n", "ci_low", "ci_high"])


def listed(records: Records, p: Params) -> pd.DataFrame:
    """How many records of each kind have each value of a column, to the nearest `min_cell`: kind, column, value, records,
    suppressed.

    Values that would tell of fewer than `min_cell` have no count. Counts that are not exact add up to no exact number of records,
    from which others could be taken. The column that records are told apart by is left to that table.
    """
    columns = ["kind", "column", "value", "records", "suppressed"]
    parts = [pd.DataFrame(columns=columns)]
    for kind, names in LISTED.items():
        for name in names if present(kind, records) else ():
            if name != p.by:
                counted = _counted(records[kind][name], measures.holders(kind, records[kind]), p)
                parts.append(counted.assign(kind=kind, column=name)[columns])
    return pd.concat(parts, ignore_index=True)


def _counted(values: pd.Series[Any], holders: pd.Series[str] | None, p: Params) -> pd.DataFrame:
    """value, records, suppressed of one column; of one with several values a record counts for each it has."""
    if values.name not in _SEVERAL:
        missing = "open" if values.name == "disposition" else NOT_NOTED
        coded = pd.DataFrame({"value": values.astype("object").fillna(missing).astype("str"), "holder": holders})
        whose = None if holders is None else "holder"
        table = suppressed(coded, [("value",), ()], min_cell=p.min_cell, holder=whose).tables[("value",)]
        # Those told as min_cell would be known not to be below it, beside another number of some of the same records.
        enough = table["count"].map(lambda n: n == 0 or all_alike(n, p.min_cell, p.min_cell), na_action="ignore")
        counts = table["count"].where(enough.eq(True))
        return table.assign(records=told.round_counts(counts, p), suppressed=counts.isna())
    counts = values.dropna().str.split(" ").map(set).explode().value_counts().sort_index()
    few = (counts < p.min_cell) | (len(values) - counts < p.min_cell)
    told_counts = told.round_counts(counts.astype("Int64").where(~few), p)
    return pd.DataFrame({"value": counts.index, "records": told_counts.array, "suppressed": few.array})


def totals(records: Records, p: Params) -> pd.DataFrame:
    """What the records of each kind add up to, as `coarse_sum` tells it: kind, what, total, suppressed.

    A sum that would tell of one or few records, trainings or cases is missing, and so is one that is smaller than the smallest
    count told.
    """
    nearly = {"persons": measures.persons, "actions agreed": measures.actions}
    rows = []
    for kind, sums in _amounts(records).items():
        for what, (amounts, holders) in sums.items():
            known = amounts.dropna().astype("float64")
            total = nearly[what](records[kind], p) if what in nearly else float(known.sum())
            enough = all(sum_allowed(known, p.min_cell, whose[known.index]) for whose in holders)
            allowed = enough and total >= p.min_cell
            rows.append({"kind": kind, "what": what, "total": coarse_sum(total, p.min_cell) if allowed else np.nan})
    return pd.DataFrame(rows, columns=["kind", "what", "total"]).assign(suppressed=lambda table: table["total"].isna())


def _amounts(records: Records) -> dict[str, dict[str, Summed]]:
    """Amounts that are added up, by kind and what they are, and whose each is: a record's own, its training's or its case's."""

    def own(amounts: pd.Series[Any]) -> Summed:
        return amounts, [amounts.index.to_series()]

    def by(frame: pd.DataFrame, column: str, amounts: pd.Series[Any]) -> Summed:
        return amounts, [frame[column]]

    def mentions(frame: pd.DataFrame) -> Summed:
        each = frame["case_ids"].str.split().explode().dropna().rename_axis("record").reset_index(name="case")
        return pd.Series(1.0, each.index), [each["record"], each["case"]]

    def days(frame: pd.DataFrame, first: str, last: str) -> Summed:
        return own((frame[last] - frame[first]).dt.days + 1)

    made: dict[str, Callable[[pd.DataFrame], dict[str, Summed]]] = {
        "cases": lambda f: {"kilograms seized": own(f["kilograms"])},
        "assets": lambda f: {
            "US dollars frozen": by(f, "case_id", f["value_frozen"]),
            "US dollars confiscated": by(f, "case_id", f["value_confiscated"]),
        },
        "trainings": lambda f: {
            "persons": by(f, "training_id", f["participants"]),
            "speakers": by(f, "training_id", f["speakers"]),
            "days": own(activities.days_of(f)),
        },
        "equipment": lambda f: {"pieces": own(f["units"]), "US dollars": own(f["value"])},
        "forums": lambda f: {"cases discussed": mentions(f), "actions agreed": own(f["actions_agreed"])},
        "joint_teams": lambda f: {
            "cases worked on": mentions(f),
            "days of teams that ended": days(f, "signed", "ended"),
        },
        "operations": lambda f: {
            "seizures": own(f["seizures"]),
            "cases begun": mentions(f),
            "days": days(f, "start", "end"),
        },
        "expenditure": lambda f: {"US dollars planned": own(f["budget"]), "US dollars spent": own(f["spent"])},
    }
    return {kind: of(records[kind]) for kind, of in made.items() if present(kind, records)}
