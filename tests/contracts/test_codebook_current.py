"""The codebook and the templates say what the data and the schemas say."""

from pathlib import Path

from crimjust_research.data import catalog
from crimjust_research.data.ingest import readers
from crimjust_research.report import codebook

ROOT = Path(__file__).parents[2]


def test_the_codebook_is_current() -> None:
    outdated = codebook.stale(ROOT, catalog.raw(), catalog.processed(), readers())
    assert not outdated, f"{', '.join(outdated)} differ from the data: run `{codebook.COMMAND}`"
