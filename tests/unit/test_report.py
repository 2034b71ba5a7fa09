"""The report page: stands alone, links every number, says everything aloud, and comes out the same each time."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

from crimjust_research import report, written
from crimjust_research.charts.figure import Figure
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.errors import CrimjustError, DataError, RunError
from crimjust_research.evidence import rule
from crimjust_research.evidence.estimates import Check, Estimate, Used
from crimjust_research.evidence.words import refer
from crimjust_research.report import drawings, html, tables
from crimjust_research.results import Assessment

HOSTILE = "<script>alert('x')</script> & \"quoted\""
FIRST, SECOND = "01_outcome1_markets", "02_outcome3_cooperation"
VOID = {"meta", "link", "br", "img", "input", "hr", "col"}


class Page(HTMLParser):
    """Everything the tests ask of a page: elements with their attributes, and the text within each kind."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[tuple[str, ...], str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.words.append((tuple(self.open), data))

    def all(self, *tags: str) -> Iterator[dict[str, str]]:
        return (attributes for tag, attributes in self.elements if tag in tags)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def text(self) -> str:
        return " ".join("".join(w for path, w in self.words if "style" not in path).split())


def raw_table(name: str, title: str, caveats: tuple[str, ...] = ()) -> Table:
    return Table(
        name=name,
        title=title,
        description="One row is a month.",
        fields=(
            Field("month", "yearmonth", "Month.", constraints={"required": True}),
            Field("count", "integer", "Count.", "events", {"required": True}),
        ),
        primary_key=("month",),
        licences=(Licence("us-government-work", "Public domain in the United States", "https://www.usa.gov/terms"),),
        sources=(Source(f"Publisher of {name}", f"https://example.gov/{name}", f"https://archive.example/{name}"),),
        time="month",
        caveats=caveats,
    )


def store_data(home: Path) -> None:
    """What the source document says, two raw tables and the panel made of them, in a project at `home`."""
    shutil.copytree(Path(__file__).parents[2] / "data" / "document", home / "data" / "document")
    frame = pd.DataFrame({"month": ["2020-01", "2020-02"], "count": [10, 12]})
    raw = Catalog(home / "data" / "raw")
    stored = raw.store(
        [
            Release(raw_table("seizures", "Seizures", ("Pounds, not kilograms.", HOSTILE)), "2025-12", frame),
            Release(raw_table("deaths", "Deaths"), "2024-12", frame),
        ]
    )
    panel = replace(
        raw_table("monthly", "Seizures and deaths by month"),
        sources=tuple(Source(f"raw table {name}", f"data/raw/{name}") for name in ("deaths", "seizures")),
    )
    notes = tuple(f"made of {r.table.name} {r.vintage}, sha256 {r.sha256}" for r in stored)
    Catalog(home / "data" / "processed").store([Release(panel, "2025-12", frame, notes=notes)])


def estimate(identifier: str, **changes: object) -> Estimate:
    return replace(
        Estimate(
            id=identifier,
            outcome="1",
            question="Do they?",
            estimand="Predictive content of past seizures for deaths",
            method="Toda-Yamamoto, F version",
            specification="lag 3, 1 added, month effects",
            estimate=5.4051,
            unit="F(3, 60)",
            n_obs=75,
            n_units=1,
            role="primary",
            p_value=0.00297,
            p_adjusted=0.00594,
        ),
        **changes,  # type: ignore[arg-type]
    )


def line(name: str, alternative: str = "Seizures rise from 1 to 4 in three months.") -> Figure:
    data = pd.DataFrame({"month": [1, 2, 3], "count": [1, 2, 4]})
    # A clipped mark makes the drawing carry ids of its own.
    chart = alt.Chart(data).mark_line(point=True, clip=True).encode(x="month:Q", y="count:Q")
    return Figure(name, "Seizures", chart, alternative, "Seizures by month.", "Customs service", data)


def markets(home: Path) -> Assessment:
    panel = Catalog(home / "data" / "processed").resource("monthly")
    return Assessment(
        name="markets",
        outcome="1",
        title="Seizures and deaths",
        question="Do seizures and deaths foretell each other?",
        answer=f"Seizures improve the forecast ({refer('F = 5.41', 'forward.f')}); lag by BIC: "
        f"{refer('4.2', 'forward.bic')}.",
        estimates=(
            estimate("forward.f"),
            estimate("forward.sum", role="secondary", ci_low=-0.2, ci_high=0.31, ci_level=0.95, unit="log points"),
            estimate("forward.bic", role="sensitivity", estimate=4.2),
            estimate("forward.trend", role="sensitivity", estimate=3.9),
            estimate("forward.without.2020", role="left_out", specification="2020"),
            estimate("forward.power.margin", role="diagnostic", estimate=0.7, unit="probability"),
        ),
        checks=(
            Check("Window", None, "75 months.", pd.DataFrame({"first_month": ["2018-10"], "year": [2018]})),
            Check(
                "Stability", True, "The largest root is 0.98.", pd.DataFrame({"largest_root": [0.98], "p": [0.0002]})
            ),
            Check(
                "Residuals",
                False,
                f"They remain ({refer('5.41', 'forward.f')}).",
                pd.DataFrame(),
                of="seizures_to_deaths",
                power=0.93,
            ),
        ),
        figures=(line("series"), line("lead_lag")),
        tables={"lag_choice": pd.DataFrame({"lag": [1, 2], "aic": [-3.25, None], "code": ["01", "02"]})},
        used=(Used("monthly", panel.vintage, panel.sha256),),
        parameters={"drug": "fentanyl", "trend": False, "countries": ["PAN", "GHA"], "until": None},
    )


def cooperation(home: Path) -> Assessment:
    """As hostile as it gets: simulated estimates, markup in every text, a name used by the other assessment too."""
    deaths = Catalog(home / "data" / "raw").resource("deaths")
    hostile = line("series", HOSTILE)
    return Assessment(
        name="cooperation",
        outcome="Outcome 3",
        title=HOSTILE,
        question=HOSTILE,
        answer=f"{HOSTILE} {refer('<b>0.5</b>', 'forward.f')}",
        estimates=(estimate("forward.f", estimand=HOSTILE, unit=HOSTILE, data_status="simulated", n_units=12),),
        checks=(Check(HOSTILE, True, HOSTILE, pd.DataFrame({HOSTILE: [HOSTILE]})),),
        figures=(replace(hostile, caption=HOSTILE, source=HOSTILE),),
        tables={},
        used=(Used("deaths", deaths.vintage, deaths.sha256),),
        parameters={"note": HOSTILE},
        departures=("Window cut to 2020.", HOSTILE),
    )


def publish(assessment: Assessment, reports: Path, run: str, **versions: str) -> None:
    """What a run leaves in `reports/`."""
    aside = reports / "aside"
    assessment.save(aside)
    (reports / "assessments").mkdir(parents=True, exist_ok=True)
    (aside / "assessment.json").rename(reports / "assessments" / f"{run}.json")
    for kind in ("figures", "tables"):
        (aside / kind).mkdir(exist_ok=True)
        (reports / kind).mkdir(exist_ok=True)
        (aside / kind).rename(reports / kind / run)
    (aside / "estimates.csv").rename(reports / "tables" / run / "estimates.csv")
    (aside / written.MARK).unlink()
    aside.rmdir()
    made = {**{name: {} for name in ("parameters", "code", "outputs")}, "tables": [], "versions": versions}
    for folder, content in ((f"notebooks/{run}.ipynb", {"cells": []}), (f"records/{run}.json", made)):
        path = reports / folder
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two assessments published; never changed by a test."""
    home = tmp_path_factory.mktemp("project")
    store_data(home)
    publish(markets(home), home / "reports", FIRST, pandas="3.1.0")
    (home / "reports" / "estimates.csv").write_text("run,id\n")
    publish(cooperation(home), home / "reports", SECOND)
    return home


@pytest.fixture
def reports(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the published results that a test may break."""
    home = tmp_path / "project"
    shutil.copytree(published, home)
    monkeypatch.setenv("CRIMJUST_HOME", str(home))
    return home / "reports"


@pytest.fixture
def text(reports: Path) -> str:
    return report.build(reports).read_text(encoding="utf-8")


@pytest.fixture
def page(text: str) -> Page:
    return Page(text)


def test_every_element_closes(page: Page) -> None:
    assert page.open == []


def test_loads_no_outside_address(page: Page, text: str) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed", "base")
        for name in ("src", "href", "xlink:href", "data", "poster", "srcset"):
            if tag != "a" and name in attributes:
                assert attributes[name].startswith(("data:", "#"))
    assert not re.search(r"@import|url\((?!#)", text)


def test_forbids_loading_and_scripts(page: Page) -> None:
    policy = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy
    assert policy[0].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def test_ids_are_unique_and_every_inner_link_resolves(page: Page, text: str) -> None:
    ids = page.ids()
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert set(inner) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)
    assert {f"estimate-{FIRST}-forward.f", f"estimate-{FIRST}-forward.bic", f"estimate-{SECOND}-forward.f"} <= set(
        inner
    )


def test_files_beside_the_page_exist(page: Page, reports: Path) -> None:
    beside = {a["href"] for a in page.all("a") if not a["href"].startswith(("#", "data:", "http"))}
    assert beside == {"estimates.csv", f"notebooks/{FIRST}.ipynb", f"notebooks/{SECOND}.ipynb"}
    assert all((reports / name).is_file() for name in beside)


def test_every_figure_is_described(page: Page) -> None:
    described = [a["aria-label"] for a in page.all("div") if a.get("role") == "img"]
    assert described == ["Seizures rise from 1 to 4 in three months."] * 2 + [HOSTILE]
    assert len(described) == sum(1 for _ in page.all("figure")) == sum(1 for _ in page.all("figcaption"))


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
    assert "<script" not in text
    assert "<b>" not in text
    assert HOSTILE in page.text()
    assert [a["href"] for a in page.all("a") if "alert" in a["href"]] == []


def test_simulated_estimates_are_announced(page: Page, text: str) -> None:
    assert page.text().count("SIMULATED DATA. All estimates of this assessment") == 1
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


def test_verdicts_are_words_with_shapes(text: str) -> None:
    for verdict in ("passed", "failed", "for information"):
        assert re.search(rf'<span class="verdict [a-z]+"><svg [^>]*aria-hidden="true">.*</svg>{verdict}</span>', text)
    assert "Checks: 1 passed, 1 failed, 1 for information." in Page(text).text()


def test_a_question_s_check_names_it_and_the_power_it_had(page: Page) -> None:
    assert "Residuals (seizures to deaths) power to fail 0.93" in page.text()


CARD = {
    "outcome": ["1", "2"],
    "id": ["markets.seizures_to_deaths", "cascade.none"],
    "question": ["Do they?", HOSTILE],
    "estimate": [0.1234, None],
    "unit": ["log points", None],
    "ci_low": [-0.5, None],
    "ci_high": [float("inf"), None],
    "p_value": [0.00001, None],
    "p_adjusted": [0.04, None],
    "margin": [0.2, None],
    "says": ["13 % fewer deaths", None],
    "grade": ["suggestive", "no public data"],
    "direction": ["as asked", None],
    "matters": [True, None],
    "half": ["undecided", "no public data"],
    "double": ["suggestive", "no public data"],
    "first_grade": ["none found", None],
    "threat": ["One series", None],
    "reasons": ["it rests on 2020", "Nobody publishes it"],
    "would_answer": ["More series", "Case records"],
}


def test_the_scorecard_stands_first_with_a_row_a_question(reports: Path) -> None:
    pd.DataFrame(CARD).to_csv(reports / "tables" / SECOND / "scorecard.csv", index=False)
    page = Page(report.build(reports).read_text())
    words = page.text()
    assert words.index("Outcome 1: what was asked") < words.index("Questions and answers Outcome")
    cells = (
        "Do they?markets.seizures_to_deaths",
        "0.123 log points−0.500 to ∞; p < 0.001, adjusted 0.040",
        "0.20013 % fewer",
    )
    assert all(cell in words for cell in cells)
    assert (
        "suggestive, as asked, of a size that mattersIt rests on 2020. Half the margin: undecided; double: suggestive. "
        "First version: none found." in words
    )
    assert all(cell in words for cell in ("One seriesWould answer it: More series.", "Nobody publishes itWould"))
    assert [a["href"] for a in page.all("a")].count("#scorecard") == 1
    assert list(page.all("script")) == []


def test_a_question_not_answerable_says_that_its_p_counts_as_one_and_what_holds_at_other_sizes(reports: Path) -> None:
    table = reports / "tables" / SECOND / "scorecard.csv"
    card = pd.DataFrame(CARD).assign(grade="not answerable", half="not answerable", direction=None, matters=None)
    card.to_csv(table, index=False)
    words = Page(report.build(reports).read_text()).text()
    assert "adjusted 0.040 (counts as 1: not answerable)" in words
    assert "not answerableIt rests on 2020. Half the margin: not answerable; double: suggestive." in words
    card.assign(double="not answerable", would_answer="Records as `06` reads").to_csv(table, index=False)
    page = Page(report.build(reports).read_text())
    assert "It rests on 2020. The same at half and double." in page.text()
    assert any(path[-1:] == ("code",) and said == "06" for path, said in page.words)
    assert "`" not in page.text()


def test_the_legend_tells_every_grade(reports: Path) -> None:
    pd.DataFrame(CARD).to_csv(reports / "tables" / SECOND / "scorecard.csv", index=False)
    legend = report.build(reports).read_text().lower()
    assert all(f"<strong>{grade}</strong>" in legend for grade in rule.GRADES)


def test_a_scorecard_of_another_form_is_refused_by_column(reports: Path) -> None:
    table = reports / "tables" / SECOND / "scorecard.csv"
    pd.DataFrame(CARD).drop(columns="threat").to_csv(table, index=False)
    with pytest.raises(RunError, match=r"scorecard\.csv lacks the column 'threat'; run the scorecard again"):
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
    assert "Table 1.2. Secondary estimates (1 row)" in words
    assert "Table 1.3. Sensitivity estimates (1 row)" in words
    assert "Table 1.4. Without one unit each (1 row)" in words
    assert "Table 1.5. Power, equivalence and size of the registered tests (1 row)" in words
    assert "left out" in words
    assert "−0.200 to 0.310" in words
    assert "95% level" in words


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
    assert "a panel: Seizures and deaths by month (data/processed/monthly/2025-12.csv), vintage 2025-12" in words
    assert "figures as published: Deaths (data/raw/deaths/2024-12.csv), vintage 2024-12, 2 rows" in words
    assert "Pounds, not kilograms." in words
    assert "with pandas 3.1.0" in words


def test_same_results_give_the_same_bytes(reports: Path) -> None:
    before = report.build(reports).read_bytes()
    assert report.build(reports).read_bytes() == before
    assert str(reports.parent).encode() not in before


def test_downloads_are_carried_up_to_a_limit(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def saved(text: str) -> dict[str, str]:
        return {a["download"]: a["href"] for a in Page(text).all("a") if "download" in a}

    whole = report.build(reports).read_bytes()
    carried = saved(whole.decode())
    # Estimates and Word document of each, four forms of three figures, one further table, three tables of checks.
    assert len(carried) == 2 * 2 + 3 * 4 + 1 + 3
    assert all(href.startswith("data:") for href in carried.values())
    largest = max(reports.glob("figures/*/*.png"), key=lambda path: path.stat().st_size)
    monkeypatch.setattr(html, "LIMIT", len(whole) - 1)
    limited = report.build(reports).read_bytes()
    assert len(limited) < len(whole)
    beside = {name: href for name, href in saved(limited.decode()).items() if not href.startswith("data:")}
    assert beside == {f"{largest.parent.name}-{largest.name}": largest.relative_to(reports).as_posix()}
    monkeypatch.setattr(html, "LIMIT", 0)
    made_for_the_page = {name for name in carried if name.endswith("-tables.html") or "-check-" in name}
    least = saved(report.build(reports).read_text())
    assert {name for name, href in least.items() if href.startswith("data:")} == made_for_the_page
    assert all((reports / href).is_file() for href in least.values() if not href.startswith("data:"))


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


def test_a_page_elsewhere_has_all_it_links_to_beside_it(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "LIMIT", 0)
    beside = report.build(reports).read_bytes()
    (reports / "index.html").unlink()
    written = report.build(reports, tmp_path / "out")
    assert written == tmp_path / "out" / "index.html"
    assert written.read_bytes() == beside
    assert not (reports / "index.html").exists()
    links = [a["href"] for a in Page(beside.decode()).all("a") if not a["href"].startswith(("#", "http", "data:"))]
    assert {"estimates.csv", f"notebooks/{FIRST}.ipynb", f"figures/{FIRST}/series.png"} <= set(links)
    for link in links:
        assert (written.parent / link).read_bytes() == (reports / link).read_bytes()


def test_a_page_that_cannot_be_written_names_the_remedy(reports: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written into .*file.*; name a folder .* --output FOLDER"):
        report.build(reports, tmp_path / "file")


def test_drawings_lose_ids_and_roles_that_would_clash(text: str, reports: Path) -> None:
    assert 'id="series-0' in (reports / "figures" / FIRST / "series.svg").read_text()
    assert 'id="series-0' not in text
    assert f'id="figure-{FIRST}-series-series-0' in text
    assert "aria-roledescription" not in text


def test_drawings_keep_their_shape_in_fewer_bytes() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" viewBox="0 0 9 9" style="x"><g class="a" onclick="b()" '
        'transform="translate(536.3160230,-1.987) scale(0.0625)" clip-path="url(#c)">'
        '<path d="M0.049,-0.04L12.3456,7e1" opacity="1" stroke-opacity="0.123" />'
        '<text font-family="Arial">A</text><text font-family="Arial" opacity="0.5">0.123456</text></g></svg>'
    )
    # 0.049 and -0.04 round to 0, never to -0; 536.31602 has five digits 536.32; other numbers stay as they are.
    assert drawings.inline(svg.encode(), "p") == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" viewBox="0 0 9 9" font-family="Arial"><g '
        'transform="translate(536.32,-1.987) scale(0.0625)" clip-path="url(#p-c)">'
        '<path d="M0,0L12.3,7e1" stroke-opacity="0.123" />'
        '<text>A</text><text opacity="0.5">0.123456</text></g></svg>'
    )


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
        f"figures/{FIRST}/lead_lag.png",
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
    with pytest.raises(RunError, match=r"lacks the estimate 'forward\.bic' the answer cites"):
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


# --- Tables -------------------------------------------------------------------------------------------------------


def test_csv_cells_are_read_as_what_they_are() -> None:
    table = tables.from_csv("A", b"code,year,share,adf_p,seen\n01,2020,0.123456,0.0004,True\n02,,-1.5,,False\n")
    assert table.rows == (("01", 2020, 0.123456, 0.0004, True), ("02", None, -1.5, None, False))
    cells = re.findall(r"<t[dh](?: [^>]*)?>([^<]*)</t[dh]>", tables.html(table))
    assert cells == [
        *("Code", "Year", "Share", "ADF p", "Seen"),
        *("01", "2020", "0.1235", "&lt;\u00a00.001", "yes"),
        *("02", "n/a", "−1.500", "n/a", "no"),
    ]


def test_table_csv_keeps_all_digits() -> None:
    table = tables.from_records("A", [{"root": 0.123456789, "note": 'a,"b"'}, {"root": None, "note": ""}])
    assert tables.csv_bytes(table) == b'root,note\n0.123456789,"a,""b"""\n,\n'


def test_word_document_holds_every_table_ruled() -> None:
    one = tables.of_estimates("Estimates", [estimate("a", data_status="simulated")], "estimate-x-")
    document = Page(tables.word(HOSTILE, [one, tables.from_records(HOSTILE, [{"lag": 1}])]).decode())
    assert sum(1 for _ in document.all("table")) == 2
    assert "SIMULATED" in document.text()
    assert HOSTILE in document.text()
    assert any("border:.5pt solid" in words for path, words in document.words if "style" in path)


def test_a_long_table_is_cut_on_the_page_and_says_so() -> None:
    long = tables.Table("Table 1. Years", ("year",), tuple((year,) for year in range(2000, 2100)))
    shown = tables.first_rows(long)
    assert len(shown.rows) == tables.SHOWN_ROWS
    assert shown.caption == "Table 1. Years: the first 40 of 100 rows, all are in the CSV"
    short = tables.Table("Table 2", ("year",), ((2000,),))
    assert tables.first_rows(short) is short


def test_results_saved_by_hand_take_no_other_file_s_place(reports: Path, tmp_path: Path) -> None:
    assessment = markets(reports.parent)
    assessment.save()
    place = reports / "interactive" / assessment.name
    first = {path.name for path in place.iterdir()}
    assessment.save()
    assert not (reports / written.ASIDE).exists()
    (place / "estimates.csv").write_text("noted by hand")
    (place / "assessment.json").unlink()
    assessment.save()
    assert {path.name for path in place.iterdir()} == first
    (kept,) = (path for path in (reports / written.ASIDE).rglob("*") if path.is_file())
    assert kept.read_text() == "noted by hand"
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "estimates.csv").write_text("somebody's own")
    with pytest.raises(DataError, match="holds files that no saved results left there"):
        assessment.save(tmp_path / "theirs")
    assert (tmp_path / "theirs" / "estimates.csv").read_text() == "somebody's own"
