"""What a publisher's file lacks to be a whole release of its table, in words that say what to give with it."""


def before(found: str, first: str) -> tuple[str, ...]:
    """What a release that starts with the period `found` lacks of a table whose whole releases start with `first`."""
    return (f"the periods from {first} to before {found}: give the files of those too",) if found > first else ()


def missing(found: set[str], needed: set[str], what: str) -> tuple[str, ...]:
    """What a release that holds `found` lacks of `needed`; `what` says what they are."""
    absent = sorted(needed - found)
    return (f"the {what} {', '.join(absent)}: give the files of those too",) if absent else ()
