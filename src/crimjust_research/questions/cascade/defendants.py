"""The defendants of the cases: how many there are, how far they come, and how that goes with support by the programme.

In the cascade a case counts once, as convicted as soon as one defendant is. Here a defendant counts once, or each case
does by the share of its defendants. Defendants of a case are alike, so errors are clustered by case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np
import pandas as pd

from crimjust_research import project
from crimjust_research.designs.counts.clustered_shares import (
    BETWEEN,
    CLUSTER,
    MEMBER,
    clustered_shares,
    differences,
)
from crimjust_research.designs.fit import inference
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions import supplied_records
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.cascade.cases import SUPPORT, Cases
from crimjust_research.questions.cascade.params import Params
from crimjust_research.questions.cascade.simulation import DAYS_A_YEAR

# Errors clustered by case need two cases; of fewer than ten on either side they are too small for a comparison.
FEWEST_CASES, FEWEST_COMPARED = 2, 10
GROUPS = {True: "in supported cases", False: "in other cases"}
PER_CASE, COUNTING = "per_case", "counting"


class Measure(NamedTuple):
    """A number of defendants: in words, beside a chart, how it is found and in what unit."""

    words: str
    label: str
    method: str
    unit: str


_WILSON = "Wilson's interval at the effective number"
MEASURES = {
    PER_CASE: Measure(
        "Defendants on record per charged case that has any",
        "defendants per case",
        "Mean over cases, Student's t on its logarithm",
        "defendants per case",
    ),
    "decided": Measure(
        "Share of charged defendants who are decided on within the maturity",
        "charged to decided",
        f"Share of defendants, {_WILSON}",
        "probability",
    ),
    "convicted_of_decided": Measure(
        "Share of defendants decided on within the maturity who are convicted",
        "decided to convicted",
        f"Share of defendants, {_WILSON}",
        "probability",
    ),
    "convicted": Measure(
        "Share of charged defendants who are convicted within the maturity, a defendant counting once",
        "convicted, by defendant",
        f"Share of defendants, {_WILSON}",
        "probability",
    ),
    "convicted_case_once": Measure(
        "Share of charged defendants who are convicted within the maturity, a case counting once",
        "convicted, by case",
        f"Mean over cases of the share of their defendants, {_WILSON}",
        "probability",
    ),
    COUNTING: Measure(
        "Share of charged defendants who are convicted within the maturity, a defendant less a case counting once",
        "by defendant less by case",
        "Difference of the two shares, Student's t",
        "probability",
    ),
}
_NUMBERS = ["estimate", "std_error", "ci_low", "ci_high", "n_obs", "n_units"]
_NO_ROWS = pd.DataFrame(columns=["measure", *Measure._fields, "group", *_NUMBERS])


@dataclass(frozen=True)
class Defendants:
    """Records of defendants, each with whether its case was supported; no rows where none were supplied."""

    frame: pd.DataFrame
    used: tuple[Used, ...]
    """The file read; none if the defendants are simulated, or none were supplied."""
    source: str


def defendants_of(p: Params, cases: Cases) -> Defendants:
    """The defendants of the file named, held against their cases; SIMULATED ones of SIMULATED cases.

    Raises
    ------
    DataError
        With every fault of the file, by row, column and value.
    """
    if p.simulated:
        frame = with_support(simulation.simulated_defendants(cases.frame, p.seed), cases.frame)
        return Defendants(frame, (), f"SIMULATED defendants, seed {p.seed}")
    if not p.defendants_file:
        return Defendants(pd.DataFrame(columns=["case_id", "role", "outcome"]), (), "")
    path, name = project.root() / p.defendants_file, project.named(p.defendants_file)
    frame = supplied_records.read(p.defendants_file, "defendants", {"cases": "cases_file"}, {"cases": cases.frame})
    as_of = f"{frame['as_of'].max():%Y-%m-%d}"
    used = Used(name, as_of, sha256(path.read_bytes()).hexdigest())
    source = f"records of defendants supplied in {name.rpartition('/')[2]}, as of {as_of}"
    return Defendants(with_support(frame, cases.frame), (used,), source)


def with_support(frame: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Defendants with whether their case was supported."""
    return frame.join(cases.set_index("case_id")[SUPPORT], on="case_id")


def listed(frame: pd.DataFrame, cases: pd.DataFrame, maturity: float) -> pd.DataFrame:
    """One row: defendants, recent (charged too recently to count), cases (that have a defendant on record), charged
    (cases), without (charged cases that have none on record); none where no defendants were supplied."""
    if frame.empty:
        return pd.DataFrame()
    charged = cases.loc[cases["prosecution_started"].notna(), "case_id"]
    row = {
        "defendants": len(frame),
        "recent": len(frame) - len(mature(frame, maturity)),
        "cases": frame["case_id"].nunique(),
        "charged": len(charged),
        "without": int((~charged.isin(frame["case_id"])).sum()),
    }
    return pd.DataFrame([row])


def by_role(frame: pd.DataFrame) -> pd.DataFrame:
    """Defendants by role and by how their trial ended: role, and a column for each outcome and for open trials."""
    role, outcome = frame["role"].fillna("not noted"), frame["outcome"].fillna("open")
    return pd.crosstab(role, outcome).reset_index().rename_axis(columns=None)


def mature(frame: pd.DataFrame, maturity: float) -> pd.DataFrame:
    """Defendants charged at least `maturity` years before their as_of, with decided and convicted within it as 0 or 1."""
    most = maturity * DAYS_A_YEAR
    in_time = (frame["decided"] - frame["charged"]).dt.days <= most
    convicted = in_time & frame["outcome"].eq("convicted").fillna(False).astype("bool")
    flags = frame.assign(in_time=in_time.astype("int64"), convicted=convicted.astype("int64"))
    return flags[(frame["as_of"] - frame["charged"]).dt.days >= most]


def described(frame: pd.DataFrame, p: Params) -> tuple[pd.DataFrame, str]:
    """Defendants per case, and shares that come to a decision and to a conviction; or why there are none.

    Returns
    -------
    DataFrame: measure, the fields of `Measure`, estimate, std_error, ci_low, ci_high, n_obs (defendants), n_units (cases),
    group (the cases they are of), immature; of SIMULATED defendants also `true`; and the reason. No rows and no reason where no
    defendants were supplied.
    """
    if frame.empty:
        return _NO_ROWS, ""
    decided = _cases_decided(frame, p)
    if decided < FEWEST_CASES:
        return _NO_ROWS, f"shares of defendants: cases with a decision in time are {decided}; {FEWEST_CASES} are needed"
    rows = _told(frame, "in all cases", p, {})
    return rows.assign(immature=len(frame) - len(mature(frame, p.maturity_years))), ""


def by_support(frame: pd.DataFrame, p: Params) -> tuple[pd.DataFrame, str]:
    """The same but immature of supported and of other cases, told apart by `group`; or why they are not compared.

    Where `described` has a reason, none is given again.
    """
    if frame.empty or _cases_decided(frame, p) < FEWEST_CASES:
        return _NO_ROWS, ""
    sides = _sides(frame)
    fewest = min(_cases_decided(side, p) for side in sides.values())
    if fewest < FEWEST_COMPARED:
        what = "supported and other cases by their defendants"
        return _NO_ROWS, f"{what}: cases with a decision in time are {fewest} on one side; {FEWEST_COMPARED} are needed"
    found = [_told(side, GROUPS[held], p, {SUPPORT: float(held)}) for held, side in sides.items()]
    return pd.concat(found, ignore_index=True), ""


def apart(compared: pd.DataFrame) -> pd.DataFrame:
    """Supported less other cases, measure by measure, from the rows of `by_support`; without those of counting."""
    if compared.empty:
        return _NO_ROWS
    supported, other = (compared[compared["group"] == group].set_index("measure") for group in GROUPS.values())
    return _worded(differences(supported, other).drop(index=COUNTING))


def drawn(people: pd.DataFrame, compared: pd.DataFrame) -> pd.DataFrame:
    """Shares of defendants as they are drawn: of supported and of other cases, or of all where these are not compared."""
    rows = people if compared.empty else compared
    return rows[(rows["unit"] == "probability") & (rows["measure"] != COUNTING)]


def _found(frame: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Number and shares by measure: estimate, std_error, ci_low, ci_high, n_obs, n_units."""
    old, alpha = mature(frame, p.maturity_years), 1 - p.confidence_level
    of_decided = clustered_shares(old[old["in_time"] == 1], "convicted", "case_id", alpha=alpha)
    convicted = clustered_shares(old, "convicted", "case_id", alpha=alpha)
    rows = {
        PER_CASE: _per_case(frame, alpha),
        "decided": clustered_shares(old, "in_time", "case_id", alpha=alpha).loc[MEMBER],
        "convicted_of_decided": of_decided.loc[MEMBER],
        "convicted": convicted.loc[MEMBER],
        "convicted_case_once": convicted.loc[CLUSTER],
        COUNTING: convicted.loc[BETWEEN],
    }
    return pd.DataFrame(rows).T[_NUMBERS]


def _per_case(frame: pd.DataFrame, alpha: float) -> pd.Series[float]:
    """Defendants per case. The interval is of the logarithm, so that it stays above zero; of few cases, whose number of
    defendants tells too little of how it varies, there is none."""
    each = np.asarray(frame.groupby("case_id").size(), np.float64)
    mean, error = float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size))
    log = inference(np.array([np.log(mean)]), np.array([error / mean]), alpha, len(each) - 1)
    ends = {
        end: float(np.exp(log[end][0])) if len(each) >= FEWEST_COMPARED else np.nan for end in ("ci_low", "ci_high")
    }
    return pd.Series({"estimate": mean, "std_error": error} | ends | {"n_obs": len(frame), "n_units": len(each)})


def _told(frame: pd.DataFrame, group: str, p: Params, given: Mapping[str, float]) -> pd.DataFrame:
    """What is found of a group of defendants, in words; of SIMULATED ones, whose cases are as `given`, also what is true."""
    rows = _worded(_found(frame, p)).assign(group=group)
    if p.simulated:
        rows["true"] = rows["measure"].map(simulation.true_defendants(p.maturity_years, given))
    return rows


def _worded(found: pd.DataFrame) -> pd.DataFrame:
    """Rows by measure with what each is in words."""
    told = pd.DataFrame([MEASURES[measure] for measure in found.index], found.index)
    return found.join(told).rename_axis("measure").reset_index()


def _sides(frame: pd.DataFrame) -> dict[bool, pd.DataFrame]:
    """Defendants of supported cases, and of those that are known not to have been."""
    return {held: frame[frame[SUPPORT].eq(held).fillna(False).astype("bool")] for held in GROUPS}


def _cases_decided(frame: pd.DataFrame, p: Params) -> int:
    """How many cases have a mature defendant who was decided on in time."""
    return int(mature(frame, p.maturity_years).query("in_time == 1")["case_id"].nunique())
