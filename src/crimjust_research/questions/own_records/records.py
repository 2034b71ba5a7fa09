"""The records: a user's own folder, or SIMULATED ones; which of them are told of, and by what they are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from crimjust_research import document, json_files, project
from crimjust_research.data import own_records
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.evidence.sentences import ranges
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.params import TRUTH, Params
from crimjust_research.questions.own_records.simulation import Simulated, simulated_folder

NOT_SUPPLIED = "not supplied"
NOT_NOTED = "not noted"
# The eleven kinds, in the order of the sections, and what a row of each is.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "cases": "cases",
        "defendants": "defendants",
        "cooperation_requests": "requests",
        "assets": "assets",
        "trainings": "rows of trainings",
        "knowledge_tests": "persons tested",
        "equipment": "deliveries",
        "forums": "forums",
        "joint_teams": "joint teams",
        "operations": "operations",
        "expenditure": "rows of expenditure",
    }
)
# The day, or year, by which a record falls into the period.
DAYS = MappingProxyType(
    {
        "cases": "seizure_date",
        "defendants": "charged",
        "cooperation_requests": "sent",
        "assets": "frozen",
        "trainings": "start",
        "knowledge_tests": "tested",
        "equipment": "delivered",
        "forums": "held",
        "joint_teams": "proposed",
        "operations": "start",
        "expenditure": "year",
    }
)
# Kinds that other notebooks tell of: which, and the parameter that names the file.
ELSEWHERE = MappingProxyType(
    {
        "review_gaps": ("10_reviews", "counts_file"),
        "challenge_readings": ("10_reviews", "readings_file"),
        "outcomes": ("05_outcome2_joining", "outcome_file"),
        "co_programmes": ("05_outcome2_joining", "co_programmes_file"),
        "coded_summaries": ("13_assistance", "summaries_file"),
        "assistance": ("13_assistance", "assistance_file"),
        "precursor_sources": ("00_sources_and_claims", "precursor_sources_file"),
    }
)
# Columns of a kind by which it is told apart; what is in a case is told apart by its case's too.
_COUNTRY = MappingProxyType(
    {
        "cases": "country",
        "cooperation_requests": "requesting",
        "trainings": "country",
        "knowledge_tests": "country",
        "equipment": "country",
        "forums": "host",
        "expenditure": "country",
    }
)
_OF_A_CASE = ("defendants", "assets")
# Under this name all cases stand beside those within the period: what is in a case falls into the period by its own day, often
# a year or more after the seizure.
_EVERY_CASE = "cases of every month"


@dataclass(frozen=True)
class Own:
    """Records by kind, and where they are from."""

    records: dict[str, pd.DataFrame]
    """Those within the period; and for `every_case` all cases."""
    files: Mapping[str, str]
    """Name of the file of each kind; none if they are simulated."""
    others: tuple[str, ...]
    """Names of files in the folder that are of no kind."""
    source: str
    used: tuple[Used, ...]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Name of the file of each kind that is in the folder and that another notebook tells of."""


@dataclass(frozen=True)
class Truth:
    """What SIMULATED records are drawn from."""

    effects: Effects
    seed: int
    cases: int
    selection: float

    def drawn(self, selection: float | None = None) -> Simulated:
        """The records, or others with another selection into support."""
        return simulated_folder(self.effects, self.seed, self.cases, self.selection if selection is None else selection)


def truth_of(p: Params) -> Truth:
    """What the SIMULATED records at hand were drawn from: the parameters, or what their folder says.

    Raises
    ------
    DataError
        If the folder does not say it as `crimjust simulate` writes it.
    """
    if not p.folder:
        return Truth(Effects.of(p.effect), p.seed, p.simulated_cases, p.selection)
    number = (int, float)
    effects = {"passing": [number], **dict.fromkeys(("answered", "granted", "done", "gain", "confiscated"), number)}
    shape = {"seed": int, "cases": int, "selection": number, "effects": effects}
    told = json_files.load(project.root() / p.folder / TRUTH, shape, "draw the folder again with `crimjust simulate`")
    passing = tuple(told["effects"].pop("passing"))
    return Truth(Effects(passing, **told["effects"]), told["seed"], told["cases"], told["selection"])


def own_of(p: Params) -> Own:
    """The records of the folder named, or SIMULATED ones if none is.

    Raises
    ------
    DataError
        With every fault of the files, by row, column and value; or if nothing in them falls into the period.
    """
    if not p.folder:
        drawn = within(truth_of(p).drawn().records, p)
        if not _any_of(drawn):
            raise DataError(f"no SIMULATED record falls into the period from {p.period}; name another period")
        return Own(drawn, {}, (), f"SIMULATED records, seed {p.seed}", ())
    folder = own_records.read_folder(project.root() / p.folder)
    told = project.named(p.folder)
    supplied = {kind: path for kind, path in folder.files.items() if kind in KINDS}
    last = max(
        (f"{frame['as_of'].max():%Y-%m-%d}" for frame in folder.records.values() if "as_of" in frame), default=""
    )
    read = [*dict.fromkeys(supplied.values()), *([project.root() / p.folder / TRUTH] if p.simulated else [])]
    used = tuple(
        Used(f"{told}/{project.named(str(path.resolve()))}", last, sha256(path.read_bytes()).hexdigest())
        for path in read
    )
    used += (Used(f"{told}/{project.ALL_FILES}", last, project.names_digest(project.root() / p.folder)),)
    _require_one_sort(folder.records, told, p)
    records = within({kind: folder.records[kind] for kind in supplied}, p)
    names = {kind: project.named(str(path.resolve())) for kind, path in folder.files.items()}
    elsewhere = {kind: name for kind, name in names.items() if kind in ELSEWHERE}
    if not _any_of(records):
        also = "; ".join(f"{elsewhere[kind]} is told by `{told_by(kind)}`" for kind in elsewhere)
        raise DataError(
            f"{told} holds no record of the eleven kinds in the period; name another folder or period"
            f"{f' ({also})' if also else ''}"
        )
    others = tuple(project.named(str(path)) for path in folder.others)
    source = f"{p.made or 'own '}records supplied in {told.rpartition('/')[2]}" + (f", as of {last}" if last else "")
    return Own(records, {kind: names[kind] for kind in supplied}, others, source, used, elsewhere)


def told_by(kind: str) -> str:
    """What to type for a kind that another notebook tells of."""
    notebook, parameter = ELSEWHERE[kind]
    return f"crimjust run {notebook} -p {parameter}=FILE"


def require_years(folder: Path, years: Iterable[int]) -> Path:
    """The folder, from the checkout or in full, if its records have no fault and there are some of each of the years.

    Raises
    ------
    ParameterError
        If there is no such folder, or no record of a year: it names the years there are records of.
    DataError
        With every fault of its files, by row and value.
    """
    whole = next((path for path in (project.root() / folder, folder) if path.is_dir()), None)
    if whole is None:
        raise ParameterError(f"{folder}: there is no such folder; name one, from the checkout or in full")
    held = sorted({year for of_kind in years_of(whole).values() for year in of_kind})
    if not held:
        raise ParameterError(
            f"{folder} holds no record of the eleven kinds that tell of a year; what tells of other kinds stands in "
            "docs/guides/evaluator.md"
        )
    lacking = [str(year) for year in years if year not in held]
    if lacking:
        raise ParameterError(
            f"{folder} holds no record of {' or '.join(lacking)}; its records are of {ranges(held)}: name a year of these"
        )
    return whole.resolve()


def years_of(folder: Path) -> dict[str, tuple[int, ...]]:
    """The years from which a folder's records of the eleven kinds are, by kind; kinds without any are left out.

    Raises
    ------
    DataError
        With every fault of the files, by row, column and value.
    """
    records = own_records.read_folder(folder).records
    found = {kind: _years(kind, records[kind]) for kind in KINDS if kind in records}
    return {kind: years for kind, years in found.items() if years}


def _years(kind: str, frame: pd.DataFrame) -> tuple[int, ...]:
    day = frame[DAYS[kind]].dropna()
    return tuple(sorted({int(year) for year in (day if kind == "expenditure" else day.dt.year)}))


def _require_one_sort(records: Mapping[str, pd.DataFrame], told: str, p: Params) -> None:
    """Refuse SIMULATED records in a folder that does not say so, and others in one that does."""
    for kind, frame in records.items():
        if kind not in KINDS or kind == "expenditure":
            continue  # which has no codes
        made_up = frame.iloc[:, 0].str.startswith("SIMULATED")
        if p.simulated and not made_up.all():
            raise DataError(
                f"{told} says by {TRUTH} that its records are SIMULATED, and some {kind} are not; part the two"
            )
        if not p.simulated and made_up.any():
            raise DataError(
                f"{told} holds SIMULATED {kind} and no {TRUTH}, which would say so; put it back, or take them out"
            )


def groups_of(kind: str, records: Mapping[str, pd.DataFrame], by: str) -> pd.Series[str] | None:
    """What each record of a kind is told apart by; None where its records have no such column, nor has their case."""
    if not by or kind not in records:
        return None
    frame = records[kind]
    if by == "phase":
        countries = groups_of(kind, records, "country")
        phases = document.load().phase_frame().set_index("iso3")["phase"].map("phase {:.0f}".format)
        return None if countries is None else _told(countries.map(phases), "no phase")
    column = _COUNTRY.get(kind, "") if by == "country" else by
    if column in frame:
        return _told(frame[column])
    known = every_case(records)
    if kind in _OF_A_CASE and known is not None and by in ("country", "drug"):
        return _told(frame["case_id"].map(known[by]))
    return None


def every_case(records: Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """All cases by their case_id, whether or not they fall into the period, to look up what is in them; None without any."""
    cases = records.get(_EVERY_CASE, records.get("cases"))
    return None if cases is None else cases.set_index("case_id")


def _told(values: pd.Series[Any], else_: str = NOT_NOTED) -> pd.Series[str]:
    """Values as text, and in words where there is none. If there is none at all pandas holds them as numbers."""
    return values.astype("object").fillna(else_).astype("str")


def _any_of(records: Mapping[str, pd.DataFrame]) -> bool:
    """Whether there is a record of one of the eleven kinds."""
    return any(len(records[kind]) for kind in KINDS if kind in records)


def within(records: Mapping[str, pd.DataFrame], p: Params) -> dict[str, pd.DataFrame]:
    """The records of the eleven kinds that fall into the period; and for `every_case` all cases.

    Of expenditure, the calendar years that lie wholly in it.
    """
    found = {_EVERY_CASE: records["cases"]} if "cases" in records else {}
    for kind in KINDS:
        if kind not in records:
            continue
        frame = records[kind]
        if kind == "expenditure":
            # What was spent in a part of a year nobody knows.
            years = frame["year"].astype("int64").astype("str")
            inside = (years + "-01" >= p.period_start) & (years + "-12" <= (p.period_end or "9999-12"))
        else:
            months = frame[DAYS[kind]].dt.strftime("%Y-%m")
            inside = (months >= p.period_start) & (months <= (p.period_end or "9999"))
        found[kind] = frame[inside].reset_index(drop=True)
    return found
