"""The page of an outcome: what its designs come to on SIMULATED data, a table for each question asked of them."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from benchmarks.tables import markdown

FOLDER = Path(__file__).parents[1] / "docs" / "validation"


def write(outcome: int, measured: str, parts: Mapping[str, Callable[[], pd.DataFrame]]) -> None:
    """Make every table of an outcome's page by its title, print each as it is done, and write the page.

    `measured` says in words what the tables hold, such as "size and power".
    """
    text = [
        f"# Outcome {outcome}: {measured}",
        "",
        f"Written by `validation/outcome{outcome}.py`. SIMULATED throughout. What follows a ± is the Monte Carlo error.",
    ]
    for title, table in parts.items():
        text += ["", f"## {title}", "", markdown(table())]
        print(text[-3], text[-1], sep="\n", flush=True)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"outcome{outcome}.md").write_text("\n".join(text) + "\n", encoding="utf-8")
