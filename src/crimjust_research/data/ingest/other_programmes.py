"""Other programmes against drug trafficking and organised crime: in which countries they worked, and from when to when.

Compiled by hand from public pages into `data/collected/other_programmes.csv`, a row for each statement of a page; the
address of every page stands in its row. Two tables: what is known, in the columns in which officers hand in the same
(`data/templates/co_programmes.csv`), and what each row of it rests on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data.ingest import Reader, licences
from crimjust_research.data.ingest.files import numbers, records, refuse, translate
from crimjust_research.data.tables import NONE_NAMED, Field, Licence, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, other_programmes

if TYPE_CHECKING:
    import pandas as pd

EXACT, BY, INFERRED = "exact", "by", "inferred"
_PROGRAMMES = {word: word for word in other_programmes.load().programmes}
_KEY = ("country", "programme", "first_year")
_COLUMNS = (
    "programme",
    "countries_iso3",
    "first_year",
    "precision",
    "last_year",
    "basis",
    "publisher",
    "published",
    "source_url",
)
_YEAR = "(19|20)[0-9]{2}"
_DAY = rf"({_YEAR}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?)?"

_FIELDS = (
    Field("country", "string", "Country.", constraints={"required": True, "pattern": "[A-Z]{3}"}),
    Field(
        "programme",
        "string",
        f"Programme; names in full: `{other_programmes.FILE}`.",
        constraints={"required": True, "enum": sorted(_PROGRAMMES)},
    ),
    Field(
        "first_year",
        "year",
        "First calendar year in which it is known to have worked there; see precision in other_programme_sources.",
        constraints={"required": True},
    ),
)
# Pages of others, FIIAPP's most of them, are cited for facts; they name no terms for these.
_OTHERS = Licence(name="none-named", title=NONE_NAMED, path="https://www.fiiapp.org/en/")
_LICENCES = (licences.UNODC, licences.EUROPEAN_UNION, licences.INTERPOL, licences.US_GOVERNMENT, _OTHERS)
_SOURCES = (
    Source(
        "UNODC, Airport Communication Programme in Latin America and the Caribbean",
        "http://www.unodc.org/ropan/en/BorderControl/AIRCOP/aircop-lac.html",
    ),
    Source(
        "UNODC and World Customs Organization, Container Control Programme",
        "https://www.unodc.org/unodc/en/drug-trafficking/horizontal-initiatives.html",
    ),
    Source("European Union, Global Illicit Flows Programme", "https://illicitflows.eu/projects/seacop/"),
    Source("FIIAPP, projects", "https://www.fiiapp.org/en/proyectos_fiiapp/el-paccto/"),
    Source("INTERPOL, news of the West African Police Information System", "https://www.interpol.int"),
    Source("US Government Accountability Office", "https://www.gao.gov/products/GAO-13-295R"),
)
_CAVEATS = (
    "Collected by hand from pages that could be read: a country without a row may have had the programme all the same.",
    "Years of precision `by` and `inferred` are late or put together: what began before may be dated after.",
    "Ends are seldom published: an empty last year says that none was found, not that the programme still works there.",
    "Places and money differ by programme: a regional list is not a presence in the country.",
    "Looked for and left out, as no page read names countries with years: mentors of UNODC's programme against money "
    "laundering (66 jurisdictions, not named), AMERIPOL-EU, PRELAC and GAFILAT-EU, EL PAcCTO 2.0 (open to all of Latin "
    "America and the Caribbean since November 2023), EU-ACT II (since June 2023), INL's bilateral programmes and those "
    "for West Africa, and the third phase of WAPIS in Cabo Verde, Côte d'Ivoire and Guinea-Bissau.",
    "A presentation of the Container Control Programme of August 2014 lists Côte d'Ivoire, India, Kenya, Tanzania and "
    "others without telling countries at work from those paid for: it is not used. Of India only the three terms of the "
    "Regional Programme for South Asia were found, with nothing between 2015 and 2018.",
    "By a page of the US State Department, Belize and Haiti are observers of the Caribbean Basin Security Initiative and no "
    "members; of 2010 they were named members, and when that ended is not told.",
    "The second phase of COPOLAD is given to the countries of the first, and to Jamaica and Saint Lucia: which others of "
    "the Caribbean it reached between 2016 and 2020 was not found.",
)
_RHYTHM = Rhythm("irregular", "news and pages of the programmes, read by hand")

OTHER_PROGRAMMES = Table(
    name="other_programmes",
    title="Other programmes against drug trafficking and organised crime, by country and years",
    description="One row is a country, a programme and the years it is known to have worked there, in the columns of "
    "`data/templates/co_programmes.csv`.",
    fields=(
        *_FIELDS,
        Field("last_year", "year", "Last calendar year in which it worked there; empty if none is told."),
    ),
    primary_key=_KEY,
    licences=_LICENCES,
    sources=_SOURCES,
    time="first_year",
    caveats=_CAVEATS,
    rhythm=_RHYTHM,
)

OTHER_PROGRAMME_SOURCES = Table(
    name="other_programme_sources",
    title="What is said of other programmes, where and when, by country and programme",
    description="One row is a row of other_programmes: how well its year is known, on what it rests, and the page.",
    fields=(
        *_FIELDS,
        Field(
            "precision",
            "string",
            "`exact`: the source tells the year it began there; `by`: it was at work then, and began in that year or "
            "before; `inferred`: put together from what is told, as basis says.",
            constraints={"required": True, "enum": [EXACT, BY, INFERRED]},
        ),
        Field("basis", "string", "What the years rest on, in this project's words.", constraints={"required": True}),
        Field("publisher", "string", "Publisher of the page.", constraints={"required": True}),
        Field("published", "string", "Date of the text, as precise as it is told; empty where it has none."),
        Field(
            "source_address",
            "string",
            "Address the text was read at, which may be a copy's.",
            constraints={"required": True, "pattern": "https?://.+"},
        ),
    ),
    primary_key=_KEY,
    licences=_LICENCES,
    sources=_SOURCES,
    time="first_year",
    caveats=_CAVEATS,
    rhythm=_RHYTHM,
)


def read(paths: Sequence[Path], vintage: str | None) -> Sequence[Release]:
    """A release of the years and one of their sources from all files, named after the date of the latest text cited.

    Raises
    ------
    DataError
        If a file is cut off, a programme, country, year, date or address is not an accepted one, or a programme is
        dated twice in a country for the same year.
    """
    import pandas as pd

    statements = pd.concat([_statements(path) for path in paths], ignore_index=len(paths) > 1)
    dates = statements["published"].dropna()
    if not vintage and dates.empty:
        raise DataError(f"{paths[0]}: no text cited has a date, to name the release after; name it with --vintage")
    released = vintage or str(dates.max())
    rows = statements.explode("country")
    _refuse_doubles(paths[0], rows)
    return [
        Release(table, released, rows[[field.name for field in table.fields]])
        for table in (OTHER_PROGRAMMES, OTHER_PROGRAMME_SOURCES)
    ]


def _statements(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _COLUMNS)
    for column, form, must in (
        ("first_year", _YEAR, "must be a year of four digits"),
        ("last_year", f"({_YEAR})?", "must be a year of four digits, or empty"),
        ("precision", f"{EXACT}|{BY}|{INFERRED}", f"must be {EXACT}, {BY} or {INFERRED}"),
        ("published", _DAY, "must be a date, YYYY[-MM[-DD]], or empty"),
        ("source_url", r"https?://\S+", "must be an address"),
        ("basis", ".+", "must say what the years rest on"),
        ("publisher", ".+", "must not be empty"),
        ("countries_iso3", ".+", "must name a country"),
    ):
        refuse(path, text[column][~text[column].str.fullmatch(form)], must)
    first, last = (numbers(path, text[f"{end}_year"], blank=("",), whole=True) for end in ("first", "last"))
    refuse(path, text["last_year"][last < first], "must not be before the first year")
    add = "add it to `programmes` in " + other_programmes.FILE
    return pd.DataFrame(
        {
            "programme": translate(path, text["programme"], _PROGRAMMES, "programme", add),
            "country": _codes(path, text["countries_iso3"]),
            "first_year": first.astype("int64"),
            "last_year": last.astype("Int64"),
            "precision": text["precision"],
            "basis": text["basis"],
            "publisher": text["publisher"],
            "published": text["published"].where(text["published"] != ""),
            "source_address": text["source_url"],
        }
    )


def _codes(path: Path, published: "pd.Series[str]") -> "pd.Series[list[str]]":
    """Countries of each cell, of which there is one or several joined by semicolons."""
    single = published.str.split(";").explode().str.strip()
    return countries.checked_codes(single, str(path)).groupby(level=0).agg(sorted)


def _refuse_doubles(path: Path, rows: "pd.DataFrame") -> None:
    """No programme works twice in a country in one year: of two statements of it, one is wrong or says nothing new."""
    ordered = rows.sort_values([*_KEY], kind="stable")
    before = ordered.groupby(["country", "programme"])["last_year"].shift().fillna(9999)
    is_later = ordered.duplicated(["country", "programme"])
    again = ordered[is_later & (ordered["first_year"] <= before)]
    told = again["country"] + " " + again["programme"] + " " + again["first_year"].astype("str")
    refuse(path, told.rename("countries_iso3"), "is told of already, up to that year or without an end; keep one row")


READERS = (
    Reader(
        name="other_programmes",
        table=OTHER_PROGRAMMES,
        columns=frozenset(_COLUMNS),
        read=read,
        manual="Add a row to data/collected/other_programmes.csv for each statement of a public page: the programme, the "
        "countries by ISO code joined by ;, first and last year, how well the first is known, the page and its date.",
        also=(OTHER_PROGRAMME_SOURCES,),
    ),
)
