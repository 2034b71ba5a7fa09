"""Parameters of the question of joining: types, bounds and a sentence each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crimjust_research.errors import VocabularyError
from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    Seed,
    SuppliedFile,
    Year,
    coverage,
    require_window,
)
from crimjust_research.study import StudyParams
from crimjust_research.vocabulary import countries as country_names

Dating = Literal["earliest", "documented", "latest"]
Control = Literal["not_yet_treated", "never_treated", "all_regions"]

# The first and the last year in which a country joined, by documented dates: scores are needed from before and after.
JOINED = (2016, 2018)


def _code(given: str) -> str:
    try:
        country_names.short_name(given)
    except VocabularyError as error:
        raise ValueError(str(error)) from None
    return given


def _listed(given: object) -> object:
    if isinstance(given, str):
        raise ValueError(
            f"it should be a list of ISO 3166 alpha-3 codes, as {[country_names.likely_code(given) or 'COL']}"
        )
    return given


Codes = Annotated[tuple[Annotated[str, AfterValidator(_code)], ...], BeforeValidator(_listed)]


class Params(StudyParams):
    """What a person may change in the question of joining."""

    dating: Dating = Field(description="year of joining: the documented, earliest or latest possible one")
    control: Control = Field(
        description="countries compared with: not yet or never joined, of the joined countries' regions; those that "
        "never entered in any way only; or not yet or never joined, of all regions"
    )
    countries: Codes = Field(description="countries that joined to look at, by ISO code; empty: all of them")
    control_pool: Codes = Field(
        description="countries to compare with, of whatever region, by ISO code; empty: those that control names"
    )
    exclude: Codes = Field(description="countries to leave out, by ISO code")
    outcome_file: SuppliedFile = Field(
        description="file of an outcome of your own with the columns of data/templates/outcomes.csv, looked at beside the "
        "secondary outcomes; empty: none"
    )
    co_programmes_file: SuppliedFile = Field(
        description="file of other programmes at work, by country and year, with the columns of "
        "data/templates/co_programmes.csv; empty: none is reckoned with"
    )
    start: Year = Field(description="first year of scores")
    end: Year = Field(description="last year of scores")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="random reassignments of the dates of joining")
    seed: Seed

    @model_validator(mode="after")
    def _each_country_has_one_place(self) -> Self:
        lists = {name: getattr(self, name) for name in ("countries", "control_pool", "exclude")}
        for name, codes in lists.items():
            for other, others in lists.items():
                if name < other and (twice := sorted(set(codes) & set(others))):
                    raise ValueError(f"{', '.join(twice)} is in {name} and in {other}; name a country in one of them")
        return self

    @model_validator(mode="after")
    def _window_holds_scores(self) -> Self:
        require_window(self.start, self.end, coverage("country_year", "wjp_8_1", "wjp_8_2"), "scores")
        first, last = JOINED
        if self.start > first or self.end <= last:
            raise ValueError(
                f"start = {self.start}, end = {self.end}: countries joined from {first} to {last}, and scores are needed "
                f"from before and after; give start no later than {first} and end no earlier than {last + 1}"
            )
        return self
