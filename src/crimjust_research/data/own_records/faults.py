"""The typed frame of a table of records and every fault of it: in its header, its cells, its keys, and across its columns."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from crimjust_research.data import schema_check
from crimjust_research.data.own_records import days, numerals, understanding
from crimjust_research.data.own_records.layout import MARKS, Cells
from crimjust_research.data.own_records.rules import Rule
from crimjust_research.data.own_records.schemas import LONGEST_CODE, Column, Kind
from crimjust_research.data.own_records.understanding import Understood
from crimjust_research.data.schema_check import FIRST_ROW
from crimjust_research.data.tables import Field
from crimjust_research.vocabulary import countries, record_words

if TYPE_CHECKING:
    import pandas as pd

# Other records, as read, by their kind.
Beside = Mapping[str, "pd.DataFrame"]
CASES = "cases"
COLUMNS = ("table", "row", "column", "value", "rule", "remedy")
ALIKE = 5  # rows of those alike that are named
_NEAR = 0.75  # how like a heading or a word another must be to be the one that was meant
_IN = frozenset(("in", "en", "em"))  # before a unit
_EMPTY = "must not be empty"
# How the check of declared constraints begins to tell of one that is broken, in the words of declarations.
_CONSTRAINED = "must satisfy "
_CODE_SIGNS = "letters, digits and the signs . _ / -"
_NAMELESS = "column without a name"
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


def frame_and_faults(
    cells: Cells, understood: Mapping[str, Understood], kind: Kind, beside: Beside
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """The typed frame of a table, cells that do not fit their type missing, and all faults."""
    import pandas as pd

    index = cells.whole.index
    found = list(_header_faults(cells, kind))
    found += [
        _Fault(
            row,
            "",
            " | ".join(of_row),
            f"must have {len(cells.header)} cells, as the header, and has {len(of_row)}",
            "look for a stray or missing delimiter; put text that holds one between double quotes",
        )
        for row, of_row in cells.ragged.items()
    ]
    found += _bare_rows(cells, understood, kind)
    columns = {}
    for field in kind.table.fields:
        if field.name in understood:
            columns[field.name], misfits = _typed(understood[field.name], index, field)
            found += misfits
        else:
            columns[field.name] = pd.Series(None, index, dtype="object").astype(_dtype(field))
    frame = pd.DataFrame(columns)
    unread = {(f.row, f.column) for f in found}
    unread |= {(f.row, name) for f in found if not f.column for name in columns}
    twice = {name for name, places in understanding.placed(cells.header, kind).items() if len(places) > 1}
    rules = [rule for rule in kind.rules if not twice & {rule.column, *rule.reads}]
    others = chain(
        _schema_faults(frame, kind, understood, unread),
        _country_faults(frame, kind),
        _reference_faults(frame, kind, beside),
        _rule_faults(frame, rules, beside.get(CASES), unread),
    )
    order = {f.name: place for place, f in enumerate(kind.table.fields)}
    # Whatever found a fault, its cell is shown as the file has it.
    written = cache(lambda column: dict(zip(index, understood[column].written(), strict=True)))
    shown = dict.fromkeys(
        f._replace(value=written(f.column).get(f.row, f.value)) if f.column in understood else f
        for f in chain(found, others)
    )
    ordered = sorted(shown, key=lambda f: (f.row, order.get(f.column, -1), f.rule))
    table = pd.DataFrame(ordered, columns=list(COLUMNS[1:]))
    table.insert(0, "table", kind.table.name)
    return frame.reset_index(drop=True), table


def _bare_rows(cells: Cells, understood: Mapping[str, Understood], kind: Kind) -> Iterator[_Fault]:
    """Rows with nothing that every record must have, or one cell alone: a heading, a total, a note or a record begun."""
    required = [f.name for f in kind.table.fields if f.constraints.get("required") and f.name in understood]
    if not required:
        return
    filled = [understood[name].filled() for name in required]
    bare = sum(of_column.astype("int64") for of_column in filled) == 0
    suspects = cells.whole[bare | ((cells.whole != "").sum(axis=1) == 1).to_numpy()]
    for row, *of_row in suspects.itertuples():
        held = " | ".join(cell.rstrip(MARKS) for cell in of_row if cell)
        yield _Fault(
            int(row),
            "",
            held,
            f"is no record: it must have {', '.join(required)}",
            "delete the row if it is a heading, a total or a note; else fill it in",
        )


def _header_faults(cells: Cells, kind: Kind) -> Iterator[_Fault]:
    placed = understanding.placed(cells.header, kind)
    expected = {f.name: f for f in kind.table.fields}
    missing = [name for name in expected if name not in placed]
    # What may be empty in every row need not be there: nothing of it is known.
    for name in missing:
        if expected[name].constraints.get("required"):
            yield _Fault(cells.row, name, "", "the column is missing", "add it, and fill it in")
    for name, places in placed.items():
        headings = dict.fromkeys(cells.header[place] for place in places)
        if len(places) > 1 and name:
            remedy = "keep one of them" if len(headings) == 1 else f"keep one of {', '.join(map(repr, headings))}"
            yield _Fault(cells.row, name, name, "the column stands there more than once", remedy)
        if name in expected or not (name or (cells.whole[places] != "").to_numpy().any()):
            continue
        if tells_who(name, missing):
            rule, remedy = "may tell who a person is: no such column is accepted", "delete the column"
        else:
            near = _meant_column(name, kind, missing)
            rule = f"is no column of {kind.table.name}"
            remedy = _renaming(name, kind.columns[near], kind) if near else "delete the column"
        yield _Fault(cells.row, name or _NAMELESS, name, rule, remedy)


def tells_who(heading: str, missing: Collection[str] = ()) -> bool:
    """Whether a column of that name may tell who a person is."""
    words = record_words.plain(heading)
    found = set(re.findall("[a-z]+", words))
    return bool(found & _PERSONAL) and not found & _OF_THINGS and words.replace(" ", "_") not in missing


def _meant_column(heading: str, kind: Kind, missing: Collection[str]) -> str | None:
    """The missing column whose name, or what else it is called, is nearest to a heading, with its unit or without."""
    free = {other: name for other, name in kind.headings.items() if name in missing}
    bare = {_without_unit(other, kind.columns[name]): name for other, name in free.items()}
    whole, before = record_words.heading(heading), record_words.heading(re.split(r"[(\[/]", heading)[0])
    named = " ".join(word for word in before.split() if word not in record_words.multiples() | _IN)
    for words, names in ((whole, free), *([(named, bare | free)] if named != whole else [])):
        if near := get_close_matches(words, names, n=1, cutoff=_NEAR):
            return names[near[0]]
    return None


def _without_unit(name: str, column: Column) -> str:
    return " ".join(word for word in name.split() if word not in record_words.units(column.unit or ""))


def _renaming(heading: str, meant: Column, kind: Kind) -> str:
    """What to do with a column whose heading is nearly that of the one that is meant, and may be of another unit.

    It is to be renamed and nothing else where its heading holds the unit, and beside it words alone that the column is called
    by, or nearly so.
    """
    unit = meant.unit
    known = record_words.units(unit or "")
    if unit is None or not known:
        return f"rename it to {meant.name}"
    said = record_words.heading(heading)
    here = {word: factor for word, factor in known.items() if f" {word} " in f" {said} "}
    another = next((word for word, factor in here.items() if factor != 1), None)
    if another:
        return (
            f"it seems to be in {another!r}, and {meant.name} is in {unit}: convert the numbers, or write the unit beside each, "
            f"as in 500 {another}; then rename it to {meant.name}"
        )
    words = set(said.split())
    if several := sorted(words & record_words.multiples()):
        return (
            f"it seems to count in {several[0]!r}, and {meant.name} is in single {unit}: convert the numbers, and write them in "
            f"full, as in 12000 for 12 thousand; then rename it to {meant.name}"
        )
    called = {word for other, name in kind.headings.items() if name == meant.name for word in other.split()}
    beside = words - {word for name in here for word in name.split()} - _IN
    if here and all(get_close_matches(word, called, n=1, cutoff=_NEAR) for word in beside):
        return f"rename it to {meant.name}"
    return f"rename it to {meant.name} if it is in {unit}; else convert the numbers first"


def _typed(column: Understood, index: "pd.Index[int]", field: Field) -> tuple["pd.Series[Any]", list[_Fault]]:
    """A column in its declared type, missing where it is empty or does not fit, and the cells that do not."""
    import pandas as pd

    # Whatever a cell holds is looked at once, in however many rows it stands.
    distinct = column.meant
    filled = distinct != ""
    if field.type == "date":
        fits, rule, remedy = (
            distinct.map(_is_day).astype("bool"),  # of no cell at all, text would come out
            days.MUST,
            "write it as 2024-01-31, and one that exists",
        )
    elif field.type == "boolean":
        fits = distinct.str.lower().isin(_BOOLEANS)
        rule, remedy = "must be true or false", "write true, false or nothing"
    elif field.type == "integer":
        fits, rule, remedy = distinct.str.fullmatch(r"-?[0-9]{1,15}"), "must be a whole number", "write digits only"
    elif field.type == "number":
        fits = distinct.str.fullmatch(numerals.PLAIN)
        rule, remedy = "must be a number", "write it as 1234.5, a point before the decimals and no other signs"
    else:
        fits, rule, remedy = filled.copy(), "", ""  # every text is one, but what is unclear
    unclear = distinct.index.isin(list(column.unclear))
    fits &= ~unclear
    kept = distinct.where(filled & fits)
    if field.type == "boolean":
        values: pd.Series[Any] = kept.str.lower().map(_BOOLEANS)
    elif field.type in ("integer", "number"):
        values = pd.to_numeric(kept)
    else:
        values = kept
    why = {place: column.unclear.get(place, (rule, remedy)) for place in distinct.index[(filled | unclear) & ~fits]}
    places = pd.Series(column.number, index)
    faults = [
        _Fault(int(str(row)), field.name, distinct[place], *why[place])
        for row, place in places[places.isin(list(why))].items()
    ]
    return values.astype(_dtype(field)).take(column.number).set_axis(index), faults


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
    remedy = cache(lambda column, value: _remedy(fields[column], kind, value))
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
            told = _in_words(kind.columns[column]) if rule.startswith(_CONSTRAINED) else rule
            yield _Fault(row, column, shown, told, remedy(column, shown))


def _in_words(column: Column) -> str:
    """What a column's cells must be, as its declared constraints have it."""
    accepted = ", ".join(column.accepted())
    of_text = {
        "code": f"must be a code of {_CODE_SIGNS}, with a digit in it, and no longer than {LONGEST_CODE} of them",
        "codes": f"must be codes of {_CODE_SIGNS}, with a digit in each, parted by spaces",
        "country": "must be a country's three letters, such as PAN, or its name",
        "countries": "must be countries' three letters, such as PAN, or their names, parted by spaces",
        "choice": f"must be one of: {accepted}",
        "choices": f"must be one or more, parted by spaces, of: {accepted}",
    }
    if column.holds in of_text:
        return of_text[column.holds]
    if column.minimum is None or column.maximum is None:
        return f"must be {column.minimum} or more" if column.maximum is None else f"must be {column.maximum} or less"
    return f"must be from {column.minimum} to {column.maximum}"


def _rows_of_one_key(frame: "pd.DataFrame", kind: Kind) -> dict[int, list[int]]:
    """The rows that share a key with another, by each of them; a key with an empty cell is none."""
    key = list(kind.table.primary_key)
    repeated = frame[frame.duplicated(key, keep=False)]
    groups = repeated.groupby(key, sort=False).indices
    together = [repeated.index[places].tolist() for places in groups.values()]
    return {row: rows for rows in together for row in rows}


def _others(rows: Sequence[int], row: int) -> str:
    """The other rows, the first few if there are many."""
    others = [str(other) for other in rows[: ALIKE + 1] if other != row][:ALIKE]
    left = len(rows) - 1 - len(others)
    return ", ".join(others) + (f" and {left:,} more" if left else "")


def _remedy(field: Field, kind: Kind, value: str) -> str:
    if not value:
        return "fill it in, or delete the row"
    accepted = kind.columns[field.name].accepted()
    if accepted:
        words = record_words.choices(accepted)
        near = get_close_matches(record_words.plain(value), words, n=1, cutoff=_NEAR)
        if near:
            return f"did you mean {words[near[0]]}?"
    column = kind.columns[field.name]
    if accepted:
        return f"write {'one' if column.holds == 'choice' else 'one or more'} of {', '.join(accepted)}"
    if field.name in kind.countries:
        near = get_close_matches(value.lower(), _by_name(), n=1, cutoff=_NEAR)
        return (
            f"did you mean {_by_name()[near[0]]}?"
            if near
            else "write the country's name or its three letters: Panama is PAN"
        )
    if column.holds in ("code", "codes"):
        return "write a code such as C-0123, that tells nobody's name"
    empty = "" if column.required else ", or empty the cell where it is not known"
    return f"correct the number{f', in {column.unit}' if column.unit else ''}{empty}"


@cache
def _by_name() -> Mapping[str, str]:
    """Codes of countries by their short names in small letters."""
    return {short.lower(): code for code, short in countries.names().items()}


def _country_faults(frame: "pd.DataFrame", kind: Kind) -> Iterator[_Fault]:
    accepted = countries.names()
    for column in kind.countries:
        cells = frame[column].dropna()
        wrong = {
            cell: [code for code in cell.split() if re.fullmatch("[A-Z]{3}", code) and code not in accepted]
            for cell in cells.unique()
        }
        for row, cell in cells[cells.isin([cell for cell, codes in wrong.items() if codes])].items():
            for code in wrong[cell]:
                near = get_close_matches(code.lower(), _by_name(), n=1)
                remedy = f"did you mean {_by_name()[near[0]]}?" if near else "look the code up: Panama is PAN"
                yield _Fault(int(str(row)), column, code, "must be a country's three letters", remedy)


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


def _rule_faults(
    frame: "pd.DataFrame", rules: Sequence[Rule], cases: "pd.DataFrame | None", unread: Collection[tuple[int, str]]
) -> Iterator[_Fault]:
    """Breaches of the rules across columns, where all these look at could be read; of those on a record's case only where the
    cases are at hand."""
    joined = None
    if cases is not None and any(rule.beside_case for rule in rules):
        joined = frame.join(_as_written(cases).add_prefix("cases."), on="case_id")
    for rule in rules:
        held = joined if rule.beside_case else frame
        if held is None:
            continue
        broken = rule.broken(held)
        for row, value in frame.loc[broken, rule.column].items():
            if all((row, column) not in unread for column in rule.reads):
                yield _Fault(int(str(row)), rule.column, str(value), rule.rule, rule.remedy)


def _as_written(cases: "pd.DataFrame") -> "pd.DataFrame":
    """Cases as read by their case_id, with days as a file has them, which is how a file is checked."""
    days = cases.select_dtypes("datetime")
    return cases.assign(**{str(name): days[name].dt.strftime("%Y-%m-%d") for name in days}).set_index("case_id")
