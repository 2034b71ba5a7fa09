"""SIMULATED coded summaries of the phase States: known truth, two coders who err, nothing of any State."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crimjust_research.data.own_records.schemas import NONE
from crimjust_research.document import Document
from crimjust_research.errors import DataError

CODERS = ("SIM-1", "SIM-2")
# The truth: how often a State has a challenge; how often a coder misses one that is there and finds one that is not.
PREVALENCE, MISSED, IMAGINED = 0.45, 0.1, 0.05
# How often a challenge found is coded as needing assistance, and of which type in each chapter.
NEEDED = 0.6
_TYPES = {"II": "policy_advice", "III": "capacity_building", "IV": "international_cooperation", "V": "asset_recovery"}
_CYCLES = {"II": 2, "III": 1, "IV": 1, "V": 2}


def summaries(said: Document, seed: int) -> pd.DataFrame:
    """SIMULATED records of both cycles of every phase State, in the columns of `coded_summaries`.

    Raises
    ------
    DataError
        If the document has no longer the types of assistance that are drawn.
    """
    if unknown := sorted(set(_TYPES.values()) - {kind.key for kind in said.assistance_types}):
        raise DataError(f"the source document lists no assistance {', '.join(unknown)}; mend what is simulated")
    rng = np.random.default_rng(seed)
    rows = []
    for iso3 in said.phase_frame()["iso3"]:
        there = {challenge.key: rng.uniform() < PREVALENCE for challenge in said.challenges}
        for coder in CODERS:
            for chapter, cycle in _CYCLES.items():
                keys = [challenge.key for challenge in said.challenges if challenge.chapter == chapter]
                found = [key for key in keys if rng.uniform() < (1 - MISSED if there[key] else IMAGINED)]
                rows += [
                    (iso3, cycle, coder, chapter, key, _TYPES[chapter] if rng.uniform() < NEEDED else NONE)
                    for key in found
                ] or [(iso3, cycle, coder, chapter, NONE, NONE)]
    return pd.DataFrame(rows, columns=["iso3", "cycle", "coder", "chapter", "challenge", "need"])
