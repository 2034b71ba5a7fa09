"""What the page opens with: what all questions came to, what is not known, what changed since the last report.

It is saved by the one run that reads all others, and told in a minute or two.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from crimjust_research import csv_files
from crimjust_research.errors import RunError
from crimjust_research.evidence import plan, published
from crimjust_research.evidence.plan import Plan
from crimjust_research.evidence.published import SCORECARD
from crimjust_research.evidence.rule import NOT_ANSWERABLE
from crimjust_research.evidence.sentences import initial
from crimjust_research.evidence.words import REFERENCE, number, p_text
from crimjust_research.report.anchors import anchor
from crimjust_research.report.tables import Table, Text

OUTCOMES, UNKNOWN, CHANGES = "outcomes.csv", "unknown.csv", "changes.csv"
_CARD = ("Question", "Estimate", "Margin", "Grade", "Reason to doubt, and what would answer it")
Row = Mapping[str, str]
T = TypeVar("T")


@dataclass(frozen=True)
class Unknown:
    """Something an outcome does not tell, and what would; `runs` are the notebooks that asked."""

    unknown: str
    tells: str
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What is no longer as the last report had it; numbers of what is `now` are marked as those of `Opening.outcomes`."""

    question: str
    was: str
    now: str
    why: str


@dataclass(frozen=True)
class Opening:
    """All of it, by outcome. `run` saved it, and its key figure is the picture of all questions.

    `outcomes` are sentences whose numbers are marked with the run and the estimate they were read from; `registered` is how
    many questions the plan holds, `anew` how many of them an earlier version of it held, whose estimates had been seen when
    this one was written, `ours` how many only an evaluator's own plan asks, `unanswered` how many more no public data can answer.
    `grades` are how many of the plan's questions came to each grade; `asked` are those questions in short by the ids of their
    estimates, by run. `changes` are those `since` the last report published before, by its name, empty without one.
    """

    run: str
    registered: int
    anew: int
    ours: int
    unanswered: int
    grades: Mapping[str, int]
    asked: Mapping[str, Mapping[str, str]]
    outcomes: Mapping[str, tuple[str, ...]]
    unknown: Mapping[str, tuple[Unknown, ...]]
    changes: tuple[Change, ...]
    scorecard: tuple[Table, ...]
    since: str = ""

    @property
    def cited(self) -> dict[str, frozenset[str]]:
        """Ids of the estimates that sentences and changes name and that the scorecard tells of, by run."""
        told = [*(text for own in self.outcomes.values() for text in own), *(change.now for change in self.changes)]
        marks = [mark for text in told for mark in REFERENCE.findall(text)]
        named = [(run, name) for _, run, name in marks]
        named += [(run, name) for run, questions in self.asked.items() for name in questions]
        return {run: frozenset(name for of, name in named if of == run) for run, _ in named}


def of(results: Path, variant: str) -> Opening | None:
    """The opening of what `html.read` reads: none of a variant, by its name, that no plan of its own grades; see `read`."""
    return read(results) if not variant or plan.of(results).own else None


def read(results: Path) -> Opening | None:
    """The opening as saved under `results`; None if no run there reads all others.

    Raises
    ------
    RunError
        If a table of it is missing or lacks a column.
    """
    found = sorted((results / "tables").glob(f"*/{SCORECARD}"))
    if not found:
        return None
    folder = found[0].parent
    card, outcomes, unknown, changes = (_rows(folder / name) for name in (SCORECARD, OUTCOMES, UNKNOWN, CHANGES))
    try:
        asked = {row["id"]: row["notebook"] for row in card}
        registered, planned = [row for row in card if row["registered"]], plan.of(results)
        return Opening(
            run=folder.name,
            registered=len(registered),
            anew=_anew([version for row in registered if (version := int(row["registered"]))]),
            ours=sum(row["registered"] == "0" for row in registered),
            unanswered=len(card) - len(registered),
            grades=Counter(row["grade"] for row in registered),
            asked=_by_run(registered, planned),
            outcomes=_by_outcome(sorted(outcomes, key=lambda row: int(row["place"])), lambda row: row["sentence"]),
            unknown=_by_outcome(unknown, lambda row: _unknown(row, asked)),
            changes=tuple(Change(row["question"], row["was"], row["is"], row["why"]) for row in changes),
            scorecard=tuple(
                Table(f"Outcome {outcome}: what was asked, and what it came to", _CARD, rows)
                for outcome, rows in _by_outcome(card, lambda row: _judged(row, planned)).items()
            ),
            since=_last(results, folder),
        )
    except KeyError as error:
        raise RunError(f"a table in {folder} lacks the column {error}; {_again(folder)}") from error
    except ValueError as error:
        raise RunError(f"a table in {folder} cannot be read ({error}); {_again(folder)}") from error


def grades(results: Path) -> dict[str, Counter[str]]:
    """How many registered questions of each run came to each grade, as the run under `results` saved them that reads all
    others; empty if none does.

    Raises
    ------
    RunError
        If its table lacks a column.
    """
    found: dict[str, Counter[str]] = {}
    for path in sorted((results / "tables").glob(f"*/{SCORECARD}"))[:1]:
        try:
            for row in _rows(path):
                if row["registered"]:
                    found.setdefault(row["notebook"], Counter())[row["grade"]] += 1
        except KeyError as error:
            raise RunError(f"{path} lacks the column {error}; {_again(path.parent)}") from error
    return found


def _last(results: Path, folder: Path) -> str:
    """The name, in words, of the last report published before the one whose snapshot is in `folder`."""
    own = folder / published.SNAPSHOT
    path = published.last_file(results, own.read_bytes() if own.is_file() else b"")
    return published.name_of(path).replace("-", " ") if path else ""


def _anew(versions: Sequence[int]) -> int:
    """How many questions are older than the newest version of the plan that holds any of its own."""
    return sum(version < max(versions) for version in versions)


def _rows(path: Path) -> list[Row]:
    return [*csv_files.load(path, (), _again(path.parent))]


def _again(folder: Path) -> str:
    return f"run `crimjust run {folder.name}` again"


def _by_outcome(rows: Iterable[Row], told: Callable[[Row], T]) -> dict[str, tuple[T, ...]]:
    found: dict[str, tuple[T, ...]] = {}
    for row in rows:
        found[row["outcome"]] = (*found.get(row["outcome"], ()), told(row))
    return found


def _by_run(registered: Iterable[Row], planned: Plan) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in registered:
        found.setdefault(row["notebook"], {})[_estimate(row, planned)] = row["asked"]
    return found


def _estimate(row: Row, planned: Plan) -> str:
    """The id of the estimate that answers a question of the plan: its name within its assessment, but where the plan says
    otherwise."""
    return next((p.name for p in planned.primaries if p.id == row["id"]), row["id"].partition(".")[2])


def _unknown(row: Row, asked: Mapping[str, str]) -> Unknown:
    runs = (asked.get(question, "") for question in row["questions"].split())
    return Unknown(row["unknown"], row["tells"], tuple(dict.fromkeys(filter(None, runs))))


def _judged(row: Row, planned: Plan) -> tuple[Text, ...]:
    """One question as the scorecard tells it."""
    estimate = interval = margin = place = ""
    if row["estimate"]:
        estimate = f"{number(float(row['estimate']))} {row['unit']}"
        ends = [number(float(row[end])) for end in ("ci_low", "ci_high") if row[end]]
        named = {"p": "p_value", "calibrated": "calibrated_p", "adjusted": "p_adjusted"}
        told = {name: p_text(float(row[column] or "nan")) for name, column in named.items()}
        if told["calibrated"] == told["p"]:
            del told["calibrated"]
        p_values = ", ".join(f"{name}\u00a0{p}" for name, p in told.items())
        interval = "; ".join([" to ".join(ends) or "no interval", p_values])
        if row["grade"] == NOT_ANSWERABLE:
            interval += " (counts as\u00a01: not answerable)"
    if row["registered"]:
        place = anchor("estimate", row["notebook"], _estimate(row, planned))
    if row["margin"]:
        margin = number(float(row["margin"]))
    matters = "of a size that matters" if row["matters"] == "True" else ""
    grade = ", ".join(filter(None, (row["grade"], row["direction"], matters)))
    return (
        Text(row["question"]),
        Text(estimate, interval, place=place),
        Text(margin, row["says"]),
        Text(grade, " ".join(_about_grade(row, planned)) if row["threat"] else ""),
        Text(row["threat"] or row["reasons"], f"Would answer it: {row['would_answer']}."),
    )


def _about_grade(row: Row, planned: Plan) -> Iterator[str]:
    """Why a question has no firmer grade, what it has at other sizes, and what the registered plan gave it, in sentences."""
    if row["registered"] == "0":
        yield "Asked in this plan alone; it is not registered."
    if row["reasons"]:
        yield f"{initial(row['reasons'])}."
    if row["half"] == row["double"] == row["grade"]:
        yield "The same at half and double."
    elif row["half"]:
        yield f"Half the margin: {row['half']}; double: {row['double']}."
    if row["first_grade"] and not planned.own:
        yield f"First version: {row['first_grade']}."
