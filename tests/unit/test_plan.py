"""The registered plan is readable, names real notebooks and parameters, and its evidence rule always answers."""

import itertools
from pathlib import Path

import pytest

from crimjust_research import parameters_cell
from crimjust_research.errors import DataError
from crimjust_research.evidence import plan

PLAN = plan.load()
NULL = {"raw_p": 0.4, "adjusted_p": 1.0, "agree": 0.5, "confirm": 0.0, "failed_checks": 0}


def test_every_primary_question_is_in_exactly_one_family() -> None:
    families = [p.id for outcome in ("1", "2", "3") for p in PLAN.family(outcome)]
    assert sorted(families) == sorted(p.id for p in PLAN.primaries)


def test_parameters_of_the_plan_are_the_defaults_of_the_notebooks() -> None:
    for primary in PLAN.primaries:
        defaults = parameters_cell.registered_defaults(primary.notebook)
        assert {name: defaults[name] for name in primary.parameters} == dict(primary.parameters), primary.id


@pytest.mark.parametrize(
    ("evidence", "grade"),
    [
        ({"raw_p": 0.001, "adjusted_p": 0.004, "agree": 0.95, "confirm": 0.8, "failed_checks": 0}, "strong"),
        ({"raw_p": 0.001, "adjusted_p": 0.004, "agree": 0.95, "confirm": 0.6, "failed_checks": 0}, "moderate"),
        ({"raw_p": 0.001, "adjusted_p": 0.004, "agree": 0.95, "confirm": 0.8, "failed_checks": 1}, "limited"),
        ({"raw_p": 0.03, "adjusted_p": 0.15, "agree": 1.0, "confirm": 1.0, "failed_checks": 0}, "limited"),
        ({**NULL, "power": 0.9}, "none found"),
        ({**NULL, "power": 0.3}, "inconclusive"),
        (NULL, "inconclusive"),
    ],
)
def test_grade(evidence: dict[str, float], grade: str) -> None:
    assert PLAN.grade(**{"power": None, **evidence}) == grade  # type: ignore[arg-type]


def test_every_combination_of_evidence_has_a_grade() -> None:
    for raw, adjusted, agree, confirm, failed, power in itertools.product(
        (0.01, 0.5), (0.01, 0.5), (0.0, 1.0), (0.0, 1.0), (0, 3), (None, 0.5, 0.9)
    ):
        assert PLAN.grade(
            raw_p=raw, adjusted_p=adjusted, agree=agree, confirm=confirm, failed_checks=failed, power=power
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [("not = = toml", "not valid TOML"), ('[outcome.1]\nfamily = ["a.b"]\n[primary]\n', "not both")],
)
def test_a_broken_plan_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / plan.PATH).write_text(text)
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=message):
        plan.load()


def test_a_missing_plan_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRIMJUST_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"analysis_plan\.toml is missing"):
        plan.load()
