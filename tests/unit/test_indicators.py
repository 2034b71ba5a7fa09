"""The evaluation matrix: complete, true to catalogs and results, and plain about what nothing measures."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crimjust_research import coverage, framework
from crimjust_research.errors import DataError
from crimjust_research.framework import Baseline, Column, Framework, Indicator, Measure
from crimjust_research.report.framework_faults import faults
from crimjust_research.report.matrix import NO_MEASURE, answers, as_markdown

FRAME = framework.load()
INDICATORS = FRAME.indicators
NAMED = {
    *(name for entry in FRAME.edges for name in entry.estimates),
    *(name for entry in INDICATORS for name in entry.estimates),
    *(entry.baseline.estimate for entry in INDICATORS if entry.baseline),
    *(name for entry in FRAME.criteria for name in entry.estimates),
    *(name for lead in coverage.load() for name in lead.estimates),
}


def result(name: str, **fields: str) -> dict[str, str]:
    run, _, estimate = name.partition("#")
    plain = {"estimand": f"What {estimate} is of", "estimate": "0.25", "unit": "share", "data_status": "observed"}
    blank = dict.fromkeys(("ci_low", "ci_high", "p_value", "p_adjusted", "role"), "")
    return {"run": run, "id": estimate, **blank, **plain, **fields}


# Every estimate named, whatever results there are.
RESULTS = {name: result(name) for name in NAMED}


def altered(key: str, **fields: Any) -> Framework:
    """The framework with other fields in the indicator of that key."""
    changed = tuple(i.model_copy(update=fields) if i.key == key else i for i in INDICATORS)
    return FRAME.model_copy(update={"indicators": changed})


ANSWERS = {c.key: {"answer": f"So far {c.key}.", "grade": "described, not graded"} for c in FRAME.criteria}


def page(frame: Framework = FRAME, results: Mapping[str, dict[str, str]] = RESULTS) -> str:
    return as_markdown(frame, results, ANSWERS)


def section(text: str, anchor: str) -> str:
    return text.split(f'<a id="{anchor}"></a>\n\n## ')[1].split("\n\n<a id=")[0]


def test_the_framework_has_no_fault_once_its_estimates_are_there() -> None:
    assert faults(FRAME, RESULTS) == ()


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("03_outcome1_routes#overlap", "the edge from outcome_1 to groups_disrupted"),
        ("02_outcome1_precursors#coca_per", "the indicator coca_hectares"),
        ("14_evaluation#wjp_8_1.baseline", "the indicator wjp_8_1"),
        ("13_assistance#present.hub", "the criterion C2"),
    ],
)
def test_an_estimate_that_is_renamed_is_a_fault(name: str, by: str) -> None:
    renamed = {f"{key}_anew" if key == name else key: row for key, row in RESULTS.items()}
    found = faults(FRAME, renamed)
    assert any(fault.startswith(f"{by} names the estimate {name!r}, which no result holds") for fault in found)
    assert all(name in fault for fault in found)
    assert "did you mean '" in found[0]
    with pytest.raises(
        DataError, match=r"results_framework\.yaml cannot be written as a page, mend it there: .*no result"
    ):
        page(results=renamed)


MEASURED = Measure(place="processed", table="country_year", column="wjp_8_1", raw="justice_quality")


@pytest.mark.parametrize(
    ("key", "broken", "message"),
    [
        (
            "wjp_8_1",
            {"measure": MEASURED.model_copy(update={"table": "no_such_panel"})},
            "the indicator wjp_8_1 names the table 'no_such_panel', which is not in data/processed",
        ),
        (
            "wjp_8_1",
            {"measure": MEASURED.model_copy(update={"column": "typo"})},
            "the indicator wjp_8_1 names the column 'typo', which 'country_year' has not",
        ),
        (
            "wjp_8_1",
            {"measure": MEASURED.model_copy(update={"raw": "treaties"})},
            "the indicator wjp_8_1 names the raw table 'treaties', of which 'country_year' is not made",
        ),
        (
            "wjp_8_1",
            {"measure": MEASURED.model_copy(update={"raw": ""})},
            "the indicator wjp_8_1 does not say under `raw` from which table 'wjp_8_1' comes: population",
        ),
        (
            "coca_hectares",
            {"measure": Measure(place="raw", table="gdp", column="gdp", raw="gdp")},
            "the indicator coca_hectares is measured by a raw table and names another behind it; take `raw` out",
        ),
        (
            "legal_aid",
            {"record": Column(table="defendants", column="typo")},
            "the indicator legal_aid names the column 'typo', which 'defendants' has not",
        ),
        (
            "legal_aid",
            {"record": Column(table="wardens", column="typo")},
            "the indicator legal_aid names the table 'wardens', which is not in data/templates",
        ),
        ("wjp_8_1", {"baseline": None}, "the indicator wjp_8_1 has figures for years and no baseline"),
        (
            "homicides",
            {"not_yearly": "never"},
            "the indicator homicides says why it has no figure for each year, and nothing",
        ),
    ],
)
def test_an_indicator_of_something_that_is_not_there_is_a_fault(key: str, broken: dict[str, Any], message: str) -> None:
    found = faults(altered(key, **broken), RESULTS)
    assert len(found) == 1
    assert found[0].startswith(message)


def test_a_criterion_of_a_template_that_is_not_there_is_a_fault() -> None:
    criteria = tuple(c.model_copy(update={"templates": ("rumours",)}) if c.key == "F2" else c for c in FRAME.criteria)
    found = faults(FRAME.model_copy(update={"criteria": criteria}), RESULTS)
    assert found == ("the criterion F2 names the template 'rumours', which is not in data/templates",)


def test_what_was_found_in_simulated_records_bears_on_nothing() -> None:
    edge, indicator = "03_outcome1_routes#overlap", "11_own_records#tests.gain"
    simulated = {name: result(name, data_status="simulated") for name in (edge, indicator)}
    assert faults(FRAME, RESULTS | simulated) == tuple(
        f"the {named} rests on the estimate '{edge}', which is of SIMULATED records; name the template that would hold real ones"
        for named in ("edge from outcome_1 to groups_disrupted", "criterion E1")
    )


def test_every_fault_is_told_at_once_and_a_run_without_results_once() -> None:
    gone = ("14_evaluation#", "03_outcome1_routes#overlap")
    found = faults(
        altered("wjp_8_2", baseline=None), {name: row for name, row in RESULTS.items() if not name.startswith(gone)}
    )
    assert sum("03_outcome1_routes#overlap" in fault for fault in found) == 3  # an edge, an indicator and a criterion
    (whole,) = (fault for fault in found if "14_evaluation" in fault)
    assert whole.endswith(
        "estimates are named of 14_evaluation, which has no results; run `crimjust run 14_evaluation`"
    )
    assert sum("has figures for years and no baseline" in fault for fault in found) == 1


def test_a_run_that_is_no_notebook_is_refused_with_the_near_one() -> None:
    found = faults(altered("wjp_8_2", method="m", estimates=("05_outcome2_joinin#investigation",)), RESULTS)
    (fault,) = (one for one in found if "no notebook" in one)
    assert fault == (
        "1 estimates are named of 05_outcome2_joinin, which is no notebook; did you mean '05_outcome2_joining'? mend it"
    )


def test_what_has_no_public_measure_says_so() -> None:
    unmeasured = [i for i in INDICATORS if i.measure is None]
    assert len(unmeasured) > 10
    assert page().count(f"**{NO_MEASURE}**") == len(unmeasured)
    outcomes = [i for i in INDICATORS if i.level == "outcome"]
    without = [i for i in outcomes if i.measure is None]
    kept = sum(i.record is not None for i in without)
    summary = " ".join(page().split("\n\n## ")[0].split())
    assert f"Of {len(INDICATORS)} indicators {len(outcomes)} are of outcomes." in summary
    assert f"measures {len(without)} of these: columns of a programme's own records would hold {kept}" in summary
    assert f"for {len(without) - kept} there is neither." in summary


def test_kilograms_persons_and_money_are_never_outcomes() -> None:
    counted = ("trained", "seized", "Seizures in", "cost", "equipped", "held in", "kilograms")
    for indicator in INDICATORS:
        if indicator.level == "outcome" and indicator.measure is not None:
            assert not any(word in indicator.label for word in counted), indicator.label
            assert indicator.measure.column not in ("kilograms", "participants", "value_low"), indicator.label


def test_outcomes_stand_first_and_outputs_last() -> None:
    text = page()
    order = ["Outcome", "Context", "Output", "Cost"]
    for part in text.split("\n## What an evaluation asks")[0].split("\n## ")[1:]:
        levels = re.findall(r"^\| <a id.*?\*\*<br>(Outcome|Context|Output|Cost)\b", part, re.MULTILINE)
        assert levels == sorted(levels, key=order.index)
    assert len(re.findall(r'^\| <a id="', text, re.MULTILINE)) == len(INDICATORS)


def test_a_baseline_is_told_with_its_year_its_interval_and_where_it_is_from() -> None:
    name = "14_evaluation#wjp_8_1.baseline"
    results = RESULTS | {name: result(name, estimate="0.4123", ci_low="0.39", ci_high="0.4361", unit="score, 0 to 1")}
    row = next(line for line in page(results=results).splitlines() if line.startswith('| <a id="wjp_8_1">'))
    told = "2021: 0.412 score, 0 to 1 (0.390 to 0.436) "
    assert f"| {told}([14 `wjp_8_1.baseline`](../reports/notebooks/14_evaluation.ipynb)) | country, phase |" in row


def test_what_is_registered_is_told_with_the_p_that_is_adjusted() -> None:
    name = "05_outcome2_joining#investigation"
    text = page(results=RESULTS | {name: result(name, p_value="0.011", p_adjusted="0.044")})
    assert "[05 `investigation`](../reports/notebooks/05_outcome2_joining.ipynb) 0.250 share, adjusted p 0.044" in text
    assert "0.011" not in text


def test_each_indicator_is_told_with_the_key_by_which_a_plan_sets_its_target() -> None:
    text = page()
    assert all(f"`{indicator.key}`<br>" in text for indicator in framework.load().indicators)


def test_what_is_simulated_is_marked() -> None:
    name = "11_own_records#defendants.legal_aid"
    text = section(page(results=RESULTS | {name: result(name, data_status="simulated")}), "fair_prosecution")
    assert (
        text.count("[11 `defendants.legal_aid`](../reports/notebooks/11_own_records.ipynb) SIMULATED 0.250 share") == 1
    )
    assert text.count("SIMULATED") == 1


def test_the_publisher_is_of_the_table_behind_a_panel() -> None:
    text = page()
    assert (
        "[`country_year.wjp_8_1`](DATA.md#country_year), from [`justice_quality`](DATA.md#justice_quality); "
        "World Justice Project |"
    ) in text
    assert "[`halfyear_state.reports_4anpp`](DATA.md#halfyear_state) (over reports_family), from " in text
    assert "[`programme_events.participants`](DATA.md#programme_events); UNODC, European Union |" in text


def test_a_criterion_without_estimates_says_so() -> None:
    text = section(page(), "criteria")
    silent = [criterion for criterion in FRAME.criteria if not criterion.estimates]
    assert silent
    assert text.count("- Bears on it: no public data") == len(silent)
    for criterion in FRAME.criteria:
        assert f"**{criterion.key}. " in text


def test_each_criterion_is_answered_with_what_the_answer_rests_on() -> None:
    text = section(page(), "criteria")
    assert re.findall(r"\*\*(\w\d)\. .*\n\n- Answer: So far (\w\d)\. \(described, not graded\)", text) == [
        (key, key) for key in ANSWERS
    ]
    with pytest.raises(DataError, match="the criterion G1 has no answer"):
        as_markdown(FRAME, RESULTS, {key: row for key, row in ANSWERS.items() if key != "G1"})


def test_answers_are_read_as_the_evaluation_saved_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"criteria\.csv is missing; run `crimjust run 14_evaluation`"):
        answers(tmp_path)
    table = tmp_path / "tables" / "14_evaluation" / "criteria.csv"
    table.parent.mkdir(parents=True)
    table.write_text("criterion,key,answer,grade\nGender,G1,Of 233 75.,a sketch\n", encoding="utf-8")
    assert answers(tmp_path) == {"G1": {"answer": "Of 233 75.", "grade": "a sketch"}}
    table.write_text("key,answer\nG1,Of 233 75.\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"lacks the column 'grade'; run `crimjust run 14_evaluation`"):
        answers(tmp_path)


def test_what_the_page_links_to_below_it_is_there() -> None:
    text = page()
    named = set(re.findall(r'<a id="([\w-]+)">', text))
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= named | headings


def test_each_link_is_told_with_its_assumption_its_threat_and_what_bears_on_it() -> None:
    text = section(page(), "links")
    rows = [line.split(" | ") for line in text.splitlines() if " → " in line]
    assert [len(cells) for cells in rows] == [4] * len({(edge.assumption, edge.threat) for edge in FRAME.edges})
    silent = [edge for edge in FRAME.edges if not edge.estimates]
    assert f"{len(FRAME.edges)} links." in text
    assert f"On {len(silent)} of the links no public data tell whether it holds." in " ".join(text.split())
    assert sum(cells[3] == "no public data |" for cells in rows) == len({edge.assumption for edge in silent})
    (routes,) = (cells for cells in rows if "markets understood together → Organised criminal groups" in cells[0])
    name = "[03 `overlap`](../reports/notebooks/03_outcome1_routes.ipynb)"
    assert routes[3] == f"What overlap is of: 0.250 share ({name}) |"
    (courses,) = (
        cells for cells in rows if "Training in special investigative techniques; Training in managing" in cells[0]
    )
    assert courses[0].startswith("| What Component 1 costs → ")


def test_a_hostile_word_of_the_framework_stays_text() -> None:
    hostile: Indicator = next(i for i in INDICATORS if i.key == "wjp_8_1")
    text = page(altered("wjp_8_1", label="a | b <script>", baseline=Baseline(year=2021, estimate=hostile.estimates[0])))
    assert "<script>" not in text
    assert r"a \| b &lt;script&gt;" in text
