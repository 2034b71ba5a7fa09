"""UNODC: coca and opium poppy under cultivation, from its crop monitoring surveys.

The figures are read from the survey reports country by country (https://www.unodc.org/unodc/en/crop-monitoring/), so
the file is compiled by hand: one row per country, crop and year.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

_CROPS = ("coca", "opium_poppy")
_COLUMNS = ("iso3", "crop", "year", "hectares", "opium_production_t")

COCA_OPIUM_CULTIVATION = Table(
    name="coca_opium_cultivation",
    title="Coca and opium poppy under cultivation, by country and year",
    description="One row is a country, a crop and a year: the hectares under the crop and, for opium poppy, the "
    "opium it could yield.",
    fields=(
        Field("iso3", "string", "Country surveyed.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field("crop", "string", "Crop.", constraints={"required": True, "enum": list(_CROPS)}),
        Field("year", "year", "Year of the survey.", constraints={"required": True}),
        Field("hectares", "number", "Area under the crop.", "hectares", {"required": True, "minimum": 0}),
        Field(
            "opium_tonnes",
            "number",
            "Potential production of oven-dry opium; empty for coca and where none was published.",
            "tonnes",
            {"minimum": 0},
        ),
    ),
    primary_key=("iso3", "crop", "year"),
    licences=(licences.UNODC,),
    sources=(Source("UNODC, crop monitoring surveys", "https://www.unodc.org/unodc/en/crop-monitoring/index.html"),),
    time="year",
    caveats=(
        "Areas are estimates from satellite images and field visits, some of them net of eradication.",
        "Methods differ between countries and have changed within them, so levels are compared with care.",
        "Years without a survey are absent: the notes of each vintage say which.",
    ),
    rhythm=Rhythm(
        "yearly",
        "a survey report for each country, on days of their own; the newest year is that of some countries only",
        "the figures of 2025, those of Afghanistan and Myanmar, published within that year",
        months=12,
        lag=0,
    ),
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last year surveyed.

    Raises
    ------
    DataError
        If a file is cut off, or a country, crop, year or figure is not an accepted one.
    """
    import pandas as pd

    frame = pd.concat([_read_file(path) for path in paths], ignore_index=len(paths) > 1)
    return [Release(COCA_OPIUM_CULTIVATION, vintage or str(frame["year"].max()), frame, notes=_unsurveyed(frame))]


def _unsurveyed(frame: "pd.DataFrame") -> tuple[str, ...]:
    """Years without a survey, between a country's first of a crop and the last of any, a sentence a country and crop."""
    last = int(frame["year"].max())
    notes = []
    for (iso3, crop), years in frame.groupby(["iso3", "crop"])["year"]:
        if absent := sorted(set(range(int(years.min()), last + 1)) - set(years)):
            where = f"{countries.short_name(str(iso3))}, {str(crop).replace('_', ' ')}"
            notes.append(f"{where}: no survey in {', '.join(map(str, absent))}")
    return tuple(notes)


def _read_file(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _COLUMNS)
    refuse(path, text["crop"][~text["crop"].isin(_CROPS)], f"must be one of {', '.join(_CROPS)}")
    refuse(path, text["year"][~text["year"].str.fullmatch(r"20[0-9][0-9]")], "must be a year of four digits")
    coca_with_opium = (text["crop"] == "coca") & (text["opium_production_t"] != "")
    refuse(path, text["opium_production_t"][coca_with_opium], "must be empty for coca, which yields no opium")
    return pd.DataFrame(
        {
            "iso3": countries.checked_codes(text["iso3"], str(path)),
            "crop": text["crop"],
            "year": text["year"].astype("int64"),
            "hectares": numbers(path, text["hectares"]),
            "opium_tonnes": numbers(path, text["opium_production_t"], blank=("",)),
        }
    )


READERS = (
    Reader(
        name="unodc_cultivation",
        table=COCA_OPIUM_CULTIVATION,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Read the year's hectares and potential opium production from the survey reports at "
        "https://www.unodc.org/unodc/en/crop-monitoring/index.html and add them to the file, one row each.",
    ),
)
