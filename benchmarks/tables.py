"""Tables in Markdown, and shares of samples with their Monte Carlo errors, as the pages that are made here show them."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


def rate(hits: Iterable[bool]) -> str:
    """Share with its Monte Carlo standard error, in percent."""
    values = np.array(list(hits))
    share = values.mean()
    return f"{100 * share:.1f} ± {100 * np.sqrt(share * (1 - share) / values.size):.1f}"


def markdown(table: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [table.columns, *table.itertuples(index=False)]]
    return "\n".join([lines[0], "|" + "---|" * len(table.columns), *lines[1:]])
