"""Size and power of every registered test on the panel it is used on; writes its part of docs/VALIDATION.md.

    .venv/bin/python -m validation registered

The notebooks simulate them, and the reference results hold them: this only sets them side by side.
"""

from pathlib import Path

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.evidence import plan

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "validation" / "registered.md"
HEAD = """# The registered tests on their own panels

Written by `validation/registered.py` from the reference results. Samples are simulated on the very panel a test is used
on, gaps included, by the generators that `docs/analysis_plan.toml` names. Size: how often the test rejects at 5 % where there
is nothing; above {cap:g} % the plan lets no grade be better than suggestive, and a test far below 5 % is conservative. Power: how
often it rejects an effect of half the margin, of the margin and of double the margin, at .05 over the number of questions
registered for the outcome. Below one half at the margin a question is not answerable. Per cent, with Monte Carlo errors.
"""


def percent(row: pd.Series) -> str:
    """A simulated share in per cent; with its Monte Carlo error if it was counted."""
    if pd.isna(row["estimate"]):
        return "no such sample can be"
    error = f" ± {100 * row['std_error']:.1f}" if row["std_error"] > 0 else ""
    return f"{100 * row['estimate']:.1f}{error}"


def page(estimates: pd.DataFrame) -> str:
    """The page, from the pooled estimates of the reference runs."""
    registered = plan.load()
    sizes, powers, without = [], [], []
    for question in registered.primaries:
        mine = (estimates["run"] == question.notebook) & estimates["id"].map(question.estimates)
        own = estimates[mine].set_index("id")
        if f"{question.name}.least_p" not in own.index:
            without.append(f"- {question.id}: {question.ruled_out}.")
            continue
        told = {size: percent(own.loc[f"{question.name}.power.{size}"]) for size in plan.SIZES}
        powers.append({"question": question.id, **told})
        for name, says in question.sizes.items():
            share = percent(own.loc[f"{question.name}.size.{name}"])
            sizes.append({"question": question.id, "samples without effect": says, "rejects, %": share})
    parts = [
        HEAD.format(cap=100 * registered.thresholds.size_capped_above),
        f"## Size\n\n{markdown(pd.DataFrame(sizes))}\n",
        f"## Power\n\n{markdown(pd.DataFrame(powers))}\n",
        "## Not simulated\n\nThe plan rules them out by their design:\n\n" + "\n".join(without) + "\n",
    ]
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(pd.read_csv(ROOT / "reports" / "estimates.csv")), encoding="utf-8")
