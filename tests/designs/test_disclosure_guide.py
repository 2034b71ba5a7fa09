"""The page for whoever keeps records: its widths of intervals are those that Wilson's formula gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "own_records.md").read_text(encoding="utf-8")
SHARES = [int(share) for share in re.findall(r"share of (\d+)%", GUIDE)]
ROWS = re.findall(r"^\| (\d+) \|(.*)\|$", GUIDE, re.MULTILINE)


def test_the_table_is_read() -> None:
    assert SHARES == [50, 20, 8]
    assert len(ROWS) == 7


@pytest.mark.parametrize(("cases", "intervals"), ROWS)
def test_intervals_by_number_of_cases(cases: str, intervals: str) -> None:
    n = int(cases)
    for share, interval in zip(SHARES, intervals.split("|"), strict=True):
        low, high = proportion_confint(round(n * share / 100), n, method="wilson")
        assert interval.strip() == f"{100 * low:.0f} to {100 * high:.0f}"


def test_a_difference_is_wider_by_four_tenths() -> None:
    low, high = proportion_confint(80, 200, method="wilson")
    of_difference = confint_proportions_2indep(80, 200, 80, 200, method="newcomb")
    assert (of_difference[1] - of_difference[0]) / (high - low) == pytest.approx(1.4, abs=0.05)
