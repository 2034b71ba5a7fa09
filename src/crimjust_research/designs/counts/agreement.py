"""How far readers who sort the same things into classes agree, beyond what chance would give.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from crimjust_research.designs.arrays import IntArray
from crimjust_research.designs.checks import cluster_codes, require_level
from crimjust_research.designs.counts.totals import error_over_clusters
from crimjust_research.designs.fit import Printed
from crimjust_research.designs.numerics import library
from crimjust_research.errors import ParameterError

FEWEST_SUBJECTS = 5


@dataclass(frozen=True, repr=False)
class Agreement(Printed):
    """Agreement of readers on what all of them read."""

    kappa: float
    """1 where they agree throughout, 0 where as often as by chance; missing where no other class was ever given."""
    ci_low: float
    ci_high: float
    observed: float
    """Share of subjects, or of pairs of readers on a subject, given the same class."""
    n_subjects: int
    n_readers: int


def weighted_kappa(
    first: Sequence[str], second: Sequence[str], classes: Sequence[str], alpha: float = 0.05
) -> Agreement:
    """Cohen's kappa of two readers with linear weights: a class next to the other's counts as less of a disagreement.

    The interval is normal, from the asymptotic variance (Fleiss, Cohen and Everitt 1969); with few subjects it is rough. There
    is none where they agree throughout, or one gave a single class: no spread to judge by.

    Parameters
    ----------
    first, second : the class each gave to the same subjects, in one order.
    classes : all classes, in their order.

    Raises
    ------
    ParameterError : fewer than five subjects, unequal lengths, or a class that is not among them.

    Examples
    --------
    >>> first, second = ["low"] * 3 + ["high"] * 3, ["low"] * 2 + ["high"] * 4
    >>> round(weighted_kappa(first, second, ["low", "high"]).kappa, 3)
    0.667
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    require_level(alpha)
    codes = _codes({"first": first, "second": second}, classes)
    table = np.zeros((len(classes), len(classes)))
    np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
    observed = float((codes[:, 0] == codes[:, 1]).mean())
    if len(np.unique(codes)) < 2:
        return Agreement(np.nan, np.nan, np.nan, observed, len(codes), 2)
    # Who gives one class throughout agrees as often as by chance, whatever it is.
    if (codes == codes[0]).all(axis=0).any():
        return Agreement(0.0, np.nan, np.nan, observed, len(codes), 2)
    if observed == 1:
        return Agreement(1.0, np.nan, np.nan, observed, len(codes), 2)
    with library("The agreement of two readers fails"):
        found = cohens_kappa(table, wt="linear", return_results=True)
    kappa, error = float(found.kappa), float(found.std_kappa)
    reach = float(ndtri(1 - alpha / 2)) * error
    return Agreement(kappa, max(-1.0, kappa - reach), min(1.0, kappa + reach), observed, len(codes), 2)


def fleiss_kappa(readings: pd.DataFrame, classes: Sequence[str]) -> Agreement:
    """Fleiss' kappa of several readers; the order of classes does not count. No interval.

    Parameters
    ----------
    readings : subjects (rows) by readers (columns), complete.

    Raises
    ------
    ParameterError : fewer than five subjects or two readers, a gap, or a class that is not among them.
    """
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa_of_counts

    readers = readings.shape[1]
    if readers < 2:
        raise ParameterError("One reader agrees with nobody; give two or more.")
    codes = _codes({str(name): readings[name].tolist() for name in readings}, classes)
    counts = np.stack([(codes == k).sum(axis=1) for k in range(len(classes))], axis=1)
    observed = float(((counts**2).sum(axis=1) - readers).mean() / (readers * (readers - 1)))
    kappa = float(kappa_of_counts(counts)) if len(np.unique(codes)) > 1 else np.nan
    return Agreement(kappa, np.nan, np.nan, observed, len(codes), readers)


def clustered_agreement(
    readings: pd.DataFrame, cluster: str, kappa: Callable[[pd.DataFrame], Agreement], alpha: float = 0.05
) -> Agreement:
    """Agreement on subjects that come in clusters, with an interval from the jackknife over clusters.

    With k found of all G clusters and k(g) without cluster g, its squared error is (G - 1) / G times the sum of (k(g) - k)²; the
    interval is Student's on G - 1, kept within -1 to 1. There is none of one cluster, where fewer than five subjects would be
    left without one, or where what is found does not vary or is missing without one.

    Parameters
    ----------
    readings : subjects (rows); `cluster` is the name of a column of it.
    kappa : finds the agreement of such rows, as `weighted_kappa` or `fleiss_kappa` do.

    Raises
    ------
    ParameterError : subjects without a cluster, or as `kappa` does.
    """
    require_level(alpha)
    found = kappa(readings)
    code, clusters = cluster_codes(readings, cluster, 1)
    nothing = replace(found, ci_low=np.nan, ci_high=np.nan)
    if len(readings) - np.bincount(code).max() < FEWEST_SUBJECTS:
        return nothing
    without = np.array([kappa(readings[code != each]).kappa for each in range(clusters)])
    error = error_over_clusters(without, found.kappa)
    if not error > 0:  # nor where kappa is missing without one
        return nothing
    reach = float(stdtrit(clusters - 1, 1 - alpha / 2)) * error
    return replace(found, ci_low=max(-1.0, found.kappa - reach), ci_high=min(1.0, found.kappa + reach))


def _codes(readings: dict[str, Sequence[str]], classes: Sequence[str]) -> IntArray:
    """(subjects, readers) positions in `classes`.

    Raises
    ------
    ParameterError : see `fleiss_kappa`.
    """
    lengths = {len(given) for given in readings.values()}
    if len(lengths) > 1:
        raise ParameterError(f"Readers gave {sorted(lengths)} classes; give the subjects that all of them read.")
    position = {name: place for place, name in enumerate(classes)}
    for reader, given in readings.items():
        if unknown := sorted({str(each) for each in given if each not in position}):
            raise ParameterError(f"Reader {reader!r} gives {', '.join(unknown)}; the classes are {', '.join(classes)}.")
    if lengths and min(lengths) < FEWEST_SUBJECTS:
        raise ParameterError(f"{min(lengths)} subjects were read by all; agreement needs {FEWEST_SUBJECTS}.")
    return np.array([[position[each] for each in given] for given in readings.values()], np.int64).T
