"""What a cell of records is found to mean: a text as templates have it, or why it may mean two things."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """A cell as a template would have it, and in words how it was understood."""

    text: str
    how: str


class Unclear(NamedTuple):
    """Why a cell cannot be understood, and what to do about it."""

    rule: str
    remedy: str


def ascii_digits(text: str) -> str:
    """A text with the digits of every script as 0 to 9, as Arabic, Persian, Devanagari or wide ones."""
    if text.isascii():
        return text
    from unicodedata import decimal

    return "".join(str(decimal(sign)) if sign.isdecimal() else sign for sign in text)
