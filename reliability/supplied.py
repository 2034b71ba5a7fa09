"""Files that a parameter may name, made up here by seed: sound ones, ones of few records, and templates with none.

What is in them is drawn and stands for no State, no case and no coder.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from crimjust_research import document, project
from crimjust_research.data import opening
from crimjust_research.questions.cascade import simulation
from crimjust_research.questions.own_records import simulation_files
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.vocabulary import country_groups

# Which kind of record each parameter takes; the folder of own records and the phases have no template of one file.
KINDS = {
    "precursor_sources_file": "precursor_sources",
    "outcome_file": "outcomes",
    "co_programmes_file": "co_programmes",
    "cases_file": "cases",
    "defendants_file": "defendants",
    "counts_file": "review_gaps",
    "readings_file": "challenge_readings",
    "phases_file": "phases",
    "summaries_file": "coded_summaries",
    "assistance_file": "assistance",
}
# As people's disks have them: spaces, quotes, other scripts, what a shell or a page would read, a name of the longest length.
FOLDERS = (
    "plain",
    "with space",
    "Ünïcödé 數據 تقرير",
    "quo'te\"s",
    "=1+1",
    "<b>{p}$x$<br>",
    "🇨🇻 e\u0301 [[x|y]]",
    "W" * 200,
)
_TEMPLATES = project.root() / "data" / "templates"
_RECORDS, _FEW, _CASES = 120, 3, 600
_FIRST_DAY = pd.Timestamp("2019-01-01")


def path(folder: Path, parameter: str, rng: np.random.Generator) -> Path:
    """A file or folder for that parameter, made below `folder`: mostly sound, sometimes of few records or of none."""
    place = folder / str(rng.choice(FOLDERS))
    place.mkdir(exist_ok=True)
    if parameter == "folder":
        made = place / f"records of {rng.integers(1000)}"
        if not made.exists():
            simulation_files.write(made, Effects.of(float(rng.uniform(0.5, 3))), int(rng.integers(1000)), 500, 1.0)
        return made
    kind = KINDS[parameter]
    made = place / f"{kind} {rng.integers(10**9)}.csv"
    records = int(rng.choice([0, _FEW, _RECORDS], p=[0.1, 0.2, 0.7]))
    made.write_text(text(kind, records, rng), encoding="utf-8")
    return made


def text(kind: str, records: int, rng: np.random.Generator) -> str:
    """A table of that kind of about so many records, as CSV; of none, the head alone."""
    if kind == "phases":
        rows, columns = _phases(records, rng), ["iso3", "phase"]
    else:
        columns = (_TEMPLATES / f"{kind}.csv").read_text(encoding="utf-8").strip().split(",")
        rows = _ROWS[kind](records, rng) if records else pd.DataFrame(columns=columns)
    return str(rows.reindex(columns=columns).to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n"))


def _states(count: int, rng: np.random.Generator, among: Sequence[str] = ()) -> list[str]:
    known = sorted(among or document.load().proposed_iso3)
    return [str(each) for each in rng.choice(known, min(count, len(known)), replace=False)]


def _pairs(first: Sequence[object], second: Sequence[object], names: Sequence[str]) -> pd.DataFrame:
    return pd.MultiIndex.from_product([first, second], names=names).to_frame(index=False)


def _precursor_sources(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(records, rng)
    return pd.DataFrame({"iso3": states, "report_year": 2021, "listed": max(len(states), 12), "page": 12})


def _outcomes(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(max(records // 3, 2), rng, tuple(country_groups.load().region))
    rows = _pairs(states, range(2014, 2026), ["country", "year"])
    return rows.assign(value=rng.normal(10, 3, len(rows)).round(2))


def _co_programmes(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(records, rng, tuple(country_groups.load().region))
    began = rng.integers(2010, 2022, len(states))
    named = rng.choice(["aircop", "copolad", "seacop", "other"], len(states))
    last = pd.array(np.where(rng.random(len(states)) < 0.3, None, began + 2), dtype="Int64")
    return pd.DataFrame({"country": states, "programme": named, "first_year": began, "last_year": last})


def _cases(records: int, rng: np.random.Generator) -> pd.DataFrame:
    del rng  # defendants are of these cases, whatever else is drawn
    frame = simulation.simulated_frame(_CASES, 4).head(_CASES if records > _FEW else 8)
    country = np.where(np.arange(len(frame)) % 2, "PAN", "CPV")
    own = frame["case_id"].str.replace("SIMULATED", "R")
    return frame.assign(case_id=own, country=country, drug="cocaine", kilograms=1.5, charges=None)


def _defendants(records: int, rng: np.random.Generator) -> pd.DataFrame:
    frame = simulation.simulated_frame(_CASES, 4).head(_CASES if records > _FEW else 8)
    people = simulation.simulated_defendants(frame, int(rng.integers(1000)))
    numbered = [f"P-{number}" for number in range(len(people))]
    return people.assign(case_id=people["case_id"].str.replace("SIMULATED", "R"), defendant_id=numbered)


def _review_gaps(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(max(records // 2, 1), rng, tuple(country_groups.load().region))
    rows = _pairs(states, [8, 46], ["iso3", "article"])
    return rows.assign(provisions=10, gaps=rng.binomial(10, rng.beta(2, 4, len(rows))))


def _challenge_readings(records: int, rng: np.random.Generator) -> pd.DataFrame:
    coders = ["C1", "C2"] if records > _FEW else ["C1"]
    challenges = opening.open_raw("uncac_challenges")[0]["challenge"].unique()
    rows = _pairs(coders, challenges[:records], ["coder", "challenge"])
    return rows.assign(level=rng.choice(["names", "near", "none"], len(rows)))


def _phases(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(records if records <= _FEW else 12, rng)
    return pd.DataFrame({"iso3": states, "phase": [str(number % 3) for number in range(len(states))]})


def _coded_summaries(records: int, rng: np.random.Generator) -> pd.DataFrame:
    states = _states(max(records // 6, 1), rng)
    rows = pd.MultiIndex.from_product([states, [1], ["C-1", "C-2"], ["III", "IV"]]).to_frame(index=False)
    rows.columns = pd.Index(["iso3", "cycle", "coder", "chapter"])
    by_chapter = {"III": "jurisdiction", "IV": "extradition"}
    found = rng.random(len(rows)) < 0.6
    needed = np.where(found, rng.choice(["capacity_building", "policy_advice", "none"], len(rows)), "none")
    return rows.assign(challenge=rows["chapter"].map(by_chapter).where(found, "none"), need=needed)


def _assistance(records: int, rng: np.random.Generator) -> pd.DataFrame:
    asked = _FIRST_DAY + pd.to_timedelta(rng.integers(0, 900, records), unit="D")
    came = pd.Series(asked + pd.to_timedelta(rng.integers(1, 200, records), unit="D")).where(rng.random(records) < 0.8)
    return pd.DataFrame(
        {
            "assistance_id": [f"A-{number}" for number in range(records)],
            "iso3": rng.choice(_states(20, rng), records),
            "basis": rng.choice(["review_need", "request", "neither"], records),
            "need": rng.choice(["capacity_building", "research"], records),
            "channel": rng.choice(["adviser", "platform"], records),
            "partners": rng.choice(["prosecutors", "audit judiciary"], records),
            "asked": asked,
            "arrived": came,
            "on_site": pd.Series(rng.choice(["true", "false"], records)).where(came.notna()),
            "as_of": pd.Timestamp("2023-01-01"),
        }
    )


_ROWS: dict[str, Callable[[int, np.random.Generator], pd.DataFrame]] = {
    "precursor_sources": _precursor_sources,
    "outcomes": _outcomes,
    "co_programmes": _co_programmes,
    "cases": _cases,
    "defendants": _defendants,
    "review_gaps": _review_gaps,
    "challenge_readings": _challenge_readings,
    "coded_summaries": _coded_summaries,
    "assistance": _assistance,
}
