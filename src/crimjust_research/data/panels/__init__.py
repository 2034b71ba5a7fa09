"""Analysis panels: raw tables into the shapes the assessments read.

A panel is a pure function of raw tables, given with their declared corrections made; what is missing in them stays
missing in it, in a cell of its own. Each is declared beside the function that makes it, in the module named after what
it is about; `assembly` makes and stores them.
"""

from crimjust_research.data.panels.assembly import PANELS, assemble, build, declared, unlike_raw

__all__ = ["PANELS", "assemble", "build", "declared", "unlike_raw"]
