"""Validation of a table against its declared schema: vectorised, every fault at once, with its row and rule."""

import json
import re
from collections.abc import Sequence
from functools import cache, reduce
from typing import TYPE_CHECKING

from crimjust_research.data.tables import Table
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from pandera import pandas as pa

# Row 1 of a file is its header, so the first record stands in row 2.
FIRST_ROW = 2
REPEATED = "the key must be unique"
_SHOWN = 20
_LARGEST = 2.0**63  # of whole numbers
_NAN = re.compile(rb"nan(?<![a-z]nan)(?![a-z])")  # begins with letters, which are found fast
# How a month and a day are written; the standard names these types, pandera reads them as plain text.
_PERIODS = {"yearmonth": "[0-9]{4}-(0[1-9]|1[0-2])", "date": "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"}


def faults(frame: "pd.DataFrame", table: Table) -> "pd.DataFrame":
    """Every value of `frame` that breaks a constraint of `table`.

    Returns
    -------
    DataFrame with columns row (as counted in the file), column, value, rule; empty when there is none.
    """
    import pandas as pd
    from pandera.errors import SchemaErrors

    columns = ["row", "column", "value", "rule"]
    check_columns(list(frame.columns), table, table.name)
    schema = _schema(table)
    positions = pd.RangeIndex(len(frame))
    found = []
    try:
        schema.validate(frame.set_axis(positions), lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
        found.append(
            pd.DataFrame(
                {
                    "row": cases["index"].astype("Int64") + FIRST_ROW,
                    "column": cases["column"].astype("str"),
                    "value": cases["failure_case"].astype("str"),
                    "rule": [_rule(table, c, r) for c, r in zip(cases["column"], cases["check"], strict=True)],
                }
            )
        )
    repeated = frame.set_axis(positions).loc[lambda f: f.duplicated(list(table.primary_key), keep=False).to_numpy()]
    if len(repeated):
        parts = (repeated[name].astype("str").fillna("") for name in table.primary_key)
        found.append(
            pd.DataFrame(
                {
                    "row": (repeated.index + FIRST_ROW).astype("Int64"),
                    "column": "+".join(table.primary_key),
                    "value": reduce(lambda left, right: left + " | " + right, parts),
                    "rule": REPEATED,
                }
            )
        )
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def _schema(table: Table) -> "pa.DataFrameSchema":
    from frictionless import FrictionlessException
    from pandera.errors import SchemaDefinitionError, SchemaInitError

    try:
        return _checks(json.dumps(table.schema()["fields"]))
    except (FrictionlessException, SchemaDefinitionError, SchemaInitError, TypeError, ValueError, re.error) as error:
        raise DataError(
            f"what datapackage.json says of the columns of {table.name} cannot be held against them ({error}); restore it from "
            "git or the release"
        ) from None


@cache
def _checks(fields: str) -> "pa.DataFrameSchema":
    """What a table's fields, as JSON, ask of its values; making it of many fields takes longer than checking a few rows."""
    from pandera import pandas as pa
    from pandera.io.pandas_io import from_frictionless_schema

    described = json.loads(fields)
    # Keys are checked by themselves, where a fault can show the whole key; the reader's dtypes are kept as they are.
    schema = from_frictionless_schema({"fields": described})
    return schema.update_columns(
        {
            field["name"]: {
                "dtype": None,
                "coerce": False,
                "checks": schema.columns[field["name"]].checks
                + ([pa.Check.str_matches(f"^{_PERIODS[field['type']]}$")] if field["type"] in _PERIODS else []),
            }
            for field in described
        }
    )


def check(frame: "pd.DataFrame", table: Table, name: str) -> None:
    """Refuse a frame that breaks its schema, naming each fault.

    Raises
    ------
    DataError
        With up to twenty faults by row, column, value and rule, and how many there are in all.
    """
    found = faults(frame, table)
    if len(found):
        # A frame read from a file is labelled by the file's own rows.
        rows = frame.index[found["row"].head(_SHOWN) - FIRST_ROW] if frame.index.name == "row" else found["row"]
        shown = zip(rows, found.head(_SHOWN).itertuples(), strict=False)
        told = found["rule"].replace(REPEATED, "stands more than once; keep one of the rows")
        lines = [f"row {row}, {f.column} = {f.value!r}: {rule}" for (row, f), rule in zip(shown, told, strict=False)]
        more = f"\n  … and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise DataError(
            f"{name} has {len(found)} fault(s); nothing was written. Mend the file and try again:\n  "
            + "\n  ".join(lines)
            + more
        )


def check_columns(columns: Sequence[str], table: Table, name: str) -> None:
    """Refuse a header that is not the declared one.

    Raises
    ------
    DataError
        Naming the missing and the unknown columns.
    """
    expected = [f.name for f in table.fields]
    missing = [c for c in expected if c not in columns]
    unknown = [c for c in columns if c not in expected]
    if missing or unknown:
        parts = [f"lacks {missing}" if missing else "", f"has unknown {unknown}" if unknown else ""]
        raise DataError(
            f"{name}: header {' and '.join(p for p in parts if p)}; expected the columns {', '.join(expected)}"
        )


def header_of(content: bytes, name: str) -> list[str]:
    """The names in the first line of a stored table, each once.

    Raises
    ------
    DataError
        If the content is no text in UTF-8, or a name stands there twice.
    """
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{name} is no text in UTF-8 ({error}); restore the file") from None
    header = content.split(b"\n", 1)[0].decode("utf-8").rstrip("\r").split(",")
    if twice := [column for place, column in enumerate(header) if column in header[:place]]:
        raise DataError(f"{name}: the header names {twice[0]!r} twice; restore the file")
    return header


def check_rows(content: bytes, name: str) -> None:
    """Refuse a stored table a row of which has more or fewer cells than its header; pandas would fill it up, or shift its cells.

    Raises
    ------
    DataError
        Naming the row.
    """
    import numpy as np

    if b"\0" in content:
        raise DataError(f"{name} row {content[: content.index(0)].count(10) + 1} holds a null byte; restore the file")
    signs = np.frombuffer(content if content.endswith(b"\n") else content + b"\n", np.uint8)
    quotes = np.flatnonzero(signs == ord('"'))

    def outside_quotes(sign: str) -> "npt.NDArray[np.intp]":
        places = np.flatnonzero(signs == ord(sign))
        return places[np.searchsorted(quotes, places) % 2 == 0] if quotes.size else places

    ends = outside_quotes("\n")
    if ends.size == 0 or ends[-1] != signs.size - 1:
        raise DataError(f"{name} has a quotation mark that is not closed; restore the file")
    cells = np.diff(np.searchsorted(outside_quotes(","), ends), prepend=0) + 1
    empty = np.diff(ends, prepend=-1) <= 1  # a line without a sign holds no record
    if (odd := (cells != cells[0]) & ~empty).any():
        row = int(odd.argmax())
        raise DataError(f"{name} row {row + 1} has {cells[row]} cells and the header {cells[0]}; restore the file")


def may_misfit(content: bytes, frame: "pd.DataFrame") -> bool:
    """Whether a value of a table as read may not be the number it stands for: one without end, or none that is called so."""
    import numpy as np

    numbers = frame.select_dtypes("float64").to_numpy()
    return bool(np.isinf(numbers).any() or _NAN.search(content.lower()))


def misfits(text: "pd.DataFrame", table: Table) -> str:
    """A sentence naming the values of an all-text frame that do not fit their column's declared type; empty if all do."""
    import numpy as np
    import pandas as pd

    lines = []
    for f in table.fields:
        values = text[f.name].dropna()
        if f.type in ("number", "integer", "year"):
            numbers = pd.to_numeric(values, errors="coerce")
            whole = (numbers % 1 == 0) & (numbers.abs() < _LARGEST)
            bad = values[~np.isfinite(numbers) | (~whole & (f.type != "number"))]
        elif f.type == "boolean":
            bad = values[~values.isin(["True", "False"])]
        else:
            continue
        lines += [
            f"row {int(i) + FIRST_ROW}, {f.name} = {v!r}: must be of type {f.type}"
            for i, v in zip(text.index.get_indexer(bad.index), bad, strict=True)
        ]
        if f.required:
            lines += [f"row {i + FIRST_ROW}, {f.name} is empty" for i in text[f.name].isna().to_numpy().nonzero()[0]]
    more = f" … and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    return "; ".join(lines[:_SHOWN]) + more + "; restore the file, or mend these values" if lines else ""


def _rule(table: Table, column: str, failed: str) -> str:
    if failed in ("not_nullable", "field_uniqueness"):
        return {"not_nullable": "must not be empty", "field_uniqueness": "must be unique"}[failed]
    f = table.field(column)
    if failed.startswith("str_matches") and f.type in _PERIODS:
        return f"must be a {'month, YYYY-MM' if f.type == 'yearmonth' else 'day, YYYY-MM-DD'}"
    constraints = {name: value for name, value in f.constraints.items() if name != "required"}
    return "must satisfy " + ", ".join(f"{name} {_short(value)}" for name, value in constraints.items())


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else text[:117] + "…"
