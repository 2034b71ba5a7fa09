"""What a year's report reads: figures of the year with what they are held against, own records, and changes of sources."""

import math
from pathlib import Path

import pandas as pd
import pytest

import annual_results
from crimjust_research import framework
from crimjust_research.data.catalog import Catalog
from crimjust_research.data.tables import Field, Licence, Release, Source, Table
from crimjust_research.errors import DataError, ParameterError, RunError
from crimjust_research.evidence.targets import Target
from crimjust_research.report.annual import figures, own, releases


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    annual_results.publish(tmp_path)
    return tmp_path


def test_each_figure_of_the_year_comes_with_its_baseline_parts_history_and_status(reports: Path) -> None:
    told = figures.read(reports, framework.load(), 2024)
    lines = {line.key: line for line in told.lines}
    assert set(lines) == {"wjp_8_1", "wjp_8_7", "women_trained", "countries_joined"}
    line = lines["wjp_8_1"]
    assert line.baseline
    assert (line.baseline.value, line.baseline.ends) == (0.41, (0.37, 0.45))
    assert [at for at, _ in line.history] == [2020, 2021, 2022, 2024]
    assert [(by, [(group, part.value) for group, part in groups]) for by, groups in line.parts] == [
        ("phase", [("phase 1", 0.5), ("phase 2", 0.36)])
    ]
    # The paired change excludes zero, though the intervals of the two years overlap; the other's does not.
    assert {key: line.status for key, line in lines.items()} == {
        "wjp_8_1": "higher",
        "wjp_8_7": "not told apart from the baseline",
        "women_trained": "counted",
        "countries_joined": "counted",
    }


def test_a_change_that_does_not_hold_beside_the_others_is_not_told_apart(tmp_path: Path) -> None:
    rows = [row | {"change_holds": False} if "change" in row else row for row in annual_results.ROWS]
    annual_results.publish(tmp_path, rows)
    (line,) = (one for one in figures.read(tmp_path, framework.load(), 2024).lines if one.key == "wjp_8_1")
    assert line.now.change == (0.02, 0.01, 0.03)
    assert line.status == "not told apart from the baseline"


def test_a_target_of_a_plan_stands_with_its_indicator(reports: Path) -> None:
    targets = {
        "wjp_8_1": Target(at_least=0.45, by=2024, source="s"),
        "wjp_8_7": Target(at_least=0.9, by=2027, source="s"),
        "countries_joined": Target(at_least=20, by=2024, source="s"),
        "women_trained": Target(at_least=0.1, by=2023, source="s"),
    }
    lines = {line.key: line for line in figures.read(reports, framework.load(), 2024, targets).lines}
    assert {key: line.aim for key, line in lines.items()} == {
        "wjp_8_1": "cannot be told of 2024 (the interval spans it)",  # 0.39 to 0.47
        "wjp_8_7": "not due before 2027",
        "women_trained": "no figure of 2023",
        "countries_joined": "reached in 2024, as it was at the baseline",
    }
    assert lines["wjp_8_1"].status == "higher"


def test_indicators_without_a_figure_of_the_year_are_all_the_others(reports: Path) -> None:
    all_of_them = framework.load()
    told = figures.read(reports, all_of_them, 2022)
    assert [line.key for line in told.lines] == ["wjp_8_1"]
    assert len(told.without) == len(all_of_them.indicators) - 1


@pytest.mark.parametrize(("year", "status"), [(2020, "before the baseline"), (2021, "baseline")])
def test_a_year_is_not_held_against_a_baseline_that_is_not_before_it(reports: Path, year: int, status: str) -> None:
    (line,) = figures.read(reports, framework.load(), year).lines
    assert line.status == status


def test_a_year_without_any_figure_is_refused_with_those_there_are(reports: Path) -> None:
    with pytest.raises(ParameterError, match=r"no indicator has a figure of 2023; .* 2020 to 2022, 2024\."):
        figures.read(reports, framework.load(), 2023)
    later = r"The run was asked for figures to 2024: .* set year = 2026 in the parameters of .*14_evaluation\.ipynb and type"
    with pytest.raises(ParameterError, match=later):
        figures.read(reports, framework.load(), 2026)
    assert not figures.read(reports, framework.load(), 2023, alone=False).lines


def test_missing_results_are_named_with_the_command_that_mends_them(reports: Path) -> None:
    table = reports / "tables" / "14_evaluation" / "indicators_by_year.csv"
    text = table.read_text()
    table.write_text(text.replace("change_low", "low"))
    with pytest.raises(DataError, match=r"lacks the column 'change_low'; run `crimjust run 14_evaluation` again"):
        figures.read(reports, framework.load(), 2024)
    table.unlink()
    with pytest.raises(RunError, match=r"indicators_by_year\.csv is missing; run `crimjust run 14_evaluation` again"):
        figures.read(reports, framework.load(), 2024)
    table.write_text(text)
    annual_results.publish(reports, baselines=annual_results.BASELINES[1:])
    with pytest.raises(DataError, match=r"wjp_8_1: its baseline .* run `crimjust run 14_evaluation` again"):
        figures.read(reports, framework.load(), 2024)


@pytest.mark.parametrize("simulated", [True, False])
def test_own_records_are_read_off_the_results_of_their_run(tmp_path: Path, simulated: bool) -> None:
    found = own.read(annual_results.publish_own(tmp_path / "kept", 2019, simulated=simulated), 2019)
    assert found.simulated is simulated
    assert found.made == ("SIMULATED " if simulated else "")
    assert (found.variant, found.source, found.min_cell) == ("kept", "rehearsal", 5)
    assert found.supplied == {"cases": 195, "trainings": 25}
    assert found.missing == ("joint teams",)
    # Comparisons of supported with other cases, and what is recovered of a truth, are not the year's.
    assert [one.id for one in found.found] == [
        *("cases.opened_180", "requests.answer_median", "trainings.women", "agencies.reached"),
        *("expenditure.spent_of_budget", "cost.per_person"),
    ]
    women = found.estimate("trainings.women")
    assert women
    assert (women.told.value, women.told.ends) == (0.36, None)
    assert found.money == {"US dollars planned": 8_800_000, "US dollars spent": 7_100_000}
    (told, hidden) = (share for *_, share in found.groups)
    assert told == 0.2857
    assert math.isnan(hidden)


def test_own_records_stand_as_figures_of_indicators_beside_an_earlier_year_and_a_target(tmp_path: Path) -> None:
    now, before = (own.read(annual_results.publish_own(tmp_path / str(at), at), at) for at in (2024, 2021))
    chain = framework.load()
    (named,) = [one.key for one in chain.indicators if "11_own_records#cases.opened_180" in one.estimates]
    lines = {line.found.id: line for line in own.lines_of(now, before, chain)}
    opened = lines["cases.opened_180"]
    assert opened.indicator
    assert (opened.indicator.key, opened.status) == (named, "not told apart from the baseline")
    assert opened.was
    assert opened.was.value == 0.31
    assert lines["trainings.women"].status == "no interval"
    assert (lines["agencies.reached"].indicator, lines["agencies.reached"].status) == (None, "no indicator")
    (alone,) = [line for line in own.lines_of(now, None, chain) if line.found.id == "cases.opened_180"]
    assert (alone.was, alone.status) == (None, "no baseline")
    target = Target(at_least=0.61, by=2024, source="s")
    (later,) = [
        line for line in own.lines_of(now, before, chain, {named: target}) if line.found.id == "cases.opened_180"
    ]
    assert (later.status, later.target, later.aim) == (opened.status, target, "not reached in 2024")
    # Records of two years tell nothing of one between them.
    between = own.lines_of(now, before, chain, {named: Target(at_least=0.1, by=2023, source="s")})
    assert [line.aim for line in between if line.found.id == "cases.opened_180"] == ["no figure of 2023"]


def test_a_target_judges_the_first_estimate_that_an_indicator_names_and_no_other(tmp_path: Path) -> None:
    now = own.read(annual_results.publish_own(tmp_path, 2024), 2024)
    ids = ("11_own_records#trainings.women", "11_own_records#cases.opened_180")
    chain = framework.load()
    one = next(one for one in chain.indicators if one.estimates).model_copy(
        update={"estimates": ids, "better": "higher"}
    )
    target = Target(at_least=0.2, by=2024, source="s")
    lines = own.lines_of(now, None, chain.model_copy(update={"indicators": (one,)}), {one.key: target})
    told = {line.found.id: (line.target, line.aim, line.status) for line in lines if line.indicator}
    assert told == {
        "trainings.women": (target, "reached in 2024", "no baseline"),
        "cases.opened_180": (None, "", "no baseline"),
    }


def test_own_records_without_anything_to_part_them_by_have_no_groups(tmp_path: Path) -> None:
    assert own.read(annual_results.publish_own(tmp_path, 2019, groups=False), 2019).groups == ()


def test_a_table_missing_from_own_results_is_named(tmp_path: Path) -> None:
    layout = annual_results.publish_own(tmp_path, 2019)
    (layout.results[3] / "totals_simulated.csv").unlink()
    with pytest.raises(DataError, match=r"totals_simulated\.csv is missing; run `crimjust run 11_own_records` again"):
        own.read(layout, 2019)


def _stored(folder: Path, *vintages: tuple[str, dict[int, float]]) -> Catalog:
    table = Table(
        name="deaths",
        title="Deaths by year",
        description="One row is a year.",
        fields=(Field("year", "year", "Year."), Field("deaths", "number", "Deaths.")),
        primary_key=("year",),
        licences=(Licence("CC0-1.0", "CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),),
        sources=(Source("A publisher", "https://example.org/"),),
        time="year",
    )
    catalog = Catalog(folder)
    for vintage, deaths in vintages:
        catalog.store([Release(table, vintage, pd.DataFrame({"year": list(deaths), "deaths": list(deaths.values())}))])
    return catalog


def test_changes_are_those_of_releases_that_touch_the_year_or_were_published_in_it(tmp_path: Path) -> None:
    raw = _stored(
        tmp_path,
        ("2022", {2020: 10.0, 2021: 20.0}),
        ("2023", {2020: 10.0, 2021: 25.0, 2022: 30.0}),  # 2021 revised by a quarter, 2022 added
        ("2024", {2020: 10.0, 2021: 25.0, 2022: 30.0, 2023: 5.0}),
    )
    (change,) = releases.changes(raw, 2021)
    assert (change.old, change.new, change.year_compared) == ("2022", "2023", 1)
    assert change.of_year == {"added": 0, "removed": 0, "revised": 1}
    assert change.largest == "deaths, from 20 to 25"
    (added,) = releases.changes(raw, 2022)
    assert (added.new, added.of_year["added"], added.largest) == ("2023", 1, "")
    # Published in the year, though it changes none of its figures.
    assert [one.new for one in releases.changes(raw, 2024)] == ["2024"]
    assert releases.changes(raw, 2020) == ()
    assert releases.published(raw, 2023) == (("deaths", "2023"),)
