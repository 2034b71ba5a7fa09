"""Dated controls on fentanyl precursors, from a compiled list of legal acts with the address of each.

Sources: US Federal Register; International Narcotics Control Board; Diario Oficial de la Federación of Mexico; and
the statements the list cites for China. Each row keeps the address its date was read at.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse, translate
from crimjust_research.data.tables import Field, Licence, Release, Rhythm, Source, Table
from crimjust_research.errors import VocabularyError
from crimjust_research.vocabulary import fentanyl, precursor_controls

if TYPE_CHECKING:
    import pandas as pd

_PUBLISHED_IN = re.compile(
    r"/documents/(?P<y>[0-9]{4})/(?P<m>[0-9]{2})/|fecha=[0-9]{2}/(?P<m2>[0-9]{2})/(?P<y2>[0-9]{4})"
)
_CONTROLLED = fentanyl.load().controlled
_SUBSTANCES = re.compile(
    "|".join(rf"(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9-])" for name in _CONTROLLED), re.IGNORECASE
)
_BY_NAME = {name.lower(): substance for name, substance in _CONTROLLED.items()}

# Acts of the Board and of Mexico are named with their dates; no text of theirs is reproduced.
_CITED = Licence(
    name="facts-cited",
    title="International Narcotics Control Board and Diario Oficial de la Federación: facts cited with acknowledgement of "
    "the source",
    path="https://www.incb.org/incb/en/precursors/",
)
_COLUMNS = ("month_year", "jurisdiction", "rule_id", "rule_kind", "event", "source_title", "source_url")

PRECURSOR_CONTROLS = Table(
    name="precursor_controls",
    title="Dated controls on fentanyl precursors",
    description="One row is a legal act by which the United States, the United Nations, Mexico or China brought "
    "fentanyl precursors under control: its month, its substances, and what the month is the month of.",
    fields=(
        Field("month", "yearmonth", "Month of the act; see status.", constraints={"required": True}),
        Field(
            "jurisdiction",
            "string",
            "ISO 3166 alpha-3 code, or UN.",
            constraints={"required": True, "enum": sorted(precursor_controls.load().jurisdictions.values())},
        ),
        Field("rule", "string", "Name of the act within this table.", constraints={"required": True, "unique": True}),
        Field(
            "substances",
            "string",
            "Substances the act names, parted by spaces: "
            + ", ".join(fentanyl.load().substances)
            + f"; {fentanyl.UNNAMED} where it is a list or law whose substances are not given.",
            constraints={
                "required": True,
                "pattern": "({0})( ({0}))*".format("|".join(fentanyl.load().substances)),
            },
        ),
        Field(
            "instrument",
            "string",
            "By what the substances are controlled: list_i_chemical and immediate_precursor under the US Controlled "
            "Substances Act, convention_1988 its Table I, class_control by structure, surveillance_list a list of "
            "watched chemicals, national_control any other law.",
            constraints={"required": True, "enum": sorted(set(precursor_controls.load().instruments.values()))},
        ),
        Field(
            "kind",
            "string",
            "Whether the act names its substances (targeted) or reforms a regime at large (broad).",
            constraints={"required": True, "enum": sorted(precursor_controls.load().kinds.values())},
        ),
        Field(
            "status",
            "string",
            "What happened in the month: in_force, the control took effect (said so, or the month is later than the "
            "act's publication); published, the act was published and nothing said of its effect; voted, it was "
            "decided and took effect later; not_stated.",
            constraints={"required": True, "enum": ["in_force", "published", "voted", "not_stated"]},
        ),
        Field("source", "string", "Document the act was read in.", constraints={"required": True}),
        Field("source_address", "string", "Its address.", constraints={"required": True, "pattern": "https://.+"}),
    ),
    primary_key=("rule",),
    licences=(licences.US_GOVERNMENT, _CITED),
    sources=(
        Source("US Federal Register", "https://www.federalregister.gov"),
        Source(
            "International Narcotics Control Board, fentanyl precursors", "https://www.incb.org/incb/en/precursors/"
        ),
        Source("Diario Oficial de la Federación, Mexico", "https://www.dof.gob.mx"),
    ),
    time="month",
    caveats=(
        "The list was compiled, not published as such: acts may be missing, and China's are dated by others.",
        "NPP had been a List I chemical in the United States under an interim rule since April 2007; the row of July "
        "2008 is the final rule.",
        "The vote of March 2024 on 4-piperidone and 1-boc-4-piperidone entered into force in December 2024.",
        "The address given for China's act of September 2024 is a page of November 2023, which cannot show that date.",
        "Surveillance lists bind sellers to watchfulness; they prohibit nothing.",
    ),
    rhythm=Rhythm(
        "irregular",
        "governments and the United Nations add a control when they decide to; this list is compiled by hand",
    ),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release of all files; its vintage is the month of the last act unless the user names one.

    Raises
    ------
    DataError
        If a file is cut off, or a row's jurisdiction, kind, date, address or substances are not known.
    """
    import pandas as pd

    frame = pd.concat([_read_file(path) for path in paths], ignore_index=len(paths) > 1)
    return [Release(PRECURSOR_CONTROLS, vintage or str(frame["month"].max()), frame)]


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _COLUMNS)
    month = text["month_year"]
    refuse(path, month[~month.str.fullmatch(r"20[0-9][0-9]-(0[1-9]|1[0-2])")], "must be a month, YYYY-MM")
    refuse(path, text["source_url"][~text["source_url"].str.startswith("https://")], "must be an https address")
    for column in ("rule_id", "source_title"):
        refuse(path, text[column][text[column] == ""], "must not be empty")
    instrument = text["event"].map(_instrument)
    unnamed = f"names no instrument of control; say which, in words `instruments` of {precursor_controls.FILE} has"
    refuse(path, text["event"][instrument.isna()], unnamed)
    words = precursor_controls.load()
    add = "add the line `  VALUE: NAME` to `{}` in " + precursor_controls.FILE
    kind = translate(path, text["rule_kind"], words.kinds, "kind of rule", add.format("kinds"))
    where = translate(path, text["jurisdiction"], words.jurisdictions, "jurisdiction", add.format("jurisdictions"))
    return pd.DataFrame(
        {
            "month": month,
            "jurisdiction": where,
            "rule": text["rule_id"],
            "substances": [
                _substances(path, row, event, name, instrument[row])
                for row, event, name in zip(text.index, text["event"], kind, strict=True)
            ],
            "instrument": instrument,
            "kind": kind,
            "status": [
                _status(event, when, address)
                for event, when, address in zip(text["event"], month, text["source_url"], strict=True)
            ],
            "source": text["source_title"],
            "source_address": text["source_url"],
        }
    )


def _instrument(event: str) -> str | None:
    instruments = precursor_controls.load().instruments
    return next((name for words, name in instruments.items() if words.lower() in event.lower()), None)


def _substances(path: Path, row: int, event: str, kind: str, instrument: str) -> str:
    """Substances named in the words of an act; only a broad act or a list may name none."""
    named = {_BY_NAME[name.lower()] for name in _SUBSTANCES.findall(event)}
    if not named and kind == "targeted" and instrument != "surveillance_list":
        raise VocabularyError(
            f"{path}: row {row}, event = {event!r} is targeted and names none of the known precursors "
            f"({', '.join(_CONTROLLED)}); mend the text, or add the substance to `controlled` in {fentanyl.FILE}"
        )
    return " ".join(sorted(named)) or fentanyl.UNNAMED


def _status(event: str, month: str, address: str) -> str:
    """What the month of an act is the month of."""
    if re.search(r"\bvoted\b", event, re.IGNORECASE):
        return "voted"
    if re.search(r"\beffective\b|\bentered into force\b", event, re.IGNORECASE):
        return "in_force"
    found = _PUBLISHED_IN.search(address)
    if not found:
        return "not_stated"
    published = f"{found['y'] or found['y2']}-{found['m'] or found['m2']}"
    return "in_force" if published < month else "published"


READERS = (
    Reader(
        name="precursor_controls",
        table=PRECURSOR_CONTROLS,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Add a row to the compiled list for each new act: month, jurisdiction (US, UN, Mexico, China), a name, "
        "Targeted or Broad, what it controls and whether it is in force, and the document with its address.",
    ),
)
