"""Results held against conditions that must not count: what is the same, and rows in another order."""

import hashlib
import json
from pathlib import Path

import pandas as pd

from reliability.invariance import agreeing, shuffled


def estimates(**changed: float) -> pd.DataFrame:
    """Two estimates of a run, the second without an error; values by identifier may be other ones."""
    values = {"a": 0.1, "b": 2.0} | changed
    rows = [("08", name, value, 0.5 if name == "a" else None, None) for name, value in values.items()]
    return pd.DataFrame(rows, columns=["run", "id", "estimate", "std_error", "p_value"])


def test_the_last_digit_an_estimate_too_few_and_one_too_many_are_seen() -> None:
    assert agreeing(estimates(), estimates()) == (2, 2)
    assert agreeing(estimates(), estimates(a=0.1000000001)) == (1, 2)
    assert agreeing(estimates(c=1.0), estimates()) == (2, 3)
    assert agreeing(estimates(), estimates(c=1.0)) == (2, 3)
    assert agreeing(estimates(), estimates().assign(std_error=[0.5, 0.2])) == (1, 2)


def test_shuffled_panels_have_the_same_rows_in_another_order_under_their_own_hash(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "processed"
    folder.mkdir(parents=True)
    content = b"month,count\n" + b"".join(b"2020-%02d,%d\n" % (month, month) for month in range(1, 13))
    (folder / "panel.csv").write_bytes(content)
    (folder / "datapackage.json").write_text(json.dumps({"resources": [{"path": "panel.csv", "hash": ""}]}))
    shuffled(tmp_path)
    now = (folder / "panel.csv").read_bytes()
    assert now != content
    assert now.splitlines()[0] == b"month,count"
    assert sorted(now.splitlines()) == sorted(content.splitlines())
    [resource] = json.loads((folder / "datapackage.json").read_text())["resources"]
    assert resource["hash"] == f"sha256:{hashlib.sha256(now).hexdigest()}"
