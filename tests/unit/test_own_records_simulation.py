"""A folder of SIMULATED records: read like a programme's own, of known truth, fooled by selection and by nothing else."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import binom

from crimjust_research import document
from crimjust_research.cli import crimjust
from crimjust_research.data import own_records
from crimjust_research.designs.checks import generator
from crimjust_research.designs.counts.totals import wilson_shares
from crimjust_research.designs.survival.cascade import transitions
from crimjust_research.designs.survival.cox import cox
from crimjust_research.designs.survival.curves import kaplan_meier
from crimjust_research.errors import DataError, ParameterError
from crimjust_research.questions.cascade.cases import SUPPORT, records_of
from crimjust_research.questions.own_records import measures, simulation_files
from crimjust_research.questions.own_records.effects import Effects
from crimjust_research.questions.own_records.simulation import FEWEST_CASES, Simulated, simulated_folder
from crimjust_research.questions.own_records.simulation_activities import draw_operations
from crimjust_research.questions.own_records.simulation_cases import MATURITY_YEARS, OPENED_WITHIN
from crimjust_research.questions.own_records.simulation_requests import GRANTED

KINDS = (
    *("cases", "defendants", "cooperation_requests", "trainings", "knowledge_tests", "equipment", "forums"),
    *("joint_teams", "operations", "assets", "expenditure"),
)
EFFECTS = Effects.of(2.0)
SEEDS, CASES = range(0, 600, 10), 2000  # more cases and fewer seeds say as much in less time
FAR = 4.0  # standard errors of a mean over the seeds


def crude(records: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Plain estimates of what is true, by its name; of a ratio its logarithm."""
    return {
        **_of_cases(records),
        **_of_requests(records["cooperation_requests"]),
        **_of_activities(records),
        **_costs(records["cases"], records["expenditure"]),
    }


def _costs(cases: pd.DataFrame, expenditure: pd.DataFrame) -> dict[str, float]:
    supported, spent = cases[cases[SUPPORT].astype(bool)], expenditure["spent"].sum()
    return {
        "cost.per_case_opened": spent / supported["investigation_opened"].notna().sum(),
        "cost.per_conviction": spent / supported["disposition"].eq("convicted").sum(),
    }


def _of_cases(records: dict[str, pd.DataFrame]) -> dict[str, float]:
    cases, defendants, assets = records["cases"], records["defendants"], records["assets"]
    supported = cases[SUPPORT].astype(bool)
    old = (cases["as_of"] - cases["seizure_date"]).dt.days > OPENED_WITHIN
    opened = (cases["investigation_opened"] - cases["seizure_date"]).dt.days <= OPENED_WITHIN
    passed = [
        transitions(records_of(c), MATURITY_YEARS)["probability"].to_numpy()[:3] for c in _halves(cases, supported)
    ]
    of_supported = assets["case_id"].map(cases.set_index("case_id")[SUPPORT]).astype(bool)
    confiscated = [float(a["value_confiscated"].sum() / a["value_frozen"].sum()) for a in _halves(assets, of_supported)]
    return {
        "cases.opened_180": opened[old].mean(),
        "cases.opened_180.supported_difference": opened[old & supported].mean() - opened[old & ~supported].mean(),
        "stage.pass.investigation": passed[0][0],
        "stage.pass.prosecution": passed[0][1],
        "stage.pass.conviction": passed[0][2],
        "stage.pass.seizure_to_conviction": passed[0].prod(),
        "stage.convicted.supported_difference": passed[1].prod() - passed[2].prod(),
        "defendants.women": defendants["sex"].dropna().eq("female").mean(),
        **{f"defendants.role.{role}": share for role, share in defendants["role"].value_counts(normalize=True).items()},
        **{
            f"defendants.pretrial_median.{sex}": float(days.median())
            for sex, days in defendants["pretrial_days"].astype("float64").groupby(defendants["sex"])
        },
        "defendants.legal_aid": defendants["legal_aid"].dropna().mean(),
        "assets.confiscated_share": confiscated[0],
        "assets.confiscated_share.supported_difference": confiscated[1] - confiscated[2],
    }


def _halves(frame: pd.DataFrame, supported: pd.Series[bool]) -> tuple[pd.DataFrame, ...]:
    """All, those supported and the others."""
    return frame, frame[supported], frame[~supported]


def _of_requests(requests: pd.DataFrame) -> dict[str, float]:
    waited = (requests["answered"].fillna(requests["as_of"]) - requests["sent"]).dt.days
    answered, supported = requests["answered"].notna(), requests[SUPPORT].astype("int64")
    frame = pd.DataFrame({"days": waited, "answered": answered.astype("int64"), "supported": supported})
    granted, of_supported = requests["outcome"][answered].isin(GRANTED), supported[answered].eq(1)
    return {
        "requests.answer_median": kaplan_meier(frame["days"], frame["answered"]).summary["median"].iloc[0],
        "requests.answer.hazard_ratio": cox(frame, "days", "answered", ["supported"]).table["estimate"].iloc[0],
        "requests.granted": granted.mean(),
        "requests.granted.supported_difference": granted[of_supported].mean() - granted[~of_supported].mean(),
    }


def _of_activities(records: dict[str, pd.DataFrame]) -> dict[str, float]:
    trainings, equipment, teams, operations, expenditure = (
        records[kind] for kind in ("trainings", "equipment", "joint_teams", "operations", "expenditure")
    )
    recorded = trainings.dropna(subset=["women"])
    tests = records["knowledge_tests"]
    due = tests[(tests["as_of"] - tests["tested"]).dt.days >= 180]
    followed_up = records["forums"].dropna(subset=["actions_done"])
    waited = (teams["signed"].fillna(teams["as_of"]) - teams["proposed"]).dt.days
    return {
        "trainings.women": recorded["women"].sum() / (recorded["women"] + recorded["men"]).sum(),
        "trainings.women_speakers": recorded["women_speakers"].sum() / recorded["speakers"].sum(),
        "tests.gain": (tests["after"] - tests["before"]).mean(),
        "tests.gain_kept": (due["follow_up"] - due["before"]).mean(),
        "tests.lost": due["follow_up"].isna().mean(),
        "equipment.in_use": equipment["in_use_at_6_months"].dropna().mean(),
        "equipment.due_diligence": equipment["due_diligence"].dropna().mean(),
        "equipment.training": equipment["training_id"].notna().mean(),
        "forums.actions_done": followed_up["actions_done"].sum() / followed_up["actions_agreed"].sum(),
        "teams.signed_median": kaplan_meier(waited, teams["signed"].notna().astype("int64")).summary["median"].iloc[0],
        "operations.both_meetings": (operations["pre_meeting"].notna() & operations["post_meeting"].notna()).mean(),
        "expenditure.spent_of_budget": expenditure["spent"].sum() / expenditure["budget"].sum(),
    }


def departures(drawn: list[Simulated]) -> pd.DataFrame:
    """Over several draws, by name: how far the mean of crude estimates is from what is true, and its standard error."""
    found = pd.DataFrame([crude(simulated.records) for simulated in drawn]).astype("float64")
    true = pd.DataFrame([simulated.truth for simulated in drawn])[found.columns]
    for table in (found, true):  # of costs the inverse has a mean without bias
        of_costs = table.columns.str.startswith("cost.")
        table.loc[:, of_costs] = 1 / table.loc[:, of_costs]
    true["requests.answer.hazard_ratio"] = np.log(true["requests.answer.hazard_ratio"])
    apart = found - true
    far = apart.mean()
    # Medians are of whole days.
    far = far.where(~far.index.str.contains("median"), np.sign(far) * np.maximum(far.abs() - 1, 0))
    return pd.DataFrame({"far": far, "error": apart.std() / np.sqrt(len(apart))})


@pytest.fixture(scope="module")
def drawn_by_lot() -> list[Simulated]:
    return [simulated_folder(EFFECTS, seed, CASES, 0.0) for seed in SEEDS]


@pytest.fixture(scope="module")
def by_lot(drawn_by_lot: list[Simulated]) -> pd.DataFrame:
    return departures(drawn_by_lot)


@pytest.fixture(scope="module")
def picked() -> pd.DataFrame:
    return departures([simulated_folder(EFFECTS, seed, CASES, 1.0) for seed in SEEDS[:20]])


# What selection fools, and what the loss of persons does.
OF_SUPPORT = (
    "cases.opened_180.supported_difference",
    "stage.convicted.supported_difference",
    "assets.confiscated_share.supported_difference",
    "requests.answer.hazard_ratio",
    "requests.granted.supported_difference",
)
LOST = "tests.gain_kept"
# Shares of independent records: what is asked of each kind.
OF_A_KIND = {
    "cases": "cases.opened_180",
    "defendants": "defendants.legal_aid",
    "cooperation_requests": "requests.granted",
    "knowledge_tests": "tests.lost",
    "equipment": "equipment.in_use",
    "operations": "operations.both_meetings",
}
OPERATIONS = 0.8 * 0.6  # with a meeting before, and one after


# --- What is true, and what recovers it ---------------------------------------------------------------------------------


def test_everything_that_is_true_is_estimated_here() -> None:
    """But what is adjusted, which is of the same truth as what is not."""
    simulated = simulated_folder(EFFECTS, 1, CASES)
    adjusted = {name for name in simulated.truth if name.endswith(".adjusted")}
    assert crude(simulated.records).keys() == simulated.truth.keys() - adjusted
    for name in adjusted:
        assert simulated.truth[name] == simulated.truth[name.replace("adjusted", "supported_difference")]


def test_with_support_by_lot_every_estimate_is_of_the_truth(by_lot: pd.DataFrame) -> None:
    kept = by_lot.drop(index=LOST)
    assert (kept["far"].abs() <= FAR * kept["error"]).all(), kept


def test_selection_fools_every_crude_comparison_upwards_and_nothing_else(picked: pd.DataFrame) -> None:
    of_support = picked.loc[list(OF_SUPPORT)]
    assert (of_support["far"] > FAR * of_support["error"]).all(), of_support
    others = picked.drop(index=[*OF_SUPPORT, LOST])
    assert (others["far"].abs() <= FAR * others["error"]).all(), others


def test_those_found_at_the_follow_up_have_kept_more_than_all_have(by_lot: pd.DataFrame) -> None:
    assert by_lot.loc[LOST, "far"] > FAR * by_lot.loc[LOST, "error"]


def simple_shares(records: dict[str, pd.DataFrame]) -> dict[str, pd.Series[bool]]:
    """Whether it happened to each record that a share is of, by the id of the share, where records are independent."""
    happened = {kind: measures.happened(kind, records[kind]).dropna().astype("bool") for kind in OF_A_KIND}
    equipment, defendants = records["equipment"], records["defendants"]
    return {
        **{name: happened[kind] for kind, name in OF_A_KIND.items()},
        "equipment.due_diligence": equipment["due_diligence"].dropna().astype("bool"),
        "equipment.training": equipment["training_id"].notna(),
        "defendants.women": defendants["sex"].dropna().eq("female"),
        "defendants.role.official": defendants["role"].dropna().eq("official"),
    }


def beyond_chance(held: int, draws: int) -> bool:
    """Whether fewer intervals hold the truth than do once in ten thousand times, were 94 of a hundred to: Wilson's of some
    fifty records do so for one share and 96 for another."""
    return held < binom.ppf(1e-4, draws, 0.94)


def test_intervals_of_simple_shares_hold_the_truth_as_often_as_they_say(drawn_by_lot: list[Simulated]) -> None:
    held: Counter[str] = Counter()
    for simulated in drawn_by_lot:
        for name, happened in simple_shares(simulated.records).items():
            found = wilson_shares(int(happened.sum()), len(happened)).iloc[0]
            held[name] += int(found["ci_low"] <= simulated.truth[name] <= found["ci_high"])
    assert not {name: count for name, count in held.items() if beyond_chance(count, len(drawn_by_lot))}


def test_intervals_of_the_few_operations_hold_the_truth_in_many_draws(simulated: Simulated) -> None:
    draws = 400
    cases = simulated.records["cases"]
    frames = [draw_operations(cases, generator(seed)).assign(draw=seed) for seed in range(draws)]
    together = pd.concat(frames, ignore_index=True)
    happened = measures.happened("operations", together)
    counted = happened.groupby(together["draw"]).agg(["sum", "count"])
    found = wilson_shares(counted["sum"].to_numpy(), counted["count"].to_numpy())
    held = found["ci_low"].le(OPERATIONS) & found["ci_high"].ge(OPERATIONS)
    assert not beyond_chance(int(held.sum()), draws)
    assert happened.astype("float64").mean() == pytest.approx(OPERATIONS, abs=FAR * 0.5 / np.sqrt(len(together)))


def test_no_effect_is_none() -> None:
    truth = simulated_folder(Effects.of(1.0), 1, FEWEST_CASES).truth
    assert [name for name, value in truth.items() if "difference" in name and abs(value) > 1e-12] == []
    assert (truth["requests.answer.hazard_ratio"], truth["forums.actions_done"]) == pytest.approx((1.0, 0.5))
    assert truth["tests.gain"] == pytest.approx(-0.007, abs=0.01)  # who differs more is cut off more often


def test_the_truth_does_not_depend_on_the_draw() -> None:
    """But for costs, which take the spending as known."""
    one, other = (
        {name: value for name, value in drawn.truth.items() if not name.startswith("cost.")}
        for drawn in (simulated_folder(EFFECTS, 1, 300), simulated_folder(EFFECTS, 2, 500))
    )
    assert one == other


# --- The records --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("effect", "selection", "cases"), [(1.5, 1.0, 2000), (0.01, -3.0, 200), (100.0, 3.0, 200)])
def test_what_is_written_is_read_without_a_fault_and_equals_itself(
    effect: float, selection: float, cases: int, tmp_path: Path
) -> None:
    drawn = simulation_files.write(tmp_path / "new", Effects.of(effect), 1, cases, selection)
    read = own_records.read_folder(tmp_path / "new")
    assert tuple(drawn.records) == tuple(read.records) == KINDS
    for kind in KINDS:
        pd.testing.assert_frame_equal(drawn.records[kind], read.records[kind], check_exact=True)


@pytest.fixture(scope="module")
def simulated() -> Simulated:
    return simulated_folder(EFFECTS, 1)


def test_every_code_says_that_it_is_simulated(simulated: Simulated) -> None:
    seen = set()
    for frame in simulated.records.values():
        for name in frame.columns[frame.columns.str.contains("_id|_code")]:
            seen.add(name)
            assert frame[name].dropna().str.split().explode().str.startswith("SIMULATED-").all(), name
    assert len(seen) == 11


def test_countries_are_those_of_the_phases(simulated: Simulated) -> None:
    phases = document.load().phase_frame()["iso3"]
    assert set(simulated.records["cases"]["country"]) == set(phases)
    for kind, column in (("cooperation_requests", "requested"), ("trainings", "country"), ("equipment", "country")):
        assert set(simulated.records[kind][column]) <= set(phases)


def test_records_of_a_case_fit_the_case(simulated: Simulated) -> None:
    cases = simulated.records["cases"].set_index("case_id")
    for kind, day in (("forums", "held"), ("joint_teams", "proposed"), ("operations", "end")):
        rows = simulated.records[kind].assign(case_id=lambda f: f["case_ids"].str.split()).explode("case_id")
        of = cases.loc[rows["case_id"]].reset_index()
        assert (rows[day].to_numpy() >= of["seizure_date"].to_numpy()).all(), kind
        assert all(country in of for country, of in zip(of["country"], rows["countries"], strict=True)), kind
        assert of[SUPPORT].all() or kind != "forums"
    requests = simulated.records["cooperation_requests"].dropna(subset=["case_id"])
    of = cases.loc[requests["case_id"]]
    assert (of["country"].to_numpy() == requests["requesting"].to_numpy()).all()
    assert (of["seizure_date"].to_numpy() <= requests["sent"].to_numpy()).all()
    assert of["transnational_cooperation_used"].all()


def test_who_is_tested_is_who_took_part(simulated: Simulated) -> None:
    trainings, tests = simulated.records["trainings"], simulated.records["knowledge_tests"]
    key = ["training_id", "country", "agency"]
    tested = tests.groupby(key).agg(persons=("person_code", "nunique"), women=("sex", lambda s: s.eq("female").sum()))
    both = trainings.join(tested.add_prefix("tested_"), on=key)
    assert (both["participants"] == both["tested_persons"]).all()
    recorded = both["women"].notna()
    assert (both["women"] == both["tested_women"])[recorded].all()
    assert (both["women"] + both["men"] == both["participants"])[recorded].all()


def test_a_seed_repeats_every_record(simulated: Simulated) -> None:
    again, other = simulated_folder(EFFECTS, 1), simulated_folder(EFFECTS, 2)
    for kind, frame in simulated.records.items():
        pd.testing.assert_frame_equal(frame, again.records[kind])
        assert not frame.equals(other.records[kind])


@pytest.mark.parametrize(("cases", "seconds"), [(2000, 1.0), (50_000, 10.0)])
def test_drawing_takes_no_time_to_speak_of(cases: int, seconds: float) -> None:
    began = time.process_time()
    simulated_folder(EFFECTS, 1, cases)
    assert time.process_time() - began < seconds


# --- What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1000.0, float("nan"), float("inf")])
def test_a_ratio_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(ParameterError, match=r"give a ratio from 0\.01 to 100"):
        Effects.of(ratio)
    with pytest.raises(ParameterError, match=r"each ratio from 0\.01 to 100"):
        Effects((1.0, ratio, 1.0), 1.0, 1.0, 1.0, 0.0, 1.0)


def test_a_gain_beyond_all_marks_is_refused() -> None:
    with pytest.raises(ParameterError, match="from -30 to 30"):
        Effects((1.0, 1.0, 1.0), 1.0, 1.0, 1.0, 31.0, 1.0)


@pytest.mark.parametrize("selection", [4.0, -4.0, float("nan"), float("inf")])
def test_a_selection_beyond_what_is_exact_is_refused(selection: float) -> None:
    with pytest.raises(ParameterError, match="give a number from -3 to 3"):
        simulated_folder(EFFECTS, 1, selection=selection)


# --- The command --------------------------------------------------------------------------------------------------------


def typed(*words: object) -> str:
    """What `crimjust simulate` prints; what it raises is raised here."""
    done = CliRunner().invoke(crimjust, ["simulate", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_writes_a_folder_that_says_simulated_and_what_is_true(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal"
    told = typed(folder, "--seed", 3, "--effect", 2, "--selection", 0, "--cases", 300)
    assert "cases.csv: 300 SIMULATED cases\n" in told
    assert {path.name for path in folder.iterdir()} == {*(f"{kind}.csv" for kind in KINDS), "README.txt", "truth.json"}
    assert list(tmp_path.iterdir()) == [folder]
    assert (folder / "README.txt").read_text(encoding="utf-8").startswith("SIMULATED RECORDS\n")
    told = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    drawn = simulated_folder(EFFECTS, 3, 300, 0.0)
    assert told["truth"] == drawn.truth
    assert (told["data_status"], told["seed"], told["selection"]) == ("simulated", 3, 0.0)
    pd.testing.assert_frame_equal(own_records.read(folder / "cases.csv", "cases"), drawn.records["cases"])


def test_an_empty_folder_is_written_into(tmp_path: Path) -> None:
    typed(tmp_path, "--seed", 1, "--cases", 200)
    assert (tmp_path / "cases.csv").is_file()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--cases", -5), "cases is -5; give a whole number of 200 or more"),
        (("--effect", 0), "The effect is 0; give a ratio"),
        (("--selection", "nan"), "The selection is nan; give a number"),
        (("--seed", -1), "seed is -1; give a whole number of 0 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words_and_writes_nothing(
    words: tuple[object, ...], says: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=says):
        typed(tmp_path / "new", "--seed", 1, *words)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "cases.csv"
    kept.write_text("theirs")
    with pytest.raises(DataError, match="holds files, and nothing is written beside them"):
        typed(tmp_path, "--seed", 1)
    with pytest.raises(DataError, match=r"cases\.csv is a file; name a new folder"):
        typed(kept, "--seed", 1)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        if path.name == "truth.json":
            raise OSError(28, "No space left on device")
        return whole(path, content)

    whole = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        typed(tmp_path / "new", "--seed", 1, "--cases", 200)
    assert list(tmp_path.iterdir()) == []
