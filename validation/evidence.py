"""How often the rule of grades gives each grade, over whole families of questions; writes docs/validation/evidence.md.

    .venv/bin/python -m validation evidence

Takes about two minutes on one core. Every number is simulated from a truth that the table names; seeds are fixed.
"""

import gc
import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.tables import markdown, rate
from crimjust_research.evidence import findings, plan
from crimjust_research.evidence.rule import (
    CONTRARY,
    NO_EFFECT,
    NOT_ANSWERABLE,
    SUGGESTIVE,
    SUPPORTED,
    UNDECIDED,
    CheckFound,
    Finding,
    LeftOut,
    Specification,
)

TARGET = Path(__file__).parents[1] / "docs" / "validation" / "evidence.md"
PLAN = plan.load()
RULE = PLAN.thresholds
SHOWN = (SUPPORTED, CONTRARY, SUGGESTIVE, NO_EFFECT, UNDECIDED, NOT_ANSWERABLE)
UNITS, MODELS = 12, 5
SAMPLES = 2000
# The margin is 1 throughout; specifications weigh the units otherwise than alike, subsets leave some of them out.
WEIGHTS = np.random.default_rng(0).lognormal(sigma=0.35, size=(MODELS, UNITS))
SUBSETS = {"most units": 10, "half of the units": 6}


@dataclass(frozen=True)
class Truth:
    """What the questions of a family are drawn from.

    `effect` is in margins; `power` that of the test at the margin and the family's level. `carried`: the whole effect is one
    unit's. `biased`: the registered model alone finds the effect, every other specification nothing. `rejects`: how often the
    registered test rejects a true null at 5 %, its standard error being told too small; the rule is told this size. `shared`:
    correlation between the questions of a family. `mixed`: only the first question has the effect.
    """

    name: str
    effect: float
    power: float
    outcome: Literal["1", "2", "3"] = "1"
    carried: bool = False
    biased: bool = False
    rejects: float = 0.05
    shared: float = 0.0
    mixed: bool = False


def tail(z: float) -> float:
    """What the standard normal distribution has beyond z."""
    return 0.5 * math.erfc(z / math.sqrt(2))


@cache
def standard_error(power: float, level: float) -> float:
    """The standard error, in margins, at which a two-sided z test of this level has the power at the margin."""
    return float(optimize.brentq(lambda se: power_at(1.0, se, level) - power, 1e-3, 100.0))


@cache
def quantile(share: float) -> float:
    """Where the standard normal distribution has this share beyond."""
    return float(stats.norm.isf(share))


def power_at(effect: float, se: float, level: float) -> float:
    """Power of the two-sided z test."""
    critical = quantile(level / 2)
    return tail(critical - effect / se) + tail(critical + effect / se)


def two_sided(estimate: float, se: float) -> float:
    return 2 * tail(abs(estimate) / se)


def family(truth: Truth, rng: np.random.Generator) -> dict[str, Finding]:
    """What was found about every question of an outcome's family, by question id; SIMULATED.

    A question's estimate is the mean of `UNITS` normal unit effects. Its specifications are `MODELS` other weightings of the
    units with some noise of their own (correlation about .9 with the estimate), two subsets of the units and two variants of the
    test; every unit is left out in turn; a negative control with a truth of zero is as precise as the question.
    """
    ids = [primary.id for primary in PLAN.family(truth.outcome)]
    level = PLAN.level(truth.outcome)
    se = standard_error(truth.power, level)
    common = rng.normal(size=UNITS)
    found = {}
    for place, name in enumerate(ids):
        effect = 0.0 if truth.mixed and place else truth.effect
        each = math.sqrt(truth.shared) * common + math.sqrt(1 - truth.shared) * rng.normal(size=UNITS)
        noise = each * se * math.sqrt(UNITS)
        mean = np.zeros(UNITS) if truth.biased else np.full(UNITS, effect)
        if truth.carried:
            mean = np.where(np.arange(UNITS) == 0, effect * UNITS, 0.0)
        found[name] = question(mean + noise, effect if truth.biased else 0.0, se, level, truth.rejects, rng)
    return found


def question(
    units: np.ndarray, bias: float, se: float, level: float, rejects: float, rng: np.random.Generator
) -> Finding:
    """What was found about one question, from its units' effects, shape (UNITS,), and the registered model's bias."""
    estimate = float(units.mean()) + bias
    # A test that rejects too often tells a standard error that is too small by this factor.
    told = se * quantile(rejects / 2) / quantile(RULE.alpha / 2) if rejects != RULE.alpha else se
    each = told * math.sqrt(UNITS)

    def specification(
        name: str, varies: str, effect: float, error: float, altered: float, rows: float
    ) -> Specification:
        return Specification(name, varies, effect, two_sided(effect, error), altered, rows)  # type: ignore[arg-type]

    specifications = []
    for k, weights in enumerate(WEIGHTS):
        share = weights / weights.sum()
        error = each * math.sqrt(float((share**2).sum()))
        value = float(share @ units) + rng.normal() * 0.3 * se
        specifications.append(specification(f"model {k}", "model", value, math.hypot(error, 0.3 * told), 1.0, 1.0))
    for name, count in SUBSETS.items():
        kept = count / UNITS
        value = float(units[:count].mean())
        specifications.append(specification(name, "sample", value, each / math.sqrt(count), 1 - kept, kept))
    for factor in (0.95, 1.05):
        specifications.append(specification(f"errors x {factor}", "inference", estimate, told * factor, 0.0, 1.0))
    others = bias + (units.sum() - units) / (UNITS - 1)
    error = each / math.sqrt(UNITS - 1)
    reach = quantile(RULE.alpha) * error
    left_out = [
        LeftOut(f"unit {i}", value, two_sided(value, error), value - reach, value + reach)
        for i, value in enumerate(others.tolist())
    ]
    chance = power_at(1.0, told, RULE.alpha)
    control = abs(rng.normal() * se) / told
    passed = two_sided(control, 1.0) >= RULE.alpha
    half = quantile(RULE.alpha / 2) * told
    return Finding(
        asks="direction",
        expects=1,
        margin=1.0,
        level=level,
        ruled_out="",
        effect=estimate,
        ci_low=estimate - half,
        ci_high=estimate + half,
        # Calibrated on samples without an effect, whose spread is the true one.
        p_value=max(two_sided(estimate, told), two_sided(estimate, se)),
        equivalence_p=tail((1 - abs(estimate)) / told),
        power=power_at(1.0, max(told, se), level),
        least_p=0.0,
        size=rejects,
        specifications=specifications,
        left_out=left_out,
        checks=[CheckFound("control", None if passed and chance < RULE.check_power else passed, chance)],
    )


def grades(truth: Truth, samples: int, seed: int = 1) -> list[dict[str, str]]:
    """Grades of every question, by its id, in each of so many simulated families."""
    rng = np.random.default_rng(seed)
    gc.freeze()  # statsmodels collects garbage at every adjustment, which takes longer than all else
    made = (findings.graded(family(truth, rng), PLAN) for _ in range(samples))
    return [{name: told.grade for name, (_, told) in each.items()} for each in made]


def row(truth: Truth, samples: int) -> dict[str, object]:
    """Shares of each grade among the questions that have the truth, and of families in which a grade says something is there."""
    families = grades(truth, samples)
    first = PLAN.family(truth.outcome)[0].id
    of = [grade for each in families for name, grade in each.items() if not truth.mixed or name == first]
    counts = Counter(of)
    null = [
        [g for name, g in each.items() if truth.effect == 0 or (truth.mixed and name != first)] for each in families
    ]
    nothing = any(map(bool, null))
    firm, any_found = {SUPPORTED, CONTRARY}, {SUPPORTED, CONTRARY, SUGGESTIVE}
    return {
        "truth": truth.name,
        "power": f"{truth.power:g}",
        **{grade: f"{100 * counts[grade] / len(of):.1f}" for grade in SHOWN},
        "a true null supported or contrary": rate(bool(firm & set(g)) for g in null) if nothing else "",
        "or suggestive": rate(bool(any_found & set(g)) for g in null) if nothing else "",
    }


POWERS = (0.4, 0.6, 0.8, 0.95, 0.999)
SIZES = {"nothing": 0.0, "half the margin": 0.5, "the margin": 1.0, "double the margin": 2.0}
BY_POWER = tuple(Truth(name, effect, power) for name, effect in SIZES.items() for power in POWERS)
HARDER = (
    Truth("nothing, six questions", 0.0, 0.8, outcome="3"),
    Truth("nothing, questions correlated .5", 0.0, 0.8, shared=0.5),
    Truth("nothing, the test rejects 7.5 % of true nulls", 0.0, 0.8, rejects=0.075),
    Truth("nothing, the test rejects 15 % of true nulls", 0.0, 0.8, rejects=0.15),
    Truth("the margin in one question, nothing in four", 1.0, 0.95, mixed=True),
    Truth("double the margin in one question, nothing in four", 2.0, 0.95, mixed=True),
    Truth("the margin, all of it one unit's", 1.0, 0.95, carried=True),
    Truth("double the margin, all of it one unit's", 2.0, 0.95, carried=True),
    Truth("the margin by the registered model, nothing by others", 1.0, 0.95, biased=True),
    Truth("double the margin by the registered model, nothing by others", 2.0, 0.95, biased=True),
)
TEXT = """# The rule of grades, simulated

Written by `validation/evidence.py`. SIMULATED throughout. The code that grades the reference results graded families of
questions of known truth, {samples:,} families a row, five questions each unless it says six. An estimate is the mean of twelve
normal unit effects; its specifications are five other weightings of the units with some noise of their own (correlation about
.9), two subsets (ten units and six), and two variants of the test; each unit is left out in turn; one negative control whose
truth is nothing is as precise as the question. Power is that of the registered test at the margin, at .05 over the number of
questions. Columns of grades: per cent of the questions that have the truth. The last two: per cent of families in which at least
one question whose truth is nothing is graded so, with Monte Carlo error.

What to read off it:

- Where nothing is there, no more families hold a question wrongly called supported, contrary or suggestive than the 5 % that
  Holm's method allows, also in a family where another question has an effect. That is Holm's doing: specifications and
  left-outs made of the same data agree with a chance finding, and gates do not protect from it.
- What gates protect from is what one unit carries and what one model alone finds: that is suggestive, hardly ever more.
- A test that itself rejects too often does not take the family with it, because what is adjusted is its calibrated p. Above
  the cap nothing is supported all the same.
- A design with power of .8 or more tells nothing from something: most true nulls are called without effect of that size.
  Where the truth is the margin itself this is an error, in under 5 % of families; at half the margin it is none, and precise
  designs give it.
- A design with power below one half answers nothing, whatever the truth; one with .6 leaves most true nulls undecided.
- "Supported" says that something is there, not that it reaches the margin: at half the margin designs of much power give it
  as well. "Of a size that matters" is what speaks of the margin.

## By the size of the effect and the power of the design

{by_power}

## Where more is wrong

{harder}
"""


def main() -> None:
    by_power = pd.DataFrame([row(truth, SAMPLES) for truth in BY_POWER])
    harder = pd.DataFrame([row(truth, SAMPLES) for truth in HARDER])
    TARGET.write_text(TEXT.format(samples=SAMPLES, by_power=markdown(by_power), harder=markdown(harder)))
