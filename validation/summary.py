"""What the validation found, in a table at the head of docs/VALIDATION.md.

    .venv/bin/python -m validation summary

All else on that page is written by hand: the table stands between two marks.
"""

import math
import re
from pathlib import Path

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.evidence import plan
from validation import calibrated, estimators, mutants, primaries, registered, second

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "VALIDATION.md"
BEGINS, ENDS = "<!-- found: python -m validation summary -->", "<!-- end of found -->"


def found(estimates: pd.DataFrame) -> pd.DataFrame:
    """What was held against what, of how many, and the verdicts; from kept tables and the pooled reference estimates."""
    table = estimators.kept()
    within = table["ours"].notna()
    numbers, exact = (int(table.loc[which, "count"].sum()) for which in (within, ~within))
    rows = [
        (f"Numbers that tests compare ({len(estimators.entries())} entries)", f"{numbers:,}", f"agrees in {numbers:,}"),
        ("Equalities that tests hold", f"{exact:,}", f"equal in {exact:,}"),
        *(
            (what, f"{len(compared)}", f"agrees in {sum(each.agrees for each in compared)}")
            for what, compared in (
                ("Registered questions again in R: numbers", list(second.registered(estimates))),
                ("Published data again in R: numbers", list(second.referred())),
            )
        ),
        (
            "Intervals of registered estimates: whether they hold the truth",
            *counted(primaries.verdicts(primaries.kept())),
        ),
        ("Registered tests: size at 5 %, each under its worst generator", *sizes(estimates)),
        *(
            (
                f"Calibrated tests in {way} samples: the same",
                *counted(registered.worst(calibrated.kept(), way)["verdict"]),
            )
            for way in calibrated.WAYS
        ),
        *(
            (
                f"Slips in the code of `{room}` that change anything",
                f"{row.drawn - row.alike:.0f}",
                f"seen in {row.seen:.0f}, since in {row.since:.0f}",
            )
            for room, row in mutants.scores(mutants.kept()).iterrows()
        ),
    ]
    return pd.DataFrame(rows, columns=["held", "of", "verdicts"])


def counted(verdicts: pd.Series) -> tuple[str, str]:
    """How many verdicts there are, and how often each was given."""
    return f"{len(verdicts)}", ", ".join(f"{name} in {n}" for name, n in verdicts.value_counts().sort_index().items())


def sizes(estimates: pd.DataFrame) -> tuple[str, str]:
    """How many registered tests were simulated, and how many reject no more often than the plan's limit."""
    registered = plan.load()
    limit = registered.thresholds.size_capped_above
    worst = [size for each in registered.primaries if not math.isnan(size := primaries.worst_size(each, estimates))]
    below = sum(size <= limit for size in worst)
    return f"{len(worst)}", f"within the plan's {100 * limit:g} % in {below}, above it in {len(worst) - below}"


def page(text: str, estimates: pd.DataFrame) -> str:
    """The page with its table as it is now."""
    table = f"{BEGINS}\n\n{markdown(found(estimates))}\n\n{ENDS}"
    return re.sub(f"{re.escape(BEGINS)}.*?{re.escape(ENDS)}", lambda _: table, text, flags=re.DOTALL)


def main() -> None:
    """Write the table."""
    text, estimates = TARGET.read_text(encoding="utf-8"), pd.read_csv(ROOT / "reports" / "estimates.csv")
    TARGET.write_text(page(text, estimates), encoding="utf-8")
