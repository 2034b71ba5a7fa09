"""What holds of every reader of files: other layouts of one file are one table, and damage is never silent.

Each reader's small sound file stands in `SOUND`, one line a reader.
"""

import csv
import io
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import test_ingest_cbp as cbp
import test_ingest_cdc as cdc
import test_ingest_cdc_announcements as cdc_announcements
import test_ingest_dea as dea
import test_ingest_fatf as fatf
import test_ingest_gi_toc as gi_toc
import test_ingest_majors as majors
import test_ingest_natural_earth as natural_earth
import test_ingest_other_programmes as other_programmes
import test_ingest_policy as policy
import test_ingest_programme_document as programme_document
import test_ingest_programme_history as programme_history
import test_ingest_un_treaties as un_treaties
import test_ingest_uncac as uncac
import test_ingest_uncac_platforms as uncac_platforms
import test_ingest_unodc_cts as cts
import test_ingest_unodc_cultivation as cultivation
import test_ingest_unodc_routes as routes
import test_ingest_unodc_seizures as seizures
import test_ingest_wjp as wjp
import test_ingest_world_bank as world_bank
from publisher_files import delimited, write
from workbook_files import write_workbook

from crimjust_research.data import foreign
from crimjust_research.data.catalog import Catalog, serialise
from crimjust_research.data.ingest import Reader, assign, parts, readers
from crimjust_research.data.schema_check import check
from crimjust_research.data.tables import Release
from crimjust_research.errors import CrimjustError, DataError

Rows = list[list[str]]
VINTAGE, LATER = "2027-01-01", "2027-01-02"
FOOT = '"---"'
# How many cells, and how many places to cut at, of each file: as many as a few seconds allow.
CELLS, CUTS = 6, 4
_PLACE = re.compile(r"\b(row|line|column|byte|footer|query|indicator|header|figure)s?\b|[0-9]{4}")


@dataclass(frozen=True)
class Text:
    """A file of delimited text: its name, its records, header first, and what stands below them."""

    name: str
    rows: Rows
    foot: str = ""

    def content(self, sign: str = ",", end: str = "\n") -> str:
        return delimited(self.rows, sign).replace("\n", end) + self.foot.replace("\n", end)


def text(name: str, content: str) -> Text:
    body, foot, below = content.partition(FOOT)
    sign = foreign.delimiter(body)
    return Text(name, list(csv.reader(io.StringIO(body), delimiter=sign)), foot + below)


def outlines(folder: Path) -> Path:
    square: list[list[list[tuple[float, float]]]] = [[natural_earth.SQUARE]] * 4  # type: ignore[list-item]
    members = {"ne.dbf": natural_earth.table(natural_earth.ROWS), "ne.shp": natural_earth.shapes(square)}
    return natural_earth.archive(folder, members)


def ratings(folder: Path) -> Path:
    rows = [*fatf.ABOVE, fatf.HEADER, *fatf.ROWS, *fatf.FOOT]
    return write_workbook(folder / "ratings.xlsx", {"Ratings only": [list[str | float](row) for row in rows]})


def index(folder: Path) -> Path:
    return gi_toc.workbook(folder, {"2025_dataset": [list(gi_toc.HEADER), *gi_toc.ROWS]})


# By reader; a file that is no text is made in a folder.
SOUND: dict[str, Text | Callable[[Path], Path]] = {
    "cbp_nationwide_drugs": text("a.csv", cbp.render(cbp.CLOSED)),
    "cdc_vsrr": text(cdc.FILE, cdc.vsrr(cdc.ROWS)),
    "cdc_wonder_state_month": text("a.txt", cdc.state_export(cdc.BY_MONTH)),
    "cdc_wonder_state_year": text("a.txt", cdc.year_export(cdc.BY_YEAR)),
    "cdc_wonder_us_month": text("a.txt", cdc.us_export(cdc.MONTHS)),
    "crimjust_entry": text("a.csv", programme_history.render_entries(programme_history.ENTRIES)),
    "crimjust_events": text("a.csv", programme_history.render_events(programme_history.EVENTS)),
    "crimjust_results": text("a.csv", programme_history.render_results(programme_history.RESULTS)),
    "dea_nflis": text("a.csv", dea.render(dea.ROWS)),
    "fatf_ratings": ratings,
    "natural_earth_countries": outlines,
    "organized_crime_index": index,
    "other_programmes": text("a.csv", other_programmes.render(other_programmes.ROWS)),
    "overdose_announcements": text("a.csv", cdc_announcements.render(cdc_announcements.ROWS)),
    "precursor_controls": text("a.csv", policy.render(policy.ROWS)),
    "un_treaties": text("a.csv", un_treaties.render(un_treaties.ROWS)),
    "uncac_challenges": text("a.csv", programme_document.render(programme_document.ROWS)),
    "uncac_platforms": text("a.csv", uncac_platforms.render(uncac_platforms.ROWS)),
    "uncac_reviews": text("a.csv", uncac.render(uncac.REVIEWS)),
    "uncac_totals": text("a.csv", uncac.render_totals(uncac.TOTALS)),
    "unodc_cts": text("a.csv", cts.render(cts.ROWS)),
    "unodc_cultivation": text("a.csv", cultivation.render(cultivation.ROWS)),
    # Without what is alike in every column: a letter more makes it another case, or another line.
    "unodc_individual_seizures": text("a.csv", routes.render([*routes.ROWS[:2], *routes.ROWS[4:]])),
    "unodc_seizures": text("a.csv", seizures.render([*seizures.PORTAL[:2], *seizures.PORTAL[3:]])),
    "us_majors_list": text("a.csv", majors.render(majors.ROWS)),
    "wjp_rule_of_law_index": text("a.csv", wjp.render(wjp.ROWS)),
    "world_bank_population": text("a.csv", world_bank.render_named(world_bank.PEOPLE, "SP.POP.TOTL")),
    "world_bank_population_bare": text("a.csv", world_bank.render(world_bank.PEOPLE)),
    "world_bank_gdp": text("a.csv", world_bank.render_named(world_bank.PRODUCT)),
    "world_bank_gdp_bare": text("a.csv", world_bank.render(world_bank.PRODUCT)),
    "world_bank_governance": text("a.csv", world_bank.render_wide(world_bank.GOVERNED)),
}
TEXTS = {name: file for name, file in SOUND.items() if isinstance(file, Text)}
READERS = {reader.name: reader for reader in readers()}

every_text = pytest.mark.parametrize("name", TEXTS)


def read(name: str, path: Path, vintage: str = VINTAGE) -> list[Release]:
    return list(READERS[name].read([path], vintage))


def stored_bytes(releases: Iterable[Release]) -> list[bytes]:
    return [serialise(release.frame, release.table) for release in releases]


@dataclass(frozen=True)
class Stored:
    """The releases of a sound file, the bytes of their tables, and a catalog that holds them."""

    releases: list[Release]
    tables: list[bytes]
    catalog: Catalog


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stored]:
    """The sound file of a reader, read and stored."""

    @cache
    def made(name: str) -> Stored:
        folder, file = tmp_path_factory.mktemp(name), TEXTS[name]
        releases = read(name, write(folder, file.name, file.content(_own(name))))
        catalog = Catalog(folder / "raw")
        # As a whole, whatever a file so small lacks.
        catalog.store([Release(release.table, release.vintage, release.frame) for release in releases])
        return Stored(releases, stored_bytes(releases), catalog)

    return made


def _own(name: str) -> str:
    """A delimiter the file's cells need no quotes for where its reader is of exports that have none."""
    return "\t" if TEXTS[name].foot else ","


def test_every_reader_of_files_has_a_sound_one_here() -> None:
    assert set(SOUND) == {reader.name for reader in readers() if reader.columns}


@pytest.mark.parametrize("name", SOUND)
def test_each_file_is_known_by_its_columns(tmp_path: Path, name: str) -> None:
    file, reader = SOUND[name], READERS[name]
    path = write(tmp_path, file.name, file.content(_own(name))) if isinstance(file, Text) else file(tmp_path)
    owner = _shared(reader)
    assert assign([path], reader.table.name if reader.by_name else None) == {owner: (path,)}


def _shared(reader: Reader) -> str:
    """The first reader of the function: those of one layout leave it to that to tell their tables apart."""
    if reader.by_name:
        return reader.name
    return next(other.name for other in readers() if other.read is reader.read)


# --- One table in many layouts ----------------------------------------------------------------------------------


def variants(file: Text) -> dict[str, bytes]:
    """The file as other programs save it, by what is other about it."""
    header, *records = file.rows
    shuffled = random.Random(1).sample(records, len(records))
    spaced = [[f" {name.upper()}\u00a0" for name in header], *shuffled]
    wide = [[*row, "", ""] for row in file.rows]
    ended = [*wide, [""] * len(header), []]
    return {
        "semicolons, byte-order mark, carriage returns": file.content(";", "\r\n").encode("utf-8-sig"),
        "pipes, UTF-16, another order, capitals and space": Text("", spaced, file.foot).content("|").encode("utf-16"),
        "tabs, carriage returns alone": file.content("\t", "\r").encode(),
        "commas, empty columns and lines": Text("", ended, file.foot).content(",").encode(),
    }


@every_text
def test_a_file_saved_otherwise_is_the_same_table(tmp_path: Path, name: str, sound: Callable[[str], Stored]) -> None:
    file, expected = TEXTS[name], sound(name).tables
    for what, content in variants(file).items():
        path = tmp_path / file.name
        path.write_bytes(content)
        reader = READERS[name]
        assert set(assign([path], reader.table.name if reader.by_name else None)) == {_shared(reader)}, what
        assert stored_bytes(read(name, path)) == expected, what


@every_text
def test_a_file_saved_as_a_workbook_is_the_same_table_or_refused(
    tmp_path: Path, name: str, sound: Callable[[str], Stored]
) -> None:
    rows = [list[str | float](row) for row in TEXTS[name].rows]
    path = write_workbook(tmp_path / "a.xlsx", {"Sheet1": rows})
    if TEXTS[name].foot:
        with pytest.raises(DataError, match="is a workbook, and these figures are published as text"):
            read(name, path)
    else:
        assert stored_bytes(read(name, path)) == sound(name).tables


# --- Damage -----------------------------------------------------------------------------------------------------


def judged(name: str, path: Path, whole: Stored) -> list[Release] | str:
    """The releases of a damaged file as they would be stored beside those of the sound one, or its refusal."""
    try:
        found = read(name, path, LATER)
        for release, table in zip(found, stored_bytes(found), strict=True):
            if table not in whole.tables:
                check(release.frame, release.table, str(path))
        return [parts.against_stored(release, whole.catalog) for release in found]
    except CrimjustError as error:
        return str(error)


def assert_told(name: str, path: Path, found: list[Release] | str, whole: Stored, may_lose: bool) -> None:
    """A refusal names the file and the place; a release is a part, or holds all that the sound one does."""
    if isinstance(found, str):
        assert path.name in found, found
        columns = (*TEXTS[name].rows[0], *(field.name for field in READERS[name].table.fields))
        assert _PLACE.search(found) or any(column in found for column in columns), found
        return
    for release in found:
        (sound,) = (other for other in whole.releases if other.table is release.table)
        lost = len(sound.frame) - len(release.frame)
        assert lost <= 0 or release.lacks or any("no longer in it" in note for note in release.notes), release.frame
        assert lost > 0 or may_lose or _figures(release) == _figures(sound), _differences(release, sound)


def _figures(release: Release) -> dict[str, list[str]]:
    numbers = release.frame.select_dtypes("number")
    return {str(name): sorted(numbers[name].map(repr)) for name in numbers}


def _differences(release: Release, whole: Release) -> pd.DataFrame:
    return release.frame.merge(whole.frame, how="outer", indicator=True).query("_merge != 'both'")


DAMAGE: dict[str, Callable[[list[str], int], list[str]]] = {
    "blank": lambda row, at: [*row[:at], "", *row[at + 1 :]],
    "letters": lambda row, at: [*row[:at], "qzx", *row[at + 1 :]],
    "negative": lambda row, at: [*row[:at], "-99", *row[at + 1 :]],
    "endless": lambda row, at: [*row[:at], "1e400", *row[at + 1 :]],
    "Arabic digit": lambda row, at: [*row[:at], "\u0663", *row[at + 1 :]],
    "shifted": lambda row, at: [*row[:at], "", *row[at:-1]],
}


@every_text
def test_a_damaged_cell_is_refused_by_its_place_or_changes_no_figure(
    tmp_path: Path, name: str, sound: Callable[[str], Stored]
) -> None:
    file = TEXTS[name]
    chance = random.Random(name)
    for number in range(CELLS):
        what = list(DAMAGE)[number % len(DAMAGE)]
        row, column = chance.randrange(1, len(file.rows)), chance.randrange(len(file.rows[0]))
        rows = [DAMAGE[what](record, column) if n == row else record for n, record in enumerate(file.rows)]
        path = write(tmp_path / "damaged", file.name, Text("", rows, file.foot).content(_own(name)))
        # A figure that may be missing is missing where its cell is blank.
        assert_told(name, path, judged(name, path, sound(name)), sound(name), may_lose=what in ("blank", "shifted"))


@every_text
def test_a_file_cut_off_anywhere_is_refused_or_a_part(
    tmp_path: Path, name: str, sound: Callable[[str], Stored]
) -> None:
    file = TEXTS[name]
    content = file.content(_own(name)).encode()
    chance = random.Random(name)
    start = content.index(b"\n")
    ends = [match.end() for match in re.finditer(b"\n", content)]
    cuts = [
        len(content) - 1,
        chance.choice(ends[1:-1]),
        *(chance.randrange(start, len(content)) for _ in range(CUTS)),
    ]
    for cut in cuts:
        path = tmp_path / "cut" / file.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content[:cut])
        assert_told(name, path, judged(name, path, sound(name)), sound(name), may_lose=False)


def test_an_archive_cut_off_is_refused(tmp_path: Path) -> None:
    for name, file in SOUND.items():
        if not isinstance(file, Text):
            path = file(tmp_path)
            content = path.read_bytes()
            for cut in range(1, len(content), len(content) // CUTS):
                path.write_bytes(content[:cut])
                with pytest.raises(DataError, match=path.name), foreign.reading(path):
                    read(name, path)
