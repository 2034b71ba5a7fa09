"""Paragraphs as a terminal shows them."""

from textwrap import wrap

_UNBROKEN = "\u00a0"  # commands are copied, so that no line may end within one


def wrapped(indent: int, text: str, width: int) -> list[str]:
    """A paragraph whose lines after the first stand two places further in; where a space does not break, none ends.

    Lines have at most `width` characters, longer words alone excepted.
    """
    first, rest = " " * indent, " " * (indent + 2 if indent else 0)
    lines = wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_UNBROKEN, " ") for line in lines]


def whole(command: str) -> str:
    """A command of which `wrapped` ends no line."""
    return command.replace(" ", _UNBROKEN)
