"""Files from outside that are damaged, hostile or unlucky: each ends in a table or in one sentence that names it."""

import gzip
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import hostile_files
import pytest
import test_ingest_cbp as cbp_files
import test_ingest_natural_earth as natural_earth_files
import test_ingest_world_bank as world_bank_files
from click.testing import CliRunner
from hostile_files import zipped
from publisher_files import delimited, write
from test_own_records import CASE
from workbook_files import write_workbook

from crimjust_research import cli
from crimjust_research.data import foreign, ingest, limits, own_records
from crimjust_research.data.catalog import Catalog, serialise
from crimjust_research.data.ingest import natural_earth, shapefiles
from crimjust_research.data.ingest.files import cells, header, records, text
from crimjust_research.data.limits import OWN_RECORDS, PUBLISHED, Limits
from crimjust_research.errors import CrimjustError, DataError, ParameterError

TODAY = date(2026, 7, 1)
PRODUCT = world_bank_files.render_named(world_bank_files.PRODUCT)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
# As many as a few seconds allow; any other range ends as well.
SEEDS = range(200)


@pytest.fixture(autouse=True)
def files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of files only: what is held in code has tests of its own."""
    found = tuple(reader for reader in ingest.readers() if reader.columns)
    monkeypatch.setattr(ingest, "readers", lambda: found)


def taken_in(folder: Path, path: Path, bounds: Limits = PUBLISHED, vintage: str | None = None) -> list[str]:
    """Tables stored from a file or a folder of them."""
    stored = ingest.ingest([path], Catalog(folder / "raw"), vintage, TODAY, bounds)
    return sorted(taken.resource.table.name for taken in stored.taken)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def refusal(attempt: Callable[[], object], *said: str) -> str:
    """The sentence an attempt is refused with, which says all of `said`."""
    with pytest.raises(DataError) as caught:
        attempt()
    sentence = str(caught.value)
    for words in said:
        assert words in sentence
    return sentence


# --- At random --------------------------------------------------------------------------------------------------


def test_every_damaged_file_ends_in_a_table_or_a_sentence(tmp_path: Path) -> None:
    sound = hostile_files.sound_files(tmp_path)
    own = hostile_files.own_records(tmp_path, CASE, "case_id")
    for name, file in sound.items():
        assert taken_in(tmp_path / name, put(tmp_path, f"sound{file.suffix}", file.bytes())), name
    for file in own.values():
        assert own_records.check(put(tmp_path, f"own{file.suffix}", file.bytes()), "cases").empty
    kinds = [*sound.items(), *own.items()]
    read, sentences = 0, list[str]()
    for seed in SEEDS:
        what, file = kinds[seed % len(kinds)]
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = put(folder, *hostile_files.damaged(file, sound, seed))
        try:
            if what in own:
                own_records.check(path, "cases")
            else:
                taken_in(folder, path)
            read += 1
        except CrimjustError as error:
            sentences.append(str(error))
    # Damage that meets nothing is rare, and not so rare that nothing is ever read.
    assert len(sentences) > read > 0
    assert all(sentence.count("\n") <= 51 and len(sentence) > 20 for sentence in sentences)


def test_a_fault_of_the_schema_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "hdi.csv", PRODUCT)
    monkeypatch.setattr("crimjust_research.data.catalog.check", broken_schema)
    refusal(lambda: taken_in(tmp_path, path), f"{path}, read as gdp ")


def broken_schema(frame: object, table: object, name: str) -> None:
    del frame, table
    raise DataError(f"{name} has a fault")


# --- Bounds -----------------------------------------------------------------------------------------------------

TIGHT: list[tuple[str, Limits, str]] = [
    ("lines", replace(PUBLISHED, lines=3), "more than 3 lines"),
    ("columns", replace(PUBLISHED, columns=3), "more than 3 columns"),
    ("cells", replace(PUBLISHED, cells=15), "more than 15 cells"),
]


@pytest.mark.parametrize(("name", "bounds", "said"), TIGHT, ids=[name for name, *_ in TIGHT])
@pytest.mark.parametrize("kind", ["text", "workbook"])
def test_a_bound_is_told_with_the_option_that_raises_it(
    tmp_path: Path, kind: str, name: str, bounds: Limits, said: str
) -> None:
    path = tmp_path / "file.csv"
    if kind == "text":
        path.write_text(PRODUCT)
    else:
        rows = [
            list[str | float]([*world_bank_files.LONG, "Indicator Code"]),
            *([*row[:3], float(row[3]), "NY.GDP.MKTP.CD"] for row in world_bank_files.PRODUCT),
        ]
        path = write_workbook(tmp_path / "file.xlsx", {"Data": rows})

    def read(within: Limits) -> int:
        with limits.within(within):
            return len(records(path)) if kind == "text" else len(header(path))

    sentence = refusal(lambda: read(bounds), str(path), said)
    raised = re.search(r"--limit (\w+=\d+)$", sentence)
    assert raised is not None
    assert raised[1].startswith(f"{name}=")
    assert read(limits.raised(bounds, [raised[1]])) > 0


def test_an_archive_is_not_inflated_beyond_the_bound(tmp_path: Path) -> None:
    bounds = replace(PUBLISHED, megabytes=1)
    inflating = PRODUCT.encode() + b"x" * 50_000_000
    for name, content in {"a.csv.gz": gzip.compress(inflating, 1), "a.zip": zipped({"a.csv": inflating})}.items():
        path = put(tmp_path, name, content)
        refusal(lambda: taken_in(tmp_path, path, bounds), str(path), "more than 1 megabytes", "--limit megabytes=2")  # noqa: B023
    # Sparse: it takes no room on disk.
    huge = put(tmp_path, "huge.csv", PRODUCT.encode())
    os.truncate(huge, 5 * 2**30)
    refusal(lambda: taken_in(tmp_path, huge, bounds), str(huge), "more than 1 megabytes")


def test_files_of_one_command_are_bounded_in_number_and_together(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / "many", f"{name}.csv", PRODUCT + "," * 700_000 + "\n")
    refusal(
        lambda: taken_in(tmp_path, tmp_path / "many", replace(PUBLISHED, files=2)), "more than 2 files", "name fewer"
    )
    bounds = replace(PUBLISHED, together=1)
    with limits.within(bounds):
        text(tmp_path / "many" / "a.csv")
        text(tmp_path / "many" / "a.csv")
        refusal(lambda: text(tmp_path / "many" / "b.csv"), "b.csv, with the files before it, holds", "together=2")


def test_archives_within_archives_are_opened_as_deep_as_allowed(tmp_path: Path) -> None:
    path = put(tmp_path, "nested.zip", zipped({"a.zip": zipped({"a.csv.gz": gzip.compress(PRODUCT.encode())})}))
    sentence = refusal(lambda: taken_in(tmp_path, path), str(path), "one within the other", "unpack it")
    assert sentence.endswith("--limit nesting=2")
    assert taken_in(tmp_path, path, replace(PUBLISHED, nesting=3)) == ["gdp"]
    bomb = put(tmp_path, "a.bin", gzip.compress(gzip.compress(b"0" * 20_000_000)))
    refusal(lambda: taken_in(tmp_path, bomb), str(bomb), "one within the other")
    refusal(lambda: own_records.check(bomb, "cases"), str(bomb), "one within the other")


def test_what_a_bound_is_raised_by_must_be_one() -> None:
    assert limits.raised(OWN_RECORDS, ["cells=7", "lines=8", "cells=9"]) == replace(OWN_RECORDS, cells=9, lines=8)
    with pytest.raises(ParameterError, match=r"no bound 'cell'; did you mean 'cells'.*megabytes"):
        limits.raised(PUBLISHED, ["cell=7"])
    for value in ("", "0", "-1", "1e9", "٣", "9" * 40):
        with pytest.raises(ParameterError, match="whole number above zero"):
            limits.raised(PUBLISHED, [f"cells={value}"])


def test_the_commands_raise_bounds(tmp_path: Path) -> None:
    path = write(tmp_path, "own.csv", delimited([list(CASE), list(CASE.values())]))
    done = CliRunner().invoke(cli.crimjust, ["data", "check", str(path), "--as", "cases", "--limit", "cells=3"])
    assert "more than 3 cells" in str(done.exception)
    done = CliRunner().invoke(cli.crimjust, ["data", "check", str(path), "--as", "cases", "--limit", "cells=30"])
    assert done.output == f"{path}: 1 cases, no fault\n"
    done = CliRunner().invoke(cli.crimjust, ["data", "ingest", str(path), "--limit", "columns=3", "--limit", "x"])
    assert "no bound 'x'" in str(done.exception)


# What getrusage tells of a process counts its parent's memory at the fork; the system's own account does not.
MEMORY = """
import sys
from pathlib import Path
from crimjust_research.data import own_records
from crimjust_research.errors import CrimjustError
try:
    print(len(own_records.check(Path(sys.argv[1]), "cases")))
except CrimjustError as error:
    print(str(error)[-80:])
account = Path("/proc/self/status")
peak = [line.split()[1] for line in account.read_text().splitlines() if line.startswith("VmHWM")] if account.exists() else [0]
print(int(peak[0]) // 1024)
"""


def test_thousands_of_faults_take_little_memory(tmp_path: Path) -> None:
    """Rows that are all alike once listed each other: 14,000 of them took 3 GB."""
    path = write(tmp_path, "own.csv", delimited([list(CASE), *[list(CASE.values())] * 8_000]))
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    faults, megabytes = map(int, done.stdout.split())
    assert faults == 8_000
    assert megabytes < 400


# --- Archives ---------------------------------------------------------------------------------------------------


def overwritten(content: bytes, at: int, instead: bytes) -> bytes:
    return content[:at] + instead + content[at + len(instead) :]


def flagged(content: bytes, local: int, listed: int, value: int) -> bytes:
    """An archive of one member with a byte changed in both of its headers."""
    changed = bytearray(content)
    changed[local] = value
    changed[content.index(b"PK\x01\x02") + listed] = value
    return bytes(changed)


def archives() -> dict[str, tuple[bytes, str]]:
    one = zipped({"a.csv": (PRODUCT * 20).encode()})
    packed = gzip.compress((PRODUCT * 200).encode())
    return {
        "corrupt.csv.gz": (overwritten(packed, 30, b"\xff" * 4), "cannot be read"),
        "cut.csv.gz": (packed[:-20], "cannot be read"),
        "corrupt_inner.zip": (overwritten(one, 45, b"\xff" * 7), "cannot be read"),
        "encrypted.zip": (flagged(one, 6, 8, 1), "is encrypted; unpack it with its password"),
        "method99.zip": (flagged(one, 8, 10, 99), "rare method (99)"),
        "bzip2.zip": (flagged(one, 8, 10, zipfile.ZIP_BZIP2), "rare method (12)"),
        "cut.zip": (one[: len(one) // 2], "cannot be read"),
        "empty.zip": (zipped({}), "holds 0 files"),
        "two.zip": (zipped({"a.csv": b"1", "b.csv": b"2"}), "holds 2 files"),
        "many.zip": (zipped({f"{n}.csv": b"" for n in range(PUBLISHED.files + 1)}), "more than 500 files"),
        "none.zip": (b"no archive", "cannot be read"),
        "none.csv.gz": (b"no archive", "no archive, though its name says so"),
        "nothing.csv": (b"", "is empty"),
        "nothing.csv.gz": (gzip.compress(b""), "is empty"),
    }


@pytest.mark.parametrize("name", list(archives()))
def test_an_archive_that_is_damaged_or_locked_is_refused_by_name(tmp_path: Path, name: str) -> None:
    content, said = archives()[name]
    path = put(tmp_path, name, content)
    refusal(lambda: taken_in(tmp_path, path), str(path), said)
    refusal(lambda: own_records.check(path, "cases"), str(path))


def test_a_member_outside_the_folder_and_those_of_a_mac_do_no_harm(tmp_path: Path) -> None:
    content = zipped({"../../outside.csv": PRODUCT.encode(), "__MACOSX/._outside.csv": b"\0\5\x16\7", "data/": b""})
    assert taken_in(tmp_path / "in", put(tmp_path, "mac.zip", content)) == ["gdp"]
    assert {path.name for path in tmp_path.iterdir()} == {"in", "mac.zip"}


def test_a_packed_file_is_known_by_its_content(tmp_path: Path) -> None:
    assert taken_in(tmp_path, put(tmp_path, "packed.csv", gzip.compress(PRODUCT.encode()))) == ["gdp"]


# --- Workbooks --------------------------------------------------------------------------------------------------


def book(folder: Path, sheet: str, strings: str = "", declared: str = "") -> Path:
    """A workbook whose one sheet has these rows, a table of shared strings, and what is declared before both."""
    plain = write_workbook(folder / "plain.xlsx", {"S": [["x"]]})
    members = hostile_files.unzipped(plain.read_bytes())
    start = '<?xml version="1.0" encoding="UTF-8"?>' + declared
    members["xl/worksheets/s1.xml"] = (
        f'{start}<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'.encode()
    )
    members["xl/sharedStrings.xml"] = f'{start}<sst xmlns="{MAIN}">{strings}</sst>'.encode()
    return put(folder, "book.xlsx", zipped(members))


def cell(at: str, value: str) -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'


HEADER_ROW = "".join(cell(f"{chr(65 + place)}1", name) for place, name in enumerate(CASE))
LAUGHS = '<!DOCTYPE x [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize("far", ["XFD1048576", "AZ1048576", "N1048576", "ALM2"])
@pytest.mark.parametrize("value", ["x", " "])
def test_one_far_cell_is_named_and_its_sheet_not_opened(tmp_path: Path, far: str, value: str) -> None:
    row = re.sub("[A-Z]", "", far)
    path = book(tmp_path, f'<row r="1">{HEADER_ROW}</row><row r="{row}">{cell(far, value)}</row>')
    for attempt in (lambda: taken_in(tmp_path, path), lambda: own_records.check(path, "cases")):
        refusal(attempt, f"{path}, sheet s1.xml, which reaches to cell {far}", "delete the rows and columns beyond")


def test_cells_without_a_place_are_counted_on(tmp_path: Path) -> None:
    path = book(tmp_path, f"<row>{'<c><v>1</v></c>' * 201}</row>")
    refusal(lambda: own_records.check(path, "cases"), "reaches to cell GS1", "more than 200 columns")
    path = book(tmp_path, "<row><c><v>1</v></c></row>" * 50_002)
    refusal(lambda: own_records.check(path, "cases"), "reaches to cell A50002", "more than 50,001 lines")


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        # Where these stand, the library reckons otherwise than the standard, and ends the process or reads them amiss.
        ('<row r="1"><c r="A99999999999"><v>1</v></c></row>', "has a cell 'A99999999999' that is none"),
        ('<row r="1"><c r="A0"><v>1</v></c></row>', "has a cell 'A0' that is none"),
        ('<row r="99999999999"><c><v>1</v></c></row>', "has a row '99999999999' that is none"),
        ('<row r="-1"><c><v>1</v></c></row>', "has a row '-1' that is none"),
        (
            '<row r="7"><c><v>1</v></c></row><row r="3"><c><v>1</v></c></row>',
            "has a row '3' that is none, or comes after",
        ),
        (
            '<row r="7"><c r="A9"><v>1</v></c></row><row><c><v>1</v></c></row>',
            "has a cell 'A9' that is none, or is of another row",
        ),
        ('<row r="7"><c r="&#65;7"><v>1</v></c></row>', "hides where a cell stands"),
        ('<row><c><is><row r="1048576"/></is></c></row>', "has 'row' within 'is'"),
        ("<c><v>1</v></c>", "has 'c' within 'sheetData'"),
        ("<x><row><c><v>1</v></c></row></x>", "has 'row' within 'x'"),
        ('<row><c s="1"><v>-1e308</v></c></row>', "has the number -1e308"),
        ('<row r="1048576"/><row/>', "has more than 1,048,576 rows"),
        (f"<row {'x' * 1_000_000}='1'/>", "has an entry of more than a million characters"),
        (f"<row><c><v>{'9' * 600_000}<!-- -->{'9' * 600_000}</v></c></row>", "has a value of more than a million"),
        (f"<row><c><is>{'<a>' * 70}{'</a>' * 70}</is></c></row>", "has entries within each other more than 64 deep"),
    ],
    ids=lambda text: text[:40],
)
def test_a_sheet_laid_out_as_none_is_is_not_opened(tmp_path: Path, sheet: str, said: str) -> None:
    path = book(tmp_path, sheet)
    refusal(lambda: header(path), f"{path}, sheet s1.xml, {said}", "save it again")


@pytest.mark.parametrize("count", ["4294967295", "+2147483647", "0" * 30 + "99999999", str(2**64 - 1)])
def test_texts_that_are_announced_and_do_not_follow_take_no_room(tmp_path: Path, count: str) -> None:
    path = book(tmp_path, "<row><c><v>1</v></c></row>")
    members = hostile_files.unzipped(path.read_bytes())
    strings = members["xl/sharedStrings.xml"].replace(b"<sst ", f'<sst uniqueCount="{count}" '.encode())
    put(tmp_path, "book.xlsx", zipped({**members, "xl/sharedStrings.xml": strings}))
    refusal(lambda: header(path), str(path), "more than 6,000,000 cells")


def test_a_workbook_in_utf_16_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, "<row><c><v>1</v></c></row>")
    members = hostile_files.unzipped(path.read_bytes())
    sheet = members["xl/worksheets/s1.xml"].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    put(tmp_path, "book.xlsx", zipped({**members, "xl/worksheets/s1.xml": sheet}))
    refusal(lambda: header(path), f"{path}, sheet s1.xml, is not in UTF-8")


def test_notes_of_other_programs_beside_the_sheets_are_not_looked_at(tmp_path: Path) -> None:
    members = hostile_files.unzipped(book(tmp_path, "<row><c><v>1</v></c></row>").read_bytes())
    notes = '<?xml version="1.0" encoding="UTF-16"?><note/>'.encode("utf-16")
    beside = {f"xl/{name}": b"<" for name in ("comments1.xml", "calcChain.xml", "worksheets/_rels/s1.xml.rels")}
    others = {"customXml/item2.xml": notes, "docProps/app.xml": b"", **beside}
    assert header(put(tmp_path, "book.xlsx", zipped({**members, **others}))) == ("1",)


def amid(folder: Path, part: str, before: str, entries: str) -> Path:
    """A workbook of one cell with entries put into one of its parts."""
    members = hostile_files.unzipped(book(folder, "<row><c><v>1</v></c></row>").read_bytes())
    styles = f'<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="{MAIN}"></styleSheet>'.encode()
    content = {"xl/styles.xml": styles, **members}[part].replace(before.encode(), (entries + before).encode(), 1)
    return put(folder, "book.xlsx", zipped({**members, part: content}))


@pytest.mark.parametrize(
    ("part", "before", "entry"),
    [
        ("xl/styles.xml", "</styleSheet>", '<numFmt numFmtId="1" formatCode="0"/>'),
        ("xl/workbook.xml", "</workbook>", '<definedName name="n">S!A1</definedName>'),
        ("xl/_rels/workbook.xml.rels", "</Relationships>", "<Relationship/>"),
        ("xl/worksheets/s1.xml", "</worksheet>", '<mergeCell ref="A1:B2"/>'),
        ("xl/worksheets/s1.xml", "<sheetData>", '<col min="1" max="2"/>'),
        ("xl/sharedStrings.xml", "</sst>", "<r/>"),
    ],
    ids=lambda text: text.strip("</>").split()[0][:30],
)
def test_what_stands_beside_the_cells_by_the_hundred_thousand_is_refused(
    tmp_path: Path, part: str, before: str, entry: str
) -> None:
    """A million formats, packed to 2 megabytes, took ten seconds."""
    sentence = refusal(lambda: header(amid(tmp_path, part, before, entry * 250_001)), "has more than 250,000 formats")
    assert f", {'sheet' if 'sheets' in part else 'part'} {Path(part).name}, has" in sentence


def test_a_workbook_of_too_many_entries_is_refused_before_it_is_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = amid(tmp_path, "xl/worksheets/s1.xml", "</row>", "<c/>" * 200)
    with limits.within(replace(PUBLISHED, entries=200)), monkeypatch.context() as patch:
        patch.delattr("crimjust_research.data.bounded_workbook._scanned")
        sentence = refusal(lambda: header(path), "more than 200 entries in one workbook", "copy the cells")
    with limits.within(limits.raised(PUBLISHED, [sentence.rpartition("--limit ")[2]])):
        assert header(path) == ("1",)


def test_a_sheet_that_is_named_twice_is_not_read_twice(tmp_path: Path) -> None:
    """Two thousand sheets that were one of a hundred thousand cells took minutes."""
    for place in ("worksheets/s1.xml", "/xl/worksheets/S1.xml"):
        path = amid(
            tmp_path, "xl/_rels/workbook.xml.rels", "</Relationships>", f'<Relationship Id="r2" Target="{place}"/>'
        )
        refusal(lambda: header(path), f"part workbook.xml.rels, names '{place}' twice")  # noqa: B023
    path = amid(tmp_path, "xl/workbook.xml", "</sheets>", '<sheet name="T" sheetId="2" r:id="r1"/>')
    refusal(lambda: header(path), "part workbook.xml, names 'r1' twice")


def test_a_far_cell_that_is_only_formatted_is_none(tmp_path: Path) -> None:
    values = "".join(cell(f"{chr(65 + place)}2", value) for place, value in enumerate(CASE.values()) if value)
    path = book(
        tmp_path,
        f'<row r="1">{HEADER_ROW}</row><row r="2">{values}</row><row r="1048576"><c r="AZ1048576" s="0"/></row>',
    )
    assert len(own_records.read(path, "cases")) == 1


def test_entities_are_refused_however_they_are_meant(tmp_path: Path) -> None:
    rows = f'<row r="1">{HEADER_ROW}</row><row r="2"><c r="A2" t="s"><v>0</v></c></row>'
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hosts">]>'
    for declared, strings in ((f"{LAUGHS}]>", "<si><t>&j;</t></si>"), (outside, "<si><t>&e;</t></si>")):
        path = book(tmp_path, rows, strings, declared)
        for attempt in (lambda: taken_in(tmp_path, path), lambda: own_records.check(path, "cases")):  # noqa: B023
            refusal(attempt, str(path), "declares a document type")


def test_a_long_text_that_many_cells_share_is_counted_in_each(tmp_path: Path) -> None:
    one = '<c t="s"><v>0</v></c>'
    shared = f"<row>{one * 14}</row>" * 100
    path = book(tmp_path, shared, f"<si><t>{'x' * 30_000}</t></si>")
    sentence = refusal(lambda: own_records.check(path, "cases"), "more than 16 megabytes")
    assert sentence.endswith("--limit megabytes=41")


def test_a_workbook_that_lies_of_its_sizes_is_read_as_it_was_counted(tmp_path: Path) -> None:
    """A sheet listed as its first hundred bytes, with their checksum, is those: no reader inflates the rest."""
    path = book(tmp_path, f'<row r="1">{HEADER_ROW}</row>' + f"<row>{cell('XFD1048576', 'x')}</row>")
    content = bytearray(path.read_bytes())
    sheet = hostile_files.unzipped(path.read_bytes())["xl/worksheets/s1.xml"]
    name = b"xl/worksheets/s1.xml"
    for mark, size, checksum, length in ((b"PK\x03\x04", 22, 14, 30), (b"PK\x01\x02", 24, 16, 46)):
        at = next(
            found.start()
            for found in re.finditer(re.escape(mark), content)
            if content[found.start() + length :].startswith(name)
        )
        content[at + size : at + size + 4] = struct.pack("<I", 100)
        content[at + checksum : at + checksum + 4] = struct.pack("<I", zipfile.crc32(sheet[:100]))  # type: ignore[attr-defined]
    path.write_bytes(bytes(content))
    refusal(lambda: own_records.check(path, "cases"), str(path), "cannot be read as a workbook")


def test_what_is_no_workbook_is_said_to_be_none(tmp_path: Path) -> None:
    members = hostile_files.unzipped(write_workbook(tmp_path / "a.xlsx", {"S": [["x"]]}).read_bytes())
    spreadsheets = {
        "locked": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "text": b"case_id,country\n",
        "no sheet": zipped({name: content for name, content in members.items() if "worksheets" not in name}),
        "no workbook": zipped({"a.csv": b"1"}),
        "open document": zipped(
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"}
        ),
        "empty": b"",
    }
    for content in spreadsheets.values():
        path = put(tmp_path, "book.xlsx", content)
        for attempt in (lambda: taken_in(tmp_path, path), lambda: own_records.check(path, "cases")):  # noqa: B023
            refusal(attempt, str(path))


def test_many_sheets_are_counted_together(tmp_path: Path) -> None:
    sheets: dict[str, list[list[str | float]]] = {f"S{n}": [["a", 1.0]] * 10 for n in range(30)}
    path = write_workbook(tmp_path / "book.xlsx", sheets)
    with limits.within(replace(PUBLISHED, cells=599)):
        refusal(lambda: header(path), str(path), "more than 599 cells")
    with limits.within(replace(PUBLISHED, cells=600)):
        assert header(path) == ("a", "1")
    with limits.within(replace(PUBLISHED, files=20)):
        refusal(lambda: header(path), str(path), "more than 20 files")


# --- Shapefiles -------------------------------------------------------------------------------------------------


def test_a_shapefile_that_counts_wrongly_is_refused_and_does_not_go_on_for_ever(tmp_path: Path) -> None:
    table = natural_earth_files.table(natural_earth_files.ROWS[:1])
    square = natural_earth_files.shapes([[natural_earth_files.SQUARE]])  # type: ignore[list-item]
    billions = overwritten(overwritten(table, 4, struct.pack("<I", 2**32 - 1)), 10, struct.pack("<H", 0))
    hostile = {
        "more than 500,000 lines": {"a.dbf": billions, "a.shp": square},
        "was cut off": {"a.dbf": table, "a.shp": overwritten(square, 104, struct.pack(">i", -4))},
        "rings of 5 points": {"a.dbf": table, "a.shp": overwritten(square, 108 + 36, struct.pack("<i", 10**6))},
    }
    for said, members in hostile.items():
        path = put(tmp_path, "countries.zip", zipped(members))
        refusal(lambda: natural_earth.read([path], None), str(path), said)  # noqa: B023
    # Its table says it was last written in month 99 of 2155.
    path = put(tmp_path, "countries.zip", zipped({"a.dbf": overwritten(table, 1, b"\xff\x63\x63"), "a.shp": square}))
    refusal(lambda: taken_in(tmp_path, path), "2155-99-99", "is not a date there is")
    assert shapefiles.field_names(put(tmp_path, "other.zip", zipped({"a.csv": b"1"}))) == ()


# --- Text -------------------------------------------------------------------------------------------------------


def test_text_in_every_coding_a_spreadsheet_writes_is_read(tmp_path: Path) -> None:
    expected = cells(tmp_path, PRODUCT, ",")
    codings = {"utf-8": "", "utf-8-sig": "", "utf-16": "", "utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
    for coding, mark in codings.items():
        for ends in ("\n", "\r\n"):
            path = put(tmp_path, "a.csv", (mark + PRODUCT.replace("\n", ends)).encode(coding))
            assert records(path).equals(expected), coding
            assert header(path) == (*world_bank_files.LONG, "Indicator Code")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        # As a Mac writes it: in Windows-1252 it would be another sign, which stands in no name.
        ("Country Name,Value\nC\u00f4te,1\n".encode("mac-roman"), "is not UTF-8 text (byte 20)"),
        (b"Country Name,Value\nPan\0ama,1\n", "holds a zero byte"),
        (bytes(range(256)) * 40, "is not UTF-8 text"),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', "line 2 holds more than 32,767 characters in one cell"),
        (b'a,b\n1,"open\n' + b"2,3\n" * 20_000, "look for a quote that is not closed"),
        (b'a,b\n1,"open\n2,3\n', "line 3 cannot be read (unexpected end of data)"),
        (b'a,b\n1,"open"ed\n', "line 2 cannot be read (',' expected after '\"')"),
        (b"a,b\n1,2", "is not ended"),
        (b"a,a\n1,2\n", "has the column 'a' more than once"),
        (b"a,b\n", "a header and no record"),
        (b"\n", "a header and no record"),
        (b"a,b\n1\n", "row 2 has 1 of 2 cells"),
    ],
)
def test_what_is_no_table_of_text_is_refused_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    path = put(tmp_path, "a.csv", content)
    refusal(lambda: records(path), str(path), said)


def test_a_header_that_is_no_publishers_is_said_to_be_none(tmp_path: Path) -> None:
    refusal(lambda: taken_in(tmp_path, write(tmp_path, "a.csv", "a,b\n1,2\n3,4")), "no reader recognises", "a.csv")
    refusal(lambda: own_records.check(write(tmp_path, "b.csv", "a,b"), "cases"), "a header and no record")
    assert set(own_records.check(write(tmp_path, "b.csv", "a,b\n1,2\n3,4"), "cases")["row"]) == {1}


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_header_and_rows_are_parted_by_the_same_sign(tmp_path: Path, delimiter: str) -> None:
    rows = [cbp_files.HEADER, *cbp_files.CLOSED]
    stored = {}
    for sign in (",", delimiter):
        path = write(tmp_path, "cbp.csv", delimited(rows, sign))
        (assigned,) = ingest.assign([path])
        (reader,) = (reader for reader in ingest.readers() if reader.name == assigned)
        (release,) = reader.read([path], None)
        stored[sign] = serialise(release.frame, release.table)
    assert stored[","] == stored[delimiter]


def test_a_figure_is_written_in_latin_digits_and_is_finite(tmp_path: Path) -> None:
    for value in ("١٠", "９", "1e999", "9" * 400):
        path = write(tmp_path, "a.csv", PRODUCT.replace("12304115000", value))
        refusal(lambda: taken_in(tmp_path, path), str(path), "row 3", value, "must be a number")  # noqa: B023
    path = write(tmp_path, "a.csv", PRODUCT.replace("PAN,2000", "PAN,٢٠٠٠"))
    refusal(lambda: taken_in(tmp_path, path), str(path), "row 3", "must be a year")


# --- Names and places -------------------------------------------------------------------------------------------


def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "nowhere").symlink_to("gone")
    places = {
        tmp_path / "pipe": "is a pipe or a device",
        Path("/dev/zero"): "is a pipe or a device",
        tmp_path / "loop": "cannot be read (Too many levels of symbolic links)",
        tmp_path / ("x" * 5000): "cannot be read (File name too long)",
        tmp_path / "two\nlines.csv": "has a line break in its name",
        tmp_path / "nowhere": "not",
        tmp_path / "missing.csv": "not",
    }
    (tmp_path / "two\nlines.csv").touch()
    for path, said in places.items():
        for attempt in (lambda: taken_in(tmp_path, path), lambda: own_records.check(path, "cases")):  # noqa: B023
            assert len(refusal(attempt, said)) < 600
    refusal(lambda: own_records.check(tmp_path, "cases"), "is not a file")
    refusal(lambda: taken_in(tmp_path, tmp_path / "pipe" / "a.csv"), "does not exist")


def test_folders_are_searched_through_without_following_links_or_hidden_ones(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    write(folder / "in" / "it", "a.csv", PRODUCT)
    write(folder / ".hidden", "b.csv", "x")
    write(folder, ".b.csv", "x")
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "round").symlink_to(".")
    assert list(foreign.files_under(folder)) == [folder / "in" / "it" / "a.csv"]
    assert taken_in(tmp_path, folder) == ["gdp"]
    refusal(lambda: taken_in(tmp_path, folder / ".hidden" / "empty"), "does not exist")
    (tmp_path / "empty").mkdir()
    refusal(lambda: taken_in(tmp_path, tmp_path / "empty"), "holds no file")
    for number in range(30):
        write(tmp_path / "notes", f"{number}.csv", "a,b\n")
    assert len(refusal(lambda: taken_in(tmp_path, tmp_path / "notes"), "and 10 more")) < 8000


def test_a_file_that_is_gone_or_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "a.csv", PRODUCT)
    monkeypatch.setattr(foreign, "is_file", lambda path: path.name == "a.csv")
    path.unlink()
    refusal(lambda: taken_in(tmp_path, path), str(path), "cannot be read (No such file or directory)")
    refusal(lambda: own_records.check(path, "cases"), str(path), "cannot be read (No such file or directory)")


@pytest.mark.parametrize("name", ["[[9|evil]].csv", "a\x1b[31mred\x07.csv", "\u202egnp.csv", "<b>&.csv", "\udce9.csv"])
def test_a_name_commands_no_terminal(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, name, delimited([list(CASE), list(CASE.values())]))
    for arguments in (["ingest", str(path)], ["check", str(path), "--as", "cases"]):
        monkeypatch.setattr(sys, "argv", ["crimjust", "data", *arguments])
        with pytest.raises(SystemExit):
            cli.main()
    shown = capsys.readouterr()
    assert "no reader recognises its columns" in shown.err
    assert "1 cases, no fault" in shown.out
    assert all(c.isprintable() or c == "\n" for c in shown.err + shown.out)


# --- Vintages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vintage", "said"),
    [
        ("2024-99-99", "not a date there is"),
        ("2025-02-29", "not a date there is"),
        ("0000", "not a date there is"),
        ("20250101", "not a date there is"),
        ("2025-1-1", "not a date there is"),
        ("٢٠٢٥", "not a date there is"),
        ("../2025", "not a date there is"),
        ("9999", "lies after today, 2026-07-01"),
        ("2026-08", "lies after today"),
        ("2026-07-02", "lies after today"),
        ("2020-01", "lies before the last period in it, 2024-09"),
        ("2024-08", "lies before the last period in it, 2024-09"),
        ("2023", "lies before the last period in it, 2024-09"),
    ],
)
def test_a_vintage_no_release_can_have_is_refused(tmp_path: Path, vintage: str, said: str) -> None:
    path = write(tmp_path, "cbp.csv", cbp_files.render(cbp_files.CLOSED))
    refusal(
        lambda: taken_in(tmp_path, path, vintage=vintage), vintage, "seizures_us_border", said, "--vintage YYYY-MM-DD"
    )
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize("vintage", ["2024", "2024-09", "2024-09-30", "2026-07", "2026-07-01", "2026"])
def test_a_vintage_from_the_last_period_to_today_is_taken(tmp_path: Path, vintage: str) -> None:
    path = write(tmp_path, "cbp.csv", cbp_files.render(cbp_files.CLOSED))
    assert taken_in(tmp_path, path, vintage=vintage) == ["seizures_us_border"]


# --- Own records ------------------------------------------------------------------------------------------------


def test_prose_is_no_table_of_cases(tmp_path: Path) -> None:
    """Rows without a key once ended in a traceback: the keys of the two are alike, and none."""
    prose = write(tmp_path, "README.md", "# A heading\n\nSome words, with commas, and; more.\n- a list\n- a list\n")
    faults = own_records.check(prose, "cases")
    assert {"the column is missing", "is no column of cases"} <= set(faults["rule"])
    assert not faults["rule"].eq("the key must be unique").any()


def test_digits_of_other_scripts_are_read_as_what_they_are(tmp_path: Path) -> None:
    rows = [{**CASE, "case_id": "C-1"}, {**CASE, "case_id": "C-2", "kilograms": "١٠", "seizure_date": "٢٠٢٠-٠٥-٠١"}]
    path = write(tmp_path, "a.csv", delimited([list(CASE), *(list(r.values()) for r in rows)]))
    found = own_records.read(path, "cases")
    assert found["kilograms"].tolist() == [120.5, 10]
    assert found["seizure_date"].nunique() == 1


@pytest.mark.parametrize("value", ["9" * 30, "1e999", "-" + "9" * 20, "1e-400", "inf"])
def test_a_number_too_large_to_be_one_is_a_fault_of_its_row(tmp_path: Path, value: str) -> None:
    rows = [list(CASE), list({**CASE, "kilograms": value}.values())]
    faults = own_records.check(write(tmp_path, "a.csv", delimited(rows)), "cases")
    assert faults[["row", "column", "value"]].to_numpy().tolist() == [[2, "kilograms", value]]


def test_rows_of_one_key_are_named_as_far_as_they_help(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", delimited([list(CASE), *[list(CASE.values())] * 9]))
    faults = own_records.check(path, "cases")
    assert faults["row"].tolist() == list(range(2, 11))
    assert faults["remedy"][0].startswith("it stands in row 3, 4, 5, 6, 7 and 3 more too")
    assert faults["remedy"][8].startswith("it stands in row 2, 3, 4, 5, 6 and 3 more too")


# --- The boundary -----------------------------------------------------------------------------------------------


class _Panic(BaseException):
    """What a library in Rust raises when it panics."""


@pytest.mark.parametrize(
    "error", [KeyError("FY"), MemoryError(), RecursionError("deep"), StopIteration(), _Panic("oh")]
)
def test_whatever_a_reader_raises_is_a_sentence_that_names_the_file(
    tmp_path: Path, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "gdp.csv", PRODUCT)

    def read(*_: object) -> Iterator[None]:
        raise error

    found = tuple(replace(reader, read=read) for reader in ingest.readers())  # type: ignore[arg-type]
    monkeypatch.setattr(ingest, "readers", lambda: found)
    sentence = refusal(
        lambda: taken_in(tmp_path, path), f"{path} cannot be read ({type(error).__name__}", "docs/DATA.md"
    )
    assert "'world_bank_population'" in sentence


@pytest.mark.parametrize("order", [KeyboardInterrupt, SystemExit])
def test_an_order_to_stop_is_obeyed(tmp_path: Path, order: type[BaseException]) -> None:
    with pytest.raises(order), foreign.reading(tmp_path):
        raise order
    with pytest.raises(KeyboardInterrupt), foreign.reading(tmp_path):
        raise RuntimeError from KeyboardInterrupt()
