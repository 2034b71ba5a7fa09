"""Files a person supplies: counts of gaps by article, and readings of challenges; in the columns of data/templates."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import pandas as pd

from crimjust_research import project
from crimjust_research.data import own_records
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Used


def supplied(
    parameter: str, file: str, kind: Literal["review_gaps", "challenge_readings"]
) -> tuple[pd.DataFrame, Used]:
    """The records of a file, and the note of its having been read.

    Parameters
    ----------
    parameter : the one that names the file, as refusals call it.

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
