"""What a query of CDC WONDER must say for its figures to be those of a table: `data/vocabulary/wonder.yaml`."""

from collections.abc import Mapping
from typing import Annotated

from crimjust_research import yaml_files
from crimjust_research.yaml_files import Entry, Text, matching

FILE = "data/vocabulary/wonder.yaml"
Causes = Annotated[str, matching(r"[A-Z]\d\d(-[A-Z]\d\d)?", "an ICD-10 code or a range of them, as X40-X44")]
Year = Annotated[str, matching(r"(19|20)\d\d", "a year")]


class Query(Entry):
    """The query a raw table is exported by."""

    databases: tuple[Text, ...]
    group_by: tuple[tuple[Text, ...], ...]
    drug_class: bool
    lines: Mapping[Text, tuple[Text, ...]]


class Wonder(Entry):
    """Lines of a query by what they choose, the queries of the raw tables by name, and totals of final years."""

    harmless: tuple[Text, ...]
    everything: tuple[Text, ...]
    underlying_cause: tuple[Text, ...]
    overdose: tuple[Causes, ...]
    multiple_cause: Text
    period: Text
    tables: Mapping[Text, Query]
    final_deaths: Mapping[Text, Mapping[Year, int]]


def load() -> Wonder:
    """The queries as the file has them."""
    return yaml_files.load(Wonder, FILE)
