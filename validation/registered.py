"""Size and power of every registered test on the panel it is used on; writes its part of docs/VALIDATION.md.

    .venv/bin/python -m validation registered

The notebooks simulate them, and the reference results hold them: this only sets them side by side.
"""

import math
from pathlib import Path
from textwrap import fill

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.evidence import plan
from validation import calibrated
from validation.calibrated import AT, WAYS

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "validation" / "registered.md"
HEAD = """# The registered tests on their own panels

Written by `validation/registered.py` from the reference results. Samples are simulated on the very panel a test is used
on, gaps included, by the generators that `docs/analysis_plan.toml` names. Size: how often the test rejects at 5 % where there
is nothing; above {cap:g} % the plan lets no grade be better than suggestive. What counts for a grade is not that test but the
calibrated one: it rejects where the calibrated p of the plan is at most 5 %. Fresh: that test in samples of other seeds than
those it is calibrated on. Nested: in each of some samples the generator is fitted anew, as if the sample were the data, and
calibrates that sample's own p on {inner} samples under each generator; where there is none, `validation/calibrated.py` says why.
Power: how often the calibrated test rejects an effect of half the margin, of the margin and of double the margin, at .05 over the
number of questions registered for the outcome. Below one half at the margin a question is not answerable. Per cent, with Monte
Carlo errors; those of fresh samples count that what they are held against was simulated as well.

{shown}
"""


def percent(row: pd.Series) -> str:
    """A simulated share in per cent; with its Monte Carlo error if it was counted."""
    if pd.isna(row["estimate"]):
        return "no such sample can be"
    error = f" ± {100 * row['std_error']:.1f}" if row["std_error"] > 0 else ""
    return f"{100 * row['estimate']:.1f}{error}"


def error(row: pd.Series, share: float) -> float:
    """Monte Carlo error of a share rejected: of the samples, and of the level, whose relative error is that of the number of
    samples without effect below it."""
    level = (1 - AT) / AT / row["calibrated_on"] if row["way"] == "fresh" else 0.0
    return math.sqrt(share * (1 - share) / row["samples"] + share**2 * level)


def verdict(row: pd.Series) -> str:
    """Whether a calibrated test rejects more or less than 5 % of true nulls by two Monte Carlo errors."""
    away = (row["rejected"] - AT) / error(row, AT)
    return "above 5 %" if away > 2 else "conservative" if away < -2 else "not told apart"


def worst(table: pd.DataFrame, way: str) -> pd.DataFrame:
    """Rows of the kept table under the worst generator of each question, with their verdicts."""
    rows = table[table["way"] == way]
    rows = rows.loc[rows.groupby("question", sort=False)["rejected"].idxmax()]
    return rows.assign(verdict=[verdict(row) for _, row in rows.iterrows()])


def calibrated_sizes(table: pd.DataFrame, question: str, generator: str) -> dict[str, str]:
    """What the kept table says of one question under one generator, a cell a way."""
    own = table[(table["question"] == question) & (table["generator"] == generator)].set_index("way", drop=False)
    return {
        f"calibrated, {way}, %": f"{100 * row['rejected']:.1f} ± {100 * error(row, row['rejected']):.1f}"
        if row is not None
        else ""
        for way in WAYS
        for row in [own.loc[way] if way in own.index else None]
    }


def shown(table: pd.DataFrame) -> str:
    """What the calibrated tests do under their worst generators, in words."""
    says = []
    for way in WAYS:
        rows = worst(table, way)
        kinds = {kind: ", ".join(f"`{name}`" for name in of["question"]) for kind, of in rows.groupby("verdict")}
        says.append(
            f"{way.capitalize()}, of {len(rows)} questions: under its worst generator the calibrated test rejects more than 5 % "
            f"by two Monte Carlo errors of {kinds.get('above 5 %', 'none')}; it is conservative, with less than 5 % by as much, "
            f"of {kinds.get('conservative', 'none')}; of the others its share is not told apart from 5 %."
        )
    return fill(" ".join(says), 128, break_long_words=False, break_on_hyphens=False)


def page(estimates: pd.DataFrame) -> str:
    """The page, from the pooled estimates of the reference runs and what was simulated of calibrated tests."""
    simulated = calibrated.kept()
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
            sizes.append(
                {"question": question.id, "samples without effect": says, "rejects, %": share}
                | calibrated_sizes(simulated, question.id, name)
            )
    parts = [
        HEAD.format(cap=100 * registered.thresholds.size_capped_above, inner=calibrated.INNER, shown=shown(simulated)),
        f"## Size\n\n{markdown(pd.DataFrame(sizes))}\n",
        f"## Power\n\n{markdown(pd.DataFrame(powers))}\n",
        "## Not simulated\n\nThe plan rules them out by their design:\n\n" + "\n".join(without) + "\n",
    ]
    return "\n".join(parts)


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(pd.read_csv(ROOT / "reports" / "estimates.csv")), encoding="utf-8")
