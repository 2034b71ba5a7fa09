"""A programme's own records, kept by whoever holds them: checked against their schema, every fault at once.

`data/templates` has an empty file and the schema of each kind. Records tell of no one who they are; none is kept in this
repository.
"""

from crimjust_research.data.own_records.checking import COLUMNS, check, read, report
from crimjust_research.data.own_records.folder import Folder, read_folder
from crimjust_research.data.own_records.templates import templates

__all__ = ["COLUMNS", "Folder", "check", "read", "read_folder", "report", "templates"]
