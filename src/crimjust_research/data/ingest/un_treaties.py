"""United Nations Treaty Collection: when each State signed and bound itself to treaties on drugs, crime and corruption.

Source: the status lists of https://treaties.un.org/Pages/ParticipationStatus.aspx, one a treaty. A list does not name
its treaty: it is known by the days on which two States bound themselves, whatever the file is called.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import refuse
from crimjust_research.data.ingest.grids import grids
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError, VocabularyError
from crimjust_research.vocabulary import countries, treaties
from crimjust_research.vocabulary.treaties import Treaty

if TYPE_CHECKING:
    import pandas as pd

_TREATIES = treaties.load()
_PARTICIPANT = "participant"
# How columns begin or what they hold; the list of 1961 as amended has one for those bound through the Protocol of 1972.
_SIGNATURE, _THROUGH_PROTOCOL = "signature", "participation in the convention"
_CONSENT = ("ratification", "accession")
# Marks of footnotes, which the site prints after a name and copies of its pages keep.
_FOOTNOTES = re.compile(r"(?<=[^\W\d])\W*[0-9]+(\W+[0-9]+)*\W*$")
_ACT = r"([0-9]{1,2} [A-Z][a-z]{2,8} (?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2})(?: 00:00:00)?(?: ([A-Za-z]{1,2}))?"

TREATIES = Table(
    name="treaties",
    title="Signatures of treaties on drugs, organised crime and corruption, and consent to be bound, by State",
    description="One row is a treaty and a State in its status list: when the State signed it, when it bound itself to "
    "it, and how. A State without a row, or without a day of consent, had not bound itself by `status_of`.",
    fields=(
        Field(
            "treaty",
            "string",
            "Treaty: " + "; ".join(f"{t.name}, {t.title} ({t.number})" for t in _TREATIES.treaties) + ".",
            constraints={"required": True, "enum": list(_TREATIES.by_name)},
        ),
        Field("iso3", "string", "State.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("signed", "date", "Day of signature; empty if it did not sign."),
        Field("consent", "date", "Day the instrument that binds it was deposited; empty if there was none by then."),
        Field(
            "kind",
            "string",
            "Kind of consent; participation in the convention of 1961 as amended follows from its Protocol.",
            constraints={"enum": [treaties.RATIFICATION, treaties.PARTICIPATION, *_TREATIES.kinds.values()]},
        ),
        Field(
            "status_of",
            "yearmonth",
            "Month of the last act in the treaty's list: what was done later need not be in it.",
            constraints={"required": True},
        ),
    ),
    primary_key=("treaty", "iso3"),
    licences=(licences.UNITED_NATIONS,),
    sources=(
        Source(
            "United Nations Treaty Collection, status of treaties (chapters VI and XVIII)",
            "https://treaties.un.org/Pages/ParticipationStatus.aspx",
        ),
    ),
    time="consent",
    caveats=(
        "A State without consent may be a party today: write `by` the month of `status_of`, never `not a party`. Lists "
        "do not say of which day they are and, though had together, are not of one day: that of the convention against "
        "corruption in the vintage of March 2015 lacks Germany, which ratified it in November 2014 (Transparency "
        "International Deutschland, news of 14 November 2014).",
        "A treaty binds a State some weeks after its consent, and those that joined first only once it entered into "
        "force.",
        "The convention of 1961 stands in two lists, one as adopted and one as amended by the Protocol of 1972.",
        "Reservations, objections and territories are not read; the European Union, no State, is left out.",
    ),
    rhythm=Rhythm(
        "daily",
        "as States act, of which any does every few months; a list is had by hand",
        "the Collection's status lists, whose acts since 1988 lie four months apart at most",
        months=6,
        lag=0,
    ),
    held_against="`uncac_reviews`: every State reviewed under the Convention against Corruption bound itself to it before "
    "its first summary",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from the lists given, one a treaty; complete only with all of them.

    No list says of which day it is: without `vintage` it is named after the month of the last act in any of them.

    Raises
    ------
    DataError
        If a list is of none of the treaties, two are of one, or a list holds an unknown State, a State twice, or
        anything but days and kinds of consent.
    """
    import pandas as pd

    frames: dict[str, pd.DataFrame] = {}
    lacks, notes = [], []
    for path in paths:
        treaty, frame, left_out = _read_list(path)
        if treaty.name in frames:
            raise DataError(f"{path} is a second list of the treaty {treaty.number}, {treaty.title}; give one a treaty")
        frames[treaty.name] = frame
        short = treaty.participants - len(frame) - left_out
        if short > 0:
            lacks.append(
                f"at least {short} of the {treaty.participants} participants in {treaty.number}, {treaty.title}: give "
                "its whole list"
            )
        notes += [f"{treaty.number}: {left_out} participant(s) that are no State left out"] if left_out else []
    frame = pd.concat(frames.values(), ignore_index=True)
    last = frame.groupby("treaty")["status_of"].first()
    numbers = {treaty.number for treaty in _TREATIES.treaties}
    found = {_TREATIES.by_name[name].number for name in frames}
    lacks = [*parts.missing(found, numbers, "treaties"), *lacks]
    notes.append("last act in each list: " + ", ".join(f"{name} {month}" for name, month in last.items()))
    return [Release(TREATIES, vintage or str(last.max()), frame, tuple(lacks), tuple(notes))]


def _read_list(path: Path) -> tuple[Treaty, "pd.DataFrame", int]:
    """The treaty a list is of, its States' acts, and how many participants that are no States it names."""
    import pandas as pd

    found = grids(path, _is_header, "the columns `Participant` and `Ratification` or `Accession(a)`")
    if len(found) > 1:
        raise DataError(f"{path} holds {len(found)} lists; give one a file")
    text = found[0].frame()
    text = text.rename(columns={name: of for name in text if (of := _kind_of_column(str(name)))})
    if (columns := list(text.columns)) and (twice := {name for name in columns if columns.count(name) > 1}):
        raise DataError(f"{path} has several columns of {sorted(twice)[0]}; keep one")
    names = text[_PARTICIPANT].str.replace(_FOOTNOTES, "", regex=True)
    frame = pd.DataFrame({"signed": _acts(path, text, _SIGNATURE)[0]})
    consent, kind = _acts(path, text, "consent")
    through, _ = _acts(path, text, _THROUGH_PROTOCOL)
    refuse(path, names[consent.notna() & through.notna()], "has two days of consent; keep one")
    frame["consent"] = consent.fillna(through)
    frame["kind"] = kind.where(through.isna(), treaties.PARTICIPATION)
    refuse(path, names[frame["signed"].isna() & frame["consent"].isna()], "has no day at all; mend the row")
    frame["status_of"] = str(frame[["signed", "consent"]].max().max())[:7]
    is_other = names.isin(_TREATIES.others)
    frame, names = frame[~is_other], names[~is_other]
    frame = frame.assign(iso3=_states(path, names))
    refuse(path, names[frame["iso3"].duplicated()], "stands in the list twice; keep one row")
    treaty = _treaty(path, frame)
    for column in ("signed", "consent"):
        early = frame[column][frame[column].notna() & (frame[column] < treaty.opened)]
        refuse(path, early, f"lies before {treaty.opened}, when {treaty.title} was opened; mend it")
    return treaty, frame.assign(treaty=treaty.name).reset_index(drop=True), int(is_other.sum())


def _is_header(row: Sequence[str]) -> bool:
    kinds = {_kind_of_column(cell) for cell in row}
    return _PARTICIPANT in kinds and "consent" in kinds


def _kind_of_column(name: str) -> str:
    plain = _FOOTNOTES.sub("", name).casefold()
    if plain in (_PARTICIPANT, _PARTICIPANT + "s"):
        return _PARTICIPANT
    for start in (_SIGNATURE, _THROUGH_PROTOCOL):
        if plain.startswith(start):
            return start
    return "consent" if any(word in plain for word in _CONSENT) else ""


def _states(path: Path, names: "pd.Series[str]") -> "pd.Series[str]":
    try:
        return countries.iso3_of(names, str(path))
    except VocabularyError as error:
        raise VocabularyError(
            f"{error}; a participant that is no State goes under `others` in {treaties.FILE}"
        ) from None


def _acts(path: Path, text: "pd.DataFrame", column: str) -> tuple["pd.Series[str]", "pd.Series[str]"]:
    """Days as YYYY-MM-DD and kinds of consent, both missing where a cell is empty or there is no such column."""
    import pandas as pd

    if column not in text:
        nothing = pd.Series(None, index=text.index, dtype="str")
        return nothing, nothing
    cells = text[column]
    must = "must be a day as 12 Dec 2000, with at most a letter for the kind of consent after it; mend the cell"
    found = cells.str.extract(f"^{_ACT}$")
    refuse(path, cells[(cells != "") & found[0].isna()], must)
    days = found[0].map(_day, na_action="ignore").astype("str")
    refuse(path, cells[days == ""], must)
    letters = found[1].dropna().rename(column)
    refuse(
        path,
        letters[~letters.isin(list(_TREATIES.kinds))],
        f"is no known kind of consent; add the letter to `kinds` in {treaties.FILE}",
    )
    kinds = found[1].map(dict(_TREATIES.kinds)).fillna(treaties.RATIFICATION)
    return days, kinds.where(days.notna()).astype("str")


def _day(text: str) -> str:
    for form in ("%d %b %Y", "%d %B %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return ""


def _treaty(path: Path, frame: "pd.DataFrame") -> Treaty:
    """The treaty to which those States bound themselves on those days."""
    bound = frame.dropna(subset="consent")
    consent = dict(zip(bound["iso3"], bound["consent"], strict=True))
    agree = [sum(consent.get(iso3) == day for iso3, day in treaty.known_by.items()) for treaty in _TREATIES.treaties]
    best = [treaty for treaty, n in zip(_TREATIES.treaties, agree, strict=True) if n == max(agree)]
    if len(best) == 1:
        return best[0]
    known = ", ".join(sorted({countries.short_name(iso3) for t in _TREATIES.treaties for iso3 in t.known_by}))
    raise DataError(
        f"{path} does not say of which treaty it is, and none of those in {treaties.FILE} was joined by {known} on the "
        "days it gives; download the list whole, or declare its treaty there"
    )


READERS = (
    Reader(
        name="un_treaties",
        table=TREATIES,
        columns=frozenset({"Participant", "Signature"}),
        read=read,
        manual="At https://treaties.un.org/Pages/ParticipationStatus.aspx open the treaties of chapter VI (15, 16, 18, "
        "19) and chapter XVIII (12, 12.a to c, 14), save the table of each one's participants, and ingest all together, "
        "with --vintage naming the month.",
        other_columns=(frozenset({"Participant"}),),
    ),
)
