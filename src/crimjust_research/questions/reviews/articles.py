"""Counts of gaps by State and article: a user's own, or SIMULATED ones of known truth, by beta-binomial regression.

No such counts are public in one place, so the method is shown on simulated counts until someone supplies a file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from crimjust_research.designs.counts.beta_binomial import BetaBinomial, beta_binomial, simulate_beta_binomial
from crimjust_research.designs.separation import SeparatedError
from crimjust_research.errors import ParameterError
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.reviews.params import Params
from crimjust_research.questions.supplied import supplied

# First and last article of each chapter that is reviewed.
_CHAPTERS = {"II": (5, 14), "III": (15, 42), "IV": (43, 50), "V": (51, 59)}
_REFERENCE = "IV"
_FEWEST_ROWS = 20
# The simulated truth, on the logit scale; correlation of provisions within a State's article.
SIMULATED_STATES = 60
TRUTH = {"intercept": -0.9, "chapter_II": 0.3, "chapter_III": 0.1, "chapter_V": 0.6, "indicator": -0.35}
TRUE_CORRELATION = 0.12
_SIMULATED_ARTICLES = {
    "II": (7, 8, 9, 12, 14),
    "III": (30, 31, 36, 42),
    "IV": (43, 44, 46, 48, 49),
    "V": (52, 54, 55, 58),
}
_SIMULATED_PROVISIONS = (3, 14)


@dataclass(frozen=True)
class Counts:
    """Counts of gaps by State and article, and where they come from."""

    frame: pd.DataFrame
    """state (of simulated counts a code, no country), article, chapter, provisions, gaps, indicator."""
    indicator: str
    left_out: int
    """Rows of States without the indicator."""
    source: str
    used: tuple[Used, ...]
    """The file read; none if the counts are simulated."""

    @property
    def simulated(self) -> bool:
        return not self.used

    @property
    def data_status(self) -> str:
        return "simulated" if self.simulated else "observed"

    @property
    def mark(self) -> str:
        """What names of tables begin with."""
        return "SIMULATED_" if self.simulated else ""


def counts_of(panel: pd.DataFrame, p: Params) -> Counts:
    """The user's counts, or simulated ones if no file is named.

    Raises
    ------
    ParameterError
        If the file cannot be read, naming row, column, value and remedy of every fault, or if too few rows are left once
        States without the indicator are out.
    """
    if not p.counts_file:
        return Counts(simulated_counts(p.seed), "indicator", 0, "SIMULATED counts of known truth", ())
    read, used = supplied("counts_file", p.counts_file, "review_gaps")
    read = read.rename(columns={"iso3": "state"}).assign(chapter=read["article"].map(_chapter_of))
    indicator = panel.drop_duplicates("iso3").set_index("iso3")[p.covariate]
    read = read.assign(indicator=read["state"].map(indicator))
    frame = read[read["indicator"].notna()].reset_index(drop=True)
    if len(frame) < _FEWEST_ROWS:
        raise ParameterError(
            f"counts_file {used.table}: {len(frame)} rows are of States whose review and {p.indicator} are on "
            f"record; the model needs {_FEWEST_ROWS}"
        )
    return Counts(frame, p.indicator, len(read) - len(frame), f"counts of {used.table}", (used,))


def simulated_counts(seed: int) -> pd.DataFrame:
    """SIMULATED counts of known truth: state (a code, no country), article, chapter, provisions, gaps, indicator."""
    rng = np.random.default_rng(seed)
    articles = [(chapter, article) for chapter, several in _SIMULATED_ARTICLES.items() for article in several]
    frame = pd.DataFrame(
        [(f"S{s + 1:02d}", article, chapter) for s in range(SIMULATED_STATES) for chapter, article in articles],
        columns=["state", "article", "chapter"],
    )
    frame["indicator"] = np.repeat(rng.normal(size=SIMULATED_STATES), len(articles))
    frame["provisions"] = rng.integers(*_SIMULATED_PROVISIONS, size=len(frame))
    logit = TRUTH["intercept"] + TRUTH["indicator"] * frame["indicator"]
    logit = logit + ("chapter_" + frame["chapter"]).map(TRUTH).fillna(0.0)
    frame["gaps"] = simulate_beta_binomial(expit(logit), frame["provisions"], TRUE_CORRELATION, rng)
    return frame


def fit_counts(counts: Counts, alpha: float) -> BetaBinomial | None:
    """Beta-binomial regression of gaps out of provisions on the chapter and the indicator, errors clustered by State.

    None where it has no finite estimate, as where a chapter has no gap: such counts are no fault of whoever supplies them.

    Raises
    ------
    ParameterError
        If the model cannot be fitted to the counts for another reason, naming the file.
    """
    chapters = [c for c in _CHAPTERS if c in set(counts.frame["chapter"])]
    reference = _REFERENCE if _REFERENCE in chapters else chapters[0]
    terms = {f"chapter_{c}": (counts.frame["chapter"] == c).astype("float64") for c in chapters if c != reference}
    design = counts.frame.assign(**terms)
    try:
        return beta_binomial(design, "gaps", "provisions", [*terms, "indicator"], cluster="state", alpha=alpha)
    except SeparatedError:
        return None
    except ParameterError as error:
        raise ParameterError(f"The model cannot be fitted to the {counts.source}. {error}") from error


def unbounded(counts: Counts) -> list[str]:
    """Chapters of whose provisions none or all have a gap, in words: "no provision of chapter II"."""
    sums = counts.frame.groupby("chapter")[["gaps", "provisions"]].sum()
    none, every = sums["gaps"] == 0, sums["gaps"] == sums["provisions"]
    words = {chapter: "no" if none[chapter] else "every" for chapter in sums.index[none | every]}
    return [f"{word} provision of chapter {chapter}" for chapter, word in words.items()]


def model_table(fit: BetaBinomial, counts: Counts) -> pd.DataFrame:
    """Per term, the correlation last: term, label, estimate (log odds; the correlation as it is), std_error, ci_low,
    ci_high, p_value, n_obs, n_units; and, of simulated counts, truth."""
    rho = {
        "term": "correlation",
        "estimate": fit.correlation,
        "std_error": math.nan,
        "ci_low": fit.correlation_ci_low,
        "ci_high": fit.correlation_ci_high,
        "p_value": fit.dispersion_p,
    }
    table = pd.concat([fit.table[list(rho)], pd.DataFrame([rho])], ignore_index=True)
    labels = {
        "indicator": f"worldwide standard deviation of {counts.indicator}",
        "correlation": "correlation in an article",
    }
    label = table["term"].map(labels).fillna(table["term"].str.replace("_", " "))
    table.insert(1, "label", label)
    table = table.assign(n_obs=fit.n_rows, n_units=counts.frame["state"].nunique())
    return (
        table.assign(truth=table["term"].map({**TRUTH, "correlation": TRUE_CORRELATION})) if counts.simulated else table
    )


def recovery(table: pd.DataFrame) -> tuple[bool | None, int]:
    """Whether every estimate of `model_table` lies within four standard errors of its truth, and how many intervals hold it.

    Counts supplied have no known truth: None, and no interval.
    """
    if "truth" not in table:
        return None, 0
    distance = (table["estimate"] - table["truth"]).abs() / table["std_error"]
    return bool((distance.dropna() < 4).all()), int(table["truth"].between(table["ci_low"], table["ci_high"]).sum())


def odds_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `model_table` but intercept and correlation, as odds ratios; errors by the delta method."""
    rows = table[~table["term"].isin(["intercept", "correlation"])]
    ratios = {name: np.exp(rows[name]) for name in ("estimate", "ci_low", "ci_high")}
    return rows.assign(**ratios, std_error=ratios["estimate"] * rows["std_error"])


def _chapter_of(article: int) -> str:
    return next(chapter for chapter, (first, last) in _CHAPTERS.items() if first <= article <= last)
