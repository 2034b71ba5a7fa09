"""Declared corrections to published figures: which are known to be wrong, why, and who said so.

They stand in `data/corrections.yaml`. Raw tables keep what was published. A panel applies the corrections of its tables
right after opening them. A rule that finds nothing to correct is an error: the publisher has mended the figure, or the
rule was mistaken, and a person must say which. The practice is that of Our World in Data's declared corrections.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from crimjust_research import yaml_files
from crimjust_research.errors import DataError
from crimjust_research.yaml_files import Distinct, Entry, Text

if TYPE_CHECKING:
    import pandas as pd

FILE = "data/corrections.yaml"
MARK = "correction"
_WORDS = {"null": None, "true": True, "false": False}


def _value(text: Any) -> Any:
    """What a cell holds, as the file writes it: null, true, false, a number, or else a text."""
    if not isinstance(text, str):
        return text
    if text in _WORDS:
        return _WORDS[text]
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


Value = Annotated[bool | int | float | str | None, BeforeValidator(_value)]


class Correction(Entry):
    """A rule: in the rows of `table` that have `key`, values of `column` among `wrong` are what was published wrongly.

    `override` puts `right` in their place, `drop` takes the rows out, `flag` leaves both and only marks the row.
    `rows` is how many rows the rule is about. `until` is the last vintage with the error; None while none is mended.
    A missing value is None, in `wrong` as in `right`.
    """

    name: Text
    table: Text
    key: Mapping[Text, Value]
    column: Text
    wrong: tuple[Value, ...]
    action: Literal["drop", "override", "flag"]
    reason: Text
    reported_by: Text
    status: Literal["to be reported", "reported", "confirmed"]
    right: Value = None
    rows: int = 1
    until: Text | None = None


class _Corrections(Entry):
    corrections: Annotated[tuple[Correction, ...], Distinct]


def load() -> tuple[Correction, ...]:
    """Every declared correction, in the order of the file."""
    return yaml_files.load(_Corrections, FILE).corrections


def apply(frame: "pd.DataFrame", table: str, vintage: str, rules: Iterable[Correction] | None = None) -> "pd.DataFrame":
    """A whole raw table with its corrections made, the declared ones, and a column `correction` that names them.

    Every rule is held against the frame as published, so their order does not matter. The frame given is not
    changed; one of a table without rules comes back with an empty `correction`.

    Raises
    ------
    DataError
        If a rule matches no row, matches another number of rows than it declares, or the published value is no longer
        the wrong one; the message names the rule and what to do about it.
    """
    import pandas as pd

    corrected = frame.copy()
    marks = pd.Series("", frame.index, "str")
    dropped = pd.Series(False, frame.index)
    for rule in load() if rules is None else rules:
        if rule.table != table or (rule.until is not None and vintage > rule.until):
            continue
        hit = _rows(frame, rule, vintage)
        marks = marks.where(~hit, (marks + " " + rule.name).str.strip())
        if rule.action == "override":
            corrected[rule.column] = corrected[rule.column].mask(hit, pd.NA if rule.right is None else rule.right)
        elif rule.action == "drop":
            dropped |= hit
    corrected[MARK] = marks.where(marks != "")
    return corrected[~dropped]


def _rows(frame: "pd.DataFrame", rule: Correction, vintage: str) -> "pd.Series[bool]":
    """Rows that have the rule's key and a value it calls wrong."""
    import pandas as pd

    keyed = pd.Series(True, frame.index)
    for column, value in rule.key.items():
        keyed &= frame[column] == value
    where = ", ".join(f"{column} = {value!r}" for column, value in rule.key.items())
    subject = f"correction {rule.name!r} of {rule.table!r}"
    if not keyed.any():
        raise DataError(
            f"{subject} matches nothing: vintage {vintage} has no row with {where}; mend the rule's key in "
            f"{FILE}, or set its `until` to the last vintage that has the row"
        )
    values = frame.loc[keyed, rule.column]
    wrong = values.isin([value for value in rule.wrong if value is not None])
    if None in rule.wrong:
        wrong |= values.isna()
    if not wrong.any():
        found = ", ".join(sorted({"nothing" if pd.isna(value) else repr(value) for value in values})[:5])
        raise DataError(
            f"{subject}: in vintage {vintage} the publisher has {found} as {rule.column} where {where}, no longer "
            f"{rule.wrong[0]!r}; if it was mended, set the rule's `until` to the vintage before, in {FILE}"
        )
    if int(wrong.sum()) != rule.rows:
        raise DataError(
            f"{subject} finds {int(wrong.sum())} rows in vintage {vintage} and declares {rule.rows}; look at what has "
            f"changed, and set `rows` or `until` in {FILE}"
        )
    return wrong.reindex(frame.index, fill_value=False)
