"""Fixtures for tests of every kind."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

# The same cases on every machine, however busy it is: what is drawn anew each time is tried by the campaigns in reliability/.
settings.register_profile("reproducible", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("reproducible")

PUBLISHED = Path(__file__).parent / "data" / "published"


@pytest.fixture(scope="session")
def published() -> Callable[[str], pd.DataFrame]:
    """A table of published figures by its name, such as `published("sicily/monthly")`."""

    def table(name: str) -> pd.DataFrame:
        return pd.read_csv(PUBLISHED / f"{name}.csv")

    return table
