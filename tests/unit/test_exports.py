"""Tables and numbers an author takes away: the page's own, whole, in forms that texts and spreadsheets take."""

import csv
import io
import json
import math
import re
import shutil
import subprocess
import zipfile
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markupsafe import Markup
from python_calamine import CalamineWorkbook
from reported import FIRST, HOSTILE, HOSTILE_ID, SECOND, Page

from crimjust_research.errors import ParameterError
from crimjust_research.evidence import plan
from crimjust_research.report import elements, tables
from crimjust_research.report.contents import said_once
from crimjust_research.report.exports import documents, numbers, taken, taking, tex, workbook
from crimjust_research.report.exports.taken import Taken

REPORTS = Path(__file__).parents[2] / "reports"
LATEX = shutil.which("pdflatex")
needs_latex = pytest.mark.skipif(LATEX is None, reason="there is no pdflatex here to set LaTeX with")
COMMAND = "crimjust numbers"


@pytest.fixture(scope="module")
def published() -> tuple[Taken, ...]:
    """Every table of the reference results."""
    return taken.tables_of(REPORTS)


@pytest.fixture(scope="module")
def estimates() -> tuple[numbers.Named, ...]:
    return numbers.named(REPORTS)


@pytest.fixture(scope="module")
def pooled() -> dict[tuple[str, str], dict[str, str]]:
    with (REPORTS / "estimates.csv").open(encoding="utf-8", newline="") as stream:
        return {(row["run"], row["id"]): row for row in csv.DictReader(stream)}


def toy(reports: Path) -> dict[str, Taken]:
    return {one.called: one for one in taken.tables_of(reports)}


# --- Which tables there are -------------------------------------------------------------------------------------------


def test_every_saved_table_and_every_estimate_is_taken_whole(
    published: tuple[Taken, ...], pooled: dict[tuple[str, str], dict[str, str]]
) -> None:
    kept = {(one.run, one.name): one for one in published}
    for run in {one.run for one in published}:
        saved = json.loads((REPORTS / "assessments" / f"{run}.json").read_text())
        for name in saved["tables"]:
            lines = list(csv.reader(io.StringIO((REPORTS / "tables" / run / f"{name}.csv").read_text())))
            assert len(kept[run, name].data.rows) == len(lines) - 1
        assert {
            (run, f"check-{n}") for n, check in enumerate(said_once(saved["checks"]), 1) if check["table"]
        } <= kept.keys()
    told = [
        (one.run, row["id"])
        for one in published
        if one.name.startswith("estimates-")
        for row in csv.DictReader(io.StringIO(one.csv.decode()))
    ]
    assert sorted(told) == sorted(pooled)
    assert len({one.file.lower() for one in published}) == len(published)


def test_a_table_is_called_by_its_notebook_its_name_or_its_number_on_the_page(published: tuple[Taken, ...]) -> None:
    def called(name: str) -> set[str]:
        return {one.called for one in taken.called(name, published)}

    run = "08_outcome3_diversification"
    assert called("08") == called(run) == {one.called for one in published if one.run == run}
    assert called("08/country_years") == called(f"{run}/country_years") == {f"{run}/country_years"}
    (second,) = taken.called("08.2", published)
    assert second.label == "Table 8.2"
    with pytest.raises(ParameterError, match=f"did you mean '{run}/country_years'"):
        called("08_outcome3_diversification/country_year")


def test_captions_notes_and_names_of_files_say_what_is_simulated(published: tuple[Taken, ...]) -> None:
    simulated = [one for one in published if one.simulated]
    assert {one.run for one in simulated} >= {"06_outcome2_cascade", "11_own_records"}
    for one in published:
        assert one.shown.caption.startswith("SIMULATED data: ") == one.simulated
        assert one.simulated == ("simulated" in one.file.lower()) == ("simulated" in one.shown.caption.lower())
        assert one.simulated == ("SIMULATED data: none of these figures was observed." in one.notes)
        assert any(note.startswith(one.label) for note in one.notes)


def test_a_table_names_its_methods_the_vintages_behind_it_and_departures(reports: Path) -> None:
    known = toy(reports)
    first, second = known[f"{FIRST}/estimates-main"], known[f"{SECOND}/estimates-main"]
    assert first.notes[0] == "Method: Toda-Yamamoto, F version"
    assert "Publisher of deaths (2024-12); Publisher of seizures (2025-12)." in first.notes[1]
    assert "not the registered answer: Window cut to 2020." in second.notes[-1]


# --- As documents -----------------------------------------------------------------------------------------------------


def test_a_page_of_a_table_holds_what_the_report_shows_and_nothing_that_runs(reports: Path) -> None:
    for one in toy(reports).values():
        content = documents.html(one)
        page = Page(content.decode())
        cells = elements.main_of(f"<main>{tables.html(one.shown)}</main>")
        words = "".join(page.text().split())
        assert all("".join(cell.text().split()) in words for cell in cells.all("td", "th"))
        assert not list(page.all("script", "link", "img"))
        assert all(" ".join(note.split()).replace("`", "") in page.text() for note in one.notes)
        assert content == documents.html(one)


def test_who_hears_a_table_is_told_its_caption_and_of_each_cell_its_row(reports: Path) -> None:
    for one in toy(reports).values():
        page = Page(documents.html(one).decode())
        caption = "".join(words for path, words in page.words if "caption" in path)
        assert caption == one.shown.caption.replace("`", "")
        assert len([cell for cell in page.all("th") if cell["scope"] == "row"]) == len(one.shown.rows)
        assert len([cell for cell in page.all("th") if cell["scope"] == "col"]) == len(one.shown.columns)
        assert not any(" " in name for name in page.ids())


def test_a_date_in_a_page_of_a_table_does_not_break() -> None:
    cell = Markup('from 2008-07 to 2019-05-01, <a href="#a-2018-07">A-2018-07</a>, code 12-2018-07')
    kept = re.findall(r"nowrap\">([^<]*)<", documents._unbroken(cell))
    assert kept == ["2008-07", "2019-05-01"]


def test_a_long_table_is_cut_in_documents_alone_and_says_so(published: tuple[Taken, ...]) -> None:
    (long,) = taken.called("08/country_years", published)
    assert len(long.shown.rows) > documents.MOST
    said = f"the first {documents.MOST} of {len(long.shown.rows):,} rows, all are in the CSV"
    page = documents.html(long).decode()
    assert said in page
    assert page.count("<tr>") == documents.MOST
    assert said in documents.latex(long).decode()
    assert long.csv.count(b"\n") == len(long.shown.rows) + 1


def test_a_table_wider_than_a_sheet_comes_in_parts_that_name_its_rows(published: tuple[Taken, ...]) -> None:
    (card,) = taken.called("90_scorecard/scorecard", published)
    told = documents.latex(card).decode()
    parts = re.findall(r"\\caption\{(.*)\}\\label\{(.*)\}", told)
    assert len(parts) > 2
    assert [f"(part {place} of {len(parts)})" in caption for place, (caption, _) in enumerate(parts, 1)] == [
        True
    ] * len(parts)
    assert len({label for _, label in parts}) == len(parts)
    heads = re.findall(r"\\toprule\n(.*?) \\\\", told)
    assert all(head.startswith("Outcome & Id & ") for head in heads)
    named = {name for head in heads for name in head.split(" & ")}
    assert named == {tables.heading(name).replace("_", r"\_") for name in card.shown.columns}
    assert told.count("Table 90.") == 1  # its notes stand once, below the last part


def balanced(told: str) -> bool:
    """Whether braces of LaTeX pair off, those that are printed aside."""
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", told.replace(r"\\", "")):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def test_latex_is_whole_and_means_every_sign_as_itself(reports: Path) -> None:
    for one in toy(reports).values():
        told = documents.latex(one).decode()
        body = "\n".join(line for line in told.splitlines() if not line.startswith("%"))
        assert balanced(body)
        assert not re.search(r"(?<!\\)[#$^]", body)
        assert not re.search(r"(?<!\\)%", body)
        for kind in ("table", "tabular*", "longtable", "minipage"):
            assert body.count(f"\\begin{{{kind}}}") == body.count(f"\\end{{{kind}}}")
        assert ("set it with XeTeX or LuaTeX" in told) == ("שלום" in told)
        assert "booktabs" in told.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("50 % & 3_4 #1 $5", r"50 \% \& 3\_\allowbreak{}4 \#1 \$5"),
        ("{a} \\b ~ ^", r"\{a\} \textbackslash{}b \textasciitilde{} \textasciicircum{}"),
        ("−0.5\u00a0kg ≤ é", r"\ensuremath{-}0.5~kg \ensuremath{\leq} é"),
        ("a--b <c>", r"a-{}-b \textless{}c\textgreater{}"),
        ("lag_choice", r"lag\_\allowbreak{}choice"),
        ("two\n\nlines\x07", "two lines\\textbackslash{}x07"),
    ],
)
def test_signs_that_mean_something_to_tex_are_printed(text: str, told: str) -> None:
    assert tex.escaped(text) == told


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def word_body(content: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return ElementTree.fromstring(packed.read("word/document.xml"))


def words_of(body: ElementTree.Element) -> str:
    return "".join(text.text or "" for text in body.iter(f"{W}t"))


def test_a_document_for_word_holds_each_table_with_caption_head_and_notes(reports: Path) -> None:
    first, second = ([one for one in toy(reports).values() if one.run == run] for run in (FIRST, SECOND))
    content = documents.docx(first)
    assert content == documents.docx(first)
    body = word_body(content)
    found = list(body.iter(f"{W}tbl"))
    assert len(found) == len(first)
    assert all(next(table.iter(f"{W}tblHeader"), None) is not None for table in found)
    assert "Publisher of deaths (2024-12)" in words_of(body)
    assert "SIMULATED" in words_of(word_body(documents.docx(second)))


# --- As workbooks -----------------------------------------------------------------------------------------------------


def test_a_workbook_holds_numbers_as_numbers_and_nothing_that_is_calculated(published: tuple[Taken, ...]) -> None:
    members = taken.called("08", published)
    content = workbook.workbook(members)
    assert content == workbook.workbook(members)
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == [workbook.sheet_name(one) for one in members]
    for one, name in zip(members, book.sheet_names, strict=True):
        rows = book.get_sheet_by_name(name).to_python()
        assert rows[0][0] == one.shown.caption
        heads = [cell for cell in rows[2] if cell != ""]
        below = [row[0] for row in rows[3 + len(one.data.rows) :] if row[0]]
        assert below[-len(one.notes) :] == list(one.notes)
        for place, column in enumerate(map(tables.heading, one.data.columns)):
            values = [row[place] for row in one.data.rows]
            if column not in heads:  # said once, below
                assert set(values) == {values[0]}
                (note,) = [note for note in below if note.endswith(values[0])]
                assert note in (f"{column}, in all rows: {values[0]}", f"Method: {values[0]}")
                continue
            for told, value in zip(rows[3 : 3 + len(values)], values, strict=True):
                if isinstance(value, int | float):
                    assert told[heads.index(column)] == value
        assert "Question" not in heads


def test_a_workbook_is_printed_on_as_many_sheets_as_leave_its_letters_to_be_read(published: tuple[Taken, ...]) -> None:
    (narrow, wide) = (taken.called(name, published) for name in ("08/country_years", "90/scorecard"))
    for members, several in ((narrow, False), (wide, True)):
        with zipfile.ZipFile(io.BytesIO(workbook.workbook(members))) as packed:
            sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        letters = sum(
            float(width) * (int(last) - int(first) + 1)
            for first, last, width in re.findall(r'<col min="(\d+)" max="(\d+)" width="([\d.]+)"', sheet)
        )
        (across,) = re.findall(r'fitToWidth="(\d+)"', sheet) or ["1"]
        assert (int(across) > 1) == several
        assert letters / int(across) < 280  # about 6 points on A4
        assert 'orientation="landscape"' in sheet


def test_sheets_have_names_that_workbooks_take_and_texts_are_never_formulas(
    published: tuple[Taken, ...], reports: Path
) -> None:
    hostile = [one for one in toy(reports).values() if one.run == SECOND]
    by_run = [list(group) for _, group in groupby(published, lambda one: one.run)]
    for members in (*by_run, hostile):
        names = [workbook.sheet_name(one) for one in members]
        assert len({name.lower() for name in names}) == len(names)
        assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\']", name) for name in names)
    with zipfile.ZipFile(io.BytesIO(workbook.workbook(hostile))) as packed:
        sheets = [packed.read(name).decode() for name in packed.namelist() if "worksheets/" in name]
    assert sheets
    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)


# --- Numbers by name --------------------------------------------------------------------------------------------------


def test_every_estimate_has_a_name_its_digits_and_the_words_of_the_page(
    estimates: tuple[numbers.Named, ...], pooled: dict[tuple[str, str], dict[str, str]]
) -> None:
    told = json.loads(numbers.as_json(estimates, COMMAND, plan.load()))["numbers"]
    assert len(told) == len(pooled) == len({numbers.typed(name) for name in told})
    for one in told.values():
        row = pooled[one["run"], one["id"]]
        for name in ("estimate", "ci_low", "ci_high", "ci_level", "p_value", "p_adjusted"):
            value = math.nan if one[name] is None else float(one[name])
            assert (row[name] == "" and math.isnan(value)) or value == float(row[name])
        assert {name: str(one[name]) for name in ("unit", "n_obs", "n_units", "estimand", "role", "data_status")} == {
            name: row[name] for name in ("unit", "n_obs", "n_units", "estimand", "role", "data_status")
        }
        simulated = row["data_status"] == "simulated"
        assert all(words.startswith("SIMULATED ") == simulated for words in one["shown"].values())
        assert "*" not in one["shown"]["p"]
    trend = told["diversification.trend"]["shown"]
    assert trend["text"].startswith("0.44% a year (95% interval −0.67 to 1.6, p = 0.437, adjusted p = ")
    assert trend["p"].startswith("adjusted p = ")
    assert trend["p_unadjusted"] == "p = 0.437"


def test_what_answers_a_registered_question_and_nothing_else_has_the_grade_of_the_scorecard(
    estimates: tuple[numbers.Named, ...],
) -> None:
    with (REPORTS / "tables" / "90_scorecard" / "scorecard.csv").open(encoding="utf-8", newline="") as stream:
        card = {row["id"]: row["grade"] for row in csv.DictReader(stream) if row["estimate"]}
    assert {one.name: one.grade.partition(",")[0] for one in estimates if one.grade} == card
    assert all(one.estimate.role == "primary" for one in estimates if one.grade)


def test_a_table_and_a_number_of_a_variant_are_taken_for_no_other(reports: Path) -> None:
    for one in taken.tables_of(reports, "to-2018"):
        assert one.file.endswith("-to-2018")
        assert one.shown.caption.endswith(" (variant to-2018)")
        assert f"variant to-2018 of notebook {one.run}" in one.notes[-1]
    plain, variant = numbers.named(reports), numbers.named(reports, "to-2018")
    assert [one.name for one in variant] == [f"to-2018/{one.name}" for one in plain]
    assert "markets.forward.f" in [one.name for one in plain]
    told = numbers.as_tex(variant, f"{COMMAND} --variant to-2018", plan.load(), "to-2018").decode()
    assert "variant to-2018" in told.splitlines()[1]


def test_one_that_is_counted_is_told_in_the_singular(estimates: tuple[numbers.Named, ...]) -> None:
    (claim,) = (one for one in estimates if one.name == "claims.verdicts.revised_since")
    assert (claim.estimate.estimate, claim.estimate.unit) == (1, "claims")
    assert claim.shown.text.startswith("1 claim")
    assert "claims" not in claim.shown.text
    assert b"{1}{claim}" in numbers.as_tex((claim,), COMMAND, plan.load())
    assert not re.search(r"\b1 [a-z]+s\b", " ".join(one.shown.text for one in estimates if one.estimate.estimate == 1))


def test_macros_hold_names_and_words_that_tex_can_read(reports: Path) -> None:
    told = numbers.as_tex(numbers.named(reports), COMMAND, plan.load()).decode()
    body = [line for line in told.splitlines() if line.startswith(r"\cj@def")]
    assert len(body) == 9
    assert all(balanced(line) for line in body)
    (own,) = (line for line in body if f"{{{numbers.typed(f'cooperation.{HOSTILE_ID}')}}}" in line)
    assert not re.search(r"[ %#\\~<>\"]", numbers.typed(HOSTILE_ID))
    assert r"{SIMULATED 5.41}" in own
    assert HOSTILE not in told


def test_files_come_into_the_folder_named_beside_what_it_holds(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[Path] = []
    monkeypatch.setattr(taking, "_require_current", checked.append)
    paper = tmp_path / "my paper"
    paper.mkdir()
    (paper / "paper.tex").write_text("mine")
    places = list(taking.tables(reports, FIRST, taking.TABLES, paper))
    assert checked == [reports]
    with pytest.raises(ParameterError, match="no notebook or table 'xx'"):
        list(taking.tables(reports, "xx", taking.TABLES, paper))
    assert checked == [reports]  # a name that is not there is told before results are held to be stale
    assert {place.suffix for place in places} == {".csv", ".html", ".docx", ".tex", ".xlsx"}
    assert sum(place.suffix == ".xlsx" for place in places) == 1
    (alone,) = taking.tables(reports, f"{FIRST}/lag_choice", ("xlsx",), paper)
    assert alone.name == f"{FIRST}-lag_choice.xlsx"
    both = list(taking.by_name(reports, taking.NUMBERS, paper))
    assert [place.name for place in both] == ["crimjust-numbers.tex", "crimjust-numbers.json"]
    assert all(place.is_file() for place in (*places, alone, *both))
    assert (paper / "paper.tex").read_text() == "mine"


# --- Set by TeX, where there is one -----------------------------------------------------------------------------------


def set_by_latex(folder: Path, text: str) -> tuple[int, str]:
    (folder / "paper.tex").write_text(text)
    done = subprocess.run(
        [str(LATEX), "-interaction=nonstopmode", "paper.tex"], cwd=folder, capture_output=True, check=False, timeout=120
    )
    return done.returncode, (folder / "paper.log").read_text(errors="replace")


PAPER = r"""\documentclass{article}
\usepackage{booktabs,array,longtable}
%s
\begin{document}
%s
\end{document}
"""


@needs_latex
def test_tables_are_set_without_a_fault(published: tuple[Taken, ...], tmp_path: Path) -> None:
    chosen = [
        one
        for name in ("02/check-1", "06.1", "06.4", "08.1", "08.5", "90_scorecard/scorecard")
        for one in taken.called(name, published)
    ]
    for one in chosen:
        (tmp_path / f"{one.file}.tex").write_bytes(documents.latex(one))
    status, log = set_by_latex(tmp_path, PAPER % ("", "\n".join(f"\\input{{{one.file}}}\\clearpage" for one in chosen)))
    assert status == 0, log[-2000:]
    assert "Float too large" not in log
    # No cell stands upon its neighbour: so far at most do words reach into the space between columns.
    assert not [width for width in re.findall(r"Overfull \\hbox \(([0-9.]+)pt", log) if float(width) > 10]


@needs_latex
def test_numbers_are_set_in_text_in_formulas_and_in_captions_and_an_unknown_one_is_named(
    estimates: tuple[numbers.Named, ...], tmp_path: Path
) -> None:
    (tmp_path / "crimjust-numbers.tex").write_bytes(numbers.as_tex(estimates, COMMAND, plan.load()))
    begin = r"\input{crimjust-numbers}"
    # At the head of a page titles of sections are set in capitals.
    body = r"""\pagestyle{headings}\section{\cjvalue{diversification.trend}} \cjtext{cascade.pass.investigation}
    $x=\cjvalue{joining.investigation}$ \cjgrade{routes.overlap} \cjinterval{routes.overlap.without.côte_d'ivoire}
    \begin{table}\caption{\cjp{match.qap}, \cjrawp{match.qap}, \cjn{match.qap}, \cjunit{match.qap}}\end{table}\newpage Over."""
    status, log = set_by_latex(tmp_path, PAPER % (begin, body))
    assert status == 0, log[-2000:]
    status, log = set_by_latex(tmp_path, PAPER % (begin, r"\cjvalue{diversification.trent}"))
    assert status == 1
    assert "There is no number `diversification.trent'" in log
    status, log = set_by_latex(tmp_path, PAPER % (begin, r"\cjgrade{cascade.pass.investigation}"))
    assert status == 1
    assert "The number `cascade.pass.investigation' has no grade" in log
