"""Who is in which phase, who had joined before or taken part, whom each outcome covers: read off document and panels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research import document, project
from crimjust_research.data.ingest.files import records
from crimjust_research.data.rollout_files import refuse_other_spellings
from crimjust_research.errors import DataError, did_you_mean
from crimjust_research.questions.rollout.outcomes import Measured

COLUMNS = ("iso3", "phase")
OUTSIDE = 0
"""Block of a Major of no phase in whose region no phase has a country: nothing is compared with it."""
_NUMBERED = re.compile(r"(-?\d+(?:\.\d+)?)|\D*(\d+)\D*")


def in_phases(file: str, countries: pd.DataFrame) -> pd.DataFrame:
    """Countries of the phases in their order: iso3, country, phase (as it is named), block (1, 2, ...), joined.

    Starts are dealt along the rows, so that these are put in one order, however a file lists them: phases by their numbers, or,
    without any, as they first appear; countries of a phase as the document lists them, others after these by code.

    Parameters
    ----------
    file : table of columns iso3 and phase, empty for the document's phases.
    countries : the panel of countries.

    Raises
    ------
    DataError
        Naming file, row and country of one that is in two phases or is none; phases that differ in capitals or spaces only; or
        one phase alone, which is one start.
    """
    written = document.load().phase_frame()[["iso3", "phase"]]
    listed = _listed(project.root() / file, countries) if file else written
    known = countries.set_index("iso3")
    number = _numbers(listed["phase"])
    code, _ = pd.factorize(listed["phase"] if number is None else number, sort=number is not None)
    place = listed["iso3"].map(dict(zip(written["iso3"], range(len(written)), strict=True))).fillna(len(written))
    listed = listed.assign(
        country=listed["iso3"].map(known["name"]),
        block=code + 1,
        joined=listed["iso3"].map(known["entry_latest"]),
    )
    order = listed.assign(place=place).sort_values(["block", "place", "iso3"]).index
    return listed.loc[order].reset_index(drop=True)


def as_listed(phases: pd.DataFrame) -> bool:
    """Whether the order of the phases is that in which they first appear, their names having no numbers."""
    return _numbers(phases["phase"]) is None


def _numbers(phases: pd.Series[Any]) -> pd.Series[float] | None:
    """The number that each phase's name is, or holds beside words; None unless each has one of its own."""
    found = {name: _NUMBERED.fullmatch(str(name)) for name in phases.unique()}
    numbers = {name: float(match[1] or match[2]) for name, match in found.items() if match}
    return phases.map(numbers) if len(set(numbers.values())) == len(found) else None


def _listed(path: Path, countries: pd.DataFrame) -> pd.DataFrame:
    table = records(path, COLUMNS)
    if missing := [name for name in COLUMNS if name not in table]:
        raise DataError(f"{path} has no column {missing[0]!r}; it must have iso3 and phase: rename or add the column")
    table = table.loc[:, list(COLUMNS)].assign(iso3=table["iso3"].str.upper())
    for row, iso3, phase in table.itertuples(name=None):
        if iso3 not in set(countries["iso3"]):
            near = did_you_mean(iso3, countries["iso3"])
            raise DataError(f"{path} row {row}: {iso3!r} is no country; {near}Write its ISO 3166 code of three letters")
        if not phase:
            raise DataError(f"{path} row {row}: {iso3} has no phase; give it one, or delete the row")
    twice = table[table.duplicated("iso3", keep=False)]
    if len(twice):
        first = twice[twice["iso3"] == twice["iso3"].iloc[0]]
        its = " and ".join(map(repr, first["phase"]))
        raise DataError(
            f"{path}: {first['iso3'].iloc[0]} is in the phases {its}; phases share no country: keep it in one"
        )
    refuse_other_spellings(path, table["phase"])
    if table["phase"].nunique() < 2:
        raise DataError(f"{path} has one phase, so that all start together; give at least two starts")
    return table


def other_majors(countries: pd.DataFrame, phases: pd.DataFrame) -> pd.DataFrame:
    """Majors of no phase: iso3, country, block: that with most countries of their region, `OUTSIDE` if none has any."""
    region = countries.set_index("iso3")["region"]
    most = phases.groupby(phases["iso3"].map(region))["block"].agg(lambda block: block.value_counts(sort=True).index[0])
    others = countries[countries["major_2021"] & ~countries["iso3"].isin(phases["iso3"])]
    block = others["region"].map(most).fillna(OUTSIDE).astype("int64")
    return pd.DataFrame({"iso3": others["iso3"], "country": others["name"], "block": block}).reset_index(drop=True)


def joined_by(phases: pd.DataFrame, year: int) -> int:
    """How many countries of the phases had joined the earlier programme, or taken part, by the end of a year at the latest."""
    return int((phases["joined"] <= year).sum())


def table_of(panel: pd.DataFrame, outcome: Measured, iso3: pd.Series[str]) -> pd.DataFrame:
    """Values of an outcome, countries (all, in the order of `iso3`) by periods that have any; logs where asked for."""
    own = panel[panel["iso3"].isin(iso3)].dropna(subset=[outcome.column])
    values = own[outcome.column].astype("float64")
    if outcome.log:
        own, values = own[values > 0], values[values > 0].map(np.log)
    wide = own.assign(_value=values).set_index(["iso3", outcome.period])["_value"].unstack()  # noqa: PD010 - one row a country and period
    return wide.reindex(iso3).astype("float64")


def held(panel: pd.DataFrame, phases: pd.DataFrame) -> pd.DataFrame:
    """Persons held for trafficking, countries by years: no outcome of a roll-out, for who is held entered years before."""
    own = panel[panel["iso3"].isin(phases["iso3"])].dropna(subset=["persons_held_trafficking"])
    wide = own.set_index(["iso3", "year"])["persons_held_trafficking"].unstack()  # noqa: PD010 - one row a country and year
    return wide.reindex(phases["iso3"]).astype("float64")


def coverage(
    values: Mapping[Measured, pd.DataFrame], held_: pd.DataFrame, evaluated: pd.DataFrame, phases: pd.DataFrame
) -> pd.DataFrame:
    """Whom each public outcome covers: outcome, periods, in_all, three (at least that many), never, by_phase (in all of them)."""
    named = {outcome.title: table for outcome, table in values.items()} | {"Persons held": held_}
    rows = [_covered(title, table.notna().sum(axis=1), table.shape[1], phases) for title, table in named.items()]
    rated = phases["iso3"].isin(evaluated["iso3"]).astype("int64").set_axis(phases["iso3"])
    return pd.DataFrame([*rows, _covered("FATF's evaluations", rated, 1, phases)])


def _covered(title: str, seen: pd.Series[int], periods: int, phases: pd.DataFrame) -> dict[str, object]:
    whole = pd.Series((seen == periods).to_numpy(), phases.index).groupby(phases["block"]).sum()
    never = phases["country"][(seen == 0).to_numpy()]
    return {
        "outcome": title,
        "periods": periods,
        "in_all": int(whole.sum()),
        "three": int((seen >= 3).sum()),
        "never": len(never),
        "by_phase": ", ".join(map(str, whole)),
        "named": ", ".join(never) if len(never) <= 3 else "",
    }
