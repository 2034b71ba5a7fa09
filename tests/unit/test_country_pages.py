"""The countries of this checkout: in a terminal, on a page of their own, and in the report."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from reported import Page

from crimjust_research.cli import crimjust
from crimjust_research.data import panels
from crimjust_research.data.opening import open_panel
from crimjust_research.errors import RunError, VocabularyError
from crimjust_research.report import html
from crimjust_research.report.country import assembly, chapter, drawn, page, text
from crimjust_research.report.country import known as knowledge
from crimjust_research.report.country.chapter import Chapter
from crimjust_research.report.country.known import Known
from crimjust_research.report.downloads import zipped

REPORTS = Path(__file__).parents[2] / "reports"
MOST = 130_000  # bytes of the chapter in the report


@pytest.fixture(scope="module")
def known() -> Known:
    return knowledge.open_all(REPORTS)


@pytest.fixture(scope="module")
def told() -> Chapter:
    made = chapter.read(REPORTS)
    assert made
    return made


@pytest.fixture(scope="module")
def chapter_page(told: Chapter) -> str:
    pool = zipped("All estimates (CSV)", "estimates.zip", {})
    return html.pages_of(html.Report((), {}, None, pool, countries=told))[html.PAGE]


def shown(known: Known, iso3: str, width: int = 100) -> str:
    return " ".join(text.as_text(known, assembly.told(known, iso3), width).split())


# What publishers say, each by its own page: UNODC's news of 20 July 2016; treaties.un.org, chapters VI-19, XVIII-12 and
# XVIII-14; fatf-gafi.org, consolidated assessment ratings; the Presidential Determination of September 2020; UNODC's and
# Colombia's survey of coca in 2022.
@pytest.mark.parametrize(
    ("iso3", "says"),
    [
        ("PAN", "tier I: joined on 2016-07-20"),
        ("PAN", "1988 1994"),
        ("PAN", "Convention against Transnational Organized Crime, 2000 2004"),
        ("PAN", "Convention against Corruption, 2003 2005"),
        ("PAN", "2018-01 by Financial Action Task Force of Latin America"),
        ("PAN", "phase 1 of 6: Spanish-speaking countries"),
        ("COL", "2022: 230,000"),
        ("MEX", "in none of its 6 phases"),
        ("MEX", "Anti-corruption adviser in Mexico"),
    ],
)
def test_what_publishers_say_is_told(known: Known, iso3: str, says: str) -> None:
    assert says in shown(known, iso3)


def test_every_country_that_a_panel_knows_is_told_within_a_line(known: Known) -> None:
    for iso3 in known.countries:
        whole = text.as_text(known, assembly.told(known, iso3), 100)
        assert max(map(len, whole.splitlines())) <= 100, iso3
        assert not re.search(r"\b(nan|None|NA)\b|<NA>", whole), iso3
        assert whole.count("Source: ") == 12, iso3


def test_every_code_of_every_panel_is_a_country_that_is_told(known: Known) -> None:
    coded = {"iso3", "iso3_a", "iso3_b", "seizing"}
    for panel in panels.PANELS:
        for column in coded & {field.name for field in panel.table.fields}:
            frame, _ = open_panel(panel.table.name)
            assert set(frame[column].dropna()) <= set(known.countries), panel.table.name


def test_scores_of_all_stand_on_the_panel(known: Known) -> None:
    frame, _ = open_panel("country_year")
    own = frame[(frame["iso3"] == "PAN") & frame["wjp_8_1"].notna()].iloc[-1]
    assert f"{own['wjp_8_1']:.2f} in {own['year']}" in shown(known, "PAN")


def test_routes_of_a_pair_are_those_of_notebook_09(known: Known) -> None:
    table = REPORTS / "tables" / knowledge.PAIRS / "pairs_on_routes.csv"
    first, second, cases, _ = table.read_text(encoding="utf-8").splitlines()[1].split(",")
    assert f"{known.name(second)} {int(cases):,}" in shown(known, first)
    assert f"{known.name(first)} {int(cases):,}" in shown(known, second)


# --- A page of its own -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("iso3", ["PAN", "IND", "ABW", "ALA"])
def test_a_page_is_whole_and_stands_alone(known: Known, iso3: str) -> None:
    made = page.of(known, assembly.told(known, iso3))
    read = Page(made)
    assert read.open == []
    assert not list(read.all("script", "iframe", "img"))
    assert [one["href"] for one in read.all("link")] == ["data:,"]
    assert not [name for _, given in read.elements for name in given if name == "style" or name.startswith("on")]
    assert len(read.ids()) == len(set(read.ids()))
    charts = [one for one in read.all("div") if one.get("role") == "img"]
    assert len(charts) == len(drawn.figures(known, iso3))
    assert all(len(one["aria-label"]) > 40 for one in charts)
    assert made == page.of(known, assembly.told(known, iso3))


def test_no_line_of_a_table_ends_within_an_interval(known: Known) -> None:
    made = page.of(known, assembly.told(known, "PAN"))
    assert re.search(r"<td>−?\d\.\d\d \(−?\d\.\d\d\u00a0to\u00a0−?\d\.\d\d\)</td>", made)
    assert re.search(r"<td>\d+\u00a0of\u00a033</td>", made)
    assert "Protocol to it" in made


def test_charts_mark_the_years_of_entry_and_break_where_there_is_no_score(known: Known) -> None:
    justice, governance, seizures = drawn.figures(known, "BOL")
    assert "Grey: years it can have joined CRIMJUST in, 2017 to 2018." in justice.caption
    assert justice.data.loc[justice.data["year"] == 2018, "score"].isna().all()
    assert (governance.data["low"] < governance.data["score"]).all()
    assert seizures.data.loc[seizures.data["year"] == "2017", "kilograms"].isna().all()
    assert "Grey" not in drawn.figures(known, "IND")[0].caption


def test_words_from_sources_are_no_markup(known: Known) -> None:
    (row,) = known.entry["PAN"]
    hostile = replace(known, entry={"PAN": [{**row, "basis": "<script>alert(1)</script>"}]})
    made = page.of(hostile, assembly.told(hostile, "PAN"))
    assert "<script>" not in made
    assert "&lt;script&gt;" in made


# --- In the report -------------------------------------------------------------------------------------------------------


def test_the_chapter_tells_of_the_countries_of_the_proposal(told: Chapter, known: Known) -> None:
    codes = {one.iso3 for one in told.countries}
    assert set(known.in_phases) < codes
    assert codes - set(known.in_phases) == {"MEX"}  # proposed for, and in no phase
    assert told.in_phases == 33
    assert {"country_year", "treaties", "precursor_controls"} <= {one.table.name for one in told.read}
    names = [one.name for one in told.countries]
    assert len(set(names)) == len(names) == 34


def test_the_chapter_is_light_folded_and_found_by_name(chapter_page: str, told: Chapter) -> None:
    begins, ends = chapter_page.index('<section id="countries"'), chapter_page.index('<section id="guide"')
    part = chapter_page[begins:ends]
    assert len(part.encode()) <= MOST
    assert "<svg" not in part
    read = Page(chapter_page)
    assert read.open == []
    assert len(read.ids()) == len(set(read.ids()))
    assert {one["href"][1:] for one in read.all("a") if one["href"].startswith("#")} <= set(read.ids())
    for one in told.countries:
        assert f'<a href="#country-{one.iso3}">{one.name}</a>' in unescape(part)
        assert f'id="country-{one.iso3}"' in part
    assert part.count('<details class="rest">') == len(told.countries)


def test_a_checkout_of_other_data_has_no_chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    assert chapter.read(tmp_path / "reports") is None


# --- The command -----------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_country_by_name() -> None:
    result = CliRunner().invoke(crimjust, ["country", "South", "Africa"], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.output.startswith("South Africa (ZAF)\n")
    assert max(map(len, result.output.splitlines())) <= 100


def test_the_command_writes_a_page_once(tmp_path: Path) -> None:
    file = tmp_path / "panama.html"
    asked = ["country", "PAN", "--html", str(file)]
    assert CliRunner().invoke(crimjust, asked, catch_exceptions=False).output.strip() == str(file)
    assert file.read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")
    with pytest.raises(Exception, match="is there already"):
        CliRunner().invoke(crimjust, asked, catch_exceptions=False)


def test_a_page_that_cannot_be_written_is_refused_by_the_name_that_was_typed() -> None:
    with pytest.raises(RunError, match=r"^/proc/panama\.html cannot be written \(.+\); name a file in another folder"):
        CliRunner().invoke(crimjust, ["country", "PAN", "--html", "/proc/panama.html"], catch_exceptions=False)


def test_the_command_refuses_what_is_no_country() -> None:
    with pytest.raises(VocabularyError, match="did you mean 'Panama'"):
        CliRunner().invoke(crimjust, ["country", "Panma"], catch_exceptions=False)
