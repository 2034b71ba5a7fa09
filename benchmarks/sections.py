"""A page of sections that are measured one by one, each under a mark that says what measured it."""

import re
from collections.abc import Mapping
from pathlib import Path


def kept(page: Path) -> dict[str, str]:
    """Sections of the page as it is, by the mark above each; none where there is no page yet."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    parts = re.split(r"^<!-- (.+) -->\n", text, flags=re.MULTILINE)
    return {mark: section.strip() for mark, section in zip(parts[1::2], parts[2::2], strict=True)}


def write(page: Path, head: str, sections: Mapping[str, str]) -> None:
    """The page: its head, then each section under its mark, in the order given."""
    parts = [head.strip(), *(f"<!-- {mark} -->\n{text.strip()}" for mark, text in sections.items())]
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
