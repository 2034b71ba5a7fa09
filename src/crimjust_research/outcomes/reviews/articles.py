"""Counts of gaps by State and article: a user's own, or SIMULATED ones of known truth, by beta-binomial regression.

No such counts are public in one place, so the method is shown on simulated counts until someone supplies a file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from crimjust_research import project
from crimjust_research.designs.counts.beta_binomial import BetaBinomial, beta_binomial, simulate_beta_binomial
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.evidence.estimates import Estimate
from crimjust_research.outcomes.reviews.parameters import OUTCOME, QUESTION, Params
from crimjust_research.vocabulary import country_groups

_COLUMNS = ("iso3", "article", "provisions", "gaps")
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
class ArticleModel:
    """Beta-binomial regression of gaps out of provisions."""

    counts: pd.DataFrame
    fit: BetaBinomial
    simulated: bool
    left_out: int
    """Rows of States without the indicator."""

    @property
    def table(self) -> pd.DataFrame:
        """Per term: term, estimate (log odds), std_error, ci_low, ci_high, p_value; the correlation last; and, of
        simulated counts, the truth."""
        fit = self.fit
        rho = {
            "term": "correlation",
            "estimate": fit.correlation,
            "std_error": math.nan,
            "ci_low": fit.correlation_ci_low,
            "ci_high": fit.correlation_ci_high,
            "p_value": fit.dispersion_p,
        }
        table = pd.concat([fit.table[list(rho)], pd.DataFrame([rho])], ignore_index=True)
        if self.simulated:
            table["truth"] = table["term"].map({**TRUTH, "correlation": TRUE_CORRELATION})
        return table


def article_model(panel: pd.DataFrame, params: Params) -> ArticleModel:
    """The model on the user's counts, or on simulated ones if there are none.

    Raises
    ------
    ParameterError
        If too few rows are left once States without the indicator are out, or the model cannot be fitted.
    """
    simulated = not params.counts_file
    if simulated:
        counts, left_out = simulated_counts(params.seed), 0
    else:
        indicator = panel.drop_duplicates("iso3").set_index("iso3")[params.covariate]
        read = read_counts(Path(params.counts_file))
        read = read.assign(state=read["iso3"], indicator=read["iso3"].map(indicator)).drop(columns="iso3")
        counts = read[read["indicator"].notna()].reset_index(drop=True)
        left_out = len(read) - len(counts)
        if len(counts) < _FEWEST_ROWS:
            raise ParameterError(
                f"counts_file {params.counts_file}: {len(counts)} rows are of States whose review and "
                f"{params.covariate} are in the panel; the model needs {_FEWEST_ROWS}"
            )
    chapters = [c for c in _CHAPTERS if c in set(counts["chapter"])]
    reference = _REFERENCE if _REFERENCE in chapters else chapters[0]
    terms = [f"chapter_{c}" for c in chapters if c != reference]
    design = counts.assign(**{t: (counts["chapter"] == t.removeprefix("chapter_")).astype("float64") for t in terms})
    alpha = 1 - params.confidence_level
    fit = beta_binomial(design, "gaps", "provisions", [*terms, "indicator"], cluster="state", alpha=alpha)
    return ArticleModel(counts, fit, simulated, left_out)


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


def read_counts(path: Path) -> pd.DataFrame:
    """A user's counts: iso3, article, provisions, gaps, chapter.

    Parameters
    ----------
    path : CSV with a header; a relative path starts at the checkout.

    Raises
    ------
    DataError
        Naming file, row, column, value and remedy of every fault.
    """
    found = path if path.is_absolute() else project.root() / path
    try:
        text = pd.read_csv(found, dtype="str", keep_default_na=False)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"counts_file {path} cannot be read ({error}); name a CSV file in UTF-8") from None
    lacking = [c for c in _COLUMNS if c not in text.columns]
    if lacking:
        raise DataError(f"counts_file {path} has no column {', '.join(lacking)}; it needs {', '.join(_COLUMNS)}")
    numbers = text[list(_COLUMNS[1:])].apply(pd.to_numeric, errors="coerce")
    whole = numbers.notna() & (numbers % 1 == 0)
    first, last = _CHAPTERS["II"][0], _CHAPTERS["V"][1]
    strange = ~text["iso3"].isin(list(country_groups.REGION))
    rules = [
        ("iso3", strange, "is no ISO 3166 alpha-3 code of a country"),
        (
            "article",
            ~(whole["article"] & numbers["article"].between(first, last)),
            f"is no article from {first} to {last}",
        ),
        ("provisions", ~(whole["provisions"] & (numbers["provisions"] >= 1)), "is no whole number of 1 or more"),
        (
            "gaps",
            ~(whole["gaps"] & (numbers["gaps"] >= 0) & ~(numbers["gaps"] > numbers["provisions"])),
            "is no whole number from 0 to the provisions of its row",
        ),
        ("article", text.duplicated(["iso3", "article"]), "stands twice for its State; keep one row"),
    ]
    faults = [
        f"counts_file {path}, row {row + 2}, column {column}: {text[column].iloc[row]!r} {rule}"
        for column, broken, rule in rules
        for row in np.flatnonzero(broken.to_numpy())
    ]
    if faults:
        raise DataError("\n".join(faults))
    frame: pd.DataFrame = numbers.astype("int64").assign(iso3=text["iso3"])
    frame["chapter"] = frame["article"].map(_chapter_of)
    return frame


def _chapter_of(article: int) -> str:
    return next(chapter for chapter, (first, last) in _CHAPTERS.items() if first <= article <= last)


def article_estimates(model: ArticleModel, params: Params) -> list[Estimate]:
    """Odds ratios of a gap, and the correlation of provisions within a State's article."""
    status = "SIMULATED counts of known truth" if model.simulated else f"counts of {params.counts_file}"
    indicator = "indicator" if model.simulated else params.covariate.replace("_", " ")
    found = []
    for row in model.table.to_dict("records"):
        term = row["term"]
        if term == "intercept":
            continue
        is_ratio = term != "correlation"
        label = f"standard deviation of {indicator}" if term == "indicator" else term.replace("_", " ")
        found.append(
            Estimate(
                id=f"articles.{term}",
                outcome=OUTCOME,
                question=QUESTION,
                estimand=f"Odds ratio of a gap in a provision, {label}"
                if is_ratio
                else "Correlation of gaps within a State's article",
                method="Beta-binomial regression, errors clustered by State",
                specification=status,
                estimate=math.exp(row["estimate"]) if is_ratio else row["estimate"],
                std_error=math.exp(row["estimate"]) * row["std_error"] if is_ratio else math.nan,
                ci_low=math.exp(row["ci_low"]) if is_ratio else row["ci_low"],
                ci_high=math.exp(row["ci_high"]) if is_ratio else row["ci_high"],
                ci_level=params.confidence_level,
                p_value=row["p_value"],
                unit="odds ratio" if is_ratio else "correlation",
                n_obs=model.fit.n_rows,
                n_units=int(model.counts["state"].nunique()),
                role="secondary",
                null_value=1.0 if is_ratio else 0.0,
                data_status="simulated" if model.simulated else "observed",
            )
        )
    return found
