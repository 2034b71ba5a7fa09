"""Everything that countries are told from, opened once: panels and raw tables through the catalog, and saved results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crimjust_research import csv_files, document
from crimjust_research.data import catalog, corrections, opening, provenance
from crimjust_research.data.tables import Resource
from crimjust_research.document import Document
from crimjust_research.report.country.told import Fact
from crimjust_research.runs import notebooks
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources
from crimjust_research.vocabulary import fatf, other_programmes
from crimjust_research.vocabulary import treaties as treaties_listed
from crimjust_research.vocabulary.fatf import Fatf
from crimjust_research.vocabulary.other_programmes import OtherProgrammes
from crimjust_research.vocabulary.treaties import Treaties

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
PAIRS, ASSISTANCE = "09_outcome3_match", "13_assistance"
_UNMET = f"tables/{PAIRS}/unmet_pairs.csv"
_PRESENCE = f"tables/{ASSISTANCE}/presence.csv"
_ESTIMATES = "estimates.csv"
YEARLY = (
    "majors_list",
    "failed_demonstrably",
    "wjp_8_1",
    "wjp_8_2",
    "wjp_8_5",
    "wjp_8_7",
    "rule_of_law",
    "rule_of_law_std_error",
    "control_of_corruption",
    "control_of_corruption_std_error",
    "persons_held_trafficking",
    "persons_entering_trafficking",
    "money_laundering_offences",
    "coca_hectares",
    "poppy_hectares",
    "opium_tonnes",
    "seizures_reported",
)
_SEIZED = ("iso3", "year", "drug", "family", "is_precursor", "kilograms")
_ROUTES = ("year", "seizing", "departure", "destination", "ends", "cases")


@dataclass(frozen=True)
class Known:
    """Rows by country (ISO code) of each panel; a missing value is None.

    `routes` are the rows of routes that a country seized on or is an end of, `met` counts the joint events of each pair, `seen`
    are the events it was at and `events` all of them, `programmes` other ones at work there, `programme_sources` who tells so,
    `controls` its acts on precursors of fentanyl. `published_in` is the publication that a year's seizures are of, `status_of`
    the month as of which a treaty's list stands. `unmet` are the pairs that notebook 09 found without a joint event, `presence`
    the advisers, platforms and hubs of notebook 13, `estimates` all saved ones: None where results are missing. `moved` names
    the notebooks that would find something else now. `stored` are the releases that were read and those behind them, by name.
    """

    countries: Mapping[str, Row]
    years: Mapping[str, Sequence[Row]]
    crime: Mapping[str, Sequence[Row]]
    evaluations: Mapping[str, Sequence[Row]]
    treaties: Mapping[str, Sequence[Row]]
    reviews: Mapping[str, Sequence[Row]]
    seizures: Mapping[str, Sequence[Row]]
    routes: Mapping[str, Sequence[Row]]
    met: Mapping[str, Counter[str]]
    seen: Mapping[str, Sequence[Row]]
    events: Sequence[Row]
    entry: Mapping[str, Sequence[Row]]
    programmes: Mapping[str, Sequence[Row]]
    programme_sources: Mapping[str, Sequence[Row]]
    controls: Mapping[str, Sequence[Row]]
    published_in: Mapping[int, str]
    status_of: Mapping[str, str]
    unmet: Sequence[Row] | None
    presence: Sequence[Row] | None
    estimates: Sequence[Row] | None
    moved: Collection[str]
    document: Document
    fatf: Fatf
    treaty_names: Treaties
    programme_names: OtherProgrammes
    stored: Mapping[str, Resource]

    @cached_property
    def in_phases(self) -> tuple[str, ...]:
        """Codes of the countries of the proposal's phases."""
        return tuple(code for code, row in self.countries.items() if row["phase"] is not None)

    @cached_property
    def covered(self) -> tuple[int, ...]:
        """Years for which there are tables of seizures."""
        return self._with("seizures_reported")

    @cached_property
    def majors_read(self) -> tuple[int, ...]:
        """Fiscal years whose Majors List was read."""
        return self._with("majors_list")

    @cached_property
    def alone(self) -> Mapping[str, Sequence[Row]]:
        """Saved estimates whose estimand names one country and no other, by the name of it."""
        longest = sorted((str(row["name"]) for row in self.countries.values()), key=len, reverse=True)
        names = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
        rows = self.estimates or ()
        named = {said: set(names.findall(said)) for said in {row["estimand"] for row in rows}}
        found: dict[str, list[Row]] = {}
        for row in rows:
            if len(named[row["estimand"]]) == 1:
                found.setdefault(min(named[row["estimand"]]), []).append(row)
        return found

    def name(self, iso3: str) -> str:
        """The short name of a country; what is no country's code as it stands."""
        row = self.countries.get(iso3)
        return str(row["name"]) if row else iso3

    def figures(self, column: str, period: int) -> Mapping[str, float]:
        """A score of all countries that have one in a year, or in an edition of the Organized Crime Index."""
        return self._by_period.get((column, period), {})

    def label(self, panel: str, column: str) -> str:
        """What a score is of, in the words of its panel."""
        about = self.stored[panel].table.field(column).description.partition(";")[0]
        named = about.rpartition(": ")[2].rpartition("Indicators, ")[2]
        return named[:1].upper() + named[1:]

    def sources(self, read: Iterable[tuple[str, Sequence[str]]], publishers: Sequence[str] = ()) -> str:
        """Publishers with the vintages of raw tables, and the panels made of them; `publishers` instead of those of a table whose
        rows have each their own."""
        read = tuple(read)
        if publishers:
            return f"{'; '.join(publishers)} ({', '.join(dict.fromkeys(self.stored[one].vintage for one, _ in read))})"
        names = dict.fromkeys(one for panel, behind in read for one in behind or (panel,))
        raw = [(self.stored[one].table.sources, self.stored[one].vintage) for one in names]
        cited = dict.fromkeys(f"{'; '.join(source.title for source in of)} ({vintage})" for of, vintage in raw)
        panels = [f"{panel} {self.stored[panel].vintage}" for panel, behind in read if behind]
        made = f". {'Panels' if len(panels) > 1 else 'Panel'}: {', '.join(panels)}" if panels else ""
        return "; ".join(cited) + made

    def not_current(self, runs: Iterable[str]) -> Iterator[Fact]:
        """Which of some notebooks would find something else now than is told here, if any would, and what to do."""
        for run in sorted(set(runs) & set(self.moved)):
            says = f"the results of notebook {run[:2]} are not what it would find now; run `crimjust run {run}`"
            yield Fact("Not up to date", says, "")

    def periods(self, column: str) -> tuple[int, ...]:
        """The years or editions in which any country has a score."""
        return tuple(sorted(period for name, period in self._by_period if name == column))

    @cached_property
    def _by_period(self) -> Mapping[tuple[str, int], Mapping[str, float]]:
        found: dict[tuple[str, int], dict[str, float]] = {}
        for panel, period in ((self.years, "year"), (self.crime, "edition")):
            for code, rows in panel.items():
                for row in rows:
                    at = row[period]
                    for column, value in row.items():
                        if type(value) is float:
                            found.setdefault((column, at), {})[code] = value
        return found

    def _with(self, column: str) -> tuple[int, ...]:
        some = next(iter(self.years.values()))
        return tuple(row["year"] for row in some if row[column] is not None)


def is_at_hand() -> bool:
    """Whether this checkout holds the panel of countries; one of other data has no countries to tell of."""
    processed = catalog.processed()
    return (processed.folder / catalog.FILE).is_file() and "countries" in processed.tables()


def moved(results: Path) -> frozenset[str]:
    """The notebooks whose results in a folder are not what they would find now, or are missing."""
    present = Present(Sources())
    return frozenset(
        notebook.name for notebook in notebooks.find("all") if present.moved(notebook, Layout(results, notebook.name))
    )


def open_all(results: Path, moved: Collection[str] = ()) -> Known:
    """Everything, with the saved results below a folder, and the notebooks that would find something else now.

    Raises
    ------
    DataError
        If a panel is missing, altered or older than its raw tables; the message says what to do.
    """
    stored: dict[str, Resource] = {}

    def panel(name: str) -> pd.DataFrame:
        frame, (resource,) = opening.open_panel(name)
        stored.update({release.table.name: release for release in provenance.raw_behind(resource, catalog.raw())})
        stored[name] = resource
        return frame

    def raw(name: str) -> pd.DataFrame:
        frame, (resource,) = opening.open_raw(name)
        stored[name] = resource
        return corrections.apply(frame, name, resource.vintage)

    seen = panel("cooperation_events")
    treaties = raw("treaties")
    pairs = panel("dyad_year")
    reported = raw("seizures_country")
    raw("uncac_platforms")  # what notebook 13 read its platforms from
    return Known(
        countries={row["iso3"]: row for row in records(panel("countries"))},
        years=_by(records(panel("country_year"), ("iso3", "year", *YEARLY)), "iso3"),
        crime=_by(records(panel("organized_crime_edition")), "iso3"),
        evaluations=_by(records(panel("country_evaluations")), "iso3"),
        treaties=_by(records(panel("country_treaties")), "iso3"),
        reviews=_by(records(panel("reviews")), "iso3"),
        seizures=_by(records(panel("seizures_country_year"), _SEIZED), "iso3"),
        routes=_by(records(panel("routes_year"), _ROUTES), "seizing", "departure", "destination"),
        met=_both_ways(records(pairs[pairs["joint_events"] > 0])),
        seen=_by(records(seen), "iso3"),
        events=records(raw("programme_events")),
        entry=_by(records(raw("programme_entry")), "iso3"),
        programmes=_by(records(raw("other_programmes")), "country"),
        programme_sources=_by(records(raw("other_programme_sources")), "country"),
        controls=_by(records(raw("precursor_controls")), "jurisdiction"),
        published_in=dict(zip(reported["year"].tolist(), reported["publication"].tolist(), strict=True)),
        status_of=dict(zip(treaties["treaty"], treaties["status_of"], strict=True)),
        unmet=_saved(results / _UNMET),
        presence=_saved(results / _PRESENCE),
        estimates=_saved(results / _ESTIMATES),
        moved=moved,
        document=document.load(),
        fatf=fatf.load(),
        treaty_names=treaties_listed.load(),
        programme_names=other_programmes.load(),
        stored=stored,
    )


def records(frame: pd.DataFrame, columns: Sequence[str] = ()) -> list[Row]:
    """The rows of a frame, all columns or some, with None for what is missing."""
    names = list(columns or map(str, frame.columns))
    values = [_filled(frame[name]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _filled(column: pd.Series[Any]) -> list[Any]:
    """The values of a column, with None for what is missing."""
    if not column.hasnans:
        return column.tolist()
    return [None if is_missing else value for value, is_missing in zip(column, column.isna(), strict=True)]


def _by(rows: Iterable[Row], *columns: str) -> dict[str, list[Row]]:
    """Rows by the codes in any of some columns; a row stands once under each."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        for code in dict.fromkeys(row[column] for column in columns):
            found.setdefault(code, []).append(row)
    return found


def _both_ways(pairs: Iterable[Row]) -> dict[str, Counter[str]]:
    """Joint events of all years by one State of a pair and the other."""
    found: dict[str, Counter[str]] = {}
    for row in pairs:
        for own, other in ((row["iso3_a"], row["iso3_b"]), (row["iso3_b"], row["iso3_a"])):
            found.setdefault(own, Counter())[other] += row["joint_events"]
    return found


def _saved(path: Path) -> list[Row] | None:
    """The rows of a table of results; None where there is none."""
    if not path.is_file():
        return None
    return list(csv_files.load(path, (), f"run `crimjust run {path.parent.name}` again"))
