"""Mutants: which slips a line of code is given, and that each is still Python and another programme."""

import ast

import pytest

from validation.mutant_kinds import mutants

SOURCE = '''def mean(values: list[float], ddof: int = 1) -> float:
    """The mean of 3 numbers."""
    if not values or len(values) < 2 and ddof > 0:
        raise ValueError(f"{len(values)} are too few")
    total = -sum(values, start=0.5)
    require(values)
    total += 1
    return total / (len(values)
                    - ddof)
'''


def said() -> set[tuple[str, str, str]]:
    """Kind, what stood there and what stands there now, of every slip."""
    return {(m.kind, SOURCE[m.start : m.end], m.new) for m in mutants(SOURCE)}


def test_every_kind_of_slip_is_found_in_its_place() -> None:
    assert said() >= {
        ("sign", "not ", ""),
        ("logic", "or", "and"),
        ("logic", "and", "or"),
        ("comparison", "<", "<="),
        ("comparison", ">", ">="),
        ("constant", "2", "3"),
        ("constant", "0.5", "1.0"),
        ("sign", "-", ""),
        ("keyword left out", ", start=0.5", ""),
        ("call left out", "require(values)", "pass"),
        ("arithmetic", "+=", "-="),
        ("arithmetic", "/", "*"),
        ("arithmetic", "-", "+"),
    }


def test_words_annotations_and_what_is_raised_are_left_alone() -> None:
    lines = {m.first for m in mutants(SOURCE)}
    assert 2 not in lines  # the docstring
    assert 4 not in lines  # what is raised


@pytest.mark.parametrize("mutant", mutants(SOURCE), ids=lambda m: f"{m.kind} {m.start}")
def test_each_is_python_and_another_programme(mutant: object) -> None:
    changed = mutant.of(SOURCE)  # type: ignore[attr-defined]
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(SOURCE))
