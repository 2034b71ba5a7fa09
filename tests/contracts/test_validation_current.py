"""The page of sizes and powers says what the reference results hold."""

import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))


def test_sizes_and_powers_are_those_of_the_reference_results() -> None:
    import validate_registered

    told = validate_registered.TARGET.read_text(encoding="utf-8")
    current = told == validate_registered.page(pd.read_csv(ROOT / "reports" / "estimates.csv"))
    assert current, "docs/validation/registered.md is stale: run `python benchmarks/validate_registered.py`"
