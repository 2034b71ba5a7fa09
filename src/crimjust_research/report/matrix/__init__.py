"""The evaluation matrix: what each outcome, component, pillar and step can be judged by, and where that is measured.

`indicator` says what an indicator is, `registry` holds them all, and `page` writes them as docs/EVALUATION_MATRIX.md.
"""

from crimjust_research.report.matrix.indicator import Column, Indicator
from crimjust_research.report.matrix.page import COMMAND, PAGE, as_markdown, faults, served, write
from crimjust_research.report.matrix.registry import INDICATORS

__all__ = ["COMMAND", "INDICATORS", "PAGE", "Column", "Indicator", "as_markdown", "faults", "served", "write"]
