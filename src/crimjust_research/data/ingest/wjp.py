"""World Justice Project: the Rule of Law Index, criminal justice and the parts of it that touch corruption.

Source: the historical data file of the year's index, https://worldjusticeproject.org/rule-of-law-index/. It is a
workbook whose columns carry the index's own numbering; a table with short column names is read too.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.foreign import plain
from crimjust_research.data.ingest import Reader, licences, parts, workbooks
from crimjust_research.data.ingest.files import header, numbers, records, refuse, renamed
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, rule_of_law_editions

if TYPE_CHECKING:
    import pandas as pd

# This project's name of a score: what it measures, how the workbook's column starts, and its name in a short table.
_SCORES = {
    "overall": ("Rule of law overall", "WJP Rule of Law Index", "wjp_overall"),
    "f1_4": ("1.4 Officials are sanctioned for misconduct", "1.4", "wjp_1_4_misconduct_sanctioned"),
    "f2": ("Factor 2: absence of corruption", "Factor 2", "wjp_f2_absence_corruption"),
    "f2_2": ("2.2 No corruption in the judiciary", "2.2", "wjp_2_2_judicial"),
    "f2_3": ("2.3 No corruption in the police and military", "2.3", "wjp_2_3_police_military"),
    "f8": ("Factor 8: criminal justice", "Factor 8", "wjp_f8_criminal_justice"),
    "f8_1": ("8.1 Criminal investigation is effective", "8.1", "wjp_8_1_investigation"),
    "f8_2": ("8.2 Criminal adjudication is timely and effective", "8.2", "wjp_8_2_adjudication"),
    "f8_4": ("8.4 Criminal justice is impartial", "8.4", "wjp_8_4_impartial"),
    "f8_5": ("8.5 Criminal justice is free of corruption", "8.5", "wjp_8_5_free_corruption"),
    "f8_6": ("8.6 Criminal justice is free of improper government influence", "8.6", "wjp_8_6_free_influence"),
    "f8_7": ("8.7 Due process and the rights of the accused", "8.7", "wjp_8_7_due_process"),
}
_SHORT = ("country", "iso3", "wjp_edition", *(short for _, _, short in _SCORES.values()))
_HISTORY = ("Country", "Country Code", "Year", "Region", "WJP Rule of Law Index: Overall Score")

JUSTICE_QUALITY = Table(
    name="justice_quality",
    title="Quality of criminal justice by country and edition of the Rule of Law Index",
    description="One row is a country and an edition of the index: its scores for criminal justice, absence of "
    "corruption and their parts, from 0 to 1.",
    fields=(
        Field("iso3", "string", "Country.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field(
            "edition",
            "string",
            "Edition: the year, or the two years, it is dated.",
            constraints={"required": True, "pattern": "20[0-9]{2}(-20[0-9]{2})?"},
        ),
        Field("year", "year", "Last year of the edition.", constraints={"required": True}),
        *(
            Field(name, "number", f"{what}; higher is better.", "score from 0 to 1", {"minimum": 0, "maximum": 1})
            for name, (what, _, _) in _SCORES.items()
        ),
    ),
    primary_key=("iso3", "edition"),
    licences=(licences.WORLD_JUSTICE_PROJECT,),
    sources=(
        Source(
            "World Justice Project, Rule of Law Index", "https://worldjusticeproject.org/rule-of-law-index/downloads"
        ),
    ),
    time="year",
    caveats=(
        "2012-2013 lies on another level: questions and weights changed after it, and analyses leave it out.",
        "Scores mix surveys of households and of experts; they have no published standard errors.",
        "An edition is based on fieldwork of the year before it or earlier.",
        "Cabo Verde and Guinea-Bissau, both programme countries, are not covered.",
        "8.3, the correctional system, is not kept.",
    ),
    rhythm=Rhythm(
        "yearly",
        "an edition in October",
        "the editions at hand, one a year but for 2012-2013 and 2017-2018",
        months=12,
        lag=0,
    ),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last edition in them.

    Raises
    ------
    DataError
        If a file is cut off, or a country, edition or score is not an accepted one.
    """
    import pandas as pd

    frame = pd.concat([_read_file(path) for path in paths], ignore_index=len(paths) > 1)
    notes = [f"{int(frame[list(_SCORES)].isna().sum().sum())} scores are blank"]
    notes += [
        f"the month edition {name} was published in is not known: add {rule_of_law_editions.line_to_add(name)}"
        for name in rule_of_law_editions.load().undeclared(frame["edition"])
    ]
    lacks = parts.cut(frame, "edition", "iso3", "most countries")
    return [Release(JUSTICE_QUALITY, vintage or str(frame["year"].max()), frame, lacks, tuple(notes))]


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = _published(path)
    editions = text["wjp_edition"]
    refuse(
        path,
        editions[~editions.str.fullmatch(r"20[0-9][0-9](-20[0-9][0-9])?")],
        "must be a year or two joined by a dash",
    )
    known = rule_of_law_editions.load()
    for name in known.undeclared(editions):
        if known.year(name) is None:
            must = f"is an edition of two years that is not declared; add {rule_of_law_editions.line_to_add(name)}"
            refuse(path, editions[editions == name], must)
    scores = {name: numbers(path, text[short], blank=("",)) for name, (_, _, short) in _SCORES.items()}
    return pd.DataFrame(
        {
            "iso3": countries.agreed_codes(text["iso3"], text["country"], str(path)),
            "edition": editions,
            "year": editions.str[-4:].astype("int64"),
            **scores,
        }
    )


def _published(path: Path) -> "pd.DataFrame":
    """The columns of the short table; those of the historical data file are found by the index's own numbering."""
    columns = header(path)
    if foreign.has(columns, _SHORT):
        return records(path, _SHORT)[list(_SHORT)]
    if path.suffix.lower() == workbooks.SUFFIX:
        columns = workbooks.header_row(path, _HISTORY)
    names = {"country": "Country", "iso3": "Country Code", "wjp_edition": "Year"}
    for _, start, short in _SCORES.values():
        found = [cell for cell in columns if plain(cell).startswith(plain(start))]
        if len(found) != 1:
            raise DataError(
                f"{path} has {len(found)} columns that start with {start!r}; there must be one: download it"
            )
        names[short] = found[0]
    return renamed(records(path, list(names.values())), names)


READERS = (
    Reader(
        name="wjp_rule_of_law_index",
        table=JUSTICE_QUALITY,
        columns=frozenset(_HISTORY),
        read=read,
        address="https://worldjusticeproject.org/rule-of-law-index/downloads/"
        "2025_wjp_rule_of_law_index_HISTORICAL_DATA_FILE.xlsx",
        manual="At https://worldjusticeproject.org/rule-of-law-index/ download the historical data file; the address "
        "carries the year of the edition.",
        other_columns=(frozenset(_SHORT),),
    ),
)
