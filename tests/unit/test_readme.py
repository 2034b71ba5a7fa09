"""What README says was found: written between its marks, from results, as plain text."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from crimjust_research.cli import crimjust
from crimjust_research.errors import RunError
from crimjust_research.report import opening, readme
from crimjust_research.report.opening import Opening

ROOT = Path(__file__).parents[2]
RUN = "90_scorecard"
SENTENCES = ("Asked.", "The share is [[0.19 (0.1 to 0.3)|09_match|qap]] of <all> `pairs_of_2`.", "It means little.")
TEXT = f"# Title\n\n{readme.BEGIN}\nstale\n{readme.END}\n\nBetween.\n{readme.BEGIN}\n{readme.END}\n\nThe rest.\n"


def saved(folder: Path, *figures: str) -> Path:
    """Results whose run of all questions drew these figures."""
    about = dict.fromkeys(("name", "outcome", "title", "question", "answer"), "x")
    drawn = [
        {"name": n, "title": "", "alt": f'{n} <1 % "beyond"', "caption": "", "says": "", "source": ""} for n in figures
    ]
    whole = about | {
        "parameters": {},
        "departures": [],
        "changed": [],
        "used": [],
        "checks": [],
        "figures": drawn,
        "tables": [],
    }
    path = folder / "reports" / "assessments" / f"{RUN}.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(whole | {"cells": {}, "key_figure": ""}))
    return folder / "reports"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opening:
    told = Opening(
        RUN, 18, 11, 0, 3, {"<undecided>": 2, "not answerable": 16}, {}, {"1": SENTENCES, "3": SENTENCES}, {}, (), ()
    )
    monkeypatch.setattr(opening, "read", lambda _: told)
    return told


@pytest.mark.usefixtures("opened")
def test_a_sentence_an_outcome_without_links_and_the_picture(tmp_path: Path) -> None:
    told = readme.found(saved(tmp_path, "other", readme.FIGURE))
    assert told is not None
    picture, sentences = told
    first, second = sentences.split("\n")
    sentence = r"The share is 0.19 (0.1 to 0.3) of &lt;all&gt; `pairs_of_2`."
    assert first == f"- **Questions on Outcome 1, drug and precursor markets understood together.** {sentence}"
    assert second.startswith("- **Questions on Outcome 3, ")
    assert second.endswith(sentence)
    alt = (
        "18 registered questions by Outcome, each with its estimate and interval held against the size that matters: "
        "16 not answerable, 2 &lt;undecided&gt;. 3 more have no public data."
    )
    place = f"reports/figures/{RUN}/questions"
    assert picture == f'<a href="{place}.svg"><img align="right" width="320" src="{place}.png" alt="{alt}"></a>'


@pytest.mark.usefixtures("opened")
def test_results_without_the_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="tells of no figure 'questions'; run `crimjust run 90_scorecard` again"):
        readme.found(saved(tmp_path, "other"))


@pytest.mark.usefixtures("opened")
def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    told = readme.found(saved(tmp_path, readme.FIGURE))
    file = tmp_path / readme.PAGE
    file.write_text(TEXT, encoding="utf-8")
    assert readme.write(tmp_path) == (readme.PAGE,)
    assert file.read_text(encoding="utf-8") == readme.page(TEXT, told)
    picture, sentences = told or ()
    assert readme.page(TEXT, ("1", "2")) == TEXT.replace("stale", "1").replace(
        f"{readme.BEGIN}\n{readme.END}", f"{readme.BEGIN}\n2\n{readme.END}"
    )
    assert file.read_text(encoding="utf-8").index(picture) < file.read_text(encoding="utf-8").index(sentences)
    assert readme.write(tmp_path) == ()


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("text", [None, "# Somebody's own\n", f"{readme.BEGIN}\n"])
def test_a_readme_without_marks_is_left_as_it_is(tmp_path: Path, text: str | None) -> None:
    saved(tmp_path, readme.FIGURE)
    file = tmp_path / readme.PAGE
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert readme.write(tmp_path) == ()
    assert (file.read_text(encoding="utf-8") if file.exists() else None) == text


def test_nothing_is_told_of_results_that_lack_the_run_of_all_questions(tmp_path: Path) -> None:
    (tmp_path / readme.PAGE).write_text(TEXT, encoding="utf-8")
    assert readme.write(tmp_path) == ()


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(("options", "writes"), [((), True), (("--output", "elsewhere"), False)])
def test_the_report_of_the_reference_in_its_place_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], writes: bool
) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    for passed in ("runs.jobs.require_current", "runs.promotion.require_pooled"):
        monkeypatch.setattr(f"crimjust_research.{passed}", lambda *_: None)
    monkeypatch.setattr("crimjust_research.report.html.read", lambda *_: None)
    monkeypatch.setattr("crimjust_research.report.html.write", lambda *_: "the page")
    shutil.copytree(ROOT / "data" / "document", tmp_path / "data" / "document")
    saved(tmp_path, readme.FIGURE)
    (tmp_path / readme.PAGE).write_text(TEXT, encoding="utf-8")
    told = CliRunner().invoke(crimjust, ["report", *options], catch_exceptions=False).output
    assert told.splitlines() == ["the page", *[readme.PAGE] * writes]
    assert ("stale" in (tmp_path / readme.PAGE).read_text(encoding="utf-8")) is not writes
