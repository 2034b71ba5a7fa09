"""Results held against conditions that must not count: what is the same, and how a checkout is put into conditions."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from reliability import conditions, invariance
from reliability.conditions import ROOT, checkout, mirrored, shuffled
from reliability.invariance import Found, agreeing, results

QUICKEST = invariance.QUICK[0]


def estimates(**changed: float) -> pd.DataFrame:
    """Two estimates of a run, the second without an error; values by identifier may be other ones."""
    values = {"a": 0.1, "b": 2.0} | changed
    rows = [("08", name, value, 0.5 if name == "a" else None, None) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["run", "id", "estimate", "std_error", "p_value"])


def test_the_last_digit_an_estimate_too_few_and_one_too_many_are_seen() -> None:
    def counted(reference: pd.DataFrame, found: pd.DataFrame) -> tuple[int, int]:
        same = agreeing(reference, found)
        return int(same.sum()), len(same)

    assert counted(estimates(), estimates()) == (2, 2)
    assert counted(estimates(), estimates(a=0.1000000001)) == (1, 2)
    assert counted(estimates(c=1.0), estimates()) == (2, 3)
    assert counted(estimates(), estimates(c=1.0)) == (2, 3)
    assert counted(estimates(), estimates().assign(std_error=[0.5, 0.2])) == (1, 2)


def test_a_notebook_counts_as_unlike_by_its_estimates_and_by_itself_where_it_must_be_the_same() -> None:
    same = agreeing(estimates(), estimates(a=0.2))
    found = Found(same, pd.Series([True, False], ["08", "10"]))
    assert found.unlike(same_notebooks=False) == ["08"]
    assert found.unlike(same_notebooks=True) == ["08", "10"]
    assert found.row() == {"estimates the same": "1 of 2", "notebooks the same": "1 of 2, not 10"}


def test_a_figure_too_many_is_seen(tmp_path: Path) -> None:
    for path in ("notebooks/08.ipynb", "figures/08/a.svg", "tables/08/a.csv", "figures/10/b.svg"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    before = results(tmp_path, "08")
    assert sorted(before) == ["figures/08/a.svg", "notebooks/08.ipynb", "tables/08/a.csv"]
    (tmp_path / "figures" / "08" / "old.svg").write_text("left behind")
    assert results(tmp_path, "08") != before


@pytest.mark.parametrize("change", [shuffled, mirrored])
def test_tables_have_the_same_cells_in_another_order_under_their_own_hash(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    rows = [["month", "said"], *([f"2020-{month:02d}", f'{month}, "so"'] for month in range(1, 13))]
    content = "".join(f'{month},"{said.replace(chr(34), chr(34) * 2)}"\n' for month, said in rows)
    (tmp_path / "table.csv").write_text(content)
    fields = [{"name": "month"}, {"name": "said"}]
    resource = {"path": "table.csv", "hash": "", "schema": {"fields": fields}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    change(tmp_path)
    now = pd.read_csv(tmp_path / "table.csv", dtype="str")
    [listed] = json.loads((tmp_path / "datapackage.json").read_text())["resources"]
    before = pd.DataFrame(rows[1:], columns=rows[0])
    assert [field["name"] for field in listed["schema"]["fields"]] == list(now.columns)
    assert listed["hash"] == f"sha256:{hashlib.sha256((tmp_path / 'table.csv').read_bytes()).hexdigest()}"
    assert list(now.columns) != list(before.columns) or now["month"].tolist() != before["month"].tolist()
    pd.testing.assert_frame_equal(now[before.columns].sort_values("month", ignore_index=True), before)


def test_a_checkout_holds_results_of_others_and_may_be_a_link() -> None:
    of_others = next(c for c in conditions.CONDITIONS if c.before == conditions.with_results_of_others)
    with checkout(of_others) as place:
        there, committed = results(place / "reports", QUICKEST), results(ROOT / "reports", QUICKEST)
        assert there
        assert there != committed
    linked = next(c for c in conditions.CONDITIONS if c.linked)
    with checkout(linked) as place:
        assert place.is_symlink()
        assert (place / "notebooks" / f"{QUICKEST}.ipynb").is_file()
