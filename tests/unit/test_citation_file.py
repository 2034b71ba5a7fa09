"""CITATION.cff says what the rest of the repository says, and names nobody who has not agreed to be named."""

import re
import tomllib
from pathlib import Path

import yaml

from crimjust_research import __version__, document
from crimjust_research.report.citations import software

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / software.FILE).read_text(encoding="utf-8")


def test_its_version_date_and_licence_are_those_of_the_release() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = software.load()
    assert told.version == project["version"] == __version__
    assert told.license == project["license"]
    heading = rf"^## {re.escape(told.version)} – (\d{{4}}-\d\d-\d\d)$"
    released = re.search(heading, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert told.date_released == (released[1] if released else None)


def test_it_is_plain_yaml_of_the_format_it_names() -> None:
    held = yaml.safe_load(TEXT)
    assert held["cff-version"] == "1.2.0"
    assert {"cff-version", "message", "title", "authors", "abstract", "keywords", "references"} <= set(held)
    assert len(set(held["keywords"])) == len(held["keywords"])
    assert all(isinstance(held[name], str) for name in ("message", "title", "abstract", "version", "license", "type"))


def test_its_authors_are_bodies_and_nothing_in_it_is_made_up() -> None:
    told = software.load()
    assert [author.name for author in told.authors] == ["contributors of crimjust-research"]
    assert not re.search(r"orcid|doi:|10\.\d{4,}/|@|given-names|repository-code", TEXT, re.IGNORECASE)


def test_it_refers_to_the_source_document_as_that_is_described() -> None:
    (work,) = software.works()
    fact = document.load().document
    assert (work.key, work.title, work.issued) == ("unodc-responses-2021", fact.wording, fact.date)
