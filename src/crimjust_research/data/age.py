"""How old a table's newest figure is, and from which day its publisher should have a newer one.

Told from the catalog and the table's declared rhythm alone: nothing here knows today's date.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

from crimjust_research.data.tables import Resource, Rhythm

_MONTHS_A_YEAR = 12
# The last month of the fiscal year of the United States, which is named after the year it ends in.
_FISCAL_YEAR_ENDS = 9


def newest(releases: Sequence[Resource]) -> Resource:
    """Of the stored releases of one table the latest, or the newest part where none is whole."""
    return next((r for r in releases if r.latest), releases[-1])


def newest_period(release: Resource) -> str:
    """The last period the release has figures of, as its time column has it; empty where it has no time."""
    return release.coverage[1] if release.coverage else ""


def due(release: Resource, rhythm: Rhythm) -> date | None:
    """The day from which newer figures than those of `release` should exist; None where nothing regular is known.

    It is the end of the next period, `rhythm.months` after the newest one's, and `rhythm.lag` months. The newest period
    of a release published before that period was over is itself still to come, and so is the next.
    """
    if rhythm.months is None or release.coverage is None:
        return None
    end = period_end(release.coverage[1], fiscal=release.table.time == "fiscal_year")
    # Figures of part of a period; where they are published ahead of it, all of them are there.
    unfinished = rhythm.lag >= 0 and period_end(release.vintage) < end
    return _months_later(end, rhythm.lag + (0 if unfinished else rhythm.months))


def period_end(period: str, fiscal: bool = False) -> date:
    """The last day of a period written 2014, 2014H1, 2014-03 or 2014-03-31; `fiscal` for years that end in September."""
    year = int(period[:4])
    if len(period) == len("2014-03-31"):
        return date.fromisoformat(period)
    if "H" in period:
        month = int(period[-1]) * _MONTHS_A_YEAR // 2
    elif "-" in period:
        month = int(period[5:7])
    else:
        month = _FISCAL_YEAR_ENDS if fiscal else _MONTHS_A_YEAR
    return _last_of_month(year, month)


def _months_later(end: date, months: int) -> date:
    """The end of the month so many months after that of `end`."""
    count = end.year * _MONTHS_A_YEAR + end.month - 1 + months
    return _last_of_month(count // _MONTHS_A_YEAR, count % _MONTHS_A_YEAR + 1)


def _last_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])
