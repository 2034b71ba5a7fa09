"""A file that a person supplies in the columns of data/templates, for questions that read one of a kind."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from crimjust_research import project
from crimjust_research.data import own_records
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Used

if TYPE_CHECKING:
    import pandas as pd


def supplied(parameter: str, file: str, kind: str) -> tuple[pd.DataFrame, Used]:
    """The records of a file, and the note of its having been read.

    Parameters
    ----------
    parameter : the one that names the file, as refusals call it; kind : of record, as `data/own_records.yaml` names it.

    Raises
    ------
    ParameterError
        If the file cannot be read, or with every fault of it by row, column and value.
    """
    path, name = project.root() / file, project.named(file)
    try:
        frame = own_records.read(path, kind)
        content = path.read_bytes()
    except (DataError, OSError) as error:
        # Its folders are nobody's business.
        raise ParameterError(f"{parameter} {str(error).replace(str(path), name)}") from None
    return frame, Used(name, "as supplied", sha256(content).hexdigest())
