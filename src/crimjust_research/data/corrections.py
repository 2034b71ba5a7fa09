"""Declared corrections to published figures: which are known to be wrong, why, and who said so.

Raw tables keep what was published. A panel applies the corrections of its tables right after opening them. A rule that
finds nothing to correct is an error: the publisher has mended the figure, or the rule was mistaken, and a person must
say which. The practice is that of Our World in Data's declared corrections.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from crimjust_research.data.ingest.unodc_seizures import ANNEX, PORTAL
from crimjust_research.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Action = Literal["drop", "override", "flag"]
Status = Literal["to be reported", "reported", "confirmed"]
MARK = "correction"


@dataclass(frozen=True)
class Correction:
    """A rule: in the rows of `table` that have `key`, values of `column` among `wrong` are what was published wrongly.

    `override` puts `right` in their place, `drop` takes the rows out, `flag` leaves both and only marks the row.
    `rows` is how many rows the rule is about. `until` is the last vintage with the error; None while none is mended.
    A missing value is written None, in `wrong` as in `right`.
    """

    name: str
    table: str
    key: Mapping[str, Any]
    column: str
    wrong: tuple[Any, ...]
    action: Action
    reason: str
    reported_by: str
    status: Status
    right: Any = None
    rows: int = 1
    until: str | None = None


_HERE = "this project"
# Two lines of one weight to three digits and more are one seizure listed twice, not two that happen to be alike.
_COPY = "the same weight, to the last of its digits, stands there a second time"
_KETAMINE = "Ketamine and phencyclidine-type substances"


def _copied(name: str, iso3: str, year: int, rows: int = 1, **key: str) -> Correction:
    return Correction(
        name=name,
        table="seizures_country",
        key={"publication": ANNEX, "iso3": iso3, "year": year, **key},
        column="repeated",
        wrong=(2,),
        action="override",
        right=1,
        reason=_COPY,
        reported_by=_HERE,
        status="to be reported",
        rows=rows,
    )


def _repeated(name: str, publication: str, rows: int, reason: str) -> Correction:
    return Correction(
        name=name,
        table="seizures_country",
        key={"publication": publication},
        column="repeated",
        wrong=tuple(range(2, 10)),
        action="flag",
        reason=reason,
        reported_by=_HERE,
        status="to be reported",
        rows=rows,
    )


def _unnamed_total(name: str, iso3: str, year: int, drug: str, reason: str) -> Correction:
    return Correction(
        name=name,
        table="seizures_country",
        key={"iso3": iso3, "year": year, "drug": drug},
        column="is_total_line",
        wrong=(False,),
        action="override",
        right=True,
        reason=reason,
        reported_by=_HERE,
        status="to be reported",
    )


CORRECTIONS = (
    Correction(
        name="uncac-bulgaria-cycle-1",
        table="uncac_reviews",
        key={"iso3": "BGR", "cycle": 1},
        column="job_number",
        wrong=("V1187232",),
        action="override",
        right=None,
        reason="the number is that of Indonesia's executive summary; the year, 2011, stands",
        reported_by="compilers of the review file",
        status="to be reported",
    ),
    Correction(
        name="uncac-bulgaria-cycle-2",
        table="uncac_reviews",
        key={"iso3": "BGR", "cycle": 2},
        column="symbol",
        wrong=("CAC/COSP/IRG/II/5/1/Add.1",),
        action="flag",
        reason="the text on the State's page is a copy of Belgium's; only the link is Bulgaria's, and was kept",
        reported_by="compilers of the review file",
        status="to be reported",
    ),
    Correction(
        name="uncac-china-cycle-1",
        table="uncac_reviews",
        key={"iso3": "CHN", "cycle": 1},
        column="year",
        wrong=(None,),
        action="override",
        right=2017,
        reason="the page links to a revision of 2025; its folder is that of the session of 19-23 June 2017, by which "
        "the summary was out",
        reported_by="compilers of the review file",
        status="to be reported",
    ),
    _repeated(
        "wdr-repeated-lines",
        ANNEX,
        271,
        "344 lines repeat another in every column: 296 of zero, 8 without a weight, 40 with one. Eleven of the 40 are "
        "copies, corrected one by one; the others are round or tiny weights, which two lines can share, and count as "
        "often as they stand (148 kg in all)",
    ),
    _repeated(
        "portal-repeated-lines",
        PORTAL,
        428,
        "498 lines repeat another in every column: 478 of zero and 20 of 1 to 4 kg. Weights are whole kilograms there, "
        "so small seizures in two units round to one figure: they count as often as they stand",
    ),
    _copied("wdr-pakistan-precursors", "PAK", 2020, rows=4, drug_group="precursors"),
    _copied("wdr-pakistan-ketamine", "PAK", 2020, drug=_KETAMINE),
    _copied("wdr-thailand-ketamine", "THA", 2021, drug=_KETAMINE),
    _copied("wdr-malaysia-ketamine", "MYS", 2021, drug=_KETAMINE),
    _copied("wdr-singapore-ketamine", "SGP", 2021, rows=2, drug=_KETAMINE),
    _copied("wdr-ecuador-cannabis-plants", "ECU", 2021, drug="Cannabis plants"),
    _copied("wdr-honduras-solvents", "HND", 2020, drug="Solvents and inhalants"),
    _unnamed_total(
        "annual-moldova-cannabis",
        "MDA",
        2015,
        "Non-specified cannabis-type",
        "377 kg is the herb (87 kg) and resin (290 kg) of the lines beside it",
    ),
    _unnamed_total(
        "annual-trinidad-cocaine",
        "TTO",
        2012,
        "Non-specified cocaine",
        "129 kg is the weight of the one other line of cocaine",
    ),
    Correction(
        name="ids-thailand-amphetamine",
        table="seizure_routes",
        key={
            "year": 2013,
            "drug": "Amphetamine",
            "producing": "unknown",
            "departure": "unknown",
            "seizing": "THA",
            "destination": "unknown",
            "transport": "unknown",
        },
        column="kilograms",
        wrong=(4_500_045.0,),
        action="override",
        right=45.0,
        reason="a case of 22 May 2013 is given as 4,500,000 kilograms, half the weight of the whole table; the State's "
        "other cases of the drug are in tablets by the million",
        reported_by=_HERE,
        status="to be reported",
    ),
)


def apply(frame: "pd.DataFrame", table: str, vintage: str, rules: Iterable[Correction] = CORRECTIONS) -> "pd.DataFrame":
    """A whole raw table with its declared corrections made, and a column `correction` that names them.

    Every rule is held against the frame as published, so their order does not matter. The frame given is not
    changed; one of a table without rules comes back with an empty `correction`.

    Raises
    ------
    DataError
        If a rule matches no row, matches another number of rows than it declares, or the published value is no longer
        the wrong one; the message names the rule and what to do about it.
    """
    import pandas as pd

    corrected = frame.copy()
    marks = pd.Series("", frame.index, "str")
    dropped = pd.Series(False, frame.index)
    for rule in rules:
        if rule.table != table or (rule.until is not None and vintage > rule.until):
            continue
        hit = _rows(frame, rule, vintage)
        marks = marks.where(~hit, (marks + " " + rule.name).str.strip())
        if rule.action == "override":
            corrected[rule.column] = corrected[rule.column].mask(hit, pd.NA if rule.right is None else rule.right)
        elif rule.action == "drop":
            dropped |= hit
    corrected[MARK] = marks.where(marks != "")
    return corrected[~dropped]


def _rows(frame: "pd.DataFrame", rule: Correction, vintage: str) -> "pd.Series[bool]":
    """Rows that have the rule's key and a value it calls wrong."""
    import pandas as pd

    keyed = pd.Series(True, frame.index)
    for column, value in rule.key.items():
        keyed &= frame[column] == value
    where = ", ".join(f"{column} = {value!r}" for column, value in rule.key.items())
    subject = f"correction {rule.name!r} of {rule.table!r}"
    if not keyed.any():
        raise DataError(
            f"{subject} matches nothing: vintage {vintage} has no row with {where}; mend the rule's key in "
            "corrections.py, or set its `until` to the last vintage that has the row"
        )
    values = frame.loc[keyed, rule.column]
    wrong = values.isin([value for value in rule.wrong if value is not None])
    if None in rule.wrong:
        wrong |= values.isna()
    if not wrong.any():
        found = ", ".join(sorted({"nothing" if pd.isna(value) else repr(value) for value in values})[:5])
        raise DataError(
            f"{subject}: in vintage {vintage} the publisher has {found} as {rule.column} where {where}, no longer "
            f"{rule.wrong[0]!r}; if it was mended, set the rule's `until` to the vintage before, in corrections.py"
        )
    if int(wrong.sum()) != rule.rows:
        raise DataError(
            f"{subject} finds {int(wrong.sum())} rows in vintage {vintage} and declares {rule.rows}; look at what has "
            "changed, and set `rows` or `until` in corrections.py"
        )
    return wrong.reindex(frame.index, fill_value=False)
