"""Units without a stratum, cluster or phase: refused in words, since they would be left out, or stay where they are, unseen."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.counts.agreement import clustered_agreement, fleiss_kappa
from crimjust_research.designs.panel.two_way import two_way_test
from crimjust_research.designs.resampling.partial_correlation import partial_correlation, resampled_partial_ranks
from crimjust_research.designs.resampling.shuffles import shuffled_within
from crimjust_research.designs.rollout.permutation import reassignments, simulated_panels
from crimjust_research.designs.survival.exposure import exposed_events, yearly_rates
from crimjust_research.designs.timing.randomisation import shuffled_assignments
from crimjust_research.errors import ParameterError

RNG = np.random.default_rng(1)
FRAME = pd.DataFrame(RNG.normal(size=(24, 3)), columns=["x", "y", "z"]).assign(unit=np.repeat([*range(7), np.nan], 3))
NOBODY = np.full(4, np.nan)  # as pandas has a column without any name
PARTLY = ["a", "a", None, "b"]
AT_RISK = np.ones((1, 4, 3), bool)
OUTCOMES = RNG.normal(size=(4, 3))
READINGS = pd.DataFrame({"one": list("xyxyxx"), "two": list("xyyyxx"), "forum": [1.0, 1, 2, 2, np.nan, 3]})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: shuffled_within(PARTLY, 99, 1), "3 labels of a stratum for 4 units; give each unit one"),
        (lambda: shuffled_within(NOBODY, 99, 1), "0 labels of a stratum for 4 units"),
        (lambda: shuffled_assignments([1.0, 2, 3, np.inf], 99, 1, PARTLY), "3 labels of a stratum for 4 units"),
        (lambda: shuffled_assignments([1.0, 2, 3, np.inf], 99, 1, ["a", "a", "b"]), "3 labels of a stratum for 4"),
        (lambda: reassignments([1.0, 2, 3, np.inf], strata=[0, 0, 0, np.nan]), "3 labels of a stratum for 4 units"),
        (lambda: simulated_panels(np.eye(3), 4, 2, 1, phase=PARTLY, shared=0.5), "3 labels of a phase for 4 units"),
        (lambda: exposed_events(AT_RISK, AT_RISK, AT_RISK, PARTLY), "3 labels of a stratum for 4 units"),
        (lambda: yearly_rates(AT_RISK[0], AT_RISK[0], PARTLY), "3 labels of a stratum for 4 units"),
        (lambda: two_way_test(OUTCOMES, OUTCOMES > 0, np.array([0, 0, 1])), "3 labels of a cluster for 4 units"),
        (lambda: partial_correlation(FRAME, "x", "y", ["z"], unit="unit", seed=1), "'unit' misses 3 of 24 values"),
        (
            lambda: resampled_partial_ranks(*(FRAME[c] for c in ("x", "y", "z", "unit")), draws=99, seed=1),
            "21 labels of a unit for 24 units",
        ),
        (
            lambda: clustered_agreement(READINGS, "forum", lambda some: fleiss_kappa(some[["one", "two"]], ["x", "y"])),
            "'forum' misses 1 of 6 values",
        ),
    ],
)
def test_a_unit_without_a_label_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()
