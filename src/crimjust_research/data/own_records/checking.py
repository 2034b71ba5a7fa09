"""Every fault of a file of records: in its header, its cells, its keys, and across its columns."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import normalize

from crimjust_research.data import foreign, limits, schema_check
from crimjust_research.data.limits import Limits
from crimjust_research.data.own_records.reading import Cells, cells_of
from crimjust_research.data.own_records.schemas import Kind, kind_named
from crimjust_research.data.schema_check import FIRST_ROW
from crimjust_research.data.tables import Field
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

# Other records, as read, by their kind.
Beside = Mapping[str, "pd.DataFrame"]
CASES = "cases"
COLUMNS = ("table", "row", "column", "value", "rule", "remedy")
_SHOWN, _LONGEST = 50, 200  # faults that are told, and characters of a cell in each
_ALIKE = 5
_EMPTY = "must not be empty"
_BOOLEANS = {"true": True, "false": False}
# Words of a column that would tell who somebody is, in the languages of the programme's countries; and words that make
# a name that of a thing.
_PERSONAL = frozenset(
    """
    name names surname forename firstname lastname fullname alias suspect defendant accused witness victim
    passport phone telephone mobile email mail address birth birthdate dob born
    nom noms prenom passeport adresse naissance
    nombre nombres apellido apellidos pasaporte telefono correo direccion nacimiento
    nome sobrenome passaporte telefone endereco nascimento
    """.split()  # noqa: SIM905 (words by language read better than a column of them)
)
_OF_THINGS = frozenset(("drug", "substance", "country", "agency", "unit", "port", "operation", "vessel", "training"))


class _Fault(NamedTuple):
    row: int
    column: str
    value: str
    rule: str
    remedy: str


def check(
    path: Path | str, kind: str, bounds: Limits = limits.OWN_RECORDS, *, beside: Beside = MappingProxyType({})
) -> "pd.DataFrame":
    """Every fault of a file of records.

    Parameters
    ----------
    path
        A CSV (UTF-8; commas, semicolons or tabs) or the first sheet of an Excel workbook, with the template's header.
        A path that is not absolute is looked for in the working folder, then in the checkout.
    kind
        One of `data/templates`: cases, trainings, ...
    bounds
        The most that is read.
    beside
        Other records, as read, by kind: codes that refer to one of these kinds must stand there, and what is told of a case
        must agree with it.

    Returns
    -------
    DataFrame with columns table, row (as a spreadsheet counts it), column, value, rule, remedy; empty when all is well.

    Raises
    ------
    DataError
        If there is no such kind, or the file cannot be read as a table at all, or holds more than the bounds allow.
    """
    return _checked(path, kind, bounds, beside)[1]


def read(
    path: Path | str, kind: str, bounds: Limits = limits.OWN_RECORDS, *, beside: Beside = MappingProxyType({})
) -> "pd.DataFrame":
    """The records in a file, if they have no fault and are no more than the bounds allow.

    Parameters
    ----------
    path, kind, bounds, beside
        As of `check`.

    Returns
    -------
    DataFrame with one row a record and the template's columns: days as datetime64, numbers as float64 or Int64,
    truth values as boolean, text as str; what is not known is missing.

    Raises
    ------
    DataError
        With the faults, up to fifty of them, if there are any.
    """
    frame, faults = _checked(path, kind, bounds, beside)
    if len(faults):
        raise DataError(report(path, faults))
    import pandas as pd

    days = [f.name for f in kind_named(kind).table.fields if f.type == "date"]
    return frame.assign(**{name: pd.to_datetime(frame[name], format="%Y-%m-%d") for name in days})


def report(path: Path | str, faults: "pd.DataFrame") -> str:
    """Faults as text for people, one a line, long cells as far as they tell which they are."""
    lines = [
        f"{table} row {row}, {_shortened(column) or 'whole row'} = {_shortened(value)!r}: {rule}; {remedy}"
        for table, row, column, value, rule, remedy in faults.head(_SHOWN).to_numpy()
    ]
    more = [f"… and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return "\n  ".join([f"{path} has {len(faults)} fault(s):", *lines, *more])


def _shortened(cell: str) -> str:
    return cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"


def _checked(path: Path | str, name: str, bounds: Limits, beside: Beside) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """The typed frame of a file, cells that do not fit their type missing, and all faults."""
    kind = kind_named(name)
    with limits.within(bounds), foreign.reading(Path(path), remedy="compare it with the file of data/templates"):
        return _frame_and_faults(cells_of(Path(path)), kind, beside)


def _frame_and_faults(cells: Cells, kind: Kind, beside: Beside) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    import pandas as pd

    header, text, ragged = cells
    found = list(_header_faults(header, kind))
    fields = [f for f in kind.table.fields if header.count(f.name) == 1]
    found += [
        _Fault(
            row,
            "",
            " | ".join(of_row),
            f"must have {len(header)} cells, as the header, and has {len(of_row)}",
            "look for a stray or missing delimiter; put text that holds one between double quotes",
        )
        for row, of_row in ragged.items()
    ]
    columns = {}
    for field in fields:
        columns[field.name], misfits = _typed(text[field.name], field)
        found += misfits
    blank = pd.Series(None, text.index, dtype="object")
    frame = pd.DataFrame(
        {f.name: columns[f.name] if f.name in columns else blank.astype(_dtype(f)) for f in kind.table.fields}
    )
    present = {f.name for f in fields}
    others = chain(
        _schema_faults(frame, kind, present, {(f.row, f.column) for f in found}),
        _country_faults(frame, kind),
        _reference_faults(frame, kind, beside),
        _rule_faults(frame, kind, beside.get(CASES)),
    )
    order = {f.name: place for place, f in enumerate(kind.table.fields)}
    # Whatever found a fault, its cell is shown as the file has it.
    written = cache(lambda column: text[column].to_dict())
    shown = {
        f._replace(value=written(f.column).get(f.row, f.value)) if f.column in present else f
        for f in chain(found, others)
    }
    ordered = sorted(shown, key=lambda f: (f.row, order.get(f.column, -1), f.rule))
    table = pd.DataFrame(ordered, columns=list(COLUMNS[1:]))
    table.insert(0, "table", kind.table.name)
    return frame.reset_index(drop=True), table


def _header_faults(header: Sequence[str], kind: Kind) -> Iterator[_Fault]:
    row = FIRST_ROW - 1
    expected = {f.name: f for f in kind.table.fields}
    missing = [name for name in expected if name not in header]
    # What may be empty in every row need not be there: nothing of it is known.
    for name in missing:
        if expected[name].constraints.get("required"):
            yield _Fault(row, name, "", "the column is missing", "add it, and fill it in")
    for name in dict.fromkeys(header):
        if header.count(name) > 1:
            yield _Fault(row, name, name, "the column stands there more than once", "keep one of them")
        if name in expected:
            continue
        words, spelled = set(re.findall(r"[a-z]+", _ascii(name))), _ascii(name).replace(" ", "_")
        if words & _PERSONAL and not words & _OF_THINGS and spelled not in missing:
            rule, remedy = "may tell who a person is: no such column is accepted", "delete the column"
        else:
            near = get_close_matches(spelled, missing, n=1)
            rule = f"is no column of {kind.table.name}"
            remedy = f"rename it to {near[0]}" if near else "delete the column"
        yield _Fault(row, name, name, rule, remedy)


def _ascii(text: str) -> str:
    return normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def _typed(text: "pd.Series[str]", field: Field) -> tuple["pd.Series[Any]", list[_Fault]]:
    """A column of text in its declared type, missing where it is empty or does not fit, and the cells that do not."""
    import pandas as pd

    number, cells = pd.factorize(text)
    # Whatever a cell holds is looked at once, in however many rows it stands.
    distinct = pd.Series(cells, dtype="str")
    filled = distinct != ""
    if field.type == "date":
        fits, rule, remedy = (
            distinct.map(_is_day).astype("bool"),  # of no cell at all, text would come out
            "must be a day, YYYY-MM-DD",
            "write it as 2024-01-31, and one that exists",
        )
    elif field.type == "boolean":
        fits = distinct.str.lower().isin(_BOOLEANS)
        rule, remedy = "must be true or false", "write true, false or nothing"
    elif field.type == "integer":
        fits, rule, remedy = distinct.str.fullmatch(r"-?[0-9]{1,15}"), "must be a whole number", "write digits only"
    elif field.type == "number":
        fits = distinct.str.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
        rule, remedy = "must be a number", "write it as 1234.5, a point before the decimals and no other signs"
    else:
        return text.where(text != ""), []
    kept = distinct.where(filled & fits)
    if field.type == "boolean":
        column: pd.Series[Any] = kept.str.lower().map(_BOOLEANS)
    elif field.type in ("integer", "number"):
        column = pd.to_numeric(kept)
    else:
        column = kept
    bad = text[(filled & ~fits).to_numpy()[number]]
    faults = [_Fault(int(str(row)), field.name, value, rule, remedy) for row, value in bad.items()]
    return column.astype(_dtype(field)).take(number).set_axis(text.index), faults


def _dtype(field: Field) -> Any:
    """The dtype of a column that may have gaps: cells that do not fit leave some, whether or not they may be empty."""
    return replace(field, constraints={}).dtype


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _schema_faults(
    frame: "pd.DataFrame", kind: Kind, present: Collection[str], known: Collection[tuple[int, str]]
) -> Iterator[_Fault]:
    """Breaches of the declared constraints, but for cells and columns that are known to be at fault already."""
    key = "+".join(kind.table.primary_key)
    alike = _rows_of_one_key(frame, kind)
    fields = {field.name: field for field in kind.table.fields}
    remedy = cache(lambda column, value: _remedy(fields[column], value))
    broken = schema_check.faults(frame, kind.table)
    for place, column, value, rule in broken[["row", "column", "value", "rule"]].itertuples(index=False):
        row = int(frame.index[int(place) - FIRST_ROW])
        if column == key and rule == schema_check.REPEATED:
            if row in alike:
                others = _others(alike[row], row)
                yield _Fault(
                    row, column, value, rule, f"it stands in row {others} too: delete one, or give it its own code"
                )
        elif column in present and (row, column) not in known and rule != "must be unique":
            shown = "" if rule == _EMPTY else value
            yield _Fault(row, column, shown, rule, remedy(column, shown))


def _rows_of_one_key(frame: "pd.DataFrame", kind: Kind) -> dict[int, list[int]]:
    """The rows that share a key with another, by each of them; a key with an empty cell is none."""
    key = list(kind.table.primary_key)
    repeated = frame[frame.duplicated(key, keep=False)]
    groups = repeated.groupby(key, sort=False).indices
    together = [repeated.index[places].tolist() for places in groups.values()]
    return {row: rows for rows in together for row in rows}


def _others(rows: Sequence[int], row: int) -> str:
    """The other rows, the first few if there are many."""
    others = [str(other) for other in rows[: _ALIKE + 1] if other != row][:_ALIKE]
    left = len(rows) - 1 - len(others)
    return ", ".join(others) + (f" and {left:,} more" if left else "")


def _remedy(field: Field, value: str) -> str:
    if not value:
        return "fill it in, or delete the row"
    if "enum" in field.constraints:
        accepted = [str(v) for v in field.constraints["enum"]]
        near = get_close_matches(value.lower().replace(" ", "_"), accepted, n=1)
        return f"did you mean {near[0]}?" if near else f"write one of {', '.join(accepted)}"
    return f"see the column's description: {field.description}"


def _country_faults(frame: "pd.DataFrame", kind: Kind) -> Iterator[_Fault]:
    accepted = countries.names()
    by_name = {short.lower(): code for code, short in accepted.items()}
    for column in kind.countries:
        codes = frame[column].dropna().astype("str").str.split().explode()
        for row, code in codes[codes.str.fullmatch("[A-Z]{3}") & ~codes.isin(list(accepted))].items():
            near = get_close_matches(code.lower(), by_name, n=1)
            remedy = f"did you mean {by_name[near[0]]}?" if near else "look the code up: Panama is PAN"
            yield _Fault(int(str(row)), column, code, "must be the ISO 3166 alpha-3 code of a country", remedy)


def _reference_faults(frame: "pd.DataFrame", kind: Kind, beside: Beside) -> Iterator[_Fault]:
    """Codes of other records that are not among those at hand."""
    for column, other in kind.references.items():
        if other not in beside:
            continue
        key = column.removesuffix("s")
        codes = frame[column].dropna().astype("str").str.split().explode()
        for row, code in codes[~codes.isin(beside[other][key])].items():
            rule, remedy = f"must be a {key} of {other}", f"correct it, or add it to the file of {other}"
            yield _Fault(int(str(row)), column, code, rule, remedy)


def _rule_faults(frame: "pd.DataFrame", kind: Kind, cases: "pd.DataFrame | None") -> Iterator[_Fault]:
    """Breaches of the rules across columns; of those on a record's case only where the cases are at hand."""
    joined = None
    if cases is not None and any(rule.beside_case for rule in kind.rules):
        joined = frame.join(_as_written(cases).add_prefix("cases."), on="case_id")
    for rule in kind.rules:
        held = joined if rule.beside_case else frame
        if held is None:
            continue
        broken = rule.broken(held)
        for row, value in frame.loc[broken, rule.column].items():
            yield _Fault(int(str(row)), rule.column, str(value), rule.rule, rule.remedy)


def _as_written(cases: "pd.DataFrame") -> "pd.DataFrame":
    """Cases as read by their case_id, with days as a file has them, which is how a file is checked."""
    days = cases.select_dtypes("datetime")
    return cases.assign(**{str(name): days[name].dt.strftime("%Y-%m-%d") for name in days}).set_index("case_id")
