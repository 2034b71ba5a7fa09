"""A small checkout of its own for tests of runs: one table, a toy assessment, notebooks written as needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Field, Licence, Release, Source, Table

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

# The toy assessment lives in a package of its own, so that the code of a run has modules to reach or not to reach.
_ASSESSMENT = '''
"""Counts times a factor."""
import os
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crimjust_research.results import OUTPUT_VARIABLE, Assessment
from crimjust_research.evidence.estimates import Estimate, Used
from crimjust_research.evidence.words import refer
from toy.helper import scaled


class Params(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    drug: Literal["cocaine", "heroin"] = "cocaine"
    factor: int = Field(2, ge=1, le=9)
    rate: float = 0.5
    months: tuple[str, ...] = ("2020-01", "2020-02")
    floor: int | None = None
    trend: bool = False
    start: str = "2020-01"
    end: str = "2020-03"

    @model_validator(mode="after")
    def window(self) -> Self:
        if self.start > self.end:
            raise ValueError(f"the window is empty: start {self.start} is after end {self.end}")
        return self


class Result(Assessment):
    def save(self):
        saved = super().save()
        figures = Path(os.environ[OUTPUT_VARIABLE]) / "figures"
        figures.mkdir(exist_ok=True)
        (figures / f"level_{self.parameters['drug']}.svg").write_text("<svg/>")
        return saved


def assess(params):
    from crimjust_research.data.catalog import raw

    counts = raw().open("counts")
    used = raw().resource("counts")
    total = scaled(int(counts["count"].sum()), params.factor)
    estimate = Estimate("total", "1", "How many?", "total", "sum", "all months", total, "cases", 3, 1, "primary")
    return Result(
        name="toy", outcome="1", title="Toy", question="How many?", answer=f"There were {refer(str(total), 'total')}.",
        estimates=(estimate,), checks=(), figures=(), tables={"counts": counts},
        used=(Used("counts", used.vintage, used.sha256),), parameters=params.model_dump(mode="json"),
    )
'''
_HELPER = '"""Arithmetic."""\n\n\ndef scaled(value, factor):\n    return value * factor\n'
PARAMETERS = """drug = "cocaine"
factor = 2
rate = 0.5
months = ["2020-01", "2020-02"]
floor = None
trend = False
start = "2020-01"
end = "2020-03"
"""
_ARGUMENTS = "drug=drug, factor=factor, rate=rate, months=months, floor=floor, trend=trend, start=start, end=end"
CELLS = (
    f"from toy import assessment\nparams = assessment.Params({_ARGUMENTS})",
    "result = assessment.assess(params)\nprint(result.estimates[0].estimate)",
    "result.save()",
)


def write_library(library: Path) -> None:
    """Write the package `toy` into a folder."""
    (library / "toy").mkdir(parents=True)
    for name, source in (("__init__", '"""Toy."""\n'), ("assessment", _ASSESSMENT), ("helper", _HELPER)):
        (library / "toy" / f"{name}.py").write_text(source)


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
        params: str = "toy.assessment:Params",
        reads: str | None = None,
    ) -> Path:
        """Write a stripped notebook: a title, the parameters, then `cells`."""
        sources = [("markdown", "# Title", []), ("code", parameters, ["parameters"]), *(("code", c, []) for c in cells)]
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
        """A checkout with the table `counts`, the package `toy`, and no notebook yet."""
        made = Checkout(root)
        write_library(made.library)
        (root / "notebooks").mkdir()
        (root / "requirements.lock").write_text("numpy==2.4\n")
        made.store("2024", (5, 6, 7))
        return made
