"""What this project stands on: every package of the lock with its licence, and why it was chosen. Writes docs/DEPENDENCIES.md.

    .venv/bin/python -m reliability.dependencies

Licences are what installed packages say of themselves.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

import pandas as pd
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.tables import markdown

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "DEPENDENCIES.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
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
# Why each direct requirement is there: what would have to be written here without it.
REASONS = {
    "altair": "charts as a grammar, kept as JSON that others can draw again",
    "axe-playwright-python": "the rules of accessibility that pages are held to",
    "babel": "months and countries in the words of officers' languages",
    "click": "the commands, their help and their errors",
    "diff-diff": "estimators of staggered adoption",
    "distributed": "sweeps over many machines",
    "editables": "the editable installation that the lock's build tool asks for",
    "fontpkg-arimo": "letters for PDF that are as wide as those figures are measured in",
    "frictionless": "faults of a schema, told by its published standard",
    "great-tables": "tables that authors take away as HTML and LaTeX",
    "hatchling": "builds the package",
    "httpx": "fetches publishers' files, with limits of time and size",
    "hypothesis": "tests over inputs nobody thought of",
    "ipykernel": "runs notebooks",
    "ipywidgets": "the form of a notebook's parameters in JupyterLab",
    "jinja2": "sentences, page and papers from templates",
    "jupyterlab": "where evaluators read, change and run notebooks",
    "latex2mathml": "equations on a page that loads nothing",
    "mypy": "checks types",
    "myst-nb": "executed notebooks on the site",
    "nbclient": "runs the cells of a notebook",
    "nbformat": "reads and writes notebooks by their standard",
    "nbval": "re-runs executed notebooks against their outputs",
    "networkx": "another implementation of network measures, in tests",
    "numpy": "arrays",
    "numpydoc": "checks public docstrings",
    "pandas": "tables",
    "pandas-stubs": "types of pandas",
    "pandera": "schemas of tables, and what is wrong with a row",
    "papermill": "notebooks with parameters",
    "playwright": "looks at pages in a browser, in tests",
    "pyarrow": "cells of sweeps between processes and machines",
    "pydantic": "parameters, plans and documents with their faults told",
    "pyfixest": "regressions with many fixed effects",
    "pypdf": "reads PDF files, in tests",
    "pytest": "runs tests",
    "pytest-cov": "lines that tests do not reach",
    "pytest-xdist": "tests on all processors",
    "python-calamine": "reads workbooks of all kinds without calculating them",
    "python-docx": "Word files with real styles",
    "pyyaml": "vocabulary and documents as text",
    "rich": "tables and progress on a terminal",
    "roc-validator": "holds research crates against their profiles",
    "ruff": "style",
    "scipy": "distributions, optimisers, sparse matrices",
    "scipy-stubs": "types of scipy",
    "sphinx": "the site",
    "sphinx-book-theme": "how the site looks",
    "statsmodels": "regressions, time series and their tests",
    "typst": "PDF that screen readers can read",
    "uv": "installs the lock by hash and makes it",
    "vl-convert-python": "draws charts without a browser",
    "xlsxwriter": "workbooks for people",
}
HEAD = """# What this project stands on

Written by `python -m reliability.dependencies` from `pyproject.toml`, `requirements.lock` and what installed packages say of
themselves. Every package is fixed by version and hash; those of the first table are asked for here, for the reason given,
those of the second by others. "Results": they are needed to make results; "checks": to test, build or publish. None that results
need is under a licence that would bind what is made with it, which a test holds, with one exception: {allowed}.

Known faults of these versions: `bash .ci/audit`, which continuous integration runs on each change.

## Asked for here

{direct}

## Asked for by others

{others}
"""


def direct() -> dict[str, bool]:
    """Names of direct requirements, and whether results need them; others check or build."""
    project = PYPROJECT["project"]
    runtime = {canonicalize_name(Requirement(line).name): True for line in project["dependencies"]}
    dev = (canonicalize_name(Requirement(line).name) for line in project["optional-dependencies"]["dev"])
    return dict.fromkeys(dev, False) | runtime


def locked() -> dict[str, str]:
    """Version of every package of the lock, by name."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = (re.match(r"([\w.-]+)==([^ ;\\]+)", line) for line in lines)
    return {canonicalize_name(pin[1]): pin[2] for pin in pins if pin}


def runtime() -> set[str]:
    """Names of everything the project's requirements bring with them here, the requirements themselves included."""
    pending = [Requirement(line) for line in PYPROJECT["project"]["dependencies"]]
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


def short(said: str) -> str:
    """A licence in a few words: the last part of a classifier, the first line of a text."""
    return said.replace("License :: OSI Approved :: ", "").replace("License :: ", "").splitlines()[0][:60]


def rows(names: Iterable[str]) -> Iterator[dict[str, str]]:
    """A row a package: name, version, licence, and what it is for or what needs it."""
    pinned, needed = locked(), runtime()
    for name in names:
        try:
            said = short(licence(name) or "not said")
        except PackageNotFoundError:
            said = "of another system than this"
        use = "results" if name in needed else "checks"
        yield {"package": name, "version": pinned[name], "licence": said, "for": use}


def page() -> str:
    """The page."""
    asked = sorted(direct())
    first = [{**row, "reason": REASONS[row["package"]]} for row in rows(asked)]
    second = list(rows(sorted(set(locked()) - set(asked))))
    allowed = "; ".join(f"`{name}`, {why}" for name, why in ALLOWED.items())
    return HEAD.format(allowed=allowed, direct=markdown(pd.DataFrame(first)), others=markdown(pd.DataFrame(second)))


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
