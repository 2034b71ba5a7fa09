"""The evaluation matrix: complete, true to the catalogs, and plain about what nothing measures."""

from dataclasses import replace
from pathlib import Path

import pytest

from crimjust_research import document
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.report.matrix import INDICATORS, Column, Indicator, as_markdown, faults, served

ROOT = Path(__file__).parents[2]
MEASURED = next(i for i in INDICATORS if i.column and i.column.place == "processed")


def test_the_registry_has_no_fault() -> None:
    assert faults() == ()


def test_everything_the_document_proposes_is_served() -> None:
    said = document.load()
    assert len(served()) == len(said.outcomes) + len(said.components) + sum(len(c.streams) for c in said.components)
    assert {i.serves for i in INDICATORS} == set(served())


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            replace(MEASURED, column=Column("processed", "no_such_panel", "x")),
            "'no_such_panel', which is not in data/pro",
        ),
        (
            replace(MEASURED, column=replace(MEASURED.column, name="typo")),
            "the column 'typo', which 'monthly_national' has",
        ),
        (replace(MEASURED, record=Column("records", "cases", "typo")), "the column 'typo', which 'cases' has not"),
        (replace(MEASURED, serves="outcome_9"), "serves 'outcome_9', which is not known"),
    ],
)
def test_an_indicator_of_something_that_is_not_there_is_a_fault(broken: Indicator, message: str) -> None:
    found = faults((*INDICATORS, broken))
    assert len(found) == 1
    assert message in found[0]
    with pytest.raises(DataError, match="the evaluation matrix cannot be written"):
        as_markdown((*INDICATORS, broken))


def test_a_thing_without_an_outcome_is_a_fault() -> None:
    without = [i for i in INDICATORS if i.serves != "outcome_3" or i.kind != "outcome"]
    assert faults(without) == ("outcome_3 has no indicator of an outcome",)
    without = [i for i in INDICATORS if not i.serves.startswith("pillar") or i.kind != "outcome"]
    assert len(faults(without)) == 4  # the three pillars, and Component 1, whose outcomes stand under them


def test_what_has_no_public_measure_says_so() -> None:
    unmeasured = [i for i in INDICATORS if i.column is None]
    assert unmeasured
    assert {i.kind for i in unmeasured} == {"outcome"}
    assert as_markdown().count("**no public measure**") == len(unmeasured)


def test_kilograms_persons_and_money_are_never_outcomes() -> None:
    counted = ("trained", "seized", "Seizures", "Cost", "equipped", "held in", "kilograms")
    for indicator in INDICATORS:
        if indicator.kind == "outcome" and indicator.column is not None:
            assert not any(word in indicator.label for word in counted), indicator.label
            assert indicator.column.name not in ("kilograms", "participants", "value_low"), indicator.label


def test_outputs_stand_below_outcomes() -> None:
    for section in as_markdown().split("\n## ")[1:]:
        kinds = [
            line.split(" | ")[0] for line in section.splitlines() if line.startswith(("| Outcome", "| Cont", "| Outp"))
        ]
        order = ["| Outcome", "| Context", "| Output"]
        assert kinds == sorted(kinds, key=order.index)


def test_notebooks_exist_or_are_registered() -> None:
    known = {p.notebook for p in plan.load().primaries} | {p.stem for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert {i.notebook for i in INDICATORS if i.notebook} <= known
