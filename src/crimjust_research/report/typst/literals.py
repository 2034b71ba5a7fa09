"""Text as typst takes it without reading it: within quotes, where nothing is markup."""

from crimjust_research.errors import printable


def string(text: str) -> str:
    """The text as a literal; what cannot be printed is shown by its number."""
    told = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{told}"'
