"""Which of the challenges reviews meet most a pillar of the programme answers, or a priority of the platforms: by readings."""

from __future__ import annotations

import pandas as pd

from crimjust_research.errors import DataError
from crimjust_research.questions.assistance import channels
from crimjust_research.questions.reviews import challenges
from crimjust_research.questions.reviews.challenges import NAMES, NEAR, NONE

FRAMEWORK = "framework"


def by_challenge(table: pd.DataFrame) -> pd.DataFrame:
    """Each challenge of the table `uncac_challenges` and what answers it, in the document's order.

    Returns
    -------
    DataFrame: chapter, challenge, label, pillar (names it, near it, none: the best of the programme's activities), streams,
    platform (likewise, of the platforms' priorities), law (only a law or an institution to be set up meets it).

    Raises
    ------
    DataError
        If table and readings do not hold the same challenges.
    """
    known = challenges.summary(table)
    read = channels.load().platforms
    if unknown := sorted({*read.names, *read.near} - set(known["challenge"])):
        raise DataError(f"{channels.FILE}: uncac_challenges has no challenge {', '.join(unknown)}; mend the names")
    levels = {**dict.fromkeys(read.near, NEAR), **dict.fromkeys(read.names, NAMES)}
    return pd.DataFrame(
        {
            "chapter": known["chapter"],
            "challenge": known["challenge"],
            "label": known["label"],
            "pillar": known["level"],
            "streams": known["streams"],
            "platform": known["challenge"].map(levels).fillna(NONE),
            "law": known["kind"] == FRAMEWORK,
        }
    )


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Of the challenges of `by_challenge`, how many are answered: name, words, met, n_obs, estimate; a count, not a sample."""
    pillar, platform = table["pillar"] != NONE, table["platform"] != NONE
    counted = {
        "pillar": ("an activity of the programme names or stands near", pillar),
        "platform": ("a priority of the regional platforms names or stands near", platform),
        "either": ("an activity or a priority names or stands near", pillar | platform),
        "law": ("only a law, or an institution to be set up, can meet", table["law"]),
    }
    rows = [(name, words, int(met.sum()), len(met), float(met.mean())) for name, (words, met) in counted.items()]
    return pd.DataFrame(rows, columns=["name", "words", "met", "n_obs", "estimate"])
