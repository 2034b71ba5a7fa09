"""Whether the query at the foot of an export of CDC WONDER counts the deaths its table is of, line by line.

The form of WONDER can narrow a query by place, sex, age, race, day and cause; the rows it exports look the same. What
each table's query must say is declared in `data/vocabulary/wonder.yaml`.
"""

import re
from collections.abc import Iterable

from crimjust_research.data.ingest.wonder_export import MONTHS, Export
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import drugs, wonder

_YEAR_OF_DATABASE = "YEAR"
_CODE = r"[A-Z][0-9]{2}(?:\.[0-9])?"
_CODES = rf"{_CODE}(?:-{_CODE})?"
# "X40 (Accidental poisoning)", or "Drug poisonings (overdose) Suicide (X60-X64)".
_WORDS = r"\((?:[^()]|\([^()]*\))*\)"
_CODE_FIRST, _CODE_LAST = re.compile(rf"({_CODES})(?: {_WORDS})?"), re.compile(rf"[^:]* \(({_CODES})\)")
_AGAIN = "export the query again"


def require(export: Export, table: str) -> None:
    """Refuse an export whose query is not that of the raw table of that name.

    Raises
    ------
    DataError
        Naming the file, every line that departs from the table's query, its value, and what it must be.
    """
    faults = [*_database(export, table), *_lines(export, table), *_absent(export, table)]
    if faults:
        raise DataError(
            f"{export.path}: the query at its foot is not the one {table!r} is made of: {'; '.join(faults)}. Query "
            f"again; a new line that only says how figures are shown is added under `harmless` in {wonder.FILE}"
        )


def drug_class(export: Export) -> str:
    """The one ICD-10 code of a drug class that the query names among the multiple causes.

    Raises
    ------
    DataError
        If it names none or several; a VocabularyError if the code is not in the vocabulary.
    """
    line = wonder.load().multiple_cause
    codes = sorted(_codes(export.query.get(line, "")) or ())
    if len(codes) != 1:
        raise DataError(
            f"{export.path}: the query asks for {len(codes)} drug classes ({', '.join(codes) or 'none'}), so its counts "
            f"belong to no single one; export one class ({line}) at a time"
        )
    return drugs.icd10(codes[0])


def require_periods(export: Export, periods: Iterable[str], final: Iterable[str]) -> None:
    """Refuse an export without rows of the years or months its query asks for, or with others.

    `periods` are those with rows, as YYYY or YYYY-MM, and `final` those of them the publisher calls final: such a year
    has all its months.

    Raises
    ------
    DataError
        Naming the file, and what the query asks for that has no row, or the reverse.
    """
    found, whole = set(periods), {period[:4] for period in final}
    monthly = any(len(period) > len("YYYY") for period in found)
    asked = _asked(export, last=max(found)[:4])
    wanted = {period for period in asked if len(period) > len("YYYY")} if monthly else set()
    for year in sorted({period[:4] for period in asked} - {period[:4] for period in wanted}):
        if monthly and year in whole:
            wanted |= {f"{year}-{month}" for month in MONTHS.values()}
        elif monthly:
            wanted |= {period for period in found if period[:4] == year} or {year}
        else:
            wanted.add(year)
    if absent := sorted(wanted - found):
        raise DataError(
            f"{export.path}: the query asks for {', '.join(absent[:12])}{' …' if len(absent) > 12 else ''}, and there is "
            f"no row of it: the export was cut; {_AGAIN}"
        )
    if foreign := sorted(found - wanted):
        raise DataError(
            f"{export.path}: there are rows of {', '.join(foreign[:12])}{' …' if len(foreign) > 12 else ''}, which the "
            f"query does not ask for: rows or footer were edited; {_AGAIN}"
        )


def _database(export: Export, table: str) -> list[str]:
    known = wonder.load().tables[table].databases
    if any(_of_any_year(name).fullmatch(export.database) for name in known):
        return []
    return [
        f"`Dataset: {export.database}` must be one of {', '.join(known)}, or be added under `tables`, `{table}`, "
        f"`databases` in {wonder.FILE} if it counts the same deaths"
    ]


def _lines(export: Export, table: str) -> list[str]:
    """What is wrong with each line there is."""
    known, query = wonder.load(), wonder.load().tables[table]
    overdose = set().union(*(_range(causes) for causes in known.overdose))
    faults = []
    for name, value in export.query.items():
        must = ""
        if name in query.lines:
            must = "" if value in query.lines[name] else " or ".join(query.lines[name])
        elif name == "Group By":
            groups = [set(names) for names in query.group_by]
            must = "" if set(re.split("[;,] ?", value)) in groups else " or ".join(map("; ".join, query.group_by))
        elif name in known.underlying_cause:
            must = "" if _codes(value) == overdose else f"{', '.join(known.overdose)}, each of them and no other"
        elif name == known.multiple_cause and query.drug_class:
            pass  # for `drug_class` to read
        elif name not in {*known.harmless, known.period} and value not in known.everything:
            must = f"{' or '.join(known.everything)}, or left out"
        if must:
            faults.append(f"`{name}: {value[:160]}{'…' if len(value) > 160 else ''}` must be {must}")
    return faults


def _absent(export: Export, table: str) -> list[str]:
    """Lines without which a query counts more than its table, or is not known to be its."""
    known, query = wonder.load(), wonder.load().tables[table]
    needed = [known.underlying_cause, ("Group By",), *((name,) for name in query.lines)]
    if query.drug_class:
        needed.append((known.multiple_cause,))
    return [f"it has no line `{' or '.join(names)}`" for names in needed if not set(names) & set(export.query)]


def _asked(export: Export, last: str) -> set[str]:
    """Years and months the query asks for: those of its line, or all of the database, to `last` if it is open-ended."""
    line = export.query.get(wonder.load().period, "")
    if line and line not in wonder.load().everything:
        months = set(re.findall(r"\b([A-Z][a-z]{2})\.?, ([0-9]{4})", line))
        years = re.findall(r"\b[0-9]{4}\b", re.sub(r"\b[A-Z][a-z]{2}\.?, [0-9]{4}", "", line))
        return {*years, *(f"{year}-{MONTHS[name]}" for name, year in months if name in MONTHS)}
    ends = re.findall(r"\b[0-9]{4}\b", export.database)
    return {str(year) for year in range(int(ends[0]), int(ends[1] if len(ends) > 1 else last) + 1)}


def _of_any_year(database: str) -> re.Pattern[str]:
    return re.compile(re.escape(database).replace(_YEAR_OF_DATABASE, "[0-9]{4}"))


def _codes(value: str) -> set[str] | None:
    """The codes of causes a line names, None if it names any without its code."""
    codes: set[str] = set()
    for item in _items(value):
        found = _CODE_FIRST.fullmatch(item) or _CODE_LAST.fullmatch(item)
        if not found:
            return None
        codes |= _range(found[1])
    return codes


def _items(value: str) -> list[str]:
    """The parts of a list, parted by semicolons or commas outside parentheses."""
    items, depth = [""], 0
    for sign in value:
        depth += (sign in "([") - (sign in ")]")
        if sign in ";," and depth == 0:
            items.append("")
        else:
            items[-1] += sign
    return [item.strip() for item in items if item.strip()]


def _range(causes: str) -> set[str]:
    """The codes from X40 to X44, of "X40-X44"; or the one code there is."""
    first, _, last = causes.partition("-")
    if not last:
        return {first}
    if "." in causes or first[0] != last[0]:
        return {causes}
    return {f"{first[0]}{number:02}" for number in range(int(first[1:]), int(last[1:]) + 1)}
