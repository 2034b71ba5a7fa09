"""What is said of an audit of the lock: faults, none, and what was not judged."""

from typing import Any

from reliability.audit import told

FINE: dict[str, Any] = {"name": "click", "version": "8.3.0", "vulns": []}
FAULTY: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.1.5",
    "vulns": [{"id": "CVE-2025-27516", "fix_versions": ["3.1.6"]}, {"id": "CVE-0", "fix_versions": []}],
}
UNKNOWN: dict[str, Any] = {"name": "altair", "version": "6.0", "skip_reason": "not found"}


def test_known_faults_are_told_with_what_mends_them() -> None:
    code, words = told({"dependencies": [FINE, FAULTY, UNKNOWN]})
    assert code == 1
    assert words.splitlines() == [
        "2 of 3 packages were judged; in 1 faults are known.",
        "jinja2 3.1.5: CVE-2025-27516, mended in 3.1.6",
        "jinja2 3.1.5: CVE-0, mended in no version yet",
    ]


def test_nothing_known_is_told_from_nothing_judged() -> None:
    assert told({"dependencies": [FINE]})[0] == 0
    code, words = told({"dependencies": [UNKNOWN]})
    assert code == 2
    assert "Nothing was judged" in words
