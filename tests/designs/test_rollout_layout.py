"""Layouts of a roll-out: who is treated when, by what path, and how many other orders there are."""

import numpy as np
import pytest

from crimjust_research.designs.rollout.layout import Layout, assignments, effect_cells, exposure, in_order
from crimjust_research.errors import ParameterError

INF = np.inf


def six_phases() -> Layout:
    return Layout(in_order([5, 6, 6, 6, 5, 5], range(3, 9)), 10)


def test_cells_are_treated_from_the_start_on():
    layout = Layout(np.array([1.0, 2.0, INF]), 4)
    np.testing.assert_array_equal(layout.treated, [[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(layout.since, [[0, 1, 2, 3], [0, 0, 1, 2], [0, 0, 0, 0]])
    assert layout.cells.all()


@pytest.mark.parametrize(
    ("path", "first"),
    [([1], [0, 1, 1, 1]), ([0, 1], [0, 0, 1, 1]), ([0.25, 0.5, 0.75], [0, 0.25, 0.5, 0.75]), ([2, 0], [0, 2, 0, 0])],
)
def test_effects_follow_their_path_and_then_stay(path, first):
    layout = Layout(np.array([1.0, 3.0, INF]), 4)
    np.testing.assert_array_equal(exposure(layout, path)[0], first)
    np.testing.assert_array_equal(exposure(layout, path)[1], [0, 0, 0, path[0]])
    np.testing.assert_array_equal(exposure(layout, path)[2], np.zeros(4))
    several = effect_cells(np.array([[1.0, 3.0, INF], [INF, 1.0, 3.0]]), 4, path)
    np.testing.assert_array_equal(several[0], exposure(layout, path))
    np.testing.assert_array_equal(several[1], np.roll(exposure(layout, path), 1, axis=0))


def test_six_phases_change_places_in_720_ways():
    layout = six_phases()
    phase = np.repeat(list("abcdef"), [5, 6, 6, 6, 5, 5])
    whole = assignments(layout, phase=phase)
    assert whole.count == 720
    assert not whole.mirrored
    assert whole.least_p == pytest.approx(1 / 720)
    drawn = assignments(layout)
    assert drawn.count == pytest.approx(8.68331761881189e36 / (120.0**3 * 720.0**3))  # 33! / (5!^3 6!^3)


def test_three_phases_against_three_can_never_give_less_than_a_tenth():
    halves = assignments(Layout(in_order([3, 3], [2, 5]), 8))
    assert (halves.count, halves.mirrored, halves.least_p) == (20, True, 0.1)
    phases = assignments(
        Layout(in_order([5, 6, 6, 6, 5, 5], [2, 2, 2, 5, 5, 5]), 8), phase=np.repeat(range(6), [5, 6, 6, 6, 5, 5])
    )
    assert phases == halves
    never = assignments(Layout(in_order([3, 3], [2, INF]), 8))
    assert never == halves
    unequal = assignments(Layout(in_order([2, 4], [2, 5]), 8))
    assert (unequal.count, unequal.least_p) == (15, pytest.approx(1 / 15))


def test_strata_multiply_and_mirror_only_if_each_is_halved():
    halved = assignments(Layout(np.array([1.0, 1, 3, 3, 1, 3]), 5), strata=list("aaaabb"))
    assert (halved.count, halved.mirrored) == (6 * 2, True)
    uneven = assignments(Layout(np.array([1.0, 1, 3, 3, 1, 1, 3]), 5), strata=list("aaaabbb"))
    assert (uneven.count, uneven.mirrored) == (6 * 3, False)


def test_starts_after_the_panel_are_not_told_from_never():
    assert assignments(Layout(np.array([1.0, 7.0, 8.0, INF]), 6)).count == 4


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Layout(np.array([2.0, 2.0, 2.0]), 5), "All units start together"),
        (lambda: Layout(np.array([6.0, 7.0, INF]), 5), "none within 5 periods"),
        (lambda: Layout(np.array([1.0, -1.0]), 5), "Unit 1 starts in period -1"),
        (lambda: Layout(np.array([1.5, 2.0]), 5), "Unit 0 starts in period 1.5"),
        (lambda: Layout(np.array([1.0, np.nan]), 5), "Unit 1 starts in period nan"),
        (lambda: Layout(np.array([1.0]), 5), "two units"),
        (lambda: Layout(np.array(["may", "june"]), 5), "'may'"),
        (lambda: Layout(np.array([1.0, 2.0]), 5, np.ones((2, 4), bool)), r"\(2, 4\)"),
        (lambda: Layout(np.array([1.0, 2.0]), 1), "n_periods is 1"),
        (lambda: exposure(six_phases(), np.arange(11)), "The effect path has 11 periods and the panel 10"),
        (lambda: exposure(six_phases(), []), "The effect path is"),
        (lambda: exposure(six_phases(), [1, np.nan]), "The effect path is"),
        (lambda: assignments(six_phases(), phase=["a"] * 33), "Units of phase a start in different periods"),
        (lambda: assignments(six_phases(), phase=["a"] * 3), "3 labels of a phase for 33 units"),
        (lambda: assignments(six_phases(), strata=[None] * 33), "0 labels of a stratum for 33 units"),
        (lambda: assignments(six_phases(), phase=["a"] * 33, strata=["b"] * 33), "give one of the two"),
        (lambda: in_order([3, 0], [1, 2]), "a whole number and a start"),
    ],
)
def test_layouts_that_cannot_be_are_refused_in_words(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
