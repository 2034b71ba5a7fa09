"""Names of the arrays that all designs take and return, and the difference below which statistics are tied."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
SeriesLike: TypeAlias = "pd.Series[Any] | ArrayLike"

TIE = 1e-9
"""Difference, of the size of what is compared, below which two statistics count as equal; that of studentised ones, correlations
and the like, which have no unit, is taken for at least 1."""
