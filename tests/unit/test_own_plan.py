"""An evaluator's own plan: what it may say, what it comes to over the registered plan, and every refusal."""

import os
import re
from pathlib import Path

import pytest

from crimjust_research import project
from crimjust_research.errors import ParameterError
from crimjust_research.evidence import own_plan, own_plan_file, plan
from crimjust_research.evidence.plan import Plan
from crimjust_research.runs import environment, given_plan, given_plan_faults, own_plan_template

REGISTERED = plan.load()
HEAD = 'whose = "The evaluators"\ndated = 2027-03-01\nstanding = "All results of 2026."\n'
TREND = '[question."diversification.trend"]\n'
MARGIN = 'margin = {{ value = {}, scale = "{}", says = "a tenth", source = "Argument: a test" }}\n'
OWN = {
    "estimate": '"08_outcome3_diversification#publication_step"',
    "outcome": '"3"',
    "question": '"Did the list of drugs change what is counted?"',
    "asked": '"Did the list change the count?"',
    "whether": '"whether the list changed the count"',
    "asks": '"association"',
    "margin": '{ value = 0.1, scale = "difference", says = "a tenth", source = "Argument: a test" }',
    "threat": '"both lists differ in many ways"',
    "would_answer": '"one year by both lists"',
}


def laid(text: str, head: str = HEAD) -> Plan:
    return own_plan.laid_over(REGISTERED, (head + text).encode(), "mine.toml")


def own(name: str = "diversification.step", **changed: str | None) -> str:
    said = {key: value for key, value in (OWN | changed).items() if value is not None}
    return f'[question."{name}"]\n' + "".join(f"{key} = {value}\n" for key, value in said.items())


def question(of: Plan, name: str) -> plan.Primary:
    return next(p for p in of.known if p.id == name)


def changes(of: Plan) -> tuple[str, ...]:
    assert of.own is not None
    return of.own.changes


def test_a_plan_that_changes_nothing_is_the_registered_one_with_a_name() -> None:
    found = laid("")
    assert changes(found) == ()
    assert found.primaries == REGISTERED.primaries
    assert (found.unasked, found.thresholds, found.sha256) == ((), REGISTERED.thresholds, REGISTERED.sha256)
    assert found.own is not None
    assert (found.own.whose, found.own.dated) == ("The evaluators", "2027-03-01")
    assert laid("").own == found.own
    assert laid("# a remark\n").own.sha256 != found.own.sha256  # type: ignore[union-attr]


def test_a_margin_is_that_of_its_question_alone() -> None:
    found = laid(TREND + MARGIN.format(0.01, "difference"))
    assert [p.id for p in found.primaries if p not in REGISTERED.primaries] == ["diversification.trend"]
    assert question(found, "diversification.trend").margin.value == 0.01
    assert changes(found) == (
        "The margin of “Has what is seized become more diverse?” (diversification.trend) is 0.01 (a tenth); registered is 0.02 "
        "(a fifth more effective kinds of drugs in ten years, about one where there are five).",
    )


def test_parameters_hold_for_all_questions_of_their_notebook() -> None:
    found = laid('[question."joining.investigation"]\nparameters = { start = 2016 }\n')
    assert {question(found, f"joining.{n}").parameters["start"] for n in ("investigation", "adjudication")} == {2016}
    assert found.parameters("05_outcome2_joining")["start"] == 2016
    assert changes(found) == ("In 05_outcome2_joining start is 2016; registered is 2014.",)


def test_a_family_says_over_how_many_p_is_adjusted() -> None:
    found = laid('[outcome.3]\nfamily = ["match.qap", "diversification.trend"]\n')
    assert [p.id for p in found.family("3")] == ["match.qap", "diversification.trend"]
    assert found.level("3") == pytest.approx(0.025)
    assert found.level("2") == REGISTERED.level("2")
    assert {p.id for p in found.unasked} == {p.id for p in REGISTERED.family("3")} - {p.id for p in found.primaries}
    assert sorted(p.id for p in found.known) == sorted(p.id for p in REGISTERED.primaries)
    left, adjusted = changes(found)
    assert left.startswith("Of the 6 registered questions of Outcome 3 it asks only “Do the countries that cooperate")
    assert left.endswith(" (match.qap) and “Has what is seized become more diverse?” (diversification.trend).")
    assert adjusted == "p is adjusted over the questions it asks of Outcome 3: 2; registered are 6."
    family = ", ".join(f'"{p.id}"' for p in REGISTERED.family("3") if p.id != "match.growth_ratio")
    assert changes(laid(f"[outcome.3]\nfamily = [{family}]\n"))[0] == (
        "It does not ask “Has cooperation grown as fast as the drugs it must match have diversified?” (match.growth_ratio), of "
        "Outcome 3."
    )
    none = laid("[outcome.1]\nfamily = []\n")
    assert changes(none) == ("Of the 5 registered questions of Outcome 1 it asks none.",)
    assert none.family("1") == ()
    assert none.level("1") == REGISTERED.thresholds.alpha  # of what is recorded still, and not asked


def test_specifications_that_are_not_listed_do_not_count_and_are_recorded() -> None:
    listed = '["order_0", "order_2", "without_step"]'
    trend = question(laid(f"{TREND}specifications = {listed}\n"), "diversification.trend")
    assert list(trend.counted) == ["without_step", "order_0", "order_2"]
    assert trend.specifications == question(REGISTERED, "diversification.trend").specifications
    assert "wild_bootstrap" in trend.set_aside


def test_what_is_asked_and_doubted_may_be_told_otherwise() -> None:
    found = laid(f'{TREND}asks = "association"\nexpects = -1\nthreat = "t"\nwould_answer = "w"\n')
    trend = question(found, "diversification.trend")
    assert (trend.asks, trend.expects, trend.threat, trend.would_answer) == ("association", -1, "t", "w")
    assert len(changes(found)) == 4


def test_a_question_of_ones_own_joins_the_family_of_its_outcome() -> None:
    found = laid(own())
    asked = question(found, "diversification.step")
    assert asked.own
    assert (asked.notebook, asked.name) == ("08_outcome3_diversification", "publication_step")
    assert asked.assessment == "diversification"
    assert found.family("3")[-1] == asked
    assert found.level("3") == pytest.approx(0.05 / 7)
    assert [asked.estimates(n) for n in ("publication_step", "publication_step.power.half", "publication_step.x")] == [
        True,
        True,
        False,
    ]
    assert changes(found) == (
        "It asks “Did the list change the count?” (diversification.step) besides, in Outcome 3, of the estimate publication_step "
        "in 08_outcome3_diversification, which stands in the reference results as well: for any association, with a margin of "
        "0.1 (a tenth).",
        "p is adjusted over the questions it asks of Outcome 3: 7; registered are 6.",
    )
    assert asked.parameters == REGISTERED.parameters("08_outcome3_diversification")
    less = laid(own(asks='"direction"', expects="-1"))
    assert question(less, "diversification.step").expects == -1
    assert "for a direction, less being expected, with a margin" in changes(less)[0]
    other = laid(own() + "parameters = { end = 2020 }\n")
    assert "reference results" not in changes(other)[0]
    assert "In 08_outcome3_diversification end is 2020; registered is 2022." in changes(other)


def test_numbers_are_told_as_they_stand_in_the_file() -> None:
    found = laid('[question."reviews.rule_of_law"]\n' + MARGIN.format(1.0000000001, "ratio"))
    assert "is 1.0000000001 (a tenth); registered is" in changes(found)[0]


def test_what_is_ruled_out_as_registered_is_not_said_of_another_design() -> None:
    ratio = '[question."match.growth_ratio"]\n'
    with pytest.raises(
        ParameterError, match=r"growth_ratio\.margin cannot be changed: at the registered one its design is ruled out"
    ):
        laid(ratio + MARGIN.format(3.0, "ratio"))
    assert question(laid(ratio + MARGIN.format(1.25, "ratio")), "match.growth_ratio").ruled_out.endswith(
        "five years have 0.241"
    )
    other = question(laid('[question."match.qap"]\nparameters = { end = 2023 }\n'), "match.growth_ratio")
    assert other.ruled_out.endswith("as registered; its power under other parameters is not recorded")
    assert question(laid(""), "match.growth_ratio").ruled_out == question(REGISTERED, "match.growth_ratio").ruled_out


def test_a_file_of_the_evaluator_s_is_told_by_its_name_alone(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.csv"
    found = laid(f'[question."joining.investigation"]\nparameters = {{ outcome_file = "{file.as_posix()}" }}\n')
    assert [change for change in changes(found) if "outcome_file is 'outcomes.csv'" in change]
    assert str(tmp_path) not in " ".join(changes(found))


def test_a_target_stands_in_the_plan() -> None:
    found = laid('[target.wjp_8_1]\nat_least = 0.5\nby = 2028\nsource = "a document"\n')
    assert found.targets["wjp_8_1"].value == 0.5
    assert REGISTERED.targets == {}
    assert changes(found) == ("It sets targets of wjp_8_1, where none is registered.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = = 1", r"mine.toml is not valid TOML: .*line 4"),
        ("extra = 1", "extra is not known; there are: whose"),
        ("[questions.a]\n", "questions is not known; did you mean 'question'"),
        ('[outcome.4]\nfamily = ["match.qap"]\n', "mine.toml: outcome.4"),
        ('[outcome.3]\nfamily = ["match.qaq"]\n', "there is no question 'match.qaq'; did you mean 'match.qap'"),
        ('[outcome.3]\nfamily = ["match.qap", "match.qap"]\n', "outcome.3.family names match.qap twice"),
        ('[outcome.3]\nfamily = ["routes.overlap"]\n', "routes.overlap is of Outcome 1; hold it there"),
        (
            '[question."diversification.trent"]\nthreat = "t"\n',
            "no such question; did you mean 'diversification.trend'",
        ),
        ('[question.trend]\nthreat = "t"\n', "parted by a dot"),
        ('[question.diversification.trend]\nthreat = "t"\n', 'write [question."diversification.trend"]'),
        ("question.diversification.trend.margin.value = 0.01\n", 'write [question."diversification.trend"]'),
        ("".join(f"[outcome.{n}]\nfamily = []\n" for n in "123"), "it asks no question"),
        (
            '[outcome.3]\nfamily = ["match.qap"]\n' + TREND + 'threat = "t"\n',
            "diversification.trend is changed, and no family asks it",
        ),
        (TREND + 'margin = { value = 0.01, scale = "difference", says = "s" }\n', "margin.source is missing; add it"),
        (TREND + 'margin = { value = 0, scale = "difference", says = "s", source = "s" }\n', "margin.value"),
        (TREND + MARGIN.format(1.2, "ratio"), "held against a difference"),
        (
            TREND + MARGIN.format("1e300", "difference"),
            "margin.value does not fit: it should be less than or equal to 1000000000",
        ),
        (TREND + 'marign = "x"\n', "marign is not known"),
        (TREND + 'specifications = ["order_1"]\n', "no cell records 'order_1'; did you mean 'order_"),
        (TREND + 'asks = "equivalence"\n', "asks"),
        ('[question."match.growth_ratio"]\nasks = "direction"\n', "asks cannot be changed"),
        (TREND + "expects = 0\n", "1 is wanted where more is asked for"),
        (TREND + "expects = true\n", "1 is wanted where more is asked for"),
        (TREND + MARGIN.format("true", "difference"), "margin.value does not fit: a number is wanted"),
        (TREND + MARGIN.format('"0.01"', "difference"), "margin.value is '0.01': a number is wanted"),
        ('[target.wjp_8_1]\nat_least = "0.35"\nby = 2027\nsource = "s"\n', "is '0.35': a number is wanted"),
        ('[target.wjp_8_1]\nat_least = true\nby = 2027\nsource = "s"\n', "a number is wanted"),
        ('[target.wjp_8_1]\nat_least = 1\nby = "2027"\nsource = "s"\n', "is '2027': a whole number is wanted"),
        ('[question."markets.seizures_to_deaths"]\nasks = "direction"\n', "does not say which; add `expects`"),
        (own(asks='"direction"'), "asks for a direction says which; add `expects`"),
        (own(threat='" "'), "threat is ' ': a text is wanted"),
        (TREND + "parameters = { begin = 2014 }\n", "has no parameter 'begin'"),
        (TREND + "parameters = { strat = 2014 }\n", "did you mean 'start'"),
        (TREND + "parameters = { start = 2014-01-01 }\n", "parameters.start is a date; write it in quotes"),
        (
            '[question."joining.investigation"]\nparameters = { start = 2016 }\n'
            '[question."joining.adjudication"]\nparameters = { start = 2017 }\n',
            "both are answered by one run of 05_outcome2_joining",
        ),
        (TREND + 'question = "Is it?"\n', "only a question of your own says its question"),
        (own(threat=None), "a question of your own says its threat too"),
        (own("diversification.trend"), "question.diversification.trend is registered"),
        (own(estimate='"publication_step"'), 'as "RUN#ID"'),
        (own(estimate='"08_outcome3_diversity#publication_step"'), "did you mean '08_outcome3_diversification'"),
        (own(estimate='"08_outcome3_diversification#trend.order_0"'), "belongs to the registered question"),
        (own() + own("diversification.again"), "is that of question.diversification.step too"),
        (own("reviews.assets_recovered"), "one that no public data answer"),
        (own(asked='"Did the list of drugs change what is counted from the year on?"'), "55 characters at most"),
        (own(asks='"equivalence"'), "asks"),
        (own(specifications='["a"]'), "has no specifications"),
        ('[outcome.3]\nfamily = ["match.qap"]\n' + own(), "add it to that of Outcome 3"),
        ("[rules.grades]\nanswerable_power = 0.1\n", "rules are the same for every plan"),
        (TREND + "parameters = { confidence_level = 0.9 }\n", "confidence_level cannot be changed"),
        ('[target.wjp_8_1]\nby = 2028\nsource = "s"\n', "either `at_least` or `at_most`"),
        (TREND + 'threat = "\\u202e"\n', "cannot be shown on a page"),
    ],
)
def test_what_is_wrong_is_named_with_its_remedy(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message) if "*" not in message else message) as refused:
        laid(text)
    assert "mine.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "mine.toml does not say whose, dated, standing"),
        (HEAD.replace("2027-03-01", '"2027-02-30"'), "a day of the calendar is wanted"),
        (HEAD.replace("2027-03-01", "2027-02-30"), "is not valid TOML"),
        (HEAD.replace("2027-03-01", "2027"), "a day of the calendar is wanted"),
        (HEAD.replace("2027-03-01", "0001-01-01"), "the year is wanted in which the plan was written"),
        (HEAD.replace("The evaluators", " "), "whose is ' ': a text is wanted"),
        (HEAD.replace("The evaluators", "\\u200b"), "a text is wanted"),
        (HEAD.replace("The evaluators", "We\\u2028They"), "cannot be shown on a page"),
        (HEAD.replace("The evaluators", "The Registered Plan"), "say who answers for this one"),
        (HEAD.replace("All results of 2026.", " "), "standing is ' ': a text is wanted"),
        (HEAD.replace("The evaluators", "x" * 121), "120 characters at most"),
        (HEAD.replace("All results of 2026.", ""), "a text is wanted"),
    ],
)
def test_no_plan_is_anonymous_or_undated(head: str, message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        laid("", head)


def test_a_file_that_is_no_text_or_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="not in UTF-8"):
        own_plan.laid_over(REGISTERED, b"whose = '\xff'", "mine.toml")
    with pytest.raises(ParameterError, match=r"cannot be read .*crimjust plan"):
        own_plan_file.content(tmp_path / "none.toml")
    os.mkfifo(tmp_path / "pipe.toml")
    for no_file in (tmp_path, tmp_path / "pipe.toml"):
        with pytest.raises(ParameterError, match=r"is no file; `crimjust plan` prints"):
            own_plan_file.content(no_file)
    with pytest.raises(ParameterError, match="is a registered plan"):
        own_plan.laid_over(REGISTERED, (project.root() / plan.PATH).read_bytes(), "analysis_plan.toml")
    (tmp_path / "long.toml").write_text("#" * 1_000_001)
    with pytest.raises(ParameterError, match="holds more than 1,000,000 bytes"):
        own_plan_file.content(tmp_path / "long.toml")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_as_windows_writes_it_is_read(encoding: str) -> None:
    text = (HEAD.replace("The evaluators", "Évaluation") + TREND + 'threat = "t"\n').replace("\n", "\r\n")
    found = own_plan.laid_over(REGISTERED, text.encode(encoding), "mine.toml")
    assert found.own is not None
    assert found.own.whose == "Évaluation"
    assert question(found, "diversification.trend").threat == "t"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (own("diversification.trend"), "question.diversification.trend is registered"),
        ('[outcome.2]\nfamily = ["diversification.trend"]\n', "is of Outcome 3; hold it there"),
    ],
)
def test_one_slip_is_told_once(text: str, told: str) -> None:
    with pytest.raises(ParameterError) as refused:
        laid(text)
    (fault,) = str(refused.value).splitlines()
    assert told in fault


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ParameterError) as refused:
        laid(TREND + 'specifications = ["a"]\nparameters = { begin = 1 }\n[outcome.1]\nfamily = ["x.y"]\n')
    assert len(str(refused.value).splitlines()) == 3


def checked(text: str, folder: Path) -> given_plan.Given:
    file = folder / "mine.toml"
    file.write_text(HEAD + text)
    return given_plan_faults.read(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TREND + "parameters = { start = 1900 }\n", "mine.toml: notebooks/08_outcome3_diversification.ipynb: start"),
        (TREND + "parameters = { start = 2022 }\n", "08_outcome3_diversification"),
        (TREND + 'parameters = { start = "2014" }\n', "start is '2014'; write it as 2014"),
        (TREND + "parameters = { start = 2013.0 }\n", "start is 2013.0; write it as 2013"),
        (TREND + "parameters = { order = true }\n", "order = True: it should be one of 0, 1, 2"),
        (
            own("cascade.x", outcome='"2"', estimate='"06_outcome2_cascade#odds.conviction.programme_supported"'),
            "is of SIMULATED data, evidence of nothing",
        ),
        (own("markets.step"), "call it diversification.step"),
        (own(estimate='"08_outcome3_diversification#publication_stepp"'), "did you mean 'publication_step'"),
        (own("evaluation.x", estimate='"14_evaluation#wjp_8_1.latest"'), "has no p"),
        (own("rollout.x", estimate='"12_rollout_design#none"'), "records no estimate 'none'"),
        (
            own(margin=OWN["margin"].replace("difference", "ratio")),
            'is no ratio; give its margin with scale = "difference"',
        ),
        (
            own("cooperation.x", estimate='"07_outcome3_cooperation#growth_events"'),
            'is a ratio; give its margin with scale = "ratio"',
        ),
        ('[target.wjp_81]\nat_least = 0.5\nby = 2028\nsource = "s"\n', "did you mean 'wjp_8_1'"),
    ],
)
def test_notebooks_results_and_indicators_are_asked_before_anything_runs(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        checked(text, tmp_path)


def test_a_plan_tells_what_differs_and_is_called_after_its_file_and_content(tmp_path: Path) -> None:
    given = checked(TREND + MARGIN.format(0.01, "difference"), tmp_path)
    assert list(given_plan.differing(given.plan))[2:] == [f"- {change}" for change in changes(given.plan)]
    assert given.variant == f"mine-{given.sha256[:8]}"
    odd = given_plan.Given(given.content, given.plan, "Ünser Plan (2).toml")
    assert odd.variant == f"nser-Plan-2-{given.sha256[:8]}"
    assert list(given_plan.differing(laid("")))[2:] == ["Nothing in it differs from the registered plan."]


def filled(text: str) -> str:
    for name, value in (("whose", "W"), ("dated", "2027-03-01"), ("standing", "S")):
        assert f'{name} = ""' in text
        text = text.replace(f'{name} = ""', f'{name} = "{value}"')
    return text


def test_the_template_is_the_registered_plan_line_by_line(tmp_path: Path) -> None:
    template = own_plan_template.text()
    assert template == own_plan_template.text()
    assert changes(laid("", filled(template))) == ()
    whole = re.sub(r"(?m)^#(?=\S)", "", filled(template))
    found = laid("", whole)
    assert changes(found) == ()
    assert found.primaries == REGISTERED.primaries
    for primary in REGISTERED.primaries:
        assert f'\n[question."{primary.id}"]\n' in whole
    # What it shows of a question of one's own is one that a plan may ask.
    example = template.partition("small letters.\n#\n")[2].partition("\n\n")[0]
    text = re.sub(r"(?m)^# ", "", example)
    assert len(checked(text, tmp_path).plan.primaries) == len(REGISTERED.primaries) + 1


def test_a_plan_that_is_only_the_head_of_the_template_lacks_its_owner() -> None:
    with pytest.raises(ParameterError, match="whose is ''"):
        laid("", own_plan_template.text())


def test_a_process_is_given_a_plan_by_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(plan.VARIABLE, raising=False)
    assert plan.given() == REGISTERED
    (tmp_path / plan.FILE).write_text(HEAD)
    monkeypatch.setenv(plan.VARIABLE, str(tmp_path / plan.FILE))
    assert plan.given() == plan.of(tmp_path) != REGISTERED
    assert plan.of(project.root() / "reports") == REGISTERED
    # A variable of the person's own reaches no kernel that was not told to run under a plan.
    assert plan.VARIABLE not in environment.kernel_environment(tmp_path, tmp_path, tmp_path)
    assert os.environ[plan.VARIABLE]
