"""Statistical assessments of the three outcomes of UNODC's CRIMJUST programme, from published figures to report."""

from importlib.metadata import version

__version__ = version("crimjust-research")
