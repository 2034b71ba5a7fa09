"""Results under an evaluator's own plan: all that people read says whose it is, and calls nothing registered that is not."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from markupsafe import escape
from reported import CARD, FIRST, HOSTILE, SECOND, Page, open_with

from crimjust_research.errors import RunError
from crimjust_research.evidence import own_plan, plan
from crimjust_research.report import asked, citations, contents, elements, explanation, html, listing, paper, whose
from crimjust_research.report.citations import runs
from crimjust_research.report.exports import numbers, taken
from crimjust_research.report.figures import KeptFigure
from crimjust_research.runs import kept, variants
from crimjust_research.runs.kept import Variant

WHOSE = "the <b>Unit</b> for évaluation, שלום"
SOURCE = f"Strategy, {HOSTILE[:29]}"
PLAN = f"""whose = "{WHOSE}"
dated = "2027-03-01"
standing = "The reference report had been read"

[question."diversification.trend"]
margin = {{ value = 0.01, scale = "difference", says = "one per cent a year", source = "Argument" }}

[target.wjp_8_1]
at_least = 0.45
by = 2027
source = "{SOURCE}"

[target.countries_joined]
at_least = 30
by = 2024
source = "Minutes"
"""
ROWS = """key,label,unit,baseline_year,baseline,latest_year,latest,latest_low,latest_high,aim
wjp_8_1,Effective <investigation>,"score, 0 to 1",2021,0.324,2025,0.323,0.288,0.358,not due before 2027
countries_joined,Countries that joined,countries,2021,9,,,,,no figure of 2024
"""
NAME = "ours"


@pytest.fixture
def ours(reports: Path) -> Path:
    """A variant under that plan, with a scorecard of which the second question is asked in the plan alone."""
    folder = reports / "variants" / NAME
    folder.mkdir(parents=True)
    for part in [path for path in reports.iterdir() if path.name != "variants"]:
        part.rename(folder / part.name)
    (folder / plan.FILE).write_text(PLAN, encoding="utf-8")
    card = pd.DataFrame(CARD).iloc[[0, 0, 1]].assign(registered=["1", "0", None]).reset_index(drop=True)
    open_with(folder, card.assign(id=["markets.forward.f", "markets.forward.sum", "cascade.none"]))
    (folder / "tables" / SECOND / "verdicts.csv").write_text(f"run,verdict\n{FIRST},Found under the rule.\n")
    return folder


def words(text: str) -> str:
    return Page(text).text()


def test_the_page_opens_with_whose_plan_it_is_and_what_differs(ours: Path) -> None:
    text = html.build(ours, variant=NAME).read_text(encoding="utf-8")
    told = words(text)
    notice = told.index(f"This page tells what was found under the plan of {WHOSE}, dated 1 March 2027.")
    assert notice < told.index("What was asked.") < told.index("Answers in short")
    assert "What had been seen when it was written: The reference report had been read." in told
    assert "What differs from the registered plan:" in told
    changes = plan.of(ours).own
    assert changes
    assert all(change in told for change in changes.changes)
    assert "0.01" in " ".join(changes.changes)
    assert "the registered answer" not in told
    assert "the variant ours." not in told  # that it stands for no plan
    assert f"<title>CRIMJUST research: variant ours, by the plan of {escape(WHOSE)}" in text


def test_counts_grades_and_verdicts_are_of_the_plan_and_registered_is_only_what_is(ours: Path) -> None:
    told = words(html.build(ours, variant=NAME).read_text(encoding="utf-8"))
    assert f"2 questions of the plan of {WHOSE} are about them" in told
    assert "; 1 of them is asked there alone and in no registered plan; 1 more have no public data." in told
    assert "questions about them were registered" not in told
    assert f"Scorecard by the plan of {WHOSE}: every question" in told
    assert told.count("Asked in this plan alone; it is not registered.") == 1
    assert "First version: none found." not in told
    assert f"Verdict by the plan of {WHOSE}. Found under the rule." in told
    assert f"Made under the plan of {WHOSE}, dated 1 March 2027." in told
    assert f"This run has other parameters than the plan of {WHOSE}, dated 1 March 2027, has:" in told
    assert "What changed since the last report" not in told


def test_targets_stand_on_the_page_and_on_paper_each_with_its_figure_source_and_status(ours: Path) -> None:
    (ours / "tables" / "14_evaluation").mkdir()
    (ours / "tables" / "14_evaluation" / "indicators.csv").write_text(ROWS)
    report = html.read(ours, NAME)
    assert report.targets
    cells = [[cell.text for cell in row] + [row[3].note] for row in report.targets.rows]
    assert cells == [
        ["Effective <investigation>", "0.324", "0.323", "at least 0.450", "not due before 2027", f"by 2027; {SOURCE}"],
        ["Countries that joined", "9 countries", "none", "at least 30 countries", "no figure of 2024", "by 2024; Minutes"],
    ]  # fmt: skip
    for text in (html.pages_of(report)[html.PAGE], paper.page(report)):
        assert f"Targets are those of the plan of {WHOSE}" in " ".join(elements.main_of(text).text().split())
        assert 'id="targets"' in text
        assert "not due before 2027" in text
        assert "<script>alert" not in text.partition("<main")[2].partition("</main>")[0]
    (ours / "tables" / "14_evaluation" / "indicators.csv").write_text(ROWS.replace("countries_joined", "others"))
    with pytest.raises(RunError, match=r"indicators\.csv lacks 'countries_joined'; run `crimjust run 14_evaluation`"):
        html.read(ours, NAME)


def test_targets_without_the_run_that_tells_of_indicators_say_so(ours: Path) -> None:
    told = words(html.build(ours, variant=NAME).read_text(encoding="utf-8"))
    assert "told by the notebook 14_evaluation, which is not among these results." in told


def test_the_summary_and_paper_say_it_too(ours: Path) -> None:
    report = html.read(ours, NAME)
    summary = words(html.pages_of(report)[html.SUMMARY])
    assert f"CRIMJUST: answers in short by the plan of {WHOSE}" in summary
    assert "This summary tells what was found under the plan of" in summary
    page = paper.page(report)
    told = " ".join(elements.main_of(page).text().split())
    assert f"By the plan of {WHOSE}, dated 1 March 2027, laid over version 2 of the registered analysis plan" in told
    assert "This report tells what was found under the plan of" in told
    assert "What was asked" in [heading.text() for heading in elements.main_of(page).all("h3")]
    assert f"The plan of {WHOSE} asks 17 questions" in told
    assert "What was registered" not in told
    assert "Holm’s method over all that it asks for the outcome" in told
    own = plan.of(ours).own
    assert own
    assert own.sha256[:12] in told
    assert paper.running(report).endswith(f"variant ours, by the plan of {WHOSE}")


def test_p_is_adjusted_and_told_as_the_plan_pools_it(ours: Path) -> None:
    (ours / "estimates.csv").write_text(f"run,id,p_adjusted\n{FIRST},forward.f,0.0123\n")
    (section, _) = contents.read(ours, NAME)
    assert section.estimates[0].p_adjusted == 0.0123
    (ours / plan.FILE).unlink()
    (section, _) = contents.read(ours, NAME)
    assert section.estimates[0].p_adjusted != 0.0123
    assert section.verdict == ""


def test_numbers_tables_figures_and_citations_taken_away_name_the_plan(ours: Path) -> None:
    planned = plan.of(ours)
    assert planned.own
    named = numbers.named(ours, NAME)
    assert {one.name: one.grade for one in named}["ours/markets.forward.f"] == ""  # which this plan does not ask
    told = json.loads(numbers.as_json(named, "crimjust numbers", planned, NAME))
    assert told["own_plan"]["whose"] == WHOSE
    assert told["own_plan"]["changes"] == list(planned.own.changes)
    head = numbers.as_tex(named, "crimjust numbers", planned, NAME).decode().partition("\\makeatletter")[0]
    assert f"% Made under the plan of {WHOSE}, dated 1 March 2027" in head
    assert all(line.startswith("%") for line in head.splitlines())
    assert "own_plan" not in json.loads(numbers.as_json(named, "crimjust numbers", plan.load()))
    (first, *_) = taken.tables_of(ours, NAME)
    assert any(note.startswith(f"Made under the plan of {WHOSE}") for note in first.notes)
    figure = KeptFigure(FIRST, "series", 1, (), planned.own.named).made(NAME)
    assert f"; made under the plan of {WHOSE}, dated 1 March 2027." in figure


def test_a_citation_names_the_plan(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_sentences", lambda results, *_: runs._plan(plan.of(results)))
    monkeypatch.setattr(runs.record, "load", lambda _: {"tables": [], "own_plan": "ab"})
    reference = runs.reference(ours, [FIRST])
    assert f", under the plan of {WHOSE}, dated 1 March 2027" in reference.medium
    assert f"Analysis plan: the plan of {WHOSE}, dated 1 March 2027 (SHA-256 " in reference.note
    assert citations.files((reference,), ("bibtex",), ("x",), NAME)


def test_listed_variants_say_whose_plan_and_what_differs(ours: Path) -> None:
    own = plan.of(ours).own
    told = " ".join(listing.as_text([Variant(NAME, (), (), own)], (), 100).split())
    assert f"made under the plan of {WHOSE}, dated 1 March 2027, which differs from the registered one:" in told
    assert own
    assert own.changes[0] in told


def test_a_number_explained_says_whose_plan_asks_it(ours: Path) -> None:
    found = asked.find(ours, (FIRST, "forward.f"))
    told = explanation._registered(found, {"role": "primary"}, (), plan.of(ours))  # type: ignore[arg-type]
    assert told == f"Not registered in docs/analysis_plan.toml, nor asked in the plan of {WHOSE}, dated 1 March 2027"
    (primary, *_) = plan.of(ours).primaries
    of = asked.Asked(FIRST, "estimate", primary.name, primary)
    told = explanation._registered(of, {"role": "primary"}, (), plan.of(ours))
    assert told == f"As asked in the plan of {WHOSE}, dated 1 March 2027, as {primary.id}"
    without = own_plan.laid_over(plan.load(), f"{PLAN.split('[')[0]}[outcome.3]\nfamily = []\n".encode(), "mine.toml")
    of = asked.Asked("08_outcome3_diversification", "estimate", "trend")
    assert explanation._registered(of, {"role": "secondary"}, (), without) == (
        "Registered in docs/analysis_plan.toml as diversification.trend, and not asked in "
        f"the plan of {WHOSE}, dated 1 March 2027"
    )


def test_a_reference_says_nothing_of_anybody_s_plan(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    text = html.build(reports).read_text(encoding="utf-8")
    assert "plan of" not in words(text)
    assert "notice plan" not in text
    assert not list(whose.lines(plan.of(reports)))
    assert kept.name_of(reports) == variants.REFERENCE
    assert re.search(r"\bours\b", words(text)) is None
