"""What tests of a notebook share: its own cells run once for each file, and figures planted in place of those on record.

A file names its notebook as NAME. It may give parameters that keep the run short as FEW, and as SKIP the tags of cells to
leave out; cells that only show or save are left out unless it does.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest
import reading

from crimjust_research.runs import steps
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.study import Study


@pytest.fixture(scope="module", autouse=True)
def nothing_is_read_that_no_record_names() -> Iterator[None]:
    """Whatever file of the checkout a notebook's cells open is among the inputs its record would name."""
    run = steps.execute

    def heard(notebook: Notebook, *arguments: Any, **options: Any) -> dict[str, Any]:
        reading.begin()
        names = run(notebook, *arguments, **options)
        if "study" in names:
            assert reading.unrecorded(notebook, names["study"]) == set()
        return names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "execute", heard)
        yield


@pytest.fixture(scope="module")
def whole(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The names that the notebook leaves behind."""
    file = request.module
    return steps.run(file.NAME, skip=getattr(file, "SKIP", steps.SHOWING), **getattr(file, "FEW", {}))


@pytest.fixture(scope="module")
def study(whole: dict[str, Any]) -> Study:
    found: Study = whole["study"]
    return found


@pytest.fixture(scope="module")
def estimates(study: Study) -> pd.DataFrame:
    """The tidy frame of estimates, by id."""
    return study.frame().set_index("id")


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`plant(name, changed)` has notebooks open what the function `changed` makes of the panel of that name; of the raw
    table of that name with `where="raw"`."""

    def planted(name: str, changed: Callable[[pd.DataFrame], pd.DataFrame], where: str = "panel") -> None:
        opened = getattr(Study, where)

        def changed_or_not(self: Study, asked: str, *vintage: str, **as_of: str) -> pd.DataFrame:
            found: pd.DataFrame = opened(self, asked, *vintage, **as_of)
            return changed(found) if asked == name else found

        monkeypatch.setattr(Study, where, changed_or_not)

    return planted
