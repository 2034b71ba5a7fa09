"""How many slips in the code the tests see; writes its part of docs/VALIDATION.md from what is kept of them.

    .venv/bin/python -m validation mutants

`python -m validation.mutation` draws and tries them, for hours, and keeps what became of each in mutants.csv.
"""

import tomllib
from pathlib import Path

import pandas as pd

from benchmarks.tables import markdown
from crimjust_research.designs.counts.totals import wilson_shares
from validation.mutation import FATES, ROOMS, SURVIVED

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "validation" / "mutants.md"
# Mutants that change nothing anybody could see, by their place in the sample, each with why.
ALIKE = Path(__file__).parent / "equivalent_mutants.toml"
# The share of slips that tests see, at first or since, in the rooms that everything rests on.
WANTED = {"designs": 0.85, "evidence": 0.85}
HEAD = """# Slips in the code, and whether tests see them

Written by `validation/mutants.py`. A mutant is the code with one slip: a sign, a comparison or an arithmetic sign turned, a
number changed, a condition negated, a keyword left out. {drawn} were drawn by a fixed seed, each room's evenly over its modules.
Each was tried against the tests that reach its lines, then the executed notebooks that do, then tests of whole notebooks. One is
seen if one of them fails, or does not end. The score is the share seen at first of all that change anything, with its Wilson
interval of 95 %: it says how the tests fare with slips nobody has looked at. Some that passed are seen since, by tests written
for them or by tests not tried then; these are counted apart. What is left is listed, with its lines as they were then.
"""


def kept() -> pd.DataFrame:
    """What became of each mutant, one row a mutant: columns of mutants.csv, and `alike`, why it changes nothing (or empty)."""
    table = pd.read_csv(FATES, dtype={"now": "str", "by": "str"}, keep_default_na=False)
    return table.assign(alike=table["place"].astype("str").map(alike()).fillna(""))


def alike() -> dict[str, str]:
    """Why mutants change nothing, by place."""
    return dict(tomllib.loads(ALIKE.read_text(encoding="utf-8")))


def scores(table: pd.DataFrame) -> pd.DataFrame:
    """By room: drawn, alike, seen (at first), since, score, ci_low, ci_high."""
    first = (table["fate"] != SURVIVED) & (table["alike"] == "")
    counts = pd.DataFrame(
        {
            "drawn": 1,
            "alike": table["alike"] != "",
            "seen": first,
            "since": (table["fate"] == SURVIVED) & ~table["now"].isin(["", SURVIVED]),
        }
    )
    found = counts.astype("int64").groupby(table["room"]).sum().reindex(list(ROOMS))
    shares = wilson_shares(found["seen"].to_numpy(), (found["drawn"] - found["alike"]).to_numpy())
    return found.assign(
        score=shares["estimate"].to_numpy(), low=shares["ci_low"].to_numpy(), high=shares["ci_high"].to_numpy()
    )


def by_now(found: pd.DataFrame) -> pd.Series:
    """Share of those that change anything that is seen at first or since, by room."""
    return (found["seen"] + found["since"]) / (found["drawn"] - found["alike"])


def page(table: pd.DataFrame) -> str:
    """The page."""
    found = scores(table)
    shown = pd.DataFrame(
        {
            "room": [f"`{room}`" for room in found.index],
            "drawn": found["drawn"],
            "change nothing": found["alike"],
            "seen at first": found["seen"],
            "score, %": [
                f"{100 * row.score:.1f} ({100 * row.low:.1f} to {100 * row.high:.1f})" for row in found.itertuples()
            ],
            "seen since": found["since"],
            "by now, %": [f"{100 * share:.1f}" for share in by_now(found)],
        }
    )
    passed = table[table["fate"] == SURVIVED]
    rows = pd.DataFrame(
        {
            "module, line": [f"`{row.module}`, {row.line}" for row in passed.itertuples()],
            "slip": [f"{row.kind}: {_code(row.before)} to {_code(row.after)}" for row in passed.itertuples()],
            "what of it": [
                f"changes nothing: {row.alike}" if row.alike else _since(row.now, row.now_by)
                for row in passed.itertuples()
            ],
        }
    )
    return "\n".join(
        [HEAD.format(drawn=len(table)), f"{markdown(shown)}\n", f"## Not seen at first\n\n{markdown(rows)}\n"]
    )


def _code(text: str) -> str:
    words = " ".join(text.split())
    short = words if len(words) <= 40 else f"{words[:40]}…"
    return f"`{short}`".replace("|", "\\|") if short else "nothing"


def _since(now: str, by: str) -> str:
    return f"seen since by `{by}`" if now not in ("", SURVIVED) else "not seen"


def main() -> None:
    """Write the page."""
    TARGET.write_text(page(kept()), encoding="utf-8")
