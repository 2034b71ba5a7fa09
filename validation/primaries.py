"""Bias and coverage of every registered estimate, on the very panel it is made of: docs/validation/primaries.md.

    .venv/bin/python -m validation primaries

Keeps what own_panels.py simulates in primaries.csv, and sets it beside size and power of the reference results.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.evidence import plan
from crimjust_research.numbers import number
from validation.own_panels import COLUMNS, LEVEL, PARTS, SAMPLES

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "validation" / "primaries.md"
KEPT = Path(__file__).parent / "primaries.csv"
# The entries of docs/methods that describe what each registered estimate, and its test, is made with.
ESTIMATORS: Mapping[str, tuple[str, ...]] = {
    "markets.seizures_to_deaths": ("toda_yamamoto", "long_run_ratio"),
    "markets.deaths_to_seizures": ("toda_yamamoto", "long_run_ratio"),
    "precursors.un_2022_level": ("panel_interruptions", "placebo_dates"),
    "precursors.rank_correlation": ("partial_correlation", "WildScores"),
    "routes.overlap": ("quasi_independence", "random_tables", "DrawnNull"),
    "joining.investigation": ("group_time_effects", "studentised_test"),
    "joining.adjudication": ("group_time_effects", "studentised_test"),
    "ratings.fatf_prosecution": ("fit_ratings", "score_statistics"),
    "ratings.fatf_confiscation": ("fit_ratings", "score_statistics"),
    "ratings.fatf_cooperation": ("fit_ratings", "score_statistics"),
    "ratings.index_law_enforcement": ("ShuffledTreatment", "not_rejected"),
    "ratings.index_judiciary": ("ShuffledTreatment", "not_rejected"),
    "ratings.index_cooperation": ("ShuffledTreatment", "not_rejected"),
    "match.qap": ("event_qap",),
    "match.growth_ratio": ("log_growth", "equivalent_growth_factors"),
    "diversification.trend": ("unit_effects_regression",),
    "reviews.rule_of_law": ("discrete_hazard", "many_hazard_fits"),
}


HEAD = """# Registered estimates on their own panels

Written by `python -m validation primaries`. SIMULATED: {samples} samples without an effect, and as many with one as large as the
margin, drawn on the very panel that the registered estimate is made of, gaps included, as the notebooks draw them. Estimates
are on the scale of the margin, ratios as logarithms. Bias: mean of the estimates less the truth, with its Monte Carlo error; of
long-run elasticities and odds ratios, which have no mean, the median's; "taken off" where the mean of the draws is taken off
each, so that none can be seen. Held: how often the 95 % interval holds the truth; "less often" and "more often" where that is
two Monte Carlo errors from 95, as chance alone makes one row in twenty. Size (under the worst generator) and power (at the
margin, .05 over the number registered for the outcome) are those of the reference results
([all of them, and the generators](registered.md)). Without an effect an interval holds the truth unless the test rejects it: 100
less the size at worst is how often it does under the worst generator. Shown to be smaller: how often the two one-sided tests at
5 % find an effect as large as the margin to lie within it; they err no more often where it is larger. Below: what each is made
with; the answers of others are [beside those of ours](estimators.md).

{shown}
"""


def page(table: pd.DataFrame, estimates: pd.DataFrame) -> str:
    """The page, from the kept table and the pooled estimates of the reference runs."""
    value = {(row.run, row.id): row.estimate for row in estimates[["run", "id", "estimate"]].itertuples()}
    rows, without, made_with, capped = [], [], [], []
    registered = plan.load()
    for primary in registered.primaries:
        made_with.append(f"- {primary.id}: {', '.join(f'`{name}`' for name in ESTIMATORS[primary.id])}")
        worst = worst_size(primary, estimates)
        power = value.get((primary.notebook, f"{primary.name}.power.margin"), math.nan)
        own = table[table["question"] == primary.id]
        if worst > registered.thresholds.size_capped_above:
            capped.append(f"`{primary.id}` ({100 * worst:.1f} %)")
        if own.empty:
            elsewhere = f"how its test behaves in general: [Outcome {primary.outcome}](outcome{primary.outcome}.md)"
            without.append(f"- {primary.id}: ruled out by its design ({primary.ruled_out}); {elsewhere}")
        for row in own.itertuples():
            error = math.sqrt(row.held * (1 - row.held) / row.samples)
            rows.append(
                {
                    "question": primary.id,
                    "samples": generator(row),
                    "truth": number(row.truth),
                    "bias": "taken off"
                    if math.isnan(row.bias)
                    else f"{number(row.bias, 2)} ± {number(row.bias_error, 1)}",
                    "spread": number(row.spread),
                    "held, %": f"{100 * row.held:.1f} ± {100 * error:.1f}",
                    "verdict": verdict(row.held, row.samples),
                    "shown to be smaller, %": "" if math.isnan(row.inward) else f"{100 * row.inward:.1f}",
                    "size at worst, %": "" if math.isnan(worst) else f"{100 * worst:.1f}",
                    "power, %": "" if math.isnan(power) else f"{100 * power:.1f}",
                }
            )
    parts = [
        HEAD.format(samples=f"{SAMPLES:,}", shown=shown(table, capped)),
        f"{markdown(pd.DataFrame(rows))}\n",
        "Not simulated on their panels:\n\n" + "\n".join(without) + "\n",
        "## What each is made with\n\n" + "\n".join(made_with) + "\n",
    ]
    return "\n".join(parts)


def shown(table: pd.DataFrame, capped: list[str]) -> str:
    """What the table shows, in words."""
    each = verdicts(table)
    counts = ", ".join(f"{name} in {count}" for name, count in each.value_counts().sort_index().items())
    less = [
        f"`{row.question}` {'with' if row.truth else 'without'} an effect, {100 * row.held:.1f} % ({generator(row)})"
        for row in table[each == "less often"].itertuples()
    ]
    medians = [
        f"`{question}` {' and '.join(number(value, 2) for value in rows['truth'] + rows['bias'])}"
        for question, rows in table[table["question"].str.startswith("markets.")].groupby("question", sort=False)
    ]
    smaller = [
        f"`{row.question}`, {100 * row.inward:.1f} % ({generator(row)})" for row in equivalence_errs(table).itertuples()
    ]
    sentences = (
        f"What it shows: intervals hold the truth {counts} of {len(table)} rows.",
        f"Less often: {'; '.join(less) or 'none'}.",
        "Effects as large as the margin are shown to be smaller in more than 5 % by two Monte Carlo errors:",
        f"{'; '.join(smaller) or 'nowhere'}; the plan's rule never finds of these that there is no effect of that size.",
        f"Where the size at worst is above the plan's limit the rule holds a grade back: {', '.join(capped) or 'nowhere'}.",
        "The long-run elasticities of the markets hardly tell a link as large as the margin from none beside their spread",
        f"(median without it and with it: {'; '.join(medians)}): the plan's rule finds them not answerable.",
    )
    return fill(" ".join(sentences), 128, break_long_words=False, break_on_hyphens=False)


def equivalence_errs(table: pd.DataFrame) -> pd.DataFrame:
    """Rows with an effect as large as the margin that is shown to be smaller in more than 5 % by two Monte Carlo errors."""
    return table[table["inward"] > 1 - LEVEL + 2 * math.sqrt((1 - LEVEL) * LEVEL / SAMPLES)]


def generator(row: Any) -> str:
    """The name of a row's generator, as the page has it."""
    return str(row.generator).replace("_", " ")


def verdicts(table: pd.DataFrame) -> pd.Series:
    """The verdict of each row."""
    return pd.Series([verdict(row.held, row.samples) for row in table.itertuples()], index=table.index)


def worst_size(primary: plan.Primary, estimates: pd.DataFrame) -> float:
    """How often the registered test rejects at 5 % under its worst generator; NaN where none was simulated."""
    ids = [f"{primary.name}.size.{name}" for name in primary.sizes]
    own = estimates["run"].eq(primary.notebook) & estimates["id"].isin(ids)
    return float(estimates.loc[own, "estimate"].max())


def verdict(held: float, samples: int) -> str:
    """Whether an interval holds the truth as often as it says."""
    error = math.sqrt(held * (1 - held) / samples)
    if held < LEVEL - 2 * error:
        return "less often"
    return "more often" if held > LEVEL + 2 * error else "as often"


def kept() -> pd.DataFrame:
    """What was found when it was last simulated."""
    return pd.read_csv(KEPT)


def main() -> None:
    """Simulate, keep what is found, and write the page."""
    rows = [found.row() for part in PARTS for found in part()]
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(KEPT, index=False, float_format="%.10g", lineterminator="\n")
    TARGET.write_text(page(kept(), pd.read_csv(ROOT / "reports" / "estimates.csv")), encoding="utf-8")
