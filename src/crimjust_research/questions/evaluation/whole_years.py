"""Which calendar years are over."""


def last_whole_year(date: str) -> int:
    """The last calendar year that is over at a date as precise as it is: 2025-12 is of 2025, 2026-03 of 2025 too."""
    return int(date[:4]) - (date[5:7] not in ("", "12"))
