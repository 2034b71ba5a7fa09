"""What a fit holds and shows: its table of coefficients, and one way to print every result in one number format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from crimjust_research.designs.arrays import FloatArray
from crimjust_research.designs.checks import require_level
from crimjust_research.errors import ParameterError

MOST_ROWS = 40  # more are cut in the middle
LEAST_P = float(np.finfo(np.float64).tiny)
LARGEST_LOG = 700.0  # of a ratio that a computer can hold


def above_zero(p_value: ArrayLike) -> FloatArray:
    """A p-value is never zero: below the least number a computer holds it is that number."""
    return np.maximum(np.asarray(p_value, np.float64), LEAST_P)


def inference(
    estimate: FloatArray, std_error: FloatArray, alpha: float, df: float | FloatArray = np.inf
) -> dict[str, FloatArray]:
    """Columns estimate, std_error, ci_low, ci_high, p_value: two-sided, Student's t on `df`, normal by default.

    An error of zero or without limit is no error: the interval and the p-value are then missing.

    Parameters
    ----------
    estimate, std_error : (k,); df : one for all, or (k,).

    Raises
    ------
    ParameterError : a level outside (0, 1).
    """
    require_level(alpha)
    std_error = np.asarray(std_error, np.float64)
    known = np.where((std_error > 0) & np.isfinite(std_error), std_error, np.nan)
    half = stdtrit(df, 1 - alpha / 2) * known
    p_value = above_zero(2 * stdtr(df, -np.abs(estimate / known)))
    columns = {
        "estimate": estimate,
        "std_error": std_error,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "p_value": p_value,
    }
    return {name: np.asarray(values, np.float64) for name, values in columns.items()}


def coefficient_table(
    terms: Sequence[str],
    estimate: FloatArray,
    std_error: FloatArray,
    alpha: float,
    df: float | FloatArray = np.inf,
    ratio: str | None = None,
) -> pd.DataFrame:
    """Columns term and those of `inference`; with `ratio` also exp(estimate) under that name, and limits of the ratio.

    Raises
    ------
    ParameterError : a level outside (0, 1), or a ratio beyond what a computer can hold.
    """
    table = pd.DataFrame({"term": list(terms), **inference(estimate, std_error, alpha, df)})
    if ratio is not None:
        beyond = np.abs(estimate) > LARGEST_LOG
        if beyond.any():
            which = int(np.argmax(beyond))
            raise ParameterError(
                f"One unit of {terms[which]!r} multiplies by exp({estimate[which]:.3g}), more than a computer can hold; "
                "measure it in larger units."
            )
        with np.errstate(over="ignore"):  # an infinite limit says that there is none
            table[["ci_low", "ci_high"]] = np.exp(table[["ci_low", "ci_high"]].to_numpy())
        table.insert(3, ratio, np.exp(table["estimate"]))
    return table


def printed(name: str, value: object) -> str:
    """A value in a table or a line: p-values by three decimals, numbers by four digits, nothing where it is missing."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, float | np.floating):
        return str(value).replace("-", "−") if isinstance(value, int | np.integer) else str(value)
    number = float(value)
    if np.isnan(number):
        return ""
    if name.startswith("p_") or name.endswith("_p"):
        return "< 0.001" if number < 0.001 else f"{number:.3f}"
    return (f"{number:.0f}" if 1000 <= abs(number) < np.inf else f"{number:.4g}").replace("-", "−")


class Printed:
    """A dataclass of results that prints as a table with a line of facts, in a notebook and in a console."""

    def shown(self) -> pd.DataFrame:
        """The table that is printed: the field `table`, or the numbers the result holds."""
        table = getattr(self, "table", None)
        return table if isinstance(table, pd.DataFrame) else pd.DataFrame(self.facts().items(), columns=["", "value"])

    def facts(self) -> Mapping[str, object]:
        """Numbers and words that the result holds beside its tables, by name."""
        held = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in held.items() if isinstance(value, int | float | str | np.number)}

    def _parts(self) -> tuple[pd.DataFrame, str]:
        """The table as text, and the line of facts unless the table holds them itself."""
        table, facts = self.shown(), self.facts()
        listed = list(table.columns) == ["", "value"]
        said = {name: printed(name, value) for name, value in facts.items()}
        line = "" if listed else "; ".join(f"{name} {text}" for name, text in said.items() if text)
        names = {column: table[""] if listed else [str(column)] * len(table) for column in table}
        text = pd.DataFrame(
            {
                str(column): [printed(name, value) for name, value in zip(names[column], table[column], strict=True)]
                for column in table
            }
        )
        if listed:
            text[""] = text[""].str.replace("_", " ")
        elif text.empty:
            text = pd.DataFrame({", ".join(text.columns): ["none"]})
        return text, line.replace("_", " ")

    def __repr__(self) -> str:
        text, line = self._parts()
        return f"{type(self).__name__}\n{text.to_string(index=False, max_rows=MOST_ROWS)}\n{line}".rstrip()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        text, line = self._parts()
        table = text.to_html(index=False, border=0, max_rows=MOST_ROWS)
        return {"text/plain": repr(self), "text/html": f"{table}<p>{escape(line)}</p>" if line else table}
