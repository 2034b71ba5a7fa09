"""Hundreds of random misuses of the commands: each ends in a sentence and an exit status of 0, 1 or 2."""

import random

import pytest
from toy_checkout import Checkout

from crimjust_research.cli import crimjust, main
from crimjust_research.runs import runner

ODD = (
    *("", " ", "-", "--", "0", "-1", "1e999", "nan", "None", "[]", "{", "=", "a=", "=b", "drug=heroin", "factor=3"),
    *(
        "01_toy",
        "01_toy.ipynb",
        "../01_toy",
        "all",
        "ALL",
        "latest",
        "reference",
        "2024",
        "2024-99-99",
        "9999",
        "cases",
    ),
    *(".", "/", "/nowhere/at/all", "notebooks", "data/raw", "data/raw/datapackage.json", "notebooks/01_toy.ipynb"),
    *("x" * 300, "é" * 200, "a\x1b[2J", "a\nb", "~", "*", "%", "[[9|evil]].csv", "tcp://127.0.0.1:1", "counts"),
)
# What reaches for publishers' servers, runs cells until they are done, or makes its process one that waits, is tested
# elsewhere.
LEFT_OUT = {("data", "refresh"), ("sweep",), ("verify",), ("warm",)}


def commands() -> list[tuple[tuple[str, ...], list[str]]]:
    """Every command, and its options."""
    found = []
    for name, command in crimjust.commands.items():
        for verb, inner in getattr(command, "commands", {"": command}).items():
            path = (name, verb) if verb else (name,)
            options = [option for parameter in inner.params for option in parameter.opts if option.startswith("-")]
            found.append((path, options))
    return [(path, options) for path, options in found if path not in LEFT_OUT]


@pytest.mark.parametrize("seed", range(10))
def test_no_misuse_ends_in_a_trace(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    checkout.notebook("01_toy")
    monkeypatch.chdir(checkout.root)
    rng = random.Random(seed)
    known = commands()
    for _ in range(50):
        path, options = rng.choice(known)
        typed = [*path]
        for _ in range(rng.randrange(4)):
            typed += [rng.choice(options)] if options and rng.random() < 0.4 else [rng.choice(ODD)]
        if path == ("run",):
            typed.append("--dry-run")
        monkeypatch.setattr("sys.argv", ["crimjust", *typed])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        assert ended.value.code in (0, 1, 2), (typed, told.err)
        assert "Traceback" not in told.err, typed
        assert ended.value.code == 0 or told.err.strip(), typed
        assert "\x1b" not in told.err, typed


GARBAGE = (
    *(b"", b"\xff\xfe\x00", b"[]", b"5", b"null", b"{}", b"[" * 100_000, b'{"a":' * 300 + b"1" + b"}" * 300),
    b'{"parameters":5,"outputs":[],"tables":7}',
    b'{"outputs":{"../../x":"a"},"parameters":{},"tables":[{}],"code":{},"versions":[]}',
    b'{"cells":[{"cell_type":"code","metadata":[],"source":5}],"metadata":{}}',
    b'{"cells":[{"cell_type":"code","metadata":{"tags":5},"source":[5]}],"metadata":{"crimjust":5,"kernelspec":5}}',
    b'{"resources":[{}],"withdrawn":5}',
)


def test_whatever_this_project_s_own_files_hold_ends_in_no_trace(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout.notebook("01_toy")
    runner.run("01_toy")
    (layout,) = runner.run("01_toy", {"factor": 3}, variant="thrice").done
    files = (
        *(layout.record, layout.results[0], layout.results[1], layout.folder / "estimates.csv"),
        *(layout.results[3] / "estimates.csv", layout.folder.parents[1] / "records" / "01_toy.json"),
        *(checkout.reports / "assessments" / "01_toy.json", checkout.root / "notebooks" / "01_toy.ipynb"),
        *(checkout.root / "data" / "raw" / "datapackage.json", checkout.root / ".computed" / "written"),
    )
    commands = (
        *(("report", "--variant", "thrice"), ("compare", "thrice", "reference"), ("variants",)),
        *(("run", "01_toy", "--name", "thrice", "--dry-run"), ("params", "01_toy"), ("notebooks", "text", "01_toy")),
    )
    for file in files:
        before = file.read_bytes()
        for content in GARBAGE:
            file.write_bytes(content)
            for typed in commands:
                monkeypatch.setattr("sys.argv", ["crimjust", *typed])
                with pytest.raises(SystemExit) as ended:
                    main()
                told = capsys.readouterr()
                assert ended.value.code in (0, 1), (file.name, content[:30], typed, told.err)
                assert "Traceback" not in told.err
        file.write_bytes(before)
