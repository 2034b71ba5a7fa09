"""What records of cases, of their defendants and assets, and of requests for cooperation come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.designs.counts.clustered_shares import differences
from crimjust_research.designs.counts.standardised import standardised_difference
from crimjust_research.designs.counts.totals import wilson_shares
from crimjust_research.designs.disclosure.rounding import all_alike
from crimjust_research.designs.disclosure.rules import (
    average_allowed,
    nested_share_allowed,
    sides_allowed,
    sum_allowed,
)
from crimjust_research.designs.disclosure.tables import suppressed
from crimjust_research.designs.resampling.cluster_bootstrap import median_of_clusters
from crimjust_research.designs.survival.cascade import additional_convictions, continuation_ratios, transitions
from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.errors import ParameterError
from crimjust_research.questions.cascade.cases import COOPERATION, SUPPORT, records_of
from crimjust_research.questions.own_records import measures, told
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import every_case
from crimjust_research.questions.own_records.told import ALL, OTHER, SUPPORTED, Row, row, withheld

Records = Mapping[str, pd.DataFrame]

# Outcomes of the rarer kind that a regression needs for each covariate: Peduzzi and others (1996), J Clin Epidemiol 49.
FEWEST_PER_COVARIATE = 10
FEWEST_OF_A_DRUG = 30
ROLES = ("courier", "organiser", "financier", "official", "other")
SEXES = ("female", "male")
_WEIGHT = "log_kilograms"
# Why a number is withheld: in words without numbers of the records, which what a method says of them would have.
_REFUSED = "the regression does not hold on so few records, or so alike"
_NOTHING_BESIDE = "nothing to adjust for is noted of enough cases, or support is not"
_NOT_OLD = "no case is old enough to have passed every stage"


# --- Cases ------------------------------------------------------------------------------------------------------------


def adjustment(cases: pd.DataFrame) -> pd.DataFrame:
    """Support and what is recorded of a case beside it, as numbers: a row for each case of which all of it is noted.

    Weight in logarithms, which a weight of zero has not: such a case counts as without one noted. Drugs against the commonest,
    rare ones together. What fewer than half of the cases have noted, and what does not differ among those left, is no covariate.
    """
    kilograms = cases["kilograms"].astype("float64")
    columns = pd.DataFrame(
        {
            SUPPORT: cases[SUPPORT].astype("float64"),
            COOPERATION: cases[COOPERATION].astype("float64"),
            "precursor_involved": cases["precursor_involved"].astype("float64"),
            _WEIGHT: np.log(kilograms.where(kilograms > 0)),
        },
        index=cases.index,
    )
    columns = columns.loc[:, (columns.notna().mean() >= 0.5) | (columns.columns == SUPPORT)]
    common = cases["drug"].value_counts()
    drug = cases["drug"].where(cases["drug"].map(common) >= FEWEST_OF_A_DRUG, "rarer drugs")
    dummies = pd.get_dummies(drug, dtype="float64").drop(columns=drug.mode().iloc[:1] if len(drug) else [])
    complete = columns.join(dummies).dropna()
    return complete.loc[:, complete.min() < complete.max()]


def cases(records: Records, p: Params) -> list[Row]:
    """Opened within half a year: in all, supported less others as they are, and adjusted for what is recorded."""
    frame = records["cases"]
    happened, counts = measures.happened("cases", frame), measures.counts("cases", records, p)
    kind, apart, adjusted = (f"cases.opened_180{end}" for end in ("", ".supported_difference", ".adjusted"))
    whole = told.cell(counts, ALL, ALL)
    if whole is None or not nested_share_allowed(*whole, p.min_cell):
        return [withheld(name, told.too_few(p)) for name in (kind, apart, adjusted)]
    found = [row(kind, wilson_shares(*whole, alpha=p.alpha).iloc[0])]
    sides = [told.cell(counts, "support", side) for side in (SUPPORTED, OTHER)]
    if None in sides:
        return [*found, *(withheld(name, told.too_few(p)) for name in (apart, adjusted))]
    one, other = (wilson_shares(*side, alpha=p.alpha) for side in sides if side)
    found.append(row(apart, differences(one, other).iloc[0], least=min(side[1] for side in sides if side)))
    return [*found, _adjusted_opening(adjusted, frame, happened, p)]


def _adjusted_opening(kind: str, frame: pd.DataFrame, happened: pd.Series[Any], p: Params) -> Row:
    known = adjustment(frame[happened.notna()])
    known = known.assign(opened=happened[known.index].astype("float64"))
    terms = [str(name) for name in known if name not in (SUPPORT, "opened")]
    rarer = int(min(known["opened"].sum(), (1 - known["opened"]).sum()))
    needed = FEWEST_PER_COVARIATE * (len(terms) + 1)
    if not terms:
        return withheld(kind, _NOTHING_BESIDE)
    enough = all_alike(rarer, needed, p.min_cell) and all_alike(len(known), 2 * needed + p.min_cell, p.min_cell)
    if not enough or SUPPORT not in known:
        return withheld(kind, f"a regression with {len(terms) + 1} terms needs {needed} cases of the rarer kind")
    try:
        found = standardised_difference(known, "opened", SUPPORT, terms, alpha=p.alpha)
    except ParameterError:
        return withheld(kind, _REFUSED)
    return row(kind, found, _for(terms), least=_smaller_side(known))


def _smaller_side(known: pd.DataFrame) -> int:
    return int(known[SUPPORT].value_counts().min())


def stages(records: Records, p: Params) -> list[Row]:
    """Passing each stage within the maturity, and convicted: in all, supported less others as they are, and adjusted."""
    frame = records["cases"]
    try:
        table = transitions(records_of(frame), p.maturity_years, alpha=p.alpha)
    except ParameterError:
        return [withheld("stage.pass", _NOT_OLD, following="investigation")]
    found = [_passed(stage, p) for stage in table.iloc[:-1].to_dict("records")]
    last = table.iloc[-1]
    if any(stage["withheld"] for stage in found):
        return [*found, withheld("stage.whole_way", told.too_few(p))]
    numbers = {"estimate": last["probability"], "ci_low": last["ci_low"], "ci_high": last["ci_high"]}
    n = {"n_obs": last["mature"], "n_units": last["mature"]}
    return [*found, row("stage.whole_way", numbers | n), *_convicted_by_support(frame, p)]


def _passed(stage: Mapping[Any, Any], p: Params) -> Row:
    following, n = stage["following"], int(stage["mature"])
    if not nested_share_allowed(int(stage["advanced"]), n, p.min_cell):
        return withheld("stage.pass", told.too_few(p), following=following, stage=stage["stage"])
    numbers = {"estimate": stage["probability"], "ci_low": stage["ci_low"], "ci_high": stage["ci_high"]}
    return row("stage.pass", numbers | {"n_obs": n, "n_units": n}, following=following, stage=stage["stage"])


def _convicted_by_support(frame: pd.DataFrame, p: Params) -> list[Row]:
    apart, adjusted = "stage.convicted.supported_difference", "stage.convicted.adjusted"
    sides = []
    if not told.enough_or_none(int(frame[SUPPORT].isna().sum()), p):
        return [withheld(name, told.too_few(p)) for name in (apart, adjusted)]
    try:
        for held in (True, False):
            table = transitions(
                records_of(frame[frame[SUPPORT].eq(held).fillna(False)]), p.maturity_years, alpha=p.alpha
            )
            stages = table.iloc[:-1]
            if not all(
                nested_share_allowed(int(a), int(n), p.min_cell)
                for a, n in zip(stages["advanced"], stages["mature"], strict=True)
            ):
                return [withheld(name, told.too_few(p)) for name in (apart, adjusted)]
            side = table.tail(1).rename(columns={"probability": "estimate"}).assign(std_error=np.nan)
            sides.append(side.assign(n_obs=side["mature"], n_units=side["mature"]).reset_index(drop=True))
    except ParameterError:
        return [withheld(name, _NOT_OLD) for name in (apart, adjusted)]
    least = min(int(side["n_obs"].iloc[0]) for side in sides)
    return [row(apart, differences(*sides).iloc[0], least=least), _additional(adjusted, frame, p)]


def _additional(kind: str, frame: pd.DataFrame, p: Params) -> Row:
    known = adjustment(frame)
    terms = [str(name) for name in known if name != SUPPORT]
    if not terms or SUPPORT not in known:
        return withheld(kind, _NOTHING_BESIDE)
    try:
        records = records_of(
            frame.loc[known.index].drop(columns=list(known), errors="ignore").join(known), [SUPPORT, *terms]
        )
        logits = continuation_ratios(records, p.maturity_years, alpha=p.alpha)
        more = additional_convictions(logits, SUPPORT, draws=p.draws, seed=p.seed, alpha=p.alpha)
    except ParameterError:
        return withheld(kind, _REFUSED)
    numbers = {"estimate": more.difference, "ci_low": more.ci_low, "ci_high": more.ci_high}
    return row(kind, numbers | {"n_obs": len(known), "n_units": len(known)}, _for(terms), least=_smaller_side(known))


# --- Defendants -------------------------------------------------------------------------------------------------------


def defendants(records: Records, p: Params) -> list[Row]:
    """Women, parts they had, days held before a verdict by sex, and legal aid."""
    frame = records["defendants"]
    female = frame["sex"].eq("female").astype("boolean").where(frame["sex"].notna())
    found = [clustered_share("defendants.women", female, frame["case_id"], p, "cases")]
    noted = frame[frame["role"].notna()]
    hidden = _by_role(frame, p)[0]["suppressed"].any()
    for role in ROLES:
        if hidden or noted.empty:
            found.append(withheld("defendants.role", told.too_few(p), role=role))
        else:
            had = noted["role"].eq(role).astype("boolean")
            found.append(clustered_share("defendants.role", had, noted["case_id"], p, "cases", checked=True, role=role))
    for sex in SEXES:
        held = frame[frame["sex"].eq(sex).fillna(False) & frame["pretrial_days"].notna()]
        found.append(_median("defendants.pretrial_median", held, p, sex=sex))
    return [*found, measured_share("defendants.legal_aid", "defendants", records, "case_id", p, "cases")]


def by_role(frame: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Defendants by part they had and how their trial ended, as far as may be told: role, outcome, defendants, suppressed.

    To the nearest `min_cell`, as in `listed`. "open" is those not decided on by the day of as_of.
    """
    table = _by_role(frame, p)[1]
    return table.assign(defendants=told.round_counts(table["count"], p))[
        ["role", "outcome", "defendants", "suppressed"]
    ]


def _by_role(frame: pd.DataFrame, p: Params) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Told counts of defendants by role, of which the shares are, and by role and outcome; left out together."""
    decided = frame["outcome"].where(frame["decided"].notna())
    coded = pd.DataFrame({"role": frame["role"].fillna("not noted"), "outcome": decided.fillna("open")}).astype("str")
    # Of few months all may be open: that they need not have been is known all the same.
    outcomes = sorted({*coded["outcome"], "open", "convicted"})
    coded["outcome"] = pd.Categorical(coded["outcome"], categories=outcomes)
    by = ("role", "outcome")
    tables = suppressed(coded, [("role",), by], min_cell=p.min_cell, attributes=["outcome"]).tables
    return tables[("role",)], tables[by]


def _median(kind: str, held: pd.DataFrame, p: Params, **texts: Any) -> Row:
    if not average_allowed(len(held), p.min_cell):
        return withheld(kind, "too few defendants", **texts)
    days = held.astype({"pretrial_days": "float64"})
    found = median_of_clusters(days, "pretrial_days", "case_id", draws=p.draws, seed=p.seed, alpha=p.alpha)
    return row(kind, *told.without_few(found, "cases", p), **texts)


# --- Assets -----------------------------------------------------------------------------------------------------------


def assets(records: Records, p: Params) -> list[Row]:
    """Value confiscated over value frozen: in all, and in supported cases less others."""
    kind, apart = "assets.confiscated_share", "assets.confiscated_share.supported_difference"
    frame = records["assets"]
    if told.cell(measures.counts("assets", records, p), ALL, ALL) is None:
        return [withheld(kind, told.too_few(p))]
    ordered = frame["value_confiscated"].where(measures.happened("assets", frame).astype("bool"), 0.0)
    frame = frame.assign(ordered=ordered)[["case_id", "ordered", "value_frozen"]].dropna()
    whole = _of_value(kind, frame, p)
    known = every_case(records)
    if known is None:
        return [whole]
    support = frame["case_id"].map(known[SUPPORT]).astype("boolean")
    sides = [_of_value(apart, frame[support.eq(held).fillna(False)], p) for held in (True, False)]
    return [whole, less(apart, *sides)]


def _of_value(kind: str, frame: pd.DataFrame, p: Params) -> Row:
    holders = frame["case_id"].tolist()
    if not all(sum_allowed(frame[part], p.min_cell, holders) for part in ("ordered", "value_frozen")):
        return withheld(kind, f"fewer than {p.min_cell} cases, or one that holds nearly all")
    if not sides_allowed(frame["ordered"] > 0, holders, p.min_cell):
        return withheld(kind, told.too_few(p))
    return told.ratio(kind, frame, "ordered", "value_frozen", "case_id", p, "cases", bounded=True)


# --- Requests ---------------------------------------------------------------------------------------------------------


def requests(records: Records, p: Params) -> list[Row]:
    """Days to the answer, the hazard ratio of supported requests, and the share granted in whole or part."""
    frame = waiting(records["cooperation_requests"])
    names = ("requests.granted", "requests.granted.supported_difference")
    settled = measures.happened("cooperation_requests", frame)
    counts = measures.counts("cooperation_requests", records, p)
    answered = frame["answered_in_time"]
    median = median_wait("requests.answer_median", frame["days"], answered, p, holders=frame["case"])
    found = [median, _hazard(frame, p)]
    if told.cell(counts, ALL, ALL) is None:
        return [*found, *(withheld(name, told.too_few(p)) for name in names)]
    found.append(clustered_share(names[0], settled, frame["case"], p, "cases", checked=True))
    if any(told.cell(counts, "support", side) is None for side in (SUPPORTED, OTHER)):
        return [*found, withheld(names[1], told.too_few(p))]
    sides = [
        clustered_share(names[1], settled[which], frame.loc[which, "case"], p, "cases", checked=True)
        for which in (frame[SUPPORT].eq(held).fillna(False).astype("bool") for held in (True, False))
    ]
    return [*found, less(names[1], *sides)]


def waiting(frame: pd.DataFrame) -> pd.DataFrame:
    """Requests with days (to the answer, or to as_of without one), answered_in_time, and case (their own code without one)."""
    answered = frame["answered"].notna()
    until = frame["answered"].fillna(frame["as_of"])
    return frame.assign(
        days=(until - frame["sent"]).dt.days.astype("float64"),
        answered_in_time=answered,
        case=measures.holders("cooperation_requests", frame),
    )


def median_wait(
    kind: str, days: pd.Series[Any], event: pd.Series[Any], p: Params, *, holders: pd.Series[Any] | None = None
) -> Row:
    """Median of a Kaplan-Meier curve; without a number where half have not had the event. Of `holders` several may be one."""
    come = int(event.sum()) if holders is None else holders[event].nunique()
    if not average_allowed(come, p.min_cell):
        return withheld(kind, "too few have come")
    summary = kaplan_meier(days, event, alpha=p.alpha).summary.iloc[0]
    numbers = {"estimate": summary["median"], "ci_low": summary["median_low"], "ci_high": summary["median_high"]}
    not_yet = np.isnan(summary["median"])
    n = {"n_obs": len(days), "n_units": len(days)}
    return row(kind, numbers | n, "not reached: fewer than half have come" if not_yet else "")


def _hazard(frame: pd.DataFrame, p: Params) -> Row:
    """Hazard ratio of the answer to supported requests, by kind of request beside it, errors clustered by case."""
    kind = "requests.answer.hazard_ratio"
    known = frame[frame[SUPPORT].notna()]
    dummies = pd.get_dummies(known["kind"], dtype="float64", prefix="kind")
    dummies = dummies.drop(columns=f"kind_{known['kind'].mode().iloc[0]}") if len(known) else dummies
    used = (
        known[["days", "case"]]
        .join(dummies)
        .assign(event=known["answered_in_time"].astype("int64"), supported=known[SUPPORT].astype("float64"))
    )
    answered = used.groupby("supported")["event"].sum()
    needed = max(FEWEST_PER_COVARIATE * (1 + dummies.shape[1]), p.min_cell)
    enough = all_alike(answered.sum(), needed, p.min_cell) and all_alike(len(used), needed + p.min_cell, p.min_cell)
    cases_answered = used[used["event"] == 1].groupby("supported")["case"].nunique()
    if len(cases_answered) < 2 or cases_answered.min() < p.min_cell or not enough:
        return withheld(
            kind, f"a regression with {1 + dummies.shape[1]} terms needs {needed} answers, {p.min_cell} on each side"
        )
    try:
        model = cox(used, "days", "event", ["supported", *dummies], cluster="case", alpha=p.alpha)
    except ParameterError:
        return withheld(kind, _REFUSED)
    term = model.table.iloc[0]
    numbers = {name: term[name] for name in ("ci_low", "ci_high", "p_value")}
    ratio = {"estimate": term["hazard_ratio"], "std_error": term["hazard_ratio"] * term["robust_std_error"]}
    return row(
        kind, ratio | numbers | {"n_obs": len(used), "n_units": used["case"].nunique()}, "beside the kind of request"
    )


# --- What they share --------------------------------------------------------------------------------------------------


def clustered_share(
    kind: str,
    happened: pd.Series[Any],
    cluster: pd.Series[Any],
    p: Params,
    units: str,
    *,
    checked: bool = False,
    **texts: Any,
) -> Row:
    """Share of those of whom it is known, errors by cluster; `checked` where it is known already that it may be told."""
    if not checked and told.cell(told.split(happened, p), ALL, ALL) is None:
        return withheld(kind, told.too_few(p), **texts)
    known = happened.notna()
    frame = pd.DataFrame({"had": happened[known].astype("float64"), "one": 1.0, "cluster": cluster[known]})
    return told.ratio(kind, frame, "had", "one", "cluster", p, units, bounded=True, **texts)


def measured_share(kind: str, of: str, records: Records, cluster: str, p: Params, units: str) -> Row:
    """Share of a kind of records, `of`, to which its measure happened, errors by cluster."""
    if told.cell(measures.counts(of, records, p), ALL, ALL) is None:
        return withheld(kind, told.too_few(p))
    frame = records[of]
    return clustered_share(kind, measures.happened(of, frame), frame[cluster], p, units, checked=True)


def less(kind: str, one: Row, other: Row) -> Row:
    """One share less another of other clusters, or why it is not told."""
    if reason := one["withheld"] or other["withheld"]:
        return withheld(kind, reason)
    frames = [pd.DataFrame([side]).reindex(columns=[*told.NUMBERS]) for side in (one, other)]
    least = min(one["n_obs"], other["n_obs"])
    return row(kind, differences(*frames).iloc[0].to_dict(), one["said"] or other["said"], least=least)


def _for(terms: list[str]) -> str:
    words = {_WEIGHT: "weight", COOPERATION: "cooperation", "precursor_involved": "precursors"}
    named = [words[term] for term in terms if term in words]
    return "adjusted for " + ", ".join([*named, *(["drug"] if any(term not in words for term in terms) else [])])
