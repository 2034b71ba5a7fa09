"""Every estimator of docs/methods beside the answers that tests hold it against: docs/validation/estimators.md.

    .venv/bin/python -m validation estimators

Runs tests/designs with a recorder, keeps what was compared in `compared.csv`, and sets it below each estimator's entry.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from validation.recorder import share, statements
from validation.verdicts import text

ROOT = Path(__file__).parents[1]
METHODS = ROOT / "docs" / "methods"
KEPT = Path(__file__).parent / "compared.csv"
TARGET = ROOT / "docs" / "validation" / "estimators.md"
# Pages of docs/methods in the order of docs/METHODS.md.
PAGES = (
    "time_series",
    "staggered",
    "survival",
    "networks",
    "diversity",
    "counts",
    "shuffles",
    "rollout",
    "disclosure",
)
HEAD = """# Estimators beside answers

Written by `python -m validation estimators`, which runs the tests of `tests/designs` and notes each number they compare:
answers stand in the tests and nowhere else ([validation/compared.csv](../../validation/compared.csv) lists them). Below each
entry of the methods: what its answers are from, as its entry says; then its tests, how many numbers each compares, and of these
the one that lies nearest to its limit. "Exactly" counts what must be equal to the last digit, as counts, orders and words must.

{estimators} entries, {tests} tests, {numbers:,} numbers within their tolerance and {exact:,} equalities. {failed}
"""


@dataclass(frozen=True)
class Entry:
    """One entry of docs/methods: its heading, what it says it was checked against, and the tests it names."""

    page: str
    title: str
    against: str
    tests: tuple[str, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """All entries that name functions, in the order of the pages."""
    found = []
    for page in PAGES:
        methods = (METHODS / f"{page}.md").read_text(encoding="utf-8")
        for section in re.split(r"^## ", methods, flags=re.MULTILINE)[1:]:
            title, body = section.split("\n", 1)
            tests = dict.fromkeys(re.findall(r"`(tests/designs/\w+\.py::test_\w+)`", body))
            if "`" in title:
                found.append(Entry(page, title, _against(body), tuple(tests)))
    return tuple(found)


def _against(body: str) -> str:
    """What follows "Checked against" in an entry, on one line."""
    match = re.search(r"^- \*\*Checked against\*\*: (.*?)(?=^- \*\*|^## |\Z)", body, re.MULTILINE | re.DOTALL)
    return " ".join(match[1].split()) if match else "By hand and by known truth, in the tests below."


def recorded() -> pd.DataFrame:
    """What the tests of designs compare: test, statement, count, and of the number nearest to its limit ours, answer, tolerance.

    Raises
    ------
    SystemExit
        If a test fails.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "compared.jsonl"
        plugin = ["-p", "validation.recorder", "-o", "enable_assertion_pass_hook=true", "--compared", str(path)]
        spread = ["--numprocesses", str(os.cpu_count() or 1), "--dist", "loadfile"]
        command = [sys.executable, "-m", "pytest", *plugin, *spread, "tests/designs"]
        if subprocess.run(command, cwd=ROOT).returncode:
            sys.exit("Tests of the estimators fail: the page stays as it was.")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    table = pd.DataFrame(rows, columns=["test", "statement", "count", "ours", "answer", "tolerance"])
    shares = [share(*row) for row in table[["ours", "answer", "tolerance"]].fillna(0.0).itertuples(index=False)]
    table = table.assign(share=shares).sort_values(["test", "statement", "share"], kind="stable")
    merged = table.groupby(["test", "statement"], as_index=False, sort=True)
    nearest = merged[["ours", "answer", "tolerance"]].last()
    return nearest.assign(count=merged["count"].sum()["count"])[list(table.columns[:-1])]


def kept() -> pd.DataFrame:
    """What was compared when it was last recorded."""
    return pd.read_csv(KEPT)


def stale(table: pd.DataFrame) -> Iterator[str]:
    """What no longer is as it was recorded: statements that their test's file does not hold, entries without a comparison."""
    for test, rows in table.groupby("test"):
        path = ROOT / str(test).split("::")[0]
        there = {ast.unparse(node) for node in statements(path)} if path.is_file() else set()
        yield from (f"{test}: {row}" for row in rows["statement"] if row not in there)
    compared = set(table["test"])
    yield from (f"{e.title}: no test it names compares anything" for e in entries() if not compared & set(e.tests))


def page(table: pd.DataFrame) -> str:
    """The page."""
    by_test = dict(tuple(table.groupby("test")))
    parts, told = [], Counter[str]()
    for entry in entries():
        rows = [row(by_test[test], test) for test in entry.tests if test in by_test]
        told.update(entries=1)
        parts.append(
            "\n".join(
                [
                    f"### {entry.title}",
                    "",
                    f"Checked against: {entry.against}",
                    "",
                    "| test | numbers | exactly | ours | answer | difference | within | verdict |",
                    "|---|---|---|---|---|---|---|---|",
                    *rows,
                ]
            )
        )
    named = {test for entry in entries() for test in entry.tests if test in by_test}
    within = table["ours"].notna()
    head = HEAD.format(
        estimators=told["entries"],
        tests=len(named),
        numbers=int(table.loc[within, "count"].sum()),
        exact=int(table.loc[~within, "count"].sum()),
        failed="None failed: a page is written only when all hold.",
    )
    sections = []
    for name in PAGES:
        own = [part for part, entry in zip(parts, entries(), strict=True) if entry.page == name]
        sections.append(f"## [{name.replace('_', ' ').capitalize()}](../methods/{name}.md)\n\n" + "\n\n".join(own))
    return head + "\n" + "\n\n".join(sections) + "\n"


def row(compared: pd.DataFrame, test: str) -> str:
    """One test as a row: what it says, how much it compares, and the number nearest to its limit."""
    words = test.split("::test_")[1].replace("_", " ")
    within = compared[compared["ours"].notna()]
    counts = f"{within['count'].sum()}", f"{compared.loc[compared['ours'].isna(), 'count'].sum()}"
    if within.empty:
        return f"| {words} | {' | '.join(counts)} | | | | | equal |"
    near = max(within.itertuples(), key=lambda each: share(each.ours, each.answer, each.tolerance))
    numbers = (near.ours, near.answer, near.ours - near.answer, near.tolerance)
    return f"| {words} | {' | '.join(counts)} | " + " | ".join(text(value) for value in numbers) + " | agrees |"


def main() -> None:
    """Run the tests, keep what they compare, and write the page."""
    table = recorded()
    table.to_csv(KEPT, index=False, float_format="%.10g", lineterminator="\n")
    TARGET.write_text(page(kept()), encoding="utf-8")
