"""A programme's own records, kept by whoever holds them: checked against their schema, every fault at once.

`data/templates` has an empty file and the schema of each kind. A record is about a case, a defendant of a case, a request,
a training or a country, and tells of no one who they are; no record is kept in this repository.
"""

from crimjust_research.data.own_records.checking import COLUMNS, check, read, report
from crimjust_research.data.own_records.templates import templates

__all__ = ["COLUMNS", "check", "read", "report", "templates"]
