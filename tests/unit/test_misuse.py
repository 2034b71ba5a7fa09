"""Hundreds of random misuses of the commands: each ends in a sentence and an exit status of 0, 1 or 2."""

import random

import pytest
from toy_checkout import Checkout

from crimjust_research.cli import crimjust, main

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
# What reaches for publishers' servers, or runs cells until they are done, is tested elsewhere.
LEFT_OUT = {("data", "refresh"), ("sweep",), ("verify",)}


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
