"""Parameters of the question of joining: types, bounds and a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from crimjust_research.data import catalog
from crimjust_research.errors import DataError, VocabularyError, did_you_mean
from crimjust_research.questions import supplied_records
from crimjust_research.questions.membership import JOINED_STATES
from crimjust_research.questions.parameters import (
    ConfidenceLevel,
    Draws,
    Seed,
    SuppliedFile,
    Year,
    coverage,
    in_form,
    require_window,
)
from crimjust_research.study import StudyParams
from crimjust_research.vocabulary import countries as country_names
from crimjust_research.vocabulary import country_groups

Dating = Literal["earliest", "documented", "latest"]
Control = Literal["not_yet_treated", "never_treated", "all_regions"]

# The first and the last year in which a country joined, by documented dates: scores are needed from before and after.
JOINED = (2016, 2018)


def _code(given: str) -> str:
    try:
        country_names.short_name(given)
    except VocabularyError as error:
        raise ValueError(str(error)) from None
    if given not in country_groups.load().region:
        raise ValueError(f"{named(given)} is not in the panel of countries; leave it out")
    return given


def _member(given: str) -> str:
    if given not in JOINED_STATES:
        raise ValueError(
            f"{named(given)} did not join; {did_you_mean(given, JOINED_STATES)}those that did are "
            f"{named(*JOINED_STATES)}"
        )
    return given


def _no_member(given: str) -> str:
    if given in JOINED_STATES:
        raise ValueError(
            f"{named(given)} joined; compare with countries that did not, and name it in countries instead"
        )
    return given


def named(*codes: str) -> str:
    """Countries by code and name: "CPV (Cabo Verde), GHA (Ghana)"."""
    return ", ".join(f"{code} ({country_names.short_name(code)})" for code in codes)


def _listed(given: object) -> object:
    if isinstance(given, str):
        raise ValueError(
            f"it should be a list of ISO 3166 alpha-3 codes, as {[country_names.likely_code(given) or 'COL']}"
        )
    return given


def _records(kind: str) -> Callable[[str], str]:
    """A check that a file holds sound records of a kind, of years that the panel of countries has."""

    def checked(given: str) -> str:
        if not given:
            return given
        try:
            records = supplied_records.read(given, kind, FILES)
        except DataError as error:
            raise ValueError(str(error)) from None
        first, last = map(int, catalog.processed().coverage("country_year"))
        if kind == "outcomes" and not (within := records["year"].between(first, last)).all():
            country, year, _ = records[~within].iloc[0]
            raise ValueError(
                f"{given} has {country} in {year}, which is no year of the panel of countries ({first} to {last}); drop "
                f"such rows ({(~within).sum()} in all)"
            )
        return given

    return checked


FILES = {"outcomes": "outcome_file", "co_programmes": "co_programmes_file"}
Code = Annotated[str, AfterValidator(_code)]
_CODES = in_form("a list of ISO 3166 alpha-3 codes")
Codes = Annotated[tuple[Code, ...], BeforeValidator(_listed), _CODES]
Members = Annotated[tuple[Annotated[Code, AfterValidator(_member)], ...], BeforeValidator(_listed), _CODES]
Others = Annotated[tuple[Annotated[Code, AfterValidator(_no_member)], ...], BeforeValidator(_listed), _CODES]
OutcomeFile = Annotated[SuppliedFile, AfterValidator(_records("outcomes"))]
ProgrammesFile = Annotated[SuppliedFile, AfterValidator(_records("co_programmes"))]


class Params(StudyParams):
    """What a person may change in the question of joining."""

    dating: Dating = Field(description="year of joining: the documented, earliest or latest possible one")
    control: Control = Field(
        description="countries compared with: not yet or never joined, of the joined countries' regions; those that "
        "never entered in any way only; or not yet or never joined, of all regions"
    )
    countries: Members = Field(description="countries that joined to look at, by ISO code; empty: all of them")
    control_pool: Others = Field(
        description="countries to compare with, of whatever region, by ISO code; empty: those that control names"
    )
    exclude: Codes = Field(description="countries to leave out, by ISO code")
    outcome_file: OutcomeFile = Field(
        description="file of an outcome of your own with the columns of data/templates/outcomes.csv, looked at beside the "
        "secondary outcomes; empty: none"
    )
    co_programmes_file: ProgrammesFile = Field(
        description="file of other programmes at work, by country and year, with the columns of "
        "data/templates/co_programmes.csv; empty: none is reckoned with"
    )
    start: Year = Field(description="first year of scores")
    end: Year = Field(description="last year of scores")
    confidence_level: ConfidenceLevel
    draws: Draws = Field(description="shuffles of the dates of joining among countries alike")
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
    def _somebody_is_left(self) -> Self:
        """Whether those that are left have scores only the table says: the notebook's cell that compares them."""
        region = country_groups.load().region
        joined = set(self.countries or JOINED_STATES) - set(self.exclude)
        if not joined:
            raise ValueError("exclude leaves no country that joined; leave out fewer")
        regions = {region[code] for code in joined}
        alike = {code for code in region if region[code] in regions or self.control == "all_regions"}
        if not set(self.control_pool or alike) - {*JOINED_STATES, *self.exclude}:
            raise ValueError(
                f"exclude leaves no country of {' or '.join(sorted(regions))} to compare with; leave out fewer, or name others "
                "in control_pool"
            )
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
