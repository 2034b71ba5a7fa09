"""What must hold across the columns of own records, by kind, and between defendants and their cases.

Days are text, year first, as a file has them: so they are in the order of time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crimjust_research import document
from crimjust_research.vocabulary import seized_drugs

if TYPE_CHECKING:
    import pandas as pd

# Days after which a follow-up is due: that of a training, and the look at equipment handed over.
HALF_A_YEAR = 180
# Years between the last of all that is told and the day it was known, above which that day is taken for a slip of the pen.
LONG_AFTER = 20
AS_OF = "as_of"


@dataclass(frozen=True)
class Rule:
    """What must hold across columns: `broken` marks the rows of a frame where it does not, shown at `column`.

    `reads` names the other columns it looks at: where one of them holds what cannot be read, the rule tells nothing. A rule
    `beside_case` holds a record against its case: the frame it is given has the case's columns too, as `cases.country`.
    """

    column: str
    broken: "Callable[[pd.DataFrame], pd.Series[bool]]"
    rule: str
    remedy: str
    reads: tuple[str, ...] = ()
    beside_case: bool = False


def _before(column: str, other: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column] < f[other],
        f"must not be before {other}",
        f"correct {column} or {other}",
        (other,),
    )


def _known_by_then(column: str) -> Rule:
    return Rule(
        column, lambda f: f[column] > f["as_of"], "must not be after as_of", f"correct {column} or as_of", ("as_of",)
    )


def _needs(column: str, other: str, why: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column].notna() & f[other].isna(),
        f"needs {other}: {why}",
        f"fill in {other}, or empty {column}",
        (other,),
    )


def not_long_after(days: Sequence[str]) -> Rule:
    """That no as_of lies decades after each of the other days of a file, as 2052 for 2025 does.

    It needs no clock: what a run tells does not depend on the day it runs.
    """

    def broken(f: "pd.DataFrame") -> "pd.Series[bool]":
        last = max((f[day].max() for day in days if f[day].notna().any()), default="9999")
        years: pd.Series[float] = f[AS_OF].str[:4].astype("float64")
        return years - int(last[:4]) > LONG_AFTER

    return Rule(
        AS_OF,
        broken,
        f"must not be more than {LONG_AFTER} years after all other days of the file",
        "write the day on which what stands there was known",
        tuple(days),
    )


_CASE_DAYS = ("seizure_date", "investigation_opened", "prosecution_started", "disposition_date")

_CASE_RULES = (
    _before("prosecution_started", "seizure_date"),
    _before("prosecution_started", "investigation_opened"),
    _before("disposition_date", "seizure_date"),
    _before("disposition_date", "investigation_opened"),
    _before("disposition_date", "prosecution_started"),
    *(_known_by_then(day) for day in _CASE_DAYS),
    _needs("charges", "prosecution_started", "charges are filed when prosecution starts"),
    _needs("disposition", "disposition_date", "a case ends on a day"),
    _needs("disposition_date", "disposition", "a case ends in some way"),
    Rule(
        "disposition",
        lambda f: f["disposition"].notna() & (f["disposition"] != "not_prosecuted") & f["prosecution_started"].isna(),
        "needs prosecution_started: no verdict, dismissal or withdrawal without a prosecution",
        "fill in prosecution_started, or write not_prosecuted",
        ("prosecution_started",),
    ),
    Rule(
        "disposition",
        lambda f: (f["disposition"] == "not_prosecuted") & f["prosecution_started"].notna(),
        "cannot be not_prosecuted where prosecution_started is filled in",
        "write how the prosecution ended, or empty prosecution_started",
        ("prosecution_started",),
    ),
    Rule(
        "precursor_involved",
        lambda f: (f["drug"] == seized_drugs.PRECURSORS) & f["precursor_involved"].eq(False).fillna(False).astype(bool),
        "cannot be false where the drug is precursors",
        "write true, or correct the drug",
        ("drug",),
    ),
    Rule(
        "kilograms",
        lambda f: f["kilograms"] == 0,
        "must be above zero: something was seized",
        "write the weight, or leave the cell empty where it was not weighed",
    ),
)

_NO_CONVICTION = ("acquitted", "dismissed", "withdrawn", "not_prosecuted")


def _of_case(
    column: str,
    broken: "Callable[[pd.DataFrame], pd.Series[bool]]",
    rule: str,
    remedy: str,
    reads: tuple[str, ...] = (),
) -> Rule:
    """A rule for the records whose case is among the cases."""
    return Rule(
        column, lambda f: f["cases.country"].notna() & broken(f), rule, remedy, ("case_id", *reads), beside_case=True
    )


def _after_seizure(day: str) -> Rule:
    return _of_case(
        day,
        lambda f: f[day] < f["cases.seizure_date"],
        "must not be before the seizure_date of its case",
        f"correct {day} or case_id, or the case's seizure_date",
    )


def _none_convicted(f: "pd.DataFrame") -> "pd.Series[bool]":
    """Rows of cases whose every defendant has been decided on, and none convicted."""
    open_or_convicted = f["decided"].isna() | f["outcome"].eq("convicted").fillna(False).astype(bool)
    return ~open_or_convicted.groupby(f["case_id"]).transform("any").astype(bool)


_DEFENDANT_RULES = (
    _before("decided", "charged"),
    _known_by_then("charged"),
    _known_by_then("decided"),
    _needs("outcome", "decided", "a trial ends on a day"),
    _needs("decided", "outcome", "a trial ends in some way"),
    _after_seizure("charged"),
    _after_seizure("decided"),
    _of_case(
        "charged",
        lambda f: f["cases.prosecution_started"].isna() & (f["charged"] <= f["cases.as_of"]),
        "needs prosecution_started in its case: charges are filed when prosecution starts",
        "fill in the case's prosecution_started, or correct case_id",
    ),
    _of_case(
        "charged",
        lambda f: (f["charged"] < f["cases.prosecution_started"]) & (f["charged"] >= f["cases.seizure_date"]),
        "must not be before the prosecution_started of its case, the day of the first charges",
        "correct charged, or the case's prosecution_started",
    ),
    _of_case(
        "outcome",
        lambda f: f["outcome"].eq("convicted") & f["cases.disposition"].isin(_NO_CONVICTION),
        "cannot be convicted where the case ended without a conviction",
        "correct outcome, or the case's disposition, which is convicted with one defendant convicted",
    ),
    _of_case(
        "outcome",
        lambda f: f["cases.disposition"].eq("convicted") & f["decided"].notna() & _none_convicted(f),
        "must be convicted for one defendant at least where the case ended in a conviction",
        "add the defendant who was convicted, or correct outcome or the case's disposition",
        ("decided",),
    ),
)


_REQUEST_RULES = (
    _before("answered", "sent"),
    _known_by_then("sent"),
    _known_by_then("answered"),
    _needs("answered", "outcome", "an answer settles the request in some way"),
    _needs("outcome", "answered", "it was settled on a day"),
    Rule(
        "requested",
        lambda f: f["requested"] == f["requesting"],
        "must be another country than requesting",
        "correct one of the two; requests within a country are not kept here",
        ("requesting",),
    ),
)


def _unlike_others(column: str) -> Rule:
    return Rule(
        column,
        lambda f: f[column].notna() & (f.groupby("training_id")[column].transform("nunique") > 1),
        "must be the same in every row of a training",
        "correct the rows of this training_id, or give another training another one",
        ("training_id",),
    )


_TRAINING_RULES = (
    _before("end", "start"),
    Rule(
        "participants",
        lambda f: (f["women"].fillna(0) + f["men"].fillna(0) > f["participants"]).fillna(False).astype(bool),
        "must be at least women and men together",
        "correct the three; those whose sex was not recorded are in neither women nor men",
        ("women", "men"),
    ),
    Rule(
        "women_speakers",
        lambda f: (f["women_speakers"] > f["speakers"]).fillna(False).astype(bool),
        "must not be above speakers",
        "correct the two; those whose sex was not recorded are speakers alone",
        ("speakers",),
    ),
    *(_unlike_others(column) for column in ("start", "end", "topic", "host")),
)


def _no_more(part: str, whole: str) -> Rule:
    return Rule(
        part,
        lambda f: (f[part] > f[whole]).fillna(False).astype(bool),
        f"must not be above {whole}",
        f"correct {part} or {whole}",
        (whole,),
    )


def _of_several_countries() -> Rule:
    return Rule(
        "countries",
        lambda f: f["countries"].notna() & ~f["countries"].str.contains(" ", na=False),
        "must be two countries or more",
        "write every country that took part, parted by spaces",
    )


def _too_early(f: "pd.DataFrame") -> "pd.Series[bool]":
    """Rows known on a day less than half a year after delivery."""
    import pandas as pd

    delivered, known = (pd.to_datetime(f[day], format="%Y-%m-%d") for day in ("delivered", "as_of"))
    return (known - delivered).dt.days < HALF_A_YEAR


_EQUIPMENT_RULES = (
    _known_by_then("delivered"),
    Rule(
        "in_use_at_6_months",
        lambda f: f["in_use_at_6_months"].notna() & _too_early(f),
        "cannot be known half a year after delivery on the day of as_of",
        "empty it, or correct delivered or as_of",
        ("delivered", "as_of"),
    ),
)

_FORUM_RULES = (_known_by_then("held"), _no_more("actions_done", "actions_agreed"), _of_several_countries())

_TEAM_RULES = (
    _before("signed", "proposed"),
    _before("ended", "signed"),
    _needs("ended", "signed", "a team that was never agreed on does not end"),
    *(_known_by_then(day) for day in ("proposed", "signed", "ended")),
    _of_several_countries(),
)

_OPERATION_RULES = (
    _before("start", "pre_meeting"),
    _before("end", "start"),
    _before("post_meeting", "start"),
    _before("post_meeting", "end"),
    *(_known_by_then(day) for day in ("pre_meeting", "start", "end", "post_meeting")),
    _of_several_countries(),
)

_ASSET_RULES = (
    _before("confiscated", "frozen"),
    *(_known_by_then(day) for day in ("frozen", "confiscated")),
    _needs("value_confiscated", "confiscated", "an order of confiscation is made on a day"),
    _no_more("value_confiscated", "value_frozen"),
)

_OUTCOME_RULES = (
    Rule(
        "year", lambda f: f["year"] > 2100, "must be a calendar year, such as 2019", "write the year with four digits"
    ),
)


def _chapter_of_challenge(f: "pd.DataFrame") -> "pd.Series[Any]":
    """Chapter that the source document has each row's challenge under; missing for none."""
    return f["challenge"].map({challenge.key: challenge.chapter for challenge in document.load().challenges})


def _beside_another(f: "pd.DataFrame", column: str, of: list[str]) -> "pd.Series[bool]":
    """Rows of `none` in a column where the same coder has another value beside it."""
    return (f[column] == "none") & (f[column].groupby([f[each] for each in of]).transform("nunique") > 1)


_CHAPTER = ["iso3", "cycle", "coder", "chapter"]
_CODED_RULES = (
    Rule(
        "chapter",
        lambda f: f["cycle"].isin([1, 2]) & (f["cycle"].eq(1) != f["chapter"].isin(["III", "IV"])),
        "must be III or IV in the first cycle and II or V in the second",
        "correct cycle or chapter",
        ("cycle",),
    ),
    Rule(
        "challenge",
        lambda f: _chapter_of_challenge(f).notna() & (_chapter_of_challenge(f) != f["chapter"]),
        "must be a challenge of its chapter",
        "correct chapter or challenge",
        ("chapter",),
    ),
    Rule(
        "challenge",
        lambda f: _beside_another(f, "challenge", _CHAPTER),
        "cannot be none where the same coder finds a challenge in the chapter",
        "drop the row, or the challenges",
        tuple(_CHAPTER),
    ),
    Rule(
        "need",
        lambda f: _beside_another(f, "need", [*_CHAPTER, "challenge"]),
        "cannot be none where the same coder has a need for the challenge",
        "drop the row, or the needs",
        (*_CHAPTER, "challenge"),
    ),
)


def _not_whole(f: "pd.DataFrame") -> "pd.Series[bool]":
    """The first row of each year's list that has not as many rows as it says, or says more than one number."""
    years = f["listed"].groupby(f["report_year"])
    differ = (f["listed"] != years.transform("size")) | (years.transform("nunique") > 1)
    return differ.fillna(False).astype(bool) & ~f["report_year"].duplicated()


RULES: Mapping[str, tuple[Rule, ...]] = {
    "cases": _CASE_RULES,
    "defendants": _DEFENDANT_RULES,
    "cooperation_requests": _REQUEST_RULES,
    "trainings": _TRAINING_RULES,
    "knowledge_tests": (_known_by_then("tested"),),
    "equipment": _EQUIPMENT_RULES,
    "forums": _FORUM_RULES,
    "joint_teams": _TEAM_RULES,
    "operations": _OPERATION_RULES,
    "assets": _ASSET_RULES,
    "outcomes": _OUTCOME_RULES,
    "coded_summaries": _CODED_RULES,
    "precursor_sources": (
        Rule(
            "listed",
            _not_whole,
            "must be the number of rows of its report_year: the whole list",
            "type the rest of the report's list, or count it again",
            ("report_year",),
        ),
    ),
    "assistance": (
        _before("arrived", "asked"),
        *(_known_by_then(day) for day in ("asked", "arrived")),
        _needs("on_site", "arrived", "where it was given is known once it was"),
    ),
    "co_programmes": (_before("last_year", "first_year"),),
    "review_gaps": (
        Rule(
            "gaps",
            lambda f: (f["gaps"] > f["provisions"]).fillna(False).astype(bool),
            "must not be above provisions",
            "correct gaps or provisions: each provision is found wanting once",
            ("provisions",),
        ),
    ),
}
