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
from crimjust_research.vocabulary import countries, seized_drugs

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"
# What the publisher writes where there is no single country.
_NO_COUNTRY = {"": UNKNOWN, "Unknown": UNKNOWN, "Other": "other", "Multiple Countries": "multiple"}
# A gram and its multiples are exact; the avoirdupois ounce is 28.349523125 g and the viss of Myanmar 1.63293 kg.
_KILOGRAMS = {
    "Kilogram": 1.0,
    "Gram": 1e-3,
    "Milligram": 1e-6,
    "Microgram": 1e-9,
    "Ton": 1e3,
    "100 gram": 0.1,
    "Block (350gr)": 0.35,
    "Paper (1/10 gm)": 1e-4,
    "Ounce": 0.028349523125,
    "Viss": 1.63293,
}
_LITRES = {
    "Litre": 1.0,
    "Millilitre": 1e-3,
    "Cc": 1e-3,
    "Cubic Centimeter": 1e-3,
    "Gallons (US, liquid)": 3.785411784,
    "Gallons (UK)": 4.54609,
}
_UNITS = {
    "Barette": 1.0,
    "Blotter": 1.0,
    "Blotting paper": 1.0,
    "Capsule": 1.0,
    "Dose": 1.0,
    "Hundred of units": 100.0,
    "Joint": 1.0,
    "Mark": 1.0,
    "Piece": 1.0,
    "Pill": 1.0,
    "Stamp": 1.0,
    "Tablet": 1.0,
    "Thousand of doses": 1e3,
    "Thousand of tablets": 1e3,
    "Trip": 1.0,
    "Unit": 1.0,
}
# Containers of unstated size, plants and areas have no common measure: such cases are counted, not added up.
_UNMEASURED = (
    "",
    "Acres",
    "Ampoule",
    "Bottles",
    "Bush",
    "Flacons",
    "Hectars",
    "Injection",
    "Packages",
    "Plants",
    "Vials",
    "other",
)
_TRANSPORTS = {
    "": UNKNOWN,
    "Air": "air",
    "Commercial air": "commercial air",
    "Commercial road": "commercial road",
    "Commercial sea": "commercial sea",
    "Land": "land",
    "Mail": "mail",
    "None": "none",
    "Other": "other",
    "Pedestrian": "pedestrian",
    "Private air": "private air",
    "Private road": "private road",
    "Private sea": "private sea",
    "Rail": "rail",
    "River": "river",
    "Unknown": UNKNOWN,
}
_MEASURES = {"weighed": ("kilograms", _KILOGRAMS), "by_volume": ("litres", _LITRES), "by_unit": ("units", _UNITS)}
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
            constraints={"required": True, "enum": sorted(set(_TRANSPORTS.values()))},
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
    refuse(path, text["TRANSPORT"][~text["TRANSPORT"].isin(list(_TRANSPORTS))], "must be a known means of transport")
    known_units = {*_KILOGRAMS, *_LITRES, *_UNITS, *_UNMEASURED}
    refuse(path, text["DRUG_UNIT"][~text["DRUG_UNIT"].isin(known_units)], "must be a known unit; mend the cell")
    seized_drugs.families_of(text["DRUG_NAME"], str(path))
    amounts = numbers(path, text["AMOUNT"], blank=("",))
    frame = pd.DataFrame(
        {
            "day": days,
            "year": days.str[:4].astype("int64"),
            "drug": text["DRUG_NAME"],
            "seizing": countries.iso3_of(text["COUNTRY"], str(path)),
            "transport": text["TRANSPORT"].map(_TRANSPORTS).astype("str"),
            "is_repeat": text.duplicated(),
        }
    )
    for name, column in _PLACES.items():
        frame[name] = _places(text[column], str(path))
    for measure, (amount, factors) in _MEASURES.items():
        frame[amount] = amounts * text["DRUG_UNIT"].map(factors)
        frame[measure] = frame[amount].notna()
    return frame


def _places(published: "pd.Series[str]", where: str) -> "pd.Series[str]":
    nowhere = published.map(_NO_COUNTRY)
    named = nowhere.isna()
    codes = countries.iso3_of(published[named], where)
    return nowhere.astype("str").where(~named, codes.reindex(published.index))


def _routes(published: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    route = list(_ROUTE)
    once = published[~published["is_repeat"]]
    groups = once.groupby(route)
    frame = pd.DataFrame({"cases": groups.size()})
    for measure, (amount, _) in _MEASURES.items():
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
        manual="At https://dataunodc.un.org/ids download each year's individual drug seizures, put the years together "
        "into one semicolon-separated file with their common header, and ingest it.",
    ),
)
