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
"""Difference, relative to the larger of 1 and the observed value, below which two statistics count as equal."""
