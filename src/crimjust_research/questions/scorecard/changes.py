"""What changed since the last published report: questions whose estimate, interval or grade is another, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.data.provenance import raw_behind
from crimjust_research.errors import DataError
from crimjust_research.evidence import published
from crimjust_research.evidence.plan import Amendment, Plan, Primary
from crimjust_research.evidence.sentences import listed
from crimjust_research.evidence.words import refer
from crimjust_research.numbers import number
from crimjust_research.questions.scorecard.words import Words
from crimjust_research.results import SavedRun

NOTHING = "not asked"
_ALL = "How all questions are graded"
_AS_CLOSE = 1e-6  # share of a number by which it may differ and still be the same, as `crimjust verify` has it


def last_report(now: pd.DataFrame, plan: Plan) -> published.Published | None:
    """The last published report that is not the very one that `now` is the snapshot of; None without one, and under a plan of
    an evaluator's own, which published reports are not of."""
    if plan.own:
        return None
    return published.last_before(project.root() / "reports", now)


def snapshot(card: pd.DataFrame, plan: Plan, runs: Sequence[SavedRun]) -> pd.DataFrame:
    """What the report says of each question of the plan, as `evidence.published` keeps it; grades are those at the margin."""
    made_of = {run.name: published.vintages(_raw_tables(run)) for run in runs}
    return pd.DataFrame(
        {
            "id": card["id"],
            "question": card["question"],
            "estimate": card["estimate"],
            "unit": card["unit"].fillna(""),
            "ci_low": card["ci_low"],
            "ci_high": card["ci_high"],
            "grade": card["at_margin"].fillna(published.NOT_ESTIMATED),
            "plan": plan.version,
            "vintages": card["notebook"].map(made_of).fillna(""),
        },
        columns=list(published.COLUMNS),
    )


def _raw_tables(run: SavedRun) -> list[tuple[str, str]]:
    """The releases of raw tables that a run rests on, those behind its panels included: table and vintage."""
    raw, processed = catalog.raw(), catalog.processed()
    found = []
    for used in run.assessment["used"]:
        name, vintage = used["table"], used["vintage"]
        if name in processed.tables():
            try:
                panel = processed.resource(name, vintage)
            except DataError as error:
                raise DataError(f"{error}; run `crimjust run {run.name}` again") from error
            found += [(each.table.name, each.vintage) for each in raw_behind(panel, raw)]
        elif name in raw.tables():
            found.append((name, vintage))
    return found


def since(last: published.Published | None, now: pd.DataFrame, plan: Plan, words: Words) -> pd.DataFrame:
    """What a report, of which `now` is the snapshot, says otherwise than the last one, and why; nothing without one.

    A question is told once, and questions that are new for one reason stand in one row. If the plan has moved, the first row
    says so of the rule of grades. What is now told of an estimate is marked with its run and its id.

    Returns
    -------
    DataFrame: question, was, is, why.
    """
    rows: list[tuple[str, str, str, str]] = []
    if last is not None:
        old, new = last.snapshot.set_index("id"), now.set_index("id")
        version = last.snapshot["plan"].max()
        moved = version != plan.version
        if moved and (rule := _amendment(plan, words.grading)):
            versions = f"by version {version:g} of the plan", f"by version {plan.version} of the plan"
            rows.append((_ALL, *versions, rule.why))
        for name in new.index.intersection(old.index, sort=False):
            was, is_now = old.loc[name], new.loc[name]
            if not _same(was, is_now):
                why = _why(was, is_now, _amended(plan, words, name) if moved else None)
                rows.append((_called(is_now, words), _told(was), _marked(is_now, plan), why))
        rows += _added(new.drop(index=old.index, errors="ignore"), plan, words)
        for _, was in old.drop(index=new.index, errors="ignore").iterrows():
            rows.append((_called(was, words), _told(was), NOTHING, "The plan no longer asks it."))
    return pd.DataFrame(rows, columns=["question", "was", "is", "why"])


def _same(was: Any, is_now: Any) -> bool:
    numbers = all(
        math.isclose(was[n], is_now[n], rel_tol=_AS_CLOSE) or (math.isnan(was[n]) and math.isnan(is_now[n]))
        for n in published.NUMBERS
    )
    return numbers and was["unit"] == is_now["unit"] and was["grade"] == is_now["grade"]


def _why(was: Any, is_now: Any, amended: Amendment | None) -> str:
    reasons = [amended.why] if amended else []
    old, new = published.by_table(was["vintages"]), published.by_table(is_now["vintages"])
    if others := [table for table in new if table in old and new[table] != old[table]]:
        reasons.append(f"New vintage of {listed(others)}.")
    return " ".join(reasons) or "Computed otherwise from the same data: the history of the repository says how."


def _added(new: pd.DataFrame, plan: Plan, words: Words) -> list[tuple[str, str, str, str]]:
    """Questions that were not asked before, those for one reason in one row."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for name in new.index:
        amended = _amended(plan, words, name)
        reasons.setdefault((amended.why, amended.what) if amended else ("The plan asks it now.", ""), []).append(name)
    rows = []
    for (why, what), names in reasons.items():
        own = new.loc[names]
        if len(names) == 1:
            rows.append((_called(own.iloc[0], words), NOTHING, _marked(own.iloc[0], plan), why))
            continue
        about = next((said for begins, said in words.added.items() if what.startswith(begins)), "")
        grades = listed(f"{n} “{grade}”" for grade, n in own["grade"].value_counts().items())
        rows.append((f"{len(names)} new questions{about and f': {about}'}", NOTHING, grades, why))
    return rows


def _amended(plan: Plan, words: Words, name: str) -> Amendment | None:
    said = words.questions.get(name)
    return _amendment(plan, said.amended) if said else None


def _amendment(plan: Plan, begins: str) -> Amendment | None:
    """The plan's amendment of which `what` begins so."""
    return next((each for each in plan.amendments if begins and each.what.startswith(begins)), None)


def _called(row: Any, words: Words) -> str:
    """A question in short; one that is no longer asked in its own words."""
    return words.questions[row.name].asked if row.name in words.questions else str(row["question"])


def _marked(row: Any, plan: Plan) -> str:
    """What this report says of a question, its estimate marked."""
    return _told(row, {primary.id: primary for primary in plan.primaries}.get(row.name))


def _told(row: Any, primary: Primary | None = None) -> str:
    """What a report said of a question: estimate, interval, grade; the estimate marked as that of a registered question."""
    grade = str(row["grade"])
    if math.isnan(row["estimate"]):
        return grade
    ends = "" if math.isnan(row["ci_low"]) else f" ({number(row['ci_low'])} to {number(row['ci_high'])})"
    found = f"{number(row['estimate'])} {row['unit']}{ends}"
    return f"{refer(found, primary.name, primary.notebook) if primary else found}: {grade}"
