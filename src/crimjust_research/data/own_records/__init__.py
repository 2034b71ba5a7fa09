"""A programme's own records, kept by whoever holds them: checked against their schema, every fault at once.

`data/templates` has an empty file and the schema of each kind. Records tell of no one who they are; none is kept in this
repository.
"""

from crimjust_research.data.own_records.checking import Checked, check, checked, known_by, read, report, understood
from crimjust_research.data.own_records.faults import COLUMNS
from crimjust_research.data.own_records.folder import Folder, check_folder, read_folder
from crimjust_research.data.own_records.templates import templates

__all__ = [
    "COLUMNS",
    "Checked",
    "Folder",
    "check",
    "check_folder",
    "checked",
    "known_by",
    "read",
    "read_folder",
    "report",
    "templates",
    "understood",
]
