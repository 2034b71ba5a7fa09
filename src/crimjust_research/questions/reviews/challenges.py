"""The challenges that reviews find most, against what the programme proposes to do, by the reading in `reading.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from crimjust_research import document, yaml_files
from crimjust_research.designs.counts.agreement import FEWEST_SUBJECTS, Agreement, fleiss_kappa, weighted_kappa
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.reviews.params import Params
from crimjust_research.questions.supplied import supplied
from crimjust_research.yaml_files import Entry, Text

NAMES, NEAR, NONE = "names it", "near it", "none"
LEVELS = (NONE, NEAR, NAMES)
# What a coder's level is called here.
_GIVEN = {"names": NAMES, "near": NEAR, "none": NONE}
OWN = "this project"
CHAPTERS = ("II", "III", "IV", "V")
_FILE = "reading.yaml"


class Reading(Entry):
    """What a challenge takes, and the activities, or pillars as a whole, that name it or stand near it."""

    kind: Literal["framework", "capacity"]
    names: tuple[Text, ...] = ()
    near: tuple[Text, ...] = ()

    def level(self, activity: str) -> str:
        return NAMES if activity in self.names else NEAR


class _Readings(Entry):
    challenges: Mapping[Text, Reading]


def readings(challenges: pd.DataFrame) -> Mapping[str, Reading]:
    """The reading of each challenge of the table.

    Raises
    ------
    DataError
        If table and reading do not hold the same challenges, or an activity read is not the document's.
    """
    found = yaml_files.load_beside(_Readings, __package__, _FILE).challenges
    if differing := sorted(set(challenges["challenge"]) ^ set(found)):
        raise DataError(f"uncac_challenges and this project's reading of it, {_FILE}, differ in {', '.join(differing)}")
    read = {activity for reading in found.values() for activity in (*reading.names, *reading.near)}
    if unknown := sorted(read - set(_streams_of_activities())):
        raise DataError(f"{_FILE}: the source document lists no activity {', '.join(unknown)}; mend the names")
    return found


def matrix(challenges: pd.DataFrame) -> pd.DataFrame:
    """Every challenge and stream of work: chapter, challenge, label, stream, level (names it, near it, none), activities.

    Raises what `readings` does.
    """
    read, stream_of = readings(challenges), _streams_of_activities()
    rows = []
    for row in _in_document_order(challenges).to_dict("records"):
        reading = read[row["challenge"]]
        for stream in streams_of_work():
            here = [activity for activity in (*reading.names, *reading.near) if stream_of[activity] == stream]
            level = max((reading.level(activity) for activity in here), key=LEVELS.index, default=NONE)
            rows.append((row["chapter"], row["challenge"], row["label"], stream, level, "; ".join(here)))
    return pd.DataFrame(rows, columns=["chapter", "challenge", "label", "stream", "level", "activities"])


def summary(challenges: pd.DataFrame) -> pd.DataFrame:
    """Each challenge once: chapter, challenge, label, kind (framework or capacity), level, streams, articles."""
    cells = matrix(challenges)
    answered = cells[cells["level"] != NONE]
    best = answered.groupby("challenge")["level"].agg(lambda levels: NAMES if NAMES in set(levels) else NEAR)
    streams = answered.groupby("challenge")["stream"].agg(", ".join)
    table, read = _in_document_order(challenges), readings(challenges)
    return pd.DataFrame(
        {
            "chapter": table["chapter"],
            "challenge": table["challenge"],
            "label": table["label"],
            "kind": [read[challenge].kind for challenge in table["challenge"]],
            "level": table["challenge"].map(best).fillna(NONE),
            "streams": table["challenge"].map(streams).fillna(""),
            "articles": table["articles_interpreted"],
        }
    )


def answered_share(table: pd.DataFrame) -> pd.DataFrame:
    """Challenges that some activity names or stands near, over all and by chapter: a count, not a sample.

    Returns
    -------
    DataFrame: name, where (", chapter II"), named, near, of, estimate (share).
    """
    parts = [("all", "", table), *((f"chapter_{c}", f", chapter {c}", table[table["chapter"] == c]) for c in CHAPTERS)]
    rows = []
    for name, where, part in parts:
        named, near, of = int((part["level"] == NAMES).sum()), int((part["level"] == NEAR).sum()), len(part)
        rows.append((name, where, named, near, of, (named + near) / of))
    return pd.DataFrame(rows, columns=["name", "where", "named", "near", "of", "estimate"])


@dataclass(frozen=True)
class Coders:
    """Readings of challenges that a person supplied, beside this project's own."""

    levels: pd.DataFrame
    """Challenges (index) by coder (columns, this project's reading first): level, or missing where not read."""
    used: tuple[Used, ...]
    """The file read; none if there is none."""

    @property
    def names(self) -> list[str]:
        """The coders supplied."""
        return [str(name) for name in self.levels if name != OWN]

    def shares(self) -> pd.DataFrame:
        """Challenges that some activity names or stands near, by coder: name, named, near, of, estimate (share)."""
        rows = []
        for name in self.names:
            read = self.levels[name].dropna()
            named, near = int((read == NAMES).sum()), int((read == NEAR).sum())
            rows.append((name, named, near, len(read), (named + near) / len(read)))
        return pd.DataFrame(rows, columns=["name", "named", "near", "of", "estimate"])

    def agreement(self, alpha: float) -> pd.DataFrame:
        """Each coder with this project: name, estimate (Cohen's kappa, linear weights), ci_low, ci_high, observed, n_obs."""
        rows = []
        for name in self.names:
            both = self.levels[[OWN, name]].dropna()
            rows.append(_row(name, weighted_kappa(list(both[OWN]), list(both[name]), LEVELS, alpha)))
        return pd.DataFrame(rows)

    def of_all(self) -> dict[str, Any] | None:
        """Fleiss' kappa of all readings on what all read, as a row; None where they have too few challenges in common."""
        common = self.levels.dropna()
        return None if len(common) < FEWEST_SUBJECTS else _row("all", fleiss_kappa(common, LEVELS))


def coders_of(p: Params, table: pd.DataFrame) -> Coders:
    """The readings of the file named, beside this project's of `summary`; that alone if none is.

    Raises
    ------
    ParameterError
        If the file cannot be read or has a fault, or a coder has read fewer than five challenges.
    """
    own = table.set_index("challenge")["level"].rename(OWN)
    if not p.readings_file:
        return Coders(own.to_frame(), ())
    read, used = supplied("readings_file", p.readings_file, "challenge_readings")
    counts = read.groupby("coder").size()
    if len(few := counts[counts < FEWEST_SUBJECTS]):
        raise ParameterError(
            f"readings_file {used.table}: {few.index[0]} has read {few.iloc[0]} challenges; agreement needs "
            f"{FEWEST_SUBJECTS} or more of each coder"
        )
    given = read["level"].map(_GIVEN).set_axis(pd.MultiIndex.from_frame(read[["challenge", "coder"]]))
    levels = pd.DataFrame({coder: given.xs(coder, level="coder") for coder in counts.index})
    return Coders(own.to_frame().join(levels), (used,))


def _row(name: str, found: Agreement) -> dict[str, Any]:
    numbers = {"estimate": found.kappa, "ci_low": found.ci_low, "ci_high": found.ci_high}
    counts = {"observed": found.observed, "n_obs": found.n_subjects, "n_units": found.n_subjects}
    return {"name": name, **numbers, **counts, "readers": found.n_readers}


def _in_document_order(challenges: pd.DataFrame) -> pd.DataFrame:
    order = {key: position for position, key in enumerate(c.key for c in document.load().challenges)}
    return challenges.sort_values("challenge", key=lambda keys: keys.map(order), kind="stable", ignore_index=True)


def _streams_of_activities() -> dict[str, str]:
    """Stream of work of every activity, and of each stream as a whole."""
    found = {name: name for name in streams_of_work()}
    for component in document.load().components:
        for stream in component.streams:
            found |= {a.key: f"{component.stream.capitalize()} {stream.number}" for a in stream.activities}
    return found


def streams_of_work() -> tuple[str, ...]:
    """Pillars of Component 1 and steps of Component 2, as tables and charts name them."""
    return tuple(f"{c.stream.capitalize()} {stream.number}" for c in document.load().components for stream in c.streams)
