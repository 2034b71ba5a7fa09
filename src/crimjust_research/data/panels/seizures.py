"""Drugs and precursors seized, by country and year: one figure a drug, from lines that overlap."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.panels.declaration import DECIMALS, UNREAD, Panel, derived
from crimjust_research.data.tables import Field, Table
from crimjust_research.vocabulary import precursors, seized_drugs

if TYPE_CHECKING:
    import pandas as pd

_OTHER_PRECURSORS = "Other precursors"
# The publisher's total of cocaine leaves out the plant; its totals of other groups hold the whole group.
_OUTSIDE_TOTALS = ("coca",)

SEIZURES_COUNTRY_YEAR = Table(
    name="seizures_country_year",
    title="Drugs and precursors seized, one figure by country, year and drug",
    description="One row is a country, a year and a drug: the kilograms seized. Drugs are families that both of "
    "UNODC's publications can be sorted into; precursors are single chemicals, with the drugs they make. A country "
    "that reported nothing on a drug in a year has no row; a row with zero kilograms is a report of none.",
    fields=(
        Field("iso3", "string", "Country or territory.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("year", "year", "Year of the seizures.", constraints={"required": True}),
        Field(
            "drug",
            "string",
            "Family of drugs or, for precursors, the chemical.",
            constraints={
                "required": True,
                "enum": sorted(
                    {*seized_drugs.families(), *(c.name for c in precursors.load().chemicals)}
                    - {seized_drugs.PRECURSORS},
                ),
            },
        ),
        Field(
            "family",
            "string",
            "Family of drugs; `precursors` for every chemical.",
            constraints={"required": True, "enum": sorted(seized_drugs.families())},
        ),
        Field("is_precursor", "boolean", "Whether it is a precursor.", constraints={"required": True}),
        Field(
            "makes",
            "string",
            "Drugs the precursor is diverted for; empty for drugs. `unknown`: the chemical is not named, or serves no "
            "drug in particular.",
            constraints={"enum": list(precursors.MAKES)},
        ),
        Field(
            "is_shared",
            "boolean",
            f"Whether the precursor is known to serve several drugs; empty for drugs. {UNREAD}",
        ),
        Field(
            "convention_table",
            "string",
            "Table of the 1988 Convention that lists the precursor today; empty for drugs and for what neither lists. "
            f"{UNREAD}",
            constraints={"enum": ["I", "II"]},
        ),
        Field(
            "kilograms",
            "number",
            "Weight seized: the larger of the publisher's total and the sum of its parts. Empty: reported without a "
            "weight.",
            "kilograms",
            {"minimum": 0},
        ),
        Field(
            "kilograms_of_totals",
            "number",
            f"Of `kilograms`, what is in the publisher's total and in none of the parts beside it. {UNREAD}",
            "kilograms",
            {"required": True, "minimum": 0},
        ),
        Field("n_lines", "integer", f"Lines published. {UNREAD}", "lines", {"required": True, "minimum": 1}),
        Field("n_unweighed", "integer", f"Lines without a weight. {UNREAD}", "lines", {"required": True, "minimum": 0}),
    ),
    primary_key=("iso3", "year", "drug"),
    licences=(licences.UNODC,),
    sources=derived("seizures_country"),
    time="year",
    caveats=(
        "Years that no publication at hand holds are missing. As published to 2024, weights to 2019 are whole kilograms, "
        "so small seizures stand as zero.",
        "Which countries report changes from year to year, and an absent row is not a zero. As published to 2024, the "
        "United States and China have no precursor row at all and Mexico none after 2013; Colombia has permanganate, "
        "acetone and acids from 2020 only.",
        "A total is held against all parts of its group together: what it has more goes to the drug it is the total "
        "of. That of amphetamine-type stimulants holds methamphetamine and amphetamine, so its excess, which may be "
        "either, stays under `amphetamine-type stimulants`.",
        "A total below its parts is taken to repeat some of them, though it may be a remainder beside them: the parts "
        "alone count then.",
        "Which drug a precursor makes is what it is mostly diverted for; acids and solvents serve several (`is_shared`)"
        " and have large lawful uses. Most of the weight of precursors is theirs, or not named at all.",
        "Weights are kilogram equivalents as UNODC converted them, of unequal purity, and add up plants, liquids and "
        "powders.",
        "Seizures measure the effort of services and the trade they face at once.",
    ),
)


def seizures_country_year(seizures_country: "pd.DataFrame") -> "pd.DataFrame":
    """Countries, years and drugs as rows; kilograms and lines as columns.

    Parameters
    ----------
    seizures_country
        Corrected frame of the raw table of that name.

    Raises
    ------
    VocabularyError
        If a drug or precursor has a name not yet sorted.
    """
    lines = named(seizures_country)
    cell, scope = ["iso3", "year", "drug"], ["iso3", "year", "drug_group"]
    is_part = ~lines["is_total_line"]
    parts = lines[is_part].groupby(cell)["weight"].sum(min_count=1)
    beside = lines[is_part & ~lines["drug"].isin(_OUTSIDE_TOTALS)].groupby(scope)["weight"].agg(["sum", "size"])
    totals = lines[~is_part].groupby([*scope, "drug"])["weight"].sum(min_count=1).reset_index(name="total")
    totals = totals.join(beside, on=scope).fillna({"sum": 0.0, "size": 0})
    totals["excess"] = (totals["total"] - totals["sum"]).clip(lower=0)
    by_drug = totals.groupby(cell)[["excess", "size"]].sum(min_count=1)
    counts = lines.groupby(cell).agg(
        family=("family", "first"), n_lines=("repeated", "sum"), n_unweighed=("unweighed", "sum")
    )
    excess = by_drug["excess"].reindex(counts.index)
    # The weight is unknown only where neither a part nor the total has one.
    kilograms = parts.reindex(counts.index).add(excess, fill_value=0)
    # A total within its parts says nothing of a drug none of the parts is.
    says_nothing = (excess == 0) & (by_drug["size"].reindex(counts.index) > 0) & ~counts.index.isin(parts.index)
    frame = counts.assign(kilograms=kilograms.round(DECIMALS), kilograms_of_totals=excess.fillna(0.0).round(DECIMALS))
    frame = frame[~says_nothing].reset_index()
    frame["is_precursor"] = frame["family"] == seized_drugs.PRECURSORS
    frame = frame.merge(_chemicals(), on="drug", how="left")
    return frame[[field.name for field in SEIZURES_COUNTRY_YEAR.fields]]


def _chemicals() -> "pd.DataFrame":
    """What is known of each precursor: the drugs it makes, whether it is shared, its table of the Convention."""
    import pandas as pd

    frame = pd.DataFrame(
        [(c.name, c.makes, c.is_shared, c.table) for c in precursors.load().chemicals],
        columns=["drug", "makes", "is_shared", "convention_table"],
    )
    return frame.astype({"is_shared": "boolean", "convention_table": "str"})


def named(published: "pd.DataFrame") -> "pd.DataFrame":
    """The lines with family, drug, and what they weigh as often as they stand."""
    where = "raw table 'seizures_country'"
    family = seized_drugs.families_of(published["drug"], where)
    detailed = (published["drug"] == _OTHER_PRECURSORS) & published["drug_detail"].notna()
    is_precursor = family == seized_drugs.PRECURSORS
    named = published["drug"].mask(detailed, published["drug_detail"])[is_precursor]
    chemicals = precursors.chemicals_of(named, where)
    return published.assign(
        family=family,
        drug=family.where(~is_precursor, chemicals.reindex(published.index)),
        weight=published["kilograms"] * published["repeated"],
        unweighed=published["repeated"].where(published["kilograms"].isna(), 0),
    )


PANELS = (Panel(SEIZURES_COUNTRY_YEAR, ("seizures_country",), seizures_country_year),)
