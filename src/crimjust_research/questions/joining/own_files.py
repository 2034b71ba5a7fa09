"""What a user supplies by country and year: an outcome of their own, and other programmes at work, with their dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research import project
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.timing.given_covariate import GivenCovariate
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions import supplied_records
from crimjust_research.questions.joining.comparison import Comparison
from crimjust_research.questions.joining.measures import Measure
from crimjust_research.questions.joining.params import FILES
from crimjust_research.questions.joining.reassignment import Reassignment
from crimjust_research.vocabulary import countries as country_names

OWN = "own_outcome"
OTHER = "other"  # any programme that the template does not name


@dataclass(frozen=True)
class Supplied:
    """Records of one kind as supplied, and the file they are of."""

    frame: pd.DataFrame
    used: Used

    @property
    def file(self) -> str:
        return self.used.table.rpartition("/")[2]


def read(file: str, kind: str) -> Supplied | None:
    """The records of a file, checked against their schema and the vocabulary; None where no file is named.

    Raises
    ------
    DataError
        With every fault of the file, by row, column and value.
    """
    if not file:
        return None
    frame = supplied_records.read(file, kind, FILES)
    content = sha256((project.root() / file).read_bytes()).hexdigest()
    return Supplied(frame, Used(project.named(file), "as supplied", content))


def with_own(panel: pd.DataFrame, own: Supplied | None) -> tuple[pd.DataFrame, tuple[Measure, ...]]:
    """The panel of countries with the outcome supplied as a column, and its measure; as it is where none is."""
    if own is None:
        return panel, ()
    given = own.frame.rename(columns={"country": "iso3", "value": OWN}).astype({"year": "int64", OWN: "float64"})
    made = panel.merge(given, on=["iso3", "year"], how="left")
    return made, (Measure(OWN, OWN, f"outcome in {own.file}", f"Outcome in {own.file}", "units of the file"),)


def not_compared(records: pd.DataFrame, found: Iterable[Comparison]) -> dict[str, Any]:
    """Records of countries that are in no comparison, which count for nothing: rows, how many; names, of which countries."""
    compared = {str(unit) for each in found for unit in each.checked.units}
    lost = records.loc[~records["country"].isin(compared), "country"]
    names = country_names.names()
    return {"rows": len(lost), "names": sorted(names[str(code)] for code in lost.unique())}


def at_work(records: pd.DataFrame, found: Comparison) -> FloatArray:
    """(n_units, T) how many other programmes were at work in a country in the year of each edition.

    A programme named in several rows of a country counts once in a year of two of them; rows of `other` are taken for
    programmes of their own.
    """
    years = np.asarray(found.years)
    rows = records.assign(last_year=records["last_year"].fillna(years[-1]))
    first, last = (rows[end].to_numpy(np.int64)[:, None] for end in ("first_year", "last_year"))
    own = np.where(rows["programme"] == OTHER, rows["first_year"].astype("str"), "")
    working = pd.DataFrame((years >= first) & (years <= last), rows.index)
    each = working.groupby([rows["country"], rows["programme"], own]).any()
    counts = each.groupby("country").sum().reindex([str(unit) for unit in found.checked.units], fill_value=0)
    return counts.to_numpy(np.float64)


def given_programmes(found: Comparison, counts: FloatArray, draws: int, seed: int) -> GivenCovariate:
    """The registered test of scores less what goes with each other programme at work, and how much that is.

    The slope is of least squares beside country and edition effects, over editions of countries that had not (yet) joined,
    so that no difference since joining is taken for one of other programmes. It is estimated anew under each reassignment,
    and its error is part of the test's.

    Raises
    ------
    ParameterError
        If the number of programmes does not change there, or in one country alone, so that nothing can be told of them.
    """
    try:
        return Reassignment.of(found).given(counts, draws, seed)
    except ParameterError as error:
        raise ParameterError(
            "programmes must begin or end, while scores are seen, in two countries or more that are compared and had not joined; "
            "add the dates of countries that did not join"
        ) from error


def untreated_changes(found: Comparison, counts: FloatArray) -> int:
    """In how many countries the number of programmes (n_units, T) changes among editions before they joined, if they did."""
    design = Reassignment.of(found)
    clear = np.isfinite(design.outcomes) & (design.periods < design.cohort[:, None] - design.unclear)
    spread = np.where(clear, counts, -np.inf).max(axis=1) - np.where(clear, counts, np.inf).min(axis=1)
    return int((spread > 0).sum())
