"""Fixtures for tests of every kind."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

PUBLISHED = Path(__file__).parent / "data" / "published"


@pytest.fixture(scope="session")
def published() -> Callable[[str], pd.DataFrame]:
    """A table of published figures by its name, such as `published("sicily/monthly")`."""

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(PUBLISHED / f"{name}.csv")

    return table
