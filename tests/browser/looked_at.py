"""The pages that tests look at with a browser, by name."""

from collections.abc import Callable
from pathlib import Path

from visits import Visit

REPORTS = Path(__file__).parents[2] / "reports"
COMMITTED = tuple(name for name in ("index.html", "summary.html") if (REPORTS / name).is_file())
HOSTILE_PAGES = ("hostile report", "hostile summary", "hostile variant")
# Every page that is looked at: those that came with the checkout, and those made of hostile results.
PAGES = (*COMMITTED, *HOSTILE_PAGES)
SUMMARIES = tuple(name for name in PAGES if name in ("summary.html", "hostile summary"))
# What a summary has nothing of, by test_seen.py: text that unfolds, tables to filter, downloads.
WHOLE_PAGES = tuple(name for name in PAGES if name not in SUMMARIES)

Look = Callable[..., Visit]
