"""The report: one self-contained page built from the reference results in `reports/`."""

from crimjust_research.report.html import build

__all__ = ["build"]
