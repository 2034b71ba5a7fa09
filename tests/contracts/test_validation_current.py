"""The page of sizes and powers says what the reference results hold."""

import pandas as pd

from crimjust_research import project
from validation import registered


def test_sizes_and_powers_are_those_of_the_reference_results() -> None:
    told = registered.TARGET.read_text(encoding="utf-8")
    current = told == registered.page(pd.read_csv(project.root() / "reports" / "estimates.csv"))
    assert current, "docs/validation/registered.md is stale: run `python -m validation registered`"
