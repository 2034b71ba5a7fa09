"""CRIMJUST so far: when States joined it, and the figures published about it.

Compiled by hand from the programme's public pages: https://www.unodc.org/unodc/en/drug-trafficking/crimjust/index.html
(UNODC) and https://illicitflows.eu/projects/crimjust (European Union). What the pages leave open is kept open: a State
that is only documented to have joined by some date has bounds, not a date.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.citations import UNODC_CRIMJUST, published_addresses
from crimjust_research.data.ingest.files import records, refuse
from crimjust_research.data.ingest.stated_figures import QUALIFIERS, approximate, parse, spelt_out
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries

if TYPE_CHECKING:
    import pandas as pd

EXACT, BY, UNKNOWN = "exact", "by", "unknown"
_BY_YEAR_ONLY = "<="
# Two sources differ on one State; the file's remark names the month of the earlier one.
_OTHER_SOURCE = re.compile(r"another source .*?\b([A-Z][a-z]{2}) (20[0-9][0-9])")
_ENTRY_COLUMNS = ("iso3", "country", "tier", "first_documented_year", "first_documented_date", "basis", "source")
_RESULT_COLUMNS = ("metric", "value", "unit", "period", "scope", "value_kind", "source")
_TIERS = ("I", "II", "II/Azure", "Azure II", "INL coastal", "participant")
_PERIOD = r"(20[0-9][0-9](-[0-9][0-9]){0,2}|phase I{1,3})?"
# How firmly a figure is put, by the file's word for it.
_KINDS = {"minimum": "over", "exact": "exact", "approx": "about", "range": "range"}
_KIND = re.compile(rf"({'|'.join(_KINDS)})(?: \((.*)\))?")
_UNITS = ("count", "tonnes", "kg", "USD million", "EUR million", "period", "date")
_NO_NUMBER = ("period", "date")
# Whose result a figure is, by the first word of its name.
_ATTRIBUTIONS = {
    "azure1": "programme operation",
    "beneficiary": "programme",
    "bolivia": "programme",
    "capacity": "programme",
    "eu": "funding",
    "gnb": "national seizure",
    "investigative": "programme",
    "lionfish2018": "INTERPOL-wide",
    "lionfish3": "INTERPOL-wide",
    "phase1": "programme",
    "phase3": "programme",
    "proposed": "proposal",
}
_CREDITABLE = ("programme", "programme operation")

PROGRAMME_ENTRY = Table(
    name="programme_entry",
    title="When States joined CRIMJUST, as far as is documented",
    description="One row is a State: the date it joined where that is known, else the dates between which it did.",
    fields=(
        Field("iso3", "string", "State.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
        Field(
            "tier",
            "string",
            "How the State came to the programme: `I` are its first partners, `participant` took part in activities.",
            constraints={"required": True, "enum": list(_TIERS)},
        ),
        Field(
            "precision",
            "string",
            "`exact`: joined on the date; `by`: first documented then, joined at some time before; `unknown`: no date.",
            constraints={"required": True, "enum": [EXACT, BY, UNKNOWN]},
        ),
        Field("documented", "string", "First date documented, as precise as it is known; empty where unknown."),
        Field(
            "earliest",
            "date",
            "First day it can have joined: no State did before Panama.",
            constraints={"required": True},
        ),
        Field("latest", "date", "Last day it can have joined.", constraints={"required": True}),
        Field("basis", "string", "What the date rests on.", constraints={"required": True}),
        Field("source", "string", "Address of the page, shortened ones as in the file."),
    ),
    primary_key=("iso3",),
    licences=(licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=(
        UNODC_CRIMJUST,
        Source(
            "UNODC, Panama becomes first country to join CRIMJUST",
            "https://www.unodc.org/unodc/en/drug-trafficking/crimjust/news/"
            "panama-becomes-first-country-to-join-crimjust.html",
        ),
        Source(
            "UNODC, Cabo Verde and Ghana, the first West African countries to join CRIMJUST",
            "https://www.unodc.org/unodc/en/drug-trafficking/crimjust/news/"
            "cabo-verde-and-ghana-the-first-west-african-countries-to-join-crimjust.html",
        ),
        Source("INTERPOL, Project CRIMJUST", "https://www.interpol.int/Crimes/Drug-trafficking/Project-CRIMJUST"),
    ),
    time="latest",
    caveats=(
        "Exact dates are known for six States only; every result that uses the dates runs at `earliest`, `documented` "
        "and `latest`.",
        "Participants in single activities (tiers `participant`, `Azure II`) need not have joined the programme.",
        "For Bolivia UNODC says 2018 and another page names it a beneficiary in November 2017.",
        "Addresses that end in dots were cut in the file handed over. A stored release is not changed; news that "
        "`programme_events` holds too has its whole address there.",
    ),
    rhythm=Rhythm("irregular", "news and pages of the programme, read by hand"),
)

PROGRAMME_RESULTS = Table(
    name="programme_results",
    title="Figures published about CRIMJUST",
    description="One row is a published figure: activities, arrests, seizures, costs. A bound the wording does not "
    "give is empty.",
    fields=(
        Field(
            "metric", "string", "What the figure counts.", constraints={"required": True, "pattern": "[A-Za-z0-9_]+"}
        ),
        Field("stated", "string", "The figure as published.", constraints={"required": True}),
        Field(
            "qualifier",
            "string",
            "How firmly it is put; empty for a date or period.",
            constraints={"enum": list(QUALIFIERS)},
        ),
        Field("value_low", "number", "Lower bound, itself left out after `over`.", "see unit", {"minimum": 0}),
        Field("value_high", "number", "Upper bound.", "see unit", {"minimum": 0}),
        Field("unit", "string", "Unit of the figure.", constraints={"required": True, "enum": list(_UNITS)}),
        Field("period", "string", "When, as precise as published."),
        Field("scope", "string", "What the figure covers."),
        Field(
            "attribution",
            "string",
            "Whose result it is.",
            constraints={"required": True, "enum": sorted(set(_ATTRIBUTIONS.values()))},
        ),
        Field(
            "is_creditable",
            "boolean",
            "Whether the figure may be credited to CRIMJUST: never totals of an operation of INTERPOL, a State's own "
            "seizure, a proposal, funding, or a date.",
            constraints={"required": True},
        ),
        Field("note", "string", "What another text says of the same figure."),
        Field(
            "source", "string", "Publisher or address, shortened ones as in the file.", constraints={"required": True}
        ),
    ),
    primary_key=("metric",),
    licences=(licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL),
    sources=(
        UNODC_CRIMJUST,
        Source("European Union, Global Illicit Flows Programme, CRIMJUST", "https://illicitflows.eu/projects/crimjust"),
        Source("INTERPOL, Project CRIMJUST", "https://www.interpol.int/Crimes/Drug-trafficking/Project-CRIMJUST"),
    ),
    caveats=(
        "Operation Lionfish was INTERPOL's, with dozens of countries: its totals are never to be credited to CRIMJUST.",
        "Figures are what the publishers chose to tell, not a record of the programme.",
        "Kilograms and arrests are outputs: they do not measure the three outcomes.",
    ),
    rhythm=Rhythm("irregular", "pages of the programme, the European Union and INTERPOL, read by hand"),
    held_against="the source document: the costs of both components and the thirteen countries of Operation Azure "
    "are equal",
)


def read_entry(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last date documented.

    Raises
    ------
    DataError
        If a file is cut off, a State or date cannot be read, or a State is documented before the first one joined.
    """
    import pandas as pd

    frame = pd.concat([_entries(path) for path in paths], ignore_index=len(paths) > 1)
    first = frame.loc[frame["precision"] == EXACT, "earliest"].min()
    if pd.isna(first):
        raise DataError(
            f"{paths[0]}: no State has an exact date, so nothing bounds the others; add the first that joined"
        )
    frame["earliest"] = frame["earliest"].fillna(first)
    before = frame[frame["latest"] < first]
    if len(before):
        raise DataError(
            f"{paths[0]}: {before['iso3'].iloc[0]} is documented by {before['latest'].iloc[0]}, before the first State "
            f"joined ({first}); mend one of the dates"
        )
    return [Release(PROGRAMME_ENTRY, vintage or str(frame["documented"].max()), frame)]


def _entries(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _ENTRY_COLUMNS)
    dates, years = text["first_documented_date"], text["first_documented_year"]
    form = r"20[0-9][0-9](-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?"
    refuse(path, dates[~dates.str.fullmatch(rf"({_BY_YEAR_ONLY})?{form}")], "must be a date, YYYY[-MM[-DD]] or <=YYYY")
    refuse(path, text["tier"][~text["tier"].isin(_TIERS)], f"must be one of {', '.join(_TIERS)}")
    is_unknown = dates.str.startswith(_BY_YEAR_ONLY)
    refuse(
        path, years[(years != dates.str[:4]) & ~(is_unknown & (years == ""))], "must be the year of the date beside it"
    )
    documented = dates.str.removeprefix(_BY_YEAR_ONLY)
    latest = documented.map(_last_day)
    refuse(path, dates[latest == ""], "is not a day of the calendar")
    is_exact = ~is_unknown & (dates.str.len() == len("YYYY-MM-DD"))
    basis = spelt_out(text["basis"], dates)
    refuse(path, text["basis"][basis.isna()], "must say what the date rests on")
    other = basis.str.extract(_OTHER_SOURCE)
    earlier = pd.to_datetime(other[0] + " " + other[1], format="%b %Y").dt.strftime("%Y-%m-%d")
    precision = pd.Series(BY, text.index, "str").mask(is_exact, EXACT).mask(is_unknown, UNKNOWN)
    return pd.DataFrame(
        {
            "iso3": countries.agreed_codes(text["iso3"], text["country"], str(path)),
            "tier": text["tier"],
            "precision": precision,
            "documented": documented.mask(is_unknown),
            "earliest": latest.where(is_exact, earlier).astype("str"),
            "latest": latest,
            "basis": basis,
            "source": published_addresses(spelt_out(text["source"], dates)),
        }
    )


def _last_day(date: str) -> str:
    """Last day of a year, month or day, as an ISO date; empty if there is none."""
    import pandas as pd

    try:
        return str(pd.Period(date).end_time.date())
    except ValueError:
        return ""


def read_results(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """One release from all files given, named after the last day, month or year they cover.

    Raises
    ------
    DataError
        If a file is cut off, a figure contradicts its kind, or a metric, kind or unit is not an accepted one.
    """
    import pandas as pd

    frame = pd.concat([_results(path) for path in paths], ignore_index=len(paths) > 1)
    dated = frame["period"][frame["period"].str.fullmatch(r"20[0-9][0-9](-[0-9][0-9]){0,2}").fillna(False)]
    return [Release(PROGRAMME_RESULTS, vintage or str(dated.max()), frame)]


def _results(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _RESULT_COLUMNS)
    # The compilers call the source document the seed.
    metrics = text["metric"].str.replace(r"_seed$", "_source_document", regex=True)
    refuse(path, text["unit"][~text["unit"].isin(_UNITS)], f"must be one of {', '.join(_UNITS)}")
    refuse(
        path, text["period"][~text["period"].str.fullmatch(_PERIOD)], "must be a year, month, day or phase, or empty"
    )
    families = metrics.str.split("_").str[0]
    refuse(path, text["metric"][~families.isin(list(_ATTRIBUTIONS))], "must begin with a known word; see _ATTRIBUTIONS")
    kinds = text["value_kind"].str.extract(_KIND)
    refuse(
        path, text["value_kind"][kinds[0].isna()], f"must be one of {', '.join(_KINDS)}, a remark in brackets after it"
    )
    figures = [
        approximate(value) if kind == "approx" else parse(value) if unit not in _NO_NUMBER else None
        for value, kind, unit in zip(text["value"], kinds[0], text["unit"], strict=True)
    ]
    right = [
        unit in _NO_NUMBER or (figure is not None and figure.qualifier == _KINDS[kind])
        for figure, kind, unit in zip(figures, kinds[0], text["unit"], strict=True)
    ]
    refuse(path, text["value"][[not fits for fits in right]], "does not state a figure of the kind beside it")
    attribution = families.map(_ATTRIBUTIONS).astype("str")
    return pd.DataFrame(
        {
            "metric": metrics,
            "stated": text["value"],
            "qualifier": pd.Series([figure.qualifier if figure else None for figure in figures], text.index, "str"),
            "value_low": pd.Series([figure.low if figure else None for figure in figures], text.index, "float64"),
            "value_high": pd.Series([figure.high if figure else None for figure in figures], text.index, "float64"),
            "unit": text["unit"],
            "period": text["period"].where(text["period"] != ""),
            "scope": spelt_out(text["scope"], text["period"]).str.replace("seed text", "the source document"),
            "attribution": attribution,
            "is_creditable": attribution.isin(_CREDITABLE) & ~text["unit"].isin(_NO_NUMBER),
            "note": kinds[1].astype("str"),
            "source": published_addresses(spelt_out(text["source"], text["period"])),
        }
    )


READERS = (
    Reader(
        name="crimjust_entry",
        table=PROGRAMME_ENTRY,
        columns=frozenset(_ENTRY_COLUMNS),
        read=read_entry,
        manual="Add a row per State with the first date UNODC documents it: an exact day if it is the day it joined.",
    ),
    Reader(
        name="crimjust_results",
        table=PROGRAMME_RESULTS,
        columns=frozenset(_RESULT_COLUMNS),
        read=read_results,
        manual="Add a row per figure UNODC or the European Union publishes, in their wording.",
    ),
)
