"""Steps of the evaluation, by small frames worked out by hand."""

import math

import pandas as pd
import pytest

from crimjust_research import framework
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan
from crimjust_research.evidence.rule import CONTRARY, NOT_ANSWERABLE, SUPPORTED
from crimjust_research.evidence.targets import Target
from crimjust_research.framework import Baseline, Indicator, Measure
from crimjust_research.questions.evaluation import looks, steps
from crimjust_research.questions.evaluation.picture import NOT_GRADED, together
from crimjust_research.questions.evaluation.steps import Told

NAN = math.nan


def indicator(key: str, **said: object) -> Indicator:
    whole = {
        "key": key, "serves": "outcome_2", "level": "outcome", "label": key, "definition": "d", "unit": "score, 0 to 1",
        "better": "higher", "frequency": "yearly", "collector": "publisher", "limitation": "l",
        "baseline": Baseline(year=2021, estimate=f"14_evaluation#{key}.baseline"),
        "measure": Measure(place="processed", table="country_year", column=key),
    }  # fmt: skip
    return Indicator(**(whole | said))


def ends(holds: bool = True, **figures: tuple[float, float, float]) -> dict[str, pd.DataFrame]:
    """Of each indicator its baseline, its latest figure of 2025, and the change with an interval .01 to either side."""
    said = {
        "baseline": [(key, 2021, then, NAN, NAN) for key, (then, _, _) in figures.items()],
        "latest": [(key, 2025, now, NAN, NAN) for key, (_, now, _) in figures.items()],
        "change": [(key, 2025, by, by - 0.01, by + 0.01) for key, (_, _, by) in figures.items()],
    }
    said["years"] = [*said["baseline"], *said["latest"]]
    columns = ["indicator", "year", "estimate", "ci_low", "ci_high"]
    return {name: pd.DataFrame(rows, columns=columns).assign(holds=holds) for name, rows in said.items()}


def test_an_indicator_stands_by_the_change_of_the_same_countries() -> None:
    figures = ends(up=(0.4, 0.45, 0.05), even=(0.4, 0.405, 0.005))
    found = steps.standing([indicator("up"), indicator("even")], figures, {}, {}, 2025)
    assert found["status"].tolist() == ["higher", "not told apart from the baseline"]
    assert found["latest_year"].tolist() == [2025, 2025]
    assert (found[["target", "aim"]] == "").all(axis=None)


def test_a_target_stands_beside_the_status_and_is_held_against_the_figure_of_its_year() -> None:
    targets = {
        "due": Target(at_least=0.5, by=2025, source="s"),
        "later": Target(at_least=0.8, by=2030, source="s"),
        "missed": Target(at_least=0.5, by=2023, source="s"),
        "silent": Target(at_most=0.2, by=2024, source="s"),
    }
    own = [*map(indicator, ("up", "due", "later", "missed")), indicator("silent", baseline=None, measure=None)]
    figures = ends(up=(0.4, 0.45, 0.05), **dict.fromkeys(("due", "later", "missed"), (0.4, 0.6, 0.2)))
    of_2023 = pd.DataFrame([("missed", 2023, 0.45, NAN, NAN)], columns=figures["years"].columns[:5])
    figures["years"] = pd.concat([figures["years"], of_2023])
    found = steps.standing(own, figures, {}, targets, 2025).set_index("key")
    assert found["status"].tolist() == ["higher", "higher", "higher", "higher", "no figure"]
    assert found.loc["later", "target"] == "at least 0.8 by 2030"
    # That it was past the target two years later does not make good for it.
    assert found["aim"].tolist() == [
        *("", "reached in 2025", "not due before 2030", "not reached in 2023", "no figure of 2024"),
    ]


def test_a_change_that_does_not_hold_beside_the_others_and_units_that_add_up_are_not_told_apart() -> None:
    own = [indicator("up"), indicator("rated", accumulates=True)]
    found = steps.standing(own, ends(holds=False, up=(0.4, 0.45, 0.05), rated=(0.4, 0.5, 0.1)), {}, {}, 2025)
    assert found["status"].tolist() == ["not told apart from the baseline", "counted"]


def test_the_baseline_of_another_notebook_is_read_there_and_what_nothing_measures_says_so() -> None:
    other = Told("07_outcome3_cooperation", "lasting_1", 0.24, 0.13, 0.45, 0.95, 301, 16, "share", "")
    lasting = indicator("ties", baseline=Baseline(year=2021, estimate="07_outcome3_cooperation#lasting_1"))
    silent = indicator("silent", measure=None, baseline=None)
    once = indicator("once", baseline=None, not_yearly="one list")
    found = steps.standing([lasting, silent, once], ends(), {"07_outcome3_cooperation#lasting_1": other}, {}, 2025)
    assert found["baseline"].tolist()[0] == 0.24
    assert found["status"].tolist() == ["baseline", "no figure", "no figure"]
    assert found["why"].tolist() == ["", "nothing public measures it", "one list"]


def test_what_has_a_target_is_told_by_how_it_stands() -> None:
    columns = ["level", "status", "aim"]
    rows = [
        ("outcome", "higher", "not due before 2027"),
        ("outcome", "lower", ""),
        ("cost", "counted", "reached in 2025"),
    ]
    found = looks.of_indicators(pd.DataFrame(rows, columns=columns), plan.load())
    assert found["moved"] == {"higher": 1, "lower": 1}
    assert list(found["aimed"].items()) == [("reached in 2025", 1), ("not due before 2027", 1)]


def test_how_many_indicators_something_measures() -> None:
    own = [
        indicator("a"),
        indicator("b", not_yearly="once", baseline=None),
        indicator("c", measure=None, baseline=None, record={"table": "cases", "column": "kilograms"}),
        indicator("d", measure=None, baseline=None),
        indicator("e", level="output"),
    ]
    found = steps.measured(own, {"a", "e"}).set_index("level")
    assert found.loc["outcome"].tolist() == [4, 2, 1, 1, 1]
    assert found.loc["output"].tolist() == [1, 1, 1, 0, 0]


NAMED = pd.DataFrame(
    [
        ("a", "PAN", "2020-01-01"), ("b", "PAN", "2021-01-01"), ("a", "SLV", "2020-01-01"), ("b", "GTM", "2021-01-01"),
        ("c", "MEX", "2022-01-01"), ("a", "BRA", "2020-01-01"),
    ],
    columns=["event", "iso3", "date_start"],
)  # fmt: skip
ENTRIES = pd.DataFrame(
    {"iso3": ["PAN", "SLV", "MEX", "GTM", "JAM", "BRA"], "proposed": [True, True, True, True, True, False]}
)


def test_presence_is_counted_by_the_day_of_the_document() -> None:
    seen = steps.presence(NAMED, ENTRIES, ["PAN", "SLV", "MEX"], "2021-12-12")
    assert list(zip(seen["iso3"], seen["on_list"], seen["events"], strict=True)) == [
        ("PAN", True, 2),
        ("SLV", True, 1),
        ("MEX", True, 0),
        ("GTM", False, 1),
        ("JAM", False, 0),
    ]
    alike = steps.as_visible(seen)
    assert alike["iso3"].tolist() == ["GTM"]
    named = {"times": 1, "least": ["El Salvador"], "unseen": ["Mexico"], "alike": ["Guatemala"]}
    assert looks.of_presence(seen, alike) == named
    none = looks.of_presence(seen.assign(events=0), alike)
    assert (none["times"], none["least"]) == (0, [])
    assert looks.presence_row(seen, "2021-12-12") == {"estimate": 2, "n_obs": 3, "n_units": 3, "by": "2021-12-12"}
    assert looks.as_visible_row(seen, alike, "2021-12-12")["estimate"] == 1


def test_more_than_a_number_is_a_lower_bound_and_no_estimate() -> None:
    results = pd.DataFrame(
        [
            ("azure1_seizures", "exact", 125.0, "2021-11", "s"), ("azure1_drugs", "over", 480.0, "2021-11", "s"),
            ("azure1_arrests", "exact", 18.0, "2021-11", "s"), ("eu_action_IFS2018_040966_total", "exact", 7.1, "2018", "plan"),
        ],
        columns=["metric", "qualifier", "value_low", "period", "source"],
    )  # fmt: skip
    found = steps.operation(results).set_index("id")
    assert found["estimate"].tolist()[0::2] == [125, 18]
    assert math.isnan(found.loc["azure_kilograms", "estimate"])
    assert (found.loc["azure_kilograms", "ci_low"], found.loc["azure_kilograms", "ci_high"]) == (480, math.inf)
    assert steps.funding(results) == {"estimate": 7.1, "period": "2018", "source": "plan"}


@pytest.mark.parametrize(
    ("names", "grade"),
    [
        ((), "no public data"),
        (("c",), NOT_GRADED),
        (("a", "c"), SUPPORTED),
        (("a", "b"), NOT_ANSWERABLE),
        (("a", "b", "d"), CONTRARY),
    ],
)
def test_an_answer_is_as_firm_as_the_weakest_that_bears_on_it(names: tuple[str, ...], grade: str) -> None:
    assert together(names, {"a": SUPPORTED, "b": NOT_ANSWERABLE, "d": CONTRARY}) == grade


def test_an_estimate_that_no_run_holds_is_refused_by_name() -> None:
    known = framework.load()
    named = {name for edge in known.edges for name in edge.estimates}
    named |= {name for criterion in known.criteria for name in criterion.estimates}
    one = Told("", "x", 1.0, NAN, NAN, NAN, 1, 1, "u", "")
    steps.require(known, dict.fromkeys(named, one))
    gone = "07_outcome3_cooperation#lasting_1"
    with pytest.raises(DataError, match=f"{gone}; run again: crimjust run 07_outcome3_cooperation;"):
        steps.require(known, dict.fromkeys(named - {gone}, one))


def test_an_estimate_of_this_notebook_is_named_without_its_run() -> None:
    rows = pd.DataFrame(
        [("14_evaluation", "a", "u", 1.0, NAN, NAN, NAN, 1, 1), ("05_outcome2_joining", "b", "u", 2.0, 1.0, 3.0, 0.95, 9, 9)],
        columns=["run", "id", "unit", "estimate", "ci_low", "ci_high", "ci_level", "n_obs", "n_units"],
    )  # fmt: skip
    found = steps.told(rows, {"05_outcome2_joining#b": "undecided"})
    assert (found["14_evaluation#a"].run, found["14_evaluation#a"].grade) == ("", "")
    assert (found["05_outcome2_joining#b"].run, found["05_outcome2_joining#b"].grade) == (
        "05_outcome2_joining",
        "undecided",
    )


def test_changes_are_drawn_in_hundredths_of_their_scale() -> None:
    change = pd.DataFrame(
        [("score, 1 to 10", 0.9, 0.45, 1.35), ("score, 0 to 1", 0.01, 0.0, 0.02), ("kg", 1.0, 1.0, 1.0)],
        columns=["unit", "estimate", "ci_low", "ci_high"],
    )
    found = looks.by_scale(change)
    assert found["estimate"].tolist() == pytest.approx([1, 10])
    assert found["ci_high"].tolist() == pytest.approx([2, 15])
    frame = change.assign(id=["a.change", "b.change", "c.latest"], p_adjusted=[0.01, 0.06, 0.01])
    assert looks.told_apart(frame, 0.95) == {"compared": 2, "up": 1, "down": 0, "together": 1}


def test_what_is_counted_in_sentences() -> None:
    links = pd.DataFrame({"evidence": ["no public data"] * 3 + ["undecided"] + [NOT_GRADED]})
    assert looks.of_links(links) == {
        "links": 5,
        "evidence": {"undecided": 1, "no public data": 3, NOT_GRADED: 1},
        "bearing": {"graded “undecided”": 1, NOT_GRADED: 1},
        "ungraded": "no public data",
    }
    answers = pd.DataFrame({"grade": ["undecided", "described, not graded", "described, not graded", "no public data"]})
    assert looks.of_answers(answers)["answers"] == {
        "graded “undecided”": 1,
        "described and not graded": 2,
        "without public data": 1,
    }


def test_a_country_without_another_programme_on_record_is_named() -> None:
    programmes = pd.DataFrame(
        {
            "country": ["PAN", "PAN"],
            "programme": ["el_paccto", "aircop"],
            "first_year": [2017, 2022],
            "last_year": [None, None],
        }
    ).astype({"first_year": "Int64", "last_year": "Int64"})
    entries = pd.DataFrame({"iso3": ["PAN", "GHA", "USA"], "phase": [1, 4, NAN]})
    found = looks.beside(programmes, entries, "2021-12-12")
    assert found.to_numpy().tolist() == [["Panama", 1, 2021, "EL PAcCTO", 1], ["Ghana", 4, 2021, "", 0]]
    assert looks.of_programmes(found) == {"beside_year": 2021, "alone": ["Ghana"]}
    assert looks.beside_row(found) == {"estimate": 0.5, "n_obs": 2, "n_units": 2, "year": 2021}
