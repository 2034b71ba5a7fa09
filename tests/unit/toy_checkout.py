"""A small checkout of its own for tests of runs: one table, a toy question, notebooks written as needed."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from crimjust_research import came_with
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.errors import CrimjustError
from crimjust_research.runs import acceptance

ROOT = Path(__file__).parents[2]
COUNTS = Table(
    name="counts",
    title="Counts by month",
    description="One row is a month.",
    fields=(Field("month", "yearmonth", "Month."), Field("count", "integer", "Counted.", "cases", {"required": True})),
    primary_key=("month",),
    licences=(Licence("CC0-1.0", "Public domain", "https://creativecommons.org/publicdomain/zero/1.0/"),),
    sources=(Source("Written for this test", "tests/unit/toy_checkout.py"),),
    time="month",
)

# The toy question lives in a package of its own, so that the code of a run has modules to reach or not to reach.
_QUESTION = '''
"""Counts times a factor."""
from crimjust_research.study import Question
from toy.params import Params

QUESTION = Question("toy", "01_toy", "1", "Toy", "How many?", ("counts",), Params)
'''
_PARAMS = '''
"""Parameters of the toy."""
from typing import Literal, Self

from pydantic import Field, model_validator

from crimjust_research.study import StudyParams


class Params(StudyParams):
    drug: Literal["cocaine", "heroin"] = Field(description="drug counted")
    factor: int = Field(ge=1, le=9, description="multiplier")
    rate: float = Field(description="rate")
    months: tuple[str, ...] = Field(description="months")
    floor: int | None = Field(description="floor, if any")
    trend: bool = Field(description="whether there is a trend")
    start: str = Field(description="first month")
    end: str = Field(description="last month")

    @model_validator(mode="after")
    def window(self) -> Self:
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        return self
'''
_HELPER = '''
"""Arithmetic, and a drawing that needs no chart."""
import os
from pathlib import Path

from crimjust_research.results import OUTPUT_VARIABLE


def scaled(value, factor):
    return value * factor


def save(study):
    saved = study.save()
    figures = Path(os.environ[OUTPUT_VARIABLE]) / "figures"
    figures.mkdir(exist_ok=True)
    (figures / f"level_{study.params.drug}.svg").write_text("<svg/>")
    return saved
'''
_ESTIMATES = """
estimates:
  total: {id: total, estimand: total, method: sum, specification: all months, unit: cases, role: primary}
"""
_ANSWER = "{% macro answer() %}There were {{ e.total.estimate|count|ref('total') }}.{% endmacro %}\n"
_RULES = """version = 2
dated = "2026-11-26"
standing = "A toy."
[rules]
alpha = 0.05
confidence_level = 0.95
primary_adjustment = "holm"
exploratory_adjustment = "fdr_bh"
missing_data = "None is."
suppression = "None is."
simulated_data = "None is."
[rules.grades]
answerable_power = 0.5
check_power = 0.8
specifications_at_least = 5
altered_rows_at_least = 0.05
subset_rows_at_least = 0.8
same_sign_at_least = 0.9
significant_at_least = 0.75
left_out_size_at_least = 0.5
left_out_p_below = 0.1
left_out_units_at_least = 5
size_capped_above = 0.075
"""
_QUESTIONED = {
    "registered": 1,
    "asks": "direction",
    "question": "How many?",
    "estimand": "total",
    "method": "sum",
    "null": "none",
    "unit": "case",
    "sampled": "case",
    "parameters": {},
    "margin": {"value": 1.0, "scale": "difference", "says": "one case", "source": "a toy"},
    "specifications": {},
    "threat": "it is a toy",
    "would_answer": "more cases",
}


def plan_text(questions: Mapping[str, Mapping[str, object]], outcome: str = "1") -> str:
    """A plan of one outcome: each question by id, with what it says otherwise than the toy's; None leaves an entry out."""
    text = f"{_RULES}[outcome.{outcome}]\nfamily = {_toml(list(questions))}\n"
    for name, said in questions.items():
        whole = dict(said) if "like" in said else _QUESTIONED | dict(said)
        entries = {key: value for key, value in whole.items() if value is not None}
        text += f'[primary."{name}"]\n' + "".join(f"{key} = {_toml(value)}\n" for key, value in entries.items())
    return text


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value)


PARAMETERS = """drug = "cocaine"
factor = 2
rate = 0.5
months = ["2020-01", "2020-02"]
floor = None
trend = False
start = "2020-01"
end = "2020-03"
"""
CELLS = (
    "from dataclasses import replace\n\nfrom crimjust_research.study import Study\nfrom toy import QUESTION, helper\n\n"
    'study = Study.begin(replace(QUESTION, notebook="NAME"), globals())\nparams = study.params',
    'counts = study.table("counts", study.raw("counts"))\n'
    'total = helper.scaled(int(counts["count"].sum()), params.factor)\nprint(total)\n'
    'study.estimate("total", {"estimate": total, "n_obs": 3})',
    "helper.save(study)",
)
_TAGS = {CELLS[1]: ["registered"], CELLS[2]: ["answer"]}
_FILES = {
    "__init__.py": _QUESTION,
    "params.py": _PARAMS,
    "helper.py": _HELPER,
    "estimates.yaml": _ESTIMATES,
    "answer.j2": _ANSWER,
}


def write_library(library: Path) -> None:
    """Write the package `toy` into a folder."""
    (library / "toy").mkdir(parents=True)
    for name, source in _FILES.items():
        (library / "toy" / name).write_text(source)


# A release runs where there is no git.
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git, whose history is read here, is not installed")


def commit(folder: Path, *names: str) -> None:
    """Commit files and folders of a checkout, `names` by path below it, to a history of its own."""
    known = ("-c", "user.name=A Tester", "-c", "user.email=tester@example.org")
    for command in (("init", "--quiet"), ("add", *names), (*known, "commit", "--quiet", "--message", "One")):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def release(folder: Path, *names: str) -> None:
    """List files of a checkout, and those of folders, as a release does that is unpacked there."""
    found = [
        path for name in names for path in ((folder / name).rglob("*") if (folder / name).is_dir() else [folder / name])
    ]
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in found
        if path.is_file()
    ]
    (folder / came_with.LIST).write_text("".join(sorted(lines)))


CAME = pytest.mark.parametrize("came", [pytest.param(commit, marks=needs_git), release], ids=["commit", "release"])


def accept_all(root: Path) -> None:
    """List all notebooks of a checkout as the project's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRIMJUST_HOME", str(root))
        acceptance.accept()


@dataclass(frozen=True)
class Checkout:
    """A checkout with the layout of the project's own."""

    root: Path

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def notebook(
        self,
        name: str,
        cells: Sequence[str] = CELLS,
        parameters: str = PARAMETERS,
        params: str = "toy.params:Params",
        reads: str | None = None,
        accept: bool = True,
    ) -> Path:
        """Write a stripped notebook: a title, the parameters, then `cells`; one of the project's, or else as if by hand."""
        sources = [("markdown", "# Title", []), ("code", parameters, ["parameters"])]
        sources += [("code", c.replace("NAME", name), _TAGS.get(c, [])) for c in cells]
        content = {
            "cells": [
                {
                    "cell_type": kind,
                    "id": f"cell-{number}",
                    "metadata": {"tags": tags} if tags else {},
                    "source": text.splitlines(keepends=True),
                    **({"execution_count": None, "outputs": []} if kind == "code" else {}),
                }
                for number, (kind, text, tags) in enumerate(sources, start=1)
            ],
            "metadata": {
                "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
                "crimjust": {"params": params} | ({"reads": reads} if reads else {}),
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
        if accept:
            with suppress(CrimjustError):  # of what is meant to be refused
                accept_all(self.root)
        return path

    def store(self, vintage: str, counts: Sequence[int]) -> None:
        months = [f"2020-{month:02}" for month in range(1, len(counts) + 1)]
        frame = pd.DataFrame({"month": months, "count": list(counts)})
        Catalog(self.root / "data" / "raw").store([Release(COUNTS, vintage, frame)])

    def module(self, name: str) -> Path:
        """The file of a module of the toy package."""
        return self.library / "toy" / f"{name}.py"

    def files(self) -> dict[str, bytes]:
        """Every file under reports/, by path."""
        found = (p for p in sorted(self.reports.rglob("*")) if p.is_file())
        return {p.relative_to(self.reports).as_posix(): p.read_bytes() for p in found}

    @property
    def library(self) -> Path:
        return self.root / "lib"

    @staticmethod
    def make(root: Path) -> "Checkout":
        """A checkout with the table `counts`, the plan of one question, the package `toy`, and no notebook yet.

        Its vocabulary is this project's: tables are declared with it.
        """
        made = Checkout(root)
        write_library(made.library)
        (root / "notebooks").mkdir()
        shutil.copy(ROOT / "requirements.lock", root / "requirements.lock")
        (root / "docs").mkdir()
        (root / "docs" / "analysis_plan.toml").write_text(
            plan_text({"toy.total": {"notebook": "01_toy", "ruled_out": "it is a toy"}})
        )
        shutil.copytree(ROOT / "data" / "vocabulary", root / "data" / "vocabulary")
        made.store("2024", (5, 6, 7))
        return made
