"""Shape of an indicator: what it serves, where it is measured, and what it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["outcome", "context", "output"]
Place = Literal["raw", "processed", "records"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table in `data/raw` or `data/processed`, or of the templates for a programme's own records.

    `rows` says in words which of its rows are meant, empty where all are.
    """

    place: Place
    table: str
    name: str
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator of an outcome, component, pillar or step.

    `kind`: an *outcome* would move if what it serves were reached; *context* is what it is read against, and moves for
    other reasons too; an *output* counts what was done or taken, and is no outcome. `column` is None where there is no
    public measure; `record` is then, or as well, the column of a programme's own records that would measure it.
    `notebook` uses it, None if none does.
    """

    serves: str
    kind: Kind
    label: str
    column: Column | None
    method: str
    limitation: str
    record: Column | None = None
    notebook: str | None = None


def raw(table: str, name: str, rows: str = "") -> Column:
    return Column("raw", table, name, rows)


def panel(table: str, name: str, rows: str = "") -> Column:
    return Column("processed", table, name, rows)


def record(table: str, name: str, rows: str = "") -> Column:
    return Column("records", table, name, rows)
