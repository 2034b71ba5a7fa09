"""UNODC: reviews of how States implement the UN Convention against Corruption (UNCAC).

Sources: the country pages of the review mechanism, https://www.unodc.org/unodc/en/corruption/country-profile/index.html,
whose executive summaries carry a United Nations job number that begins with the year; and dated statements of global
totals. Both files are compiled by hand.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import records, refuse
from crimjust_research.data.ingest.stated_figures import QUALIFIERS, parse_column, spelt_out
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

COMPLETE, IN_PROGRESS = "complete", "in progress"
_STATUSES = {"complete": COMPLETE, "in_progress": IN_PROGRESS}
_CYCLES = (1, 2)
_JOB_NUMBER = r"V?[0-9]{7}"
_SYMBOL = r"CAC/COSP/IRG/[A-Za-z0-9./]+"
_SESSION = r"[0-9]{1,2}( [A-Z][a-z]{2})?-[0-9]{1,2} [A-Z][a-z]{2} 20[0-9][0-9]"
_REVIEW_COLUMNS = (
    "iso3",
    "country",
    "cycle1_es_job_no",
    "cycle1_es_job_year",
    "cycle2_status",
    "cycle2_es_job_no",
    "cycle2_es_job_year",
    "cycle2_doc_symbol",
    "cycle2_session",
    "note",
)
_TOTAL_COLUMNS = ("as_of", "metric", "value", "scope", "source_document_and_place", "source_year")
_METRIC = "[A-Za-z_]+"
_SOURCE_DOCUMENT = "UNODC, Responses to Questions for the Record, 12 December 2021"

UNCAC_REVIEWS = Table(
    name="uncac_reviews",
    title="Executive summaries of UNCAC reviews, by State and cycle",
    description="One row is a State and a review cycle: whether the executive summary is out, and its number and "
    "year. Cycle 1 is on criminalization and international cooperation, cycle 2 on prevention and asset recovery.",
    fields=(
        Field("iso3", "string", "State under review.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("cycle", "integer", "Review cycle.", constraints={"required": True, "enum": list(_CYCLES)}),
        Field(
            "status",
            "string",
            "Whether the executive summary was published when the pages were read.",
            constraints={"required": True, "enum": [COMPLETE, IN_PROGRESS]},
        ),
        Field("job_number", "string", "United Nations job number of the executive summary."),
        Field("year", "year", "Year of the job number, or of the session where the document has none."),
        Field("symbol", "string", "United Nations document symbol, where read."),
        Field("session", "string", "Session of the review group the document was submitted to, where read."),
        Field("note", "string", "Remark on the row."),
    ),
    primary_key=("iso3", "cycle"),
    licences=(licences.UNODC,),
    sources=(
        Source(
            "UNODC, UNCAC review mechanism, country pages",
            "https://www.unodc.org/unodc/en/corruption/country-profile/index.html",
        ),
    ),
    time="year",
    caveats=(
        "80 of about 190 States parties: those whose pages were read, not a random sample.",
        "The year is that of the document, which may be the year after the review ended.",
        "Bulgaria's row is wrong at the source (see corrections); China's first summary is a revision of 2025.",
        "In 2011 some summaries were issued together and share a job number.",
    ),
    rhythm=Rhythm("irregular", "a summary when a State's review ends"),
)

UNCAC_TOTALS = Table(
    name="uncac_totals",
    title="Global totals of the UNCAC review mechanism, as stated at the time",
    description="One row is a total stated on a date: gaps, needs, reviews, States. Rounded figures are bounds.",
    fields=(
        Field("as_of", "date", "Day the total refers to, or was stated on.", constraints={"required": True}),
        Field("metric", "string", "What is counted.", constraints={"required": True, "pattern": _METRIC}),
        Field("stated", "string", "The figure in the words of the source.", constraints={"required": True}),
        Field(
            "qualifier",
            "string",
            "How firmly it is put: `over` and `under` leave the bound itself out.",
            constraints={"required": True, "enum": list(QUALIFIERS)},
        ),
        Field("value_low", "number", "Lower bound; empty where the words give none.", "see metric", {"minimum": 0}),
        Field("value_high", "number", "Upper bound; empty where the words give none.", "see metric", {"minimum": 0}),
        Field("scope", "string", "What the total covers."),
        Field("document", "string", "Document that states it, and where.", constraints={"required": True}),
        Field("document_year", "year", "Year of the document.", constraints={"required": True}),
    ),
    primary_key=("as_of", "metric"),
    licences=(licences.UNODC,),
    sources=(
        Source(
            "UNODC, Conference of the States Parties to UNCAC",
            "https://www.unodc.org/corruption/en/cosp/conference.html",
        ),
        Source(
            "UNODC, UNCAC review mechanism",
            "https://www.unodc.org/corruption/en/uncac/implementation-review-mechanism.html",
        ),
    ),
    time="as_of",
    caveats=(
        "Totals of different dates cover different States and cycles: the scope says which.",
        "`some` is read as rounded to its last digit that is not zero: some 8000 is 7500 to 8500.",
    ),
    rhythm=Rhythm("irregular", "totals as conferences and reports state them"),
    held_against="the source document: its bounds on gaps found and on assistance needed are equal",
)


def read_reviews(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last year of an executive summary.

    Raises
    ------
    DataError
        If a file is cut off, a State is unknown, or a job number, year, symbol or session contradicts another cell.
    """
    import pandas as pd

    frame = pd.concat([_reviews(path) for path in paths], ignore_index=len(paths) > 1)
    return [Release(UNCAC_REVIEWS, vintage or str(frame["year"].max()), frame)]


def _reviews(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _REVIEW_COLUMNS)
    statuses = text["cycle2_status"]
    refuse(path, statuses[~statuses.isin(list(_STATUSES))], f"must be one of {', '.join(_STATUSES)}")
    second = statuses.map(_STATUSES)
    iso3 = countries.agreed_codes(text["iso3"], text["country"], str(path))
    none = pd.Series("", text.index, "str")
    parts = []
    for cycle in _CYCLES:
        jobs, years = text[f"cycle{cycle}_es_job_no"], text[f"cycle{cycle}_es_job_year"]
        symbols, sessions = (text["cycle2_doc_symbol"], text["cycle2_session"]) if cycle == 2 else (none, none)
        done = second == COMPLETE if cycle == 2 else pd.Series(True, text.index)
        _check_documents(path, done, jobs, years, symbols, sessions, text["note"])
        mentioned = text["note"].str.contains(f"cycle-{cycle}") | ~text["note"].str.contains("cycle-")
        parts.append(
            pd.DataFrame(
                {
                    "iso3": iso3,
                    "cycle": cycle,
                    "status": second if cycle == 2 else COMPLETE,
                    "job_number": jobs.where(jobs != ""),
                    "year": years.where(years != "").astype("Int64"),
                    "symbol": symbols.where(symbols != ""),
                    "session": sessions.where(sessions != ""),
                    "note": text["note"].where(mentioned & (text["note"] != "")),
                }
            )
        )
    return pd.concat(parts)


def _check_documents(
    path: Path,
    done: "pd.Series[bool]",
    jobs: "pd.Series[str]",
    years: "pd.Series[str]",
    symbols: "pd.Series[str]",
    sessions: "pd.Series[str]",
    notes: "pd.Series[str]",
) -> None:
    """Refuse cells that contradict each other: the job number holds the year, the symbol belongs to a session."""
    for column, pattern, what in (
        (jobs, _JOB_NUMBER, "a United Nations job number, as V1601967 or 2411550"),
        (years, r"20[0-9][0-9]", "a year of four digits"),
        (symbols, _SYMBOL, "a document symbol of the review group, CAC/COSP/IRG/…"),
        (sessions, _SESSION, "a session, as 14-18 Jun 2021"),
    ):
        refuse(path, column[(column != "") & ~column.str.fullmatch(pattern)], f"must be {what}")
        refuse(path, column[~done & (column != "")], "must be empty while the review is in progress")
    numbered = jobs != ""
    differs = numbered & (years != "") & ("20" + jobs.str.removeprefix("V").str[:2] != years)
    refuse(path, years[differs], "must be the year the job number begins with")
    refuse(path, years[done & (years == "") & (notes == "")], "is missing without a note that says why")
    of_session = ~numbered & (sessions != "")
    refuse(path, years[of_session & (sessions.str[-4:] != years)], "must be the year of the session")
    refuse(path, jobs[done & ~numbered & (notes == "")], "is missing without a note that says why")


def read_totals(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last date in them.

    Raises
    ------
    DataError
        If a file is cut off, or a date or stated figure cannot be read.
    """
    import pandas as pd

    frame = pd.concat([_totals(path) for path in paths], ignore_index=len(paths) > 1)
    return [Release(UNCAC_TOTALS, vintage or str(frame["as_of"].max()), frame)]


def _totals(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _TOTAL_COLUMNS)
    days = text["as_of"]
    refuse(path, days[pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").isna()], "must be a day, YYYY-MM-DD")
    refuse(path, text["metric"][~text["metric"].str.fullmatch(_METRIC)], "must be words joined by underscores")
    years = text["source_year"]
    refuse(path, years[~years.str.fullmatch(r"20[0-9][0-9]")], "must be a year of four digits")
    documents = spelt_out(text["source_document_and_place"], days)
    refuse(path, text["source_document_and_place"][documents.isna()], "must name the document; nothing is cited there")
    return pd.DataFrame(
        {
            "as_of": days,
            "metric": text["metric"],
            "stated": text["value"],
            **parse_column(path, text["value"]),
            "scope": spelt_out(text["scope"], days),
            "document": documents.str.replace(re.compile("^seed QFR"), _SOURCE_DOCUMENT, regex=True),
            "document_year": years.astype("int64"),
        }
    )


READERS = (
    Reader(
        name="uncac_reviews",
        table=UNCAC_REVIEWS,
        columns=frozenset(_REVIEW_COLUMNS),
        read=read_reviews,
        manual="Read each State's page at https://www.unodc.org/unodc/en/corruption/country-profile/index.html: "
        "number, symbol and session of its executive summaries, one row per State.",
    ),
    Reader(
        name="uncac_totals",
        table=UNCAC_TOTALS,
        columns=frozenset(_TOTAL_COLUMNS),
        read=read_totals,
        manual="Add a row for each total UNODC states in a document, with its date, its wording and where it stands.",
    ),
)
