"""Shares of a population of known size of which some members were seen: exact limits that close as all are seen.

Registry: docs/methods/counts.md.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from crimjust_research.designs.checks import require_level
from crimjust_research.errors import ParameterError


def finite_limits(had: int, seen: int, population: int, alpha: float = 0.05) -> tuple[float, float]:
    """Exact limits of the share of a population that has something, of which `had` of `seen` members drawn by lot have it.

    The number of the sample that has it is hypergeometric; the limits are the least and the greatest number of the population
    under which neither tail is as small as half of alpha, parted by the population. Where all are seen both are the share itself.

    Raises
    ------
    ParameterError : no member seen, more seen than there are, or more that have it than were seen.

    Examples
    --------
    >>> finite_limits(had=3, seen=10, population=50)
    (0.1, 0.62)
    """
    require_level(alpha)
    if not (0 <= had <= seen <= population and seen > 0):
        raise ParameterError(f"{had} of {seen} seen of {population} is no part of a population; give counts that nest.")
    # What was not seen may all lack it, or all have it.
    possible = np.arange(had, population - (seen - had) + 1)
    as_many = hypergeom.sf(had - 1, population, possible, seen)
    as_few = hypergeom.cdf(had, population, possible, seen)
    kept = possible[(as_many > alpha / 2) & (as_few > alpha / 2)]
    return float(kept[0] / population), float(kept[-1] / population)
