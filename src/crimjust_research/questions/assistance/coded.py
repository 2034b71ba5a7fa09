"""Executive summaries coded by challenge and need: shares of States, agreement of coders, and what answers what was found.

A coder's row says that a challenge is there; a chapter read without one has a row that says so. So what a coder did not find is
known wherever the chapter was read, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from crimjust_research.data.own_records.schemas import NONE, kind_named
from crimjust_research.designs.counts.agreement import (
    FEWEST_SUBJECTS,
    Agreement,
    clustered_agreement,
    fleiss_kappa,
    weighted_kappa,
)
from crimjust_research.designs.counts.clustered_shares import MEMBER, clustered_shares
from crimjust_research.designs.counts.finite_shares import finite_limits
from crimjust_research.document import Document
from crimjust_research.evidence.estimates import Used
from crimjust_research.questions.assistance import simulation
from crimjust_research.questions.assistance.params import Params
from crimjust_research.questions.assistance.presence import NAMED, PLATFORM, REGION
from crimjust_research.questions.reviews import challenges
from crimjust_research.questions.supplied import supplied
from crimjust_research.vocabulary import countries

KIND = "coded_summaries"
_SUMMARY = ["iso3", "cycle", "coder", "chapter"]
ABSENT, FOUND = "absent", "found"
CHALLENGES, NEEDS = "challenges", "needs"


@dataclass(frozen=True)
class Coded:
    """Coded summaries: supplied, SIMULATED, or none."""

    frame: pd.DataFrame
    """iso3, cycle, coder, chapter, challenge, need; empty if there are none."""
    source: str
    used: tuple[Used, ...] = ()

    def __bool__(self) -> bool:
        return len(self.frame) > 0

    @property
    def coders(self) -> list[str]:
        return sorted(self.frame["coder"].unique())


def coded_of(p: Params, said: Document) -> Coded:
    """The summaries of the file named; SIMULATED ones if they are asked for; else none.

    Raises
    ------
    ParameterError
        If the file cannot be read, or with every fault of it by row, column and value.
    """
    if p.summaries_file:
        frame, used = supplied("summaries_file", p.summaries_file, KIND)
        return Coded(frame, f"summaries of {used.table}", (used,))
    if p.simulate_coding:
        return Coded(simulation.summaries(said, p.seed), "SIMULATED coding of known truth")
    return Coded(pd.DataFrame(columns=[*_SUMMARY, "challenge", "need"]), "")


def form() -> pd.DataFrame:
    """The empty form: column, and what it takes."""
    table = kind_named(KIND).table
    return pd.DataFrame([(field.name, field.description) for field in table.fields], columns=["column", "says"])


def readings(frame: pd.DataFrame, said: Document) -> pd.DataFrame:
    """What each coder found and did not find: iso3, cycle, chapter, challenge, coder, found (0 or 1).

    Each chapter that a coder read has a row for each of its challenges.
    """
    known = pd.DataFrame([(c.chapter, c.key) for c in said.challenges], columns=["chapter", "challenge"])
    read = frame[_SUMMARY].drop_duplicates().merge(known, on="chapter")
    there = frame.loc[frame["challenge"] != NONE, [*_SUMMARY, "challenge"]].drop_duplicates().assign(found=1)
    table = read.merge(there, on=[*_SUMMARY, "challenge"], how="left")
    return table.assign(found=table["found"].fillna(0).astype("int64"))


def needs_read(frame: pd.DataFrame, said: Document) -> pd.DataFrame:
    """Types of assistance each coder found needed in each chapter read: iso3, cycle, chapter, need, coder, found (0 or 1)."""
    types = pd.DataFrame({"need": [kind.key for kind in said.assistance_types]})
    read = frame[_SUMMARY].drop_duplicates().merge(types, how="cross")
    there = frame.loc[frame["need"] != NONE, [*_SUMMARY, "need"]].drop_duplicates().assign(found=1)
    table = read.merge(there, on=[*_SUMMARY, "need"], how="left")
    return table.assign(found=table["found"].fillna(0).astype("int64"))


def agreed(table: pd.DataFrame, of: str) -> pd.DataFrame:
    """One row a State and challenge, or need (`of`): iso3, of, agreed and either (0 or 1).

    agreed: in some chapter every coder who read it found it; either: one coder did at least.
    """
    of_chapters = table.groupby(["iso3", "chapter", of], sort=False)["found"].agg(agreed="min", either="max")
    return of_chapters.groupby(["iso3", of], sort=False).max().reset_index()


def shares(both: pd.DataFrame, of: Literal["challenge", "need"], said: Document, p: Params) -> pd.DataFrame:
    """Share of the phase States coded with each challenge or need, found by all its coders: name, label, estimate, ci_low,
    ci_high, met, either, n_obs (phase States whose chapter was coded), population (all phase States); the most frequent first.

    Limits are exact for a part of the phase States, as if drawn by lot; there are none where all of them are coded.
    """
    told = said.challenges if of == "challenge" else said.assistance_types
    phases = set(said.phase_frame()["iso3"])
    own = both[both["iso3"].isin(phases)]
    table = own.groupby(of)[["agreed", "either"]].sum().assign(n_obs=own.groupby(of).size(), population=len(phases))
    table = table.reindex([each.key for each in told if each.key in table.index]).reset_index(names="name")
    limits = [_limits(int(row["agreed"]), int(row["n_obs"]), len(phases), p) for row in table.to_dict("records")]
    table = table.rename(columns={"agreed": "met"}).assign(
        label=table["name"].map({each.key: each.label for each in told}),
        estimate=table["agreed"] / table["n_obs"],
        ci_low=[low for low, _ in limits],
        ci_high=[high for _, high in limits],
    )
    return table.sort_values("estimate", ascending=False, kind="stable", ignore_index=True)


def _limits(had: int, seen: int, population: int, p: Params) -> tuple[float, float]:
    """Of a share of a part of the population; none of all of it."""
    return finite_limits(had, seen, population, p.alpha) if seen < population else (np.nan, np.nan)


def drawn(shares: pd.DataFrame) -> pd.DataFrame:
    """`shares` as a chart takes them: one of all States, which has no limits, ends at itself."""
    ends = {end: shares[end].fillna(shares["estimate"]) for end in ("ci_low", "ci_high")}
    return shares.assign(**ends)


def kappas(readings: pd.DataFrame, needs: pd.DataFrame, p: Params) -> pd.DataFrame:
    """`agreement` on challenges and on needs."""
    parts = [
        agreement(readings, CHALLENGES, ["iso3", "cycle", "chapter", "challenge"], p),
        agreement(needs, NEEDS, ["iso3", "cycle", "chapter", "need"], p),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def agreement(table: pd.DataFrame, what: str, cell: list[str], p: Params) -> pd.DataFrame:
    """Cohen's kappa of every two coders on what both read, and Fleiss' of all if they are more: name, what, readers, estimate,
    ci_low, ci_high, observed, n_obs, n_units (States); none of two who read fewer than five cells in common.

    Cells of a State are not independent of each other, so intervals are of the jackknife over States.
    """
    wide = table.assign(found=table["found"].map({0: ABSENT, 1: FOUND})).pivot_table(
        index=cell, columns="coder", values="found", aggfunc="first"
    )
    rows = []
    for one, other in combinations(wide.columns, 2):
        rows += _kappas(f"{one}.{other}", f"{one} and {other}", what, wide[[one, other]].dropna(), p)
    if len(wide.columns) > 2:
        rows += _kappas("all", "all coders", what, wide.dropna(), p)
    columns = ["name", "what", "readers", "estimate", "ci_low", "ci_high", "observed", "n_obs", "n_units"]
    return pd.DataFrame(rows, columns=columns)


def _kappas(name: str, readers: str, what: str, cells: pd.DataFrame, p: Params) -> list[dict[str, Any]]:
    """The row of coders (columns) on cells that all of them read; none of fewer than five."""
    if len(cells) < FEWEST_SUBJECTS:
        return []
    coders = list(cells.columns)

    def kappa(rows: pd.DataFrame) -> Agreement:
        if len(coders) == 2:
            return weighted_kappa(list(rows[coders[0]]), list(rows[coders[1]]), (ABSENT, FOUND), p.alpha)
        return fleiss_kappa(rows[coders], (ABSENT, FOUND))

    found = clustered_agreement(cells.reset_index(), "iso3", kappa, p.alpha)
    numbers = {"estimate": found.kappa, "ci_low": found.ci_low, "ci_high": found.ci_high, "observed": found.observed}
    counts = {"n_obs": found.n_subjects, "n_units": cells.index.get_level_values("iso3").nunique()}
    return [{"name": name, "what": what, "readers": readers} | numbers | counts]


def disagreements(table: pd.DataFrame) -> pd.DataFrame:
    """Challenges that one coder found and another did not: iso3, country, cycle, chapter, challenge, found_by, not_by."""
    cell = ["iso3", "cycle", "chapter", "challenge"]
    apart = table[table.groupby(cell)["found"].transform("nunique") > 1]
    who = apart.groupby([*cell, "found"])["coder"].agg(", ".join).reset_index()
    sides = [
        who.loc[who["found"] == found, [*cell, "coder"]].rename(columns={"coder": side})
        for found, side in ((1, "found_by"), (0, "not_by"))
    ]
    named = sides[0].merge(sides[1], on=cell)
    named.insert(1, "country", named["iso3"].map(countries.short_name))
    return named


def relevance(both: pd.DataFrame, met: pd.DataFrame, states: pd.DataFrame) -> pd.DataFrame:
    """Every challenge that coders agree a State has, and what answers it there.

    Parameters
    ----------
    both : of `agreed`; met : of `answered.by_challenge`; states : of `presence.of_phase_states`.

    Returns
    -------
    DataFrame: iso3, country, phase (missing of other States), challenge, label, pillar, platform (a priority, and a platform
    reaches the State), law, neither (0 or 1 each).
    """
    here = states[(states["channel"] == PLATFORM) & states["how"].isin([NAMED, REGION])]["iso3"]
    phase = states.drop_duplicates("iso3").set_index("iso3")["phase"]
    rows = both[both["agreed"] == 1].merge(met, on="challenge")
    answered = {
        "pillar": rows["pillar"] != challenges.NONE,
        "platform": (rows["platform"] != challenges.NONE) & rows["iso3"].isin(here),
        "law": rows["law"],
    }
    table = rows[["iso3", "challenge", "label"]].assign(
        **{name: flag.astype("int64") for name, flag in answered.items()},
        phase=rows["iso3"].map(phase).astype("Int64"),
        country=rows["iso3"].map(countries.short_name),
    )
    table["neither"] = ((table["pillar"] == 0) & (table["platform"] == 0)).astype("int64")
    return table[["iso3", "country", "phase", "challenge", "label", "pillar", "platform", "law", "neither"]]


def by_state(found: pd.DataFrame) -> pd.DataFrame:
    """Each State's challenges of `relevance` and how many are answered: iso3, country, phase, found, pillar, platform, law,
    neither, share (answered by a pillar, of those found)."""
    groups = found.groupby(["iso3", "country", "phase"], dropna=False)
    table = groups[["pillar", "platform", "law", "neither"]].sum().assign(found=groups.size()).reset_index()
    table = table.assign(share=table["pillar"] / table["found"])
    return table[["iso3", "country", "phase", "found", "pillar", "platform", "law", "neither", "share"]]


def by_phase(found: pd.DataFrame, both: pd.DataFrame, said: Document, p: Params) -> pd.DataFrame:
    """Share of the challenges of `relevance` that a pillar answers, of each phase and of all phase States: name, words,
    estimate, std_error, ci_low, ci_high, n_obs, n_units.

    The interval is clustered by State; there is none of one State, nor where every challenge was looked for (`both`, of `agreed`)
    in all States that the share is of: that is a count.
    """
    states = said.phase_frame().set_index("iso3")["phase"]
    unread = set(states.index) - set(both.groupby("iso3").size().loc[lambda size: size == len(said.challenges)].index)
    of_phases = found[found["phase"].notna()]
    parts = [("all", "all phases", of_phases)]
    parts += [(f"phase_{n}", f"phase {n}", own) for n, own in of_phases.groupby("phase")]
    rows: list[dict[str, Any]] = []
    for name, words, own in parts:
        row: dict[Any, Any] = {"estimate": own["pillar"].mean(), "n_obs": len(own), "n_units": len(set(own["iso3"]))}
        whole = set(states.index if name == "all" else states.index[states == own["phase"].iloc[0]])
        if row["n_units"] > 1 and whole & unread:
            row = clustered_shares(own, "pillar", "iso3", alpha=p.alpha).loc[MEMBER].to_dict()
        if len(own):
            rows.append({"name": name, "words": words, **row})
    columns = ["name", "words", "estimate", "std_error", "ci_low", "ci_high", "n_obs", "n_units"]
    return pd.DataFrame(rows).reindex(columns=columns)


def precision(n: int, p: Params) -> tuple[float, float]:
    """What coding half of `n` States would leave open: exact limits of what half of those have, both rounded down."""
    return finite_limits(n // 4, n // 2, n, p.alpha)
