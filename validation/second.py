"""The same numbers by another hand: R computes the registered questions and reference cases (`make validate-r`).

    .venv/bin/python -m validation.second

Scripts are in `validation/r`; what they answered, with the versions that did, is kept in `answers.csv` and `versions.csv` there
and held against today's results by tests, whether R is at hand or not. Where R or a package is missing it says which.
"""

import csv
import math
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.evidence import plan
from validation import references
from validation.verdicts import Compared, text

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "r"
TARGET = ROOT / "docs" / "validation" / "second.md"
ANSWERS, VERSIONS = SCRIPTS / "answers.csv", SCRIPTS / "versions.csv"
COLUMNS = ("case", "quantity", "value", "error", "package")
# As Debian calls the packages of R that scripts load.
PACKAGES = ("MASS", "car", "lmtest", "ordinal", "sandwich", "sna", "strucchange", "survival", "urca", "vegan")
# Two programs agree on what hangs on no draw to so much of the number itself: `estimates.csv` has ten digits, and an
# optimiser stops where it cannot see further.
RELATIVE = 1e-5
# Of a number itself: a smaller difference is that of two processors, and no finding.
SEEN = 1e-8
# Where R ends its search sooner: its EM algorithm, and the optimiser of its mixed model.
LOOSER = {"turnbull": 1e-3, "cumulative_link_mixed": 1e-3}
# Numbers that draws decide may lie apart by so many Monte Carlo errors of both.
MONTE_CARLO_ERRORS = 4.0


@dataclass(frozen=True)
class Second:
    """What R answered: a question of the plan, or an estimator, and a quantity of it."""

    case: str
    quantity: str
    value: float
    error: float
    """Monte Carlo error; 0 where nothing was drawn."""
    package: str


def answers() -> list[Second]:
    """What R answered when it was last asked."""
    with ANSWERS.open(encoding="utf-8", newline="") as file:
        return [
            Second(row["case"], row["quantity"], float(row["value"]), float(row["error"]), row["package"])
            for row in csv.DictReader(file)
        ]


def versions() -> dict[str, str]:
    """Versions of R and its packages that answered, by name."""
    with VERSIONS.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row["version"] for row in csv.DictReader(file)}


def registered(estimates: pd.DataFrame) -> Iterator[Compared]:
    """Every answer about a registered question beside that of the reference results."""
    known = answers()
    for question, second in ((q, s) for q in plan.load().primaries for s in known if s.case == q.id):
        mine = (estimates["run"] == question.notebook) & (estimates["id"] == question.name)
        ours = float(estimates.loc[mine, second.quantity].iloc[0])
        drawn = second.error
        if second.error and second.quantity == "p_value":
            draws = question.parameters.get("draws") or 4_999
            drawn = math.sqrt(ours * (1 - ours) / float(draws))
        tolerance = MONTE_CARLO_ERRORS * math.hypot(second.error, drawn) if second.error else _rounding(second)
        source = f"R, {second.package}" + (", other random numbers" if second.error else "")
        yield Compared(second.case, second.quantity, ours, second.value, tolerance, source)


def _rounding(second: Second) -> float:
    """How far apart two programs may lie in what hangs on no draw: counts not at all."""
    exact = second.quantity.startswith("n_") or math.isinf(second.value)
    return 0.0 if exact else LOOSER.get(second.case, RELATIVE) * abs(second.value)


def referred() -> Iterator[Compared]:
    """Every answer about an estimator beside what ours gives for the same published data."""
    ours = references.ours()
    for second in answers():
        if (key := (second.case, second.quantity)) in ours:
            yield Compared(*key, ours[key], second.value, _rounding(second), f"R, {second.package}")


HEAD = """# The same by another hand

Written by `make validate-r`. Scripts in R (`validation/r`) build each registered question's sample anew from the panels, as the
plan words it, and estimate it with other programs than ours: nothing of this package is used. What hangs on no draw must agree
to a hundred-thousandth of itself, and counts exactly; what is drawn, with other random numbers, to four Monte Carlo errors of
both. Where Debian has no package for a design (`did`, `vars`, `fixest` and `clubSandwich` are not there) the script computes it
by its definition.

{agree} of {all} numbers agree. Answered by {versions}.
"""


def page(estimates: pd.DataFrame) -> str:
    """The page, from the pooled estimates of the reference runs and what R answered."""
    questions, cases = list(registered(estimates)), list(referred())
    head = HEAD.format(
        agree=sum(each.agrees for each in (*questions, *cases)),
        all=len(questions) + len(cases),
        versions=", ".join(f"{name} {version}" for name, version in versions().items()),
    )
    return (
        f"{head}\n## Registered questions\n\n{table(questions)}\n\n"
        f"## Estimators, on data that others have published\n\n{table(cases)}\n"
    )


def table(compared: Iterable[Compared]) -> str:
    """Comparisons as a table of Markdown."""
    return markdown(
        pd.DataFrame(
            {
                "of": each.of,
                "quantity": each.quantity.replace("_", " "),
                "ours": text(each.ours),
                "R": text(each.answer),
                "difference": text(0.0 if abs(each.difference) < SEEN * abs(each.answer) else each.difference),
                "within": text(each.tolerance),
                "by": each.source.removeprefix("R, "),
                "verdict": "agrees" if each.agrees else "DIFFERS",
            }
            for each in compared
        )
    )


def main() -> None:
    """Ask R, and keep what it answers."""
    if missing := not_at_hand():
        print(f"Not run: {missing}", file=sys.stderr)
        return
    rows = []
    for script in sorted(SCRIPTS.glob("*.R")):
        if script.stem in {"common", "versions"}:
            continue
        print(script.stem, file=sys.stderr, flush=True)
        rows += list(csv.reader(StringIO(printed(script))))
    _write(ANSWERS, COLUMNS, rows)
    _write(VERSIONS, ("name", "version"), list(csv.reader(StringIO(printed(SCRIPTS / "versions.R", *PACKAGES)))))
    TARGET.write_text(page(pd.read_csv(ROOT / "reports" / "estimates.csv")), encoding="utf-8")


def not_at_hand() -> str:
    """What is missing to ask R, and how to get it; empty if nothing is."""
    debian = " ".join(["r-base-core", *(f"r-cran-{name.lower()}" for name in PACKAGES)])
    if shutil.which("Rscript") is None:
        return f"R is not installed. On Debian and Ubuntu: apt install {debian}"
    code = "cat(setdiff(commandArgs(TRUE), rownames(installed.packages())))"
    done = subprocess.run(["Rscript", "-e", code, *PACKAGES], capture_output=True, text=True)
    return f"R has no {done.stdout.strip()}. On Debian and Ubuntu: apt install {debian}" if done.stdout.strip() else ""


def printed(script: Path, *arguments: str) -> str:
    """What a script prints; one that fails ends all, and what was kept stays."""
    done = subprocess.run(["Rscript", str(script), *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{script.relative_to(ROOT)} failed:\n{done.stderr}")
    return done.stdout


def _write(path: Path, columns: tuple[str, ...], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([columns, *rows])


if __name__ == "__main__":
    main()
