"""Every figure in reports: explained, readable at 85 mm and in grey, in UTC, with title and source, the same bytes anywhere."""

import json
from pathlib import Path

from figure_faults import faults

FIGURES = Path(__file__).parents[2] / "reports" / "figures"
# Runs whose figures are all drawn by the forms of `charts`; every run, once the figure modules of questions are gone.
REDRAWN: tuple[str, ...] = ()


def faulty(run: str) -> dict[str, list[str]]:
    """Faults of each of a run's figures that has any."""
    found = {}
    for path in sorted((FIGURES / run).glob("*.vl.json")):
        svg = path.with_name(path.name.replace(".vl.json", ".svg"))
        specification = json.loads(path.read_text(encoding="utf-8"))
        found[svg.stem] = faults(specification, svg.read_text(encoding="utf-8"))
    return {name: wrong for name, wrong in found.items() if wrong}


def test_figures_drawn_by_the_forms_have_no_fault() -> None:
    assert {run: wrong for run in REDRAWN if (wrong := faulty(run))} == {}


def test_every_run_named_has_figures_in_all_their_forms() -> None:
    drawings = {path.with_suffix("") for path in FIGURES.glob("*/*.svg")}
    assert drawings == {path.with_name(path.name.removesuffix(".vl.json")) for path in FIGURES.glob("*/*.vl.json")}
    assert drawings == {path.with_suffix("") for path in FIGURES.glob("*/*.png")}
    assert drawings == {path.with_suffix("") for path in FIGURES.glob("*/*.csv")}
    assert set(REDRAWN) <= {path.parent.name for path in drawings}


if __name__ == "__main__":
    for folder in sorted(path.name for path in FIGURES.iterdir()):
        for name, wrong in faulty(folder).items():
            print(f"{folder}/{name}: {'; '.join(wrong)}")
