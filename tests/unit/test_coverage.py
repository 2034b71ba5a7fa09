"""Every item of the document leads somewhere, once, and the section of the matrix tells where."""

from collections import Counter
from pathlib import Path

import pytest

from crimjust_research import coverage, document, framework
from crimjust_research.coverage import Lead
from crimjust_research.document import Item
from crimjust_research.errors import DataError
from crimjust_research.framework import Column, Framework, Indicator, Measure
from crimjust_research.report.coverage import as_markdown, faults
from crimjust_research.report.estimate_rows import read, told

ROOT = Path(__file__).parents[2]
ITEMS = document.load().items()
LEADS = coverage.load()

# Made up: a document of four items, a framework of three indicators, results of two estimates.
WALK = Item("activities", "walk", "activity", "Walks", "Part 1, bullet 1")
RUN = Item("activities", "run", "activity", "Runs", "Part 1, bullet 2")
SAYS = Item("claims", "legs_2", "claim", "It has two legs", "Part 2")
CITES = Item("references", "footnote_1", "reference", "A work on legs", "footnote 1")
FOUR = (WALK, RUN, SAYS, CITES)
ROW = {
    "run": "01_legs",
    "id": "legs",
    "estimand": "Mean of legs",
    "estimate": "1.9",
    "unit": "legs",
    "ci_low": "1.75",
    "ci_high": "2.05",
    "p_value": "0.0123",
    "data_status": "observed",
}
NOTHING = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value"), "")
ESTIMATES = {
    "01_legs#legs": ROW,
    "01_legs#made_up": ROW | {"id": "made_up", "data_status": "simulated"},
    "01_legs#unknown": ROW | NOTHING | {"id": "unknown"},
}


def indicator(key: str, record: Column | None = None, measure: Measure | None = None) -> Indicator:
    told = dict.fromkeys(("definition", "unit", "frequency", "collector", "limitation"), "x")
    return Indicator(
        key=key, serves="moving", level="output", label=f"How far: {key}", record=record, measure=measure, **told
    )


FRAMEWORK = Framework.model_construct(
    indicators=(
        indicator("kept", record=Column(table="trainings", column="participants")),
        indicator("published", measure=Measure(place="raw", table="gdp", column="gdp")),
        indicator("nowhere"),
    ),
)
SOUND = (
    Lead(items=("activities/walk", "activities/run"), indicators=("kept", "published")),
    Lead(items=("claims/legs_2",), estimates=("01_legs#legs",), reason="Of those that were counted."),
    Lead(items=("references/footnote_1",), reason="It is read, not estimated."),
)


# The document's own


def test_every_item_leads_somewhere_once() -> None:
    led = Counter(name for lead in LEADS for name in lead.items)
    assert set(led) == {item.name for item in ITEMS}
    assert set(led.values()) == {1}
    assert led.total() == 211


def test_the_leads_of_the_document_have_no_fault() -> None:
    assert faults(ITEMS, LEADS, framework.load(), read(ROOT / "reports")) == ()


def test_how_many_items_lead_where() -> None:
    way = {name: lead.way for lead in LEADS for name in lead.items}
    assert Counter(way.values()) == {"estimate": 125, "record": 56, "reason": 30}
    # What the document asks, proposes to do and means to achieve all leads to an estimate or to a record.
    of = {item.name: item.kind for item in ITEMS}
    bare = {of[name] for name, found in way.items() if found == "reason"}
    assert not bare & {
        "question",
        "aim",
        "interest",
        "component",
        "pillar",
        "step",
        "activity",
        "outcome",
        "phase",
        "list",
    }


def test_own_records_lead_to_columns_that_are_there() -> None:
    indicators = {found.key: found for found in framework.load().indicators}
    collected = [indicators[key] for lead in LEADS if lead.way == "record" for key in lead.indicators]
    assert all(found.record for found in collected)


# What is wrong with leads


def test_sound_leads_have_no_fault() -> None:
    assert faults(FOUR, SOUND, FRAMEWORK, ESTIMATES) == ()


@pytest.mark.parametrize(
    ("lead", "message"),
    [
        (Lead(items=("claims/legs_3",), reason="x"), "the item 'claims/legs_3' is not in data/document; did you mean"),
        (Lead(items=("claims/legs_2",), reason="x"), "the item 'claims/legs_2' has 2 leads; keep one"),
        (
            Lead(items=("activities/walk",), estimates=("01_legs#leg",)),
            "leads to the estimate '01_legs#leg', which no result holds; did you mean '01_legs#legs'?",
        ),
        (
            Lead(items=("activities/walk",), estimates=("01_legs#made_up",)),
            "the estimate '01_legs#made_up', which is of SIMULATED records",
        ),
        (
            Lead(items=("activities/walk",), estimates=("01_legs#unknown",)),
            "the estimate '01_legs#unknown', which has no number; name one that has",
        ),
        (
            Lead(items=("activities/walk",), indicators=("kep",)),
            "the indicator 'kep', which is not in the framework; did you mean 'kept'?",
        ),
        (Lead(items=("activities/walk",), indicators=("nowhere",)), "the indicator 'nowhere', which no column holds"),
    ],
)
def test_a_fault_is_named(lead: Lead, message: str) -> None:
    kept = SOUND if lead.items[0].startswith("claims") else (Lead(items=("activities/run",), reason="x"), *SOUND[1:])
    (fault,) = faults(FOUR, (*kept, lead), FRAMEWORK, ESTIMATES)
    assert message in fault


def test_all_faults_are_named_at_once_and_nothing_is_written() -> None:
    wrong = (Lead(items=("claims/legs_2",), estimates=("02_arms#arms",), indicators=("nowhere",)),)
    found = faults(FOUR, wrong, FRAMEWORK, ESTIMATES)
    assert len(found) == 5  # three items without a lead, an estimate and an indicator that are not there
    with pytest.raises(DataError, match=r"coverage\.yaml cannot be written as a page, mend it there") as error:
        as_markdown(FOUR, wrong, FRAMEWORK, ESTIMATES)
    assert all(fault in str(error.value) for fault in found)


def test_a_lead_to_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "document").mkdir(parents=True)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    file = tmp_path / coverage.FILE
    file.write_text("coverage:\n  - items: [claims/phases_6]\n", encoding="utf-8")
    with pytest.raises(DataError, match="to estimates, to indicators or to a reason; give one"):
        coverage.load()
    file.write_text("coverage:\n  - items: [phases_6]\n    reason: x\n", encoding="utf-8")
    with pytest.raises(DataError, match="an item of the document is named by its section and key"):
        coverage.load()
    file.write_text("coverage:\n  - items: [claims/phases_6]\n    estimates: [phases]\n", encoding="utf-8")
    with pytest.raises(DataError, match="an estimate is named by its run and its id"):
        coverage.load()


# The section


def test_the_section_counts_ways_and_tells_each_item_with_its_lead() -> None:
    text = as_markdown(FOUR, SOUND, FRAMEWORK, ESTIMATES)
    assert text.startswith("## Every item of the document\n\nThe document says 4 things;")
    assert "| Activities | 2 | 0 | 2 | 0 |" in text
    assert "| **All** | 4 | 1 | 2 | 1 |" in text
    assert (
        "| Walks (Part 1, bullet 1)<br>Runs (Part 1, bullet 2) | To be collected: [How far: kept](#kept) "
        "(`trainings.participants`)<br>Published: [How far: published](#published) (`gdp.gdp`) |" in text
    )
    assert (
        "| It has two legs (Part 2) | Mean of legs: 1.90 legs (1.75 to 2.05), p 0.012 "
        "([01 `legs`](../reports/notebooks/01_legs.ipynb))<br>Of those that were counted. |" in text
    )
    assert "### Works it cites\n\n| Items | Where they lead |" in text


def test_the_document_s_section_tells_every_item() -> None:
    absent = {name: ROW for lead in LEADS for name in lead.estimates}
    text = as_markdown(ITEMS, LEADS, framework.load(), absent)
    assert "| **All** | 211 |" in text
    assert text.count("\n### ") == len({item.kind for item in ITEMS})
    assert all(f"({item.place})" in text for item in ITEMS)


# Estimates as rows


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "1.90 legs (1.75 to 2.05), p 0.012"),
        ({"p_value": ""}, "1.90 legs (1.75 to 2.05)"),
        ({"unit": "odds ratio (standard error of its logarithm)"}, "1.90 odds ratio (1.75 to 2.05), p 0.012"),
        ({"ci_low": "", "ci_high": "", "p_value": "0.0001"}, "1.90 legs, p < 0.001"),
        ({"estimate": "12", "ci_low": "", "ci_high": "", "p_value": "", "unit": "claims"}, "12 claims"),
        ({"estimate": "7100000", "ci_low": "", "ci_high": "", "p_value": "", "unit": "euros"}, "7,100,000 euros"),
        ({"estimate": "1", "ci_low": "0.5", "ci_high": "", "p_value": ""}, "1 legs (0.500 to n/a)"),
        ({"estimate": "", "ci_low": "", "ci_high": "", "p_value": ""}, "n/a legs"),
        ({"estimate": "", "ci_low": "480", "ci_high": "inf", "p_value": "", "unit": "kg"}, "at least 480 kg"),
        ({"estimate": "", "ci_low": "480", "ci_high": "", "p_value": "", "unit": "kg"}, "at least 480 kg"),
        ({"estimate": "", "ci_low": "2", "ci_high": "3.5", "p_value": ""}, "2 to 3.50 legs"),
    ],
)
def test_an_estimate_is_told_with_what_its_method_gives(changed: dict[str, str], words: str) -> None:
    assert told(ROW | changed) == words


def test_estimates_are_read_by_run_and_id(tmp_path: Path) -> None:
    (tmp_path / "estimates.csv").write_text("run,id,estimate\n01_legs,legs,2\n", encoding="utf-8")
    assert read(tmp_path) == {"01_legs#legs": {"run": "01_legs", "id": "legs", "estimate": "2"}}
    (tmp_path / "estimates.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"lacks the column 'run'; write it with `crimjust run all`"):
        read(tmp_path)
    (tmp_path / "estimates.csv").unlink()
    with pytest.raises(DataError, match="is missing; write it with `crimjust run all`"):
        read(tmp_path)
