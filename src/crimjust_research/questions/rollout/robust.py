"""Whether the recommendation holds over what is assumed: by outcome, at both ends, and with one parameter changed at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from crimjust_research.questions.rollout import compare
from crimjust_research.questions.rollout.compare import Covered
from crimjust_research.questions.rollout.departures import GROWS
from crimjust_research.questions.rollout.outcomes import Outcome, Records
from crimjust_research.questions.rollout.params import Params
from crimjust_research.questions.rollout.plans import DESIGNS, Design

AS_GIVEN = "as given"
_CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    (AS_GIVEN, {}),
    ("the effect grows for three years, as the test expects", {"effect_path": ",".join(map(str, GROWS))}),
    ("countries of a phase share nothing", {"shared": 0.0}),
    ("countries of a phase share half", {"shared": 0.5}),
)


def holds(
    best: Design,
    usable: Sequence[str],
    covered: Mapping[Outcome, Covered],
    names: Sequence[str],
    n_phases: int,
    p: Params,
) -> pd.DataFrame:
    """Least effects of the usable designs against each other: outcome, varied, end, least_by, behind.

    `least_by` has the smallest least effect, and that of the recommended design is `behind` larger, as a share.
    """
    rows = []
    for varied, changed in _CHANGES:
        own = p.model_copy(update=changed)
        for outcome in (one for one in covered if one.name in names):
            if "shared" in changed and not isinstance(outcome, Records):
                continue  # what countries share in public scores is estimated
            least = {
                design.title: compare.found(
                    compare.lay(design, outcome, covered[outcome], n_phases), outcome, covered[outcome], own
                ).least(own)
                for design in DESIGNS
                if design.name in {*usable, best.name}
            }
            for place, end in enumerate(compare.ENDS):
                by = {title: ends[place] for title, ends in least.items() if np.isfinite(ends[place])}
                if best.title in by:
                    first = min(by, key=by.__getitem__)
                    behind = by[best.title] / by[first] - 1
                    rows.append(
                        {"outcome": outcome.title, "varied": varied, "end": end, "least_by": first, "behind": behind}
                    )
    return pd.DataFrame(rows)
