"""What published reports said is data: whole, in order, of questions that the plan has or had, with the vintages behind it."""

import re

import pytest

from crimjust_research import project
from crimjust_research.data import catalog
from crimjust_research.evidence import plan, published

REPORTS = project.root() / "reports"
FILES = published.files(REPORTS)
PLAN = plan.load()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_snapshot_has_its_columns_and_a_question_once_with_known_tables(path) -> None:  # type: ignore[no-untyped-def]
    snapshot = published.read(path.read_bytes(), path.name)
    assert snapshot["plan"].nunique() == 1
    assert snapshot["plan"].max() <= PLAN.version
    raw = catalog.raw().tables()
    for row in snapshot.to_dict("records"):
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", str(row["id"]))
        assert row["question"].endswith("?")
        assert bool(row["vintages"]) == (row["estimate"] == row["estimate"])
        assert set(published.by_table(row["vintages"])) <= set(raw)
        assert not row["ci_low"] > row["ci_high"]


def test_the_first_version_is_told_as_the_plan_remembers_it() -> None:
    """Grades of version 1 stand in the plan, too, which registered eleven questions then."""
    first = published.read(FILES[0].read_bytes(), FILES[0].name).set_index("id")
    assert published.name_of(FILES[0]) == "first-version"
    assert first["grade"].to_dict() == {p.id: p.first_grade for p in PLAN.primaries if p.registered == 1}


def test_ids_are_the_plan_s() -> None:
    known = {p.id for p in PLAN.primaries} | {u.id for u in PLAN.unanswered}
    last = published.read(FILES[-1].read_bytes(), FILES[-1].name)
    assert set(last["id"]) <= known
