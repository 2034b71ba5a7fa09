"""What a user supplies by country and year: an outcome of their own, and other programmes at work, with their dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
import pandas as pd

from crimjust_research import project
from crimjust_research.data import own_records
from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.staggered.fixed_effects import Coefficient, two_way_coefficient
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.joining.comparison import Comparison
from crimjust_research.questions.joining.measures import Measure
from crimjust_research.questions.joining.reassignment import Reassignment

OWN = "own_outcome"


@dataclass(frozen=True)
class Supplied:
    """Records of one kind as supplied, and the file they are of."""

    frame: pd.DataFrame
    used: Used

    @property
    def file(self) -> str:
        return self.used.table.rpartition("/")[2]


def supplied(file: str, kind: str) -> Supplied | None:
    """The records of a file, checked against their schema and the vocabulary; None where no file is named.

    Raises
    ------
    DataError
        With every fault of the file, by row, column and value.
    """
    if not file:
        return None
    path = project.root() / file
    frame = own_records.read(path, kind)
    return Supplied(frame, Used(project.named(file), "as supplied", sha256(path.read_bytes()).hexdigest()))


def with_own(panel: pd.DataFrame, own: Supplied | None) -> tuple[pd.DataFrame, tuple[Measure, ...]]:
    """The panel of countries with the outcome supplied as a column, and its measure; as it is where none is.

    Raises
    ------
    ParameterError
        If the file has years that the panel does not.
    """
    if own is None:
        return panel, ()
    given = own.frame.rename(columns={"country": "iso3", "value": OWN}).astype({"year": "int64", OWN: "float64"})
    if late := sorted(set(given["year"]) - set(panel["year"])):
        span = f"{panel['year'].min()} to {panel['year'].max()}"
        raise ParameterError(
            f"outcome_file {own.file}: {late[0]} is no year of the panel, which has {span}; drop its rows"
        )
    made = panel.merge(given, on=["iso3", "year"], how="left")
    return made, (Measure(OWN, OWN, f"outcome in {own.file}", f"Outcome in {own.file}", "units of the file"),)


def at_work(records: pd.DataFrame, found: Comparison) -> FloatArray:
    """(n_units, T) how many other programmes were at work in a country in the year of each edition."""
    counts = np.zeros((found.checked.n_units, len(found.years)))
    place = {str(unit): row for row, unit in enumerate(found.checked.units)}
    years = np.asarray(found.years)
    last = records["last_year"].fillna(years[-1]).astype("int64")
    for country, begun, ended in zip(records["country"], records["first_year"].astype("int64"), last, strict=True):
        if country in place:
            counts[place[country]] += (years >= begun) & (years <= ended)
    return counts


def given_programmes(found: Comparison, counts: FloatArray) -> tuple[Reassignment, Coefficient]:
    """The registered comparison of scores less what goes with each other programme at work, and how much that is.

    The coefficient is of least squares beside country and edition effects, over editions of countries that had not (yet)
    joined, so that no difference since joining is taken for one of other programmes. It is taken as known.

    Raises
    ------
    ParameterError
        If the number of programmes does not change there, so that nothing can be told of them.
    """
    design = Reassignment.of(found)
    clear = design.periods < design.cohort[:, None] - design.unclear
    unit, period = np.nonzero(np.isfinite(design.outcomes) & clear)
    try:
        slope = two_way_coefficient(
            design.outcomes[unit, period], counts[unit, period], unit, period, np.ones(unit.size)
        )
    except ParameterError as error:
        raise ParameterError(
            "co_programmes_file: among countries that had not joined, no other programme begins or ends while scores are "
            "seen, so what goes with it cannot be told; add the countries that did not join"
        ) from error
    return replace(design, outcomes=design.outcomes - slope.estimate * counts), slope
