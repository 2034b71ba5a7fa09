"""Steps of the notebook on the cascade: what is read off the records, by stage, year, time and ending."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy.special import ndtri

from crimjust_research.designs.survival.cascade import (
    STAGES,
    CaseRecords,
    log_variances,
    mature_entries,
    maturity_profile,
    stage_entries,
)
from crimjust_research.designs.survival.curves import SurvivalCurves, cumulative_incidence, kaplan_meier
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.cascade.cases import COOPERATION, ENDINGS, durations, records_of
from crimjust_research.questions.cascade.params import Params
from crimjust_research.questions.cascade.simulation import DAYS_A_YEAR

HORIZONS = (1, 2, 3)  # years after seizure
GROUPS = {True: "cooperation used", False: "not used"}
EVERYONE = "all"
# Of mature cases still pending at a stage, beyond which the cut-off is too short; and of cases whose day of an
# investigation is not noted.
MOST_PENDING = MOST_NOT_NOTED = 0.05
# In the order of shades that tell them apart in grey print.
PASSED, ENDED, RECENT, PENDING = STATUSES = ("passed on", "ended there", "too recent", "pending")
_POINTS = 150  # of a curve: more than a picture of this width can show


def days_of_investigations(frame: pd.DataFrame) -> pd.DataFrame:
    """before_seizure, day_not_noted, cases: investigations opened before their seizure, and charges without one noted."""
    before = int((frame["investigation_opened"] < frame["seizure_date"]).sum())
    unnoted = int((frame["prosecution_started"].notna() & frame["investigation_opened"].isna()).sum())
    return pd.DataFrame({"before_seizure": [before], "day_not_noted": [unnoted], "cases": [len(frame)]})


def by_cohort(frame: pd.DataFrame, maturity: float) -> pd.DataFrame:
    """Cases by stage, calendar year they entered it, and what became of them: stage, year, status, cases.

    Cases that have not been there for `maturity` are too recent; of the others, those that neither passed on nor ended
    within it are pending.
    """
    entries = mature_entries(records_of(frame), maturity)
    days = frame.set_index("case_id")["as_of"].reindex(entries["case"]).reset_index(drop=True)
    year = (days + pd.to_timedelta(entries["entered"] * DAYS_A_YEAR, unit="D").dt.round("D")).dt.year
    closed = (entries["cause"] == 2) & (entries["duration"] <= maturity)
    status = np.select([~entries["mature"], entries["advanced"], closed], [RECENT, PASSED, ENDED], PENDING)
    counts = entries.assign(year=year, status=status).groupby(["stage", "year", "status"]).size()
    cells = product(STAGES[:-1], range(year.min(), year.max() + 1), STATUSES)
    every = pd.MultiIndex.from_tuples(cells, names=["stage", "year", "status"])
    return counts.reindex(every, fill_value=0).rename("cases").reset_index()


def reached(stages: pd.DataFrame, p: Params) -> pd.DataFrame:
    """Share of mature seizures that come as far as each stage: stage, share, ci_low, ci_high, text; of SIMULATED cases
    also `true`.

    The stages are taken as independent, the interval as normal on the logarithm.
    """
    share = stages["probability"].cumprod().to_numpy()
    error = np.sqrt(log_variances(stages, 1 - p.confidence_level).cumsum())
    spread = np.exp(ndtri(0.5 + p.confidence_level / 2) * error)
    found = pd.DataFrame(
        {
            "stage": list(STAGES),
            "share": [1.0, *share],
            "ci_low": [1.0, *(share / spread)],
            "ci_high": [1.0, *np.minimum(share * spread, 1.0)],
        }
    )
    found["text"] = [f"{s:.0%}" for s in found["share"]]
    if p.simulated:
        found["true"] = [1.0, *np.cumprod(simulation.true_passing(p.maturity_years))]
    return found


def cut_offs(records: CaseRecords, p: Params) -> pd.DataFrame:
    """`maturity_profile` at half, one and a half times and twice the maturity beside it, as far as cases are old enough."""
    oldest = float(stage_entries(records).groupby("stage")["age"].max().min())
    offered = [0.5 * step * p.maturity_years for step in range(1, 5)]
    return maturity_profile(records, [m for m in offered if m <= oldest], alpha=1 - p.confidence_level)


def of_the_whole_way(profile: pd.DataFrame) -> pd.DataFrame:
    """The rows of `transitions` or `maturity_profile` that multiply the stages."""
    return profile[(profile["stage"] == STAGES[0]) & (profile["following"] == STAGES[-1])]


# How long cases take


def still_open(curves: SurvivalCurves, horizons: Sequence[int]) -> pd.DataFrame:
    """The curve read at horizons in years, with each in words: group, time, survival, ci_low, ci_high, years."""
    rows = curves.at(horizons)
    return rows.assign(years=rows["time"].map(_years))


def by_cooperation(frame: pd.DataFrame, alpha: float) -> SurvivalCurves:
    """Time to the end of a case by use of cooperation; of all cases unless some of both kinds have ended."""
    noted = frame[frame[COOPERATION].notna()]
    ended = durations(noted)
    event = (ended["ending"] > 0).astype("int64")
    label = noted[COOPERATION].astype("bool").map(GROUPS)
    if label[event == 1].nunique() < len(GROUPS):
        ended = durations(frame)
        return kaplan_meier(ended["years"], ended["ending"] > 0, alpha=alpha)
    order = label.sort_values(kind="stable").index
    return kaplan_meier(ended["years"][order], event[order], group=label[order], alpha=alpha)


def open_curves(curves: SurvivalCurves, frame: pd.DataFrame) -> pd.DataFrame:
    """Curves as they are drawn, from the seizure for as long as a case of the group is followed: group, time, survival,
    ci_low, ci_high."""
    groups = curves.summary["group"].tolist()
    label = pd.Series(EVERYONE, frame.index) if groups == [EVERYONE] else frame[COOPERATION].map(GROUPS)
    followed = durations(frame)["years"].groupby(label).max()
    starts = pd.DataFrame({"group": groups, "time": 0.0, "survival": 1.0, "ci_low": 1.0, "ci_high": 1.0})
    ends = curves.table.groupby("group").tail(1).assign(time=lambda rows: rows["group"].map(followed))
    whole = pd.concat([starts, curves.table, ends], ignore_index=True)[list(starts)]
    return _thinned(whole.sort_values(["group", "time"], kind="stable"), "group")


def endings(ended: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """`cumulative_incidence` of the ways in which cases end, with each in words (`ending`) and as in ids (`id`)."""
    found = cumulative_incidence(ended["years"], ended["ending"], alpha=alpha)
    words = found["cause"].map({code: way for code, (_, way) in ENDINGS.items()})
    return found.assign(ending=words, id=words.str.replace(" ", "_"))


def ended_by(incidence: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """The last row of each ending by a horizon in years, which is given in words as well."""
    rows = incidence[incidence["time"] <= horizon].groupby("ending", sort=False).tail(1)
    return rows.assign(horizon=horizon, years=_years(horizon))


def ending_curves(incidence: pd.DataFrame) -> pd.DataFrame:
    """Incidences as they are drawn, from the seizure: ending, time, incidence, ci_low, ci_high."""
    starts = pd.DataFrame({"ending": incidence["ending"].unique(), "time": 0.0, "incidence": 0.0})
    starts = starts.assign(ci_low=0.0, ci_high=0.0)
    whole = pd.concat([starts, incidence[list(starts)]], ignore_index=True)
    return _thinned(whole.sort_values("time", kind="stable"), "ending")


def _years(number: float) -> str:
    return f"{number:g} year" if number == 1 else f"{number:g} years"


def _thinned(curves: pd.DataFrame, by: str) -> pd.DataFrame:
    """Curves at no more than so many of their steps, first and last among them."""
    place = curves.groupby(by, sort=False).cumcount()
    size = curves.groupby(by, sort=False)["time"].transform("size")
    step = np.ceil(size / _POINTS).astype("int64")
    kept: pd.DataFrame = curves[(place % step == 0) | (place == size - 1)].reset_index(drop=True)
    return kept
