"""The results framework: complete, leading forward, and refused where it is not; its samples as large as they must be."""

import math
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from scipy import stats
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from crimjust_research import document, framework
from crimjust_research.errors import DataError
from crimjust_research.framework import CRITERIA, FILE

ROOT = Path(__file__).parents[2]
FRAME = framework.load()
CRITERION = {criterion.key: criterion for criterion in FRAME.criteria}
Change = Callable[[dict[str, Any]], None]


def of_level(level: str) -> list[str]:
    return [node.key for node in FRAME.nodes if node.level == level]


def test_every_activity_pillar_step_outcome_and_cost_of_the_document_is_a_node() -> None:
    said = document.load()
    streams = [(component.stream, stream) for component in said.components for stream in component.streams]
    assert of_level("activity") == [activity.key for _, stream in streams for activity in stream.activities]
    assert of_level("stream") == [f"{name}_{stream.number}" for name, stream in streams]
    assert of_level("outcome") == [f"outcome_{outcome.number}" for outcome in said.outcomes]
    assert of_level("cost") == [cost.key for cost in said.costs]
    assert {interest.key for interest in said.interests} < set(of_level("end"))


def test_nodes_stand_for_items_of_the_document() -> None:
    known = {item.name for item in document.load().items()}
    named = [item for node in FRAME.nodes for item in node.items]
    assert set(named) <= known
    assert max(Counter(named).values()) == 1
    # Outputs are this project's own: the document does not say what an activity yields.
    assert {node.level for node in FRAME.nodes if not node.items} == {"output"}


def test_what_is_written_in_a_box_is_short() -> None:
    assert max(len(node.short) for node in FRAME.nodes) <= 34
    assert len(FRAME.edges) <= 60


def test_every_activity_leads_to_an_end() -> None:
    targets: dict[str, set[str]] = {}
    for edge in FRAME.edges:
        targets.setdefault(edge.source, set()).add(edge.target)

    def reached(key: str) -> set[str]:
        return {key}.union(*(reached(target) for target in targets.get(key, ())))

    ends = set(of_level("end"))
    for key in (*of_level("cost"), *of_level("activity")):
        assert reached(key) & ends, key
    assert set().union(*(reached(key) for key in of_level("cost"))) == {node.key for node in FRAME.nodes}


def test_every_criterion_is_asked_for() -> None:
    assert list(dict.fromkeys(criterion.criterion for criterion in FRAME.criteria)) == list(CRITERIA)


def test_no_direction_is_given_to_what_has_none() -> None:
    assert not [i.key for i in FRAME.indicators if i.level in ("context", "cost") and i.better]
    counted = {"seizures", "kg", "arrests", "persons", "events", "forums", "operations", "units"}
    assert not [i.key for i in FRAME.indicators if i.unit in counted and (i.better or i.level == "outcome")]


def test_what_cannot_be_measured_is_told() -> None:
    for indicator in FRAME.indicators:
        if indicator.measure is None and indicator.record is None:
            assert re.search("No |[Nn]ot |[Nn]either|publishes totals|nobody's", indicator.limitation), indicator.key


def changed(home: Path, change: Change) -> None:
    content = yaml.safe_load((ROOT / FILE).read_text(encoding="utf-8"))
    change(content)
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def edge(source: str, target: str) -> Change:
    def change(content: dict[str, Any]) -> None:
        content["edges"].append({**content["edges"][0], "source": source, "target": target})

    return change


def indicator(place: int, **fields: object) -> Change:
    def change(content: dict[str, Any]) -> None:
        content["indicators"][place] |= fields

    return change


def lonely(content: dict[str, Any]) -> None:
    content["edges"] = [edge for edge in content["edges"] if edge["target"] != "violence"]


def unserved(content: dict[str, Any]) -> None:
    content["indicators"] = [i for i in content["indicators"] if i["key"] != "homicides"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edge("cyber", "nowhere"), "the edge from cyber to nowhere: there is no node 'nowhere'"),
        (
            edge("outcome_1", "pillar_1"),
            "the edge from outcome_1 to pillar_1 does not lead from a level to a later one",
        ),
        (
            edge("outcome_1", "outcome_2"),
            "the edge from outcome_1 to outcome_2 does not lead from a level to a later one",
        ),
        (edge("cyber", "techniques_used"), "the edge from cyber to techniques_used stands twice; keep one"),
        (lonely, "no edge leads to or from the node 'violence'"),
        (unserved, "the node 'violence' has no indicator of the level 'outcome'"),
        (indicator(0, serves="nowhere"), "cost_component_1 serves 'nowhere', which is no node"),
        (indicator(0, key="cyber"), "'cyber' is a node too; name the indicator otherwise"),
        (indicator(0, key="cost_component_2"), "'cost_component_2' names two entries"),
        (indicator(0, estimates=[]), "a method needs the estimates it ends in"),
        (indicator(0, method=""), "a method needs the estimates it ends in"),
        (indicator(0, estimates=["12_rollout_design"]), "an estimate is named by its run and its id"),
        (indicator(0, unit=""), "a text is wanted"),
        (indicator(0, target={"value": 9, "year": 2027}), "target is not known"),
        (indicator(0, label="rung \x07 twice"), "the character '\\x07' cannot be shown on a page; leave it out"),
        (indicator(0, method="turned \u202e round"), "the character '\\u202e' cannot be shown on a page"),
    ],
)
def test_what_does_not_hold_together_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change, message: str
) -> None:
    changed(tmp_path, change)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=re.escape(message)) as refused:
        framework.load()
    assert FILE in str(refused.value)


# --- Samples ----------------------------------------------------------------------------------------------------------

Z, POWER = stats.norm.ppf(0.975), stats.norm.ppf(0.8)


def numbers(key: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", CRITERION[key].sampling))


def widest(n: int) -> float:
    """Half the widest of Wilson's intervals of n draws."""
    intervals = (proportion_confint(k, n, method="wilson") for k in range(n + 1))
    return float(max(high - low for low, high in intervals)) / 2


def to_ten_points() -> int:
    return next(n for n in range(10, 200) if widest(n) <= 0.1)


def of_each_group(difference: float) -> int:
    """Cases a group that tell two shares as far apart, either side of a half, with 80 per cent power."""
    spread = 2 * (0.5 - difference / 2) * (0.5 + difference / 2)
    return math.ceil((Z + POWER) ** 2 * spread / difference**2)


def test_a_share_is_held_to_ten_points() -> None:
    n = to_ten_points()
    assert n == 93
    finite = [math.ceil(n / (1 + (n - 1) / size)) for size in (100, 200, 500)]
    assert {str(size) for size in (n, *finite, 100, 200, 500)} <= numbers("E4")
    officials = math.ceil(n * (1 + (10 - 1) * 0.1))
    assert {str(n), "1.9", str(officials), str(math.ceil(officials / 10))} <= numbers("E1")
    defendants = math.ceil(n * (1 + (5 - 1) * 0.3))
    assert {str(n), "2.2", str(defendants)} <= numbers("H1")
    assert str(defendants) in numbers("L1")


def test_two_shares_are_told_apart() -> None:
    assert {str(of_each_group(0.1)), str(of_each_group(0.2))} <= numbers("E2")
    assert str(of_each_group(0.1)) in numbers("E3")
    assert str(of_each_group(0.2)) in numbers("G1")


def test_two_coders_read_enough() -> None:
    """The large-sample variance of kappa, p (1 - p) / (n (1 - e)^2), where each coder finds a challenge in one of five."""
    kappa, chance = 0.8, 0.2**2 + 0.8**2
    agreed = chance + kappa * (1 - chance)
    readings = math.ceil((Z / 0.1) ** 2 * agreed * (1 - agreed) / (1 - chance) ** 2)
    challenges = len(document.load().challenges)
    summaries = math.ceil(readings / challenges)
    assert {str(readings), str(summaries), str(challenges), str(2 * summaries)} <= numbers("R2")


def test_a_gain_in_knowledge_is_seen() -> None:
    tested = math.ceil(TTestPower().solve_power(effect_size=5 / 15, alpha=0.05, power=0.8))
    in_trainings = math.ceil(tested * (1 + (10 - 1) * 0.1))
    trained = math.ceil(in_trainings / 0.7)
    assert {str(tested), "1.9", str(in_trainings), str(trained), str(math.ceil(trained / 10))} <= numbers("S1")
