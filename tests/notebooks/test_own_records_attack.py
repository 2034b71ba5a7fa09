"""An attack on all that a run of own records leaves, read together by one who knows the rules.

The attacker knows which counts are parts of which, and to what each number is rounded; every number told becomes a range, and
linear programmes find the least and the greatest value of what is not told.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from crimjust_research.designs.counts.totals import wilson_shares
from crimjust_research.designs.disclosure import rules
from crimjust_research.designs.disclosure.rounding import coarse_share
from crimjust_research.questions.own_records import activities, measures, steps, told
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.params import Params
from crimjust_research.questions.own_records.records import NOT_NOTED, groups_of
from crimjust_research.questions.own_records.simulation import simulated_folder
from crimjust_research.runs import notebooks
from crimjust_research.runs import steps as cells
from crimjust_research.study import Study

NAME = "11_own_records"
FEW = 5
# Cases, seed and what the run tells apart.
RUNS = ((40, 3, "sex"), (130, 5, "drug"), (300, 8, "phase"))
WHOLE = {
    "cases": "cases.opened_180",
    "defendants": "defendants.legal_aid",
    "cooperation_requests": "requests.granted",
    "knowledge_tests": "tests.lost",
    "equipment": "equipment.in_use",
    "operations": "operations.both_meetings",
    "trainings": "trainings.women",
    "forums": "forums.actions_done",
    "joint_teams": "",
}
# By cases and kind: a column, how many records have something in it, and how many have not.
EDGES = {
    (40, "joint_teams"): ("signed", FEW, 2),
    (130, "forums"): ("actions_done", told.FEWEST_CLUSTERS, 2),
    (130, "joint_teams"): ("signed", FEW + 3, 2),
}
STAGES = ("investigation", "prosecution", "conviction")
WILSON = ("cases.opened_180", *(f"stage.pass.{stage}" for stage in STAGES))
NUMBER = re.compile(r"-?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?")


# --- Records and runs --------------------------------------------------------------------------------------------------


def written(folder: Path, cases: int, seed: int) -> Path:
    """A folder as a programme would keep it: so many cases and what belongs to them, with a few holes in each column."""
    rng = np.random.default_rng(seed)
    records = simulated_folder(Effects.of(1.5), seed, 300, 1.0).records
    kept = records["cases"].sample(cases, random_state=seed)
    waiting = kept[["investigation_opened", "prosecution_started", "disposition_date"]].isna().all(axis=1)
    recent = kept.index[waiting][:3]
    kept.loc[recent, "as_of"] = kept.loc[recent, "seizure_date"] + pd.Timedelta(days=100)
    kept.loc[rng.choice(kept.index, 2, replace=False), "programme_supported"] = pd.NA
    codes = set(kept["case_id"])
    folder.mkdir(parents=True)
    for kind, frame in (records | {"cases": kept}).items():
        own = frame[frame["case_id"].isna() | frame["case_id"].isin(codes)] if "case_id" in frame else frame
        if (cases, kind) in EDGES:
            own = at_the_edge(own, *EDGES[cases, kind])
        if "case_ids" in own:
            several = own["case_ids"].fillna("").map(lambda text: " ".join(c for c in text.split() if c in codes))
            own = own.assign(case_ids=several.where(several != "", None))
        for column in ("sex", "legal_aid", "outcome", "in_use_at_6_months"):
            if kind in ("defendants", "equipment") and column in own and len(own) > 9 and column != "outcome":
                own = own.assign(**{column: own[column].mask(own.index.isin(rng.choice(own.index, 2, replace=False)))})
        text = (
            own.astype("object")
            .where(own.notna(), None)
            .map(lambda value: value.replace("SIMULATED", "R") if isinstance(value, str) else value)
        )
        text.to_csv(folder / f"{kind}.csv", index=False, date_format="%Y-%m-%d")
    return folder


def at_the_edge(own: pd.DataFrame, column: str, enough: int, others: int) -> pd.DataFrame:
    """As many that have something in a column as are asked for before it is told, and few that have not."""
    code = next(iter(own))
    again = [own.assign(**{code: own[code] + f"-{copy}"}) for copy in range(2, 5)]
    own = pd.concat([own, *again], ignore_index=True) if own[column].notna().sum() < enough + others else own
    has = own[column].notna()
    lacking = own[~has].head(others)
    short = own[has].iloc[enough : enough + others - len(lacking)].assign(**dict.fromkeys({column, "ended"} & set(own)))
    return pd.concat([own[has].head(enough), lacking, short])


@dataclass
class Left:
    """What a run leaves: every number of it, and the tables and estimates an attacker reads by name."""

    records: dict[str, pd.DataFrame]
    p: Params
    estimates: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    numbers: set[float] = field(default_factory=set)


def run(folder: Path, by: str, into: Path | None = None) -> Left:
    """A run's cells; with `into` all files are written there, drawn figures too, and the outputs of the cells beside them."""
    skip = {"answer"} if into else {"answer", "figure"}
    changed = {"folder": str(folder), "by": by, "draws": 99}
    if into is None:
        names = cells.run(NAME, skip=frozenset(skip), **changed)
        texts: list[str] = []
    else:
        names, texts = shown(changed, skip)
    study: Study = names["study"]
    answer = study.answer()
    tables = dict(answer.tables)
    frame = study.frame()
    if into:
        study.save(into)
        texts += [path.read_text() for path in into.rglob("*") if path.suffix in (".csv", ".json", ".svg", ".html")]
        frame = pd.read_csv(into / "estimates.csv")
        tables = {path.stem: pd.read_csv(path) for path in (into / "tables").glob("*.csv")}
        tables["waits"] = pd.read_csv(into / "figures" / "waits.csv") if (into / "figures/waits.csv").exists() else None
    numbers = {float(found) for text in texts for found in NUMBER.findall(text)}
    return Left(names["own"].records, study.params, frame.set_index("id"), tables, numbers)


def shown(changed: Mapping[str, Any], skip: set[str]) -> tuple[dict[str, Any], list[str]]:
    """What the notebook's cells leave behind, and what each shows."""
    (notebook,) = notebooks.find(NAME)
    names: dict[str, Any] = {"__name__": "__main__", "display": lambda *_: None, "In": [""]}
    texts = []
    for cell in notebook.cells:
        source, tags = notebooks.source(cell), notebooks.tags(cell)
        if cell["cell_type"] != "code" or not skip.isdisjoint(tags):
            continue
        names["In"].append(source)
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, NAME, "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), NAME, "eval"), names)
            texts.append(json.dumps(value._repr_mimebundle_()) if hasattr(value, "_repr_mimebundle_") else "")
            texts += [value._repr_html_() or ""] if hasattr(value, "_repr_html_") else []
        if "parameters" in tags:
            names |= changed
    return names, texts


# --- The attack --------------------------------------------------------------------------------------------------------


@dataclass
class Ranges:
    """Counts a reader does not know, linear relations between them, and what each is in truth."""

    width: int
    truth: dict[str, float] = field(default_factory=dict)
    known: list[tuple[dict[str, float], float, float]] = field(default_factory=list)

    def relate(self, terms: Mapping[str, float], low: float = 0.0, high: float = 0.0) -> None:
        self.known.append((dict(terms), low, high))

    def told(self, terms: Mapping[str, float], value: float, more: int = 0, least: int = 1) -> None:
        """A count is told as `value`, to the nearest multiple; `more` if it may stand for one that is a few more, `least` if
        it would not be told were it smaller."""
        reach = (self.width - 1) // 2
        low = value - reach if value > self.width else min(value, 1.0)
        self.relate(terms, max(low, least) if self.width > 1 else value, value + reach + more)

    def pinned(self) -> Iterator[str]:
        """Counts from 1 to one less than the smallest that can be no more than a few numbers, the truth among them."""
        names = sorted({name for terms, _, _ in self.known for name in terms} | set(self.truth))
        place = {name: i for i, name in enumerate(names)}
        rows, limits = [], []
        for terms, low, high in self.known:
            for sign, limit in ((1.0, high), (-1.0, -low)):
                if math.isfinite(limit):
                    row = np.zeros(len(names))
                    for name, times in terms.items():
                        row[place[name]] += sign * times
                    rows.append(row)
                    limits.append(limit)
        for name, true in self.truth.items():
            if not 0 < true < FEW:
                continue
            ends = []
            for sign in (1.0, -1.0):
                cost = np.zeros(len(names))
                cost[place[name]] = sign
                found = linprog(cost, A_ub=np.array(rows), b_ub=limits, bounds=(0, None))
                ends.append(sign * found.fun if found.status == 0 else (math.nan if found.status == 2 else sign * -1e9))
            low, high = math.ceil(ends[0] - 1e-6) if math.isfinite(ends[0]) else math.nan, ends[1] + 1e-6
            # What is known must be so: an attacker who takes for known what is not finds nothing, and proves nothing.
            assert self.width == 1 or low <= true <= high, f"{name} is {true:g}, and not {low} to {high}"
            if low <= true <= high and math.floor(high) - low + 1 < FEW:
                yield f"{name} is {true:g}, and can only be {low} to {math.floor(high)}"


def attack(left: Left, width: int) -> list[str]:
    """What is pinned of each kind of records, by one who takes numbers for rounded to the nearest `width`."""
    return [
        f"{kind}: {found}" for kind in WHOLE if kind in left.records for found in of_kind(left, kind, width).pinned()
    ]


def of_kind(left: Left, kind: str, width: int) -> Ranges:
    ranges, p, frame = Ranges(width), left.p, left.records[kind]
    yes, no = parts_of(kind, frame)
    few_more = FEW - 1 if width > 1 else 0
    whole, estimates = WHOLE[kind], left.estimates
    there = float(left.tables["supplied"].set_index("kind")["records"].get(kind, math.nan))
    ranges.relate({"yes": 1, "no": 1, "known": -1})
    ranges.relate({"known": 1, "not known": 1, "all": -1})
    by_rows = kind not in ("trainings", "forums")
    if by_rows:
        ranges.truth["not known"] = float(len(frame) - yes.sum() - no.sum())
    if whole in estimates.index:
        share, n = estimates.loc[whole, ["estimate", "n_obs"]].astype(float)
        ranges.told({"yes": 1}, share * n, least=FEW)
        ranges.relate({"no": 1}, FEW, math.inf)
        ranges.told({"known": 1}, n, least=2 * FEW)
        if by_rows:
            ranges.told({"all": 1}, there, few_more if there == n else 0)
    for by, table, of in (
        ("group", "by_group", groups_of(kind, left.records, p.by)),
        ("support", "by_support", told.named_support(frame.get("programme_supported"))),
    ):
        rows = left.tables[table] if table in left.tables else pd.DataFrame({"kind": []})
        rows = rows[rows["kind"] == kind]
        for outcome, counts in (("yes", yes), ("no", no)):
            if len(rows) and of is not None:
                sums = counts.groupby(of.to_numpy()).sum()
                ranges.truth |= {f"{outcome} {by} {group}": float(sums.get(group, 0)) for group in rows["group"]}
                ranges.relate({f"{outcome} {by} {group}": 1 for group in rows["group"]} | {outcome: -1})
        for row in rows[~rows["suppressed"].astype(bool)].itertuples():
            ranges.told({f"yes {by} {row.group}": 1}, float(row.yes), least=FEW)
            ranges.relate({f"no {by} {row.group}": 1}, FEW, math.inf)
            ranges.told({f"yes {by} {row.group}": 1, f"no {by} {row.group}": 1}, float(row.n), least=2 * FEW)
    if by_rows:
        listed_in(left, kind, ranges)
    more = {
        "cases": cases_too,
        "defendants": women_too,
        "trainings": persons_too,
        "forums": actions_too,
        "joint_teams": signed_too,
    }
    more.get(kind, lambda *_: None)(left, ranges)
    return ranges


def parts_of(kind: str, frame: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """How many of each record are counted as yes, and as no."""
    if kind == "trainings":
        both = (frame["women"] + frame["men"]).notna()
        return frame["women"].where(both).fillna(0).astype(float), frame["men"].where(both).fillna(0).astype(float)
    if kind == "forums":
        done = frame["actions_done"].astype("float64")
        return done.fillna(0), (frame["actions_agreed"].astype("float64") - done).fillna(0)
    happened = measures.happened(kind, frame)
    return happened.eq(True).fillna(False).astype(float), happened.eq(False).fillna(False).astype(float)


def listed_in(left: Left, kind: str, ranges: Ranges) -> None:
    rows = left.tables["listed"]
    for column, own in rows[rows["kind"] == kind].groupby("column"):
        if column in ("charges", "countries"):
            continue
        missing = "open" if column == "disposition" else NOT_NOTED
        true = left.records[kind][column].astype("object").fillna(missing).astype("str").value_counts()
        names = {str(value): f"{column} {value}" for value in own["value"]}
        ranges.relate(dict.fromkeys(names.values(), 1) | {"all": -1})
        ranges.truth |= {name: float(true.get(value, 0)) for value, name in names.items()}
        for row in own[~own["suppressed"].astype(bool)].itertuples():
            ranges.told({names[str(row.value)]: 1}, float(row.records), least=FEW)


def cases_too(left: Left, ranges: Ranges) -> None:
    """Those who enter each stage and are old enough, and the count behind a cost."""
    frame, above = left.records["cases"], "all"
    entries = steps.cases.transitions(steps.cases.records_of(frame), left.p.maturity_years)
    for stage, true in zip(STAGES, entries.to_dict("records")[:3], strict=True):
        passed = f"stage.pass.{stage}"
        if passed not in left.estimates.index:
            break
        share, n = left.estimates.loc[passed, ["estimate", "n_obs"]].astype(float)
        ranges.relate({above: 1, f"at {stage}": -1, f"left out at {stage}": -1})
        ranges.relate({f"at {stage}": 1, f"passed {stage}": -1, f"not passed {stage}": -1})
        ranges.told({f"at {stage}": 1}, n, least=2 * FEW)
        ranges.told({f"passed {stage}": 1}, share * n, least=FEW)
        ranges.relate({f"not passed {stage}": 1}, FEW, math.inf)
        ranges.truth[f"left out at {stage}"] = float(true["immature"])
        above = f"passed {stage}"
    spent = left.tables["totals"].set_index("what")["total"].get("US dollars spent", math.nan)
    supported = frame[frame["programme_supported"].eq(True).fillna(False)]
    opened = float(measures.opened(supported).notna().sum())
    if "cost.per_case_opened" in left.estimates.index and spent == spent:
        cost = float(left.estimates.loc["cost.per_case_opened", "estimate"])
        count = spent / cost
        ranges.told(
            {"opened": 1}, count if ranges.width == 1 else FEW * round(count / FEW), FEW - 1 if ranges.width > 1 else 0
        )
        if {"yes support supported"} <= set(ranges.truth):
            ranges.relate({"opened": 1, "yes support supported": -1, "opened later": -1})
            ranges.truth["opened later"] = opened - ranges.truth["yes support supported"]

    for stage, listed in ((STAGES[-1], "disposition convicted"),):
        if f"passed {stage}" in {name for terms, _, _ in ranges.known for name in terms} and listed in ranges.truth:
            convicted = float(entries.iloc[len(STAGES) - 1]["advanced"])
            ranges.relate({listed: 1, f"passed {stage}": -1, "convicted, too recent": -1})
            ranges.truth["convicted, too recent"] = ranges.truth[listed] - convicted


def signed_too(left: Left, ranges: Ranges) -> None:
    """Teams of which the median is told: that they are signed often enough is known by its being told."""
    frame = left.records["joint_teams"]
    if "teams.signed_median" in left.estimates.index:
        n = float(left.estimates.loc["teams.signed_median", "n_obs"])
        ranges.told({"all": 1}, n, least=FEW)
        ranges.relate({"all": 1, "signed": -1, "not signed": -1})
        ranges.relate({"signed": 1}, FEW, math.inf)
        ranges.truth["not signed"] = float(frame["signed"].isna().sum())


def women_too(left: Left, ranges: Ranges) -> None:
    """Women of whom it is told how long they were held, among all women."""
    frame = left.records["defendants"]
    women, held = "defendants.women", "defendants.pretrial_median.female"
    if {women, held} <= set(left.estimates.index):
        share, n = left.estimates.loc[women, ["estimate", "n_obs"]].astype(float)
        own = frame["sex"].eq("female").fillna(False)
        whole = float(left.estimates.loc[held, "n_obs"])
        ranges.told({"women": 1}, share * n, least=FEW)
        ranges.told({"women held": 1}, whole, FEW - 1 if whole == n else 0, least=FEW)
        ranges.relate({"women": 1, "women held": -1, "days not noted": -1})
        ranges.truth["days not noted"] = float((own & frame["pretrial_days"].isna()).sum())


def clusters_too(left: Left, ranges: Ranges, kind: str, whole: str, of: pd.Series[bool]) -> None:
    """Clusters, of which an interval tells that they are enough, among all that were supplied."""
    there = float(left.tables["supplied"].set_index("kind")["records"].get(kind, math.nan))
    if whole in left.estimates.index and there == there:
        row = left.estimates.loc[whole]
        ranges.told(
            {"clusters": 1}, float(row["n_units"]), least=told.FEWEST_CLUSTERS if row["ci_low"] == row["ci_low"] else 1
        )
        ranges.told({"all of them": 1}, there)
        ranges.relate({"all of them": 1, "clusters": -1, "of no cluster": -1})
        ranges.truth["of no cluster"] = float((~of).sum())


def persons_too(left: Left, ranges: Ranges) -> None:
    sums_too(left, ranges, "persons", float(left.records["trainings"]["participants"].sum()))


def actions_too(left: Left, ranges: Ranges) -> None:
    frame = left.records["forums"]
    clusters_too(left, ranges, "forums", WHOLE["forums"], frame["actions_done"].notna())
    sums_too(left, ranges, "actions agreed", float(left.records["forums"]["actions_agreed"].sum()))


def sums_too(left: Left, ranges: Ranges, what: str, true: float) -> None:
    total = float(left.tables["totals"].set_index("what")["total"].get(what, math.nan))
    kind = KIND_OF[what]
    counts = [float(part.sum()) for part in parts_of(kind, left.records[kind])]
    if total == total:
        reach = 0.0 if ranges.width == 1 else max(2.0, 10 ** (math.floor(math.log10(total)) - 1) / 2)
        ranges.relate({"all": 1}, total - reach, total + reach + (FEW - 1 if ranges.width > 1 else 0))
        ranges.truth["not known"] = true - sum(counts)


KIND_OF = {"persons": "trainings", "actions agreed": "forums"}


# --- What it finds -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    place = tmp_path_factory.mktemp("attacked")
    return [(written(place / f"of_{cases}", cases, seed), by) for cases, seed, by in RUNS]


def exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have everything told as it is."""
    monkeypatch.setattr(told, "coarse", lambda found, *_: found)
    monkeypatch.setattr(told, "round_counts", lambda counts, _: counts)
    for module in (steps, activities):
        monkeypatch.setattr(module, "coarse_sum", lambda total, _: total)
        monkeypatch.setattr(module, "nearest", lambda count, _: count)
    for module in (measures, activities):
        monkeypatch.setattr(module, "all_but_few", lambda whole, *_: whole)


def test_told_as_they_are_numbers_would_pin_small_counts(
    folders: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    exactly(monkeypatch)
    left = run(*folders[1])
    found = attack(left, 1)
    assert {each.split(":")[0] for each in found} >= {"cooperation_requests", "forums"}, found
    spent = left.tables["totals"].set_index("what")["total"]["US dollars spent"]
    supported = left.records["cases"].query("programme_supported == True")
    count = spent / float(left.estimates.loc["cost.per_case_opened", "estimate"])
    assert count == pytest.approx(measures.opened(supported).notna().sum(), abs=1e-6)


def test_thresholds_of_exact_counts_would_pin_small_ones(
    folders: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "all_alike", lambda count, least, _: count >= least)
    assert attack(run(*folders[0]), FEW) == ["joint_teams: not signed is 2, and can only be 0 to 2"]


def test_an_attacker_who_takes_for_known_what_is_not_so_is_told() -> None:
    model = Ranges(FEW, {"few": 2.0}, [({"few": 1.0}, 3.0, 9.0)])
    with pytest.raises(AssertionError, match="few is 2, and not 3 to 9"):
        list(model.pinned())


def test_no_small_count_is_pinned_by_all_that_a_run_leaves(folders: list[tuple[Path, str]], tmp_path: Path) -> None:
    for place, (folder, by) in enumerate(folders):
        left = run(folder, by, tmp_path / "saved" if place == 2 else None)
        # By one who knows of the rounding, and by one who does not.
        assert attack(left, FEW) == [], (folder.name, by)
        assert attack(left, 1) == [], (folder.name, by)
        # Nothing is told from which n could be solved: no error, no p-value, and shares and intervals of round numbers.
        assert left.estimates[["std_error", "p_value"]].isna().all(axis=None)
        for row in left.estimates.query("unit == 'share'").itertuples():
            counted = float(row.estimate) * float(row.n_obs) / FEW
            assert abs(counted - round(counted)) < 1e-6, row.Index
            assert float(row.n_obs) % FEW == 0, row.Index
        for name in left.estimates.index.intersection(WILSON):
            # The interval is what the round numbers alone make of it.
            share, low, high, n = left.estimates.loc[name, ["estimate", "ci_low", "ci_high", "n_obs"]].astype(float)
            of_round = wilson_shares([round(share * n)], [round(n)]).iloc[0]
            again = coarse_share(share, of_round["ci_low"], of_round["ci_high"], round(n), FEW, alpha=0.05)
            assert (share, low, high) == pytest.approx(again, rel=1e-6), name
        if left.numbers:
            assert exact_numbers(left) == []


def exact_numbers(left: Left) -> list[str]:
    """Estimates that stand somewhere as they are before they are rounded."""
    everywhere = np.array(sorted(left.numbers))
    found = []
    for kind in left.records.keys() & steps._ESTIMATORS.keys():
        for estimator in steps._ESTIMATORS[kind]:
            for row in estimator(left.records, left.p):
                if row["withheld"] or not row["n_obs"] % FEW:  # which rounding does not change
                    continue
                for name in ("estimate", "ci_low", "ci_high", "std_error", "p_value"):
                    value = float(row.get(name, math.nan))
                    long = value == value and abs(value - float(f"{value:.4g}")) > 1e-6 * abs(value)
                    if long and not row["kind"].startswith("cost.") and near(everywhere, value):
                        exact = value * row["n_obs"] / FEW
                        if abs(exact - round(exact)) > 1e-9 or name != "estimate":
                            found.append(f"{row['kind']} {name} {value}")
    return found


def near(numbers: np.ndarray, value: float) -> bool:
    return bool(np.any(np.abs(numbers - value) < 2e-7 * abs(value)))
