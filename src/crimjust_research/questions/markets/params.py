"""Parameters of the question of markets: types, bounds and a sentence each, and the columns they choose."""

from __future__ import annotations

from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    Month,
    Seed,
    Vintage,
    coverage,
    require_length,
    require_release,
    require_window,
)
from crimjust_research.study import StudyParams
from crimjust_research.vocabulary import drugs

Drug = Literal["fentanyl", "methamphetamine", "cocaine", "heroin"]
Measure = Literal["kilograms", "events"]
DRUGS: tuple[Drug, ...] = get_args(Drug)

PANEL, HALVES = "monthly_national", "halfyear_state"

# Deaths that involve each drug: column, code of the International Classification of Diseases, and words. Those that involve
# methamphetamine (T43.6) are in no table.
DEATHS = {
    "fentanyl": ("deaths_t40_4", "T40.4", "synthetic opioids"),
    "cocaine": ("deaths_t40_5", "T40.5", "cocaine"),
    "heroin": ("deaths_t40_1", "T40.1", "heroin"),
}

# What the models count beside lags: terms for the months (a trend, with and without which every test is made, is one
# more), the most lags added for unit roots, lags of residuals tested, the largest order that whitens a series, and
# observations left over.
_TERMS, LAGS_ADDED, _RESIDUAL_LAGS, _WHITENING, _LEFT = 12 + 1, 2, 4, 12, 10


def seized(drug: str, measure: str) -> str:
    """The column of seizures of a drug by that measure."""
    return {"kilograms": f"seized_kg_{drug}", "events": f"seizure_events_{drug}"}[measure]


class Params(StudyParams):
    """What a person may change in the question of markets."""

    drug: Drug = Field(description="drug whose seizures are compared with deaths")
    measure: Measure = Field(description="weight seized, or number of seizures")
    start: Month = Field(description="first month")
    end: Month = Field(description="last month")
    max_lag: int = Field(ge=1, le=12, description="longest lag tried, in months")
    horizons: int = Field(ge=1, le=24, description="months ahead that responses are followed")
    correlation_lags: int = Field(ge=1, le=12, description="cross-correlations are taken at every lag up to this one")
    trend: bool = Field(description="whether the tests add a linear trend to the constant and the month effects")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="resamples of the residual bootstrap")
    seed: Seed
    vintage: Vintage = Field(description="latest, or the date as of which releases of the figures are used")

    @model_validator(mode="after")
    def _window_holds_figures(self) -> Self:
        if self.drug not in DEATHS:
            raise ValueError(
                f"drug = {self.drug}: no table has the deaths that involve it, and deaths by another drug say nothing of it; "
                "give drug = fentanyl"
            )
        code, words = DEATHS[self.drug][1:]
        covered = coverage(PANEL, seized(self.drug, self.measure), DEATHS[self.drug][0])
        if covered[0] > covered[1]:
            raise ValueError(
                f"drug = {self.drug}: seizures are on record from {covered[0]} and deaths that involve {words} ({code}) to "
                f"{covered[1]}, so no month has both; give drug = fentanyl"
            )
        require_window(self.start, self.end, covered, f"{self.measure} of {self.drug} seized and deaths")
        require_length(
            self.start,
            self.end,
            self.fewest_months,
            f"{self.max_lag} lags (max_lag) and up to {LAGS_ADDED} more with a year left out, {self.horizons} months ahead "
            f"(horizons) and correlations at {self.correlation_lags} lags (correlation_lags)",
            ", or lower these",
        )
        return self

    @property
    def held(self) -> str:
        """How much intervals hold, in words: templates of estimates cannot reckon, and a format would round 97.5 up."""
        return f"{100 * self.confidence_level:.3g}%"

    @property
    def killed_by(self) -> str:
        """What the deaths that are counted involve."""
        return DEATHS[self.drug][2]

    @property
    def coded(self) -> str:
        """The code under which those deaths are counted, with what it stands for."""
        code = DEATHS[self.drug][1]
        return f"{code}: {drugs.load().icd10[code]}"

    @property
    def reports_published(self) -> bool:
        """Whether laboratory reports had been published by the date of the figures."""
        try:
            require_release(self.vintage, HALVES)
        except ValueError:
            return False
        return True

    @property
    def fewest_months(self) -> int:
        """Months that are enough for every model, whatever lags and unit roots the series turn out to have."""
        tested = _months_to_fit(self.max_lag + LAGS_ADDED) + 2 * _RESIDUAL_LAGS
        followed = _months_to_fit(self.max_lag + 1) + 1 + self.horizons
        correlated = LAGS_ADDED + 2 * _WHITENING + self.correlation_lags + 2 * _LEFT
        without_a_year = _months_to_fit(self.max_lag + LAGS_ADDED) + 12
        return max(tested, followed, correlated, without_a_year)

    @field_validator("vintage")
    @classmethod
    def _figures_stood_then(cls, given: str) -> str:
        require_release(given, PANEL)
        return given


def _months_to_fit(lags: int) -> int:
    """Months that are lost to so many lags, taken by their coefficients of both series and by other terms, and left."""
    return lags + 2 * lags + _TERMS + _LEFT
