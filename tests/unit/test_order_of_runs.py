"""Runs start in the order in which none is left alone at the end, in kernels that have what their notebooks need."""

from pathlib import Path

from toy_checkout import Checkout

from crimjust_research import computed
from crimjust_research.runs import jobs, notebooks, record
from crimjust_research.runs.notebooks import Notebook
from crimjust_research.sources import Sources


def notebook(name: str, power: int) -> Notebook:
    cells = [{"cell_type": "code", "metadata": {"tags": ["power"]}, "source": ""} for _ in range(power)]
    return Notebook(Path(f"{name}.ipynb"), {"cells": cells, "metadata": {}}, "")


def test_the_longest_is_started_first_and_what_has_not_run_before_all_others(checkout: Checkout) -> None:
    del checkout  # what has been computed is noted in it
    found = [notebook("short", 5), notebook("long", 0), notebook("new", 0), notebook("new_with_power", 2)]
    jobs.note_length(found[0], 3.14)
    jobs.note_length(found[1], 30)
    ordered = [each.path.stem for each in sorted(found, key=jobs.length, reverse=True)]
    assert ordered == ["new_with_power", "new", "long", "short"]
    computed.mark("long-seconds", "scribbled over")
    assert jobs.length(found[1]) == (float("inf"), 0)


def test_a_warm_process_gets_the_libraries_its_notebooks_can_reach() -> None:
    (scorecard,), (markets,) = notebooks.find("90_scorecard"), notebooks.find("01_outcome1_markets")
    sources = Sources()
    reached = [sources.libraries(record.modules(each), {"scipy", "statsmodels"}) for each in (scorecard, markets)]
    assert "statsmodels.tsa.stattools" in reached[1]
    assert not any(name.startswith("statsmodels") for name in reached[0])
