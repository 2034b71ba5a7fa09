"""`crimjust design`: a panel and phases as people keep them, what is told of them, and what is refused in which words."""

from __future__ import annotations

import csv
import io
import re
from inspect import cleandoc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from workbook_files import write_workbook

from crimjust_research.cli import crimjust
from crimjust_research.cli.design import design
from crimjust_research.data import rollout_files
from crimjust_research.designs.rollout import operating
from crimjust_research.designs.rollout.permutation import reassignments
from crimjust_research.errors import DataError, ParameterError

UNITS = [f"Province {number}" for number in range(1, 21)]
YEARS = range(2015, 2025)
PLACE = {name: place for names in (UNITS, YEARS) for place, name in enumerate(names)}


@pytest.fixture
def wide() -> pd.DataFrame:
    """SIMULATED outcomes of 20 provinces in ten years."""
    rng = np.random.default_rng(3)
    values = 40 + 8 * rng.normal(size=(20, 1)) + 2 * rng.normal(size=(20, 10)).cumsum(axis=1)
    return pd.DataFrame(values.round(1), pd.Index(UNITS, name="unit"), YEARS)


@pytest.fixture
def long(wide: pd.DataFrame) -> pd.DataFrame:
    melted = wide.reset_index().melt("unit", var_name="period", value_name="outcome")
    return melted.sort_values(["unit", "period"], key=lambda column: column.map(PLACE), ignore_index=True)


@pytest.fixture
def phases() -> pd.DataFrame:
    return pd.DataFrame({"unit": UNITS, "phase": np.repeat(list("ABCD"), 5), "start": np.repeat(range(2019, 2023), 5)})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long: pd.DataFrame, phases: pd.DataFrame) -> Path:
    monkeypatch.chdir(tmp_path)
    long.to_csv("provinces.csv", index=False)
    phases.to_csv("phases.csv", index=False)
    return tmp_path


def call(*options: str, panel: str = "provinces.csv", phases: str = "phases.csv") -> Result:
    words = ["design", "--panel", panel, "--phases", phases, *options]
    return CliRunner().invoke(crimjust, words, catch_exceptions=False)


def held(panel: str = "provinces.csv", phases: str = "phases.csv") -> rollout_files.OwnPanel:
    return rollout_files.read(Path(panel), Path(phases))


# --- What is told -----------------------------------------------------------------------------------------------


def test_what_the_roll_out_could_find_is_told(wide: pd.DataFrame) -> None:
    told = call("--effect", "2", "--output", "found.csv").output
    assert "20 units in 10 periods (2015 to 2024), 200 outcomes; 4 phases, starts in 2019, 2020, 2021, 2022" in told
    assert "24 different orders of whole phases: the least p that a permutation test can give is 0.042" in told
    assert "tried 5 of 5: permutation of the starts" in told
    assert re.search(r"the permutation test finds an effect of \d", told)
    assert re.search(
        r"generalised least squares would find an effect of \d.* in 80 of 100 if units shared nothing", told
    )
    rows = list(csv.DictReader(io.StringIO(Path("found.csv").read_text())))
    starts = np.repeat([4.0, 5, 6, 7], 5)
    phase = np.repeat(range(4), 5)
    tried = operating.trial(wide.to_numpy(), reassignments(starts, phase=phase), 2.0, phase=phase)
    for row, by_hand in zip(rows, operating.characteristics(tried), strict=True):
        assert row["estimator"] == by_hand.estimator
        for name in ("size", "power", "bias", "error", "coverage"):
            assert float(row[name]) == pytest.approx(getattr(by_hand, name))
        assert (row["effect"], row["exact"], int(row["assignments"])) == ("2", "True", 24)
    shown = {line[:42].strip(): line[42:].split() for line in told.splitlines()}
    assert shown[rows[0]["estimator"]][1] == f"{float(rows[0]['power']):.0%}"


def test_examples_of_the_help_run() -> None:
    examples = [
        line.split()[1:] for line in cleandoc(design.help or "").splitlines() if line.startswith("  crimjust design")
    ]
    assert len(examples) == 2
    for words in examples:
        done = CliRunner().invoke(crimjust, words, catch_exceptions=False)
        assert done.exit_code == 0
        assert "permutation of the starts" in done.output
    assert Path("found.csv").exists()
    with pytest.raises(DataError, match="is there already and is not written over"):
        call("--output", "found.csv", "--effect", "not yet looked at")


def test_draws_are_repeated_by_their_seed() -> None:
    first, again, other = (call("--lot", "units", "--draws", "99", "--seed", seed).output for seed in ("1", "1", "2"))
    assert first == again != other
    assert "100 drawn orders of units" in first
    assert "clustered by phase" not in first


def test_a_design_that_can_never_find_anything_says_so(phases: pd.DataFrame) -> None:
    phases.assign(start=np.repeat([2019, 2019, 2021, 2021], 5)).to_csv("phases.csv", index=False)
    told = call().output
    assert "6 different orders of whole phases: the least p that a permutation test can give is 0.333" in told
    assert "it can never find anything at 5%: draw lots for units (--lot units), or plan more starts" in told
    assert "the permutation test finds no effect, however large," in told
    assert "one standard deviation about unit and period means" in told


def test_an_effect_may_grow_and_phases_never_start(phases: pd.DataFrame) -> None:
    phases.assign(start=phases["start"].astype("str").replace("2022", "")).to_csv("phases.csv", index=False)
    told = call("--effect", "0.5/1/2").output
    assert "starts in 2019, 2020, 2021, one never" in told
    assert "effect put in: 0.500 then 1 then 2\n" in told
    assert re.search(r"the permutation test finds \d.* times this effect", told)


def test_few_orders_condemn_no_test_by_chance() -> None:
    told = call("--effect", "2").output
    shown = {line[:42].strip(): line[42:].split() for line in told.splitlines() if "%" in line and line[:3] != "  t"}
    loose = told.partition("reject too often on this panel")[2].partition("\n\n")[0]
    sizes = {name: float(row[0].rstrip("%")) for name, row in shown.items() if len(row) == 5}
    assert len(sizes) == 5
    # Of 24 orders four may be rejected by a test of 5% that is sound: binomial, 97.5%.
    assert "over 24 orders a sound test may by chance show a size of up to 16.7%" in told
    for name, size in sizes.items():
        assert (name in loose) == (size > 16.7), name
    assert any(7.5 < size <= 16.7 for size in sizes.values())
    assert "up to 6.4%" in call("--lot", "units").output


def test_columns_stay_apart_and_effects_keep_their_sign(long: pd.DataFrame) -> None:
    long.assign(outcome=long["outcome"] * 1e9).to_csv("provinces.csv", index=False)
    told = call("--effect", "-2000000000").output
    assert told == call("--effect", "−2000000000").output  # as the command itself writes it
    table = [line for line in told.splitlines() if line.startswith(("two-way", "first-order", "group", "permutation"))]
    assert len(table) == 5
    assert all(len(line[42:].split()) == 5 for line in table)
    assert re.search(r"permutation test finds an effect of −\d", told)


def test_two_thousand_units_are_dealt_starts() -> None:
    units = [f"U{number}" for number in range(2000)]
    values = np.random.default_rng(1).normal(size=(2000, 4)).round(4)
    pd.DataFrame(values, pd.Index(units, name="unit"), range(2020, 2024)).to_csv("provinces.csv")
    made = pd.DataFrame({"unit": units, "phase": np.repeat([1, 2], 1000), "start": np.repeat([2021, 2022], 1000)})
    made.to_csv("phases.csv", index=False)
    assert "100 drawn orders of units" in call("--lot", "units", "--draws", "99").output


# --- Files as people keep them ----------------------------------------------------------------------------------


def test_layouts_that_say_the_same_are_read_alike(wide: pd.DataFrame, long: pd.DataFrame) -> None:
    plain = held()
    assert plain.outcomes == pytest.approx(wide.to_numpy())
    assert plain.starts.tolist() == np.repeat([4.0, 5, 6, 7], 5).tolist()
    assert (plain.periods[0], plain.phase[19]) == ("2015", "D")
    wide.to_csv("wide.csv")
    long.rename(columns={"unit": "Unit", "outcome": " OUTCOME "}).to_csv(
        "semicolons.csv", sep=";", decimal=",", index=False
    )
    Path("titled.csv").write_text("Seizures by province\n\n" + long.sample(frac=1, random_state=1).to_csv(index=False))
    write_workbook(Path("book.xlsx"), {"Figures": [list(long.columns), *long.astype(object).to_numpy().tolist()]})
    for name in ("wide.csv", "semicolons.csv", "titled.csv", "book.xlsx"):
        other = held(name)
        by_name = [other.units.index(unit) for unit in plain.units]
        assert other.outcomes[by_name] == pytest.approx(plain.outcomes), name
        assert (other.starts[by_name] == plain.starts).all()


def test_gaps_are_gaps_and_a_start_between_periods_is_the_next(long: pd.DataFrame) -> None:
    gaps = long.astype({"outcome": object})
    gaps.loc[3, "outcome"] = ""
    gaps[~gaps["period"].isin([2020])].drop(index=26).to_csv("provinces.csv", index=False)
    read = held()
    assert read.outcomes.shape == (20, 9)
    assert np.argwhere(np.isnan(read.outcomes)).tolist() == [[0, 3], [2, 5]]
    # A start in 2020, of which there are no outcomes, shows in those of 2021 first.
    assert np.unique(read.starts).tolist() == [4, 5, 6]
    call()


def test_quarters_and_months_are_periods(long: pd.DataFrame, phases: pd.DataFrame) -> None:
    for write in (lambda n: f"{2020 + n // 4}-Q{n % 4 + 1}", lambda n: f"{2020 + n // 12}-{n % 12 + 1:02}"):
        long.assign(period=[write(year - 2015) for year in long["period"]]).to_csv("provinces.csv", index=False)
        phases.assign(start=[write(year - 2015) for year in phases["start"]]).to_csv("phases.csv", index=False)
        assert held().starts.tolist() == np.repeat([4.0, 5, 6, 7], 5).tolist()


# --- What is refused --------------------------------------------------------------------------------------------


def refused(match: str, *options: str) -> None:
    with pytest.raises((DataError, ParameterError), match=match):
        call(*options)


def panel_as(frame: pd.DataFrame) -> None:
    frame.to_csv("provinces.csv", index=False)


def phases_as(frame: pd.DataFrame) -> None:
    frame.to_csv("phases.csv", index=False)


def test_panels_that_cannot_be_read_are_refused(long: pd.DataFrame) -> None:
    panel_as(long.rename(columns={"outcome": "outcomes"}))
    refused(
        "provinces.csv has no column 'outcome'; did you mean 'outcomes'\\? rename or add it: the table must have unit"
    )
    panel_as(long.set_axis(["Provincia", "Trimestre", "Casos"], axis=1).round())
    refused("no column 'unit'; .* has 'Provincia', 'Trimestre', 'Casos'")
    panel_as(pd.concat([long, long.iloc[[12]]]))
    refused(r"provinces.csv: 'Province 2' has two rows for one period; keep one: 2017 \(rows 14, 202\)")
    panel_as(long.astype({"outcome": object}).replace({"outcome": {long["outcome"][7]: "about 12"}}))
    refused("row 9, outcome = 'about 12': must be a number")
    either = long.assign(outcome=(long["outcome"] + 0.001).map("{:.3f}".format))
    panel_as(either)
    refused(
        "row 2, outcome = .*: may have three decimals or be one of thousands, .* write one number with another digit"
    )
    # Nor does 9000 without a sign tell it, which stands beside 12.500 where points are between thousands.
    panel_as(long.assign(outcome=["12.500", *["9000"] * (len(long) - 1)]))
    refused("row 2, outcome = '12.500': may have three decimals or be one of thousands")
    # The remedy that is named does help.
    panel_as(either.assign(outcome=[f"{either['outcome'][0]}0", *either["outcome"][1:]]))
    assert held().outcomes[0, 1] == pytest.approx(long["outcome"][1] + 0.001)
    panel_as(long.assign(period=long["period"].astype("str").replace("2016", "last year")))
    refused("row 3, period = 'last year'; .* and 15 more: must be a period; write all periods as years")
    panel_as(long.assign(period=long["period"].astype("str").replace("2016", "2016-Q1")))
    refused("periods of more than one kind \\('2015', '2016-Q1'\\)")
    panel_as(long.assign(outcome=""))
    refused("holds no outcome")
    panel_as(long.assign(outcome=3.5))
    refused("nothing varies")
    panel_as(long.assign(outcome=long["outcome"] * 1e-99))
    refused("The outcomes vary by .*e-99 .*or this one in other units")
    panel_as(long.assign(outcome=(long["outcome"] * 1000).round().map("{:.0f}e90".format)))
    refused("infinite or too large")
    odd = (long["period"] + long["unit"].map(PLACE)) % 2 == 1
    panel_as(long[odd])
    refused("two periods that follow each other")
    panel_as(long[(long["unit"] != "Province 3") | (long["period"] == 2015)])
    refused("fewer than two outcomes of 'Province 3', which compare with nothing")
    panel_as(long[(long["period"] != 2018) | (long["unit"] == "Province 3")])
    refused("fewer than two outcomes of '2018'")
    with pytest.raises(
        DataError, match=r"nowhere.csv is not a file; give --panel one with the columns unit, period, outcome"
    ):
        call(panel="nowhere.csv")
    Path("provinces.csv").write_text("")
    refused("provinces.csv is empty; give --panel a table with the columns unit, period, outcome")
    Path("provinces.csv").write_text("unit,period,outcome\nNorth,2015,3,4\n")
    refused("provinces.csv row 2 has 4 cells and the header 3, the last '4'")


def test_phases_that_cannot_be_are_refused(phases: pd.DataFrame) -> None:
    phases_as(pd.concat([phases, phases.iloc[[0]].assign(phase="B")]))
    refused(r"'Province 1' is in the phases 'A' and 'B' \(rows 2, 22\); phases share no unit")
    phases_as(pd.concat([phases, phases.iloc[[0]]]))
    refused(r"'Province 1' stands there 2 times \(rows 2, 22\); keep one row")
    phases_as(phases.assign(start=2019))
    refused("has one start, '2019', for all units, so that nothing is ever compared; give at least two starts")
    phases_as(phases.assign(start=[2018, *phases["start"][1:]]))
    refused(r"phase 'A' starts in '2018', '2019' \(rows 2, 3, 4, 5, 6\); give a phase one start")
    phases_as(phases.assign(start=phases["start"] + 10))
    refused(
        "'Province 1' starts in 2029 \\(row 2\\), and provinces.csv ends in 2024. .* start 8 to 13 periods earlier, as if"
    )
    phases_as(phases.assign(start=2020 + 4 * (phases["start"] - 2019)))
    refused(
        "starts in 2028 .* ends in 2024. .* from before its first start to its last this one takes 14 periods; give outcomes "
        "of a longer time"
    )
    phases_as(phases.assign(start=phases["start"].astype("str").replace("2022", "nunca")))
    refused("start = 'nunca'.*; leave it empty for units that never start")
    phases_as(phases.assign(start=phases["start"] - 4))
    refused(
        "'Province 1' starts in 2015 \\(row 2\\), and provinces.csv begins in 2015; give outcomes of an earlier period"
    )
    phases_as(phases.assign(start=[f"{year}-Q1" for year in phases["start"]]))
    refused("starts in 2019-Q1 \\(row 2\\), and periods of provinces.csv are as '2015'")
    phases_as(phases.replace("Province 7", "Provnce 7"))
    refused("'Province 7' of provinces.csv \\(row 62\\) is not in phases.csv; did you mean 'Provnce 7'\\?")
    phases_as(pd.concat([phases, pd.DataFrame({"unit": ["Elsewhere"], "phase": "A", "start": 2019})]))
    refused("'Elsewhere' of phases.csv \\(row 22\\) is not in provinces.csv; if it is no other, add its outcomes")
    phases_as(phases.iloc[2:])
    refused("'Province 1', 'Province 2' of provinces.csv \\(row 2\\) are not in phases.csv")
    phases_as(phases.assign(phase=["a ", "a ", *phases["phase"][2:]]))
    refused(
        r"phases 'a' and 'A' \(rows 2, 4\) differ in capitals or spaces only; write one phase alike in all its rows"
    )
    phases_as(phases.set_axis(["Provincia", "Fase", "Inicio"], axis=1))
    refused("no column 'unit'; rename or add it: .* has 'Provincia', 'Fase', 'Inicio'")
    phases_as(phases.rename(columns={"start": "begin"}))
    refused("phases.csv has no column 'start'")
    phases_as(phases.assign(phase=["", *phases["phase"][1:]]))
    refused("row 2, phase = '': must name the phase")


def test_effects_that_cannot_be_are_refused() -> None:
    refused("effect path has 11 periods and the panel 10; shorten the path", "--effect", "/".join(["1"] * 11))
    refused("--effect is '0,5'; give a number with a decimal point", "--effect", "0,5")
    refused("not zero", "--effect", "0")
    refused("one that shows before the panel ends", "--effect", "0/0/0/0/0/0/0/1")
    refused("The effect reaches 1e\\+200; give it, and the outcomes, in other units", "--effect", "1e200")
    refused("--effect is 'nan'; give a number", "--effect", "nan")
    refused("--effect is '1/inf'; give a number", "--effect", "1/inf")
    refused("give 99,999 draws at most, or fewer units or periods", "--lot", "units", "--draws", "100000")
    assert call("--draws", "5").exit_code == 2
