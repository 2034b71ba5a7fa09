"""What an analysis imports is licensed so that the whole can stay MIT, and every package is listed with its reason."""

import pytest

from reliability import dependencies
from reliability.dependencies import ALLOWED, binding, licence, runtime


def test_each_requirement_has_a_reason_and_no_other() -> None:
    assert set(dependencies.REASONS) == set(dependencies.direct())


def test_the_page_lists_what_the_lock_holds() -> None:
    """Licences are those of the packages at hand; names and versions are the same on every system."""
    told = dependencies.TARGET.read_text(encoding="utf-8")
    for name, version in dependencies.locked().items():
        assert f"| {name} | {version} |" in told, "write the page anew: `python -m reliability.dependencies`"
    assert told.count("\n| ") == len(dependencies.locked()) + 2


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
