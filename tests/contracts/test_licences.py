"""What an analysis imports is licensed so that the whole can stay MIT: no copyleft among the runtime's requirements."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import metadata, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYPROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
# What the lock leaves out though others ask for it.
LEFT_OUT = {
    canonicalize_name(one.name)
    for one in map(Requirement, PYPROJECT["tool"]["uv"]["override-dependencies"])
    if one.marker is not None and not one.marker.evaluate()
}
# Licences that reach beyond the files they stand in. MPL-2.0 binds its own files only, and whoever changes them.
COPYLEFT = re.compile(
    r"\b[AL]?GPL|General Public|\bEUPL|European Union Public|\bCC-BY-SA|ShareAlike|\bSSPL|Server Side Public|"
    r"\bOSL-|Open Software License|\bCECILL-?[12C]|CeCILL(?!-B)|Sleepycat",
    re.IGNORECASE,
)
ALLOWED = {
    "text-unidecode": "under the Artistic License or the GPL, as whoever uses it chooses; frictionless needs it for slugs",
}


def runtime() -> set[str]:
    """Names of everything the project's requirements bring with them here, the requirements themselves included."""
    pending = [Requirement(line) for line in PROJECT["dependencies"]]
    seen: set[tuple[str, str]] = set()
    while pending:
        wanted = pending.pop()
        for extra in ("", *wanted.extras):
            name = canonicalize_name(wanted.name)
            if (name, extra) in seen or name in LEFT_OUT:
                continue
            seen.add((name, extra))
            further = [Requirement(line) for line in requires(name) or ()]
            pending += [one for one in further if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def licence(name: str) -> str:
    """What an installed package says of its licence: its expression, or its classifiers, or the head of its text."""
    said = metadata(name)
    classified = [c for c in said.get_all("Classifier") or () if c.startswith("License ::")]
    text = said.get("License", "").strip()
    return said.get("License-Expression") or "; ".join(classified) or (text[:200] if text != "UNKNOWN" else "")


def binding(licences: Iterable[tuple[str, str]]) -> list[str]:
    """Names and licences of packages whose every alternative is copyleft, or that say nothing of a licence."""
    return [
        f"{name}: {said or 'no licence is given'}"
        for name, said in sorted(licences)
        if name not in ALLOWED and all(not part.strip() or COPYLEFT.search(part) for part in said.split(" OR "))
    ]


def test_nothing_at_runtime_is_copyleft() -> None:
    names = runtime()
    assert {"numpy", "fsspec", "jupyter-server"} <= names
    assert set(ALLOWED) <= names
    assert not binding((name, licence(name)) for name in names), (
        "replace it, or see whether a release is licensed freely"
    )


@pytest.mark.parametrize(
    "said",
    [
        "",
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "LGPL-2.1-or-later",
        "MIT AND GPL-2.0-only",
        "GPL-2.0-only OR LGPL-3.0-only",
        "GNU General Public License v3 (GPLv3)",
        "License :: OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)",
        "License :: OSI Approved :: European Union Public Licence 1.2 (EUPL 1.2)",
        "GNU LGPL 2.1",
    ],
)
def test_copyleft_is_found_however_it_is_said(said: str) -> None:
    assert len(binding([("some", said)])) == 1


@pytest.mark.parametrize(
    "said", ["MIT", "MIT OR GPL-2.0-only", "BSD-3-Clause AND Zlib", "MPL-2.0", "License :: OSI Approved :: BSD License"]
)
def test_what_binds_nobody_else_is_let_pass(said: str) -> None:
    assert not binding([("some", said)])
