"""The evaluation matrix says what its registry says."""

from pathlib import Path

from crimjust_research.report import matrix

PAGE = Path(__file__).parents[2] / matrix.PAGE


def test_the_evaluation_matrix_is_current() -> None:
    assert PAGE.is_file(), f"{matrix.PAGE} is missing: run `{matrix.COMMAND}`"
    current = PAGE.read_text(encoding="utf-8") == matrix.as_markdown(matrix.load())
    assert current, f"{matrix.PAGE} differs from its registry: run `{matrix.COMMAND}`"
