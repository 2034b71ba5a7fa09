"""UNODC: drugs and precursors seized, by country and year.

Two publications of one questionnaire: the data portal's file of annual seizures (2012-2016, semicolons) and table 7.1
of the World Drug Report's statistical annex (five years, a workbook with its header on the second row). They name
drugs differently. Every annex holds the five years before; each year is taken from the newest that holds it.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from crimjust_research.data import foreign
from crimjust_research.data.ingest import Reader, licences, parts
from crimjust_research.data.ingest.files import first_rows, header, numbers, records, refuse
from crimjust_research.data.tables import Field, Release, Rhythm, Source, Table
from crimjust_research.errors import DataError
from crimjust_research.vocabulary import countries, seized_drugs
from crimjust_research.vocabulary.publishers_names import in_yaml

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
# By these a file is known to be the annex.
_ANNEX_MARKS = ("Country", "DrugGroup", "DrugName")
_OPTIONAL = "msCode"
# What a whole publication has at least of the countries and lines of another, a year; and which groups of drugs must be
# in it: those with more than this share of the lines.
_FEWEST, _NOTABLE = 0.75, 0.02
_WHOLE = "download the whole table, without a region or drug chosen"
_GAP = "no publication at hand holds"
_NAMES = {PORTAL: "data portal file", ANNEX: "annex"}

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
            "UNODC, World Drug Report of 2024 and later, statistical annex, table 7.1",
            "https://www.unodc.org/unodc/en/data-and-analysis/world-drug-report-2024.html",
        ),
    ),
    time="year",
    caveats=(
        "Years that no publication at hand holds are missing: the notes of each vintage say which, and which file each "
        "year is from.",
        "A total line often stands alone: to leave total lines out loses most cocaine and ecstasy of the countries "
        "that report no parts, and to add them to their parts counts twice. Take the larger of total and parts.",
        "Which countries report changes from year to year, and an absent line is not a zero.",
        "As published to 2024, weights to 2019 are whole kilograms, so small seizures stand as zero.",
        "Some years are fiscal or partial: see the comment.",
        "In the annex of 2024 the United States, Mexico and China have no precursor line, and Colombia has "
        "permanganate, acetone and acids from 2020 only.",
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

    Each year is taken from the file that ends last of those that hold it.

    Raises
    ------
    DataError
        If a file is cut off, two files that end with the same year hold the same one, or a name or figure is not an
        accepted one.
    """
    import pandas as pd

    lines = [_portal(path) if _is_portal(path) else _annex(path) for path in paths]
    kept = _newest(paths, lines)
    published = pd.concat(kept, ignore_index=True)
    frame = _numbered(published)
    year = int(published["year"].max()) + _REPORTED_AFTER_YEARS
    notes = (*(note for part in kept if len(part) for note in _notes(part)), *_gaps(frame))
    return [Release(SEIZURES_COUNTRY, vintage or str(year), frame, _lacks(frame), notes)]


def completed(release: Release, known: "pd.DataFrame", vintage: str) -> Release:
    """The release with the years it lacks of the newest whole one stored, `known`, which is of `vintage`.

    So the newest annex alone makes a whole release. Of years in both, the figures are those of the release, or of
    `known` if that ends later: an older annex fills gaps, and takes no newer figure's place. A release older than
    `known` is stored as it is, and one that covers far less of its years is a part.
    """
    import pandas as pd

    if release.vintage < vintage:
        return release
    if narrowed := _narrowed(release.frame, known):
        return replace(release, lacks=tuple(f"{what} of vintage {vintage}: {_WHOLE}" for what in narrowed))
    new, old = set(release.frame["year"]), set(known["year"])
    taken = old if max(old) > max(new) else old - new
    if not taken:
        return release
    frame = pd.concat(
        [release.frame[~release.frame["year"].isin(taken)], known[known["year"].isin(taken)]], ignore_index=True
    )
    said = f"{_listed(taken)} from vintage {vintage}, as the files given do not hold them or an older state of them"
    notes = tuple(note for note in release.notes if not note.startswith(_GAP))
    return replace(release, frame=frame, lacks=_lacks(frame), notes=(*notes, said, *_gaps(frame)))


def _narrowed(new: "pd.DataFrame", known: "pd.DataFrame") -> tuple[str, ...]:
    """What a release has much less of, a year, than `known` has from the same publications.

    Which countries report and what they report changes from year to year, so lines are not held against lines.
    """
    alike = known[known["publication"].isin(new["publication"])]
    if not len(alike):
        return ()
    lacks = []
    for what, counted in (("countries", "nunique"), ("lines", "size")):
        ours, theirs = (float(frame.groupby("year")["iso3"].agg(counted).mean()) for frame in (new, alike))
        if ours < _FEWEST * theirs:
            lacks.append(f"most {what}, with {ours:,.0f} a year against {theirs:,.0f}")
    shares = alike["drug_group"].value_counts(normalize=True)
    if absent := sorted(set(shares.index[shares > _NOTABLE]) - set(new["drug_group"])):
        lacks.append(f"the drug groups {', '.join(absent)}")
    return tuple(lacks)


def _newest(paths: Sequence[Path], lines: Sequence["pd.DataFrame"]) -> list["pd.DataFrame"]:
    """Of each file the lines of those years that no file which ends later holds."""
    ends = [int(part["year"].max()) for part in lines]
    holder: dict[int, int] = {}
    for place, part in enumerate(lines):
        for year in part["year"].unique():
            other = holder.get(year)
            if other is not None and ends[other] == ends[place]:
                raise DataError(
                    f"{paths[other]} and {paths[place]} both hold {year} and both end with {ends[place]}; give the one "
                    "that was published later, or each on its own under its --vintage"
                )
            if other is None or ends[place] > ends[other]:
                holder[int(year)] = place
    return [part[part["year"].map(holder) == place] for place, part in enumerate(lines)]


def _lacks(frame: "pd.DataFrame") -> tuple[str, ...]:
    found = set(frame["publication"])
    return parts.missing({_NAMES[name] for name in found}, set(_NAMES.values()), "years of the")


def _is_portal(path: Path) -> bool:
    return foreign.has(header(path), _PORTAL_COLUMNS)


def _portal(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text = records(path, _PORTAL_COLUMNS)
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

    text = _annex_records(path)
    # One of its names holds a no-break space.
    text["DrugName"] = text["DrugName"].str.split().str.join(" ")
    seized_drugs.families_of(text["DrugName"], str(path))
    groups = _groups(path, text["DrugGroup"])
    subgroups = seized_drugs.load().subgroups
    known = pd.MultiIndex.from_tuples([(group, name) for group, names in subgroups.items() for name in names])
    strange = ~pd.MultiIndex.from_arrays([groups, text["DrugSubGroup"]]).isin(known)
    if strange.any():
        first = text["DrugSubGroup"][strange].iloc[0]
        must = (
            "must be one of UNODC's subgroups of the group beside it; mend the cell, or, if it is a new one, add "
            f"`- {in_yaml(first)}` under {groups[strange].iloc[0]!r} of `subgroups` in {seized_drugs.FILE}"
        )
        refuse(path, text["DrugSubGroup"][strange], must)
    named = text["DrugName"].str.startswith("Total ") | text["DrugName"].str.contains("(total of", regex=False)
    return pd.DataFrame(
        {
            "iso3": (
                countries.agreed_codes(text["msCode"], text["Country"], str(path))
                if "msCode" in text
                else countries.iso3_of(text["Country"], str(path))
            ),
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


def _annex_records(path: Path) -> "pd.DataFrame":
    """The annex's columns under the names of the annex of 2024, by which of their declared names they have.

    Raises
    ------
    DataError
        If a column has none of its names.
    """
    columns = seized_drugs.load().annex_columns
    rows = first_rows(path)
    marks = [{_letters(name) for name in columns[mark]} for mark in _ANNEX_MARKS]
    found = next(row for row in rows if all(mark & set(map(_letters, row)) for mark in marks))
    names: dict[str, str] = {}
    for column, spellings in columns.items():
        accepted = {_letters(spelling) for spelling in spellings}
        standing = [cell for cell in found if _letters(cell) in accepted]
        if len(standing) > 1 or (not standing and column != _OPTIONAL):
            raise DataError(
                f"{path} has {len(standing)} columns of {', '.join(spellings)}, and there must be one; if the publisher "
                f"has renamed it, add its name to {column!r} of `annex_columns` in {seized_drugs.FILE}"
            )
        names |= {column: standing[0]} if standing else {}
    wanted = list(names.values())
    text = records(path, wanted)[wanted].set_axis(list(names), axis=1)
    # Notes below the table fill one cell.
    return text[(text != "").sum(axis=1) > 1].copy()


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _years(path: Path, published: "pd.Series[str]") -> "pd.Series[int]":
    refuse(path, published[~published.str.fullmatch(r"20[0-9][0-9]")], "must be a year of four digits; mend the cell")
    return published.astype("int64")


def _groups(path: Path, published: "pd.Series[str]") -> "pd.Series[str]":
    known = dict(seized_drugs.load().groups)
    strange = published[~published.isin(list(known))]
    if len(strange):
        line = f"`{in_yaml(strange.iloc[0])}: GROUP` to `groups` in {seized_drugs.FILE}"
        refuse(
            path, strange, f"must be one of UNODC's groups of drugs; mend the cell, or, if it is a new one, add {line}"
        )
    return published.map(known).astype("str")


def _or_missing(text: "pd.Series[str]") -> "pd.Series[str]":
    return text.where(text != "")


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
    name = f"{_NAMES[part['publication'].iloc[0]]}, of which {_listed(part['year'])} are taken,"
    return (
        f"the {name} holds {len(part):,} lines of {part['iso3'].nunique()} countries and territories",
        f"the {name} holds {len(again):,} lines that repeat another in every column, {weighed} of them with a weight",
        f"the {name} holds {int(part['kilograms'].isna().sum())} lines without a weight",
    )


def _gaps(frame: "pd.DataFrame") -> tuple[str, ...]:
    years = set(frame["year"])
    absent = set(range(min(years), max(years))) - years
    return (f"{_GAP} {_listed(absent)}",) if absent else ()


def _listed(years: "set[int] | pd.Series[int]") -> str:
    """Years in order, those that follow one another as their first and last."""
    spans: list[list[int]] = []
    for year in sorted({int(year) for year in years}):
        if spans and year == spans[-1][-1] + 1:
            spans[-1].append(year)
        else:
            spans.append([year])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]} to {span[-1]}" for span in spans)


def _annex_headers() -> tuple[frozenset[str], ...]:
    """Every way to write the columns the annex is known by."""
    columns = seized_drugs.load().annex_columns
    return tuple(frozenset(names) for names in product(*(columns[mark] for mark in _ANNEX_MARKS)))


READERS = (
    Reader(
        name="unodc_seizures",
        table=SEIZURES_COUNTRY,
        columns=_annex_headers()[0],
        read=read,
        completed=completed,
        manual="Open the latest World Drug Report at https://www.unodc.org/unodc/en/data-and-analysis/, choose its "
        "statistical annex and table 7.1 (drug seizures), and ingest the workbook: years before it are taken from the "
        "newest release stored. Where there is none, ingest it together with the data portal's file of 2012-2016 "
        "(https://dataunodc.un.org/dp-drug-seizures).",
        other_columns=(frozenset(_PORTAL_COLUMNS), *_annex_headers()[1:]),
    ),
)
