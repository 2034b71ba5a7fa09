"""Runs under an evaluator's own plan: always a variant of that plan, which keeps it and reads nothing made under another."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from toy_checkout import CELLS, Checkout

from crimjust_research.errors import ParameterError, RunError
from crimjust_research.evidence import plan
from crimjust_research.runs import given_plan_faults, jobs, kept, promotion, record, runner
from crimjust_research.runs.comparison import compare
from crimjust_research.runs.given_plan import Given
from crimjust_research.runs.record import Layout, Present
from crimjust_research.sources import Sources

RUN, READER = "01_toy", "00_reader"
PLAN = """whose = "The evaluators"
dated = "2027-03-01"
standing = "Nothing."
[question."toy.total"]
parameters = {{ factor = {factor} }}
"""
Write = Callable[..., Given]


@pytest.fixture
def write(checkout: Checkout) -> Write:
    """Writes a plan into a checkout of two notebooks, of which one reads the results of the other, and reads it."""
    checkout.notebook(RUN, [f"{CELLS[0]}\nstudy", *CELLS[1:]])
    read = CELLS[1] + "\nprint([(run.name, float(run.estimates['estimate'].iloc[0])) for run in study.runs()])"
    checkout.notebook(READER, [CELLS[0], read, CELLS[2]], reads="results")

    def written(factor: int = 3, name: str = "mine.toml") -> Given:
        file = checkout.root / name
        file.write_text(PLAN.format(factor=factor))
        return given_plan_faults.read(file)

    return written


def pooled(folder: Path) -> list[dict[str, str]]:
    with (folder / promotion.POOLED).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_run_under_a_plan_is_a_variant_that_keeps_it(
    checkout: Checkout, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A person's own variable reaches no run that was not told to be under a plan.
    given = write()
    monkeypatch.setenv(plan.VARIABLE, str(checkout.root / given.name))
    monkeypatch.setenv("CRIMJUST_RESULTS", str(checkout.root))
    assert runner.run("all").done == (Layout(checkout.reports, RUN), Layout(checkout.reports, READER))
    reference = {name: content for name, content in checkout.files().items() if not name.startswith("variants/")}
    assert "own_plan" not in record.load(Layout(checkout.reports, RUN))

    folder = checkout.reports / "variants" / given.variant
    toy, reader = Layout(folder, RUN), Layout(folder, READER)
    assert jobs.due("all", own=given) == (
        "01_toy, factor=3: would run: there are no results yet",
        "00_reader: would run: there are no results yet; the results it reads are computed anew",
    )
    assert not folder.exists()
    assert runner.run("all", own=given).done == (toy, reader)
    assert (folder / plan.FILE).read_bytes() == given.content
    assert record.load(toy)["own_plan"] == given.sha256 == plan.of(folder).own.sha256  # type: ignore[union-attr]
    assert {name: checkout.files()[name] for name in reference} == reference
    # What the plan says is no departure, and its estimate is the answer.
    assert record.assessment(toy)["departures"] == []
    assert [(row["role"], row["estimate"], row["p_adjusted"]) for row in pooled(folder)][-1] == ("primary", "54", "1")
    assert "By the plan of The evaluators, dated 1 March 2027" in toy.results[0].read_text()
    assert str(checkout.root) not in toy.results[0].read_text()

    # A reader reads what was made under the plan, and is current as long as that is.
    assert "[('01_toy', 54.0)]" in reader.results[0].read_text()
    read = {table["table"] for table in record.load(reader)["tables"]} - {"counts"}
    assert read == {
        f"reports/variants/{folder.name}/{n}" for n in ("assessments/01_toy.json", "tables/01_toy/estimates.csv")
    }
    assert set(runner.run("all", own=given).unchanged) == {toy, reader}
    jobs.require_current(folder, Present(Sources()))
    promotion.require_pooled(folder, "")
    said = toy.results[1]
    said.write_text(said.read_text().replace("There were", "There are"))
    assert jobs.due(READER, own=given) == ("00_reader: would run: results it reads changed (01_toy)",)

    # Listed and compared with whose plan it is, and with what runs it again: under the plan that is kept.
    (variant,) = kept.kept_variants()
    assert variant.own is not None
    assert variant.own.whose == "The evaluators"
    commands = {each.run: variant.command(each) for each in variant.runs}
    assert commands[RUN] == f"crimjust run 01_toy --plan reports/variants/{folder.name}/plan.toml --name {folder.name}"
    assert (compare("reference", folder.name, RUN).plans.a, compare("reference", folder.name, RUN).plans.b) == (
        "registered",
        "the plan of The evaluators, dated 1 March 2027",
    )
    again = given_plan_faults.read(folder / plan.FILE)
    assert runner.run(RUN, own=again, variant=folder.name).done == (toy,)
    # Who changes the plan that is kept is told, and so is who asks for its report.
    (folder / plan.FILE).write_bytes(given.content + b"# more\n")
    with pytest.raises(RunError, match=r"plan\.toml changed"):
        jobs.require_current(folder, Present(Sources()))
    (folder / plan.FILE).write_bytes(b"nothing = 1")
    (variant,) = kept.kept_variants()
    assert (variant.runs, len(variant.faults)) == ((), 1)
    assert "is not what plan.toml in its folder holds now; put plan.toml back as it was (sha256" in variant.faults[0]


def test_results_whose_plan_is_gone_are_those_of_no_other(write: Write) -> None:
    given = write()
    (done,) = runner.run(RUN, own=given, variant="mid").done
    before = done.record.read_bytes()
    (done.folder / plan.FILE).unlink()
    told = r"variant 'mid' was made under a plan that is not in its folder any more; put plan\.toml back"
    with pytest.raises(ParameterError, match=told):
        runner.run(RUN, {"factor": "3"}, variant="mid")
    with pytest.raises(ParameterError, match=told):
        runner.run(RUN, own=write(factor=4, name="other.toml"), variant="mid")
    with pytest.raises(ParameterError, match=told):
        kept.plan_of(done.folder)
    assert done.record.read_bytes() == before
    (variant,) = kept.kept_variants()
    assert "is not in its folder any more" in variant.faults[0]
    assert runner.run(RUN, own=given, variant="mid").done == (done,)  # its own runs keep it anew
    assert (done.folder / plan.FILE).read_bytes() == given.content


def test_a_plan_put_beside_results_of_the_registered_one_is_not_theirs(write: Write) -> None:
    (done,) = runner.run(RUN, {"factor": "4"}, variant="four").done
    (done.folder / plan.FILE).write_bytes(write().content)
    with pytest.raises(
        ParameterError, match=r"made under the registered plan, and a plan\.toml was put into its folder"
    ):
        runner.run(RUN, {"factor": "4"}, variant="four")


def test_a_parameter_beside_a_plan_departs_from_that_plan(checkout: Checkout, write: Write) -> None:
    given = write()
    (done,) = runner.run(RUN, {"factor": "4"}, own=given, variant="four").done
    assert record.assessment(done)["departures"] == ["factor is 4; the plan has 3"]
    assert [row["role"] for row in pooled(done.folder)] == ["secondary"]
    (variant,) = kept.kept_variants()
    assert variant.command(variant.runs[0]) == (
        "crimjust run 01_toy -p factor=4 --plan reports/variants/four/plan.toml --name four"
    )
    assert checkout.reports / "variants" / "four" == done.folder


def test_a_variant_is_of_one_plan(checkout: Checkout, write: Write) -> None:
    given = write()
    runner.run(RUN, own=given, variant="mine")
    runner.run(RUN, {"factor": "5"}, variant="five")
    for own, name, message in (
        (write(7, "other.toml"), "mine", "made under another plan"),
        (None, "mine", r"run into it with --plan reports/variants/mine/plan\.toml"),
        (given, "five", "made under the registered plan"),
    ):
        before = checkout.files()
        with pytest.raises(ParameterError, match=message):
            runner.run(RUN, own=own, variant=name, force=True)
        with pytest.raises(ParameterError, match=message):
            jobs.due(RUN, own=own, variant=name)
        assert checkout.files() == before


def test_what_reads_results_is_not_run_where_none_are_made_under_its_plan(checkout: Checkout, write: Write) -> None:
    given = write()
    runner.run(RUN)  # the reference is made under another
    with pytest.raises(
        RunError, match=r"none that were made under this plan; .*run all --plan mine\.toml --name empty"
    ):
        runner.run(READER, own=given, variant="empty")
    assert not (checkout.reports / "variants" / "empty").exists()


def test_a_run_that_fails_leaves_no_plan_behind(checkout: Checkout, write: Write) -> None:
    given = write()
    checkout.notebook(RUN, [*CELLS[:1], "raise ValueError('no')", *CELLS[1:]])
    with pytest.raises(RunError, match="ValueError"):
        runner.run(RUN, own=given)
    assert not (checkout.reports / "variants" / given.variant).exists()


def test_equal_plans_come_to_equal_bytes(checkout: Checkout, write: Write) -> None:
    given = write()
    for name in ("one", "two"):
        runner.run(RUN, own=given, variant=name)
    one, two = (Layout(checkout.reports / "variants" / name, RUN) for name in ("one", "two"))
    assert one.hashes() == two.hashes()
    assert one.record.read_bytes() == two.record.read_bytes()
    assert json.loads(one.record.read_text())["plan"] == record.file_hash(checkout.root / record.PLAN)
