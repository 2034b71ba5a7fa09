"""UNODC: drugs and precursors seized, by country and year.

Two publications of one questionnaire: the data portal's file of annual seizures (2012-2016, semicolons) and table 7.1
of the World Drug Report's statistical annex (five years, a workbook with its header on the second row). They name
drugs differently and leave 2017 out between them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences, parts, workbooks
from crimjust_research.data.ingest.files import numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, seized_drugs

if TYPE_CHECKING:
    import pandas as pd

PORTAL, ANNEX = "data_portal", "world_drug_report_annex"
# The report of a year covers the seizures up to two years before it.
_REPORTED_AFTER_YEARS = 2
_PORTAL_COLUMNS = (
    "Country",
    "CountryCode",
    "Year",
    "DrugGroup",
    "Drug",
    "SpecificDrugName",
    "KgEquivalent",
    "Comment",
)
_ANNEX_COLUMNS = (
    "Country",
    "DrugGroup",
    "DrugSubGroup",
    "DrugName",
    "Reference year",
    "Kilograms",
    "msCode",
)

SEIZURES_COUNTRY = Table(
    name="seizures_country",
    title="Drugs and precursors seized, by country and year",
    description="One row is a line of UNODC's annual seizure tables: a country, a year, a drug as the publication "
    "names it, and the kilograms seized. A drug of a country and year may have several lines, one per unit or form "
    "it was reported in, numbered from the heaviest. Lines that are alike in every column are one row.",
    fields=(
        Field(
            "iso3",
            "string",
            "Country or territory that made the seizures.",
            constraints={"required": True, "pattern": "[A-Z]{3}"},
        ),
        Field("year", "year", "Calendar year, unless the comment says otherwise.", constraints={"required": True}),
        Field(
            "publication",
            "string",
            "Which of UNODC's two publications the line is from; each has its own list of drugs.",
            constraints={"required": True, "enum": [PORTAL, ANNEX]},
        ),
        Field(
            "drug_group",
            "string",
            "The publication's group of drugs, spelt alike for both.",
            constraints={"required": True, "enum": sorted(set(seized_drugs.load().groups.values()))},
        ),
        Field("drug_subgroup", "string", "The annex's group below the first; the portal's file has none."),
        Field("drug", "string", "The drug's name in the publication.", constraints={"required": True}),
        Field("drug_detail", "string", "Substance or form, in the words of the country; the annex has none."),
        Field(
            "line",
            "integer",
            "Number of the line among those of its country, year, group and drug, from the heaviest.",
            constraints={"required": True, "minimum": 1},
        ),
        Field(
            "kilograms",
            "number",
            "Weight of the line; other units were turned into kilograms by UNODC. Empty: reported without a weight.",
            "kilograms",
            {"minimum": 0},
        ),
        Field(
            "repeated",
            "integer",
            "How often the line stands in the publication, alike in every column; `kilograms` is that of one of them.",
            constraints={"required": True, "minimum": 1},
        ),
        Field("is_precursor", "boolean", "Whether the group is precursors.", constraints={"required": True}),
        Field(
            "is_total_line",
            "boolean",
            "Whether the publication calls the line a total of others, which may or may not be listed beside it.",
            constraints={"required": True},
        ),
        Field("comment", "string", "UNODC's remark on the line."),
    ),
    primary_key=("iso3", "year", "drug_group", "drug", "line"),
    licences=(licences.UNODC,),
    sources=(
        Source("UNODC data portal, drug seizures 2012-2016", "https://dataunodc.un.org/dp-drug-seizures"),
        Source(
            "UNODC, World Drug Report 2024, statistical annex, table 7.1",
            "https://www.unodc.org/unodc/en/data-and-analysis/world-drug-report-2024.html",
        ),
    ),
    time="year",
    caveats=(
        "2017 is in neither publication.",
        "A total line often stands alone: to leave total lines out loses most cocaine and ecstasy of the countries "
        "that report no parts, and to add them to their parts counts twice. Take the larger of total and parts.",
        "Which countries report changes from year to year, and an absent line is not a zero.",
        "Weights to 2019 are whole kilograms, so small seizures stand as zero.",
        "Some years are fiscal or partial: see the comment.",
        "The United States, Mexico and China have no precursor line in the annex; Colombia has permanganate, acetone "
        "and acids from 2020 only.",
        "A repeated line is two alike (small seizures rounded to one figure) or one listed twice: the declared "
        "corrections say which are copies, after them a line counts `repeated` times.",
        "Seizures measure the effort of services and the trade they face at once.",
    ),
    rhythm=Rhythm(
        "yearly",
        "an annex to each World Drug Report, in June, up to the year before the last",
        "the annex of June 2024, which ends with 2022",
        months=12,
        lag=18,
    ),
    held_against="the World Drug Reports of 2022 and 2023: cocaine of the whole world in 2020 and 2021, within 1 %",
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given; complete only if both publications are among them.

    Raises
    ------
    DataError
        If a file is cut off, two files hold the same year, or a name or figure is not an accepted one.
    """
    import pandas as pd

    lines = [_annex(path) if path.suffix.lower() == workbooks.SUFFIX else _portal(path) for path in paths]
    _refuse_shared_years(paths, lines)
    published = pd.concat(lines, ignore_index=True)
    frame = _numbered(published)
    year = int(published["year"].max()) + _REPORTED_AFTER_YEARS
    lacks = parts.missing(set(published["publication"]), {PORTAL, ANNEX}, "publication")
    notes = tuple(note for part in lines for note in _notes(part))
    return [Release(SEIZURES_COUNTRY, vintage or str(year), frame, lacks, notes)]


def _portal(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path)
    totals = (text["Drug"] == "Cannabis-type") | text["Comment"].str.contains("Sum of|included in this total")
    seized_drugs.families_of(text["Drug"], str(path))
    return pd.DataFrame(
        {
            "iso3": countries.agreed_codes(text["CountryCode"], text["Country"], str(path)),
            "year": _years(path, text["Year"]),
            "publication": PORTAL,
            "drug_group": _groups(path, text["DrugGroup"]),
            "drug_subgroup": pd.Series(None, text.index, "str"),
            "drug": text["Drug"],
            "drug_detail": _or_missing(text["SpecificDrugName"]),
            "kilograms": numbers(path, text["KgEquivalent"], blank=("",)),
            "is_total_line": totals,
            "comment": _or_missing(text["Comment"]),
        }
    )


def _annex(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = workbooks.workbook_records(path, _ANNEX_COLUMNS)
    # One of its names holds a no-break space.
    text["DrugName"] = text["DrugName"].str.split().str.join(" ")
    seized_drugs.families_of(text["DrugName"], str(path))
    groups = _groups(path, text["DrugGroup"])
    subgroups = seized_drugs.load().subgroups
    known = pd.MultiIndex.from_tuples([(group, name) for group, names in subgroups.items() for name in names])
    strange = ~pd.MultiIndex.from_arrays([groups, text["DrugSubGroup"]]).isin(known)
    refuse(
        path, text["DrugSubGroup"][strange], "must be one of UNODC's subgroups of the group beside it; mend the cell"
    )
    named = text["DrugName"].str.startswith("Total ") | text["DrugName"].str.contains("(total of", regex=False)
    return pd.DataFrame(
        {
            "iso3": countries.agreed_codes(text["msCode"], text["Country"], str(path)),
            "year": _years(path, text["Reference year"]),
            "publication": ANNEX,
            "drug_group": groups,
            "drug_subgroup": text["DrugSubGroup"],
            "drug": text["DrugName"],
            "drug_detail": pd.Series(None, text.index, "str"),
            "kilograms": numbers(path, text["Kilograms"], blank=("",)),
            "is_total_line": named | text["DrugSubGroup"].str.startswith("Reported total"),
            "comment": pd.Series(None, text.index, "str"),
        }
    )


def _years(path: Path, published: "pd.Series[str]") -> "pd.Series[int]":
    refuse(path, published[~published.str.fullmatch(r"20[0-9][0-9]")], "must be a year of four digits; mend the cell")
    return published.astype("int64")


def _groups(path: Path, published: "pd.Series[str]") -> "pd.Series[str]":
    known = dict(seized_drugs.load().groups)
    refuse(path, published[~published.isin(list(known))], "must be one of UNODC's groups of drugs; mend the cell")
    return published.map(known).astype("str")


def _or_missing(text: "pd.Series[str]") -> "pd.Series[str]":
    return text.where(text != "")


def _refuse_shared_years(paths: Sequence[Path], lines: Sequence["pd.DataFrame"]) -> None:
    first: dict[int, Path] = {}
    for path, part in zip(paths, lines, strict=True):
        for year in part["year"].unique():
            if year in first:
                raise DataError(
                    f"{first[year]} and {path} both hold {year}; ingest the newer one with the file of the years "
                    "before it, or each on its own under its --vintage"
                )
            first[year] = path


def _numbered(published: "pd.DataFrame") -> "pd.DataFrame":
    """Lines alike in every column as one row, numbered within country, year, group and drug from the heaviest."""
    columns = list(published.columns)
    drug = ["iso3", "year", "drug_group", "drug"]
    frame = published.groupby(columns, dropna=False, sort=False).size().rename("repeated").reset_index()
    descending = ["kilograms"]
    order = [*drug, *descending, *(c for c in columns if c not in {*drug, *descending})]
    frame = frame.sort_values(order, ascending=[c not in descending for c in order], kind="stable", ignore_index=True)
    frame["line"] = frame.groupby(drug).cumcount() + 1
    frame["is_precursor"] = frame["drug_group"] == "precursors"
    return frame[[field.name for field in SEIZURES_COUNTRY.fields]]


def _notes(part: "pd.DataFrame") -> tuple[str, ...]:
    again = part[part.duplicated()]
    weighed = int((again["kilograms"] > 0).sum())
    name = {PORTAL: "data portal file", ANNEX: "annex"}[part["publication"].iloc[0]]
    return (
        f"the {name} holds {len(part):,} lines of {part['iso3'].nunique()} countries and territories",
        f"the {name} holds {len(again):,} lines that repeat another in every column, {weighed} of them with a weight",
        f"the {name} holds {int(part['kilograms'].isna().sum())} lines without a weight",
    )


READERS = (
    Reader(
        name="unodc_seizures",
        table=SEIZURES_COUNTRY,
        columns=frozenset(_ANNEX_COLUMNS),
        read=read,
        manual="Open the latest World Drug Report at https://www.unodc.org/unodc/en/data-and-analysis/, choose its "
        "statistical annex and table 7.1 (drug seizures), and ingest the workbook together with the data portal's "
        "file of 2012-2016 (https://dataunodc.un.org/dp-drug-seizures).",
        other_columns=(frozenset(_PORTAL_COLUMNS),),
    ),
)
