"""A margin of an evaluator's own that no samples can be simulated under: the run ends, and says what is not known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crimjust_research.evidence import plan
from crimjust_research.evidence.words import plain
from crimjust_research.runs import steps

NOT_KNOWN = "is not known, as no samples with one can be simulated and tested"


def run_under(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str, value: float, **changed: Any
) -> dict[str, Any]:
    """The names that the notebook of a question leaves under a plan with that margin."""
    primary = next(p for p in plan.load().primaries if p.id == question)
    margin = f'{{ value = {value}, scale = "{primary.margin.scale}", says = "much", source = "Argument: a test" }}'
    own = tmp_path / "plan.toml"
    head = 'whose = "a test"\ndated = "2027-03-01"\nstanding = "Nothing had been looked at"\n'
    own.write_text(f'{head}[question."{question}"]\nmargin = {margin}\n')
    monkeypatch.setenv(plan.VARIABLE, str(own))
    return steps.run(primary.notebook, skip={"answer"}, **changed)


@pytest.mark.parametrize(
    ("question", "value", "changed"),
    [
        ("markets.seizures_to_deaths", 50.0, {"draws": 99}),
        ("match.qap", 1.2, {"draws": 99, "growth_draws": 99}),
        ("reviews.rule_of_law", 40.0, {}),
    ],
)
def test_power_that_cannot_be_simulated_is_missing_and_said_to_be(
    question: str, value: float, changed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = run_under(tmp_path, monkeypatch, question, value, **changed)["study"]
    frame, name = study.frame().set_index("id"), question.partition(".")[2]
    double = frame.loc[f"{name}.power.double"]
    assert np.isnan(double["estimate"])
    assert double["specification"].startswith("not known: no samples with an effect of that size")
    assert frame.loc[f"{name}.equivalence.margin", "p_value"] < 0.9
    answer = plain(study.answer().answer)
    for said in (answer, plain(str(study.say("power")))):
        assert not {"nan", "nan%", "n/a"} & set(said.replace(".", " ").replace(",", " ").split())
    assert NOT_KNOWN in plain(str(study.say("power")))


def test_a_margin_whose_half_can_be_simulated_has_power_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = run_under(tmp_path, monkeypatch, "match.qap", 0.6, draws=99, growth_draws=99)["study"]
    power = study.frame().set_index("id")["estimate"]
    assert 0 < power["qap.power.half"] < power["qap.power.margin"] < 1
    assert np.isnan(power["qap.power.double"])


def test_a_difference_of_logarithms_beyond_any_number_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = run_under(tmp_path, monkeypatch, "diversification.trend", 1e9)["study"]
    assert "∞" in plain(str(study.say("power")))
