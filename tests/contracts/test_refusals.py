"""No value a person can give a parameter ends in anything but a run or a refusal in words, before a kernel starts."""

import math
import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import pytest

from crimjust_research.errors import ParameterError
from crimjust_research.runs import notebooks, parameters
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.study import Study

NOTEBOOKS = notebooks.find("all")
NAMES = [notebook.name for notebook in NOTEBOOKS]
TEXTS = (
    *("", " ", "24", "2024-13", "2024-99-99", "2024-02-30", "0000", "2099", "2100-12", "2100H2", "2017h1", "latest "),
    *("-1", "0", "1.5", "1e400", "nan", "-inf", "true", "None", "[]", "{}", "9" * 5000, "٢٠١٨-١٠", "2018-10\n"),
    *("x\ny", "a\0b", "..", "/", "x" * 300, "x" * 5000, "[" * 100_000),
)
VALUES = (None, True, False, -1, 0.5, 10**30, 10**5000, math.nan, math.inf, [], {}, b"x", object)
# What only a library or a programmer would say.
JARGON = re.compile(r"\^|\\d|\[0-9|pattern|[Ii]nput|Value error|pydantic|validation|Errno|Traceback|NoneType|limit \(")


def refusal(notebook: Notebook, **given: Any) -> str:
    """What the person is told, or nothing if the values are admitted; any other error fails the test."""
    try:
        parameters.resolve([notebook], given)
    except ParameterError as error:
        return str(error)
    return ""


def beyond(schema: Mapping[str, Any]) -> Iterator[float]:
    """The nearest numbers that declared bounds leave out."""
    yield from (schema[limit] - 1 for limit in ("minimum",) if limit in schema)
    yield from (schema[limit] + 1 for limit in ("maximum",) if limit in schema)
    yield from (schema[limit] for limit in ("exclusiveMinimum", "exclusiveMaximum") if limit in schema)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_every_hostile_value_is_admitted_or_refused_in_words(notebook: Notebook) -> None:
    properties = parameters.model(notebook).model_json_schema()["properties"]
    for name, schema in properties.items():
        assert all(refusal(notebook, **{name: value}) for value in beyond(schema)), name
        for value in (*TEXTS, *VALUES, *beyond(schema)):
            told = refusal(notebook, **{name: value})
            lines = told.splitlines()
            assert all(line.startswith(f"{notebook.place}: ") and len(line) < 500 for line in lines), (name, value)
            assert not told or re.search(rf"\b{name}\b", told), told
            assert not JARGON.search(told), told


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_a_value_changed_by_hand_is_refused_in_the_same_words(notebook: Notebook) -> None:
    package = notebook.params.partition(":")[0].rpartition(".")[0]
    question = import_module(package).QUESTION
    for name, default in notebook.defaults.items():
        told = refusal(notebook, **{name: object}).removeprefix(f"{notebook.place}: ")
        with pytest.raises(ParameterError) as refused:
            Study.begin(question, notebook.defaults | {name: object})
        assert told == f"{refused.value} (the default is {default!r})"


def years_later(period: Any, by: int) -> Any:
    """The period so many years later."""
    return period + by if isinstance(period, int) else f"{int(period[:4]) + by}{period[4:]}"


@pytest.mark.parametrize("notebook", [n for n in NOTEBOOKS if "start" in n.defaults], ids=lambda n: n.name)
def test_a_window_beyond_the_figures_is_refused_with_what_is_on_record(notebook: Notebook) -> None:
    start, end = notebook.defaults["start"], notebook.defaults["end"]
    later = next(filter(None, (refusal(notebook, end=years_later(end, by)) for by in range(1, 40))))
    assert re.search(r"on record from \S+ to \S+; give end no later than \S+$", later)
    earlier = next(filter(None, (refusal(notebook, start=years_later(start, -by)) for by in range(1, 40))))
    assert re.search(r"on record from \S+ to \S+; give start no earlier than \S+$", earlier)
    assert "the window is empty" in refusal(notebook, start=end, end=start)


@pytest.mark.parametrize(
    ("vintage", "says"),
    [
        ("2099", "the figures can be had as they stood from"),
        ("2001", "the figures can be had as they stood from"),
        ("2024-02-30", "written YYYY, YYYY-MM or YYYY-MM-DD"),
    ],
)
def test_a_vintage_before_the_first_release_or_after_the_last_is_refused(vintage: str, says: str) -> None:
    (notebook,) = notebooks.find("01_outcome1_markets")
    assert says in refusal(notebook, vintage=vintage)
    assert not refusal(notebook, vintage="2025-12-31")


@pytest.mark.parametrize(("name", "file"), [("06_outcome2_cascade", "cases_file"), ("10_reviews", "counts_file")])
def test_a_file_that_is_none_is_refused(name: str, file: str) -> None:
    (notebook,) = notebooks.find(name)
    assert "there is no such file; name a file" in refusal(notebook, **{file: "nowhere.csv"})
    assert "that is a folder; name a file" in refusal(notebook, **{file: "data"})
    assert not refusal(notebook, **{file: "data/templates/cases.csv"})
