"""The evaluation matrix says what its registry says."""

from pathlib import Path

from crimjust_research.report import matrix as indicators

PAGE = Path(__file__).parents[2] / indicators.PAGE


def test_the_evaluation_matrix_is_current() -> None:
    assert PAGE.is_file(), f"{indicators.PAGE} is missing: run `{indicators.COMMAND}`"
    current = PAGE.read_text(encoding="utf-8") == indicators.as_markdown()
    assert current, f"{indicators.PAGE} differs from its registry: run `{indicators.COMMAND}`"
