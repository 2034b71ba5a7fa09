"""Files that a person writes are read within bounds: whatever stands in one, it ends soon, in what it says or in a sentence."""

import os
from pathlib import Path

import pytest

from crimjust_research import hand_written
from crimjust_research.errors import ParameterError

KIND = ("grid", "name another")


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_editors_of_every_system_write_is_read(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "é.toml"
    path.write_bytes('a = "é"\r\nb.c = [1, { d = 2.5 }]\r\n'.encode(coding))
    found = hand_written.toml(hand_written.content(path, *KIND), path.name, *KIND)
    assert found == {"a": "é", "b": {"c": [1, {"d": 2.5}]}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 100_000, "is nested too deeply to be a grid; name another"),
        ("a = " + "[" * 150 + "]" * 150, "is nested too deeply to be a grid; name another"),
        # Names of so many parts took half a minute, and gigabytes.
        ("a" + ".a" * 100_000 + " = 1", "is nested too deeply to be a grid"),
        ("[a" + ".a" * 100_000 + "]", "is nested too deeply to be a grid"),
        ("a" + ".a" * 500 + " = 1", "is nested too deeply to be a grid"),
        ("a = " + "9" * 5_000, "is not valid TOML: Exceeds the limit (4300 digits)"),
        ("a = [{ b = -" + "9" * 4_000 + " }]", "holds a number of more digits than any that is computed with"),
        ("a = 0x" + "f" * 100_000, "holds a number of more digits than any that is computed with"),
        ("a = 1\na = 2", "is not valid TOML: Cannot overwrite a value"),
        ("a = \0", "is not valid TOML"),
        ("a = \udcff", "is not in UTF-8"),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_more_than_anybody_writes_is_refused(text: str, said: str) -> None:
    with pytest.raises(ParameterError) as refused:
        hand_written.toml(text.encode(errors="surrogateescape"), "f.toml", *KIND)
    assert str(refused.value).startswith(f"f.toml {said}")
    assert len(str(refused.value)) < 200
    assert "sys." not in str(refused.value)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(ParameterError, match=r"the grid /.* is no file; name another"):
            hand_written.content(path, *KIND)
    (tmp_path / "loop").symlink_to("loop")
    for name in ("none", "x" * 300, "nul\0", "loop"):
        with pytest.raises(ParameterError, match=r"cannot be read \(.+\); name another"):
            hand_written.content(tmp_path / name, *KIND)
    (tmp_path / "long").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ParameterError, match="holds more than 1,000,000 bytes, which no grid does"):
        hand_written.content(tmp_path / "long", *KIND)
