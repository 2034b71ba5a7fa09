"""The challenges that reviews find most, against what the programme proposes to do.

Which activity answers which challenge is this project's reading of two short texts, neither of which refers to the
other. An activity *names* a challenge if its text names the same task, and is *near* it if the task is a part of it or
stands beside it. A challenge that only a law or a new institution can meet is answered by none: every activity trains,
brings together, equips or operates.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from crimjust_research import document
from crimjust_research.errors import DataError

NAMES, NEAR, NONE = "names it", "near it", "none"
LEVELS = (NONE, NEAR, NAMES)
CHAPTERS = ("II", "III", "IV", "V")
# Challenge -> activity or, where a pillar lists none, the pillar as a whole -> how near.
_READING: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "public_sector_integrity": {"Pillar 3": NAMES},
        "codes_of_conduct": {"Pillar 3": NEAR},
        "private_sector": {},
        "procurement": {},
        "money_laundering": {"financial_investigation": NEAR},
        "freezing_and_confiscation": {"asset_confiscation": NAMES},
        "value_based_confiscation": {},
        "proceeds_definition": {},
        "asset_administration": {"asset_confiscation": NEAR},
        "prosecution": {
            "prosecution_networks": NAMES,
            "case_management": NAMES,
            "best_practice_trainings": NAMES,
            "whole_justice_chain": NEAR,
        },
        "jurisdiction": {},
        "mutual_legal_assistance": {"formal_cooperation_channels": NAMES, "post_seizure_forums": NEAR},
        "law_enforcement_cooperation": {
            "post_seizure_forums": NAMES,
            "concept_of_operations": NEAR,
            "pre_and_post_operational_meetings": NEAR,
        },
        "joint_teams_and_technology": {
            "joint_investigation_teams": NAMES,
            "cyber": NEAR,
            "special_investigative_techniques": NEAR,
        },
        "extradition": {"formal_cooperation_channels": NAMES},
        "extraditable_offences": {},
        "minimum_penalties": {},
        "dual_criminality": {},
        "transfers_of_proceeds": {"financial_investigation": NEAR},
        "non_conviction_based": {},
        "foreign_orders": {},
        "proactive_freezing": {"asset_confiscation": NEAR},
        "asset_recovery_units": {},
    }
)
# What only a law, or an institution to be set up, can meet.
_OF_FRAMEWORK = frozenset(
    {
        "value_based_confiscation",
        "proceeds_definition",
        "jurisdiction",
        "extraditable_offences",
        "minimum_penalties",
        "dual_criminality",
        "non_conviction_based",
        "foreign_orders",
        "asset_recovery_units",
    }
)


def matrix(challenges: pd.DataFrame) -> pd.DataFrame:
    """Every challenge and stream of work: chapter, challenge, label, stream, level (names it, near it, none), activities.

    Raises
    ------
    DataError
        If the table of challenges and the reading do not hold the same ones.
    """
    if set(challenges["challenge"]) != set(_READING):
        differing = sorted(set(challenges["challenge"]) ^ set(_READING))
        raise DataError(f"uncac_challenges and this project's reading of it differ in {', '.join(differing)}")
    stream_of = _streams_of_activities()
    rows = []
    for row in _in_document_order(challenges).to_dict("records"):
        reading = _READING[row["challenge"]]
        for stream in streams_of_work():
            here = {activity: level for activity, level in reading.items() if stream_of[activity] == stream}
            level = NAMES if NAMES in here.values() else NEAR if here else NONE
            rows.append((row["chapter"], row["challenge"], row["label"], stream, level, "; ".join(here)))
    return pd.DataFrame(rows, columns=["chapter", "challenge", "label", "stream", "level", "activities"])


def summary(challenges: pd.DataFrame) -> pd.DataFrame:
    """Each challenge once: chapter, challenge, label, kind (framework or capacity), level, streams, articles."""
    cells = matrix(challenges)
    answered = cells[cells["level"] != NONE]
    best = answered.groupby("challenge")["level"].agg(lambda levels: NAMES if NAMES in set(levels) else NEAR)
    streams = answered.groupby("challenge")["stream"].agg(", ".join)
    table = _in_document_order(challenges)
    return pd.DataFrame(
        {
            "chapter": table["chapter"],
            "challenge": table["challenge"],
            "label": table["label"],
            "kind": table["challenge"].isin(_OF_FRAMEWORK).map({True: "framework", False: "capacity"}),
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
