"""Agreement of readers, by hand and as published."""

import math

import numpy as np
import pandas as pd
import pytest

from crimjust_research.designs.counts.agreement import Agreement, clustered_agreement, fleiss_kappa, weighted_kappa
from crimjust_research.errors import ParameterError

CLASSES = ("none", "near", "names")


def test_weighted_kappa_by_hand() -> None:
    # Pairs: none-none 4, none-near 1, near-near 2, near-names 1, names-names 2.
    first = ["none"] * 5 + ["near"] * 3 + ["names"] * 2
    second = ["none"] * 4 + ["near"] * 3 + ["names"] * 3
    found = weighted_kappa(first, second, CLASSES)
    # Disagreement counts by the distance of classes: seen 2 of 10; expected from the margins (5, 3, 2) and (4, 3, 3):
    # 5 x 3 x 1 + 5 x 3 x 2 + 3 x 4 x 1 + 3 x 3 x 1 + 2 x 4 x 2 + 2 x 3 x 1 = 88 of 100.
    assert found.kappa == pytest.approx(1 - (2 / 10) / (88 / 100))
    assert found.observed == 0.8
    assert -1 <= found.ci_low < found.kappa < found.ci_high <= 1
    # A class further off is a larger disagreement.
    worse = weighted_kappa(first, ["none"] * 4 + ["names"] + ["near"] * 2 + ["names"] * 3, CLASSES)
    assert worse.kappa < found.kappa


def test_fleiss_kappa_by_hand() -> None:
    # Three readers on five subjects: agreeing pairs 3, 3, 1, 1, 3 of 3; shares of classes 7/15, 4/15, 4/15.
    rows = ["none none none", "none none none", "none near near", "near near names", "names names names"]
    readings = pd.DataFrame([row.split() for row in rows], columns=["a", "b", "c"])
    found = fleiss_kappa(readings, CLASSES)
    observed = (1 + 1 + 1 / 3 + 1 / 3 + 1) / 5
    expected = (7**2 + 4**2 + 4**2) / 15**2
    assert found.observed == pytest.approx(observed)
    assert found.kappa == pytest.approx((observed - expected) / (1 - expected))
    assert (found.n_subjects, found.n_readers) == (5, 3)
    assert math.isnan(found.ci_low)


def test_readers_by_chance_have_a_kappa_of_nothing() -> None:
    rng = np.random.default_rng(1)
    first, second = (list(rng.choice(CLASSES, 5_000, p=[0.5, 0.3, 0.2])) for _ in range(2))
    assert abs(weighted_kappa(first, second, CLASSES).kappa) < 0.03
    both = pd.DataFrame({"a": first, "b": second})
    assert abs(fleiss_kappa(both, CLASSES).kappa) < 0.03


def test_intervals_cover() -> None:
    """Two readers who share a class two times in three, and else give one by chance: kappa is 2/3."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        first, other = rng.choice(CLASSES, (2, 60))
        second = np.where(rng.uniform(size=60) < 2 / 3, first, other)
        found = weighted_kappa(list(first), list(second), CLASSES)
        hits += found.ci_low <= 2 / 3 <= found.ci_high
    assert 0.91 <= hits / 400 <= 0.98


def test_agreement_throughout_is_no_certainty() -> None:
    alike = weighted_kappa(["none", "near"] * 5, ["none", "near"] * 5, CLASSES)
    assert (alike.kappa, alike.observed) == (1, 1)
    assert math.isnan(alike.ci_low)
    # Who gives one class alone agrees as often as chance would have it.
    alone = weighted_kappa(["near"] * 10, ["none", "near"] * 5, CLASSES)
    assert (alone.kappa, alone.observed) == (0, 0.5)
    # Five of which rounding would else leave a kappa of 2e-16 within 1e-8.
    for read in (["near", "names", "none", "near", "none"], ["none", "near", "near", "none", "names"]):
        alone = weighted_kappa(["names"] * 5, read, CLASSES)
        assert alone.kappa == 0
        assert np.isnan([alone.ci_low, alone.ci_high]).all()
    for found in (
        weighted_kappa(["none"] * 6, ["none"] * 6, CLASSES),
        fleiss_kappa(pd.DataFrame({"a": ["none"] * 6, "b": ["none"] * 6}), CLASSES),
    ):
        assert math.isnan(found.kappa)
        assert found.observed == 1


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ParameterError, match="4 subjects were read by all; agreement needs 5"):
        weighted_kappa(["none"] * 4, ["near"] * 4, CLASSES)
    with pytest.raises(ParameterError, match=r"gave \[5, 6\] classes"):
        weighted_kappa(["none"] * 5, ["near"] * 6, CLASSES)
    with pytest.raises(ParameterError, match="'second' gives nearly; the classes are none, near, names"):
        weighted_kappa(["none"] * 5, ["nearly"] * 5, CLASSES)
    with pytest.raises(ParameterError, match="One reader agrees with nobody"):
        fleiss_kappa(pd.DataFrame({"a": ["none"] * 5}), CLASSES)
    with pytest.raises(ParameterError, match="give two or more"):
        fleiss_kappa(pd.DataFrame(index=range(5)), CLASSES)


def two(rows: pd.DataFrame) -> Agreement:
    return weighted_kappa(list(rows["a"]), list(rows["b"]), ("no", "yes"))


def test_the_jackknife_over_clusters_by_hand() -> None:
    """Three clusters of four subjects, pairs by cluster: P yy yn nn nn; Q yy yy nn nn; R yy ny nn nn."""
    pairs = ["yy yn nn nn", "yy yy nn nn", "yy ny nn nn"]
    rows = [(cluster, *pair) for cluster, of in zip("PQR", pairs, strict=True) for pair in of.split()]
    frame = pd.DataFrame(rows, columns=["cluster", "a", "b"]).replace({"y": "yes", "n": "no"})
    found = clustered_agreement(frame, "cluster", two)
    # All: 10/12 seen; 5 yes of each, by chance (25 + 49)/144: (120 - 74)/(144 - 74) = 23/35. Without P or R: 7/8; 3 and 4 yes,
    # (12 + 20)/64: (56 - 32)/(64 - 32) = 3/4. Without Q: 6/8; 3 and 3 yes, (9 + 25)/64: (48 - 34)/(64 - 34) = 7/15.
    error = math.sqrt(2 / 3 * (2 * (3 / 4 - 23 / 35) ** 2 + (7 / 15 - 23 / 35) ** 2))
    assert found.kappa == pytest.approx(23 / 35)
    assert found.ci_low == pytest.approx(23 / 35 - 4.302653 * error)
    assert 23 / 35 + 4.302653 * error > 1
    assert found.ci_high == 1


def test_clusters_that_tell_nothing_of_a_spread_leave_no_interval() -> None:
    alike = pd.DataFrame({"cluster": list("PQR") * 4, "a": ["yes"] * 6 + ["no"] * 6, "b": ["yes"] * 6 + ["no"] * 6})
    one = alike.assign(cluster="P")
    small = alike.assign(cluster=["P"] * 8 + ["Q"] * 4)  # four would be left without P
    for frame in (alike, one, small):
        found = clustered_agreement(frame, "cluster", two)
        assert found.kappa == 1
        assert np.isnan([found.ci_low, found.ci_high]).all()


def test_intervals_over_clusters_cover_where_those_of_single_subjects_do_not() -> None:
    """Readers who differ by cluster: in half of 30 they share every class, in half they give one by chance: kappa is 1/2."""
    rng = np.random.default_rng(3)
    held, alone = 0, 0
    for _ in range(100):
        shared = np.repeat(rng.uniform(size=30) < 0.5, 12)
        first, other = rng.choice(["no", "yes"], (2, 360))
        frame = pd.DataFrame({"cluster": np.repeat(np.arange(30), 12), "a": first, "b": np.where(shared, first, other)})
        found = clustered_agreement(frame, "cluster", two)
        held += found.ci_low <= 0.5 <= found.ci_high
        own = two(frame)
        alone += own.ci_low <= 0.5 <= own.ci_high
    assert held >= 89
    assert alone <= 80
