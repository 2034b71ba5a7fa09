"""Every question of the plan has short plain words, and what would answer it stands in one place."""

import re

from crimjust_research.evidence import plan
from crimjust_research.questions.scorecard import words

PLAN = plan.load()
WORDS = words.load(PLAN)
TELLS = {p.id: p.would_answer for p in PLAN.primaries} | {u.id: u.would_answer for u in PLAN.unanswered}


def test_every_question_has_short_words_of_its_own_and_no_name_of_code() -> None:
    assert set(WORDS.questions) == set(TELLS)
    asked = [said.asked for said in WORDS.questions.values()]
    assert len(set(asked)) == len(asked)
    for said in WORDS.questions.values():
        assert len(said.asked) <= words.LONGEST
        assert not re.search(r"[_.|\[\]]", said.asked + said.whether)
        assert re.match("whether |how ", said.whether)


def test_what_is_short_is_said_of_what_the_plan_rules_out_and_of_nothing_else() -> None:
    assert {name for name, said in WORDS.questions.items() if said.lacks} == {
        p.id for p in PLAN.primaries if p.ruled_out
    }


def test_what_would_answer_is_said_again_only_where_the_plan_says_it_in_several_ways() -> None:
    for group in WORDS.together:
        assert bool(group.tells) == (len({TELLS[name] for name in group.questions}) > 1), group.questions


def test_each_amendment_named_is_one_of_the_plan() -> None:
    for begins in {WORDS.grading, *(said.amended for said in WORDS.questions.values())} - {""}:
        assert len([each for each in PLAN.amendments if each.what.startswith(begins)]) == 1, begins
