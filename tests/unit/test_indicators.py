"""The evaluation matrix: complete, true to the catalogs, and plain about what nothing measures."""

import pytest

from crimjust_research import document
from crimjust_research.errors import DataError
from crimjust_research.report.matrix import Column, Indicator, Measure, as_markdown, faults, load, served

INDICATORS = load()
MEASURED = next(i for i in INDICATORS if i.measure and i.measure.place == "processed")


def test_the_registry_has_no_fault() -> None:
    assert faults(INDICATORS) == ()


def test_everything_the_document_proposes_is_served() -> None:
    said = document.load()
    assert len(served()) == len(said.outcomes) + len(said.components) + sum(len(c.streams) for c in said.components)
    assert {i.serves for i in INDICATORS} == set(served())


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            {"measure": Measure(place="processed", table="no_such_panel", column="x")},
            "'no_such_panel', which is not in data/pro",
        ),
        (
            {"measure": Measure(place="processed", table="monthly_national", column="typo")},
            "the column 'typo', which 'monthly_national' has",
        ),
        ({"record": Column(table="cases", column="typo")}, "the column 'typo', which 'cases' has not"),
        ({"serves": "outcome_9"}, "serves 'outcome_9', which is not known"),
        ({"notebook": "99_nowhere"}, "names the notebook '99_nowhere', which is not in notebooks"),
    ],
)
def test_an_indicator_of_something_that_is_not_there_is_a_fault(broken: dict[str, object], message: str) -> None:
    wrong: Indicator = MEASURED.model_copy(update=broken)
    found = faults((*INDICATORS, wrong))
    assert len(found) == 1
    assert message in found[0]
    with pytest.raises(DataError, match=r"docs/evaluation_matrix\.yaml cannot be written as a page, mend it there"):
        as_markdown((*INDICATORS, wrong))


def test_a_thing_without_an_outcome_is_a_fault() -> None:
    without = [i for i in INDICATORS if i.serves != "outcome_3" or i.kind != "outcome"]
    assert faults(without) == ("outcome_3 has no indicator of an outcome",)
    without = [i for i in INDICATORS if not i.serves.startswith("pillar") or i.kind != "outcome"]
    assert len(faults(without)) == 4  # the three pillars, and Component 1, whose outcomes stand under them


def test_what_has_no_public_measure_says_so() -> None:
    unmeasured = [i for i in INDICATORS if i.measure is None]
    assert unmeasured
    assert {i.kind for i in unmeasured} == {"outcome"}
    assert as_markdown(INDICATORS).count("**no public measure**") == len(unmeasured)


def test_kilograms_persons_and_money_are_never_outcomes() -> None:
    counted = ("trained", "seized", "Seizures", "Cost", "equipped", "held in", "kilograms")
    for indicator in INDICATORS:
        if indicator.kind == "outcome" and indicator.measure is not None:
            assert not any(word in indicator.label for word in counted), indicator.label
            assert indicator.measure.column not in ("kilograms", "participants", "value_low"), indicator.label


def test_outputs_stand_below_outcomes() -> None:
    for section in as_markdown(INDICATORS).split("\n## ")[1:]:
        kinds = [
            line.split(" | ")[0] for line in section.splitlines() if line.startswith(("| Outcome", "| Cont", "| Outp"))
        ]
        order = ["| Outcome", "| Context", "| Output"]
        assert kinds == sorted(kinds, key=order.index)
