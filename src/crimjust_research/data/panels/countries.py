"""Countries, and countries by year: justice, governance, reporting, and what the programme has to do with them."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.panels.declaration import UNREAD, Panel, derived
from crimjust_research.data.tables import Field, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries as country_names
from crimjust_research.vocabulary import country_groups, rule_of_law_editions

if TYPE_CHECKING:
    import pandas as pd

_ISO3 = Field("iso3", "string", "Country or territory.", constraints={"required": True, "pattern": "[A-Z]{3}"})
REGION_FIELD = Field(
    "region",
    "string",
    "Region of the World Justice Project, extended to countries it does not cover.",
    constraints={"required": True, "enum": list(country_groups.load().regions)},
)
# What the programme has to do with a country: the proposal of 2021, and when it joined as far as is documented.
PROGRAMME_FIELDS = (
    Field(
        "proposed",
        "boolean",
        "Whether it is one of the 17 countries the programme of 2021 was proposed for.",
        constraints={"required": True},
    ),
    Field("phase", "integer", "Phase of the proposal it is in; empty if in none.", None, {"minimum": 1, "maximum": 6}),
    Field("entry_tier", "string", "How it came to CRIMJUST; empty if no page names it."),
    Field(
        "entry_precision",
        "string",
        "How well the date of joining is known; empty if no page names it.",
        constraints={"enum": ["exact", "by", "unknown"]},
    ),
    Field("entry_documented", "year", "Year of joining as documented; empty if no date is known."),
    Field("entry_earliest", "year", "First year it can have joined in."),
    Field("entry_latest", "year", "Last year it can have joined in."),
)
_PROGRAMME_CAVEATS = (
    "Years of joining are exact for few States; `entry_documented` is an upper bound for those documented `by` a date, "
    "and no State joined before Panama in July 2016, which is all that bounds most of `entry_earliest`.",
    "States of tiers `participant` and `Azure II` took part in single activities and need not have joined.",
)

COUNTRIES = Table(
    name="countries",
    title="Countries: region, languages, and their part in the programme",
    description="One row is a country or inhabited territory, with what does not change from year to year.",
    fields=(
        _ISO3,
        Field("name", "string", "Short name.", constraints={"required": True}),
        REGION_FIELD,
        Field(
            "is_developing",
            "boolean",
            "Whether it was outside the developed regions of the United Nations' standard M49 (list of 2021).",
            constraints={"required": True},
        ),
        Field(
            "languages",
            "string",
            "Which of English, French, Portuguese and Spanish its government works in, joined by semicolons.",
        ),
        Field(
            "major_2021",
            "boolean",
            "Whether it is one of the 22 on the Majors List of fiscal year 2021.",
            constraints={"required": True},
        ),
        *PROGRAMME_FIELDS,
    ),
    primary_key=("iso3",),
    licences=(licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=derived("programme", "programme_entry"),
    caveats=(
        *_PROGRAMME_CAVEATS,
        "Languages are those of States; territories have none here. Other languages are left out.",
    ),
)


def countries(programme: "pd.DataFrame", programme_entry: "pd.DataFrame") -> "pd.DataFrame":
    """Countries as rows; name, region, languages and part in the programme as columns.

    Parameters
    ----------
    programme, programme_entry
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If either table names a country that is in no region.
    """
    import pandas as pd

    groups = country_groups.load()
    frame = pd.DataFrame({"iso3": sorted(groups.region)})
    code = frame["iso3"]
    listed = {kind: rows["iso3"] for kind, rows in programme.groupby("kind")}
    _require_regions([*programme["iso3"].dropna(), *programme_entry["iso3"]])
    languages = code.map(lambda iso3: "; ".join(groups.languages_of(iso3)))
    frame = frame.assign(
        name=code.map(dict(country_names.names())),
        region=code.map(dict(groups.region)),
        is_developing=~code.isin(groups.developed),
        languages=languages.where(languages != "").astype("str"),
        major_2021=code.isin(listed["major"]),
        proposed=code.isin(listed["proposed_country"]),
    )
    phases = programme[programme["kind"] == "phase_country"].set_index("iso3")["group"].str.removeprefix("phase_")
    frame["phase"] = code.map(phases.astype("int64")).astype("Int64")
    entry = programme_entry.set_index("iso3")
    for column, published in (("entry_tier", "tier"), ("entry_precision", "precision")):
        frame[column] = code.map(entry[published]).astype("str")
    for column in ("documented", "earliest", "latest"):
        frame[f"entry_{column}"] = code.map(entry[column].str[:4].astype("Int64")).astype("Int64")
    return frame[[field.name for field in COUNTRIES.fields]]


def _require_regions(codes: list[str]) -> None:
    if strange := sorted(set(codes) - set(country_groups.load().region)):
        raise DataError(f"{', '.join(strange)} is in no region; add it to `regions` in {country_groups.FILE}")


_FIRST_YEAR = 2000
_SCORES = {
    "overall": "the rule of law overall",
    "f1_4": "1.4, officials are sanctioned for misconduct",
    "f2": "factor 2, absence of corruption",
    "f2_2": "2.2, no corruption in the judiciary",
    "f2_3": "2.3, no corruption in the police and military",
    "f8": "factor 8, criminal justice",
    "f8_1": "8.1, criminal investigation is effective",
    "f8_2": "8.2, criminal adjudication is timely and effective",
    "f8_4": "8.4, criminal justice is impartial",
    "f8_5": "8.5, criminal justice is free of corruption",
    "f8_6": "8.6, criminal justice is free of improper government influence",
    "f8_7": "8.7, due process and the rights of the accused",
}
_UNREAD = ("overall", "f2", "f8")  # the questions read single parts of these
_WJP = {score: "wjp_" + score.removeprefix("f") for score in _SCORES}
GOVERNANCE = {"rl": "rule_of_law", "cc": "control_of_corruption"}
RECORDS = {
    ("persons held", "Drug trafficking"): "persons_held_trafficking",
    ("persons entering prison", "Drug trafficking"): "persons_entering_trafficking",
    ("offences", "Money laundering"): "money_laundering_offences",
}
_CROPS = {"coca": "coca_hectares", "opium_poppy": "poppy_hectares"}

COUNTRY_YEAR = Table(
    name="country_year",
    title="Justice, governance, reporting and programme membership by country and year",
    description="One row is a country and a calendar year from 2000 to the last in any of the tables behind it, for "
    "every country with a figure in any of them. A cell is empty where its table has no figure.",
    fields=(
        _ISO3,
        Field("year", "year", "Calendar year.", constraints={"required": True}),
        REGION_FIELD,
        Field("population", "integer", "Residents at mid-year.", "persons", {"minimum": 1}),
        Field("gdp", "number", "Gross domestic product in current prices.", "current US$", {"minimum": 0}),
        Field("wjp_edition", "string", "Edition of the Rule of Law Index that stands at this year."),
        Field("wjp_published", "yearmonth", f"Month the edition was published in; its fieldwork lies before. {UNREAD}"),
        *(
            Field(
                _WJP[score],
                "number",
                f"Rule of Law Index: {what}; higher is better.{f' {UNREAD}' if score in _UNREAD else ''}",
                "score from 0 to 1",
                {"minimum": 0, "maximum": 1},
            )
            for score, what in _SCORES.items()
        ),
        *(
            field
            for name in GOVERNANCE.values()
            for field in (
                Field(
                    name,
                    "number",
                    f"Worldwide Governance Indicators, {name.replace('_', ' ')}; higher is better governed.",
                    "standard deviations",
                    {"minimum": -5, "maximum": 5},
                ),
                Field(f"{name}_std_error", "number", "Its standard error.", "standard deviations", {"minimum": 0}),
            )
        ),
        Field(
            "persons_held_trafficking",
            "number",
            "Persons held in prison for drug trafficking.",
            "persons",
            {"minimum": 0},
        ),
        Field(
            "persons_entering_trafficking",
            "number",
            "Persons who entered prison for drug trafficking in the year.",
            "persons",
            {"minimum": 0},
        ),
        Field(
            "money_laundering_offences", "number", "Money-laundering offences on record.", "offences", {"minimum": 0}
        ),
        Field("coca_hectares", "number", "Area under coca.", "hectares", {"minimum": 0}),
        Field("poppy_hectares", "number", "Area under opium poppy.", "hectares", {"minimum": 0}),
        Field("opium_tonnes", "number", "Potential production of oven-dry opium.", "tonnes", {"minimum": 0}),
        Field(
            "seizures_reported",
            "boolean",
            "Whether it reported any seizure, or that there was none; empty for years UNODC's tables do not cover.",
        ),
        Field(
            "precursors_reported",
            "boolean",
            f"Whether it reported any seizure of precursors, or that there was none; empty as above. {UNREAD}",
        ),
        Field(
            "majors_list",
            "boolean",
            "Whether it is on the Majors List of the US fiscal year of this number; empty where that list was not read.",
        ),
        Field(
            "failed_demonstrably",
            "boolean",
            "Whether the United States found that it failed demonstrably; empty if not listed or not read.",
        ),
        *PROGRAMME_FIELDS,
    ),
    primary_key=("iso3", "year"),
    licences=(
        licences.WORLD_BANK,
        licences.WORLD_JUSTICE_PROJECT,
        licences.UNODC,
        licences.US_GOVERNMENT,
        licences.EUROPEAN_UNION,
        licences.INTERPOL,
    ),
    sources=derived(
        "population",
        "gdp",
        "justice_quality",
        "governance",
        "justice_records",
        "coca_opium_cultivation",
        "seizures_country",
        "majors_list",
        "programme",
        "programme_entry",
    ),
    time="year",
    caveats=(
        "An edition of the Rule of Law Index stands at the year it is dated, 2017-2018 at 2017: it came out in January "
        "2018. Its fieldwork is of the months before `wjp_published`, so those of 2014, 2015, 2019 and 2020 are mostly "
        "of the year before. No edition stands at 2018; 2012-2013, on another level, is left out.",
        "Governance indicators are scaled anew each year and rest on perceptions; there is none for 2001.",
        "Persons held, persons entering prison and offences are reported by few States and not at random. Figures of a "
        "part of a State (England and Wales, Scotland, Northern Ireland, Central Iraq) are left out: in no year do all "
        "parts report.",
        "A fiscal year of the Majors List is determined in the September before it begins. Lists not read are empty, "
        "not False.",
        "Phase, proposal and years of joining are the same in every year of a country: they are not indicators of "
        "being in the programme in that year.",
        *_PROGRAMME_CAVEATS,
    ),
)


def country_year(
    population: "pd.DataFrame",
    gdp: "pd.DataFrame",
    justice_quality: "pd.DataFrame",
    governance: "pd.DataFrame",
    justice_records: "pd.DataFrame",
    coca_opium_cultivation: "pd.DataFrame",
    seizures_country: "pd.DataFrame",
    majors_list: "pd.DataFrame",
    programme: "pd.DataFrame",
    programme_entry: "pd.DataFrame",
) -> "pd.DataFrame":
    """Countries and years as rows; measures of justice, reporting and the programme as columns.

    Parameters
    ----------
    population, gdp, justice_quality, governance, justice_records, coca_opium_cultivation, seizures_country,
    majors_list, programme, programme_entry
        Corrected frames of the raw tables of those names.

    Raises
    ------
    DataError
        If a country is in no region, or an edition of the Rule of Law Index has no calendar year.
    """
    import pandas as pd

    key = ["iso3", "year"]
    parts = [
        population.set_index(key)[["population"]].astype("Int64"),
        gdp.set_index(key)[["gdp"]],
        _scores(justice_quality),
        governance_estimates(governance),
        _records(justice_records),
        _cultivation(coca_opium_cultivation),
    ]
    reported = _reported(seizures_country)
    majors = majors_list.rename(columns={"fiscal_year": "year"}).set_index(key)
    static = countries(programme, programme_entry).set_index("iso3")
    in_programme = static.index[static["proposed"] | static["phase"].notna() | static["entry_tier"].notna()]
    codes = sorted(
        {*in_programme, *(code for part in [*parts, reported, majors] for code in part.index.unique("iso3"))}
    )
    _require_regions(codes)
    last = max(int(part.index.get_level_values("year").max()) for part in [*parts, reported, majors])
    grid = pd.MultiIndex.from_product([codes, range(_FIRST_YEAR, last + 1)], names=key)
    frame = pd.concat([part.reindex(grid) for part in parts], axis=1)
    years = grid.get_level_values("year")
    covered = years.isin(reported.index.get_level_values("year"))
    for column in ("seizures_reported", "precursors_reported"):
        frame[column] = reported[column].reindex(grid).fillna(False).where(covered)
    listed = pd.Series(grid.isin(majors.index), grid, dtype="boolean")
    frame["majors_list"] = listed.where(years.isin(majors.index.get_level_values("year")))
    frame["failed_demonstrably"] = majors["failed_demonstrably"].astype("boolean").reindex(grid)
    frame = frame.reset_index().join(static, on="iso3")
    return frame[[field.name for field in COUNTRY_YEAR.fields]]


def governance_estimates(governance: "pd.DataFrame") -> "pd.DataFrame":
    """Rule of law and control of corruption with their standard errors, by country and year."""
    import pandas as pd

    chosen = governance[governance["dimension"].isin(list(GOVERNANCE))]
    wide = chosen.pivot_table(index=["iso3", "year"], columns="dimension", values=["estimate", "std_error"])
    columns = {
        column: wide[value, code]
        for code, name in GOVERNANCE.items()
        for column, value in ((name, "estimate"), (f"{name}_std_error", "std_error"))
    }
    return pd.DataFrame(columns)


def _scores(justice_quality: "pd.DataFrame") -> "pd.DataFrame":
    declared = rule_of_law_editions.load()
    kept = justice_quality[~justice_quality["edition"].isin(declared.other_level)].rename(columns=_WJP)
    years = {edition: declared.year(edition) for edition in kept["edition"].unique()}
    if strange := sorted(edition for edition, year in years.items() if year is None):
        raise DataError(
            f"edition {', '.join(strange)} of the Rule of Law Index has no calendar year; add "
            f"{rule_of_law_editions.line_to_add(strange[0])}"
        )
    published = {edition: declared.published(edition) for edition in years}
    return kept.assign(
        year=kept["edition"].map(years).astype("int64"),
        wjp_edition=kept["edition"],
        wjp_published=kept["edition"].map(published).astype("str"),
    ).set_index(["iso3", "year"])[["wjp_edition", "wjp_published", *_WJP.values()]]


def _records(justice_records: "pd.DataFrame") -> "pd.DataFrame":
    whole = justice_records[justice_records["reporter"] == justice_records["iso3"]]
    kinds = whole.set_index(["indicator", "category"]).index
    named = whole.assign(column=kinds.map(RECORDS)).dropna(subset="column")
    wide = named.pivot_table(index=["iso3", "year"], columns="column", values="count", aggfunc="first")
    return wide.reindex(columns=list(RECORDS.values()))


def _cultivation(coca_opium_cultivation: "pd.DataFrame") -> "pd.DataFrame":
    key = ["iso3", "year"]
    hectares = coca_opium_cultivation.pivot_table(index=key, columns="crop", values="hectares", aggfunc="first")
    hectares = hectares.rename(columns=_CROPS).reindex(columns=list(_CROPS.values()))
    opium = coca_opium_cultivation[coca_opium_cultivation["crop"] == "opium_poppy"].set_index(key)["opium_tonnes"]
    return hectares.join(opium)


def _reported(seizures_country: "pd.DataFrame") -> "pd.DataFrame":
    precursors = seizures_country.groupby(["iso3", "year"])["is_precursor"].any().astype("boolean")
    return precursors.to_frame("precursors_reported").assign(seizures_reported=precursors.notna().astype("boolean"))


PANELS = (
    Panel(COUNTRIES, ("programme", "programme_entry"), countries),
    Panel(
        COUNTRY_YEAR,
        (
            "population",
            "gdp",
            "justice_quality",
            "governance",
            "justice_records",
            "coca_opium_cultivation",
            "seizures_country",
            "majors_list",
            "programme",
            "programme_entry",
        ),
        country_year,
    ),
)
