"""The codebook: complete, readable as Markdown, the same each time, and gone stale when the data change."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from crimjust_research.cli import crimjust
from crimjust_research.data import catalog as catalogs
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.ingest import Reader, readers
from crimjust_research.data.own_records.schemas import kinds
from crimjust_research.data.tables import Field, Licence, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.report import codebook, markdown, revisions

COUNTS = Table(
    name="counts",
    title="Counts <of> things*",
    description="One row is a month.",
    fields=(
        Field("month", "yearmonth", "Month a|b.", constraints={"required": True, "unique": True}),
        Field("kind", "string", "Kind.", constraints={"enum": ["x", "y"]}),
        Field("place", "string", "Place.", constraints={"enum": [f"p{n}" for n in range(30)]}),
        Field("code", "string", "Code.", constraints={"pattern": "(a|b)" * 30}),
        Field("count", "integer", "Things counted.", "things", {"minimum": 0, "maximum": 9}),
    ),
    primary_key=("month",),
    licences=(Licence("made-up", "Made up", "https://example.org/licence"),),
    sources=(Source("Nobody's office", "https://example.org/counts", "https://example.net/kept"),),
    time="month",
    caveats=("Beware.",),
)
PANEL = replace(COUNTS, name="panel", sources=(Source("raw table counts", "data/raw/counts"),))
NAMES = replace(COUNTS, name="names", time=None, caveats=())


def frame(*months: str) -> pd.DataFrame:
    rows = [[month, "x", "p1", "ab" * 15, number] for number, month in enumerate(months)]
    return pd.DataFrame(rows, columns=[f.name for f in COUNTS.fields])


def opened(data: Path) -> tuple[Catalog, Catalog]:
    return Catalog(data / "raw"), Catalog(data / "processed")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data that no test changes."""
    data = tmp_path_factory.mktemp("checkout") / "data"
    raw, processed = opened(data)
    raw.store(
        [
            Release(COUNTS, "2019", frame("2018-01"), notes=("one row",)),
            Release(COUNTS, "2021", frame("2018-01", "2018-02", "2018-03", "2020-12"), notes=("*four*",)),
            Release(COUNTS, "2022", frame("2022-01"), lacks=("some", "others")),
            Release(NAMES, "2020", frame("2018-01")),
        ]
    )
    processed.store([Release(PANEL, "2021", frame("2018-01"))])
    return data


@pytest.fixture
def books(stored: Path, tmp_path: Path) -> tuple[Catalog, Catalog]:
    """Catalogs of a copy of those data in the checkout at `tmp_path`."""
    return opened(Path(shutil.copytree(stored, tmp_path / "data")))


@pytest.fixture(scope="module")
def plain(stored: Path) -> str:
    """The page of those data, of which no reader is known."""
    return page(opened(stored))


def reader(**changes: object) -> Reader:
    made = Reader("r", COUNTS, frozenset({"Month", "Count"}), lambda *_: [])
    return replace(made, **changes)  # type: ignore[arg-type]


def page(books: tuple[Catalog, Catalog], *known: Reader) -> str:
    return codebook.contents(*books, known)[codebook.PAGE].decode()


def section(text: str, name: str) -> str:
    return re.split(r"\n(?=##)", text.split(f"\n### {name}\n")[1])[0]


def test_every_table_says_what_it_is_where_it_is_from_and_under_which_terms(plain: str) -> None:
    text = section(plain, "counts")
    assert "**Counts &lt;of&gt; things\\*.** One row is a month." in text
    assert "- Key: `month`" in text
    assert "[Nobody's office](https://example.org/counts) ([archived](https://example.net/kept))" in text
    assert "- Licence: [Made up](https://example.org/licence)" in text
    assert "- Beware." in text
    assert "- 2021: \\*four\\*" in text


def test_every_column_has_its_type_unit_constraints_and_description(plain: str) -> None:
    text = section(plain, "counts")
    assert "| `month` | yearmonth |  | required; unique | Month a\\|b. |" in text
    assert "| `kind` | string |  | one of `x`, `y` | Kind. |" in text
    assert (
        "| `place` | string |  | one of 30 values (`p0`, `p1`, `p2`, …; all in `datapackage.json`) | Place. |" in text
    )
    # Sixty signs of the pattern, the last one the sign that it goes on.
    assert f"| `code` | string |  | like `{('(a|b)' * 30)[:59]}…` | Code. |".replace("a|b", "a\\|b") in text
    assert "| `count` | integer | things | minimum 0; maximum 9 | Things counted. |" in text


def test_every_vintage_has_its_rows_coverage_bytes_and_hash(stored: Path, plain: str) -> None:
    text = section(plain, "counts")
    for resource in opened(stored)[0].tables()["counts"]:
        state = {"2019": "", "2021": "latest", "2022": "a part of the table"}[resource.vintage]
        covered = " to ".join(resource.coverage or ())
        row = f"| {resource.vintage} | {state} | {resource.rows} | {covered} | {resource.bytes:,} |"
        assert f"{row} `{resource.sha256[:12]}` |" in text
    assert "- 2022: a part of the table, as it lacks some; others" in text.splitlines()


def test_rows_of_markdown_tables_have_the_cells_of_their_head(plain: str) -> None:
    cells = None
    for line in plain.splitlines():
        found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
        assert cells is None or found is None or found == cells, line
        cells = found


def test_the_schemas_of_own_records_are_there_with_their_rules(plain: str) -> None:
    for name, kind in kinds().items():
        text = section(plain, name)
        assert all(f"| `{f.name}` | {f.type} |" in text for f in kind.table.fields)
        assert all(f"- `{rule.column}` {rule.rule}" in text for rule in kind.rules)


def test_links_within_the_page_lead_to_a_heading(plain: str) -> None:
    targets = set(re.findall(r"\]\(#([^)]+)\)", plain))
    assert targets == {"counts", "names", "panel"}
    assert targets <= set(re.findall(r"^### (.+)$", plain, re.M))


def test_newer_figures_are_said_to_come_from_where_the_reader_has_them(books: tuple[Catalog, Catalog]) -> None:
    asked = reader(address="https://example.org/file.csv", manual="Press export.", other_columns=(frozenset({"M"}),))
    text = section(page(books, asked), "counts")
    assert "`crimjust data refresh counts` downloads <https://example.org/file.csv>. By hand: Press export." in text
    assert "recognised by the columns `Count`, `Month` or `M`." in text
    assert "By hand" not in section(page(books, asked), "panel")
    assert "held in code" in section(page(books, reader(columns=frozenset())), "counts")


def test_a_table_says_how_new_it_is_how_often_it_is_released_and_what_it_is_held_against(
    books: tuple[Catalog, Catalog],
) -> None:
    rhythm = Rhythm("monthly", "each month *soon*", "the office", months=1, lag=2)
    declared = replace(COUNTS, rhythm=rhythm, held_against="another count: equal")
    known = reader(table=declared, also=(replace(NAMES, rhythm=Rhythm("once", "in 2020")),))
    text = page(books, known)
    released = (
        "- Released: monthly: each month \\*soon\\* (the office). Newest figure: 2020-12. Newer ones should exist"
    )
    assert f"{released} from 2021-03-31 on.\n- Held against: another count: equal.\n" in section(text, "counts")
    assert "- Released: once: in 2020.\n- Held against: none at hand.\n" in section(text, "names")
    assert "- Released: irregular: none named. Newest figure: 2020-12.\n" in section(page(books), "counts")
    assert "Held against" not in section(text, "panel")
    (glance,) = (line for line in text.splitlines() if line.startswith("| [counts]"))
    assert "| 2021 | monthly | from 2021-03-31 on | `data/raw` |" in glance


def test_withdrawn_vintages_are_listed_with_their_reason(books: tuple[Catalog, Catalog]) -> None:
    assert "Withdrawn vintages" not in page(books)
    trace = books[0].withdraw("counts", "2021", "a *wrong* file", "2026-11-26")
    row = f"| counts | 2021 | 4 | `{trace.sha256[:12]}` | 2026-11-26 | a \\*wrong\\* file |  |"
    assert row in page(books).split("## Withdrawn vintages")[1].split("## ")[0]
    assert "| 2021 |" not in section(page(books), "counts")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\x1b[2J\u202eb", r"a\\x1b\[2J\\u202eb"),
        ("[x](http://evil.example) <b>&amp;", r"\[x\](http\://evil.example) &lt;b&gt;&amp;amp;"),
        ("see WWW.evil.example\n# head\n- item", r"see WWW\.evil.example # head - item"),
        ("# head", r"\# head"),
        ("12. item", r"12\. item"),
        ("1.4 item", "1.4 item"),
        ("- item", r"\- item"),
        ("`x *a* _b_ ~~c~~ snake_case", r"\`x \*a\* \_b\_ \~\~c\~\~ snake_case"),
        ("`a`", r"\`a\`"),
        ("![pic](x) \\*", r"!\[pic\](x) \\\*"),
    ],
)
def test_what_somebody_wrote_is_no_markup_and_commands_nothing(text: str, told: str) -> None:
    assert markdown.quoted(text) == told


def test_what_is_declared_keeps_its_code_and_addresses() -> None:
    said = "Use `a_b*[c]` of https://www.example.org/x_y; 2*3 [n]\x07"
    assert markdown.prose(said) == r"Use `a_b*[c]` of https://www.example.org/x_y; 2\*3 \[n\]\\x07"


def test_a_reason_for_taking_back_is_told_as_it_was_written(books: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    shutil.copytree(books[0].folder, folder)
    changed = Catalog(folder)
    first = changed.resources[0]
    changed.withdraw(first.table.name, first.vintage, "\x1b]0;t\x07 [x](http://e) | <b>", "2026-01-02")
    text = codebook.contents(changed, books[1], ())[codebook.PAGE].decode()
    assert r"| 2026-01-02 | \\x1b\]0;t\\x07 \[x\](http\://e) \| &lt;b&gt; |" in text
    assert "\x1b" not in text


def test_the_chart_counts_years_and_says_them_aloud(books: tuple[Catalog, Catalog]) -> None:
    figure = codebook.coverage(*books)
    rows = figure.data.set_index(["table", "year"])
    # Of counts 2021: three months in 2018, one in 2020, which is a third of the fullest year's and so thin.
    assert rows["rows"].to_dict() == {("counts", 2018): 3, ("counts", 2020): 1, ("panel", 2018): 1}
    assert rows["rows_shown"]["counts", 2020] == "fewer"
    assert rows["rows_shown"]["counts", 2018] != "fewer"
    assert figure.alt == ("Years in which each of 2 tables has rows: counts 2018 to 2020 without 2019; panel 2018.")
    assert f"![{figure.alt}](figures/coverage.svg)" in page(books)


def test_it_comes_out_the_same_and_goes_stale_with_the_data(books: tuple[Catalog, Catalog], tmp_path: Path) -> None:
    places = tuple(codebook.contents(*books, ()))
    assert set(places) > {codebook.PAGE, codebook.CHART, "data/templates/cases.csv"}
    assert codebook.stale(tmp_path, *books, ()) == places
    assert codebook.write(tmp_path, *books, ()) == places
    again = (Catalog(books[0].folder), Catalog(books[1].folder))
    assert codebook.contents(*again, ()) == codebook.contents(*books, ())
    assert codebook.stale(tmp_path, *again, ()) == ()
    books[0].store([Release(COUNTS, "2023", frame("2018-01", "2021-01"))])
    assert codebook.write(tmp_path, *books, ()) == (codebook.PAGE, revisions.PAGE, codebook.CHART)
    assert codebook.stale(tmp_path, *books, ()) == ()


def test_without_time_there_is_nothing_to_draw(tmp_path: Path) -> None:
    raw, processed = Catalog(tmp_path / "raw"), Catalog(tmp_path / "processed")
    raw.store([])
    processed.store([])
    with pytest.raises(DataError, match="no table has a time column"):
        codebook.coverage(raw, processed)


def test_every_column_of_the_project_is_in_its_codebook() -> None:
    raw, processed = catalogs.raw(), catalogs.processed()
    text = codebook.contents(raw, processed, readers())[codebook.PAGE].decode()
    for catalog in (raw, processed):
        for name, releases in catalog.tables().items():
            described = section(text, name)
            assert all(f"| `{f.name}` | {f.type} |" in described for f in releases[-1].table.fields)


def test_the_command_writes_what_is_stale(
    books: tuple[Catalog, Catalog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del books
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    first = CliRunner().invoke(crimjust, codebook.COMMAND.split()[1:])
    assert first.output.splitlines()[:2] == [codebook.PAGE, revisions.PAGE]
    assert (tmp_path / codebook.PAGE).read_text().startswith("# Data\n")
    again = CliRunner().invoke(crimjust, codebook.COMMAND.split()[1:])
    assert again.output == "docs/DATA.md is as the data are\n"
