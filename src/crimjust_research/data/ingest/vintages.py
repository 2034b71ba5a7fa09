"""Which days a release can have been published on."""

from datetime import date

from crimjust_research.data.tables import Release
from crimjust_research.errors import DataError


def require_possible(release: Release, today: date | None) -> None:
    """Refuse a vintage that is no day, month or year there is, lies after `today`, or before what it would hold.

    Raises
    ------
    DataError
        Naming the vintage, the table and the remedy. Without `today`, the future is not looked at.
    """
    vintage, name = release.vintage, release.table.name
    write = f"name the day {name!r} was published or downloaded with --vintage YYYY-MM-DD"
    if not is_date(vintage):
        raise DataError(f"vintage {vintage!r} of {name!r} is not a date there is; {write}")
    if today and vintage > today.isoformat()[: len(vintage)] and not _is_fiscal_year_begun(release, today):
        raise DataError(f"vintage {vintage} of {name!r} lies after today, {today}; {write}")
    last = _last_period(release)
    if vintage[: len(last)] < last[: len(vintage)]:
        raise DataError(f"vintage {vintage} of {name!r} lies before the last period in it, {last}; {write}")


def _is_fiscal_year_begun(release: Release, today: date) -> bool:
    """Whether a release is named after its last fiscal year, of which figures are published from the year before."""
    of_year = release.table.time == "fiscal_year" and release.vintage == str(release.frame["fiscal_year"].max())
    return of_year and int(release.vintage) <= today.year + 1


def is_date(text: str) -> bool:
    """Whether text is a year, a month or a day of the calendar, written as the standard has it."""
    if not (text.isascii() and len(text) in (4, 7, 10)):
        return False
    try:
        date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return True


def _last_period(release: Release) -> str:
    """The last period that must have begun, as YYYY, YYYY-MM or YYYY-MM-DD; nothing if the table has no time.

    Of a half of a year it is its first month. A fiscal year begins in the year before, and so do publications about it.
    """
    time = release.table.time
    if time is None or release.frame[time].isna().all():
        return ""
    last = str(release.frame[time].dropna().max())
    if time == "fiscal_year":
        return str(int(last) - 1)
    return last.replace("H1", "-01").replace("H2", "-07")
