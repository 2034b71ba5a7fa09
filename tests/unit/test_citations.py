"""What `crimjust cite` writes: read back strictly, by BibTeX itself where it is installed, and held against the catalog."""

import json
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from toy_checkout import CELLS, Checkout, commit, needs_git

from crimjust_research import __version__
from crimjust_research.cli import crimjust
from crimjust_research.data import catalog
from crimjust_research.data.tables import Source
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.report import citations
from crimjust_research.report.citations import Reference, bibtex, csl, methods, software, tables
from crimjust_research.runs import runner

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports"
# What every style of BibTeX, and every data model of biblatex, knows.
REQUIRED = {
    "article": {"author", "title", "journal", "year"},
    "book": {"author", "title", "publisher", "year"},
    "incollection": {"author", "title", "booktitle", "publisher", "year"},
    "misc": {"author", "title"},
}
FURTHER = {"month", "volume", "pages", "address", "edition", "note", "doi", "url", "howpublished", "year"}
CSL_TYPES = {"article", "article-journal", "book", "chapter", "dataset", "document", "software"}
CSL_TEXTS = {
    *("id", "type", "title", "container-title", "volume", "page", "publisher", "publisher-place", "edition", "genre"),
    *("version", "note", "DOI", "URL"),
}


def entries(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Type and fields of each entry by key, of a file that is nothing but entries whose fields stand in matching braces."""
    found = {}
    rest = text
    while rest:
        head = re.match(r"@([a-z]+)\{([a-z0-9.-]+),\n", rest)
        assert head, f"no entry begins with {rest[:60]!r}"
        rest, values = rest[head.end() :], dict[str, str]()
        while field := re.match(r" +([a-z]+) *= (?:([a-z]{3})|\{)", rest):
            end = field.end()
            if not field[2]:
                depth = 1
                while depth:
                    depth += {"{": 1, "}": -1}.get(rest[end], 0)
                    end += 1
            assert field[1] not in values
            values[field[1]] = field[2] or rest[field.end() : end - 1]
            assert rest[end] in ",\n"
            rest = rest[end:].removeprefix(",").removeprefix("\n")
        assert head[2] not in found, f"{head[2]} stands there twice"
        found[head[2]] = head[1], values
        assert rest.startswith("}\n"), rest[:60]
        rest = rest[2:].removeprefix("\n")
    return found


@pytest.fixture(scope="module")
def everything() -> tuple[Reference, ...]:
    return (*citations.collected(REPORTS), *citations.collected(REPORTS, ("methods",)))


def test_bibtex_reads_back_as_what_was_cited(everything: tuple[Reference, ...]) -> None:
    written = bibtex.text(everything)
    assert written.isascii()
    found = entries(written)
    assert list(found) == [reference.key for reference in everything]
    for reference in everything:
        kind, fields = found[reference.key]
        assert REQUIRED[kind] <= set(fields) <= REQUIRED[kind] | FURTHER, reference.key
        assert fields["title"] == f"{{{bibtex.escaped(reference.title)}}}"
        assert fields.get("year", "") == reference.issued[:4]
        assert (fields.get("month") is None) == (len(reference.issued) < len("2026-11"))
        assert fields.get("url", "") == reference.address
        assert len(re.split(r" and (?![^{]*\})", fields["author"])) == len(reference.authors)


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="BibTeX is not installed")
def test_bibtex_itself_reads_every_entry(everything: tuple[Reference, ...], tmp_path: Path) -> None:
    (tmp_path / "references.bib").write_text(bibtex.text(everything), encoding="ascii")
    (tmp_path / "text.aux").write_text("\\relax\n\\citation{*}\n\\bibstyle{plain}\n\\bibdata{references}\n")
    done = subprocess.run(["bibtex", "text"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout, done.stdout
    items = re.findall(r"\\bibitem\{(.+)\}", (tmp_path / "text.bbl").read_text())
    assert sorted(items) == sorted(reference.key for reference in everything)


def test_csl_holds_what_its_schema_admits(everything: tuple[Reference, ...]) -> None:
    written = csl.text(everything)
    assert written.isascii()
    found = json.loads(written)
    assert [item["id"] for item in found] == [reference.key for reference in everything]
    for item, reference in zip(found, everything, strict=True):
        assert item["type"] in CSL_TYPES
        assert set(item) - {"author", "issued"} <= CSL_TEXTS
        assert all(isinstance(item[name], str) and item[name] for name in set(item) - {"author", "issued"})
        assert all(set(author) in ({"family", "given"}, {"literal"}) for author in item["author"])
        parts = item["issued"]["date-parts"][0] if reference.issued else []
        assert "-".join(f"{part:02}" for part in parts) == re.sub("[a-z]", "", reference.issued)


# --- Signs that mean something to TeX ---------------------------------------------------------------------------------

COMMANDS = {
    "textbackslash{}": "\\",
    "textbraceleft{}": "{",
    "textbraceright{}": "}",
    "textasciitilde{}": "~",
    "textasciicircum{}": "^",
    "textless{}": "<",
    "textgreater{}": ">",
    "textbar{}": "|",
}
ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "~": "\u0303", "^": "\u0302", "v": "\u030c", "c": "\u0327"}
LETTERS = {"o": "ø", "O": "Ø", "ae": "æ", "ss": "ß", "l": "ł", "aa": "å"}


def set_by_tex(text: str) -> str:
    """What TeX prints of a text, as far as this project writes it; a sign of TeX's own that stands bare is an error."""

    def printed(match: re.Match[str]) -> str:
        if match["accent"]:
            return unicodedata.normalize("NFC", match["on"].lstrip("\\") + ACCENTS[match["accent"]])
        if match["letter"]:
            return LETTERS[match["letter"]]
        if match["command"]:
            return COMMANDS[match["command"]]
        if match["sign"]:
            return match["sign"]
        raise AssertionError(f"{match[0]!r} stands bare in {text!r}")

    command = "|".join(map(re.escape, COMMANDS))
    accents = "".join(map(re.escape, ACCENTS))
    return re.sub(
        rf"\{{\\(?P<accent>[{accents}])\{{(?P<on>\\?[A-Za-z])\}}\}}|\{{\\(?P<letter>{'|'.join(LETTERS)})\}}"
        rf"|\\(?P<command>{command})|\\(?P<sign>[&%$#_])|[\\{{}}&%$#_~^]",
        printed,
        text,
    )


@given(st.text(st.sampled_from("aeioujcnsAEO \\{}&%$#_~^<>|@/:;.,()[]=+*!?0éèüñčçøØæßłåíìЖ中")))
def test_no_text_is_a_command(text: str) -> None:
    written = bibtex.escaped(text)
    assert set_by_tex(written) == text
    assert written.count("{") == written.count("}")
    work = Reference("key", "dataset", (text or "x",), text or "x", medium="m", note="n", address=f"https://x/{text}")
    (fields,) = (fields for _, fields in entries(bibtex.text([work])).values())
    assert fields["title"] == f"{{{bibtex.escaped(text or 'x')}}}"


def test_quotes_dashes_and_signs_are_set_as_a_printer_would() -> None:
    assert (
        bibtex.escaped('"Robust" (“so-called”) 1400–1434: −1 × 2')
        == "``Robust'' (``so-called'') 1400--1434: $-$1 $\\times$ 2"
    )


# --- Data -------------------------------------------------------------------------------------------------------------


def test_every_stored_release_is_cited_as_the_catalog_has_it() -> None:
    releases = catalog.raw().resources
    found = [tables.of(release) for release in releases]
    assert [key for key, n in Counter(reference.key for reference in found).items() if n > 1] == []
    for release, reference in zip(releases, found, strict=True):
        assert (reference.title, reference.issued) == (release.table.title, release.vintage)
        addresses = [source.path for source in release.table.sources]
        assert [reference.address] == (addresses if len(addresses) == 1 else [""])
        assert len(addresses) == 1 or [a for a in addresses if f" ({a})" in reference.note] == addresses
        by_one = len({tables.published_by(source) for source in release.table.sources}) == 1
        for source in release.table.sources:
            said = source.title.removeprefix(f"{tables.published_by(source).name}, ") if by_one else source.title
            assert said in reference.note
        assert all(licence.title in reference.note for licence in release.table.licences)
        assert ("a part of the table" in reference.told) == bool(release.lacks)


def test_a_publisher_is_a_body_by_its_full_name() -> None:
    (seizures,) = citations.collected(REPORTS, ("seizures_country",))
    assert seizures.key == f"unodc-seizures-country-{seizures.issued}"
    assert seizures.authors == ("United Nations Office on Drugs and Crime",)
    (author,) = (fields["author"] for _, fields in entries(bibtex.text([seizures])).values())
    assert author == "{United Nations Office on Drugs and Crime}"
    both = tables.published_by(Source("UNODC and World Customs Organization, Container Control Programme", "https://x"))
    assert both.bodies == ("United Nations Office on Drugs and Crime", "World Customs Organization")
    unlisted = tables.published_by(Source("Statistics Iceland, Hagskinna & more", "https://x"))
    assert (unlisted.bodies, unlisted.short) == (("Statistics Iceland",), "statistics-iceland")


def test_a_panel_is_cited_by_the_tables_it_is_made_of() -> None:
    found = citations.collected(REPORTS, ("monthly_national",))
    assert {reference.note.rpartition("Table ")[2].partition(" ")[0] for reference in found} == {
        "overdose_monthly_us",
        "seizures_us_border",
    }


def test_results_that_tell_of_other_runs_rest_on_their_data_too() -> None:
    def data(*words: str) -> set[str]:
        return {reference.key for reference in citations.collected(REPORTS, words) if reference.kind == "dataset"}

    behind_one = data("08_outcome3_diversification")
    assert behind_one < data("90")
    assert behind_one == data("diversification.trend") == data("08.1")


def test_what_a_page_refers_to_stands_once_and_under_its_publisher() -> None:
    releases = [*catalog.raw().resources, *catalog.processed().resources]
    groups = citations.references([*releases, *releases])
    assert [groups[0].title, *(group.title for group in groups[-2:])] == [
        "The source document",
        "Methods and single documents",
        "This repository",
    ]
    keys = [reference.key for group in groups for reference in group.references]
    assert len(keys) == len(set(keys)) == 2 + len(catalog.raw().resources) + len(methods.load())
    for group in groups[1:-2]:
        assert {f"Figures: {reference.authors[0]}" for reference in group.references} == {group.title}
    (code,) = groups[-1].references
    assert "commit" not in code.told  # a page is the same whatever the commit it is made at


def test_a_work_is_told_as_a_list_of_references_has_it() -> None:
    told = {work.key: work.reference for work in methods.load()}
    assert told["peto-et-al-1977"].told.startswith("Peto, R., Pike, M. C., Armitage, P.")
    assert told["kaplan-meier-1958"].told == (
        "Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the "
        "American Statistical Association 53, 457–481."
    )
    assert told["cochran-1977"].told == "Cochran, W. G. (1977). Sampling Techniques. 3rd edition. Wiley, New York."
    assert told["lee-et-al-1992"].told.endswith("In: Survival Analysis: State of the Art, 237–247. Kluwer, Dordrecht.")
    assert told["newcombe-1998b"].told.startswith("Newcombe, R. G. (1998b). ")
    assert told["jorda-2005"].link == "https://doi.org/10.1257/0002828053828518"


NAMED = {
    "CR2 (Bell and McCaffrey)": {"bell-mccaffrey-2002"},
    "Wilson's intervals, Kaplan-Meier curves": {"wilson-1927", "kaplan-meier-1958"},
    "Peto and others": {"peto-et-al-1977"},
    "Bell, and later McCaffrey; Peto alone": set(),
}


@pytest.mark.parametrize("text", NAMED)
def test_a_page_that_tells_of_few_methods_refers_to_what_it_names(text: str) -> None:
    *_, found, code = citations.references([], text)
    assert code.title == "This repository"
    assert {one.key for one in found.references if found.title.startswith("Methods")} == NAMED[text]


FAULTS = {
    "year: 1990": ("year: 90", "year is '90': a year is four digits"),
    "authors: Agresti, A.": ("authors: Alan Agresti", "authors are family and initials, parted by semicolons"),
    "publisher: Wiley, New York": ("edition: 2", "the book 'Categorical Data Analysis' lacks publisher; add that"),
    "    authors: Agresti, A.\n": (
        "",
        "'Categorical Data Analysis' is by authors, or by a body that published it; give one",
    ),
    "kind: book": ("kind: novel", "kind is 'novel'"),
}


@pytest.mark.parametrize("right", FAULTS)
def test_a_fault_in_the_list_is_told(right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong, told = FAULTS[right]
    work = "  - kind: book\n    authors: Agresti, A.\n    year: 1990\n    title: Categorical Data Analysis\n"
    text = f"references:\n{work}    publisher: Wiley, New York\n"
    (tmp_path / "docs" / "methods").mkdir(parents=True)
    (tmp_path / methods.FILE).write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=re.escape(told)):
        methods.load()


# --- Runs and code ----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(checkout: Checkout) -> Checkout:
    """A checkout with a notebook that was run as it is, and once with another factor."""
    shutil.copy(ROOT / software.FILE, checkout.root)
    processed = checkout.root / "data" / "processed" / "datapackage.json"
    processed.parent.mkdir()
    processed.write_text('{"resources": []}')
    checkout.notebook("01_toy", CELLS)
    runner.run("all")
    runner.run("01_toy", {"factor": 3}, variant="thrice")
    return checkout


def test_a_run_is_cited_by_what_it_was_made_of(home: Checkout) -> None:
    data, document, code, run = citations.collected(home.reports)
    assert document == software.works()[0]
    assert (data.key, data.told) == (
        "written-for-this-test-counts-2024",
        "Written for this test (2024). Counts by month. Data set, vintage 2024. From: Written for this test. Terms: Public "
        "domain. Table counts of crimjust-research.",
    )
    assert code.key == f"crimjust-research-{__version__}"
    assert code.form == f"Software, version {__version__}"
    assert run.title == "Toy: results of 01_toy"
    assert run.form == "Results of a computation"
    digest = re.fullmatch(
        r"Analysis plan: version 2\. SHA-256 of code, data, plan and parameters: (\w{64})\.", run.note
    )
    assert digest
    assert run.key == f"run-01-toy-{digest[1][:12]}"
    *_, other = citations.collected(home.reports / "variants" / "thrice", ("toy.total",))
    assert other.form == "Results of a computation, variant thrice"
    assert other.note.startswith(
        "Parameters that are not the own ones of 01_toy: factor = 3. Analysis plan: version 2."
    )
    assert other.key.startswith("run-01-toy-")
    assert other.key != run.key
    assert str(home.root) not in bibtex.text([data, code, run, other])

    plan = home.root / "docs" / "analysis_plan.toml"
    plan.write_text(f"{plan.read_text()}\n# amended\n")
    assert "Analysis plan: another than the present one." in citations.collected(home.reports)[-1].note
    saved = home.reports / "assessments" / "01_toy.json"
    saved.write_text(re.sub('"sha256": "[0-9a-f]{64}"', f'"sha256": "{"0" * 64}"', saved.read_text()))
    with pytest.raises(
        DataError, match=r"was made from counts 2024 when its sha256 was .*run `crimjust run 01_toy` again"
    ):
        citations.collected(home.reports)


def test_simulated_results_are_called_so() -> None:
    for words in (("06",), ("11",), ()):
        assert citations.collected(REPORTS, words)[-1].note.startswith("SIMULATED")
    assert "SIMULATED" not in citations.collected(REPORTS, ("08",))[-1].note


@needs_git
def test_the_commit_is_told_only_of_a_checkout_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "unpacked"
    for folder in (tmp_path, inner):
        folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / software.FILE, folder)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    assert software.commit() == ""
    commit(tmp_path, software.FILE)
    told = software.commit()
    assert re.fullmatch("[0-9a-f]{12}", told)
    assert software.reference(told).form == f"Software, version {__version__}, commit {told}"
    with (tmp_path / software.FILE).open("a") as file:
        file.write("# changed\n")
    assert software.commit() == f"{told} with changes"
    monkeypatch.setenv("CRIMJUST_HOME", str(inner))
    assert software.commit() == ""


# --- The command ------------------------------------------------------------------------------------------------------


def call(*arguments: str) -> str:
    result = CliRunner().invoke(crimjust, ["cite", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


UNKNOWN = {
    ("seizures_contry",): "Did you mean 'seizures_country'?",
    ("methds",): "Did you mean 'methods'?",
    ("08_outcome3_diversificaton",): "Did you mean '08_outcome3_diversification'?",
    ("99", "trend"): "reference holds no run '99'",
    ("08", "junk", "trend"): "'08', 'junk', 'trend' are 3 words",
}


@pytest.mark.parametrize("words", UNKNOWN)
def test_a_name_that_means_nothing_is_refused_with_the_nearest(words: tuple[str, ...]) -> None:
    with pytest.raises(ParameterError, match=re.escape(UNKNOWN[words])):
        citations.collected(REPORTS, words)


def test_a_question_without_public_data_has_nothing_to_cite() -> None:
    from crimjust_research.evidence import plan

    name = plan.load().unanswered[0].id
    with pytest.raises(ParameterError, match=f"no public data can answer {name}, so that there is nothing to cite"):
        citations.collected(REPORTS, (name,))


def files(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def test_it_is_shown_or_written_among_a_persons_own_files(tmp_path: Path) -> None:
    shown = call("seizures_country")
    assert list(entries(shown)) == ["unodc-seizures-country-2024"]
    assert json.loads(call("seizures_country", "--format", "csl"))[0]["id"] == "unodc-seizures-country-2024"
    (tmp_path / "paper.tex").write_text("mine")
    told = call("seizures_country", "--format", "bibtex,csl", "--output", str(tmp_path))
    file = tmp_path / "crimjust-references-seizures_country.bib"
    assert told == f"{file}\n{file.with_suffix('.json')}\n"
    call("methods", "--output", str(tmp_path))
    assert file.read_text() == shown
    assert (tmp_path / "paper.tex").read_text() == "mine"
    file.write_text("mine, too")
    call("seizures_country", "--output", str(tmp_path))
    assert file.read_text() == shown
    kept = [name for name in files(tmp_path) if name.startswith("set-aside/")]
    assert [(tmp_path / name).read_text() for name in kept] == ["mine, too"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "bibtex,csl"), "several formats are written into a folder: name it with --output FOLDER"),
        (("--format", "ris"), "'ris' is none of bibtex, csl"),
    ],
)
def test_what_is_typed_wrong_is_told(arguments: Sequence[str], told: str) -> None:
    result = CliRunner().invoke(crimjust, ["cite", *arguments])
    assert result.exit_code == 2
    assert told in result.output


def test_equal_references_give_equal_bytes(everything: tuple[Reference, ...]) -> None:
    again = (*citations.collected(REPORTS), *citations.collected(REPORTS, ("methods",)))
    # Where somebody commits meanwhile, the code is at another commit.
    again = tuple(then if then.kind == "software" else now for then, now in zip(everything, again, strict=True))
    assert (bibtex.text(again), csl.text(again)) == (bibtex.text(everything), csl.text(everything))
    moved = replace(everything[0], title="Other")
    assert bibtex.text([moved]) != bibtex.text([everything[0]])
