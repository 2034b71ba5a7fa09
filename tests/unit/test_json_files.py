"""Files of JSON are read by a shape; whatever is wrong with one is told in a sentence with the remedy."""

from pathlib import Path
from typing import Any

import pytest

from crimjust_research import json_files
from crimjust_research.errors import DataError

SHAPE = {"name": str, "passed": (bool, type(None)), "rows": [{"id": str}], "counts": {...: int}}
SOUND = '{"name": "é", "passed": null, "rows": [{"id": "a", "more": 1}], "counts": {"a": 1}, "more": []}'


def test_what_has_the_shape_is_returned_with_all_it_holds_besides() -> None:
    found = json_files.parsed(SOUND.encode(), "f.json", SHAPE, "restore it")
    assert found["rows"] == [{"id": "a", "more": 1}]
    assert found["more"] == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is not valid JSON (Expecting value: line 1 column 1 (char 0))"),
        (b"\xff\xfe\x00", "is not valid JSON ('utf-8' codec can't decode byte 0xff in position 0: invalid start byte)"),
        (b"[" * 100_000, "is nested too deeply to be a file of this project"),
        (b"[" * 500 + b"]" * 500, "is nested too deeply to be a file of this project"),
        (b'{"name": ' * 400 + b"1" + b"}" * 400, "is nested too deeply to be a file of this project"),
        (rb'{"name": "\ud800"}', "is not valid JSON ('utf-8' codec can't encode character '\\ud800'"),
        (b'{"name": "a", "name": "b"}', "is not valid JSON ('name' stands twice among the same named values)"),
        (b"[]", "is not as this project writes it: the whole is a list, where named values should be"),
        (b"5", "is not as this project writes it: the whole is a number, where named values should be"),
        (b"{}", "is not as this project writes it: 'name' is missing"),
        (SOUND.replace('"\u00e9"', "[]").encode(), "'name' is a list, where a text should be"),
        (SOUND.replace("null", '"no"').encode(), "'passed' is a text, where true or false or null should be"),
        (SOUND.replace('{"id": "a", "more": 1}', "7").encode(), "'rows', entry 1 is a number, where named values"),
        (SOUND.replace('"id"', '"ID"').encode(), "'rows', entry 1, 'id' is missing"),
        (SOUND.replace('{"a": 1}', '{"a": {}}').encode(), "'counts', 'a' is named values, where a number should be"),
    ],
)
def test_what_has_not_is_refused_in_a_sentence(content: bytes, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    file.write_bytes(content)
    with pytest.raises(DataError) as refused:
        json_files.load(file, SHAPE, "restore it")
    assert str(refused.value).startswith(f"{file} is n")
    assert fault in str(refused.value)
    assert str(refused.value).endswith("; restore it")


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    refused: Any
    for place, fault in ((tmp_path / "none.json", "is missing"), (tmp_path, "cannot be read (Is a directory)")):
        with pytest.raises(DataError) as refused:
            json_files.load(place, SHAPE, "restore it")
        assert str(refused.value) == f"{place} {fault}; restore it"
