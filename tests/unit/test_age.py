"""How old a table is: the last day of periods of every kind, and the day from which newer figures should exist."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crimjust_research.data import age, catalog
from crimjust_research.data.ingest import readers
from crimjust_research.data.tables import Field, Licence, Resource, Rhythm, Source, Table

MONTHLY = Rhythm("monthly", "each month", "made up", months=1, lag=4)
YEARLY = Rhythm("yearly", "each year", "made up", months=12, lag=6)


def stored(last: str | None, vintage: str, time: str | None = "period") -> Resource:
    table = Table(
        name="counts",
        title="Counts",
        description="One row is a period.",
        fields=(Field(time or "period", "string", "Period."),),
        primary_key=(time or "period",),
        licences=(Licence("made-up", "Made up", "https://example.org"),),
        sources=(Source("Nobody's office", "https://example.org"),),
        time=time,
    )
    coverage = ("2010", last) if last else None
    return Resource(table, vintage, f"counts/{vintage}.csv", "0" * 64, 1, 1, True, (), coverage, ())


@pytest.mark.parametrize(
    ("period", "fiscal", "end"),
    [
        ("2024", False, date(2024, 12, 31)),
        ("2024", True, date(2024, 9, 30)),
        ("2024H1", False, date(2024, 6, 30)),
        ("2024H2", False, date(2024, 12, 31)),
        ("2024-02", False, date(2024, 2, 29)),
        ("2023-02", False, date(2023, 2, 28)),
        ("2024-03-05", False, date(2024, 3, 5)),
    ],
)
def test_a_period_ends_on_its_last_day(period: str, fiscal: bool, end: date) -> None:
    assert age.period_end(period, fiscal) == end


@pytest.mark.parametrize(
    ("last", "vintage", "rhythm", "due"),
    [
        # August's figures, four months after the end of August.
        ("2024-07", "2025-01-08", MONTHLY, date(2024, 12, 31)),
        # Half a year after the end of 2023.
        ("2022", "2023-06", YEARLY, date(2024, 6, 30)),
        ("2024H2", "2025-04", Rhythm("half-yearly", "each half-year", "made up", months=6, lag=3), date(2025, 9, 30)),
        # Of 2024 there were nine months only: the year itself is still to come.
        ("2024", "2024-09-24", YEARLY, date(2025, 6, 30)),
        # Published half a year before the period ends, all of it.
        ("2024", "2024-06", Rhythm("yearly", "each year", "made up", months=12, lag=-6), date(2025, 6, 30)),
        ("2024-12", "2025", MONTHLY, date(2025, 5, 31)),
        ("2024", "2025", Rhythm(), None),
        (None, "2025", YEARLY, None),
    ],
)
def test_newer_figures_are_due_after_the_next_period_and_its_lag(
    last: str | None, vintage: str, rhythm: Rhythm, due: date | None
) -> None:
    assert age.due(stored(last, vintage), rhythm) == due


@pytest.mark.parametrize(
    ("table", "newest"),
    [
        ("overdose_12month", "2026-04"),
        ("seizures_us_border", "2026-08"),
        ("justice_quality", "2025"),
        ("governance", "2024"),
        ("seizures_country", "2024"),
    ],
)
def test_no_newer_figures_are_expected_than_publishers_had_in_november_2026(table: str, newest: str) -> None:
    """What had been published by 26 November 2026: the figures before them were behind by then, these were not."""
    rhythm = next(table_.rhythm for reader in readers() for table_ in reader.tables if table_.name == table)
    assert rhythm.months
    due = age.due(stored(newest, "2026-11-26"), rhythm)
    assert due
    assert due > date(2026, 11, 26)
    before = f"{newest[:5]}{int(newest[5:]) - 3:02d}" if "-" in newest else str(int(newest) - 2)
    behind = age.due(stored(before, "2026-11-26"), rhythm)
    assert behind
    assert behind <= date(2026, 11, 26)


def test_a_list_that_grows_as_states_act_is_behind_after_half_a_year() -> None:
    rhythm = next(table.rhythm for reader in readers() for table in reader.tables if table.name == "treaties")
    assert age.due(stored("2015-02-19", "2015-03"), rhythm) == date(2015, 8, 31)
    assert age.due(stored("2026-10-01", "2026-11-26"), rhythm) == date(2027, 4, 30)


def test_reports_on_jurisdictions_are_dated_in_most_months() -> None:
    """What the rhythm of mutual evaluations rests on: since the pandemic, two months at most from one to the next."""
    rhythm = next(table.rhythm for reader in readers() for table in reader.tables if table.name == "fatf_ratings")
    dated = pd.PeriodIndex(catalog.raw().open("fatf_ratings", "2026-03-23")["month"].unique(), freq="M").sort_values()
    steps = np.diff(dated[dated >= "2021-01"].astype("int64"))
    assert steps.max() == rhythm.months
    assert np.mean(steps == 1) > 0.8


def test_a_fiscal_year_ends_in_september() -> None:
    rhythm = Rhythm("yearly", "each year", "made up", months=12, lag=0)
    assert age.due(stored("2026", "2026", time="fiscal_year"), rhythm) == date(2027, 9, 30)


def test_the_newest_release_is_the_latest_or_the_newest_part() -> None:
    releases = catalog.raw().tables()["overdose_12month"]
    assert age.newest(releases).latest
    parts = [release for release in releases if not release.latest]
    assert age.newest(parts) == parts[-1]
    assert age.newest_period(stored("2024-07", "2025")) == "2024-07"
    assert age.newest_period(stored(None, "2025")) == ""


def test_what_is_due_says_who_says_so() -> None:
    """A rhythm that can be reckoned with has a source; one that cannot has no lag either."""
    for rhythm in (table.rhythm for reader in readers() for table in reader.tables):
        assert rhythm.word
        assert rhythm.says
        if rhythm.months is None:
            assert rhythm.lag == 0
        else:
            assert rhythm.months > 0
            assert rhythm.source
