"""Routes of seized drugs by year, with the cases whose route is not known kept beside them."""

from typing import TYPE_CHECKING

from crimjust_research.data.ingest import licences
from crimjust_research.data.panels.declaration import UNREAD, Panel, derived
from crimjust_research.data.tables import Field, Table
from crimjust_research.vocabulary import seized_drugs

if TYPE_CHECKING:
    import pandas as pd

TWO_COUNTRIES, ONE_COUNTRY = "two countries", "one country"
ONE_END, NO_END = "one end known", "no end known"
_ENDS = (TWO_COUNTRIES, ONE_COUNTRY, ONE_END, NO_END)
_CODE = "[A-Z]{3}"
_PLACE = {"required": True, "pattern": f"{_CODE}|unknown|other|multiple"}

_DECIMALS = 7  # as many as the raw table has: with fewer, the order of adding up would decide halves

ROUTES_YEAR = Table(
    name="routes_year",
    title="Routes of individual drug seizures by year, family of drugs and reporting country",
    description="One row is a year, a family of drugs, the country that seized, and the countries of departure and "
    "destination: the seizures reported and their weight. Cases with unknown ends are kept as rows of their own.",
    fields=(
        Field("year", "year", "Year of the seizures.", constraints={"required": True}),
        Field(
            "family",
            "string",
            "Family of drugs.",
            constraints={"required": True, "enum": sorted(seized_drugs.families())},
        ),
        Field(
            "seizing",
            "string",
            "Country that seized and reported it.",
            constraints={"required": True, "pattern": _CODE},
        ),
        Field(
            "departure",
            "string",
            "Country the drug left: ISO code, or `unknown`, `other`, `multiple`.",
            constraints=_PLACE,
        ),
        Field(
            "destination",
            "string",
            "Country it was bound for: ISO code, or `unknown`, `other`, `multiple`.",
            constraints=_PLACE,
        ),
        Field(
            "ends",
            "string",
            "How much of the route is known: `two countries` is a route between them, `one country` one that leaves "
            "and ends in the same; `other` and `multiple` count as not known.",
            constraints={"required": True, "enum": list(_ENDS)},
        ),
        Field(
            "cases",
            "integer",
            "Seizures, records alike in every column counted once.",
            "cases",
            {"required": True, "minimum": 0},
        ),
        Field(
            "duplicates",
            "integer",
            "Further records alike in every column, in none of the other figures.",
            "cases",
            {"required": True, "minimum": 0},
        ),
        Field(
            "cases_weighed",
            "integer",
            f"Cases measured by weight. {UNREAD}",
            "cases",
            {"required": True, "minimum": 0},
        ),
        Field("kilograms", "number", "Weight of those cases; empty if there are none.", "kilograms", {"minimum": 0}),
    ),
    primary_key=("year", "family", "seizing", "departure", "destination"),
    licences=(licences.UNODC,),
    sources=derived("seizure_routes"),
    time="year",
    caveats=(
        "Only rows of `two countries` are routes between countries: 1 case in 23. In most of them one end is the "
        "country that seized, so a route is seen from one of its ends.",
        "The countries that report change every year. Colombia alone has 6 cases in 10 and rises tenfold from 2013 to "
        "2014; it names both ends of none, so it weighs on counts of cases and not on routes between countries.",
        "Cases in tablets, litres and other measures count in `cases` and not in `kilograms`.",
        "Cannabis is all but absent; precursors are few.",
        "Cases seized say where services look as well as where drugs go.",
    ),
)


def routes_year(seizure_routes: "pd.DataFrame") -> "pd.DataFrame":
    """Routes of each year, family of drugs and reporting country as rows; cases and kilograms as columns.

    Parameters
    ----------
    seizure_routes
        Corrected frame of the raw table of that name.

    Raises
    ------
    VocabularyError
        If a drug has a name not yet sorted into a family.
    """
    import numpy as np

    families = seized_drugs.families_of(seizure_routes["drug"], "raw table 'seizure_routes'")
    groups = seizure_routes.assign(family=families).groupby(list(ROUTES_YEAR.primary_key))
    frame = groups[["cases", "duplicates", "cases_weighed"]].sum()
    frame["kilograms"] = groups["kilograms"].sum(min_count=1).round(_DECIMALS)
    frame = frame.reset_index()
    left, bound = (frame[end].str.fullmatch(_CODE) for end in ("departure", "destination"))
    same = frame["departure"] == frame["destination"]
    frame["ends"] = np.select(
        [left & bound & ~same, left & bound, left | bound], [TWO_COUNTRIES, ONE_COUNTRY, ONE_END], NO_END
    )
    return frame[[field.name for field in ROUTES_YEAR.fields]]


PANELS = (Panel(ROUTES_YEAR, ("seizure_routes",), routes_year),)
