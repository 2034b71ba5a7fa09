"""The pages of the site: documents as Sphinx reads them, the list of contents, the plan and the package."""

from pathlib import Path

import pytest

from crimjust_research.evidence import plan
from crimjust_research.report import plan_page, site
from crimjust_research.report.citations import Reference

ROOT = Path(__file__).parents[2]
DOCUMENT = """<a id="rows"></a>

## Rows

| <a id="first"></a>**First** | [plan](../docs/analysis_plan.toml#rules), [page](DATA.md#x) |

[out](https://example.org/analysis_plan.toml)

```md
<a id="kept"></a> [plan](analysis_plan.toml)
```
"""


def test_places_and_the_plan_are_marked_but_not_in_code() -> None:
    before, code = site.written(DOCUMENT).split("```md\n")
    assert before.startswith("(rows)=\n\n## Rows")
    assert "| []{#first}**First** |" in before
    assert "[plan](../docs/analysis_plan.md#rules)" in before
    assert "https://example.org/analysis_plan.toml" in before
    assert code == '<a id="kept"></a> [plan](analysis_plan.toml)\n```\n'


def test_links_are_told_from_the_checkout_without_places() -> None:
    assert site.linked(DOCUMENT, "docs/guides/author.md") == ("docs/docs/analysis_plan.toml", "docs/guides/DATA.md")


def test_a_page_of_broad_tables_lists_what_is_on_it_above_its_first_part() -> None:
    front, title, listed, rest = site.wide("# Rows\n\nTold.\n\n## One\n\n## Two\n").split("\n\n", 3)
    assert front == "---\nhtml_theme.sidebar_secondary.remove: true\n---"
    assert (title, listed.splitlines()[0], rest.splitlines()[0]) == ("# Rows", "Told.", "```{contents}")
    assert rest.endswith("```\n\n## One\n\n## Two\n")


def test_home_is_readme_with_its_picture_notebooks_and_report() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = site.home(readme)
    assert '<a href="reports/index.html">![17 registered questions' in told
    assert "](reports/figures/90_scorecard/questions.svg){.beside}</a>" in told
    assert "[08_outcome3_diversification](reports/notebooks/08_outcome3_diversification.ipynb)" in told
    assert "<img" not in told
    missing = [page for page in site.linked(told, "README.md") if not (ROOT / page).exists()]
    assert missing == ["docs/analysis_plan.md"]  # which the site makes


def test_every_listed_document_stands_once_in_the_contents() -> None:
    groups = site.groups((ROOT / site.INDEX).read_text(encoding="utf-8"))
    entries = [entry for entries in groups.values() for entry in entries]
    listed = [page for entry in entries for page in (entry.page, *(below.page for below in entry.below))]
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")} - {site.INDEX}
    assert documents <= set(listed)
    assert len(listed) == len(set(listed))
    methods = next(entry for entry in entries if entry.page == "docs/METHODS.md")
    assert {below.page for below in methods.below} == {page for page in listed if page.startswith("docs/methods/")}


def test_contents_are_told_from_the_page_they_stand_on() -> None:
    told = site.contents([site.Entry("docs/methods/counts.md")], "docs/METHODS.md", "Methods")
    assert "\n../docs/methods/counts\n" in told
    assert ":caption: Methods\n" in told


def test_the_plan_tells_every_question_rule_and_amendment() -> None:
    registered = plan.load()
    told = plan_page.page(registered)
    assert told.count("\n### ") == len(registered.primaries)
    for asked in registered.primaries:
        assert f"`{asked.id}`" in told
        assert f"| Margin | {asked.margin.value:.3g}"[:12] in told
        assert all(line.says[:20] in told for line in asked.specifications.values())
    assert len(registered.amendments) == told.split("## What version")[1].count("\n| ") - 2
    assert all(f"`{name}`" in told for name, _ in registered.thresholds)


@pytest.mark.parametrize("papers", [(), ("report.pdf",)])
def test_results_offer_what_there_is(papers: tuple[str, ...]) -> None:
    told = site.results({"00_first": "00. What holds", "01_second": "01. What SIMULATED records say"}, papers)
    assert ("report.pdf" in told) == bool(papers)
    assert "\n00. What holds <reports/notebooks/00_first>\n01. What SIMULATED records say <reports" in told


def test_the_literature_is_a_page_that_links_of_its_data_lead_to() -> None:
    assert site.linked(site.written("[works](methods/references.yaml)"), site.INDEX) == ("docs/methods/references.md",)
    work = Reference(key="k", kind="article", authors=("A_b*",), title="On [x]", issued="2001", doi="10.1/x")
    assert site.literature([work]).splitlines()[2] == r"- A_b\* (2001). On \[x\]. <https://doi.org/10.1/x>"


def test_the_package_is_told_by_what_has_a_public_name_and_a_docstring() -> None:
    pages = site.api(ROOT / "src" / "crimjust_research")
    assert ".. autofunction:: crimjust_research.charts.lines\n" in pages["api/charts.md"]
    assert ".. autoclass:: crimjust_research.study.Study\n" in pages["api/study.md"]
    assert (
        ".. autofunction:: crimjust_research.designs.composition.diversity.hill_number\n" in pages["api/composition.md"]
    )
    assert not [name for name, text in pages.items() if "autofunction:: crimjust_research._" in text or "._" in text]
    rooms = {page.removeprefix("api/").removesuffix(".md") for page in pages} - {"index"}
    assert rooms == set(site.ROOMS)
