"""Each rule for `codecheck.yml` finds what it is about, and nothing in a file that a finished check has left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import codecheck_rules
import pytest
import yaml
from codecheck_rules import RULES, SINCE_2, VERSIONS, broken

# The ORCID that the specification's own examples use: it is a made-up person's, and its last sign is right.
ORCID = "0000-0002-1825-0097"


def whole(version: str) -> dict[str, Any]:
    return {
        "version": f"https://codecheck.org.uk/spec/config/{version}/",
        "manifest": [{"file": "figure.svg", "comment": "Figure 1"}],
        "paper": {
            "title": "A title",
            "authors": [{"name": "A. Author", "ORCID": ORCID}],
            "reference": "https://doi.org/10.5555/a-paper",
        },
        "codechecker": [{"name": "A. Checker", "ORCID": ORCID}],
        "report": "https://doi.org/10.5555/a-report",
        "summary": "All came out again.",
        "certificate": "2026-001",
    }


def laid(folder: Path, told: Any, name: str = "codecheck.yml") -> Path:
    (folder / "figure.svg").touch()
    (folder / "LICENSE").touch()
    path = folder / name
    path.write_text(f"---\n{yaml.safe_dump(told)}" if not isinstance(told, str) else told, encoding="utf-8")
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_a_finished_file_breaks_no_rule(tmp_path: Path, version: str) -> None:
    assert broken(codecheck_rules.read(laid(tmp_path, whole(version))), version) == {}


Change = Callable[[dict[str, Any]], Any]


def without(*keys: str) -> Change:
    def change(told: dict[str, Any]) -> None:
        for key in keys[:-1]:
            told = told[key]
        del told[keys[-1]]

    return change


def put(value: Any, *keys: Any) -> Change:
    def change(told: Any) -> None:
        for key in keys[:-1]:
            told = told[key]
        told[keys[-1]] = value

    return change


BREAKING: dict[str, Change] = {
    "CC-CFG-004": put([], "manifest"),
    "CC-CFG-005": put([{"comment": "x"}], "manifest"),
    "CC-CFG-006": put("../figure.svg", "manifest", 0, "file"),
    "CC-CFG-007": put("", "manifest", 0, "comment"),
    "CC-CFG-008": without("codechecker"),
    "CC-CFG-009": put("", "codechecker", 0, "name"),
    "CC-CFG-010": lambda told: told["codechecker"][0].pop("ORCID"),
    "CC-CFG-011": without("report"),
    "CC-CFG-013": put("https://doi.org/10.5281/zenodo.FIXME", "report"),
    "CC-CFG-014": without("version"),
    "CC-CFG-015": put("https://codecheck.org.uk/spec/config/9.0/", "version"),
    "CC-CFG-016": without("paper"),
    "CC-CFG-017": without("paper", "title"),
    "CC-CFG-018": put([], "paper", "authors"),
    "CC-CFG-019": lambda told: told["paper"]["authors"][0].pop("name"),
    "CC-CFG-020": lambda told: told["paper"]["authors"][0].pop("ORCID"),
    "CC-CFG-021": without("paper", "reference"),
    "CC-CFG-022": put("https://example.org/report.pdf", "paper", "reference"),
    "CC-CFG-023": put("TODO: a title", "paper", "title"),
    "CC-CFG-024": put(" ", "summary"),
    "CC-CFG-025": without("certificate"),
    "CC-CFG-026": put("2026-1", "certificate"),
    "CC-CFG-027": put("Under review", "paper", "reference"),
    "CC-CFG-028": put("https://example.org/a-paper", "paper", "reference"),
    "CC-CFG-029": put("https://example.org", "paper", "reference-other"),
    "CC-CFG-030": put(["a preprint"], "paper", "reference-other"),
    "CC-MET-001": put("0000-0002-1825-0096", "codechecker", 0, "ORCID"),
    "CC-BUN-001": put("gone.svg", "manifest", 0, "file"),
}
# What lacks one thing lacks what would stand in it, too.
ALSO = {
    "CC-CFG-013": {"CC-CFG-023"},
    "CC-CFG-014": {"CC-CFG-015"},
    "CC-CFG-016": {"CC-CFG-017", "CC-CFG-018", "CC-CFG-021"},
    "CC-CFG-022": {"CC-CFG-028"},
    "CC-CFG-027": {"CC-CFG-028"},
}


@pytest.mark.parametrize("rule", BREAKING)
def test_a_rule_finds_what_it_is_about_and_none_else_does(tmp_path: Path, rule: str) -> None:
    told = whole("2.0")
    BREAKING[rule](told)
    found = broken(codecheck_rules.read(laid(tmp_path, told)), "2.0")
    assert set(found) == {rule, *ALSO.get(rule, set())}


def test_rules_of_the_file_itself(tmp_path: Path) -> None:
    told = yaml.safe_dump(whole("2.0"))
    assert "CC-CFG-001" in broken(codecheck_rules.read(laid(tmp_path, "---\na: [\n")), "2.0")
    for start in ("", "%YAML 1.1\n---\n"):
        assert set(broken(codecheck_rules.read(laid(tmp_path, start + told)), "2.0")) == {"CC-CFG-002"}
    assert set(broken(codecheck_rules.read(laid(tmp_path, whole("2.0"), "check.yml")), "2.0")) == {"CC-CFG-003"}
    path = laid(tmp_path, whole("2.0"))
    (tmp_path / "LICENSE").unlink()
    assert broken(codecheck_rules.read(path), "2.0") == {"CC-BUN-005": "warning"}


def test_every_rule_is_broken_by_a_test() -> None:
    of_the_file = {"CC-CFG-001", "CC-CFG-002", "CC-CFG-003", "CC-BUN-005"}
    assert {*BREAKING, *of_the_file} == {*RULES, *SINCE_2}


def test_the_second_version_asks_for_more(tmp_path: Path) -> None:
    told = whole("1.0")
    BREAKING["CC-CFG-020"](told)
    without("certificate")(told)
    config = codecheck_rules.read(laid(tmp_path, told))
    assert broken(config, "1.0") == {"CC-CFG-020": "warning", "CC-CFG-025": "info"}
    assert broken(config, "2.0") == {"CC-CFG-020": "error", "CC-CFG-025": "error"}
