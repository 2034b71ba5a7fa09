"""The whole report on paper: what a page of it says, set in Word or as PDF."""

from crimjust_research.report.paper.page import page, running
from crimjust_research.report.paper.pictures import pictures

__all__ = ["page", "pictures", "running"]
