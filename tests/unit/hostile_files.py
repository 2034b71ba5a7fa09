"""Files that are damaged, hostile or merely unlucky, made by code from small sound ones; by seed, the same each time.

The figures are made up; they stand for no place and no drug.
"""

import gzip
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import test_ingest_cbp as cbp_files
import test_ingest_cdc as cdc_files
import test_ingest_natural_earth as natural_earth_files
import test_ingest_unodc_seizures as unodc_files
import test_ingest_wjp as wjp_files
import test_ingest_world_bank as world_bank_files
from publisher_files import delimited
from workbook_files import write_workbook

_LONGEST = 2_000_000
_ALPHABET = b"0123456789abcXYZ,;\t\n\r\"'<>&\x00\xff\xfe\xc3()#%-+."
_NAMES = ("file", "[[9|evil]]", "a\x1b[31mred\x07", "<script>alert(1)<script>", "\u202egnp", "é' ; x")


@dataclass(frozen=True)
class Sound:
    """A file that is read without a fault: its suffix, and its content or, of an archive, its members."""

    suffix: str
    content: bytes = b""
    members: Mapping[str, bytes] | None = None

    def bytes(self) -> bytes:
        return self.content if self.members is None else zipped(self.members)


def zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sound_files(folder: Path) -> dict[str, Sound]:
    """Files of publishers, by what they are."""
    annex = unodc_files.annex(folder, unodc_files.ANNEX)
    rows = [
        [*row[:1], row[2][-4:], "", row[1], "", *row[3:5], *row[5:15]] for row in wjp_files.ROWS
    ]  # the order of scores is no matter here
    history = write_workbook(folder / "history.xlsx", {"Historical Data": [wjp_files.BOOK, *rows]})
    square: list[list[list[tuple[float, float]]]] = [[natural_earth_files.SQUARE]] * 4  # type: ignore[list-item]
    shapes = {
        "ne.dbf": natural_earth_files.table(natural_earth_files.ROWS),
        "ne.shp": natural_earth_files.shapes(square),
    }
    api = world_bank_files.api_archive(folder, "NY.GDP.MKTP.CD", [["Panama", "PAN", "12304115000", ""]])
    return {
        "product": Sound(".csv", world_bank_files.render_named(world_bank_files.PRODUCT).encode()),
        "product.gz": Sound(
            ".csv.gz", gzip.compress(world_bank_files.render_named(world_bank_files.PRODUCT).encode(), mtime=0)
        ),
        "product.zip": Sound(".zip", members=unzipped(api.read_bytes())),
        "border": Sound(".csv", cbp_files.render(cbp_files.CLOSED).encode()),
        "portal": Sound(".csv", unodc_files.render(unodc_files.PORTAL).encode()),
        "scores": Sound(".csv", wjp_files.render(wjp_files.ROWS).encode()),
        "wonder": Sound(".txt", cdc_files.us_export(cdc_files.MONTHS).encode()),
        "annex": Sound(".xlsx", members=unzipped(annex.read_bytes())),
        "history": Sound(".xlsx", members=unzipped(history.read_bytes())),
        "outlines": Sound(".zip", members=shapes),
    }


def own_records(folder: Path, record: Mapping[str, str], key: str, count: int = 12) -> dict[str, Sound]:
    """Files of a programme's own records, `count` like `record`, each with a `key` of its own."""
    rows = [list(record), *(list({**record, key: f"C-{n}"}.values()) for n in range(count))]
    book = write_workbook(folder / "own.xlsx", {"records": rows})
    return {
        "own": Sound(".csv", delimited(rows).encode()),
        "own book": Sound(".xlsx", members=unzipped(book.read_bytes())),
    }


def damaged(sound: Sound, others: Mapping[str, Sound], seed: int) -> tuple[str, bytes]:
    """The name and the bytes of a file that is `sound` with one to three things done to it."""
    chance = random.Random(seed)
    content, suffix = sound.bytes(), sound.suffix
    if sound.members is not None and chance.random() < 0.7:  # what is within is damaged, and packed as if it were sound
        members = dict(sound.members)
        hit = chance.choice(list(members))
        members[hit] = _damage(members[hit], others, chance)
        if chance.random() < 0.2:
            members[chance.choice(list(members)).upper()] = members.pop(hit)
        content = zipped(members)
    else:
        content = _damage(content, others, chance)
    if chance.random() < 0.2:
        suffix = chance.choice([".csv", ".txt", ".zip", ".gz", ".xlsx", ".XLSX", ".tsv", ""])
    return chance.choice(_NAMES) + suffix, content


def _damage(content: bytes, others: Mapping[str, Sound], chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        content = chance.choice(_DAMAGES)(content, others, chance)[:_LONGEST]
    return content


Damage = Callable[[bytes, Mapping[str, Sound], random.Random], bytes]


def _place(content: bytes, chance: random.Random) -> int:
    return chance.randrange(len(content) + 1)


def _truncate(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    return content[: _place(content, chance)]


def _behead(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    return content[_place(content, chance) :]


def _flip(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(min(chance.choice([1, 2, 8, 64]), len(changed))):
        changed[chance.randrange(len(changed))] = chance.choice([chance.randrange(256), *_ALPHABET[:12]])
    return bytes(changed)


def _insert(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    at = _place(content, chance)
    some = bytes(chance.choice(_ALPHABET) for _ in range(chance.choice([1, 3, 40])))
    return content[:at] + some * chance.choice([1, 1, 5000]) + content[at:]


def _duplicate(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    first, last = sorted((_place(content, chance), _place(content, chance)))
    return content[:last] + content[first:last] * chance.choice([1, 2, 30]) + content[last:]


def _splice(content: bytes, others: Mapping[str, Sound], chance: random.Random) -> bytes:
    other = chance.choice(list(others.values())).bytes()
    return content[: _place(content, chance)] + other[_place(other, chance) :]


def _recode(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    text = content.decode("utf-8", errors="replace")
    return text.encode(chance.choice(["utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7"]), errors="replace")


def _accents(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    coding = chance.choice(["utf-8", "latin-1", "cp1252"])
    return content.replace(b"a", "é".encode(coding))


def _digits(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    instead = chance.choice(["٣", "9" * 30, "-1", "1e999", "nan", "inf", "", "９", "1e-400"]).encode()
    return re.sub(rb"[0-9]+", lambda found: instead if chance.random() < 0.2 else found[0], content)


def _line_ends(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    return content.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"", b"\x0b", b'"\n']))


def _delimiters(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    return content.replace(chance.choice([b",", b";", b"\t"]), chance.choice([b";", b",", b"\t", b"|", b",,", b'"']))


def _lines(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines[: chance.randint(1, max(len(lines), 1))])


def _places_of_cells(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    """Cells of a sheet elsewhere: far away, in disorder, in no place there is."""
    far = chance.choice([b"XFD1048576", b"AZ1048576", b"A1", b"ZZZZ9", b"A0", b"A99999999999", b"", b"1", b"CV2"])
    at = chance.randrange(8)
    placed = re.sub(rb"<c ", lambda _: b'<c r="' + far + b'" ' if chance.randrange(8) == at else b"<c ", content)
    return placed.replace(b"<row>", b'<row r="' + str(chance.choice([1, 7, 1048576, -1])).encode() + b'">', 1)


def _attributes(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    """Counts, ranges and references of a part of a workbook that are none."""
    instead = (
        chance.choice([4294967295, 2**64 - 1, 2**31 - 1, -1, -(10**30), 10**30]) if chance.random() < 0.8 else -1e308
    )
    counted = re.sub(rb"<sst ", b'<sst uniqueCount="7" count="7" ', content)
    return re.sub(rb'"[0-9]+"|>[0-9.]+<', lambda found: found[0][:1] + str(instead).encode() + found[0][-1:], counted)


def _entities(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    within = f'<!DOCTYPE x [<!ENTITY e0 "lol">{levels}]>'.encode()
    return content.replace(b"?>", b"?>" + within, 1).replace(b"</t>", b"&e8;</t>", chance.choice([0, 1]))


def _pack(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    for _ in range(chance.choice([1, 1, 2, 5])):
        content = gzip.compress(content, mtime=0) if chance.random() < 0.5 else zipped({"a.csv": content})
    return content


def _sizes(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    """An archive that lies: other sizes, methods and flags than its members have; a shapefile that counts wrongly."""
    changed = bytearray(content)
    marks = [found.start() for found in re.finditer(rb"PK\x01\x02|PK\x03\x04", content)] or [0]
    for _ in range(chance.randint(1, 4)):
        at = chance.choice(marks) + chance.choice([4, 6, 8, 10, 14, 18, 20, 22, 24, 26, 28, 42])
        if at + 4 <= len(changed):
            changed[at : at + 4] = struct.pack("<I", chance.choice([0, 1, 9, 99, 2**16, 2**31 - 1, 2**32 - 1]))
    return bytes(changed)


def _bomb(content: bytes, _: Mapping[str, Sound], chance: random.Random) -> bytes:
    return content + chance.choice([b"0", b"\n", b",", content[-20:] or b" "]) * 200_000


_DAMAGES: tuple[Damage, ...] = (
    _truncate, _behead, _flip, _flip, _insert, _duplicate, _splice, _recode, _accents, _digits, _digits, _line_ends,
    _delimiters, _lines, _places_of_cells, _places_of_cells, _attributes, _entities, _pack, _sizes, _bomb,
)  # fmt: skip
