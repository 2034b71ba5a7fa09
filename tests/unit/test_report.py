"""The report page: stands alone, links every number, says everything aloud, and comes out the same each time."""

import base64
import hashlib
import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from reported import CARD, FIRST, HOSTILE, HOSTILE_ID, NOTEBOOK, SECOND, Page, copied, open_with, raw_table

from crimjust_research import report
from crimjust_research.errors import CrimjustError, DataError, RunError
from crimjust_research.evidence import rule
from crimjust_research.report import contents, drawings, html
from crimjust_research.report.anchors import anchor
from crimjust_research.report.downloads import zipped


@pytest.fixture(scope="module")
def text(reported_project: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of both assessments, built once from a copy of its own."""
    with pytest.MonkeyPatch.context() as patch:
        home = copied(reported_project, tmp_path_factory.mktemp("text") / "project", patch)
        return report.build(home / "reports").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_every_element_closes(page: Page) -> None:
    assert page.open == []


def test_loads_no_outside_address(page: Page, text: str) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("iframe", "object", "embed", "base", "form")
        for name in ("src", "href", "xlink:href", "data", "poster", "srcset"):
            if tag != "a" and name in attributes:
                assert attributes[name].startswith(("data:", "#"))
    assert not re.search(r"@import|url\((?!#)", text)


def test_its_policy_admits_its_own_style_sheet_and_script_alone(page: Page) -> None:
    def hashed(element: str) -> str:
        (content,) = ["".join(words for path, words in page.words if path[-1:] == (element,))]
        return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; style-src {hashed('style')}; script-src {hashed('script')}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert sum(1 for _ in page.all("style")) == sum(1 for _ in page.all("script")) == 1
    assert not [name for _, given in page.elements for name in given if name == "style" or name.startswith("on")]


def test_nothing_on_it_lies_beside_it(page: Page) -> None:
    assert {a["href"].partition(":")[0].partition("#")[0] for a in page.all("a")} <= {"", "data", "https"}


def test_ids_are_unique_and_every_inner_link_resolves(page: Page, text: str) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert set(inner) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    cited = ((FIRST, "forward.f"), (FIRST, "forward.bic"), (SECOND, "forward.f"), (SECOND, HOSTILE_ID))
    assert {anchor("estimate", *one) for one in cited} <= set(inner)
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", name) for name in ids)


def test_no_two_texts_share_an_anchor() -> None:
    told = ("a b", "a~20~b", "a-b", "a~b", "é", "~e9~", "")
    assert len({anchor("x", one) for one in told}) == len(told)


def test_a_number_leads_to_its_publisher_in_four_clicks(page: Page, text: str) -> None:
    def after(place: str, until: str) -> str:
        return text[text.index(f'id="{place}"') :].partition(until)[0]

    row = after(f"estimate-{FIRST}-forward.f", "</tr>")
    assert f'<a href="#cell-{FIRST}-2" aria-label="cell 2 of notebook 01">cell 2</a>' in row
    cell = after(f"cell-{FIRST}-2", "</div>")
    assert "estimate()" in cell
    assert '<a href="#data-monthly">' in cell
    panel = after("data-monthly", "</details>")
    assert '<a href="#data-seizures">' in panel
    assert "Line 2 of the file: <code>month: 2020-01; count: 10</code>" in panel
    assert "one row of" in panel
    assert "https://example.gov/seizures" in after("data-seizures", "</details>")
    # A cell that is not in the executed notebook is not linked to.
    assert f"cell-{FIRST}-9" not in text
    assert "Drawn in cell 3." in page.text()


def test_every_cell_of_code_is_shown_as_it_ran(page: Page) -> None:
    code = ["".join(w) for path, w in page.words if path[-2:] == ("pre", "code")]
    executed = [cell["source"] for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert code == executed * 2


def test_each_section_shows_the_figure_that_carries_its_answer_and_folds_the_rest(page: Page, text: str) -> None:
    shown = [place for place, (tag, given) in enumerate(page.elements) if tag == "figure"]
    first_fold = next(i for i, (tag, given) in enumerate(page.elements) if given.get("class") == "rest")
    assert [page.elements[i][1]["id"] for i in shown if i < first_fold] == [f"figure-{FIRST}-lead_lag"]
    assert text.count('<details class="rest">') == 2
    assert not [given for given in page.all("details") if "open" in given]
    assert "1 more figures" in page.text() or "1 more figure" in page.text()


def test_every_figure_is_described(page: Page) -> None:
    drawn = [a for a in page.all("div") if a.get("role") == "img"]
    named = "Seizures. Seizures rise from 1 to 4 in three months."
    assert [a["aria-label"] for a in drawn] == [named, named, f"Seizures. {HOSTILE.strip()}."]
    assert len(drawn) == sum(1 for _ in page.all("figure")) == sum(1 for _ in page.all("figcaption"))
    # What is said of it in full lies folded beside it.
    folded = [a["id"] for a in page.all("details") if "id" in a]
    assert set(folded) >= {a["aria-details"] for a in drawn}


def test_a_figure_is_named_in_few_words_however_much_is_said_of_it() -> None:
    told = {
        "title": "A title",
        "alt": "Line chart. a: 1 at 2, 2 at 3. b: 5 at 6.",
        "says": "[[25 %|x]] rose. " + "So. " * 90,
    }
    named = contents._in_short(told)
    assert named.startswith("A title. Line chart. 25% rose. So. So.")
    assert len(named.split()) == 60
    assert contents._in_short(told | {"says": "word " * 70}) == "A title. Line chart."


def test_headings_descend_one_level_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_tables_have_captions_and_headers(page: Page) -> None:
    count = sum(1 for _ in page.all("table"))
    assert count == sum(1 for _ in page.all("caption"))
    assert {a.get("scope") for a in page.all("th")} == {"col", "row"}


def test_landmarks_language_and_skip_link(page: Page) -> None:
    assert [a["lang"] for a in page.all("html")] == ["en"]
    assert [a.get("id") for a in page.all("main")] == ["main"]
    assert next(page.all("a"))["href"] == "#main"
    for landmark in ("header", "nav", "footer"):
        assert sum(1 for _ in page.all(landmark)) == 1


def test_hostile_text_stays_text(page: Page, text: str) -> None:
    assert text.count("<script") == 1
    assert "<b>" not in text.replace("<b></b>", "").replace(f"<b>{FIRST[:2]}</b>", "").replace(
        f"<b>{SECOND[:2]}</b>", ""
    )
    assert HOSTILE in page.text()
    assert [given["id"] for tag, given in page.elements if tag == "tr" and given.get("id", "").endswith("~e9~")]
    assert [a["href"] for a in page.all("a") if "alert" in a["href"]] == []


def test_simulated_estimates_are_announced(page: Page, text: str) -> None:
    assert page.text().count("SIMULATED DATA. All estimates of this assessment") == 1
    assert "SIMULATED" not in page.text().partition(f"{SECOND[:2]}. {HOSTILE}")[0].partition("In words: <b>so")[0]
    row = text[text.index(f'<tr id="estimate-{SECOND}-forward.f">') :].partition("</tr>")[0]
    assert "<strong>SIMULATED</strong>" in row
    observed = text[text.index(f'<tr id="estimate-{FIRST}-forward.f">') :].partition("</tr>")[0]
    assert "SIMULATED" not in observed


def test_departures_stand_before_the_answer(page: Page) -> None:
    words = page.text()
    assert words.count("This run has other parameters than the registered ones:") == 1
    assert (
        words.index("This run has other parameters") < words.index("Window cut to 2020.") < words.rindex("<b>0.5</b>")
    )


def test_a_small_p_that_adjustment_sets_aside_is_explained_where_it_is_seen(reports: Path) -> None:
    (reports / "tables" / FIRST / "verdicts.csv").write_text(f"run,verdict\n{FIRST},Not answerable.\n")
    told = "is 1 for one that is not answerable, however small its own."
    path = reports / "assessments" / f"{FIRST}.json"
    saved = json.loads(path.read_text())
    for adjusted, p, expected in (("1", " (p = 0.01)", 1), ("0.01", " (p = 0.01)", 0), ("1", "", 0)):
        (reports / "estimates.csv").write_text(f"run,id,p_adjusted\n{FIRST},forward.f,{adjusted}\n")
        path.write_text(json.dumps(saved | {"answer": saved["answer"] + p}))
        assert Page(report.build(reports).read_text()).text().count(told) == expected


def test_verdicts_are_words_with_shapes(text: str) -> None:
    for verdict in ("passed", "failed", "for information"):
        assert re.search(rf'<span class="verdict [a-z]+"><svg [^>]*aria-hidden="true">.*</svg>{verdict}</span>', text)
    assert "checks: 1 passed, 1 failed, 1 for information; 6 estimates" in Page(text).text()


def test_a_question_s_check_tells_the_power_it_had(page: Page) -> None:
    assert "Residuals power to fail 0.93" in page.text()


@pytest.mark.parametrize(("versions", "told"), [(("1", "2"), ", 1 of them anew, after first"), (("2", "2"), "")])
def test_questions_that_were_registered_anew_are_told(reports: Path, versions: tuple[str, str], told: str) -> None:
    card = pd.DataFrame(CARD).iloc[[0, 1, 0]].reset_index(drop=True)
    open_with(reports, card.assign(registered=[versions[0], None, versions[1]]))
    words = Page(report.build(reports).read_text()).text()
    assert (
        f"2 questions about them were registered, each with the smallest size that would matter{told or ';'}" in words
    )


def test_the_page_opens_with_all_questions_in_short(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    text = report.build(reports).read_text()
    page = Page(text)
    words = page.text()
    order = [
        "1 questions about them",
        "Of the 1, 1 is graded “suggestive” (found, but not",
        "Answers in short",
        "Seizures, and",
        "0.5 was found",
        "What is not known",
        "<i>Whether</i>",
        "Would tell: More",
        "What changed",
        "Nothing: every grade",
        f"{FIRST[:2]}. Seizures and",
    ]
    places = [words.index(said, words.index("What was asked.")) for said in order]
    assert places == sorted(places)
    assert f'<a href="#estimate-{FIRST}-forward.trend">0.5</a>' in text
    assert next(page.all("figure"))["id"] == f"figure-{SECOND}-series"
    assert len(page.ids()) == len(set(page.ids()))
    assert f'href="#assessment-{FIRST}"' in text[text.index('class="asker"') :][:80]


def test_a_change_since_the_last_report_is_told(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD), "Do they?,undecided,suggestive,A year more.\n")
    assert "Do they?Was: undecidedNow: suggestiveA year more." in Page(report.build(reports).read_text()).text()


def test_the_summary_is_the_opening_alone_and_the_page_carries_it(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    page = Page(report.build(reports).read_text())
    text = (reports / "summary.html").read_text()
    summary = Page(text)
    assert downloads(page)["summary.html"] == text.encode()
    assert [a["href"] for a in summary.all("a")] == ["#main"]
    assert list(summary.all("script", "details", "table")) == []
    assert "script-src" not in text
    assert "0.5 was found." in summary.text()
    assert sum(1 for _ in summary.all("figure")) == 1


def test_what_the_opening_lacks_is_named(reports: Path) -> None:
    folder = open_with(reports, pd.DataFrame(CARD))
    (folder / "unknown.csv").write_text("outcome,tells,questions\n1,More,x\n")
    with pytest.raises(RunError, match=r"lacks the column 'unknown'; run `crimjust run .*` again"):
        report.build(reports)
    (folder / "unknown.csv").unlink()
    with pytest.raises(DataError, match=r"unknown\.csv is missing; run `crimjust run .*` again"):
        report.build(reports)


def test_the_scorecard_and_the_verdict_lead_to_the_estimates_they_judge(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    (reports / "tables" / SECOND / "verdicts.csv").write_text(f"run,verdict\n{FIRST},Found under the rule.\n")
    text = report.build(reports).read_text()
    assert f'<a href="#estimate-{FIRST}-forward.f">0.123 log points</a>' in text
    judged = Page(text).text().split("Found under the rule.")[1]
    assert judged.startswith(" What it judges: Do they, in short?")
    open_with(reports, pd.DataFrame(CARD).assign(id=["markets.never_saved", "cascade.none"]))
    with pytest.raises(RunError, match="lacks 'never_saved', which a sentence cites"):
        report.build(reports)


def test_a_number_that_is_no_estimate_leads_to_the_figure_that_shows_it(reports: Path) -> None:
    verdicts = reports / "tables" / SECOND / "verdicts.csv"
    verdicts.write_text(f"run,verdict\n{FIRST},[[1 to 4|figure:lead_lag]] seizures.\n")
    assert f'<a href="#figure-{FIRST}-lead_lag">1 to 4</a> seizures.' in report.build(reports).read_text()
    verdicts.write_text(f"run,verdict\n{FIRST},[[1 to 4|figure:never_drawn]] seizures.\n")
    with pytest.raises(RunError, match="lacks 'figure:never_drawn', which a sentence cites"):
        report.build(reports)


def test_the_scorecard_has_a_row_a_question(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    page = Page(report.build(reports).read_text())
    words = page.text()
    assert "Outcome 1: what was asked" in words
    cells = ("Do they?0.123 log points−0.500 to ∞; p < 0.001, calibrated 0.002, adjusted 0.040", "0.20013% fewer")
    assert all(cell in words for cell in cells)
    assert (
        "suggestive, as asked, of a size that mattersIt rests on 2020. Half the margin: undecided; double: suggestive. "
        "First version: none found." in words
    )
    assert all(cell in words for cell in ("One seriesWould answer it: More series.", "Nobody publishes itWould"))


def test_a_question_not_answerable_says_that_its_p_counts_as_one_and_what_holds_at_other_sizes(reports: Path) -> None:
    card = pd.DataFrame(CARD).assign(grade="not answerable", half="not answerable", direction=None, matters=None)
    open_with(reports, card)
    words = Page(report.build(reports).read_text()).text()
    assert "adjusted 0.040 (counts as 1: not answerable)" in words
    assert "not answerableIt rests on 2020. Half the margin: not answerable; double: suggestive." in words
    open_with(reports, card.assign(double="not answerable", would_answer="Records as `06` reads"))
    page = Page(report.build(reports).read_text())
    assert "It rests on 2020. The same at half and double." in page.text()
    assert any(path[-1:] == ("code",) and said == "06" for path, said in page.words)
    assert "`" not in page.text()


def test_caveats_and_words_for_who_cannot_see_are_told_piece_by_piece(reports: Path) -> None:
    table = raw_table("counts", "Counts", ("Of `iso3`, some.",))
    behind = html.read(reports)
    stored = {key: replace(one, resource=replace(one.resource, table=table)) for key, one in behind.behind.items()}
    text = html.pages_of(replace(behind, behind=stored))["index.html"]
    assert "<li>Of <code>iso3</code>, some.</li>" in text
    assert "<li>Seizures rise from 1 to 4 in three months.</li>" in text


def test_the_legend_tells_every_grade(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD))
    legend = report.build(reports).read_text().lower()
    assert all(f"<strong>{grade}</strong>" in legend for grade in rule.GRADES)


def test_a_scorecard_of_another_form_is_refused_by_column(reports: Path) -> None:
    open_with(reports, pd.DataFrame(CARD).drop(columns="threat"))
    with pytest.raises(RunError, match=r"lacks the column 'threat'; run `crimjust run .*` again"):
        report.build(reports)


def test_estimates_are_grouped_by_role_with_cited_ones_first(page: Page, text: str) -> None:
    rows = re.findall(rf'<tr id="estimate-{FIRST}-([^"]+)"', text)
    assert rows == [
        "forward.f",
        "forward.bic",
        "forward.sum",
        "forward.trend",
        "forward.without.2020",
        "forward.power.margin",
    ]
    words = page.text()
    assert "Table 1.1. Estimates" in words
    assert "Table 1.2. Secondary estimates 1 row" in words
    assert "Table 1.3. Sensitivity estimates 1 row" in words
    assert "Table 1.4. Without one unit each 1 row" in words
    assert "Table 1.5. Power, equivalence and size of the tests 1 row" in words
    assert "−0.200 to 0.310" in words
    assert "Interval, 95% level" in words


def test_outcomes_carry_the_title_of_the_programme(page: Page) -> None:
    assert "Outcome 1: Drug and precursor markets understood together" in page.text()


def test_a_question_of_two_outcomes_names_both() -> None:
    assert html._outcome("2 and 3") == "Outcomes 2 and 3"
    assert html._outcome("all") == "All outcomes"


def test_numbers_lead_to_publisher_and_licence(page: Page) -> None:
    links = {a["href"] for a in page.all("a")}
    assert {f"https://{host}/seizures" for host in ("example.gov", "archive.example")} <= links
    assert {"https://example.gov/deaths", "https://www.usa.gov/terms"} <= links
    words = page.text()
    assert "Seizures and deaths by month panel, 2025-12, 2 rows" in words
    assert "data/processed/monthly/2025-12.csv" in words
    assert "Deaths as published, 2024-12, 2 rows" in words
    assert words.count("Deaths as published") == 1
    assert "Pounds, not kilograms." in words
    assert "with pandas 3.1.0" in words


def test_same_results_give_the_same_bytes(reports: Path) -> None:
    before = report.build(reports).read_bytes()
    assert report.build(reports).read_bytes() == before
    assert str(reports.parent).encode() not in before


def downloads(page: Page) -> dict[str, bytes]:
    """What the page carries, by the name it is saved under."""
    found = {}
    for link in page.all("a"):
        if "download" in link:
            head, _, content = link["href"].partition(";base64,")
            assert head in ("data:application/zip", "data:text/html")
            found[link["download"]] = base64.b64decode(content, validate=True)
    return found


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_downloads_are_within_the_page_whole(page: Page, reports: Path) -> None:
    carried = downloads(page)
    figures = {f"{FIRST}-series.zip", f"{FIRST}-lead_lag.zip", f"{SECOND}-series.zip"}
    assert set(carried) == {*figures, f"{FIRST}-tables.zip", f"{SECOND}-tables.zip", "estimates.zip"}
    figure = unpacked(carried[f"{FIRST}-series.zip"])
    assert list(figure) == ["series.csv", "series.svg", "series.vl.json"]
    saved = {name: (reports / "figures" / FIRST / name).read_bytes() for name in figure}
    assert figure["series.csv"] == saved["series.csv"]
    assert json.loads(figure["series.vl.json"]) == json.loads(saved["series.vl.json"])
    assert figure["series.svg"] == drawings.lightened(saved["series.svg"])
    assert [words.text for words in ElementTree.fromstring(figure["series.svg"])[:2]] == [
        words.text for words in ElementTree.fromstring(saved["series.svg"])[:2]
    ]
    own = unpacked(carried[f"{FIRST}-tables.zip"])
    assert list(own) == ["check-1.csv", "check-2.csv", "estimates.csv", "lag_choice.csv", "tables.html"]
    assert own["lag_choice.csv"] == (reports / "tables" / FIRST / "lag_choice.csv").read_bytes()
    assert own["check-2.csv"] == b"largest_root,p\n0.98,0.0002\n"
    assert unpacked(carried["estimates.zip"])["estimates.csv"] == (reports / "estimates.csv").read_bytes()


def test_no_cell_of_a_carried_table_is_a_formula(page: Page) -> None:
    hostile = unpacked(downloads(page)[f"{SECOND}-tables.zip"])["check-1.csv"].decode()
    assert not re.search(r"(^|[,\n])\"?[=+@]", hostile)


def test_a_zip_depends_on_what_is_in_it_alone() -> None:
    files = {"b.csv": b"1", "a.svg": b"<svg/>" * 99}
    one, other = (zipped("x", "x.zip", dict(order)) for order in (files.items(), reversed(files.items())))
    assert one.content == other.content
    assert unpacked(one.content) == files
    assert len(one.content) < 500


def test_a_variants_page_says_so_and_tells_nothing_that_is_the_references(reports: Path) -> None:
    (reports / "estimates.csv").write_text(f"run,id,p_adjusted\n{FIRST},forward.f,0.777\n")
    (reports / "tables" / FIRST / "verdicts.csv").write_text(f"run,verdict\n{FIRST},Found under the rule.\n")
    reference = Page(report.build(reports).read_text())
    assert "0.777" in reference.text()
    assert "Found under the rule." in reference.text()
    assert "variant" not in reference.text()
    variant = Page(report.build(reports, variant="narrow").read_text())
    assert "0.777" not in variant.text()
    assert "Found under the rule." not in variant.text()
    assert variant.text().count("CRIMJUST research: variant narrow, not the registered answer") == 2
    assert "crimjust report --variant narrow" in variant.text()
    (reports / "figures" / FIRST / "series.svg").unlink()
    with pytest.raises(RunError, match=rf"series\.svg is missing; run `crimjust run {FIRST}` again"):
        report.build(reports, variant="narrow")


def test_a_section_of_a_variant_that_tells_of_reference_results_says_so(reports: Path) -> None:
    path = reports / "assessments" / f"{FIRST}.json"
    saved = json.loads(path.read_text())
    saved["used"].append({"table": "reports/assessments/x.json", "vintage": "reference run", "sha256": "0"})
    path.write_text(json.dumps(saved))
    told = "This assessment tells of the reference results, not of those of the variant narrow."
    assert told in Page(report.build(reports, variant="narrow").read_text()).text()
    assert "This assessment tells of" not in Page(report.build(reports).read_text()).text()


def test_a_page_elsewhere_is_the_same(reports: Path, tmp_path: Path) -> None:
    beside = report.build(reports).read_bytes()
    (reports / "index.html").unlink()
    written = report.build(reports, tmp_path / "out")
    assert written == tmp_path / "out" / "index.html"
    assert written.read_bytes() == beside
    assert not (reports / "index.html").exists()


def test_a_page_that_cannot_be_written_names_the_remedy(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written into .*file.*; name a folder .* --output FOLDER"):
        report.build(reports, tmp_path / "file")


def test_drawings_lose_ids_and_roles_that_would_clash(text: str, reports: Path) -> None:
    assert 'id="series-0' in (reports / "figures" / FIRST / "series.svg").read_text()
    assert 'id="series-0' not in text
    assert f'id="figure-{FIRST}-series-series-0' in text
    assert "aria-roledescription" not in text


# --- Missing and broken results -----------------------------------------------------------------------------------


def test_missing_pool_of_estimates_is_named(reports: Path) -> None:
    (reports / "estimates.csv").unlink()
    with pytest.raises(RunError, match=r"estimates\.csv is missing; run `crimjust run all` again"):
        report.build(reports)


def test_nothing_to_report_says_what_to_run(reports: Path) -> None:
    shutil.rmtree(reports / "assessments")
    with pytest.raises(RunError, match="holds no assessment; run `crimjust run all` first"):
        report.build(reports)


@pytest.mark.parametrize(
    "missing",
    [
        f"figures/{FIRST}/series.svg",
        f"figures/{FIRST}/lead_lag.vl.json",
        f"tables/{FIRST}/lag_choice.csv",
        f"tables/{FIRST}/estimates.csv",
        f"notebooks/{FIRST}.ipynb",
        f"records/{FIRST}.json",
    ],
)
def test_missing_file_is_named_and_the_page_kept(reports: Path, missing: str) -> None:
    before = report.build(reports).read_bytes()
    (reports / missing).unlink()
    with pytest.raises(CrimjustError, match=rf"{re.escape(missing)} is missing; run `crimjust run {FIRST}` again"):
        report.build(reports)
    assert (reports / "index.html").read_bytes() == before


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        (f"figures/{FIRST}/series.svg", "<svg", "is not an SVG drawing"),
        (
            f"figures/{FIRST}/series.svg",
            '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
            "holds a <script>, which a page cannot take",
        ),
        (f"assessments/{FIRST}.json", "{", "is not valid JSON"),
        (f"assessments/{FIRST}.json", "{}", "is not as this project writes it: 'name' is missing"),
        (f"records/{FIRST}.json", '{"parameters": 5}', "is not as this project writes it: 'parameters' is a number"),
        (f"tables/{FIRST}/estimates.csv", "id\nforward.f\n", "lacks the column 'outcome'"),
        (f"tables/{FIRST}/lag_choice.csv", "lag,aic\n1\n", "cannot be read: row 1 has 1 cells under 2 columns"),
        (f"tables/{FIRST}/lag_choice.csv", "", "cannot be read: the file is empty"),
    ],
)
def test_broken_file_is_named(reports: Path, file: str, content: str, fault: str) -> None:
    (reports / file).write_text(content)
    with pytest.raises(CrimjustError, match=rf"{re.escape(file)} {fault}.*; run `crimjust run {FIRST}` again"):
        report.build(reports)


def test_answer_citing_an_unsaved_estimate_is_refused(reports: Path) -> None:
    path = reports / "tables" / FIRST / "estimates.csv"
    path.write_text("".join(row for row in path.read_text().splitlines(True) if not row.startswith("forward.bic")))
    with pytest.raises(RunError, match=r"lacks 'forward\.bic', which a sentence cites"):
        report.build(reports)


def test_results_of_other_data_are_refused(reports: Path) -> None:
    path = reports / "assessments" / f"{FIRST}.json"
    saved = json.loads(path.read_text())
    saved["used"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(saved))
    with pytest.raises(RunError, match=r"was made from monthly 2025-12 when its sha256 was 000000000000…"):
        report.build(reports)


def test_panel_older_than_its_raw_tables_is_refused(reports: Path) -> None:
    path = reports.parent / "data" / "raw" / "datapackage.json"
    package = json.loads(path.read_text())
    next(r for r in package["resources"] if r["table"] == "seizures")["hash"] = f"sha256:{'0' * 64}"
    path.write_text(json.dumps(package))
    with pytest.raises(DataError, match=r"panel 'monthly' was made of seizures 2025-12 .* rebuild"):
        report.build(reports)
