"""The cases: a user's own records, or SIMULATED ones; both in the columns of data/templates/cases.csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd

from crimjust_research import project
from crimjust_research.designs.survival.cascade import CaseRecords, case_records, mature_entries
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions import supplied_records
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.cascade.params import Params
from crimjust_research.questions.cascade.simulation import DAYS_A_YEAR

COOPERATION = "transnational_cooperation_used"
SUPPORT = "programme_supported"
COVARIATES = {
    COOPERATION: "cooperation with another country",
    "precursor_involved": "precursors involved",
    SUPPORT: "support by the programme",
}
# Ways a case ends, by the code that competing risks are given (what has not ended is 0): dispositions, and the way in words.
ENDINGS = {
    1: (("convicted",), "convicted"),
    2: (("acquitted", "dismissed", "withdrawn"), "acquitted or dismissed"),
    3: (("not_prosecuted",), "not prosecuted"),
}


@dataclass(frozen=True)
class Cases:
    """Case records and where they are from."""

    frame: pd.DataFrame
    """The template's columns that are used, one row a case."""
    source: str
    used: tuple[Used, ...]
    """The file read; none if the cases are simulated."""

    @property
    def countries(self) -> int:
        """How many countries the cases are of; SIMULATED ones are of none."""
        return self.frame["country"].nunique() if self.used else 0

    def shown(self) -> pd.DataFrame:
        """The first SIMULATED cases; of records that were supplied no case, but for how many each column is noted."""
        return self.frame.notna().sum().to_frame("cases") if self.used else self.frame.head()


def cases_of(p: Params) -> Cases:
    """The cases of the file named, or SIMULATED ones if none is.

    Raises
    ------
    DataError
        With every fault of the file, by row, column and value.
    ParameterError
        If the cases are SIMULATED, no case is old enough for the maturity, or none has ended.
    """
    if p.simulated:
        return Cases(simulation.simulated_frame(p.simulated_cases, p.seed), f"SIMULATED cases, seed {p.seed}", ())
    path, name = project.root() / p.cases_file, project.named(p.cases_file)
    frame = supplied_records.read(p.cases_file, "cases", {"defendants": "defendants_file"})
    if frame["case_id"].str.startswith("SIMULATED").any():
        raise ParameterError(
            f"cases_file {name}: the cases are SIMULATED, as their codes say, and would pass for observed ones; name their "
            "folder, with its truth.json, to 11_own_records as `folder`, or leave cases_file empty"
        )
    if frame["disposition"].isna().all():
        raise ParameterError(f"cases_file {name}: no case has ended yet, so there is no time to an end to describe")
    try:
        mature_entries(records_of(frame), p.maturity_years)
    except ParameterError as error:
        raise ParameterError(f"cases_file {name}, maturity_years {p.maturity_years:g}: {error}") from error
    as_of = f"{frame['as_of'].max():%Y-%m-%d}"
    used = Used(name, as_of, sha256(path.read_bytes()).hexdigest())
    return Cases(frame, f"case records supplied in {name.rpartition('/')[2]}, as of {as_of}", (used,))


def records_of(frame: pd.DataFrame, covariates: Sequence[str] = ()) -> CaseRecords:
    """Records for the designs, in whole days before each case's own as_of, at which every case is censored; told in years.

    An investigation opened before the seizure counts from the seizure, where the cascade begins. Where charges were filed
    and no investigation was noted, it counts as opened when they were filed.
    """
    seizure, prosecution, ended = (
        _days_before(frame, day) for day in ("seizure_date", "prosecution_started", "disposition_date")
    )
    investigation = _days_before(frame, "investigation_opened").fillna(prosecution)
    convicted = frame["disposition"] == "convicted"
    times = pd.DataFrame(
        {
            "case": frame["case_id"],
            "seizure": seizure,
            "investigation": investigation.where(investigation.isna() | (investigation >= seizure), seizure),
            "prosecution": prosecution,
            "conviction": ended.where(convicted),
            "closed": ended.where(~convicted),
            **{name: frame[name].astype("float64") for name in covariates},
        }
    )
    return case_records(times, 0.0, covariates=covariates, per_unit=DAYS_A_YEAR, unit="years")


def durations(frame: pd.DataFrame) -> pd.DataFrame:
    """Years from seizure to the end of the case or to as_of, and the ending: years, ending (0 if open), per case.

    Equally many days are equally many years, to the last digit.
    """
    code = {disposition: number for number, (dispositions, _) in ENDINGS.items() for disposition in dispositions}
    days = _days_before(frame, "disposition_date").fillna(0.0) - _days_before(frame, "seizure_date")
    return pd.DataFrame(
        {
            "years": days / DAYS_A_YEAR,
            "ending": frame["disposition"].map(code).fillna(0).astype("int64"),
        }
    )


def usable_covariates(frame: pd.DataFrame) -> tuple[str, ...]:
    """Covariates noted for at least half of the cases that differ among the cases where all of them are noted."""
    noted = [name for name in COVARIATES if frame[name].notna().mean() >= 0.5]
    complete = frame.dropna(subset=noted)
    return tuple(name for name in noted if complete[name].nunique() == 2)


def _days_before(frame: pd.DataFrame, day: str) -> pd.Series[float]:
    """Whole days from as_of to the day, negative; missing where the day is."""
    return (frame[day] - frame["as_of"]).dt.days.astype("float64")
