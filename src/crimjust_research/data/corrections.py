"""Declared corrections to published figures: which are known to be wrong, why, and who said so.

They stand in `data/corrections.yaml`. Raw tables keep what was published. A panel applies the corrections of its tables
right after opening them. A rule knows its rows by what they hold. One that finds nothing to correct is told, with the
panel, and changes nothing: the publisher has mended the figure, or the rule was mistaken, and a person must say which.
The practice is that of Our World in Data's declared corrections.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator

from crimjust_research import yaml_files
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

    A key is one value of a column or any of several. `override` puts `right` in place of what is wrong, `drop` takes the
    rows out, `flag` leaves both and only marks the row. `until` is the last vintage with the error; None while none is
    mended. A missing value is None, in `wrong` as in `right`.
    """

    name: Text
    table: Text
    key: Mapping[Text, Value | tuple[Value, ...]]
    column: Text
    wrong: tuple[Value, ...]
    action: Literal["drop", "override", "flag"]
    reason: Text
    reported_by: Text
    status: Literal["to be reported", "reported", "confirmed"]
    right: Value = None
    until: Text | None = None


class _Corrections(Entry):
    corrections: Annotated[tuple[Correction, ...], Distinct]


def load() -> tuple[Correction, ...]:
    """Every declared correction, in the order of the file."""
    return yaml_files.load(_Corrections, FILE).corrections


def apply(frame: "pd.DataFrame", table: str, vintage: str, rules: Iterable[Correction] | None = None) -> "pd.DataFrame":
    """A whole raw table with its corrections made, the declared ones, and a column `correction` that names them.

    Every rule is held against the frame as published, so their order does not matter. The frame given is not
    changed; one of a table without rules comes back with an empty `correction`. Rules that find nothing change nothing:
    `idle` tells them.
    """
    import pandas as pd

    corrected = frame.copy()
    marks = pd.Series("", frame.index, "str")
    dropped = pd.Series(False, frame.index)
    for rule in _of(table, rules):
        if not _is_of(rule, vintage):
            continue
        hit = _has_key(frame, rule) & _is_wrong(frame, rule)
        marks = marks.where(~hit, (marks + " " + rule.name).str.strip())
        if rule.action == "override":
            corrected[rule.column] = corrected[rule.column].mask(hit, pd.NA if rule.right is None else rule.right)
        elif rule.action == "drop":
            dropped |= hit
    corrected[MARK] = marks.where(marks != "")
    return corrected[~dropped]


def idle(frame: "pd.DataFrame", table: str, vintage: str, rules: Iterable[Correction] | None = None) -> tuple[str, ...]:
    """A sentence for each declared rule that corrects nothing in a raw table as published, and what to do about it."""
    return tuple(why for rule in _of(table, rules) if (why := _why_idle(frame, rule, vintage)))


def _of(table: str, rules: Iterable[Correction] | None) -> tuple[Correction, ...]:
    return tuple(rule for rule in (load() if rules is None else rules) if rule.table == table)


def _is_of(rule: Correction, vintage: str) -> bool:
    return rule.until is None or vintage <= rule.until


def _why_idle(frame: "pd.DataFrame", rule: Correction, vintage: str) -> str:
    """Why a rule corrects nothing in a vintage; empty if it does."""
    import pandas as pd

    subject = f"correction {rule.name!r} of {rule.table!r} does not apply to vintage {vintage}"
    if not _is_of(rule, vintage):
        return f"{subject}: it is of vintages up to {rule.until}"
    keyed = _has_key(frame, rule)
    if (keyed & _is_wrong(frame, rule)).any():
        return ""
    where = ", ".join(f"{column} = {value!r}" for column, value in rule.key.items())
    if not keyed.any():
        return (
            f"{subject}: no row has {where}; mend the rule's key in {FILE}, or set its `until` to the last vintage that "
            "has the row"
        )
    found = ", ".join(
        sorted({"nothing" if pd.isna(value) else repr(value) for value in frame.loc[keyed, rule.column]})[:5]
    )
    return (
        f"{subject}: the publisher has {found} as {rule.column} where {where}, not {rule.wrong[0]!r}; if it was mended, "
        f"set the rule's `until` to the vintage before, in {FILE}"
    )


def _has_key(frame: "pd.DataFrame", rule: Correction) -> "pd.Series[bool]":
    import pandas as pd

    keyed = pd.Series(True, frame.index)
    for column, value in rule.key.items():
        keyed &= frame[column].isin(value if isinstance(value, tuple) else (value,))
    return keyed


def _is_wrong(frame: "pd.DataFrame", rule: Correction) -> "pd.Series[bool]":
    values = frame[rule.column]
    wrong = values.isin([value for value in rule.wrong if value is not None])
    return wrong | values.isna() if None in rule.wrong else wrong
