"""Shares of members that come in clusters, such as defendants in cases: a member counts once, or a cluster does.

The two are different questions where a cluster's size goes with its share. Members of a cluster are alike, so both have
errors clustered, and an interval that never leaves 0 to 1. Registry: docs/methods/counts.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from crimjust_research.designs.checks import cluster_codes, complete_columns, numbers, require_level
from crimjust_research.designs.counts.totals import error_over_clusters
from crimjust_research.designs.fit import inference
from crimjust_research.errors import ParameterError

MEMBER, CLUSTER, BETWEEN = "member", "cluster", "member less cluster"


def clustered_shares(frame: pd.DataFrame, outcome: str, cluster: str, *, alpha: float = 0.05) -> pd.DataFrame:
    """Share of members with the outcome, of all members and as the mean of the clusters' own shares.

    With y of n members in cluster g of G, p = sum(y) / sum(n) and p = mean(y / n). The error is the jackknife's: from what p
    is without each cluster, its square is (G - 1) / G times the sum of squared differences from p. The interval is
    Wilson's at the effective number of members, p (1 - p) / error², with Student's t on G - 1 (Korn and Graubard 1998).
    That number is no more than members that are independent would make it, and where all or none have the outcome it is G.
    The difference of the two shares has the jackknife's error too.

    Parameters
    ----------
    frame : one row a member; `outcome` holds 0 and 1, `cluster` names.

    Returns
    -------
    DataFrame by what counts once ("member", "cluster", and "member less cluster", the difference): estimate, std_error,
    ci_low, ci_high, n_obs, n_units (members and clusters). What does not vary between clusters has no error; a difference
    then has no interval either.

    Raises
    ------
    ParameterError : a column that is absent or incomplete, an outcome other than 0 and 1, or fewer than two clusters.
    """
    require_level(alpha)
    used = complete_columns(frame, [outcome, cluster])
    happened = numbers(used, [outcome])[:, 0]
    coded = np.isin(happened, (0.0, 1.0))
    if not coded.all():
        raise ParameterError(f"Outcome {outcome!r} holds {happened[~coded][0]:g}; code it 0 and 1.")
    code, clusters = cluster_codes(used, cluster, 2)
    size = np.bincount(code).astype(np.float64)
    had = np.bincount(code, happened)
    pooled, own = had.sum() / size.sum(), had / size
    without = (had.sum() - had) / (size.sum() - size), (own.sum() - own) / (clusters - 1)
    error = [error_over_clusters(without[0], pooled), error_over_clusters(without[1], own.mean())]
    apart = error_over_clusters(without[0] - without[1], pooled - own.mean())
    rows = {
        MEMBER: _share(pooled, error[0], clusters, len(used), alpha),
        CLUSTER: _share(own.mean(), error[1], clusters, clusters**2 / (1 / size).sum(), alpha),
        BETWEEN: _difference(pooled - own.mean(), apart, clusters, alpha),
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("counts_once")
    return table.assign(n_obs=len(used), n_units=clusters)


def differences(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Estimates of one set of clusters less those of another, row by row of the same index.

    Each limit is as far from the difference as the two estimates' nearer limits are from them, squared and added (Newcombe
    1998, method 10; Zou and Donner 2008): right where their own intervals are, and for shares never beyond -1 to 1.

    Parameters
    ----------
    one, other : columns estimate, std_error, ci_low, ci_high, n_obs, n_units, which are also those returned.
    """
    apart = one["estimate"] - other["estimate"]
    below = np.hypot(one["estimate"] - one["ci_low"], other["ci_high"] - other["estimate"])
    above = np.hypot(one["ci_high"] - one["estimate"], other["estimate"] - other["ci_low"])
    columns = {
        "estimate": apart,
        "std_error": np.hypot(one["std_error"], other["std_error"]),
        "ci_low": apart - below,
        "ci_high": apart + above,
        "n_obs": one["n_obs"] + other["n_obs"],
        "n_units": one["n_units"] + other["n_units"],
    }
    return pd.DataFrame(columns)


def _share(share: float, error: float, clusters: int, independent: float, alpha: float) -> dict[str, float]:
    """A share with Wilson's interval at its effective number; `independent` is the most that can be."""
    spread = share * (1 - share)
    effective = float(clusters) if spread == 0 else min(spread / error**2 if error else np.inf, independent)
    t2 = stdtrit(clusters - 1, 1 - alpha / 2) ** 2
    centre = (share + t2 / (2 * effective)) / (1 + t2 / effective)
    half = np.sqrt(t2 * (spread / effective + t2 / (4 * effective**2))) / (1 + t2 / effective)
    return {
        "estimate": float(share),
        "std_error": error or np.nan,
        # The interval holds the share itself, which rounding would else put outside where all or none have the outcome.
        "ci_low": float(max(min(centre - half, share), 0.0)),
        "ci_high": float(min(max(centre + half, share), 1.0)),
    }


def _difference(difference: float, error: float, clusters: int, alpha: float) -> dict[str, float]:
    """A difference of shares with Student's interval on clusters less one, kept within -1 to 1; neither error nor interval where
    it does not vary."""
    found = inference(np.array([difference]), np.array([error or np.nan]), alpha, clusters - 1)
    ends = {end: float(np.clip(found[end][0], -1, 1)) for end in ("ci_low", "ci_high")}
    return {"estimate": float(difference), "std_error": float(found["std_error"][0])} | ends
