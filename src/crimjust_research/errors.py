"""Errors a person can act on: each message names the place, the value and the remedy."""


class CrimjustError(Exception):
    """Base of every error this package raises on purpose; the command line prints it without a traceback."""


class DataError(CrimjustError):
    """A table, file or catalog entry that cannot be trusted: wrong hash, broken layout, failed constraint."""


class VocabularyError(DataError):
    """A country, state, drug, substance or indicator that is not in the accepted vocabulary."""


class ParameterError(CrimjustError):
    """A parameter that is unknown, of the wrong type, out of range, or that selects no data."""


class RunError(CrimjustError):
    """A notebook run that failed after it started."""
