"""Text and tables in Markdown, for the documents generated from data."""

from html import escape


def prose(text: str) -> str:
    """Text as it stands, whatever Markdown would make of its signs; code between backticks stays code."""
    return escape(text, quote=False).replace("*", r"\*")


def head(*titles: str) -> tuple[str, str]:
    return row(*titles), row(*("---" for _ in titles))


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
