"""What checks are called, and which of them are told."""

from typing import Any

from crimjust_research.evidence.estimates import check_titles
from crimjust_research.evidence.words import spelt
from crimjust_research.report.contents import said_once


def test_names_of_code_are_spelt_as_people_write_them() -> None:
    told = [
        spelt(name)
        for name in ("what_4_anpp_marks", "adf_p", "chapter_iv_year", "n_obs", "scientific", "seizure_routes")
    ]
    assert told == ["What 4-ANPP marks", "ADF p", "Chapter IV year", "Observations", "Scientific", "Seizure routes"]


def test_a_question_stands_in_the_name_of_a_check_only_where_two_checks_have_it() -> None:
    pairs = [("Oversight", "fatf_prosecution"), ("Oversight", "qap"), ("Events to come", "qap"), ("Who reports", "")]
    assert check_titles(pairs) == ["Oversight (FATF prosecution)", "Oversight (qap)", "Events to come", "Who reports"]


def test_what_checks_of_several_questions_say_alike_is_said_once() -> None:
    def check(of: str, **changed: Any) -> dict[str, Any]:
        return {
            "name": "Cannabis market",
            "passed": True,
            "power": 0.9,
            "sentence": "It moved.",
            "of": of,
            "table": [],
        } | changed

    checks = [
        check("a"),
        check("b"),
        check("c", sentence="It did not."),
        check("d", passed=False),
        check("e", power=0.1),
        check("f", table=[{"year": 2020}]),
    ]
    assert [each["of"] for each in said_once(checks)] == ["a", "c", "d", "e", "f"]
