"""UNODC: individual drug seizures, gathered into the routes they were seized on.

Source: https://dataunodc.un.org/ids. One record is one seizure a State chose to report, with the places it names for
the drug's production, departure and destination. No record has a number of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries, seized_drugs, seizure_records

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"
_MEASURES = {"weighed": "kilograms", "by_volume": "litres", "by_unit": "units"}
_COLUMNS = (
    "REGION",
    "SUBREGION",
    "COUNTRY",
    "ADMINISTRATIVE_DIVISION",
    "PLACE",
    "SEIZURE_DATE",
    "DRUG_NAME",
    "AMOUNT",
    "DRUG_UNIT",
    "HIDING_PLACE",
    "INSTALLATION",
    "TRANSPORT",
    "PRODUCING_COUNTRY",
    "DEPARTURE_COUNTRY",
    "DESTINATION_COUNTRY",
    "ROUTING",
)
_PLACES = {"producing": "PRODUCING_COUNTRY", "departure": "DEPARTURE_COUNTRY", "destination": "DESTINATION_COUNTRY"}
_ROUTE = ("year", "drug", "producing", "departure", "seizing", "destination", "transport")


def _place(name: str, what: str) -> Field:
    return Field(
        name,
        "string",
        f"{what}: ISO code, or `{UNKNOWN}`, `other` or `multiple` as published.",
        constraints={"required": True, "pattern": f"[A-Z]{{3}}|{UNKNOWN}|other|multiple"},
    )


def _count(name: str, description: str) -> Field:
    return Field(name, "integer", description, "cases", {"required": True, "minimum": 0})


def _amount(name: str, description: str) -> Field:
    return Field(name, "number", description, name, {"minimum": 0})


SEIZURE_ROUTES = Table(
    name="seizure_routes",
    title="Routes of individual drug seizures",
    description="One row is a route: year, drug, country of production, of departure, of seizure and of destination, "
    "and means of transport, with the seizures reported on it and how much they held. Unknown places stay unknown.",
    fields=(
        Field("year", "year", "Year of the seizures.", constraints={"required": True}),
        Field("drug", "string", "Drug, as published.", constraints={"required": True}),
        _place("producing", "Country where the drug was made or grown"),
        _place("departure", "Country the drug left"),
        Field("seizing", "string", "Country that seized it.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        _place("destination", "Country it was bound for"),
        Field(
            "transport",
            "string",
            "Means of transport.",
            constraints={"required": True, "enum": sorted(set(seizure_records.load().transports.values()))},
        ),
        _count("cases", "Seizures, records alike in every column counted once."),
        _count("duplicates", "Further records alike in every published column, left out of all other figures."),
        _count("cases_weighed", "Cases measured by weight."),
        _amount("kilograms", "Weight of the cases measured by weight; empty if there are none."),
        _count("cases_by_volume", "Cases measured by volume."),
        _amount("litres", "Volume of the cases measured by volume; empty if there are none."),
        _count("cases_by_unit", "Cases counted in tablets, capsules, doses and other pieces."),
        _amount("units", "Pieces in the cases counted so, not converted; empty if there are none."),
    ),
    primary_key=_ROUTE,
    licences=(licences.UNODC,),
    sources=(Source("UNODC data portal, individual drug seizures", "https://dataunodc.un.org/ids"),),
    time="year",
    caveats=(
        "Departure and destination are both known in 1 record of 15, and in most of those that are, one of them is "
        "the country that made the seizure.",
        "The countries that report change every year; Colombia alone is 63 % of the records and goes from 8,635 in "
        "2013 to 106,314 in 2014.",
        "Records carry no number: two alike in every column may be one seizure listed twice or two small ones.",
        "The file holds no cannabis but a few records of its products.",
        "Weights are as reported; a few are beyond belief (see corrections).",
        "Cases without a measure, or measured in plants, areas or containers, are counted in `cases` only.",
    ),
    rhythm=Rhythm(
        "ended",
        "2011 to 2016 is the last public file with routes: those released since leave out departure, transit and "
        "destination",
        "UNODC's data portal, November 2026",
    ),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last day a seizure was made on.

    Raises
    ------
    DataError
        If a file is cut off, or a date, amount, unit, place or drug is not an accepted one.
    """
    import pandas as pd

    published = pd.concat([_seizures(path) for path in paths], ignore_index=True)
    frame = _routes(published)
    known = (published[["departure", "destination"]] != UNKNOWN).all(axis=1)
    repeats = int(published["is_repeat"].sum())
    notes = (
        f"{len(published):,} records read",
        f"{repeats:,} records repeat another in every column and are counted as duplicates, not as cases",
        f"{int(known.sum()):,} records name both departure and destination, in "
        f"{len(published.loc[known, ['departure', 'destination']].drop_duplicates()):,} ordered pairs",
        f"{(published['producing'] == UNKNOWN).mean():.1%} of the records do not name the producing country",
        f"{int((~published[list(_MEASURES)].any(axis=1)).sum()):,} records have no weight, volume or count of pieces",
    )
    return [Release(SEIZURE_ROUTES, vintage or str(published["day"].max()), frame, notes=notes)]


def _seizures(path: Path) -> "pd.DataFrame":
    """One row per record: its route, whether it repeats an earlier one, and its amount in the measure it was given."""
    import pandas as pd

    # Untouched: two records that differ in a space are two.
    text = records(path, _COLUMNS, stripped=False)
    days = text["SEIZURE_DATE"]
    valid = pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").notna()
    refuse(path, days[~valid], "must be a day, YYYY-MM-DD; mend the cell")
    words = seizure_records.load()
    for column, known, what, section in (
        ("TRANSPORT", words.transports, "means of transport", "transports"),
        ("DRUG_UNIT", words.known_units, "unit", "kilograms`, `litres`, `units` or `unmeasured"),
    ):
        strange = text[column][~text[column].isin(list(known))]
        remedy = f"mend the cell, or, if it is a new one, add it to `{section}` in {seizure_records.FILE}"
        refuse(path, strange, f"must be a known {what}; {remedy}")
    seized_drugs.families_of(text["DRUG_NAME"], str(path))
    amounts = numbers(path, text["AMOUNT"], blank=("",))
    frame = pd.DataFrame(
        {
            "day": days,
            "year": days.str[:4].astype("int64"),
            "drug": text["DRUG_NAME"],
            "seizing": countries.iso3_of(text["COUNTRY"], str(path)),
            "transport": text["TRANSPORT"].map(dict(words.transports)).astype("str"),
            "is_repeat": text.duplicated(),
        }
    )
    for name, column in _PLACES.items():
        frame[name] = _places(text[column], str(path))
    for measure, amount in _MEASURES.items():
        frame[amount] = amounts * text["DRUG_UNIT"].map(dict(words.factors[amount]))
        frame[measure] = frame[amount].notna()
    return frame


def _places(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    nowhere = published.map(dict(seizure_records.load().no_country))
    named = nowhere.isna()
    codes = countries.iso3_of(published[named], where)
    return nowhere.astype("str").where(~named, codes.reindex(published.index))


def _routes(published: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    route = list(_ROUTE)
    once = published[~published["is_repeat"]]
    groups = once.groupby(route)
    frame = pd.DataFrame({"cases": groups.size()})
    for measure, amount in _MEASURES.items():
        frame[f"cases_{measure}"] = groups[measure].sum()
        # Rounded to a tenth of a milligram (or microlitre), so that the order of adding up leaves no trace.
        frame[amount] = groups[amount].sum(min_count=1).round(7)
    repeats = published[published["is_repeat"]].groupby(route).size()
    frame["duplicates"] = repeats.reindex(frame.index, fill_value=0)
    return frame.reset_index()[[field.name for field in SEIZURE_ROUTES.fields]]


READERS = (
    Reader(
        name="unodc_individual_seizures",
        table=SEIZURE_ROUTES,
        columns=frozenset(_COLUMNS),
        read=read,
        refuses=(
            (
                frozenset({"COUNTRY", "SEIZURE_DATE", "DRUG_NAME", "AMOUNT", "DRUG_UNIT"}),
                "holds individual seizures without the places they left and were bound for, which this table is about: "
                "the files UNODC releases since leave them out, and 2011 to 2016 is the last public file that has them",
            ),
        ),
        manual="At https://dataunodc.un.org/ids download each year's individual drug seizures, put the years together "
        "into one semicolon-separated file with their common header, and ingest it.",
    ),
)
