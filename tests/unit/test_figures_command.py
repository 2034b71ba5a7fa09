"""`crimjust figures`: which figures a name means, where their files go, and what is refused."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

import pytest
import reported
from click.testing import CliRunner, Result

from crimjust_research import accepted
from crimjust_research.charts import printed
from crimjust_research.cli import crimjust
from crimjust_research.errors import ParameterError, RunError
from crimjust_research.report import figures
from crimjust_research.runs import jobs, variants

FIRST, SECOND = reported.FIRST, reported.SECOND


def call(*arguments: str) -> Result:
    return CliRunner().invoke(crimjust, ["figures", *arguments])


def told(*arguments: str) -> list[str]:
    """Names of the files written, or what was said instead."""
    done = call(*arguments)
    assert done.exit_code == 0, done.output + str(done.exception)
    return [line if " " in line else Path(line).name for line in done.output.splitlines()]


@pytest.fixture(autouse=True)
def asked(reports: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, set[str]]]:
    """Results that are as they would come out now; and of which runs each command wanted to know."""
    known = {path.stem for path in (reports / "assessments").iterdir()}
    for run in known:
        (reports.parent / "notebooks").mkdir(exist_ok=True)
        whole = reported.NOTEBOOK | {"nbformat": 4, "nbformat_minor": 5}
        (reports.parent / "notebooks" / f"{run}.ipynb").write_text(json.dumps(whole))
    (reports.parent / accepted.PATH).write_bytes(accepted.as_file(dict.fromkeys(known, accepted.meant({}, []))))
    wanted: list[tuple[Path, set[str]]] = []

    def require(folder: Path, present: object, but: Collection[str] = ()) -> None:
        del present
        wanted.append((folder, known.difference(but)))

    monkeypatch.setattr(jobs, "require_current", require)
    return wanted


@pytest.mark.parametrize("name", [f"{FIRST}/lead_lag", "01/lead_lag", "1/lead_lag", "lead_lag", "01.2", "1.2", "01.02"])
def test_a_figure_is_found_however_a_person_gives_it(name: str) -> None:
    assert told(name, "--format", "svg") == [f"{FIRST}-lead_lag-85mm.svg"]


@pytest.mark.parametrize("name", [FIRST, f"{FIRST}.ipynb", "01", "1"])
def test_a_notebook_stands_for_all_its_figures(name: str, reports: Path, asked: list[tuple[Path, set[str]]]) -> None:
    names = [f"{FIRST}-{figure}-85mm.{form}" for figure in ("series", "lead_lag") for form in ("svg", "png", "pdf")]
    assert told(name) == names
    assert asked == [(reports, {FIRST})]
    assert {path.name for path in (reports.parent / figures.FOLDER).iterdir()} == {*names, ".crimjust-export"}


def test_without_a_name_all_are_meant(reports: Path, asked: list[tuple[Path, set[str]]]) -> None:
    files = told("--format", "json", "--width", "170mm", "--grey")
    ends = [f"{FIRST}-series", f"{FIRST}-lead_lag", f"{SECOND}-series"]
    assert files == [f"{end}-170mm-grey.json" for end in ends]
    assert asked == [(reports, {FIRST, SECOND})]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "series",
            f"2 figures are called 'series'; say which: crimjust figures {FIRST}/series; crimjust figures {SECOND}",
        ),
        ("serie", "reference: there is no notebook or figure 'serie'; did you mean 'series'?"),
        (
            f"{FIRST}/lead",
            f"did you mean '{FIRST}/lead_lag'? name a notebook, a figure as NOTEBOOK/FIGURE, or its number",
        ),
        ("01.3", "there is no notebook or figure '01.3'"),
        ("03", "there is no notebook or figure '03'"),
    ],
)
def test_a_name_that_means_no_figure_or_several_is_refused_with_what_to_type(
    name: str, said: str, reports: Path
) -> None:
    done = call(name)
    assert said in str(done.exception)
    assert not (reports / "export").exists()


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--format", "tiff", "'tiff' is none of svg, png, pdf, json"),
        ("--width", "100mm", "'100mm' is not one of '85mm', '170mm'"),
    ],
)
def test_a_form_or_a_width_that_is_not_known_is_refused(option: str, value: str, said: str) -> None:
    done = call("01.1", option, value)
    assert done.exit_code == 2
    assert said in done.output


def test_an_author_s_own_folder_keeps_what_is_the_author_s(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    paper = tmp_path / "my paper"
    paper.mkdir()
    (paper / "draft.docx").write_bytes(b"mine")
    drawing = paper / f"{FIRST}-series-85mm.svg"
    assert call("01.1", "--output", str(paper)).output.splitlines()[0] == str(drawing)
    drawn = drawing.read_bytes()
    drawing.write_bytes(b"restyled")
    told("01.2", "--format", "svg", "--output", str(paper))
    assert drawing.read_bytes() == b"restyled"  # which no command has asked for since
    told("01.1", "--format", "svg", "--output", str(paper))
    assert drawing.read_bytes() == drawn
    (aside,) = (paper / "set-aside").glob("*/*")
    assert aside.read_bytes() == b"restyled"
    assert "set aside in" in caplog.text
    assert (paper / "draft.docx").read_bytes() == b"mine"
    assert (paper / f"{FIRST}-series-85mm.pdf").exists()


def test_a_figure_as_wide_as_a_page_is_left_out_of_many_and_refused_alone(reports: Path) -> None:
    place = reports / "figures" / FIRST / "series.vl.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"width": 760}))
    first, *rest = told("01", "--format", "svg")
    assert first.startswith("left out: the text of series would be 3.")
    assert first.endswith("points high at 85 mm; take it at --width 170mm")
    assert rest == [f"{FIRST}-lead_lag-85mm.svg"]
    assert "take it at --width 170mm" in str(call("01.1").exception)
    assert told("01", "--format", "svg", "--width", "170mm")[0] == f"{FIRST}-series-170mm.svg"


def test_a_form_that_cannot_be_is_left_out_alone_and_a_figure_higher_than_a_sheet_is_told(
    reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks_letters(_: printed.Printed) -> bytes:
        raise ParameterError("no letters")

    monkeypatch.setitem(printed.FORMS, "pdf", lacks_letters)
    assert told("01.1") == [f"{FIRST}-series-85mm.svg", f"{FIRST}-series-85mm.png", "left out: no letters"]
    none = call("01", "--format", "pdf")
    assert none.output.count("left out: no letters") == 2
    assert "none of the 2 figures could be written" in str(none.exception)
    assert str(call("01.1", "--format", "pdf").exception) == "no letters"
    place = reports / "figures" / FIRST / "series.vl.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | {"height": 1200}))
    assert told("01.1", "--format", "svg")[1].endswith(
        "mm high, for which few sheets have room; it is laid out anew at --width 170mm"
    )
    assert len(told("01.1", "--format", "svg", "--width", "170mm")) == 1


def test_a_variant_s_figure_says_so_and_lies_apart(reports: Path) -> None:
    folder = variants.folder(reports) / "to-2018"
    for part in ("assessments", "figures", "records"):
        shutil.copytree(reports / part, folder / part)
    place = call(f"{SECOND}/series", "--variant", "to-20", "--format", "json").output.strip()
    assert Path(place) == reports.parent / figures.FOLDER / "to-2018" / f"{SECOND}-series-85mm-to-2018.json"
    made = json.loads(Path(place).read_text())["usermeta"]["made"]
    of = f"variant to-2018 of notebook {SECOND}; not the registered answer: Window cut to 2020."
    assert made.startswith("Figure 2.1 of crimjust-research ")
    assert of in made


def test_from_results_that_have_moved_nothing_is_written(reports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RunError("results are not what their notebooks would find now")

    monkeypatch.setattr(jobs, "require_current", refuse)
    assert "not what their notebooks would find now" in str(call("01.1").exception)
    assert not (reports / "export").exists()


def test_hostile_words_of_a_notebook_stand_in_files_as_words(tmp_path: Path) -> None:
    svg, specification = (tmp_path / name for name in told("02.1", "--format", "svg,json", "--output", str(tmp_path)))
    assert "<script" not in svg.read_text(encoding="utf-8")
    described = ElementTree.fromstring(svg.read_bytes()).findtext("{http://www.w3.org/2000/svg}desc")
    assert f"Source: {reported.HOSTILE}. Figure 2.1" in str(described)
    assert json.loads(specification.read_text(encoding="utf-8"))["usermeta"]["source"] == reported.HOSTILE
